/* rowcov-descent.c -- one search of rowcov-fit.c from where the task is: quasi-Newton, that ends where an earlier one ended, and
 * that goes at once to the end of a correlation's range on the way to which it is.
 *
 * rho = x / sqrt(1 + x^2) has its ends at infinite x.  There 1 - |rho| is 1 / (2 x^2), in which the deviance is a straight line,
 * so that it falls by -x f'(x) / 2 on the rest of the way: where it does, the way has nothing else in it. */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "fit/tolerances.h"

enum { EVALUATION_LIMIT = 500 };

static const double KNOWN_NEAR = 0.1; /* of each coordinate, where a search comes to a point that is known */
static const double HOPE = 3.0;       /* of the gain that is expected: so much may come, of a search that is to beat another */
static const double FAR_OUT = 8.0;  /* x of a correlation of 0.992: from here on the way is looked along, at each twice as far */
static const double AT_END = 1e4;   /* x of a correlation of 1 - 5e-9 */
static const double ENDING = 1e-4;  /* of the deviance: what is left to gain of a search that looks for an end */
static const double STRAIGHT = 0.1; /* of what the straight line tells: so far what is found may be from it */

static bool slopes_at(void *context, const double x[], double out[], bool *stop)
{
    struct rowcov_task *task = context;
    const double *at = rowcov_tied(task, x);
    bool ok = at != NULL && rowcov_gradient(task->m, at, out);

    if (watch_stopped(&task->m->watch))
        *stop = task->stopped = true;
    for (int i = 0; ok && i < task->count; i++)
        ok = isfinite(out[i]);
    if (ok && task->tied)
        rowcov_tie_pull_back(task->tie, task->count, x, at, out);
    return ok;
}

/* Whether the scale of a parameter is that of a correlation without an end. */
static bool is_endless(const struct rowcov *m, int i)
{
    enum correlation_law law = rowcov_law_with(m, i).law;

    return law == LAW_US || law == LAW_AR1;
}

/* How far two values of a parameter are from each other.  The signs of standard deviations do not matter; that of a correlation,
 * a coefficient or the logarithm of a scale does; of correlations the angle counts. */
static double distance(const struct rowcov *m, int i, double a, double b)
{
    if (rowcov_is_sd(m, i))
        return fabs(fabs(a) - fabs(b));
    return is_endless(m, i) ? fabs(atan(a) - atan(b)) : fabs(a - b);
}

/* Whether a search has come near an optimum of an earlier one, where it would end too; what is held follows from the rest. */
static bool is_near(const struct rowcov_task *task, const double x[], double value, const double known[], double known_value)
{
    bool near = value < known_value + TOLERANCE_KNOWN_GAIN && !(value < known_value - TOLERANCE_LOWER);

    for (int i = 0; near && i < task->count; i++)
        near = task->held[i] || distance(task->m, i, x[i], known[i]) < KNOWN_NEAR;
    return near;
}

static bool is_known(const struct rowcov_task *task, const double x[], double value, double gain)
{
    bool known = false;

    if (!(gain < TOLERANCE_KNOWN_GAIN))
        return false;
    if (task->known != NULL)
        known = is_near(task, x, value, task->known, task->known_value);
    for (int k = 0; k < task->met_count && !known; k++)
        known = is_near(task, x, value, task->met + (size_t)k * (size_t)task->count, task->met_value[k]);
    return known;
}

/* Whether the deviance falls all the way to the end of correlation i, and by what the line through it tells. */
static bool falls_to_end(struct rowcov_task *task, int i, const double x[], double value)
{
    double told = -0.5 * x[i] * task->gradient[i], there;
    bool stop = false;

    if (!(told > 0.0))
        return false;
    memcpy(task->trial, x, sizeof *x * (size_t)task->count);
    task->trial[i] = copysign(AT_END, x[i]);
    there = rowcov_task_value(task, task->trial, &stop);
    return !stop && fabs(value - there - told) <= STRAIGHT * told + TOLERANCE_LEFT;
}

/* Looks for a correlation on its way to an end, when there is little else to gain; task->ending is it, and -1 none. */
static bool finds_end(struct rowcov_task *task, const double x[], double value, double gain)
{
    if (!(gain < ENDING))
        return false;
    for (int i = 0; i < task->count; i++) {
        if (task->held[i] || fabs(x[i]) < fmax(FAR_OUT, task->looked) || fabs(x[i]) >= AT_END || !is_endless(task->m, i))
            continue;
        task->looked = 2.0 * fabs(x[i]);
        if (falls_to_end(task, i, x, value)) {
            task->ending = i;
            return true;
        }
    }
    return false;
}

static bool may_end(void *context, const double x[], double value, double gain)
{
    struct rowcov_task *task = context;

    if (task->to_beat > -HUGE_VAL && value - HOPE * gain > task->to_beat)
        return true;
    task->came_back = is_known(task, x, value, gain);
    return task->came_back || finds_end(task, x, value, gain);
}

void rowcov_minimize(struct rowcov_task *task, struct minimizer *minimizer)
{
    struct minimize_problem problem = {
        .objective = { .n = task->count, .context = task, .value = rowcov_task_value, .gradient = slopes_at, .held = task->held },
        .tolerance = TOLERANCE_HESSIAN_GAIN,
        .limit = EVALUATION_LIMIT,
        .longest = 1.5,
        .by_slopes = true,
        .warm = task->known != NULL,
        .is_known = may_end
    };
    struct minimize_report report;
    bool again;

    task->looked = 0.0;
    task->came_back = false;
    do {
        task->ending = -1;
        report = minimize(minimizer, &problem, NULL, task->x, task->gradient);
        problem.limit -= report.evaluations;
        task->iterations += report.iterations;
        again = task->ending >= 0 && problem.limit > 0 && !task->stopped;
        if (again)
            task->x[task->ending] = copysign(AT_END, task->x[task->ending]);
    } while (again);
    task->value = report.value;
    task->at_limit = report.end == MINIMIZE_LIMIT || task->ending >= 0;
}
