/* independence.c -- see independence.h. */
#include "infer/independence.h"

#include <math.h>
#include <stddef.h>

#include "infer/compare.h"

static double row_total(const double *counts, int32_t columns, int32_t i)
{
    double total = 0;

    for (int32_t j = 0; j < columns; j++)
        total += counts[(size_t)i * (size_t)columns + (size_t)j];
    return total;
}

static double column_total(const double *counts, int32_t rows, int32_t columns, int32_t j)
{
    double total = 0;

    for (int32_t i = 0; i < rows; i++)
        total += counts[(size_t)i * (size_t)columns + (size_t)j];
    return total;
}

bool independence_test(const double *counts, int32_t rows, int32_t columns, struct independence *out)
{
    double total = 0, used_rows = 0, used_columns = 0;

    *out = (struct independence){ .least = (double)INFINITY, .p = (double)NAN };
    for (int32_t i = 0; i < rows; i++)
        total += row_total(counts, columns, i);
    for (int32_t i = 0; i < rows; i++)
        used_rows += row_total(counts, columns, i) > 0;
    for (int32_t j = 0; j < columns; j++) {
        double column = column_total(counts, rows, columns, j);

        used_columns += column > 0;
        for (int32_t i = 0; column > 0 && i < rows; i++) {
            double expected = row_total(counts, columns, i) * column / total,
                   off = counts[(size_t)i * (size_t)columns + (size_t)j] - expected;

            if (expected <= 0)
                continue;
            out->least = fmin(out->least, expected);
            out->statistic += off * off / expected;
        }
    }
    out->df = (used_rows - 1) * (used_columns - 1);
    if (out->df > 0)
        out->p = chi_squared_tail(out->statistic, out->df);
    return out->df > 0;
}
