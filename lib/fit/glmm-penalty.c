/* glmm-penalty.c -- what is added to the deviance: the prior (model/prior.h), and the term of the restricted likelihood.
 *
 *   prior      sum over coefficients of -2 log p(beta_j),  over terms of -2 log p(SD or Sigma)
 *   jeffreys   -log|X'WX|, W the expected information of the rows at b = 0 (Firth 1993)
 *              slopes: -h_i dlog W_i/d eta_i in the fixed part of eta,  h_i = W_i x_i'(X'WX)^-1 x_i
 *   restricted log|X'V^-1 X| - p log(2 pi); with B = V^-1 X L^-T, L L' = X'V^-1 X:
 *              d/dlambda[a, b] = -2 sum over levels of (Z'B)[a] (lambda'Z'B)[b],  d/dlog sigma^2 = -sum B_ij^2 / W_i
 *
 * All is in the design's coefficients beta = R^-1 gamma, whose slopes go to gamma by R^-T. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "linalg/dense.h"
#include "model/prior.h"

/* Coefficients of orthonormal columns: a step that changes eta by about as much, where third differences of W are nothing. */
static const double JEFFREYS_STEP = 1e-4;

struct penalty_work {
    const struct prior_rule **coefficient; /* p; NULL: none */
    const struct prior_rule **rest;        /* of the parameters behind theta: coefficients of other predictors */
    const struct prior_rule **sd;          /* K, in the order of terms and effects */
    const struct prior_rule **covariance;  /* of each term */
    bool jeffreys, some;                   /* some: any rule of a coefficient */
    double log_r;                          /* log|R| */
    double *beta, *slope;                  /* p */
    double *delta;                         /* the parameters behind theta in the designs' coefficients; then scratch */
    double *S;                             /* p x p: X'V^-1 X, or Jeffreys' information, in gamma; then its factor */
    double *B;                             /* n x p: V^-1 X; NULL where not restricted */
    double *row;                           /* p */
    double *left, *right;                  /* q */
};

static struct penalty_work *make_work(struct glm *m)
{
    struct penalty_work *w = arena_alloc(m->arena, 1, sizeof *w);
    size_t p = (size_t)m->p + 1;

    if (w == NULL)
        return NULL;
    w->coefficient = arena_alloc(m->arena, p, sizeof(const struct prior_rule *));
    w->rest = arena_alloc(m->arena, (size_t)m->rest + 1, sizeof(const struct prior_rule *));
    w->delta = arena_alloc(m->arena, 2 * (size_t)m->rest + 1, sizeof(double));
    w->sd = arena_alloc(m->arena, (size_t)m->K + 1, sizeof(const struct prior_rule *));
    w->covariance = arena_alloc(m->arena, (size_t)m->term_count + 1, sizeof(const struct prior_rule *));
    w->beta = arena_alloc(m->arena, 3 * p + p * p, sizeof(double));
    if (arena_failed(m->arena))
        return NULL;
    w->slope = w->beta + p;
    w->row = w->slope + p;
    w->S = w->row + p;
    for (int j = 0; j < m->p; j++)
        w->log_r += log(fabs(m->R[j + j * m->p]));
    return w;
}

/* Coefficients of zi= and disp=. */
static void find_rest(struct glm *m)
{
    for (int k = 0; k < m->part_count; k++) {
        const struct glm_part *part = &m->part[k];
        int of = part->design == m->design->part[DESIGN_ZERO] ? DESIGN_ZERO : DESIGN_DISPERSION;

        for (int j = 0; part->design != NULL && j < part->count; j++)
            m->penalty->rest[part->first + j] = prior_of_coefficient(m->design->prior, of, part->design->names[j]);
    }
}

bool penalty_prepare(struct glm *m)
{
    const struct prior *prior = m->design->prior;
    struct penalty_work *w;
    int at = 0;

    if (prior == NULL)
        return true;
    if ((w = m->penalty = make_work(m)) == NULL)
        return false;
    w->jeffreys = prior_is_jeffreys(prior) && m->p > 0;
    for (int j = 0; j < m->p; j++) {
        w->coefficient[j] = prior_of_coefficient(prior, PRIOR_OF_MEAN, m->design->names[j]);
        w->some = w->some || w->coefficient[j] != NULL;
    }
    find_rest(m);
    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *random = m->terms[t].design;

        w->covariance[t] = prior_of_covariance(prior, random->group);
        for (int a = 0; a < random->k; a++)
            w->sd[at++] = prior_of_sd(prior, random->group, random->names[a]);
    }
    return true;
}

bool glm_restrict(struct glm *m, struct glmm_error *err)
{
    struct penalty_work *w = m->penalty != NULL ? m->penalty : make_work(m);

    if (w == NULL)
        return fail_memory(err);
    m->penalty = w;
    w->B = arena_alloc(m->arena, m->n * (size_t)m->p + 1, sizeof *w->B);
    w->left = arena_alloc(m->arena, 2 * (size_t)m->q + 1, sizeof *w->left);
    if (w->B == NULL || w->left == NULL)
        return fail_memory(err);
    w->right = w->left + m->q;
    m->restricted = true;
    m->known = false;
    return true;
}

bool glm_take_criterion(struct glm *m, const struct fit *fit, struct glmm_error *err)
{
    return (fit->method != METHOD_REML || glm_restrict(m, err))
           && (fit->method != METHOD_IS || importance_begin(m, fit->draws, NULL, err));
}

/* --- coefficients --------------------------------------------------------------------------------- */

/* Of all coefficients that have a prior of their own; `slope` gets the slopes in beta, added. */
static double coefficient_penalty(const struct penalty_work *w, int p, double slope[])
{
    double sum = 0, rate, bend;

    for (int j = 0; w->some && j < p; j++)
        if (w->coefficient[j] != NULL) {
            sum += prior_penalty(w->coefficient[j], w->beta[j], &rate, &bend);
            slope[j] += rate;
        }
    return sum;
}

/* out += rate R^-T e_j: delta_j = (R^-1 gamma)_j, whose slopes in gamma are the j-th row of R^-1.  row: p, scratch. */
static void add_inverse_row(const double *R, int p, int j, double rate, double row[], double out[])
{
    for (int i = j; i < p; i++) {
        double sum = i == j;

        for (int k = j; k < i; k++)
            sum -= R[k + i * p] * row[k];
        row[i] = sum / R[i + i * p];
        out[i] += rate * row[i];
    }
}

/* Of the coefficients of other predictors; `gradient` (NULL: not wanted) is that in the parameters behind theta. */
static double rest_penalty(const struct glm *m, const double rest[], double gradient[])
{
    const struct penalty_work *w = m->penalty;
    double sum = 0, rate, bend;

    glm_rest_to_coefficients(m, rest, w->delta);
    for (int k = 0; k < m->part_count; k++) {
        const struct glm_part *part = &m->part[k];

        for (int j = 0; part->design != NULL && j < part->count; j++) {
            const struct prior_rule *rule = w->rest[part->first + j];
            if (rule == NULL)
                continue;
            sum += prior_penalty(rule, w->delta[part->first + j], &rate, &bend);
            if (gradient != NULL)
                add_inverse_row(part->R, part->count, j, rate, w->delta + m->rest, gradient + part->first);
        }
    }
    return sum;
}

/* gradient in gamma += R^-T slope. */
static void add_to_gamma(const struct glm *m, const double slope[], double gradient[])
{
    struct penalty_work *w = m->penalty;

    for (int i = 0; i < m->p; i++) {
        double sum = slope[i];

        for (int j = 0; j < i; j++)
            sum -= m->R[j + i * m->p] * w->row[j];
        w->row[i] = sum / m->R[i + i * m->p];
        gradient[i] += w->row[i];
    }
}

void penalty_curvature(const struct glm *m, const double phi[], double S[])
{
    struct penalty_work *w = m->penalty;
    int p = m->p;
    double rate, bend;

    if (w == NULL || !w->some)
        return;
    glm_to_beta(m, phi, w->beta);
    for (int j = 0; j < p; j++) {
        if (w->coefficient[j] == NULL)
            continue;
        prior_penalty(w->coefficient[j], w->beta[j], &rate, &bend);
        memset(w->slope, 0, sizeof(double) * (size_t)p);
        memset(w->row, 0, sizeof(double) * (size_t)p);
        w->slope[j] = 1;
        for (int i = j; i < p; i++) { /* row := R^-T e_j */
            double sum = w->slope[i];

            for (int k = j; k < i; k++)
                sum -= m->R[k + i * p] * w->row[k];
            w->row[i] = sum / m->R[i + i * p];
        }
        for (int a = 0; a < p; a++)
            for (int b = 0; b < p; b++)
                S[a + b * p] += 0.5 * bend * w->row[a] * w->row[b];
    }
}

/* --- Jeffreys' prior ------------------------------------------------------------------------------ */

/* The expected information of row i about its eta where no effect is at work, and the slope of its logarithm. */
static double row_information(const struct glm *m, size_t i, double *slope)
{
    const struct link *link = m->response.link;
    struct observation at = response_at(&m->response, i);
    double mu[4], rest, w;

    link_inverse(link, m->fixed[i], mu);
    rest = m->response.family->response == RESPONSE_BINOMIAL ? link_rest(link, m->fixed[i]) : 1;
    w = at.weight * at.trials * mu[1] * mu[1] / (mu[0] * rest);
    *slope = 2 * mu[2] / mu[1] - mu[1] / mu[0] + (m->response.family->response == RESPONSE_BINOMIAL ? mu[1] / rest : 0);
    if (w > 0 && isfinite(w) && isfinite(*slope))
        return w;
    *slope = 0;
    return 0;
}

/* S := the factor of X'WX in gamma; -log|X'WX| of the design's columns. */
static double jeffreys_penalty(struct glm *m)
{
    struct penalty_work *w = m->penalty;
    int p = m->p;
    double slope, sum = 2 * w->log_r;

    memset(w->S, 0, sizeof(double) * (size_t)(p * p));
    for (size_t i = 0; i < m->n; i++) {
        double weight = row_information(m, i, &slope);

        for (int j = 0; j < p; j++) {
            double x = weight * m->X[i + (size_t)j * m->n];

            for (int k = 0; k <= j; k++)
                w->S[j + k * p] += x * m->X[i + (size_t)k * m->n];
        }
    }
    if (chol_factor(p, w->S, p) != 0)
        return (double)INFINITY;
    for (int j = 0; j < p; j++)
        sum += 2 * log(w->S[j + j * p]);
    return -sum;
}

static void jeffreys_slopes(struct glm *m, double gradient[])
{
    struct penalty_work *w = m->penalty;
    int p = m->p;

    for (size_t i = 0; i < m->n; i++) {
        double slope, weight = row_information(m, i, &slope), h = 0;

        for (int j = 0; j < p; j++)
            w->row[j] = m->X[i + (size_t)j * m->n];
        chol_solve_lower(p, w->S, p, w->row);
        for (int j = 0; j < p; j++)
            h += w->row[j] * w->row[j];
        for (int j = 0; j < p; j++)
            gradient[j] -= weight * h * slope * m->X[i + (size_t)j * m->n];
    }
}

/* A (p x p) := half the second derivatives of -log|X'WX| in gamma, by differences of the slopes. */
static void jeffreys_curvature(struct glm *m, const double phi[], double A[], double *slopes)
{
    int p = m->p;

    memset(A, 0, sizeof(double) * (size_t)(p * p));
    for (int j = 0; j < p; j++) {
        const double *x = m->X + (size_t)j * m->n;

        for (int side = 1; side >= -1; side -= 2) {
            glm_set(m, phi);
            for (size_t i = 0; i < m->n; i++)
                m->fixed[i] += side * JEFFREYS_STEP * x[i];
            memset(slopes, 0, sizeof(double) * (size_t)p);
            if (isfinite(jeffreys_penalty(m)))
                jeffreys_slopes(m, slopes);
            for (int i = 0; i < p; i++) {
                A[i + j * p] += side * slopes[i] / (8 * JEFFREYS_STEP);
                A[j + i * p] += side * slopes[i] / (8 * JEFFREYS_STEP);
            }
        }
    }
    glm_set(m, phi);
}

/* out := the inverse of the symmetric S (p x p), which is destroyed; false where it is not positive definite. */
static bool invert(int p, double *S, double *scratch, double *out)
{
    if (chol_factor(p, S, p) != 0)
        return false;
    chol_invert(p, S, scratch, out, p);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < j; i++)
            out[i + j * p] = out[j + i * p];
    return true;
}

/* With M the block of gamma in C, N = (M^-1 - A)^-1 and G = C_.p M^-1: C + G (N - M) G'. */
bool penalty_leave_jeffreys(struct glm *m, const double phi[], double C[], int n)
{
    int p = m->p, pp = p * p;
    double *A, *inverse, *N, *S, *scratch, *G;
    bool ok;

    if (m->penalty == NULL || !m->penalty->jeffreys)
        return true;
    A = mem_alloc((size_t)(5 * pp + n * p + 1), sizeof *A);
    if (A == NULL)
        return false;
    inverse = A + pp;
    N = inverse + pp;
    S = N + pp;
    scratch = S + pp;
    G = scratch + pp;
    jeffreys_curvature(m, phi, A, G);
    for (int j = 0; j < p; j++)
        memcpy(S + j * p, C + j * n, sizeof *S * (size_t)p);
    ok = invert(p, S, scratch, inverse);
    for (int i = 0; ok && i < pp; i++)
        S[i] = inverse[i] - A[i];
    ok = ok && invert(p, S, scratch, N);
    for (int j = 0; ok && j < p; j++)
        for (int i = 0; i < n; i++) {
            G[i + j * n] = 0;
            for (int k = 0; k < p; k++)
                G[i + j * n] += C[i + k * n] * inverse[k + j * p];
            if (i < p)
                N[i + j * p] -= C[i + j * n];
        }
    for (int a = 0; ok && a < p; a++)
        for (int b = 0; b < p; b++)
            for (int j = 0; j < n; j++)
                for (int i = 0; i < n; i++)
                    C[i + j * n] += G[i + a * n] * N[a + b * p] * G[j + b * n];
    mem_free(A);
    return true;
}

/* --- random effects ------------------------------------------------------------------------------- */

/* An SD is the length of its row of the template; slopes (k x k) get those in the entries, added. */
static double sd_penalty(const struct prior_rule *rule, const double *lambda, int k, int a, double slopes[])
{
    double square = 0, sd, rate, bend, value;

    for (int b = 0; b <= a; b++)
        square += lambda[a + b * k] * lambda[a + b * k];
    sd = sqrt(square);
    value = prior_penalty(rule, sd, &rate, &bend);
    for (int b = 0; b <= a && sd > 0; b++)
        slopes[a + b * k] += rate * lambda[a + b * k] / sd;
    return value;
}

static double wishart_penalty(const struct prior_rule *rule, const double *lambda, int k, double slopes[])
{
    double rank = rule->df - k - 1, value = 0;

    for (int b = 0; b < k; b++)
        for (int a = b; a < k; a++) {
            double entry = lambda[a + b * k];

            value += entry * entry / rule->scale;
            slopes[a + b * k] += 2 * entry / rule->scale;
            if (a == b && rank > 0) {
                value -= 2 * rank * log(fabs(entry));
                slopes[a + b * k] -= 2 * rank / entry;
            }
        }
    return value;
}

/* Of all terms; `gradient` (NULL: not wanted) is that in theta. */
static double random_penalty(const struct glm *m, double gradient[])
{
    const struct penalty_work *w = m->penalty;
    double slopes[GLM_SLOTS * GLM_SLOTS], sum = 0;

    for (int t = 0, at = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int k = term->k, theta = term->theta;

        memset(slopes, 0, sizeof(double) * (size_t)(k * k));
        for (int a = 0; a < k; a++, at++)
            if (w->sd[at] != NULL)
                sum += sd_penalty(w->sd[at], term->lambda, k, a, slopes);
        if (w->covariance[t] != NULL)
            sum += wishart_penalty(w->covariance[t], term->lambda, k, slopes);
        for (int b = 0; gradient != NULL && b < k; b++)
            for (int a = b; a < term->design->covariance->end(k, b); a++)
                gradient[theta++] += slopes[a + b * k];
    }
    return sum;
}

/* --- the restricted likelihood -------------------------------------------------------------------- */

static double restricted_value(struct glm *m)
{
    struct penalty_work *w = m->penalty;
    int p = m->p;
    double sum = 2 * w->log_r - p * log(2 * M_PI);

    if (p == 0)
        return 0;
    glm_curvature(m, w->S);
    if (chol_factor(p, w->S, p) != 0)
        return (double)INFINITY;
    for (int j = 0; j < p; j++)
        sum += 2 * log(w->S[j + j * p]);
    return sum;
}

/* B := V^-1 X L^-T, from V^-1 X. */
static void scale_rows(const struct glm *m, struct penalty_work *w)
{
    for (size_t i = 0; i < m->n; i++) {
        for (int j = 0; j < m->p; j++)
            w->row[j] = w->B[i + (size_t)j * m->n];
        chol_solve_lower(m->p, w->S, m->p, w->row);
        for (int j = 0; j < m->p; j++)
            w->B[i + (size_t)j * m->n] = w->row[j];
    }
}

/* theta's slopes -= 2 sum over levels of left[a] right[b], with left = Z'b, right = Lambda'Z'b of a column b. */
static void add_levels(const struct glm *m, const struct penalty_work *w, double gradient[])
{
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const struct grouping *grouping = &m->groupings[term->grouping];

        for (int32_t l = 0; l < grouping->level_count; l++) {
            const double *left = w->left + grouping->first[l] + term->offset,
                         *right = w->right + grouping->first[l] + term->offset;

            glm_add_template(term, -2, left, right, gradient + term->theta);
        }
    }
}

static void restricted_slopes(struct glm *m, double gradient[])
{
    struct penalty_work *w = m->penalty;
    int p = m->p, K = m->K, rest = p + m->theta_count;

    for (int j = 0; j < p; j++)
        glm_whiten(m, m->X + (size_t)j * m->n, w->B + (size_t)j * m->n);
    scale_rows(m, w);
    for (int j = 0; j < p; j++) {
        const double *b = w->B + (size_t)j * m->n;

        memset(w->left, 0, sizeof(double) * 2 * (size_t)m->q);
        for (size_t i = 0; i < m->n; i++) {
            for (int a = 0; a < K; a++) {
                size_t at = i * (size_t)K + (size_t)a;

                w->left[m->column[at]] += m->z[at] * b[i];
                w->right[m->column[at]] += m->zt[at] * b[i];
            }
            gradient[rest] -= b[i] * b[i] / -m->d[D_ETA2][i];
        }
        add_levels(m, w, gradient + p);
    }
}

/* --- together ------------------------------------------------------------------------------------- */

double penalty_value(struct glm *m, const double phi[])
{
    struct penalty_work *w = m->penalty;

    m->last_penalty = 0;
    if (w == NULL)
        return 0;
    if (m->design->prior != NULL) {
        glm_to_beta(m, phi, w->beta);
        memset(w->slope, 0, sizeof(double) * (size_t)m->p);
        m->last_penalty =
            coefficient_penalty(w, m->p, w->slope) + random_penalty(m, NULL) + rest_penalty(m, phi + m->p + m->theta_count, NULL);
        if (w->jeffreys)
            m->last_penalty += jeffreys_penalty(m);
    }
    return m->last_penalty + (m->restricted ? restricted_value(m) : 0);
}

void penalty_slopes(struct glm *m, const double phi[], double gradient[])
{
    struct penalty_work *w = m->penalty;

    if (w == NULL)
        return;
    if (m->design->prior != NULL) {
        glm_to_beta(m, phi, w->beta);
        memset(w->slope, 0, sizeof(double) * (size_t)m->p);
        coefficient_penalty(w, m->p, w->slope);
        add_to_gamma(m, w->slope, gradient);
        random_penalty(m, gradient + m->p);
        rest_penalty(m, phi + m->p + m->theta_count, gradient + m->p + m->theta_count);
        if (w->jeffreys)
            jeffreys_slopes(m, gradient);
    }
    if (m->restricted && m->p > 0)
        restricted_slopes(m, gradient);
}
