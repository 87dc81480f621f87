/* determined-exact.c -- see the header.  The simplex method keeps a table of whole numbers over one denominator (Edmonds 1967;
 * Bareiss 1968), chooses by Bland's rule, and so ends. */
#include "determined-exact.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t PRIME = (1ULL << 61) - 1;

/* --- vectors ------------------------------------------------------------------------------------ */

void vectors_clear(struct vectors *v)
{
    free(v->at);
    *v = (struct vectors){ .size = v->size };
}

void vectors_add(struct vectors *v, const whole x[], whole factor)
{
    whole *to;

    if (v->count == v->room) {
        v->room = 2 * v->room + 16;
        v->at = realloc(v->at, sizeof *v->at * (size_t)v->room * (size_t)(v->size + 1));
    }
    to = v->at + (size_t)v->count * (size_t)v->size;
    for (int j = 0; j < v->size; j++)
        to[j] = factor * x[j];
    for (int i = 0; i < v->count; i++)
        if (memcmp(v->at + (size_t)i * (size_t)v->size, to, sizeof *to * (size_t)v->size) == 0)
            return;
    v->count++;
}

/* --- residues ----------------------------------------------------------------------------------- */

uint64_t residue(whole x)
{
    whole r = x % (whole)PRIME;

    return (uint64_t)(r < 0 ? r + (whole)PRIME : r);
}

uint64_t residue_times(uint64_t a, uint64_t b)
{
    return (uint64_t)((unsigned __int128)a * b % PRIME);
}

uint64_t residue_plus(uint64_t a, uint64_t b)
{
    return (a + b) % PRIME;
}

static uint64_t residue_inverse(uint64_t a)
{
    uint64_t out = 1;

    for (uint64_t power = PRIME - 2; power > 0; power >>= 1, a = residue_times(a, a))
        if (power & 1)
            out = residue_times(out, a);
    return out;
}

/* x := x - factor y */
static void residues_less(int size, uint64_t x[], uint64_t factor, const uint64_t y[])
{
    uint64_t minus = factor == 0 ? 0 : PRIME - factor;

    for (int j = 0; j < size && minus != 0; j++)
        if (y[j] != 0)
            x[j] = residue_plus(x[j], residue_times(minus, y[j]));
}

/* --- spans -------------------------------------------------------------------------------------- */

void rows_init(struct row_span *s, int size)
{
    *s = (struct row_span){ .size = size };
}

void rows_clear(struct row_span *s)
{
    free(s->row);
    free(s->pivot);
    *s = (struct row_span){ .size = s->size };
}

static void rows_reduce(const struct row_span *s, uint64_t x[])
{
    for (int i = 0; i < s->rank; i++)
        residues_less(s->size, x, x[s->pivot[i]], s->row + (size_t)i * (size_t)s->size);
}

int rows_add_residues(struct row_span *s, const uint64_t x[])
{
    size_t size = (size_t)s->size;
    uint64_t *to, inverse;
    int pivot = 0;

    if (s->rank == s->room) {
        s->room = 2 * s->room + 16;
        s->row = realloc(s->row, sizeof *s->row * (size_t)s->room * (size + 1));
        s->pivot = realloc(s->pivot, sizeof *s->pivot * (size_t)s->room);
    }
    to = s->row + (size_t)s->rank * size;
    memcpy(to, x, size * sizeof *to);
    rows_reduce(s, to);
    while (pivot < s->size && to[pivot] == 0)
        pivot++;
    if (pivot == s->size)
        return SPAN_INSIDE;
    inverse = residue_inverse(to[pivot]);
    for (int j = 0; j < s->size; j++)
        to[j] = residue_times(to[j], inverse);
    for (int i = 0; i < s->rank; i++)
        residues_less(s->size, s->row + (size_t)i * size, s->row[(size_t)i * size + (size_t)pivot], to);
    s->pivot[s->rank++] = pivot;
    return SPAN_ADDED;
}

static uint64_t *residues_of(int size, const whole x[])
{
    uint64_t *out = malloc(sizeof *out * (size_t)(size + 1));

    for (int j = 0; j < size; j++)
        out[j] = residue(x[j]);
    return out;
}

int rows_add(struct row_span *s, const whole x[])
{
    uint64_t *r = residues_of(s->size, x);
    int out = rows_add_residues(s, r);

    free(r);
    return out;
}

bool rows_has(const struct row_span *s, const whole x[])
{
    uint64_t *r = residues_of(s->size, x);
    bool has = true;

    rows_reduce(s, r);
    for (int j = 0; j < s->size; j++)
        has = has && r[j] == 0;
    free(r);
    return has;
}

uint64_t *rows_null(const struct row_span *s, int *count)
{
    size_t size = (size_t)s->size;
    uint64_t *out = calloc((size_t)(s->size - s->rank) * size + 1, sizeof *out), *to = out;

    *count = s->size - s->rank;
    for (int j = 0; j < s->size; j++) {
        bool pivot = false;

        for (int i = 0; i < s->rank; i++)
            pivot = pivot || s->pivot[i] == j;
        if (pivot)
            continue;
        to[j] = 1;
        for (int i = 0; i < s->rank; i++) {
            uint64_t x = s->row[(size_t)i * size + (size_t)j];

            to[s->pivot[i]] = x == 0 ? 0 : PRIME - x;
        }
        to += size;
    }
    return out;
}

bool residues_solve(const struct vectors *rows, const whole l[], uint64_t a[])
{
    struct row_span s;
    uint64_t *x = calloc((size_t)rows->count + 1, sizeof *x);
    bool ok = true;

    rows_init(&s, rows->count + 1); /* an equation a component: sum_i a_i rows_ij - l_j t = 0, at t = 1 */
    for (int j = 0; j < rows->size; j++) {
        for (int i = 0; i < rows->count; i++)
            x[i] = residue(rows->at[(size_t)i * (size_t)rows->size + (size_t)j]);
        x[rows->count] = residue(l[j]);
        rows_add_residues(&s, x);
    }
    memset(a, 0, sizeof *a * (size_t)rows->count);
    for (int i = 0; i < s.rank; i++)
        if (s.pivot[i] == rows->count)
            ok = false;
        else
            a[s.pivot[i]] = s.row[(size_t)i * (size_t)s.size + (size_t)rows->count];
    rows_clear(&s);
    free(x);
    return ok;
}

/* --- cones -------------------------------------------------------------------------------------- */

/* rows equations in columns unknowns and a right side, the last row what the artificial unknowns still sum to: all over `over`.
 */
struct table {
    int rows, columns;
    whole *at, over;
    int *basis; /* rows: the unknown, or `columns` for an artificial one */
};

/* at[i][j] := (at[i][j] at[r][c] - at[i][c] at[r][j]) / over; false where a number leaves its range. */
static bool table_pivot(struct table *t, int r, int c)
{
    size_t wide = (size_t)t->columns + 1;
    whole *row = t->at + (size_t)r * wide, pivot = row[c];

    for (int i = 0; i <= t->rows; i++) {
        whole *to = t->at + (size_t)i * wide, factor = to[c];

        for (size_t j = 0; j < wide && i != r; j++) {
            __int128 value = (__int128)to[j] * pivot - (__int128)factor * row[j];

            value /= t->over;
            if (value > INT64_MAX / 4 || value < INT64_MIN / 4)
                return false;
            to[j] = (whole)value;
        }
    }
    t->over = pivot;
    t->basis[r] = c;
    return true;
}

/* The first column that lessens the sum, and the row that allows least of it, by Bland's rule; 1 where there is none. */
static int table_step(struct table *t)
{
    size_t wide = (size_t)t->columns + 1;
    const whole *sum = t->at + (size_t)t->rows * wide;
    int c = 0, r = -1;

    while (c < t->columns && sum[c] <= 0)
        c++;
    if (c == t->columns)
        return 1;
    for (int i = 0; i < t->rows; i++) {
        const whole *a = t->at + (size_t)i * wide, *b = t->at + (size_t)(r < 0 ? 0 : r) * wide;
        __int128 less;

        if (a[c] <= 0)
            continue;
        less = r < 0 ? -1 : (__int128)a[t->columns] * b[c] - (__int128)b[t->columns] * a[c];
        if (less < 0 || (less == 0 && t->basis[i] < t->basis[r]))
            r = i;
    }
    return r < 0 || !table_pivot(t, r, c) ? -1 : 0;
}

int cone_has(const struct vectors *generators, const whole l[])
{
    int p = generators->size, m = generators->count, step = 0;
    size_t wide = (size_t)m + 1;
    struct table t = { .rows = p, .columns = m, .over = 1 };

    t.at = calloc((size_t)(p + 1) * wide, sizeof *t.at);
    t.basis = malloc(sizeof *t.basis * (size_t)(p + 1));
    for (int i = 0; i < p; i++) {
        whole sign = l[i] < 0 ? -1 : 1, *row = t.at + (size_t)i * wide;

        for (int j = 0; j < m; j++)
            row[j] = sign * generators->at[(size_t)j * (size_t)p + (size_t)i];
        row[m] = sign * l[i];
        t.basis[i] = m;
        for (size_t j = 0; j < wide; j++)
            t.at[(size_t)p * wide + j] += row[j];
    }
    while (step == 0)
        step = table_step(&t);
    if (step > 0)
        step = t.at[(size_t)p * wide + (size_t)m] == 0;
    free(t.at);
    free(t.basis);
    return step;
}

enum tendency tendency_of(const struct vectors *generators, const whole l[])
{
    whole *minus = malloc(sizeof *minus * (size_t)(generators->size + 1));
    int up = cone_has(generators, l), down;

    for (int j = 0; j < generators->size; j++)
        minus[j] = -l[j];
    down = cone_has(generators, minus);
    free(minus);
    if (up < 0 || down < 0)
        return TENDS_TOO_LARGE;
    return up && down ? TENDS_FINITE : up ? TENDS_UP : down ? TENDS_DOWN : TENDS_OPEN;
}
