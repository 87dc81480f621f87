/* test-diagnose.c -- what is wrong is found, what is right is not, and influence is what a refit finds, to first order. */
#include <criterion/criterion.h>
#include <math.h>

#include "fit/lmm-leave.h"
#include "infer/diagnose.h"
#include "infer/influence.h"
#include "infer/replicate.h"
#include "infer/simulate.h"
#include "stated.h"
#include "sweep.h"

static struct diagnosis *look(const struct stated *s, int draws)
{
    struct glmm_error err = { 0 };
    struct diagnosis *d;

    s->model->fit = s->fit;
    d = diagnosis_new(s->model, draws, 1, NULL, NULL, &err);
    cr_assert_not_null(d, "%s", err.message);
    return d;
}

/* The same model, if the response were y. */
static struct diagnosis *look_at_response(const struct stated *s, double *y, int draws)
{
    struct stated other = *s;
    double *own = s->model->design->y;
    struct diagnosis *d;
    struct design room;

    s->model->design->y = y;
    other.fit = refit_response(s->fit, &room, y, NULL, NULL);
    d = look(&other, draws);
    fit_free(other.fit);
    s->model->design->y = own;
    s->model->fit = s->fit;
    return d;
}

static const struct check *find(const struct diagnosis *d, enum check_kind kind)
{
    for (int i = 0; i < d->count; i++)
        if (d->checks[i].kind == kind)
            return &d->checks[i];
    return NULL;
}

Test(diagnose, counts_that_vary_too_much)
{
    struct stated s = state("epil", "y ~ trt + (1 | subject)", "poisson", METHOD_LAPLACE, 0);
    struct diagnosis *d;

    d = look(&s, 100);
    cr_expect_eq(find(d, CHECK_DISPERSION)->verdict, CHECK_BAD);
    cr_expect_gt(find(d, CHECK_DISPERSION)->statistic, 1.5);
    cr_expect_lt(find(d, CHECK_DISPERSION_NEW)->statistic, find(d, CHECK_DISPERSION)->statistic);
    cr_expect_eq(find(d, CHECK_ZEROS)->statistic, find(d, CHECK_ZEROS_GIVEN)->statistic);
    cr_expect_eq(find(d, CHECK_FIT)->verdict, CHECK_OK);
    cr_expect_null(find(d, CHECK_SEPARATION));
    diagnosis_free(d);
    stated_clear(&s);
}

/* What is known of sleepstudy without slopes: neighbours in time are alike, the spread grows with the days, and some subjects
 * vary more than others (308, 332). */
Test(diagnose, neighbours_and_levels_that_differ)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_REML, 0);
    struct diagnosis *d;

    d = look(&s, 250);
    cr_expect_str_eq(find(d, CHECK_ORDER)->other, "Days");
    cr_expect_str_eq(find(d, CHECK_ORDER)->subject, "Subject");
    cr_expect_gt(find(d, CHECK_ORDER)->statistic, 0.3);
    cr_expect_neq(find(d, CHECK_ORDER)->verdict, CHECK_OK);
    cr_expect_str_eq(find(d, CHECK_SPREAD_ALONG)->level, "8 to 9");
    cr_expect_str_eq(find(d, CHECK_SPREAD_ALONG)->subject, "Days");
    cr_expect_neq(find(d, CHECK_SPREAD_ALONG)->verdict, CHECK_OK);
    cr_expect_str_eq(find(d, CHECK_GROUP_SPREAD)->level, "308");
    cr_expect_neq(find(d, CHECK_GROUP_SPREAD)->verdict, CHECK_OK);
    diagnosis_free(d);
    stated_clear(&s);
}

/* A curve that the model lacks, small beside what subjects differ by. */
Test(diagnose, curve_along_a_predictor)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_REML, 0);
    struct simulator *simulator = simulator_new(s.fit, false, NULL);
    const struct column *days = frame_find(s.frame, "Days");
    struct diagnosis *d;
    double y[180];

    cr_assert(simulator_draw(simulator, 3, 1, y));
    for (size_t i = 0; i < 180; i++)
        y[i] += 3 * pow(column_real(days, i) - 4.5, 2);
    d = look_at_response(&s, y, 250);
    cr_expect_str_eq(find(d, CHECK_MEAN_ALONG)->subject, "Days");
    cr_expect_neq(find(d, CHECK_MEAN_ALONG)->verdict, CHECK_OK);
    diagnosis_free(d);
    simulator_free(simulator);
    stated_clear(&s);
}

/* Of two parts one spreads by as much less as the other by more: the first is told, on every processor. */
Test(diagnose, parts_that_are_as_far)
{
    struct stated s = state("salamanders", "count ~ mined + (1 | site)", "poisson", METHOD_LAPLACE, 0);
    struct diagnosis *d;
    const struct check *along;

    d = look(&s, 100);
    along = find(d, CHECK_SPREAD_ALONG);
    cr_assert_not_null(along);
    cr_expect_str_eq(along->subject, "mined");
    cr_expect_str_eq(along->level, "no");
    cr_expect_gt(along->statistic, 0);
    diagnosis_free(d);
    stated_clear(&s);
}

/* Without groups the hat matrix of least squares: 1/n + (x - mean)^2 / sum (x - mean)^2. */
Test(diagnose, leverage)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days", NULL, METHOD_REML, 0);
    struct diagnosis *d;

    d = look(&s, 50);
    cr_expect_float_eq(find(d, CHECK_LEVERAGE)->statistic, 1 / 180.0 + 20.25 / (18 * 82.5), 1e-12);
    cr_expect_float_eq(find(d, CHECK_LEVERAGE)->expected, 2 / 180.0, 1e-15);
    cr_expect_str_eq(find(d, CHECK_LEVERAGE)->level, "1");
    cr_expect_eq(find(d, CHECK_LEVERAGE)->verdict, CHECK_OK);
    diagnosis_free(d);
    stated_clear(&s);
}

/* Responses that the model made itself are seldom called bad. */
Test(diagnose, what_the_model_made_is_ok)
{
    struct stated s = state("epil", "y ~ trt + (1 | subject)", "poisson", METHOD_LAPLACE, 0);
    struct simulator *simulator = simulator_new(s.fit, false, NULL);
    double *y = calloc(s.model->design->n, sizeof *y);
    int bad = 0, checks = 0;

    for (int r = 0; r < 12; r++) {
        struct diagnosis *d;

        simulator_draw(simulator, 9, (uint64_t)r, y);
        d = look_at_response(&s, y, 100);
        for (int i = 0; i < d->count; i++) {
            bool drawn = d->checks[i].kind >= CHECK_DISPERSION && d->checks[i].kind <= CHECK_GROUP_SPREAD;

            checks += drawn;
            bad += drawn && d->checks[i].verdict == CHECK_BAD;
        }
        diagnosis_free(d);
    }
    cr_expect_eq(checks, 12 * 9);
    cr_expect_leq(bad, 2);
    simulator_free(simulator);
    free(y);
    stated_clear(&s);
}

Test(diagnose, influence_is_near_what_a_refit_finds)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (1 | Subject)", NULL, METHOD_REML, 0);
    struct spec spec = { .formula = "Reaction ~ Days + (1 | Subject)" };
    struct diagnosis *d;
    const struct check *check;
    const struct column *group = frame_find(s.frame, "Subject");
    size_t rows[180], count = 0;
    struct frame *frame;
    struct model *model;
    struct fit *fit;
    int j;

    d = look(&s, 50);
    check = find(d, CHECK_INFLUENCE);
    for (size_t i = 0; i < 180; i++) {
        char buffer[40];

        if (strcmp(column_text(group, i, buffer), check->level) != 0)
            rows[count++] = i;
    }
    cr_assert_eq(count, 170);
    frame = frame_rows(s.frame, rows, count, NULL);
    model = model_new("m", frame, &spec, NULL, NULL);
    fit = model_fit(model, &(struct fit_options){ .method = METHOD_REML }, NULL, NULL);
    j = strcmp(check->other, "Days") == 0;
    cr_expect_float_eq((fit->beta[j] - s.fit->beta[j]) / s.fit->se[j], check->statistic, 0.25 * fabs(check->statistic));
    fit_free(fit);
    model_free(model);
    frame_free(frame);
    diagnosis_free(d);
    stated_clear(&s);
}

static bool run_diagnosis(void *context, struct glmm_error *err)
{
    struct diagnosis *d = diagnosis_new(context, 50, 1, NULL, NULL, err);

    diagnosis_free(d);
    return d != NULL;
}

Test(diagnose, memory)
{
    struct stated s = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);

    s.model->fit = s.fit;
    cr_assert_gt(sweep_allocations(run_diagnosis, s.model), 0);
    stated_clear(&s);
}

/* The step of linear models is what a refit without the level finds: but for rounding in balanced data, where the coefficients do
 * not hang on the variances, else but for a share of the farthest move. */
static void hold_steps(const char *data, const char *formula, const char *group, enum fit_method method, double room)
{
    struct stated s = state(data, formula, NULL, method, 0);
    struct influence influence = { 0 };
    struct glmm_error err = { 0 };
    double most = 0, off = 0;
    int term = 0;

    while (strcmp(s.fit->design->random[term].group, group) != 0)
        term++;
    cr_assert(lmm_leaves(s.fit, term), "%s", formula);
    cr_assert(influence_find(&influence, s.fit, term, s.fit->design->random[term].level_count, NULL, &err), "%s", err.message);
    cr_assert(influence.exact);
    for (int i = 0; i < influence.count; i++) {
        const struct influence_level *l = &influence.levels[i];

        cr_expect(l->refitted);
        most = fmax(most, sqrt(l->cook));
        off = fmax(off, fabs(sqrt(l->cook) - sqrt(l->step_cook)));
    }
    cr_expect_lt(off, room * most, "%s by %s: %g of %g", formula, group, off, most);
    influence_clear(&influence);
    stated_clear(&s);
}

Test(diagnose, a_step_finds_what_a_refit_finds)
{
    hold_steps("sleepstudy", "Reaction ~ Days + (Days | Subject)", "Subject", METHOD_REML, 1e-5);
    hold_steps("sleepstudy", "Reaction ~ Days + (Days | Subject) + (1 | factor(Days))", "factor(Days)", METHOD_REML, 1e-2);
    hold_steps("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "sample", METHOD_REML, 1e-5);
    hold_steps("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "plate", METHOD_ML, 1e-5);
    hold_steps("pastes", "strength ~ 1 + (1 | batch/cask)", "batch", METHOD_ML, 1e-5);
    hold_steps("owls", "ArrivalTime ~ FoodTreatment + SexParent + (FoodTreatment | Nest)", "Nest", METHOD_REML, 0.05);
    hold_steps("owls", "ArrivalTime ~ FoodTreatment + SexParent + (FoodTreatment | Nest) + (1 | BroodSize)", "BroodSize",
               METHOD_ML, 0.1); /* of seven levels */
    hold_steps("owls", "ArrivalTime ~ SexParent + (SexParent || Nest) + (1 | BroodSize)", "Nest", METHOD_REML, 0.08);
}

/* Where a variance is so large that leaving out a level would lose the digits, the first order serves. */
Test(diagnose, a_large_variance_leaves_the_first_order)
{
    struct stated s = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);
    struct influence influence = { 0 };
    struct glmm_error err = { 0 };
    double *y = s.model->design->y;

    for (size_t i = 0; i < s.model->design->n; i++)
        y[i] = 1e6 * s.model->design->random[0].level[i] + y[i] / 1000;
    fit_free(s.fit);
    s.fit = model_fit(s.model, &(struct fit_options){ .method = METHOD_REML }, NULL, &err);
    cr_assert_not_null(s.fit, "%s", err.message);
    cr_assert(lmm_leaves(s.fit, 0));
    cr_assert(influence_find(&influence, s.fit, 0, -1, NULL, &err), "%s", err.message);
    cr_expect(influence.stepped);
    cr_expect_not(influence.exact);
    cr_expect_eq(influence.refits, influence.count);
    for (int i = 0; i < influence.count; i++)
        cr_expect(isfinite(influence.levels[i].step_cook) && isfinite(influence.levels[i].cook));
    influence_clear(&influence);
    stated_clear(&s);
}
