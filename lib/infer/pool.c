/* pool.c -- see pool.h: the numbers, and the fits that they are pooled from. */
#include "infer/pool.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "infer/replicate.h"
#include "model/residuals.h"

/* What imputations differ by is rounding below this share of the variance. */
static const double SAME = 1e-12;

void pool_numbers(int m, const double estimate[], const double square[], double complete_df, struct pooled *out)
{
    double mean = 0, within = 0, between = 0, part, old, observed;

    for (int i = 0; i < m; i++) {
        mean += estimate[i] / m;
        within += square[i] / m;
    }
    for (int i = 0; i < m; i++)
        between += (estimate[i] - mean) * (estimate[i] - mean) / (m - 1);
    part = (1 + 1.0 / m) * between;
    *out = (struct pooled){ .estimate = mean,
                            .se = sqrt(within + part),
                            .within = within,
                            .between = between,
                            .riv = part / within,
                            .lambda = part / (within + part),
                            .complete_df = complete_df };
    old = out->lambda > SAME ? (m - 1) / (out->lambda * out->lambda) : (double)INFINITY;
    observed = isfinite(complete_df) ? (complete_df + 1) / (complete_df + 3) * complete_df * (1 - out->lambda) : (double)INFINITY;
    out->df = isinf(old) ? observed : isinf(observed) ? old : old * observed / (old + observed);
    out->fmi = (out->riv + (isinf(out->df) ? 0 : 2 / (out->df + 3))) / (out->riv + 1);
}

/* Li, Raghunathan and Rubin's, for t = q (m - 1). */
static double large_sample_df(int q, double t, double riv)
{
    if (t > 4)
        return 4 + (t - 4) * pow(1 + (1 - 2 / t) / riv, 2);
    return t * (1 + 1.0 / q) * pow(1 + 1 / riv, 2) / 2;
}

double pool_joint_df(int m, int q, double riv, double complete_df)
{
    double t = (double)q * (m - 1), large = riv > SAME ? large_sample_df(q, t, riv) : (double)INFINITY;
    double a, v, c0, c1, c2, z;

    if (isinf(complete_df))
        return large;
    a = riv * t / (t - 2);
    v = (complete_df + 1) / (complete_df + 3) * complete_df;
    c1 = v - 2 * (1 + a);
    c2 = v - 4 * (1 + a);
    if (t <= 4 || c2 <= 0)
        return fmin(large, complete_df);
    c0 = 1 / (t - 4);
    z = 1 / c2 + c0 * (a * a * c1 / ((1 + a) * (1 + a) * c2))
        + c0 * (8 * a * a * c1 / ((1 + a) * c2 * c2) + 4 * a * a / ((1 + a) * c2))
        + c0 * (4 * a * a / (c2 * c1) + 16 * a * a * c1 / (c2 * c2 * c2)) + c0 * (8 * a * a / (c2 * c2));
    return 4 + 1 / z;
}

/* --- the fits -------------------------------------------------------------------------------------- */

struct job {
    struct imputed *imputed;
    const struct fit_options *options;
};

static bool fit_one(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                    struct glmm_error *err)
{
    const struct job *job = context;
    struct imputed_fit *one = &job->imputed->one[r];
    struct glmm_error why = { .at = NOWHERE };

    out[0] = 0;
    one->fit = model_fit(one->model, job->options, progress, &why);
    if (one->fit == NULL && (why.code == GLMM_E_INTERRUPT || why.code == GLMM_E_MEMORY)) {
        if (err != NULL)
            *err = why;
        return false;
    }
    *end = REPLICATE_FAILED;
    if (one->fit == NULL)
        snprintf(one->message, sizeof one->message, "%.190s", why.message);
    else if ((*end = replicate_end_of(one->fit)) == REPLICATE_NOT_CONVERGED)
        snprintf(one->message, sizeof one->message, "%.190s", one->fit->optimum.message);
    else
        one->counts = true;
    return true;
}

static bool fit_all(struct imputed *imputed, const struct fit_options *options, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    struct job job = { imputed, options };
    struct replicates replicates;
    const struct imputed_fit *failed = NULL;

    if (!replicates_run_as("imputation", &replicates, imputed->count, 1, fit_one, &job, imputed->count, progress, err))
        return false;
    replicates_clear(&replicates);
    for (int k = 0; k < imputed->count; k++) {
        imputed->counted += imputed->one[k].counts;
        failed = imputed->one[k].counts || failed != NULL ? failed : &imputed->one[k];
    }
    if (imputed->counted >= 2)
        return true;
    return fail(err, GLMM_E_MODEL, NOWHERE, "%d of the %d imputations could be fitted, and pooling takes two: %.190s",
                imputed->counted, imputed->count, failed == NULL ? "" : failed->message);
}

/* --- the pooled fit -------------------------------------------------------------------------------- */

/* The mean of what `value` has in each imputation that counts; of logarithms, or of Fisher's z, where all have one.  A
 * correlation that is at an end in some has no mean (the ends of both sides would make one in the middle): NaN, but where it is
 * there in all. */
enum scale { SCALE_PLAIN, SCALE_LOG, SCALE_FISHER };

static double mean_on(enum scale scale, const double value[], int m)
{
    double sum = 0, plain = 0;
    bool inside = true, same = true;

    for (int i = 0; i < m; i++) {
        plain += value[i] / m;
        same = same && value[i] == value[0];
        inside = inside && (scale == SCALE_LOG ? value[i] > 0 : scale == SCALE_FISHER ? fabs(value[i]) < 1 : false);
    }
    for (int i = 0; inside && i < m; i++)
        sum += (scale == SCALE_LOG ? log(value[i]) : atanh(value[i])) / m;
    if (!inside)
        return scale == SCALE_FISHER && !same ? (double)NAN : plain;
    return scale == SCALE_LOG ? exp(sum) : tanh(sum);
}

/* A number of each fit that counts. */
typedef double fit_value(const struct fit *fit, int t, int a, int b);

/* `room`: a number of each imputation. */
static double pool_value(const struct fit *fit, double *room, enum scale scale, fit_value *value, int t, int a, int b)
{
    const struct imputed *imputed = fit->imputed;
    int m = 0;

    for (int k = 0; k < imputed->count; k++)
        if (imputed->one[k].counts)
            room[m++] = value(imputed->one[k].fit, t, a, b);
    return mean_on(scale, room, m);
}

static double sd_of(const struct fit *fit, int t, int a, int b)
{
    (void)b;
    if (t < 0)
        return fit_knows(fit, -1, 0, 0) ? fit->sigma : (double)NAN;
    return t < fit->design->random_count && a < fit->random[t].k && fit_knows(fit, t, a, a) ? fit->random[t].sd[a] : (double)NAN;
}

static double correlation_of(const struct fit *fit, int t, int a, int b)
{
    bool known = t < fit->design->random_count && b < fit->random[t].k && fit_knows(fit, t, a, b);

    return known ? fit->random[t].correlation[b * fit->random[t].k + a] : (double)NAN;
}

/* The parameters of the structure of term t, of the residuals where t is -1. */
static const struct covariance_parameter *structure_of(const struct fit *fit, int t, int *count)
{
    const struct residual_fit *residual = fit->residual;

    if (t < 0) {
        *count = residual == NULL ? 0 : residual->parameter_count;
        return residual == NULL ? NULL : residual->parameters;
    }
    *count = t < fit->design->random_count ? fit->random[t].parameter_count : 0;
    return *count > 0 ? fit->random[t].parameters : NULL;
}

static double parameter_of(const struct fit *fit, int t, int a, int b)
{
    int count;

    (void)b;
    return structure_of(fit, t, &count)[a].estimate;
}

static double dispersion_of(const struct fit *fit, int t, int a, int b)
{
    (void)t, (void)a, (void)b;
    return fit->dispersion;
}

static double shape_of(const struct fit *fit, int t, int a, int b)
{
    (void)t, (void)b;
    return fit->shape[a];
}

static bool pool_random(struct fit *fit, int t, double *room, struct glmm_error *err)
{
    const struct random_design *design = &fit->design->random[t];
    struct random_fit *out = &fit->random[t];
    size_t k = (size_t)design->k;
    double *sd = arena_alloc(fit->arena, k + 1, sizeof *sd), *covariance = arena_alloc(fit->arena, k * k + 1, sizeof *sd);
    double *correlation = arena_alloc(fit->arena, k * k + 1, sizeof *sd);

    if (sd == NULL || covariance == NULL || correlation == NULL)
        return fail_memory(err);
    for (int a = 0; a < design->k; a++)
        sd[a] = pool_value(fit, room, SCALE_LOG, sd_of, t, a, a);
    for (int a = 0; a < design->k; a++)
        for (int b = 0; b < design->k; b++) {
            size_t at = (size_t)a + (size_t)b * k;

            correlation[at] = a == b ? 1 : pool_value(fit, room, SCALE_FISHER, correlation_of, t, a > b ? a : b, a > b ? b : a);
            covariance[at] = sd[a] == 0 || sd[b] == 0 ? 0 : sd[a] * sd[b] * correlation[at];
        }
    *out = (struct random_fit){ .k = design->k, .sd = sd, .covariance = covariance, .correlation = correlation };
    return true;
}

/* Whether a structure has the parameters in each imputation that it has in the first: one of a factor has its levels there. */
static bool structures_agree(const struct fit *fit, int t, const struct covariance_parameter *first, int count)
{
    const struct imputed *imputed = fit->imputed;

    for (int k = 0; k < imputed->count; k++) {
        int own;
        const struct covariance_parameter *list = imputed->one[k].counts ? structure_of(imputed->one[k].fit, t, &own) : first;

        if (imputed->one[k].counts && own != count)
            return false;
        for (int i = 0; i < count; i++)
            if (strcmp(list[i].name, first[i].name) != 0)
                return false;
    }
    return true;
}

/* The parameters of a structure, as they are; open where the imputations have other ones.  Returns new, the arena's. */
static struct covariance_parameter *pool_structure(struct fit *fit, int t, const struct fit *first, double *room, int *count)
{
    const struct covariance_parameter *from = structure_of(first, t, count);
    struct covariance_parameter *list = arena_alloc(fit->arena, (size_t)*count + 1, sizeof *list);
    bool agree = structures_agree(fit, t, from, *count);

    for (int i = 0; list != NULL && i < *count; i++)
        list[i] =
            (struct covariance_parameter){ arena_strdup(fit->arena, from[i].name),
                                           agree ? pool_value(fit, room, SCALE_PLAIN, parameter_of, t, i, 0) : (double)NAN };
    return list;
}

static bool pool_term(struct fit *fit, int t, const struct fit *first, double *room, struct glmm_error *err)
{
    struct random_fit *out = &fit->random[t];

    if (!pool_random(fit, t, room, err))
        return false;
    out->parameters = pool_structure(fit, t, first, room, &out->parameter_count);
    return !arena_failed(fit->arena) || fail_memory(err);
}

static bool pool_residual(struct fit *fit, const struct fit *first, double *room, struct glmm_error *err)
{
    struct residual_fit *out = arena_alloc(fit->arena, 1, sizeof *out);
    const struct residual_design *residual = first->design->residual;
    int count;
    const struct covariance_parameter *list = pool_structure(fit, -1, first, room, &count);

    if (out == NULL || list == NULL)
        return fail_memory(err);
    *out = (struct residual_fit){ residual == NULL ? NULL : arena_strdup(fit->arena, residual->text), count, list };
    fit->residual = first->residual == NULL ? NULL : out;
    return !arena_failed(fit->arena) || fail_memory(err);
}

/* Coefficients of another predictor, or thresholds: by the normal law.  Those that are not the same in each imputation are open.
 */
static bool pool_part(struct fit *fit, int which, const struct fit *first, double *each, struct glmm_error *err)
{
    const struct fit_part *from = &first->part[which];
    double *estimate = arena_alloc(fit->arena, (size_t)from->count + 1, sizeof *estimate);
    double *se = arena_alloc(fit->arena, (size_t)from->count + 1, sizeof *se);

    if (estimate == NULL || se == NULL)
        return fail_memory(err);
    for (int j = 0; j < from->count; j++) {
        struct pooled pooled = { .estimate = (double)NAN, .se = (double)NAN };
        bool same = true;
        int m = 0;

        for (int k = 0; k < fit->imputed->count; k++) {
            const struct fit *one = fit->imputed->one[k].fit;

            if (!fit->imputed->one[k].counts)
                continue;
            same = same && which < one->part_count && one->part[which].count == from->count
                   && isfinite(one->part[which].estimate[j]) && isfinite(one->part[which].se[j]);
            each[m] = same ? one->part[which].estimate[j] : 0;
            each[fit->imputed->count + m] = same ? one->part[which].se[j] * one->part[which].se[j] : 0;
            m++;
        }
        if (same)
            pool_numbers(m, each, each + fit->imputed->count, (double)INFINITY, &pooled);
        estimate[j] = pooled.estimate;
        se[j] = pooled.se;
    }
    fit->part[which] = *from;
    fit->part[which].estimate = estimate;
    fit->part[which].se = se;
    fit->part[which].random = NULL;
    return true;
}

static bool pool_coefficients(struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t p = (size_t)fit->design->p;
    double *numbers = arena_alloc(fit->arena, 4 * p + p * p + 1, sizeof *numbers);
    struct linear linear = { .fit = fit };
    bool ok = (numbers != NULL || fail_memory(err)) && linear_init(&linear, fit, LINEAR_SATTERTHWAITE, progress, err);

    for (size_t j = 0; ok && j < p; j++) {
        const struct stated_rows unit = { 1, numbers + 3 * p, NULL, .coefficients = true };
        struct pooled one;

        numbers[3 * p + j] = 1;
        ok = pool_linear(&linear, &unit, 0, &one, err);
        numbers[3 * p + j] = 0;
        if (!ok)
            break;
        numbers[j] = one.estimate;
        numbers[p + j] = one.se;
        numbers[2 * p + j] = one.df;
    }
    if (ok) {
        memcpy(numbers + 4 * p, linear.total, p * p * sizeof *numbers);
        fit->beta = numbers;
        fit->se = numbers + p;
        fit->df = numbers + 2 * p;
        fit->vcov = numbers + 4 * p;
    }
    linear_clear(&linear);
    return ok;
}

/* How the fits ended: what is worst among those that count, and how often. */
static void set_verdict(struct fit *fit)
{
    const struct imputed *imputed = fit->imputed;
    int boundary = 0, open = 0;

    for (int k = 0; k < imputed->count; k++) {
        const struct imputed_fit *one = &imputed->one[k];

        if (!one->counts)
            continue;
        fit->seconds += one->fit->seconds;
        boundary += one->fit->optimum.verdict == VERDICT_BOUNDARY;
        open += one->fit->optimum.verdict == VERDICT_NOT_IDENTIFIED;
    }
    fit->optimum.verdict = open > 0 ? VERDICT_NOT_IDENTIFIED : boundary > 0 ? VERDICT_BOUNDARY : VERDICT_OK;
}

static bool pool_all(struct fit *fit, const struct fit *first, const struct glmm_progress *progress, struct glmm_error *err)
{
    int random = fit->design->random_count;
    double *room = mem_alloc(2 * (size_t)fit->imputed->count, sizeof *room);
    bool ok = (room != NULL && (fit->random = arena_alloc(fit->arena, (size_t)random + 1, sizeof *fit->random)) != NULL)
              || fail_memory(err);

    if (ok) {
        fit->sigma = fit->has_scale ? pool_value(fit, room, SCALE_LOG, sd_of, -1, 0, 0) : 1;
        fit->dispersion = pool_value(fit, room, SCALE_LOG, dispersion_of, 0, 0, 0);
        for (int j = 0; j < FAMILY_SHAPES; j++)
            fit->shape[j] = pool_value(fit, room, j == 0 ? SCALE_LOG : SCALE_PLAIN, shape_of, 0, j, 0);
    }
    for (int t = 0; ok && t < random; t++)
        ok = pool_term(fit, t, first, room, err);
    ok = ok && pool_residual(fit, first, room, err);
    for (fit->part_count = 0; ok && fit->part_count < first->part_count; fit->part_count++)
        ok = pool_part(fit, fit->part_count, first, room, err);
    mem_free(room);
    return ok && pool_coefficients(fit, progress, err);
}

struct fit *pool_fitted(const struct model *model, struct imputed *imputed, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    const struct fit *first = imputed_first(imputed);
    struct arena *arena = arena_new();
    struct fit *fit = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit);

    if (fit == NULL) {
        imputed_free(imputed);
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    *fit = (struct fit){ .arena = arena,
                         .design = model->design,
                         .family = model->family,
                         .link = model->link,
                         .mean_link = model->link,
                         .exact = first->exact,
                         .has_scale = first->has_scale,
                         .method = first->method,
                         .nodes = first->nodes,
                         .draws = first->draws,
                         .log_dispersion_se = (double)NAN,
                         .npar = first->npar,
                         .loglik = (double)NAN,
                         .criterion = (double)NAN,
                         .aic = (double)NAN,
                         .aicc = (double)NAN,
                         .bic = (double)NAN,
                         .imputed = imputed };
    set_verdict(fit);
    if (pool_all(fit, first, progress, err) && (fit_set_mean_link(fit) || fail_memory(err)))
        return fit;
    fit_free(fit);
    return NULL;
}

struct fit *pool_fit(const struct model *model, const struct fit_options *options, const struct glmm_progress *progress,
                     struct glmm_error *err)
{
    struct imputed *imputed = imputed_new(model, progress, err);

    if (imputed != NULL && fit_all(imputed, options, progress, err))
        return pool_fitted(model, imputed, progress, err);
    imputed_free(imputed);
    return NULL;
}
