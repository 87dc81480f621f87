/* test-collinear.c -- which columns are dropped; the small way (a triangle) and the large one (the Gram matrix) must agree. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>

#include "linalg/collinear.h"
#include "sweep.h"

enum { P = 90 };

static double uniform(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state / 4294967296.0 - 0.5;
}

/* Columns: 0 constant; 1-20 noise of very different sizes; 21-60 indicators of 40 levels (the last depends on the others); 61-70
 * noise with a large mean; then combinations.  Sets what must be dropped. */
static double *make(size_t n, bool *expected)
{
    double *x = malloc(n * P * sizeof *x), *c;
    unsigned state = 7;

    for (int j = 0; j < P; j++) {
        c = x + j * n;
        expected[j] = false;
        for (size_t i = 0; i < n; i++) {
            double noise = uniform(&state);

            if (j == 0)
                c[i] = 1.0;
            else if (j <= 20)
                c[i] = noise * pow(10.0, 20 * (j - 10));
            else if (j <= 60)
                c[i] = (i * 7 + i / 40) % 40 == (size_t)(j - 21);
            else if (j <= 70)
                c[i] = 1e6 + noise;
            else if (j == 71)
                c[i] = 0.1; /* constant: dropped */
            else if (j == 72)
                c[i] = 0.0; /* zero: dropped */
            else if (j == 73)
                c[i] = 3.0 * x[61 * n + i] - x[62 * n + i] + 5.0; /* dropped */
            else if (j == 74)
                c[i] = x[25 * n + i] * x[61 * n + i];
            else if (j == 75)
                c[i] = x[61 * n + i] - 1e6 + 1e-5 * noise; /* near, but kept */
            else if (j == 76)
                c[i] = x[63 * n + i] - 1e6 + 1e-9 * noise; /* too near: dropped */
            else if (j == 77)
                c[i] = x[25 * n + i] + x[26 * n + i]; /* dropped */
            else if (j == 78)
                c[i] = x[74 * n + i] * 2.0 + x[30 * n + i] * 1e-3; /* dropped */
            else
                c[i] = i % (P + 3) == (size_t)j; /* sparse and independent */
        }
    }
    expected[60] = expected[71] = expected[72] = expected[73] = expected[76] = expected[77] = expected[78] = true;
    return x;
}

static void run(size_t n)
{
    bool expected[P], dropped[P];
    double *x = make(n, expected);

    cr_assert(collinear_find(n, P, x, true, dropped, NULL, NULL, NULL));
    for (int j = 0; j < P; j++)
        cr_expect_eq(dropped[j], expected[j], "%zu rows: column %d %s", n, j, dropped[j] ? "is dropped" : "is kept");
    free(x);
}

Test(collinear, small)
{
    run(2000);
}

Test(collinear, large)
{
    run(30000);
}

/* Without an intercept the indicators are independent, and the constants may stay. */
Test(collinear, no_intercept)
{
    for (size_t n = 2000; n <= 30000; n += 28000) {
        bool expected[P], dropped[P];
        double *x = make(n, expected);

        cr_assert(collinear_find(n, 40, x + 21 * n, false, dropped, NULL, NULL, NULL));
        for (int j = 0; j < 40; j++)
            cr_expect_not(dropped[j]);
        cr_assert(collinear_find(n, 71 - 21 + 1, x + 21 * n, false, dropped, NULL, NULL, NULL));
        cr_expect(dropped[50], "the constant depends on the indicators");
        free(x);
    }
}

/* Of a copy nothing is left but rounding, of either sign, and of whole numbers just 0. */
Test(collinear, copies_in_many_rows)
{
    enum { COLUMNS = 64, ROWS = 27000 };
    double *x = malloc(sizeof *x * ROWS * COLUMNS);

    cr_assert_not_null(x);
    for (unsigned trial = 0; trial < 6; trial++) {
        int copy = 30 + (int)trial;
        unsigned state = 11 + trial;
        bool dropped[COLUMNS];

        for (size_t i = 0; i < (size_t)ROWS * COLUMNS; i++)
            x[i] = trial % 2 == 0 ? uniform(&state) : floor(8 * uniform(&state));
        for (size_t i = 0; i < ROWS; i++)
            x[i + (size_t)copy * ROWS] = x[i + (size_t)(copy - 20) * ROWS];
        cr_assert(collinear_find(ROWS, COLUMNS, x, trial == 3, dropped, NULL, NULL, NULL));
        for (int j = 0; j < COLUMNS; j++)
            cr_expect_eq(dropped[j], j == copy, "trial %u: column %d %s", trial, j, dropped[j] ? "is dropped" : "is kept");
    }
    free(x);
}

Test(collinear, more_columns_than_rows)
{
    double x[3 * 6] = { 1, 1, 1, 1, 2, 4, 1, 2, 5, 7, 8, 1, 3, 3, 2, 1, 0, 0 };
    bool dropped[6];

    cr_assert(collinear_find(3, 6, x, true, dropped, NULL, NULL, NULL));
    cr_expect_not(dropped[0]);
    cr_expect_not(dropped[1]);
    cr_expect_not(dropped[2]);
    cr_expect(dropped[3] && dropped[4] && dropped[5]);
}

/* Years and their powers, time stamps, indicators of all levels, and a difference of two columns with a mean of 1e9 standard
 * deviations: 8, 11, 14 and 15 depend on those before them. */
enum { UNITS = 16 };

static void make_units(size_t n, double *x)
{
    unsigned state = 7;

    for (int j = 0; j < UNITS; j++)
        for (size_t i = 0; i < n; i++) {
            double u = uniform(&state), year = 1990 + (double)(i % 31), *c = x + j * n;
            const double powers[] = { 1, year, year * year, year * year * year };

            if (j < 4)
                c[i] = powers[j];
            else if (j == 4)
                c[i] = 1.6e9 + floor(86400 * (u + 0.5));
            else if (j == 5)
                c[i] = x[4 * n + i] * x[4 * n + i];
            else if (j < 9)
                c[i] = i / 7 % 3 == (size_t)(j - 6);
            else if (j < 11)
                c[i] = 1e9 + u;
            else if (j == 11)
                c[i] = x[9 * n + i] - x[10 * n + i];
            else if (j == 12)
                c[i] = u;
            else if (j == 13)
                c[i] = x[12 * n + i] + 1e-5 * u;
            else
                c[i] = j == 14 ? x[12 * n + i] * 3 + x[6 * n + i] : 3 * x[n + i] - x[12 * n + i];
        }
}

/* One column (or, at last, all of them) in other units: the same are dropped. */
static void check_units(size_t n, int step)
{
    static const double factors[] = { 1, 1e-9, 1e9, 1e-3, 1e3, 1.0 / 1024, 1024, 1e-100, 1e100, 3.7 };
    double *x = malloc(n * UNITS * sizeof *x);
    bool dropped[UNITS];

    for (size_t f = 0; f < sizeof factors / sizeof *factors; f++)
        for (int column = 1; column <= UNITS; column += step) {
            make_units(n, x);
            for (int j = 1; j < UNITS; j++)
                for (size_t i = 0; i < n && (j == column || column == UNITS); i++)
                    x[j * n + i] *= factors[f];
            cr_assert(collinear_find(n, UNITS, x, true, dropped, NULL, NULL, NULL));
            for (int j = 0; j < UNITS; j++)
                cr_expect_eq(dropped[j], j == 8 || j == 11 || j >= 14, "%zu rows, column %d times %g: column %d %s", n, column,
                             factors[f], j, dropped[j] ? "is dropped" : "is kept");
        }
    free(x);
}

Test(collinear, units)
{
    check_units(400, 1);
}

Test(collinear, units_of_many_rows)
{
    check_units(400000, UNITS - 1);
}

struct subject {
    size_t n;
    double *x;
};

static bool find(void *context, struct glmm_error *err)
{
    struct subject *subject = context;
    struct collinear_basis basis;
    bool dropped[P], ok;

    ok = collinear_find(subject->n, P, subject->x, true, dropped, &basis, NULL, err);
    collinear_basis_clear(&basis);
    return ok;
}

/* Every row of x lies in the null space: what the basis says of a dropped column is the column. */
static void check_basis(size_t n)
{
    struct collinear_basis basis;
    bool expected[P], dropped[P];
    double *x = make(n, expected), most = 0;

    cr_assert(collinear_find(n, P, x, true, dropped, &basis, NULL, NULL));
    for (int j = 0; j < P; j++)
        for (size_t i = 0; dropped[j] && i < n; i++) {
            double left = x[(size_t)j * n + i] * basis.scale[j] - basis.centre[j];

            for (int e = basis.start[j]; e < basis.start[j] + basis.count[j]; e++) {
                cr_assert_not(dropped[basis.index[e]]);
                left -= basis.value[e]
                        * (x[(size_t)basis.index[e] * n + i] * basis.scale[basis.index[e]] - basis.centre[basis.index[e]]);
            }
            most = fmax(most, fabs(left) / (basis.unit[j] + 1e-300));
        }
    cr_expect_lt(most, 1e-6, "%zu rows: %g", n, most);
    collinear_basis_clear(&basis);
    free(x);
}

Test(collinear, basis)
{
    check_basis(2000);
    check_basis(30000);
}

Test(collinear, survives_failed_allocations)
{
    bool expected[P];

    for (size_t n = 1000; n <= 14000; n += 13000) {
        struct subject subject = { n, make(n, expected) };

        cr_assert_gt(sweep_allocations(find, &subject), 2);
        free(subject.x);
    }
}
