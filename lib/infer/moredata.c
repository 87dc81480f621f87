/* moredata.c -- see moredata.h.
 *
 * With b = L u, L L' = Sigma, the modes of the level maximize s l(L u) - u'u / 2, with s = rows / present rows and l the log
 * likelihood of the level's rows beside everything else at its estimate.  Newton: (I + s L'A L) step = s L'g - u, with g and A
 * the slope and the observed information of l.  Sigma may be singular: nothing inverts it.
 *
 * Var(b | y) = L (I + Q)^-1 L'.  With a single random term Q = s L'A L.  Other terms take information away; Q0, what is left at s
 * = 1, follows from the fit's covariance of the modes, and Q = s (Q0 + L'(A - A0) L) keeps it. */
#include "infer/moredata.h"

#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "infer/unpooled.h"
#include "fit/rowcov.h"

static const double NO_PIVOT = 1e-14;   /* of the largest: rounding of a singular matrix */
static const double STEP_FOUND = 1e-24; /* the square of a step that is nothing: 1e-12 of effects of variance 1 */

struct moredata {
    const struct fit *fit;
    const struct random_design *random;
    const double *modes; /* of the level, as fitted */
    size_t *rows, count; /* of the level */
    int k;
    double *block;                            /* owns what follows */
    double *L;                                /* k x k, row-major */
    double *slope, *information;              /* k, k x k: in u, without s and the prior */
    double *taken;                            /* k x k: Q0 - L'A0 L */
    double *u, *trial, *step, *direction, *b; /* k */
    double *factor, *work;                    /* k x k; twice k x k */
};

static double z_of(const struct moredata *m, size_t i, int a)
{
    return m->random->z == NULL ? 1 : m->random->z[i * (size_t)m->k + (size_t)a];
}

/* --- small symmetric matrices, row-major ------------------------------------------------------- */

/* A = F F', in place of F; directions without variance, or with less than none, get a column of 0. */
static void factor(const double *A, int k, double *F)
{
    double largest = 0, sum;

    for (int a = 0; a < k; a++)
        largest = fmax(largest, A[a * k + a]);
    memset(F, 0, sizeof *F * (size_t)k * (size_t)k);
    for (int b = 0; b < k; b++)
        for (int a = b; a < k; a++) {
            sum = A[a * k + b];
            for (int c = 0; c < b; c++)
                sum -= F[a * k + c] * F[b * k + c];
            if (a == b) {
                F[a * k + a] = sum > NO_PIVOT * largest ? sqrt(sum) : 0;
            } else {
                F[a * k + b] = F[b * k + b] > 0 ? sum / F[b * k + b] : 0;
            }
        }
}

static bool is_regular(const double *F, int k)
{
    for (int a = 0; a < k; a++)
        if (!(F[a * k + a] > 0))
            return false;
    return true;
}

/* x becomes F^-1 x. */
static void solve_lower(const double *F, int k, double *x)
{
    for (int a = 0; a < k; a++) {
        for (int c = 0; c < a; c++)
            x[a] -= F[a * k + c] * x[c];
        x[a] /= F[a * k + a];
    }
}

/* x becomes (F F')^-1 x. */
static void solve(const double *F, int k, double *x)
{
    solve_lower(F, k, x);
    for (int a = k - 1; a >= 0; a--) {
        for (int c = a + 1; c < k; c++)
            x[a] -= F[c * k + a] * x[c];
        x[a] /= F[a * k + a];
    }
}

/* The inverse of F F', by columns. */
static void invert(const double *F, int k, double *out)
{
    memset(out, 0, sizeof *out * (size_t)k * (size_t)k);
    for (int a = 0; a < k; a++) {
        out[a * k + a] = 1;
        solve(F, k, out + a * k);
    }
}

/* --- the level's likelihood --------------------------------------------------------------------- */

/* Slope and information of the level's rows at u, both in u.  False where a row is impossible. */
static bool look(struct moredata *m, const double *u)
{
    int k = m->k;
    double out[2], shift, z[2];

    memset(m->slope, 0, sizeof(double) * (size_t)k);
    memset(m->information, 0, sizeof(double) * (size_t)k * (size_t)k);
    for (int a = 0; a < k; a++) {
        m->b[a] = -m->modes[a];
        for (int c = 0; c < k; c++)
            m->b[a] += m->L[a * k + c] * u[c];
    }
    for (size_t r = 0; r < m->count; r++) {
        size_t i = m->rows[r];

        shift = 0;
        for (int a = 0; a < k; a++)
            shift += z_of(m, i, a) * m->b[a];
        if (!unpooled_row_slopes(m->fit, i, m->fit->linear[i] + shift, out))
            return false;
        for (int a = 0; a < k; a++) {
            z[0] = 0;
            for (int c = 0; c < k; c++)
                z[0] += m->L[c * k + a] * z_of(m, i, c);
            m->slope[a] += z[0] * out[0];
            for (int b = 0; b < k; b++) {
                z[1] = 0;
                for (int c = 0; c < k; c++)
                    z[1] += m->L[c * k + b] * z_of(m, i, c);
                m->information[a * k + b] += z[0] * z[1] * out[1];
            }
        }
    }
    return true;
}

/* The Newton step at u into m->step, and the size of the gradient; HUGE_VAL where a row is impossible. */
static double gradient(struct moredata *m, double s, const double *u)
{
    int k = m->k;
    double size = 0;

    if (!look(m, u))
        return HUGE_VAL;
    for (int a = 0; a < k; a++) {
        m->step[a] = s * m->slope[a] - u[a];
        size += m->step[a] * m->step[a];
        for (int b = 0; b < k; b++)
            m->work[a * k + b] = s * m->information[a * k + b] + (a == b);
    }
    factor(m->work, k, m->factor);
    if (is_regular(m->factor, k))
        solve(m->factor, k, m->step);
    return size;
}

/* Newton steps, halved until the gradient shrinks; m->u is the start and the end. */
static void climb(struct moredata *m, double s)
{
    enum { STEPS = 100, HALVINGS = 30 };
    double size = gradient(m, s, m->u), next = size, scale;
    int k = m->k, half;

    for (int step = 0; step < STEPS && size > STEP_FOUND; step++) {
        memcpy(m->direction, m->step, sizeof(double) * (size_t)k);
        for (half = 0, scale = 1; half < HALVINGS; half++, scale /= 2) {
            for (int a = 0; a < k; a++)
                m->trial[a] = m->u[a] + scale * m->direction[a];
            if ((next = gradient(m, s, m->trial)) < size)
                break;
        }
        if (half == HALVINGS)
            break;
        memcpy(m->u, m->trial, sizeof(double) * (size_t)k);
        size = next;
    }
    (void)gradient(m, s, m->u);
}

/* --- the whole ------------------------------------------------------------------------------------ */

/* A direction without variance moves nothing: its row and column of F (a factor) or of a covariance matrix become the
 * identity's. */
static void free_direction(double *F, int k, int z)
{
    for (int a = 0; a < k; a++)
        F[z * k + a] = F[a * k + z] = a == z;
}

/* What the other terms take: Q0 - L'A0 L, Q0 = L'V^-1 L - I with V the fit's covariance of the modes.  0 where that cannot be
 * had. */
static void find_taken(struct moredata *m, const double *covariance)
{
    int k = m->k;
    size_t size = (size_t)k * (size_t)k;
    double *L = m->work + size;

    memset(m->taken, 0, sizeof(double) * size);
    memcpy(L, m->L, sizeof(double) * size);
    memcpy(m->work, covariance, sizeof(double) * size);
    for (int a = 0; a < k; a++)
        if (!(m->L[a * k + a] > 0)) {
            free_direction(L, k, a);
            free_direction(m->work, k, a);
        }
    factor(m->work, k, m->factor);
    if (m->fit->design->random_count == 1 || !is_regular(m->factor, k))
        return;
    for (int a = 0; a < k; a++) { /* row a of work: column a of L solved by V's factor */
        for (int c = 0; c < k; c++)
            m->work[a * k + c] = L[c * k + a];
        solve_lower(m->factor, k, m->work + a * k);
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double sum = a == b ? -1 : 0;

            for (int c = 0; c < k; c++)
                sum += m->work[a * k + c] * m->work[b * k + c];
            m->taken[a * k + b] = sum - m->information[a * k + b];
        }
}

/* m->u at the fitted modes: L u = b, least squares where L has columns of 0. */
static void set_modes(struct moredata *m)
{
    int k = m->k;

    for (int a = 0; a < k; a++) {
        m->u[a] = m->modes[a];
        for (int c = 0; c < a; c++)
            m->u[a] -= m->L[a * k + c] * m->u[c];
        m->u[a] = m->L[a * k + a] > 0 ? m->u[a] / m->L[a * k + a] : 0;
    }
}

struct moredata *moredata_new(const struct fit *fit, int t, int32_t level, struct glmm_error *err)
{
    const struct random_design *random = &fit_proper(fit)->design->random[t];
    size_t k = (size_t)random->k, size = k * k;
    struct moredata *m;

    if (!design_is_plain(fit->design, "whatif", err) || !fit_has_rows(fit, err))
        return NULL;
    fit = fit_proper(fit);
    m = NEW(struct moredata);

    if (m != NULL) {
        m->rows = NEW_ARRAY(size_t, fmax(random->rows_of_level[level], 1));
        m->block = NEW_ARRAY(double, 6 * size + 6 * k);
    }
    if (m == NULL || m->rows == NULL || m->block == NULL) {
        moredata_free(m);
        fail_memory(err);
        return NULL;
    }
    m->fit = fit;
    m->random = random;
    m->k = random->k;
    m->modes = fit->random[t].modes + (size_t)level * k;
    m->L = m->block;
    m->information = m->L + size;
    m->factor = m->information + size;
    m->work = m->factor + size;
    m->taken = m->work + 2 * size;
    m->slope = m->taken + size;
    m->u = m->slope + k;
    m->trial = m->u + k;
    m->step = m->trial + k;
    m->direction = m->step + k;
    m->b = m->direction + k;
    for (size_t i = 0; i < fit->design->n; i++)
        if (random->level[i] == level)
            m->rows[m->count++] = i;
    factor(fit->random[t].covariance, m->k, m->L);
    set_modes(m);
    if (look(m, m->u))
        find_taken(m, fit->random[t].mode_covariance + (size_t)level * size);
    return m;
}

void moredata_free(struct moredata *m)
{
    if (m == NULL)
        return;
    mem_free(m->rows);
    mem_free(m->block);
    mem_free(m);
}

/* work = I + Q at the modes; with what the other terms take where that leaves a covariance matrix. */
static void prior_and_data(struct moredata *m, double s, bool taken)
{
    int k = m->k;

    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            m->work[a * k + b] = (a == b) + s * (m->information[a * k + b] + (taken ? m->taken[a * k + b] : 0));
}

void moredata_at(struct moredata *m, double rows, double modes[], double covariance[], double *weight)
{
    double s = m->count == 0 ? 0 : rows / (double)m->count, kept;
    int k = m->k;

    if (s == 1) /* the fit itself: its modes are known better than another search would find them */
        set_modes(m);
    else
        climb(m, s);
    if (s == 1)
        (void)look(m, m->u);
    for (int a = 0; a < k; a++) {
        modes[a] = s == 1 ? m->modes[a] : 0;
        for (int c = 0; c < k && s != 1; c++)
            modes[a] += m->L[a * k + c] * m->u[c];
    }
    kept = fmax(s * m->information[0], 0);
    if (weight != NULL)
        *weight = k == 1 ? kept / (kept + 1) : (double)NAN;
    prior_and_data(m, s, true);
    factor(m->work, k, m->factor);
    if (!is_regular(m->factor, k)) {
        prior_and_data(m, s, false);
        factor(m->work, k, m->factor);
    }
    if (!is_regular(m->factor, k)) { /* a likelihood that is not concave here: the prior alone */
        prior_and_data(m, 0, false);
        factor(m->work, k, m->factor);
    }
    invert(m->factor, k, m->work);
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double sum = 0;

            for (int c = 0; c < k; c++)
                for (int d = 0; d < k; d++)
                    sum += m->L[a * k + c] * m->work[c * k + d] * m->L[b * k + d];
            covariance[a * k + b] = sum;
        }
}

double moredata_se(const double covariance[], int k, int a)
{
    return sqrt(fmax(covariance[a + k * a], 0));
}

int moredata_steps(double present, double asked, int most, double rows[])
{
    double factor = 2, at;
    int count = 1;

    while (fmax(asked / present, present / asked) > pow(factor, most - 1))
        factor = factor == 2 ? 4 : factor == 4 ? 10 : factor * 10;
    rows[0] = present;
    for (at = asked > present ? present * factor : floor(present / factor);
         count + 1 < most && at >= 1 && (asked > present ? at < asked : at > asked);
         at = asked > present ? at * factor : floor(at / factor))
        rows[count++] = at;
    if (asked != present)
        rows[count++] = asked;
    return count;
}
