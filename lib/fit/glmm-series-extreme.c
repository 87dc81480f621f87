/* glmm-series-extreme.c -- rows at the logarithmic series (glmm-series.c) that may come back by themselves: those of extreme
 * predictors, for which there is a direction of the coefficients that leaves them where they are and takes all others farther.
 *
 * Of N's coordinates c, rows of the kind ask A c = move.  Beside one such c stand c + t z, A z = 0, and all others go on where
 * b_k'z < 0, b_k what A leaves of row k.  By Farkas there is such a z where (0, 1) is not in the cone of the (b_k, 1): the
 * residual r of that question has b_k'r_0 <= -r_1 < 0 (linalg/cone.h), z = r_0/r_1. */
#include <math.h>
#include <string.h>

#include "fit/glmm-series-private.h"
#include "fit/limits-private.h"
#include "fit/tolerances.h"
#include "linalg/cone.h"
#include "linalg/orthonormal.h"

static const double NOT_MOVED = 1e-8;   /* a share of a row's predictors that N moves */
static const double SAME_PLACE = 1e-6;  /* of a predictor that has to be somewhere */
static const double LEAST_MEAN = -3;    /* of the logarithm: means from there on are tried, */
static const double BEYOND = 3;         /* to so far beyond the count, */
static const double STEP = 0.5;         /* so far apart */
static const double NO_EXTREME = 1e-10; /* (0, 1) is within the cone */

enum { ASKED = 200 }; /* rows of which it is asked whether they are extreme, those with most to gain first */

/* Room of n + 1 entries behind the generators; of the last, 2 for each row. */
static double *scratch(const struct seek *s, int k)
{
    return s->task->series->generator + (s->task->m->n + (size_t)k) * (size_t)(s->task->opt.n + 1);
}

/* --- what a row may gain ----------------------------------------------------------------------------- */

static double log_density(const struct glm *m, size_t i, double eta, double tau)
{
    const struct observation at = response_at(&m->response, i);
    double d[D_COUNT] = { 0 }, constant[1 + FAMILY_SLOTS] = { 0 }, shape[FAMILY_SHAPES];

    response_shape(&m->response, i, shape);
    shape[0] = tau;
    if (!family_density(m->response.family, m->response.link, &at, eta, shape, ORDER_VALUE, d))
        return -HUGE_VAL;
    if (m->response.family->inflated == NULL)
        m->response.family->constant(&at, shape, constant);
    return d[D_VALUE] + constant[0];
}

/* The log dispersion beside the other end. */
static double other_end(const struct seek *s, double eta)
{
    int limit = s->task->m->response.family->limit_sign, sign = limit != 0 ? limit : s->ratio ? 1 : -1;

    return sign > 0 ? fmax(eta, 0) + SERIES_OTHER_END : -SERIES_OTHER_END;
}

/* Twice the most that the rows of this kind (`alone`: this row) gain elsewhere, and where; `free`: with another dispersion too.
 * here: of each row, the log density where it is. */
static double most_gain(const struct seek *s, const double here[], size_t row, bool alone, bool free, double place[2])
{
    const struct glm *m = s->task->m;
    double most = 0, end = log(m->y[row]) + BEYOND;

    for (double eta = LEAST_MEAN; eta <= end; eta += STEP)
        for (int side = 0; side <= (free ? 1 : 0); side++) {
            double tau = side == 0 ? glm_row_tau(m, row) : other_end(s, eta), gain = 0;

            for (size_t i = alone ? row : 0; i < (alone ? row + 1 : m->n); i++)
                if (s->group[i] >= 0 && seek_is_alike(s, row, i))
                    gain += 2 * (log_density(m, i, eta, tau) - here[i]);
            if (gain > most) {
                most = gain;
                place[0] = eta;
                place[1] = tau;
            }
        }
    return most;
}

/* --- whether it can ------------------------------------------------------------------------------------ */

/* basis (2 x free), c: what moves the row's predictors by `move`, and no more than that.  False where nothing does. */
static bool set_move(const struct seek *s, size_t row, const double move[2], double *basis, int *count, double c[])
{
    memset(c, 0, sizeof(double) * (size_t)s->free);
    *count = 0;
    for (int side = 0; side < 2; side++) {
        double *a = scratch(s, 2), whole, left, still;

        seek_entry(s, row, side == 0, side == 1);
        whole = sqrt(dot_product(s->task->opt.n, s->entry, s->entry));
        seek_project(s, a);
        still = move[side] - dot_product(s->free, a, c);
        if (*count < s->free && orthonormal_extend(s->free, basis, count, a, NOT_MOVED)) {
            const double *q = basis + (size_t)(*count - 1) * (size_t)s->free;

            left = dot_product(s->free, a, q);
            if (fabs(left) > NOT_MOVED * whole) {
                for (int j = 0; j < s->free; j++)
                    c[j] += still / left * q[j];
                continue;
            }
            --*count;
        }
        if (fabs(still) > SAME_PLACE)
            return false;
    }
    return true;
}

/* s->entry projected: what row i of the others goes along the end by. */
static void set_along(const struct seek *s, size_t i, double *b)
{
    seek_entry(s, i, 1, 0);
    seek_project(s, b);
}

/* z: A z = 0, and all others farther by at least 1.  False where there is none. */
static bool set_away(const struct seek *s, size_t row, const double *basis, int count, double z[])
{
    const struct glm *m = s->task->m;
    int d = s->task->opt.n + 1, generators = 0;
    double *target = scratch(s, 2), *residual = scratch(s, 3);

    for (size_t i = 0; i < m->n; i++) {
        double *b = s->task->series->generator + (size_t)generators * (size_t)d, length;

        if (s->group[i] < 0 || seek_is_alike(s, row, i))
            continue;
        if (seek_is_stopped(s, i))
            return false;
        memset(b, 0, sizeof(double) * (size_t)d);
        set_along(s, i, b);
        if (!(orthonormal_leave(s->free, basis, count, b) > NOT_MOVED))
            return false;
        b[d - 1] = 1;
        length = sqrt(dot_product(d, b, b));
        for (int j = 0; j < d; j++)
            b[j] /= length;
        generators++;
    }
    memset(target, 0, sizeof(double) * (size_t)d);
    target[d - 1] = 1;
    cone_residual(s->task->series->cone, generators, s->task->series->generator, target, residual);
    if (!(residual[d - 1] > NO_EXTREME))
        return false;
    for (int j = 0; j < s->free; j++)
        z[j] = residual[j] / residual[d - 1];
    return true;
}

/* c += t z with which all others are at the end. */
static void go_on(const struct seek *s, size_t row, const double z[], double c[])
{
    const struct glm *m = s->task->m;
    double most = 0, *b = scratch(s, 2);

    for (size_t i = 0; i < m->n; i++) {
        double tau, size;

        if (s->group[i] < 0 || seek_is_alike(s, row, i))
            continue;
        set_along(s, i, b);
        tau = glm_row_tau(m, i);
        size = (s->ratio ? tau : m->fixed[i] - tau) + dot_product(s->free, b, c);
        most = fmax(most, (size - SERIES_END) / -dot_product(s->free, b, z));
    }
    for (int j = 0; j < s->free; j++)
        c[j] += most * z[j];
}

/* s->c: what takes the rows of the kind to the place, all others along the end.  False where they are no extreme. */
static bool set_way(struct seek *s, size_t row, const double place[2])
{
    double move[2] = { place[0] - s->task->m->fixed[row], place[1] - glm_row_tau(s->task->m, row) };
    double *basis = scratch(s, 0), *z = s->c + s->task->opt.n;
    int count;

    if (!set_move(s, row, move, basis, &count, s->c) || !set_away(s, row, basis, count, z))
        return false;
    go_on(s, row, z, s->c);
    return true;
}

/* Whether N moves the dispersion of a row. */
static bool has_dispersion(const struct seek *s, size_t row)
{
    double *a = scratch(s, 2), whole;

    seek_entry(s, row, 0, 1);
    whole = sqrt(dot_product(s->task->opt.n, s->entry, s->entry));
    seek_project(s, a);
    return sqrt(dot_product(s->free, a, a)) > NOT_MOVED * whole;
}

/* Where the rows of this kind have something to gain and can come back, they are one of s->extreme. */
static void ask(struct seek *s, const double here[], size_t row)
{
    double *place = s->back[s->extremes];

    for (int k = 0; k < s->extremes; k++)
        if (seek_is_alike(s, s->extreme[k], row))
            return;
    if (!seek_directions(s, false, &row) || s->free == 0)
        return;
    if (most_gain(s, here, row, false, has_dispersion(s, row), place) > TOLERANCE_LIMIT && set_way(s, row, place))
        s->extreme[s->extremes++] = row;
}

void seek_extremes(struct seek *s)
{
    const struct glm *m = s->task->m;
    double *gain = scratch(s, 4), *here = gain + m->n, last = HUGE_VAL, place[2];
    size_t at = 0;

    s->extremes = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (seek_is_stopped(s, i))
            return;
        here[i] = s->group[i] < 0 ? 0 : log_density(m, i, m->eta[i], glm_row_tau(m, i));
        gain[i] = s->group[i] < 0 ? 0 : most_gain(s, here, i, true, true, place);
    }
    for (int asked = 0; asked < ASKED && s->extremes < SEEK_EXTREMES; asked++) { /* the next in order */
        size_t next = m->n;

        for (size_t i = 0; i < m->n; i++)
            if ((gain[i] < last || (gain[i] == last && i > at)) && (next == m->n || gain[i] > gain[next]))
                next = i;
        if (next == m->n || !(gain[next] > TOLERANCE_LIMIT) || seek_is_stopped(s, 0))
            return;
        last = gain[next];
        at = next;
        ask(s, here, next);
    }
}

bool seek_bring_back(struct seek *s, int k, double phi[])
{
    if (!seek_directions(s, false, &s->extreme[k]) || !set_way(s, s->extreme[k], s->back[k]))
        return false;
    seek_move(s, s->c, phi);
    return true;
}
