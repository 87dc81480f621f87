/* glmm-descent.c -- minimizes the deviance over (gamma, theta, tau) jointly, from one start, and certifies the optimum.
 *
 *   1. quasi-Newton in coordinates z in which the deviance is nearly 2 z'z/2 + ...: phi = base + C z, C C' = S^-1 for gamma;
 *   2. a dispersion near its limit is set there, where the deviance does not rise;
 *   3. the rest of the descent is optimum.c's, with the exact Hessian (glmm-hessian.c), or that from central differences of the
 *      exact gradient. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"

enum { ATTEMPTS = 6, EVALUATION_LIMIT = 1000, PATIENCE = 5, SMALL_TAIL = 300, FEW_PARAMETERS = 20 };
static const double HESSIAN_STEP = 1e-3; /* of central differences of slopes, in natural sizes: an error of about 1e-6 */
static const double FAR_OFF = 5;

/* --- the optimum -------------------------------------------------------------------------- */

/* Evaluations by slopes alone before second derivatives lead: one Hessian costs about as much as half an evaluation for each
 * parameter, or two where the factor's tail is large.  With few parameters Newton's steps are worth it from the start; with many,
 * or where an evaluation finds no modes, slopes lead to most optima in a few steps, and the rest has a valley or a ridge.
 */
static int patience(const struct glm *m)
{
    if (m->precision != NULL && m->precision->tail > SMALL_TAIL)
        return 3 * PATIENCE;
    return m->q > 0 && glm_parameter_count(m) <= FEW_PARAMETERS ? 1 : PATIENCE;
}

static bool is_cheap(const struct glm *m)
{
    return m->precision == NULL || m->precision->tail <= SMALL_TAIL;
}

/* Small models of several variances may have several optima, of which Newton's method takes the next one: where evaluations are
 * cheap, slopes alone lead to the better ones more often (the case engine-logit-worse-than-sub). */
static bool goes_by_slopes(const struct glm *m)
{
    return m->theta_count > 1 && m->n * (size_t)glm_parameter_count(m) <= GLM_CHEAP;
}

/* What a second phase found, behind the first. */
static struct minimize_report behind(struct minimize_report first, struct minimize_report second)
{
    second.iterations += first.iterations;
    second.evaluations += first.evaluations;
    return second;
}

static struct minimize_report search(struct glm_task *task)
{
    struct minimize_problem *problem = &task->problem;
    bool exact = task->tangent != NULL && glm_has_hessian(task->m) && !goes_by_slopes(task->m);
    double tolerance = problem->tolerance;
    struct minimize_report report;

    problem->limit = exact ? patience(task->m) : EVALUATION_LIMIT;
    report = minimize(task->minimizer, problem, task->curvature, task->z, task->z_gradient);
    problem->limit = EVALUATION_LIMIT;
    if (exact && report.end == MINIMIZE_LIMIT) {
        problem->tolerance = fmax(tolerance, TOLERANCE_NEWTON_GAIN);
        report = behind(report, minimize_newton(task->minimizer, problem, task->z, task->z_gradient));
        problem->tolerance = tolerance;
    }
    if (exact && (report.end == MINIMIZE_LIMIT || report.end == MINIMIZE_STALLED))
        report = behind(report, minimize(task->minimizer, problem, task->curvature, task->z, task->z_gradient));
    return report;
}

void glm_descend(void *context)
{
    struct glm_task *task = context;
    struct optimizer *o = &task->opt;
    struct minimize_report report;

    task->m->mode_tolerance = MODE_CLOSE;
    glm_set_coordinates(task);
    report = search(task);
    glm_from_z(task, task->z, o->x);
    o->iterations += report.iterations;
    o->value = report.value;
    o->stopped = report.end == MINIMIZE_STOPPED;
    o->stalled = report.end == MINIMIZE_STALLED || report.end == MINIMIZE_LIMIT;
}

/* Each coordinate in its natural size, in which H has the diagonal 2: what is flat, and what is left to gain, is judged beside
 * that, whatever the units and the counts.  A coordinate that is flat beside what C promised keeps its length, or nearly: there
 * H is noise, and one of a shape or another predictor, whose logarithm runs to a limit, would grow each time until a step along
 * it leaves the range of numbers.  Returns by how much the steps were off that made H. */
static double take_natural_sizes(struct glm_task *task)
{
    int n = task->opt.n;
    double *H = task->opt.hessian, off = 1;

    for (int j = 0; j < n; j++) {
        double size = task->held[j] ? 1 : sqrt(2 / fmax(fabs(H[j + j * n]), TOLERANCE_FLAT));

        if (j >= task->m->p + task->m->theta_count)
            size = fmin(size, sqrt(2 / TOLERANCE_FLAT) / task->grown[j]);
        task->grown[j] *= size;
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

bool glm_is_exact(const struct glm *m)
{
    return m->q == 0 || family_is_linear(m->response.family, m->response.link);
}

bool glm_is_varied(const struct glm *m)
{
    return glm_is_exact(m) && m->response.rows[0] != NULL;
}

/* Exact, or by central differences; where the steps of these were far from natural ones, once more. */
static bool set_hessian(void *context)
{
    struct glm_task *task = context;
    struct optimizer *o = &task->opt;
    int counted = 0; /* value_at counts itself */
    bool again = true;

    task->m->mode_tolerance = MODE_EXACT;
    task->m->known = task->m->known && task->m->mode_left <= MODE_EXACT;
    glm_straighten(task);
    o->value = optimizer_at(o, o->x, o->gradient);
    if (o->stopped || !(o->value < MINIMIZE_BAD))
        return false;
    if (glm_exact_to_z(task, o->x, false, o->hessian)) {
        take_natural_sizes(task);
        for (int i = 0; i < o->n; i++)
            o->unit[i] = 1;
        return true;
    }
    if (watch_stopped(&task->m->watch)) {
        o->stopped = true;
        return false;
    }
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

/* The last parameter is none of the optimization any more. */
static void hold_last(struct glm_task *task)
{
    int last = task->opt.n - 1;

    task->m->held = task->held[last] = true;
    task->m->held_value = task->opt.x[last];
    task->count--;
}

/* A dispersion on its way to where the family has no variation left, because random effects have taken all of it (one for each
 * row): from far on the deviance neither rises nor falls, and it is put where nothing is left.  It stays a parameter: beside
 * smaller variances of the effects it is another one (profiles).  Where rows are fitted without error, there is no end.  Returns
 * whether a parameter is held that was free. */
static bool settle_vanishing(struct glm_task *task)
{
    struct optimizer *o = &task->opt;
    int sign, at, last = o->n - 1;
    double origin, value;
    bool power = !task->m->held && glm_has_power(task->m); /* which nothing tells there: that of the limit stands for all */

    task->vanished = false;
    if ((sign = glm_vanishing_sign(task->m, &at, &origin)) == 0
        || (task->m->q == 0 && task->m->response.family->support != SUPPORT_COUNT))
        return false;
    at += task->m->p + task->m->theta_count;
    if (!(sign * (o->x[at] - origin) >= FAR_TAU))
        return false;
    memcpy(o->trial, o->x, sizeof(double) * (size_t)o->n);
    o->trial[at] = origin + sign * TAU_GONE;
    if (power)
        o->trial[last] = LIMIT_OF_TAU;
    value = optimizer_at(o, o->trial, NULL);
    if (!(fabs(value - o->value) <= TOLERANCE_LIMIT))
        return false;
    o->x[at] = o->trial[at];
    o->x[last] = o->trial[last];
    o->value = value;
    task->m->known = false;
    task->vanished = true;
    if (glm_has_power(task->m))
        task->tau_at_limit = false; /* it is of no power any more */
    if (power)
        hold_last(task);
    return power;
}

/* A step may carry a dispersion over a valley to where the deviance is flat: short of the limit, with all else as it is, one that
 * is lower than `limit`, the value there, is where the search goes on, once. */
static bool turns_back(struct glm_task *task, int sign, double limit)
{
    struct optimizer *o = &task->opt;
    int last = o->n - 1;
    double lowest = limit - TOLERANCE_LIMIT, at = (double)NAN;

    for (double tau = FAR_TAU - 1; !task->turned && tau >= 0; tau--) {
        double value;

        o->trial[last] = sign * tau;
        value = optimizer_at(o, o->trial, NULL);
        if (value < lowest) {
            lowest = value;
            at = sign * tau;
        }
    }
    if (isnan(at))
        return false;
    task->turned = true;
    o->x[last] = at;
    o->value = lowest;
    task->m->known = false;
    return true;
}

/* A dispersion that has gone far toward the limit of its family, with nothing to lose by going all the way, is put there
 * and is no parameter of the optimization any more. */
static bool settle_dispersion(void *context)
{
    struct glm_task *task = context;
    struct optimizer *o = &task->opt;
    struct glm *m = task->m;
    int sign = glm_limit_sign(m), last = o->n - 1;
    double value;

    if (settle_vanishing(task) || glm_settle_series(task) || glm_settle_taken(task))
        return true;
    if (glm_rest_count(m) == 0 || m->held || sign == 0 || sign * o->x[last] < FAR_TAU)
        return false;
    memcpy(o->trial, o->x, sizeof(double) * (size_t)o->n);
    o->trial[last] = sign * glm_limit_size(m);
    value = optimizer_at(o, o->trial, NULL);
    if (!(value <= o->value + TOLERANCE_LIMIT))
        return false;
    if (turns_back(task, sign, value))
        return true;
    o->x[last] = sign * glm_limit_size(m);
    o->value = value;
    m->known = false;
    task->tau_at_limit = true;
    hold_last(task);
    return true;
}

/* Where another Hessian is cheap, the errors are those of the optimum to the last digit. */
static double moved_gain(const struct glm_task *task)
{
    bool cheap = task->tangent != NULL && glm_has_hessian(task->m) && is_cheap(task->m);

    return cheap || glm_is_varied(task->m) ? TOLERANCE_EXACT_GAIN : TOLERANCE_MOVED_GAIN;
}

bool glm_optimize(struct glm_task *task)
{
    const struct descent descent = { .context = task,
                                     .attempts = ATTEMPTS,
                                     .minimize = glm_descend,
                                     .settle = settle_dispersion,
                                     .hessian = set_hessian,
                                     .moved = moved_gain(task),
                                     .enough = 10 * TOLERANCE_GAIN };

    if (task->opt.n == 0)
        task->opt.value = glm_value(task->m, task->opt.x);
    else
        optimizer_descend(&task->opt, &descent);
    return !task->opt.stopped;
}

/* --- the task ----------------------------------------------------------------------------- */

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

bool glm_task_init(struct glm_task *task, struct glm *m, const struct fit_options *options, const struct glmm_progress *progress,
                   struct glmm_error *err)
{
    int count = glm_parameter_count(m);
    size_t n = (size_t)count + 1, p = (size_t)m->p, room = optimizer_room(count);

    memset(task, 0, sizeof *task);
    task->m = m;
    task->progress = progress;
    glm_watch(m, progress);
    task->count = count;
    if (glm_has_hessian(m) && (task->tangent = glm_tangent_new(m, progress, err)) == NULL)
        return false;
    task->minimizer = minimizer_new(count, glm_has_hessian(m));
    task->templates = NEW_ARRAY(struct template_place, m->term_count + 1);
    task->held = NEW_ARRAY(bool, n);
    task->block = NEW_ARRAY(double, room + 10 * n + 3 * p * p + 1);
    if (task->minimizer == NULL || task->templates == NULL || task->held == NULL || task->block == NULL)
        return fail_memory(err);
    optimizer_init(&task->opt, count, task->block);
    if (!glm_series_init(task))
        return fail_memory(err);
    task->C = task->opt.T;
    task->unit = task->block + room;
    task->base = task->unit + n;
    task->bend = task->base + n;
    task->grown = task->bend + n;
    task->z = task->grown + n;
    task->z_gradient = task->z + n;
    task->curvature = task->z_gradient + n;
    task->moved = task->curvature + n;
    task->moved_gradient = task->moved + n;
    task->known = task->moved_gradient + n;
    task->work = task->known + n;
    for (size_t j = 0; j < n; j++)
        task->grown[j] = 1;
    place_templates(task);
    glm_set_objectives(task);
    task->opt.negligible =
        family_is_linear(m->response.family, m->response.link) ? TOLERANCE_EXACT_GAIN : TOLERANCE_APPROXIMATE_GAIN;
    task->opt.slack = TOLERANCE_GAIN;
    task->problem.by_slopes = true;
    task->problem.tolerance = options != NULL && options->tolerance > 0 ? options->tolerance / 10 : TOLERANCE_HESSIAN_GAIN;
    task->problem.longest = 10;
    return true;
}

void glm_task_clear(struct glm_task *task)
{
    minimizer_free(task->minimizer);
    glm_tangent_free(task->tangent);
    glm_series_free(task->series);
    mem_free(task->templates);
    mem_free(task->held);
    mem_free(task->block);
}
