/* rowcov-edges.c -- parameters of a search of rowcov.h that have run to an edge of their range: they are put there, and held. */
#include <math.h>
#include <string.h>

#include "fit/explained.h"
#include "fit/glmm-parts.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"
#include "model/residuals.h"

static const double NEAR_ZERO = 0.05;   /* a standard deviation, beside the residual's or a unit of the link, to be tried at 0 */
static const double EDGE_COST = 1e-7;   /* what putting it there may cost */
static const double EVEN = 30.0;        /* by so much longer a log range of Matern's has correlations of 1, without a slope */
static const double SMOOTH_SHAPE = 3.0; /* log of Matern's shape, from which on it is tried at infinity */
static const double LARGE_SD = 30.0;    /* so many residual standard deviations: the residual variance is tried at 0, */
static const double HUGE_SD = 1e6;      /* which is so many */

double rowcov_task_value(void *context, const double x[], bool *stop)
{
    struct rowcov_task *task = context;
    const double *at = rowcov_tied(task, x);
    double value = at == NULL ? MINIMIZE_BAD : rowcov_value(task->m, at);

    if (watch_stopped(&task->m->watch))
        *stop = task->stopped = true;
    return value;
}

/* The term whose parameter it is, or NULL. */
static const struct rowcov_term *term_of(const struct rowcov *m, int i)
{
    for (int t = 0; t < m->term_count; t++)
        if (i >= m->terms[t].first && i < m->terms[t].first + m->terms[t].sd_count + m->terms[t].law_count)
            return &m->terms[t];
    return NULL;
}

bool rowcov_is_sd(const struct rowcov *m, int i)
{
    const struct rowcov_term *t = term_of(m, i);

    return t != NULL && i < t->first + t->sd_count;
}

static const struct rowcov_law NO_LAW = { LAW_NONE, -1, 0 };

struct rowcov_law rowcov_law_of(const struct rowcov *m, int t)
{
    const struct rowcov_residual *r = &m->residual;

    if (t < m->term_count)
        return (struct rowcov_law){ m->terms[t].structure->law, m->terms[t].first + m->terms[t].sd_count, m->terms[t].law_count };
    if (r->design == NULL)
        return NO_LAW;
    return (struct rowcov_law){ r->design->structure->law, r->first + residual_scale_parameters(r->design), r->law_count };
}

struct rowcov_law rowcov_law_with(const struct rowcov *m, int i)
{
    for (int t = 0; t <= m->term_count; t++) {
        struct rowcov_law of = rowcov_law_of(m, t);

        if (i >= of.from && i < of.from + of.count)
            return of;
    }
    return NO_LAW;
}

/* Beside what a standard deviation is near 0: the residual one, or where that is, the largest. */
static double unit_of_sds(const struct rowcov_task *task)
{
    double unit = 1.0;

    for (int i = 0; i < task->count; i++)
        if (rowcov_is_sd(task->m, i) && task->edge[i] > 0)
            unit = fmax(unit, fabs(ROWCOV_BEND * sinh(task->x[i])));
    return unit;
}

/* Where the correlations of a term mean nothing any more, they are held too. */
static void hold_at_zero(struct rowcov_task *task, const struct rowcov_term *t, int i)
{
    int left = 0, needed = t->sd_count > 1 ? 2 : 1; /* of standard deviations, for a correlation to mean anything */

    task->held[i] = true;
    task->edge[i] = -1;
    for (int a = 0; a < t->sd_count; a++)
        left += !task->held[t->first + a];
    for (int j = 0; left < needed && j < t->law_count; j++)
        task->held[t->first + t->sd_count + j] = true;
}

/* Whether the deviance is no higher with parameter i at `there`, where it stays then. */
static bool moves_to(struct rowcov_task *task, int i, double there)
{
    double kept = task->x[i];
    bool stop = false;

    task->x[i] = there;
    if (rowcov_task_value(task, task->x, &stop) <= task->value + EDGE_COST)
        return true;
    task->x[i] = kept;
    return false;
}

/* Whether the deviance falls from that end of a partial correlation, which is a stationary point of its angle: by how much it
 * does hangs on those behind, which mean nothing at the end itself.  x is then there. */
static bool leaves_end(struct rowcov_task *task, int i, int end)
{
    static const double shifts[] = { 0.3, 0.1, 0.02 }, next[] = { 0.0, -1.1, 1.1 };
    size_t bytes = sizeof(double) * (size_t)task->count;
    bool stop = false;

    for (int s = 0; s < 3; s++)
        for (int n = 0; n < (i + 2 < end ? 9 : i + 1 < end ? 3 : 1); n++) {
            memcpy(task->trial, task->x, bytes);
            task->trial[i] -= copysign(shifts[s], task->x[i]);
            for (int j = i + 1; j < end; j++)
                task->trial[j] = next[j == i + 1 ? n % 3 : n / 3];
            if (!(rowcov_task_value(task, task->trial, &stop) < task->value - TOLERANCE_LEFT) || stop)
                continue;
            memcpy(task->x, task->trial, bytes);
            return true;
        }
    return false;
}

/* A parameter of a law that is on its way to an end of its range, which takes forever, is put next to it; what of toep is behind
 * it (up to `end`) then follows from it. */
static bool hold_at_end(struct rowcov_task *task, enum correlation_law law, int i, int end)
{
    double x = task->x[i], sign = x < 0.0 ? -1.0 : 1.0, far = sign * 1e4;
    bool distance = law == LAW_OU || law == LAW_EXP || law == LAW_GAU || law == LAW_MAT;

    if (law == LAW_TOEP) {
        sign = sin(x) < 0.0 ? -1.0 : 1.0;
        far = sign * M_PI_2;
        x = tan(asin(sin(x)));
    }
    if (fabs(x) < (distance ? 1.0 : 4.0)) /* exp(-exp(3.5)) is nothing beside 1: nothing leads further */
        return false;
    if (law == LAW_CS)
        far = sign * 25.0;
    else if (distance)
        far = x + sign * (law == LAW_MAT && sign > 0.0 ? EVEN : 6.0);
    if (!moves_to(task, i, far))
        return false;
    if (law == LAW_TOEP && leaves_end(task, i, end))
        return true;
    task->held[i] = true;
    task->edge[i] = (int)sign;
    for (int j = i + 1; law == LAW_TOEP && j < end; j++) {
        task->x[j] = 0.0;
        task->held[j] = true;
        task->edge[j] = EDGE_BEHIND;
    }
    return true;
}

/* Matern's shape on its way to infinity, its range to 0: 2 sqrt(shape) range is the range of gau, and what is left to find. */
static bool hold_matern(struct rowcov_task *task, int range)
{
    int shape = range + 1;
    double kept = task->x[range];

    if (!(task->x[shape] > SMOOTH_SHAPE))
        return false;
    task->x[range] -= (LAW_MAT_IS_GAU - task->x[shape]) / 2.0;
    if (moves_to(task, shape, LAW_MAT_IS_GAU)) {
        task->held[shape] = true;
        task->edge[shape] = 1;
        return true;
    }
    task->x[range] = kept;
    return false;
}

static bool is_free_sd(const struct rowcov_task *task, int i)
{
    return rowcov_is_sd(task->m, i) && !task->held[i];
}

/* The standard deviations are in units of the residual one: where that is on its way to 0, beside effects of which each row has
 * its own, they all grow without end.  All grow alike to HUGE_SD, and the largest is held there. */
static bool hold_without_residual(struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    int largest = -1;
    double times, huge = HUGE_SD;
    bool stop = false;

    for (int i = 0; i < task->count; i++)
        if (is_free_sd(task, i) && (largest < 0 || fabs(task->x[i]) > fabs(task->x[largest])))
            largest = i;
        else if (task->edge[i] > 0 && rowcov_is_sd(m, i))
            return false; /* it is there */
    if (!task->linear || m->residual.design != NULL || largest < 0 || fabs(ROWCOV_BEND * sinh(task->x[largest])) < LARGE_SD)
        return false;
    if (task->ridge[term_of(m, largest) - m->terms]) /* what is left of it beside the mean of a level */
        huge *= exp(0.5 * ROWCOV_FAR);
    times = huge / fabs(ROWCOV_BEND * sinh(task->x[largest]));
    memcpy(task->trial, task->x, sizeof *task->x * (size_t)task->count);
    for (int i = 0; i < task->count; i++)
        if (is_free_sd(task, i))
            task->trial[i] = asinh(times * sinh(task->x[i]));
    if (!(rowcov_task_value(task, task->trial, &stop) <= task->value + EDGE_COST))
        return false;
    memcpy(task->x, task->trial, sizeof *task->x * (size_t)task->count);
    task->held[largest] = true;
    task->edge[largest] = 1;
    return true;
}

/* The last shape, on its way to the limit of its family with nothing to lose by going all the way. */
static bool hold_shape(struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    int last = task->count - 1, sign = m->laplace == NULL || m->laplace->shapes == 0 ? 0 : m->family->limit_sign;
    double kept, value;
    bool stop = false;

    if (sign == 0 || m->family->categories > 0 || task->held[last] || !(sign * task->x[last] >= FAR_TAU))
        return false;
    kept = task->x[last];
    task->x[last] = sign * limit_size(m->family, m->n, m->laplace->y, m->laplace->trials);
    value = rowcov_task_value(task, task->x, &stop);
    if (!(value <= task->value + TOLERANCE_LIMIT)) {
        task->x[last] = kept;
        return false;
    }
    task->value = value;
    task->held[last] = true;
    task->edge[last] = sign;
    return true;
}

/* Toward where the dispersion, the last parameter, leaves the family no variation; 0: it does not. */
static int vanishing_sign(const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const struct family *own = m->family == NULL ? NULL : family_own(m->family);

    if (own == NULL || !own->has_dispersion || own->support != SUPPORT_REAL || m->laplace->shapes != 1
        || m->laplace->outer[0] != 0)
        return 0;
    return own->mean_power > 0 || own->residual || (own->more_count > 0 && own->more[0].scale == SHAPE_POWER) ? -1 : 1;
}

/* A dispersion on its way there, because random effects have taken all of the variation (one for each row): from far on the
 * deviance neither rises nor falls, and it is put where nothing is left. */
static bool hold_vanishing(struct rowcov_task *task)
{
    int last = task->count - 1, sign = vanishing_sign(task);
    double kept, value;
    bool stop = false;

    if (sign == 0 || task->held[last] || !(sign * (task->x[last] - task->first_tau) >= FAR_TAU))
        return false;
    kept = task->x[last];
    task->x[last] = task->first_tau + sign * TAU_GONE;
    value = rowcov_task_value(task, task->x, &stop);
    if (!(fabs(value - task->value) <= TOLERANCE_LIMIT)) {
        task->x[last] = kept;
        return false;
    }
    task->value = value;
    task->held[last] = task->vanished = true;
    return true;
}

bool rowcov_find_edges(struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    bool found = rowcov_find_ridges(task);
    double unit = unit_of_sds(task);

    for (int i = 0; i < task->count && !task->stopped; i++) {
        const struct rowcov_term *t = term_of(m, i);
        struct rowcov_law of = rowcov_law_with(m, i);

        if (task->held[i])
            continue;
        if (t != NULL && i < t->first + t->sd_count) {
            if (fabs(ROWCOV_BEND * sinh(task->x[i])) < NEAR_ZERO * unit && moves_to(task, i, 0.0)) {
                hold_at_zero(task, t, i);
                found = true;
            }
        } else if (of.law == LAW_MAT && i == of.from + 1 && !task->held[i - 1] && task->x[i] > 0.0) {
            found = hold_matern(task, i - 1) || found;
        } else if (of.count > 0) {
            found = hold_at_end(task, of.law, i, of.from + of.count) || found;
        }
    }
    found = hold_without_residual(task) || found;
    found = hold_shape(task) || hold_vanishing(task) || found;
    return found && !task->stopped;
}
