/* lmm-result.c -- from the optimum in the inner basis to the estimates that a person reads.
 *
 *   beta = T (Q'y + beta_Q),  Var(beta) = sigma^2 T (R_X'R_X)^-1 T',  T = (undo centring) R^-1
 *   Lambda = R_k^-1 x,  Cov(b) = sigma^2 Lambda Lambda',  b = Lambda u
 *   Var(b_l | y, theta, beta) = sigma^2 Lambda (M^-1)_ll Lambda' */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/lmm-private.h"
#include "fit/verdict.h"
#include "linalg/correlation.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "model/family.h"
#include "fit/tolerances.h"

enum { FEW = 32 };

static double *reals(struct arena *arena, size_t count)
{
    return arena_alloc(arena, count, sizeof(double));
}

/* T, p x p: R^-1, and the row of the constant column takes back what centring took. */
static void set_transform(const struct lmm *m, double *T, struct watch *watch)
{
    int p = m->p;

    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            T[i + j * p] = i <= j ? m->R[i + j * p] : 0.0;
    if (p > 0)
        watched_invert_upper(p, T, p, watch);
    if (m->constant < 0)
        return;
    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            if (i != m->constant)
                T[m->constant + j * p] -= m->center[i] * T[i + j * p] / m->design->X[(size_t)m->constant * m->n];
}

/* out = scale T C T'. */
static void sandwich(int p, double scale, const double *T, const double *C, double *work, double *out, struct watch *watch)
{
    if (p == 0)
        return;
    watched_product("NN", p, p, p, 1.0, T, p, C, p, 0.0, work, p, watch);
    watched_product("NT", p, p, p, scale, work, p, T, p, 0.0, out, p, watch);
}

/* `q`: how many derivatives of the covariance matrix with respect to the inner templates the task has. */
static bool set_fixed(struct fit *fit, struct lmm_task *task, int q)
{
    struct lmm *m = task->m;
    int p = m->p, count = q + 1;
    size_t pp = (size_t)p * (size_t)p;
    double s2 = m->y_scale * m->y_scale, sigma = sqrt(m->rss / m->degrees);
    double *beta = reals(fit->arena, (size_t)p), *se = reals(fit->arena, (size_t)p), *vcov = reals(fit->arena, pp);
    double *slopes = reals(fit->arena, (size_t)count * pp);
    double *T = mem_alloc(3 * pp + 1, sizeof(double)), *C, *work;

    if (beta == NULL || se == NULL || vcov == NULL || slopes == NULL || T == NULL) {
        mem_free(T);
        return false;
    }
    C = T + pp;
    work = C + pp;
    set_transform(m, T, &task->watch);
    lmm_fixed_inverse(m, C);
    sandwich(p, sigma * sigma * s2, T, C, work, vcov, &task->watch);
    for (int j = 0; j < q; j++)
        sandwich(p, sigma * sigma * s2, T, task->slopes + (size_t)j * pp, work, slopes + (size_t)j * pp, &task->watch);
    sandwich(p, 2.0 * sigma * s2, T, C, work, slopes + (size_t)q * pp, &task->watch);
    for (int i = 0; i < p; i++) {
        for (int j = 0; j < p; j++)
            beta[i] += T[i + j * p] * (m->projection[j] + m->beta[j]) * m->y_scale;
        se[i] = sqrt(vcov[i + i * p]);
    }
    if (m->constant >= 0)
        beta[m->constant] += m->y_center / m->design->X[(size_t)m->constant * m->n];
    fit->beta = beta;
    fit->se = se;
    fit->vcov = vcov;
    fit->vcov_slopes = slopes;
    q = fit_set_root(fit, sigma * sigma * s2, T, C, q, task->slopes, 2.0 / sigma);
    mem_free(T);
    return q;
}

/* 2 H^-1 of the deviance in (the task's directions, sigma), without the directions in which it is flat.  What is flat shows in
 * units that make the diagonal of H 1: those of the parameters say nothing, with a template of 1000 its curvature is a millionth.
 */
static bool set_variance_covariance(struct fit *fit, struct lmm_task *task)
{
    int q = task->m->theta_count, r = q + 1;
    double *unit = NEW_ARRAY(double, r);
    bool ok = unit != NULL;

    for (int i = 0; ok && i < r; i++)
        unit[i] = i < q ? fmin(task->opt.unit[i], 1.0 / sqrt(fabs(task->joint[i + i * r]))) : 1.0 / sqrt(task->joint[i + i * r]);
    if (ok && task->opt.have_hessian)
        ok = fit_set_variance_covariance(fit, r, task->joint, unit);
    mem_free(unit);
    return ok;
}

/* The Hessian in (theta, log sigma) from that in the directions T and sigma, where the slopes are 0. */
static bool set_theta_hessian(struct fit *fit, struct lmm_task *task)
{
    int q = task->m->theta_count, r = q + 1;
    double sigma = sqrt(task->sigma2), *J = NEW_ARRAY(double, (size_t)q *(size_t)r + 1), *out;
    const double one = 1.0;

    if (!task->opt.have_hessian || J == NULL || (out = reals(fit->arena, (size_t)r * (size_t)r)) == NULL) {
        mem_free(J);
        return !task->opt.have_hessian;
    }
    for (int j = 0; j < r; j++) /* the last column is sigma's */
        for (int i = 0; i < q; i++)
            J[i + j * q] = task->joint[i + j * r];
    if (q > 0)
        dtrsm_("L", "L", "T", "N", &q, &r, &one, task->opt.T, &q, J, &q);
    if (q > 0)
        dtrsm_("R", "L", "N", "N", &q, &q, &one, task->opt.T, &q, J, &q);
    lmm_outer_hessian(task->m, J, out, r);
    lmm_outer_gradient(task->m, J + (size_t)q * (size_t)q, out + (size_t)q * (size_t)r);
    for (int i = 0; i < q; i++)
        out[q + i * r] = out[i + q * r] *= sigma;
    out[q + q * r] = task->joint[q + q * r] * task->sigma2;
    fit->theta_hessian = out;
    mem_free(J);
    return true;
}

/* v (k) := R^-1 v, R lower triangular. */
static void to_outer_basis(int k, const double *R, double *v)
{
    for (int a = 0; a < k; a++) {
        for (int c = 0; c < a; c++)
            v[a] -= R[a + c * k] * v[c];
        v[a] /= R[a + a * k];
    }
}

/* out = scale N S N' for k x k matrices; N = Lambda in the outer basis. */
static void small_sandwich(int k, double scale, const double *N, const double *S, double *out)
{
    for (int j = 0; j < k; j++)
        for (int i = 0; i < k; i++) {
            double sum = 0.0;

            for (int b = 0; b <= j; b++)
                for (int a = 0; a <= i; a++)
                    sum += N[i + a * k] * (S == NULL ? (a == b ? 1.0 : 0.0) : S[a + b * k]) * N[j + b * k];
            out[i + j * k] = scale * sum;
        }
}

/* The conditional variances of a term's modes, given beta, from the inverse at hand; false where they cannot be read off it. */
static bool read_spread(const struct fit *fit, const struct lmm *m, int t, int extras, double *work, double *spread)
{
    int k = m->terms[t].k;
    size_t kk = (size_t)(k * k);
    double *factor = work + 2 * extras * k;

    blocks_extras_factor(m->blocks, extras, factor);
    for (int32_t l = 0; l < m->terms[t].levels; l++) {
        if (!blocks_inverse_block_alone(m->blocks, t, l, factor, work, m->terms[t].products))
            return false;
        small_sandwich(k, fit->dispersion, fit->random[t].lambda, m->terms[t].products, spread + (size_t)l * kk);
    }
    return true;
}

/* Of all terms: from the inverse that the last gradient left, where it includes few extras, or else from one without any. */
static bool set_spreads(struct fit *fit, const struct lmm *m)
{
    size_t most_k = 1, e = m->reml && !m->by_rows ? (size_t)m->p : 0;
    double *work;
    bool alone = e > FEW;

    for (int t = 0; t < m->term_count; t++)
        most_k = (size_t)m->terms[t].k > most_k ? (size_t)m->terms[t].k : most_k;
    work = mem_alloc(e * e + 2 * e * most_k + 1, sizeof(double));
    if (work == NULL)
        return false;
    if (alone)
        blocks_invert(m->blocks, 0);
    for (int t = 0; t < m->term_count; t++) {
        size_t k = (size_t)m->terms[t].k;
        double *spread = reals(fit->arena, (size_t)m->terms[t].levels * k * k);

        if (spread == NULL) {
            mem_free(work);
            return false;
        }
        fit->random[t].mode_covariance = spread;
        if (!read_spread(fit, m, t, alone ? 0 : (int)e, work, spread) && !alone) {
            blocks_invert(m->blocks, 0);
            alone = true;
            (void)read_spread(fit, m, t, 0, work, spread);
        }
    }
    mem_free(work);
    return true;
}

static bool set_term(struct fit *fit, struct lmm *m, int t, double sigma2)
{
    const struct lmm_term *term = &m->terms[t];
    struct random_fit *out = &fit->random[t];
    int k = term->k;
    size_t kk = (size_t)(k * k), levels = (size_t)term->levels;
    double *lambda = reals(fit->arena, 3 * kk + (size_t)k), *covariance, *correlation, *sd;
    double *modes = reals(fit->arena, levels * (size_t)k);
    const double *effects = m->effects + blocks_offset(m->blocks, t);

    if (lambda == NULL || modes == NULL)
        return false;
    covariance = lambda + kk;
    correlation = covariance + kk;
    sd = correlation + kk;
    memcpy(lambda, term->lambda, sizeof(double) * kk);
    for (int b = 0; b < k; b++)
        to_outer_basis(k, term->basis, lambda + b * k);
    small_sandwich(k, sigma2, lambda, NULL, covariance);
    correlations_of(k, covariance, sd, correlation);
    for (size_t l = 0; l < levels; l++) {
        for (int a = 0; a < k; a++)
            modes[l * (size_t)k + (size_t)a] = effects[l * (size_t)k + (size_t)a] * m->y_scale;
        to_outer_basis(k, term->basis, modes + l * (size_t)k);
    }
    out->k = k;
    out->lambda = lambda;
    out->covariance = covariance;
    out->sd = sd;
    out->correlation = correlation;
    out->modes = modes;
    return true;
}

/* Fitted values by what the data leave over: y - residual, with the residual taken in the well-conditioned basis. */
static bool set_fitted(struct fit *fit, const struct lmm *m)
{
    const struct design *d = m->design;
    double *fitted = reals(fit->arena, m->n);

    if (fitted == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++) {
        double rest = m->E[i + (size_t)m->p * m->n];

        for (int j = 0; j < m->p; j++)
            rest -= m->E[i + (size_t)j * m->n] * m->beta[j];
        for (int t = 0; t < m->term_count; t++) {
            const struct lmm_term *term = &m->terms[t];
            const double *effects = m->effects + blocks_offset(m->blocks, t) + (size_t)d->random[t].level[i] * (size_t)term->k;

            for (int a = 0; a < term->k; a++)
                rest -= lmm_z(term, i, a) * effects[a];
        }
        fitted[i] = d->y[i] - rest * m->y_scale / (m->root_weight == NULL ? 1.0 : m->root_weight[i]);
    }
    fit->fitted = fitted;
    fit->linear = fitted;
    return true;
}

/* --- the verdict in words ---------------------------------------------------------------------- */

/* Names what is singular about a term. */
static void describe_boundary(const struct random_design *random, const struct random_fit *fit, struct optimum *optimum)
{
    int k = fit->k, zero = 0, rank;

    for (int a = 0; a < k; a++) {
        if (fit->sd[a] > 0.0)
            continue;
        zero++;
        verdict_no_variance(optimum, NULL, k == 1 && strcmp(random->names[a], "(Intercept)") == 0 ? NULL : random->names[a],
                            random->group);
    }
    if (!random->covariance->correlated || k == 1)
        return;
    rank = 0;
    for (int a = 0; a < k; a++)
        rank += fit->lambda[a + a * k] != 0.0;
    if (rank + zero >= k)
        return;
    verdict_boundary(optimum, BOUNDARY_CORRELATION);
    if (k == 2)
        verdict_say(optimum, "the correlation of %s and %s between levels of %s is estimated as %d", random->names[0],
                    random->names[1], random->group, fit->correlation[1] < 0.0 ? -1 : 1);
    else
        verdict_say(optimum, "the covariance matrix of the %d effects of %s has rank %d: some are combinations of the others", k,
                    random->group, rank);
}

static void set_verdict(struct fit *fit, const struct lmm_task *task, double tolerance)
{
    struct optimum *optimum = &fit->optimum;
    const struct lmm *m = task->m;

    verdict_begin(optimum, &(struct search_end){ task->opt.gain, task->opt.iterations, task->evaluations,
                                                 m->theta_count > 0 ? task->opt.values[0] : 0.0 });
    for (int i = 0; i < m->theta_count; i++)
        verdict_slope(optimum, task->opt.gradient[i]);
    if (!task->opt.have_hessian || !(task->opt.gain <= tolerance) || optimizer_is_saddle(&task->opt)) {
        verdict_stopped(optimum, task->opt.have_hessian && !optimizer_is_saddle(&task->opt));
        return;
    }
    for (int t = 0; t < m->term_count; t++)
        describe_boundary(&m->design->random[t], &fit->random[t], optimum);
}

/* What the model and its last evaluation say by themselves. */
static void set_identity(struct fit *fit, const struct lmm *m, struct arena *arena, double deviance)
{
    double sigma2 = m->rss / m->degrees * m->y_scale * m->y_scale;

    fit->arena = arena;
    fit->design = m->design;
    fit->family = &family_gaussian;
    fit->link = fit->mean_link = &link_identity;
    fit->exact = true;
    fit->method = m->reml ? METHOD_REML : METHOD_ML;
    fit->nodes = 1;
    fit->has_scale = true;
    fit->sigma = sqrt(sigma2);
    fit->dispersion = fit->shape[0] = sigma2;
    fit->theta_count = m->theta_count;
    fit->npar = m->p + m->theta_count + 1;
    fit->criterion = deviance;
    fit->loglik = -0.5 * deviance;
    fit_set_criteria(fit, m->n);
}

struct fit *lmm_result(struct lmm_task *task, double tolerance)
{
    struct lmm *m = task->m;
    struct arena *arena = arena_new();
    struct fit *fit = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit);
    double *theta = fit == NULL ? NULL : reals(arena, (size_t)m->theta_count), sigma2;
    bool ok = theta != NULL && (fit->random = arena_alloc(arena, (size_t)m->term_count, sizeof *fit->random)) != NULL;

    if (!ok) {
        arena_free(arena);
        return NULL;
    }
    set_identity(fit, m, arena, task->opt.value);
    sigma2 = fit->dispersion;
    lmm_theta_from_inner(m, task->opt.x, theta);
    fit->theta = theta;
    ok = set_fixed(fit, task, m->theta_count) && set_variance_covariance(fit, task) && set_theta_hessian(fit, task)
         && fit_set_df(fit, 0.0);
    for (int t = 0; ok && t < m->term_count; t++)
        ok = set_term(fit, m, t, sigma2);
    ok = ok && set_spreads(fit, m) && set_fitted(fit, m);
    if (!ok) {
        arena_free(arena);
        return NULL;
    }
    set_verdict(fit, task, tolerance);
    return fit;
}

/* --- away from the optimum ----------------------------------------------------------------------- */

/* What of the estimates does not need the curvature at an optimum. */
static bool set_given(struct fit *fit, struct lmm *m, double sigma2)
{
    struct lmm_task task = { .m = m };
    bool ok;

    ok = set_fixed(fit, &task, 0);
    for (int t = 0; ok && t < m->term_count; t++)
        ok = set_term(fit, m, t, sigma2);
    return ok && set_spreads(fit, m) && set_fitted(fit, m);
}

struct fit *lmm_at(struct lmm *m, const double theta[], struct glmm_error *err)
{
    double deviance = lmm_deviance(m, theta), sigma2;
    struct arena *arena;
    struct fit *fit;
    double *copy;

    if (!(deviance < MINIMIZE_BAD) || !lmm_slopes(m)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the model has no likelihood at these variances");
        return NULL;
    }
    arena = arena_new();
    fit = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit);
    copy = fit == NULL ? NULL : reals(arena, (size_t)m->theta_count);
    if (copy == NULL || (fit->random = arena_alloc(arena, (size_t)m->term_count, sizeof *fit->random)) == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    for (int i = 0; i < m->theta_count; i++)
        copy[i] = theta[i];
    set_identity(fit, m, arena, deviance);
    sigma2 = fit->dispersion;
    fit->theta = copy;
    if (!set_given(fit, m, sigma2)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    return fit;
}
