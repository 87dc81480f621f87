/* glmm.h -- libglmm: linear and generalized linear mixed models.
 *
 * The engine never prints, exits or reads a terminal.  Objects are opaque; each has a _new and a _free that takes NULL.
 * A function that can fail takes a struct glmm_error (zeroed by the caller, or NULL) and returns NULL or false when it fails.
 * What a caller gets wrong (NULL, a text that is not UTF-8, a number out of range) is an error too: GLMM_E_USAGE, GLMM_E_VALUE or
 * GLMM_E_NAME; what is asked of a NULL object is NaN, 0, NULL or "".
 * Matrices are column-major but where it says otherwise.  An object may be read by several threads at once.
 * Licence: GPL-3.0-or-later. */
#ifndef GLMM_H
#define GLMM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header; glmm_version() is that of the library. */
#define GLMM_VERSION_MAJOR 0
#define GLMM_VERSION_MINOR 1
#define GLMM_VERSION_PATCH 0
#define GLMM_VERSION       (GLMM_VERSION_MAJOR * 10000 + GLMM_VERSION_MINOR * 100 + GLMM_VERSION_PATCH)

/* --- errors ------------------------------------------------------------------------------- */

enum glmm_code {
    GLMM_OK = 0,
    GLMM_E_SYNTAX,   /* a text that cannot be parsed */
    GLMM_E_USAGE,    /* a call that does not fit its command: arguments, options */
    GLMM_E_NAME,     /* an unknown name */
    GLMM_E_TYPE,     /* a value of the wrong type */
    GLMM_E_VALUE,    /* a value out of range */
    GLMM_E_DATA,     /* data that cannot be used as asked */
    GLMM_E_MODEL,    /* a model that cannot be stated or fitted */
    GLMM_E_STATE,    /* nothing loaded, nothing fitted */
    GLMM_E_FILE,     /* a file that cannot be read or written */
    GLMM_E_LIMIT,    /* larger than this program can do */
    GLMM_E_MEMORY,   /* out of memory */
    GLMM_E_INTERRUPT /* stopped by the caller */
};

/* Bytes [begin, end) of the text at fault; begin is -1 where there is none. */
struct glmm_span {
    int begin, end;
};

struct glmm_error {
    enum glmm_code code;
    struct glmm_span at;
    long line;            /* in an input file, from 1; 0 where there is none */
    const char *argument; /* what is at fault, by the name of the argument or option: "formula", "weights", "path"; `at` is in its
                             text then.  A constant text; NULL where none is */
    char message[512];    /* one sentence, without a full stop at the end unless it has several */
    char hint[256];       /* the nearest right thing, or empty */
};

/* --- progress and interruption ------------------------------------------------------------ */

/* `tell` returns false to stop the work; `total` is 0 where it is unknown; `value` is the deviance, or NaN.  The engine may call
 * it from a thread of its own, but never from two at once.  `note` gets a sentence before a step that takes more than half of the
 * memory that is free; NULL: nobody asks. */
struct glmm_progress {
    bool (*tell)(void *context, const char *what, double done, double total, double value);
    void *context;
    void (*note)(void *context, const char *text);
    const struct glmm_team *team; /* who shares the replicates; NULL: this process does them all */
};

/* Processes, on one machine or many, that run the same program on the same data share the replicates of a bootstrap, of a power
 * and the like, and each of them gets all results, the same bytes for any size.  Called by the thread that called the engine. */
struct glmm_team {
    int rank, size;
    /* Puts the bitwise or of all members' bytes in their place; the bytes of who has none are 0.  `what` and `count` are the same
     * in all members where all goes well.  False where that is not to be had. */
    bool (*gather)(void *context, const char *what, void *bytes, size_t count);
    /* Rank 0 tells the others to stop; the others are asked whether they are told to. */
    bool (*stops)(void *context, bool stop);
    void *context;
};

/* --- memory ------------------------------------------------------------------------------- */

/* Replaces the allocator of the whole engine; call it before anything else.  resize(context, old, 0) frees. */
void glmm_set_allocator(void *(*resize)(void *context, void *old, size_t size), void *context);

/* The version of the library, "major.minor.patch". */
const char *glmm_version(void);

/* --- data --------------------------------------------------------------------------------- */

/* A table of named columns, all of the same length. */
struct glmm_data;

/* Reads a table of any kind that mixsh reads, by its content: Stata, SPSS, SAS, SQLite, Excel, R (as far as their libraries were
 * there when this one was built), or a delimited text file, plain or compressed ("-" is standard input). Of texts: the separator
 * is detected among , ; tab |, the types are inferred over the whole file, empty fields and NA are missing.  Returns new. Errors:
 * GLMM_E_FILE, GLMM_E_DATA with the line. */
struct glmm_data *glmm_data_read(const char *path, struct glmm_error *err);

/* How a text file is read.  `size` is sizeof of the struct, as in every struct of options: fields that a later version adds at
 * its end are then at their defaults (0 is taken for the size in version 0.1).  Zero or NULL is the default of each field. */
struct glmm_read_options {
    size_t size;
    char separator;                       /* found out */
    char decimal;                         /* '.' */
    char thousands;                       /* between groups of three digits; none */
    bool no_header;                       /* columns are V1, V2, ... */
    long skip;                            /* lines above the names that are left out */
    const char *const *missing;           /* texts that mean missing, ends with NULL; "NA" and empty */
    const char *types;                    /* "herd=factor,size=real": forced; inferred */
    const char *encoding;                 /* as iconv names it; found out */
    const struct glmm_progress *progress; /* stops the work with GLMM_E_INTERRUPT */
};

/* The same as glmm_data_read, read so.  options may be NULL. */
struct glmm_data *glmm_data_read_as(const char *path, const struct glmm_read_options *options, struct glmm_error *err);

/* An empty table of `rows` rows, to be filled by the two functions below.  Returns new. */
struct glmm_data *glmm_data_new(size_t rows, struct glmm_error *err);

/* Adds a column of `rows` numbers; NaN is missing.  Name and values are copied.  GLMM_E_NAME for a name that is taken. */
bool glmm_data_add_real(struct glmm_data *data, const char *name, const double values[], struct glmm_error *err);

/* The same of whole numbers, GLMM_MISSING where there is none, and of truths: 0, 1, and less than 0 where there is none. */
#define GLMM_MISSING (-2147483647 - 1)
bool glmm_data_add_integer(struct glmm_data *data, const char *name, const int values[], struct glmm_error *err);
bool glmm_data_add_logical(struct glmm_data *data, const char *name, const signed char values[], struct glmm_error *err);

/* Adds a factor from `rows` texts (UTF-8); NULL is missing.  Its levels are the distinct texts, sorted as numbers where all are
 * numbers, else bytewise; the first is the reference of the treatment contrasts.  All is copied. */
bool glmm_data_add_factor(struct glmm_data *data, const char *name, const char *const values[], struct glmm_error *err);

size_t glmm_data_rows(const struct glmm_data *data);
void glmm_data_free(struct glmm_data *data);

/* --- models ------------------------------------------------------------------------------- */

/* Zero or NULL is the default of each. */
struct glmm_model_options {
    size_t size;           /* see glmm_read_options */
    const char *family;    /* "gaussian"; binomial, poisson, Gamma, nbinom2 and the others that mixsh's `help families` lists */
    const char *link;      /* the family's first */
    const char *weights;   /* prior weights: an expression over the data */
    const char *trials;    /* binomial: the numbers of trials of a response that is a proportion */
    const char *offset;    /* added to the linear predictor, besides offset() in the formula */
    const char *contrasts; /* "sum", or "recipe=sum, temp=poly"; also treatment, helmert: instead of treatment contrasts */
    const struct glmm_progress *progress; /* told while the columns are made; stops the work with GLMM_E_INTERRUPT */
    const char *where;                    /* a condition over the data: only the rows in which it is true */
    const char *prior; /* what is added to the likelihood: "sd ~ gamma(2.5, 0); fixed ~ normal(0, 2.5)", "jeffreys" */
    const char *zi;    /* "~ x + (1 | g)": the log-odds that a count is a zero of another kind */
    const char *disp;  /* "~ x": the logarithm of the dispersion */
};

struct glmm_model;

/* States a model in the notation of R's lme4: "Reaction ~ Days + (Days | Subject)".  It holds the data, which may be freed
 * before it, and added to: the model keeps them as they were.  Rows with a missing value in a used column are left out, collinear
 * columns dropped.  options may be NULL. Returns new.  Errors name the argument at fault ("formula", "family", "link", "weights",
 * "trials", "offset", "contrasts", "where", "prior", "zi", "disp") and carry the span in its text: GLMM_E_SYNTAX, GLMM_E_NAME
 * (with the nearest name as hint), GLMM_E_DATA, GLMM_E_MODEL, GLMM_E_USAGE. */
struct glmm_model *glmm_model_new(const struct glmm_data *data, const char *formula, const struct glmm_model_options *options,
                                  struct glmm_error *err);
void glmm_model_free(struct glmm_model *model);

size_t glmm_model_rows(const struct glmm_model *model);                           /* used in the fit */
size_t glmm_model_dropped_rows(const struct glmm_model *model);                   /* left out for a missing value */
int glmm_model_dropped_columns(const struct glmm_model *model);                   /* collinear columns of the fixed effects */
const char *glmm_model_dropped_column(const struct glmm_model *model, int index); /* borrowed */

/* --- fits --------------------------------------------------------------------------------- */

enum glmm_method {
    GLMM_DEFAULT, /* REML for a linear mixed model, Laplace otherwise */
    GLMM_REML,    /* of a linear mixed model only */
    GLMM_ML,      /* exact for a linear mixed model, Laplace otherwise */
    GLMM_LAPLACE,
    GLMM_AGQ, /* adaptive Gauss-Hermite quadrature */
    GLMM_PQL,
    GLMM_IS /* Laplace's approximation corrected by importance sampling */
};

enum glmm_verdict {
    GLMM_CONVERGED, /* a certified optimum */
    GLMM_BOUNDARY,  /* a certified optimum at which a variance is 0 or a correlation -1 or 1 */
    GLMM_NOT_CONVERGED,
    GLMM_NOT_IDENTIFIED /* an optimum that is one of many: the data do not tell some variances apart, or explain everything by
                           infinite estimates.  What is not determined is NaN below, and so are standard errors that depend on it;
                           the message says what is determined */
};

/* Zero or NULL is the default of each. */
struct glmm_fit_options {
    size_t size; /* see glmm_read_options */
    enum glmm_method method;
    int nodes;                            /* of the quadrature, per random effect */
    double tolerance;                     /* deviance still to gain at convergence: 1e-8 */
    const struct glmm_progress *progress; /* told at every evaluation; stops the work with GLMM_E_INTERRUPT */
    const double *start;                  /* glmm_fit_theta_count() starting values of theta; NULL: the engine's own */
    int draws;                            /* of GLMM_IS: 1000 */
};

struct glmm_fit;

/* Fits the model, which must outlive the fit.  options may be NULL.  Returns new, also for a fit that did not converge: see
 * glmm_fit_verdict().  Errors: GLMM_E_MODEL with the argument "method" or "nodes" where the model has no such
 * method, and for a model that cannot be fitted; GLMM_E_USAGE, GLMM_E_VALUE; GLMM_E_INTERRUPT, GLMM_E_MEMORY. */
struct glmm_fit *glmm_fit_new(const struct glmm_model *model, const struct glmm_fit_options *options, struct glmm_error *err);
void glmm_fit_free(struct glmm_fit *fit);

enum glmm_verdict glmm_fit_verdict(const struct glmm_fit *fit);
const char *glmm_fit_message(const struct glmm_fit *fit); /* what the verdict means here, in words; may be empty */

/* The log-likelihood with all constants (REML: restricted), and what follows from it.  npar counts fixed effects, covariance
 * parameters and the dispersion. */
double glmm_fit_loglik(const struct glmm_fit *fit);
/* What a prior added to -2 loglik: 0 without.  The Monte Carlo error of loglik by GLMM_IS; 0 by other methods. */
double glmm_fit_penalty(const struct glmm_fit *fit);
double glmm_fit_loglik_error(const struct glmm_fit *fit);
int glmm_fit_npar(const struct glmm_fit *fit);
double glmm_fit_aic(const struct glmm_fit *fit);
double glmm_fit_aicc(const struct glmm_fit *fit);
double glmm_fit_bic(const struct glmm_fit *fit);

/* The residual standard deviation, in units of the response; 1 for a family without a scale. */
double glmm_fit_sigma(const struct glmm_fit *fit);
/* sigma squared, or the family's dispersion parameter. */
double glmm_fit_dispersion(const struct glmm_fit *fit);

/* Fixed effects on the scale of the linear predictor.  All arrays are the fit's. */
int glmm_fit_fixed_count(const struct glmm_fit *fit);                   /* p */
const char *glmm_fit_fixed_name(const struct glmm_fit *fit, int index); /* R's: "(Intercept)", "period2"; NULL outside 0 .. p-1 */
const double *glmm_fit_estimates(const struct glmm_fit *fit);           /* p */
const double *glmm_fit_standard_errors(const struct glmm_fit *fit);     /* p */
const double *glmm_fit_vcov(const struct glmm_fit *fit);                /* p x p, symmetric */
const double *glmm_fit_df(const struct glmm_fit *fit);                  /* p Satterthwaite degrees of freedom; NULL: normal */

/* Coefficient number `index`, from 0, beside those of the mean: `part` is "thresholds" (of ordered categories), "zi" or "disp".
 */
struct glmm_part_coefficient {
    const char *name; /* the fit's */
    double estimate, se;
};
bool glmm_fit_part(const struct glmm_fit *fit, const char *part, int index, struct glmm_part_coefficient *out);

/* The covariance parameters as the optimizer sees them: the lower triangles of the relative covariance factors, column by
 * column, terms in the order of the formula. */
int glmm_fit_theta_count(const struct glmm_fit *fit);
const double *glmm_fit_theta(const struct glmm_fit *fit);

/* One random term.  All pointers are the fit's or its model's. */
struct glmm_random {
    const char *group;        /* "Subject", "cask:batch" */
    int effects;              /* k */
    const char *const *names; /* k: "(Intercept)", "Days" */
    int levels;
    const char *const *level_names; /* levels */
    const double *sd;               /* k, on the scale of the linear predictor */
    const double *covariance;       /* k x k */
    const double *correlation;      /* k x k; NaN where a standard deviation is 0, or not determined */
    const double *modes;            /* levels x k, row by row: the conditional modes (BLUPs) */
    const double *mode_covariance;  /* levels x k x k: of the random effects given the data, parameters held fixed */
};

int glmm_fit_random_count(const struct glmm_fit *fit);
/* Fills *random with term `index`; false outside 0 .. count-1. */
bool glmm_fit_random(const struct glmm_fit *fit, int index, struct glmm_random *random);

/* For the glmm_model_rows() rows in use: conditional means (random effects included, on the scale of the response), the linear
 * predictor, and the row of the data, from 0, that each belongs to. */
const double *glmm_fit_fitted(const struct glmm_fit *fit);
const double *glmm_fit_linear_predictor(const struct glmm_fit *fit);
const size_t *glmm_fit_rows(const struct glmm_fit *fit);

/* --- the model at other parameters, and of other responses --------------------------------- */

/* -2 log-likelihood of a linear mixed model (REML: the criterion) at theta (glmm_model_theta_count() entries), coefficients and
 * sigma profiled out: the function that the fit minimizes.  NaN with GLMM_E_MODEL for another family, or where there is none. */
int glmm_model_theta_count(const struct glmm_model *model);
double glmm_model_deviance(const struct glmm_model *model, const double theta[], bool reml, struct glmm_error *err);

/* The same model fitted to other responses, glmm_model_rows() of them (a proportion for a binomial model), by the same method:
 * for bootstraps and permutations.  Starts at the estimates of `fit`.  Returns new; the model must outlive it. */
struct glmm_fit *glmm_fit_refit(const struct glmm_fit *fit, const double response[], const struct glmm_progress *progress,
                                struct glmm_error *err);

/* The fit with the standard deviations of random term `term` made `factor` times their estimates, and all else solved again: from
 * complete pooling (0) over the estimate (1) towards none.  Its standard errors of coefficients are not to be used.  Returns new;
 * the model must outlive it. */
struct glmm_fit *glmm_fit_turn(const struct glmm_fit *fit, int term, double factor, struct glmm_error *err);

/* --- what a fit says ------------------------------------------------------------------------ */

struct glmm_estimate {
    double estimate, se;
    double df;           /* of t; infinite: normal */
    double statistic, p; /* of the estimate against 0, two-sided */
    double lower, upper; /* its interval */
};

/* The combination sum_j weights[j] beta_j (p weights), with Satterthwaite's degrees of freedom for a linear mixed model. */
bool glmm_fit_contrast(const struct glmm_fit *fit, const double weights[], double level, struct glmm_estimate *out,
                       struct glmm_error *err);

enum glmm_residual { GLMM_RESPONSE, GLMM_PEARSON, GLMM_DEVIANCE };

/* residuals[0 .. glmm_model_rows()), random effects included. */
bool glmm_fit_residuals(const struct glmm_fit *fit, enum glmm_residual kind, double residuals[], struct glmm_error *err);

/* residuals[] by quantiles, standard normal where the model is right (Dunn and Smyth 1996). */
bool glmm_fit_quantile_residuals(const struct glmm_fit *fit, unsigned long long seed, double residuals[], struct glmm_error *err);

/* What exp() of a coefficient is ("odds ratio"); NULL where it means nothing. */
const char *glmm_model_ratio(const struct glmm_model *model);

struct glmm_test {
    double chisq, p;
    int df;
    bool mixture;      /* the law is a mixture of chi-squared laws: a variance of 0 lies on the edge */
    bool conservative; /* several do, and p is an upper bound */
    char adds[256];    /* what the larger model adds, in words, or why there is no test (p is NaN) */
};

/* Likelihood-ratio test of nested fits of the same data; those that differ in fixed effects are to be fitted by ML.  No test (p
 * is NaN) where the log-likelihood of one is no maximum: it has not converged.  GLMM_E_MODEL where the data differ. */
bool glmm_compare(const struct glmm_fit *small, const struct glmm_fit *large, struct glmm_test *out, struct glmm_error *err);

/* The same test by a law that is simulated; NaN where there is none. */
struct glmm_simulated {
    double p, error; /* its Monte Carlo error */
    long used;       /* draws, or fits of both models, that count */
};

/* Against `replicates` responses (0: 1000) drawn from the smaller fit, to each of which both models are fitted: the parametric
 * bootstrap.  Work that is stopped keeps what is done, from 20 replicates on. */
bool glmm_compare_boot(const struct glmm_fit *small, const struct glmm_fit *large, long replicates, unsigned long long seed,
                       const struct glmm_progress *progress, struct glmm_simulated *out, struct glmm_error *err);

/* Of one variance in a linear model without others, at the size of the data (Crainiceanu and Ruppert 2004). */
bool glmm_compare_exact(const struct glmm_fit *small, const struct glmm_fit *large, unsigned long long seed,
                        struct glmm_simulated *out, struct glmm_error *err);

/* The variance of an observation, on the scale of the linear predictor, in parts (Nakagawa, Johnson & Schielzeth 2017). */
struct glmm_icc {
    double group, groups;   /* variance of the group of random term `term`, of all groups */
    double fixed, residual; /* of the fixed part, of what is left */
    double icc;             /* correlation of two rows of one level */
    double design_effect;
};
bool glmm_fit_icc(const struct glmm_fit *fit, int term, struct glmm_icc *out, struct glmm_error *err);

/* A share of the variance of a row, averaged over the rows, on the scale of the linear predictor, with its profile interval. */
struct glmm_share {
    double share, lower, upper; /* NaN: no interval; all NaN where the data do not determine all variances */
};
/* That of random term `term` (-1: of what no term gives).  A level of 0 is 0.95. */
bool glmm_fit_share(const struct glmm_fit *fit, int term, double level, struct glmm_share *out, struct glmm_error *err);

enum glmm_ddf { GLMM_SATTERTHWAITE, GLMM_NORMAL, GLMM_KENWARD_ROGER };

/* What a test of linear hypotheses says; df and p are NaN, and `tested` false, where the data leave the hypothesis open. */
struct glmm_hypothesis {
    bool tested;
    int num_df;
    double den_df;    /* NaN: the statistic is a chi-squared */
    double statistic; /* F or chi-squared */
    double p;
};

/* Tests hypotheses about coefficients in words: "Days = 0", "period2 = period3 = 0", "period" (a term).  Degrees of freedom count
 * for linear mixed models only. */
bool glmm_fit_test(const struct glmm_fit *fit, const char *hypotheses, enum glmm_ddf ddf, struct glmm_hypothesis *out,
                   struct glmm_error *err);

/* A name with what is stated of it, as texts: "treat" with "0.5", "school" with "0.3", "0.1", "arm" with "a", "b". */
struct glmm_stated {
    const char *name;
    const char *const *values;
    size_t count;
};

/* --- means over a reference grid, slopes, their contrasts ----------------------------------- */

enum glmm_means_scale { GLMM_MEANS_LINK, GLMM_MEANS_TYPICAL, GLMM_MEANS_POPULATION }; /* linear predictor; response */
enum glmm_means_weights { GLMM_EQUAL, GLMM_PROPORTIONAL, GLMM_CELLS };

/* Zero or NULL is the default of each. */
struct glmm_means_options {
    size_t size;
    const struct glmm_stated *at; /* values of variables; all levels of a factor, the mean of a number */
    int at_count;
    enum glmm_means_weights weights; /* how levels count that are averaged over: alike, as often as they occur, or in the cell */
    enum glmm_means_scale scale;     /* of the response: in the typical group, whose effects are 0, or averaged over the groups */
    enum glmm_ddf ddf;
    double level;      /* of intervals: 0.95 */
    int within;        /* contrasts stay within the levels of so many of the first variables */
    const char *slope; /* slopes of the linear predictor along this number, in place of means: at its mean, or `at` its values */
    const struct glmm_progress *progress;
};

struct glmm_means;

/* Estimated marginal means (least-squares means) for each combination of levels of variables[], which ends with NULL: linear
 * functions of the coefficients, on the grid of all levels of the model's factors.  Slopes may be of no variable; where `at`
 * gives the number itself several values, or it is one of variables[], its values are the last of the levels.  options may be
 * NULL.  Returns new; the fit must outlive it.  Errors name "variables", "at", "slope", "scale", "weights" or
 * "within". */
struct glmm_means *glmm_means_new(const struct glmm_fit *fit, const char *const *variables,
                                  const struct glmm_means_options *options, struct glmm_error *err);
void glmm_means_free(struct glmm_means *means);
int glmm_means_count(const struct glmm_means *means);
/* Where numbers stand that are held: "age = 11, w = 2"; of slopes, those that they depend on: the number itself where it enters
 * as a curve.  "" where none is; borrowed. */
const char *glmm_means_held(const struct glmm_means *means);
/* Mean number `index`, the last variable fastest; *levels (or NULL) gets "A 175" (borrowed).  NaN where the data do not determine
 * it; there is no test of it.  False outside 0 .. count-1, or with err. */
bool glmm_means_get(const struct glmm_means *means, int index, const char **levels, struct glmm_estimate *out,
                    struct glmm_error *err);

enum glmm_contrast_method {
    GLMM_PAIRS,       /* a - b, for each a before b */
    GLMM_CONTROL,     /* a - `reference` */
    GLMM_TRENDS,      /* orthogonal polynomials over equally spaced levels */
    GLMM_CONSECUTIVE, /* b - a, for each b behind a */
    GLMM_EFFECTS,     /* a - the mean of all */
    GLMM_WEIGHTED     /* `weights` */
};
enum glmm_adjust { GLMM_UNADJUSTED, GLMM_TUKEY, GLMM_DUNNETT, GLMM_HOLM, GLMM_BONFERRONI, GLMM_SIDAK };

/* Zero or NULL is the default of each. */
struct glmm_contrasts_options {
    size_t size;
    enum glmm_contrast_method method;
    enum glmm_adjust adjust; /* of p and intervals of all contrasts together: none */
    bool interaction;        /* products of contrasts of each variable, instead of contrasts of combinations */
    bool ratios;             /* exp() of differences of logarithms or log-odds */
    const char *reference;   /* the control: the first */
    const char *weights;     /* "1 -0.5 -0.5, 0 1 -1": of the means in their order */
    double level;            /* of intervals: 0.95 */
};

struct glmm_contrasts;

/* Contrasts of means on the scale of the linear predictor, or of slopes.  options may be NULL.  Returns new.  Errors name
 * "method", "adjust", "ratios", "reference" or "weights". */
struct glmm_contrasts *glmm_contrasts_new(const struct glmm_means *means, const struct glmm_contrasts_options *options,
                                          struct glmm_error *err);
void glmm_contrasts_free(struct glmm_contrasts *contrasts);
int glmm_contrasts_count(const struct glmm_contrasts *contrasts);
/* *name (or NULL) gets "A - B" (borrowed).  NaN where the data do not determine it. */
bool glmm_contrasts_get(const struct glmm_contrasts *contrasts, int index, const char **name, struct glmm_estimate *out);

/* A range of `moderator`, within that of the data, in which the slope along `variable` differs from 0, and the sign that it has
 * there. */
struct glmm_region {
    double from, to;
    int sign;
};
enum { GLMM_REGIONS = 8 }; /* no more are found */

/* The regions of Johnson and Neyman (1936), by intervals of the options' level at each value of the moderator; other numbers
 * stand at their mean, or where `at` has them, and factors are averaged over.  Fills regions[0 .. result); 0: it differs from 0
 * nowhere.  -1 with err, which names "slope" or "moderator".  options may be NULL; `scale`, `within` and `slope` are not looked
 * at. */
int glmm_slope_regions(const struct glmm_fit *fit, const char *variable, const char *moderator,
                       const struct glmm_means_options *options, struct glmm_region regions[GLMM_REGIONS],
                       struct glmm_error *err);

enum glmm_side { GLMM_EQUIVALENT, GLMM_NONINFERIOR, GLMM_NONSUPERIOR };

struct glmm_equivalence {
    double p;                /* of the side that was asked for; of equivalence the larger of the two */
    double statistic;        /* the t (z) whose p that is */
    double lower_p, upper_p; /* that the estimate is not below value - margin, not above value + margin; one-sided */
    double lower, upper;     /* the interval that goes with the test: of coverage 1 - 2 (1 - level) */
};

/* Whether an estimate differs from `value` by less than `margin`: two one-sided tests (Schuirmann 1987); non-inferiority. */
bool glmm_equivalence(const struct glmm_estimate *estimate, double value, double margin, enum glmm_side side, double level,
                      struct glmm_equivalence *out, struct glmm_error *err);

/* --- multiply imputed data ------------------------------------------------------------------- */

/* The data are completed data sets below each other; `variable` numbers them from 1, and rows of 0, the data before that, are
 * left out.  False with err: no such variable, values that are no whole numbers, data that models hold. */
bool glmm_data_impute(struct glmm_data *data, const char *variable, struct glmm_error *err);

/* A fit for each imputation, pooled by Rubin's rules. */
struct glmm_pool;

/* Degrees of freedom of complete data are `ddf`'s.  Returns new; the model must outlive it. */
struct glmm_pool *glmm_pool_new(const struct glmm_model *model, const struct glmm_fit_options *options, enum glmm_ddf ddf,
                                struct glmm_error *err);
void glmm_pool_free(struct glmm_pool *pool);
/* How many imputations there are; *fitted (or NULL) gets how many converged, of which the rest is pooled. */
int glmm_pool_imputations(const struct glmm_pool *pool, int *fitted);

struct glmm_pooled {
    double estimate, se, df, statistic, p, lower, upper; /* df: Barnard and Rubin's; infinite: normal */
    double within, between;                              /* variance within imputations and between them */
    double riv, lambda, fmi; /* relative increase in variance, share of the total, fraction of missing information */
};

/* Coefficient `index` of glmm_pool_count(); all NaN where some imputation does not determine it.  False outside, or with err. */
int glmm_pool_count(const struct glmm_pool *pool);
bool glmm_pool_get(const struct glmm_pool *pool, int index, double level, const char **term, struct glmm_pooled *out,
                   struct glmm_error *err);

/* glmm_fit_test by D1 (Li, Raghunathan and Rubin 1991). */
bool glmm_pool_test(const struct glmm_pool *pool, const char *hypotheses, struct glmm_hypothesis *out, struct glmm_error *err);

/* glmm_means_new of imputed data, slopes too, and what glmm_contrasts_new makes of them: estimates and errors on the scale of the
 * link pooled by Rubin's rules, intervals by Barnard and Rubin's degrees of freedom.  Means over the population, and those of an
 * ordered response, are no linear functions of the coefficients: GLMM_E_MODEL, which names "scale".  The pool must outlive it. */
struct glmm_means *glmm_pool_means(const struct glmm_pool *pool, const char *const *variables,
                                   const struct glmm_means_options *options, struct glmm_error *err);

/* Likelihood-ratio test of nested models of the same imputed data by D4 (Chan and Meng 2022); of REML fits those by ML.  `tested`
 * is false where one does not hold the other. */
bool glmm_pool_compare(const struct glmm_pool *small, const struct glmm_pool *large, struct glmm_hypothesis *out,
                       struct glmm_error *err);

struct glmm_anova;

/* Tests of the terms of the fixed part, of type 1, 2 or 3.  Returns new. */
struct glmm_anova *glmm_anova_new(const struct glmm_fit *fit, int type, enum glmm_ddf ddf, const struct glmm_progress *progress,
                                  struct glmm_error *err);
void glmm_anova_free(struct glmm_anova *anova);
int glmm_anova_count(const struct glmm_anova *anova);
/* The test of a term; *term is borrowed. */
bool glmm_anova_get(const struct glmm_anova *anova, int index, const char **term, struct glmm_hypothesis *out);

/* Explained variance (Nakagawa, Johnson & Schielzeth 2017) by the fixed effects, and by the groups as well; `index` counts the
 * conventions that the family has for what is left, from 0, *name says which (borrowed, static). */
bool glmm_fit_r2(const struct glmm_fit *fit, int index, const char **name, double *marginal, double *conditional,
                 struct glmm_error *err);

enum glmm_groups { GLMM_CONDITIONAL, GLMM_TYPICAL, GLMM_POPULATION };

struct glmm_predict_options {
    size_t size;
    bool link_scale;         /* else the scale of the response */
    enum glmm_groups groups; /* with the modes of the row's own groups; with effects of 0; the mean over the groups */
    bool new_levels;         /* levels that the model has not seen count as typical; else they are an error */
    double level;            /* of the intervals; 0: 0.95 */
    const struct glmm_progress *progress;
};

struct glmm_prediction;

/* What the fit says of the rows of another table, or (data NULL) of its own.  options may be NULL.  Returns new. */
struct glmm_prediction *glmm_predict(const struct glmm_fit *fit, const struct glmm_data *data,
                                     const struct glmm_predict_options *options, struct glmm_error *err);
void glmm_prediction_free(struct glmm_prediction *prediction);

struct glmm_predicted {
    size_t count;
    const size_t *rows;                          /* of the data, from 0; those with a missing value are left out */
    const double *estimate, *se, *lower, *upper; /* of the mean of the row; NaN where the data do not determine it */
};
bool glmm_prediction_get(const struct glmm_prediction *prediction, struct glmm_predicted *out); /* borrowed */

struct glmm_margins_options {
    size_t size;
    const char *const *values; /* texts of numbers or levels, ends with NULL; NULL: all levels, or the quartiles */
    double level;              /* 0: 0.95 */
    bool pairs;                /* contrasts of all pairs; else with the first value */
    const struct glmm_progress *progress;
};

struct glmm_margins;

/* Standardized means: each row with each value of one variable, averaged over the rows.  options may be NULL.  Returns new. */
struct glmm_margins *glmm_margins_new(const struct glmm_fit *fit, const char *variable,
                                      const struct glmm_margins_options *options, struct glmm_error *err);
void glmm_margins_free(struct glmm_margins *margins);

struct glmm_margin {
    const char *value;                 /* a level, or NULL: a number, */
    double number;                     /* this one */
    double estimate, se, lower, upper; /* of the population's mean */
    double typical;                    /* the mean of groups whose random effects are 0 */
};
int glmm_margins_count(const struct glmm_margins *margins);
bool glmm_margins_get(const struct glmm_margins *margins, int index, struct glmm_margin *out); /* borrowed */

/* The same of imputed data: each imputation by its own fit, pooled by Rubin's rules, intervals by Barnard and Rubin's degrees of
 * freedom.  Predictions are for the rows of `data`, with groups GLMM_TYPICAL or GLMM_POPULATION (else GLMM_E_MODEL where there
 * are random effects: their modes belong to one imputation); without values= the values of margins are those of the first
 * imputation. */
struct glmm_prediction *glmm_pool_predict(const struct glmm_pool *pool, const struct glmm_data *data,
                                          const struct glmm_predict_options *options, struct glmm_error *err);
struct glmm_margins *glmm_pool_margins(const struct glmm_pool *pool, const char *variable,
                                       const struct glmm_margins_options *options, struct glmm_error *err);

/* The partial effect of a term of the fixed part ("Days", "Days:Sex", or a variable): the linear predictor of a typical group
 * over the values of the term's variable, other numbers at their mean and factors at their reference level, with intervals of
 * `level` (0: 0.95). Of an interaction there is a line for each level of its factor. */
struct glmm_partial;

/* All arrays are the partial's: `count` points, x their values (1, 2, ... of levels, which have names; NULL of a number). NaN
 * where the data do not determine the effect. */
struct glmm_partial_line {
    const char *level; /* of the factor that the variable meets; NULL: there is one line */
    size_t count;
    const double *x;
    const char *const *levels;
    const double *estimate, *lower, *upper;
};

/* Partial residuals on the scale of the link (Larsen & McCleary 1972): of `count` rows the value of x, the residual, and the line
 * that it belongs to; none of an ordered response. */
struct glmm_partial_rows {
    size_t count;
    const double *x, *residual;
    const int *line;
};

/* Returns new; the fit must outlive it.  Errors name "term". */
struct glmm_partial *glmm_partial_new(const struct glmm_fit *fit, const char *term, double level,
                                      const struct glmm_progress *progress, struct glmm_error *err);
void glmm_partial_free(struct glmm_partial *partial);
int glmm_partial_lines(const struct glmm_partial *partial);
bool glmm_partial_line(const struct glmm_partial *partial, int index, struct glmm_partial_line *out);
bool glmm_partial_rows(const struct glmm_partial *partial, struct glmm_partial_rows *out);

struct glmm_attenuation;

/* Conditional coefficients beside those of the population's mean.  Returns new; GLMM_E_MODEL without random effects. */
struct glmm_attenuation *glmm_attenuation_new(const struct glmm_fit *fit, const struct glmm_progress *progress,
                                              struct glmm_error *err);
void glmm_attenuation_free(struct glmm_attenuation *attenuation);

struct glmm_attenuated {
    const char *name;
    double conditional, se, marginal, marginal_se; /* NaN where it does not exist */
    double naive, naive_se;                        /* of the model without its random terms; NaN where it has none */
};
bool glmm_attenuation_get(const struct glmm_attenuation *attenuation, int index, struct glmm_attenuated *out);

/* --- population-averaged models: estimating equations ------------------------------------------------------------------ */

struct glmm_gee;
enum glmm_correlation { GLMM_INDEPENDENCE, GLMM_EXCHANGEABLE, GLMM_AR1, GLMM_UNSTRUCTURED };

/* Of a model without random effects; the rows with one value of the variable `id` are a cluster, `wave` (NULL: they stand in
 * order) says when a row was seen.  Returns new; the model must outlive it.  Errors name "id", "wave" or "corr"; GLMM_E_MODEL
 * where the equations have no finite solution. */
struct glmm_gee *glmm_gee_new(const struct glmm_model *model, const char *id, const char *wave, enum glmm_correlation corr,
                              const struct glmm_progress *progress, struct glmm_error *err);
void glmm_gee_free(struct glmm_gee *gee);

struct glmm_gee_coefficient {
    const char *name; /* borrowed */
    double estimate;
    double sandwich, mancl, kauermann, naive; /* standard errors; NaN where there is none */
};
bool glmm_gee_get(const struct glmm_gee *gee, int index, struct glmm_gee_coefficient *out);

struct glmm_gee_facts {
    int clusters, correlations;
    double dispersion, qic; /* NaN for a family without quasi-likelihood */
};
bool glmm_gee_facts(const struct glmm_gee *gee, struct glmm_gee_facts *out);
/* Correlation number `index`: one, or those of all pairs of waves; NaN for a pair that no cluster has. */
double glmm_gee_correlation(const struct glmm_gee *gee, int index);

/* --- studies of two arms, markers of relatives ------------------------------------------------------------------------- */

struct glmm_meta;
enum glmm_meta_model { GLMM_UM_FS, GLMM_UM_RS, GLMM_CM_EL, GLMM_CM_AL }; /* those of metafor's rma.glmm */

/* Zero or NULL is the default of each. */
struct glmm_meta_options {
    size_t size;
    enum glmm_meta_model model;
    bool rates;             /* n is time: rate ratios; odds ratios */
    const char *arm;        /* a row is an arm: the variable that tells which, its first level the control; needs `study` */
    const char *study;      /* the variable that names the studies; by their row */
    const char *moderators; /* "year + x": of the effect; none */
    double level;           /* of intervals: 0.95 */
    const struct glmm_progress *progress;
};

/* One-stage meta-analysis: events among n, each pair of variables treated arm first, then control; {events} and {n} alone with
 * `arm`.  Zero events are used as they are.  Returns new; errors name "events", "study", "arm" or "mods". */
struct glmm_meta *glmm_meta_new(const struct glmm_data *data, const char *const events[2], const char *const n[2],
                                const struct glmm_meta_options *options, struct glmm_error *err);
void glmm_meta_free(struct glmm_meta *meta);

/* The effect of treatment, a log ratio, and its slopes on moderators.  Infinite where all events are of one arm. */
struct glmm_meta_effect {
    const char *name; /* borrowed */
    double estimate, se;
};
bool glmm_meta_effect(const struct glmm_meta *meta, int index, struct glmm_meta_effect *out);

struct glmm_meta_study {
    const char *name;                          /* borrowed */
    double effect, lower, upper;               /* its own; infinite where an arm has no events, NaN where both */
    double shrunk, shrunk_lower, shrunk_upper; /* in the model; NaN where it has none */
};
bool glmm_meta_study(const struct glmm_meta *meta, int index, struct glmm_meta_study *out);

struct glmm_meta_facts {
    int studies, effects;
    double tau, i2, loglik;
    double lrt, p_lrt;                       /* of tau = 0 */
    double predicted_lower, predicted_upper; /* of the effect in a new study; NaN with moderators or fewer than 3 studies */
};
bool glmm_meta_facts(const struct glmm_meta *meta, struct glmm_meta_facts *out);

struct glmm_scan;

struct glmm_scan_options {
    size_t size;
    bool ml;                        /* likelihood ratios by maximum likelihood; t by restricted maximum likelihood */
    bool loco;                      /* relations of the markers on the other chromosomes */
    const struct glmm_data *matrix; /* how the individuals are related, a square table with names; by all the file's markers */
    const struct glmm_data *map;    /* chromosomes and positions of the markers; those of a .bed stand beside it */
    const struct glmm_progress *progress;
};

/* Each marker of a file (counts of an allele in a table, or PLINK's .bed) alone beside the fixed effects of `formula`, "height ~
 * sex", in a linear mixed model of related individuals, whom the variable `id` names; variances are estimated anew with each.
 * Returns new; errors name "formula", "id", "path", "matrix" or "map". */
struct glmm_scan *glmm_scan_new(const struct glmm_data *data, const char *formula, const char *id, const char *path,
                                const struct glmm_scan_options *options, struct glmm_error *err);
void glmm_scan_free(struct glmm_scan *scan);

/* Marker number `index` of the file; numbers are NaN where it was not tested: without variation, or a combination of the fixed
 * effects. */
struct glmm_scan_marker {
    const char *name, *chromosome; /* borrowed; NULL where nothing says */
    double position, frequency;
    double estimate, se, statistic, p;
    double plain_p; /* as if nobody were related */
};
bool glmm_scan_marker(const struct glmm_scan *scan, size_t index, struct glmm_scan_marker *out);

struct glmm_scan_facts {
    size_t rows, individuals, markers, tested;
    int df;
    double inflation, plain_inflation; /* lambda GC */
};
bool glmm_scan_facts(const struct glmm_scan *scan, struct glmm_scan_facts *out);

struct glmm_shrinkage;

/* The coefficients of a group's levels: from their own rows, pooled, and without groups.  group and term NULL: the first.
 * Returns new. */
struct glmm_shrinkage *glmm_shrinkage_new(const struct glmm_fit *fit, const char *group, const char *term,
                                          const struct glmm_progress *progress, struct glmm_error *err);
void glmm_shrinkage_free(struct glmm_shrinkage *shrinkage);

struct glmm_shrunk {
    const char *level;
    double rows, raw, pooled, se;
    double kept;               /* pooled - complete = kept (raw - complete); NaN for a term of several effects */
    int rank_raw, rank_pooled; /* from 1, increasing */
};
/* The fixed part; 0 where it is infinite or not determined: then raw and pooled are differences from it. */
double glmm_shrinkage_complete(const struct glmm_shrinkage *shrinkage);
int glmm_shrinkage_count(const struct glmm_shrinkage *shrinkage);
bool glmm_shrinkage_get(const struct glmm_shrinkage *shrinkage, int index, struct glmm_shrunk *out);

/* lower[], upper[] (a level each): the central `confidence` of each level's rank, by draws that the seed determines. */
bool glmm_shrinkage_ranks(const struct glmm_shrinkage *shrinkage, double confidence, unsigned long long seed, int lower[],
                          int upper[], struct glmm_error *err);

/* modes[k] and covariance[k x k] of a level's effects if it had `rows` rows like its own. */
bool glmm_fit_with_rows(const struct glmm_fit *fit, int term, int level, double rows, double modes[], double covariance[],
                        struct glmm_error *err);

struct glmm_confint;
struct glmm_diagnosis;

struct glmm_ladder {
    int rungs; /* fits with more and more nodes, from 1 (Laplace) */
    int nodes[6];
    double loglik[6];
    int enough;   /* nodes from which no estimate moves any more */
    double worst; /* how far Laplace's worst estimate is from the last, in standard errors */
    bool settled; /* the estimates stand still at the last rung */
};

/* How good Laplace's approximation is for the model.  GLMM_E_MODEL for a linear one, or crossed groups. */
bool glmm_ladder(const struct glmm_model *model, const struct glmm_progress *progress, struct glmm_ladder *out,
                 struct glmm_error *err);

/* --- what draws from a fit, or follows its criterion --------------------------------------- */

enum glmm_confint_method { GLMM_PROFILE, GLMM_WALD, GLMM_BOOT };

struct glmm_confint_options {
    size_t size;
    enum glmm_confint_method method;
    double level;            /* 0: 0.95 */
    long replicates;         /* of GLMM_BOOT; 0: 1000 */
    unsigned long long seed; /* the same seed gives the same numbers */
    const struct glmm_progress *progress;
};

/* An interval: `kind` is "fixed", "sd", "corr", "sigma", "dispersion" or "shape"; texts are the fit's, NULL where they do not
 * apply. The ends are NaN where there is no interval, infinite where it has no end. */
struct glmm_interval {
    const char *kind, *group, *term, *term2;
    double estimate, lower, upper;
};

/* Intervals of all parameters.  Returns new. */
struct glmm_confint *glmm_confint_new(const struct glmm_fit *fit, const struct glmm_confint_options *options,
                                      struct glmm_error *err);
void glmm_confint_free(struct glmm_confint *confint);
int glmm_confint_count(const struct glmm_confint *confint);
bool glmm_confint_get(const struct glmm_confint *confint, int index, struct glmm_interval *out);

/* A response drawn from the fit (glmm_model_rows() of them; proportions of a binomial one): draw number `draw` of the seed, the
 * same whatever else is drawn. */
bool glmm_fit_simulate(const struct glmm_fit *fit, unsigned long long seed, unsigned long long draw, double response[],
                       struct glmm_error *err);

/* A check of a fit: `kind` "fit", "dispersion", "zeros", "uniformity", "outliers", "modes", "influence", "collinearity",
 * "separation" or "missing"; `verdict` "ok", "look" or "bad"; numbers are NaN where there are none. */
struct glmm_check {
    const char *kind, *verdict, *group, *term, *level;
    double statistic, expected, p;
};

/* Holds a fit against `draws` responses drawn from it (0: 250).  Returns new. */
struct glmm_diagnosis *glmm_diagnosis_new(const struct glmm_fit *fit, int draws, unsigned long long seed,
                                          const struct glmm_progress *progress, struct glmm_error *err);
void glmm_diagnosis_free(struct glmm_diagnosis *diagnosis);
int glmm_diagnosis_count(const struct glmm_diagnosis *diagnosis);
bool glmm_diagnosis_get(const struct glmm_diagnosis *diagnosis, int index, struct glmm_check *out);

/* What the fixed effects are without the rows of one level.  A move is (estimate - estimate without it) / standard error, the
 * largest of all coefficients in absolute value, and `term` the coefficient of `move` (of `step_move` where that is NaN); `cook`
 * is Cook's distance, (b - b without)' V^-1 (b - b without) / p.  Both by a fit without the level (NaN where there is none) and
 * by one step (infer/influence.h says which; NaN for structured residuals). */
struct glmm_moved {
    const char *level, *term; /* the fit's; term NULL: none moves */
    double rows;
    bool refitted;
    double cook, step_cook, move, step_move;
};

struct glmm_influence;

/* Of the levels of a grouping factor (NULL: the first), the farthest first; `refits` of them are fitted without (negative: as
 * many as take little).  Returns new; the fit must outlive it.  Errors name "group"; GLMM_E_MODEL where estimates have no errors
 * to measure by. */
struct glmm_influence *glmm_influence_new(const struct glmm_fit *fit, const char *group, long refits,
                                          const struct glmm_progress *progress, struct glmm_error *err);
void glmm_influence_free(struct glmm_influence *influence);
int glmm_influence_count(const struct glmm_influence *influence);
bool glmm_influence_get(const struct glmm_influence *influence, int index, struct glmm_moved *out);

/* The model fitted in another way: `kind` "optimizer", "start", "method", "link", "family" or "group"; `what` names it (of a
 * group the level that is left out); `verdict` "same", "moves", "far", "stops above", "lower", "not converged", "not identified",
 * "infinite", "no fit" or "not reached".  `move`: the largest of an estimate, in its standard errors; NaN where there is none. */
struct glmm_variant {
    const char *kind, *what, *group, *verdict;
    double loglik, move;
};

struct glmm_sensitivity;

/* What the estimates hang on beside the data; `levels` are left out of each group in turn (0: 5).  Returns new. */
struct glmm_sensitivity *glmm_sensitivity_new(const struct glmm_fit *fit, int levels, const struct glmm_progress *progress,
                                              struct glmm_error *err);
void glmm_sensitivity_free(struct glmm_sensitivity *sensitivity);
int glmm_sensitivity_count(const struct glmm_sensitivity *sensitivity);
bool glmm_sensitivity_get(const struct glmm_sensitivity *sensitivity, int index, struct glmm_variant *out);

struct glmm_power_options {
    size_t size;
    int coefficient;
    double effect;    /* its true value */
    double alpha;     /* 0: 0.05 */
    int term;         /* of whose group there are other numbers of levels, or of rows in each */
    int levels, rows; /* 0: as there are */
    long replicates;  /* 0: 1000 */
    unsigned long long seed;
    const struct glmm_progress *progress;
};

struct glmm_power {
    double power, lower, upper; /* with an exact 95 % interval */
    long used;                  /* fits that count */
};

/* How often the test of a coefficient finds it, by simulation. */
bool glmm_power(const struct glmm_fit *fit, const struct glmm_power_options *options, struct glmm_power *out,
                struct glmm_error *err);

/* A study of which there are no data.  Predictors are 0 and 1 in turn within each group, or have the values of `at`; those of
 * `between` are the same for all rows of a group.  Coefficients that are not named are 0. */
struct glmm_study_options {
    size_t size;
    const char *family, *link, *offset, *weights, *trials; /* as of a model; trials is a number */
    const struct glmm_stated *beta, *sd, *corr, *at;       /* coefficients; of groups' effects; of predictors, or of a group */
    int beta_count, sd_count, corr_count, at_count;
    const char *const *between;
    int between_count;
    double sigma, dispersion; /* 0: 1; of families that have a dispersion it must be stated */
    int groups, rows;         /* levels of the group, rows in each (all, where there is no group) */
    const char *of;           /* the coefficient that is tested; NULL: the last of beta */
    double alpha;             /* 0: 0.05 */
    long replicates;          /* 0: 1000 */
    unsigned long long seed;
    const struct glmm_progress *progress;
};

/* The power of a study that is stated by a formula and its parameters.  Errors name the argument at fault: "formula", "beta",
 * "sd", "corr", "at", "between", "dispersion", "of", "groups", "rows". */
bool glmm_power_stated(const char *formula, const struct glmm_study_options *options, struct glmm_power *out,
                       struct glmm_error *err);

#ifdef __cplusplus
}
#endif

#endif
