/* gee-private.h -- the parts of gee.h: what the rounds of the equations work on. */
#ifndef FIT_GEE_PRIVATE_H
#define FIT_GEE_PRIVATE_H

#include "fit/gee.h"

/* Rows stand in the order of their clusters and, within one, of their waves: `order` gives the design's. */
struct gee_work {
    const struct fit *flat;
    const struct design *design;
    enum gee_corr corr;
    size_t n;
    int p, clusters, most;
    size_t *order;            /* n */
    size_t *start;            /* clusters + 1 */
    double *wave;             /* n; NULL: 1, 2, ... within the cluster */
    int wave_count;           /* distinct ones */
    double *waves;            /* wave_count */
    int *place;               /* n: which of them */
    double *Q;                /* n x p, row-major: orthonormal columns */
    double *R;                /* p x p upper, column-major: X = Q R */
    double *gamma;            /* p: R beta */
    double *pearson, *weight; /* n: (y - mu)/sqrt(V), (d mu/d eta)/sqrt(V), V the variance function over the weight */
    double *mu;               /* n */
    const double *trials;     /* of the design's rows, where trials are exchangeable; else NULL */
    double *square;           /* n: the sum of the squared Pearson residuals of what is exchangeable: the row, or its trials */
    double phi;               /* dispersion */
    double *alpha;            /* 1, or one a pair of waves */
    double *together;         /* how many clusters have both of a pair of waves */
    int alpha_count;
    double *information, *score; /* p x p (lower), p: the sums over the clusters */
    double *block;               /* most x (p + 1), row-major: [D | e] of one cluster, whitened */
    double *factor;              /* most x most: of an unstructured correlation */
    double shape[FAMILY_SHAPES];
};

/* Room, the order of rows, X = Q R. */
bool gee_work_init(struct gee_work *w, const struct fit *flat, const struct gee_rows *rows, enum gee_corr corr,
                   struct glmm_error *err);
void gee_work_clear(struct gee_work *w);

/* Of pair (s, t), s < t, of `count` waves. */
int gee_pair(int count, int s, int t);

/* phi and alpha at the residuals; false with an error when memory is out or the work was stopped. */
bool gee_moments(struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err);

/* False, with the error that says that the work was stopped. */
bool gee_stopped(struct glmm_error *err);

/* [D | e] of cluster c into w->block, so that their cross-products are D'V^-1 D and D'V^-1 e; false where its working correlation
 * is not positive definite. */
bool gee_whiten(struct gee_work *w, int c);

#endif
