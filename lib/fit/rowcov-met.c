/* rowcov-met.c -- pairs of positions that meet.
 *
 * Where each level has positions of its own (times that are measured, not planned), most pairs of positions never stand in one
 * level, and their correlation is nobody's: of 3,000 times in levels of 6, 7,500 pairs meet of 4,500,000.  While a search asks
 * for values and slopes the laws of a distance make these alone. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/order.h"
#include "fit/rowcov-private.h"
#include "model/residuals.h"

enum { FEW = 8 }; /* worth it where at most one pair in so many meets */

/* row: the rows of each level one behind the other; start (levels + 1, zeroed): where those of a level begin. */
static bool by_levels(size_t n, const int32_t level[], int32_t levels, size_t *start, size_t *row)
{
    size_t *at = NEW_ARRAY(size_t, levels + 1);

    if (at == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        start[level[i] + 1]++;
    for (int32_t l = 0; l < levels; l++) {
        start[l + 1] += start[l];
        at[l] = start[l];
    }
    for (size_t i = 0; i < n; i++)
        row[at[level[i]]++] = i;
    mem_free(at);
    return true;
}

static double pairs_of_rows(const size_t *start, int32_t levels)
{
    double sum = 0.0;

    for (int32_t l = 0; l < levels; l++) {
        double rows = (double)(start[l + 1] - start[l]);

        sum += rows * (rows - 1.0) / 2.0;
    }
    return sum;
}

/* Of the rows of one level with different positions, the keys a k + b, a > b. */
static size_t add_keys(const size_t *row, size_t count, const int32_t position[], int64_t k, int64_t *keys)
{
    size_t added = 0;

    for (size_t j = 0; j < count; j++)
        for (size_t i = j + 1; i < count; i++) {
            int64_t a = position[row[i]], b = position[row[j]];

            if (a != b)
                keys[added++] = a > b ? a * k + b : b * k + a;
        }
    return added;
}

/* Puts the pairs of each level into p; none are put where most meet. */
static bool find_pairs(size_t n, const int32_t level[], int32_t levels, const int32_t position[], struct positions *p)
{
    size_t *start = NEW_ARRAY(size_t, levels + 1), *row = NEW_ARRAY(size_t, n + 1), count = 0, kept = 0;
    int64_t *keys = NULL, k = p->k;
    int32_t *pair = NULL;
    bool ok = start != NULL && row != NULL && by_levels(n, level, levels, start, row), worth = false;
    double rows = ok ? pairs_of_rows(start, levels) : 0.0;

    if (ok && (worth = rows * FEW <= (double)k * (double)(k - 1) / 2.0)) {
        keys = mem_alloc((size_t)rows + 1, sizeof *keys);
        pair = mem_alloc(2 * (size_t)rows + 2, sizeof *pair);
        ok = keys != NULL && pair != NULL;
    }
    for (int32_t l = 0; ok && worth && l < levels; l++)
        count += add_keys(row + start[l], start[l + 1] - start[l], position, k, keys + count);
    if (ok && worth)
        qsort(keys, count, sizeof *keys, order_int64);
    for (size_t i = 0; ok && worth && i < count; i++) {
        if (i > 0 && keys[i] == keys[i - 1])
            continue;
        pair[2 * kept] = (int32_t)(keys[i] / k);
        pair[2 * kept++ + 1] = (int32_t)(keys[i] % k);
    }
    p->pair = pair;
    p->pair_count = kept;
    mem_free(start);
    mem_free(row);
    mem_free(keys);
    return ok;
}

bool rowcov_met_residuals(struct rowcov *m)
{
    const struct residual_design *d = m->residual.design;

    return d->structure->place != PLACE_SPACE || find_pairs(m->n, d->block, d->block_count, d->position, &m->residual.positions);
}

bool rowcov_met_terms(struct rowcov *m)
{
    bool ok = true;

    if (m->design->prior != NULL) /* of whole matrices */
        return true;
    for (int t = 0; ok && t < m->term_count; t++) {
        struct rowcov_term *term = &m->terms[t];

        if (term->structure->place == PLACE_SPACE && term->random->relation == NULL && term->effect != NULL)
            ok = find_pairs(m->n, term->random->level, term->random->level_count, term->effect, &term->positions);
    }
    return ok;
}

void rowcov_met_clear(struct positions *p)
{
    mem_free((void *)(uintptr_t)p->pair);
    p->pair = NULL;
    p->pair_count = 0;
}

void rowcov_met_all(struct rowcov *m)
{
    for (int t = 0; t < m->term_count; t++) {
        if (m->terms[t].positions.pair != NULL)
            m->known = KNOWN_NOTHING;
        rowcov_met_clear(&m->terms[t].positions);
    }
}
