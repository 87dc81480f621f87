/* nest-structures.c -- whether a model with covariance structures is a case of another, by what the structures are:
 *
 *   homdiag < diag, ar1, cs, toep, us, and at an end of their range ou, exp, gau, mat      cs, ar1 < toep < us
 *   ou, exp, gau, mat < us      exp < mat      one variance for all < a variance each
 *
 * the same of residuals, of which independent ones of one variance are a case of all, and a random intercept beside such, which
 * is their cs. */
#include <string.h>

#include "base/memory.h"
#include "infer/nest-private.h"
#include "model/residuals.h"
#include "model/structure.h"

/* The term of `large`, none that is taken, that is term t of `small` as it is written, or -1. */
static int same_term(const struct design *small, int t, const struct design *large, const bool taken[])
{
    const struct random_design *a = &small->random[t];

    for (int s = 0; s < large->random_count; s++) {
        const struct random_design *b = &large->random[s];
        bool same = !taken[s] && strcmp(a->group, b->group) == 0 && a->k == b->k && a->structure == b->structure
                    && a->relation == b->relation && a->covariance == b->covariance;

        for (int e = 0; same && e < a->k; e++)
            same = strcmp(a->names[e], b->names[e]) == 0;
        if (same)
            return s;
    }
    return -1;
}

/* Whether no correlation is an inner point of a law: a range is at its end there. */
static bool is_inner(enum correlation_law law)
{
    return law == LAW_NONE || law == LAW_CS || law == LAW_AR1 || law == LAW_TOEP || law == LAW_US;
}

/* Whether each matrix of the one law is one of the other, effects and positions being the same. */
static bool law_is_case(enum correlation_law a, enum correlation_law b)
{
    if (a == b || a == LAW_NONE || b == LAW_US)
        return true;
    return b == LAW_TOEP ? a == LAW_CS || a == LAW_AR1 : b == LAW_MAT && a == LAW_EXP;
}

static const struct structure *structure_of(const struct random_design *r)
{
    return r->structure != NULL ? r->structure : r->covariance->correlated ? &structure_us : &structure_diagonal;
}

/* The term of `large`, none that is taken, of the same effects, whose structure has that of term t of `small` as a case, or -1.
 */
static int larger_term(const struct design *small, int t, const struct design *large, const bool taken[])
{
    const struct random_design *a = &small->random[t];

    for (int s = 0; s < large->random_count; s++) {
        const struct random_design *b = &large->random[s];
        bool found = !taken[s] && strcmp(a->group, b->group) == 0 && a->k == b->k && a->relation == b->relation
                     && law_is_case(structure_of(a)->law, structure_of(b)->law)
                     && (a->k == 1 || structure_of(b)->hetero || !structure_of(a)->hetero);

        for (int e = 0; found && e < a->k; e++)
            found = strcmp(a->names[e], b->names[e]) == 0;
        if (found)
            return s;
    }
    return -1;
}

/* The one effect of a row, of size 1, or -1. */
static int only_effect(const struct random_design *r, size_t row)
{
    int found = -1;

    for (int a = 0; a < r->k; a++)
        if (nest_z(r, row, a) != 0) {
            if (found >= 0 || nest_z(r, row, a) != 1)
                return -1;
            found = a;
        }
    return found;
}

/* Whether the levels of a are the positions of the levels of b: then an effect of each, as `(1 | row)` has it, is the structure
 * without correlation and with one variance.  `cell` (levels of b times its effects) and `level` (levels of a) are -1 each. */
static bool is_without_correlation(const struct random_design *a, const struct random_design *b, size_t n, int32_t *cell,
                                   int64_t *level)
{
    if (a->k != 1 || a->z != NULL || a->structure != NULL || a->relation != NULL || b->relation != NULL || b->structure == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        int effect = only_effect(b, i);
        int64_t at = (int64_t)b->level[i] * b->k + effect;

        if (effect < 0 || (cell[at] >= 0 && cell[at] != a->level[i]) || (level[a->level[i]] >= 0 && level[a->level[i]] != at))
            return false;
        cell[at] = a->level[i];
        level[a->level[i]] = at;
    }
    return true;
}

/* The term of `large`, none that is taken, that without correlation is term t of `small`, or -1; -2 where memory is out. */
static int uncorrelated_term(const struct design *small, int t, const struct design *large, const bool taken[])
{
    const struct random_design *a = &small->random[t];

    for (int s = 0; s < large->random_count; s++) {
        const struct random_design *b = &large->random[s];
        size_t cells = (size_t)b->level_count * (size_t)b->k;
        int32_t *cell = mem_alloc(cells + 1, sizeof *cell);
        int64_t *level = mem_alloc((size_t)a->level_count + 1, sizeof *level);
        bool ok = cell != NULL && level != NULL, found;

        if (ok) {
            memset(cell, 0xff, cells * sizeof *cell);
            memset(level, 0xff, (size_t)a->level_count * sizeof *level);
        }
        found = ok && !taken[s] && is_without_correlation(a, b, large->n, cell, level);
        mem_free(cell);
        mem_free(level);
        if (!ok)
            return -2;
        if (found)
            return s;
    }
    return -1;
}

static int variances_of(const struct random_design *r)
{
    return r->structure != NULL && !r->structure->hetero ? 1 : r->k;
}

/* Directions in which a structure without correlation is at its end: that of its range, and a smoothness, which nothing tells
 * there, so that no mixture is known. */
static int ends_of(enum correlation_law law)
{
    return is_inner(law) ? 0 : law == LAW_MAT ? 2 : 1;
}

/* --- residuals ------------------------------------------------------------------------------------------- */

/* Whether the numbers of b's kinds tell those of a's: each kind of b lies in one of a.  `both`: and the other way around.  False,
 * too, when memory is out (*ok). */
static bool tells(const int32_t *a, const int32_t *b, size_t n, int32_t kinds, bool both, bool *ok)
{
    int32_t *found = mem_alloc((size_t)kinds + 1, sizeof *found);
    bool same = found != NULL;

    *ok = *ok && same;
    for (int32_t k = 0; same && k < kinds; k++)
        found[k] = -1;
    for (size_t i = 0; same && i < n; i++) {
        same = found[b[i]] < 0 || found[b[i]] == a[i];
        found[b[i]] = a[i];
    }
    for (int32_t k = 0; same && both && k < kinds; k++)
        for (int32_t l = 0; same && l < k; l++)
            same = found[k] < 0 || found[k] != found[l];
    mem_free(found);
    return same;
}

/* Whether variances of a, of disp= or a level each, are log-linear in the columns of b's disp=. */
static bool scales_are_case(const struct residual_design *a, const struct residual_design *b, size_t n, bool *ok)
{
    const struct design *large = b->loads->predictor;
    struct design cells = { .n = n, .p = a->scale_count };
    const struct design *small = a->loads != NULL ? a->loads->predictor : &cells;
    double *X = NULL;
    bool inside = true;

    if (a->loads == NULL) {
        if (a->scale_count > large->p)
            return false;
        cells.X = X = NEW_ARRAY(double, n *(size_t)a->scale_count + 1);
        *ok = *ok && X != NULL;
        for (size_t i = 0; X != NULL && i < n; i++)
            X[i + (size_t)a->scale[i] * n] = 1.0;
    }
    for (int j = 0; *ok && inside && j < small->p; j++)
        *ok = nest_in_span(small, j, large, &inside);
    mem_free(X);
    return *ok && inside;
}

/* Whether the residuals of a are a case of b's; independent ones (NULL) of one variance are of all. */
static bool residuals_are_case(const struct residual_design *a, const struct residual_design *b, size_t n, bool *ok)
{
    bool places;

    if (a == NULL || b == NULL)
        return a == NULL;
    if (strcmp(a->text, b->text) == 0)
        return true;
    if (b->loads != NULL)
        return a->structure->law == LAW_NONE && scales_are_case(a, b, n, ok);
    if (!law_is_case(a->structure->law, b->structure->law) || !tells(a->scale, b->scale, n, b->scale_count, false, ok))
        return false;
    if (a->structure->law == LAW_NONE)
        return true;
    places = a->structure->law == LAW_CS
             || (a->positions.k == b->positions.k && memcmp(a->position, b->position, n * sizeof *a->position) == 0);
    return places && a->block_count == b->block_count && tells(a->block, b->block, n, b->block_count, true, ok);
}

/* A random intercept beside independent residuals makes cs within its levels: a case of residuals that correlate there. */
static bool is_within_residuals(const struct design *small, int t, const struct design *large, bool *ok)
{
    const struct random_design *a = &small->random[t];
    const struct residual_design *b = large->residual;

    return small->residual == NULL && b != NULL && a->k == 1 && a->z == NULL && a->relation == NULL
           && b->structure->law != LAW_NONE && law_is_case(LAW_CS, b->structure->law) && a->level_count == b->block_count
           && tells(a->level, b->block, large->n, b->block_count, true, ok);
}

/* --- both ------------------------------------------------------------------------------------------------ */

/* Each term of the larger one holds one of the smaller's, its residuals one too. */
bool nest_structures(const struct design *small, const struct design *large, struct nesting *out)
{
    bool *taken = NEW_ARRAY(bool, large->random_count + 1), ok = taken != NULL, written = true, residual = false;
    int variances = 0, ends = 0;

    out->random = ok && residuals_are_case(small->residual, large->residual, large->n, &ok);
    for (int s = 0; s < large->random_count; s++)
        variances += variances_of(&large->random[s]);
    for (int t = 0; ok && t < small->random_count; t++) {
        int same = same_term(small, t, large, taken), case_of = same >= 0 ? same : larger_term(small, t, large, taken),
            like = case_of >= 0 ? case_of : uncorrelated_term(small, t, large, taken);

        ok = like != -2;
        if (like < 0 && ok && !residual && is_within_residuals(small, t, large, &ok)) {
            residual = true;
            continue;
        }
        out->random = out->random && like >= 0;
        written = written && (same >= 0 || case_of < 0);
        if (like < 0)
            continue;
        taken[like] = true;
        variances -= variances_of(&large->random[like]); /* variances that are one are no zeros */
        if (same < 0 && (case_of < 0 || structure_of(&small->random[t])->law == LAW_NONE))
            ends += ends_of(structure_of(&large->random[like])->law);
    }
    if (ok && small->residual == NULL && large->residual != NULL && !residual)
        ends += ends_of(large->residual->structure->law);
    mem_free(taken);
    out->matched = out->random && written;
    out->zero_variances = (variances > 0 ? variances : 0) + ends;
    return ok;
}
