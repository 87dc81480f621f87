/* recession-ordered.c -- infinite estimates of an ordered response in which its thresholds have a part.
 *
 * Of a row of category k two binary responses are certain: that eta is above the threshold below, and that it is below the one
 * above.  In the coefficients and the thresholds together their cone is that of the row: what is infinite is found of binary rows
 * with a column for each threshold.  Two categories are one such row, and so are told apart as a binary response is.  A row of
 * a category in the middle that only one side of moves is not fitted perfectly, but has the other side left: there is no rest of
 * the rows that could be fitted by itself as an ordered response. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "fit/glmm-parts.h"
#include "fit/recession-private.h"
#include "model/family-parts.h"

/* The outer parameter of the threshold below the row's category, or above it; -1: there is none. */
static int threshold_of(const struct glm *m, size_t i, int above)
{
    int j = (int)m->design->y[i] - 2 + above;

    return j < 0 || j >= family_shapes(m->response.family) ? -1 : m->outer[j];
}

/* The binary rows: X and y of `d`, whose n and p are set.  False when memory is out. */
static bool fill_binary(const struct glm *m, struct design *d, struct arena *arena)
{
    const struct design *all = m->design;
    size_t at = 0;
    double *X = arena_alloc(arena, d->n + 1, sizeof *X * (size_t)(d->p + 1));

    d->X = X;
    d->y = arena_alloc(arena, d->n + 1, sizeof *d->y);
    d->names = arena_alloc(arena, (size_t)d->p + 1, sizeof *d->names);
    if (arena_failed(arena))
        return false;
    for (int j = 0; j < all->p; j++)
        d->names[j] = all->names[j];
    for (int j = family_shapes(m->response.family) - 1; j >= 0; j--)
        if (m->outer[j] >= 0)
            d->names[all->p + m->outer[j]] = m->response.family->more[j].name;
    for (size_t i = 0; i < all->n; i++)
        for (int above = 0; above < 2; above++) {
            int threshold = threshold_of(m, i, above);

            if (threshold < 0)
                continue;
            for (int j = 0; j < all->p; j++)
                X[at + (size_t)j * d->n] = all->X[i + (size_t)j * all->n];
            X[at + (size_t)(all->p + threshold) * d->n] = -1;
            d->y[at++] = above == 0;
        }
    return true;
}

static void tell(const struct recession *r, const struct design *binary, struct glmm_error *err)
{
    struct text names = { 0 };
    int count = 0;

    for (int j = 0; j < binary->p; j++)
        if (r->limit[j] != 0)
            recession_list_name(&names, &count, binary->names[j]);
    fail(err, GLMM_E_MODEL, NOWHERE,
         "separation: categories are told apart without error, so that these estimates of coefficients and thresholds are "
         "infinite or not determined: %s",
         text_string(&names));
    error_hint(err, "prior=\"fixed ~ normal(0, 2.5)\" keeps them finite: help separation");
    text_clear(&names);
}

bool recession_check_thresholds(const struct glm *m, struct glmm_error *err)
{
    struct design binary = { .p = m->p + m->rest, .response = m->design->response };
    const struct recession *recession = NULL;
    struct arena *arena;
    struct glm *rows = NULL;
    bool ok;

    if (m->response.family->categories == 0 || m->p == 0)
        return true;
    if ((arena = arena_new()) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < m->n; i++)
        binary.n += (size_t)((threshold_of(m, i, 0) >= 0) + (threshold_of(m, i, 1) >= 0));
    ok = fill_binary(m, &binary, arena) || fail_memory(err);
    ok = ok && (rows = glm_new(&binary, &family_binomial, &link_logit, 1, err)) != NULL
         && recession_find(rows, arena, &recession, err);
    if (ok && recession != NULL) {
        tell(recession, &binary, err);
        ok = false;
    }
    glm_free(rows);
    arena_free(arena);
    return ok;
}
