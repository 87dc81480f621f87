/* compare-pool.c -- see compare-pool.h: there is no likelihood, AIC or BIC of several data sets, but tests are pooled. */
#include "cmd/compare-pool.h"
#include "cmd/derivation.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/law.h"
#include "report/tables.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "fit/method.h"
#include "infer/pool-lrt.h"
#include "session/output.h"
#include "term/progress.h"

/* For JSON, in which compare has them always: what stands on a likelihood of one data set is null. */
static void models_table(struct result *result, const struct comparison *c)
{
    static const char *const none[] = { "loglik", "aic", "aicc", "bic", "deviance", "delta_aic", "weight" };
    struct table *table = result_table(result, "models", NULL);
    size_t model = table_column(table, "model", NULL, CELL_TEXT), formula = table_column(table, "formula", NULL, CELL_TEXT),
           npar = table_column(table, "npar", NULL, CELL_INTEGER), last = npar;

    for (size_t j = 0; j < sizeof none / sizeof *none; j++)
        last = table_column(table, none[j], NULL, CELL_REAL);
    for (size_t column = model; column <= last; column++)
        table_flags(table, column, COLUMN_NOT_TEXT);
    for (int i = 0; i < c->count; i++) {
        size_t row = table_row(table);

        table_text(table, row, model, c->entrant[i].model->name);
        table_text(table, row, formula, c->entrant[i].model->text);
        table_integer(table, row, npar, c->entrant[i].fit->npar);
        for (size_t column = npar + 1; column <= last; column++)
            table_none(table, row, column);
    }
}

static void tests_table(struct result *result, const struct comparison *c, const struct pooled_lrt tests[])
{
    struct table *table = result_table(result, "tests", "Likelihood-ratio tests");
    size_t name = table_column(table, NULL, NULL, CELL_TEXT), null = table_column(table, "null", NULL, CELL_TEXT),
           alternative = table_column(table, "alternative", NULL, CELL_TEXT);
    size_t num = table_column(table, "num_df", "num df", CELL_INTEGER), den = table_column(table, "den_df", "den df", CELL_REAL);
    size_t statistic = table_column(table, "statistic", "F", CELL_REAL), p = table_column(table, "p", "p", CELL_P);
    size_t chisq = table_column(table, "chisq", "mean chi2", CELL_REAL),
           stacked = table_column(table, "stacked", NULL, CELL_REAL);
    size_t riv = table_column(table, "riv", "increase in variance", CELL_REAL),
           adds = table_column(table, "adds", NULL, CELL_TEXT);
    size_t df = table_column(table, "df", NULL, CELL_INTEGER), reference = table_column(table, "reference", NULL, CELL_TEXT),
           mixture = table_column(table, "mixture", NULL, CELL_VALUE);
    const size_t hidden[] = { null, alternative, stacked, adds, df, reference },
                 numbers[] = { num, den, statistic, p, chisq, stacked, riv };

    for (size_t j = 0; j < sizeof hidden / sizeof *hidden; j++)
        table_flags(table, hidden[j], COLUMN_NOT_TEXT);
    for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
        column_derives(table, numbers[j], DERIVED_POOLED, 0);
    table_decimals(table, den, 2);
    table_statistic(table, statistic, 3);
    table_decimals(table, chisq, 2);
    table_decimals(table, riv, 3);
    for (int i = 0; i + 1 < c->count; i++) {
        const struct pooled_lrt *test = &tests[i];
        const char *smaller = comparison_smaller(c, i)->model->name, *larger = c->entrant[i + 1].model->name;
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, name, arena_printf(result->arena, "%s in %s", smaller, larger));
        table_text(table, row, null, smaller);
        table_text(table, row, alternative, larger);
        table_text(table, row, adds, test->lrt.adds);
        table_integer(table, row, df, test->lrt.df);
        table_text(table, row, reference, lrt_reference_name(test->lrt.reference));
        table_value(table, row, mixture, lrt_mixture(result->arena, &test->lrt));
        if (test->lrt.reference == LRT_NONE) {
            for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
                table_none(table, row, numbers[j]);
            continue;
        }
        table_integer(table, row, num, test->lrt.df);
        table_real(table, row, den, test->den_df);
        table_real(table, row, statistic, test->statistic);
        table_real(table, row, p, test->p);
        table_real(table, row, chisq, test->chisq);
        table_real(table, row, stacked, test->stacked);
        table_real(table, row, riv, test->riv);
    }
}

static void notes(struct result *result, const struct comparison *c, const struct pooled_lrt tests[])
{
    bool edge = false, any = false;

    for (int i = 0; i + 1 < c->count; i++) {
        any = any || tests[i].lrt.reference != LRT_NONE;
        edge = edge || tests[i].lrt.reference == LRT_MIXTURE || tests[i].lrt.reference == LRT_CONSERVATIVE;
        if (tests[i].lrt.reference == LRT_NONE)
            result_line(result, LINE_NOTE, "%s and %s: %s", comparison_smaller(c, i)->model->name, c->entrant[i + 1].model->name,
                        tests[i].lrt.adds);
        else
            result_line(result, LINE_NOTE, "%s adds: %s", c->entrant[i + 1].model->name, tests[i].lrt.adds);
    }
    if (any)
        result_line(
            result, LINE_NOTE,
            "F: D4 of Chan and Meng, of the likelihoods of each imputation and of all together; mean chi2: of the imputations");
    if (edge)
        result_line(
            result, LINE_NOTE,
            "A variance of 0 (or a family's limit) lies on the edge of what is possible: that law gives a p-value that is too "
            "large.");
    result_line(result, LINE_NOTE, "no log-likelihood, AIC or BIC: those of several data sets are not those of one");
}

static struct result *pooled_result(const struct comparison *c, const struct pooled_lrt tests[], bool by_ml)
{
    const struct model *first = c->entrant[0].model, *last = c->entrant[c->count - 1].model;
    struct result *result = result_new("compare");

    if (result == NULL)
        return NULL;
    result_string(result, "model", last->name);
    result_line(result, LINE_TITLE, "compare   %s   n %s     data: %s", first->design->response,
                imputed_rows(result->arena, first), first->frame->name);
    for (int i = 0; i < c->count; i++)
        result_line(result, LINE_NOTE, "%s   %s", c->entrant[i].model->name, c->entrant[i].model->text);
    if (by_ml)
        result_line(result, LINE_NOTE, "refitted by ML: the tests are of likelihoods");
    else
        result_line(result, LINE_NOTE, "fitted by %s", method_name(last->fit->method));
    models_table(result, c);
    tests_table(result, c, tests);
    notes(result, c, tests);
    pooled_note(result, last->fit);
    return result;
}

struct pooling {
    const struct pooled_likelihood *all;
    struct pooled_lrt *tests;
};

static bool nests(void *context, int small, int large, bool *nested, struct glmm_error *err)
{
    const struct pooling *p = context;

    if (!pooled_likelihood_test(&p->all[small], &p->all[large], &p->tests[large - 1], err))
        return false;
    *nested = p->tests[large - 1].lrt.reference != LRT_NONE;
    return true;
}

bool compare_pooled(struct session *session, struct comparison *c, struct glmm_error *err)
{
    struct pooled_likelihood *all = NEW_ARRAY(struct pooled_likelihood, c->count);
    struct pooled_lrt *tests = NEW_ARRAY(struct pooled_lrt, c->count);
    bool ok = (all != NULL && tests != NULL) || fail_memory(err), by_ml = false;

    comparison_sort(c);
    progress_name(session, "compare", NULL);
    for (int i = 0; ok && i < c->count; i++) {
        ok = pooled_likelihood_find(c->entrant[i].model, c->entrant[i].model->fit, &session->progress, &all[i], err);
        by_ml = by_ml || all[i].own != NULL;
    }
    for (int i = 1; ok && i < c->count; i++)
        ok = comparison_against(c->entrant, i, nests, &(struct pooling){ all, tests }, err);
    ok = ok && emit(session, pooled_result(c, tests, by_ml), err);
    for (int i = 0; all != NULL && i < c->count; i++)
        pooled_likelihood_clear(&all[i]);
    mem_free(all);
    mem_free(tests);
    return ok;
}
