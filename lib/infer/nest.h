/* nest.h -- whether one design is a special case of another, and how many variances it sets to 0.
 *
 * Judged from the columns, so that other names, codings and orders of the same model are seen through: `(1 | a:b)` is `(1 |
 * b:a)`; a random intercept is nested in `(0 + f | g)` for any factor f; compound symmetry is nested in an unstructured
 * matrix. */
#ifndef INFER_NEST_H
#define INFER_NEST_H

#include "model/design.h"

struct nesting {
    bool fixed;         /* the smaller model's fixed part is a case of the larger one's */
    bool random;        /* its covariance structure is a case of the larger one's */
    int zero_variances; /* directions in which the larger model's covariance matrices are singular under the smaller model */
    bool matched;       /* the smaller model's random effects are all found in the larger one, column by column */
};

/* `residual`: both have a residual variance.  False with *err when memory is out. */
bool nesting_find(const struct design *small, const struct design *large, bool residual, struct nesting *out,
                  struct glmm_error *err);

/* Whether both have the same offset in each row; none is 0. */
bool nest_same_offset(const struct design *a, const struct design *b);

/* Index of the column of X in `other` that equals column j of `design`, or -1. */
int nest_find_column(const struct design *design, int j, const struct design *other);

/* The same for effect `a` of random term t: true where `other` has an effect with the same levels and the same column. */
bool nest_find_effect(const struct design *design, int t, int a, const struct design *other, int *other_t, int *other_a);

#endif
