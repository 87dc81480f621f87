/* agq-nested-private.h -- what the integrals of agq-nested.h share. */
#ifndef FIT_AGQ_NESTED_PRIVATE_H
#define FIT_AGQ_NESTED_PRIVATE_H

#include "fit/agq-nested.h"

/* The rows of a level of which the integral is wanted, and where its gradient goes. */
struct nested_rows {
    size_t from, to;
    const double *base;   /* of row from + r: its linear predictor but for the effects that are integrated */
    double *slope;        /* the same: gets d log I / d base */
    double *theta, *rest; /* get d log I in theta and in the outer parameters behind it, added */
};

/* A level of the innermost factor. */
struct nested_leaf {
    double *mode, *try, *step, *gradient, *adjoint;                               /* k */
    double *node_u, *v, *g, *zl, *sum_g;                                          /* k: as in agq-inner.c; zl: slopes times z */
    double *M, *T, *G, *B, *Q;                                                    /* k x k */
    double *eta, *d[D_COUNT], *node_slope, *node_shape[FAMILY_SLOTS], *sum_slope; /* rows of a level */
    double *theta, *rest;                                                         /* sums over the nodes */
    int *odometer;
};

/* A level of a factor in which others are nested, with all that is in it. */
struct nested_factor {
    int g, k, slots; /* its grouping, the effects of a level, the slots of a row up to and with them */
    int32_t levels;
    int32_t *child_from, *child; /* the levels in each level, of the next finer factor */
    /* Where the unknowns of a level and of those in it are kept: j of m in column j - shift[its grouping] of `paths`, and offset
     * further in the factor. */
    int32_t *shift, *offset, *slot_shift;
    int count;
    struct precision *f; /* of their matrix M; with the modes */
    const double *at;
    double *paths;               /* count x k: E of agq-nested.c */
    double *base, *slope;        /* rows: fixed part with the effects; dF/d(base) */
    double *u, *v, *g_u, *sum_g; /* k: a node, its standard coordinates, the slope of F there, its sum */
    double *L, *T, *G, *B, *Q;   /* k x k: factor of the Schur complement, L^-T, sum of shares times g v', B~ and Q */
    double *theta, *rest;        /* of F at a node */
    double *sum_slope, *sum_theta, *sum_rest;
    int *odometer;
    /* Of a factor that is nested itself: the modes where the effects of the coarser ones are given. */
    struct precision **own;                         /* of each level; NULL without rows */
    double *mode, *try, *step, *gradient, *adjoint; /* count */
    double *eta, *d[D_COUNT];                       /* rows */
};

struct nested_work {
    struct nested_leaf leaf;
    struct nested_factor *factor; /* one for each grouping; the first is not used */
    int count;
};

/* How the mode of h = u'u/2 - sum of log densities is sought, in q unknowns of a level of grouping g. */
struct nested_search {
    int g, q;
    double *mode, *try, *step, *gradient;
    /* h at u, with the derivatives there; then M, factored (with the positive part of the weights: false without it where there
     * is none), and the slope in step; x := M^-1 x. */
    double (*value)(struct glm *m, int g, const struct nested_rows *rows, const double *u);
    bool (*system)(struct glm *m, int g, const struct nested_rows *rows, const double *u, bool positive);
    void (*solve)(const struct glm *m, int g, double *x);
};

/* What a gradient is made of when the nodes have been summed. */
struct nested_end {
    int g, slots;
    const int32_t *shift;                               /* slots: from an unknown of m to its place here */
    const double *u, *sum_slope, *sum_theta, *sum_rest; /* the mode, and what the nodes give */
    double *adjoint;                                    /* of the unknowns: -2 times the slope in the modes; scratch */
    double *const *d;                                   /* the derivatives at the mode, by rows from rows->from on */
    void (*solve)(const struct glm *m, int g, double *x);
    void (*leverage)(const struct glm *m, int g, size_t i, double *v); /* v = Q z~ over the slots of row i */
};

/* --- agq-inner.c ------------------------------------------------------------------------------- */

/* T = L^-T, upper, from a lower factor; returns log|L|. */
double nested_scale(int k, const double *L, double *T);

/* Q = T (I + B~) T', B~ (left in B) from the lower triangle of G'T. */
void nested_q(int k, const double *G, const double *T, double *B, double *Q);

/* The node of a product rule: v, and the log of its weight times exp(v'v/2); and on to the next, false behind the last. */
double nested_node(const struct quadrature_work *w, int k, const int *odometer, double *v);
bool nested_next(const struct quadrature_work *w, int k, int *odometer);

/* theta[a, b] += share z_l[a] u[b] over the free entries of the terms of a grouping. */
void nested_add_explicit(const struct glm *m, int g, double share, const double *zl, const double *u, double *theta);

/* log I of a level of the innermost factor; the search begins at the leaf's mode. */
double nested_leaf_integral(struct glm *m, const struct nested_rows *rows);

/* --- agq-conditional.c ------------------------------------------------------------------------- */

/* From s->mode to the mode; leaves the derivatives there, and the factor of M.  *value gets h. */
bool nested_mode(struct glm *m, const struct nested_rows *rows, const struct nested_search *s, double *value);

/* The gradient of log I, through the mode and its curvature too. */
void nested_slopes(struct glm *m, const struct nested_rows *rows, const struct nested_end *e);

/* The mode of a level of a factor that is nested itself, from its `mode`; its f and d are then those there. */
bool nested_conditional_mode(struct glm *m, int g, const struct nested_rows *rows, double *value);

/* When its nodes have been summed: nested_slopes. */
void nested_conditional_slopes(struct glm *m, int g, const struct nested_rows *rows);

/* The level of grouping g of row i. */
static inline int32_t nested_level(const struct glm *m, int g, size_t i)
{
    return m->groupings[g].level[m->row[i]];
}

#endif
