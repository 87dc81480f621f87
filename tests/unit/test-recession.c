/* Infinite estimates: the fit of all rows is that of the rows which they leave, in every coding of the cells. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/glmm.h"
#include "fit/recession.h"
#include "infer/icc.h"
#include "linalg/cone.h"
#include "stated-design.h"

enum { CELLS = 5, MODELS = 40 };

/* Rows of one model: a cell, a level, a covariate; which cells are at an end. */
struct data {
    size_t n;
    int cell[400], level[400], end[CELLS];
    double x[400], y[400], offset[400];
    double coding[CELLS * CELLS]; /* invertible: column j of X at cell c is coding[c + j * CELLS] */
    bool counts;
    double least; /* the least response: of counts from 1 up 1 */
};

static void make_coding(struct data *d, struct rng *rng, int kind)
{
    memset(d->coding, 0, sizeof d->coding);
    for (int c = 0; c < CELLS; c++)
        for (int j = 0; j < CELLS; j++)
            d->coding[c + j * CELLS] = kind == 0   ? c == j           /* cells */
                                       : kind == 1 ? j == 0 || c == j /* treatment */
                                       : kind == 2 ? (j == 0           ? 1
                                                      : c == CELLS - 1 ? -1
                                                                       : c == j - 1) /* sum */
                                                   : rng_normal(rng) * pow(10, (double)(j % 3) * 3 - 3);
}

static void make_data(struct data *d, uint64_t seed)
{
    struct rng rng;
    int ends = 0;

    rng_init(&rng, 4711, seed);
    *d = (struct data){ .n = 120 + (size_t)(200 * rng_uniform(&rng)), .counts = seed % 3 == 0, .least = seed % 6 == 3 };
    make_coding(d, &rng, (int)(seed % 4));
    for (int c = 0; c < CELLS; c++) {
        double u = rng_uniform(&rng);

        d->end[c] = ends == CELLS - 2 ? 0 : u < 0.3 ? -1 : u < 0.5 && !d->counts ? 1 : 0;
        ends += d->end[c] != 0;
    }
    for (size_t i = 0; i < d->n; i++) {
        double eta;

        d->cell[i] = (int)(i % CELLS);
        d->level[i] = (int)(i / CELLS) % 9;
        d->x[i] = rng_normal(&rng);
        d->offset[i] = 0.3 * rng_normal(&rng);
        eta = 0.2 * d->cell[i] - 0.3 + 0.5 * d->x[i] + 0.6 * sin(7.0 * d->level[i]) + d->offset[i];
        if (d->counts)
            d->y[i] = d->least + floor(exp(eta) + rng_uniform(&rng) * 2);
        else
            d->y[i] = rng_uniform(&rng) < 1 / (1 + exp(-eta));
        if (d->end[d->cell[i]] != 0)
            d->y[i] = d->least + (d->end[d->cell[i]] > 0);
    }
}

/* The design of the rows whose cells are not at an end (`rest`), in cells; or of all rows, in the model's coding. */
static struct design *make_design_of(const struct data *d, struct arena *arena, bool rest)
{
    struct design *out = arena_alloc(arena, 1, sizeof *out);
    int cells = 0, place[CELLS];
    size_t at = 0;

    for (int c = 0; c < CELLS; c++)
        place[c] = rest ? (d->end[c] == 0 ? cells++ : -1) : cells++;
    for (size_t i = 0; i < d->n; i++)
        out->n += place[d->cell[i]] >= 0;
    out->p = cells + 1;
    out->response = "y";
    out->X = arena_alloc(arena, out->n * (size_t)out->p, sizeof(double));
    out->y = arena_alloc(arena, out->n, sizeof(double));
    out->offset = arena_alloc(arena, out->n, sizeof(double));
    out->row = arena_alloc(arena, out->n, sizeof(size_t));
    out->names = arena_alloc(arena, (size_t)out->p, sizeof *out->names);
    out->random_count = 1;
    out->random = arena_alloc(arena, 1, sizeof *out->random);
    out->random[0] = (struct random_design){ .group = "g", .k = 1, .level_count = 9, .covariance = &covariance_unstructured };
    out->random[0].names = arena_alloc(arena, 1, sizeof(char *));
    out->random[0].names[0] = "(Intercept)";
    out->random[0].level = arena_alloc(arena, out->n, sizeof(int32_t));
    out->random[0].rows_of_level = arena_alloc(arena, 9, sizeof(double));
    for (int j = 0; j < out->p; j++)
        out->names[j] = arena_printf(arena, "c%d", j);
    for (size_t i = 0; i < d->n; i++) {
        if (place[d->cell[i]] < 0)
            continue;
        for (int j = 0; j < cells; j++)
            out->X[at + (size_t)j * out->n] = rest ? place[d->cell[i]] == j : d->coding[d->cell[i] + j * CELLS];
        out->X[at + (size_t)cells * out->n] = d->x[i];
        out->y[at] = d->y[i];
        out->offset[at] = d->offset[i];
        out->row[at] = i;
        out->random[0].level[at] = d->level[i];
        out->random[0].rows_of_level[d->level[i]]++;
        at++;
    }
    return out;
}

static struct fit *fit_of(const struct data *d, const struct design *design)
{
    struct glmm_error err = { .at = NOWHERE };
    const char *family = !d->counts ? "binomial" : d->least == 0 ? "poisson" : "truncated_poisson";
    struct fit *fit = glm_fit(design, family_find(family, NULL), NULL, NULL, NULL, &err);

    cr_assert_not_null(fit, "%s", err.message);
    return fit;
}

static void close_to(double a, double b, double relative, const char *what, int model)
{
    cr_assert(fabs(a - b) <= relative * (1 + fabs(b)), "model %d, %s: %.12g, and %.12g alone", model, what, a, b);
}

/* Estimate and error of each cell's value, and of the slope, in both fits. */
static void compare(const struct data *d, const struct fit *all, const struct fit *rest, int model)
{
    double l[CELLS + 1], variance, single[CELLS + 1];

    for (int c = 0, at = 0; c <= CELLS; c++) {
        for (int j = 0; j <= CELLS; j++)
            l[j] = c == CELLS ? j == CELLS : j == CELLS ? 0 : d->coding[c + j * CELLS];
        if (c < CELLS && d->end[c] != 0) {
            cr_assert_eq(fit_linear(all, l, 1), d->end[c] * (double)INFINITY, "model %d, cell %d: %g", model, c,
                         fit_linear(all, l, 1));
            continue;
        }
        close_to(fit_linear(all, l, 1), rest->beta[at], 1e-5, "a cell", model);
        variance = 0;
        for (int j = 0; j <= CELLS; j++)
            for (int k = 0; k <= CELLS; k++)
                variance += l[j] * fit_vcov(all)[j + k * (CELLS + 1)] * l[k];
        close_to(sqrt(variance), rest->se[at], 1e-4, "its error", model);
        at++;
    }
    for (int j = 0; j <= CELLS; j++) { /* a coefficient is one combination of many */
        memset(single, 0, sizeof single);
        single[j] = 1;
        if (isnan(all->beta[j]))
            cr_assert(isnan(fit_linear(all, single, 1)));
        else if (!isfinite(all->beta[j]))
            cr_assert_eq(fit_linear(all, single, 1), all->beta[j]);
        else
            close_to(fit_linear(all, single, 1), all->beta[j], 1e-9, "a coefficient", model);
        cr_assert_eq(isnan(all->se[j]), !isfinite(all->beta[j]));
    }
    memset(single, 0, sizeof single);
    cr_assert_eq(fit_linear(all, single, 1), 0, "model %d: nothing of any coefficient is %g", model, fit_linear(all, single, 1));
    for (size_t i = 0, at = 0; i < d->n; i++)
        if (d->end[d->cell[i]] != 0)
            cr_assert_eq(all->fitted[i], d->least + (d->end[d->cell[i]] > 0));
        else
            close_to(all->fitted[i], rest->fitted[at++], 1e-5, "a fitted value", model);
}

Test(recession, all_rows_are_the_rest)
{
    static struct data d;
    int separated = 0, lost = 0;

    for (int model = 0; model < MODELS; model++) {
        struct arena *arena = arena_new();
        struct fit *all, *rest;
        struct icc_parts a, b;
        bool any = false;

        make_data(&d, (uint64_t)model);
        all = fit_of(&d, make_design_of(&d, arena, false));
        rest = fit_of(&d, make_design_of(&d, arena, true));
        for (int c = 0; c < CELLS; c++)
            any = any || d.end[c] != 0;
        separated += any;
        cr_assert_eq(all->recession != NULL, any, "model %d", model);
        cr_assert_eq(all->optimum.verdict, rest->optimum.verdict, "model %d: %s; %s", model, all->optimum.message,
                     rest->optimum.message);
        close_to(all->loglik, rest->loglik, 1e-9, "the log-likelihood", model);
        close_to(all->random[0].sd[0], rest->random[0].sd[0], 1e-5, "the standard deviation", model);
        icc_parts(all, &a);
        icc_parts(rest, &b);
        close_to(a.fixed, b.fixed, 1e-4, "the variance of the fixed part", model);
        compare(&d, all, rest, model);
        for (int j = 0; j <= CELLS; j++)
            lost += isnan(all->beta[j]);
        fit_free(all);
        fit_free(rest);
        arena_free(arena);
    }
    cr_assert_gt(separated, MODELS / 2);
    cr_assert_gt(lost, 0, "no model has a difference of two infinite cells");
}

/* Counts of 24 groups at 5 times, all 0 in the cell `s`; with that cell's rows or without. */
static char *structured_counts(bool whole)
{
    struct text out = { 0 };
    struct rng rng;

    rng_init(&rng, 23, 0);
    text_add(&out, "y,c,x,f,g\n");
    for (int g = 0; g < 24; g++) {
        double carried = 0;

        for (int t = 0; t < 5; t++) {
            double x = rng_normal(&rng), noise = rng_normal(&rng);
            int cell = (g + 2 * t) % 4 == 3 ? 2 : (g + t) % 2;

            carried = 0.6 * carried + noise;
            if (cell < 2 || whole)
                text_addf(&out, "%.0f,%c,%.4f,f%d,g%02d\n", cell == 2 ? 0 : floor(exp(0.8 + 0.3 * x + 0.8 * carried)),
                          "abs"[cell], x, t, g);
        }
    }
    return text_take(&out);
}

/* The covariances of all parameters, of the structure's too, which predictions and margins are made of. */
Test(recession, errors_beside_a_structure_are_those_of_the_rest)
{
    static const char *const right[] = { "y ~ 0 + c + x + ar1(0 + f | g)", "y ~ 0 + c + x + (1 | g)" };

    for (size_t k = 0; k < sizeof right / sizeof *right; k++) {
        char *csv[] = { structured_counts(true), structured_counts(false) };
        struct design_options options = { .response = RESPONSE_REAL };
        struct stated s[2];
        struct fit *fit[2];
        int infinite = 2, compared = 0;

        for (int i = 0; i < 2; i++) {
            struct glmm_error err = { .at = NOWHERE };

            s[i] = state_design(csv[i], right[k], &options);
            fit[i] = glm_fit(s[i].design, family_find("poisson", NULL), NULL, NULL, NULL, &err);
            cr_assert_not_null(fit[i], "%s", err.message);
        }
        cr_assert_not_null(fit[0]->recession);
        cr_assert_eq(fit[0]->joint_count, fit[1]->joint_count + 1);
        cr_assert_eq(fit[0]->beta[infinite], -INFINITY);
        for (int j = 0; j < fit[1]->joint_count; j++)
            for (int i = 0; i < fit[1]->joint_count; i++) {
                int row = i + (i >= infinite), column = j + (j >= infinite);
                double scale = sqrt(fit_joint(fit[1], i, i) * fit_joint(fit[1], j, j));

                cr_expect_float_eq(fit_joint(fit[0], row, column), fit_joint(fit[1], i, j), 1e-4 * scale,
                                   "%s: (%d, %d): %g and %g", right[k], i, j, fit_joint(fit[0], row, column),
                                   fit_joint(fit[1], i, j));
                compared += scale > 0;
            }
        cr_expect_gt(compared, 15);
        for (int i = 0; i < 2; i++) {
            fit_free(fit[i]);
            stated_clear(&s[i]);
            free(csv[i]);
        }
    }
}

/* Counts from 1 up of which none is 1 are no constant response: the mean is theirs, lambda / (1 - exp(-lambda)). */
Test(recession, counts_away_from_their_end)
{
    struct glmm_error err = { .at = NOWHERE };
    struct design design = { .n = 6,
                             .p = 1,
                             .response = "y",
                             .X = (double[]){ 1, 1, 1, 1, 1, 1 },
                             .y = (double[]){ 2, 3, 2, 4, 5, 2 },
                             .names = (const char *[]){ "(Intercept)" },
                             .row = (size_t[]){ 0, 1, 2, 3, 4, 5 } };
    struct fit *fit = glm_fit(&design, family_find("truncated_poisson", NULL), NULL, NULL, NULL, &err);
    double lambda;

    cr_assert_not_null(fit, "%s", err.message);
    lambda = exp(fit->beta[0]);
    cr_expect_float_eq(lambda / -expm1(-lambda), 3, 1e-7);
    cr_expect_null(fit->recession);
    fit_free(fit);
}

/* One predictor that tells the outcomes apart but for a tie or an overlap. */
static void one_predictor(const double x[6], bool separated, size_t left)
{
    struct arena *arena = arena_new();
    struct glmm_error err = { .at = NOWHERE };
    const struct recession *recession;
    struct design design = { .n = 6, .p = 2, .response = "y", .y = (double[]){ 0, 0, 0, 1, 1, 1 } };
    double X[12];
    struct glm *m;

    for (int i = 0; i < 6; i++) {
        X[i] = 1;
        X[6 + i] = x[i];
    }
    design.X = X;
    design.names = (const char *[]){ "(Intercept)", "x" };
    design.row = (size_t[]){ 0, 1, 2, 3, 4, 5 };
    m = glm_new(&design, family_find("binomial", NULL), link_find("logit"), 1, &err);
    cr_assert(recession_find(m, arena, &recession, &err));
    cr_assert_eq(recession != NULL, separated);
    if (separated) {
        cr_assert_eq(recession->rest->n, left);
        cr_assert_eq(recession->limit[1], (double)INFINITY);
    }
    glm_free(m);
    arena_free(arena);
}

Test(recession, a_tie_is_quasi_complete)
{
    one_predictor((double[]){ 1, 2, 3, 4, 5, 6 }, true, 0);
    one_predictor((double[]){ 1, 2, 4, 4, 5, 6 }, true, 2);
    one_predictor((double[]){ 1, 2, 4.001, 4, 5, 6 }, false, 6);
    one_predictor((double[]){ 1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4, 1e9 + 5, 1e9 + 6 }, true, 0);
    one_predictor((double[]){ 1e-9, 2e-9, 4e-9, 4e-9, 5e-9, 6e-9 }, true, 2);
}

/* --- ordered responses ---------------------------------------------------------------------- */

enum { TABLES = 400, MOST_ROWS = 12 };

/* Two columns of small whole numbers behind a column of ones, and a response of `categories`; false where a column is a
 * combination of the others. */
static bool make_table(struct rng *rng, int categories, size_t *n, double X[3 * MOST_ROWS], double y[MOST_ROWS])
{
    double S[9] = { 0 };

    *n = 5 + rng_below(rng, MOST_ROWS - 4);
    for (size_t i = 0; i < *n; i++) {
        X[i] = 1;
        X[i + *n] = (double)rng_below(rng, 4);
        X[i + 2 * *n] = (double)rng_below(rng, 3);
        y[i] = 1 + (double)rng_below(rng, (uint32_t)categories);
    }
    for (int j = 0; j < 3; j++)
        for (int k = 0; k < 3; k++)
            for (size_t i = 0; i < *n; i++)
                S[j + 3 * k] += X[i + (size_t)j * *n] * X[i + (size_t)k * *n];
    return S[0] * (S[4] * S[8] - S[5] * S[7]) - S[1] * (S[3] * S[8] - S[5] * S[6]) + S[2] * (S[3] * S[7] - S[4] * S[6]) > 0.5;
}

static const struct recession *find_in(size_t n, int p, double *X, double *y, const struct family *family, struct arena *arena)
{
    static const char *names[] = { "a", "b", "c" };
    struct glmm_error err = { 0 };
    struct design *design = arena_alloc(arena, 1, sizeof *design);
    const struct recession *r = NULL;
    struct glm *m;

    *design = (struct design){ .n = n, .p = p, .X = X, .y = y, .names = names, .response = "y" };
    m = glm_new(design, family, link_find("logit"), 1, &err);
    cr_assert(m != NULL, "%s", err.message);
    cr_assert(recession_find(m, arena, &r, &err));
    glm_free(m);
    return r;
}

static const struct family *family_of(int categories, struct arena *arena)
{
    static const char *const names[] = { "1", "2", "3", "4" };
    struct glmm_error err = { 0 };

    return family_of_categories(arena, family_find("cumulative", &err), categories, names);
}

static bool is_like(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool is_constant(const double *y, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (y[i] != y[0])
            return false;
    return true;
}

Test(recession, two_categories_are_a_binary_response)
{
    struct glmm_error err = { 0 };
    struct rng rng;
    int infinite = 0;

    rng_init(&rng, 31, 0);
    for (int t = 0; t < TABLES; t++) {
        double X[3 * MOST_ROWS], y[MOST_ROWS], up[MOST_ROWS];
        struct arena *arena = arena_new();
        const struct recession *ordered, *binary;
        size_t n;

        if (make_table(&rng, 2, &n, X, y) && !is_constant(y, n)) {
            for (size_t i = 0; i < n; i++)
                up[i] = y[i] - 1;
            ordered = find_in(n, 2, X + n, y, family_of(2, arena), arena);
            binary = find_in(n, 3, X, up, family_find("binomial", &err), arena);
            cr_assert_eq(ordered == NULL, binary == NULL, "table %d", t);
            infinite += binary != NULL;
            for (int j = 0; j < 2 && binary != NULL; j++)
                cr_assert(is_like(ordered->limit[j], binary->limit[j + 1]), "table %d", t);
            cr_assert(binary == NULL || is_like(ordered->shape_limit[0], -binary->limit[0]), "table %d", t);
            cr_assert(binary == NULL || ordered->separated == binary->separated, "table %d", t);
        }
        arena_free(arena);
    }
    cr_assert(infinite > TABLES / 10 && infinite < TABLES - TABLES / 10, "%d", infinite);
}

/* In the reversed order all that is infinite is so on the other side, and the rest has as many rows. */
Test(recession, the_order_turns_round)
{
    struct rng rng;
    int infinite = 0, half = 0;

    rng_init(&rng, 32, 0);
    for (int t = 0; t < TABLES; t++) {
        double X[3 * MOST_ROWS], y[MOST_ROWS], back[MOST_ROWS];
        struct arena *arena = arena_new();
        const struct recession *r, *turned;
        size_t n;

        if (make_table(&rng, 4, &n, X, y) && !is_constant(y, n)) {
            for (size_t i = 0; i < n; i++)
                back[i] = 5 - y[i];
            r = find_in(n, 2, X + n, y, family_of(4, arena), arena);
            turned = find_in(n, 2, X + n, back, family_of(4, arena), arena);
            cr_assert_eq(r == NULL, turned == NULL, "table %d", t);
            infinite += r != NULL;
            half += r != NULL && r->half > 0;
            for (int j = 0; j < 2 && r != NULL; j++)
                cr_assert(is_like(r->limit[j], -turned->limit[j]), "table %d", t);
            for (int j = 0; j < 3 && r != NULL; j++)
                cr_assert(is_like(r->shape_limit[j], -turned->shape_limit[2 - j]), "table %d, threshold %d", t, j);
            cr_assert(r == NULL || (r->separated == turned->separated && r->half == turned->half), "table %d", t);
        }
        arena_free(arena);
    }
    cr_assert(infinite > TABLES / 20 && half > 0, "%d %d", infinite, half);
}

Test(recession, the_nearest_point_of_a_cone)
{
    const double a[] = { 1, 0, 0, 0, 1, 0, M_SQRT1_2, M_SQRT1_2, 0 };
    struct cone_work *work = cone_work_new(3);
    double r[3];

    cr_assert_float_eq(cone_residual(work, 3, a, (double[]){ 0.3, 0.4, 0 }, r), 0, 1e-14);
    cr_assert_float_eq(cone_residual(work, 3, a, (double[]){ 0.3, -0.4, 0.2 }, r), sqrt(0.2), 1e-14);
    cr_assert_float_eq(r[0], 0, 1e-14);
    cr_assert_float_eq(cone_residual(work, 3, a, (double[]){ -0.3, -0.4, 0 }, r), 0.5, 1e-14);
    cone_work_free(work);
}
