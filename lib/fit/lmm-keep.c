/* lmm-keep.c -- what an evaluation of a linear mixed model leaves, kept apart while others are made and put back: a copy is
 * cheaper than the evaluation again. */
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"

static const double MOST_BYTES = 1e8;

/* Doubles of the vectors from m->u on, and of beta and the templates. */
static size_t vectors_of(const struct lmm *m)
{
    return 3 * blocks_size(m->blocks) + 4 * (size_t)m->theta_count;
}

static size_t small_of(const struct lmm *m)
{
    size_t count = (size_t)m->p + 2;

    for (int t = 0; t < m->term_count; t++)
        count += (size_t)(m->terms[t].k * m->terms[t].k);
    return count;
}

static double *copy(double *kept, double *own, size_t count, bool back)
{
    if (count > 0)
        memcpy(back ? own : kept, back ? kept : own, sizeof(double) * count);
    return kept + count;
}

static void copy_all(struct lmm *m, double *kept, bool back)
{
    kept = copy(kept, &m->logdet, 1, back);
    kept = copy(kept, &m->rss, 1, back);
    kept = copy(kept, m->beta, (size_t)m->p, back);
    for (int t = 0; t < m->term_count; t++)
        kept = copy(kept, m->terms[t].lambda, (size_t)(m->terms[t].k * m->terms[t].k), back);
    kept = copy(kept, m->u, vectors_of(m), back);
    blocks_copy_state(m->blocks, kept, back);
}

bool lmm_keeps(const struct lmm *m)
{
    return !m->by_rows && sizeof(double) * (double)(small_of(m) + vectors_of(m) + blocks_state_size(m->blocks)) <= MOST_BYTES;
}

double *lmm_keep(struct lmm *m)
{
    double *kept = mem_alloc(small_of(m) + vectors_of(m) + blocks_state_size(m->blocks), sizeof(double));

    if (kept != NULL)
        copy_all(m, kept, false);
    return kept;
}

void lmm_put_back(struct lmm *m, double *kept)
{
    copy_all(m, kept, true);
    m->by_rows = false;
    mem_free(kept);
}
