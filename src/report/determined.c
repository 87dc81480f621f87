/* determined.c -- see determined.h. */
#include "report/determined.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "fit/fit.h"
#include "fit/identify.h"

struct model *determined_model(struct model *model, struct arena *arena)
{
    const struct fit *fit = identity_determined(model->fit, arena);
    struct model *shown;

    if (fit == NULL || fit == model->fit)
        return fit == NULL ? NULL : model;
    shown = arena_alloc(arena, 1, sizeof *shown);
    if (shown == NULL)
        return NULL;
    *shown = *model;
    shown->fit = (struct fit *)(uintptr_t)fit;
    shown->design = (struct design *)(uintptr_t)fit->design;
    return shown;
}

/* Whether an effect of the group (`term`; NULL: any) is part of the sum. */
static bool is_part(const struct identity_sum *sum, const struct design *design, const char *group, const char *term)
{
    for (int k = 0; k < sum->part_count; k++) {
        const struct identity_part *part = &sum->parts[k];
        const struct random_design *random = part->term < 0 ? NULL : &design->random[part->term];

        for (int a = 0; random != NULL && strcmp(random->group, group) == 0 && a < random->k; a++)
            if (part->weights[a] != 0.0 && (term == NULL || strcmp(random->names[a], term) == 0))
                return true;
    }
    return false;
}

const char *determined_group(struct arena *arena, const struct model *stated, const struct model *shown, const char *group,
                             const char *term)
{
    const struct identity *identity = stated->fit->identity;

    for (int j = 0; stated != shown && j < identity->sum_count; j++)
        if (is_part(&identity->sums[j], stated->design, group, term))
            return identity_sum_groups(arena, stated->design, &identity->sums[j]);
    return group;
}

void determined_note(struct result *result, const struct model *stated, const struct model *shown, int left_out,
                     const char *group)
{
    const struct identity *identity = stated->fit->identity;

    for (int j = 0; stated != shown && j < identity->sum_count; j++) {
        const char *groups = identity_sum_groups(result->arena, stated->design, &identity->sums[j]),
                   *effects = identity_sum_effects(result->arena, stated->design, &identity->sums[j]);

        if (!is_part(&identity->sums[j], stated->design, group, NULL))
            continue;
        if (groups != NULL && effects != NULL)
            result_line(result, LINE_NOTE, "%s of %s: only this sum of effects is determined (help identified)", effects, groups);
    }
    if (left_out > 0)
        result_line(result, LINE_NOTE, "%d level%s of %s left out: nothing determines the effect there (help identified)",
                    left_out, left_out == 1 ? "" : "s", group);
}

bool errors_are_open(const struct fit *fit)
{
    bool open = false;

    for (int j = 0; fit->identity != NULL && j < fit->design->p; j++)
        open = open || (isnan(fit->se[j]) && isfinite(fit->beta[j]));
    return open;
}

const char *open_words(struct arena *arena, const char *what, bool moved)
{
    const char *left = moved ? "variances or covariances that the data leave open" : "a variance that the data leave open";

    if (what == NULL)
        return arena_printf(arena, "these %s depend on %s", moved ? "numbers" : "errors", left);
    return arena_printf(arena, "%s%s depends on %s", moved ? "" : "the error of ", what, left);
}

void open_note(struct result *result, const char *what, bool moved)
{
    const char *words = open_words(result->arena, what, moved);

    if (words == NULL)
        result->failed = true;
    else
        result_line(result, LINE_NOTE, "\xe2\x80\x93: %s (help identified)", words);
}
