/* same.c -- what is shown of a fit is the same bytes in any order of the rows, in units that are powers of two, and with any
 * number of threads: `same [FITS]`, 40 in `make check`, 8 with sanitizers, 500 in `make check-slow`.
 *
 * Models of many shapes (crossed, nested, slopes, weights, every family, variances of 0 and large ones, 12 to 5000 rows) are made
 * from a fixed seed, and each is fitted as it is and in four other ways.  What is compared is text, with the digits that a
 * summary shows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "base/rng.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "make-design.h"
#include "plain-families.h"
#include "result/number.h"
#include "sanitized.h"

enum { MOST = 400, DIGITS = 4, SEED = 20 };

struct shown {
    int count;
    double value[MOST];
    char text[MOST][NUMBER_SIZE];
    const char *what[MOST];
};

struct units {
    double y, x, z; /* what the response, the columns of X but the first, those of Z but the first are multiplied by */
};

static long compared, differing, unlike;
static double furthest;

static void show(struct shown *shown, const char *what, double x)
{
    if (shown->count == MOST)
        return;
    shown->what[shown->count] = what;
    shown->value[shown->count] = x;
    number_text(shown->text[shown->count++], x, DIGITS);
}

static void show_fit(struct shown *shown, const struct fit *fit, const struct units *units)
{
    const struct design *d = fit->design;

    shown->count = 0;
    show(shown, "verdict", fit->optimum.verdict);
    show(shown, "log-likelihood", fit_of_maximum(fit, fit->loglik)); /* of no maximum it is not shown */
    if (fit->optimum.verdict == VERDICT_NOT_CONVERGED)               /* its errors are not shown */
        return;
    for (int j = 0; j < d->p; j++) {
        double unit = units->y / (j > 0 ? units->x : 1);

        show(shown, "coefficient", fit->beta[j] / unit);
        show(shown, "standard error", fit->se[j] / unit);
        show(shown, "statistic", fit->beta[j] / fit->se[j]);
        if (fit->df != NULL)
            show(shown, "df", fit->df[j]);
    }
    for (int t = 0; t < d->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++) {
            show(shown, "standard deviation", fit->random[t].sd[a] / (units->y / (a > 0 ? units->z : 1)));
            for (int b = 0; b < a; b++)
                show(shown, "correlation", fit->random[t].correlation[a + b * fit->random[t].k]);
        }
    if (fit->has_scale)
        show(shown, "dispersion", fit->exact ? fit->sigma / units->y : fit->dispersion);
}

/* --- models ----------------------------------------------------------------------------------- */

struct model {
    struct design *design;
    const struct family *family; /* NULL: a linear mixed model */
    bool reml;
};

/* One to three terms: the first has levels enough, others are crossed with it or it is nested in them. */
static int choose_terms(struct rng *rng, int n, struct shape_term *term)
{
    int count = 1 + (int)rng_below(rng, n >= 60 ? 3 : 1), most = n / 4 < 60 ? n / 4 : 60;

    memset(term, 0, 3 * sizeof *term);
    for (int t = 0; t < count; t++) {
        term[t].levels = t == 0 ? 3 + (int)rng_below(rng, (uint32_t)most - 2) : 3 + (int)rng_below(rng, 8);
        term[t].k = n / term[t].levels >= 6 && n >= 60 ? 1 + (int)rng_below(rng, t == 0 ? 3 : 2) : 1;
        term[t].diagonal = rng_below(rng, 4) == 0;
    }
    if (count > 1 && term[0].levels >= 9 && rng_below(rng, 2) == 0) {
        term[1].inside = 3;
        term[1].levels = (term[0].levels + 2) / 3;
    }
    return count;
}

/* A response of that family, with effects between none and large. */
static void fill_response(struct design *d, const struct family *family, struct rng *rng)
{
    static const double sizes[] = { 0, 0.2, 0.7, 1.5, 50 };
    int most = family == NULL ? 5 : 4;
    const struct link *link = family == NULL ? NULL : family->links[0];
    double *eta = calloc(d->n, sizeof *eta);

    for (size_t i = 0; i < d->n; i++)
        eta[i] = 0.3 + (d->p > 1 ? 0.2 * (d->X[i + d->n] - 5) : 0);
    for (int t = 0; t < d->random_count; t++) {
        struct random_design *random = &d->random[t];
        double size = sizes[rng_below(rng, (uint32_t)most)];

        for (int l = 0; l < random->level_count; l++) {
            double b[4];

            for (int a = 0; a < random->k; a++)
                b[a] = size * rng_normal(rng) / (a > 0 ? 5 : 1);
            for (size_t i = 0; i < d->n; i++)
                for (int a = 0; a < random->k && random->level[i] == l; a++)
                    eta[i] += (random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a]) * b[a];
        }
    }
    for (size_t i = 0; i < d->n; i++) {
        struct observation at = { .y = 0, .trials = d->trials != NULL ? d->trials[i] : 1, .weight = 1 };

        d->y[i] = family == NULL ? 1000 * (eta[i] + rng_normal(rng))
                                 : family_simulate(family, link, rng, &at, fmax(-3, fmin(3, eta[i])),
                                                   (double[FAMILY_SHAPES]){ 0.7, 1.5, 2.5 });
    }
    free(eta);
}

static struct model make_model(int number)
{
    static const int rows[] = { 12, 20, 40, 60, 100, 200, 500, 1500, 5000 };
    struct model model = { .family = NULL };
    struct shape_term term[3];
    struct rng rng;
    int n, count;

    rng_init(&rng, SEED, (uint64_t)number);
    n = rows[rng_below(&rng, number % 10 == 0 ? 9 : 7)];
    if (number % 2 == 1)
        model.family = family_at((number / 2) % PLAIN_FAMILIES);
    count = choose_terms(&rng, n, term);
    model.reml = rng_below(&rng, 2) == 0;
    model.design = make_design(n, 1 + (int)rng_below(&rng, n > 20 ? 3 : 2), count, term,
                               model.family == NULL && rng_below(&rng, 4) == 0, (unsigned)number);
    if (model.family != NULL && model.family->response == RESPONSE_BINOMIAL) {
        model.design->trials = calloc((size_t)n, sizeof(double));
        for (int i = 0; i < n; i++)
            model.design->trials[i] = 1 + rng_below(&rng, 6);
    }
    fill_response(model.design, model.family, &rng);
    return model;
}

static void free_model(struct model *model)
{
    free(model->design->trials);
    free_design(model->design);
}

static struct fit *fit_model(const struct model *model, struct glmm_error *err)
{
    struct fit_options options = { .method = model->family != NULL ? METHOD_LAPLACE : model->reml ? METHOD_REML : METHOD_ML };

    return model->family == NULL ? lmm_fit(model->design, &options, NULL, err)
                                 : glm_fit(model->design, model->family, NULL, &options, NULL, err);
}

/* --- the other ways ----------------------------------------------------------------------------- */

static void swap(double *x, size_t i, size_t j)
{
    double kept = x[i];

    x[i] = x[j];
    x[j] = kept;
}

static void swap_rows(struct design *d, size_t i, size_t j)
{
    swap(d->y, i, j);
    for (int c = 0; c < d->p; c++)
        swap(d->X + (size_t)c * d->n, i, j);
    if (d->trials != NULL)
        swap(d->trials, i, j);
    if (d->weights != NULL)
        swap(d->weights, i, j);
    for (int t = 0; t < d->random_count; t++) {
        struct random_design *random = &d->random[t];
        int32_t kept = random->level[i];

        random->level[i] = random->level[j];
        random->level[j] = kept;
        for (int a = 0; a < random->k && random->z != NULL; a++)
            swap(random->z, i * (size_t)random->k + (size_t)a, j * (size_t)random->k + (size_t)a);
    }
}

static void shuffle(struct design *d, uint64_t stream)
{
    struct rng rng;

    rng_init(&rng, SEED + 1, stream);
    for (size_t i = d->n; i-- > 1;)
        swap_rows(d, i, rng_below(&rng, (uint32_t)i + 1));
}

static void change_units(struct design *d, const struct units *units)
{
    for (size_t i = 0; i < d->n; i++) {
        d->y[i] *= units->y;
        for (int c = 1; c < d->p; c++)
            d->X[i + (size_t)c * d->n] *= units->x;
        for (int t = 0; t < d->random_count; t++)
            for (int a = 1; a < d->random[t].k; a++)
                d->random[t].z[i * (size_t)d->random[t].k + (size_t)a] *= units->z;
    }
}

static void compare(int number, const char *way, const struct shown *first, const struct fit *fit, const struct units *units,
                    const struct glmm_error *err)
{
    static struct shown other;

    if (fit == NULL) {
        printf("model %d, %s: %s\n", number, way, err->message);
        unlike++;
        return;
    }
    show_fit(&other, fit, units);
    for (int i = 0; i < first->count; i++) {
        double size = fmax(fabs(first->value[i]), 1e-8), apart = fabs(first->value[i] - other.value[i]) / size;

        if (strcmp(first->what[i], "log-likelihood") == 0 && units->y != 1)
            continue;
        compared++;
        if (isfinite(apart))
            furthest = fmax(furthest, apart);
        if (strcmp(first->text[i], other.text[i]) == 0)
            continue;
        differing++;
        printf("model %d, %s: %s %s, not %s (%.15g, %.15g)\n", number, way, first->what[i], other.text[i], first->text[i],
               other.value[i], first->value[i]);
    }
}

static void check(int number)
{
    static struct shown first;
    struct model model = make_model(number);
    struct units same = { 1, 1, 1 }, other = { model.family == NULL ? 1024 : 1, 1.0 / 64, 8 };
    struct glmm_error err = { 0 };
    struct fit *fit;

    omp_set_num_threads(1);
    fit = fit_model(&model, &err);
    if (fit == NULL) { /* refused: in the other ways too */
        shuffle(model.design, (uint64_t)number);
        fit = fit_model(&model, NULL);
        if (fit != NULL) {
            printf("model %d: refused (%s) but for another order of rows\n", number, err.message);
            unlike++;
        }
        fit_free(fit);
        free_model(&model);
        return;
    }
    show_fit(&first, fit, &same);
    fit_free(fit);
    for (int threads = 2; threads <= 3; threads++) {
        omp_set_num_threads(threads);
        fit = fit_model(&model, &err);
        compare(number, threads == 2 ? "2 threads" : "3 threads", &first, fit, &same, &err);
        fit_free(fit);
    }
    omp_set_num_threads(1);
    shuffle(model.design, (uint64_t)number);
    fit = fit_model(&model, &err);
    compare(number, "shuffled", &first, fit, &same, &err);
    fit_free(fit);
    change_units(model.design, &other);
    fit = fit_model(&model, &err);
    compare(number, "shuffled, in other units", &first, fit, &other, &err);
    fit_free(fit);
    free_model(&model);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    int fits = argc > 1 ? atoi(argv[1]) : SANITIZED ? 8 : 40, from = argc > 2 ? atoi(argv[2]) : 0;

    for (int number = from; number < from + fits; number++)
        check(number);
    printf("%d models, %ld numbers compared: %ld differ in what is shown, at most %.1e apart; %ld fits are not like the first\n",
           fits, compared, differing, furthest, unlike);
    printf("%d passed, %d failed\n", differing + unlike == 0, differing + unlike != 0);
    return differing + unlike != 0;
}
