/* glmm-precision.h -- the matrix M = Lambda'Z'WZ Lambda + I of a generalized linear mixed model: Cholesky factor, solves and the
 * entries of its inverse on the factor's pattern.
 *
 * The unknowns come in blocks, one for each level of each grouping factor, and are eliminated in the order of the
 * blocks.  Blocks whose factor is sparse form the head (columns in compressed form); from where the fill is heavy on, the
 * tail is dense.  The pattern is made once; after that nothing allocates. */
#ifndef FIT_GLMM_PRECISION_H
#define FIT_GLMM_PRECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/watch.h"

/* An entry of the head in a row of the tail: its place, where its column ends, and the column. */
struct precision_link {
    int32_t at, end, column;
};

struct precision {
    int q, head, tail;    /* unknowns; q = head + tail */
    int32_t *start, *row; /* head columns: entries start[j] .. start[j+1]-1, the diagonal first, rows ascending */
    size_t entries;       /* entries of the head; the tail (tail x tail, column-major) follows */
    double *value;        /* M, then L */
    double *inverse;      /* M^-1 on the pattern; only after precision_invert */
    double *scratch;
    struct precision_link *link; /* of entries of the head in rows of the tail, those of a row together, by columns; or NULL */
    size_t *link_from;           /* tail + 2: where those of a row begin */
    bool apart;                  /* no two unknowns of the head meet */
    int32_t *order;              /* q: where an unknown stands among those eliminated; NULL: where it is */
    double *turned;              /* q, of that order */
    struct watch *watch;         /* looked at in long steps; borrowed, or NULL */
};

/* `block_count` blocks of `size[]` unknowns each; `links` holds `row_count` rows of `width` blocks that meet in a row of
 * the data. Returns new. */
struct precision *precision_new(int block_count, const int32_t size[], size_t row_count, int width, const int32_t links[],
                                struct glmm_error *err);
void precision_free(struct precision *precision);

/* Where the entry (i, j) of the lower triangle is kept in value and inverse; it must be in the pattern.  Head, rows and L are in
 * the order of elimination, and so are the results of precision_solve_lower, which precision_solve_upper takes; all else is in
 * that of the unknowns. */
int32_t precision_place(const struct precision *precision, int i, int j);

/* Whether a factor costs more than several passes over n rows. */
bool precision_is_dear(const struct precision *precision, size_t n);

/* value := I. */
void precision_identity(struct precision *precision);

/* value := L.  False when M is not positive definite, or the watch says stop. */
bool precision_cholesky(struct precision *precision);

/* After precision_cholesky: log|M|; x := M^-1 x; x := L^-1 x; x := L^-T x; the inverse on the pattern. */
double precision_log_determinant(const struct precision *precision);
void precision_solve(const struct precision *precision, double x[]);
void precision_solve_lower(const struct precision *precision, double x[]);
void precision_solve_upper(const struct precision *precision, double x[]);

/* inverse := the symmetric q x q matrix, on the pattern. */
void precision_set_inverse(struct precision *precision, const double *matrix);
void precision_invert(struct precision *precision);

/* After precision_invert: slope, the derivative of M on the pattern (places as those of value), becomes that of its inverse. */
void precision_invert_slope(struct precision *precision, double *slope);

/* After precision_invert: products[i + j count] := tr(M^-1 D_i M^-1 D_j), i >= j, of slopes D of M on the pattern, which are used
 * up. For the cost of half an inverse each, where that of precision_invert_slope is one and a half.  `scratch`: entries + tail^2.
 * False when the watch says stop. */
bool precision_slope_products(struct precision *precision, int count, double *const slopes[], double *scratch, double products[]);

/* The entry (i, j) of M^-1, of any two unknowns; false where the pattern has it not. */
bool precision_inverse_entry(const struct precision *precision, int i, int j, double *entry);

#endif
