/* glmm-hessian-private.h -- the workspace of exact second derivatives, and what models with one predictor that has random terms
 * (glmm-hessian.c) share with those of several (glmm-hessian-several.c). */
#ifndef FIT_GLMM_HESSIAN_PRIVATE_H
#define FIT_GLMM_HESSIAN_PRIVATE_H

#include "fit/glmm-hessian.h"

enum { DIFFERENCE_POINTS = 4 };

/* A slope by differences; step: in lengths of a row. */
struct differences {
    int points;
    double point[DIFFERENCE_POINTS], weight[DIFFERENCE_POINTS], step;
};

struct several_tangent;

struct glm_tangent {
    double *block;
    double *d[D_SHAPE(FAMILY_SLOTS)]; /* n: the slopes of m->d */
    double *beyond[1 + FAMILY_SLOTS]; /* n: l'''', and of each slot l'''_tau: the slope in eta of the last that there is */
    double *eta, *step;               /* n: slopes of eta; the steps of differences, then the slopes in the fixed part of eta */
    double *u, *adjoint;              /* q x parameters: the slopes of the modes; q: A_j */
    double *inverse;                  /* on the pattern: the slope of M, then of its inverse; or scratch */
    double **apart;                /* parameters: slopes of M that are kept for their products; NULL: none is, and Q. is found */
    double *products;              /* of those: parameters^2 */
    double *rest, *rest_try;       /* rest */
    double constant[FAMILY_SLOTS]; /* slopes of constant_slope */
    double *outer;                 /* of quadrature: rest x (derivatives) x n, see quadrature_beyond */
    double *along[FAMILY_SLOTS];   /* of each linear predictor: the slopes of the rows' derivatives in it, as d; else NULL */
    bool has_along[FAMILY_SLOTS];  /* they are those here */
    const struct differences *by;
    struct several_tangent *several; /* NULL: the mean's is the only predictor with random terms */
    int slots, from, to;             /* of shapes; of an entry of a template: z of slot `from` goes to z~ of slot `to`; or -1 */
};

/* --- what both share -------------------------------------------------------------------------------- */

/* out[k] += weight / step of the rows' derivatives at eta + at step, of the `places` first k with an out[k]; step NULL: eta
 * stays, and the step is 1.  False where a density does not exist there. */
bool tangent_add_rows(const struct glm *m, const double *step, double at, double weight, int places, double *const out[]);

/* w->step := the steps of differences in eta (glmm-hessian-steps.c). */
void tangent_set_steps(struct glm_tangent *w, const struct glm *m);

/* The numbers of M on its pattern, its tail included. */
size_t tangent_pattern_size(const struct glm *m);

/* The direction of one parameter: nothing moves but what hangs on it alone.  Fills w->eta, w->d, w->constant, w->from and w->to;
 * false where a density does not exist beside. */
bool tangent_direct(struct glm_tangent *w, struct glm *m, int j);

/* z~ of row i in slot `to` moves by this. */
static inline double tangent_moves(const struct glm_tangent *w, const struct glm *m, size_t i)
{
    return w->to < 0 ? 0 : m->z[i * (size_t)m->K + (size_t)w->from];
}

/* --- quadrature (glmm-hessian-quadrature.c) ----------------------------------------------------------- */

/* The Hessian where m has a quadrature, its lower triangle, where w->beyond and w->rest are known; `rough`: for a search. */
bool tangent_quadrature(struct glm_tangent *w, struct glm *m, bool rough, double hessian[]);

/* --- several predictors with random terms ------------------------------------------------------------ */

bool several_has_hessian(const struct glm *m);

/* The workspace, a part of w.  Returns new; NULL when memory is out.  The bytes of it. */
struct several_tangent *several_tangent_new(const struct glm *m);
void several_tangent_free(struct several_tangent *w);
double several_tangent_bytes(const struct glm *m);

/* The slopes of the rows' last derivatives that all columns need.  False where a density does not exist around the modes. */
bool several_set_beyond(struct glm_tangent *w, struct glm *m);

/* Along parameter j, whose from and to are set: the modes' slopes into u, the slope of M on its pattern into M, which is 0. */
void several_move(struct glm_tangent *w, struct glm *m, int j, double *u, double *M);

/* Behind it, and with the slope of the inverse: what the rows give to a column of the Hessian.  To theta (NULL: not wanted); to
 * what is behind it, in m->work_rest; the slopes in the fixed part of eta into w->step, and A_j into w->adjoint.  What is added
 * to is 0 before. */
void several_add_rows(struct glm_tangent *w, struct glm *m, const double *u, double theta[]);

#endif
