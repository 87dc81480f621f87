/* lmm-vanish.c -- a residual variance on its way to 0.
 *
 * Where X and Z together have as many dimensions as there are rows, y lies in their span, and the criterion may fall towards an
 * end as all templates grow, by ever less: by restricted likelihood it is bounded there.  The residual variance is estimated as 0
 * then, and so are errors of what the coefficients have to take up in some rows; where the search stops is no estimate of either.
 */
#include <math.h>

#include "base/memory.h"
#include "fit/explained.h"
#include "fit/lmm-private.h"
#include "linalg/dense.h"

/* Of the largest template, in residual standard deviations: what may be on its way; where nothing tells the residual variance
 * from 0; and where rounding is still less than what may differ. */
static const double LARGE = 30.0, NEAR = 1e4, FAR = 1e5;
static const double MAY_DIFFER = 3e-5; /* in the criterion, from where the residual variance is a hundredth */
static const double BETWEEN = 1e4;     /* variances of beta are of the order of 1 or of NEAR^2 residual ones */

static double largest_template(const struct lmm *m, const double x[])
{
    double largest = 0.0;

    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; a < m->terms[t].k; a++)
            largest = fmax(largest, fabs(lmm_diagonal(&m->terms[t], x, a)));
    return largest;
}

/* The criterion at opt.trial, where the largest template is `size`. */
static double value_at(struct lmm_task *task, double largest, double size)
{
    struct optimizer *o = &task->opt;

    for (int i = 0; i < o->n; i++)
        o->trial[i] = o->x[i] * size / largest;
    return optimizer_at(o, o->trial, NULL);
}

/* Whether the error of some combination of the coefficients is of the order of the residuals', at the last evaluation. */
static bool needs_fixed(struct lmm *m, double *room)
{
    int p = m->p, size = p * (3 + 32);
    double *values = room + (size_t)p * (size_t)p, *work = values + p;

    if (p == 0)
        return false;
    lmm_fixed_inverse(m, room);
    return symmetric_eigen(p, room, values, work, size) && values[0] < BETWEEN;
}

/* Whether the criterion is as good as flat from the optimum on to where the residual variance is less by far. */
static bool vanishes(struct lmm_task *task, double largest)
{
    double near = largest < NEAR / 10.0 ? task->opt.value : value_at(task, largest, NEAR);

    return largest > LARGE && near < MINIMIZE_BAD && fabs(value_at(task, largest, FAR) - near) <= MAY_DIFFER;
}

bool lmm_check_residual(struct lmm_task *task, struct glmm_error *err)
{
    struct lmm *m = task->m;
    double largest = largest_template(m, task->opt.x), *room;
    size_t p = (size_t)m->p;
    bool fixed;

    if (!vanishes(task, largest))
        return true;
    if ((room = mem_alloc(p * p + p * 36 + 1, sizeof *room)) == NULL)
        return fail_memory(err);
    (void)value_at(task, largest, NEAR);
    fixed = needs_fixed(m, room);
    mem_free(room);
    return explained_refuse(m, fixed, m->design->response, err);
}
