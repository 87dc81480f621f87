/* coverage.c -- intervals cover as often as they say, and tests hold their level: `coverage [SIMULATIONS]`, 10,000 in
 * `make check-slow`, from a fixed seed.
 *
 * 12 groups of unequal size, a random intercept, a treatment of whole groups: where z does not know how few groups there are,
 * Satterthwaite's and Kenward and Roger's t must.  The profile of the standard deviations, by REML.  The mixture of chi-squared
 * laws where the variance is 0.  Means standardized over a covariate that is drawn anew with the groups: errors that hold it
 * cover the mean over these rows, those that take it for a sample cover the mean over all that could be drawn.  The same of
 * binomial and Poisson models by Laplace's approximation, whose intervals are those of large samples: of the slope within groups
 * nothing depends on their number, of the standard deviation that of 12 does, since maximum likelihood takes it for too small.
 * That is also why margins of Poisson counts in 60 groups cover 93.7 %: the mean over the groups is exp(b0 + sd^2/2) times an
 * average, the interval of that closed form is the same and covers 0.9365 of 40,000 (its SD 0.0910, its mean error 0.0879; too
 * low twice as often as too high), with 240 groups 0.9486 of 20,000. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "infer/ci.h"
#include "infer/linear.h"
#include "infer/margins.h"
#include "infer/profile.h"
#include "infer/ungrouped.h"
#include "model/family-parts.h"
#include "make-design.h"

enum { SEED = 12, GROUPS = 12, ROWS = 72, COVARIATE_GROUPS = 60, COVARIATE_ROWS = 240 };

struct count {
    long covered, of;
};

static int failed;

static void add(struct count *count, double lower, double truth, double upper)
{
    if (isnan(lower) || isnan(upper))
        return;
    count->of++;
    count->covered += lower <= truth && truth <= upper;
}

/* The share must lie within the bounds; three Monte Carlo errors of a small run are allowed beyond. */
static void judge(const char *what, const struct count *count, double low, double high)
{
    double share = (double)count->covered / (double)count->of, room = 3 * sqrt(0.05 * 0.95 / (double)count->of);
    bool few = count->of < 5000, ok;

    ok = share >= low - (few ? room : 0) && share <= high + (few ? room : 0);
    printf("%-58s %6.4f of %ld  [%.3f, %.3f]%s\n", what, share, count->of, low, high, ok ? "" : "  FAIL");
    failed += !ok;
}

static void draw(struct design *d, double sd, const double beta[2], struct rng *rng)
{
    double b[COVARIATE_GROUPS];

    for (int l = 0; l < d->random[0].level_count; l++)
        b[l] = sd * rng_normal(rng);
    for (size_t i = 0; i < d->n; i++) {
        d->y[i] = b[d->random[0].level[i]] + rng_normal(rng);
        for (int j = 0; j < 2; j++)
            d->y[i] += beta[j] * d->X[i + (size_t)j * d->n];
    }
}

/* The treatment is of whole groups: every other one. */
static void treat(struct design *d)
{
    for (size_t i = 0; i < d->n; i++)
        d->X[i + d->n] = d->random[0].level[i] % 2;
}

static void wald(const struct fit *fit, enum linear_ddf ddf, double truth, struct count *count)
{
    const double row[] = { 0, 1 };
    const struct stated_rows rows = { .n = 1, .X = row };
    struct linear linear;
    struct linear_estimate e;
    struct wald w;

    if (linear_init(&linear, fit, ddf, NULL, NULL) && linear_estimate(&linear, &rows, 0, &e, NULL)) {
        wald_test(e.estimate, e.se, e.df, 0.95, &w);
        add(count, w.lower, truth, w.upper);
    }
    linear_clear(&linear);
}

static void profiles(const struct fit *fit, const double truth[2], struct count count[2])
{
    struct arena *arena = arena_new();
    struct profile *profile = profile_new(fit, NULL, NULL);
    int n = 0;
    const struct parameter *list = parameters_of(fit, arena, &n);

    for (int i = 0; i < n; i++) {
        struct interval interval;
        int which = list[i].kind == PARAMETER_SD ? 0 : list[i].kind == PARAMETER_SIGMA ? 1 : -1;

        if (which >= 0 && profile_interval(profile, &list[i], 0.95, &interval, NULL))
            add(&count[which], interval.lower, truth[which], interval.upper);
    }
    profile_free(profile);
    arena_free(arena);
}

static void few_groups(long simulations)
{
    const struct shape_term term = { 1, GROUPS, false, 0 };
    const double beta[] = { 10, 0.5 }, truth[] = { 1, 1 };
    struct design *d = make_design(ROWS, 2, 1, &term, false, SEED);
    struct count naive = { 0 }, satterthwaite = { 0 }, kenward = { 0 }, profile[2] = { { 0 } };

    treat(d);
    for (long s = 0; s < simulations; s++) {
        struct fit *fit;
        struct rng rng;

        rng_init(&rng, SEED, (uint64_t)s + 1);
        draw(d, 1, beta, &rng);
        if ((fit = lmm_fit(d, NULL, NULL, NULL)) == NULL)
            continue;
        wald(fit, LINEAR_NORMAL, beta[1], &naive);
        wald(fit, LINEAR_SATTERTHWAITE, beta[1], &satterthwaite);
        wald(fit, LINEAR_KENWARD_ROGER, beta[1], &kenward);
        profiles(fit, truth, profile);
        fit_free(fit);
    }
    judge("12 groups, treatment of groups: z (too short)", &naive, 0.86, 0.935);
    judge("Satterthwaite", &satterthwaite, 0.94, 0.96);
    judge("Kenward-Roger", &kenward, 0.94, 0.96);
    judge("profile of the SD of groups (REML)", &profile[0], 0.94, 0.96);
    judge("profile of the residual SD (REML)", &profile[1], 0.94, 0.96);
    free_design(d);
}

/* No variance between groups: the test against no random effects. */
static void level(long simulations)
{
    const struct shape_term term = { 1, 30, false, 0 };
    const double beta[] = { 10, 0.5 };
    struct design *d = make_design(150, 2, 1, &term, false, SEED);
    struct count kept = { 0 };

    for (long s = 0; s < simulations; s++) {
        struct fit *fit;
        struct lrt test;
        struct rng rng;

        rng_init(&rng, SEED + 1, (uint64_t)s + 1);
        draw(d, 0, beta, &rng);
        if ((fit = lmm_fit(d, NULL, NULL, NULL)) != NULL && ungrouped_test(fit, NULL, &test, NULL)
            && test.reference == LRT_MIXTURE)
            add(&kept, 0.05, test.p, 1);
        fit_free(fit);
    }
    judge("variance 0: the mixture keeps it at level 0.05", &kept, 0.94, 0.965);
    free_design(d);
}

/* A covariate of whole groups, N(0, 1), drawn anew each time. */
static double draw_covariate(struct design *d, struct rng *rng)
{
    double x[COVARIATE_GROUPS], sum = 0;

    for (int l = 0; l < COVARIATE_GROUPS; l++)
        x[l] = rng_normal(rng);
    for (size_t i = 0; i < d->n; i++) {
        d->X[i + d->n] = x[d->random[0].level[i]];
        sum += d->X[i + d->n];
    }
    return sum / (double)d->n;
}

static void margins(long simulations)
{
    const struct shape_term term = { 1, COVARIATE_GROUPS, false, 0 };
    const double beta[] = { 2, 1 };
    struct design *d = make_design(COVARIATE_ROWS, 2, 1, &term, false, SEED);
    struct count held = { 0 }, held_of_all = { 0 }, sampled = { 0 };

    for (long s = 0; s < simulations; s++) {
        const double *z[1];
        struct fit *fit;
        struct rng rng;
        double mean;

        rng_init(&rng, SEED + 2, (uint64_t)s + 1);
        mean = draw_covariate(d, &rng);
        draw(d, 0.7, beta, &rng);
        if ((fit = lmm_fit(d, NULL, NULL, NULL)) == NULL)
            continue;
        for (int kind = 0; kind < 2; kind++) {
            struct marginal_rows rows = rows_of_design(d, z);
            struct margins_options how = { .level = 0.95 };
            struct margins *m;

            if (kind == 1) {
                how.cluster = d->random[0].level;
                how.clusters = COVARIATE_GROUPS;
            }
            if ((m = margins_new(fit, &rows, 1, &how, NULL, NULL)) == NULL)
                continue;
            if (kind == 0) {
                add(&held, m->population->lower, beta[0] + beta[1] * mean, m->population->upper);
                add(&held_of_all, m->population->lower, beta[0], m->population->upper);
            } else {
                add(&sampled, m->population->lower, beta[0], m->population->upper);
            }
            margins_free(m);
        }
        fit_free(fit);
    }
    judge("margins: covariates held, the mean over these rows", &held, 0.94, 0.96);
    judge("margins: covariates held, the mean over all (too short)", &held_of_all, 0.6, 0.9);
    judge("margins: se=unconditional, the mean over all", &sampled, 0.935, 0.96);
    free_design(d);
}

/* --- binomial and Poisson models ------------------------------------------------------------------------------ */

static long poisson(double mean, struct rng *rng)
{
    double below = rng_uniform(rng), term = exp(-mean), sum = term;
    long y = 0;

    while (sum < below && y < 10000)
        sum += term *= mean / (double)++y;
    return y;
}

/* Responses of a fit's family whose linear predictor is beta_0 + beta_1 x + b of the group. */
static void draw_counts(struct design *d, const struct family *family, double sd, const double beta[2], struct rng *rng)
{
    double b[COVARIATE_GROUPS];

    for (int l = 0; l < d->random[0].level_count; l++)
        b[l] = sd * rng_normal(rng);
    for (size_t i = 0; i < d->n; i++) {
        double eta = beta[0] + beta[1] * d->X[i + d->n] + b[d->random[0].level[i]];

        d->y[i] = family == &family_poisson ? (double)poisson(exp(eta), rng) : rng_uniform(rng) < 1 / (1 + exp(-eta));
    }
}

static void add_profile(const struct fit *fit, enum parameter_kind kind, int a, double truth, struct count *count)
{
    struct arena *arena = arena_new();
    struct profile *profile = profile_new(fit, NULL, NULL);
    int n = 0;
    const struct parameter *list = parameters_of(fit, arena, &n);

    for (int i = 0; i < n && profile != NULL; i++) {
        struct interval interval;

        if (list[i].kind == kind && list[i].a == a && profile_interval(profile, &list[i], 0.95, &interval, NULL))
            add(count, interval.lower, truth, interval.upper);
    }
    profile_free(profile);
    arena_free(arena);
}

/* A covariate within groups. */
static void counts_of_few_groups(const struct family *family, long simulations)
{
    const struct shape_term term = { 1, GROUPS, false, 0 };
    const double beta[] = { family == &family_poisson ? 0.5 : -0.5, 0.4 };
    struct design *d = make_design(COVARIATE_ROWS, 2, 1, &term, false, SEED);
    struct count slope = { 0 }, profiled = { 0 }, deviation = { 0 };

    for (long s = 0; s < simulations; s++) {
        struct fit *fit;
        struct rng rng;

        rng_init(&rng, SEED + 3, (uint64_t)s + 1);
        for (size_t i = 0; i < d->n; i++)
            d->X[i + d->n] = rng_normal(&rng);
        draw_counts(d, family, 0.7, beta, &rng);
        if ((fit = glm_fit(d, family, family->links[0], NULL, NULL, NULL)) == NULL)
            continue;
        wald(fit, LINEAR_NORMAL, beta[1], &slope);
        add_profile(fit, PARAMETER_FIXED, 1, beta[1], &profiled);
        add_profile(fit, PARAMETER_SD, 0, 0.7, &deviation);
        fit_free(fit);
    }
    printf("%s, 12 groups, Laplace\n", family->name);
    judge("slope within groups: Wald", &slope, 0.94, 0.96);
    judge("slope within groups: profile", &profiled, 0.94, 0.96);
    judge("profile of the SD of groups (ML: short of 0.95)", &deviation, 0.91, 0.96);
    free_design(d);
}

/* The mean over the random effects where the covariate is x. */
static double population(struct averager *averager, double eta)
{
    struct average at;

    average_at(averager, eta, &at);
    return at.mean;
}

static void margins_of_counts(const struct family *family, long simulations)
{
    const struct shape_term term = { 1, COVARIATE_GROUPS, false, 0 };
    const double beta[] = { family == &family_poisson ? 0.5 : -0.5, 0.5 }, sd = 0.5;
    struct design *d = make_design(COVARIATE_ROWS, 2, 1, &term, false, SEED);
    struct averager *averager = malloc(sizeof *averager);
    struct count held = { 0 }, sampled = { 0 };
    double all;

    averager_init(averager, family->links[0]);
    averager_set(averager, sd * sd + beta[1] * beta[1]); /* the covariate is N(0, 1) */
    all = population(averager, beta[0]);
    averager_set(averager, sd * sd);
    for (long s = 0; s < simulations; s++) {
        double truth = 0;
        const double *z[1];
        struct fit *fit;
        struct rng rng;

        rng_init(&rng, SEED + 4, (uint64_t)s + 1);
        draw_covariate(d, &rng);
        draw_counts(d, family, sd, beta, &rng);
        if ((fit = glm_fit(d, family, family->links[0], NULL, NULL, NULL)) == NULL)
            continue;
        for (size_t i = 0; i < d->n; i++)
            truth += population(averager, beta[0] + beta[1] * d->X[i + d->n]) / (double)d->n;
        for (int kind = 0; kind < 2; kind++) {
            struct marginal_rows rows = rows_of_design(d, z);
            struct margins_options how = { .level = 0.95,
                                           .cluster = kind == 1 ? d->random[0].level : NULL,
                                           .clusters = kind == 1 ? COVARIATE_GROUPS : 0 };
            struct margins *m = margins_new(fit, &rows, 1, &how, NULL, NULL);

            if (m != NULL)
                add(kind == 0 ? &held : &sampled, m->population->lower, kind == 0 ? truth : all, m->population->upper);
            margins_free(m);
        }
        fit_free(fit);
    }
    printf("%s, 60 groups\n", family->name);
    judge("margins: covariates held, the mean over these rows", &held, 0.93, 0.96);
    judge("margins: se=unconditional, the mean over all", &sampled, 0.93, 0.96);
    free(averager);
    free_design(d);
}

int main(int argc, char **argv)
{
    long simulations = argc > 1 ? atol(argv[1]) : 10000;

    few_groups(simulations);
    level(simulations);
    margins(simulations);
    counts_of_few_groups(&family_binomial, simulations);
    counts_of_few_groups(&family_poisson, simulations);
    margins_of_counts(&family_binomial, simulations);
    margins_of_counts(&family_poisson, simulations);
    printf("%d passed, %d failed\n", failed == 0, failed != 0);
    return failed != 0;
}
