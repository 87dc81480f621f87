/* test-family.c -- log densities and all their derivatives against quadruple precision, tails included; all else:
 * test-family-table.c. */
#include <criterion/criterion.h>
#include <math.h>
#include <quadmath.h>
#include <stdio.h>
#include <string.h>

#include "model/family.h"
#include "model/family-special.h"
#include "plain-families.h"
#include "natural-shapes.h"

typedef __float128 quad;

/* --- the densities again, straight from their definitions, in quadruple precision ----------- */

static void quad_mean(const char *link, quad eta, quad *mu, quad *rest)
{
    *mu = 0;
    if (strcmp(link, "identity") == 0)
        *mu = eta;
    else if (strcmp(link, "log") == 0)
        *mu = expq(eta);
    else if (strcmp(link, "inverse") == 0)
        *mu = 1 / eta;
    else if (strcmp(link, "1/mu^2") == 0)
        *mu = 1 / sqrtq(eta);
    else if (strcmp(link, "sqrt") == 0)
        *mu = eta * eta;
    *rest = 1 - *mu;
    if (strcmp(link, "logit") == 0) {
        *mu = 1 / (1 + expq(-eta));
        *rest = 1 / (1 + expq(eta));
    } else if (strcmp(link, "probit") == 0) {
        *mu = erfcq(-eta / sqrtq(2)) / 2;
        *rest = erfcq(eta / sqrtq(2)) / 2;
    } else if (strcmp(link, "cloglog") == 0) {
        *mu = -expm1q(-expq(eta));
        *rest = expq(-expq(eta));
    } else if (strcmp(link, "cauchit") == 0) {
        *mu = atan2q(1, -eta) / M_PIq;
        *rest = atan2q(1, eta) / M_PIq;
    }
}

static quad quad_density(const char *family, const char *link, const struct observation *at, quad eta, quad tau)
{
    quad mu, rest, y = at->y, n = at->trials, w = at->weight, phi = expq(tau), k = roundq(y * n), s;

    quad_mean(link, eta, &mu, &rest);
    if (strcmp(family, "binomial") == 0)
        return w
               * (lgammaq(n + 1) - lgammaq(k + 1) - lgammaq(n - k + 1)
                  + (k > 0 ? k * (rest < 0.5Q ? log1pq(-rest) : logq(mu)) : 0)
                  + (k < n ? (n - k) * (mu < 0.5Q ? log1pq(-mu) : logq(rest)) : 0));
    if (strcmp(family, "poisson") == 0)
        return w * ((y > 0 ? y * logq(mu) : 0) - mu - lgammaq(y + 1));
    if (strcmp(family, "gaussian") == 0)
        return -logq(2 * M_PIq * phi / w) / 2 - w * (y - mu) * (y - mu) / (2 * phi);
    if (strcmp(family, "Gamma") == 0) {
        s = w / phi;
        return s * logq(s / mu) + (s - 1) * logq(y) - s * y / mu - lgammaq(s);
    }
    if (strcmp(family, "inverse.gaussian") == 0)
        return -logq(2 * M_PIq * phi / w * y * y * y) / 2 - w * (y - mu) * (y - mu) / (2 * phi * mu * mu * y);
    if (strcmp(family, "nbinom2") == 0)
        return w * (lgammaq(y + phi) - lgammaq(phi) - lgammaq(y + 1) + phi * logq(phi / (phi + mu)) + y * logq(mu / (phi + mu)));
    if (strcmp(family, "nbinom1") == 0) {
        s = mu / phi;
        return w * (lgammaq(y + s) - lgammaq(s) - lgammaq(y + 1) - s * log1pq(phi) + y * logq(phi / (1 + phi)));
    }
    if (strcmp(family, "beta") == 0)
        return w
               * (lgammaq(phi) - lgammaq(mu * phi) - lgammaq(rest * phi) + (mu * phi - 1) * logq(y)
                  + (rest * phi - 1) * log1pq(-y));
    cr_assert_str_eq(family, "betabinomial");
    return w
           * (lgammaq(n + 1) - lgammaq(k + 1) - lgammaq(n - k + 1) + lgammaq(k + mu * phi) - lgammaq(mu * phi)
              + lgammaq(n - k + rest * phi) - lgammaq(rest * phi) - lgammaq(n + phi) + lgammaq(phi));
}

/* The first three derivatives in eta by differences of order h^4. */
static void quad_eta(const char *family, const char *link, const struct observation *at, quad eta, quad tau, quad out[4])
{
    quad h = 1e-5Q * (eta > 1 ? eta : eta < -1 ? -eta : 1), f[7];

    for (int i = -3; i <= 3; i++)
        f[i + 3] = quad_density(family, link, at, eta + i * h, tau);
    out[0] = f[3];
    out[1] = (-f[5] + 8 * f[4] - 8 * f[2] + f[1]) / (12 * h);
    out[2] = (-f[5] + 16 * f[4] - 30 * f[3] + 16 * f[2] - f[1]) / (12 * h * h);
    out[3] = (-f[6] + 8 * f[5] - 13 * f[4] + 13 * f[2] - 8 * f[1] + f[0]) / (8 * h * h * h);
}

static void quad_all(const char *family, const char *link, const struct observation *at, quad eta, quad tau, quad out[D_COUNT])
{
    quad h = 1e-5Q, side[4][4];

    quad_eta(family, link, at, eta, tau, out);
    quad_eta(family, link, at, eta, tau - 2 * h, side[0]);
    quad_eta(family, link, at, eta, tau - h, side[1]);
    quad_eta(family, link, at, eta, tau + h, side[2]);
    quad_eta(family, link, at, eta, tau + 2 * h, side[3]);
    for (int j = 0; j < 3; j++)
        out[D_TAU + j] = (-side[3][j] + 8 * side[2][j] - 8 * side[1][j] + side[0][j]) / (12 * h);
}

/* `scale` is what the terms of the sum add up to in size: no formula in double precision can be better than its rounding. */
static void compare(const struct family *family, const struct link *link, const struct observation *at, double eta, double tau,
                    double relative, double rounding)
{
    double out[D_COUNT], constant[1 + FAMILY_SHAPES] = { 0 };
    quad exact[D_COUNT];

    family->constant(at, &tau, constant);
    cr_assert(family->density(link, at, eta, &tau, ORDER_ALL, out), "%s %s refuses eta %g y %g", family->name, link->name, eta,
              at->y);
    out[D_VALUE] += constant[0];
    out[D_TAU] += constant[1];
    quad_all(family->name, link->name, at, eta, tau, exact);
    for (int j = 0; j < (family->has_dispersion ? D_SHAPE(1) : D_TAU); j++) {
        double want = (double)exact[j], error = fabs((double)(out[j] - exact[j]));
        double reference = 1e-32 * fabs((double)exact[0]) * (j == 3 || j == D_TAU_ETA2 ? 1e15 : 1e10); /* its own rounding */

        cr_assert(error <= relative * fabs(want) + rounding + reference,
                  "%s %s y %g n %g eta %g tau %g derivative %d: %.17g, exact %.17g", family->name, link->name, at->y, at->trials,
                  eta, tau, j, out[j], want);
    }
}

/* The same near the largest value, where the terms have `size`: the value to the rounding of its own terms, slopes to that of
 * eta. */
static void compare_near_mode(const struct family *family, const struct link *link, const struct observation *at, double eta,
                              double tau, double size)
{
    double out[D_COUNT], constant[2], spread, terms = 1e-31 * (size + exp(fabs(tau))); /* of the reference, by their rounding */
    quad exact[D_COUNT];

    family->constant(at, &tau, constant);
    cr_assert(family->density(link, at, eta, &tau, ORDER_ALL, out), "%s refuses eta %g y %g", family->name, eta, at->y);
    cr_assert_lt(fabs(out[D_VALUE] + constant[0]), 400, "%s", family->name);
    out[D_VALUE] += constant[0];
    out[D_TAU] += constant[1];
    quad_all(family->name, link->name, at, eta, tau, exact);
    spread = sqrt(fabs((double)exact[D_ETA2])); /* one over the standard deviation that a row has for its eta */
    for (int j = 0; j < (family->has_dispersion ? D_SHAPE(1) : D_TAU); j++) {
        double power = pow(1 + spread, j < D_TAU ? j : j - D_TAU), error = fabs((double)(out[j] - exact[j]));

        double allowed = 2e-15 * power * (60 + 20 * spread) * (1 + fabs(eta)); /* the rounding of eta and mu */

        allowed += terms * (j == D_ETA3 || j == D_TAU_ETA2 ? 1e15 : 1e10);
        cr_assert(error <= 1e-9 * fabs((double)exact[j]) + allowed,
                  "%s size %g y %g n %g eta %.17g tau %g derivative %d: %.17g, exact %.17g, allowed %g", family->name, size,
                  at->y, at->trials, eta, tau, j, out[j], (double)exact[j], allowed);
    }
}

static bool is_quad(const struct family *family)
{
    return family->more_count == 0 && family->whole == NULL && family->mean == NULL && strcmp(family->name, "genpois") != 0
           && strcmp(family->name, "compois") != 0;
}

Test(family, binary_tails)
{
    const struct family *family = family_find("binomial", NULL);
    static const double etas[] = { -30, -12, -8, -5.01, -4.99, -3, -1, -0.2, 0, 1e-3, 0.4, 1, 2.5, 3.5, 4.9, 5.1, 9, 20 };

    for (int l = 0; family->links[l] != NULL; l++)
        for (size_t i = 0; i < sizeof etas / sizeof *etas; i++)
            for (int y = 0; y <= 1; y++) {
                struct observation at = { .y = y, .trials = 1, .weight = 1 };
                bool log_link = strcmp(family->links[l]->name, "log") == 0;

                if ((log_link && etas[i] >= 0) || (strcmp(family->links[l]->name, "cloglog") == 0 && etas[i] > 4))
                    continue;
                compare(family, family->links[l], &at, etas[i], 0, 1e-9, 1e-120);
            }
}

Test(family, far_probit_tail)
{
    const struct link *probit = link_find("probit");
    double log_mu[4], log_rest[4], x = -60;

    probit->logs(x, log_mu, log_rest);
    cr_assert_float_eq(log_mu[0], (double)logq(erfcq(60 / sqrtq(2)) / 2), 1e-9);
    cr_assert_float_eq(log_mu[1], (double)(expq(-1800) / sqrtq(2 * M_PIq) / (erfcq(60 / sqrtq(2)) / 2)), 1e-13);
    cr_assert_lt(fabs(log_mu[3] / (2.0 / (60.0 * 60 * 60) * (1 - 12 / 3600.0 + 150 / 12960000.0)) - 1), 1e-6);
    probit->logs(-1e200, log_mu, log_rest);
    cr_assert(log_mu[0] == -INFINITY && !isnan(log_mu[2]));
}

Test(family, every_family_and_link)
{
    static const double etas[] = { -6, -2, -0.7, -0.05, 0.03, 0.4, 1, 1.9, 3.2 };
    static const double taus[] = { -6, -1.5, 0, 1.2, 5, 12 };

    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);

        for (int l = 0; is_quad(family) && family->links[l] != NULL; l++)
            for (size_t i = 0; i < sizeof etas / sizeof *etas; i++)
                for (size_t t = 0; t < (family->has_dispersion ? sizeof taus / sizeof *taus : 1); t++)
                    for (int which = 0; which < 5; which++) {
                        const struct link *link = family->links[l];
                        double eta = etas[i], size;
                        struct observation at = { .y = (double[]){ 0, 1, 3, 12, 90 }[which], .trials = 1, .weight = 1 };

                        if (family->response == RESPONSE_BINOMIAL) {
                            at.trials = (double[]){ 1, 1, 7, 20, 300 }[which];
                            at.y /= at.trials;
                        } else if (strcmp(family->name, "beta") == 0) {
                            at.y = (double[]){ 1e-8, 0.01, 0.3, 0.77, 0.9999 }[which];
                        } else if (!family->accepts(&at)) {
                            at.y = 0.2;
                        }
                        at.weight = which == 2 ? 1.7 : 1;
                        if (link->valid != NULL && !link->valid(eta))
                            continue;
                        if (family->response == RESPONSE_REAL && eta <= 0 && strcmp(link->name, "log") != 0
                            && strcmp(family->name, "beta") != 0)
                            continue;
                        if (strcmp(link->name, "cloglog") == 0 && eta > 2.5)
                            continue;
                        /* What the terms of log f add up to. */
                        size = (at.y * at.trials + 1) * (1 + fabs(eta)) + exp(fabs(eta)) + exp(fabs(taus[t]));
                        if (family->weight_divides)
                            size = (1 + at.y * at.y) * exp(4 * fabs(eta) + fabs(taus[t])) + 20 * exp(fabs(taus[t]));
                        if (strcmp(family->name, "beta") == 0)
                            size *= 30;
                        compare(family, link, &at, eta, family->has_dispersion ? taus[t] : 0, 1e-9, 1e-14 * size);
                    }
    }
}

/* Counts, trials and precisions over decades, where the log density is near its largest value: what it lies below that is small,
 * and keeps its digits beside terms that are of the size of the count. */
Test(family, decades)
{
    static const double taus[] = { -3, 0.5, 3, 8, 17, 23 };

    for (int f = 0; f < PLAIN_FAMILIES; f++) {
        const struct family *family = family_at(f);

        for (int decade = 1; decade <= 12; decade++)
            for (int away = -2; away <= 4; away += 2)
                for (size_t t = 0; t < (family->has_dispersion ? sizeof taus / sizeof *taus : 1); t++) {
                    const struct link *link = family->links[0];
                    double size = pow(10, decade), tau = family->has_dispersion ? taus[t] : 0, mu, sd, eta;
                    struct observation at = { .y = size, .trials = 1, .weight = 1 };

                    if (family->residual || strcmp(family->name, "inverse.gaussian") == 0 || !is_quad(family))
                        continue;
                    if (strcmp(family->name, "Gamma") == 0) {
                        at.y = 87;
                        tau = -log(size) * 1.3;
                    } else if (strcmp(family->name, "beta") == 0) {
                        at.y = 0.3;
                        tau = log(size);
                    } else if (family->response == RESPONSE_BINOMIAL) {
                        at.trials = size;
                        at.y = 0.3;
                    }
                    mu = at.y;
                    sd = sqrt(family_variance(family, mu, &(double){ exp(tau) }, &at));
                    mu += away * fmin(sd, mu / 10);
                    eta = link->transform(mu);
                    compare_near_mode(family, link, &at, eta, tau, size);
                }
    }
}

Test(family, gamma_ratio_two_ways)
{
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 12; j++) {
            double a = pow(10, -8 + 0.5 * i), k = (double[]){ 1, 2, 5, 24, 25, 26, 60, 500, 0.5, 3.7, 1e4, 17 }[j], out[4];
            quad h = 1e-6Q * a, g[5];

            gamma_ratio(a, k, 1, out);
            for (int s = -2; s <= 2; s++)
                g[s + 2] = lgammaq(a + s * h + k) - lgammaq(a + s * h);
            cr_assert_float_eq(out[0] + k * log(a), (double)g[2], 1e-13 * (k * fabs(log(a)) + fabs((double)g[2]) + k),
                               "a %g k %g", a, k);
            cr_assert_float_eq(out[1], (double)((-g[4] + 8 * g[3] - 8 * g[1] + g[0]) / (12 * h)),
                               1e-12 * fabs(out[1]) + 1e-17 * k);
        }
}

/* A response that a family does not take is named with its row in the data, wherever it stands, with what would take it. */
Test(family, responses_outside_are_named_with_what_would_be_right)
{
    static const struct {
        const char *family;
        double bad, good; /* the first bad one of three rows, and the others */
        const char *hint; /* a piece of it; NULL: there is none */
    } cases[] = {
        { "poisson", -1, 2, "leave family= out" },
        { "poisson", 0.5, 2, "a rate is a count" },
        { "nbinom2", 1.5, 0, "a rate is a count" },
        { "truncated_poisson", 0, 2, "zeros by themselves, and the counts" },
        { "truncated_poisson", -1, 2, "leave family= out" },
        { "truncated_poisson", 1.5, 2, "a rate is a count" },
        { "Gamma", 0, 2, "zeros by themselves, and the amounts" },
        { "Gamma", -1, 2, "leave family= out" },
        { "tweedie", -1, 0, "leave family= out" },
        { "binomial", 0.3, 1, "trials=" },
        { "binomial", 2, 1, NULL },
        { "beta", 0, 0.5, "zi=~1 adds zeros, family=ordbeta" },
        { "beta", 1, 0.5, "family=ordbeta takes" },
        { "beta", 50, 0.5, "a percentage is 100 times a share: fit y/100" },
        { "beta", 100, 0.5, "a percentage" },
        { "beta", 101, 0.5, NULL },
        { "beta", -1, 0.5, "leave family= out" },
    };
    static const size_t rows[] = { 4, 7, 8 };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int at = 0; at < 3; at++) {
            double y[3] = { cases[c].good, cases[c].good, cases[c].good };
            struct glmm_error none = { 0 }, err = { 0 };
            const struct family *family = family_find(cases[c].family, &err);
            struct response response = { .family = family, .n = 3, .y = y };
            char row[32];

            cr_assert(family != NULL && response_check(&response, rows, "y", &none), "%s: %s", cases[c].family, none.message);
            y[at] = cases[c].bad;
            cr_expect_not(response_check(&response, rows, "y", &err), "%s takes %g", cases[c].family, cases[c].bad);
            snprintf(row, sizeof row, "row %zu: ", rows[at] + 1);
            cr_expect_eq(strncmp(err.message, row, strlen(row)), 0, "%s: %s", cases[c].family, err.message);
            cr_expect(cases[c].hint == NULL ? err.hint[0] == '\0' : strstr(err.hint, cases[c].hint) != NULL, "%s of %s: %s",
                      err.message, cases[c].family, err.hint);
        }
}
