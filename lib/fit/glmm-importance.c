/* glmm-importance.c -- the likelihood by importance sampling around the modes (for crossed factors, where no quadrature exists),
 * and fits by it.
 *
 *   L = f_Laplace(y) E[w(v)],  v ~ N(0, I),  u = u^ + L^-T v,  log w = h(u^) - h(u) + v'v/2
 *
 * v and -v are drawn in pairs, so that the skewness of h cancels in the first order.  The error is that of the mean of the pairs'
 * weights, carried to the logarithm.
 *
 * A fit by it minimizes the corrected deviance with the same v_r at each phi (common random numbers), where it is a smooth
 * function: a quadrature over all unknowns at once whose nodes are the draws, with the gradient of one (agq.h),
 *
 *   dlog I = sum pi_r (explicit part at u_r) + (sum pi_r g_r)'du^ - <dM, Q>/2,   Q = L^-T (I + B~) L^-1
 *
 * with g = -dh/du and B~ the symmetric matrix made of the lower triangle of sum pi_r v_r (L^-1 g_r)'.  Draws have streams by
 * their number, and are summed in its order: the same bytes on any number of threads. */
#include <math.h>

#include <string.h>

#include "base/arena.h"
#include "base/forecast.h"
#include "base/memory.h"
#include "base/rng.h"
#include "fit/glmm-parts.h"

enum { SEED = 1, DRAWS = 1000 };

/* v ~ N(0, I) by the number of its pair. */
static void draw_normal(int q, uint64_t seed, int pair, double v[])
{
    struct rng rng;

    rng_init(&rng, seed, (uint64_t)pair);
    for (int j = 0; j < q; j++)
        v[j] = rng_normal(&rng);
}

/* x := L^-T v; returns v'v.  x may be v. */
static double to_step(const struct glm *m, const double v[], double x[])
{
    double norm = 0;

    for (int j = 0; j < m->q; j++) {
        norm += v[j] * v[j];
        x[j] = v[j];
    }
    precision_solve_upper(m->precision, x);
    return norm;
}

/* Mean weights of pairs, kept relative to the largest so far. */
struct weights {
    double shift, sum, square, each;
    int pairs;
};

/* Adds a pair of logarithms of weights. */
static void add_pair(struct weights *w, double a, double b)
{
    double largest = fmax(a, b), pair;

    if (largest > w->shift) {
        double factor = exp(w->shift - largest);

        w->sum *= factor;
        w->square *= factor * factor;
        w->each *= factor * factor;
        w->shift = largest;
    }
    pair = 0.5 * (exp(a - w->shift) + exp(b - w->shift));
    w->sum += pair;
    w->square += pair * pair;
    w->each += 0.5 * (exp(2 * (a - w->shift)) + exp(2 * (b - w->shift)));
    w->pairs++;
}

/* The logarithm of the mean weight, its error, and the effective number of draws. */
static double weights_log_mean(const struct weights *w, double *error, double *effective)
{
    double mean = w->sum / w->pairs;

    *error = w->pairs > 1 ? sqrt(fmax(w->square / w->pairs - mean * mean, 0) / (w->pairs - 1)) / mean : (double)NAN;
    *effective = 2 * w->sum * w->sum / w->each;
    return w->shift + log(mean);
}

/* log w at u^ + sign L^-T v, with x = L^-T v. */
static double log_weight(struct glm *m, const double x[], double sign, double norm, double top)
{
    for (int j = 0; j < m->q; j++)
        m->u_try[j] = m->u[j] + sign * x[j];
    return top - glm_evaluate(m, m->u_try) + 0.5 * norm;
}

/* The log of the mean weight and its error, from `pairs` pairs of draws. */
static bool draw(struct glm *m, int pairs, uint64_t seed, const struct glmm_progress *progress, struct importance *out)
{
    struct weights weights = { 0 };
    double top = m->penalized;

    for (int r = 0; r < pairs; r++) {
        double norm, ahead;

        if (!progress_tell(progress, "draw", r, pairs, out->loglik))
            return false;
        draw_normal(m->q, seed, r, m->step);
        norm = to_step(m, m->step, m->step);
        ahead = log_weight(m, m->step, 1, norm, top);
        add_pair(&weights, ahead, log_weight(m, m->step, -1, norm, top));
    }
    out->loglik += weights_log_mean(&weights, &out->error, &out->effective);
    return true;
}

bool glm_importance(const struct fit *fit, int draws, uint64_t seed, const struct glmm_progress *progress, struct importance *out,
                    struct glmm_error *err)
{
    struct glm *m;
    double *phi;
    bool ok;

    *out = (struct importance){ fit->loglik, 0, draws };
    if (fit->exact)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood of a linear mixed model is exact: there is nothing to correct");
    if (fit->design->random_count == 0)
        return true;
    if (fit->recession != NULL && fit->proper == NULL)
        return true;
    fit = fit_proper(fit);
    m = glm_new(fit->design, fit->family, fit->link, 1, err);
    if (m == NULL)
        return false;
    phi = NEW_ARRAY(double, glm_parameter_count(m) + 1);
    ok = phi != NULL || fail_memory(err);
    if (ok) {
        glm_from_fit(m, fit, phi);
        out->loglik = -0.5 * (glm_value(m, phi) - m->last_penalty);
        if (!(out->loglik > -0.5 * MINIMIZE_BAD))
            ok = fail(err, GLMM_E_MODEL, NOWHERE, "the conditional modes at the estimates could not be found");
        else if (!draw(m, draws > 1 ? draws / 2 : 1, seed, progress, out))
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    }
    mem_free(phi);
    glm_free(m);
    return ok;
}

/* --- fits ------------------------------------------------------------------------------------------ */

struct importance_work {
    struct arena *arena;
    int pairs;
    double *v;          /* pairs x q: each for u^ + L^-T v and u^ - L^-T v */
    double *log_weight; /* 2 pairs, of the last evaluation */
    double *x, *y, *g;  /* q */
    double *B;          /* q x q */
    struct quadrature_sums sums;
    double log_mean, error, effective;
};

static void importance_free(struct importance_work *w)
{
    if (w == NULL)
        return;
    arena_free(w->arena);
    mem_free(w);
}

#define ARRAY(count) ((double *)arena_alloc(w->arena, (size_t)(count) + 1, sizeof(double)))

static struct importance_work *importance_new(const struct glm *m, int draws, const struct glmm_progress *progress,
                                              struct glmm_error *err)
{
    struct importance_work *w;
    size_t pairs = (size_t)(draws > 1 ? draws / 2 : 1), q = (size_t)m->q;

    if (!forecast((double)(pairs + q) * (double)q * sizeof(double), "fewer draws need less memory: draws=100", progress, err))
        return NULL;
    w = NEW(struct importance_work);
    if (w == NULL || (w->arena = arena_new()) == NULL) {
        mem_free(w);
        fail_memory(err);
        return NULL;
    }
    w->pairs = (int)pairs;
    w->v = ARRAY(pairs * q);
    w->log_weight = ARRAY(2 * pairs);
    w->x = ARRAY(q);
    w->y = ARRAY(q);
    w->g = ARRAY(q);
    w->B = ARRAY(q * q);
    w->sums = (struct quadrature_sums){ ARRAY(m->n), ARRAY(m->theta_count), ARRAY(m->rest), ARRAY(q) };
    if (arena_failed(w->arena)) {
        importance_free(w);
        fail_memory(err);
        return NULL;
    }
    for (int r = 0; r < w->pairs; r++)
        draw_normal(m->q, SEED, r, w->v + (size_t)r * q);
    return w;
}

double importance_value(struct glm *m)
{
    struct importance_work *w = m->importance;
    struct weights weights = { 0 };
    double top = m->penalized;

    for (int r = 0; r < w->pairs && !watch_stops(&m->watch); r++) {
        double norm = to_step(m, w->v + (size_t)r * (size_t)m->q, w->x);

        w->log_weight[2 * r] = log_weight(m, w->x, 1, norm, top);
        w->log_weight[2 * r + 1] = log_weight(m, w->x, -1, norm, top);
        add_pair(&weights, w->log_weight[2 * r], w->log_weight[2 * r + 1]);
    }
    w->log_mean = weights_log_mean(&weights, &w->error, &w->effective);
    glm_evaluate(m, m->u); /* what follows is at the modes */
    return w->log_mean;
}

/* The sums += share times what they hold of the draw at u_try, that was just evaluated; w->g its slope -dh/du. */
static void add_explicit(struct glm *m, double share)
{
    struct importance_work *w = m->importance;
    int K = m->K;

    for (int j = 0; j < m->q; j++)
        w->g[j] = -m->u_try[j];
    for (size_t i = 0; i < m->n; i++) {
        const int32_t *column = m->column + i * (size_t)K;
        double l = m->d[D_ETA][i];

        w->sums.mean_slope[i] += share * l;
        for (int t = 0; t < m->term_count; t++) {
            const struct glm_term *term = &m->terms[t];
            const double *z = m->z + i * (size_t)K + term->slot, *zt = m->zt + i * (size_t)K + term->slot;
            double *out = w->sums.theta + term->theta;

            for (int b = 0; b < term->k; b++) {
                int32_t at = column[term->slot + b];
                double r = share * l * m->u_try[at];

                w->g[at] += l * zt[b];
                for (int a = b, end = term->design->covariance->end(term->k, b); a < end; a++)
                    *out++ += z[a] * r;
            }
        }
        for (int k = 0; k < m->part_count; k++)
            glm_add_rest(m, &m->part[k], i, share * m->d[D_SHAPE(m->part[k].slot)][i], w->sums.rest);
    }
    for (int j = 0; j < m->q; j++)
        w->sums.mode[j] += share * w->g[j];
}

/* B's lower triangle += share sign v y', y = L^-1 g. */
static void add_curvature(struct glm *m, const double v[], double sign, double share)
{
    struct importance_work *w = m->importance;
    size_t q = (size_t)m->q;

    memcpy(w->y, w->g, sizeof *w->y * q);
    precision_solve_lower(m->precision, w->y);
    for (size_t b = 0; b < q; b++) {
        double y = sign * share * w->y[b];

        for (size_t a = b; a < q; a++)
            w->B[a + b * q] += v[a] * y;
    }
}

/* The factor's inverse := L^-T (I + B~) L^-1 on the pattern. */
static void set_q(struct glm *m)
{
    struct importance_work *w = m->importance;
    struct precision *f = m->precision;
    size_t q = (size_t)m->q;

    for (size_t b = 0; b < q; b++) {
        for (size_t a = b + 1; a < q; a++)
            w->B[b + a * q] = w->B[a + b * q];
        w->B[b + b * q] += 1;
    }
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t b = 0; b < q; b++)
            precision_solve_upper(f, w->B + b * q);
        for (size_t b = 0; b < q && pass == 0; b++) /* B := (L^-T B)', so that the second pass does the other side */
            for (size_t a = 0; a < b; a++) {
                double swap = w->B[a + b * q];

                w->B[a + b * q] = w->B[b + a * q];
                w->B[b + a * q] = swap;
            }
    }
    precision_set_inverse(f, w->B);
}

const struct quadrature_sums *importance_sums(struct glm *m)
{
    struct importance_work *w = m->importance;
    size_t q = (size_t)m->q;

    memset(w->B, 0, sizeof *w->B * q * q);
    memset(w->sums.mean_slope, 0, sizeof(double) * m->n);
    memset(w->sums.theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->sums.rest, 0, sizeof(double) * (size_t)m->rest);
    memset(w->sums.mode, 0, sizeof(double) * q);
    for (int r = 0; r < 2 * w->pairs && !watch_stops(&m->watch); r++) {
        const double *v = w->v + (size_t)(r / 2) * q;
        double share = exp(w->log_weight[r] - w->log_mean) / (2 * w->pairs), sign = r % 2 == 0 ? 1 : -1;

        if (r % 2 == 0)
            to_step(m, v, w->x);
        if (!(share > 0))
            continue;
        for (size_t j = 0; j < q; j++)
            m->u_try[j] = m->u[j] + sign * w->x[j];
        glm_evaluate(m, m->u_try);
        add_explicit(m, share);
        add_curvature(m, v, sign, share);
    }
    set_q(m);
    glm_evaluate(m, m->u);
    return &w->sums;
}

void importance_report(const struct glm *m, struct fit *fit)
{
    const struct importance_work *w = m->importance;

    fit->draws = 2 * w->pairs;
    fit->draws_error = w->error;
    fit->draws_effective = w->effective;
}

bool importance_begin(struct glm *m, int draws, const struct glmm_progress *progress, struct glmm_error *err)
{
    if (m->several != NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE, "random effects in %s= are fitted by Laplace's approximation",
             design_beside_name(m->design));
        error_hint(err, "method=laplace");
        return error_argument(err, "method");
    }
    m->importance = importance_new(m, draws > 0 ? draws : DRAWS, progress, err);
    m->known = false;
    return m->importance != NULL;
}

void importance_end(struct glm *m)
{
    importance_free(m->importance);
    m->importance = NULL;
    m->known = false;
}
