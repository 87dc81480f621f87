/* parameter.c -- see parameter.h. */
#include "infer/parameter.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/imputed.h"
#include "infer/ci.h"
#include "model/family.h"
#include "model/relation.h"
#include "model/residuals.h"
#include "model/structure.h"

const char *parameter_kind_name(enum parameter_kind kind)
{
    static const char *const names[] = { [PARAMETER_FIXED] = "fixed",
                                         [PARAMETER_SD] = "sd",
                                         [PARAMETER_CORR] = "corr",
                                         [PARAMETER_SIGMA] = "sigma",
                                         [PARAMETER_DISPERSION] = "dispersion",
                                         [PARAMETER_SHAPE] = "shape",
                                         [PARAMETER_STRUCTURE] = "structure",
                                         [PARAMETER_ZERO] = "zi",
                                         [PARAMETER_SPREAD] = "disp",
                                         [PARAMETER_EXTRA] = "shape" };

    return names[kind];
}

const struct fit_part *parameter_part(const struct parameter *p, const struct fit *fit)
{
    return p->kind == PARAMETER_ZERO     ? fit_part_of(fit, PART_ZERO)
           : p->kind == PARAMETER_SPREAD ? fit_part_of(fit, PART_DISPERSION)
                                         : NULL;
}

double residual_sd_shown(const struct fit *fit)
{
    const double nothing = 1e-5; /* of the largest standard deviation of an effect */
    double largest = 0.0;

    for (int t = 0; fit->structured_count > 0 && t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            if (isfinite(fit->random[t].sd[a]))
                largest = fmax(largest, fit->random[t].sd[a]);
    if (!fit_knows(fit, -1, 0, 0))
        return (double)NAN;
    return fit->sigma < nothing * largest ? 0.0 : fit->sigma;
}

/* At its limit it is infinite, but for a power, which is 2; a power of no variation is nothing. */
static double extra_value(const struct fit *fit, int j)
{
    bool power = fit->family->more[j - fit->family->has_dispersion].scale == SHAPE_POWER;

    if (power)
        return fit_has_no_variation(fit) ? (double)NAN : fit->shape[j];
    return fit->rest_count < fit->rest_all && fit->rest_shape[fit->rest_count] == j ? HUGE_VAL : fit->shape[j];
}

double parameter_value(const struct parameter *p, const struct fit *fit)
{
    const struct random_fit *random = p->term >= 0 ? &fit->random[p->term] : NULL;
    const struct fit_part *part = parameter_part(p, fit);
    bool beside = p->term >= fit->design->random_count; /* of zi= or disp= */

    switch (p->kind) {
    case PARAMETER_FIXED:
        return fit_coefficient(fit, p->a);
    case PARAMETER_SD:
        return random != NULL && (beside || fit_knows(fit, p->term, p->a, p->a)) ? random->sd[p->a] : (double)NAN;
    case PARAMETER_CORR:
        return random != NULL && (beside || fit_knows(fit, p->term, p->b, p->a)) ? random->correlation[p->b + p->a * random->k]
                                                                                 : (double)NAN;
    case PARAMETER_SIGMA:
        return residual_sd_shown(fit);
    case PARAMETER_STRUCTURE:
        if (random != NULL)
            return random->parameters[p->a].estimate;
        return fit->residual != NULL ? fit->residual->parameters[p->a].estimate : (double)NAN;
    case PARAMETER_ZERO:
    case PARAMETER_SPREAD:
        return part != NULL ? part->estimate[p->a] : (double)NAN;
    case PARAMETER_DISPERSION:
        return fit_dispersion_shown(fit);
    case PARAMETER_EXTRA:
        return extra_value(fit, p->a);
    default:
        return fit->shape[p->a];
    }
}

const char *parameter_words(const struct parameter *p, struct arena *arena)
{
    const char *by = p->relation == NULL ? "" : arena_printf(arena, " K=%s", p->relation);

    if (by == NULL)
        return NULL;
    switch (p->kind) {
    case PARAMETER_SD:
        return arena_printf(arena, "%s sd %s%s", p->group, p->name, by);
    case PARAMETER_CORR:
        return arena_printf(arena, "%s corr %s, %s%s", p->group, p->name, p->other, by);
    case PARAMETER_SIGMA:
        return "sd Residual";
    case PARAMETER_SHAPE:
        return arena_printf(arena, "threshold %s", p->name);
    case PARAMETER_STRUCTURE:
    case PARAMETER_ZERO:
    case PARAMETER_SPREAD:
        return arena_printf(arena, "%s %s", p->group, p->name);
    default:
        return p->name;
    }
}

/* The name of the term's K= where another term has one of its effects in the same group. */
static const char *relation_of(const struct design *design, int t)
{
    const struct random_design *one = &design->random[t];

    for (int s = 0; one->relation != NULL && s < design->random_count; s++) {
        const struct random_design *other = &design->random[s];

        for (int a = 0; s != t && strcmp(one->group, other->group) == 0 && a < one->k; a++)
            for (int b = 0; b < other->k; b++)
                if (strcmp(one->names[a], other->names[b]) == 0)
                    return one->relation->name;
    }
    return NULL;
}

/* "rho", "rho SexFemale" of a term at one level of a factor. */
static const char *at_level(const struct random_design *random, const char *name, struct arena *arena)
{
    return random->within == NULL ? name : arena_printf(arena, "%s %s", name, random->within);
}

static void add_term(const struct fit *fit, int t, const char *group, struct parameter *list, int *count, struct arena *arena)
{
    const struct random_design *random = design_term(fit->design, t, NULL);
    const char *relation = t < fit->design->random_count ? relation_of(fit->design, t) : NULL;
    int deviations = random->structure != NULL && !random->structure->hetero ? 1 : random->k;

    for (int a = 0; a < deviations; a++)
        list[(*count)++] =
            (struct parameter){ .kind = PARAMETER_SD,
                                .term = t,
                                .a = a,
                                .group = group,
                                .relation = relation,
                                .name = deviations < random->k ? random_structure_name(random, arena) : random->names[a] };
    for (int i = 0; i < fit->random[t].parameter_count; i++)
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_STRUCTURE,
                                               .term = t,
                                               .a = i,
                                               .group = group,
                                               .name = at_level(random, fit->random[t].parameters[i].name, arena) };
    for (int a = 0; a < random->k && random->structure == NULL && random->covariance->correlated; a++)
        for (int b = a + 1; b < random->k; b++)
            list[(*count)++] = (struct parameter){ .kind = PARAMETER_CORR,
                                                   .term = t,
                                                   .a = a,
                                                   .b = b,
                                                   .group = group,
                                                   .relation = relation,
                                                   .name = random->names[a],
                                                   .other = random->names[b] };
}

/* The coefficients of zi= and disp=. */
static void add_parts(const struct fit *fit, struct parameter *list, int *count)
{
    for (int k = 0; k < fit->part_count; k++)
        for (int j = 0; j < fit->part[k].count && fit->part[k].kind != PART_THRESHOLDS; j++)
            list[(*count)++] = (struct parameter){ .kind = fit->part[k].kind == PART_ZERO ? PARAMETER_ZERO : PARAMETER_SPREAD,
                                                   .term = -1,
                                                   .a = j,
                                                   .group = fit->part[k].kind == PART_ZERO ? "zi" : "disp",
                                                   .name = fit->part[k].names[j] };
}

/* "zi site". */
static const char *group_beside(const struct design *design, int t, struct arena *arena)
{
    int part;
    const struct random_design *random = design_term(design, t, &part);

    return arena_printf(arena, "%s %s", design_part_name(part), random->group);
}

struct parameter *parameters_of(const struct fit *fit, struct arena *arena, int *count)
{
    const struct design *design = fit->design;
    int terms = design_term_count(design);
    const struct residual_design *residual = fit_residual_design(fit);
    size_t most = (size_t)design->p + 1 + FAMILY_SHAPES;
    struct parameter *list;

    for (int t = 0; t < terms; t++)
        most += (size_t)fit->random[t].k * ((size_t)fit->random[t].k + 1) / 2 + (size_t)fit->random[t].parameter_count;
    most += fit->residual != NULL ? (size_t)fit->residual->parameter_count : 0;
    for (int k = 0; k < fit->part_count; k++)
        most += (size_t)fit->part[k].count;
    list = arena_alloc(arena, most, sizeof *list);
    *count = 0;
    if (list == NULL)
        return NULL;
    for (int j = 0; j < design->p; j++)
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_FIXED, .term = -1, .a = j, .name = design->names[j] };
    for (int t = 0; t < design->random_count; t++)
        add_term(fit, t, design->random[t].group, list, count, arena);
    for (int i = 0; fit->residual != NULL && i < fit->residual->parameter_count; i++)
        list[(*count)++] = (struct parameter){ .kind = PARAMETER_STRUCTURE,
                                               .term = -1,
                                               .a = i,
                                               .group = residual != NULL && residual->loads != NULL ? "disp" : "Residual",
                                               .name = fit->residual->parameters[i].name };
    if (residual != NULL && residual->scale_count > 1)
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
    for (int j = fit->family->has_dispersion; j < family_shapes(fit->family); j++)
        if (fit->family->more[j - fit->family->has_dispersion].scale != SHAPE_FREE && !family_holds_shape(fit->family, j))
            list[(*count)++] = (struct parameter){
                .kind = PARAMETER_EXTRA, .term = -1, .a = j, .name = fit->family->more[j - fit->family->has_dispersion].name
            };
    add_parts(fit, list, count);
    for (int t = design->random_count; t < terms; t++)
        add_term(fit, t, group_beside(design, t, arena), list, count, arena);
    for (int i = 0; i < *count; i++)
        list[i].estimate = parameter_value(&list[i], fit);
    return arena_failed(arena) ? NULL : list;
}

void parameter_wald(const struct parameter *p, const struct fit *fit, double level, double *lower, double *upper)
{
    struct wald wald = { .lower = (double)NAN, .upper = (double)NAN };
    const struct fit_part *part = parameter_part(p, fit);
    int at;

    if (p->kind == PARAMETER_FIXED && isfinite(fit->beta[p->a]) && isfinite(fit->se[p->a]))
        wald_test(fit->beta[p->a], fit->se[p->a], fit->df == NULL ? (double)INFINITY : fit->df[p->a], level, &wald);
    if (p->kind == PARAMETER_SHAPE && (at = fit_rest_of_shape(fit, p->a)) >= 0 && isfinite(p->estimate)
        && isfinite(fit_rest_se(fit, at)))
        wald_test(p->estimate, fit_rest_se(fit, at), INFINITY, level, &wald);
    if (part != NULL && isfinite(part->estimate[p->a]) && isfinite(part->se[p->a]))
        wald_test(part->estimate[p->a], part->se[p->a], INFINITY, level, &wald);
    *lower = wald.lower;
    *upper = wald.upper;
}

/* d log s_a = sum_e l_ae dl_ae / s_a^2 over row a of the template. */
double parameter_log_error(const struct parameter *p, const struct fit *fit)
{
    const struct random_design *random = design_term(fit->design, p->term, NULL);
    const struct random_fit *estimates = &fit->random[p->term];
    int k = random->k, at = fit->design->p;
    double square = pow(estimates->sd[p->a], 2), variance = 0;

    for (int t = 0; t < p->term; t++)
        at += random_parameters(design_term(fit->design, t, NULL));
    for (int e = 0; e <= p->a; e++)
        for (int f = 0; f <= p->a; f++) {
            double le = estimates->lambda[p->a + e * k] * fit->sigma, lf = estimates->lambda[p->a + f * k] * fit->sigma;

            if (le != 0 && lf != 0)
                variance += le * lf
                            * fit_joint(fit, at + covariance_entry(random->covariance, k, p->a, e),
                                        at + covariance_entry(random->covariance, k, p->a, f));
        }
    return sqrt(variance) / square;
}
