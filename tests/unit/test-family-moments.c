/* test-family-moments.c -- links, draws, cumulative probabilities and deviances of the families; their names and messages. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include <Rmath.h>

#include "model/family.h"
#include "model/family-special.h"
#include "plain-families.h"
#include "natural-shapes.h"

Test(family, polygamma_is_nmaths)
{
    for (double x = 1e-6; x < 1e6; x *= 1.9) {
        double out[3];

        polygamma(x, out);
        cr_assert_float_eq(out[0], digamma(x), 1e-13 * (1 + fabs(out[0])), "x %g", x);
        cr_assert_float_eq(out[1], trigamma(x), 1e-13 * out[1]);
        cr_assert_float_eq(out[2], psigamma(x, 2), -1e-12 * out[2]);
    }
}

Test(family, links_invert_and_differentiate)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int l = 0; family_at(f)->links[l] != NULL; l++)
            for (int i = 0; i < 7; i++) {
                const struct link *link = family_at(f)->links[l];
                double eta = (double[]){ -2.2, -1, -0.3, 0.2, 0.7, 1.1, 1.8 }[i], m[4], up[4], down[4], h = 1e-5;

                if (link->valid != NULL && !link->valid(eta))
                    continue;
                link->inverse(eta, m);
                if (!(strcmp(link->name, "inverse") == 0 && eta < 0))
                    cr_assert_float_eq(link->transform(m[0]), eta, 1e-12, "%s", link->name);
                link->inverse(eta + h, up);
                link->inverse(eta - h, down);
                for (int j = 0; j < 3; j++)
                    cr_assert_float_eq(m[j + 1], (up[j] - down[j]) / (2 * h), 1e-7 * (1 + fabs(m[j + 1]) * 1000), "%s",
                                       link->name);
            }
}

/* Counts above 0 where nearly all are 0: the logarithmic series as the mean goes to 0, and, on the way, what R's dnbinom adds up
 * to; draws by inversion have its mean. */
Test(family, few_counts_above_0)
{
    const double alpha = 4.104, p = alpha / (1 + alpha), mean = alpha / log1p(alpha);

    for (int which = 1; which <= 2; which++) {
        const struct family *family = family_find(which == 1 ? "truncated_nbinom1" : "truncated_nbinom2", NULL);

        for (double mu = 1e-20; mu < 0.3; mu *= 7) {
            double shape[FAMILY_SHAPES] = { which == 1 ? alpha : mu / alpha }, sum = 0, drawn = 0;
            struct rng rng;

            for (int y = 1; y < 60; y++) {
                struct observation at = { .y = y, .trials = 1, .weight = 1 };

                cr_assert_float_eq(family->cumulative(mu, 0, shape, &at, true), sum, 1e-12, "%d mu %g y %d", which, mu, y);
                sum += mu < 1e-13 ? -pow(p, y) / (y * log1p(-p))
                                  : dnbinom_mu(y, mu / alpha, mu, 0) / -expm1(-mu / alpha * log1p(alpha));
                cr_assert_float_eq(family->cumulative(mu, 0, shape, &at, false), sum, 1e-12, "%d mu %g y %d", which, mu, y);
            }
            rng_init(&rng, 7, 1);
            for (int i = 0; i < 4000; i++)
                drawn += family->simulate(&rng, mu, 0, shape, &(struct observation){ .trials = 1, .weight = 1 }) / 4000;
            if (mu < 1e-3)
                cr_assert_float_eq(drawn, mean, 0.2, "%d mu %g: %g", which, mu, drawn);
        }
    }
}

/* Draws have the mean and the variance that the family states. */
static void check_moments(const struct family *family, int stream, double weight)
{
    const struct link *link = family->links[0];
    struct observation at = { .y = 0, .trials = family->response == RESPONSE_BINOMIAL ? 12 : 1, .weight = weight };
    double eta = 0.6, shape[FAMILY_SHAPES], estimated[FAMILY_SHAPES], mean = 0, square = 0, mu[4], own_mean[4], variance;
    struct link own;
    struct rng rng;
    int n = 40000;

    rng_init(&rng, 42, stream);
    natural_shapes(family, 0.8, shape, estimated);
    link->inverse(eta, mu);
    link_inverse(family_mean_link(family, link, shape, &own), eta, own_mean);
    for (int i = 0; i < n; i++) {
        double y = family_simulate(family, link, &rng, &at, eta, shape);
        struct observation drawn = { .y = y, .trials = at.trials, .weight = weight };

        cr_assert(family->accepts(&drawn), "%s drew %g", family->name, y);
        mean += (y - own_mean[0]) / n;
        square += (y - own_mean[0]) * (y - own_mean[0]) / n;
    }
    variance = family_variance(family, mu[0], shape, &at);
    cr_assert_lt(fabs(mean), 5 * sqrt(variance / n), "%s mean", family->name);
    cr_assert_lt(fabs(square / variance - 1), 0.1, "%s variance %g against %g", family->name, square, variance);
}

Test(family, simulation_has_the_moments)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        check_moments(family_at(f), f, 1);
        if (family_at(f)->weight_divides)
            check_moments(family_at(f), f, 5);
    }
}

/* Counts of a large mean have three moments; a draw that adds up to them one by one would not end. */
Test(family, large_counts_have_the_moments)
{
    static const char *const names[] = { "genpois", "compois" };
    static const double means[] = { 1.5e5, 7e11 }, phis[] = { 0.5, 1, 1.2 };
    const int n = 40000;

    for (int c = 0; c < 12; c++) {
        const struct family *family = family_find(names[c % 2], NULL);
        const double mu = means[c / 2 % 2], phi = phis[c / 4], sd = sqrt(phi * mu);
        const double skewness = c % 2 == 0 ? (3 * sqrt(phi) - 2) / sqrt(mu) : sqrt(phi / mu);
        double mean = 0, square = 0, cube = 0, shape[FAMILY_SHAPES] = { phi };
        struct rng rng;

        rng_init(&rng, 5, c);
        for (int i = 0; i < n; i++) {
            double z = (family->simulate(&rng, mu, 0, shape, &(struct observation){ .trials = 1, .weight = 1 }) - mu) / sd;

            mean += z / n;
            square += z * z / n;
            cube += z * z * z / n;
        }
        cr_expect_lt(fabs(mean), 4 / sqrt(n), "%s %g %g: mean %g", names[c % 2], mu, phi, mean);
        cr_expect_lt(fabs(square - 1), 4 * sqrt(2.0 / n), "%s %g %g: variance %g", names[c % 2], mu, phi, square);
        cr_expect_lt(fabs(cube - 3 * mean - skewness), 4 * sqrt(6.0 / n), "%s %g %g: skewness %g", names[c % 2], mu, phi, cube);
    }
}

/* A row that stands for several has their log density, and all derivatives of it. */
Test(family, a_row_of_several_is_their_sum)
{
    static const char *const names[] = { "poisson",           "nbinom1",           "nbinom2",
                                         "truncated_poisson", "truncated_nbinom1", "truncated_nbinom2" };

    for (size_t f = 0; f < sizeof names / sizeof names[0]; f++) {
        const struct family *family = family_find(names[f], NULL);
        struct observation one = { .y = 3, .trials = 1, .weight = 1 }, several = { .y = 3, .trials = 1, .weight = 4 };
        double shape[FAMILY_SHAPES], estimated[FAMILY_SHAPES], of_one[D_COUNT] = { 0 }, of_several[D_COUNT] = { 0 };

        natural_shapes(family, 0.8, shape, estimated);
        cr_assert(family->density(family->links[0], &one, 0.4, shape, ORDER_ALL, of_one));
        cr_assert(family->density(family->links[0], &several, 0.4, shape, ORDER_ALL, of_several));
        if (family->curve != NULL && family->has_dispersion) {
            family->curve(family->links[0], &one, 0.4, shape, of_one);
            family->curve(family->links[0], &several, 0.4, shape, of_several);
        }
        for (int d = 0; d < D_COUNT; d++)
            cr_expect_float_eq(of_several[d], 4 * of_one[d], 1e-10 * (1 + fabs(of_several[d])),
                               "%s, %d: %.12g, not 4 times %.12g", names[f], d, of_several[d], of_one[d]);
    }
}

/* The logarithm of a lognormal draw is the normal draw of the same random numbers. */
Test(family, logarithms_of_draws_are_normal_draws)
{
    const struct family *lognormal = family_find("lognormal", NULL), *gaussian = family_find("gaussian", NULL);
    const struct observation at = { .trials = 1, .weight = 1 };
    const double shape[FAMILY_SHAPES] = { 0.64 };
    struct rng one, other;

    rng_init(&one, 11, 1);
    rng_init(&other, 11, 1);
    for (int i = 0; i < 100; i++)
        cr_expect_float_eq(log(lognormal->simulate(&one, 0.3, 0, shape, &at)), gaussian->simulate(&other, 0.3, 0, shape, &at),
                           1e-12);
}

/* The probability of one count is its density; that of a small interval is the density's integral. */
Test(family, cumulative_probabilities_are_those_of_the_density)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        const struct link *link = family->links[0];
        bool counts = family->response == RESPONSE_BINOMIAL || family->support == SUPPORT_COUNT;
        double eta = 0.4, shape[FAMILY_SHAPES], estimated[FAMILY_SHAPES], h = 1e-4;

        if (family->cumulative == NULL)
            continue;
        natural_shapes(family, 0.7, shape, estimated);
        for (int k = 0; k < 6; k++) {
            double trials = family->response == RESPONSE_BINOMIAL ? 7 : 1, y = counts ? k / trials : 0.1 + 0.15 * k;
            struct observation at = { .y = y, .trials = trials, .weight = 1 }, left = at, right = at;
            const struct response row = { .family = family,
                                          .link = link,
                                          .n = 1,
                                          .y = &at.y,
                                          .trials = &at.trials,
                                          .shape = { estimated[0], estimated[1], estimated[2] } };
            double density = response_density(&row, 0, 1, &eta, ORDER_VALUE, NULL) + response_constant(&row, NULL), share;

            if (!family->accepts(&at))
                continue;
            left.y -= h;
            right.y += h;
            if (counts)
                share = family_cumulative(family, link, &at, eta, shape, false)
                        - family_cumulative(family, link, &at, eta, shape, true);
            else
                share = (family_cumulative(family, link, &right, eta, shape, false)
                         - family_cumulative(family, link, &left, eta, shape, true))
                        / (2 * h);
            cr_expect_float_eq(share, exp(density), counts ? 1e-12 : 1e-4, "%s at %g: %.12g and %.12g", family->name, y, share,
                               exp(density));
        }
    }
}

Test(family, deviance_is_twice_the_distance_to_the_saturated_density)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        const struct link *link = family->links[0];
        struct observation at = { .y = strcmp(family->name, "beta") == 0 ? 0.4 : 3, .trials = 1, .weight = 1 };
        double eta = 0.9, dispersion = 0.7, shape[FAMILY_SHAPES], tau[FAMILY_SHAPES], d[D_COUNT], best[D_COUNT], residual,
               top = -INFINITY, scale;

        natural_shapes(family, dispersion, shape, tau);
        if (strcmp(family->name, "ordbeta") == 0)
            at.y = 0.4;
        if (family->response == RESPONSE_BINOMIAL) {
            at.trials = 7;
            at.y = 3.0 / 7;
        }
        cr_assert(family->density(link, &at, eta, tau, ORDER_VALUE, d));
        for (double e = -3; e < 4; e += 1e-4)
            if (family->density(link, &at, e, tau, ORDER_VALUE, best))
                top = fmax(top, best[0]);
        residual = family_deviance_residual(family, link, &at, eta, shape);
        scale = family->weight_divides ? dispersion : 1;
        cr_assert_float_eq(residual * residual, 2 * (top - d[0]) * scale, 1e-6, "%s", family->name);
    }
}

/* A response of 0 has no probability left to gain but where the mean is 0. */
Test(family, deviance_of_a_response_of_0)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        const struct link *link = family->links[0];
        struct observation at = { .y = 0, .trials = family->response == RESPONSE_BINOMIAL ? 7 : 1, .weight = 1 };
        double eta = 0.9, shape[FAMILY_SHAPES], tau[FAMILY_SHAPES], d[D_COUNT], best[D_COUNT], residual, top = -INFINITY;

        natural_shapes(family, 0.7, shape, tau);
        if (!family->accepts(&at) || link->kind == LINK_IDENTITY)
            continue;
        cr_assert(family->density(link, &at, eta, tau, ORDER_VALUE, d));
        for (double e = -40; e < 4; e += 1e-2)
            if (family->density(link, &at, e, tau, ORDER_VALUE, best))
                top = fmax(top, best[0]);
        residual = family_deviance_residual(family, link, &at, eta, shape);
        cr_expect_float_eq(residual * residual, 2 * (top - d[0]) * (family->weight_divides ? shape[0] : 1), 1e-5, "%s",
                           family->name);
        cr_expect_leq(residual, 0, "%s", family->name);
    }
}

/* Where the power goes to 2, it is Gamma; near the mean the deviance is the square of a relative distance. */
Test(family, tweedie_goes_to_gamma)
{
    const struct family *tweedie = family_find("tweedie", NULL), *gamma = family_find("Gamma", NULL);
    double phi = 0.4, mu = 2.5;

    for (double left = 1e-5; left > 1e-16; left /= 30)
        for (double y = 0.3; y < 9; y *= 1.7) {
            struct observation at = { .y = y, .trials = 1, .weight = 1 };
            double shape[] = { phi, 2 - left };

            cr_expect_float_eq(tweedie->deviance(&at, mu, shape), gamma->deviance(&at, mu, shape) / phi, 40 * left + 1e-13,
                               "2 - %g at %g", left, y);
            cr_expect_float_eq(tweedie->cumulative(mu, 0, shape, &at, false), gamma->cumulative(mu, 0, shape, &at, false),
                               10 * left + 1e-10, "2 - %g at %g", left, y);
        }
    for (double left = 0.5; left > 1e-12; left /= 10) {
        struct observation at = { .y = mu * (1 + 1e-5), .trials = 1, .weight = 1 };
        double shape[] = { phi, 2 - left };

        cr_expect_float_eq(tweedie->deviance(&at, mu, shape) * phi * pow(mu, -left) / 1e-10, 1, 1e-4, "2 - %g", left);
    }
}

/* Of responses from 0 to 1 that have both ends, all of the probability is below or at 1, and none below 0. */
Test(family, cumulative_probabilities_of_the_ends)
{
    const struct family *ordbeta = family_find("ordbeta", NULL);
    double shape[FAMILY_SHAPES], estimated[FAMILY_SHAPES], h = 1e-9, mu = 0.6;
    struct observation low = { .y = 0, .trials = 1, .weight = 1 }, high = { .y = 1, .trials = 1, .weight = 1 }, near = low;

    natural_shapes(ordbeta, 3, shape, estimated);
    cr_expect_eq(ordbeta->cumulative(mu, 1 - mu, shape, &low, true), 0);
    near.y = h;
    cr_expect_float_eq(ordbeta->cumulative(mu, 1 - mu, shape, &low, false), ordbeta->cumulative(mu, 1 - mu, shape, &near, false),
                       1e-8);
    near.y = 1 - h;
    cr_expect_float_eq(ordbeta->cumulative(mu, 1 - mu, shape, &high, true), ordbeta->cumulative(mu, 1 - mu, shape, &near, false),
                       1e-8);
    cr_expect_eq(ordbeta->cumulative(mu, 1 - mu, shape, &high, false), 1);
}

Test(family, names_and_messages)
{
    struct glmm_error err = { 0 };
    double y[] = { 1, 2, -3 };
    struct response response = { .family = family_find("poisson", NULL), .link = link_find("log"), .n = 3, .y = y };

    cr_assert_null(family_find("poison", &err));
    cr_assert(strstr(err.hint, "poisson") != NULL);
    error_clear(&err);
    cr_assert_null(family_link(family_find("binomial", NULL), "identity", &err));
    cr_assert(strstr(err.hint, "logit probit cloglog cauchit log") != NULL, "%s", err.hint);
    error_clear(&err);
    cr_assert_not(response_check(&response, NULL, "count", &err));
    cr_assert_str_eq(err.message, "row 3: the response count is -3, but the family poisson needs a whole number from 0 up");
    cr_assert_eq(family_link(family_find("Gamma", NULL), NULL, NULL), link_find("log"));
}

/* A family as it is typed: its number in parentheses, or why not and what then. */
Test(family, with_a_number)
{
    static const struct {
        const char *text, *says, *hint;
    } wrong[] = {
        { "nb", "no family `nb`", "nbinom2" },
        { "negbin", "no family `negbin`", "nbinom1" },
        { "nbinom", "no family `nbinom`", "nbinom2" },
        { "gamma", "no family `gamma`", "did you mean `Gamma`" },
        { "quasi", "no family `quasi`", "families: gaussian" },
        { "nbinom3", "no family `nbinom3`", "`nbinom2` or `nbinom1`" },
        { "quasi(1)", "no family `quasi`", "families: gaussian" },
        { "binomial(link = \"probit\")", "the link is an option of its own", "family=binomial link=probit" },
        { "binomial( link= probit)", "the link is an option of its own", "link=probit" },
        { "binomial('cloglog')", "the link is an option of its own", "link=cloglog" },
        { "binomial(3)", "only t and tweedie take a number", "family=t(4)" },
        { "t()", "only t and tweedie take a number", "tweedie(1.5)" },
        { "t(4", "only t and tweedie take a number", "family=t(4)" },
        { "t(4)x", "only t and tweedie take a number", "family=t(4)" },
        { "t(0)", "is a number above 0", "" },
        { "t(nan)", "is a number above 0", "" },
        { "t(1e400)", "is a number above 0", "" },
        { "tweedie(1)", "is a number between 1 and 2", "" },
        { "tweedie(2)", "is a number between 1 and 2", "" },
    };
    struct arena *arena = arena_new();
    const struct family *t = family_make(arena, "t(4)", NULL), *tweedie = family_make(arena, "tweedie(1.5)", NULL);
    double rate;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct glmm_error err = { 0 };

        cr_expect_null(family_make(arena, wrong[i].text, &err));
        cr_expect(strstr(err.message, wrong[i].says) != NULL, "%s: %s", wrong[i].text, err.message);
        cr_expect(strstr(err.hint, wrong[i].hint) != NULL, "%s: %s", wrong[i].text, err.hint);
    }
    cr_assert(t != NULL && t->given[1] && tweedie != NULL && tweedie->given[1]);
    cr_expect_float_eq(family_shape_value(t, 1, t->more[0].start, &rate), 4, 1e-14);
    cr_expect_float_eq(family_shape_value(tweedie, 1, tweedie->more[0].start, &rate), 1.5, 1e-14);
    cr_expect(!family_is_same(t, family_find("t", NULL)) && family_is_same(t, family_make(arena, "t(4)", NULL)));
    cr_expect(!family_is_same(t, family_make(arena, "t(5)", NULL)) && !family_is_same(t, tweedie));
    arena_free(arena);
}
