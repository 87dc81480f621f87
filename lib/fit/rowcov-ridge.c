/* rowcov-ridge.c -- correlations of a linear model that run to 1 while the variance beside them grows, by REML.
 *
 * Where positions are near, for their range, the covariances of one level are s^2 (1 - (d / range)^power + ...).  If the fixed
 * effects span the levels' indicators, s^2 11' is projected out of the restricted likelihood, and s^2 / range^power alone is
 * left: the limit is a process with stationary increments (a random walk, of ar1, ou and exp), and no range and no variance is
 * the best. On its way there a search stops anywhere.  The range is put far out, and held; the variance that then follows is not
 * shown.  s^2 11' moves neither the restricted likelihood nor the coefficients: from there on it is left out of the matrices (but
 * of gau and mat), for beside it all else would be rounding. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"
#include "model/residuals.h"

static const double FURTHEST = 34.0;       /* - log of 1 - correlation of neighbours, where 1 - correlation is rounding alone */
static const double BEGINS = 3.0;          /* ... from which on it is tried */
static const double RIDGE_COST = 1e-6;     /* of the deviance, what that may cost: the first order in 1 - correlation is left */
static const double ROUNDING = 1e-15;      /* ... and for each row, over 1 - correlation, where that is near to nothing already */
static const double NOTHING_MOVED = 1e-14; /* of a squared coefficient of the indicators, beside its size */

/* The power of the distance with which a correlation leaves 1. */
static double power_of(enum correlation_law law, const double par[])
{
    return law == LAW_GAU ? 2.0 : law == LAW_MAT ? fmin(2.0, 2.0 * exp(par[1])) : 1.0;
}

static bool has_range(enum correlation_law law)
{
    return law == LAW_AR1 || law == LAW_OU || law == LAW_EXP || law == LAW_GAU || law == LAW_MAT;
}

/* - log(1 - correlation of neighbours), nearly; and the parameter at which it is so. */
static double nearness(enum correlation_law law, const double par[])
{
    if (law == LAW_AR1)
        return par[0] > 0.0 ? log(2.0 * (1.0 + par[0] * par[0])) : -HUGE_VAL;
    return (law == LAW_OU ? -par[0] : par[0]) * power_of(law, par);
}

static double at_nearness(enum correlation_law law, const double par[], double near)
{
    if (law == LAW_AR1)
        return sqrt(0.5 * exp(near) - 1.0);
    return (law == LAW_OU ? -near : near) / power_of(law, par);
}

/* The point of `trial`: the range of t further by `more`, and its variance with it; that of the residuals is the unit of all
 * others, and without any residual the variance is, too. */
static void go_along(struct rowcov_task *task, int t, int at, enum correlation_law law, double more)
{
    const struct rowcov *m = task->m;
    double times = exp(0.5 * more);

    memcpy(task->trial, task->x, sizeof *task->x * (size_t)task->count);
    task->trial[at] = at_nearness(law, task->x + at, nearness(law, task->x + at) + more);
    for (int u = 0; u < m->term_count; u++)
        for (int a = m->terms[u].first; (t == m->term_count || u == t) && a < m->terms[u].first + m->terms[u].sd_count; a++)
            if (!task->held[a])
                task->trial[a] = asinh(sinh(task->x[a]) * (t == m->term_count ? 1.0 / times : times));
}

/* From now on the matrix of t is without what all positions have in common. */
static void set_apart(struct rowcov_task *task, int t, enum correlation_law law)
{
    struct rowcov *m = task->m;
    bool stop = false;

    *(t < m->term_count ? &m->terms[t].apart : &m->residual.apart) = law == LAW_AR1 || law == LAW_OU || law == LAW_EXP;
    m->known = KNOWN_NOTHING;
    task->value = rowcov_task_value(task, task->x, &stop);
}

static bool is_ridge(struct rowcov_task *task, int t, int at, enum correlation_law law)
{
    double near = nearness(law, task->x + at), cost = RIDGE_COST + ROUNDING * (double)task->m->n * exp(fmin(near, FURTHEST));
    bool stop = false;

    if (!(near > BEGINS) || task->held[at] || (law == LAW_MAT && task->held[at + 1]))
        return false;
    if (t < task->m->term_count && task->edge[task->m->terms[t].first] < 0)
        return false; /* there is no variance */
    go_along(task, t, at, law, ROWCOV_FAR - near);
    if (!(rowcov_task_value(task, task->trial, &stop) <= task->value + cost))
        return false;
    memcpy(task->x, task->trial, sizeof *task->x * (size_t)task->count);
    set_apart(task, t, law);
    return true;
}

bool rowcov_find_ridges(struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    bool found = false;

    for (int t = 0; task->linear && m->reml && m->p > 0 && t <= m->term_count && !task->stopped; t++) {
        struct rowcov_law of = rowcov_law_of(m, t);

        if (!has_range(of.law) || task->ridge[t] || !is_ridge(task, t, of.from, of.law))
            continue;
        task->held[of.from] = task->ridge[t] = found = true;
    }
    return found;
}

bool rowcov_has_ridge(const struct rowcov_task *task)
{
    for (int t = 0; t <= task->m->term_count; t++)
        if (task->ridge[t])
            return true;
    return false;
}

double rowcov_ridge_left(const struct rowcov_task *task, int t, enum correlation_law *law, double *power)
{
    const struct rowcov *m = task->m;
    bool residual = t == m->term_count;
    struct rowcov_law of = rowcov_law_of(m, t);
    const double *par = task->x + of.from;
    const struct positions *positions = residual ? &m->residual.design->positions : &m->terms[t].positions;
    double sd = residual ? m->residual.sd[0] : m->terms[t].sd[0], value = law_value(of.law, positions, par, 0, NULL);

    *law = of.law;
    *power = power_of(of.law, par);
    value = of.law == LAW_AR1 ? exp(-nearness(of.law, par)) : of.law == LAW_OU ? value : pow(value, -*power);
    return sd * sd * m->sigma2 * m->y_scale * m->y_scale * value;
}

/* --- errors that grow with it -------------------------------------------------------------------------------- */

/* Q'z of the rows of each level (p x levels), z their effect's column. */
static void add_levels(const struct rowcov *m, int t, double *sums)
{
    const struct residual_design *residual = m->residual.design;
    int p = m->p;

    for (size_t i = 0; i < m->n; i++) {
        int32_t level = t < m->term_count ? m->terms[t].random->level[i] : residual->block[i];
        double z = t == m->term_count ? m->residual.sd[residual->scale[i]] : 0.0;

        for (int a = 0; t < m->term_count && a < m->terms[t].k; a++)
            z += rowcov_z(&m->terms[t], i, a);
        for (int j = 0; j < p; j++)
            sums[j + level * p] += z * m->E[i + (size_t)j * m->n];
    }
}

/* flat += sum over levels g K h' of their sums, K what relates them. */
static bool add_ridge(const struct rowcov *m, int t, double *flat)
{
    int p = m->p;
    int32_t levels = t < m->term_count ? m->terms[t].random->level_count : m->residual.design->block_count;
    double *sums = NEW_ARRAY(double, (size_t)p *(size_t)levels);

    if (sums == NULL)
        return false;
    add_levels(m, t, sums);
    for (int32_t a = 0; a < levels; a++)
        for (int32_t b = 0; b < levels; b++) {
            double related = t < m->term_count ? rowcov_related(&m->terms[t], a, b) : a == b;

            for (int j = 0; related != 0.0 && j < p; j++)
                for (int i = 0; i < p; i++)
                    flat[i + j * p] += related * sums[i + a * p] * sums[j + b * p];
        }
    mem_free(sums);
    return true;
}

bool rowcov_add_ridge_errors(const struct rowcov_task *task, double *flat)
{
    const struct rowcov *m = task->m;
    size_t pp = (size_t)m->p * (size_t)m->p;
    int p = m->p;
    double *own = NEW_ARRAY(double, 2 * pp + 1), *size, total = 0.0;
    bool ok = own != NULL;

    if (!ok)
        return false;
    size = own + pp;
    for (int t = 0; ok && t <= m->term_count; t++)
        ok = !task->ridge[t] || add_ridge(m, t, own);
    for (int j = 0; j < p; j++) {
        total += own[j + j * p];
        size[j + j * p] = 1.0;
    }
    rowcov_outer_basis(m, 1.0, own, own);
    rowcov_outer_basis(m, total, size, size);
    for (int j = 0; ok && j < p; j++)
        for (int i = 0; i < p; i++)
            if (own[i + i * p] > NOTHING_MOVED * size[i + i * p] && own[j + j * p] > NOTHING_MOVED * size[j + j * p])
                flat[i + j * p] += own[i + j * p];
    mem_free(own);
    return ok;
}
