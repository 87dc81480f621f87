/* test-nested-structures.c -- which covariance structures are cases of others: each pair of both tables, and fits of pairs that
 * are said to be nested, of which the larger one's likelihood is no lower. */
#include <math.h>

#include "infer/compare.h"
#include "infer/nest.h"
#include "model/structure.h"
#include "stated.h"

enum { MOST = 20 };

/* "a<b": a is a case of b. */
static bool is_listed(const char *list, const char *a, const char *b)
{
    char pair[64];

    snprintf(pair, sizeof pair, " %s<%s ", a, b);
    return strcmp(a, b) == 0 || strstr(list, pair) != NULL;
}

static struct nesting nesting_of(const struct stated *small, const struct stated *large)
{
    struct glmm_error err = { 0 };
    struct nesting out;

    cr_assert(nesting_find(small->model->design, large->model->design, true, &out, &err), "%s", err.message);
    return out;
}

Test(nested_structures, each_pair_of_terms)
{
    static const char list[] = " homdiag<diag homdiag<cs homdiag<homcs homdiag<ar1 homdiag<hetar1 homdiag<toep homdiag<homtoep "
                               "homdiag<us  diag<cs diag<hetar1 diag<toep diag<us  homcs<cs homcs<toep homcs<homtoep homcs<us  "
                               "cs<toep cs<us  ar1<hetar1 ar1<toep ar1<homtoep ar1<us  hetar1<toep hetar1<us  homtoep<toep "
                               "homtoep<us toep<us  exp<mat ";
    struct stated stated[MOST];
    const char *name[MOST];
    int count = 0;
    char text[100];

    for (; structure_name(count) != NULL; count++)
        name[count] = structure_name(count);
    name[count++] = "diag";
    name[count++] = "us";
    cr_assert_leq(count, MOST);
    for (int i = 0; i < count; i++) {
        const struct structure *row = structure_find(name[i]);

        snprintf(text, sizeof text, "distance ~ age + %s(0 + %s | Subject)", name[i],
                 row != NULL && row->place == PLACE_SPACE ? "pos(age)" : "factor(age)");
        stated[i] = stated_only("orthodont", &(struct spec){ .formula = text, .family = "Gamma" });
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            cr_expect_eq(nesting_of(&stated[i], &stated[j]).random, is_listed(list, name[i], name[j]), "%s in %s", name[i],
                         name[j]);
    for (int i = 0; i < count; i++)
        stated_clear(&stated[i]);
}

/* Of each row of the table of residuals, with a random intercept and what is independent beside them. */
Test(nested_structures, each_pair_of_residuals)
{
    static const char list[] =
        " none<(1) none<ar1 none<arh1 none<car1 none<cs none<toep none<us none<diag  (1)<cs (1)<toep (1)<us  "
        "cs<toep cs<us  ar1<arh1 ar1<toep ar1<us  arh1<us  toep<us  diag<us diag<arh1  car1<us ";
    struct stated stated[MOST];
    const char *name[MOST] = { "none", "(1)" };
    int count = 2;
    char text[60];

    for (int i = 0; structure_residual_name(i) != NULL; i++)
        name[count++] = structure_residual_name(i);
    for (int i = 0; i < count; i++) {
        const struct spec spec = { .formula = i == 1 ? "distance ~ age + (1 | Subject)" : "distance ~ age",
                                   .residual = i < 2 ? NULL : text };

        snprintf(text, sizeof text, "%s(age | Subject)", name[i]);
        stated[i] = state_spec("orthodont", &spec, &(struct fit_options){ .method = METHOD_ML });
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            bool nested = is_listed(list, name[i], name[j]);
            struct nesting found = nesting_of(&stated[i], &stated[j]);
            struct glmm_error err = { 0 };
            struct lrt test;

            cr_expect_eq(found.random, nested, "%s in %s", name[i], name[j]);
            if (!nested || i == j)
                continue;
            cr_expect_geq(stated[j].fit->loglik, stated[i].fit->loglik - 1e-6, "%s in %s", name[i], name[j]);
            cr_assert(lrt_test(stated[i].fit, stated[j].fit, &test, &err));
            cr_expect_eq(test.df, stated[j].fit->npar - stated[i].fit->npar);
            cr_expect(test.df == 0 || isfinite(test.p), "%s in %s", name[i], name[j]);
            cr_expect_eq(found.zero_variances, i == 0 && (j == 1 || strcmp(name[j], "car1") == 0), "%s in %s", name[i], name[j]);
        }
    for (int i = 0; i < count; i++)
        stated_clear(&stated[i]);
}

/* Variances of other kinds, and correlations within other groups, are no cases. */
Test(nested_structures, residuals_of_other_groups)
{
    static const struct {
        const char *small, *large;
        bool nested;
    } pairs[] = {
        { "cs(1 | Subject)", "us(age | Subject)", true },       { "diag(Sex)", "us(age | Subject)", false },
        { "diag(Sex)", "ar1(age | Subject, by = Sex)", true },  { "ar1(age | Subject)", "ar1(age | Subject, by = Sex)", true },
        { "diag(age)", "ar1(age | Subject, by = Sex)", false }, { "cs(age | Subject, by = Sex)", "us(age | Subject)", false }
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct stated a = stated_only("orthodont", &(struct spec){ .formula = "distance ~ age", .residual = pairs[i].small }),
                      b = stated_only("orthodont", &(struct spec){ .formula = "distance ~ age", .residual = pairs[i].large });

        cr_expect_eq(nesting_of(&a, &b).random, pairs[i].nested, "%s in %s", pairs[i].small, pairs[i].large);
        stated_clear(&a);
        stated_clear(&b);
    }
}

/* A correlation goes to its end, and the searches from special cases come back to what was found: it took 3,759. */
Test(nested_structures, the_end_of_a_correlation_is_come_to_at_once)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (1 + Days | Subject) + ar1(0 + factor(Days) | Subject)", "gaussian",
                            METHOD_REML, 1);

    cr_expect_float_eq(s.fit->loglik, -861.840302145, 1e-6, "%.9f", s.fit->loglik);
    cr_expect_leq(s.fit->optimum.evaluations, 1200, "%d evaluations", s.fit->optimum.evaluations);
    stated_clear(&s);
}
