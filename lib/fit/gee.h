/* gee.h -- population-averaged models by generalized estimating equations (Liang & Zeger 1986), with geepack's moment estimators.
 *
 *   sum_i D_i' V_i^-1 (y_i - mu_i) = 0,   V_i = phi A_i^1/2 R_i(alpha) A_i^1/2,   A_i = the variance function at mu_i
 *
 * over clusters i of rows.  With Pearson residuals r = (y - mu)/sqrt(A):
 *
 *   phi                     sum r^2 / n (not n - p)
 *   exchangeable            alpha = the mean of r_s r_t / phi over all pairs of rows of a cluster
 *   ar1                     alpha minimizes sum (r_s r_t / phi - alpha^lag)^2 over all pairs, of all lags
 *   unstructured            alpha_st = the mean of r_s r_t / phi over the clusters that have both waves
 *
 * Errors, with C = (sum D'V^-1 D)^-1: naive C; sandwich C (sum s_i s_i') C with s_i = D_i'V_i^-1 e_i; bias-corrected ones put
 * (I - H_i)^-1 e_i (Mancl & DeRouen 2001) or (I - H_i)^-1/2 e_i (Kauermann & Carroll 2001) for e_i, H_i = D_i C D_i'V_i^-1. */
#ifndef FIT_GEE_H
#define FIT_GEE_H

#include "base/progress.h"
#include "fit/fit.h"

enum gee_corr { GEE_INDEPENDENCE, GEE_EXCHANGEABLE, GEE_AR1, GEE_UNSTRUCTURED };
enum { GEE_CLUSTERS_ENOUGH = 40 }; /* for a sandwich; of fewer its errors come out too small */
enum gee_errors { GEE_SANDWICH, GEE_MANCL, GEE_KAUERMANN, GEE_NAIVE, GEE_ERRORS };

/* Which rows of the design belong together; borrowed. */
struct gee_rows {
    const int32_t *cluster; /* n: 0 .. count-1; some may have no row */
    int32_t count;
    const double *wave; /* n: when a row was seen; NULL: they follow each other as they stand */
    bool trials;        /* exchangeable are the trials of a binomial response, as if each were a row of 0 or 1; without weights */
};

/* Arrays are the arena's; names are the design's. */
struct gee {
    struct arena *arena;
    const struct design *design;
    const struct family *family;
    const struct link *link;
    enum gee_corr corr;
    int p;
    const char *const *names;
    const double *beta;
    const double *vcov[GEE_ERRORS]; /* p x p each */
    const double *se[GEE_ERRORS];   /* p each; NaN where so few clusters determine the coefficient that there is no such error */
    int clusters, least, most;      /* rows of the smallest and of the largest cluster */
    bool few;                       /* no more clusters than coefficients: the sandwich has not full rank */
    int wave_count;                 /* of the working correlation */
    const double *wave;             /* wave_count, increasing */
    const double *correlation;      /* wave_count square; NaN for two waves that no cluster has both of */
    int alpha_count;
    const double *alpha;          /* 1, or those of all pairs of waves, (1, 2), (1, 3), ..., (2, 3), ... */
    int unseen;                   /* pairs of waves that no cluster has both of */
    bool indefinite;              /* the whole matrix is not positive definite, though those of the clusters are */
    double dispersion;            /* phi */
    double shape[FAMILY_SHAPES];  /* at which the variance function was held */
    double held;                  /* the first of them as it is to be shown: infinity or 0 where it is at its limit */
    bool has_quasi;               /* the family has a quasi-likelihood in closed form: QIC is known */
    double quasi, qic, qicu, cic; /* QIC = -2 quasi + 2 cic (Pan 2001); QICu = -2 quasi + 2 p */
    int iterations;
    bool converged;
};

/* From the fit of the same rows without random effects, which gives the starting values, and where the variance function has
 * shapes of its own (the k of nbinom2) their values; it must outlive the result.  Returns new.
 *
 * Errors: infinite estimates, a fit that did not converge, one cluster, a wave twice in a cluster, a variance that is infinite, a
 * working correlation that is not positive definite in a cluster, an equation without a solution, memory, interruption. */
struct gee *gee_new(const struct fit *flat, const struct gee_rows *rows, enum gee_corr corr, const struct glmm_progress *progress,
                    struct glmm_error *err);
void gee_free(struct gee *gee);

/* "exchangeable", ... */
const char *gee_corr_name(enum gee_corr corr);

#endif
