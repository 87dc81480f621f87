/* verb-rows.c -- verbs that choose rows, or put them into another order.  See verbs.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/verbs.h"

/* --- where -------------------------------------------------------------------------------------- */

/* A condition is true or false; a number or a text is none, whatever other programs make of it. */
static bool check_condition(const struct column *column, const struct expr *condition, struct glmm_error *err)
{
    if (column->type == COLUMN_LOGICAL)
        return true;
    fail(err, GLMM_E_TYPE, condition->at, "this is %s, and no condition that is true or false",
         column->type == COLUMN_FACTOR ? "text" : "a number");
    error_hint(err, column->type == COLUMN_FACTOR ? "compare it: x == \"a\", or x %%in%% c(\"a\", \"b\")" : "compare it: x > 0");
    return false;
}

/* The rows in which it is true (new). */
static size_t *true_rows(const struct column *column, size_t rows, size_t *count, size_t *unknown)
{
    size_t *source = mem_alloc(rows, sizeof *source);

    *count = *unknown = 0;
    for (size_t i = 0; source != NULL && i < rows; i++) {
        if (column->as.logical[i] > 0)
            source[(*count)++] = i;
        *unknown += column->as.logical[i] < 0;
    }
    return source;
}

struct frame *frame_where(const struct frame *frame, const struct expr *condition, const struct expr *by, size_t *unknown,
                          struct glmm_error *err)
{
    struct column *column = expr_column_by(condition, by, frame, err);
    struct frame *next = NULL;
    size_t *source = NULL, count = 0;

    if (column != NULL && check_condition(column, condition, err)
        && ((source = true_rows(column, frame->rows, &count, unknown)) != NULL || fail_memory(err))) {
        if (count > 0)
            next = frame_rows(frame, source, count, err);
        else
            fail(err, GLMM_E_DATA, condition->at, "this is true in none of the %zu rows", frame->rows);
    }
    mem_free(source);
    column_free(column);
    return next;
}
