/* meta.c -- see meta.h.  A meta-analysis is a mixed model of the studies, stated as a formula on a frame of its own and fitted by
 * the engine; the exact conditional likelihood of 2 x 2 tables alone has its own (meta-exact.h). */
#include "infer/meta.h"

#include <Rmath.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit/method.h"
#include "fit/recession.h"
#include "infer/ci.h"
#include "infer/meta-exact.h"
#include "infer/meta-private.h"

enum { AGQ_NODES = 7 };

const char *meta_model_name(enum meta_model model)
{
    static const char *const names[] = { "UM.FS", "UM.RS", "CM.EL", "CM.AL" };

    return names[model];
}

static bool is_conditional(const struct meta *meta)
{
    return meta->model == META_CM_EL || meta->model == META_CM_AL;
}

/* --- the model of it ---------------------------------------------------------------------------- */

/* The formula: with random effects of the treatment, or without; the arena's; NULL when memory is out. */
static const char *formula_of(const struct meta *meta, const char *moderators, bool random)
{
    struct arena *arena = meta->arena;
    const char *mods =
        moderators == NULL ? "" : arena_printf(arena, is_conditional(meta) ? " + %s" : " + meta.treat:(%s)", moderators);
    bool rates = meta->measure == META_RATE_RATIO;

    if (mods == NULL)
        return NULL;
    if (is_conditional(meta))
        return arena_printf(arena, "cbind(meta.events1, meta.events2) ~ 1%s + offset(log(meta.n1/meta.n2))%s", mods,
                            random ? " + (1 | meta.study)" : "");
    return arena_printf(arena, "%s ~ %s + meta.treat%s%s%s%s", rates ? "meta.events" : "cbind(meta.events, meta.n - meta.events)",
                        meta->model == META_UM_FS ? "0 + meta.study" : "1", mods, rates ? " + offset(log(meta.n))" : "",
                        meta->model == META_UM_RS ? " + (1 | meta.study)" : "", random ? " + (0 + meta.half | meta.study)" : "");
}

static struct fit *fit_one(struct meta *meta, const struct frame *frame, const char *moderators, bool random,
                           struct model **model, const struct glmm_progress *progress, struct glmm_error *err)
{
    bool counts = meta->measure == META_RATE_RATIO && !is_conditional(meta);
    bool quadrature = random && meta->model != META_UM_RS;
    struct spec spec = { .formula = formula_of(meta, moderators, random), .family = counts ? "poisson" : "binomial" };
    struct fit_options options = { .method = quadrature ? METHOD_AGQ : METHOD_LAPLACE,
                                   .nodes = quadrature ? AGQ_NODES : 1,
                                   .unpriced = true };
    struct fit *fit;

    if (spec.formula == NULL) {
        fail_memory(err);
        return NULL;
    }
    *model = model_new("meta", frame, &spec, progress, err);
    if (*model == NULL) { /* the rest of the formula is ours */
        if (moderators != NULL && err != NULL && err->code != GLMM_E_MEMORY) {
            err->at = NOWHERE;
            err->argument = "mods";
        }
        return NULL;
    }
    fit = model_fit(*model, &options, progress, err);
    if (fit != NULL && fit->optimum.verdict == VERDICT_NOT_CONVERGED) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the model %s of these studies did not converge", meta_model_name(meta->model));
        fit_free(fit);
        return NULL;
    }
    return fit;
}

/* --- the pooled effect -------------------------------------------------------------------------- */

/* Whether the column is the effect, or its slope on a moderator. */
static bool is_effect(const struct meta *meta, const char *name)
{
    return is_conditional(meta) || strncmp(name, "meta.treat", strlen("meta.treat")) == 0;
}

static const char *effect_name(const char *name)
{
    static const char treat[] = "meta.treat:";

    if (strcmp(name, "(Intercept)") == 0 || strcmp(name, "meta.treat") == 0)
        return "effect";
    return strncmp(name, treat, sizeof treat - 1) == 0 ? name + sizeof treat - 1 : name;
}

static bool set_effects(struct meta *meta, const struct fit *fit)
{
    const struct design *design = fit->design;
    const char **names = arena_alloc(meta->arena, (size_t)design->p, sizeof *names);
    double *beta = arena_alloc(meta->arena, (size_t)design->p, sizeof *beta);
    double *se = arena_alloc(meta->arena, (size_t)design->p, sizeof *se);

    meta->names = names;
    meta->beta = beta;
    meta->se = se;
    meta->p = 0;
    for (int j = 0; names != NULL && beta != NULL && se != NULL && j < design->p; j++) {
        if (!is_effect(meta, design->names[j]))
            continue;
        names[meta->p] = arena_strdup(meta->arena, effect_name(design->names[j]));
        beta[meta->p] = fit->beta[j];
        se[meta->p] = fit->se[j];
        if (!isfinite(fit->beta[j]) && fit->recession != NULL)
            meta->infinite = arena_strdup(meta->arena, fit->recession->message);
        meta->p++;
    }
    return !arena_failed(meta->arena);
}

/* The names of moderators whose slopes were left out. */
static bool set_dropped(struct meta *meta, const struct fit *fit)
{
    const struct design *design = fit->design;
    const char *all = NULL;

    for (int j = 0; j < design->dropped_count; j++)
        if (is_effect(meta, design->dropped[j]))
            all = arena_printf(meta->arena, "%s%s%s", all == NULL ? "" : all, all == NULL ? "" : ", ",
                               effect_name(design->dropped[j]));
    meta->dropped = all;
    return !arena_failed(meta->arena);
}

static void set_tau(struct meta *meta, const struct fit *fit)
{
    const struct fit *proper = fit_proper(fit);
    int at = proper->design->p + proper->theta_count - 1; /* the effect is the last term's */

    meta->tau = fit->random[fit->design->random_count - 1].sd[0];
    meta->se_log_tau = meta->tau > 0 && at < proper->joint_count ? sqrt(fit_joint(proper, at, at)) / meta->tau : (double)NAN;
}

/* x_i'beta, and what is added to it in the study of that name: the row of the design that is its treated arm. */
static void set_shrunk(struct meta *meta, const struct fit *fit)
{
    const struct design *design = fit->design;
    const struct random_design *random = &design->random[design->random_count - 1];
    const struct random_fit *term = &fit->random[design->random_count - 1];
    double reach = wald_quantile((double)INFINITY, meta->level);

    for (size_t i = 0; meta->infinite == NULL && i < design->n; i++) {
        int32_t l = random->level[i];
        double mean = 0, sd = sqrt(term->mode_covariance[l]);

        if (!is_conditional(meta) && random->z[i] < 0)
            continue;
        for (int j = 0; j < design->p; j++)
            if (is_effect(meta, design->names[j]))
                mean += design->X[(size_t)j * design->n + i] * fit->beta[j];
        for (int s = 0; s < meta->count; s++)
            if (strcmp(meta->studies[s].name, random->levels[l]) == 0) {
                meta->studies[s].shrunk = mean + term->modes[l];
                meta->studies[s].shrunk_lower = mean + term->modes[l] - reach * sd;
                meta->studies[s].shrunk_upper = mean + term->modes[l] + reach * sd;
            }
    }
}

static bool run_engine(struct meta *meta, const struct frame *frame, const char *moderators, const struct glmm_progress *progress,
                       struct glmm_error *err)
{
    struct model *model = NULL, *common_model = NULL;
    struct fit *fit = fit_one(meta, frame, moderators, true, &model, progress, err);
    struct fit *common = fit == NULL ? NULL : fit_one(meta, frame, moderators, false, &common_model, progress, err);
    bool ok = common != NULL && ((set_effects(meta, fit) && set_dropped(meta, fit)) || fail_memory(err));

    if (ok) {
        set_tau(meta, fit);
        meta->loglik = fit->loglik;
        meta->loglik_common = common->loglik;
        if (meta->infinite == NULL)
            set_shrunk(meta, fit_proper(fit));
    }
    fit_free(fit);
    fit_free(common);
    model_free(model);
    model_free(common_model);
    return ok;
}

/* --- the exact likelihood ----------------------------------------------------------------------- */

/* The tables of the design's rows, and the fit of them. */
static bool run_tables(struct meta *meta, const struct design *design, struct glmm_error *err)
{
    size_t n = design->n, p = (size_t)design->p;
    double *cells = arena_alloc(meta->arena, 4 * n, sizeof *cells), *vcov = arena_alloc(meta->arena, p * p, sizeof *vcov);
    double *beta = arena_alloc(meta->arena, p, sizeof *beta), *se = arena_alloc(meta->arena, p, sizeof *se);
    double *modes = arena_alloc(meta->arena, 2 * n, sizeof *modes), reach = wald_quantile((double)INFINITY, meta->level);
    struct exact_tables tables = { (int)n, (int)p, cells, cells + n, cells + 2 * n, cells + 3 * n, design->X };
    struct exact_fit fit = { .beta = beta, .vcov = vcov, .modes = modes, .mode_sd = modes + n };

    if (cells == NULL || vcov == NULL || beta == NULL || se == NULL || modes == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct meta_study *s = &meta->studies[design->row[i]];

        cells[i] = s->events[0];
        cells[n + i] = s->n[0];
        cells[2 * n + i] = s->events[1];
        cells[3 * n + i] = s->n[1];
    }
    if (!exact_fit(&tables, &fit, err))
        return false;
    for (size_t j = 0; j < p; j++)
        se[j] = sqrt(vcov[j + j * p]);
    meta->beta = beta;
    meta->se = se;
    meta->tau = fit.tau;
    meta->se_log_tau = fit.se_log_tau;
    meta->loglik = fit.loglik;
    meta->loglik_common = fit.common;
    for (size_t i = 0; i < n; i++) {
        struct meta_study *s = &meta->studies[design->row[i]];

        s->shrunk = modes[i];
        s->shrunk_lower = modes[i] - reach * modes[n + i];
        s->shrunk_upper = modes[i] + reach * modes[n + i];
    }
    return true;
}

/* The approximate model says first whether the effect is finite. */
static bool run_exact(struct meta *meta, const struct frame *frame, const char *moderators, const struct glmm_progress *progress,
                      struct glmm_error *err)
{
    struct model *model = NULL;
    struct fit *near = fit_one(meta, frame, moderators, false, &model, progress, err);
    bool ok = near != NULL && ((set_effects(meta, near) && set_dropped(meta, near)) || fail_memory(err));

    meta->tau = meta->se_log_tau = meta->loglik = meta->loglik_common = (double)NAN;
    if (ok && near->recession == NULL)
        ok = run_tables(meta, model->design, err);
    fit_free(near);
    model_free(model);
    return ok;
}

/* --- what follows from it ------------------------------------------------------------------------ */

/* The typical variance within studies; 1/2 is added to the cells of a study that has a 0 among them, for this number alone. */
static double typical_variance(const struct meta *meta)
{
    double sum = 0, squares = 0, k = 0;

    for (int i = 0; i < meta->count; i++) {
        const struct meta_study *s = &meta->studies[i];
        double cells[4] = { s->events[0], s->events[1], s->n[0] - s->events[0], s->n[1] - s->events[1] }, variance = 0;
        int count = meta->measure == META_ODDS_RATIO ? 4 : 2;
        bool zero = false;

        if (s->events[0] + s->events[1] == 0 || isnan(s->shrunk)) /* or a missing moderator */
            continue;
        for (int c = 0; c < count; c++)
            zero = zero || cells[c] == 0;
        for (int c = 0; c < count; c++)
            variance += 1 / (cells[c] + (zero ? 0.5 : 0));
        sum += 1 / variance;
        squares += 1 / (variance * variance);
        k++;
    }
    return (k - 1) * sum / (sum * sum - squares);
}

/* The studies that say something of the effect. */
static int speaking(const struct meta *meta)
{
    return meta->count - meta->silent - meta->full;
}

static void set_summary(struct meta *meta)
{
    double variance = typical_variance(meta);

    if (meta->infinite != NULL)
        meta->tau = meta->se_log_tau = (double)NAN;
    meta->lrt = meta->tau == 0 ? 0 : fmax(0, 2 * (meta->loglik - meta->loglik_common)); /* of the same model no rounding either */
    for (int i = 0; meta->tau == 0 && i < meta->count; i++) /* with the effect and tau held there is nothing to be unsure of */
        meta->studies[i].shrunk_lower = meta->studies[i].shrunk_upper = (double)NAN;
    if (isnan(meta->loglik) || isnan(meta->loglik_common) || meta->infinite != NULL || isnan(meta->tau))
        meta->lrt = (double)NAN;
    meta->p_lrt = isnan(meta->lrt) ? (double)NAN : meta->lrt > 0 ? pchisq(meta->lrt, 1, 0, 0) / 2 : 1;
    meta->i2 = meta->tau * meta->tau / (meta->tau * meta->tau + variance);
    meta->prediction[0] = meta->prediction[1] = meta->prediction_ratio[0] = meta->prediction_ratio[1] = (double)NAN;
    meta->ratio[0] = meta->ratio[1] = meta->ratio[2] = (double)NAN;
    if (meta->p == 1 && isfinite(meta->beta[0]))
        wald_ratio(meta->beta[0], meta->se[0], (double)NAN, meta->level, meta->ratio);
    if (meta->p != 1 || meta->infinite != NULL || speaking(meta) < 3)
        return;
    meta->prediction_df = speaking(meta) - 2;
    wald_interval(meta->beta[0], hypot(meta->se[0], meta->tau), meta->prediction_df, meta->level, &meta->prediction[0],
                  &meta->prediction[1]);
    for (int end = 0; end < 2; end++)
        meta->prediction_ratio[end] = exp(meta->prediction[end]);
}

/* Whether all events are of one arm: given the totals nothing else can be, and no fit is needed to say so. */
static bool set_one_sided(struct meta *meta)
{
    static const char *const names[] = { "effect" };
    double events[2] = { 0, 0 }, *beta, *se;

    for (int i = 0; i < meta->count; i++)
        for (int arm = 0; arm < 2; arm++)
            events[arm] += meta->studies[i].events[arm];
    if ((events[0] > 0 && events[1] > 0) || (beta = arena_alloc(meta->arena, 2, sizeof *beta)) == NULL)
        return false;
    se = beta + 1;
    *beta = events[0] > 0 ? (double)INFINITY : -(double)INFINITY;
    *se = meta->tau = meta->se_log_tau = meta->loglik = meta->loglik_common = (double)NAN;
    meta->beta = beta;
    meta->se = se;
    meta->names = names;
    meta->p = 1;
    meta->infinite = "all events are of one arm";
    return true;
}

static bool run(struct meta *meta, const struct frame *frame, const char *moderators, const struct glmm_progress *progress,
                struct glmm_error *err)
{
    struct frame *own;
    bool ok;

    if (speaking(meta) < 2)
        return fail(err, GLMM_E_DATA, NOWHERE, "%d of %d studies %s events%s, and pooling needs two", speaking(meta), meta->count,
                    speaking(meta) == 1 ? "has" : "have", meta->full > 0 ? " in some, not all" : "");
    if (meta->model == META_CM_AL && meta->measure == META_RATE_RATIO) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "cm.al approximates odds ratios; of rates the conditional likelihood is binomial, exactly");
        error_hint(err, "model=cm.el");
        return error_argument(err, "model");
    }
    if (set_one_sided(meta)) {
        set_summary(meta);
        return true;
    }
    if ((own = is_conditional(meta) ? meta_frame_of_studies(meta, frame, err) : meta_frame_of_arms(meta, frame, err)) == NULL)
        return false;
    ok = meta->model == META_CM_EL && meta->measure == META_ODDS_RATIO ? run_exact(meta, own, moderators, progress, err)
                                                                       : run_engine(meta, own, moderators, progress, err);
    frame_free(own);
    if (ok)
        set_summary(meta);
    return ok;
}

struct meta *meta_new(const struct frame *frame, const struct meta_columns *columns, enum meta_model model,
                      enum meta_measure measure, double level, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct meta *meta = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *meta);

    if (meta == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    *meta = (struct meta){ .arena = arena, .model = model, .measure = measure, .level = level };
    if (meta_read_studies(meta, frame, columns, err) && run(meta, frame, columns->moderators, progress, err))
        return meta;
    arena_free(arena);
    return NULL;
}

void meta_free(struct meta *meta)
{
    if (meta != NULL)
        arena_free(meta->arena);
}
