/* compare.c -- see compare.h.
 *
 * Under the smaller model the parameters that the larger one adds are 0.  Where all of them may take either sign (coefficients,
 * covariances), 2 log of the likelihood ratio is chi-squared.  A variance may not be negative: half of the time its estimate is
 * 0, and the statistic is a half-and-half mixture of chi-squared with and without its degree of freedom (Self & Liang 1987, case
 * 5-6; Stram & Lee 1994).  Covariances with an added variance count as free parameters.  Several variances at once have a
 * mixture whose weights depend on the design; chi-squared with all degrees of freedom bounds it from above. */
#include "infer/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <Rmath.h>
#include "base/memory.h"
#include "base/text.h"
#include "fit/identify.h"
#include "infer/nest.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "model/relation.h"

static const double NO_RISE = 1e-6; /* of a deviance: a statistic that is 0 but for two searches' rounding */

/* --- what the larger model adds, in words ------------------------------------------------------ */

static void add_separator(struct text *text)
{
    if (text->length > 0)
        text_add(text, "; ");
}

static void name_fixed(const struct design *small, const struct design *large, struct text *text)
{
    struct text names = { 0 };
    int extra = large->p - small->p, found = 0, j;

    if (extra <= 0)
        return;
    for (j = 0; j < large->p; j++)
        if (nest_find_column(large, j, small) < 0) {
            text_addf(&names, found > 0 ? ", %s" : "%s", large->names[j]);
            found++;
        }
    add_separator(text);
    if (found == extra && names.length < 100)
        text_addf(text, extra == 1 ? "fixed effect of %s" : "fixed effects of %s", text_string(&names));
    else
        text_addf(text, extra == 1 ? "1 fixed coefficient" : "%d fixed coefficients", extra);
    text_clear(&names);
}

/* Whether the smaller model has effect a of the larger one's term t, in a term whose levels covary in the same way: there may be
 * two terms of one group, of which one has a matrix. */
static bool has_effect(const struct design *small, const struct design *large, int t, int a)
{
    for (int s = 0; s < small->random_count; s++) {
        struct design one = *small;
        int ignored, effect;

        one.random = &small->random[s];
        one.random_count = 1;
        if (small->random[s].relation == large->random[t].relation && nest_find_effect(large, t, a, &one, &ignored, &effect))
            return true;
    }
    return false;
}

/* Whether the smaller model has effects a and b of the larger one's term t, and lets them covary. */
static bool has_covariance(const struct design *small, const struct design *large, int t, int a, int b)
{
    int ta, ea, tb, eb;

    return nest_find_effect(large, t, a, small, &ta, &ea) && nest_find_effect(large, t, b, small, &tb, &eb) && ta == tb
           && small->random[ta].covariance->correlated;
}

/* Effect a of term t is new: its variance, and the covariances with effects before it or with older ones after it. */
static void name_variance(const struct design *large, int t, int a, const bool *is_new, struct text *text)
{
    const struct random_design *random = &large->random[t];
    int others = 0, b;

    add_separator(text);
    text_addf(text, "variance of %s by %s", random->names[a], random->group);
    if (random->relation != NULL)
        text_addf(text, " (K = %s)", random->relation->name);
    for (b = 0; b < random->k && random->covariance->correlated; b++)
        if (b != a && (b < a || !is_new[b]))
            text_addf(text, others++ == 0 ? " and its covariance with %s" : ", %s", random->names[b]);
}

static void name_random(const struct design *small, const struct design *large, struct text *text)
{
    enum { MANY = 64 };
    bool is_new[MANY];
    int t, a, b;

    for (t = 0; t < large->random_count; t++) {
        const struct random_design *random = &large->random[t];

        if (random->k > MANY) {
            add_separator(text);
            text_addf(text, "effects by %s", random->group);
            continue;
        }
        for (a = 0; a < random->k; a++)
            is_new[a] = !has_effect(small, large, t, a);
        for (a = 0; a < random->k; a++)
            if (is_new[a])
                name_variance(large, t, a, is_new, text);
        for (a = 0; a < random->k && random->covariance->correlated; a++)
            for (b = 0; b < a; b++)
                if (!is_new[a] && !is_new[b] && !has_covariance(small, large, t, a, b)) {
                    add_separator(text);
                    text_addf(text, "covariance of %s and %s by %s", random->names[b], random->names[a], random->group);
                }
    }
}

/* The parameters of a predictor beside the mean's; that of a dispersion replaces the one of the family. */
static int part_parameters(const struct design *design, int part)
{
    const struct design *d = design->part[part];
    int count = d == NULL ? 0 : d->p - (part == DESIGN_DISPERSION);

    for (int t = 0; d != NULL && t < d->random_count; t++)
        count += random_parameters(&d->random[t]);
    return count;
}

/* A list that is too long for its place is counted instead of cut. */
static bool describe(const struct design *small, const struct design *large, const struct nesting *nesting, bool dispersion,
                     struct lrt *out)
{
    struct text text = { 0 };
    int covariances = out->df - (large->p - small->p) - dispersion;
    size_t before;
    bool ok;

    out->dispersion = dispersion;
    text_add(&text, dispersion ? "dispersion" : "");
    for (int k = 0; k < DESIGN_PARTS; k++) {
        int more = part_parameters(large, k) - part_parameters(small, k);

        covariances -= more;
        if (more != 0) {
            add_separator(&text);
            text_addf(&text, "%s=", design_part_name(k));
        }
    }
    name_fixed(small, large, &text);
    before = text.length;
    if (nesting->matched && covariances > 0)
        name_random(small, large, &text);
    if (covariances > 0 && (text.length == before || text.length >= sizeof out->adds)) {
        text_truncate(&text, 0);
        text_add(&text, dispersion ? "dispersion" : "");
        name_fixed(small, large, &text);
        add_separator(&text);
        text_addf(&text, covariances == 1 ? "1 covariance parameter" : "%d covariance parameters", covariances);
    }
    if (!nest_same_offset(small, large) && text.length > 0)
        text_add(&text, ", which the offset of the smaller model holds");
    ok = !text.failed;
    snprintf(out->adds, sizeof out->adds, "%s", text_string(&text));
    text_clear(&text);
    return ok;
}

/* Log-likelihoods of two optima that are the same differ by less, relative to their size. */
static const double SAME = 1e-7;

/* --- the test -------------------------------------------------------------------------------- */

/* P(chi-squared(df) >= x); chi-squared(0) is 0, and so is a statistic that is only what two optima were left apart. */
static double upper_tail(double x, double df)
{
    return df > 0 ? pchisq(x, df, 0, 0) : x < NO_RISE;
}

double chi_squared_tail(double x, double df)
{
    return pchisq(x, df, 0, 0);
}

static bool no_test(struct lrt *out, const char *why)
{
    out->reference = LRT_NONE;
    out->chisq = out->p = NAN;
    snprintf(out->adds, sizeof out->adds, "%s", why);
    return true;
}

void lrt_none(const struct fit *small, const struct fit *large, const char *why, struct lrt *out)
{
    *out = (struct lrt){ .df = large->npar - small->npar };
    no_test(out, why);
}

/* A logarithm is one for a mean, and another for a probability. */
static bool same_link(const struct fit *a, const struct fit *b)
{
    return a->link == b->link || (a->link->kind != LINK_OTHER && a->link->kind == b->link->kind);
}

/* What the predictors beside the mean's add to the nesting.  Without zi= the log-odds of zeros are -Inf, at the edge; without
 * disp= the dispersion is an intercept. */
static bool nest_parts(const struct fit *small, const struct fit *large, struct nesting *nesting, struct glmm_error *err)
{
    for (int k = 0; k < DESIGN_PARTS; k++) {
        const struct design *s = small->design->part[k], *l = large->design->part[k];
        struct nesting part;
        bool intercept = false;

        for (int j = 0; l != NULL && l->assign != NULL && j < l->p; j++)
            intercept = intercept || l->assign[j] < 0;
        if (s != NULL && l != NULL) {
            if (!nesting_find(s, l, false, &part, err))
                return false;
            nesting->fixed = nesting->fixed && part.fixed;
            nesting->random = nesting->random && part.random;
            nesting->zero_variances += part.zero_variances;
        } else if (s != NULL) {
            nesting->fixed = false;
        } else if (l != NULL && k == DESIGN_ZERO) {
            nesting->fixed = nesting->fixed && !family_is_hurdle(large->family);
            nesting->zero_variances += l->p == 1 && l->random_count == 0 ? 1 : 2;
        } else if (l != NULL) {
            nesting->fixed = nesting->fixed && intercept;
        }
    }
    return true;
}

/* The larger family becomes the smaller one when its dispersion runs to its limit: Poisson in the negative binomials. */
static bool is_limit(const struct fit *small, const struct fit *large)
{
    const struct family *l = family_own(large->family), *s = family_own(small->family);

    return l->limit != NULL && strcasecmp(l->limit, s->name) == 0 && family_shapes(l) == family_shapes(s) + 1;
}

/* The same inside the range of its dispersion, which is no edge: Poisson in compois and genpois. */
static bool is_inside(const struct fit *small, const struct fit *large)
{
    const struct family *l = family_own(large->family), *s = family_own(small->family);

    return l->at_one != NULL && strcasecmp(l->at_one, s->name) == 0;
}

/* Covariances that are written in several ways: only those that nest-structures.c knows are seen to be a case of another. */
static bool has_structures(const struct design *design)
{
    bool found = design->residual != NULL || design->part[DESIGN_DISPERSION] != NULL;

    for (int t = 0; t < design->random_count; t++)
        found = found || design->random[t].structure != NULL;
    return found;
}

bool lrt_test(const struct fit *small, const struct fit *large, struct lrt *out, struct glmm_error *err)
{
    bool residual = small->family->residual && large->family->residual, limit = is_limit(small, large),
         dispersion = limit || is_inside(small, large);
    struct nesting nesting;

    *out = (struct lrt){ .df = large->npar - small->npar };
    if (out->df <= 0)
        return no_test(out, "the models have the same number of parameters");
    if (!fit_is_maximum(small) || !fit_is_maximum(large))
        return no_test(out, fit_is_maximum(small) ? "the log-likelihood of the larger model is no maximum"
                                                  : "the log-likelihood of the smaller model is no maximum");
    if (!same_link(small, large) || (!family_is_same(family_own(small->family), family_own(large->family)) && !dispersion))
        return no_test(out, same_link(small, large) ? "not nested: the families differ" : "not nested: the links differ");
    if (!nesting_find(identity_design(small), identity_design(large), residual, &nesting, err)
        || !nest_parts(small, large, &nesting, err))
        return false;
    if (!nesting.fixed) /* an offset is a coefficient held at 1, a case of the larger model where that estimates it */
        return no_test(out, nest_same_offset(small->design, large->design)
                                ? "not nested: the fixed effects of the smaller model are not a case of the larger one's"
                                : "not nested: the offsets differ");
    if (!nesting.random)
        return no_test(
            out,
            has_structures(small->design) || has_structures(large->design)
                ? "not seen to be nested: as they are written, the smaller model's structures are not a case of the larger one's"
                : "not nested: the random effects of the smaller model are not a case of the larger one's");
    nesting.zero_variances += limit;
    out->zeros = small->family->inflated == NULL && large->family->inflated != NULL;
    out->chisq = 2 * (large->loglik - small->loglik);
    out->worse = out->chisq < -SAME * (1 + fabs(small->loglik));
    if (out->chisq < 0 && !out->worse)
        out->chisq = 0;
    if (nesting.zero_variances == 1) {
        out->reference = LRT_MIXTURE;
        out->mixture_count = 2;
        out->mixture_df[0] = out->df - 1;
        out->mixture_df[1] = out->df;
        out->mixture_weight[0] = out->mixture_weight[1] = 0.5;
        out->p = 0.5 * upper_tail(out->chisq, out->df - 1) + 0.5 * upper_tail(out->chisq, out->df);
    } else {
        out->reference = nesting.zero_variances == 0 ? LRT_CHISQ : LRT_CONSERVATIVE;
        out->p = upper_tail(out->chisq, out->df);
    }
    if (out->worse)
        out->p = (double)NAN;
    return describe(identity_design(small), identity_design(large), &nesting, dispersion, out) || fail_memory(err);
}

/* --- from the smaller model to the larger one ------------------------------------------------------ */

/* The smaller model's covariance of effects a and b of the larger one's term t, in units of its sigma^2. */
static double covariance_in(const struct fit *small, const struct design *large, int t, int a, int b)
{
    int ta, ea, tb, eb;

    if (!nest_find_effect(large, t, a, small->design, &ta, &ea) || !nest_find_effect(large, t, b, small->design, &tb, &eb)
        || ta != tb)
        return 0;
    return small->random[ta].covariance[ea + eb * small->random[ta].k] / (small->sigma * small->sigma);
}

bool lrt_start(const struct fit *small, const struct design *large, double start[])
{
    for (int t = 0; t < large->random_count; t++) {
        int k = large->random[t].k;
        bool diagonal = !large->random[t].covariance->correlated;
        double *C = NEW_ARRAY(double, 2 * k * k), *L = C + k * k;

        if (C == NULL)
            return false;
        for (int b = 0; b < k; b++)
            for (int a = b; a < (diagonal ? b + 1 : k); a++)
                C[a + b * k] = covariance_in(small, large, t, a, b);
        small_semidefinite(k, C, L);
        for (int b = 0; b < k; b++)
            for (int a = b; a < (diagonal ? b + 1 : k); a++)
                *start++ = L[a + b * k];
        mem_free(C);
    }
    return true;
}

/* --- the same data, the same fixed effects ------------------------------------------------------- */

static double or_one(const double *values, size_t i)
{
    return values == NULL ? 1 : values[i];
}

bool same_fixed(const struct design *a, const struct design *b)
{
    int j;

    if (a->p != b->p || a->n != b->n)
        return false;
    for (j = 0; j < a->p; j++)
        if (nest_find_column(a, j, b) < 0)
            return false;
    return nest_same_offset(a, b);
}

bool same_data(const struct design *a, const struct design *b, struct glmm_error *err)
{
    size_t i;

    if (strcmp(a->response, b->response) != 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the models have different responses, `%s` and `%s`", a->response, b->response);
    if (a->n != b->n)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the models use different rows: %zu and %zu", a->n, b->n);
    for (i = 0; i < a->n && a->n < a->rows && b->n < b->rows; i++)
        if (a->row[i] != b->row[i])
            return fail(err, GLMM_E_MODEL, NOWHERE, "the models use different rows: %s",
                        a->outside_rows + a->zero_rows + b->outside_rows + b->zero_rows > 0
                            ? "other rows are left out of each"
                            : "missing values dropped other rows from each");
    for (i = 0; i < a->n; i++)
        if (a->y[i] != b->y[i] || (!a->repeats && !b->repeats && or_one(a->trials, i) != or_one(b->trials, i)))
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "the models use different data: row %zu of the first has another `%s` than in the second", i + 1,
                        a->response);
    for (i = 0; i < a->n; i++)
        if (or_one(a->weights, i) != or_one(b->weights, i) || or_one(a->trials, i) != or_one(b->trials, i))
            return fail(err, GLMM_E_MODEL, NOWHERE, "the models use different prior weights");
    return true;
}
