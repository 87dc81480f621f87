/* design-terms.c -- what stands in a design: its terms, of which predictor they are, their groups, its trials. */
#include "model/design-private.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/group.h"
#include "model/residuals.h"

bool design_is_structured(const struct design *design)
{
    bool found = design->residual != NULL;

    for (int t = 0; t < design->random_count; t++)
        found = found || design->random[t].structure != NULL || design->random[t].relation != NULL;
    return found;
}

const struct design *design_beside(const struct design *design)
{
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (design->part[k] != NULL && design->part[k]->random_count > 0)
            return design->part[k];
    return NULL;
}

const struct design *design_predictor(const struct design *design, int part)
{
    return part == DESIGN_DISPERSION && design->scales != NULL ? design->scales : design->part[part];
}

static int part_terms(const struct design *design, int part)
{
    return design->part[part] == NULL ? 0 : design->part[part]->random_count;
}

const char *design_beside_name(const struct design *design)
{
    bool zero = part_terms(design, DESIGN_ZERO) > 0, dispersion = part_terms(design, DESIGN_DISPERSION) > 0;

    return zero && dispersion ? "zi= and disp" : design_part_name(zero ? DESIGN_ZERO : DESIGN_DISPERSION);
}

int design_first_term(const struct design *design, int part)
{
    int first = design->random_count;

    for (int k = 0; k < part; k++)
        first += part_terms(design, k);
    return first;
}

int design_term_count(const struct design *design)
{
    return design_first_term(design, DESIGN_PARTS);
}

const struct random_design *design_term(const struct design *design, int t, int *place)
{
    int part = 0;

    if (place != NULL)
        *place = -1;
    if (t < design->random_count)
        return &design->random[t];
    while (part < DESIGN_PARTS && t >= design_first_term(design, part + 1))
        part++;
    if (part == DESIGN_PARTS)
        return NULL;
    if (place != NULL)
        *place = part;
    return &design->part[part]->random[t - design_first_term(design, part)];
}

int design_outer_term(const struct design *design)
{
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *inner = &design->random[t];
        int32_t *owner = NEW_ARRAY(int32_t, inner->level_count + 1);
        bool nested = false;

        for (int s = 0; s < design->random_count && owner != NULL; s++)
            nested = nested
                     || (strcmp(design->random[s].group, inner->group) != 0 && design->random[s].level_count < inner->level_count
                         && levels_are_nested(design->n, inner->level, inner->level_count, design->random[s].level, owner));
        mem_free(owner);
        if (!nested)
            return owner == NULL ? 0 : t;
    }
    return 0;
}

const struct random_design *design_outermost(const struct design *design)
{
    return design->random_count > 0 ? &design->random[design_outer_term(design)] : design_term(design, 0, NULL);
}

bool design_has_one_predictor(const struct design *design, const char *what, struct glmm_error *err)
{
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (design->part[k] != NULL)
            return fail(err, GLMM_E_MODEL, NOWHERE, "%s is not made for a model with %s=", what, design_part_name(k));
    return true;
}

const bool *random_never_has(const struct random_design *random, size_t n, const struct random_term *term, struct arena *arena)
{
    size_t k = (size_t)random->k, size = (size_t)random->level_count * k;
    bool *never = !term->by && term->level_of == NULL ? NULL : arena_alloc(arena, size + 1, sizeof *never);

    if (never == NULL || random->z == NULL)
        return NULL;
    memset(never, true, size * sizeof *never);
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < k; a++)
            if (random->z[i * k + a] != 0) /* of slopes those of one level of f are of one term */
                memset(never + (size_t)random->level[i] * k + (term->by ? a : 0), false, (term->by ? 1 : k) * sizeof *never);
    return never;
}

const char *random_structure_name(const struct random_design *random, struct arena *arena)
{
    return random->within == NULL ? random->structure->name
                                  : arena_printf(arena, "%s %s", random->structure->name, random->within);
}

int random_parameters(const struct random_design *random)
{
    return random->covariance->count(random->k);
}

int group_index(const struct design *design, const char *group)
{
    for (int t = 0; t < design->random_count; t++)
        if (strcmp(design->random[t].group, group) == 0)
            return t;
    for (int t = 0; t < design->random_count; t++)
        if (name_is(design->random[t].group, group))
            return t;
    return -1;
}

bool is_first_of_group(const struct design *design, int t)
{
    return group_index(design, design->random[t].group) == t;
}

const struct random_design *design_group(const struct design *design, int g)
{
    for (int k = -1; k < DESIGN_PARTS; k++) {
        const struct design *one = k < 0 ? design : design->part[k];

        if (k >= 0 && one == NULL)
            continue;
        for (int t = 0; t < one->random_count; t++) {
            bool before = !is_first_of_group(one, t) || (k >= 0 && group_index(design, one->random[t].group) >= 0);

            for (int j = 0; j < k && !before; j++)
                before = design->part[j] != NULL && group_index(design->part[j], one->random[t].group) >= 0;
            if (!before && g-- == 0)
                return &one->random[t];
        }
    }
    return NULL;
}

bool design_is_merged(const struct design *design)
{
    return design->of != NULL && design->times != NULL;
}

size_t design_used_rows(const struct design *design)
{
    double sum = 0;

    for (size_t i = 0; design->times != NULL && i < design->n; i++)
        sum += design->times[i];
    return design->times == NULL ? design->n : (size_t)sum;
}

bool design_has_several_trials(const struct design *design)
{
    for (size_t i = 0; design->trials != NULL && !design->repeats && i < design->n; i++)
        if (design->trials[i] > 1)
            return true;
    return false;
}

double design_trials(const struct design *design)
{
    double sum = 0;

    for (size_t i = 0; design->trials != NULL && i < design->n; i++)
        sum += design->trials[i] * (design->times == NULL ? 1 : design->times[i]);
    return design->trials == NULL ? (double)design_used_rows(design) : sum;
}

const char *design_counted(const struct design *design)
{
    return design->trials == NULL ? "rows" : "trials";
}

double random_related(const struct random_design *random, int32_t level)
{
    return random->related == NULL ? 1 : level < 0 ? random->related_mean : random->related[level];
}

double random_row_variance(const struct random_design *random, const double *covariance, size_t i)
{
    size_t k = (size_t)random->k;
    const double *z = random->z == NULL ? NULL : random->z + i * k;
    double sum = 0;

    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; (z == NULL || z[a] != 0) && b < k; b++) /* of a thousand positions a row has one */
            sum += (z == NULL ? 1 : z[a] * z[b]) * covariance[a + b * k];
    return random->related == NULL ? sum : sum * random->related[random->level[i]];
}

bool design_has_single_trials(const struct design *design)
{
    for (size_t i = 0; i < design->n; i++)
        if ((design->trials != NULL && design->trials[i] != 1) || (design->weights != NULL && design->weights[i] != 1)
            || (design->times != NULL && design->times[i] != 1))
            return false;
    return true;
}
