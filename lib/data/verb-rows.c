/* verb-rows.c -- verbs that choose rows, or put them into another order.  See verbs.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "data/verbs.h"

enum { SAMPLE_STREAM = 0x5a };

/* --- where -------------------------------------------------------------------------------------- */

/* A condition is true or false; a number or a text is none, whatever other programs make of it. */
static bool check_condition(const struct column *column, const struct expr *condition, struct glmm_error *err)
{
    if (column->type == COLUMN_LOGICAL)
        return true;
    fail(err, GLMM_E_TYPE, condition->at, "this is %s, and no condition that is true or false",
         column->type == COLUMN_FACTOR ? "text"
         : column->type == COLUMN_DATE ? "a date"
                                       : "a number");
    error_hint(err, column->type == COLUMN_FACTOR ? "compare it: x == \"a\", or x %%in%% c(\"a\", \"b\")"
                    : column->type == COLUMN_DATE ? "compare it: x > \"2024-01-31\""
                                                  : "compare it: x > 0");
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
                          const struct glmm_progress *progress, struct glmm_error *err)
{
    struct column *column = expr_column_by(condition, by, frame, progress, err);
    struct frame *next = NULL;
    size_t *source = NULL, count = 0;

    if (column != NULL && check_condition(column, condition, err)
        && ((source = true_rows(column, frame->rows, &count, unknown)) != NULL || fail_memory(err))) {
        if (count > 0)
            next = frame_rows_watched(frame, source, count, progress, err);
        else
            fail(err, GLMM_E_DATA, condition->at, "this is true in none of the %zu rows", frame->rows);
    }
    mem_free(source);
    column_free(column);
    return next;
}

/* --- sort --------------------------------------------------------------------------------------- */

/* Which of two rows of a column comes first; missing values are the last of all, whatever the direction. */
static int compare_rows(const struct column *column, bool descending, size_t a, size_t b)
{
    bool no_a = column_missing(column, a), no_b = column_missing(column, b);
    double x, y;

    if (no_a || no_b)
        return no_a - no_b;
    x = column->type == COLUMN_FACTOR ? column->as.code[a] : column_real(column, a);
    y = column->type == COLUMN_FACTOR ? column->as.code[b] : column_real(column, b);
    return descending ? (x < y) - (x > y) : (x > y) - (x < y);
}

struct order {
    const struct frame *frame;
    const struct sort_key *keys;
    size_t count;
    const struct glmm_progress *progress;
};

static int compare_by_keys(const struct order *order, size_t a, size_t b)
{
    int sign = 0;

    for (size_t k = 0; k < order->count && sign == 0; k++)
        sign = compare_rows(frame_find(order->frame, order->keys[k].name), order->keys[k].descending, a, b);
    return sign;
}

enum { LOOK = 1 << 15 }; /* rows between two looks at the progress */

/* Merges the runs [from, middle) and [middle, to); false where it is to stop. */
static bool merge_runs(const struct order *order, const size_t *in, size_t *out, size_t from, size_t middle, size_t to)
{
    size_t left = from, right = middle;

    for (size_t k = from; k < to; k++) {
        if (k % LOOK == 0 && !progress_tell(order->progress, "sorting", 0.0, 0.0, (double)NAN))
            return false;
        if (left < middle && (right >= to || compare_by_keys(order, in[left], in[right]) <= 0))
            out[k] = in[left++];
        else
            out[k] = in[right++];
    }
    return true;
}

struct frame *frame_sort(const struct frame *frame, const struct sort_key keys[], size_t count,
                         const struct glmm_progress *progress, struct glmm_error *err)
{
    struct order order = { frame, keys, count, progress };
    bool go_on = true;
    size_t rows = frame->rows, *in = mem_alloc(rows, sizeof *in), *out = mem_alloc(rows, sizeof *out), *other;
    struct frame *next = NULL;

    for (size_t i = 0; in != NULL && i < rows; i++)
        in[i] = i;
    for (size_t run = 1; in != NULL && out != NULL && run < rows && go_on; run *= 2) {
        for (size_t from = 0; from < rows && go_on; from += 2 * run)
            go_on = merge_runs(&order, in, out, from, from + run < rows ? from + run : rows,
                               from + 2 * run < rows ? from + 2 * run : rows);
        other = in;
        in = out;
        out = other;
    }
    if (in == NULL || out == NULL)
        fail_memory(err);
    else if (!go_on)
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the rows were sorted");
    else
        next = frame_rows_watched(frame, in, rows, progress, err);
    mem_free(in);
    mem_free(out);
    return next;
}

/* --- sample ------------------------------------------------------------------------------------- */

struct frame *frame_sample(const struct frame *frame, const struct grouping *grouping, size_t count, double share, uint64_t seed,
                           struct glmm_error *err)
{
    size_t *left = mem_zalloc(grouping->count, sizeof *left), *wanted = mem_zalloc(grouping->count, sizeof *wanted);
    size_t *source = mem_alloc(frame->rows, sizeof *source), chosen = 0;
    struct frame *next = NULL;
    struct rng rng;

    rng_init(&rng, seed, SAMPLE_STREAM);
    if (left == NULL || wanted == NULL || source == NULL) {
        fail_memory(err);
    } else {
        for (size_t i = 0; i < frame->rows; i++)
            if (grouping->code[i] >= 0)
                left[grouping->code[i]]++;
        for (size_t g = 0; g < grouping->count; g++)
            wanted[g] = count > 0 ? (count < left[g] ? count : left[g]) : (size_t)nearbyint(share * (double)left[g]);
        for (size_t i = 0; i < frame->rows; i++) { /* selection sampling: wanted of the left ones, each as likely as the others */
            int32_t g = grouping->code[i];

            if (g >= 0 && rng_uniform(&rng) * (double)left[g]-- < (double)wanted[g]) {
                wanted[g]--;
                source[chosen++] = i;
            }
        }
        if (chosen > 0)
            next = frame_rows(frame, source, chosen, err);
        else
            fail(err, GLMM_E_DATA, NOWHERE, "no row would be left");
    }
    mem_free(left);
    mem_free(wanted);
    mem_free(source);
    return next;
}
