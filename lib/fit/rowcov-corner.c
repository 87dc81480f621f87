/* rowcov-corner.c -- what is left of [X y] in a linear model by descent, where nearly all of it is in the effects of the levels.
 *
 * The factor has E'V^-1 E = E'WE - F'T^-1 F, T = theta Z'WZ theta + Q, F = theta Z'WE, of which a residual variance near 0 leaves
 * a share of 1 / theta^2 alone: from 1e8 on that is rounding.  As sums of squares nothing cancels:
 *
 *     E'V^-1 E = R'WR + U'QU,   U = T^-1 F,  R = E - Z theta U
 *
 * (it is least in U, so that errors of U count by their squares). */
#include <string.h>

#include "fit/rowcov-sparse-private.h"
#include "linalg/dense.h"

static const double LITTLE = 1e-6; /* of a square: less than that is left */

static bool is_cancelled(const struct rowcov *m)
{
    const struct rowcov_sparse *s = m->sparse;
    const double *corner = s->factor->L + s->factor->at[s->factor->symbolic->count];
    int e = m->p + 1;

    for (int j = 0; j < e; j++)
        if (corner[j + j * e] * corner[j + j * e] < LITTLE * s->corner[j + j * e])
            return true;
    return false;
}

/* A column of U and of R. */
static void set_column(const struct rowcov *m, int j, double *u, double *r)
{
    const struct rowcov_sparse *s = m->sparse;
    size_t e = (size_t)m->p + 1;

    for (int32_t c = 0; c < s->count; c++)
        u[c] = m->terms[s->term[c]].sd[0] * s->border[(size_t)c * e + (size_t)j];
    supernodal_solve_lower(s->factor, 0, u);
    supernodal_solve_upper(s->factor, 0, u);
    for (size_t i = 0; i < m->n; i++) {
        r[i] = m->E[i + (size_t)j * m->n];
        for (int t = 0; t < m->term_count; t++) {
            const struct random_design *random = &m->design->random[t];
            int32_t column = s->column[t][random->level[i]];

            r[i] -= column < 0 ? 0.0 : m->terms[t].sd[0] * rowcov_sparse_effect(random, i) * u[column];
        }
    }
}

static double square(const struct rowcov *m, const double *u, const double *r, const double *v, const double *q)
{
    const struct rowcov_sparse *s = m->sparse;
    double sum = 0.0;

    for (size_t i = 0; i < m->n; i++)
        sum += (m->design->weights == NULL ? 1.0 : m->design->weights[i]) * r[i] * q[i];
    for (int32_t c = 0; c < s->count; c++)
        sum += s->prior[c] * u[c] * v[c];
    for (size_t i = 0; i < s->pair_count; i++)
        if (s->pairs[i].first < 0)
            sum += s->pairs[i].value * (u[s->pairs[i].low] * v[s->pairs[i].high] + u[s->pairs[i].high] * v[s->pairs[i].low]);
    return sum;
}

bool rowcov_sparse_corner(struct rowcov *m)
{
    struct rowcov_sparse *s = m->sparse;
    int e = m->p + 1;
    size_t each = (size_t)(s->count + e);
    double *corner = s->factor->L + s->factor->at[s->factor->symbolic->count];

    if (!is_cancelled(m))
        return true;
    memset(corner, 0, sizeof *corner * (size_t)(e * e));
    for (int j = 0; j < e && !watch_stops(&m->watch); j++) {
        double *u = s->solved + (size_t)j * each, *r = m->rows + (size_t)j * m->n;

        set_column(m, j, u, r);
        for (int k = 0; k <= j; k++)
            corner[j + k * e] = square(m, u, r, s->solved + (size_t)k * each, m->rows + (size_t)k * m->n);
    }
    return !watch_stopped(&m->watch) && chol_factor(e, corner, e) == 0;
}
