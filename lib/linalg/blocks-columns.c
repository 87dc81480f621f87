/* blocks-columns.c -- nodes of one effect and the tail, column by column of the tail.
 *
 * What such a node sends to the tail, and asks of its inverse, is a product for each pair of its rows: few operations at places
 * far apart.  Taken by columns, each column of the tail is at hand, its entries at their rows, as long as all nodes that meet it
 * need it.  A column gets what the nodes send in their order, a node what the columns have in theirs, as node by node: the same
 * digits. */
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "linalg/blocks-private.h"

enum { SHARE = 8 }; /* columns that a thread takes at once */

bool blocks_list_columns(struct blocks *b)
{
    bool needed = false;

    for (int c = 0; c < b->chain_count && shares_nodes(b); c++) {
        struct chain *chain = &b->chain[c];
        size_t *first;

        if (chain->k != 1)
            continue;
        needed = true;
        chain->column = first = NEW_ARRAY(size_t, (size_t)b->tail_size + 2);
        chain->meeting = mem_alloc(chain->pattern[chain->levels] + 1, sizeof *chain->meeting);
        if (first == NULL || chain->meeting == NULL)
            return false;
        for (size_t r = 0; r < chain->pattern[chain->levels]; r++)
            first[chain->tail_row[r] + 2]++;
        for (int j = 0; j < b->tail_size; j++)
            first[j + 2] += first[j + 1];
        for (int32_t l = 0; l < chain->levels; l++)
            for (size_t r = chain->pattern[l]; r < chain->pattern[l + 1]; r++)
                chain->meeting[first[chain->tail_row[r] + 1]++] =
                    (struct meeting){ .at = r, .node = l, .left = (int32_t)(chain->pattern[l + 1] - r) };
    }
    if (!needed)
        return true;
    b->G = mem_alloc(b->value_count, sizeof(double));
    b->wide = mem_alloc((size_t)b->threads * (size_t)b->tail_size, sizeof(double));
    return b->G != NULL && b->wide != NULL;
}

/* A column of the tail with each entry at its row: itself, or a copy of the thread's own. */
struct wide_column {
    double *entry, *own; /* by rows; as the tail has it */
    const int *row;
    int count;
    double *extras;
};

static struct wide_column widen(const struct blocks *b, int j, bool inverse)
{
    struct wide_column w;

    w.own = w.entry = b->tail->ops->column(b->tail, j, inverse, &w.row, &w.count, &w.extras);
    if (w.row == NULL)
        return w;
    w.entry = b->wide + (size_t)omp_get_thread_num() * (size_t)b->tail_size;
    for (int i = 0; i < w.count; i++)
        w.entry[w.row[i]] = w.own[i];
    return w;
}

/* Where the values of the rows of a node that a column meets begin, from that one on. */
static size_t values_at(const struct chain *chain, struct meeting m)
{
    return chain->value[m.node] + 1 + (size_t)chain->ancestor_rows + (m.at - chain->pattern[m.node]);
}

/* M_Tj -= L_Tl L_jl' for all nodes that meet column j. */
static void send_to_column(struct blocks *b, const struct chain *chain, int j)
{
    struct wide_column w = widen(b, j, false);
    double *restrict entry = w.entry, *restrict extras = w.extras;

    for (size_t i = chain->column[j]; i < chain->column[j + 1]; i++) {
        struct meeting m = chain->meeting[i];
        const int32_t *restrict row = chain->tail_row + m.at;
        const double *restrict B = b->L + values_at(chain, m), own = B[0];

        for (int32_t r = 0; r < m.left; r++)
            entry[row[r]] -= B[r] * own;
        for (int x = 0; x < b->extras; x++)
            extras[x] -= B[m.left + x] * own;
    }
    for (int i = 0; w.row != NULL && i < w.count; i++)
        w.own[i] = entry[w.row[i]];
}

/* The extras among themselves. */
static void send_to_corner(struct blocks *b, const struct chain *chain)
{
    for (int32_t l = 0; l < chain->levels && !watch_stopped(b->watch); l++)
        b->tail->ops->subtract(b->tail, b->tail_size, b->tail_size + b->extras, tail_row_of(chain, l), tail_rows_of(chain, l),
                               b->L + chain->value[l] + 1 + chain->ancestor_rows, 1);
}

void blocks_send_columns(struct blocks *b, int c)
{
    const struct chain *chain = &b->chain[c];
    int shares = (b->tail_size + SHARE - 1) / SHARE;

#pragma omp parallel for schedule(dynamic) num_threads(b->threads)
    for (int share = -1; share < shares; share++) {
        int end = (share + 1) * SHARE < b->tail_size ? (share + 1) * SHARE : b->tail_size;

        if (share < 0)
            send_to_corner(b, chain);
        else if (!watch_stops(b->watch))
            for (int j = share * SHARE; j < end; j++)
                send_to_column(b, chain, j);
    }
}

/* The first meeting of column j with a node that is not before l. */
static size_t meeting_from(const struct chain *chain, int j, int32_t l)
{
    size_t low = chain->column[j], high = chain->column[j + 1];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (chain->meeting[middle].node < l)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* out += S G for column j, and its mirror, of the nodes from .. to - 1; their `out` is the place of S_Rl. */
static void multiply_column(struct blocks *b, const struct chain *chain, int j, int32_t from, int32_t to)
{
    struct wide_column w = widen(b, j, true);
    const double *restrict entry = w.entry, *restrict extras = w.extras;
    size_t end = meeting_from(chain, j, to);

    for (size_t i = meeting_from(chain, j, from); i < end; i++) {
        struct meeting m = chain->meeting[i];
        const int32_t *restrict row = chain->tail_row + m.at;
        size_t at = values_at(chain, m);
        const double *restrict G = b->G + at;
        double *restrict out = b->S + at, g = G[0], sum = out[0] + entry[j] * g;

        for (int32_t r = 1; r < m.left; r++) {
            double s = entry[row[r]];

            out[r] += s * g;
            sum += s * G[r];
        }
        for (int x = 0; x < b->inverted; x++) {
            out[m.left + x] += extras[x] * g;
            sum += extras[x] * G[m.left + x];
        }
        out[0] = sum;
    }
}

/* The nodes in as many parts as there are threads: each is one thread's, which has all columns in turn. */
void blocks_multiply_columns(struct blocks *b, int c)
{
    const struct chain *chain = &b->chain[c];
    int parts = b->threads;

#pragma omp parallel for schedule(static, 1) num_threads(b->threads)
    for (int part = 0; part < parts; part++) {
        int32_t from = (int32_t)((int64_t)chain->levels * part / parts),
                to = (int32_t)((int64_t)chain->levels * (part + 1) / parts);

        for (int32_t l = from; l < to; l++) {
            size_t at = chain->value[l], rows = (size_t)chain->ancestor_rows + tail_rows_of(chain, l) + (size_t)b->inverted;

            for (size_t r = 1; r <= rows; r++)
                b->G[at + r] = b->L[at + r] / b->L[at];
            memset(b->S + at + 1, 0, sizeof(double) * rows);
        }
        for (int j = 0; j < b->tail_size && !(j % SHARE == 0 ? watch_stops(b->watch) : watch_stopped(b->watch)); j++)
            multiply_column(b, chain, j, from, to);
    }
}
