/* glmm-taken.c -- rows of normal residuals whose own variance runs to 0, in the search: each has random effects of its own, which
 * take all that it varies by (limits-own.c), so that the deviance falls on the way to 0 by ever less, and a search ends wherever
 * it is.
 *
 * Rows of which next to nothing is their own, and coefficients of disp= that move no others, are put at the limit, as near as
 * numbers hold, where the deviance does not rise on that way; what moves them along it is held (glmm-series.c). */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "model/prior.h"

static const double ON_THE_WAY = 1e-4; /* of the variance of a row's own effects: what is its own besides */
static const double TAKEN = 1e-8;      /* of it, at the limit: below, slopes have lost digits, and 1e-8 a row is left to gain */
static const double NO_INFORMATION = 1e-10; /* an eigenvalue of X'X, X of orthonormal columns */

struct taken {
    struct glm_task *task;
    const struct glm_part *part;
    double *own;                                 /* n: the variance of effects that are the row's alone */
    double *N, *values, *work, *B, *c, *a, *row; /* of the directions: columns of N, `free` of them */
    int free;
};

/* z'LL'z at row i, of a term. */
static double variance_at(const struct glm *m, const struct glm_term *term, const double phi[], size_t i)
{
    const double *z = m->z + i * (size_t)m->K + term->slot;
    double sum = 0;

    for (int b = 0, at = term->theta; b < term->k; b++) {
        double along = 0;

        for (int a = b; a < term->design->covariance->end(term->k, b); a++, at++)
            along += z[a] * phi[m->p + at];
        sum += along * along;
    }
    return sum;
}

/* How many rows each level of a term has, into the scratch; NULL when memory is out. */
static double *count_rows(const struct glm *m, const int32_t *level, int32_t levels)
{
    double *rows = NEW_ARRAY(double, levels + 1);

    for (size_t i = 0; rows != NULL && i < m->n; i++)
        if (!glm_row_is_silent(m, i))
            rows[level[m->row[i]]] += m->design->times == NULL ? 1 : m->design->times[m->row[i]];
    return rows;
}

/* own: of each row, what it varies by at phi through effects that no other row has.  False when memory is out. */
static bool find_own(const struct glm *m, const double phi[], double own[])
{
    memset(own, 0, sizeof(double) * m->n);
    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *random = m->terms[t].design;
        double *rows = count_rows(m, random->level, random->level_count);

        for (size_t i = 0; rows != NULL && i < m->n; i++)
            if (rows[random->level[m->row[i]]] == 1)
                own[i] += variance_at(m, &m->terms[t], phi, i);
        if (rows == NULL)
            return false;
        mem_free(rows);
    }
    return true;
}

/* The logarithm of a row's own variance beside that of its effects; HUGE_VAL where it has none. */
static double ratio_of(const struct taken *s, size_t i)
{
    const struct glm *m = s->task->m;
    double weight = m->response.weights == NULL ? 1 : m->response.weights[i];

    return s->own[i] > 0 ? m->response.rows[0][i] - log(weight * s->own[i]) : HUGE_VAL;
}

/* N: directions of the coefficients of disp= that move no row but those on the way.  Whether there are any. */
static bool set_directions(struct taken *s)
{
    const struct glm *m = s->task->m;
    int p = s->part->count;
    size_t count = 0;

    memset(s->N, 0, sizeof(double) * (size_t)(p * p));
    for (size_t i = 0; i < m->n; i++) {
        if (glm_row_is_silent(m, i))
            continue;
        if (ratio_of(s, i) < log(ON_THE_WAY)) {
            count++;
            continue;
        }
        for (int j = 0; j < p; j++)
            for (int k = 0; k < p; k++)
                s->N[k + j * p] += s->part->X[i + (size_t)j * m->n] * s->part->X[i + (size_t)k * m->n];
    }
    s->free = 0;
    if (count == 0 || !symmetric_eigen(p, s->N, s->values, s->work, 35 * p))
        return false;
    while (s->free < p && s->values[s->free] < NO_INFORMATION)
        s->free++;
    return s->free > 0;
}

/* phi += N c, by least squares, with which the rows on the way come to the limit, as far as they are not beyond it. */
static bool move_rows(const struct taken *s, double phi[])
{
    const struct glm *m = s->task->m;
    int p = s->part->count, k = s->free, at = m->p + m->theta_count + s->part->first;

    memset(s->B, 0, sizeof(double) * (size_t)(k * k));
    memset(s->c, 0, sizeof(double) * (size_t)k);
    for (size_t i = 0; i < m->n; i++) {
        double ratio = ratio_of(s, i);

        if (glm_row_is_silent(m, i) || !(ratio < log(ON_THE_WAY)))
            continue;
        for (int l = 0; l < k; l++) {
            s->a[l] = 0;
            for (int j = 0; j < p; j++)
                s->a[l] += s->N[j + l * p] * s->part->X[i + (size_t)j * m->n];
        }
        for (int l = 0; l < k; l++) {
            s->c[l] += s->a[l] * fmin(log(TAKEN) - ratio, 0);
            for (int j = 0; j < k; j++)
                s->B[j + l * k] += s->a[j] * s->a[l];
        }
    }
    if (chol_factor_sure(k, s->B, k, CHOL_DEPENDENT, NULL) != 0)
        return false;
    chol_solve_lower(k, s->B, k, s->c);
    chol_solve_upper(k, s->B, k, s->c);
    for (int j = 0; j < p; j++)
        for (int l = 0; l < k; l++)
            phi[at + j] += s->N[j + l * p] * s->c[l];
    return true;
}

/* Whether the rows that were on the way are as near as that, or nearer, at the phi of the last evaluation. */
static bool all_are_taken(const struct taken *s)
{
    bool all = true;

    for (size_t i = 0; i < s->task->m->n && all; i++)
        all = !(ratio_of(s, i) < log(ON_THE_WAY)) || ratio_of(s, i) < log(sqrt(TAKEN * ON_THE_WAY));
    return all;
}

static void hold(const struct taken *s)
{
    const struct glm *m = s->task->m;
    int p = s->part->count, at = m->p + m->theta_count + s->part->first;

    for (int l = 0; l < s->free; l++) {
        memset(s->row, 0, sizeof(double) * (size_t)s->task->opt.n);
        for (int j = 0; j < p; j++)
            s->row[at + j] = s->N[j + l * p];
        glm_series_hold(s->task->series, s->row, s->task->opt.x);
    }
}

static bool settle(struct taken *s)
{
    struct optimizer *o = &s->task->opt;
    double value;

    if (!find_own(s->task->m, o->x, s->own) || !(optimizer_at(o, o->x, NULL) < MINIMIZE_BAD) || !set_directions(s))
        return false;
    memcpy(o->trial, o->x, sizeof(double) * (size_t)o->n);
    if (!move_rows(s, o->trial))
        return false;
    value = optimizer_at(o, o->trial, NULL);
    if (!(value <= o->value + TOLERANCE_LOWER) || !all_are_taken(s))
        return false;
    memcpy(o->x, o->trial, sizeof(double) * (size_t)o->n);
    o->value = value;
    hold(s);
    return true;
}

bool glm_taken_may_be(const struct glm *m)
{
    const struct glm_part *part = glm_part_of(m, 0);
    const struct family *family = m->response.family;
    bool normal = family->residual && family->inflated == NULL && m->response.link->kind == LINK_IDENTITY;
    bool may = normal && m->response.rows[0] != NULL && m->q > 0 && m->several == NULL && part != NULL && part->design != NULL;

    for (int j = 0; may && j < part->design->p; j++)
        may = prior_of_coefficient(m->design->prior, DESIGN_DISPERSION, part->design->names[j]) == NULL;
    return may;
}

bool glm_settle_taken(struct glm_task *task)
{
    struct glm *m = task->m;
    struct taken s = { .task = task, .part = glm_part_of(m, 0) };
    bool moved = false;
    size_t p;

    if (!glm_taken_may_be(m) || task->series == NULL || glm_series_holds(task->series) || m->held)
        return false;
    assert(s.part != NULL); /* else it may not be */
    p = (size_t)s.part->count;
    s.own = NEW_ARRAY(double, m->n + 2 * p * p + 38 * p + (size_t)task->opt.n + 1);
    if (s.own == NULL)
        return false; /* where it is, then */
    s.N = s.own + m->n;
    s.B = s.N + p * p;
    s.values = s.B + p * p;
    s.c = s.values + p;
    s.a = s.c + p;
    s.work = s.a + p; /* 35 p */
    s.row = s.work + 35 * p;
    moved = settle(&s);
    m->known = false;
    mem_free(s.own);
    return moved && !task->opt.stopped;
}

/* own: of each row and slot, whether the effect is the row's alone.  False when memory is out. */
static bool mark_own(const struct glm *m, unsigned char own[])
{
    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *random = m->terms[t].design;
        double *rows = count_rows(m, random->level, random->level_count);

        for (size_t i = 0; rows != NULL && i < m->n; i++)
            memset(own + i * (size_t)m->K + m->terms[t].slot, rows[random->level[m->row[i]]] == 1, (size_t)m->terms[t].k);
        if (rows == NULL)
            return false;
        mem_free(rows);
    }
    return true;
}

void glm_set_least(struct glm *m, struct glm_part *part)
{
    for (size_t i = 0; i < m->n; i++) {
        double sum = 0;

        for (size_t at = i * (size_t)m->K; at < (i + 1) * (size_t)m->K; at++)
            sum += part->own[at] ? m->zt[at] * m->zt[at] : 0;
        part->least[i] = part->share[i] * sum;
    }
}

bool glm_leave_rows_some(struct glm *m)
{
    struct glm_part *part = NULL;
    unsigned char *own;
    double *share;

    if (!glm_taken_may_be(m))
        return true;
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].slot == 0)
            part = &m->part[k];
    assert(part != NULL); /* else it may not be */
    share = arena_alloc(m->arena, 3 * m->n + 1, sizeof *share);
    own = arena_alloc(m->arena, m->n * (size_t)m->K + 1, sizeof *own);
    if (share == NULL || own == NULL || !mark_own(m, own))
        return false;
    for (size_t i = 0; i < m->n; i++)
        share[i] = TAKEN * (m->response.weights == NULL ? 1 : m->response.weights[i]);
    part->share = share;
    part->rate = share + m->n;
    part->least = share + 2 * m->n;
    part->own = own;
    m->known = false;
    return true;
}

/* --- the way back ----------------------------------------------------------------------------------- */

enum { MOST_CELLS = 16 };

/* Rows that effects have taken, and what each of them may have again. */
struct giving {
    const struct glm *m;
    const struct glm_part *part;
    const double *phi;
    double *before, *now; /* n: what own effects have at phi, and where the search is */
};

/* The logarithm of what is a row's own at phi. */
static double alone_at(const struct giving *g, size_t i)
{
    double alone = g->part->offset == NULL ? 0 : g->part->offset[i];

    for (int j = 0; j < g->part->count; j++)
        alone += g->part->X[i + (size_t)j * g->m->n] * g->phi[g->m->p + g->m->theta_count + g->part->first + j];
    return alone;
}

static double weight_of(const struct giving *g, size_t i)
{
    return g->m->response.weights == NULL ? 1 : g->m->response.weights[i];
}

static bool is_given(const struct giving *g, size_t i)
{
    return !glm_row_is_silent(g->m, i) && g->before[i] > g->now[i]
           && alone_at(g, i) < log(ON_THE_WAY * weight_of(g, i) * g->before[i]);
}

static bool same_cell(const struct giving *g, size_t a, size_t b)
{
    for (int j = 0; j < g->part->count; j++)
        if (g->part->X[a + (size_t)j * g->m->n] != g->part->X[b + (size_t)j * g->m->n])
            return false;
    return true;
}

/* The first row of cell `which` of those that are given something; n where there is none. */
static size_t row_of_cell(const struct giving *g, int which)
{
    size_t first[MOST_CELLS];
    int count = 0;

    for (size_t i = 0; which < MOST_CELLS && i < g->m->n; i++) {
        int c = 0;

        if (!is_given(g, i))
            continue;
        while (c < count && !same_cell(g, first[c], i))
            c++;
        if (c == which)
            return i;
        if (c == count)
            first[count++] = i;
    }
    return g->m->n;
}

/* c: the coefficients that move the rows of a cell by what they are given, by least squares; the columns are orthogonal, of
 * squares that sum up to n. */
static void fit_back(const struct giving *g, size_t row, double share, double c[])
{
    const struct glm_part *part = g->part;
    int p = part->count, step = 1;
    size_t n = g->m->n;

    for (size_t i = 0; i < n; i++) {
        if (!same_cell(g, row, i) || !is_given(g, i))
            continue;
        for (int j = 0; j < p; j++)
            c[j] += part->X[i + (size_t)j * n] / (double)n
                    * (log(share * weight_of(g, i) * (g->before[i] - g->now[i])) - alone_at(g, i));
    }
    dtrsv_("U", "N", "N", &p, part->R, &p, c, &step);
}

bool glm_give_rows_back(const struct glm *m, const double at[], const double to[], int cell, double share, double rest[],
                        bool *given)
{
    struct giving g = { .m = m, .part = glm_part_of(m, 0), .phi = at };
    size_t p = g.part == NULL ? 0 : (size_t)g.part->count, row;
    double *c;
    bool ok;

    *given = false;
    if (!glm_taken_may_be(m))
        return true;
    if ((g.before = NEW_ARRAY(double, 2 * m->n + p + 1)) == NULL)
        return false;
    g.now = g.before + m->n;
    c = g.now + m->n;
    ok = find_own(m, at, g.before) && find_own(m, to, g.now);
    *given = ok && (row = row_of_cell(&g, cell)) < m->n;
    if (*given)
        fit_back(&g, row, share, c);
    for (size_t j = 0; *given && j < p; j++)
        rest[(size_t)g.part->first + j] += c[j];
    mem_free(g.before);
    return ok;
}
