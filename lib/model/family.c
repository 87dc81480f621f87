/* family.c -- the table of families, and what holds for all of them. */
#include "model/family.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/text.h"
#include "model/family-parts.h"

static const double FLAT = 1e-12; /* a slope at which the best eta of a row is found, and a bracket of it that is narrow enough */

static const struct family *const families[] = {
    &family_gaussian,
    &family_binomial,
    &family_poisson,
    &family_gamma,
    &family_inverse_gaussian,
    &family_nbinom2,
    &family_nbinom1,
    &family_beta,
    &family_betabinomial,
    &family_lognormal,
    &family_t,
    &family_tweedie,
    &family_compois,
    &family_genpois,
    &family_truncated_poisson,
    &family_truncated_nbinom1,
    &family_truncated_nbinom2,
    &family_ordbeta,
    &family_ordinal,
};

int family_count(void)
{
    return (int)(sizeof families / sizeof *families);
}

const struct family *family_at(int index)
{
    return index >= 0 && index < family_count() ? families[index] : NULL;
}

const struct family *family_find(const char *name, struct glmm_error *err)
{
    struct suggest suggest;

    for (int i = 0; i < family_count(); i++)
        if (strcmp(families[i]->name, name) == 0)
            return families[i];
    if (strcmp(name, "ordinal") == 0)
        return &family_ordinal;
    fail(err, GLMM_E_NAME, NOWHERE, "no family `%s`", name);
    suggest_init(&suggest, name);
    for (int i = 0; i < family_count(); i++)
        suggest_offer(&suggest, families[i]->name);
    if (strcmp(name, "gamma") == 0)
        error_hint(err, "did you mean `Gamma`?");
    else if (strcmp(name, "nb") == 0 || strcmp(name, "negbin") == 0 || strcmp(name, "nbinom") == 0)
        error_hint(err, "did you mean `nbinom2` (variance mu + mu^2/k) or `nbinom1` (variance mu (1 + alpha))?");
    else if (!suggest_hint(&suggest, err))
        error_hint(
            err, "families: gaussian binomial poisson Gamma inverse.gaussian nbinom2 nbinom1 beta betabinomial "
                 "lognormal t tweedie compois genpois truncated_poisson truncated_nbinom1 truncated_nbinom2 ordbeta cumulative");
    return NULL;
}

/* R's `log)`, `"log")` and `link = "log")` without what is around the name; NULL when memory is out. */
static char *link_within(struct arena *arena, const char *text)
{
    static const char around[] = " \"'";

    text += strspn(text, around);
    if (strncmp(text, "link", 4) == 0 && text[4 + strspn(text + 4, " ")] == '=')
        text += 4 + strspn(text + 4, " ") + 1;
    text += strspn(text, around);
    return arena_strndup(arena, text, strcspn(text, ") \"'"));
}

const struct family *family_make(struct arena *arena, const char *text, struct glmm_error *err)
{
    const char *open = strchr(text, '(');
    const struct family *family;
    struct family *own;
    struct family_shape *more;
    char *name, *link, *end;
    double value;

    if (open == NULL)
        return family_find(text, err);
    name = arena_strndup(arena, text, (size_t)(open - text));
    own = arena_alloc(arena, 1, sizeof *own);
    more = arena_alloc(arena, 1, sizeof *more);
    if (name == NULL || own == NULL || more == NULL) {
        fail_memory(err);
        return NULL;
    }
    if ((family = family_find(name, err)) == NULL)
        return NULL;
    if ((link = link_within(arena, open + 1)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (link_find(link) != NULL) {
        fail(err, GLMM_E_VALUE, NOWHERE, "`%.60s`: the link is an option of its own", text);
        error_hint(err, "family=%.40s link=%.40s", name, link);
        return NULL;
    }
    value = strtod(open + 1, &end);
    if (family->more_count != 1 || end == open + 1 || *end != ')' || end[1] != '\0') {
        fail(err, GLMM_E_VALUE, NOWHERE, "`%.60s`: only t and tweedie take a number in parentheses", text);
        error_hint(err, "family=t(4) holds the degrees of freedom, family=tweedie(1.5) the power");
        return NULL;
    }
    if (!(value > 0) || !isfinite(value) || (family->more[0].scale == SHAPE_POWER && !(value > 1 && value < 2))) {
        fail(err, GLMM_E_VALUE, NOWHERE, "`%.60s`: %s is a number %s", text, family->more[0].name,
             family->more[0].scale == SHAPE_POWER ? "between 1 and 2" : "above 0");
        return NULL;
    }
    *own = *family;
    *more = family->more[0];
    more->start = family_shape_estimated(family, own->has_dispersion, value);
    own->more = more;
    own->given[own->has_dispersion] = true;
    own->limit = NULL;
    own->limit_sign = 0;
    return own;
}

const struct link *family_link(const struct family *family, const char *name, struct glmm_error *err)
{
    struct text list = { 0 };

    if (name == NULL)
        return family->links[0];
    for (int i = 0; family->links[i] != NULL; i++)
        if (strcmp(family->links[i]->name, name) == 0)
            return family->links[i];
    for (int i = 0; family->links[i] != NULL; i++)
        text_addf(&list, " %s", family->links[i]->name);
    fail(err, GLMM_E_NAME, NOWHERE, "the family %s has no link `%s`", family->name, name);
    if (!list.failed)
        error_hint(err, "links:%s", text_string(&list));
    text_clear(&list);
    return NULL;
}

struct observation response_at(const struct response *response, size_t row)
{
    return (struct observation){
        .y = response->y[row],
        .trials = response->trials != NULL ? response->trials[row] : 1,
        .weight = response->weights != NULL ? response->weights[row] : 1,
        .categories = response->family->categories,
        .open = response->open != NULL ? response->open[row] : 0,
    };
}

/* Whether all responses are shares times 100. */
static bool are_percent(const struct response *response)
{
    for (size_t i = 0; i < response->n; i++)
        if (!(response->y[i] >= 0 && response->y[i] <= 100))
            return false;
    return true;
}

/* What would be right for a response that the family does not take. */
static void hint_outside(const struct response *response, double y, const char *name, struct glmm_error *err)
{
    const struct family *family = response->family;
    bool share = family_accepts(family, &(struct observation){ .y = 0.5, .trials = 1, .weight = 1 })
                 && !family_accepts(family, &(struct observation){ .y = 1.5, .trials = 1, .weight = 1 });

    if (family->response == RESPONSE_BINOMIAL) {
        if (response->trials == NULL && y > 0 && y < 1)
            error_hint(err, "the number of trials of a proportion is given by trials=");
    } else if (family->whole != NULL && y == 0)
        error_hint(err, "zi=~1 makes it a hurdle: zeros by themselves, and the counts from 1 up");
    else if (share && (y == 0 || y == 1))
        error_hint(err, "%sfamily=ordbeta takes 0 and 1 themselves", y == 0 ? "zi=~1 adds zeros, " : "");
    else if (share && are_percent(response))
        error_hint(err, "a percentage is 100 times a share: fit %s/100 ~ ...", name != NULL ? name : "y");
    else if (y < 0)
        error_hint(err, "measurements of either sign are gaussian: leave family= out");
    else if (family->support == SUPPORT_COUNT)
        error_hint(err, "a rate is a count with offset=log(TIME); other amounts from 0 up are tweedie, above 0 Gamma");
    else if (y == 0 && !share)
        error_hint(err,
                   "zi=~1 makes it a hurdle: zeros by themselves, and the amounts above 0; family=tweedie has zeros of its own");
}

bool response_check(const struct response *response, const size_t *row, const char *name, struct glmm_error *err)
{
    for (size_t i = 0; i < response->n; i++) {
        struct observation at = response_at(response, i);
        size_t shown = (row != NULL ? row[i] : i) + 1;

        if (!family_accepts(response->family, &at)) {
            fail(err, GLMM_E_DATA, NOWHERE, "row %zu: the response %s is %.6g, but the family %s needs %s", shown,
                 name != NULL ? name : "", at.y, response->family->name, response->family->range);
            hint_outside(response, at.y, name, err);
            return false;
        }
        if (!(at.weight > 0) || !isfinite(at.weight)) {
            fail(err, GLMM_E_DATA, NOWHERE, "row %zu: the prior weight is %.6g, but weights are positive numbers", shown,
                 at.weight);
            return error_argument(err, "weights");
        }
        if (!(at.trials > 0) || !isfinite(at.trials)) {
            fail(err, GLMM_E_DATA, NOWHERE, "row %zu: the number of trials is %.6g, but it must be positive", shown, at.trials);
            return error_argument(err, "trials");
        }
    }
    return true;
}

int family_shapes(const struct family *family)
{
    return family->has_dispersion + family->more_count;
}

bool family_holds_shape(const struct family *family, int j)
{
    return j >= family->has_dispersion && j < FAMILY_SLOTS && family->given[j];
}

bool family_is_same(const struct family *a, const struct family *b)
{
    bool same = strcmp(a->name, b->name) == 0 && a->categories == b->categories;

    for (int j = a->has_dispersion; same && j < FAMILY_SLOTS && (a->given[j] || b->given[j]); j++)
        same = a->given[j] && b->given[j] && a->more[j - a->has_dispersion].start == b->more[j - a->has_dispersion].start;
    return same;
}

int family_slots(const struct family *family)
{
    return family->categories > 0 ? 2 : family_shapes(family);
}

/* How a shape is estimated: a dispersion by its logarithm. */
static enum shape_scale scale_of(const struct family *family, int j)
{
    return j < family->has_dispersion ? SHAPE_LOG : family->more[j - family->has_dispersion].scale;
}

double family_shape_value(const struct family *family, int j, double estimated, double *rate)
{
    double share = 1 / (1 + exp(-estimated)), value = exp(estimated);

    switch (scale_of(family, j)) {
    case SHAPE_FREE:
        if (rate != NULL)
            *rate = 1;
        return estimated;
    case SHAPE_POWER:
        if (rate != NULL)
            *rate = share * (1 - share);
        return 1 + share;
    case SHAPE_LOG:
        break;
    }
    if (rate != NULL)
        *rate = value;
    return value;
}

double family_shape_estimated(const struct family *family, int j, double value)
{
    enum shape_scale scale = scale_of(family, j);

    return scale == SHAPE_FREE ? value : scale == SHAPE_LOG ? log(value) : log((value - 1) / (2 - value));
}

void response_shape(const struct response *response, size_t row, double shape[FAMILY_SHAPES])
{
    for (int j = 0; j < family_shapes(response->family); j++)
        shape[j] = j < FAMILY_SLOTS && response->rows[j] != NULL ? response->rows[j][row] : response->shape[j];
}

/* Whether constants are told with the densities. */
static bool is_whole(const struct response *response)
{
    bool whole = response->family->inflated != NULL;

    for (int j = 0; j < FAMILY_SLOTS; j++)
        whole = whole || response->rows[j] != NULL;
    return whole;
}

double response_constant(const struct response *response, double slope[])
{
    int shapes = family_slots(response->family);
    double sum = 0, out[1 + FAMILY_SLOTS] = { 0 };

    for (int j = 0; slope != NULL && j < FAMILY_SLOTS; j++)
        slope[j] = 0;
    if (is_whole(response))
        return 0;
    for (size_t i = 0; i < response->n; i++) {
        struct observation at = response_at(response, i);

        response->family->constant(&at, response->shape, out);
        sum += out[0];
        for (int j = 0; slope != NULL && j < shapes; j++)
            slope[j] += out[1 + j];
    }
    return sum;
}

/* The density of a row with its constant, by its own shapes. */
static bool whole_density(const struct response *response, size_t row, double eta, enum density_order order,
                          struct row_memory *memory, double d[D_COUNT])
{
    const struct family *family = response->family;
    struct observation at = response_at(response, row);
    double shape[FAMILY_SHAPES], constant[1 + FAMILY_SLOTS] = { 0 };

    at.memory = memory;
    response_shape(response, row, shape);
    if (family->inflated != NULL ? !inflated_density(family, response->link, &at, eta, shape, order, memory, d)
                                 : !family->density(response->link, &at, eta, shape, order, d))
        return false;
    if (family->inflated == NULL)
        family->constant(&at, shape, constant);
    d[D_VALUE] += constant[0];
    for (int j = 0; order != ORDER_VALUE && j < family_shapes(family); j++)
        d[D_SHAPE(j)] += constant[1 + j];
    if (response->curved && order != ORDER_VALUE)
        family_curve(family, response->link, &at, eta, shape, d);
    return true;
}

double response_density(const struct response *response, size_t from, size_t count, const double eta[], enum density_order order,
                        double *const out[D_COUNT])
{
    const struct family *family = response->family;
    bool whole = is_whole(response);
    int shapes = family_slots(family), last = order == ORDER_VALUE ? D_VALUE
                                              : response->curved   ? D_COUNT - 1
                                              : shapes > 1         ? D_SHAPE(shapes) - 1
                                                                   : D_TAU_ETA2;
    struct row_memory memory;
    int wanted[D_COUNT], wanted_count = 0;
    double d[D_COUNT] = { 0 }, sum = 0;

    if (family->sum != NULL && !whole && !response->curved && (out == NULL || out[D_VALUE] == NULL)
        && family->sum(response, from, count, eta, order, out, &sum))
        return isnan(sum) ? (double)-INFINITY : sum;
    if (family->inflated != NULL && !response->curved)
        return inflated_densities(response, from, count, eta, order, out);
    row_memory_begin(&memory);
    for (int j = 0; out != NULL && j <= last; j++)
        if (out[j] != NULL)
            wanted[wanted_count++] = j;
    for (size_t i = 0; i < count; i++) {
        struct observation at = response_at(response, from + i);

        at.memory = &memory;
        if (whole ? !whole_density(response, from + i, eta[i], order, &memory, d)
                  : !family->density(response->link, &at, eta[i], response->shape, order, d))
            return -INFINITY;
        sum += d[D_VALUE];
        for (int j = 0; j < wanted_count; j++)
            out[wanted[j]][i] = d[wanted[j]];
    }
    return isnan(sum) ? (double)-INFINITY : sum;
}

const struct link *family_mean_link(const struct family *family, const struct link *link, const double shape[], struct link *own)
{
    if (family->mean == NULL && family->inflated == NULL)
        return link;
    *own = *link;
    own->kind = LINK_OTHER;
    own->logs = family->categories > 0 ? NULL : link->logs; /* its mean is no probability */
    own->base = link;
    own->family = family;
    own->shape = shape;
    return own;
}

const struct link *family_category_link(const struct family *family, const struct link *link, const double shape[], int category,
                                        struct link *own)
{
    family_mean_link(family, link, shape, own);
    own->category = category;
    own->logs = link->logs;
    return own;
}

const struct link *link_of_intervals(const struct link *link)
{
    if (link->category > 0)
        return &link_logit;
    return link->base != NULL && link->family->whole != NULL && link->family->mean_slopes != NULL ? &link_log_excess : link;
}

double family_variance(const struct family *family, double mu, const double shape[], const struct observation *at)
{
    double variance = family->variance(mu, shape, at->trials);

    return family->weight_divides ? variance / at->weight : variance;
}

/* Of the number of the category. */
static double category_variance(const struct family *family, const struct link *link, double eta, double mean,
                                const double shape[])
{
    double p[FAMILY_SHAPES + 1], sum = 0;

    family_probabilities(family, link, eta, shape, p);
    for (int k = 0; k < family->categories; k++)
        sum += p[k] * (k + 1 - mean) * (k + 1 - mean);
    return sum;
}

double family_variance_at(const struct family *family, const struct link *link, double eta, double mean, const double shape[],
                          const struct observation *at)
{
    double mu[4], zero = family_zero_share(family, shape), variance;

    if (family->categories > 0)
        return category_variance(family, link, eta, mean, shape);
    link->inverse(eta, mu);
    variance = family_variance(family, mu[0], shape, at);
    if (zero == 0)
        return variance;
    mean /= 1 - zero;
    return (1 - zero) * (variance + zero * mean * mean);
}

/* The largest log density over eta, from which a deviance is counted, by a bracketed Newton iteration on the derivative. */
static double saturated(const struct family *family, const struct link *link, const struct observation *at,
                        const double estimated[])
{
    double d[D_COUNT], low = -700, high = 700, eta, best = -INFINITY;

    if (family->categories > 0) /* a model with a parameter for each row has the probability 1 */
        return 0;
    eta = link->transform(family->start(at));
    eta = isfinite(eta) ? eta : 0;
    for (int i = 0; i < 200; i++) {
        if (!family_density(family, link, at, eta, estimated, ORDER_HESSIAN, d))
            return best;
        best = fmax(best, d[D_VALUE]);
        if (d[D_ETA] > 0)
            low = eta;
        else
            high = eta;
        if (fabs(d[D_ETA]) < FLAT || high - low < FLAT * fmax(1, fabs(eta)))
            break;
        eta = d[D_ETA2] < 0 ? eta - d[D_ETA] / d[D_ETA2] : 0.5 * (low + high);
        if (!(eta > low && eta < high))
            eta = 0.5 * (low + high);
    }
    return best;
}

double family_deviance_residual(const struct family *family, const struct link *link, const struct observation *at, double eta,
                                const double shape[])
{
    double mu[4], mean[4], d[D_COUNT], estimated[FAMILY_SHAPES], deviance;
    struct link own;

    link->inverse(eta, mu);
    link_inverse(family_mean_link(family, link, shape, &own), eta, mean);
    for (int j = 0; j < family_shapes(family); j++)
        estimated[j] = family_shape_estimated(family, j, shape[j]);
    if (family->deviance != NULL && family->inflated == NULL)
        deviance = at->weight * family->deviance(at, mu[0], shape);
    else if (family_density(family, link, at, eta, estimated, ORDER_VALUE, d))
        deviance = 2 * (saturated(family, link, at, estimated) - d[D_VALUE]);
    else
        return NAN;
    return copysign(sqrt(fmax(deviance, 0)), at->y - mean[0]);
}

static double draw_category(const struct family *family, const struct link *link, struct rng *rng, double eta,
                            const double shape[])
{
    double p[FAMILY_SHAPES + 1], u = rng_uniform(rng);
    int k = 0;

    family_probabilities(family, link, eta, shape, p);
    while (k < family->categories - 1 && u > p[k])
        u -= p[k++];
    return k + 1;
}

/* P(y <= k), or P(y < k), of the row's category. */
static double below_category(const struct family *family, const struct link *link, const struct observation *at, double eta,
                             const double shape[], bool below)
{
    double p[FAMILY_SHAPES + 1], sum = 0;

    family_probabilities(family, link, eta, shape, p);
    for (int k = 0; k < (int)at->y - below; k++)
        sum += p[k];
    return fmin(sum, 1);
}

double family_simulate(const struct family *family, const struct link *link, struct rng *rng, const struct observation *at,
                       double eta, const double shape[])
{
    double mu[4], rest;

    if (family->inflated != NULL && rng_uniform(rng) < family_zero_share(family, shape))
        return 0;
    if (family->categories > 0)
        return draw_category(family, link, rng, eta, shape);
    link->inverse(eta, mu);
    rest = link->logs != NULL ? link_rest(link, eta) : 0;
    return family->simulate(rng, mu[0], rest, shape, at);
}

double family_cumulative(const struct family *family, const struct link *link, const struct observation *at, double eta,
                         const double shape[], bool below)
{
    double mu[4], rest, zero = family_zero_share(family, shape);

    if (family->categories > 0)
        return below_category(family, link, at, eta, shape, below);
    if (family->cumulative == NULL)
        return (double)NAN;
    if (zero > 0 && at->y <= 0 && (below || family_is_hurdle(family)))
        return below ? 0 : zero;
    link->inverse(eta, mu);
    rest = link->logs != NULL ? link_rest(link, eta) : 0;
    return zero + (1 - zero) * family->cumulative(mu[0], rest, shape, at, below);
}
