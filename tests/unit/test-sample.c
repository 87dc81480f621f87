/* test-sample.c -- statistics of a sample, against values worked out by hand and R's quantile(). */
#include <criterion/criterion.h>
#include <math.h>

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
