/* test-glmm.c -- gradients against differences, integrals against brute force, known fits, and data that make trouble. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/glmm-parts.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/quadrature.h"
#include "linalg/dense.h"
#include "differences.h"
#include "make-design.h"
#include "plain-families.h"
#include "sweep.h"

/* --- simulated responses -------------------------------------------------------------------- */

/* Coefficients for which the means of every family and link are inside their range. */
static void safe_beta(const struct link *link, int p, double *beta)
{
    bool positive = link->valid != NULL && link->valid(1) && !link->valid(-1);
    bool negative = link->valid != NULL && !link->valid(1);

    beta[0] = positive || strcmp(link->name, "inverse") == 0 || strcmp(link->name, "identity") == 0 ? 3 : negative ? -3 : 0.4;
    for (int j = 1; j < p; j++)
        beta[j] = 0.1 / j;
}

/* A shape beside the dispersion, as it is estimated. */
static double further_shape(const struct family *family, int shape)
{
    const struct family_shape *of = &family->more[shape - family->has_dispersion];

    return of->scale == SHAPE_LOG ? 1.6 : of->scale == SHAPE_POWER ? 0.3 : of->start / 1.5;
}

/* Draws y from the family around X beta and random effects of standard deviation `sd`. */
static void simulate(struct design *d, const struct family *family, const struct link *link, const double *beta, double sd,
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

static void free_all(struct design *d)
{
    free(d->trials);
    d->trials = NULL;
    free_design(d);
}

/* --- gradients ------------------------------------------------------------------------------ */

static void check_gradient(const struct family *family, const struct link *link, int nodes, int terms,
                           const struct shape_term *shape, bool weighted)
{
    struct design *d = make_design(60, 3, terms, shape, weighted, 11);
    struct glmm_error err = { 0 };
    double beta[3], phi[PARAMETERS] = { 0 };
    char what[120];
    struct glm *m;
    int count, at = 3;

    safe_beta(link, 3, beta);
    simulate(d, family, link, beta, 0.2, family->weight_divides ? 0.1 : 2, family->response == RESPONSE_BINOMIAL ? 6 : 1, 3);
    m = glm_new(d, family, link, nodes, &err);
    cr_assert_not_null(m, "%s %s: %s", family->name, link->name, err.message);
    count = glm_parameter_count(m);
    glm_from_beta(m, beta, phi);
    for (int t = 0; t < terms; t++)
        for (int b = 0; b < shape[t].k; b++)
            for (int a = b; a < (shape[t].diagonal ? b + 1 : shape[t].k); a++)
                phi[at++] = a == 0 ? 0.25 : a == b ? 0.06 : 0.02;
    if (family->has_dispersion)
        phi[at++] = family->weight_divides ? -2 : 0.8;
    for (int j = family->has_dispersion; j < family_shapes(family) && at < count; j++)
        phi[at++] = further_shape(family, j);
    snprintf(what, sizeof what, "%s %s nodes %d", family->name, link->name, nodes);
    check_slopes(m, phi, 1e-6, what);
    glm_free(m);
    free_all(d);
}

static void all_families(int nodes, int terms, const struct shape_term *shape, bool weighted)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int l = 0; family_at(f)->links[l] != NULL; l++)
            check_gradient(family_at(f), family_at(f)->links[l], nodes, terms, shape, weighted);
}

Test(glmm, gradient_laplace_intercepts)
{
    all_families(1, 1, (struct shape_term[]){ { .k = 1, .levels = 9 } }, false);
}

Test(glmm, gradient_laplace_slopes_and_weights)
{
    all_families(1, 1, (struct shape_term[]){ { .k = 2, .levels = 9 } }, true);
}

Test(glmm, gradient_laplace_crossed_with_slopes)
{
    all_families(
        1, 3,
        (struct shape_term[]){ { .k = 2, .levels = 9 }, { .k = 1, .levels = 5 }, { .k = 2, .levels = 4, .diagonal = true } },
        false);
}

Test(glmm, gradient_laplace_nested)
{
    all_families(1, 2, (struct shape_term[]){ { .k = 1, .levels = 12 }, { .k = 2, .levels = 4, .inside = 3 } }, false);
}

Test(glmm, gradient_agq_scalar)
{
    all_families(4, 1, (struct shape_term[]){ { .k = 1, .levels = 9 } }, true);
}

Test(glmm, gradient_agq_vector)
{
    all_families(3, 1, (struct shape_term[]){ { .k = 2, .levels = 7 } }, false);
}

Test(glmm, gradient_agq_three_effects)
{
    check_gradient(family_find("binomial", NULL), link_find("cloglog"), 5, 1, (struct shape_term[]){ { .k = 3, .levels = 6 } },
                   false);
    check_gradient(family_find("nbinom1", NULL), link_find("log"), 2, 1,
                   (struct shape_term[]){ { .k = 3, .levels = 6, .diagonal = true } }, false);
}

Test(glmm, gradient_agq_nested)
{
    all_families(3, 2, (struct shape_term[]){ { .k = 1, .levels = 12 }, { .k = 1, .levels = 4, .inside = 3 } }, false);
}

Test(glmm, gradient_agq_nested_vectors)
{
    check_gradient(family_find("binomial", NULL), link_find("probit"), 3, 2,
                   (struct shape_term[]){ { .k = 2, .levels = 8 }, { .k = 2, .levels = 4, .inside = 2 } }, false);
    check_gradient(family_find("nbinom2", NULL), link_find("log"), 2, 2,
                   (struct shape_term[]){ { .k = 2, .levels = 8, .diagonal = true }, { .k = 1, .levels = 4, .inside = 2 } },
                   true);
}

/* Three levels of nesting: each family by one effect a factor, then effects of several kinds. */
Test(glmm, gradient_agq_three_nested)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++)
        check_gradient(family_at(f), family_at(f)->links[0], 3, 3,
                       (struct shape_term[]){
                           { .k = 1, .levels = 12 }, { .k = 1, .levels = 6, .inside = 2 }, { .k = 1, .levels = 2, .inside = 6 } },
                       false);
    check_gradient(family_find("binomial", NULL), link_find("cloglog"), 2, 3,
                   (struct shape_term[]){
                       { .k = 1, .levels = 2, .inside = 6 }, { .k = 2, .levels = 6, .inside = 2 }, { .k = 1, .levels = 12 } },
                   true);
    check_gradient(family_find("nbinom2", NULL), link_find("log"), 2, 4,
                   (struct shape_term[]){ { .k = 2, .levels = 16, .diagonal = true },
                                          { .k = 1, .levels = 8, .inside = 2 },
                                          { .k = 1, .levels = 4, .inside = 4 },
                                          { .k = 1, .levels = 2, .inside = 8 } },
                   false);
}

/* --- quadrature ------------------------------------------------------------------------------ */

/* An n-point rule is exact for polynomials up to degree 2n - 1: the moments of the normal law. */
Test(glmm, rules_integrate_polynomials)
{
    double node[QUADRATURE_MOST], weight[QUADRATURE_MOST];

    for (int n = 1; n <= QUADRATURE_MOST; n++) {
        gauss_hermite(n, node, weight);
        for (int degree = 0; degree < 2 * n && degree <= 30; degree++) {
            long double sum = 0, exact = degree % 2 == 0, size = 0;

            for (int j = degree - 1; j > 0 && degree % 2 == 0; j -= 2)
                exact *= j;
            for (int i = 0; i < n; i++) {
                sum += weight[i] * powl(node[i], degree);
                size += weight[i] * powl(fabsl(node[i]), degree);
            }
            cr_assert_lt((double)fabsl(sum - exact), 1e-13 * (double)(size + 1), "n %d degree %d", n, degree);
        }
        for (int i = 1; i < n; i++)
            cr_assert_lt(node[i - 1], node[i]);
    }
}

/* -2 log likelihood by the trapezoidal rule in extended precision, which converges geometrically for such integrands. */
static double brute_force(const struct design *d, const struct family *family, const struct link *link, const double *beta,
                          const double lambda[3], double tau)
{
    const struct random_design *r = &d->random[0];
    struct response response = {
        .family = family, .link = link, .n = d->n, .y = d->y, .trials = d->trials, .weights = d->weights, .shape = { tau }
    };
    long double total = response_constant(&response, NULL), h = 0.08L;
    int reach = 130, second = r->k == 2 ? reach : 0;

    for (int l = 0; l < r->level_count; l++) {
        long double sum = 0;

        for (int s = -reach; s <= reach; s++)
            for (int t = -second; t <= second; t++) {
                long double u = s * h, v = t * h, log_f = -0.5L * (u * u + v * v);
                double b0 = lambda[0] * (double)u, b1 = lambda[1] * (double)u + lambda[2] * (double)v, out[D_COUNT];

                for (size_t i = 0; i < d->n; i++) {
                    struct observation at = response_at(&response, i);
                    double eta = b0 + (r->k == 2 ? b1 * r->z[2 * i + 1] : 0);

                    if (r->level[i] != l)
                        continue;
                    for (int j = 0; j < d->p; j++)
                        eta += beta[j] * d->X[i + j * d->n];
                    log_f += family->density(link, &at, eta, &tau, ORDER_VALUE, out) ? out[0] : -INFINITY;
                }
                sum += expl(log_f) * h / sqrtl(2 * acosl(-1)) * (r->k == 2 ? h / sqrtl(2 * acosl(-1)) : 1);
            }
        total += logl(sum);
    }
    return (double)(-2 * total);
}

static void check_integral(const char *name, const char *link_name, int k, int nodes, double tolerance)
{
    const struct family *family = family_find(name, NULL);
    const struct link *link = family_link(family, link_name, NULL);
    struct design *d = make_design(k == 1 ? 60 : 40, 2, 1, (struct shape_term[]){ { .k = k, .levels = 6 } }, false, 5);
    double beta[2] = { 0.3, -0.1 }, lambda[3] = { 1.1, 0.15, 0.35 }, phi[8], last = INFINITY, exact;

    simulate(d, family, link, beta, 1, 1.5, family->response == RESPONSE_BINOMIAL ? 2 : 1, 9);
    exact = brute_force(d, family, link, beta, lambda, 0.2);
    for (int count = 1; count <= nodes; count = count == 1 ? 5 : 2 * count + 1) {
        struct glm *m = glm_new(d, family, link, count, NULL);
        double error;

        glm_from_beta(m, beta, phi);
        phi[2] = lambda[0];
        if (k == 2) {
            phi[3] = lambda[1];
            phi[4] = lambda[2];
        }
        phi[2 + glm_theta_count(m)] = 0.2;
        error = fabs(glm_deviance(m, phi, NULL) - exact);
        cr_assert(error < last || error < tolerance, "%s %s k %d: %d nodes are %g off, fewer %g", name, link_name, k, count,
                  error, last);
        last = error;
        glm_free(m);
    }
    cr_assert_lt(last, tolerance, "%s %s k %d: off by %g", name, link_name, k, last);
    free_all(d);
}

Test(glmm, quadrature_converges_to_the_integral)
{
    check_integral("binomial", "logit", 1, 95, 1e-8);
    check_integral("binomial", "cauchit", 1, 95, 1e-5);
    check_integral("poisson", "log", 1, 95, 1e-8);
    check_integral("nbinom2", "log", 1, 95, 1e-8);
    check_integral("Gamma", "log", 1, 95, 1e-8);
    check_integral("beta", "probit", 1, 95, 1e-7);
}

Test(glmm, quadrature_converges_to_the_integral_in_two_dimensions)
{
    check_integral("binomial", "logit", 2, 47, 1e-7);
    check_integral("poisson", "log", 2, 47, 1e-7);
}

/* The integral over a level of term t and all that is nested in it, by the trapezoidal rule; terms are from the finest on. */
struct trapezoid {
    const struct response *response;
    const struct design *d;
    const double *beta, *sd;
    int reach;
    long double h;
};

static long double log_rows(const struct trapezoid *w, int level, double b)
{
    long double sum = 0;
    double out[D_COUNT];

    for (size_t i = 0; i < w->d->n; i++) {
        struct observation at = response_at(w->response, i);
        double eta = b;

        if (w->d->random[0].level[i] != level)
            continue;
        for (int j = 0; j < w->d->p; j++)
            eta += w->beta[j] * w->d->X[i + j * w->d->n];
        sum +=
            w->response->family->density(w->response->link, &at, eta, w->response->shape, ORDER_VALUE, out) ? out[0] : -INFINITY;
    }
    return sum;
}

static long double log_inside(const struct trapezoid *w, int t, int level, double b)
{
    long double sum = 0;

    for (int s = -w->reach; s <= w->reach; s++) {
        long double x = s * w->h, product = -0.5L * x * x;
        double at = b + w->sd[t] * (double)x;

        if (t == 0)
            product += log_rows(w, level, at);
        for (int c = 0; t > 0 && c < w->d->random[t - 1].level_count; c++)
            for (size_t i = 0; i < w->d->n; i++) /* once, where a row has both */
                if (w->d->random[t - 1].level[i] == c && w->d->random[t].level[i] == level) {
                    product += log_inside(w, t - 1, c, at);
                    break;
                }
        sum += expl(product) * w->h / sqrtl(2 * acosl(-1));
    }
    return logl(sum);
}

static double brute_force_nested(const struct design *d, const struct family *family, const struct link *link, const double *beta,
                                 const double *sd, long double h)
{
    struct response response = {
        .family = family, .link = link, .n = d->n, .y = d->y, .trials = d->trials, .weights = d->weights, .shape = { 0 }
    };
    struct trapezoid w = { .response = &response, .d = d, .beta = beta, .sd = sd, .reach = (int)(9 / h), .h = h };
    long double total = response_constant(&response, NULL);
    int last = d->random_count - 1;

    for (int l = 0; l < d->random[last].level_count; l++)
        total += log_inside(&w, last, l, 0);
    return (double)(-2 * total);
}

/* A term nested in the next: more nodes come closer to the integral, and one node is Laplace's approximation. */
static void check_nested(int terms, const struct shape_term *shape, size_t n, long double h, int most)
{
    struct design *d = make_design((int)n, 2, terms, shape, false, 5);
    const struct family *family = family_find("binomial", NULL);
    const struct link *link = link_find("logit");
    double beta[2] = { 0.3, -0.1 }, sd[] = { 0.9, 1.2, 0.7 }, phi[5], exact, error = INFINITY, last = INFINITY, laplace;
    struct glmm_error err = { 0 };
    struct glm *m;

    simulate(d, family, link, beta, 1, 1, 1, 4);
    exact = brute_force_nested(d, family, link, beta, sd, h);
    memcpy(phi + 2, sd, sizeof(double) * (size_t)terms);
    for (int nodes = 1; nodes <= most; nodes = 2 * nodes + 1) {
        m = glm_new(d, family, link, nodes, NULL);
        glm_from_beta(m, beta, phi);
        error = fabs(glm_deviance(m, phi, NULL) - exact);
        cr_assert(error < last || error < 1e-8, "%d terms, %d nodes are %g off, fewer %g", terms, nodes, error, last);
        last = error;
        glm_free(m);
    }
    cr_assert_lt(error, most > 15 ? 1e-8 : 1e-5, "%d terms: %g", terms, error);
    m = glm_new(d, family, link, 1, NULL);
    glm_from_beta(m, beta, phi);
    laplace = glm_deviance(m, phi, NULL);
    cr_assert(quadrature_prepare(m, &err), "%s", err.message);
    m->known = false;
    cr_assert_float_eq(glm_deviance(m, phi, NULL), laplace, 1e-9 * (1 + fabs(laplace)));
    glm_free(m);
    free_all(d);
}

Test(glmm, nested_quadrature_converges_to_the_integral)
{
    check_nested(2, (struct shape_term[]){ { .k = 1, .levels = 9 }, { .k = 1, .levels = 3, .inside = 3 } }, 40, 0.1L, 31);
    check_nested(3,
                 (struct shape_term[]){
                     { .k = 1, .levels = 8 }, { .k = 1, .levels = 4, .inside = 2 }, { .k = 1, .levels = 2, .inside = 4 } },
                 32, 0.4L, 15);
}

/* --- fits ------------------------------------------------------------------------------------ */

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

static struct design *cbpp_design(void)
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

static struct fit *fit_ok(const struct design *d, const char *family, const char *link, enum fit_method method, int nodes)
{
    struct fit_options options = { .method = method, .nodes = nodes };
    struct glmm_error err = { 0 };
    const struct family *f = family_find(family, NULL);
    struct fit *fit = glm_fit(d, f, family_link(f, link, NULL), &options, NULL, &err);

    cr_assert_not_null(fit, "%s", err.message);
    return fit;
}

Test(glmm, cbpp)
{
    struct design *d = cbpp_design();
    struct {
        const char *link;
        int nodes;
        double loglik;
    } const cases[] = {
        { "logit", 1, -92.026282 },
        { "logit", 9, -91.9833718 },
        { "probit", 1, -92.5833 },
        { "probit", 25, -92.5673 },
    };
    struct fit *fit;

    for (int i = 0; i < 4; i++) {
        fit = fit_ok(d, "binomial", cases[i].link, cases[i].nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE, cases[i].nodes);
        cr_assert_float_eq(fit->loglik, cases[i].loglik, i < 2 ? 1e-6 : 5e-5, "%s %d nodes: %.8f", cases[i].link, cases[i].nodes,
                           fit->loglik);
        cr_assert_eq(fit->optimum.verdict, VERDICT_OK, "%s", fit->optimum.message);
        cr_assert_lt(fit->optimum.gain, 1e-8);
        cr_assert(cases[i].nodes > 1 || fit->optimum.evaluations <= 10, "%d evaluations", fit->optimum.evaluations);
        if (i == 1) { /* lme4 1.1-31, polished */
            cr_assert_float_eq(fit->beta[3], -1.57947101623269, 1e-6);
            cr_assert_float_eq(fit->se[0], 0.233511396204507, 1e-5);
            cr_assert_float_eq(fit->random[0].sd[0], 0.647517712022068, 1e-6);
            cr_assert_float_eq(fit->random[0].modes[0], 0.593024316061904, 1e-5);
            cr_assert_float_eq(sqrt(fit->random[0].mode_covariance[0]), 0.348896609385731, 1e-5);
        }
        fit_free(fit);
    }
    free_all(d);
}

/* MASS's glmmPQL with the residual scale held at 1 (its own convergence is to about 1e-5). */
/* The curvature is that of the optimum, wherever the search came from and however loosely it was asked for. */
Test(glmm, standard_errors_do_not_hang_on_the_search)
{
    struct design *d = cbpp_design();
    struct fit *fit = fit_ok(d, "binomial", "logit", METHOD_LAPLACE, 1), *other;
    const struct family *f = family_find("binomial", NULL);

    for (int way = 0; way < 3; way++) {
        struct fit_options options = { .method = METHOD_LAPLACE,
                                       .nodes = 1,
                                       .start = way < 2 ? (double[]){ way == 0 ? 0.2 : 2 } : NULL,
                                       .tolerance = way == 2 ? 1e-3 : 0 };

        other = glm_fit(d, f, family_link(f, "logit", NULL), &options, NULL, NULL);
        cr_assert_not_null(other);
        for (int j = 0; j < 4; j++)
            cr_assert_float_eq(other->se[j], fit->se[j], 3e-8 * fit->se[j], "%d: %.12g, %.12g", way, other->se[j], fit->se[j]);
        fit_free(other);
    }
    fit_free(fit);
    free_all(d);
}

Test(glmm, penalized_quasi_likelihood)
{
    struct design *d = cbpp_design();
    struct fit *fit = fit_ok(d, "binomial", NULL, METHOD_PQL, 1), *laplace = fit_ok(d, "binomial", NULL, METHOD_LAPLACE, 1);
    struct fit_options options = { .method = METHOD_PQL };
    struct glmm_error err = { 0 };

    cr_assert_float_eq(fit->beta[0], -1.357508, 1e-5);
    cr_assert_float_eq(fit->beta[3], -1.563320, 1e-5);
    cr_assert_float_eq(fit->random[0].sd[0], 0.6245503, 2e-5);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    cr_assert_lt(fit->loglik, laplace->loglik);
    cr_assert_null(glm_fit(d, family_find("betabinomial", NULL), NULL, &options, NULL, &err));
    cr_assert(strstr(err.hint, "laplace") != NULL);
    fit_free(fit);
    fit_free(laplace);
    free_all(d);
}

/* Importance sampling at Laplace's estimates against quadrature at the same parameters, and crossed factors. */
Test(glmm, importance_sampling_gives_the_integral)
{
    struct design *d = cbpp_design(), *crossed;
    struct fit *fit = fit_ok(d, "binomial", NULL, METHOD_LAPLACE, 1);
    struct glm *m = glm_new(d, fit->family, fit->link, 31, NULL);
    struct importance got, again;
    double phi[5], exact;

    glm_from_beta(m, fit->beta, phi);
    phi[4] = fit->theta[0];
    exact = -0.5 * glm_deviance(m, phi, NULL);
    cr_assert(glm_importance(fit, 4000, 1, NULL, &got, NULL));
    cr_assert_lt(fabs(got.loglik - exact), 4 * got.error, "%g against %g (%g)", got.loglik, exact, got.error);
    cr_assert_lt(got.error, 0.01);
    cr_assert_gt(fabs(fit->loglik - exact), 5 * got.error);
    cr_assert(glm_importance(fit, 4000, 1, NULL, &again, NULL) && again.loglik == got.loglik);
    glm_free(m);
    fit_free(fit);
    free_all(d);

    crossed = make_design(150, 2, 2, (struct shape_term[]){ { .k = 1, .levels = 15 }, { .k = 1, .levels = 6 } }, false, 5);
    simulate(crossed, family_find("nbinom2", NULL), link_find("log"), (double[]){ 0.5, 0.1 }, 0.6, 2, 1, 5);
    fit = fit_ok(crossed, "nbinom2", NULL, METHOD_LAPLACE, 1);
    cr_assert(glm_importance(fit, 1000, 1, NULL, &got, NULL) && glm_importance(fit, 4000, 2, NULL, &again, NULL));
    cr_assert_lt(fabs(got.loglik - again.loglik), 4 * (got.error + again.error));
    cr_assert_lt(fabs(got.loglik - fit->loglik), 0.5);
    cr_assert_gt(got.effective, 500);
    fit_free(fit);
    free_all(crossed);
}

/* A fit by draws: its gradient against differences, and its estimates against 25 nodes within what the draws leave open. */
Test(glmm, fits_by_importance_sampling)
{
    struct design *d = cbpp_design(), *crossed;
    struct fit *exact = fit_ok(d, "binomial", NULL, METHOD_AGQ, 25), *fit = fit_ok(d, "binomial", NULL, METHOD_IS, 1), *again;
    struct glm *m;
    double phi[8], gradient[8];

    cr_assert_eq(fit->draws, 1000);
    cr_assert_lt(fit->draws_error, 0.02);
    cr_assert_lt(fabs(fit->loglik - exact->loglik), 4 * fit->draws_error, "%g %g", fit->loglik, exact->loglik);
    for (int j = 0; j < 4; j++) {
        cr_assert_lt(fabs(fit->beta[j] - exact->beta[j]), 0.03 * exact->se[j]);
        cr_assert_float_eq(fit->se[j], exact->se[j], 0.02 * exact->se[j]);
    }
    cr_assert_float_eq(fit->random[0].sd[0], exact->random[0].sd[0], 0.02);
    again = fit_ok(d, "binomial", NULL, METHOD_IS, 1);
    cr_assert_eq(again->loglik, fit->loglik);
    fit_free(again);
    fit_free(fit);
    fit_free(exact);
    free_all(d);

    crossed = make_design(150, 2, 2, (struct shape_term[]){ { .k = 2, .levels = 15 }, { .k = 1, .levels = 6 } }, false, 5);
    simulate(crossed, family_find("nbinom2", NULL), link_find("log"), (double[]){ 0.5, 0.1 }, 0.6, 2, 1, 5);
    fit = fit_ok(crossed, "nbinom2", NULL, METHOD_LAPLACE, 1);
    m = glm_new(crossed, fit->family, fit->link, 1, NULL);
    cr_assert(importance_begin(m, 60, NULL, NULL));
    glm_from_fit(m, fit, phi);
    for (int j = 0; j < glm_parameter_count(m); j++)
        phi[j] += 0.03 * (j + 1);
    cr_assert_lt(glm_deviance(m, phi, gradient), MINIMIZE_BAD);
    for (int j = 0; j < glm_parameter_count(m); j++) {
        double at = phi[j], up, down;

        phi[j] = at + 1e-4;
        up = glm_deviance(m, phi, NULL);
        phi[j] = at - 1e-4;
        down = glm_deviance(m, phi, NULL);
        phi[j] = at;
        cr_assert_float_eq(gradient[j], (up - down) / 2e-4, 1e-4 * (1 + fabs(gradient[j])), "%d: %.8g against %.8g", j,
                           gradient[j], (up - down) / 2e-4);
    }
    importance_end(m);
    glm_free(m);
    fit_free(fit);
    free_all(crossed);
}

/* A gaussian response with the identity link is a linear mixed model, by another engine. */
Test(glmm, gaussian_is_the_linear_mixed_model)
{
    struct design *d =
        make_design(120, 3, 2, (struct shape_term[]){ { .k = 2, .levels = 15 }, { .k = 1, .levels = 6 } }, true, 2);
    struct fit_options options = { .method = METHOD_ML };
    struct fit *a = lmm_fit(d, &options, NULL, NULL), *b = fit_ok(d, "gaussian", NULL, METHOD_LAPLACE, 1);

    cr_assert_float_eq(a->loglik, b->loglik, 1e-7, "%.10f %.10f", a->loglik, b->loglik);
    cr_assert_float_eq(a->sigma, b->sigma, 1e-6);
    for (int j = 0; j < 3; j++)
        cr_assert_float_eq(a->beta[j], b->beta[j], 1e-5 * a->se[j]);
    for (int j = 0; j < a->theta_count; j++)
        cr_assert_float_eq(a->theta[j], b->theta[j], 1e-5);
    for (int l = 0; l < 15; l++) {
        cr_assert_float_eq(a->random[0].modes[2 * l + 1], b->random[0].modes[2 * l + 1], 1e-5);
        cr_assert_float_eq(a->random[0].mode_covariance[4 * l], b->random[0].mode_covariance[4 * l], 1e-5);
    }
    cr_assert_eq(a->npar, b->npar);
    /* Laplace is exact here, and the draws say so without any noise. */
    cr_assert_neq(b->approximation.kind, APPROXIMATION_NONE);
    cr_assert_gt(b->approximation.draws, 0);
    cr_assert_lt(fabs(b->approximation.drift), 1e-5, "%g", b->approximation.drift);
    cr_assert_lt(b->approximation.error, 1e-9, "%g", b->approximation.error);
    cr_assert(!fit_is_rough(b));
    fit_free(a);
    fit_free(b);
    free_all(d);
}

/* Without random terms: Dobson's (1990) Poisson example, as R's glm prints it. */
Test(glmm, generalized_linear_model)
{
    static const double counts[] = { 18, 17, 15, 20, 10, 20, 25, 13, 12 };
    struct design *d = make_design(9, 5, 0, NULL, false, 1);
    struct fit *fit;

    for (int i = 0; i < 9; i++) {
        d->y[i] = counts[i];
        d->X[i] = 1;
        d->X[i + 9] = i % 3 == 1;
        d->X[i + 18] = i % 3 == 2;
        d->X[i + 27] = i / 3 == 1;
        d->X[i + 36] = i / 3 == 2;
    }
    fit = fit_ok(d, "poisson", NULL, METHOD_DEFAULT, 0);
    cr_assert_float_eq(fit->beta[0], 3.044522, 1e-6);
    cr_assert_float_eq(fit->beta[1], -0.454255, 1e-6);
    cr_assert_float_eq(fit->se[1], 0.2021708, 1e-6);
    cr_assert_float_eq(fit->aic, 56.76132, 1e-5);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    fit_free(fit);
    free_all(d);
}

/* Of a family of location and scale: its noise must be small beside means of 1/3, or an inverse link has no mode that stands out.
 */
static bool has_location(const struct family *family)
{
    return family->accepts(&(struct observation){ .y = -1, .trials = 1, .weight = 1 });
}

/* Every family recovers what it was drawn from, to within its own standard errors; one variance takes ten evaluations at most but
 * where it or the dispersion ends at a limit, which is a search of its own, and a few more of t or tweedie with a log link. */
Test(glmm, every_family_and_link_fits_its_own_data)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int l = 0; family_at(f)->links[l] != NULL; l++) {
            const struct family *family = family_at(f);
            const struct link *link = family->links[l];
            struct design *d = make_design(400, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 40 } }, false, 21);
            double beta[2], dispersion = family->weight_divides || has_location(family) ? 0.05 : 3;
            struct fit *fit;

            safe_beta(link, 2, beta);
            simulate(d, family, link, beta, 0.3, dispersion, family->response == RESPONSE_BINOMIAL ? 8 : 1, 5);
            fit = fit_ok(d, family->name, link->name, METHOD_LAPLACE, 1);
            cr_assert(fit->optimum.verdict == VERDICT_OK || fit->optimum.verdict == VERDICT_BOUNDARY, "%s %s: %s", family->name,
                      link->name, fit->optimum.message);
            if (fit->optimum.verdict == VERDICT_OK)
                cr_assert_leq(fit->optimum.evaluations, family->more_count > 0 && link->kind == LINK_LOG ? 16 : 10,
                              "%s %s: %d evaluations", family->name, link->name, fit->optimum.evaluations);
            for (int j = 0; j < 2; j++)
                cr_assert_lt(fabs(fit->beta[j] - beta[j]), 4 * fit->se[j], "%s %s: beta %g, true %g (%g)", family->name,
                             link->name, fit->beta[j], beta[j], fit->se[j]);
            if (family->has_dispersion)
                cr_assert_lt(fabs(log(fit->dispersion / dispersion)), 4 * fit->log_dispersion_se, "%s %s: dispersion %g (%g)",
                             family->name, link->name, fit->dispersion, fit->log_dispersion_se);
            fit_free(fit);
            free_all(d);
        }
}

/* --- trouble ---------------------------------------------------------------------------------- */

Test(glmm, separation_names_the_cell)
{
    struct design *d = cbpp_design();
    struct glmm_error err = { .at = NOWHERE };
    struct fit *fit;

    for (size_t i = 0; i < d->n; i++)
        if (cbpp[i][3] == 4)
            d->y[i] = 0;
    fit = fit_ok(d, "binomial", "logit", METHOD_LAPLACE, 1);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    cr_assert(strstr(fit->optimum.message, "period4") != NULL && strstr(fit->optimum.message, "separation") != NULL, "%s",
              fit->optimum.message);
    cr_assert(isfinite(fit->loglik) && fit->beta[3] == -(double)INFINITY && isnan(fit->se[3]) && fit->se[2] > 0);
    fit_free(fit);
    for (size_t i = 0; i < d->n; i++)
        d->y[i] = 0;
    cr_assert_null(glm_fit(d, family_find("binomial", NULL), link_find("probit"), NULL, NULL, &err));
    cr_assert(strstr(err.message, "is constant") != NULL, "%s", err.message);
    free_all(d);
}

Test(glmm, zero_variance_is_a_boundary)
{
    struct design *d = make_design(200, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 20 } }, false, 3);
    struct fit *fit;
    int found = 0;

    /* Levels that alternate by row carry no information of their own. */
    for (unsigned seed = 0; seed < 6; seed++) {
        simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 1, 0.1 }, 0, 1, 1, seed);
        fit = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);
        cr_assert_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", fit->optimum.message);
        if (fit->optimum.verdict == VERDICT_BOUNDARY) {
            found++;
            cr_assert_eq(fit->random[0].sd[0], 0);
            cr_assert(strstr(fit->optimum.message, "variance of (Intercept)") != NULL, "%s", fit->optimum.message);
        }
        fit_free(fit);
    }
    cr_assert_gt(found, 0);
    free_all(d);
}

/* The fit of the family to d has the intercept and the errors of the linear model of log y. */
static void is_as_linear(struct design *d, const char *family, double shift, double error)
{
    struct fit_options options = { .method = METHOD_ML };
    struct glmm_error err = { 0 };
    struct fit *fit = fit_ok(d, family, "log", METHOD_LAPLACE, 1), *linear;

    for (size_t i = 0; i < d->n; i++)
        d->y[i] = log(d->y[i]);
    linear = lmm_fit(d, &options, NULL, &err);
    cr_assert_not_null(linear, "%s", err.message);
    cr_expect_eq(fit->optimum.verdict, VERDICT_OK, "%s, y about %g: %s", family, exp(d->y[0]), fit->optimum.message);
    cr_expect_lt(fit->optimum.evaluations, 150, "%s, y about %g: %d", family, exp(d->y[0]), fit->optimum.evaluations);
    cr_expect_lt(fabs(fit->beta[0] - linear->beta[0]), shift, "%s, y about %g", family, exp(d->y[0]));
    for (int j = 0; j < 2; j++)
        cr_expect_lt(fabs(fit->se[j] / linear->se[j] - 1), error, "%s, y about %g, %d: %g, not %g", family, exp(d->y[0]), j,
                     fit->se[j], linear->se[j]);
    fit_free(linear);
    fit_free(fit);
}

/* Where the residuals are small the data know a slope within levels 1e7 times better than the intercept.  There these models are
 * the linear one of log y. */
Test(glmm, small_residuals_leave_the_errors_of_the_intercept)
{
    static const char *const families[] = { "Gamma", "gaussian", "inverse.gaussian" };

    for (int k = 1; k <= 2; k++)
        for (int f = 0; f < 3; f++)
            for (double dispersion = 1e-4; dispersion > 1e-14; dispersion /= 100) {
                struct design *d = make_design(96, 2, 1, (struct shape_term[]){ { .k = k, .levels = 12 } }, false, 5);

                simulate(d, family_find("Gamma", NULL), link_find("log"), (double[]){ 1, 0.1 }, f == 0 ? 0.5 : 0.05, dispersion,
                         1, 4);
                is_as_linear(d, families[f], 0.01, f == 0 ? 0.02 : 0.1); /* the others weigh rows by their means */
                free_all(d);
            }
}

/* Counts of each size: log f of a row is of the size of the count, and its differences are not. */
Test(glmm, counts_of_every_size)
{
    for (int decade = 4; decade <= 12; decade += 2)
        for (int f = 0; f < 3; f++) {
            const char *family = (const char *[]){ "poisson", "nbinom2", "nbinom1" }[f];
            struct design *d = make_design(96, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 12 } }, false, 5);

            simulate(d, family_find(f == 0 ? "poisson" : "nbinom2", NULL), link_find("log"), (double[]){ decade * M_LN10, 0.1 },
                     f == 0 ? 0.5 : 0.1, 30, 1, 4);
            is_as_linear(d, family, 0.03, f == 0 ? 0.25 : 0.15); /* E log y is 1/(2 k) below log mu */
            free_all(d);
        }
}

/* A hundred rows eight times each, and once with weights of 8, which are fitted as they stand: one likelihood, one set of errors.
 */
Test(glmm, rows_alike_are_fitted_as_one)
{
    for (int f = 0; f < 3; f++) {
        const char *family = (const char *[]){ "binomial", "poisson", "nbinom2" }[f];
        struct design *once =
            make_design(130, 2, 2, (struct shape_term[]){ { .k = 2, .levels = 9 }, { .k = 1, .levels = 4 } }, false, 5);
        struct design *all =
            make_design(8 * 130, 2, 2, (struct shape_term[]){ { .k = 2, .levels = 9 }, { .k = 1, .levels = 4 } }, false, 5);
        struct fit *few, *many;

        simulate(once, family_find(family, NULL), family_find(family, NULL)->links[0], (double[]){ 0.6, 0.1 }, 0.6, 2, 1, 4);
        once->weights = calloc(once->n, sizeof(double));
        for (size_t i = 0; i < all->n; i++) {
            size_t from = i % once->n;

            once->weights[from] = 8;
            all->y[i] = once->y[from];
            for (int j = 0; j < all->p; j++)
                all->X[i + (size_t)j * all->n] = once->X[from + (size_t)j * once->n];
            for (int t = 0; t < all->random_count; t++) {
                int k = all->random[t].k;

                all->random[t].level[i] = once->random[t].level[from];
                for (int a = 0; all->random[t].z != NULL && a < k; a++)
                    all->random[t].z[i * (size_t)k + (size_t)a] = once->random[t].z[from * (size_t)k + (size_t)a];
            }
        }
        few = fit_ok(once, family, NULL, METHOD_LAPLACE, 1);
        many = fit_ok(all, family, NULL, METHOD_LAPLACE, 1);
        cr_expect_float_eq(many->loglik, few->loglik, 1e-8, "%s", family);
        for (int j = 0; j < 2; j++) {
            cr_expect_float_eq(many->beta[j], few->beta[j], 1e-7, "%s", family);
            cr_expect_float_eq(many->se[j], few->se[j], 1e-6, "%s", family);
        }
        cr_expect_eq(many->design, all);
        cr_expect_float_eq(many->bic, -2 * many->loglik + many->npar * log(8 * 130), 1e-9);
        for (size_t i = 0; i < all->n; i += 7)
            cr_expect_float_eq(many->fitted[i], few->fitted[i % once->n], 1e-6, "%s", family);
        fit_free(few);
        fit_free(many);
        free(once->weights);
        once->weights = NULL;
        free_all(once);
        free_all(all);
    }
}

Test(glmm, negative_binomial_at_its_poisson_limit)
{
    struct design *d = make_design(300, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 30 } }, false, 8);
    const char *names[] = { "nbinom2", "nbinom1" };
    int found = 0;

    for (unsigned seed = 0; seed < 4; seed++) {
        simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 1, 0.05 }, 0.4, 1, 1, seed);
        for (int i = 0; i < 2; i++) {
            struct fit *fit = fit_ok(d, names[i], NULL, METHOD_LAPLACE, 1),
                       *poisson = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);

            cr_assert_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", fit->optimum.message);
            cr_assert_gt(fit->loglik, poisson->loglik - 1e-5);
            if (fit->optimum.verdict == VERDICT_BOUNDARY) {
                found++;
                cr_assert(strstr(fit->optimum.message, "Poisson") != NULL);
                cr_assert_float_eq(fit->loglik, poisson->loglik, 1e-5);
            }
            fit_free(fit);
            fit_free(poisson);
        }
    }
    cr_assert_gt(found, 0);
    free_all(d);
}

Test(glmm, models_without_coefficients_or_without_anything)
{
    struct design *d = make_design(80, 0, 1, (struct shape_term[]){ { .k = 1, .levels = 16 } }, false, 4);
    struct design *empty = make_design(80, 0, 0, NULL, false, 4);
    struct fit *fit;

    simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 0 }, 0.8, 1, 1, 2);
    simulate(empty, family_find("poisson", NULL), link_find("log"), (double[]){ 0 }, 0.8, 1, 1, 2);
    for (int nodes = 1; nodes <= 9; nodes += 4) {
        fit = fit_ok(d, "poisson", NULL, nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE, nodes);
        cr_assert_eq(fit->optimum.verdict, VERDICT_OK, "%s", fit->optimum.message);
        cr_assert_gt(fit->random[0].sd[0], 0.2);
        cr_assert_eq(fit->npar, 1);
        fit_free(fit);
    }
    fit = fit_ok(empty, "poisson", NULL, METHOD_LAPLACE, 1);
    cr_assert_eq(fit->npar, 0);
    cr_assert_eq(fit->optimum.verdict, VERDICT_OK);
    fit_free(fit);
    fit = fit_ok(empty, "nbinom2", NULL, METHOD_LAPLACE, 1);
    cr_assert_neq(fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", fit->optimum.message);
    fit_free(fit);
    free_all(d);
    free_all(empty);
}

Test(glmm, an_exact_response_is_an_error)
{
    struct design *d = make_design(60, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 12 } }, false, 4);
    struct glmm_error err = { 0 };

    for (size_t i = 0; i < d->n; i++)
        d->y[i] = exp(1 + 0.1 * d->X[i + d->n]);
    cr_assert_null(glm_fit(d, family_find("gaussian", NULL), link_find("log"), NULL, NULL, &err));
    cr_assert(strstr(err.message, "without error") != NULL, "%s", err.message);
    for (size_t i = 0; i < d->n; i++)
        d->y[i] = 5;
    error_clear(&err);
    cr_assert_null(glm_fit(d, family_find("Gamma", NULL), NULL, NULL, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_MODEL, "%s", err.message);
    free_all(d);
}

Test(glmm, groups_of_all_successes)
{
    struct design *d = make_design(60, 1, 1, (struct shape_term[]){ { .k = 1, .levels = 12 } }, false, 4);
    struct fit *fit;

    for (size_t i = 0; i < d->n; i++) /* all 1 in most levels, all 0 in the others */
        d->y[i] = d->random[0].level[i] % 3 != 0;
    for (int nodes = 1; nodes <= 15; nodes += 7) {
        fit = fit_ok(d, "binomial", NULL, nodes > 1 ? METHOD_AGQ : METHOD_LAPLACE, nodes);
        cr_assert(isnan(fit->loglik) && isinf(fit->random[0].sd[0]) && isnan(fit->beta[0]) && isnan(fit->se[0]));
        cr_assert_eq(fit->optimum.verdict, VERDICT_NOT_IDENTIFIED);
        cr_assert(strstr(fit->optimum.message, "each level of g has only successes or only failures") != NULL, "%s",
                  fit->optimum.message);
        fit_free(fit);
    }
    free_all(d);
}

Test(glmm, large_predictors_do_not_overflow)
{
    struct design *d = make_design(100, 2, 1, (struct shape_term[]){ { .k = 1, .levels = 10 } }, false, 4);
    struct fit *a, *b;

    simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 1, 0.2 }, 0.5, 1, 1, 2);
    a = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);
    for (size_t i = 0; i < d->n; i++)
        d->X[i + d->n] = 1e6 * d->X[i + d->n] + 1e9;
    b = fit_ok(d, "poisson", NULL, METHOD_LAPLACE, 1);
    cr_assert_float_eq(a->loglik, b->loglik, 1e-7);
    cr_assert_float_eq(a->beta[1], 1e6 * b->beta[1], 1e-7);
    fit_free(a);
    fit_free(b);
    free_all(d);
}

Test(glmm, a_response_outside_the_range_names_row_and_value)
{
    struct design *d = make_design(20, 1, 1, (struct shape_term[]){ { .k = 1, .levels = 4 } }, false, 4);
    struct glmm_error err = { 0 };

    d->y[6] = -1.5;
    cr_assert_null(glm_fit(d, family_find("Gamma", NULL), NULL, NULL, NULL, &err));
    cr_assert(strstr(err.message, "row 7") != NULL && strstr(err.message, "-1.5") != NULL, "%s", err.message);
    free_all(d);
}

Test(glmm, quadrature_refuses_crossed_factors_and_large_grids)
{
    struct design *d = make_design(60, 1, 2, (struct shape_term[]){ { .k = 1, .levels = 9 }, { .k = 1, .levels = 5 } }, false, 1);
    struct design *wide = make_design(60, 1, 1, (struct shape_term[]){ { .k = 6, .levels = 5 } }, false, 1);
    struct fit_options options = { .method = METHOD_AGQ, .nodes = 50 };
    struct glmm_error err = { 0 };

    simulate(d, family_find("binomial", NULL), link_find("logit"), (double[]){ 0 }, 1, 1, 1, 1);
    simulate(wide, family_find("binomial", NULL), link_find("logit"), (double[]){ 0 }, 1, 1, 1, 1);
    cr_assert_null(glm_fit(d, family_find("binomial", NULL), NULL, &options, NULL, &err));
    cr_assert(strstr(err.hint, "laplace") != NULL, "%s", err.hint);
    error_clear(&err);
    cr_assert_null(glm_fit(wide, family_find("binomial", NULL), NULL, &options, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_LIMIT, "%s", err.message);
    free_all(d);
    free_all(wide);
}

static bool stop_at_ten(void *context, const char *what, double done, double total, double value)
{
    (void)what, (void)done, (void)total, (void)value;
    return ++*(int *)context < 10;
}

Test(glmm, it_can_be_stopped)
{
    struct design *d = cbpp_design();
    int calls = 0;
    struct glmm_progress progress = { .tell = stop_at_ten, .context = &calls };
    struct glmm_error err = { 0 };

    cr_assert_null(glm_fit(d, family_find("binomial", NULL), NULL, NULL, &progress, &err));
    cr_assert_eq(err.code, GLMM_E_INTERRUPT);
    cr_assert_eq(calls, 10);
    free_all(d);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Where the observed weights leave no positive definite matrix, those below 0 count as 0, and no others do. */
Test(glmm, the_positive_part_of_the_weights)
{
    struct design *d = cbpp_design();
    struct glm *m = glm_new(d, family_find("binomial", NULL), link_find("probit"), 1, NULL);
    double beta[4] = { -1, -0.5, -0.5, -0.5 }, phi[5], *kept;
    size_t size;

    glm_from_beta(m, beta, phi);
    phi[4] = 0.5;
    glm_set(m, phi);
    size = m->precision->entries + (size_t)m->precision->tail * (size_t)m->precision->tail;
    kept = malloc(size * sizeof *kept);
    cr_assert_not_null(kept);
    for (size_t i = 0; i < d->n; i++)
        m->d[D_ETA2][i] = i % 2 == 0 ? 0.5 : -0.7;
    glm_assemble(m, true);
    memcpy(kept, m->precision->value, size * sizeof *kept);
    for (size_t i = 0; i < d->n; i++)
        m->d[D_ETA2][i] = i % 2 == 0 ? 0 : -0.7;
    glm_assemble(m, false);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(m->precision->value[i], kept[i]);
    cr_assert(precision_cholesky(m->precision));
    free(kept);
    glm_free(m);
    free_all(d);
}

Test(glmm, an_evaluation_allocates_nothing)
{
    for (int nodes = 1; nodes <= 5; nodes += 4) {
        struct design *d = cbpp_design();
        struct glm *m = glm_new(d, family_find("binomial", NULL), link_find("probit"), nodes, NULL);
        struct sweep none = { .countdown = 0 };
        struct mem_hook before = mem_hook_get();
        double beta[4] = { -1, -0.5, -0.5, -0.5 }, phi[5], gradient[5], f;

        glm_from_beta(m, beta, phi);
        phi[4] = 0.5;
        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &none });
        f = glm_deviance(m, phi, gradient);
        mem_hook_set(before);
        cr_assert_eq(none.countdown, 0);
        cr_assert(f < MINIMIZE_BAD);
        glm_free(m);
        free_all(d);
    }
}

Test(glmm, an_evaluation_of_crossed_and_nested_factors_allocates_nothing)
{
    for (int nested = 0; nested < 3; nested++) {
        struct shape_term shape[] = { { .k = 1, .levels = 12 },
                                      { .k = 1, .levels = 4, .inside = nested > 0 ? 3 : 0 },
                                      { .k = 1, .levels = 2, .inside = 6 } };
        struct design *d = make_design(60, 1, nested == 2 ? 3 : 2, shape, false, 3);
        struct sweep none = { .countdown = 0 };
        struct mem_hook before = mem_hook_get();
        double phi[4] = { 0.3, 0.5, 0.4, 0.2 }, gradient[4], f;
        struct glm *m;

        simulate(d, family_find("poisson", NULL), link_find("log"), (double[]){ 0.3 }, 0.5, 1, 1, 1);
        m = glm_new(d, family_find("poisson", NULL), link_find("log"), nested ? 3 : 1, NULL);
        cr_assert_not_null(m);
        mem_hook_set((struct mem_hook){ .resize = sweep_resize, .context = &none });
        f = glm_deviance(m, phi, gradient);
        mem_hook_set(before);
        cr_assert_eq(none.countdown, 0);
        cr_assert(f < MINIMIZE_BAD);
        glm_free(m);
        free_all(d);
    }
}

static bool run_fit(void *context, struct glmm_error *err)
{
    struct fit_options options = { .method = METHOD_AGQ, .nodes = 3 };
    struct fit *fit = glm_fit(context, family_find("betabinomial", NULL), NULL, &options, NULL, err);

    fit_free(fit);
    return fit != NULL;
}

Test(glmm, survives_each_failed_allocation)
{
    struct design *d = cbpp_design();
    long allocations = sweep_allocations(run_fit, d);

    cr_assert_gt(allocations, 20, "failing allocation %ld", -1 - allocations);
    free_all(d);
}

/* --- the factor ------------------------------------------------------------------------------- */

/* Three factors that rarely meet are eliminated in an order of their own: solves, determinant and inverse are those of the
 * matrix. */
Test(precision, of_levels_that_rarely_meet)
{
    enum { LEVELS = 400, ROWS = 520, Q = 3 * LEVELS };
    int32_t *size = NEW_ARRAY(int32_t, Q), *links = NEW_ARRAY(int32_t, 3 * ROWS);
    double *dense = NEW_ARRAY(double, Q *Q), x[Q], logdet = 0, entry;
    struct glmm_error err = { 0 };
    struct precision *f;
    uint64_t state = 7;
    int found = 0;

    for (int b = 0; b < Q; b++)
        size[b] = 1;
    for (int i = 0; i < 3 * ROWS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        links[i] = (int32_t)((state >> 33) % LEVELS) + LEVELS * (i % 3);
    }
    f = precision_new(Q, size, ROWS, 3, links, &err);
    cr_assert_not_null(f, "%s", err.message);
    cr_expect_not_null(f->order);
    cr_expect_lt(f->tail, LEVELS / 2);
    precision_identity(f);
    for (int j = 0; j < Q; j++)
        dense[j + j * Q] = 1;
    for (int i = 0; i < ROWS; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b <= a; b++) {
                int r = links[3 * i + a], c = links[3 * i + b];

                f->value[precision_place(f, r, c)] += 0.3;
                dense[r + c * Q] += 0.3;
            }
    cr_assert(precision_cholesky(f));
    precision_invert(f);
    cr_assert_eq(chol_factor(Q, dense, Q), 0);
    for (int j = 0; j < Q; j++)
        logdet += 2 * log(dense[j + j * Q]);
    cr_expect_float_eq(precision_log_determinant(f), logdet, 1e-9 * logdet);
    for (int j = 0; j < Q; j += 37) {
        for (int i = 0; i < Q; i++)
            x[i] = i == j;
        precision_solve(f, x);
        cr_expect_float_eq(f->inverse[precision_place(f, j, j)], x[j], 1e-12);
        for (int i = 0; i < ROWS; i++)
            if (links[3 * i] == j)
                cr_expect_float_eq(f->inverse[precision_place(f, links[3 * i + 2], j)], x[links[3 * i + 2]], 1e-12);
        for (int i = 0; i < Q; i++) /* those of the pattern, and no others */
            if (precision_inverse_entry(f, i, j, &entry)) {
                cr_expect_float_eq(entry, x[i], 1e-12);
                found++;
            }
        for (int i = 0; i < Q; i++)
            x[i] = i == j;
        chol_solve_lower(Q, dense, Q, x);
        chol_solve_upper(Q, dense, Q, x);
        cr_expect_float_eq(f->inverse[precision_place(f, j, j)], x[j], 1e-12);
    }
    cr_expect_gt(found, Q / 37);
    precision_free(f);
    mem_free(size);
    mem_free(links);
    mem_free(dense);
}
