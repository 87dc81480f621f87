/* rowcov-scales.c -- standard deviations of residuals (diag, arh1, by=) at 0.
 *
 * x has logarithms of ratios to the first, so 0 is a ratio of exp(-NOTHING) to the largest of the others, held; and where it is
 * the first that is 0, all others and the effects are so many times as large, of which the largest is held. */
#include <math.h>

#include "fit/rowcov-private.h"
#include "model/residuals.h"

enum { MOST_SCALES = 12 }; /* a search each */

/* Of logarithms: a variance of 4e-18 beside another is none, and one from which on the deviance falls without end has begun to.
 */
static const double NOTHING = 20.0, NEARLY = 16.0;
static const double ENDLESS = 0.1; /* by so much it falls between them then, of 8 a row */

int rowcov_scales_to_try(const struct rowcov_task *task)
{
    const struct residual_design *d = task->m->residual.design;

    return task->linear && task->cheap && task->open->dims == 0 && task->m->term_count > 0 && residual_has_levels(d)
                   && d->structure->law != LAW_US && d->scale_count <= MOST_SCALES
               ? d->scale_count
               : 0;
}

/* The parameter that is held where s is 0: of the first, the largest of the others. */
static int held_for(const struct rowcov_task *task, int s)
{
    const struct rowcov_residual *r = &task->m->residual;
    int out = r->first;

    if (s > 0)
        return r->first + s - 1;
    for (int i = r->first + 1; i < r->first + residual_scale_parameters(r->design); i++)
        if (task->edge[i] > 0 || (task->edge[out] <= 0 && task->x[i] > task->x[out]))
            out = i;
    return out;
}

bool rowcov_scale_is_zero(const struct rowcov_task *task, int s)
{
    const struct residual_design *d = task->m->residual.design;

    return residual_has_levels(d) && task->edge[held_for(task, s)] == (s > 0 ? -1 : 1);
}

/* The logarithm of the largest ratio but that of s. */
static double largest_beside(const struct rowcov_task *task, int s)
{
    const struct rowcov_residual *r = &task->m->residual;
    double out = s > 0 ? 0.0 : -HUGE_VAL;

    for (int k = 1; k < r->design->scale_count; k++)
        if (k != s)
            out = fmax(out, task->x[r->first + k - 1]);
    return out;
}

static void place(struct rowcov_task *task, int s, double by)
{
    const struct rowcov *m = task->m;
    double move = by - largest_beside(task, s);

    if (s > 0) {
        task->x[m->residual.first + s - 1] = -move;
        return;
    }
    for (int k = 1; k < m->residual.design->scale_count; k++)
        task->x[m->residual.first + k - 1] += move;
    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; a < m->terms[t].sd_count; a++)
            task->x[m->terms[t].first + a] = asinh(exp(move) * sinh(task->x[m->terms[t].first + a]));
}

/* A law of rows at different times has no say where only one of them has a variance. */
static void hold_law(struct rowcov_task *task, bool hold)
{
    const struct rowcov_residual *r = &task->m->residual;
    int left = 0, first = r->first + residual_scale_parameters(r->design);

    for (int s = 0; s < r->design->scale_count; s++)
        left += !rowcov_scale_is_zero(task, s);
    for (int i = first; r->design->structure->hetero && left < 2 && i < first + r->law_count; i++)
        task->held[i] = hold;
}

bool rowcov_scale_to_zero(struct rowcov_task *task, int s)
{
    int i = held_for(task, s);

    if (task->held[i])
        return false;
    place(task, s, NOTHING);
    task->held[i] = true;
    task->edge[i] = s > 0 ? -1 : 1;
    hold_law(task, true);
    return true;
}

bool rowcov_scale_is_bounded(struct rowcov_task *task, int s)
{
    double value = rowcov_value(task->m, task->x), nearly;

    place(task, s, NEARLY);
    nearly = rowcov_value(task->m, task->x);
    place(task, s, NOTHING);
    return value > nearly - ENDLESS;
}

void rowcov_scale_release(struct rowcov_task *task, int s)
{
    int i = held_for(task, s);

    hold_law(task, false);
    task->held[i] = false;
    task->edge[i] = 0;
}
