/* blocks-assemble.c -- [Z E]' W [Z E], accumulated row by row into the nodes and the dense tail.
 *
 * Rows are taken in blocks of 256, whose extras are first gathered into a small row-major buffer: the products among
 * the extras are then one rank-256 update, and the products with the nodes read contiguous memory. */
#include <string.h>

#include "linalg/blocks-private.h"

enum { WIDE = 32 }; /* extras with which a block of rows is worth a look */

/* The k effects of a row in a term. */
static const double *effects_of(const struct block_term *term, size_t row)
{
    static const double one = 1.0;

    return term->z == NULL ? &one : term->z + row * (size_t)term->k;
}

/* out (rows x k, row-major) += w x z'. */
static void add_outer(double *out, int rows, const double *x, int k, const double *z, double w)
{
    for (int r = 0; r < rows; r++)
        for (int a = 0; a < k; a++)
            out[r * k + a] += w * x[r] * z[a];
}

/* The products of one row with the node of chain term c at that row. `place` has the places of its tail levels among the node's
 * tail rows. */
static void add_to_node(struct blocks *b, int c, size_t row, const int32_t *place, const double *extras, double w)
{
    const struct chain *chain = &b->chain[c];
    const struct block_term *term = &b->terms[chain->term];
    int32_t l = term->level[row];
    int k = chain->k;
    const double *z = effects_of(term, row);
    double *D = b->A + chain->value[l], *B = D + k * k;

    for (int q = 0; q < k; q++)
        for (int a = 0; a < k; a++)
            D[a + q * k] += w * z[a] * z[q];
    for (int a = c + 1; a < b->chain_count; a++) {
        const struct block_term *ancestor = &b->terms[b->chain[a].term];

        add_outer(B, ancestor->k, effects_of(ancestor, row), k, z, w);
        B += ancestor->k * k;
    }
    for (int t = 0; t < b->tail_count; t++) {
        const struct block_term *tail = &b->terms[b->tail_terms[t].term];

        add_outer(B + (size_t)place[t] * (size_t)k, tail->k, effects_of(tail, row), k, z, w);
    }
    B += tail_rows_of(chain, l) * (size_t)k;
    add_outer(B, b->extras, extras, k, z, w);
}

/* The products of one row among tail terms and with the extras. */
static void add_to_tail(struct blocks *b, size_t row, const double *extras, double w)
{
    for (int t = 0; t < b->tail_count; t++) {
        const struct block_term *term = &b->terms[b->tail_terms[t].term];

        b->first[t] = (size_t)tail_column(b, t, term->level[row]);
        b->effects[t] = effects_of(term, row);
    }
    if (b->tail_count > 0)
        b->tail->ops->add_row(b->tail, b->first, b->effects, extras, w);
}

static void add_row(struct blocks *b, size_t row, const double *extras, double w)
{
    int32_t *place = b->places;

    for (int t = 0; t < b->tail_count; t++)
        place[t] = b->row_place[row * (size_t)b->tail_count + (size_t)t];
    for (int c = 0; c < b->chain_count; c++) {
        add_to_node(b, c, row, place, extras, w);
        if (c + 1 < b->chain_count)
            for (int t = 0; t < b->tail_count; t++)
                place[t] = b->chain[c].parent_row[b->chain[c].pattern[level_at(b, c, row)] + (size_t)place[t]];
    }
    add_to_tail(b, row, extras, w);
}

void blocks_assemble(struct blocks *b, const double *E, const double *weights)
{
    int e = b->extras;

    memset(b->A, 0, b->value_count * sizeof(double));
    b->tail->ops->clear(b->tail);
    for (size_t first = 0; first < b->n && !((e > WIDE || first % (LOOK * ROW_BLOCK) == 0) && watch_stops(b->watch));
         first += ROW_BLOCK) {
        int rows = b->n - first < ROW_BLOCK ? (int)(b->n - first) : ROW_BLOCK;

        for (int x = 0; x < e; x++)
            for (int i = 0; i < rows; i++) {
                double value = E[first + (size_t)i + (size_t)x * b->n];

                b->rows[i * e + x] = value;
                if (weights != NULL)
                    b->weighted[i * e + x] = weights[first + (size_t)i] * value;
            }
        b->tail->ops->add_extras(b->tail, rows, b->rows, weights == NULL ? b->rows : b->weighted);
        for (int i = 0; i < rows && b->term_count > 0; i++)
            add_row(b, first + (size_t)i, b->rows + i * e, weights == NULL ? 1.0 : weights[first + (size_t)i]);
    }
}
