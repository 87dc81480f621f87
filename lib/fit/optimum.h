/* optimum.h -- from where a minimizer ended to a certified optimum: what linear and other mixed models have in common.
 *
 * The parameters x hold the free entries of the templates and whatever else a model has.  Second derivatives are taken in
 * directions: the columns of T, in units that make them comparable, so that the Hessian of the deviance at x + T D z in z is
 * V E V'. */
#ifndef FIT_OPTIMUM_H
#define FIT_OPTIMUM_H

#include "fit/objective.h"
#include "model/covariance.h"

/* Where the free entries of a term's template are among the parameters, column by column, the diagonal first. */
struct template_place {
    int k, first;
    const struct covariance *covariance;
    const double *unit; /* the natural size of each entry, from the term's first on; NULL: 1 */
};

struct optimizer {
    struct objective objective; /* in the parameters */
    const struct template_place *templates;
    int template_count;
    int n;
    double *x, *gradient;     /* the parameters, and the slopes there */
    double *T, *unit;         /* n x n, n */
    double *hessian;          /* n x n, in T times the units */
    double *vectors, *values; /* its eigenvectors and eigenvalues, ascending */
    double *step, *trial, *trial_gradient, *direction, *work;
    int work_size;
    double value, gain;  /* the deviance at x, and what is left to gain: g'H^-1 g / 2 */
    const double *known; /* an optimum that is certified, and its value; NULL: none */
    double known_value;
    double bound;      /* a search whose minimizer ends above it is given up */
    double negligible; /* a gain that is not worth a step */
    double unmoved;    /* nor is one that moves no parameter by more than this share of its size in T */
    double slack;      /* by which the deviance may rise where a template is made singular */
    int iterations;
    bool have_hessian, stopped, stalled, given_up;
    bool singular; /* some template is */
};

/* How a kind of model comes down.  All but `settle` write what they find into the optimizer. */
struct descent {
    void *context;
    int attempts;
    void (*minimize)(void *context); /* from x to where a minimizer ends: x, value, iterations, stopped, stalled */
    bool (*settle)(void *context);   /* puts what has gone toward a limit there; true: minimize again.  NULL: there is none */
    bool (*hessian)(void *context);  /* value, gradient, T, unit, hessian at x */
    double moved;                    /* the gain from which Newton's steps lead so far that the Hessian is taken anew */
    double enough;                   /* a larger gain is a reason to minimize again */
};

/* How many doubles optimizer_init takes from the block.  Zeroes nothing. */
size_t optimizer_room(int n);
void optimizer_init(struct optimizer *o, int n, double *block);

/* From x to the nearest optimum: minimizes, makes singular what nearly is, takes the Hessian, polishes, and leaves saddles. */
void optimizer_descend(struct optimizer *o, const struct descent *descent);

/* The value at x, and the slopes (NULL: not wanted). */
double optimizer_at(struct optimizer *o, const double x[], double gradient[]);

/* The Hessian's eigenvectors, where T, unit and hessian are set; false where LAPACK fails. */
bool optimizer_set_eigen(struct optimizer *o);
double optimizer_largest(const struct optimizer *o); /* the largest eigenvalue in size */
bool optimizer_is_saddle(const struct optimizer *o); /* a negative eigenvalue that is no error of differences */

/* step := -H^-1 g in x; returns what there is to gain, flat directions with a floor. */
double optimizer_step(struct optimizer *o, const double gradient[]);

/* Whether a search at x is about to end at the known optimum: what its minimizer may ask (minimize.h). */
bool optimizer_is_known(const struct optimizer *o, const double x[], double value, double gain);

/* The signs of a template's columns are free: makes the diagonals of x non-negative, and turns the slopes with them. */
void optimizer_settle_signs(struct optimizer *o);

/* Makes nearly singular templates exactly so, where the deviance does not rise. */
void optimizer_settle_boundary(struct optimizer *o);

#endif
