/* lmm-fit.c -- fits a linear mixed model: minimizes, certifies the optimum, and reads off the estimates.
 *
 *   1. quasi-Newton from variances by moments;
 *   2. the Hessian H from differences of the exact gradient, and Newton steps with it;
 *   3. a direction of negative curvature means a saddle (theta = 0 is always stationary): leave it, and minimize again;
 *   4. a template that is singular to within noise is made exactly singular where the deviance does not rise;
 *   5. what is left to gain, g'H^-1 g / 2, must be below the tolerance;
 *   6. an optimum on the boundary may be one of several: start again from theta = 1, and keep the lower; a small model of several
 *      effects is sought from each effect alone, and from each one gone, too;
 *   7. where the residual variance is on its way to 0, there is nothing to estimate (lmm-vanish.c). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/explained.h"
#include "fit/lmm-private.h"
#include "fit/minimize.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

enum { RESTARTS = 4, EVALUATION_LIMIT = 400, CHEAP_LIMIT = 400 };
enum { MOST_EFFECTS = 6, MOST_ROWS = 128 };       /* of a model that is sought from more places */
static const double PRESENT = 2.0, ABSENT = 0.02; /* entries of the inner templates in such a place */
static const double STEP_FOUR = 1e-3, STEP_TWO = 5e-5, MOVED = 1e-15, TIGHTER = 1e-5;

static void place_templates(struct lmm_task *task)
{
    for (int t = 0; t < task->m->term_count; t++) {
        const struct lmm_term *term = &task->m->terms[t];

        task->templates[t] = (struct template_place){ .k = term->k, .first = term->first, .covariance = term->covariance };
    }
    task->opt.templates = task->templates;
    task->opt.template_count = task->m->term_count;
}

static bool task_init(struct lmm_task *task, struct lmm *m, const struct fit_options *options,
                      const struct glmm_progress *progress)
{
    int n = m->theta_count;
    size_t q = (size_t)n, p = (size_t)m->p, r = q + 1, room = optimizer_room(n);
    bool exact = lmm_curvature_pays(m);

    memset(task, 0, sizeof *task);
    task->m = m;
    watch_init(&task->watch, progress, "evaluation");
    blocks_watch(m->blocks, &task->watch);
    task->minimizer = minimizer_new(n, exact);
    task->templates = NEW_ARRAY(struct template_place, m->term_count + 1);
    task->block_size = room + 5 * q + 2 * q * q + q * p * p + r * r + p * p + 2 * q + 1;
    task->block = NEW_ARRAY(double, task->block_size);
    task->exact = NEW_ARRAY(bool, n + 1);
    if (exact)
        task->curvatures = lmm_curvature_new(m);
    if (task->minimizer == NULL || task->templates == NULL || task->block == NULL || task->exact == NULL
        || (exact && task->curvatures == NULL))
        return false;
    optimizer_init(&task->opt, n, task->block);
    place_templates(task);
    task->curvature = task->block + room;
    task->last = task->curvature + q;
    task->unbent = task->last + q;
    task->phi = task->unbent + q;
    task->bent = task->phi + q;
    task->logdet_hessian = task->bent + q;
    task->rss_hessian = task->logdet_hessian + q * q;
    task->slopes = task->rss_hessian + q * q;
    task->joint = task->slopes + q * p * p;
    task->spare = task->joint + r * r;
    lmm_set_objectives(task);
    task->cheap = blocks_tail_size(m->blocks) + m->p <= CHEAP_LIMIT;
    task->opt.negligible = exact ? TOLERANCE_SETTLED_GAIN
                           : task->cheap
                               ? TOLERANCE_EXACT_GAIN
                               : TOLERANCE_HESSIAN_GAIN; /* half a millionth of a standard error: less than a step is worth */
    task->opt.slack = TOLERANCE_BOUNDARY;
    task->enough = TOLERANCE_EXACT_GAIN / TIGHTER;
    task->problem.tolerance = task->cheap || exact ? TOLERANCE_EXACT_GAIN : TOLERANCE_DEAR_GAIN; /* differences are taken there */
    if (options != NULL && options->tolerance > 0.0) {
        task->enough = options->tolerance;
        task->problem.tolerance = options->tolerance * TIGHTER;
    }
    task->problem.by_slopes = true;
    task->problem.limit = EVALUATION_LIMIT;
    task->problem.longest = 2.0;
    task->problem.diagonal = true;
    task->probed = (double)NAN;
    if (!exact && !task->cheap && (options == NULL || options->start == NULL) && lmm_probe_pays(m)) {
        m->probe = mem_alloc(2 * blocks_size(m->blocks), sizeof(double));
        task->probed = HUGE_VAL;
        return m->probe != NULL;
    }
    return true;
}

static void task_clear(struct lmm_task *task)
{
    minimizer_free(task->minimizer);
    lmm_curvature_free(task->curvatures);
    mem_free(task->templates);
    mem_free(task->block);
    mem_free(task->exact);
}

/* By second derivatives where they are exact; where they end (a variance so large that the value is taken from rows), or there
 * are none, by slopes. */
static void run_minimizer(void *context)
{
    struct lmm_task *task = context;
    struct optimizer *o = &task->opt;
    struct minimize_report report = { .end = MINIMIZE_STALLED };

    lmm_to_bent(task, o->x, task->phi);
    if (task->curvatures != NULL)
        report = minimize_newton(task->minimizer, &task->problem, task->phi, o->gradient);
    o->iterations += report.iterations;
    if (report.end == MINIMIZE_STALLED || report.end == MINIMIZE_LIMIT) {
        report = minimize(task->minimizer, &task->problem, task->curvature, task->phi, o->gradient);
        o->iterations += report.iterations;
    }
    lmm_from_bent(task, task->phi, o->x);
    o->value = report.value;
    o->stopped = report.end == MINIMIZE_STOPPED;
    o->stalled = report.end == MINIMIZE_STALLED || report.end == MINIMIZE_LIMIT;
}

/* --- the Hessian ---------------------------------------------------------------------------------- */

/* The directions T (theta_count columns) in which derivatives are taken, each in its natural size: that of a diagonal entry by
 * itself, of an entry (a, b) by its row's, but no less than what the rows of a level can tell from 0.  A diagonal entry takes the
 * column below with it: where that is long, its direction is known far better than its length. */
static void set_directions(struct lmm_task *task)
{
    const struct lmm *m = task->m;
    size_t q = (size_t)m->theta_count;

    memset(task->opt.T, 0, sizeof(double) * q * q);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double least = (double)term->levels / (double)m->n, share = 0.0, size = 0.0;
        size_t diagonal = 0;

        FOR_FREE_ENTRIES (term, a, b, i) {
            double row = lmm_diagonal(term, task->opt.x, a);

            if (a == b) {
                diagonal = (size_t)i;
                size = sqrt(least + row * row);
                share = row / (least + row * row);
            } else
                task->opt.T[(size_t)i + diagonal * q] = size * share * task->opt.x[i];
            task->opt.T[(size_t)i + (size_t)i * q] = sqrt(least + row * row);
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
            out[j] += task->opt.T[i + j * q] * g[i];
    }
}

/* At h along T_j: column j of the joint Hessian, and the slope of (X'V^-1 X)^-1, get `factor` times what is there. */
static bool add_slopes(struct lmm_task *task, int j, double h, double factor)
{
    struct lmm *m = task->m;
    int q = m->theta_count;
    size_t pp = (size_t)m->p * (size_t)m->p;
    double *C = task->spare, *parts = C + pp, *slope = task->slopes + (size_t)j * pp;
    struct optimizer *o = &task->opt;

    for (int i = 0; i < q; i++)
        o->trial[i] = o->x[i] + h * o->T[i + j * q];
    if (!(optimizer_at(o, o->trial, o->trial_gradient) < MINIMIZE_BAD) || o->stopped)
        return false;
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

/* Columns of the joint Hessian and the slopes that are exact; false where there are none. */
static bool set_tail(struct lmm_task *task)
{
    const struct lmm *m = task->m;
    struct optimizer *o = &task->opt;
    int q = m->theta_count;
    size_t pp = (size_t)m->p * (size_t)m->p;
    bool head;

    if (task->cheap || !lmm_tail_pays(m, o->x, &head)
        || !lmm_tail_second(task->m, o->x, head, task->exact, task->logdet_hessian, task->rss_hessian, task->slopes))
        return false;
    for (int j = 0; j < q; j++) { /* of such a term T has the diagonal entry alone */
        double size = o->T[j + j * q];

        for (int i = 0; i < q && task->exact[j]; i++)
            if (task->exact[i])
                task->joint[i + j * (q + 1)] =
                    size * o->T[i + i * q] * (task->logdet_hessian[i + j * q] + task->rss_hessian[i + j * q] / task->sigma2);
        for (size_t e = 0; e < pp && task->exact[j]; e++)
            task->slopes[(size_t)j * pp + e] *= size;
    }
    return true;
}

/* A diagonal entry at 0 of a template without covariances: the deviance is even in it.  Its second derivatives with all others
 * are 0, and so is the slope of (X'V^-1 X)^-1. */
static bool is_even(const struct lmm_task *task, const struct lmm_term *term, int entry)
{
    return !task->exact[entry] && task->opt.x[entry] == 0.0 && (term->k == 1 || !term->covariance->correlated);
}

/* The joint Hessian in all such entries, from the slopes at one place where each is as little above 0: what they take from each
 * other is of the second order in that.  They are `exact` then. */
static bool set_even(struct lmm_task *task)
{
    struct lmm *m = task->m;
    struct optimizer *o = &task->opt;
    int q = m->theta_count, count = 0;

    memcpy(o->trial, o->x, sizeof(double) * (size_t)q);
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            if (is_even(task, &m->terms[t], i)) {
                o->trial[i] = STEP_TWO * o->T[i + i * q];
                count++;
            }
    if (count == 0)
        return true;
    if (!(optimizer_at(o, o->trial, o->trial_gradient) < MINIMIZE_BAD) || o->stopped)
        return false;
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            if (is_even(task, &m->terms[t], i)) {
                task->exact[i] = true;
                task->joint[i + i * (q + 1)] =
                    (m->logdet_gradient[i] + m->rss_gradient[i] / task->sigma2) * o->T[i + i * q] / STEP_TWO;
            }
    return true;
}

/* The joint Hessian and the slopes, what is not exact by differences: with four points where they are cheap, exact to the fourth
 * order; with two where the tail is large, and so far apart that rounding changes no digit that is shown. */
static bool set_differences(struct lmm_task *task)
{
    int q = task->m->theta_count;
    size_t pp = (size_t)task->m->p * (size_t)task->m->p;
    bool ok = true;
    double h = STEP_FOUR, wide = STEP_TWO, *kept = NULL;

    memset(task->slopes, 0, sizeof(double) * (size_t)q * pp);
    memset(task->joint, 0, sizeof(double) * (size_t)q * (size_t)(q + 1));
    memset(task->exact, 0, sizeof(bool) * (size_t)q);
    if (!set_tail(task))
        memset(task->exact, 0, sizeof(bool) * (size_t)q);
    if (!task->cheap && memchr(task->exact, 0, (size_t)q) != NULL && lmm_keeps(task->m)) {
        kept = lmm_keep(task->m);
        task->out_of_memory = task->out_of_memory || kept == NULL;
    }
    ok = set_even(task);
    for (int j = 0; ok && j < q; j++) {
        if (task->exact[j])
            continue;
        if (task->cheap)
            ok = add_slopes(task, j, h, 2.0 / (3.0 * h)) && add_slopes(task, j, -h, -2.0 / (3.0 * h))
                 && add_slopes(task, j, 2.0 * h, -1.0 / (12.0 * h)) && add_slopes(task, j, -2.0 * h, 1.0 / (12.0 * h));
        else
            ok = add_slopes(task, j, wide, 0.5 / wide) && add_slopes(task, j, -wide, -0.5 / wide);
    }
    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            if (task->exact[j] && !task->exact[i])
                task->joint[i + j * (q + 1)] = task->joint[j + i * (q + 1)];
    if (kept != NULL) {
        lmm_put_back(task->m, kept);
        lmm_set_at(task, task->opt.x, task->opt.value);
    }
    return ok && !task->out_of_memory;
}

/* The same from the exact second derivatives: J := T'(logdet'' + rss'' / sigma^2) T, slopes := their sums along T. */
static bool set_exact(struct lmm_task *task)
{
    struct optimizer *o = &task->opt;
    int q = o->n, r = q + 1;
    size_t pp = (size_t)task->m->p * (size_t)task->m->p;
    const double *T = o->T, one = 1.0, zero = 0.0;
    double *half = o->vectors;

    if (!lmm_curvature_at(task, task->slopes))
        return false;
    for (int i = 0; i < q * q; i++)
        o->hessian[i] = task->logdet_hessian[i] + task->rss_hessian[i] / task->sigma2;
    dgemm_("N", "N", &q, &q, &q, &one, o->hessian, &q, T, &q, &zero, half, &q);
    dgemm_("T", "N", &q, &q, &q, &one, T, &q, half, &q, &zero, task->joint, &r);
    for (int j = 0; j < q; j++) /* T is lower triangular */
        for (size_t e = 0; e < pp; e++) {
            double sum = 0.0;

            for (int i = j; i < q; i++)
                sum += T[i + j * q] * task->slopes[(size_t)i * pp + e];
            task->slopes[(size_t)j * pp + e] = sum;
        }
    return true;
}

/* The Hessian of the profiled deviance from the joint one, in units that make its diagonal 1; where it is flat, beside the most
 * that so many levels could tell of a parameter, it stays below. */
static void set_profile(struct lmm_task *task)
{
    const struct lmm *m = task->m;
    struct optimizer *o = &task->opt;
    int q = m->theta_count, r = q + 1;
    const double *J = task->joint;

    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            o->hessian[i + j * q] = J[i + j * r] - J[q + i * r] * J[q + j * r] / J[q + q * r];
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            o->unit[i] = 1.0 / sqrt(fmax(fabs(o->hessian[i + i * q]), TOLERANCE_FLAT_LEVEL * m->terms[t].levels));
    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            o->hessian[i + j * q] *= o->unit[i] * o->unit[j];
}

/* The joint Hessian in (T, sigma) and the slopes of (X'V^-1 X)^-1; then the profiled one.
 *   deviance(x, sigma) = logdet(x) + nu log sigma^2 + r^2(x) / sigma^2,  sigma^2 = r^2 / nu at the optimum. */
static bool set_hessian(void *context)
{
    struct lmm_task *task = context;
    struct optimizer *o = &task->opt;
    struct lmm *m = task->m;
    int q = m->theta_count, r = q + 1;
    double *J = task->joint;

    o->value = optimizer_at(o, o->x, o->gradient);
    if (!(o->value < MINIMIZE_BAD) || o->stopped)
        return false;
    task->sigma2 = m->rss / m->degrees;
    set_directions(task);
    to_directions(task, m->rss_gradient, o->step);
    if (!(task->curvatures != NULL && set_exact(task)) && !set_differences(task))
        return false;
    for (int j = 0; j < q; j++)
        J[q + j * r] = J[j + q * r] = -2.0 * o->step[j] / (task->sigma2 * sqrt(task->sigma2));
    J[q + q * r] = 4.0 * m->degrees / task->sigma2;
    for (int j = 0; j < q; j++)
        for (int i = 0; i < j; i++)
            J[i + j * r] = J[j + i * r] = 0.5 * (J[i + j * r] + J[j + i * r]);
    set_profile(task);
    /* where the model was left for differences and not put back, the evaluation that does so may as well be one of a step */
    o->unmoved = !task->cheap && task->curvatures == NULL && lmm_is_at(task, o->x) ? TOLERANCE_UNMOVED_SHARE : 0.0;
    return true;
}

/* --- places to begin ------------------------------------------------------------------------------ */

/* Steps 1 to 4 above, from x. */
static void descend(struct lmm_task *task)
{
    const struct descent descent = { .context = task,
                                     .attempts = RESTARTS,
                                     .minimize = run_minimizer,
                                     .hessian = set_hessian,
                                     .moved = task->curvatures != NULL ? TOLERANCE_SETTLED_GAIN
                                              : task->cheap            ? MOVED
                                                                       : HUGE_VAL,
                                     .enough = HUGE_VAL };

    optimizer_descend(&task->opt, &descent);
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

        FOR_FREE_ENTRIES (term, a, b, i) {
            bool chosen = a == b && place > 0 && effect++ == wanted;

            if (place == 0)
                task->opt.x[i] = a == b ? 1.0 : 0.0;
            else if (alone)
                task->opt.x[i] = chosen ? PRESENT : a == b ? ABSENT : 0.0;
            else
                task->opt.x[i] = !chosen ? best[i] : fabs(best[i]) > PRESENT / 4 ? ABSENT : PRESENT;
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

/* Step 6: what was found is kept as a whole, with its Hessian, while a descent from elsewhere works.  It goes on only where
 * its minimizer ends lower.  False when there is no such place, or memory is out. */
static bool descend_again(struct lmm_task *task, int place)
{
    struct optimizer first = task->opt, *o = &task->opt;
    double *kept = mem_alloc(task->block_size, sizeof(double));
    bool found;

    if (kept == NULL) {
        task->out_of_memory = true;
        return false;
    }
    memcpy(kept, task->block, sizeof(double) * task->block_size);
    found = set_place(task, place, kept + (o->x - task->block));
    if (found) {
        o->bound = first.value - TOLERANCE_LOWER;
        o->known = first.have_hessian && first.gain <= TOLERANCE_GAIN ? kept + (o->x - task->block) : NULL;
        o->known_value = first.value;
        descend(task);
    }
    if (!o->stopped && !(found && !o->given_up && o->value < first.value - TOLERANCE_LOWER)) {
        int iterations = o->iterations;

        memcpy(task->block, kept, sizeof(double) * task->block_size);
        *o = first;
        o->iterations = iterations;
        task->known = false; /* what the model holds is not of `last` */
    }
    o->bound = HUGE_VAL;
    o->known = NULL;
    mem_free(kept);
    return found;
}

/* Steps 1 to 6.  False when the caller stopped it, or memory is out. */
static bool optimize(struct lmm_task *task)
{
    struct optimizer *o = &task->opt;
    double enough = fmax(task->enough, o->negligible);

    descend(task);
    if (o->unmoved > 0.0)
        enough = fmax(enough, TOLERANCE_GAIN);
    if (!o->stopped && o->n > 0 && (o->singular || o->gain > enough))
        descend_again(task, 0);
    if (is_worth_more_places(task))
        for (int place = 1; !o->stopped && descend_again(task, place); place++)
            continue;
    task->out_of_memory = task->out_of_memory || task->m->out_of_memory;
    if (task->out_of_memory || o->stopped)
        return false;
    return !watch_stopped(&task->watch);
}

static bool fail_stopped(const struct lmm_task *task, struct glmm_error *err)
{
    return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task->evaluations);
}

/* Step 7, and back to the optimum, so that factor and inverse are those of the estimates.  False with an error. */
static bool settle(struct lmm_task *task, struct glmm_error *err)
{
    struct optimizer *o = &task->opt;

    if (!lmm_check_residual(task, err))
        return false;
    o->value = optimizer_at(o, o->x, o->gradient);
    if (o->have_hessian)
        o->gain = optimizer_step(o, o->gradient);
    return !o->stopped || fail_stopped(task, err);
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
    } else if (settle(&task, err)
               && (fit = lmm_result(&task, options == NULL || !(options->tolerance > 0.0) ? TOLERANCE_GAIN : options->tolerance))
                      == NULL) {
        fail_memory(err);
    } else if (fit != NULL && watch_stopped(&task.watch)) {
        fail_stopped(&task, err);
        fit_free(fit);
        fit = NULL;
    }
    task_clear(&task);
    lmm_free(m);
    return fit;
}
