/* grid.c -- see grid.h. */
#include "infer/grid.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* --- frames ------------------------------------------------------------------------------------ */

struct frame *grid_copy(const struct frame *frame, const size_t source[], size_t count, struct glmm_error *err)
{
    return frame_rows(frame, source, count, err);
}

/* An integer or logical column becomes real: a mean need not be whole. */
static bool make_real(struct column *column, size_t rows)
{
    double *values;

    if (column->type == COLUMN_REAL)
        return true;
    if ((values = NEW_ARRAY(double, rows)) == NULL)
        return false;
    for (size_t i = 0; i < rows; i++)
        values[i] = column_real(column, i);
    mem_free(column->as.any);
    column->as.real = values;
    column->type = COLUMN_REAL;
    return true;
}

bool grid_set_number(struct frame *copy, const char *column, size_t from, size_t count, double value, struct glmm_error *err)
{
    struct column *c = frame_column(copy, column);

    if (c == NULL || c->type == COLUMN_FACTOR)
        return fail(err, GLMM_E_TYPE, NOWHERE, "`%.60s` is no number", column);
    if (c->type == COLUMN_LOGICAL && (value == 0 || value == 1)) {
        for (size_t i = from; i < from + count; i++)
            c->as.logical[i] = value == 1;
        return true;
    }
    if (c->type == COLUMN_DATE && value == floor(value) && fabs(value) < INT32_MAX) {
        for (size_t i = from; i < from + count; i++)
            c->as.integer[i] = (int32_t)value;
        return true;
    }
    if (!make_real(c, copy->rows))
        return fail_memory(err);
    for (size_t i = from; i < from + count; i++)
        c->as.real[i] = value;
    return true;
}

void grid_set_code(struct frame *copy, const char *column, size_t from, size_t count, int32_t code)
{
    struct column *c = frame_column(copy, column);

    for (size_t i = from; c != NULL && c->type == COLUMN_FACTOR && i < from + count; i++)
        c->as.code[i] = code;
}

/* --- rows -------------------------------------------------------------------------------------- */

bool grid_rows_make(const struct design *design, const struct formula *formula, const struct frame *frame, struct grid_rows *out,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    *out = (struct grid_rows){ .made = design_rows_new(design, formula, frame, ROWS_EFFECTS, progress, err) };
    if (out->made == NULL)
        return false;
    if (out->made->dropped_rows > 0)
        return fail(err, GLMM_E_DATA, NOWHERE, "a variable of the model is missing in %zu of %zu rows", out->made->dropped_rows,
                    frame->rows);
    if ((out->z = NEW_ARRAY(const double *, design->random_count + 1)) == NULL)
        return fail_memory(err);
    for (int t = 0; t < design->random_count; t++)
        out->z[t] = out->made->random[t].z;
    out->rows = (struct marginal_rows){
        .n = out->made->n,
        .X = out->made->X,
        .z = out->z,
        .offset = out->made->offset,
        .dropped = out->made->dropped,
        .estimable = out->made->estimable,
        .why_not = out->made->why_not,
        .made = out->made,
    };
    return true;
}

void grid_rows_clear(struct grid_rows *rows)
{
    design_rows_free(rows->made);
    mem_free(rows->z);
    *rows = (struct grid_rows){ .made = NULL };
}

/* --- the variables of a model -------------------------------------------------------------------- */

static bool each_of_terms(const struct term *terms, int count, bool (*visit)(void *context, const struct expr *x), void *context)
{
    for (int t = 0; t < count; t++)
        for (int j = 0; j < terms[t].order; j++)
            if (!visit(context, terms[t].factors[j]))
                return false;
    return true;
}

bool grid_each_variable(const struct formula *formula, bool (*visit)(void *context, const struct expr *x), void *context)
{
    if (!each_of_terms(formula->terms, formula->term_count, visit, context))
        return false;
    for (int k = 0; k < formula->random_count; k++)
        if (!each_of_terms(formula->random[k].effects, formula->random[k].effect_count, visit, context))
            return false;
    return true;
}

bool grid_mentions(const struct expr *x, const char *column)
{
    if (x == NULL)
        return false;
    if (x->kind == EXPR_NAME && strcmp(x->text, column) == 0)
        return true;
    for (const struct expr *a = x->arguments; a != NULL; a = a->next)
        if (grid_mentions(a, column))
            return true;
    return grid_mentions(x->left, column) || grid_mentions(x->right, column);
}
