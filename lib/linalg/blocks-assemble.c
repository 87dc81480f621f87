/* blocks-assemble.c -- [Z E]' W [Z E], accumulated row by row into the nodes and the dense tail.
 *
 * Rows are taken in blocks of 256, whose extras are first gathered into a small row-major buffer: the products among
 * the extras are then one rank-256 update, and the products with the nodes read contiguous memory. */
#include <math.h>
#include <string.h>

#include "linalg/blocks-private.h"
#include "linalg/lapack.h"

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

/* The products of one row with the node of chain term c at that row. `place` has the places of its tail levels among the node's tail rows. */
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
        const struct block_term *tail = &b->terms[b->tail[t].term];

        add_outer(B + (size_t)place[t] * (size_t)k, tail->k, effects_of(tail, row), k, z, w);
    }
    B += tail_rows_of(chain, l) * (size_t)k;
    add_outer(B, b->extras, extras, k, z, w);
}

/* The products of one row among tail terms and with the extras: the lower triangle of the dense matrix. */
static void add_to_tail(struct blocks *b, size_t row, const double *extras, double w)
{
    size_t ld = (size_t)b->dense;

    for (int t = 0; t < b->tail_count; t++) {
        const struct block_term *left = &b->terms[b->tail[t].term];
        const double *z = effects_of(left, row);
        size_t first = (size_t)b->tail[t].first + (size_t)left->level[row] * (size_t)left->k;

        for (int s = t; s < b->tail_count; s++) {
            const struct block_term *below = &b->terms[b->tail[s].term];
            const double *x = effects_of(below, row);
            size_t start = (size_t)b->tail[s].first + (size_t)below->level[row] * (size_t)below->k;

            for (int a = 0; a < left->k; a++)
                for (int r = s == t ? a : 0; r < below->k; r++)
                    b->TA[start + (size_t)r + (first + (size_t)a) * ld] += w * x[r] * z[a];
        }
        for (int a = 0; a < left->k; a++)
            for (int r = 0; r < b->extras; r++)
                b->TA[(size_t)b->tail_size + (size_t)r + (first + (size_t)a) * ld] += w * extras[r] * z[a];
    }
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
    const double one = 1.0;
    int e = b->extras;
    double *corner = b->TA + (size_t)b->tail_size * (size_t)b->dense + (size_t)b->tail_size;

    memset(b->A, 0, b->value_count * sizeof(double));
    memset(b->TA, 0, sizeof(double) * (size_t)b->dense * (size_t)b->dense);
    for (size_t first = 0; first < b->n; first += ROW_BLOCK) {
        int rows = b->n - first < ROW_BLOCK ? (int)(b->n - first) : ROW_BLOCK;
        const double *right = weights == NULL ? b->rows : b->weighted;

        for (int x = 0; x < e; x++)
            for (int i = 0; i < rows; i++) {
                double value = E[first + (size_t)i + (size_t)x * b->n];

                b->rows[i * e + x] = value;
                if (weights != NULL)
                    b->weighted[i * e + x] = weights[first + (size_t)i] * value;
            }
        if (e > 0 && weights == NULL)
            dsyrk_("L", "N", &e, &rows, &one, b->rows, &e, &one, corner, &b->dense);
        else if (e > 0)
            dgemm_("N", "T", &e, &e, &rows, &one, b->rows, &e, right, &e, &one, corner, &b->dense);
        for (int i = 0; i < rows && b->term_count > 0; i++)
            add_row(b, first + (size_t)i, b->rows + i * e, weights == NULL ? 1.0 : weights[first + (size_t)i]);
    }
}
