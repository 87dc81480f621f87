/* blocks-inverse.c -- the selected inverse of the block-sparse system, and what is read off it.
 *
 * With S = M^-1, node by node from the dense tail backwards (Takahashi's recursion; R = the node's rows, G = L_Rl L_ll^-1):
 *
 *       S_Rl = -S_RR G,     S_ll = (L_ll L_ll')^-1 + G' S_RR G
 *
 * The entries of S_RR that it asks for lie on the pattern of L again: they stand in the dense inverse or in the values of the
 * ancestors. */
#include <string.h>

#include "base/threads.h"
#include "linalg/blocks-private.h"
#include "linalg/dense.h"
#include "linalg/templates.h"

/* The ancestors of a node, with the places of its tail rows among theirs, as the recursions visit them. */
struct climb {
    int32_t level[CHAIN_LIMIT]; /* of each chain term from c on */
    int first[CHAIN_LIMIT];     /* its first row among the node's rows */
};

static struct climb climb_from(const struct blocks *b, int c, int32_t l)
{
    struct climb climb;
    int row = 0;

    memset(&climb, 0, sizeof climb);
    climb.level[c] = l;
    for (int a = c + 1; a < b->chain_count; a++) {
        climb.level[a] = b->chain[a - 1].parent[climb.level[a - 1]];
        climb.first[a] = row;
        row += b->chain[a].k;
    }
    return climb;
}

/* out (rows x k) = S_RR G for the rows of the node that the inverse includes; where it has been multiplied by columns, what is
 * left of that. */
static void multiply_selected(const struct blocks *b, int c, int32_t l, const double *G, double *out, int32_t *places)
{
    const struct chain *chain = &b->chain[c];
    int k = chain->k, ancestors = chain->ancestor_rows;
    size_t tail_rows = tail_rows_of(chain, l), dense_rows = tail_rows + (size_t)b->inverted;
    const int32_t *tail_row = tail_row_of(chain, l);
    struct climb climb = climb_from(b, c, l);
    double *dense_out = out + ancestors * k;
    const double *dense_G = G + ancestors * k;

    if (chain->column != NULL)
        b->tail->ops->multiply(b->tail, NULL, 0, dense_G + tail_rows, 1, dense_out + tail_rows);
    else if (!chain->alike) {
        memset(out, 0, sizeof(double) * ((size_t)ancestors + dense_rows) * (size_t)k);
        b->tail->ops->multiply(b->tail, tail_row, tail_rows, dense_G, k, dense_out);
    }
    for (size_t r = 0; r < tail_rows; r++)
        places[r] = (int32_t)r;
    for (int a = c + 1; a < b->chain_count; a++) { /* ancestor a with itself, later ancestors, and the dense rows */
        const struct chain *up = &b->chain[a];
        const double *D = b->S + up->value[climb.level[a]], *rows = D + up->k * up->k;
        double *own = out + climb.first[a] * k;
        const double *G_own = G + climb.first[a] * k;

        for (size_t r = 0; r < tail_rows; r++)
            places[r] = b->chain[a - 1].parent_row[b->chain[a - 1].pattern[climb.level[a - 1]] + (size_t)places[r]];
        for (int p = 0; p < up->k; p++)
            for (int q = 0; q < up->k; q++)
                for (int x = 0; x < k; x++)
                    own[p * k + x] += D[p + q * up->k] * G_own[q * k + x];
        for (int r = 0; r < up->ancestor_rows; r++) /* rows of later ancestors stand behind a's own */
            for (int q = 0; q < up->k; q++) {
                double s = rows[r * up->k + q];

                for (int x = 0; x < k; x++) {
                    own[(up->k + r) * k + x] += s * G_own[q * k + x];
                    own[q * k + x] += s * G_own[(up->k + r) * k + x];
                }
            }
        for (size_t r = 0; r < dense_rows; r++) {
            size_t place = r < tail_rows ? (size_t)places[r] : tail_rows_of(up, climb.level[a]) + (r - tail_rows);
            const double *s = rows + ((size_t)up->ancestor_rows + place) * (size_t)up->k;

            for (int q = 0; q < up->k; q++)
                for (int x = 0; x < k; x++) {
                    dense_out[r * (size_t)k + (size_t)x] += s[q] * G_own[q * k + x];
                    own[q * k + x] += s[q] * dense_G[r * (size_t)k + (size_t)x];
                }
        }
    }
}

/* (L L')^-1 of a k x k factor, column-major, into out. */
static void small_inverse(int k, const double *l, double *out)
{
    for (int j = 0; j < k; j++) {
        double *x = out + j * k;

        memset(x, 0, sizeof(double) * (size_t)k);
        x[j] = 1.0;
        for (int i = j; i < k; i++) {
            for (int a = j; a < i; a++)
                x[i] -= l[i + a * k] * x[a];
            x[i] /= l[i + i * k];
        }
        for (int i = k - 1; i >= 0; i--) {
            for (int a = i + 1; a < k; a++)
                x[i] -= l[a + i * k] * x[a];
            x[i] /= l[i + i * k];
        }
    }
}

/* `G` has room for the node's rows, `places` for its tail rows. */
static void invert_node(const struct blocks *b, int c, int32_t l, double *G, int32_t *places)
{
    const struct chain *chain = &b->chain[c];
    int k = chain->k;
    size_t all = (size_t)chain->ancestor_rows + tail_rows_of(chain, l) + (size_t)b->extras;
    size_t used = all - (size_t)b->extras + (size_t)b->inverted;
    const double *D = b->L + chain->value[l];
    double *SD = b->S + chain->value[l], *SB = SD + k * k;

    if (chain->column != NULL || chain->alike)
        G = b->G + chain->value[l] + k * k;
    else {
        memcpy(G, D + k * k, sizeof(double) * used * (size_t)k);
        small_solve_right(k, D, (int)used, G, k);
    }
    multiply_selected(b, c, l, G, SB, places); /* S_RR G, for the moment */
    small_inverse(k, D, SD);
    for (size_t r = 0; k == 1 && r < used; r++)
        SD[0] += G[r] * SB[r];
    for (size_t r = 0; k > 1 && r < used; r++)
        for (int q = 0; q < k; q++)
            for (int p = 0; p < k; p++)
                SD[p + q * k] += G[r * (size_t)k + (size_t)p] * SB[r * (size_t)k + (size_t)q];
    for (size_t r = 0; r < used * (size_t)k; r++)
        SB[r] = -SB[r];
    memset(SB + used * (size_t)k, 0, sizeof(double) * (all - used) * (size_t)k);
}

void blocks_invert(struct blocks *b, int columns)
{
    b->inverted = columns;
    b->tail->ops->invert(b->tail, columns);
    for (int c = b->chain_count - 1; c >= 0; c--) { /* the levels of one term do not read each other */
        int32_t levels = b->chain[c].levels;

        if (b->chain[c].column != NULL)
            blocks_multiply_columns(b, c);
        if (b->chain[c].alike)
            blocks_multiply_alike(b, c);
#pragma omp parallel for schedule(dynamic, 64) num_threads(b->threads) if (shares_nodes(b))
        for (int32_t l = 0; l < levels; l++) {
            size_t thread = (size_t)omp_get_thread_num();

            if (l % b->look == 0 ? watch_stops(b->watch) : watch_stopped(b->watch))
                continue;
            invert_node(b, c, l, b->work + thread * b->work_size, b->places + thread * (size_t)b->most_rows);
        }
    }
}

void blocks_inverse_block(const struct blocks *b, int term, int32_t level, double *out)
{
    for (int c = 0; c < b->chain_count; c++)
        if (b->chain[c].term == term) {
            const struct chain *chain = &b->chain[c];

            memcpy(out, b->S + chain->value[level], sizeof(double) * (size_t)(chain->k * chain->k));
            return;
        }
    for (int t = 0; t < b->tail_count; t++)
        if (b->tail_terms[t].term == term) {
            int k = b->tail_terms[t].k, first = tail_column(b, t, level);

            for (int q = 0; q < k; q++)
                for (int p = 0; p < k; p++)
                    out[p + q * k] = b->tail->ops->inverse(b->tail, first + p, first + q);
        }
}

static const double SOUND = 1e-8; /* what is left of an entry beside what it was taken from: half of its digits */

/* Entry (x, (level, a)) of S: an extra and an effect of a term. */
static double inverse_with_extra(const struct blocks *b, int term, int32_t level, int a, int x)
{
    for (int c = 0; c < b->chain_count; c++)
        if (b->chain[c].term == term) {
            const struct chain *chain = &b->chain[c];
            size_t k = (size_t)chain->k, row = (size_t)chain->ancestor_rows + tail_rows_of(chain, level) + (size_t)x;

            return b->S[chain->value[level] + k * k + row * k + (size_t)a];
        }
    for (int t = 0; t < b->tail_count; t++)
        if (b->tail_terms[t].term == term)
            return b->tail->ops->inverse(b->tail, b->tail_size + x, tail_column(b, t, level) + a);
    return 0.0;
}

/* S_xx is the inverse of L_xx L_xx', so that what is subtracted is V'V with V = L_xx' S_xl. */
bool blocks_inverse_block_alone(const struct blocks *b, int term, int32_t level, const double *factor, double *work, double *out)
{
    int k = b->terms[term].k, extras = b->inverted;
    double *V = work + extras * k;
    bool sound = true;

    blocks_inverse_block(b, term, level, out);
    for (int a = 0; a < k; a++) {
        double *S = work + a * extras;

        for (int x = 0; x < extras; x++)
            S[x] = inverse_with_extra(b, term, level, a, x);
        for (int x = 0; x < extras; x++) {
            V[x + a * extras] = 0.0;
            for (int y = x; y < extras; y++)
                V[x + a * extras] += factor[y + x * extras] * S[y];
        }
    }
    for (int q = 0; q < k; q++)
        for (int a = 0; a < k; a++) {
            double whole = out[a + q * k];

            for (int x = 0; x < extras; x++)
                out[a + q * k] -= V[x + a * extras] * V[x + q * extras];
            sound = sound && (a != q || out[a + q * k] > SOUND * whole);
        }
    return sound;
}

/* --- gradient of the determinant --------------------------------------------------------------- */

static void node_gradient(const struct blocks *b, int c, int32_t l, const double *const lambda[], double *const gamma[])
{
    const struct chain *chain = &b->chain[c];
    int k = chain->k;
    size_t tail_rows = tail_rows_of(chain, l);
    const double *A = b->A + chain->value[l], *S = b->S + chain->value[l];
    double *own = gamma[chain->term];

    add_product(k, k, A, lambda[chain->term], S, own); /* both symmetric: row-major is column-major */
    A += k * k;
    S += k * k;
    for (int a = c + 1; a < b->chain_count; a++) {
        int term = b->chain[a].term, kr = b->chain[a].k;

        add_product(kr, k, A, lambda[term], S, own);
        add_mirror(kr, k, A, lambda[chain->term], S, gamma[term]);
        A += kr * k;
        S += kr * k;
    }
    for (size_t r = 0; r < tail_rows;) {
        int t = b->column_term[chain->tail_row[chain->pattern[l] + r]], term, kr;

        term = b->tail_terms[t].term;
        kr = b->tail_terms[t].k;
        add_product(kr, k, A, lambda[term], S, own);
        add_mirror(kr, k, A, lambda[chain->term], S, gamma[term]);
        A += kr * k;
        S += kr * k;
        r += (size_t)kr;
    }
    for (int x = 0; x < b->inverted; x++, A += k, S += k)
        add_product(1, k, A, NULL, S, own);
}

/* Part i of the nodes of all chain terms, into `part`. */
static void part_gradient(const struct blocks *b, int i, const double *const lambda[], double *const part[])
{
    for (int c = 0; c < b->chain_count; c++) {
        int64_t levels = b->chain[c].levels;

        for (int32_t l = (int32_t)(levels * i / NODE_PARTS); l < (int32_t)(levels * (i + 1) / NODE_PARTS); l++)
            node_gradient(b, c, l, lambda, part);
    }
}

/* The nodes in a fixed number of parts, whatever the number of threads, so that the sums are the same. */
void blocks_logdet_gradient(struct blocks *b, const double *const lambda[], double *const logdet[])
{
    memset(b->part_values, 0, sizeof(double) * NODE_PARTS * b->part_size);
#pragma omp parallel for schedule(dynamic) num_threads(b->threads) if (shares_nodes(b))
    for (int i = 0; i < NODE_PARTS; i++)
        part_gradient(b, i, lambda, b->parts + i * b->term_count);
    for (int t = 0; t < b->term_count; t++) {
        size_t kk = (size_t)(b->terms[t].k * b->terms[t].k);

        memset(logdet[t], 0, sizeof(double) * kk);
        for (int i = 0; i < NODE_PARTS; i++)
            for (size_t a = 0; a < kk; a++)
                logdet[t][a] += b->parts[i * b->term_count + t][a];
    }
    b->tail->ops->gradient(b->tail, lambda, logdet);
}

/* --- products with the residual ------------------------------------------------------------------ */

void blocks_residual_products(struct blocks *b, const double effects[], const double beta[], double z[])
{
    int p = b->extras - 1;
    double *x = b->vector, *zx = x + b->tail_size + b->extras;

    memset(z, 0, sizeof(double) * b->size);
    tail_from_effects(b, effects, x);
    b->tail->ops->residual(b->tail, x, beta, zx);
    for (int c = 0; c < b->chain_count; c++) {
        const struct chain *chain = &b->chain[c];
        int k = chain->k;

        for (int32_t l = 0; l < chain->levels; l++) {
            size_t tail_rows = tail_rows_of(chain, l), at = b->offset[chain->term] + (size_t)l * (size_t)k;
            const double *A = b->A + chain->value[l], *bl = effects + at;
            double *zl = z + at;
            struct climb climb = climb_from(b, c, l);

            subtract_block(k, k, A, bl, bl, zl, NULL);
            A += k * k;
            for (int a = c + 1; a < b->chain_count; a++) {
                size_t up = b->offset[b->chain[a].term] + (size_t)climb.level[a] * (size_t)b->chain[a].k;

                subtract_block(b->chain[a].k, k, A, effects + up, bl, zl, z + up);
                A += b->chain[a].k * k;
            }
            for (size_t r = 0; r < tail_rows; r++, A += k) {
                int column = chain->tail_row[chain->pattern[l] + r];

                subtract_block(1, k, A, x + column, bl, zl, zx + column);
            }
            for (int q = 0; q < p; q++, A += k)
                subtract_block(1, k, A, beta + q, bl, zl, NULL);
            for (int a = 0; a < k; a++)
                zl[a] += A[a];
        }
    }
    tail_to_effects(b, zx, z);
}
