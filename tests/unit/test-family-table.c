/* test-family-table.c -- every family of the table: derivatives against differences, densities that add up to one, limits,
 * overflow; draws; messages.  Against quadruple precision: test-family.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "model/family.h"
#include "model/family-special.h"
#include "plain-families.h"
#include "natural-shapes.h"

/* log f with its constant, and all derivatives. */
static bool whole_density(const struct family *family, const struct link *link, double y, double eta, const double shape[],
                          double out[D_COUNT])
{
    struct observation at = { .y = y, .trials = 1, .weight = 1 };
    double constant[1 + FAMILY_SHAPES] = { 0 };

    family->constant(&at, shape, constant);
    if (!family->density(link, &at, eta, shape, ORDER_ALL, out))
        return false;
    out[D_VALUE] += constant[0];
    for (int j = 0; j < family_shapes(family); j++)
        out[D_SHAPE(j)] += constant[1 + j];
    return true;
}

/* Each derivative is the difference of the one below. */
Test(family, derivatives_are_differences)
{
    static const double ys[] = { 0, 0.13, 0.6, 0.98, 1, 1.03, 3, 11 },
                        etas[] = { -1.3, 0.012, 0.2, 1.1 }; /* near log 1.03 and off it */
    double h = 1e-5;

    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int l = 0; family_at(f)->links[l] != NULL; l++)
            for (int i = 0; i < 32; i++) {
                const struct family *family = family_at(f);
                const struct link *link = family->links[l];
                double eta = etas[i % 4], y = ys[i / 4], natural[FAMILY_SHAPES], shape[FAMILY_SHAPES], d[D_COUNT], up[D_COUNT],
                       down[D_COUNT];

                if (!family->accepts(&(struct observation){ .y = y, .trials = 1, .weight = 1 })
                    || (link->valid != NULL && !link->valid(eta - 2 * h)) || (link->valid != NULL && !link->valid(eta + 2 * h)))
                    continue;
                natural_shapes(family, 0.7, natural, shape);
                if (!whole_density(family, link, y, eta, shape, d) || !whole_density(family, link, y, eta + h, shape, up)
                    || !whole_density(family, link, y, eta - h, shape, down))
                    continue;
                for (int j = D_VALUE; j < D_ETA3; j++)
                    cr_assert_float_eq(d[j + 1], (up[j] - down[j]) / (2 * h), 1e-6 * (1 + fabs(d[j]) + fabs(d[j + 1])) * 5,
                                       "%s %s y %g eta %g: derivative %d", family->name, link->name, y, eta, j + 1);
                for (int k = 0; k < family_shapes(family); k++) {
                    double kept = shape[k];

                    shape[k] = kept + h;
                    cr_assert(whole_density(family, link, y, eta, shape, up));
                    shape[k] = kept - h;
                    cr_assert(whole_density(family, link, y, eta, shape, down));
                    shape[k] = kept;
                    for (int j = 0; j < 3; j++)
                        cr_assert_float_eq(d[D_SHAPE(k) + j], (up[j] - down[j]) / (2 * h), 1e-6 * (1 + fabs(d[j])) * 5,
                                           "%s %s y %g eta %g: shape %d, derivative %d", family->name, link->name, y, eta, k, j);
                }
            }
}

/* The derivatives of a row whose dispersion has random effects, of `tau` in the place of its own. */
static void curved_row(struct response *rows, double y, double eta, double tau, double out[D_COUNT])
{
    double *places[D_COUNT];

    rows->y = &y;
    rows->rows[0] = &tau;
    for (int j = 0; j < D_COUNT; j++)
        places[j] = &out[j];
    cr_assert(isfinite(response_density(rows, 0, 1, &eta, ORDER_ALL, places)), "%s y %g", rows->family->name, y);
}

static void check_curve(struct response *rows, double y, double eta)
{
    double d[D_COUNT] = { 0 }, up[D_COUNT] = { 0 }, down[D_COUNT] = { 0 }, h = 1e-5;

    curved_row(rows, y, eta, 0.3, d);
    curved_row(rows, y, eta, 0.3 + h, up);
    curved_row(rows, y, eta, 0.3 - h, down);
    for (int j = 0; j < 3; j++) {
        int of = j == 2 ? D_CURVE : D_TAU + j;

        cr_assert_float_eq(d[D_CURVE + j], (up[of] - down[of]) / (2 * h), 1e-5 * (1 + fabs(d[D_CURVE + j])),
                           "%s %s y %g eta %g: curve %d", rows->family->name, rows->link->name, y, eta, j);
    }
    for (int k = 1; k < family_shapes(rows->family); k++)
        for (int j = 0; j < 3 && !rows->family->given[k]; j++) {
            int of = j == 2 ? D_CURVE_SHAPE(k) : D_SHAPE(k) + j;

            cr_assert_float_eq(d[D_CURVE_SHAPE(k) + j], (up[of] - down[of]) / (2 * h), 1e-5 * (1 + fabs(d[of])),
                               "%s %s y %g eta %g: shape %d, cross %d", rows->family->name, rows->link->name, y, eta, k, j);
        }
}

/* log Phi with three derivatives, by mpmath with 60 digits: two ways meet at -5, two series of the third at -50. */
Test(family, the_normal_distribution_far_out)
{
    static const double cases[][5] = {
        { -5.5, -17.779376352625261, 5.6714103138973056, -0.97213822214555377, 0.0086189435223161058 },
        { -20, -203.91715537109726, 20.049753068527851, -0.99753673838494784, 0.00024272657893584202 },
        { -49.5, -1229.9463189088274, 49.520185563987499, -0.99959287437469482, 1.6409414171432451e-5 },
        { -50.5, -1279.9663036042551, 50.519786481114537, -0.99960880111901073, 1.545672603737358e-5 },
        { -80, -3205.3011213568904, 80.012496096798234, -0.9998438962939483, 3.898940055563315e-6 },
        { -400, -80006.910409330215, 400.00249996875098, -0.99999375023436279, 3.1247656433089662e-8 },
        { -1e4, -50000010.129278915, 10000.000099999998, -0.9999999900000006, 1.99999976000003e-12 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double out[4];

        log_normal_cdf(cases[i][0], out);
        for (int j = 0; j < 4; j++)
            cr_expect_float_eq(out[j], cases[i][1 + j], (j == 3 ? 2e-9 : 1e-13) * fabs(cases[i][1 + j]),
                               "%g, derivative %d: %.17g", cases[i][0], j, out[j]);
    }
}

/* What a squared residual adds to twice the log density does not hang on eta: it is that of the best eta, which none exceeds. */
Test(family, deviances_are_counted_from_the_best_eta)
{
    static const double ys[] = { 0.13, 0.6, 1, 3, 11 };

    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int i = 0; i < 5; i++) {
            const struct family *family = family_at(f);
            const struct link *link = family->links[0];
            const struct observation at = { .y = ys[i], .trials = 1, .weight = 1 };
            double natural[FAMILY_SHAPES], shape[FAMILY_SHAPES], d[D_COUNT], best = -INFINITY, last = NAN;

            if (!family->accepts(&at) || family->deviance != NULL)
                continue;
            natural_shapes(family, 0.7, natural, shape);
            for (double eta = -3; eta < 5; eta += 0.001)
                if ((link->valid == NULL || link->valid(eta)) && whole_density(family, link, ys[i], eta, shape, d))
                    best = fmax(best, 2 * d[D_VALUE]);
            for (double eta = -1; eta < 2.2; eta += 0.7) {
                double r, sum;

                if ((link->valid != NULL && !link->valid(eta)) || !whole_density(family, link, ys[i], eta, shape, d))
                    continue;
                r = family_deviance_residual(family, link, &at, eta, natural);
                sum = r * r + 2 * d[D_VALUE];
                cr_expect(sum > best - 1e-9 * (1 + fabs(best)), "%s, y %g eta %g: %.9g and %.9g", family->name, ys[i], eta, sum,
                          best);
                cr_expect(isnan(last) || fabs(sum - last) < 1e-7 * (1 + fabs(sum)), "%s, y %g eta %g", family->name, ys[i], eta);
                last = sum;
            }
        }
}

/* Which of these responses each family takes, as its `range` says: of 1 trial, and of 10. */
Test(family, takes_the_responses_of_its_range)
{
    static const double ys[] = { -1, -0.3, 0, 0.3, 0.37, 1, 1.3, 2, INFINITY, NAN };
    static const struct {
        const char *range, *alone, *of_ten;
    } taken[] = {
        { "a finite number", "11111111--", "11111111--" },
        { "a number from 0 up", "--111111--", "--111111--" },
        { "a positive number", "---11111--", "---11111--" },
        { "a whole number from 0 up", "--1--1-1--", "--1--1-1--" },
        { "a whole number from 1 up", "-----1-1--", "-----1-1--" },
        { "a number from 0 to 1", "--1111----", "--1111----" },
        { "a number between 0 and 1, both excluded", "---11-----", "---11-----" },
        { "a proportion of whole successes, from 0 to 1", "--1--1----", "--11-1----" },
    };

    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        size_t k = 0;

        while (k < sizeof taken / sizeof *taken && strcmp(taken[k].range, family->range) != 0)
            k++;
        cr_assert(k < sizeof taken / sizeof *taken, "%s: what is %s?", family->name, family->range);
        for (size_t i = 0; i < sizeof ys / sizeof *ys; i++)
            for (int trials = 1; trials <= 10; trials += 9) {
                const struct observation at = { .y = ys[i], .trials = trials, .weight = 1 };

                cr_expect_eq(family_accepts(family, &at), (trials == 1 ? taken[k].alone : taken[k].of_ten)[i] == '1',
                             "%s: %g of %d", family->name, ys[i], trials);
            }
    }
}

/* What random effects of the dispersion need, with zeros and without. */
Test(family, curves_are_differences)
{
    static const double ys[] = { 0, 2.0 / 7, 1, 3, 11 };
    double trials = 7, weight = 1.5;
    struct arena *arena = arena_new();
    int curves = 0;

    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int zeros = 0; zeros < 2; zeros++) {
            const struct family *family = zeros ? family_with_zeros(arena, family_at(f), NULL) : family_at(f);

            for (int l = 0; family != NULL && family->curve != NULL && family->links[l] != NULL; l++)
                for (int i = 0; i < 5; i++) {
                    const struct observation at = { .y = ys[i], .trials = trials, .weight = weight };
                    struct response rows = { .family = family,
                                             .link = family->links[l],
                                             .n = 1,
                                             .trials = &trials,
                                             .weights = zeros ? NULL : &weight,
                                             .curved = true };
                    double natural[FAMILY_SHAPES];

                    if (!family_accepts(family, &at))
                        continue;
                    natural_shapes(family, 0.7, natural, rows.shape);
                    check_curve(&rows, ys[i], 0.4);
                    curves++;
                }
        }
    cr_assert_gt(curves, 50);
    arena_free(arena);
}

/* Sums of the probabilities of counts, integrals of densities, and both where some numbers have a probability. */
Test(family, densities_add_up_to_one)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        const struct link *link = family->links[0];
        double natural[FAMILY_SHAPES], shape[FAMILY_SHAPES], out[D_COUNT], sum = 0, eta = 0.4, step = 2e-3;

        if (family->response == RESPONSE_BINOMIAL)
            continue;
        natural_shapes(family, 3, natural, shape);
        if (family->support == SUPPORT_COUNT) {
            /* What is spread less than Poisson has no exact sum in genpois. */
            natural[0] = family->has_dispersion ? 1.6 : 0;
            shape[0] = log(1.6);
            for (double y = 0; y < 600; y++)
                if (family->accepts(&(struct observation){ .y = y, .trials = 1, .weight = 1 })
                    && whole_density(family, link, y, eta, shape, out))
                    sum += exp(out[D_VALUE]);
            cr_assert_float_eq(sum, 1, 1e-10, "%s: the sum is %.12g", family->name, sum);
            continue;
        }
        for (int end = 0; end <= 1; end++)
            if ((end == 0 && strcmp(family->name, "tweedie") == 0) || strcmp(family->name, "ordbeta") == 0) {
                cr_assert(whole_density(family, link, end, eta, shape, out));
                sum += exp(out[D_VALUE]);
            }
        /* y = exp(t) of positive numbers, 1/(1 + exp(-t)) of shares, sinh(t) of any. */
        for (double t = -60; t < 60; t += step) {
            bool any = family->accepts(&(struct observation){ .y = -1, .trials = 1, .weight = 1 }),
                 share = !family->accepts(&(struct observation){ .y = 2, .trials = 1, .weight = 1 });
            double y = any ? sinh(t) : share ? 1 / (1 + exp(-t)) : exp(t), rate = any ? cosh(t) : share ? y * (1 - y) : y;

            if (rate > 1e-30 && y < 1e9 && y > -1e9 && whole_density(family, link, y, eta, shape, out))
                sum += exp(out[D_VALUE]) * rate * step;
        }
        cr_assert_float_eq(sum, 1, 1e-6, "%s: the integral is %.12g", family->name, sum);
    }
}

Test(family, new_limits)
{
    const struct family *gaussian = family_find("gaussian", NULL), *t = family_find("t", NULL);
    double a[D_COUNT], b[D_COUNT];

    /* t with many degrees of freedom is normal; sigma for sigma^2. */
    cr_assert(whole_density(t, t->links[0], 1.7, 0.4, (double[]){ log(1.3), 20, 0 }, a));
    cr_assert(whole_density(gaussian, gaussian->links[0], 1.7, 0.4, (double[]){ 2 * log(1.3), 0, 0 }, b));
    for (int j = D_VALUE; j <= D_ETA3; j++)
        cr_assert_float_eq(a[j], b[j], 1e-7);
    /* genpois and compois with phi = 1 are Poisson; the truncated negative binomials run to the truncated Poisson. */
    for (int i = 0; i < 4; i++) {
        const struct family *of =
            family_find((const char *[]){ "genpois", "compois", "truncated_nbinom1", "truncated_nbinom2" }[i], NULL);
        const struct family *limit = family_find(i < 2 ? "poisson" : "truncated_poisson", NULL);

        cr_assert(whole_density(of, of->links[0], 4, 0.9, (double[]){ i < 2 ? 0 : i == 2 ? -28 : 28, 0, 0 }, a));
        cr_assert(whole_density(limit, limit->links[0], 4, 0.9, (double[]){ 0, 0, 0 }, b));
        for (int j = D_VALUE; j <= D_ETA3; j++)
            cr_assert_float_eq(a[j], b[j], 1e-9, "%s: %d: %g and %g", of->name, j, a[j], b[j]);
    }
}

Test(family, means_of_their_own)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        double natural[FAMILY_SHAPES], estimated[FAMILY_SHAPES], m[4], up[4], down[4], h = 1e-5;
        struct link own;
        const struct link *link;

        natural_shapes(family, 0.6, natural, estimated);
        link = family_mean_link(family, family->links[0], natural, &own);
        for (double eta = -2; eta < 3 && family->mean != NULL; eta += 0.7) {
            link_inverse(link, eta, m);
            link_inverse(link, eta + h, up);
            link_inverse(link, eta - h, down);
            for (int j = 0; j < 3; j++)
                cr_assert_float_eq(m[j + 1], (up[j] - down[j]) / (2 * h), 1e-6 * (1 + fabs(m[j + 1])), "%s", family->name);
            cr_assert_float_eq(link_transform(link, m[0]), eta, 1e-9, "%s", family->name);
        }
    }
}

/* A truncated mean whose dispersion is at the limit is truncated Poisson's; at the other end, or of none, there is no mean. */
Test(family, truncated_means_at_limits)
{
    struct link own, at;
    const struct family *limit = family_find("truncated_poisson", NULL);
    const struct link *poisson = family_mean_link(limit, limit->links[0], (double[FAMILY_SHAPES]){ 0 }, &own);

    for (int i = 0; i < 2; i++) {
        const struct family *family = family_find((const char *[]){ "truncated_nbinom1", "truncated_nbinom2" }[i], NULL);
        double shape[FAMILY_SHAPES] = { i == 0 ? 0 : INFINITY }, slope[FAMILY_SHAPES], m[4], right[4];
        const struct link *link = family_mean_link(family, family->links[0], shape, &at);

        for (double eta = -3; eta < 4; eta += 0.5) {
            shape[0] = i == 0 ? 0 : INFINITY;
            link_inverse(link, eta, m);
            link_inverse(poisson, eta, right);
            family->mean_slopes(link, eta, slope);
            for (int j = 0; j < 4; j++)
                cr_assert_float_eq(m[j], right[j], 1e-12 * right[0], "%s: %d: %g and %g", family->name, j, m[j], right[j]);
            cr_assert_eq(slope[0], 0);
            cr_assert_float_eq(family->variance(exp(eta), shape, 1), limit->variance(exp(eta), shape, 1), 1e-9 * right[0]);
            shape[0] = i == 0 ? INFINITY : 0;
            link_inverse(link, eta, m);
            cr_assert(isnan(m[0]) && isnan(m[1]));
            shape[0] = NAN;
            link_inverse(link, eta, m);
            cr_assert(isnan(m[0]) && isnan(m[1]));
        }
    }
}

/* Rows of 0 and 1 at once, and one by one: 230 of them from -40 to 40, one in five of weight 3. */
Test(family, binary_rows_at_once)
{
    enum { N = 230 };
    static double y[N], weights[N], eta[N], rows[D_ETA3 + 1][N], once[D_ETA3 + 1][N];
    double *one[D_COUNT] = { rows[D_VALUE], rows[D_ETA], rows[D_ETA2], rows[D_ETA3] };
    double *all[D_COUNT] = { NULL, once[D_ETA], once[D_ETA2], once[D_ETA3] };
    const struct family *binomial = family_find("binomial", NULL);
    struct response response = { .family = binomial, .link = binomial->links[0], .n = N, .y = y };

    for (int i = 0; i < N; i++) {
        y[i] = i % 3 == 0;
        weights[i] = i % 5 == 0 ? 3 : 1;
        eta[i] = -40 + 80.0 * i / (N - 1);
    }
    for (int weighted = 0; weighted < 2; weighted++) {
        double by_rows, total;

        response.weights = weighted ? weights : NULL;
        by_rows = response_density(&response, 7, N - 7, eta, ORDER_ALL, one);
        total = response_density(&response, 7, N - 7, eta, ORDER_ALL, all);
        cr_expect_float_eq(total, by_rows, 1e-13 * fabs(by_rows));
        cr_expect_float_eq(response_density(&response, 7, N - 7, eta, ORDER_VALUE, NULL), by_rows, 1e-13 * fabs(by_rows));
        for (int j = D_ETA; j <= D_ETA3; j++)
            for (int i = 0; i < N - 7; i++)
                cr_expect_float_eq(once[j][i], rows[j][i], 1e-15 * fabs(rows[j][i]), "%d: %d", j, i);
    }
    eta[20] = INFINITY;
    cr_expect_eq(response_density(&response, 0, N, eta, ORDER_ALL, all), response_density(&response, 0, N, eta, ORDER_ALL, one));
}

Test(family, limits)
{
    const struct family *poisson = family_find("poisson", NULL), *nb2 = family_find("nbinom2", NULL),
                        *nb1 = family_find("nbinom1", NULL);
    struct observation at = { .y = 37, .trials = 1, .weight = 1 };
    double p[D_COUNT], a[D_COUNT], c[1 + FAMILY_SHAPES], ca[1 + FAMILY_SHAPES];

    poisson->density(poisson->links[0], &at, 3.3, NULL, ORDER_ALL, p);
    poisson->constant(&at, NULL, c);
    nb2->density(nb2->links[0], &at, 3.3, (double[]){ 30 }, ORDER_ALL, a);
    nb2->constant(&at, (double[]){ 30 }, ca);
    cr_assert_float_eq(a[0] + ca[0], p[0] + c[0], 1e-10);
    cr_assert_float_eq(a[D_TAU] + ca[1], 0, 1e-10);
    for (int j = 1; j < 4; j++)
        cr_assert_float_eq(a[j], p[j], 1e-9);
    nb1->density(nb1->links[0], &at, 3.3, (double[]){ -30 }, ORDER_ALL, a);
    nb1->constant(&at, (double[]){ -30 }, ca);
    cr_assert_float_eq(a[0] + ca[0], p[0] + c[0], 1e-10);
    for (int j = 1; j < 4; j++)
        cr_assert_float_eq(a[j], p[j], 1e-9);
}

/* Every family with a limit, next to it, has the density of that: where the last shape alone is a number. */
Test(family, each_limit_of_the_table)
{
    static const double ys[] = { 0.3, 1, 4, 0 };
    int seen = 0;

    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);
        const struct family *limit = family->limit_sign != 0 ? family_find(family->limit, NULL) : NULL;
        int same = 0;

        if (limit == NULL) /* without one, or one in words */
            continue;
        for (int i = 0; i < 4; i++) {
            double shape[FAMILY_SHAPES] = { 0.3 }, own[FAMILY_SHAPES] = { 0.3 }, a[D_COUNT], b[D_COUNT];
            const struct observation at = { .y = ys[i], .trials = 1, .weight = 1 };

            if (!family->accepts(&at) || !limit->accepts(&at))
                continue;
            shape[family_shapes(family) - 1] = 24 * family->limit_sign;
            own[0] = strcmp(family->name, "t") == 0 ? 0.6 : 0.3; /* sigma, sigma^2 */
            if (!whole_density(family, family->links[0], ys[i], 0.4, shape, a)
                || !whole_density(limit, family->links[0], ys[i], 0.4, own, b))
                continue;
            for (int j = D_VALUE; j <= D_ETA3; j++)
                cr_expect_float_eq(a[j], b[j], 1e-6 * (1 + fabs(b[j])), "%s at %g: %d: %.10g, %s %.10g", family->name, ys[i], j,
                                   a[j], limit->name, b[j]);
            same++;
        }
        cr_expect_gt(same, 0, "%s", family->name);
        seen++;
    }
    cr_expect_geq(seen, 4);
}

Test(family, overflow_is_refused_not_nan)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);

        for (int l = 0; family->links[l] != NULL; l++)
            for (int i = 0; i < 8; i++) {
                double eta = (double[]){ -1e308, -1e5, -800, 0, 1e-300, 800, 1e5, 1e308 }[i], d[D_COUNT], sum;
                double y = family->response == RESPONSE_BINOMIAL ? i % 2 : strcmp(family->name, "beta") == 0 ? 0.5 : 3;
                struct response response = { .family = family, .link = family->links[l], .n = 1, .y = &y, .shape = { 0.5 } };
                double *out[D_COUNT];

                for (int j = 0; j < D_COUNT; j++)
                    out[j] = &d[j];
                sum = response_density(&response, 0, 1, &eta, ORDER_ALL, out);
                cr_assert(!isnan(sum) && sum < INFINITY);
                if (isfinite(sum))
                    for (int j = 0; j < (family->has_dispersion ? D_SHAPE(1) : D_TAU); j++)
                        cr_assert(!isnan(d[j]), "%s %s eta %g derivative %d", family->name, family->links[l]->name, eta, j);
            }
    }
}

/* glm_evaluate() counts on it: one row outside of its link's domain leaves no density. */
Test(family, outside_of_the_domain_is_no_density)
{
    int seen = 0;

    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);

        for (int l = 0; family->links[l] != NULL; l++)
            for (int i = 0; i < 5; i++) {
                double eta = (double[]){ -50, -2, -1e-3, 0, 2 }[i];
                double y = family->response == RESPONSE_BINOMIAL ? i % 2 : strcmp(family->name, "beta") == 0 ? 0.5 : 3;
                struct response response = { .family = family, .link = family->links[l], .n = 1, .y = &y, .shape = { 0.5 } };

                if (family->links[l]->valid == NULL || family->links[l]->valid(eta))
                    continue;
                cr_expect(response_density(&response, 0, 1, &eta, ORDER_VALUE, NULL) == -INFINITY, "%s %s at %g", family->name,
                          family->links[l]->name, eta);
                seen++;
            }
    }
    cr_expect_geq(seen, 10);
}

/* Processor time of log f of compois, next to the geometric distribution, at a mean: the least of several, as other work on the
 * machine only adds to it; *there: whether the mean exists. */
static double time_of_mean(double mean, bool *there)
{
    enum { TIMES = 10 };
    const struct family *family = family_find("compois", NULL);
    double shape[FAMILY_SHAPES] = { 24 }, d[D_COUNT], least = INFINITY;

    for (int i = 0; i < TIMES; i++) {
        clock_t begin = clock();

        *there = family->density(family->links[0], &(struct observation){ .y = 3, .trials = 1, .weight = 1 },
                                 log(mean) + 1e-9 * i, shape, ORDER_ALL, d);
        least = fmin(least, (double)(clock() - begin));
    }
    return least;
}

/* A mean whose sum has no end was looked for by halving: over fifty such sums, where one that exists takes a few. */
Test(family, a_mean_out_of_reach_is_told_at_once)
{
    bool there;
    double most = 8 * time_of_mean(2000, &there);

    cr_assert(there);
    for (int i = 0; i < 4; i++) {
        double mean = (double[]){ 2650, 2800, 1e4, 1e5 }[i];

        cr_expect_lt(time_of_mean(mean, &there), most, "%g", mean);
        cr_expect(!there, "%g", mean);
    }
}
