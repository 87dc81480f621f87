/* rowcov-single.c -- the search of rowcov.h for one parameter, where an evaluation is a sparse factor that may take minutes.
 *
 * It begins at moments of the rows (rowcov-moments.c), and the first step is by the average information.  From then on x is where
 * the polynomial through (g_k, x_k), the slopes met, is at g = 0; and second derivatives are those of the polynomials through
 * (x_k, g_k), so that no evaluation is there for differences alone:
 *
 *     f'(x_0) = sum_k w_k f(x_k),   w_k = prod_{j != 0, k} (x_0 - x_j) / prod_{j != k} (x_k - x_j),   w_0 = sum_k 1 / (x_0 - x_k)
 *
 * The error of the former is prod |x - x_k| times a derivative, as of the latter without x_0.  What does not go as smoothly as
 * that (a variance near 0, a deviance that is not convex) is left to the search of all models. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"

enum { POINTS = 9 };

static const double LONGEST = 1.0;              /* a step: a factor of e of the standard deviation */
static const double REACH = 0.5;                /* so far points tell of a slope's derivative */
static const double SMALL_SD = 0.1, LARGE = 20; /* of the term, in residual ones: beyond, an edge may be where it ends */
static const double SIDE = 1e-4;                /* a point beside the root that is expected, for the derivative there */
static const double SAME = 1e-6;                /* so near to each other points tell of rounding */
static const double CLOSE = 1e-7;               /* product of distances of which the derivatives hold all digits that are shown */
static const double SURE = 1e-7;                /* the share of a second derivative that may be wrong */
static const double NOISE = 64 * DBL_EPSILON;   /* of both parts of a slope, sums of many */

struct single {
    struct rowcov_task *task;
    int count;
    double x[POINTS], value[POINTS], slope[POINTS], part[PARTS][POINTS], sigma2[POINTS];
    double *inverse; /* POINTS matrices p x p: (X'V^-1 X)^-1 */
};

/* Adds x; information (NULL: not wanted) gets the average information there.  False where there are no slopes. */
static bool add_point(struct single *s, double x, double *information)
{
    struct rowcov *m = s->task->m;
    int at = s->count;

    s->value[at] = rowcov_value(m, &x);
    if (!(s->value[at] < MINIMIZE_BAD))
        return false;
    if (information != NULL)
        *information = rowcov_sparse_information(m, &x);
    if (!rowcov_gradient(m, &x, &s->slope[at]) || !isfinite(s->slope[at]))
        return false;
    s->x[at] = x;
    s->sigma2[at] = m->sigma2;
    for (int part = 0; part < PARTS; part++)
        s->part[part][at] = m->gradient[part][0];
    rowcov_fixed_inverse(m, s->inverse + (size_t)at * (size_t)m->p * (size_t)m->p);
    s->count++;
    s->task->iterations++;
    return true;
}

/* Where the inverse of the slopes of the last points is at 0: of four at most, as far as they rise. */
static bool find_root(const struct single *s, double *root)
{
    int last = s->count - 1, first = last > 3 ? last - 3 : 0;

    for (int a = first; a <= last; a++)
        for (int b = first; b < a; b++)
            if (!((s->slope[a] - s->slope[b]) * (s->x[a] - s->x[b]) > 0.0)) {
                if (b == last - 1)
                    return false;
                first = b + 1;
            }
    *root = 0.0;
    for (int k = first; k <= last; k++) {
        double weight = 1.0;

        for (int j = first; j <= last; j++)
            weight *= j == k ? 1.0 : s->slope[j] / (s->slope[j] - s->slope[k]);
        *root += weight * s->x[k];
    }
    *root = fmin(fmax(*root, s->x[last] - LONGEST), s->x[last] + LONGEST);
    return isfinite(*root);
}

/* Whether a point helps with the derivative at x. */
static bool is_neighbour(const struct single *s, int k, double x, double reach)
{
    double distance = fabs(x - s->x[k]);

    return distance > SAME && distance < reach;
}

/* Whether the neighbours of x will tell the derivative there. */
static bool is_surrounded(const struct single *s, double x)
{
    double product = 1.0;
    int count = 0;

    for (int k = 0; k < s->count; k++)
        if (is_neighbour(s, k, x, REACH)) {
            product *= fabs(x - s->x[k]);
            count++;
        }
    return count > 1 && product < CLOSE;
}

static bool is_inside(double x)
{
    double sd = ROWCOV_BEND * sinh(x);

    return sd > SMALL_SD && sd < LARGE;
}

/* The weights of the slope at the last point, of those within `reach`; how far the farthest is. */
static double set_weights(const struct single *s, double reach, double weight[])
{
    int last = s->count - 1;
    double farthest = 0.0;

    weight[last] = 0.0;
    for (int k = 0; k < last; k++) {
        double distance = s->x[last] - s->x[k];

        weight[k] = 0.0;
        if (!is_neighbour(s, k, s->x[last], reach))
            continue;
        farthest = fmax(farthest, fabs(distance));
        weight[last] += 1.0 / distance;
        weight[k] = 1.0 / (s->x[k] - s->x[last]);
        for (int j = 0; j < last; j++)
            if (j != k && is_neighbour(s, j, s->x[last], reach))
                weight[k] *= (s->x[last] - s->x[j]) / (s->x[k] - s->x[j]);
    }
    return farthest;
}

/* The second derivative at the last point, sigma held, and by how much rounding may move it. */
static double bend(const struct single *s, const double weight[], double *noise)
{
    double sum = 0.0, sigma2 = s->sigma2[s->count - 1];

    *noise = 0.0;
    for (int k = 0; k < s->count; k++) {
        sum += weight[k] * (s->part[PART_LOGDET][k] + s->part[PART_RSS][k] / sigma2);
        *noise += fabs(weight[k]) * NOISE * (fabs(s->part[PART_LOGDET][k]) + fabs(s->part[PART_RSS][k]) / sigma2);
    }
    return sum;
}

/* The last point as that of the task, with its Hessian where the others tell that: as with the farthest of them, so nearly
 * without it.  Returns what there is to gain. */
static double set_end(struct single *s)
{
    struct rowcov_task *task = s->task;
    int last = s->count - 1;
    size_t pp = (size_t)task->m->p * (size_t)task->m->p;
    double weight[POINTS], fewer[POINTS], noise, rounding;
    double farthest = set_weights(s, REACH, weight), second = bend(s, weight, &noise), error;

    set_weights(s, farthest, fewer);
    error = fabs(second - bend(s, fewer, &rounding)) * farthest + noise;
    task->x[0] = s->x[last];
    task->value = s->value[last];
    task->gradient[0] = s->slope[last];
    task->joint[0] = second;
    memset(task->slopes, 0, sizeof *task->slopes * pp);
    for (int k = 0; k < s->count; k++)
        for (size_t e = 0; e < pp; e++)
            task->slopes[e] += weight[k] * s->inverse[(size_t)k * pp + e];
    if (!rowcov_end_hessian(task, &s->part[PART_RSS][last], s->sigma2[last]) || !(task->values[0] > ROWCOV_FLAT))
        return HUGE_VAL;
    task->gain = rowcov_newton_step(task);
    task->have_hessian = error < SURE * second;
    return task->gain;
}

/* Whether the last point is where it ends. */
static bool is_optimum(struct single *s)
{
    int last = s->count - 1;

    for (int k = 0; k < last; k++)
        if (s->value[k] < s->value[last] - TOLERANCE_LOWER)
            return false;
    return set_end(s) < TOLERANCE_HESSIAN_GAIN;
}

/* From x on; false where it does not come to an end. */
static bool run(struct single *s, double x)
{
    double information = 0.0;

    if (!is_inside(x) || !add_point(s, x, &information) || !(information > 0.0))
        return false;
    x -= fmin(fmax(s->slope[0] / information, -LONGEST), LONGEST);
    while (is_inside(x) && add_point(s, x, NULL)) {
        if (is_optimum(s))
            return true;
        if (s->count == POINTS || !find_root(s, &x))
            return false;
        if (s->count < POINTS - 1 && !is_surrounded(s, x))
            x += (s->x[s->count - 1] < x ? SIDE : -SIDE) * (s->count - 1);
    }
    return false;
}

bool rowcov_search_single(struct rowcov_task *task, bool *done)
{
    struct rowcov *m = task->m;
    struct single s = { .task = task };
    bool memory;

    *done = false;
    if (m->sparse == NULL || task->count != 1 || m->design->prior != NULL || task->open->dims > 0)
        return true;
    s.inverse = NEW_ARRAY(double, (size_t)POINTS *(size_t)m->p *(size_t)m->p + 1);
    memory = s.inverse != NULL && rowcov_sparse_start(m, task->x);
    *done = memory && run(&s, task->x[0]);
    task->have_hessian = *done && task->have_hessian;
    if (watch_stopped(&m->watch))
        *done = task->stopped = true;
    mem_free(s.inverse);
    return memory;
}
