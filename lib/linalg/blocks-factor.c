/* blocks-factor.c -- Cholesky of the block-sparse system, and solves.
 *
 *   for each node l, chain term by chain term (k = its size, R = its rows):
 *       M_ll = Lambda' A_ll Lambda + I,  M_Rl = Lambda_R' A_Rl Lambda        (minus what earlier nodes sent)
 *       L_ll = chol(M_ll),  L_Rl = M_Rl L_ll^-T
 *       M_RR -= L_Rl L_Rl'                                                  (to ancestors and to the dense tail)
 *   then the dense tail: L_TT = chol(M_TT). */
#include <math.h>
#include <string.h>

#include "base/threads.h"
#include "linalg/blocks-private.h"
#include "linalg/dense.h"
#include "linalg/templates.h"
#include "linalg/watched.h"

/* The values of a node of M, from those of A. */
static void scale_node(const struct blocks *b, int c, int32_t l, const double *const lambda[])
{
    const struct chain *chain = &b->chain[c];
    int k = chain->k;
    size_t tail_rows = tail_rows_of(chain, l);
    int rows = chain->ancestor_rows + (int)tail_rows + b->extras;
    double *D = b->L + chain->value[l], *B = D + k * k;

    memcpy(D, b->A + chain->value[l], sizeof(double) * (size_t)(k * (k + rows)));
    scale_columns(k, k, D, lambda[chain->term]); /* D is symmetric: its rows are its columns */
    scale_rows(k, k, D, lambda[chain->term]);
    for (int a = 0; a < k; a++)
        D[a + a * k] += 1.0;
    scale_columns(rows, k, B, lambda[chain->term]);
    for (int a = c + 1; a < b->chain_count; a++) {
        scale_rows(b->chain[a].k, k, B, lambda[b->chain[a].term]);
        B += b->chain[a].k * k;
    }
    for (size_t r = 0; r < tail_rows;) {
        int t = b->column_term[chain->tail_row[chain->pattern[l] + r]];

        scale_rows(b->tail_terms[t].k, k, B, lambda[b->tail_terms[t].term]);
        B += b->tail_terms[t].k * k;
        r += (size_t)b->tail_terms[t].k;
    }
}

/* M_RR -= L_Rl L_Rl' for the ancestors of the node: their own blocks and their rows. */
static void send_to_ancestors(struct blocks *b, int c, int32_t l, const double *B)
{
    const struct chain *chain = &b->chain[c];
    int k = chain->k;
    size_t tail_rows = tail_rows_of(chain, l);
    const double *tail = B + (size_t)chain->ancestor_rows * (size_t)k;
    int32_t at = l;
    int before = 0;

    for (size_t r = 0; r < tail_rows; r++)
        b->places[r] = (int32_t)r;
    for (int a = c + 1; a < b->chain_count; a++) {
        const struct chain *up = &b->chain[a];
        const double *own = B + before * k;
        double *D, *rows;

        for (size_t r = 0; r < tail_rows; r++) /* places among the rows of this ancestor */
            b->places[r] = b->chain[a - 1].parent_row[b->chain[a - 1].pattern[at] + (size_t)b->places[r]];
        at = b->chain[a - 1].parent[at];
        D = b->L + up->value[at];
        rows = D + up->k * up->k;
        for (int q = 0; q < up->k; q++)
            for (int p = 0; p < up->k; p++)
                D[p + q * up->k] -= dot_k(k, own + p * k, own + q * k);
        for (int q = 0; q < up->k; q++) {
            const double *Bq = own + q * k;

            for (int r = 0; r < up->ancestor_rows; r++)
                rows[r * up->k + q] -= dot_k(k, own + (up->k + r) * k, Bq);
            for (size_t r = 0; r < tail_rows; r++)
                rows[((size_t)up->ancestor_rows + (size_t)b->places[r]) * (size_t)up->k + (size_t)q] -=
                    dot_k(k, tail + r * (size_t)k, Bq);
            for (int x = 0; x < b->extras; x++)
                rows[((size_t)up->ancestor_rows + tail_rows_of(up, at) + (size_t)x) * (size_t)up->k + (size_t)q] -=
                    dot_k(k, tail + (tail_rows + (size_t)x) * (size_t)k, Bq);
        }
        before += up->k;
    }
}

/* The node's own columns of L, where earlier nodes have sent what they had to; false when it is not positive definite. */
static bool factor_node(struct blocks *b, int c, int32_t l, const double *const lambda[])
{
    const struct chain *chain = &b->chain[c];
    int k = chain->k, rows = chain->ancestor_rows + (int)tail_rows_of(chain, l) + b->extras;
    double *D = b->L + chain->value[l];

    if (c == 0)
        scale_node(b, c, l, lambda);
    if (small_chol(k, D) != 0)
        return false;
    small_solve_right_transposed(k, D, rows, D + k * k, k);
    return true;
}

static const double *rows_below(const struct blocks *b, int c, int32_t l)
{
    return b->L + b->chain[c].value[l] + b->chain[c].k * b->chain[c].k;
}

/* What the node sends to the columns from .. to-1 of the tail. */
static void send_to_tail(struct blocks *b, int c, int32_t l, int from, int to)
{
    const struct chain *chain = &b->chain[c];

    b->tail->ops->subtract(b->tail, from, to, tail_row_of(chain, l), tail_rows_of(chain, l),
                           rows_below(b, c, l) + chain->ancestor_rows * chain->k, chain->k);
}

/* Node by node. */
static bool factor_chain(struct blocks *b, int c, const double *const lambda[])
{
    for (int32_t l = 0; l < b->chain[c].levels; l++) {
        if ((l % b->look == 0 && watch_stops(b->watch)) || !factor_node(b, c, l, lambda))
            return false;
        if (c + 1 < b->chain_count)
            send_to_ancestors(b, c, l, rows_below(b, c, l));
        send_to_tail(b, c, l, 0, b->tail_size + b->extras);
    }
    return true;
}

/* Where part i of the tail's columns starts, the parts being of about equal work: a column is the shorter the later it comes. */
static int part_start(const struct blocks *b, int i)
{
    if (i == TAIL_PARTS)
        return b->tail_size + b->extras;
    return (int)(b->tail_size * (1.0 - sqrt(1.0 - (double)i / TAIL_PARTS))) / TAIL_PANEL * TAIL_PANEL;
}

/* What all nodes of a term send to some columns of the tail. */
static void send_part(struct blocks *b, int c, int from, int to)
{
    if (b->chain[c].alike) {
        blocks_send_alike(b, c, from, to);
        return;
    }
    for (int32_t l = 0; l < b->chain[c].levels && !(l % b->look == 0 ? watch_stops(b->watch) : watch_stopped(b->watch)); l++)
        send_to_tail(b, c, l, from, to);
}

/* The same by threads: nodes of one term do not read each other.  Each column of the tail is subtracted from by one thread, node
 * after node, so that the result does not depend on the number of threads. */
static bool factor_chain_shared(struct blocks *b, int c, const double *const lambda[])
{
    int32_t levels = b->chain[c].levels;
    bool failed = false;

#pragma omp parallel for schedule(dynamic, 64) num_threads(b->threads) reduction(|| : failed)
    for (int32_t l = 0; l < levels; l++)
        if ((l % b->look == 0 ? watch_stops(b->watch) : watch_stopped(b->watch)) || !factor_node(b, c, l, lambda))
            failed = true;
    if (failed)
        return false;
    for (int32_t l = 0; l < levels && c + 1 < b->chain_count; l++)
        send_to_ancestors(b, c, l, rows_below(b, c, l));
    if (b->chain[c].column != NULL) {
        blocks_send_columns(b, c);
        return !watch_stops(b->watch);
    }
    if (b->chain[c].alike)
        blocks_stack_alike(b, c);
#pragma omp parallel for schedule(dynamic) num_threads(b->threads)
    for (int part = 0; part < TAIL_PARTS; part++)
        send_part(b, c, part_start(b, part), part_start(b, part + 1));
    return !watch_stops(b->watch);
}

bool blocks_factor(struct blocks *b, const double *const lambda[])
{
    bool shared = shares_nodes(b), ok = true;

    for (int c = 1; c < b->chain_count; c++)
        for (int32_t l = 0; l < b->chain[c].levels; l++)
            scale_node(b, c, l, lambda);
    b->tail->ops->scale(b->tail, lambda);
    for (int c = 0; ok && c < b->chain_count; c++)
        ok = shared ? factor_chain_shared(b, c, lambda) : factor_chain(b, c, lambda);
    return ok && b->tail->ops->factor(b->tail);
}

double blocks_logdet(const struct blocks *b)
{
    double sum = 0.0;

    for (int c = 0; c < b->chain_count; c++) {
        const struct chain *chain = &b->chain[c];

        for (int32_t l = 0; l < chain->levels; l++)
            for (int a = 0; a < chain->k; a++)
                sum += log(b->L[chain->value[l] + (size_t)(a + a * chain->k)]);
    }
    for (int j = 0; j < b->tail_size; j++)
        sum += log(b->tail->ops->diagonal(b->tail, j));
    return 2.0 * sum;
}

double blocks_logdet_extras(const struct blocks *b, int columns)
{
    double sum = 0.0;

    for (int j = b->tail_size; j < b->tail_size + columns; j++)
        sum += log(b->tail->ops->diagonal(b->tail, j));
    return 2.0 * sum;
}

double blocks_rss(const struct blocks *b)
{
    double r = b->tail->ops->diagonal(b->tail, b->tail_size + b->extras - 1);

    return r * r;
}

/* x (a vector over the dense columns) and u: the nodes' part of L' u = v by back-substitution, chain term by chain term.
 * On entry u holds v for the chain terms. */
static void solve_nodes_upper(struct blocks *b, double u[], const double *x, int extras)
{
    for (int c = b->chain_count - 1; c >= 0; c--) {
        const struct chain *chain = &b->chain[c];
        int k = chain->k;

        for (int32_t l = 0; l < chain->levels; l++) {
            size_t tail_rows = tail_rows_of(chain, l);
            const int32_t *tail_row = tail_row_of(chain, l);
            const double *D = b->L + chain->value[l], *B = D + k * k;
            double *ul = u + b->offset[chain->term] + (size_t)l * (size_t)k;
            int32_t at = l;

            for (int a = c + 1; a < b->chain_count; a++) {
                const struct chain *up = &b->chain[a];
                const double *ua;

                at = b->chain[a - 1].parent[at];
                ua = u + b->offset[up->term] + (size_t)at * (size_t)up->k;
                for (int r = 0; r < up->k; r++, B += k)
                    for (int q = 0; q < k; q++)
                        ul[q] -= B[q] * ua[r];
            }
            for (size_t r = 0; r < tail_rows + (size_t)extras; r++, B += k) {
                double value = x[dense_column(b, tail_row, tail_rows, r)];

                for (int q = 0; q < k; q++)
                    ul[q] -= B[q] * value;
            }
            for (int q = k - 1; q >= 0; q--) {
                for (int a = q + 1; a < k; a++)
                    ul[q] -= D[a + q * k] * ul[a];
                ul[q] /= D[q + q * k];
            }
        }
    }
}

void blocks_solve_last(struct blocks *b, double u[], double beta[])
{
    int p = b->extras - 1;
    double *x = b->vector;

    b->tail->ops->last_row(b->tail, x); /* l_y */
    b->tail->ops->solve_upper(b->tail, b->tail_size + p, x);
    for (int c = 0; c < b->chain_count; c++) {
        const struct chain *chain = &b->chain[c];
        size_t k = (size_t)chain->k;

        for (int32_t l = 0; l < chain->levels; l++) {
            size_t last = (size_t)chain->ancestor_rows + tail_rows_of(chain, l) + (size_t)p;

            memcpy(u + b->offset[chain->term] + (size_t)l * k, b->L + chain->value[l] + k * k + last * k, sizeof(double) * k);
        }
    }
    solve_nodes_upper(b, u, x, p);
    tail_to_effects(b, x, u);
    memcpy(beta, x + b->tail_size, sizeof(double) * (size_t)p);
}

/* Forward substitution through the nodes: u := L^-1 u for the chain, and what they send to the dense vector x. */
static void solve_nodes_lower(struct blocks *b, double u[], double *x, int extras)
{
    for (int c = 0; c < b->chain_count; c++) {
        const struct chain *chain = &b->chain[c];
        int k = chain->k;

        for (int32_t l = 0; l < chain->levels; l++) {
            size_t tail_rows = tail_rows_of(chain, l);
            const int32_t *tail_row = tail_row_of(chain, l);
            const double *D = b->L + chain->value[l], *B = D + k * k;
            double *ul = u + b->offset[chain->term] + (size_t)l * (size_t)k;
            int32_t at = l;

            for (int q = 0; q < k; q++) {
                for (int a = 0; a < q; a++)
                    ul[q] -= D[q + a * k] * ul[a];
                ul[q] /= D[q + q * k];
            }
            for (int a = c + 1; a < b->chain_count; a++) {
                const struct chain *up = &b->chain[a];
                double *ua;

                at = b->chain[a - 1].parent[at];
                ua = u + b->offset[up->term] + (size_t)at * (size_t)up->k;
                for (int r = 0; r < up->k; r++, B += k)
                    ua[r] -= dot_k(k, B, ul);
            }
            for (size_t r = 0; r < tail_rows + (size_t)extras; r++, B += k)
                x[dense_column(b, tail_row, tail_rows, r)] -= dot_k(k, B, ul);
        }
    }
}

void blocks_solve_with(struct blocks *b, int columns, double u[], double extras[])
{
    double *x = b->vector;
    size_t bytes = sizeof(double) * (size_t)columns;

    tail_from_effects(b, u, x);
    if (columns > 0)
        memcpy(x + b->tail_size, extras, bytes);
    solve_nodes_lower(b, u, x, columns);
    b->tail->ops->solve_lower(b->tail, b->tail_size + columns, x);
    b->tail->ops->solve_upper(b->tail, b->tail_size + columns, x);
    solve_nodes_upper(b, u, x, columns);
    tail_to_effects(b, x, u);
    if (columns > 0)
        memcpy(extras, x + b->tail_size, bytes);
}

void blocks_solve(struct blocks *b, double u[])
{
    blocks_solve_with(b, 0, u, NULL);
}

double blocks_solve_work(const struct blocks *b)
{
    double columns = b->tail_size + b->extras;

    return 2.0 * ((double)b->value_count + (b->tail_work > 0 ? b->tail_entries : 0.5 * columns * columns));
}

void blocks_extras_factor(const struct blocks *b, int columns, double *out)
{
    b->tail->ops->extras_factor(b->tail, columns, out);
}

void blocks_extras_inverse(struct blocks *b, int columns, double *out)
{
    b->tail->ops->extras_factor(b->tail, columns, out);
    if (columns > 0)
        watched_chol_inverse(columns, out, columns, b->watch);
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < j; i++)
            out[i + j * columns] = out[j + i * columns];
}
