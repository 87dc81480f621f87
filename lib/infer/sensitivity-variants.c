/* sensitivity-variants.c -- what can be varied in a model, and is comparable with it. */
#include "infer/sensitivity-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/method.h"
#include "infer/influence.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "result/number.h"

enum { MOST_STARTS = 2, FEW_NODES = 5, MANY_NODES = 15, DRAWS = 1000 };

/* Families whose coefficients mean the same with the same link: each beside those that are tried in its place. */
static const char *const relatives[][5] = {
    { "gaussian", "t" },
    { "t", "gaussian" },
    { "binomial", "betabinomial" },
    { "betabinomial", "binomial" },
    { "poisson", "nbinom2", "nbinom1", "genpois" },
    { "nbinom2", "poisson", "nbinom1", "genpois" },
    { "nbinom1", "poisson", "nbinom2", "genpois" },
    { "genpois", "poisson", "nbinom2", "nbinom1" },
    { "compois", "poisson", "nbinom2", "nbinom1" },
    { "truncated_poisson", "truncated_nbinom2", "truncated_nbinom1" },
    { "truncated_nbinom2", "truncated_poisson", "truncated_nbinom1" },
    { "truncated_nbinom1", "truncated_poisson", "truncated_nbinom2" },
    { "Gamma", "inverse.gaussian", "lognormal" },
    { "inverse.gaussian", "Gamma", "lognormal" },
    { "lognormal", "Gamma", "inverse.gaussian" },
};

/* One more, as the fit was made; NULL when memory is out. */
static struct variant *add(struct sensitivity *s, const struct fit *fit, enum variant_kind kind, const char *what)
{
    struct variant *v = &s->variants[s->variant_count++];

    *v = (struct variant){ .kind = kind,
                           .what = what,
                           .family = fit->family,
                           .link = fit->link,
                           .how = { .method = fit->method, .nodes = fit->nodes, .draws = fit->draws, .unpriced = true },
                           .verdict = VARIANT_MISSING,
                           .loglik = (double)NAN,
                           .aic = (double)NAN,
                           .largest = -1 };
    return v;
}

static void add_optimizers(struct sensitivity *s, const struct fit *fit)
{
    s->closed = !search_is_possible(fit);
    for (int by = 0; by < SEARCH_COUNT && !s->closed; by++)
        add(s, fit, VARIANT_OPTIMIZER, search_name(by))->by = by;
}

/* Standard deviations a tenth and ten times those of the fit; of a term that has none, as if it had the unit's. */
static bool add_starts(struct sensitivity *s, const struct fit *fit)
{
    static const double factors[MOST_STARTS] = { 0.1, 10 };
    static const char *const words[MOST_STARTS] = { "0.1", "10" };

    for (int i = 0; i < MOST_STARTS && fit->theta_count > 0 && fit->structured == NULL && fit->method != METHOD_PQL; i++) {
        double *start = arena_alloc(s->arena, (size_t)fit->theta_count, sizeof *start), size = 0;
        const struct design *d = fit->design;
        int first = 0;

        if (start == NULL)
            return false;
        for (int j = 0; j < fit->theta_count; j++) {
            start[j] = factors[i] * fit->theta[j] * (fit->exact ? 1 : fit->sigma);
            size = fmax(size, fabs(start[j]));
        }
        for (int t = 0; t < d->random_count; first += d->random[t].covariance->count(d->random[t].k), t++) {
            double units[64];
            bool none = d->random[t].k <= 64;

            for (int a = 0; a < d->random[t].k && none; a++) {
                none = fit->random[t].sd[a] == 0;
                units[a] = factors[i];
            }
            if (none)
                d->random[t].covariance->start(d->random[t].k, units, start + first);
        }
        add(s, fit, VARIANT_START, words[i])->how.start = start;
    }
    return true;
}

static bool has_groups(const struct design *d)
{
    return d->random_count > 0 || (d->part[DESIGN_ZERO] != NULL && d->part[DESIGN_ZERO]->random_count > 0);
}

/* Whether so many nodes can be laid over the effects; *out of memory where that was not to be found out. */
static bool takes_nodes(const struct fit *fit, int nodes, bool *out)
{
    struct glmm_error why = { 0 };
    struct glm *m = glm_new(fit->design, fit->family, fit->link, nodes, &why);

    *out = *out || why.code == GLMM_E_MEMORY;
    glm_free(m);
    return m != NULL;
}

/* False when memory is out. */
static bool add_methods(struct sensitivity *s, const struct fit *fit)
{
    static const int nodes[] = { FEW_NODES, MANY_NODES };
    bool out = false;

    if (fit->exact || fit->method == METHOD_REML) {
        enum fit_method other = fit->method == METHOD_REML ? METHOD_ML : METHOD_REML;

        add(s, fit, VARIANT_METHOD, method_name(other))->how.method = other;
        return true;
    }
    if (!has_groups(fit->design) || fit->structured != NULL)
        return true;
    if (fit->method != METHOD_LAPLACE && fit->method != METHOD_ML) {
        struct variant *v = add(s, fit, VARIANT_METHOD, method_name(METHOD_LAPLACE));

        v->how.method = METHOD_LAPLACE;
        v->how.nodes = 1;
    }
    if (!takes_nodes(fit, FEW_NODES, &out)) {
        struct variant *v = fit->method == METHOD_IS ? NULL : add(s, fit, VARIANT_METHOD, method_name(METHOD_IS));

        if (v != NULL) {
            v->how.method = METHOD_IS;
            v->how.draws = DRAWS;
        }
        return !out;
    }
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        if (nodes[i] != fit->nodes && takes_nodes(fit, nodes[i], &out)) {
            struct variant *v = add(s, fit, VARIANT_METHOD, arena_printf(s->arena, "%d", nodes[i]));

            v->how.method = METHOD_AGQ;
            v->how.nodes = nodes[i];
        }
    return !out;
}

/* The method for a model of another family or link: restricted likelihoods and quasi-likelihoods are not for all, and the
 * likelihood of a linear model, beside one that is approximated, is its own. */
static void take_likelihood(struct variant *v)
{
    if (family_is_linear(v->family, v->link))
        v->how.method = METHOD_ML;
    else if (v->how.method == METHOD_REML || v->how.method == METHOD_PQL || v->how.method == METHOD_ML)
        v->how.method = METHOD_DEFAULT;
    v->how.nodes = v->how.method == METHOD_AGQ ? v->how.nodes : 1;
}

/* An intercept is a point of its link's scale: between links only coefficients of predictors compare. */
static bool has_predictors(const struct design *d)
{
    for (int j = 0; j < d->p; j++)
        if (d->assign != NULL && d->assign[j] >= 0)
            return true;
    return false;
}

static void add_links(struct sensitivity *s, const struct fit *fit)
{
    if (!has_predictors(fit->design))
        return;
    for (int i = 0; i < FAMILY_LINKS && fit->family->links[i] != NULL && fit->design->residual == NULL; i++)
        if (strcmp(fit->family->links[i]->name, fit->link->name) != 0) {
            struct variant *v = add(s, fit, VARIANT_LINK, fit->family->links[i]->name);

            v->link = fit->family->links[i];
            take_likelihood(v);
        }
}

static bool add_family(struct sensitivity *s, const struct fit *fit, const char *name)
{
    const struct family *family = family_make(s->arena, name, NULL);
    const struct link *link = family == NULL ? NULL : family_link(family, fit->link->name, NULL);
    const struct design *dispersion = fit->design->part[DESIGN_DISPERSION];
    struct variant *v;

    if (link == NULL || (dispersion != NULL && !family->has_dispersion)
        || (dispersion != NULL && dispersion->random_count > 0 && family->curve == NULL)   /* takes no random effects there */
        || (strcmp(name, "betabinomial") == 0 && !design_has_several_trials(fit->design))) /* of single trials it is a binomial */
        return true;
    if (fit->family->inflated != NULL && (family = family_with_zeros(s->arena, family, NULL)) == NULL)
        return false;
    v = add(s, fit, VARIANT_FAMILY, family_find(name, NULL)->name);
    v->family = family;
    v->link = link;
    take_likelihood(v);
    return true;
}

static bool add_families(struct sensitivity *s, const struct fit *fit)
{
    const char *own = family_own(fit->family)->name;

    for (size_t i = 0; i < sizeof relatives / sizeof *relatives && fit->design->residual == NULL; i++)
        for (int j = 1; j < 5 && relatives[i][j] != NULL && strcmp(relatives[i][0], own) == 0; j++)
            if (!add_family(s, fit, relatives[i][j]))
                return false;
    return true;
}

/* --- levels -------------------------------------------------------------------------------------------- */

struct candidate {
    int32_t level;
    double distance;
};

static int by_distance(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->distance != y->distance ? (x->distance < y->distance ? 1 : -1) : x->level - y->level;
}

/* The levels by Cook's distance to first order, the largest first; by their rows where there is none. */
static bool rank_levels(const struct fit *fit, int term, struct candidate list[])
{
    int32_t count = fit->design->random[term].level_count;
    int p = fit->design->p;
    double *moves = NEW_ARRAY(double, ((size_t)count + 1) * (size_t)p + fit->design->n + 1),
           *factor = NEW_ARRAY(double, p *p + 1);
    bool ok = moves != NULL && factor != NULL, known = ok && p > 0 && influence_first_order(fit, term, moves);

    if (known)
        memcpy(factor, fit_vcov(fit), sizeof *factor * (size_t)(p * p));
    known = known && chol_factor(p, factor, p) == 0;
    for (int32_t l = 0; l < count && ok; l++) {
        double *move = moves + (size_t)l * (size_t)p, sum = 0;

        for (int j = 0; j < p && known; j++) {
            for (int e = 0; e < j; e++)
                move[j] -= factor[j + e * p] * move[e];
            move[j] /= factor[j + j * p];
            sum += move[j] * move[j];
        }
        list[l] = (struct candidate){ l, known ? number_sound(sum) : fit->design->random[term].rows_of_level[l] };
    }
    mem_free(factor);
    mem_free(moves);
    if (ok)
        qsort(list, (size_t)count, sizeof *list, by_distance);
    return ok;
}

static bool add_levels(struct sensitivity *s, const struct fit *fit, int levels)
{
    const struct design *d = fit->design;

    for (int t = 0; t < d->random_count; t++) {
        int32_t count = d->random[t].level_count;
        struct candidate *list;

        if (!is_first_of_group(d, t) || count < 2)
            continue;
        if ((list = NEW_ARRAY(struct candidate, count)) == NULL || !rank_levels(fit, t, list)) {
            mem_free(list);
            return false;
        }
        for (int32_t i = 0; i < count && i < levels; i++) {
            struct variant *v = add(s, fit, VARIANT_GROUP, d->random[t].levels[list[i].level]);

            v->group = d->random[t].group;
            v->term = t;
            v->level = list[i].level;
        }
        mem_free(list);
    }
    return true;
}

bool variants_list(struct sensitivity *s, const struct fit *fit, const bool kinds[], int levels, struct glmm_error *err)
{
    size_t most = SEARCH_COUNT + MOST_STARTS + 3 + FAMILY_LINKS + 5;

    for (int t = 0; t < fit->design->random_count; t++)
        most += (size_t)(levels < fit->design->random[t].level_count ? levels : fit->design->random[t].level_count);
    if ((s->variants = arena_alloc(s->arena, most, sizeof *s->variants)) == NULL)
        return fail_memory(err);
    if (kinds[VARIANT_OPTIMIZER])
        add_optimizers(s, fit);
    if (kinds[VARIANT_START] && !add_starts(s, fit))
        return fail_memory(err);
    if (kinds[VARIANT_METHOD] && !add_methods(s, fit))
        return fail_memory(err);
    if (kinds[VARIANT_LINK])
        add_links(s, fit);
    if ((kinds[VARIANT_FAMILY] && !add_families(s, fit)) || (kinds[VARIANT_GROUP] && !add_levels(s, fit, levels)))
        return fail_memory(err);
    return !arena_failed(s->arena) || fail_memory(err);
}
