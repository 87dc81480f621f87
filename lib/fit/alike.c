/* alike.c -- see alike.h: rows are hashed column by column, then found in an open table and compared. */
#include "fit/alike.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "model/family.h"

enum { FEW_ROWS = 1000 }; /* nothing is saved below */

static const uint32_t NOBODY = UINT32_MAX;

struct alike {
    struct arena *arena;  /* of what the distinct rows own */
    struct design design; /* of the distinct rows */
    uint32_t *of;         /* n: the distinct row of a row */
    size_t *first;        /* the first row of each distinct one */
};

/* --- the values of a row ---------------------------------------------------------------------- */

static void hash_reals(uint64_t hash[], const double *values, size_t stride, size_t n)
{
    uint64_t bits;

    for (size_t i = 0; values != NULL && i < n; i++) {
        memcpy(&bits, values + i * stride, sizeof bits);
        hash[i] = (hash[i] ^ bits) * 0x9E3779B97F4A7C15U;
        hash[i] ^= hash[i] >> 29;
    }
}

static void hash_levels(uint64_t hash[], const int32_t *level, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hash[i] = (hash[i] ^ (uint64_t)level[i]) * 0x9E3779B97F4A7C15U;
        hash[i] ^= hash[i] >> 29;
    }
}

/* Of what is known of a row without its response. */
static void hash_patterns(const struct design *d, uint64_t hash[])
{
    hash_reals(hash, d->offset, 1, d->n);
    for (int j = 0; j < d->p; j++)
        hash_reals(hash, d->X + (size_t)j * d->n, 1, d->n);
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        hash_levels(hash, r->level, d->n);
        for (int a = 0; r->z != NULL && a < r->k; a++)
            hash_reals(hash, r->z + a, (size_t)r->k, d->n);
    }
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (d->part[k] != NULL)
            hash_patterns(d->part[k], hash);
}

static void hash_rows(const struct design *d, uint64_t hash[])
{
    hash_reals(hash, d->y, 1, d->n);
    hash_reals(hash, d->trials, 1, d->n);
    hash_patterns(d, hash);
}

static bool is_same(const double *values, size_t a, size_t b)
{
    return values == NULL || values[a] == values[b];
}

static bool same_pattern(const struct design *d, size_t a, size_t b)
{
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (d->part[k] != NULL && !same_pattern(d->part[k], a, b))
            return false;
    if (!is_same(d->offset, a, b))
        return false;
    for (int j = 0; j < d->p; j++)
        if (!is_same(d->X + (size_t)j * d->n, a, b))
            return false;
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        if (r->level[a] != r->level[b])
            return false;
        for (int e = 0; r->z != NULL && e < r->k; e++)
            if (r->z[a * (size_t)r->k + (size_t)e] != r->z[b * (size_t)r->k + (size_t)e])
                return false;
    }
    return true;
}

static bool are_alike(const struct design *d, size_t a, size_t b)
{
    return is_same(d->y, a, b) && is_same(d->trials, a, b) && same_pattern(d, a, b);
}

/* --- the distinct rows ------------------------------------------------------------------------ */

/* Fills of and first; *count stays 0 where more than half of the rows are distinct.  False when memory is out. */
static bool find_distinct(const struct design *d, struct alike *alike, size_t *count)
{
    size_t size = 4, found = 0, most = d->n / 2;
    uint64_t *hash = NEW_ARRAY(uint64_t, d->n);
    uint32_t *table;

    while (size < 2 * most)
        size *= 2;
    table = NEW_ARRAY(uint32_t, size);
    if (hash == NULL || table == NULL) {
        mem_free(hash);
        mem_free(table);
        return false;
    }
    memset(table, 0xff, size * sizeof *table);
    hash_rows(d, hash);
    for (size_t i = 0; i < d->n && found <= most; i++) {
        size_t at = (size_t)hash[i] & (size - 1);

        while (table[at] != NOBODY && !(hash[alike->first[table[at]]] == hash[i] && are_alike(d, alike->first[table[at]], i)))
            at = (at + 1) & (size - 1);
        if (table[at] == NOBODY) {
            if (found == most) {
                found++;
                break;
            }
            alike->first[found] = i;
            table[at] = (uint32_t)found++;
        }
        alike->of[i] = table[at];
    }
    *count = found <= most ? found : 0;
    mem_free(hash);
    mem_free(table);
    return true;
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
        d->weights[alike->of[i]]++;
    d->times = d->weights;
    return !arena_failed(alike->arena);
}

bool alike_find(const struct design *design, const struct family *family, struct alike **out, struct glmm_error *err)
{
    struct alike *alike;
    size_t count = 0;
    bool ok;

    *out = NULL;
    if (family->support == SUPPORT_REAL || design->weights != NULL || design->open != NULL || design->n < FEW_ROWS
        || design->n >= NOBODY)
        return true;
    alike = NEW(struct alike);
    ok = alike != NULL && (alike->arena = arena_new()) != NULL && (alike->of = NEW_ARRAY(uint32_t, design->n)) != NULL
         && (alike->first = NEW_ARRAY(size_t, design->n / 2 + 1)) != NULL && find_distinct(design, alike, &count)
         && (count == 0 || take_rows(alike, design, count));
    if (ok && count > 0) {
        *out = alike;
        return true;
    }
    alike_free(alike);
    return ok || fail_memory(err);
}

size_t alike_patterns(const struct design *d)
{
    size_t size = 4, found = 0;
    uint64_t *hash;
    uint32_t *table;

    if (d->n >= NOBODY)
        return d->n;
    while (size < 2 * d->n)
        size *= 2;
    hash = NEW_ARRAY(uint64_t, d->n + 1);
    table = NEW_ARRAY(uint32_t, size);
    if (hash != NULL && table != NULL) {
        memset(table, 0xff, size * sizeof *table);
        hash_patterns(d, hash);
        for (size_t i = 0; i < d->n; i++) {
            size_t at = (size_t)hash[i] & (size - 1);

            while (table[at] != NOBODY && !(hash[table[at]] == hash[i] && same_pattern(d, table[at], i)))
                at = (at + 1) & (size - 1);
            found += table[at] == NOBODY;
            if (table[at] == NOBODY)
                table[at] = (uint32_t)i;
        }
    }
    mem_free(hash);
    mem_free(table);
    return found > 0 ? found : d->n;
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

bool alike_spread(const struct alike *alike, const struct design *design, struct fit *fit, struct glmm_error *err)
{
    double *fitted = arena_alloc(fit->arena, design->n + 1, sizeof *fitted);
    double *linear = arena_alloc(fit->arena, design->n + 1, sizeof *linear);

    if (fitted == NULL || linear == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < design->n; i++) {
        fitted[i] = fit->fitted[alike->of[i]];
        linear[i] = fit->linear[alike->of[i]];
    }
    for (int j = 0; j < FAMILY_SLOTS; j++)
        if (fit->shape_rows[j] != NULL) {
            double *rows = arena_alloc(fit->arena, design->n + 1, sizeof *rows);

            if (rows == NULL)
                return fail_memory(err);
            for (size_t i = 0; i < design->n; i++)
                rows[i] = fit->shape_rows[j][alike->of[i]];
            fit->shape_rows[j] = rows;
        }
    for (int k = 0; k < fit->part_count; k++)
        if (fit->part[k].design != NULL)
            fit->part[k].design = design->part[fit->part[k].kind == PART_ZERO ? DESIGN_ZERO : DESIGN_DISPERSION];
    fit->fitted = fitted;
    fit->linear = linear;
    fit->design = design;
    fit_set_criteria(fit, design->n);
    return true;
}
