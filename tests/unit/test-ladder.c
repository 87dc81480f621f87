/* test-ladder.c -- the rungs are the fits, the drifts are their differences, and the words follow from them. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv.h"
#include "fit/glmm.h"
#include "fit/quadrature.h"
#include "infer/ladder.h"
#include "sweep.h"

struct subject {
    struct frame *frame;
    struct formula *formula;
    struct design *design;
    const struct family *family;
    const struct link *link;
};

static struct subject state(const char *data, const char *text, const char *family)
{
    const char *root = getenv("srcdir");
    struct subject s = { .family = family_find(family, NULL) };
    struct design_options options = { .response = s.family->response };
    struct glmm_error err = { 0 };
    char path[500];

    s.link = family_link(s.family, NULL, NULL);
    snprintf(path, sizeof path, "%s/data/%s.csv", root == NULL ? "." : root, data);
    s.frame = csv_read(path, data, NULL, NULL, &err);
    cr_assert_not_null(s.frame, "%s", err.message);
    s.formula = formula_parse(text, s.frame, &err);
    cr_assert_not_null(s.formula, "%s", err.message);
    s.design = design_new(s.frame, s.formula, &options, NULL, &err);
    cr_assert_not_null(s.design, "%s", err.message);
    return s;
}

static void clear(struct subject *s)
{
    design_free(s->design);
    formula_free(s->formula);
    frame_free(s->frame);
}

static struct ladder *climb(const struct subject *s)
{
    struct glmm_error err = { 0 };
    struct ladder *ladder = ladder_new(s->design, s->family, s->link, NULL, &err);

    cr_assert_not_null(ladder, "%s", err.message);
    return ladder;
}

Test(ladder, rungs_are_fits)
{
    struct subject s = state("bacteria", "y ~ trt + (1 | ID)", "binomial");
    struct ladder *ladder = climb(&s);
    int last = ladder->rungs - 1;

    cr_assert_eq(ladder->count, 4);
    cr_assert_str_eq(ladder->name[3], "SD (Intercept)");
    cr_assert_str_eq(ladder->group[3], "ID");
    for (int r = 0; r < ladder->rungs; r++) {
        struct fit_options options = { .method = r == 0 ? METHOD_LAPLACE : METHOD_AGQ, .nodes = ladder->nodes[r] };
        struct fit *fit = glm_fit(s.design, s.family, s.link, &options, NULL, NULL);

        cr_assert_float_eq(ladder->loglik[r], fit->loglik, 1e-9);
        for (int j = 0; j < 3; j++)
            cr_assert_float_eq(ladder->estimate[r * 4 + j], fit->beta[j], 1e-9);
        cr_assert_float_eq(ladder->estimate[r * 4 + 3], fit->random[0].sd[0], 1e-9);
        if (r == last) {
            cr_assert_float_eq(ladder->se[1], fit->se[1], 1e-9);
            cr_assert_float_eq(ladder->se[3], sqrt(fit->joint_vcov[3 + 3 * fit->joint_count]), 1e-6);
        }
        fit_free(fit);
    }
    cr_assert_eq(ladder->verdict, LADDER_LAPLACE_OFF); /* binary, five rows a child at most */
    cr_assert_eq(ladder->worst, 3);
    cr_assert_float_eq(ladder->worst_drift, ladder_drift(ladder, 0, 3), 1e-15);
    cr_assert_lt(ladder->worst_drift, -LADDER_GOOD);
    cr_assert_lt(ladder->moved[last], LADDER_STABLE);
    cr_assert_eq(ladder_drift(ladder, last, 3), 0);
    cr_assert_null(ladder->ended);
    ladder_free(ladder);
    clear(&s);
}

Test(ladder, laplace_is_good_for_large_counts)
{
    struct subject s = state("cbpp", "cbind(incidence, size - incidence) ~ period + (1 | herd)", "binomial");
    struct ladder *ladder = climb(&s);

    cr_assert_eq(ladder->verdict, LADDER_LAPLACE_GOOD);
    cr_assert_leq(ladder->nodes[ladder->rungs - 1], 9);
    cr_assert_float_eq(ladder->loglik[0], -92.026282, 1e-5);
    ladder_free(ladder);
    clear(&s);
}

/* The standard errors of standard deviations and of the correlation, against differences of another kind: of log SD and of the
 * Fisher transform, whose delta method must agree. */
Test(ladder, errors_of_vector_effects)
{
    struct subject s = state("epil", "y ~ trt + (V4 | subject)", "poisson");
    struct ladder *ladder = climb(&s);
    struct fit_options options = { .method = METHOD_AGQ, .nodes = ladder->nodes[ladder->rungs - 1] };
    struct fit *fit = glm_fit(s.design, s.family, s.link, &options, NULL, NULL);
    const double *L = fit->random[0].lambda;
    int p = fit->design->p, size = fit->joint_count;
    double sd = sqrt(L[1] * L[1] + L[3] * L[3]), slope[3] = { 0, L[1] / sd, L[3] / sd }, variance = 0;

    cr_assert_eq(ladder->count, p + 3);
    cr_assert_str_eq(ladder->name[p + 2], "Corr (Intercept), V4");
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            variance += slope[i] * fit->joint_vcov[p + i + (p + j) * size] * slope[j];
    cr_assert_float_eq(ladder->se[p + 1], sqrt(variance), 1e-6 * sqrt(variance));
    /* rho = L21 / sd: its slopes in L21 and L22 */
    slope[1] = L[3] * L[3] / (sd * sd * sd);
    slope[2] = -L[1] * L[3] / (sd * sd * sd);
    variance = 0;
    for (int i = 1; i < 3; i++)
        for (int j = 1; j < 3; j++)
            variance += slope[i] * fit->joint_vcov[p + i + (p + j) * size] * slope[j];
    if (fit->optimum.verdict == VERDICT_OK)
        cr_assert_float_eq(ladder->se[p + 2], sqrt(variance), 1e-5 * sqrt(variance));
    fit_free(fit);
    ladder_free(ladder);
    clear(&s);
}

/* One evaluation with more nodes, and one Newton step from there, foretell what a fit with them finds. */
Test(ladder, a_fit_prices_its_own_approximation)
{
    struct subject s = state("toenail", "outcome ~ treatment * time + (1 | patientID)", "binomial");
    struct fit *few = glm_fit(s.design, s.family, s.link, &(struct fit_options){ .method = METHOD_AGQ, .nodes = 9 }, NULL, NULL);
    struct fit *more =
        glm_fit(s.design, s.family, s.link, &(struct fit_options){ .method = METHOD_AGQ, .nodes = 25 }, NULL, NULL);
    int last = s.design->p;
    double moved = (more->random[0].sd[0] - few->random[0].sd[0]) / sqrt(few->joint_vcov[last * (few->joint_count + 1)]);

    cr_assert_eq(few->approximation.kind, APPROXIMATION_SD);
    cr_assert_str_eq(few->approximation.group, "patientID");
    cr_assert_eq(few->approximation.nodes, 25);
    cr_assert_float_eq(few->approximation.drift, moved, 0.2 * moved, "%g, and it moves by %g", few->approximation.drift, moved);
    cr_assert(fit_is_rough(few) && !fit_is_rough(more));
    fit_free(few);
    fit_free(more);
    clear(&s);
}

/* With as many nodes as there may be nothing is closer, and nothing is said of a drift. */
Test(ladder, a_fit_with_all_nodes_has_no_price)
{
    struct subject s = state("cbpp", "cbind(incidence, size - incidence) ~ 1 + (1 | herd)", "binomial");
    struct fit_options options = { .method = METHOD_AGQ, .nodes = 51 };
    struct fit *fit = glm_fit(s.design, s.family, s.link, &options, NULL, NULL);

    cr_assert_neq(fit->approximation.kind, APPROXIMATION_NONE);
    fit_free(fit);
    options.nodes = QUADRATURE_MOST;
    fit = glm_fit(s.design, s.family, s.link, &options, NULL, NULL);
    cr_assert_eq(fit->approximation.kind, APPROXIMATION_NONE);
    fit_free(fit);
    clear(&s);
}

static void expect_error(const char *data, const char *text, const char *family, const char *part)
{
    struct subject s = state(data, text, family);
    struct glmm_error err = { 0 };

    cr_assert_null(ladder_new(s.design, s.family, s.link, NULL, &err));
    cr_assert_eq(err.code, GLMM_E_MODEL);
    cr_expect_not_null(strstr(err.message, part), "%s", err.message);
    clear(&s);
}

Test(ladder, errors)
{
    expect_error("salamanders", "count ~ mined + (1 | site) + (1 | spp)", "poisson", "site and spp are crossed");
    expect_error("salamanders", "count ~ mined", "poisson", "no random effects");
    expect_error("sleepstudy", "Reaction ~ Days + (1 | Subject)", "gaussian", "its likelihood is exact");
}

static bool sweep_ladder(void *context, struct glmm_error *err)
{
    const struct subject *s = context;
    struct ladder *ladder = ladder_new(s->design, s->family, s->link, NULL, err);

    ladder_free(ladder);
    return ladder != NULL;
}

Test(ladder, survives_failed_allocations)
{
    struct subject s = state("cbpp", "cbind(incidence, size - incidence) ~ 1 + (1 | herd)", "binomial");

    cr_assert_gt(sweep_allocations(sweep_ladder, &s), 20);
    clear(&s);
}
