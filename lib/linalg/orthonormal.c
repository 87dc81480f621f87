/* orthonormal.c -- see orthonormal.h. */
#include "linalg/orthonormal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

double dot_product(size_t m, const double a[], const double b[])
{
    double sum = 0;

    for (size_t i = 0; i < m; i++)
        sum += a[i] * b[i];
    return sum;
}

double orthonormal_leave(size_t m, const double basis[], int count, double x[])
{
    double before = sqrt(dot_product(m, x, x));

    for (int twice = 0; twice < 2; twice++)
        for (int b = 0; b < count; b++) {
            const double *other = basis + (size_t)b * m;
            double part = dot_product(m, other, x);

            for (size_t i = 0; i < m; i++)
                x[i] -= part * other[i];
        }
    return before > 0 ? sqrt(dot_product(m, x, x)) / before : 0;
}

bool orthonormal_extend(size_t m, double basis[], int *count, const double x[], double spent)
{
    double *place = basis + (size_t)*count * m, length;

    if ((size_t)*count == m)
        return false;
    memcpy(place, x, sizeof *x * m);
    if (orthonormal_leave(m, basis, *count, place) < spent)
        return false;
    length = sqrt(dot_product(m, place, place));
    for (size_t i = 0; i < m; i++)
        place[i] /= length;
    ++*count;
    return true;
}
