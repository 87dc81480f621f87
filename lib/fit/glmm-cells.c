/* glmm-cells.c -- see the header.  What the rows show, c = P b with a row of P for each cell, has an effect to itself: a variance
 * that grows without end is one row of the template of c, and all of that of b.  The cells stand in an order that neither the
 * coding nor the order of rows or levels changes: those of most rows first, of the least response. */
#include "fit/glmm-cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/lapack.h"
#include "model/covariance.h"
#include "result/number.h"

void glm_cells_clear(struct glm_cells *cells)
{
    for (int t = 0; cells->terms != NULL && t < cells->design.random_count; t++) {
        mem_free(cells->terms[t].P);
        mem_free(cells->terms[t].z);
    }
    mem_free(cells->terms);
    mem_free(cells->design.random);
    *cells = (struct glm_cells){ .any = false };
}

static bool is_row(int k, const double *a, const double *b)
{
    for (int j = 0; j < k; j++)
        if (a[j] != b[j])
            return false;
    return true;
}

/* The place of a row of z among the first `count` cells; count: it is none of them. */
static int place_of(int k, int count, const double *P, const double *z)
{
    int at = 0;

    while (at < count && !is_row(k, P + at * k, z))
        at++;
    return at;
}

/* Whether the rows show as many z as there are effects; these into P. */
static bool find_rows(const struct random_design *random, size_t n, double *P)
{
    int k = random->k, count = 0;

    for (size_t i = 0; i < n; i++) {
        const double *z = random->z + i * (size_t)k;
        int at = place_of(k, count, P, z);

        if (at < count)
            continue;
        if (count == k)
            return false;
        memcpy(P + at * k, z, sizeof *P * (size_t)k);
        count++;
    }
    return count == k;
}

/* Observations and the sum of their responses; z where that is no answer. */
struct cell {
    double rows, sum;
    const double *z;
    int k;
};

static int compare_cells(const void *left, const void *right)
{
    const struct cell *a = left, *b = right;
    double rows = number_sound(a->rows) - number_sound(b->rows), sum = number_sound(a->sum) - number_sound(b->sum);

    if (rows != 0)
        return rows > 0 ? -1 : 1;
    if (sum != 0)
        return sum < 0 ? -1 : 1;
    for (int j = 0; j < a->k; j++)
        if (a->z[j] != b->z[j])
            return a->z[j] > b->z[j] ? -1 : 1;
    return 0;
}

static double of_row(const double *numbers, size_t i)
{
    return numbers == NULL ? 1 : numbers[i];
}

/* Puts the rows of P in order; room: k x k.  False when memory is out. */
static bool sort_cells(const struct design *design, const struct random_design *random, double *P, double *room)
{
    int k = random->k;
    struct cell *cells = NEW_ARRAY(struct cell, k);

    if (cells == NULL)
        return false;
    for (int c = 0; c < k; c++)
        cells[c] = (struct cell){ .z = P + c * k, .k = k };
    for (size_t i = 0; i < design->n; i++) {
        struct cell *cell = &cells[place_of(k, k, P, random->z + i * (size_t)k)];
        double times = of_row(design->weights, i) * of_row(design->trials, i); /* design->times are its weights */

        cell->rows += times;
        cell->sum += times * design->y[i];
    }
    qsort(cells, (size_t)k, sizeof *cells, compare_cells);
    for (int c = 0; c < k; c++)
        memcpy(room + c * k, cells[c].z, sizeof *room * (size_t)k);
    memcpy(P, room, sizeof *P * (size_t)(k * k));
    mem_free(cells);
    return true;
}

/* Whether each cell has the effect of its place as it is. */
static bool is_coded(int k, const double *P)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            if ((P[i * k + j] != 0) != (i == j))
                return false;
    return true;
}

/* out := P^-1, column-major, of P row-major; *regular: it has one.  False when memory is out. */
static bool invert(int k, const double *P, double *out, bool *regular)
{
    double *A = NEW_ARRAY(double, k *k);
    int *pivot = NEW_ARRAY(int, k), info = -1;
    bool ok = A != NULL && pivot != NULL;

    if (ok) {
        memset(out, 0, sizeof *out * (size_t)(k * k));
        for (int i = 0; i < k; i++) {
            out[i + i * k] = 1;
            for (int j = 0; j < k; j++)
                A[i + j * k] = P[i * k + j];
        }
        dgesv_(&k, &k, A, &k, pivot, out, &k, &info);
    }
    mem_free(A);
    mem_free(pivot);
    *regular = info == 0;
    return ok;
}

/* Recodes a term where that can be done; false when memory is out. */
static bool recode(struct glm_cells *cells, int t)
{
    struct random_design *random = &cells->design.random[t];
    struct glm_cell_term *term = &cells->terms[t];
    int k = random->k;
    size_t n = cells->design.n, width = (size_t)k;
    bool regular;

    if (k == 1 || random->z == NULL || random->covariance != &covariance_unstructured)
        return true;
    if ((term->P = NEW_ARRAY(double, 2 * k * k)) == NULL)
        return false;
    term->inverse = term->P + k * k;
    if (!find_rows(random, n, term->P))
        return true;
    if (!sort_cells(&cells->design, random, term->P, term->inverse))
        return false;
    if (is_coded(k, term->P))
        return true;
    if (!invert(k, term->P, term->inverse, &regular))
        return false;
    if (!regular)
        return true;
    if ((term->z = mem_zalloc(n * width, sizeof *term->z)) == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        term->z[i * width + (size_t)place_of(k, k, term->P, random->z + i * width)] = 1;
    random->z = term->z;
    cells->any = true;
    return true;
}

bool glm_cells_find(const struct design *design, struct glm_cells *out)
{
    size_t count = (size_t)design->random_count;
    bool ok;

    *out = (struct glm_cells){ .design = *design };
    out->terms = NEW_ARRAY(struct glm_cell_term, count + 1);
    out->design.random = NEW_ARRAY(struct random_design, count + 1);
    ok = out->terms != NULL && out->design.random != NULL;
    if (ok && count > 0)
        memcpy(out->design.random, design->random, sizeof *design->random * count);
    for (int t = 0; ok && design->prior == NULL && t < design->random_count; t++)
        ok = recode(out, t);
    return ok;
}

/* theta of the term from that of its cells: P^-1 L turned so that it is lower triangular, as that of its square is. */
static bool term_theta(const struct random_design *random, const struct glm_cell_term *term, const double from[], double to[])
{
    int k = random->k, info = -1;
    double *L = NEW_ARRAY(double, k *k), *turned = NEW_ARRAY(double, 2 * k * k + 2 * k), *tau, *lower;

    if (L != NULL && turned != NULL) {
        tau = turned + k * k;
        lower = tau + k;
        random->covariance->fill(k, from, L);
        for (int a = 0; a < k; a++)
            for (int c = 0; c < k; c++) {
                double sum = 0;

                for (int b = 0; b < k; b++)
                    sum += term->inverse[a + b * k] * L[b + c * k];
                turned[c + a * k] = sum; /* its transpose, of which R' is what is wanted */
            }
        dgeqr2_(&k, &k, turned, &k, tau, lower + k * k, &info);
        for (int a = 0; info == 0 && a < k; a++)
            for (int c = 0; c < k; c++)
                lower[a + c * k] = c > a ? 0 : turned[c + a * k];
        if (info == 0)
            random->covariance->read(k, lower, to);
    }
    mem_free(L);
    mem_free(turned);
    return info == 0;
}

bool glm_cells_theta(const struct glm_cells *cells, const double from[], double to[])
{
    for (int t = 0; t < cells->design.random_count; t++) {
        const struct random_design *random = &cells->design.random[t];
        int count = random_parameters(random);

        memcpy(to, from, sizeof *to * (size_t)count);
        if (cells->terms[t].z != NULL && !term_theta(random, &cells->terms[t], from, to))
            return false;
        from += count;
        to += count;
    }
    return true;
}
