/* poly.c -- see poly.h.
 *
 * Each column is the one before times x, made orthogonal to all before (twice, which is enough) and scaled to length 1.  That is
 * R's poly() without forming powers of x, so that high degrees stay exact.  The points are mapped to [-1, 1] first.
 *
 * A recipe holds the middle and half the range of the points, then for each column k = 1, 2, ...: what is subtracted of the
 * constant and of the columns before (k numbers), and the length by which it is divided. */
#include "model/poly.h"

#include <math.h>

static const double NO_LENGTH =
    1e-12; /* of a power's squared length, what the lower ones leave of it that is rounding: there are too few values */

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

/* column -= its part along `along` (of length 1; NULL: the constant), whose coefficient is returned. */
static double remove_part(size_t count, const double *x, const double *along, double *column)
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
    return dot;
}

static double length_of(size_t count, const double *column)
{
    double squares = 0.0;

    for (size_t i = 0; i < count; i++)
        squares += isnan(column[i]) ? 0.0 : column[i] * column[i];
    return sqrt(squares);
}

size_t poly_recipe_size(int degree)
{
    return 2 + (size_t)degree * ((size_t)degree + 3) / 2;
}

bool poly_describe(size_t count, const double *x, int degree, double *basis, double *recipe)
{
    double middle, half, before, length, dot;

    if (!range_of(count, x, &middle, &half))
        return false;
    if (recipe != NULL) {
        *recipe++ = middle;
        *recipe++ = half;
    }
    for (int k = 0; k < degree; k++) {
        double *column = basis + (size_t)k * count;
        const double *previous = k == 0 ? NULL : column - count;

        for (size_t i = 0; i < count; i++)
            column[i] = (x[i] - middle) / half * (previous == NULL ? 1.0 : previous[i]);
        before = length_of(count, column);
        for (int pass = 0; pass < 2; pass++)
            for (int j = 0; j <= k; j++) {
                dot = remove_part(count, x, j == 0 ? NULL : basis + (size_t)(j - 1) * count, column);
                if (recipe != NULL)
                    recipe[j] = (pass == 0 ? 0.0 : recipe[j]) + dot;
            }
        length = length_of(count, column);
        if (!(length > NO_LENGTH * before))
            return false;
        for (size_t i = 0; i < count; i++)
            column[i] /= length;
        if (recipe != NULL) {
            recipe[k + 1] = length;
            recipe += k + 2;
        }
    }
    return true;
}

bool poly_orthogonal(size_t count, const double *x, int degree, double *basis)
{
    return poly_describe(count, x, degree, basis, NULL);
}

void poly_apply(size_t count, const double *x, int degree, const double *recipe, double *basis)
{
    double middle = recipe[0], half = recipe[1], value;

    recipe += 2;
    for (int k = 0; k < degree; k++) {
        for (size_t i = 0; i < count; i++) {
            value = (x[i] - middle) / half * (k == 0 ? 1.0 : basis[(size_t)(k - 1) * count + i]);
            for (int j = 0; j <= k; j++)
                value -= recipe[j] * (j == 0 ? 1.0 : basis[(size_t)(j - 1) * count + i]);
            basis[(size_t)k * count + i] = value / recipe[k + 1];
        }
        recipe += k + 2;
    }
}

void poly_raw(size_t count, const double *x, int degree, double *basis)
{
    for (int k = 0; k < degree; k++)
        for (size_t i = 0; i < count; i++)
            basis[(size_t)k * count + i] = k == 0 ? x[i] : basis[(size_t)(k - 1) * count + i] * x[i];
}
