/* fit.h -- the result of fitting a design, for every kind of model. */
#ifndef FIT_FIT_H
#define FIT_FIT_H

#include "model/design.h"
#include "model/family.h"

enum fit_method { METHOD_DEFAULT, METHOD_REML, METHOD_ML, METHOD_LAPLACE, METHOD_AGQ, METHOD_PQL, METHOD_IS };
enum fit_verdict { VERDICT_OK, VERDICT_BOUNDARY, VERDICT_NOT_CONVERGED, VERDICT_INTERRUPTED, VERDICT_NOT_IDENTIFIED };

/* What lies on the edge of its range. */
enum boundary { BOUNDARY_NONE, BOUNDARY_VARIANCE, BOUNDARY_CORRELATION, BOUNDARY_DISPERSION };

/* How the optimum was certified (NUMERICS 1). */
struct optimum {
    enum fit_verdict verdict;
    double gain;                /* deviance still to gain, g'H^-1 g / 2 */
    double gradient;            /* largest |d deviance / d theta| among free parameters, scaled */
    double smallest_eigenvalue; /* of the Hessian of the deviance over the free parameters */
    int iterations, evaluations;
    enum boundary boundary; /* what the message names first */
    char message[640];      /* in words: which component is at the boundary, what to try */
};

/* A parameter of a covariance structure, on the scale of a reader: "rho", "range", "lag 2". */
struct covariance_parameter {
    const char *name;
    double estimate;
};

/* Structured residuals (model/residuals.h); standard deviations and what else the structure has. */
struct residual_fit {
    const char *structure;
    int parameter_count;
    const struct covariance_parameter *parameters;
};

/* The estimates of one random term. */
struct random_fit {
    int k;
    const double *lambda;          /* k x k lower-triangular template, column-major, relative to sigma (1 without a scale) */
    const double *covariance;      /* k x k: sigma^2 lambda lambda' */
    const double *sd;              /* k */
    const double *correlation;     /* k x k; NaN where a standard deviation is 0 */
    const double *modes;           /* level_count x k, row-major: b = Lambda u */
    const double *mode_covariance; /* level_count x k x k: Var(b | y), theta and beta held fixed */
    int parameter_count;           /* of a structured term (model/structure.h), beside its standard deviations */
    const struct covariance_parameter *parameters;
};

/* What Laplace's approximation, or the nodes of a quadrature, leave out: the estimate that would move most were the likelihood
 * better, in its standard errors (glmm-approximation.c; NUMERICS 5). */
enum approximation_kind {
    APPROXIMATION_NONE, /* exact, or not priced: no structure for quadrature and too few effective draws, no optimum */
    APPROXIMATION_FIXED,
    APPROXIMATION_SD,
    APPROXIMATION_CORR,
    APPROXIMATION_DISPERSION,
    APPROXIMATION_THRESHOLD,
    APPROXIMATION_PREDICTOR /* a coefficient of zi= or disp=: `other` names the option */
};

struct approximation {
    enum approximation_kind kind;
    const char *group, *name, *other; /* of the estimate, the design's: a coefficient, or a group with one effect or two */
    int nodes, draws;                 /* what it was held against: more nodes, or draws of importance sampling */
    double drift;                     /* in standard errors; the sign is that of the move */
    double error;                     /* Monte Carlo error of drift; 0 by nodes */
};

/* A drift below this many standard errors is nothing that a reader would see. */
#define APPROXIMATION_SMALL 0.05

/* Coefficients beside those of the mean: thresholds, and those of other linear predictors. */
enum part_kind { PART_THRESHOLDS, PART_ZERO, PART_DISPERSION };

struct fit_part {
    enum part_kind kind;
    int count;
    const char *const *names;
    const double *estimate, *se; /* se: NaN beside an estimate that is not finite or not estimated */
    const struct design *design; /* of a linear predictor; else NULL */
    struct random_fit *random;   /* of its random terms, design->random_count */
};

struct recession;
struct identity;
struct imputed;

struct fit {
    struct arena *arena;         /* owns the arrays */
    const struct design *design; /* borrowed; outlives the fit */
    const struct family *family; /* model/family.h */
    const struct link *link;
    const struct link *mean_link; /* between the mean of y and the linear predictor: the link, for most families */
    bool exact;                   /* by lmm_fit: gaussian with the identity link, whose likelihood takes no approximation */
    bool has_scale;               /* a residual variance or a dispersion parameter is estimated */
    bool by_prior;                /* the data alone do not tell some of the variances: the prior does */
    enum fit_method method;
    int nodes;         /* 1 but for AGQ */
    int draws;         /* of METHOD_IS */
    double sigma;      /* residual standard deviation; 1 without a scale */
    double dispersion; /* sigma^2, or the family's dispersion parameter */
    /* Infinite estimates (recession.h): NULL, or the cone along which they are infinite, and the fit of the rows that are not
     * fitted perfectly, a plain one, owned.  All but what belongs to rows and coefficients is the same in both. */
    const struct recession *recession;
    struct fit *proper;
    double *beside;     /* of a view (fit_view_category): the thresholds beside the row that fit_linear was asked of; else NULL */
    const double *beta; /* p; Inf, -Inf, or NaN where nothing determines it, not even at infinity */
    const double *se;   /* p; NaN beside an estimate that is not finite */
    const double *vcov; /* p x p */
    /* A factor of the covariance matrix of the coefficients (of a generalized model: of beta, theta and rest): root root',
     * root_rows x root_rank.  Of predictors far from 0 the terms of the variance of a sum lose in vcov all that they have in
     * common, and in the factor half of that.  root_slopes: vcov_slopes are root (these) root', root_rank square each.  NULL:
     * vcov has to do. */
    const double *root, *root_slopes;
    int root_rows, root_rank;
    const double *base, *base_vcov; /* p, p x p: for combinations of what is finite and told; NULL: beta and vcov */
    const double *runs; /* p x p: x'beta runs with the dispersion where x'(runs)x is not 0; NULL: where a NaN has part in it */
    const double
        *escape; /* p x p: x'beta runs with an infinite variance, and nothing tells it, where x'(escape)x is not 0; NULL */
    double log_dispersion_se; /* of the logarithm of the dispersion parameter; NaN without one, or at its limit */
    /* The parameters behind theta as they are estimated: the shapes of the family (model/family.h), the first of them the
     * logarithm of the dispersion.  rest_count of them are free: the last may be held at its limit. */
    const double *rest;
    int rest_count, rest_all; /* rest_all: with the one that is held */
    bool vanished;            /* the dispersion, free, is 0 (of beta infinite): nothing is left of the family's own variation */
    const int *rest_shape;    /* of each of them and, behind them, of one that is held: the shape that it is */
    struct fit_part part[3];
    int part_count, joint_count;
    double shape[FAMILY_SHAPES]; /* their natural values; the first is the dispersion where there is one */
    /* n: of a shape with a predictor of its own, whose `shape` is NaN, as it is estimated; else NULL */
    const double *shape_rows[FAMILY_SLOTS];
    /* The joint covariance matrix of (beta, theta, rest), joint_count square, from the observed information; templates
     * not divided by sigma.  0 and NULL for linear mixed models; rows of a dispersion at its limit are NaN.  Where structures
     * have templates of many entries, of few parameters: H (joint_count x joint_rank) instead, the matrix is H H'.  Ask
     * fit_joint. */
    const double *joint_vcov, *joint_half;
    int joint_rank;
    const double *df; /* p Satterthwaite denominator degrees of freedom; NULL: z */
    /* For Satterthwaite's df of any contrast: the covariance matrix of the variance parameters (directions in the templates, then
     * sigma) and the derivative of vcov with respect to each.  variance_count is 0 where there is none. */
    int variance_count;
    const double *variance_covariance; /* variance_count x variance_count */
    const double *vcov_slopes;         /* variance_count matrices, p x p each */
    /* Of a linear model at a certified optimum: the second derivatives of the deviance in (theta, log sigma), a square of
     * theta_count + 1, the coefficients profiled out; else NULL. */
    const double *theta_hessian;
    int theta_count;
    const double *theta; /* the free entries of the templates, column-wise, terms in the design's order */
    int structured_count;
    const double *structured;            /* of rowcov.h: where its search ended; NULL of models of templates */
    struct random_fit *random;           /* design->random_count */
    const struct residual_fit *residual; /* NULL: independent, of one variance */
    /* What the data leave open (fit/identify.h); NULL: nothing.  Then sd and correlation are NaN where they are not determined,
     * se, df and vcov where they hang on that; theta, lambda, covariance and modes are those at one of the equivalent optima. */
    const struct identity *identity;
    int npar;                            /* fixed + covariance + dispersion parameters that the data determine */
    double loglik;                       /* with all constants; REML: the restricted log-likelihood */
    double criterion;                    /* -2 loglik (REML: -2 restricted), and the penalty of a prior: what was minimized */
    double penalty;                      /* -2 log prior density at the estimates (model/prior.h); 0 without a prior */
    double draws_error, draws_effective; /* of METHOD_IS: the Monte Carlo error of loglik, the effective number of draws */
    double aic, aicc, bic;
    bool merged;          /* what belongs to rows is that of the distinct rows of the design (model/merged.h), not of all */
    const double *fitted; /* n: conditional means, random effects included */
    const double *linear; /* n: linear predictor, offset and random effects included */
    struct optimum optimum;
    struct approximation approximation;
    double seconds;
    /* Of imputed data: a fit of each imputation, owned, of which the estimates here are pooled (infer/pool.h); else NULL.  Then
     * there is no likelihood, and nothing that belongs to rows or levels. */
    struct imputed *imputed;
};

struct fit_options {
    enum fit_method method; /* METHOD_DEFAULT: REML for a linear mixed model, Laplace otherwise */
    int nodes;
    double tolerance;    /* deviance still to gain at convergence; 0: 1e-8 */
    const double *start; /* theta_count starting values, or NULL */
    int draws;           /* of METHOD_IS; 0: 1000 */
    bool unpriced;       /* what the approximation leaves out is not looked at: for fits of which only the estimates are read */
};

/* Frees the fit and its arrays.  Takes NULL. */
void fit_free(struct fit *fit);

/* The fit; NULL with GLMM_E_MEMORY where memory was refused since mem_refused() was `refused`: what was sought in another way for
 * that, or not at all, may have other numbers. */
struct fit *fit_unless_refused(struct fit *fit, long refused, struct glmm_error *err);

/* A residual standard deviation is estimated; other families have a dispersion parameter, or none. */
bool fit_has_residual(const struct fit *fit);

/* One residual variance, and the identity link: what is estimated of means is generalized least squares at the variances. */
bool fit_is_linear(const struct fit *fit);

/* The fit itself, or that of the rows which its infinite estimates leave: what reads rows or solves for random effects uses it.
 */
const struct fit *fit_proper(const struct fit *fit);

/* The standard error of the j-th parameter behind theta, on the scale on which it is estimated; NaN where there is none. */
double fit_rest_se(const struct fit *fit, int j);

/* A shape of the family that is a threshold: of an ordered response, or of a share's ends. */
bool fit_is_threshold(const struct fit *fit, int shape);

/* The place of a shape among the parameters behind theta, -1 where it is not estimated. */
int fit_rest_of_shape(const struct fit *fit, int shape);

/* The dispersion, or, where it is at its limit, that limit: infinity or 0. */
double fit_dispersion_shown(const struct fit *fit);

/* Whether random effects have taken all variation: the family's variance is 0, whatever its power. */
bool fit_has_no_variation(const struct fit *fit);

/* Entry (i, j) of the joint covariance matrix; c'Vc over its first `count` parameters, where what c does not move need not be
 * known. */
double fit_joint(const struct fit *fit, int i, int j);
double fit_joint_quadratic(const struct fit *fit, int count, const double c[]);
bool fit_has_joint(const struct fit *fit);

/* For who makes a fit: mean_link from the family and its shapes; the part of thresholds, when the joint covariance is there.
 * False when memory is out. */
bool fit_set_mean_link(struct fit *fit);
bool fit_set_thresholds(struct fit *fit);

/* The parts of zero inflation and dispersion, when the joint covariance is there. */
bool fit_set_predictors(struct fit *fit);

/* The place in a design (DESIGN_ZERO ...) of a predictor's part. */
int fit_part_place(enum part_kind kind);

/* The part of a predictor; NULL: there is none. */
const struct fit_part *fit_part_of(const struct fit *fit, enum part_kind kind);

/* The natural shapes of a row of the design. */
void fit_row_shapes(const struct fit *fit, size_t row, double shape[FAMILY_SHAPES]);

/* out: the mean of y where the linear predictor of a row is eta, and its derivatives in eta. */
void fit_mean_at(const struct fit *fit, size_t row, double eta, double out[4]);

/* The shapes of a row on the scale on which densities take them. */
void fit_estimated_shapes(const struct fit *fit, size_t row, double shape[FAMILY_SHAPES]);

/* The response of the fit's design, with its shapes. */
struct response fit_response(const struct fit *fit);

/* The fit, its mean the probability of one category of the response (from 1), for all that reads means: *own is its link,
 * `beside` has room for FAMILY_SHAPES thresholds, and what *view has is the fit's.  Where thresholds are infinite, each row has
 * its own beside its linear predictor: fit_linear sets them. */
void fit_view_category(const struct fit *fit, int category, struct fit *view, struct link *own, double beside[]);

/* Whether means hang on parameters behind theta whose errors count in theirs: thresholds. */
bool fit_mean_has_shapes(const struct fit *fit);

/* An error where infinite estimates leave no row. */
bool fit_has_rows(const struct fit *fit, struct glmm_error *err);

/* Whether there is something to say of means: where all rows are told apart, which are infinite.  Else an error says why. */
bool fit_has_means(const struct fit *fit, struct glmm_error *err);

/* x'beta, x[0], x[stride], ...: Inf, -Inf or NaN (nothing determines it) where coefficients are infinite.  Of a view with
 * thresholds beside the row a finite number, and fit->beside: the thresholds that go with it, Inf, -Inf or NaN where they are so
 * beside this row. */
double fit_linear(const struct fit *fit, const double x[], size_t stride);

/* Whether coefficients of the mean run with the dispersion to where only a ratio of both, or the dispersion, is told: fit_linear
 * of rows with these is NaN. */
bool fit_runs_with_dispersion(const struct fit *fit);

/* The covariance matrix of the estimates (p x p) for a combination that is finite. */
const double *fit_vcov(const struct fit *fit);

/* Whether the factor of the covariance matrix is that of all that fit_vcov has. */
bool fit_has_root(const struct fit *fit);

/* Whether it is asked for c'beta: the variance of one coefficient is an entry of the matrix, which loses nothing. */
bool fit_root_helps(const struct fit *fit, const double c[]);

/* Whether a factor of so many rows is made: where there are more it costs as much as the fit. */
bool fit_takes_root(int count);

/* a'Vb by the factor, which the fit has, over its first `count` rows; a and b have `step` between their elements. */
double fit_root_product(const struct fit *fit, const double *a, const double *b, size_t step, int count);

/* For who makes a fit of a linear model: the factor from V = scale T C T', and `count` slopes scale T S T' beside that with
 * respect to sigma, which is `last` V; a `last` of 0: no slopes.  T, C, S: p square, C as a whole.  Nothing where C has no
 * Cholesky factor, or too many rows.  False when memory is out. */
bool fit_set_root(struct fit *fit, double scale, const double *T, const double *C, int count, const double *S, double last);

/* `rest`: an array over the proper fit's coefficients; out: over the fit's, with `limit` where the estimate is not finite (NULL:
 * NaN). */
void fit_spread(const struct fit *fit, const double rest[], const double limit[], double out[]);

/* c'Vc of a symmetric p x p matrix, of which the lower triangle is read, but nothing where c is 0. */
double fit_quadratic(const double *V, const double c[], int p);

/* Satterthwaite's denominator degrees of freedom for the contrast sum_j c[j] beta_j: 2 (c'Vc)^2 / (g'Ag) with g the derivative of
 * c'Vc with respect to the variance parameters and A their covariance (Giesbrecht & Burns 1985; Kuznetsova et al. 2017).
 * Infinite where the fit has no variance parameters to be uncertain about.  work: p. */
double fit_satterthwaite(const struct fit *fit, const double c[], double work[]);

/* For who makes a fit of a linear model: the covariance of its r variance parameters, twice the inverse of the Hessian `joint` (r
 * x r, full) of the deviance but for directions in which it is flat; unit[]: their natural sizes, 0 for one that is held.  Then
 * the degrees of freedom of the coefficients, `least` at least.  False when memory is out. */
bool fit_set_variance_covariance(struct fit *fit, int r, const double joint[], const double unit[]);
bool fit_set_df(struct fit *fit, double least);

/* Whether the approximation of the likelihood moves an estimate by more than a reader may pass over: by APPROXIMATION_SMALL,
 * beyond twice its Monte Carlo error. */
bool fit_is_rough(const struct fit *fit);

/* Whether the log-likelihood is a maximum's, so that it compares with others': not where nothing determines it, and not where
 * the search ended with more to gain than TOLERANCE_NEARLY, or with no telling how much (an approximation that breaks down). */
bool fit_is_maximum(const struct fit *fit);

/* Whether the fit has estimates: not where the search ended at a point that is no optimum, with no telling how far one is, or
 * the criterion rises without end.  Such a point hangs on the last bits of products. */
bool fit_has_estimates(const struct fit *fit);

/* Whether all coefficients of the mean, one at least, run with an infinite variance, so that the data tell none of them. */
bool fit_tells_no_coefficient(const struct fit *fit);

/* `value` (logLik, AIC, BIC) where it is a maximum's, else NaN. */
double fit_of_maximum(const struct fit *fit, double value);

/* aic, aicc, bic from loglik, npar and the number of rows. */
void fit_set_criteria(struct fit *fit, size_t rows);

/* The conditional standard deviation of effect a of a level, from the covariance of its modes; NaN where they are not known. */
double fit_mode_se(const struct random_fit *random, size_t level, int a);

/* What nu residuals of variance sigma^2 give of the criterion of a linear model: nu (1 + log(2 pi sigma^2)). */
double fit_residual_criterion(const struct fit *fit, double nu);

#endif
