/* test-sample.c -- statistics of a sample, against values worked out by hand and R's quantile(). */
#include <criterion/criterion.h>
#include <math.h>

#include "base/bins.h"
#include "base/sample.h"

static const double values[] = { 4, 1, (double)NAN, 7, 2, (double)INFINITY, 10 };

Test(sample, passes_over_what_is_not_finite)
{
    double x[7], low, high;
    size_t n;

    for (int i = 0; i < 7; i++)
        x[i] = values[i];
    cr_expect_float_eq(sample_mean(x, 7), 4.8, 1e-14);
    cr_expect_float_eq(sample_sd(x, 7), sqrt(54.8 / 4), 1e-14);
    sample_range(x, 7, &low, &high);
    cr_expect(low == 1 && high == 10);
    n = sample_sort(x, 7);
    cr_expect_eq(n, 5);
    cr_expect(x[0] == 1 && x[4] == 10);
    cr_expect_float_eq(sample_quantile(x, n, 0.25), 2, 1e-14);
    cr_expect_float_eq(sample_quantile(x, n, 0.9), 8.8, 1e-14, "R: quantile(c(1, 2, 4, 7, 10), 0.9)");
    cr_expect(isnan(sample_quantile(x, 0, 0.5)));
    {
        static const double wide[4] = { -INFINITY, 1, 2, INFINITY };

        cr_expect(sample_quantile(wide, 3, 0.25) == -INFINITY && sample_quantile(wide, 3, 0.5) == 1, "as R has it");
        cr_expect(sample_quantile(wide + 1, 3, 0.75) == INFINITY && sample_quantile(wide + 1, 3, 0.5) == 2);
        cr_expect(isnan(sample_quantile((double[]){ -INFINITY, INFINITY }, 2, 0.5)));
    }
}

/* A sample that is a line of normal scores lies on the line through its quartiles. */
Test(sample, normal_line)
{
    double scores[101], x[101], middle, slope;

    sample_normal_scores(101, scores);
    cr_expect_float_eq(scores[50], 0, 1e-15);
    cr_expect_float_eq(scores[0], -scores[100], 1e-14);
    for (int i = 0; i < 101; i++)
        x[i] = 3 + 2 * scores[i];
    sample_normal_line(x, 101, &middle, &slope);
    cr_expect_float_eq(middle, 3, 1e-12);
    cr_expect_float_eq(slope, 2, 0.05, "the sample's quartiles lie at 1/4 of n - 1, the scores at (i + 1/2) / n");
    cr_expect_float_eq(sample_correlation(scores, x, 101), 1, 1e-14);
}

Test(sample, range_is_widened)
{
    double low = HUGE_VAL, high = -HUGE_VAL;

    range_extend(&low, &high, NULL, 3);
    cr_expect(low > high);
    range_extend(&low, &high, values, 4);
    range_extend(&low, &high, values + 4, 1);
    cr_expect(low == 1 && high == 7);
}

Test(sample, means_by_groups)
{
    const double x[] = { 1, 2, 6, (double)INFINITY, 5 };
    const int32_t group[] = { 0, 1, 1, 0, -1 };
    double mean[3];
    size_t rows[3];

    sample_means_by(x, group, 5, 3, mean, rows);
    cr_expect(rows[0] == 1 && rows[1] == 2 && rows[2] == 0);
    cr_expect_float_eq(mean[0], 1, 0);
    cr_expect_float_eq(mean[1], 4, 1e-15);
    cr_expect(isnan(mean[2]));
}

Test(sample, points_that_share_an_x_are_joined)
{
    double x[] = { 1, 2, 2, 2, 3 }, y[] = { 5, 1, 2, 6, 4 };

    cr_expect_eq(sample_join(x, y, 5), 3);
    cr_expect(x[1] == 2 && x[2] == 3 && y[0] == 5 && y[2] == 4);
    cr_expect_float_eq(y[1], 3, 1e-15);
}

/* By hand: Sxx 8.75, Sxy 7.75. */
Test(sample, line_by_least_squares)
{
    struct sample_line line = { 0 }, flat = { 0 };
    const double x[] = { 0, 1, 2, 4 }, y[] = { 1, 3, 2, 5 };

    for (int i = 0; i < 4; i++) {
        sample_line_add(&line, x[i], y[i]);
        sample_line_add(&flat, 2, y[i]);
    }
    cr_expect_float_eq(sample_line_at(&line, 4) - sample_line_at(&line, 0), 4 * 7.75 / 8.75, 1e-13);
    cr_expect_float_eq(sample_line_at(&line, 1.75), 2.75, 1e-13, "it goes through the means");
    cr_expect(line.low == 0 && line.high == 4);
    cr_expect_float_eq(sample_line_at(&flat, 2), 2.75, 1e-13, "no slope where x does not vary");
}

Test(sample, whiskers_end_at_the_last_value_within_their_reach)
{
    const double x[] = { -9, 1, 2, 3, 4, 5, 8, 20 };
    size_t from, to;

    sample_whiskers(x, 8, &from, &to); /* quartiles 1.75 and 5.75: from -4.25 to 11.75 */
    cr_expect(from == 1 && to == 6);
    sample_whiskers(x, 1, &from, &to);
    cr_expect(from == 0 && to == 0);
}

Test(sample, bins_hold_every_value_once)
{
    double x[200];
    size_t rows[64] = { 0 }, all = 0;
    struct bins bins;

    for (int i = 0; i < 200; i++)
        x[i] = 0.1 * i;
    bins = bins_choose(x, 200, 0);
    cr_assert(bins.count > 0 && bins.count <= 60);
    cr_expect_float_eq(bins.width, 2, 1e-12, "2 x 9.95 / 200^(1/3) = 3.4, rounded to 1, 2 or 5");
    for (int i = 0; i < 200; i++)
        rows[bins_find(&bins, x[i])]++;
    for (size_t b = 0; b < bins.count; b++) {
        cr_expect_eq(rows[b], 20, "bin %zu", b);
        all += rows[b];
    }
    cr_expect_eq(all, 200);
    for (int i = 0; i < 200; i++)
        x[i] = i / 20;
    bins = bins_choose(x, 200, 0);
    cr_expect(bins.whole && bins.count == 10 && bins.start == -0.5);
}

Test(sample, bins_between_ends)
{
    struct bins bins = bins_between(3, 3, 10, false);

    cr_expect(bins.count == 1 && bins_find(&bins, 3) == 0);
    bins = bins_between(1, 12, 10, true);
    cr_expect(bins.count == 6 && bins.width == 2, "the fewest that hold the same number of integers each");
    cr_expect(bins_find(&bins, 1) == 0 && bins_find(&bins, 3) == 1 && bins_find(&bins, 12) == 5 && bins_find(&bins, 99) == 5);
    cr_expect_eq(bins_between((double)INFINITY, -(double)INFINITY, 10, false).count, 0);
    bins = bins_between(-1.5e308, 1.5e308, 10, false);
    cr_expect(isfinite(bins.width) && bins_find(&bins, 0) == 5, "a range beyond that of numbers");
}
