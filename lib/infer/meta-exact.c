/* meta-exact.c -- see meta-exact.h. */
#include "infer/meta-exact.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/quadrature.h"
#include "linalg/dense.h"

static const double MODE_FOUND = 1e-12;     /* a step of a mode, in standard deviations */
static const double RIDGE = 1e-4;           /* beside the curvature: the first tried where it has the wrong sign, */
static const double STEEP_RIDGE = 1e-3;     /* and where a step led down; */
static const double NO_RIDGE = 1e-6;        /* one that is dropped again */
static const double SAME_VALUE = 1e-12;     /* of log L: as high as before, but for rounding */
static const double SETTLED = 1e-20;        /* a gain, beside log L, of which no digit of an estimate is made; */
static const double NEWTON_SETTLED = 1e-18; /* and one behind which a full Newton step leaves nothing */
static const double ROUNDED = 1e-13;        /* a gain that a failed step may leave: it is below the rounding of log L */
static const double NO_TAU = 1e-5;          /* of log ratios: a variance of 1e-10 is none */

enum { NODES = 41, ROUNDS_MOST = 200 };

static const double LARGEST = 40; /* a log odds ratio that is none */

/* Of one table: log w_u, and at theta log f with its first two derivatives. */
struct table_law {
    double low, high, at;
    double *log_weight; /* of low .. high */
};

struct exact_work {
    const struct exact_tables *t;
    struct table_law *law;
    double *weights; /* all of them */
    double node[NODES], weight[NODES];
    double *gradient, *hessian, *step, *trial; /* p + 1 */
};

static double log_choose(double n, double k)
{
    return lgammafn(n + 1) - lgammafn(k + 1) - lgammafn(n - k + 1);
}

static void work_clear(struct exact_work *w)
{
    mem_free(w->law);
    mem_free(w->weights);
    mem_free(w->gradient);
    mem_free(w->hessian);
    mem_free(w->step);
    mem_free(w->trial);
}

static bool work_init(struct exact_work *w, const struct exact_tables *t)
{
    size_t size = 0, used = 0, q = (size_t)t->p + 1;

    *w = (struct exact_work){ .t = t, .law = NEW_ARRAY(struct table_law, t->count) };
    for (int i = 0; w->law != NULL && i < t->count; i++) {
        double total = t->events1[i] + t->events2[i];

        w->law[i].low = fmax(0, total - t->n2[i]);
        w->law[i].high = fmin(t->n1[i], total);
        w->law[i].at = t->events1[i];
        size += (size_t)(w->law[i].high - w->law[i].low) + 1;
    }
    w->weights = NEW_ARRAY(double, size);
    w->gradient = NEW_ARRAY(double, q);
    w->hessian = NEW_ARRAY(double, q *q);
    w->step = NEW_ARRAY(double, q);
    w->trial = NEW_ARRAY(double, q);
    if (w->law == NULL || w->weights == NULL || w->gradient == NULL || w->hessian == NULL || w->step == NULL || w->trial == NULL)
        return false;
    for (int i = 0; i < t->count; i++) {
        struct table_law *law = &w->law[i];

        law->log_weight = w->weights + used;
        for (double u = law->low; u <= law->high; u++)
            w->weights[used++] = log_choose(t->n1[i], u) + log_choose(t->n2[i], t->events1[i] + t->events2[i] - u);
    }
    gauss_hermite(NODES, w->node, w->weight);
    return true;
}

/* log f(at | theta), d/dtheta, d2/dtheta2. */
static void law_at(const struct table_law *law, double theta, double out[3])
{
    double most = -HUGE_VAL, sum = 0, first = 0, second = 0;
    int count = (int)(law->high - law->low) + 1, place = (int)(law->at - law->low);

    assert(count > 0);
    for (int u = 0; u < count; u++)
        most = fmax(most, law->log_weight[u] + u * theta);
    for (int u = 0; u < count; u++) {
        double share = exp(law->log_weight[u] + u * theta - most);

        sum += share;
        first += share * u;
    }
    first /= sum;
    for (int u = 0; u < count; u++)
        second += exp(law->log_weight[u] + u * theta - most) * (u - first) * (u - first);
    out[0] = law->log_weight[place] + place * theta - most - log(sum);
    out[1] = place - first;
    out[2] = -second / sum;
}

/* The mode of log f(mean + tau u) - u^2/2 and the scale there. */
static void find_mode(const struct table_law *law, double mean, double tau, double *mode, double *scale)
{
    double u = 0, at[3];

    for (int k = 0; k < 100; k++) {
        double slope, step;

        law_at(law, mean + tau * u, at);
        slope = tau * at[1] - u;
        step = slope / (1 - tau * tau * at[2]);
        step = fmax(-1, fmin(1, step));
        u += step;
        if (fabs(step) < MODE_FOUND)
            break;
    }
    law_at(law, mean + tau * u, at);
    *mode = u;
    *scale = 1 / sqrt(1 - tau * tau * at[2]);
}

/* Of one table: log L, its derivatives in (mean, tau), and E u, E u^2 given the table. */
struct study_terms {
    double value, mean, tau, mean_mean, mean_tau, tau_tau, u, uu;
};

static struct study_terms study_terms(const struct exact_work *w, int i, double mean, double tau)
{
    const struct table_law *law = &w->law[i];
    double mode, scale, log_share[NODES], at[NODES][3], u[NODES], most = -HUGE_VAL, sum = 0;
    struct study_terms t = { 0 };

    find_mode(law, mean, tau, &mode, &scale);
    for (int k = 0; k < NODES; k++) {
        u[k] = mode + scale * w->node[k];
        law_at(law, mean + tau * u[k], at[k]);
        log_share[k] = at[k][0] - u[k] * u[k] / 2 + w->node[k] * w->node[k] / 2 + log(w->weight[k]);
        most = fmax(most, log_share[k]);
    }
    for (int k = 0; k < NODES; k++)
        sum += exp(log_share[k] - most);
    for (int k = 0; k < NODES; k++) {
        double share = exp(log_share[k] - most) / sum, s = at[k][1], ss = at[k][2] + s * s;

        t.mean += share * s;
        t.tau += share * s * u[k];
        t.mean_mean += share * ss;
        t.mean_tau += share * ss * u[k];
        t.tau_tau += share * ss * u[k] * u[k];
        t.u += share * u[k];
        t.uu += share * u[k] * u[k];
    }
    t.value = most + log(sum * scale);
    t.mean_mean -= t.mean * t.mean;
    t.mean_tau -= t.mean * t.tau;
    t.tau_tau -= t.tau * t.tau;
    return t;
}

static double mean_of(const struct exact_tables *t, int i, const double beta[])
{
    double mean = 0;

    for (int j = 0; j < t->p; j++)
        mean += t->X[i + j * t->count] * beta[j];
    return mean;
}

/* log L at (beta, tau); with derivatives where `slopes` (q = p + 1, or p with tau held at 0). */
static double value_at(struct exact_work *w, const double at[], int q, bool slopes)
{
    const struct exact_tables *t = w->t;
    int p = t->p;
    double tau = q > p ? at[p] : 0, value = 0;

    if (slopes) {
        memset(w->gradient, 0, sizeof(double) * (size_t)q);
        memset(w->hessian, 0, sizeof(double) * (size_t)(q * q));
    }
    for (int i = 0; i < t->count; i++) {
        struct study_terms s = study_terms(w, i, mean_of(t, i, at), tau);

        value += s.value;
        for (int j = 0; slopes && j < q; j++) {
            double x = j < p ? t->X[i + j * t->count] : 1;

            w->gradient[j] += x * (j < p ? s.mean : s.tau);
            for (int k = 0; k < q; k++) {
                double z = k < p ? t->X[i + k * t->count] : 1;

                w->hessian[j + k * q] -= x * z * (j < p && k < p ? s.mean_mean : j < p || k < p ? s.mean_tau : s.tau_tau);
            }
        }
    }
    return value;
}

/* step := (H + ridge D)^-1 gradient, ridge raised until that is positive definite; H minus the Hessian of log L.  False where
 * none is. */
static bool newton_step(struct exact_work *w, int q, double *ridge)
{
    for (int tries = 0; tries < 60; tries++) {
        double *a = NEW_ARRAY(double, q *q);
        bool ok = a != NULL;

        for (int j = 0; ok && j < q * q; j++)
            a[j] = w->hessian[j];
        for (int j = 0; ok && j < q; j++)
            a[j + j * q] += *ridge * (1 + fabs(w->hessian[j + j * q]));
        ok = ok && chol_factor(q, a, q) == 0;
        if (ok) {
            memcpy(w->step, w->gradient, sizeof(double) * (size_t)q);
            chol_solve_lower(q, a, q, w->step);
            chol_solve_upper(q, a, q, w->step);
        }
        mem_free(a);
        if (ok)
            return true;
        *ridge = fmax(RIDGE, *ridge * 4);
    }
    return false;
}

/* Climbs from `at`; *value gets log L. */
static bool climb(struct exact_work *w, double at[], int q, double *value, int *rounds)
{
    int p = w->t->p;
    double ridge = 0, best = value_at(w, at, q, true);

    for (*rounds = 0; *rounds < ROUNDS_MOST; ++*rounds) {
        double gain = 0, trial;

        if (!newton_step(w, q, &ridge))
            return false;
        for (int j = 0; j < q; j++)
            gain += w->step[j] * w->gradient[j];
        for (int j = 0; j < q; j++)
            w->trial[j] = at[j] + w->step[j];
        if (q > p)
            w->trial[p] = fabs(w->trial[p]);
        trial = value_at(w, w->trial, q, false);
        if (trial >= best - SAME_VALUE * (1 + fabs(best))) {
            memcpy(at, w->trial, sizeof(double) * (size_t)q);
            best = value_at(w, at, q, true);
            ridge = ridge < NO_RIDGE ? 0 : ridge / 8;
            if (gain < SETTLED * (1 + fabs(best)) || (ridge == 0 && gain < NEWTON_SETTLED))
                break;
        } else {
            if (gain < ROUNDED)
                break;
            ridge = fmax(STEEP_RIDGE, ridge * 4);
        }
        for (int j = 0; j < p; j++)
            if (fabs(at[j]) > LARGEST * 1e3)
                return false;
    }
    *value = best;
    return true;
}

/* vcov of beta and the error of log tau from minus the Hessian at the optimum; with tau at 0 beta's alone. */
static bool set_errors(struct exact_work *w, struct exact_fit *fit, int q)
{
    int p = w->t->p;
    double *inverse = NEW_ARRAY(double, q *q), *scratch = NEW_ARRAY(double, q *q);
    bool ok = inverse != NULL && scratch != NULL && chol_factor(q, w->hessian, q) == 0;

    if (ok) {
        chol_invert(q, w->hessian, scratch, inverse, q);
        for (int j = 0; j < p; j++)
            for (int k = 0; k < p; k++)
                fit->vcov[j + k * p] = inverse[j >= k ? j + k * q : k + j * q];
        fit->se_log_tau = q > p ? sqrt(inverse[p + p * q]) / fit->tau : (double)NAN;
    }
    mem_free(inverse);
    mem_free(scratch);
    return ok;
}

static void set_modes(const struct exact_work *w, struct exact_fit *fit)
{
    for (int i = 0; i < w->t->count; i++) {
        double mean = mean_of(w->t, i, fit->beta);
        struct study_terms s = study_terms(w, i, mean, fit->tau);

        fit->modes[i] = mean + fit->tau * s.u;
        fit->mode_sd[i] = fit->tau * sqrt(fmax(0, s.uu - s.u * s.u));
    }
}

/* With tau = 0; then from a tau of its own, as log L is flat in tau at 0; the better of the two. */
static bool search(struct exact_work *w, struct exact_fit *fit)
{
    int p = w->t->p, rounds, q = p + 1;
    double *at = NEW_ARRAY(double, q), value = -HUGE_VAL;
    bool ok = at != NULL;

    if (ok) {
        memcpy(at, fit->beta, sizeof(double) * (size_t)p);
        ok = climb(w, at, p, &fit->common, &fit->iterations);
    }
    if (ok) {
        memcpy(fit->beta, at, sizeof(double) * (size_t)p);
        at[p] = 0.5;
        ok = climb(w, at, q, &value, &rounds);
        fit->iterations += rounds;
    }
    if (ok && at[p] > NO_TAU && value > fit->common) {
        memcpy(fit->beta, at, sizeof(double) * (size_t)p);
        fit->tau = at[p];
        fit->loglik = value_at(w, at, q, true);
    } else if (ok) {
        q = p;
        fit->tau = 0;
        fit->loglik = value_at(w, fit->beta, p, true);
    }
    ok = ok && set_errors(w, fit, q);
    mem_free(at);
    return ok;
}

bool exact_fit(const struct exact_tables *tables, struct exact_fit *fit, struct glmm_error *err)
{
    struct exact_work work = { 0 };
    long refused = mem_refused();
    bool ok = work_init(&work, tables) && search(&work, fit);

    if (!ok && mem_refused() != refused)
        fail_memory(err);
    else if (!ok)
        fail(err, GLMM_E_MODEL, NOWHERE, "the conditional likelihood has no finite maximum that was found");
    if (ok)
        set_modes(&work, fit);
    work_clear(&work);
    return ok;
}
