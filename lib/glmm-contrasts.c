/* glmm-contrasts.c -- see glmm.h: estimated marginal means over a reference grid, slopes, their contrasts, equivalence. */
#include <math.h>

#include "base/arena.h"
#include "base/memory.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/ci.h"
#include "infer/contrast.h"
#include "infer/equivalence.h"
#include "infer/slopes.h"
#include "model/family.h"

/* --- means -------------------------------------------------------------------------------------- */

struct glmm_means {
    struct means *means; /* its arena has the labels */
    struct linear linear;
    enum means_scale scale;
    double level;
    const char **labels;
};

static bool bad_kind(const char *what, int kind, const char *argument, struct glmm_error *err)
{
    fail(err, GLMM_E_USAGE, NOWHERE, "there is no kind of %s %d", what, kind);
    return error_argument(err, argument);
}

/* Of imputed data what is no linear function of the coefficients is not pooled. */
static bool check_pooled(const struct fit *fit, const struct glmm_means_options *how, struct glmm_error *err)
{
    bool ordered = fit->family->categories > 0;

    if (fit->imputed == NULL || (how->scale != GLMM_MEANS_POPULATION && !ordered))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "%s are not pooled over imputations: they are no linear functions of the coefficients",
         ordered ? "means of an ordered response" : "means over the population");
    return error_argument(err, "scale");
}

static bool check_means(const struct fit *fit, const struct glmm_means_options *how, struct glmm_error *err)
{
    if ((unsigned)how->scale > GLMM_MEANS_POPULATION)
        return bad_kind("scale", (int)how->scale, "scale", err);
    if ((unsigned)how->weights > GLMM_CELLS)
        return bad_kind("weights", (int)how->weights, "weights", err);
    if (how->scale != GLMM_MEANS_LINK && (fit->family->categories > 0 || how->slope != NULL)) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             how->slope != NULL ? "slopes are those of the linear predictor"
                                : "an ordered response has a probability for each category, and no mean of its own");
        return error_argument(err, "scale");
    }
    return check_pooled(fit, how, err) && (fit->imputed != NULL || fit_has_means(fit, err));
}

/* The caller's names and values as the engine has them: the arena's. */
static bool take_request(const struct fit *fit, const char *const *variables, const struct glmm_means_options *how,
                         struct arena *arena, struct means_request *out, struct glmm_error *err)
{
    static const enum means_weights weights[] = {
        [GLMM_EQUAL] = WEIGHTS_EQUAL, [GLMM_PROPORTIONAL] = WEIGHTS_PROPORTIONAL, [GLMM_CELLS] = WEIGHTS_CELLS
    };
    struct asked *asked;
    int count = 0;

    while (variables != NULL && variables[count] != NULL)
        count++;
    if ((asked = arena_alloc(arena, (size_t)count + 1, sizeof *asked)) == NULL)
        return fail_memory(err);
    for (int k = 0; k < count; k++) {
        if (!argument_is_text(variables[k], "a variable", err))
            return error_argument(err, "variables");
        asked[k] = (struct asked){ .text = variables[k], .at = NOWHERE };
    }
    if (how->within < 0 || how->within > count || (count == 0 && how->slope == NULL)) {
        fail(err, GLMM_E_USAGE, NOWHERE, count == 0 ? "means are of one variable at least" : "%d variables, and %d of them first",
             count, how->within);
        return error_argument(err, count == 0 ? "variables" : "within");
    }
    *out = (struct means_request){ .fit = fit,
                                   .variables = asked,
                                   .count = count,
                                   .by_count = how->within,
                                   .weights = weights[how->weights],
                                   .at_place = NOWHERE };
    return stated_take(how->at, how->at_count, "at", arena, &out->at, err);
}

static bool make_labels(struct glmm_means *out, struct glmm_error *err)
{
    struct means *m = out->means;

    if ((out->labels = arena_alloc(m->arena, (size_t)m->count + 1, sizeof *out->labels)) == NULL)
        return fail_memory(err);
    for (int k = 0; k < m->count; k++)
        if ((out->labels[k] = means_label(m, m->arena, k, 0, m->variable_count)) == NULL)
            return fail_memory(err);
    return true;
}

/* Of a fit of the model, or a pooled one. */
static struct glmm_means *means_of(const struct model *model, const struct fit *fit, const char *const *variables,
                                   const struct glmm_means_options *options, struct glmm_error *err)
{
    static const enum means_scale scales[] = {
        [GLMM_MEANS_LINK] = SCALE_LINK, [GLMM_MEANS_TYPICAL] = SCALE_RESPONSE, [GLMM_MEANS_POPULATION] = SCALE_POPULATION
    };
    struct glmm_means_options how = { 0 };
    struct means_request request;
    struct glmm_means *out;
    struct arena *arena;
    enum linear_ddf ddf = LINEAR_SATTERTHWAITE;
    bool ok;

    if (!options_take(&how, options, sizeof how, err) || !confidence_take(&how.level, err) || !ddf_take(how.ddf, &ddf, err)
        || !check_means(fit, &how, err))
        return NULL;
    arena = arena_new();
    out = NEW(struct glmm_means);
    ok = (arena != NULL && out != NULL) || fail_memory(err);
    ok = ok && take_request(fit, variables, &how, arena, &request, err) && linear_init(&out->linear, fit, ddf, how.progress, err);
    if (ok) {
        const struct asked slope = { .text = how.slope, .at = NOWHERE };

        out->scale = scales[how.scale];
        out->level = how.level;
        out->means = how.slope == NULL ? means_new(model, &request, how.progress, err)
                                       : slopes_new(model, &slope, &request, how.progress, err);
        ok = out->means != NULL && make_labels(out, err);
    }
    arena_free(arena);
    if (ok)
        return out;
    glmm_means_free(out);
    return NULL;
}

struct glmm_means *glmm_means_new(const struct glmm_fit *fit, const char *const *variables,
                                  const struct glmm_means_options *options, struct glmm_error *err)
{
    return argument_given(fit, "fit", err) ? means_of(fit->model, fit->fit, variables, options, err) : NULL;
}

struct glmm_means *glmm_pool_means(const struct glmm_pool *pool, const char *const *variables,
                                   const struct glmm_means_options *options, struct glmm_error *err)
{
    return argument_given(pool, "pool", err) ? means_of(pool_model_of(pool), pool_fit_of(pool), variables, options, err) : NULL;
}

void glmm_means_free(struct glmm_means *means)
{
    if (means == NULL)
        return;
    means_free(means->means);
    linear_clear(&means->linear);
    mem_free(means);
}

int glmm_means_count(const struct glmm_means *means)
{
    return means == NULL ? 0 : means->means->count;
}

const char *glmm_means_held(const struct glmm_means *means)
{
    return means == NULL ? "" : means->scale == SCALE_POPULATION ? means->means->held_wide : means->means->held;
}

bool glmm_means_get(const struct glmm_means *means, int index, const char **levels, struct glmm_estimate *out,
                    struct glmm_error *err)
{
    struct mean_estimate e;

    if (!argument_given(means, "means", err) || !argument_given(out, "out", err) || index < 0 || index >= means->means->count
        || !means_estimate(means->means, &means->linear, index, means->scale, means->level, &e, err))
        return false;
    if (levels != NULL)
        *levels = means->labels[index];
    *out = (struct glmm_estimate){ .estimate = e.estimate,
                                   .se = e.se,
                                   .df = e.df,
                                   .statistic = (double)NAN,
                                   .p = (double)NAN,
                                   .lower = e.lower,
                                   .upper = e.upper };
    return true;
}

/* --- Johnson and Neyman ------------------------------------------------------------------------- */

int glmm_slope_regions(const struct glmm_fit *fit, const char *variable, const char *moderator,
                       const struct glmm_means_options *options, struct glmm_region regions[GLMM_REGIONS], struct glmm_error *err)
{
    const char *const moderators[] = { moderator, NULL };
    const struct asked along = { .text = variable, .at = NOWHERE }, by = { .text = moderator, .at = NOWHERE };
    struct glmm_means_options how = { 0 };
    enum linear_ddf ddf = LINEAR_SATTERTHWAITE;
    struct linear linear = { 0 };
    struct means_request request;
    struct neyman found;
    struct arena *arena;
    bool ok;

    if (!argument_given(fit, "fit", err) || !argument_given(variable, "slope", err)
        || !argument_given(moderator, "moderator", err) || !argument_given(regions, "regions", err)
        || !argument_is_text(variable, "a variable", err) || !options_take(&how, options, sizeof how, err)
        || !confidence_take(&how.level, err) || !ddf_take(how.ddf, &ddf, err))
        return -1;
    how.scale = GLMM_MEANS_LINK;
    how.within = 0;
    how.slope = NULL;
    if (!check_means(fit->fit, &how, err))
        return -1;
    if ((arena = arena_new()) == NULL) {
        fail_memory(err);
        return -1;
    }
    ok = take_request(fit->fit, moderators, &how, arena, &request, err) && linear_init(&linear, fit->fit, ddf, how.progress, err)
         && neyman_find(fit->model, &linear, &along, &by, &request, how.level, &found, how.progress, err);
    for (int i = 0; ok && i < found.count; i++)
        regions[i] = (struct glmm_region){ found.from[i], found.to[i], found.sign[i] };
    linear_clear(&linear);
    arena_free(arena);
    return ok ? found.count : -1;
}

/* --- contrasts ---------------------------------------------------------------------------------- */

struct glmm_contrasts {
    struct contrasts_of *contrasts;
};

struct glmm_contrasts *glmm_contrasts_new(const struct glmm_means *means, const struct glmm_contrasts_options *options,
                                          struct glmm_error *err)
{
    static const enum contrast_method methods[] = {
        [GLMM_PAIRS] = CONTRAST_OF_PAIRS,          [GLMM_CONTROL] = CONTRAST_WITH_CONTROL, [GLMM_TRENDS] = CONTRAST_OF_TRENDS,
        [GLMM_CONSECUTIVE] = CONTRAST_CONSECUTIVE, [GLMM_EFFECTS] = CONTRAST_OF_EFFECTS,   [GLMM_WEIGHTED] = CONTRAST_CUSTOM
    };
    static const enum adjustment adjustments[] = {
        [GLMM_UNADJUSTED] = ADJUST_NONE, [GLMM_TUKEY] = ADJUST_TUKEY,           [GLMM_DUNNETT] = ADJUST_DUNNETT,
        [GLMM_HOLM] = ADJUST_HOLM,       [GLMM_BONFERRONI] = ADJUST_BONFERRONI, [GLMM_SIDAK] = ADJUST_SIDAK
    };
    struct glmm_contrasts_options how = { 0 };
    struct contrast_request request;
    struct glmm_contrasts *out;

    if (!argument_given(means, "means", err) || !options_take(&how, options, sizeof how, err)
        || !confidence_take(&how.level, err))
        return NULL;
    if ((unsigned)how.method > GLMM_WEIGHTED) {
        bad_kind("contrasts", (int)how.method, "method", err);
        return NULL;
    }
    if ((unsigned)how.adjust > GLMM_SIDAK) {
        bad_kind("adjustment", (int)how.adjust, "adjust", err);
        return NULL;
    }
    request = (struct contrast_request){ .method = methods[how.method],
                                         .adjust = adjustments[how.adjust],
                                         .interaction = how.interaction,
                                         .reference = how.reference,
                                         .custom = how.weights,
                                         .ratios = how.ratios,
                                         .level = how.level,
                                         .reference_at = NOWHERE,
                                         .custom_at = NOWHERE,
                                         .method_at = NOWHERE,
                                         .adjust_at = NOWHERE,
                                         .ratios_at = NOWHERE };
    if ((out = NEW(struct glmm_contrasts)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if ((out->contrasts = contrasts_new(means->means, &means->linear, &request, err)) != NULL)
        return out;
    mem_free(out);
    return NULL;
}

void glmm_contrasts_free(struct glmm_contrasts *contrasts)
{
    if (contrasts == NULL)
        return;
    contrasts_free(contrasts->contrasts);
    mem_free(contrasts);
}

int glmm_contrasts_count(const struct glmm_contrasts *contrasts)
{
    return contrasts == NULL ? 0 : contrasts->contrasts->count;
}

bool glmm_contrasts_get(const struct glmm_contrasts *contrasts, int index, const char **name, struct glmm_estimate *out)
{
    const struct contrast_row *r;

    if (out == NULL || index < 0 || index >= glmm_contrasts_count(contrasts))
        return false;
    r = &contrasts->contrasts->rows[index];
    if (name != NULL)
        *name = r->name;
    *out = (struct glmm_estimate){ r->estimate, r->se, r->df, r->statistic, r->p, r->lower, r->upper };
    return true;
}

/* --- equivalence -------------------------------------------------------------------------------- */

bool glmm_equivalence(const struct glmm_estimate *estimate, double value, double margin, enum glmm_side side, double level,
                      struct glmm_equivalence *out, struct glmm_error *err)
{
    static const enum equivalence_side sides[] = {
        [GLMM_EQUIVALENT] = SIDE_EQUIVALENT, [GLMM_NONINFERIOR] = SIDE_NONINFERIOR, [GLMM_NONSUPERIOR] = SIDE_NONSUPERIOR
    };
    struct equivalence e;

    if (!argument_given(estimate, "estimate", err) || !argument_given(out, "out", err) || !confidence_take(&level, err))
        return false;
    if ((unsigned)side > GLMM_NONSUPERIOR)
        return bad_kind("side", (int)side, "side", err);
    if (!(margin > 0)) {
        fail(err, GLMM_E_VALUE, NOWHERE, "a margin is a difference, above 0");
        return error_argument(err, "margin");
    }
    equivalence_test(estimate->estimate, value, estimate->se, estimate->df, margin, sides[side], level, &e);
    *out = (struct glmm_equivalence){
        .p = e.p, .statistic = e.t, .lower_p = e.lower_p, .upper_p = e.upper_p, .lower = e.lower, .upper = e.upper
    };
    return true;
}
