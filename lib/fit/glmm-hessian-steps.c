/* glmm-hessian-steps.c -- over which lengths the rows' derivatives change: those of the differences of glmm-hessian.c. */
#include <math.h>

#include "fit/glmm-hessian-private.h"

static const double LEAST_LENGTH = 0.05; /* of what a row could have at most */

/* Whether the family is that of a residual on the whole line, of a scale of its own. */
static bool is_on_line(const struct family *family)
{
    return family->has_dispersion && family->accepts(&(struct observation){ .y = -1.5, .trials = 1, .weight = 1 })
           && family->accepts(&(struct observation){ .y = 1.5, .trials = 1, .weight = 1 });
}

/* The scale of row i's residual in eta. */
static double spread(const struct glm *m, size_t i)
{
    const struct family *family = m->response.family;
    double tau = m->response.rows[0] != NULL ? m->response.rows[0][i] : m->response.shape[0], mu[4];

    m->response.link->inverse(m->eta[i], mu);
    return exp(family->residual ? 0.5 * tau : tau) / fabs(mu[1]);
}

/* Over which length a row's derivatives change: the scale of a residual on the whole line, the distance to where a link ends, the
 * unit of the link; no more than that unit but for the identity; and less where the third is large beside the second. */
static double row_length(const struct glm *m, size_t i, bool on_line)
{
    const struct link *link = m->response.link;
    double second = fabs(m->d[D_ETA2][i]), third = fabs(m->d[D_ETA3][i]), most = 1;

    if (on_line)
        most = link->kind == LINK_IDENTITY ? spread(m, i) : fmin(1, spread(m, i));
    else if (m->response.family->residual && second > 0)
        most = fmin(1, 1 / sqrt(second));
    else if ((link->valid != NULL || link->kind == LINK_IDENTITY) && m->eta[i] != 0)
        most = fabs(m->eta[i]);
    return most * fmax(LEAST_LENGTH, third * most > second ? second / (third * most) : 1);
}

void tangent_set_steps(struct glm_tangent *w, const struct glm *m)
{
    bool on_line = is_on_line(m->response.family);

    for (size_t i = 0; i < m->n; i++)
        w->step[i] = w->by->step * row_length(m, i, on_line);
}
