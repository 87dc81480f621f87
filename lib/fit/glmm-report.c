/* glmm-report.c -- from the optimum to what a person reads.
 *
 *   beta = R^-1 gamma,  joint covariance = 2 C H_x^-1 C' mapped to (beta, theta, tau),  b = Lambda u
 *   Var(b_l | y) = Lambda (M^-1)_ll Lambda' with the parameters held fixed
 *
 * The gaussian family divides its templates by sigma, as linear mixed models do; all others have sigma = 1. */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/safe.h"
#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"
#include "fit/zeros.h"
#include "linalg/dense.h"
#include "model/prior.h"

static double *reals(struct arena *arena, size_t count)
{
    return arena_alloc(arena, count > 0 ? count : 1, sizeof(double));
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

/* A linear model, behind a logarithm (lognormal) or with a prior, has the standard errors of a linear one: those of its
 * coefficients with the covariance parameters held fixed. */
static bool fix_covariance(struct glm *m, const double phi[], double covariance[], int n)
{
    int p = m->p;
    double *S = NEW_ARRAY(double, 2 * p * p + p * p), *inverse = S + p * p, *scratch = inverse + p * p;
    bool ok = S != NULL;

    if (ok) {
        glm_curvature(m, S);
        penalty_curvature(m, phi, S);
        ok = p == 0 || chol_factor(p, S, p) == 0;
    }
    if (ok && p > 0) {
        chol_invert(p, S, scratch, inverse, p);
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                if (i < p && j < p)
                    covariance[i + j * n] = i >= j ? inverse[i + j * p] : inverse[j + i * p];
                else if (i < p || j < p)
                    covariance[i + j * n] = 0;
    }
    mem_free(S);
    return ok;
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
    if (known && m->response.family->residual && m->response.rows[0] == NULL
        && (m->response.family->mean != NULL || m->response.link->kind == LINK_IDENTITY))
        fix_covariance(task->m, task->opt.x, small, n);
    if (known && !penalty_leave_jeffreys(task->m, task->opt.x, small, n)) {
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
    fit->joint_count = total;
    fit->log_dispersion_se = (double)NAN;
    if (fit->has_scale && known)
        fit->log_dispersion_se = sqrt(joint[(p + m->theta_count + glm_part_of(m, 0)->first) * (total + 1)]);
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

static bool set_random(struct fit *fit, const struct glm_task *task)
{
    struct glm *m = task->m;
    double block[GLM_SLOTS * GLM_SLOTS];

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
        for (size_t a = 0; a < k * k; a++)
            lambda[a] = term->lambda[a] / fit->sigma;
        sandwich(term->k, term->lambda, NULL, covariance);
        for (size_t a = 0; a < k; a++)
            sd[a] = sqrt(covariance[a + a * k]);
        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k; b++)
                correlation[a + b * k] =
                    sd[a] > 0 && sd[b] > 0 ? (a == b ? 1 : covariance[a + b * k] / (sd[a] * sd[b])) : (double)NAN;
        for (size_t l = 0; l < levels; l++) {
            int first = m->groupings[term->grouping].first[l] + term->offset;

            for (size_t a = 0; a < k; a++)
                for (size_t b = 0; b <= a; b++)
                    modes[l * k + a] += term->lambda[a + b * k] * m->u[(size_t)first + b];
            glm_block(m, first, term->k, block);
            sandwich(term->k, term->lambda, block, spread + l * k * k);
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

/* --- the verdict -------------------------------------------------------------------------- */

static void say(struct optimum *optimum, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a sentence to the message. */
static void say(struct optimum *optimum, const char *format, ...)
{
    size_t used = strlen(optimum->message);
    va_list arguments;

    if (used + 6 >= sizeof optimum->message)
        return;
    if (used > 0) {
        memcpy(optimum->message + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    safe_format(optimum->message + used, sizeof optimum->message - used, format, arguments);
    va_end(arguments);
}

static void set_boundary(struct optimum *optimum, enum boundary boundary)
{
    optimum->verdict = VERDICT_BOUNDARY;
    optimum->boundary = optimum->boundary == BOUNDARY_NONE ? boundary : optimum->boundary;
}

static void tell_boundaries(struct fit *fit, const struct glm_task *task)
{
    const struct glm *m = task->m;

    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *term = m->terms[t].design;
        const struct random_fit *r = &fit->random[t];

        for (int a = 0; a < r->k; a++)
            if (!(r->sd[a] > 0)) {
                set_boundary(&fit->optimum, BOUNDARY_VARIANCE);
                say(&fit->optimum, "the variance of %s between levels of %s is estimated as 0", term->names[a], term->group);
            }
        for (int a = 0; a < r->k; a++)
            for (int b = 0; b < a; b++)
                if (fabs(r->correlation[a + b * r->k]) > 1 - 1e-8) {
                    set_boundary(&fit->optimum, BOUNDARY_CORRELATION);
                    say(&fit->optimum, "the correlation of %s and %s between levels of %s is estimated as %+d", term->names[b],
                        term->names[a], term->group, r->correlation[a + b * r->k] > 0 ? 1 : -1);
                }
        for (int a = 0; a < r->k && fit->optimum.verdict == VERDICT_OK; a++)
            if (r->lambda[a + a * r->k] == 0) {
                set_boundary(&fit->optimum, BOUNDARY_CORRELATION);
                say(&fit->optimum, "the covariance matrix of %s is singular: one effect is a combination of the others",
                    term->group);
            }
    }
    if (task->tau_at_limit) {
        set_boundary(&fit->optimum, BOUNDARY_DISPERSION);
        if (m->response.family->more_count > 0)
            say(&fit->optimum, "the degrees of freedom ran to their limit: these data show no heavier tails than the %s family",
                m->response.family->limit);
        else
            say(&fit->optimum, "the dispersion ran to its limit: these data show no more variation than the %s family",
                m->response.family->limit);
    }
}

static void forget(const double *values, size_t count, double value)
{
    for (size_t i = 0; i < count; i++)
        ((double *)(uintptr_t)values)[i] = value; /* the arena's, and ours until the fit is handed out */
}

static void forget_thresholds(struct fit *fit)
{
    const struct fit_part *part = fit_part_of(fit, PART_THRESHOLDS);

    if (part == NULL || fit->family->categories == 0)
        return;
    forget(part->estimate, (size_t)part->count, (double)NAN);
    forget(part->se, (size_t)part->count, (double)NAN);
    forget(fit->rest, (size_t)fit->rest_all, (double)NAN);
    forget(fit->shape, (size_t)family_shapes(fit->family), (double)NAN);
}

/* Levels that are fitted perfectly by an infinite variance of term t: of all else the data say nothing. */
static void set_infinite(struct fit *fit, const struct glm *m, int t)
{
    size_t p = (size_t)m->p;

    forget(fit->beta, p, (double)NAN);
    forget(fit->se, p, (double)NAN);
    forget(fit->vcov, p * p, (double)NAN);
    forget(fit->joint_vcov, (size_t)(fit->joint_count * fit->joint_count), (double)NAN);
    forget(fit->theta, (size_t)fit->theta_count, (double)NAN);
    for (int s = 0; s < m->term_count; s++) {
        const struct random_fit *random = &fit->random[s];
        size_t k = (size_t)random->k, levels = (size_t)m->terms[s].design->level_count;

        forget(random->lambda, k * k, (double)NAN);
        forget(random->covariance, k * k, (double)NAN);
        forget(random->sd, k, (double)NAN);
        forget(random->correlation, k * k, (double)NAN);
        forget(random->modes, levels * k, (double)NAN);
        forget(random->mode_covariance, levels * k * k, (double)NAN);
    }
    forget(fit->random[t].sd, 1, (double)INFINITY);
    forget(fit->random[t].covariance, 1, (double)INFINITY);
    forget_thresholds(fit);
    for (size_t i = 0; i < m->n; i++) {
        int end = glm_row_end(m, i);

        forget(fit->fitted + m->row[i], 1, m->response.family->categories > 0 ? m->y[i] : end > 0);
        forget(fit->linear + m->row[i], 1, end * (double)INFINITY);
    }
    fit->loglik = fit->criterion = (double)NAN;
    fit_set_criteria(fit, m->n);
}

/* Whether a prior keeps a standard deviation finite. */
static bool is_bounded(const struct glm *m, int t, int a)
{
    return prior_bounds_sd(m->design->prior, m->terms[t].design->group, m->terms[t].design->names[a]);
}

/* What a row is among those that a level may agree in: its category, or its end (0 inside). */
static double kind_of(const struct glm *m, size_t i)
{
    return m->response.family->categories > 0 ? m->y[i] : glm_row_end(m, i);
}

static void say_constant(struct fit *fit, const struct glm *m, int t, int successes, int levels)
{
    fit->optimum.verdict = VERDICT_NOT_IDENTIFIED;
    fit->optimum.message[0] = '\0';
    if (m->response.family->categories > 0)
        say(&fit->optimum,
            "each level of %s has only one category, so that its variance is estimated as infinite, and the coefficients and "
            "thresholds with it; what the data tell is how many of %d levels have which category",
            m->terms[t].design->group, levels);
    else
        say(&fit->optimum,
            "each level of %s has only successes or only failures, so that its variance is estimated as infinite, and the "
            "coefficients with it; what the data tell is that %d of %d levels have successes",
            m->terms[t].design->group, successes, levels);
}

/* Groups that are each of one kind (all 0 or all 1, one category) are explained without error by an infinite variance.  With one
 * random intercept that is so whatever the search found: a level is no more probable than any one of its responses, whose
 * probability depends on the ratio of coefficients, thresholds and standard deviation alone, and with these ratios it is as
 * probable as that where the variance is infinite. */
static void tell_constant_levels(struct fit *fit, const struct glm_task *task)
{
    const struct glm *m = task->m;
    bool kinds = m->response.family->response == RESPONSE_BINOMIAL || m->response.family->categories > 0;
    double *ends = m->u_try; /* scratch: the kind of each level, at its first unknown */

    for (int t = 0; t < m->term_count && kinds; t++) {
        const struct grouping *grouping = &m->groupings[m->terms[t].grouping];
        bool constant = true, alone = m->term_count == 1 && m->terms[t].k == 1;
        int levels = 0, successes = 0;
        double observations = 0;

        if ((!alone && !(fit->random[t].sd[0] > 15)) || is_bounded(m, t, 0))
            continue;
        memset(ends, 0, sizeof(double) * (size_t)m->q);
        for (size_t i = 0; i < m->n && constant; i++) {
            double *end = &ends[grouping->first[grouping->level[m->row[i]]]], here = kind_of(m, i);

            constant = here != 0 && (*end == 0 || here == *end);
            observations += (m->trials == NULL ? 1 : m->trials[i]) * (m->design->times == NULL ? 1 : m->design->times[m->row[i]]);
            levels += *end == 0;
            successes += *end == 0 && here > 0;
            *end = here;
        }
        if (!constant || !(observations > levels)) /* one observation a level: nothing to agree with */
            continue;
        say_constant(fit, m, t, successes, levels);
        set_infinite(fit, m, t);
        return;
    }
}

/* Whether the rows that effect a of term t moves are of one kind in each level, and several in some. */
static bool is_constant_where_moved(const struct glm *m, int t, int a, double *size)
{
    const struct glm_term *term = &m->terms[t];
    const struct grouping *grouping = &m->groupings[term->grouping];
    double *ends = m->u_try; /* scratch: the end of each level, at its first unknown */
    double observations = 0, square = 0, rows = 0, levels = 0;

    memset(ends, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++) {
        double z = m->z[i * (size_t)m->K + (size_t)(term->slot + a)], here = glm_row_end(m, i);
        double times = m->design->times == NULL ? 1 : m->design->times[m->row[i]];
        double *end = &ends[grouping->first[grouping->level[m->row[i]]]];

        if (z == 0)
            continue;
        if (here == 0 || here * *end < 0)
            return false;
        observations += times * (m->trials == NULL ? 1 : m->trials[i]);
        square += times * z * z;
        rows += times;
        levels += *end == 0;
        *end = here;
    }
    *size = rows > 0 ? sqrt(square / rows) : 0;
    return observations > levels;
}

/* The same of one effect among others, whose variance is infinite alone.  The covariance stays as it is, for averages over the
 * random effects: they are near their limits there. */
static void tell_constant_effects(struct fit *fit, const struct glm_task *task)
{
    const struct glm *m = task->m;
    double size;

    for (int t = 0; t < m->term_count && m->response.family->response == RESPONSE_BINOMIAL; t++)
        for (int a = 0; a < m->terms[t].k; a++) {
            const struct random_fit *r = &fit->random[t];
            size_t k = (size_t)r->k;

            if (is_bounded(m, t, a) || !(r->sd[a] > 15) || !is_constant_where_moved(m, t, a, &size) || !(r->sd[a] * size > 15))
                continue;
            set_boundary(&fit->optimum, BOUNDARY_VARIANCE);
            fit->optimum.verdict = VERDICT_NOT_IDENTIFIED;
            say(&fit->optimum,
                "each level of %s has only successes or only failures where %s is not 0, so that the variance of %s is estimated "
                "as "
                "infinite",
                m->terms[t].design->group, m->terms[t].design->names[a], m->terms[t].design->names[a]);
            for (size_t b = 0; b < k; b++) {
                forget(r->correlation + (size_t)a + b * k, b != (size_t)a, (double)NAN);
                forget(r->correlation + b + (size_t)a * k, b != (size_t)a, (double)NAN);
            }
            forget(fit->joint_vcov, (size_t)(fit->joint_count * fit->joint_count),
                   (double)NAN); /* where it lies there is no curvature */
            forget(fit->se, (size_t)m->p, (double)NAN);
            forget(fit->vcov, (size_t)(m->p * m->p), (double)NAN);
            forget(r->sd + a, 1, (double)INFINITY);
        }
}

/* The smallest diagonal entry of the factor: below 1 only where log f is not concave. */
static double smallest_pivot(const struct glm *m)
{
    double smallest = INFINITY;

    for (int j = 0; j < m->q; j++)
        smallest = fmin(smallest, m->precision->value[precision_place(m->precision, j, j)]);
    return smallest;
}

/* The most that the rows of a level know of one of its effects, in units of its variance. */
static double most_information(const struct glm *m)
{
    double most = 0;
    int K = m->K;

    memset(m->u_try, 0, sizeof(double) * (size_t)m->q); /* scratch */
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < K; a++) {
            double zt = m->zt[i * (size_t)K + (size_t)a];

            m->u_try[m->column[i * (size_t)K + (size_t)a]] -= m->d[D_ETA2][i] * zt * zt;
        }
    for (int j = 0; j < m->q; j++)
        most = fmax(most, m->u_try[j]);
    return most;
}

static void tell_failure(struct optimum *optimum, const struct glm_task *task)
{
    const struct glm *m = task->m;
    const struct link *link = m->response.link;

    if (smallest_pivot(m) < 0.1)
        say(optimum,
            "the approximation of the likelihood breaks down: with the %s link the log density of %s is not concave at some "
            "conditional mode",
            link->name, m->response.family->name);
    else if (link->valid != NULL)
        say(optimum, "the estimates have run to the edge of what the %s link allows; link=%s has no edge", link->name,
            m->response.family->links[0]->name);
    else if (task->opt.have_hessian && task->opt.values[0] > -TOLERANCE_FLAT * optimizer_largest(&task->opt)
             && !task->opt.stalled)
        say(optimum, "the deviance could still fall by about %.2g", task->opt.gain);
    else if (task->opt.have_hessian)
        say(optimum,
            "the search ended at a point that is no optimum, so that there is no telling how far the deviance could fall");
    else
        say(optimum, "the deviance has no curvature at the last point");
}

/* Estimates may be right where their errors are not any more. */
static bool tell_rounding(struct fit *fit, const struct glm_task *task)
{
    struct optimum *optimum = &fit->optimum;
    size_t p = (size_t)task->m->p;

    if (task->count == 0 || !(most_information(task->m) > TOLERANCE_INFORMATION))
        return false;
    forget(fit->se, p, (double)NAN);
    forget(fit->vcov, p * p, (double)NAN);
    forget(fit->joint_vcov, (size_t)(fit->joint_count * fit->joint_count), (double)NAN);
    optimum->verdict = VERDICT_NOT_CONVERGED;
    optimum->message[0] = '\0';
    say(optimum,
        "the residuals are so small beside the differences between groups, less than 1 in 1e15 of their variance, that double "
        "precision does not tell how well the means are known");
    return true;
}

static void set_verdict(struct fit *fit, const struct glm_task *task, double tolerance)
{
    struct optimum *optimum = &fit->optimum;
    /* The deviance is a sum of terms of this size: no digits beyond can be asked of it. */
    double noise = 8 * DBL_EPSILON * (fabs(task->m->constant) + fabs(task->opt.value));

    *optimum = (struct optimum){
        .verdict = VERDICT_OK, .gain = task->opt.gain, .iterations = task->opt.iterations, .evaluations = task->evaluations
    };
    if (task->count > 0 && task->opt.have_hessian)
        optimum->smallest_eigenvalue = task->opt.values[0];
    for (int j = 0; j < task->opt.n; j++) {
        double along = 0;

        for (int i = 0; i < task->opt.n; i++)
            along += task->opt.T[i + j * task->opt.n] * task->opt.gradient[i];
        optimum->gradient = fmax(optimum->gradient, fabs(along));
    }
    tell_boundaries(fit, task);
    tell_constant_levels(fit, task);
    if (!isnan(fit->loglik))
        tell_constant_effects(fit, task);
    if (tell_rounding(fit, task))
        return;
    if (task->unsettled) {
        optimum->verdict = VERDICT_NOT_CONVERGED;
        say(optimum, "the working responses of penalized quasi-likelihood did not settle");
    } else if (task->count > 0 && !isnan(fit->loglik)
               && (!task->opt.have_hessian || !(task->opt.gain < fmax(tolerance, fmax(TOLERANCE_GAIN, noise)))
                   || !(fit->loglik > -5e99))) {
        optimum->verdict = VERDICT_NOT_CONVERGED;
        tell_failure(optimum, task);
    }
}

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

    if (rest == NULL || shape == NULL)
        return false;
    for (int k = 0; k < m->part_count; k++)
        for (int j = 0; j < m->part[k].count; j++)
            shape[m->part[k].first + j] = m->part[k].slot;
    for (int j = family_shapes(m->response.family) - 1; j >= 0; j--)
        if (m->outer[j] >= 0)
            shape[m->outer[j]] = j;
    fit->arena = arena;
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
    set_verdict(fit, task, options->tolerance);
    if (!fit_settle_zeros(fit)) {
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
