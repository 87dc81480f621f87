/* contrasts.c -- see contrasts.h; the definitions are those of R's contr.treatment, contr.sum, contr.helmert and contr.poly. */
#include "model/contrasts.h"

#include <string.h>

#include "model/design.h"
#include "model/poly.h"
#include "model/variable.h"

/* One indicator a level, without the one of `left_out` (-1: none). */
static bool make_indicators(struct arena *arena, int32_t levels, const char *const *names, int32_t left_out,
                            struct contrasts *out)
{
    int32_t *level_of = arena_alloc(arena, (size_t)levels, sizeof *level_of);
    int column = 0;

    if (level_of == NULL)
        return false;
    for (int32_t level = 0; level < levels; level++)
        if (level != left_out) {
            out->suffixes[column] = names[level];
            level_of[column++] = level;
        }
    out->level_of = level_of;
    out->columns = column;
    return true;
}

/* The value of a level in a column of sum or Helmert contrasts. */
static double contrast_value(enum contrast kind, int32_t levels, int32_t level, int column)
{
    if (kind == CONTRAST_SUM)
        return level == levels - 1 ? -1.0 : level == column;
    return level <= column ? -1.0 : level == column + 1 ? column + 1.0 : 0.0;
}

static bool make_polynomials(struct arena *arena, int32_t levels, double *table)
{
    double *scores = arena_alloc(arena, (size_t)levels, sizeof *scores);

    if (scores == NULL)
        return false;
    for (int32_t level = 0; level < levels; level++)
        scores[level] = level + 1.0;
    return levels < 2 || poly_orthogonal((size_t)levels, scores, levels - 1, table);
}

bool contrasts_make(struct arena *arena, enum contrast kind, bool full, int32_t levels, const char *const *names,
                    int32_t reference, struct contrasts *out)
{
    static const char *const powers[] = { ".L", ".Q", ".C" };
    double *table;

    memset(out, 0, sizeof *out);
    out->suffixes = arena_alloc(arena, (size_t)levels, sizeof *out->suffixes);
    if (out->suffixes == NULL)
        return false;
    if (full || kind == CONTRAST_TREATMENT)
        return make_indicators(arena, levels, names, full ? -1 : reference, out);
    out->columns = levels - 1;
    table = arena_alloc(arena, (size_t)levels * (size_t)levels, sizeof *table);
    out->table = table;
    if (table == NULL || (kind == CONTRAST_POLY && !make_polynomials(arena, levels, table)))
        return false;
    for (int column = 0; column < out->columns; column++) {
        if (kind == CONTRAST_POLY)
            out->suffixes[column] = column < 3 ? powers[column] : arena_printf(arena, "^%d", column + 1);
        else
            out->suffixes[column] = arena_printf(arena, "%d", column + 1);
        if (out->suffixes[column] == NULL)
            return false;
        for (int32_t level = 0; kind != CONTRAST_POLY && level < levels; level++)
            table[(size_t)column * (size_t)levels + (size_t)level] = contrast_value(kind, levels, level, column);
    }
    return true;
}

bool contrast_of_name(const char *name, size_t length, enum contrast *kind)
{
    static const struct {
        const char *name;
        enum contrast kind;
    } all[] = {
        { "treatment", CONTRAST_TREATMENT },
        { "sum", CONTRAST_SUM },
        { "helmert", CONTRAST_HELMERT },
        { "poly", CONTRAST_POLY },
    };

    if (length > 6 && strncmp(name, "contr.", 6) == 0) {
        name += 6;
        length -= 6;
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strlen(all[i].name) == length && strncmp(name, all[i].name, length) == 0) {
            *kind = all[i].kind;
            return true;
        }
    return false;
}

bool design_ordered_factor(const struct design *design, int i, struct ordered_factor *out)
{
    const struct design_recipe *recipe = design->recipe;
    const struct variable_recipe *v = recipe != NULL && i < recipe->variable_count ? &recipe->variables[i] : NULL;

    if (v == NULL)
        return false;
    *out = (struct ordered_factor){ .name = v->name };
    if (v->contrasted && (v->by == CONTRAST_POLY || v->by == CONTRAST_HELMERT)) {
        out->levels = (const char *const *)v->levels;
        out->count = v->level_count;
        out->alphabetical = levels_are_alphabetical(out->levels, v->level_count);
    }
    return true;
}
