/* test-identify.c -- what the data determine: the shapes against dense matrices, known values, and what must not be refused. */
#include <criterion/criterion.h>

#include "fit/identify-private.h"
#include "identify-kinds.h"
#include "identify-shapes.h"
#include "stated.h"

/* 20 data sets of each shape, written in two orders of the terms. */
Test(identify, nothing_undetermined_is_reported_and_nothing_determined_withheld)
{
    for (int set = 0; set < 20; set++) {
        struct rng rng;
        char *data;

        rng_init(&rng, 20, (uint64_t)set);
        data = shape_data(&rng);
        for (int i = 0; i < SHAPES; i++) {
            bool reml = rng_below(&rng, 4) > 0;
            struct glmm_error err = { 0 };
            struct shaped a, b;
            const char *wrong;

            cr_assert(shape_fit(data, shape_formulas[i][0], reml, &a, &err), "%s: %s", shape_formulas[i][0], err.message);
            wrong = shape_check(&a, reml);
            cr_assert(wrong == NULL, "set %d, %s: %s", set, shape_formulas[i][0], wrong);
            wrong = shape_order(&a);
            cr_assert(wrong == NULL, "set %d, %s: %s", set, shape_formulas[i][0], wrong);
            cr_assert(shape_fit(data, shape_formulas[i][1], reml, &b, &err), "%s: %s", shape_formulas[i][1], err.message);
            wrong = shape_same(&a, &b);
            cr_assert(wrong == NULL, "set %d, %s: %s", set, shape_formulas[i][0], wrong);
            shape_clear(&a);
            shape_clear(&b);
        }
        free(data);
    }
}

/* In other kinds of models, some of them: tests/slow/identify has all.  In set 24 two levels are told apart without error. */
Test(identify, other_kinds_of_models)
{
    int fitted = 0, refused = 0;

    cr_assert_eq(kind_sets(24, 3, 5, &fitted, &refused), 0);
    cr_assert_geq(fitted, 6);
}

/* Sets in which each row's own effect (ar1 over the times of a group) leaves nothing to the residuals: that is a boundary, and
 * all else is determined. */
Test(identify, effects_that_take_the_place_of_the_residuals)
{
    static const uint64_t sets[] = { 2, 4, 7, 26 };
    int fitted = 0, refused = 0, first = 0;

    while (strcmp(kinds[first].spec.formula, "y ~ x + ar1(0 + factor(tm) | g)") != 0)
        first++;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        cr_expect_eq(kind_sets(sets[i], first, KINDS, &fitted, &refused), 0);
    cr_assert_eq(fitted, 4);
}

/* The estimates, errors and log-likelihood are those of the model without the redundant term. */
Test(identify, the_rest_is_that_of_the_smaller_model)
{
    struct glmm_error err = { 0 };
    struct shaped large, small;
    struct rng rng;
    char *data;

    rng_init(&rng, 21, 0);
    data = shape_data(&rng);
    cr_assert(shape_fit(data, "y ~ x + (1 | h) + (1 | g)", true, &large, &err), "%s", err.message);
    cr_assert(shape_fit(data, "y ~ x + (1 | g)", true, &small, &err), "%s", err.message);
    cr_assert_eq(large.fit->npar, small.fit->npar);
    cr_assert_float_eq(large.fit->loglik, small.fit->loglik, 1e-9);
    cr_assert_float_eq(large.fit->identity->sums[0].value, small.fit->random[0].covariance[0], 1e-7);
    cr_assert_eq(large.fit->identity->cause_count, 2);
    cr_assert_eq(large.fit->identity->causes[0].reason, IDENTITY_SAME_GROUPS);
    for (int j = 0; j < 2; j++) {
        cr_assert_float_eq(large.fit->beta[j], small.fit->beta[j], 1e-7);
        cr_assert_float_eq(large.fit->se[j], small.fit->se[j], 1e-7);
        cr_assert_float_eq(large.fit->df[j], small.fit->df[j], 1e-4);
    }
    for (size_t i = 0; i < large.design->n; i++)
        cr_assert_float_eq(large.fit->fitted[i], small.fit->fitted[i], 1e-6);
    shape_clear(&large);
    shape_clear(&small);
    free(data);
}

/* One tank a treatment: the errors of the treatments hang on the tanks' variance, that of x does not; nor does a difference of
 * treatments that share a tank. */
Test(identify, errors_that_hang_on_an_open_variance_are_none)
{
    struct glmm_error err = { 0 };
    struct shaped s;
    struct rng rng;
    char *data;
    double c[3] = { 0, 1, 0 };

    rng_init(&rng, 22, 0);
    data = shape_data(&rng);
    cr_assert(shape_fit(data, "y ~ x + t + (1 | tank) + (1 | g)", true, &s, &err), "%s", err.message);
    cr_assert(isnan(s.fit->se[0]));
    cr_assert(isfinite(s.fit->se[1]));
    cr_assert(isnan(s.fit->se[2]));
    cr_assert_float_eq(fit_variance(s.fit, c), s.fit->se[1] * s.fit->se[1], 1e-12);
    c[2] = 1;
    cr_assert(isnan(fit_variance(s.fit, c)));
    cr_assert(isnan(s.fit->random[0].sd[0]));
    cr_assert(isfinite(s.fit->random[1].sd[0]));
    shape_clear(&s);
    cr_assert(shape_fit(data, "y ~ 0 + x + t:s + (1 | tank)", true, &s, &err), "%s", err.message);
    {
        double difference[7] = { 0 }, sum[7] = { 0 };

        cr_assert_eq(s.design->p, 7);
        difference[1] = 1; /* t = ctl: s = p and q, in the same tank */
        difference[3] = -1;
        sum[1] = sum[3] = 0.5;
        cr_assert(isfinite(fit_variance(s.fit, difference)));
        cr_assert(isnan(fit_variance(s.fit, sum)));
    }
    shape_clear(&s);
    free(data);
}

/* The intercept of (x | g) lies within the fixed effects of g, x does not: by REML all else is the fit without it. */
Test(identify, one_effect_within_the_fixed_ones)
{
    struct glmm_error err = { 0 };
    struct shaped large, small;
    struct rng rng;
    char *data;
    int x = 0;

    rng_init(&rng, 23, 0);
    data = shape_data(&rng);
    cr_assert(shape_fit(data, "y ~ x + g + (x | g)", true, &large, &err), "%s", err.message);
    cr_assert(shape_fit(data, "y ~ x + g + (0 + x | g)", true, &small, &err), "%s", err.message);
    while (strcmp(large.design->names[x], "x") != 0)
        x++;
    cr_assert_float_eq(large.fit->criterion, small.fit->criterion, 1e-9);
    cr_assert_eq(large.fit->npar, small.fit->npar);
    cr_assert_float_eq(large.fit->se[x], small.fit->se[x], 1e-9);
    cr_assert_float_eq(large.fit->df[x], small.fit->df[x], 1e-6 * small.fit->df[x]);
    cr_assert_float_eq(large.fit->random[0].sd[1], small.fit->random[0].sd[0], 1e-9);
    cr_assert(isnan(large.fit->random[0].sd[0]));
    for (int j = 0; j < large.design->p; j++)
        cr_assert(j == x || isnan(large.fit->se[j]));
    shape_clear(&large);
    shape_clear(&small);
    free(data);
}

static double criterion_of_slope_from(const char *data, double centre)
{
    struct glmm_error err = { 0 };
    struct shaped s;
    char formula[100];
    double criterion;

    snprintf(formula, sizeof formula, "y ~ x + g + (0 + I(x - (%.15g)) | g)", centre);
    cr_assert(shape_fit(data, formula, false, &s, &err), "%s", err.message);
    criterion = s.fit->criterion;
    shape_clear(&s);
    return criterion;
}

/* By ML log|V| hangs on it: its optimum has slopes that turn about one x, which is the best there is. */
Test(identify, one_effect_within_the_fixed_ones_by_likelihood)
{
    struct glmm_error err = { 0 };
    struct shaped s;
    struct rng rng;
    char *data;
    double centre;

    rng_init(&rng, 23, 0);
    data = shape_data(&rng);
    cr_assert(shape_fit(data, "y ~ x + g + (x | g)", false, &s, &err), "%s", err.message);
    cr_assert_null(s.fit->identity);
    cr_assert_eq(s.fit->optimum.verdict, VERDICT_BOUNDARY);
    cr_assert_eq(s.fit->npar, s.design->p + 4);
    cr_assert_float_eq(fabs(s.fit->random[0].correlation[1]), 1, 1e-6);
    for (int j = 0; j < s.design->p; j++)
        cr_assert(isfinite(s.fit->se[j]) && isfinite(fit_coefficient(s.fit, j)));
    centre = -s.fit->random[0].covariance[1] / s.fit->random[0].covariance[3];
    cr_assert_float_eq(s.fit->criterion, criterion_of_slope_from(data, centre), 1e-6);
    for (double step = -0.1; step < 0.2; step += 0.2)
        cr_assert_gt(criterion_of_slope_from(data, centre + step), s.fit->criterion + 1e-6);
    shape_clear(&s);
    free(data);
}

/* A date in seconds beside the groups: what of a group's effect lies within the fixed ones is not what cancels in the date. */
Test(identify, estimates_beside_a_column_far_from_zero)
{
    struct glmm_error err = { 0 };
    struct text text = { 0 };
    struct shaped s;
    struct rng rng;
    char *data;

    rng_init(&rng, 24, 0);
    text_add(&text, "y,g,date\n");
    for (int l = 0; l < 6; l++)
        for (int i = 0; i < 4; i++)
            text_addf(&text, "%.6f,g%d,%d\n", 0.3 * i + l + rng_normal(&rng), l, 1000002001 + i);
    data = text_take(&text);
    cr_assert(shape_fit(data, "y ~ g + date + (1 | g)", true, &s, &err), "%s", err.message);
    cr_assert_not_null(s.fit->identity);
    cr_assert_eq(s.design->p, 7);
    for (int j = 0; j < s.design->p; j++)
        cr_assert(isfinite(fit_coefficient(s.fit, j)), "%s", s.design->names[j]);
    for (int j = 1; j < 6; j++)
        cr_assert(isnan(s.fit->se[j]));
    cr_assert(isfinite(s.fit->se[6]));
    shape_clear(&s);
    free(data);
}

static const struct fit *fit_family(const char *data, const char *formula, const char *name, struct shaped *s)
{
    struct glmm_error err = { 0 };
    struct csv_options csv = { 0 };
    const struct family *family = family_find(name, &err);
    struct design_options columns = { .response = family->response, .allow_olre = true };
    struct fit_options options = { 0 };
    bool ok;

    *s = (struct shaped){ 0 };
    ok = (s->frame = csv_read_bytes(data, strlen(data), "data", &csv, &err)) != NULL
         && (s->formula = formula_parse(formula, s->frame, &err)) != NULL
         && (s->design = design_new(s->frame, s->formula, &columns, NULL, &err)) != NULL
         && (s->fit = glm_fit(s->design, family, NULL, &options, NULL, &err)) != NULL;
    cr_assert(ok, "%s: %s", formula, err.message);
    return s->fit;
}

/* Counts: the same, by Laplace. */
Test(identify, generalized_models_too)
{
    struct text data = { 0 };
    struct shaped a, b, c;
    struct rng rng;

    rng_init(&rng, 23, 0);
    text_add(&data, "n,x,g,h,s,t\n");
    for (int l = 0; l < 12; l++) {
        double of_g = rng_normal(&rng);

        for (int i = 0; i < 6; i++) {
            double x = rng_normal(&rng);

            text_addf(&data, "%d,%.4f,g%d,h%d,%s,t%d\n", (int)(exp(1 + 0.3 * x + of_g + 0.3 * rng_normal(&rng)) + 0.5), x, l,
                      20 - l, l % 2 == 0 ? "p" : "q", l / 6);
        }
    }
    fit_family(text_string(&data), "n ~ x + (1 | g) + (1 | h)", "poisson", &a);
    fit_family(text_string(&data), "n ~ x + (1 | g)", "poisson", &b);
    cr_assert_eq(a.fit->optimum.verdict, VERDICT_NOT_IDENTIFIED);
    cr_assert_eq(a.fit->npar, b.fit->npar);
    cr_assert_float_eq(a.fit->loglik, b.fit->loglik, 1e-6);
    cr_assert_float_eq(a.fit->identity->sums[0].value, b.fit->random[0].covariance[0], 1e-5);
    cr_assert_float_eq(a.fit->se[1], b.fit->se[1], 1e-6);
    shape_clear(&a);
    shape_clear(&b);
    fit_family(text_string(&data), "n ~ x + (1 | g) + (0 + s | g)", "poisson", &a);
    fit_family(text_string(&data), "n ~ x + (1 + s | g)", "poisson", &b);
    fit_family(text_string(&data), "n ~ x + (0 + s || g)", "poisson", &c);
    cr_assert_eq(a.fit->npar, c.fit->npar);
    cr_assert_eq(b.fit->npar, c.fit->npar);
    cr_assert_float_eq(a.fit->loglik, c.fit->loglik, 1e-6);
    cr_assert_float_eq(b.fit->loglik, c.fit->loglik, 1e-6);
    cr_assert(isnan(b.fit->random[0].sd[1]));
    cr_assert(isfinite(b.fit->random[0].sd[0]));
    shape_clear(&a);
    shape_clear(&b);
    shape_clear(&c);
    fit_family(text_string(&data), "n ~ g + (1 | g)", "poisson", &a);
    cr_assert_eq(a.fit->optimum.verdict, VERDICT_NOT_IDENTIFIED);
    cr_assert(isnan(a.fit->se[1]));
    shape_clear(&a);
    text_clear(&data);
}

/* --- responses that are explained exactly ---------------------------------------------------------------- */

static void is_explained(const char *data, const char *formula, bool reml, const char *says)
{
    struct glmm_error err = { 0 };
    struct shaped s;
    bool fitted = shape_fit(data, formula, reml, &s, &err);

    cr_assert_eq(fitted, says == NULL, "%s: %s", formula, fitted ? "fitted" : err.message);
    if (says != NULL)
        cr_assert(strstr(err.message, says) != NULL, "%s: %s", formula, err.message);
    shape_clear(&s);
}

Test(identify, groups_that_explain_the_response_exactly)
{
    struct text data = { 0 };
    struct rng rng;

    rng_init(&rng, 24, 0);
    text_add(&data, "level,line,both,near,far,x,g,h,w\n");
    for (int l = 0; l < 6; l++)
        for (int i = 0; i < 6; i++) {
            double x = 1000 + i + 0.1 * l, level = 4 + 0.3 * l * l, line = level + (0.5 - 0.1 * l) * (i + 0.1 * l);

            text_addf(&data, "%.4f,%.17g,%.17g,%.17g,%.17g,%.4f,g%d,h%d,%d\n", level, line, level + i * i - 0.2 * l,
                      level + 1e-4 * rng_normal(&rng), 1e9 + level, x, l, i, 1 + i % 2);
        }
    is_explained(text_string(&data), "level ~ x + (1 | g)", true, "`g` explain `level` exactly");
    is_explained(text_string(&data), "level ~ 1 + (1 | g)", false, "`g` explain");
    is_explained(text_string(&data), "level ~ 1 + (1 | h) + (1 | g)", true, "groups of `g` explain");
    is_explained(text_string(&data), "far ~ x + (1 | g)", true, "`g` explain");
    is_explained(text_string(&data), "line ~ 1 + (x | g)", true, "`g` explain");
    is_explained(text_string(&data), "both ~ 1 + (1 | g) + (1 | h)", true, "`g` and `h` explain");
    is_explained(text_string(&data), "line ~ 1 + (1 | g)", true, NULL);
    is_explained(text_string(&data), "near ~ 1 + (1 | g)", true, NULL);
    is_explained(text_string(&data), "both ~ x + (1 | g)", true, NULL);
    text_clear(&data);
}

/* y = b_g x: the fixed effects have no part in it. */
Test(identify, slopes_of_groups_that_explain_the_response_exactly)
{
    struct glmm_error err = { 0 };
    struct text data = { 0 };
    struct shaped s;

    text_add(&data, "y,x,g\n");
    for (int l = 0; l < 5; l++)
        for (int i = 0; i < 7; i++) {
            double x = (i * i + 3 * l) % 11 - 4.5;

            text_addf(&data, "%.17g,%.17g,g%d\n", (0.5 - 0.3 * l) * x, x, l);
        }
    cr_assert_not(shape_fit(text_string(&data), "y ~ 1 + (0 + x | g)", true, &s, &err));
    cr_assert(strncmp(err.message, "the groups of `g` explain", 25) == 0, "%s", err.message);
    shape_clear(&s);
    text_clear(&data);
}

/* Small models of noise have few rows to spare, and are fitted all the same. */
Test(identify, small_models_are_not_refused)
{
    for (int set = 0; set < 200; set++) {
        struct text data = { 0 };
        struct rng rng;
        int groups, each;

        rng_init(&rng, 25, (uint64_t)set);
        groups = 2 + (int)rng_below(&rng, 4);
        each = 2 + (int)rng_below(&rng, 2);
        text_add(&data, "y,x,g,h\n");
        for (int l = 0; l < groups; l++)
            for (int i = 0; i < each; i++)
                text_addf(&data, "%.8f,%.4f,g%d,h%d\n", rng_normal(&rng), rng_normal(&rng), l, i);
        is_explained(text_string(&data), "y ~ 1 + (1 | g)", true, NULL);
        is_explained(text_string(&data), "y ~ 1 + (1 | g) + (1 | h)", false, NULL);
        if (groups * each > 4)
            is_explained(text_string(&data), "y ~ x + (1 | g)", true, NULL);
        text_clear(&data);
    }
}

/* Rows of four tanks, two for each treatment where `tanks` is 4, one where it is 2; z in another unit. */
static struct shaped slopes_of_tanks(int tanks, double unit, struct glmm_error *err)
{
    struct text text = { 0 };
    struct shaped s;
    struct rng rng;

    rng_init(&rng, 23, 0);
    text_add(&text, "y,x,z,t,tank\n");
    for (int i = 0; i < 80; i++) {
        double z = rng_normal(&rng), x = rng_normal(&rng);

        text_addf(&text, "%.6f,%.6f,%.17g,%s,T%d\n", x + z * (i % 2) + rng_normal(&rng), x, z * unit, i % 2 == 0 ? "ctl" : "hot",
                  i % tanks);
    }
    cr_assert(shape_fit(text_string(&text), "y ~ x + t * z + (z | tank)", true, &s, err), "%s", err->message);
    text_clear(&text);
    return s;
}

/* One tank a treatment: what hangs on the variances of its level and of its slope is open in any unit of z; x hangs on neither,
 * and has the error that it has where the tanks are fixed. */
Test(identify, open_errors_are_so_in_any_unit)
{
    struct glmm_error err = { 0 };
    double se = 0;

    for (int k = -1; k <= 1; k++) {
        double unit = pow(10, 6 * k);
        struct shaped s = slopes_of_tanks(2, unit, &err);

        for (int j = 0; j < s.design->p; j++)
            cr_expect_eq(isnan(s.fit->se[j]), strcmp(s.design->names[j], "x") != 0, "%s, z times %g: %g", s.design->names[j],
                         unit, s.fit->se[j]);
        se = k == -1 ? s.fit->se[1] : se;
        cr_expect_float_eq(s.fit->se[1], se, 1e-9);
        shape_clear(&s);
    }
}

/* An effect of each row beside residuals with weights: where these are all the same the two variances are one, whose estimate is
 * that of the regression's residuals; where they differ there are two. */
Test(identify, weights_tell_rows_from_their_effects)
{
    for (int differ = 0; differ < 2; differ++) {
        struct glmm_error err = { 0 };
        struct csv_options csv = { 0 };
        struct text text = { 0 };
        struct rng rng;
        struct frame *frame;
        struct model *model, *plain;
        struct fit *fit, *less;

        rng_init(&rng, 24, 0);
        text_add(&text, "y,x,w,o\n");
        for (int i = 0; i < 40; i++)
            text_addf(&text, "%.6f,%.6f,%d,o%d\n", rng_normal(&rng) + rng_normal(&rng) / (1 + i % 2 * differ), rng_normal(&rng),
                      4 + 12 * (i % 2 * differ), i);
        frame = csv_read_bytes(text_string(&text), text.length, "data", &csv, &err);
        cr_assert_not_null(frame);
        cr_assert(
            kind_fit(frame, &(struct spec){ .formula = "y ~ x + (1 | o)", .weights = "w" }, NULL, false, &model, &fit, &err),
            "%s", err.message);
        cr_assert(kind_fit(frame, &(struct spec){ .formula = "y ~ x", .weights = "w" }, NULL, false, &plain, &less, &err), "%s",
                  err.message);
        cr_assert_eq(fit->identity == NULL ? 0 : fit->identity->lost, 1 - differ);
        if (!differ) {
            cr_expect_float_eq(fit->identity->sums[0].value, less->sigma * less->sigma, 1e-7);
            cr_expect_float_eq(fit->loglik, less->loglik, 1e-8);
            for (int j = 0; j < 2; j++) {
                cr_expect_float_eq(fit->beta[j], less->beta[j], 1e-8);
                cr_expect_float_eq(fit->se[j], less->se[j], 1e-8);
            }
        }
        fit_free(fit);
        fit_free(less);
        model_free(model);
        model_free(plain);
        frame_free(frame);
        text_clear(&text);
    }
}

/* Which levels no row shows an effect of: each level by its own rows, wherever these stand. */
Test(identify, effects_that_no_row_of_a_level_shows)
{
    int32_t level[] = { 0, 0, 2, 1, 1, 2 };
    double z[] = { 1, 0, 2, 0, 0, 4, 0, 5, 0, 3, 0, 6 }; /* level 0 shows the first effect, 1 and 2 the second */
    struct random_design random = { .k = 2, .level_count = 3, .level = level, .z = z };
    struct design design = { .n = 6, .random = &random, .random_count = 1 };
    bool marks[6] = { false }, *absent[] = { marks };
    size_t rows[3], *row[] = { rows };
    struct identity identity = { .absent = absent, .row = row };

    identity_mark_absent(&identity, &design, 0);
    for (int l = 0; l < 3; l++) {
        cr_expect_eq(marks[2 * l], l != 0, "level %d", l);
        cr_expect_eq(marks[2 * l + 1], l == 0, "level %d", l);
        cr_expect_eq(level[rows[l]], l, "level %d", l);
    }
}

/* A term of two effects, both of them within the fixed ones: the fit is that without it, whose estimates it leaves as they are.
 */
Test(identify, two_effects_within_the_fixed_ones)
{
    for (int reml = 0; reml < 2; reml++) {
        enum fit_method method = reml ? METHOD_REML : METHOD_ML;
        struct stated with = state("sleepstudy", "Reaction ~ Subject * Days + (Days | Subject)", NULL, method, 0);
        struct stated without = state("sleepstudy", "Reaction ~ Subject * Days", NULL, method, 0);

        cr_assert_eq(with.fit->optimum.verdict, VERDICT_NOT_IDENTIFIED, "%s", with.fit->optimum.message);
        cr_assert_not_null(with.fit->identity);
        cr_expect_eq(with.fit->identity->lost, 3);
        cr_expect_eq(with.fit->npar, without.fit->npar);
        cr_expect_float_eq(with.fit->loglik, without.fit->loglik, 1e-7);
        cr_expect_float_eq(with.fit->sigma, without.fit->sigma, 1e-7);
        for (int j = 0; j < with.model->design->p; j++)
            cr_expect_float_eq(with.fit->beta[j], without.fit->beta[j], 1e-7);
        stated_clear(&with);
        stated_clear(&without);
    }
}
