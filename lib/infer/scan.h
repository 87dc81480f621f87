/* scan.h -- tests each marker of a file in a linear mixed model of related individuals, exactly: its variances are estimated anew
 * with each marker (Zhou & Stephens 2012). */
#ifndef INFER_SCAN_H
#define INFER_SCAN_H

#include "data/genotypes.h"
#include "infer/spectral.h"
#include "model/relation.h"

enum scan_state {
    SCAN_TESTED,
    SCAN_CONSTANT,  /* the individuals in use have all the same count, or none is known */
    SCAN_DEPENDENT, /* a combination of the fixed effects */
    SCAN_FAILED     /* no optimum was found */
};

struct scan_marker {
    enum scan_state state;
    int missing;      /* individuals in use without a count: they get the mean */
    double frequency; /* of the counted allele */
    double estimate, se, statistic, p;
    double share;                                     /* of the relations in the variance, at its optimum */
    double plain, plain_se, plain_statistic, plain_p; /* without relations */
};

struct scan_options {
    bool ml;   /* chi^2 of the likelihood ratio, by maximum likelihood; else t (Wald), by restricted maximum likelihood */
    bool loco; /* the relations from the file's other chromosomes */
};

/* Without markers: the relations' share of the variance, of one matrix or of a chromosome's. */
struct scan_null {
    const char *chromosome; /* NULL: of all */
    double share;
};

struct scan {
    size_t individuals, rows, markers; /* in use */
    int df;                            /* of t; ML: 1, of chi^2 */
    struct scan_marker *marker;
    size_t count[SCAN_FAILED + 1];
    struct scan_null *null;
    size_t null_count;
    double missing;                    /* share of the genotypes */
    double inflation, plain_inflation; /* lambda_GC: the median chi^2(1) over what it should be */
};

/* What `scan` can do: one random term, an intercept for each individual; independent residuals, no prior; else an error that says
 * so. */
bool scan_takes(const struct design *design, struct glmm_error *err);

/* K relates the levels; NULL with loco.  Returns new.  Errors: a level that the file or K does not name; loco without
 * chromosomes. */
struct scan *scan_run(const struct design *design, const struct relation *K, struct genotypes *genotypes,
                      const struct scan_options *options, const struct glmm_progress *progress, struct glmm_error *err);
void scan_free(struct scan *scan);

/* Where a p-value stands in a Manhattan plot: -log10 p, 300 at most. */
double scan_height(double p);

#endif
