/* r2.c -- explained variance, marginal and conditional, by each convention that has a name. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "fit/method.h"
#include "infer/icc.h"
#include "infer/r2.h"
#include "result/number.h"

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); r2", "28% by days alone, 80% with the subjects" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; r2",
      "on the latent scale, and on that of the observations" },
    { "load epil; fit y ~ lbase * trt + lage + V4 + (1 | subject), family=poisson; r2", "counts: four conventions" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* Whether what a group adds is determined: its variances are, or no other group's are open beside them. */
static bool group_is_known(const struct fit *fit, int t)
{
    bool open = false, others = false;

    for (int s = 0; s < fit->design->random_count; s++)
        for (int a = 0; a < fit->design->random[s].k; a++) {
            bool same = strcmp(fit->design->random[s].group, fit->design->random[t].group) == 0;

            open = open || (same && !fit_knows(fit, s, a, a));
            others = others || (!same && !fit_knows(fit, s, a, a));
        }
    return !open || !others;
}

static void groups_table(struct result *result, const struct fit *fit)
{
    struct table *table;
    size_t group, variance;
    bool any = false;

    for (int t = 0; t < fit->design->random_count; t++)
        any = any || icc_is_group(fit, t);
    if (!any)
        return;
    table = result_table(result, "random", NULL);
    group = table_column(table, "group", "group", CELL_TEXT);
    variance = table_column(table, "variance", "Variance", CELL_REAL);
    for (int t = 0; t < fit->design->random_count; t++) {
        size_t row;

        if (!icc_is_group(fit, t)) /* part of what is left */
            continue;
        row = table_row(table);
        table_text(table, row, group, fit->design->random[t].group);
        table_real_known(table, row, variance, group_is_known(fit, t) ? r2_group(fit, t) : (double)NAN);
    }
}

static void rows_table(struct result *result, const struct r2 *r2)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t method = table_column(table, "method", NULL, CELL_TEXT),
           words = table_column(table, NULL, "variance that is left", CELL_TEXT);
    size_t residual = table_column(table, "residual", "Variance", CELL_REAL),
           marginal = table_column(table, "marginal", "R2 marginal", CELL_REAL);
    size_t conditional = table_column(table, "conditional", "R2 conditional", CELL_REAL);
    size_t adjusted = table_column(table, "icc_adjusted", "ICC adj.", CELL_REAL),
           icc = table_column(table, "icc", "ICC", CELL_REAL);

    column_derives(table, residual, DERIVED_R2_LEFT, 0);
    column_derives(table, marginal, DERIVED_R2_MARGINAL, 0);
    column_derives(table, conditional, DERIVED_R2_CONDITIONAL, 0);
    column_derives(table, adjusted, DERIVED_R2_ICC_ADJUSTED, 0);
    column_derives(table, icc, DERIVED_R2_ICC, 0);
    table_flags(table, method, COLUMN_NOT_TEXT);
    table_flags(table, words, COLUMN_NOT_JSON);
    for (size_t column = marginal; column <= icc; column++) {
        table_decimals(table, column, 3);
        table_flags(table, column, COLUMN_SHARE);
    }
    for (int i = 0; i < r2->count; i++) {
        const struct r2_method *m = &r2->method[i];
        size_t row = table_row(table);

        table_text(table, row, method, m->method);
        table_text(table, row, words, m->words);
        table_real(table, row, residual, m->residual);
        table_real(table, row, marginal, m->marginal);
        table_real(table, row, conditional, m->conditional);
        table_real(table, row, adjusted, m->icc_adjusted);
        table_real(table, row, icc, m->icc);
    }
}

static struct result *r2_result(const struct model *model, const struct r2 *r2)
{
    struct result *result = result_new("r2");
    const struct r2_parts *rows = &r2->parts[R2_OVER_ROWS], *trials = &r2->parts[R2_OVER_TRIALS];
    bool by_trials = r2->method[r2->count - 1].over == R2_OVER_TRIALS;
    bool p = r2->count > 1 && strcmp(r2->method[1].method, "delta_p") == 0;
    char number[2][NUMBER_SIZE];

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_real(result, "fixed", rows->fixed);
    result_real(result, "fixed_trials", trials->fixed);
    result_real(result, "groups_trials", trials->random);
    result_line(result, LINE_TITLE, "%s   %s   %s     explained variance", model->name, model->text,
                method_name(model->fit->method));
    rows_table(result, r2);
    if (model->design->random_count > 0)
        groups_table(result, model->fit);
    result_line(result, LINE_NOTE,
                "variance of the fixed effects %s, of the groups %s (the mean of z'\xc2\xb7\xce\xa3\xc2\xb7z over the rows)",
                number_text(number[0], rows->fixed, 4), number_text(number[1], rows->random, 4));
    if (by_trials)
        result_line(result, LINE_NOTE,
                    "over trials: %s and %s, each row as often as it has trials; rows of single trials give the same",
                    number_text(number[0], trials->fixed, 4), number_text(number[1], trials->random, 4));
    result_line(result, LINE_NOTE,
                "marginal: by the fixed effects; conditional: by the groups too (Nakagawa and Schielzeth; with slopes Johnson)");
    if (isfinite(r2->mean))
        result_line(result, LINE_NOTE,
                    p ? "p: the mean of the model without predictors, over its groups"
                    : r2->own_mean
                        ? "mu: the mean of the model without predictors, over its groups, before the response is cut; m, V: mean "
                          "and variance of the response there; s = d log m / d eta"
                    : r2->count > 2 ? "m: the mean of the model without predictors, over its groups; b0: its intercept"
                                    : "m: the mean of the model without predictors, over its groups");
    shares_note(result, model->fit);
    if (rows->level_of_row > 0)
        result_line(result, LINE_NOTE, "what is left includes the variance of effects that have a level for each row");
    if (model->fit->identity != NULL && result_has_none(result))
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    caution_notes(result, model->fit);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct model *model;
    struct r2 *r2;
    bool ok;

    if ((model = call_only_fit(session, call, err)) == NULL || !fit_has_rows(model->fit, err))
        return false;
    if (identity_spread_is_open(model->fit) || !fit_knows(model->fit, -1, 0, 0))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the data leave a variance of %.60s open on which its explained variance depends",
                    model->name);
    ok = (r2 = r2_new(model->fit, &session->progress, err)) != NULL && emit(session, r2_result(model, r2), err);
    r2_free(r2);
    return ok;
}

const struct command command_r2 = {
    .name = "r2",
    .usage = "r2 [MODEL]",
    .brief = "show explained variance, marginal and conditional",
    .help =
        "The part of the variance that the fixed effects explain (marginal), and they and the groups together (conditional), "
        "after "
        "Nakagawa and Schielzeth; with random slopes the groups' variance is the mean over the rows (Johnson). In a linear model "
        "what "
        "is left is sigma^2. Elsewhere it is taken on the scale of the linear predictor, for which there are several "
        "conventions: each "
        "stands in a row of its own, by its name, and programs that disagree print different ones (MuMIn's delta and trigamma, "
        "performance's lognormal). Variances are over rows, as there; where rows count several trials they stand over "
        "trials as well, which is what the same observations in rows of their own would give. Beside zi= all is of the mean's "
        "predictor, the zeros left aside; with disp= what is left is a mean over the rows.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
