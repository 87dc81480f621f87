/* vcov.c -- the covariance matrix of the fixed effects' estimates. */
#include "lang/command.h"
#include "report/naming.h"
#include "report/headline.h"
#include "report/tables.h"

#include "result/value.h"

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); vcov", "variances on the diagonal, covariances off it" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); vcov m1; last csv", "the same at full precision, as CSV" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static struct result *vcov_result(const struct model *model)
{
    const struct fit *fit = model->fit;
    struct result *result = result_new("vcov");
    size_t p = (size_t)fit->design->p, term, row;
    struct table *table;

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_value(result, "terms", value_strings(result->arena, fit->design->names, p));
    result_value(result, "vcov",
                 fit->identity == NULL ? value_matrix(result->arena, fit->vcov, p, p, p)
                                       : value_matrix_known(result->arena, fit->vcov, p, p));
    result_line(result, LINE_TITLE, "%s   covariances of the estimated fixed effects", model->name);
    table = result_table(result, NULL, NULL);
    term = table_column(table, "term", "", CELL_TEXT);
    for (size_t j = 0; j < p; j++)
        table_column(table, fit->design->names[j], fit->design->names[j], CELL_REAL);
    for (size_t i = 0; i < p; i++) {
        row = table_row(table);
        table_text(table, row, term, fit->design->names[i]);
        for (size_t j = 0; j < p; j++)
            if (fit->identity != NULL)
                table_real_known(table, row, term + 1 + j, fit->vcov[i * p + j]);
            else
                table_real_known(table, row, term + 1 + j, fit->vcov[i * p + j]);
    }
    separation_note(result, fit);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct word *word = call->word_count > 0 ? &call->words[0] : NULL;
    struct model *model;

    if (!no_more_words(call, 1, err))
        return false;
    model = session_need_fit(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err);
    return model != NULL && emit(session, vcov_result(model), err);
}

const struct command command_vcov = {
    .name = "vcov",
    .usage = "vcov [MODEL]",
    .brief = "show the covariance matrix of the fixed effects",
    .help = "Shows the estimated covariance matrix of the fixed effects' estimates; the squared standard errors stand on its "
            "diagonal. In a linear mixed model it is sigma^2 (X'V^-1 X)^-1 at the estimated variances.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .examples = examples,
    .run = run,
};
