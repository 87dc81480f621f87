/* residuals-disp.c -- disp= as structured residuals: variances that are log-linear in covariates.
 *
 * Rows with the same covariates share a standard deviation.  The columns are freed of their means, so that sigma, which is
 * profiled out, is the geometric mean of the rows' and no far value of a covariate makes a number too large. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/residuals.h"

/* Of a mean, in sizes of its column. */
static const double FAR_MEAN = 5.0;

/* Indicators: each row has 1 in one column, and 0 in the others. */
static bool are_cells(const struct design *predictor, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int ones = 0, others = 0;

        for (int j = 0; j < predictor->p; j++) {
            double x = predictor->X[i + (size_t)j * n];

            ones += x == 1.0;
            others += x != 0.0 && x != 1.0;
        }
        if (ones != 1 || others > 0)
            return false;
    }
    return true;
}

static bool check(const struct design *predictor, size_t n, struct glmm_error *err)
{
    const char *why = predictor->random_count > 0 ? "a dispersion with random effects has no restricted likelihood"
                      : predictor->offset != NULL ? "an offset of the dispersion is not fitted by REML"
                      : predictor->p > 0 && predictor->assign[0] >= 0 && !are_cells(predictor, n)
                          ? "a dispersion is fitted by REML where it has an intercept, or is one for each level of a factor"
                          : NULL;

    if (why == NULL)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "%s", why);
    error_hint(err, "method=ml");
    return error_argument(err, "disp");
}

struct sorting {
    const struct design *predictor;
    size_t n;
};

/* By the values of all columns. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const struct sorting *s = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;

    for (int j = 0; j < s->predictor->p; j++) {
        double x = s->predictor->X[a + (size_t)j * s->n], y = s->predictor->X[b + (size_t)j * s->n];

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

/* Means and sizes of all columns but the first. */
static void measure(const struct design *predictor, size_t n, int count, double *mean, double *size)
{
    for (int j = 0; j < count; j++) {
        const double *x = predictor->X + (size_t)(j + 1) * n;
        double sum = 0.0, squares = 0.0;

        for (size_t i = 0; i < n; i++)
            sum += x[i];
        mean[j] = sum / (double)n;
        for (size_t i = 0; i < n; i++)
            squares += (x[i] - mean[j]) * (x[i] - mean[j]);
        size[j] = squares > 0.0 ? sqrt(squares / (double)n) : 1.0;
    }
}

bool residual_loads_are_far(const struct residual_loads *loads)
{
    bool found = false;

    for (int j = 0; j < loads->count && !loads->cells; j++)
        found = found || fabs(loads->mean[j]) > FAR_MEAN * loads->size[j];
    return found;
}

const struct residual_design *residuals_of_predictor(struct arena *arena, const struct design *predictor, size_t n,
                                                     const char *text, struct glmm_error *err)
{
    struct residual_design *out = arena_alloc(arena, 1, sizeof *out);
    struct residual_loads *loads = arena_alloc(arena, 1, sizeof *loads);
    int count = predictor->p - 1;
    struct sorting sorting = { predictor, n };
    double *load, *mean;
    size_t *order;

    if (!check(predictor, n, err))
        return NULL;
    mean = arena_alloc(arena, 2 * (size_t)count + 1, sizeof *mean);
    load = arena_alloc(arena, n * (size_t)count + 1, sizeof *load);
    order = NEW_ARRAY(size_t, n + 1);
    if (out != NULL) {
        *out = (struct residual_design){ .structure = structure_of_residuals("diag"),
                                         .loads = loads,
                                         .block_count = (int32_t)n,
                                         .positions = { .k = 1, .unit = 1.0 },
                                         .text = arena_printf(arena, "disp %s", text) };
        out->position = arena_alloc(arena, n + 1, sizeof *out->position);
        out->block = arena_alloc(arena, n + 1, sizeof *out->block);
        out->scale = arena_alloc(arena, n + 1, sizeof *out->scale);
    }
    if (out == NULL || loads == NULL || mean == NULL || load == NULL || order == NULL || out->text == NULL
        || out->position == NULL || out->block == NULL || out->scale == NULL) {
        mem_free(order);
        fail_memory(err);
        return NULL;
    }
    measure(predictor, n, count, mean, mean + count);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_rows, &sorting);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_rows(&order[i - 1], &order[i], &sorting) != 0) {
            for (int j = 0; j < count; j++)
                load[(size_t)out->scale_count * (size_t)count + (size_t)j] =
                    (predictor->X[order[i] + (size_t)(j + 1) * n] - mean[j]) / mean[count + j];
            out->scale_count++;
        }
        out->scale[order[i]] = out->scale_count - 1;
        out->block[i] = (int32_t)i;
    }
    mem_free(order);
    *loads = (struct residual_loads){ predictor, count, predictor->assign[0] >= 0, load, mean, mean + count };
    return out;
}
