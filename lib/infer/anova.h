/* anova.h -- tests of the terms of the fixed part.
 *
 * The hypothesis of a term is L beta = 0 with L = K'X, so that it is estimable whatever X is, and the same whatever contrasts the
 * factors have.  K is what the term's columns X1 leave beside others,
 *
 *   type I    those of the terms before it,
 *   type II   those of all terms that do not contain it,
 *   type III  all others, every factor having contrasts that sum to 0 (main effects are then averages, cells counting alike).
 *
 * A term contains another when it has all of its factors, and the same numbers besides (SAS's rule, lmerTest's).  Without
 * degrees of freedom (GLMMs) type II takes the part of the term that is uncorrelated with the terms that contain it (car's
 * Anova), which then need not have the same numbers, and type I that uncorrelated with the terms behind it (lme4's anova).  So
 * does a linear model with weights and no groups, whose F is then of weighted sums of squares (R's anova of lm).  Of imputed data
 * the columns are those of all rows, and tests are D1 (pool.h).  L is reduced in the columns of treatment contrasts, as lmerTest
 * does: Fai and Cornelius's df of several rows depend a little on the rows, not on their span alone. */
#ifndef INFER_ANOVA_H
#define INFER_ANOVA_H

#include "infer/linear.h"
#include "model/model.h"

struct anova_row {
    const char *term; /* the formula's label; borrowed of the design */
    int lost;         /* coefficients of the term that the data do not determine */
    bool levels; /* without an intercept the term has all levels: the test is that their means are 0, not that they are alike */
    struct linear_test test;
};

struct anova {
    struct arena *arena; /* owns the struct */
    int type, count;
    const struct anova_row *rows;
};

/* Tests each term of the model, in the formula's order; type 1, 2 or 3.  Returns new; errors: memory, an interruption. */
struct anova *anova_new(const struct model *model, const struct linear *linear, int type, const struct glmm_progress *progress,
                        struct glmm_error *err);
void anova_free(struct anova *anova);

#endif
