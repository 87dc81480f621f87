/* shrinkage-show.c -- what `shrinkage` shows of one part: its levels in order, the strip or the plane, the remarks. */
#include "lang/command.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/derivation.h"
#include "cmd/plots/strip.h"
#include "cmd/shrinkage-part.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "infer/ci.h"
#include "infer/shrinkage.h"
#include "result/value.h"

/* So many levels are shown, the first and the last half of them, where there are more than the second number. */
enum { ROWS_SHOWN = 20, ROWS_UNCUT = 24 };
enum { ROWS_OF_SEVERAL = 10, ROWS_OF_SEVERAL_UNCUT = 14 }; /* where several terms are shown one below the other */

/* --- the order of the levels ------------------------------------------------------------------------- */

/* The levels in the order wanted.  A cut shows the first and the last of them, and STRIP_GAP between; where most own estimates
 * are infinite, so that the ends would be all the same, levels from the whole of the order.  *count gets how many entries; NULL
 * when memory is out. */
static int32_t *order_levels(const struct shrinkage_part *part, const struct shrinkage_call *given, struct arena *arena,
                             size_t *count)
{
    const struct shrinkage *s = part->shrinkage[0];
    size_t total = (size_t)s->count, shown = part->alone ? ROWS_SHOWN : ROWS_OF_SEVERAL, half = shown / 2;
    int32_t *order = strip_order(s, part->sort, arena);

    *count = given->all || total <= (size_t)(part->alone ? ROWS_UNCUT : ROWS_OF_SEVERAL_UNCUT) ? total
             : part->spread                                                                    ? shown
                                                                                               : shown + 1;
    if (order == NULL || *count == total)
        return order;
    if (part->spread) {
        for (size_t i = 0; i < shown; i++)
            order[i] = order[(2 * i * (total - 1) + shown - 1) / (2 * (shown - 1))]; /* at least i, rounded */
        return order;
    }
    memmove(order + half + 1, order + total - half, half * sizeof *order);
    order[half] = STRIP_GAP;
    return order;
}

/* --- the pictures --------------------------------------------------------------------------------------- */

/* The ranks of all levels, for a league table; lower is NULL where values are wanted. */
struct league {
    int *lower, *upper;
    double *lowest, *highest;
};

/* One row a level, raw and BLUP of each effect. */
static void vector_table(struct result *result, const struct shrinkage_part *part, const int32_t *order, size_t count, int digits)
{
    const struct shrinkage *first = part->shrinkage[0];
    struct table *table = result_table(result, NULL, first->group);
    size_t name = table_column(table, NULL, NULL, CELL_TEXT), n = strip_size_column(table, first), column = 0;

    for (int a = 0; a < part->count; a++) {
        size_t raw = table_column(table, NULL, arena_printf(result->arena, "%s raw", part->shrinkage[a]->term), CELL_REAL);
        size_t pooled = table_column(table, NULL, "BLUP", CELL_REAL);

        int decimals = strip_decimals(part->shrinkage[a], digits);

        column = a == 0 ? raw : column;
        table_decimals(table, raw, decimals);
        table_decimals(table, pooled, decimals);
        table_flags(table, pooled, COLUMN_JOINED);
    }
    for (size_t i = 0; i < count; i++) {
        size_t row = table_row(table);

        if (order[i] == STRIP_GAP) {
            table_text(table, row, name, "...");
            continue;
        }
        table_text(table, row, name, first->level[order[i]]);
        strip_size(table, row, n, first, order[i]);
        for (int a = 0; a < part->count; a++) {
            table_real_known(table, row, column + 2 * (size_t)a, part->shrinkage[a]->raw[order[i]]);
            table_real(table, row, column + 2 * (size_t)a + 1, part->shrinkage[a]->pooled[order[i]]);
        }
    }
}

/* --- the result -------------------------------------------------------------------------------------------- */

/* JSON and CSV: all levels, in the order of their names. */
static void levels_table(struct result *result, const struct shrinkage *s, const struct league *league, bool alone)
{
    struct table *table = result_table(result, "levels", NULL);
    size_t group = alone ? 0 : table_column(table, "group", NULL, CELL_TEXT),
           term = alone ? 0 : table_column(table, "term", NULL, CELL_TEXT);
    const size_t columns[] = {
        table_column(table, "level", "level", CELL_TEXT),
        table_column(table, "n", "n", CELL_INTEGER),
        table_column(table, "raw", "raw", CELL_REAL),
        table_column(table, "pooled", "pooled", CELL_REAL),
        table_column(table, "se", "se", CELL_REAL),
        table_column(table, "weight", "weight", CELL_REAL),
        table_column(table, "rank_raw", "rank", CELL_INTEGER),
        table_column(table, "rank_pooled", "rank", CELL_INTEGER),
    };
    size_t lower = 0, upper = 0, lowest = 0, highest = 0;

    for (size_t j = group; !alone && j <= term; j++)
        table_flags(table, j, COLUMN_CSV);
    for (size_t j = 0; j < sizeof columns / sizeof columns[0]; j++)
        table_flags(table, columns[j], COLUMN_NOT_TEXT);
    if (league->lower != NULL) {
        lower = table_column(table, "rank_lower", "lower", CELL_INTEGER);
        upper = table_column(table, "rank_upper", "upper", CELL_INTEGER);
        lowest = table_column(table, "p_lowest", "lowest", CELL_REAL);
        highest = table_column(table, "p_highest", "highest", CELL_REAL);
        column_derives(table, columns[6], DERIVED_RANK_RAW, 0);
        column_derives(table, columns[7], DERIVED_RANK_BLUP, 0);
        column_derives(table, lower, DERIVED_RANK_LOWER, 0);
        column_derives(table, upper, DERIVED_RANK_UPPER, 0);
        column_derives(table, lowest, DERIVED_LOWEST, 0);
        column_derives(table, highest, DERIVED_HIGHEST, 0);
        for (size_t j = lower; j <= highest; j++)
            table_flags(table, j, COLUMN_NOT_TEXT);
    }
    for (int32_t l = 0; l < s->count; l++) {
        size_t row = table_row(table);

        if (!alone) {
            table_text(table, row, group, s->group);
            table_text(table, row, term, s->term);
        }
        table_text(table, row, columns[0], s->level[l]);
        table_integer(table, row, columns[1], (long long)s->rows[l]);
        table_real_known(table, row, columns[2], s->raw[l]);
        table_real(table, row, columns[3], s->pooled[l]);
        table_real(table, row, columns[4], s->se[l]);
        if (s->weight != NULL)
            table_real(table, row, columns[5], s->weight[l]);
        table_integer(table, row, columns[6], s->rank_raw[l]);
        table_integer(table, row, columns[7], s->rank_pooled[l]);
        if (league->lower != NULL) {
            table_integer(table, row, lower, league->lower[l]);
            table_integer(table, row, upper, league->upper[l]);
            table_real(table, row, lowest, league->lowest[l]);
            table_real(table, row, highest, league->highest[l]);
        }
    }
}

/* The other effects of a vector, as `terms[{term complete raw[] pooled[] se[]}]` in the order of the levels. */
static void terms_value(struct result *result, const struct shrinkage_part *part)
{
    struct arena *arena = result->arena;
    struct value *terms = value_array(arena), *term;

    for (int a = 0; a < part->count; a++) {
        const struct shrinkage *s = part->shrinkage[a];

        term = value_append(terms, value_object(arena));
        value_set(arena, term, "term", value_string(arena, s->term));
        value_set(arena, term, "complete", value_real(arena, s->complete));
        if (shrinkage_differs_from(s) != NULL)
            value_set(arena, term, "overall", value_string(arena, shrinkage_differs_from(s)));
        value_set(arena, term, "raw", value_reals_known(arena, s->raw, (size_t)s->count));
        value_set(arena, term, "pooled", value_reals(arena, s->pooled, (size_t)s->count));
        value_set(arena, term, "se", value_reals(arena, s->se, (size_t)s->count));
    }
    result_value(result, "terms", terms);
}

/* Own estimates that do not exist. */
static void missing_remarks(struct result *result, const struct shrinkage *s, bool several, bool ranks)
{
    const char *of = several ? arena_printf(result->arena, " of %s", s->term) : "", *ends;
    size_t unknown = 0, infinite[2] = { 0, 0 }, all;

    for (int32_t l = 0; l < s->count; l++) {
        unknown += isnan(s->raw[l]);
        infinite[0] += isinf(s->raw[l]) && s->raw[l] < 0;
        infinite[1] += isinf(s->raw[l]) && s->raw[l] > 0;
    }
    all = infinite[0] + infinite[1];
    ends = infinite[1] == 0 ? "-Inf" : infinite[0] == 0 ? "Inf" : "-Inf or Inf";
    if (all > 0 && ranks)
        result_line(
            result, LINE_NOTE,
            "the own estimate%s of %zu level%s is %s: all responses at one end, or split by a predictor; the raw rank is that "
            "of the end",
            of, all, all == 1 ? "" : "s", ends);
    else if (all > 0)
        result_line(result, LINE_NOTE,
                    "raw%s is %s for %zu level%s: from %s rows alone no finite estimate exists (all responses at one end, or "
                    "split by a predictor)",
                    of, ends, all, all == 1 ? "" : "s", all == 1 ? "its" : "their");
    if (unknown > 0 && ranks)
        result_line(result, LINE_NOTE,
                    "the rows of %zu level%s alone do not determine an own estimate%s; the raw rank is the last", unknown,
                    unknown == 1 ? "" : "s", of);
    else if (unknown > 0)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: the rows of %zu level%s alone do not determine raw%s", unknown,
                    unknown == 1 ? "" : "s", of);
}

/* Why the usual order is not that of the own estimates. */
static const char *why_spread(const struct shrinkage *s)
{
    bool open = false, infinite = false;

    for (int32_t l = 0; l < s->count; l++) {
        open = open || isnan(s->raw[l]);
        infinite = infinite || isinf(s->raw[l]);
    }
    return open && !infinite ? " (too many own estimates are not determined to sort by them)"
                             : " (too many own estimates are infinite to sort by them)"; /* or an end of the response */
}

/* The command as it was given, with all levels. */
static const char *with_all(const struct call *call, const struct shrinkage_call *given, struct arena *arena)
{
    int last = call->word_count - 1;
    const char *words = "";

    if (last >= 0)
        words = arena_printf(arena, " %.*s", call->words[last].at.end - call->words[0].at.begin,
                             call->line + call->words[0].at.begin);
    return arena_printf(arena, "shrinkage%s%s%s%s%s%s, all", words == NULL ? "" : words,
                        given->sort == NULL ? "" : ", sort=", given->sort == NULL ? "" : given->sort, given->rank ? ", rank" : "",
                        given->pairs ? ", pairs" : "", given->response ? ", response" : "");
}

static void remarks(struct result *result, const struct shrinkage_part *part, size_t count, const struct call *call)
{
    const struct shrinkage_call *given = call->options;
    const struct shrinkage *s = part->shrinkage[0];
    const char *command = with_all(call, given, result->arena);
    const char *quote = command == NULL || strchr(command, '`') != NULL ? "" : "`"; /* a name in it may have its own */

    for (int a = 0; a < part->count; a++)
        missing_remarks(result, part->shrinkage[a], part->count > 1, given->rank);
    if (count >= (size_t)s->count || command == NULL)
        return;
    if (part->spread)
        result_line(result, LINE_NOTE, "%d of %d shown, spread evenly over this order%s; %s%s%s shows all", (int)count,
                    (int)s->count, given->sort == NULL ? why_spread(s) : "", quote, command, quote);
    else
        result_line(result, LINE_NOTE, "%d of %d shown, the first %d and the last %d in this order; %s%s%s shows all",
                    (int)count - 1, (int)s->count, ((int)count - 1) / 2, ((int)count - 1) / 2, quote, command, quote);
}

/* Where the model has more grouping factors, more terms of this one (`||`), or more effects than a plane holds: how to see them.
 */
static void others_line(struct result *result, const struct model *model, const struct shrinkage *shown, bool all_effects)
{
    const struct design *design = model->design;
    struct text line = { 0 };

    for (int t = 0; t < design->random_count; t++) {
        bool same = strcmp(design->random[t].group, shown->group) == 0;
        int k = design->random[t].k;

        if (same && all_effects && k > 2 && is_first_of_group(design, t))
            text_addf(&line, "%splot-ascii shrinkage %s %s %s %s", line.length == 0 ? "next: " : " | ", model->name,
                      design->random[t].group, design->random[t].names[k - 2], design->random[t].names[k - 1]);
        if (!same && is_first_of_group(design, t))
            text_addf(&line, "%sshrinkage %s %s", line.length == 0 ? "next: " : " | ", model->name, design->random[t].group);
        for (int a = 0; same && a < design->random[t].k && !(all_effects && is_first_of_group(design, t)); a++)
            if (strcmp(design->random[t].names[a], shown->term) != 0)
                text_addf(&line, "%sshrinkage %s %s %s", line.length == 0 ? "next: " : " | ", model->name,
                          design->random[t].group, design->random[t].names[a]);
    }
    if (line.length > 0)
        result_line(result, LINE_NEXT, "%s", text_string(&line));
    result->failed = result->failed || line.failed;
    text_clear(&line);
}

/* What is drawn where, and how long. */
static void explain_marks(struct result *result, const struct shrinkage_part *part, const struct shrinkage_call *given,
                          double level)
{
    if (part->count > 1)
        result_line(result, LINE_NOTE, "overall: %s",
                    part->count == 2 ? "where the dotted lines cross" : "the fixed coefficients");
    if (given->pairs && !strip_has_no_intervals(part->shrinkage[0]))
        result_line(
            result, LINE_NOTE,
            "intervals to compare: BLUP \xc2\xb1 %.3g standard errors; two groups whose intervals do not overlap differ, at %g%% "
            "(Goldstein and Healy 1995)",
            part->reach, 100 * (1 - level));
}

static bool show(struct result *result, const struct session *session, const struct model *model,
                 const struct shrinkage_part *part, const struct league *league, const struct call *call)
{
    const struct shrinkage_call *given = call->options;
    const struct shrinkage *s = part->shrinkage[0];
    const struct settings *settings = &session->settings;
    size_t count;
    int32_t *order = order_levels(part, given, result->arena, &count);

    if (order == NULL)
        return false;
    result_line(result, LINE_TITLE, "%s   %s   %s     %s: %s     sort: %s \xe2\x96\xb2", model->name, model->text,
                method_name(model->fit->method), part->group, part->count > 1 ? "all effects" : s->term, part->sort);
    if (part->count == 1) {
        struct strip strip = {
            .model = model,
            .effect = s,
            .order = order,
            .count = count,
            .level = settings->level,
            .digits = settings->digits,
            .reach = part->reach,
            .interval = given->pairs ? "to compare" : NULL,
            .at = part->at,
            .rank_lower = league->lower,
            .rank_upper = league->upper,
            .lowest = league->lowest,
            .highest = league->highest,
            .raw_told = true,
        };

        if (!strip_build(result_plot(result, NULL), &strip))
            return false;
    } else {
        if (!strip_arrows(result_plot(result, NULL), s, part->shrinkage[1], order, count))
            return false;
        vector_table(result, part, order, count, settings->digits);
    }
    explain_marks(result, part, given, settings->level);
    remarks(result, part, count, call);
    if (part->alone)
        others_line(result, model, s, part->count > 1);
    return true;
}

/* Simulates the ranks where they are asked for. */
static bool league_init(struct league *league, struct session *session, const struct shrinkage *s, struct arena *arena,
                        struct glmm_error *err)
{
    league->lower = arena_alloc(arena, (size_t)s->count, sizeof *league->lower);
    league->upper = arena_alloc(arena, (size_t)s->count, sizeof *league->upper);
    league->lowest = arena_alloc(arena, (size_t)s->count, sizeof *league->lowest);
    league->highest = arena_alloc(arena, (size_t)s->count, sizeof *league->highest);
    if (league->lower == NULL || league->upper == NULL || league->lowest == NULL || league->highest == NULL)
        return fail_memory(err);
    return shrinkage_rank_intervals(s, session->settings.level, session->settings.seed, &session->progress, league->lower,
                                    league->upper, league->lowest, league->highest, err);
}

struct result *shrinkage_part_result(struct session *session, const struct model *model, const struct shrinkage_part *part,
                                     const struct call *call, struct glmm_error *err)
{
    const struct shrinkage_call *given = call->options;
    const struct shrinkage *s = part->shrinkage[0];
    struct result *result = result_new("shrinkage");
    struct league league = { 0 };

    if (result == NULL || (given->rank && !league_init(&league, session, s, result->arena, err))) {
        fail_memory(err);
        result_free(result);
        return NULL;
    }
    result_string(result, "model", model->name);
    result_string(result, "group", s->group);
    result_string(result, "term", s->term);
    result_string(result, "scale", s->scale);
    result_real(result, "complete", s->complete);
    if (shrinkage_differs_from(s) != NULL)
        result_string(result, "overall", shrinkage_differs_from(s));
    if (part->at != NULL && part->at[0] != '\0')
        result_string(result, "at", part->at);
    levels_table(result, s, &league, part->alone);
    if (part->count > 1)
        terms_value(result, part);
    if (!show(result, session, model, part, &league, call))
        result->failed = true;
    return result;
}
