/* ladder.c -- see ladder.h. */
#include "infer/ladder.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/identify.h"
#include "model/estimable.h"
#include "model/family.h"
#include "fit/rowcov.h"

static const double STEP = 1e-5;    /* of central differences, relative: about the cube root of the rounding */
static const double ROUNDED = 1e-9; /* beside its standard error: an estimate of 0, from optima good to 1e-4 errors at worst */

static const int ladder_nodes[LADDER_RUNGS] = { 1, 3, 5, 9, 15, 25 };

double ladder_drift(const struct ladder *ladder, int rung, int parameter)
{
    const double *last = ladder->estimate + (size_t)(ladder->rungs - 1) * (size_t)ladder->count;

    if (!ladder->estimable[parameter])
        return (double)NAN;
    return (ladder->estimate[(size_t)rung * (size_t)ladder->count + (size_t)parameter] - last[parameter]) / ladder->se[parameter];
}

/* --- the parameters of a fit --------------------------------------------------------------------- */

static int correlations(const struct random_design *random)
{
    return random->covariance->count(random->k) - random->k;
}

static int parameter_count(const struct design *design, const struct family *family)
{
    int count = design->p + family->has_dispersion;

    for (int t = 0; t < design->random_count; t++)
        count += design->random[t].k + correlations(&design->random[t]);
    return count;
}

static bool name_parameters(struct ladder *ladder, const struct design *design, const struct family *family)
{
    int at = 0;

    for (int j = 0; j < design->p; j++)
        ladder->name[at++] = arena_strdup(ladder->arena, design->names[j]);
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        for (int a = 0; a < random->k + correlations(random); a++)
            ladder->group[at + a] = arena_strdup(ladder->arena, random->group);
        for (int a = 0; a < random->k; a++)
            ladder->name[at++] = arena_printf(ladder->arena, "SD %s", random->names[a]);
        for (int b = 0; b < random->k && random->covariance->correlated; b++)
            for (int a = b + 1; a < random->k; a++)
                ladder->name[at++] = arena_printf(ladder->arena, "Corr %s, %s", random->names[b], random->names[a]);
    }
    if (family->has_dispersion)
        ladder->name[at++] = "Dispersion";
    return !arena_failed(ladder->arena);
}

/* Standard deviations, then correlations by column, of the template `lambda`. */
static int spread_of(const double *lambda, int k, bool diagonal, double *out)
{
    int at = k;

    for (int a = 0; a < k; a++) {
        out[a] = 0;
        for (int b = 0; b <= a; b++)
            out[a] += lambda[a + b * k] * lambda[a + b * k];
        out[a] = sqrt(out[a]);
    }
    for (int b = 0; b < k && !diagonal; b++)
        for (int a = b + 1; a < k; a++) {
            double product = 0;

            for (int c = 0; c <= b; c++)
                product += lambda[a + c * k] * lambda[b + c * k];
            out[at++] = product / (out[a] * out[b]);
        }
    return at;
}

/* Of a term: what is infinite, or not determined, is so here. */
static void forget_untold(const struct random_fit *random, bool diagonal, double *out)
{
    int k = random->k, at = k;

    for (int a = 0; a < k; a++)
        out[a] = isfinite(random->sd[a]) ? out[a] : random->sd[a];
    for (int b = 0; b < k && !diagonal; b++)
        for (int a = b + 1; a < k; a++, at++)
            out[at] = isnan(random->correlation[a + b * k]) ? (double)NAN : out[at];
}

static void estimates_of(const struct fit *fit, double *out)
{
    for (int j = 0; j < fit->design->p; j++)
        *out++ = fit_coefficient(fit, j);
    for (int t = 0; t < fit->design->random_count; t++) {
        bool diagonal = !fit->design->random[t].covariance->correlated;
        int k = fit->random[t].k, count = spread_of(fit->random[t].lambda, k, diagonal, out);

        for (int a = 0; a < k; a++) /* lambda may be relative to sigma; correlations are not */
            out[a] *= fit->sigma;
        forget_untold(&fit->random[t], diagonal, out);
        out += count;
    }
    if (fit->has_scale)
        *out = fit_dispersion_shown(fit);
}

/* The standard errors of one term's spread, by the delta method with central differences in the template.  theta counts from
 * `first` in the joint covariance matrix; lambda and work are scratch. */
static void spread_errors(const struct fit *fit, int t, int first, double *lambda, double *work, double *se)
{
    const struct random_fit *random = &fit->random[t];
    int k = random->k, entries = 0;
    bool diagonal = !fit->design->random[t].covariance->correlated;
    int count = k + correlations(&fit->design->random[t]);
    double *slope = work + 2 * count, h, variance;

    for (int a = 0; a < k * k; a++)
        lambda[a] = random->lambda[a] * fit->sigma;
    for (int b = 0; b < k; b++)
        for (int a = b; a < (diagonal ? b + 1 : k); a++, entries++) {
            double *entry = &lambda[a + b * k], kept = *entry;

            h = STEP * (fabs(kept) + random->sd[a]);
            *entry = kept + h;
            spread_of(lambda, k, diagonal, work);
            *entry = kept - h;
            spread_of(lambda, k, diagonal, work + count);
            *entry = kept;
            for (int i = 0; i < count; i++)
                slope[entries * count + i] = (work[i] - work[count + i]) / (2 * h);
        }
    for (int i = 0; i < count; i++) {
        variance = 0;
        for (int a = 0; a < entries; a++)
            for (int b = 0; b < entries; b++)
                variance += slope[a * count + i] * fit_joint(fit, first + a, first + b) * slope[b * count + i];
        se[i] = variance > 0 ? sqrt(variance) : (double)NAN;
    }
}

static bool errors_of(const struct fit *fit, double *se)
{
    const struct design *design = fit->design;
    int first = design->p, widest = 1;
    double *work;

    for (int t = 0; t < design->random_count; t++)
        widest = fit->random[t].k > widest ? fit->random[t].k : widest;
    work = NEW_ARRAY(double, 2 * widest * widest * widest * widest + 4 * widest * widest);
    if (work == NULL)
        return false;
    memcpy(se, fit->se, sizeof *se * (size_t)design->p);
    se += design->p;
    for (int t = 0; t < design->random_count; t++) {
        int k = fit->random[t].k;

        spread_errors(fit, t, first, work, work + widest * widest, se);
        se += k + correlations(&design->random[t]);
        first += random_parameters(&design->random[t]);
    }
    if (fit->has_scale)
        *se = fit->dispersion * fit->log_dispersion_se;
    mem_free(work);
    return true;
}

/* --- climbing ------------------------------------------------------------------------------------ */

static bool has_integral(const struct design *design, const struct family *family, const struct link *link,
                         struct glmm_error *err)
{
    struct glm *m;

    if (family->residual && link->kind == LINK_IDENTITY) /* lognormal too */
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "this is a linear model: its likelihood is exact, so there is nothing that nodes could make better");
    if (design_term_count(design) == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "this model has no random effects, so its likelihood holds no integral");
    if (!design_is_plain(design, "ladder", err))
        return false;
    m = glm_new(design, family, link, ladder_nodes[1], err);
    glm_free(m);
    return m != NULL;
}

/* Adds a rung; true where the estimates have settled. */
static bool take(struct ladder *ladder, const struct fit *fit, double *se, bool *ok)
{
    int r = ladder->rungs++;
    double *here = ladder->estimate + (size_t)r * (size_t)ladder->count, largest = 0, move;

    ladder->nodes[r] = ladder_nodes[r];
    ladder->loglik[r] = fit->loglik;
    ladder->fit_verdict[r] = fit->optimum.verdict;
    estimates_of(fit, here);
    *ok = errors_of(fit, se);
    for (int j = 0; *ok && j < ladder->count; j++)
        here[j] = fabs(here[j]) < ROUNDED * se[j] ? 0 : here[j];
    for (int j = 0; *ok && r > 0 && j < ladder->count; j++) {
        move = fabs(here[j] - here[j - ladder->count]) / se[j];
        largest = move > largest ? move : largest;
    }
    ladder->moved[r] = r == 0 ? (double)NAN : largest;
    return r > 1 && largest < LADDER_STABLE; /* three nodes may agree with one by chance */
}

/* What the rungs say, once the last is there. */
static void judge(struct ladder *ladder, bool stable)
{
    ladder->worst = -1;
    ladder->worst_drift = 0;
    for (int j = 0; j < ladder->count; j++) {
        double drift = ladder_drift(ladder, 0, j);

        if (isfinite(drift) && (ladder->worst < 0 || fabs(drift) > fabs(ladder->worst_drift))) {
            ladder->worst = j;
            ladder->worst_drift = drift;
        }
    }
    ladder->verdict = !stable || ladder->worst < 0              ? LADDER_UNSETTLED
                      : fabs(ladder->worst_drift) > LADDER_GOOD ? LADDER_LAPLACE_OFF
                                                                : LADDER_LAPLACE_GOOD;
    ladder->enough = ladder->nodes[ladder->rungs - 1];
    for (int r = ladder->rungs - 1; r >= 0; r--) {
        bool within = true;

        for (int j = 0; j < ladder->count; j++)
            within = within && !(fabs(ladder_drift(ladder, r, j)) > LADDER_STABLE);
        if (!within)
            break;
        ladder->enough = ladder->nodes[r];
    }
}

static bool climb(struct ladder *ladder, const struct design *design, const struct family *family, const struct link *link,
                  const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glmm_error own;
    bool stable = false, ok = true;

    for (int r = 0; ok && !stable && r < LADDER_RUNGS; r++) {
        struct fit_options options = { .method = r == 0 ? METHOD_LAPLACE : METHOD_AGQ, .nodes = ladder_nodes[r] };
        struct fit *fit;

        error_clear(&own);
        fit = glm_fit(design, family, link, &options, progress, &own);
        if (fit == NULL && own.code == GLMM_E_LIMIT && r > 1) { /* the grid has become too large */
            ladder->ended = arena_strdup(ladder->arena, own.message);
            ok = ladder->ended != NULL || fail_memory(err);
            break;
        }
        if (fit == NULL) {
            fail(err, own.code, own.at, "%s", own.message);
            if (own.hint[0] != '\0')
                error_hint(err, "%s", own.hint);
            return false;
        }
        if (!fit_has_rows(fit, err)) {
            fit_free(fit);
            return false;
        }
        if (fit->identity != NULL) {
            fit_free(fit);
            fail(err, GLMM_E_MODEL, NOWHERE,
                 "the data do not tell some of the variances of this model apart, so there is nothing to follow");
            error_hint(err, "leave out the terms that `summary` names");
            return false;
        }
        stable = take(ladder, fit, ladder->se, &ok);
        fit_free(fit);
        ok = ok || fail_memory(err);
    }
    if (ok)
        judge(ladder, stable);
    return ok;
}

struct ladder *ladder_new(const struct design *design, const struct family *family, const struct link *link,
                          const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena;
    struct ladder *ladder;
    size_t count;

    if (!has_integral(design, family, link, err))
        return NULL;
    arena = arena_new();
    ladder = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *ladder);
    if (ladder == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    ladder->arena = arena;
    ladder->count = parameter_count(design, family);
    count = (size_t)ladder->count;
    ladder->name = arena_alloc(arena, count, sizeof *ladder->name);
    ladder->group = arena_alloc(arena, count, sizeof *ladder->group);
    ladder->estimable = arena_alloc(arena, count + 1, sizeof *ladder->estimable);
    for (size_t j = 0; ladder->estimable != NULL && j < count; j++)
        ladder->estimable[j] = true;
    ladder->estimate = arena_alloc(arena, count * LADDER_RUNGS, sizeof(double));
    ladder->se = arena_alloc(arena, count, sizeof(double));
    if (arena_failed(arena) || !name_parameters(ladder, design, family)
        || (design->null != NULL && !estimable_coefficients(design->null, design->p, ladder->estimable))) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    if (!climb(ladder, design, family, link, progress, err)) {
        arena_free(arena);
        return NULL;
    }
    return ladder;
}

void ladder_free(struct ladder *ladder)
{
    if (ladder != NULL)
        arena_free(ladder->arena);
}
