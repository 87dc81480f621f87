/* rowcov-curvature.c -- the Hessian of rowcov.h by differences of the exact gradient, in the natural sizes of the search; of
 * linear models that of the parameters and sigma together, and with sigma profiled out. */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"

/* Steps of differences of slopes, in natural sizes, of the second, fourth and sixth order: the last where the rows' own variation
 * is held at 1e-8 (TAU_GONE), and rounding in the slopes is that much larger. */
static const double STEP_TWO = 1e-4, STEP_FOUR = 2e-3, STEP_SIX = 0.1;
static const double TWO[] = { 0.5 }, FOUR[] = { 2.0 / 3.0, -1.0 / 12.0 }, SIX[] = { 0.75, -0.15, 1.0 / 60.0 };

/* At x + h e_j: column j of the Hessian, or of the joint one, gets `factor` times the slopes there. */
static bool add_difference(struct rowcov_task *task, int j, double h, double factor)
{
    struct rowcov *m = task->m;
    int q = task->count;
    size_t pp = (size_t)m->p * (size_t)m->p;

    memcpy(task->trial, task->x, sizeof(double) * (size_t)q);
    task->trial[j] += h;
    if (!(rowcov_value(m, task->trial) < MINIMIZE_BAD) || !rowcov_gradient(m, task->trial, task->trial_gradient))
        return false;
    if (!task->linear) {
        for (int i = 0; i < q; i++)
            task->hessian[i + j * q] += factor * task->trial_gradient[i];
        return true;
    }
    for (int i = 0; i < q; i++)
        task->joint[i + j * (q + 1)] += factor * task->trial_gradient[i];
    rowcov_fixed_inverse(m, task->work);
    for (size_t e = 0; e < pp; e++)
        task->slopes[(size_t)j * pp + e] += factor * task->work[e];
    return true;
}

/* Standard deviations are in units of the residual one, and where that is far out on a ridge they are that much smaller than what
 * is worth speaking of otherwise: a step is a share of them. */
static double natural_size(const struct rowcov_task *task, int j)
{
    if (!task->ridge[task->m->term_count] || !rowcov_is_sd(task->m, j))
        return 1.0;
    return fmax(tanh(fabs(task->x[j])), exp(-0.5 * ROWCOV_FAR));
}

/* sum_s weight_s (g(x + s h e_j) - g(x - s h e_j)) / h. */
static bool set_column(struct rowcov_task *task, int j)
{
    int sides = task->vanished ? 3 : task->cheap ? 2 : 1;
    double h = task->vanished ? STEP_SIX : task->cheap ? STEP_FOUR : STEP_TWO;
    const double *weight = task->vanished ? SIX : task->cheap ? FOUR : TWO;
    bool ok = true;

    h *= natural_size(task, j);
    for (int s = 1; ok && s <= sides; s++)
        ok = add_difference(task, j, s * h, weight[s - 1] / h) && add_difference(task, j, -s * h, -weight[s - 1] / h);
    return ok;
}

/* Linear, with a prior: the column of sigma, by differences. */
static bool set_sigma_column(struct rowcov_task *task, double sigma2)
{
    struct rowcov *m = task->m;
    int q = task->count, r = q + 1;
    double h = STEP_TWO, sigma = sqrt(sigma2);

    for (int i = 0; i < r; i++)
        task->joint[i + q * r] = 0.0;
    for (int side = 1; side >= -1; side -= 2) {
        double at = sigma * (1.0 + side * h), factor = side / (2.0 * sigma * h);

        rowcov_hold_sigma2(m, at * at);
        if (!(rowcov_value(m, task->x) < MINIMIZE_BAD) || !rowcov_gradient(m, task->x, task->trial_gradient))
            return false;
        for (int i = 0; i < q; i++)
            task->joint[i + q * r] += task->held[i] ? 0.0 : factor * task->trial_gradient[i];
        task->joint[q + q * r] += factor * rowcov_sigma_slope(m, task->x) / at;
    }
    for (int i = 0; i < q; i++)
        task->joint[q + i * r] = task->joint[i + q * r];
    return true;
}

/* Linear: d(x, sigma) = logdet + nu log sigma^2 + r^2 / sigma^2. */
static bool set_sigma(struct rowcov_task *task, const double rss_slopes[], double sigma2)
{
    int q = task->count, r = q + 1;
    double *J = task->joint;

    if (task->m->design->prior != NULL)
        return set_sigma_column(task, sigma2);
    for (int j = 0; j < q; j++)
        J[q + j * r] = J[j + q * r] = -2.0 * rss_slopes[j] / (sigma2 * sqrt(sigma2));
    J[q + q * r] = 4.0 * task->m->degrees / sigma2;
    return true;
}

/* The Hessian with sigma profiled out. */
static void set_profile(struct rowcov_task *task)
{
    int q = task->count, r = q + 1;
    double *J = task->joint, *H = task->hessian;

    for (int j = 0; j < q; j++)
        for (int i = 0; i < j; i++)
            J[i + j * r] = J[j + i * r] = 0.5 * (J[i + j * r] + J[j + i * r]);
    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            H[i + j * q] = J[i + j * r] - J[q + i * r] * J[q + j * r] / J[q + q * r];
}

/* The Hessian from its columns in `hessian`: symmetric, without what is held, and its eigenvectors. */
static bool set_eigen(struct rowcov_task *task)
{
    int q = task->count;

    for (int j = 0; j < q; j++)
        for (int i = 0; i < q; i++)
            if (task->held[i] || task->held[j])
                task->hessian[i + j * q] = 0.0;
    for (int j = 0; j < q; j++)
        for (int i = 0; i < j; i++)
            task->hessian[i + j * q] = task->hessian[j + i * q] = 0.5 * (task->hessian[i + j * q] + task->hessian[j + i * q]);
    memcpy(task->vectors, task->hessian, sizeof(double) * (size_t)(q * q));
    for (int j = 0; j < q; j++)
        if (task->held[j])
            task->vectors[j + j * q] = 1.0;
    task->have_hessian = q == 0 || symmetric_eigen(q, task->vectors, task->values, task->work, task->work_size);
    return task->have_hessian;
}

bool rowcov_end_hessian(struct rowcov_task *task, const double rss_slopes[], double sigma2)
{
    if (!set_sigma(task, rss_slopes, sigma2))
        return false;
    set_profile(task);
    return set_eigen(task);
}

bool rowcov_set_hessian(struct rowcov_task *task)
{
    struct rowcov *m = task->m;
    int q = task->count, r = q + 1;
    double sigma2, *rss = task->values;
    bool ok = true;

    task->have_hessian = false;
    task->value = rowcov_value(m, task->x);
    if (!(task->value < MINIMIZE_BAD) || !rowcov_gradient(m, task->x, task->gradient))
        return false;
    memset(task->hessian, 0, sizeof(double) * (size_t)(q * q));
    memset(task->joint, 0, sizeof(double) * (size_t)(r * r));
    sigma2 = task->linear ? m->sigma2 : 1.0;
    if (task->linear) {
        rowcov_hold_sigma2(m, sigma2);
        memcpy(rss, m->gradient[PART_RSS], sizeof(double) * (size_t)q);
        memset(task->slopes, 0, sizeof(double) * (size_t)q * (size_t)m->p * (size_t)m->p);
    }
    for (int j = 0; ok && j < q; j++)
        ok = task->held[j] || set_column(task, j);
    ok = ok && (!task->linear || rowcov_end_hessian(task, rss, sigma2));
    rowcov_hold_sigma2(m, 0.0);
    return ok && (task->linear || set_eigen(task));
}

double rowcov_newton_step(struct rowcov_task *task)
{
    int q = task->count;
    double gain = 0.0;

    memcpy(task->trial, task->x, sizeof(double) * (size_t)q);
    task->flat = -1;
    for (int v = 0; v < q; v++) {
        double along = 0.0;

        for (int i = 0; i < q; i++)
            along += task->held[i] ? 0.0 : task->vectors[i + v * q] * task->gradient[i];
        if (task->values[v] < ROWCOV_FLAT) {
            task->flat = task->values[v] > -ROWCOV_FLAT ? v : task->flat;
            gain += fabs(along) > sqrt(ROWCOV_FLAT) ? fabs(along) : 0.0;
            continue;
        }
        gain += 0.5 * along * along / task->values[v];
        for (int i = 0; i < q; i++)
            task->trial[i] -= task->held[i] ? 0.0 : task->vectors[i + v * q] * along / task->values[v];
    }
    return gain;
}
