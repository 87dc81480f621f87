/* icc.c -- see icc.h. */
#include "infer/icc.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>
#include "base/memory.h"
#include "fit/identify.h"
#include "infer/marginal.h"
#include "infer/r2.h"
#include "model/family.h"
#include "model/residuals.h"

static bool is_linear_fit(const struct fit *fit)
{
    return fit->family->residual && fit->link->kind == LINK_IDENTITY;
}

/* z' Sigma z at row i. */
static double row_variance(const struct fit *fit, int t, size_t i)
{
    return random_row_variance(&fit->design->random[t], fit->random[t].covariance, i);
}

bool icc_is_level_of_row(const struct fit *fit, int t)
{
    return !is_linear_fit(fit) && fit->design->random[t].level_count == design_trials(fit->design) && !fit->has_scale;
}

bool icc_is_group(const struct fit *fit, int t)
{
    return is_first_of_group(fit->design, t) && !icc_is_level_of_row(fit, t);
}

/* How many observations row i stands for. */
static double trials_of(const struct design *design, size_t i)
{
    return design->trials == NULL ? 1 : design->trials[i];
}

static double term_variance(const struct fit *fit, int t)
{
    return r2_term_variance(fit_proper(fit), R2_OVER_TRIALS, t);
}

double icc_related(const struct fit *fit, int t)
{
    const struct random_design *random;
    double sum = 0;

    fit = fit_proper(fit);
    random = &fit->design->random[t];
    for (size_t i = 0; i < fit->design->n && random->related != NULL; i++)
        sum += trials_of(fit->design, i) * random_related(random, random->level[i]);
    return random->related == NULL ? 1 : sum / design_trials(fit->design);
}

double icc_group(const struct fit *fit, int t)
{
    double sum = 0;

    for (int s = 0; s < fit->design->random_count; s++)
        if (strcmp(fit->design->random[s].group, fit->design->random[t].group) == 0 && !icc_is_level_of_row(fit, s))
            sum += term_variance(fit, s);
    return sum;
}

/* Whether a level of term t determines the level of term s. */
static bool is_inside(const struct design *design, int t, int s, int32_t *outer)
{
    const struct random_design *inner = &design->random[t];

    return levels_are_nested(design->n, inner->level, inner->level_count, design->random[s].level, outer);
}

bool icc_shared(const struct fit *fit, int t, double *out)
{
    const struct design *design = fit_proper(fit)->design;
    int32_t *outer = NEW_ARRAY(int32_t, design->random[t].level_count + 1);
    double sum = 0;

    for (int s = 0; outer != NULL && s < design->random_count; s++)
        if (!icc_is_level_of_row(fit, s) && is_inside(design, t, s, outer))
            sum += term_variance(fit, s);
    mem_free(outer);
    *out = sum;
    return outer != NULL;
}

static double fixed_part(const struct design *design, const double *beta, size_t i)
{
    double sum = 0;

    for (int j = 0; j < design->p; j++)
        sum += design->X[(size_t)j * design->n + i] * beta[j];
    return sum;
}

/* Whether what the data leave open moves the differences of X beta between rows. */
static bool fixed_is_open(const struct fit *fit)
{
    const struct design *design = fit->design;
    bool open = false;

    for (size_t i = 1; (fit->identity != NULL || fit->escape != NULL) && !open && i < design->n; i++)
        open = fit_difference_is_open(fit, design->X + i, design->X, design->n);
    return open;
}

/* The mean response: at the log link averaged over observations and groups, elsewhere at the mean linear predictor. */
static double mean_response(const struct fit *fit)
{
    const struct design *design = fit->design;
    bool logs = fit->link->kind == LINK_LOG;
    double sum = 0, out[4], eta, spread;

    for (size_t i = 0; i < design->n; i++) {
        eta = fixed_part(design, fit->beta, i) + (design->offset == NULL ? 0 : design->offset[i]);
        spread = 0;
        for (int t = 0; t < design->random_count && logs; t++)
            spread += row_variance(fit, t, i);
        sum += trials_of(design, i) * (logs ? exp(eta + spread / 2) : eta);
    }
    sum /= design_trials(design);
    if (logs)
        return sum;
    fit->link->inverse(sum, out);
    return out[0];
}

bool icc_left_varies(const struct fit *fit)
{
    return fit->design->part[DESIGN_DISPERSION] != NULL;
}

static struct icc_observation weighted_at(const struct fit *fit, double mu, const double shape[], double weight)
{
    const struct observation at = { .y = 0, .trials = 1, .weight = weight };
    const struct family *own = family_own(fit->family);
    struct link link;
    double m[4];

    link_inverse(family_mean_link(own, fit->link, shape, &link), link_transform(fit->link, mu), m);
    return (struct icc_observation){ .mean = m[0],
                                     .variance = fit_has_no_variation(fit) ? 0 : family_variance(own, mu, shape, &at),
                                     .rate = m[1] };
}

struct icc_observation icc_observation_at(const struct fit *fit, double mu, const double shape[])
{
    return weighted_at(fit, mu, shape, 1);
}

/* What the family leaves at these shapes and prior weight, the mean being `mean` where it hangs on that. */
static double left_with(const struct fit *fit, double mean, const double shape[], double weight)
{
    struct icc_observation one;

    if (is_linear_fit(fit))
        return shape[0] / weight;
    if (isnan(mean))
        return shape[0] > 0 ? trigamma(weight / shape[0]) : 0;
    one = weighted_at(fit, mean, shape, weight);
    if (fit->link->kind == LINK_LOG)
        return log1p(one.variance / (one.mean * one.mean)) * pow(one.mean / one.rate, 2);
    return one.variance / (one.rate * one.rate);
}

/* The shapes of row i, by which the family leaves what it does. */
static void left_shapes(const struct fit *fit, double mean, size_t i, double shape[])
{
    if (icc_left_varies(fit)) {
        fit_row_shapes(fit, i, shape);
        return;
    }
    memcpy(shape, fit->shape, sizeof fit->shape);
    shape[0] = is_linear_fit(fit) ? fit->sigma * fit->sigma : isnan(mean) ? fit_dispersion_shown(fit) : shape[0];
}

/* The same of the fit; where disp= gives each row its dispersion, the mean over the rows. */
static double left_at(const struct fit *fit, double mean)
{
    double shape[FAMILY_SHAPES], sum = 0;

    left_shapes(fit, mean, 0, shape);
    if (!icc_left_varies(fit))
        return left_with(fit, mean, shape, 1);
    for (size_t i = 0; i < fit->design->n; i++) {
        left_shapes(fit, mean, i, shape);
        sum += trials_of(fit->design, i) * left_with(fit, mean, shape, 1);
    }
    return sum / design_trials(fit->design);
}

static void residual_part(const struct fit *fit, struct icc_parts *out)
{
    enum link_kind link = fit->link->kind;
    bool own_mean = family_own(fit->family)->mean != NULL;

    out->mean = NAN;
    if (is_linear_fit(fit)) {
        out->residual = left_at(fit, out->mean);
        out->scale = fit->mean_link != NULL && fit->mean_link != fit->link ? "log" : "response"; /* lognormal: of log y */
        out->formula = "σ²";
        return;
    }
    if ((fit->family->support == SUPPORT_SUCCESSES || fit->family->support == SUPPORT_CATEGORIES)
        && isfinite(fit->link->latent_variance)) {
        out->residual = fit->link->latent_variance;
        out->scale = "latent";
        out->formula = link == LINK_LOGIT ? "π²/3" : link == LINK_PROBIT ? "1" : "π²/6";
        return;
    }
    if (fit->family->mean_power == 2 && link == LINK_LOG) {
        out->residual = left_at(fit, out->mean);
        out->scale = "log";
        out->formula = "trigamma(1/dispersion)";
        return;
    }
    out->mean = mean_response(fit);
    out->residual = left_at(fit, out->mean);
    if (link == LINK_LOG) {
        out->scale = "log";
        out->formula = own_mean ? "log(1 + V/m²)/(d log m/d η)²" : "log(1 + V(μ)/μ²)";
        return;
    }
    out->scale = "link";
    out->formula = own_mean ? "V/(d m/d η)²" : "V(μ) / (d μ / d η)²";
}

bool icc_left_by_weights(const struct fit *fit, double range[2], double *average)
{
    const double *weights = fit_proper(fit)->design->weights;
    double shape[FAMILY_SHAPES];
    struct icc_parts parts;
    size_t n;

    fit = fit_proper(fit);
    n = fit->design->n;
    if (weights == NULL || n == 0 || !(is_linear_fit(fit) || family_own(fit->family)->weight_divides))
        return false;
    residual_part(fit, &parts);
    range[0] = range[1] = weights[0];
    *average = 0;
    for (size_t i = 0; i < n; i++) {
        left_shapes(fit, parts.mean, i, shape);
        *average += left_with(fit, parts.mean, shape, weights[i]) / (double)n;
        range[0] = fmin(range[0], weights[i]);
        range[1] = fmax(range[1], weights[i]);
    }
    return range[0] != 1 || range[1] != 1;
}

bool icc_is_defined(const struct fit *fit, const char *what, struct glmm_error *err)
{
    if (fit->design->residual != NULL && fit->design->residual->scale_count > 1)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    fit->design->residual->loads != NULL
                        ? "%s is not defined where disp= gives residuals %d variances by REML: the shares vary with them"
                        : "%s is not defined where residuals have a variance for each of %d levels: the shares vary with them",
                    what, fit->design->residual->scale_count);
    if (fit->base != NULL && fit->recession == NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "%s is not defined where the mean runs to 0 with the dispersion (see the verdict)", what);
    if (fit->design->part[DESIGN_DISPERSION] != NULL && fit->design->part[DESIGN_DISPERSION]->random_count > 0)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "%s is not defined where disp= has random effects: what is left would be that of the groups at hand", what);
    if (icc_left_varies(fit) && !isfinite(icc_residual(fit_proper(fit), NULL)))
        return fail(err, GLMM_E_MODEL, NOWHERE, "%s is not defined where disp= is infinite in some rows", what);
    return true;
}

/* What is random into out->random, and what effects that have a level for each row have into the rest. */
static void variance_parts(const struct fit *fit, struct icc_parts *out)
{
    residual_part(fit_proper(fit), out);
    for (int t = 0; t < fit->design->random_count; t++)
        if (icc_is_level_of_row(fit, t))
            out->level_of_row += term_variance(fit, t);
        else
            out->random += term_variance(fit, t);
    out->residual += out->level_of_row;
}

void icc_parts(const struct fit *fit, struct icc_parts *out)
{
    const struct fit *own = fit_proper(fit);

    *out = (struct icc_parts){ .fixed = fixed_is_open(own) ? (double)NAN : r2_fixed_variance(own, R2_OVER_TRIALS) };
    variance_parts(fit, out);
}

/* Whether the mean over the rows of the term's variance is determined: no entry is open of which it has anything. */
static bool term_is_known(const struct fit *fit, int t)
{
    const struct random_design *random = &fit->design->random[t];
    int k = random->k;
    bool open = false;

    if (fit->identity == NULL)
        return true;
    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a && !open; b++)
            for (size_t i = 0; !fit_knows(fit, t, a, b) && !open && i < fit->design->n; i++)
                open =
                    random->z == NULL || (random->z[i * (size_t)k + (size_t)a] != 0 && random->z[i * (size_t)k + (size_t)b] != 0);
    return !open;
}

double icc_term(const struct fit *fit, int t)
{
    return term_is_known(fit, t) ? term_variance(fit, t) : (double)NAN;
}

double icc_residual(const struct fit *fit, bool *hangs_on_mean)
{
    struct icc_parts parts;

    residual_part(fit, &parts);
    if (hangs_on_mean != NULL)
        *hangs_on_mean = !isnan(parts.mean);
    return parts.residual;
}

double icc_total(const struct fit *fit)
{
    struct icc_parts parts = { 0 };

    variance_parts(fit, &parts);
    return parts.random + parts.residual;
}

/* Of all infinite variances: of how many terms they are, and whether of this one. */
static int infinite_terms(const struct fit *fit, int t, bool *own)
{
    int count = 0;

    *own = false;
    for (int s = 0; s < fit->design->random_count; s++) {
        bool infinite = false;

        for (int a = 0; a < fit->random[s].k; a++)
            infinite = infinite || isinf(fit->random[s].sd[a]);
        count += infinite;
        *own = *own || (infinite && s == t);
    }
    return count;
}

bool icc_is_infinite(const struct fit *fit)
{
    bool own;

    return infinite_terms(fit, -1, &own) > 0;
}

double icc_share(const struct fit *fit, int t)
{
    bool own;
    int infinite = infinite_terms(fit, t, &own);

    if (infinite > 0)
        return !own ? 0 : infinite == 1 ? 1 : (double)NAN;
    return (t < 0 ? icc_residual(fit_proper(fit), NULL) : icc_term(fit, t)) / icc_total(fit);
}

double icc_ratio(const struct fit *fit, int t)
{
    double rest = icc_residual(fit_proper(fit), NULL), sum = rest;

    if (fit->identity != NULL)
        return (double)NAN;
    for (int s = 0; s < fit->design->random_count; s++) {
        if (fit->design->random[s].k != 1 || fit->design->random[s].z != NULL)
            return (double)NAN;
        sum += fit->random[s].covariance[0];
    }
    return (isfinite(sum) ? (t < 0 ? rest : fit->random[t].covariance[0]) : (double)NAN) / sum;
}

double icc_rest_sd(const struct fit *fit)
{
    return sqrt(icc_residual(fit_proper(fit), NULL));
}

/* Whether a sum of variances of intercepts that the data determine has the term, an intercept, as a part. */
static bool is_summed(const struct fit *fit, int t)
{
    const struct design *design = fit->design;
    bool summed = false;

    for (int j = 0; design->random[t].z == NULL && j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];
        bool inside = false, plain = true;

        for (int i = 0; i < sum->part_count; i++) {
            inside = inside || sum->parts[i].term == t;
            plain = plain && sum->parts[i].term >= 0 && design->random[sum->parts[i].term].z == NULL;
        }
        summed = summed || (inside && plain);
    }
    return summed;
}

bool icc_total_is_known(const struct fit *fit)
{
    if (identity_spread_is_open(fit) || !fit_knows(fit, -1, 0, 0))
        return false;
    for (int t = 0; t < fit->design->random_count; t++)
        if (!term_is_known(fit, t) && !is_summed(fit, t))
            return false;
    return true;
}

bool icc_has_shares(const struct fit *fit)
{
    return fit->design->random_count > 0 && fit->link->kind == LINK_IDENTITY && fit_has_residual(fit) && !icc_left_varies(fit)
           && icc_is_defined(fit, "icc", NULL) && icc_total_is_known(fit);
}

double icc_squares(const struct fit *fit, int t)
{
    const struct random_design *random;
    double *size, squares = 0;

    fit = fit_proper(fit);
    random = &fit->design->random[t];
    if (fit->design->trials == NULL) {
        for (int32_t l = 0; l < random->level_count; l++)
            squares += random->rows_of_level[l] * random->rows_of_level[l];
        return squares;
    }
    if ((size = NEW_ARRAY(double, random->level_count + 1)) == NULL)
        return (double)NAN;
    for (size_t i = 0; i < fit->design->n; i++)
        size[random->level[i]] += fit->design->trials[i];
    for (int32_t l = 0; l < random->level_count; l++)
        squares += size[l] * size[l];
    mem_free(size);
    return squares;
}

double icc_design_effect(const struct fit *fit, int t, double correlation, double *size)
{
    *size = icc_squares(fit, t) / design_trials(fit_proper(fit)->design);
    return 1 + (*size - 1) * correlation;
}

/* --- on the scale of the observations -------------------------------------------------------------------- */

/* Rules for what rows of one level share, for the rest, and for both. */
struct observed {
    const struct fit *fit;
    struct averager shared, rest, both;
};

/* Of two observations with the linear predictor eta in their fixed part, which share a level: their covariance, E g^2 - m^2 with
 * g the mean given what they share, and the variance of each, E V(mu) + E mu^2 - m^2.  False where a mean does not exist. */
static bool observed_row(struct observed *o, double eta, const double shape[], double *covariance, double *variance)
{
    const struct observation at = { .trials = 1, .weight = 1 };
    struct average mean, given;
    double squares = 0, alike = 0, own = 0;

    if (!average_at(&o->both, eta, &mean))
        return false;
    for (int i = 0; i < o->shared.count; i++) {
        if (!average_at(&o->rest, eta + o->shared.node[i], &given))
            return false;
        alike += o->shared.weight[i] * (given.mean - mean.mean) * (given.mean - mean.mean);
    }
    for (int i = 0; i < o->both.count; i++) {
        double there = eta + o->both.node[i], mu[4];

        link_inverse(o->both.link, there, mu);
        squares += o->both.weight[i] * (mu[0] - mean.mean) * (mu[0] - mean.mean);
        own += o->both.weight[i] * family_variance_at(o->fit->family, o->fit->link, there, mu[0], shape, &at);
    }
    *covariance = alike;
    *variance = own + squares;
    return isfinite(*variance) && *variance > 0;
}

bool icc_observed(const struct fit *fit, int t, const struct glmm_progress *progress, double *out)
{
    const struct design *design;
    struct observed *o = NEW(struct observed);
    bool *inside = NULL, ok, room;
    double covariance = 0, variance = 0, before[2] = { -1, -1 }, eta_before = (double)NAN, c = 0, v = 0;
    int32_t *outer;

    fit = fit_proper(fit);
    design = fit->design;
    outer = NEW_ARRAY(int32_t, design->random[t].level_count + 1);
    inside = NEW_ARRAY(bool, design->random_count + 1);
    room = o != NULL && outer != NULL && inside != NULL;
    ok = room && fit->mean_link != NULL;
    if (ok) {
        o->fit = fit;
        averager_init(&o->shared, fit->mean_link);
        averager_init(&o->rest, fit->mean_link);
        averager_init(&o->both, fit->mean_link);
        for (int s = 0; s < design->random_count; s++)
            inside[s] = !icc_is_level_of_row(fit, s) && is_inside(design, t, s, outer);
    }
    for (size_t i = 0; i < design->n && ok; i++) {
        double eta = fixed_part(design, fit->beta, i) + (design->offset == NULL ? 0 : design->offset[i]);
        double shared = 0, all = 0, shape[FAMILY_SHAPES];

        for (int s = 0; s < design->random_count; s++) {
            all += row_variance(fit, s, i);
            shared += inside[s] ? row_variance(fit, s, i) : 0;
        }
        if (shared != before[0] || all != before[1]) {
            averager_spread(&o->shared, shared);
            averager_spread(&o->rest, fmax(all - shared, 0));
            averager_spread(&o->both, all);
            eta_before = (double)NAN;
        }
        before[0] = shared;
        before[1] = all;
        fit_row_shapes(fit, i, shape);
        if (eta != eta_before || fit->shape_rows[0] != NULL)
            ok = observed_row(o, eta, shape, &c, &v) && progress_tell(progress, "row", (double)i, (double)design->n, (double)NAN);
        eta_before = eta;
        covariance += trials_of(design, i) * c;
        variance += trials_of(design, i) * v;
    }
    mem_free(outer);
    mem_free(inside);
    mem_free(o);
    *out = ok ? covariance / variance : (double)NAN;
    return room;
}
