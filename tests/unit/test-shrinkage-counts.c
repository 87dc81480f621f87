/* test-shrinkage-counts.c -- own estimates of levels in models of counts and proportions; comparisons and means. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "infer/shrinkage.h"
#include "model/family.h"
#include "hand-made.h"
#include "stated.h"

Test(shrinkage, own_estimates_of_counts)
{
    struct counts m;
    struct shrinkage *s;

    counts_init(&m, "poisson", (double[8]){ 3, 5, 0, 0, 1, 0, 40, 60 }, NULL);
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert_str_eq(s->scale, "log mean");
    cr_assert_float_eq(s->raw[0], log(4), 1e-8);
    cr_assert_eq(s->raw[1], -INFINITY);
    cr_assert_float_eq(s->raw[2], log(0.5), 1e-8);
    cr_assert_float_eq(s->raw[3], log(50), 1e-8);
    cr_assert_eq(s->rank_raw[1], 1);
    cr_assert_eq(s->rank_raw[3], 4);
    /* Kept: the information on a log mean is the sum of the means. */
    for (int l = 0; l < 4; l++) {
        double information = 2 * exp(0.5 + m.modes[l]);

        cr_assert_float_eq(s->weight[l], information * 0.7 / (information * 0.7 + 1), 1e-10);
    }
    shrinkage_free(s);
}

Test(shrinkage, own_estimates_of_proportions)
{
    static const double trials[8] = { 4, 6, 3, 3, 5, 5, 10, 10 };
    struct counts m;
    struct shrinkage *s;

    counts_init(&m, "binomial", (double[8]){ 0.5, 0.5, 0, 0, 1, 1, 0.3, 0.1 }, trials);
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert_str_eq(s->scale, "log-odds");
    cr_assert_float_eq(s->raw[0], 0, 1e-8);
    cr_assert_eq(s->raw[1], -INFINITY);
    cr_assert_eq(s->raw[2], INFINITY);
    cr_assert_float_eq(s->raw[3], log(0.2 / 0.8), 1e-8);
    cr_assert(s->trials != NULL);
    cr_assert_eq(s->trials[0], 10);
    cr_assert_eq(s->trials[1], 6);
    cr_assert_eq(s->trials[3], 20);
    shrinkage_free(s);
}

/* A gaussian model whose link is not known to be the identity goes the same way. */
Test(shrinkage, families_agree_where_they_meet)
{
    struct oneway m;
    struct shrinkage *exact, *general;

    oneway_init(&m);
    exact = shrinkage_new(&m.fit, NULL, NULL, NULL);
    m.fit.link = &(struct link){ 0 };
    *(struct link *)m.fit.link = link_identity;
    ((struct link *)m.fit.link)->kind = LINK_OTHER;
    m.fit.dispersion = m.fit.shape[0] = m.fit.sigma * m.fit.sigma;
    general = shrinkage_new(&m.fit, NULL, NULL, NULL);
    for (int l = 0; l < 6; l++) {
        cr_assert_float_eq(general->raw[l], exact->raw[l], 1e-7);
        cr_assert_float_eq(general->weight[l], exact->weight[l], 1e-12);
    }
    shrinkage_free(exact);
    shrinkage_free(general);
}

/* A table and the same in other units: a level's own estimate stands at one place. */
Test(shrinkage, own_estimates_hang_on_no_unit)
{
    struct stated a = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", "t", METHOD_DEFAULT, 0),
                  b = state("sleepstudy", "I(Reaction * 2^-30) ~ Days + (Days | Subject)", "t", METHOD_DEFAULT, 0);
    struct shrinkage *plain = shrinkage_new(a.fit, "Subject", "Days", NULL),
                     *small = shrinkage_new(b.fit, "Subject", "Days", NULL);

    cr_assert(plain != NULL && small != NULL);
    for (int l = 0; l < plain->count; l++)
        cr_expect_float_eq(ldexp(small->raw[l], 30), plain->raw[l], 1e-5 * (1 + fabs(plain->raw[l])), "%d: %.9g and %.9g", l,
                           ldexp(small->raw[l], 30), plain->raw[l]);
    shrinkage_free(plain);
    shrinkage_free(small);
    stated_clear(&a);
    stated_clear(&b);
}

/* --- comparing, and means -------------------------------------------------------------------------- */

Test(shrinkage, pairs_of_equal_errors_are_apart_by_root_two)
{
    struct oneway m;
    struct shrinkage *s;
    double q;

    oneway_init(&m);
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert(shrinkage_pairs(s, 0.95, &q, NULL));
    cr_assert_float_eq(q, 1.959963984540054 / sqrt(2), 1e-9);
    ((double *)s->se)[0] *= 10; /* a pair of unequal errors needs more than 1.39 */
    cr_assert(shrinkage_pairs(s, 0.95, &q, NULL));
    cr_assert_gt(q, 1.3859);
    cr_assert_lt(q, 1.96);
    shrinkage_free(s);
}

Test(shrinkage, means_are_the_inverse_link)
{
    struct counts c;
    struct shrinkage *link, *mean;

    counts_init(&c, "poisson", (double[8]){ 3, 5, 0, 0, 1, 0, 40, 60 }, NULL);
    link = shrinkage_new(&c.fit, NULL, NULL, NULL);
    mean = shrinkage_new(&c.fit, NULL, NULL, NULL);
    cr_assert(shrinkage_to_response(mean, &c.fit, 1.96, NULL));
    cr_assert_float_eq(mean->complete, exp(link->complete), 1e-12);
    for (int l = 0; l < link->count; l++) {
        cr_assert(isinf(link->raw[l]) ? mean->raw[l] == 0 : fabs(mean->raw[l] - exp(link->raw[l])) < 1e-9);
        cr_assert_float_eq(mean->pooled[l], exp(link->pooled[l]), 1e-9);
        cr_assert_float_eq(mean->lower[l], exp(link->pooled[l] - 1.96 * link->se[l]), 1e-9);
        cr_assert_float_eq(mean->upper[l], exp(link->pooled[l] + 1.96 * link->se[l]), 1e-9);
        cr_assert_float_eq(mean->se[l], mean->pooled[l] * link->se[l], 1e-9);
    }
    shrinkage_free(link);
    shrinkage_free(mean);
}

Test(shrinkage, probabilities_to_be_first_add_up)
{
    struct oneway m;
    struct shrinkage *s;
    int lower[6], upper[6];
    double lowest[6], highest[6], sum[2] = { 0, 0 };

    oneway_init(&m);
    s = shrinkage_new(&m.fit, NULL, NULL, NULL);
    cr_assert(shrinkage_rank_intervals(s, 0.95, 1, NULL, lower, upper, lowest, highest, NULL));
    for (int l = 0; l < 6; l++) {
        sum[0] += lowest[l];
        sum[1] += highest[l];
    }
    cr_assert_float_eq(sum[0], 1, 1e-12);
    cr_assert_float_eq(sum[1], 1, 1e-12);
    cr_assert_gt(lowest[5], 0.5); /* F has the lowest mean, E the highest */
    cr_assert_gt(highest[4], 0.5);
    shrinkage_free(s);
}
