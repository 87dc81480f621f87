/* minimize.c -- BFGS with a line search for the strong Wolfe conditions.
 *
 *   p = -B g;  alpha: f(x + alpha p) <= f + c1 alpha g'p  and  |g(x + alpha p)'p| <= c2 |g'p|
 *   s = alpha p,  y = g_new - g;  B := (I - s y'/y's) B (I - y s'/y's) + s s'/y's
 *
 * Near the minimum, where values differ by rounding only, a step is judged by its slopes alone (Hager & Zhang 2005). */
#include "fit/minimize.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/minimize-newton.h"
#include "linalg/orthonormal.h"

static const double NO_CURVATURE = 1e-14;   /* cosine of a step and the change of slopes, at its rounding: nothing is learnt */
static const double BRACKET_CLOSED = 1e-10; /* of a step's length: no point is left between the ends */

enum { LINE_LIMIT = 30 };
static const double SUFFICIENT = 1e-4, CURVATURE = 0.9; /* Armijo's and Wolfe's shares (Nocedal and Wright 2006, 3.1) */
static const double TRUST = 3.0, STEEP = 0.25;

struct minimizer {
    int n;
    double *inverse; /* B, n x n */
    double *direction, *trial, *trial_gradient, *best, *best_gradient, *change, *product;
    struct newton *newton; /* NULL: not wanted */
};

double objective_at(const struct objective *objective, const double x[], double gradient[], bool *stop)
{
    double value = objective->value(objective->context, x, stop);

    if (gradient == NULL || *stop || !(value < MINIMIZE_BAD))
        return value;
    if (!objective->gradient(objective->context, x, gradient, stop))
        return MINIMIZE_BAD;
    for (int i = 0; objective->held != NULL && i < objective->n; i++)
        if (objective->held[i])
            gradient[i] = 0.0;
    return value;
}

double objective_rounding(const struct objective *objective, double value)
{
    return objective->rounding != NULL ? objective->rounding(objective->context, value) : DBL_EPSILON * fabs(value);
}

struct minimizer *minimizer_new(int n, bool second)
{
    struct minimizer *m = NEW(struct minimizer);
    size_t size = (size_t)(n > 0 ? n : 1);

    if (m == NULL)
        return NULL;
    m->n = n;
    m->inverse = NEW_ARRAY(double, size *size + 7 * size);
    if (second)
        m->newton = newton_new(n);
    if (m->inverse == NULL || (second && m->newton == NULL)) {
        minimizer_free(m);
        return NULL;
    }
    m->direction = m->inverse + size * size;
    m->trial = m->direction + size;
    m->trial_gradient = m->trial + size;
    m->best = m->trial_gradient + size;
    m->best_gradient = m->best + size;
    m->change = m->best_gradient + size;
    m->product = m->change + size;
    return m;
}

void minimizer_free(struct minimizer *m)
{
    if (m == NULL)
        return;
    newton_free(m->newton);
    mem_free(m->inverse);
    mem_free(m);
}

static void copy(int n, double *to, const double *from)
{
    memcpy(to, from, sizeof(double) * (size_t)n);
}

static void reset(struct minimizer *m, const double *curvature)
{
    int n = m->n;

    memset(m->inverse, 0, sizeof(double) * (size_t)n * (size_t)n);
    for (int i = 0; i < n; i++)
        m->inverse[i + i * n] = curvature == NULL ? 1.0 : 1.0 / curvature[i];
}

/* p = -B g; returns g'p. */
static double set_direction(struct minimizer *m, const double *gradient)
{
    int n = m->n;

    for (int i = 0; i < n; i++)
        m->direction[i] = -dot_product((size_t)n, m->inverse + i * n, gradient);
    return dot_product((size_t)n, gradient, m->direction);
}

/* B for the step s = change and the difference y of gradients; skipped where the curvature is not positive. */
static void update(struct minimizer *m, const double *y)
{
    int n = m->n;
    const double *s = m->change;
    double *By = m->product, sy = dot_product((size_t)n, s, y), scale;

    if (!(sy > NO_CURVATURE * sqrt(dot_product((size_t)n, s, s) * dot_product((size_t)n, y, y))))
        return;
    for (int i = 0; i < n; i++)
        By[i] = dot_product((size_t)n, m->inverse + i * n, y);
    scale = 1.0 + dot_product((size_t)n, y, By) / sy;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            m->inverse[i + j * n] += (scale * s[i] * s[j] - By[i] * s[j] - s[i] * By[j]) / sy;
}

/* The first step corrects the diagonal that was guessed, each entry by the curvature met along its coordinate, within TRUST of
 * the guess. */
static void rescale(struct minimizer *m, const double *curvature, const double *y)
{
    for (int i = 0; i < m->n; i++) {
        double met = y[i] / m->change[i];

        if (met > curvature[i] / TRUST && met < curvature[i] * TRUST)
            m->inverse[i + i * m->n] = 1.0 / met;
    }
}

/* The longest alpha that moves no coordinate by more than `longest`, at most 16 quasi-Newton steps. */
static double longest_step(const struct minimizer *m, double longest)
{
    double largest = 0.0;

    for (int i = 0; i < m->n; i++)
        largest = fmax(largest, fabs(m->direction[i]));
    return fmin(16.0, longest / largest);
}

/* The minimizer of the cubic through two values and slopes, kept well inside the bracket. */
static double interpolate(double a, double fa, double da, double b, double fb, double db)
{
    double d1 = da + db - 3.0 * (fa - fb) / (a - b), square = d1 * d1 - da * db, d2, t, low = fmin(a, b), width = fabs(b - a);

    t = 0.5 * (a + b);
    if (square >= 0.0 && isfinite(square)) {
        d2 = copysign(sqrt(square), b - a);
        t = b - (b - a) * (db + d2 - d1) / (db - da + 2.0 * d2);
    }
    if (!isfinite(t) || t < low + 0.1 * width || t > low + 0.9 * width)
        t = 0.5 * (a + b);
    return t;
}

struct line {
    double f0, slope0, noise;
};

static bool low_enough(const struct line *line, double alpha, double f, double slope)
{
    return f <= line->f0 + SUFFICIENT * alpha * line->slope0
           || (f <= line->f0 + line->noise && slope <= (2.0 * SUFFICIENT - 1.0) * line->slope0);
}

static void step_to(struct minimizer *m, const double *x, double alpha)
{
    for (int j = 0; j < m->n; j++)
        m->trial[j] = x[j] + alpha * m->direction[j];
}

/* Searches along the direction from x; on success trial and trial_gradient hold the new point and *value its value.
 * Returns alpha, or 0 when no acceptable step was found. */
static double search(struct minimizer *m, const struct minimize_problem *problem, const double *x, double f0, double slope0,
                     double *value, struct minimize_report *report, bool *stop)
{
    struct line line = { f0, slope0, 64.0 * objective_rounding(&problem->objective, f0) };
    double most = longest_step(m, problem->longest > 0.0 ? problem->longest : 4.0), alpha = fmin(1.0, most);
    double low = 0.0, f_low = f0, slope_low = slope0, high = 0.0, f_high = 0.0, slope_high = 0.0, f, slope;
    bool bracketed = false;

    for (int i = 0; i < LINE_LIMIT && report->evaluations < problem->limit; i++) {
        step_to(m, x, alpha);
        f = objective_at(&problem->objective, m->trial, NULL, stop);
        report->evaluations++;
        if (!*stop && f < MINIMIZE_BAD && (f <= f0 + line.noise || bracketed))
            f = objective_at(&problem->objective, m->trial, m->trial_gradient, stop);
        else if (!*stop && f < MINIMIZE_BAD) { /* too far: between low and here, by the parabola through two values and a slope */
            double width = alpha - low, t = -0.5 * slope_low * width * width / (f - f_low - slope_low * width);

            most = alpha;
            alpha = low + fmax(0.1 * width, fmin(0.5 * width, t));
            continue;
        }
        if (*stop)
            return 0.0;
        if (!(f < MINIMIZE_BAD)) { /* outside the domain: come back */
            report->fenced = true;
            high = alpha;
            bracketed = false;
            alpha = low + 0.25 * (alpha - low);
            most = high;
            continue;
        }
        slope = dot_product((size_t)m->n, m->trial_gradient, m->direction);
        if (!low_enough(&line, alpha, f, slope) || (low > 0.0 && f > f_low + line.noise)) {
            high = alpha, f_high = f, slope_high = slope;
            bracketed = true;
        } else if (fabs(slope) <= CURVATURE * fabs(slope0)) {
            *value = f;
            return alpha;
        } else if (slope > 0.0) {
            high = low, f_high = f_low, slope_high = slope_low;
            low = alpha, f_low = f, slope_low = slope;
            bracketed = true;
        } else {
            if (bracketed && slope * (high - alpha) >= 0.0)
                high = low, f_high = f_low, slope_high = slope_low;
            low = alpha, f_low = f, slope_low = slope;
            if (!bracketed && alpha >= most) { /* the longest step still goes down: take it */
                *value = f;
                return alpha;
            }
        }
        if (bracketed && fabs(high - low) <= BRACKET_CLOSED * fmax(alpha, BRACKET_CLOSED))
            break;
        alpha = bracketed ? interpolate(low, f_low, slope_low, high, f_high, slope_high) : fmin(2.0 * alpha, most);
    }
    if (!(low > 0.0 && f_low < f0))
        return 0.0;
    step_to(m, x, low); /* the best point met: lower, if not flat enough */
    *value = objective_at(&problem->objective, m->trial, m->trial_gradient, stop);
    report->evaluations++;
    return *stop ? 0.0 : low;
}

struct minimize_report minimize(struct minimizer *m, const struct minimize_problem *problem, const double curvature[], double x[],
                                double gradient[])
{
    struct minimize_report report = { .end = MINIMIZE_LIMIT };
    int n = m->n;
    bool stop = false, fresh = !problem->warm, settled = false;
    double slope, alpha, f = objective_at(&problem->objective, x, gradient, &stop), f_new = f, before = HUGE_VAL;

    report.evaluations = 1;
    if (!problem->warm)
        reset(m, curvature);
    while (!stop && f < MINIMIZE_BAD && report.evaluations < problem->limit) {
        slope = set_direction(m, gradient);
        if (!(slope < 0.0) && !fresh) {
            reset(m, curvature);
            fresh = true;
            slope = set_direction(m, gradient);
        }
        report.gain = -0.5 * slope;
        settled = !(report.gain > fmax(problem->tolerance, 16.0 * objective_rounding(&problem->objective, f)));
        if (settled && !(problem->by_slopes && report.gain > problem->tolerance && report.gain < STEEP * before)) {
            report.end = MINIMIZE_CONVERGED;
            break;
        }
        if (problem->is_known != NULL && problem->is_known(problem->objective.context, x, f, report.gain)) {
            report.end = MINIMIZE_KNOWN;
            break;
        }
        before = report.gain;
        report.fenced = false;
        alpha = search(m, problem, x, f, slope, &f_new, &report, &stop);
        if (stop)
            break;
        if (!(alpha > 0.0)) {
            if (fresh || settled) {
                report.end = settled ? MINIMIZE_CONVERGED : MINIMIZE_STALLED;
                break;
            }
            reset(m, curvature);
            fresh = true;
            continue;
        }
        for (int i = 0; i < n; i++) {
            m->change[i] = m->trial[i] - x[i];
            m->best_gradient[i] = m->trial_gradient[i] - gradient[i];
        }
        if (report.iterations == 0 && problem->diagonal && curvature != NULL)
            rescale(m, curvature, m->best_gradient);
        update(m, m->best_gradient);
        copy(n, x, m->trial);
        copy(n, gradient, m->trial_gradient);
        f = f_new;
        fresh = false;
        report.iterations++;
    }
    if (stop)
        report.end = MINIMIZE_STOPPED;
    report.value = f;
    return report;
}

struct minimize_report minimize_newton(struct minimizer *m, const struct minimize_problem *problem, double x[], double gradient[])
{
    return newton_minimize(m->newton, problem, x, gradient);
}

bool minimize_hessian(struct minimizer *m, const struct minimize_problem *problem, const double x[], const double gradient[],
                      double step, double hessian[], int *evaluations)
{
    int n = m->n;
    bool stop = false;

    for (int j = 0; j < n; j++) {
        double h = step * fmax(1.0, fabs(x[j])), f;
        const double *behind = gradient;
        double width = h;

        memset(hessian + (size_t)j * (size_t)n, 0, sizeof(double) * (size_t)n);
        if (problem->objective.held != NULL && problem->objective.held[j])
            continue;
        copy(n, m->trial, x);
        m->trial[j] = x[j] + h;
        f = objective_at(&problem->objective, m->trial, m->trial_gradient, &stop);
        ++*evaluations;
        if (stop || !(f < MINIMIZE_BAD))
            return false;
        if (gradient == NULL) {
            m->trial[j] = x[j] - h;
            f = objective_at(&problem->objective, m->trial, m->best_gradient, &stop);
            ++*evaluations;
            if (stop || !(f < MINIMIZE_BAD))
                return false;
            behind = m->best_gradient;
            width = 2.0 * h;
        }
        for (int i = 0; i < n; i++)
            hessian[i + j * n] = (m->trial_gradient[i] - behind[i]) / width;
    }
    for (int j = 0; j < n; j++)
        for (int i = 0; i < j; i++)
            hessian[i + j * n] = hessian[j + i * n] = 0.5 * (hessian[i + j * n] + hessian[j + i * n]);
    return true;
}
