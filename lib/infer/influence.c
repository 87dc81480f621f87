/* influence.c -- see influence.h. */
#include "infer/influence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/rowcov.h"
#include "infer/enlarge.h"
#include "linalg/dense.h"
#include "model/family.h"

struct leaving {
    const struct fit *fit;
    int term;
};

/* Replicate l: the coefficients without level l. */
static bool fit_without(void *context, long l, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                        struct glmm_error *err)
{
    const struct leaving *leaving = context;
    const struct fit *fit = leaving->fit;
    struct glmm_error why = { 0 };
    struct design *design = design_without(fit->design, leaving->term, (int32_t)l, &why), room;
    struct fit *without;
    bool ok;

    if (design == NULL) {
        *end = REPLICATE_FAILED;
        return why.code != GLMM_E_MEMORY || fail_memory(err);
    }
    room = *design;
    without = refit_design(fit, &room, progress, &why);
    *end = without == NULL ? REPLICATE_FAILED : replicate_end_of(without);
    for (int j = 0; without != NULL && j < room.p; j++)
        out[j] = without->beta[j];
    ok = without != NULL || (why.code != GLMM_E_MEMORY && why.code != GLMM_E_INTERRUPT)
         || fail(err, why.code, NOWHERE, "%s", why.message);
    fit_free(without);
    design_enlarged_free(design);
    return ok;
}

bool influence_first_order(const struct fit *fit, int term, double moves[])
{
    const struct random_design *random = &fit->design->random[term];
    struct response rows = fit_response(fit);
    size_t n = fit->design->n, p = (size_t)fit->design->p;
    const double *V = fit_vcov(fit);
    double *slopes = NEW_ARRAY(double, n + p + 1), *scores = slopes + n, *out[D_COUNT] = { NULL };
    bool ok = slopes != NULL && fit->design->residual == NULL; /* whose density is not one of rows */

    out[D_ETA] = slopes;
    ok = ok && isfinite(response_density(&rows, 0, rows.n, fit->linear, ORDER_GRADIENT, out));
    memset(moves, 0, sizeof *moves * (size_t)random->level_count * p);
    for (size_t i = 0; i < n && ok; i++)
        for (size_t j = 0; j < p; j++)
            moves[(size_t)random->level[i] * p + j] += fit->design->X[i + j * n] * slopes[i];
    for (int32_t l = 0; l < random->level_count && ok; l++) {
        double *move = moves + (size_t)l * p;

        memcpy(scores, move, sizeof *scores * p);
        for (size_t j = 0; j < p; j++) {
            move[j] = 0;
            for (size_t e = 0; e < p; e++)
                move[j] -= V[j + e * p] * scores[e];
        }
    }
    mem_free(slopes);
    return ok;
}

/* Cook's distance of a move, by the factor of V; the largest move in errors, and whose. */
static double distance(const double *factor, const double *se, int p, const double move[], double work[], double *largest,
                       int *which)
{
    double sum = 0;

    *largest = 0;
    *which = -1;
    for (int j = 0; j < p; j++) { /* L w = move */
        work[j] = move[j];
        for (int e = 0; e < j; e++)
            work[j] -= factor[j + e * p] * work[e];
        work[j] /= factor[j + j * p];
        sum += work[j] * work[j];
        if (fabs(move[j] / se[j]) > fabs(*largest)) {
            *largest = move[j] / se[j];
            *which = j;
        }
    }
    return sum / p;
}

static int by_distance(const void *a, const void *b)
{
    const struct influence_level *x = a, *y = b;

    if (isnan(x->cook) || isnan(y->cook))
        return isnan(x->cook) != isnan(y->cook) ? (isnan(x->cook) ? 1 : -1) : x->level - y->level;
    return x->cook != y->cook ? (x->cook < y->cook ? 1 : -1) : x->level - y->level;
}

/* Distances and moves of the levels that were reached. */
static bool summarize(struct influence *out, const struct fit *fit, const struct replicates *r, const double *first)
{
    int p = fit->design->p;
    double *factor = NEW_ARRAY(double, p *p + 2 * p + 1), *move = factor + p * p, *work = move + p;
    int ignored;

    if (factor == NULL)
        return false;
    memcpy(factor, fit_vcov(fit), sizeof *factor * (size_t)(p * p));
    if (chol_factor_sure(p, factor, p, CHOL_DEPENDENT, NULL) != 0) {
        mem_free(factor);
        return true;
    }
    for (long l = 0; l < r->count; l++) {
        struct influence_level *level = &out->levels[out->count];
        const double *without = r->values + (size_t)l * r->width;

        if (r->end[l] == REPLICATE_MISSING)
            continue;
        *level = (struct influence_level){ .level = (int32_t)l, .cook = (double)NAN, .move = (double)NAN, .coefficient = -1 };
        level->step_cook = level->step_move = (double)NAN;
        if (first != NULL)
            level->step_cook = distance(factor, fit->se, p, first + (size_t)l * (size_t)p, work, &level->step_move, &ignored);
        if (replicate_counts((enum replicate_end)r->end[l])) {
            for (int j = 0; j < p; j++)
                move[j] = without[j] - fit->beta[j];
            level->cook = distance(factor, fit->se, p, move, work, &level->move, &level->coefficient);
        }
        out->count++;
    }
    qsort(out->levels, (size_t)out->count, sizeof *out->levels, by_distance);
    mem_free(factor);
    return true;
}

bool influence_has_errors(const struct fit *fit, struct glmm_error *err)
{
    if (fit->recession != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "infinite estimates have no moves in errors: help separation");
    if (fit->identity != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the fit leaves variances open, and with them the errors (help identified)");
    return true;
}

bool influence_find(struct influence *out, const struct fit *fit, int term, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    int32_t count = fit->design->random[term].level_count;
    size_t p = (size_t)fit->design->p;
    struct leaving leaving = { fit, term };
    struct replicates r = { 0 };
    double *first;
    bool ok, known;

    *out = (struct influence){ .term = term };
    if (!influence_has_errors(fit, err))
        return false;
    first = NEW_ARRAY(double, (size_t)count *p + 1);
    out->levels = NEW_ARRAY(struct influence_level, count + 1);
    if (first == NULL || out->levels == NULL) {
        mem_free(first);
        return fail_memory(err);
    }
    known = influence_first_order(fit, term, first);
    ok = replicates_run_as("level", &r, count, p, fit_without, &leaving, 1, progress, err);
    if (ok) {
        out->stopped = r.stopped;
        ok = summarize(out, fit, &r, known ? first : NULL) || fail_memory(err);
        replicates_clear(&r);
    }
    mem_free(first);
    return ok;
}

void influence_clear(struct influence *influence)
{
    mem_free(influence->levels);
    influence->levels = NULL;
}
