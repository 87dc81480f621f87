/* kenward.c -- see kenward.h.  The sums over rows are those of kenward-cluster.c, in its basis Phi = T T'. */
#include "infer/kenward.h"

#include "fit/imputed.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/watch.h"
#include "fit/rowcov.h"
#include "infer/kenward-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "model/covariance.h"
#include "model/family.h"

static const double NEAR_TWO = 1e-2; /* of df: the scaling has a pole at 2, and means nothing beside it */

/* A direction of the information is flat below this, beside the largest, on a unit diagonal. */
static const double FLAT = 1e-10;

/* The information about a parameter of natural size that moves nothing: an error of a factor of exp(1e4). */
static const double IDLE = 1e-8;

/* Of rows whose levels descend from each other, which all covary: the cube of their number is what the adjustment takes. */
enum { MOST_RELATED = 4000 };

/* --- the parameters ------------------------------------------------------------------------------- */

static bool set_parameters(struct kenward *k)
{
    const struct design *d = k->fit->design;
    int count = 1, index = 0;

    if (k->fit->structured != NULL) {
        k->count = k->fit->structured_count + 1;
        k->least = IDLE;
        return true;
    }

    for (int t = 0; t < d->random_count; t++)
        count += random_parameters(&d->random[t]);
    k->count = count;
    k->parameter = NEW_ARRAY(struct parameter, count);
    if (k->parameter == NULL)
        return false;
    for (int t = 0; t < d->random_count; t++)
        for (int b = 0; b < d->random[t].k; b++)
            for (int a = b; a < d->random[t].covariance->end(d->random[t].k, b); a++)
                k->parameter[index++] = (struct parameter){ t, a, b };
    k->parameter[index] = (struct parameter){ -1, 0, 0 };
    return true;
}

/* --- all ------------------------------------------------------------------------------------------ */

/* W = 2 I^-1, I_ij = tr V^-1 V_i V^-1 V_j - 2 tr Q_ij + tr P_i P_j, without directions in which it is flat. */
bool kenward_set_information(struct kenward *k, const struct sums *sums)
{
    int n = k->count, p = k->p, size = 35 * n;
    double *I = mem_zalloc(square(n) + (size_t)(2 * n + size), sizeof(double)), *values, *unit, *work;

    if (I == NULL)
        return false;
    values = I + square(n);
    unit = values + n;
    work = unit + n;
    for (int j = 0; j < n; j++)
        for (int i = 0; i <= j; i++) {
            const double *Q = sums->Q + pair(i, j) * square(p), *Pi = k->P + (size_t)i * square(p),
                         *Pj = k->P + (size_t)j * square(p);
            double sum = sums->traces[i + j * n];

            for (int a = 0; a < p; a++)
                sum -= (i == j ? 2 : 1) * Q[a + a * p];
            for (size_t e = 0; e < square(p); e++)
                sum += Pi[e] * Pj[e];
            I[i + j * n] = I[j + i * n] = sum;
        }
    for (int i = 0; i < n; i++)
        unit[i] = I[i + i * n] > k->least ? 1 / sqrt(I[i + i * n]) : 0;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            I[i + j * n] *= unit[i] * unit[j];
    if (symmetric_eigen(n, I, values, work, size))
        for (int v = 0; v < n; v++)
            for (int e = 0; values[v] > FLAT * values[n - 1] && e < n * n; e++)
                k->W[e] += 2 * unit[e % n] * I[e % n + v * n] * I[e / n + v * n] * unit[e / n] / values[v];
    mem_free(I);
    return true;
}

/* Phi_A = T U T', U = I + 2 sum W_ij (Q_ij - P_i P_j), whose factor K makes T K that of Phi_A. */
static bool set_vcov(struct kenward *k, const struct sums *sums)
{
    int n = k->count, p = k->p;
    double *U = mem_zalloc(2 * square(p) + 1, sizeof(double)), *TU = U == NULL ? NULL : U + square(p);

    if (U == NULL)
        return false;
    for (int j = 0; j < n; j++)
        for (int i = 0; i <= j; i++) {
            const double *Q = sums->Q + pair(i, j) * square(p), *Pi = k->P + (size_t)i * square(p),
                         *Pj = k->P + (size_t)j * square(p);
            double w = 2 * k->W[i + j * n];

            for (size_t e = 0; e < square(p); e++)
                U[e] += w * Q[e];
            watched_product("NN", p, p, p, -w, Pi, p, Pj, p, 1, U, p, NULL);
            if (i != j)
                watched_product("NN", p, p, p, -w, Pj, p, Pi, p, 1, U, p, NULL);
        }
    for (size_t e = 0; e < square(p); e++)
        U[e] -= 0.5 * k->bend[e];
    for (int j = 0; j < p; j++)
        U[j + j * p] += 1;
    watched_product("NN", p, p, p, 1, k->T, p, U, p, 0, TU, p, NULL);
    watched_product("NT", p, p, p, 1, TU, p, k->T, p, 0, k->vcov, p, NULL);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < j; i++) {
            k->vcov[i + j * p] = k->vcov[j + i * p] = 0.5 * (k->vcov[i + j * p] + k->vcov[j + i * p]);
            U[j + i * p] = 0.5 * (U[j + i * p] + U[i + j * p]);
            U[i + j * p] = 0;
        }
    k->has_root = chol_factor(p, U, p) == 0;
    watched_product("NN", p, p, p, 1, k->T, p, U, p, 0, k->root, p, NULL);
    mem_free(U);
    return true;
}

static bool refuse_structures(const struct fit *fit, struct glmm_error *err)
{
    if (fit->variance_count == 0) /* no certified optimum, or a prior beside the likelihood */
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "Kenward and Roger's degrees of freedom need the errors of the variances, and this fit has none");
    if (!rowcov_is_sparse(fit->design) || fit->design->n <= MOST_RELATED)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE,
         "Kenward and Roger's adjustment needs the covariance matrix of all rows, and of %zu that takes too long (%d at most)",
         fit->design->n, MOST_RELATED);
    error_hint(err, "ddf=satterthwaite goes by the sparse inverse of the relationship matrix");
    return false;
}

/* Whether a model with a formula of the dispersion could have been fitted by REML. */
static bool has_reml(const struct fit *fit)
{
    const struct design *spread = fit->design->part[DESIGN_DISPERSION];

    return fit->family->residual && family_is_linear(fit->family, fit->link) && spread != NULL && spread->random_count == 0
           && fit->design->part[DESIGN_ZERO] == NULL;
}

static bool refuse(const struct fit *fit, struct glmm_error *err)
{
    if (!design_has_one_predictor(fit->design, "Kenward and Roger's adjustment", err)) {
        if (has_reml(fit))
            error_hint(err, "but it is where that is fitted with method=reml");
        return false;
    }
    if (!fit->exact)
        return fail(err, GLMM_E_MODEL, NOWHERE, "Kenward and Roger's degrees of freedom are those of linear mixed models%s",
                    fit->design->prior != NULL && family_is_linear(fit->family, fit->link) ? " without a prior" : "");
    if (fit->method != METHOD_REML) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "Kenward and Roger's degrees of freedom are those of a fit by REML, and this one is by ML");
        error_hint(err, "fit it with method=reml, or take ddf=satterthwaite");
        return false;
    }
    if (fit->identity != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "the data leave variances open on which Kenward and Roger's degrees of freedom depend");
    if (fit->structured != NULL)
        return refuse_structures(fit, err);
    for (int t = 0; t < fit->design->random_count; t++)
        if (fit->design->random[t].covariance != &covariance_unstructured
            && fit->design->random[t].covariance != &covariance_diagonal)
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "Kenward and Roger's degrees of freedom need variances and covariances as parameters; `%s` has others",
                        fit->design->random[t].covariance->name);
    return true;
}

bool kenward_applies(const struct fit *fit)
{
    if (fit->imputed == NULL)
        return refuse(fit, NULL);
    for (int k = 0; k < fit->imputed->count; k++)
        if (fit->imputed->one[k].counts && !refuse(fit->imputed->one[k].fit, NULL))
            return false;
    return true;
}

static bool allocate(struct kenward *k, struct sums *sums)
{
    size_t pp = square(k->p), n = (size_t)k->count;

    k->T = mem_zalloc(pp + 1, sizeof(double));
    k->P = mem_zalloc(n * pp + 1, sizeof(double));
    k->W = mem_zalloc(n * n, sizeof(double));
    k->vcov = mem_zalloc(pp + 1, sizeof(double));
    k->root = mem_zalloc(pp + 1, sizeof(double));
    k->bend = mem_zalloc(pp + 1, sizeof(double));
    sums->Q = mem_zalloc(n * (n + 1) / 2 * pp + 1, sizeof(double));
    sums->traces = mem_zalloc(n * n, sizeof(double));
    return k->T != NULL && k->P != NULL && k->W != NULL && k->vcov != NULL && k->root != NULL && k->bend != NULL
           && sums->Q != NULL && sums->traces != NULL;
}

/* Phi = T T'; false where it has no Cholesky factor. */
static bool set_basis(struct kenward *k)
{
    int p = k->p;

    if (fit_has_root(k->fit) && k->fit->root_rows == p && k->fit->root_rank == p) {
        memcpy(k->T, k->fit->root, sizeof *k->T * square(p));
        return true;
    }
    for (int j = 0; j < p; j++)
        for (int i = j; i < p; i++)
            k->T[i + j * p] = k->fit->vcov[i + j * p];
    return p == 0 || chol_factor(p, k->T, p) == 0;
}

struct kenward *kenward_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct kenward *k;
    struct sums sums = { NULL, NULL };
    struct watch watch;
    bool ok;

    if (!refuse(fit, err))
        return NULL;
    if ((k = NEW(struct kenward)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    k->fit = fit;
    k->p = fit->design->p;
    watch_init(&watch, progress, "adjusting covariances");
    ok = ((set_parameters(k) && allocate(k, &sums)) || fail_memory(err))
         && (set_basis(k) || fail(err, GLMM_E_MODEL, NOWHERE, "the estimates have no positive definite covariance matrix"))
         && (fit->structured != NULL
                 ? kenward_sum_rows(k, &sums, &watch, err)
                 : kenward_sum(k, &sums, &watch, err) && (kenward_set_information(k, &sums) || fail_memory(err)))
         && (set_vcov(k, &sums) || fail_memory(err));
    mem_free(sums.Q);
    mem_free(sums.traces);
    if (ok)
        return k;
    kenward_free(k);
    return NULL;
}

void kenward_free(struct kenward *k)
{
    if (k == NULL)
        return;
    mem_free(k->parameter);
    mem_free(k->T);
    mem_free(k->P);
    mem_free(k->W);
    mem_free(k->bend);
    mem_free(k->vcov);
    mem_free(k->root);
    mem_free(k);
}

/* --- what is asked -------------------------------------------------------------------------------- */

const double *kenward_vcov(const struct kenward *k)
{
    return k->vcov;
}

double kenward_covariance(const struct kenward *k, const double *a, const double *b, size_t step)
{
    double sum = 0;

    for (int j = 0; j < k->p; j++) {
        double along = 0, other = 0;

        for (int i = 0; i < k->p; i++) {
            double ai = a[(size_t)i * step], bi = b[(size_t)i * step];

            along += ai * (k->has_root ? k->root : k->vcov)[i + j * k->p];
            other += !k->has_root || bi == 0 ? 0 : bi * k->root[i + j * k->p];
        }
        sum += along * (k->has_root ? other : b[(size_t)j * step]);
    }
    return sum;
}

/* D_i = V' P_i V for the columns of V (p x q, orthonormal), one behind the other, through M = V' P_i (q x p).  False when
 * stopped. */
static bool project(const struct kenward *k, const double *V, int q, double *D, double *M, struct watch *watch)
{
    int p = k->p;

    for (int i = 0; i < k->count; i++) {
        watched_product("TN", q, p, p, 1.0, V, p, k->P + (size_t)i * square(p), p, 0.0, M, q, watch);
        watched_product("NN", q, q, p, 1.0, M, q, V, p, 0.0, D + (size_t)i * square(q), q, watch);
    }
    return !watch_stopped(watch);
}

/* Denominator and factor from A1 and A2 (Kenward & Roger 1997). */
static void approximate(double A1, double A2, int q, double *den_df, double *scaling)
{
    double B = (A1 + 6 * A2) / (2 * q), g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2), base = 3 * q + 2 * (1 - g);
    double V0 = 1 + g / base * B, V1 = 1 - (q - g) / base * B, V2 = 1 - (q + 2 - g) / base * B, ratio = (1 - A2 / q) / V1;
    double rho = ratio * ratio * V0 / V2 / q, df = 4 + (q + 2) / (q * rho - 1);

    *den_df = df;
    *scaling = fabs(df - 2) < NEAR_TWO ? 1 : df * (1 - A2 / q) / (df - 2);
}

static void degrees_for(const struct kenward *k, int q, const double *D, double *den_df, double *scaling, struct watch *watch)
{
    double A1 = 0, A2 = 0;

    for (int j = 0; j < k->count; j++)
        for (int i = 0; i < k->count && !watch_stops(watch); i++) {
            double ti = 0, tj = 0, both = 0;

            for (int a = 0; a < q; a++) {
                ti += D[a + a * q + (size_t)i * square(q)];
                tj += D[a + a * q + (size_t)j * square(q)];
                for (int b = 0; b < q; b++)
                    both += D[a + b * q + (size_t)i * square(q)] * D[b + a * q + (size_t)j * square(q)];
            }
            A1 += k->W[i + j * k->count] * ti * tj;
            A2 += k->W[i + j * k->count] * both;
        }
    *den_df = (double)INFINITY;
    *scaling = 1;
    if (A2 > 0)
        approximate(A1, A2, q, den_df, scaling);
}

/* Rows of L T, orthonormalized in order, in the columns of V (p x q); l: p.  False when stopped. */
static bool set_rows(const struct kenward *k, const struct stated_rows *rows, const size_t place[], int q, double *V, double *l,
                     struct watch *watch)
{
    int p = k->p;

    for (int a = 0; a < q && !watch_stops(watch); a++) {
        double *v = V + (size_t)a * (size_t)p, length = 0;

        for (int m = 0; m < p; m++)
            l[m] = rows->X[place[a] + (size_t)m * rows->n];
        for (int j = 0; j < p; j++) {
            v[j] = 0;
            for (int m = 0; m < p; m++)
                v[j] += l[m] * k->T[m + j * p];
        }
        for (int twice = 0; twice < 2; twice++)
            for (int b = 0; b < a; b++) {
                const double *before = V + (size_t)b * (size_t)p;
                double dot = 0;

                for (int j = 0; j < p; j++)
                    dot += v[j] * before[j];
                for (int j = 0; j < p; j++)
                    v[j] -= dot * before[j];
            }
        for (int j = 0; j < p; j++)
            length += v[j] * v[j];
        for (int j = 0; j < p; j++)
            v[j] /= sqrt(length);
    }
    return !watch_stopped(watch);
}

bool kenward_joint(const struct kenward *k, const struct stated_rows *rows, const size_t place[], int q, double *den_df,
                   double *scaling, const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t qp = (size_t)q * (size_t)k->p;
    double *V = NEW_ARRAY(double, 2 * qp + (size_t)k->p + square(q) * (size_t)k->count + 1), *M = V + qp, *D = M + qp;
    struct watch watch;

    if (V == NULL)
        return fail_memory(err);
    watch_init(&watch, progress, "finding degrees of freedom");
    if (set_rows(k, rows, place, q, V, M, &watch) && project(k, V, q, D, M, &watch))
        degrees_for(k, q, D, den_df, scaling, &watch);
    mem_free(V);
    return !watch_stopped(&watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the degrees of freedom were found");
}

bool kenward_degrees(const struct kenward *k, const double l[], double *df, struct glmm_error *err)
{
    const struct stated_rows row = { 1, l, NULL, .coefficients = true };
    const size_t place = 0;
    double scaling;

    return kenward_joint(k, &row, &place, 1, df, &scaling, NULL, err);
}
