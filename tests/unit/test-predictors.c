/* test-predictors.c -- predictors beside the mean's: gradients against differences, and the same model in two ways. */
#include <math.h>

#include "differences.h"
#include "fit/joint.h"
#include "fit/limits.h"
#include "infer/margins.h"
#include "infer/predict.h"
#include "infer/residual.h"
#include "infer/simulate.h"
#include "stated.h"

static struct stated fitted(const char *formula, const char *family, const char *zi, const char *disp, const char *where)
{
    const struct spec spec = { .formula = formula, .family = family, .zi = zi, .disp = disp, .where = where };
    const struct fit_options options = { .method = METHOD_DEFAULT, .unpriced = true };

    return state_spec("salamanders", &spec, &options);
}

static void check_gradient(const char *family, const char *zi, const char *disp, int nodes)
{
    const struct spec spec = { .formula = "count ~ mined + (1 | site)", .family = family, .zi = zi, .disp = disp };
    struct stated s = stated_only("salamanders", &spec);
    struct glmm_error err = { 0 };
    struct glm *m = glm_new(s.model->design, s.model->family, s.model->link, nodes, &err);
    double phi[PARAMETERS];
    char what[200];
    int count;

    cr_assert_not_null(m, "%s", err.message);
    count = glm_parameter_count(m);
    for (int j = 0; j < count; j++) /* at theta 0.3 glm_hessian() has none of t with slopes in disp=, and says so */
        phi[j] = j == 0 ? 0.6 : j < m->p + m->theta_count ? 0.2 : 0.2 - 0.1 * (j % 3);
    cr_assert(nodes > 1 || glm_has_hessian(m)); /* which check_slopes holds against differences */
    snprintf(what, sizeof what, "%s zi=%s disp=%s nodes %d", family, zi == NULL ? "" : zi, disp == NULL ? "" : disp, nodes);
    check_slopes(m, phi, 1e-5, what);
    glm_free(m);
    stated_clear(&s);
}

Test(predictors, gradients)
{
    static const char *const counts[] = { "poisson", "nbinom2", "nbinom1", "genpois", "truncated_poisson", "truncated_nbinom2" };

    for (size_t f = 0; f < sizeof counts / sizeof *counts; f++) {
        const char *disp = strstr(counts[f], "poisson") != NULL ? NULL : "~ DOY";

        check_gradient(counts[f], "~ mined", disp, 1);
        check_gradient(counts[f], "~ mined", disp, 5);
        check_gradient(counts[f], "~ DOY + (1 | site)", disp, 1);
        check_gradient(counts[f], "~ mined + (DOY | site) + (1 | spp)", NULL, 1);
    }
    check_gradient("Gamma", "~ mined", "~ DOY", 1);
    check_gradient("lognormal", "~ mined + (1 | site)", NULL, 1);
    check_gradient("tweedie", NULL, "~ mined", 1);
    check_gradient("gaussian", NULL, "~ mined + DOY", 1);
}

/* Random terms of the dispersion, beside zeros with fixed effects and a shape of its own. */
Test(predictors, random_dispersions)
{
    static const char *const families[] = { "gaussian", "t", "t(4)", "nbinom2", "nbinom1" };

    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        check_gradient(families[f], NULL, "~ mined + (1 | site)", 1);
        check_gradient(families[f], NULL, "~ (DOY | site) + (1 | spp)", 1);
    }
    check_gradient("nbinom2", "~ mined", "~ DOY + (1 | site)", 1);
    check_gradient("nbinom1", "~ mined", "~ (1 | spp)", 1);
    check_gradient("Gamma", "~ mined", "~ DOY + (1 | site)", 1);
    check_gradient("lognormal", "~ mined", "~ (1 | spp)", 1);
    check_gradient("inverse.gaussian", "~ DOY", "~ (1 | spp)", 1);
}

/* Random terms of the zeros and of the dispersion: three predictors a row, on the same groups and on others. */
Test(predictors, random_zeros_and_dispersions)
{
    static const char *const families[] = { "nbinom2",          "nbinom1", "truncated_nbinom2", "truncated_nbinom1", "lognormal",
                                            "inverse.gaussian", "Gamma" };

    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        check_gradient(families[f], "~ mined + (1 | site)", "~ DOY + (1 | site)", 1);
        check_gradient(families[f], "~ (DOY | site)", "~ mined + (1 | spp)", 1);
    }
}

/* A hurdle falls in two, whatever random terms they have: its log-likelihood is the sum of theirs. */
Test(predictors, a_hurdle_of_three_predictors_is_two_models)
{
    struct stated all = fitted("count ~ mined + (1 | spp)", "truncated_nbinom2", "~ mined + (1 | site)", "~ (1 | site)", NULL),
                  counts = fitted("count ~ mined + (1 | spp)", "truncated_nbinom2", NULL, "~ (1 | site)", "count > 0"),
                  zeros = fitted("I(count == 0) ~ mined + (1 | site)", "binomial", NULL, NULL, NULL);

    cr_assert_float_eq(all.fit->loglik, counts.fit->loglik + zeros.fit->loglik, 1e-6);
    for (int j = 0; j < 2; j++) {
        cr_expect_float_eq(all.fit->beta[j], counts.fit->beta[j], 1e-4);
        cr_expect_float_eq(fit_part_of(all.fit, PART_ZERO)->estimate[j], zeros.fit->beta[j], 1e-4);
        cr_expect_float_eq(fit_part_of(all.fit, PART_ZERO)->se[j], zeros.fit->se[j], 1e-4);
    }
    cr_expect_float_eq(fit_part_of(all.fit, PART_ZERO)->random[0].sd[0], zeros.fit->random[0].sd[0], 1e-4);
    cr_expect_float_eq(fit_part_of(all.fit, PART_DISPERSION)->random[0].sd[0],
                       fit_part_of(counts.fit, PART_DISPERSION)->random[0].sd[0], 1e-4);
    stated_clear(&all);
    stated_clear(&counts);
    stated_clear(&zeros);
}

/* A predictor of which one row has nearly all: its shape goes a hundred times as far as those of the others. */
Test(predictors, a_row_far_out)
{
    enum { TIMES = 16 };
    const struct spec spec = { .formula = "count ~ mined + (1 | site)", .family = "nbinom2", .zi = "~ DOY", .disp = "~ DOY" };
    struct stated s = stated_only("salamanders", &spec);
    struct glmm_error err = { 0 };
    size_t n = s.model->design->n, *rows = malloc(sizeof *rows * n * TIMES);
    struct frame *frame;
    struct model *model;
    struct glm *m;
    double phi[PARAMETERS];

    for (size_t i = 0; i < n * TIMES; i++)
        rows[i] = i % n;
    frame = frame_rows(s.frame, rows, n * TIMES, NULL);
    model = model_new("m", frame, &spec, NULL, &err);
    cr_assert_not_null(model, "%s", err.message);
    for (int part = 0; part < DESIGN_PARTS; part++)
        model->design->part[part]->X[n * TIMES] = 1e6;
    m = glm_new(model->design, model->family, model->link, 1, &err);
    cr_assert_not_null(m, "%s", err.message);
    for (int j = 0; j < glm_parameter_count(m); j++)
        phi[j] = j == 0 ? 0.6 : j < m->p + m->theta_count ? 0.3 : 0.02 - 0.01 * (j % 3);
    check_slopes(m, phi, 1e-5, "a row far out");
    glm_free(m);
    model_free(model);
    frame_free(frame);
    free(rows);
    stated_clear(&s);
}

/* A residual's scale is its own, wherever 0 is and whatever the unit. */
Test(predictors, residuals_in_other_units)
{
    static const struct {
        const char *family;
        double times, plus;
    } kinds[] = {
        { "t", 1, 0 }, { "t", 1, 1e6 }, { "t", 1e-4, 1 }, { "t", 1e6, 0 }, { "gaussian", 1, 1e6 }, { "lognormal", 1, 0 }
    };

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const struct spec spec = { .formula = "Reaction ~ Days + (Days | Subject)",
                                   .family = kinds[k].family,
                                   .disp = k < 4 ? NULL : "~ Days" };
        struct stated s = stated_only("sleepstudy", &spec);
        double unit = k == 5 ? 0.1 : 30 * kinds[k].times, *y = s.model->design->y, mean = 0;
        double phi[] = { 0, 0.05 * unit, unit, 0.1 * unit, 0.2 * unit, 0, k < 4 ? 1.2 : 0.1 };
        const double units[] = { unit, unit, unit, unit, unit, 1, 1 };
        struct glmm_error err = { 0 };
        struct glm *m;

        for (size_t i = 0; i < s.model->design->n; i++)
            mean += (y[i] = kinds[k].plus + kinds[k].times * y[i]) / (double)s.model->design->n;
        m = glm_new(s.model->design, s.model->family, s.model->link, 1, &err);
        cr_assert_not_null(m, "%s", err.message);
        phi[0] = k == 5 ? log(mean) : mean;
        phi[5] = (m->response.family->residual ? 2 : 1) * log(unit);
        check_hessian(m, phi, units, kinds[k].family);
        glm_free(m);
        stated_clear(&s);
    }
}

/* Priors of the coefficients of other predictors, and of the SDs of their random effects. */
Test(predictors, priors)
{
    const struct spec spec = { .formula = "count ~ mined + (1 | site)",
                               .family = "nbinom2",
                               .zi = "~ mined + DOY + (1 | site)",
                               .disp = "~ DOY",
                               .prior = "zi ~ normal(0.3, 0.4); zi(DOY) ~ t(4, 0, 1); disp ~ cauchy(0, 1); sd ~ gamma(2.5, 1)" };
    struct stated s = stated_only("salamanders", &spec);
    struct glmm_error err = { 0 };
    struct glm *m = glm_new(s.model->design, s.model->family, s.model->link, 1, &err);
    double phi[PARAMETERS], expected;

    cr_assert_not_null(m, "%s", err.message);
    for (int j = 0; j < glm_parameter_count(m); j++)
        phi[j] = 0.3 - 0.07 * (j % 4);
    check_slopes(m, phi, 1e-5, "priors");
    glm_deviance(m, phi, NULL);
    glm_to_coefficients(m, phi, phi);
    expected = pow((phi[5] - 0.3) / 0.4, 2) + 5 * log1p(phi[6] * phi[6] / 4) + 2 * log1p(phi[8] * phi[8]);
    for (int t = 2; t < 4; t++)
        expected += 2 * (phi[t] - 1.5 * log(phi[t]));
    cr_assert_float_eq(m->last_penalty, expected, 1e-9);
    glm_free(m);
    stated_clear(&s);
}

/* Rows that are alike are fitted as one, but where they have weights: of 1 these change nothing else. */
Test(predictors, rows_alike_are_fitted_as_one)
{
    static const char *const families[] = { "poisson", "poisson", "nbinom2", "nbinom2" },
                             *const zeros[] = { "~ mined", "~ (1 | site)", NULL, "~ 1" },
                             *const disps[] = { NULL, NULL, "~ mined + (1 | site)", "~ mined" },
                             *const names[] = { NULL, "zi", "disp", NULL }; /* of the predictor with terms */
    const struct fit_options options = { .method = METHOD_DEFAULT, .unpriced = true };

    for (int i = 0; i < 4; i++) {
        const struct spec spec = {
            .formula = "count ~ mined + (1 | site)", .family = families[i], .zi = zeros[i], .disp = disps[i]
        };
        struct spec apart = spec;
        struct stated merged = state_spec("salamanders", &spec, &options), each;

        apart.weights = "1 + 0 * count";
        each = state_spec("salamanders", &apart, &options);
        if (names[i] != NULL)
            cr_expect_str_eq(design_beside_name(each.fit->design), names[i]);
        cr_expect_float_eq(merged.fit->loglik, each.fit->loglik, 1e-7, "%d", i);
        cr_expect_float_eq(merged.fit->bic, each.fit->bic, 1e-6, "%d", i);
        for (int j = 0; j < 2; j++)
            cr_expect_float_eq(merged.fit->se[j], each.fit->se[j], 1e-5, "%d", i);
        for (int j = 0; j < merged.fit->part[0].count; j++) {
            cr_expect_float_eq(merged.fit->part[0].estimate[j], each.fit->part[0].estimate[j], 1e-4, "%d", i);
            cr_expect_float_eq(merged.fit->part[0].se[j], each.fit->part[0].se[j], 1e-4, "%d", i);
        }
        for (int k = 0; k < merged.fit->part_count; k++) { /* each part has its own columns, of all rows */
            const struct fit_part *part = &merged.fit->part[k];

            cr_expect(part->design == merged.fit->design->part[part->kind == PART_ZERO ? DESIGN_ZERO : DESIGN_DISPERSION], "%d",
                      i);
            cr_expect(each.fit->part[k].design->n == part->design->n && each.fit->part[k].design->p == part->design->p, "%d", i);
        }
        for (size_t r = 0; r < merged.fit->design->n; r += 11)
            cr_expect_float_eq(merged.fit->fitted[r], each.fit->fitted[r], 1e-4, "%d", i);
        stated_clear(&merged);
        stated_clear(&each);
    }
}

/* Laplace's approximation grows without bound where log f is not concave, and the usual start falls in there (a deviance of 1722,
 * of which the integral has nothing: by a grid of 81 x 81 points the log-likelihood there is -865.79, at the maximum -864.02).
 * The optimum is glmmTMB's. */
Test(predictors, an_optimum_beside_a_singularity)
{
    struct stated s = fitted("count ~ mined + (1 | site)", "nbinom2", "~ (1 | site)", NULL, NULL);

    cr_expect_eq(s.fit->optimum.verdict, VERDICT_OK, "%s", s.fit->optimum.message);
    cr_expect_float_eq(s.fit->loglik, -866.1261, 1e-4);
    cr_expect_float_eq(s.fit->dispersion, exp(0.05970632), 1e-3);
    cr_expect_float_eq(s.fit->beta[1], -1.41956685, 1e-3);
    stated_clear(&s);
}

/* Beside one the modes are found to the search's tolerance and no closer: what it ended at is told, with the reason. */
Test(predictors, no_optimum_beside_a_singularity)
{
    struct stated s = fitted("count ~ mined + (1 | site)", "nbinom2", "~ mined + (1 | site)", NULL, NULL);

    cr_expect_eq(s.fit->optimum.verdict, VERDICT_NOT_CONVERGED, "%s", s.fit->optimum.message);
    cr_expect(strstr(s.fit->optimum.message, "breaks down") != NULL, "%s", s.fit->optimum.message);
    stated_clear(&s);
}

/* The joint covariance of many positions, of which each entry of the template follows one parameter, is that of an effect of
 * each. */
Test(predictors, templates_of_many_positions)
{
    struct stated a = state("salamanders", "count ~ mined + homdiag(0 + site | spp)", "poisson", METHOD_LAPLACE, 1),
                  b = state("salamanders", "count ~ mined + (1 | spp:site)", "poisson", METHOD_LAPLACE, 1);
    int p = a.model->design->p, last = a.fit->joint_count - 1;
    double *c = calloc((size_t)a.fit->joint_count, sizeof *c);

    cr_assert_eq(a.fit->theta_count, 23 * 24 / 2);
    cr_expect_float_eq(a.fit->loglik, b.fit->loglik, 1e-6);
    for (int j = 0; j < p; j++) {
        cr_expect_float_eq(a.fit->se[j], b.fit->se[j], 1e-4 * b.fit->se[j]);
        cr_expect_float_eq(fit_joint(a.fit, j, last), fit_joint(b.fit, j, p), 1e-4 * b.fit->se[j] * sqrt(fit_joint(b.fit, p, p)));
    }
    cr_expect_float_eq(fit_joint(a.fit, last, last) / fit_joint(b.fit, p, p), 1, 1e-4);
    cr_expect_float_eq(fit_joint(a.fit, p, last) / fit_joint(b.fit, p, p), 1, 1e-4);
    c[0] = 2;
    c[last] = -3;
    cr_expect_float_eq(fit_joint_quadratic(a.fit, a.fit->joint_count, c),
                       4 * fit_joint(a.fit, 0, 0) - 12 * fit_joint(a.fit, 0, last) + 9 * fit_joint(a.fit, last, last), 1e-12);
    free(c);
    stated_clear(&a);
    stated_clear(&b);
}

/* So is the variance of a shape, and its covariances. */
Test(predictors, shapes_beside_structures)
{
    struct stated a = state("salamanders", "count ~ mined + homdiag(0 + spp | site)", "nbinom2", METHOD_LAPLACE, 1),
                  b = state("salamanders", "count ~ mined + (1 | site:spp)", "nbinom2", METHOD_LAPLACE, 1);
    int p = a.model->design->p, shape_a = a.fit->joint_count - 1, shape_b = b.fit->joint_count - 1;
    double se = sqrt(fit_joint(b.fit, shape_b, shape_b));

    cr_expect_float_eq(a.fit->loglik, b.fit->loglik, 1e-6);
    cr_assert_gt(se, 0);
    cr_expect_float_eq(fit_joint(a.fit, shape_a, shape_a), se * se, 1e-3 * se * se);
    for (int j = 0; j < p; j++)
        cr_expect_float_eq(fit_joint(a.fit, j, shape_a), fit_joint(b.fit, j, shape_b), 1e-3 * se * b.fit->se[j]);
    cr_expect_float_eq(fit_joint(a.fit, p, shape_a), fit_joint(b.fit, p, shape_b), 1e-3 * se * sqrt(fit_joint(b.fit, p, p)));
    stated_clear(&a);
    stated_clear(&b);
}

/* A hurdle is a model of zero or not, and one of the rest. */
Test(predictors, hurdle_is_a_product)
{
    struct stated hurdle = fitted("count ~ mined + (1 | site)", "truncated_nbinom2", "~ mined + DOY", NULL, NULL);
    struct stated zero = fitted("I(count == 0) ~ mined + DOY", "binomial", NULL, NULL, NULL);
    struct stated rest = fitted("count ~ mined + (1 | site)", "truncated_nbinom2", NULL, NULL, "count > 0");
    const struct fit_part *part = fit_part_of(hurdle.fit, PART_ZERO);

    cr_assert_float_eq(hurdle.fit->loglik, zero.fit->loglik + rest.fit->loglik, 1e-6);
    for (int j = 0; j < 2; j++) {
        cr_assert_float_eq(hurdle.fit->beta[j], rest.fit->beta[j], 1e-6);
        cr_assert_float_eq(hurdle.fit->se[j], rest.fit->se[j], 1e-5);
    }
    for (int j = 0; j < 3; j++) {
        cr_assert_float_eq(part->estimate[j], zero.fit->beta[j], 1e-6);
        cr_assert_float_eq(part->se[j], zero.fit->se[j], 1e-5);
    }
    stated_clear(&hurdle);
    stated_clear(&zero);
    stated_clear(&rest);
}

/* Without an extra zero the model is that without zi=; a dispersion that hangs on nothing is one. */
Test(predictors, limits)
{
    const struct spec plain = { .formula = "count ~ mined + (1 | site)", .family = "nbinom2" };
    struct spec more = plain;
    struct stated a = stated_only("salamanders", &plain), b, c;
    struct glmm_error err = { 0 };
    struct glm *m, *with, *varied;
    double phi[5] = { 0.5, -1, 0.4, 0.3, 0 }, other[6] = { 0.5, -1, 0.4, -60, 0.3 }, third[6] = { 0.5, -1, 0.4, 0.3, 0 };

    more.zi = "~ 1";
    b = stated_only("salamanders", &more);
    more.zi = NULL;
    more.disp = "~ DOY";
    c = stated_only("salamanders", &more);
    m = glm_new(a.model->design, a.model->family, a.model->link, 1, &err);
    with = glm_new(b.model->design, b.model->family, b.model->link, 1, &err);
    varied = glm_new(c.model->design, c.model->family, c.model->link, 1, &err);
    cr_assert(m != NULL && with != NULL && varied != NULL, "%s", err.message);
    cr_assert_float_eq(glm_deviance(m, phi, NULL), glm_deviance(with, other, NULL), 1e-9);
    cr_assert_float_eq(glm_deviance(m, phi, NULL), glm_deviance(varied, third, NULL), 1e-9);
    glm_free(m);
    glm_free(with);
    glm_free(varied);
    stated_clear(&a);
    stated_clear(&b);
    stated_clear(&c);
}

/* Squares of counts vary more than any negative binomial distribution without zeros: the model is the logarithmic series, whose p
 * solves mean = -p/((1 - p) log(1 - p)).  Where that is the end nothing is told but what p tells. */
Test(predictors, logarithmic_series)
{
    struct stated s = fitted("I(count^2) ~ 1", "truncated_nbinom2", NULL, NULL, "count > 0");
    struct stated one = fitted("I(count^2) ~ 1", "truncated_nbinom1", NULL, NULL, "count > 0");
    size_t n = s.fit->design->n;
    double mean = 0, low = 1e-6, high = 1 - 1e-9, sum = 0, p;

    for (size_t i = 0; i < n; i++)
        mean += s.fit->design->y[i] / (double)n;
    for (int k = 0; k < 100; k++) {
        p = 0.5 * (low + high);
        *(-p / ((1 - p) * log1p(-p)) < mean ? &low : &high) = p;
    }
    for (size_t i = 0; i < n; i++)
        sum += s.fit->design->y[i] * log(p) - log(s.fit->design->y[i]) - log(-log1p(-p));
    for (int which = 0; which < 2; which++) {
        const struct fit *fit = which == 0 ? s.fit : one.fit;
        const double unit = 1;

        cr_expect_float_eq(fit->loglik, sum, 1e-6);
        cr_expect_eq(fit->optimum.verdict, VERDICT_BOUNDARY);
        cr_expect(isnan(fit->beta[0]) && isnan(fit->se[0]) && isnan(fit->vcov[0]) && isnan(fit_linear(fit, &unit, 1)));
        cr_expect_float_eq(fit->fitted[0], mean, 1e-3 * mean);
    }
    cr_expect(fit_dispersion_shown(s.fit) == 0 && isnan(s.fit->log_dispersion_se));
    cr_expect_float_eq(one.fit->dispersion, p / (1 - p), 1e-4 * p / (1 - p));
    cr_expect(one.fit->log_dispersion_se > 0);
    stated_clear(&s);
    stated_clear(&one);
}

/* Coefficients that run there leave a place at which the modes are followed. */
Test(predictors, logarithmic_series_with_random_effects)
{
    struct stated s = fitted("I(count^2) ~ 1 + (1 | site)", "truncated_nbinom2", NULL, NULL, "count > 0");
    struct joint *joint = joint_new(s.fit, NULL, NULL, NULL);

    cr_expect(isnan(s.fit->beta[0]) && fit_runs_with_dispersion(s.fit));
    cr_expect_not_null(joint);
    joint_free(joint);
    stated_clear(&s);
}

static bool stop(void *context, const char *what, double done, double total, double value)
{
    (void)what, (void)done, (void)total, (void)value;
    ++*(int *)context;
    return false;
}

/* Rows that are not the fit's own, though they are the same, are where those are: zeros alone where sites are mined.  Who solves
 * for many of them looks whether that is still wanted. */
Test(predictors, limits_of_other_rows)
{
    struct stated s = fitted("count ~ 1", "truncated_poisson", "~ mined * DOY", NULL, "mined == \"no\" | count == 0");
    const struct design *d = s.fit->design->part[DESIGN_ZERO];
    size_t n = d->n, infinite = 0;
    double *X = malloc(sizeof *X * n * (size_t)d->p), *own = malloc(sizeof *own * n), *other = malloc(sizeof *other * n);
    int looks = 0;
    const struct glmm_progress progress = { .tell = stop, .context = &looks };
    struct watch watch;

    memcpy(X, d->X, sizeof *X * n * (size_t)d->p);
    cr_assert(fit_part_rows(s.fit, PART_ZERO, d->X, NULL, n, NULL, own));
    cr_assert(fit_part_rows(s.fit, PART_ZERO, X, NULL, n, NULL, other));
    for (size_t i = 0; i < n; i++) {
        cr_assert(isinf(own[i]) ? other[i] == own[i] : fabs(other[i] - own[i]) < 1e-12, "row %zu: %g, %g", i, own[i], other[i]);
        infinite += isinf(own[i]) != 0;
    }
    cr_assert(infinite > 100 && infinite < n);
    watch_init(&watch, &progress, "row");
    cr_assert_not(fit_part_rows(s.fit, PART_ZERO, X, NULL, n, &watch, other));
    cr_assert(watch_stopped(&watch) && looks == 1);
    free(X);
    free(own);
    free(other);
    stated_clear(&s);
}

/* The mean with the zeros is that without them times their share; drawn responses have that mean. */
Test(predictors, predictions)
{
    struct stated s = fitted("count ~ mined + (1 | site)", "nbinom2", "~ mined", NULL, NULL);
    struct predict_options options = { .level = 0.95 };
    struct prediction *p[3];
    struct glmm_error err = { 0 };
    struct simulator *simulator = simulator_new(s.fit, true, &err);
    double *y = malloc(sizeof *y * s.fit->design->n), drawn = 0, expected = 0;

    for (int what = 0; what < 3; what++) {
        options.what = (enum predict_what)what;
        p[what] = predict_new(s.fit, s.model->formula, NULL, &options, NULL, &err);
        cr_assert_not_null(p[what], "%s", err.message);
    }
    for (size_t i = 0; i < s.fit->design->n; i++) {
        cr_assert_float_eq(p[0]->estimate[i], p[1]->estimate[i] * (1 - p[2]->estimate[i]), 1e-12);
        cr_assert_float_eq(p[0]->estimate[i], s.fit->fitted[i], 1e-9);
        cr_assert(p[0]->se[i] > 0 && p[0]->lower[i] < p[0]->estimate[i] && p[0]->estimate[i] < p[0]->upper[i]);
        expected += s.fit->fitted[i];
    }
    for (int r = 0; r < 40; r++) {
        cr_assert(simulator_draw(simulator, 1, (uint64_t)r, y));
        for (size_t i = 0; i < s.fit->design->n; i++)
            drawn += y[i] / 40;
    }
    cr_assert_float_eq(drawn / expected, 1, 0.05);
    for (int what = 0; what < 3; what++)
        prediction_free(p[what]);
    simulator_free(simulator);
    free(y);
    stated_clear(&s);
}

/* --- means over random effects of zeros and of the dispersion -------------------------------------------------------- */

enum { RANDOM_NODES = 400 };

/* What a mean is of the parameters, by sums over a grid of the random effects of three predictors; phi: the coefficients, the
 * standard deviations of the mean's, zi='s and disp='s effects, those that there are, then the coefficients of zi= and disp=. */
struct by_hand {
    bool hurdle; /* of a truncated nbinom2 with random dispersions; else a zero-inflated Poisson with random zeros */
    double mined;
};

static double grid_node(int k)
{
    return -8 + 16 * (k + 0.5) / RANDOM_NODES;
}

static double grid_weight(int k)
{
    double z = grid_node(k);

    return exp(-z * z / 2) / sqrt(2 * 3.141592653589793) * 16 / RANDOM_NODES;
}

static double mean_by_hand(const struct by_hand *of, const double phi[])
{
    double mu = 0, share = 0, eta = phi[0] + phi[1] * of->mined;

    for (int k = 0; k < RANDOM_NODES; k++) {
        double b = phi[2] * grid_node(k);

        share += of->hurdle ? 0 : grid_weight(k) / (1 + exp(phi[4] + phi[3] * grid_node(k)));
        for (int l = 0; of->hurdle && l < RANDOM_NODES; l++) {
            double m = exp(eta + b), size = exp(phi[6] + phi[3] * grid_node(l));

            mu += grid_weight(k) * grid_weight(l) * m / -expm1(-size * log1p(m / size));
        }
        mu += of->hurdle ? 0 : grid_weight(k) * exp(eta + b);
    }
    return of->hurdle ? mu / (1 + exp(phi[4] + phi[5] * of->mined)) : mu * share;
}

static double error_by_hand(const struct fit *fit, const struct by_hand *of, double phi[])
{
    double gradient[PARAMETERS] = { 0 };

    for (int j = 0; j < fit->joint_count; j++) {
        double at = phi[j], step = 1e-4, up, down;

        phi[j] = at + step;
        up = mean_by_hand(of, phi);
        phi[j] = at - step;
        down = mean_by_hand(of, phi);
        phi[j] = at;
        gradient[j] = (up - down) / (2 * step);
    }
    return sqrt(fit_joint_quadratic(fit, fit->joint_count, gradient));
}

/* The mean and its error, of margins and of predictions over the population. */
static void check_population(bool hurdle)
{
    struct stated s = hurdle ? fitted("count ~ mined + (1 | spp)", "truncated_nbinom2", "~ mined", "~ (1 | site)", NULL)
                             : fitted("count ~ mined + (1 | spp)", "poisson", "~ (1 | site)", NULL, NULL);
    const struct design *design = s.fit->design;
    struct by_hand of = { .hurdle = hurdle };
    struct predict_options options = { .groups = PREDICT_POPULATION, .level = 0.95 };
    struct margins_options asked = { .level = 0.95 };
    const double *z[1];
    struct marginal_rows rows = rows_of_design(design, z);
    struct glmm_error err = { 0 };
    struct prediction *p = predict_new(s.fit, s.model->formula, NULL, &options, NULL, &err);
    struct margins *m = margins_new(s.fit, &rows, 1, &asked, NULL, &err);
    const struct fit_part *zeros = fit_part_of(s.fit, PART_ZERO);
    double phi[PARAMETERS], sum = 0;

    cr_assert_not_null(p, "%s", err.message);
    cr_assert_not_null(m, "%s", err.message);
    memcpy(phi, s.fit->beta, 2 * sizeof *phi);
    memcpy(phi + 2, s.fit->theta, 2 * sizeof *phi);
    memcpy(phi + 4, zeros->estimate, (size_t)zeros->count * sizeof *phi);
    phi[6] = hurdle ? fit_part_of(s.fit, PART_DISPERSION)->estimate[0] : 0;
    for (size_t i = 0; i < design->n; i++) {
        of.mined = design->X[design->n + i];
        if (i % 200 == 0) {
            cr_expect_float_eq(p->estimate[i] / mean_by_hand(&of, phi), 1, 1e-9);
            cr_expect_float_eq(p->se[i] / error_by_hand(s.fit, &of, phi), 1, 1e-5);
        }
        sum += p->estimate[i] / (double)design->n;
    }
    cr_expect_float_eq(m->population[0].estimate / sum, 1, 1e-12);
    cr_expect(m->population[0].se > 0 && m->typical[0].estimate != m->population[0].estimate);
    margins_free(m);
    prediction_free(p);
    stated_clear(&s);
}

Test(predictors, means_over_random_zeros)
{
    check_population(false);
}

Test(predictors, means_over_random_dispersions)
{
    check_population(true);
}
