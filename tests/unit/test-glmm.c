/* test-glmm.c -- fits of generalized models with known values, by all methods; what an evaluation allocates; the factor. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/glmm-parts.h"
#include "fit/lmm.h"
#include "linalg/dense.h"
#include "differences.h"
#include "make-design.h"
#include "plain-families.h"
#include "sweep.h"
#include "simulated.h"

/* --- fits ------------------------------------------------------------------------------------ */

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
        cr_assert(fit->optimum.evaluations <= 10, "%d evaluations", fit->optimum.evaluations);
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

/* The Monte Carlo error that is stated is the spread over seeds, and their mean is the integral (31 nodes). */
Test(glmm, importance_sampling_states_its_error)
{
    enum { SEEDS = 200 };
    struct design *d = cbpp_design();
    struct fit *fit = fit_ok(d, "binomial", NULL, METHOD_LAPLACE, 1);
    struct glm *m = glm_new(d, fit->family, fit->link, 31, NULL);
    struct importance got;
    double phi[5], exact, sum = 0, squares = 0, stated = 0, spread;

    glm_from_beta(m, fit->beta, phi);
    phi[4] = fit->theta[0];
    exact = -0.5 * glm_deviance(m, phi, NULL);
    for (int s = 1; s <= SEEDS; s++) {
        cr_assert(glm_importance(fit, 200, (uint64_t)s, NULL, &got, NULL));
        sum += got.loglik - exact;
        squares += (got.loglik - exact) * (got.loglik - exact);
        stated += got.error / SEEDS;
    }
    spread = sqrt((squares - sum * sum / SEEDS) / (SEEDS - 1));
    cr_assert_lt(fabs(sum / SEEDS), 4 * spread / sqrt(SEEDS), "mean %g off, spread %g", sum / SEEDS, spread);
    cr_assert(spread > 0.8 * stated && spread < 1.25 * stated, "spread %g, stated %g", spread, stated); /* 4 of its errors, 5 % */
    glm_free(m);
    fit_free(fit);
    free_all(d);
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

/* Levels of which the rows of one kind are all successes or all failures. */
static struct design *constant_where_moved(void)
{
    enum { LEVELS = 14, EACH = 16 };
    struct design *d = make_design(LEVELS * EACH, 2, 1, (struct shape_term[]){ { .k = 2, .levels = LEVELS } }, false, 3);

    for (int i = 0; i < LEVELS * EACH; i++) {
        int level = i / EACH, row = i % EACH;

        d->random[0].level[i] = level;
        d->random[0].z[2 * i] = 1;
        d->random[0].z[2 * i + 1] = row < EACH / 2;
        d->y[i] = row < EACH / 2 ? level % 2 : (row + level / 2) % 3 == 0;
    }
    return d;
}

static bool run_infinite(void *context, struct glmm_error *err)
{
    struct fit_options options = { .method = METHOD_LAPLACE, .nodes = 1 };
    struct fit *fit = glm_fit(context, family_find("binomial", NULL), NULL, &options, NULL, err);
    bool told = fit != NULL && isinf(fit->random[0].sd[1]) && fit->escape != NULL;

    fit_free(fit);
    return told;
}

/* What memory refuses to the look for infinite variances is not a fit without such. */
Test(glmm, infinite_variances_are_told_or_memory_is_out)
{
    struct design *d = constant_where_moved();
    long allocations = sweep_allocations(run_infinite, d);

    cr_assert_gt(allocations, 20, "failing allocation %ld", -1 - allocations);
    free_all(d);
}

/* An intercept and a contrast, of which some levels differ more than others. */
static struct design *stated_by_contrasts(void)
{
    struct design *d = constant_where_moved();

    for (size_t i = 0; i < d->n; i++)
        d->y[i] = (i * 7 + (size_t)d->random[0].level[i] * 5) % 11 < 3 + (size_t)d->random[0].level[i] % 5;
    return d;
}

struct stated_fit {
    struct design *design;
    int evaluations; /* of a fit to which no memory is refused; 0: not known yet */
};

static bool run_by_cells(void *context, struct glmm_error *err)
{
    struct stated_fit *stated = context;
    struct fit_options options = { .method = METHOD_LAPLACE, .nodes = 1 };
    struct fit *fit = glm_fit(stated->design, family_find("binomial", NULL), NULL, &options, NULL, err);
    bool same = fit != NULL && (stated->evaluations == 0 || fit->optimum.evaluations == stated->evaluations);

    if (stated->evaluations == 0 && fit != NULL)
        stated->evaluations = fit->optimum.evaluations;
    fit_free(fit);
    return same;
}

/* What memory refuses to the search by the effects of the cells is not another search. */
Test(glmm, a_search_by_cells_is_made_or_memory_is_out)
{
    struct stated_fit stated = { .design = stated_by_contrasts() };
    struct glmm_error err = { 0 };
    long allocations;

    cr_assert(run_by_cells(&stated, &err), "%s", err.message);
    allocations = sweep_allocations(run_by_cells, &stated);
    cr_assert_gt(allocations, 20, "failing allocation %ld", -1 - allocations);
    free_all(stated.design);
}

/* Beside an infinite variance the rows that its effect moves are fitted as they are, each of them, and no others. */
Test(glmm, rows_that_an_infinite_variance_moves_are_fitted_as_they_are)
{
    struct design *d = constant_where_moved();
    struct fit *fit = fit_ok(d, "binomial", NULL, METHOD_LAPLACE, 1);

    cr_assert(isinf(fit->random[0].sd[1]) && isfinite(fit->random[0].sd[0]));
    for (size_t i = 0; i < d->n; i++)
        if (d->random[0].z[2 * i + 1] != 0)
            cr_expect_eq(fit->fitted[i], d->y[i], "row %zu: %g", i, fit->fitted[i]);
        else
            cr_expect(fit->fitted[i] > 0.01 && fit->fitted[i] < 0.99, "row %zu: %g", i, fit->fitted[i]);
    fit_free(fit);
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
