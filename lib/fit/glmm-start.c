/* glmm-start.c -- starting values: a generalized linear model by Newton's method with step halving, then the size of the random
 * effects from the information in the rows and a few steps of EM. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/glmm-parts.h"
#include "fit/glmm-task.h"
#include "linalg/dense.h"
#include "model/prior.h"
#include "fit/tolerances.h"

static const double LEAST_WEIGHT = 1e-10, MOST_WEIGHT = 1e10; /* of a row where the search begins, however extreme its start */
static const double RIDGE = 1e-10; /* of the sum of the weights, where columns have no information: the first of growing ones */
static const double REST_SETTLED = 1e-3;     /* a move of a dispersion's logarithm that is not worth another round */
static const double NO_INFORMATION = 1e-300; /* of a level: not divided by 0 */
static const double MODE_ROUGH = 1e-2;       /* as mode_tolerance (glmm-parts.h): modes that only make a better start */

/* Of outer parameters beside random effects: the first step, and how far they may go, since modes take too much of a residual. */
static const double FIRST_STEP = 0.25, FARTHEST = 2;

enum { GLM_STEPS = 60, PRIOR_STEPS = 3, SWEEPS = 20, FEW_SWEEPS = 2 };

struct glm_newton {
    double *A, *g, *step, *next; /* p x p; p each */
};

static void set_eta(struct glm *m, const double gamma[])
{
    for (size_t i = 0; i < m->n; i++)
        m->eta[i] = m->offset != NULL ? m->offset[i] : 0;
    for (int j = 0; j < m->p; j++)
        for (size_t i = 0; i < m->n; i++)
            m->eta[i] += gamma[j] * m->X[i + (size_t)j * m->n];
}

double glm_fixed_value(struct glm *m, const double gamma[])
{
    double density;

    set_eta(m, gamma);
    density = response_density(&m->response, 0, m->n, m->eta, ORDER_ALL, m->d);
    return isfinite(density) ? -density : (double)INFINITY;
}

/* A = X'diag(w)X + ridge I, lower triangle. */
static void cross_product(const struct glm *m, const double w[], double ridge, double A[])
{
    for (int j = 0; j < m->p; j++)
        for (int k = 0; k <= j; k++) {
            const double *x = m->X + (size_t)j * m->n, *z = m->X + (size_t)k * m->n;
            double sum = 0;

            for (size_t i = 0; i < m->n; i++)
                sum += w[i] * x[i] * z[i];
            A[j + k * m->p] = sum + (j == k ? ridge : 0);
        }
}

/* gamma := argmin sum w (target - X gamma)^2. */
static bool least_squares(struct glm *m, const double w[], const double target[], double gamma[], double A[])
{
    cross_product(m, w, 0, A);
    for (int j = 0; j < m->p; j++) {
        const double *x = m->X + (size_t)j * m->n;

        gamma[j] = 0;
        for (size_t i = 0; i < m->n; i++)
            gamma[j] += w[i] * x[i] * target[i];
    }
    if (chol_factor(m->p, A, m->p) != 0)
        return false;
    chol_solve_lower(m->p, A, m->p, gamma);
    chol_solve_upper(m->p, A, m->p, gamma);
    return true;
}

/* One weighted least-squares fit to g(start of mu); where that leaves the range of eta, it is drawn toward a constant inside. */
static bool first_guess(struct glm *m, double gamma[], struct glm_newton *w)
{
    const struct family *family = m->response.family;
    const struct link *link = m->response.link;
    double shape[FAMILY_SHAPES] = { 1 }, mu[4], mean = 0, variance, *target = m->fixed, *weight = m->fixed_slope;

    for (int j = family->has_dispersion; j < family_shapes(family); j++)
        shape[j] = family_shape_value(family, j, m->response.shape[j], NULL);
    for (size_t i = 0; i < m->n; i++) {
        struct observation at = response_at(&m->response, i);
        double start = glm_first_mean(m, i), eta;

        if (link->scale != NULL && link->kind != LINK_IDENTITY && !isfinite(link->transform(start)))
            start = 0.1;
        eta = link->transform(start);
        if (link->valid != NULL && !link->valid(eta))
            eta = link->valid(1) ? 0.1 : -0.1;
        link->inverse(eta, mu);
        mean += mu[0] / (double)m->n;
        variance = family->variance(mu[0], shape, at.trials);
        weight[i] = at.weight * fmin(fmax(mu[1] * mu[1] / variance, LEAST_WEIGHT), MOST_WEIGHT);
        target[i] = eta - (m->offset != NULL ? m->offset[i] : 0);
    }
    if (least_squares(m, weight, target, gamma, w->A) && isfinite(glm_fixed_value(m, gamma)))
        return true;
    for (size_t i = 0; i < m->n; i++) {
        weight[i] = 1;
        target[i] = link->transform(mean) - (m->offset != NULL ? m->offset[i] : 0);
    }
    if (!least_squares(m, weight, target, w->next, w->A) || !isfinite(glm_fixed_value(m, w->next)))
        return false;
    for (int tries = 0; tries < 30; tries++) {
        for (int j = 0; j < m->p; j++)
            gamma[j] = 0.5 * (gamma[j] + w->next[j]);
        if (isfinite(glm_fixed_value(m, gamma)))
            return true;
    }
    memcpy(gamma, w->next, sizeof(double) * (size_t)m->p);
    return isfinite(glm_fixed_value(m, gamma));
}

/* The Newton step at gamma's derivatives; W's positive part where the observed matrix is not positive definite.  Returns
 * g'A^-1 g. */
static double newton_step(struct glm *m, struct glm_newton *w)
{
    double decrement = 0, ridge = 0, *weight = m->fixed_slope;

    for (int j = 0; j < m->p; j++) {
        const double *x = m->X + (size_t)j * m->n;

        w->g[j] = 0;
        for (size_t i = 0; i < m->n; i++)
            w->g[j] += x[i] * m->d[D_ETA][i];
    }
    for (size_t i = 0; i < m->n; i++)
        weight[i] = -m->d[D_ETA2][i];
    cross_product(m, weight, 0, w->A);
    for (int tries = 0; chol_factor(m->p, w->A, m->p) != 0; tries++) {
        double size = 0;

        for (size_t i = 0; i < m->n; i++) {
            weight[i] = fmax(weight[i], 0);
            size += weight[i];
        }
        ridge = ridge == 0 ? RIDGE * (size + RIDGE) : 10 * ridge;
        cross_product(m, weight, tries == 0 ? 0 : ridge, w->A);
        if (tries > 40)
            return 0;
    }
    memcpy(w->step, w->g, sizeof(double) * (size_t)m->p);
    chol_solve_lower(m->p, w->A, m->p, w->step);
    chol_solve_upper(m->p, w->A, m->p, w->step);
    for (int j = 0; j < m->p; j++)
        decrement += w->g[j] * w->step[j];
    return decrement;
}

/* Newton's method for gamma at the current tau.  False when stopped. */
static bool newton(struct glm *m, double gamma[], struct glm_newton *w, const struct glmm_progress *progress)
{
    int steps = prior_has_coefficients(m->design->prior) ? PRIOR_STEPS : GLM_STEPS; /* which may be infinite without it */
    double value = glm_fixed_value(m, gamma), next, decrement;

    for (int i = 0; i < steps && m->p > 0; i++) {
        if (!progress_tell(progress, "starting values", i, 0, 2 * value))
            return false;
        decrement = newton_step(m, w);
        if (!(decrement > TOLERANCE_START_GAIN * (1 + TOLERANCE_START_SIZE * fabs(value))))
            break;
        for (double alpha = 1; alpha > TOLERANCE_START_SHORTEST; alpha *= 0.5) {
            if (alpha < 1 && !progress_tell(progress, "starting values", i, 0, 2 * value))
                return false;
            for (int j = 0; j < m->p; j++)
                w->next[j] = gamma[j] + alpha * w->step[j];
            next = glm_fixed_value(m, w->next);
            if (next <= value - TOLERANCE_DECREASE * alpha * decrement)
                break;
        }
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): alpha starts at 1, so the loop has run */
        if (!(next <= value))
            break;
        value = next;
        memcpy(gamma, w->next, sizeof(double) * (size_t)m->p);
    }
    glm_fixed_value(m, gamma);
    return true;
}

/* Whether the family, without zeros beyond its own, allows a response y. */
static bool allows(const struct family *family, double y)
{
    return family->accepts(&(struct observation){ .y = y, .trials = 1, .weight = 1 });
}

int glm_row_end(const struct glm *m, size_t i)
{
    const struct family *family = m->response.family;
    const struct family *own = family_own(family);

    if (family->categories > 0)
        return m->y[i] == 1 ? -1 : m->y[i] == family->categories ? 1 : 0;
    if (family->response == RESPONSE_BINOMIAL)
        return m->y[i] == 0 ? -1 : m->y[i] == 1 ? 1 : 0;
    if (own->whole != NULL) /* counts from 1 up */
        return m->y[i] == 1 ? -1 : 0;
    if (m->y[i] == 1) /* shares that may be whole */
        return allows(family, 1) && allows(family, 0.5) && !allows(family, 1.5) ? 1 : 0;
    return m->y[i] == 0 && allows(family, 0) && !allows(family, -1) ? -1 : 0;
}

bool glm_row_is_silent(const struct glm *m, size_t i)
{
    return m->y[i] == 0 && family_is_hurdle(m->response.family);
}

bool glm_start_is_rough(const struct glm *m)
{
    return glm_rest_count(m) > 1 && m->design->prior == NULL && m->response.family->categories == 0;
}

bool glm_start_leaves_error(const struct glm *m, struct glmm_error *err)
{
    return !glm_leaves_rounding(m)
           || fail(err, GLMM_E_MODEL, NOWHERE,
                   "the fixed effects explain the response without error, so that there is no %s left to estimate",
                   m->response.family->residual ? "residual variance" : "dispersion");
}

bool glm_start_fixed(struct glm *m, double phi[], const struct glmm_progress *progress, struct glmm_error *err)
{
    int p = m->p;
    struct glm_newton w;
    double *rest = phi + p + m->theta_count;
    double moved = 1;
    bool ok = true;

    if (m->response.family->categories > 0)
        return glm_start_thresholds(m, phi, progress, err);
    w.A = NEW_ARRAY(double, (p + 3) * p);
    if (w.A == NULL)
        return fail_memory(err);
    w.g = w.A + p * p;
    w.step = w.g + p;
    w.next = w.step + p;
    glm_first_rest(m, rest);
    glm_set_rest(m, rest);
    if (!first_guess(m, phi, &w)) {
        ok = fail(err, GLMM_E_MODEL, NOWHERE,
                  "no coefficients were found for which the %s link keeps every fitted value inside the range of the "
                  "%s family",
                  m->response.link->name, m->response.family->name);
        if (m->response.link != m->response.family->links[0])
            error_hint(err, "link=%s has no such limits", m->response.family->links[0]->name);
    }
    for (int i = 0; ok && i < (glm_start_is_rough(m) ? FEW_SWEEPS : SWEEPS) && moved >= REST_SETTLED; i++) {
        if (!newton(m, phi, &w, progress)) {
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
            break;
        }
        moved = glm_rest_count(m) == 0 ? 0 : glm_improve_rest(m, rest, fmin(fmax(moved, 0.01), 1));
    }
    ok = ok && glm_start_leaves_error(m, err);
    mem_free(w.A);
    return ok;
}

/* --- random effects ----------------------------------------------------------------------- */

/* A deviation of one effect that moves the log density of an average row by about a unit; or its predictor, where nothing moves
 * that. */
void glm_start_random(struct glm *m, double phi[], double unit[])
{
    double *theta = phi + m->p;

    glm_fixed_value(m, phi);
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        const struct covariance *covariance = term->design->covariance;
        double size[GLM_SLOTS] = { 0 }, half[GLM_SLOTS];

        for (int b = 0; b < term->k; b++) {
            const double *curve = m->several == NULL ? m->d[D_ETA2] : m->several->second[term->of][term->of];
            double information = 0;

            for (size_t i = 0; i < m->n; i++) {
                double z = m->z[i * (size_t)m->K + (size_t)(term->slot + b)];

                information += (m->several == NULL && glm_row_is_series(m, i) ? 1 : fmax(-curve[i], 0)) * z * z;
            }
            size[b] = sqrt((double)m->n / fmax(information, NO_INFORMATION));
            half[b] = 0.5 * size[b];
        }
        covariance->start(term->k, half, theta + term->theta);
        for (int b = 0, at = term->theta; b < term->k; b++) /* an entry (a, b) is in the units of effect a */
            for (int a = b; a < covariance->end(term->k, b); a++)
                unit[at++] = size[a];
    }
    memset(m->u, 0, sizeof(double) * (size_t)m->q);
    memset(m->u_best, 0, sizeof(double) * (size_t)m->q);
}

/* The second derivatives of the rows in eta and in the predictor of a slot. */
static const double *weight_of(const struct glm *m, int slot)
{
    return m->several == NULL ? m->d[D_ETA2] : m->several->second[0][m->several->of[slot]];
}

void glm_whiten(struct glm *m, const double x[], double out[])
{
    int K = m->K;

    memset(m->step, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < K; a++)
            m->step[m->column[i * (size_t)K + (size_t)a]] -= weight_of(m, a)[i] * x[i] * m->zt[i * (size_t)K + (size_t)a];
    if (m->q > 0)
        precision_solve(m->precision, m->step);
    for (size_t i = 0; i < m->n; i++) {
        double sum = m->d[D_ETA2][i] * x[i];

        for (int a = 0; a < K; a++)
            sum -= weight_of(m, a)[i] * m->zt[i * (size_t)K + (size_t)a] * m->step[m->column[i * (size_t)K + (size_t)a]];
        out[i] = -sum;
    }
}

void glm_curvature(struct glm *m, double S[])
{
    int p = m->p;
    double *weighted = m->fixed_slope;

    for (int j = 0; j < p; j++) {
        glm_whiten(m, m->X + (size_t)j * m->n, weighted);
        for (int k = 0; k <= j; k++) {
            const double *z = m->X + (size_t)k * m->n;
            double sum = 0;

            for (size_t i = 0; i < m->n; i++)
                sum += z[i] * weighted[i];
            S[j + k * p] = S[k + j * p] = sum;
        }
    }
}

/* The template of a term from the mean over levels of Lambda (u u' + M^-1) Lambda'. */
static void em_template(struct glm *m, const struct glm_term *term, double theta[])
{
    int k = term->k, levels = term->design->level_count;
    double sum[GLM_SLOTS * GLM_SLOTS], block[GLM_SLOTS * GLM_SLOTS];

    memset(sum, 0, sizeof(double) * (size_t)(k * k));
    for (int32_t l = 0; l < levels; l++) {
        int first = m->groupings[term->grouping].first[l] + term->offset;
        const double *u = m->u + first;

        glm_block(m, first, k, block);
        for (int b = 0; b < k; b++)
            for (int a = 0; a < k; a++)
                sum[a + b * k] += (u[a] * u[b] + block[a + b * k]) / levels;
    }
    /* block := Lambda sum Lambda' */
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double total = 0;

            for (int c = 0; c <= a; c++)
                for (int d = 0; d <= b; d++)
                    total += term->lambda[a + c * k] * sum[c + d * k] * term->lambda[b + d * k];
            block[a + b * k] = total;
        }
    if (term->design->covariance->correlated) {
        if (small_chol(k, block) != 0)
            return;
    } else {
        for (int b = 0; b < k; b++)
            block[b + b * k] = sqrt(block[b + b * k]);
    }
    term->design->covariance->read(k, block, theta + term->theta);
}

/* u, which is in units of the templates that were, in those of theta: the effects stay.  0 where a template has no inverse. */
static void rescale_modes(struct glm *m, const double theta[])
{
    double next[GLM_SLOTS * GLM_SLOTS], effect[GLM_SLOTS];

    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int k = term->k;
        bool inverse = true;

        term->design->covariance->fill(k, theta + term->theta, next);
        for (int a = 0; a < k; a++)
            inverse = inverse && next[a + a * k] > 0;
        for (int32_t l = 0; l < term->design->level_count; l++) {
            double *u = m->u + m->groupings[term->grouping].first[l] + term->offset;

            for (int a = 0; a < k; a++) {
                effect[a] = 0;
                for (int b = 0; b <= a && inverse; b++)
                    effect[a] += term->lambda[a + b * k] * u[b];
            }
            for (int a = 0; a < k; a++) {
                for (int b = 0; b < a && inverse; b++)
                    effect[a] -= next[a + b * k] * u[b];
                u[a] = inverse ? effect[a] / next[a + a * k] : 0;
            }
        }
    }
}

double glm_start_tolerance(const struct glm *m)
{
    return m->n * (size_t)glm_parameter_count(m) <= GLM_CHEAP ? m->mode_tolerance : MODE_ROUGH;
}

bool glm_start_em(struct glm *m, double phi[], int steps, struct glmm_error *err)
{
    int p = m->p;
    int count = glm_parameter_count(m);
    double *gradient = NEW_ARRAY(double, 2 * count + p * p), *good, *S, value, tolerance = m->mode_tolerance;
    double first = glm_start_tolerance(m);
    bool cheap = first == tolerance; /* modes are found anew, and exactly, where that costs nothing */

    if (gradient == NULL)
        return fail_memory(err);
    good = gradient + count;
    S = good + count;
    memcpy(good, phi, sizeof(double) * (size_t)count);
    for (int i = 0; i <= steps; i++) {
        m->mode_tolerance = cheap ? tolerance : i < steps ? first : MODE_CLOSE;
        value = glm_value(m, phi);
        if (!(value < MINIMIZE_BAD)) { /* back to the last point that can be evaluated */
            memcpy(phi, good, sizeof(double) * (size_t)count);
            break;
        }
        memcpy(good, phi, sizeof(double) * (size_t)count);
        if (i == steps)
            break;
        glm_slopes(m, gradient);
        glm_curvature(m, S);
        if (m->quadrature == NULL)
            for (int t = 0; t < m->term_count; t++)
                em_template(m, &m->terms[t], phi + p);
        if (cheap)
            memset(m->u, 0, sizeof(double) * (size_t)m->q);
        else
            rescale_modes(m, phi + p);
        if (p > 0 && chol_factor(p, S, p) == 0) {
            chol_solve_lower(p, S, p, gradient);
            chol_solve_upper(p, S, p, gradient);
            for (int j = 0; j < p; j++)
                phi[j] -= 0.5 * gradient[j];
        }
    }
    m->mode_tolerance = tolerance;
    mem_free(gradient);
    return true;
}

bool glm_start_rest(struct glm *m, double phi[], struct glmm_error *err)
{
    int first = m->p + m->theta_count, count = glm_rest_count(m);
    double *before = NEW_ARRAY(double, count + 1), *rest = phi + first, value;

    if (before == NULL)
        return fail_memory(err);
    value = glm_value(m, phi); /* eta at the modes */
    memcpy(before, rest, sizeof *rest * (size_t)count);
    if (value < MINIMIZE_BAD)
        glm_improve_rest(m, rest, FIRST_STEP);
    for (int j = 0; j < count; j++)
        rest[j] = fmin(fmax(rest[j], before[j] - FARTHEST), before[j] + FARTHEST);
    m->known = false;
    if (!(glm_value(m, phi) < value)) {
        memcpy(rest, before, sizeof *rest * (size_t)count);
        glm_set_rest(m, rest);
        m->known = false;
    }
    mem_free(before);
    return true;
}
