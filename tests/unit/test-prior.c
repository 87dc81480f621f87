/* test-prior.c -- penalized fits: gradients against differences, and each prior by another way. */
#include <math.h>

#include "base/text.h"
#include "fit/glmm-parts.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "model/prior.h"
#include "stated.h"
#include "sweep.h"

static const char *const cbpp = "cbind(incidence, size - incidence) ~ period + (1 | herd)";

static struct stated with_prior(const char *data, const char *formula, const char *family, const char *prior,
                                enum fit_method method)
{
    const struct spec spec = { .formula = formula, .family = family, .prior = prior };
    const struct fit_options options = { .method = method };

    return state_spec(data, &spec, &options);
}

/* One standard deviation for the four periods of a herd is that of the herd's periods: fitted by the covariance of the rows, and
 * by modes. */
Test(prior, beside_a_structure)
{
    static const char *const priors[] = { "sd ~ gamma(2.5, 1); fixed ~ normal(0.2, 1)",
                                          "sd ~ t(3, 0, 0.4); (Intercept) ~ t(4, -1, 0.3)" };

    for (int i = 0; i < 2; i++) {
        struct stated a = with_prior("cbpp", "cbind(incidence, size - incidence) ~ period + homdiag(0 + period | herd)",
                                     "binomial", priors[i], METHOD_LAPLACE);
        struct stated b = with_prior("cbpp", "cbind(incidence, size - incidence) ~ period + (1 | herd:period)", "binomial",
                                     priors[i], METHOD_LAPLACE);

        cr_expect_float_eq(a.fit->loglik, b.fit->loglik, 1e-6);
        cr_expect_float_eq(a.fit->penalty, b.fit->penalty, 1e-5);
        cr_expect_gt(a.fit->penalty, 0.01);
        cr_expect_float_eq(a.fit->random[0].sd[0], b.fit->random[0].sd[0], 1e-5);
        for (int j = 0; j < 4; j++) {
            cr_expect_float_eq(a.fit->beta[j], b.fit->beta[j], 1e-5 * b.fit->se[j]);
            cr_expect_float_eq(a.fit->se[j], b.fit->se[j], 1e-4 * b.fit->se[j]);
        }
        stated_clear(&a);
        stated_clear(&b);
    }
}

static bool fit_again(void *context, struct glmm_error *err)
{
    struct fit *fit = model_fit(context, NULL, NULL, err);

    fit_free(fit);
    return fit != NULL;
}

/* Three terms have the same groups and one prior, which has a mode for each: of the pairs one differs, and then memory is out
 * where the next is looked at. */
Test(prior, memory_is_out_beside_a_tie)
{
    const struct spec spec = { .formula = "strength ~ 1 + (1 | sample) + (1 | batch:cask) + (1 | batch:sample)",
                               .prior = "sd ~ gamma(1, 0.1)" };
    struct stated s = stated_only("pastes", &spec);
    long passed, count = sweep_each(fit_again, s.model, &passed);

    cr_expect_gt(count, 0, "allocation %ld went wrong", -1 - count);
    stated_clear(&s);
}

/* What goes another way where memory is refused (a dispersion that is left where it is, an order that is not found) would be a
 * fit with other numbers. */
Test(prior, memory_that_a_fit_can_do_without_is_out_too)
{
    static const struct {
        const char *data;
        struct spec spec;
    } cases[] = {
        { "orthodont", { .formula = "distance ~ age + (1 | Subject)", .disp = "~Sex" } },
        { "orthodont", { .formula = "distance ~ age + (1 | Subject)", .disp = "~Sex", .family = "t" } },
        { "dyestuff", { .formula = "Yield ~ 1 + (1 | Batch)" } },
        { "penicillin", { .formula = "diameter ~ 1 + (1 | plate) + (1 | sample)", .prior = "sd ~ gamma(2, 0.1)" } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stated s = stated_only(cases[i].data, &cases[i].spec);
        long count = sweep_allocations(fit_again, s.model);

        cr_expect_gt(count, 20, "case %zu: allocation %ld", i, -1 - count);
        stated_clear(&s);
    }
}

/* --- the densities -------------------------------------------------------------------------------- */

/* -2 log density, as R's dnorm, dt, dcauchy and dgamma have it: its difference from that at the center (gamma: at 0, without
 * constants). */
Test(prior, densities)
{
    static const struct {
        struct prior_rule rule;
        double x, value;
    } cases[] = {
        { { .law = PRIOR_NORMAL, .center = 0.5, .scale = 2.5 }, 3, 1 },
        { { .law = PRIOR_T, .center = 0.5, .scale = 2.5, .df = 1 }, 3, 2 * M_LN2 },
        { { .law = PRIOR_T, .center = -1, .scale = 0.5, .df = 4 }, 1, 5 * 1.6094379124341003 },
        { { .law = PRIOR_GAMMA, .center = 2.5, .scale = 0.3 }, 2, 2 * (0.6 - 1.5 * M_LN2) },
        { { .law = PRIOR_GAMMA, .center = 1, .scale = 0.7 }, 2, 2.8 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct prior_rule *rule = &cases[i].rule;
        double h = 1e-5, slope, curvature, left, right, unused, value = prior_penalty(rule, cases[i].x, &slope, &curvature);
        double above = prior_penalty(rule, cases[i].x + h, &right, &unused);
        double below = prior_penalty(rule, cases[i].x - h, &left, &unused);

        cr_expect_float_eq(value, cases[i].value, 1e-12, "%zu: %.15g", i, value);
        cr_expect_float_eq(slope, (above - below) / (2 * h), 1e-8, "%zu: slope %.10g", i, slope);
        cr_expect_float_eq(curvature, (right - left) / (2 * h), 1e-8, "%zu: curvature %.10g", i, curvature);
    }
}

/* --- gradients ------------------------------------------------------------------------------------ */

static void check_gradient(const char *data, const char *formula, const char *family, const char *prior, bool restricted)
{
    struct stated s = with_prior(data, formula, family, prior, METHOD_DEFAULT);
    struct glm *m = glm_new(s.model->design, s.model->family, s.model->link, 1, NULL);
    double phi[12], gradient[12], h = 1e-4;
    int n = glm_parameter_count(m);

    cr_assert(!restricted || glm_restrict(m, NULL));
    glm_from_fit(m, s.fit, phi);
    for (int j = 0; j < n; j++)
        phi[j] = phi[j] * (1 + 0.02 * (j + 1)) + 0.01; /* where the slopes are not 0 */
    cr_assert_lt(glm_deviance(m, phi, gradient), MINIMIZE_BAD);
    for (int j = 0; j < n; j++) {
        double at = phi[j], step = h * fmax(fabs(at), 0.1), up, down;

        phi[j] = at + step;
        up = glm_deviance(m, phi, NULL);
        phi[j] = at - step;
        down = glm_deviance(m, phi, NULL);
        phi[j] = at;
        cr_assert_float_eq(gradient[j], (up - down) / (2 * step), 2e-5 * (1 + fabs(gradient[j])), "%s, %s: %d: %.8g against %.8g",
                           formula, prior, j, gradient[j], (up - down) / (2 * step));
    }
    glm_free(m);
    stated_clear(&s);
}

Test(prior, gradients)
{
    check_gradient("cbpp", cbpp, "binomial", "jeffreys; sd ~ gamma(2.5, 0.3)", false);
    check_gradient("cbpp", cbpp, "binomial", "fixed ~ cauchy(0.2, 2.5); (Intercept) ~ t(4, -1, 3); sd ~ t(3, 0, 1)", false);
    check_gradient("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, "cov ~ wishart(4.5, 300); Days ~ normal(8, 3)",
                   false);
    check_gradient("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, "sd ~ gamma(2.5, 0.01)", true);
    check_gradient("sleepstudy", "Reaction ~ Days + (Days || Subject)", NULL, "sd(Subject, Days) ~ normal(0, 10)", true);
}

/* --- two ways ------------------------------------------------------------------------------------- */

static void check_same(const struct fit *a, const struct fit *b, double tolerance)
{
    cr_assert_float_eq(a->loglik, b->loglik, tolerance, "%.10f %.10f", a->loglik, b->loglik);
    for (int j = 0; j < a->design->p; j++) {
        cr_assert_float_eq(a->beta[j], b->beta[j], tolerance * 10 * a->se[j], "%.10g %.10g", a->beta[j], b->beta[j]);
        cr_assert_float_eq(a->se[j], b->se[j], 1e-4 * a->se[j], "%.10g %.10g", a->se[j], b->se[j]);
    }
    cr_assert_float_eq(a->random[0].sd[0], b->random[0].sd[0], 1e-4 * a->random[0].sd[0]);
}

/* A prior without an opinion is none. */
Test(prior, flat_priors_are_none)
{
    struct stated plain = state("cbpp", cbpp, "binomial", METHOD_DEFAULT, 0);
    struct stated wide = with_prior("cbpp", cbpp, "binomial", "fixed ~ normal(0, 1e6); sd ~ gamma(1, 0)", METHOD_DEFAULT);

    check_same(plain.fit, wide.fit, 1e-6);
    cr_assert_float_eq(wide.fit->penalty, 0, 1e-9);
    cr_assert_float_eq(wide.fit->criterion, -2 * wide.fit->loglik + wide.fit->penalty, 1e-10);
    stated_clear(&plain);
    stated_clear(&wide);
    for (int ml = 0; ml < 2; ml++) {
        enum fit_method method = ml ? METHOD_ML : METHOD_REML;

        plain = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, method, 0);
        wide = with_prior("sleepstudy", "Reaction ~ Days + (Days | Subject)", NULL, "sd ~ gamma(1, 0)", method);
        cr_assert_eq(wide.fit->method, method);
        check_same(plain.fit, wide.fit, 1e-6);
        stated_clear(&plain);
        stated_clear(&wide);
    }
}

/* In a saturated table Firth's estimates are the logits of the counts with a half added. */
Test(prior, jeffreys_adds_a_half_to_each_cell)
{
    const struct spec spec = {
        .formula = "cbind(incidence, size - incidence) ~ period", .family = "binomial", .prior = "jeffreys", .where = "herd == 1"
    };
    const struct fit_options options = { 0 };
    struct stated s = state_spec("cbpp", &spec, &options);
    const struct design *d = s.model->design;
    double success[4] = { 0 }, trials[4] = { 0 }, least = INFINITY;

    cr_assert_eq(d->p, 4);
    for (size_t i = 0; i < d->n; i++) {
        int cell = 0;

        for (int j = 1; j < 4; j++)
            cell = d->X[i + (size_t)j * d->n] > 0.5 ? j : cell;
        success[cell] += d->y[i] * d->trials[i];
        trials[cell] += d->trials[i];
    }
    for (int j = 0; j < 4; j++) {
        double logit = log((success[j] + 0.5) / (trials[j] - success[j] + 0.5));

        least = fmin(least, success[j]);
        if (j == 0) { /* Fisher's information at these estimates */
            double p = 1 / (1 + exp(-logit));

            cr_assert_float_eq(s.fit->se[0], 1 / sqrt(trials[0] * p * (1 - p)), 1e-5);
        }
        cr_assert_float_eq((j > 0 ? s.fit->beta[0] : 0) + s.fit->beta[j], logit, 1e-6, "%d: %.8f %.8f", j,
                           (j > 0 ? s.fit->beta[0] : 0) + s.fit->beta[j], logit);
    }
    cr_assert_eq(least, 0); /* a cell without a success: without the prior its estimate is -Inf */
    cr_assert_null(s.fit->recession);
    cr_assert_eq(s.fit->optimum.verdict, VERDICT_OK, "%s", s.fit->optimum.message);
    stated_clear(&s);
}

/* With one random effect Wishart's and gamma's kernels are one: -2 (df - 2) log sd. */
Test(prior, wishart_of_one_effect_is_gamma)
{
    struct stated a = with_prior("dyestuff2", "Yield ~ 1 + (1 | Batch)", NULL, "sd ~ gamma(2.5, 0)", METHOD_DEFAULT);
    struct stated b = with_prior("dyestuff2", "Yield ~ 1 + (1 | Batch)", NULL, "cov ~ wishart(3.5)", METHOD_DEFAULT);

    check_same(a.fit, b.fit, 1e-7);
    cr_assert_eq(a.fit->method, METHOD_REML);
    cr_assert_eq(a.fit->optimum.verdict, VERDICT_OK);
    cr_assert_gt(a.fit->random[0].sd[0], 0.1); /* without the prior it is 0 */
    stated_clear(&a);
    stated_clear(&b);
}

/* The penalized REML criterion by the engine of linear models, sigma and the SD searched by halves of a bracket. */
struct direct {
    struct lmm *lmm;
    double sd;
};

static double at_sigma(struct direct *d, double log_sigma)
{
    double theta = d->sd / exp(log_sigma);

    return lmm_deviance_at(d->lmm, &theta, log_sigma, NULL);
}

static double golden(double (*f)(struct direct *, double), struct direct *d, double low, double high, double *where)
{
    const double share = 0.5 * (sqrt(5) - 1);

    for (int i = 0; i < 90; i++) {
        double a = high - share * (high - low), b = low + share * (high - low);

        if (f(d, a) < f(d, b))
            high = b;
        else
            low = a;
    }
    *where = 0.5 * (low + high);
    return f(d, *where);
}

static double at_sd(struct direct *d, double sd)
{
    double where;

    d->sd = sd;
    return golden(at_sigma, d, -1, 4, &where) - 2 * (1.5 * log(sd) - 0.1 * sd);
}

Test(prior, gamma_by_direct_search)
{
    struct stated s = with_prior("dyestuff2", "Yield ~ 1 + (1 | Batch)", NULL, "sd ~ gamma(2.5, 0.1)", METHOD_DEFAULT);
    struct direct d = { .lmm = lmm_new(s.model->design, true, NULL) };
    double sd, value = golden(at_sd, &d, 0.01, 10, &sd);

    cr_assert_float_eq(s.fit->criterion, value, 1e-7, "%.10f %.10f", s.fit->criterion, value);
    cr_assert_float_eq(s.fit->random[0].sd[0], sd, 1e-5, "%.10f %.10f", s.fit->random[0].sd[0], sd);
    lmm_free(d.lmm);
    stated_clear(&s);
}

/* A normal prior of a slope is a row of data: beta = (X'X + sigma^2/s^2 e e')^-1 (X'y + sigma^2/s^2 m e). */
Test(prior, normal_is_ridge)
{
    struct stated s = with_prior("sleepstudy", "Reaction ~ Days", NULL, "Days ~ normal(5, 0.5)", METHOD_DEFAULT);
    const struct design *d = s.model->design;
    double ratio = s.fit->sigma * s.fit->sigma / 0.25, a = (double)d->n, b = 0, c = ratio, u = 0, v = 5 * ratio, det, rss = 0;

    for (size_t i = 0; i < d->n; i++) {
        double x = d->X[i + d->n];

        b += x;
        c += x * x;
        u += d->y[i];
        v += x * d->y[i];
    }
    det = a * c - b * b;
    cr_assert_eq(s.fit->method, METHOD_ML);
    cr_assert_float_eq(s.fit->beta[0], (c * u - b * v) / det, 1e-6);
    cr_assert_float_eq(s.fit->beta[1], (a * v - b * u) / det, 1e-7);
    cr_assert_float_eq(s.fit->se[1], s.fit->sigma * sqrt(a / det), 1e-7);
    for (size_t i = 0; i < d->n; i++)
        rss += pow(d->y[i] - s.fit->beta[0] - s.fit->beta[1] * d->X[i + d->n], 2);
    cr_assert_float_eq(s.fit->sigma, sqrt(rss / a), 1e-5);
    stated_clear(&s);
}

/* --- what is refused ------------------------------------------------------------------------------ */

static void check_refused(const char *formula, const char *family, const char *prior, const char *message, int begin)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days", NULL, METHOD_DEFAULT, 0);
    const struct spec spec = { .formula = formula, .family = family, .prior = prior };
    struct glmm_error err = { 0 };

    cr_assert_null(model_new("m", s.frame, &spec, NULL, &err), "%s", prior);
    cr_assert_not_null(strstr(err.message, message), "%s: %s", prior, err.message);
    cr_assert_eq(err.at.begin, begin, "%s: %d", prior, err.at.begin);
    cr_assert_str_eq(err.argument, "prior");
    stated_clear(&s);
}

Test(prior, refusals)
{
    const char *formula = "Reaction ~ Days + (Days | Subject)";

    check_refused(formula, NULL, "fixed ~ norml(0, 1)", "no prior distribution `norml`", 8);
    check_refused(formula, NULL, "fixed ~ normal(0)", "written normal(mean, sd)", 8);
    check_refused(formula, NULL, "fixed ~ normal(0, 0)", "more than 0", 8);
    check_refused(formula, NULL, "Dais ~ normal(0, 1)", "no coefficient `Dais`", 0);
    check_refused(formula, NULL, "sd(subject) ~ gamma(2, 0)", "no random effect `subject`", 0);
    check_refused(formula, NULL, "fixed ~ gamma(2, 0)", "may be negative", 0);
    check_refused(formula, NULL, "cov ~ gamma(2, 0)", "wishart", 0);
    check_refused(formula, NULL, "cov ~ wishart(2)", "df of at least 3", 0);
    check_refused(formula, NULL, "sd ~ gamma(0.5, 0)", "shape of at least 1", 5);
    check_refused(formula, NULL, "jeffreys", "binomial and poisson", 0);
    check_refused(formula, NULL, "fixed ~ normal(0, 1) fixed", "behind a prior", 21);
    check_refused(formula, NULL, "sd ~ gamma(2, 0); sd ~ gamma(3, 0)", "has a prior already", 18);
    check_refused(formula, NULL, "wide", "WHAT ~ DISTRIBUTION", 0);
    check_refused("Reaction ~ Days", NULL, "sd ~ gamma(2, 0)", "no random effects", 0);
    check_refused("Reaction ~ 1", NULL, "fixed ~ normal(0, 2)", "no coefficients beside", 0);
    check_refused("Reaction ~ Days + ar1(0 + factor(Days) | Subject)", NULL, "cov ~ wishart(12)", "without a structure", 0);
}

/* --- words ------------------------------------------------------------------------------------------ */

Test(prior, wrong_words_have_a_place)
{
    static const struct {
        const char *text, *says;
        int begin, end;
    } wrong[] = {
        { "fixed ~ norml(0, 1)", "no prior distribution `norml`", 8, 13 },
        { "sd ~ gamma(2)", "is written gamma(", 5, 13 },
        { "sd ~ gamma 2, 0", "is written gamma(", 5, 11 },
        { "sd ~ gamma(2, 0", "is written gamma(", 5, 15 },
        { "sd ~ gamma(2, 0; fixed ~ normal(0, 1)", "is written gamma(", 5, 15 },
        { "sd ~ gamma(2, x)", "is written gamma(", 5, 14 },
        { "sd ~ gamma(2, inf)", "is written gamma(", 5, 14 },
        { "sd ~ t(1, 2, 3, 4, 5, 6)", "is written t(", 5, 16 },
        { "sd ~ gamma(0.5, 0)", "a shape of at least 1", 5, 18 },
        { "sd ~ gamma(2, -1)", "a shape of at least 1", 5, 17 },
        { "Days ~ normal(0, 0)", "the scale of a prior distribution is more than 0", 7, 19 },
        { "Days ~ t(0, 0, 1)", "the scale (and the degrees of freedom)", 7, 17 },
        { "cov ~ wishart(0)", "the scale (and the degrees of freedom)", 6, 16 },
        { "cov ~ wishart(3, -1)", "the scale (and the degrees of freedom)", 6, 20 },
        { "~ normal(0, 1)", "something before its `~`", 0, 1 },
        { "  ~ normal(0, 1)", "something before its `~`", 0, 3 },
        { "wide", "WHAT ~ DISTRIBUTION", 0, 4 },
        { "sd", "WHAT ~ DISTRIBUTION", 0, 2 },
        { "fixed ~ normal(0, 1) sd", "behind a prior stands `;`", 21, 23 },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct glmm_error err = { .at = NOWHERE };
        struct arena *arena = arena_new();

        cr_expect_null(prior_parse(arena, wrong[i].text, &err));
        cr_expect(strstr(err.message, wrong[i].says) != NULL, "%s: %s", wrong[i].text, err.message);
        cr_expect(err.at.begin == wrong[i].begin && err.at.end == wrong[i].end, "%s: %d to %d", wrong[i].text, err.at.begin,
                  err.at.end);
        arena_free(arena);
    }
}

Test(prior, words)
{
    struct glmm_error err = { .at = NOWHERE };
    struct arena *arena = arena_new();
    struct text many = { 0 };
    const struct prior *prior = prior_parse(arena,
                                            "`fixed` ~ normal(1,2) ; sd(g, x) ~ t(3, 0, .5);cov(g)~wishart(4); "
                                            "zi(z) ~ cauchy(-1, 1e1); disp ~ normal(0, 1); firth",
                                            &err);

    cr_assert_not_null(prior, "%s", err.message);
    cr_assert_eq(prior->count, 6);
    cr_expect_eq(prior->rules[0].target, PRIOR_FIXED);
    cr_expect(prior->rules[0].center == 1 && prior->rules[0].scale == 2);
    cr_expect_eq(prior->rules[1].target, PRIOR_SD);
    cr_expect(prior->rules[1].df == 3 && prior->rules[1].scale == 0.5);
    cr_expect_eq(prior->rules[2].target, PRIOR_COVARIANCE);
    cr_expect(prior->rules[2].df == 4 && isinf(prior->rules[2].scale));
    cr_expect(prior->rules[3].part == DESIGN_ZERO && prior->rules[3].center == -1 && prior->rules[3].scale == 10);
    cr_expect(prior->rules[4].part == DESIGN_DISPERSION && prior->rules[4].target == PRIOR_FIXED);
    cr_expect_eq(prior->rules[5].target, PRIOR_JEFFREYS);
    for (int i = 0; i < 1000; i++)
        text_add(&many, "x~t(1,0,1);");
    cr_expect_null(prior_parse(arena, text_string(&many), &err));
    cr_expect(strstr(err.message, "at most") != NULL, "%s", err.message);
    text_clear(&many);
    arena_free(arena);
}
