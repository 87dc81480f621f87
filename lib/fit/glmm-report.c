/* glmm-report.c -- from the optimum to what a person reads.
 *
 *   beta = R^-1 gamma,  joint covariance = 2 C H_x^-1 C' mapped to (beta, theta, tau),  b = Lambda u
 *   Var(b_l | y) = Lambda (M^-1)_ll Lambda' with the parameters held fixed
 *
 * The gaussian family divides its templates by sigma, as linear mixed models do; all others have sigma = 1. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"
#include "fit/limits.h"
#include "linalg/correlation.h"
#include "linalg/dense.h"

static const double NO_MOVE = 1e-12; /* of a linear predictor, or of sigma: what moves it by less is 0 but for rounding */

static double *reals(struct arena *arena, size_t count)
{
    return arena_alloc(arena, count, sizeof(double));
}

/* 2 H^-1 in phi, without the directions in which the deviance is flat: H is in natural sizes, with the diagonal 2. */
static void joint_covariance(const struct glm_task *task, double out[])
{
    const struct optimizer *o = &task->opt;
    int n = o->n;
    double largest = optimizer_largest(o);
    double *w = o->step;

    memset(out, 0, sizeof(double) * (size_t)(n * n));
    for (int v = 0; v < n && o->have_hessian; v++) {
        const double *vector = o->vectors + (size_t)v * (size_t)n;

        if (!(o->values[v] > TOLERANCE_NO_VARIANCE * largest))
            continue;
        for (int i = 0; i < n; i++) {
            w[i] = 0;
            for (int j = 0; j <= i; j++)
                w[i] += o->T[i + j * n] * vector[j];
        }
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                out[i + j * n] += 2 * w[i] * w[j] / o->values[v];
    }
}

/* What joint_covariance leaves out of the variance of parameter j, where a flat direction is mostly that parameter's: a
 * dispersion on its way to 0, whose slope and curvature are rounding by now, is open, and not known as well as the rest lets
 * it be. */
static double flat_variance(const struct glm_task *task, int j)
{
    const struct optimizer *o = &task->opt;
    double sum = 0, least = TOLERANCE_NO_VARIANCE * optimizer_largest(o);

    for (int v = 0; v < o->n && o->have_hessian; v++) {
        double along = o->vectors[(size_t)j + (size_t)v * (size_t)o->n];

        if (!(o->values[v] > least) && along * along > 0.5)
            sum += 2 * pow(o->T[j + j * o->n] * along, 2) / least;
    }
    return sum;
}

/* A linear model, behind a logarithm (lognormal) or with a prior, has the standard errors of a linear one: those of its
 * coefficients with the covariance parameters held fixed.  Without a factor of their curvature it stays.  False when memory is
 * out. */
static bool fix_covariance(struct glm *m, const double phi[], double covariance[], int n)
{
    int p = m->p;
    double *S = NEW_ARRAY(double, 2 * p * p + p * p), *inverse = S + p * p, *scratch = inverse + p * p;

    if (S == NULL)
        return p == 0;
    glm_curvature(m, S);
    penalty_curvature(m, phi, S);
    if (p > 0 && chol_factor(p, S, p) == 0) {
        chol_invert(p, S, scratch, inverse, p);
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                if (i < p && j < p)
                    covariance[i + j * n] = i >= j ? inverse[i + j * p] : inverse[j + i * p];
                else if (i < p || j < p)
                    covariance[i + j * n] = 0;
    }
    mem_free(S);
    return true;
}

/* J: rows of R^-1 for the coefficients of each predictor; the identity for all else.  out := J out J'. */
static void to_beta_scale(const struct glm *m, double out[], int n, double *column)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < n; j++) {
            glm_to_coefficients(m, out + (size_t)j * (size_t)n, column);
            memcpy(out + (size_t)j * (size_t)n, column, sizeof(double) * (size_t)n);
        }
        for (int j = 0; j < n; j++)
            for (int i = 0; i < j; i++) {
                double swap = out[i + j * n];

                out[i + j * n] = out[j + i * n];
                out[j + i * n] = swap;
            }
    }
}

/* The factor of `small` (n square, in the inner basis), its first `free` rows those of parameters; none where it has none. */
static bool set_root(struct fit *fit, const struct glm *m, const double *small, int n, int free)
{
    size_t size = (size_t)n * (size_t)n;
    double *G, *root;
    bool ok;

    if (!fit_takes_root(n))
        return true;
    G = NEW_ARRAY(double, size + (size_t)n + 1);
    root = reals(fit->arena, (size_t)fit->joint_count * (size_t)n);
    ok = G != NULL && root != NULL;

    if (ok)
        memcpy(G, small, sizeof *G * size);
    if (ok && chol_factor(n, G, n) == 0) {
        for (int j = 0; j < n; j++) {
            memset(G + (size_t)j * (size_t)n, 0, sizeof *G * (size_t)j); /* above the factor */
            glm_to_coefficients(m, G + (size_t)j * (size_t)n, G + size);
            for (int i = 0; i < fit->joint_count; i++)
                root[i + j * fit->joint_count] = i < free ? G[size + (size_t)i] : (double)NAN;
        }
        fit->root = root;
        fit->root_rows = fit->joint_count;
        fit->root_rank = n;
    }
    mem_free(G);
    return ok;
}

static bool set_parameters(struct fit *fit, const struct glm_task *task)
{
    const struct glm *m = task->m;
    int p = m->p, n = task->opt.n, free = task->count, total = p + m->theta_count + m->rest;
    bool gaussian = fit->sigma != 1, known = task->opt.have_hessian;
    double *beta = reals(fit->arena, (size_t)p), *se = reals(fit->arena, (size_t)p), *vcov = reals(fit->arena, (size_t)(p * p));
    double *theta = reals(fit->arena, (size_t)m->theta_count), *joint = reals(fit->arena, (size_t)(total * total));
    double *small = NEW_ARRAY(double, n *n + n + p);

    if (beta == NULL || se == NULL || vcov == NULL || theta == NULL || joint == NULL || small == NULL) {
        mem_free(small);
        return false;
    }
    glm_to_beta(m, task->opt.x, beta);
    joint_covariance(task, small);
    if (known
        && ((family_is_normal(m->response.family, m->response.link) && m->response.rows[0] == NULL
             && !fix_covariance(task->m, task->opt.x, small, n))
            || !penalty_leave_jeffreys(task->m, task->opt.x, small, n))) {
        mem_free(small);
        return false;
    }
    fit->joint_count = total;
    if (known && !set_root(fit, m, small, n, free)) {
        mem_free(small);
        return false;
    }
    to_beta_scale(m, small, n, small + n * n);
    for (int j = 0; j < total; j++)
        for (int i = 0; i < total; i++)
            joint[i + j * total] = i < free && j < free && known ? small[i + j * n] : (double)NAN;
    for (int j = 0; j < p; j++) {
        for (int i = 0; i < p; i++)
            vcov[i + j * p] = joint[i + j * total];
        se[j] = vcov[j + j * p] > 0 ? sqrt(vcov[j + j * p]) : (double)NAN;
    }
    for (int j = 0; j < m->theta_count; j++)
        theta[j] = task->opt.x[p + j] / (gaussian ? fit->sigma : 1);
    fit->beta = beta;
    fit->se = se;
    fit->vcov = vcov;
    fit->theta = theta;
    fit->theta_count = m->theta_count;
    fit->joint_vcov = joint;
    fit->log_dispersion_se = (double)NAN;
    if (fit->has_scale && known) {
        int at = p + m->theta_count + glm_part_of(m, 0)->first;

        fit->log_dispersion_se = sqrt(joint[at * (total + 1)] + (at < n ? flat_variance(task, at) : 0));
    }
    mem_free(small);
    return true;
}

/* out = N S N' for k x k matrices, N lower triangular; S NULL is the identity. */
static void sandwich(int k, const double *N, const double *S, double *out)
{
    for (int j = 0; j < k; j++)
        for (int i = 0; i < k; i++) {
            double sum = 0;

            for (int b = 0; b <= j; b++)
                for (int a = 0; a <= i; a++)
                    sum += N[i + a * k] * (S == NULL ? a == b : S[a + b * k]) * N[j + b * k];
            out[i + j * k] = sum;
        }
}

/* The root mean square of what effect a of a term is multiplied by in n rows. */
static double size_of_effect(const struct random_design *term, size_t n, int a)
{
    double square = 0;

    if (term->z == NULL)
        return 1;
    for (size_t i = 0; i < n; i++)
        square += term->z[i * (size_t)term->k + (size_t)a] * term->z[i * (size_t)term->k + (size_t)a] / (double)n;
    return sqrt(square);
}

/* out: the template, in which an effect that moves the rows by no more than rounding has no part: where its own variance is 0 the
 * search leaves it what others' are known by. */
static void sound_template(const struct glm *m, const struct glm_term *term, double sigma, double out[])
{
    int k = term->k;

    memcpy(out, term->lambda, sizeof *out * (size_t)(k * k));
    for (int a = 0; a < k; a++) {
        double square = 0;

        for (int b = 0; b < k; b++)
            square += out[a + b * k] * out[a + b * k];
        if (!(sqrt(square) * size_of_effect(term->design, m->n, a) > NO_MOVE * sigma))
            for (int b = 0; b < k; b++)
                out[a + b * k] = 0;
    }
}

static bool set_random(struct fit *fit, const struct glm_task *task)
{
    struct glm *m = task->m;
    double block[GLM_SLOTS * GLM_SLOTS], sound[GLM_SLOTS * GLM_SLOTS];

    fit->random = arena_alloc(fit->arena, (size_t)m->term_count + 1, sizeof *fit->random);
    if (fit->random == NULL)
        return false;
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        size_t k = (size_t)term->k, levels = (size_t)term->design->level_count;
        double *lambda = reals(fit->arena, k * k), *covariance = reals(fit->arena, k * k),
               *correlation = reals(fit->arena, k * k);
        double *sd = reals(fit->arena, k), *modes = reals(fit->arena, levels * k), *spread = reals(fit->arena, levels * k * k);

        if (lambda == NULL || covariance == NULL || correlation == NULL || sd == NULL || modes == NULL || spread == NULL)
            return false;
        sound_template(m, term, fit->sigma, sound);
        for (size_t a = 0; a < k * k; a++)
            lambda[a] = sound[a] / fit->sigma;
        sandwich(term->k, sound, NULL, covariance);
        correlations_of(term->k, covariance, sd, correlation);
        for (size_t l = 0; l < levels; l++) {
            int first = m->groupings[term->grouping].first[l] + term->offset;

            for (size_t a = 0; a < k; a++)
                for (size_t b = 0; b <= a; b++)
                    modes[l * k + a] += sound[a + b * k] * m->u[(size_t)first + b];
            glm_block(m, first, term->k, block);
            sandwich(term->k, sound, block, spread + l * k * k);
        }
        fit->random[t] = (struct random_fit){ term->k, lambda, covariance, sd, correlation, modes, spread, 0, NULL };
    }
    return true;
}

static bool set_rows(struct fit *fit, const struct glm_task *task)
{
    const struct glm *m = task->m;
    double *fitted = reals(fit->arena, m->n), *linear = reals(fit->arena, m->n), mu[4];

    if (fitted == NULL || linear == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++) {
        linear[m->row[i]] = m->eta[i];
        fit_mean_at(fit, m->row[i], m->eta[i], mu);
        fitted[m->row[i]] = mu[0];
    }
    fit->fitted = fitted;
    fit->linear = linear;
    return true;
}

/* --- the whole ----------------------------------------------------------------------------- */

/* Shape j of each row of the design. */
static bool set_shape_rows(struct fit *fit, const struct glm *m, int j)
{
    double *rows = reals(fit->arena, m->n);

    if (rows == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++)
        rows[m->row[i]] = m->response.rows[j][i];
    fit->shape[j] = (double)NAN;
    fit->shape_rows[j] = rows;
    return true;
}

/* What the model and its last evaluation say by themselves. */
static bool set_identity(struct fit *fit, const struct glm *m, struct arena *arena, enum fit_method method, double deviance,
                         const double phi[])
{
    double *rest = reals(arena, (size_t)m->rest);
    int *shape = arena_alloc(arena, (size_t)m->rest + 1, sizeof *shape);

    fit->arena = arena; /* which is the fit's to free from here on */
    if (rest == NULL || shape == NULL)
        return false;
    for (int k = 0; k < m->part_count; k++)
        for (int j = 0; j < m->part[k].count; j++)
            shape[m->part[k].first + j] = m->part[k].slot;
    for (int j = family_shapes(m->response.family) - 1; j >= 0; j--)
        if (m->outer[j] >= 0)
            shape[m->outer[j]] = j;
    fit->design = m->design;
    fit->family = m->response.family;
    fit->link = m->response.link;
    fit->method = method;
    fit->nodes = m->nodes;
    fit->has_scale = fit->family->has_dispersion && m->response.rows[0] == NULL;
    fit->dispersion = fit->has_scale ? exp(m->response.shape[0]) : 1;
    fit->sigma = fit->has_scale && fit->family->residual ? sqrt(fit->dispersion) : 1;
    fit->npar = m->p + m->theta_count + m->rest;
    fit->criterion = deviance;
    fit->penalty = m->last_penalty;
    fit->loglik = -0.5 * (deviance - fit->penalty);
    fit_set_criteria(fit, m->n);
    glm_rest_to_coefficients(m, phi + m->p + m->theta_count, rest);
    if (m->held)
        rest[m->rest - 1] = m->held_value;
    for (int j = 0; j < family_shapes(fit->family); j++) {
        fit->shape[j] = family_shape_value(fit->family, j, m->response.shape[j], NULL);
        if (j < FAMILY_SLOTS && m->response.rows[j] != NULL && !set_shape_rows(fit, m, j))
            return false;
    }
    fit->rest = rest;
    fit->rest_count = glm_rest_count(m);
    fit->rest_all = m->rest;
    fit->rest_shape = shape;
    return fit_set_mean_link(fit);
}

struct fit *glm_report(struct glm_task *task, const struct fit_options *options, enum fit_method method, struct glmm_error *err)
{
    struct glm *m = task->m;
    struct arena *arena = arena_new();
    struct fit *fit = arena != NULL ? arena_alloc(arena, 1, sizeof *fit) : NULL;

    if (fit == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    task->opt.value = glm_value(m, task->opt.x); /* modes and factor at the estimates */
    if (!(task->opt.value < MINIMIZE_BAD)) {
        m->known = false;
        m->mode_tolerance = MODE_CLOSE; /* as the search found it: beside a singularity of the approximation no closer */
        task->opt.value = glm_value(m, task->opt.x);
    }
    if (!(task->opt.value < MINIMIZE_BAD)) {
        if (m->response.link->valid != NULL) {
            fail(err, GLMM_E_MODEL, NOWHERE,
                 "the data push fitted values to the edge of what the %s link allows, and no starting value was found",
                 m->response.link->name);
            error_hint(err, "link=%s", m->response.family->links[0]->name);
        } else {
            fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood of this model could not be evaluated at any starting value");
        }
        arena_free(arena);
        return NULL;
    }
    if (!glm_settle_means(task)) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    if (m->importance != NULL)
        importance_report(m, fit);
    if (m->q > 0)
        precision_invert(m->precision);
    if (!set_identity(fit, m, arena, method, task->opt.value, task->opt.x) || !set_parameters(fit, task) || !set_random(fit, task)
        || !set_rows(fit, task) || !fit_set_thresholds(fit) || !fit_set_predictors(fit)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    glm_set_verdict(fit, task, options->tolerance);
    if (!fit_settle_limits(fit, glm_series_holds(task->series)) || arena_failed(fit->arena)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    return fit;
}

struct fit *glm_at(struct glm *m, const double phi[], enum fit_method method, struct glmm_error *err)
{
    struct glm_task task = { .m = m };
    struct arena *arena = arena_new();
    struct fit *fit = arena != NULL ? arena_alloc(arena, 1, sizeof *fit) : NULL;
    double *beta = fit == NULL ? NULL : reals(arena, (size_t)m->p);
    double *theta = fit == NULL ? NULL : reals(arena, (size_t)m->theta_count);

    if (beta == NULL || theta == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    task.opt.value = glm_value(m, phi);
    if (!(task.opt.value < MINIMIZE_BAD)) {
        arena_free(arena);
        fail(err, GLMM_E_MODEL, NOWHERE, "the model has no likelihood at these variances");
        return NULL;
    }
    if (m->q > 0)
        precision_invert(m->precision);
    if (!set_identity(fit, m, arena, method, task.opt.value, phi)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    glm_to_beta(m, phi, beta);
    for (int j = 0; j < m->theta_count; j++)
        theta[j] = phi[m->p + j] / fit->sigma;
    fit->beta = beta;
    fit->theta = theta;
    fit->theta_count = m->theta_count;
    if (!set_random(fit, &task) || !set_rows(fit, &task)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    return fit;
}
