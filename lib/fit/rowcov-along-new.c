/* rowcov-along-new.c -- the coordinates of rowcov-along.h: their kinds, their ends, and where a fit stands in them. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-along-private.h"
#include "model/residuals.h"
#include "model/toep.h"

/* In logarithms of distances between neighbours, where correlations have become 0 or 1, or of the estimate, where a standard
 * deviation has become 0; of Matern's shape; how far an estimate is from an edge that it has
 * passed. */
static const double NEAR = -12.0, FAR = 14.0, ROUGH = -4.0, SMOOTH = 3.0, BEYOND = 1e-9;

static void set_law(struct along_coordinate *list, const struct structure *structure, const struct positions *positions,
                    int count)
{
    enum correlation_law law = structure->law;

    for (int i = 0; i < count; i++) {
        struct along_coordinate *c = &list[i];

        c->lag = law == LAW_US || (law == LAW_TOEP && i > 0) ? 0 : 1;
        switch (law) {
        case LAW_AR1:
            c->kind = KIND_SINE;
            break;
        case LAW_TOEP:
            c->kind = KIND_ANGLE;
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
        if (c->kind == KIND_SINE || c->kind == KIND_ANGLE || c->kind == KIND_SHARE) {
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
        a->list[i] = (struct along_coordinate){
            .kind = KIND_PLAIN, .factor = 1.0, .lag = -1, .edge = { -HUGE_VAL, HUGE_VAL }, .flat = { -HUGE_VAL, HUGE_VAL }
        };
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
        a->list[a->at] = (struct along_coordinate){ .kind = KIND_SINE, .factor = 1.0, .lag = 0, .edge = { -M_PI_2, M_PI_2 } };
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

/* Of toep, psi of a lag is the angle of its partial correlation; of one that is held that of its correlation. */
static void set_lag(struct rowcov_along *a, const struct along_parameter *q)
{
    const struct rowcov *m = a->m;
    const struct residual_design *d = m->residual.design;
    int at;

    a->held_lag = -1;
    if (q == NULL || q->what != ALONG_LAW)
        return;
    at = rowcov_along_find(a, q);
    if (q->term >= 0 && m->terms[q->term].structure->law == LAW_TOEP)
        a->lags = m->terms[q->term].first + m->terms[q->term].sd_count;
    else if (q->term < 0 && d != NULL && d->structure->law == LAW_TOEP)
        a->lags = m->residual.first + residual_scale_parameters(d);
    else
        return;
    a->held_lag = at > a->lags ? at : -1;
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
    case KIND_ANGLE:
        return asin(sin(x));
    case KIND_SHARE:
        return asin(tanh(0.5 * x));
    case KIND_LOG:
        return x + (rowcov_along_is_ratio(a, i) ? log(sigma) : 0.0);
    case KIND_PLAIN:
        break;
    }
    return x;
}

/* Standard deviations of residuals that are 0: from there, by logarithms, no slope would lead a profile away. */
static void leave_zero(struct rowcov_along *a, const struct fit *fit)
{
    const struct rowcov_residual *r = &a->m->residual;
    double largest = 0.0;

    for (int s = 0; residual_has_levels(r->design) && s < r->design->scale_count; s++)
        largest = fmax(largest, fit->residual->parameters[s].estimate);
    for (int s = 0; largest > 0.0 && s < r->design->scale_count; s++)
        if (fit->residual->parameters[s].estimate == 0.0)
            a->estimate[s == 0 ? a->n - 1 : r->first + s - 1] = log(largest) + NEAR;
}

static void read_held_lag(struct rowcov_along *a)
{
    double r = toep_lag(a->x + a->lags, a->held_lag - a->lags, a->room, NULL);

    a->estimate[a->held_lag] = asin(fmin(fmax(r, -1.0), 1.0));
    if (a->held_lag == a->lags + 1 && r > -1.0) /* of what lag 1 may be */
        a->estimate[a->lags] = asin(fmin(fmax(sin(a->x[a->lags]) / sqrt(0.5 * (1.0 + r)), -1.0), 1.0));
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
    if (a->held_lag >= 0)
        read_held_lag(a);
    if (a->linear)
        a->estimate[a->n - 1] = a->centred ? log(sigma) : 0.5 * fit->residual->parameters[0].estimate;
    for (int i = m->residual.first; rowcov_along_is_load(a, i); i++) {
        double size = rowcov_along_loads(a)->size[i - m->residual.first];

        a->list[i].factor = 1.0 / size;
        for (int side = 0; m->term_count > 0 && side < 2; side++) /* beside effects some variances may go to 0 */
            a->list[i].edge[side] =
                size * fit->residual->parameters[i - m->residual.first + 1].estimate + (side == 0 ? 2.0 : -2.0) * NEAR;
        a->estimate[i] = size * fit->residual->parameters[i - m->residual.first + 1].estimate;
    }
    leave_zero(a, fit);
    if (a->at >= 0 && !rowcov_pair_read(&a->pair, a->x + a->at, a->estimate + a->at)) /* singular: from the middle */
        memset(a->estimate + a->at, 0, sizeof(double) * (size_t)law_count(LAW_US, a->pair.k));
    for (int i = 0; i < a->n; i++) {
        double at = a->estimate[i];

        if (m->term_count > 0 && (rowcov_along_is_ratio(a, i) || (a->linear && i == a->n - 1)))
            a->list[i].edge[0] = at + NEAR; /* residuals: 0 where effects explain all; alone they have no value there */
        a->list[i].edge[0] = fmin(a->list[i].edge[0], a->list[i].kind == KIND_LOG ? at - BEYOND : at);
        a->list[i].edge[1] = fmax(a->list[i].edge[1], a->list[i].kind == KIND_LOG ? at + BEYOND : at);
    }
}

/* Effects of each row may take all that a row varies by.  From where its own variance is a 1e-10th of the estimate the criterion
 * falls by no more than that, and has no more digits to fall by. */
static void set_flat(struct rowcov_along *a, const struct family *family)
{
    struct along_coordinate *dispersion = a->list + a->m->count - (a->linear ? 0 : a->m->laplace->shapes);
    double at = a->linear ? 0.0 : a->estimate[dispersion - a->list], reach = 2.0 * NEAR;

    if (a->linear || family->categories > 0 || !family->has_dispersion || a->m->laplace->outer[0] != 0)
        return;
    if (family->limit != NULL && strcmp(family->limit, "gaussian") == 0) /* a t's is log sigma */
        reach = NEAR;
    dispersion->flat[0] = at + reach;
    dispersion->flat[1] = at - reach;
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
    if (!(borrows || rowcov_met_terms(m)) || (a->list = NEW_ARRAY(struct along_coordinate, n)) == NULL
        || (a->estimate = NEW_ARRAY(double, (3 + LAW_ROOM) * n)) == NULL || !set_pair(a, parameter)) {
        fail_memory(err);
        rowcov_along_free(a);
        return NULL;
    }
    a->x = a->estimate + n;
    a->slopes = a->x + n;
    a->room = a->slopes + n;
    a->centred = rowcov_along_loads(a) == NULL || residual_loads_are_far(rowcov_along_loads(a));
    set_lag(a, parameter);
    set_kinds(a);
    read_estimate(a, fit, parameter);
    set_flat(a, fit->family);
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
