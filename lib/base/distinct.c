/* distinct.c -- see distinct.h: the values of a row are hashed, found in an open table and compared. */
#include "base/distinct.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

enum { CHUNK = 64, FIRST_SIZE = 1024, LOOK_AFTER = 65536 }; /* rows at a time; of a table; rows between two looks at the watch */

static const uint64_t NOTHING = UINT64_MAX;

double *distinct_column(const double *values, size_t step, size_t from, size_t count, int width, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i * (size_t)width] = values[(from + i) * step];
    return out + 1;
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

/* Numbers the rows of one chunk, whose values are there.  False when memory is out. */
static bool number_chunk(struct rows_found *found, const double *chunk, size_t from, size_t rows, size_t most, uint32_t *of,
                         size_t *first)
{
    uint64_t hash[CHUNK], seen[CHUNK];
    bool ok = true;

    for (size_t i = 0; i < rows; i++)
        hash[i] = hash_of(chunk + i * (size_t)found->width, found->width);
    look(found, chunk, rows, hash, seen);
    for (size_t i = 0; ok && i < rows && found->count <= most; i++) {
        size_t before = found->count, number = (size_t)seen[i];

        if (seen[i] == NOTHING)
            ok = find_row(found, chunk + i * (size_t)found->width, hash[i], &number);
        if (ok && of != NULL && number < most) {
            of[from + i] = (uint32_t)number;
            if (number == before)
                first[number] = from + i;
        }
    }
    return ok;
}

bool distinct_find(const struct distinct_rows *all, size_t most, struct watch *watch, uint32_t *of, size_t *first, size_t *count)
{
    struct rows_found found = { .width = all->width };
    double *chunk = NEW_ARRAY(double, CHUNK *(size_t)(found.width + 1));
    bool ok = chunk != NULL;

    for (size_t from = 0; ok && from < all->n && found.count <= most; from += CHUNK) {
        size_t rows = all->n - from < CHUNK ? all->n - from : CHUNK;

        all->copy(all->context, from, rows, all->width, chunk);
        ok = number_chunk(&found, chunk, from, rows, most, of, first) && (from % LOOK_AFTER != 0 || !watch_stops(watch));
    }
    *count = found.count;
    mem_free(chunk);
    clear_rows(&found);
    return ok;
}
