/* test-ordinal.c -- ordered categories: gradients against differences, and the same model in two ways. */
#include <math.h>

#include "differences.h"
#include "model/family-parts.h"
#include "stated.h"

static const char *const links[] = { "logit", "probit", "cloglog" };

/* The counts of salamanders below four, as categories. */
static struct spec spec_of(const char *formula, const char *link, const char *where)
{
    return (struct spec){ .formula = formula, .family = "cumulative", .link = link, .where = where };
}

static struct stated fitted(const char *formula, const char *link, const char *where, int nodes)
{
    const struct spec spec = spec_of(formula, link, where);
    const struct fit_options options = { .method = nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE, .nodes = nodes, .unpriced = true };

    return state_spec("salamanders", &spec, &options);
}

static void check_gradient(const char *formula, const char *link, int nodes)
{
    const struct spec spec = spec_of(formula, link, "count < 4");
    struct stated s = stated_only("salamanders", &spec);
    struct glmm_error err = { 0 };
    struct glm *m = glm_new(s.model->design, s.model->family, s.model->link, nodes, &err);
    double phi[PARAMETERS];
    char what[200];
    int thresholds = 0;

    cr_assert_not_null(m, "%s", err.message);
    for (int j = 0; j < glm_parameter_count(m); j++)
        phi[j] = j < m->p + m->theta_count ? 0.3 : -0.4 + 0.9 * thresholds++;
    cr_assert_eq(thresholds, 3);
    snprintf(what, sizeof what, "%s %s nodes %d", link, formula, nodes);
    check_slopes(m, phi, 1e-5, what);
    glm_free(m);
    stated_clear(&s);
}

Test(ordinal, gradients)
{
    for (size_t l = 0; l < sizeof links / sizeof *links; l++) {
        check_gradient("count ~ mined + DOY + (1 | site)", links[l], 1);
        check_gradient("count ~ mined + DOY + (1 | site)", links[l], 7);
        check_gradient("count ~ mined + (DOY | site)", links[l], 1);
        check_gradient("count ~ mined + (1 | site) + (1 | spp)", links[l], 1);
    }
}

static void expect_near(double a, double b, const char *link, const char *what)
{
    cr_expect(fabs(a - b) < 1e-6 * (1 + fabs(b)), "%s %s: %.12g, %.12g", link, what, a, b);
}

/* P(y <= first) is the probability of a failure: the threshold is minus the intercept. */
Test(ordinal, two_categories_are_a_binomial_model)
{
    for (int nodes = 1; nodes < 10; nodes += 8)
        for (size_t l = 0; l < 2; l++) {
            const struct spec binary = {
                .formula = "count ~ mined + DOY + (1 | site)", .family = "binomial", .link = links[l], .where = "count < 2"
            };
            const struct fit_options options = { .method = nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE,
                                                 .nodes = nodes,
                                                 .unpriced = true };
            struct stated a = fitted("count ~ mined + DOY + (1 | site)", links[l], "count < 2", nodes);
            struct stated b = state_spec("salamanders", &binary, &options);

            expect_near(a.fit->loglik, b.fit->loglik, links[l], "logLik");
            expect_near(a.fit->random[0].sd[0], b.fit->random[0].sd[0], links[l], "SD");
            for (int j = 0; j < a.fit->design->p; j++) {
                expect_near(a.fit->beta[j], b.fit->beta[j + 1], links[l], "estimate");
                expect_near(a.fit->se[j], b.fit->se[j + 1], links[l], "error");
            }
            cr_assert_eq(a.fit->part_count, 1);
            cr_assert_eq(a.fit->part[0].count, 1);
            expect_near(a.fit->part[0].estimate[0], -b.fit->beta[0], links[l], "threshold");
            expect_near(a.fit->part[0].se[0], b.fit->se[0], links[l], "error of the threshold");
            stated_clear(&a);
            stated_clear(&b);
        }
}

/* With a symmetric link the reversed order has all signs turned, and its thresholds reversed. */
Test(ordinal, reversed_order_turns_signs)
{
    for (size_t l = 0; l < 2; l++) {
        struct stated a = fitted("count ~ mined + DOY + (1 | site)", links[l], "count < 4", 1);
        struct stated b = fitted("3 - count ~ mined + DOY + (1 | site)", links[l], "count < 4", 1);

        expect_near(a.fit->loglik, b.fit->loglik, links[l], "logLik");
        for (int j = 0; j < a.fit->design->p; j++) {
            expect_near(a.fit->beta[j], -b.fit->beta[j], links[l], "estimate");
            expect_near(a.fit->se[j], b.fit->se[j], links[l], "error");
        }
        for (int j = 0; j < 3; j++)
            expect_near(a.fit->part[0].estimate[j], -b.fit->part[0].estimate[2 - j], links[l], "threshold");
        stated_clear(&a);
        stated_clear(&b);
    }
}

/* Without covariates and groups the thresholds are those of the shares. */
Test(ordinal, thresholds_of_shares)
{
    struct stated s = fitted("count ~ 1", "logit", "count < 4", 1);
    double rows = 0, below = 0, number[4] = { 0 };

    for (size_t i = 0; i < s.model->design->n; i++)
        number[(int)s.model->design->y[i] - 1] += s.model->design->weights != NULL ? s.model->design->weights[i] : 1;
    for (int j = 0; j < 4; j++)
        rows += number[j];
    for (int j = 0; j < 3; j++) {
        below += number[j];
        expect_near(s.fit->part[0].estimate[j], log(below / (rows - below)), "logit", "threshold");
    }
    stated_clear(&s);
}

/* What lies below a category is what lies at or below the one before: 0 and 1 at the ends, the link of a threshold between. */
Test(ordinal, probabilities_add_up)
{
    static const char *const names[] = { "low", "middle", "high", "top" };
    const double thresholds[FAMILY_SHAPES] = { -0.7, 0.4, 1.5 }, eta = 0.25;
    struct arena *arena = arena_new();
    struct glmm_error err = { 0 };
    const struct family *family = family_of_categories(arena, family_find("cumulative", &err), 4, names);
    const struct link *link = family->links[0];

    for (int y = 1; y <= 4; y++) {
        const struct observation at = { .y = y, .trials = 1, .weight = 1 };
        double below = family_cumulative(family, link, &at, eta, thresholds, true);
        double to = family_cumulative(family, link, &at, eta, thresholds, false);

        cr_expect_float_eq(below, y == 1 ? 0 : 1 / (1 + exp(eta - thresholds[y - 2])), 1e-14, "below %d: %g", y, below);
        cr_expect_float_eq(to, y == 4 ? 1 : 1 / (1 + exp(eta - thresholds[y - 1])), 1e-14, "to %d: %g", y, to);
    }
    arena_free(arena);
}

/* A threshold lies beyond the shapes of which a family says whether it holds them. */
Test(ordinal, no_threshold_is_held)
{
    static const char *const names[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9" };
    struct arena *arena = arena_new();
    struct glmm_error err = { 0 };
    const struct family *family = family_of_categories(arena, family_find("cumulative", &err), 9, names);

    cr_assert_not_null(family, "%s", err.message);
    cr_assert_eq(family_shapes(family), 8);
    for (int j = 0; j < 8; j++)
        cr_expect(!family_holds_shape(family, j), "threshold %d", j);
    arena_free(arena);
}

/* An offset that is the same for all rows moves the thresholds by itself, and nothing else; one that is 0 for some is an offset
 * too. */
Test(ordinal, offsets_move_thresholds)
{
    static const char *const offsets[] = { NULL, "0 * DOY + 2.5", "0 * DOY", "DOY * (mined == \"yes\")" };
    const struct fit_options options = { .method = METHOD_LAPLACE, .unpriced = true };
    struct stated s[4];

    for (int i = 0; i < 4; i++) {
        struct spec spec = spec_of("count ~ mined + DOY + (1 | site)", "logit", "count < 4");

        spec.offset = offsets[i];
        s[i] = state_spec("salamanders", &spec, &options);
        cr_assert_eq(s[i].fit->optimum.verdict, VERDICT_OK, "%s: %s", offsets[i], s[i].fit->optimum.message);
    }
    for (int i = 1; i < 3; i++) {
        cr_expect_float_eq(s[i].fit->loglik, s[0].fit->loglik, 1e-7);
        for (int j = 0; j < s[0].fit->design->p; j++)
            cr_expect_float_eq(s[i].fit->beta[j], s[0].fit->beta[j], 1e-5);
        for (int j = 0; j < 3; j++)
            cr_expect_float_eq(s[i].fit->rest[j], s[0].fit->rest[j] + (i == 1 ? 2.5 : 0), 1e-5, "threshold %d: %g, %g", j,
                               s[i].fit->rest[j], s[0].fit->rest[j]);
    }
    for (int i = 0; i < 4; i++)
        stated_clear(&s[i]);
}

/* log (F(u) - F(l)) and its slopes in both, in more digits. */
static void in_more_digits(double u, double l, double out[3])
{
    long double width = (long double)u - l, rate = 1 / expm1l(width), p = 1 / (1 + expl(-(long double)l));

    out[0] = (double)(-log1pl(expl(-(long double)u)) - log1pl(expl((long double)l)) + logl(-expm1l(-width)));
    out[1] = (double)(-p - rate);
    out[2] = (double)(1 / (1 + expl((long double)u)) + rate);
}

Test(ordinal, a_category_between_others_has_its_digits)
{
    static const double lows[] = { -800, -40, -3, -0.1, 0, 0.2, 5, 60, 790 };
    static const double widths[] = { 1e-12, 1e-6, 0.01, 0.6, 0.7, 2, 9, 50, 900 };

    for (size_t i = 0; i < sizeof lows / sizeof *lows; i++)
        for (size_t j = 0; j < sizeof widths / sizeof *widths; j++) {
            double l = lows[i], u = l + widths[j], shape[] = { l, u }, out[D_COUNT], right[3];
            const struct observation at = { .y = 2, .trials = 1, .weight = 1, .categories = 3 };
            double got[3];

            if (!(u > l))
                continue; /* near thresholds far out are one */
            cr_assert(family_ordinal.density(&link_logit, &at, 0, shape, ORDER_ALL, out), "%g %g", l, u);
            in_more_digits(u, l, right);
            got[0] = out[D_VALUE];
            got[1] = out[D_SHAPE(0)];
            got[2] = out[D_SHAPE(1)];
            for (int k = 0; k < 3; k++)
                cr_expect(fabs(got[k] - right[k]) <= 4e-15 * fabs(right[k]), "%g %g, %d: %.17g, %.17g", l, u, k, got[k],
                          right[k]);
        }
}
