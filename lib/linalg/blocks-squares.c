/* blocks-squares.c -- sums over the whole inverse of the tail, of which blocks_invert has the pattern of the factor: all of it
 * where the tail is dense or one supernode; otherwise it is made here, from the factor. */
#include <string.h>

#include "base/memory.h"
#include "linalg/blocks-private.h"
#include "linalg/dense.h"

enum { LAST = 64 };

struct sums {
    struct blocks *b;
    int order;
    struct tail_whole whole;
    double *x, *by_term; /* size, 2 x tail terms */
};

double blocks_squares_work(const struct blocks *b)
{
    double order = (double)b->tail_size + b->extras;

    return b->tail_whole ? order * order : b->tail->ops->fill_work(b->tail) + order * order;
}

double blocks_squares_room(const struct blocks *b)
{
    double order = (double)b->tail_size + b->extras;

    return b->tail_whole ? 0.0 : 2.0 * sizeof(double) * order * order;
}

/* All of the inverse: `room` has two matrices. */
static bool make_inverse(struct sums *w, double *room)
{
    struct blocks *b = w->b;
    size_t order = (size_t)w->order;

    b->tail->ops->fill(b->tail, room, room + order * order);
    w->whole = (struct tail_whole){ .S = room,
                                    .ld = w->order,
                                    .corner = room + (size_t)b->tail_size * (order + 1),
                                    .corner_ld = w->order,
                                    .scratch = room + order * order };
    return !watch_stopped(b->watch);
}

/* Of a pair of different columns, which the sum has in both orders. */
static void add_pair(double *table, int count, int s, int t, double value)
{
    table[s + t * count] += value;
    table[t + s * count] += value;
}

static void add_column(struct sums *w, int j, const struct tail_sums *sums)
{
    const struct blocks *b = w->b;
    const double *column = w->whole.S + (size_t)j * (size_t)w->whole.ld, *extras = column + b->tail_size;
    int own = b->tail_terms[b->column_term[j]].term, count = b->term_count, p = b->inverted;
    double *squares = w->by_term, *forms = squares + b->tail_count;

    memset(squares, 0, sizeof(double) * 2 * (size_t)b->tail_count);
    for (int i = j + 1; i < b->tail_size; i++) {
        int t = b->column_term[i];

        squares[t] += column[i] * column[i];
        forms[t] += column[i] * w->x[i];
    }
    sums->trace[own] += column[j];
    sums->squares[own + own * count] += column[j] * column[j];
    sums->forms[own + own * count] += w->x[j] * column[j] * w->x[j];
    for (int t = 0; t < b->tail_count; t++) {
        add_pair(sums->squares, count, own, b->tail_terms[t].term, squares[t]);
        add_pair(sums->forms, count, own, b->tail_terms[t].term, w->x[j] * forms[t]);
    }
    for (int y = 0; y < p; y++)
        for (int x = 0; x < p; x++)
            sums->outer[(size_t)own * (size_t)p * (size_t)p + (size_t)(x + y * p)] += extras[x] * extras[y];
}

bool blocks_squares(struct blocks *b, const double u[], bool head, const struct tail_sums *sums)
{
    struct sums w = { .b = b, .order = b->tail_size + b->inverted };
    size_t size = (size_t)b->tail_size, count = (size_t)b->term_count, p = (size_t)b->inverted;
    size_t squares = b->tail_whole ? 0 : 2 * (size_t)w.order * (size_t)w.order;
    double *block = mem_alloc(squares + size + 2 * count + 1, sizeof(double)); /* make_inverse writes all of its matrices */
    bool ok = block != NULL;

    if (ok) {
        w.x = block + squares;
        memset(w.x, 0, sizeof(double) * (size + 2 * count));
        w.by_term = w.x + size;
        tail_from_effects(b, u, w.x);
        memset(sums->trace, 0, sizeof(double) * count);
        memset(sums->squares, 0, sizeof(double) * count * count);
        memset(sums->forms, 0, sizeof(double) * count * count);
        memset(sums->outer, 0, sizeof(double) * count * p * p);
        if (b->tail_whole)
            b->tail->ops->whole(b->tail, &w.whole);
        else
            ok = make_inverse(&w, block);
    }
    for (int j = 0; ok && j < b->tail_size; j++) {
        add_column(&w, j, sums);
        ok = !(j % LOOK == 0 && watch_stops(b->watch));
    }
    ok = ok && (!head || blocks_head_squares(b, u, w.x, &w.whole, sums));
    mem_free(block);
    return ok;
}

/* --- its last columns ------------------------------------------------------------------------------------ */

/* The factor of the last `count` columns and of as many extras as L has more, lower triangular: order x order. */
static void copy_last(struct blocks *b, int count, int order, double *L)
{
    int size = b->tail_size, extras = order - count;

    for (int c = 0; c < count; c++) {
        const int *row;
        int rows, first = size - count;
        double *border, *to = L + (size_t)c * (size_t)order, *column;

        column = b->tail->ops->column(b->tail, first + c, false, &row, &rows, &border);
        if (row == NULL)
            memcpy(to + c, column + first + c, sizeof(double) * (size_t)(count - c));
        for (int i = 0; row != NULL && i < rows; i++) /* L is 0 */
            to[row[i] - first] = column[i];
        memcpy(to + count, border, sizeof(double) * (size_t)extras);
    }
    if (extras > 0) {
        double *corner = L + (size_t)order * (size_t)order;

        b->tail->ops->extras_factor(b->tail, extras, corner);
        for (int c = 0; c < extras; c++)
            memcpy(L + (size_t)(count + c) * (size_t)order + count, corner + c * extras, sizeof(double) * (size_t)extras);
    }
}

bool blocks_last_traces(struct blocks *b, int columns, double trace[])
{
    int count = b->tail_size < LAST ? b->tail_size : LAST, order = count + columns;
    size_t square = (size_t)order * (size_t)order;
    double *L = mem_zalloc(3 * square + 1, sizeof(double));
    int *found = mem_zalloc((size_t)b->tail_count + 1, sizeof *found);
    bool ok = L != NULL && found != NULL;

    for (int t = 0; t < b->term_count; t++)
        trace[t] = -1.0;
    if (ok && count > 0) {
        double *S = L + 2 * square;

        copy_last(b, count, order, L);
        chol_invert(order, L, L + square, S, order);
        for (int t = 0; t < b->tail_count; t++)
            trace[b->tail_terms[t].term] = 0.0;
        for (int c = 0; c < count; c++) {
            int t = b->column_term[b->tail_size - count + c];

            trace[b->tail_terms[t].term] += S[(size_t)c * (size_t)(order + 1)];
            found[t]++;
        }
        for (int t = 0; t < b->tail_count; t++)
            if (found[t] < b->tail_terms[t].levels * b->tail_terms[t].k)
                trace[b->tail_terms[t].term] = -1.0;
    }
    mem_free(L);
    mem_free(found);
    return ok;
}

bool blocks_in_tail(const struct blocks *b, int term)
{
    for (int t = 0; t < b->tail_count; t++)
        if (b->tail_terms[t].term == term)
            return true;
    return false;
}
