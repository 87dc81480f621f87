/* test-lmm.c -- the deviance of a linear mixed model against dense algebra, its gradient against differences, and fits. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "base/memory.h"
#include "base/rng.h"
#include "fit/lmm-private.h"
#include "make-design.h"
#include "sweep.h"

static const struct model_shape {
    const char *name;
    int n, p, terms;
    struct shape_term term[4];
    bool weighted;
} shapes[] = {
    { "random intercept", 60, 2, 1, { { 1, 8, false, 0 } }, false },
    { "random slope", 90, 2, 1, { { 2, 9, false, 0 } }, false },
    { "three effects", 120, 3, 1, { { 3, 10, false, 0 } }, false },
    { "uncorrelated", 90, 2, 1, { { 2, 9, true, 0 } }, true },
    { "nested", 120, 2, 2, { { 1, 24, false, 0 }, { 1, 6, false, 4 } }, false },
    { "nested with slopes", 160, 2, 2, { { 2, 24, false, 0 }, { 2, 6, false, 4 } }, true },
    { "three deep", 150, 1, 3, { { 1, 30, false, 0 }, { 2, 10, false, 3 }, { 1, 5, false, 6 } }, false },
    { "three deep with slopes", 220, 1, 3, { { 1, 30, false, 0 }, { 2, 10, false, 3 }, { 2, 5, false, 6 } }, false },
    { "crossed", 100, 2, 2, { { 1, 12, false, 0 }, { 1, 7, false, 0 } }, false },
    { "crossed vectors", 140, 2, 2, { { 2, 12, false, 0 }, { 2, 7, false, 0 } }, false },
    { "crossed three, mixed sizes", 160, 3, 3, { { 1, 15, false, 0 }, { 2, 8, false, 0 }, { 3, 6, false, 0 } }, true },
    { "nested and crossed", 200, 2, 3, { { 2, 24, false, 0 }, { 1, 9, false, 0 }, { 2, 6, false, 4 } }, false },
    { "nested twice and crossed twice",
      240,
      2,
      4,
      { { 1, 24, false, 0 }, { 2, 12, false, 2 }, { 1, 9, false, 0 }, { 2, 5, false, 0 } },
      true },
    { "no random term", 30, 3, 0, { { 0, 0, false, 0 } }, false },
    { "no fixed effects", 60, 0, 1, { { 1, 8, false, 0 } }, false },
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static struct design *design_of(const struct model_shape *shape, unsigned seed)
{
    return make_design(shape->n, shape->p, shape->terms, shape->term, shape->weighted, seed);
}

/* A theta in general position; `zero` puts one diagonal entry on the boundary. */
static void some_theta(const struct design *d, double *theta, bool zero)
{
    int i = 0;

    for (int t = 0; t < d->random_count; t++)
        for (int b = 0; b < d->random[t].k; b++)
            for (int a = b; a < d->random[t].covariance->end(d->random[t].k, b); a++, i++)
                theta[i] = a == b ? 0.5 + 0.17 * i : 0.1 - 0.07 * i;
    if (zero && i > 0)
        theta[0] = 0.0;
}

Test(lmm, deviance_is_that_of_dense_algebra)
{
    for (int s = 0; s < SHAPES; s++)
        for (int reml = 0; reml < 2; reml++)
            for (int zero = 0; zero < 2; zero++) {
                struct design *d = design_of(&shapes[s], 7);
                struct glmm_error err = { 0 };
                struct lmm *m = lmm_new(d, reml, &err);
                double theta[32], mine, dense;

                cr_assert_not_null(m, "%s: %s", shapes[s].name, err.message);
                some_theta(d, theta, zero);
                mine = lmm_deviance(m, theta);
                dense = dense_deviance(d, reml, theta);
                cr_expect(fabs(mine - dense) < 1e-9 * (1.0 + fabs(dense)), "%s reml=%d zero=%d: %.15g, dense %.15g",
                          shapes[s].name, reml, zero, mine, dense);
                lmm_free(m);
                free_design(d);
            }
}

/* Differences with Richardson extrapolation. */
static double difference(struct lmm *m, double *theta, int i)
{
    double at = theta[i], h = 1e-3, d[2];

    for (int k = 0; k < 2; k++, h /= 2.0) {
        theta[i] = at + h;
        d[k] = lmm_deviance(m, theta);
        theta[i] = at - h;
        d[k] = (d[k] - lmm_deviance(m, theta)) / (2.0 * h);
    }
    theta[i] = at;
    return (4.0 * d[1] - d[0]) / 3.0;
}

Test(lmm, gradient_is_that_of_differences)
{
    for (int s = 0; s < SHAPES; s++)
        for (int reml = 0; reml < 2; reml++)
            for (int zero = 0; zero < 2; zero++) {
                struct design *d = design_of(&shapes[s], 11);
                struct lmm *m = lmm_new(d, reml, NULL);
                double theta[32], gradient[32], largest = 0.0;
                int count = lmm_theta_count(m);

                some_theta(d, theta, zero);
                lmm_gradient(m, theta, gradient);
                for (int i = 0; i < count; i++)
                    largest = fmax(largest, fabs(gradient[i]));
                for (int i = 0; i < count; i++) {
                    double numeric = difference(m, theta, i);

                    cr_expect(fabs(gradient[i] - numeric) <= 1e-6 * fmax(fabs(numeric), 0.01 * largest),
                              "%s reml=%d zero=%d entry %d: %.12g, differences %.12g", shapes[s].name, reml, zero, i, gradient[i],
                              numeric);
                }
                lmm_free(m);
                free_design(d);
            }
}

/* The slopes of both parts of the deviance (count each) and the inverse of R_X'R_X at x. */
static void parts_at(struct lmm *m, const double *x, double *logdet, double *rss, double *inverse)
{
    size_t bytes = sizeof(double) * (size_t)lmm_theta_count(m);

    cr_assert_lt(lmm_value(m, x), MINIMIZE_BAD);
    cr_assert(lmm_slopes(m));
    memcpy(logdet, m->logdet_gradient, bytes);
    memcpy(rss, m->rss_gradient, bytes);
    lmm_fixed_inverse(m, inverse);
}

/* `size` numbers against their central differences, beside the largest. */
static void expect_differences(const char *what, const char *name, int size, const double *exact, const double *high,
                               const double *low, double h)
{
    double largest = 1e-3;

    for (int i = 0; i < size; i++)
        largest = fmax(largest, fabs(exact[i]));
    for (int i = 0; i < size; i++)
        cr_expect_float_eq(exact[i], (high[i] - low[i]) / (2.0 * h), 2e-5 * largest, "%s of %s, %d: %.12g, differences %.12g",
                           what, name, i, exact[i], (high[i] - low[i]) / (2.0 * h));
}

Test(lmm, second_derivatives_are_those_of_differences)
{
    enum { MOST = 16 };
    static double logdet[MOST * MOST], rss[MOST * MOST], slopes[MOST * 16], high[3][MOST], low[3][MOST];
    const double h = 1e-4;

    for (int s = 0; s < SHAPES; s++)
        for (int round = 0; round < 4 && shapes[s].terms > 0; round++) {
            struct design *d = design_of(&shapes[s], 17);
            struct lmm *m = lmm_new(d, round % 2, NULL);
            struct lmm_curvature *c = lmm_curvature_new(m);
            int count = lmm_theta_count(m), p = d->p;
            double theta[32], x[32];

            cr_assert(count <= MOST && p * p <= MOST && c != NULL);
            some_theta(d, theta, round / 2);
            lmm_inner_from_theta(m, theta, x);
            parts_at(m, x, high[0], high[1], high[2]);
            cr_assert(lmm_curvature_set(c, m, logdet, rss, slopes));
            for (int j = 0; j < count; j++) {
                double at = x[j];

                x[j] = at + h;
                parts_at(m, x, high[0], high[1], high[2]);
                x[j] = at - h;
                parts_at(m, x, low[0], low[1], low[2]);
                x[j] = at;
                expect_differences("log determinant", shapes[s].name, count, logdet + j * count, high[0], low[0], h);
                expect_differences("r^2", shapes[s].name, count, rss + j * count, high[1], low[1], h);
                expect_differences("inverse", shapes[s].name, p * p, slopes + j * p * p, high[2], low[2], h);
            }
            lmm_curvature_free(c);
            lmm_free(m);
            free_design(d);
        }
}

/* Those of the deviance with the residual standard deviation held, in theta and its logarithm. */
Test(lmm, second_derivatives_beside_the_residual)
{
    enum { MOST = 17 };
    static double H[MOST * MOST], g[MOST], high[MOST], low[MOST];
    const double h = 1e-4;

    for (int s = 0; s < SHAPES; s++)
        for (int round = 0; round < 4 && shapes[s].terms > 0; round++) {
            struct design *d = design_of(&shapes[s], 19);
            struct lmm *m = lmm_new(d, round % 2, NULL);
            int count = lmm_theta_count(m), r = count + 1;
            double at[33];
            bool known;

            cr_assert(r <= MOST);
            some_theta(d, at, round / 2);
            at[count] = 0.3;
            cr_assert(lmm_hessian_at(m, at, at[count], g, H, &known) && known);
            for (int j = 0; j < r; j++) {
                double here = at[j];

                at[j] = here + h;
                cr_assert_lt(lmm_deviance_at(m, at, at[count], high), MINIMIZE_BAD);
                at[j] = here - h;
                cr_assert_lt(lmm_deviance_at(m, at, at[count], low), MINIMIZE_BAD);
                at[j] = here;
                expect_differences("deviance", shapes[s].name, r, H + j * r, high, low, h);
            }
            lmm_free(m);
            free_design(d);
        }
}

/* The conditional variances given beta, read off the inverse that has the fixed effects in it, and off the one that has not. */
Test(lmm, conditional_variances_two_ways)
{
    for (int s = 0; s < SHAPES; s++) {
        struct design *d = design_of(&shapes[s], 5);
        struct lmm *m = lmm_new(d, true, NULL);
        double theta[32], alone[64], direct[64], factor[64], work[256];
        int32_t count = 0;

        cr_assert_leq(m->p, 8);
        some_theta(d, theta, false);
        cr_assert_lt(lmm_deviance(m, theta), MINIMIZE_BAD);
        for (int t = 0; t < m->term_count; t++)
            for (int32_t l = 0; l < m->terms[t].levels; l++, count++) {
                int kk = m->terms[t].k * m->terms[t].k;

                blocks_invert(m->blocks, m->p);
                blocks_extras_factor(m->blocks, m->p, factor);
                cr_expect(blocks_inverse_block_alone(m->blocks, t, l, factor, work, alone));
                blocks_invert(m->blocks, 0);
                blocks_inverse_block(m->blocks, t, l, direct);
                for (int i = 0; i < kk; i++)
                    cr_expect_float_eq(alone[i], direct[i], 1e-12, "%s term %d level %d: %.15g, %.15g", shapes[s].name, t, (int)l,
                                       alone[i], direct[i]);
            }
        lmm_free(m);
        free_design(d);
    }
}

/* The inner basis of k effects: R'R is their product, for any of them in general position, and what is solved for is there again.
 */
Test(lmm, the_inner_basis_is_a_factor_of_the_product)
{
    enum { MOST = 5 };
    struct rng rng;

    rng_init(&rng, 11, 0);
    for (int k = 1; k <= MOST; k++) {
        double A[MOST * MOST], product[MOST * MOST], R[MOST * MOST], z[MOST], w[MOST];

        for (int i = 0; i < k * k; i++)
            A[i] = rng_uniform(&rng) - 0.5 + (i % (k + 1) == 0 ? 1.0 : 0.0);
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) {
                product[i + j * k] = 0.0;
                for (int r = 0; r < k; r++)
                    product[i + j * k] += A[r + i * k] * A[r + j * k];
            }
        cr_assert(lmm_inner_factor(k, product, R));
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) {
                double sum = 0.0;

                for (int r = 0; r < k; r++)
                    sum += R[r + i * k] * R[r + j * k];
                cr_expect_float_eq(sum, product[i + j * k], 1e-12, "%d effects: R'R at %d, %d is %g, not %g", k, i, j, sum,
                                   product[i + j * k]);
                cr_expect(j <= i || R[i + j * k] == 0.0, "%d effects: R is lower triangular", k);
            }
        for (int j = 0; j < k; j++)
            z[j] = w[j] = rng_uniform(&rng) - 0.5;
        lmm_to_inner(k, R, w);
        for (int j = 0; j < k; j++) {
            double sum = 0.0;

            for (int r = 0; r < k; r++)
                sum += R[r + j * k] * w[r];
            cr_expect_float_eq(sum, z[j], 1e-12, "%d effects: R'w at %d", k, j);
        }
    }
}

/* Many nodes beside a tail: shared between threads, the sums keep their order, and each has room of its own. */
static void hold_threads(size_t n, int terms, const struct shape_term *shape)
{
    struct design *d = make_design(n, 3, terms, shape, false, 8);
    int most = omp_get_max_threads();
    double theta[32], value[4], gradient[4][32];

    some_theta(d, theta, false);
    for (int threads = 1; threads <= 4; threads++) {
        struct lmm *m;

        omp_set_num_threads(threads);
        m = lmm_new(d, true, NULL);
        for (int again = 0; again < 6; again++) {
            value[threads - 1] = lmm_gradient(m, theta, gradient[threads - 1]);
            cr_expect_eq(value[threads - 1], value[0]);
            cr_expect_arr_eq(gradient[threads - 1], gradient[0], sizeof(double) * (size_t)lmm_theta_count(m));
        }
        if (threads == 1)
            for (int i = 0; i < lmm_theta_count(m); i++) {
                double numeric = difference(m, theta, i);

                cr_expect(fabs(gradient[0][i] - numeric) <= 1e-6 * (1.0 + fabs(numeric)), "entry %d: %.12g, differences %.12g", i,
                          gradient[0][i], numeric);
            }
        lmm_free(m);
    }
    omp_set_num_threads(most);
    free_design(d);
}

/* A tail of several tiles, which nearly all nodes meet; and nodes of two effects that meet a few columns each, one by one, or
 * stand within others that meet more. */
Test(lmm, threads_do_not_change_a_bit)
{
    hold_threads(9000, 3, (const struct shape_term[]){ { 2, 900, false, 0 }, { 1, 300, false, 0 }, { 2, 11, false, 0 } });
    hold_threads(9000, 2, (const struct shape_term[]){ { 2, 3000, false, 0 }, { 1, 60, false, 0 } });
    hold_threads(9000, 3, (const struct shape_term[]){ { 2, 3000, false, 0 }, { 1, 60, false, 0 }, { 1, 600, false, 5 } });
}

/* A balanced crossed layout has closed forms: with mean squares A, B and E the REML estimates are (A - E)/b and so on, and
 * Satterthwaite's df of the mean are (A + B - E)^2 / (A^2/df_A + B^2/df_B + E^2/df_E). */
Test(lmm, balanced_crossed_layout_has_closed_forms)
{
    enum { ROWS = 12, COLUMNS = 7, N = ROWS * COLUMNS };
    struct shape_term shape[2] = { { 1, ROWS, false, 0 }, { 1, COLUMNS, false, 0 } };
    struct design *d = make_design(N, 1, 2, shape, false, 21);
    double row[ROWS] = { 0 }, column[COLUMNS] = { 0 }, mean = 0.0, A = 0.0, B = 0.0, E = 0.0, sum, df;
    struct fit *fit;

    for (int i = 0; i < N; i++) {
        d->random[0].level[i] = i / COLUMNS;
        d->random[1].level[i] = i % COLUMNS;
        d->y[i] += 2.0 * sin(i / COLUMNS * 1.7) + 1.5 * cos(i % COLUMNS * 2.3);
        row[i / COLUMNS] += d->y[i] / COLUMNS;
        column[i % COLUMNS] += d->y[i] / ROWS;
        mean += d->y[i] / N;
    }
    for (int r = 0; r < ROWS; r++)
        A += COLUMNS * (row[r] - mean) * (row[r] - mean) / (ROWS - 1);
    for (int c = 0; c < COLUMNS; c++)
        B += ROWS * (column[c] - mean) * (column[c] - mean) / (COLUMNS - 1);
    for (int i = 0; i < N; i++)
        E += pow(d->y[i] - row[i / COLUMNS] - column[i % COLUMNS] + mean, 2.0) / ((ROWS - 1) * (COLUMNS - 1));
    cr_assert(A > E && B > E);
    fit = lmm_fit(d, NULL, NULL, NULL);
    sum = A + B - E;
    df = sum * sum / (A * A / (ROWS - 1) + B * B / (COLUMNS - 1) + E * E / ((ROWS - 1) * (COLUMNS - 1)));
    cr_expect_float_eq(fit->sigma, sqrt(E), 1e-9);
    cr_expect_float_eq(fit->random[0].sd[0], sqrt((A - E) / COLUMNS), 1e-8);
    cr_expect_float_eq(fit->random[1].sd[0], sqrt((B - E) / ROWS), 1e-8);
    cr_expect_float_eq(fit->se[0], sqrt(sum / N), 1e-9);
    cr_expect_float_eq(fit->df[0], df, 1e-9 * df, "df %.9g, closed form %.9g", fit->df[0], df);
    fit_free(fit);
    free_design(d);
}

static long allocations;

static void *counting(void *context, void *old, size_t size)
{
    (void)context;
    allocations++;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

Test(lmm, evaluation_allocates_nothing)
{
    struct mem_hook hook = { .resize = counting };

    mem_hook_set(hook);
    for (int s = 0; s < SHAPES; s++) {
        struct design *d = design_of(&shapes[s], 3);
        struct lmm *m = lmm_new(d, true, NULL);
        double theta[32], gradient[32];
        long before;

        some_theta(d, theta, false);
        before = allocations;
        lmm_deviance(m, theta);
        lmm_gradient(m, theta, gradient);
        cr_expect_eq(allocations, before, "%s", shapes[s].name);
        lmm_free(m);
        free_design(d);
    }
}

Test(lmm, fits_are_certified_minima)
{
    for (int s = 0; s < SHAPES; s++)
        for (unsigned seed = 1; seed <= 6; seed++) {
            struct design *d = design_of(&shapes[s], seed);
            struct fit_options options = { .method = seed % 2 ? METHOD_REML : METHOD_ML };
            struct glmm_error err = { 0 };
            struct fit *fit = lmm_fit(d, &options, NULL, &err);
            struct lmm *m = lmm_new(d, seed % 2, NULL);
            double theta[32];

            cr_assert_not_null(fit, "%s: %s", shapes[s].name, err.message);
            cr_expect_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s seed %u: %s", shapes[s].name, seed,
                          fit->optimum.message);
            cr_expect(fabs(lmm_deviance(m, fit->theta) - fit->criterion) < 1e-8 * (1.0 + fabs(fit->criterion)));
            for (int i = 0; i < fit->theta_count; i++)
                for (int sign = -1; sign <= 1; sign += 2) {
                    memcpy(theta, fit->theta, sizeof(double) * (size_t)fit->theta_count);
                    theta[i] += sign * 1e-3;
                    cr_expect(lmm_deviance(m, theta) >= fit->criterion - 1e-8, "%s seed %u: lower beside the optimum",
                              shapes[s].name, seed);
                }
            if (getenv("VERBOSE"))
                fprintf(stderr, "%-32s %u  %2d iterations %3d evaluations  verdict %d gain %.1e %s\n", shapes[s].name, seed,
                        fit->optimum.iterations, fit->optimum.evaluations, fit->optimum.verdict, fit->optimum.gain,
                        fit->optimum.message);
            lmm_free(m);
            fit_free(fit);
            free_design(d);
        }
}

/* Levels that differ by a thousand residual standard deviations, in a term with slopes: the entries below the diagonal of its
 * template have as far to go as the diagonal. */
Test(lmm, a_large_variance_is_reached_soon)
{
    const struct shape_term shape = { .levels = 25, .k = 3 };

    for (unsigned seed = 1; seed <= 5; seed++) {
        struct design *d = make_design(300, 2, 1, &shape, false, seed);
        struct fit *fit;
        struct rng rng;
        double far[25];

        rng_init(&rng, seed, 7);
        for (int l = 0; l < 25; l++)
            far[l] = 1000.0 * rng_normal(&rng);
        for (size_t i = 0; i < d->n; i++)
            d->y[i] += far[d->random[0].level[i]];
        fit = lmm_fit(d, NULL, NULL, NULL);
        cr_assert_not_null(fit);
        cr_expect_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "seed %u: %s", seed, fit->optimum.message);
        cr_expect_leq(fit->optimum.evaluations, 100, "seed %u: %d evaluations", seed, fit->optimum.evaluations);
        cr_expect_gt(fit->theta[0], 300.0);
        fit_free(fit);
        free_design(d);
    }
}

/* A balanced one-way layout with mean squares made to measure: whatever the ratio of variances, and with a predictor that is the
 * same in every group, Satterthwaite's df are those (to nine digits) of the analysis of variance, k - 1 for the mean and n - k -
 * 1 for the slope. */
Test(lmm, df_of_a_balanced_layout_at_every_ratio_of_variances)
{
    enum { GROUPS = 6, EACH = 5, N = GROUPS * EACH };
    static const double level[GROUPS] = { -1.2, 0.7, 0.3, -0.9, 1.5, -0.4 }, within[EACH] = { -0.6, 1.1, -0.2, -1.0, 0.7 };
    const struct shape_term shape = { .levels = GROUPS, .k = 1 };

    for (int p = 1; p <= 2; p++)
        for (int exponent = -6; exponent <= 14; exponent++) {
            struct design *d = make_design(N, p, 1, &shape, false, 1);
            double ratio = pow(10.0, exponent), few = 1e-9, between = 0.0, square = 0.0, slope = 0.0, scale, e[N];
            struct fit *fit;

            for (int i = 0; i < N; i++) {
                int g = i / EACH, j = i % EACH;

                d->random[0].level[i] = g;
                if (p == 2)
                    d->X[N + i] = j - 2.0;
                e[i] = within[(j + g) % EACH] * (1.0 + 0.1 * g);
                slope += p == 2 ? e[i] * (j - 2.0) / (2.0 * N) : 0.0;
            }
            for (int i = 0; i < N; i++)
                square += pow(e[i] - slope * (i % EACH - 2.0), 2.0) / (N - GROUPS - (p - 1));
            for (int g = 0; g < GROUPS; g++)
                between += EACH * level[g] * level[g] / (GROUPS - 1);
            scale = sqrt((1.0 + EACH * ratio) * square / between);
            for (int i = 0; i < N; i++)
                d->y[i] = scale * level[i / EACH] + e[i];
            fit = lmm_fit(d, NULL, NULL, NULL);
            cr_assert_not_null(fit);
            cr_expect_eq(fit->optimum.verdict, VERDICT_OK, "ratio %g: %s", ratio, fit->optimum.message);
            cr_expect_float_eq(fit->theta[0] / sqrt(ratio), 1.0, 2.0 * few, "ratio %g: theta %.12g", ratio, fit->theta[0]);
            cr_expect_float_eq(fit->df[0] / (GROUPS - 1), 1.0, few, "ratio %g: df %.12g", ratio, fit->df[0]);
            if (p == 2)
                cr_expect_float_eq(fit->df[1] / (N - GROUPS - 1), 1.0, few, "ratio %g: df %.12g", ratio, fit->df[1]);
            cr_expect_leq(fit->optimum.evaluations, 60, "ratio %g: %d evaluations", ratio, fit->optimum.evaluations);
            fit_free(fit);
            free_design(d);
        }
}

/* y ~ 1 + (x || g): with the variance of the intercepts at 0 there is a minimum, 34.60751, but a lower one inside (lme4 from
 * theta = 1, polished: theta = 4.84078, 0.11833). */
Test(lmm, the_lower_of_two_optima)
{
    static const double y[] = { 7, 4, 7, 5, 8, 4, 5, 5, 5, 7, 7, 3 }, x[] = { 34, 35, 33, 21, 22, 24, 23, 27, 40, 31, 32, 24 };
    static const char g[] = "bababaaabbba";
    const struct shape_term shape = { .levels = 2, .k = 2, .diagonal = true };
    struct design *d = make_design(12, 1, 1, &shape, false, 1);
    struct fit *fit;

    d->random[0].rows_of_level[0] = d->random[0].rows_of_level[1] = 6.0;
    for (int i = 0; i < 12; i++) {
        d->y[i] = y[i];
        d->random[0].level[i] = g[i] - 'a';
        d->random[0].z[2 * i + 1] = x[i];
    }
    fit = lmm_fit(d, NULL, NULL, NULL);
    cr_assert_not_null(fit);
    cr_expect_eq(fit->optimum.verdict, VERDICT_OK);
    cr_expect_float_eq(fit->criterion, 33.9796, 1e-4, "%.6f", fit->criterion);
    cr_expect_float_eq(fit->theta[0], 4.84078, 1e-4, "%.6f", fit->theta[0]);
    fit_free(fit);
    free_design(d);
}

static bool fit_once(void *context, struct glmm_error *err)
{
    struct fit *fit = lmm_fit(context, NULL, NULL, err);
    bool ok = fit != NULL;

    fit_free(fit);
    return ok;
}

Test(lmm, every_allocation_may_fail)
{
    struct design *d = design_of(&shapes[11], 5);

    cr_assert_gt(sweep_allocations(fit_once, d), 20);
    free_design(d);
}

/* Two crossed terms of four effects each in few levels: their templates are singular at the optimum, where the deviance goes as
 * the fourth power of the columns that vanish.  Newton's steps alone take a third of them each. */
Test(lmm, singular_templates_are_landed_on)
{
    const struct shape_term shape[] = { { .k = 4, .levels = 40 }, { .k = 4, .levels = 30 } };

    for (unsigned seed = 2; seed <= 6; seed += 4) {
        struct design *d = make_design(600, 2, 2, shape, false, seed);
        struct rng rng;
        struct fit *fit;

        rng_init(&rng, seed, 1);
        for (int i = 0; i < 600; i++)
            d->y[i] += 20.0 * rng_normal(&rng);
        fit = lmm_fit(d, NULL, NULL, NULL);
        cr_assert_not_null(fit);
        cr_expect_eq(fit->optimum.verdict, VERDICT_BOUNDARY, "seed %u: %s", seed, fit->optimum.message);
        cr_expect_leq(fit->optimum.evaluations, 45, "seed %u: %d evaluations", seed, fit->optimum.evaluations);
        fit_free(fit);
        free_design(d);
    }
}
