/* glmm-links.c -- where the tail of a precision is large, what the head sends to it, and takes from its inverse.
 *
 *   column c of the tail -= L_{r,j} L_{c,j}  for the rows r >= c of each column j of the head that has row c
 *
 * goes column by column of the tail, which stays at hand, and not column by column of the head, each of which would touch the
 * whole of the tail: the same sums in the same order, and columns that threads share. */
#include "fit/glmm-links.h"

#include <string.h>

#include "base/memory.h"

/* A tail from which on it is met column by column; entries of the head from which on threads share it; columns that one takes at
 * a time, and parts of the head. */
enum { LINKED_TAIL = 128, SHARED_ENTRIES = 20000, SHARE = 32, PARTS = 8 };

bool precision_link(struct precision *f)
{
    size_t count = 0;

    if (f->tail < LINKED_TAIL)
        return true;
    if ((f->link_from = NEW_ARRAY(size_t, f->tail + 2)) == NULL)
        return false;
    f->apart = true;
    for (int j = 0; j < f->head; j++)
        for (int32_t a = f->start[j] + 1; a < f->start[j + 1]; a++) {
            if (f->row[a] >= f->head)
                f->link_from[f->row[a] - f->head + 2]++;
            else
                f->apart = false;
        }
    for (int c = 0; c <= f->tail; c++)
        count = f->link_from[c + 1] += f->link_from[c];
    if ((f->link = NEW_ARRAY(struct precision_link, count + 1)) == NULL)
        return false;
    for (int j = 0; j < f->head; j++)
        for (int32_t a = f->start[j] + 1; a < f->start[j + 1]; a++)
            if (f->row[a] >= f->head)
                f->link[f->link_from[f->row[a] - f->head + 1]++] =
                    (struct precision_link){ .at = a, .end = f->start[j + 1], .column = j };
    return true;
}

void precision_send(struct precision *f)
{
    const double *v = f->value;
    const int32_t *row = f->row;

#pragma omp parallel for schedule(dynamic, SHARE) if (f->entries > SHARED_ENTRIES)
    for (int c = 0; c < f->tail; c++) {
        double *column = f->value + f->entries + (size_t)c * (size_t)f->tail - f->head;

        for (const struct precision_link *l = f->link + f->link_from[c]; l < f->link + f->link_from[c + 1]; l++) {
            double times = v[l->at];

            for (int32_t b = l->at; b < l->end; b++)
                column[row[b]] -= times * v[b];
        }
    }
}

void precision_send_slopes(const struct precision *f, double *d)
{
    const double *v = f->value;
    const int32_t *row = f->row;

#pragma omp parallel for schedule(dynamic, SHARE) if (f->entries > SHARED_ENTRIES)
    for (int c = 0; c < f->tail; c++) {
        double *column = d + f->entries + (size_t)c * (size_t)f->tail - f->head;

        for (const struct precision_link *l = f->link + f->link_from[c]; l < f->link + f->link_from[c + 1]; l++) {
            double times = v[l->at], slope = d[l->at];

            for (int32_t b = l->at; b < l->end; b++)
                column[row[b]] -= slope * v[b] + times * d[b];
        }
    }
}

/* The first link of the tail's row c in a column of the head from `column` on. */
static const struct precision_link *link_of(const struct precision *f, int c, int column)
{
    size_t low = f->link_from[c], high = f->link_from[c + 1];

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (f->link[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return f->link + low;
}

/* z := Q x on the rows below the diagonal of columns `first` to `last` of the head, Q the inverse on the tail: of each column
 * with its own rows of x. */
static void multiply_part(const struct precision *f, const double *x, double *z, int first, int last)
{
    const int32_t *row = f->row;

    memset(z + f->start[first], 0, sizeof *z * (size_t)(f->start[last] - f->start[first]));
    for (int c = 0; c < f->tail; c++) {
        const double *column = f->inverse + f->entries + (size_t)c * (size_t)f->tail - f->head;

        for (const struct precision_link *l = link_of(f, c, first), *end = link_of(f, c, last); l < end; l++) {
            double own = x[l->at], sum = z[l->at] + column[row[l->at]] * own;

            for (int32_t b = l->at + 1; b < l->end; b++) {
                double entry = column[row[b]];

                sum += entry * x[b];
                z[b] += entry * own;
            }
            z[l->at] = sum;
        }
    }
}

static void multiply(const struct precision *f, const double *x, double *z)
{
#pragma omp parallel for schedule(dynamic) if (f->entries > SHARED_ENTRIES)
    for (int part = 0; part < PARTS; part++)
        multiply_part(f, x, z, (int)((int64_t)f->head * part / PARTS), (int)((int64_t)f->head * (part + 1) / PARTS));
}

void precision_invert_apart(struct precision *f)
{
    const double *v = f->value;
    double *z = f->inverse;

    multiply(f, v, z);
    for (int j = 0; j < f->head; j++) {
        double r = 1 / v[f->start[j]], diagonal = r * r;

        for (int32_t a = f->start[j] + 1; a < f->start[j + 1]; a++) {
            z[a] *= -r;
            diagonal -= v[a] * r * z[a];
        }
        z[f->start[j]] = diagonal;
    }
}

void precision_seconds_apart(const struct precision *f, int count, double *const slopes[], int j, double *product, double out[])
{
    const double *v = f->value, *g = slopes[j];

    multiply(f, g, product);
    for (int i = j; i < count; i++) {
        const double *d = slopes[i];

        out[i] = 0;
        for (int column = 0; column < f->head; column++) {
            int32_t from = f->start[column];
            double r = 1 / v[from], l = -d[from] * g[from] * r, below = 0;

            for (int32_t a = from + 1; a < f->start[column + 1]; a++) {
                double e = (-d[a] * g[from] - g[a] * d[from] - v[a] * l) * r;

                below += d[a] * product[a] - e * f->inverse[a] * v[from];
            }
            out[i] += 2 * (l - d[from] * g[from] * r) * r - 2 * below;
        }
    }
}
