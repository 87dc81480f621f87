/* test-icc.c -- the parts of a row's variance against values worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <Rmath.h>

#include "base/rng.h"
#include "infer/icc-interval.h"
#include "infer/icc.h"
#include "infer/share-interval.h"
#include "infer/profile.h"
#include "model/family.h"
#include "stated.h"

static double ones[6] = { 1, 1, 1, 1, 1, 1 }, y[6] = { 1, 0, 1, 1, 0, 3 }, x[12] = { 1, 1, 1, 1, 1, 1, 0, 1, 2, 0, 1, 2 };
static double z[12] = { 1, 0, 1, 1, 1, 2, 1, 0, 1, 1, 1, 2 }, rows[2] = { 2, 4 };
static int32_t level[6] = { 0, 0, 1, 1, 1, 1 };
static const double exact[2] = { 0, 0 }; /* errors of coefficients that are given */
static const char *names[2] = { "(Intercept)", "x" };

struct parts {
    struct random_design random;
    struct random_fit estimate;
    struct design design;
    struct fit fit;
    double covariance[4], beta[2];
};

static void parts_init(struct parts *m, const char *family, const char *link)
{
    *m = (struct parts){ .covariance = { 0.5, 0.1, 0.1, 0.2 }, .beta = { 1, 0.3 } };
    m->random = (struct random_design){ .group = "g",
                                        .k = 2,
                                        .names = names,
                                        .level_count = 2,
                                        .level = level,
                                        .z = z,
                                        .rows_of_level = rows,
                                        .covariance = &covariance_unstructured };
    m->estimate = (struct random_fit){ .k = 2, .covariance = m->covariance };
    m->design = (struct design){ .n = 6, .y = y, .p = 2, .X = x, .names = names, .random = &m->random, .random_count = 1 };
    m->fit =
        (struct fit){ .design = &m->design, .sigma = 1, .dispersion = 1, .beta = m->beta, .se = exact, .random = &m->estimate };
    m->fit.family = family_find(family, NULL);
    m->fit.link = family_link(m->fit.family, link, NULL);
}

Test(icc, slopes_count_with_their_mean_over_the_rows)
{
    struct icc_parts parts;
    struct parts m;
    double size;

    parts_init(&m, "gaussian", NULL);
    m.fit.sigma = 2;
    icc_parts(&m.fit, &parts);
    /* rows have 0.5, 0.5 + 0.2 + 0.2, 0.5 + 0.4 + 0.8 twice each */
    cr_assert_float_eq(parts.random, (0.5 + 0.9 + 1.7) / 3, 1e-14);
    cr_assert_float_eq(icc_group(&m.fit, 0), parts.random, 1e-14);
    cr_assert_float_eq(parts.residual, 4, 0);
    cr_assert_float_eq(parts.fixed, 0.09 * 0.8, 1e-14);
    cr_assert_float_eq(icc_design_effect(&m.fit, 0, 0.25, &size), 1 + (20.0 / 6 - 1) * 0.25, 1e-14);
    cr_assert_float_eq(size, 20.0 / 6, 1e-14);
    m.beta[1] = 0;
    icc_parts(&m.fit, &parts);
    cr_assert_eq(parts.fixed, 0);
}

Test(icc, residual_variance_by_family_and_link)
{
    static const struct {
        const char *family, *link;
        double residual;
    } cases[] = {
        { "binomial", "logit", 3.289868133696453 },
        { "binomial", "probit", 1 },
        { "binomial", "cloglog", 1.6449340668482264 },
        { "Gamma", "log", 1.6449340668482264 },
    };
    struct icc_parts parts;
    struct parts m;
    double mu = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parts_init(&m, cases[i].family, cases[i].link);
        m.fit.has_scale = i == 3;
        icc_parts(&m.fit, &parts);
        cr_assert_float_eq(parts.residual, cases[i].residual, 1e-12, "%s %s", cases[i].family, cases[i].link);
    }
    parts_init(&m, "poisson", "log");
    icc_parts(&m.fit, &parts);
    for (int i = 0; i < 3; i++)
        mu += exp(1 + 0.3 * i + (0.5 + 0.2 * i + 0.2 * i * i) / 2) / 3;
    cr_assert_float_eq(parts.mean, mu, 1e-12);
    cr_assert_float_eq(parts.residual, log1p(1 / mu), 1e-12);
    parts_init(&m, "poisson", "identity");
    icc_parts(&m.fit, &parts);
    cr_assert_float_eq(parts.residual, 1.3, 1e-12);
    parts_init(&m, "poisson", "sqrt");
    icc_parts(&m.fit, &parts);
    cr_assert_float_eq(parts.residual, 0.25, 1e-12);
}

/* Counts above 0 have mean m and variance V by the sum over their law; what they leave is that beside what a small step of eta
 * moves m. */
Test(icc, what_counts_without_zeros_leave)
{
    static const double etas[] = { -3, -1, 0, 1, 4 };
    static const struct {
        const char *family;
        double shape;
    } cases[] = { { "truncated_poisson", 0 }, { "truncated_nbinom2", 0.7 }, { "truncated_nbinom1", 1.5 } };
    const double h = 1e-4;

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t e = 0; e < sizeof etas / sizeof *etas; e++) {
            double mean[3] = { 0 }, squares[3] = { 0 }, V, slope;
            struct icc_parts parts;
            struct parts m;

            parts_init(&m, cases[c].family, "log");
            m.fit.shape[0] = cases[c].shape;
            m.random.z = NULL;
            m.random.k = m.estimate.k = 1;
            m.covariance[0] = 0;
            m.beta[0] = etas[e];
            m.beta[1] = 0;
            for (int side = 0; side < 3; side++) {
                double mu = exp(etas[e] + (side - 1) * h), k = c == 1 ? 0.7 : mu / 1.5, all = 0;

                for (int count = 1; count < 5000; count++) {
                    double p = c == 0 ? dpois(count, mu, 0) : dnbinom_mu(count, k, mu, 0);

                    all += p;
                    mean[side] += count * p;
                    squares[side] += (double)count * count * p;
                }
                mean[side] /= all;
                squares[side] /= all;
            }
            V = squares[1] - mean[1] * mean[1];
            slope = (log(mean[2]) - log(mean[0])) / (2 * h);
            icc_parts(&m.fit, &parts);
            cr_expect_float_eq(parts.mean, exp(etas[e]), 1e-12);
            cr_expect_float_eq(parts.residual / (log1p(V / (mean[1] * mean[1])) / (slope * slope)), 1, 1e-6, "%s at %g: %g",
                               cases[c].family, etas[e], parts.residual);
        }
}

/* Two counts of a group, drawn by their law: they correlate on their own scale as the share says where the groups differ little,
 * and about so where they differ much; the correlation by integration is theirs. */
Test(icc, counts_without_zeros_as_they_are_drawn)
{
    static const struct {
        double eta, sd, near;
    } cases[] = { { 0, 0.5, 0.03 }, { -2, 0.5, 0.01 }, { 1.5, 0.3, 0.02 } };
    enum { PAIRS = 400000 };
    const struct observation at = { .trials = 1, .weight = 1 };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double mean = 0, variance = 0, alike = 0, v = cases[c].sd * cases[c].sd, observed;
        struct icc_parts parts;
        struct parts m;
        struct rng rng;

        parts_init(&m, "truncated_poisson", "log");
        m.random.z = NULL;
        m.random.k = m.estimate.k = 1;
        m.covariance[0] = v;
        m.beta[0] = cases[c].eta;
        m.beta[1] = 0;
        m.fit.arena = arena_new();
        cr_assert(fit_set_mean_link(&m.fit));
        icc_parts(&m.fit, &parts);
        cr_assert(icc_observed(&m.fit, 0, NULL, &observed));
        rng_init(&rng, 7, c);
        for (int i = 0; i < PAIRS; i++) {
            double mu = exp(cases[c].eta + cases[c].sd * rng_normal(&rng)), a, b;

            a = m.fit.family->simulate(&rng, mu, 0, m.fit.shape, &at) - 1;
            b = m.fit.family->simulate(&rng, mu, 0, m.fit.shape, &at) - 1;
            mean += (a + b) / (2.0 * PAIRS);
            variance += (a * a + b * b) / (2.0 * PAIRS);
            alike += a * b / PAIRS;
        }
        variance -= mean * mean;
        alike = (alike - mean * mean) / variance;
        cr_expect_float_eq(observed, alike, 5 / sqrt(PAIRS), "%zu: %g, drawn %g", c, observed, alike);
        cr_expect_float_eq(v / (v + parts.residual), alike, cases[c].near, "%zu: share %g, drawn %g", c, v / (v + parts.residual),
                           alike);
        arena_free(m.fit.arena);
    }
}

Test(icc, a_level_for_each_row_is_residual)
{
    static int32_t own[6] = { 0, 1, 2, 3, 4, 5 };
    struct icc_parts parts;
    struct parts m;

    parts_init(&m, "poisson", "log");
    m.random.level_count = 6;
    m.random.level = own;
    m.random.rows_of_level = ones;
    icc_parts(&m.fit, &parts);
    cr_assert_eq(parts.random, 0);
    cr_assert_eq(icc_group(&m.fit, 0), 0);
    cr_assert_float_eq(parts.level_of_row, (0.5 + 0.9 + 1.7) / 3, 1e-14);
    cr_assert_gt(parts.residual, parts.level_of_row);
}

/* Counts with a log link in closed form: two of a level covary by m^2 (exp(s) - 1), one varies by m + m^2 (exp(s) - 1); and a
 * probit's two by the bivariate normal at 0: asin(rho) / (pi / 2). */
Test(icc, on_the_scale_of_the_observations)
{
    double covariance = 0, variance = 0, rho = 0.5 / 1.5, observed;
    struct parts m;

    parts_init(&m, "poisson", "log");
    m.fit.mean_link = m.fit.link;
    for (int i = 0; i < 3; i++) {
        double s = 0.5 + 0.2 * i + 0.2 * i * i, mean = exp(1 + 0.3 * i + s / 2);

        covariance += mean * mean * expm1(s);
        variance += mean + mean * mean * expm1(s);
    }
    cr_assert(icc_observed(&m.fit, 0, NULL, &observed));
    cr_expect_float_eq(observed, covariance / variance, 1e-10);
    parts_init(&m, "binomial", "probit");
    m.fit.mean_link = m.fit.link;
    m.random.z = NULL;
    m.random.k = m.estimate.k = 1;
    m.beta[0] = m.beta[1] = 0;
    cr_assert(icc_observed(&m.fit, 0, NULL, &observed));
    cr_expect_float_eq(observed, asin(rho) / asin(1), 1e-10);
}

/* The same where only what the rows of a level do not share differs between rows. */
Test(icc, on_the_scale_of_the_observations_with_other_slopes)
{
    static double slope[6] = { 1, 2, 3, 1, 2, 3 }, alone[1] = { 0.5 }, of_slope[1] = { 0.2 };
    static int32_t crossed[6] = { 0, 1, 1, 0, 0, 1 };
    double covariance = 0, variance = 0, observed;
    struct parts m;

    parts_init(&m, "poisson", "log");
    struct random_design terms[2] = { m.random, m.random };
    struct random_fit estimates[2] = { { .k = 1, .covariance = alone }, { .k = 1, .covariance = of_slope } };

    m.fit.mean_link = m.fit.link;
    m.beta[1] = 0;
    terms[0].z = NULL;
    terms[1].z = slope;
    terms[1].level = crossed;
    terms[1].group = "h";
    terms[0].k = terms[1].k = 1;
    m.design.random = terms;
    m.fit.random = estimates;
    m.design.random_count = 2;
    for (int i = 0; i < 6; i++) {
        double all = 0.5 + 0.2 * slope[i] * slope[i], mean = exp(1 + all / 2);

        covariance += mean * mean * expm1(0.5);
        variance += mean + mean * mean * expm1(all);
    }
    cr_assert(icc_observed(&m.fit, 0, NULL, &observed));
    cr_expect_float_eq(observed, covariance / variance, 1e-10);
}

/* Shares of terms: of the variance of a row on average, whatever effects a term has; those of a group sum to its correlation, and
 * all to 1. R: mean(diag(Z S Z')) of lmer(Reaction ~ Days + (Days | Subject)), and of a slope alone and an ou() beside it. */
Test(icc, shares_of_terms)
{
    static const struct {
        const char *formula;
        double share;
    } cases[] = { { "Reaction ~ Days + (Days | Subject)", 0.72166 },
                  { "Reaction ~ Days + (Days || Subject)", 0.71629 },
                  { "Reaction ~ Days + (0 + Days | Subject)", 0.64085 },
                  { "Reaction ~ Days + cs(Days | Subject)", 0.72166 },
                  { "Reaction ~ Days + (1 | Subject) + ou(0 + Days | Subject)", 0.91667 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stated s = state("sleepstudy", cases[i].formula, "gaussian", METHOD_REML, 0);
        double group = 0;
        struct icc_parts parts;

        cr_assert(icc_has_shares(s.fit), "%s", cases[i].formula);
        icc_parts(s.fit, &parts);
        for (int t = 0; t < s.fit->design->random_count; t++)
            group += icc_share(s.fit, t);
        cr_expect_float_eq(group, cases[i].share, 2e-4, "%s: %.6f", cases[i].formula, group);
        cr_expect_float_eq(group, icc_group(s.fit, 0) / (parts.random + parts.residual), 1e-12);
        cr_expect_float_eq(group + icc_share(s.fit, -1), 1, 1e-12);
        stated_clear(&s);
    }
}

/* What is left has its share beside a term that has a level for each row, whose variance is no part of it then. */
Test(icc, shares_beside_a_level_for_each_row)
{
    struct stated s = state("epil", "y ~ trt + (1 | subject) + (1 | subject:period)", "poisson", METHOD_LAPLACE, 0);
    double sum = icc_share(s.fit, -1);

    cr_assert(icc_is_level_of_row(s.fit, 1) && icc_share(s.fit, 1) > 0.1);
    for (int t = 0; t < s.fit->design->random_count; t++)
        sum += icc_share(s.fit, t);
    cr_expect_float_eq(sum, 1, 1e-12, "%.15g", sum);
    cr_expect_float_eq(icc_share(s.fit, -1), icc_rest_sd(s.fit) * icc_rest_sd(s.fit) / icc_total(s.fit), 1e-12);
    stated_clear(&s);
}

/* Profiles of shares, against R: the criterion by a dense covariance matrix, its components scaled to the share, minimized by
 * optim over all else, and uniroot; of plain intercepts lme4's own, (restricted) deviance or nAGQ, at the ratio that the share
 * asks for, minimized over the other ratio or the coefficients. */
Test(icc, profiles_of_shares)
{
    static const struct {
        const char *data, *formula, *family;
        enum fit_method method;
        int nodes, at;
        double lower, upper, tolerance;
    } cases[] = {
        { "sleepstudy", "Reaction ~ Days + (Days | Subject)", "gaussian", METHOD_REML, 0, 0, 0.573352, 0.849255, 2e-6 },
        { "sleepstudy", "Reaction ~ Days + us(Days | Subject)", "gaussian", METHOD_REML, 0, 0, 0.573352, 0.849255, 2e-6 },
        { "dyestuff", "Yield ~ 1 + (1 | Batch)", "gaussian", METHOD_REML, 0, 0, 0.068614, 0.818750, 2e-6 },
        { "dyestuff2", "Yield ~ 1 + (1 | Batch)", "gaussian", METHOD_REML, 0, 0, 0, 0.3194043, 2e-6 },
        { "dyestuff2", "Yield ~ 1 + (1 | Batch)", "gaussian", METHOD_ML, 0, 0, 0, 0.248410, 2e-6 },
        { "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "gaussian", METHOD_REML, 0, 0, 0.034852, 0.360214, 2e-6 },
        { "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "gaussian", METHOD_REML, 0, 1, 0.535726, 0.948048, 2e-6 },
        { "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "gaussian", METHOD_REML, 0, 2, 0.015822, 0.139051, 2e-6 },
        { "pastes", "strength ~ 1 + (1 | batch/cask)", "gaussian", METHOD_REML, 0, 0, 0.381005, 0.966738, 2e-6 },
        { "pastes", "strength ~ 1 + (1 | batch/cask)", "gaussian", METHOD_REML, 0, 1, 0, 0.578812, 2e-6 },
        { "pastes", "strength ~ 1 + (1 | batch/cask)", "gaussian", METHOD_REML, 0, 2, 0.029296, 0.127073, 2e-6 },
        { "cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_AGQ, 9, 0, 0.035662,
          0.272932, 2e-6 }
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stated s = state(cases[i].data, cases[i].formula, cases[i].family, cases[i].method, cases[i].nodes);
        struct glmm_error err = { 0 };
        struct share_intervals found;
        const struct interval *all;
        int at = cases[i].at;

        cr_assert(share_intervals_find(s.fit, SHARES_OF_TERMS, 0.95, false, NULL, &found, &err), "%s", err.message);
        cr_assert_eq(found.by, SHARES_BY_PROFILE);
        all = found.interval;
        cr_expect_float_eq(all[at].lower, cases[i].lower, cases[i].tolerance, "%s: %.7f", cases[i].formula, all[at].lower);
        cr_expect_float_eq(all[at].upper, cases[i].upper, cases[i].tolerance, "%s: %.7f", cases[i].formula, all[at].upper);
        if (s.fit->design->random_count == 1) {
            cr_expect_float_eq(all[1].lower, 1 - all[0].upper, 1e-7);
            cr_expect_float_eq(all[1].upper, 1 - all[0].lower, 1e-7);
        }
        share_intervals_clear(&found);
        stated_clear(&s);
    }
}

/* A share has no unit: with the response in another one its interval stays, also of effects that no row has together, whose M has
 * entries of 0. */
Test(icc, shares_have_no_unit)
{
    static const char *const formulas[] = { "Reaction ~ Days + (0 + factor(Days > 4) | Subject)",
                                            "Reaction ~ Days + diag(0 + factor(Days > 4) | Subject)",
                                            "Reaction ~ Days + us(0 + factor(Days > 4) | Subject)" };
    char other[128];

    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++) {
        struct stated one = state("sleepstudy", formulas[i], "gaussian", METHOD_REML, 0), two;
        struct glmm_error err = { 0 };
        struct share_intervals found, again;

        snprintf(other, sizeof other, "Reaction / 1000 %s", strchr(formulas[i], '~'));
        two = state("sleepstudy", other, "gaussian", METHOD_REML, 0);
        cr_assert(share_intervals_find(one.fit, SHARES_OF_TERMS, 0.95, false, NULL, &found, &err), "%s", err.message);
        cr_assert(share_intervals_find(two.fit, SHARES_OF_TERMS, 0.95, false, NULL, &again, &err), "%s", err.message);
        cr_assert_eq(found.by, SHARES_BY_PROFILE, "%s", formulas[i]);
        cr_expect_float_eq(found.interval[0].lower, again.interval[0].lower, 2e-6, "%s: %.7f", other, again.interval[0].lower);
        cr_expect_float_eq(found.interval[0].upper, again.interval[0].upper, 2e-6, "%s: %.7f", other, again.interval[0].upper);
        share_intervals_clear(&found);
        share_intervals_clear(&again);
        stated_clear(&one);
        stated_clear(&two);
    }
}

/* What icc shows of a group that is one term is what varcorr shows of the term, whatever the criterion. */
Test(icc, one_share_has_one_interval)
{
    static const struct {
        const char *data, *formula, *family;
        enum fit_method method;
        int nodes;
    } cases[] = { { "cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_AGQ, 9 },
                  { "cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | herd)", "binomial", METHOD_LAPLACE, 0 },
                  { "epil", "y ~ trt + (1 | subject)", "poisson", METHOD_AGQ, 5 },
                  { "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "gaussian", METHOD_ML, 0 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stated s = state(cases[i].data, cases[i].formula, cases[i].family, cases[i].method, cases[i].nodes);
        struct glmm_error err = { 0 };
        struct share_intervals terms;
        struct icc_intervals groups;

        cr_assert(share_intervals_find(s.fit, SHARES_OF_TERMS, 0.95, false, NULL, &terms, &err), "%s", err.message);
        cr_assert(icc_intervals_find(s.fit, 0.95, false, 0, 1, NULL, &groups, &err), "%s", err.message);
        for (int t = 0; t < s.fit->design->random_count; t++) {
            cr_expect(isfinite(terms.interval[t].upper));
            cr_expect_eq(terms.interval[t].lower, groups.group[t].share.lower);
            cr_expect_eq(terms.interval[t].upper, groups.group[t].share.upper);
        }
        share_intervals_clear(&terms);
        icc_intervals_clear(&groups);
        stated_clear(&s);
    }
}

/* What would take long: the curvature's where the share is of one deviation; but what is asked for is done. */
Test(icc, large)
{
    struct stated s =
        state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | factor(herd))", "binomial", METHOD_IS, 0);
    struct glmm_error err = { 0 };
    struct share_intervals found;

    cr_assert(share_intervals_find(s.fit, SHARES_OF_TERMS, 0.95, false, NULL, &found, &err), "%s", err.message);
    cr_expect(found.large);
    cr_expect_eq(found.by, SHARES_BY_LOG);
    share_intervals_clear(&found);
    cr_assert(share_intervals_find(s.fit, SHARES_OF_TERMS, 0.95, true, NULL, &found, &err), "%s", err.message);
    cr_expect(!found.large);
    cr_expect_eq(found.by, SHARES_BY_PROFILE);
    cr_expect(isfinite(found.interval[0].upper));
    share_intervals_clear(&found);
    stated_clear(&s);
}

/* One variance: the interval of the correlation is that of the deviation, transformed; of two, the profile of the share; and the
 * bootstrap has about the same. */
Test(icc, intervals)
{
    struct stated s =
        state("cbpp", "cbind(incidence, size - incidence) ~ factor(period) + (1 | factor(herd))", "binomial", METHOD_LAPLACE, 0);
    struct glmm_error err = { 0 };
    struct icc_intervals profile, boot;
    struct interval sd;
    struct arena *arena = arena_new();
    int count, at = 0;
    const struct parameter *list = parameters_of(s.fit, arena, &count);
    struct profile *along = profile_new(s.fit, NULL, &err);

    while (list[at].kind != PARAMETER_SD)
        at++;
    cr_assert(profile_interval(along, &list[at], 0.95, &sd, &err));
    cr_assert(icc_intervals_find(s.fit, 0.95, false, 0, 1, NULL, &profile, &err), "%s", err.message);
    cr_expect_float_eq(profile.group[0].share.lower, sd.lower * sd.lower / (sd.lower * sd.lower + M_PI * M_PI / 3), 1e-7);
    cr_expect_float_eq(profile.group[0].share.upper, sd.upper * sd.upper / (sd.upper * sd.upper + M_PI * M_PI / 3), 1e-7);
    cr_expect_float_eq(profile.group[0].odds[1], exp(M_SQRT2 * sd.upper * 0.6744897501960817), 1e-6);
    cr_assert(icc_intervals_find(s.fit, 0.95, false, 100, 1, NULL, &boot, &err), "%s", err.message);
    cr_expect_eq(boot.by, ICC_BY_BOOT);
    cr_expect_gt(boot.used, 90);
    cr_expect_float_eq(boot.group[0].share.upper, profile.group[0].share.upper, 0.1);
    icc_intervals_clear(&profile);
    icc_intervals_clear(&boot);
    profile_free(along);
    arena_free(arena);
    stated_clear(&s);
}

/* The median odds ratio of a group has an interval where a random intercept is all that the group has. */
Test(icc, odds_of_an_intercept_that_is_all_of_its_group)
{
    static const char *const terms[] = { "(1 | factor(herd))", "(1 | factor(herd)) + (0 + size | factor(herd))",
                                         "(0 + size | factor(herd))" };

    for (int k = 0; k < 3; k++) {
        char formula[128];
        struct glmm_error err = { 0 };
        struct icc_intervals intervals;
        struct stated s;

        snprintf(formula, sizeof formula, "cbind(incidence, size - incidence) ~ factor(period) + %s", terms[k]);
        s = state("cbpp", formula, "binomial", METHOD_LAPLACE, 0);
        cr_assert(icc_intervals_find(s.fit, 0.95, false, 0, 1, NULL, &intervals, &err), "%s", err.message);
        cr_expect_eq(intervals.group[0].odds[1] > 1, k == 0, "%s: %g", terms[k], intervals.group[0].odds[1]);
        icc_intervals_clear(&intervals);
        stated_clear(&s);
    }
}
