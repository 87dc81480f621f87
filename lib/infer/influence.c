/* influence.c -- see influence.h. */
#include "infer/influence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/lmm-leave.h"
#include "fit/lmm.h"
#include "fit/rowcov.h"
#include "infer/enlarge.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "result/number.h"

static const double WORK = 1e11; /* multiplications: a second or two */

struct leaving {
    const struct fit *fit;
    int term;
    const struct influence_level *levels;
};

/* Replicate r: the coefficients without the r-th of the levels. */
static bool fit_without(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                        struct glmm_error *err)
{
    const struct leaving *leaving = context;
    const struct fit *fit = leaving->fit;
    struct glmm_error why = { 0 };
    struct design *design = design_without(fit->design, leaving->term, leaving->levels[r].level, &why), room;
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
    double *slopes = moves + (size_t)random->level_count * p, *scores = slopes + n, *out[D_COUNT] = { NULL };
    bool ok = fit->design->residual == NULL; /* whose density is not one of rows */

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
    return ok;
}

/* Cook's distance of a move, by the factor of V (NULL: it has none, nor the distance); the largest move in errors, and whose. */
static double distance(const double *factor, const double *se, int p, const double move[], double work[], double *largest,
                       int *which)
{
    double sum = 0;

    *largest = 0;
    *which = -1;
    for (int j = 0; j < p; j++) { /* L w = move */
        work[j] = move[j];
        for (int e = 0; factor != NULL && e < j; e++)
            work[j] -= factor[j + e * p] * work[e];
        if (factor != NULL)
            work[j] /= factor[j + j * p];
        sum += work[j] * work[j];
        if (fabs(move[j] / se[j]) > fabs(*largest)) {
            *largest = move[j] / se[j];
            *which = j;
        }
    }
    return factor == NULL ? (double)NAN : sum / p;
}

/* Where the level was fitted without, by that; else by the step. */
static double shown_cook(const struct influence_level *level)
{
    return level->refitted ? level->cook : level->step_cook;
}

/* By the distance, or where there is none by the largest move. */
static int by_distance(const void *a, const void *b)
{
    const struct influence_level *x = a, *y = b;
    double dx = shown_cook(x), dy = shown_cook(y);

    if (isnan(dx) && isnan(dy)) {
        dx = fabs(x->refitted ? x->move : x->step_move);
        dy = fabs(y->refitted ? y->move : y->step_move);
    }
    if (isnan(dx) || isnan(dy))
        return isnan(dx) != isnan(dy) ? (isnan(dx) ? 1 : -1) : x->level - y->level;
    return dx != dy ? (dx < dy ? 1 : -1) : x->level - y->level;
}

/* The levels with what one step says of them, `steps` (NULL: nothing), the farthest first. */
static void set_steps(struct influence *out, const struct fit *fit, const double *factor, const double *steps, double work[])
{
    int p = fit->design->p;

    for (int32_t l = 0; l < out->count; l++) {
        struct influence_level *level = &out->levels[l];
        const double *move = steps == NULL ? NULL : steps + (size_t)l * (size_t)p;

        *level = (struct influence_level){ .level = l, .cook = (double)NAN, .move = (double)NAN, .coefficient = -1 };
        level->step_cook = level->step_move = (double)NAN;
        if (move != NULL && !isnan(move[0]))
            level->step_cook = number_sound(distance(factor, fit->se, p, move, work, &level->step_move, &level->coefficient));
    }
    if (steps != NULL)
        qsort(out->levels, (size_t)out->count, sizeof *out->levels, by_distance);
}

/* What the fits without them say of the first levels; those that were not reached are left out where all were to be fitted. */
static void set_refits(struct influence *out, const struct fit *fit, const struct replicates *r, const double *factor,
                       double work[])
{
    int p = fit->design->p, kept = 0;
    double *move = work + p;

    for (int32_t l = 0; l < out->count; l++) {
        struct influence_level level = out->levels[l];
        const double *without = l < r->count ? r->values + (size_t)l * r->width : NULL;

        if (without != NULL && r->end[l] != REPLICATE_MISSING) {
            level.refitted = true;
            if (replicate_counts((enum replicate_end)r->end[l])) {
                for (int j = 0; j < p; j++)
                    move[j] = without[j] - fit->beta[j];
                level.cook = distance(factor, fit->se, p, move, work, &level.move, &level.coefficient);
            }
        }
        if (level.refitted || r->count < out->count)
            out->levels[kept++] = level;
    }
    out->count = kept;
    qsort(out->levels, (size_t)out->count, sizeof *out->levels, by_distance);
}

/* How many levels are fitted without where nobody says: all where that takes a second or two, or they are few. */
static long refits_by_cost(const struct fit *fit, int term)
{
    enum { FEW = 20, LEAST = 3, EVALUATIONS = 8 };
    const struct design *d = fit->design;
    double tail = 0.0, most = 0.0, entries = d->p, one;
    int32_t count = d->random[term].level_count;

    for (int t = 0; t < d->random_count; t++) {
        tail += (double)d->random[t].level_count * d->random[t].k;
        most = fmax(most, (double)d->random[t].level_count * d->random[t].k);
        entries += d->random[t].k;
    }
    tail -= most;
    one = EVALUATIONS * (2.0 * tail * tail * tail + 3.0 * (double)d->n * entries * entries);
    return count <= FEW || one * count <= WORK ? count : WORK / one > LEAST ? (long)(WORK / one) : LEAST;
}

bool influence_has_errors(const struct fit *fit, struct glmm_error *err)
{
    if (fit->design->p == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the model has no fixed effects that a level could move");
    if (fit->recession != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "infinite estimates have no moves in errors: help separation");
    if (fit->identity != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the fit leaves variances open, and with them the errors (help identified)");
    return true;
}

/* One step of all levels into *steps, new; NULL where there is none. */
static bool find_steps(struct influence *out, const struct fit *fit, double **steps, const struct glmm_progress *progress,
                       struct glmm_error *err)
{
    bool ok = true;

    *steps = NEW_ARRAY(double, ((size_t)out->count + 1) * (size_t)fit->design->p + fit->design->n + 1);
    if (*steps == NULL)
        return fail_memory(err);
    if (lmm_leaves(fit, out->term))
        ok = lmm_leave_each(fit, out->term, *steps, &out->exact, progress, err);
    if (ok && (out->exact || influence_first_order(fit, out->term, *steps)))
        return true;
    mem_free(*steps);
    *steps = NULL;
    return ok;
}

/* The levels, by steps and refits; `factor` has room for that of V, and a work space behind it. */
static bool find_levels(struct influence *out, const struct fit *fit, long refits, double *factor,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    struct leaving leaving = { fit, out->term, out->levels };
    int p = fit->design->p;
    double *steps, *work = factor + p * p;
    struct replicates r = { 0 };

    memcpy(factor, fit_vcov(fit), sizeof *factor * (size_t)(p * p));
    out->singular = chol_factor_sure(p, factor, p, CHOL_DEPENDENT, NULL) != 0;
    if (out->singular)
        factor = NULL;
    if (!find_steps(out, fit, &steps, progress, err))
        return false;
    out->stepped = steps != NULL;
    refits = refits >= 0 ? refits : out->exact ? refits_by_cost(fit, out->term) : out->count;
    if (steps == NULL || refits > out->count)
        refits = out->count;
    set_steps(out, fit, factor, steps, work);
    mem_free(steps);
    out->refits = refits;
    if (refits == 0)
        return true;
    if (!replicates_run_as("level", &r, refits, (size_t)p, fit_without, &leaving, 1, progress, err))
        return false;
    out->stopped = r.stopped;
    set_refits(out, fit, &r, factor, work);
    replicates_clear(&r);
    return true;
}

bool influence_find(struct influence *influence, const struct fit *fit, int term, long refits,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    int p = fit->design->p;
    double *factor;
    bool ok;

    *influence = (struct influence){ .term = term, .count = fit->design->random[term].level_count };
    if (!influence_has_errors(fit, err))
        return false;
    factor = NEW_ARRAY(double, p *p + 2 * p + 1);
    influence->levels = NEW_ARRAY(struct influence_level, influence->count + 1);
    ok = factor != NULL && influence->levels != NULL ? find_levels(influence, fit, refits, factor, progress, err)
                                                     : fail_memory(err);
    mem_free(factor);
    return ok;
}

void influence_clear(struct influence *influence)
{
    mem_free(influence->levels);
    influence->levels = NULL;
}
