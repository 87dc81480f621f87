/* spectral.c -- see spectral.h.
 *
 *   -2 l = nu log r2 + sum log(1 + lambda d) [+ log|X'V^-1 X|],   r2 = y'Py
 *   r2' = -y'PDPy,   r2'' = 2 y'PDPDPy,   (log|V| + log|X'V^-1 X|)' = tr PD,   (tr PD)' = -tr PDPD
 *
 * which are moments of [X g y] with weights w, w^2 d and w^3 d^2: Newton's method in log lambda, in a bracket. */
#include "infer/spectral-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

static const double BEHIND = 1e-9; /* of log lambda: a step back stays on this side of where it came from */

static const double NOTHING = 1e-9;  /* what is left of a squared length, where a marker is a combination of X */
static const double LEAST = -13.8;   /* log lambda searched from here, */
static const double MOST = 23.0;     /* to here: shares of 1e-6 and 1 - 1e-10 */
static const double STEP = 0.8;      /* of the grid of a global search */
static const double SMALL = 1e-4;    /* a step of log lambda after which the next is its square */
static const double STRIKING = 15.0; /* a squared t that deserves a global search */
enum { STEPS = 40 };

struct spectral_work {
    struct spectral_moments m;
    double *w, *wd, *wdd;            /* q: the three weights */
    double *M, *inverse, *A, *h, *v; /* k x k three times, k + 1 twice: k = p + 1 */
    double r2, slope, bend, estimate, se;
    double *block;
};

/* clang's sanitizers put checks into loops, which then are not vectorized: no fault of theirs. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

/* --- moments ----------------------------------------------------------------------------------------------- */

static void set_weights(const struct spectral *s, double lambda, struct spectral_work *w)
{
    double one = 0.0, two = 0.0;

#pragma omp simd reduction(+ : one, two)
    for (size_t i = 0; i < s->q; i++) {
        double x = 1.0 / (1.0 + lambda * s->d[i]), xd = x * s->d[i];

        w->w[i] = x;
        w->wd[i] = x * xd;
        w->wdd[i] = x * xd * xd;
        one += xd;
        two += xd * xd;
    }
    w->m.lambda = lambda;
    w->m.sum1 = one;
    w->m.sum2 = two;
}

static void pair_moments(const struct spectral *s, struct spectral_work *w, const double *restrict a, const double *restrict b,
                         size_t at)
{
    double s0 = 0.0, s1 = 0.0, s2 = 0.0;

#pragma omp simd reduction(+ : s0, s1, s2)
    for (size_t i = 0; i < s->q; i++) {
        double x = a[i] * b[i];

        s0 += x * w->w[i];
        s1 += x * w->wd[i];
        s2 += x * w->wdd[i];
    }
    w->m.S[0][at] = s0;
    w->m.S[1][at] = s1;
    w->m.S[2][at] = s2;
}

/* Columns in the order X, y, g; those of [X y] at lambda. */
static void fixed_moments(const struct spectral *s, struct spectral_work *w, double lambda)
{
    set_weights(s, lambda, w);
    for (int a = 0; a <= s->p; a++)
        for (int b = 0; b <= a; b++) {
            pair_moments(s, w, s->F + (size_t)a * s->q, s->F + (size_t)b * s->q, spectral_packed(a, b));
            w->m.S[0][spectral_packed(a, b)] += s->outside[a + b * (s->p + 1)];
        }
}

/* The marker's own row; outside[] are its products there (p + 2), or NULL. */
static void marker_moments(const struct spectral *s, struct spectral_work *w, const double *g, const double *outside)
{
    int row = s->p + 1;

    for (int b = 0; b < row; b++)
        pair_moments(s, w, g, s->F + (size_t)b * s->q, spectral_packed(row, b));
    pair_moments(s, w, g, g, spectral_packed(row, row));
    for (int b = 0; b <= row && outside != NULL; b++)
        w->m.S[0][spectral_packed(row, b)] += outside[b];
}

/* --- the likelihood at one lambda ---------------------------------------------------------------------------- */

/* Moment j of columns a and b where y (column p of the moments) comes last: k columns before it. */
static double moment(const struct spectral *s, const struct spectral_work *w, int j, int k, int a, int b)
{
    int at = a == k ? s->p : a < s->p ? a : s->p + 1, bt = b == k ? s->p : b < s->p ? b : s->p + 1;

    return w->m.S[j][at > bt ? spectral_packed(at, bt) : spectral_packed(bt, at)];
}

/* inverse := M^-1 of the first k columns, log|M| returned; NaN where M is not definite. */
static double invert(const struct spectral *s, struct spectral_work *w, int k)
{
    double logdet = 0.0;

    for (int b = 0; b < k; b++)
        for (int a = 0; a < k; a++)
            w->M[a + b * k] = moment(s, w, 0, k, a, b);
    if (small_chol(k, w->M) != 0)
        return (double)NAN;
    memset(w->inverse, 0, sizeof(double) * (size_t)k * (size_t)k);
    for (int j = 0; j < k; j++) {
        double *x = w->inverse + j * k;

        logdet += 2.0 * log(w->M[j + j * k]);
        x[j] = 1.0;
        for (int i = j; i < k; i++) {
            for (int c = j; c < i; c++)
                x[i] -= w->M[i + c * k] * x[c];
            x[i] /= w->M[i + i * k];
        }
        for (int i = k - 1; i >= 0; i--) {
            for (int c = i + 1; c < k; c++)
                x[i] -= w->M[c + i * k] * x[c];
            x[i] /= w->M[i + i * k];
        }
    }
    return logdet;
}

/* tr(M^-1 S_j); of j = 1 the product is kept in A. */
static double trace(const struct spectral *s, struct spectral_work *w, int j, int k)
{
    double sum = 0.0;

    for (int b = 0; b < k; b++)
        for (int a = 0; a < k; a++) {
            double x = 0.0;

            for (int c = 0; c < k && (j == 1 || a == b); c++)
                x += w->inverse[a + c * k] * moment(s, w, j, k, c, b);
            if (j == 1)
                w->A[a + b * k] = x;
            sum += a == b ? x : 0.0;
        }
    return sum;
}

/* Estimates, and slope and bend of -2 l in lambda, with k columns before y; false where there are none. */
static bool evaluate(const struct spectral *s, struct spectral_work *w, int k)
{
    double nu = (double)(s->reml ? s->n - (size_t)k : s->n), q1 = 0.0, q2 = 0.0, first, second;

    if (isnan(invert(s, w, k)))
        return false;
    w->r2 = moment(s, w, 0, k, k, k);
    w->v[k] = 1.0;
    for (int a = 0; a < k; a++) {
        double beta = 0.0;

        for (int b = 0; b < k; b++)
            beta += w->inverse[a + b * k] * moment(s, w, 0, k, b, k);
        w->r2 -= beta * moment(s, w, 0, k, a, k);
        w->v[a] = -beta;
    }
    for (int a = 0; a <= k; a++) {
        double one = 0.0, two = 0.0;

        for (int b = 0; b <= k; b++) {
            one += moment(s, w, 1, k, a, b) * w->v[b];
            two += moment(s, w, 2, k, a, b) * w->v[b];
        }
        w->h[a] = one;
        q1 += w->v[a] * one;
        q2 += w->v[a] * two;
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            q2 -= w->h[a] * w->inverse[a + b * k] * w->h[b];
    first = w->m.sum1;
    second = w->m.sum2;
    if (s->reml) {
        first -= trace(s, w, 1, k);
        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++)
                second += w->A[a + b * k] * w->A[b + a * k];
        second -= 2.0 * trace(s, w, 2, k);
    }
    w->slope = -nu * q1 / w->r2 + first;
    w->bend = nu * (2.0 * q2 / w->r2 - q1 * q1 / (w->r2 * w->r2)) - second;
    w->estimate = k > s->p ? -w->v[k - 1] : (double)NAN;
    w->se = k > s->p ? sqrt(w->r2 / nu * w->inverse[k * k - 1]) : (double)NAN;
    return w->r2 > 0.0;
}

/* -2 l there, up to the constant that all models of this response share. */
static double value(const struct spectral *s, struct spectral_work *w, int k)
{
    double nu = (double)(s->reml ? s->n - (size_t)k : s->n), sum = s->reml ? invert(s, w, k) : 0.0;

    for (size_t i = 0; i < s->q; i++)
        sum += log1p(w->m.lambda * s->d[i]);
    return sum + nu * log(w->r2 / nu);
}

/* --- the best lambda ------------------------------------------------------------------------------------------- */

struct search {
    const struct spectral *s;
    struct spectral_work *w;
    const double *g, *outside; /* NULL: without a marker */
    int k;
};

static bool at_lambda(const struct search *f, double lambda)
{
    fixed_moments(f->s, f->w, lambda);
    if (f->g != NULL)
        marker_moments(f->s, f->w, f->g, f->outside);
    return evaluate(f->s, f->w, f->k);
}

/* From where the moments stand (rho = log lambda) to the root of the slope between low and high; false where it leaves them. */
static bool newton(const struct search *f, double rho, double low, double high)
{
    for (int i = 0; i < STEPS; i++) {
        double lambda = exp(rho), slope = lambda * f->w->slope, bend = slope + lambda * lambda * f->w->bend;
        double next = rho - slope / bend, moved;

        if (slope > 0.0)
            high = rho;
        else
            low = rho;
        if (!(bend > 0.0) || !(next > low && next < high))
            next = 0.5 * (fmax(low, rho - 4.0) + fmin(high, rho + 4.0));
        moved = fabs(next - rho);
        rho = next;
        if (!at_lambda(f, exp(rho)))
            return false;
        if (rho < LEAST + 1.0 || rho > MOST - 1.0)
            return false;
        if (moved < SMALL)
            return true;
    }
    return false;
}

/* The best of all: no variance, the end of the range, and each valley of the grid. */
static bool search_all(const struct search *f)
{
    double best = (double)INFINITY, lambda = 0.0, last = (double)NAN;
    bool found = at_lambda(f, 0.0);

    if (found)
        best = value(f->s, f->w, f->k);
    for (double rho = LEAST; rho <= MOST; rho += STEP) {
        double slope = at_lambda(f, exp(rho)) ? f->w->slope : (double)NAN;

        if (last < 0.0 && slope >= 0.0 && newton(f, rho, rho - STEP, rho + BEHIND)) {
            double there = value(f->s, f->w, f->k);

            if (there < best) {
                best = there;
                lambda = f->w->m.lambda;
            }
            found = true;
        }
        last = slope;
    }
    if (last < 0.0 && at_lambda(f, exp(MOST)) && value(f->s, f->w, f->k) < best)
        return true;
    return found && at_lambda(f, lambda);
}

/* --- markers ------------------------------------------------------------------------------------------------------ */

static void take_moments(const struct spectral *s, const struct spectral_moments *from, struct spectral_work *w)
{
    size_t count = spectral_packed(s->p, s->p) + 1;

    set_weights(s, from->lambda, w);
    for (int j = 0; j < 3; j++)
        memcpy(w->m.S[j], from->S[j], count * sizeof(double));
}

/* Frees the marker of X.  Its products outside the span, with X, y and itself, in order: out (p + 2).  False where nothing is
 * left of it. */
static bool free_of_fixed(const struct spectral *s, struct spectral_work *w, double g[], double *out)
{
    int p = s->p, q = (int)s->q, step = 1;
    double one = 1.0, minus = -1.0, zero = 0.0, before = ddot_(&q, g, &step, g, &step), left;

    memset(out, 0, sizeof(double) * (size_t)(p + 2));
    if (p > 0) {
        dgemv_("T", &q, &p, &one, s->F, &q, g, &step, &zero, w->h, &step);
        dgemv_("N", &q, &p, &minus, s->F, &q, w->h, &step, &one, g, &step);
    }
    for (int b = 0; b <= p; b++)
        for (int a = 0; a < p; a++)
            out[b] -= w->h[a] * s->outside[a + b * (p + 1)];
    for (int a = 0; a < p; a++)
        out[p + 1] -= w->h[a] * out[a];
    left = ddot_(&q, g, &step, g, &step) + out[p + 1];
    return left > NOTHING * before && before > 0.0;
}

/* Without relations: everything has weight 1, and g is orthogonal to X. */
static void plain_test(const struct spectral *s, const double g[], const double *outside, struct spectral_test *out)
{
    int p = s->p, q = (int)s->q, step = 1;
    const double *y = s->F + (size_t)p * s->q;
    double gg = ddot_(&q, g, &step, g, &step) + outside[p + 1], gy = ddot_(&q, g, &step, y, &step) + outside[p];
    double yy = ddot_(&q, y, &step, y, &step) + s->outside[p + p * (p + 1)], rest = fmax(0.0, yy - gy * gy / gg);

    out->plain = gy / gg * s->y_scale;
    out->plain_se = sqrt(rest / (double)(s->reml ? s->n - (size_t)p - 1 : s->n) / gg) * s->y_scale;
    out->plain_drop = (double)s->n * log(yy / rest);
}

void spectral_marker(const struct spectral *s, struct spectral_work *w, double g[], struct spectral_test *out)
{
    double *outside = w->M + 3 * (size_t)(s->p + 2) * (size_t)(s->p + 2); /* behind the three matrices */
    struct search f = { s, w, g, outside, s->p + 1 };
    double rho = log(s->null.lambda);
    bool ok;

    *out = (struct spectral_test){ .estimate = (double)NAN,
                                   .se = (double)NAN,
                                   .lambda = (double)NAN,
                                   .value = (double)NAN,
                                   .plain = (double)NAN,
                                   .plain_se = (double)NAN,
                                   .plain_drop = (double)NAN };
    if (!free_of_fixed(s, w, g, outside))
        return;
    plain_test(s, g, outside, out);
    take_moments(s, &s->null, w);
    marker_moments(s, w, g, outside);
    ok = evaluate(s, w, f.k) && (s->null.lambda > 0.0 ? newton(&f, rho, LEAST, MOST) : w->slope >= 0.0);
    if (!ok || w->estimate * w->estimate > STRIKING * w->se * w->se)
        ok = search_all(&f);
    if (!ok)
        return;
    out->estimate = w->estimate * s->y_scale;
    out->se = w->se * s->y_scale;
    out->lambda = w->m.lambda / s->unit;
    out->value = value(s, w, f.k);
}

void spectral_rotate(const struct spectral *s, const double *values, int count, double *out, struct watch *watch)
{
    int q = (int)s->q;

    watched_product("TN", q, count, q, 1.0, s->U, q, values, q, 0.0, out, q, watch);
}

/* --- setting up -------------------------------------------------------------------------------------------------------- */

struct spectral_work *spectral_work_new(const struct spectral *s)
{
    size_t k = (size_t)s->p + 2, count = spectral_packed(s->p + 1, s->p + 1) + 1;
    struct spectral_work *w = NEW(struct spectral_work);
    double *b = w == NULL ? NULL : NEW_ARRAY(double, 3 * s->q + 3 * count + 3 * k * k + 3 * k);

    if (b == NULL) {
        mem_free(w);
        return NULL;
    }
    w->block = b;
    w->w = b;
    w->wd = b + s->q;
    w->wdd = b + 2 * s->q;
    b += 3 * s->q;
    for (int j = 0; j < 3; j++, b += count)
        w->m.S[j] = b;
    w->M = b;
    w->inverse = b + k * k;
    w->A = b + 2 * k * k;
    w->h = b + 3 * k * k + k;
    w->v = b + 3 * k * k + 2 * k;
    return w;
}

void spectral_work_free(struct spectral_work *w)
{
    if (w != NULL)
        mem_free(w->block);
    mem_free(w);
}

bool spectral_set_null(struct spectral *s, struct glmm_error *err)
{
    struct spectral_work *w = spectral_work_new(s);
    struct search f = { s, w, NULL, NULL, s->p };
    size_t count = spectral_packed(s->p, s->p) + 1;
    bool ok = w != NULL || fail_memory(err);

    if (ok && !search_all(&f))
        ok =
            fail(err, GLMM_E_MODEL, NOWHERE, "the model without markers has no likelihood: the fixed effects explain everything");
    if (ok) {
        s->null.lambda = w->m.lambda;
        s->null.sum1 = w->m.sum1;
        s->null.sum2 = w->m.sum2;
        for (int j = 0; j < 3; j++)
            memcpy(s->null.S[j], w->m.S[j], count * sizeof(double));
        s->null_value = value(s, w, s->p);
    }
    spectral_work_free(w);
    return ok;
}
