/* test-glmm-trouble.c -- data that make trouble for generalized models: separation, boundaries, limits of families, rows alike,
 * predictors that overflow, responses out of range. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/csv.h"
#include "fit/explained.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/method.h"
#include "model/model.h"
#include "differences.h"
#include "make-design.h"
#include "sweep.h"
#include "simulated.h"

/* --- trouble ---------------------------------------------------------------------------------- */

Test(glmm, separation_names_the_cell)
{
    struct design *d = cbpp_design();
    struct glmm_error err = { .at = NOWHERE };
    struct fit *fit;

    for (size_t i = 0; i < d->n; i++)
        if (cbpp[i][3] == 4)
            d->y[i] = 0;
    fit = fit_ok(d, "binomial", "logit", METHOD_LAPLACE, 1);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    cr_assert(strstr(fit->optimum.message, "period4") != NULL && strstr(fit->optimum.message, "separation") != NULL, "%s",
              fit->optimum.message);
    cr_assert(isfinite(fit->loglik) && fit->beta[3] == -(double)INFINITY && isnan(fit->se[3]) && fit->se[2] > 0);
    fit_free(fit);
    for (size_t i = 0; i < d->n; i++)
        d->y[i] = 0;
    cr_assert_null(glm_fit(d, family_find("binomial", NULL), link_find("probit"), NULL, NULL, &err));
    cr_assert(strstr(err.message, "is constant") != NULL, "%s", err.message);
    free_all(d);
}

Test(glmm, zero_variance_is_a_boundary)
{
    struct design *d = make_design(200, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 20 } }, false, 3);
    struct fit *fit;
    int found = 0;

    /* Levels that alternate by row carry no information of their own. */
    for (unsigned seed = 0; seed < 6; seed++) {
        simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 1, 0.1 }, 0, 1, 1, seed);
        fit = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);
        cr_assert_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", fit->optimum.message);
        if (fit->optimum.verdict == VERDICT_BOUNDARY) {
            found++;
            cr_assert_eq(fit->random[0].sd[0], 0);
            cr_assert(strstr(fit->optimum.message, "variance of (Intercept)") != NULL, "%s", fit->optimum.message);
        }
        fit_free(fit);
    }
    cr_assert_gt(found, 0);
    free_all(d);
}

/* The fit of the family to d has the intercept and the errors of the linear model of log y. */
static void is_as_linear(struct design *d, const char *family, double shift, double error)
{
    struct fit_options options = { .method = METHOD_ML };
    struct glmm_error err = { 0 };
    struct fit *fit = fit_ok(d, family, "log", METHOD_LAPLACE, 1), *linear;

    for (size_t i = 0; i < d->n; i++)
        d->y[i] = log(d->y[i]);
    linear = lmm_fit(d, &options, NULL, &err);
    cr_assert_not_null(linear, "%s", err.message);
    cr_expect_eq(fit->optimum.verdict, VERDICT_OK, "%s, y about %g: %s", family, exp(d->y[0]), fit->optimum.message);
    cr_expect_lt(fit->optimum.evaluations, 150, "%s, y about %g: %d", family, exp(d->y[0]), fit->optimum.evaluations);
    cr_expect_lt(fabs(fit->beta[0] - linear->beta[0]), shift, "%s, y about %g", family, exp(d->y[0]));
    for (int j = 0; j < 2; j++)
        cr_expect_lt(fabs(fit->se[j] / linear->se[j] - 1), error, "%s, y about %g, %d: %g, not %g", family, exp(d->y[0]), j,
                     fit->se[j], linear->se[j]);
    fit_free(linear);
    fit_free(fit);
}

/* Where the residuals are small the data know a slope within levels 1e7 times better than the intercept.  There these models are
 * the linear one of log y. */
Test(glmm, small_residuals_leave_the_errors_of_the_intercept)
{
    static const char *const families[] = { "Gamma", "gaussian", "inverse.gaussian" };

    for (int k = 1; k <= 2; k++)
        for (int f = 0; f < 3; f++)
            for (double dispersion = 1e-4; dispersion > 1e-14; dispersion /= 100) {
                struct design *d = make_design(96, 2, 1, (struct shape_term[]){ { .k = k, .levels = 12 } }, false, 5);

                simulate(d, family_find("Gamma", NULL), link_find("log"), (double[]){ 1, 0.1 }, f == 0 ? 0.5 : 0.05, dispersion,
                         1, 4);
                is_as_linear(d, families[f], 0.01, f == 0 ? 0.02 : 0.1); /* the others weigh rows by their means */
                free_all(d);
            }
}

/* Counts of each size: log f of a row is of the size of the count, and its differences are not. */
Test(glmm, counts_of_every_size)
{
    for (int decade = 4; decade <= 12; decade += 2)
        for (int f = 0; f < 3; f++) {
            const char *family = (const char *[]){ "poisson", "nbinom2", "nbinom1" }[f];
            struct design *d = make_design(96, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 12 } }, false, 5);

            simulate(d, family_find(f == 0 ? "poisson" : "nbinom2", NULL), link_find("log"), (double[]){ decade * M_LN10, 0.1 },
                     f == 0 ? 0.5 : 0.1, 30, 1, 4);
            is_as_linear(d, family, 0.03, f == 0 ? 0.25 : 0.15); /* E log y is 1/(2 k) below log mu */
            free_all(d);
        }
}

/* A hundred rows eight times each, and once with weights of 8, which are fitted as they stand: one likelihood, one set of errors.
 */
Test(glmm, rows_alike_are_fitted_as_one)
{
    for (int f = 0; f < 3; f++) {
        const char *family = (const char *[]){ "binomial", "poisson", "nbinom2" }[f];
        struct design *once =
            make_design(130, 2, 2, (struct shape_term[]){ { .k = 2, .levels = 9 }, { .k = 1, .levels = 4 } }, false, 5);
        struct design *all =
            make_design(8 * 130, 2, 2, (struct shape_term[]){ { .k = 2, .levels = 9 }, { .k = 1, .levels = 4 } }, false, 5);
        struct fit *few, *many;

        simulate(once, family_find(family, NULL), family_find(family, NULL)->links[0], (double[]){ 0.6, 0.1 }, 0.6, 2, 1, 4);
        once->weights = calloc(once->n, sizeof(double));
        for (size_t i = 0; i < all->n; i++) {
            size_t from = i % once->n;

            once->weights[from] = 8;
            all->y[i] = once->y[from];
            for (int j = 0; j < all->p; j++)
                all->X[i + (size_t)j * all->n] = once->X[from + (size_t)j * once->n];
            for (int t = 0; t < all->random_count; t++) {
                int k = all->random[t].k;

                all->random[t].level[i] = once->random[t].level[from];
                for (int a = 0; all->random[t].z != NULL && a < k; a++)
                    all->random[t].z[i * (size_t)k + (size_t)a] = once->random[t].z[from * (size_t)k + (size_t)a];
            }
        }
        few = fit_ok(once, family, NULL, METHOD_LAPLACE, 1);
        many = fit_ok(all, family, NULL, METHOD_LAPLACE, 1);
        cr_expect_float_eq(many->loglik, few->loglik, 1e-8, "%s", family);
        for (int j = 0; j < 2; j++) {
            cr_expect_float_eq(many->beta[j], few->beta[j], 1e-7, "%s", family);
            cr_expect_float_eq(many->se[j], few->se[j], 1e-6, "%s", family);
        }
        cr_expect_eq(many->design, all);
        cr_expect_float_eq(many->bic, -2 * many->loglik + many->npar * log(8 * 130), 1e-9);
        for (size_t i = 0; i < all->n; i += 7)
            cr_expect_float_eq(many->fitted[i], few->fitted[i % once->n], 1e-6, "%s", family);
        fit_free(few);
        fit_free(many);
        free(once->weights);
        once->weights = NULL;
        free_all(once);
        free_all(all);
    }
}

Test(glmm, negative_binomial_at_its_poisson_limit)
{
    struct design *d = make_design(300, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 30 } }, false, 8);
    const char *names[] = { "nbinom2", "nbinom1" };
    int found = 0;

    for (unsigned seed = 0; seed < 4; seed++) {
        simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 1, 0.05 }, 0.4, 1, 1, seed);
        for (int i = 0; i < 2; i++) {
            struct fit *fit = fit_ok(d, names[i], NULL, METHOD_LAPLACE, 1),
                       *poisson = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);

            cr_assert_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", fit->optimum.message);
            cr_assert_gt(fit->loglik, poisson->loglik - 1e-5);
            if (fit->optimum.verdict == VERDICT_BOUNDARY) {
                found++;
                cr_assert(strstr(fit->optimum.message, "Poisson") != NULL);
                cr_assert_float_eq(fit->loglik, poisson->loglik, 1e-5);
            }
            fit_free(fit);
            fit_free(poisson);
        }
    }
    cr_assert_gt(found, 0);
    free_all(d);
}

Test(glmm, models_without_coefficients_or_without_anything)
{
    struct design *d = make_design(80, 0, 1, (struct shape_term[]){ { .k = 1, .levels = 16 } }, false, 4);
    struct design *empty = make_design(80, 0, 0, NULL, false, 4);
    struct fit *fit;

    simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 0 }, 0.8, 1, 1, 2);
    simulate(empty, family_find("poisson", NULL), link_find("log"), (double[]){ 0 }, 0.8, 1, 1, 2);
    for (int nodes = 1; nodes <= 9; nodes += 4) {
        fit = fit_ok(d, "poisson", NULL, nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE, nodes);
        cr_assert_eq(fit->optimum.verdict, VERDICT_OK, "%s", fit->optimum.message);
        cr_assert_gt(fit->random[0].sd[0], 0.2);
        cr_assert_eq(fit->npar, 1);
        fit_free(fit);
    }
    fit = fit_ok(empty, "poisson", NULL, METHOD_LAPLACE, 1);
    cr_assert_eq(fit->npar, 0);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    fit_free(fit);
    fit = fit_ok(empty, "nbinom2", NULL, METHOD_LAPLACE, 1);
    cr_assert_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", fit->optimum.message);
    fit_free(fit);
    free_all(d);
    free_all(empty);
}

Test(glmm, an_exact_response_is_an_error)
{
    struct design *d = make_design(60, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 12 } }, false, 4);
    struct glmm_error err = { 0 };

    for (size_t i = 0; i < d->n; i++)
        d->y[i] = exp(1 + 0.1 * d->X[i + d->n]);
    cr_assert_null(glm_fit(d, family_find("gaussian", NULL), link_find("log"), NULL, NULL, &err));
    cr_assert(strstr(err.message, "without error") != NULL, "%s", err.message);
    for (size_t i = 0; i < d->n; i++)
        d->y[i] = 5;
    error_clear(&err);
    cr_assert_null(glm_fit(d, family_find("Gamma", NULL), NULL, NULL, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_MODEL, "%s", err.message);
    free_all(d);
}

Test(glmm, groups_of_all_successes)
{
    struct design *d = make_design(60, 1, 1, (struct shape_term[]){ { .k = 1, .levels = 12 } }, false, 4);
    struct fit *fit;

    for (size_t i = 0; i < d->n; i++) /* all 1 in most levels, all 0 in the others */
        d->y[i] = d->random[0].level[i] % 3 != 0;
    for (int nodes = 1; nodes <= 15; nodes += 7) {
        fit = fit_ok(d, "binomial", NULL, nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE, nodes);
        cr_assert(isnan(fit->loglik) && isinf(fit->random[0].sd[0]) && isnan(fit->beta[0]) && isnan(fit->se[0]));
        cr_assert_eq(fit->optimum.verdict, VERDICT_NOT_IDENTIFIED);
        cr_assert(strstr(fit->optimum.message, "each level of g has only successes or only failures") != NULL, "%s",
                  fit->optimum.message);
        fit_free(fit);
    }
    free_all(d);
}

/* Rows that an infinite variance tells without error have just their responses, the first and the last as well. */
Test(glmm, rows_of_an_infinite_slope_are_their_responses)
{
    struct design *d = make_design(128, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 16 } }, false, 4);
    struct random_design *slope = &d->random[0];
    struct fit *fit;

    for (int first = 0; first < 2; first++) { /* whether the first row is one of them, or the last */
        free(slope->z);
        slope->z = calloc(d->n, sizeof *slope->z);
        for (size_t i = 0; i < d->n; i++) {
            slope->level[i] = (int32_t)(i / 8);
            slope->rows_of_level[i / 8] = 8;
            slope->z[i] = d->X[i + d->n] = (i + (size_t)first) % 2 == 1;
            d->y[i] = slope->z[i] != 0 ? slope->level[i] % 2 : (i / 2 + (size_t)slope->level[i]) % 3 == 0;
        }
        fit = fit_ok(d, "binomial", NULL, METHOD_LAPLACE, 1);
        cr_assert(isinf(fit->random[0].sd[0]), "%s", fit->optimum.message);
        for (size_t i = 0; i < d->n; i++)
            cr_expect(slope->z[i] != 0 ? fit->fitted[i] == d->y[i] : fit->fitted[i] > 0.1 && fit->fitted[i] < 0.9,
                      "row %zu: %.17g of %g", i, fit->fitted[i], d->y[i]);
        fit_free(fit);
    }
    free_all(d);
}

Test(glmm, large_predictors_do_not_overflow)
{
    struct design *d = make_design(100, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 10 } }, false, 4);
    struct fit *a, *b;

    simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 1, 0.2 }, 0.5, 1, 1, 2);
    a = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);
    for (size_t i = 0; i < d->n; i++)
        d->X[i + d->n] = 1e6 * d->X[i + d->n] + 1e9;
    b = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);
    cr_assert_float_eq(a->loglik, b->loglik, 1e-7);
    cr_assert_float_eq(a->beta[1], 1e6 * b->beta[1], 1e-7);
    fit_free(a);
    fit_free(b);
    free_all(d);
}

Test(glmm, a_response_outside_the_range_names_row_and_value)
{
    struct design *d = make_design(20, 1, 1, (struct shape_term[]){ { .k = 1, .levels = 4 } }, false, 4);
    struct glmm_error err = { 0 };

    d->y[6] = -1.5;
    cr_assert_null(glm_fit(d, family_find("Gamma", NULL), NULL, NULL, NULL, &err));
    cr_assert(strstr(err.message, "row 7") != NULL && strstr(err.message, "-1.5") != NULL, "%s", err.message);
    free_all(d);
}

Test(glmm, quadrature_refuses_crossed_factors_and_large_grids)
{
    struct design *d = make_design(60, 1, 2, (struct shape_term[]){ { .k = 1, .levels = 9 }, { .k = 1, .levels = 5 } }, false, 1);
    struct design *wide = make_design(60, 1, 1, (struct shape_term[]){ { .k = 6, .levels = 5 } }, false, 1);
    struct fit_options options = { .method = METHOD_AGQ, .nodes = 50 };
    struct glmm_error err = { 0 };

    simulate(d, family_find("binomial", NULL), link_find("logit"), (double[]){ 0 }, 1, 1, 1, 1);
    simulate(wide, family_find("binomial", NULL), link_find("logit"), (double[]){ 0 }, 1, 1, 1, 1);
    cr_assert_null(glm_fit(d, family_find("binomial", NULL), NULL, &options, NULL, &err));
    cr_assert(strstr(err.hint, "laplace") != NULL, "%s", err.hint);
    error_clear(&err);
    cr_assert_null(glm_fit(wide, family_find("binomial", NULL), NULL, &options, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_LIMIT, "%s", err.message);
    free_all(d);
    free_all(wide);
}

static bool stop_at_ten(void *context, const char *what, double done, double total, double value)
{
    (void)what, (void)done, (void)total, (void)value;
    return ++*(int *)context < 10;
}

Test(glmm, it_can_be_stopped)
{
    struct design *d = cbpp_design();
    int calls = 0;
    struct glmm_progress progress = { .tell = stop_at_ten, .context = &calls };
    struct glmm_error err = { 0 };

    cr_assert_null(glm_fit(d, family_find("binomial", NULL), NULL, NULL, &progress, &err));
    cr_assert_eq(err.code, GLMM_E_INTERRUPT);
    cr_assert_eq(calls, 10);
    free_all(d);
}

/* More responses at their fitted values than there are coefficients, beside a scale as small as that, are fitted without error;
 * both are measured by how far the responses are from their mean, wherever that is and however many they are. */
Test(glmm, what_is_fitted_without_error)
{
    enum { ROWS = 500, COEFFICIENTS = 2 };
    static const struct {
        double off, scale; /* of the largest distance from the mean: the residuals, the scale */
        int exact;         /* rows without a residual */
        bool lost, fails;
    } cases[] = {
        { 1e-7, 1e-13, ROWS, false, true }, { 1e-7, 1e-13, 3, false, true },  { 1e-7, 1e-13, 2, false, false },
        { 1e-7, 1e-11, 3, false, false },   { 1e-7, 1e-13, 0, false, false }, { 1e-10, 1e-13, 0, false, false },
        { 1e-10, 1e-10, 0, true, true },    { 1e-8, 1e-10, 0, true, false },  { 1e-10, 1e-8, 0, true, false },
    };
    static const double places[] = { 0, 1, -40 };
    double y[ROWS], fitted[ROWS];
    struct design design = { .n = ROWS, .p = COEFFICIENTS, .y = y, .response = "y" };

    for (int at = 0; at < 3; at++)
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
            struct glmm_error err = { 0 };
            bool good;

            for (int i = 0; i < ROWS; i++) {
                y[i] = places[at] + (i % 2 == 0 ? 1 : -1) * (i % 7 == 0 ? 1 : 0.5);
                fitted[i] = i < cases[c].exact ? y[i] : y[i] + cases[c].off;
            }
            good = explained_check_fitted(&design, family_find("t", NULL), fitted, cases[c].scale, cases[c].lost, &err);
            cr_expect_eq(good, !cases[c].fails, "around %g, case %zu: %s", places[at], c, err.message);
        }
}

/* 40 single rows in each of two cells, whose own effects take all that they vary by, and groups of four in a third. */
static struct frame *single_rows(uint64_t set)
{
    struct glmm_error err = { 0 };
    struct text text = { 0 };
    struct frame *frame;
    struct rng rng;
    double own = 0;

    rng_init(&rng, 41, set);
    text_add(&text, "y,x,cell,two,o\n");
    for (int i = 0; i < 200; i++) {
        double x = rng_normal(&rng), e = rng_normal(&rng);

        if (i >= 80 && i % 4 == 0)
            own = 1.1 * rng_normal(&rng);
        text_addf(&text, "%.4f,%.4f,%s,%s,o%d\n", 1 + 0.5 * x + (i < 80 ? 0.5 * e : own + 0.7 * e), x,
                  i < 40   ? "a"
                  : i < 80 ? "b"
                           : "c",
                  i < 80 ? "ab" : "c", i < 80 ? i : 80 + i / 4);
    }
    frame = csv_read_bytes(text_string(&text), text.length, "d", NULL, &err);
    cr_assert_not_null(frame, "%s", err.message);
    text_clear(&text);
    return frame;
}

/* Two cells of such rows are at the limit as one of all of them is: the same model there. */
Test(glmm, dispersions_that_effects_take_in_two_cells)
{
    for (uint64_t set = 0; set < 7; set++) {
        struct frame *frame = single_rows(set);
        struct fit *fit[2];
        struct model *model[2];
        const struct fit_part *part[2];

        for (int k = 0; k < 2; k++) {
            const struct spec spec = { .formula = "y ~ x + (1 | o)", .disp = k == 0 ? "~ 0 + two" : "~ 0 + cell" };
            struct glmm_error err = { 0 };

            model[k] = model_new("m", frame, &spec, NULL, &err);
            cr_assert_not_null(model[k], "%s", err.message);
            fit[k] = model_fit(model[k], &(struct fit_options){ .method = METHOD_DEFAULT }, NULL, &err);
            cr_assert_not_null(fit[k], "%s", err.message);
            part[k] = fit_part_of(fit[k], PART_DISPERSION);
            cr_expect_eq(fit[k]->optimum.verdict, VERDICT_BOUNDARY, "set %d: %s", (int)set, fit[k]->optimum.message);
            cr_expect(part[k]->estimate[0] == -INFINITY && part[k]->estimate[k] == -INFINITY, "set %d", (int)set);
        }
        cr_expect_float_eq(fit[0]->loglik, fit[1]->loglik, 80 * 1e-8, "set %d", (int)set); /* 1e-8 a row at the most */
        cr_expect_float_eq(fit[0]->random[0].sd[0], fit[1]->random[0].sd[0], 1e-6);
        cr_expect_float_eq(part[0]->estimate[1], part[1]->estimate[2], 1e-6);
        cr_expect_float_eq(part[0]->se[1], part[1]->se[2], 1e-5);
        for (int j = 0; j < 2; j++) {
            cr_expect_float_eq(fit[0]->beta[j], fit[1]->beta[j], 1e-6);
            cr_expect_float_eq(fit[0]->se[j], fit[1]->se[j], 1e-6);
        }
        for (int k = 0; k < 2; k++) {
            fit_free(fit[k]);
            model_free(model[k]);
        }
        frame_free(frame);
    }
}

/* Weights of mean 1 count as many rows as there are, on whichever side of that their sum was rounded to. */
Test(glmm, weights_of_mean_one_count_no_rows)
{
    enum { ROWS = 4 };
    double y[ROWS] = { 0.2, 0.4, 0.5, 0.7 }, weights[ROWS];
    int32_t level[ROWS] = { 0, 1, 2, 3 };
    struct random_design row = { .group = "row", .k = 1, .level_count = ROWS, .level = level };
    struct design d = { .n = ROWS, .y = y, .weights = weights, .random = &row, .random_count = 1 };
    const struct family *beta = family_find("beta", NULL);

    for (int side = -1; side <= 1; side++) {
        struct glmm_error err = { .at = NOWHERE };

        for (int i = 0; i < ROWS; i++)
            weights[i] = (i < 2 ? 0.625 : 1.375) * (1 + side * 1e-14);
        cr_expect(explained_check_weights(&d, beta, &err), "%d: %s", side, err.message);
        error_clear(&err);
        weights[0] += 0.01;
        cr_expect(!explained_check_weights(&d, beta, &err) && err.code == GLMM_E_MODEL, "%d: some more", side);
        error_clear(&err);
    }
}
