/* design-fixed.c -- X: made column by column over the rows in use, and freed of the columns that those before it determine.
 *
 * What the dropped columns leave open is kept (estimable.h), for questions about other rows. */
#include "model/design-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "linalg/collinear.h"
#include "model/estimable.h"

/* X is dense, and so is what a fit makes of it: a basis as large, and some ten matrices of its columns.  More than the machine
 * has is refused in a sentence, before the system kills the program. */
static bool check_size(const struct design_build *b, int p)
{
    double bytes = (double)sizeof(double) * (2.0 * (double)b->design->n * p + 10.0 * (double)p * p);
    const struct matrix_term *widest = NULL;
    char advice[200];
    int columns, most = 0;

    for (int t = 0; t < b->fixed.term_count; t++) {
        columns = 0;
        for (int j = 0; j < p; j++)
            columns += b->fixed.assign[j] == t;
        if (columns > most) {
            most = columns;
            widest = &b->fixed.terms[t];
        }
    }
    if (widest == NULL)
        return forecast(bytes, NULL, b->variables->progress, b->err);
    snprintf(advice, sizeof advice,
             "`%.80s` has %d of the %d columns of the fixed effects; as random effects, levels take little", widest->term->label,
             most, p);
    return forecast(bytes, advice, b->variables->progress, b->err);
}

bool design_fill_fixed(struct design_build *b)
{
    struct design *design = b->design;
    struct model_matrix *m = &b->fixed;

    if (!model_matrix_code(b->variables, b->contrasts, m) || !check_size(b, m->columns))
        return false;
    design->p = m->columns;
    design->names = m->names;
    design->assign = m->assign;
    design->X = mem_alloc(design->n, (size_t)design->p * sizeof *design->X);
    if (design->X == NULL)
        return fail_memory(b->err);
    for (int j = 0; j < design->p; j++) {
        model_matrix_column(b->variables, m, j, design->X + (size_t)j * design->n, 1);
        if (!variables_poll(b->variables, "fixed effects", j, design->p))
            return false;
    }
    return true;
}

/* Products of large numbers may overflow where no variable did. */
static bool check_products(const struct design_build *b)
{
    const struct design *design = b->design;
    double sum;

    for (int j = 0; j < design->p; j++) {
        const double *x = design->X + (size_t)j * design->n;

        if (design->assign[j] < 0 || b->fixed.terms[design->assign[j]].term->order < 2)
            continue;
        sum = 0.0;
        for (size_t i = 0; i < design->n; i++)
            sum += 0.0 * x[i];
        if (isnan(sum))
            return fail(b->err, GLMM_E_DATA, b->fixed.terms[design->assign[j]].term->at, "%s is infinite in some rows",
                        design->names[j]);
    }
    return true;
}

/* Moves the columns that stay together, and notes the names of the others. */
static void take_out(struct design *design, const bool *dropped, int *column)
{
    int kept = 0;

    for (int j = 0; j < design->p; j++) {
        if (dropped[j]) {
            design->dropped_assign[design->dropped_count] = design->assign[j];
            design->dropped[design->dropped_count++] = design->names[j];
            continue;
        }
        if (kept < j)
            memmove(design->X + (size_t)kept * design->n, design->X + (size_t)j * design->n, design->n * sizeof *design->X);
        design->names[kept] = design->names[j];
        design->assign[kept] = design->assign[j];
        column[kept] = j;
        kept++;
    }
    design->p = kept;
}

/* The thresholds of an ordered response take its place: what depends on it beside other columns is dropped all the same. */
static void take_intercept(struct design *design, int *column)
{
    design->p--;
    memmove(design->X, design->X + design->n, design->n * (size_t)design->p * sizeof *design->X);
    memmove(design->names, design->names + 1, (size_t)design->p * sizeof *design->names);
    memmove(design->assign, design->assign + 1, (size_t)design->p * sizeof *design->assign);
    memmove(column, column + 1, (size_t)design->p * sizeof *column);
}

/* What the dropped columns leave open, for questions about other rows. */
static bool keep_null_space(struct design_build *b, struct collinear_basis *basis, const bool *dropped)
{
    struct null_space *null = null_space_new(b->design->arena, basis, dropped);

    b->design->null = null;
    if (null != NULL && b->options->response == RESPONSE_ORDINAL)
        null_space_take_intercept(null);
    return (null != NULL && cells_note(null, b->variables, &b->fixed)) || fail_memory(b->err);
}

bool design_drop_collinear(struct design_build *b, const struct glmm_progress *progress)
{
    struct design *design = b->design;
    bool *dropped = arena_alloc(design->arena, (size_t)design->p, sizeof *dropped);
    int *column = arena_alloc(design->arena, (size_t)design->p, sizeof *column);
    struct collinear_basis basis = { .p = 0 };
    bool ok;

    design->dropped = arena_alloc(design->arena, (size_t)design->p, sizeof *design->dropped);
    design->dropped_assign = arena_alloc(design->arena, (size_t)design->p, sizeof *design->dropped_assign);
    if (dropped == NULL || column == NULL || design->dropped == NULL || design->dropped_assign == NULL)
        return fail_memory(b->err);
    ok = check_products(b)
         && collinear_find(design->n, design->p, design->X, b->fixed.intercept, dropped, &basis, progress, b->err);
    if (ok) {
        take_out(design, dropped, column);
        if (b->options->response == RESPONSE_ORDINAL)
            take_intercept(design, column);
        design->recipe->column = column;
    }
    if (ok && design->dropped_count > 0)
        ok = keep_null_space(b, &basis, dropped);
    collinear_basis_clear(&basis);
    return ok;
}
