/* enlarge.c -- see enlarge.h. */
#include "infer/enlarge.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/collinear.h"
#include "model/residuals.h"

/* For each row of the new design: the row of the old one, and the copy of its level. */
struct origin {
    size_t n;
    size_t *row;
    int32_t *copy, *level;
};

/* The rows of each level, one after the other; from[l] is where those of l begin. */
static void sort_rows(const struct random_design *group, size_t n, size_t from[], size_t rows[])
{
    memset(from, 0, sizeof *from * ((size_t)group->level_count + 1));
    for (size_t i = 0; i < n; i++)
        from[group->level[i] + 1]++;
    for (int32_t l = 0; l < group->level_count; l++)
        from[l + 1] += from[l];
    for (size_t i = 0; i < n; i++)
        rows[from[group->level[i]]++] = i;
    for (int32_t l = group->level_count; l > 0; l--)
        from[l] = from[l - 1];
    from[0] = 0;
}

static bool find_origins(const struct design *design, const struct random_design *group, int32_t levels, size_t rows,
                         struct origin *out)
{
    int32_t had = group->level_count;
    size_t *from = NEW_ARRAY(size_t, had + 1), *sorted = NEW_ARRAY(size_t, design->n + 1);
    size_t most = 0;

    *out = (struct origin){ 0 };
    if (from != NULL && sorted != NULL) {
        sort_rows(group, design->n, from, sorted);
        for (int32_t l = 0; l < had; l++)
            most = from[l + 1] - from[l] > most ? from[l + 1] - from[l] : most;
        most = rows > 0 ? rows : most;
        out->row = NEW_ARRAY(size_t, most * (size_t)levels + 1);
        out->copy = NEW_ARRAY(int32_t, most * (size_t)levels + 1);
        out->level = NEW_ARRAY(int32_t, most * (size_t)levels + 1);
    }
    for (int32_t j = 0; j < levels && out->row != NULL && out->copy != NULL && out->level != NULL; j++) {
        int32_t l = levels < had ? (int32_t)((long long)j * had / levels) : j % had;
        size_t size = from[l + 1] - from[l], count = rows > 0 ? rows : size;

        for (size_t i = 0; size > 0 && i < count; i++) { /* of a level without rows there is nothing to copy */
            out->row[out->n] = sorted[from[l] + i % size];
            out->copy[out->n] = levels < had ? 0 : j / had;
            out->level[out->n++] = j;
        }
    }
    mem_free(from);
    mem_free(sorted);
    return out->row != NULL && out->copy != NULL && out->level != NULL;
}

static void clear_origins(struct origin *origin)
{
    mem_free(origin->row);
    mem_free(origin->copy);
    mem_free(origin->level);
}

/* number[l]: the new number of each of `most` levels, -1 of those that no row has; NULL when memory is out. */
static int32_t *renumber(const int32_t level[], size_t n, int32_t most, int32_t *count, struct arena *arena)
{
    int32_t *number = arena_alloc(arena, (size_t)most + 1, sizeof *number);

    *count = 0;
    for (size_t i = 0; i < n && number != NULL; i++)
        number[level[i]] = 1;
    for (int32_t l = 0; l < most && number != NULL; l++)
        number[l] = number[l] ? (*count)++ : -1;
    return number;
}

/* Levels that are left over have no rows: they are numbered anew. */
static bool number_levels(struct random_design *to, size_t n, int32_t most, struct arena *arena)
{
    int32_t count, *number = renumber(to->level, n, most, &count, arena);
    const int32_t *related = to->relation_row;
    const double *own = to->related;

    if (number == NULL || (related != NULL && (to->relation_row = arena_alloc(arena, (size_t)count + 1, sizeof *related)) == NULL)
        || (own != NULL && (to->related = arena_alloc(arena, (size_t)count + 1, sizeof *own)) == NULL))
        return false;
    for (int32_t l = 0; l < most && own != NULL; l++)
        if (number[l] >= 0)
            to->related[number[l]] = l < to->level_count ? own[l] : to->related_mean;
    for (int32_t l = 0; l < to->level_count && related != NULL; l++)
        if (number[l] >= 0)
            to->relation_row[number[l]] = related[l];
    to->level_count = count;
    to->rows_of_level = arena_alloc(arena, (size_t)count + 1, sizeof *to->rows_of_level);
    to->levels = arena_alloc(arena, (size_t)count + 1, sizeof *to->levels);
    for (size_t i = 0; i < n && to->rows_of_level != NULL; i++)
        to->rows_of_level[to->level[i] = number[to->level[i]]]++;
    for (int32_t l = 0; l < count && to->levels != NULL; l++)
        to->levels[l] = arena_printf(arena, "%d", (int)l + 1);
    return to->rows_of_level != NULL && to->levels != NULL;
}

static bool enlarge_term(const struct design *design, int t, const struct random_design *group, const struct origin *origin,
                         struct random_design *to, struct arena *arena)
{
    const struct random_design *from = &design->random[t];
    int32_t *owner = arena_alloc(arena, (size_t)from->level_count + 1, sizeof *owner), most = from->level_count;
    bool same = strcmp(from->group, group->group) == 0, nested;

    to->level = arena_alloc(arena, origin->n + 1, sizeof *to->level);
    if (owner == NULL || to->level == NULL)
        return false;
    nested = !same && levels_are_nested(design->n, from->level, from->level_count, group->level, owner);
    for (size_t i = 0; i < origin->n; i++) {
        to->level[i] = same ? origin->level[i] : from->level[origin->row[i]];
        if (nested)
            to->level[i] += origin->copy[i] * from->level_count;
        most = to->level[i] >= most ? to->level[i] + 1 : most;
    }
    if (from->z != NULL
        && (to->z = arena_gather(arena, from->z, origin->row, origin->n, sizeof(double) * (size_t)from->k)) == NULL)
        return false;
    return number_levels(to, origin->n, most, arena);
}

/* Whether the columns of X are independent, by the rule that keeps columns of a stated model. */
static bool has_rank(const struct design *d, struct arena *arena, bool *whole)
{
    bool *dropped = arena_alloc(arena, (size_t)d->p + 1, sizeof *dropped), intercept = true;

    *whole = true;
    if (d->p == 0)
        return true;
    for (size_t i = 1; intercept && i < d->n; i++)
        intercept = d->X[i] == d->X[0];
    if (dropped == NULL || !collinear_find(d->n, d->p, d->X, intercept, dropped, NULL, NULL, NULL))
        return false;
    for (int j = 0; j < d->p; j++)
        *whole = *whole && !dropped[j];
    return true;
}

static bool gather_numbers(int32_t **numbers, const struct origin *origin, struct arena *arena)
{
    int32_t *to = *numbers == NULL ? NULL : arena_alloc(arena, origin->n + 1, sizeof *to);

    if (*numbers == NULL)
        return true;
    for (size_t i = 0; i < origin->n && to != NULL; i++)
        to[i] = (*numbers)[origin->row[i]];
    *numbers = to;
    return to != NULL;
}

/* The structure of the residuals over other rows: each copy of a level has blocks of its own, blocks without rows are none. */
static bool fill_residual(const struct design *from, struct design *to, const struct origin *origin)
{
    struct residual_design *residual;
    int32_t *number, copies = 1;

    if (from->residual == NULL)
        return true;
    if ((residual = arena_alloc(to->arena, 1, sizeof *residual)) == NULL)
        return false;
    *residual = *from->residual;
    to->residual = residual;
    if (!gather_numbers(&residual->position, origin, to->arena) || !gather_numbers(&residual->block, origin, to->arena)
        || !gather_numbers(&residual->scale, origin, to->arena))
        return false;
    if (residual->block == NULL)
        return true;
    for (size_t i = 0; i < origin->n; i++) {
        copies = origin->copy[i] >= copies ? origin->copy[i] + 1 : copies;
        residual->block[i] += origin->copy[i] * from->residual->block_count;
    }
    number = renumber(residual->block, origin->n, copies * residual->block_count, &residual->block_count, to->arena);
    for (size_t i = 0; i < origin->n && number != NULL; i++)
        residual->block[i] = number[residual->block[i]];
    return number != NULL;
}

static bool fill(const struct design *from, struct design *to, const struct random_design *group, const struct origin *origin);

/* The other predictors. */
static bool fill_parts(const struct design *from, struct design *to, const struct random_design *group,
                       const struct origin *origin)
{
    for (int i = 0; i < DESIGN_PARTS; i++) {
        struct design *part;

        if (from->part[i] == NULL)
            continue;
        if ((part = arena_alloc(to->arena, 1, sizeof *part)) == NULL)
            return false;
        *part = *from->part[i];
        part->arena = to->arena;
        if (!fill(from->part[i], part, group, origin))
            return false;
        to->part[i] = part;
    }
    return true;
}

static bool fill(const struct design *from, struct design *to, const struct random_design *group, const struct origin *origin)
{
    struct arena *arena = to->arena;
    size_t n = origin->n;
    bool ok;

    to->n = n;
    to->X = arena_alloc(arena, n * (size_t)from->p + 1, sizeof *to->X);
    to->row = arena_alloc(arena, n + 1, sizeof *to->row);
    to->random = arena_alloc(arena, (size_t)from->random_count + 1, sizeof *to->random);
    ok = to->X != NULL && to->row != NULL && to->random != NULL
         && (from->y == NULL || (to->y = arena_gather(arena, from->y, origin->row, origin->n, sizeof(double))) != NULL)
         && (from->trials == NULL
             || (to->trials = arena_gather(arena, from->trials, origin->row, origin->n, sizeof(double))) != NULL)
         && (from->offset == NULL
             || (to->offset = arena_gather(arena, from->offset, origin->row, origin->n, sizeof(double))) != NULL)
         && (from->weights == NULL
             || (to->weights = arena_gather(arena, from->weights, origin->row, origin->n, sizeof(double))) != NULL);
    for (int j = 0; j < from->p && ok; j++)
        for (size_t i = 0; i < n; i++)
            to->X[i + (size_t)j * n] = from->X[origin->row[i] + (size_t)j * from->n];
    for (size_t i = 0; i < n && ok && from->row != NULL; i++)
        to->row[i] = from->row[origin->row[i]];
    for (int t = 0; t < from->random_count && ok; t++) {
        to->random[t] = from->random[t];
        ok = enlarge_term(from, t, group, origin, &to->random[t], arena);
    }
    return ok && fill_residual(from, to, origin) && fill_parts(from, to, group, origin);
}

/* The same of all predictors. */
static bool have_rank(const struct design *d, struct arena *arena, bool *whole)
{
    bool ok = has_rank(d, arena, whole), part = true;

    for (int i = 0; ok && i < DESIGN_PARTS; i++)
        if (d->part[i] != NULL) {
            ok = has_rank(d->part[i], arena, &part);
            *whole = *whole && part;
        }
    return ok;
}

/* All rows but those of one level. */
static bool leave_out(const struct design *design, const struct random_design *group, int32_t level, struct origin *out)
{
    *out = (struct origin){ .row = NEW_ARRAY(size_t, design->n + 1),
                            .copy = NEW_ARRAY(int32_t, design->n + 1),
                            .level = NEW_ARRAY(int32_t, design->n + 1) };
    if (out->row == NULL || out->copy == NULL || out->level == NULL)
        return false;
    for (size_t i = 0; i < design->n; i++)
        if (group->level[i] != level) {
            out->row[out->n] = i;
            out->level[out->n++] = group->level[i];
        }
    return true;
}

/* The rows that the origins name (found: all of them), which it takes; *whole: they determine all fixed effects.  NULL when
 * memory is out. */
static struct design *gathered(const struct design *design, int term, struct origin *origin, bool found, bool *whole)
{
    struct arena *arena = found ? arena_new() : NULL;
    struct design *to = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *to);

    *whole = true;
    if (to != NULL) {
        *to = *design;
        to->arena = arena;
        if (!fill(design, to, &design->random[term], origin) || !have_rank(to, arena, whole))
            to = NULL;
    }
    clear_origins(origin);
    if (to == NULL)
        arena_free(arena);
    return to;
}

struct design *design_without(const struct design *design, int term, int32_t level, struct glmm_error *err)
{
    struct origin origin = { 0 };
    bool found = leave_out(design, &design->random[term], level, &origin), whole;
    struct design *to = gathered(design, term, &origin, found, &whole);

    if (to == NULL)
        fail_memory(err);
    if (to == NULL || whole)
        return to;
    arena_free(to->arena);
    fail(err, GLMM_E_MODEL, NOWHERE, "without that level the other rows do not determine all fixed effects");
    return NULL;
}

bool design_can_enlarge(const struct design *design, int term, size_t rows, struct glmm_error *err)
{
    const struct random_design *group = &design->random[term];
    const struct residual_design *residual = design->residual;
    int32_t *owner;
    bool nested;

    for (int t = 0; t < design->random_count; t++)
        if (design->random[t].relation != NULL)
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "levels of %s covary as a matrix says, which has none for a study of another size: leave groups= and "
                        "size= out",
                        design->random[t].group);
    if (design->scales != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "a study of another size is not made for a model with disp=");
    if (residual == NULL || residual->block == NULL)
        return true;
    if ((owner = NEW_ARRAY(int32_t, residual->block_count + 1)) == NULL)
        return fail_memory(err);
    nested = levels_are_nested(design->n, residual->block, residual->block_count, group->level, owner);
    mem_free(owner);
    if (!nested)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "residuals covary between levels of %s, of which there can be no more: leave groups= and size= out",
                    group->group);
    for (int32_t l = 0; l < group->level_count; l++)
        if (group->rows_of_level[l] > 0 && (double)rows > group->rows_of_level[l])
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "a level of %s has %.0f rows, and its residuals covary by their places: size= takes no more",
                        group->group, group->rows_of_level[l]);
    return true;
}

struct design *design_enlarge(const struct design *design, int term, int32_t levels, size_t rows, struct glmm_error *err)
{
    struct origin origin = { 0 };
    bool found = find_origins(design, &design->random[term], levels, rows, &origin), whole;
    struct design *to = gathered(design, term, &origin, found, &whole);

    if (to == NULL)
        fail_memory(err);
    if (to == NULL || whole)
        return to;
    arena_free(to->arena);
    fail(err, GLMM_E_MODEL, NOWHERE, "%d level%s of %s do not determine all fixed effects", (int)levels, levels == 1 ? "" : "s",
         design->random[term].group);
    return NULL;
}

void design_enlarged_free(struct design *design)
{
    if (design != NULL)
        arena_free(design->arena);
}
