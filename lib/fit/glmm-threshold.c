/* glmm-threshold.c -- the thresholds of an ordered response among the outer parameters: which rows have which, where they begin,
 * and in which coordinates they are searched for.
 *
 * A row has two, the one below and the one above its category; its log density depends on t - eta alone, so that with the slots'
 * slopes l_u, l_l and their derivatives in eta all second derivatives are known:
 *
 *   l_ul = -l_u l_l / w,    l_uu = -l_u,eta - l_ul,    l_ll = -l_l,eta - l_ul */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "linalg/dense.h"
#include "model/prior.h"
#include "fit/tolerances.h"

enum { NEWTON_STEPS = 40, PRIOR_STEPS = 3 };

/* --- the parts ---------------------------------------------------------------------------- */

/* The shape that is the threshold below the category of a row, or above it; -1 where there is none that bounds it. */
static int shape_beside(const struct glm *m, double y, unsigned open, int above)
{
    int j = (int)y - 2 + above;

    return j < 0 || j >= family_shapes(m->response.family) || open & (above ? OPEN_ABOVE : OPEN_BELOW) ? -1 : j;
}

/* Of the rows that infinite estimates leave: the thresholds that still bound one, told apart as in all rows. */
static void set_bounding(struct glm *m)
{
    const struct design *d = m->design;
    int number[MOST_CATEGORIES];

    for (int j = 0; j < MOST_CATEGORIES; j++)
        number[j] = -1;
    for (size_t i = 0; i < d->n; i++)
        for (int above = 0; above < 2; above++) {
            int j = shape_beside(m, d->y[i], d->open[i], above);

            if (j >= 0 && d->threshold[j] >= 0)
                number[d->threshold[j]] = 0;
        }
    for (int t = 0; t < MOST_CATEGORIES; t++)
        number[t] = number[t] < 0 ? -1 : m->rest++;
    for (int j = 0; j < family_shapes(m->response.family); j++) {
        m->outer[j] = d->threshold[j] < 0 ? -1 : number[d->threshold[j]];
        m->response.shape[j] = (double)NAN;
    }
}

void glm_set_thresholds(struct glm *m, const struct response *rows)
{
    int last = 0;
    bool found[MOST_CATEGORIES] = { false };

    if (m->design->open != NULL) {
        set_bounding(m);
        return;
    }
    for (size_t i = 0; i < rows->n; i++) {
        found[(int)rows->y[i] - 1] = true;
        last = rows->y[i] > last ? (int)rows->y[i] : last;
    }
    for (int j = 0, any = 0; j < family_shapes(rows->family); j++) {
        any = any || found[j];
        m->outer[j] = -1;
        m->response.shape[j] = any ? (double)INFINITY : (double)-INFINITY;
        if (any && j + 1 < last)
            m->outer[j] = found[j] ? m->rest++ : m->rest - 1;
    }
}

bool glm_set_threshold_parts(struct glm *m)
{
    for (int slot = 0; slot < 2; slot++) {
        int32_t *index = arena_alloc(m->arena, m->n + 1, sizeof *index);

        if (index == NULL)
            return false;
        for (size_t i = 0; i < m->n; i++) {
            int j = shape_beside(m, m->y[i], m->response.open == NULL ? 0 : m->response.open[i], slot);

            index[i] = j < 0 ? -1 : m->outer[j];
        }
        m->part[m->part_count++] = (struct glm_part){ .slot = slot, .first = 0, .count = m->rest, .index = index };
    }
    return true;
}

/* --- without random effects --------------------------------------------------------------- */

/* The thresholds of the response alone. */
static void begin(const struct glm *m, double rest[])
{
    double weight[MOST_CATEGORIES] = { 0 }, total = 0, offset = 0, sum = 0;
    double more = m->response.open == NULL ? 0 : 0.5; /* a category may have no row left */

    for (size_t i = 0; i < m->n; i++) {
        double w = m->weights == NULL ? 1 : m->weights[i];

        weight[(int)m->y[i] - 1] += w;
        total += w;
        offset += m->offset == NULL ? 0 : w * m->offset[i];
    }
    for (int j = 0; j < family_shapes(m->response.family); j++) {
        sum += weight[j];
        if (m->outer[j] >= 0)
            rest[m->outer[j]] =
                m->response.link->transform((sum + more * (j + 1)) / (total + more * (family_shapes(m->response.family) + 1)))
                + offset / total;
    }
}

/* A (N x N, lower) := minus the second derivatives of the log likelihood in (gamma, thresholds), g := its slopes. */
static void set_system(const struct glm *m, double A[], double g[])
{
    int p = m->p, n = p + m->rest;

    memset(A, 0, sizeof *A * (size_t)n * (size_t)n);
    memset(g, 0, sizeof *g * (size_t)n);
    for (size_t i = 0; i < m->n; i++) {
        double weight = m->weights == NULL ? 1 : m->weights[i];
        double cross = -m->d[D_SHAPE(0)][i] * m->d[D_SHAPE(1)][i] / weight;
        int at[2] = { m->part[0].index[i], m->part[1].index[i] };

        for (int j = 0; j < p; j++) {
            double x = m->X[i + (size_t)j * m->n];

            g[j] += x * m->d[D_ETA][i];
            for (int k = 0; k <= j; k++)
                A[j + k * n] -= x * m->X[i + (size_t)k * m->n] * m->d[D_ETA2][i];
            for (int slot = 0; slot < 2; slot++)
                if (at[slot] >= 0)
                    A[p + at[slot] + j * n] -= x * m->d[D_SHAPE(slot) + 1][i];
        }
        for (int slot = 0; slot < 2; slot++)
            if (at[slot] >= 0) {
                g[p + at[slot]] += m->d[D_SHAPE(slot)][i];
                A[(p + at[slot]) * (n + 1)] += m->d[D_SHAPE(slot) + 1][i] + cross;
            }
        if (at[0] >= 0 && at[1] >= 0)
            A[p + at[1] + (p + at[0]) * n] -= cross;
    }
}

/* The step A^-1 g into g; returns g'A^-1 g, 0 where A cannot be had. */
static double solve(int n, double A[], double g[], double slope[])
{
    double sum = 0;

    memcpy(slope, g, sizeof *g * (size_t)n);
    if (chol_factor(n, A, n) != 0)
        return 0;
    chol_solve_lower(n, A, n, g);
    chol_solve_upper(n, A, n, g);
    for (int j = 0; j < n; j++)
        sum += slope[j] * g[j];
    return sum;
}

bool glm_start_thresholds(struct glm *m, double phi[], const struct glmm_progress *progress, struct glmm_error *err)
{
    int p = m->p, n = p + m->rest;
    int steps = prior_has_coefficients(m->design->prior) ? PRIOR_STEPS : NEWTON_STEPS; /* which may be infinite without it */
    double *rest = phi + p + m->theta_count, value, next = 0;
    double *A = NEW_ARRAY(double, n *n + 3 * n + 1), *g = A + n * n, *slope = g + n, *try = slope + n;
    bool ok = A != NULL || fail_memory(err);

    if (ok) {
        begin(m, rest);
        memset(phi, 0, sizeof *phi * (size_t)p);
        glm_set_rest(m, rest);
    }
    value = ok ? glm_fixed_value(m, phi) : 0;
    for (int i = 0; ok && i < steps; i++) {
        double decrement, alpha = 1;

        ok = progress_tell(progress, "starting values", i, 0, 2 * value) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
        set_system(m, A, g);
        decrement = solve(n, A, g, slope);
        if (!ok || !(decrement > TOLERANCE_START_GAIN * (1 + TOLERANCE_START_SIZE * fabs(value))))
            break;
        for (; alpha > TOLERANCE_START_SHORTEST; alpha *= 0.5) {
            for (int j = 0; j < n; j++)
                try[j] = (j < p ? phi[j] : rest[j - p]) + alpha * g[j];
            glm_set_rest(m, try + p);
            next = glm_fixed_value(m, try);
            if (next <= value - TOLERANCE_DECREASE * alpha * decrement)
                break;
        }
        if (!(next <= value))
            break;
        value = next;
        memcpy(phi, try, sizeof *phi * (size_t)p);
        memcpy(rest, try + p, sizeof *rest * (size_t)m->rest);
    }
    if (ok) {
        glm_set_rest(m, rest);
        glm_fixed_value(m, phi);
    }
    mem_free(A);
    return ok;
}

/* --- coordinates -------------------------------------------------------------------------- */

/* H (N x N, full) := half the curvature of the deviance in (gamma, thresholds); that in gamma stands in task->work. */
static bool set_curvature(struct glm_task *task, double here, double H[])
{
    struct glm *m = task->m;
    int p = m->p, n = p + m->rest, first = p + m->theta_count;
    double h = TOLERANCE_SCALING_STEP;

    glm_curvature(m, task->work);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            H[i + j * n] = task->work[i + j * p];
    for (int j = 0; j < m->rest; j++) {
        memcpy(task->moved, task->opt.x, sizeof(double) * (size_t)task->opt.n);
        task->moved[first + j] += h;
        if (!(here < MINIMIZE_BAD) || !(glm_deviance(m, task->moved, task->moved_gradient) < MINIMIZE_BAD))
            return false;
        for (int i = 0; i < n; i++) {
            int at = i < p ? i : first + i - p;

            H[i + (p + j) * n] = H[p + j + i * n] = 0.5 * (task->moved_gradient[at] - task->opt.gradient[at]) / h;
        }
    }
    return true;
}

bool glm_scale_thresholds(struct glm_task *task, double here)
{
    struct glm *m = task->m;
    int p = m->p, n = p + m->rest, size = task->opt.n;
    double *H = NEW_ARRAY(double, 3 * n * n + 1), *inverse = H + n * n, *scratch = inverse + n * n;
    bool ok = H != NULL && set_curvature(task, here, H) && chol_factor(n, H, n) == 0;

    if (ok) {
        chol_invert(n, H, scratch, inverse, n);
        ok = chol_factor(n, inverse, n) == 0;
    }
    for (int j = 0; ok && j < n; j++)
        for (int i = j; i < n; i++)
            task->C[(i < p ? i : i + m->theta_count) + (j < p ? j : j + m->theta_count) * size] = inverse[i + j * n];
    mem_free(H);
    return ok;
}
