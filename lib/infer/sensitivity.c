/* sensitivity.c -- see sensitivity.h.  Variants are listed first; each is a replicate of its own, fitted by the threads there
 * are. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "infer/ci.h"
#include "infer/enlarge.h"
#include "infer/influence.h"
#include "infer/profile.h"
#include "infer/sensitivity-private.h"
#include "model/family.h"

static const double TIE = 1e-6; /* moves, in standard errors, that near are one: the first stays */

/* A deviance that two searches may differ by where nobody sees it; and moves in errors. */
static const double LOWER = 1e-3, ABOVE = 1e-2, MOVED = 0.1, FAR = 1;

/* The numbers of a replicate: these, then an estimate, a standard error and degrees of freedom for each parameter. */
enum { OUT_LOGLIK, OUT_AIC, OUT_CRITERION, OUT_VERDICT, OUT_FIRST };

struct task {
    const struct fit *fit;
    struct sensitivity *s;
};

const char *variant_kind_name(enum variant_kind kind)
{
    static const char *const names[VARIANT_KINDS] = { "optimizer", "start", "method", "link", "family", "group" };

    return names[kind];
}

const char *variant_verdict_name(enum variant_verdict verdict)
{
    static const char *const names[] = { "same",          "moves",          "far",      "stops above", "lower",
                                         "not converged", "not identified", "infinite", "no fit",      "not reached" };

    return names[verdict];
}

/* --- one variant --------------------------------------------------------------------------------------- */

static struct fit *fit_rows(const struct fit *fit, const struct design *design, const struct variant *v,
                            const struct glmm_progress *progress, struct glmm_error *err)
{
    bool linear = family_is_linear(v->family, v->link) && design->part[DESIGN_DISPERSION] == NULL && design->prior == NULL;

    (void)fit;
    return linear ? lmm_fit(design, &v->how, progress, err) : glm_fit(design, v->family, v->link, &v->how, progress, err);
}

/* *without is the design of a fit that lacks a level: it lives as long. */
static struct fit *fit_variant(const struct fit *fit, const struct variant *v, struct design **without,
                               const struct glmm_progress *progress, struct glmm_error *err)
{
    struct variant from = *v;

    if (v->kind == VARIANT_OPTIMIZER)
        return search_fit(fit, v->by, progress, err);
    if (v->kind != VARIANT_GROUP)
        return fit_rows(fit, fit->design, v, progress, err);
    if ((*without = design_without(fit->design, v->term, v->level, err)) == NULL)
        return NULL;
    if (fit->theta_count > 0 && fit->structured == NULL && fit->optimum.verdict == VERDICT_OK)
        from.how.start = fit->theta;
    return fit_rows(fit, *without, &from, progress, err);
}

static void read_numbers(const struct sensitivity *s, const struct fit *fit, const struct variant *v, double out[])
{
    double *at = out + OUT_FIRST;

    out[OUT_LOGLIK] = fit->loglik;
    out[OUT_AIC] = v->kind == VARIANT_OPTIMIZER ? (double)NAN : fit->aic;
    out[OUT_CRITERION] = fit->criterion;
    out[OUT_VERDICT] = v->kind == VARIANT_OPTIMIZER ? VERDICT_OK : fit->optimum.verdict;
    for (int j = 0; j < s->count; j++, at += 3) {
        const struct parameter *p = &s->parameters[j];
        bool errors = p->kind == PARAMETER_FIXED && v->kind != VARIANT_OPTIMIZER && fit->se != NULL;
        bool there = p->kind == PARAMETER_FIXED || p->kind == PARAMETER_SD || p->kind == PARAMETER_CORR
                     || p->kind == PARAMETER_STRUCTURE || v->family == fit->family;

        /* a shape, a dispersion, a residual deviation is one of its family */
        if ((p->kind == PARAMETER_SHAPE || p->kind == PARAMETER_DISPERSION || p->kind == PARAMETER_SIGMA
             || p->kind == PARAMETER_ZERO || p->kind == PARAMETER_SPREAD || p->kind == PARAMETER_EXTRA)
            && v->kind == VARIANT_FAMILY)
            there = false;
        at[0] = there ? parameter_value(p, fit) : (double)NAN;
        at[1] = errors ? fit->se[p->a] : (double)NAN;
        at[2] = errors && fit->df != NULL ? fit->df[p->a] : (double)INFINITY;
    }
}

static bool try_variant(void *context, long i, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                        struct glmm_error *err)
{
    const struct task *task = context;
    struct variant *v = &task->s->variants[i];
    struct glmm_error why = { .at = NOWHERE };
    struct design *without = NULL;
    struct fit *fit = fit_variant(task->fit, v, &without, progress, &why);
    bool ok = fit != NULL || (why.code != GLMM_E_MEMORY && why.code != GLMM_E_INTERRUPT)
              || fail(err, why.code, NOWHERE, "%s", why.message);

    *end = fit == NULL ? REPLICATE_FAILED : v->kind == VARIANT_OPTIMIZER ? REPLICATE_OK : replicate_end_of(fit);
    if (fit != NULL)
        read_numbers(task->s, fit, v, out);
    else
        snprintf(v->why, sizeof v->why, "%.*s", (int)sizeof v->why - 1, why.message);
    fit_free(fit);
    design_enlarged_free(without);
    return ok;
}

/* --- the standard errors of the fit --------------------------------------------------------------------- */

/* Of a threshold, by the joint covariance matrix; NaN where it has none. */
static double error_of_threshold(const struct parameter *p, const struct fit *fit)
{
    int at = fit_rest_of_shape(fit, p->a);

    return at >= 0 && isfinite(p->estimate) ? fit_rest_se(fit, at) : (double)NAN;
}

/* Of a standard deviation by the curvature of the criterion on the scale of its logarithm, of a correlation on Fisher's. */
static double error_of(const struct parameter *p, const struct interval *i)
{
    double z = wald_quantile((double)INFINITY, 0.95);

    if (i->reason != INTERVAL_GIVEN || !isfinite(i->lower) || !isfinite(i->upper))
        return (double)NAN;
    if (p->kind == PARAMETER_CORR)
        return (1 - p->estimate * p->estimate) * (atanh(i->upper) - atanh(i->lower)) / (2 * z);
    return i->lower > 0 ? p->estimate * log(i->upper / i->lower) / (2 * z) : (double)NAN;
}

static bool find_errors(struct sensitivity *s, const struct fit *fit, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    struct profile *profile = profile_check(fit, NULL) ? profile_new(fit, progress, NULL) : NULL;
    bool ok = true;

    for (int j = 0; j < s->count && ok; j++) {
        const struct parameter *p = &s->parameters[j];
        struct interval interval = { .reason = INTERVAL_FAILED };
        struct wald wald = { .p = (double)NAN };

        s->se[j] = (double)NAN;
        if (p->kind == PARAMETER_FIXED) {
            s->se[j] = fit->se[p->a];
            wald_test(p->estimate, s->se[j], fit->df == NULL ? (double)INFINITY : fit->df[p->a], 0.95, &wald);
        } else if (parameter_part(p, fit) != NULL) {
            s->se[j] = parameter_part(p, fit)->se[p->a];
        } else if (p->kind == PARAMETER_SHAPE) {
            s->se[j] = error_of_threshold(p, fit);
        } else if (profile != NULL && p->kind != PARAMETER_STRUCTURE) {
            ok = profile_wald(profile, p, 0.95, &interval, err);
            s->se[j] = ok ? error_of(p, &interval) : (double)NAN;
        }
        s->p[j] = wald.p;
    }
    profile_free(profile);
    return ok;
}

/* --- verdicts -------------------------------------------------------------------------------------------- */

static enum variant_verdict verdict_of(const struct fit *fit, const struct variant *v, enum replicate_end end, const double out[])
{
    bool searched = v->kind == VARIANT_OPTIMIZER || v->kind == VARIANT_START;
    double moved = v->largest < 0 ? 0 : fabs(v->move[v->largest]);

    switch (end) {
    case REPLICATE_MISSING:
        return VARIANT_MISSING;
    case REPLICATE_NOT_CONVERGED:
        return VARIANT_NOT_CONVERGED;
    case REPLICATE_NOT_IDENTIFIED:
        return VARIANT_NOT_IDENTIFIED;
    case REPLICATE_INFINITE:
        return VARIANT_INFINITE;
    case REPLICATE_FAILED:
        return VARIANT_FAILED;
    default:
        break;
    }
    if (searched && out[OUT_CRITERION] < fit->criterion - LOWER)
        return VARIANT_LOWER;
    if (searched && out[OUT_CRITERION] > fit->criterion + ABOVE)
        return VARIANT_ABOVE;
    return moved < MOVED ? VARIANT_SAME : moved < FAR ? VARIANT_MOVES : VARIANT_FAR;
}

/* -1 where the linear predictor falls as the mean rises: the inverse link. */
static double direction(const struct fit *fit, const struct link *link)
{
    double mean = 0, out[4] = { 0 };

    if (fit->family->response == RESPONSE_ORDINAL)
        return 1;
    for (size_t i = 0; i < fit->design->n; i++)
        mean += fit->design->y[i] / (double)fit->design->n;
    link_inverse(link, link_transform(link, mean), out);
    return out[1] < 0 ? -1 : 1;
}

/* The numbers of one variant from its replicate. */
static void judge(struct sensitivity *s, const struct fit *fit, struct variant *v, enum replicate_end end, const double out[])
{
    bool counts = replicate_counts(end);
    double turn = v->kind == VARIANT_LINK ? direction(fit, v->link) * direction(fit, fit->link) : 1;

    v->turns = turn < 0;
    for (int j = 0; j < s->count; j++) {
        const double *at = out + OUT_FIRST + 3 * j;
        const struct parameter *p = &s->parameters[j];
        struct wald wald = { .p = (double)NAN };

        v->estimate[j] = v->move[j] = v->p[j] = (double)NAN;
        if (!counts)
            continue;
        v->estimate[j] = at[0];
        if (v->kind != VARIANT_LINK)
            v->move[j] = (at[0] - p->estimate) / s->se[j];
        else if (p->kind == PARAMETER_FIXED && fit->design->assign != NULL && fit->design->assign[p->a] >= 0)
            v->move[j] = turn * at[0] / at[1] - p->estimate / s->se[j];
        if (p->kind == PARAMETER_FIXED && at[1] > 0)
            wald_test(at[0], at[1], at[2], 0.95, &wald);
        v->p[j] = wald.p;
        if (!isfinite(v->move[j]))
            v->move[j] = (double)NAN;
        else if (v->largest < 0 || fabs(v->move[j]) > fabs(v->move[v->largest]) * (1 + TIE) + TIE)
            v->largest = j;
    }
    if (counts) {
        v->loglik = out[OUT_LOGLIK];
        v->aic = out[OUT_AIC];
        v->boundary = end == REPLICATE_BOUNDARY;
    }
    v->verdict = verdict_of(fit, v, end, out);
}

static bool make_room(struct sensitivity *s)
{
    for (int i = 0; i < s->variant_count; i++) {
        double *block = arena_alloc(s->arena, 3 * (size_t)s->count + 1, sizeof *block);

        if (block == NULL)
            return false;
        s->variants[i].estimate = block;
        s->variants[i].move = block + s->count;
        s->variants[i].p = block + 2 * s->count;
    }
    return true;
}

struct sensitivity *sensitivity_new(const struct fit *fit, const bool kinds[], int levels, const struct glmm_progress *progress,
                                    struct glmm_error *err)
{
    struct arena *arena = influence_has_errors(fit, err) ? arena_new() : NULL;
    struct sensitivity *s = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *s);
    struct task task = { fit, s };
    struct glmm_progress here = { 0 };
    struct replicates r = { 0 };
    bool ok;

    if (s == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    s->arena = arena;
    if (progress != NULL)
        here = *progress;
    here.team = NULL; /* why a variant failed is no number, and would stay where it was tried */
    s->parameters = parameters_of(fit, arena, &s->count);
    s->se = arena_alloc(arena, (size_t)s->count + 1, sizeof *s->se);
    s->p = arena_alloc(arena, (size_t)s->count + 1, sizeof *s->p);
    ok = ((s->parameters != NULL && s->se != NULL && s->p != NULL) || fail_memory(err))
         && variants_list(s, fit, kinds, levels, err) && (make_room(s) || fail_memory(err));
    if (ok && s->variant_count == 0)
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "nothing of that can be varied in this model");
    ok = ok && find_errors(s, fit, progress, err)
         && replicates_run_as("variant", &r, s->variant_count, OUT_FIRST + 3 * (size_t)s->count, try_variant, &task, 1, &here,
                              err);
    if (!ok) {
        sensitivity_free(s);
        return NULL;
    }
    s->stopped = r.stopped;
    for (int i = 0; i < s->variant_count; i++)
        judge(s, fit, &s->variants[i], (enum replicate_end)r.end[i], r.values + (size_t)i * r.width);
    replicates_clear(&r);
    return s;
}

void sensitivity_free(struct sensitivity *s)
{
    if (s != NULL)
        arena_free(s->arena);
}

void sensitivity_range_of(const struct sensitivity *s, int parameter, struct sensitivity_range *out)
{
    double sign = s->parameters[parameter].estimate;

    *out = (struct sensitivity_range){ .lowest = 0, .highest = 0, .p = s->p[parameter], .low = -1, .high = -1, .doubtful = -1 };
    for (int i = 0; i < s->variant_count; i++) {
        const struct variant *v = &s->variants[i];
        double move = v->move[parameter];

        if (v->verdict > VARIANT_FAR && v->verdict != VARIANT_LOWER)
            continue;
        if (move < out->lowest - TIE && v->kind != VARIANT_LINK) {
            out->lowest = move;
            out->low = i;
        }
        if (move > out->highest + TIE && v->kind != VARIANT_LINK) {
            out->highest = move;
            out->high = i;
        }
        if (v->p[parameter] > out->p) {
            out->p = v->p[parameter];
            out->doubtful = i;
        }
        out->turned = out->turned || (v->turns ? -1 : 1) * v->estimate[parameter] * sign < 0;
    }
}
