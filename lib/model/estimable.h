/* estimable.h -- what the data determine of the fixed effects where columns of X were dropped.
 *
 * A linear function l of the coefficients as the formula states them is estimable when it is the same for all coefficients that
 * give the same fit: l'N = 0 for a basis N of the null space of X with all its columns (Searle 1971).  Then, and only then, its
 * value depends neither on which column was dropped nor on the contrasts.  N has one vector for each dropped column, on a scaled
 * footing (linalg/collinear.h), so that the question has one tolerance for all predictors. */
#ifndef MODEL_ESTIMABLE_H
#define MODEL_ESTIMABLE_H

#include <stdint.h>

#include "linalg/collinear.h"
#include "model/modelmatrix.h"

/* The combinations of levels that occur together in a term of several factors. */
struct cells {
    int64_t *seen; /* sorted; NULL: the term has fewer than two factors */
    size_t count;
};

struct null_space {
    struct collinear_basis basis; /* of the columns as stated; owned */
    int count;                    /* of dropped columns, and of N's */
    int *dropped;                 /* count: index as stated */
    int *place;                   /* basis.p: column of X, or -1 - d for the d-th dropped one */
    bool no_intercept;            /* column 0 as stated is one, but X does not have it (an ordered response) */
    struct cells *cells;          /* one a fixed term; NULL: they are not known */
};

/* Rows in all columns as stated. */
struct stated_rows {
    size_t n;
    const double *X;       /* the columns of the design, n each */
    const double *dropped; /* the dropped ones */
    bool coefficients;     /* they are no rows of data but combinations of coefficients: an intercept that X lacks is 0 */
};

/* Takes the basis; `dropped` as collinear_find left it.  The arena's; NULL when memory is out. */
struct null_space *null_space_new(struct arena *arena, struct collinear_basis *basis, const bool dropped[]);
void null_space_clear(struct null_space *null);
/* X has lost its first column, the intercept, after all. */
void null_space_take_intercept(struct null_space *null);

/* Whether x'beta is estimable for row i. */
bool estimable_row(const struct null_space *null, const struct stated_rows *rows, size_t i);

/* Whether the d-th dropped column is in row i what the others make of it in the data: one that is not is why a row is not
 * estimable. */
bool estimable_beside(const struct null_space *null, const struct stated_rows *rows, size_t i, int d);

/* estimable[0 .. p-1]: whether a coefficient of the design, as the formula states it, is.  False when memory is out. */
bool estimable_coefficients(const struct null_space *null, int p, bool estimable[]);

/* A weighted sum of rows: what they leave in the directions of N, and what counts as nothing there. */
struct estimable_sum {
    double *deviation, *limit; /* null->count */
    bool each;                 /* each of the rows is estimable */
};

bool estimable_sum_init(struct estimable_sum *sum, const struct null_space *null);
void estimable_sum_clear(struct estimable_sum *sum);
void estimable_sum_add(struct estimable_sum *sum, const struct null_space *null, const struct stated_rows *rows, size_t i,
                       double weight);
bool estimable_sum_is(const struct estimable_sum *sum, const struct null_space *null);
/* Whether the difference of two sums is. */
bool estimable_difference_is(const struct estimable_sum *a, const struct estimable_sum *b, const struct null_space *null);

/* --- the empty cells ---------------------------------------------------------------------------- */

/* Notes which combinations occur in the rows of the variables, for each term (terms of `m`); false when memory is out. */
bool cells_note(struct null_space *null, const struct variables *vs, const struct model_matrix *m);

/* The first term of `m` whose combination in row i does not occur in the data of the model; NULL where each does. */
const struct matrix_term *cells_missing(const struct null_space *null, const struct variables *vs, const struct model_matrix *m,
                                        size_t i);

/* "a2 with b2"; of levels that are numbers "period = 2 with herd = 3". */
struct text;
void cells_name(const struct variables *vs, const struct matrix_term *term, size_t i, struct text *text);

#endif
