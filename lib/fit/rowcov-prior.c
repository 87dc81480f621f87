/* rowcov-prior.c -- the prior (model/prior.h) of a model with structures: coefficients beta = R^-1 gamma, the standard deviations
 * of the terms, each of a parameter x of its own, |unit ROWCOV_BEND sinh x| (one that all effects of a term share counts once),
 * and covariance matrices S = D C D, of which a Wishart prior is  tr S / scale - (df - k - 1) log|S|.
 *
 * In a linear model the standard deviations of the terms are in units of the residual sigma, and both sigma and beta are profiled
 * out: for each x they are where
 *
 *   log|V| + nu log(2 pi sigma^2) + |b - A beta|^2 / sigma^2 + prior(x, sigma, beta)
 *
 * is least, beta for a sigma by Newton's method (where the prior is not convex by Huber's weights, which always descend), sigma
 * at a root of the slope.  There the slopes in x are those with beta and sigma held. */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "model/prior.h"

enum { NEWTON_STEPS = 200, ROOT_STEPS = 200 };

static const double SETTLED = 1e-13; /* a step of Newton's, squared, in standard errors; of log sigma: what rounding leaves */
static const double FARTHEST = 40.0; /* log sigma beside that of the likelihood alone */

/* --- coefficients ---------------------------------------------------------------------------------------- */

/* beta of gamma, with what was taken out of y. */
static void to_coefficients(const struct rowcov *m, const double gamma[], double beta[])
{
    int p = m->p, step = 1;

    for (int j = 0; j < p; j++)
        beta[j] = m->family != NULL ? gamma[j] : (m->projection[j] + gamma[j]) * m->y_scale;
    dtrsv_("U", "N", "N", &p, m->R, &p, beta, &step);
}

/* Adds what the rules of coefficients give, and its slopes in gamma (NULL: not wanted); `beta` and `slope` (p each) are scratch.
 */
static double of_coefficients(const struct rowcov *m, const double gamma[], double beta[], double slope[], double gradient[])
{
    int p = m->p, step = 1;
    double sum = 0.0, unused;

    if (p == 0 || !prior_has_coefficients(m->design->prior))
        return 0.0;
    to_coefficients(m, gamma, beta);
    for (int j = 0; j < p; j++) {
        const struct prior_rule *rule = prior_of_coefficient(m->design->prior, PRIOR_OF_MEAN, m->design->names[j]);

        slope[j] = 0.0;
        if (rule != NULL)
            sum += prior_penalty(rule, beta[j], &slope[j], &unused);
    }
    if (gradient == NULL)
        return sum;
    dtrsv_("U", "T", "N", &p, m->R, &p, slope, &step);
    for (int j = 0; j < p; j++)
        gradient[j] += slope[j] * (m->family != NULL ? 1.0 : m->y_scale);
    return sum;
}

/* H (p x p, lower) += the second derivatives of the coefficients' prior in gamma; `positive`: of the parabola above it that
 * touches it there. */
void rowcov_prior_curvature(const struct rowcov *m, const double gamma[], bool positive, double H[])
{
    int p = m->p, step = 1;
    double *beta = m->scratch, *row = m->scratch + p, scale = m->family != NULL ? 1.0 : m->y_scale, slope, bend;

    if (p == 0 || !prior_has_coefficients(m->design->prior))
        return;
    to_coefficients(m, gamma, beta);
    for (int j = 0; j < p; j++) {
        const struct prior_rule *rule = prior_of_coefficient(m->design->prior, PRIOR_OF_MEAN, m->design->names[j]);

        if (rule == NULL)
            continue;
        prior_penalty(rule, beta[j], &slope, &bend);
        if (positive && beta[j] != rule->center)
            bend = slope / (beta[j] - rule->center);
        for (int i = 0; i < p; i++)
            row[i] = i == j;
        dtrsv_("U", "T", "N", &p, m->R, &p, row, &step);
        for (int b = 0; b < p; b++)
            for (int a = b; a < p; a++)
                H[a + b * p] += bend * scale * scale * row[a] * row[b];
    }
}

/* --- terms ------------------------------------------------------------------------------------------------ */

static double of_sds(const struct rowcov *m, const struct rowcov_term *t, const double x[], double sigma, double gradient[],
                     double *sigma_slope)
{
    double sum = 0.0, slope, unused;

    for (int a = 0; a < t->sd_count; a++) {
        const char *effect = t->sd_count == t->k ? t->random->names[a] : NULL;
        const struct prior_rule *rule = prior_of_sd(m->design->prior, t->random->group, effect);
        double at = x[t->first + a], scale = sigma * t->unit[a] * ROWCOV_BEND, sd = fabs(scale * sinh(at));

        if (rule == NULL)
            continue;
        sum += prior_penalty(rule, sd, &slope, &unused);
        *sigma_slope += slope * sd;
        if (gradient != NULL)
            gradient[t->first + a] += slope * scale * cosh(at) * (at < 0.0 ? -1.0 : 1.0);
    }
    return sum;
}

/* The slopes in S, whose matrices are those at x, go to the parameters as those of the likelihood do. */
static double of_matrix(const struct rowcov *m, struct rowcov_term *t, const double x[], double sigma, double gradient[],
                        double *sigma_slope)
{
    const struct prior_rule *rule = prior_of_covariance(m->design->prior, t->random->group);
    int k = t->k;
    double rank, sum = 0.0, s2 = sigma * sigma, *L = t->slopes[PART_LOGDET], *inverse = t->slopes[PART_RSS];
    double *own = m->settling + m->p * (m->p + 3); /* count; then k^2 */

    if (rule == NULL)
        return 0.0;
    rank = rule->df - k - 1;
    memset(inverse, 0, sizeof *inverse * (size_t)(k * k));
    for (int e = 0; e < k * k; e++)
        L[e] = s2 * t->sigma[e];
    for (int a = 0; a < k; a++) {
        sum += L[a + a * k] / rule->scale;
        *sigma_slope += 2.0 * L[a + a * k] / rule->scale;
    }
    if (rank > 0.0) {
        if (small_chol(k, L) != 0)
            return (double)INFINITY;
        *sigma_slope -= 2.0 * rank * k;
        for (int a = 0; a < k; a++)
            sum -= 2.0 * rank * log(L[a + a * k]);
        chol_invert(k, L, own + m->count, inverse, k);
    }
    for (int b = 0; b < k; b++)
        for (int a = b; a < k; a++)
            inverse[a + b * k] = inverse[b + a * k] = s2 * ((a == b) / rule->scale - rank * inverse[a + b * k]);
    if (gradient == NULL)
        return sum;
    memset(own, 0, sizeof *own * (size_t)m->count);
    rowcov_gather_term(t, x, PART_RSS, own);
    for (int i = t->first; i < t->first + t->sd_count + t->law_count; i++)
        gradient[i] += own[i];
    return sum;
}

static double of_terms(const struct rowcov *m, const double x[], double sigma, double gradient[], double *sigma_slope)
{
    double sum = 0.0;

    *sigma_slope = 0.0;
    for (int t = 0; t < m->term_count; t++)
        sum += of_sds(m, &m->terms[t], x, sigma, gradient, sigma_slope)
               + of_matrix(m, &m->terms[t], x, sigma, gradient, sigma_slope);
    return sum;
}

double rowcov_penalty(const struct rowcov *m, const double x[], double gradient[])
{
    double sum, unused, *scratch = m->scratch;

    if (m->design->prior == NULL)
        return 0.0;
    sum = m->family != NULL ? of_coefficients(m, x, scratch, scratch + m->p, gradient)
                            : of_coefficients(m, m->beta, scratch, scratch + m->p, NULL);
    sum += of_terms(m, x, m->family != NULL ? 1.0 : sqrt(m->sigma2) * m->y_scale, gradient, &unused);
    return isfinite(sum) ? sum : (double)INFINITY;
}

double rowcov_sigma_slope(const struct rowcov *m, const double x[])
{
    double slope = 0.0;

    if (m->design->prior != NULL)
        of_terms(m, x, sqrt(m->sigma2) * m->y_scale, NULL, &slope);
    return 2.0 * m->degrees - 2.0 * m->rss / m->sigma2 + slope;
}

/* --- linear models: beta and sigma ----------------------------------------------------------------------- */

/* |b - A beta|^2 at m->beta, where it is least at `least` with the value m->rss_least. */
static void set_rss(struct rowcov *m, const double least[])
{
    int p = m->p, e = p + 1;

    m->rss = m->rss_least;
    for (int k = 0; k < p; k++) {
        double sum = 0.0;

        for (int i = k; i < p; i++)
            sum += m->G[i + k * e] * (m->beta[i] - least[i]);
        m->rss += sum * sum;
    }
}

static double height(struct rowcov *m, const double least[])
{
    set_rss(m, least);
    return m->rss / m->sigma2 + of_coefficients(m, m->beta, m->scratch, m->scratch + m->p, NULL);
}

/* H := the second derivatives of the height in gamma, lower, p x p. */
static void set_curvature(struct rowcov *m, bool positive, double H[])
{
    int p = m->p, e = p + 1;

    for (int j = 0; j < p; j++)
        for (int i = j; i < p; i++) {
            double sum = 0.0;

            for (int k = 0; k <= j; k++)
                sum += m->G[i + k * e] * m->G[j + k * e];
            H[i + j * p] = 2.0 * sum / m->sigma2;
        }
    rowcov_prior_curvature(m, m->beta, positive, H);
}

/* step := H^-1 g, negative; g'H^-1 g.  Below 0 where H is not positive definite. */
static double newton(struct rowcov *m, const double least[], bool positive, double H[], double step[])
{
    int p = m->p, e = p + 1;
    double along = 0.0;

    for (int i = 0; i < p; i++) {
        step[i] = 0.0;
        for (int k = 0; k <= i; k++) {
            double sum = 0.0;

            for (int j = k; j < p; j++)
                sum += m->G[j + k * e] * (m->beta[j] - least[j]);
            step[i] += 2.0 * m->G[i + k * e] * sum / m->sigma2;
        }
    }
    of_coefficients(m, m->beta, m->scratch, m->scratch + p, step);
    set_curvature(m, positive, H);
    if (chol_factor(p, H, p) != 0)
        return -1.0;
    chol_solve_lower(p, H, p, step);
    for (int i = 0; i < p; i++)
        along += step[i] * step[i];
    chol_solve_upper(p, H, p, step);
    return along;
}

/* beta for the sigma, from that of the likelihood alone. */
static bool set_beta(struct rowcov *m, const double least[])
{
    int p = m->p;
    double *H = m->settling, *step = H + p * p, *kept = step + p, at;

    memcpy(m->beta, least, sizeof *least * (size_t)p);
    at = height(m, least);
    for (int tries = 0; tries < NEWTON_STEPS; tries++) {
        bool down = false;

        memcpy(kept, m->beta, sizeof *kept * (size_t)p);
        for (int positive = 0; positive < 2 && !down; positive++) {
            double along = newton(m, least, positive, H, step), there;

            if (along >= 0.0 && along < SETTLED) {
                for (int j = 0; j < p; j++)
                    m->beta[j] -= step[j];
                set_rss(m, least);
                return true;
            }
            for (int j = 0; along > 0.0 && j < p; j++)
                m->beta[j] -= step[j];
            there = height(m, least);
            down = along > 0.0 && there < at;
            if (down)
                at = there;
            else
                memcpy(m->beta, kept, sizeof *kept * (size_t)p);
        }
        if (!down) { /* to rounding */
            set_rss(m, least);
            return true;
        }
    }
    return false;
}

/* The slope of the whole in log sigma at it, beta following. */
static bool slope_at(struct rowcov *m, const double x[], const double least[], double log_sigma, double *slope)
{
    m->sigma2 = exp(2.0 * log_sigma);
    if (prior_has_coefficients(m->design->prior) && m->p > 0 && !set_beta(m, least))
        return false;
    *slope = rowcov_sigma_slope(m, x);
    return isfinite(*slope);
}

/* A root between low (slope below 0) and high: false position, halved where it stays at one side (the Illinois method). */
static bool find_root(struct rowcov *m, const double x[], const double least[], double low, double high, double f_low,
                      double f_high)
{
    double at = low, f = f_low;

    for (int i = 0; i < ROOT_STEPS && high - low > SETTLED * fmax(1.0, fabs(low)) && f != 0.0; i++) {
        at = i % 3 == 2 ? 0.5 * (low + high) : low - f_low * (high - low) / (f_high - f_low);
        if (!(at > low && at < high))
            at = 0.5 * (low + high);
        if (!slope_at(m, x, least, at, &f))
            return false;
        if (f < 0.0) {
            low = at;
            f_low = f;
        } else {
            high = at;
            f_high = f;
        }
    }
    return true;
}

bool rowcov_settle(struct rowcov *m, const double x[])
{
    double *least, start, reach, low, high, f_low, f_high;

    m->rss_least = m->rss;
    m->sigma2 = m->held_sigma2 > 0.0 ? m->held_sigma2 : m->rss / m->degrees;
    if (m->design->prior == NULL)
        return true;
    least = m->settling + m->p * m->p + 2 * m->p; /* which only a prior has */
    memcpy(least, m->beta, sizeof *least * (size_t)m->p);
    start = low = high = 0.5 * log(m->sigma2);
    if (!slope_at(m, x, least, start, &f_low) || m->held_sigma2 > 0.0)
        return m->held_sigma2 > 0.0;
    f_high = f_low;
    for (reach = 0.01; f_low > 0.0 && reach < FARTHEST; reach *= 2.0) {
        high = low;
        f_high = f_low;
        low = start - reach;
        if (!slope_at(m, x, least, low, &f_low))
            return false;
    }
    for (; f_high < 0.0 && reach < FARTHEST; reach *= 2.0) {
        low = high;
        f_low = f_high;
        high = start + reach;
        if (!slope_at(m, x, least, high, &f_high))
            return false;
    }
    return f_low <= 0.0 && f_high >= 0.0 && find_root(m, x, least, low, high, f_low, f_high);
}
