/* verb-columns.c -- verbs that change variables.  See verbs.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/imputation.h"
#include "data/verbs.h"

/* --- let ---------------------------------------------------------------------------------------- */

/* True where all numbers are whole and small enough, and there is one. */
static bool is_whole(const struct column *column, size_t rows)
{
    size_t count = 0;

    for (size_t i = 0; i < rows; i++) {
        double x = column->as.real[i];

        if (isnan(x))
            continue;
        if (!(fabs(x) <= INT32_MAX) || x != floor(x) || (x == 0.0 && signbit(x)))
            return false;
        count++;
    }
    return count > 0;
}

bool column_make_integer(struct column *column, size_t rows)
{
    int32_t *integers;

    if (column->type != COLUMN_REAL || !is_whole(column, rows))
        return true;
    integers = mem_alloc(rows, sizeof *integers);
    if (integers == NULL)
        return false;
    for (size_t i = 0; i < rows; i++)
        integers[i] = isnan(column->as.real[i]) ? COLUMN_NA : (int32_t)column->as.real[i];
    mem_free(column->as.real);
    column->as.integer = integers;
    column->type = COLUMN_INTEGER;
    return true;
}

/* NaN of 0/0 is a missing value like any other, of which there is one kind. */
static void tidy_missing(struct column *column, size_t rows)
{
    for (size_t i = 0; column->type == COLUMN_REAL && i < rows; i++)
        if (isnan(column->as.real[i]))
            column->as.real[i] = (double)NAN;
}

struct frame *frame_let(const struct frame *frame, const char *name, const struct expr *expr, const struct expr *by,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    struct column *column = expr_column_by(expr, by, frame, progress, err);
    char *own = column == NULL ? NULL : mem_strdup(name);
    struct frame *next = NULL;
    bool ok = column != NULL;

    if (ok && own == NULL)
        ok = fail_memory(err);
    if (ok) {
        mem_free(column->name);
        column->name = own;
        tidy_missing(column, frame->rows);
        ok = column_make_integer(column, frame->rows) || fail_memory(err);
    }
    if (ok) {
        column_count_missing(column, frame->rows);
        ok = (next = frame_share(frame, err)) != NULL && frame_put(next, column, err);
    }
    column_free(column);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}

/* --- which variables ---------------------------------------------------------------------------- */

struct frame *frame_keep(const struct frame *frame, const char *const names[], size_t count, struct glmm_error *err)
{
    struct frame *next = frame_share(frame, err);

    for (size_t k = 0; next != NULL && k < count; k++) { /* the k-th comes to its place, the others behind it keep their order */
        struct column *column = frame_column(next, names[k]), moved = *column;

        memmove(&next->columns[k + 1], &next->columns[k], (size_t)(column - &next->columns[k]) * sizeof moved);
        next->columns[k] = moved;
    }
    for (size_t j = count; next != NULL && j < next->column_count;
         j++) /* rows that lost their imputation would be taken for others */
        if (next->columns[j].imputation) {
            struct column moved = next->columns[count];

            next->columns[count++] = next->columns[j];
            next->columns[j] = moved;
            break;
        }
    while (next != NULL && next->column_count > count)
        column_clear(&next->columns[--next->column_count]);
    return next;
}

struct frame *frame_without(const struct frame *frame, const char *const names[], size_t count, struct glmm_error *err)
{
    const struct column *imputation = frame_is_imputed(frame) ? frame_imputation(frame) : NULL;
    struct frame *next;

    for (size_t k = 0; imputation != NULL && k < count; k++)
        if (strcmp(names[k], imputation->name) == 0) {
            fail(err, GLMM_E_DATA, NOWHERE, "`%s` numbers the imputations: without it their rows would be taken for others",
                 names[k]);
            error_hint(err, "one imputation alone: where %s == 1", names[k]);
            return NULL;
        }
    next = frame_share(frame, err);
    for (size_t k = 0; next != NULL && k < count; k++)
        frame_drop(next, names[k]);
    if (next == NULL || next->column_count > 0)
        return next;
    fail(err, GLMM_E_DATA, NOWHERE, "no variable would be left");
    frame_free(next);
    return NULL;
}

struct frame *frame_rename(const struct frame *frame, const char *const from[], const char *const to[], size_t count,
                           size_t *place, struct glmm_error *err)
{
    struct frame *next = frame_share(frame, err);
    bool ok = next != NULL;

    for (size_t k = 0; ok && k < count; k++) { /* columns have the places that they have in the old frame */
        struct column *column = &next->columns[frame_find(frame, from[k]) - frame->columns];
        char *name = mem_strdup(to[k]);

        if (name == NULL) {
            ok = fail_memory(err);
        } else {
            mem_free(column->name);
            column->name = name;
        }
    }
    for (size_t k = 0; ok && k < count; k++)
        for (size_t j = 0; ok && j < next->column_count; j++)
            if (j != (size_t)(frame_find(frame, from[k]) - frame->columns) && strcmp(next->columns[j].name, to[k]) == 0) {
                *place = k;
                ok = fail(err, GLMM_E_NAME, NOWHERE, "%s has a variable `%s` already", frame->name, to[k]);
            }
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}
