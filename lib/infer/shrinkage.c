/* shrinkage.c -- see shrinkage.h.
 *
 * The three estimates of a level's coefficient: its own (unpooled.h), the fixed part of it, and between them the fixed part plus
 * the conditional mode. */
#include "infer/shrinkage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>
#include "base/arena.h"
#include "base/memory.h"
#include "base/order.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/identify.h"
#include "infer/unpooled.h"
#include "infer/rowqr.h"
#include "model/family.h"
#include "result/number.h"
#include "fit/rowcov.h"

static const double NOT_SPANNED = 1e-8; /* what is left of a unit vector that the rows of X do not span */

/* --- which term ---------------------------------------------------------------------------- */

static int effect_of(const struct random_design *random, const char *term)
{
    int a;

    for (a = 0; a < random->k; a++)
        if (term == NULL || name_is(random->names[a], term))
            return a;
    return -1;
}

/* Suggests the nearest of the names that a term may be asked by; `group` NULL: the groups themselves. */
static void suggest(const struct design *design, const char *group, const char *word, struct glmm_error *err)
{
    const char *best = NULL;
    int distance, nearest = 0, t, a;

    for (t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        if (group == NULL && is_near(word, random->group, &distance) && (best == NULL || distance < nearest)) {
            best = random->group;
            nearest = distance;
        }
        for (a = 0; group != NULL && strcmp(group, random->group) == 0 && a < random->k; a++)
            if (is_near(word, random->names[a], &distance) && (best == NULL || distance < nearest)) {
                best = random->names[a];
                nearest = distance;
            }
    }
    if (best != NULL)
        error_hint(err, strchr(best, '`') == NULL ? "did you mean `%s`?" : "did you mean %s?", best);
    else if (group == NULL)
        error_hint(err, "the grouping factor is `%s`", design->random[0].group);
}

static bool find_term(const struct design *design, const char *group, const char *term, int *found, int *effect,
                      struct glmm_error *err)
{
    const char *known = NULL;
    int t;

    if (design->random_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the model has no random term, so nothing is shrunk");
    for (t = 0; t < design->random_count; t++) {
        if (group != NULL && strcmp(design->random[t].group, group) != 0)
            continue;
        known = design->random[t].group;
        *found = t;
        *effect = effect_of(&design->random[t], term);
        if (*effect >= 0)
            return true;
    }
    if (known == NULL) {
        fail(err, GLMM_E_NAME, NOWHERE, "no grouping factor `%s` in the model", group);
        suggest(design, NULL, group, err);
    } else if (group == NULL) {
        fail(err, GLMM_E_NAME, NOWHERE, "no random effect `%s` in the model", term);
        for (t = 0; t < design->random_count; t++)
            suggest(design, design->random[t].group, term, err);
    } else {
        fail(err, GLMM_E_NAME, NOWHERE, "`%s` has no random effect `%s`", known, term);
        suggest(design, known, term, err);
    }
    return false;
}

/* --- ranks ---------------------------------------------------------------------------------- */

struct ranked {
    double value, lot;
    int32_t level;
};

static int by_value(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (isnan(a->value) || isnan(b->value))
        return isnan(a->value) != isnan(b->value) ? (isnan(a->value) ? 1 : -1) : (a->level > b->level) - (a->level < b->level);
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    if (a->lot != b->lot)
        return a->lot < b->lot ? -1 : 1;
    return (a->level > b->level) - (a->level < b->level);
}

static void rank_values(const double *value, int32_t count, struct ranked *work, int *rank)
{
    int32_t i;

    for (i = 0; i < count; i++)
        work[i] = (struct ranked){ .value = number_sound(value[i]), .level = i }; /* the last bits give no ranks */
    qsort(work, (size_t)count, sizeof *work, by_value);
    for (i = 0; i < count; i++)
        rank[work[i].level] = i > 0 && work[i].value == work[i - 1].value ? rank[work[i - 1].level] : (int)i + 1;
}

static int by_rank(const void *left, const void *right)
{
    return (*(const int *)left > *(const int *)right) - (*(const int *)left < *(const int *)right);
}

/* One draw: its ranks go into ranks[l * RANK_DRAWS + draw].  Where the variance is 0 all values are alike but for their last
 * bits, and lots decide the order. */
static void draw_ranks(const struct shrinkage *s, uint64_t seed, int draw, struct ranked *work, int *ranks)
{
    struct rng rng;
    double lot;

    rng_init(&rng, seed, (uint64_t)draw);
    for (int32_t l = 0; l < s->count; l++) {
        lot = rng_normal(&rng);
        work[l] = (struct ranked){ s->se[l] != 0 ? s->pooled[l] + s->se[l] * lot : number_sound(s->pooled[l]), lot, l };
    }
    qsort(work, (size_t)s->count, sizeof *work, by_value);
    for (int32_t i = 0; i < s->count; i++)
        ranks[(size_t)work[i].level * RANK_DRAWS + (size_t)draw] = (int)i + 1;
}

/* The share of the draws with that rank. */
static double share_of(const int *ranks, int rank)
{
    int found = 0;

    for (int i = 0; i < RANK_DRAWS; i++)
        found += ranks[i] == rank;
    return (double)found / RANK_DRAWS;
}

bool shrinkage_rank_intervals(const struct shrinkage *s, double level, uint64_t seed, const struct glmm_progress *progress,
                              int *lower, int *upper, double *lowest, double *highest, struct glmm_error *err)
{
    int tail = (int)((1 - level) / 2 * RANK_DRAWS), draw, *ranks, *own;
    struct ranked *work;
    bool ok;

    if (s->count > RANK_LEVELS_MAX)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "ranks are simulated for at most %d levels, and %.100s has %d",
                    (int)RANK_LEVELS_MAX, s->group, (int)s->count);
    work = NEW_ARRAY(struct ranked, s->count);
    ranks = NEW_ARRAY(int, (size_t)s->count *RANK_DRAWS);
    ok = (work != NULL && ranks != NULL) || fail_memory(err);
    for (draw = 0; ok && draw < RANK_DRAWS; draw++) {
        draw_ranks(s, seed, draw, work, ranks);
        ok = progress_tell(progress, "simulation", draw + 1, RANK_DRAWS, (double)NAN)
             || fail(err, GLMM_E_INTERRUPT, NOWHERE, "the simulation of ranks was stopped");
    }
    for (int32_t l = 0; ok && l < s->count; l++) {
        if (l % 256 == 0 && !progress_tell(progress, "simulation", RANK_DRAWS, RANK_DRAWS, (double)NAN))
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "the simulation of ranks was stopped");
        own = ranks + (size_t)l * RANK_DRAWS;
        if (lowest != NULL)
            lowest[l] = share_of(own, 1);
        if (highest != NULL)
            highest[l] = share_of(own, (int)s->count);
        qsort(own, RANK_DRAWS, sizeof *own, by_rank);
        lower[l] = own[tail];
        upper[l] = own[RANK_DRAWS - 1 - tail];
    }
    mem_free(work);
    mem_free(ranks);
    return ok;
}

/* --- pairs ------------------------------------------------------------------------------------- */

enum { PAIR_LEVELS = 200 };

/* The share of pairs without a difference whose intervals do not overlap, in the average. */
static double apart(const double *se, int count, double q)
{
    double sum = 0, norm;
    int pairs = 0;

    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++) {
            norm = sqrt(se[i] * se[i] + se[j] * se[j]);
            if (!(norm > 0))
                continue;
            sum += 2 * pnorm(q * (se[i] + se[j]) / norm, 0, 1, 0, 0);
            pairs++;
        }
    return pairs == 0 ? 0 : sum / pairs;
}

bool shrinkage_pairs(const struct shrinkage *s, double level, double *q, struct glmm_error *err)
{
    int count = s->count < PAIR_LEVELS ? (int)s->count : PAIR_LEVELS;
    double *all = NEW_ARRAY(double, s->count), low = 0, high = qnorm((1 + level) / 2, 0, 1, 1, 0);

    if (all == NULL)
        return fail_memory(err);
    memcpy(all, s->se, sizeof *all * (size_t)s->count);
    qsort(all, (size_t)s->count, sizeof *all, order_reals);
    for (int i = 0; i < count && count < s->count; i++)
        all[i] = all[(size_t)i * (size_t)(s->count - 1) / (size_t)(count - 1)];
    for (int step = 0; step < 60; step++) {
        *q = (low + high) / 2;
        if (apart(all, count, *q) > 1 - level)
            low = *q;
        else
            high = *q;
    }
    mem_free(all);
    return true;
}

/* --- the response's scale ------------------------------------------------------------------------ */

/* The mean at eta, also at the ends of the line; *slope gets d mu / d eta. */
static double mean_at(const struct link *link, double eta, double *slope)
{
    double out[4];

    *slope = 0;
    if (isnan(eta))
        return eta;
    if (isinf(eta) && link->logs != NULL)
        return eta > 0;
    if (isinf(eta))
        return link->kind == LINK_LOG && eta < 0 ? 0 : eta;
    if (link->valid != NULL && !link->valid(eta))
        return NAN;
    link_inverse(link, eta, out);
    *slope = out[1];
    return out[0];
}

bool shrinkage_to_response(struct shrinkage *s, const struct fit *fit, double q, struct glmm_error *err)
{
    size_t count = (size_t)s->count;
    double *raw = arena_alloc(s->arena, count, sizeof *raw), *pooled = arena_alloc(s->arena, count, sizeof *pooled);
    double *se = arena_alloc(s->arena, count, sizeof *se), *lower = arena_alloc(s->arena, count, sizeof *lower);
    double *upper = arena_alloc(s->arena, count, sizeof *upper), slope, a, b, shift = s->fixed - s->complete;

    if (strcmp(s->term, "(Intercept)") != 0)
        return fail(err, GLMM_E_USAGE, NOWHERE,
                    "only an intercept has a mean; the effect of %.100s is a difference on the scale of the link", s->term);
    if (raw == NULL || pooled == NULL || se == NULL || lower == NULL || upper == NULL)
        return fail_memory(err);
    if (fit->mean_link->kind == LINK_IDENTITY)
        return true;
    for (size_t l = 0; l < count; l++) {
        a = mean_at(fit->mean_link, s->pooled[l] + shift - q * s->se[l], &slope);
        b = mean_at(fit->mean_link, s->pooled[l] + shift + q * s->se[l], &slope);
        lower[l] = a < b ? a : b;
        upper[l] = a < b ? b : a;
        raw[l] = mean_at(fit->mean_link, s->raw[l] + shift, &slope);
        pooled[l] = mean_at(fit->mean_link, s->pooled[l] + shift, &slope);
        se[l] = fabs(slope) * s->se[l];
    }
    s->fixed = s->complete = mean_at(fit->mean_link, s->fixed, &slope);
    s->raw = raw;
    s->pooled = pooled;
    s->se = se;
    s->lower = lower;
    s->upper = upper;
    s->scale = fit->family->response == RESPONSE_BINOMIAL ? "probability" : fit->design->response;
    return true;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Column j of X is effect a of the term, row by row. */
static bool is_column(const struct design *design, const struct random_design *random, int a, int j)
{
    for (size_t i = 0; i < design->n; i++)
        if (design->X[(size_t)j * design->n + i] != (random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a]))
            return false;
    return true;
}

/* Regresses column j of X on the term's columns (all levels together); true where it is a combination of them, and then
 * combination has its coefficients.  R is (k + 1)^2, zeroed here. */
static bool combination_of(const struct design *design, const struct random_design *random, int j, double *R, double *row,
                           double *combination)
{
    int k = random->k, p = k + 1, a, same = -1;

    for (a = 0; a < k; a++)
        same = is_column(design, random, a, j) ? a : same;
    for (a = 0; same >= 0 && a < k; a++)
        combination[a] = a == same;
    if (same >= 0)
        return true;
    memset(R, 0, sizeof *R * (size_t)p * (size_t)p);
    for (size_t i = 0; i < design->n; i++) {
        for (a = 0; a < k; a++)
            row[a] = random->z == NULL ? 1 : random->z[i * (size_t)k + (size_t)a];
        row[k] = design->X[(size_t)j * design->n + i];
        rowqr_add(R, p, row);
    }
    if (rowqr_residual(R, p) > NOT_SPANNED)
        return false;
    rowqr_solve(R, p, combination);
    for (a = 0; a < k; a++)
        if (isnan(combination[a]))
            return false;
    return true;
}

/* The fixed part of an effect's coefficient: that of the same column of X where there is one for each effect of the term, as
 * `(Days | Subject)` beside `Days`.  In general the fixed columns that are combinations of the term's columns count with
 * their share: beside `Machine`, the effects of `(0 + Machine | Worker)` deviate from the machines' means. */
static bool set_complete(struct shrinkage *s, const struct fit *fit, int t, int effect)
{
    const struct design *design = fit->design;
    const struct random_design *random = &design->random[t];
    int k = random->k, a, j, found = 0, own = -1;
    double *R, *row, *combination;
    bool ok;

    for (a = 0; a < k; a++)
        for (j = 0; j < design->p; j++)
            if (is_column(design, random, a, j)) {
                found++;
                own = a == effect ? j : own;
                break;
            }
    s->complete = own >= 0 ? fit->beta[own] : 0;
    if (found == k)
        return true;
    R = NEW_ARRAY(double, (k + 1) * (k + 1));
    row = NEW_ARRAY(double, k + 1);
    combination = NEW_ARRAY(double, k + 1);
    ok = R != NULL && row != NULL && combination != NULL;
    s->complete = 0;
    for (j = 0; ok && j < design->p; j++)
        if (combination_of(design, random, j, R, row, combination))
            s->complete += fit->beta[j] * combination[effect];
    mem_free(R);
    mem_free(row);
    mem_free(combination);
    return ok;
}

/* Leaves the levels out whose effect nothing determines; `columns` (4) have an entry a level. */
static bool keep_known(struct shrinkage *s, const struct fit *fit, int t, int effect, double *columns[])
{
    const struct random_design *random = &fit->design->random[t];
    const char **level = arena_alloc(s->arena, (size_t)s->count + 1, sizeof *level);
    double *rows = arena_alloc(s->arena, (size_t)s->count + 1, sizeof *rows);
    double *trials = s->trials == NULL ? NULL : arena_alloc(s->arena, (size_t)s->count + 1, sizeof *trials);
    int32_t kept = 0;

    if (level == NULL || rows == NULL || (s->trials != NULL && trials == NULL))
        return false;
    for (int32_t l = 0; l < random->level_count; l++) {
        if (!fit_knows_mode(fit, t, l, effect))
            continue;
        for (int c = 0; c < 4; c++)
            columns[c][kept] = columns[c][l];
        level[kept] = s->level[l];
        rows[kept] = s->rows[l];
        if (trials != NULL)
            trials[kept] = s->trials[l];
        kept++;
    }
    s->left_out = s->count - kept;
    s->count = kept;
    s->level = level;
    s->rows = rows;
    s->trials = trials;
    return true;
}

static bool fill(struct shrinkage *s, const struct fit *fit, int t, int effect, struct watch *watch)
{
    const struct random_design *random = &fit->design->random[t];
    const struct random_fit *estimate = &fit->random[t];
    size_t count = (size_t)random->level_count;
    double *raw = arena_alloc(s->arena, count, sizeof *raw), *pooled = arena_alloc(s->arena, count, sizeof *pooled);
    double *se = arena_alloc(s->arena, count, sizeof *se), *weight = arena_alloc(s->arena, count, sizeof *weight);
    int *rank_raw = arena_alloc(s->arena, count, sizeof *rank_raw),
        *rank_pooled = arena_alloc(s->arena, count, sizeof *rank_pooled);
    struct ranked *work = arena_alloc(s->arena, count, sizeof *work);
    size_t l, k = (size_t)random->k, e = (size_t)effect;

    if (raw == NULL || pooled == NULL || se == NULL || weight == NULL || rank_raw == NULL || rank_pooled == NULL || work == NULL
        || !unpooled_deviations(fit_proper(fit), t, effect, watch, raw))
        return false;
    s->fixed = s->complete;
    s->complete = isfinite(s->fixed) ? s->fixed : 0;
    for (l = 0; l < count; l++) {
        raw[l] += s->complete;
        pooled[l] = s->complete + estimate->modes[l * k + e];
        se[l] = fit_mode_se(estimate, l, effect);
    }
    if (s->scalar)
        unpooled_weights(fit_proper(fit), t, weight);
    if (!keep_known(s, fit, t, effect, (double *[]){ raw, pooled, se, weight }))
        return false;
    rank_values(raw, s->count, work, rank_raw);
    rank_values(pooled, s->count, work, rank_pooled);
    s->raw = raw;
    s->pooled = pooled;
    s->se = se;
    s->weight = s->scalar ? weight : NULL;
    s->rank_raw = rank_raw;
    s->rank_pooled = rank_pooled;
    return true;
}

/* The trials of each level, where rows have more or less than one: "14 patients" says more of a level than "1 row". */
static bool count_trials(struct shrinkage *s, const struct design *design, const struct random_design *random)
{
    double *trials;
    bool plain = true;

    for (size_t i = 0; design->trials != NULL && i < design->n; i++)
        plain = plain && design->trials[i] == 1;
    if (plain)
        return true;
    trials = arena_alloc(s->arena, (size_t)s->count, sizeof *trials);
    if (trials == NULL)
        return false;
    for (int32_t l = 0; l < s->count; l++)
        trials[l] = 0;
    for (size_t i = 0; i < design->n; i++)
        if (random->level[i] >= 0)
            trials[random->level[i]] += design->trials[i];
    s->trials = trials;
    return true;
}

struct shrinkage *shrinkage_new(const struct fit *fit, const char *group, const char *term, struct glmm_error *err)
{
    return shrinkage_new_watched(fit, group, term, NULL, err);
}

struct shrinkage *shrinkage_new_watched(const struct fit *fit, const char *group, const char *term,
                                        const struct glmm_progress *progress, struct glmm_error *err)
{
    struct watch watch;
    const struct random_design *random;
    struct arena *arena;
    struct shrinkage *s;
    int t = 0, effect = 0;

    if (!fit_has_rows(fit, err) || !find_term(fit->design, group, term, &t, &effect, err))
        return NULL;
    random = &fit->design->random[t];
    if (!identity_has_mode(fit, t, effect)) {
        (void)identity_check_modes(fit, t, effect, err);
        return NULL;
    }
    if ((arena = arena_new()) == NULL || (s = arena_alloc(arena, 1, sizeof *s)) == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    s->arena = arena;
    s->group = random->group;
    s->term = random->names[effect];
    s->scale = fit->mean_link->kind == LINK_IDENTITY ? fit->design->response : fit->link->scale;
    s->scalar = random->k == 1 && !design_is_structured(fit->design);
    s->count = random->level_count;
    s->level = random->levels;
    s->rows = random->rows_of_level;
    watch_init(&watch, progress, "own estimates");
    if (!set_complete(s, fit, t, effect) || !count_trials(s, fit->design, random) || !fill(s, fit, t, effect, &watch)) {
        shrinkage_free(s);
        if (watch_stopped(&watch))
            fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped among the levels' own estimates");
        else
            fail_memory(err);
        return NULL;
    }
    return s;
}

double shrinkage_kept(const struct shrinkage *const effects[], int count)
{
    double shares = 0;
    int taken = 0;

    for (int e = 0; e < count; e++) {
        const struct shrinkage *s = effects[e];
        double raw = 0, pooled = 0;

        for (int32_t l = 0; l < s->count; l++) {
            if (!isfinite(s->raw[l]))
                continue;
            raw += (s->raw[l] - s->complete) * (s->raw[l] - s->complete);
            pooled += (s->pooled[l] - s->complete) * (s->pooled[l] - s->complete);
        }
        if (raw > 0) {
            shares += pooled / raw;
            taken++;
        }
    }
    return taken > 0 ? sqrt(shares / taken) : (double)NAN;
}

void shrinkage_free(struct shrinkage *shrinkage)
{
    if (shrinkage != NULL)
        arena_free(shrinkage->arena);
}

void shrinkage_interval(const struct shrinkage *s, size_t l, double reach, double ends[2])
{
    ends[0] = s->lower != NULL ? s->lower[l] : s->pooled[l] - reach * s->se[l];
    ends[1] = s->upper != NULL ? s->upper[l] : s->pooled[l] + reach * s->se[l];
}

const char *shrinkage_differs_from(const struct shrinkage *s)
{
    return isfinite(s->fixed) ? NULL : isnan(s->fixed) ? "not determined" : "infinite";
}

bool shrinkage_is_clear(const struct shrinkage *s, size_t l, double reach)
{
    double ends[2];

    shrinkage_interval(s, l, reach, ends);
    return ends[0] > s->complete || ends[1] < s->complete;
}

static const double SAME_SE =
    1e-6; /* of an error: other effects that take part move it by more, or nothing is to be seen of them */

bool shrinkage_se_is(double se, double variance, double kept)
{
    return fabs(sqrt(variance * (1 - kept)) - se) < SAME_SE * se;
}
