/* test-api-effects.c -- where a slope differs from 0, what a level moves, partial effects, errors of modes: with nothing but
 * <glmm.h>, each against what other functions of it say of the same. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study.h"

/* 12 groups of 6 rows, in which the slope along x is 0 where w is 0.5, or nearly. */
static struct study crossing(void)
{
    enum { ROWS = 72 };
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
    double x[ROWS], w[ROWS], y[ROWS];
    const char *g[ROWS];
    struct glmm_error err = { 0 };
    struct study study = { .data = glmm_data_new(ROWS, &err) };

    for (int i = 0; i < ROWS; i++) {
        x[i] = (i * 29) % 17 - 8;
        w[i] = ((i * 41) % 23 - 11) / 4.0;
        g[i] = names[i / 6];
        y[i] = 2 + x[i] * (w[i] - 0.5) + sin(7.0 * (i / 6)) + 3 * cos(12.9898 * i);
    }
    cr_assert(glmm_data_add_real(study.data, "x", x, &err) && glmm_data_add_real(study.data, "w", w, &err)
                  && glmm_data_add_real(study.data, "y", y, &err) && glmm_data_add_factor(study.data, "g", g, &err),
              "%s", err.message);
    study_fit(&study, "y ~ x * w + (1 | g)", NULL);
    return study;
}

/* At an inner end of a region the slope is as far from 0 as its interval reaches: by the slopes themselves. */
Test(api_effects, regions_of_a_slope)
{
    static const char *const none[] = { NULL };
    struct glmm_region regions[GLMM_REGIONS];
    struct study study = crossing();
    struct glmm_error err = { 0 };
    int count = glmm_slope_regions(study.fit, "x", "w", NULL, regions, &err);

    cr_assert_eq(count, 2, "%s", err.message);
    cr_expect(regions[0].sign == -1 && regions[1].sign == 1 && regions[0].to < 0.5 && regions[1].from > 0.5);
    cr_expect(regions[0].from == -11 / 4.0 && regions[1].to == 11 / 4.0);
    for (int r = 0; r < 2; r++) {
        char text[40];
        const char *const value[] = { text };
        const struct glmm_stated at = { "w", value, 1 };
        struct glmm_means_options how = { .size = sizeof how, .slope = "x", .at = &at, .at_count = 1 };
        struct glmm_estimate one;
        struct glmm_means *m;

        snprintf(text, sizeof text, "%.17g", r == 0 ? regions[0].to : regions[1].from);
        cr_assert_not_null(m = glmm_means_new(study.fit, none, &how, &err), "%s", err.message);
        cr_assert(glmm_means_get(m, 0, NULL, &one, &err), "%s", err.message);
        cr_expect_float_eq(r == 0 ? one.upper : one.lower, 0, 1e-6);
        glmm_means_free(m);
    }
    cr_expect_eq(glmm_slope_regions(study.fit, "x", "g", NULL, regions, &err), -1);
    cr_expect_str_eq(err.argument, "moderator");
    err = (struct glmm_error){ 0 };
    cr_expect_eq(glmm_slope_regions(study.fit, "z", "w", NULL, regions, &err), -1);
    cr_expect_str_eq(err.argument, "slope");
    study_clear(&study);
}

/* The farthest levels are those of the transcript; of a fit without rows of a level nothing is left of them. */
Test(api_effects, influence_of_levels)
{
    struct study study = study_read("sleepstudy", NULL, "Reaction ~ Days + (Days | Subject)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_influence *all = glmm_influence_new(study.fit, "Subject", -1, NULL, &err),
                          *step = glmm_influence_new(study.fit, NULL, 0, NULL, &err);
    struct glmm_moved moved, before = { .cook = INFINITY };

    cr_assert(all != NULL && step != NULL, "%s", err.message);
    cr_assert(glmm_influence_count(all) == 18 && glmm_influence_count(step) == 18);
    for (int i = 0; i < 18; i++) {
        cr_assert(glmm_influence_get(all, i, &moved));
        cr_expect(moved.refitted && moved.rows == 10 && moved.cook <= before.cook && fabs(moved.cook - moved.step_cook) < 0.01);
        before = moved;
    }
    cr_assert(glmm_influence_get(all, 1, &moved));
    cr_expect(strcmp(moved.level, "335") == 0 && strcmp(moved.term, "Days") == 0);
    cr_expect_float_eq(moved.cook, 0.129, 6e-4);
    cr_expect_float_eq(moved.move, 0.508, 6e-4);
    cr_assert(glmm_influence_get(step, 0, &moved));
    cr_expect(!moved.refitted && isnan(moved.cook) && isnan(moved.move) && strcmp(moved.level, "309") == 0);
    cr_expect_float_eq(moved.step_cook, 0.149, 6e-4);
    cr_assert(glmm_influence_get(all, 0, &before) && strcmp(before.level, "309") == 0);
    cr_expect(moved.step_move == before.step_move && before.step_move != before.move && before.step_cook != before.cook);
    cr_expect_float_eq(before.step_move, before.move, 0.05);
    cr_expect_not(glmm_influence_get(all, 18, &moved) || glmm_influence_get(all, -1, &moved) || glmm_influence_get(all, 0, NULL));
    cr_expect(glmm_influence_count(NULL) == 0 && !glmm_influence_get(NULL, 0, &moved));
    cr_expect_null(glmm_influence_new(study.fit, "Days", 0, NULL, &err));
    cr_expect_str_eq(err.argument, "group");
    glmm_influence_free(all);
    glmm_influence_free(step);
    glmm_influence_free(NULL);
    study_clear(&study);
}

/* A line is its coefficients, its intervals are those of the combination, its partial residuals lie as far off as residuals. */
Test(api_effects, partial_effect_of_a_line)
{
    struct study study = study_read("sleepstudy", NULL, "Reaction ~ Days + (Days | Subject)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_partial *partial = glmm_partial_new(study.fit, "Days", 0, NULL, &err);
    const double *beta = glmm_fit_estimates(study.fit);
    double residual[180], weights[2] = { 1, 0 };
    struct glmm_partial_line line;
    struct glmm_partial_rows rows;
    struct glmm_estimate at;

    cr_assert(partial != NULL && glmm_partial_lines(partial) == 1, "%s", err.message);
    cr_assert(glmm_partial_line(partial, 0, &line) && glmm_partial_rows(partial, &rows));
    cr_assert(line.count > 1 && line.level == NULL && line.levels == NULL && rows.count == 180);
    for (size_t i = 0; i < line.count; i += line.count / 4) {
        weights[1] = line.x[i];
        cr_assert(glmm_fit_contrast(study.fit, weights, 0.95, &at, &err), "%s", err.message);
        cr_expect_float_eq(line.estimate[i], at.estimate, 1e-8);
        cr_expect_float_eq(line.lower[i], at.lower, 1e-6);
        cr_expect_float_eq(line.upper[i], at.upper, 1e-6);
    }
    cr_assert(glmm_fit_residuals(study.fit, GLMM_RESPONSE, residual, &err), "%s", err.message);
    for (size_t i = 0; i < rows.count; i++)
        cr_expect_float_eq(rows.residual[i], beta[0] + beta[1] * rows.x[i] + residual[i], 1e-6);
    cr_expect_not(glmm_partial_line(partial, 1, &line) || glmm_partial_line(partial, -1, &line)
                  || glmm_partial_line(partial, 0, NULL) || glmm_partial_line(NULL, 0, &line) || glmm_partial_rows(NULL, &rows));
    cr_expect_null(glmm_partial_new(study.fit, "Dys", 0, NULL, &err));
    cr_expect_str_eq(err.argument, "term");
    glmm_partial_free(partial);
    glmm_partial_free(NULL);
    study_clear(&study);
}

/* Of an interaction there is a line for each level of the factor, whose slope is a sum of two coefficients. */
Test(api_effects, partial_effect_of_an_interaction)
{
    struct study study = study_read("orthodont", NULL, "distance ~ age * Sex + (age | Subject)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_partial *partial = glmm_partial_new(study.fit, "age:Sex", 0.9, NULL, &err);
    const double *beta = glmm_fit_estimates(study.fit);
    double slope[2], start[2], residual[108];
    struct glmm_partial_line line;
    struct glmm_partial_rows rows;

    cr_assert(partial != NULL && glmm_partial_lines(partial) == 2, "%s", err.message);
    for (int l = 0; l < 2; l++) {
        cr_assert(glmm_partial_line(partial, l, &line));
        cr_expect_str_eq(line.level, l == 0 ? "Female" : "Male");
        slope[l] = (line.estimate[1] - line.estimate[0]) / (line.x[1] - line.x[0]);
        start[l] = line.estimate[0] - slope[l] * line.x[0];
        cr_expect_float_eq(slope[l], beta[1] + l * beta[3], 1e-8);
    }
    cr_assert(glmm_partial_rows(partial, &rows) && rows.count == 108, "%zu", rows.count);
    cr_assert(glmm_fit_residuals(study.fit, GLMM_RESPONSE, residual, &err), "%s", err.message);
    for (size_t i = 0; i < rows.count; i++)
        cr_expect_float_eq(rows.residual[i], start[rows.line[i]] + slope[rows.line[i]] * rows.x[i] + residual[i], 1e-6);
    glmm_partial_free(partial);
    study_clear(&study);
}

/* Of a factor there is one line, with a point for each level; its intervals have the level that was asked for. */
Test(api_effects, partial_effect_of_a_factor)
{
    struct study study = study_read("orthodont", NULL, "distance ~ age + Sex + (1 | Subject)", NULL);
    struct glmm_error err = { 0 };
    struct glmm_partial *partial = glmm_partial_new(study.fit, "Sex", 0.9, NULL, &err);
    double weights[3] = { 1, 11, 0 }; /* at the mean age */
    struct glmm_partial_line line;
    struct glmm_estimate at;

    cr_assert(partial != NULL && glmm_partial_lines(partial) == 1 && glmm_partial_line(partial, 0, &line), "%s", err.message);
    cr_assert(line.count == 2 && line.levels != NULL && strcmp(line.levels[0], "Female") == 0
              && strcmp(line.levels[1], "Male") == 0);
    for (int l = 0; l < 2; l++) {
        weights[2] = l;
        cr_assert(glmm_fit_contrast(study.fit, weights, 0.9, &at, &err), "%s", err.message);
        cr_expect_float_eq(line.estimate[l], at.estimate, 1e-8);
        cr_expect_float_eq(line.lower[l], at.lower, 1e-6);
        cr_expect_float_eq(line.upper[l], at.upper, 1e-6);
    }
    glmm_partial_free(partial);
    study_clear(&study);
}

static bool stop(void *context, const char *what, double done, double total, double value)
{
    (void)context, (void)what, (void)done, (void)total, (void)value;
    return false;
}

/* Dyestuff is balanced: with w = n v / (n v + s^2) the error of a mode is v (1 - w), and with that of the mean of m batches
 * v (1 - w + w / m); that of the variances too is glmmTMB's (25.005 and 25.380). */
Test(api_effects, errors_of_modes)
{
    struct study study = study_read("dyestuff", NULL, "Yield ~ 1 + (1 | Batch)", NULL);
    const struct glmm_progress progress = { .tell = stop };
    struct glmm_error err = { 0 };
    struct glmm_random batch;
    double sigma = glmm_fit_sigma(study.fit), v, w, held[6], pev[6], full[6];

    cr_assert(glmm_fit_random(study.fit, 0, &batch));
    v = batch.covariance[0];
    w = 5 * v / (5 * v + sigma * sigma);
    cr_assert(glmm_fit_mode_errors(study.fit, 0, GLMM_SE_CONDITIONAL, held, NULL, &err), "%s", err.message);
    cr_assert(glmm_fit_mode_errors(study.fit, 0, GLMM_SE_PEV, pev, NULL, &err), "%s", err.message);
    cr_assert(glmm_fit_mode_errors(study.fit, 0, GLMM_SE_FULL, full, NULL, &err), "%s", err.message);
    for (int l = 0; l < 6; l++) {
        cr_expect_float_eq(held[l], sqrt(v * (1 - w)), 1e-9 * held[l]);
        cr_expect_float_eq(pev[l], sqrt(v * (1 - w + w / 6)), 1e-9 * pev[l]);
        cr_expect_gt(full[l], pev[l]);
    }
    cr_expect_float_eq(full[0], 25.005, 1e-3);
    cr_expect_float_eq(full[2], 25.380, 1e-3);
    cr_expect_not(glmm_fit_mode_errors(study.fit, 0, GLMM_SE_PEV, pev, &progress, &err));
    cr_expect_eq(err.code, GLMM_E_INTERRUPT, "%s", err.message);
    REFUSED(glmm_fit_mode_errors(study.fit, 1, GLMM_SE_PEV, pev, NULL, &err), "term");
    REFUSED(glmm_fit_mode_errors(study.fit, 0, GLMM_SE_PEV, NULL, NULL, &err), "se");
    study_clear(&study);
}
