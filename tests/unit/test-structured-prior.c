/* test-structured-prior.c -- priors of linear models with structures: slopes against differences, the same model by the other
 * engine, and R's optim on the penalized criterion. */
#include <math.h>

#include "fit/rowcov.h"
#include "model/structure.h"
#include "rowcov-slopes.h"
#include "stated.h"

/* --- slopes ------------------------------------------------------------------------------------------- */

static void check_gradient(const struct spec *spec, bool reml)
{
    struct stated s = stated_only("orthodont", spec);
    struct glmm_error err = { 0 };
    struct rowcov *m = rowcov_new(s.model->design, NULL, NULL, reml, NULL, &err);
    double x[60] = { 0 };
    char what[300];
    int count;

    cr_assert_not_null(m, "%s: %s", spec->formula, err.message);
    count = rowcov_count(m);
    cr_assert_leq(count, 60);
    rowcov_start(m, 0.4, x);
    for (int i = 0; i < count; i++)
        x[i] += 0.03 * ((i * 7) % 5 - 2);
    snprintf(what, sizeof what, "%s %s, %s", spec->formula, spec->residual == NULL ? "" : spec->residual, spec->prior);
    check_rowcov_slopes(m, x, what);
    rowcov_free(m);
    stated_clear(&s);
}

#define SDS "sd ~ gamma(2.5, 0.7)"

Test(structured_prior, gradients_of_random_effects)
{
    char text[120];

    for (int i = 0; structure_name(i) != NULL; i++) {
        const struct structure *row = structure_find(structure_name(i));

        snprintf(text, sizeof text, "distance ~ age + (1 | Sex) + %s(0 + %s | Subject)", row->name,
                 row->place == PLACE_SPACE ? "pos(age)" : "factor(age)");
        check_gradient(&(struct spec){ .formula = text, .prior = SDS }, true);
        check_gradient(&(struct spec){ .formula = text, .prior = SDS "; fixed ~ normal(0, 0.3)" }, false);
        check_gradient(&(struct spec){ .formula = text, .prior = "fixed ~ cauchy(0, 0.1); (Intercept) ~ t(3, 10, 0.2)" }, false);
    }
}

Test(structured_prior, gradients_of_residuals)
{
    char text[80];

    for (int i = 0; structure_residual_name(i) != NULL; i++) {
        struct spec spec = { .formula = "distance ~ age + (1 + age | Subject)", .residual = text };

        snprintf(text, sizeof text, "%s(age | Subject)", structure_residual_name(i));
        spec.prior = "cov ~ wishart(5, 3)";
        check_gradient(&spec, true);
        spec.prior = "cov ~ wishart(3); fixed ~ cauchy(0.2, 0.1)";
        check_gradient(&spec, false);
        spec.prior = "sd(Subject, age) ~ normal(0, 0.1)";
        check_gradient(&spec, true);
    }
}

/* --- two ways ------------------------------------------------------------------------------------------ */

static void same_fits(const char *data, const char *structured, const char *plain, const char *prior, enum fit_method method)
{
    const struct fit_options options = { .method = method };
    struct stated a = state_spec(data, &(struct spec){ .formula = structured, .prior = prior }, &options),
                  b = state_spec(data, &(struct spec){ .formula = plain, .prior = prior }, &options);

    cr_expect_not_null(a.fit->structured);
    cr_expect_null(b.fit->structured);
    cr_expect_eq(a.fit->method, b.fit->method);
    cr_expect_eq(a.fit->optimum.verdict, VERDICT_OK, "%s", a.fit->optimum.message);
    cr_expect_float_eq(a.fit->criterion, b.fit->criterion, 1e-6, "%s, %s: %.9f and %.9f", structured, prior, a.fit->criterion,
                       b.fit->criterion);
    cr_expect_float_eq(a.fit->penalty, b.fit->penalty, 1e-4);
    cr_expect_float_eq(a.fit->sigma, b.fit->sigma, 1e-5 * b.fit->sigma);
    cr_expect_float_eq(a.fit->random[0].sd[0], b.fit->random[0].sd[0], 1e-4 * b.fit->random[0].sd[0]);
    for (int j = 0; j < a.model->design->p; j++) {
        cr_expect_float_eq(a.fit->beta[j], b.fit->beta[j], 1e-4 * b.fit->se[j], "%s, %s", structured, prior);
        cr_expect_float_eq(a.fit->se[j], b.fit->se[j], 1e-4 * b.fit->se[j], "%s, %s: %g and %g", structured, prior, a.fit->se[j],
                           b.fit->se[j]);
    }
    stated_clear(&a);
    stated_clear(&b);
}

Test(structured_prior, one_variance_written_otherwise)
{
    static const char *const priors[] = { "sd ~ gamma(2.5, 0.1)", "sd ~ gamma(2.5, 0)", "sd ~ normal(0, 2)",
                                          "cov ~ wishart(4, 10)" };
    static const char *const coefficients[] = { "sd ~ gamma(2.5, 0.1); fixed ~ normal(0, 5)", "fixed ~ cauchy(0, 2)",
                                                "MachineB ~ t(3, 20, 1); sd ~ normal(0, 3)" };

    for (size_t i = 0; i < sizeof priors / sizeof *priors; i++) {
        same_fits("machines", "score ~ Machine + homdiag(1 | Worker)", "score ~ Machine + (1 | Worker)", priors[i],
                  METHOD_DEFAULT);
        same_fits("machines", "score ~ Machine + homdiag(1 | Worker)", "score ~ Machine + (1 | Worker)", priors[i], METHOD_ML);
    }
    for (size_t i = 0; i < sizeof coefficients / sizeof *coefficients; i++)
        same_fits("machines", "score ~ Machine + homdiag(1 | Worker)", "score ~ Machine + (1 | Worker)", coefficients[i],
                  METHOD_DEFAULT);
    /* a variance that is estimated as 0 without it */
    same_fits("dyestuff2", "Yield ~ 1 + homdiag(1 | Batch)", "Yield ~ 1 + (1 | Batch)", "sd ~ gamma(2.5, 0)", METHOD_DEFAULT);
}

/* --- another program ------------------------------------------------------------------------------------- */

/* optim() of R on -2 log of the likelihood times the prior, with the covariance matrix written out. */
struct known {
    const char *formula, *prior;
    enum fit_method method;
    double criterion, sd, rho, sigma, intercept, age, error; /* error: of age; NaN: not taken */
};

Test(structured_prior, values_of_optim)
{
    static const char *const intercepts = "distance ~ age + (1 | Subject)", *const gamma = "sd ~ gamma(2.5, 0.5)";
    const struct known known[] = {
        { intercepts, gamma, METHOD_DEFAULT, 446.7932417, 2.12678829, 0.04569153, 1.44840387, 16.770532092, 0.659574733,
          0.062981215 },
        { intercepts, "sd ~ gamma(2.5, 0.5); fixed ~ normal(0, 0.3)", METHOD_DEFAULT, 447.8732929, 2.085924742, 0.036321536,
          1.437255016, 17.069285776, 0.632363927, 0.061067681 },
        { intercepts, "fixed ~ cauchy(0, 0.1)", METHOD_DEFAULT, 450.9097214, 2.064161748, 0.034083726, 1.435473819, 16.896693273,
          0.648041957, (double)NAN },
        { "distance ~ age + (I(age - 11) | Subject)", "cov ~ wishart(5, 2)", METHOD_REML, 442.3759525, 2.18442587, -0.51342394,
          1.08206386, (double)NAN, (double)NAN, (double)NAN },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct known *k = &known[i];
        struct stated s =
            state_spec("orthodont", &(struct spec){ .formula = k->formula, .prior = k->prior, .residual = "ar1(age | Subject)" },
                       &(struct fit_options){ .method = k->method });
        const struct fit *fit = s.fit;

        cr_expect_eq(fit->optimum.verdict, VERDICT_OK, "%s", fit->optimum.message);
        cr_expect_float_eq(fit->criterion, k->criterion, 1e-6, "%.9f, optim's %.9f", fit->criterion, k->criterion);
        cr_expect_float_eq(fit->criterion, -2 * fit->loglik + fit->penalty, 1e-9);
        cr_expect_float_eq(fit->random[0].sd[0], k->sd, 1e-6);
        cr_expect_float_eq(fit->residual->parameters[0].estimate, k->rho, 1e-6);
        cr_expect_float_eq(fit->sigma, k->sigma, 1e-6);
        cr_expect_null(fit->df);
        if (isnan(k->age)) {
            cr_expect_float_eq(fit->random[0].sd[1], 0.35150543, 1e-6);
            cr_expect_float_eq(fit->random[0].correlation[1], 0.38158934, 1e-6);
        } else {
            cr_expect_float_eq(fit->beta[0], k->intercept, 1e-6);
            cr_expect_float_eq(fit->beta[1], k->age, 1e-7);
        }
        if (!isnan(k->error))
            cr_expect_float_eq(fit->se[1], k->error, 1e-7);
        stated_clear(&s);
    }
}
