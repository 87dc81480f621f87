/* glmm-infer.c -- the public face of infer/: thin wrappers with stable names, which decide nothing. */
#include "config.h"
#include "glmm.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "fit/identify.h"
#include "fit/lmm.h"
#include "fit/method.h"
#include "glmm-objects.h"
#include "infer/attenuation.h"
#include "infer/ci.h"
#include "infer/compare.h"
#include "infer/exact.h"
#include "infer/lrt-boot.h"
#include "infer/dial.h"
#include "infer/icc.h"
#include "infer/ladder.h"
#include "infer/mode-errors.h"
#include "infer/moredata.h"
#include "infer/ratio.h"
#include "infer/residual.h"
#include "infer/share-interval.h"
#include "infer/shrinkage.h"

static bool has_term(const struct glmm_fit *fit, int term, struct glmm_error *err)
{
    if (!argument_given(fit, "fit", err))
        return false;
    if (term >= 0 && term < fit->fit->design->random_count)
        return true;
    fail(err, GLMM_E_VALUE, NOWHERE, "there is no random term %d", term);
    return error_argument(err, "term");
}

/* --- other parameters, other responses ------------------------------------------------------ */

int glmm_model_theta_count(const struct glmm_model *model)
{
    int count = 0;

    for (int t = 0; model != NULL && t < model->model->design->random_count; t++)
        count += random_parameters(&model->model->design->random[t]);
    return count;
}

double glmm_model_deviance(const struct glmm_model *model, const double theta[], bool reml, struct glmm_error *err)
{
    struct lmm *m;
    double deviance;

    if (!argument_given(model, "model", err) || !(argument_given(theta, "theta", err) || glmm_model_theta_count(model) == 0))
        return (double)NAN;
    if (!model_is_linear(model->model)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "only the deviance of a linear mixed model is one of theta alone");
        return (double)NAN;
    }
    m = lmm_new(model->model->design, reml, err);
    if (m == NULL)
        return (double)NAN;
    deviance = lmm_deviance(m, theta);
    lmm_free(m);
    return deviance;
}

/* The fit's own design, with the response in it. */
static bool take_response(struct glmm_fit *fit, const double response[], struct glmm_error *err)
{
    const struct model *model = fit->model;
    struct response check = { .family = model->family, .link = model->link };

    fit->design = *model->design;
    fit->response = mem_alloc(fit->design.n, sizeof *fit->response);
    if (fit->response == NULL)
        return fail_memory(err);
    memcpy(fit->response, response, fit->design.n * sizeof *fit->response);
    fit->design.y = fit->response;
    check.n = fit->design.n;
    check.y = fit->design.y;
    check.trials = fit->design.trials;
    check.weights = fit->design.weights;
    if (response_check(&check, fit->design.row, fit->design.response, err))
        return true;
    return error_argument(err, "response");
}

struct glmm_fit *glmm_fit_refit(const struct glmm_fit *fit, const double response[], const struct glmm_progress *progress,
                                struct glmm_error *err)
{
    struct glmm_fit *again;

    if (!argument_given(fit, "fit", err) || !argument_given(response, "response", err))
        return NULL;
    again = NEW(struct glmm_fit);
    if (again == NULL) {
        fail_memory(err);
        return NULL;
    }
    again->model = fit->model;
    if (take_response(again, response, err))
        again->fit = fit_anew(fit->fit, &again->design, progress, err);
    if (again->fit != NULL && shown_set(again, err))
        return again;
    glmm_fit_free(again);
    return NULL;
}

struct glmm_fit *glmm_fit_turn(const struct glmm_fit *fit, int term, double factor, struct glmm_error *err)
{
    struct dial *dial;
    struct fit *turned;

    if (!has_term(fit, term, err))
        return NULL;
    if (!(factor >= 0) || isinf(factor)) {
        fail(err, GLMM_E_VALUE, NOWHERE, "the factor is a finite number from 0 up");
        error_argument(err, "factor");
        return NULL;
    }
    dial = dial_new(fit->fit, term, err);
    turned = dial == NULL ? NULL : dial_turn(dial, factor, err);
    dial_free(dial);
    return fit_wrap(fit->model, turned, err);
}

bool glmm_fit_with_rows(const struct glmm_fit *fit, int term, int level, double rows, double modes[], double covariance[],
                        struct glmm_error *err)
{
    struct moredata *m;

    if (!has_term(fit, term, err) || !argument_given(modes, "modes", err) || !argument_given(covariance, "covariance", err))
        return false;
    if (level < 0 || level >= fit->fit->design->random[term].level_count || !(rows >= 0) || isinf(rows)) {
        fail(err, GLMM_E_VALUE, NOWHERE, "there is no such level, or number of rows");
        return error_argument(err, rows >= 0 && !isinf(rows) ? "level" : "rows");
    }
    m = moredata_new(fit->fit, term, level, err);
    if (m == NULL)
        return false;
    moredata_at(m, rows, modes, covariance, NULL);
    moredata_free(m);
    return true;
}

/* --- what a fit says ------------------------------------------------------------------------ */

bool glmm_fit_contrast(const struct glmm_fit *fit, const double weights[], double level, struct glmm_estimate *out,
                       struct glmm_error *err)
{
    struct wald wald;
    double *work;

    if (!argument_given(fit, "fit", err) || !argument_given(weights, "weights", err) || !argument_given(out, "out", err)
        || !confidence_take(&level, err))
        return false;
    if ((work = NEW_ARRAY(double, fit->fit->design->p + 1)) == NULL)
        return fail_memory(err);
    out->estimate = fit_estimate_is_open(fit->fit, weights, 1) ? (double)NAN : fit_linear(fit->fit, weights, 1);
    out->se = isfinite(out->estimate) ? sqrt(fit_variance(fit->fit, weights)) : (double)NAN; /* what is infinite has none */
    out->df = fit->fit->variance_count > 0 ? fit_satterthwaite(fit->fit, weights, work) : (double)INFINITY;
    mem_free(work);
    wald_test(out->estimate, out->se, out->df, level, &wald);
    out->statistic = wald.statistic;
    out->p = wald.p;
    out->lower = wald.lower;
    out->upper = wald.upper;
    return true;
}

bool glmm_fit_residuals(const struct glmm_fit *fit, enum glmm_residual kind, double residuals[], struct glmm_error *err)
{
    static const enum residual_kind kinds[] = {
        [GLMM_RESPONSE] = RESIDUAL_RESPONSE, [GLMM_PEARSON] = RESIDUAL_PEARSON, [GLMM_DEVIANCE] = RESIDUAL_DEVIANCE
    };

    if (!argument_given(fit, "fit", err) || !argument_given(residuals, "residuals", err))
        return false;
    if ((unsigned)kind > GLMM_DEVIANCE)
        return fail(err, GLMM_E_USAGE, NOWHERE, "there is no kind of residuals %d", (int)kind);
    for (size_t i = 0; i < fit->fit->design->n; i++)
        residuals[i] = residual_of(fit->fit, i, kinds[kind]);
    return true;
}

bool glmm_fit_quantile_residuals(const struct glmm_fit *fit, unsigned long long seed, double residuals[], struct glmm_error *err)
{
    bool random;

    if (!argument_given(fit, "fit", err) || !argument_given(residuals, "residuals", err))
        return false;
    if (!residual_has_quantiles(fit->fit))
        return fail(err, GLMM_E_MODEL, NOWHERE, "residuals by quantiles are for other families than gaussian");
    return residual_quantiles(fit->fit, seed, residuals, &random, NULL, err);
}

const char *glmm_model_ratio(const struct glmm_model *model)
{
    struct ratio ratio;

    return model != NULL && ratio_of_model(model->model, &ratio) ? ratio.name : NULL;
}

bool glmm_compare(const struct glmm_fit *small, const struct glmm_fit *large, struct glmm_test *out, struct glmm_error *err)
{
    struct lrt lrt;

    if (!argument_given(small, "small", err) || !argument_given(large, "large", err) || !argument_given(out, "out", err)
        || !same_data(small->fit->design, large->fit->design, err))
        return false;
    if (!lrt_test(small->fit, large->fit, &lrt, err))
        return false;
    *out = (struct glmm_test){ .chisq = lrt.chisq,
                               .p = lrt.p,
                               .df = lrt.df,
                               .mixture = lrt.reference == LRT_MIXTURE,
                               .conservative = lrt.reference == LRT_CONSERVATIVE };
    memcpy(out->adds, lrt.adds, sizeof out->adds);
    return true;
}

/* Whether there is a statistic whose law can be simulated: *out is without a test where not.  False with err. */
static bool begin_simulated(const struct glmm_fit *small, const struct glmm_fit *large, struct lrt *lrt,
                            struct glmm_simulated *out, struct glmm_error *err)
{
    if (!argument_given(small, "small", err) || !argument_given(large, "large", err) || !argument_given(out, "out", err)
        || !same_data(small->fit->design, large->fit->design, err) || !fit_has_rows(small->fit, err)
        || !fit_has_rows(large->fit, err))
        return false;
    *out = (struct glmm_simulated){ .p = (double)NAN, .error = (double)NAN };
    return lrt_test(small->fit, large->fit, lrt, err);
}

bool glmm_compare_boot(const struct glmm_fit *small, const struct glmm_fit *large, long replicates, unsigned long long seed,
                       const struct glmm_progress *progress, struct glmm_simulated *out, struct glmm_error *err)
{
    struct lrt_boot boot;
    struct lrt lrt;

    if (!begin_simulated(small, large, &lrt, out, err))
        return false;
    if (lrt.reference == LRT_NONE || lrt.worse)
        return true;
    if (!lrt_bootstrap(small->fit, large->fit, lrt.chisq, replicates > 0 ? replicates : 1000, seed, progress, &boot, err))
        return false;
    *out = (struct glmm_simulated){ boot.p, lrt_boot_error(&boot), boot.used };
    return true;
}

bool glmm_compare_exact(const struct glmm_fit *small, const struct glmm_fit *large, unsigned long long seed,
                        struct glmm_simulated *out, struct glmm_error *err)
{
    struct exact_null null = { 0 };
    struct lrt lrt;

    if (!begin_simulated(small, large, &lrt, out, err))
        return false;
    if (lrt.reference != LRT_MIXTURE || lrt.worse)
        return true;
    if (!exact_null_find(small->fit, large->fit, lrt.chisq, seed, &null, err))
        return false;
    if (null.is)
        *out = (struct glmm_simulated){ null.p, null.error, null.draws };
    return true;
}

bool glmm_fit_icc(const struct glmm_fit *fit, int term, struct glmm_icc *out, struct glmm_error *err)
{
    struct icc_parts parts;
    double shared, size;

    if (!has_term(fit, term, err) || !argument_given(out, "out", err) || !icc_is_defined(fit->fit, "icc", err)
        || !fit_has_rows(fit->fit, err))
        return false;
    icc_parts(fit->fit, &parts);
    *out = (struct glmm_icc){
        .group = icc_group(fit->fit, term), .groups = parts.random, .fixed = parts.fixed, .residual = parts.residual
    };
    if (!fit_knows(fit->fit, -1, 0, 0))
        out->residual = (double)NAN;
    if (!icc_shared(fit->fit, term, &shared))
        return fail_memory(err);
    out->icc = icc_row_is_open(fit->fit, term) ? (double)NAN : shared / (parts.random + parts.residual);
    out->design_effect = icc_design_effect(fit->fit, term, out->icc, &size);
    return !isnan(size) || fail_memory(err);
}

bool glmm_fit_share(const struct glmm_fit *fit, int term, double level, struct glmm_share *out, struct glmm_error *err)
{
    struct share_intervals intervals;
    const struct interval *own;
    bool ok;

    if ((term != -1 && !has_term(fit, term, err)) || !argument_given(fit, "fit", err) || !argument_given(out, "out", err)
        || !confidence_take(&level, err) || !icc_is_defined(fit->fit, "share", err) || !fit_has_rows(fit->fit, err))
        return false;
    *out = (struct glmm_share){ (double)NAN, (double)NAN, (double)NAN };
    if (fit->fit->identity != NULL) /* not all variances are determined */
        return true;
    out->share = icc_share(fit->fit, term);
    ok = share_intervals_find(fit->fit, SHARES_OF_TERMS, level, true, NULL, &intervals, err);
    if (ok && intervals.by != SHARES_BY_NONE) {
        own = &intervals.interval[term < 0 ? fit->fit->design->random_count : term];
        out->lower = own->reason == INTERVAL_GIVEN ? own->lower : (double)NAN;
        out->upper = own->reason == INTERVAL_GIVEN ? own->upper : (double)NAN;
    }
    share_intervals_clear(&intervals);
    return ok;
}

/* --- attenuation ---------------------------------------------------------------------------- */

struct glmm_attenuation {
    struct attenuation *attenuation;
};

struct glmm_attenuation *glmm_attenuation_new(const struct glmm_fit *fit, const struct glmm_progress *progress,
                                              struct glmm_error *err)
{
    struct glmm_attenuation *out;

    if (!argument_given(fit, "fit", err) || !fit_has_rows(fit->fit, err))
        return NULL;
    if ((out = NEW(struct glmm_attenuation)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if ((out->attenuation = attenuation_new(fit->fit, progress, err)) != NULL)
        return out;
    mem_free(out);
    return NULL;
}

bool glmm_attenuation_get(const struct glmm_attenuation *attenuation, int index, struct glmm_attenuated *out)
{
    const struct attenuation *a = attenuation == NULL ? NULL : attenuation->attenuation;

    if (a == NULL || out == NULL || index < 0 || index >= a->p)
        return false;
    *out = (struct glmm_attenuated){ .name = a->names[index],
                                     .conditional = a->conditional[index],
                                     .se = a->se[index],
                                     .marginal = a->marginal[index],
                                     .marginal_se = a->marginal_se[index],
                                     .naive = a->naive == NULL ? (double)NAN : a->naive[index],
                                     .naive_se = a->naive == NULL ? (double)NAN : a->naive_se[index] };
    return true;
}

void glmm_attenuation_free(struct glmm_attenuation *attenuation)
{
    if (attenuation == NULL)
        return;
    attenuation_free(attenuation->attenuation);
    mem_free(attenuation);
}

/* --- shrinkage ------------------------------------------------------------------------------ */

struct glmm_shrinkage {
    struct shrinkage *shrinkage;
};

struct glmm_shrinkage *glmm_shrinkage_new(const struct glmm_fit *fit, const char *group, const char *term,
                                          const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glmm_shrinkage *out;

    if (!argument_given(fit, "fit", err) || !fit_has_rows(fit->fit, err))
        return NULL;
    if ((out = NEW(struct glmm_shrinkage)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if ((out->shrinkage = shrinkage_new_watched(fit->fit, group, term, progress, err)) != NULL)
        return out;
    mem_free(out);
    return NULL;
}

void glmm_shrinkage_free(struct glmm_shrinkage *shrinkage)
{
    if (shrinkage == NULL)
        return;
    shrinkage_free(shrinkage->shrinkage);
    mem_free(shrinkage);
}

double glmm_shrinkage_complete(const struct glmm_shrinkage *shrinkage)
{
    return shrinkage == NULL ? (double)NAN : shrinkage->shrinkage->complete;
}

int glmm_shrinkage_count(const struct glmm_shrinkage *shrinkage)
{
    return shrinkage == NULL ? 0 : shrinkage->shrinkage->count;
}

bool glmm_shrinkage_get(const struct glmm_shrinkage *shrinkage, int index, struct glmm_shrunk *out)
{
    const struct shrinkage *s = shrinkage == NULL ? NULL : shrinkage->shrinkage;

    if (s == NULL || out == NULL || index < 0 || index >= s->count)
        return false;
    *out = (struct glmm_shrunk){ .level = s->level[index],
                                 .rows = s->rows[index],
                                 .raw = s->raw[index],
                                 .pooled = s->pooled[index],
                                 .se = s->se[index],
                                 .kept = s->weight == NULL ? (double)NAN : s->weight[index],
                                 .rank_raw = s->rank_raw[index],
                                 .rank_pooled = s->rank_pooled[index] };
    return true;
}

bool glmm_shrinkage_ranks(const struct glmm_shrinkage *shrinkage, double confidence, unsigned long long seed, int lower[],
                          int upper[], struct glmm_error *err)
{
    return argument_given(shrinkage, "shrinkage", err) && argument_given(lower, "lower", err)
           && argument_given(upper, "upper", err) && confidence_take(&confidence, err)
           && shrinkage_rank_intervals(shrinkage->shrinkage, confidence, seed, NULL, lower, upper, NULL, NULL, err);
}

bool glmm_fit_mode_errors(const struct glmm_fit *fit, int term, enum glmm_mode_error kind, double se[],
                          const struct glmm_progress *progress, struct glmm_error *err)
{
    static const enum mode_error kinds[] = {
        [GLMM_SE_CONDITIONAL] = MODE_CONDITIONAL, [GLMM_SE_PEV] = MODE_PEV, [GLMM_SE_FULL] = MODE_FULL
    };
    const struct random_design *random;

    if (!has_term(fit, term, err) || !argument_given(se, "se", err))
        return false;
    if ((unsigned)kind > GLMM_SE_FULL)
        return fail(err, GLMM_E_USAGE, NOWHERE, "there is no kind of errors %d", (int)kind);
    random = &fit->fit->design->random[term];
    if (!mode_errors(fit->fit, term, random, kinds[kind], se, progress, err))
        return false;
    for (int32_t l = 0; l < random->level_count; l++)
        for (int a = 0; a < random->k; a++)
            if (!fit_knows_mode(fit->fit, term, l, a))
                se[(size_t)l * (size_t)random->k + (size_t)a] = (double)NAN;
    return true;
}

/* --- ladder --------------------------------------------------------------------------------- */

bool glmm_ladder(const struct glmm_model *model, const struct glmm_progress *progress, struct glmm_ladder *out,
                 struct glmm_error *err)
{
    struct ladder *ladder;

    if (!argument_given(model, "model", err) || !argument_given(out, "out", err))
        return false;
    ladder = ladder_new(model->model->design, model->model->family, model->model->link, progress, err);
    if (ladder == NULL)
        return false;
    *out = (struct glmm_ladder){ .rungs = ladder->rungs,
                                 .enough = ladder->enough,
                                 .worst = ladder->worst_drift,
                                 .settled = ladder->verdict != LADDER_UNSETTLED };
    for (int r = 0; r < ladder->rungs; r++) {
        out->nodes[r] = ladder->nodes[r];
        out->loglik[r] = ladder->loglik[r];
    }
    ladder_free(ladder);
    return true;
}
