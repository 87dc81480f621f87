/* explained-weights.c -- an effect for each row beside weights that count rows.
 *
 * Where weights multiply the log density a row of weight w is w rows that are alike.  Its own effect meets all of them, so that
 * with the family's variation, of size s, going to 0 the row has s^-w of a density within s of its response, s^(1-w): where these
 * exponents have a negative sum the likelihood has no maximum, whatever the correlations of the effects.
 */
#include <math.h>

#include "base/memory.h"
#include "fit/explained.h"

static const double ROUNDING = 1e-9; /* of a weight; a surplus so small raises no likelihood that a double can tell */

/* The effect that row i alone may have, of k; -1: none, or several. */
static int effect_of_row(const struct random_design *r, size_t i)
{
    int only = -1;

    if (r->z == NULL)
        return r->k == 1 ? 0 : -1;
    for (int a = 0; a < r->k; a++) {
        if (r->z[i * (size_t)r->k + (size_t)a] == 0.0)
            continue;
        if (only >= 0)
            return -1;
        only = a;
    }
    return only;
}

/* Whether each row has an effect of the term that no other has.  *memory false when that is out. */
static bool has_own_effects(const struct design *d, const struct random_design *r, bool *memory)
{
    bool *taken, own = true;

    if ((double)r->level_count * r->k < (double)d->n)
        return false;
    taken = mem_zalloc((size_t)r->level_count * (size_t)r->k, sizeof *taken);
    *memory = taken != NULL;
    for (size_t i = 0; *memory && own && i < d->n; i++) {
        int a = effect_of_row(r, i);
        size_t at = (size_t)r->level[i] * (size_t)r->k + (size_t)(a > 0 ? a : 0);

        own = a >= 0 && !taken[at];
        taken[at] = true;
    }
    mem_free(taken);
    return *memory && own;
}

/* Whether a response has a probability, not a density. */
static bool is_mass(const struct family *family, double y)
{
    return (family->masses != MASSES_NONE && y == 0.0) || (family->masses == MASSES_ZERO_ONE && y == 1.0);
}

/* Whether the weights count more rows than there are, of those that have a density: weights of mean 1 do not, however that was
 * rounded. */
static bool count_more(const struct design *d, const struct family *family)
{
    double more = 0.0, rounding = 0.0;

    for (size_t i = 0; i < d->n; i++)
        if (!is_mass(family, d->y[i])) {
            more += d->weights[i] - 1.0;
            rounding += ROUNDING * fmax(d->weights[i], 1.0);
        }
    return more > rounding;
}

bool explained_check_weights(const struct design *d, const struct family *family, struct glmm_error *err)
{
    bool memory = true;

    if (family == NULL || family->weight_divides || !family->has_dispersion || family->support != SUPPORT_REAL
        || family->response != RESPONSE_REAL || d->weights == NULL || d->times != NULL || !count_more(d, family))
        return true;
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        if (!has_own_effects(d, r, &memory)) {
            if (!memory)
                return fail_memory(err);
            continue;
        }
        fail(err, GLMM_E_MODEL, NOWHERE,
             "each row has an effect of `%s` for itself, and by its weight it counts as several rows that are alike: the effects "
             "explain these exactly, and the likelihood has no maximum",
             r->group);
        error_hint(err, "leave the random term of %s, or the weights, out", r->group);
        return false;
    }
    return true;
}
