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
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-pair.h"
#include "fit/rowcov-private.h"
#include "model/residuals.h"

static const double NO_SHARE =
    1e-12; /* a share whose logit is still a number; and the cosine that belongs to it, 2 sqrt(NO_SHARE) */
static const double NO_COSINE = 2e-6;

/* In logarithms of distances between neighbours, where correlations have become 0 or 1, or of the estimate, where a standard
 * deviation has become 0; of Matern's shape; how far an estimate is from an edge that it has
 * passed. */
static const double NEAR = -12.0, FAR = 14.0, ROUGH = -4.0, SMOOTH = 3.0, BEYOND = 1e-9;

static const double NEAR_END = 0.98; /* of the range of a correlation: where a search may begin */

enum kind { KIND_PLAIN, KIND_SD, KIND_LOG, KIND_SINE, KIND_SHARE };

struct coordinate {
    enum kind kind;
    double factor, least; /* of KIND_LOG: what it is times; of KIND_SHARE: its lowest value */
    double edge[2];
    int lag;   /* of a correlation that falls with it; 1 of others, 0 of an entry of a triangle, -1 of all else */
    bool root; /* of KIND_SD: psi^2 is it, where it has no sign that correlations could take (rowcov-rows.c): no kink at 0 */
};

struct rowcov_along {
    struct rowcov *m;
    bool borrows; /* m */
    int n, p;
    struct coordinate *list; /* n */
    double *estimate;        /* n */
    double *x, *slopes;      /* count */
    bool linear, centred;    /* centred: the last is log sigma, whatever disp= has */
    int at;                  /* where the triangle of the correlation that is held begins, or -1 */
    struct rowcov_pair pair;
};

/* --- from psi to the parameters, and slopes back ----------------------------------------------------------- */

static bool is_pair(const struct rowcov_along *a, int i)
{
    return a->at >= 0 && i >= a->at && i < a->at + law_count(LAW_US, a->pair.k);
}

/* Of disp= (model/residuals.h) psi_0 is half the first coefficient, psi_j another one times the size of its column:
 * x_j = psi_j - 2 cells size_j psi_0, and log sigma = psi_0 + 1/2 sum_j mean_j / size_j x_j.  Where means are far from 0 psi_0
 * and psi_j could only move together: there the last is log sigma itself, and the first coefficient no coordinate. */
static const struct residual_loads *loads_of(const struct rowcov_along *a)
{
    return a->m->residual.design == NULL ? NULL : a->m->residual.design->loads;
}

static bool is_load(const struct rowcov_along *a, int i)
{
    const struct residual_loads *loads = loads_of(a);

    return loads != NULL && i >= a->m->residual.first && i < a->m->residual.first + loads->count;
}

static double beyond_first(const struct rowcov_along *a, const double psi[], int i)
{
    const struct residual_loads *loads = loads_of(a);

    return psi[i] - (loads->cells ? 2.0 * loads->size[i - a->m->residual.first] * psi[a->n - 1] : 0.0);
}

/* How many of its sizes the mean of the column is from 0. */
static double far(const struct rowcov_along *a, int i)
{
    int j = i - a->m->residual.first;

    return loads_of(a)->mean[j] / loads_of(a)->size[j];
}

static double log_sigma(const struct rowcov_along *a, const double psi[])
{
    double out = a->linear ? psi[a->n - 1] : 0.0;

    for (int i = a->m->residual.first; is_load(a, i) && !a->centred; i++)
        out += 0.5 * far(a, i) * beyond_first(a, psi, i);
    return out;
}

static double sd_of(const struct coordinate *c, double psi)
{
    return c->root ? psi * psi : psi;
}

/* Standard deviations of a term in units of ROWCOV_BEND. */
static double bent(const struct rowcov_along *a, const double psi[], int i)
{
    return sd_of(&a->list[i], psi[i]) / (exp(log_sigma(a, psi)) * a->list[i].factor * ROWCOV_BEND);
}

/* Of those of residuals, which follow sigma. */
static bool is_ratio(const struct rowcov_along *a, int i)
{
    const struct residual_design *d = a->m->residual.design;

    return d != NULL && d->loads == NULL && i >= a->m->residual.first && i < a->m->residual.first + residual_scale_parameters(d);
}

static double engine_of(const struct rowcov_along *a, const double psi[], int i)
{
    double share;

    if (is_load(a, i))
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
        return psi[i] - (is_ratio(a, i) ? log_sigma(a, psi) : 0.0);
    case KIND_PLAIN:
        break;
    }
    return psi[i];
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
    case KIND_PLAIN:
        break;
    }
    return 1.0;
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
    return a->at < 0 || rowcov_pair_write(&a->pair, psi + a->at, a->x + a->at);
}

/* gradient: at the coefficients of disp= the slopes in x, last that in log sigma with all that follows it. */
static void pull_back_loads(const struct rowcov_along *a, double gradient[])
{
    const struct residual_loads *loads = loads_of(a);
    double sigma = gradient[a->n - 1];

    for (int i = a->m->residual.first; is_load(a, i); i++) {
        int j = i - a->m->residual.first;

        gradient[i] += a->centred ? 0.0 : 0.5 * far(a, i) * sigma;
        gradient[a->n - 1] -= loads->cells ? 2.0 * loads->size[j] * gradient[i] : 0.0;
    }
}

static void pull_back(struct rowcov_along *a, const double psi[], double gradient[])
{
    const struct rowcov *m = a->m;
    int p = a->p;

    for (int j = 0; j < p; j++) {
        gradient[j] = 0.0;
        for (int i = 0; i <= j; i++)
            gradient[j] += m->R[i + j * p] * a->slopes[i];
    }
    for (int i = p; i < m->count; i++) {
        if (!is_pair(a, i))
            gradient[i] = a->slopes[i] * engine_slope(a, psi, i);
        if (a->linear && a->list[i].kind == KIND_SD)
            gradient[a->n - 1] -= gradient[i] * psi[i] * (a->list[i].root ? 0.5 : 1.0);
        else if (a->linear && is_ratio(a, i))
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

/* --- making one --------------------------------------------------------------------------------------------- */

static void set_law(struct coordinate *list, const struct structure *structure, const struct positions *positions, int count)
{
    enum correlation_law law = structure->law;

    for (int i = 0; i < count; i++) {
        struct coordinate *c = &list[i];

        c->lag = law == LAW_TOEP ? i + 1 : law == LAW_US ? 0 : 1;
        switch (law) {
        case LAW_AR1:
        case LAW_TOEP:
            c->kind = KIND_SINE;
            break;
        case LAW_CS:
            c->kind = KIND_SHARE;
            c->least = positions->k > 1 ? -1.0 / (positions->k - 1) : -1.0;
            break;
        case LAW_OU:
        case LAW_EXP:
        case LAW_GAU:
        case LAW_MAT:
            c->kind = KIND_LOG;
            c->factor = law == LAW_OU ? 1.0 / positions->unit : i == 0 ? positions->unit : 1.0;
            c->edge[0] = law == LAW_OU ? -FAR : i == 0 ? NEAR : ROUGH;
            c->edge[1] = law == LAW_OU ? -NEAR : i == 0 ? FAR : SMOOTH;
            break;
        case LAW_NONE:
        case LAW_US:
            break;
        }
        if (c->kind == KIND_SINE || c->kind == KIND_SHARE) {
            c->edge[0] = -M_PI_2;
            c->edge[1] = M_PI_2;
        }
    }
}

static void set_kinds(struct rowcov_along *a)
{
    const struct rowcov *m = a->m;
    const struct rowcov_residual *r = &m->residual;

    for (int i = 0; i < a->n; i++)
        a->list[i] = (struct coordinate){ .kind = KIND_PLAIN, .factor = 1.0, .lag = -1, .edge = { -HUGE_VAL, HUGE_VAL } };
    for (int t = 0; t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];

        for (int s = 0; s < term->sd_count; s++) {
            a->list[term->first + s].kind = KIND_SD;
            a->list[term->first + s].factor = term->unit[s];
            a->list[term->first + s].root = rowcov_keeps_signs(term);
            a->list[term->first + s].edge[0] = 0.0;
        }
        set_law(a->list + term->first + term->sd_count, term->structure, &term->positions, term->law_count);
    }
    for (int s = 0; r->design != NULL && r->design->loads == NULL && s < residual_scale_parameters(r->design); s++)
        a->list[r->first + s].kind = KIND_LOG;
    if (r->design != NULL)
        set_law(a->list + r->first + residual_scale_parameters(r->design), r->design->structure, &r->design->positions,
                r->law_count);
    if (a->linear && a->centred)
        a->list[a->n - 1].kind = KIND_LOG;
    else if (a->linear)
        a->list[a->n - 1].factor = 2.0;
    if (a->at >= 0)
        a->list[a->at] = (struct coordinate){ .kind = KIND_SINE, .factor = 1.0, .lag = 0, .edge = { -M_PI_2, M_PI_2 } };
}

/* The two effects of a correlation of residuals, number `at` of fit->residual's. */
static void residual_pair(const struct residual_design *d, int at, int pair[2])
{
    int left = at - (residual_has_levels(d) ? d->scale_count : 0);

    for (pair[1] = 1; left >= pair[1]; pair[1]++)
        left -= pair[1];
    pair[0] = left;
}

/* Which triangle is to be turned, and how. */
static bool set_pair(struct rowcov_along *a, const struct along_parameter *q)
{
    const struct rowcov *m = a->m;
    const struct residual_design *d = m->residual.design;
    int pair[2];

    a->at = -1;
    if (q == NULL)
        return true;
    if (q->term >= 0 && q->what == ALONG_CORRELATION && m->terms[q->term].structure->law == LAW_US) {
        pair[0] = q->a;
        pair[1] = q->b;
        a->at = m->terms[q->term].first + m->terms[q->term].sd_count;
        return rowcov_pair_init(&a->pair, m->terms[q->term].k, pair);
    }
    if (q->term < 0 && q->what == ALONG_LAW && d != NULL && d->structure->law == LAW_US
        && q->a >= (residual_has_levels(d) ? d->scale_count : 0)) {
        residual_pair(d, q->a, pair);
        a->at = m->residual.first + residual_scale_parameters(d);
        return rowcov_pair_init(&a->pair, d->positions.k, pair);
    }
    return true;
}

/* x where the fit's search ended, with standard deviations that are positive: those of two effects, whose one correlation has any
 * sign, are turned together, so that the one that is held is. */
static void make_positive(const struct rowcov_term *t, int held, double x[])
{
    double *par = x + t->first + t->sd_count, sign = held >= 0 && x[t->first + held] < 0.0 ? -1.0 : 1.0;

    for (int i = 1; t->structure->law == LAW_US && i < t->sd_count; i++)
        for (int j = 0; j < i; j++)
            par[i * (i - 1) / 2 + j] *= (x[t->first + i] < 0.0) == (x[t->first + j] < 0.0) ? 1.0 : -1.0;
    for (int s = 0; s < t->sd_count; s++)
        x[t->first + s] = t->structure->law == LAW_US || rowcov_keeps_signs(t) ? fabs(x[t->first + s]) : sign * x[t->first + s];
}

/* psi of x. */
static double read_coordinate(const struct rowcov_along *a, int i, double sigma, double x)
{
    switch (a->list[i].kind) {
    case KIND_SD:
        x = sigma * a->list[i].factor * ROWCOV_BEND * sinh(x);
        return a->list[i].root ? sqrt(x) : x;
    case KIND_SINE:
        return atan(x);
    case KIND_SHARE:
        return asin(tanh(0.5 * x));
    case KIND_LOG:
        return x + (is_ratio(a, i) ? log(sigma) : 0.0);
    case KIND_PLAIN:
        break;
    }
    return x;
}

static void read_estimate(struct rowcov_along *a, const struct fit *fit, const struct along_parameter *q)
{
    const struct rowcov *m = a->m;
    double sigma = a->linear ? fit->sigma : 1.0;

    memcpy(a->x, fit->structured, sizeof(double) * (size_t)m->count);
    for (int t = 0; t < m->term_count; t++)
        make_positive(&m->terms[t], q != NULL && q->what == ALONG_SD && q->term == t ? q->a % m->terms[t].sd_count : 0, a->x);
    for (int i = 0; i < m->count; i++)
        a->estimate[i] = i < a->p ? fit->beta[i] : read_coordinate(a, i, sigma, a->x[i]);
    if (a->linear)
        a->estimate[a->n - 1] = a->centred ? log(sigma) : 0.5 * fit->residual->parameters[0].estimate;
    for (int i = m->residual.first; is_load(a, i); i++) {
        double size = loads_of(a)->size[i - m->residual.first];

        a->list[i].factor = 1.0 / size;
        for (int side = 0; m->term_count > 0 && side < 2; side++) /* beside effects some variances may go to 0 */
            a->list[i].edge[side] =
                size * fit->residual->parameters[i - m->residual.first + 1].estimate + (side == 0 ? 2.0 : -2.0) * NEAR;
        a->estimate[i] = size * fit->residual->parameters[i - m->residual.first + 1].estimate;
    }
    if (a->at >= 0 && !rowcov_pair_read(&a->pair, a->x + a->at, a->estimate + a->at)) /* singular: from the middle */
        memset(a->estimate + a->at, 0, sizeof(double) * (size_t)law_count(LAW_US, a->pair.k));
    for (int i = 0; i < a->n; i++) {
        double at = a->estimate[i];

        if (m->term_count > 0 && (is_ratio(a, i) || (a->linear && i == a->n - 1)))
            a->list[i].edge[0] = at + NEAR; /* residuals: 0 where effects explain all; alone they have no value there */
        a->list[i].edge[0] = fmin(a->list[i].edge[0], a->list[i].kind == KIND_LOG ? at - BEYOND : at);
        a->list[i].edge[1] = fmax(a->list[i].edge[1], a->list[i].kind == KIND_LOG ? at + BEYOND : at);
    }
}

/* Takes m unless it is borrowed, which may be NULL: err then says why. */
static struct rowcov_along *make(struct rowcov *m, bool borrows, const struct fit *fit, const struct along_parameter *parameter,
                                 struct glmm_error *err)
{
    struct rowcov_along *a = m == NULL ? NULL : NEW(struct rowcov_along);
    size_t n = m == NULL ? 0 : (size_t)(m->count + fit->exact) + 1;

    if (a == NULL) {
        rowcov_free(borrows ? NULL : m);
        if (m != NULL)
            fail_memory(err);
        return NULL;
    }
    a->m = m;
    a->borrows = borrows;
    a->linear = fit->exact;
    a->p = a->linear ? 0 : m->p;
    a->n = (int)n - 1;
    if ((a->list = NEW_ARRAY(struct coordinate, n)) == NULL || (a->estimate = NEW_ARRAY(double, 3 * n)) == NULL
        || !set_pair(a, parameter)) {
        fail_memory(err);
        rowcov_along_free(a);
        return NULL;
    }
    a->x = a->estimate + n;
    a->slopes = a->x + n;
    a->centred = loads_of(a) == NULL || residual_loads_are_far(loads_of(a));
    set_kinds(a);
    read_estimate(a, fit, parameter);
    return a;
}

struct rowcov_along *rowcov_along_new(const struct design *design, const struct fit *fit, const struct along_parameter *parameter,
                                      const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct family *family = fit->exact ? NULL : fit->family;
    const struct link *link = fit->exact ? NULL : fit->link;

    return make(rowcov_new(design, family, link, fit->method == METHOD_REML, progress, err), false, fit, parameter, err);
}

struct rowcov_along *rowcov_along_beside(const struct rowcov_along *other, const struct fit *fit,
                                         const struct along_parameter *parameter, struct glmm_error *err)
{
    return make(other->m, true, fit, parameter, err);
}

void rowcov_along_free(struct rowcov_along *a)
{
    if (a == NULL)
        return;
    if (!a->borrows)
        rowcov_free(a->m);
    mem_free(a->list);
    mem_free(a->estimate);
    rowcov_pair_clear(&a->pair);
    mem_free(a);
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
        return q->a == 0 ? (loads_of(a) != NULL && a->centred ? -1 : a->n - 1) : m->residual.first + q->a - 1;
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
    return a->list[i].kind == KIND_SINE || a->list[i].kind == KIND_SHARE;
}

bool rowcov_along_turn(const struct rowcov_along *a, int i, int end, double *psi)
{
    const struct coordinate *c = &a->list[i];

    if (c->lag < 0 || (c->lag == 0 && end != 0) || (c->lag > 0 && !rowcov_along_is_angle(a, i)))
        return false;
    if (c->kind == KIND_SHARE && end == 0)
        *psi = asin(fmin(fmax(-2.0 * c->least / (1.0 - c->least) - 1.0, -1.0), 1.0));
    else
        *psi = end == 0 ? 0.0 : asin(pow(NEAR_END, c->lag) * (end < 0 && c->lag % 2 == 1 ? -1.0 : 1.0));
    return true;
}

double rowcov_along_outward(const struct rowcov_along *a, int i, double x)
{
    const struct coordinate *c = &a->list[i];

    switch (c->kind) {
    case KIND_SD:
        return fabs(sd_of(c, x));
    case KIND_LOG:
        return x <= c->edge[0] ? 0.0 : x >= c->edge[1] ? HUGE_VAL : c->factor * exp(x);
    case KIND_SINE:
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
    int k = term->k, last = term->sd_count > 1 ? 1 : 0;

    if (!to_engine(a, psi) || !law_fill(term->structure->law, &term->positions, a->x + term->first + term->sd_count, sigma))
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
