/* comparison.c -- see comparison.h.
 *
 * What two fits of one model's parts have in common must be their likelihood: REML criteria compare only between linear models
 * with the same fixed effects, and an approximation only with itself.  So fits are made again, by ML or by the best of the
 * approximations that the models were fitted by; the models keep their own.  A larger model that was fitted worse than a special
 * case of it is fitted again from there. */
#include "infer/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool weights_differ(const struct model *a, const struct model *b)
{
    return (a->spec.weights == NULL) != (b->spec.weights == NULL)
           || (a->spec.weights != NULL && strcmp(a->spec.weights, b->spec.weights) != 0);
}

bool models_compare(const struct model *a, const struct model *b, struct glmm_span at, struct glmm_error *err)
{
    struct glmm_error why = { 0 };

    if (a->family->support != b->family->support)
        return fail(err, GLMM_E_MODEL, at, "%.60s and %.60s have responses of different kinds: %s and %s", a->name, b->name,
                    a->family->name, b->family->name);
    if (same_data(a->design, b->design, &why))
        return true;
    if (strcmp(a->frame->name, b->frame->name) != 0)
        fail(err, GLMM_E_MODEL, at, "%.60s and %.60s cannot be compared, they are of different data: %.60s and %.60s", a->name,
             b->name, a->frame->name, b->frame->name);
    else
        fail(err, GLMM_E_MODEL, at, "%.60s and %.60s cannot be compared: %.300s", a->name, b->name, why.message);
    if (a->design->n == b->design->n && weights_differ(a, b))
        error_hint(err, "%.60s: %s%.60s; %.60s: %s%.60s", a->name,
                   a->spec.weights == NULL ? "no weights" : "weights=", a->spec.weights == NULL ? "" : a->spec.weights, b->name,
                   b->spec.weights == NULL ? "no weights" : "weights=", b->spec.weights == NULL ? "" : b->spec.weights);
    if (a->design->n != b->design->n && a->design->dropped_rows != b->design->dropped_rows)
        error_hint(err,
                   "a variable of one has missing values: where !is.na(VARIABLE) leaves those rows out, then fit both again");
    return false;
}

void comparison_clear(struct comparison *c)
{
    for (int i = 0; i < c->count && c->entrant != NULL; i++)
        fit_free(c->entrant[i].refit);
    mem_free(c->entrant);
    mem_free(c->test);
    mem_free(c->exact);
    mem_free(c->boot);
}

static int by_size(const void *left, const void *right)
{
    const struct entrant *a = left, *b = right;
    int without[] = { !fit_is_maximum(a->fit), !fit_is_maximum(b->fit) };

    if (without[0] != without[1])
        return without[0] - without[1];
    return a->fit->npar != b->fit->npar ? (a->fit->npar > b->fit->npar) - (a->fit->npar < b->fit->npar) : a->order - b->order;
}

void comparison_sort(struct comparison *c)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): the caller found some */
    qsort(c->entrant, (size_t)c->count, sizeof *c->entrant, by_size);
}

/* Takes the fit in place of the entrant's. */
static void take(struct entrant *e, struct fit *fit)
{
    fit_free(e->refit);
    e->fit = e->refit = fit;
}

/* --- one likelihood for all ------------------------------------------------------------------------- */

int approximation_rank(const struct fit *fit)
{
    if (design_term_count(fit->design) == 0)
        return 0;
    switch (fit->method) {
    case METHOD_PQL:
        return 1;
    case METHOD_LAPLACE:
        return 2;
    case METHOD_AGQ:
        return 2 + fit->nodes;
    case METHOD_IS: /* better than any nodes that a crossed model has: none */
        return 3;
    default:
        return 0;
    }
}

enum criteria criteria_of(const struct fit *a, const struct fit *b)
{
    int reml = (a->method == METHOD_REML) + (b->method == METHOD_REML),
        ranks[] = { approximation_rank(a), approximation_rank(b) };

    if (reml == 1)
        return CRITERIA_REML;
    if (reml == 2 && !same_fixed(a->design, b->design))
        return CRITERIA_FIXED;
    return ranks[0] > 0 && ranks[1] > 0 && ranks[0] != ranks[1] ? CRITERIA_APPROXIMATED : CRITERIA_COMPARE;
}

/* REML criteria compare only between linear models with the same fixed effects; where one does not, all REML fits are made again
 * by ML. */
static bool refit_by_ml(const struct refit *refit, struct comparison *c, struct glmm_error *err)
{
    const struct fit_options ml = { .method = METHOD_ML };
    struct fit *fit;
    bool differ = false;

    for (int i = 1; i < c->count; i++) {
        enum criteria criteria = criteria_of(c->entrant[0].fit, c->entrant[i].fit);

        differ = differ || criteria == CRITERIA_FIXED || criteria == CRITERIA_REML;
    }
    if (!differ)
        return true;
    for (int i = 0; i < c->count; i++) {
        struct entrant *e = &c->entrant[i];

        if (e->fit->method != METHOD_REML)
            continue;
        if ((fit = refit->run(refit->context, e->model, &ml, err)) == NULL)
            return false;
        take(e, fit);
        c->by = COMPARED_BY_ML;
    }
    return true;
}

/* All approximations by the best of them.  Where it cannot be had for a model (nodes with crossed factors), none is made again,
 * and there is no test between them. */
static bool refit_by_better(const struct refit *refit, struct comparison *c, struct glmm_error *err)
{
    struct glmm_error own = { .at = NOWHERE };
    struct fit_options better = { .method = METHOD_LAPLACE };
    struct fit *fit;
    int best = 0, worst = 0;

    for (int i = 0; i < c->count; i++) {
        int rank = approximation_rank(c->entrant[i].fit);

        worst = rank > 0 && (worst == 0 || rank < worst) ? rank : worst;
        if (rank > best) {
            best = rank;
            better = (struct fit_options){ .method = c->entrant[i].fit->method,
                                           .nodes = c->entrant[i].fit->nodes,
                                           .draws = c->entrant[i].fit->draws };
        }
    }
    if (best == worst)
        return true;
    c->by = COMPARED_BY_BETTER;
    for (int i = 0; i < c->count; i++) {
        struct entrant *e = &c->entrant[i];

        if (approximation_rank(e->fit) == best || approximation_rank(e->fit) == 0)
            continue;
        fit = refit->run(refit->context, e->model, &better, &own);
        if (fit == NULL && (own.code == GLMM_E_MEMORY || own.code == GLMM_E_INTERRUPT))
            return fail(err, own.code, NOWHERE, "%s", own.message);
        if (fit == NULL) {
            c->by = COMPARED_NOT;
            error_clear(&own);
            break;
        }
        take(e, fit);
    }
    for (int i = 0; c->by == COMPARED_NOT && i < c->count; i++) {
        fit_free(c->entrant[i].refit);
        c->entrant[i].refit = NULL;
        c->entrant[i].fit = c->entrant[i].model->fit;
    }
    return true;
}

/* --- the tests --------------------------------------------------------------------------------------- */

/* Fits the larger model again from the smaller one's estimates; keeps what is better. */
static bool improve(const struct refit *refit, const struct entrant *small, struct entrant *large, struct glmm_error *err)
{
    struct glmm_error own = { .at = NOWHERE };
    struct fit_options options = { .method = large->fit->method, .nodes = large->fit->nodes, .draws = large->fit->draws };
    double *start = NEW_ARRAY(double, large->fit->theta_count + 1);
    struct fit *fit;

    if (start == NULL || !lrt_start(small->fit, large->fit->design, start)) {
        mem_free(start);
        return fail_memory(err);
    }
    options.start = start;
    fit = refit->run(refit->context, large->model, &options, &own);
    mem_free(start);
    if (fit == NULL && (own.code == GLMM_E_MEMORY || own.code == GLMM_E_INTERRUPT))
        return fail(err, own.code, NOWHERE, "%s", own.message);
    if (fit != NULL && fit->loglik > large->fit->loglik) {
        large->improved = true;
        take(large, fit);
    } else {
        fit_free(fit);
    }
    return true;
}

/* Tests the j-th model in the one behind the i-th test. */
static bool test_pair(const struct refit *refit, struct comparison *c, int j, int i, struct glmm_error *err)
{
    struct entrant *small = &c->entrant[j], *large = &c->entrant[i + 1];

    if (c->by == COMPARED_NOT && criteria_of(small->fit, large->fit) == CRITERIA_APPROXIMATED) {
        lrt_none(small->fit, large->fit, "fitted by different approximations, which cannot both be made by the better one",
                 &c->test[i]);
        return true;
    }
    if (!lrt_test(small->fit, large->fit, &c->test[i], err))
        return false;
    return !c->test[i].worse || (improve(refit, small, large, err) && lrt_test(small->fit, large->fit, &c->test[i], err));
}

const struct entrant *comparison_smaller(const struct comparison *c, int i)
{
    return &c->entrant[c->entrant[i + 1].against];
}

bool comparison_against(struct entrant entrants[], int large, comparison_nests *test, void *context, struct glmm_error *err)
{
    bool nested = false;

    for (int j = large - 1; j >= 0 && !nested; j--) {
        if (!test(context, j, large, &nested, err))
            return false;
        entrants[large].against = j;
    }
    if (nested || large == 1)
        return true;
    entrants[large].against = large - 1; /* none: says why of the one before it */
    return test(context, large - 1, large, &nested, err);
}

struct testing {
    const struct refit *refit;
    struct comparison *c;
};

static bool nests(void *context, int small, int large, bool *nested, struct glmm_error *err)
{
    const struct testing *t = context;

    if (!test_pair(t->refit, t->c, small, large - 1, err))
        return false;
    *nested = t->c->test[large - 1].reference != LRT_NONE;
    return true;
}

bool comparison_run(struct comparison *c, const struct refit *refit, struct glmm_error *err)
{
    bool ok = refit_by_ml(refit, c, err) && refit_by_better(refit, c, err);

    if (ok)
        comparison_sort(c);
    for (int i = 1; ok && i < c->count; i++)
        ok = comparison_against(c->entrant, i, nests, &(struct testing){ refit, c }, err);
    return ok;
}

bool comparison_simulate(struct comparison *c, long boot, uint64_t seed, const struct glmm_progress *progress,
                         struct glmm_error *err)
{
    c->exact = NEW_ARRAY(struct exact_null, c->count);
    if (boot > 0)
        c->boot = NEW_ARRAY(struct lrt_boot, c->count);
    if (c->exact == NULL || (boot > 0 && c->boot == NULL))
        return fail_memory(err);
    for (int i = 0; i + 1 < c->count; i++) {
        const struct lrt *lrt = &c->test[i];
        const struct fit *small = comparison_smaller(c, i)->fit, *large = c->entrant[i + 1].fit;

        if (lrt->reference == LRT_NONE || lrt->worse)
            continue;
        if (lrt->reference == LRT_MIXTURE && !exact_null_find(small, large, lrt->chisq, seed, &c->exact[i], err))
            return false;
        if (boot > 0 && !lrt_bootstrap(small, large, lrt->chisq, boot, seed, progress, &c->boot[i], err))
            return false;
    }
    return true;
}

int comparison_ranked(const struct comparison *c)
{
    int count = 0;

    for (int i = 0; i < c->count; i++)
        count += fit_is_maximum(c->entrant[i].fit);
    return count;
}

void comparison_weights(const struct comparison *c, double delta[], double weight[])
{
    double lowest = HUGE_VAL, sum = 0;
    bool several = comparison_ranked(c) > 1;

    for (int i = 0; i < c->count; i++)
        lowest = fmin(lowest, fit_of_maximum(c->entrant[i].fit, c->entrant[i].fit->aic));
    for (int i = 0; i < c->count; i++) {
        delta[i] = several ? fit_of_maximum(c->entrant[i].fit, c->entrant[i].fit->aic) - lowest : (double)NAN;
        weight[i] = exp(-0.5 * delta[i]);
        sum += isnan(weight[i]) ? 0 : weight[i];
    }
    for (int i = 0; i < c->count; i++)
        weight[i] /= sum;
}
