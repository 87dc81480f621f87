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
    mem_free(d->node);
    mem_free(d);
}

/* --- inbreeding ------------------------------------------------------------------------------------------- */

/* A list of ancestors, the youngest first: next[i], and their shares in the animal. */
struct ancestors {
    int32_t *next;
    double *share;
};

/* The parent of j, in the list behind it. */
static void add_ancestor(struct ancestors *a, int32_t j, int32_t parent, double share)
{
    if (parent < 0)
        return;
    if (a->share[parent] == 0.0) {
        while (a->next[j] > parent)
            j = a->next[j];
        if (a->next[j] != parent) {
            a->next[parent] = a->next[j];
            a->next[j] = parent;
        }
    }
    a->share[parent] += share;
}

/* a(i, i) from the own parts of its ancestors. */
static double variance_of(const struct descent *d, struct ancestors *a, int32_t i)
{
    double sum = 0.0;

    a->next[i] = -1;
    a->share[i] = 1.0;
    for (int32_t j = i, next; j >= 0; j = next) {
        double share = a->share[j];

        add_ancestor(a, j, d->parent[0][j], d->weight * share);
        add_ancestor(a, j, d->parent[1][j], d->weight * share);
        sum += share * share * d->own[j];
        next = a->next[j];
        a->share[j] = 0.0;
    }
    return sum;
}

/* own = 1 - (1 + F_sire)/4 - (1 + F_dam)/4, with 1 + F = a(i, i). */
bool descent_set_inbreeding(struct descent *d, struct glmm_error *err)
{
    struct ancestors a = { NEW_ARRAY(int32_t, d->count + 1), NEW_ARRAY(double, d->count + 1) };
    double *variance = NEW_ARRAY(double, d->count + 1);
    bool ok = (a.next != NULL && a.share != NULL && variance != NULL) || fail_memory(err);

    for (int32_t i = 0; ok && i < d->count; i++) {
        int32_t sire = d->parent[0][i], dam = d->parent[1][i];

        d->own[i] = 1.0 - (sire < 0 ? 0.0 : 0.25 * variance[sire]) - (dam < 0 ? 0.0 : 0.25 * variance[dam]);
        if (sire < 0 || dam < 0)
            variance[i] = 1.0;
        else if (i > 0 && d->parent[0][i - 1] == sire && d->parent[1][i - 1] == dam)
            variance[i] = variance[i - 1]; /* full sibs */
        else
            variance[i] = variance_of(d, &a, i);
    }
    mem_free(a.next);
    mem_free(a.share);
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
    x[from] = 1.0;
    for (int32_t i = from; i >= 0; i--)
        for (int s = 0; s < 2 && x[i] != 0.0; s++)
            if (d->parent[s][i] >= 0)
                x[d->parent[s][i]] += d->weight * x[i];
    for (int32_t i = 0; i < d->count; i++) {
        x[i] *= d->own[i];
        for (int s = 0; s < 2; s++)
            if (d->parent[s][i] >= 0)
                x[i] += d->weight * x[d->parent[s][i]];
    }
}

bool descent_variances(const struct descent *d, double x[])
{
    struct ancestors a = { NEW_ARRAY(int32_t, d->count + 1), NEW_ARRAY(double, d->count + 1) };
    bool ok = a.next != NULL && a.share != NULL;

    for (int32_t i = 0; ok && i < d->count; i++)
        x[i] = variance_of(d, &a, i);
    mem_free(a.next);
    mem_free(a.share);
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
