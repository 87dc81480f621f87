/* test-pool.c -- Rubin's rules: closed forms, limits, and the same imputation several times. */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "fit/imputed.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/ci.h"
#include "infer/icc-interval.h"
#include "infer/icc.h"
#include "infer/pool-means.h"
#include "infer/pool.h"
#include "model/family.h"
#include "sweep.h"

enum { ROWS = 30, MOST = 4 };

static const double yield[ROWS] = { 1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
                                    1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445 };

static void near(double a, double b, double tolerance)
{
    cr_assert(fabs(a - b) <= tolerance * (1 + fabs(b)), "%.12g and %.12g", a, b);
}

/* Means are pooled unless an imputation that counts has infinite estimates, or such as nothing determines: either will do. */
Test(pool, means_of_open_estimates_are_not_pooled)
{
    struct fit plain = { 0 }, infinite = { .recession = (const struct recession *)&plain },
               open = { .identity = (const struct identity *)&plain };
    struct imputed_fit one[2] = { { .number = 1, .fit = &plain, .counts = true },
                                  { .number = 2, .fit = &plain, .counts = true } };
    struct imputed imputed = { .count = 2, .one = one };
    struct fit fit = { .imputed = &imputed };
    struct glmm_error err = { 0 };

    cr_expect(pool_takes_means(&fit, &err));
    for (int k = 0; k < 2; k++) {
        one[1].fit = k == 0 ? &infinite : &open;
        cr_expect_not(pool_takes_means(&fit, &err));
        cr_expect_not_null(strstr(err.message, "imputation 2 "), "%s", err.message);
        err = (struct glmm_error){ 0 };
        one[1].counts = false;
        cr_expect(pool_takes_means(&fit, &err));
        one[1].counts = true;
    }
}

Test(pool, rules_in_closed_form)
{
    const double estimate[] = { 1, 2, 3 }, square[] = { 0.5, 1, 1.5 };
    struct pooled p;

    pool_numbers(3, estimate, square, (double)INFINITY, &p);
    near(p.estimate, 2, 1e-14);
    near(p.within, 1, 1e-14);
    near(p.between, 1, 1e-14);
    near(p.se * p.se, 7.0 / 3, 1e-14); /* 1 + (1 + 1/3) 1 */
    near(p.riv, 4.0 / 3, 1e-14);
    near(p.lambda, 4.0 / 7, 1e-14);
    near(p.df, 2 * 49.0 / 16, 1e-14); /* (m - 1) / lambda^2 = (m - 1) (1 + 1/riv)^2 */
    near(p.fmi, (4.0 / 3 + 2 / (6.125 + 3)) / (7.0 / 3), 1e-14);
    pool_numbers(3, estimate, square, 10, &p);
    near(p.df, 1 / (1 / 6.125 + 1 / (11.0 / 13 * 10 * 3 / 7)), 1e-14);
}

/* A mean with the errors of its scale, and its interval by way of the link: that of the log-odds, with the slope p (1 - p). */
Test(pool, means_by_way_of_the_link)
{
    const double estimate[] = { 0.2, 0.3, 0.4 }, none[] = { 0.05, (double)NAN, 0.05 };
    const double square[] = { 0.0025, 0.0036, 0.0025 };
    const struct link *logit = family_link(family_find("binomial", NULL), "logit", NULL);
    struct pooled p, q;
    double lower, upper, reach;

    pool_numbers(3, estimate, square, (double)INFINITY, &q);
    pool_mean(3, estimate, square, (double)INFINITY, logit, 0.95, &p, &lower, &upper);
    near(p.estimate, 0.3, 1e-14);
    near(p.se, q.se, 1e-14);
    reach = wald_quantile(q.df, 0.95) * q.se / (0.3 * 0.7);
    near(log(lower / (1 - lower)), log(0.3 / 0.7) - reach, 1e-12);
    near(log(upper / (1 - upper)), log(0.3 / 0.7) + reach, 1e-12);
    pool_mean(3, estimate, square, (double)INFINITY, NULL, 0.95, &p, &lower, &upper);
    near(log(upper / 0.3), wald_quantile(q.df, 0.95) * q.se / 0.3, 1e-12);
    pool_mean(3, estimate, none, (double)INFINITY, logit, 0.95, &p, &lower, &upper);
    cr_assert(isnan(p.estimate) && isnan(lower) && isnan(upper));
}

/* Barnard and Rubin's df never exceed those of complete data, and reach Rubin's where these grow. */
Test(pool, degrees_lie_between_their_limits)
{
    const double estimate[] = { 1, 1.3, 0.8, 1.1, 0.9 }, square[] = { 0.2, 0.25, 0.22, 0.18, 0.2 };
    struct pooled large, p;

    pool_numbers(5, estimate, square, (double)INFINITY, &large);
    for (double df = 2; df < 1e12; df *= 10) {
        pool_numbers(5, estimate, square, df, &p);
        cr_assert_lt(p.df, df);
        cr_assert_lt(p.df, large.df);
    }
    near(p.df, large.df, 1e-7);
}

Test(pool, joint_degrees)
{
    near(pool_joint_df(5, 2, 0.5, (double)INFINITY), 4 + 4 * 2.5 * 2.5, 1e-14); /* t = 8: 4 + (t - 4) (1 + (1 - 2/t) / r)^2 */
    near(pool_joint_df(2, 3, 0.5, (double)INFINITY), 3 * (1 + 1.0 / 3) * 9 / 2, 1e-14); /* t = 3 */
    near(pool_joint_df(5, 2, 0.5, 1e9), 29, 1e-5);                                      /* Reiter's, in the limit */
    near(pool_joint_df(5, 2, 0, 50), 51.0 / 53 * 50, 1e-12);
    cr_assert(isinf(pool_joint_df(5, 2, 0, (double)INFINITY)));
    cr_assert_lt(pool_joint_df(5, 2, 0.5, 20), 20);
}

/* Dyestuff `copies` times, with a number x; imputation k has `shift` k more in every third x. */
static struct glmm_data *stacked(int copies, double shift, struct glmm_error *err)
{
    static const char *const names[] = { "A", "B", "C", "D", "E", "F" };
    double y[MOST * ROWS], x[MOST * ROWS];
    const char *batch[MOST * ROWS];
    int number[MOST * ROWS];
    struct glmm_data *data = glmm_data_new((size_t)copies * ROWS, err);

    for (int k = 0; k < copies; k++)
        for (int i = 0; i < ROWS; i++) {
            y[k * ROWS + i] = yield[i];
            x[k * ROWS + i] = (i * 7) % 11 + (i % 3 == 0 ? shift * k : 0);
            batch[k * ROWS + i] = names[i / 5];
            number[k * ROWS + i] = k + 1;
        }
    if (data != NULL && glmm_data_add_real(data, "y", y, err) && glmm_data_add_real(data, "x", x, err)
        && glmm_data_add_factor(data, "batch", batch, err) && glmm_data_add_integer(data, "imp", number, err))
        return data;
    glmm_data_free(data);
    return NULL;
}

static struct glmm_pool *pool_of(int copies, double shift, struct glmm_model **model, struct glmm_error *err)
{
    struct glmm_data *data = stacked(copies, shift, err);
    struct glmm_pool *pool = NULL;

    *model = NULL;
    if (data != NULL && glmm_data_impute(data, "imp", err)
        && (*model = glmm_model_new(data, "y ~ x + (1 | batch)", NULL, err)) != NULL)
        pool = glmm_pool_new(*model, NULL, GLMM_SATTERTHWAITE, err);
    glmm_data_free(data);
    return pool;
}

/* m copies of one data set are that data set: nothing is missing, and df are Barnard and Rubin's for lambda = 0. */
Test(pool, copies_give_the_plain_fit)
{
    struct glmm_error err = { 0 };
    struct glmm_data *one = stacked(1, 0, &err);
    struct glmm_model *plain = glmm_model_new(one, "y ~ x + (1 | batch)", NULL, &err), *model;
    struct glmm_fit *fit = glmm_fit_new(plain, NULL, &err);
    struct glmm_pool *pool = pool_of(4, 0, &model, &err);
    int fitted;

    cr_assert(fit != NULL && pool != NULL, "%s", err.message);
    cr_assert_eq(glmm_pool_imputations(pool, &fitted), 4);
    cr_assert_eq(fitted, 4);
    cr_assert_eq(glmm_pool_count(pool), 2);
    for (int j = 0; j < 2; j++) {
        double df = glmm_fit_df(fit)[j];
        struct glmm_pooled out;
        const char *term;

        cr_assert(glmm_pool_get(pool, j, 0, &term, &out, &err));
        cr_assert_str_eq(term, glmm_fit_fixed_name(fit, j));
        near(out.estimate, glmm_fit_estimates(fit)[j], 1e-10);
        near(out.se, glmm_fit_standard_errors(fit)[j], 1e-10);
        near(out.riv, 0, 1e-10);
        near(out.df, (df + 1) / (df + 3) * df, 1e-8);
    }
    cr_assert_null(glmm_fit_new(model, NULL, &err)); /* it is no plain fit */
    cr_assert_eq(err.code, GLMM_E_MODEL);
    glmm_pool_free(pool);
    glmm_model_free(model);
    glmm_fit_free(fit);
    glmm_model_free(plain);
    glmm_data_free(one);
}

static void one_share(const struct fit *fit, double level, double out[3])
{
    struct icc_intervals own;
    struct glmm_error err = { 0 };

    cr_assert(icc_intervals_find(fit, level, false, 0, 0, NULL, &own, &err), "%s", err.message);
    out[0] = own.group[0].share.lower;
    out[1] = icc_share(fit, 0);
    out[2] = own.group[0].share.upper;
    icc_intervals_clear(&own);
}

/* m copies have the share of one, and its interval, which is wider on one side, or ends at 0. */
Test(pool, shares_of_copies_have_the_plain_interval)
{
    const double levels[] = { 0.8, 0.95, 0.999 };
    struct glmm_error err = { 0 };
    struct glmm_model *model;
    struct glmm_pool *pool = pool_of(4, 0, &model, &err);
    struct arena *arena = arena_new();

    cr_assert(pool != NULL && arena != NULL, "%s", err.message);
    for (int l = 0; l < 3; l++) {
        const struct fit *fit = pool_fit_of(pool);
        const struct pooled_share *share;
        double plain[3];
        int count;

        one_share(imputed_first(fit->imputed), levels[l], plain);
        cr_assert(pool_shares(fit, levels[l], false, arena, NULL, &share, &count, &err), "%s", err.message);
        cr_assert_eq(count, 1);
        near(share->share, plain[1], 1e-12);
        near(share->lower, plain[0], 1e-12);
        near(share->upper, plain[2], 1e-12);
        cr_expect_eq(share->lower == 0, l == 2);
        cr_expect_lt(share->fmi, 1e-9);
    }
    arena_free(arena);
    glmm_pool_free(pool);
    glmm_model_free(model);
}

/* Of imputations that differ, by the formula of pool.h. */
Test(pool, shares_by_the_formula)
{
    struct glmm_error err = { 0 };
    struct glmm_model *model;
    struct glmm_pool *pool = pool_of(4, 5, &model, &err);
    struct arena *arena = arena_new();
    const struct pooled_share *share;
    double mean = 0, between = 0, within[2] = { 0, 0 }, a[4], end[2];
    int count;

    cr_assert(pool != NULL && arena != NULL, "%s", err.message);
    for (int k = 0; k < 4; k++) {
        double plain[3];

        one_share(pool_fit_of(pool)->imputed->one[k].fit, 0.9, plain);
        a[k] = asin(sqrt(plain[1]));
        mean += a[k] / 4;
        for (int side = 0; side < 2; side++)
            within[side] += pow((asin(sqrt(plain[2 * side])) - a[k]) / 1.6448536269514722, 2) / 4;
    }
    for (int k = 0; k < 4; k++)
        between += (a[k] - mean) * (a[k] - mean) / 3;
    cr_assert_gt(between, 0);
    cr_assert(pool_shares(pool_fit_of(pool), 0.9, false, arena, NULL, &share, &count, &err), "%s", err.message);
    for (int side = 0; side < 2; side++) {
        double total = within[side] + 1.25 * between, df = 3 * pow(total / (1.25 * between), 2);

        end[side] = pow(sin(mean + (side == 0 ? -1 : 1) * wald_quantile(df, 0.9) * sqrt(total)), 2);
    }
    near(share->share, pow(sin(mean), 2), 1e-12);
    near(share->lower, end[0], 1e-10);
    near(share->upper, end[1], 1e-10);
    arena_free(arena);
    glmm_pool_free(pool);
    glmm_model_free(model);
}

/* D1 of one hypothesis is the squared t; of two the same hypotheses in other words are the same test. */
Test(pool, d1_is_invariant)
{
    struct glmm_error err = { 0 };
    struct glmm_model *model;
    struct glmm_pool *pool = pool_of(4, 0.7, &model, &err);
    struct glmm_hypothesis one, two, other;
    struct glmm_pooled x;

    cr_assert(pool != NULL, "%s", err.message);
    cr_assert(glmm_pool_get(pool, 1, 0, NULL, &x, &err) && glmm_pool_test(pool, "x = 0", &one, &err), "%s", err.message);
    cr_assert_gt(x.riv, 1e-4);
    near(one.statistic, x.statistic * x.statistic, 1e-12);
    near(one.den_df, x.df, 1e-12);
    near(one.p, x.p, 1e-9);
    cr_assert(glmm_pool_test(pool, "x = 0 and (Intercept) = 1500", &two, &err)
                  && glmm_pool_test(pool, "2 * x + (Intercept) = 1500 and (Intercept) - x = 1500", &other, &err),
              "%s", err.message);
    cr_assert_eq(two.num_df, 2);
    near(two.statistic, other.statistic, 1e-8);
    glmm_pool_free(pool);
    glmm_model_free(model);
}

/* D4 of copies of one data set is the likelihood-ratio test of that data set. */
Test(pool, d4_of_copies_is_the_plain_test)
{
    const char *formulas[] = { "y ~ 1 + (1 | batch)", "y ~ x + (1 | batch)" };
    struct glmm_fit_options ml = { .size = sizeof ml, .method = GLMM_ML };
    struct glmm_error err = { 0 };
    struct glmm_data *one = stacked(1, 0, &err), *four = stacked(4, 0, &err);
    struct glmm_model *plain[2], *model[2];
    struct glmm_fit *fit[2];
    struct glmm_pool *pool[2];
    struct glmm_hypothesis pooled;
    struct glmm_test test;

    cr_assert(glmm_data_impute(four, "imp", &err), "%s", err.message);
    for (int k = 0; k < 2; k++) {
        plain[k] = glmm_model_new(one, formulas[k], NULL, &err);
        model[k] = glmm_model_new(four, formulas[k], NULL, &err);
        fit[k] = glmm_fit_new(plain[k], &ml, &err);
        pool[k] = glmm_pool_new(model[k], NULL, GLMM_SATTERTHWAITE, &err);
        cr_assert(fit[k] != NULL && pool[k] != NULL, "%s", err.message);
    }
    cr_assert(glmm_compare(fit[0], fit[1], &test, &err) && glmm_pool_compare(pool[0], pool[1], &pooled, &err), "%s", err.message);
    cr_assert(pooled.tested);
    cr_assert_eq(pooled.num_df, test.df);
    near(pooled.statistic, test.chisq, 1e-5);
    near(pooled.p, test.p, 1e-5);
    cr_assert_not(glmm_pool_compare(pool[0], NULL, &pooled, &err));
    for (int k = 0; k < 2; k++) {
        glmm_pool_free(pool[k]);
        glmm_model_free(model[k]);
        glmm_fit_free(fit[k]);
        glmm_model_free(plain[k]);
    }
    glmm_data_free(one);
    glmm_data_free(four);
}

/* Means and slopes are linear functions of the coefficients: pooled ones are those of the pooled coefficients where the
 * imputations hold x alike, and a slope is its coefficient in any case. */
Test(pool, means_and_slopes)
{
    static const char *const none[] = { NULL }, *const x[] = { "x", NULL }, *const values[] = { "0", "4" };
    const struct glmm_stated at = { "x", values, 2 };
    struct glmm_means_options along = { .size = sizeof along, .slope = "x" },
                              two = { .size = sizeof two, .at = &at, .at_count = 1 };
    struct glmm_error err = { 0 };
    struct glmm_model *model;
    struct glmm_pool *pool = pool_of(3, 1, &model, &err);
    struct glmm_means *slope = glmm_pool_means(pool, none, &along, &err), *means = glmm_pool_means(pool, x, &two, &err);
    struct glmm_contrasts *between = glmm_contrasts_new(means, NULL, &err);
    struct glmm_pooled coefficient[2];
    struct glmm_estimate one;

    cr_assert(slope != NULL && means != NULL && between != NULL, "%s", err.message);
    for (int j = 0; j < 2; j++)
        cr_assert(glmm_pool_get(pool, j, 0, NULL, &coefficient[j], &err));
    cr_assert(glmm_means_count(slope) == 1 && glmm_means_get(slope, 0, NULL, &one, &err));
    near(one.estimate, coefficient[1].estimate, 1e-9);
    near(one.se, coefficient[1].se, 1e-9);
    near(one.df, coefficient[1].df, 1e-6);
    near(one.lower, coefficient[1].lower, 1e-8);
    cr_assert(coefficient[1].riv > 1e-4); /* the imputations differ */
    cr_assert(glmm_means_count(means) == 2 && glmm_means_get(means, 0, NULL, &one, &err));
    near(one.estimate, coefficient[0].estimate, 1e-9); /* where x is 0 */
    near(one.se, coefficient[0].se, 1e-9);
    cr_assert(glmm_contrasts_count(between) == 1 && glmm_contrasts_get(between, 0, NULL, &one));
    near(one.estimate, -4 * coefficient[1].estimate, 1e-8);
    near(one.se, 4 * coefficient[1].se, 1e-8);
    near(one.p, coefficient[1].p, 1e-7);
    two.scale = GLMM_MEANS_POPULATION;
    cr_assert_null(glmm_pool_means(pool, x, &two, &err));
    cr_assert_str_eq(err.argument, "scale");
    err = (struct glmm_error){ 0 };
    cr_assert_null(glmm_pool_means(NULL, x, NULL, &err));
    cr_assert_str_eq(err.argument, "pool");
    glmm_contrasts_free(between);
    glmm_means_free(means);
    glmm_means_free(slope);
    glmm_pool_free(pool);
    glmm_model_free(model);
}

Test(pool, errors)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = stacked(2, 0, &err);

    cr_assert_not(glmm_data_impute(data, "nothing", &err));
    cr_assert_eq(err.code, GLMM_E_NAME);
    err = (struct glmm_error){ 0 };
    cr_assert_not(glmm_data_impute(data, "batch", &err)); /* no numbers */
    cr_assert_eq(err.code, GLMM_E_DATA);
    err = (struct glmm_error){ 0 };
    cr_assert_null(glmm_pool_new(NULL, NULL, GLMM_NORMAL, &err));
    cr_assert_neq(err.code, GLMM_OK);
    glmm_data_free(data);
}

static bool pool_once(void *context, struct glmm_error *err)
{
    struct glmm_model *model;
    struct glmm_pool *pool = pool_of(2, 0.7, &model, err);
    struct glmm_hypothesis test;
    bool ok = pool != NULL && glmm_pool_test(pool, "x = 0 and (Intercept) = 1500", &test, err);

    (void)context;
    glmm_pool_free(pool);
    glmm_model_free(model);
    return ok;
}

Test(pool, every_allocation_may_fail)
{
    long count = sweep_allocations(pool_once, NULL);

    cr_assert_gt(count, 100, "%ld", count);
}

/* Copies of one data set are that data set: means and predictions too, with Barnard and Rubin's reach. */
Test(pool, means_of_copies_are_those_of_the_plain_fit)
{
    struct glmm_error err = { 0 };
    struct glmm_data *one = stacked(1, 0, &err);
    struct glmm_model *plain = glmm_model_new(one, "y ~ x + (1 | batch)", NULL, &err), *model;
    struct glmm_fit *fit = glmm_fit_new(plain, NULL, &err);
    struct glmm_pool *pool = pool_of(4, 0, &model, &err);
    const char *const values[] = { "0", "4", NULL };
    const struct glmm_margins_options asked = { .size = sizeof asked, .values = values };
    const struct glmm_predict_options typical = { .size = sizeof typical, .groups = GLMM_TYPICAL };
    struct glmm_margins *margins = glmm_margins_new(fit, "x", &asked, &err), *pooled = glmm_pool_margins(pool, "x", &asked, &err);
    struct glmm_prediction *rows = glmm_predict(fit, one, &typical, &err), *both = glmm_pool_predict(pool, one, &typical, &err);
    struct glmm_predicted a, b;

    cr_assert(margins != NULL && pooled != NULL && rows != NULL && both != NULL, "%s", err.message);
    cr_assert_eq(glmm_margins_count(pooled), 2);
    for (int k = 0; k < 2; k++) {
        struct glmm_margin x, y;

        cr_assert(glmm_margins_get(margins, k, &x) && glmm_margins_get(pooled, k, &y));
        cr_expect_eq(y.number, 4 * k);
        near(y.estimate, x.estimate, 1e-10);
        near(y.se, x.se, 1e-10);
        cr_expect(y.upper - y.lower > 0);
    }
    cr_assert(glmm_prediction_get(rows, &a) && glmm_prediction_get(both, &b));
    cr_assert_eq(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        near(b.estimate[i], a.estimate[i], 1e-10);
        near(b.se[i], a.se[i], 1e-10);
    }
    cr_expect_null(glmm_pool_predict(pool, one, NULL, &err), "modes are not pooled");
    cr_expect_eq(err.code, GLMM_E_MODEL);
    glmm_prediction_free(both);
    glmm_prediction_free(rows);
    glmm_margins_free(pooled);
    glmm_margins_free(margins);
    glmm_pool_free(pool);
    glmm_model_free(model);
    glmm_fit_free(fit);
    glmm_model_free(plain);
    glmm_data_free(one);
}
