/* icc-pool.c -- see icc-pool.h. */
#include "cmd/icc-pool.h"
#include "cmd/derivation.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>

#include "fit/method.h"
#include "infer/icc.h"
#include "infer/pool.h"
#include "session/output.h"
#include "term/progress.h"

static void rows_table(struct result *result, const struct fit *fit, const struct pooled_share list[], int count, double level)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t group = table_column(table, "group", "group", CELL_TEXT);
    size_t share = table_column(table, "icc_adjusted", "ICC adj.", CELL_REAL),
           all = table_column(table, "icc", "of all", CELL_REAL);
    size_t interval = table_interval(table, "icc_lower", "icc_upper", arena_printf(result->arena, "%g%% interval", 100 * level));
    size_t fmi = table_column(table, "fmi", "fraction missing", CELL_REAL);
    size_t effect = table_column(table, "design_effect", NULL, CELL_REAL), scale = table_column(table, "scale", NULL, CELL_TEXT);
    const size_t numbers[] = { share, all, interval, fmi };
    const struct fit *first = imputed_first(fit->imputed);
    struct icc_parts parts;
    int inner = -1;

    icc_parts(first, &parts);
    result->failed = !icc_nested(first, &inner) || result->failed;
    table_flags(table, effect, COLUMN_NOT_TEXT);
    table_flags(table, scale, COLUMN_NOT_TEXT);

    for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++) {
        column_derives(table, numbers[j], DERIVED_POOLED, 0);
        table_decimals(table, numbers[j], 3);
        table_flags(table, numbers[j], COLUMN_SHARE);
    }
    for (int i = 0; i < count; i++) {
        size_t row = table_row(table);

        table_text(table, row, group, imputed_first(fit->imputed)->design->random[list[i].term].group);
        table_real(table, row, share, list[i].share);
        table_real_known(table, row, all, list[i].of_all);
        table_pair_known(table, row, interval, list[i].lower, list[i].upper);
        table_real_known(table, row, fmi, list[i].fmi);
        table_text(table, row, scale, parts.scale);
        if (inner >= 0) /* rows of a level share other groups too: the share is not their correlation */
            table_none(table, row, effect);
        else
            table_real_known(table, row, effect, list[i].effect);
    }
}

static struct result *pooled_result(const struct model *model, const struct pooled_share list[], int count, double level)
{
    const struct fit *first = imputed_first(model->fit->imputed);
    struct result *result = result_new("icc");
    struct icc_parts parts;
    bool without = false, any = false;

    if (result == NULL)
        return NULL;
    icc_parts(first, &parts);
    result_string(result, "model", model->name);
    result_line(result, LINE_TITLE, "%s   %s   %s     intraclass correlation", model->name, model->text,
                method_name(model->fit->method));
    rows_table(result, model->fit, list, count, level);
    result_line(result, LINE_BLANK, " ");
    result_line(
        result, LINE_NOTE,
        "ICC adj.: group's variance / (groups + residual); residual on the %s scale: %s; of all: with the variance of the "
        "fixed effects in the denominator",
        parts.scale, parts.formula);
    shares_note(result, first);
    for (int i = 0; i < count; i++)
        *(isnan(list[i].lower) ? &without : &any) = true;
    for (int i = 0; i < count; i++)
        if (list[i].zero > 0)
            result_line(result, LINE_NOTE, "the share of %s is 0 in %d of %d imputations",
                        first->design->random[list[i].term].group, list[i].zero, model->fit->imputed->counted);
    if (without)
        result_line(result, LINE_NOTE, "%s",
                    icc_left_varies(first) ? "\xe2\x80\x93: beside disp= shares have no intervals"
                                           : "\xe2\x80\x93: no interval where that of an imputation has none");
    result_line(result, LINE_NOTE, "shares are pooled as angles, arcsin of the square root%s",
                any ? ", with an error for each side by the intervals of the imputations; an end at 0 in one of them stays there"
                    : "");
    pooled_note(result, model->fit);
    return result;
}

bool icc_pooled(struct session *session, const struct model *model, double level, bool asked, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    const struct pooled_share *list = NULL;
    int count = 0;
    bool ok = arena != NULL || fail_memory(err);

    if (ok && model->design->random_count == 0)
        ok = fail_without_effects(model, ", which icc is of", err);
    progress_name(session, "icc", NULL);
    ok = ok && pool_shares(model->fit, level, asked, arena, &session->progress, &list, &count, err);
    if (ok && count == 0)
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "no two rows of %.60s share a level, so that none are alike by a group",
                  model->name);
    ok = ok && emit(session, pooled_result(model, list, count, level), err);
    arena_free(arena);
    return ok;
}
