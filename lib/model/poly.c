/* poly.c -- see poly.h.
 *
 * Each column is the one before times x, made orthogonal to all before (twice, which is enough) and scaled to length 1.  That is
 * R's poly() without forming powers of x, so that high degrees stay exact.  The points are mapped to [-1, 1] first. */
#include "model/poly.h"

#include <math.h>

/* The middle of the points, and half their range. */
static bool range_of(size_t count, const double *x, double *middle, double *half)
{
    double least = (double)INFINITY, most = (double)-INFINITY;

    for (size_t i = 0; i < count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    *middle = least + (most - least) / 2.0;
    *half = (most - least) / 2.0;
    return *half > 0.0;
}

/* column -= its part along `along` (of length 1; NULL: the constant). */
static void remove_part(size_t count, const double *x, const double *along, double *column)
{
    double dot = 0.0, points = 0.0;

    for (size_t i = 0; i < count; i++)
        if (!isnan(x[i])) {
            dot += column[i] * (along == NULL ? 1.0 : along[i]);
            points += 1.0;
        }
    if (along == NULL)
        dot /= points;
    for (size_t i = 0; i < count; i++)
        column[i] -= dot * (along == NULL ? 1.0 : along[i]);
}

static double length_of(size_t count, const double *column)
{
    double squares = 0.0;

    for (size_t i = 0; i < count; i++)
        squares += isnan(column[i]) ? 0.0 : column[i] * column[i];
    return sqrt(squares);
}

bool poly_orthogonal(size_t count, const double *x, int degree, double *basis)
{
    double middle, half, before, length;

    if (!range_of(count, x, &middle, &half))
        return false;
    for (int k = 0; k < degree; k++) {
        double *column = basis + (size_t)k * count;
        const double *previous = k == 0 ? NULL : column - count;

        for (size_t i = 0; i < count; i++)
            column[i] = (x[i] - middle) / half * (previous == NULL ? 1.0 : previous[i]);
        before = length_of(count, column);
        for (int pass = 0; pass < 2; pass++) {
            remove_part(count, x, NULL, column);
            for (int j = 0; j < k; j++)
                remove_part(count, x, basis + (size_t)j * count, column);
        }
        length = length_of(count, column);
        if (!(length > 1e-12 * before))
            return false;
        for (size_t i = 0; i < count; i++)
            column[i] /= length;
    }
    return true;
}

void poly_raw(size_t count, const double *x, int degree, double *basis)
{
    for (int k = 0; k < degree; k++)
        for (size_t i = 0; i < count; i++)
            basis[(size_t)k * count + i] = k == 0 ? x[i] : basis[(size_t)(k - 1) * count + i] * x[i];
}
