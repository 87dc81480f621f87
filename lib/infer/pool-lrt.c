/* pool-lrt.c -- see pool-lrt.h. */
#include "infer/pool-lrt.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/imputation.h"
#include "fit/method.h"
#include "infer/comparison.h"

/* --- all imputations together -------------------------------------------------------------------- */

/* A term whose levels are those of each imputation.  The arena's; false when memory is out. */
static bool split_levels(struct random_design *term, const struct design *all, const struct imputations *found,
                         struct arena *arena)
{
    size_t most = (size_t)term->level_count * (size_t)found->count;
    int32_t *level = arena_alloc(arena, all->n + 1, sizeof *level), *code = arena_alloc(arena, most + 1, sizeof *code);
    const char **levels = arena_alloc(arena, most + 1, sizeof *levels);
    double *rows = arena_alloc(arena, most + 1, sizeof *rows);
    int32_t count = 0;

    if (level == NULL || code == NULL || levels == NULL || rows == NULL)
        return false;
    for (size_t i = 0; i < all->n; i++)
        code[(size_t)term->level[i] * (size_t)found->count + (size_t)found->code[all->row[i]]] = 1;
    for (size_t j = 0; j < most; j++) {
        if (code[j] == 0)
            continue;
        levels[count] = term->levels == NULL ? NULL : term->levels[j / (size_t)found->count];
        rows[count] = 0;
        code[j] = count++;
    }
    for (size_t i = 0; i < all->n; i++) {
        level[i] = code[(size_t)term->level[i] * (size_t)found->count + (size_t)found->code[all->row[i]]];
        rows[level[i]]++;
    }
    term->level = level;
    term->level_count = count;
    term->levels = term->levels == NULL ? NULL : levels;
    term->rows_of_level = rows;
    return true;
}

static bool split_terms(struct design *design, const struct design *all, const struct imputations *found, struct arena *arena)
{
    struct random_design *random = arena_alloc(arena, (size_t)design->random_count + 1, sizeof *random);

    if (random == NULL)
        return false;
    for (int t = 0; t < design->random_count; t++) {
        random[t] = design->random[t];
        if (!split_levels(&random[t], all, found, arena))
            return false;
    }
    design->random = random;
    return true;
}

/* The design of all rows with a group for each imputation of a group. */
static bool stack(struct design *out, const struct model *model, const struct imputations *found, struct arena *arena)
{
    const struct design *all = model->design;

    *out = *all;
    for (int k = 0; k < DESIGN_PARTS; k++) {
        struct design *part;

        if (all->part[k] == NULL)
            continue;
        if ((part = arena_alloc(arena, 1, sizeof *part)) == NULL)
            return false;
        *part = *all->part[k];
        if (!split_terms(part, all, found, arena))
            return false;
        out->part[k] = part;
    }
    return split_terms(out, all, found, arena);
}

/* The log likelihood of all; false with an error. */
static bool fit_stacked(const struct model *model, const struct fit *like, const struct glmm_progress *progress, double *loglik,
                        struct glmm_error *err)
{
    struct fit_options how = { .method = like->method, .nodes = like->nodes, .draws = like->draws };
    struct imputations found;
    struct arena *arena = arena_new();
    struct model stacked = *model;
    struct design design;
    struct fit *fit = NULL;
    bool ok;

    if (!imputations_find(model->frame, &found, err)) {
        arena_free(arena);
        return false;
    }
    stacked.design = &design;
    if (arena == NULL || !stack(&design, model, &found, arena))
        fail_memory(err);
    else
        fit = model_fit(&stacked, &how, progress, err);
    imputations_clear(&found);
    ok = fit != NULL;
    if (ok && ((fit->optimum.verdict != VERDICT_OK && fit->optimum.verdict != VERDICT_BOUNDARY) || !isfinite(fit->loglik)))
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "%.60s could not be fitted to all imputations together: %.200s", model->name,
                  fit->optimum.message);
    if (ok)
        *loglik = fit->loglik;
    fit_free(fit);
    arena_free(arena);
    return ok;
}

/* --- the likelihoods ----------------------------------------------------------------------------- */

/* What a design has that the one of all rows has not, or not as it would be of a group for each imputation; NULL: nothing. */
static const char *held_beside(const struct design *one, const struct design *all)
{
    if (one->residual != NULL || all->residual != NULL)
        return "residual=";
    if (one->prior != NULL || all->prior != NULL)
        return "prior=";
    for (int t = 0; t < one->random_count; t++) {
        if (one->random[t].relation != NULL || all->random[t].relation != NULL)
            return "K=";
        if (one->random[t].structure != NULL || all->random[t].structure != NULL)
            return "covariance structures";
    }
    return NULL;
}

static bool takes(const struct model *model, const struct imputed *imputed, struct glmm_error *err)
{
    const struct design *design = model->design;
    const char *beside = held_beside(imputed->one[0].model->design, design);

    if (beside != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "imputed data are compared without %s, which %.60s has", beside, model->name);
    for (int k = 0; k < imputed->count; k++)
        if (!imputed->one[k].counts || imputed->one[k].model->design->p != design->p || imputed->one[k].fit->recession != NULL)
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "imputation %g %s %.60s: likelihoods are pooled over all imputations or not at all",
                        imputed->one[k].number,
                        imputed->one[k].counts ? "does not determine all coefficients of" : "has no fit of", model->name);
    return true;
}

bool pooled_likelihood_find(const struct model *model, const struct fit *fit, const struct glmm_progress *progress,
                            struct pooled_likelihood *out, struct glmm_error *err)
{
    *out = (struct pooled_likelihood){ .model = model, .fit = fit };
    if (fit->method == METHOD_REML) {
        out->own = pool_fit(model, &(struct fit_options){ .method = METHOD_ML }, progress, err);
        out->fit = out->own;
    }
    return out->fit != NULL && takes(model, out->fit->imputed, err)
           && fit_stacked(model, imputed_first(out->fit->imputed), progress, &out->stacked, err);
}

void pooled_likelihood_clear(struct pooled_likelihood *likelihood)
{
    fit_free(likelihood->own);
    *likelihood = (struct pooled_likelihood){ .model = NULL };
}

bool pooled_likelihood_test(const struct pooled_likelihood *small, const struct pooled_likelihood *large, struct pooled_lrt *out,
                            struct glmm_error *err)
{
    const struct imputed *a = small->fit->imputed, *b = large->fit->imputed;
    double k;

    *out = (struct pooled_lrt){ .m = a->count, .p = (double)NAN };
    if (criteria_of(imputed_first(a), imputed_first(b)) == CRITERIA_APPROXIMATED) {
        lrt_none(imputed_first(a), imputed_first(b), "fitted by different approximations: fit both by the better one", &out->lrt);
        return true;
    }
    for (int i = 0; i < a->count; i++) {
        struct lrt one;

        if (!lrt_test(a->one[i].fit, b->one[i].fit, &one, err))
            return false;
        out->lrt = i == 0 || one.reference == LRT_NONE ? one : out->lrt;
        if (one.reference == LRT_NONE)
            return true;
        out->chisq += one.chisq / a->count;
    }
    k = out->lrt.df;
    out->stacked = fmax(0, 2 * (large->stacked - small->stacked) / out->m);
    out->riv = fmax(0, (out->m + 1) / (k * (out->m - 1)) * (out->chisq - out->stacked));
    out->statistic = out->stacked / (k * (1 + out->riv));
    out->den_df = pool_joint_df(out->m, out->lrt.df, out->riv, (double)INFINITY);
    out->p = isinf(out->den_df) ? pchisq(k * out->statistic, k, 0, 0) : pf(out->statistic, k, out->den_df, 0, 0);
    return true;
}
