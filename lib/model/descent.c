/* descent.c -- see descent.h. */
#include "model/descent.h"

#include <string.h>

#include "base/memory.h"

struct descent *descent_new(int32_t count, int32_t names)
{
    struct descent *d = NEW(struct descent);

    if (d == NULL)
        return NULL;
    d->count = count;
    d->names = names;
    d->weight = 0.5;
    d->parent[0] = NEW_ARRAY(int32_t, count + 1);
    d->parent[1] = NEW_ARRAY(int32_t, count + 1);
    d->own = NEW_ARRAY(double, count + 1);
    d->node = NEW_ARRAY(int32_t, names + 1);
    if (d->parent[0] == NULL || d->parent[1] == NULL || d->own == NULL || d->node == NULL) {
        descent_free(d);
        return NULL;
    }
    for (int32_t i = 0; i < count; i++)
        d->parent[0][i] = d->parent[1][i] = -1;
    return d;
}

void descent_free(struct descent *d)
{
    if (d == NULL)
        return;
    mem_free(d->parent[0]);
    mem_free(d->parent[1]);
    mem_free(d->own);
    mem_free(d->variance);
    mem_free(d->node);
    mem_free(d);
}

/* --- variances --------------------------------------------------------------------------------------------- */

/* a(i, i) = own + w^2 (a(p, p) + a(q, q) + 2 a(p, q)) for parents p and q, whose covariance is read off the column of one of
 * them: a column for each sire (or dam, of whom there are fewer) serves all its offspring. */
struct kin {
    const struct descent *d;
    int side;                /* 0: columns are of the first parents */
    int32_t *eldest, *next;  /* the offspring of a node by that side, the last one first; -1: no more */
    double *column, *shared; /* of a node; of each node the covariance of its parents, */
    bool *known;             /* where that is known */
};

static bool kin_init(struct kin *k, const struct descent *d)
{
    size_t n = (size_t)d->count + 1;
    int32_t distinct[2] = { 0, 0 };

    k->d = d;
    k->eldest = mem_alloc(n, sizeof *k->eldest);
    k->next = mem_alloc(n, sizeof *k->next);
    k->column = NEW_ARRAY(double, n);
    k->shared = NEW_ARRAY(double, n);
    k->known = NEW_ARRAY(bool, n);
    if (k->eldest == NULL || k->next == NULL || k->column == NULL || k->shared == NULL || k->known == NULL)
        return false;
    for (int side = 1; side >= 0; side--) {
        memset(k->eldest, 0xff, n * sizeof *k->eldest);
        for (int32_t i = 0; i < d->count; i++)
            if (d->parent[0][i] >= 0 && d->parent[1][i] >= 0) {
                distinct[side] += k->eldest[d->parent[side][i]] < 0;
                k->eldest[d->parent[side][i]] = i;
            }
    }
    k->side = distinct[1] < distinct[0];
    memset(k->eldest, 0xff, n * sizeof *k->eldest);
    for (int32_t i = 0; i < d->count; i++)
        if (d->parent[0][i] >= 0 && d->parent[1][i] >= 0) {
            k->next[i] = k->eldest[d->parent[k->side][i]];
            k->eldest[d->parent[k->side][i]] = i;
        }
    return true;
}

static void kin_clear(struct kin *k)
{
    mem_free(k->eldest);
    mem_free(k->next);
    mem_free(k->column);
    mem_free(k->shared);
    mem_free(k->known);
}

/* x[0 .. last] := a(node, .), last >= node. */
static void set_column(const struct descent *d, int32_t node, int32_t last, double x[])
{
    memset(x, 0, sizeof *x * ((size_t)last + 1));
    x[node] = 1.0;
    for (int32_t i = node; i >= 0; i--)
        for (int s = 0; s < 2 && x[i] != 0.0; s++)
            if (d->parent[s][i] >= 0)
                x[d->parent[s][i]] += d->weight * x[i];
    for (int32_t i = 0; i <= last; i++) {
        x[i] *= d->own[i];
        for (int s = 0; s < 2; s++)
            if (d->parent[s][i] >= 0)
                x[i] += d->weight * x[d->parent[s][i]];
    }
}

/* The covariance of node i's parents: `own` of all nodes before i is known, and of others not asked, which are no ancestors. */
static double shared_of(struct kin *k, int32_t i)
{
    const int32_t *one = k->d->parent[k->side], *other = k->d->parent[!k->side];
    int32_t last = one[i];

    if (k->known[i])
        return k->shared[i];
    for (int32_t child = k->eldest[one[i]]; child >= 0; child = k->next[child])
        last = other[child] > last ? other[child] : last;
    set_column(k->d, one[i], last, k->column);
    for (int32_t child = k->eldest[one[i]]; child >= 0; child = k->next[child]) {
        k->shared[child] = k->column[other[child]];
        k->known[child] = true;
    }
    return k->shared[i];
}

static double square_of(const struct kin *k, const double variance[], int32_t i, double shared)
{
    double sum = 2.0 * shared;

    for (int s = 0; s < 2; s++)
        sum += k->d->parent[s][i] < 0 ? 0.0 : variance[k->d->parent[s][i]];
    return k->d->weight * k->d->weight * sum;
}

/* own = 1 - (1 + F_sire)/4 - (1 + F_dam)/4, with 1 + F = a(i, i). */
bool descent_set_inbreeding(struct descent *d, struct glmm_error *err)
{
    struct kin k = { 0 };
    double *variance = NEW_ARRAY(double, d->count + 1);
    bool ok;

    mem_free(d->variance);
    d->variance = NEW_ARRAY(double, d->count + 1);
    ok = (kin_init(&k, d) && variance != NULL && d->variance != NULL) || fail_memory(err);

    for (int32_t i = 0; ok && i < d->count; i++) {
        bool both = d->parent[0][i] >= 0 && d->parent[1][i] >= 0;
        double shared = both ? shared_of(&k, i) : 0.0;

        d->own[i] = 1.0 - square_of(&k, variance, i, 0.0);
        variance[i] = 1.0 + 2.0 * d->weight * d->weight * shared;
        d->variance[i] = d->own[i] + square_of(&k, d->variance, i, shared);
    }
    kin_clear(&k);
    mem_free(variance);
    return ok;
}

/* --- the matrix, where a part of it is wanted ---------------------------------------------------------------- */

void descent_column(const struct descent *d, int32_t name, double x[])
{
    int32_t from = d->node[name];

    memset(x, 0, sizeof *x * (size_t)d->count);
    if (from < 0)
        return;
    set_column(d, from, d->count - 1, x);
}

bool descent_variances(const struct descent *d, double x[])
{
    struct kin k = { 0 };
    bool ok;

    if (d->variance != NULL) {
        memcpy(x, d->variance, sizeof *x * (size_t)d->count);
        return true;
    }
    ok = kin_init(&k, d);
    for (int32_t i = 0; ok && i < d->count; i++) {
        bool both = d->parent[0][i] >= 0 && d->parent[1][i] >= 0;

        x[i] = d->own[i] + square_of(&k, x, i, both ? shared_of(&k, i) : 0.0);
    }
    kin_clear(&k);
    return ok;
}

int32_t descent_mark(const struct descent *d, const int32_t names[], int32_t count, bool marked[])
{
    int32_t found = 0;

    memset(marked, 0, sizeof *marked * (size_t)d->count);
    for (int32_t l = 0; l < count; l++)
        if (d->node[names[l]] >= 0)
            marked[d->node[names[l]]] = true;
    for (int32_t i = d->count - 1; i >= 0; i--)
        for (int s = 0; s < 2 && marked[i]; s++)
            if (d->parent[s][i] >= 0)
                marked[d->parent[s][i]] = true;
    for (int32_t i = 0; i < d->count; i++)
        found += marked[i];
    return found;
}

/* --- kept --------------------------------------------------------------------------------------------------------- */

double *descent_pack(const struct descent *d, size_t *count)
{
    double *out = mem_alloc(3 + 3 * (size_t)d->count + (size_t)d->names, sizeof *out), *at = out;

    if (out == NULL)
        return NULL;
    *at++ = d->count;
    *at++ = d->names;
    *at++ = d->weight;
    for (int32_t i = 0; i < d->count; i++) {
        *at++ = d->parent[0][i];
        *at++ = d->parent[1][i];
        *at++ = d->own[i];
    }
    for (int32_t i = 0; i < d->names; i++)
        *at++ = d->node[i];
    *count = (size_t)(at - out);
    return out;
}

/* A whole number from -1 to below `end`. */
static bool is_place(double x, double end)
{
    return x >= -1.0 && x < end && x == (double)(int32_t)x;
}

struct descent *descent_unpack(const double numbers[], size_t count)
{
    const double most = INT32_MAX / 4;
    struct descent *d;
    bool ok = count >= 3 && is_place(numbers[0], most) && is_place(numbers[1], most) && numbers[0] >= 0.0 && numbers[1] >= 0.0
              && (double)count == 3.0 + 3.0 * numbers[0] + numbers[1] && numbers[2] > 0.0 && numbers[2] <= 1.0;

    if (!ok || (d = descent_new((int32_t)numbers[0], (int32_t)numbers[1])) == NULL)
        return NULL;
    d->weight = numbers[2];
    numbers += 3;
    for (int32_t i = 0; ok && i < d->count; i++, numbers += 3) {
        ok = is_place(numbers[0], i) && is_place(numbers[1], i) && numbers[2] > 0.0 && numbers[2] < 1e300;
        d->parent[0][i] = ok ? (int32_t)numbers[0] : -1;
        d->parent[1][i] = ok ? (int32_t)numbers[1] : -1;
        d->own[i] = numbers[2];
    }
    for (int32_t k = 0; ok && k < d->names; k++) {
        ok = is_place(numbers[k], d->count);
        d->node[k] = ok ? (int32_t)numbers[k] : -1;
    }
    if (ok)
        return d;
    descent_free(d);
    return NULL;
}
