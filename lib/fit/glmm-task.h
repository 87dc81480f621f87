/* glmm-task.h -- a fit under way: the optimizer's coordinates, and the Hessian at the optimum. */
#ifndef FIT_GLMM_TASK_H
#define FIT_GLMM_TASK_H

#include "fit/glmm-hessian.h"
#include "fit/optimum.h"

/* Rows times parameters up to which nobody notices more starts and evaluations. */
enum { GLM_CHEAP = 10000 };

struct glm_task {
    struct optimizer opt; /* in phi */
    struct glm *m;
    const struct glmm_progress *progress;
    struct minimizer *minimizer;
    struct glm_series *series;       /* of families that may end at the logarithmic series; else NULL */
    struct glm_tangent *tangent;     /* NULL where the Hessian comes from differences */
    struct minimize_problem problem; /* in z: phi = base + C z, with bent diagonals of the templates */
    struct template_place *templates;
    bool *held;    /* of opt and problem: a dispersion at its limit is not moved any more */
    int count;     /* parameters that are not held */
    double *block; /* all the arrays below, those of `opt` first */
    double *unit;  /* theta: the natural size of an entry */
    double *base;
    double *C;     /* opt's T: lower triangular */
    double *bend;  /* theta diagonals: z moves asinh(phi/bend) (0: linear) */
    double *grown; /* by how much a coordinate is longer than was promised when the search began */
    double *z, *z_gradient, *curvature, *moved, *moved_gradient;
    double *known; /* room for opt's known optimum */
    double *work;
    int evaluations;
    double flat;       /* the deviance without random effects, at the start */
    bool tau_at_limit; /* the dispersion ran to the limit where the family is another one */
    bool turned;       /* a search that had run over a valley to the limit of the dispersion went back, which it does once */
    bool vanished;     /* the dispersion ran to where its family has no variation left: free, and of no consequence there */
    bool unsettled;    /* the working responses of PQL did not settle */
};

/* False with an error when memory is out, or would be; glm_task_clear in any case. */
bool glm_task_init(struct glm_task *task, struct glm *m, const struct fit_options *options, const struct glmm_progress *progress,
                   struct glmm_error *err);
void glm_task_clear(struct glm_task *task);

/* The deviance in phi for task->opt, in z for task->problem. */
void glm_set_objectives(struct glm_task *task);

/* phi from z: base + C z, with bent diagonals of the templates. */
void glm_from_z(const struct glm_task *task, const double z[], double phi[]);

/* The first coordinates, in which all curvatures are about 2. */
void glm_set_coordinates(struct glm_task *task);

/* The same origin and scale as the estimates, without bends: for the Hessian.  Coefficients that the data know very differently
 * (an intercept beside a slope within levels, where the residuals are small) are told apart as they are there. */
void glm_straighten(struct glm_task *task);

/* out := J'HJ, with H the exact Hessian at phi, whose slopes were asked for last, and J what gradient_to_z multiplies with.
 * False where there is none. */
bool glm_exact_to_z(struct glm_task *task, const double phi[], bool rough, double out[]);

/* C for gamma and the thresholds of an ordered response together, which hang on each other; `here` is the deviance at opt.x,
 * whose gradient is in the task.  False, with nothing changed, where it cannot be had. */
bool glm_scale_thresholds(struct glm_task *task, double here);

/* Whether Laplace's approximation leaves nothing out: without random effects, or where log f is quadratic in eta.  And a linear
 * model whose residual variance has a predictor: maximum likelihood, exactly. */
bool glm_is_exact(const struct glm *m);
bool glm_is_varied(const struct glm *m);

/* From task->opt.x (a glm_task's) to where the quasi-Newton method ends. */
void glm_descend(void *task);

/* Room for what is sought, and held, at the end of the logarithmic series, where the family has one.  False when memory is out.
 */
bool glm_series_init(struct glm_task *task);

/* Rows that have gone to the logarithmic series leave it where another optimum is lower; else they are put there, and what moves
 * them along it is held.  True: minimize again. */
bool glm_settle_series(struct glm_task *task);

/* Whether a model may have rows whose own variance runs to 0 (glmm-taken.c); those that have gone there are put at the limit,
 * where nothing is lost, and what moves them is held.  True: minimize again. */
bool glm_taken_may_be(const struct glm *m);
bool glm_settle_taken(struct glm_task *task);

/* Whether the rows of a level know its effects so well that double precision loses what the variance says of them; then gamma at
 * opt.x, and the modes there, are found to the digits that there are (glmm-rounding.c).  False when memory is out. */
bool glm_is_rounded(const struct glm *m);
bool glm_settle_means(struct glm_task *task);

/* Holds one more direction, row'phi, where it is. */
void glm_series_hold(struct glm_series *s, const double row[], const double phi[]);

/* Whether something is held there.  It adds that to the deviance at phi, to its slopes, and a factor of half of its curvature to
 * H (count x count). */
bool glm_series_holds(const struct glm_series *s);
double glm_series_value(const struct glm_series *s, const double phi[]);
void glm_series_slopes(const struct glm_series *s, const double phi[], double gradient[]);
void glm_series_curvature(const struct glm_series *s, int count, double factor, double H[]);
void glm_series_free(struct glm_series *s);

/* From task->opt.x to the optimum, certified.  False when stopped. */
bool glm_optimize(struct glm_task *task);

/* Penalized quasi-likelihood from task->opt.x on.  False when stopped or memory is out. */
bool glm_pql(struct glm_task *task, struct glmm_error *err);

/* Fits the workspace, whose estimates are finite, all its parameters: from the usual start, and from others. */
struct fit *glm_fit_finite(struct glm *m, enum fit_method method, const struct fit_options *options,
                           const struct glmm_progress *progress, struct glmm_error *err);

/* The same without what nothing determines (identify.h). */
struct fit *glm_fit_identified(struct glm *m, enum fit_method method, const struct fit_options *options,
                               const struct glmm_progress *progress, struct glmm_error *err);

/* The fit, with everything that is read off at the optimum.  Returns new. */
struct fit *glm_report(struct glm_task *task, const struct fit_options *options, enum fit_method method, struct glmm_error *err);

/* What the optimum is, in fit->optimum; and what is infinite or not known there, in the fit. */
void glm_set_verdict(struct fit *fit, const struct glm_task *task, double tolerance);

/* Of it, levels of one kind and the variances that they make infinite (glmm-constant.c). */
void glm_tell_constant(struct fit *fit, const struct glm *m);

/* And one effect whose variance is infinite beside predictors that it needs for that (glmm-apart.c). */
void glm_tell_apart(struct fit *fit, struct glm *m);

/* Behind what was said of a variance that is infinite, and set so: nothing has an error there, and what x'beta has along w (p;
 * NULL: nothing) runs with it and is not told, which is said too. */
void glm_tell_infinite(struct fit *fit, const double w[]);

/* Errors of the fit, and all that they come from. */
void glm_forget_errors(struct fit *fit);

/* Prices what the approximation leaves out at the optimum that the task and its fit hold, into fit->approximation; the last use
 * of the workspace.  False when memory is out. */
bool glm_price_approximation(const struct glm_task *task, struct fit *fit, struct glmm_error *err);

#endif
