/* relation.h -- how the levels of a grouping factor are related: a matrix with names, from a file, a pedigree, a tree, markers or
 * places. */
#ifndef MODEL_RELATION_H
#define MODEL_RELATION_H

#include "base/progress.h"
#include "data/frame.h"
#include "data/genotypes.h"
#include "model/descent.h"

/* A symmetric positive semidefinite matrix.  Counted: models hold it. */
struct relation {
    int holders;
    char *name;       /* "A" */
    const char *kind; /* "matrix", "pedigree", "tree", "markers", "places" */
    int32_t count;
    char **ids;              /* count, each once */
    double *values;          /* count x count, column-major; NULL with descent */
    struct descent *descent; /* owned; or NULL */
    bool without_lengths;    /* a tree whose branches are 1 long for want of a length */
    int32_t rank;
    struct relation *next; /* of the list that it stands in */
};

/* Entries of these rows and columns: out is count x count.  False when memory is out. */
bool relation_fill(const struct relation *r, const int32_t rows[], int32_t count, double out[]);

/* The diagonal, count entries; false when memory is out. */
bool relation_diagonal(const struct relation *r, double out[]);

/* The diagonal's mean and range, and how many pairs share nothing: -1 of more than `most_counted` names. */
struct relation_spread {
    double mean, least, most;
    long long apart;
};

/* False when memory is out. */
bool relation_spread(const struct relation *r, int32_t most_counted, struct relation_spread *out);

/* Takes ids and values.  Returns new, held once; NULL with an error where the matrix is not finite, not symmetric, has an id
 * twice, or has an eigenvalue below 0, and where the progress (or NULL) says stop: its eigenvalues may take a minute. */
struct relation *relation_new(const char *name, const char *kind, int32_t count, char **ids, double *values,
                              const struct glmm_progress *progress, struct glmm_error *err);

/* The same by descent, which is taken as ids are; d->node has the count ids' nodes. */
struct relation *relation_new_descent(const char *name, const char *kind, char **ids, struct descent *descent,
                                      struct glmm_error *err);
struct relation *relation_hold(const struct relation *r);
void relation_free(struct relation *r);

/* The row of that id, or -1. */
int32_t relation_find(const struct relation *r, const char *id);

/* The name of the frame's first factor whose levels all have a row in r: the frame's, NULL where none is.  False when memory is
 * out. */
bool relation_factor(const struct relation *r, const struct frame *frame, const char **name);

/* From a table: square with names in the first column (or without them as in the heading), or triplets `row, col, value`. */
struct relation *relation_of_table(const char *name, const struct frame *frame, const struct glmm_progress *progress,
                                   struct glmm_error *err);

/* Additive relationships by descent: the columns that name an animal, its sire and its dam. */
struct relation *relation_of_pedigree(const char *name, const struct frame *frame, const char *id, const char *sire,
                                      const char *dam, struct glmm_error *err);

/* Brownian motion on a Newick tree, by descent: two tips share the length of their way from the root. */
struct relation *relation_of_tree(const char *name, const char *text, struct glmm_error *err);

/* VanRaden's first matrix (model/genome.h). */
struct relation *relation_of_genotypes(const char *name, struct genotypes *genotypes, const struct glmm_progress *progress,
                                       struct glmm_error *err);

/* exp(-d / range) between the places of a table's rows, names in the first column. */
struct relation *relation_of_places(const char *name, const struct frame *frame, const char *const *coordinates, int dims,
                                    double range, const struct glmm_progress *progress, struct glmm_error *err);

#endif
