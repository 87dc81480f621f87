/* blocks-alike.c -- nodes that all meet the same columns of a dense tail, side by side: as where each subject sees each item.
 *
 * A node of k effects is a matrix of k rows to BLAS, too few for its pace.  Some nodes one above the other are one node of many
 * effects: what they send is one product, and so is what they ask of the inverse. */
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "linalg/blocks-private.h"
#include "linalg/dense.h"

enum { STACK = 256, LEAST_ROWS = 32 }; /* effects that are stacked; rows from which on it pays */

static int stacked_nodes(const struct chain *chain)
{
    return chain->k >= STACK ? 1 : STACK / chain->k;
}

static int stack_count(const struct chain *chain)
{
    return (chain->levels + stacked_nodes(chain) - 1) / stacked_nodes(chain);
}

static bool is_alike(const struct blocks *b, const struct chain *chain)
{
    size_t rows = tail_rows_of(chain, 0);
    const int32_t *row = tail_row_of(chain, 0);

    if (chain->k == 1 || b->tail_work > 0.0 || !shares_nodes(b) || rows < LEAST_ROWS
        || (size_t)(row[rows - 1] - row[0]) != rows - 1)
        return false;
    for (int32_t l = 1; l < chain->levels; l++)
        if (tail_rows_of(chain, l) != rows || tail_row_of(chain, l)[0] != row[0]
            || tail_row_of(chain, l)[rows - 1] != row[rows - 1])
            return false;
    return true;
}

bool blocks_find_alike(struct blocks *b)
{
    size_t most = 0;

    for (int c = 0; c < b->chain_count; c++) {
        struct chain *chain = &b->chain[c];
        size_t size = (size_t)stacked_nodes(chain) * (size_t)chain->k * (size_t)b->most_rows;

        chain->alike = is_alike(b, chain);
        if (chain->alike && size > most)
            most = size;
    }
    b->stack_size = most;
    if (most == 0)
        return true;
    if (b->G == NULL)
        b->G = mem_alloc(b->value_count, sizeof(double));
    b->stack = mem_alloc(2 * (size_t)b->threads * most, sizeof(double));
    return b->G != NULL && b->stack != NULL;
}

/* The rows of the tail and of `extras` extras of a node's values, among the stacked: into them, or back. */
static void stack_node(const struct chain *chain, size_t rows, int place, int height, double *values, double *stack, bool back)
{
    size_t k = (size_t)chain->k, bytes = sizeof(double) * k;
    double *B = values + k * k + (size_t)chain->ancestor_rows * k, *to = stack + (size_t)place * k;

    for (size_t r = 0; r < rows; r++, B += k, to += height)
        if (back)
            memcpy(B, to, bytes);
        else
            memcpy(to, B, bytes);
}

/* Nodes of stack i, and where they begin. */
static int32_t stack_nodes(const struct chain *chain, int i, int32_t *first)
{
    int32_t nodes = stacked_nodes(chain);

    *first = i * nodes;
    return chain->levels - *first < nodes ? chain->levels - *first : nodes;
}

void blocks_stack_alike(struct blocks *b, int c)
{
    const struct chain *chain = &b->chain[c];
    size_t rows = tail_rows_of(chain, 0) + (size_t)b->extras;

    for (int i = 0; i < stack_count(chain); i++) {
        int32_t first, nodes = stack_nodes(chain, i, &first);

        for (int32_t n = 0; n < nodes; n++)
            stack_node(chain, rows, n, nodes * chain->k, b->L + chain->value[first + n],
                       b->G + (size_t)first * (size_t)chain->k * rows, false);
    }
}

void blocks_send_alike(struct blocks *b, int c, int from, int to)
{
    const struct chain *chain = &b->chain[c];
    size_t tail_rows = tail_rows_of(chain, 0), rows = tail_rows + (size_t)b->extras;

    for (int i = 0; i < stack_count(chain) && !watch_stops(b->watch); i++) {
        int32_t first, nodes = stack_nodes(chain, i, &first);

        b->tail->ops->subtract(b->tail, from, to, tail_row_of(chain, 0), tail_rows,
                               b->G + (size_t)first * (size_t)chain->k * rows, nodes * chain->k);
    }
}

/* G of a node, and zeros for what is added up. */
static void prepare_node(struct blocks *b, const struct chain *chain, int32_t l, size_t rows)
{
    size_t k = (size_t)chain->k, at = chain->value[l] + k * k, count = (size_t)chain->ancestor_rows + rows;

    memcpy(b->G + at, b->L + at, sizeof(double) * count * k);
    small_solve_right(chain->k, b->L + chain->value[l], (int)count, b->G + at, chain->k);
    memset(b->S + at, 0, sizeof(double) * (size_t)chain->ancestor_rows * k);
}

void blocks_multiply_alike(struct blocks *b, int c)
{
    const struct chain *chain = &b->chain[c];
    size_t tail_rows = tail_rows_of(chain, 0), rows = tail_rows + (size_t)b->inverted;

#pragma omp parallel for schedule(dynamic) num_threads(b->threads)
    for (int i = 0; i < stack_count(chain); i++) {
        double *stack = b->stack + 2 * (size_t)omp_get_thread_num() * b->stack_size, *out = stack + b->stack_size;
        int32_t first, nodes = stack_nodes(chain, i, &first);
        int height = nodes * chain->k;

        if (watch_stops(b->watch))
            continue;
        for (int32_t n = 0; n < nodes; n++) {
            prepare_node(b, chain, first + n, rows);
            stack_node(chain, rows, n, height, b->G + chain->value[first + n], stack, false);
        }
        memset(out, 0, sizeof(double) * rows * (size_t)height);
        b->tail->ops->multiply(b->tail, tail_row_of(chain, 0), tail_rows, stack, height, out);
        for (int32_t n = 0; n < nodes; n++)
            stack_node(chain, rows, n, height, b->S + chain->value[first + n], out, true);
    }
}
