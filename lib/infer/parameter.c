/* parameter.c -- see parameter.h. */
#include "infer/parameter.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "infer/ci.h"
#include "model/family.h"
#include "model/residuals.h"
#include "model/structure.h"

const char *parameter_kind_name(enum parameter_kind kind)
{
    static const char *const names[] = { "fixed", "sd", "corr", "sigma", "dispersion", "shape", "structure" };

    return names[kind];
}

double parameter_value(const struct parameter *p, const struct fit *fit)
{
    const struct random_fit *random = p->term >= 0 ? &fit->random[p->term] : NULL;

    switch (p->kind) {
    case PARAMETER_FIXED:
        return fit->beta[p->a];
    case PARAMETER_SD:
        return fit_knows(fit, p->term, p->a, p->a) ? random->sd[p->a] : (double)NAN;
    case PARAMETER_CORR:
        return fit_knows(fit, p->term, p->b, p->a) ? random->correlation[p->b + p->a * random->k] : (double)NAN;
    case PARAMETER_SIGMA:
        return fit_knows(fit, -1, 0, 0) ? fit->sigma : (double)NAN;
    case PARAMETER_STRUCTURE:
        return random != NULL ? random->parameters[p->a].estimate : fit->residual->parameters[p->a].estimate;
    default:
        return fit->shape[p->a];
    }
}

const char *parameter_words(const struct parameter *p, struct arena *arena)
{
    switch (p->kind) {
    case PARAMETER_SD:
        return arena_printf(arena, "%s sd %s", p->group, p->name);
    case PARAMETER_CORR:
        return arena_printf(arena, "%s corr %s, %s", p->group, p->name, p->other);
    case PARAMETER_SIGMA:
        return "sd Residual";
    case PARAMETER_SHAPE:
        return arena_printf(arena, "threshold %s", p->name);
    case PARAMETER_STRUCTURE:
        return arena_printf(arena, "%s %s", p->group, p->name);
    default:
        return p->name;
    }
}

static void add_term(const struct fit *fit, int t, struct parameter *list, int *count)
{
    const struct random_design *random = &fit->design->random[t];

    int deviations = random->structure != NULL && !random->structure->hetero ? 1 : random->k;

    for (int a = 0; a < deviations; a++)
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_SD,
                                               .term = t,
                                               .a = a,
                                               .group = random->group,
                                               .name = deviations < random->k ? random->structure->name : random->names[a] };
    for (int i = 0; i < fit->random[t].parameter_count; i++)
        list[(*count)++] = (struct parameter){
            .kind = PARAMETER_STRUCTURE, .term = t, .a = i, .group = random->group, .name = fit->random[t].parameters[i].name
        };
    for (int a = 0; a < random->k && random->structure == NULL && random->covariance->correlated; a++)
        for (int b = a + 1; b < random->k; b++)
            list[(*count)++] = (struct parameter){ .kind = PARAMETER_CORR,
                                                   .term = t,
                                                   .a = a,
                                                   .b = b,
                                                   .group = random->group,
                                                   .name = random->names[a],
                                                   .other = random->names[b] };
}

struct parameter *parameters_of(const struct fit *fit, struct arena *arena, int *count)
{
    const struct design *design = fit->design;
    size_t most = (size_t)design->p + 1 + FAMILY_SHAPES;
    struct parameter *list;

    for (int t = 0; t < design->random_count; t++)
        most += (size_t)design->random[t].k * ((size_t)design->random[t].k + 1) / 2 + (size_t)fit->random[t].parameter_count;
    most += fit->residual != NULL ? (size_t)fit->residual->parameter_count : 0;
    list = arena_alloc(arena, most, sizeof *list);
    *count = 0;
    if (list == NULL)
        return NULL;
    for (int j = 0; j < design->p; j++)
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_FIXED, .term = -1, .a = j, .name = design->names[j] };
    for (int t = 0; t < design->random_count; t++)
        add_term(fit, t, list, count);
    for (int i = 0; fit->residual != NULL && i < fit->residual->parameter_count; i++)
        list[(*count)++] = (struct parameter){
            .kind = PARAMETER_STRUCTURE, .term = -1, .a = i, .group = "Residual", .name = fit->residual->parameters[i].name
        };
    if (design->residual != NULL && design->residual->scale_count > 1)
        ; /* it is the first of them */
    else if (fit_has_residual(fit))
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_SIGMA, .term = -1, .name = "sigma" };
    else if (fit->has_scale)
        list[(*count)++] =
            (struct parameter){ .kind = PARAMETER_DISPERSION,
                                .term = -1,
                                .name = fit->family->dispersion_name != NULL ? fit->family->dispersion_name : "dispersion" };
    for (int j = fit->family->has_dispersion; j < family_shapes(fit->family); j++)
        if (fit_is_threshold(fit, j))
            list[(*count)++] = (struct parameter){
                .kind = PARAMETER_SHAPE, .term = -1, .a = j, .name = fit->family->more[j - fit->family->has_dispersion].name
            };
    for (int i = 0; i < *count; i++)
        list[i].estimate = parameter_value(&list[i], fit);
    return list;
}

void parameter_wald(const struct parameter *p, const struct fit *fit, double level, double *lower, double *upper)
{
    struct wald wald = { .lower = (double)NAN, .upper = (double)NAN };
    int at;

    if (p->kind == PARAMETER_FIXED && isfinite(fit->beta[p->a]) && isfinite(fit->se[p->a]))
        wald_test(fit->beta[p->a], fit->se[p->a], fit->df == NULL ? (double)INFINITY : fit->df[p->a], level, &wald);
    if (p->kind == PARAMETER_SHAPE && (at = fit_rest_of_shape(fit, p->a)) >= 0 && isfinite(p->estimate)
        && isfinite(fit_rest_se(fit, at)))
        wald_test(p->estimate, fit_rest_se(fit, at), INFINITY, level, &wald);
    *lower = wald.lower;
    *upper = wald.upper;
}
