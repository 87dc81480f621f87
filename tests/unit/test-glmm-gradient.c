/* test-glmm-gradient.c -- gradients of generalized models against differences: every family and link, Laplace and quadrature. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm.h"
#include "fit/glmm-parts.h"
#include "fit/rowcov-private.h"
#include "differences.h"
#include "make-design.h"
#include "rowcov-slopes.h"
#include "plain-families.h"
#include "simulated.h"

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

/* --- beside a covariance structure --------------------------------------------------------------- */

static void check_structured(const struct family *family, const struct link *link)
{
    struct design *d = make_design(60, 3, 1, (struct shape_term[]){ { .k = 2, .levels = 9 } }, false, 11);
    struct glmm_error err = { 0 };
    double beta[3], x[PARAMETERS] = { 0 };
    struct rowcov *m;
    char what[80];

    safe_beta(link, 3, beta);
    simulate(d, family, link, beta, 0.2, family->weight_divides ? 0.1 : 2, family->response == RESPONSE_BINOMIAL ? 6 : 1, 3);
    d->random[0].structure = structure_find("ar1");
    m = rowcov_new(d, family, link, false, NULL, &err);
    cr_assert(m != NULL && laplace_start(m, x, NULL, &err), "%s %s: %s", family->name, link->name, err.message);
    rowcov_start(m, 0.3, x);
    x[3] = 1.5;
    for (int i = 0; i < rowcov_count(m); i++)
        x[i] += 0.003 * ((i * 7) % 5 - 2);
    snprintf(what, sizeof what, "%s %s", family->name, link->name);
    check_rowcov_slopes(m, x, what);
    rowcov_free(m);
    free_all(d);
}

/* Each row of the table of families, of which test-structures has some with each row of the table of structures. */
Test(glmm, gradient_beside_a_structure)
{
    for (int f = 0; f < PLAIN_FAMILIES; f++)
        for (int l = 0; family_at(f)->links[l] != NULL; l++)
            check_structured(family_at(f), family_at(f)->links[l]);
}

static int asked;

static bool is_below_0(double eta)
{
    asked++;
    return eta < 0;
}

/* Levels with successes alone drive their modes over the edge of the log link: there is no value.  That is told by a look at one
 * row for most steps, and not a second time from 0, where the search began. */
Test(glmm, modes_beyond_the_edge_of_a_domain_are_few_looks)
{
    struct design *d = make_design(600, 1, 1, (struct shape_term[]){ { .k = 1, .levels = 60 } }, false, 5);
    struct link edge = *family_link(family_find("binomial", NULL), "log", NULL);
    struct glmm_error err = { 0 };
    double beta = -0.4, phi[PARAMETERS] = { 0, 2 };
    struct glm *m;

    simulate(d, family_find("binomial", NULL), &edge, &beta, 0.05, 1, 1, 3);
    edge.valid = is_below_0;
    m = glm_new(d, family_find("binomial", NULL), &edge, 1, &err);
    cr_assert_not_null(m, "%s", err.message);
    glm_from_beta(m, &beta, phi);
    asked = 0;
    cr_assert_eq(glm_value(m, phi), MINIMIZE_BAD);
    cr_assert_geq(m->passes, 400);
    cr_expect_lt(asked, 50 * (int)d->n, "%d in %d passes", asked, m->passes); /* 31; all rows: 250; twice from 0: 59 */
    glm_free(m);
    free_all(d);
}
