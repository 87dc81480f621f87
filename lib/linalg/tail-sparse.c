/* tail-sparse.c -- a tail in which few levels meet: its products by blocks of levels, its factor and inverse by supernodes.
 *
 * Columns are in the order of elimination.  A has, for each level, the products with itself (D, k x k), with the levels behind it
 * that it meets in a row of the data (B, rows x k, row-major) and with the extras. */
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "linalg/supernodal.h"
#include "linalg/tail.h"
#include "linalg/templates.h"
#include "linalg/watched.h"

struct sparse {
    struct tail tail; /* first: a tail is a sparse one where its ops say so */
    struct supernodal *factor;
    struct tail_pattern pattern;
    int *place;             /* of the pattern's rows, in the supernode of their level */
    size_t *value;          /* of each level, where D and B begin in A */
    double *A, *extras;     /* extras: size x extras, row-major */
    double *corner;         /* extras x extras */
    double *buffer;         /* 2 x the values of the largest level */
    int *places;            /* threads x size */
    size_t values, largest; /* of A; of a level */
};

static struct sparse *sparse_of(struct tail *t)
{
    return (struct sparse *)t;
}

static const struct sparse *sparse_view(const struct tail *t)
{
    return (const struct sparse *)t;
}

static void sparse_free(struct tail *t)
{
    struct sparse *s = sparse_of(t);

    supernodal_free(s->factor);
    tail_pattern_clear(&s->pattern);
    mem_free(s->place);
    mem_free(s->value);
    mem_free(s->A);
    mem_free(s->extras);
    mem_free(s->buffer);
    mem_free(s->places);
    mem_free(s);
}

void tail_pattern_clear(struct tail_pattern *pattern)
{
    mem_free(pattern->first);
    mem_free(pattern->term);
    mem_free(pattern->level_of);
    mem_free(pattern->start);
    mem_free(pattern->row);
    *pattern = (struct tail_pattern){ .count = 0 };
}

/* --- the products ------------------------------------------------------------------------------------- */

/* A level of the pattern, with all that its loops need. */
struct level {
    int k, first, term, node;
    size_t rows;
    const int32_t *row;
    const int *place;
    size_t value;
};

static struct level level_number(const struct sparse *s, int j)
{
    const struct tail_pattern *p = &s->pattern;

    return (struct level){ .first = p->first[j],
                           .k = p->first[j + 1] - p->first[j],
                           .term = s->tail.terms[p->term[j]].term,
                           .node = s->factor->symbolic->owner[p->first[j]],
                           .rows = p->start[j + 1] - p->start[j],
                           .row = p->row + p->start[j],
                           .place = s->place + p->start[j],
                           .value = s->value[j] };
}

/* Term and effects of the level whose first column a row is. */
static int term_at(const struct sparse *s, int32_t row, int *k)
{
    int j = s->pattern.level_of[row];

    *k = s->pattern.first[j + 1] - s->pattern.first[j];
    return s->tail.terms[s->pattern.term[j]].term;
}

static void sparse_clear(struct tail *t)
{
    struct sparse *s = sparse_of(t);

    memset(s->A, 0, sizeof(double) * s->values);
    memset(s->extras, 0, sizeof(double) * (size_t)(t->size + t->extras) * (size_t)t->extras);
}

/* The place of a row, the first column of a level, among those of the level that it meets. */
static size_t find_row(const struct level *level, int32_t wanted)
{
    size_t low = 0, high = level->rows;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (level->row[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void sparse_add_row(struct tail *t, const size_t *first, const double *const *z, const double *extras, double w)
{
    struct sparse *s = sparse_of(t);

    for (int a = 0; a < t->term_count; a++) {
        struct level level = level_number(s, s->pattern.level_of[first[a]]);
        int k = level.k;
        double *D = s->A + level.value;

        for (int q = 0; q < k; q++) {
            double *column = s->extras + (first[a] + (size_t)q) * (size_t)t->extras, x = w * z[a][q];

            for (int p = 0; p < k; p++)
                D[p + q * k] += x * z[a][p];
            for (int e = 0; e < t->extras; e++)
                column[e] += x * extras[e];
        }
        for (int b = 0; b < t->term_count; b++) {
            double *B;

            if (first[b] <= first[a])
                continue;
            B = D + k * k + find_row(&level, (int32_t)first[b]) * (size_t)k;
            for (int p = 0; p < t->terms[b].k; p++)
                for (int q = 0; q < k; q++)
                    B[p * k + q] += w * z[b][p] * z[a][q];
        }
    }
}

static void sparse_add_extras(struct tail *t, int rows, const double *left, const double *right)
{
    if (t->extras > 0)
        watched_gram(t->extras, rows, left, left == right ? NULL : right, sparse_of(t)->corner, t->extras, t->watch);
}

/* The level's values times the templates, and the identity. */
static const double *scaled_values(const struct sparse *s, const struct level *level, const double *const lambda[])
{
    int k = level->k, kr;
    double *D = s->buffer, *B = D + k * k;

    memcpy(D, s->A + level->value, sizeof(double) * ((size_t)(k * k) + level->rows * (size_t)k));
    scale_columns(k, k, D, lambda[level->term]); /* D is symmetric: its rows are its columns */
    scale_rows(k, k, D, lambda[level->term]);
    for (int a = 0; a < k; a++)
        D[a + a * k] += 1.0;
    scale_columns((int)level->rows, k, B, lambda[level->term]);
    for (size_t r = 0; r < level->rows; r += (size_t)kr) {
        int term = term_at(s, level->row[r], &kr);

        scale_rows(kr, k, B + r * (size_t)k, lambda[term]);
    }
    return D;
}

static void sparse_scale(struct tail *t, const double *const lambda[])
{
    struct sparse *s = sparse_of(t);
    double *L = s->factor->L;
    size_t e = (size_t)t->extras;

    memset(L, 0, sizeof(double) * s->factor->values);
    for (int j = 0; j < s->pattern.count; j++) {
        struct level level = level_number(s, j);
        int k = level.k, own = level.first - s->factor->symbolic->first[level.node];
        const double *D = scaled_values(s, &level, lambda), *B = D + k * k, *template = lambda[level.term];

        for (int c = 0; c < k; c++) {
            double *column = L + supernodal_column(s->factor, level.first + c);
            double *border = column + symbolic_rows(s->factor->symbolic, level.node);

            for (int a = c; a < k; a++)
                column[own + a] = D[a + c * k];
            for (size_t r = 0; r < level.rows; r++)
                column[level.place[r]] = B[r * (size_t)k + (size_t)c];
            for (int a = c; a < k; a++)
                for (size_t x = 0; x < e; x++)
                    border[x] += s->extras[(size_t)(level.first + a) * e + x] * template[a + c * k];
        }
    }
    memcpy(L + s->factor->at[s->factor->symbolic->count], s->corner, sizeof(double) * e * e);
}

/* --- what nodes send, and ask for ------------------------------------------------------------------------- */

/* The rows from g on that are columns of the same supernode end here; places[r - g] of all rows from g on. */
static size_t same_node(const struct sparse *s, const int32_t *row, size_t rows, size_t g, size_t limit, int *node, int *places)
{
    const struct symbolic *y = s->factor->symbolic;
    size_t end = g;

    *node = y->owner[row[g]];
    while (end < limit && row[end] < y->first[*node + 1])
        end++;
    supernodal_places(s->factor, *node, row + g, rows - g, places);
    return end;
}

static int *places_of_thread(const struct sparse *s)
{
    return s->places + (size_t)omp_get_thread_num() * (size_t)s->tail.size;
}

/* Column j of the node's rows, those from j on: B_i B_j. */
static void subtract_column(double *column, const int *places, double *border, size_t j, size_t rows, int extras, const double *B,
                            int k)
{
    const double *Bj = B + j * (size_t)k;

    if (k == 1) {
        for (size_t i = j; i < rows; i++)
            column[places[i - j]] -= B[i] * Bj[0];
        for (int x = 0; x < extras; x++)
            border[x] -= B[rows + (size_t)x] * Bj[0];
        return;
    }
    for (size_t i = j; i < rows; i++)
        column[places[i - j]] -= dot_k(k, B + i * (size_t)k, Bj);
    for (int x = 0; x < extras; x++)
        border[x] -= dot_k(k, B + (rows + (size_t)x) * (size_t)k, Bj);
}

static void sparse_subtract(struct tail *t, int from, int to, const int32_t *row, size_t rows, const double *B, int k)
{
    struct sparse *s = sparse_of(t);
    const struct supernodal *f = s->factor;
    size_t last = to < t->size ? tail_find_column(row, rows, to) : rows, width = (size_t)k;
    double *corner = f->L + f->at[f->symbolic->count];
    int *places = places_of_thread(s), node;

    for (size_t g = from > 0 ? tail_find_column(row, rows, from) : 0, end; g < last; g = end) {
        end = same_node(s, row, rows, g, last, &node, places);
        for (size_t j = g; j < end; j++) {
            double *column = f->L + supernodal_column(f, row[j]);

            subtract_column(column, places + (j - g), column + symbolic_rows(f->symbolic, node), j, rows, t->extras, B, k);
        }
    }
    for (int x = from > t->size ? from - t->size : 0; x < to - t->size; x++)
        for (int y = x; y < t->extras; y++)
            corner[(size_t)x * (size_t)t->extras + (size_t)y] -=
                dot_k(k, B + (rows + (size_t)y) * width, B + (rows + (size_t)x) * width);
}

static double *sparse_column(struct tail *t, int j, bool inverse, const int **row, int *count, double **extras)
{
    struct supernodal *f = sparse_of(t)->factor;
    const struct symbolic *y = f->symbolic;
    int node = y->owner[j], before = j - y->first[node], rows = symbolic_rows(y, node);
    double *column = (inverse ? f->S : f->L) + supernodal_column(f, j);

    *row = y->row + y->start[node] + before;
    *count = rows - before;
    *extras = column + rows;
    return column + before;
}

static double *sparse_values(struct tail *t, bool inverse, size_t *count)
{
    struct supernodal *f = sparse_of(t)->factor;

    *count = f->values;
    return inverse ? f->S : f->L;
}

/* out_i += s G_j and out_j += s G_i, for an entry of S below the diagonal. */
static void add_pair(int k, double value, const double *G, size_t i, size_t j, double *out)
{
    for (size_t a = 0; a < (size_t)k; a++) {
        out[i * (size_t)k + a] += value * G[j * (size_t)k + a];
        out[j * (size_t)k + a] += value * G[i * (size_t)k + a];
    }
}

static void add_single(int k, double value, const double *G, size_t j, double *out)
{
    for (size_t a = 0; a < (size_t)k; a++)
        out[j * (size_t)k + a] += value * G[j * (size_t)k + a];
}

static void sparse_multiply(const struct tail *t, const int32_t *row, size_t rows, const double *G, int k, double *out)
{
    const struct sparse *s = sparse_view(t);
    const struct supernodal *f = s->factor;
    const double *corner = f->S + f->at[f->symbolic->count];
    int *places = places_of_thread(s), node;

    for (size_t g = 0, end; g < rows; g = end) {
        end = same_node(s, row, rows, g, rows, &node, places);
        for (size_t j = g; j < end; j++) {
            const double *column = f->S + supernodal_column(f, row[j]);
            const double *border = column + symbolic_rows(f->symbolic, node);

            add_single(k, column[places[j - g]], G, j, out);
            for (size_t i = j + 1; i < rows; i++)
                add_pair(k, column[places[i - g]], G, i, j, out);
            for (int x = 0; x < t->inverted; x++)
                add_pair(k, border[x], G, rows + (size_t)x, j, out);
        }
    }
    for (size_t x = 0; x < (size_t)t->inverted; x++) {
        const double *column = corner + x * (size_t)t->extras;

        add_single(k, column[x], G, rows + x, out);
        for (size_t y = x + 1; y < (size_t)t->inverted; y++)
            add_pair(k, column[y], G, rows + y, rows + x, out);
    }
}

/* --- the factor --------------------------------------------------------------------------------------------- */

static bool sparse_factor(struct tail *t)
{
    sparse_of(t)->factor->watch = t->watch;
    return supernodal_factor(sparse_of(t)->factor);
}

static double sparse_diagonal(const struct tail *t, int column)
{
    return supernodal_diagonal(sparse_view(t)->factor, column);
}

static void sparse_last_row(const struct tail *t, double *x)
{
    supernodal_border_row(sparse_view(t)->factor, t->extras - 1, x);
}

static void sparse_solve_lower(const struct tail *t, int columns, double *x)
{
    supernodal_solve_lower(sparse_view(t)->factor, columns - t->size, x);
}

static void sparse_solve_upper(const struct tail *t, int columns, double *x)
{
    supernodal_solve_upper(sparse_view(t)->factor, columns - t->size, x);
}

static void sparse_extras_factor(const struct tail *t, int columns, double *out)
{
    const struct supernodal *f = sparse_view(t)->factor;
    const double *corner = f->L + f->at[f->symbolic->count];

    for (int j = 0; j < columns; j++)
        for (int i = 0; i < columns; i++)
            out[i + j * columns] = i < j ? 0.0 : corner[(size_t)j * (size_t)t->extras + (size_t)i];
}

static void sparse_invert(struct tail *t, int columns)
{
    t->inverted = columns;
    sparse_of(t)->factor->watch = t->watch;
    supernodal_invert(sparse_of(t)->factor, columns);
}

static double sparse_inverse(const struct tail *t, int i, int j)
{
    return supernodal_inverse(sparse_view(t)->factor, i, j);
}

static void sparse_whole(const struct tail *t, struct tail_whole *whole)
{
    const struct supernodal *f = sparse_view(t)->factor;

    *whole = (struct tail_whole){ .S = f->S + f->at[0],
                                  .ld = supernodal_rows(f, 0),
                                  .corner = f->S + f->at[1],
                                  .corner_ld = f->border,
                                  .scratch = f->scratch };
}

static void sparse_fill(const struct tail *t, double *S, double *work)
{
    supernodal_fill(sparse_view(t)->factor, S, work);
}

static double sparse_fill_work(const struct tail *t)
{
    return supernodal_fill_work(sparse_view(t)->factor);
}

/* --- gradient and residual ---------------------------------------------------------------------------------- */

/* What stands in S where the level has values in A: D, B and the rows of the extras, into the buffer. */
static const double *inverse_values(const struct sparse *s, const struct level *level)
{
    const struct supernodal *f = s->factor;
    int k = level->k, own = level->first - f->symbolic->first[level->node];
    double *D = s->buffer, *B = D + k * k, *extras = B + level->rows * (size_t)k;

    for (int c = 0; c < k; c++) {
        const double *column = f->S + supernodal_column(f, level->first + c);
        const double *border = column + symbolic_rows(f->symbolic, level->node);

        for (int a = c; a < k; a++)
            D[a + c * k] = D[c + a * k] = column[own + a];
        for (size_t r = 0; r < level->rows; r++)
            B[r * (size_t)k + (size_t)c] = column[level->place[r]];
        for (int x = 0; x < s->tail.inverted; x++)
            extras[x * k + c] = border[x];
    }
    return D;
}

static void sparse_gradient(struct tail *t, const double *const lambda[], double *const gamma[])
{
    struct sparse *s = sparse_of(t);
    size_t e = (size_t)t->extras;

    for (int j = 0; j < s->pattern.count; j++) {
        struct level level = level_number(s, j);
        int k = level.k, kr;
        const double *A = s->A + level.value, *S = inverse_values(s, &level), *own = lambda[level.term];
        double *line = s->buffer + s->largest;

        add_product(k, k, A, own, S, gamma[level.term]);
        A += k * k;
        S += k * k;
        for (size_t r = 0; r < level.rows; r += (size_t)kr, A += kr * k, S += kr * k) {
            int term = term_at(s, level.row[r], &kr);

            add_product(kr, k, A, lambda[term], S, gamma[level.term]);
            add_mirror(kr, k, A, own, S, gamma[term]);
        }
        for (int x = 0; x < t->inverted; x++, S += k) {
            for (int c = 0; c < k; c++)
                line[c] = s->extras[(size_t)(level.first + c) * e + (size_t)x];
            add_product(1, k, line, NULL, S, gamma[level.term]);
        }
    }
}

static void sparse_residual(struct tail *t, const double *x, const double *beta, double *z)
{
    struct sparse *s = sparse_of(t);

    for (int j = 0; j < t->size; j++) {
        const double *extras = s->extras + (size_t)j * (size_t)t->extras;

        z[j] = extras[t->extras - 1];
        for (int q = 0; q < t->extras - 1; q++)
            z[j] -= extras[q] * beta[q];
    }
    for (int j = 0; j < s->pattern.count; j++) {
        struct level level = level_number(s, j);
        int k = level.k;
        const double *A = s->A + level.value, *own = x + level.first;
        double *zl = z + level.first;

        subtract_block(k, k, A, own, own, zl, NULL);
        A += k * k;
        for (size_t r = 0; r < level.rows; r++, A += k)
            subtract_block(1, k, A, x + level.row[r], own, zl, z + level.row[r]);
    }
}

static const struct tail_ops sparse_ops = {
    .free = sparse_free,
    .clear = sparse_clear,
    .add_row = sparse_add_row,
    .add_extras = sparse_add_extras,
    .scale = sparse_scale,
    .subtract = sparse_subtract,
    .column = sparse_column,
    .values = sparse_values,
    .factor = sparse_factor,
    .diagonal = sparse_diagonal,
    .last_row = sparse_last_row,
    .solve_lower = sparse_solve_lower,
    .solve_upper = sparse_solve_upper,
    .extras_factor = sparse_extras_factor,
    .invert = sparse_invert,
    .inverse = sparse_inverse,
    .whole = sparse_whole,
    .fill = sparse_fill,
    .fill_work = sparse_fill_work,
    .multiply = sparse_multiply,
    .gradient = sparse_gradient,
    .residual = sparse_residual,
};

/* --- making ------------------------------------------------------------------------------------------------- */

static bool allocate(struct sparse *s)
{
    const struct tail_pattern *p = &s->pattern;
    size_t size = (size_t)s->tail.size, e = (size_t)s->tail.extras;

    s->value = mem_alloc((size_t)p->count, sizeof *s->value);
    s->place = mem_alloc(p->start[p->count], sizeof *s->place);
    if (s->value == NULL || s->place == NULL)
        return false;
    for (int j = 0; j < p->count; j++) {
        size_t k = (size_t)(p->first[j + 1] - p->first[j]), rows = p->start[j + 1] - p->start[j];

        s->value[j] = s->values;
        s->values += k * (k + rows);
        s->largest = k * (k + rows + e) > s->largest ? k * (k + rows + e) : s->largest;
    }
    s->A = mem_alloc(s->values, sizeof(double));
    s->extras = mem_alloc((size + e) * e, sizeof(double));
    s->buffer = mem_alloc(2 * s->largest + 1, sizeof(double));
    s->places = mem_alloc((size_t)omp_get_max_threads() * size, sizeof *s->places);
    return s->A != NULL && s->extras != NULL && s->buffer != NULL && s->places != NULL;
}

struct tail *tail_sparse_new(const struct tail_term *terms, int term_count, int size, int extras, struct symbolic *symbolic,
                             struct tail_pattern *pattern)
{
    struct sparse *s = NEW(struct sparse);
    struct supernodal *factor = supernodal_new(symbolic, extras, false);

    if (s == NULL || factor == NULL) {
        mem_free(s);
        supernodal_free(factor);
        tail_pattern_clear(pattern);
        return NULL;
    }
    s->tail = (struct tail){ .ops = &sparse_ops, .terms = terms, .term_count = term_count, .size = size, .extras = extras };
    s->factor = factor;
    s->pattern = *pattern;
    *pattern = (struct tail_pattern){ .count = 0 };
    if (!allocate(s)) {
        sparse_free(&s->tail);
        return NULL;
    }
    s->corner = s->extras + (size_t)size * (size_t)extras;
    for (int j = 0; j < s->pattern.count; j++) {
        struct level level = level_number(s, j);

        supernodal_places(factor, level.node, level.row, level.rows, s->place + s->pattern.start[j]);
    }
    return &s->tail;
}
