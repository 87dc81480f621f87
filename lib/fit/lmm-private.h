/* lmm-private.h -- the state of a linear mixed model while it is fitted, shared by lmm.c and lmm-fit.c.
 *
 * Inside, the model is fitted in a basis in which it is well conditioned, and mapped back at the end:
 *   - rows are multiplied by the square roots of the prior weights;
 *   - the columns of X are centred (where there is an intercept) and orthonormalized, X = Q R;
 *   - y is centred, freed of its projection on X, and scaled to mean square 1;
 *   - each term's Z is replaced by Z~ = Z R_k^-1 with mean square I, R_k lower triangular, so that the template R_k Lambda
 *     is lower triangular again.  The *inner* parameters x are the free entries of R_k Lambda; they have no units. */
#ifndef FIT_LMM_PRIVATE_H
#define FIT_LMM_PRIVATE_H

#include <math.h>

#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/optimum.h"
#include "linalg/blocks.h"

/* The minimizer moves phi, with x = LMM_BEND sinh(phi) on the diagonals of the templates: see lmm-fit.c. */
#define LMM_BEND 0.05

/* The entries below a diagonal entry are moved in units of this: with a column of 1000 they have a long way to go. */
static inline double lmm_column_scale(double diagonal)
{
    return hypot(1.0, 0.5 * diagonal);
}

struct lmm_term {
    int k, free_count, first;            /* free entries of the template, from x[first] */
    const struct covariance *covariance; /* of one effect: diagonal */
    int32_t levels;
    double *basis;    /* R_k, k x k lower triangular, column-major */
    double *z;        /* n x k in the inner basis; NULL: all 1 */
    double *lambda;   /* k x k inner template */
    double *gamma;    /* k x k: half the gradient of log det */
    double *products; /* k x k: gradient of r^2 */
};

/* Row i of the term's Z in the inner basis. */
static inline double lmm_z(const struct lmm_term *term, size_t i, int a)
{
    return term->z == NULL ? 1.0 : term->z[i * (size_t)term->k + (size_t)a];
}

struct lmm {
    const struct design *design;
    bool reml;
    size_t n;
    int p, term_count, theta_count;
    double degrees; /* nu: n, or n - p */
    struct lmm_term *terms;
    const double **lambda; /* term_count templates, as blocks.h takes them */
    double **gamma;
    struct blocks *blocks;
    double *E;          /* n x (p + 1): Q and the scaled remainder of y */
    double *R;          /* p x p upper triangular */
    double *center;     /* p: means taken from the columns of X */
    int constant;       /* the column of X that is constant, or -1 */
    double *projection; /* p: Q'y, in the scaled units */
    double y_center, y_scale;
    double *root_weight;                    /* n; NULL: 1 */
    double constants;                       /* terms of the deviance that do not depend on the parameters */
    double *u, *effects, *remainder;        /* blocks_size each: spherical modes, Lambda u, Z'(y - fit) */
    double *probe;                          /* 2 x blocks_size, of lmm-probe.c; NULL: none */
    double *beta;                           /* p, in the basis Q */
    double *inner, *inner_gradient;         /* theta_count */
    double *logdet_gradient, *rss_gradient; /* theta_count: the two parts of the last gradient */
    double logdet, rss;                     /* of the last evaluation */
    struct lmm_rows *rows;                  /* lmm-rows.c; made where it is first needed */
    bool by_rows;                           /* whether the last evaluation needed it */
    bool out_of_memory;                     /* it could not be made */
};

/* Where a variance is so large that the factor's last pivots lose digits: whether this is so at x; the two parts of the value,
 * where the random part was just factored (false: not positive definite, or memory is out); and those of the gradient. */
struct lmm_rows;
bool lmm_rows_needed(const struct lmm *m, const double x[]);
bool lmm_rows_value(struct lmm *m);
void lmm_rows_slopes(struct lmm *m);
void lmm_rows_free(struct lmm_rows *rows);

/* Whether some rows show that more than `least` of r^2 is left, with `size` on the diagonals of all templates (explained-some.c).
 * False where they do not, where asking the whole system is as cheap, or memory is out: *memory is false then. */
bool explained_some_left(const struct lmm *m, double size, double least, bool *memory);

/* The inverse of R_X'R_X (p x p) where lmm_value was just called. */
void lmm_fixed_inverse(struct lmm *m, double out[]);

/* Makes the inner basis: E, R, centres, weights, terms.  Part of lmm_new. */
bool lmm_set_basis(struct lmm *m, struct watch *watch, struct glmm_error *err);

/* The blocks, assembled, and the vectors of their size.  Part of lmm_new, which leaves the kind of tail open. */
bool lmm_make_blocks(struct lmm *m, enum tail_kind kind, struct watch *watch, struct glmm_error *err);

/* R (k x k, lower) with Z'WZ / n = R'R; false when that is singular.  z (row) := z R^-1. */
bool lmm_inner_factor(int k, const double *product, double *R);
void lmm_to_inner(int k, const double *R, double *z);

/* The deviance in the inner parameters; MINIMIZE_BAD where it does not exist.  Allocates nothing. */
double lmm_value(struct lmm *m, const double x[]);

/* The two parts of its gradient, into m->logdet_gradient and m->rss_gradient, where lmm_value was just called; false when not
 * finite. */
bool lmm_slopes(struct lmm *m);

/* Of it: the slopes of r^2, with u, beta, effects and remainder; effects := Lambda u; whether all slopes are finite. */
void lmm_residual_slopes(struct lmm *m);
void lmm_apply_templates(struct lmm *m);
bool lmm_slopes_finite(const struct lmm *m);

/* What lmm_value and lmm_slopes have left (lmm-keep.c): whether a copy is small; a copy, new, NULL when memory is out; and back
 * again, which takes it. */
bool lmm_keeps(const struct lmm *m);
double *lmm_keep(struct lmm *m);
void lmm_put_back(struct lmm *m, double *kept);

/* The same as lmm_slopes where that is not by rows, but log|M| only about (lmm-probe.c), with the variance of that (theta_count),
 * where m->probe has its room; u, effects and beta are then worth nothing.  And whether that is much less work. */
bool lmm_probe(struct lmm *m, double variance[]);
bool lmm_probe_pays(const struct lmm *m);

/* Slopes and second derivatives (n x n, stride ld in out) in theta from those in x, n = theta_count. */
void lmm_outer_gradient(const struct lmm *m, const double inner[], double gradient[]);
void lmm_outer_hessian(struct lmm *m, const double inner[], double out[], int ld);

/* Templates from inner parameters and back; conversions between theta and x. */
void lmm_set_templates(struct lmm *m, const double x[]);
void lmm_inner_from_theta(const struct lmm *m, const double theta[], double x[]);
void lmm_theta_from_inner(const struct lmm *m, const double x[], double theta[]);

/* The free entries (a, b) of a term's template, in the order of theta; `index` counts from the term's first. */
#define FOR_FREE_ENTRIES(term, a, b, index)                                                                                      \
    for (int b = 0, index = (term)->first; b < (term)->k; b++)                                                                   \
        for (int a = b; a < (term)->covariance->end((term)->k, b); a++, index++)

/* Where the diagonal entry of row a of a term's template stands. */
static inline double lmm_diagonal(const struct lmm_term *term, const double x[], int a)
{
    return x[term->first + covariance_entry(term->covariance, term->k, a, a)];
}

/* What one fit carries along. */
struct lmm_curvature;
struct lmm_task {
    struct optimizer opt; /* in the inner parameters */
    struct lmm *m;
    struct watch watch;
    struct template_place *templates;
    struct minimizer *minimizer;
    struct minimize_problem problem;  /* in phi, what the minimizer moves: see lmm-fit.c */
    struct lmm_curvature *curvatures; /* exact second derivatives; NULL: they do not pay, and differences are taken */
    int evaluations;
    double *curvature;                    /* theta_count: the guess where the search begins, in phi */
    double *slopes;                       /* theta_count matrices p x p: derivatives of the inverse of R_X'R_X along T */
    double *joint;                        /* (theta_count + 1)^2: Hessian in (T, sigma) */
    double *phi, *unbent, *bent;          /* theta_count */
    double *logdet_hessian, *rss_hessian; /* theta_count^2 */
    double *last, last_value;             /* the point and value of the last evaluation */
    bool known, known_gradient;
    double probed; /* while slopes may be those of lmm_probe, the value where they last were: HUGE_VAL at first; then NAN */
    double noise;  /* what these may say that there is to gain, where there is nothing */
    double *spare; /* p^2 + 2 theta_count */
    double sigma2;
    bool out_of_memory;
    bool *exact;   /* theta_count: whose second derivatives were not taken by differences */
    double enough; /* to gain: more is a reason to search from elsewhere */
    bool cheap;    /* the tail is small: evaluations can be spent on digits */
    double *block; /* all the arrays, those of `opt` first */
    size_t block_size;
};

/* Whether the exact second derivatives (lmm-curvature.c) cost less than those by differences; a workspace for them, new, NULL
 * when memory is out.  Then, where lmm_value and lmm_slopes were just called and not by rows: those of both parts of the deviance
 * in the inner parameters, and the derivatives of the inverse of R_X'R_X (NULL: not wanted).  False where there are none. */
bool lmm_curvature_pays(const struct lmm *m);
struct lmm_curvature *lmm_curvature_new(const struct lmm *m);
void lmm_curvature_free(struct lmm_curvature *c);
bool lmm_curvature_set(struct lmm_curvature *c, const struct lmm *m, double logdet[], double rss[], double slopes[]);

/* The same along the parameters of the tail's terms of one effect alone, with `head` also of the term before it where it is one
 * (blocks_has_head), which it marks (lmm-tail.c): the entries of both second derivatives (n x n) among those, and the derivatives
 * of the inverse along each; nothing else is written.  Whether it costs less than differences at x, which is where the slopes
 * were just taken, and whether the head does.  False when memory is out or the watch says stop. */
bool lmm_tail_pays(const struct lmm *m, const double x[], bool *head);
bool lmm_tail_second(struct lmm *m, const double x[], bool head, bool exact[], double logdet[], double rss[], double slopes[]);

/* The start, from the options or by moments, into task->opt.x, and the curvature of the deviance there in the minimizer's
 * parameters, into task->curvature; false when memory is out. */
bool lmm_set_start(struct lmm_task *task, const struct fit_options *options);

/* Fits the model as it is, all its parameters.  Takes m.  Returns new, or NULL with an error as lmm_fit. */
struct fit *lmm_fit_whole(struct lmm *m, const struct fit_options *options, const struct glmm_progress *progress,
                          struct glmm_error *err);

/* What is minimized, in x and in the bent coordinates phi (lmm-bent.c): sets the objectives of `opt` and `problem`, and its
 * hooks. Between the two coordinates; and the exact Hessian of the profiled deviance at the last point, in x, into opt.hessian,
 * false where there is none (`slopes` as for lmm_curvature_set, or NULL). */
void lmm_set_objectives(struct lmm_task *task);
bool lmm_is_at(const struct lmm_task *task, const double x[]); /* whether the model is as its last evaluation, at x, left it */
void lmm_set_at(struct lmm_task *task, const double x[], double value); /* that it is, with slopes */
void lmm_from_bent(struct lmm_task *task, const double phi[], double x[]);
void lmm_to_bent(struct lmm_task *task, const double x[], double phi[]);
bool lmm_curvature_at(struct lmm_task *task, double slopes[]);

/* GLMM_E_MODEL where the search has ended with a residual variance on its way to 0 (lmm-vanish.c).  The model's last evaluation
 * is elsewhere. */
bool lmm_check_residual(struct lmm_task *task, struct glmm_error *err);

/* The estimates at task->opt.x.  Returns new; NULL when memory is out. */
struct fit *lmm_result(struct lmm_task *task, double tolerance);

#endif
