/* rowcov-laplace.c -- Laplace's approximation in the space of the rows (Rasmussen & Williams 2006, algorithms 3.1 and 5.1).
 *
 * a = Zb has the covariance matrix K of the terms.  With W = -l'' at the mode, root = sqrt(W), B = I + root K root and
 * alpha = K^-1 a = l':
 *
 *   f = -2 sum l + alpha'a + log|B|,   R = root B^-1 root,   S = K - K R K,   g = -diag(S) l''',   v = g - R K g
 *
 *   df/dK = R - alpha alpha' + (v alpha' + alpha v') / 2,   df/d(fixed part) = -2 l' + v
 *   df/dshape = -2 sum l_shape - sum S_ii l''_shape + (K v)'l'_shape
 *
 * Where W is negative at some row (a log density that is not concave) there is no root, but the same holds as long as K^-1 + W is
 * positive definite: with K = L L' and B = I + L'W L, of the same determinant,  S = L B^-1 L',  R = W - W S W.  The cluster is
 * then called bent.  Where a pivot of B is next to 0 the approximation is none any more, and has no value. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

static const double NO_PIVOT = 1e-14;   /* of the largest of K: what is left there is the rounding of a singular matrix */
static const double SAME_VALUE = 1e-12; /* of h: as high as before, but for the rounding of a sum of rows */
static const double MORE = 100.0;       /* of W K: at less no more than two digits are lost by differences */
static const double WORSE = 1e-9;       /* of h: lower than rounding explains, however short the step */

enum { STEPS = 80, HALVINGS = 30, FEW_ROWS = 16 };

static bool make_rows(struct rowcov *m)
{
    struct rowcov_laplace *l = m->laplace;
    const struct design *d = m->design;
    size_t n = m->n, block = m->largest * m->largest;
    double *at = NEW_ARRAY(double, (8 + D_COUNT) * n + 8 * m->largest + 4 * block + 1);

    l->bent = NEW_ARRAY(bool, m->cluster_count + 1);

    l->y = at;
    if (at == NULL || l->bent == NULL)
        return false;
    l->trials = l->y + n;
    l->weights = l->trials + n;
    l->offset = l->weights + n;
    l->a = l->offset + n;
    l->eta = l->a + n;
    l->root = l->eta + n;
    l->fixed_slope = l->root + n;
    at = l->fixed_slope + n;
    for (int k = 0; k < D_COUNT; k++, at += n)
        l->d[k] = at;
    l->work = at;
    l->M = l->work + 8 * m->largest;
    l->S = l->M + block;
    l->sum = l->S + block;
    l->L = l->sum + block;
    for (size_t i = 0; i < n; i++) {
        size_t row = m->row[i];

        l->y[i] = d->y[row];
        l->trials[i] = d->trials == NULL ? 1.0 : d->trials[row];
        l->weights[i] = d->weights == NULL ? 1.0 : d->weights[row];
        l->offset[i] = d->offset == NULL ? 0.0 : d->offset[row];
    }
    return true;
}

/* Beside a structure each shape is estimated: one that is held, or that the rows leave at an end, cannot be. */
static bool shapes_are_free(const struct rowcov *m, struct glmm_error *err)
{
    const struct response rows = { .family = m->family, .link = m->link, .n = m->n, .y = m->design->y };
    double end;

    for (int j = m->family->has_dispersion; j < family_shapes(m->family); j++) {
        const char *name = m->family->more[j - m->family->has_dispersion].name;

        if (family_holds_shape(m->family, j)) {
            fail(err, GLMM_E_MODEL, NOWHERE, "beside a covariance structure `%s` of the family %s is estimated, not held", name,
                 m->family->name);
            error_hint(err, "family=%s", m->family->name);
            return false;
        }
        if (m->family->absent != NULL && m->family->absent(&rows, j, &end))
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "beside a covariance structure the family %s needs rows at both ends of its range: these leave `%s` open",
                        m->family->name, name);
    }
    return true;
}

/* Which threshold is which parameter, and of which rows: as in the model without random effects. */
static bool set_thresholds(struct rowcov *m, struct glmm_error *err)
{
    struct rowcov_laplace *l = m->laplace;
    struct design plain = *m->design;
    struct glm *flat;
    size_t *place = NEW_ARRAY(size_t, m->n + 1);
    bool ok = place != NULL;

    plain.random_count = 0;
    flat = glm_new(&plain, m->family, m->link, 1, err);
    if (flat == NULL) {
        mem_free(place);
        return false;
    }
    l->shapes = flat->rest;
    memcpy(l->outer, flat->outer, sizeof l->outer);
    memcpy(l->response.shape, flat->response.shape, sizeof l->response.shape);
    for (size_t i = 0; ok && i < m->n; i++)
        place[flat->row[i]] = i;
    for (int slot = 0; slot < 2; slot++) {
        l->bound[slot] = NEW_ARRAY(int32_t, m->n + 1);
        ok = ok && l->bound[slot] != NULL;
        for (size_t i = 0; ok && i < m->n; i++)
            l->bound[slot][i] = flat->part[slot].index[place[m->row[i]]];
    }
    if (ok && m->design->open != NULL && (ok = (l->open = NEW_ARRAY(unsigned char, m->n + 1)) != NULL))
        for (size_t i = 0; i < m->n; i++)
            l->open[i] = m->design->open[m->row[i]];
    l->response.open = l->open;
    glm_free(flat);
    mem_free(place);
    return ok || fail_memory(err);
}

bool laplace_new(struct rowcov *m, struct glmm_error *err)
{
    struct rowcov_laplace *l = m->laplace = NEW(struct rowcov_laplace);
    double root = sqrt((double)m->n);

    if (l == NULL || !make_rows(m))
        return fail_memory(err);
    if (m->family->categories == 0 && !shapes_are_free(m, err))
        return false;
    l->shapes = family_shapes(m->family);
    for (int j = 0; j < l->shapes; j++)
        l->outer[j] = j;
    l->response = (struct response){ .family = m->family,
                                     .link = m->link,
                                     .n = m->n,
                                     .y = l->y,
                                     .trials = m->design->trials == NULL ? NULL : l->trials,
                                     .weights = m->design->weights == NULL ? NULL : l->weights };
    if (m->family->categories > 0 && !set_thresholds(m, err))
        return false;
    m->count += l->shapes;
    for (size_t i = 0; i < m->n * (size_t)m->p; i++) /* of mean square 1 */
        m->E[i] *= root;
    for (int i = 0; i < m->p * m->p; i++)
        m->R[i] /= root;
    return response_check(&l->response, m->row, m->design->response, err);
}

void laplace_free(struct rowcov_laplace *l)
{
    if (l == NULL)
        return;
    mem_free(l->y);
    mem_free(l->bound[0]);
    mem_free(l->bound[1]);
    mem_free(l->open);
    mem_free(l->bent);
    mem_free(l);
}

/* x from the model without random effects. */
bool laplace_start(struct rowcov *m, double x[], const struct glmm_progress *progress, struct glmm_error *err)
{
    struct design plain = *m->design;
    struct fit_options options = { .method = METHOD_LAPLACE };
    struct fit *fit;

    plain.random_count = 0;
    fit = glm_fit(&plain, m->family, m->link, &options, progress, err);
    if (fit == NULL)
        return false;
    for (int i = 0; i < m->p; i++) {
        x[i] = 0.0;
        for (int j = i; j < m->p; j++)
            x[i] += isfinite(fit->beta[j]) ? m->R[i + j * m->p] * fit->beta[j] : 0.0;
    }
    for (int j = 0; j < family_shapes(m->family); j++) {
        double estimated = family_shape_estimated(m->family, j, fit->shape[j]);

        if (m->laplace->outer[j] < 0)
            continue;
        if (m->family->categories == 0)
            estimated = isfinite(estimated) ? fmax(-8.0, fmin(8.0, estimated)) : 0.0;
        x[m->count - m->laplace->shapes + m->laplace->outer[j]] = estimated;
    }
    fit_free(fit);
    return true;
}

/* --- the modes of one cluster --------------------------------------------------------------------------- */

double laplace_density(struct rowcov *m, const struct rowcov_cluster *c, enum density_order order)
{
    struct rowcov_laplace *l = m->laplace;
    double *out[D_COUNT];

    for (int k = 0; k < D_COUNT; k++)
        out[k] = l->d[k] + c->from;
    return response_density(&l->response, c->from, c->count, l->eta + c->from, order, out);
}

void laplace_product(int n, const double *lower, const double *x, double *out)
{
    double one = 1.0, zero = 0.0;
    int step = 1;

    dsymv_("L", &n, &one, lower, &n, x, &step, &zero, out, &step);
}

/* sum l - alpha'a / 2, with a = K alpha and eta set. */
static double penalized(struct rowcov *m, const struct rowcov_cluster *c)
{
    struct rowcov_laplace *l = m->laplace;
    double *alpha = m->alpha + c->from, *a = l->a + c->from, sum = 0.0;

    laplace_product((int)c->count, l->M, alpha, a);
    for (size_t i = 0; i < c->count; i++) {
        size_t row = m->row[c->from + i];

        l->eta[c->from + i] = a[i] + l->offset[c->from + i];
        for (int j = 0; j < m->p; j++)
            l->eta[c->from + i] += m->E[row + (size_t)j * m->n] * m->beta[j];
        sum += alpha[i] * a[i];
    }
    return laplace_density(m, c, ORDER_HESSIAN) - 0.5 * sum;
}

/* What is left of a diagonal by rounding alone is 0. */
void laplace_half(size_t n, const double *K, double *L, struct watch *watch)
{
    enum { LONG = 300, SOME = 32 }; /* columns between two looks, where they are long */
    double largest = 0.0;

    for (size_t j = 0; j < n; j++)
        largest = fmax(largest, K[j + j * n]);
    for (size_t j = 0; j < n && !(n > LONG && j % SOME == 0 && watch_stops(watch)); j++) {
        double *column = L + j * n, root;

        for (size_t i = 0; i < n; i++)
            column[i] = i < j ? 0.0 : K[i + j * n];
        for (size_t k = 0; k < j; k++)
            for (size_t i = j; i < n; i++)
                column[i] -= L[j + k * n] * L[i + k * n];
        root = column[j] > NO_PIVOT * largest ? sqrt(column[j]) : 0.0;
        for (size_t i = j; i < n; i++)
            column[i] = root > 0.0 ? column[i] / root : 0.0;
    }
}

/* The lower factor of a matrix of a cluster, in place: LAPACK costs more than that of a few rows.  False where there is none. */
static bool cholesky(struct rowcov *m, size_t n, double *a)
{
    return n <= FEW_ROWS ? small_chol((int)n, a) == 0 : chol_factor_watched((int)n, a, (int)n, &m->watch) == 0;
}

/* The factor of B = I + L'W L; false where that is not positive definite. */
static bool factor_bent(struct rowcov *m, const struct rowcov_cluster *c)
{
    struct rowcov_laplace *l = m->laplace;
    int n = (int)c->count;
    size_t rows = c->count;
    double one = 1.0;

    laplace_half(rows, l->M, l->L, &m->watch);
    if (watch_stopped(&m->watch))
        return false;
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < rows; i++) {
            l->S[i + j * rows] = -l->d[D_ETA2][c->from + i] * l->L[i + j * rows];
            c->factor[i + j * rows] = i == j;
        }
    dgemm_("T", "N", &n, &n, &n, &one, l->L, &n, l->S, &n, &one, c->factor, &n);
    return cholesky(m, rows, c->factor);
}

/* root and the factor of B.  Where that of a bent cluster is not positive definite: false if `exact`, else with the size of W,
 * whose step is of the right length far out on the tails of a log density, too. */
static bool factor(struct rowcov *m, const struct rowcov_cluster *c, bool exact)
{
    struct rowcov_laplace *l = m->laplace;
    double *root = l->root + c->from;
    bool *bent = &l->bent[c - m->clusters];
    size_t n = c->count;

    *bent = false;
    for (size_t i = 0; i < n; i++) {
        double w = -l->d[D_ETA2][c->from + i];

        *bent = *bent || w < 0.0;
        root[i] = sqrt(fmax(w, 0.0));
    }
    if (*bent && factor_bent(m, c))
        return true;
    if (*bent && (exact || watch_stopped(&m->watch)))
        return false;
    for (size_t i = 0; i < n && *bent; i++)
        root[i] = sqrt(fabs(l->d[D_ETA2][c->from + i]));
    *bent = false;
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            c->factor[i + j * n] = root[i] * l->M[i + j * n] * root[j] + (i == j);
    return cholesky(m, n, c->factor);
}

double laplace_least_pivot(const struct rowcov *m)
{
    double least = 1.0;

    for (size_t at = 0; at < m->cluster_count; at++)
        for (size_t i = 0; m->laplace->bent[at] && i < m->clusters[at].count; i++)
            least = fmin(least, m->clusters[at].factor[i * (m->clusters[at].count + 1)]);
    return least;
}

/* out := alpha + (I + W K)^-1 (l' - alpha), Newton's next alpha.  What is left to go is 0 at the mode, so that nothing cancels
 * where rows know their eta far better than the effects do (W K of 1e7). */
static void next_alpha_bent(struct rowcov *m, const struct rowcov_cluster *c, double *out)
{
    struct rowcov_laplace *l = m->laplace;
    int n = (int)c->count, single = 1;
    double *solved = l->work, *alpha = m->alpha + c->from, one = 1.0;

    for (size_t i = 0; i < c->count; i++)
        out[i] = solved[i] = l->d[D_ETA][c->from + i] - alpha[i];
    dtrmm_("L", "L", "T", "N", &n, &single, &one, l->L, &n, solved, &n);
    chol_solve_lower(n, c->factor, n, solved);
    chol_solve_upper(n, c->factor, n, solved);
    dtrmm_("L", "L", "N", "N", &n, &single, &one, l->L, &n, solved, &n);
    for (size_t i = 0; i < c->count; i++)
        out[i] += alpha[i] + l->d[D_ETA2][c->from + i] * solved[i];
}

/* Whether a row knows its eta better than the effects do: there (I + W K)^-1 = I - R K is R / W, and S is (1 - B^-1) / W, and
 * both are not to be had as differences. */
bool laplace_knows_more(const struct rowcov_laplace *l, const struct rowcov_cluster *c, size_t i)
{
    double root = l->root[c->from + i];

    return root * root * l->M[i * (c->count + 1)] > MORE;
}

/* The same of all others: (I + W K)^-1 = I - root B^-1 root K = root B^-1 / root. */
static void next_alpha(struct rowcov *m, const struct rowcov_cluster *c, double *out)
{
    struct rowcov_laplace *l = m->laplace;
    size_t n = c->count;
    double *root = l->root + c->from, *alpha = m->alpha + c->from, *solved = l->work;

    for (size_t i = 0; i < n; i++)
        out[i] = laplace_knows_more(l, c, i) ? 0.0 : l->d[D_ETA][c->from + i] - alpha[i];
    laplace_product((int)n, l->M, out, solved);
    for (size_t i = 0; i < n; i++)
        solved[i] = root[i] * solved[i] - (laplace_knows_more(l, c, i) ? (l->d[D_ETA][c->from + i] - alpha[i]) / root[i] : 0.0);
    chol_solve_lower((int)n, c->factor, (int)n, solved);
    chol_solve_upper((int)n, c->factor, (int)n, solved);
    for (size_t i = 0; i < n; i++)
        out[i] += alpha[i] - root[i] * solved[i];
}

/* Whether the approximation is one. */
static bool stands(const struct rowcov *m, const struct rowcov_cluster *c)
{
    for (size_t i = 0; m->laplace->bent[c - m->clusters] && i < c->count; i++)
        if (c->factor[i * (c->count + 1)] < BROKEN_PIVOT)
            return false;
    return true;
}

/* Moves alpha by the first of 1, 1/2, 1/4 ... of the way to `next` that does not lower *best; false where none does not.  The
 * decrement of the whole way, (l' - alpha)'K (next - alpha): the squared step of the modes in units of what they vary by. */
static bool climb(struct rowcov *m, const struct rowcov_cluster *c, const double *next, double *best, double *decrement,
                  double *share)
{
    struct rowcov_laplace *l = m->laplace;
    size_t n = c->count;
    double *alpha = m->alpha + c->from, *before = l->work + 2 * m->largest, *slope = before + m->largest;
    double *a = slope + m->largest, found = -HUGE_VAL;

    *decrement = 0.0;
    *share = 1.0;
    for (size_t i = 0; i < n; i++) {
        before[i] = alpha[i];
        slope[i] = l->d[D_ETA][c->from + i] - alpha[i];
        a[i] = l->a[c->from + i];
    }
    for (int halving = 0; halving < HALVINGS; halving++, *share *= 0.5) {
        for (size_t i = 0; i < n; i++)
            alpha[i] = before[i] + *share * (next[i] - before[i]);
        found = penalized(m, c);
        for (size_t i = 0; i < n && halving == 0; i++)
            *decrement += slope[i] * (l->a[c->from + i] - a[i]);
        if (found >= *best - SAME_VALUE * (1.0 + fabs(*best)))
            break;
    }
    if (!(found >= *best - WORSE * (1.0 + fabs(*best))))
        return false;
    *best = found;
    return true;
}

/* From the alpha at hand; the value of the cluster without constants in *value.  Ends as glm_mode() does. */
static bool find_mode(struct rowcov *m, const struct rowcov_cluster *c, double *value)
{
    struct rowcov_laplace *l = m->laplace;
    double *alpha = m->alpha + c->from, *next = l->work + m->largest, best, share, decrement, last = HUGE_VAL;

    best = penalized(m, c);
    if (!(best > -HUGE_VAL)) {
        memset(alpha, 0, sizeof(double) * c->count);
        best = penalized(m, c);
    }
    for (int step = 0; step < STEPS && best > -HUGE_VAL; step++, last = decrement) {
        if (!factor(m, c, false))
            return false;
        if (l->bent[c - m->clusters])
            next_alpha_bent(m, c, next);
        else
            next_alpha(m, c, next);
        if (!climb(m, c, next, &best, &decrement, &share) || decrement < -WORSE * (1.0 + fabs(best)))
            return false; /* no step of a covariance matrix descends, but for rounding: this one is none */
        if (decrement < (share == 1.0 ? TOLERANCE_MODE_DONE : MODE_EXACT)
            || (decrement < SAME_VALUE * (1.0 + fabs(best)) && decrement > 0.25 * last))
            break;
    }
    *value = best;
    return best > -HUGE_VAL && factor(m, c, true) && stands(m, c);
}

/* From 0: what another covariance matrix left may lie where no step of Newton's leads to the mode of this one. */
static bool find_mode_anew(struct rowcov *m, const struct rowcov_cluster *c, double *value)
{
    memset(m->alpha + c->from, 0, sizeof(double) * c->count);
    return !watch_stopped(&m->watch) && find_mode(m, c, value);
}

static void set_point(struct rowcov *m, const double x[])
{
    struct rowcov_laplace *l = m->laplace;

    memcpy(m->beta, x, sizeof(double) * (size_t)m->p);
    for (int j = 0; j < family_shapes(m->family); j++)
        if (l->outer[j] >= 0)
            l->response.shape[j] = x[m->count - l->shapes + l->outer[j]];
    l->constant = response_constant(&l->response, l->constant_slope);
}

double laplace_value(struct rowcov *m, const double x[])
{
    struct rowcov_laplace *l = m->laplace;
    double deviance;

    if (!rowcov_set(m, x))
        return MINIMIZE_BAD;
    set_point(m, x);
    deviance = -2.0 * l->constant;
    for (size_t at = 0; at < m->cluster_count; at++) {
        const struct rowcov_cluster *c = &m->clusters[at];
        double value;

        if (c->alike > 0)
            rowcov_fill(m, c, false, l->M);
        if (!find_mode(m, c, &value) && !find_mode_anew(m, c, &value)) {
            memset(m->alpha, 0, sizeof(double) * m->n);
            return MINIMIZE_BAD;
        }
        deviance -= 2.0 * value;
        for (size_t i = 0; i < c->count; i++)
            deviance += 2.0 * log(c->factor[i * (c->count + 1)]);
    }
    deviance += rowcov_penalty(m, x, NULL);
    return isfinite(deviance) && !watch_stopped(&m->watch) ? deviance : MINIMIZE_BAD;
}
