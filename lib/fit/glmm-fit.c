/* glmm-fit.c -- minimizes the deviance over (gamma, theta, tau) jointly and certifies the optimum.
 *
 *   1. starting values (glmm-start.c);
 *   2. quasi-Newton in coordinates x in which the deviance is nearly 2 x'x/2 + ...: phi = base + C x, C C' = S^-1 for gamma;
 *   3. the Hessian from central differences of the exact gradient, Newton steps with it until nothing is left to gain;
 *   4. a direction of negative curvature is a saddle (a zero column of a template always is stationary): leave it, begin again;
 *   5. nearly singular templates are made exactly singular, and a dispersion near its limit is set there, where the deviance
 * does not rise. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fit/explained.h"
#include "fit/glmm-task.h"
#include "fit/recession.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/ready.h"

enum { ATTEMPTS = 6, EVALUATION_LIMIT = 1000, CHEAP_FIT = 10000 };
static const double HESSIAN_STEP = 1e-3, SINGULAR = 1e-4, TAU_LIMIT = 20, FLAT = 1e-8, FAR_OFF = 30;
/* Of the deviance: by how much another optimum has to be lower; and what a search that is not certified may still find. */
static const double LOWER = 2e-6, NEARLY = 1e-3;

/* --- coordinates -------------------------------------------------------------------------- */

/* phi from x: base + C x, with bent diagonals of the templates. */
static void from_x(const struct glm_task *task, const double x[], double phi[])
{
    int n = task->count;

    for (int i = 0; i < n; i++) {
        double sum = 0;

        for (int j = 0; j <= i; j++)
            sum += task->C[i + j * n] * x[j];
        if (task->bend[i] > 0)
            phi[i] = task->bend[i] * sinh(asinh(task->base[i] / task->bend[i]) + sum);
        else
            phi[i] = task->base[i] + sum;
    }
}

/* gradient in x from that in phi; C is lower triangular, and a bent coordinate has a row of its own. */
static void gradient_to_x(const struct glm_task *task, const double phi[], const double g[], double out[])
{
    int n = task->count;

    for (int j = 0; j < n; j++) {
        out[j] = 0;
        for (int i = j; i < n; i++) {
            double rate = task->bend[i] > 0 ? sqrt(phi[i] * phi[i] + task->bend[i] * task->bend[i]) : 1;

            out[j] += task->C[i + j * n] * rate * g[i];
        }
    }
}

static double evaluate(void *context, const double x[], double gradient[], bool *stop)
{
    struct glm_task *task = context;
    struct glm *m = task->m;
    int before = m->evaluations;
    double value;

    from_x(task, x, task->trial);
    value = glm_value(m, task->trial);
    task->evaluations += m->evaluations - before;
    *stop = *stop || !glm_goes_on(m);
    if (gradient != NULL && !*stop && value < MINIMIZE_BAD) {
        glm_slopes(m, task->trial_gradient);
        gradient_to_x(task, task->trial, task->trial_gradient, gradient);
        *stop = *stop || watch_stopped(&m->watch);
    }
    return value;
}

/* C for gamma: the Cholesky factor of S^-1, so that C'SC = I. */
static bool scale_gamma(struct glm_task *task)
{
    struct glm *m = task->m;
    int p = m->p, n = task->count;
    double *S = task->work, *inverse = S + p * p, *scratch = inverse + p * p;

    glm_curvature(m, S);
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

/* The first coordinates, in which all curvatures are about 2. */
static void set_coordinates(struct glm_task *task)
{
    struct glm *m = task->m;
    int p = m->p, n = task->count;
    double *g = task->gradient, here;

    memcpy(task->base, task->phi, sizeof(double) * (size_t)n);
    memset(task->C, 0, sizeof(double) * (size_t)(n * n));
    memset(task->bend, 0, sizeof(double) * (size_t)n);
    here = glm_deviance(m, task->phi, g);
    if (!(here < MINIMIZE_BAD) || !scale_gamma(task))
        for (int j = 0; j < p; j++)
            task->C[j + j * n] = 1 / sqrt((double)m->n);
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int at = p + term->theta;

        for (int b = 0; b < term->k; b++)
            for (int a = b; a < (term->design->diagonal ? b + 1 : term->k); a++, at++) {
                double count = sqrt(2.0 * term->design->level_count) * 0.7;

                if (a == b)
                    task->bend[at] = 0.1 * task->unit[at - p];
                task->C[at + at * n] = (a == b ? 1 : fmax(fabs(task->phi[at]), 0.5 * task->unit[at - p])) / count;
            }
    }
    if (m->has_tau) {
        double h = 1e-3, there, curvature = 0;

        memcpy(task->trial, task->phi, sizeof(double) * (size_t)n);
        task->trial[n - 1] += h;
        there = glm_deviance(m, task->trial, task->trial_gradient);
        if (there < MINIMIZE_BAD && here < MINIMIZE_BAD)
            curvature = (task->trial_gradient[n - 1] - g[n - 1]) / h;
        task->C[n * n - 1] = 1 / sqrt(fmax(0.5 * curvature, 0.25));
    }
    for (int j = 0; j < n; j++) {
        task->curvature[j] = 2;
        task->x[j] = 0;
    }
}

/* The same origin and scale as the estimates, without bends: for the Hessian.  Coefficients that the data know very differently
 * (an intercept beside a slope within levels, where the residuals are small) are told apart as they are there. */
static void straighten(struct glm_task *task)
{
    int n = task->count;

    if (glm_value(task->m, task->phi) < MINIMIZE_BAD)
        scale_gamma(task);
    for (int i = 0; i < n; i++)
        if (task->bend[i] > 0) {
            double rate = sqrt(task->phi[i] * task->phi[i] + task->bend[i] * task->bend[i]);

            task->C[i + i * n] *= rate;
            task->bend[i] = 0;
        }
    memcpy(task->base, task->phi, sizeof(double) * (size_t)n);
    memset(task->x, 0, sizeof(double) * (size_t)n);
}

/* --- the optimum -------------------------------------------------------------------------- */

static void run_minimizer(struct glm_task *task)
{
    struct minimize_report report;

    report = minimize(task->minimizer, &task->problem, task->curvature, task->x, task->x_gradient);
    from_x(task, task->x, task->phi);
    task->iterations += report.iterations;
    task->deviance = report.value;
    task->stopped = report.end == MINIMIZE_STOPPED;
    task->stalled = report.end == MINIMIZE_STALLED || report.end == MINIMIZE_LIMIT;
}

/* Each coordinate in its natural size, in which H has the diagonal 2: what is flat, and what is left to gain, is judged beside
 * that, whatever the units and the counts.  A coordinate that is flat beside what C promised keeps its length, or nearly: there
 * H is noise.  Returns by how much the steps were off that made H. */
static double take_natural_sizes(struct glm_task *task)
{
    int n = task->count;
    double *H = task->hessian, off = 1;

    for (int j = 0; j < n; j++) {
        double size = sqrt(2 / fmax(fabs(H[j + j * n]), FLAT));

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

/* By central differences; where the steps were far from natural ones, once more. */
static bool set_hessian(struct glm_task *task)
{
    int n = task->count, counted = 0; /* evaluate counts itself */
    bool again = true;

    task->m->mode_tolerance = MODE_EXACT;
    task->m->known = false;
    straighten(task);
    task->have_hessian = false;
    for (int pass = 0; pass < 3 && again; pass++) {
        if (!minimize_hessian(task->minimizer, &task->problem, task->x, NULL, HESSIAN_STEP, task->hessian, &counted))
            return false;
        again = take_natural_sizes(task) > FAR_OFF;
    }
    memcpy(task->vectors, task->hessian, sizeof(double) * (size_t)(n * n));
    task->have_hessian = symmetric_eigen(n, task->vectors, task->values, task->work, task->work_size);
    return task->have_hessian;
}

static double largest_eigenvalue(const struct glm_task *task)
{
    return task->count == 0 ? 0 : fmax(fabs(task->values[0]), fabs(task->values[task->count - 1]));
}

/* What is left to gain, sum over eigenvectors of (g'v)^2/(2 e), and step = -H^-1 g. */
static double set_step(struct glm_task *task, const double g[])
{
    int n = task->count;
    double gain = 0, floor = 1e-7 * largest_eigenvalue(task);

    memset(task->step, 0, sizeof(double) * (size_t)n);
    for (int j = 0; j < n; j++) {
        const double *v = task->vectors + (size_t)j * (size_t)n;
        double along = 0, e = fmax(fabs(task->values[j]), floor);

        for (int i = 0; i < n; i++)
            along += v[i] * g[i];
        if (!(e > 0))
            continue;
        gain += 0.5 * along * along / e;
        for (int i = 0; i < n && task->values[j] > floor; i++)
            task->step[i] -= along / e * v[i];
    }
    return gain;
}

/* Newton steps with the Hessian at hand, while each leaves less to gain. */
static void polish(struct glm_task *task)
{
    int n = task->count;
    double noise, value, gain;
    bool stop = false;

    task->m->mode_tolerance = MODE_EXACT;
    task->m->known = false;
    task->deviance = evaluate(task, task->x, task->x_gradient, &stop);
    noise = 64 * DBL_EPSILON * (1 + fabs(task->deviance));
    task->gain = set_step(task, task->x_gradient);
    for (int i = 0; i < 4 && task->gain > 1e-13 && task->gain < 10 && !stop; i++) {
        double *x = task->curvature, *g = task->values + n; /* room of n each */

        for (int j = 0; j < n; j++)
            x[j] = task->x[j] + task->step[j];
        value = evaluate(task, x, g, &stop);
        if (stop || !(value <= task->deviance + noise))
            break;
        gain = set_step(task, g);
        if (!(gain < 0.5 * task->gain))
            break;
        memcpy(task->x, x, sizeof(double) * (size_t)n);
        memcpy(task->x_gradient, g, sizeof(double) * (size_t)n);
        task->deviance = value;
        task->gain = gain;
    }
    for (int j = 0; j < n; j++)
        task->curvature[j] = 2;
    from_x(task, task->x, task->phi);
    task->stopped = task->stopped || stop;
}

/* Leaves a saddle along the eigenvector of the smallest eigenvalue; false when there is none. */
static bool leave_saddle(struct glm_task *task)
{
    int n = task->count;
    bool stop = false;

    if (n == 0 || !(task->values[0] < -1e-5 * largest_eigenvalue(task)))
        return false;
    for (double length = 1; length > 1e-3; length /= 2)
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int i = 0; i < n; i++)
                task->step[i] = task->x[i] + sign * length * task->vectors[i];
            if (evaluate(task, task->step, NULL, &stop) < task->deviance - 1e-10 && !stop) {
                memcpy(task->x, task->step, sizeof(double) * (size_t)n);
                from_x(task, task->x, task->phi);
                return true;
            }
        }
    return false;
}

/* --- the boundary ------------------------------------------------------------------------- */

/* The template with its smallest singular values set to 0, in units of each effect, as a lower triangle again.  Returns how
 * many. */
static int make_singular(const struct glm_term *term, const double *unit, double theta[])
{
    int k = term->k, zero = 0, info = 0, work_size = 64 * GLM_SLOTS, one = 1, at = 0;
    double a[GLM_SLOTS * GLM_SLOTS], u[GLM_SLOTS * GLM_SLOTS], s[GLM_SLOTS], tau[GLM_SLOTS], work[64 * GLM_SLOTS], none = 0;
    double size[GLM_SLOTS];

    if (term->design->diagonal) {
        for (int b = 0; b < k; b++)
            if (fabs(theta[b]) < SINGULAR * unit[b] && theta[b] != 0) {
                theta[b] = 0;
                zero++;
            }
        return zero;
    }
    memset(a, 0, sizeof(double) * (size_t)(k * k));
    for (int b = 0; b < k; b++)
        for (int r = b; r < k; r++, at++) {
            if (r == b)
                size[b] = unit[at];
            a[r + b * k] = theta[at];
        }
    for (int r = 0; r < k; r++)
        for (int b = 0; b <= r; b++)
            a[r + b * k] /= size[r];
    dgesvd_("A", "N", &k, &k, a, &k, s, u, &k, &none, &one, work, &work_size, &info, 1, 1);
    if (info != 0)
        return 0;
    for (int j = 0; j < k; j++) {
        if (s[j] < SINGULAR && s[j] > 0) {
            s[j] = 0;
            zero++;
        }
        for (int r = 0; r < k; r++)
            u[r + j * k] *= s[j];
    }
    if (zero == 0)
        return 0;
    dgelqf_(&k, &k, u, &k, tau, work, &work_size, &info);
    at = 0;
    for (int b = 0; b < k; b++)
        for (int r = b; r < k; r++)
            theta[at++] = (u[b + b * k] < 0 ? -1 : 1) * u[r + b * k] * size[r];
    return zero;
}

/* The signs of a template's columns are free: diagonals are made non-negative. */
static void settle_signs(struct glm_task *task)
{
    const struct glm *m = task->m;

    for (int t = 0; t < m->term_count; t++) {
        double *theta = task->phi + m->p + m->terms[t].theta;

        for (int b = 0; b < m->terms[t].k; b++) {
            int rows = m->terms[t].design->diagonal ? 1 : m->terms[t].k - b;

            if (theta[0] < 0)
                for (int a = 0; a < rows; a++)
                    theta[a] = -theta[a];
            theta += rows;
        }
    }
}

/* Tries phi in task->step; keeps it where the deviance does not rise by more than `slack`. */
static bool try_phi(struct glm_task *task, double slack)
{
    double value = glm_value(task->m, task->step);

    if (!(value <= task->deviance + slack))
        return false;
    memcpy(task->phi, task->step, sizeof(double) * (size_t)task->count);
    task->deviance = value;
    return true;
}

static bool settle_boundary(struct glm_task *task)
{
    struct glm *m = task->m;
    int zero = 0;

    settle_signs(task);
    memcpy(task->step, task->phi, sizeof(double) * (size_t)task->count);
    for (int t = 0; t < m->term_count; t++)
        zero += make_singular(&m->terms[t], task->unit + m->terms[t].theta, task->step + m->p + m->terms[t].theta);
    return zero > 0 && try_phi(task, 1e-8);
}

/* A dispersion that has gone far toward the limit of its family, with nothing to lose by going all the way, is put there
 * and is no parameter of the optimization any more. */
static bool settle_dispersion(struct glm_task *task)
{
    struct glm *m = task->m;
    int sign = m->response.family->limit_sign;

    if (!m->has_tau || sign == 0 || sign * task->phi[task->count - 1] < 5)
        return false;
    memcpy(task->step, task->phi, sizeof(double) * (size_t)task->count);
    task->step[task->count - 1] = sign * TAU_LIMIT;
    if (!try_phi(task, 1e-4))
        return false;
    m->has_tau = false;
    m->fixed_tau = sign * TAU_LIMIT;
    m->known = false;
    task->tau_at_limit = true;
    /* C loses its last row and column. */
    for (int j = 0; j < task->count - 1; j++)
        for (int i = 0; i < task->count - 1; i++)
            task->C[i + j * (task->count - 1)] = task->C[i + j * task->count];
    task->count--;
    task->problem.n = task->count;
    minimizer_free(task->minimizer);
    task->minimizer = task->smaller;
    task->smaller = NULL;
    return true;
}

bool glm_optimize(struct glm_task *task)
{
    if (task->count == 0) {
        task->deviance = glm_value(task->m, task->phi);
        return true;
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        task->m->mode_tolerance = MODE_CLOSE;
        set_coordinates(task);
        run_minimizer(task);
        if (task->stopped)
            break;
        if (attempt == 0 && task->deviance > task->bound) {
            task->given_up = true;
            return true;
        }
        if (settle_dispersion(task))
            continue;
        settle_boundary(task);
        if (!set_hessian(task) || task->stopped)
            break;
        polish(task);
        if (task->stopped || (!leave_saddle(task) && task->gain < 1e-7))
            break;
    }
    settle_boundary(task); /* Newton's steps leave zeros by a rounding */
    return !task->stopped;
}

/* --- the whole ---------------------------------------------------------------------------- */

bool glm_task_init(struct glm_task *task, struct glm *m, const struct fit_options *options, const struct glmm_progress *progress)
{
    size_t n = (size_t)glm_parameter_count(m) + 1, p = (size_t)m->p, work = 34 * n > 3 * p * p ? 34 * n : 3 * p * p;

    memset(task, 0, sizeof *task);
    task->m = m;
    task->progress = progress;
    glm_watch(m, progress);
    task->count = glm_parameter_count(m);
    task->work_size = (int)work;
    task->minimizer = minimizer_new(task->count);
    if (m->has_tau)
        task->smaller = minimizer_new(task->count - 1);
    task->block = NEW_ARRAY(double, 13 * n + 3 * n * n + work);
    if (task->minimizer == NULL || task->block == NULL || (m->has_tau && task->smaller == NULL))
        return false;
    task->phi = task->block;
    task->gradient = task->phi + n;
    task->unit = task->gradient + n;
    task->base = task->unit + n;
    task->bend = task->base + n;
    task->x = task->bend + n;
    task->x_gradient = task->x + n;
    task->curvature = task->x_gradient + n;
    task->trial = task->curvature + n;
    task->trial_gradient = task->trial + n;
    task->step = task->trial_gradient + n;
    task->values = task->step + n; /* 2 n */
    task->C = task->values + 2 * n;
    task->hessian = task->C + n * n;
    task->vectors = task->hessian + n * n;
    task->work = task->vectors + n * n;
    task->problem.n = task->count;
    task->problem.evaluate = evaluate;
    task->problem.context = task;
    task->problem.tolerance = options != NULL && options->tolerance > 0 ? options->tolerance / 10 : 1e-9;
    task->problem.limit = EVALUATION_LIMIT;
    task->problem.longest = 10;
    return true;
}

void glm_task_clear(struct glm_task *task)
{
    minimizer_free(task->minimizer);
    minimizer_free(task->smaller);
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
    double value, *phi = task->trial;

    memcpy(phi, task->phi, sizeof(double) * (size_t)task->count);
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
        task->phi[m->p + j] *= factor;
    if (m->has_tau && start != START_ZERO && m->response.family->limit_sign != 0)
        task->phi[task->count - 1] = (start == START_LIMIT ? 6 : 1) * m->response.family->limit_sign;
}

/* The estimates of a fit, with one effect (of all terms' together) taken out of its template but for a trace. */
static void set_start_near(struct glm_task *task, const struct fit *near, int without)
{
    struct glm *m = task->m;
    double *theta = task->phi + m->p;

    glm_from_beta(m, near->beta, task->phi);
    for (int j = 0; j < m->theta_count; j++)
        theta[j] = near->theta[j] * near->sigma;
    if (m->has_tau)
        task->phi[task->count - 1] = fmin(fmax(log(near->dispersion), -6), 6);
    for (int t = 0, first = 0; t < m->term_count; first += m->terms[t++].k)
        for (int b = 0, at = m->terms[t].theta; b < m->terms[t].k; b++)
            for (int a = b; a < (m->terms[t].design->diagonal ? b + 1 : m->terms[t].k); a++, at++)
                if (first + a == without || first + b == without)
                    theta[at] = a == b ? 1e-3 * task->unit[at] : 0;
}

/* Starting values into task->phi. */
static bool set_start(struct glm_task *task, const struct fit_options *options, enum start start, const struct fit *near,
                      int without, struct glmm_error *err)
{
    struct glm *m = task->m;

    if (!glm_start_fixed(m, task->phi, task->progress, err))
        return false;
    task->flat = flat_deviance(task);
    glm_start_random(m, task->phi, task->unit);
    if (near != NULL)
        set_start_near(task, near, without);
    else if (start != START_USUAL)
        set_other_start(task, start);
    if (options != NULL && options->start != NULL)
        memcpy(task->phi + m->p, options->start, sizeof(double) * (size_t)m->theta_count);
    /* Far from the optimum the modes may not exist (M not positive definite, eta outside its domain); with small effects
     * they do. */
    for (int tries = 0; tries < 10 && m->q > 0 && !(glm_value(m, task->phi) < MINIMIZE_BAD); tries++)
        for (int j = 0; j < m->theta_count; j++)
            task->phi[m->p + j] *= 0.3;
    if (m->q > 0 && start != START_ZERO && near == NULL && (options == NULL || options->start == NULL)
        && !glm_start_em(m, task->phi, 3, err))
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
    set_coordinates(task);
    run_minimizer(task);
    task->problem.tolerance = tolerance;
    m->quadrature = quadrature;
    m->known = false;
    return !task->stopped;
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

    task.bound = bound;
    ok = ok && set_start(&task, options, start, near, without, err);
    *flat = task.flat;
    if (ok && method == METHOD_PQL)
        ok = glm_pql(&task, err);
    else if (ok && ((m->quadrature != NULL && !start_from_laplace(&task)) || !glm_optimize(&task)))
        ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task.evaluations);
    if (ok && !task.given_up)
        fit = glm_report(&task, options, m->q == 0 ? METHOD_ML : method, err); /* no integral, no approximation */
    if (fit != NULL && !glm_price_approximation(&task, fit, err)) {
        fit_free(fit);
        fit = NULL;
    }
    if (watch_stopped(&m->watch)) { /* whatever was computed behind it is worth nothing */
        fit_free(fit);
        fit = NULL;
        error_clear(err);
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task.evaluations);
    }
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
        return open || -2 * fit->loglik > flat + 1e-7 || several;
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

    return fit == NULL || isnan(fit->loglik) ? (double)INFINITY : -2 * fit->loglik + (certified ? -LOWER : NEARLY);
}

/* The better of two fits, either NULL; frees the other. */
static struct fit *better_fit(struct fit *a, struct fit *b)
{
    bool second = a == NULL
                  || (b != NULL
                      && (b->loglik > a->loglik + LOWER / 2
                          || (b->loglik > a->loglik - LOWER / 2 && a->optimum.verdict == VERDICT_NOT_CONVERGED
                              && b->optimum.verdict != VERDICT_NOT_CONVERGED)));

    fit_free(second ? a : b);
    return second ? b : a;
}

/* Fits the workspace, whose estimates are finite: from the usual start, and from those that may lead to a better optimum. */
struct fit *glm_fit_finite(struct glm *m, enum fit_method method, const struct fit_options *options,
                           const struct glmm_progress *progress, struct glmm_error *err)
{
    double flat = (double)INFINITY, other_flat;
    bool near;
    struct fit *fit = fit_from(m, START_USUAL, NULL, 0, (double)INFINITY, method, options, &flat, progress, err);

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
        rest = glm_fit_identified(other, method, options, progress, err);
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
    if (!check_varies(m, err) || !recession_find(m, arena, &recession, err)) {
        arena_free(arena);
        return NULL;
    }
    if (recession != NULL)
        return fit_rest(m, method, options, recession, arena, progress, err);
    fit = glm_fit_identified(m, method, options, progress, err);
    arena_free(arena);
    return fit;
}

struct fit *glm_fit(const struct design *design, const struct family *family, const struct link *link,
                    const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct fit_options defaults = { .method = METHOD_LAPLACE };
    double began = seconds_now();
    enum fit_method method;
    struct glm *m;
    struct fit *fit;

    options = options != NULL ? options : &defaults;
    method = options->method == METHOD_DEFAULT || options->method == METHOD_ML ? METHOD_LAPLACE : options->method;
    if (method == METHOD_REML) {
        fail(err, GLMM_E_MODEL, NOWHERE, "REML is defined for linear mixed models only, not for the family %s with the %s link",
             family->name, (link != NULL ? link : family->links[0])->name);
        error_hint(err, "method=laplace");
        return NULL;
    }
    if (!blas_ready(err))
        return NULL;
    if (link == NULL)
        link = family->links[0];
    if (method == METHOD_PQL && family->has_dispersion && !family->weight_divides) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "penalized quasi-likelihood knows a family by its variance function, and that of %s has a parameter of its "
             "own",
             family->name);
        error_hint(err, "method=laplace");
        return NULL;
    }
    m = glm_new(design, family, link, method == METHOD_AGQ ? (options->nodes > 0 ? options->nodes : 7) : 1, err);
    if (m == NULL || !explained_check_link(design, family, link, err)) {
        glm_free(m);
        return NULL;
    }
    fit = fit_model(m, method, options, progress, err);
    if (fit != NULL)
        fit->seconds = seconds_now() - began;
    glm_free(m);
    return fit;
}
