/* glmm-fit.c -- minimizes the deviance over (gamma, theta, tau) jointly and certifies the optimum.
 *
 *   1. starting values (glmm-start.c);
 *   2. quasi-Newton in coordinates z in which the deviance is nearly 2 z'z/2 + ...: phi = base + C z, C C' = S^-1 for gamma;
 *   3. a dispersion near its limit is set there, where the deviance does not rise;
 *   4. the rest of the descent is optimum.c's, with the Hessian from central differences of the exact gradient. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fit/alike.h"
#include "fit/explained.h"
#include "fit/glmm-task.h"
#include "fit/recession.h"
#include "fit/tolerances.h"
#include "fit/rowcov.h"
#include "linalg/dense.h"
#include "linalg/ready.h"
#include "model/prior.h"

enum { ATTEMPTS = 6, EVALUATION_LIMIT = 1000, CHEAP_FIT = 10000 };
static const double HESSIAN_STEP = 1e-3, TAU_LIMIT = 20, FAR_TAU = 5, FAR_OFF = 30;

/* --- coordinates -------------------------------------------------------------------------- */

/* phi from z: base + C z, with bent diagonals of the templates. */
static void from_z(const struct glm_task *task, const double z[], double phi[])
{
    int n = task->opt.n;

    for (int i = 0; i < n; i++) {
        double sum = 0;

        for (int j = 0; j <= i; j++)
            sum += task->C[i + j * n] * z[j];
        if (task->bend[i] > 0)
            phi[i] = task->bend[i] * sinh(asinh(task->base[i] / task->bend[i]) + sum);
        else
            phi[i] = task->base[i] + sum;
    }
}

/* gradient in z from that in phi; C is lower triangular, and a bent coordinate has a row of its own. */
static void gradient_to_z(const struct glm_task *task, const double phi[], const double g[], double out[])
{
    int n = task->opt.n;

    for (int j = 0; j < n; j++) {
        out[j] = 0;
        for (int i = j; i < n; i++) {
            double rate = task->bend[i] > 0 ? sqrt(phi[i] * phi[i] + task->bend[i] * task->bend[i]) : 1;

            out[j] += task->C[i + j * n] * rate * g[i];
        }
    }
}

static double value_at(void *context, const double phi[], bool *stop)
{
    struct glm_task *task = context;
    struct glm *m = task->m;
    int before = m->evaluations;
    double value = glm_value(m, phi);

    task->evaluations += m->evaluations - before;
    *stop = *stop || !glm_goes_on(m);
    return value;
}

static bool slopes_at(void *context, const double phi[], double gradient[], bool *stop)
{
    struct glm_task *task = context;

    (void)phi;                     /* the last one */
    gradient[task->opt.n - 1] = 0; /* of a dispersion that is held there is none */
    glm_slopes(task->m, gradient);
    *stop = *stop || watch_stopped(&task->m->watch);
    return true;
}

static double value_in_z(void *context, const double z[], bool *stop)
{
    struct glm_task *task = context;

    from_z(task, z, task->moved);
    return value_at(task, task->moved, stop);
}

static bool slopes_in_z(void *context, const double z[], double gradient[], bool *stop)
{
    struct glm_task *task = context;

    from_z(task, z, task->moved);
    if (!slopes_at(task, task->moved, task->moved_gradient, stop))
        return false;
    gradient_to_z(task, task->moved, task->moved_gradient, gradient);
    return true;
}

/* The deviance is a sum over rows and levels. */
static double rounding(void *context, double value)
{
    const struct glm_task *task = context;

    return 4 * DBL_EPSILON * (1 + fabs(value)) + 2 * task->m->rounding;
}

static double rounding_in_z(void *context, double value)
{
    const struct glm_task *task = context;

    return DBL_EPSILON * fabs(value) + 2 * task->m->rounding;
}

/* C for gamma: the Cholesky factor of S^-1, so that C'SC = I. */
static bool scale_gamma(struct glm_task *task)
{
    struct glm *m = task->m;
    int p = m->p, n = task->opt.n;
    double *S = task->work, *inverse = S + p * p, *scratch = inverse + p * p;

    glm_curvature(m, S);
    penalty_curvature(m, task->opt.x, S);
    for (int j = 0; j < p; j++)
        if (!isfinite(S[j + j * p]))
            return false;
    if (p == 0)
        return true;
    if (chol_factor(p, S, p) != 0)
        return false;
    chol_invert(p, S, scratch, inverse, p);
    if (chol_factor(p, inverse, p) != 0)
        return false;
    for (int j = 0; j < p; j++)
        for (int i = j; i < p; i++)
            task->C[i + j * n] = inverse[i + j * p];
    return true;
}

/* C for the outer parameter j behind theta, by the curvature from its slopes. */
static void scale_rest(struct glm_task *task, int j, double here)
{
    struct glm *m = task->m;
    int n = task->opt.n;
    double h = 1e-3, there, curvature = 0;

    memcpy(task->moved, task->opt.x, sizeof(double) * (size_t)n);
    task->moved[j] += h;
    there = glm_deviance(m, task->moved, task->moved_gradient);
    if (there < MINIMIZE_BAD && here < MINIMIZE_BAD)
        curvature = (task->moved_gradient[j] - task->opt.gradient[j]) / h;
    task->C[j + j * n] = 1 / sqrt(fmax(0.5 * curvature, 0.25));
}

/* The first coordinates, in which all curvatures are about 2. */
static void set_coordinates(struct glm_task *task)
{
    struct glm *m = task->m;
    const double *phi = task->opt.x;
    int p = m->p, n = task->opt.n;
    double here;

    memcpy(task->base, phi, sizeof(double) * (size_t)n);
    memset(task->C, 0, sizeof(double) * (size_t)(n * n));
    memset(task->bend, 0, sizeof(double) * (size_t)n);
    here = glm_deviance(m, phi, task->opt.gradient);
    if (!(here < MINIMIZE_BAD) || !scale_gamma(task))
        for (int j = 0; j < p; j++)
            task->C[j + j * n] = 1 / sqrt((double)m->n);
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int at = p + term->theta;

        for (int b = 0; b < term->k; b++)
            for (int a = b; a < term->design->covariance->end(term->k, b); a++, at++) {
                double count = sqrt(2.0 * term->design->level_count) * 0.7;

                if (a == b)
                    task->bend[at] = 0.1 * task->unit[at - p];
                task->C[at + at * n] = (a == b ? 1 : fmax(fabs(phi[at]), 0.5 * task->unit[at - p])) / count;
            }
    }
    if (m->response.family->categories == 0 || !glm_scale_thresholds(task, here))
        for (int j = p + m->theta_count; j < p + m->theta_count + glm_rest_count(m); j++)
            scale_rest(task, j, here);
    for (int j = 0; j < n; j++) {
        task->curvature[j] = 2;
        task->z[j] = 0;
    }
}

/* The same origin and scale as the estimates, without bends: for the Hessian.  Coefficients that the data know very differently
 * (an intercept beside a slope within levels, where the residuals are small) are told apart as they are there. */
static void straighten(struct glm_task *task)
{
    struct optimizer *o = &task->opt;
    int n = o->n;

    if (glm_value(task->m, o->x) < MINIMIZE_BAD)
        scale_gamma(task);
    for (int i = 0; i < n; i++)
        if (task->bend[i] > 0) {
            double rate = sqrt(o->x[i] * o->x[i] + task->bend[i] * task->bend[i]);

            task->C[i + i * n] *= rate;
            task->bend[i] = 0;
        }
    memcpy(task->base, o->x, sizeof(double) * (size_t)n);
    memset(task->z, 0, sizeof(double) * (size_t)n);
}

/* --- the optimum -------------------------------------------------------------------------- */

static void run_minimizer(void *context)
{
    struct glm_task *task = context;
    struct optimizer *o = &task->opt;
    struct minimize_report report;

    task->m->mode_tolerance = MODE_CLOSE;
    set_coordinates(task);
    report = minimize(task->minimizer, &task->problem, task->curvature, task->z, task->z_gradient);
    from_z(task, task->z, o->x);
    o->iterations += report.iterations;
    o->value = report.value;
    o->stopped = report.end == MINIMIZE_STOPPED;
    o->stalled = report.end == MINIMIZE_STALLED || report.end == MINIMIZE_LIMIT;
}

/* Each coordinate in its natural size, in which H has the diagonal 2: what is flat, and what is left to gain, is judged beside
 * that, whatever the units and the counts.  A coordinate that is flat beside what C promised keeps its length, or nearly: there
 * H is noise.  Returns by how much the steps were off that made H. */
static double take_natural_sizes(struct glm_task *task)
{
    int n = task->opt.n;
    double *H = task->opt.hessian, off = 1;

    for (int j = 0; j < n; j++) {
        double size = task->held[j] ? 1 : sqrt(2 / fmax(fabs(H[j + j * n]), TOLERANCE_FLAT));

        off = fmax(off, fmax(size, 1 / size));
        for (int i = 0; i < n; i++) {
            task->C[i + j * n] *= size;
            H[i + j * n] *= size;
        }
        for (int i = 0; i < n; i++)
            H[j + i * n] *= size;
    }
    return off;
}

/* Whether Laplace's approximation leaves nothing out: without random effects, or where log f is quadratic in eta. */
static bool is_exact(const struct glm *m)
{
    return m->q == 0 || family_is_linear(m->response.family, m->response.link);
}

/* A linear model whose residual variance has a predictor: maximum likelihood, exactly. */
static bool is_varied(const struct glm *m)
{
    return is_exact(m) && m->response.rows[0] != NULL;
}

/* By central differences; where the steps were far from natural ones, once more. */
static bool set_hessian(void *context)
{
    struct glm_task *task = context;
    struct optimizer *o = &task->opt;
    int counted = 0; /* value_at counts itself */
    bool again = true;

    task->m->mode_tolerance = MODE_EXACT;
    task->m->known = false;
    straighten(task);
    for (int pass = 0; pass < 3 && again; pass++) {
        if (!minimize_hessian(task->minimizer, &task->problem, task->z, NULL, HESSIAN_STEP, o->hessian, &counted))
            return false;
        again = take_natural_sizes(task) > FAR_OFF;
    }
    for (int i = 0; i < o->n; i++)
        o->unit[i] = 1;
    o->value = optimizer_at(o, o->x, o->gradient);
    return o->value < MINIMIZE_BAD && !o->stopped;
}

/* --- the boundary ------------------------------------------------------------------------- */

/* A dispersion that has gone far toward the limit of its family, with nothing to lose by going all the way, is put there
 * and is no parameter of the optimization any more. */
static bool settle_dispersion(void *context)
{
    struct glm_task *task = context;
    struct optimizer *o = &task->opt;
    struct glm *m = task->m;
    int sign = glm_limit_sign(m), last = o->n - 1;
    double value;

    if (glm_rest_count(m) == 0 || m->held || sign == 0 || sign * o->x[last] < FAR_TAU)
        return false;
    memcpy(o->trial, o->x, sizeof(double) * (size_t)o->n);
    o->trial[last] = sign * TAU_LIMIT;
    value = optimizer_at(o, o->trial, NULL);
    if (!(value <= o->value + TOLERANCE_LIMIT))
        return false;
    o->x[last] = o->trial[last];
    o->value = value;
    m->held = true;
    m->held_value = o->x[last];
    m->known = false;
    task->tau_at_limit = task->held[last] = true;
    task->count--;
    return true;
}

bool glm_optimize(struct glm_task *task)
{
    const struct descent descent = { .context = task,
                                     .attempts = ATTEMPTS,
                                     .minimize = run_minimizer,
                                     .settle = settle_dispersion,
                                     .hessian = set_hessian,
                                     .moved = is_varied(task->m) ? TOLERANCE_EXACT_GAIN : HUGE_VAL,
                                     .enough = 10 * TOLERANCE_GAIN };

    if (task->opt.n == 0)
        task->opt.value = glm_value(task->m, task->opt.x);
    else
        optimizer_descend(&task->opt, &descent);
    return !task->opt.stopped;
}

/* --- the whole ---------------------------------------------------------------------------- */

static void place_templates(struct glm_task *task)
{
    const struct glm *m = task->m;

    for (int t = 0; t < m->term_count; t++)
        task->templates[t] = (struct template_place){ .k = m->terms[t].k,
                                                      .first = m->p + m->terms[t].theta,
                                                      .covariance = m->terms[t].design->covariance,
                                                      .unit = task->unit + m->terms[t].theta };
    task->opt.templates = task->templates;
    task->opt.template_count = m->term_count;
}

bool glm_task_init(struct glm_task *task, struct glm *m, const struct fit_options *options, const struct glmm_progress *progress)
{
    int count = glm_parameter_count(m);
    size_t n = (size_t)count + 1, p = (size_t)m->p, room = optimizer_room(count);

    memset(task, 0, sizeof *task);
    task->m = m;
    task->progress = progress;
    glm_watch(m, progress);
    task->count = count;
    task->minimizer = minimizer_new(count, false);
    task->templates = NEW_ARRAY(struct template_place, m->term_count + 1);
    task->held = NEW_ARRAY(bool, n);
    task->block = NEW_ARRAY(double, room + 8 * n + 3 * p * p + 1);
    if (task->minimizer == NULL || task->templates == NULL || task->held == NULL || task->block == NULL)
        return false;
    optimizer_init(&task->opt, count, task->block);
    task->C = task->opt.T;
    task->unit = task->block + room;
    task->base = task->unit + n;
    task->bend = task->base + n;
    task->z = task->bend + n;
    task->z_gradient = task->z + n;
    task->curvature = task->z_gradient + n;
    task->moved = task->curvature + n;
    task->moved_gradient = task->moved + n;
    task->work = task->moved_gradient + n;
    place_templates(task);
    task->opt.objective = (struct objective){
        .n = count, .context = task, .value = value_at, .gradient = slopes_at, .rounding = rounding, .held = task->held
    };
    task->opt.negligible =
        family_is_linear(m->response.family, m->response.link) ? TOLERANCE_EXACT_GAIN : TOLERANCE_APPROXIMATE_GAIN;
    task->opt.slack = TOLERANCE_GAIN;
    task->problem.objective = (struct objective){
        .n = count, .context = task, .value = value_in_z, .gradient = slopes_in_z, .rounding = rounding_in_z, .held = task->held
    };
    task->problem.by_slopes = true;
    task->problem.tolerance = (options != NULL && options->tolerance > 0 ? options->tolerance : TOLERANCE_GAIN) / 10;
    task->problem.limit = EVALUATION_LIMIT;
    task->problem.longest = 10;
    return true;
}

void glm_task_clear(struct glm_task *task)
{
    minimizer_free(task->minimizer);
    mem_free(task->templates);
    mem_free(task->held);
    mem_free(task->block);
}

/* Where the search begins.  The likelihood may have several optima: with variances of 0, with a dispersion at its limit, with
 * large variances beside a dispersion that leaves little to the residuals. */
enum start { START_USUAL, START_ZERO, START_LIMIT, START_LARGE, START_WITHOUT /* the first effect; then each of the others */ };

/* The deviance without random effects at the starting values. */
static double flat_deviance(struct glm_task *task)
{
    struct glm *m = task->m;
    struct quadrature_work *quadrature = m->quadrature;
    double value, *phi = task->moved;

    memcpy(phi, task->opt.x, sizeof(double) * (size_t)task->opt.n);
    memset(phi + m->p, 0, sizeof(double) * (size_t)m->theta_count);
    m->quadrature = NULL; /* there is no integral */
    value = glm_value(m, phi);
    m->quadrature = quadrature;
    m->known = false;
    return value;
}

/* Starting values of another kind than the usual ones, from these. */
static void set_other_start(struct glm_task *task, enum start start)
{
    struct glm *m = task->m;
    double factor = start == START_ZERO ? 2e-3 : start == START_LARGE ? 8 : 1;

    for (int j = 0; j < m->theta_count; j++)
        task->opt.x[m->p + j] *= factor;
    if (glm_rest_count(m) > 0 && start != START_ZERO && glm_limit_sign(m) != 0)
        task->opt.x[task->opt.n - 1] = (start == START_LIMIT ? 6 : 1) * glm_limit_sign(m);
}

/* The estimates of a fit, with one effect (of all terms' together) taken out of its template but for a trace. */
static void set_start_near(struct glm_task *task, const struct fit *near, int without)
{
    struct glm *m = task->m;
    double *theta = task->opt.x + m->p;

    glm_from_beta(m, near->beta, task->opt.x);
    for (int j = 0; j < m->theta_count; j++)
        theta[j] = near->theta[j] * near->sigma;
    glm_rest_from_coefficients(m, near->rest, theta + m->theta_count);
    if (glm_limit_sign(m) != 0 && glm_rest_count(m) > 0)
        task->opt.x[task->opt.n - 1] = fmin(fmax(task->opt.x[task->opt.n - 1], -6), 6);
    for (int t = 0, first = 0; t < m->term_count; first += m->terms[t++].k)
        for (int b = 0, at = m->terms[t].theta; b < m->terms[t].k; b++)
            for (int a = b; a < m->terms[t].design->covariance->end(m->terms[t].k, b); a++, at++)
                if (first + a == without || first + b == without)
                    theta[at] = a == b ? 1e-3 * task->unit[at] : 0;
}

/* Starting values into task->opt.x. */
static bool set_start(struct glm_task *task, const struct fit_options *options, enum start start, const struct fit *near,
                      int without, struct glmm_error *err)
{
    struct glm *m = task->m;

    if (!glm_start_fixed(m, task->opt.x, task->progress, err))
        return false;
    task->flat = flat_deviance(task);
    glm_start_random(m, task->opt.x, task->unit);
    if (near != NULL)
        set_start_near(task, near, without);
    else if (start != START_USUAL)
        set_other_start(task, start);
    if (options != NULL && options->start != NULL)
        memcpy(task->opt.x + m->p, options->start, sizeof(double) * (size_t)m->theta_count);
    /* Far from the optimum the modes may not exist (M not positive definite, eta outside its domain); with small effects
     * they do. */
    for (int tries = 0; tries < 10 && m->q > 0 && !(glm_value(m, task->opt.x) < MINIMIZE_BAD); tries++)
        for (int j = 0; j < m->theta_count; j++)
            task->opt.x[m->p + j] *= 0.3;
    if (m->q > 0 && start != START_ZERO && near == NULL && (options == NULL || options->start == NULL)
        && !glm_start_em(m, task->opt.x, 3, err))
        return false;
    return !watch_stopped(&m->watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped at the starting values");
}

/* Quadrature begins at the optimum of Laplace's approximation, found to a loose tolerance. */
static bool start_from_laplace(struct glm_task *task)
{
    struct glm *m = task->m;
    struct quadrature_work *quadrature = m->quadrature;
    double tolerance = task->problem.tolerance;

    m->quadrature = NULL;
    m->known = false;
    task->problem.tolerance = 1e-3;
    run_minimizer(task);
    task->problem.tolerance = tolerance;
    m->quadrature = quadrature;
    m->known = false;
    return !task->opt.stopped;
}

/* Fits the workspace, whose estimates are finite, from one start; NULL without an error where its deviance stays above `bound`.
 * *flat gets the deviance of the model without its random terms. */
static struct fit *fit_from(struct glm *m, enum start start, const struct fit *near, int without, double bound,
                            enum fit_method method, const struct fit_options *options, double *flat,
                            const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glm_task task = { 0 };
    struct fit *fit = NULL;
    bool ok = glm_task_init(&task, m, options, progress) || fail_memory(err);

    task.opt.bound = bound;
    ok = ok && set_start(&task, options, start, near, without, err);
    *flat = task.flat;
    if (ok && method == METHOD_PQL)
        ok = glm_pql(&task, err);
    else if (ok && method == METHOD_IS && !importance_begin(m, options->draws, progress, err))
        ok = false;
    else if (ok && ((m->quadrature != NULL && !start_from_laplace(&task)) || !glm_optimize(&task)))
        ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task.evaluations);
    if (ok && !task.opt.given_up)
        fit = glm_report(&task, options, (m->q == 0 || is_varied(m)) && method != METHOD_REML ? METHOD_ML : method,
                         err); /* no integral */
    if (fit != NULL && !(options != NULL && options->unpriced) && !is_varied(m) && m->two == NULL
        && !(is_exact(m) && m->design->prior != NULL) && !glm_price_approximation(&task, fit, err)) {
        fit_free(fit);
        fit = NULL;
    }
    if (watch_stopped(&m->watch)) { /* whatever was computed behind it is worth nothing */
        fit_free(fit);
        fit = NULL;
        error_clear(err);
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task.evaluations);
    }
    importance_end(m);
    glm_task_clear(&task);
    return fit;
}

/* Whether a start of this kind may lead to a better optimum than the one found. */
static bool may_be_better(const struct fit *fit, enum start start, double flat)
{
    /* Several variances may share what there is in more than one way; where a fit costs next to nothing, that is looked into. */
    bool several = fit != NULL && fit->theta_count > 1 && fit->design->n * (size_t)fit->npar <= CHEAP_FIT;
    bool at_zero = false, open = fit == NULL || fit->optimum.verdict == VERDICT_NOT_CONVERGED;

    for (int t = 0; fit != NULL && t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            at_zero = at_zero || fit->random[t].sd[a] == 0;
    switch (start) {
    case START_ZERO:
        return open || fit->criterion > flat + 1e-7 || several;
    case START_LIMIT:
        return fit == NULL || fit->family->limit_sign != 0;
    case START_WITHOUT:
        return several;
    case START_LARGE:
        return open || several || (at_zero && fit->has_scale);
    default:
        return false;
    }
}

/* What another search has to reach.  Most come to the optimum that is known: its Hessian need not be taken again.  Where there is
 * no certificate yet, another point of the same height may have one. */
static double bound_of(const struct fit *fit)
{
    bool certified = fit != NULL && fit->optimum.verdict != VERDICT_NOT_CONVERGED;

    return fit == NULL || isnan(fit->loglik) ? (double)INFINITY
                                             : fit->criterion + (certified ? -2 * TOLERANCE_LOWER : TOLERANCE_NEARLY);
}

/* The better of two fits, either NULL; frees the other. */
static struct fit *better_fit(struct fit *a, struct fit *b)
{
    bool second = a == NULL
                  || (b != NULL
                      && (b->criterion < a->criterion - 2 * TOLERANCE_LOWER
                          || (b->criterion < a->criterion + 2 * TOLERANCE_LOWER && a->optimum.verdict == VERDICT_NOT_CONVERGED
                              && b->optimum.verdict != VERDICT_NOT_CONVERGED)));

    fit_free(second ? a : b);
    return second ? b : a;
}

/* By importance sampling, from the optimum of Laplace's approximation. */
static struct fit *fit_by_draws(struct glm *m, const struct fit_options *options, const struct glmm_progress *progress,
                                struct glmm_error *err)
{
    struct fit_options first = *options;
    struct fit *laplace, *fit = NULL;
    double flat;

    first.unpriced = true;
    laplace = glm_fit_finite(m, METHOD_LAPLACE, &first, progress, err);
    if (laplace == NULL || m->q == 0 || isnan(laplace->loglik))
        return laplace;
    m->known = false;
    fit = fit_from(m, START_USUAL, laplace, -1, (double)INFINITY, METHOD_IS, options, &flat, progress, err);
    fit_free(laplace);
    return fit;
}

/* Fits the workspace, whose estimates are finite: from the usual start, and from those that may lead to a better optimum. */
struct fit *glm_fit_finite(struct glm *m, enum fit_method method, const struct fit_options *options,
                           const struct glmm_progress *progress, struct glmm_error *err)
{
    double flat = (double)INFINITY, other_flat;
    bool near;
    struct fit *fit;

    if (method == METHOD_IS)
        return fit_by_draws(m, options, progress, err);
    fit = fit_from(m, START_USUAL, NULL, 0, (double)INFINITY, method, options, &flat, progress, err);

    if (m->q == 0 || method == METHOD_PQL || options->start != NULL || (fit != NULL && isnan(fit->loglik)))
        return fit;
    for (int start = START_ZERO; start < START_WITHOUT + m->K; start++) {
        struct glmm_error own;
        struct glm *other;

        error_clear(&own);
        near = start >= START_WITHOUT;
        if (fit == NULL && err != NULL && (err->code == GLMM_E_INTERRUPT || err->code == GLMM_E_MEMORY))
            return NULL;
        if (!may_be_better(fit, near ? START_WITHOUT : (enum start)start, flat))
            continue;
        other = glm_new(m->design, m->response.family, m->response.link, m->nodes, &own);
        if (other != NULL && m->restricted && !glm_restrict(other, &own)) {
            glm_free(other);
            other = NULL;
        }
        if (other != NULL)
            fit = better_fit(fit, fit_from(other, near ? START_USUAL : (enum start)start, near ? fit : NULL,
                                           start - START_WITHOUT, bound_of(fit), method, options, &other_flat, progress, &own));
        glm_free(other);
        if (own.code == GLMM_E_INTERRUPT || own.code == GLMM_E_MEMORY) {
            fit_free(fit);
            error_clear(err);
            fail(err, own.code, own.at, "%s", own.message);
            return NULL;
        }
    }
    if (fit != NULL)
        error_clear(err);
    return fit;
}

/* Where coefficients are infinite: the fit of the rows that are not fitted perfectly, made one of all.  Takes the arena. */
static struct fit *fit_rest(const struct glm *m, enum fit_method method, const struct fit_options *options,
                            const struct recession *recession, struct arena *arena, const struct glmm_progress *progress,
                            struct glmm_error *err)
{
    struct fit *rest = NULL, *fit = NULL;
    struct glm *other;

    if (recession->rest->n == 0) {
        fit = recession_nothing(m, recession, m->q == 0 ? METHOD_ML : method, arena, err);
    } else if ((other = glm_new(recession->rest, m->response.family, m->response.link, m->nodes, err)) != NULL) {
        rest = recession_check_thresholds(other, err) ? glm_fit_identified(other, method, options, progress, err) : NULL;
        glm_free(other);
        if (rest != NULL)
            fit = recession_expand(rest, recession, m->design, arena, err);
    }
    if (fit == NULL) {
        fit_free(rest);
        arena_free(arena);
    }
    return fit;
}

/* Without a row that differs in kind, an estimate of anything is infinite. */
static bool check_varies(const struct glm *m, struct glmm_error *err)
{
    int end = m->n > 0 ? glm_row_end(m, 0) : 0;

    for (size_t i = 0; i < m->n && end != 0; i++)
        end = glm_row_end(m, i) == end ? end : 0;
    return end == 0
           || fail(err, GLMM_E_MODEL, NOWHERE, "the response `%s` is constant: there is nothing to explain", m->design->response);
}

static const char *infinite_name(const struct recession *recession, const struct design *design)
{
    for (int j = 0; j < design->p; j++)
        if (recession->limit[j] != 0)
            return design->names[j];
    return "a combination of coefficients";
}

/* Coefficients without a prior must be finite by themselves: those of a model that has no others. */
static bool check_finite(struct glm *m, struct arena *arena, struct glmm_error *err)
{
    const struct design *all = m->design;
    struct design design = *all;
    const struct recession *recession = NULL;
    struct glm *part = NULL;
    double *X = arena_alloc(arena, all->n * (size_t)all->p + 1, sizeof *X);
    const char **names = arena_alloc(arena, (size_t)all->p + 1, sizeof *names);
    bool ok = (X != NULL && names != NULL) || fail_memory(err);

    design.p = 0;
    for (int j = 0; ok && j < all->p; j++)
        if (!prior_is_jeffreys(all->prior) && prior_of_coefficient(all->prior, all->names[j]) == NULL) {
            memcpy(X + (size_t)design.p * all->n, all->X + (size_t)j * all->n, sizeof *X * all->n);
            names[design.p++] = all->names[j];
        }
    if (!ok || design.p == 0)
        return ok;
    design.X = X;
    design.names = names;
    design.assign = NULL;
    design.random_count = 0;
    part = glm_new(&design, m->response.family, m->response.link, 1, err);
    ok = part != NULL && recession_find(part, arena, &recession, err)
         && (recession != NULL || recession_check_thresholds(part, err));
    glm_free(part);
    if (!ok || recession == NULL)
        return ok;
    fail(err, GLMM_E_MODEL, NOWHERE, "the estimate of %s is infinite, and no prior keeps it finite",
         infinite_name(recession, &design));
    error_hint(err, "a prior for it too, or prior=jeffreys");
    return error_argument(err, "prior");
}

static struct fit *fit_model(struct glm *m, enum fit_method method, const struct fit_options *options,
                             const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct recession *recession;
    struct arena *arena = arena_new();
    struct fit *fit;

    if (arena == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (prior_has_coefficients(m->design->prior)) {
        fit = check_finite(m, arena, err) ? glm_fit_identified(m, method, options, progress, err) : NULL;
        arena_free(arena);
        return fit;
    }
    if (!check_varies(m, err) || !recession_find(m, arena, &recession, err)) {
        arena_free(arena);
        return NULL;
    }
    if (recession != NULL && !design_has_one_predictor(m->design, "an infinite estimate", NULL)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%s: beside zi= or disp= infinite coefficients of the mean are not fitted",
             recession->message);
        error_hint(err, "where= leaves such rows out");
        arena_free(arena);
        return NULL;
    }
    if (recession != NULL)
        return fit_rest(m, method, options, recession, arena, progress, err);
    fit = recession_check_thresholds(m, err) ? glm_fit_identified(m, method, options, progress, err) : NULL;
    arena_free(arena);
    return fit;
}

/* Of a model with covariance structures: as fit_model, the random effects having no part in what is infinite. */
static struct fit *fit_structured_finite(const struct design *design, const struct family *family, const struct link *link,
                                         const struct fit_options *options, const struct glmm_progress *progress,
                                         struct glmm_error *err)
{
    const struct recession *recession = NULL;
    struct design fixed = *design;
    struct arena *arena = arena_new();
    struct fit *rest, *fit = NULL;
    struct glm *m;
    bool ok;

    fixed.random_count = 0;
    m = glm_new(&fixed, family, link, 1, err);
    fixed.random_count = design->random_count;
    ok = m != NULL && (arena != NULL || fail_memory(err)) && check_varies(m, err) && recession_find(m, arena, &recession, err);
    glm_free(m);
    if (ok && recession == NULL)
        fit = rowcov_fit(design, family, link, options, progress, err);
    else if (ok && recession->rest->n == 0)
        fail(err, GLMM_E_MODEL, NOWHERE,
             "the fixed effects tell all responses apart without error: there is nothing else to be seen");
    else if (ok && (rest = rowcov_fit(recession->rest, family, link, options, progress, err)) != NULL) {
        if ((fit = recession_expand(rest, recession, design, arena, err)) != NULL)
            return fit;
        fit_free(rest);
    }
    arena_free(arena);
    return fit;
}

static struct fit *fit_structured(const struct design *design, const struct family *family, const struct link *link,
                                  enum fit_method method, const struct fit_options *options, const struct glmm_progress *progress,
                                  struct glmm_error *err)
{
    if (method == METHOD_LAPLACE && !explained_check_structured(design, family, link, err))
        return NULL;
    if (method == METHOD_LAPLACE)
        return fit_structured_finite(design, family, link, options, progress, err);
    fail(err, GLMM_E_MODEL, NOWHERE, "models with covariance structures are fitted by Laplace's approximation");
    error_hint(err, "method=laplace");
    return NULL;
}

static struct fit *fit_rows(const struct design *design, const struct family *family, const struct link *link,
                            enum fit_method method, const struct fit_options *options, const struct glmm_progress *progress,
                            struct glmm_error *err)
{
    struct glm *m = glm_new(design, family, link, method == METHOD_AGQ ? (options->nodes > 0 ? options->nodes : 7) : 1, err);
    bool ok = m != NULL && explained_check_link(design, family, link, err) && (method != METHOD_REML || glm_restrict(m, err));
    struct fit *fit = ok ? fit_model(m, method, options, progress, err) : NULL;

    glm_free(m);
    return fit;
}

/* Fits the distinct rows, where that pays.  *fit stays NULL where it does not, and where something is infinite or not identified:
 * what the data determine is asked of all rows.  False with an error. */
static bool fit_distinct(const struct design *design, const struct family *family, const struct link *link,
                         enum fit_method method, const struct fit_options *options, const struct glmm_progress *progress,
                         struct fit **fit, struct glmm_error *err)
{
    struct alike *alike;
    bool ok;

    *fit = NULL;
    if (!alike_find(design, family, &alike, err))
        return false;
    if (alike == NULL)
        return true;
    *fit = fit_rows(alike_design(alike), family, link, method, options, progress, err);
    ok = *fit != NULL;
    if (ok && ((*fit)->recession != NULL || (*fit)->identity != NULL)) {
        fit_free(*fit);
        *fit = NULL;
    } else if (ok && !alike_spread(alike, design, *fit, err)) {
        fit_free(*fit);
        ok = false;
    }
    alike_free(alike);
    return ok;
}

struct fit *glm_fit(const struct design *design, const struct family *family, const struct link *link,
                    const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct fit_options defaults = { .method = METHOD_LAPLACE };
    double began = seconds_now();
    enum fit_method method;
    struct fit *fit;

    options = options != NULL ? options : &defaults;
    if (link == NULL)
        link = family->links[0];
    method = options->method == METHOD_DEFAULT || options->method == METHOD_ML ? METHOD_LAPLACE : options->method;
    if (design->prior != NULL && family_is_linear(family, link) && design->part[DESIGN_DISPERSION] == NULL)
        method = options->method == METHOD_DEFAULT && !prior_has_coefficients(design->prior) ? METHOD_REML
                 : options->method == METHOD_REML                                            ? METHOD_REML
                                                                                             : METHOD_ML;
    else if (method == METHOD_REML) {
        fail(err, GLMM_E_MODEL, NOWHERE, "REML is defined for linear mixed models only, not for the family %s with the %s link",
             family->name, (link != NULL ? link : family->links[0])->name);
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (!blas_ready(err))
        return NULL;
    if (design->part[DESIGN_ZERO] != NULL && design->part[DESIGN_ZERO]->random_count > 0 && method == METHOD_IS) {
        fail(err, GLMM_E_MODEL, NOWHERE, "random effects in zi= are integrated by Laplace's approximation");
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (method == METHOD_PQL
        && (family->more_count > 0 || design->part[DESIGN_DISPERSION] != NULL
            || (family->has_dispersion && !family->weight_divides))) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "penalized quasi-likelihood knows a family by its variance function, and that of %s has a parameter of its "
             "own",
             family->name);
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (design_is_structured(design))
        return fit_structured(design, family, link, method, options, progress, err);
    fit = NULL;
    if (method != METHOD_REML && !fit_distinct(design, family, link, method, options, progress, &fit, err))
        return NULL;
    if (fit == NULL)
        fit = fit_rows(design, family, link, method, options, progress, err);
    if (fit != NULL)
        fit->seconds = seconds_now() - began;
    return fit;
}
