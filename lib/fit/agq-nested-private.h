/* agq-nested-private.h -- what the outer and the inner integrals of agq-nested.h share. */
#ifndef FIT_AGQ_NESTED_PRIVATE_H
#define FIT_AGQ_NESTED_PRIVATE_H

#include "fit/agq-nested.h"

struct nested_work {
    /* The outer level: rows from `from` on. */
    double *base, *slope;        /* rows: fixed part with the outer effects; dF/d(base) */
    double *u, *v, *g;           /* k1: a node, its standard coordinates, the slope of F there */
    double *L, *T, *G, *Q_outer; /* k1 x k1: factor of the Schur complement, L^-T, sum of shares times g v', and Q */
    double *theta;               /* theta_count: of F at a node */
    double *rest;                /* the same in the outer parameters behind theta */
    double *sum_theta, *sum_rest;
    int *odometer;
    /* An inner level. */
    double *mode, *try, *step, *gradient;                      /* k0: of the search for the mode */
    double *shift;                                             /* k0: of the mode where the outer node is, from the joint one */
    double *node_u, *inner_v, *inner_g, *zl, *sum_g, *adjoint; /* k0: as in agq-inner.c; zl: slopes times z */
    double *M, *inner_T, *inner_G, *B, *Q;                     /* k0 x k0 */
    double *eta, *d[D_COUNT], *node_slope, *node_shape[FAMILY_SLOTS], *sum_slope; /* rows of an inner level */
    double *inner_theta, *inner_rest;
    int *inner_odometer;
    int32_t *child_from, *child; /* the inner levels of each outer level */
};

/* The rows of an inner level; `base` is what their linear predictor has beside its effects, from row `from` on. */
struct nested_rows {
    size_t from, to;
    const double *base;
};

/* T = L^-T, upper, from a lower factor; returns log|L|. */
double nested_scale(int k, const double *L, double *T);

/* Q = T (I + B~) T', B~ (left in B) from the lower triangle of G'T. */
void nested_q(int k, const double *G, const double *T, double *B, double *Q);

/* The node of a product rule: v, and the log of its weight times exp(v'v/2); and on to the next, false behind the last. */
double nested_node(const struct quadrature_work *w, int k, const int *odometer, double *v);
bool nested_next(const struct quadrature_work *w, int k, int *odometer);

/* theta[a, b] += share z_l[a] u[b] over the free entries of the terms of a grouping. */
void nested_add_explicit(const struct glm *m, int g, double share, const double *zl, const double *u, double *theta);

/* log I of the rows; its gradient goes to slope (rows), and is added to the work's theta and rest. */
double nested_inner_integral(struct glm *m, const struct nested_rows *rows, double *slope);

#endif
