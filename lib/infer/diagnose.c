/* diagnose.c -- see diagnose.h; here the checks that read the fit and its data.
 *
 *   modes         W' = the squared correlation of the sorted modes with normal scores; p after Royston (1993)
 *   influence     without the rows of level l the coefficients move by about -V s_l, s_l = sum over its rows of
 *                 x_i dlog f_i/deta at the modes: the first order of what a refit finds (V^-1 (y - X beta) =
 *                 W (y - X beta - Z b) in a linear model)
 *   leverage      diag D X (X'D^2 X)^-1 X'D, 1/D^2 the variances of the rows
 *   collinearity  GVIF (Fox & Monette 1992) = |R_1| |R_2| / |R| of the correlations of the coefficients */
#include "infer/diagnose.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "base/sample.h"
#include "fit/identify.h"
#include "fit/recession.h"
#include "infer/diagnose-private.h"
#include "infer/influence.h"
#include "linalg/dense.h"
#include "linalg/orthonormal.h"
#include "model/family.h"

enum { LEAST_LEVELS = 5, MOST_LEVELS = 5000, LOOK = 4096 }; /* LOOK: rows between two looks at the watch */
/* A column of X of which those before it leave less than this of its length is theirs: the hat matrix has no more of it. */
static const double SPENT = 1e-8;
/* What is as far as this is one with the first that is: the basis of columns that are nearly collinear has so much of rounding.
 */
static const double ALIKE = 1e-6;
/* From where a check says look, and bad: conventions, as doc/conventions.md gives them. */
static const double VIF_LOOK = 5, VIF_BAD = 10, MOVE_LOOK = 1, MOVE_BAD = 2, LEVERAGE_LOOK = 0.5, P_LOOK = 0.01, P_BAD = 1e-4;

bool diagnosis_farther(double x, double farthest)
{
    return fabs(x) > (1 + ALIKE) * fabs(farthest);
}

const char *check_kind_name(enum check_kind kind)
{
    static const char *const names[CHECK_KINDS] = {
        [CHECK_FIT] = "fit",
        [CHECK_DISPERSION] = "dispersion",
        [CHECK_DISPERSION_NEW] = "dispersion-unconditional",
        [CHECK_ZEROS_GIVEN] = "zeros-conditional",
        [CHECK_ZEROS] = "zeros",
        [CHECK_UNIFORMITY] = "uniformity",
        [CHECK_SPREAD] = "spread",
        [CHECK_OUTLIERS] = "outliers",
        [CHECK_MEAN_ALONG] = "mean-along",
        [CHECK_SPREAD_ALONG] = "spread-along",
        [CHECK_ORDER] = "order",
        [CHECK_GROUP_SPREAD] = "group-spread",
        [CHECK_MODES] = "modes",
        [CHECK_INFLUENCE] = "influence",
        [CHECK_LEVERAGE] = "leverage",
        [CHECK_COLLINEARITY] = "collinearity",
        [CHECK_SEPARATION] = "separation",
        [CHECK_MISSING] = "missing",
    };

    return names[kind];
}

const char *check_verdict_name(enum check_verdict verdict)
{
    static const char *const names[] = { "ok", "look", "bad" };

    return names[verdict];
}

void diagnosis_add(struct diagnosis *d, struct check check)
{
    d->checks[d->count++] = check;
}

static void add_fit(struct diagnosis *d, const struct fit *fit)
{
    enum fit_verdict verdict = fit->optimum.verdict;

    diagnosis_add(d, (struct check){ .kind = CHECK_FIT,
                                     .verdict = verdict == VERDICT_OK         ? CHECK_OK
                                                : verdict == VERDICT_BOUNDARY ? CHECK_LOOK
                                                                              : CHECK_BAD,
                                     .statistic = (double)NAN,
                                     .expected = (double)NAN,
                                     .p = (double)NAN });
}

/* --- modes ------------------------------------------------------------------------------------------ */

static double shapiro_francia(double sorted[], const double scores[], size_t n, double *p)
{
    double w = sample_correlation(sorted, scores, n), u = log((double)n), v = log(u);

    w *= w;
    *p = pnorm((log1p(-w) - (-1.2725 + 1.0521 * (v - u))) / (1.0308 - 0.26758 * (v + 2 / u)), 0, 1, 0, 0);
    return w;
}

static bool add_modes(struct diagnosis *d, const struct fit *fit)
{
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *random = &fit->design->random[t];
        size_t levels = (size_t)random->level_count, k = (size_t)random->k;
        double *modes = NEW_ARRAY(double, 2 * levels);

        if (modes == NULL)
            return false;
        sample_normal_scores(levels, modes + levels);
        for (size_t a = 0; a < k; a++) {
            struct check check = { .kind = CHECK_MODES, .subject = random->group, .other = random->names[a], .expected = 1 };

            if (!fit_knows(fit, t, (int)a, (int)a) || !(fit->random[t].sd[a] > 0) || levels < LEAST_LEVELS
                || levels > MOST_LEVELS)
                continue;
            for (size_t l = 0; l < levels; l++)
                modes[l] = fit->random[t].modes[l * k + a];
            if (sample_sort(modes, levels) < levels)
                continue;
            check.statistic = shapiro_francia(modes, modes + levels, levels, &check.p);
            check.verdict = check.p < P_BAD ? CHECK_BAD : check.p < P_LOOK ? CHECK_LOOK : CHECK_OK;
            diagnosis_add(d, check);
        }
        mem_free(modes);
    }
    return true;
}

/* --- influence -------------------------------------------------------------------------------------- */

/* The largest move among levels of term t, into the check. */
static void largest_move(const struct fit *fit, int t, const double moves[], struct check *check)
{
    const struct random_design *random = &fit->design->random[t];
    size_t p = (size_t)fit->design->p;
    const double *V = fit_vcov(fit);

    for (int32_t l = 0; l < random->level_count; l++)
        for (size_t j = 0; j < p; j++) {
            double move = moves[(size_t)l * p + j] / sqrt(V[j + j * p]);

            if (diagnosis_farther(move, check->statistic)) {
                check->statistic = move;
                check->subject = random->group;
                check->other = fit->design->names[j];
                check->level = random->levels[l];
            }
        }
}

static bool add_influence(struct diagnosis *d, const struct fit *fit)
{
    const struct design *design = fit->design;
    double *moves;
    bool ok = true;

    for (int j = 0; j < design->p; j++)
        ok = ok && fit_vcov(fit)[j + j * design->p] > 0;
    if (!ok || design->p == 0)
        return true;
    for (int t = 0; t < design->random_count; t++) {
        struct check check = { .kind = CHECK_INFLUENCE, .expected = (double)NAN, .p = (double)NAN };

        if (!is_first_of_group(design, t))
            continue;
        moves = NEW_ARRAY(double, ((size_t)design->random[t].level_count + 1) * (size_t)design->p + design->n);
        if (moves == NULL)
            return false;
        if (influence_first_order(fit, t, moves))
            largest_move(fit, t, moves, &check);
        mem_free(moves);
        check.verdict = fabs(check.statistic) > MOVE_BAD ? CHECK_BAD : fabs(check.statistic) > MOVE_LOOK ? CHECK_LOOK : CHECK_OK;
        if (check.subject != NULL)
            diagnosis_add(d, check);
    }
    return true;
}

/* --- leverage ---------------------------------------------------------------------------------------- */

static bool is_told(const struct fit *fit)
{
    for (int j = 0; j < fit->design->p; j++)
        if (!isfinite(fit->beta[j]))
            return false;
    return true;
}

/* The largest diagonal entry of the hat matrix D X (X'D^2 X)^-1 X'D, 1/D^2 the variance of a row about its fixed part on the
 * scale of the linear predictor (1 where the family has none): at 1 the row alone determines what it is fitted by.  Huber (1981,
 * section 7.2) avoids more than 1/2. */
static bool add_leverage(struct diagnosis *d, const struct fit *fit, struct watch *watch)
{
    const struct design *design = fit->design;
    size_t n = design->n, most = 0;
    double *basis = mem_alloc(n * (size_t)design->p + 1, sizeof(double)), *x = NEW_ARRAY(double, 2 * n + 1), *D;
    struct check check = { .kind = CHECK_LEVERAGE, .p = (double)NAN };
    int kept = 0;

    if (basis == NULL || x == NULL) {
        mem_free(basis);
        mem_free(x);
        return false;
    }
    D = x + n;
    for (size_t i = 0; i < n && !(i % LOOK == 0 && watch_stops(watch)); i++) {
        double variance = diagnose_row_variance(fit, i);

        D[i] = sqrt(design->repeats ? design->trials[i] : 1) / (variance > 0 ? sqrt(variance) : 1);
    }
    for (int k = 0; k < design->p && !watch_stops(watch); k++) {
        for (size_t i = 0; i < n; i++)
            x[i] = design->X[i + (size_t)k * n] * D[i];
        if (dot_product(n, x, x) > 0)
            orthonormal_extend(n, basis, &kept, x, SPENT);
    }
    for (size_t i = 0; i < n; i++) {
        double leverage = 0;

        for (int k = 0; k < kept; k++)
            leverage += basis[i + (size_t)k * n] * basis[i + (size_t)k * n] / (design->repeats ? design->trials[i] : 1);
        if (diagnosis_farther(leverage, check.statistic)) {
            check.statistic = leverage;
            most = i;
        }
    }
    check.expected = (double)kept / (design->repeats ? design_trials(design) : (double)n);
    check.verdict = check.statistic > LEVERAGE_LOOK ? CHECK_LOOK : CHECK_OK;
    if (check.statistic > 0 && is_told(fit)) {
        check.level = arena_printf(d->arena, "%zu", design->row[most] + 1);
        diagnosis_add(d, check);
    }
    mem_free(basis);
    mem_free(x);
    return !arena_failed(d->arena);
}

/* --- collinearity ----------------------------------------------------------------------------------- */

/* log |R| of the chosen coefficients' correlations; NaN where it is singular. */
static double log_determinant(const double *V, int p, const int which[], int count, double *work)
{
    double sum = 0;

    for (int j = 0; j < count; j++)
        for (int i = 0; i < count; i++)
            work[i + j * count] = V[which[i] + which[j] * p] / sqrt(V[which[i] + which[i] * p] * V[which[j] + which[j] * p]);
    if (count > 0 && chol_factor_sure(count, work, count, CHOL_DEPENDENT, NULL) != 0)
        return (double)NAN;
    for (int j = 0; j < count; j++)
        sum += 2 * log(work[j + j * count]);
    return sum;
}

/* Coefficients of a term (inside), of all others, of all; the intercept is in none. */
static int coefficients_of(const struct design *design, int term, bool inside, bool outside, int which[])
{
    int count = 0;

    for (int j = 0; j < design->p; j++)
        if (design->assign[j] >= 0 && ((design->assign[j] == term && inside) || (design->assign[j] != term && outside)))
            which[count++] = j;
    return count;
}

static bool add_collinearity(struct diagnosis *d, const struct fit *fit)
{
    const struct design *design = fit->design;
    const double *V = fit_vcov(fit);
    int p = design->p;
    struct check check = { .kind = CHECK_COLLINEARITY, .expected = 1, .p = (double)NAN };
    double *work = NEW_ARRAY(double, p *p + 1);
    int *which = NEW_ARRAY(int, p + 1);

    for (int t = 0; work != NULL && which != NULL && design->assign != NULL && t < design->term_count; t++) {
        int own = coefficients_of(design, t, true, false, which);
        double inside = log_determinant(V, p, which, own, work), outside, all, inflation;
        int others = coefficients_of(design, t, false, true, which);

        if (own == 0 || others == 0)
            continue;
        outside = log_determinant(V, p, which, others, work);
        all = log_determinant(V, p, which, coefficients_of(design, t, true, true, which), work);
        inflation = exp((inside + outside - all) / own);
        if (inflation > check.statistic) {
            check.statistic = inflation;
            check.other = design->term_labels[t];
        }
    }
    check.verdict = check.statistic > VIF_BAD ? CHECK_BAD : check.statistic > VIF_LOOK ? CHECK_LOOK : CHECK_OK;
    if (check.other != NULL)
        diagnosis_add(d, check);
    mem_free(which);
    mem_free(work);
    return work != NULL && which != NULL;
}

/* --- separation, missing values ----------------------------------------------------------------------- */

static void add_separation(struct diagnosis *d, const struct fit *fit)
{
    if (fit->recession != NULL)
        diagnosis_add(d, (struct check){ .kind = CHECK_SEPARATION,
                                         .verdict = CHECK_BAD,
                                         .statistic = (double)fit->recession->separated,
                                         .expected = 0,
                                         .p = (double)NAN });
}

/* Whether rows that were left out belong to some levels of the first group more than to others. */
static bool missing_by_group(const struct model *model, const struct column *column, struct check *check, struct arena *arena)
{
    size_t rows = model->frame->rows;
    int32_t *codes, count;
    char **levels;
    double *used, *all, share = check->statistic, chisq = 0, df = -1;

    if (!column_as_factor(column, rows, &codes, &levels, &count, NULL))
        return false;
    used = NEW_ARRAY(double, 2 * count + 1);
    all = used == NULL ? NULL : used + count;
    for (size_t i = 0; i < rows && all != NULL; i++)
        if (codes[i] >= 0)
            all[codes[i]]++;
    for (size_t i = 0; i < model->design->n && all != NULL; i++)
        if (codes[model->design->row[i]] >= 0)
            used[codes[model->design->row[i]]]++;
    for (int32_t l = 0; l < count && all != NULL; l++) {
        double lost = all[l] - used[l], expected = all[l] * share;

        if (all[l] > 0) {
            chisq += (lost - expected) * (lost - expected) / (expected * (1 - share));
            df++;
        }
        if (all[l] > 0 && lost / all[l] > check->expected) {
            check->expected = lost / all[l];
            check->level = arena_strdup(arena, levels[l]);
        }
    }
    if (all != NULL && df > 0)
        check->p = pchisq(chisq, df, 0, 0);
    for (int32_t l = 0; l < count; l++)
        mem_free(levels[l]);
    mem_free(levels);
    mem_free(codes);
    mem_free(used);
    return all != NULL;
}

static bool add_missing(struct diagnosis *d, const struct model *model)
{
    const struct design *design = model->design;
    size_t lost = design->dropped_rows - design->empty_rows;
    const struct column *column = design->random_count > 0 ? frame_find(model->frame, design->random[0].group) : NULL;
    struct check check = { .kind = CHECK_MISSING, .p = (double)NAN };

    if (lost == 0)
        return true;
    check.statistic = (double)lost / (double)model->frame->rows;
    if (column != NULL) {
        check.subject = design->random[0].group;
        if (!missing_by_group(model, column, &check, d->arena))
            return false;
    }
    check.verdict = check.p < P_BAD ? CHECK_BAD : check.p < P_LOOK || check.statistic > 0.05 ? CHECK_LOOK : CHECK_OK;
    diagnosis_add(d, check);
    return true;
}

bool diagnose_fit(struct diagnosis *d, const struct model *model, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct fit *fit = fit_proper(model->fit);
    struct watch watch;
    bool ok;

    add_separation(d, model->fit);
    watch_init(&watch, progress, "column");
    ok = add_modes(d, fit) && add_influence(d, fit) && add_leverage(d, fit, &watch) && add_collinearity(d, fit)
         && add_missing(d, model);
    if (watch_stopped(&watch))
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped behind the draws");
    return ok || fail_memory(err);
}

struct diagnosis *diagnosis_new(const struct model *model, int draws, uint64_t seed, const char *order,
                                const struct glmm_progress *progress, struct glmm_error *err)
{
    struct diagnosis *d = NEW(struct diagnosis);
    size_t most = CHECK_KINDS + model->frame->column_count;
    bool ok;

    if (!fit_has_rows(model->fit, err)) {
        mem_free(d);
        return NULL;
    }
    for (int t = 0; t < model->design->random_count; t++)
        most += (size_t)model->design->random[t].k + 2;
    ok = d != NULL && (d->arena = arena_new()) != NULL && (d->checks = arena_alloc(d->arena, most, sizeof *d->checks)) != NULL;
    if (!ok) {
        fail_memory(err);
        diagnosis_free(d);
        return NULL;
    }
    d->draws = draws;
    d->seed = seed;
    d->rows = fit_proper(model->fit)->design->n;
    add_fit(d, model->fit);
    if (diagnose_draws(d, model, order, progress, err) && diagnose_fit(d, model, progress, err))
        return d;
    diagnosis_free(d);
    return NULL;
}

void diagnosis_free(struct diagnosis *d)
{
    if (d == NULL)
        return;
    arena_free(d->arena);
    mem_free(d);
}
