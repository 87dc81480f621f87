/* imputed.c -- see imputed.h. */
#include "fit/imputed.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/imputation.h"
#include "model/estimable.h"
#include "model/residuals.h"

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

/* The columns as the formula states them, in the rows of an imputation: those of the model, then what is dropped in all data,
 * which is what it is of the others (model/estimable.h); an ordered response has the intercept before them. */
struct stated {
    int count;
    double *X;   /* n x count, column-major */
    int *of_all; /* count: column of the model, -1 - d for the d-th that is dropped in all, or THE_INTERCEPT */
    bool *dropped;
};

enum { THE_INTERCEPT = INT_MAX };

static void stated_clear(struct stated *s)
{
    mem_free(s->X);
    mem_free(s->of_all);
    mem_free(s->dropped);
}

/* Column c, which is dropped in all data, by its relation to those that are not. */
static void fill_dropped(struct stated *s, const struct null_space *null, size_t n, int c)
{
    const struct collinear_basis *b = &null->basis;
    double *x = s->X + (size_t)c * n;

    for (size_t i = 0; i < n; i++) {
        x[i] = b->centre[c];
        for (int e = b->start[c]; e < b->start[c] + b->count[c]; e++)
            x[i] += b->value[e] * (s->X[(size_t)b->index[e] * n + i] * b->scale[b->index[e]] - b->centre[b->index[e]]);
        x[i] /= b->scale[c];
    }
}

static bool stated_make(struct stated *s, const struct design *all, bool ordinal, const size_t place[], size_t n)
{
    int count = s->count = all->p + all->dropped_count + ordinal;

    s->X = mem_alloc(n * (size_t)count + 1, sizeof *s->X);
    s->of_all = mem_alloc((size_t)count + 1, sizeof *s->of_all);
    s->dropped = mem_zalloc((size_t)count + 1, sizeof *s->dropped);
    if (s->X == NULL || s->of_all == NULL || s->dropped == NULL)
        return false;
    for (size_t i = 0; ordinal && i < n; i++)
        s->X[i] = 1;
    s->of_all[0] = THE_INTERCEPT;
    for (int j = 0; j < all->p; j++) {
        int c = all->recipe->column[j];

        s->of_all[c] = j;
        for (size_t i = 0; i < n; i++)
            s->X[i + (size_t)c * n] = all->X[place[i] + (size_t)j * all->n];
    }
    for (int d = 0; d < all->dropped_count; d++) {
        s->of_all[all->null->dropped[d]] = -1 - d;
        fill_dropped(s, all->null, n, all->null->dropped[d]);
    }
    return true;
}

/* Columns that the rows of the imputation leave open are not in its design; the others are, in their order. */
static bool take_columns(struct design *one, const struct design *all, struct stated *s, struct imputed_fit *fit,
                         struct arena *arena)
{
    size_t room = (size_t)s->count + 1;
    const char **names = arena_alloc(one->arena, room, sizeof *names);
    int *assign = arena_alloc(one->arena, room, sizeof *assign), *column = arena_alloc(one->arena, room, sizeof *column);

    fit->kept = arena_alloc(arena, room, sizeof *fit->kept);
    fit->lost = arena_alloc(arena, room, sizeof *fit->lost);
    one->dropped = arena_alloc(one->arena, room, sizeof *one->dropped);
    one->dropped_assign = arena_alloc(one->arena, room, sizeof *one->dropped_assign);
    one->recipe = arena_alloc(one->arena, 1, sizeof *one->recipe);
    if (arena_failed(one->arena) || arena_failed(arena))
        return false;
    *one->recipe = *all->recipe;
    one->recipe->column = column;
    one->names = names;
    one->assign = assign;
    one->p = one->dropped_count = 0;
    for (int c = 0; c < s->count; c++) {
        int j = s->of_all[c];

        if (s->dropped[c]) {
            one->dropped[one->dropped_count] = j < 0 ? all->dropped[-1 - j] : all->names[j];
            one->dropped_assign[one->dropped_count] = j < 0 ? all->dropped_assign[-1 - j] : all->assign[j];
            fit->lost[one->dropped_count++] = j;
        } else if (j != THE_INTERCEPT) {
            memmove(s->X + (size_t)one->p * one->n, s->X + (size_t)c * one->n, one->n * sizeof *s->X);
            names[one->p] = all->names[j];
            assign[one->p] = all->assign[j];
            column[one->p] = c;
            fit->kept[one->p++] = j;
        }
    }
    mem_free(one->X);
    one->X = s->X;
    s->X = NULL;
    return true;
}

/* What the rows determine of the columns of all rows. */
static bool align_columns(struct design *one, const struct design *all, bool ordinal, const size_t place[],
                          struct imputed_fit *fit, struct arena *arena, const struct glmm_progress *progress,
                          struct glmm_error *err)
{
    struct collinear_basis basis = { .p = 0 };
    struct stated s = { .count = 0 };
    bool intercept = ordinal || (all->p > 0 && all->assign[0] < 0), any = false;
    bool ok = (stated_make(&s, all, ordinal, place, one->n) || fail_memory(err))
              && collinear_find(one->n, s.count, s.X, intercept, s.dropped, &basis, progress, err);

    for (int c = 0; ok && c < s.count; c++)
        any = any || s.dropped[c];
    null_space_clear(one->null);
    one->null = NULL;
    if (ok && any && (one->null = null_space_new(one->arena, &basis, s.dropped)) == NULL)
        ok = fail_memory(err);
    if (ok && any && ordinal)
        null_space_take_intercept(one->null);
    if (ok && any && all->null != NULL)
        one->null->cells = all->null->cells;
    ok = ok && (take_columns(one, all, &s, fit, arena) || fail_memory(err));
    collinear_basis_clear(&basis);
    stated_clear(&s);
    return ok;
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
    bool ok = (place != NULL || fail_memory(err)) && find_places(one, all, source, used, place, err)
              && align_columns(one, all, model->family->categories > 0, place, fit, arena, progress, err);

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
    for (int k = 0; imputed->one != NULL && k < imputed->count; k++) {
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

const struct residual_design *fit_residual_design(const struct fit *fit)
{
    return fit->imputed != NULL ? imputed_first(fit->imputed)->design->residual : fit->design->residual;
}

bool fit_has_one_residual(const struct fit *fit)
{
    const struct residual_design *residual = fit_residual_design(fit);

    return fit_has_residual(fit) && (residual == NULL || residual->scale_count == 1);
}
