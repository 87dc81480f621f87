/* test-study.c -- a study that is stated: its table, its parameters, and a power that has a closed form. */
#include <criterion/criterion.h>
#include <math.h>
#include <Rmath.h>

#include "infer/power.h"
#include "infer/study.h"

static const char *half[] = { "0.5" }, *some[] = { "0.3", "0.2" }, *third[] = { "0.25" }, *times[] = { "0", "1", "2", "3" };
static const char *arms[] = { "a", "b", "c" };

static struct at names(struct at_variable *v)
{
    return (struct at){ .variables = v, .count = 1 };
}

static struct study *make(const struct study_question *q)
{
    struct glmm_error err = { 0 };
    struct study *s = study_new(q, NULL, &err);

    cr_assert_not_null(s, "%s", err.message);
    return s;
}

Test(study, parameters_are_those_stated)
{
    struct at_variable beta = { "time", half, 1, 1 }, sd = { "id", some, 2, 2 }, corr = { "id", third, 1, 1 },
                       at = { "time", times, 4, 4 };
    struct study_question q = { .spec = { .formula = "y ~ time + (time | id)" },
                                .beta = names(&beta),
                                .sd = names(&sd),
                                .corr = names(&corr),
                                .at = names(&at),
                                .sigma = 2,
                                .dispersion = NAN,
                                .groups = 5,
                                .size = 8 };
    struct study *s = make(&q);
    const struct random_fit *r = &s->model->fit->random[0];
    double *L = calloc(4, sizeof *L);

    cr_expect_str_eq(s->group, "id");
    cr_expect_eq(s->model->design->n, 40);
    cr_expect_eq(s->model->design->random[0].level_count, 5);
    cr_expect_float_eq(s->model->fit->beta[0], 0, 0);
    cr_expect_float_eq(s->model->fit->beta[1], 0.5, 0);
    cr_expect_float_eq(s->model->fit->sigma, 2, 0);
    for (int i = 0; i < 4; i++)
        L[i] = 2 * r->lambda[i];
    cr_expect_float_eq(L[0], 0.3, 1e-12);
    cr_expect_float_eq(hypot(L[1], L[3]), 0.2, 1e-12);
    cr_expect_float_eq(L[1], 0.25 * 0.2, 1e-12);
    for (size_t i = 0; i < 40; i++) /* each time twice in each id */
        cr_expect_float_eq(s->model->design->X[i + 40], (double)(i % 4), 0);
    free(L);
    study_free(s);
}

Test(study, between_is_the_same_in_a_group)
{
    struct at_variable beta = { "armb", half, 1, 1 }, sd = { "g", some, 1, 1 }, at = { "arm", arms, 3, 3 },
                       between = { .name = "arm" };
    struct study_question q = { .spec = { .formula = "y ~ arm + x + (1 | g)", .family = "poisson" },
                                .beta = names(&beta),
                                .sd = names(&sd),
                                .at = names(&at),
                                .between = names(&between),
                                .sigma = NAN,
                                .dispersion = NAN,
                                .groups = 6,
                                .size = 4 };
    struct study *s = make(&q);
    const struct column *arm = frame_find(s->frame, "arm"), *x = frame_find(s->frame, "x");

    for (size_t i = 0; i < s->frame->rows; i++) {
        cr_expect_eq(arm->as.code[i], (int32_t)(i / 4 % 3));
        cr_expect_float_eq(x->as.real[i], (double)(i % 2), 0);
    }
    cr_expect_float_eq(s->model->fit->beta[1], 0.5, 1e-12);
    cr_expect_float_eq(s->model->fit->random[0].sd[0], 0.3, 1e-12);
    study_free(s);
}

/* Each item has both kinds. */
Test(study, a_second_group_is_crossed)
{
    struct at_variable beta = { "x", half, 1, 1 }, at = { "item", times, 4, 4 };
    struct at_variable sds[] = { { "g", some, 1, 1 }, { "item", some, 1, 1 } };
    struct study_question q = { .spec = { .formula = "y ~ x + (1 | g) + (1 | item)" },
                                .beta = names(&beta),
                                .sd = { sds, 2 },
                                .at = names(&at),
                                .sigma = NAN,
                                .dispersion = NAN,
                                .groups = 6,
                                .size = 8 };
    struct study *s = make(&q);
    const struct column *item = frame_find(s->frame, "item"), *x = frame_find(s->frame, "x");

    for (size_t i = 0; i < s->frame->rows; i++) {
        cr_expect_float_eq(item->as.real[i], (double)(i % 4), 0);
        cr_expect_float_eq(x->as.real[i], (double)(i % 8 / 4), 0);
    }
    study_free(s);
}

Test(study, dispersions_are_stated)
{
    struct at_variable beta = { "x", half, 1, 1 }, sd = { "g", some, 1, 1 };
    struct study_question q = { .spec = { .formula = "y ~ x + (1 | g)", .family = "nbinom2" },
                                .beta = names(&beta),
                                .sd = names(&sd),
                                .sigma = NAN,
                                .dispersion = 1.7,
                                .groups = 6,
                                .size = 4 };
    struct glmm_error err = { 0 };
    struct study *s = make(&q);

    cr_expect_float_eq(s->model->fit->shape[0], 1.7, 1e-12);
    study_free(s);
    q.dispersion = 0.04; /* any above 0 is one */
    s = make(&q);
    cr_expect_float_eq(s->model->fit->shape[0], 0.04, 1e-12);
    study_free(s);
    for (int k = 0; k < 3; k++) {
        err = (struct glmm_error){ 0 };
        q.dispersion = k == 0 ? NAN : k == 1 ? 0 : -1;
        cr_assert_null(study_new(&q, NULL, &err));
        cr_expect_str_eq(err.argument, "dispersion");
    }
}

/* Two halves of 40 rows, no groups: the t test's power in closed form. */
Test(study, the_power_of_a_t_test)
{
    struct at_variable beta = { "x", half, 1, 1 };
    struct study_question q = {
        .spec = { .formula = "y ~ x" }, .beta = names(&beta), .sigma = 1, .dispersion = NAN, .groups = 1, .size = 80
    };
    struct power_question question = {
        .coefficient = 1, .effect = NAN, .alpha = 0.05, .term = -1, .replicates = 2000, .seed = 3
    };
    struct glmm_error err = { 0 };
    struct study *s = make(&q);
    struct power_point point;
    double delta = 0.5 / sqrt(2.0 / 40), t = qt(0.975, 78, 1, 0), truth = pnt(t, 78, delta, 0, 0) + pnt(-t, 78, delta, 1, 0);

    cr_assert(power_at(s->model->fit, &question, 0, 0, NULL, &point, &err), "%s", err.message);
    cr_expect_eq(point.used, 2000);
    cr_expect_float_eq(point.mean, 0.5, 0.02);
    cr_expect_float_eq(point.power, truth, 3.5 * sqrt(truth * (1 - truth) / 2000), "%g against %g", point.power, truth);
    study_free(s);
}

Test(study, what_cannot_be_stated)
{
    struct at_variable beta = { "x", half, 1, 1 }, sd = { "g", some, 1, 1 }, other = { "h", some, 1, 1 };
    struct study_question q = { .spec = { .formula = "y ~ x + (x | g)" },
                                .beta = names(&beta),
                                .sd = names(&sd),
                                .sigma = 1,
                                .dispersion = NAN,
                                .groups = 6,
                                .size = 4 };
    struct glmm_error err = { 0 };

    cr_expect_null(study_new(&q, NULL, &err));
    cr_expect_str_eq(err.argument, "sd");
    error_clear(&err);
    q.sd = names(&other);
    cr_expect_null(study_new(&q, NULL, &err));
    cr_expect_str_eq(err.argument, "sd");
    error_clear(&err);
    q.spec.formula = "y ~ x + (1 | g) + (1 | h)";
    cr_expect_null(study_new(&q, NULL, &err));
    cr_expect_str_eq(err.argument, "at");
    error_clear(&err);
    q.spec.formula = "log(y) ~ x + (1 | g)";
    cr_expect_null(study_new(&q, NULL, &err));
    cr_expect_str_eq(err.argument, "formula");
}
