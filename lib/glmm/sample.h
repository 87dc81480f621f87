/* glmm/sample.h -- what draws from a fit, or follows its criterion.  Part of <glmm.h>. */
#ifndef GLMM_SAMPLE_H
#define GLMM_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/infer.h"

#ifdef __cplusplus
extern "C" {
#endif

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

enum glmm_confint_method { GLMM_PROFILE, GLMM_WALD, GLMM_BOOT };

struct glmm_confint_options {
    size_t size;
    enum glmm_confint_method method;
    double level;            /* 0: 0.95 */
    long replicates;         /* of GLMM_BOOT; 0: 1000 */
    unsigned long long seed; /* the same seed gives the same numbers */
    const struct glmm_progress *progress;
};

/* An interval: `kind` is "fixed", "sd", "corr", "sigma", "dispersion" or "shape", or "sum": the standard deviation of a sum of
 * variances that is determined where they are not, "school + teacher".  Texts are the fit's, NULL where they do not apply.  The
 * ends are NaN where there is no interval, infinite where it has no end. */
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
 * same whatever else is drawn.  Refused where the law of the responses hangs on a variance that the data do not determine. */
bool glmm_fit_simulate(const struct glmm_fit *fit, unsigned long long seed, unsigned long long draw, double response[],
                       struct glmm_error *err);

/* A check of a fit: `kind` "fit", "dispersion", "dispersion-unconditional", "zeros-conditional", "zeros", "uniformity", "spread",
 * "outliers", "mean-along", "spread-along" (`group`: the variable), "order" (`term`: the variable), "group-spread", "modes",
 * "influence", "leverage" (`level`: the row of the data), "collinearity", "separation" or "missing"; `verdict` "ok", "look" or
 * "bad"; numbers are NaN where there are none. */
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
