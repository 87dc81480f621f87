/* attenuation.c -- the effect within one group beside the effect on the population's average. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/naming.h"
#include "report/headline.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "fit/gee.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "infer/attenuation.h"
#include "model/family.h"
#include "result/number.h"

static const double SAME_VARIANCE = 1e-9; /* relative: variances of rows that are one */

static const struct example examples[] = {
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; attenuation",
      "odds ratios within a herd and over all herds" },
    { "load toenail; fit outcome ~ treatment * time + (1 | patientID), family=binomial nodes=25; attenuation",
      "patients differ much: effects on the average are less than half" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); attenuation", "a linear model: nothing is attenuated, and why" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static const char *const rule_names[] = {
    [RULE_NONE] = NULL, [RULE_IDENTITY] = "identity", [RULE_LOGIT] = "logit", [RULE_PROBIT] = "probit", [RULE_LOG] = "log",
};

/* --- the table ------------------------------------------------------------------------------- */

/* Decimals at which the smaller of the conditional and the marginal coefficients still say something, or DECIMALS_OWN. */
static int decimals_of(const struct attenuation *a, int digits)
{
    int conditional = fitting_decimals_or_own(a->conditional, a->se, (size_t)a->p, digits);
    int marginal = fitting_decimals_or_own(a->marginal, a->marginal_se, (size_t)a->p, digits);

    if (conditional == DECIMALS_OWN || marginal == DECIMALS_OWN)
        return DECIMALS_OWN;
    return conditional > marginal ? conditional : marginal;
}

/* A column of the table; what it derives from is empty where the number is an estimate. */
struct shown {
    const char *key, *heading;
    const double *numbers; /* a number for each coefficient; NULL: there are none */
    enum derived how;
    bool derives, not_text;
};

enum { COLUMNS = 10 };

static void columns_of(const struct attenuation *a, struct shown shown[COLUMNS])
{
    bool plain = a->rule == RULE_NONE || a->rule == RULE_IDENTITY;
    const struct shown all[COLUMNS] = {
        { "conditional", "conditional", a->conditional, 0, false, false },
        { "se", "Std.Err.", a->se, 0, false, false },
        { "marginal", "marginal", a->marginal, DERIVED_MARGINAL, true, false },
        { "marginal_se", "Std.Err.", a->marginal_se, DERIVED_MARGINAL_SE, true, false },
        { "ratio", "ratio", a->ratio, DERIVED_MARGINAL_RATIO, true, false },
        { "rule", "rule", a->by_rule, DERIVED_RULE, true, plain },
        { "naive", "naive", a->naive, DERIVED_NAIVE, true, a->naive == NULL },
        { "naive_se", "Std.Err.", a->naive == NULL ? NULL : a->naive_se, DERIVED_NAIVE_SE, true, true },
        { "gee", "GEE", a->gee, DERIVED_GEE, true, a->gee == NULL },
        { "gee_se", "Std.Err.", a->gee == NULL ? NULL : a->gee_se, DERIVED_GEE_SE, true, a->gee == NULL },
    };

    memcpy(shown, all, sizeof all);
}

static void coefficients_table(struct result *result, const struct attenuation *a, int digits)
{
    struct table *table = result_table(result, "coefficients", "Coefficients");
    size_t term = table_column(table, "term", NULL, CELL_TEXT), columns[COLUMNS];
    struct shown shown[COLUMNS];
    int decimals = decimals_of(a, digits);

    columns_of(a, shown);
    for (int k = 0; k < COLUMNS; k++) {
        columns[k] = table_column(table, shown[k].key, shown[k].heading, CELL_REAL);
        if (shown[k].derives)
            column_derives(table, columns[k], shown[k].how,
                           shown[k].how == DERIVED_MARGINAL && a->rule_is_exact ? DERIVED_CLOSED : 0);
        table_decimals(table, columns[k], shown[k].numbers == a->ratio ? 2 : decimals);
        if (k > 0 && strcmp(shown[k].heading, "Std.Err.") == 0)
            table_flags(table, columns[k], COLUMN_JOINED);
        if (shown[k].not_text)
            table_flags(table, columns[k], COLUMN_NOT_TEXT);
    }
    for (int k = 0; k + 1 < COLUMNS; k++)
        if (decimals == DECIMALS_OWN && strcmp(shown[k + 1].heading, "Std.Err.") == 0)
            table_error(table, columns[k], columns[k + 1]);
    for (int j = 0; j < a->p; j++) {
        size_t row = table_row(table);
        bool known = a->estimable == NULL || a->estimable[j];

        table_text(table, row, term, a->names[j]);
        for (int k = 0; k < COLUMNS; k++) {
            if (!known)
                table_none(table, row, columns[k]);
            else if (shown[k].numbers != NULL)
                table_real_known(table, row, columns[k], shown[k].numbers[j]);
        }
    }
}

/* --- what the columns are ---------------------------------------------------------------------- */

/* "patientID", "herd and site" */
static const char *groups_of(struct result *result, const struct design *design)
{
    const char *names = NULL;

    for (int t = 0; t < design->random_count; t++)
        if (is_first_of_group(design, t))
            names = names == NULL ? design->random[t].group
                                  : arena_printf(result->arena, "%s and %s", names, design->random[t].group);
    return names == NULL ? "group" : names;
}

static void rule_note(struct result *result, const struct attenuation *a)
{
    char v[NUMBER_SIZE], factor[NUMBER_SIZE];

    number_text(v, a->most_variance, 4);
    number_text(factor, a->factor, 3);
    switch (a->rule) {
    case RULE_LOGIT:
        result_line(result, LINE_NOTE,
                    "rule: conditional / \xe2\x88\x9a(1 + c\xc2\xb2v) with c = 16\xc2\xb7\xe2\x88\x9a"
                    "3/(15\xc2\xb7\xcf\x80) and v = %s, here %s of it: near, for a logit "
                    "(Zeger, Liang and Albert 1988)",
                    v, factor);
        break;
    case RULE_PROBIT:
        result_line(result, LINE_NOTE, "rule: conditional / \xe2\x88\x9a(1 + v) with v = %s, here %s of it: exact, for a probit",
                    v, factor);
        break;
    case RULE_LOG:
        result_line(result, LINE_NOTE, "rule: a log link keeps the coefficients, and the intercept gains v/2, with v = %s: exact",
                    v);
        break;
    case RULE_NONE:
        if (isinf(a->most_variance))
            result_line(result, LINE_NOTE, "no rule of thumb: the random part has a variance that is infinite");
        else if (a->most_variance - a->least_variance > SAME_VARIANCE * a->most_variance)
            result_line(result, LINE_NOTE, "no rule of thumb: the random part's variance differs from row to row (%s to %s)",
                        number_text(factor, a->least_variance, 4), v);
        break;
    case RULE_IDENTITY:
        break;
    }
}

/* Whether a coefficient is 0, and its ratio nothing. */
static bool lacks_ratio(const struct attenuation *a)
{
    for (int j = 0; j < a->p; j++)
        if ((a->estimable == NULL || a->estimable[j]) && isnan(a->ratio[j]) && isfinite(a->conditional[j])
            && isfinite(a->marginal[j]))
            return true;
    return false;
}

/* Whether a coefficient is not estimable. */
static bool leaves_open(const struct attenuation *a)
{
    for (int j = 0; a->estimable != NULL && j < a->p; j++)
        if (!a->estimable[j])
            return true;
    return false;
}

/* What stands in the column GEE, or why it does not. */
static void gee_note(struct result *result, const struct fit *fit, const struct attenuation *a)
{
    if (fit->family->inflated != NULL)
        result_line(result, LINE_NOTE,
                    "of the %s, before zi= adds its zeros; no GEE: its equations average the response, zeros and all",
                    family_is_hurdle(fit->family) ? "rest" : "counts");
    else if (a->gee != NULL)
        result_line(result, LINE_NOTE,
                    "GEE: estimating equations, exchangeable%s within %s: the same average without a distribution of random "
                    "effects; errors are robust%s (help gee)",
                    a->gee_trials ? " trials (gee, unit=trials)" : "", a->gee_group,
                    a->gee_clusters >= GEE_CLUSTERS_ENOUGH
                        ? ""
                        : arena_printf(result->arena, ", and too small where clusters are few, as these %d", a->gee_clusters));
    else if (a->gee_group == NULL && a->naive != NULL)
        result_line(result, LINE_NOTE, "no GEE: groups are crossed, and estimating equations need independent clusters");
    else if (a->naive != NULL)
        result_line(result, LINE_NOTE,
                    fit->family->categories > 0 ? "no GEE: its equations are of one mean, and an ordered response has several"
                                                : "no GEE: its equations have no solution here");
}

static void notes(struct result *result, const struct model *model, const struct attenuation *a)
{
    const char *groups = groups_of(result, model->design);

    if (a->collapsible) {
        result_line(
            result, LINE_TEXT,
            "The two agree, and must: the link is the identity, and the average of lines with one slope is a line with that "
            "slope. Such effects are called collapsible. Other links bend the curves, and the average of bent curves is "
            "flatter.");
    } else {
        result_line(result, LINE_NOTE,
                    "conditional: within one %s. marginal: on the population's mean, integrated over the random effects, then "
                    "projected on the terms (least squares on the link scale)",
                    groups);
        if (a->most_variance > 0)
            rule_note(result, a);
        else
            result_line(result, LINE_NOTE, "the random effects have an estimated variance of 0, so that nothing is attenuated");
    }
    caution_notes(result, model->fit);
    if (leaves_open(a))
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: not estimable: its value depends on which collinear column is left out, here %s%s",
                    model->design->dropped[0], model->design->dropped_count > 1 ? " and others" : "");
    if (lacks_ratio(a))
        result_line(result, LINE_NOTE, "a coefficient that is estimated as 0 has no ratio");
    if (!a->exists)
        result_line(result, LINE_NOTE,
                    "marginal is NaN: under the link %s the mean over normal random effects does not exist: 0 is within "
                    "five standard deviations of the linear predictor",
                    model->link->name);
    else if (a->includes_theta)
        result_line(result, LINE_NOTE,
                    "standard errors of marginal: delta method, with the uncertainty of the covariance parameters");
    if (a->naive != NULL)
        result_line(result, LINE_NOTE,
                    "naive: the model without its random terms; its standard errors would take the rows for independent");
    else
        result_line(result, LINE_NOTE, "the model without its random terms (naive) has no finite estimate");
    gee_note(result, model->fit, a);
}

/* --- the command ------------------------------------------------------------------------------- */

static struct result *attenuation_result(const struct session *session, const struct model *model, const struct attenuation *a)
{
    struct result *result = result_new("attenuation");

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "formula", model->text);
    result_string(result, "family", model->family->name);
    result_string(result, "link", model->link->name);
    result_line(result, LINE_TITLE, "%s   %s   %s     conditional and marginal effects (%s)", model->name, model->text,
                method_name(model->fit->method), a->collapsible ? model->design->response : model->fit->link->scale);
    coefficients_table(result, a, session->settings.digits);
    result_string(result, "rule", rule_names[a->rule]);
    result_real_known(result, "factor", a->factor);
    result_value(result, "variance",
                 value_reals_known(result->arena, (const double[2]){ a->least_variance, a->most_variance }, 2));
    notes(result, model, a);
    result_line(result, LINE_NEXT, "plot-ascii attenuation | margins VARIABLE | help conditional");
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct attenuation *a;
    struct model *model;
    bool ok;
    int at;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err))
        return false;
    if (model->design->random_count == 0) {
        fail_without_effects(model, ", so there is nothing to average over", err);
        error_hint(err, design_term_count(model->design) > 0 ? "margins averages over those of zi= and disp="
                                                             : "its coefficients are the population's already");
        return false;
    }
    if (model->design->p == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no fixed effects to compare", model->name);
    if ((a = attenuation_new(model->fit, &session->progress, err)) == NULL)
        return false;
    ok = emit(session, attenuation_result(session, model, a), err);
    attenuation_free(a);
    return ok;
}

const struct command command_attenuation = {
    .name = "attenuation",
    .usage = "attenuation [MODEL]",
    .brief = "compare conditional with population-averaged effects",
    .help = "Shows each coefficient twice: conditional, the effect within one group, and marginal, the effect on the mean of "
            "the population. With a curved link the average of many curves is flatter than each of them, so the marginal effect "
            "is the smaller one; ratio says by how much.\n"
            "\n"
            "The population's mean is the integral over the random effects at each row, whatever the link and however many "
            "effects there are; the marginal coefficients are the least-squares regression of these means, on the link scale, "
            "on the model's terms. Beside them stand the rule of thumb for the link, where there is one, the naive model "
            "that leaves the random terms out, and the estimating equations (gee) of the groups, which estimate the population's "
            "coefficients without random effects.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
