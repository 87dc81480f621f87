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
#include "model/spline.h"
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
    expect_same_columns("sleepstudy", "Reaction ~ ns(Days, 3) + (bs(Days, 4) || Subject)", NULL, 3, 6);
    expect_same_columns("sleepstudy", "Reaction ~ bs(Days, knots = c(2, 5), degree = 1) + (1 | Subject)", NULL, 20, 27);
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

/* Values of R's splines, row by row; with knots by the points x, at x or at others. */
static void expect_spline(struct spline spline, const double *inner, const double *outer, size_t count, const double *at,
                          const double *expected)
{
    static const double x[8] = { 3, 1, 4, 15, 9, 2, 6, 8 };
    double room[8], recipe[8], basis[64];
    int columns = spline_columns(&spline);

    cr_assert_leq(spline_recipe_size(&spline), 8);
    cr_assert(spline_describe(&spline, 8, x, room, inner, outer, recipe));
    cr_assert(spline_apply(&spline, count, at == NULL ? x : at, recipe, basis));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < (size_t)columns; j++)
            cr_assert_float_eq(basis[j * count + i], expected[i * (size_t)columns + j], 1e-12, "row %zu, column %zu: %.15g", i, j,
                               basis[j * count + i]);
}

Test(rows, splines_are_those_of_R)
{
    static const double beyond[3] = { -2, 5, 20 }, inner[2] = { 3.5, 7 }, outer[2] = { 2, 15 };

    expect_spline((struct spline){ true, 3, 2 }, NULL, NULL, 8, NULL,
                  (const double[]){ -0.148855104321706,
                                    0.472884599223063,
                                    -0.285361396082883,
                                    0,
                                    0,
                                    0,
                                    -0.104174776378798,
                                    0.58411072284293,
                                    -0.352152201387154,
                                    -0.157288003126221,
                                    0.39663931223134,
                                    0.760648690894881,
                                    0.484096003396251,
                                    0.377091186374008,
                                    -0.0336805349344117,
                                    -0.0992026981174944,
                                    0.262352182923853,
                                    -0.158315972454049,
                                    0.18984996819354,
                                    0.55269297860265,
                                    -0.312503562621468,
                                    0.447812140399561,
                                    0.418938761260842,
                                    -0.140663945138664 });
    expect_spline((struct spline){ true, 3, 2 }, NULL, NULL, 3, beyond,
                  (const double[]){ 0.322383240309125, -0.81296643208388, 0.490583191774755, 0.0241944754214846,
                                    0.598917949354318, -0.356284641030726, -0.974990230558812, 0.502149277061352,
                                    1.47284095349746 });
    expect_spline((struct spline){ true, 3, 0 }, NULL, NULL, 8, NULL,
                  (const double[]){ 0.114540532248182, 0, 0.171810798372273, 0.801783725737273, 0.458162128992727,
                                    0.0572702661240909, 0.286351330620455, 0.400891862868637 });
    expect_spline((struct spline){ true, 3, 0 }, NULL, NULL, 3, beyond,
                  (const double[]){ -0.171810798372273, 0.229081064496364, 1.08813505635773 });
    expect_spline((struct spline){ false, 3, 2 }, NULL, NULL, 8, NULL,
                  (const double[]){ 0.502539915847621,
                                    0.45587653343886,
                                    0.0386680988184748,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0.230840258541089,
                                    0.641375996381932,
                                    0.127239527389903,
                                    0.000544217687074831,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0,
                                    1,
                                    0,
                                    0.172493345164153,
                                    0.512980209096871,
                                    0.304252754607226,
                                    0.0102736911317498,
                                    0.650089240286538,
                                    0.158488326078354,
                                    0.00483351235230935,
                                    0,
                                    0,
                                    0.0147737765466297,
                                    0.555186839278648,
                                    0.395209452201933,
                                    0.0348299319727891,
                                    0,
                                    0,
                                    0.273913043478261,
                                    0.540680529300567,
                                    0.18474891098874,
                                    0.000657516232431991 });
    expect_spline((struct spline){ false, 3, 2 }, NULL, NULL, 3, beyond,
                  (const double[]){ -13.840272001163, 3.02908587257618, -0.130504833512352, 0, 0, 0.0791782086795937,
                                    0.653994007575329, 0.258324382384533, 0.00850340136054422, 0, 0, -0.0998225377107364,
                                    1.24040353381428, -4.65048483435455, 4.50990383825101 });
    expect_spline((struct spline){ false, 2, 1 }, NULL, NULL, 8, NULL,
                  (const double[]){ 0.678571428571429,
                                    0.0714285714285714,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0.776785714285714,
                                    0.160714285714286,
                                    0,
                                    0,
                                    0,
                                    1,
                                    0.257142857142857,
                                    0.582857142857143,
                                    0.16,
                                    0.419642857142857,
                                    0.0178571428571429,
                                    0,
                                    0.578571428571429,
                                    0.411428571428571,
                                    0.01,
                                    0.35,
                                    0.56,
                                    0.09 });
    expect_spline((struct spline){ true, 3, 2 }, inner, outer, 8, NULL,
                  (const double[]){ -0.130734098009472,
                                    0.343664363898088,
                                    -0.202673855632206,
                                    0.149841316612943,
                                    -0.365238209244049,
                                    0.215396892631106,
                                    -0.150693812567011,
                                    0.561881385523394,
                                    -0.331206684279842,
                                    -0.159583694709454,
                                    0.388985255854293,
                                    0.77059843885516,
                                    0.462890921596409,
                                    0.388007726434839,
                                    -0.0315006547202116,
                                    0,
                                    0,
                                    0,
                                    0.139880703058748,
                                    0.579692960207346,
                                    -0.321962578698487,
                                    0.421106127260714,
                                    0.433472293062878,
                                    -0.141367717982455 });
}

/* As R has it, the points beyond ends of one's own have no part in where the knots between are. */
Test(rows, knots_are_placed_by_the_points_between_the_ends)
{
    static const double at[4] = { 3, 1, 15, 6 }, outer[2] = { 2, 9 };

    expect_spline((struct spline){ true, 3, 2 }, NULL, outer, 4, at,
                  (const double[]){ -0.0846836414159564, 0.338596104594119, -0.235545116239387, 0.111036016256448,
                                    -0.364832624842613, 0.253796608586166, -2.65947242206235, 1.02398081534772, 2.63549160671463,
                                    0.476914491571026, 0.389830356979295, -0.167623533357578 });
    expect_spline((struct spline){ false, 2, 2 }, NULL, outer, 4, at,
                  (const double[]){ 0.711428571428572, 0.128571428571429, 0, 0, -1.68857142857143, 0.128571428571429, 0, 0, 0,
                                    2.89285714285714, -14.6479591836735, 12.7551020408163, 0.0317460317460317, 0.62797619047619,
                                    0.340277777777778, 0 });
}

Test(rows, splines_need_knots_apart)
{
    static const double few[5] = { 1, 1, 1, 1, 2 }, low[1] = { -1 }, high[1] = { 2 }, elsewhere[2] = { 3, 4 };
    double room[5], recipe[5];

    cr_assert_not(spline_describe(&(struct spline){ true, 3, 1 }, 5, few, room, NULL, elsewhere, recipe));
    cr_assert_not(spline_describe(&(struct spline){ true, 3, 2 }, 5, few, room, NULL, NULL, recipe));
    cr_assert_not(spline_describe(&(struct spline){ true, 3, 1 }, 5, few, room, low, NULL, recipe));
    cr_assert_not(spline_describe(&(struct spline){ true, 3, 1 }, 5, few, room, high, NULL, recipe));
    cr_assert_not(spline_describe(&(struct spline){ true, 3, 0 }, 4, few, room, NULL, NULL, recipe));
    cr_assert_not(spline_describe(&(struct spline){ true, 3, 0 }, 0, few, room, NULL, NULL, recipe));
    cr_assert(spline_describe(&(struct spline){ false, 3, 0 }, 5, few, room, NULL, NULL, recipe));
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
