/* test-kenward.c -- Kenward and Roger's adjustment against the same in dense matrices, and of one model stated in two ways. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "fit/scales.h"
#include "infer/kenward.h"
#include "infer/linear.h"
#include "run-session.h"
#include "invert.h"
#include "stated.h"

enum { MOST = 130 };

/* --- dense matrices, n x n ------------------------------------------------------------------------- */

struct dense {
    int n, p, count;
    double V[MOST * MOST], *Vi[8]; /* V^-1; dV / ds_i */
    double *phi, *P[8], *Q[64], *W;
};

static double *matrix(struct arena *arena, int rows, int columns)
{
    return arena_alloc(arena, (size_t)(rows * columns), sizeof(double));
}

static void multiply(int n, int m, int k, const double *a, const double *b, double *out)
{
    for (int j = 0; j < m; j++)
        for (int i = 0; i < n; i++) {
            double sum = 0;

            for (int e = 0; e < k; e++)
                sum += a[i + e * n] * b[e + j * k];
            out[i + j * n] = sum;
        }
}

static double z_at(const struct random_design *r, int row, int a)
{
    return r->z == NULL ? 1 : r->z[row * r->k + a];
}

/* V and its derivatives, of a fit without weights. */
static struct dense *dense_of(const struct fit *fit, struct arena *arena)
{
    const struct design *d = fit->design;
    struct dense *dense = arena_alloc(arena, 1, sizeof *dense);
    int n = (int)d->n;

    cr_assert_leq(n, MOST);
    dense->n = n;
    dense->p = d->p;
    for (int t = 0; t < d->random_count; t++)
        for (int b = 0; b < d->random[t].k; b++)
            for (int a = b; a < d->random[t].covariance->end(d->random[t].k, b); a++) {
                const struct random_design *r = &d->random[t];
                double *V = dense->Vi[dense->count++] = matrix(arena, n, n);

                for (int j = 0; j < n; j++)
                    for (int i = 0; i < n; i++) {
                        if (r->level[i] != r->level[j])
                            continue;
                        V[i + j * n] = z_at(r, i, a) * z_at(r, j, b) + (a == b ? 0 : z_at(r, i, b) * z_at(r, j, a));
                        dense->V[i + j * n] += V[i + j * n] * fit->random[t].covariance[a + b * r->k];
                    }
            }
    dense->Vi[dense->count] = matrix(arena, n, n);
    for (int i = 0; i < n; i++) {
        dense->Vi[dense->count][i + i * n] = 1;
        dense->V[i + i * n] += fit->sigma * fit->sigma;
    }
    dense->count++;
    invert(n, dense->V);
    return dense;
}

static double trace_of(int n, const double *a, const double *b)
{
    double sum = 0;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            sum += a[i + j * n] * b[j + i * n];
    return sum;
}

/* What Kenward and Roger (1997) make of them: Phi, P_i (with the sign turned), Q_ij, and W = the inverse of twice the
 * information. */
static void dense_products(struct dense *d, const double *X, struct arena *arena)
{
    int n = d->n, p = d->p, r = d->count;
    double *VX = matrix(arena, n, p), *Xt = matrix(arena, p, n), *one = matrix(arena, n, n), *two = matrix(arena, n, n), *S[8];

    d->phi = matrix(arena, p, p);
    d->W = matrix(arena, r, r);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < n; i++)
            Xt[j + i * p] = X[i + j * n];
    multiply(n, p, n, d->V, X, VX);
    multiply(p, p, n, Xt, VX, d->phi);
    invert(p, d->phi);
    for (int i = 0; i < r; i++) {
        S[i] = matrix(arena, n, n); /* V^-1 V_i */
        multiply(n, n, n, d->V, d->Vi[i], S[i]);
        d->P[i] = matrix(arena, p, p); /* X'V^-1 V_i V^-1 X = -P_i */
        multiply(n, p, n, S[i], VX, one);
        multiply(p, p, n, Xt, one, d->P[i]);
    }
    for (int i = 0; i < r; i++)
        for (int j = 0; j < r; j++) {
            double *Q = d->Q[i + j * r] = matrix(arena, p, p);

            multiply(n, p, n, S[j], VX, one);
            multiply(n, p, n, S[i], one, two);
            multiply(p, p, n, Xt, two, Q);
            multiply(p, p, p, d->phi, d->P[i], one);
            multiply(p, p, p, d->phi, d->P[j], two);
            d->W[i + j * r] = trace_of(n, S[i], S[j]) - 2 * trace_of(p, d->phi, Q) + trace_of(p, one, two);
        }
    invert(r, d->W);
}

/* phi A phi, p x p. */
static void between(const struct dense *d, const double *A, double *out, struct arena *arena)
{
    double *half = matrix(arena, d->p, d->p);

    multiply(d->p, d->p, d->p, d->phi, A, half);
    multiply(d->p, d->p, d->p, half, d->phi, out);
}

/* Phi_A. */
static void dense_adjusted(const struct dense *d, double adjusted[], struct arena *arena)
{
    int p = d->p, r = d->count;
    double *half = matrix(arena, p, p), *whole = matrix(arena, p, p), *sum = matrix(arena, p, p);

    for (int i = 0; i < r; i++)
        for (int j = 0; j < r; j++) {
            multiply(p, p, p, d->P[i], d->phi, half);
            multiply(p, p, p, half, d->P[j], whole);
            for (int e = 0; e < p * p; e++)
                sum[e] += 2 * d->W[i + j * r] * (d->Q[i + j * r][e] - whole[e]);
        }
    between(d, sum, adjusted, arena);
    for (int e = 0; e < p * p; e++)
        adjusted[e] = d->phi[e] + 2 * adjusted[e];
}

/* l' A l. */
static double form(int p, const double *A, const double l[])
{
    double sum = 0;

    for (int a = 0; a < p; a++)
        for (int b = 0; b < p; b++)
            sum += l[a] * A[a + b * p] * l[b];
    return sum;
}

/* The degrees of freedom of a contrast. */
static double dense_degrees(const struct dense *d, const double l[], struct arena *arena)
{
    int r = d->count;
    double quadratic[8], v = form(d->p, d->phi, l), spread = 0, *whole = matrix(arena, d->p, d->p);

    for (int i = 0; i < r; i++) {
        between(d, d->P[i], whole, arena);
        quadratic[i] = form(d->p, whole, l);
    }
    for (int i = 0; i < r; i++)
        for (int j = 0; j < r; j++)
            spread += 2 * d->W[i + j * r] * quadratic[i] * quadratic[j];
    return 2 * v * v / spread;
}

/* Phi_A and, of a contrast, its degrees of freedom. */
static void dense_kenward(const struct fit *fit, double adjusted[], const double l[], double *df)
{
    struct arena *arena = arena_new();
    struct dense *d = dense_of(fit, arena);

    dense_products(d, fit->design->X, arena);
    dense_adjusted(d, adjusted, arena);
    *df = dense_degrees(d, l, arena);
    arena_free(arena);
}

static void hold_kenward(const char *script, double tolerance)
{
    struct session *session = session_of(script);
    const struct fit *fit = session->model->fit;
    int p = fit->design->p;
    struct glmm_error err = { .at = NOWHERE };
    struct kenward *k = kenward_new(fit, NULL, &err);
    double adjusted[64 * 64], l[64], df, expected;

    cr_assert(k != NULL, "%s", err.message);
    for (int j = 0; j < p; j++)
        l[j] = cos(3.0 * j);
    dense_kenward(fit, adjusted, l, &expected);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            cr_assert_float_eq(kenward_vcov(k)[i + j * p], adjusted[i + j * p],
                               tolerance * sqrt(adjusted[i + i * p] * adjusted[j + j * p]), "%s: %d %d", script, i, j);
    cr_assert(kenward_degrees(k, l, &df, &err));
    cr_assert_float_eq(df, expected, 10 * tolerance * expected, "%s: %g %g", script, df, expected);
    kenward_free(k);
    session_free(session);
}

Test(kenward, kenward_is_the_same_in_dense_matrices)
{
    hold_kenward("load sleepstudy; where Days > 1 & Days != 5; where row() %% 7 != 3; fit Reaction ~ Days + (Days | Subject)",
                 1e-9);
    hold_kenward("load sleepstudy; where Days > 4; where row() %% 5 != 1; fit Reaction ~ Days + (Days || Subject)", 1e-9);
    hold_kenward("load penicillin; where row() %% 3 != 0; where row() < 130; fit diameter ~ 1 + (1 | plate) + (1 | sample)",
                 1e-8);
    hold_kenward("load pastes; fit strength ~ 1 + (1 | batch/cask)", 1e-9);
    hold_kenward("load dyestuff2; fit Yield ~ 1 + (1 | Batch)", 1e-9); /* a variance of 0 */
}

/* R: V written out with other parameters (a variance and rho; variances and covariances), first and second derivatives by
 * differences, the bias of their estimates after Cox & Snell (1968), W from traces of n x n matrices. */
static const struct {
    const char *model;
    double se[4], df[4];
} structured[] = {
    { "(1 | Subject), residual=arh1(age | Subject)",
      { 1.30285811, 0.103307987, 1.66443115, 0.131459786 },
      { 39.3432079, 26.9953162, 38.7445105, 26.1743496 } },
    { "1, residual=us(age | Subject)",
      { 1.32852001, 0.112947522, 1.69172398, 0.143726774 },
      { 25.0532137, 23.9860295, 23.8127809, 22.9678985 } },
    { "(age | Subject), residual=diag(Sex)",
      { 0.676056215, 0.0684462829, 1.43171001, 0.134660031 },
      { 9.98732745, 11.0502022, 41.204995, 39.8704382 } },
    { "(1 | Subject), residual=diag(Sex)",
      { 0.815421354, 0.0541224062, 1.51270978, 0.119365946 },
      { 43.9295503, 25.1914329, 79.3362719, 56.1892218 } },
};

static struct session *orthodont_of(const char *model)
{
    struct session *session;
    char script[300];

    snprintf(script, sizeof script, "load orthodont; where row() %%%% 7 != 3; fit distance ~ age * Sex + %s", model);
    session = session_of(script);
    return session;
}

Test(kenward, kenward_of_structures_is_that_of_dense_matrices)
{
    for (size_t i = 0; i < sizeof structured / sizeof structured[0]; i++) {
        struct session *session = orthodont_of(structured[i].model);
        struct glmm_error err = { .at = NOWHERE };
        struct kenward *k = kenward_new(session->model->fit, NULL, &err);

        cr_assert(k != NULL, "%s: %s", structured[i].model, err.message);
        for (int j = 0; j < 4; j++) {
            double l[4] = { 0 }, df, se = sqrt(kenward_vcov(k)[5 * j]);

            l[j] = 1;
            cr_assert(kenward_degrees(k, l, &df, &err));
            cr_assert_float_eq(se, structured[i].se[j], 1e-7 * se, "%s: %.9g", structured[i].model, se);
            cr_assert_float_eq(df, structured[i].df[j], 1e-6 * df, "%s: %.9g", structured[i].model, df);
        }
        kenward_free(k);
        session_free(session);
    }
}

/* One model in two ways: the adjusted errors and the degrees of freedom of any contrast are the same. */
static void same_kenward(const char *one, const char *other, double tolerance)
{
    struct session *session[2] = { orthodont_of(one), orthodont_of(other) };
    double variance[2], df[2], l[4] = { 0.3, 10, 0.5, 11 };

    for (int i = 0; i < 2; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct kenward *k = kenward_new(session[i]->model->fit, NULL, &err);

        cr_assert(k != NULL, "%s: %s", i == 0 ? one : other, err.message);
        variance[i] = kenward_covariance(k, l, l, 1);
        cr_assert(kenward_degrees(k, l, &df[i], &err));
        kenward_free(k);
        session_free(session[i]);
    }
    cr_assert_float_eq(variance[0], variance[1], tolerance * variance[0], "%s, %s: %.12g %.12g", one, other, variance[0],
                       variance[1]);
    cr_assert_float_eq(df[0], df[1], tolerance * df[0], "%s, %s: %.12g %.12g", one, other, df[0], df[1]);
}

/* nlme: lme(Reaction ~ Days, random = ~1 | Subject, weights = varExp(form = ~Days)) and gls without the random effect, whose
 * sigma and exponent are half the logarithms of variances. */
Test(kenward, variances_log_linear_in_a_covariate_by_reml)
{
    struct session *session = session_of("load sleepstudy; fit Reaction ~ Days + (1 | Subject), disp=~Days method=reml");
    const struct fit *fit = session->model->fit;

    cr_assert_float_eq(fit->criterion, 1776.522186, 1e-6);
    cr_assert_float_eq(fit->residual->parameters[0].estimate, 6.082928, 1e-5);
    cr_assert_float_eq(fit->residual->parameters[1].estimate, 0.1647235, 1e-6);
    cr_assert_float_eq(fit->random[0].sd[0], 31.9459, 1e-3);
    cr_assert_float_eq(fit->se[0], 8.23170, 1e-4);
    cr_assert_float_eq(fit->se[1], 0.7958945, 1e-6);
    session_free(session);
    session = session_of("load sleepstudy; let later = Days + 2000; fit Reaction ~ Days, disp=~later method=reml");
    fit = session->model->fit;
    cr_assert_float_eq(fit->criterion, 1871.16192, 1e-5);
    cr_assert_float_eq(fit->residual->parameters[0].estimate, 6.7931246 - 2000 * 0.18007912, 2e-3);
    cr_assert_float_eq(fit->residual->parameters[1].estimate, 0.18007912, 1e-6);
    cr_assert_float_eq(fit->se[0], 4.79693813, 1e-5);
    session_free(session);
}

/* Estimates and errors of log sigma^2 from the Hessian of the restricted criterion in (sd, coefficients), by differences in R
 * with V in full; in both codings, and away from the mean of a covariate. */
Test(kenward, errors_of_variances_by_reml)
{
    static const struct {
        const char *disp;
        double x[2], estimate, se;
    } cases[] = {
        { "~Sex", { 1, 0 }, -0.4935903, 0.2507800 },           { "~Sex", { 0, 1 }, 1.5190257, 0.3230156 },
        { "~Sex", { 1, 1 }, 1.0254354, 0.5683864 / 2.788309 }, { "~0+Sex", { 0, 1 }, 1.0254354, 0.5683864 / 2.788309 },
        { "~0+Sex", { 1, 0 }, -0.4935903, 0.2507800 },         { "~age", { 0, 1 }, -0.08434221, 0.09063774 },
        { "~age", { 1, 11 }, 0.63027985, 0.16045607 },         { "~age", { 1, 14 }, 0.377253, 0.4857516 / 1.458274 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char script[160];
        struct session *session;

        snprintf(script, sizeof script, "load orthodont; fit distance ~ age * Sex + (1 | Subject), disp=%s method=reml",
                 cases[i].disp);
        session = session_of(script);
        cr_assert_eq(fit_scales(session->model->fit)->p, 2);
        cr_assert_float_eq(fit_scales_at(session->model->fit, cases[i].x, 1), cases[i].estimate, 2e-6, "%s", script);
        cr_assert_float_eq(fit_scales_se(session->model->fit, cases[i].x, 1), cases[i].se, 1e-6, "%s", script);
        session_free(session);
    }
}

Test(kenward, kenward_of_a_model_in_two_ways)
{
    same_kenward("(1 | Subject)", "1, residual=cs(age | Subject)", 1e-6);
    same_kenward("(1 | Subject), residual=diag(Sex)", "(1 | Subject), disp=~Sex method=reml", 1e-6);
    same_kenward("(1 | Subject), residual=diag(Sex)", "(1 | Subject), disp=~0+Sex method=reml", 1e-6);
    same_kenward("1, residual=diag(age)", "1, disp=~poly(age, 3) method=reml", 1e-6);
    same_kenward("1, residual=ar1(age | Subject)", "1, residual=car1(age | Subject)", 1e-6); /* rho, and its root */
    same_kenward("(1 | Subject) + (0 + age | Subject)", "homdiag(0 + I(age / 1) | Subject) + (1 | Subject)", 1e-6);
}
