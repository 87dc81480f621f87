/* test-mode-errors.c -- the errors of conditional modes against Henderson's equations, solved densely, and against the modes and
 * the dense deviance at templates that are moved; failing allocations, and Ctrl-C. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/glmm.h"
#include "fit/lmm.h"
#include "infer/mode-errors.h"
#include "invert.h"
#include "make-design.h"
#include "sweep.h"

enum { MOST_THETA = 8 };

/* Where the effects of term t begin behind the p coefficients. */
static int first_effect(const struct design *d, int t)
{
    int first = d->p;

    for (int s = 0; s < t; s++)
        first += d->random[s].level_count * d->random[s].k;
    return first;
}

/* Row i of (X, Z). */
static void fill_row(const struct design *d, size_t i, double w[])
{
    memset(w, 0, sizeof *w * (size_t)first_effect(d, d->random_count));
    for (int j = 0; j < d->p; j++)
        w[j] = d->X[i + (size_t)j * d->n];
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        for (int a = 0; a < r->k; a++)
            w[first_effect(d, t) + r->level[i] * r->k + a] = r->z == NULL ? 1 : r->z[i * (size_t)r->k + (size_t)a];
    }
}

/* The inverse of sigma^2 times Henderson's matrix at the templates theta, for all of (beta, b); *solution: (beta, b) there.  Both
 * are the caller's. */
static double *henderson(const struct design *d, const double theta[], double **solution)
{
    int size = first_effect(d, d->random_count);
    double *C = calloc((size_t)(size * size), sizeof *C), *w = calloc((size_t)size, sizeof *w),
           *right = calloc((size_t)size, sizeof *right);

    for (size_t i = 0; i < d->n; i++) {
        double weight = d->weights == NULL ? 1 : d->weights[i];

        fill_row(d, i, w);
        for (int b = 0; b < size; b++) {
            right[b] += weight * w[b] * d->y[i];
            for (int a = 0; a < size; a++)
                C[a + b * size] += weight * w[a] * w[b];
        }
    }
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];
        double lambda[16] = { 0 }, G[16] = { 0 };
        int k = r->k;

        for (int b = 0; b < k; b++)
            for (int a = b; a < r->covariance->end(k, b); a++)
                lambda[a + b * k] = *theta++;
        for (int a = 0; a < k * k * k; a++)
            G[a % (k * k)] += lambda[a % k + a / (k * k) * k] * lambda[a / k % k + a / (k * k) * k];
        invert(k, G);
        for (int l = 0; l < r->level_count; l++)
            for (int a = 0; a < k * k; a++)
                C[first_effect(d, t) + l * k + a % k + (first_effect(d, t) + l * k + a / k) * size] += G[a];
    }
    invert(size, C);
    *solution = calloc((size_t)size, sizeof **solution);
    for (int a = 0; a < size; a++)
        for (int b = 0; b < size; b++)
            (*solution)[a] += C[a + b * size] * right[b];
    free(w);
    free(right);
    return C;
}

/* Of the deviance in theta, all else profiled out, by central differences. */
static double second_derivative(const struct design *d, int q, const double theta[], int i, int j, double h)
{
    double sum = 0;

    for (int corner = 0; corner < 4; corner++) {
        double at[MOST_THETA], si = corner & 1 ? 1 : -1, sj = corner & 2 ? 1 : -1;

        memcpy(at, theta, sizeof *at * (size_t)q);
        at[i] += si * h;
        at[j] += sj * h;
        sum += si * sj * dense_deviance(d, true, at);
    }
    return sum / (4 * h * h);
}

/* Twice the inverse of these, by two steps so that the error is of the fourth order. */
static void covariance_of_theta(const struct design *d, int q, const double theta[], double V[])
{
    const double h = 2e-3;

    for (int j = 0; j < q; j++)
        for (int i = j; i < q; i++)
            V[i + j * q] = V[j + i * q] =
                (4 * second_derivative(d, q, theta, i, j, h) - second_derivative(d, q, theta, i, j, 2 * h)) / 6;
    invert(q, V);
}

/* The modes' slopes in theta, size x q. */
static double *slopes_of(const struct design *d, int q, const double theta[])
{
    const double h = 1e-4;
    int size = first_effect(d, d->random_count);
    double *slopes = calloc((size_t)(size * q), sizeof *slopes);

    for (int j = 0; j < q; j++)
        for (int side = -1; side <= 1; side += 2) {
            double at[MOST_THETA], *solution;

            memcpy(at, theta, sizeof *at * (size_t)q);
            at[j] += side * h;
            free(henderson(d, at, &solution));
            for (int a = 0; a < size; a++)
                slopes[a + j * size] += side * solution[a] / (2 * h);
            free(solution);
        }
    return slopes;
}

/* Both errors of each effect of a fit by REML are those of the dense equations. */
static void expect_dense(const struct design *d)
{
    struct glmm_error err = { 0 };
    struct fit *fit = lmm_fit(d, NULL, NULL, &err);
    int size = first_effect(d, d->random_count), q;
    double *C, *solution, *slopes, V[MOST_THETA * MOST_THETA];

    cr_assert_not_null(fit, "%s", err.message);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    q = fit->theta_count;
    C = henderson(d, fit->theta, &solution);
    covariance_of_theta(d, q, fit->theta, V);
    slopes = slopes_of(d, q, fit->theta);
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];
        int count = r->level_count * r->k;
        double *pev = calloc((size_t)count, sizeof *pev), *full = calloc((size_t)count, sizeof *full);

        cr_assert(mode_errors(fit, t, r, MODE_PEV, pev, NULL, &err), "%s", err.message);
        cr_assert(mode_errors(fit, t, r, MODE_FULL, full, NULL, &err), "%s", err.message);
        for (int i = 0; i < count; i++) {
            int at = first_effect(d, t) + i;
            double variance = fit->sigma * fit->sigma * C[at + at * size];

            cr_expect_float_eq(fit->random[t].modes[i], solution[at], 1e-7 * (1 + fabs(solution[at])));
            cr_expect_float_eq(pev[i], sqrt(variance), 1e-7 * sqrt(variance), "term %d, %d: %.10g, not %.10g", t, i, pev[i],
                               sqrt(variance));
            for (int j = 0; j < q * q; j++)
                variance += slopes[at + j % q * size] * V[j] * slopes[at + j / q * size];
            cr_expect_float_eq(full[i], sqrt(variance), 1e-5 * sqrt(variance), "term %d, %d: %.10g, not %.10g", t, i, full[i],
                               sqrt(variance));
        }
        free(pev);
        free(full);
    }
    free(C);
    free(solution);
    free(slopes);
    fit_free(fit);
}

Test(mode_errors, are_hendersons_and_those_with_the_templates)
{
    static const struct shape_term one[] = { { 1, 12, false, 0 } }, crossed[] = { { 1, 15, false, 0 }, { 1, 9, false, 0 } },
                                   slopes[] = { { 2, 14, false, 0 } };
    struct design *design = make_design(70, 2, 1, one, true, 5);

    expect_dense(design);
    free_design(design);
    design = make_design(110, 2, 2, crossed, false, 6);
    expect_dense(design);
    free_design(design);
    design = make_design(140, 3, 1, slopes, true, 7);
    expect_dense(design);
    free_design(design);
}

/* --- what ends before it is done --------------------------------------------------------------------- */

struct asked {
    const struct fit *fit;
    enum mode_error kind;
    double *se;
};

static bool find_errors(void *context, struct glmm_error *err)
{
    const struct asked *asked = context;

    return mode_errors(asked->fit, 0, &asked->fit->design->random[0], asked->kind, asked->se, NULL, err);
}

/* Of a fit, the model of which is a binomial one where `binomial`. */
static struct fit *fit_of(struct design *design, bool binomial)
{
    struct glmm_error err = { 0 };
    struct fit *fit;

    for (size_t i = 0; binomial && i < design->n; i++)
        design->y[i] = design->y[i] > 10.8;
    fit = binomial ? glm_fit(design, family_find("binomial", &err), NULL, NULL, NULL, &err) : lmm_fit(design, NULL, NULL, &err);
    cr_assert_not_null(fit, "%s", err.message);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK, "%s", fit->optimum.message);
    return fit;
}

Test(mode_errors, survive_failed_allocations)
{
    static const struct shape_term shape[] = { { 1, 12, false, 0 } };

    for (int binomial = 0; binomial < 2; binomial++) {
        struct design *design = make_design(240, 2, 1, shape, false, 5);
        struct fit *fit = fit_of(design, binomial);
        double se[12];

        cr_expect_gt(sweep_allocations(find_errors, &(struct asked){ fit, MODE_PEV, se }), 10);
        cr_expect_gt(sweep_allocations(find_errors, &(struct asked){ fit, MODE_FULL, se }), 20);
        fit_free(fit);
        free_design(design);
    }
}

static bool tell(void *context, const char *what, double done, double total, double value)
{
    (void)what, (void)done, (void)total, (void)value;
    return --*(long *)context != 0;
}

/* Many levels are gone through in steps, each of which may be the last. */
Test(mode_errors, stop_at_any_look)
{
    static const struct shape_term shape[] = { { 1, 600, false, 0 } };
    struct design *design = make_design(2000, 2, 1, shape, false, 9);
    struct fit *fit = fit_of(design, false);
    struct glmm_error err = { 0 };
    double *se = calloc(600, sizeof *se);

    for (int kind = MODE_PEV; kind <= MODE_FULL; kind++) {
        long left = 0, all; /* 0: never */
        const struct glmm_progress progress = { .tell = tell, .context = &left };

        cr_assert(mode_errors(fit, 0, &design->random[0], (enum mode_error)kind, se, &progress, &err), "%s", err.message);
        all = -left;
        cr_expect_gt(all, 8, "looks: %ld", all);
        for (long limit = 1; limit <= all; limit++) {
            memset(&err, 0, sizeof err);
            left = limit;
            cr_expect_not(mode_errors(fit, 0, &design->random[0], (enum mode_error)kind, se, &progress, &err), "%ld", limit);
            cr_expect_eq(err.code, GLMM_E_INTERRUPT, "look %ld: %s", limit, err.message);
            cr_expect_eq(left, 0, "went on after look %ld", limit);
        }
        memset(&err, 0, sizeof err);
    }
    free(se);
    fit_free(fit);
    free_design(design);
}
