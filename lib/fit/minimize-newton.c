/* minimize-newton.c -- Newton's method with a trust region, in the eigenvectors of the Hessian.
 *
 *   scaled by the natural sizes D:  g := D g,  H := D H D = V E V'
 *   p(mu) = -V (E + mu)^-1 V'g with the least mu >= 0 that makes E + mu positive and |p| <= radius
 *   x := x + D p where the function falls about as g'p + p'Hp/2 says; otherwise the radius shrinks
 *
 * A direction of negative curvature along which there is no slope (a column of a template that is 0 is always such a place) is
 * left by a step of the whole radius.  Toward a minimum at such a place the function goes as the fourth power of what is left, of
 * which a step takes a third: the place itself is tried (`land`), and kept where it is lower.
 *
 * Near the minimum, where values differ by rounding only, a step is kept while it leaves less to gain. */
#include "fit/minimize-newton.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/dense.h"

static const double FIRST_DAMPING = 1e-3; /* beside the largest eigenvalue: where the search for a damping begins */
static const double DAMPING_FOUND = 1e-4; /* relative: a step whose length is the radius's to so many digits */
static const double NO_STEP = 1e-9;       /* of the natural size: no shorter step is tried */

static const double FIRST_RADIUS = 3.0, LARGEST_RADIUS = 4.0; /* at most the root of n; times that */
static const double ACCEPTED = 0.05, POOR = 0.25, GOOD = 0.75, STEEP = 0.25;
static const double SADDLE = 1e-5, FLAT = 1e-12; /* beside the largest eigenvalue */
/* A landing is tried where so much is left to gain: the right region was found; the next where a share of that is.  A step that
 * left a smaller share of the gain than SLOW was none of a fourth power, which leaves 16/81. */
static const double LANDING_GAIN = 2.0, LANDING_AGAIN = 0.1, LANDING_SLOW = 0.05;

struct newton {
    int n, work_size;
    double *vectors, *values; /* of the scaled Hessian */
    double *along;            /* V'g */
    double *size, *step, *trial, *trial_gradient, *hessian, *work;
};

struct newton *newton_new(int n)
{
    struct newton *w = NEW(struct newton);
    size_t size = (size_t)(n > 0 ? n : 1);

    if (w == NULL)
        return NULL;
    w->n = n;
    w->work_size = (int)(34 * size);
    w->vectors = NEW_ARRAY(double, 2 * size * size + 6 * size + (size_t)w->work_size);
    if (w->vectors == NULL) {
        mem_free(w);
        return NULL;
    }
    w->hessian = w->vectors + size * size;
    w->values = w->hessian + size * size;
    w->along = w->values + size;
    w->size = w->along + size;
    w->step = w->size + size;
    w->trial = w->step + size;
    w->trial_gradient = w->trial + size;
    w->work = w->trial_gradient + size;
    return w;
}

void newton_free(struct newton *w)
{
    if (w == NULL)
        return;
    mem_free(w->vectors);
    mem_free(w);
}

/* The Hessian at x in its eigenvectors; false where there is none. */
static bool set_curvature(struct newton *w, const struct objective *objective, const double x[], bool *stop)
{
    int n = w->n;

    if (!objective->hessian(objective->context, x, w->hessian, stop))
        return false;
    for (int i = 0; i < n; i++)
        w->size[i] = 1.0;
    if (objective->sizes != NULL)
        objective->sizes(objective->context, x, w->size);
    for (int i = 0; i < n; i++)
        if (objective->held != NULL && objective->held[i])
            w->size[i] = 0.0;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            double h = w->hessian[i + j * n] * w->size[i] * w->size[j];

            if (!isfinite(h))
                return false;
            w->vectors[i + j * n] = h;
        }
    return symmetric_eigen(n, w->vectors, w->values, w->work, w->work_size);
}

static double largest_value(const struct newton *w)
{
    return fmax(fabs(w->values[0]), fabs(w->values[w->n - 1]));
}

/* along = V'Dg; what is left to gain, flat directions counting with a floor. */
static double set_slopes(struct newton *w, const double gradient[])
{
    int n = w->n;
    double gain = 0.0, floor = FLAT * largest_value(w);

    for (int j = 0; j < n; j++) {
        double sum = 0.0, e = fmax(fabs(w->values[j]), floor);

        for (int i = 0; i < n; i++)
            sum += w->vectors[i + j * n] * w->size[i] * gradient[i];
        w->along[j] = sum;
        if (e > 0.0)
            gain += 0.5 * sum * sum / e;
    }
    return gain;
}

static double length_at(const struct newton *w, double mu)
{
    double sum = 0.0;

    for (int j = 0; j < w->n; j++) {
        double e = w->values[j] + mu;

        if (w->along[j] != 0.0)
            sum += e > 0.0 ? w->along[j] * w->along[j] / (e * e) : HUGE_VAL;
    }
    return sqrt(sum);
}

/* The least mu for which the step is no longer than the radius. */
static double damping(const struct newton *w, double radius)
{
    double low = fmax(0.0, -w->values[0] + FLAT * largest_value(w)), high = fmax(low, FIRST_DAMPING * largest_value(w));

    if (length_at(w, low) <= radius)
        return low;
    while (length_at(w, high) > radius)
        high *= 4.0;
    for (int i = 0; i < 60 && high - low > DAMPING_FOUND * high; i++) {
        double middle = low > 0.0 ? sqrt(low * high) : 0.5 * high;

        if (length_at(w, middle) > radius)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* step = D p, and by how much the function should fall; *length = |p|.  `sign`: the way along a direction without slope. */
static double set_step(struct newton *w, double radius, double sign, double *length)
{
    int n = w->n;
    double mu = damping(w, radius), falls = 0.0, square = 0.0, extra = 0.0;

    if (w->values[0] < -SADDLE * largest_value(w) && length_at(w, mu) < radius) {
        double p0 = w->along[0] != 0.0 ? -w->along[0] / (w->values[0] + mu) : 0.0;

        extra = copysign(sqrt(fmax(0.0, radius * radius - pow(length_at(w, mu), 2.0))), p0 != 0.0 ? p0 : sign);
    }
    memset(w->step, 0, sizeof(double) * (size_t)n);
    for (int j = 0; j < n; j++) {
        double e = w->values[j] + mu, p = w->along[j] != 0.0 && e > 0.0 ? -w->along[j] / e : 0.0;

        if (j == 0)
            p += extra;
        falls -= p * (w->along[j] + 0.5 * w->values[j] * p);
        square += p * p;
        for (int i = 0; i < n; i++)
            w->step[i] += w->size[i] * w->vectors[i + j * n] * p;
    }
    *length = sqrt(square);
    return falls;
}

/* A point that was reached: its slopes and curvature, and what is left to gain there.  False where it has none. */
static bool arrive(struct newton *w, const struct minimize_problem *problem, const double x[], const double gradient[],
                   struct minimize_report *report, bool *stop)
{
    if (!set_curvature(w, &problem->objective, x, stop) || *stop)
        return false;
    report->gain = set_slopes(w, gradient);
    return true;
}

static bool is_saddle(const struct newton *w)
{
    return w->values[0] < -SADDLE * largest_value(w);
}

/* Goes to the place on the boundary that the search runs to, where that is lower and no saddle.  `*most` is the gain from which
 * on it is looked for.  True where the search goes on from there, or ends. */
static bool has_landed(struct newton *w, const struct minimize_problem *problem, double x[], double gradient[], double *most,
                       struct minimize_report *report, bool *stop)
{
    const struct objective *objective = &problem->objective;
    size_t bytes = sizeof(double) * (size_t)w->n;
    double value;

    if (problem->land == NULL || !(report->gain < *most) || !problem->land(objective->context, x, w->trial))
        return false;
    *most = LANDING_AGAIN * report->gain;
    value = objective_at(objective, w->trial, NULL, stop);
    report->evaluations++;
    if (*stop || !(value < report->value))
        return *stop;
    if (objective_at(objective, w->trial, w->trial_gradient, stop) < MINIMIZE_BAD && set_curvature(w, objective, w->trial, stop)
        && !is_saddle(w)) {
        memcpy(x, w->trial, bytes);
        memcpy(gradient, w->trial_gradient, bytes);
        report->value = value;
        report->gain = set_slopes(w, gradient);
        return true;
    }
    report->value = objective_at(objective, x, gradient, stop); /* back: the curvature was overwritten */
    report->evaluations++;
    if (*stop || arrive(w, problem, x, gradient, report, stop))
        return *stop;
    report->end = MINIMIZE_STALLED;
    return true;
}

/* The radius behind a step that was kept. */
static double next_radius(double radius, double length, double falls, double fell, double noise, double unit)
{
    if (fell < POOR * falls && falls > noise)
        return 0.5 * length;
    return fell > GOOD * falls && length > 0.9 * radius ? fmin(2.0 * radius, LARGEST_RADIUS * unit) : radius;
}

struct minimize_report newton_minimize(struct newton *w, const struct minimize_problem *problem, double x[], double gradient[])
{
    const struct objective *objective = &problem->objective;
    struct minimize_report report = { .end = MINIMIZE_LIMIT, .evaluations = 1 };
    size_t bytes = sizeof(double) * (size_t)w->n;
    double unit = sqrt((double)w->n), radius = fmin(FIRST_RADIUS, unit), before = HUGE_VAL, sign = 1.0, landing = LANDING_GAIN;
    bool stop = false, settled;

    report.value = objective_at(objective, x, gradient, &stop);
    if (stop || !(report.value < MINIMIZE_BAD) || !arrive(w, problem, x, gradient, &report, &stop))
        report.end = MINIMIZE_STALLED;
    while (report.end == MINIMIZE_LIMIT && !stop && report.evaluations < problem->limit) {
        double noise = 16.0 * objective_rounding(objective, report.value), falls, value, length;
        bool saddle = is_saddle(w), kept;

        settled = report.gain <= fmax(problem->tolerance, noise) && !saddle;
        if (settled && (report.gain <= problem->tolerance || !problem->by_slopes || !(report.gain < STEEP * before))) {
            report.end = MINIMIZE_CONVERGED;
            break;
        }
        if (!saddle && report.gain > LANDING_SLOW * before && has_landed(w, problem, x, gradient, &landing, &report, &stop))
            continue;
        if (!saddle && problem->is_known != NULL && problem->is_known(objective->context, x, report.value, report.gain)) {
            report.end = MINIMIZE_KNOWN;
            break;
        }
        falls = set_step(w, radius, sign, &length);
        for (int i = 0; i < w->n; i++)
            w->trial[i] = x[i] + w->step[i];
        value = objective_at(objective, w->trial, NULL, &stop);
        report.evaluations++;
        kept = value < MINIMIZE_BAD && !stop
               && (report.value - value > ACCEPTED * falls || (falls < noise && value <= report.value + noise));
        if (kept)
            kept = objective_at(objective, w->trial, w->trial_gradient, &stop) < MINIMIZE_BAD;
        if (stop)
            break;
        if (!kept) {
            if (settled || length < NO_STEP * unit) {
                report.end = settled ? MINIMIZE_CONVERGED : MINIMIZE_STALLED;
                break;
            }
            radius = length * (value < MINIMIZE_BAD ? fmax(0.1, fmin(0.5, 0.5 * falls / (falls + value - report.value))) : 0.25);
            sign = -sign;
            continue;
        }
        radius = next_radius(radius, length, falls, report.value - value, noise, unit);
        memcpy(x, w->trial, bytes);
        memcpy(gradient, w->trial_gradient, bytes);
        report.value = value;
        report.iterations++;
        before = report.gain;
        if (!arrive(w, problem, x, gradient, &report, &stop))
            report.end = MINIMIZE_STALLED;
    }
    if (stop)
        report.end = MINIMIZE_STOPPED;
    return report;
}
