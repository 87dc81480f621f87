/* imputed.c -- see imputed.h. */
#include "fit/imputed.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/imputation.h"
#include "model/estimable.h"

bool model_is_imputed(const struct model *model)
{
    const struct column *column = frame_imputation(model->frame);
    const struct design *design = model->design;
    char first[40], other[40];

    for (size_t i = 1; column != NULL && i < design->n; i++)
        if (strcmp(column_text(column, design->row[0], first), column_text(column, design->row[i], other)) != 0)
            return true;
    return false;
}

/* --- the columns of all rows ----------------------------------------------------------------------- */

/* Columns that the rows of one imputation leave open are taken out of its design. */
static bool take_out(struct design *one, struct imputed_fit *fit, const bool dropped[], struct collinear_basis *basis,
                     struct arena *arena, struct glmm_error *err)
{
    int all = one->p, kept = 0;
    const char **names = arena_alloc(one->arena, (size_t)all + 1, sizeof *names);
    int *assign = arena_alloc(one->arena, (size_t)all + 1, sizeof *assign);

    fit->lost = arena_alloc(arena, (size_t)all + 1, sizeof *fit->lost);
    one->dropped = arena_alloc(one->arena, (size_t)all + 1, sizeof *one->dropped);
    one->dropped_assign = arena_alloc(one->arena, (size_t)all + 1, sizeof *one->dropped_assign);
    if (names == NULL || assign == NULL || fit->lost == NULL || one->dropped == NULL || one->dropped_assign == NULL
        || (one->null = null_space_new(one->arena, basis, dropped)) == NULL)
        return fail_memory(err);
    for (int j = 0; j < all; j++)
        if (dropped[j]) {
            one->dropped[fit->lost_count] = one->names[j];
            one->dropped_assign[fit->lost_count] = one->assign[j];
            fit->lost[fit->lost_count++] = j;
        } else {
            if (kept < j)
                memmove(one->X + (size_t)kept * one->n, one->X + (size_t)j * one->n, one->n * sizeof *one->X);
            names[kept] = one->names[j];
            assign[kept] = one->assign[j];
            fit->kept[kept++] = j;
        }
    one->p = kept;
    one->names = names;
    one->assign = assign;
    one->dropped_count = fit->lost_count;
    return true;
}

/* Takes `X`, the rows of the model's columns. */
static bool take_columns(struct design *one, const struct design *all, double *X, struct imputed_fit *fit, struct arena *arena,
                         const struct glmm_progress *progress, struct glmm_error *err)
{
    bool *dropped = mem_zalloc((size_t)all->p + 1, sizeof *dropped), ok = dropped != NULL || fail_memory(err);
    struct collinear_basis basis = { .p = 0 };

    mem_free(one->X);
    null_space_clear(one->null);
    one->X = X;
    one->p = all->p;
    one->names = all->names;
    one->assign = all->assign;
    one->dropped_count = 0;
    one->null = NULL;
    one->recipe = all->recipe;
    ok = ok && collinear_find(one->n, one->p, X, one->p > 0 && all->assign[0] < 0, dropped, &basis, progress, err)
         && ((fit->kept = arena_alloc(arena, (size_t)all->p + 1, sizeof *fit->kept)) != NULL || fail_memory(err))
         && take_out(one, fit, dropped, &basis, arena, err);
    if (ok && fit->lost_count == 0) {
        null_space_clear(one->null);
        one->null = NULL;
    }
    collinear_basis_clear(&basis);
    mem_free(dropped);
    return ok;
}

static double *rows_of(const double *x, size_t rows, int p, const size_t place[], size_t n)
{
    double *out = mem_alloc(n * (size_t)p + 1, sizeof *out);

    for (int j = 0; out != NULL && j < p; j++)
        for (size_t i = 0; i < n; i++)
            out[i + (size_t)j * n] = x[place[i] + (size_t)j * rows];
    return out;
}

/* The effects of random terms, where they have the same names. */
static void take_effects(struct design *one, const struct design *all, const size_t place[])
{
    for (int t = 0; t < one->random_count && t < all->random_count; t++) {
        struct random_design *to = &one->random[t];
        const struct random_design *from = &all->random[t];

        if (to->k != from->k || to->z == NULL || from->z == NULL)
            continue;
        for (size_t i = 0; i < one->n; i++)
            memcpy(to->z + i * (size_t)to->k, from->z + place[i] * (size_t)to->k, sizeof *to->z * (size_t)to->k);
    }
}

/* --- one imputation -------------------------------------------------------------------------------- */

/* Where the rows of the imputation's design stand in the model's; false where one does not. */
static bool find_places(const struct design *one, const struct design *all, const size_t source[], const size_t used[],
                        size_t place[], struct glmm_error *err)
{
    for (size_t i = 0; i < one->n; i++)
        if ((place[i] = used[source[one->row[i]]]) >= all->n)
            return fail(err, GLMM_E_MODEL, NOWHERE, "row %zu is left out in all data, and not in its imputation",
                        source[one->row[i]] + 1);
    return true;
}

static bool align(struct imputed_fit *fit, const struct model *model, const size_t source[], const size_t used[],
                  struct arena *arena, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct design *one = fit->model->design;
    const struct design *all = model->design;
    size_t *place = mem_alloc(one->n + 1, sizeof *place);
    double *X = NULL;
    bool ok = (place != NULL || fail_memory(err)) && find_places(one, all, source, used, place, err)
              && ((X = rows_of(all->X, all->n, all->p, place, one->n)) != NULL || fail_memory(err))
              && take_columns(one, all, X, fit, arena, progress, err);

    if (ok)
        take_effects(one, all, place);
    for (int k = 0; ok && k < DESIGN_PARTS; k++) {
        struct design *part = one->part[k];

        if (part == NULL || part->p != all->part[k]->p)
            continue;
        for (int j = 0; j < part->p; j++)
            for (size_t i = 0; i < part->n; i++)
                part->X[i + (size_t)j * part->n] = all->part[k]->X[place[i] + (size_t)j * all->n];
    }
    mem_free(place);
    return ok;
}

/* "in imputation 3: ..." */
static bool name_imputation(double number, struct glmm_error *err)
{
    char was[sizeof err->message];

    if (err == NULL || err->code == GLMM_E_INTERRUPT || err->code == GLMM_E_MEMORY)
        return false;
    memcpy(was, err->message, sizeof was);
    snprintf(err->message, sizeof err->message, "in imputation %g: %.300s", number, was);
    return false;
}

static bool has_rows(const struct imputations *rows, int k, const size_t used[])
{
    for (size_t i = rows->start[k]; i < rows->start[k + 1]; i++)
        if (used[rows->row[i]] != SIZE_MAX)
            return true;
    return false;
}

static bool state_one(struct imputed *out, int k, const struct model *model, const struct imputations *rows, const size_t used[],
                      const struct glmm_progress *progress, struct glmm_error *err)
{
    struct imputed_fit *one = &out->one[out->count++];
    const size_t *source = rows->row + rows->start[k];
    size_t count = rows->start[k + 1] - rows->start[k];
    struct frame *frame = frame_rows(model->frame, source, count, err);

    one->number = rows->number[k];
    if (frame == NULL)
        return false;
    one->model = model_restate(model, frame, progress, err);
    frame_free(frame);
    if (one->model == NULL || !align(one, model, source, used, out->arena, progress, err))
        return name_imputation(one->number, err);
    out->least_rows = out->count == 1 || one->model->design->n < out->least_rows ? one->model->design->n : out->least_rows;
    out->most_rows = one->model->design->n > out->most_rows ? one->model->design->n : out->most_rows;
    return true;
}

struct imputed *imputed_new(const struct model *model, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct imputed *out = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *out);
    size_t *used = mem_alloc(model->frame->rows + 1, sizeof *used);
    struct imputations rows = { 0 };
    bool ok = (out != NULL && used != NULL) || fail_memory(err);

    ok = ok && imputations_find(model->frame, &rows, err);
    if (out != NULL)
        out->arena = arena;
    else
        arena_free(arena);
    ok = ok
         && (((out->one = arena_alloc(arena, (size_t)rows.count + 1, sizeof *out->one)) != NULL
              && (out->variable = arena_strdup(arena, rows.name == NULL ? "" : rows.name)) != NULL)
             || fail_memory(err));
    for (size_t i = 0; ok && i < model->frame->rows; i++)
        used[i] = SIZE_MAX;
    for (size_t i = 0; ok && i < model->design->n; i++)
        used[model->design->row[i]] = i;
    for (int k = 0; ok && k < rows.count; k++)
        if (has_rows(&rows, k, used)) /* `where` may leave some out */
            ok = state_one(out, k, model, &rows, used, progress, err);
    imputations_clear(&rows);
    mem_free(used);
    if (ok)
        return out;
    imputed_free(out);
    return NULL;
}

void imputed_free(struct imputed *imputed)
{
    if (imputed == NULL)
        return;
    for (int k = 0; k < imputed->count; k++) {
        fit_free(imputed->one[k].fit);
        model_free(imputed->one[k].model);
    }
    arena_free(imputed->arena);
}

const struct fit *imputed_first(const struct imputed *imputed)
{
    int k = 0;

    while (!imputed->one[k].counts)
        k++;
    return imputed->one[k].fit;
}
