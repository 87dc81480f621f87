/* revise.c -- see revise.h. */
#include "fit/revise.h"

#include <math.h>

#include "fit/identify.h"
#include "fit/tolerances.h"

void revise_fill(const double *values, size_t count, double value)
{
    for (size_t i = 0; values != NULL && i < count; i++)
        revise(values)[i] = value;
}

void revise_forget(const double *values, size_t count)
{
    revise_fill(values, count, (double)NAN);
}

void revise_forget_term(const struct random_fit *random, size_t levels)
{
    size_t k = (size_t)random->k;

    revise_forget(random->lambda, k * k);
    revise_forget(random->covariance, k * k);
    revise_forget(random->sd, k);
    revise_forget(random->correlation, k * k);
    revise_forget(random->modes, levels * k);
    revise_forget(random->mode_covariance, levels * k * k);
}

void revise_forget_entries(const struct random_fit *random, const bool *unknown)
{
    size_t k = (size_t)random->k;

    for (size_t b = 0; b < k; b++)
        for (size_t a = 0; a < k; a++) {
            if (unknown[a + b * k] || unknown[a + a * k] || unknown[b + b * k])
                revise_forget(random->correlation + a + b * k, 1);
            if (a == b && unknown[a + a * k])
                revise_forget(random->sd + a, 1);
        }
}

void revise_infinite(const struct random_fit *random, int a)
{
    for (int b = 0; b < random->k; b++)
        if (b != a) {
            revise_forget(random->correlation + a + b * random->k, 1);
            revise_forget(random->correlation + b + a * random->k, 1);
        }
    revise_fill(random->sd + a, 1, (double)INFINITY);
}

static void forget_parameters(const struct covariance_parameter list[], int count)
{
    for (int i = 0; i < count; i++)
        revise_forget(&list[i].estimate, 1);
}

static void forget_terms(const struct random_fit random[], const struct design *design)
{
    for (int t = 0; t < design->random_count; t++) {
        revise_forget_term(&random[t], (size_t)design->random[t].level_count);
        forget_parameters(random[t].parameters, random[t].parameter_count);
    }
}

static void forget_coefficients(struct fit *fit)
{
    size_t p = (size_t)fit->design->p;

    revise_forget(fit->beta, p);
    revise_forget(fit->se, p);
    revise_forget(fit->vcov, p * p);
    revise_forget(fit->base, p);
    revise_forget(fit->base_vcov, p * p);
    revise_forget(fit->df, p);
    fit->root = fit->root_slopes = NULL;
    for (int k = 0; k < fit->part_count; k++) {
        revise_forget(fit->part[k].estimate, (size_t)fit->part[k].count);
        revise_forget(fit->part[k].se, (size_t)fit->part[k].count);
        if (fit->part[k].design != NULL)
            forget_terms(fit->part[k].random, fit->part[k].design);
    }
}

static void forget_shapes(struct fit *fit)
{
    fit->sigma = fit->dispersion = fit->log_dispersion_se = (double)NAN;
    revise_forget(fit->rest, (size_t)fit->rest_all);
    revise_forget(fit->shape, FAMILY_SHAPES);
    for (int j = 0; j < FAMILY_SLOTS; j++)
        revise_forget(fit->shape_rows[j], fit->design->n);
    fit->vanished = false;
}

void revise_taken(const struct fit *fit)
{
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_fit *r = &fit->random[t];
        size_t k = (size_t)r->k, levels = (size_t)fit->design->random[t].level_count;

        for (size_t i = 0; i < levels * k * k; i++)
            if (fabs(r->mode_covariance[i]) < TOLERANCE_TAKEN * r->covariance[i % (k * k)])
                revise_fill(r->mode_covariance + i, 1, 0);
    }
}

void revise_forget_fit(struct fit *fit)
{
    forget_coefficients(fit);
    forget_shapes(fit);
    forget_terms(fit->random, fit->design);
    revise_forget(fit->theta, (size_t)fit->theta_count);
    revise_forget(fit->structured, (size_t)fit->structured_count);
    if (fit->residual != NULL)
        forget_parameters(fit->residual->parameters, fit->residual->parameter_count);
    for (int j = 0; fit->identity != NULL && j < fit->identity->sum_count; j++) {
        revise_forget(&fit->identity->sums[j].value, 1);
        revise_forget(&fit->identity->sums[j].covariance, 1);
    }
    fit->joint_vcov = fit->joint_half = fit->theta_hessian = NULL;
    fit->joint_count = fit->joint_rank = fit->variance_count = 0;
    revise_forget(fit->fitted, fit->design->n);
    revise_forget(fit->linear, fit->design->n);
    fit->loglik = fit->criterion = fit->penalty = (double)NAN;
    fit_set_criteria(fit, fit->design->n);
    fit->approximation = (struct approximation){ .kind = APPROXIMATION_NONE };
    if (fit->proper != NULL)
        revise_forget_fit(fit->proper);
}
