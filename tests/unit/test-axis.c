/* test-axis.c -- ticks are round, few, in the middle of cells and never beyond the values; every value has its cell, whatever the
 * range. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "render/axis.h"

static bool is_round(double step)
{
    double part = step / pow(10, floor(log10(step) + 1e-6));

    /* fours are for where nothing else has room */
    return fabs(part - 1) < 1e-6 || fabs(part - 2) < 1e-6 || fabs(part - 4) < 1e-6 || fabs(part - 5) < 1e-6
           || fabs(part - 10) < 1e-5;
}

static void check_axis(double low, double high, int cells, bool across)
{
    struct axis_wish wish = { low, high, cells, across, 0, 0, false };
    struct axis axis;

    axis_choose(&axis, &wish);
    cr_assert(axis.cells >= 2 && axis.cells <= cells, "%g %g %d: %d cells", low, high, cells, axis.cells);
    if (low <= high && isfinite(low) && isfinite(high) && fabs(low) <= 1e300 && fabs(high) <= 1e300) {
        cr_assert(axis_cell(&axis, low) >= 0 && axis_cell(&axis, low) < axis.cells, "%.17g of %.17g %.17g in %d", low, low, high,
                  cells);
        cr_assert(axis_cell(&axis, high) >= 0 && axis_cell(&axis, high) < axis.cells, "%.17g of %.17g %.17g in %d", high, low,
                  high, cells);
    }
    cr_assert_leq(axis.tick_count, AXIS_TICKS);
    for (int i = 0; i < axis.tick_count && high > low && high < HUGE_VAL && low > -HUGE_VAL; i++) {
        double tick = atof(axis.tick_label[i]), slack = 1e-9 * fmax(fabs(low), fabs(high));

        cr_assert(tick >= low - slack && tick <= high + slack, "%s is beyond %.17g %.17g", axis.tick_label[i], low, high);
    }
    for (int i = 0; i < axis.tick_count; i++) {
        cr_assert(axis.tick_cell[i] >= 0 && axis.tick_cell[i] < axis.cells);
        cr_assert_leq((int)strlen(axis.tick_label[i]), axis.label_width);
        if (i > 0) {
            double step = atof(axis.tick_label[i]) - atof(axis.tick_label[i - 1]);

            cr_assert(is_round(step) || fabs(step) < 1e-290, "%g: %s %s", step, axis.tick_label[i - 1], axis.tick_label[i]);
            cr_assert_gt(axis.tick_cell[i], axis.tick_cell[i - 1]);
            if (across)
                cr_assert_gt(axis.tick_cell[i] - axis.tick_cell[i - 1], (int)strlen(axis.tick_label[i]), "labels touch");
        }
    }
    cr_assert_eq(axis_cell(&axis, INFINITY), axis.cells);
    cr_assert_eq(axis_cell(&axis, -INFINITY), -1);
    cr_assert(isfinite(axis_place(&axis, DBL_MAX)));
}

Test(axis, usual_ranges)
{
    struct axis axis;

    axis_choose(&axis, &(struct axis_wish){ 3.26, 20.32, 36, true, 0, 0, false });
    cr_expect_geq(axis.tick_count, 3);
    cr_expect_str_eq(axis.tick_label[0], "5");
    cr_expect_str_eq(axis.tick_label[1], "10");
    axis_choose(&axis, &(struct axis_wish){ 0, 9, 70, true, 0, 0, false });
    cr_expect_str_eq(axis.tick_label[0], "0");
    axis_choose(&axis, &(struct axis_wish){ -0.03, 0.31, 70, true, 0, 0, false });
    cr_expect_str_eq(axis.tick_label[0], "0.0");
}

Test(axis, ticks_end_where_the_values_end_and_are_distinct)
{
    struct axis axis;

    axis_choose(&axis, &(struct axis_wish){ 0, 24, 15, true, 0, 0, false });
    cr_expect_str_eq(axis.tick_label[axis.tick_count - 1], "20");
    axis_choose(&axis, &(struct axis_wish){ -9.5, 9.97, 15, true, 0, 0, false });
    cr_expect_eq(axis.tick_count, 3);
    cr_expect_str_eq(axis.tick_label[0], "-5");
    axis_choose(&axis, &(struct axis_wish){ -1.3e-6, -1e-6, 20, false, 0, 0, false });
    cr_expect_str_eq(axis.tick_label[0], "-1.3e-6");
    cr_expect_str_eq(axis.tick_label[1], "-1.2e-6");
    axis_choose(&axis, &(struct axis_wish){ 1666, 990990, 15, true, 0, 0, false });
    cr_expect_eq(axis.tick_count, 2);
    cr_expect_str_eq(axis.tick_label[1], "8e5");
    axis_choose(&axis, &(struct axis_wish){ 999999990, 1000000010, 15, true, 0, 0, false });
    cr_expect_geq(axis.tick_count, 1);
    axis_choose(&axis, &(struct axis_wish){ 0.123456, 0.123456, 60, true, 0, 0, false });
    cr_expect_eq(axis.tick_count, 1, "a single value has its name");
    cr_expect_str_eq(axis.tick_label[0], "0.123456");
}

Test(axis, every_range_works)
{
    static const double ends[] = { 0,        -0.0,     1,         -1,  1e-300, -1e-300, 5e-324,        1e300, -1e300,    DBL_MAX,
                                   -DBL_MAX, INFINITY, -INFINITY, NAN, 3.7,    1e10,    10000000001.0, 1e-5,  123456.789 };
    static const int cells[] = { 4, 5, 8, 12, 16, 20, 30, 60, 77, 240 };
    size_t count = sizeof ends / sizeof ends[0];

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k++)
                for (int across = 0; across < 2; across++)
                    check_axis(ends[i], ends[j], cells[k], across != 0);
}

Test(axis, random_ranges_have_enough_ticks)
{
    struct rng rng;
    int few = 0, single = 0;

    rng_init(&rng, 7, 0);
    for (int i = 0; i < 20000; i++) {
        double scale = pow(10, 8 * rng_uniform(&rng) - 4), low = scale * rng_normal(&rng), high = low + scale * rng_uniform(&rng);
        struct axis axis;

        check_axis(low, high, 30 + (int)rng_below(&rng, 100), true);
        check_axis(low, high, 8 + (int)rng_below(&rng, 10), false);
        axis_choose(&axis, &(struct axis_wish){ low, high, 60, true, 0, 0, false });
        few += axis.tick_count < 3;
        single += axis.tick_count < 2;
        cr_assert_gt(axis.cells, 24, "%g %g uses %d of 60 cells", low, high, axis.cells);
    }
    cr_expect_lt(few, 300, "%d of 20000 have fewer than three ticks", few); /* seven of one step, two of the next round one */
    cr_expect_eq(single, 0, "%d of 20000 have fewer than two ticks", single);
}

Test(axis, units_are_whole_cells)
{
    static const double units[] = { 1, 2, 5, 0.1, 0.2, 0.5, 20, 1e-7 };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        for (int bins = 1; bins <= 60; bins++) {
            double u = units[i];
            struct axis_wish wish = { 7 * u, (7 + bins) * u, 74, true, 0, u, false };
            struct axis axis;
            int width;

            axis_choose(&axis, &wish);
            width = axis_cell(&axis, 8 * u) - axis_cell(&axis, 7 * u);
            cr_assert_geq(width, 1, "%g, %d bins", u, bins);
            for (int b = 1; b < bins; b++)
                cr_assert_eq(axis_cell(&axis, (7 + b + 1) * u) - axis_cell(&axis, (7 + b) * u), width, "%g, %d bins", u, bins);
        }
    }
}

Test(axis, counts_have_whole_ticks)
{
    struct axis axis;

    for (int most = 1; most < 200; most++) {
        axis_choose(&axis, &(struct axis_wish){ 0, most, 16, false, 1, 0, false });
        cr_assert_geq(axis.tick_count, 2, "%d", most);
        for (int i = 0; i < axis.tick_count; i++)
            cr_assert_null(strchr(axis.tick_label[i], '.'), "%s", axis.tick_label[i]);
    }
}
