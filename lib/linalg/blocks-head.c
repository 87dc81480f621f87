/* blocks-head.c -- what blocks-squares.c has of the tail, of the one term before it: nodes of one effect, l, of which the tail
 * and the extras know G_l = L_Rl / L_ll.  With S the inverse of the tail and the extras, and K the sum of G_l' G_l,
 *
 *     S_lm = [l = m] / L_ll^2 + G_l S G_m',    S_lT = -G_l S,
 *     sum of squares of S_lT, of column j of T           = (S K S)_jj
 *     sum of squares of S_lm                             = tr S K S K + what the diagonal has beside it
 *
 * K S is formed from the nodes, which have few entries each, for some columns of S at a time. */
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "linalg/blocks-private.h"

/* Columns of S taken together, for all of which there are registers; of the product in squares that stay at hand. */
enum { PANEL = 16, SQUARE = 64 };

struct head {
    const struct blocks *b;
    const struct chain *chain;
    const struct tail_whole *whole;
    int size, order;        /* columns of the tail; and of the extras in S */
    size_t *start;          /* levels + 1: where a node's G starts */
    double *block, *G;      /* own; and in it */
    double *border, *along; /* K S of the extras, order x extras; the diagonal of S K S, order */
    double *parts;          /* order: sums by columns */
    double *panels;         /* threads x 2 x order x PANEL */
};

bool blocks_has_head(const struct blocks *b)
{
    return b->chain_count == 1 && b->chain[0].k == 1 && b->tail_size > 0;
}

double blocks_head_work(const struct blocks *b)
{
    const struct chain *chain = &b->chain[0];
    double entries = (double)chain->pattern[chain->levels] + (double)chain->levels * b->extras;

    return 2.0 * entries * (b->tail_size + b->extras);
}

double blocks_head_room(const struct blocks *b)
{
    double order = b->tail_size + b->extras;
    const struct chain *chain = &b->chain[0];

    return sizeof(double)
           * ((double)chain->pattern[chain->levels] + (double)chain->levels * (b->extras + 1)
              + order * (b->extras + 2 + 2.0 * PANEL * b->threads));
}

static bool head_init(struct head *h, const struct blocks *b, const struct tail_whole *whole)
{
    const struct chain *chain = &b->chain[0];
    size_t extras = (size_t)b->inverted, order = (size_t)b->tail_size + extras, entries;

    memset(h, 0, sizeof *h);
    h->b = b;
    h->chain = chain;
    h->whole = whole;
    h->size = b->tail_size;
    h->order = (int)order;
    entries = chain->pattern[chain->levels] + (size_t)chain->levels * extras;
    h->start = mem_alloc((size_t)chain->levels + 1, sizeof *h->start);
    h->block = mem_alloc(entries + order * (extras + 2 + 2 * PANEL * (size_t)b->threads), sizeof(double));
    if (h->start == NULL || h->block == NULL)
        return false;
    h->G = h->block;
    h->border = h->G + entries;
    h->along = h->border + order * extras;
    h->parts = h->along + order;
    h->panels = h->parts + order;
    h->start[0] = 0;
    for (int32_t l = 0; l < chain->levels; l++) {
        const double *L = b->L + chain->value[l];
        size_t count = tail_rows_of(chain, l) + extras;

        for (size_t r = 0; r < count; r++)
            h->G[h->start[l] + r] = L[1 + r] / L[0];
        h->start[l + 1] = h->start[l] + count;
    }
    return true;
}

static void head_clear(struct head *h)
{
    mem_free(h->start);
    mem_free(h->block);
}

/* Entry (i, j) of S, i >= j. */
static double lower(const struct head *h, int i, int j)
{
    const struct tail_whole *w = h->whole;

    return j < h->size ? w->S[(size_t)j * (size_t)w->ld + (size_t)i]
                       : w->corner[(size_t)(j - h->size) * (size_t)w->corner_ld + (size_t)(i - h->size)];
}

static double *product_column(const struct head *h, int j)
{
    size_t order = (size_t)h->order;

    return j < h->size ? h->whole->scratch + (size_t)j * order : h->border + (size_t)(j - h->size) * order;
}

/* x: the `width` columns of S from `first` on, row by row. */
static void gather_panel(const struct head *h, int first, int width, double *x)
{
    memset(x, 0, sizeof(double) * (size_t)h->order * PANEL);
    for (int i = 0; i < h->order; i++)
        for (int c = 0; c < width; c++)
            x[(size_t)i * PANEL + (size_t)c] = i < first + c ? lower(h, first + c, i) : lower(h, i, first + c);
}

/* Every processor has vectors of two numbers; most have some of four, and say so. */
#define LANES       2
#define LANED(name) name##_by_2
#define LANES_FOR
#include "linalg/blocks-head-lanes.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define LANES       4
#define LANED(name) name##_by_4
#define LANES_FOR   __attribute__((target("avx2"))) /* which has no fused products: with those digits would differ */
#include "linalg/blocks-head-lanes.h"

static void multiply_nodes(const struct head *h, const double *x, double *out)
{
    if (__builtin_cpu_supports("avx2"))
        multiply_nodes_by_4(h, x, out);
    else
        multiply_nodes_by_2(h, x, out);
}
#else
static void multiply_nodes(const struct head *h, const double *x, double *out)
{
    multiply_nodes_by_2(h, x, out);
}
#endif

/* K S and the diagonal of S K S, for the columns from `first` on. */
static void multiply_panel(struct head *h, int first)
{
    size_t room = (size_t)h->order * PANEL;
    double *x = h->panels + (size_t)omp_get_thread_num() * 2 * room, *out = x + room;
    int width = h->order - first < PANEL ? h->order - first : PANEL;

    gather_panel(h, first, width, x);
    memset(out, 0, sizeof(double) * room);
    multiply_nodes(h, x, out);
    for (int c = 0; c < width; c++) {
        double *column = product_column(h, first + c), sum = 0.0;

        for (int i = 0; i < h->order; i++) {
            column[i] = out[(size_t)i * PANEL + (size_t)c];
            sum += x[(size_t)i * PANEL + (size_t)c] * column[i];
        }
        h->along[first + c] = sum;
    }
}

/* tr S K S K: the sum of W_ij W_ji, W = K S, for the columns from `first` on and the rows before them. */
static double trace_square(const struct head *h, int first)
{
    int end = first + SQUARE < h->order ? first + SQUARE : h->order;
    double sum = 0.0;

    for (int from = 0; from < end; from += SQUARE)
        for (int j = first; j < end; j++) {
            const double *column = product_column(h, j);
            int to = from + SQUARE < j ? from + SQUARE : j;

            for (int i = from; i < to; i++)
                sum += 2.0 * column[i] * product_column(h, i)[j];
            if (from == first)
                sum += column[j] * column[j];
        }
    return sum;
}

static double sum_of_squares(struct head *h)
{
    int panels = (h->order + PANEL - 1) / PANEL, squares = (h->order + SQUARE - 1) / SQUARE;
    double sum = 0.0;

#pragma omp parallel for schedule(dynamic) num_threads(h->b->threads)
    for (int panel = 0; panel < panels; panel++)
        if (!watch_stops(h->b->watch))
            multiply_panel(h, panel * PANEL);
    if (watch_stopped(h->b->watch))
        return 0.0;
#pragma omp parallel for schedule(dynamic) num_threads(h->b->threads)
    for (int square = 0; square < squares; square++)
        h->parts[square] = trace_square(h, square * SQUARE);
    for (int square = 0; square < squares; square++)
        sum += h->parts[square];
    for (int32_t l = 0; l < h->chain->levels; l++) {
        double L = h->b->L[h->chain->value[l]], S = h->b->S[h->chain->value[l]], rest = S - 1.0 / (L * L);

        sum += S * S - rest * rest;
    }
    return sum;
}

/* v := S G'u, u of the nodes, by the way of h->parts. */
static void send_effects(struct head *h, const double *u, double *v)
{
    double *x = h->parts;

    memset(x, 0, sizeof(double) * (size_t)h->order);
    memset(v, 0, sizeof(double) * (size_t)h->order);
    for (int32_t l = 0; l < h->chain->levels; l++) {
        size_t rows = tail_rows_of(h->chain, l), count = h->start[l + 1] - h->start[l];
        const int32_t *row = tail_row_of(h->chain, l);

        for (size_t r = 0; r < count; r++)
            x[dense_column(h->b, row, rows, r)] += h->G[h->start[l] + r] * u[l];
    }
    for (int j = 0; j < h->order; j++) {
        v[j] += lower(h, j, j) * x[j];
        for (int i = j + 1; i < h->order; i++) {
            double s = lower(h, i, j);

            v[i] += s * x[j];
            v[j] += s * x[i];
        }
    }
}

static void add_forms(struct head *h, const double u[], const double *u_tail, const struct tail_sums *sums)
{
    const struct blocks *b = h->b;
    int own = h->chain->term, count = b->term_count;
    const double *ul = u + b->offset[own];
    double *v = h->panels, form = 0.0;

    send_effects(h, ul, v);
    for (int j = 0; j < h->order; j++)
        form += h->parts[j] * v[j];
    for (int32_t l = 0; l < h->chain->levels; l++) {
        double L = b->L[h->chain->value[l]];

        form += ul[l] * ul[l] / (L * L);
    }
    sums->forms[own + own * count] = form;
    for (int j = 0; j < h->size; j++) {
        int term = b->tail_terms[b->column_term[j]].term;

        sums->forms[own + term * count] -= v[j] * u_tail[j];
        sums->forms[term + own * count] -= v[j] * u_tail[j];
    }
}

static void add_outer(const struct head *h, double *outer)
{
    const struct blocks *b = h->b;
    int p = b->inverted;

    for (int32_t l = 0; l < h->chain->levels; l++) {
        const double *S = b->S + h->chain->value[l] + 1 + tail_rows_of(h->chain, l);

        for (int y = 0; y < p; y++)
            for (int x = 0; x < p; x++)
                outer[x + y * p] += S[x] * S[y];
    }
}

bool blocks_head_squares(struct blocks *b, const double u[], const double *u_tail, const struct tail_whole *whole,
                         const struct tail_sums *sums)
{
    struct head h;
    bool ok = head_init(&h, b, whole);
    int own = b->chain[0].term, count = b->term_count;

    if (ok) {
        sums->squares[own + own * count] = sum_of_squares(&h);
        for (int j = 0; j < h.size; j++) {
            int term = b->tail_terms[b->column_term[j]].term;

            sums->squares[own + term * count] += h.along[j];
            sums->squares[term + own * count] += h.along[j];
        }
        for (int32_t l = 0; l < b->chain[0].levels; l++)
            sums->trace[own] += b->S[b->chain[0].value[l]];
        add_forms(&h, u, u_tail, sums);
        add_outer(&h, sums->outer + (size_t)own * (size_t)b->inverted * (size_t)b->inverted);
        ok = !watch_stopped(b->watch);
    }
    head_clear(&h);
    return ok;
}
