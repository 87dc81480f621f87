/* imputation.c -- see imputation.h. */
#include "data/imputation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"

const struct column *frame_imputation(const struct frame *frame)
{
    for (size_t j = 0; j < frame->column_count; j++)
        if (frame->columns[j].imputation)
            return &frame->columns[j];
    return NULL;
}

/* The number of a row: of a factor that of its level. */
static double number_of(const struct column *column, size_t row)
{
    double value;

    if (column_missing(column, row))
        return (double)NAN;
    if (column->type != COLUMN_FACTOR)
        return column_real(column, row);
    return column_parse(&(struct column){ .type = COLUMN_REAL }, column->levels[column->as.code[row]], &value) ? value
                                                                                                               : (double)NAN;
}

/* --- the rows of each ------------------------------------------------------------------------------ */

/* The different numbers, increasing, into number[0 .. rows). */
static int different_numbers(const struct column *column, size_t rows, double *number)
{
    int count = 0;

    for (size_t i = 0; i < rows; i++)
        number[i] = number_of(column, i);
    qsort(number, rows, sizeof *number, order_reals);
    for (size_t i = 0; i < rows; i++)
        if (count == 0 || number[i] > number[count - 1])
            number[count++] = number[i];
    return count;
}

static int32_t place_of(const struct imputations *imputations, double number)
{
    const double *found =
        bsearch(&number, imputations->number, (size_t)imputations->count, sizeof *imputations->number, order_reals);

    return found == NULL ? 0 : (int32_t)(found - imputations->number);
}

static void sort_rows(const struct frame *frame, const struct column *column, struct imputations *out)
{
    for (size_t i = 0; i < frame->rows; i++) {
        out->code[i] = place_of(out, number_of(column, i));
        out->start[out->code[i] + 1]++;
    }
    for (int k = 0; k < out->count; k++)
        out->start[k + 1] += out->start[k];
    for (size_t i = 0; i < frame->rows; i++)
        out->row[out->start[out->code[i]]++] = i;
    for (int k = out->count; k > 0; k--) /* each start was moved to the next one's */
        out->start[k] = out->start[k - 1];
    out->start[0] = 0;
}

bool imputations_find(const struct frame *frame, struct imputations *out, struct glmm_error *err)
{
    const struct column *column = frame_imputation(frame);

    *out = (struct imputations){ 0 };
    if (column == NULL)
        return true;
    out->name = column->name;
    out->number = mem_alloc(frame->rows + 1, sizeof *out->number);
    out->row = mem_alloc(frame->rows + 1, sizeof *out->row);
    out->code = mem_alloc(frame->rows + 1, sizeof *out->code);
    if (out->number == NULL || out->row == NULL || out->code == NULL)
        return fail_memory(err);
    out->count = different_numbers(column, frame->rows, out->number);
    if ((out->start = NEW_ARRAY(size_t, out->count + 1)) == NULL)
        return fail_memory(err);
    sort_rows(frame, column, out);
    return true;
}

void imputations_clear(struct imputations *imputations)
{
    mem_free(imputations->number);
    mem_free(imputations->start);
    mem_free(imputations->row);
    mem_free(imputations->code);
    *imputations = (struct imputations){ 0 };
}

bool frame_is_imputed(const struct frame *frame)
{
    const struct column *column = frame_imputation(frame);
    double first = column == NULL || frame->rows == 0 ? 0 : number_of(column, 0);

    for (size_t i = 1; column != NULL && i < frame->rows; i++)
        if (number_of(column, i) != first)
            return true;
    return false;
}

/* --- the mark -------------------------------------------------------------------------------------- */

/* The rows that stay, or an error of the variable. */
static bool choose_rows(const struct frame *frame, const struct column *column, size_t keep[], size_t *count,
                        struct glmm_error *err)
{
    *count = 0;
    for (size_t i = 0; i < frame->rows; i++) {
        double number = number_of(column, i);
        char text[40];

        if (column_missing(column, i))
            return fail(err, GLMM_E_DATA, NOWHERE, "row %zu belongs to no imputation: `%s` is missing there", i + 1,
                        column->name);
        if (!(number >= 0) || number != floor(number)) {
            fail(err, GLMM_E_DATA, NOWHERE, "`%s` numbers no imputations: it is %.40s in row %zu", column->name,
                 column_text(column, i, text), i + 1);
            error_hint(err, "1, 2, ... for each imputation, and 0 for the data before it");
            return false;
        }
        if (number > 0)
            keep[(*count)++] = i;
    }
    return *count > 0
           || fail(err, GLMM_E_DATA, NOWHERE, "there is no imputation: `%s` is 0 in every row, the data before it", column->name);
}

/* Each row its own imputation: that is an index of rows. */
static bool check_marked(const struct frame *frame, const char *name, struct glmm_error *err)
{
    struct imputations found;
    bool ok = imputations_find(frame, &found, err), each = ok && found.count > 1 && (size_t)found.count == frame->rows;

    imputations_clear(&found);
    if (!each)
        return ok;
    fail(err, GLMM_E_DATA, NOWHERE, "`%s` is different in every row: it numbers rows, not imputations", name);
    return false;
}

struct frame *frame_mark_imputations(const struct frame *frame, const char *name, size_t *left_out, struct glmm_error *err)
{
    const struct column *column = frame_need(frame, name, NOWHERE, err);
    size_t *keep = mem_alloc(frame->rows + 1, sizeof *keep), count = 0;
    struct frame *marked = NULL;

    if (keep == NULL)
        fail_memory(err);
    else if (column != NULL && choose_rows(frame, column, keep, &count, err))
        marked = frame_rows(frame, keep, count, err);
    if (marked != NULL) {
        for (size_t j = 0; j < marked->column_count; j++)
            marked->columns[j].imputation = false;
        frame_column(marked, name)->imputation = true;
        *left_out = frame->rows - count;
    }
    if (marked != NULL && !check_marked(marked, name, err)) {
        frame_free(marked);
        marked = NULL;
    }
    mem_free(keep);
    if (marked == NULL && err != NULL && err->code != GLMM_E_MEMORY)
        error_argument(err, "imputation");
    return marked;
}

/* --- rows put together ----------------------------------------------------------------------------- */

bool column_keep_imputation(struct column *column, size_t rows, struct glmm_error *err)
{
    double first = (double)NAN;

    if (!column->imputation || column->missing == 0)
        return true;
    for (size_t i = 0; i < rows; i++) {
        double number = number_of(column, i);

        if (isnan(first))
            first = number;
        if (isnan(number) || number == first)
            continue;
        return fail(err, GLMM_E_DATA, NOWHERE, "`%s` numbers the imputations, and %zu row%s would belong to none", column->name,
                    column->missing, column->missing == 1 ? "" : "s");
    }
    column->imputation = false;
    return true;
}
