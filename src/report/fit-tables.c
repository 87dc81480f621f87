/* fit-tables.c -- see fit-tables.h. */
#include "report/fit-tables.h"

#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "fit/imputed.h"
#include "fit/method.h"
#include "fit/recession.h"
#include "infer/kenward.h"
#include "infer/linear.h"
#include "infer/ci.h"
#include "infer/ratio.h"
#include "infer/ungrouped.h"
#include "model/family.h"
#include "report/determined.h"
#include "report/fit-parts.h"
#include "report/fit-random.h"
#include "report/fit-values.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/interval-notes.h"
#include "report/law.h"
#include "report/tables.h"
#include "result/number.h"

/* A smaller share of effective draws makes their error untrustworthy. */
#define DRAWS_ENOUGH 0.1

/* --- headlines ------------------------------------------------------------------------------------- */

static void remarks(struct result *result, const struct model *model)
{
    head_lines(result, model, model->fit);
    success_note(result, model->design);
    category_notes(result, model->design);
    contrast_notes(result, model->design);
    subset_notes(result, model);
    dropped_notes(result, model->design);
    weights_note(result, model);
    if (model->spec.offset != NULL)
        result_line(result, LINE_NOTE, "offset: %s", model->spec.offset);
    structure_notes(result, model);
}

/* "the SD of patientID", "the coefficient of time", "the correlation of (Intercept) and time between levels of id". */
static const char *priced_estimate(struct arena *arena, const struct fit *fit)
{
    const struct approximation *a = &fit->approximation;

    switch (a->kind) {
    case APPROXIMATION_FIXED:
        return arena_printf(arena, "the coefficient of %s", a->name);
    case APPROXIMATION_SD:
        if (strcmp(a->name, "(Intercept)") == 0)
            return arena_printf(arena, "the SD of %s", a->group);
        return arena_printf(arena, "the SD of %s between levels of %s", a->name, a->group);
    case APPROXIMATION_CORR:
        return arena_printf(arena, "the correlation of %s and %s between levels of %s", a->name, a->other, a->group);
    case APPROXIMATION_DISPERSION:
        return "the dispersion";
    case APPROXIMATION_THRESHOLD:
        return arena_printf(arena, "the threshold %s", a->name);
    case APPROXIMATION_PREDICTOR:
        return arena_printf(arena, "the coefficient of %s in %s=", a->name, a->other);
    case APPROXIMATION_NONE:
        break;
    }
    return "";
}

/* What the approximation of the likelihood leaves out, where that is more than nothing: `fit: ok, but 9 nodes are few: ...`. */
static void approximation_line(struct result *result, const struct fit *fit)
{
    const struct approximation *a = &fit->approximation;
    const char *means, *many, *how;

    if (!fit_is_rough(fit))
        return;
    means =
        fit->nodes > 1 ? arena_printf(result->arena, "%d nodes are few", fit->nodes) : "Laplace's approximation is rough here";
    if (fabs(a->drift) > 1) /* a Newton step so long tells the direction, not the length */
        many = "more than one standard error";
    else if (a->nodes > 0)
        many = arena_printf(result->arena, "%.2f standard errors", fabs(a->drift));
    else
        many = arena_printf(result->arena, "%.2f \xc2\xb1 %.2f standard errors", fabs(a->drift), a->error);
    how = a->nodes > 0 ? arena_printf(result->arena, "nodes=%d", a->nodes) : arena_printf(result->arena, "%d draws", a->draws);
    result_line(result, LINE_VERDICT, "fit: %s, %s %s: %s would move %s by %s (%s). why: help approximation",
                verdict_name(fit->optimum.verdict), fit->optimum.verdict <= VERDICT_BOUNDARY ? "but" : "and", means,
                priced_estimate(result->arena, fit), a->drift > 0 ? "up" : "down", many, how);
}

/* What a verdict that is not plainly `ok` means. */
static void verdict_line(struct result *result, const struct fit *fit)
{
    const struct optimum *optimum = &fit->optimum;

    if (fit->proper != NULL && optimum->verdict != VERDICT_OK) { /* one thing after the other */
        verdict_line(result, fit->proper);
        result_line(result, LINE_NOTE, "%s. why: help separation", fit->recession->message);
        return;
    }
    if (optimum->verdict == VERDICT_OK && optimum->message[0] == '\0')
        return;
    if (optimum->verdict == VERDICT_OK) {
        result_line(result, LINE_VERDICT, "fit: ok \xe2\x80\x94 %s. why: help separation", optimum->message);
        return;
    }
    if (optimum->verdict == VERDICT_BOUNDARY)
        result_line(result, LINE_VERDICT, "fit: boundary \xe2\x80\x94 %s. The estimates are usable%s. why: help boundary",
                    optimum->message,
                    optimum->boundary == BOUNDARY_VARIANCE ? ": these data show no such differences beyond noise" : "");
    else if (optimum->verdict == VERDICT_NOT_IDENTIFIED)
        result_line(result, LINE_VERDICT, "fit: not identified \xe2\x80\x94 %s. why: help %s", optimum->message,
                    fit->identity == NULL && !design_is_structured(fit->design) && fit_part_of(fit, PART_ZERO) == NULL
                        ? "separation"
                        : "identified");
    else
        result_line(result, LINE_VERDICT, "fit: %s \xe2\x80\x94 %s. why: help %s", verdict_name(optimum->verdict),
                    optimum->message, fit->recession != NULL ? "separation" : "convergence");
}

static bool is_identity(const struct fit *fit)
{
    return fit->link->kind == LINK_IDENTITY;
}

/* --- fixed effects --------------------------------------------------------------------------------- */

/* Estimates and errors share their decimals, so that digits of the same worth stand below each other: the largest error has all
 * its digits, the smallest two (*needed decimals).  DECIMALS_OWN, each number by its own digits, where that would take more than
 * MOST_EXTRA decimals beyond those of the largest. */
static int estimate_decimals(const struct fit *fit, const double *se, int digits, int *needed)
{
    enum { MOST_EXTRA = 4, MOST_DIGITS = 12 };
    double largest = 0, smallest = HUGE_VAL, size = 0;
    int decimals;

    for (int j = 0; j < fit->design->p; j++)
        if (isfinite(se[j]) && se[j] > 0) {
            size = fmax(size, fmax(fabs(fit->beta[j]), se[j]));
            largest = fmax(largest, se[j]);
            smallest = fmin(smallest, se[j]);
        }
    *needed = 0;
    if (largest == 0)
        return -1;
    decimals = digits - 1 - (int)floor(log10(number_sound(largest)));
    *needed = 1 - (int)floor(log10(number_sound(smallest)));
    if (*needed > decimals + MOST_EXTRA || size < TINY_COLUMN)
        return DECIMALS_OWN;
    decimals = decimals > *needed ? decimals : *needed;
    if ((decimals > 0 ? decimals : 0) + (int)floor(log10(number_sound(size))) >= MOST_DIGITS)
        return DECIMALS_OWN;
    return decimals < 0 ? 0 : decimals;
}

/* What the tests of the coefficients are made of: the fit's own, or Kenward and Roger's. */
struct tested {
    const double *se, *df, *vcov; /* df NULL: z */
    const char *words;
};

static bool make_tested(const struct session *session, const struct fit *fit, struct arena *arena, struct tested *out,
                        struct glmm_error *err)
{
    size_t p = (size_t)fit->design->p;
    bool t = fit->df != NULL && session->settings.ddf != DDF_NONE;
    double *numbers;
    struct linear linear;
    bool ok;

    *out = (struct tested){ fit->se, t ? fit->df : NULL, fit->vcov,
                            t                            ? "Satterthwaite"
                            : fit->design->prior != NULL ? "mode"
                                                         : "z" };
    if (session->settings.ddf < DDF_KENWARD_ROGER || !kenward_applies(fit))
        return true;
    ok = linear_init(&linear, fit, LINEAR_KENWARD_ROGER, &session->progress, err)
         && ((numbers = arena_alloc(arena, 3 * p + p * p + 1, sizeof *numbers)) != NULL || fail_memory(err));
    if (ok) {
        const struct stated_rows unit = { 1, numbers + 2 * p, NULL, .coefficients = true };
        struct linear_estimate one;

        memcpy(numbers + 3 * p, kenward_vcov(linear.kenward), sizeof *numbers * p * p);
        for (size_t j = 0; ok && j < p; j++) {
            numbers[2 * p + j] = 1;
            ok = kenward_degrees(linear.kenward, unit.X, &one.df, err);
            numbers[2 * p + j] = 0;
            if (!ok)
                break;
            numbers[j] = sqrt(numbers[3 * p + j * p + j]);
            numbers[p + j] = one.df;
        }
        *out = (struct tested){ numbers, numbers + p, numbers + 3 * p, "Kenward-Roger" };
    }
    linear_clear(&linear);
    return ok;
}

static void fixed_table(struct result *result, const struct session *session, const struct fit *fit, const struct tested *tested)
{
    bool t_tests = tested->df != NULL, endless = false;
    double level = session->settings.level;
    const char *title = is_identity(fit) ? "Fixed effects" : arena_printf(result->arena, "Fixed (%s)", fit->link->scale);
    struct table *table = result_table(result, "fixed", title);
    size_t term = table_column(table, "term", NULL, CELL_TEXT), estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    size_t se = table_column(table, "se", "Std.Err.", CELL_REAL), df = table_column(table, "df", "df", CELL_REAL);
    size_t statistic = table_column(table, "statistic", t_tests ? "t" : "z", CELL_REAL),
           p = table_column(table, "p", "p", CELL_P);
    size_t interval =
        table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval (%s)", 100 * level, tested->words));
    int needed, decimals = estimate_decimals(fit, tested->se, session->settings.digits, &needed);
    struct wald wald;

    table_decimals(table, estimate, decimals);
    table_decimals(table, se, decimals);
    table_decimals(table, interval, decimals > 0 && decimals > needed ? decimals - 1 : decimals);
    table_error(table, estimate, se);
    table_error(table, interval, se);
    table_decimals(table, df, 2);
    table_statistic(table, statistic, 2);
    if (!t_tests)
        table_flags(table, df, COLUMN_NOT_TEXT);
    for (int j = 0; j < fit->design->p; j++) {
        double degrees = t_tests ? tested->df[j] : (double)INFINITY;
        size_t row = table_row(table);

        wald_test(fit->beta[j], tested->se[j], degrees, level, &wald);
        table_indent(table, row, 1);
        table_text(table, row, term, fit->design->names[j]);
        table_real_known(table, row, estimate, fit_coefficient(fit, j));
        if (!isfinite(tested->se[j])) { /* the verdict says why */
            table_none(table, row, se);
            table_none(table, row, df);
            table_none(table, row, statistic);
            table_none(table, row, p);
            table_none(table, row, interval);
            continue;
        }
        table_real(table, row, se, tested->se[j]);
        if (t_tests)
            table_real(table, row, df, degrees);
        table_real(table, row, statistic, wald.statistic);
        table_real(table, row, p, wald.p);
        table_pair(table, row, interval, wald.lower, wald.upper);
        endless = endless || (isfinite(fit->beta[j]) && isinf(wald.lower));
    }
    if (endless)
        result_line(result, LINE_NOTE, "Inf: with so few df the interval goes farther than numbers do");
}

/* Errors that are not determined are told from those that are lost to separation. */
static void fixed_notes(struct result *result, const struct fit *fit)
{
    bool moved = fit->identity != NULL && fit->identity->moved != NULL && fit->proper == NULL;

    if (moved || errors_are_open(fit))
        open_note(result, NULL, moved);
}

bool summary_correlations(struct result *result, const struct fit *fit)
{
    int p = fit->design->p;
    double *correlation = arena_alloc(result->arena, (size_t)p * p, sizeof *correlation);

    if (correlation == NULL)
        return false;
    for (int a = 0; a < p; a++)
        for (int b = 0; b < p; b++)
            correlation[a * p + b] = fit->vcov[a * p + b] / (fit->se[a] * fit->se[b]);
    result_value(result, "fixed_correlations", value_matrix_known(result->arena, correlation, (size_t)p, (size_t)p));
    if (p > 1)
        summary_correlation_table(result, "Correlations of the fixed effects", fit->design->names, p, correlation);
    else
        result_line(result, LINE_NOTE, "%s: nothing to correlate", p == 1 ? "one fixed effect" : "no fixed effects");
    return true;
}

/* An interval that goes this far on the scale of the logarithm, 13 powers of ten to either side, leaves the dispersion open:
 * where the search stopped on its way to 0 says nothing. */
static const double OPEN = 30, NOTHING = 1e-8;

/* From here down decimals are more zeros than digits. */
static const double TINY = 1e-6;

/* " [8.024, Inf] (profile)", of a dispersion at its limit. */
static const char *profiled_ends(struct result *result, struct item *fields, const struct interval *ends, int digits)
{
    char lower[NUMBER_SIZE], upper[NUMBER_SIZE];

    field_real(result, fields, "dispersion_lower", NULL, ends->lower, -1);
    field_real(result, fields, "dispersion_upper", NULL, ends->upper, -1);
    return arena_printf(result->arena, " [%s, %s] (profile)", number_text(lower, ends->lower, digits),
                        isinf(ends->upper) ? "Inf" : number_text(upper, ends->upper, digits));
}

/* `Dispersion k 2.772 [2.097, 3.662]; variance = mu + mu²/k`, of a family that has such a parameter. */
static void dispersion_fields(struct result *result, const struct session *session, const struct fit *fit,
                              const struct components *components)
{
    double reach = wald_quantile(INFINITY, session->settings.level) * fit->log_dispersion_se;
    double shown = fit_dispersion_shown(fit), ends[3] = { fit->dispersion };
    char at[NUMBER_SIZE], lower[NUMBER_SIZE], upper[NUMBER_SIZE];
    bool limit = fit_dispersion_reaches(fit, session->settings.level) != 0, open = isfinite(reach) && reach > OPEN && !limit,
         tiny;
    const struct interval *profiled = components_of_dispersion(components);
    const char *interval = NULL;
    struct item *fields;
    int decimals;

    if (!fit->has_scale || fit_has_residual(fit) || !fit_has_estimates(fit))
        return;
    fit_dispersion_interval(fit, session->settings.level, ends + 1);
    tiny = ends[1] < TINY && !(limit && ends[1] == 0);
    result_line(result, LINE_BLANK, " ");
    fields = result_fields(result);
    if (isfinite(reach)) {
        field_real(result, fields, "dispersion_lower", NULL, ends[1], -1);
        field_real(result, fields, "dispersion_upper", NULL, ends[2], -1);
    }
    decimals = number_decimals(ends, isfinite(reach) && !open ? 3 : 1, session->settings.digits);
    if (open)
        interval = " [0, Inf]";
    else if (!isfinite(reach) && profiled != NULL)
        interval = profiled_ends(result, fields, profiled, session->settings.digits);
    else if (isfinite(reach))
        interval =
            arena_printf(result->arena, " [%s, %s]",
                         tiny ? number_text(lower, ends[1], session->settings.digits) : number_fixed(lower, ends[1], decimals),
                         isinf(ends[2]) ? "Inf"
                         : tiny         ? number_text(upper, ends[2], session->settings.digits)
                                        : number_fixed(upper, ends[2], decimals));
    field_text(
        result, fields, NULL, "Dispersion",
        arena_printf(result->arena, "%s %s%s; variance = %s%s", fit->family->dispersion_name,
                     shown == 0.0 || isinf(shown) ? shown > 0.0 ? "Inf" : "0"
                     : interval == NULL || open || tiny
                         ? number_text(at, open && ends[0] < NOTHING ? 0 : ends[0], session->settings.digits)
                         : number_fixed(at, ends[0], decimals),
                     interval == NULL ? "" : interval, fit->family->dispersion_law,
                     limit ? arena_printf(result->arena, "; %s: %s", isinf(ends[2]) ? "Inf" : "0", fit->family->limit) : ""));
}

bool summary_ratios(struct result *result, const struct session *session, const struct model *model, struct glmm_span at,
                    struct glmm_error *err)
{
    const struct fit *fit = model->fit;
    double level = session->settings.level;
    struct table *table;
    size_t term, ratio, interval;
    struct ratio of;
    struct wald wald;

    if (!ratio_of_model(model, &of)) {
        fail(err, GLMM_E_USAGE, at, "exp() of a coefficient means nothing with the link %s; it does with log, logit and cloglog",
             model->link->name);
        error_hint(err, "with the response log(y) it is a ratio of geometric means");
        return false;
    }
    table =
        result_table(result, "ratios", of.base == M_E ? "exp(estimate)" : arena_printf(result->arena, "%g^estimate", of.base));
    term = table_column(table, "term", NULL, CELL_TEXT);
    ratio = table_column(table, "ratio", of.name, CELL_REAL);
    interval = table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval", 100 * level));
    for (int j = 0; j < fit->design->p; j++) {
        size_t row = table_row(table);

        wald_test(fit->beta[j], fit->se[j], fit->df == NULL ? (double)INFINITY : fit->df[j], level, &wald);
        table_indent(table, row, 1);
        table_text(table, row, term, fit->design->names[j]);
        table_real_known(table, row, ratio, pow(of.base, fit_coefficient(fit, j)));
        if (isnan(fit->se[j]) && isfinite(fit->beta[j]) && fit->identity != NULL)
            table_none(table, row, interval);
        if (isfinite(fit->se[j]))
            table_pair(table, row, interval, pow(of.base, wald.lower), pow(of.base, wald.upper));
    }
    return true;
}

/* --- the criterion, and what to do next --------------------------------------------------------------- */

static void criterion_fields(struct result *result, const struct fit *fit)
{
    struct item *fields;

    result_line(result, LINE_BLANK, " ");
    fields = result_fields(result);
    if (!fit_is_maximum(fit)) {
        field_text(result, fields, NULL, fit->method == METHOD_REML ? "REML criterion" : "logLik", "not determined");
        return;
    }
    if (fit->method == METHOD_REML) {
        field_real(result, fields, NULL, "REML criterion", -2 * fit->loglik, 2);
    } else {
        field_real(result, fields, NULL, "logLik", fit->loglik, 2);
        field_real(result, fields, NULL, "deviance", -2 * fit->loglik, 2);
    }
    field_real(result, fields, NULL, "AIC", fit->aic, 2);
    field_real(result, fields, NULL, "BIC", fit->bic, 2);
    if (fit->design->random_count == 0 && fit_has_one_residual(fit) && fit_knows(fit, -1, 0, 0))
        field_real(result, fields, NULL, "residual SD", fit->sigma, -1);
}

/* `against no random effects: chi2 150.04, p <0.0001 by chi2(3), conservative`. */
static void ungrouped_line(struct result *result, const struct fit *fit, const struct lrt *test)
{
    bool beside = design_beside(fit->design) != NULL; /* those terms stay */
    char chisq[NUMBER_SIZE], p[NUMBER_SIZE];

    result_value(result, "no_random", lrt_value(result->arena, test));
    if (test->reference != LRT_NONE)
        result_line(result, LINE_NOTE, "against no random effects%s: chi2 %s, p %s by %s", beside ? " of the mean" : "",
                    number_fixed(chisq, test->chisq, 2), number_p(p, test->p), lrt_law(result->arena, test));
}

/* What the prior added, and what that makes of the estimates. */
static void prior_lines(struct result *result, const struct model *model)
{
    const struct fit *fit = model->fit;

    if (fit->design->prior == NULL)
        return;
    if (!fit_has_estimates(fit))
        result_line(result, LINE_NOTE, "penalized: a mode of the posterior density was sought (help priors)");
    else
        result_line(
            result, LINE_NOTE,
            "penalized: the estimates are the mode of the posterior density, not of the likelihood alone; the log-likelihood "
            "is %.2f, and the prior adds %.2f to the deviance. AIC and BIC do not compare with fits without it. "
            "why: help priors",
            fit->loglik, fit->penalty);
    if (fit->by_prior)
        result_line(result, LINE_NOTE,
                    "the data alone do not tell these variances apart: that they have values is the prior's doing");
}

/* Of a fit by importance sampling: how many draws, and what they leave open. */
static void draws_lines(struct result *result, const struct fit *fit)
{
    if (fit->method != METHOD_IS)
        return;
    result_line(result, LINE_NOTE, "importance sampling: %d draws around the modes, logLik \xc2\xb1 %.2g (Monte Carlo error)",
                fit->draws, fit->draws_error);
    if (fit->draws_effective < DRAWS_ENOUGH * fit->draws)
        result_line(result, LINE_NOTE,
                    "only %.0f of the draws are effective: the error may be larger than it looks; take more, draws=%d",
                    fit->draws_effective, 4 * fit->draws);
}

/* Another fitted model of the same response and rows, the nearest one before this one; NULL where one of the two has no
 * likelihood to compare. */
static const struct model *comparable(const struct session *session, const struct model *model)
{
    const struct model *found = NULL;

    for (const struct model *other = session->models; other != NULL && fit_is_maximum(model->fit); other = other->next)
        if (strcmp(other->name, model->name) != 0 && other->fit != NULL && fit_is_maximum(other->fit)
            && family_is_same(other->family, model->family) && design_used_rows(other->design) == design_used_rows(model->design)
            && strcmp(other->frame->name, model->frame->name) == 0
            && strcmp(other->design->response, model->design->response) == 0)
            found = other;
    return found;
}

static void next_line(struct result *result, const struct session *session, const struct model *model)
{
    const struct model *other = comparable(session, model);
    const char *compare = other == NULL ? "" : arena_printf(result->arena, " | compare %s %s", other->name, model->name);
    bool groups = model->design->random_count > 0, levels = groups && !isinf(model->fit->random[0].sd[0]);

    if (compare == NULL)
        result->failed = true;
    else if (fit_has_estimates(model->fit))
        result_line(result, LINE_NEXT, "next: %s%s | plot-ascii %s", levels ? "shrinkage" : "residuals", compare,
                    groups ? "groups" : "residuals");
}

static struct result *plain_summary(const struct session *session, const struct model *model, const char *command,
                                    struct glmm_error *err)
{
    const struct fit *fit = model->fit;
    struct result *result = result_new(command);
    size_t p = (size_t)fit->design->p;
    struct components components;
    struct tested tested;
    struct lrt ungrouped;

    if ((result == NULL && !fail_memory(err)) || !make_tested(session, fit, result->arena, &tested, err)
        || !components_find(fit, session->settings.level, false, result->arena, &session->progress, &components, err)
        || !ungrouped_test(fit, &session->progress, &ungrouped, err)) {
        result_free(result);
        return NULL;
    }
    fit_scalar_values(result, model);
    remarks(result, model);
    if (p > 0) {
        fixed_table(result, session, fit, &tested);
        fixed_notes(result, fit);
    } else {
        result_value(result, "fixed", value_array(result->arena));
        result_line(result, LINE_TEXT, "no fixed effects");
    }
    result_value(result, "vcov", value_matrix_known(result->arena, fit->identity == NULL ? tested.vcov : fit->vcov, p, p));
    fit_part_tables(result, session, fit);
    fit_random_value(result, fit, &components);
    fit_residual_value(result, fit);
    if (fit->design->random_count > 0)
        summary_random(result, session, fit, &components);
    summary_structures(result, session, fit, &components);
    components_notes(result, fit, &components);
    summary_random_correlations(result, fit);
    dispersion_fields(result, session, fit, &components);
    fit_shape_fields(result, session, fit);
    fit_theta_value(result, fit);
    fit_determined_value(result, fit, &components);
    fit_optimum_value(result, &fit->optimum);
    fit_approximation_value(result, fit);
    fit_prior_values(result, model);
    if (session->settings.timing)
        result_real(result, "seconds", fit->seconds);
    criterion_fields(result, fit);
    ungrouped_line(result, fit, &ungrouped);
    prior_lines(result, model);
    draws_lines(result, fit);
    if (fit->method == METHOD_PQL)
        result_line(
            result, LINE_NOTE,
            "PQL is biased toward 0 where groups are small or counts low; logLik is Laplace's at these estimates, not a maximum");
    verdict_line(result, fit);
    approximation_line(result, fit);
    next_line(result, session, model);
    if (!result_ok(result)) {
        result_free(result);
        fail_memory(err);
        return NULL;
    }
    return result;
}

struct result *summary_result(const struct session *session, const struct model *model, const char *command,
                              struct glmm_error *err)
{
    return model->fit->imputed != NULL ? pooled_summary(session, model, command, err)
                                       : plain_summary(session, model, command, err);
}
