/* glmm-effects.c -- see glmm.h: what a level moves, and the partial effect of a term. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/influence.h"
#include "infer/partial.h"

/* --- influence ---------------------------------------------------------------------------------- */

struct glmm_influence {
    struct influence influence;
    const struct design *design;
};

static int term_of(const struct design *design, const char *group)
{
    for (int t = 0; t < design->random_count; t++)
        if (group == NULL || strcmp(design->random[t].group, group) == 0)
            return t;
    return -1;
}

struct glmm_influence *glmm_influence_new(const struct glmm_fit *fit, const char *group, long refits,
                                          const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glmm_influence *out;
    int term;

    if (!argument_given(fit, "fit", err))
        return NULL;
    if ((term = term_of(fit->fit->design, group)) < 0) {
        if (group == NULL)
            fail(err, GLMM_E_MODEL, NOWHERE, "the model has no random effects, so no group with levels");
        else
            fail(err, GLMM_E_NAME, NOWHERE, "`%.60s` is no grouping factor of the model", group);
        error_argument(err, "group");
        return NULL;
    }
    if ((out = NEW(struct glmm_influence)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    out->design = fit->fit->design;
    if (influence_find(&out->influence, fit->fit, term, refits, progress, err))
        return out;
    glmm_influence_free(out);
    return NULL;
}

void glmm_influence_free(struct glmm_influence *influence)
{
    if (influence == NULL)
        return;
    influence_clear(&influence->influence);
    mem_free(influence);
}

int glmm_influence_count(const struct glmm_influence *influence)
{
    return influence == NULL ? 0 : influence->influence.count;
}

bool glmm_influence_get(const struct glmm_influence *influence, int index, struct glmm_moved *out)
{
    const struct random_design *random;
    const struct influence_level *l;

    if (out == NULL || index < 0 || index >= glmm_influence_count(influence))
        return false;
    random = &influence->design->random[influence->influence.term];
    l = &influence->influence.levels[index];
    *out = (struct glmm_moved){ .level = random->levels[l->level],
                                .term = l->coefficient < 0 ? NULL : influence->design->names[l->coefficient],
                                .rows = random->rows_of_level[l->level],
                                .refitted = l->refitted,
                                .cook = l->cook,
                                .step_cook = l->step_cook,
                                .move = l->move,
                                .step_move = l->step_move };
    return true;
}

/* --- partial effects ---------------------------------------------------------------------------- */

struct glmm_partial {
    struct model model; /* the fit's, with this fit */
    struct partial partial;
};

struct glmm_partial *glmm_partial_new(const struct glmm_fit *fit, const char *term, double level,
                                      const struct glmm_progress *progress, struct glmm_error *err)
{
    struct asked asked = { .text = term, .at = NOWHERE };
    struct glmm_partial *out;
    struct partial_term found;
    struct arena *arena;
    bool ok;

    if (!argument_given(fit, "fit", err) || !argument_given(term, "term", err) || !argument_is_text(term, "a term", err)
        || !confidence_take(&level, err) || !fit_has_rows(fit->fit, err))
        return NULL;
    arena = arena_new();
    out = NEW(struct glmm_partial);
    ok = (arena != NULL && out != NULL) || fail_memory(err);
    if (ok) {
        out->model = *fit->model;
        out->model.fit = fit->fit;
        ok = (partial_term_find(&found, &out->model, &asked, arena, err) || error_argument(err, "term"))
             && partial_init(&out->partial, &found, level, progress, err);
    }
    arena_free(arena);
    if (ok)
        return out;
    glmm_partial_free(out);
    return NULL;
}

void glmm_partial_free(struct glmm_partial *partial)
{
    if (partial == NULL)
        return;
    partial_clear(&partial->partial);
    mem_free(partial);
}

int glmm_partial_lines(const struct glmm_partial *partial)
{
    return partial == NULL ? 0 : (int)partial->partial.line_count;
}

bool glmm_partial_line(const struct glmm_partial *partial, int index, struct glmm_partial_line *out)
{
    const struct partial *p = partial == NULL ? NULL : &partial->partial;

    if (p == NULL || out == NULL || index < 0 || (size_t)index >= p->line_count)
        return false;
    *out = (struct glmm_partial_line){ .level = p->line[index].label,
                                       .count = p->count,
                                       .x = p->x,
                                       .levels = p->names,
                                       .estimate = p->line[index].estimate,
                                       .lower = p->line[index].lower,
                                       .upper = p->line[index].upper };
    return true;
}

bool glmm_partial_rows(const struct glmm_partial *partial, struct glmm_partial_rows *out)
{
    const struct partial *p = partial == NULL ? NULL : &partial->partial;

    if (p == NULL || out == NULL)
        return false;
    *out = (struct glmm_partial_rows){ .count = p->row_count, .x = p->row_x, .residual = p->row_value, .line = p->row_line };
    return true;
}
