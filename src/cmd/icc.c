/* icc.c -- how alike the rows of a group are: intraclass correlations and the design effect. */
#include "cmd/modelling.h"

#include <math.h>

#include "infer/icc.h"
#include "result/number.h"

static const struct example examples[] = {
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); icc", "two preparations of a batch correlate by 0.42" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; icc", "on the latent scale" },
    { "load pastes; fit strength ~ 1 + (1 | batch/cask); icc", "nested groups" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static void rows_table(struct result *result, const struct fit *fit, const struct icc_parts *parts)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t group = table_column(table, "group", "group", CELL_TEXT), variance = table_column(table, "variance", "Variance", CELL_REAL);
    size_t adjusted = table_column(table, "icc_adjusted", "ICC adj.", CELL_REAL), icc = table_column(table, "icc", "of all", CELL_REAL);
    size_t size = table_column(table, "size", "rows", CELL_REAL);
    size_t effect = table_column(table, "design_effect", "design effect", CELL_REAL), scale = table_column(table, "scale", "scale", CELL_TEXT);
    double total = parts->random + parts->residual, share, rows, deff;

    table_decimals(table, adjusted, 3);
    table_decimals(table, icc, 3);
    table_decimals(table, size, 1);
    table_decimals(table, effect, 2);
    for (int t = 0; t < fit->design->random_count; t++) {
        size_t row;

        if (!is_first_of_group(fit->design, t) || (parts->level_of_row > 0 && icc_group(fit, t) == 0))
            continue;
        row = table_row(table);
        share = icc_group(fit, t) / total;
        deff = icc_design_effect(fit, t, share, &rows);
        table_text(table, row, group, fit->design->random[t].group);
        table_real_unless_nan(table, row, variance, icc_group(fit, t));
        table_real_unless_nan(table, row, adjusted, share);
        table_real_unless_nan(table, row, icc, icc_group(fit, t) / (total + parts->fixed));
        table_real(table, row, size, rows);
        table_real_unless_nan(table, row, effect, deff);
        table_text(table, row, scale, parts->scale);
    }
}

static struct result *icc_result(const struct model *model)
{
    const struct fit *fit = model->fit;
    struct result *result = result_new("icc");
    struct icc_parts parts;
    char number[2][NUMBER_SIZE];

    if (result == NULL)
        return NULL;
    icc_parts(fit, &parts);
    result_string(result, "model", model->name);
    result_real(result, "fixed_variance", parts.fixed);
    result_real(result, "residual_variance", parts.residual);
    result_line(result, LINE_TITLE, "%s   %s   %s     intraclass correlation", model->name, model->text, method_name(fit->method));
    rows_table(result, fit, &parts);
    result_line(result, LINE_BLANK, " ");
    number_text(number[0], parts.residual, 4);
    number_text(number[1], parts.mean, 4);
    if (isfinite(parts.mean))
        result_line(result, LINE_NOTE, "ICC adj.: group's variance / (groups + residual); residual on the %s scale %s = %s, at mu = %s", parts.scale,
                    number[0], parts.formula, number[1]);
    else
        result_line(result, LINE_NOTE, "ICC adj.: group's variance / (groups + residual); residual on the %s scale %s = %s", parts.scale, number[0],
                    parts.formula);
    if (parts.level_of_row > 0)
        result_line(result, LINE_NOTE, "the residual includes the variance of effects that have a level for each row");
    result_line(result, LINE_NOTE, "of all: the same with the variance of the fixed effects, %s, in the denominator",
                number_text(number[0], parts.fixed, 4));
    result_line(result, LINE_NOTE,
                "design effect = 1 + (rows - 1)\xc2\xb7ICC: so many times larger is the variance of an overall mean than if rows were independent; "
                "rows: the mean size of a row's group, sum n^2 / sum n");
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct word *word = call->word_count > 0 ? &call->words[0] : NULL;
    struct model *model;

    if (!no_more_words(call, 1, err))
        return false;
    if ((model = session_need_fit(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err)) == NULL)
        return false;
    if (model->design->random_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no random effects, so rows of a group are no more alike than others", model->name);
    return emit(session, icc_result(model), err);
}

const struct command command_icc = {
    .name = "icc",
    .usage = "icc [MODEL]",
    .brief = "show how alike the rows of a group are",
    .help = "The intraclass correlation of a group: its part in the variance of a row, given the predictors (adjusted), and with the variance that the "
            "predictors explain in the denominator (of all variance). With random slopes a group's variance is the mean over the rows. The design effect "
            "tells how many times the variance of an overall mean is larger than a calculation with independent rows says.\n\n"
            "Where the response has no residual variance, it is taken on the scale of the linear predictor: \xcf\x80\xc2\xb2/3 for the logit, 1 for the probit, "
            "\xcf\x80\xc2\xb2/6 for the cloglog (latent); log(1 + V/\xce\xbc\xc2\xb2) for counts with a log link; trigamma for Gamma with a log link; by the delta "
            "method elsewhere. A variance of 0 counts as 0.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .run = run,
};
