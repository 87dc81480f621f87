/* test-means.c -- distributions of several t's against other ways to the same numbers; means and contrasts against averages of
 * cells, linear hypotheses, and the same in any contrasts. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "infer/contrast.h"
#include "infer/slopes.h"
#include "run-session.h"
#include "sweep.h"

/* --- distributions -------------------------------------------------------------------------------------- */

Test(simultaneous, the_range_of_two_is_a_t)
{
    static const double df[] = { 1, 2, 3.5, 17, 240, 1e5, INFINITY };

    for (size_t i = 0; i < sizeof df / sizeof *df; i++)
        for (double q = 0.3; q < 9; q += 1.1) {
            double p = 2 * (isfinite(df[i]) ? pt(q / M_SQRT2, df[i], 0, 0) : pnorm(q / M_SQRT2, 0, 1, 0, 0));

            cr_assert_float_eq(tukey_upper(q, 2, df[i]), p, 1e-11, "%g %g", q, df[i]);
        }
}

/* P(range of 3 normals <= w), another way: over the differences a, b of two of them to the third, normal with correlation 1/2, by
 * Simpson's rule, the outer one in the conditional of the inner. */
static double range_of_three(double w)
{
    enum { N = 4000 };
    double sum = 0, h = 2 * w / N;

    for (int i = 0; i <= N; i++) {
        double a = -w + i * h, low = fmax(-w, a - w), high = fmin(w, a + w), mean = a / 2, spread = sqrt(1.5);
        double inner = pnorm((high - mean) / spread, 0, 1, 1, 0) - pnorm((low - mean) / spread, 0, 1, 1, 0);

        sum += dnorm(a, 0, M_SQRT2, 0) * inner * (i == 0 || i == N ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return sum * h / 3;
}

Test(simultaneous, the_range_of_three_by_simpson)
{
    for (double w = 0.5; w < 6; w += 0.5)
        cr_assert_float_eq(tukey_upper(w, 3, INFINITY), 1 - range_of_three(w), 1e-9, "%g", w);
}

/* Tables of the studentized range (Harter 1960) and of Dunnett (1964) have these. */
Test(simultaneous, table_values)
{
    static const double r3[9] = { 1, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1 }, r2[4] = { 1, 0.5, 0.5, 1 };
    bool exact;

    cr_assert_float_eq(tukey_critical(0.05, 3, 10), 3.877, 5e-4);
    cr_assert_float_eq(tukey_critical(0.05, 10, 20), 5.008, 5e-4);
    cr_assert_float_eq(tukey_critical(0.01, 5, 5), 8.421, 2e-3);
    cr_assert_float_eq(tukey_critical(0.05, 3, INFINITY), 3.314, 5e-4);
    cr_assert_float_eq(dunnett_critical(0.05, 3, r3, 16, &exact), 2.59, 5e-3);
    cr_assert(exact);
    cr_assert_float_eq(dunnett_critical(0.05, 2, r2, INFINITY, &exact), 2.21, 5e-3);
    cr_assert_float_eq(dunnett_critical(0.01, 3, r3, INFINITY, &exact), 2.91, 5e-3);
    for (double p = 0.001; p < 0.5; p *= 3) {
        cr_assert_float_eq(tukey_upper(tukey_critical(p, 6, 7.5), 6, 7.5), p, 1e-10);
        cr_assert_float_eq(dunnett_upper(dunnett_critical(p, 3, r3, 7.5, &exact), 3, r3, 7.5, &exact), p, 1e-10);
    }
}

/* P(|X| <= t, |Y| <= t) of two normals with correlation r, by Simpson's rule over X. */
static double square_of_two(double t, double r)
{
    enum { N = 4000 };
    double sum = 0, h = 2 * t / N, spread = sqrt(1 - r * r);

    for (int i = 0; i <= N; i++) {
        double x = -t + i * h;
        double inner = pnorm((t - r * x) / spread, 0, 1, 1, 0) - pnorm((-t - r * x) / spread, 0, 1, 1, 0);

        sum += dnorm(x, 0, 1, 0) * inner * (i == 0 || i == N ? 1 : i % 2 == 1 ? 4 : 2);
    }
    return sum * h / 3;
}

/* P(|Z1|, |Z2|, |Z3| <= t) by Simpson's rule in z1 and, given it, in z2. */
static double cube_of_three(double t, double r12, double r13, double r23)
{
    enum { STEPS = 240 };
    double s2 = sqrt(1 - r12 * r12), slope = (r23 - r12 * r13) / (s2 * s2), s3 = sqrt(1 - r13 * r13 - slope * slope * s2 * s2),
           sum = 0;

    for (int i = 0; i <= STEPS; i++) {
        double z1 = t * (2.0 * i / STEPS - 1), inner = 0;

        for (int j = 0; j <= STEPS; j++) {
            double z2 = t * (2.0 * j / STEPS - 1), mean = r13 * z1 + slope * (z2 - r12 * z1);

            inner += (j == 0 || j == STEPS ? 1
                      : j % 2 == 0         ? 2
                                           : 4)
                     * dnorm((z2 - r12 * z1) / s2, 0, 1, 0) / s2
                     * (pnorm((t - mean) / s3, 0, 1, 1, 0) - pnorm((-t - mean) / s3, 0, 1, 1, 0));
        }
        sum += (i == 0 || i == STEPS ? 1 : i % 2 == 0 ? 2 : 4) * dnorm(z1, 0, 1, 0) * inner;
    }
    return sum * pow(2 * t / STEPS / 3, 2);
}

/* Correlations that no loadings give, to four digits; far out the probability is small, and never NaN. */
Test(simultaneous, the_largest_of_three_that_are_no_products)
{
    static const double of[][3] = { { 0.8, 0.7, 0.4 }, { -0.8, 0.7, -0.35 }, { 0.2, -0.6, 0.5 } };
    bool exact;

    for (int k = 0; k < 3; k++) {
        double r[9] = { 1, of[k][0], of[k][1], of[k][0], 1, of[k][2], of[k][1], of[k][2], 1 };

        for (double t = 0.5; t < 4; t += 0.5) {
            double p = dunnett_upper(t, 3, r, INFINITY, &exact), simpson = 1 - cube_of_three(t, of[k][0], of[k][1], of[k][2]);

            cr_assert_not(exact);
            cr_expect_float_eq(p, simpson, 6e-5, "%d at %g: %.8f, by Simpson's rule %.8f", k, t, p, simpson);
        }
        for (double t = 4; t < 60; t *= 1.3)
            cr_expect(dunnett_upper(t, 3, r, 8, &exact) <= 1.02 * 3 * 2 * pt(t, 8, 0, 0) + 1e-6, "%d at %g", k, t);
    }
}

Test(simultaneous, the_largest_of_several_other_ways)
{
    static const double none[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
    double r[4] = { 1, 0, 0, 1 }, near[16];
    bool exact;

    cr_assert_float_eq(dunnett_upper(2.3, 3, none, INFINITY, &exact), 1 - pow(1 - 2 * pnorm(-2.3, 0, 1, 1, 0), 3), 1e-12);
    for (double rho = -0.9; rho < 0.95; rho += 0.3) {
        r[1] = r[2] = rho;
        cr_assert_float_eq(dunnett_upper(1.9, 2, r, INFINITY, &exact), 1 - square_of_two(1.9, rho), 1e-9, "%g", rho);
        cr_assert(exact);
    }
    /* correlations that are nearly products go by the lattice, and must come to nearly the same */
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            near[i + j * 4] = i == j ? 1 : 0.5;
    r[0] = dunnett_upper(2.4, 4, near, 12, &exact);
    cr_assert(exact);
    near[1] = near[4] = 0.5 + 1e-6;
    cr_assert_float_eq(dunnett_upper(2.4, 4, near, 12, &exact), r[0], 1e-6);
    cr_assert_not(exact);
}

/* Of six means the pairs 1 - 2, 3 - 4, 5 - 6 alone are as many as those of three, and say more than these: no fewer means count.
 */
Test(simultaneous, pairs_of_no_set_of_means_are_of_all)
{
    double t[15], df[15], p[15], reach[15];
    const struct family_of six = { 15, 6, t, df, NULL, NULL };
    bool exact;

    for (int i = 0; i < 15; i++) {
        t[i] = i == 0 || i == 9 || i == 14 ? 2.5 : (double)NAN;
        df[i] = INFINITY;
    }
    cr_assert(simultaneous_adjust(&six, ADJUST_TUKEY, 0.95, p, reach, &exact));
    cr_expect_float_eq(p[9], tukey_upper(2.5 * M_SQRT2, 6, INFINITY), 1e-12);
    cr_expect_float_eq(reach[9], tukey_critical(0.05, 6, INFINITY) / M_SQRT2, 1e-9);
    t[14] = (double)NAN;
    t[1] = t[5] = 2.5; /* 1 - 2, 1 - 3, 2 - 3 */
    t[9] = (double)NAN;
    cr_assert(simultaneous_adjust(&six, ADJUST_TUKEY, 0.95, p, reach, &exact));
    cr_expect_float_eq(p[5], tukey_upper(2.5 * M_SQRT2, 3, INFINITY), 1e-12);
}

Test(simultaneous, adjusting_by_hand)
{
    static const double t[] = { 2.5, -1, NAN, 3.1 }, df[] = { 20, 30, 20, 25 };
    const struct family_of family = { 4, 4, t, df, NULL, NULL };
    double p[4], reach[4], own = 2 * pt(2.5, 20, 0, 0), first = 2 * pt(3.1, 25, 0, 0);
    bool exact;

    cr_assert(simultaneous_adjust(&family, ADJUST_HOLM, 0.95, p, reach, &exact));
    cr_assert_float_eq(p[3], 3 * first, 1e-15);
    cr_assert_float_eq(p[0], fmax(3 * first, 2 * own), 1e-15);
    cr_assert(isnan(p[2]));
    cr_assert_float_eq(reach[0], qt(0.05 / 6, 20, 0, 0), 1e-12);
    cr_assert(simultaneous_adjust(&family, ADJUST_SIDAK, 0.9, p, reach, &exact));
    cr_assert_float_eq(p[0], 1 - pow(1 - own, 3), 1e-12);
    cr_assert(simultaneous_adjust(&family, ADJUST_BONFERRONI, 0.9, p, reach, &exact));
    cr_assert_float_eq(p[1], fmin(1, 3 * 2 * pt(-1, 30, 1, 0)), 1e-12);
}

/* --- means ------------------------------------------------------------------------------------------------ */

static struct means *means_of(const struct model *model, const char *const *names, int count, enum means_weights weights)
{
    struct asked asked[4];
    struct means_request request = {
        .fit = model->fit, .variables = asked, .count = count, .weights = weights, .at_place = NOWHERE
    };
    struct glmm_error err = { .at = NOWHERE };
    struct means *means;

    for (int k = 0; k < count; k++)
        asked[k] = (struct asked){ .text = names[k], .at = NOWHERE };
    means = means_new(model, &request, NULL, &err);
    cr_assert(means != NULL, "%s", err.message);
    return means;
}

static double estimate_of(const struct means *means, int cell)
{
    struct glmm_error err = { .at = NOWHERE };
    struct linear linear;
    struct mean_estimate out;

    cr_assert(linear_init(&linear, means->model->fit, LINEAR_SATTERTHWAITE, NULL, &err));
    cr_assert(means_estimate(means, &linear, cell, SCALE_LINK, 0.95, &out, &err));
    linear_clear(&linear);
    return out.estimate;
}

/* The mean of the response in the rows of a level. */
static double raw_mean(const struct model *model, const char *variable, int32_t code)
{
    const struct column *column = frame_find(model->frame, variable);
    double sum = 0, n = 0;

    for (size_t i = 0; i < model->design->n; i++)
        if (column->as.code[model->design->row[i]] == code) {
            sum += model->design->y[i];
            n++;
        }
    return sum / n;
}

Test(means, of_a_balanced_table_are_those_of_the_rows)
{
    static const char *const recipe[] = { "recipe" };
    struct session *session = session_of("load cake; fit angle ~ recipe * factor(temp) + (1 | recipe:replicate), contrasts=sum");

    for (int weights = WEIGHTS_EQUAL; weights <= WEIGHTS_CELLS; weights++) {
        struct means *means = means_of(session->model, recipe, 1, weights);

        cr_assert_eq(means->count, 3);
        for (int c = 0; c < 3; c++)
            cr_assert_float_eq(estimate_of(means, c), raw_mean(session->model, "recipe", c), 1e-9, "%d", weights);
        means_free(means);
    }
    session_free(session);
}

Test(means, weights_of_cells_are_those_of_the_rows_without_groups)
{
    static const char *const recipe[] = { "recipe" };
    struct session *session = session_of("load cake; where temp > 190 | recipe != \"B\"; fit angle ~ recipe * factor(temp)");
    struct means *cells = means_of(session->model, recipe, 1, WEIGHTS_CELLS);

    for (int c = 0; c < 3; c++) /* level B has no rows at 175 and 185: its mean is over the rest */
        cr_assert_float_eq(estimate_of(cells, c), raw_mean(session->model, "recipe", c), 1e-9);
    means_free(cells);
    session_free(session);
}

/* Where all columns are 0 the linear predictor is 0 without an error; its mean over the groups has that of their variance. */
Test(means, of_a_row_of_zeros_are_known)
{
    static const char *texts[] = { "0", "1" };
    struct session *session = session_of("load epil; fit y ~ 0 + lbase + (1 | subject), family=poisson");
    const struct fit *fit = session->model->fit;
    struct at_variable at = { "lbase", texts, 2, 2 };
    struct asked asked = { .text = "lbase", .at = NOWHERE };
    struct means_request request = {
        .fit = fit, .variables = &asked, .count = 1, .at = { .variables = &at, .count = 1 }, .at_place = NOWHERE
    };
    struct glmm_error err = { .at = NOWHERE };
    struct means *means = means_new(session->model, &request, NULL, &err);
    double mean = exp(0.5 * fit->random[0].sd[0] * fit->random[0].sd[0]), q = qnorm(0.975, 0, 1, 1, 0);
    struct mean_estimate out;
    struct linear linear;

    cr_assert(means != NULL, "%s", err.message);
    cr_assert(linear_init(&linear, fit, LINEAR_NORMAL, NULL, &err));
    cr_assert(means_estimate(means, &linear, 0, SCALE_LINK, 0.95, &out, &err));
    cr_expect(out.estimate == 0 && out.se == 0 && out.lower == 0 && out.upper == 0 && isnan(out.df));
    cr_assert(means_estimate(means, &linear, 0, SCALE_RESPONSE, 0.95, &out, &err));
    cr_expect(out.estimate == 1 && out.se == 0 && out.lower == 1 && out.upper == 1);
    cr_assert(means_estimate(means, &linear, 0, SCALE_POPULATION, 0.95, &out, &err));
    cr_expect_float_eq(out.estimate, mean, 1e-8 * mean);
    cr_expect_gt(out.se, 0.1 * mean);
    cr_expect_float_eq(log(out.lower), log(mean) - q * out.se / mean, 1e-8);
    cr_expect_float_eq(log(out.upper), log(mean) + q * out.se / mean, 1e-8);
    linear_clear(&linear);
    means_free(means);
    session_free(session);
}

/* --- slopes --------------------------------------------------------------------------------------------- */

/* A slope b + c w differs from 0 beyond the roots of (b + c w)^2 = q^2 (v_bb + 2 w v_bc + w^2 v_cc). */
Test(slopes, johnson_and_neyman_by_the_quadratic_equation)
{
    struct session *session = session_of("load sleepstudy; let w = row() %% 11 - 6; let later = Reaction + 2.5 * Days * w; "
                                         "fit later ~ Days * w + (1 | Subject)");
    const struct fit *fit = session->model->fit;
    const struct asked x = { .text = "Days", .at = NOWHERE }, by = { .text = "w", .at = NOWHERE };
    struct means_request request = { .fit = session->model->fit, .at_place = NOWHERE };
    struct glmm_error err = { .at = NOWHERE };
    double q2 = qchisq(0.95, 1, 1, 0), b = fit->beta[1], c = fit->beta[3], a2, a1, a0, root;
    struct linear linear;
    struct neyman neyman;

    cr_assert(linear_init(&linear, fit, LINEAR_NORMAL, NULL, &err));
    cr_assert(neyman_find(session->model, &linear, &x, &by, &request, 0.95, &neyman, NULL, &err), "%s", err.message);
    a2 = c * c - q2 * fit->vcov[3 + 3 * 4];
    a1 = 2 * b * c - 2 * q2 * fit->vcov[1 + 3 * 4];
    a0 = b * b - q2 * fit->vcov[1 + 1 * 4];
    root = sqrt(a1 * a1 - 4 * a2 * a0);
    cr_assert_eq(neyman.count, 2);
    cr_assert_eq(neyman.from[0], -6);
    cr_assert_float_eq(neyman.to[0], (-a1 - root) / (2 * a2), 1e-7);
    cr_assert_float_eq(neyman.from[1], (-a1 + root) / (2 * a2), 1e-7);
    cr_assert_eq(neyman.to[1], 4);
    cr_assert_eq(neyman.sign[0], -1);
    cr_assert_eq(neyman.sign[1], 1);
    linear_clear(&linear);
    session_free(session);
}

/* The derivative of a cubic at a point. */
Test(slopes, of_a_polynomial)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + I(Days^2) + I(Days^3) + (1 | Subject)");
    const double *beta = session->model->fit->beta;
    const struct asked x = { .text = "Days", .at = NOWHERE };
    struct means_request request = { .fit = session->model->fit, .at_place = NOWHERE };
    struct glmm_error err = { .at = NOWHERE };
    struct means *slopes = slopes_new(session->model, &x, &request, NULL, &err);

    cr_assert(slopes != NULL, "%s", err.message);
    cr_assert_float_eq(estimate_of(slopes, 0), beta[1] + 2 * 4.5 * beta[2] + 3 * 4.5 * 4.5 * beta[3], 1e-8);
    means_free(slopes);
    session_free(session);
}

static bool contrast_once(void *context, struct glmm_error *err)
{
    const struct model *model = context;
    struct asked asked = { .text = "recipe", .at = NOWHERE };
    struct means_request request = { .fit = model->fit, .variables = &asked, .count = 1, .at_place = NOWHERE };
    struct contrast_request how = { .method = CONTRAST_WITH_CONTROL, .adjust = ADJUST_DUNNETT, .level = 0.95 };
    struct linear linear;
    struct means *means = NULL;
    struct contrasts_of *contrasts = NULL;
    bool ok = linear_init(&linear, model->fit, LINEAR_SATTERTHWAITE, NULL, err)
              && (means = means_new(model, &request, NULL, err)) != NULL
              && (contrasts = contrasts_new(means, &linear, &how, err)) != NULL;

    contrasts_free(contrasts);
    means_free(means);
    linear_clear(&linear);
    return ok;
}

Test(means, every_allocation_may_fail)
{
    struct session *session = session_of("load cake; where temp < 200; fit angle ~ recipe + temp + (1 | replicate)");

    cr_assert_gt(sweep_allocations(contrast_once, session->model), 30);
    session_free(session);
}
