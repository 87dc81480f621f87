/* marginal.c -- see marginal.h. */
#include "infer/marginal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "fit/identify.h"
#include "model/family.h"

/* --- one mean -------------------------------------------------------------------------------- */

static bool is_identity(const struct link *link)
{
    return link->kind == LINK_IDENTITY;
}

/* A reciprocal: strictly its mean over a normal variable never exists.  Where 0 is more than five standard deviations
 * away, that is of no account, and the rule ends there. */
static bool has_pole(const struct link *link)
{
    double at_zero[4];

    if (link->valid == NULL)
        return false;
    link->inverse(0, at_zero);
    return !isfinite(at_zero[0]);
}

void averager_init(struct averager *averager, const struct link *link)
{
    averager->link = link;
    averager->varies = false;
    averager_set(averager, 0);
}

/* The step: the rule errs by about exp(-2 pi a / step), with a the distance from the real line, in units of Z, of the
 * nearest singularity of h(eta + s Z): 1/s for the Cauchy distribution, pi/s for the logistic one; for those without any
 * it is the growth of h there that counts.  A mean that grows as exp(s Z) has its weight about Z = s. */
void averager_spread(struct averager *averager, double variance)
{
    double s = sqrt(fmax(variance, 0)), reach = 10, step = 0.4 / (1 + 2.5 * s), sum = 0;

    for (int k = 0; k < AVERAGE_MEMORY; k++)
        averager->known_eta[k] = (double)NAN;
    averager->variance = variance;
    averager->count = 1;
    averager->node[0] = 0;
    averager->weight[0] = 1;
    if (!(s > 0))
        return;
    if (has_pole(averager->link))
        reach = 5;
    else if (averager->link->logs == NULL)
        reach += s;
    step = fmax(step, 2 * reach / (AVERAGE_NODES - 1));
    averager->count = 0;
    for (int k = -(int)(reach / step); k <= (int)(reach / step) && averager->count < AVERAGE_NODES; k++) {
        double z = k * step;

        averager->node[averager->count] = s * z;
        sum += averager->weight[averager->count++] = exp(-z * z / 2);
    }
    for (int k = 0; k < averager->count; k++)
        averager->weight[k] /= sum;
}

void averager_set(struct averager *averager, double variance)
{
    averager_spread(averager, is_identity(averager->link) ? 0 : variance);
    averager->variance = variance;
}

static bool identity_at(double eta, struct average *out)
{
    *out = (struct average){ eta, 1, 0 };
    return true;
}

/* The mean at an infinite estimate: the end of the range, whatever the random effects. */
static bool limit_at(const struct link *link, double eta, struct average *out)
{
    bool from_one = link->base != NULL && link->family->whole != NULL; /* counts without 0 */
    double mean = isnan(eta) ? (double)NAN : eta < 0 ? from_one : link->logs != NULL ? 1 : (double)INFINITY, mu[4];

    if (link->base != NULL && link->family->categories > 0 && !isnan(eta)) {
        link_inverse(link, eta, mu);
        mean = mu[0];
    }
    *out = (struct average){ mean, 0, 0 };
    return isfinite(mean);
}

/* Other links than these may leave their domain: a square root's mean is there all the same, and so is that of a log
 * probability, which then is more than the model allows. */
static bool reach_is_inside(const struct link *link, double low, double high)
{
    return !has_pole(link) || (link->valid(low) && link->valid(high) && (low > 0) == (high > 0));
}

/* Where a mean is remembered. */
static int place_of(double eta)
{
    uint64_t bits;

    memcpy(&bits, &eta, sizeof bits);
    return (int)((bits * 0x9e3779b97f4a7c15u) >> 32) & (AVERAGE_MEMORY - 1);
}

bool average_at(struct averager *averager, double eta, struct average *out)
{
    const struct link *link = averager->link;
    int place = place_of(eta);
    double mu[4];

    if (is_identity(link))
        return identity_at(eta, out);
    if (!isfinite(eta))
        return limit_at(link, eta, out);
    if (averager->known_eta[place] == eta && !averager->varies) {
        *out = averager->known[place];
        return isfinite(out->mean);
    }
    *out = (struct average){ 0, 0, 0 };
    if (!reach_is_inside(link, eta + averager->node[0], eta + averager->node[averager->count - 1])) {
        *out = (struct average){ (double)NAN, (double)NAN, (double)NAN };
        return false;
    }
    for (int k = 0; k < averager->count; k++) {
        link_inverse(link, eta + averager->node[k], mu);
        out->mean += averager->weight[k] * mu[0];
        out->slope += averager->weight[k] * mu[1];
        out->curvature += averager->weight[k] * mu[2];
    }
    averager->known_eta[place] = eta;
    averager->known[place] = *out;
    return isfinite(out->mean);
}

bool typical_at(const struct link *link, double eta, struct average *out)
{
    double mu[4];

    if (is_identity(link))
        return identity_at(eta, out);
    if (!isfinite(eta))
        return limit_at(link, eta, out);
    link_inverse(link, eta, mu);
    *out = (struct average){ mu[0], mu[1], mu[2] };
    return isfinite(out->mean);
}

void average_shapes(const struct averager *averager, double eta, double share, double slope[])
{
    const struct family *family = averager->link->family;
    double here[FAMILY_SHAPES];

    for (int k = 0; k < averager->count && isfinite(eta); k++) {
        family->mean_slopes(averager->link, eta + averager->node[k], here);
        for (int j = 0; j < family_shapes(family); j++)
            slope[j] += share * averager->weight[k] * here[j];
    }
}

/* --- rows ------------------------------------------------------------------------------------ */

struct marginal_rows rows_of_design(const struct design *design, const double **z)
{
    for (int t = 0; t < design->random_count; t++)
        z[t] = design->random[t].z;
    return (struct marginal_rows){ .n = design->n, .X = design->X, .z = z, .offset = design->offset, .trials = design->trials };
}

double rows_trials(const struct marginal_rows *rows, size_t i)
{
    return rows->trials == NULL ? 1 : rows->trials[i];
}

double rows_eta(const struct fit *fit, const struct marginal_rows *rows, size_t i)
{
    return (rows->offset == NULL ? 0 : rows->offset[i]) + fit_linear(fit, rows->X + i, rows->n);
}

/* K's entry with itself of the level that row i has of term t; of rows that are none of the design's the mean over its rows. */
static double related_at(const struct fit *fit, const struct marginal_rows *rows, int t, size_t i)
{
    const struct random_design *random = &fit->design->random[t];

    return random->related == NULL ? 1 : random_related(random, rows->made != NULL ? -1 : random->level[i]);
}

static double effect_at(const double *z, size_t i, int k, int a)
{
    return z == NULL ? 1 : z[i * (size_t)k + (size_t)a];
}

double rows_variance(const struct fit *fit, const struct marginal_rows *rows, size_t i)
{
    double variance = 0;

    for (int t = 0; t < fit->design->random_count; t++) {
        int k = fit->design->random[t].k;
        double related = related_at(fit, rows, t, i);

        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++)
                variance += effect_at(rows->z[t], i, k, a) * fit->random[t].covariance[a + b * k] * effect_at(rows->z[t], i, k, b)
                            * related;
    }
    return fmax(variance, 0);
}

/* v = K_ll |Lambda'z|^2, so dv/dLambda_ab = 2 K_ll z_a (Lambda'z)_b.  The templates of a fit are divided by sigma, those of its
 * joint covariance matrix are not. */
void rows_variance_slope(const struct fit *fit, const struct marginal_rows *rows, size_t i, double slope[])
{
    int free = 0;

    if (fit->imputed != NULL) /* pooled: no templates */
        return;
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *random = &fit->design->random[t];
        const double *lambda = fit->random[t].lambda;
        double related = related_at(fit, rows, t, i);
        int k = random->k;

        for (int b = 0; b < k; b++) {
            double along = 0;

            for (int a = b; a < k; a++)
                along += fit->sigma * lambda[a + b * k] * effect_at(rows->z[t], i, k, a);
            for (int a = b; a < random->covariance->end(k, b); a++)
                slope[free++] = 2 * effect_at(rows->z[t], i, k, a) * along * related;
        }
    }
}

/* --- the delta method ------------------------------------------------------------------------- */

int delta_count(const struct fit *fit)
{
    int more = fit->theta_count + (fit_mean_has_shapes(fit) ? fit->rest_count : 0);

    return fit->design->p + (fit->joint_count > 0 && fit_has_joint(fit) ? more : 0);
}

void delta_add_shapes(const struct fit *fit, const double slope[], double gradient[])
{
    for (int j = 0; j < family_shapes(fit->family); j++) {
        int at = fit_rest_of_shape(fit, j);

        if (at >= 0)
            gradient[fit->design->p + fit->theta_count + at] += slope[j];
    }
}

double joint_variance(const struct fit *fit, const double gradient[])
{
    double variance = fit_joint_quadratic(fit, fit->joint_count, gradient);

    return variance < 0 ? 0 : variance;
}

double delta_variance(const struct fit *fit, const double gradient[])
{
    int count = delta_count(fit);
    double variance;

    if (fit_error_is_open(fit, gradient, count > fit->design->p))
        return (double)NAN;
    variance = count == fit->design->p ? fit_variance(fit, gradient) : fit_joint_quadratic(fit, count, gradient);
    return variance < 0 ? 0 : variance;
}
