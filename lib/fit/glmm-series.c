/* glmm-series.c -- counts above 0 of a negative binomial distribution at its end, the logarithmic series (limits-series.c), in
 * the search.  The tail there is flat, so that a descent that has come far ends wherever it is, also where another optimum is
 * lower.
 *
 *   1. rows that are there are put elsewhere, by directions that move no other row: to their means, beside the other end of the
 *      dispersion, and with the variance that they have; what a descent from there finds is kept where it is lower;
 *   2. rows that are there all the same go to the end itself, where nothing is lost, and the directions N that move them along
 *      it, and no other row, are held: the deviance has |P (phi - at)|^2 beside it, P = N' in units of the columns.  It is
 *      nothing at the optimum, and moves nothing that the data tell. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/limits-private.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"

static const double NO_INFORMATION = 1e-10; /* an eigenvalue beside a unit diagonal */
static const double END = -22;              /* of log size: thousands of rows have 1e-5 of deviance to gain from there on */
static const double OTHER_END = 6;          /* of the log dispersion: it varies by 1/400 more than Poisson */
static const double LEAST_SPREAD = 0.1;     /* of a dispersion inside: where counts vary less, they are of the other end */
static const double NEAR = 2;               /* of log size: what an evaluation beside the last point may be off by */

enum { ROUNDS = 3, FEW_GROUPS = 8, LOOK = 64 };
enum place { AT_OTHER_END, INSIDE, PLACES, AT_END };

struct glm_series {
    int n, count;
    double *row;  /* count x n: the rows of P */
    double *at;   /* count: P phi is held there */
    double *work; /* of the search */
    int *group;
    bool sought; /* optima elsewhere than there were */
};

struct seek {
    struct glm_task *task;
    const struct glm_part *part;                 /* of the dispersion */
    bool ratio, random;                          /* random: effects of which nothing is told where all rows are there */
    size_t count, all;                           /* rows that are there; that say something */
    int *group;                                  /* n: of rows that are there, those of the same predictors; -1 elsewhere */
    int groups, free;                            /* free: the columns of N */
    double mean[FEW_GROUPS], spread[FEW_GROUPS]; /* of the groups: of y, and the log dispersion that its variance asks for */
    double *N, *values, *size, *work, *entry, *B, *c, *best, *start;
};

/* --- what is held ------------------------------------------------------------------------------- */

static double along(const struct glm_series *s, int k, const double phi[])
{
    double sum = -s->at[k];

    for (int j = 0; j < s->n; j++)
        sum += s->row[k + (size_t)j * (size_t)s->count] * phi[j];
    return sum;
}

bool glm_series_holds(const struct glm_series *s)
{
    return s != NULL && s->count > 0;
}

double glm_series_value(const struct glm_series *s, const double phi[])
{
    double sum = 0;

    for (int k = 0; s != NULL && k < s->count; k++)
        sum += pow(along(s, k, phi), 2);
    return sum;
}

void glm_series_slopes(const struct glm_series *s, const double phi[], double gradient[])
{
    for (int k = 0; s != NULL && k < s->count; k++) {
        double rate = 2 * along(s, k, phi);

        for (int j = 0; j < s->n; j++)
            gradient[j] += rate * s->row[k + (size_t)j * (size_t)s->count];
    }
}

void glm_series_hold(struct glm_series *s, const double row[], const double phi[])
{
    int k = s->count++;

    for (int j = s->n - 1; j >= 0; j--) { /* one row more of a matrix by columns */
        for (int l = k - 1; l >= 0; l--)
            s->row[l + (size_t)j * (size_t)s->count] = s->row[l + (size_t)j * (size_t)k];
        s->row[k + (size_t)j * (size_t)s->count] = row[j];
    }
    s->at[k] = 0;
    s->at[k] = along(s, k, phi);
}

void glm_series_curvature(const struct glm_series *s, int count, double factor, double H[])
{
    for (int k = 0; s != NULL && k < s->count; k++) {
        const double *row = s->row + k;

        for (size_t j = 0; j < (size_t)count; j++)
            for (size_t i = 0; i < (size_t)count; i++)
                H[i + j * (size_t)count] += factor * row[i * (size_t)s->count] * row[j * (size_t)s->count];
    }
}

void glm_series_free(struct glm_series *s)
{
    if (s != NULL) {
        mem_free(s->row);
        mem_free(s->group);
    }
    mem_free(s);
}

static bool is_ratio(const struct glm *m)
{
    return limits_is_ratio(m->response.family, -HUGE_VAL);
}

/* --- the rows ------------------------------------------------------------------------------------- */

static double tau_of(const struct glm *m, size_t i)
{
    return m->response.rows[0] != NULL ? m->response.rows[0][i] : m->response.shape[0];
}

bool glm_row_is_series(const struct glm *m, size_t i)
{
    return limits_is_series(m->response.family, m->eta[i], tau_of(m, i));
}

static double spread_entry(const struct seek *s, size_t i, int j)
{
    return s->part->design == NULL ? 1 : s->part->X[i + (size_t)j * s->task->m->n];
}

/* s->entry := mean x_i and spread w_i, side by side as in phi. */
static void set_entry(const struct seek *s, size_t i, double mean, double spread)
{
    const struct glm *m = s->task->m;
    int at = m->p + m->theta_count + s->part->first;

    memset(s->entry, 0, sizeof(double) * (size_t)s->task->opt.n);
    for (int j = 0; j < m->p; j++)
        s->entry[j] = mean * m->X[i + (size_t)j * m->n];
    for (int j = 0; j < s->part->count; j++)
        s->entry[at + j] = spread * spread_entry(s, i, j);
}

static bool is_alike(const struct seek *s, size_t a, size_t b)
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
    size_t first[FEW_GROUPS];
    int groups = 0;

    for (size_t i = 0; i < m->n && groups <= FEW_GROUPS; i++) {
        int g = 0;

        if (s->group[i] < 0)
            continue;
        while (g < groups && !is_alike(s, first[g], i))
            g++;
        if (g == FEW_GROUPS)
            groups = FEW_GROUPS + 1;
        else if (g == groups)
            first[groups++] = i;
        s->group[i] = g;
    }
    for (size_t i = 0; groups > FEW_GROUPS && i < m->n; i++)
        s->group[i] = s->group[i] < 0 ? -1 : 0;
    s->groups = groups > FEW_GROUPS ? 1 : groups;
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
    return !glm_row_is_silent(m, i) && limits_row_is_there(&rows, i, m->eta[i], tau_of(m, i));
}

/* Whether rows may be there, as the last evaluation left them: others are never looked at again. */
static bool may_be_there(const struct glm *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (limits_is_series(m->response.family, m->eta[i] - NEAR, tau_of(m, i) - (is_ratio(m) ? NEAR : 0)))
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

/* Looked at every so many rows. */
static bool is_stopped(const struct seek *s, size_t row)
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

/* N: directions of phi that move no row but those there, and these (unless `any` way) along the end only.  False where LAPACK
 * fails. */
static bool set_directions(struct seek *s, bool any)
{
    const struct glm *m = s->task->m;
    int n = s->task->opt.n, last = m->p + m->theta_count + s->part->first;

    memset(s->N, 0, sizeof(double) * (size_t)(n * n));
    memset(s->size, 0, sizeof(double) * (size_t)n);
    for (size_t i = 0; i < m->n; i++) {
        if (glm_row_is_silent(m, i))
            continue;
        if (is_stopped(s, i))
            return false;
        set_entry(s, i, 1, 1);
        for (int j = 0; j < n; j++)
            s->size[j] += s->entry[j] * s->entry[j];
        if (s->group[i] >= 0 && any)
            continue;
        set_entry(s, i, s->group[i] < 0 || s->ratio, s->group[i] < 0 ? 0 : s->ratio ? -1 : 1);
        add_square(s);
        if (s->group[i] < 0) {
            set_entry(s, i, 0, 1);
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

/* out := N'D^-1 of the entry, D the lengths of the columns. */
static void project(const struct seek *s, double out[])
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
    double tau = tau_of(m, i), mean = log(s->mean[g]);

    if (place == AT_END) {
        move[0] = s->ratio ? END - tau : tau + END - m->fixed[i];
        move[1] = s->ratio ? END - tau : 0;
        return;
    }
    move[0] = mean - m->fixed[i];
    move[1] = (place == INSIDE ? s->spread[g] : sign > 0 ? mean + OTHER_END : -OTHER_END) - tau;
}

/* phi += N c with which the rows of a group (-1: all) come as near to the place as they can.  False where they cannot. */
static bool move_rows(const struct seek *s, enum place place, int group, double phi[])
{
    const struct glm *m = s->task->m;
    int n = s->task->opt.n, k = s->free;
    double *a = s->c + k, move[2];

    memset(s->B, 0, sizeof(double) * (size_t)(k * k));
    memset(s->c, 0, sizeof(double) * (size_t)k);
    for (size_t i = 0; i < m->n; i++) {
        if (s->group[i] < 0)
            continue;
        if (is_stopped(s, i))
            return false;
        wanted(s, i, place, move);
        for (int side = 0; side < 2; side++) {
            set_entry(s, i, side == 0, side == 1);
            project(s, a);
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
    for (int j = 0; j < n; j++)
        for (int l = 0; l < k; l++)
            phi[j] += s->N[j + l * n] * s->c[l] / s->size[j];
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

    if (!set_directions(s, false))
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

/* Descends from starts at which the rows are elsewhere; what is lower by more than the end may cost is kept, in opt.x, but for
 * where Laplace's approximation breaks down.  Whether there was any. */
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
            memcpy(o->x, s->start, bytes);
            optimizer_at(o, o->x, NULL); /* the rows' predictors */
            if (!move_rows(s, (enum place)place, group, o->x))
                continue;
            if (s->random)
                set_templates(s, 1, o->x);
            if (!(optimizer_at(o, o->x, NULL) < MINIMIZE_BAD))
                continue;
            glm_descend(task);
            if (o->stopped || !(o->value < value - TOLERANCE_LIMIT) || (task->m->q > 0 && o->stalled)
                || (s->random && is_still_there(s)))
                continue;
            memcpy(s->best, o->x, bytes);
            value = o->value;
            found = true;
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
    struct glm_series *held = task->series;
    struct optimizer *o = &task->opt;
    int n = o->n, p = task->m->p;

    optimizer_at(o, o->x, NULL); /* the rows' predictors */
    if (o->stopped || !set_directions(s, false) || s->free == 0)
        return false;
    memcpy(s->start, o->x, sizeof(double) * (size_t)n);
    if (move_rows(s, AT_END, -1, s->start) && is_as_good(s, s->start)) {
        memcpy(o->x, s->start, sizeof(double) * (size_t)n);
        o->value = optimizer_at(o, o->x, NULL);
    }
    held->count = s->free + (s->random ? task->m->theta_count : 0);
    for (int k = 0; k < held->count; k++) {
        for (int j = 0; j < n; j++)
            held->row[k + j * held->count] = k < s->free            ? s->N[j + k * n] * s->size[j]
                                             : j == p + k - s->free ? 1 / task->unit[k - s->free]
                                                                    : 0;
        held->at[k] = 0;
        held->at[k] = along(held, k, o->x);
    }
    return true;
}

/* Whether rows are there. */
static bool look(struct seek *s)
{
    struct optimizer *o = &s->task->opt;

    if (o->stopped || !(optimizer_at(o, o->x, NULL) < MINIMIZE_BAD))
        return false;
    find_rows(s);
    return s->count > 0;
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
    if (held->row == NULL || held->group == NULL)
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
        if (round >= ROUNDS || !set_directions(&s, true) || !leave(&s)) {
            moved = hold(&s) || moved || first;
            break;
        }
        moved = held->sought = true;
    }
    held->sought = held->sought || moved;
    m->known = false;
    return moved && !task->opt.stopped;
}
