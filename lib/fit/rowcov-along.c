/* rowcov-along.c -- see rowcov-along.h.
 *
 *   d(x, sigma) = log|V| + nu log(2 pi sigma^2) + r^2 / sigma^2 + constants,  x = x(psi, sigma)
 *
 * of which rowcov.h has log|V|, r^2 and the slopes of both in x.  Each x follows its own psi, and standard deviations sigma; the
 * coefficients of the orthonormalized X are R beta.  Where a correlation of an unstructured matrix is held, its two effects come
 * first (rowcov-pair.h). */
#include "fit/rowcov-along.h"

#include <assert.h>
#include <math.h>

#include "base/memory.h"
#include "fit/rowcov-along-private.h"
#include "model/residuals.h"
#include "model/toep.h"

static const double NO_SHARE =
    1e-12; /* a share whose logit is still a number; and the cosine that belongs to it, 2 sqrt(NO_SHARE) */
static const double NO_COSINE = 2e-6;

static const double NEAR_END = 0.98; /* of the range of a correlation: where a search may begin */

/* --- from psi to the parameters, and slopes back ----------------------------------------------------------- */

static bool is_pair(const struct rowcov_along *a, int i)
{
    return a->at >= 0 && i >= a->at && i < a->at + law_count(LAW_US, a->pair.k);
}

const struct residual_loads *rowcov_along_loads(const struct rowcov_along *a)
{
    return a->m->residual.design == NULL ? NULL : a->m->residual.design->loads;
}

bool rowcov_along_is_load(const struct rowcov_along *a, int i)
{
    const struct residual_loads *loads = rowcov_along_loads(a);

    return loads != NULL && i >= a->m->residual.first && i < a->m->residual.first + loads->count;
}

static double beyond_first(const struct rowcov_along *a, const double psi[], int i)
{
    const struct residual_loads *loads = rowcov_along_loads(a);

    return psi[i] - (loads->cells ? 2.0 * loads->size[i - a->m->residual.first] * psi[a->n - 1] : 0.0);
}

/* How many of its sizes the mean of the column is from 0. */
static double far(const struct rowcov_along *a, int i)
{
    int j = i - a->m->residual.first;

    return rowcov_along_loads(a)->mean[j] / rowcov_along_loads(a)->size[j];
}

static double log_sigma(const struct rowcov_along *a, const double psi[])
{
    double out = a->linear ? psi[a->n - 1] : 0.0;

    for (int i = a->m->residual.first; rowcov_along_is_load(a, i) && !a->centred; i++)
        out += 0.5 * far(a, i) * beyond_first(a, psi, i);
    return out;
}

static double sd_of(const struct along_coordinate *c, double psi)
{
    return c->root ? psi * psi : psi;
}

/* Standard deviations of a term in units of ROWCOV_BEND. */
static double bent(const struct rowcov_along *a, const double psi[], int i)
{
    return sd_of(&a->list[i], psi[i]) / (exp(log_sigma(a, psi)) * a->list[i].factor * ROWCOV_BEND);
}

bool rowcov_along_is_ratio(const struct rowcov_along *a, int i)
{
    const struct residual_design *d = a->m->residual.design;

    return d != NULL && d->loads == NULL && i >= a->m->residual.first && i < a->m->residual.first + residual_scale_parameters(d);
}

static double engine_of(const struct rowcov_along *a, const double psi[], int i)
{
    double share;

    if (rowcov_along_is_load(a, i))
        return beyond_first(a, psi, i);
    switch (a->list[i].kind) {
    case KIND_SD:
        return asinh(bent(a, psi, i));
    case KIND_SINE:
        return sin(psi[i]) / fmax(fabs(cos(psi[i])), ROWCOV_THIN);
    case KIND_SHARE:
        share = fmin(fmax(0.5 + 0.5 * sin(psi[i]), NO_SHARE), 1.0 - NO_SHARE);
        return log(share / (1.0 - share));
    case KIND_LOG:
        return psi[i] - (rowcov_along_is_ratio(a, i) ? log_sigma(a, psi) : 0.0);
    case KIND_ANGLE:
    case KIND_PLAIN:
        break;
    }
    return fmin(fmax(psi[i], a->list[i].flat[0]), a->list[i].flat[1]);
}

static double engine_slope(const struct rowcov_along *a, const double psi[], int i)
{
    double cosine = copysign(fmax(fabs(cos(psi[i])), ROWCOV_THIN), cos(psi[i])), b;

    switch (a->list[i].kind) {
    case KIND_SD:
        b = bent(a, psi, i);
        return (a->list[i].root ? 2.0 * psi[i] : 1.0)
               / (exp(log_sigma(a, psi)) * a->list[i].factor * ROWCOV_BEND * sqrt(1.0 + b * b));
    case KIND_SINE:
        return copysign(1.0 / (cosine * cosine), cosine);
    case KIND_SHARE:
        return 2.0 / copysign(fmax(fabs(cosine), NO_COSINE), cosine);
    case KIND_LOG:
    case KIND_ANGLE:
    case KIND_PLAIN:
        break;
    }
    return psi[i] < a->list[i].flat[0] || psi[i] > a->list[i].flat[1] ? 0.0 : 1.0;
}

/* Of lag 1, beside lag 2 that is held at r: within +- this there is a matrix. */
static double widest_first(double r)
{
    return sqrt(fmax(0.5 * (1.0 + r), 0.0));
}

static double within_one(double x)
{
    return fmin(fmax(x, -1.0 + NO_SHARE), 1.0 - NO_SHARE);
}

/* The partial correlation with which the lag that is held has its angle; false where with those before it there is none.  Beside
 * lag 2 that of lag 1 is the angle of its share of what may be. */
static bool set_held_lag(struct rowcov_along *a, const double psi[])
{
    double *x = a->x + a->lags, r = sin(psi[a->held_lag]), partial, beside;
    int i = a->held_lag - a->lags;

    if (i == 1)
        x[0] = asin(within_one(widest_first(r) * sin(psi[a->lags])));
    x[i] = 0.0;
    beside = toep_lag(x, i, a->room, a->slopes);
    if (!(a->slopes[i] > NO_SHARE)) /* it follows from those before it */
        return fabs(r - beside) < NO_COSINE;
    partial = (r - beside) / a->slopes[i];
    if (i > 1 && !(fabs(partial) < 1.0 + NO_COSINE))
        return false;
    x[i] = asin(within_one(partial));
    return isfinite(x[i]);
}

/* a->slopes, of the parameters, to those with that lag where it is; returns the slope in its angle.  slopes: scratch. */
static double pull_back_held_lag(struct rowcov_along *a, const double psi[], double slopes[])
{
    int i = a->held_lag - a->lags;
    double *of = a->slopes + a->lags, own, r = sin(psi[a->held_lag]), first;

    toep_lag(a->x + a->lags, i, a->room, slopes);
    own = slopes[i] > 0.0 ? of[i] / slopes[i] : 0.0;
    for (int j = 0; j < i; j++)
        of[j] -= own * slopes[j];
    if (i == 1) {
        first = of[0] / cos(a->x[a->lags]); /* in lag 1, lag 2 as it is */
        own += first * sin(psi[a->lags]) * 0.25 / fmax(widest_first(r), NO_COSINE);
        of[0] = first * widest_first(r) * cos(psi[a->lags]);
    }
    return own * cos(psi[a->held_lag]);
}

static bool to_engine(struct rowcov_along *a, const double psi[])
{
    const struct rowcov *m = a->m;

    for (int i = 0; i < a->p; i++) {
        a->x[i] = 0.0;
        for (int j = i; j < a->p; j++)
            a->x[i] += m->R[i + j * a->p] * psi[j];
    }
    for (int i = a->p; i < m->count; i++)
        if (!is_pair(a, i))
            a->x[i] = engine_of(a, psi, i);
    if (a->held_lag >= 0 && !set_held_lag(a, psi))
        return false;
    return a->at < 0 || rowcov_pair_write(&a->pair, psi + a->at, a->x + a->at);
}

/* gradient: at the coefficients of disp= the slopes in x, last that in log sigma with all that follows it. */
static void pull_back_loads(const struct rowcov_along *a, double gradient[])
{
    const struct residual_loads *loads = rowcov_along_loads(a);
    double sigma = gradient[a->n - 1];

    for (int i = a->m->residual.first; rowcov_along_is_load(a, i); i++) {
        int j = i - a->m->residual.first;

        gradient[i] += a->centred ? 0.0 : 0.5 * far(a, i) * sigma;
        gradient[a->n - 1] -= loads->cells ? 2.0 * loads->size[j] * gradient[i] : 0.0;
    }
}

static void pull_back(struct rowcov_along *a, const double psi[], double gradient[])
{
    const struct rowcov *m = a->m;
    int p = a->p;
    double of_lag = a->held_lag < 0 ? 0.0 : pull_back_held_lag(a, psi, gradient);

    for (int j = 0; j < p; j++) {
        gradient[j] = 0.0;
        for (int i = 0; i <= j; i++)
            gradient[j] += m->R[i + j * p] * a->slopes[i];
    }
    for (int i = p; i < m->count; i++) {
        if (!is_pair(a, i))
            gradient[i] = i == a->held_lag ? of_lag : a->slopes[i] * engine_slope(a, psi, i);
        if (a->linear && a->list[i].kind == KIND_SD)
            gradient[a->n - 1] -= gradient[i] * psi[i] * (a->list[i].root ? 0.5 : 1.0);
        else if (a->linear && rowcov_along_is_ratio(a, i))
            gradient[a->n - 1] -= gradient[i];
    }
    pull_back_loads(a, gradient);
    if (a->at >= 0)
        rowcov_pair_pull_back(&a->pair, psi + a->at, a->slopes + a->at, gradient + a->at);
}

/* sigma2 of a linear model is held; 0: it is best. */
static double value_with(struct rowcov_along *a, const double psi[], double sigma2, double gradient[])
{
    struct rowcov *m = a->m;
    double value;

    if (!to_engine(a, psi))
        return MINIMIZE_BAD;
    if (a->linear)
        rowcov_hold_sigma2(m, sigma2 / (m->y_scale * m->y_scale));
    if (!((value = rowcov_value(m, a->x)) < MINIMIZE_BAD))
        return MINIMIZE_BAD;
    if (!isfinite(value))
        return MINIMIZE_BAD;
    if (gradient == NULL)
        return value;
    if (!rowcov_gradient(m, a->x, a->slopes))
        return MINIMIZE_BAD;
    if (a->linear)
        gradient[a->n - 1] = sigma2 > 0 ? rowcov_sigma_slope(m, a->x) : 0;
    pull_back(a, psi, gradient);
    return value;
}

double rowcov_along_value(struct rowcov_along *a, const double psi[], double gradient[])
{
    return value_with(a, psi, exp(2.0 * log_sigma(a, psi)), gradient);
}

double rowcov_along_profiled(struct rowcov_along *a, const double psi[], double gradient[])
{
    return value_with(a, psi, 0, gradient);
}

double rowcov_along_work(const struct rowcov_along *a)
{
    return rowcov_work(a->m);
}

/* --- for who follows them -------------------------------------------------------------------------------------- */

int rowcov_along_count(const struct rowcov_along *a)
{
    return a->n;
}

const double *rowcov_along_estimate(const struct rowcov_along *a)
{
    return a->estimate;
}

int rowcov_along_find(const struct rowcov_along *a, const struct along_parameter *q)
{
    const struct rowcov *m = a->m;
    const struct rowcov_term *t = q->term >= 0 ? &m->terms[q->term] : NULL;
    const struct residual_design *d = m->residual.design;
    int scales = d == NULL ? 0 : d->loads != NULL ? d->loads->count + 1 : d->scale_count > 1 ? d->scale_count : 0;

    switch (q->what) {
    case ALONG_SD:
        assert(t != NULL); /* standard deviations are random terms' */
        return t->first + (t->sd_count > 1 ? q->a : 0);
    case ALONG_CORRELATION:
        return a->at;
    case ALONG_SIGMA:
        return a->linear ? a->n - 1 : -1;
    case ALONG_FIXED:
        return a->linear ? -1 : q->a;
    case ALONG_SHAPE:
        return a->linear || q->a < 0 ? -1 : m->count - m->laplace->shapes + q->a;
    case ALONG_LAW:
        break;
    }
    if (t != NULL)
        return t->first + t->sd_count + q->a;
    if (q->a < scales)
        return q->a == 0 ? (rowcov_along_loads(a) != NULL && a->centred ? -1 : a->n - 1) : m->residual.first + q->a - 1;
    return a->at >= 0 ? a->at : m->residual.first + (scales > 0 ? scales - 1 : 0) + q->a - scales;
}

void rowcov_along_edges(const struct rowcov_along *a, int i, double edge[2])
{
    edge[0] = a->list[i].edge[0];
    edge[1] = a->list[i].edge[1];
}

bool rowcov_along_is_sd(const struct rowcov_along *a, int i)
{
    return a->list[i].kind == KIND_SD;
}

bool rowcov_along_bends(const struct rowcov_along *a)
{
    const struct rowcov *m = a->m;
    bool bends = !a->linear || m->residual.design != NULL || a->at >= 0;

    for (int t = 0; t < m->term_count; t++)
        bends = bends || m->terms[t].law_count > 0;
    return bends;
}

bool rowcov_along_is_root(const struct rowcov_along *a, int i)
{
    return a->list[i].root;
}

bool rowcov_along_is_angle(const struct rowcov_along *a, int i)
{
    return a->list[i].kind == KIND_SINE || a->list[i].kind == KIND_ANGLE || a->list[i].kind == KIND_SHARE;
}

bool rowcov_along_turn(const struct rowcov_along *a, int i, int end, double *psi)
{
    const struct along_coordinate *c = &a->list[i];

    bool behind = c->lag == 0 && c->kind == KIND_ANGLE; /* what follows from the first */

    if (c->lag < 0 || (c->lag == 0 && end != 0 && !behind) || (c->lag > 0 && !rowcov_along_is_angle(a, i)))
        return false;
    if (c->kind == KIND_SHARE && end == 0)
        *psi = asin(fmin(fmax(-2.0 * c->least / (1.0 - c->least) - 1.0, -1.0), 1.0));
    else
        *psi = end == 0 || behind ? 0.0 : asin(end < 0 ? -NEAR_END : NEAR_END);
    return true;
}

double rowcov_along_outward(const struct rowcov_along *a, int i, double x)
{
    const struct along_coordinate *c = &a->list[i];

    switch (c->kind) {
    case KIND_SD:
        return fabs(sd_of(c, x));
    case KIND_LOG:
        return x <= c->edge[0] ? 0.0 : x >= c->edge[1] ? HUGE_VAL : c->factor * exp(x);
    case KIND_SINE:
    case KIND_ANGLE:
        return x <= c->edge[0] ? -1.0 : x >= c->edge[1] ? 1.0 : sin(x);
    case KIND_SHARE:
        return c->least + (1.0 - c->least) * (x <= c->edge[0] ? 0.0 : x >= c->edge[1] ? 1.0 : 0.5 + 0.5 * sin(x));
    case KIND_PLAIN:
        break;
    }
    return x <= c->edge[0] ? -HUGE_VAL : x >= c->edge[1] ? HUGE_VAL : c->factor * x;
}

void rowcov_along_sds(const struct rowcov_along *a, const double psi[], int t, double sd[])
{
    const struct rowcov_term *term = &a->m->terms[t];

    for (int e = 0; e < term->k; e++) {
        int i = term->first + (term->sd_count > 1 ? e : 0);

        sd[e] = sd_of(&a->list[i], psi[i]);
    }
}

bool rowcov_along_covariance(struct rowcov_along *a, const double psi[], int t, double sigma[])
{
    const struct rowcov_term *term = &a->m->terms[t];
    struct positions all = term->positions;
    int k = term->k, last = term->sd_count > 1 ? 1 : 0;

    all.pair = NULL;
    if (!to_engine(a, psi) || !law_fill(term->structure->law, &all, a->x + term->first + term->sd_count, sigma))
        return false;
    for (int e = 0; e < k; e++)
        for (int f = 0; f < k; f++)
            sigma[f + e * k] *= sd_of(&a->list[term->first + last * e], psi[term->first + last * e])
                                * sd_of(&a->list[term->first + last * f], psi[term->first + last * f]);
    return true;
}

void rowcov_along_wald(const struct rowcov_along *a, int i, double reach, double *lower, double *upper)
{
    double at = a->estimate[i], ends[2];

    for (int side = 0; side < 2; side++) {
        double by = side == 0 ? -reach : reach;

        switch (a->list[i].kind) {
        case KIND_SD:
            ends[side] = sd_of(&a->list[i], at) * exp(by / at * (a->list[i].root ? 2.0 : 1.0));
            break;
        case KIND_SINE:
        case KIND_ANGLE:
            ends[side] = tanh(atanh(sin(at)) + by / cos(at));
            break;
        case KIND_SHARE: /* half a logit is Fisher's z of the sine */
            ends[side] = a->list[i].least + (1.0 - a->list[i].least) * (0.5 + 0.5 * tanh(atanh(sin(at)) + by / cos(at)));
            break;
        case KIND_LOG:
            ends[side] = a->list[i].factor * exp(at + by);
            break;
        case KIND_PLAIN:
            ends[side] = a->list[i].factor * (at + by);
            break;
        }
    }
    *lower = ends[0];
    *upper = ends[1];
}
