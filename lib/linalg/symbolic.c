/* symbolic.c -- see symbolic.h: CHOLMOD is asked about the graph of the blocks, and its answer is widened to columns. */
#include "linalg/symbolic.h"

#include <suitesparse/cholmod.h>
#include <stdlib.h>
#include <string.h>

#include "base/aside.h"
#include "base/memory.h"
#include "base/order.h"

enum { MANY = 4000 }; /* links of a graph whose analysis may take longer than a person waits: of 50,000 some seconds */

/* --- CHOLMOD's memory ----------------------------------------------------------------------------- */

static void *take(size_t size)
{
    return mem_alloc(size, 1);
}

static void *take_zeroed(size_t count, size_t size)
{
    return mem_zalloc(count, size);
}

static void *resize(void *old, size_t size)
{
    return mem_resize(old, size, 1);
}

/* SuiteSparse keeps its allocator for the whole process; always the same one is set. */
static void use_our_memory(void)
{
    SuiteSparse_config.malloc_func = take;
    SuiteSparse_config.calloc_func = take_zeroed;
    SuiteSparse_config.realloc_func = resize;
    SuiteSparse_config.free_func = mem_free;
}

static void begin(cholmod_common *common)
{
    use_our_memory();
    cholmod_l_start(common);
    common->print = 0;
    common->supernodal = CHOLMOD_SUPERNODAL;
    common->zrelax[2] = 0.0; /* wide supernodes are as fast without zeros: of 100,000 animals these were a third of the factor */
}

/* What CHOLMOD is asked, with all that it needs: for large graphs it may be left to itself (base/aside.h). */
struct analysis {
    int64_t *from, *adjacent; /* own */
    int64_t count, links;
    cholmod_common common;
    cholmod_factor *factor;
};

static void analysis_free(void *context)
{
    struct analysis *y = context;

    if (y == NULL)
        return;
    cholmod_l_free_factor(&y->factor, &y->common);
    cholmod_l_finish(&y->common);
    mem_free(y->from);
    mem_free(y->adjacent);
    mem_free(y);
}

static struct analysis *analysis_new(const struct block_graph *graph)
{
    size_t points = (size_t)graph->count + 1, links = (size_t)graph->from[graph->count];
    struct analysis *y = NEW(struct analysis);

    if (y == NULL)
        return NULL;
    begin(&y->common);
    y->count = graph->count;
    y->links = (int64_t)links;
    y->from = mem_alloc(points, sizeof *y->from);
    y->adjacent = mem_alloc(links, sizeof *y->adjacent);
    if (y->from == NULL || y->adjacent == NULL) {
        analysis_free(y);
        return NULL;
    }
    memcpy(y->from, graph->from, points * sizeof *y->from);
    memcpy(y->adjacent, graph->adjacent, links * sizeof *y->adjacent);
    return y;
}

static void analyse(void *context)
{
    struct analysis *y = context;
    cholmod_sparse a = {
        .nrow = (size_t)y->count,
        .ncol = (size_t)y->count,
        .nzmax = (size_t)y->links,
        .p = y->from,
        .i = y->adjacent,
        .stype = -1,
        .itype = CHOLMOD_LONG,
        .xtype = CHOLMOD_PATTERN,
        .dtype = CHOLMOD_DOUBLE,
        .packed = 1,
    };

    y->factor = cholmod_l_analyze(&a, &y->common);
}

/* --- from blocks to columns -------------------------------------------------------------------------- */

static struct symbolic *allocate(int blocks, int nodes, int columns, size_t rows)
{
    struct symbolic *s = NEW(struct symbolic);

    if (s == NULL)
        return NULL;
    s->n = columns;
    s->count = nodes;
    s->first = mem_alloc((size_t)nodes + 1, sizeof *s->first);
    s->start = mem_alloc((size_t)nodes + 1, sizeof *s->start);
    s->row = mem_alloc(rows, sizeof *s->row);
    s->owner = mem_alloc((size_t)columns, sizeof *s->owner);
    s->order = mem_alloc((size_t)blocks, sizeof *s->order);
    if (s->first == NULL || s->start == NULL || s->row == NULL || s->owner == NULL || s->order == NULL) {
        symbolic_free(s);
        return NULL;
    }
    return s;
}

void symbolic_free(struct symbolic *s)
{
    if (s == NULL)
        return;
    mem_free(s->first);
    mem_free(s->start);
    mem_free(s->row);
    mem_free(s->owner);
    mem_free(s->order);
    mem_free(s);
}

/* Owners, entries and multiplications. */
static void measure(struct symbolic *s)
{
    for (int node = 0; node < s->count; node++) {
        double columns = symbolic_columns(s, node), rows = symbolic_rows(s, node), below = rows - columns;

        for (int j = s->first[node]; j < s->first[node + 1]; j++)
            s->owner[j] = node;
        s->entries += rows * columns;
        s->flops += columns * (columns * columns / 3.0 + columns * below + below * below);
    }
}

/* Puts the blocks of the last supernode, which all meet each other, in the order in which they were given: what was given last is
 * eliminated last.  False when memory is out. */
static bool order_root(const cholmod_factor *factor)
{
    int64_t *order = factor->Perm, *row = factor->s, *start = factor->pi, *super = factor->super;
    size_t n = factor->n, nodes = factor->nsuper, first = (size_t)super[nodes - 1];
    int64_t *place = mem_alloc(2 * n, sizeof *place), *before = place + n;

    if (place == NULL)
        return false;
    memcpy(before, order, n * sizeof *order);
    qsort(order + first, n - first, sizeof *order, order_int64);
    for (size_t o = 0; o < n; o++)
        place[order[o]] = (int64_t)o;
    for (size_t node = 0; node < nodes; node++) {
        for (int64_t r = start[node]; r < start[node + 1]; r++)
            row[r] = place[before[row[r]]];
        qsort(row + start[node], (size_t)(start[node + 1] - start[node]), sizeof *row, order_int64);
    }
    mem_free(place);
    return true;
}

/* first_column[o]: of the block that is eliminated as number o, and one more. */
static void set_columns(const struct block_graph *graph, const int64_t *order, int *first_column)
{
    first_column[0] = 0;
    for (int o = 0; o < graph->count; o++)
        first_column[o + 1] = first_column[o] + graph->width[order[o]];
}

static struct symbolic *widen(const struct block_graph *graph, const cholmod_factor *factor, const int *first_column)
{
    const int64_t *super = factor->super, *start = factor->pi, *row = factor->s, *order = factor->Perm;
    int nodes = (int)factor->nsuper;
    struct symbolic *s;
    size_t rows = 0;

    for (int64_t r = 0; r < start[nodes]; r++)
        rows += (size_t)(first_column[row[r] + 1] - first_column[row[r]]);
    if ((s = allocate(graph->count, nodes, first_column[graph->count], rows)) == NULL)
        return NULL;
    rows = 0;
    for (int node = 0; node < nodes; node++) {
        s->first[node] = first_column[super[node]];
        s->start[node] = rows;
        for (int64_t r = start[node]; r < start[node + 1]; r++)
            for (int column = first_column[row[r]]; column < first_column[row[r] + 1]; column++)
                s->row[rows++] = column;
    }
    s->first[nodes] = s->n;
    s->start[nodes] = rows;
    for (int o = 0; o < graph->count; o++)
        s->order[o] = (int)order[o];
    measure(s);
    return s;
}

struct symbolic *symbolic_new(const struct block_graph *graph, struct watch *watch, struct glmm_error *err)
{
    int *first_column = mem_alloc((size_t)graph->count + 1, sizeof *first_column);
    struct analysis *y = first_column == NULL ? NULL : analysis_new(graph);
    struct symbolic *s = NULL;
    bool stopped = false;

    if (y != NULL)
        stopped = !aside_run(analyse, analysis_free, y, y->links > MANY ? watch : NULL);
    if (y != NULL && !stopped) {
        if (y->factor != NULL && y->factor->is_super && order_root(y->factor)) {
            set_columns(graph, y->factor->Perm, first_column);
            s = widen(graph, y->factor, first_column);
        }
        analysis_free(y);
    }
    mem_free(first_column);
    if (stopped)
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the pattern of the system was analysed");
    else if (s == NULL)
        fail_memory(err);
    return s;
}

struct symbolic *symbolic_full(int count, const int *width, struct glmm_error *err)
{
    struct symbolic *s;
    int columns = 0;

    for (int b = 0; b < count; b++)
        columns += width[b];
    if ((s = allocate(count, 1, columns, (size_t)columns)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    s->first[0] = 0;
    s->first[1] = columns;
    s->start[0] = 0;
    s->start[1] = (size_t)columns;
    for (int j = 0; j < columns; j++)
        s->row[j] = j;
    for (int b = 0; b < count; b++)
        s->order[b] = b;
    measure(s);
    return s;
}
