/* diagnose-rotate.c -- residuals that are made independent: z the normal scores of a block's quantile residuals, C their
 * correlation, w = L^-1 z with L L' = C.
 *
 * C is that of the draws and the response together, shrunk towards the identity matrix by m / (m + draws), m the block's size:
 * the rotation treats all of them alike, so that under the model the response is one among the draws whatever C is (DHARMa's
 * rotation "estimated" takes the draws alone).  Rows of one place are put in an order by chance: data sorted by the response
 * would tell of it. */
#include <math.h>
#include <stdlib.h>
#include <Rmath.h>

#include "base/memory.h"
#include "base/rng.h"
#include "infer/diagnose-private.h"
#include "linalg/dense.h"
#include "model/residuals.h"

struct place {
    int32_t level;
    double order, chance;
    size_t at;
};

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->level != b->level)
        return (a->level > b->level) - (a->level < b->level);
    if (isnan(a->order) || isnan(b->order) || a->order == b->order)
        return isnan(a->order) != isnan(b->order) ? isnan(a->order) - isnan(b->order)
                                                  : (a->chance > b->chance) - (a->chance < b->chance);
    return (a->order > b->order) - (a->order < b->order);
}

/* Of the groups whose levels hold at most ROTATED_BLOCK observations on the average the one with fewest levels; else the one with
 * most.  NULL: there is none whose levels hold two. */
static const int32_t *levels_that_covary(struct blocks *blocks, const struct draws *d)
{
    const struct design *design = d->fit->design;
    const int32_t *found = NULL;
    int32_t best = 0;

    for (int t = -1; t < design->random_count; t++) {
        const struct residual_design *residual = design->residual;
        const int32_t *level = t >= 0 ? design->random[t].level : residual != NULL ? residual->block : NULL;
        int32_t count = t >= 0 ? design->random[t].level_count : residual != NULL ? residual->block_count : 0;
        double size = (double)d->n / (double)count;
        bool fits = size <= ROTATED_BLOCK, was = found != NULL && (double)d->n / (double)best <= ROTATED_BLOCK;

        if (level == NULL || size < 2 || (found != NULL && (fits ? was && count >= best : was || count <= best)))
            continue;
        found = level;
        best = count;
        blocks->group = t >= 0 ? design->random[t].group : residual->group;
    }
    return found;
}

bool blocks_make(struct blocks *blocks, const struct draws *d, const double order[], uint64_t seed)
{
    struct place *places = NEW_ARRAY(struct place, d->n);
    const int32_t *level;
    struct rng rng;
    bool ok;

    rng_init(&rng, seed, UINT64_MAX - 2);
    *blocks = (struct blocks){ 0 };
    level = levels_that_covary(blocks, d);
    blocks->covary = level != NULL;
    blocks->at = NEW_ARRAY(size_t, d->n);
    blocks->start = NEW_ARRAY(size_t, d->n + 1);
    blocks->order = NEW_ARRAY(double, d->n);
    ok = places != NULL && blocks->at != NULL && blocks->start != NULL && blocks->order != NULL;
    for (size_t j = 0; ok && j < d->n; j++) {
        blocks->order[j] = order == NULL ? 0 : order[j];
        places[j] = (struct place){ level == NULL ? 0 : level[draws_row(d, j)], blocks->order[j], rng_uniform(&rng), j };
    }
    if (ok)
        qsort(places, d->n, sizeof *places, by_place);
    for (size_t j = 0; ok && j < d->n; j++) {
        blocks->at[j] = places[j].at;
        if (j == 0 || places[j].level != places[j - 1].level)
            blocks->start[blocks->count++] = j;
    }
    if (ok)
        blocks->start[blocks->count] = d->n;
    mem_free(places);
    return ok;
}

void blocks_clear(struct blocks *blocks)
{
    mem_free(blocks->at);
    mem_free(blocks->start);
    mem_free(blocks->order);
}

/* The factor C (m x m) of the correlation of m observations, with z their values (m x all). */
static void factor(const double z[], int m, int all, double *C)
{
    double keep = (double)all / (double)(all + m);

    for (int j = 0; j < m * m; j++)
        C[j] = 0;
    for (int r = 0; r < all; r++)
        for (int b = 0; b < m; b++)
            for (int a = b; a < m; a++)
                C[a + b * m] += z[r * m + a] * z[r * m + b];
    for (int b = 0; b < m; b++)
        for (int a = b; a < m; a++)
            C[a + b * m] *= (a == b ? 1 : keep) / all;
    chol_factor(m, C, m); /* positive definite, by what was taken from it beside the diagonal */
}

/* Columns of n values each, of which the m at these places become L^-1 times them; z is room (m x count), or where they are. */
static void take(const struct draws *d, const double *columns, size_t count, const size_t at[], int m, double *z)
{
    for (size_t c = 0; c < count; c++)
        for (int a = 0; a < m; a++)
            z[c * (size_t)m + (size_t)a] = columns[c * d->n + at[a]];
}

static void solve(const struct draws *d, const double *L, double *columns, size_t count, const size_t at[], int m, double *z)
{
    for (size_t c = 0; c < count; c++) {
        chol_solve_lower(m, L, m, z + c * (size_t)m);
        for (int a = 0; a < m; a++)
            columns[c * d->n + at[a]] = z[c * (size_t)m + (size_t)a];
    }
}

bool blocks_rotate(const struct blocks *blocks, struct draws *d, double *columns, size_t count)
{
    size_t all = (size_t)d->count + 1;
    double C[ROTATED_BLOCK * ROTATED_BLOCK], *z = mem_alloc((all > count ? all : count) * ROTATED_BLOCK, sizeof(double));

    for (size_t j = 0; z != NULL && j < all * d->n; j++) {
        if (j % d->n == 0 && watch_stops(d->watch))
            break;
        d->residual[j] = qnorm(d->residual[j], 0, 1, 1, 0);
    }
    for (size_t b = 0; z != NULL && blocks->covary && b < blocks->count && !watch_stops(d->watch); b++)
        for (size_t from = blocks->start[b]; from < blocks->start[b + 1]; from += ROTATED_BLOCK) {
            const size_t *at = blocks->at + from;
            int m = (int)fmin((double)(blocks->start[b + 1] - from), ROTATED_BLOCK);

            take(d, d->residual, all, at, m, z);
            factor(z, m, (int)all, C);
            solve(d, C, d->residual, all, at, m, z);
            take(d, columns, count, at, m, z);
            solve(d, C, columns, count, at, m, z);
        }
    mem_free(z);
    return z != NULL;
}
