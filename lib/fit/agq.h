/* agq.h -- adaptive Gauss-Hermite quadrature of the marginal likelihood (Liu & Pierce 1994; Pinheiro & Bates 1995),
 * product rule, for the levels of one grouping factor, and for nested ones.
 *
 * A level with modes u^, M = L L' and T = L^-T: with the nodes v_k of the product rule and weights w_k,
 *
 *   I = |L|^-1 sum_k w_k exp(-h(u_k) + v_k'v_k/2),  u_k = u^ + T v_k
 *
 * One node a dimension is Laplace's approximation.  The gradient in reverse: with the nodes' shares pi_k, their slopes
 * g_k = -dh/du(u_k), and B~ the symmetric matrix made of the lower triangle of (sum pi_k g_k v_k')'T,
 *
 *   d log I = sum pi_k (explicit part at u_k) + (sum pi_k g_k)'du^ - <dM, Q>/2,   Q = T (I + B~) T'
 *
 * so that Q takes the place of M^-1 in Laplace's gradient (glmm-gradient.c). */
#ifndef FIT_AGQ_H
#define FIT_AGQ_H

#include "fit/glmm-parts.h"
#include "fit/quadrature.h"

/* The one-dimensional rule, and room for one level. */
struct quadrature_work {
    struct arena *arena;
    struct nested_work *nested; /* for nested factors, else NULL */
    int nodes;
    double node[QUADRATURE_MOST], log_weight[QUADRATURE_MOST];
    struct quadrature_sums sums;
    double *eta, *value, *slope;      /* rows of the largest level: at a node */
    double *shape[FAMILY_SLOTS];      /* the same: the slope in the shape of a slot */
    double *T, *Tv, *G, *B, *Q;       /* k x k */
    double *v, *u, *g, *zl;           /* k: node, unknowns, slope in u, Z'l' */
    double *level_theta, *level_rest; /* theta_count, rest */
    int *odometer;
    struct quadrature_curves *curves; /* of the Hessian (agq-hessian.c), where it has one; else NULL */
};

/* Room for the Hessian, with at most so many rows a level.  False when memory is out. */
bool quadrature_prepare_curves(struct glm *m, size_t most);

#endif
