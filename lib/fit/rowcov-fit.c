/* rowcov-fit.c -- the search for the optimum of rowcov.h: quasi-Newton from several starts (rowcov-special.c), what has run to an
 * edge of its range is put there and held, then Newton's steps with the Hessian (rowcov-curvature.c). */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/forecast.h"
#include "base/memory.h"
#include "fit/explained.h"
#include "fit/glmm-parts.h"
#include "fit/own-rows.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"
#include "linalg/ready.h"
#include "model/prior.h"
#include "model/residuals.h"

enum { CHEAP_CLUSTER = 120, POLISH = 4, LEAVES = 2 };

static bool task_init(struct rowcov_task *task, struct rowcov *m, const struct rowcov_open *open)
{
    size_t q = (size_t)rowcov_count(m), p = (size_t)m->p, r = q + 1;
    size_t room = 6 * q + 2 * q * q + q + r * r + (m->family == NULL ? q * p * p : 0) + 34 * r + p * p + 1;

    memset(task, 0, sizeof *task);
    task->m = m;
    task->open = open;
    task->count = (int)q;
    task->linear = m->family == NULL;
    task->cheap = m->sparse == NULL && m->largest <= CHEAP_CLUSTER;
    task->flat = -1;
    task->to_beat = -HUGE_VAL;
    task->held = NEW_ARRAY(bool, q + 1);
    task->edge = NEW_ARRAY(int, q + 1);
    task->ridge = NEW_ARRAY(bool, m->term_count + 1);
    task->tie = NEW_ARRAY(struct rowcov_tie, q + 1);
    task->block = NEW_ARRAY(double, room);
    if (task->held == NULL || task->edge == NULL || task->ridge == NULL || task->tie == NULL || task->block == NULL)
        return false;
    task->x = task->block;
    task->gradient = task->x + q;
    task->trial = task->gradient + q;
    task->trial_gradient = task->trial + q;
    task->values = task->trial_gradient + q;
    task->untied = task->values + q;
    task->hessian = task->untied + q;
    task->vectors = task->hessian + q * q;
    task->joint = task->vectors + q * q;
    task->work = task->joint + r * r;
    task->work_size = (int)(34 * r);
    task->slopes = task->work + 34 * r + p * p;
    return true;
}

static void task_clear(struct rowcov_task *task)
{
    mem_free(task->held);
    mem_free(task->edge);
    mem_free(task->ridge);
    mem_free(task->tie);
    mem_free(task->block);
}

/* --- Newton's steps ---------------------------------------------------------------------------------- */

/* Along a direction of negative curvature; true where that leads down. */
static bool leave_saddle(struct rowcov_task *task, struct minimizer *minimizer)
{
    int q = task->count;
    bool stop = false;

    if (!task->have_hessian || q == 0 || task->values[0] > -ROWCOV_SADDLE)
        return false;
    for (int sign = 1; sign >= -1; sign -= 2) {
        memcpy(task->trial, task->x, sizeof(double) * (size_t)q);
        for (int i = 0; i < q; i++)
            task->trial[i] += sign * 0.5 * task->vectors[i];
        if (rowcov_task_value(task, task->trial, &stop) < task->value - TOLERANCE_LEFT) {
            memcpy(task->x, task->trial, sizeof(double) * (size_t)q);
            rowcov_minimize(task, minimizer);
            return true;
        }
    }
    return false;
}

static void polish(struct rowcov_task *task, struct minimizer *minimizer)
{
    int q = task->count;

    for (int leave = 0; rowcov_set_hessian(task) && leave < LEAVES && leave_saddle(task, minimizer); leave++)
        while (rowcov_find_edges(task))
            rowcov_minimize(task, minimizer);
    for (int step = 0; step < POLISH && task->have_hessian && !task->stopped; step++) {
        double value, gain = rowcov_newton_step(task);

        task->gain = gain;
        if (gain < TOLERANCE_APPROXIMATE_GAIN)
            break;
        value = rowcov_value(task->m, task->trial);
        if (!(value < task->value + TOLERANCE_GAIN) || !rowcov_gradient(task->m, task->trial, task->trial_gradient))
            break;
        memcpy(task->x, task->trial, sizeof(double) * (size_t)q);
        memcpy(task->gradient, task->trial_gradient, sizeof(double) * (size_t)q);
        task->value = value;
        if (gain > TOLERANCE_MOVED_GAIN && !rowcov_set_hessian(task))
            break;
        task->gain = rowcov_newton_step(task);
    }
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* With each standard deviation of the residuals at 0, as far as effects leave the rows a variance: a likelihood may have a second
 * optimum there, to which no slope leads, or a search may be on its endless way there.  What is no higher than `best` stays. */
static void search_at_zero(struct rowcov_task *task, struct minimizer *minimizer, double best[], double *lowest)
{
    size_t q = (size_t)task->count;

    for (int s = 0; s < rowcov_scales_to_try(task) && !task->stopped; s++) {
        memcpy(task->x, best, sizeof *best * q);
        if (!rowcov_scale_to_zero(task, s))
            continue;
        task->to_beat = *lowest + TOLERANCE_LOWER;
        rowcov_minimize(task, minimizer);
        task->to_beat = -HUGE_VAL;
        if (!task->stopped && task->value < *lowest + TOLERANCE_LOWER) {
            *lowest = task->value;
            memcpy(best, task->x, sizeof *best * q);
            if (rowcov_scale_is_bounded(task, s))
                continue;
        }
        rowcov_scale_release(task, s);
    }
}

/* From several starts and special cases; the lowest is kept. */
static bool search(struct rowcov_task *task, struct minimizer *minimizer, const double first[])
{
    int q = task->count;
    double *best, lowest = HUGE_VAL;
    bool done;

    if (!rowcov_search_single(task, &done))
        return false;
    if (done && !task->have_hessian && !task->stopped)
        polish(task, minimizer);
    if (done)
        return true;
    if ((best = NEW_ARRAY(double, q + 1)) == NULL)
        return false;
    task->first_tau = q > 0 ? first[q - 1] : 0.0;
    if (!rowcov_search_starts(task, minimizer, first, best, &lowest)) {
        mem_free(best);
        return false;
    }
    if (lowest < HUGE_VAL)
        search_at_zero(task, minimizer, best, &lowest);
    if (lowest < HUGE_VAL) {
        memcpy(task->x, best, sizeof(double) * (size_t)q);
        task->value = lowest;
    }
    mem_free(best);
    while (!task->stopped && rowcov_find_edges(task))
        rowcov_minimize(task, minimizer);
    if (!task->stopped)
        polish(task, minimizer);
    return true;
}

static enum fit_method method_of(const struct rowcov *m)
{
    return m->family != NULL ? METHOD_LAPLACE : m->reml ? METHOD_REML : METHOD_ML;
}

/* What the result will take: how the effects of each level vary given the rows, and of a generalized model how each entry of the
 * templates follows the parameters, in two matrices. */
static double result_bytes(const struct rowcov *m)
{
    double entries = m->p, spreads = 0.0;

    for (int t = 0; t < m->term_count; t++) {
        entries += m->terms[t].random->covariance->count(m->terms[t].k);
        spreads += (double)m->terms[t].random->level_count * m->terms[t].k * m->terms[t].k;
    }
    return sizeof(double) * (spreads + (m->family == NULL ? 0.0 : 2.0 * entries * (m->count + 2.0)));
}

/* What the data leave open a prior of the variances may determine: what is flat is then found by the curvature of both, at the
 * end.  Whether there is such a thing. */
static bool leave_to_prior(const struct rowcov *m, struct rowcov_open *open)
{
    enum rowcov_sign *sign = open->sign;

    if (open->dims == 0 || !prior_has_random(m->design->prior))
        return false;
    open->sign = NULL;
    rowcov_open_clear(open);
    *open = (struct rowcov_open){ .sign = sign };
    return true;
}

/* The result where the task's search ended.  What a prior was left to determine, and does not, is open as without it. */
static struct fit *result_of(struct rowcov_task *task, struct rowcov_open *open, bool to_prior, double tolerance,
                             struct glmm_error *err)
{
    struct rowcov *m = task->m;
    struct fit *fit = rowcov_result(task, method_of(m), tolerance, err);

    if (fit == NULL || !to_prior)
        return fit;
    fit->by_prior = fit->identity == NULL && fit->optimum.verdict != VERDICT_NOT_CONVERGED;
    if (fit->by_prior)
        return fit;
    fit_free(fit);
    rowcov_open_clear(open);
    if (!rowcov_find_open(m, open, err))
        return NULL;
    if (!rowcov_find_far_signs(open, m, task->x, task->held, task->value)) {
        fail_memory(err);
        return NULL;
    }
    return rowcov_result(task, method_of(m), tolerance, err);
}

static struct fit *run(struct rowcov *m, const struct fit_options *options, const struct glmm_progress *progress,
                       struct glmm_error *err)
{
    struct rowcov_task task;
    struct rowcov_open open = { 0 };
    struct minimizer *minimizer;
    double tolerance = options != NULL && options->tolerance > 0.0 ? options->tolerance : TOLERANCE_GAIN;
    struct fit *fit = NULL;
    double *first;
    bool to_prior = false;

    if (!forecast(result_bytes(m), "effects at fewer positions, or a structure of fewer parameters", progress, err))
        return NULL;
    minimizer = minimizer_new(rowcov_count(m), false);
    first = NEW_ARRAY(double, rowcov_count(m) + 1);
    if (!task_init(&task, m, &open) || minimizer == NULL || first == NULL || !rowcov_met_terms(m))
        fail_memory(err);
    else if (!rowcov_find_open(m, &open, err))
        ; /* said */
    else if ((to_prior = leave_to_prior(m, &open)), m->family != NULL && !laplace_start(m, first, progress, err))
        ; /* said */
    else if (!search(&task, minimizer, first))
        fail_memory(err);
    else if (task.stopped || watch_stopped(&m->watch))
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", m->evaluations);
    else if (!rowcov_find_far_signs(&open, m, task.x, task.held, task.value))
        fail_memory(err);
    else {
        fit = result_of(&task, &open, to_prior, tolerance, err);
        if (fit != NULL && !(options != NULL && options->unpriced) && !rowcov_price(&task, fit, err)) {
            fit_free(fit);
            fit = NULL;
        }
        if (fit != NULL && watch_stopped(&m->watch)) {
            fit_free(fit);
            fit = NULL;
            fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", m->evaluations);
        }
    }
    mem_free(first);
    minimizer_free(minimizer);
    rowcov_open_clear(&open);
    task_clear(&task);
    return fit;
}

struct fit *rowcov_at(struct rowcov *m, const double x[], struct glmm_error *err)
{
    struct rowcov_task task;
    struct rowcov_open open = { 0 };
    struct fit *fit = NULL;

    if (!task_init(&task, m, &open))
        fail_memory(err);
    else if (rowcov_find_open(m, &open, err)) {
        bool to_prior = leave_to_prior(m, &open);

        memcpy(task.x, x, sizeof(double) * (size_t)task.count);
        if (rowcov_set_hessian(&task))
            task.gain = rowcov_newton_step(&task);
        if (rowcov_find_far_signs(&open, m, task.x, task.held, task.value))
            fit = result_of(&task, &open, to_prior, TOLERANCE_GAIN, err);
        else
            fail_memory(err);
    }
    rowcov_open_clear(&open);
    task_clear(&task);
    return fit;
}

struct fit *rowcov_fit(const struct design *design, const struct family *family, const struct link *link,
                       const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    enum fit_method method = options == NULL ? METHOD_DEFAULT : options->method;
    double began = seconds_now();
    struct rowcov *m;
    struct fit *fit;

    if (!blas_ready(err)
        || !(family == NULL ? explained_check_structured(design, NULL, NULL, err)
                            : explained_check_kinds(design, family, NULL, err)))
        return NULL;
    m = rowcov_new(design, family, link, family == NULL && (method == METHOD_DEFAULT || method == METHOD_REML), progress, err);
    if (m == NULL)
        return NULL;
    fit = run(m, options, progress, err);
    rowcov_free(m);
    if (fit != NULL
        && !((family == NULL || explained_check_kinds(design, family, fit, err)) && explained_check_scales(fit, err)
             && explained_check_rows(fit, err) && own_rows_check(fit, err))) {
        fit_free(fit);
        return NULL;
    }
    if (fit != NULL)
        fit->seconds = seconds_now() - began;
    return fit;
}
