/* outside.c -- see outside.h. */
#include "model/outside.h"

#include "base/memory.h"

/* An expression of an option over all rows (new); a text that stands for one is read as one. */
static struct column *option_column(struct variables *vs, const char *option, const char *text)
{
    struct expr *expr = expr_parse(vs->arena, text, vs->err);
    struct column *column = NULL;

    if (expr != NULL && expr->kind == EXPR_STRING)
        expr = expr_parse(vs->arena, expr->text, vs->err);
    if (expr != NULL)
        column = expr_column(expr, vs->frame, vs->err);
    if (column == NULL)
        error_argument(vs->err, option);
    return column;
}

/* Marks the rows in which `where` is not true. */
static bool mark_where(struct variables *vs, const char *text, struct design *design, unsigned char *outside)
{
    struct column *where = option_column(vs, "where", text);
    bool ok = where != NULL;

    if (ok && where->type != COLUMN_LOGICAL) {
        ok = fail(vs->err, GLMM_E_TYPE, NOWHERE, "where= is a condition that is true or false: where=x > 0");
        error_argument(vs->err, "where");
    }
    for (size_t i = 0; ok && i < design->rows; i++) {
        outside[i] = where->as.logical[i] <= 0;
        design->outside_rows += outside[i];
        design->unknown_rows += where->as.logical[i] < 0;
    }
    if (ok && design->outside_rows == design->rows) {
        ok = fail(vs->err, GLMM_E_DATA, NOWHERE, "the condition is true in no row");
        error_argument(vs->err, "where");
    }
    column_free(where);
    return ok;
}

/* Marks those of weight 0. */
static bool mark_weights(struct variables *vs, const char *text, struct design *design, unsigned char *outside)
{
    struct column *weights = option_column(vs, "weights", text);
    bool ok = weights != NULL;

    for (size_t i = 0; ok && i < design->rows; i++)
        if (!outside[i] && column_real(weights, i) == 0.0) {
            outside[i] = 1;
            design->zero_rows++;
        }
    if (ok && design->zero_rows > 0 && design->outside_rows + design->zero_rows == design->rows) {
        ok = fail(vs->err, GLMM_E_DATA, NOWHERE, "all weights are 0");
        error_argument(vs->err, "weights");
    }
    column_free(weights);
    return ok;
}

bool leave_rows_out(struct variables *vs, const struct design_options *options, struct design *design)
{
    unsigned char *outside;
    bool ok;

    design->rows = vs->frame->rows;
    if (options->where == NULL && options->weights == NULL)
        return true;
    if ((outside = mem_zalloc(design->rows, 1)) == NULL)
        return fail_memory(vs->err);
    ok = (options->where == NULL || mark_where(vs, options->where, design, outside))
         && (options->weights == NULL || mark_weights(vs, options->weights, design, outside));
    if (ok && design->outside_rows + design->zero_rows > 0)
        vs->outside = outside;
    else
        mem_free(outside);
    return ok;
}
