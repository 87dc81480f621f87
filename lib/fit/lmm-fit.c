/* lmm-fit.c -- fits a linear mixed model: minimizes, certifies the optimum, and reads off the estimates.
 *
 *   1. quasi-Newton from variances by moments;
 *   2. the Hessian H from differences of the exact gradient, and Newton steps with it;
 *   3. a direction of negative curvature means a saddle (theta = 0 is always stationary): leave it, and minimize again;
 *   4. a template that is singular to within noise is made exactly singular where the deviance does not rise;
 *   5. what is left to gain, g'H^-1 g / 2, must be below the tolerance;
 *   6. an optimum on the boundary may be one of several: start again from theta = 1, and keep the lower; a small model of several
 *      effects is sought from each effect alone, and from each one gone, too. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "fit/minimize.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

enum { RESTARTS = 4, EVALUATION_LIMIT = 400, CHEAP_LIMIT = 400, NEWTON_LIMIT = 5 };
enum { MOST_EFFECTS = 6, MOST_ROWS = 128 };       /* of a model that is sought from more places */
static const double PRESENT = 2.0, ABSENT = 0.02; /* entries of the inner templates in such a place */
static const double STEP_FOUR = 1e-3, STEP_TWO = 5e-5, FLAT = 1e-8, SINGULAR = 1e-4, NEGLIGIBLE = 1e-19, LOWER = 1e-6,
                    MOVED = 1e-15, TIGHTER = 1e-5;

/* What the minimizer calls: the deviance in the free parameters phi, x = scale sinh(phi) on the diagonals of the templates.  That
 * is logarithmic for effects worth speaking of, where the deviance is nearly quadratic in the logarithm, and linear through 0.
 * The entries below a diagonal x grow with it, x' = phi' sqrt(1 + (x / 2)^2). */
static const double BEND = LMM_BEND;

static double evaluate(void *context, const double x[], double gradient[], bool *stop)
{
    struct lmm_task *task = context;
    struct lmm *m = task->m;
    size_t bytes = sizeof(double) * (size_t)m->theta_count;
    bool same = task->known && memcmp(task->last, x, bytes) == 0;

    if (!same) {
        task->evaluations++;
        memcpy(task->last, x, bytes);
        task->last_value = lmm_value(m, x);
        task->known = true;
        task->known_gradient = false;
        task->watch.done = task->evaluations;
        task->watch.value = task->last_value;
        if (watch_stops(&task->watch))
            *stop = true;
    }
    if (gradient == NULL || *stop || !(task->last_value < MINIMIZE_BAD))
        return task->last_value;
    if (!task->known_gradient && (!lmm_slopes(m) || watch_stopped(&task->watch))) {
        *stop = *stop || watch_stopped(&task->watch);
        task->last_value = MINIMIZE_BAD;
        return MINIMIZE_BAD;
    }
    task->known_gradient = true;
    for (int i = 0; i < m->theta_count; i++)
        gradient[i] = m->logdet_gradient[i] + m->degrees / m->rss * m->rss_gradient[i];
    return task->last_value;
}

/* The diagonal comes first in each column. */
static void from_bent(struct lmm_task *task, const double phi[], double x[])
{
    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];
        double scale = 1.0;

        FOR_FREE_ENTRIES(term, a, b, i)
        {
            x[i] = a == b ? BEND * sinh(phi[i]) : phi[i] * scale;
            if (a == b)
                scale = lmm_column_scale(x[i]);
        }
    }
}

static void to_bent(struct lmm_task *task, const double x[], double phi[])
{
    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];
        double scale = 1.0;

        FOR_FREE_ENTRIES(term, a, b, i)
        {
            phi[i] = a == b ? asinh(x[i] / BEND) : x[i] / scale;
            if (a == b)
                scale = lmm_column_scale(x[i]);
        }
    }
}

/* From the gradient in x to that in phi: with s the scale of a column and x its diagonal, ds/dx = x / (4 s). */
static void bend_gradient(struct lmm_task *task, double gradient[])
{
    const double *x = task->unbent;

    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];
        double scale = 1.0;
        int diagonal = term->first;

        FOR_FREE_ENTRIES(term, a, b, i)
        if (a == b) {
            diagonal = i;
            scale = lmm_column_scale(x[i]);
        } else {
            gradient[diagonal] += 0.25 * gradient[i] * x[i] * x[diagonal] / (scale * scale);
            gradient[i] *= scale;
        }
        FOR_FREE_ENTRIES(term, a, b, i)
        if (a == b)
            gradient[i] *= hypot(x[i], BEND);
    }
}

static double evaluate_bent(void *context, const double phi[], double gradient[], bool *stop)
{
    struct lmm_task *task = context;
    double deviance;

    from_bent(task, phi, task->unbent);
    deviance = evaluate(task, task->unbent, gradient, stop);
    if (gradient != NULL && deviance < MINIMIZE_BAD)
        bend_gradient(task, gradient);
    return deviance;
}

/* What rounding makes of the deviance: r^2 is what is left of y'y, which is n in the inner units; or a sum of squares of
 * residuals that are left of y. */
static double rounding(void *context, double deviance)
{
    const struct lmm *m = ((const struct lmm_task *)context)->m;
    double left = (double)m->n / m->rss;

    return DBL_EPSILON * fmax(fabs(deviance), m->degrees * (m->by_rows ? sqrt(left) : left));
}

static bool task_init(struct lmm_task *task, struct lmm *m, const struct fit_options *options,
                      const struct glmm_progress *progress)
{
    size_t q = (size_t)m->theta_count, p = (size_t)m->p, r = q + 1;
    double *block;

    memset(task, 0, sizeof *task);
    task->m = m;
    watch_init(&task->watch, progress, "evaluation");
    blocks_watch(m->blocks, &task->watch);
    task->work_size = (int)(34 * (q + 1));
    task->minimizer = minimizer_new(m->theta_count);
    task->block_size = 11 * q + 3 * q * q + (size_t)task->work_size + (q + 1) * p * p + r * r + 2 * q + 1;
    block = NEW_ARRAY(double, task->block_size);
    task->x = block;
    if (task->minimizer == NULL || block == NULL)
        return false;
    task->gradient = task->x + q;
    task->curvature = task->gradient + q;
    task->eigenvalues = task->curvature + q;
    task->step = task->eigenvalues + q;
    task->trial = task->step + q;
    task->trial_gradient = task->trial + q;
    task->last = task->trial_gradient + q;
    task->unbent = task->last + q;
    task->phi = task->unbent + q;
    task->unit = task->phi + q;
    task->hessian = task->unit + q;
    task->eigenvectors = task->hessian + q * q;
    task->T = task->eigenvectors + q * q;
    task->work = task->T + q * q;
    task->slopes = task->work + task->work_size;
    task->joint = task->slopes + q * p * p;
    task->spare = task->joint + r * r;
    task->problem.n = m->theta_count;
    task->problem.evaluate = evaluate_bent;
    task->problem.context = task;
    task->problem.tolerance = NEGLIGIBLE; /* so that differences are taken at the optimum */
    if (options != NULL && options->tolerance > 0.0)
        task->problem.tolerance = options->tolerance * TIGHTER;
    task->problem.rounding = rounding;
    task->cheap = blocks_tail_size(m->blocks) + m->p <= CHEAP_LIMIT;
    task->problem.by_slopes = task->cheap;
    task->problem.limit = EVALUATION_LIMIT;
    task->problem.longest = 2.0;
    task->problem.diagonal = true;
    return true;
}

static void task_clear(struct lmm_task *task)
{
    minimizer_free(task->minimizer);
    mem_free(task->x);
}

static void run_minimizer(struct lmm_task *task)
{
    struct minimize_report report;

    to_bent(task, task->x, task->phi);
    report = minimize(task->minimizer, &task->problem, task->curvature, task->phi, task->gradient);
    from_bent(task, task->phi, task->x);
    task->iterations += report.iterations;
    task->deviance = report.value;
    task->stopped = report.end == MINIMIZE_STOPPED;
    task->stalled = report.end == MINIMIZE_STALLED || report.end == MINIMIZE_LIMIT;
}

/* --- the Hessian ---------------------------------------------------------------------------------- */

/* The directions T (theta_count columns) in which derivatives are taken, each in its natural size: that of a diagonal entry by
 * itself, of an entry (a, b) by its row's, but no less than what the rows of a level can tell from 0.  A diagonal entry takes the
 * column below with it: where that is long, its direction is known far better than its length. */
static void set_directions(struct lmm_task *task)
{
    const struct lmm *m = task->m;
    size_t q = (size_t)m->theta_count;

    memset(task->T, 0, sizeof(double) * q * q);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double least = (double)term->levels / (double)m->n, share = 0.0, size = 0.0;
        size_t diagonal = 0;

        FOR_FREE_ENTRIES(term, a, b, i)
        {
            double row = lmm_diagonal(term, task->x, a);

            if (a == b) {
                diagonal = (size_t)i;
                size = sqrt(least + row * row);
                share = row / (least + row * row);
            } else
                task->T[(size_t)i + diagonal * q] = size * share * task->x[i];
            task->T[(size_t)i + (size_t)i * q] = sqrt(least + row * row);
        }
    }
}

/* out := T'g. */
static void to_directions(const struct lmm_task *task, const double g[], double out[])
{
    int q = task->m->theta_count;

    for (int j = 0; j < q; j++) {
        out[j] = 0.0;
        for (int i = 0; i < q; i++)
            out[j] += task->T[i + j * q] * g[i];
    }
}

/* At h along T_j: column j of the joint Hessian, and the slope of (X'V^-1 X)^-1, get `factor` times what is there. */
static bool add_slopes(struct lmm_task *task, int j, double h, double factor)
{
    struct lmm *m = task->m;
    int q = m->theta_count;
    size_t pp = (size_t)m->p * (size_t)m->p;
    double *C = task->spare, *parts = C + pp, *slope = task->slopes + (size_t)j * pp;
    bool stop = false;

    for (int i = 0; i < q; i++)
        task->trial[i] = task->x[i] + h * task->T[i + j * q];
    if (!(evaluate(task, task->trial, task->trial_gradient, &stop) < MINIMIZE_BAD) || stop) {
        task->stopped = task->stopped || stop;
        return false;
    }
    for (int i = 0; i < q; i++)
        parts[i] = m->logdet_gradient[i] + m->rss_gradient[i] / task->sigma2;
    to_directions(task, parts, parts + q);
    for (int i = 0; i < q; i++)
        task->joint[i + j * (q + 1)] += factor * parts[q + i];
    lmm_fixed_inverse(m, C);
    for (size_t i = 0; i < pp; i++)
        slope[i] += factor * C[i];
    return true;
}

/* The joint Hessian and the slopes by differences: with four points where they are cheap, exact to the fourth order; with two
 * where the tail is large, and so far apart that rounding changes no digit that is shown. */
static bool set_differences(struct lmm_task *task)
{
    int q = task->m->theta_count;
    size_t pp = (size_t)task->m->p * (size_t)task->m->p;
    bool ok = true;
    double h = STEP_FOUR, wide = STEP_TWO;

    memset(task->slopes, 0, sizeof(double) * (size_t)q * pp);
    for (int j = 0; ok && j < q; j++) {
        memset(task->joint + (size_t)j * (size_t)(q + 1), 0, sizeof(double) * (size_t)q);
        if (task->cheap)
            ok = add_slopes(task, j, h, 2.0 / (3.0 * h)) && add_slopes(task, j, -h, -2.0 / (3.0 * h))
                 && add_slopes(task, j, 2.0 * h, -1.0 / (12.0 * h)) && add_slopes(task, j, -2.0 * h, 1.0 / (12.0 * h));
        else
            ok = add_slopes(task, j, wide, 0.5 / wide) && add_slopes(task, j, -wide, -0.5 / wide);
    }
    return ok;
}

/* The Hessian of the profiled deviance from the joint one, in units that make its diagonal 1; where it is flat, beside the most
 * that so many levels could tell of a parameter, it stays below. */
static bool set_profile(struct lmm_task *task)
{
    const struct lmm *m = task->m;
    int q = m->theta_count, r = q + 1;
    const double *J = task->joint;

    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            task->hessian[i + j * q] = J[i + j * r] - J[q + i * r] * J[q + j * r] / J[q + q * r];
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES(&m->terms[t], a, b, i)
    task->unit[i] = 1.0 / sqrt(fmax(fabs(task->hessian[i + i * q]), FLAT * m->terms[t].levels));
    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            task->hessian[i + j * q] *= task->unit[i] * task->unit[j];
    memcpy(task->eigenvectors, task->hessian, sizeof(double) * (size_t)q * (size_t)q);
    return symmetric_eigen(q, task->eigenvectors, task->eigenvalues, task->work, task->work_size);
}

/* The joint Hessian in (T, sigma) and the slopes of (X'V^-1 X)^-1, from differences of the gradient's two parts; then the
 * profiled one.
 *   deviance(x, sigma) = logdet(x) + nu log sigma^2 + r^2(x) / sigma^2,  sigma^2 = r^2 / nu at the optimum. */
static bool set_hessian(struct lmm_task *task)
{
    struct lmm *m = task->m;
    int q = m->theta_count, r = q + 1;
    double *J = task->joint;
    bool ok, stop = false;

    task->deviance = evaluate(task, task->x, task->gradient, &stop);
    ok = task->deviance < MINIMIZE_BAD && !stop;
    task->sigma2 = m->rss / m->degrees;
    set_directions(task);
    to_directions(task, m->rss_gradient, task->step);
    for (int j = 0; j < q; j++)
        J[q + j * r] = J[j + q * r] = -2.0 * task->step[j] / (task->sigma2 * sqrt(task->sigma2));
    J[q + q * r] = 4.0 * m->degrees / task->sigma2;
    ok = ok && set_differences(task);
    for (int j = 0; j < q; j++)
        for (int i = 0; i < j; i++)
            J[i + j * r] = J[j + i * r] = 0.5 * (J[i + j * r] + J[j + i * r]);
    ok = ok && set_profile(task);
    task->stopped = task->stopped || stop;
    task->have_hessian = ok;
    return ok;
}

/* out := T times the eigenvector, in x. */
static void eigen_direction(const struct lmm_task *task, int eigenvector, double out[])
{
    int q = task->m->theta_count;
    const double *v = task->eigenvectors + (size_t)eigenvector * (size_t)q;

    for (int i = 0; i < q; i++) {
        out[i] = 0.0;
        for (int j = 0; j < q; j++)
            out[i] += task->T[i + j * q] * task->unit[j] * v[j];
    }
}

static double largest_eigenvalue(const struct lmm_task *task)
{
    int q = task->m->theta_count;

    return q == 0 ? 0.0 : fmax(fabs(task->eigenvalues[0]), fabs(task->eigenvalues[q - 1]));
}

/* What is left to gain: sum over eigenvectors of (g'v)^2 / (2 e); flat directions count with a floor.  *step = -H^-1 g. */
static double set_step(struct lmm_task *task, const double *gradient)
{
    int q = task->m->theta_count;
    double gain = 0.0, floor = 1e-7 * largest_eigenvalue(task), *v = task->unbent;

    memset(task->step, 0, sizeof(double) * (size_t)q);
    for (int j = 0; j < q; j++) {
        double along = 0.0, e = fmax(fabs(task->eigenvalues[j]), floor);

        eigen_direction(task, j, v);
        for (int i = 0; i < q; i++)
            along += v[i] * gradient[i];
        if (!(e > 0.0))
            continue;
        gain += 0.5 * along * along / e;
        for (int i = 0; i < q && fabs(task->eigenvalues[j]) > floor; i++)
            task->step[i] -= along / e * v[i];
    }
    return gain;
}

/* Newton steps with the one Hessian, each kept when the deviance does not rise beyond rounding and less is left to gain. */
static void polish(struct lmm_task *task)
{
    int q = task->m->theta_count;
    double noise = 16.0 * rounding(task, task->deviance), deviance, gain;
    bool stop = false;

    task->gain = set_step(task, task->gradient);
    for (int i = 0; i < NEWTON_LIMIT && task->gain > NEGLIGIBLE && task->gain < 1.0; i++) {
        for (int j = 0; j < q; j++)
            task->trial[j] = task->x[j] + task->step[j];
        deviance = evaluate(task, task->trial, task->trial_gradient, &stop);
        task->stopped = task->stopped || stop;
        if (stop || !(deviance <= task->deviance + noise))
            return;
        gain = set_step(task, task->trial_gradient);
        if (!(gain < task->gain))
            return;
        memcpy(task->x, task->trial, sizeof(double) * (size_t)q);
        memcpy(task->gradient, task->trial_gradient, sizeof(double) * (size_t)q);
        task->deviance = deviance;
        task->gain = gain;
    }
}

/* Leaves a saddle along the eigenvector of the smallest eigenvalue; false when there is none. */
static bool leave_saddle(struct lmm_task *task)
{
    int q = task->m->theta_count;
    double deviance, here = task->deviance, most = 0.0;
    bool stop = false;

    if (q == 0 || !(task->eigenvalues[0] < -1e-5 * largest_eigenvalue(task)))
        return false;
    eigen_direction(task, 0, task->step);
    for (int i = 0; i < q; i++)
        most = fmax(most, fabs(task->step[i]) / fmax(1.0, fabs(task->x[i])));
    for (double length = 0.5; length > 1e-3; length /= 2.0)
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int i = 0; i < q; i++)
                task->trial[i] = task->x[i] + sign * length / most * task->step[i];
            deviance = evaluate(task, task->trial, task->trial_gradient, &stop);
            if (!stop && deviance < here) {
                memcpy(task->x, task->trial, sizeof(double) * (size_t)q);
                return true;
            }
        }
    return false;
}

/* The template of a term with its smallest singular values set to 0, as a lower triangle again: U S V' -> L of (U S)(U S)'.
 * Returns the number of singular values below the bound, and writes the entries to x. */
static int make_singular(const struct lmm_term *term, const double *lambda, double x[])
{
    enum { MOST = 32 };
    int k = term->k, zero = 0, info = 0, work_size = 64 * MOST;
    double a[MOST * MOST], u[MOST * MOST], s[MOST], tau[MOST], work[64 * MOST], none = 0.0;
    int one = 1, i = term->first;

    if (term->diagonal) {
        for (int b = 0; b < k; b++, i++) {
            x[i] = lambda[b + b * k];
            if (fabs(x[i]) < SINGULAR) {
                x[i] = 0.0;
                zero++;
            }
        }
        return zero;
    }
    if (k > MOST)
        return 0;
    memcpy(a, lambda, sizeof(double) * (size_t)(k * k));
    dgesvd_("A", "N", &k, &k, a, &k, s, u, &k, &none, &one, work, &work_size, &info, 1, 1);
    if (info != 0)
        return 0;
    for (int j = 0; j < k; j++) {
        if (s[j] < SINGULAR) {
            s[j] = 0.0;
            zero++;
        }
        for (int r = 0; r < k; r++)
            u[r + j * k] *= s[j];
    }
    if (zero == 0)
        return 0;
    dgelqf_(&k, &k, u, &k, tau, work, &work_size, &info);
    for (int b = 0; b < k; b++)
        for (int r = b; r < k; r++, i++)
            x[i] = (u[b + b * k] < 0.0 ? -1.0 : 1.0) * u[r + b * k];
    return zero;
}

/* Makes nearly singular templates exactly so, where the deviance does not rise; non-negative diagonals in any case. */
static void settle_boundary(struct lmm_task *task)
{
    struct lmm *m = task->m;
    int q = m->theta_count, zero = 0;
    double deviance, noise = fmax(1e-9, 64.0 * rounding(task, task->deviance));
    bool stop = false;

    for (int t = 0; t < m->term_count; t++) { /* the signs of columns are free */
        const struct lmm_term *term = &m->terms[t];
        int i = term->first;

        for (int b = 0; b < term->k; b++) {
            int rows = term->diagonal ? 1 : term->k - b;

            for (int a = 0; a < rows && task->x[i] < 0.0; a++) {
                if (a > 0)
                    task->x[i + a] = -task->x[i + a];
                task->gradient[i + a] = -task->gradient[i + a];
            }
            task->x[i] = fabs(task->x[i]);
            i += rows;
        }
    }
    memcpy(task->trial, task->x, sizeof(double) * (size_t)q);
    lmm_set_templates(m, task->x);
    for (int t = 0; t < m->term_count; t++)
        zero += make_singular(&m->terms[t], m->terms[t].lambda, task->trial);
    if (zero == 0)
        return;
    deviance = evaluate(task, task->trial, task->trial_gradient, &stop);
    if (!(deviance <= task->deviance + noise))
        return;
    memcpy(task->x, task->trial, sizeof(double) * (size_t)q);
    memcpy(task->gradient, task->trial_gradient, sizeof(double) * (size_t)q);
    task->deviance = deviance;
    task->singular = true;
}

/* Steps 1 to 4 above, from x.  Where Newton's steps lead away from where the Hessian was taken, it is taken again. */
static void descend(struct lmm_task *task)
{
    double before;

    task->singular = false;
    for (int attempt = 0; attempt < RESTARTS; attempt++) {
        run_minimizer(task);
        if (task->stopped || !set_hessian(task) || task->stopped)
            break;
        before = set_step(task, task->gradient);
        polish(task);
        if (task->stopped || (task->cheap && before > MOVED && (!set_hessian(task) || task->stopped)))
            break;
        if (task->stopped || !leave_saddle(task))
            break;
    }
    if (!task->stopped)
        settle_boundary(task);
}

/* Where one descent may have missed the optimum, x is put for another: false where there is no such place.  The first place is
 * theta = 1.  The others, of a model of several effects that is cheap, are where modes of their own lie: each effect alone, and
 * each one gone (or there, where the optimum has it at 0) beside the others as they are. */
static bool set_place(struct lmm_task *task, int place, const double best[])
{
    const struct lmm *m = task->m;
    int effect = 0, wanted = (place - 1) / 2;
    bool alone = place % 2 == 1, found = place == 0;

    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];

        FOR_FREE_ENTRIES(term, a, b, i)
        {
            bool chosen = a == b && place > 0 && effect++ == wanted;

            if (place == 0)
                task->x[i] = a == b ? 1.0 : 0.0;
            else if (alone)
                task->x[i] = chosen ? PRESENT : a == b ? ABSENT : 0.0;
            else
                task->x[i] = !chosen ? best[i] : fabs(best[i]) > PRESENT / 4 ? ABSENT : PRESENT;
            found = found || chosen;
        }
    }
    return found;
}

static bool is_worth_more_places(const struct lmm_task *task)
{
    int effects = 0;

    for (int t = 0; t < task->m->term_count; t++)
        effects += task->m->terms[t].k;
    return task->cheap && effects > 1 && effects <= MOST_EFFECTS && task->m->n <= MOST_ROWS;
}

/* Step 6: what was found is kept as a whole, with its Hessian, while a descent from elsewhere works.  `place` 0 is a whole
 * descent; the others go on only where the minimizer ends lower.  False when there is no such place, or memory is out. */
static bool descend_again(struct lmm_task *task, int place)
{
    struct lmm_task first = *task;
    double *kept = mem_alloc(task->block_size, sizeof(double));

    if (kept == NULL) {
        task->out_of_memory = true;
        return false;
    }
    memcpy(kept, task->x, sizeof(double) * task->block_size);
    if (!set_place(task, place, kept)) {
        memcpy(task->x, kept, sizeof(double) * task->block_size);
        mem_free(kept);
        return false;
    }
    if (place > 0)
        run_minimizer(task);
    if (!task->stopped && (place == 0 || task->deviance < first.deviance - LOWER))
        descend(task);
    if (!task->stopped && !(task->deviance < first.deviance - LOWER)) {
        memcpy(task->x, kept, sizeof(double) * task->block_size);
        task->deviance = first.deviance;
        task->gain = first.gain;
        task->have_hessian = first.have_hessian;
        task->stalled = first.stalled;
        task->singular = first.singular;
        task->known = false; /* what the model holds is not of `last` */
    }
    mem_free(kept);
    return true;
}

/* Steps 1 to 6.  False when the caller stopped it, or memory is out. */
static bool optimize(struct lmm_task *task)
{
    bool stop = false;

    descend(task);
    if (!task->stopped && (task->singular || task->gain > task->problem.tolerance / TIGHTER))
        descend_again(task, 0);
    if (is_worth_more_places(task))
        for (int place = 1; !task->stopped && descend_again(task, place); place++)
            continue;
    if (task->out_of_memory)
        return false;
    if (task->m->out_of_memory) {
        task->out_of_memory = true;
        return false;
    }
    if (task->stopped)
        return false;
    task->deviance = evaluate(task, task->x, task->gradient, &stop); /* so that factor and inverse are those of the estimates */
    if (task->have_hessian)
        task->gain = set_step(task, task->gradient);
    return !watch_stopped(&task->watch);
}

static bool fail_stopped(const struct lmm_task *task, struct glmm_error *err)
{
    return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task->evaluations);
}

struct fit *lmm_fit_whole(struct lmm *m, const struct fit_options *options, const struct glmm_progress *progress,
                          struct glmm_error *err)
{
    struct lmm_task task;
    struct fit *fit = NULL;

    if (!task_init(&task, m, options, progress) || !lmm_set_start(&task, options))
        fail_memory(err);
    else if (!optimize(&task)) {
        if (task.out_of_memory)
            fail_memory(err);
        else
            fail_stopped(&task, err);
    } else if ((fit = lmm_result(&task, options == NULL || !(options->tolerance > 0.0) ? 1e-8 : options->tolerance)) == NULL)
        fail_memory(err);
    else if (watch_stopped(&task.watch)) {
        fail_stopped(&task, err);
        fit_free(fit);
        fit = NULL;
    }
    task_clear(&task);
    lmm_free(m);
    return fit;
}
