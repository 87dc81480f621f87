/* random.c -- see random.h. */
#include "model/random.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "data/date.h"
#include "data/name-index.h"
#include "model/relation.h"
#include "model/structure.h"

struct context {
    struct variables *vs;
    const struct relation *relations;
    const struct relation *like; /* the one that is meant; NULL: it is looked up */
};

/* The numbers of a place's name, "1.5,2"; a date is that of its day.  False where they are none. */
static bool read_place(const char *name, double *out, int dims)
{
    for (int d = 0; d < dims; d++) {
        size_t length = strcspn(name, ",");
        int32_t day;

        if (!parse_number(name, length, &out[d])) {
            if (!date_read(name, length, DATE_YMD, false, &day))
                return false;
            out[d] = day;
        }
        if ((name[length] == ',') != (d + 1 < dims))
            return false;
        name += length + (name[length] == ',');
    }
    return true;
}

/* Where the effects of a structured term stand: their order, or the coordinates in the names of the levels. */
static bool set_positions(const struct context *b, const struct random_term *term, const struct model_matrix *m,
                          struct random_design *r)
{
    const struct matrix_term *own = m->term_count == 1 ? &m->terms[0] : NULL; /* behind the indicator of a level of by= */
    const struct variable *v = own != NULL ? b->vs->items[own->variables[own->term->order - 1]] : NULL;
    struct positions *p = arena_alloc(b->vs->arena, 1, sizeof *p);
    double *at;

    if (p == NULL)
        return fail_memory(b->vs->err);
    *p = (struct positions){ .k = r->k, .dims = 1, .unit = 1.0 };
    r->positions = p;
    if (r->structure->place == PLACE_ANY)
        return true;
    if (v == NULL || !variable_is_coded(v) || v->level_count != r->k)
        return fail(b->vs->err, GLMM_E_MODEL, term->at, "%s() takes the levels of one factor", r->structure->name);
    for (const char *c = v->levels[0]; r->structure->place == PLACE_SPACE && *c != '\0'; c++)
        p->dims += *c == ',';
    at = arena_alloc(b->vs->arena, (size_t)r->k * (size_t)p->dims, sizeof *at);
    if (at == NULL)
        return fail_memory(b->vs->err);
    p->at = at;
    for (int a = 0; a < r->k; a++) {
        if (r->structure->place == PLACE_LEVELS) {
            at[a] = a;
        } else if (!read_place(v->levels[a], at + a * p->dims, p->dims)) {
            fail(b->vs->err, GLMM_E_MODEL, term->at, "%s() needs places: numbers, not `%.60s`", r->structure->name, v->levels[a]);
            error_hint(b->vs->err, "%s(0 + pos(x, y) | g)", r->structure->name);
            return false;
        }
    }
    if (r->structure->place == PLACE_SPACE)
        p->unit = positions_unit(p, b->vs->n, r->level, v->code);
    return p->unit > 0.0 || fail_memory(b->vs->err);
}

static bool fail_relation(const struct context *b, const struct random_term *term)
{
    struct suggest suggest;

    fail(b->vs->err, GLMM_E_NAME, term->relation_at, "no matrix `%.60s`", term->relation);
    suggest_init(&suggest, term->relation);
    for (const struct relation *r = b->relations; r != NULL; r = r->next)
        suggest_offer(&suggest, r->name);
    suggest_hint(&suggest, b->vs->err);
    error_hint(b->vs->err, "make one: matrix %.60s = \"file.csv\"", term->relation);
    return false;
}

/* What each level has with itself, and the mean over the rows; nothing is kept where that is 1. */
static bool set_related(const struct context *b, struct random_design *r)
{
    double *all = NEW_ARRAY(double, r->relation->count + 1),
           *own = arena_alloc(b->vs->arena, (size_t)r->level_count, sizeof *own);
    double sum = 0, rows = 0;
    bool ok = all != NULL && own != NULL && relation_diagonal(r->relation, all), plain = true;

    for (int32_t l = 0; ok && l < r->level_count; l++) {
        own[l] = all[r->relation_row[l]];
        plain = plain && own[l] == 1;
        sum += r->rows_of_level[l] * own[l];
        rows += r->rows_of_level[l];
    }
    mem_free(all);
    r->related = plain ? NULL : own;
    r->related_mean = plain ? 1 : sum / rows;
    return ok || fail_memory(b->vs->err);
}

/* Levels are matched by name. */
static bool set_relation(const struct context *b, const struct random_term *term, struct random_design *r)
{
    const struct relation *found = b->like != NULL ? b->like : b->relations;
    struct name_index index = { 0 };
    bool ok;

    if (term->relation == NULL)
        return true;
    while (b->like == NULL && found != NULL && strcmp(found->name, term->relation) != 0)
        found = found->next;
    if (found == NULL)
        return fail_relation(b, term);
    r->relation = relation_hold(found);
    r->relation_row = arena_alloc(b->vs->arena, (size_t)r->level_count, sizeof *r->relation_row);
    if (r->relation_row == NULL)
        return fail_memory(b->vs->err);
    ok = name_index_fill(&index, (const char *const *)found->ids, (size_t)found->count) || fail_memory(b->vs->err);
    for (int32_t l = 0; ok && l < r->level_count; l++)
        if ((r->relation_row[l] = name_index_find(&index, r->levels[l])) < 0) {
            ok = fail(b->vs->err, GLMM_E_DATA, term->relation_at, "the level %.60s of %.60s has no row in the matrix %.60s",
                      r->levels[l], r->group, found->name);
            error_hint(b->vs->err, "names must be the same in both; `where` leaves rows of the data out");
        }
    name_index_clear(&index);
    return ok && set_related(b, r);
}

bool random_place(struct variables *vs, const struct random_term *term, const struct model_matrix *m,
                  const struct relation *relations, const struct relation *like, struct random_design *r)
{
    const struct context context = { vs, relations, like };

    return set_relation(&context, term, r) && (r->structure == NULL || set_positions(&context, term, m, r));
}

bool levels_are_nested(size_t n, const int32_t inner[], int32_t inner_count, const int32_t outer[], int32_t owner[])
{
    for (int32_t l = 0; l < inner_count; l++)
        owner[l] = -1;
    for (size_t i = 0; i < n; i++) {
        int32_t *own = &owner[inner[i]];

        if (*own >= 0 && *own != outer[i])
            return false;
        *own = outer[i];
    }
    return true;
}
