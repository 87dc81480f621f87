/* linear.c -- see linear.h.
 *
 * Rows are taken in order; one that depends on those before it (in the metric of V, by a Cholesky factorization of L V L' scaled
 * to a unit diagonal) adds nothing to a test, and must not contradict them. */
#include "infer/linear.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/error.h"
#include "base/memory.h"
#include "fit/identify.h"
#include "infer/kenward.h"
#include "infer/pool.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

static const double SAME_DF = 1e-8; /* relative: degrees of freedom that are one, found by differences */

/* A row is a combination of others when less than this of its variance is its own; such rows fit the others when they miss them
 * by less than that many standard errors. */
static const double DEPENDENT = 1e-10, CONTRADICTION = 1e-6;

bool linear_init(struct linear *linear, const struct fit *fit, enum linear_ddf ddf, const struct glmm_progress *progress,
                 struct glmm_error *err)
{
    *linear = (struct linear){ .fit = fit, .ddf = fit->df == NULL && ddf == LINEAR_SATTERTHWAITE ? LINEAR_NORMAL : ddf };
    if (fit->imputed != NULL)
        return pool_linear_init(linear, ddf, progress, err);
    if (ddf != LINEAR_KENWARD_ROGER)
        return true;
    linear->kenward = kenward_new(fit, progress, err);
    return linear->kenward != NULL;
}

void linear_clear(struct linear *linear)
{
    kenward_free(linear->kenward);
    linear->kenward = NULL;
    for (int k = 0; k < linear->each_count; k++)
        linear_clear(&linear->each[k]);
    mem_free(linear->each);
    mem_free(linear->total);
    mem_free(linear->within);
    linear->each = NULL;
    linear->each_count = 0;
    linear->total = linear->within = NULL;
}

static const struct {
    const char *name, *words;
} ddf_texts[] = { [LINEAR_SATTERTHWAITE] = { "satterthwaite", "Satterthwaite" },
                  [LINEAR_NORMAL] = { "none", "z" },
                  [LINEAR_KENWARD_ROGER] = { "kenward-roger", "Kenward-Roger" },
                  [LINEAR_BARNARD_RUBIN] = { "barnard-rubin", "Barnard-Rubin" } };

const char *linear_ddf_name(enum linear_ddf ddf)
{
    return ddf_texts[ddf].name;
}

const char *linear_ddf_words(enum linear_ddf ddf)
{
    return ddf_texts[ddf].words;
}

/* --- one row -------------------------------------------------------------------------------------- */

static void copy_row(const struct linear *linear, const struct stated_rows *rows, size_t i, double l[])
{
    for (int j = 0; j < linear->fit->design->p; j++)
        l[j] = rows->X[i + (size_t)j * rows->n];
}

static double variance_of(const struct linear *linear, const double l[])
{
    return linear->kenward != NULL ? kenward_covariance(linear->kenward, l, l, 1) : fit_variance(linear->fit, l);
}

/* l: p, and p more to work in. */
static bool set_degrees(const struct linear *linear, double l[], double *df, struct glmm_error *err)
{
    if (linear->ddf == LINEAR_KENWARD_ROGER)
        return kenward_degrees(linear->kenward, l, df, err);
    *df = linear->ddf == LINEAR_SATTERTHWAITE ? fit_satterthwaite(linear->fit, l, l + linear->fit->design->p) : (double)INFINITY;
    return true;
}

bool linear_variance(const struct linear *linear, double l[], double *variance, double *df, struct glmm_error *err)
{
    *variance = variance_of(linear, l);
    *df = (double)INFINITY;
    return !(*variance > 0) || set_degrees(linear, l, df, err);
}

/* A row of zeros is 0 whatever the coefficients are: the reference level of a model without an intercept. */
static bool is_certain(const struct design *design, const struct stated_rows *rows, size_t i)
{
    for (size_t j = 0; j < (size_t)design->p; j++)
        if (rows->X[j * rows->n + i] != 0)
            return false;
    for (size_t j = 0; rows->dropped != NULL && design->null != NULL && j < (size_t)design->null->count; j++)
        if (rows->dropped[j * rows->n + i] != 0)
            return false;
    return true;
}

static bool estimate_pooled(const struct linear *linear, const struct stated_rows *rows, size_t i, struct linear_estimate *out,
                            struct glmm_error *err)
{
    const struct null_space *null = linear->fit->design->null;
    struct pooled pooled;

    *out = (struct linear_estimate){ .estimable = null == NULL || estimable_row(null, rows, i),
                                     .certain = is_certain(linear->fit->design, rows, i),
                                     .estimate = (double)NAN,
                                     .se = (double)NAN,
                                     .df = (double)NAN };
    if (!out->estimable)
        return true;
    if (!pool_linear(linear, rows, i, &pooled, err))
        return false;
    out->estimate = pooled.estimate;
    out->se = pooled.se;
    out->df = pooled.df;
    return true;
}

bool linear_estimate(const struct linear *linear, const struct stated_rows *rows, size_t i, struct linear_estimate *out,
                     struct glmm_error *err)
{
    const struct design *design = linear->fit->design;
    double *l, variance;
    bool ok = true;

    if (linear->each != NULL)
        return estimate_pooled(linear, rows, i, out, err);
    l = NEW_ARRAY(double, 2 * design->p + 1);
    if (l == NULL)
        return fail_memory(err);
    copy_row(linear, rows, i, l);
    *out = (struct linear_estimate){ .estimable = design->null == NULL || estimable_row(design->null, rows, i),
                                     .certain = is_certain(design, rows, i),
                                     .estimate = (double)NAN,
                                     .se = (double)NAN,
                                     .df = (double)NAN };
    if (out->estimable && !fit_estimate_is_open(linear->fit, l, 1))
        out->estimate = fit_linear(linear->fit, l, 1);
    if (isfinite(out->estimate)) {
        variance = variance_of(linear, l);
        out->se = variance >= 0 ? sqrt(variance) : (double)NAN;
        ok = !(out->se > 0) || set_degrees(linear, l, &out->df, err);
    }
    mem_free(l);
    return ok;
}

const double *linear_vcov(const struct linear *linear)
{
    const struct fit *fit = linear->fit;

    if (linear->each != NULL)
        return linear->total;
    if (linear->kenward != NULL)
        return kenward_vcov(linear->kenward);
    return fit->identity != NULL && fit->identity->flat != NULL && fit->proper == NULL ? fit->identity->vcov : fit_vcov(fit);
}

bool linear_has_df(const struct linear *linear)
{
    return linear->each != NULL ? linear_has_df(&linear->each[0]) : linear->ddf != LINEAR_NORMAL;
}

/* a'Vb: by the factor of V where there is one, else by V of sums, which knows what is open. */
double linear_covariance(const struct linear *linear, const struct stated_rows *rows, size_t i, size_t j)
{
    const double *V = linear_vcov(linear);
    size_t p = (size_t)linear->fit->design->p;
    double sum = 0;

    if (linear->kenward != NULL)
        return kenward_covariance(linear->kenward, rows->X + i, rows->X + j, rows->n);
    if (linear->each == NULL && fit_has_root(linear->fit))
        return fit_root_product(linear->fit, rows->X + i, rows->X + j, rows->n, (int)p);
    for (size_t b = 0; b < p; b++)
        for (size_t a = 0; rows->X[j + b * rows->n] != 0 && a < p; a++)
            if (rows->X[i + a * rows->n] != 0)
                sum += rows->X[i + a * rows->n] * V[a + b * p] * rows->X[j + b * rows->n];
    return sum;
}

/* --- several rows --------------------------------------------------------------------------------- */

/* The independent rows of a test: their places, what they miss, and their covariance matrix. */
struct joint {
    const struct linear *linear;
    const struct stated_rows *rows;
    size_t count;
    int q;
    size_t *place;  /* q of count */
    double *miss;   /* count: L b - r */
    double *se;     /* count */
    double *factor; /* count x count, row-major in use: Cholesky of the scaled covariance of the chosen rows */
    double *scaled; /* count: the misses of the chosen rows through the factor */
    double *spread; /* q x q: L V L' of the chosen rows; then its eigenvectors */
    double *values, *work, *l;
};

static bool joint_init(struct joint *joint, const struct linear *linear, const struct stated_rows *rows)
{
    size_t n = rows->n, p = (size_t)linear->fit->design->p;

    *joint = (struct joint){ .linear = linear, .rows = rows, .count = n };
    joint->place = NEW_ARRAY(size_t, n + 1);
    joint->miss = NEW_ARRAY(double, 4 * n + 2 * n * n + 35 * n + 2 * p + 8);
    if (joint->place == NULL || joint->miss == NULL)
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

    for (size_t i = 0; i < joint->count; i++) {
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

/* Chooses the independent rows; false where one contradicts those before it. */
static bool choose_rows(struct joint *joint, struct linear_test *out)
{
    size_t n = joint->count;

    for (size_t i = 0; i < n; i++) {
        double *row = joint->factor + (size_t)joint->q * n, own = 1, rest = joint->se[i] > 0 ? joint->miss[i] / joint->se[i] : 0;

        for (int k = 0; k < joint->q; k++) {
            const double *other = joint->factor + (size_t)k * n;

            row[k] = joint->se[i] > 0 ? linear_covariance(joint->linear, joint->rows, i, joint->place[k])
                                            / (joint->se[i] * joint->se[joint->place[k]])
                                      : 0;
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

/* Fai and Cornelius's denominator: that of the F whose mean is the mean of the q squared t's; false when memory is out. */
static bool fai_cornelius(struct joint *joint, double *den_df, struct glmm_error *err)
{
    int q = joint->q, p = joint->linear->fit->design->p;
    double sum = 0, least = INFINITY, most = 0, df;

    for (int b = 0; b < q; b++)
        for (int a = 0; a < q; a++)
            joint->spread[a + b * q] = linear_covariance(joint->linear, joint->rows, joint->place[a], joint->place[b]);
    if (!symmetric_eigen(q, joint->spread, joint->values, joint->work, 35 * (int)joint->count))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the eigenvalues of the hypotheses' covariance matrix were not found");
    for (int m = 0; m < q; m++) {
        for (int j = 0; j < p; j++) {
            joint->l[j] = 0;
            for (int k = 0; k < q; k++)
                joint->l[j] += joint->spread[k + m * q] * joint->rows->X[joint->place[k] + (size_t)j * joint->rows->n];
        }
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

bool linear_test(const struct linear *linear, const struct stated_rows *rows, const double right[], struct linear_test *out,
                 struct glmm_error *err)
{
    struct joint joint;
    bool ok = joint_init(&joint, linear, rows) || fail_memory(err), memory = true;
    double chisq = 0;

    *out = (struct linear_test){ .den_df = (double)NAN, .statistic = (double)NAN, .p = (double)NAN, .scaling = 1 };
    if (ok && read_rows(&joint, right, out, &memory, err) && choose_rows(&joint, out)) {
        out->num_df = joint.q;
        if (linear->each != NULL)
            ok = joint.q == 0 || pool_test(linear, rows, joint.place, joint.q, joint.miss, out, err);
        for (int k = 0; k < joint.q; k++)
            chisq += joint.scaled[k] * joint.scaled[k];
        if (linear->ddf == LINEAR_SATTERTHWAITE && joint.q > 0)
            ok = fai_cornelius(&joint, &out->den_df, err);
        else if (linear->ddf == LINEAR_KENWARD_ROGER && joint.q > 0)
            ok = kenward_joint(linear->kenward, rows, joint.place, joint.q, &out->den_df, &out->scaling, err);
        if (joint.q > 0 && linear->each == NULL) {
            out->statistic = linear->ddf == LINEAR_NORMAL ? chisq : out->scaling * chisq / joint.q;
            out->p = linear->ddf == LINEAR_NORMAL ? pchisq(chisq, joint.q, 0, 0) : pf(out->statistic, joint.q, out->den_df, 0, 0);
        }
    }
    joint_clear(&joint);
    return ok && memory;
}

double linear_spread(const struct fit *fit, int j)
{
    size_t p = (size_t)fit->design->p, at = (size_t)j * p + (size_t)j;
    double spread = 0;

    for (int a = 0; a < fit->variance_count; a++)
        for (int b = 0; b < fit->variance_count; b++)
            spread += fit->vcov_slopes[(size_t)a * p * p + at] * fit->variance_covariance[a + b * fit->variance_count]
                      * fit->vcov_slopes[(size_t)b * p * p + at];
    return spread;
}
