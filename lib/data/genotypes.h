/* genotypes.h -- counts of an allele, 0, 1 or 2, of many markers in many individuals: a table, or PLINK's x.bed beside x.bim and
 * x.fam, of which a block of markers is in memory at a time.
 *
 * A table has names in its first column and a marker in each other one; what stands there may lie between the counts (imputed
 * dosages).  x.bed has two bits a genotype, marker by marker: 00 two copies of the first allele of x.bim, 10 one, 11 none, 01
 * missing (PLINK 1.9's documentation, "PLINK 1 binary"). */
#ifndef DATA_GENOTYPES_H
#define DATA_GENOTYPES_H

#include "base/progress.h"
#include "data/frame.h"

struct marker {
    const char *name, *chromosome, *allele; /* chromosome, allele (the one that is counted): NULL where nothing says */
    double position;                        /* NaN where nothing says */
};

struct genotypes {
    size_t individuals, markers;
    const char **ids;      /* individuals, each once */
    struct marker *marker; /* markers */
    struct genotypes_file *file;
};

/* Returns new; what ends in .bed is PLINK's.  Errors: no such file; a table without markers, or with what is no count; no magic
 * number, or individuals one after the other in a .bed; sizes of the three files that do not fit each other; a name that comes
 * again. */
struct genotypes *genotypes_open(const char *path, const struct glmm_progress *progress, struct glmm_error *err);

/* The same of a table that was read. Holds the frame. */
struct genotypes *genotypes_of_table(const struct frame *frame, struct glmm_error *err);
void genotypes_free(struct genotypes *g);

/* Chromosomes and positions from a table with a column of names (marker, snp, rs, name or id), one of chromosomes (chromosome,
 * chrom, chr) and, perhaps, one of positions (position, pos, bp).  Markers that it does not have keep what they had. */
bool genotypes_map(struct genotypes *g, const struct frame *map, struct glmm_error *err);

/* The counts of `count` markers from number `from` on: individuals x count; NaN: missing. */
bool genotypes_read(struct genotypes *g, size_t from, size_t count, double *out, struct glmm_error *err);

#endif
