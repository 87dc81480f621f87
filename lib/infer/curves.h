/* curves.h -- one predictor of a model: the curves of single groups over it, their average over the population, the naive
 * model's curve, at any between-group SD.
 *
 * A predictor is a variable of the data, not a column of the design: moving it codes the row anew (infer/grid.h), so that
 * x, poly(x, 2), log(x) and x:f move together, and so do all columns of a factor.  The other variables are held: numbers at
 * their mean over the model's rows (those with two values at the lower one), factors at their reference level, offsets at
 * their mean.  A factor, a logical and a number with two values have points at their levels and nothing between them. */
#ifndef INFER_CURVES_H
#define INFER_CURVES_H

#include "infer/marginal.h"
#include "infer/predictor.h"

enum { CURVE_GROUPS = 7, CURVE_LOW = 3, CURVE_POINTS_MOST = 110 };

struct curves {
    struct predictor predictor;
    const struct fit *fit;
    struct arena *arena; /* owns the arrays and texts */
    struct grid_rows grid;
    struct averager *averager;
    size_t count;             /* points */
    double *x;                /* values; 1, 2, ... for levels */
    const char *const *names; /* of the levels; NULL for a curve */
    size_t reference;         /* the level that the others are compared with */
    double *spread;           /* SD of the linear predictor between groups, at the estimate */
    bool same_spread;         /* it is the same at all points */
    bool straight;            /* the linear predictor is straight in x: there is one slope */
    const char *why_not; /* the points that the data do not determine are NaN: "no row has a2 with b2"; NULL: there are none */
    double *typical, *mean, *group[CURVE_GROUPS];
    double *naive;        /* NULL: none */
    const char *others;   /* "treatment = itraconazole; offset at its mean", or "" */
    const char *response; /* "probability of incidence", "mean of y" */
};

/* The points of the predictor, and what does not depend on the dial; then curves_turn().  naive: p coefficients, or NULL.
 * False with an error; curves_clear() in any case. */
bool curves_init(struct curves *curves, const struct predictor *predictor, const double *naive,
                 const struct glmm_progress *progress, struct glmm_error *err);
void curves_clear(struct curves *curves);

/* Fills mean and group at `dial` times the estimated between-group SDs. */
void curves_turn(struct curves *curves, double dial);

/* Whether the group's curve is drawn where there are few lines: every CURVE_LOW-th is. */
bool curves_stays(int group);

/* Which groups the curves are: "groups at 7, 21, 36, 50, 64, 79, 93% of all", in brief "groups at 7–93% of all", of those that
 * are drawn in a low plot "groups at 7, 50, 93% of all"; NULL when memory is out. */
const char *curves_whose(const struct curves *curves, bool low, bool brief);

/* What the coefficients make of a step in the linear predictor: from the reference to level `at`, or along the curve's tangent
 * there for one unit of x. */
double curves_step(const struct curves *curves, const double beta[], size_t at);

#endif
