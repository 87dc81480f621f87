/* agq-room.c -- room for the integrals of agq-nested.h, made once. */
#include "fit/agq-nested-private.h"

#include "base/memory.h"

#define ARRAY(type, count) ((type *)arena_alloc(w->arena, (size_t)(count), sizeof(type)))

struct wanted {
    double **array;
    size_t size;
};

static bool take(struct quadrature_work *w, const struct wanted wanted[], size_t count)
{
    for (size_t a = 0; a < count; a++)
        if ((*wanted[a].array = ARRAY(double, wanted[a].size)) == NULL)
            return false;
    return true;
}

static size_t most_rows(const struct grouping *grouping)
{
    size_t most = 1;

    for (int32_t l = 0; l < grouping->level_count; l++)
        if (grouping->row_to[l] - grouping->row_from[l] > most)
            most = grouping->row_to[l] - grouping->row_from[l];
    return most;
}

static bool take_derivatives(struct glm *m, double *d[], size_t rows)
{
    struct quadrature_work *w = m->quadrature;

    for (int j = D_ETA; j < D_SHAPE(family_slots(m->response.family)) || j < D_SHAPE(1); j++)
        if ((d[j] = ARRAY(double, rows)) == NULL)
            return false;
    return true;
}

static bool prepare_leaf(struct glm *m, struct nested_leaf *f)
{
    struct quadrature_work *w = m->quadrature;
    size_t rows = most_rows(&m->groupings[0]), k = (size_t)m->groupings[0].k, theta = (size_t)m->theta_count;
    const struct wanted wanted[] = {
        { &f->mode, k },
        { &f->try, k },
        { &f->step, k },
        { &f->gradient, k },
        { &f->adjoint, k },
        { &f->node_u, k },
        { &f->v, k },
        { &f->g, k },
        { &f->zl, k },
        { &f->sum_g, k },
        { &f->M, k * k },
        { &f->T, k * k },
        { &f->G, k * k },
        { &f->B, k * k },
        { &f->Q, k * k },
        { &f->eta, rows },
        { &f->node_slope, rows },
        { &f->sum_slope, rows },
        { &f->theta, theta },
        { &f->rest, (size_t)m->rest },
    };

    for (int j = 0; j < FAMILY_SLOTS; j++)
        if ((f->node_shape[j] = ARRAY(double, rows)) == NULL)
            return false;
    f->odometer = ARRAY(int, k);
    return f->odometer != NULL && take(w, wanted, sizeof wanted / sizeof *wanted) && take_derivatives(m, f->d, rows);
}

/* The levels of the next finer factor in each level; a level without rows belongs to none. */
static bool list_children(struct glm *m, struct nested_factor *o)
{
    struct quadrature_work *w = m->quadrature;
    const struct grouping *finer = &m->groupings[o->g - 1], *grouping = &m->groupings[o->g];
    int32_t *from = o->child_from = ARRAY(int32_t, grouping->level_count + 2);

    o->child = ARRAY(int32_t, finer->level_count);
    if (from == NULL || o->child == NULL)
        return false;
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t c = 0; c < finer->level_count; c++) {
            int32_t of;

            if (finer->row_from[c] == finer->row_to[c])
                continue;
            of = nested_level(m, o->g, finer->row_from[c]);
            if (pass == 0)
                from[of + 2]++;
            else
                o->child[from[of + 1]++] = c;
        }
        for (int32_t l = 0; pass == 0 && l < grouping->level_count; l++)
            from[l + 2] += from[l + 1];
    }
    return true;
}

/* The unknowns of a level with those in it. */
static size_t count_unknowns(const struct glm *m, int g, int32_t level)
{
    const struct grouping *grouping = &m->groupings[g];
    size_t from = grouping->row_from[level], to = grouping->row_to[level], count = 0;

    for (int c = 0; c <= g && from < to; c++) {
        const int32_t *first = m->groupings[c].first;

        count += (size_t)(first[nested_level(m, c, to - 1)] - first[nested_level(m, c, from)] + m->groupings[c].k);
    }
    return count;
}

/* The pattern of M of a level with those in it: a block for each level. */
static struct precision *own_precision(struct glm *m, int g, int32_t level, struct glmm_error *err)
{
    const struct grouping *grouping = &m->groupings[g];
    size_t from = grouping->row_from[level], rows = grouping->row_to[level] - from;
    int32_t *size = NEW_ARRAY(int32_t, count_unknowns(m, g, level)), *links = NEW_ARRAY(int32_t, rows * (size_t)(g + 1));
    struct precision *f = NULL;
    int blocks = 0;

    if (size == NULL || links == NULL)
        fail_memory(err);
    else {
        for (int c = 0; c <= g; c++)
            for (size_t i = 0; i < rows; i++) {
                if (i == 0 || nested_level(m, c, from + i) != nested_level(m, c, from + i - 1))
                    size[blocks++] = m->groupings[c].k;
                links[i * (size_t)(g + 1) + (size_t)c] = blocks - 1;
            }
        f = precision_new(blocks, size, rows, g + 1, links, err);
    }
    mem_free(size);
    mem_free(links);
    return f;
}

static bool prepare_own(struct glm *m, struct nested_factor *o, size_t rows, size_t unknowns, struct glmm_error *err)
{
    struct quadrature_work *w = m->quadrature;
    const struct grouping *grouping = &m->groupings[o->g];
    const struct wanted wanted[] = { { &o->mode, unknowns },     { &o->try, unknowns },     { &o->step, unknowns },
                                     { &o->gradient, unknowns }, { &o->adjoint, unknowns }, { &o->eta, rows } };

    o->own = ARRAY(struct precision *, grouping->level_count);
    if (o->own == NULL || !take(w, wanted, sizeof wanted / sizeof *wanted) || !take_derivatives(m, o->d, rows))
        return fail_memory(err);
    for (int32_t l = 0; l < grouping->level_count; l++)
        if (grouping->row_from[l] < grouping->row_to[l] && (o->own[l] = own_precision(m, o->g, l, err)) == NULL)
            return false;
    return true;
}

static bool prepare_factor(struct glm *m, struct nested_factor *o, int g, struct glmm_error *err)
{
    struct quadrature_work *w = m->quadrature;
    const struct grouping *grouping = &m->groupings[g];
    size_t rows = most_rows(grouping), k = (size_t)grouping->k, theta = (size_t)m->theta_count, rest = (size_t)m->rest;
    size_t unknowns = 0;
    bool ok;

    for (int32_t l = 0; l < grouping->level_count; l++) {
        size_t count = count_unknowns(m, g, l);

        unknowns = count > unknowns ? count : unknowns;
    }
    {
        const struct wanted wanted[] = {
            { &o->paths, unknowns * k },
            { &o->base, rows },
            { &o->slope, rows },
            { &o->u, k },
            { &o->v, k },
            { &o->g_u, k },
            { &o->sum_g, k },
            { &o->L, k * k },
            { &o->T, k * k },
            { &o->G, k * k },
            { &o->B, k * k },
            { &o->Q, k * k },
            { &o->theta, theta },
            { &o->rest, rest },
            { &o->sum_slope, rows },
            { &o->sum_theta, theta },
            { &o->sum_rest, rest },
        };

        ok = take(w, wanted, sizeof wanted / sizeof *wanted);
    }
    o->g = g;
    o->levels = grouping->level_count;
    o->k = grouping->k;
    o->slots = grouping->slot + grouping->k;
    o->shift = ARRAY(int32_t, g + 1);
    o->offset = ARRAY(int32_t, g + 1);
    o->slot_shift = ARRAY(int32_t, m->K);
    o->odometer = ARRAY(int, k);
    if (!ok || o->shift == NULL || o->offset == NULL || o->slot_shift == NULL || o->odometer == NULL || !list_children(m, o))
        return fail_memory(err);
    return g == m->grouping_count - 1 || prepare_own(m, o, rows, unknowns, err);
}

bool nested_prepare(struct glm *m, struct glmm_error *err)
{
    struct quadrature_work *w = m->quadrature;
    struct nested_work *nested = w->nested = ARRAY(struct nested_work, 1);

    if (nested == NULL || (nested->factor = ARRAY(struct nested_factor, m->grouping_count)) == NULL
        || !prepare_leaf(m, &nested->leaf))
        return fail_memory(err);
    nested->count = m->grouping_count;
    for (int g = 1; g < m->grouping_count; g++)
        if (!prepare_factor(m, &nested->factor[g], g, err))
            return false;
    return true;
}

void nested_free(struct nested_work *nested)
{
    for (int g = 1; nested != NULL && g < nested->count; g++) {
        const struct nested_factor *o = &nested->factor[g];

        for (int32_t l = 0; o->own != NULL && l < o->levels; l++)
            precision_free(o->own[l]);
    }
}
