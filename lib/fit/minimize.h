/* minimize.h -- minimization of a smooth function with exact gradient: quasi-Newton (BFGS; Nocedal & Wright 2006, ch. 6 and 3.5),
 * or, where second derivatives are to be had, Newton's method with a trust region (ch. 4; More & Sorensen 1983).
 *
 * The workspace is made once; minimizing allocates nothing.  Functions here are deviances: what is left to gain,
 * g'H^-1 g / 2, is in their units and is the measure of convergence. */
#ifndef FIT_MINIMIZE_H
#define FIT_MINIMIZE_H

#include "fit/objective.h"

struct minimizer;

enum minimize_end {
    MINIMIZE_CONVERGED, /* the estimated gain is below the tolerance */
    MINIMIZE_KNOWN,     /* `is_known` says so */
    MINIMIZE_STALLED,   /* no step lowers the function further: at its rounding level, or the gradient is wrong */
    MINIMIZE_LIMIT,     /* too many evaluations */
    MINIMIZE_STOPPED    /* the objective asked to stop */
};

/* A step is judged by its value first, and the gradient is asked for, at the same x and at once, only where the step is kept or
 * the slope is needed. */
struct minimize_problem {
    struct objective objective;
    double tolerance; /* of the gain */
    int limit;        /* evaluations */
    double longest;   /* longest step in any coordinate; 0: 4 */
    bool warm;        /* the first guess of the Hessian is what the last minimization knew of it, not `curvature` */
    bool diagonal;    /* the coordinates hardly interact: the first step may correct each guessed curvature */
    bool by_slopes;   /* gradients are exacter than values: go on below rounding for as long as the gain falls fast */
    /* Whether x, with this value and this much to gain, is where nothing new is to be found: the end, as if stalled.  NULL:
     * never. */
    bool (*is_known)(void *context, const double x[], double value, double gain);
    /* Of minimize_newton: `there` (n) gets a place near x where the function has no slope across (a zero column of a template);
     * false where there is none.  NULL: never. */
    bool (*land)(void *context, const double x[], double there[]);
};

struct minimize_report {
    enum minimize_end end;
    double value, gain;
    int iterations, evaluations;
    bool fenced; /* of minimize: the last step was stopped by the end of the domain, so that the gain is none that can be had */
};

/* Returns new; NULL when memory is out.  `second`: for minimize_newton too. */
struct minimizer *minimizer_new(int n, bool second);
void minimizer_free(struct minimizer *m);

/* Minimizes from x, which gets the best point; `gradient` (n) gets the gradient there.  `curvature` (n, positive) is the diagonal
 * of the first guess of the Hessian; NULL: 1. */
struct minimize_report minimize(struct minimizer *m, const struct minimize_problem *problem, const double curvature[], double x[],
                                double gradient[]);

/* The same with second derivatives, one Hessian a step; ends at no saddle.  Where the objective has no Hessian at some point, it
 * ends there as MINIMIZE_STALLED. */
struct minimize_report minimize_newton(struct minimizer *m, const struct minimize_problem *problem, double x[],
                                       double gradient[]);

/* The Hessian (n x n, symmetric) at x from differences of the gradient: central, or forward from `gradient` where it is not NULL.
 * Steps are relative to max(1, |x|); rows of held coordinates are 0.  False when stopped or where the function does not exist
 * around x.  Adds to *evaluations. */
bool minimize_hessian(struct minimizer *m, const struct minimize_problem *problem, const double x[], const double gradient[],
                      double step, double hessian[], int *evaluations);

#endif
