/* comparison.h -- fitted models made comparable, and each tested against the next smaller one that is a special case of it. */
#ifndef INFER_COMPARISON_H
#define INFER_COMPARISON_H

#include "infer/compare.h"
#include "infer/exact.h"
#include "infer/lrt-boot.h"
#include "model/model.h"

/* The models compared, by their number of parameters; `fit` is the model's own or one made here. */
struct entrant {
    const struct model *model;
    const struct fit *fit;
    struct fit *refit;
    int order;     /* as named */
    int against;   /* the smaller model that it is tested against, an index; of the first: 0 */
    bool improved; /* fitted again from a smaller model's estimates, and better */
};

enum compared_by {
    COMPARED_AS_FITTED,
    COMPARED_BY_ML,     /* REML fits were made again by ML */
    COMPARED_BY_BETTER, /* approximations were made again by the best of them */
    COMPARED_NOT        /* they differ, and the best cannot be had for all: no test between them */
};

struct comparison {
    struct entrant *entrant;
    int count;
    struct lrt *test; /* count - 1: of the i-th the larger model is entrant[i + 1] */
    /* count - 1 each, after comparison_simulate: the law at the size of the data, and that by refits. */
    struct exact_null *exact;
    struct lrt_boot *boot; /* NULL: not asked for */
    enum compared_by by;
};

/* False, with *err at `at`, where a difference in the data (kind of response, rows, values, weights) makes a comparison of the
 * two models' likelihoods meaningless; told with both names. */
bool models_compare(const struct model *a, const struct model *b, struct glmm_span at, struct glmm_error *err);

/* Why the criteria of two fits of the same data do not compare as they stand: the first that holds. */
enum criteria {
    CRITERIA_COMPARE,
    CRITERIA_FIXED,       /* REML, with different fixed effects */
    CRITERIA_REML,        /* REML beside a likelihood */
    CRITERIA_APPROXIMATED /* the integral by different methods, or nodes */
};
enum criteria criteria_of(const struct fit *a, const struct fit *b);

/* How good the approximation of the integral over random effects is, those of zi= and disp= included: PQL, Laplace, more and more
 * nodes; 0 where there is none, the likelihood being exact. */
int approximation_rank(const struct fit *fit);

/* Fits a model again: model_fit with the caller's progress. */
struct refit {
    struct fit *(*run)(void *context, const struct model *model, const struct fit_options *options, struct glmm_error *err);
    void *context;
};

/* By their number of parameters, and as they were given; those whose log-likelihood is no maximum come last. */
void comparison_sort(struct comparison *c);

/* Makes the fits comparable (see comparison.c), sorts them by their number of parameters, and
 * tests each against the largest of those before it that is a special case of it; where none is, against the one before it, and
 * says why not. */
bool comparison_run(struct comparison *c, const struct refit *refit, struct glmm_error *err);

/* Simulates the law of each test under its smaller model: where it is known at the size of the data (exact.h), and, for `boot` >
 * 0, by so many refits of both models. */
bool comparison_simulate(struct comparison *c, long boot, uint64_t seed, const struct glmm_progress *progress,
                         struct glmm_error *err);

/* The smaller model of the i-th test. */
const struct entrant *comparison_smaller(const struct comparison *c, int i);

/* Tests one model in another, both by their places, and keeps the test as that of the larger one; *nested: it is a special case.
 * False with an error where memory is out or the work was stopped. */
typedef bool comparison_nests(void *context, int small, int large, bool *nested, struct glmm_error *err);

/* Sets entrants[large].against: of the models before it, smaller first, the last that `test` finds to be a special case of it;
 * where none is, the one right before it, whose test is then the one that is kept.  False as the test. */
bool comparison_against(struct entrant entrants[], int large, comparison_nests *test, void *context, struct glmm_error *err);

/* How many of the models have a log-likelihood that is a maximum's: they alone are ranked and tested. */
int comparison_ranked(const struct comparison *c);

/* AIC less the lowest, and the Akaike weight of each model: exp(-delta/2) as a share of those that are ranked; NaN for the
 * others, and for all where fewer than two are. */
void comparison_weights(const struct comparison *c, double delta[], double weight[]);

void comparison_clear(struct comparison *c);

#endif
