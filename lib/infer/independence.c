/* independence.c -- see independence.h. */
#include "infer/independence.h"

#include <math.h>
#include <stddef.h>

#include "infer/compare.h"

/* Of a row, whose cells stand one after the other; of a column, whose stand `stride` apart. */
static double total_of(const double *cells, int32_t count, size_t stride)
{
    double total = 0;

    for (int32_t i = 0; i < count; i++)
        total += cells[(size_t)i * stride];
    return total;
}

bool independence_test(const double *counts, int32_t rows, int32_t columns, struct independence *out)
{
    double total = 0, used_rows = 0, used_columns = 0;

    *out = (struct independence){ .least = (double)INFINITY, .p = (double)NAN };
    for (int32_t i = 0; i < rows; i++)
        total += total_of(counts + (size_t)i * (size_t)columns, columns, 1);
    for (int32_t i = 0; i < rows; i++)
        used_rows += total_of(counts + (size_t)i * (size_t)columns, columns, 1) > 0;
    for (int32_t j = 0; j < columns; j++) {
        double column = total_of(counts + j, rows, (size_t)columns);

        used_columns += column > 0;
        for (int32_t i = 0; column > 0 && i < rows; i++) {
            double expected = total_of(counts + (size_t)i * (size_t)columns, columns, 1) * column / total,
                   off = counts[(size_t)i * (size_t)columns + (size_t)j] - expected;

            if (expected <= 0)
                continue;
            out->least = fmin(out->least, expected);
            out->statistic += off * off / expected;
        }
    }
    out->df = fmax(used_rows - 1, 0) * fmax(used_columns - 1, 0);
    if (out->df > 0)
        out->p = chi_squared_tail(out->statistic, out->df);
    return out->df > 0;
}
