/* linear-test.c -- several linear functions of the coefficients at once: the F of linear.h.
 *
 * The covariances of all rows come first, C = L V L', or (L R)(L R)' with a factor V = R R', by what of L is not 0.  Then rows
 * are taken in order; one that depends on those before it (in the metric of V, by a Cholesky factorization of C scaled to a unit
 * diagonal) adds nothing to a test, and must not contradict them. */
#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/watch.h"
#include "infer/kenward.h"
#include "infer/linear.h"
#include "infer/pool.h"
#include "linalg/dense.h"
#include "linalg/eigen.h"

static const double SAME_DF = 1e-8; /* relative: degrees of freedom that are one, found by differences */

/* A row is a combination of others when less than this of its variance is its own; such rows fit the others when they miss them
 * by less than that many standard errors. */
static const double DEPENDENT = 1e-10, CONTRADICTION = 1e-6;

enum { EIGEN_AT_ONCE = 300 }; /* rows: of more, LAPACK takes longer than Ctrl-C may wait */

/* What of the rows is not 0: entries first[i] to first[i + 1] are row i's, in the order of the columns. */
struct entries {
    size_t *first, *column;
    double *value;
};

/* The independent rows of a test: their places, what they miss, and their covariance matrix. */
struct joint {
    const struct linear *linear;
    const struct stated_rows *rows;
    struct watch watch;
    struct entries L;
    size_t count;
    int q;
    size_t *place;  /* q of count */
    double *miss;   /* count: L b - r */
    double *se;     /* count */
    double *factor; /* count x count, row-major in use: Cholesky of the scaled covariance of the chosen rows */
    double *scaled; /* count: the misses of the chosen rows through the factor */
    double *spread; /* count x count: L V L'; then q x q, of the chosen rows; then its eigenvectors */
    double *values, *work, *l;
};

static void entries_clear(struct entries *L)
{
    mem_free(L->first);
    mem_free(L->column);
    mem_free(L->value);
}

/* Of `n` rows from row `begin` on; to be cleared anyway. */
static bool entries_init(struct entries *L, const struct stated_rows *rows, size_t begin, size_t n, size_t p)
{
    size_t count = 0;

    for (size_t j = 0; j < p; j++)
        for (size_t i = begin; i < begin + n; i++)
            count += rows->X[i + j * rows->n] != 0;
    L->first = NEW_ARRAY(size_t, n + 1);
    L->column = NEW_ARRAY(size_t, count + 1);
    L->value = NEW_ARRAY(double, count + 1);
    if (L->first == NULL || L->column == NULL || L->value == NULL)
        return false;
    count = 0;
    for (size_t i = 0; i < n; i++) {
        L->first[i] = count;
        for (size_t j = 0; j < p; j++)
            if (rows->X[begin + i + j * rows->n] != 0) {
                L->column[count] = j;
                L->value[count++] = rows->X[begin + i + j * rows->n];
            }
    }
    L->first[n] = count;
    return true;
}

/* --- covariances ---------------------------------------------------------------------------------- */

/* Looks, and tells how far a stage is. */
static bool goes_on(struct watch *watch, size_t done, size_t total)
{
    if (watch != NULL) {
        watch->done = (double)done;
        watch->total = (double)total;
    }
    return !watch_stops(watch);
}

/* W (m x n): columns R'l of the rows by the factor (m its rank), V l by the matrix. */
static void set_products(const struct entries *L, size_t n, const double *R, size_t m, size_t ld, bool along, double *W,
                         struct watch *watch)
{
    for (size_t i = 0; i < n && goes_on(watch, i, n); i++)
        for (size_t e = L->first[i]; e < L->first[i + 1]; e++)
            for (size_t r = 0; r < m; r++)
                W[r + i * m] += L->value[e] * R[along ? L->column[e] + r * ld : r + L->column[e] * ld];
}

/* C (n x n) = L V L', by a factor of V where there is one, else by V of sums, which knows what is open. */
static bool set_by_products(const struct linear *linear, const struct entries *L, size_t n, double *C, struct watch *watch)
{
    const struct fit *fit = linear->fit;
    bool root = linear->each == NULL && fit_has_root(fit);
    size_t p = (size_t)fit->design->p, m = root ? (size_t)fit->root_rank : p;
    double *W = NEW_ARRAY(double, m *n + 1);

    if (W == NULL)
        return false;
    set_products(L, n, root ? fit->root : linear_vcov(linear), m, root ? (size_t)fit->root_rows : p, root, W, watch);
    for (size_t k = 0; k < n && goes_on(watch, k, n); k++)
        for (size_t i = k; i < n; i++) {
            double sum = 0;

            if (root)
                for (size_t r = 0; r < m; r++)
                    sum += W[r + i * m] * W[r + k * m];
            else
                for (size_t e = L->first[i]; e < L->first[i + 1]; e++)
                    sum += L->value[e] * W[L->column[e] + k * m];
            C[i + k * n] = C[k + i * n] = sum;
        }
    mem_free(W);
    return true;
}

bool linear_covariances(const struct linear *linear, const struct stated_rows *rows, size_t first, size_t count, double *C,
                        struct watch *watch)
{
    struct entries L;
    bool ok = true;

    if (linear->kenward == NULL) {
        ok = entries_init(&L, rows, first, count, (size_t)linear->fit->design->p) && set_by_products(linear, &L, count, C, watch);
        entries_clear(&L);
        return ok;
    }
    for (size_t k = 0; k < count && goes_on(watch, k, count); k++)
        for (size_t i = k; i < count; i++)
            C[i + k * count] = C[k + i * count] = linear_covariance(linear, rows, first + i, first + k);
    return true;
}

/* --- the rows of a test --------------------------------------------------------------------------- */

static bool joint_init(struct joint *joint, const struct linear *linear, const struct stated_rows *rows)
{
    size_t n = rows->n, p = (size_t)linear->fit->design->p;

    *joint = (struct joint){ .linear = linear, .rows = rows, .count = n };
    watch_init(&joint->watch, linear->progress, "hypothesis");
    joint->place = NEW_ARRAY(size_t, n + 1);
    joint->miss = NEW_ARRAY(double, 4 * n + 2 * n * n + 35 * n + 2 * p + 8);
    if (joint->place == NULL || joint->miss == NULL || !entries_init(&joint->L, rows, 0, n, p))
        return false;
    joint->se = joint->miss + n;
    joint->scaled = joint->se + n;
    joint->values = joint->scaled + n;
    joint->factor = joint->values + n;
    joint->spread = joint->factor + n * n;
    joint->work = joint->spread + n * n;
    joint->l = joint->work + 35 * n;
    return true;
}

static void joint_clear(struct joint *joint)
{
    mem_free(joint->place);
    mem_free(joint->miss);
    entries_clear(&joint->L);
}

static bool refuse(struct linear_test *out, enum linear_verdict verdict, size_t at)
{
    out->verdict = verdict;
    out->at = at;
    return false;
}

/* What each row misses, and its error; false where one of them has none. */
static bool read_rows(struct joint *joint, const double right[], struct linear_test *out, bool *memory, struct glmm_error *err)
{
    struct linear_estimate one;

    for (size_t i = 0; i < joint->count && goes_on(&joint->watch, i, joint->count); i++) {
        if (!linear_estimate(joint->linear, joint->rows, i, &one, err)) {
            *memory = false;
            return false;
        }
        if (!one.estimable)
            return refuse(out, LINEAR_NOT_ESTIMABLE, i);
        if (isnan(one.estimate) && joint->linear->fit->identity != NULL && joint->linear->fit->recession == NULL)
            return refuse(out, LINEAR_MOVED, i);
        if (!isfinite(one.estimate))
            return refuse(out, isnan(one.estimate) ? LINEAR_UNTOLD : LINEAR_INFINITE, i);
        if (!isfinite(one.se))
            return refuse(out, LINEAR_OPEN, i);
        joint->miss[i] = one.estimate - (right == NULL ? 0 : right[i]);
        joint->se[i] = one.se;
    }
    return true;
}

/* --- the test ------------------------------------------------------------------------------------- */

/* Chooses the independent rows; false where one contradicts those before it. */
static bool choose_rows(struct joint *joint, struct linear_test *out)
{
    size_t n = joint->count;

    for (size_t i = 0; i < n && goes_on(&joint->watch, i, n); i++) {
        double *row = joint->factor + (size_t)joint->q * n, own = 1, rest = joint->se[i] > 0 ? joint->miss[i] / joint->se[i] : 0;

        for (int k = 0; k < joint->q; k++) {
            const double *other = joint->factor + (size_t)k * n;
            size_t place = joint->place[k];

            row[k] = joint->se[i] > 0 ? joint->spread[i + place * n] / (joint->se[i] * joint->se[place]) : 0;
            for (int j = 0; j < k; j++)
                row[k] -= row[j] * other[j];
            row[k] /= other[k];
            own -= row[k] * row[k];
            rest -= row[k] * joint->scaled[k];
        }
        if (joint->se[i] > 0 && own > DEPENDENT) {
            row[joint->q] = sqrt(own);
            joint->scaled[joint->q] = rest / row[joint->q];
            joint->place[joint->q++] = i;
        } else if (fabs(joint->se[i] > 0 ? rest : joint->miss[i]) > CONTRADICTION) {
            return refuse(out, LINEAR_CONTRADICTORY, i);
        }
    }
    return true;
}

/* The covariance matrix of the chosen rows, q x q, := its eigenvectors. */
static bool set_eigenvectors(struct joint *joint)
{
    size_t q = (size_t)joint->q, n = joint->count;

    for (size_t b = 0; b < q; b++) /* forward, in place: rows are chosen in order */
        for (size_t a = b; a < q; a++)
            joint->spread[a + b * q] = joint->spread[joint->place[a] + joint->place[b] * n];
    for (size_t b = 0; b < q; b++)
        for (size_t a = 0; a < b; a++)
            joint->spread[a + b * q] = joint->spread[b + a * q];
    return joint->q <= EIGEN_AT_ONCE
               ? symmetric_eigen(joint->q, joint->spread, joint->values, joint->work, 35 * (int)joint->count)
               : eigen_vectors(joint->q, joint->spread, joint->values, &joint->watch);
}

/* Fai and Cornelius's denominator: that of the F whose mean is the mean of the q squared t's. */
static bool fai_cornelius(struct joint *joint, double *den_df, struct glmm_error *err)
{
    int q = joint->q, p = joint->linear->fit->design->p;
    const struct entries *L = &joint->L;
    double sum = 0, least = INFINITY, most = 0, df;

    if (!set_eigenvectors(joint))
        return watch_stopped(&joint->watch)
               || fail(err, GLMM_E_MODEL, NOWHERE, "the eigenvalues of the hypotheses' covariance matrix were not found");
    for (int m = 0; m < q && goes_on(&joint->watch, (size_t)m, (size_t)q); m++) {
        memset(joint->l, 0, sizeof *joint->l * (size_t)p);
        for (int k = 0; k < q; k++)
            for (size_t e = L->first[joint->place[k]]; e < L->first[joint->place[k] + 1]; e++)
                joint->l[L->column[e]] += joint->spread[(size_t)k + (size_t)m * (size_t)q] * L->value[e];
        df = fit_satterthwaite(joint->linear->fit, joint->l, joint->l + p);
        least = fmin(least, df);
        most = fmax(most, df);
        sum += isinf(df) ? 1 : df / (df - 2);
    }
    if (least <= 2)
        *den_df = 2;
    else if (isinf(least) || most - least < SAME_DF * least)
        *den_df = least;
    else
        *den_df = 2 * sum / (sum - q);
    return true;
}

/* The statistic of the chosen rows; false with an error where it cannot be made. */
static bool set_statistic(struct joint *joint, struct linear_test *out, struct glmm_error *err)
{
    const struct linear *linear = joint->linear;
    double chisq = 0;
    bool ok = true;

    out->num_df = joint->q;
    if (linear->each != NULL)
        ok = joint->q == 0 || pool_test(linear, joint->rows, joint->place, joint->q, joint->miss, out, err);
    for (int k = 0; k < joint->q; k++)
        chisq += joint->scaled[k] * joint->scaled[k];
    if (linear->ddf == LINEAR_SATTERTHWAITE && joint->q > 0)
        ok = fai_cornelius(joint, &out->den_df, err);
    else if (linear->ddf == LINEAR_KENWARD_ROGER && joint->q > 0)
        ok = kenward_joint(linear->kenward, joint->rows, joint->place, joint->q, &out->den_df, &out->scaling, linear->progress,
                           err);
    if (joint->q > 0 && linear->each == NULL) {
        out->statistic = linear->ddf == LINEAR_NORMAL ? chisq : out->scaling * chisq / joint->q;
        out->p = linear->ddf == LINEAR_NORMAL ? pchisq(chisq, joint->q, 0, 0) : pf(out->statistic, joint->q, out->den_df, 0, 0);
    }
    return ok;
}

bool linear_test(const struct linear *linear, const struct stated_rows *rows, const double right[], struct linear_test *out,
                 struct glmm_error *err)
{
    struct joint joint;
    bool ok = joint_init(&joint, linear, rows) || fail_memory(err), memory = true;

    *out = (struct linear_test){ .den_df = (double)NAN, .statistic = (double)NAN, .p = (double)NAN, .scaling = 1 };
    if (ok && read_rows(&joint, right, out, &memory, err)) {
        ok = linear_covariances(linear, rows, 0, rows->n, joint.spread, &joint.watch) || fail_memory(err);
        if (ok && choose_rows(&joint, out))
            ok = set_statistic(&joint, out, err);
    }
    if (ok && memory && watch_stopped(&joint.watch))
        ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the hypotheses were tested");
    joint_clear(&joint);
    return ok && memory;
}
