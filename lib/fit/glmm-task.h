/* glmm-task.h -- a fit under way: the optimizer's coordinates, and the Hessian at the optimum. */
#ifndef FIT_GLMM_TASK_H
#define FIT_GLMM_TASK_H

#include "fit/glmm-parts.h"

struct glm_task {
    struct glm *m;
    const struct glmm_progress *progress;
    struct minimizer *minimizer;
    struct minimizer *smaller; /* for one parameter less, when a dispersion goes to its limit */
    struct minimize_problem problem;
    int count;        /* parameters */
    double *block;    /* all the arrays below */
    double *phi;      /* the estimates */
    double *gradient; /* there, of the deviance in phi */
    double *unit;     /* theta: the natural size of an entry */
    double *base, *C; /* phi = base + C x; C lower triangular, count x count */
    double *bend;     /* theta diagonals: x moves asinh(phi/bend) (0: linear) */
    double *x, *x_gradient, *curvature, *trial, *trial_gradient, *step;
    double *hessian, *vectors, *values; /* of the deviance in x, and its eigenvectors and eigenvalues */
    double *work;
    int work_size;
    double deviance, gain;
    double bound; /* a search that ends above it is given up */
    double flat;  /* the deviance without random effects, at the start */
    int iterations, evaluations;
    bool stopped, stalled, have_hessian;
    bool given_up;
    bool tau_at_limit; /* the dispersion ran to the limit where the family is another one */
    bool unsettled;    /* the working responses of PQL did not settle */
};

bool glm_task_init(struct glm_task *task, struct glm *m, const struct fit_options *options, const struct glmm_progress *progress);
void glm_task_clear(struct glm_task *task);

/* From task->phi to the optimum, certified.  False when stopped. */
bool glm_optimize(struct glm_task *task);

/* Penalized quasi-likelihood from task->phi on.  False when stopped or memory is out. */
bool glm_pql(struct glm_task *task, struct glmm_error *err);

/* Fits the workspace, whose estimates are finite, all its parameters: from the usual start, and from others. */
struct fit *glm_fit_finite(struct glm *m, enum fit_method method, const struct fit_options *options,
                           const struct glmm_progress *progress, struct glmm_error *err);

/* The same without what nothing determines (identify.h). */
struct fit *glm_fit_identified(struct glm *m, enum fit_method method, const struct fit_options *options,
                               const struct glmm_progress *progress, struct glmm_error *err);

/* The fit, with everything that is read off at the optimum.  Returns new. */
struct fit *glm_report(struct glm_task *task, const struct fit_options *options, enum fit_method method, struct glmm_error *err);

/* Prices what the approximation leaves out at the optimum that the task and its fit hold, into fit->approximation; the last use
 * of the workspace.  False when memory is out. */
bool glm_price_approximation(const struct glm_task *task, struct fit *fit, struct glmm_error *err);

#endif
