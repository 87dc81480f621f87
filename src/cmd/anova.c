/* anova.c -- tests of the terms of the fixed part: F, or chi-squared where there are no degrees of freedom. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/inference.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "fit/method.h"
#include "infer/anova.h"

struct anova_call {
    const char *type;
    int ddf;
};

enum { OPTION_OF_TYPE, OPTION_OF_DDF };

static const char *const type_choices[] = { "1", "2", "3", NULL };

static const struct option options[] = {
    { .name = "type",
      .type = OPTION_WORD,
      .offset = offsetof(struct anova_call, type),
      .choices = type_choices,
      .word = "1|2|3",
      .help = "what a term is adjusted for: 3 all others (the default), 2 those that do not contain it, 1 those before it" },
    OPTION_DDF(struct anova_call, ddf),
    { 0 },
};

static const struct example examples[] = {
    { "load cake; fit angle ~ recipe * factor(temp) + (1 | recipe:replicate); anova", "a split plot: three exact F tests" },
    { "load oats; fit yield ~ Variety + factor(nitro) + (1 | Block/Variety); anova, type=2 ddf=kenward-roger",
      "type II, with Kenward and Roger's degrees of freedom" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; anova",
      "chi-squared for a binomial response" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static bool read_type(const struct call *call, int *type, struct glmm_error *err)
{
    static const char *const names[][3] = { { "1", "I", "i" }, { "2", "II", "ii" }, { "3", "III", "iii" } };
    const struct anova_call *given = call->options;

    *type = 3;
    for (int t = 0; given->type != NULL && t < 3; t++)
        for (int i = 0; i < 3; i++)
            if (strcmp(given->type, names[t][i]) == 0) {
                *type = t + 1;
                return true;
            }
    return given->type == NULL || fail(err, GLMM_E_VALUE, call->option_at[OPTION_OF_TYPE], "type= is 1, 2 or 3");
}

static void rows_table(struct result *result, const struct anova *anova, bool f)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t term = table_column(table, "term", "term", CELL_TEXT),
           num = table_column(table, "num_df", f ? "num df" : "df", CELL_INTEGER);
    size_t den = table_column(table, "den_df", "den df", CELL_REAL),
           statistic = table_column(table, "statistic", f ? "F" : "chi2", CELL_REAL), p = table_column(table, "p", "p", CELL_P);

    column_derives(table, num, DERIVED_NUM_DF, 0);
    column_derives(table, den, DERIVED_DEN_DF, 0);
    column_derives(table, statistic, DERIVED_F, 0);
    column_derives(table, p, DERIVED_F_P, 0);
    table_decimals(table, den, 2);
    table_statistic(table, statistic, 3);
    if (!f)
        table_flags(table, den, COLUMN_NOT_TEXT);
    for (int i = 0; i < anova->count; i++) {
        const struct linear_test *test = &anova->rows[i].test;
        size_t row = table_row(table);

        table_text(table, row, term, anova->rows[i].term);
        if (test->verdict != LINEAR_TESTED) {
            table_none(table, row, num);
            table_none(table, row, den);
            table_none(table, row, statistic);
            table_none(table, row, p);
            continue;
        }
        table_integer(table, row, num, test->num_df);
        if (f) /* of imputed data some may have none */
            table_real(table, row, den, isnan(test->den_df) ? (double)INFINITY : test->den_df);
        table_real(table, row, statistic, f && isnan(test->den_df) ? test->statistic / test->num_df : test->statistic);
        table_real(table, row, p, test->p);
    }
}

static const char *what_is_tested(int type, bool has_df)
{
    switch (type) {
    case 1:
        return "type I: each term adjusted for those before it, so that their order matters";
    case 2:
        return has_df
                   ? "type II: each term adjusted for all others but those that contain it (SAS's hypotheses, as lmerTest)"
                   : "type II: each term adjusted for all others but those that contain it (by the covariances of the estimates, "
                     "as car)";
    default:
        return "type III: each term adjusted for all others; with interactions, a main effect is the mean over the levels of the "
               "other "
               "factors, each counting alike, and over numbers where they are 0";
    }
}

static void notes(struct result *result, const struct anova *anova, const struct linear *linear)
{
    bool f = linear->ddf != LINEAR_NORMAL;

    result_line(result, LINE_NOTE, "%s", what_is_tested(anova->type, linear_has_df(linear)));
    if (linear->ddf == LINEAR_BARNARD_RUBIN)
        result_line(result, LINE_NOTE,
                    "F: D1 of Li, Raghunathan and Rubin, with Reiter's den df where complete data have some; of one row Barnard "
                    "and Rubin's t, squared");
    else if (f)
        result_line(result, LINE_NOTE, "den df: %s%s", linear_ddf_words(linear->ddf),
                    linear->ddf == LINEAR_KENWARD_ROGER ? ", with the adjusted covariance matrix, F scaled"
                                                        : "; for several rows as Fai and Cornelius");
    for (int i = 0; i < anova->count; i++) {
        const struct anova_row *row = &anova->rows[i];

        if (row->test.verdict != LINEAR_TESTED && row->test.verdict != LINEAR_NOT_ESTIMABLE)
            untested_note(result, linear, row->test.verdict, row->term);
        else if (row->test.verdict == LINEAR_NOT_ESTIMABLE)
            result_line(result, LINE_NOTE, "\xe2\x80\x93: %s is not estimable: these data do not tell all of it from other terms",
                        row->term);
        else if (row->lost > 0)
            result_line(result, LINE_NOTE, "%s has %d coefficient%s that the data do not determine: the test is of the rest",
                        row->term, row->lost, row->lost == 1 ? "" : "s");
        if (row->levels && row->test.verdict == LINEAR_TESTED)
            result_line(
                result, LINE_NOTE,
                "%s: without an intercept the test is that all its levels are 0, not that they are alike; with one it is that",
                row->term);
    }
}

static struct result *anova_result(const struct model *model, const struct linear *linear, const struct anova *anova)
{
    static const char *const types[] = { "I", "II", "III" };
    struct result *result = result_new("anova");

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_integer(result, "type", anova->type);
    result_string(result, "ddf", linear_ddf_name(linear->ddf));
    result_line(result, LINE_TITLE, "%s   %s   %s     type %s tests", model->name, model->text, method_name(model->fit->method),
                types[anova->type - 1]);
    rows_table(result, anova, linear->ddf != LINEAR_NORMAL);
    notes(result, anova, linear);
    pooled_note(result, model->fit);
    caution_notes(result, model->fit);
    return result;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct anova_call *given = call->options;
    struct linear linear;
    struct anova *anova = NULL;
    struct model *model;
    int type;
    bool ok;

    if (call->word_count > 1 && session_find_model(session, call->words[1].text) != NULL) {
        fail(err, GLMM_E_USAGE, call->words[1].at, "`anova` is about the terms of one model");
        error_hint(err, "compare %.60s %.60s sets models side by side", call->words[0].text, call->words[1].text);
        return false;
    }
    if (!read_type(call, &type, err) || (model = call_only_fit(session, call, err)) == NULL)
        return false;
    if (model->formula->term_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no fixed terms but the intercept, so there is none to test",
                    model->name);
    ok = call_linear(session, call, OPTION_OF_DDF, given->ddf, model, &linear, err)
         && (anova = anova_new(model, &linear, type, &session->progress, err)) != NULL
         && emit(session, anova_result(model, &linear, anova), err);
    anova_free(anova);
    linear_clear(&linear);
    return ok;
}

const struct command command_anova = {
    .name = "anova",
    .usage = "anova [MODEL]",
    .brief = "test the terms of a model",
    .help =
        "Tests each term of the fixed part, all of its coefficients at once: by F with the degrees of freedom of `set ddf` in a "
        "linear mixed model, by chi-squared elsewhere. Type III (the default) adjusts a term for all others, with main effects "
        "as means over the other factors; type II for those that do not contain it; type I for those before it. None depends on "
        "the contrasts of the factors. In a balanced table they agree. Without degrees of freedom, and in a linear model with "
        "weights and no groups, what types I and II adjust for is taken out by the covariance of the coefficients. Of imputed "
        "data the tests are pooled.\n"
        "\n"
        "In R: anova of lmerTest (type III), Anova of car (type II), drop1. Two models are compared by `compare`, single "
        "coefficients and sums of them tested by `test`.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct anova_call),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
