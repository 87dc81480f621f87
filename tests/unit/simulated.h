/* simulated.h -- designs whose response is drawn from any family around X beta and random effects, and the
 * cattle of cbpp. */
#ifndef TESTS_SIMULATED_H
#define TESTS_SIMULATED_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "differences.h"
#include "make-design.h"
#include "sweep.h"

/* --- simulated responses -------------------------------------------------------------------- */

/* Coefficients for which the means of every family and link are inside their range. */
static inline void safe_beta(const struct link *link, int p, double *beta)
{
    bool positive = link->valid != NULL && link->valid(1) && !link->valid(-1);
    bool negative = link->valid != NULL && !link->valid(1);

    beta[0] = positive || strcmp(link->name, "inverse") == 0 || strcmp(link->name, "identity") == 0 ? 3 : negative ? -3 : 0.4;
    for (int j = 1; j < p; j++)
        beta[j] = 0.1 / j;
}

/* A shape beside the dispersion, as it is estimated. */
static inline double further_shape(const struct family *family, int shape)
{
    const struct family_shape *of = &family->more[shape - family->has_dispersion];

    return of->scale == SHAPE_LOG ? 1.6 : of->scale == SHAPE_POWER ? 0.3 : of->start / 1.5;
}

/* Draws y from the family around X beta and random effects of standard deviation `sd`. */
static inline void simulate(struct design *d, const struct family *family, const struct link *link, const double *beta, double sd,
                            double dispersion, double trials, unsigned seed)
{
    struct rng rng;
    double *b = calloc(d->n + 1, sizeof *b), natural[FAMILY_SHAPES] = { dispersion };

    for (int j = family->has_dispersion; j < family_shapes(family); j++)
        natural[j] = family_shape_value(family, j, further_shape(family, j), NULL);
    rng_init(&rng, seed, 7);
    if (trials > 1) {
        d->trials = calloc(d->n, sizeof(double));
        for (size_t i = 0; i < d->n; i++)
            d->trials[i] = trials;
    }
    for (size_t i = 0; i < d->n; i++) {
        d->y[i] = 0;
        for (int j = 0; j < d->p; j++)
            d->y[i] += beta[j] * d->X[i + j * d->n];
    }
    for (int t = 0; t < d->random_count; t++)
        for (int a = 0; a < d->random[t].k; a++) {
            for (int l = 0; l < d->random[t].level_count; l++)
                b[l] = sd * rng_normal(&rng) / (a == 0 ? 1 : 5);
            for (size_t i = 0; i < d->n; i++)
                d->y[i] += b[d->random[t].level[i]] * (d->random[t].z == NULL ? 1 : d->random[t].z[i * d->random[t].k + a]);
        }
    for (size_t i = 0; i < d->n; i++) {
        struct observation at = { .y = 0, .trials = trials, .weight = d->weights != NULL ? d->weights[i] : 1 };

        if (link->valid != NULL && !link->valid(d->y[i]))
            d->y[i] = link->valid(1) ? 0.5 : -0.5;
        d->y[i] = family_simulate(family, link, &rng, &at, d->y[i], natural);
        if (strcmp(family->name, "Gamma") == 0)
            d->y[i] = fmax(d->y[i], 0.05);
    }
    free(b);
}

static inline void free_all(struct design *d)
{
    free(d->trials);
    d->trials = NULL;
    free_design(d);
}

/* Lesnoff et al. (2004): contagious bovine pleuropneumonia in 15 herds, as in lme4's cbpp. */
static const int cbpp[][4] = {
    /* herd, incidence, size, period */
    { 1, 2, 14, 1 },  { 1, 3, 12, 2 },  { 1, 4, 9, 3 },   { 1, 0, 5, 4 },   { 2, 3, 22, 1 },  { 2, 1, 18, 2 },  { 2, 1, 21, 3 },
    { 3, 8, 22, 1 },  { 3, 2, 16, 2 },  { 3, 0, 16, 3 },  { 3, 2, 20, 4 },  { 4, 2, 10, 1 },  { 4, 0, 10, 2 },  { 4, 2, 9, 3 },
    { 4, 0, 6, 4 },   { 5, 5, 18, 1 },  { 5, 0, 25, 2 },  { 5, 0, 24, 3 },  { 5, 1, 4, 4 },   { 6, 3, 17, 1 },  { 6, 0, 17, 2 },
    { 6, 0, 18, 3 },  { 6, 1, 20, 4 },  { 7, 8, 16, 1 },  { 7, 1, 10, 2 },  { 7, 3, 9, 3 },   { 7, 0, 5, 4 },   { 8, 12, 34, 1 },
    { 9, 2, 9, 1 },   { 9, 0, 6, 2 },   { 9, 0, 8, 3 },   { 9, 0, 6, 4 },   { 10, 1, 22, 1 }, { 10, 1, 22, 2 }, { 10, 0, 18, 3 },
    { 10, 2, 22, 4 }, { 11, 0, 25, 1 }, { 11, 5, 27, 2 }, { 11, 3, 22, 3 }, { 11, 1, 22, 4 }, { 12, 2, 10, 1 }, { 12, 1, 8, 2 },
    { 12, 0, 6, 3 },  { 12, 0, 5, 4 },  { 13, 1, 21, 1 }, { 13, 2, 24, 2 }, { 13, 0, 19, 3 }, { 13, 0, 23, 4 }, { 14, 11, 19, 1 },
    { 14, 0, 2, 2 },  { 14, 0, 3, 3 },  { 14, 0, 2, 4 },  { 15, 1, 19, 1 }, { 15, 1, 15, 2 }, { 15, 1, 15, 3 }, { 15, 0, 15, 4 },
};

static inline struct design *cbpp_design(void)
{
    static const char *const names[] = { "(Intercept)", "period2", "period3", "period4" };
    int n = sizeof cbpp / sizeof *cbpp;
    struct design *d = make_design(n, 4, 1, (struct shape_term[]){ { .k = 1, .levels = 15 } }, false, 1);

    d->trials = calloc((size_t)n, sizeof(double));
    for (int j = 0; j < 4; j++)
        d->names[j] = names[j];
    for (int i = 0; i < n; i++) {
        d->y[i] = (double)cbpp[i][1] / cbpp[i][2];
        d->trials[i] = cbpp[i][2];
        d->random[0].level[i] = cbpp[i][0] - 1;
        for (int j = 0; j < 4; j++)
            d->X[i + j * n] = j == 0 || cbpp[i][3] == j + 1;
    }
    return d;
}

static inline struct fit *fit_ok(const struct design *d, const char *family, const char *link, enum fit_method method, int nodes)
{
    struct fit_options options = { .method = method, .nodes = nodes };
    struct glmm_error err = { 0 };
    const struct family *f = family_find(family, NULL);
    struct fit *fit = glm_fit(d, f, family_link(f, link, NULL), &options, NULL, &err);

    cr_assert_not_null(fit, "%s", err.message);
    return fit;
}

#endif
