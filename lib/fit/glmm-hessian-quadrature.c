/* glmm-hessian-quadrature.c -- the second derivatives of quadrature (agq-hessian.c) with parameters behind theta: what they ask
 * of the rows at the modes and at the nodes. */
#include <string.h>

#include "fit/glmm-hessian-private.h"

/* Of a search, which needs about five digits of its Hessian: one step, from what is known where it begins. */
static const double STEP = 1e-5;
static const struct differences AHEAD = { .points = 1, .point = { 1 }, .weight = { 1 } };

/* Whether the outer parameter of a part is one number, that of all rows. */
static bool is_number(const struct glm_part *part)
{
    return part->index == NULL && part->design == NULL;
}

/* What two parameters behind theta have in common at the nodes. */
static bool add_outer_curves(struct glm_tangent *w, struct glm *m, bool rough, double hessian[])
{
    const struct differences *by = rough ? &AHEAD : w->by;
    double step = rough ? STEP : w->by->step;
    bool ok = true;

    if (m->response.family->categories > 0)
        ok = quadrature_add_curves(m, 0, 1);
    for (int part = 0; ok && m->response.family->categories == 0 && part < m->part_count; part++) {
        const struct glm_part *p = &m->part[part];

        for (int k = 0; ok && k < by->points; k++) {
            double move = by->point[k] * step;

            memcpy(w->rest_try, w->rest, sizeof(double) * (size_t)m->rest);
            w->rest_try[p->first] += p->design == NULL ? move : 0;
            glm_set_rest(m, w->rest_try);
            for (size_t i = 0; p->design != NULL && i < m->n; i++)
                p->rows[i] += move;
            ok = quadrature_add_curves(m, part, by->weight[k] / step);
        }
        glm_set_rest(m, w->rest);
    }
    if (ok)
        quadrature_put_curves(m, hessian);
    return ok;
}

/* First the rows along each parameter behind theta, of which the constants have their part too. */
bool tangent_quadrature(struct glm_tangent *w, struct glm *m, bool rough, double hessian[])
{
    size_t width = (size_t)(D_SHAPE(w->slots) - D_ETA);
    const struct quadrature_beyond beyond = { .fourth = w->beyond[0], .outer = w->outer, .width = width };
    int first = m->p + m->theta_count, rest = glm_rest_count(m), n = first + rest;
    double constant[FAMILY_SLOTS][FAMILY_SLOTS] = { { 0 } };
    bool ok = true;

    for (int j = 0; ok && j < rest; j++) {
        const struct glm_part *part = glm_part_at(m, j);

        ok = glm_goes_on(m) && tangent_direct(w, m, first + j);
        for (size_t k = 0; ok && k < width; k++)
            memcpy(w->outer + ((size_t)j * width + k) * m->n, w->d[D_ETA + k], sizeof(double) * m->n);
        if (is_number(part))
            memcpy(constant[part - m->part], w->constant, sizeof w->constant);
    }
    ok = ok && quadrature_hessian(m, &beyond, hessian) && (rest == 0 || add_outer_curves(w, m, rough, hessian));
    for (int j = 0; j < m->part_count; j++)
        for (int k = j; k < m->part_count; k++)
            if (is_number(&m->part[j]) && is_number(&m->part[k]) && m->part[k].first < rest)
                hessian[first + m->part[k].first + (first + m->part[j].first) * n] -= 2 * constant[j][m->part[k].slot];
    return ok;
}
