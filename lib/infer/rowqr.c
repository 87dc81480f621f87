/* rowqr.c -- see rowqr.h.
 *
 * One rotation for each entry of the new row zeroes that entry against the diagonal of R.  The triangle is then brought to
 * reduced row echelon form in units in which each column has norm 1, so that "zero" means the same for every column: a row
 * of that form with a pivot and nothing in the free columns gives a coefficient, any other row gives none. */
#include "infer/rowqr.h"

#include <math.h>

/* A pivot below this, in columns of norm 1, is rounding; so is an entry in a free column. */
static const double SINGULAR = 1e-10;
static const double NEGLIGIBLE = 1e-7;

void rowqr_add(double *R, int p, double *row)
{
    double c, s, r, top;
    int i, j;

    for (i = 0; i < p; i++) {
        if (row[i] == 0)
            continue;
        r = hypot(R[i * p + i], row[i]);
        c = R[i * p + i] / r;
        s = row[i] / r;
        for (j = i; j < p; j++) {
            top = R[i * p + j];
            R[i * p + j] = c * top + s * row[j];
            row[j] = c * row[j] - s * top;
        }
    }
}

static double column_norm(const double *R, int p, int column)
{
    double norm = 0;
    int i;

    for (i = 0; i <= column; i++)
        norm = hypot(norm, R[i * p + column]);
    return norm;
}

double rowqr_residual(const double *R, int p)
{
    double norm = column_norm(R, p, p - 1);

    return norm == 0 ? 0 : fabs(R[p * p - 1]) / norm;
}

static void swap_rows(double *R, int p, int a, int b)
{
    double keep;
    int j;

    for (j = 0; a != b && j < p; j++) {
        keep = R[a * p + j];
        R[a * p + j] = R[b * p + j];
        R[b * p + j] = keep;
    }
}

/* Makes row `at` have 1 in `column`, and all other rows 0. */
static void eliminate(double *R, int p, int at, int column)
{
    double factor = R[at * p + column];
    int i, j;

    for (j = 0; j < p; j++)
        R[at * p + j] /= factor;
    for (i = 0; i < p - 1; i++) {
        factor = R[i * p + column];
        for (j = 0; i != at && factor != 0 && j < p; j++)
            R[i * p + j] -= factor * R[at * p + j];
    }
}

int rowqr_solve(double *R, int p, double *coefficients)
{
    int rank = 0, i, j, best, row;
    double norm;
    int k = p - 1;

    for (j = 0; j < k; j++) { /* columns of norm 1; coefficients keeps the norms for now */
        norm = column_norm(R, p, j);
        coefficients[j] = norm;
        for (i = 0; norm > 0 && i <= j; i++)
            R[i * p + j] /= norm;
    }
    for (j = 0; j < k; j++) {
        best = rank;
        for (i = rank; i < k; i++)
            if (fabs(R[i * p + j]) > fabs(R[best * p + j]))
                best = i;
        if (rank == k || fabs(R[best * p + j]) <= SINGULAR) {
            for (i = rank; i < k; i++) /* a free column: below the pivots it is rounding */
                R[i * p + j] = 0;
            continue;
        }
        swap_rows(R, p, best, rank);
        eliminate(R, p, rank, j);
        rank++;
    }
    for (j = 0, row = 0; j < k; j++) {
        /* The pivot of a row is its first 1: columns come in order, so pivot rows do too. */
        if (row == rank || R[row * p + j] != 1) {
            coefficients[j] = NAN;
            continue;
        }
        norm = coefficients[j];
        coefficients[j] = R[row * p + k] / norm;
        for (i = j + 1; i < k; i++)
            if (fabs(R[row * p + i]) > NEGLIGIBLE)
                coefficients[j] = NAN;
        row++;
    }
    return rank;
}
