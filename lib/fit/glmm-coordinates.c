/* glmm-coordinates.c -- the deviance of a generalized model as searches see it: in its parameters phi = (gamma, theta, rest), and
 * in coordinates z in which it is nearly z'z: phi = base + C z, with bent diagonals of the templates. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"

void glm_from_z(const struct glm_task *task, const double z[], double phi[])
{
    int n = task->opt.n;

    for (int i = 0; i < n; i++) {
        double sum = 0;

        for (int j = 0; j <= i; j++)
            sum += task->C[i + j * n] * z[j];
        if (task->bend[i] > 0 && sum != 0) /* at the base to the last digit: an evaluation there is known */
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
    return value + glm_series_value(task->series, phi);
}

static bool slopes_at(void *context, const double phi[], double gradient[], bool *stop)
{
    struct glm_task *task = context;

    gradient[task->opt.n - 1] = 0; /* of a dispersion that is held there is none */
    glm_slopes(task->m, gradient); /* at the last phi */
    glm_series_slopes(task->series, phi, gradient);
    *stop = *stop || watch_stopped(&task->m->watch);
    return true;
}

static double value_in_z(void *context, const double z[], bool *stop)
{
    struct glm_task *task = context;

    glm_from_z(task, z, task->moved);
    return value_at(task, task->moved, stop);
}

static bool slopes_in_z(void *context, const double z[], double gradient[], bool *stop)
{
    struct glm_task *task = context;

    glm_from_z(task, z, task->moved);
    if (!slopes_at(task, task->moved, task->moved_gradient, stop))
        return false;
    gradient_to_z(task, task->moved, task->moved_gradient, gradient);
    return true;
}

bool glm_exact_to_z(struct glm_task *task, const double phi[], bool rough, double out[])
{
    struct optimizer *o = &task->opt;
    int n = o->n, free = task->count;
    double *H = o->vectors, *column = o->work, *rate = column + n;

    if (task->tangent == NULL || !glm_has_hessian(task->m) || !glm_hessian(task->tangent, task->m, phi, rough, H))
        return false;
    glm_series_curvature(task->series, free, 2, H);
    memset(out, 0, sizeof *out * (size_t)(n * n));
    for (int i = 0; i < free; i++)
        rate[i] = task->bend[i] > 0 ? sqrt(phi[i] * phi[i] + task->bend[i] * task->bend[i]) : 1;
    for (int j = 0; j < free; j++) {
        for (int i = 0; i < free; i++) {
            column[i] = 0;
            for (int k = j; k < free; k++)
                column[i] += rate[i] * H[i + k * free] * rate[k] * task->C[k + j * n];
        }
        for (int i = 0; i < free; i++)
            for (int k = i; k < free; k++)
                out[i + j * n] += task->C[k + i * n] * column[k];
    }
    return true;
}

/* The same at z, whose slopes were asked for last: in bent coordinates the slopes have a part in it. */
static bool hessian_in_z(void *context, const double z[], double out[], bool *stop)
{
    struct glm_task *task = context;
    int n = task->opt.n;

    glm_from_z(task, z, task->moved);
    if (!glm_exact_to_z(task, task->moved, true, out)) {
        *stop = *stop || watch_stopped(&task->m->watch);
        return false;
    }
    for (int i = 0; i < n; i++)
        if (task->bend[i] > 0)
            out[i + i * n] += task->C[i + i * n] * task->C[i + i * n] * task->moved[i] * task->moved_gradient[i];
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
    glm_series_curvature(task->series, p, 1, S);
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
    double h = TOLERANCE_SCALING_STEP, there, curvature = 0;

    memcpy(task->moved, task->opt.x, sizeof(double) * (size_t)n);
    task->moved[j] += h;
    there = glm_deviance(m, task->moved, task->moved_gradient);
    if (there < MINIMIZE_BAD && here < MINIMIZE_BAD)
        curvature = (task->moved_gradient[j] - task->opt.gradient[j]) / h;
    task->C[j + j * n] = 1 / sqrt(fmax(0.5 * curvature, 0.25));
}

void glm_set_coordinates(struct glm_task *task)
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
        double known = glm_levels_known(m, term);

        for (int b = 0; b < term->k; b++)
            for (int a = b; a < term->design->covariance->end(term->k, b); a++, at++) {
                double count = sqrt(2 * known);

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
        task->grown[j] = 1;
        task->z[j] = 0;
    }
}

void glm_straighten(struct glm_task *task)
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

/* Whether a search is about to end at the known optimum: the shapes of the density and the coefficients of other predictors are
 * those there, too. */
static bool is_known(void *context, const double z[], double value, double gain)
{
    struct glm_task *task = context;
    const struct glm *m = task->m;
    const double *phi = task->moved, *known = task->opt.known;

    if (known == NULL)
        return false;
    glm_from_z(task, z, task->moved);
    for (int j = m->p + m->theta_count; j < task->count; j++)
        if (!(fabs(phi[j] - known[j]) < TOLERANCE_KNOWN_SHARE * (1 + fabs(known[j]))))
            return false;
    return optimizer_is_known(&task->opt, phi, value, gain);
}

void glm_set_objectives(struct glm_task *task)
{
    int count = task->opt.n;

    task->opt.objective = (struct objective){
        .n = count, .context = task, .value = value_at, .gradient = slopes_at, .rounding = rounding, .held = task->held
    };
    task->problem.objective = (struct objective){ .n = count, .context = task, .value = value_in_z, .gradient = slopes_in_z };
    task->problem.objective.hessian = task->tangent != NULL ? hessian_in_z : NULL;
    task->problem.objective.rounding = rounding_in_z;
    task->problem.objective.held = task->held;
    task->problem.is_known = is_known;
}
