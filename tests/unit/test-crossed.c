/* test-crossed.c -- two crossed effects of some 330 levels each, of counts and of binary responses: the tail of their factor is
 * large, so that starts are without a factor, modes with the one before, and the Hessian by kept products.  Values of glmmTMB 1.1
 * (counts: lme4 has 6929.73669 too), of the same numbers. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "study.h"

enum { ROWS = 2000, LEVELS_A = 340, LEVELS_B = 330 };

static double uniform(uint64_t *state)
{
    *state = (*state * 1664525 + 1013904223) % (UINT64_C(1) << 32);
    return ((double)*state + 0.5) / 4294967296.0;
}

static void draw_effects(uint64_t *state, int count, double size, double effect[])
{
    for (int l = 0; l < count; l++) {
        effect[l] = uniform(state) + uniform(state);
        effect[l] = size * (effect[l] + uniform(state) - 1.5);
    }
}

/* Knuth's. */
static int draw_count(uint64_t *state, double mean)
{
    double least = exp(-mean), product = uniform(state);
    int count = 0;

    for (; product > least; product *= uniform(state))
        count++;
    return count;
}

static struct glmm_data *crossed_data(void)
{
    static char names[ROWS][2][8];
    static const char *a[ROWS], *b[ROWS];
    static double x[ROWS];
    static int y[ROWS], z[ROWS];
    double of_a[LEVELS_A], of_b[LEVELS_B];
    struct glmm_error err = { 0 };
    struct glmm_data *data = glmm_data_new(ROWS, &err);
    uint64_t state = 12345;

    draw_effects(&state, LEVELS_A, 1.6, of_a);
    draw_effects(&state, LEVELS_B, 1.0, of_b);
    for (int i = 0; i < ROWS; i++) {
        int at = (int)(uniform(&state) * LEVELS_A), bt = (int)(uniform(&state) * LEVELS_B);
        double eta;

        x[i] = uniform(&state) - 0.5;
        eta = 0.3 + 0.8 * x[i] + of_a[at] + of_b[bt];
        y[i] = draw_count(&state, exp(eta));
        z[i] = uniform(&state) < 1 / (1 + exp(-eta));
        snprintf(names[i][0], sizeof names[i][0], "a%d", at);
        snprintf(names[i][1], sizeof names[i][1], "b%d", bt);
        a[i] = names[i][0];
        b[i] = names[i][1];
    }
    cr_assert(data != NULL && glmm_data_add_real(data, "x", x, &err) && glmm_data_add_integer(data, "y", y, &err)
                  && glmm_data_add_integer(data, "z", z, &err) && glmm_data_add_factor(data, "a", a, &err)
                  && glmm_data_add_factor(data, "b", b, &err),
              "%s", err.message);
    return data;
}

struct values {
    double beta[2], se[2], sd[2], deviance;
};

static void expect(const char *formula, const char *family, const struct values *right)
{
    struct glmm_model_options how = { .size = sizeof how, .family = family };
    struct study study = { .data = crossed_data() };

    study_fit(&study, formula, &how);
    cr_expect_eq(glmm_fit_verdict(study.fit), GLMM_CONVERGED);
    cr_expect_float_eq(-2 * glmm_fit_loglik(study.fit), right->deviance, 3e-6);
    for (int j = 0; j < 2; j++) {
        struct glmm_random random;

        cr_expect_float_eq(glmm_fit_estimates(study.fit)[j], right->beta[j], 2e-5);
        cr_expect_float_eq(glmm_fit_standard_errors(study.fit)[j], right->se[j], 1e-5);
        cr_assert(glmm_fit_random(study.fit, j, &random));
        cr_expect_float_eq(random.sd[0], right->sd[j], 2e-5);
    }
    study_clear(&study);
}

Test(crossed, counts)
{
    static const struct values right = {
        { 0.292136976861, 0.805042754138 }, { 0.056105141, 0.067848719 }, { 0.764254310957, 0.502197044104 }, 6929.736688792074
    };

    expect("y ~ x + (1 | a) + (1 | b)", "poisson", &right);
}

Test(crossed, binary)
{
    static const struct values right = {
        { 0.303303231506, 0.586205185170 }, { 0.067430203, 0.177395494 }, { 0.716342787237, 0.362960272858 }, 2679.106554109103
    };

    expect("z ~ x + (1 | a) + (1 | b)", "binomial", &right);
}
