/* test-attenuation.c -- coefficients and standardized means of a population against reference values; the commands built on them.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/plots/plots.h"
#include "infer/attenuation.h"
#include "infer/margins.h"
#include "infer/grid.h"
#include "lang/words.h"
#include "model/family.h"
#include "render/draw.h"
#include "run-session.h"
#include "sweep.h"
#include "averages.h"

static const char toenail[] =
    "load toenail; fit outcome ~ treatment * time + (1 | patientID), family=binomial method=agq nodes=50";
static const char bacteria[] = "load bacteria; fit y ~ trt + wk2 + (1 | ID), family=binomial method=agq nodes=25";

/* --- coefficients ------------------------------------------------------------------------------ */

/* Reference values: R, exact integrals at the AGQ estimates of lme4, polished. */
Test(attenuation, toenail)
{
    static const double conditional[] = { -1.61833008024316, -0.16077926277682, -0.391002878851014, -0.136790551358423 };
    static const double marginal[] = { -0.56853140806907, -0.0309056633440322, -0.159991852908635, -0.0688942381929223 };
    static const double zeger[] = { -0.632242481166991, -0.0628125752954814, -0.152755382406942, -0.0534407650496463 };
    struct session *session = session_of(toenail);
    struct attenuation *a = attenuation_new(session->model->fit, NULL, NULL);

    for (int j = 0; j < 4; j++) {
        near(a->conditional[j], conditional[j], 1e-5, "conditional");
        near(a->marginal[j], marginal[j], 2e-5, "marginal");
        near(a->by_rule[j], zeger[j], 1e-5, "rule");
        near(a->ratio[j], marginal[j] / conditional[j], 3e-5, "ratio");
    }
    cr_expect_eq(a->rule, RULE_LOGIT);
    near(a->factor, 0.390675850919111, 1e-5, "factor");
    cr_expect(a->exists && a->includes_theta && !a->collapsible);
    attenuation_free(a);
    session_free(session);
}

Test(attenuation, bacteria)
{
    static const double marginal[] = { 1.74656744968687, 0.461034198596104, 1.11108676913354, -1.33247861726384 };
    static const double naive[] = { 1.7145610243, 0.4814592527, 1.1186848427, -1.2948524691 }; /* R's glm */
    struct session *session = session_of(bacteria);
    struct attenuation *a = attenuation_new(session->model->fit, NULL, NULL);

    for (int j = 0; j < 4; j++) {
        near(a->marginal[j], marginal[j], 1e-5, "marginal");
        near(a->naive[j], naive[j], 1e-7, "naive");
    }
    attenuation_free(a);
    session_free(session);
}

/* A probit's marginal coefficients are exact, and so are their standard errors: f(beta, theta) = beta / sqrt(1 + theta^2). */
Test(attenuation, probit_is_exact)
{
    struct session *session = session_of("load bacteria; fit y ~ trt + wk2 + (1 | ID), family=binomial link=probit");
    const struct fit *fit = session->model->fit;
    struct attenuation *a = attenuation_new(fit, NULL, NULL);
    double theta = fit->theta[0], factor = 1 / sqrt(1 + theta * theta);
    int n = fit->joint_count;

    cr_expect_eq(a->rule, RULE_PROBIT);
    for (int j = 0; j < 4; j++) {
        double by_theta = -fit->beta[j] * theta * factor * factor * factor;
        double variance = factor * factor * fit->joint_vcov[j + j * n] + 2 * factor * by_theta * fit->joint_vcov[j + 4 * n]
                          + by_theta * by_theta * fit->joint_vcov[4 + 4 * n];

        near(a->marginal[j], fit->beta[j] * factor, 1e-9, "marginal");
        near(a->by_rule[j], fit->beta[j] * factor, 1e-14, "rule");
        near(a->marginal_se[j], sqrt(variance), 1e-8, "marginal se");
    }
    attenuation_free(a);
    session_free(session);
}

Test(attenuation, a_log_link_moves_the_intercept_alone)
{
    struct session *session = session_of("load epil; fit y ~ trt + lbase + (1 | subject), family=poisson");
    const struct fit *fit = session->model->fit;
    struct attenuation *a = attenuation_new(fit, NULL, NULL);

    cr_expect_eq(a->rule, RULE_LOG);
    near(a->marginal[0], fit->beta[0] + fit->random[0].covariance[0] / 2, 1e-9, "intercept");
    for (int j = 1; j < 3; j++) {
        near(a->marginal[j], fit->beta[j], 1e-9, "slope");
        near(a->marginal_se[j], fit->se[j], 1e-8, "its error");
    }
    attenuation_free(a);
    session_free(session);
}

Test(attenuation, a_linear_model_is_collapsible)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (Days | Subject)");
    struct attenuation *a = attenuation_new(session->model->fit, NULL, NULL);

    cr_expect(a->collapsible);
    cr_expect_eq(a->marginal[1], a->conditional[1]);
    cr_expect_eq(a->ratio[1], 1);
    near(a->naive[1], 10.4672859595964, 1e-10, "lm");
    near(a->naive_se[1], 1.238195, 1e-5, "lm's error");
    attenuation_free(a);
    session_free(session);
}

/* The two coefficients of the population where parameter c of the fit is moved by `step`: the coefficients, then the template's
 * entries in the places `at`, then what else the family has. */
static void moved_marginal(const struct fit *fit, const int at[], int entries, int c, double step, double out[2])
{
    struct random_fit random = fit->random[0];
    struct fit other = *fit;
    double beta[2] = { fit->beta[0], fit->beta[1] }, lambda[4], covariance[4] = { 0 };
    int k = random.k;
    struct attenuation *a;

    memcpy(lambda, random.lambda, sizeof *lambda * (size_t)(k * k));
    if (c < 2)
        beta[c] += step;
    else if (c < 2 + entries)
        lambda[at[c - 2]] += step;
    else
        other.shape[c - 2 - entries] += step;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            for (int l = 0; l < k; l++)
                covariance[i + k * j] += lambda[i + k * l] * lambda[j + k * l];
    random.lambda = lambda;
    random.covariance = covariance;
    other.beta = beta;
    other.random = &random;
    a = attenuation_new(&other, NULL, NULL);
    memcpy(out, a->marginal, sizeof *out * 2);
    attenuation_free(a);
}

/* The delta method against differences: every parameter moved in turn. */
static void check_errors(const struct fit *fit, const struct attenuation *a, const int at[], int entries)
{
    double jacobian[2][7], h = 1e-4;

    cr_assert(fit->joint_count <= 7);
    for (int c = 0; c < fit->joint_count; c++) {
        double below[2], above[2];

        moved_marginal(fit, at, entries, c, -h, below);
        moved_marginal(fit, at, entries, c, h, above);
        for (int j = 0; j < 2; j++)
            jacobian[j][c] = (above[j] - below[j]) / (2 * h);
    }
    for (int j = 0; j < 2; j++)
        near(a->marginal_se[j], sqrt(delta_variance(fit, jacobian[j])), 1e-5, "error");
}

Test(attenuation, errors_with_slopes)
{
    static const int triangle[] = { 0, 1, 3 };
    struct session *session = session_of("load toenail; fit outcome ~ time + (time | patientID), family=binomial");
    const struct fit *fit = session->model->fit;
    struct attenuation *a = attenuation_new(fit, NULL, NULL);

    cr_assert_eq(fit->joint_count, 5);
    cr_expect_eq(a->rule, RULE_NONE);
    check_errors(fit, a, triangle, 3);
    attenuation_free(a);
    session_free(session);
}

/* Of an ordered response the thresholds are moved too, as coefficients of the population hang on each. */
Test(attenuation, errors_beside_thresholds)
{
    struct session *session = session_of("load wine; fit rating ~ temp + contact + (1 | judge), family=cumulative");
    const struct fit *fit = session->model->fit;
    struct attenuation *a = attenuation_new(fit, NULL, NULL);

    cr_assert(a != NULL && fit->joint_count == 7);
    check_errors(fit, a, (const int[]){ 0 }, 1);
    attenuation_free(a);
    session_free(session);
}

/* The slopes of a row's variance in the entries of Lambda are differences; `||` has the diagonal alone. */
Test(average, slopes_of_the_variance_of_a_row)
{
    static const char *const models[] = { "(Days | Subject)", "(0 + factor(Days > 4) || Subject)" };

    for (int k = 0; k < 2; k++) {
        char script[100];
        struct session *session;
        const struct fit *fit;
        struct marginal_rows rows;
        const double *z;
        int place = 0;

        snprintf(script, sizeof script, "load sleepstudy; fit Reaction ~ Days + %s", models[k]);
        session = session_of(script);
        fit = session->model->fit;
        rows = rows_of_design(fit->design, &z);
        for (int b = 0; b < 2; b++)
            for (int a = b; a < (k == 0 ? 2 : b + 1); a++, place++)
                for (size_t i = 0; i < 10; i++) {
                    double slope[3] = { NAN, NAN, NAN }, value[2];

                    rows_variance_slope(fit, &rows, i, slope);
                    for (int side = 0; side < 2; side++) {
                        double lambda[4], sum = 0;

                        for (int j = 0; j < 4; j++)
                            lambda[j] = fit->sigma * fit->random[0].lambda[j];
                        lambda[a + 2 * b] += side == 0 ? -1e-3 : 1e-3;
                        for (int c = 0; c < 2; c++)
                            sum += pow(lambda[2 * c] * z[2 * i] + lambda[2 * c + 1] * z[2 * i + 1], 2);
                        value[side] = sum;
                    }
                    cr_expect_float_eq(slope[place], (value[1] - value[0]) / 2e-3, 1e-6 * (1 + fabs(slope[place])), "%s %d",
                                       models[k], place);
                }
        session_free(session);
    }
}

/* --- standardized means -------------------------------------------------------------------------- */

/* The rows of a session's model as they are if the column's code is k, for each k; the caller clears them. */
static void levels_of(const struct session *session, const char *column, int count, struct grid_rows *scenarios,
                      struct marginal_rows *rows)
{
    const struct model *model = session->model;

    for (int k = 0; k < count; k++) {
        struct frame *copy = grid_copy(session->data, model->design->row, model->design->n, NULL);
        struct glmm_error err = { .at = NOWHERE };

        grid_set_code(copy, column, 0, copy->rows, k);
        cr_assert(grid_rows_make(model->design, model->formula, copy, &scenarios[k], NULL, &err), "%s", err.message);
        rows[k] = scenarios[k].rows;
        frame_free(copy);
    }
}

static void check_margins(const char *script, const char *column, int count, const double *mean, const double *se,
                          const double *typical, const double *difference_se)
{
    struct margins_options options = { .level = 0.95, .pairs = true };
    struct session *session = session_of(script);
    struct grid_rows scenarios[4];
    struct marginal_rows rows[4];
    struct margins *m;

    levels_of(session, column, count, scenarios, rows);
    m = margins_new(session->model->fit, rows, count, &options, NULL, NULL);
    for (int k = 0; k < count; k++) {
        near(m->population[k].estimate, mean[k], 1e-5, "population");
        near(m->population[k].se, se[k], 1e-3, "its error");
        near(m->typical[k].estimate, typical[k], 1e-5, "typical group");
        cr_expect_lt(m->population[k].lower, mean[k]);
        cr_expect_gt(m->population[k].upper, mean[k]);
    }
    for (int c = 0; c < m->contrast_count; c++) {
        int from = m->of_population[c].from, to = m->of_population[c].to;

        near(m->of_population[c].difference.estimate, mean[to] - mean[from], 1e-4, "difference");
        near(m->of_population[c].ratio, mean[to] / mean[from], 1e-4, "ratio");
        near(m->of_population[c].odds_ratio, mean[to] / (1 - mean[to]) / mean[from] * (1 - mean[from]), 1e-4, "odds ratio");
        if (to == from + 1)
            near(m->of_population[c].difference.se, difference_se[from], 1e-3, "error of a difference");
    }
    margins_free(m);
    for (int k = 0; k < count; k++)
        grid_rows_clear(&scenarios[k]);
    session_free(session);
}

Test(margins, toenail)
{
    check_margins(toenail, "treatment", 2, (double[]){ 0.23222566719424, 0.196015166856687 },
                  (double[]){ 0.0258960658737154, 0.0227533984956972 }, (double[]){ 0.0663821000773804, 0.0493249547967224 },
                  (double[]){ 0.0342630740195174 });
}

Test(margins, bacteria)
{
    check_margins(bacteria, "trt", 3, (double[]){ 0.710335024614075, 0.789666649491925, 0.873286644134686 },
                  (double[]){ 0.072842601829328, 0.0632015706046705, 0.0413176199002966 },
                  (double[]){ 0.752620558772155, 0.838903984278491, 0.917202779925669 },
                  (double[]){ 0.0964655923276243, 0.0754015808717118 });
}

/* The figures that the manual tells. */
Test(margins, cbpp_period_1)
{
    struct session *session =
        session_of("load cbpp; fit cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial");
    struct margins_options options = { .level = 0.95 };
    struct grid_rows scenarios[4];
    struct marginal_rows rows[4];
    struct margins *m;

    levels_of(session, "period", 4, scenarios, rows);
    m = margins_new(session->model->fit, rows, 4, &options, NULL, NULL);
    cr_expect_float_eq(m->typical[0].estimate, 0.198049141600129, 1e-6);
    cr_expect_float_eq(m->population[0].estimate, 0.2161, 5e-5);
    near(m->typical[0].lower, 0.135384165984807, 1e-4, "emmeans' lower end");
    near(m->typical[0].upper, 0.280315854428101, 1e-4, "emmeans' upper end");
    near(m->of_typical[0].odds_ratio, 1 / 2.69751973693368, 1e-5, "emmeans' odds ratio");
    cr_expect_eq(m->contrast_count, 3);
    margins_free(m);
    for (int k = 0; k < 4; k++)
        grid_rows_clear(&scenarios[k]);
    session_free(session);
}

/* Two means have a ratio where both are above 0: in whichever order, and also where the lower one is the first. */
Test(margins, ratios_of_means_above_0)
{
    static const struct {
        const char *response;
        bool ratio;
    } cases[] = {
        { "Reaction - 300", false }, { "300 - Reaction", false }, { "Reaction - 900", false },
        { "Reaction - 100", true },  { "900 - Reaction", true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[300];
        struct margins_options options = { .level = 0.95 };
        struct grid_rows scenarios[2];
        struct marginal_rows rows[2];
        struct session *session;
        struct margins *m;

        snprintf(script, sizeof script, "load sleepstudy; let y = %s; let half = factor(Days > 4); fit y ~ half + (1 | Subject)",
                 cases[i].response);
        session = session_of(script);
        levels_of(session, "half", 2, scenarios, rows);
        m = margins_new(session->model->fit, rows, 2, &options, NULL, NULL);
        if (cases[i].ratio) {
            near(m->of_population[0].ratio, m->population[1].estimate / m->population[0].estimate, 1e-12, "ratio");
            cr_expect_lt(m->of_population[0].ratio_lower, m->of_population[0].ratio);
            cr_expect_gt(m->of_population[0].ratio_upper, m->of_population[0].ratio);
        } else
            cr_expect(isnan(m->of_population[0].ratio), "%s: %g", cases[i].response, m->of_population[0].ratio);
        margins_free(m);
        for (int k = 0; k < 2; k++)
            grid_rows_clear(&scenarios[k]);
        session_free(session);
    }
}

/* --- rows as they would be ----------------------------------------------------------------------- */

/* Bases that depend on all rows are those of the data: the same prediction whether the model says x + x^2 or poly(x, 2), scaled
 * or not. */
Test(grid, bases_are_those_of_the_data)
{
    static const char *const scripts[] = {
        "load sleepstudy; fit Reaction ~ Days + I(Days^2) + (1 | Subject)",
        "load sleepstudy; fit Reaction ~ poly(Days, 2) + (1 | Subject)",
        "load sleepstudy; fit Reaction ~ scale(Days) + I(scale(Days)^2) + (1 | Subject)",
    };
    double eta[3];

    for (int s = 0; s < 3; s++) {
        struct session *session = session_of(scripts[s]);
        const struct model *model = session->model;
        struct frame *copy = grid_copy(session->data, model->design->row, 1, NULL);
        struct glmm_error err = { .at = NOWHERE };
        struct grid_rows scenario;

        cr_assert(grid_set_number(copy, "Days", 0, 1, 12.5, &err));
        cr_assert(grid_rows_make(model->design, model->formula, copy, &scenario, NULL, &err), "%s", err.message);
        eta[s] = rows_eta(model->fit, &scenario.rows, 0);
        grid_rows_clear(&scenario);
        frame_free(copy);
        session_free(session);
    }
    near(eta[1], eta[0], 1e-7, "poly");
    near(eta[2], eta[0], 1e-7, "scale");
}

/* --- the plot -------------------------------------------------------------------------------------- */

struct making {
    struct session *session;
    const char *arguments;
    struct result *result; /* kept where `keep` is set */
    bool keep;
};

static bool make(void *context, struct glmm_error *err)
{
    static const struct plot_options usual = { .sort = "raw", .max = 20 };
    struct making *making = context;
    struct arena *arena = arena_new();
    struct plot_job job = { .session = making->session, .options = &usual, .err = err, .result = result_new("plot-ascii") };
    struct call call = { .line = making->arguments, .argument = making->arguments, .arena = arena };
    bool ok = (arena != NULL && job.result != NULL) || fail_memory(err);

    job.call = &call;
    ok = ok && words_split(arena, call.line, span_of(0, (int)strlen(call.line)), &call.words, &call.word_count, err)
         && plot_attenuation.build(&job);
    if (ok && !result_ok(job.result))
        ok = fail_memory(err);
    if (making->keep)
        making->result = job.result;
    else
        result_free(job.result);
    arena_free(arena);
    return ok;
}

/* Fits the page at any width, in every tier, without blanks at the ends of lines; 7-bit in ASCII. */
static void check_cells(const struct plot *plot)
{
    static const int widths[] = { 40, 61, 80, 133, 250 };

    for (int charset = CHARSET_ASCII; charset <= CHARSET_BRAILLE; charset++)
        for
            EACH(w, widths)
            {
                struct style style = {
                    .format = FORMAT_TEXT, .width = widths[w], .digits = 4, .charset = (enum charset)charset, .hints = true
                };
                struct text out = { 0 };
                int lines = 0;

                cr_assert(plot_draw(plot, &style, &out));
                for (const char *at = text_string(&out); *at != '\0'; lines++) {
                    size_t bytes = strcspn(at, "\n");

                    cr_assert_leq(utf8_width_n(at, bytes), widths[w], "%.*s", (int)bytes, at);
                    cr_assert(bytes == 0 || at[bytes - 1] != ' ');
                    for (size_t i = 0; charset == CHARSET_ASCII && i < bytes; i++)
                        cr_assert(at[i] >= ' ' && at[i] < 0x7f);
                    at += bytes + 1;
                }
                cr_expect(widths[w] != 80 || lines <= 23, "%d lines", lines);
                text_clear(&out);
            }
}

Test(plot_attenuation, curves)
{
    struct session *session = session_of(toenail);
    struct making making = { session, "time", NULL, true };
    struct glmm_error err = { .at = NOWHERE };
    const struct plot_series *series, *last = NULL;
    const struct plot *plot;
    double eta, mean;
    int faint = 0, dotted = 0;

    cr_assert(make(&making, &err), "%s", err.message);
    plot = making.result->last->as.plot;
    for (series = plot->first; series != NULL; series = series->next) {
        faint += series->mark == MARK_FAINT;
        dotted += series->mark == MARK_DOTTED;
        last = series;
        for (size_t i = 1; i < series->count; i++)
            cr_expect_lt(series->y[i], series->y[i - 1], "the risk falls");
    }
    cr_expect_eq(faint, 7);
    cr_expect_eq(dotted, 1);
    cr_assert_eq(last->mark, MARK_LINE);
    /* At time 0 in the first treatment group the linear predictor is the intercept. */
    eta = session->model->fit->beta[0];
    mean = average(link_find("logit"), eta, session->model->fit->random[0].covariance[0]).mean;
    near(last->y[0], mean, 1e-12, "the average curve");
    cr_expect_not_null(strstr(plot->statement, "time: group -0.391, average -0.16, ratio 0.41"), "%s", plot->statement);
    check_cells(plot);
    result_free(making.result);
    making.arguments = "treatment";
    cr_assert(make(&making, &err), "%s", err.message);
    check_cells(making.result->last->as.plot);
    result_free(making.result);
    session_free(session);
}

/* --- memory ------------------------------------------------------------------------------------------ */

static bool attenuate(void *context, struct glmm_error *err)
{
    struct attenuation *a = attenuation_new(context, NULL, err);

    attenuation_free(a);
    return a != NULL;
}

struct margins_run {
    const struct session *session;
    const struct marginal_rows *rows;
};

static bool margins_made(void *context, struct glmm_error *err)
{
    const struct margins_run *run = context;
    struct margins_options options = { .level = 0.95 };
    struct margins *m = margins_new(run->session->model->fit, run->rows, 3, &options, NULL, err);

    margins_free(m);
    return m != NULL;
}

static bool grid_made(void *context, struct glmm_error *err)
{
    const struct session *session = context;
    const struct model *model = session->model;
    struct frame *copy = grid_copy(session->data, model->design->row, model->design->n, err);
    struct grid_rows scenario = { .made = NULL };
    bool ok = copy != NULL && grid_set_number(copy, "week", 0, copy->rows, 2.5, err)
              && grid_rows_make(model->design, model->formula, copy, &scenario, NULL, err);

    grid_rows_clear(&scenario);
    frame_free(copy);
    return ok;
}

Test(attenuation, survives_each_failed_allocation)
{
    struct session *session = session_of("load bacteria; fit y ~ trt + poly(week, 2) + (1 | ID), family=binomial");
    struct making making = { session, "week", NULL, false };
    struct margins_run run = { .session = session };
    struct grid_rows scenarios[3];
    struct marginal_rows rows[3];

    levels_of(session, "trt", 3, scenarios, rows);
    run.rows = rows;
    cr_expect_gt(sweep_allocations(attenuate, session->model->fit), 5);
    cr_expect_gt(sweep_allocations(margins_made, &run), 5);
    cr_expect_gt(sweep_allocations(grid_made, session), 5);
    cr_expect_gt(sweep_allocations(make, &making), 5);
    making.arguments = "trt";
    cr_expect_gt(sweep_allocations(make, &making), 5);
    for (int k = 0; k < 3; k++)
        grid_rows_clear(&scenarios[k]);
    session_free(session);
}
