/* glmm-shapes.c -- where the outer parameters behind theta begin: the shapes of the density, and the coefficients of their
 * predictors, each at its best beside the others. */
#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"

static const double NO_SLOPE = 1e-9; /* a row: nothing is to be learnt of a dispersion */

static const double NO_VARIANCE = 1e-30; /* of a response that is constant: its logarithm is still a number */

/* Of counts that may be next to their means: far below this (glmm-descent.c), at a dispersion of exp(-2.5), a third count is as
 * rare as 2^-12. */
static const double COUNTS_NEAR = 2.5;

static const double REST_CLOSE = 1e-4; /* a bracket of a dispersion's logarithm that is close enough to start from */

double glm_first_mean(const struct glm *m, size_t i)
{
    const struct family *family = m->response.family;
    struct observation at = response_at(&m->response, i);

    return family->accepts(&at) ? family->start(&at) : family->start(&(struct observation){ .y = 1, .trials = 1, .weight = 1 });
}

const struct glm_part *glm_part_at(const struct glm *m, int j)
{
    for (int k = 0; k < m->part_count; k++)
        if (j >= m->part[k].first && j < m->part[k].first + m->part[k].count)
            return &m->part[k];
    return NULL;
}

/* The slope of the log-likelihood at the current eta in the outer parameter j behind theta, where that is x; NaN: none. */
static double rest_slope(struct glm *m, int j, double rest[], double x)
{
    const struct glm_part *part = glm_part_at(m, j);
    double sum, *out[D_COUNT] = { NULL };

    rest[j] = x;
    glm_set_rest(m, rest);
    memset(m->work_rest, 0, sizeof(double) * (size_t)m->rest);
    out[D_SHAPE(part->slot)] = m->d[D_SHAPE(part->slot)];
    if (!isfinite(response_density(&m->response, 0, m->n, m->eta, ORDER_GRADIENT, out)))
        return NAN;
    for (size_t i = 0; i < m->n; i++)
        glm_add_rest(m, part, i, m->d[D_SHAPE(part->slot)][i], m->work_rest);
    sum = m->work_rest[j];
    return part->index != NULL ? sum : m->constant_slope[part->slot] + sum;
}

/* The value of largest likelihood at the current eta, at most 12 from the start: a bracket by doubling steps, the first as given,
 * which ends where it is 20 wide, and false position in it, where an end that stays twice counts half (Illinois). */
static double best_rest(struct glm *m, int j, double rest[], double step)
{
    double first = rest[j], low = first, high = first, at_low = rest_slope(m, j, rest, first), at_high = at_low;
    int kept = 0;

    if (!(fabs(at_low) > NO_SLOPE * (double)m->n)) /* nothing to be learnt, or not a number */
        return first;
    for (; high - low < 20 && at_low * at_high > 0; step *= 2) {
        if (at_low > 0) {
            low = high;
            at_low = at_high;
            at_high = rest_slope(m, j, rest, high += step);
            at_high = isnan(at_high) ? -at_low : at_high;
        } else {
            high = low;
            at_high = at_low;
            at_low = rest_slope(m, j, rest, low -= step);
            at_low = isnan(at_low) ? -at_high : at_low;
        }
    }
    for (int i = 0; i < 40 && high - low > REST_CLOSE && at_low > 0 && at_high < 0; i++) {
        double x = low + (high - low) * at_low / (at_low - at_high), inner = 0.01 * (high - low);
        double slope = rest_slope(m, j, rest, x = fmin(fmax(x, low + inner), high - inner));

        if (slope > 0) {
            low = x;
            at_low = slope;
            at_high *= kept > 0 ? 0.5 : 1;
            kept = 1;
        } else {
            high = x;
            at_high = isnan(slope) ? at_high : slope;
            at_low *= kept < 0 ? 0.5 : 1;
            kept = -1;
        }
    }
    return fmin(fmax(0.5 * (low + high), first - 12), first + 12);
}

/* The logarithm of the responses' variance over that power of their mean. */
static double log_variation(const struct glm *m, double power)
{
    double mean = 0, square = 0;

    for (size_t i = 0; i < m->n; i++)
        mean += glm_first_mean(m, i) / (double)m->n;
    for (size_t i = 0; i < m->n; i++)
        square += pow(glm_first_mean(m, i) - mean, 2) / (double)m->n;
    return log(fmax(power > 0 ? square / pow(mean, power) : square, NO_VARIANCE));
}

static double first_tau(const struct glm *m)
{
    if (m->response.family->response == RESPONSE_BINOMIAL
        || !(m->response.family->weight_divides || m->response.family->residual))
        return 0;
    return log_variation(m, m->response.family->mean_power);
}

/* A part that gives `value` to all rows, or nearly: where the first column is that of an intercept. */
static void set_constant(const struct glm_part *part, double value, double gamma[])
{
    bool intercept = part->design == NULL || part->design->assign == NULL || part->design->assign[0] < 0;

    for (int j = 0; j < part->count; j++)
        gamma[j] = j == 0 && intercept ? value * (part->design == NULL ? 1 : part->R[0]) : 0;
}

void glm_first_rest(const struct glm *m, double rest[])
{
    const struct family *family = m->response.family;

    for (int k = 0; k < m->part_count; k++) {
        int shape = m->part[k].slot;

        double first = family->has_dispersion && shape == 0 ? first_tau(m) : family->more[shape - family->has_dispersion].start;

        set_constant(&m->part[k], first, rest + m->part[k].first);
    }
}

bool glm_has_power(const struct glm *m)
{
    const struct family *own = family_own(m->response.family);

    return own->more_count > 0 && own->more[own->more_count - 1].scale == SHAPE_POWER && !own->given[1] && glm_limit_sign(m) != 0;
}

int glm_vanishing_sign(const struct glm *m, int *at, double *origin)
{
    const struct family *family = m->response.family, *own = family_own(family);
    bool power = own->more_count > 0 && own->more[own->more_count - 1].scale == SHAPE_POWER;
    const struct glm_part *part = own->has_dispersion ? glm_part_of(m, 0) : NULL;

    if (part != NULL && part->design == NULL && own->certain && own->limit_varies_most) {
        *at = part->first;
        *origin = COUNTS_NEAR;
        return -1;
    }
    /* beside degrees of freedom that the data are to tell there is no telling these */
    if (part == NULL || part->design != NULL || own->support != SUPPORT_REAL
        || (own->more_count > 0 && own->more[0].scale == SHAPE_LOG && !own->given[1]))
        return 0;
    *at = part->first;
    *origin = 0;
    if (power || own->mean_power > 0 || own->residual) {
        *origin = power ? log_variation(m, family_shape_value(own, 1, m->response.shape[1], NULL)) : first_tau(m);
        return -1;
    }
    return 1;
}

bool glm_leaves_rounding(const struct glm *m)
{
    double tau = m->response.shape[0];

    if (!m->response.family->has_dispersion || glm_rest_count(m) == 0 || m->response.rows[0] != NULL)
        return false;
    if (m->response.family->weight_divides || m->response.family->residual)
        return tau < first_tau(m) - 40 || tau < -60;
    return m->response.family->limit == NULL && tau > 28;
}

double glm_improve_rest(struct glm *m, double rest[], double step)
{
    double moved = 0;

    for (int j = 0; j < glm_rest_count(m); j++) {
        double old = rest[j];

        rest[j] = best_rest(m, j, rest, step);
        moved = fmax(moved, fabs(rest[j] - old));
    }
    glm_set_rest(m, rest);
    return moved;
}
