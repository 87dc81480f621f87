/* blocks-tail.c -- which kind of tail: dense, or sparse in an order of its own.
 *
 * Eliminating a node links all levels of the tail that it meets, so that the graph of the tail is the union of these cliques. Its
 * symbolic analysis says what a sparse factor would cost and hold; where nearly all is linked, none is asked for. */
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "linalg/blocks-private.h"
#include "linalg/symbolic.h"

enum {
    SMALL_TAIL = 400,  /* columns: dense is as good as anything */
    DENSE_LIMIT = 4000 /* a full tail that is larger is kept by supernodes too, in half the memory */
};

static const double LINKED = 0.4;     /* the share of all pairs from which on the factor is full */
static const double DENSE_GAIN = 1.5; /* how many times as fast a multiplication is in the dense tail */

/* --- the graph ---------------------------------------------------------------------------------------- */

/* Levels of the tail, term by term; the nodes of the chain's last term that each of them meets. */
struct graph {
    int count;
    int *width, *term; /* of each level; the tail term */
    int *level_of;     /* of a column, in the order of the terms */
    size_t *start;
    int32_t *node;
    int64_t *from, *adjacent;
    size_t capacity;
    bool full;
};

static void graph_clear(struct graph *g)
{
    mem_free(g->width);
    mem_free(g->term);
    mem_free(g->level_of);
    mem_free(g->start);
    mem_free(g->node);
    mem_free(g->from);
    mem_free(g->adjacent);
}

static bool graph_levels(struct graph *g, const struct blocks *b)
{
    int column = 0;

    for (int t = 0; t < b->tail_count; t++)
        g->count += b->tail_terms[t].levels;
    g->width = NEW_ARRAY(int, g->count);
    g->term = NEW_ARRAY(int, g->count);
    g->level_of = NEW_ARRAY(int, b->tail_size);
    g->start = NEW_ARRAY(size_t, (size_t)g->count + 2);
    g->from = NEW_ARRAY(int64_t, (size_t)g->count + 1);
    if (g->width == NULL || g->term == NULL || g->level_of == NULL || g->start == NULL || g->from == NULL)
        return false;
    for (int t = 0, j = 0; t < b->tail_count; t++)
        for (int32_t l = 0; l < b->tail_terms[t].levels; l++, j++) {
            g->width[j] = b->tail_terms[t].k;
            g->term[j] = t;
            for (int a = 0; a < g->width[j]; a++)
                g->level_of[column++] = j;
        }
    return true;
}

/* The nodes of the last chain term by the levels that they meet: their rows are the union of those of all before. */
static bool graph_nodes(struct graph *g, const struct blocks *b)
{
    const struct chain *chain = &b->chain[b->chain_count - 1];

    for (size_t r = 0; r < chain->pattern[chain->levels]; r++)
        g->start[g->level_of[chain->tail_row[r]] + 2]++;
    for (int j = 0; j < g->count; j++) {
        g->start[j + 2] /= (size_t)g->width[j];
        g->start[j + 2] += g->start[j + 1];
    }
    g->node = mem_alloc(g->start[g->count + 1], sizeof *g->node);
    if (g->node == NULL)
        return false;
    for (int32_t l = 0; l < chain->levels; l++)
        for (size_t r = chain->pattern[l]; r < chain->pattern[l + 1]; r += (size_t)g->width[g->level_of[chain->tail_row[r]]])
            g->node[g->start[g->level_of[chain->tail_row[r]] + 1]++] = l;
    return true;
}

/* The levels behind j that it meets; `mark` has who asked last. */
static bool graph_column(struct graph *g, const struct blocks *b, int j, int *mark)
{
    const struct chain *chain = &b->chain[b->chain_count - 1];
    size_t used = (size_t)g->from[j];

    for (size_t i = g->start[j]; i < g->start[j + 1]; i++) {
        int32_t l = g->node[i];
        size_t need = used + (chain->pattern[l + 1] - chain->pattern[l]);
        void *items = g->adjacent;

        if (!mem_grow(&items, &g->capacity, need, sizeof *g->adjacent))
            return false;
        g->adjacent = items;
        for (size_t r = chain->pattern[l + 1]; r-- > chain->pattern[l];) { /* from the last back: those before j do not count */
            int other = g->level_of[chain->tail_row[r]];

            if (other <= j)
                break;
            if (mark[other] != j) {
                mark[other] = j;
                g->adjacent[used++] = other;
            }
        }
    }
    g->from[j + 1] = (int64_t)used;
    return true;
}

/* False when memory is out.  `full` where so many pairs meet that nothing is gained. */
static bool graph_make(struct graph *g, const struct blocks *b)
{
    int *mark = NULL;
    double pairs;
    bool ok = graph_levels(g, b) && graph_nodes(g, b) && (mark = mem_alloc((size_t)g->count, sizeof *mark)) != NULL;

    pairs = 0.5 * g->count * g->count;
    for (int j = 0; ok && j < g->count; j++)
        mark[j] = -1;
    for (int j = 0; ok && !g->full && j < g->count; j++) {
        if (j % LOOK == 0 && watch_stops(b->watch))
            break;
        ok = graph_column(g, b, j, mark);
        g->full = ok && (double)g->from[j + 1] > LINKED * pairs;
    }
    mem_free(mark);
    return ok;
}

/* --- the plan ------------------------------------------------------------------------------------------ */

static struct symbolic *plan(const struct blocks *b, const struct graph *g, enum tail_kind kind, struct glmm_error *err)
{
    const struct block_graph graph = { .count = g->count, .width = g->width, .from = g->from, .adjacent = g->adjacent };
    double full = (double)b->tail_size * b->tail_size * b->tail_size / 3.0;
    struct symbolic *s;

    if (g->full || kind == TAIL_FULL)
        return symbolic_full(g->count, g->width, err);
    s = symbolic_new(&graph, b->watch, err);
    if (s == NULL || kind == TAIL_SPARSE || s->flops * DENSE_GAIN < full)
        return s;
    symbolic_free(s);
    return symbolic_full(g->count, g->width, err);
}

/* Columns in the order of elimination. */
static bool renumber(struct blocks *b, const struct graph *g, const struct symbolic *s, struct tail_pattern *p)
{
    int column = 0;

    p->count = g->count;
    p->first = NEW_ARRAY(int, (size_t)g->count + 1);
    p->term = NEW_ARRAY(int, g->count);
    p->level_of = NEW_ARRAY(int, b->tail_size);
    if (p->first == NULL || p->term == NULL || p->level_of == NULL)
        return false;
    for (int o = 0; o < g->count; o++) {
        int j = s->order[o];

        b->tail_column[j] = column;
        p->first[o] = column;
        p->term[o] = g->term[j];
        for (int a = 0; a < g->width[j]; a++, column++) {
            p->level_of[column] = o;
            b->column_term[column] = g->term[j];
        }
    }
    p->first[g->count] = column;
    return true;
}

/* Puts the levels met by each, sorted and once, at the front of its list; their columns are counted into p->start[level + 1]. */
static void unique(struct tail_pattern *p, const size_t *from, int32_t *met, size_t *kept)
{
    for (int j = 0; j < p->count; j++) {
        int32_t *list = met + from[j];
        size_t count = from[j + 1] - from[j];

        kept[j] = 0;
        p->start[j + 1] = p->start[j];
        sort_int32(list, count);
        for (size_t i = 0; i < count; i++)
            if (kept[j] == 0 || list[kept[j] - 1] != list[i]) {
                list[kept[j]++] = list[i];
                p->start[j + 1] += (size_t)(p->first[list[i] + 1] - p->first[list[i]]);
            }
    }
}

/* The two levels, in the order of elimination, that terms s and t have at a row; the first is the earlier. */
static void pair_at(const struct blocks *b, const struct tail_pattern *p, size_t row, int s, int t, int32_t pair[2])
{
    int32_t x = p->level_of[tail_column_at(b, s, row)], y = p->level_of[tail_column_at(b, t, row)];

    pair[0] = x < y ? x : y;
    pair[1] = x < y ? y : x;
}

/* Which levels of the tail meet in a row of the data. */
static bool find_meetings(const struct blocks *b, struct tail_pattern *p)
{
    size_t *from = NEW_ARRAY(size_t, (size_t)p->count + 2), *kept = NEW_ARRAY(size_t, (size_t)p->count + 1);
    int32_t *met = NULL, pair[2];
    bool ok = from != NULL && kept != NULL;

    p->start = NEW_ARRAY(size_t, (size_t)p->count + 1);
    ok = ok && p->start != NULL;
    for (int pass = 0; ok && pass < 2; pass++) {
        for (size_t i = 0; i < b->n && !(i % (LOOK * LOOK) == 0 && watch_stops(b->watch)); i++)
            for (int t = 1; t < b->tail_count; t++)
                for (int s = 0; s < t; s++) {
                    pair_at(b, p, i, s, t, pair);
                    if (pass == 0)
                        from[pair[0] + 2]++;
                    else
                        met[from[pair[0] + 1]++] = pair[1];
                }
        if (watch_stopped(b->watch))
            break;
        for (int j = 0; pass == 0 && j < p->count; j++)
            from[j + 2] += from[j + 1];
        if (pass == 0)
            ok = (met = mem_alloc(from[p->count + 1], sizeof *met)) != NULL;
    }
    if (ok && !watch_stopped(b->watch)) {
        unique(p, from, met, kept);
        ok = (p->row = mem_alloc(p->start[p->count], sizeof *p->row)) != NULL;
        for (int j = 0; ok && j < p->count; j++)
            for (size_t i = 0, at = p->start[j]; i < kept[j]; i++)
                for (int c = p->first[met[from[j] + i]]; c < p->first[met[from[j] + i] + 1]; c++)
                    p->row[at++] = c;
    }
    mem_free(from);
    mem_free(kept);
    mem_free(met);
    return ok;
}

bool blocks_plan_tail(struct blocks *b, enum tail_kind kind, struct glmm_error *err)
{
    struct graph g = { .count = 0 };
    struct symbolic *s = NULL;
    bool ok = true;

    if (kind == TAIL_DENSE || (kind == TAIL_ANY && b->tail_size <= SMALL_TAIL) || b->tail_size == 0)
        return true;
    if (!graph_make(&g, b))
        ok = fail_memory(err);
    else if (!watch_stopped(b->watch) && !(g.full && kind == TAIL_ANY && b->tail_size <= DENSE_LIMIT))
        ok = (s = plan(b, &g, kind, err)) != NULL;
    if (s != NULL && kind == TAIL_ANY && s->count == 1 && b->tail_size <= DENSE_LIMIT) {
        symbolic_free(s);
        s = NULL;
    }
    if (s != NULL && !(renumber(b, &g, s, &b->tail_pattern) && find_meetings(b, &b->tail_pattern)))
        ok = fail_memory(err);
    b->symbolic = s;
    b->tail_work = s == NULL ? 0 : s->flops;
    b->tail_entries = s == NULL ? 0 : s->entries;
    graph_clear(&g);
    return ok;
}

size_t tail_find_column(const int32_t *row, size_t rows, int column)
{
    size_t low = 0, high = rows;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (row[middle] < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
