/* parameter.c -- see parameter.h. */
#include "infer/parameter.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "infer/ci.h"
#include "model/family.h"

const char *parameter_kind_name(enum parameter_kind kind)
{
    static const char *const names[] = { "fixed", "sd", "corr", "sigma", "dispersion", "shape" };

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
    default:
        return p->name;
    }
}

static void add_term(const struct fit *fit, int t, struct parameter *list, int *count)
{
    const struct random_design *random = &fit->design->random[t];

    for (int a = 0; a < random->k; a++)
        list[(*count)++] =
            (struct parameter){ .kind = PARAMETER_SD, .term = t, .a = a, .group = random->group, .name = random->names[a] };
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
        most += (size_t)design->random[t].k * ((size_t)design->random[t].k + 1) / 2;
    list = arena_alloc(arena, most, sizeof *list);
    *count = 0;
    if (list == NULL)
        return NULL;
    for (int j = 0; j < design->p; j++)
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_FIXED, .term = -1, .a = j, .name = design->names[j] };
    for (int t = 0; t < design->random_count; t++)
        add_term(fit, t, list, count);
    if (fit_has_residual(fit))
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_SIGMA, .term = -1, .name = "sigma" };
    else if (fit->has_scale)
        list[(*count)++] =
            (struct parameter){ .kind = PARAMETER_DISPERSION,
                                .term = -1,
                                .name = fit->family->dispersion_name != NULL ? fit->family->dispersion_name : "dispersion" };
    for (int i = 0; i < *count; i++)
        list[i].estimate = parameter_value(&list[i], fit);
    return list;
}

void parameter_wald(const struct parameter *p, const struct fit *fit, double level, double *lower, double *upper)
{
    struct wald wald = { .lower = (double)NAN, .upper = (double)NAN };

    if (p->kind == PARAMETER_FIXED && isfinite(fit->beta[p->a]) && isfinite(fit->se[p->a]))
        wald_test(fit->beta[p->a], fit->se[p->a], fit->df == NULL ? (double)INFINITY : fit->df[p->a], level, &wald);
    *lower = wald.lower;
    *upper = wald.upper;
}
