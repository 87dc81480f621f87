/* linear.c -- see linear.h. */
#include "infer/linear.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "fit/identify.h"
#include "infer/kenward.h"
#include "infer/pool.h"

enum { MANY = 200 }; /* coefficients with which an estimate takes some time by itself */

bool linear_init(struct linear *linear, const struct fit *fit, enum linear_ddf ddf, const struct glmm_progress *progress,
                 struct glmm_error *err)
{
    *linear = (struct linear){ .fit = fit,
                               .ddf = fit->df == NULL && ddf == LINEAR_SATTERTHWAITE ? LINEAR_NORMAL : ddf,
                               .progress = progress };
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
    if (design->p > MANY && !progress_tell(linear->progress, "estimate", 0, 0, (double)NAN))
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before all was estimated");
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
