/* spectral.h -- a linear mixed model whose levels are related, in the eigenvectors of their matrix: diagonalized once (n^3), each
 * evaluation of its likelihood costs O(n) (Kang et al. 2008; Zhou & Stephens 2012).
 *
 *   y = X beta + g gamma + Z u + e,  u ~ N(0, lambda s2 K),  e ~ N(0, s2 I / weights)
 *
 * Rows enter by their level: with N the sums of weights, the orthonormal columns of W^1/2 Z N^-1/2 = P carry the matrix
 * N^1/2 K N^1/2 = U diag(d) U', and what is outside their span has variance s2 whatever lambda is: a constant.  X is
 * orthonormalized and y and g are freed of it, so that nothing cancels. */
#ifndef INFER_SPECTRAL_H
#define INFER_SPECTRAL_H

#include "base/watch.h"
#include "model/design.h"

/* Moments of [X y]'D^j[X y] with weights w^(j + 1) d^j, j = 0, 1, 2, w = 1 / (1 + lambda d), in a packed lower triangle. */
struct spectral_moments {
    double lambda, sum1, sum2; /* sums of w d and w^2 d^2 */
    double *S[3];
};

struct spectral {
    size_t n, q; /* rows, levels */
    int p;       /* columns of X */
    bool reml;
    double *d;                    /* q, ascending; divided by `unit`, their mean */
    double unit;                  /* lambda here is that of K times this */
    double *U;                    /* q x q: U'N^1/2, what takes the values of levels to coordinates */
    double *F;                    /* q x (p + 1): [X y] there */
    double *outside;              /* (p + 1) x (p + 1): their products outside the span; all 0 where a level has one row */
    double *whole;                /* p: scratch of no one; X'y of the coordinates outside */
    double y_scale;               /* y is divided by it */
    struct spectral_moments null; /* at the best lambda without a marker */
    double null_value;            /* -2 log likelihood there (REML: the criterion), up to a constant */
    double *block;
};

/* What is known of one marker. */
struct spectral_test {
    double estimate, se;                /* NaN where the marker is a combination of X */
    double lambda;                      /* at its optimum, of K */
    double value;                       /* as null_value */
    double plain, plain_se, plain_drop; /* without relations: estimate, standard error, drop of -2 log likelihood */
};

struct spectral_work;

/* Takes the level values' matrix K (q x q, by mem_alloc).  The design has no residual structure; `t` is the random term, whose
 * levels K relates.  False with an error: memory, or relations that nothing tells from the residuals. */
bool spectral_init(struct spectral *s, const struct design *design, const struct random_design *t, double *K, bool reml,
                   const struct glmm_progress *progress, struct glmm_error *err);
void spectral_clear(struct spectral *s);

/* Coordinates of `count` markers, given by their values at the levels: q x count each; stopped by the watch (or NULL), they are
 * worth nothing. */
void spectral_rotate(const struct spectral *s, const double *values, int count, double *out, struct watch *watch);

struct spectral_work *spectral_work_new(const struct spectral *s);
void spectral_work_free(struct spectral_work *w);

/* The model with one marker more, of coordinates g (which are changed). */
void spectral_marker(const struct spectral *s, struct spectral_work *w, double g[], struct spectral_test *out);

#endif
