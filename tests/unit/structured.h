/* structured.h -- data with something for every covariance structure, models of them, and what two of these have in common. */
#ifndef TESTS_STRUCTURED_H
#define TESTS_STRUCTURED_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/rowcov.h"
#include "model/relation.h"
#include "rowcov-slopes.h"
#include "stated-design.h"
#include "sweep.h"

static inline struct stated state(const char *csv, const char *formula, const char *residual, const struct relation *relations)
{
    return state_design(csv, formula,
                        &(struct design_options){ .response = RESPONSE_REAL, .residual = residual, .relations = relations });
}

/* 12 groups of 5 times, in all but two of which one is missing, or none (`whole`: else variances of combinations of all times are
 * told by two groups alone, and have no optimum): y with effects of the group and of time, a count c, a place (u, v). */
static inline char *make_csv_of(bool whole)
{
    struct text out = { 0 };
    struct rng rng;

    rng_init(&rng, 7, 0);
    text_add(&out, "y,c,x,t,f,g,h,w,u,v,k,q\n");
    for (int g = 0; g < 12; g++) {
        double level = 1.5 * rng_normal(&rng), slope = 0.5 + 1.2 * rng_normal(&rng), carried = 0;

        for (int t = 1; t <= 5; t++) {
            double x = rng_normal(&rng), y;

            carried = 0.6 * carried + rng_normal(&rng);
            y = 2 + slope * x + level + carried + 0.7 * rng_normal(&rng);
            if (!whole && (g + t) % 6 == 0)
                continue;
            text_addf(&out, "%.4f,%d,%.4f,%d,f%d,g%02d,h%d,%.1f,%d,%.1f,%d,%.2f\n", y, (int)fmax(0, floor(exp(0.3 * y - 0.4))), x,
                      t, t, g, g % 2, 1 + 0.5 * (t % 3), t, 0.5 * t * t, 1 + (y > 0) + (y > 1.5) + (y > 3.5), 5 + 0.25 * t);
        }
    }
    return text_take(&out);
}

static inline char *make_csv(void)
{
    return make_csv_of(false);
}

static inline void check_gradient(const struct stated *s, const struct family *family, const struct link *link, bool reml,
                                  const char *what)
{
    struct glmm_error err = { 0 };
    struct rowcov *m = rowcov_new(s->design, family, link, reml, NULL, &err);
    int count;
    double *x;

    cr_assert(m != NULL, "%s: %s", what, err.message);
    count = rowcov_count(m);
    x = calloc((size_t)count, sizeof *x);
    rowcov_start(m, 0.4, x);
    for (int i = 0; i < count; i++)
        x[i] += 0.03 * ((i * 7) % 5 - 2);
    for (int j = 1; family != NULL && j < family->categories; j++) /* thresholds, in their order */
        x[count - family->categories + j] += 1.3 * j - 2.5;
    check_rowcov_slopes(m, x, what);
    free(x);
    rowcov_free(m);
}

static inline struct fit *fit_of(const struct stated *s, const char *family, enum fit_method method)
{
    struct glmm_error err = { 0 };
    struct fit_options options = { .method = method };
    struct fit *fit = family == NULL ? lmm_fit(s->design, &options, NULL, &err)
                                     : glm_fit(s->design, family_find(family, &err), NULL, &options, NULL, &err);

    cr_assert(fit != NULL, "%s", err.message);
    cr_assert(fit->optimum.verdict == VERDICT_OK, "%s, with the criterion at %.8f", fit->optimum.message, fit->criterion);
    return fit;
}

/* Where the terms have the same effects and levels: the same modes of the effects, with the same errors. */
static inline void same_effects(const struct fit *one, const struct fit *two, const char *formula)
{
    const struct design *a = one->design, *b = two->design;

    for (int t = 0; t < a->random_count && a->random_count == b->random_count; t++) {
        int k = a->random[t].k;

        if (b->random[t].k != k || a->random[t].level_count != b->random[t].level_count)
            continue;
        for (int32_t l = 0; l < a->random[t].level_count; l++)
            for (int e = 0; e < k; e++) {
                double sd = fit_mode_se(&two->random[t], (size_t)l, e);

                cr_expect_float_eq(one->random[t].modes[l * k + e], two->random[t].modes[l * k + e], 1e-4 * sd,
                                   "%s: mode of level %d", formula, (int)l);
                cr_expect_float_eq(fit_mode_se(&one->random[t], (size_t)l, e), sd, 1e-4 * sd, "%s: its SD, %g and %g", formula,
                                   fit_mode_se(&one->random[t], (size_t)l, e), sd);
            }
    }
}

/* Covariances are sigma^2 lambda lambda', as fit.h has it. */
static inline void templates_are_relative(const struct fit *fit, const char *formula)
{
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_fit *random = &fit->random[t];
        int k = random->k;

        for (int b = 0; b < k; b++)
            for (int a = b; a < k; a++) {
                double sum = 0;

                for (int e = 0; e <= b; e++)
                    sum += random->lambda[a + e * k] * random->lambda[b + e * k];
                cr_expect_float_eq(fit->sigma * fit->sigma * sum, random->covariance[a + b * k],
                                   1e-10 * random->sd[a] * random->sd[b], "%s: covariance (%d, %d)", formula, a, b);
            }
    }
}

/* Both models have the same likelihood, the same fixed effects and the same errors. */
static inline void same_fits(const char *first, const char *residual, const char *second, const char *other, const char *family,
                             enum fit_method method, const struct relation *relations)
{
    char *csv = make_csv();
    struct stated a = state(csv, first, residual, relations), b = state(csv, second, other, relations);
    struct fit *one = fit_of(&a, family, method), *two = fit_of(&b, family, method);

    cr_expect_float_eq(one->loglik, two->loglik, 1e-7, "%s: %.10f, %s: %.10f", first, one->loglik, second, two->loglik);
    for (int j = 0; j < a.design->p; j++) {
        cr_expect_float_eq(one->beta[j], two->beta[j], 1e-5 * two->se[j], "%s", first);
        cr_expect_float_eq(one->se[j], two->se[j], 2e-5 * two->se[j], "%s: SE %.9g and %.9g", first, one->se[j], two->se[j]);
        if (one->df != NULL && two->df != NULL)
            cr_expect_float_eq(one->df[j], two->df[j], 1e-3 * two->df[j], "%s: df %g and %g", first, one->df[j], two->df[j]);
    }
    cr_expect_eq(isnan(one->log_dispersion_se), isnan(two->log_dispersion_se), "%s", first);
    if (!isnan(two->log_dispersion_se))
        cr_expect_float_eq(one->log_dispersion_se, two->log_dispersion_se, 1e-4 * two->log_dispersion_se,
                           "%s: SE of the log dispersion %.9g and %.9g", first, one->log_dispersion_se, two->log_dispersion_se);
    same_effects(one, two, first);
    templates_are_relative(one, first);
    templates_are_relative(two, second);
    fit_free(one);
    fit_free(two);
    stated_clear(&a);
    stated_clear(&b);
    free(csv);
}

#endif
