/* relatives.c -- see relatives.h. */
#include "model/relatives.h"

#include <string.h>

#include "base/memory.h"
#include "model/relation.h"

bool relatives_of(const struct random_design *random, int32_t **row, int32_t *count)
{
    int32_t all = random->relation == NULL ? 0 : random->relation->count, *found;
    bool *taken;

    *row = NULL;
    *count = 0;
    if (all <= random->level_count)
        return true;
    found = NEW_ARRAY(int32_t, all);
    taken = NEW_ARRAY(bool, all);
    if (found == NULL || taken == NULL) {
        mem_free(found);
        mem_free(taken);
        return false;
    }
    for (int32_t l = 0; l < random->level_count; l++)
        taken[random->relation_row[l]] = true;
    for (int32_t i = 0; i < all; i++)
        if (!taken[i])
            found[(*count)++] = i;
    mem_free(taken);
    *row = found;
    return true;
}

/* The rows of the new levels, of which there are none, and what each has with itself. */
static bool add_relatives(const struct random_design *from, const int32_t row[], int32_t more, struct arena *arena,
                          struct random_design *to)
{
    int32_t had = from->level_count, count = had + more;
    const char **levels = arena_alloc(arena, (size_t)count, sizeof *levels);
    int32_t *related = arena_alloc(arena, (size_t)count, sizeof *related);
    double *rows = arena_alloc(arena, (size_t)count, sizeof *rows), *own = arena_alloc(arena, (size_t)count, sizeof *own),
           *all = NEW_ARRAY(double, from->relation->count + 1);
    bool ok =
        levels != NULL && related != NULL && rows != NULL && own != NULL && all != NULL && relation_diagonal(from->relation, all);

    if (ok) {
        memcpy(levels, from->levels, sizeof *levels * (size_t)had);
        memcpy(related, from->relation_row, sizeof *related * (size_t)had);
        memcpy(rows, from->rows_of_level, sizeof *rows * (size_t)had);
        for (int32_t i = 0; i < more; i++) {
            levels[had + i] = from->relation->ids[row[i]];
            related[had + i] = row[i];
            rows[had + i] = 0;
        }
        for (int32_t l = 0; l < count; l++)
            own[l] = all[related[l]];
        to->level_count = count;
        to->levels = levels;
        to->relation_row = related;
        to->rows_of_level = rows;
        to->related = own;
    }
    mem_free(all);
    return ok;
}

bool design_with_relatives(const struct design *design, struct arena *arena, struct design *out)
{
    struct random_design *random = arena_alloc(arena, (size_t)design->random_count + 1, sizeof *random);
    bool ok = random != NULL;

    *out = *design;
    for (int t = 0; ok && t < design->random_count; t++) {
        int32_t *row, more;

        random[t] = design->random[t];
        ok = relatives_of(&design->random[t], &row, &more)
             && (more == 0 || add_relatives(&design->random[t], row, more, arena, &random[t]));
        mem_free(row);
    }
    out->random = random;
    return ok;
}
