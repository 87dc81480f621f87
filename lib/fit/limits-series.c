/* limits-series.c -- counts above 0 of a negative binomial distribution whose size runs to 0: the logarithmic series, the end of
 * these families where they vary most.  The mean before the zeros are cut off runs to 0 with it:
 *
 *   nbinom2, size k:         p = m/(m + k), so that (eta, tau) -> -Inf with eta - tau told
 *   nbinom1, size m/alpha:   p = alpha/(1 + alpha), so that eta -> -Inf with tau told
 *
 * A direction (d, g) of the coefficients of the mean and of tau takes a row there where x'd = w'g <= 0 (x'd <= 0, w'g = 0), moves
 * others not at all, but for w'g where the dispersion is at its other limit.  That is the question of limits.c, of a design of
 * both predictors with two rows for each: x'd - w'g = 0 and one that is at a limit. */
#include <math.h>

#include "base/memory.h"
#include "fit/limits-private.h"
#include "fit/revise.h"
#include "fit/verdict.h"
#include "model/prior.h"

static const double SMALL_SIZE = -8; /* of log size: what a row would gain by the rest of the way is of the order of the size */

bool limits_is_series(const struct family *family, double eta, double tau)
{
    enum family_series series = family_own(family)->series;

    return series != SERIES_NONE && (series == SERIES_RATIO ? tau : eta - tau) < SMALL_SIZE;
}

bool limits_is_ratio(const struct family *family, double tau)
{
    return family_own(family)->series == SERIES_RATIO && limits_is_series(family, 0, tau);
}

/* What is asked of both predictors: the fit's, then their coefficients side by side. */
struct both {
    struct fit *fit;
    const struct fit_part *part; /* of the dispersion; NULL: it is one number */
    const double *tau;           /* n */
    struct design design;        /* of both */
    struct fit_part found;
    double *X, *estimate, *se;
    signed char *kind; /* n: SERIES, OTHER_END, or neither; NO_PART: a zero of a hurdle */
    size_t count, all;
};

enum { INSIDE, SERIES, OTHER_END, NO_PART };

bool limits_row_is_there(const struct response *rows, size_t i, double eta, double tau)
{
    const struct observation at = response_at(rows, i);
    double d[D_COUNT] = { 0 }, constant[1 + FAMILY_SLOTS] = { 0 }, shape[FAMILY_SHAPES];
    bool ratio = family_own(rows->family)->series == SERIES_RATIO;

    if (!limits_is_series(rows->family, eta, tau))
        return false;
    response_shape(rows, i, shape);
    if (!family_density(rows->family, rows->link, &at, eta, shape, ORDER_GRADIENT, d))
        return false;
    if (rows->family->inflated == NULL) /* else it is in d */
        rows->family->constant(&at, shape, constant);
    return fabs(d[D_ETA] + (ratio ? d[D_TAU] + constant[1] : 0)) < LIMITS_SETTLED;
}

static void find_kinds(struct both *b)
{
    const struct design *design = b->fit->design;
    struct response rows = fit_response(b->fit);
    const struct limits z = { .fit = b->fit, .predictor = b->tau };

    rows.weights = NULL;
    for (size_t i = 0; i < design->n; i++) {
        size_t times = limits_times(b->fit, i);

        if (family_is_hurdle(b->fit->family) && design->y[i] == 0) {
            b->kind[i] = NO_PART;
            continue;
        }
        b->kind[i] = limits_row_is_there(&rows, i, b->fit->linear[i], b->tau[i]) ? SERIES
                     : limits_dispersion(&z, &rows, i) != 0                      ? OTHER_END
                                                                                 : INSIDE;
        b->all += times;
        b->count += b->kind[i] == SERIES ? times : 0;
    }
}

/* Entry j of row i of the dispersion's design. */
static double spread_entry(const struct both *b, size_t i, int j)
{
    return b->part == NULL ? 1 : b->part->design->X[i + (size_t)j * b->fit->design->n];
}

static int spread_count(const struct both *b)
{
    return b->part == NULL ? 1 : b->part->count;
}

/* Rows i and n + i of the design of both, and the limit of the latter; *at of each. */
static void set_rows(struct both *b, signed char at[])
{
    const struct design *design = b->fit->design;
    size_t n = design->n, rows = b->design.n;
    int p = design->p, q = spread_count(b);
    bool ratio = family_own(b->fit->family)->series == SERIES_RATIO;

    for (size_t i = 0; i < n; i++) {
        bool there = b->kind[i] == SERIES;

        if (b->kind[i] == NO_PART)
            continue;
        for (int j = 0; j < p; j++)
            b->X[i + (size_t)j * rows] = design->X[i + (size_t)j * n];
        for (int j = 0; j < q; j++) {
            b->X[i + (size_t)(p + j) * rows] = there && ratio ? -spread_entry(b, i, j) : 0;
            b->X[n + i + (size_t)(p + j) * rows] = spread_entry(b, i, j);
        }
        if (there)
            at[ratio ? n + i : i] = -1;
        if (b->kind[i] == OTHER_END)
            at[n + i] = (signed char)family_own(b->fit->family)->limit_sign;
    }
}

/* A row, from this one on, for each coefficient that a prior holds; the last are of none. */
static void set_priors(const struct both *b, size_t row)
{
    const struct design *design = b->fit->design;
    int p = design->p, q = spread_count(b);

    for (int j = 0; j < p + q; j++) {
        int place = j < p ? PRIOR_OF_MEAN : fit_part_place(PART_DISPERSION);
        const char *name = j < p ? design->names[j] : b->part != NULL ? b->part->names[j - p] : "";

        if (prior_of_coefficient(design->prior, place, name) != NULL)
            b->X[row++ + (size_t)j * b->design.n] = 1;
    }
}

static bool make(struct both *b, struct arena *arena)
{
    size_t n = b->fit->design->n, total = (size_t)(b->fit->design->p + spread_count(b));
    double *tau = arena_alloc(arena, n + 1, sizeof *tau);

    b->design = (struct design){ .n = 2 * n + total, .p = (int)total };
    b->kind = arena_alloc(arena, n + 1, sizeof *b->kind);
    b->X = arena_alloc(arena, b->design.n * total + 1, sizeof *b->X);
    b->estimate = arena_alloc(arena, 2 * total + 1, sizeof *b->estimate);
    b->design.names = arena_alloc(arena, total + 1, sizeof *b->design.names);
    if (tau == NULL || b->kind == NULL || b->X == NULL || b->estimate == NULL || b->design.names == NULL)
        return false;
    b->se = b->estimate + total;
    b->design.X = b->X;
    for (size_t i = 0; i < n; i++)
        tau[i] = b->part != NULL ? b->fit->shape_rows[0][i] : log(b->fit->dispersion);
    b->tau = tau;
    for (size_t j = 0; j < total; j++)
        b->design.names[j] = "";
    b->found = (struct fit_part){ PART_DISPERSION, (int)total, b->design.names, b->estimate, b->se, &b->design, NULL };
    return true;
}

/* Where the search ended, for combinations that do not run with the rows. */
static bool keep_base(struct fit *fit)
{
    size_t p = (size_t)fit->design->p;

    fit->base = arena_copy(fit->arena, fit->beta, p, sizeof *fit->base);
    fit->base_vcov = arena_copy(fit->arena, fit->vcov, p * p, sizeof *fit->base_vcov);
    return fit->base != NULL && fit->base_vcov != NULL;
}

static void clear(const double *square, int n, int j)
{
    for (int i = 0; square != NULL && i < n; i++)
        revise(square)[i + j * n] = revise(square)[j + i * n] = 0;
}

/* Nothing is told of a coefficient of the mean that runs with the rows. */
static void forget_coefficient(struct fit *fit, int j, bool held)
{
    int p = fit->design->p;

    revise_forget(&fit->beta[j], 1);
    revise_forget(&fit->se[j], 1);
    for (int i = 0; i < p; i++) {
        revise_forget(&fit->vcov[i + j * p], 1);
        revise_forget(&fit->vcov[j + i * p], 1);
    }
    if (!held) {
        clear(fit->base_vcov, p, j);
        clear(fit->joint_vcov, fit->joint_count, j);
    }
}

/* What of the null space N moves the mean: N N' of its coefficients, in their own units.  False when memory is out. */
static bool keep_runs(struct fit *fit, const struct limits *z)
{
    size_t p = (size_t)fit->design->p, all = (size_t)z->p;
    double *runs = arena_alloc(fit->arena, p * p + 1, sizeof *runs);

    for (size_t k = 0; runs != NULL && k < (size_t)z->free; k++)
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < p; i++) {
                double a = z->vectors[i + k * all], b = z->vectors[j + k * all];

                runs[i + j * p] += fmin(fabs(a), fabs(b)) > LIMITS_MOVED ? a / z->size[i] * b / z->size[j] : 0;
            }
    fit->runs = runs;
    return runs != NULL;
}

/* Effects that move no row but those whose mean is of no consequence. */
static void forget_random(struct fit *fit)
{
    const struct design *d = fit->design;

    for (int t = 0; t < d->random_count; t++) {
        revise_forget_term(&fit->random[t], (size_t)d->random[t].level_count);
        fit->npar -= random_parameters(&d->random[t]);
    }
    for (int a = 0; a < fit->theta_count; a++)
        clear(fit->joint_vcov, fit->joint_count, d->p + a);
    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    verdict_say(&fit->optimum, "nothing determines the variance of the random effects");
}

static void tell(const struct both *b)
{
    struct fit *fit = b->fit;
    bool ratio = family_own(fit->family)->series == SERIES_RATIO;
    const char *name = fit->family->dispersion_name;
    struct optimum *optimum = &fit->optimum;

    if (!fit_has_estimates(fit)) /* how many are there says where the search gave up, and hangs on the last bits */
        return;
    if (optimum->verdict == VERDICT_OK)
        verdict_boundary(optimum, BOUNDARY_DISPERSION);
    verdict_say(optimum,
                "%zu of %zu counts vary at least as those of the logarithmic series do: %s before the zeros are cut off %s to 0 "
                "there, and only %s%s is told, and coefficients that do not run with it",
                b->count, b->all, ratio ? "k and the mean" : "the mean", ratio ? "run" : "runs", ratio ? "mean/" : "", name);
}

/* Takes over what was found.  False when memory is out. */
static bool settle(struct both *b, const struct limits *z, bool held)
{
    struct fit *fit = b->fit;
    int p = fit->design->p, q = spread_count(b);
    bool ratio = family_own(fit->family)->series == SERIES_RATIO;
    bool nothing = !ratio && b->count == b->all && fit->design->random_count > 0; /* is left of the random effects */

    if (!keep_base(fit) || (held && !keep_runs(fit, z)))
        return false;
    for (int j = 0; j < p; j++)
        if (!isfinite(b->estimate[j]))
            forget_coefficient(fit, j, held);
    for (int j = 0; j < q; j++)
        if (!isfinite(b->estimate[p + j]) && b->part != NULL) {
            revise(b->part->estimate)[j] = b->estimate[p + j];
            revise_forget(&b->part->se[j], 1);
        } else if (!isfinite(b->estimate[p + j])) {
            fit->vanished = true;
            fit->log_dispersion_se = (double)NAN;
        }
    if (nothing)
        verdict_unsay(&fit->optimum);
    tell(b);
    if (nothing) {
        forget_random(fit);
        fit_set_criteria(fit, fit->design->n);
    }
    return true;
}

bool limits_settle_series(struct fit *fit, bool held)
{
    struct both b = { .fit = fit, .part = fit_part_of(fit, PART_DISPERSION) };
    struct fit view = *fit; /* of both predictors, with an arena for what is not kept */
    struct limits z = { .fit = &view, .part = &b.found, .design = &b.design };
    bool any = false, ok;

    if (family_own(fit->family)->series == SERIES_NONE || isnan(fit->loglik) || (b.part == NULL && !fit->has_scale))
        return true;
    if ((view.arena = arena_new()) == NULL)
        return false;
    ok = make(&b, view.arena);
    if (ok)
        find_kinds(&b);
    if (ok && b.count > 0) {
        view.design = &b.design;
        z.p = b.design.p;
        ok = limits_take(&z);
        if (ok) {
            set_rows(&b, z.at);
            set_priors(&b, 2 * fit->design->n);
            ok = !limits_decompose(&z) || limits_settle(&z, &any);
        }
    }
    ok = ok && (!any || settle(&b, &z, held));
    arena_free(view.arena);
    return ok;
}
