/* fit-values.c -- see fit-values.h. */
#include "report/fit-values.h"

#include <math.h>
#include <string.h>

#include "fit/identify.h"
#include "fit/method.h"
#include "fit/recession.h"
#include "infer/ci.h"
#include "infer/parameter.h"
#include "infer/ratio.h"
#include "model/covariance.h"
#include "model/family.h"
#include "model/relation.h"
#include "model/residuals.h"
#include "model/structure.h"
#include "report/headline.h"
#include "report/tables.h"
#include "result/number.h"
#include "result/value.h"

enum { MOST_PLACES = 40 }; /* of a structured term whose correlations are listed one by one */

/* JSON `determined[{group effects variance sd_lower sd_upper}]`: what is determined in the place of variances that are not. */
void fit_determined_value(struct result *result, const struct fit *fit, const struct components *components)
{
    struct arena *arena = result->arena;
    struct value *list, *one;

    if (fit->identity == NULL)
        return;
    list = value_array(arena);
    for (int j = 0; j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];

        one = value_append(list, value_object(arena));
        value_set(arena, one, "group", value_string(arena, identity_sum_groups(arena, fit->design, sum)));
        value_set(arena, one, "effects", value_string(arena, identity_sum_effects(arena, fit->design, sum)));
        value_set(arena, one, "variance", value_real(arena, sum->value));
        if (components_of_sum(components, j) != NULL) {
            value_set(arena, one, "sd_lower", value_real(arena, components_of_sum(components, j)->lower));
            value_set(arena, one, "sd_upper", value_real(arena, components_of_sum(components, j)->upper));
        }
        if (sum->shared)
            value_set(arena, one, "covariance", value_real(arena, sum->covariance));
    }
    result_value(result, "determined", list);
}

/* JSON `theta`: a term of which something is not determined has none. */
void fit_theta_value(struct result *result, const struct fit *fit)
{
    struct value *list = value_array(result->arena);
    int at = 0;

    for (int t = 0; t < fit->design->random_count; t++) {
        int k = fit->design->random[t].k, count = random_parameters(&fit->design->random[t]);
        bool known = fit_has_estimates(fit);

        if (fit->design->random[t].structure != NULL) { /* its parameters are said by name */
            at += count;
            continue;
        }
        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++)
                known = known && fit_knows(fit, t, a, b) && !isnan(fit->random[t].sd[a]);
        for (int i = 0; i < count; i++, at++)
            value_append(list, value_real_known(result->arena, known ? fit->theta[at] : (double)NAN));
    }
    result_value(result, "theta", list);
}

/* JSON `parameters[{name estimate}]`. */
static struct value *parameters_value(struct arena *arena, const struct covariance_parameter *list, int count)
{
    struct value *out = value_array(arena), *one;

    for (int i = 0; i < count; i++) {
        one = value_append(out, value_object(arena));
        value_set(arena, one, "name", value_string(arena, list[i].name));
        value_set(arena, one, "estimate", value_real_known(arena, list[i].estimate));
    }
    return out;
}

static const char *structure_of(const struct random_design *random)
{
    return random->structure != NULL ? random->structure->name : random->covariance->correlated ? "us" : "diag";
}

/* What a term is beside its variances; the correlations of many places stand in `parameters` alone. */
static void structure_values(struct arena *arena, struct value *term, const struct random_design *design,
                             const struct random_fit *random)
{
    value_set(arena, term, "structure", value_string(arena, structure_of(design)));
    value_set(arena, term, "parameters", parameters_value(arena, random->parameters, random->parameter_count));
    value_set(arena, term, "K", design->relation == NULL ? value_null(arena) : value_string(arena, design->relation->name));
}

/* JSON `residual{structure parameters[]}`; null where residuals are independent and of one variance. */
void fit_residual_value(struct result *result, const struct fit *fit)
{
    struct arena *arena = result->arena;
    struct value *value;

    if (fit->residual == NULL) {
        result_null(result, "residual");
        return;
    }
    value = value_object(arena);
    value_set(arena, value, "structure", value_string(arena, fit->residual->structure));
    value_set(arena, value, "parameters", parameters_value(arena, fit->residual->parameters, fit->residual->parameter_count));
    result_value(result, "residual", value);
}

/* One end of the intervals of a term's standard deviations; null where there is none. */
static struct value *ends_value(struct arena *arena, const struct components *components, int t, int k, bool upper)
{
    struct value *list = value_array(arena);

    for (int a = 0; a < k; a++) {
        const struct interval *interval = components_of(components, t, a);

        value_append(list, interval == NULL ? value_null(arena) : value_real(arena, upper ? interval->upper : interval->lower));
    }
    return list;
}

/* Where disp= is a structure of the residuals, what has an interval are its coefficients, and sigma is none of them. */
static void sigma_interval(struct result *result, const struct fit *fit, const struct components *components)
{
    static const char *const methods[] = { NULL, "profile", "log" };
    bool loads = fit->design->residual != NULL && fit->design->residual->loads != NULL;
    const struct interval *sigma = loads ? NULL : components_of(components, -1, 0);

    result_string(result, "sd_interval", methods[components->method]);
    if (sigma == NULL) {
        result_null(result, "sigma_lower");
        result_null(result, "sigma_upper");
        return;
    }
    result_real(result, "sigma_lower", sigma->lower);
    result_real(result, "sigma_upper", sigma->upper);
}

void fit_random_value(struct result *result, const struct fit *fit, const struct components *components)
{
    struct arena *arena = result->arena;
    struct value *list = value_array(arena), *term;

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_fit *random = &fit->random[t];
        size_t k = (size_t)random->k;

        term = value_append(list, value_object(arena));
        value_set(arena, term, "group", value_string(arena, fit->design->random[t].group));
        value_set(arena, term, "terms", value_strings(arena, fit->design->random[t].names, k));
        value_set(arena, term, "sd", value_reals_known(arena, random->sd, k));
        value_set(arena, term, "corr",
                  fit->design->random[t].structure != NULL && k > MOST_PLACES
                      ? value_null(arena)
                      : value_matrix_known(arena, random->correlation, k, k));
        value_set(arena, term, "sd_lower", ends_value(arena, components, t, random->k, false));
        value_set(arena, term, "sd_upper", ends_value(arena, components, t, random->k, true));
        structure_values(arena, term, &fit->design->random[t], random);
    }
    result_value(result, "random", list);
    sigma_interval(result, fit, components);
}

void fit_optimum_value(struct result *result, const struct optimum *optimum)
{
    struct arena *arena = result->arena;
    struct value *value = value_object(arena);

    value_set(arena, value, "verdict", value_string(arena, verdict_name(optimum->verdict)));
    value_set(arena, value, "gain", isfinite(optimum->gain) ? value_real(arena, optimum->gain) : value_null(arena));
    value_set(arena, value, "gradient", isnan(optimum->gain) ? value_null(arena) : value_real(arena, optimum->gradient));
    value_set(arena, value, "iterations", value_integer(arena, optimum->iterations));
    value_set(arena, value, "evaluations", value_integer(arena, optimum->evaluations));
    value_set(arena, value, "message", value_string(arena, optimum->message));
    result_value(result, "optimum", value);
}

/* What the approximation of the likelihood leaves out; null where nothing was priced. */
void fit_approximation_value(struct result *result, const struct fit *fit)
{
    static const char *const kinds[] = { "", "fixed", "sd", "corr", "dispersion", "threshold", "predictor" };
    const struct approximation *a = &fit->approximation;
    struct arena *arena = result->arena;
    struct value *value;

    if (a->kind == APPROXIMATION_NONE) {
        result_null(result, "approximation");
        return;
    }
    value = value_object(arena);
    value_set(arena, value, "kind", value_string(arena, kinds[a->kind]));
    value_set(arena, value, "group", value_string(arena, a->group));
    value_set(arena, value, "term", value_string(arena, a->name));
    value_set(arena, value, "term2", value_string(arena, a->other));
    value_set(arena, value, "nodes", value_integer(arena, a->nodes));
    value_set(arena, value, "draws", value_integer(arena, a->draws));
    value_set(arena, value, "drift", value_real(arena, a->drift));
    value_set(arena, value, "error", value_real(arena, a->error));
    result_value(result, "approximation", value);
}

void fit_prior_values(struct result *result, const struct model *model)
{
    const struct fit *fit = model->fit;

    if (fit->design->prior != NULL) {
        result_string(result, "prior", spec_on_one_line(result->arena, model->spec.prior));
        result_real_known(result, "penalty", fit->penalty);
        result_string(result, "determined_by", fit->by_prior ? "prior" : "data");
    }
    if (fit->method == METHOD_IS) {
        result_integer(result, "draws", fit->draws);
        result_real(result, "draws_error", fit->draws_error);
        result_real(result, "draws_effective", fit->draws_effective);
    }
}

void fit_scalar_values(struct result *result, const struct model *model)
{
    const struct fit *fit = model->fit;
    long long rows = (long long)design_used_rows(fit->design);

    identity_values(result, model);
    result_string(result, "method", method_name(fit->method));
    result_integer(result, "nobs", rows);
    result_integer(result, "npar", fit->npar);
    result_integer(result, "df_residual", rows - fit->npar);
    result_real_known(result, "loglik", fit_of_maximum(fit, fit->loglik));
    result_real_known(result, "criterion", fit_of_maximum(fit, fit->criterion));
    result_real_known(result, "aic", fit_of_maximum(fit, fit->aic));
    result_real_known(result, "aicc", fit_of_maximum(fit, fit->aicc));
    result_real_known(result, "bic", fit_of_maximum(fit, fit->bic));
    if (fit->method == METHOD_REML)
        result_null(result, "deviance");
    else
        result_real_known(result, "deviance", fit_of_maximum(fit, -2 * fit->loglik));
    if (fit_has_residual(fit) && fit_knows(fit, -1, 0, 0) && fit_has_estimates(fit))
        result_real(result, "sigma", residual_sd_shown(fit));
    else
        result_null(result, "sigma");
    if (fit->has_scale && fit_knows(fit, -1, 0, 0) && fit_has_estimates(fit))
        result_real(result, "dispersion", fit_dispersion_shown(fit));
    else
        result_null(result, "dispersion");
    groups_value(result, fit->design);
}
