/* blocks-columns.c -- nodes of one effect and the tail, column by column of the tail.
 *
 * What such a node sends to the tail, and asks of its inverse, is a product for each pair of its rows: few operations at places
 * far apart.  Taken by columns, each column of the tail is at hand as long as all nodes that meet it need it, and a map of the
 * rows of a sparse one as long as its supernode is.  A column gets what
 * the nodes send in their order, a node what the columns have in theirs, as node by node: the same digits. */
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
                    (struct meeting){ .node = l, .row = (int32_t)(r - chain->pattern[l]) };
    }
    if (!needed)
        return true;
    b->G = mem_alloc(b->value_count, sizeof(double));
    b->map = mem_alloc((size_t)b->threads * (size_t)(b->tail_size + 1), sizeof *b->map);
    for (int thread = 0; b->map != NULL && thread < b->threads; thread++)
        b->map[(size_t)thread * (size_t)(b->tail_size + 1) + (size_t)b->tail_size] = -1;
    return b->G != NULL && b->map != NULL;
}

static int *map_of_thread(const struct blocks *b)
{
    return b->map + (size_t)omp_get_thread_num() * (size_t)(b->tail_size + 1);
}

/* M_Tj -= L_Tl L_jl' for all nodes that meet column j. */
static void send_to_column(struct blocks *b, const struct chain *chain, int j, int *map)
{
    const int *place;
    double *extras, *column = b->tail->ops->column(b->tail, j, false, map, &place, &extras);

    for (size_t i = chain->column[j]; i < chain->column[j + 1]; i++) {
        int32_t l = chain->meeting[i].node;
        size_t rows = tail_rows_of(chain, l);
        const int32_t *row = chain->tail_row + chain->pattern[l];
        const double *B = b->L + chain->value[l] + 1 + chain->ancestor_rows, own = B[chain->meeting[i].row];

        if (place == NULL)
            for (size_t r = (size_t)chain->meeting[i].row; r < rows; r++)
                column[row[r]] -= B[r] * own;
        else
            for (size_t r = (size_t)chain->meeting[i].row; r < rows; r++)
                column[place[row[r]]] -= B[r] * own;
        for (size_t x = 0; x < (size_t)b->extras; x++)
            extras[x] -= B[rows + x] * own;
    }
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
                send_to_column(b, chain, j, map_of_thread(b));
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
static void multiply_column(struct blocks *b, const struct chain *chain, int j, int32_t from, int32_t to, int *map)
{
    const int *place;
    double *extras;
    const double *column = b->tail->ops->column(b->tail, j, true, map, &place, &extras);
    size_t end = meeting_from(chain, j, to);

    for (size_t i = meeting_from(chain, j, from); i < end; i++) {
        int32_t l = chain->meeting[i].node;
        size_t rows = tail_rows_of(chain, l), own = (size_t)chain->meeting[i].row,
               at = chain->value[l] + 1 + (size_t)chain->ancestor_rows;
        const int32_t *row = chain->tail_row + chain->pattern[l];
        const double *G = b->G + at;
        double *out = b->S + at, g = G[own], sum = out[own] + column[place == NULL ? j : place[j]] * g;

        for (size_t r = own + 1; r < rows; r++) {
            double s = column[place == NULL ? row[r] : place[row[r]]];

            out[r] += s * g;
            sum += s * G[r];
        }
        for (size_t x = 0; x < (size_t)b->inverted; x++) {
            out[rows + x] += extras[x] * g;
            sum += extras[x] * G[rows + x];
        }
        out[own] = sum;
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
            multiply_column(b, chain, j, from, to, map_of_thread(b));
    }
}
