/* scan-plots.h -- pictures of a scan: p-values along the genome, and against what chance gives. */
#ifndef CMD_SCAN_PLOTS_H
#define CMD_SCAN_PLOTS_H

#include "infer/scan.h"
#include "result/result.h"

/* -log10 p of each marker, in the order of the file; `threshold` is that p of Bonferroni's. */
bool scan_plot_manhattan(struct result *result, const struct scan *scan, const struct genotypes *genotypes, double threshold);

/* Sorted -log10 p with relations and without, against their expectations. */
bool scan_plot_qq(struct result *result, const struct scan *scan);

#endif
