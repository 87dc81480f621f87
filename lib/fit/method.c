/* method.c -- see method.h.  A linear model has an exact likelihood, restricted or not; that of any other holds integrals. */
#include "fit/method.h"

#include "base/arena.h"
#include "base/error.h"
#include "fit/alike.h"
#include "fit/fit.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/revise.h"
#include "model/merged.h"
#include "model/prior.h"

bool method_check(const struct model *model, const struct fit_options *options, struct glmm_error *err)
{
    bool exact = model_is_linear(model), likelihood = options->method == METHOD_REML || options->method == METHOD_ML;

    if (exact && options->nodes > 1) {
        fail(err, GLMM_E_MODEL, NOWHERE, "nodes= is for quadrature; %.60s is linear, and its likelihood is exact", model->name);
        return error_argument(err, "nodes");
    }
    if (exact && !likelihood && options->method != METHOD_DEFAULT) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%.60s is a linear model: its likelihood is exact and needs no %s", model->name,
             options->method == METHOD_IS ? "importance sampling" : method_name(options->method));
        error_hint(err, "method=reml or method=ml");
        return error_argument(err, "method");
    }
    if (options->method == METHOD_PQL && model->design->prior != NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE, "penalized quasi-likelihood maximizes no likelihood to which a prior could be added");
        error_hint(err, "method=laplace");
        return error_argument(err, "method");
    }
    if (exact && options->method == METHOD_REML && prior_has_coefficients(model->design->prior)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "REML integrates the coefficients out, so that a prior of theirs belongs to ML");
        error_hint(err, "method=ml");
        return error_argument(err, "method");
    }
    if (!exact && options->method == METHOD_REML && family_is_linear(model->family, model->link)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "disp= of %.60s is fitted by maximum likelihood, as it has been stated", model->name);
        error_hint(err, "method=ml, or fit FORMULA, disp=... method=reml, without prior=");
        return error_argument(err, "method");
    }
    if (!exact && options->method == METHOD_REML) {
        fail(err, GLMM_E_MODEL, NOWHERE, "reml is for linear mixed models; %.60s is %s with the link %s", model->name,
             model->family->name, model->link->name);
        error_hint(err, "method=laplace, or method=agq nodes=K");
        return error_argument(err, "method");
    }
    return true;
}

/* Whoever is handed a fit without estimates is handed no numbers; and none is handed out that lacks a name. */
static struct fit *hand_out(struct fit *fit, struct glmm_error *err)
{
    if (fit != NULL && arena_failed(fit->arena)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    if (fit != NULL && !fit_has_estimates(fit))
        revise_forget_fit(fit);
    return fit;
}

static struct fit *fit_by_family(const struct model *model, const struct fit_options *options,
                                 const struct glmm_progress *progress, struct glmm_error *err)
{
    return model_is_linear(model) && model->design->prior == NULL
               ? lmm_fit(model->design, options, progress, err)
               : glm_fit(model->design, model->family, model->link, options, progress, err);
}

struct fit *model_fit(const struct model *model, const struct fit_options *options, const struct glmm_progress *progress,
                      struct glmm_error *err)
{
    struct fit *fit = fit_by_family(model, options, progress, err);

    if (fit != NULL && design_is_merged(model->design) && (fit->recession != NULL || fit->identity != NULL)) {
        fit_free(fit); /* what the data determine is asked of all rows */
        fit = merged_take_all(model->design, progress, err) ? fit_by_family(model, options, progress, err) : NULL;
    }
    if (fit != NULL)
        fit->merged = design_is_merged(model->design);
    return hand_out(fit, err);
}

bool model_take_all_rows(struct model *model, const struct glmm_progress *progress, struct glmm_error *err)
{
    return merged_take_all(model->design, progress, err) && (model->fit == NULL || alike_take_all(model->fit, err));
}

struct fit *fit_anew(const struct fit *fit, const struct design *design, const struct glmm_progress *progress,
                     struct glmm_error *err)
{
    struct fit_options how = { .method = fit->method, .nodes = fit->nodes, .draws = fit->draws };

    if (fit->theta_count > 0 && fit_has_estimates(fit))
        how.start = fit->theta;
    return hand_out(
        fit->exact ? lmm_fit(design, &how, progress, err) : glm_fit(design, fit->family, fit->link, &how, progress, err), err);
}

const char *method_name(enum fit_method method)
{
    switch (method) {
    case METHOD_DEFAULT:
        return "default";
    case METHOD_REML:
        return "REML";
    case METHOD_ML:
        return "ML";
    case METHOD_LAPLACE:
        return "Laplace";
    case METHOD_AGQ:
        return "AGQ";
    case METHOD_PQL:
        return "PQL";
    case METHOD_IS:
        return "IS";
    }
    return "";
}

const char *verdict_name(enum fit_verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return "ok";
    case VERDICT_BOUNDARY:
        return "boundary";
    case VERDICT_NOT_CONVERGED:
        return "not converged";
    case VERDICT_INTERRUPTED:
        return "interrupted";
    case VERDICT_NOT_IDENTIFIED:
        return "not identified";
    }
    return "";
}
