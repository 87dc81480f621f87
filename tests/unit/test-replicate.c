/* test-replicate.c -- draws have the law of the model, and replicates are the same for any number of threads. */
#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <Rmath.h>

#include "base/arena.h"
#include "base/sample.h"
#include "base/threads.h"
#include "infer/bootstrap.h"
#include "infer/exact.h"
#include "infer/lrt-boot.h"
#include "infer/simulate.h"
#include "stated.h"
#include "sweep.h"

/* Rows i and j of simulated responses covary as X and Z say. */
Test(replicate, draws_have_the_covariance_of_the_model)
{
    enum { DRAWS = 4000 };
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);
    struct simulator *simulator = simulator_new(s.fit, false, NULL);
    const double *C = s.fit->random[0].covariance;
    double *y = calloc(180, sizeof *y), *first = calloc(DRAWS, sizeof *first), *last = calloc(DRAWS, sizeof *last);
    double variance0 = C[0] + s.fit->dispersion, variance9 = C[0] + 18 * C[1] + 81 * C[3] + s.fit->dispersion;

    for (int r = 0; r < DRAWS; r++) {
        cr_assert(simulator_draw(simulator, 1, (uint64_t)r, y));
        first[r] = y[0];
        last[r] = y[9];
    }
    cr_expect_float_eq(sample_mean(first, DRAWS), s.fit->beta[0], 4 * sqrt(variance0 / DRAWS));
    cr_expect_float_eq(sample_mean(last, DRAWS), s.fit->beta[0] + 9 * s.fit->beta[1], 4 * sqrt(variance9 / DRAWS));
    cr_expect_float_eq(sample_sd(first, DRAWS), sqrt(variance0), 0.05 * sqrt(variance0));
    cr_expect_float_eq(sample_sd(last, DRAWS), sqrt(variance9), 0.05 * sqrt(variance9));
    cr_expect_float_eq(sample_correlation(first, last, DRAWS), (C[0] + 9 * C[1]) / sqrt(variance0 * variance9), 0.06);
    simulator_free(simulator);
    free(y);
    free(first);
    free(last);
    stated_clear(&s);
}

Test(replicate, a_draw_hangs_on_its_number_alone)
{
    struct stated s =
        state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_LAPLACE, 0);
    struct simulator *a = simulator_new(s.fit, false, NULL), *b = simulator_new(s.fit, false, NULL);
    double x[56], y[56];

    simulator_draw(a, 5, 1, x);
    simulator_draw(a, 5, 3, x);
    simulator_draw(b, 5, 3, y);
    cr_assert_arr_eq(x, y, sizeof x);
    for (int i = 0; i < 56; i++) {
        double count = y[i] * s.model->design->trials[i];

        cr_assert(count >= 0 && fabs(count - nearbyint(count)) < 1e-9);
    }
    simulator_free(a);
    simulator_free(b);
    stated_clear(&s);
}

static void same_for_threads(const struct fit *fit)
{
    struct bootstrap *one, *two;
    int had = omp_get_max_threads();

    omp_set_num_threads(1);
    one = bootstrap_new(fit, 60, 3, false, NULL, NULL);
    omp_set_num_threads(3);
    two = bootstrap_new(fit, 60, 3, false, NULL, NULL);
    omp_set_num_threads(had);
    cr_assert_arr_eq(one->replicates.values, two->replicates.values, 60 * (size_t)one->count * sizeof(double));
    cr_assert_arr_eq(one->replicates.end, two->replicates.end, 60);
    bootstrap_free(one);
    bootstrap_free(two);
}

Test(replicate, the_same_for_any_number_of_threads)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);
    struct stated g =
        state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_LAPLACE, 0);

    same_for_threads(s.fit);
    same_for_threads(g.fit);
    stated_clear(&s);
    stated_clear(&g);
}

/* Of a linear model without groups all is known: errors are those of least squares, and nothing is biased. */
Test(replicate, the_bootstrap_of_a_linear_model)
{
    enum { TIMES = 2000 };
    struct stated s = state("sleepstudy", "Reaction ~ Days", NULL, METHOD_REML, 0);
    struct bootstrap *b = bootstrap_new(s.fit, TIMES, 1, false, NULL, NULL);
    struct bootstrapped slope;

    cr_assert(bootstrap_parameter(b, 1, 0.95, &slope));
    cr_expect_float_eq(slope.se, s.fit->se[1], 4 * s.fit->se[1] / sqrt(2 * TIMES));
    cr_expect_float_eq(slope.bias, 0, 4 * s.fit->se[1] / sqrt(TIMES));
    cr_expect_float_eq(slope.upper - slope.lower, 2 * 1.96 * s.fit->se[1], 0.1 * 2 * 1.96 * s.fit->se[1]);
    cr_expect_float_eq(slope.basic_lower, 2 * s.fit->beta[1] - slope.upper, 1e-12);
    cr_expect_eq(b->replicates.ends[REPLICATE_OK], TIMES);
    bootstrap_free(b);
    stated_clear(&s);
}

struct stopper {
    double after;
    double seen;
};

static bool stop_after(void *context, const char *what, double done, double total, double value)
{
    struct stopper *stopper = context;

    (void)what;
    (void)total;
    (void)value;
    stopper->seen = done;
    return done < stopper->after;
}

Test(replicate, what_is_done_is_kept)
{
    struct stated s = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);
    struct stopper late = { .after = 40 }, soon = { .after = 5 };
    struct glmm_progress progress = { .tell = stop_after, .context = &late };
    struct glmm_error err = { 0 };
    struct bootstrap *b = bootstrap_new(s.fit, 100000, 1, false, &progress, &err),
                     *whole = bootstrap_new(s.fit, 400, 1, false, NULL, NULL);
    long done = 0;

    cr_assert_not_null(b, "%s", err.message);
    cr_assert(b->replicates.stopped && b->replicates.done >= 40 && b->replicates.done < 100000);
    for (long i = 0; i < 400; i++)
        if (b->replicates.end[i] != REPLICATE_MISSING) {
            done++;
            cr_assert_eq(b->replicates.values[i * b->count], whole->replicates.values[i * b->count]);
        }
    cr_assert_gt(done, 20);
    bootstrap_free(b);
    bootstrap_free(whole);
    progress.context = &soon;
    cr_assert_null(bootstrap_new(s.fit, 1000, 1, false, &progress, &err));
    cr_assert_eq(err.code, GLMM_E_INTERRUPT);
    stated_clear(&s);
}

/* --- a team: threads that behave as processes do ------------------------------------------------ */

enum { MOST = 3, MANY = 1000000 };

struct desk {
    pthread_barrier_t all;
    void *bytes[MOST];
    const char *what[MOST];
    atomic_bool stop;
};

struct member {
    struct glmm_team team;
    struct desk *desk;
    const struct fit *fit;
    int count;
    struct bootstrap *b;
    struct stopper stopper;
    struct glmm_error err;
};

static bool gather(void *context, const char *what, void *bytes, size_t count)
{
    struct member *member = context;
    struct desk *desk = member->desk;
    unsigned char *sum = calloc(count + 1, 1);
    bool same = true;

    desk->bytes[member->team.rank] = bytes;
    desk->what[member->team.rank] = what;
    pthread_barrier_wait(&desk->all);
    for (int k = 0; k < member->team.size; k++) {
        same = same && strcmp(desk->what[k], what) == 0;
        for (size_t i = 0; same && i < count; i++)
            sum[i] |= ((const unsigned char *)desk->bytes[k])[i];
    }
    pthread_barrier_wait(&desk->all);
    memcpy(bytes, sum, same ? count : 0);
    free(sum);
    return same;
}

static bool stops(void *context, bool stop)
{
    struct member *member = context;

    if (member->team.rank == 0 && stop)
        atomic_store(&member->desk->stop, true);
    return atomic_load(&member->desk->stop);
}

static void *be_member(void *context)
{
    struct member *member = context;
    struct glmm_progress progress = { .tell = stop_after, .context = &member->stopper, .team = &member->team };

    member->b = bootstrap_new(member->fit, member->count, 3, false, &progress, &member->err);
    return NULL;
}

static void run_team(struct desk *desk, struct member members[], int size, double after)
{
    pthread_t threads[MOST];

    atomic_init(&desk->stop, false);
    pthread_barrier_init(&desk->all, NULL, (unsigned)size);
    for (int k = 0; k < size; k++) {
        members[k].team = (struct glmm_team){ k, size, gather, stops, &members[k] };
        members[k].desk = desk;
        members[k].stopper.after = k == 0 ? after : INFINITY;
        cr_assert_eq(pthread_create(&threads[k], NULL, be_member, &members[k]), 0);
    }
    for (int k = 0; k < size; k++)
        pthread_join(threads[k], NULL);
    pthread_barrier_destroy(&desk->all);
}

Test(replicate, the_same_for_a_team_of_any_size)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);
    struct bootstrap *alone = bootstrap_new(s.fit, 60, 3, false, NULL, NULL);

    for (int size = 1; size <= MOST; size++) {
        struct desk desk;
        struct member members[MOST] = { { .fit = s.fit, .count = 60 },
                                        { .fit = s.fit, .count = 60 },
                                        { .fit = s.fit, .count = 60 } };

        run_team(&desk, members, size, INFINITY);
        for (int k = 0; k < size; k++) {
            cr_assert_not_null(members[k].b, "%s", members[k].err.message);
            cr_assert_arr_eq(alone->replicates.values, members[k].b->replicates.values,
                             60 * (size_t)alone->count * sizeof(double));
            cr_assert_arr_eq(alone->replicates.end, members[k].b->replicates.end, 60);
            cr_expect_eq(members[k].b->replicates.done, 60);
            bootstrap_free(members[k].b);
        }
    }
    bootstrap_free(alone);
    stated_clear(&s);
}

/* What rank 0 is told to stop, all stop; they keep the same replicates, or none.  So many that somebody is asked before all are
 * done. */
Test(replicate, a_team_stops_as_one)
{
    struct stated s = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);
    struct desk desk;
    struct member members[MOST] = { { .fit = s.fit, .count = MANY },
                                    { .fit = s.fit, .count = MANY },
                                    { .fit = s.fit, .count = MANY } };

    run_team(&desk, members, MOST, 0);
    for (int k = 0; k < MOST; k++) {
        const struct bootstrap *b = members[k].b, *first = members[0].b;

        cr_assert_eq(b == NULL, first == NULL);
        if (b == NULL) {
            cr_expect_eq((int)members[k].err.code, GLMM_E_INTERRUPT);
            continue;
        }
        cr_expect(b->replicates.stopped);
        cr_expect_arr_eq(b->replicates.end, first->replicates.end, MANY);
        cr_expect_arr_eq(b->replicates.values, first->replicates.values, MANY * (size_t)first->count * sizeof(double));
    }
    for (int k = 0; k < MOST; k++)
        bootstrap_free(members[k].b);
    stated_clear(&s);
}

static bool run_bootstrap(void *context, struct glmm_error *err)
{
    struct bootstrap *b = bootstrap_new(context, 3, 1, false, NULL, err);
    struct bootstrapped out;
    bool ok = b != NULL && (bootstrap_parameter(b, 0, 0.95, &out) || fail_memory(err));

    bootstrap_free(b);
    return ok;
}

Test(replicate, memory)
{
    struct stated s = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);

    omp_set_num_threads(1); /* allocations are counted */
    cr_assert_gt(sweep_allocations(run_bootstrap, s.fit), 0);
    stated_clear(&s);
}

/* Effects of the dispersion are drawn anew, one a level: the logarithm of a squared residual is the row's log sigma^2 and that of
 * a chi-squared of one degree of freedom, of mean -log 2 - gamma and variance pi^2 / 2. */
Test(replicate, draws_of_random_dispersions)
{
    enum { DRAWS = 1000, SUBJECTS = 18, DAYS = 10 };
    struct stated s = state_spec("sleepstudy", &(struct spec){ .formula = "Reaction ~ Days", .disp = "~ 1 + (1 | Subject)" },
                                 &(struct fit_options){ .unpriced = true });
    const struct fit_part *part = fit_part_of(s.fit, PART_DISPERSION);
    struct simulator *simulator = simulator_new(s.fit, false, NULL);
    double *y = calloc(SUBJECTS * DAYS, sizeof *y), *mean = calloc((size_t)DRAWS * SUBJECTS, sizeof *mean);
    double variance = part->random[0].covariance[0], spread = variance + M_PI * M_PI / 2 / DAYS;

    cr_assert_gt(variance, 0.1);
    for (int r = 0; r < DRAWS; r++) {
        cr_assert(simulator_draw(simulator, 1, (uint64_t)r, y));
        for (int i = 0; i < SUBJECTS * DAYS; i++)
            mean[r * SUBJECTS + s.model->design->part[DESIGN_DISPERSION]->random[0].level[i]] +=
                2 * log(fabs(y[i] - s.fit->fitted[i])) / DAYS;
    }
    cr_expect_float_eq(sample_mean(mean, (size_t)DRAWS * SUBJECTS), part->estimate[0] - M_LN2 - 0.57721566,
                       4 * sqrt(spread / (DRAWS * SUBJECTS)));
    cr_expect_float_eq(pow(sample_sd(mean, (size_t)DRAWS * SUBJECTS), 2), spread, 0.06 * spread);
    cr_expect_float_eq(sample_correlation(mean, mean + 1, (size_t)DRAWS * SUBJECTS - 1), 0, 4 / sqrt(DRAWS * SUBJECTS));
    simulator_free(simulator);
    free(y);
    free(mean);
    stated_clear(&s);
}

/* Effects of zeros too: the share of zeros is that over their law, by a sum over its quantiles. */
Test(replicate, draws_of_random_zeros)
{
    enum { DRAWS = 400, NODES = 2000 };
    struct stated s =
        state_spec("salamanders", &(struct spec){ .formula = "count ~ mined", .family = "poisson", .zi = "~ 1 + (1 | site)" },
                   &(struct fit_options){ .unpriced = true });
    const struct fit_part *part = fit_part_of(s.fit, PART_ZERO);
    struct simulator *simulator = simulator_new(s.fit, false, NULL);
    size_t n = s.fit->design->n;
    double *y = calloc(n, sizeof *y), zeros = 0, expected = 0, sd = part->random[0].sd[0];

    cr_assert_gt(sd, 0.3);
    for (size_t i = 0; i < n; i++) {
        double mu = exp(s.fit->beta[0] + s.fit->beta[1] * s.fit->design->X[i + n]);

        for (int k = 0; k < NODES; k++) {
            double share = plogis(part->estimate[0] + sd * qnorm((k + 0.5) / NODES, 0, 1, 1, 0), 0, 1, 1, 0);

            expected += (share + (1 - share) * exp(-mu)) / (double)n / NODES;
        }
    }
    for (int r = 0; r < DRAWS; r++) {
        cr_assert(simulator_draw(simulator, 1, (uint64_t)r, y));
        for (size_t i = 0; i < n; i++)
            zeros += (y[i] == 0) / (double)n / DRAWS;
    }
    cr_expect_float_eq(zeros, expected, 4 * 0.5 / sqrt(23 * DRAWS), "%g, %g", zeros, expected);
    simulator_free(simulator);
    free(y);
    stated_clear(&s);
}

/* Two ways to the law of a likelihood ratio at the size of the data. */
Test(replicate, laws_of_a_variance_of_0)
{
    struct stated small = state("dyestuff", "Yield ~ 1", NULL, METHOD_REML, 0);
    struct stated large = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);
    struct exact_null exact;
    struct lrt_boot boot;
    double statistic = 1.5; /* so that both see many that reach it */

    cr_assert(exact_null_find(small.fit, large.fit, statistic, 1, &exact, NULL) && exact.is);
    cr_assert(lrt_bootstrap(small.fit, large.fit, statistic, 1500, 1, NULL, &boot, NULL));
    cr_expect_float_eq(exact.p, boot.p, 4 * sqrt(boot.p * (1 - boot.p) / 1500), "%g, %g", exact.p, boot.p);
    cr_expect(exact.p < 0.5 * 0.2207 && exact.p > 0.06); /* below the mixture: few groups */
    stated_clear(&small);
    stated_clear(&large);
}

/* Of groups of one size the ratio of likelihoods is a function of F alone, increasing beyond F = 1: with r = SSB / SSW, (n - 1)
 * log((1 + r) / (n - 1)) less the same of both mean squares.  Few groups, many, and none without a variance of their own. */
Test(replicate, the_law_of_equal_groups_is_that_of_f)
{
    static const struct {
        const char *data, *small, *large;
        double groups, rows, f;
    } cases[] = {
        { "dyestuff", "Yield ~ 1", "Yield ~ 1 + (1 | Batch)", 6, 30, 1.8 },
        { "penicillin", "diameter ~ 1", "diameter ~ 1 + (1 | plate)", 24, 144, 1.3 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stated small = state(cases[i].data, cases[i].small, NULL, METHOD_REML, 0);
        struct stated large = state(cases[i].data, cases[i].large, NULL, METHOD_REML, 0);
        double between = cases[i].groups - 1, within = cases[i].rows - cases[i].groups, all = cases[i].rows - 1;
        double r = between * cases[i].f / within;
        double statistic = all * log((1 + r) / all) - between * log(r / between) + within * log(within);
        struct exact_null exact;

        cr_assert(exact_null_find(small.fit, large.fit, statistic, 1, &exact, NULL) && exact.is);
        cr_expect_float_eq(exact.p, pf(cases[i].f, between, within, 0, 0), 4 * exact.error, "%s: %g, %g", cases[i].data, exact.p,
                           pf(cases[i].f, between, within, 0, 0));
        stated_clear(&small);
        stated_clear(&large);
    }
}

/* Of anything but two linear models by one criterion it is not the law. */
Test(replicate, other_models_have_no_such_law)
{
    struct stated small = state("dyestuff", "Yield ~ 1", NULL, METHOD_REML, 0);
    struct stated large = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);
    struct exact_null exact;

    small.fit->exact = false;
    cr_assert(exact_null_find(small.fit, large.fit, 1.5, 1, &exact, NULL) && !exact.is);
    small.fit->exact = true;
    large.fit->exact = false;
    cr_assert(exact_null_find(small.fit, large.fit, 1.5, 1, &exact, NULL) && !exact.is);
    large.fit->exact = true;
    large.fit->method = METHOD_ML;
    cr_assert(exact_null_find(small.fit, large.fit, 1.5, 1, &exact, NULL) && !exact.is);
    large.fit->method = METHOD_REML;
    cr_assert(exact_null_find(large.fit, large.fit, 1.5, 1, &exact, NULL) && !exact.is, "both with the term");
    cr_assert(exact_null_find(small.fit, small.fit, 1.5, 1, &exact, NULL) && !exact.is, "neither");
    cr_assert(exact_null_find(small.fit, large.fit, 0, 1, &exact, NULL) && !exact.is);
    stated_clear(&small);
    stated_clear(&large);
}

Test(replicate, the_law_by_ml)
{
    struct stated small = state("sleepstudy", "Reaction ~ Days", NULL, METHOD_ML, 0);
    struct stated large = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_ML, 0);
    struct exact_null exact;
    struct lrt_boot boot;

    cr_assert(exact_null_find(small.fit, large.fit, 0.8, 1, &exact, NULL) && exact.is);
    cr_assert(lrt_bootstrap(small.fit, large.fit, 0.8, 1000, 1, NULL, &boot, NULL));
    cr_expect_float_eq(exact.p, boot.p, 4 * sqrt(boot.p * (1 - boot.p) / 1000), "%g, %g", exact.p, boot.p);
    stated_clear(&small);
    stated_clear(&large);
}
