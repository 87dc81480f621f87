/* alike.c -- see alike.h: the values of a row are hashed, found in an open table and compared. */
#include "fit/alike.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/memory.h"
#include "model/family.h"

enum { FEW_ROWS = 1000, CHUNK = 64, FIRST_SIZE = 1024 }; /* nothing is saved below so many rows; at a time; of a table */

static const uint64_t NOTHING = UINT64_MAX;

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

/* Rows from..from + count - 1 of a column, into `out`, whose rows have `width` numbers; returns the place behind. */
static double *copy_column(const double *values, size_t step, size_t from, size_t count, int width, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i * (size_t)width] = values[(from + i) * step];
    return out + 1;
}

static double *copy_pattern(const struct design *d, size_t from, size_t count, int width, double *out)
{
    if (d->offset != NULL)
        out = copy_column(d->offset, 1, from, count, width, out);
    for (int j = 0; j < d->p; j++)
        out = copy_column(d->X + (size_t)j * d->n, 1, from, count, width, out);
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        for (size_t i = 0; i < count; i++)
            out[i * (size_t)width] = r->level[from + i];
        out++;
        for (int a = 0; r->z != NULL && a < r->k; a++)
            out = copy_column(r->z + a, (size_t)r->k, from, count, width, out);
    }
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (d->part[k] != NULL)
            out = copy_pattern(d->part[k], from, count, width, out);
    return out;
}

/* The distinct rows that were found, each with all its values together: a row is compared at the cost of one look into memory. */
struct rows_found {
    int width;
    double *values; /* count x width */
    size_t count, room;
    uint64_t *table; /* open: a distinct row in the lower half, the upper half of its hash in the upper; NOTHING */
    size_t size;
};

static uint64_t hash_of(const double *values, int width)
{
    uint64_t hash = 0;

    for (int a = 0; a < width; a++)
        hash = hash_add(hash, values[a]);
    return hash_end(hash);
}

static uint64_t entry_of(uint64_t hash, size_t row)
{
    return (hash >> 32 << 32) | row;
}

/* Twice the table, or the first. */
static bool grow_table(struct rows_found *found)
{
    size_t size = found->size > 0 ? 2 * found->size : FIRST_SIZE;
    uint64_t *table = mem_alloc(size, sizeof *table);

    if (table == NULL)
        return false;
    memset(table, 0xff, size * sizeof *table);
    for (size_t k = 0; k < found->count; k++) {
        uint64_t hash = hash_of(found->values + k * (size_t)found->width, found->width);
        size_t at = (size_t)hash & (size - 1);

        while (table[at] != NOTHING)
            at = (at + 1) & (size - 1);
        table[at] = entry_of(hash, k);
    }
    mem_free(found->table);
    found->table = table;
    found->size = size;
    return true;
}

static bool same_values(const double *a, const double *b, int width)
{
    uint64_t differ = 0, x, y;

    for (int k = 0; k < width; k++) {
        memcpy(&x, a + k, sizeof x);
        memcpy(&y, b + k, sizeof y);
        differ |= x ^ y;
    }
    return differ == 0;
}

/* The numbers of `count` rows that are where their hashes lead first; NOTHING of others.  Nothing here waits for what is found,
 * so that the looks into memory overlap. */
static void look(const struct rows_found *found, const double *values, size_t count, const uint64_t hash[], uint64_t number[])
{
    for (size_t i = 0; i < count; i++)
        number[i] = found->size > 0 ? found->table[(size_t)hash[i] & (found->size - 1)] : NOTHING;
    for (size_t i = 0; i < count; i++) {
        size_t row = (size_t)(number[i] & UINT32_MAX), width = (size_t)found->width;

        if (number[i] != NOTHING)
            number[i] = same_values(found->values + row * width, values + i * width, found->width) ? row : NOTHING;
    }
}

/* The number of the distinct row that has these values, which may be a new one.  False when memory is out. */
static bool find_row(struct rows_found *found, const double *values, uint64_t hash, size_t *number)
{
    size_t bytes = sizeof *values * (size_t)found->width, at;
    void *grown = found->values;

    if (2 * found->count >= found->size && !grow_table(found))
        return false;
    for (at = (size_t)hash & (found->size - 1); found->table[at] != NOTHING; at = (at + 1) & (found->size - 1)) {
        *number = (size_t)(found->table[at] & UINT32_MAX);
        if (found->table[at] >> 32 == hash >> 32
            && same_values(found->values + *number * (size_t)found->width, values, found->width))
            return true;
    }
    if (!mem_grow_tight(&grown, &found->room, found->count + 1, bytes > 0 ? bytes : 1))
        return false;
    found->values = grown;
    memcpy(found->values + found->count * (size_t)found->width, values, bytes);
    found->table[at] = entry_of(hash, found->count);
    *number = found->count++;
    return true;
}

static void clear_rows(struct rows_found *found)
{
    mem_free(found->values);
    mem_free(found->table);
}

/* --- the distinct rows ------------------------------------------------------------------------ */

/* The distinct rows of a design, their response among their values or not, until there are more than `most`: *count then.  of
 * (n), first (most): NULL, or the distinct row of each row and the first row of each distinct one.  False when memory is out. */
static bool find_rows(const struct design *d, bool response, size_t most, uint32_t *of, size_t *first, size_t *count)
{
    int own = response ? 1 + (d->trials != NULL) : 0;
    struct rows_found found = { .width = own + pattern_width(d) };
    double *chunk = NEW_ARRAY(double, CHUNK *(size_t)(found.width + 1));
    uint64_t hash[CHUNK], seen[CHUNK];
    bool ok = chunk != NULL;

    for (size_t from = 0; ok && from < d->n && found.count <= most; from += CHUNK) {
        size_t rows = d->n - from < CHUNK ? d->n - from : CHUNK;
        double *next = chunk;

        if (response)
            next = copy_column(d->y, 1, from, rows, found.width, next);
        if (response && d->trials != NULL)
            next = copy_column(d->trials, 1, from, rows, found.width, next);
        copy_pattern(d, from, rows, found.width, next);
        for (size_t i = 0; i < rows; i++)
            hash[i] = hash_of(chunk + i * (size_t)found.width, found.width);
        look(&found, chunk, rows, hash, seen);
        for (size_t i = 0; ok && i < rows && found.count <= most; i++) {
            size_t before = found.count, number = (size_t)seen[i];

            if (seen[i] == NOTHING)
                ok = find_row(&found, chunk + i * (size_t)found.width, hash[i], &number);
            if (ok && of != NULL && number < most) {
                of[from + i] = (uint32_t)number;
                if (number == before)
                    first[number] = from + i;
            }
        }
    }
    *count = found.count;
    mem_free(chunk);
    clear_rows(&found);
    return ok;
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
        || design->n >= UINT32_MAX)
        return true;
    alike = NEW(struct alike);
    ok = alike != NULL && (alike->arena = arena_new()) != NULL && (alike->of = NEW_ARRAY(uint32_t, design->n)) != NULL
         && (alike->first = NEW_ARRAY(size_t, design->n / 2 + 1)) != NULL
         && find_rows(design, true, design->n / 2, alike->of, alike->first, &count)
         && (count > design->n / 2 || take_rows(alike, design, count));
    if (ok && count <= design->n / 2) {
        *out = alike;
        return true;
    }
    alike_free(alike);
    return ok || fail_memory(err);
}

size_t alike_patterns(const struct design *d, size_t most)
{
    size_t count = 0;

    return d->n < UINT32_MAX && find_rows(d, false, most, NULL, NULL, &count) && count > 0 ? count : d->n;
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
