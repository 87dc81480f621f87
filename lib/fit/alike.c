/* alike.c -- see alike.h. */
#include "fit/alike.h"

#include <string.h>

#include "base/arena.h"
#include "base/distinct.h"
#include "base/memory.h"
#include "model/family.h"
#include "model/merged.h"

struct alike {
    struct arena *arena;  /* of what the distinct rows own */
    struct design design; /* of the distinct rows */
    uint32_t *of;         /* n: the distinct row of a row */
    size_t *first;        /* the first row of each distinct one */
};

/* --- the values of a row ---------------------------------------------------------------------- */

/* How many numbers tell a row of a design, beside its response. */
static int pattern_width(const struct design *d)
{
    int width = d->p + (d->offset != NULL);

    for (int t = 0; t < d->random_count; t++)
        width += 1 + (d->random[t].z != NULL ? d->random[t].k : 0);
    for (int k = 0; k < DESIGN_PARTS; k++)
        width += d->part[k] != NULL ? pattern_width(d->part[k]) : 0;
    return width;
}

static double *copy_pattern(const struct design *d, size_t from, size_t count, int width, double *out)
{
    if (d->offset != NULL)
        out = distinct_column(d->offset, 1, from, count, width, out);
    for (int j = 0; j < d->p; j++)
        out = distinct_column(d->X + (size_t)j * d->n, 1, from, count, width, out);
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        for (size_t i = 0; i < count; i++)
            out[i * (size_t)width] = r->level[from + i];
        out++;
        for (int a = 0; r->z != NULL && a < r->k; a++)
            out = distinct_column(r->z + a, (size_t)r->k, from, count, width, out);
    }
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (d->part[k] != NULL)
            out = copy_pattern(d->part[k], from, count, width, out);
    return out;
}

/* --- the distinct rows ------------------------------------------------------------------------ */

/* Whose rows are looked at, and whether their response is among their values. */
struct rows_of {
    const struct design *design;
    bool response;
};

static void copy_rows(const void *context, size_t from, size_t count, int width, double *out)
{
    const struct rows_of *rows = context;
    const struct design *d = rows->design;

    if (rows->response)
        out = distinct_column(d->y, 1, from, count, width, out);
    if (rows->response && d->trials != NULL)
        out = distinct_column(d->trials, 1, from, count, width, out);
    copy_pattern(d, from, count, width, out);
}

/* The distinct rows of a design, their response among their values or not: see distinct_find. */
static bool find_rows(const struct design *d, bool response, size_t most, struct watch *watch, uint32_t *of, size_t *first,
                      size_t *count)
{
    const struct rows_of context = { d, response };
    const struct distinct_rows rows = {
        .n = d->n, .width = (response ? 1 + (d->trials != NULL) : 0) + pattern_width(d), .copy = copy_rows, .context = &context
    };

    return distinct_find(&rows, most, watch, of, first, count);
}

static void *take(struct alike *alike, const void *from, size_t size)
{
    return arena_gather(alike->arena, from, alike->first, alike->design.n, size);
}

/* The columns of a predictor. */
static bool take_columns(struct alike *alike, struct design *d, const struct design *all)
{
    size_t count = alike->design.n;

    d->n = count;
    d->recipe = NULL;
    d->offset = take(alike, all->offset, sizeof *all->offset);
    d->X = arena_alloc(alike->arena, (count + 1) * (size_t)(all->p + 1), sizeof *d->X);
    d->random = arena_alloc(alike->arena, (size_t)all->random_count + 1, sizeof *d->random);
    if (arena_failed(alike->arena))
        return false;
    for (int j = 0; j < all->p; j++)
        for (size_t i = 0; i < count; i++)
            d->X[i + (size_t)j * count] = all->X[alike->first[i] + (size_t)j * all->n];
    for (int t = 0; t < all->random_count; t++) {
        d->random[t] = all->random[t];
        d->random[t].level = take(alike, all->random[t].level, sizeof *all->random[t].level);
        d->random[t].z = take(alike, all->random[t].z, sizeof *all->random[t].z * (size_t)all->random[t].k);
    }
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (all->part[k] != NULL) {
            if ((d->part[k] = arena_alloc(alike->arena, 1, sizeof *d)) == NULL)
                return false;
            *d->part[k] = *all->part[k];
            if (!take_columns(alike, d->part[k], all->part[k]))
                return false;
        }
    return !arena_failed(alike->arena);
}

static bool take_rows(struct alike *alike, const struct design *all, size_t count)
{
    struct design *d = &alike->design;

    *d = *all;
    d->n = count;
    d->row = take(alike, all->row, sizeof *all->row);
    d->y = take(alike, all->y, sizeof *all->y);
    d->trials = take(alike, all->trials, sizeof *all->trials);
    d->weights = arena_alloc(alike->arena, count + 1, sizeof *d->weights);
    if (arena_failed(alike->arena) || !take_columns(alike, d, all))
        return false;
    for (size_t i = 0; i < all->n; i++)
        d->weights[alike->of[i]] += all->times != NULL ? all->times[i] : 1;
    d->times = d->weights;
    d->of = NULL;
    return !arena_failed(alike->arena);
}

/* A row with inflated zeros has a mixture's derivatives: those of one evaluation cost about what comparing it does. */
enum { MIXTURES_FEWEST = 100 };

/* How many distinct rows are worth it: of rows that stand for several any row less. */
static size_t most_of(const struct design *design, const struct family *family)
{
    size_t n = design->n;

    return design->times != NULL ? n - 1 : family->inflated != NULL ? n - n / 4 : n / 2;
}

static bool is_mergeable(const struct design *design, const struct family *family)
{
    size_t fewest = family->inflated != NULL ? MIXTURES_FEWEST : MERGED_FEWEST;

    return family->support != SUPPORT_REAL && design->open == NULL && design->n < UINT32_MAX && design->n > 0
           && (design->weights == NULL || design->times != NULL) && design_used_rows(design) >= fewest;
}

bool alike_find(const struct design *design, const struct family *family, const struct glmm_progress *progress,
                struct alike **out, struct glmm_error *err)
{
    size_t count = 0, most = most_of(design, family);
    struct alike *alike;
    struct watch watch;
    bool ok;

    *out = NULL;
    if (!is_mergeable(design, family))
        return true;
    watch_init(&watch, progress, "comparing rows");
    alike = NEW(struct alike);
    ok = alike != NULL && (alike->arena = arena_new()) != NULL && (alike->of = NEW_ARRAY(uint32_t, design->n)) != NULL
         && (alike->first = NEW_ARRAY(size_t, most + 1)) != NULL
         && find_rows(design, true, most, &watch, alike->of, alike->first, &count)
         && (count > most || take_rows(alike, design, count));
    if (ok && count <= most) {
        *out = alike;
        return true;
    }
    alike_free(alike);
    if (watch_stopped(&watch))
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    return ok || fail_memory(err);
}

size_t alike_patterns(const struct design *d, size_t most)
{
    size_t count = 0;

    return d->n < UINT32_MAX && find_rows(d, false, most, NULL, NULL, NULL, &count) && count > 0 ? count : d->n;
}

void alike_free(struct alike *alike)
{
    if (alike == NULL)
        return;
    arena_free(alike->arena);
    mem_free(alike->of);
    mem_free(alike->first);
    mem_free(alike);
}

const struct design *alike_design(const struct alike *alike)
{
    return &alike->design;
}

/* `values` of the distinct rows over the n rows of which `of` (count) tells the distinct one, MERGED_UNUSED of others; the
 * arena's. */
static const double *over_all(struct arena *arena, const double *values, const uint32_t *of, size_t count, size_t n)
{
    double *all = arena_alloc(arena, n + 1, sizeof *all);

    for (size_t r = 0, i = 0; all != NULL && r < count; r++)
        if (of[r] != MERGED_UNUSED)
            all[i++] = values[of[r]];
    return all;
}

static bool take_all(struct fit *fit, const uint32_t *of, size_t count, size_t n, struct glmm_error *err)
{
    const double *fitted = over_all(fit->arena, fit->fitted, of, count, n),
                 *linear = over_all(fit->arena, fit->linear, of, count, n), *shapes[FAMILY_SLOTS] = { NULL };
    bool ok = fitted != NULL && linear != NULL;

    for (int j = 0; ok && j < FAMILY_SLOTS; j++)
        ok = fit->shape_rows[j] == NULL || (shapes[j] = over_all(fit->arena, fit->shape_rows[j], of, count, n)) != NULL;
    if (!ok)
        return fail_memory(err);
    fit->fitted = fitted;
    fit->linear = linear;
    memcpy(fit->shape_rows, shapes, sizeof shapes);
    return true;
}

bool alike_spread(const struct alike *alike, const struct design *design, struct fit *fit, struct glmm_error *err)
{
    if (!take_all(fit, alike->of, design->n, design->n, err))
        return false;
    for (int k = 0; k < fit->part_count; k++)
        if (fit->part[k].design != NULL)
            fit->part[k].design = design->part[fit->part[k].kind == PART_ZERO ? DESIGN_ZERO : DESIGN_DISPERSION];
    fit->design = design;
    fit_set_criteria(fit, design_used_rows(design));
    return true;
}

bool alike_take_all(struct fit *fit, struct glmm_error *err)
{
    const struct design *design = fit->design;

    if (fit->merged && !design_is_merged(design)) {
        if (!take_all(fit, design->of, design->rows, design->n, err))
            return false;
        fit->merged = false;
    }
    return true;
}
