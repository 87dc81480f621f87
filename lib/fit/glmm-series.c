/* glmm-series.c -- counts above 0 of a negative binomial distribution at its end, the logarithmic series (limits-series.c), in
 * the search.  The tail there is flat, so that a descent that has come far ends wherever it is, also where another optimum is
 * lower.
 *
 *   1. rows that are there are put elsewhere, by directions that move no other row: to their means, beside the other end of the
 *      dispersion, and with the variance that they have; and those of extreme predictors by themselves (glmm-series-extreme.c);
 *      what a descent from there finds is kept where it is lower;
 *   2. rows that are there all the same go to the end itself, where nothing is lost, and the directions N that move them along
 *      it, and no other row, are held: the deviance has |P (phi - at)|^2 beside it, P = N' in units of the columns.  It is
 *      nothing at the optimum, and moves nothing that the data tell. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-series-private.h"
#include "fit/limits-private.h"
#include "fit/tolerances.h"
#include "linalg/cone.h"
#include "linalg/dense.h"

static const double NO_INFORMATION = 1e-10; /* an eigenvalue beside a unit diagonal */
static const double LEAST_SPREAD = 0.1;     /* of a dispersion inside: where counts vary less, they are of the other end */
static const double NEAR = 2;               /* of log size: what an evaluation beside the last point may be off by */

enum { ROUNDS = 3, LOOK = 64 };
enum place { AT_OTHER_END, INSIDE, PLACES, AT_END };

static bool is_ratio(const struct glm *m)
{
    return limits_is_ratio(m->response.family, -HUGE_VAL);
}

/* --- the rows ------------------------------------------------------------------------------------- */

bool glm_row_is_series(const struct glm *m, size_t i)
{
    return limits_is_series(m->response.family, m->eta[i], glm_row_tau(m, i));
}

double glm_row_tau(const struct glm *m, size_t i)
{
    return m->response.rows[0] != NULL ? m->response.rows[0][i] : m->response.shape[0];
}

static double spread_entry(const struct seek *s, size_t i, int j)
{
    return s->part->design == NULL ? 1 : s->part->X[i + (size_t)j * s->task->m->n];
}

void seek_entry(const struct seek *s, size_t i, double mean, double spread)
{
    const struct glm *m = s->task->m;
    int at = m->p + m->theta_count + s->part->first;

    memset(s->entry, 0, sizeof(double) * (size_t)s->task->opt.n);
    for (int j = 0; j < m->p; j++)
        s->entry[j] = mean * m->X[i + (size_t)j * m->n];
    for (int j = 0; j < s->part->count; j++)
        s->entry[at + j] = spread * spread_entry(s, i, j);
}

bool seek_is_alike(const struct seek *s, size_t a, size_t b)
{
    const struct glm *m = s->task->m;

    for (int j = 0; j < m->p; j++)
        if (m->X[a + (size_t)j * m->n] != m->X[b + (size_t)j * m->n])
            return false;
    for (int j = 0; j < s->part->count; j++)
        if (spread_entry(s, a, j) != spread_entry(s, b, j))
            return false;
    return true;
}

/* Groups of the rows that are there; one of all where they are many. */
static void set_groups(struct seek *s)
{
    const struct glm *m = s->task->m;
    size_t first[SEEK_GROUPS];
    int groups = 0;

    for (size_t i = 0; i < m->n && groups <= SEEK_GROUPS; i++) {
        int g = 0;

        if (s->group[i] < 0)
            continue;
        while (g < groups && !seek_is_alike(s, first[g], i))
            g++;
        if (g == SEEK_GROUPS)
            groups = SEEK_GROUPS + 1;
        else if (g == groups)
            first[groups++] = i;
        s->group[i] = g;
    }
    for (size_t i = 0; groups > SEEK_GROUPS && i < m->n; i++)
        s->group[i] = s->group[i] < 0 ? -1 : 0;
    s->groups = groups > SEEK_GROUPS ? 1 : groups;
}

/* The mean of each group, and the dispersion of which the family has its variance. */
static void set_moments(struct seek *s)
{
    const struct glm *m = s->task->m;

    for (int g = 0; g < s->groups; g++) {
        double rows = 0, sum = 0, square = 0, mean, over;

        for (size_t i = 0; i < m->n; i++)
            if (s->group[i] == g) {
                rows++;
                sum += m->y[i];
            }
        mean = sum / rows;
        for (size_t i = 0; i < m->n; i++)
            if (s->group[i] == g)
                square += (m->y[i] - mean) * (m->y[i] - mean) / rows;
        over = fmax(square / mean - 1, LEAST_SPREAD);
        s->mean[g] = mean;
        s->spread[g] = s->ratio ? log(mean / over) : log(over);
    }
}

static bool is_there(const struct glm *m, size_t i)
{
    struct response rows = m->response;

    rows.weights = NULL;
    return !glm_row_is_silent(m, i) && limits_row_is_there(&rows, i, m->eta[i], glm_row_tau(m, i));
}

/* Whether rows may be there, as the last evaluation left them: others are never looked at again. */
static bool may_be_there(const struct glm *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (limits_is_series(m->response.family, m->eta[i] - NEAR, glm_row_tau(m, i) - (is_ratio(m) ? NEAR : 0)))
            return true;
    return false;
}

/* The rows that are there, at the phi of the last evaluation. */
static void find_rows(struct seek *s)
{
    const struct glm *m = s->task->m;

    s->count = s->all = 0;
    for (size_t i = 0; i < m->n; i++) {
        bool there = is_there(m, i);

        s->group[i] = there ? 0 : -1;
        s->all += !glm_row_is_silent(m, i);
        s->count += there;
    }
    s->random = m->theta_count > 0 && !s->ratio && s->count == s->all;
    if (s->count > 0) {
        set_groups(s);
        set_moments(s);
    }
}

/* --- directions ----------------------------------------------------------------------------------- */

bool seek_is_stopped(const struct seek *s, size_t row)
{
    return row % LOOK == 0 && watch_stops(&s->task->m->watch);
}

static void add_square(const struct seek *s)
{
    int n = s->task->opt.n;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n && s->entry[j] != 0; i++)
            s->N[i + j * n] += s->entry[i] * s->entry[j];
}

bool seek_directions(struct seek *s, bool any, const size_t *like)
{
    const struct glm *m = s->task->m;
    int n = s->task->opt.n, last = m->p + m->theta_count + s->part->first;

    memset(s->N, 0, sizeof(double) * (size_t)(n * n));
    memset(s->size, 0, sizeof(double) * (size_t)n);
    for (size_t i = 0; i < m->n; i++) {
        if (glm_row_is_silent(m, i))
            continue;
        if (seek_is_stopped(s, i))
            return false;
        seek_entry(s, i, 1, 1);
        for (int j = 0; j < n; j++)
            s->size[j] += s->entry[j] * s->entry[j];
        if (s->group[i] >= 0 && (any || (like != NULL && seek_is_alike(s, *like, i))))
            continue;
        seek_entry(s, i, s->group[i] < 0 || s->ratio, s->group[i] < 0 ? 0 : s->ratio ? -1 : 1);
        add_square(s);
        if (s->group[i] < 0) {
            seek_entry(s, i, 0, 1);
            add_square(s);
        }
    }
    for (int j = 0; j < n; j++) {
        bool open = (j < m->p || (j >= last && j < last + s->part->count)) && s->size[j] > 0;

        s->size[j] = open ? sqrt(s->size[j]) : 1;
        if (!open)
            s->N[j + j * n] = 1;
    }
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            s->N[i + j * n] /= s->size[i] * s->size[j];
    s->free = 0;
    if (!symmetric_eigen(n, s->N, s->values, s->work, 35 * n))
        return false;
    while (s->free < n && s->values[s->free] < NO_INFORMATION)
        s->free++;
    return true;
}

void seek_project(const struct seek *s, double out[])
{
    int n = s->task->opt.n;

    for (int k = 0; k < s->free; k++) {
        out[k] = 0;
        for (int j = 0; j < n; j++)
            out[k] += s->N[j + k * n] * s->entry[j] / s->size[j];
    }
}

/* What a row's predictors are to move by. */
static void wanted(const struct seek *s, size_t i, enum place place, double move[2])
{
    const struct glm *m = s->task->m;
    int g = s->group[i], sign = m->response.family->limit_sign != 0 ? m->response.family->limit_sign : s->ratio ? 1 : -1;
    double tau = glm_row_tau(m, i), mean = log(s->mean[g]);

    if (place == AT_END) {
        move[0] = s->ratio ? SERIES_END - tau : tau + SERIES_END - m->fixed[i];
        move[1] = s->ratio ? SERIES_END - tau : 0;
        return;
    }
    move[0] = mean - m->fixed[i];
    move[1] = (place == INSIDE ? s->spread[g] : sign > 0 ? mean + SERIES_OTHER_END : -SERIES_OTHER_END) - tau;
}

void seek_move(const struct seek *s, const double c[], double phi[])
{
    int n = s->task->opt.n;

    for (int j = 0; j < n; j++)
        for (int l = 0; l < s->free; l++)
            phi[j] += s->N[j + l * n] * c[l] / s->size[j];
}

/* phi += N c with which the rows of a group (-1: all) come as near to the place as they can.  False where they cannot. */
static bool move_rows(const struct seek *s, enum place place, int group, double phi[])
{
    const struct glm *m = s->task->m;
    int k = s->free;
    double *a = s->c + k, move[2];

    memset(s->B, 0, sizeof(double) * (size_t)(k * k));
    memset(s->c, 0, sizeof(double) * (size_t)k);
    for (size_t i = 0; i < m->n; i++) {
        if (s->group[i] < 0)
            continue;
        if (seek_is_stopped(s, i))
            return false;
        wanted(s, i, place, move);
        for (int side = 0; side < 2; side++) {
            seek_entry(s, i, side == 0, side == 1);
            seek_project(s, a);
            for (int j = 0; j < k; j++) {
                s->c[j] += group < 0 || s->group[i] == group ? a[j] * move[side] : 0;
                for (int l = 0; l < k; l++)
                    s->B[l + j * k] += a[l] * a[j];
            }
        }
    }
    if (k == 0 || chol_factor_sure(k, s->B, k, CHOL_DEPENDENT, NULL) != 0)
        return false;
    chol_solve_lower(k, s->B, k, s->c);
    chol_solve_upper(k, s->B, k, s->c);
    seek_move(s, s->c, phi);
    return true;
}

/* Templates of that share of their natural size: where all rows are there, nothing tells it. */
static void set_templates(const struct seek *s, double share, double phi[])
{
    const struct glm *m = s->task->m;

    for (int t = 0; t < m->term_count; t++)
        for (int b = 0, at = m->terms[t].theta; b < m->terms[t].k; b++)
            for (int a = b; a < m->terms[t].design->covariance->end(m->terms[t].k, b); a++, at++)
                phi[m->p + at] = a == b ? share * s->task->unit[at] : 0;
}

/* --- elsewhere ------------------------------------------------------------------------------------ */

/* From where all rows are there to the end, without random effects: the likelihood is that, whatever their variance.  (Laplace's
 * approximation falls where a large variance has the curvature of a row vanish.)  False where the rows cannot go there. */
static bool lose_effects(struct seek *s)
{
    struct optimizer *o = &s->task->opt;
    double value;

    if (!seek_directions(s, false, NULL))
        return false;
    memcpy(s->start, o->x, sizeof(double) * (size_t)o->n);
    set_templates(s, 0, s->start);
    if (!move_rows(s, AT_END, -1, s->start) || !((value = optimizer_at(o, s->start, NULL)) < MINIMIZE_BAD))
        return false;
    memcpy(o->x, s->start, sizeof(double) * (size_t)o->n);
    o->value = value;
    return true;
}

/* Whether all rows are there at opt.x. */
static bool is_still_there(struct seek *s)
{
    const struct glm *m = s->task->m;
    size_t count = 0;

    optimizer_at(&s->task->opt, s->task->opt.x, NULL);
    for (size_t i = 0; i < m->n; i++)
        count += is_there(m, i);
    return count == s->all;
}

/* Descends from opt.x; what is lower by more than the end may cost is kept in `best`, but for where Laplace's approximation
 * breaks down.  Whether it was. */
static bool descend(struct seek *s, double *value)
{
    struct glm_task *task = s->task;
    struct optimizer *o = &task->opt;

    if (!(optimizer_at(o, o->x, NULL) < MINIMIZE_BAD))
        return false;
    glm_descend(task);
    if (o->stopped || !(o->value < *value - TOLERANCE_LIMIT) || (task->m->q > 0 && o->stalled)
        || (s->random && is_still_there(s)))
        return false;
    memcpy(s->best, o->x, sizeof(double) * (size_t)o->n);
    *value = o->value;
    return true;
}

/* Whether rows are there, at opt.x. */
static bool look(struct seek *s)
{
    struct optimizer *o = &s->task->opt;

    if (o->stopped || !(optimizer_at(o, o->x, NULL) < MINIMIZE_BAD))
        return false;
    find_rows(s);
    return s->count > 0;
}

/* Holds N where opt.x is, and templates that nothing tells. */
static void hold_directions(const struct seek *s)
{
    struct glm_task *task = s->task;
    struct glm_series *held = task->series;
    int n = task->opt.n, p = task->m->p;

    held->count = s->free + (s->random ? task->m->theta_count : 0);
    for (int k = 0; k < held->count; k++) {
        for (int j = 0; j < n; j++)
            held->row[k + j * held->count] = k < s->free            ? s->N[j + k * n] * s->size[j]
                                             : j == p + k - s->free ? 1 / task->unit[k - s->free]
                                                                    : 0;
        held->at[k] = 0;
        held->at[k] = glm_series_along(held, k, task->opt.x);
    }
}

/* Descends with rows of extreme predictors back by themselves; what moves the others along the end is held, or nothing would say
 * how far a step is to go.  Whether it found what is lower. */
static bool descend_from_extreme(struct seek *s, int k, double *value)
{
    struct optimizer *o = &s->task->opt;
    bool found;

    if (!seek_bring_back(s, k, o->x) || !look(s) || !seek_directions(s, false, NULL))
        return false;
    hold_directions(s);
    found = descend(s, value);
    s->task->series->count = 0;
    return found;
}

/* Puts opt.x where the rows are that the look was at. */
static void come_back(struct seek *s)
{
    struct optimizer *o = &s->task->opt;

    memcpy(o->x, s->start, sizeof(double) * (size_t)o->n);
    optimizer_at(o, o->x, NULL); /* the rows' predictors */
}

/* Descends from starts at which the rows are elsewhere: together, a group, or those of extreme predictors.  The best place is in
 * opt.x; whether there was a lower one. */
static bool leave(struct seek *s)
{
    struct glm_task *task = s->task;
    struct optimizer *o = &task->opt;
    size_t bytes = sizeof(double) * (size_t)o->n;
    double value = o->value;
    bool found = false;

    memcpy(s->best, o->x, bytes);
    memcpy(s->start, o->x, bytes);
    for (int group = -1; group < (s->groups > 1 ? s->groups : 0) && !o->stopped; group++)
        for (int place = 0; place < PLACES && !o->stopped; place++) {
            come_back(s);
            if (!move_rows(s, (enum place)place, group, o->x))
                continue;
            if (s->random)
                set_templates(s, 1, o->x);
            found = descend(s, &value) || found;
        }
    come_back(s);
    seek_extremes(s);
    for (int k = 0; k < s->extremes && !o->stopped; k++) {
        come_back(s);
        if (look(s))
            found = descend_from_extreme(s, k, &value) || found;
    }
    memcpy(o->x, s->best, bytes);
    o->value = value;
    task->m->known = false;
    return found;
}

/* --- the end -------------------------------------------------------------------------------------- */

/* Whether the rows are still there, and nothing is lost. */
static bool is_as_good(struct seek *s, const double phi[])
{
    struct optimizer *o = &s->task->opt;
    const struct glm *m = s->task->m;
    double value = optimizer_at(o, phi, NULL);

    if (!(value <= o->value + TOLERANCE_LIMIT))
        return false;
    for (size_t i = 0; i < m->n; i++)
        if (s->group[i] >= 0 && !glm_row_is_series(m, i))
            return false;
    return true;
}

/* Puts the rows at the end, where they can go there, and holds what moves them along it, where something does. */
static bool hold(struct seek *s)
{
    struct glm_task *task = s->task;
    struct optimizer *o = &task->opt;
    int n = o->n;

    optimizer_at(o, o->x, NULL); /* the rows' predictors */
    if (o->stopped || !seek_directions(s, false, NULL) || s->free == 0)
        return false;
    memcpy(s->start, o->x, sizeof(double) * (size_t)n);
    if (move_rows(s, AT_END, -1, s->start) && is_as_good(s, s->start)) {
        memcpy(o->x, s->start, sizeof(double) * (size_t)n);
        o->value = optimizer_at(o, o->x, NULL);
    }
    hold_directions(s);
    return true;
}

bool glm_series_init(struct glm_task *task)
{
    const struct glm *m = task->m;
    size_t n = (size_t)task->opt.n;
    struct glm_series *held;

    bool series = limits_is_series(m->response.family, -HUGE_VAL, is_ratio(m) ? -HUGE_VAL : 0) && glm_part_of(m, 0) != NULL
                  && m->penalty == NULL && m->several == NULL;

    if (!series && !glm_taken_may_be(m))
        return true;
    if ((held = task->series = NEW(struct glm_series)) == NULL)
        return false;
    held->n = (int)n;
    held->count = 0;
    held->sought = false;
    held->row = NEW_ARRAY(double, 4 * n * n + 45 * n + 1);
    held->group = NEW_ARRAY(int, m->n + 1);
    held->generator = series ? NEW_ARRAY(double, (m->n + 4) * (n + 1) + 2 * m->n) : NULL;
    held->cone = series ? cone_work_new((int)n + 1) : NULL;
    if (held->row == NULL || held->group == NULL || (series && (held->generator == NULL || held->cone == NULL)))
        return false;
    held->at = held->row + 2 * n * n;
    held->work = held->at + 2 * n;
    return true;
}

static void set_work(struct seek *s)
{
    int n = s->task->opt.n;

    s->group = s->task->series->group;
    s->N = s->task->series->work;
    s->B = s->N + n * n;
    s->values = s->B + n * n;
    s->size = s->values + n;
    s->entry = s->size + n;
    s->c = s->entry + n; /* 2 n */
    s->best = s->c + 2 * n;
    s->start = s->best + n;
    s->work = s->start + n; /* 35 n */
}

bool glm_settle_series(struct glm_task *task)
{
    struct glm *m = task->m;
    struct glm_series *held = task->series;
    struct seek s = { .task = task, .part = glm_part_of(m, 0), .ratio = is_ratio(m) };
    bool moved = false, first;

    if (held == NULL || held->count > 0 || m->held || m->importance != NULL || !may_be_there(m))
        return false;
    set_work(&s);
    first = !held->sought;
    for (int round = first ? 0 : ROUNDS; look(&s); round++) {
        if (s.random && !lose_effects(&s))
            break;
        if (round >= ROUNDS || !seek_directions(&s, true, NULL) || !leave(&s)) {
            moved = hold(&s) || moved || first;
            break;
        }
        moved = held->sought = true;
    }
    held->sought = held->sought || moved;
    m->known = false;
    return moved && !task->opt.stopped;
}
