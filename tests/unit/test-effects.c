/* test-effects.c -- the errors of random effects of a generalized model, against the matrix of them all. */
#include <math.h>

#include "invert.h"
#include "stated.h"

/* The place of each effect of row i among all of them, and z' Lambda; how many there are. */
static int row_effects(const struct fit *fit, size_t i, int column[], double row[])
{
    const struct design *d = fit->design;
    int count = 0, at = 0;

    for (int t = 0, k; t < d->random_count; at += d->random[t].level_count * k, t++) {
        k = d->random[t].k;
        for (int b = 0; b < k; b++, count++) {
            column[count] = at + d->random[t].level[i] * k + b;
            row[count] = 0;
            for (int a = b; a < k; a++)
                row[count] += d->random[t].z[i * (size_t)k + (size_t)a] * fit->random[t].lambda[a + b * k];
        }
    }
    return count;
}

/* (Lambda' Z'WZ Lambda + I)^-1 with W the fitted means, q x q, to be freed. */
static double *inverse_of(const struct fit *fit, int *q)
{
    const struct design *d = fit->design;
    int column[4];
    double *H, row[4];

    *q = 0;
    for (int t = 0; t < d->random_count; t++)
        *q += d->random[t].level_count * d->random[t].k;
    H = calloc((size_t)*q * (size_t)*q, sizeof *H);
    for (int j = 0; j < *q; j++)
        H[j + j * *q] = 1;
    for (size_t i = 0; i < d->n; i++) {
        int count = row_effects(fit, i, column, row);

        for (int a = 0; a < count; a++)
            for (int b = 0; b < count; b++)
                H[column[a] + column[b] * *q] += fit->fitted[i] * row[a] * row[b];
    }
    invert(*q, H);
    return H;
}

/* The covariances of one level's k effects, which begin at `first`, are Lambda H Lambda'. */
static void expect_errors(const double *found, const double *L, int k, const double *H, int q, int first, const char *what)
{
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double sum = 0;

            for (int c = 0; c <= a; c++)
                for (int e = 0; e <= b; e++)
                    sum += L[a + c * k] * H[first + c + (first + e) * q] * L[b + e * k];
            cr_expect_float_eq(found[b * k + a], sum, 1e-6 * (0.01 + fabs(sum)), "%s, effects from %d, %d and %d: %g, not %g",
                               what, first, a, b, found[b * k + a], sum);
        }
}

/* The correlations are those of Lambda Lambda'. */
static void expect_correlations(const struct random_fit *random, const char *what)
{
    const double *L = random->lambda;
    int k = random->k;

    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) {
            double cross = 0, squares[2] = { 0 };

            for (int c = 0; c < k; c++) {
                cross += L[a + c * k] * L[b + c * k];
                squares[0] += L[a + c * k] * L[a + c * k];
                squares[1] += L[b + c * k] * L[b + c * k];
            }
            cr_expect_float_eq(random->correlation[a + b * k], cross / sqrt(squares[0] * squares[1]), 1e-9, "%s", what);
        }
}

/* Var(b | y) of a Poisson model is Lambda (Lambda' Z'WZ Lambda + I)^-1 Lambda', of all effects at once; with slopes, with a
 * correlation at the end of its range, and with a crossed factor. */
Test(effects, errors_are_those_of_their_matrix)
{
    static const char *const formulas[] = { "count ~ mined + (1 + DOY | site)", "count ~ mined + (1 + Wtemp | site)",
                                            "count ~ mined + (1 + DOY | site) + (1 + Wtemp | spp)",
                                            "count ~ mined + (1 + DOY + Wtemp | site)" };

    for (int f = 0; f < 4; f++) {
        struct stated s = state("salamanders", formulas[f], "poisson", METHOD_LAPLACE, 1);
        const struct design *d = s.fit->design;
        int q, first = 0;
        double *H = inverse_of(s.fit, &q);

        for (int t = 0; t < d->random_count; t++) {
            const struct random_fit *random = &s.fit->random[t];
            int k = random->k;

            for (int l = 0; l < d->random[t].level_count; l++, first += k)
                expect_errors(random->mode_covariance + l * k * k, random->lambda, k, H, q, first, formulas[f]);
            expect_correlations(random, formulas[f]);
        }
        cr_expect_eq(first, q);
        free(H);
        stated_clear(&s);
    }
}
