/* test-power.c -- power by simulation against the noncentral t; designs of another size. */
#include <criterion/criterion.h>
#include <math.h>
#include <Rmath.h>

#include "infer/enlarge.h"
#include "infer/power.h"
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

Test(power, levels_that_reach_it)
{
    struct power_point points[4] = { { .levels = 9 }, { .levels = 16 }, { .levels = 25 }, { .levels = 36 } };
    bool beyond = true;

    for (int i = 0; i < 4; i++) {
        points[i].power = pnorm(-1 + 0.4 * sqrt(points[i].levels), 0, 1, 1, 0);
        points[i].used = 1000;
    }
    cr_expect_float_eq(power_levels(points, 4, 0.05, 0.8, &beyond), pow((qnorm(0.8, 0, 1, 1, 0) + 1) / 0.4, 2), 1e-9);
    cr_expect_not(beyond);
}

/* A power far below or above the one that is asked for: an effect of a errors in one level, tested by z or by t. */
Test(power, levels_beyond_those_that_were_tried)
{
    static const double A[2] = { 0.3, 0.9 };

    for (int k = 0; k < 4; k++) {
        struct power_point points[3] = { { .levels = 12 }, { .levels = 20 }, { .levels = 30 } };
        double a = A[k / 2], z = qnorm(0.975, 0, 1, 1, 0), root, right;
        bool beyond = false;

        for (int i = 0; i < 3; i++) {
            root = a * sqrt(points[i].levels);
            points[i].critical = z + (k % 2) * 3.0 / points[i].levels;
            points[i].used = 1000000;
            points[i].found =
                lround(1e6 * (pnorm(root - points[i].critical, 0, 1, 1, 0) + pnorm(-root - points[i].critical, 0, 1, 1, 0)));
            points[i].power = (double)points[i].found / 1e6;
        }
        right = power_levels(points, 3, 0.05, 0.8, &beyond);
        cr_expect(beyond);
        root = a * sqrt(right);
        cr_expect_float_eq(pnorm(root - z - (k % 2) * 3.0 / right, 0, 1, 1, 0), 0.8, 0.002, "a %g: %g levels", a, right);
    }
}

/* A test that finds as much as chance does says nothing of how many levels it needs. */
Test(power, no_levels_for_nothing)
{
    struct power_point points[2] = { { .levels = 12, .used = 200, .found = 10, .power = 0.05, .critical = 2.1 },
                                     { .levels = 20, .used = 200, .found = 13, .power = 0.065, .critical = 2.05 } };
    bool beyond;

    cr_expect(isnan(power_levels(points, 2, 0.05, 0.8, &beyond)));
    for (int i = 0; i < 2; i++) {
        points[i].found = 200;
        points[i].power = 1;
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
