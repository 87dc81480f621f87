/* identify-kinds.h -- the shapes of identify-shapes.h in all other kinds of models: ordered responses, counts, predictors beside
 * the mean, covariance structures, relationships, structured residuals, priors.  What they leave open is known by what they are:
 * each stands beside the model that has only what is determined, and must have its log-likelihood and number of parameters. */
#ifndef TESTS_IDENTIFY_KINDS_H
#define TESTS_IDENTIFY_KINDS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/csv.h"
#include "fit/fit.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "model/model.h"
#include "model/relation.h"

struct kind {
    struct spec spec;
    struct spec less; /* the same without what is redundant; no formula: all is determined */
    int lost;         /* or REFUSED, in words that name the variances */
};
enum { REFUSED = -1 };

/* r: ordered; b: 0 or 1; n: counts, with zeros; y: a number; v: one within (0, 1).  Rows of g and h are the same groups; s is
 * constant in a group, tank in t; tm is 1 to 4 within g. */
static const struct kind kinds[] = {
    { { .formula = "r ~ x + (1 | g)", .family = "cumulative" }, { 0 }, 0 },
    { { .formula = "r ~ x + (f | g)", .family = "cumulative" }, { 0 }, 0 },
    { { .formula = "r ~ x + (1 | g) + (1 | h)", .family = "cumulative" },
      { .formula = "r ~ x + (1 | g)", .family = "cumulative" },
      1 },
    { { .formula = "r ~ x + g + (1 | g)", .family = "cumulative" }, { .formula = "r ~ x + g", .family = "cumulative" }, 1 },
    { { .formula = "r ~ x + t + (1 | tank)", .family = "cumulative" }, { .formula = "r ~ x + t", .family = "cumulative" }, 1 },
    { { .formula = "r ~ x + (1 | g) + (0 + s || g)", .family = "cumulative" },
      { .formula = "r ~ x + (0 + s || g)", .family = "cumulative" },
      1 },
    { { .formula = "r ~ x + homcs(0 + f | g)", .family = "cumulative" }, { 0 }, 0 },
    { { .formula = "b ~ x + g + (1 | g)", .family = "binomial" }, { .formula = "b ~ x + g", .family = "binomial" }, 1 },
    { { .formula = "b ~ x + (1 | g) + (1 | h)", .family = "binomial", .link = "probit" },
      { .formula = "b ~ x + (1 | g)", .family = "binomial", .link = "probit" },
      1 },
    { { .formula = "n ~ x + (1 | g)", .family = "poisson", .zi = "~ 1 + (1 | c)" }, { 0 }, 0 },
    { { .formula = "n ~ x", .family = "poisson", .zi = "~ 1 + (1 | g) + (1 | h)" }, { 0 }, REFUSED },
    { { .formula = "n ~ x", .family = "poisson", .zi = "~ t + (1 | tank)" }, { 0 }, REFUSED },
    { { .formula = "n ~ x + (1 | g) + (1 | h)", .family = "nbinom2", .zi = "~ f" },
      { .formula = "n ~ x + (1 | g)", .family = "nbinom2", .zi = "~ f" },
      1 },
    { { .formula = "y ~ x + (1 | c)", .disp = "~ 1 + (1 | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x", .disp = "~ 1 + (1 | g) + (1 | h)" }, { 0 }, REFUSED },
    { { .formula = "y ~ x", .disp = "~ t + (1 | tank)" }, { 0 }, REFUSED },
    { { .formula = "y ~ x + (1 | g) + (1 | h)", .disp = "~ f" }, { .formula = "y ~ x + (1 | g)", .disp = "~ f" }, 1 },
    { { .formula = "v ~ x + (1 | g) + (1 | h)", .family = "beta" }, { .formula = "v ~ x + (1 | g)", .family = "beta" }, 1 },
    { { .formula = "v ~ x + t + (1 | tank)", .family = "beta" }, { .formula = "v ~ x + t", .family = "beta" }, 1 },
    { { .formula = "y ~ x + ar1(0 + factor(tm) | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x + (1 | c) + cs(0 + f | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x + us(0 + f | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x + (1 | g) + cs(0 + f | g)" }, { .formula = "y ~ x + cs(0 + f | g)" }, 1 },
    { { .formula = "y ~ x + (1 | g) + homcs(0 + f | g)" }, { .formula = "y ~ x + homcs(0 + f | g)" }, 1 },
    { { .formula = "y ~ x + (1 | h) + us(0 + f | g)" }, { .formula = "y ~ x + us(0 + f | g)" }, 1 },
    { { .formula = "y ~ x + cs(0 + s | g)" }, { .formula = "y ~ x + (0 + s || g)" }, 1 },
    { { .formula = "n ~ x + (1 | g) + cs(0 + f | g)", .family = "poisson" },
      { .formula = "n ~ x + cs(0 + f | g)", .family = "poisson" },
      1 },
    { { .formula = "y ~ x + (1 | g, K = A)" }, { 0 }, 0 },
    { { .formula = "y ~ x + (1 | g, K = A) + (1 | h)" }, { 0 }, 0 },
    { { .formula = "y ~ x + (1 | g, K = D) + (1 | h)" }, { .formula = "y ~ x + (1 | g)" }, 1 },
    { { .formula = "y ~ x + g + (1 | g, K = A)" }, { .formula = "y ~ x + g" }, 1 },
    { { .formula = "n ~ x + (1 | g, K = D) + (1 | h)", .family = "poisson" },
      { .formula = "n ~ x + (1 | g)", .family = "poisson" },
      1 },
    { { .formula = "y ~ x", .residual = "ar1(tm | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x", .residual = "toep(tm | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x + (1 | g)", .residual = "ar1(tm | g)" }, { 0 }, 0 },
    { { .formula = "y ~ x + (1 | g)", .residual = "cs(tm | g)" }, { .formula = "y ~ x", .residual = "cs(tm | g)" }, 1 },
    { { .formula = "y ~ x + (1 | g)", .residual = "us(tm | g)" }, { .formula = "y ~ x", .residual = "us(tm | g)" }, 1 },
    { { .formula = "y ~ x + (1 | g) + (1 | h)", .residual = "ar1(tm | g)" },
      { .formula = "y ~ x + (1 | g)", .residual = "ar1(tm | g)" },
      1 },
    { { .formula = "y ~ x + (1 | g)", .prior = "fixed ~ normal(0, 10)" }, { 0 }, 0 },
    { { .formula = "n ~ x + (1 | g)", .family = "poisson", .prior = "sd ~ gamma(2.5, 0)" }, { 0 }, 0 },
    { { .formula = "n ~ x + (1 | g) + (1 | h)", .family = "poisson", .prior = "x ~ normal(0, 1)" },
      { .formula = "n ~ x + (1 | g)", .family = "poisson", .prior = "x ~ normal(0, 1)" },
      1 },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int kind_count(struct rng *rng, double mean)
{
    double left = exp(-fmin(mean, 50));
    int count = 0;

    for (double product = rng_uniform(rng); product > left && count < 200; product *= rng_uniform(rng))
        count++;
    return count;
}

/* Groups of four rows, one at each time. */
static char *kind_data(struct rng *rng, int *groups)
{
    int count = *groups = 16 + (int)rng_below(rng, 6);
    double of_c[5];
    struct text text = { 0 };

    for (int l = 0; l < 5; l++)
        of_c[l] = rng_normal(rng);
    text_add(&text, "y,r,b,n,v,x,g,h,c,s,f,tm,t,tank\n");
    for (int l = 0; l < count; l++) {
        double of_g = 0.8 * rng_normal(rng), of_f = 0.6 * rng_normal(rng), spread = exp(0.4 * rng_normal(rng)), track = 0;
        double zero = 0.25 + 0.2 * (rng_uniform(rng) - 0.5);

        for (int i = 0; i < 4; i++) {
            double x = rng_normal(rng), eta, latent;
            int c = (int)rng_below(rng, 5), f = (i + l) % 2;

            track = 0.5 * track + 0.7 * rng_normal(rng);
            eta = 0.4 * x + of_g + of_f * f + 0.4 * of_c[c];
            latent = eta + log(1 / (1e-9 + rng_uniform(rng)) - 1);
            text_addf(&text, "%.6f,%d,%d,%d,%.6f,%.6f,g%d,h%d,c%d,%s,%s,%d,%s,%s\n", 2 + eta + track + spread * rng_normal(rng),
                      1 + (latent > -1) + (latent > 0.2) + (latent > 1.2), latent > 0.2,
                      rng_uniform(rng) < zero ? 0 : kind_count(rng, exp(0.9 + 0.5 * eta)),
                      1 / (1 + exp(-0.5 * eta - 0.5 * rng_normal(rng))), x, l, count - l, c,
                      l % 3 == 0   ? "p"
                      : l % 3 == 1 ? "q"
                                   : "w",
                      f == 0 ? "u" : "v", i + 1, l % 2 == 0 ? "ctl" : "hot", l % 2 == 0 ? "T1" : "T2");
        }
    }
    return text_take(&text);
}

/* A: neighbours are related; D: 2 I. */
static struct relation *kind_relation(const char *name, int groups)
{
    enum { NAME = 16 }; /* bytes */
    char **ids = mem_alloc((size_t)groups, sizeof *ids);
    double *values = mem_alloc((size_t)(groups * groups), sizeof *values);

    for (int i = 0; i < groups; i++) {
        ids[i] = mem_alloc(NAME, 1);
        snprintf(ids[i], NAME, "g%d", i);
        for (int j = 0; j < groups; j++)
            values[i + j * groups] = name[0] == 'D' ? 2.0 * (i == j) : exp(-0.7 * abs(i - j));
    }
    return relation_new(name, "matrix", groups, ids, values, NULL, NULL);
}

static bool kind_fit(const struct frame *frame, const struct spec *spec, const struct relation *relations, bool ml,
                     struct model **model, struct fit **fit, struct glmm_error *err)
{
    struct spec whole = *spec;
    struct fit_options options = { .method = ml ? METHOD_ML : METHOD_DEFAULT, .unpriced = true };

    whole.relations = relations;
    *fit = NULL;
    return (*model = model_new("m", frame, &whole, NULL, err)) != NULL
           && (*fit = model_fit(*model, ml && model_is_linear(*model) ? &options : &(struct fit_options){ .unpriced = true },
                                NULL, err))
                  != NULL;
}

/* What is wrong with what the larger fit says, or NULL. */
static const char *kind_check(const struct kind *kind, const struct fit *fit, const struct fit *less)
{
    static char wrong[300];
    int lost = fit->identity == NULL ? 0 : fit->identity->lost;
    const char *says = NULL;

    if (fit->optimum.verdict == VERDICT_NOT_CONVERGED)
        return NULL;
    if (lost != kind->lost)
        says = "dimensions";
    else if ((fit->optimum.verdict == VERDICT_NOT_IDENTIFIED) != (lost > 0))
        says = "verdict";
    else if (less != NULL && fit->npar != less->npar)
        says = "npar";
    else if (less != NULL && less->optimum.verdict != VERDICT_NOT_CONVERGED
             && !(fabs(fit->loglik - less->loglik) < 1e-6 * (1 + fabs(fit->loglik))))
        says = "log-likelihood";
    for (int t = 0; lost == 0 && t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            if (!isfinite(fit->random[t].sd[a]))
                says = "a standard deviation that is determined";
    for (int j = 0; lost == 0 && j < fit->design->p; j++)
        if (!isfinite(fit->se[j]) && isfinite(fit->beta[j]))
            says = "an error that is determined";
    if (says != NULL)
        snprintf(wrong, sizeof wrong, "%s: %d lost, not %d; npar %d, log-likelihood %.9g (%d, %.9g); verdict %d: %.120s", says,
                 lost, kind->lost, fit->npar, fit->loglik, less == NULL ? 0 : less->npar, less == NULL ? 0 : less->loglik,
                 (int)fit->optimum.verdict, fit->optimum.message);
    return says == NULL ? NULL : wrong;
}

/* Each kind from `first` on by `step`, on the data set of this number; prints and counts what is wrong. */
static int kind_sets(uint64_t set, int first, int step, int *fitted, int *refused)
{
    struct glmm_error err = { 0 };
    struct csv_options csv = { 0 };
    struct rng rng;
    int groups, failed = 0;
    char *data;
    struct frame *frame;
    struct relation *A, *D;

    rng_init(&rng, 31, set);
    data = kind_data(&rng, &groups);
    frame = csv_read_bytes(data, strlen(data), "data", &csv, &err);
    A = kind_relation("A", groups);
    D = kind_relation("D", groups);
    A->next = D;
    for (int i = first; frame != NULL && i < KINDS; i += step) {
        struct model *model = NULL, *other = NULL;
        struct fit *fit = NULL, *less = NULL;
        const char *wrong = NULL;
        bool ml = rng_below(&rng, 4) == 0;

        error_clear(&err);
        if (!kind_fit(frame, &kinds[i].spec, A, ml, &model, &fit, &err)) {
            ++*refused;
            if (kinds[i].lost != REFUSED || strstr(err.message, "varianc") == NULL)
                wrong = err.message;
        } else {
            ++*fitted;
            if (kinds[i].less.formula != NULL && !kind_fit(frame, &kinds[i].less, A, ml, &other, &less, &err))
                wrong = err.message;
            wrong = wrong != NULL ? wrong : kind_check(&kinds[i], fit, less);
        }
        failed += wrong != NULL;
        if (wrong != NULL)
            printf("set %llu, kind %d, %s: %s\n", (unsigned long long)set, i, kinds[i].spec.formula, wrong);
        fit_free(fit);
        fit_free(less);
        model_free(model);
        model_free(other);
    }
    A->next = NULL;
    relation_free(A);
    relation_free(D);
    frame_free(frame);
    free(data);
    return failed;
}

#endif
