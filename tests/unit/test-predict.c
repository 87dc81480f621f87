/* test-predict.c -- other rows in a fitted design, predictions and their errors: two ways, and against lme4. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "infer/predict.h"
#include "model/poly.h"
#include "model/rows.h"
#include "sweep.h"

static struct frame *read_data(const char *name)
{
    const char *root = getenv("srcdir");
    struct glmm_error err = { 0 };
    struct frame *frame;
    char path[500];

    snprintf(path, sizeof path, "%s/data/%s.csv", root == NULL ? "." : root, name);
    frame = csv_read(path, name, NULL, NULL, &err);
    cr_assert_not_null(frame, "%s: %s", path, err.message);
    return frame;
}

/* The rows from..to of a frame, in reverse: other rows, of which some levels may be missing. */
static struct frame *part_of(const struct frame *frame, size_t from, size_t to)
{
    struct frame *part = frame_new("part", to - from);

    for (size_t c = 0; c < frame->column_count; c++) {
        const struct column *old = &frame->columns[c];
        struct column *column = frame_add(part, old->name, old->type, NULL);

        if (old->type == COLUMN_FACTOR) {
            column->levels = NEW_ARRAY(char *, old->level_count);
            column->level_count = old->level_count;
            for (int32_t l = 0; l < old->level_count; l++) /* in another order */
                column->levels[l] = mem_strdup(old->levels[old->level_count - 1 - l]);
        }
        for (size_t i = from; i < to; i++) {
            size_t at = to - 1 - i;

            if (old->type == COLUMN_REAL)
                column->as.real[at] = old->as.real[i];
            else if (old->type == COLUMN_INTEGER)
                column->as.integer[at] = old->as.integer[i];
            else if (old->type == COLUMN_LOGICAL)
                column->as.logical[at] = old->as.logical[i];
            else
                column->as.code[at] = old->level_count - 1 - old->as.code[i];
        }
    }
    return part;
}

/* --- rows ------------------------------------------------------------------------------------------ */

/* A part of the data, as new rows, has the rows of X and Z that it has in the design. */
static void expect_same_columns(const char *data, const char *text, const char *contrasts, size_t from, size_t to)
{
    struct glmm_error err = { 0 };
    struct design_options options = { .contrasts = contrasts, .allow_olre = true };
    struct frame *frame = read_data(data), *part = part_of(frame, from, to);
    struct formula *formula = formula_parse(text, frame, &err);
    struct design *design;
    struct design_rows *rows;

    cr_assert_not_null(formula, "%s: %s", text, err.message);
    design = design_new(frame, formula, &options, NULL, &err);
    cr_assert_not_null(design, "%s: %s", text, err.message);
    rows = design_rows_new(design, formula, part, ROWS_LEVELS, NULL, &err);
    cr_assert_not_null(rows, "%s: %s", text, err.message);
    cr_assert_eq(rows->n, to - from);
    for (size_t i = 0; i < rows->n; i++) {
        size_t old = to - 1 - i;

        for (int j = 0; j < design->p; j++)
            cr_assert_float_eq(rows->X[i + (size_t)j * rows->n], design->X[old + (size_t)j * design->n], 1e-9,
                               "%s: %s in row %zu: %g, not %g", text, design->names[j], i, rows->X[i + (size_t)j * rows->n],
                               design->X[old + (size_t)j * design->n]);
        if (design->offset != NULL)
            cr_assert_eq(rows->offset[i], design->offset[old]);
        for (int t = 0; t < design->random_count; t++) {
            int k = design->random[t].k;

            cr_assert_eq(rows->random[t].level[i], design->random[t].level[old], "%s", text);
            for (int a = 0; a < k && design->random[t].z != NULL; a++)
                cr_assert_float_eq(rows->random[t].z[i * (size_t)k + (size_t)a], design->random[t].z[old * (size_t)k + (size_t)a],
                                   1e-9, "%s", text);
        }
    }
    design_rows_free(rows);
    design_free(design);
    formula_free(formula);
    frame_free(frame);
    frame_free(part);
}

Test(rows, mean_what_they_meant)
{
    expect_same_columns("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, 17, 31);
    expect_same_columns("sleepstudy", "Reaction ~ poly(Days, 3) + offset(Days / 10) + (scale(Days) || Subject)", NULL, 3, 6);
    expect_same_columns("sleepstudy",
                        "Reaction ~ I(Days - mean(Days)) + center(Days^2) + scale(Days, scale = FALSE) + (1 | Subject)", NULL, 0,
                        4);
    expect_same_columns("sleepstudy", "Reaction ~ poly(Days, 2, raw = TRUE) + factor(Days) + (0 + Days | Subject)", NULL, 41, 47);
    expect_same_columns("cake", "angle ~ recipe * factor(temp) + (1 | recipe:replicate)", "sum", 200, 230);
    expect_same_columns("cake", "angle ~ recipe * poly(temp, 2) + (recipe | replicate)", "recipe=helmert", 2, 3);
    expect_same_columns("pastes", "strength ~ 1 + (1 | batch/cask)", NULL, 7, 20);
    expect_same_columns("salamanders", "count ~ mined * spp + log(cover + 3) + (1 | site)", NULL, 600, 601);
}

Test(rows, polynomials_are_the_same_elsewhere)
{
    double x[7] = { 3, 1, 4, 15, 9, 2, 6 }, basis[35], recipe[40], again[35];

    cr_assert_leq(poly_recipe_size(5), 40);
    cr_assert(poly_describe(7, x, 5, basis, recipe));
    poly_apply(7, x, 5, recipe, again);
    for (int i = 0; i < 35; i++)
        cr_assert_float_eq(again[i], basis[i], 1e-12);
}

static void expect_error(const char *text, const char *message, void (*change)(struct frame *))
{
    struct glmm_error err = { 0 };
    struct frame *frame = read_data("sleepstudy"), *part = part_of(frame, 0, 10);
    struct formula *formula = formula_parse(text, frame, &err);
    struct design *design = design_new(frame, formula, NULL, NULL, &err);

    if (change != NULL)
        change(part);
    cr_assert_not_null(design, "%s", err.message);
    cr_assert_null(design_rows_new(design, formula, part, ROWS_LEVELS, NULL, &err));
    cr_expect_str_eq(err.message, message);
    design_free(design);
    formula_free(formula);
    frame_free(frame);
    frame_free(part);
}

static void put_a_day_apart(struct frame *frame)
{
    ((struct column *)frame_find(frame, "Days"))->as.integer[3] = 77;
}

Test(rows, errors)
{
    expect_error("Reaction ~ rank(Days) + (1 | Subject)",
                 "rank() depends on all rows of the data, so its value for other rows is not known", NULL);
    expect_error("Reaction ~ Days + I(mean(Days) by Subject + Days^2) + (1 | Subject)",
                 "mean() depends on all rows of the data, so its value for other rows is not known", NULL);
    expect_error("Reaction ~ factor(Days) + (1 | Subject)",
                 "factor(Days) is `77` in row 4, which the data of the model do not have", put_a_day_apart);
}

/* --- predictions ----------------------------------------------------------------------------------- */

struct fitted {
    struct frame *frame;
    struct formula *formula;
    struct design *design;
    struct fit *fit;
};

static struct fitted fit_of(const char *data, const char *text, const char *family, const char *link)
{
    struct glmm_error err = { 0 };
    struct fitted f = { .frame = read_data(data) };
    const struct family *found = family_find(family, NULL);
    struct design_options options = { .response = found->response, .allow_olre = true };
    struct fit_options how = { .method = METHOD_DEFAULT };

    f.formula = formula_parse(text, f.frame, &err);
    cr_assert_not_null(f.formula, "%s", err.message);
    f.design = design_new(f.frame, f.formula, &options, NULL, &err);
    cr_assert_not_null(f.design, "%s", err.message);
    f.fit = strcmp(family, "gaussian") == 0 ? lmm_fit(f.design, &how, NULL, &err)
                                            : glm_fit(f.design, found, family_link(found, link, NULL), &how, NULL, &err);
    cr_assert_not_null(f.fit, "%s", err.message);
    return f;
}

static void fitted_clear(struct fitted *f)
{
    fit_free(f->fit);
    design_free(f->design);
    formula_free(f->formula);
    frame_free(f->frame);
}

static struct prediction *predict(const struct fitted *f, const struct frame *frame, bool link, enum predict_groups groups,
                                  enum predict_new policy)
{
    struct predict_options options = { .link_scale = link, .groups = groups, .new_levels = policy, .level = 0.95 };
    struct glmm_error err = { 0 };
    struct prediction *p = predict_new(f->fit, f->formula, frame, &options, NULL, &err);

    cr_assert_not_null(p, "%s", err.message);
    return p;
}

/* The rows of the fit are predicted as they are fitted, and so are the same rows as another table. */
static void expect_fitted(const char *data, const char *text, const char *family)
{
    struct fitted f = fit_of(data, text, family, NULL);
    struct prediction *own = predict(&f, NULL, false, PREDICT_CONDITIONAL, PREDICT_NEW_ERROR);
    struct prediction *again = predict(&f, f.frame, false, PREDICT_CONDITIONAL, PREDICT_NEW_ERROR);

    cr_assert_eq(own->n, f.design->n);
    for (size_t i = 0; i < own->n; i++) {
        double size = 1e-9 * (1 + fabs(f.fit->fitted[i]));

        cr_assert_float_eq(own->estimate[i], f.fit->fitted[i], size, "%s, row %zu: %.12g, not %.12g", text, i, own->estimate[i],
                           f.fit->fitted[i]);
        cr_assert_float_eq(again->estimate[i], f.fit->fitted[i], size, "%s, row %zu", text, i);
        cr_assert_float_eq(again->se[i], own->se[i], 1e-9 * (1 + own->se[i]), "%s, row %zu", text, i);
        cr_assert(own->lower[i] < own->estimate[i] && own->estimate[i] < own->upper[i], "%s, row %zu", text, i);
    }
    prediction_free(own);
    prediction_free(again);
    fitted_clear(&f);
}

Test(predict, rows_of_the_fit_are_its_fitted_values)
{
    expect_fitted("sleepstudy", "Reaction ~ Days + (Days | Subject)", "gaussian");
    expect_fitted("sleepstudy", "Reaction ~ poly(Days, 2) + (1 | Subject) + (0 + Days | Subject)", "gaussian");
    expect_fitted("pastes", "strength ~ 1 + (1 | batch/cask)", "gaussian");
    expect_fitted("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial");
    expect_fitted("epil", "y ~ scale(lbase) * trt + offset(log(2)) + (V4 | subject)", "poisson");
    expect_fitted("salamanders", "count ~ mined + (1 | site)", "nbinom2");
    expect_fitted("sleepstudy", "Reaction ~ Days", "Gamma");
}

/* lme4's model matrices with its estimates in Henderson's equations (R: solve(crossprod(W)/s2 + ...)). */
Test(predict, errors_of_linear_models_are_hendersons)
{
    struct fitted f = fit_of("sleepstudy", "Reaction ~ Days + (Days | Subject)", "gaussian", NULL);
    struct prediction *p = predict(&f, NULL, false, PREDICT_CONDITIONAL, PREDICT_NEW_ERROR);

    cr_assert_float_eq(p->se[0], 12.254810826, 3e-5);
    cr_assert_float_eq(p->se[1], 10.543384824, 3e-5);
    cr_assert_float_eq(p->se[2], 9.113831519, 3e-5);
    prediction_free(p);
    fitted_clear(&f);
    f = fit_of("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "gaussian",
               NULL); /* crossed: the modes depend on each other */
    p = predict(&f, NULL, false, PREDICT_CONDITIONAL, PREDICT_NEW_ERROR);
    cr_assert_float_eq(p->se[0], 0.2401974355, 1e-6);
    prediction_free(p);
    fitted_clear(&f);
}

/* A frame of one column, period = 1 .. 4. */
static struct frame *periods(void)
{
    struct frame *frame = frame_new("grid", 4);
    struct column *column = frame_add(frame, "period", COLUMN_INTEGER, NULL);

    for (int i = 0; i < 4; i++)
        column->as.integer[i] = i + 1;
    return frame;
}

/* glmmTMB: predict(type = "response", re.form = NA, se.fit = TRUE); the population by integrate() over the normal density. */
Test(predict, typical_herd_and_population_of_herds)
{
    struct fitted f = fit_of("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", NULL);
    struct frame *grid = periods();
    struct prediction *typical = predict(&f, grid, false, PREDICT_TYPICAL, PREDICT_NEW_ERROR);
    struct prediction *population = predict(&f, grid, false, PREDICT_POPULATION, PREDICT_NEW_ERROR);
    struct prediction *link = predict(&f, grid, true, PREDICT_POPULATION, PREDICT_NEW_ERROR);

    cr_assert_float_eq(typical->estimate[0], 0.19804909, 1e-6);
    cr_assert_float_eq(typical->se[0], 0.03692252, 1e-5);
    cr_assert_float_eq(typical->estimate[3], 0.04839073, 1e-6);
    cr_assert_float_eq(population->estimate[0], 0.2161, 5e-5);
    cr_assert_float_eq(link->estimate[0], log(population->estimate[0] / (1 - population->estimate[0])), 1e-12);
    cr_assert_float_eq(1 / (1 + exp(-link->lower[0])), population->lower[0], 1e-12);
    cr_assert(population->lower[0] < population->estimate[0] && population->estimate[0] < population->upper[0]);
    prediction_free(typical);
    prediction_free(population);
    prediction_free(link);
    frame_free(grid);
    fitted_clear(&f);
}

/* The error of a population mean by the delta method, its gradient by differences in beta and theta. */
Test(predict, error_of_a_population_mean)
{
    struct fitted f = fit_of("epil", "y ~ trt + (V4 | subject)", "poisson", NULL);
    struct prediction *p = predict(&f, NULL, false, PREDICT_POPULATION, PREDICT_NEW_ERROR), *up;
    int p_count = f.design->p, count = p_count + f.fit->theta_count;
    double gradient[8], variance = 0, h = 1e-5;

    for (int j = 0; j < count; j++) {
        double *value = (double *)(j < p_count ? f.fit->beta + j : NULL), sum[2];

        for (int side = 0; side < 2; side++) {
            double step = side == 0 ? h : -h;

            if (j < p_count) {
                *value += step;
            } else { /* theta: the template is 2 x 2, column-major */
                static const int entry[3] = { 0, 1, 3 };

                value = (double *)f.fit->random[0].lambda + entry[j - p_count];
                *value += step;
            }
            up = predict(&f, NULL, false, PREDICT_POPULATION, PREDICT_NEW_ERROR);
            sum[side] = up->estimate[3];
            *value -= step;
            prediction_free(up);
        }
        gradient[j] = (sum[0] - sum[1]) / (2 * h);
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            variance += gradient[i] * f.fit->joint_vcov[i + j * f.fit->joint_count] * gradient[j];
    cr_assert_float_eq(p->se[3], sqrt(variance), 1e-5 * p->se[3], "%.10g, not %.10g", p->se[3], sqrt(variance));
    prediction_free(p);
    fitted_clear(&f);
}

Test(predict, levels_that_the_model_has_not_seen)
{
    struct fitted f = fit_of("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", NULL);
    struct predict_options options = { .new_levels = PREDICT_NEW_ERROR, .level = 0.95 };
    struct frame *part = part_of(f.frame, 0, 8);
    struct column *herd = (struct column *)frame_find(part, "herd");
    struct prediction *typical, *population, *conditional;
    struct glmm_error err = { 0 };

    cr_assert_eq(herd->type, COLUMN_FACTOR);
    conditional = predict(&f, part, false, PREDICT_CONDITIONAL, PREDICT_NEW_ERROR);
    herd->levels = mem_resize(herd->levels, (size_t)herd->level_count + 1, sizeof *herd->levels);
    herd->levels[herd->level_count] = mem_strdup("1000");
    herd->as.code[7] = herd->level_count++;
    cr_assert_null(predict_new(f.fit, f.formula, part, &options, NULL, &err));
    cr_assert_str_eq(err.message, "herd is `1000` in row 8, which the data of the model do not have");
    typical = predict(&f, part, false, PREDICT_CONDITIONAL, PREDICT_NEW_TYPICAL);
    population = predict(&f, part, false, PREDICT_CONDITIONAL, PREDICT_NEW_POPULATION);
    cr_assert_eq(typical->new_rows, 1);
    cr_assert_float_eq(typical->estimate[7], 0.19804909, 1e-6);
    cr_assert_float_eq(population->estimate[7], 0.2161, 5e-5);
    cr_assert_float_eq(population->estimate[3], conditional->estimate[3], 1e-14);
    prediction_free(typical);
    prediction_free(population);
    prediction_free(conditional);
    frame_free(part);
    fitted_clear(&f);
}

/* --- memory ---------------------------------------------------------------------------------------- */

struct swept {
    const struct fitted *f;
    const struct frame *frame;
    struct predict_options options;
};

static bool sweep_predict(void *context, struct glmm_error *err)
{
    struct swept *swept = context;
    struct prediction *p = predict_new(swept->f->fit, swept->f->formula, swept->frame, &swept->options, NULL, err);

    prediction_free(p);
    return p != NULL;
}

Test(predict, survives_failed_allocations)
{
    struct fitted f =
        fit_of("cbpp", "cbind(incidence, size - incidence) ~ poly(size, 2) + scale(size^2) + factor(period) + (1 | herd)",
               "binomial", NULL);
    struct swept swept = { .f = &f, .options = { .level = 0.95 } };

    cr_assert_gt(sweep_allocations(sweep_predict, &swept), 10);
    swept.frame = f.frame;
    cr_assert_gt(sweep_allocations(sweep_predict, &swept), 30);
    swept.options.groups = PREDICT_POPULATION;
    cr_assert_gt(sweep_allocations(sweep_predict, &swept), 20);
    fitted_clear(&f);
}
