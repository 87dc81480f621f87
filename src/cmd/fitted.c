/* fitted.c -- fitted values and residuals, row by row: two commands that share their table. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/naming.h"
#include "report/tables.h"

#include <string.h>

#include "fit/identify.h"
#include "infer/residual.h"
#include "result/value.h"

enum { ROWS_SHOWN = 20 };

struct rows_call {
    int head;
    bool all;
    const char *type;
};

static const struct rows_call defaults = { .head = ROWS_SHOWN, .type = "response" };
static const char *const types[] = { "response", "pearson", "deviance", NULL };

static const struct option fitted_options[] = {
    { .name = "head",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct rows_call, head),
      .min = 1,
      .max = 1e9,
      .word = "N",
      .help = "show so many rows (20)" },
    { .name = "all", .type = OPTION_FLAG, .offset = offsetof(struct rows_call, all), .help = "show all rows" },
    { 0 },
};

static const struct option residual_options[] = {
    { .name = "type",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct rows_call, type),
      .choices = types,
      .word = "TYPE",
      .help = "response: observed - fitted; pearson: the same in standard deviations; deviance: signed roots of the deviance" },
    { .name = "head",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct rows_call, head),
      .min = 1,
      .max = 1e9,
      .word = "N",
      .help = "show so many rows (20)" },
    { .name = "all", .type = OPTION_FLAG, .offset = offsetof(struct rows_call, all), .help = "show all rows" },
    { 0 },
};

static const struct example fitted_examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); fitted, head=5", "the first five rows" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); fitted m1, all", "all of them" },
    { 0 },
};

static const struct example residual_examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); residuals, head=5", "the first five rows" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); residuals, type=pearson",
      "in units of the residual standard deviation" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; residuals, "
      "type=deviance",
      "of a binomial model" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* The place of a choice is its kind: enum residual_kind. */
static enum residual_kind kind_of(const struct rows_call *given)
{
    enum residual_kind kind = RESIDUAL_RESPONSE;

    for (int k = 0; types[k] != NULL; k++)
        if (strcmp(types[k], given->type) == 0)
            kind = (enum residual_kind)k;
    return kind;
}

static struct result *rows_result(const struct model *model, const char *command, const struct rows_call *given)
{
    const struct fit *fit = model->fit;
    static const char *const names[] = { "residuals", "Pearson residuals", "deviance residuals" };
    bool residuals = strcmp(command, "residuals") == 0;
    enum residual_kind kind = kind_of(given);
    struct result *result = result_new(command);
    size_t row_at, y_at, fitted_at, residual_at = 0, row;
    struct table *table;

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    if (residuals)
        result_string(result, "type", given->type);
    result_line(result, LINE_TITLE, "%s   %s%s", model->name, residuals ? names[kind] : "fitted values",
                design_term(fit->design, 0, NULL) == NULL ? "" : "   (random effects included)");
    table = result_table(result, "rows", NULL);
    row_at = table_column(table, "row", "row", CELL_INTEGER);
    y_at = table_column(table, "response", fit->design->response, CELL_REAL);
    fitted_at = table_column(table, "fitted", "fitted", CELL_REAL);
    if (residuals)
        residual_at = table_column(table, "residual", "residual", CELL_REAL);
    column_derives(table, y_at, DERIVED_RESPONSE, 0);
    column_derives(table, fitted_at, DERIVED_FITTED, DERIVED_OF_DATA);
    if (residuals)
        column_derives(table, residual_at, DERIVED_RESIDUAL, 0);
    for (size_t i = 0; i < fit->design->n; i++) {
        row = table_row(table);
        table_integer(table, row, row_at, (long long)fit->design->row[i] + 1);
        table_real(table, row, y_at, fit->design->y[i]);
        table_real(table, row, fitted_at, fit->fitted[i]);
        if (residuals)
            table_real(table, row, residual_at, residual_of(fit, i, kind));
    }
    if (!given->all)
        table_show_rows(table, (size_t)given->head);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct model *model = call_only_fit(session, call, err);

    return model != NULL && identity_check_fitted(model->fit, err)
           && emit(session, rows_result(model, call->command->name, call->options), err);
}

const struct command command_fitted = {
    .name = "fitted",
    .usage = "fitted [MODEL]",
    .brief = "show the fitted values",
    .help = "Shows for each row in use the response and its conditional mean: the fixed effects plus the conditional modes of "
            "the row's random effects. `row` counts the rows of the data, from 1.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = fitted_options,
    .options_size = sizeof(struct rows_call),
    .defaults = &defaults,
    .examples = fitted_examples,
    .run = run,
};

const struct command command_residuals = {
    .name = "residuals",
    .usage = "residuals [MODEL]",
    .brief = "show the residuals",
    .help = "Shows for each row in use the response, its fitted value with the random effects included, and the residual. "
            "`type=pearson` divides by the standard deviation of the response at that mean; `type=deviance` gives the signed "
            "root of the row's part of the deviance.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = residual_options,
    .options_size = sizeof(struct rows_call),
    .defaults = &defaults,
    .examples = residual_examples,
    .run = run,
};
