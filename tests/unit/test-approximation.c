/* test-approximation.c -- what Laplace's approximation leaves out, by draws in models with structures. */
#include <math.h>

#include "base/text.h"
#include "stated.h"

static void check_price(const char *data, const char *structured, const char *plain)
{
    struct stated a = state(data, structured, "binomial", METHOD_LAPLACE, 1),
                  b = state(data, plain, "binomial", METHOD_LAPLACE, 1);
    const struct approximation *by_draws = &a.fit->approximation, *by_nodes = &b.fit->approximation;

    cr_expect_float_eq(a.fit->loglik, b.fit->loglik, 1e-5);
    cr_expect_eq(by_draws->kind, by_nodes->kind);
    cr_expect_neq(by_nodes->kind, APPROXIMATION_NONE);
    cr_expect_gt(by_nodes->nodes, 0);
    cr_expect_gt(by_draws->error, 0);
    cr_expect_float_eq(by_draws->drift, by_nodes->drift, 3 * by_draws->error, "%s: %g (%g), by nodes %g", structured,
                       by_draws->drift, by_draws->error, by_nodes->drift);
    stated_clear(&a);
    stated_clear(&b);
}

/* What Laplace's approximation leaves out of a model with structures, by draws, is what nodes say of the same model. */
Test(approximation, approximations_of_structures_are_priced)
{
    struct stated far;

    check_price("cbpp", "cbind(incidence, size - incidence) ~ period + homdiag(0 + period | herd)",
                "cbind(incidence, size - incidence) ~ period + (1 | herd:period)");
    check_price("cbpp", "cbind(incidence, size - incidence) ~ period + (1 | herd) + homdiag(0 + period | herd)",
                "cbind(incidence, size - incidence) ~ period + (1 | herd) + (1 | herd:period)");
    /* Here the intercept moves most, by more than four standard errors. */
    check_price("toenail", "outcome ~ time + homdiag(0 + treatment | patientID)", "outcome ~ time + (1 | patientID)");
    /* One visit an effect: the search ends lower than glmmTMB's (399.08; its objective has 393.4567 here, too), but by
     * quadrature, a common factor outside, each visit's own effect inside, the log-likelihood is -747.3 there. */
    far = state("toenail", "outcome ~ treatment * time + cs(0 + factor(visit) | patientID)", "binomial", METHOD_LAPLACE, 1);
    cr_expect_float_eq(far.fit->loglik, -393.4567, 1e-3);
    cr_expect(fit_is_rough(far.fit));
    stated_clear(&far);
}

/* A bundled table with its rows from the last to the first. */
static struct frame *reversed(const char *data)
{
    const char *root = getenv("srcdir");
    struct glmm_error err = { 0 };
    struct text text = { 0 };
    char path[500], line[500], (*lines)[500] = malloc(4000 * sizeof *lines);
    struct frame *frame;
    FILE *file;
    int count = 0;

    snprintf(path, sizeof path, "%s/data/%s.csv", root == NULL ? "." : root, data);
    cr_assert_not_null(file = fopen(path, "r"));
    cr_assert_not_null(fgets(line, sizeof line, file));
    text_add(&text, line);
    while (count < 4000 && fgets(lines[count], sizeof *lines, file) != NULL)
        count++;
    fclose(file);
    while (count > 0)
        text_add(&text, lines[--count]);
    frame = csv_read_bytes(text_string(&text), text.length, data, NULL, &err);
    cr_assert_not_null(frame, "%s", err.message);
    text_clear(&text);
    free(lines);
    return frame;
}

/* Draws belong to clusters by their rows, of which there are more or fewer, not by where these stand. */
Test(approximation, the_price_does_not_hang_on_the_order_of_rows)
{
    const struct spec spec = { .formula = "count ~ 1 + homdiag(0 + spp | site)", .family = "poisson" };
    struct stated a = state_spec("salamanders", &spec, NULL), b = { .frame = reversed("salamanders") };
    struct glmm_error err = { 0 };

    b.model = model_new("m", b.frame, &spec, NULL, &err);
    cr_assert_not_null(b.model, "%s", err.message);
    b.fit = model_fit(b.model, NULL, NULL, &err);
    cr_assert_not_null(b.fit, "%s", err.message);
    cr_expect_float_eq(a.fit->loglik, b.fit->loglik, 1e-7);
    cr_expect_eq(a.fit->approximation.kind, b.fit->approximation.kind);
    cr_expect_gt(a.fit->approximation.draws, 0);
    cr_expect_float_eq(a.fit->approximation.drift, b.fit->approximation.drift, 1e-6, "%g, %g", a.fit->approximation.drift,
                       b.fit->approximation.drift);
    cr_expect_float_eq(a.fit->approximation.error, b.fit->approximation.error, 1e-6);
    stated_clear(&a);
    stated_clear(&b);
}

/* Nor on the order of the columns of X, the first of which is the engine's first coordinate. */
Test(approximation, the_price_does_not_hang_on_the_order_of_columns)
{
    static const char *const formulas[] = {
        "cbind(incidence, size - incidence) ~ 0 + I(size^0) + size + homdiag(0 + period | herd)",
        "cbind(incidence, size - incidence) ~ 0 + size + I(size^0) + homdiag(0 + period | herd)"
    };
    struct stated a = state("cbpp", formulas[0], "binomial", METHOD_LAPLACE, 1),
                  b = state("cbpp", formulas[1], "binomial", METHOD_LAPLACE, 1);
    const struct approximation *one = &a.fit->approximation, *other = &b.fit->approximation;

    cr_expect_float_eq(a.fit->loglik, b.fit->loglik, 1e-7);
    cr_expect(one->kind == other->kind && one->draws == other->draws && one->draws > 0);
    cr_expect_float_eq(one->drift, other->drift, 1e-4 * fabs(one->drift), "%g, %g", one->drift, other->drift);
    cr_expect_float_eq(one->error, other->error, 1e-3 * one->error, "%g, %g", one->error, other->error);
    stated_clear(&a);
    stated_clear(&b);
}
