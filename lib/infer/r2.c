/* r2.c -- see r2.h. */
#include "infer/r2.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "fit/glmm.h"
#include "infer/icc.h"
#include "infer/marginal.h"
#include "model/family.h"
#include "result/number.h"

static const double ROUNDED_SQUARE = 1e-20; /* beside the square of the largest: a variance that is rounding of a sum over rows */

/* --- the parts ------------------------------------------------------------------------------------------ */

/* What an average counts: rows, or their trials. */
static double counted(const struct design *d, enum r2_over over, size_t i)
{
    return over == R2_OVER_TRIALS && d->trials != NULL ? d->trials[i] : 1;
}

double r2_term_variance(const struct fit *fit, enum r2_over over, int t)
{
    const struct random_design *random = &fit->design->random[t];
    double sum = 0, all = 0;

    if (random->z == NULL && random->related == NULL && fit->design->n > 0) /* the same in all rows */
        return random_row_variance(random, fit->random[t].covariance, 0);
    for (size_t i = 0; i < fit->design->n; i++) {
        double times = counted(fit->design, over, i);

        sum += times * random_row_variance(random, fit->random[t].covariance, i);
        all += times;
    }
    return sum / all;
}

double r2_group(const struct fit *fit, int t)
{
    double sum = 0;

    fit = fit_proper(fit);
    for (int s = 0; s < fit->design->random_count; s++)
        if (strcmp(fit->design->random[s].group, fit->design->random[t].group) == 0 && !icc_is_level_of_row(fit, s))
            sum += r2_term_variance(fit, R2_OVER_ROWS, s);
    return sum;
}

double r2_fixed_variance(const struct fit *fit, enum r2_over over)
{
    const struct design *d = fit->design;
    double mean = 0, squares = 0, largest = 0, all = 0;

    for (size_t i = 0; i < d->n; i++) {
        double eta = 0, step, times = counted(d, over, i);

        if (!(times > 0))
            continue;
        for (int j = 0; j < d->p; j++) {
            eta += d->X[i + (size_t)j * d->n] * fit->beta[j];
            largest = fmax(largest, fabs(d->X[i + (size_t)j * d->n]) * fit->se[j]); /* slopes of 0 vary by rounding only, too */
        }
        all += times;
        step = eta - mean;
        mean += step * (times / all);
        squares += times * step * (eta - mean);
        largest = fmax(largest, fabs(eta));
    }
    squares /= all > 1 ? all - 1 : 1;
    return squares > ROUNDED_SQUARE * largest * largest ? squares : 0; /* an intercept alone varies by rounding only */
}

double median_odds_ratio(double variance)
{
    return exp(sqrt(2 * variance) * qnorm(0.75, 0, 1, 1, 0));
}

double median_odds_variance(double ratio)
{
    double root = log(ratio) / qnorm(0.75, 0, 1, 1, 0);

    return root * root / 2;
}

/* --- the null model --------------------------------------------------------------------------------------- */

/* m and exp(b0), or the like of other links, of the model without predictors. */
static bool mean_of(const struct fit *null, enum r2_over over, double *mean, double *mean_b0, struct glmm_error *err)
{
    const struct design *d = null->design;
    struct averager *averager = NEW(struct averager);
    struct average average;
    double variance = 0, all = 0;

    if (averager == NULL)
        return fail_memory(err);
    for (int t = 0; t < d->random_count; t++)
        variance += r2_term_variance(null, over, t);
    averager_init(averager, null->link);
    averager_set(averager, variance);
    *mean = *mean_b0 = 0;
    for (size_t i = 0; i < d->n; i++) { /* offsets differ from row to row */
        double eta = null->beta[0] + (d->offset == NULL ? 0 : d->offset[i]), times = counted(d, over, i);

        *mean += times * (average_at(averager, eta, &average) ? average.mean : (double)NAN);
        *mean_b0 += times * (typical_at(null->link, eta, &average) ? average.mean : (double)NAN);
        all += times;
    }
    *mean /= all;
    *mean_b0 /= all;
    mem_free(averager);
    return true;
}

/* Fits the model without predictors, for its means. */
static bool find_mean(const struct fit *fit, struct r2 *out, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct fit_options options = { .method = fit->method, .nodes = fit->nodes, .draws = fit->draws };
    struct design design = *fit->design;
    double *ones = NEW_ARRAY(double, design.n + 1), ignored;
    const char *name = "(Intercept)";
    int assign = -1;
    struct fit *null = NULL;
    bool ok;

    if (ones == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < design.n; i++)
        ones[i] = 1;
    design.X = ones;
    design.p = 1;
    design.names = &name;
    design.assign = &assign;
    design.dropped_count = design.term_count = 0;
    design.null = NULL;
    null = glm_fit(&design, fit->family, fit->link, &options, progress, err);
    ok = null != NULL && mean_of(null, R2_OVER_ROWS, &out->mean, &out->mean_b0, err)
         && mean_of(null, R2_OVER_TRIALS, &out->mean_trials, &ignored, err);
    fit_free(null);
    mem_free(ones);
    return ok;
}

/* --- the methods ------------------------------------------------------------------------------------------ */

static void add_over(struct r2 *out, enum r2_over over, const char *method, double residual, const char *words)
{
    struct r2_method *m = &out->method[out->count++];
    const struct r2_parts *parts = &out->parts[over];
    double total;

    residual += parts->level_of_row;
    total = parts->fixed + parts->random + residual;
    *m = (struct r2_method){ .method = method,
                             .words = words,
                             .over = over,
                             .residual = residual,
                             .marginal = parts->fixed / total,
                             .conditional = (parts->fixed + parts->random) / total,
                             .icc_adjusted = parts->random / (parts->random + residual),
                             .icc = parts->random / total };
}

static void add(struct r2 *out, const char *method, double residual, const char *words)
{
    add_over(out, R2_OVER_ROWS, method, residual, words);
}

/* An observation at mu = m of the null model, with the dispersion of row i where disp= gives each its own. */
static struct icc_observation one_at(const struct fit *fit, double mean, size_t i)
{
    double shape[FAMILY_SHAPES];

    fit_row_shapes(fit, i, shape);
    return icc_observation_at(fit, mean, shape);
}

static double logarithm_of(const struct icc_observation *one)
{
    return log1p(one->variance / (one->mean * one->mean)) * pow(one->mean / one->rate, 2);
}

static double delta_of(const struct icc_observation *one)
{
    return one->variance / (one->rate * one->rate);
}

static double trigamma_of(const struct icc_observation *one)
{
    return one->variance > 0 ? trigamma(one->mean * one->mean / one->variance) * pow(one->mean / one->rate, 2) : 0;
}

/* Its mean over the rows. */
static double left_over_rows(const struct fit *fit, double mean, double (*of)(const struct icc_observation *one))
{
    size_t n = icc_left_varies(fit) ? fit->design->n : 1;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        struct icc_observation one = one_at(fit, mean, i);

        sum += of(&one);
    }
    return sum / (double)n;
}

static void add_logs(const struct fit *fit, struct r2 *out)
{
    const char *slope = out->own_mean ? "/s²" : "", *V = out->own_mean ? "V" : "V(m)", *at = out->own_mean ? "μ" : "m";
    char number[2][NUMBER_SIZE];

    number_text(number[0], out->mean, 4);
    number_text(number[1], out->mean_b0, 4);
    add(out, "lognormal_lambda_full", left_over_rows(fit, out->mean, logarithm_of),
        arena_printf(out->arena, "log(1 + %s/m²)%s, %s = %s", V, slope, at, number[0]));
    add(out, "lognormal_lambda_b0", left_over_rows(fit, out->mean_b0, logarithm_of),
        arena_printf(out->arena, "the same, %s = exp(b0) = %s", at, number[1]));
    add(out, "delta_lambda_full", left_over_rows(fit, out->mean, delta_of),
        arena_printf(out->arena, "%s/m²%s, %s = %s", V, slope, at, number[0]));
    add(out, "trigamma_lambda_full", left_over_rows(fit, out->mean, trigamma_of),
        arena_printf(out->arena, "trigamma(m²/%s)%s, %s = %s", V, slope, at, number[0]));
}

static void add_latent(const struct fit *fit, enum r2_over over, struct r2 *out)
{
    bool logit = fit->link->kind == LINK_LOGIT, probit = fit->link->kind == LINK_PROBIT, trials = over == R2_OVER_TRIALS;
    const char *behind = trials ? ", over trials" : "";
    double p = trials ? out->mean_trials : out->mean;
    char number[NUMBER_SIZE];

    add_over(out, over,
             logit    ? (trials ? "pi2_over_3_trials" : "pi2_over_3")
             : probit ? (trials ? "probit_trials" : "probit")
                      : (trials ? "pi2_over_6_trials" : "pi2_over_6"),
             fit->link->latent_variance,
             arena_printf(out->arena, "latent: %s%s",
                          logit    ? "π²/3"
                          : probit ? "1"
                                   : "π²/6",
                          behind));
    if (logit && fit->family->support == SUPPORT_SUCCESSES)
        add_over(out, over, trials ? "delta_p_trials" : "delta_p", 1 / (p * (1 - p)),
                 arena_printf(out->arena, "observations: 1/(p(1 - p)), p = %s%s", number_text(number, p, 4), behind));
}

static void add_delta(const struct fit *fit, struct r2 *out)
{
    char number[NUMBER_SIZE];

    add(out, "delta", left_over_rows(fit, out->mean, delta_of),
        arena_printf(out->arena, out->own_mean ? "V (d η/d m)², μ = %s" : "V(m) (d η/d m)², m = %s",
                     number_text(number, out->mean, 4)));
}

/* Whether a row counts several trials. */
static bool counts_trials(const struct design *d)
{
    for (size_t i = 0; d->trials != NULL && i < d->n; i++)
        if (d->trials[i] > 1)
            return true;
    return false;
}

static void find_parts(const struct fit *fit, enum r2_over over, struct r2_parts *parts)
{
    parts->fixed = r2_fixed_variance(fit, over);
    for (int t = 0; t < fit->design->random_count; t++)
        *(icc_is_level_of_row(fit, t) ? &parts->level_of_row : &parts->random) += r2_term_variance(fit, over, t);
}

static bool add_methods(const struct fit *fit, struct r2 *out, const struct glmm_progress *progress, struct glmm_error *err)
{
    bool ordered = fit->family->support == SUPPORT_CATEGORIES;
    bool latent = (fit->family->support == SUPPORT_SUCCESSES || ordered) && isfinite(fit->link->latent_variance);

    if (fit->family->residual && fit->link->kind == LINK_IDENTITY) {
        add(out, "residual", icc_residual(fit, NULL), "σ²");
        return true;
    }
    if ((!latent || (fit->link->kind == LINK_LOGIT && !ordered)) && !find_mean(fit, out, progress, err))
        return false;
    if (latent)
        add_latent(fit, R2_OVER_ROWS, out);
    else if (fit->link->kind == LINK_LOG)
        add_logs(fit, out);
    else
        add_delta(fit, out);
    if (latent && counts_trials(fit->design))
        add_latent(fit, R2_OVER_TRIALS, out);
    for (int i = 0; i < out->count; i++)
        if (out->method[i].words == NULL)
            return fail_memory(err);
    return true;
}

struct r2 *r2_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena;
    struct r2 *out;

    if (!icc_is_defined(fit, "r2", err))
        return NULL;
    if (icc_is_infinite(fit)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "a variance is estimated as infinite: there is no share of it that is explained");
        return NULL;
    }
    arena = arena_new();
    out = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *out);
    if (out == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    fit = fit_proper(fit);
    *out = (struct r2){ .arena = arena, .mean = (double)NAN, .mean_b0 = (double)NAN, .mean_trials = (double)NAN };
    out->own_mean = family_own(fit->family)->mean != NULL;
    for (int over = 0; over < R2_OVERS; over++)
        find_parts(fit, (enum r2_over)over, &out->parts[over]);
    if (add_methods(fit, out, progress, err))
        return out;
    arena_free(arena);
    return NULL;
}

void r2_free(struct r2 *r2)
{
    if (r2 != NULL)
        arena_free(r2->arena);
}
