/* test-quadrature.c -- rules against polynomials, and likelihoods by quadrature against brute force in one and two dimensions,
 * and in nested groups; and the evaluations of a search by them. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/agq-nested-private.h"
#include "fit/glmm.h"
#include "fit/glmm-parts.h"
#include "fit/quadrature.h"
#include "differences.h"
#include "make-design.h"
#include "simulated.h"
#include "stated.h"

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

/* --- the search --------------------------------------------------------------------------------- */

/* With one variance the Hessian of quadrature is exact whatever is behind it: no evaluation is spent on differences. */
Test(glmm, one_variance_takes_few_evaluations)
{
    static const struct {
        const char *data;
        struct spec spec;
    } models[] = {
        { "wine", { .formula = "rating ~ temp + contact + (1 | judge)", .family = "cumulative" } },
        { "wine", { .formula = "rating ~ temp + contact + (1 | judge)", .family = "cumulative", .link = "cloglog" } },
        { "salamanders", { .formula = "count ~ spp + mined + (1 | site)", .family = "nbinom2" } },
        { "salamanders", { .formula = "count ~ mined + (1 | site)", .family = "nbinom2", .zi = "~ mined" } },
        { "salamanders", { .formula = "count ~ mined + (1 | site)", .family = "nbinom1", .disp = "~ DOY" } },
        { "sleepstudy", { .formula = "Reaction ~ Days + (1 | Subject)", .family = "Gamma", .link = "log" } },
        { "sleepstudy", { .formula = "Reaction ~ Days + (1 | Subject)", .family = "gaussian", .disp = "~ Days" } },
        { "epil", { .formula = "y ~ trt + (1 | subject)", .family = "genpois" } },
        { "toenail", { .formula = "outcome ~ treatment * time + (1 | patientID)", .family = "binomial" } },
    };
    const struct fit_options options = { .method = METHOD_AGQ, .nodes = 9, .unpriced = true };

    for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
        struct stated s = state_spec(models[k].data, &models[k].spec, &options);

        cr_expect_eq(s.fit->optimum.verdict, VERDICT_OK, "%s %s", models[k].data, models[k].spec.family);
        cr_expect_leq(s.fit->optimum.evaluations, 10, "%s %s: %d evaluations", models[k].data, models[k].spec.family,
                      s.fit->optimum.evaluations);
        stated_clear(&s);
    }
}

/* --- the mode of a level --------------------------------------------------------------------------- */

/* h(u) = exp(u) - 2u, whose minimum is log 2; `bend` and `slope` are its second and first derivative where it was last asked. */
static double bend, slope;

static double height(struct glm *m, int g, const struct nested_rows *rows, const double *u)
{
    (void)m, (void)g, (void)rows;
    return exp(u[0]) - 2 * u[0];
}

static double step[1], gradient[1];

static bool set_system(struct glm *m, int g, const struct nested_rows *rows, const double *u, bool positive)
{
    (void)m, (void)g, (void)rows, (void)positive;
    bend = exp(u[0]);
    slope = step[0] = bend - 2;
    return true;
}

static void solve_system(const struct glm *m, int g, double *x)
{
    (void)m, (void)g;
    x[0] /= bend;
}

/* Full steps are no end: Newton's method takes one each time from above, and six of them from 5. */
Test(glmm, the_mode_of_a_level_is_where_its_slope_is_none)
{
    for (double from = -1; from <= 5; from += 0.75) {
        double mode[1] = { from }, try[1], value;
        struct nested_search search = { .q = 1,
                                        .mode = mode,
                                        .try = try,
                                        .step = step,
                                        .gradient = gradient,
                                        .value = height,
                                        .system = set_system,
                                        .solve = solve_system };

        cr_assert(nested_mode(NULL, NULL, &search, &value));
        cr_expect_float_eq(mode[0], log(2), 1e-13, "from %g: %.17g", from, mode[0]);
        cr_expect_lt(fabs(slope), 1e-13, "from %g", from);
        cr_expect_float_eq(value, 2 - 2 * log(2), 1e-14);
    }
}
