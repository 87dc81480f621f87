/* beaten.c -- no certified fit is beaten by a special case of its own: `beaten [MODELS]`, 300 in `make check-slow`.
 *
 * Models of many shapes are made from a fixed seed.  Each is fitted, then again without each of its terms, without any, as its
 * limit family, and from two other starts; the log-likelihood must not be lower than any of these by more than 1e-6. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "make-design.h"
#include "plain-families.h"

enum { SEED = 77 };

struct model {
    struct design *design;
    const struct family *family; /* NULL: linear */
    bool reml;
};

static struct fit *fit_it(const struct model *model, const struct design *design, const double *start)
{
    struct fit_options options = { .method = model->family != NULL ? METHOD_LAPLACE
                                             : model->reml         ? METHOD_REML
                                                                   : METHOD_ML,
                                   .start = start };

    return model->family == NULL ? lmm_fit(design, &options, NULL, NULL)
                                 : glm_fit(design, model->family, NULL, &options, NULL, NULL);
}

static int choose_terms(struct rng *rng, int n, struct shape_term term[3])
{
    int count = 1 + (int)rng_below(rng, n >= 40 ? 3 : 2);

    memset(term, 0, 3 * sizeof *term);
    for (int t = 0; t < count; t++) {
        term[t].levels = 3 + (int)rng_below(rng, t == 0 ? (uint32_t)n / 4 : 6);
        term[t].k = t < 2 && n >= 40 ? 1 + (int)rng_below(rng, 2) : 1;
        term[t].diagonal = rng_below(rng, 3) == 0;
    }
    if (count > 1 && term[0].levels >= 9 && rng_below(rng, 2) == 0) {
        term[1].inside = 3;
        term[1].levels = (term[0].levels + 2) / 3;
    }
    return count;
}

static void fill(struct design *d, const struct family *family, struct rng *rng)
{
    static const double sizes[] = { 0, 0.1, 0.4, 1, 3 };
    double *eta = calloc(d->n, sizeof *eta);

    for (size_t i = 0; i < d->n; i++)
        eta[i] = 0.5 + (d->p > 1 ? 0.2 * (d->X[i + d->n] - 5) : 0);
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *random = &d->random[t];
        double size = sizes[rng_below(rng, family == NULL ? 5 : 4)];

        for (int l = 0; l < random->level_count; l++)
            for (int a = 0; a < random->k; a++) {
                double b = size * rng_normal(rng) / (a > 0 ? 5 : 1);

                for (size_t i = 0; i < d->n; i++)
                    if (random->level[i] == l)
                        eta[i] += b * (random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a]);
            }
    }
    for (size_t i = 0; i < d->n; i++) {
        struct observation at = { .y = 0, .trials = d->trials != NULL ? d->trials[i] : 1, .weight = 1 };

        d->y[i] = family == NULL ? eta[i] + rng_normal(rng)
                                 : family_simulate(family, family->links[0], rng, &at, fmax(-3, fmin(3, eta[i])),
                                                   (double[FAMILY_SHAPES]){ 0.7, 1.5, 2.5 });
    }
    free(eta);
}

static struct model make_model(struct rng *rng, int number)
{
    static const int rows[] = { 16, 24, 40, 60, 100, 160 };
    struct model model = { .family = number % 2 == 1 ? family_at((number / 2) % PLAIN_FAMILIES) : NULL };
    struct shape_term term[3];
    int n = rows[rng_below(rng, 6)], count = choose_terms(rng, n, term);

    model.reml = rng_below(rng, 2) == 0;
    model.design = make_design(n, 1 + (int)rng_below(rng, 2), count, term, false, (unsigned)number);
    if (model.family != NULL && model.family->response == RESPONSE_BINOMIAL) {
        model.design->trials = calloc((size_t)n, sizeof(double));
        for (int i = 0; i < n; i++)
            model.design->trials[i] = 1 + rng_below(rng, 6);
    }
    fill(model.design, model.family, rng);
    return model;
}

static int compared, beaten, uncertified, fitted;

/* The model must not be lower than this. */
static void against(int number, const char *what, const struct fit *fit, const struct fit *other)
{
    if (other == NULL || isnan(other->loglik) || other->optimum.verdict == VERDICT_NOT_CONVERGED)
        return;
    compared++;
    if (!(other->loglik - fit->loglik > 1e-6))
        return;
    beaten++;
    printf("model %d (%s, n %zu): %.9g, but %s has %.9g\n", number, fit->family == NULL ? "linear" : fit->family->name,
           fit->design->n, fit->loglik, what, other->loglik);
}

static void against_special_cases(int number, const struct model *model, const struct fit *fit)
{
    const struct design *d = model->design;

    for (int drop = -1; drop < d->random_count; drop++) {
        struct design less = *d;
        struct random_design random[3];
        struct fit *other;

        less.random_count = 0;
        less.random = random;
        for (int t = 0; t < d->random_count; t++)
            if (drop >= 0 && t != drop)
                random[less.random_count++] = d->random[t];
        if (drop >= 0 && d->random_count == 1)
            continue;
        other = fit_it(model, &less, NULL);
        against(number, drop < 0 ? "the model without random effects" : "the model without one term", fit, other);
        fit_free(other);
    }
    if (model->family != NULL && model->family->limit != NULL) {
        struct model limit = *model;
        struct fit *other;

        limit.family = family_find(strstr(model->family->name, "nbinom") != NULL ? "poisson" : "binomial", NULL);
        other = fit_it(&limit, d, NULL);
        against(number, "its limit family", fit, other);
        fit_free(other);
    }
}

static void against_other_starts(int number, const struct model *model, const struct fit *fit, struct rng *rng)
{
    double start[32];

    for (int way = 0; way < 2; way++) {
        struct fit *other;
        int at = 0;

        for (int t = 0; t < fit->design->random_count; t++)
            for (int b = 0; b < fit->random[t].k; b++)
                for (int a = b; a < fit->design->random[t].covariance->end(fit->random[t].k, b); a++)
                    start[at++] = a == b ? exp(rng_normal(rng)) : 0.3 * rng_normal(rng);
        other = fit_it(model, model->design, start);
        against(number, "another start", fit, other);
        fit_free(other);
    }
}

static void check(int number)
{
    struct model model;
    struct fit *fit;
    struct rng rng;

    rng_init(&rng, SEED, (uint64_t)number);
    model = make_model(&rng, number);
    fit = fit_it(&model, model.design, NULL);
    if (fit != NULL) {
        fitted++;
        if (fit->optimum.verdict == VERDICT_NOT_CONVERGED) {
            uncertified++;
            printf("model %d (%s): not converged: %s\n", number, model.family == NULL ? "linear" : model.family->name,
                   fit->optimum.message);
        } else if (!isnan(fit->loglik)) {
            against_special_cases(number, &model, fit);
            if (fit->identity == NULL)
                against_other_starts(number, &model, fit, &rng);
        }
    }
    fit_free(fit);
    free(model.design->trials);
    free_design(model.design);
}

int main(int argc, char **argv)
{
    int models = argc > 1 ? atoi(argv[1]) : 300, from = argc > 2 ? atoi(argv[2]) : 0;

    for (int number = from; number < from + models; number++)
        check(number);
    printf("%d models fitted of %d, %d not converged (%.1f %%), %d pairs compared, %d beaten\n", fitted, models, uncertified,
           fitted > 0 ? 100.0 * uncertified / fitted : 0, compared, beaten);
    printf("%d passed, %d failed\n", beaten == 0, beaten != 0);
    return beaten != 0;
}
