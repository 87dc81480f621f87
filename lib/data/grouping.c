/* grouping.c -- the groups of one variable or of several, and a row for each of them.  See verbs.h. */
#include <string.h>

#include "base/memory.h"
#include "data/imputation.h"
#include "data/verbs.h"

enum { MOST_PAIRS = 1 << 26 };

void row_groups_clear(struct grouping *grouping)
{
    mem_free(grouping->code);
    mem_free(grouping->first);
    mem_free((void *)grouping->names);
    *grouping = (struct grouping){ 0 };
}

static bool add_name(struct grouping *out, const char *name, struct glmm_error *err)
{
    const char **wider = mem_resize((void *)out->names, out->name_count + 1, sizeof *wider);

    if (wider == NULL)
        return fail_memory(err);
    out->names = wider;
    out->names[out->name_count++] = name;
    return true;
}

/* a:b:c -> the names, from the left. */
static bool add_names(const struct frame *frame, const struct expr *by, struct grouping *out, struct glmm_error *err)
{
    const struct column *column;

    if (by->kind == EXPR_BINARY && strcmp(by->text, ":") == 0)
        return add_names(frame, by->left, out, err) && add_names(frame, by->right, out, err);
    if (by->kind != EXPR_NAME) {
        fail(err, GLMM_E_TYPE, by->at, "groups are those of variables");
        error_hint(err, "g, or a:b for those of two; let makes a variable of an expression");
        return false;
    }
    column = frame_need(frame, by->text, by->at, err);
    return column != NULL && add_name(out, column->name, err);
}

/* Numbers the pairs (code, other) that occur, in their order. */
static bool join_codes(struct grouping *out, const int32_t *other, int32_t other_count, size_t rows, struct glmm_error *err)
{
    size_t pairs = out->count * (size_t)other_count;
    int32_t *number, used = 0;

    if (pairs > MOST_PAIRS)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "there are too many groups");
    if ((number = mem_zalloc(pairs, sizeof *number)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < rows; i++)
        if (out->code[i] >= 0 && other[i] >= 0)
            number[(size_t)out->code[i] * (size_t)other_count + (size_t)other[i]] = 1;
    for (size_t p = 0; p < pairs; p++)
        number[p] = number[p] != 0 ? used++ : -1;
    for (size_t i = 0; i < rows; i++)
        out->code[i] =
            out->code[i] < 0 || other[i] < 0 ? -1 : number[(size_t)out->code[i] * (size_t)other_count + (size_t)other[i]];
    out->count = (size_t)used;
    mem_free(number);
    return true;
}

static bool join_column(struct grouping *out, const struct column *column, size_t rows, struct glmm_error *err)
{
    int32_t *codes, count;
    char **levels;
    bool ok = column_as_factor(column, rows, &codes, &levels, &count, err);

    ok = ok && join_codes(out, codes, count, rows, err);
    for (int32_t l = 0; l < count; l++)
        mem_free(levels[l]);
    mem_free(levels);
    mem_free(codes);
    return ok;
}

static bool groups_make(const struct frame *frame, const struct column *within, const struct expr *by, struct grouping *out,
                        struct glmm_error *err)
{
    bool ok, named = false;

    *out = (struct grouping){ .count = 1 };
    out->code = mem_zalloc(frame->rows, sizeof *out->code);
    ok = (out->code != NULL || fail_memory(err)) && (within == NULL || add_name(out, within->name, err))
         && (by == NULL || add_names(frame, by, out, err));
    for (size_t k = 1; within != NULL && k < out->name_count; k++)
        named = named || strcmp(out->names[k], within->name) == 0;
    if (ok && named)
        memmove(out->names, out->names + 1, --out->name_count * sizeof *out->names);
    for (size_t k = 0; ok && k < out->name_count; k++)
        ok = join_column(out, frame_find(frame, out->names[k]), frame->rows, err);
    ok = ok && ((out->first = mem_zalloc(out->count, sizeof *out->first)) != NULL || fail_memory(err));
    for (size_t i = frame->rows; ok && i-- > 0;)
        if (out->code[i] >= 0)
            out->first[out->code[i]] = i;
    if (!ok)
        row_groups_clear(out);
    return ok;
}

bool row_groups_make(const struct frame *frame, const struct expr *by, struct grouping *out, struct glmm_error *err)
{
    return groups_make(frame, NULL, by, out, err);
}

bool row_groups_within(const struct frame *frame, const struct expr *by, struct grouping *out, struct glmm_error *err)
{
    return groups_make(frame, frame_imputation(frame), by, out, err);
}

void row_groups_name(const struct grouping *grouping, const struct frame *frame, size_t group, struct text *out)
{
    char buffer[40];

    for (size_t k = 0; k < grouping->name_count; k++) {
        text_add(out, k == 0 ? "" : ", ");
        text_add(out, column_text(frame_find(frame, grouping->names[k]), grouping->first[group], buffer));
    }
}

/* --- aggregate ---------------------------------------------------------------------------------- */

/* The item has one value in a group, or is missing in all its rows. */
static bool same_in_groups(const struct column *column, const struct grouping *grouping, size_t rows)
{
    char one[40], other[40];

    for (size_t i = 0; i < rows; i++) {
        size_t first = grouping->code[i] < 0 ? i : grouping->first[grouping->code[i]];
        bool differs = column->type == COLUMN_FACTOR ? column->as.code[i] != column->as.code[first]
                       : column_missing(column, i) || column_missing(column, first)
                           ? column_missing(column, i) != column_missing(column, first)
                           : column_real(column, i) != column_real(column, first);

        if (differs && strcmp(column_text(column, i, one), column_text(column, first, other)) != 0)
            return false;
    }
    return true;
}

/* The item's column, a row for each group, goes into the frame. */
static bool add_item(const struct frame *frame, const struct grouping *grouping, const struct expr *by,
                     const struct summary_item *item, struct frame *next, const struct glmm_progress *progress,
                     struct glmm_error *err)
{
    struct column *column = expr_column_by(item->expr, by, frame, progress, err), short_one = { 0 };
    const struct column *from[1] = { column };
    int32_t *which = mem_zalloc(grouping->count, sizeof *which);
    bool ok = column != NULL && (which != NULL || fail_memory(err));

    if (ok && !same_in_groups(column, grouping, frame->rows)) {
        ok = fail(err, GLMM_E_DATA, item->expr->at, "this differs from row to row within a group");
        if (item->expr->kind == EXPR_NAME && column->type != COLUMN_FACTOR)
            error_hint(err, "a summary is one value: mean(%.60s), max(%.60s) - min(%.60s), n()", item->expr->text,
                       item->expr->text, item->expr->text);
        else
            error_hint(err, "a summary is one value: mean(x), n(), max(x) - min(x)");
    }
    ok = ok && column_gather(&short_one, item->name, from, 1, which, grouping->first, grouping->count, progress, err)
         && (column_make_integer(&short_one, grouping->count) || fail_memory(err));
    if (ok && frame_find(next, item->name) != NULL)
        ok = fail(err, GLMM_E_NAME, item->expr->at, "there would be two variables `%s`", item->name);
    ok = ok && frame_put(next, &short_one, err);
    column_clear(&short_one);
    column_free(column);
    mem_free(which);
    return ok;
}

struct frame *frame_aggregate(const struct frame *frame, const struct grouping *grouping, const struct expr *by,
                              const struct summary_item items[], size_t count, size_t *place,
                              const struct glmm_progress *progress, struct glmm_error *err)
{
    struct frame *keys = frame_keep(frame, grouping->names, grouping->name_count, err), *next = NULL;
    bool ok = keys != NULL && (next = frame_rows(keys, grouping->first, grouping->count, err)) != NULL;

    for (*place = 0; ok && *place < count; ++*place)
        if (!(ok = add_item(frame, grouping, by, &items[*place], next, progress, err)))
            break;
    frame_free(keys);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}
