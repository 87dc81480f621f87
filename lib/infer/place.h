/* place.h -- the criterion of a fitted model over coordinates in which each of its parameters can be held.
 *
 * psi: the coefficients (generalized models; a linear model has them profiled out), then for each random term and each of its
 * effects the standard deviation s_a and the angles of row a of the template, l_a = s_a w(angles), |w| = 1, then the logarithm
 * of sigma, or the shapes of the family.  The correlation of the first effect with another one is the cosine of that one's first
 * angle. All is smooth, and nothing has a bound: a negative s_a is the positive one with its correlations turned.  A shape tau
 * that the fit holds at its limit, where the family is another one, is free here: by w, exp(-+tau) = w^2, which is 0 there.
 * Models with covariance structures have the coordinates of fit/rowcov-along.h.
 *
 * Internal to the files of profiles. */
#ifndef INFER_PLACE_H
#define INFER_PLACE_H

#include "base/progress.h"
#include "infer/parameter.h"

struct place;

/* For the criterion of `fit`, a plain one.  `pair` (NULL: none) is a correlation that is to be a coordinate; `without` (-1: none)
 * a coefficient of a linear model that is taken out, to be set by place_set.  Returns new. */
struct place *place_new(const struct fit *fit, const struct parameter *pair, int without, const struct glmm_progress *progress,
                        struct glmm_error *err);
void place_free(struct place *place);

/* The same for the fit of another one with covariance structures, whose rows are borrowed.  Returns new. */
struct place *place_beside(const struct place *other, const struct parameter *pair, struct glmm_error *err);

int place_count(const struct place *place);
int place_chosen(const struct place *place, int held);   /* how many are chosen where `held` (-1: none) is held */
const double *place_estimate(const struct place *place); /* psi at the fit's estimates */
const double *place_sizes(const struct place *place);    /* natural sizes of the coordinates */

/* The coordinate of a parameter; -1 for one that is none. */
int place_coordinate(const struct place *place, const struct parameter *parameter);

/* Whether the fit holds a shape at its limit that is free here; that shape, as it is estimated, at w: at its limit where w is 0,
 * at its other end where w is infinite. */
bool place_has_limit(const struct fit *fit);
double place_shape(const struct place *place, double w);

/* The coordinate of a shape that can make the variance of the response infinite, and from which value of it on it does (t's df,
 * at 2); -1: there is none. */
int place_infinite(const struct place *place, double *at);

/* Of models with covariance structures: the coordinates that lead nowhere but to an edge, a parameter's value at x, whether x is
 * an angle, and its Wald interval, `reach` to both sides in the coordinate. */
void place_edges(const struct place *place, int coordinate, double edge[2]);
double place_outward(const struct place *place, int coordinate, double x);
bool place_is_angle(const struct place *place, int coordinate);
void place_wald(const struct place *place, int coordinate, double reach, double *lower, double *upper);

/* Whether the coordinates of a covariance structure bend far from the estimates, so that no line leads there: those of standard
 * deviations alone do not. */
bool place_bends(const struct place *place);

/* Before the criterion is asked for at all; the curvature may be there without. */
bool place_begin(struct place *place, struct glmm_error *err);

/* From now on (member NULL: no more) the criterion is that where the variance that the member terms (of random_count) give to a
 * row on average has the share sin^2 x of what is random and left (icc.h), x by place_set: their standard deviations are
 * multiplied by what that takes, so that one direction of psi leads nowhere.  False when memory is out. */
bool place_tie(struct place *place, const bool member[]);

/* x of the share at psi; its standard error at the estimates, by the curvature (NaN: none). */
double place_tie_angle(struct place *place, const double psi[]);
double place_tie_error(struct place *place);

/* The coefficient that was taken out, or the angle of a tie, gets this value. */
bool place_set(struct place *place, double value, struct glmm_error *err);

/* Minimizes the criterion from psi, with coordinate `held` (-1: none) where it is.  Returns the value; MINIMIZE_BAD or more where
 * there is none.  *settled says whether it is the minimum: the search ended with nothing to gain, and not for want of steps.
 * *stopped is set when the work is to stop, or memory was refused (place_goes_on). */
double place_minimize(struct place *place, int held, double psi[], bool *settled, bool *stopped);

/* False with an error where the work was told to stop, or memory was refused, so that what was computed last is none. */
bool place_goes_on(const struct place *place, struct glmm_error *err);

/* A minimum that is known (borrowed; NULL: none any more): a minimization that comes near it has settled, and ends. */
void place_know(struct place *place, const double psi[]);

/* Minimizations with the same coordinate held begin with the curvature that the last one met, until this is called: what comes is
 * far from it. */
void place_forget(struct place *place);

/* Where another valley of the criterion may begin: start k of `place_start_count`, with what is held (-1: nothing) as psi has it.
 * False where there is none by this number: psi is then anything; so where memory was refused (place_goes_on). */
int place_start_count(const struct place *place);
bool place_start(struct place *place, int k, int held, double psi[]);

/* About how many nanoseconds the criterion and its slopes take, of a linear model. */
double place_call_time(const struct place *place);

/* The criterion at psi. */
double place_value(struct place *place, const double psi[]);

/* How much the rise of the criterion from the estimates to psi, which is that of the fit's nodes, is another one with one and a
 * half and twice as many nodes (or, where there are no more, with fewer); 0 without a quadrature, infinite where there
 * is no criterion with these. */
double place_doubt(struct place *place, const double psi[]);

/* Half the second derivatives at the estimates, n x n, made positive definite: what a step costs.  The fit's own of a
 * linear model, exact where it has few enough effects (lmm_hessian_at), by differences of the slopes otherwise. */
const double *place_curvature(struct place *place);

/* The direction in which the others go when a coordinate moves by 1. */
void place_tangent(struct place *place, int held, double direction[]);

/* The standard error of a coordinate, by the curvature; NaN where there is none. */
double place_error(struct place *place, int coordinate);

#endif
