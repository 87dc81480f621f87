/* recession-ordered.c -- infinite estimates of an ordered response, in which its thresholds have a part.
 *
 * Of a row of category k two binary responses are certain: that eta is above the threshold below, and that it is below the one
 * above.  In the coefficients and the thresholds together their cone is that of the row: what is infinite is found of binary rows
 * with a column for each threshold.  Two categories are one such row, and so are told apart as a binary response is.  The columns
 * of the thresholds stand ahead of the others: those that still bound a row are independent, and what is left over is left out of
 * the coefficients. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "fit/glmm-parts.h"
#include "fit/recession-private.h"
#include "model/family-parts.h"

/* The outer parameter of the threshold below the row's category, or above it; -1: there is none. */
static int threshold_of(const struct glm *m, size_t i, int above)
{
    int j = (int)m->design->y[i] - 2 + above;

    return j < 0 || j >= family_shapes(m->response.family) ? -1 : m->outer[j];
}

/* The binary rows: X and y of `d`, whose n and p are set; side (2 x n): the row of each, -1 for none.  False when memory is
 * out. */
static bool fill_binary(const struct glm *m, struct design *d, int64_t side[], struct arena *arena)
{
    const struct design *all = m->design;
    size_t at = 0;
    double *X = arena_alloc(arena, d->n + 1, sizeof *X * (size_t)(d->p + 1));

    d->X = X;
    d->y = arena_alloc(arena, d->n + 1, sizeof *d->y);
    d->names = arena_alloc(arena, (size_t)d->p + 1, sizeof *d->names);
    if (arena_failed(arena))
        return false;
    for (int j = 0; j < d->p; j++)
        d->names[j] = "";
    for (size_t i = 0; i < 2 * all->n; i++) {
        int above = i % 2, threshold = threshold_of(m, i / 2, above);

        side[i] = -1;
        if (threshold < 0)
            continue;
        X[at + (size_t)threshold * d->n] = -1;
        for (int j = 0; j < all->p; j++)
            X[at + (size_t)(m->rest + j) * d->n] = all->X[i / 2 + (size_t)j * all->n];
        d->y[at] = above == 0;
        side[i] = (int64_t)at++;
    }
    return true;
}

/* What is left of each row. */
static bool set_rows(struct recession *r, const struct glm *m, const signed char *moved, const int64_t side[],
                     struct arena *arena)
{
    const struct design *d = m->design;
    signed char *end = arena_alloc(arena, d->n + 1, sizeof *end);
    unsigned char *open = arena_alloc(arena, d->n + 1, sizeof *open);

    if (end == NULL || open == NULL)
        return false;
    r->separated = r->half = 0;
    for (size_t i = 0; i < d->n; i++) {
        int any = 0;

        for (int above = 0; above < 2; above++) {
            int64_t at = side[2 * i + (size_t)above];

            any += at >= 0 && moved[at] != 0;
            if (at < 0 || moved[at] != 0)
                open[i] |= above ? OPEN_ABOVE : OPEN_BELOW;
        }
        if (open[i] == (OPEN_BELOW | OPEN_ABOVE)) {
            end[i] = d->y[i] == 1 ? -1 : d->y[i] == m->response.family->categories ? 1 : 2;
            r->separated++;
        } else if (any > 0) {
            r->half++;
        }
    }
    r->end = end;
    r->open = open;
    return true;
}

/* What becomes of the thresholds, and of the columns. */
static bool set_columns(struct recession *r, const struct glm *m, const struct recession *binary, struct arena *arena)
{
    int *column = arena_alloc(arena, (size_t)m->p + 1, sizeof *column);
    int *threshold = arena_alloc(arena, FAMILY_SHAPES, sizeof *threshold);
    double *limit = arena_alloc(arena, FAMILY_SHAPES, sizeof *limit);

    if (column == NULL || threshold == NULL || limit == NULL)
        return false;
    r->rest_p = 0;
    for (int j = 0; j < binary->rest_p; j++)
        if (binary->column[j] >= m->rest)
            column[r->rest_p++] = binary->column[j] - m->rest;
    for (int j = 0; j < family_shapes(m->response.family); j++) {
        threshold[j] = m->outer[j];
        limit[j] = m->outer[j] < 0 ? m->response.shape[j] : binary->limit[m->outer[j]];
    }
    r->p = m->p;
    r->thresholds = m->rest;
    r->limit = binary->limit + m->rest;
    r->column = column;
    r->threshold = threshold;
    r->shape_limit = limit;
    return true;
}

bool recession_find_ordered(const struct glm *m, struct arena *arena, const struct recession **out, struct glmm_error *err)
{
    struct design binary = { .p = m->rest + m->p, .response = m->design->response };
    int64_t *side = arena_alloc(arena, 2 * m->n + 1, sizeof *side);
    const struct recession *found = NULL;
    struct recession *r = arena_alloc(arena, 1, sizeof *r);
    struct glm *rows = NULL;
    bool ok;

    *out = NULL;
    if (m->p == 0 || m->rest == 0)
        return true;
    for (size_t i = 0; i < m->n; i++)
        binary.n += (size_t)((threshold_of(m, i, 0) >= 0) + (threshold_of(m, i, 1) >= 0));
    ok = (r != NULL && side != NULL && fill_binary(m, &binary, side, arena)) || fail_memory(err);
    ok = ok && (rows = glm_new(&binary, &family_binomial, &link_logit, 1, err)) != NULL
         && recession_find(rows, arena, &found, err);
    if (ok && found != NULL) {
        *r = *found;
        ok =
            (set_rows(r, m, found->end, side, arena) && set_columns(r, m, found, arena) && recession_set_rest(r, m->design, arena)
             && (r->message = recession_sentence(r, m->design, m->response.family, arena)) != NULL)
            || fail_memory(err);
        *out = ok ? r : NULL;
    }
    glm_free(rows);
    return ok;
}
