/* test-power.c -- power by simulation against the noncentral t; designs of another size. */
#include <criterion/criterion.h>
#include <math.h>
#include <Rmath.h>

#include "infer/enlarge.h"
#include "infer/power.h"
#include "model/residuals.h"
#include "stated.h"
#include "sweep.h"

Test(power, of_a_linear_model_is_that_of_the_noncentral_t)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days", NULL, METHOD_REML, 0);
    struct power_question question = { .coefficient = 1, .effect = 3, .alpha = 0.05, .term = -1, .replicates = 1000, .seed = 1 };
    struct power_point point;
    double ncp = 3 / s.fit->se[1], critical = qt(0.975, 178, 1, 0);
    double power = pnt(critical, 178, ncp, 0, 0) + pnt(-critical, 178, ncp, 1, 0);

    cr_assert(power_at(s.fit, &question, 0, 0, NULL, &point, NULL));
    cr_expect_eq(point.used, 1000);
    cr_expect_float_eq(point.power, power, 4 * sqrt(power * (1 - power) / 1000), "%g, %g", point.power, power);
    cr_expect(point.lower < point.power && point.power < point.upper);
    cr_expect_float_eq(point.mean, 3, 4 * s.fit->se[1] / sqrt(1000));
    stated_clear(&s);
}

/* Twice the levels: what is nested in them is new with them. */
Test(power, designs_of_twice_the_size)
{
    struct stated s = state("pastes", "strength ~ 1 + (1 | batch/cask)", NULL, METHOD_REML, 0);
    int batch = group_index(s.model->design, "batch"), cask = 1 - batch;
    struct design *twice = design_enlarge(s.model->design, batch, 20, 0, NULL);

    cr_assert_not_null(twice);
    cr_expect_eq(design_outer_term(s.model->design), batch);
    cr_expect_eq(twice->n, 120);
    cr_expect_eq(twice->random[batch].level_count, 20);
    cr_expect_eq(twice->random[cask].level_count, 60);
    for (int32_t l = 0; l < 60; l++)
        cr_expect_eq(twice->random[cask].rows_of_level[l], 2);
    design_enlarged_free(twice);
    twice = design_enlarge(s.model->design, batch, 5, 3, NULL);
    cr_expect_eq(twice->n, 15);
    design_enlarged_free(twice);
    twice = design_enlarge(s.model->design, batch, 20, 1, NULL);
    cr_expect_eq(twice->n, 20, "one row of each level");
    design_enlarged_free(twice);
    stated_clear(&s);
}

Test(power, the_same_size_is_the_same_study)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, METHOD_REML, 0);
    struct design *same = design_enlarge(s.model->design, 0, 18, 10, NULL);

    cr_assert_not_null(same);
    cr_assert_eq(same->n, 180);
    cr_expect_arr_eq(same->X, s.model->design->X, 360 * sizeof(double));
    cr_expect_arr_eq(same->y, s.model->design->y, 180 * sizeof(double));
    cr_expect_arr_eq(same->random[0].z, s.model->design->random[0].z, 360 * sizeof(double));
    design_enlarged_free(same);
    stated_clear(&s);
}

/* Residuals that covary: each new level has a block of its own, with the places of the level that it is made of. */
Test(power, residuals_of_new_levels)
{
    struct spec spec = { .formula = "Reaction ~ Days + (1 | Subject)", .residual = "ar1(Days | Subject)" };
    struct stated s = stated_only("sleepstudy", &spec);
    const struct model *model = s.model;
    struct glmm_error err = { 0 };
    struct design *larger;

    cr_expect(design_can_enlarge(model->design, 0, 0, &err));
    cr_expect_not(design_can_enlarge(model->design, 0, 11, &err), "two rows of one day");
    larger = design_enlarge(model->design, 0, 40, 0, NULL);
    cr_assert_eq(larger->n, 400);
    cr_expect_eq(larger->residual->block_count, 40);
    for (size_t i = 0; i < larger->n; i++) {
        cr_expect_eq(larger->residual->block[i] == larger->residual->block[i / 10 * 10], true);
        cr_expect_eq(larger->residual->position[i], model->design->residual->position[i % 180]);
    }
    design_enlarged_free(larger);
    stated_clear(&s);
}

/* The point that a test of t with n - 1 df has, of an effect of `a` standard deviations, as R's power.t.test(type = "one.sample",
 * strict = TRUE) has it, `used` times tried. */
static struct power_point point_of_t(int levels, double a, long used)
{
    double c = qt(0.975, levels - 1, 1, 0), d = a * sqrt(levels);
    double power = 1 - pnt(c, levels - 1, d, 1, 0) + pnt(-c, levels - 1, d, 1, 0);
    struct power_point p = { .levels = levels, .used = used, .found = lround(power * (double)used), .critical = c };

    p.power = (double)p.found / (double)used;
    p.lower = p.found == 0 ? 0 : qbeta(0.025, (double)p.found, (double)(used - p.found + 1), 1, 0);
    p.upper = p.found == used ? 1 : qbeta(0.975, (double)p.found + 1, (double)(used - p.found), 1, 0);
    return p;
}

/* R: power.t.test(delta = a, sd = 1, power = 0.8, type = "one.sample", strict = TRUE)$n */
static const struct {
    double a, n;
} OF_R[] = { { 1.5, 5.6861 }, { 1, 9.9378 }, { 0.5, 33.3671 }, { 0.3, 89.1494 }, { 0.1, 786.8089 } };

/* Of any two numbers, between which it is or not, where they tell it; where it is between them it is so with any counts. */
Test(power, levels_that_reach_it)
{
    static const int TRIED[] = { 4, 6, 10, 18, 30, 40, 60, 100, 300, 1000 };
    enum { COUNT = sizeof TRIED / sizeof *TRIED };
    int told = 0, near = 0;

    for (size_t k = 0; k < sizeof OF_R / sizeof *OF_R; k++)
        for (int i = 0; i < COUNT; i++)
            for (int j = i + 1; j < COUNT; j++)
                for (long used = 100; used <= 1000000; used *= 10000) {
                    struct power_point points[2] = { point_of_t(TRIED[i], OF_R[k].a, used),
                                                     point_of_t(TRIED[j], OF_R[k].a, used) };
                    bool beyond, between = points[0].power < 0.8 && points[1].power >= 0.8;
                    double at = power_levels(points, 2, 0.05, 0.8, &beyond);

                    cr_expect_eq(beyond, !between);
                    if (isnan(at))
                        continue;
                    told++;
                    if (between)
                        cr_expect(at >= TRIED[i] && at <= TRIED[j], "%g of %d, %d: %g", OF_R[k].a, TRIED[i], TRIED[j], at);
                    if (between && used > 100)
                        cr_expect_float_eq(at, OF_R[k].n, 0.03 * OF_R[k].n, "%g of %d, %d: %g, not %g", OF_R[k].a, TRIED[i],
                                           TRIED[j], at, OF_R[k].n);
                    near += fabs(at / OF_R[k].n - 1) < 0.25;
                }
    cr_expect(told > 300);
    cr_expect_eq(near, told);
}

/* The power of a two-sided test by z with an effect of a errors of one level. */
static double power_of_z(double a, double levels)
{
    double c = qnorm(0.975, 0, 1, 1, 0), d = a * sqrt(levels);

    return pnorm(d - c, 0, 1, 1, 0) + pnorm(-d - c, 0, 1, 1, 0);
}

static double loglik_of_z(const struct power_point points[2], double a)
{
    double sum = 0;

    for (int i = 0; i < 2; i++)
        sum += (double)points[i].found * log(power_of_z(a, points[i].levels))
               + (double)(points[i].used - points[i].found) * log1p(-power_of_z(a, points[i].levels));
    return sum;
}

/* Of few replicates: the effect is that of the greatest likelihood, here by golden sections, and the levels are those where it
 * has the power that is asked. */
Test(power, levels_by_the_greatest_likelihood)
{
    static const long found[][2] = { { 40, 90 }, { 20, 85 }, { 60, 99 } };
    const double section = 0.5 * (sqrt(5) - 1);

    for (int k = 0; k < 3; k++) {
        struct power_point points[2] = { { .levels = 10, .used = 100 }, { .levels = 30, .used = 100 } };
        double low = 0.01, high = 3, n = 10, most = 30, at;
        bool beyond;

        for (int i = 0; i < 2; i++) {
            double p = (double)found[k][i] / 100;

            points[i].found = found[k][i];
            points[i].power = p;
            points[i].lower = fmax(0, p - 0.1);
            points[i].upper = fmin(1, p + 0.1);
            points[i].critical = qnorm(0.975, 0, 1, 1, 0);
        }
        for (int step = 0; step < 80; step++) {
            double left = high - section * (high - low), right = low + section * (high - low);

            if (loglik_of_z(points, left) < loglik_of_z(points, right))
                low = left;
            else
                high = right;
        }
        for (int step = 0; step < 80; step++) {
            double middle = 0.5 * (n + most);

            *(power_of_z(low, middle) < 0.8 ? &n : &most) = middle;
        }
        at = power_levels(points, 2, 0.05, 0.8, &beyond);
        cr_expect_not(beyond);
        cr_expect_float_eq(at, n, 1e-5 * n, "%d: %.8g, not %.8g", k, at, n);
    }
}

/* One of the two has less than all, and the other all: where what finds 37 of 100 with 6 levels has it. */
Test(power, levels_where_one_finds_all)
{
    struct power_point points[2] = { { .levels = 6, .used = 100, .found = 37, .power = 0.37, .lower = 0.276, .upper = 0.472 },
                                     { .levels = 60, .used = 100, .found = 100, .power = 1, .lower = 0.964, .upper = 1 } };
    bool beyond = true;
    double at;

    points[0].critical = qt(0.975, 5, 1, 0);
    points[1].critical = qt(0.975, 59, 1, 0);
    at = power_levels(points, 2, 0.05, 0.8, &beyond);
    cr_expect_not(beyond);
    cr_expect(at > 11 && at < 15, "%g", at);
    points[0].found = 0;
    points[0].power = points[0].lower = 0;
    points[0].upper = 0.036;
    points[1].levels = 60000;
    cr_expect(isnan(power_levels(points, 2, 0.05, 0.8, &beyond)), "none and all tell a only as something between");
}

/* A test that finds as much as chance does says nothing of how many levels it needs. */
Test(power, no_levels_for_nothing)
{
    struct power_point points[2] = {
        { .levels = 12, .used = 200, .found = 10, .power = 0.05, .upper = 0.09, .critical = 2.1 },
        { .levels = 20, .used = 200, .found = 13, .power = 0.065, .upper = 0.11, .critical = 2.05 }
    };
    bool beyond;

    cr_expect(isnan(power_levels(points, 2, 0.05, 0.8, &beyond)));
    for (int i = 0; i < 2; i++) {
        points[i].found = 200;
        points[i].power = points[i].upper = 1;
        points[i].lower = 0.98;
    }
    cr_expect(isnan(power_levels(points, 2, 0.05, 0.8, &beyond)));
}

static bool run_power(void *context, struct glmm_error *err)
{
    struct power_question question = { .coefficient = 0, .effect = NAN, .alpha = 0.05, .term = 0, .replicates = 2, .seed = 1 };
    struct power_point point;

    return power_at(context, &question, 4, 3, NULL, &point, err);
}

Test(power, memory)
{
    struct stated s = state("dyestuff", "Yield ~ 1 + (1 | Batch)", NULL, METHOD_REML, 0);

    cr_assert_gt(sweep_allocations(run_power, s.fit), 0);
    stated_clear(&s);
}
