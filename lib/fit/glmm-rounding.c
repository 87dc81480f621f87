/* glmm-rounding.c -- where the rows know the effect of their level so much better than its variance does that double precision
 * loses how well a mean over levels is known.
 *
 * There gamma cannot be told from the deviance: u'u is lost in the rounding of sum log f.  A step of Newton's from the modes,
 * with what cancels left out of what it cancels from:
 *
 *   U = du/dgamma = -M^-1 Z~'WX,  R = X + Z~U          (what levels leave of X: rounding alone, of an intercept)
 *   delta = argmin |W^1/2 R delta - W^-1/2 l|^2 + |U delta + u|^2
 *
 * by Gram and Schmidt with the longest column first: columns of both kinds, 1e9 apart, keep their digits as they would not in
 * normal equations. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"
#include "linalg/orthonormal.h"

static const double SPENT = 1e-13; /* a share of a column that is rounding */

bool glm_is_rounded(const struct glm *m)
{
    double most = 0;
    int K = m->K;

    if (m->q == 0)
        return false;
    memset(m->u_try, 0, sizeof(double) * (size_t)m->q); /* scratch */
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < K; a++) {
            double zt = m->zt[i * (size_t)K + (size_t)a];

            m->u_try[m->column[i * (size_t)K + (size_t)a]] -= m->d[D_ETA2][i] * zt * zt;
        }
    for (int j = 0; j < m->q; j++)
        most = fmax(most, m->u_try[j]);
    return most > TOLERANCE_INFORMATION;
}

/* out (n + q) := column j of W^1/2 R, then of U. */
static void set_column(struct glm *m, int j, double *out)
{
    const double *x = m->X + (size_t)j * m->n;
    double *U = out + m->n;
    int K = m->K;

    memset(U, 0, sizeof(double) * (size_t)m->q);
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < K; a++)
            U[m->column[i * (size_t)K + (size_t)a]] += m->d[D_ETA2][i] * m->zt[i * (size_t)K + (size_t)a] * x[i];
    precision_solve(m->precision, U);
    for (size_t i = 0; i < m->n; i++) {
        double left = x[i];

        for (int a = 0; a < K; a++)
            left += m->zt[i * (size_t)K + (size_t)a] * U[m->column[i * (size_t)K + (size_t)a]];
        out[i] = sqrt(fmax(-m->d[D_ETA2][i], 0)) * left;
    }
}

/* The right side: W^-1/2 l, then -u. */
static void set_right(const struct glm *m, double *out)
{
    for (size_t i = 0; i < m->n; i++)
        out[i] = m->d[D_ETA2][i] < 0 ? m->d[D_ETA][i] / sqrt(-m->d[D_ETA2][i]) : 0;
    for (int j = 0; j < m->q; j++)
        out[m->n + (size_t)j] = -m->u[j];
}

/* x := what the column, of length 1, leaves of it; returns how much is taken. */
static double take_out(size_t rows, const double *column, double *x)
{
    double share = dot_product(rows, column, x);

    for (size_t i = 0; i < rows; i++)
        x[i] -= share * column[i];
    return share;
}

static double length_of(size_t rows, const double *x)
{
    return sqrt(dot_product(rows, x, x));
}

/* The k-th of the order becomes the longest of those from k on. */
static void put_longest(size_t rows, const double *A, int k, int p, int order[])
{
    int longest = k, first = order[k];

    for (int j = k + 1; j < p; j++)
        if (length_of(rows, A + (size_t)order[j] * rows) > length_of(rows, A + (size_t)order[longest] * rows))
            longest = j;
    order[k] = order[longest];
    order[longest] = first;
}

/* delta := argmin |A delta - b|, A rows x p, 0 for what is only rounding of a column.  A and b are used up; R: p x p. */
static void least_squares(size_t rows, int p, double *A, double *b, double *R, int order[], double delta[])
{
    for (int j = 0; j < p; j++) {
        order[j] = j;
        R[j + j * p] = length_of(rows, A + (size_t)j * rows);
    }
    for (int k = 0; k < p; k++) {
        double *q, length;
        int at;

        put_longest(rows, A, k, p, order);
        at = order[k];
        q = A + (size_t)at * rows;
        length = length_of(rows, q);
        R[at + at * p] = length > SPENT * R[at + at * p] ? length : 0;
        for (size_t i = 0; i < rows && length > 0; i++)
            q[i] /= length;
        for (int j = k + 1; j < p; j++)
            R[at + order[j] * p] = take_out(rows, q, A + (size_t)order[j] * rows);
        delta[at] = take_out(rows, q, b);
    }
    for (int k = p - 1; k >= 0; k--) {
        int at = order[k];

        for (int j = k + 1; j < p; j++)
            delta[at] -= R[at + order[j] * p] * delta[order[j]];
        delta[at] = R[at + at * p] > 0 ? delta[at] / R[at + at * p] : 0;
    }
}

/* opt.x += delta in gamma, and the modes there; back again where there is no deviance. */
static void take_step(struct glm_task *task, const double delta[])
{
    struct glm *m = task->m;
    double value;

    memcpy(task->opt.trial, task->opt.x, sizeof(double) * (size_t)m->p);
    for (int j = 0; j < m->p; j++)
        task->opt.x[j] += delta[j];
    value = glm_value(m, task->opt.x);
    if (!(value < MINIMIZE_BAD)) {
        for (int j = 0; j < m->p; j++)
            task->opt.x[j] = task->opt.trial[j];
        value = glm_value(m, task->opt.x);
    }
    task->opt.value = value;
}

bool glm_settle_means(struct glm_task *task)
{
    struct glm *m = task->m;
    size_t rows = m->n + (size_t)m->q, p = (size_t)m->p;
    double *A, *b, *R, *delta;
    int *order;
    bool ok;

    if (m->p == 0 || m->several != NULL || m->penalty != NULL || !glm_is_rounded(m))
        return true;
    A = NEW_ARRAY(double, rows *(p + 1) + p * p + p + 1);
    order = NEW_ARRAY(int, p);
    ok = A != NULL && order != NULL;
    if (ok) {
        b = A + rows * p;
        R = b + rows;
        delta = R + p * p;
        for (int j = 0; j < m->p; j++)
            set_column(m, j, A + (size_t)j * rows);
        set_right(m, b);
        least_squares(rows, m->p, A, b, R, order, delta);
        take_step(task, delta);
    }
    mem_free(A);
    mem_free(order);
    return ok;
}
