/* glmm-apart.c -- successes and failures that predictors and levels together tell apart: a variance that is infinite.
 *
 * Each linear predictor x'beta + sigma z u on the side of its row: then all is told better yet by 2 beta and 2 sigma, and what is
 * left of the likelihood is how probable it is that the levels lie as they do, a function of the ratios beta/sigma alone.  That
 * need not be more than what finite estimates give: levels of few rows can nearly always be told apart so.  Which it is says the
 * likelihood itself, of one effect an integral
 *
 *     L(beta, sigma) = prod over levels of the integral of phi(u) prod f(y | x'beta + sigma z u) du
 *
 * by the trapezoidal rule, whose error falls with exp(-2 pi d/h) for poles d away: at each of a series of sigma it is greatest at
 * some beta (Newton; log L is concave in beta where log f is in eta), and where that rises to the end of the series, above all
 * before, no finite sigma is the estimate.  With a prior it is the posterior density: normal coefficients hold beta, and sigma
 * with it where both have to run; a gamma density of rate 0 has no mode where the likelihood does not fall. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "fit/glmm-task.h"
#include "fit/revise.h"
#include "fit/tolerances.h"
#include "fit/verdict.h"
#include "linalg/lapack.h"
#include "model/prior.h"

static const double FIRST_SIGMA = 0.25; /* of the series, which doubles, behind 0 */
static const double RANGE = 9;          /* of u: beyond, a share of 1e-19 */
static const double STEP = 0.1;         /* of u, where f says nothing of it */
static const double ROW_STEP = 0.4;     /* of eta: poles of the logistic function are pi from the axis, and of the Cauchy 1 */
static const double RUNS = 1.5;         /* a coefficient that grows by more from the last but one sigma to the last, twice that */
enum { SIGMAS = 11, MOST_STEPS = 60, MOST_HALVINGS = 30, MOST_ROWS = 5000, FEW_NUMBERS = 1000 };
static const double NEAR_SD = 1; /* as FAR_SD, where the answer costs next to nothing: n p of FEW_NUMBERS */

struct series {
    struct glm *m;
    const struct grouping *grouping;
    double largest, sigma, unit;                                   /* largest: move of a row; unit: of the effect's multiplier */
    double *move;                                                  /* n: z, of mean square 1 */
    double *eta, *l1, *l2;                                         /* n: of a point's rows */
    double *gamma, *before, *trial, *slope, *step, *score, *first; /* p */
    double *curvature, *second;                                    /* p x p: minus the second derivatives; of a level */
};

/* Of a level, the sums over points: those of what is written, and their logarithm. */
struct level_sums {
    double most, share;
};

static void rescale(struct series *s, struct level_sums *sums, double log_share)
{
    size_t p = (size_t)s->m->p;
    double by = sums->share > 0 ? exp(sums->most - log_share) : 0;

    sums->share *= by;
    for (size_t j = 0; j < p; j++)
        s->first[j] *= by;
    for (size_t j = 0; j < p * p; j++)
        s->second[j] *= by;
    sums->most = log_share;
}

/* Adds the point u of a level: shares, scores, and score score' + the second derivatives. */
static void add_point(struct series *s, struct level_sums *sums, size_t from, size_t to, double u, const double gamma[])
{
    const struct glm *m = s->m;
    double *out[D_COUNT] = { [D_ETA] = s->l1, [D_ETA2] = s->l2 }, log_share, share;
    size_t p = (size_t)m->p;

    for (size_t i = from; i < to; i++) {
        double eta = m->offset == NULL ? 0 : m->offset[i];

        for (size_t j = 0; j < p; j++)
            eta += m->X[i + j * m->n] * gamma[j];
        s->eta[i - from] = eta + s->sigma * s->move[i] * u;
    }
    log_share = response_density(&m->response, from, to - from, s->eta, ORDER_HESSIAN, out) - 0.5 * u * u;
    if (!(log_share > -DBL_MAX))
        return;
    if (sums->share == 0 || log_share > sums->most)
        rescale(s, sums, log_share);
    share = exp(log_share - sums->most);
    if (share < DBL_EPSILON * DBL_EPSILON)
        return;
    sums->share += share;
    memset(s->score, 0, sizeof *s->score * p);
    for (size_t i = from; i < to; i++)
        for (size_t j = 0; j < p; j++)
            s->score[j] += s->l1[i - from] * m->X[i + j * m->n];
    for (size_t j = 0; j < p; j++) {
        s->first[j] += share * s->score[j];
        for (size_t k = 0; k <= j; k++) {
            double sum = s->score[j] * s->score[k];

            for (size_t i = from; i < to; i++)
                sum += s->l2[i - from] * m->X[i + j * m->n] * m->X[i + k * m->n];
            s->second[k + j * p] += share * sum;
        }
    }
}

/* Adds to slope and curvature what the prior has of the coefficients, beta = R^-1 gamma; returns the logarithm of its density. */
static double add_prior(struct series *s, const double gamma[])
{
    const struct glm *m = s->m;
    double *beta = s->score, *row = s->first, sum = 0, rate, bend;
    int p = m->p, one = 1;

    glm_to_beta(m, gamma, beta);
    for (int j = 0; j < p; j++) {
        const struct prior_rule *rule = prior_of_coefficient(m->design->prior, PRIOR_OF_MEAN, m->design->names[j]);

        if (rule == NULL)
            continue;
        sum -= 0.5 * prior_penalty(rule, beta[j], &rate, &bend);
        memset(row, 0, sizeof *row * (size_t)p);
        row[j] = 1;
        dtrsv_("U", "T", "N", &p, m->R, &p, row, &one);
        for (int a = 0; a < p; a++) {
            s->slope[a] -= 0.5 * rate * row[a];
            for (int b = 0; b <= a; b++)
                s->curvature[b + a * p] += 0.5 * bend * row[a] * row[b];
        }
    }
    return sum;
}

/* Of the standard deviation: the logarithm of its density. */
static double prior_of_sigma(const struct series *s)
{
    const struct random_design *design = s->m->terms[0].design;
    const struct prior_rule *rule =
        s->m->design->prior == NULL ? NULL : prior_of_sd(s->m->design->prior, design->group, design->names[0]);
    double rate, bend;

    return rule == NULL ? 0 : -0.5 * prior_penalty(rule, s->sigma / s->unit, &rate, &bend);
}

/* Whether there is a prior that keeps the standard deviation finite, or one of all coefficients or of matrices. */
static bool is_held(const struct glm *m)
{
    const struct prior *prior = m->design->prior;
    const struct random_design *design = m->terms[0].design;

    return prior != NULL
           && (prior_bounds_sd(prior, design->group, design->names[0]) || prior_is_jeffreys(prior)
               || prior_of_covariance(prior, design->group) != NULL);
}

/* log L at gamma, with slope and curvature (its upper triangle); -Infinity where it is 0, or work is stopped. */
static double log_likelihood(struct series *s, const double gamma[])
{
    struct glm *m = s->m;
    size_t p = (size_t)m->p;
    double h = fmin(STEP, ROW_STEP / fmax(s->sigma * s->largest, ROW_STEP)), total = 0;
    int points = (int)ceil(RANGE / h);

    memset(s->slope, 0, sizeof *s->slope * p);
    memset(s->curvature, 0, sizeof *s->curvature * p * p);
    for (int32_t l = 0; l < s->grouping->level_count; l++) {
        size_t from = s->grouping->row_from[l], to = s->grouping->row_to[l];
        struct level_sums sums = { 0 };

        if (from == to)
            continue;
        memset(s->first, 0, sizeof *s->first * p);
        memset(s->second, 0, sizeof *s->second * p * p);
        for (int a = -points; a <= points; a++)
            add_point(s, &sums, from, to, a * h, gamma);
        if (!(sums.share > 0) || !glm_goes_on(m))
            return -(double)INFINITY;
        total += sums.most + log(sums.share * h);
        for (size_t j = 0; j < p; j++) {
            s->slope[j] += s->first[j] / sums.share;
            for (size_t k = 0; k <= j; k++)
                s->curvature[k + j * p] +=
                    s->first[j] / sums.share * (s->first[k] / sums.share) - s->second[k + j * p] / sums.share;
        }
    }
    return m->design->prior == NULL ? total : total + add_prior(s, gamma);
}

/* step := the Newton step; returns what it promises, NaN where there is none. */
static double newton_step(struct series *s)
{
    int p = s->m->p, one = 1, info;
    double gain = 0;

    dpotrf_("U", &p, s->curvature, &p, &info);
    if (info != 0)
        return (double)NAN;
    memcpy(s->step, s->slope, sizeof *s->step * (size_t)p);
    dtrsv_("U", "T", "N", &p, s->curvature, &p, s->step, &one);
    for (int j = 0; j < p; j++)
        gain += 0.5 * s->step[j] * s->step[j];
    dtrsv_("U", "N", "N", &p, s->curvature, &p, s->step, &one);
    return gain;
}

/* The most of log L at this sigma, from gamma on, which it moves; NaN where it is not found. */
static double most_at_sigma(struct series *s)
{
    size_t p = (size_t)s->m->p;
    double value = log_likelihood(s, s->gamma);

    for (int round = 0; round < MOST_STEPS && isfinite(value); round++) {
        double gain = p == 0 ? 0 : newton_step(s), size = 1, next = -(double)INFINITY;
        int halvings = 0;

        if (!(gain > TOLERANCE_GAIN * TOLERANCE_LIMIT))
            return isnan(gain) ? gain : value;
        for (; halvings < MOST_HALVINGS && !(next >= value + TOLERANCE_DECREASE * size * gain); halvings++) {
            size = halvings == 0 ? 1 : size / 2;
            for (size_t j = 0; j < p; j++)
                s->trial[j] = s->gamma[j] + size * s->step[j];
            next = log_likelihood(s, s->trial);
        }
        if (!(next >= value)) /* rounding, where little was left */
            return gain < TOLERANCE_GAIN ? value : (double)NAN;
        memcpy(s->gamma, s->trial, sizeof *s->gamma * p);
        value = next;
    }
    return (double)NAN;
}

/* The root mean square of what the effect is multiplied by. */
static double size_of_move(const struct glm *m)
{
    double square = 0;

    for (size_t i = 0; i < m->n; i++)
        square += m->z[i * (size_t)m->K] * m->z[i * (size_t)m->K] / (double)m->n;
    return sqrt(square);
}

/* Whether log L rises to the end of the series, above what it is at the estimate; gamma and before: where it is greatest at the
 * last sigma and the last but one. */
static bool rises_to_the_end(struct series *s, const struct fit *fit)
{
    double value[SIGMAS], sigma = FIRST_SIGMA / 2, most = -(double)INFINITY;

    glm_from_beta(s->m, fit->beta, s->gamma);
    s->sigma = fit->random[0].sd[0] * size_of_move(s->m);
    if (s->sigma < FAR_SD && !isnan(value[0] = most_at_sigma(s))) /* one that is far may be as high as the end */
        most = value[0] + prior_of_sigma(s);
    memset(s->gamma, 0, sizeof *s->gamma * (size_t)s->m->p);
    for (int k = 0; k < SIGMAS; k++, sigma *= 2) {
        s->sigma = k == 0 ? 0 : sigma;
        memcpy(s->before, s->gamma, sizeof *s->before * (size_t)s->m->p);
        for (int j = 0; k > 1 && sigma > 1 && j < s->m->p; j++) /* in the ratio to sigma that they had */
            s->gamma[j] *= 2;
        value[k] = most_at_sigma(s) + prior_of_sigma(s);
        if (isnan(value[k]))
            return false;
        if (k < SIGMAS - 1)
            most = fmax(most, value[k]);
    }
    return value[SIGMAS - 1] > most + TOLERANCE_GAIN && value[SIGMAS - 2] > value[SIGMAS - 3];
}

/* Whether each linear predictor lies on the side of its row, and levels have rows to agree in. */
static bool is_told_apart(const struct fit *fit, const struct glm *m, const struct grouping *grouping)
{
    bool several = false;

    for (size_t i = 0; i < m->n; i++)
        if (!(glm_row_end(m, i) * fit->linear[m->row[i]] > 0))
            return false;
    for (int32_t l = 0; l < grouping->level_count; l++)
        several = several || grouping->row_to[l] > grouping->row_from[l] + 1;
    return several;
}

static bool set_series(struct series *s, struct arena *arena)
{
    const struct glm *m = s->m;
    size_t n = m->n, p = (size_t)m->p;
    double *block = arena_alloc(arena, 4 * n + 7 * p + 2 * p * p + 1, sizeof *block), size = size_of_move(m);

    s->move = block;
    if (block == NULL)
        return false;
    s->eta = s->move + n;
    s->l1 = s->eta + n;
    s->l2 = s->l1 + n;
    s->gamma = s->l2 + n;
    s->before = s->gamma + p;
    s->trial = s->before + p;
    s->slope = s->trial + p;
    s->step = s->slope + p;
    s->score = s->step + p;
    s->first = s->score + p;
    s->curvature = s->first + p;
    s->second = s->curvature + p * p;
    s->unit = size;
    for (size_t i = 0; i < n; i++) {
        s->move[i] = m->z[i * (size_t)m->K] / size;
        s->largest = fmax(s->largest, fabs(s->move[i]));
    }
    return true;
}

/* The coefficients that run with sigma; NULL where none do. */
static const double *run_of(const struct series *s)
{
    size_t p = (size_t)s->m->p;
    double *last = s->step, *before = s->score;
    bool any = false;

    glm_to_beta(s->m, s->gamma, last);
    glm_to_beta(s->m, s->before, before);
    for (size_t j = 0; j < p; j++) {
        if (!(fabs(last[j]) > RUNS * fabs(before[j])))
            last[j] = 0;
        any = any || last[j] != 0;
    }
    return any ? last : NULL;
}

void glm_tell_apart(struct fit *fit, struct glm *m)
{
    struct series s = { .m = m };
    const struct random_design *design;
    double far;

    if (m->term_count != 1 || m->K != 1 || m->terms[0].of != 0 || m->several != NULL || is_held(m)
        || m->response.family->response != RESPONSE_BINOMIAL || m->response.link->valid != NULL || m->n > MOST_ROWS
        || fit->escape != NULL || isnan(fit->loglik) || !(fit->random[0].sd[0] < DBL_MAX))
        return;
    s.grouping = &m->groupings[m->terms[0].grouping];
    far = m->n * (size_t)(m->p + 1) <= FEW_NUMBERS ? NEAR_SD : FAR_SD;
    if (!(fit->random[0].sd[0] * size_of_move(m) > far) || s.grouping->row_from == NULL || !is_told_apart(fit, m, s.grouping))
        return;
    if (set_series(&s, fit->arena) && rises_to_the_end(&s, fit)) {
        design = m->terms[0].design;
        verdict_say(&fit->optimum,
                    "the predictors and the levels of %s together tell all successes from all failures, and the likelihood%s "
                    "rises as they do so more sharply, so that the variance of %s is estimated as infinite",
                    design->group, m->design->prior == NULL ? "" : ", with the prior,", design->names[0]);
        revise_infinite(&fit->random[0], 0);
        for (size_t i = 0; i < m->n; i++)
            revise_fill(fit->fitted + m->row[i], 1, glm_row_end(m, i) > 0);
        glm_tell_infinite(fit, run_of(&s));
    }
}
