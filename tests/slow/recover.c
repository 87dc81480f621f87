/* recover.c -- simulated data recover their truth: 200 data sets of each family, fitted by maximum likelihood (`make
 * check-slow`).
 *
 * The mean estimate must be within 4 simulation errors of the truth, and 95 % intervals of coefficients must cover it as
 * often as they say (to 4 binomial errors).  Maximum likelihood itself is biased downward in variances, by about 1/(2
 * groups) relative, and in dispersions, by about parameters/rows: those get that much room more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/glmm.h"
#include "make-design.h"
#include "plain-families.h"

enum { SETS = 200, ROWS = 480, GROUPS = 48, WATCHED = 4 }; /* intercept, slope, SD of the groups, log dispersion */

struct record {
    double sum[WATCHED], square[WATCHED];
    int covered[2], count, failed;
};

static void simulate(struct design *d, const struct family *family, const struct link *link, const double truth[WATCHED], int set)
{
    struct rng rng;
    double b[GROUPS];

    rng_init(&rng, 2024, (uint64_t)set);
    for (int l = 0; l < GROUPS; l++)
        b[l] = truth[2] * rng_normal(&rng);
    for (size_t i = 0; i < d->n; i++) {
        struct observation at = { .y = 0, .trials = d->trials != NULL ? d->trials[i] : 1, .weight = 1 };
        double x = rng_normal(&rng), eta;

        d->X[i + d->n] = x;
        d->random[0].level[i] = (int32_t)(i % GROUPS);
        eta = truth[0] + truth[1] * x + b[i % GROUPS];
        d->y[i] = family_simulate(family, link, &rng, &at, eta, (double[]){ exp(truth[3]) });
    }
}

static void add(struct record *record, const struct fit *fit, const double truth[WATCHED])
{
    double estimates[WATCHED] = { fit->beta[0], fit->beta[1], fit->random[0].sd[0], log(fit->dispersion) };

    record->count++;
    for (int j = 0; j < WATCHED; j++) {
        record->sum[j] += estimates[j] - truth[j];
        record->square[j] += (estimates[j] - truth[j]) * (estimates[j] - truth[j]);
    }
    for (int j = 0; j < 2; j++)
        record->covered[j] += fabs(fit->beta[j] - truth[j]) < 1.959964 * fit->se[j];
}

static bool judge(const struct family *family, const struct record *record, const double truth[WATCHED])
{
    static const char *const names[] = { "intercept", "slope", "group SD", "log dispersion" };
    double room[WATCHED] = { 0, 0, truth[2] / GROUPS, family->has_dispersion ? 4.0 / ROWS + 1.0 / GROUPS : 0 };
    bool ok = record->failed == 0;

    printf("%-18s %d fits", family->name, record->count);
    if (record->failed > 0)
        printf(", %d failed", record->failed);
    for (int j = 0; j < (family->has_dispersion ? WATCHED : 3); j++) {
        double n = record->count, mean = record->sum[j] / n, error = sqrt((record->square[j] / n - mean * mean) / n);
        bool good = fabs(mean) < 4 * error + room[j];

        printf("; %s %+.4f (%.4f)%s", names[j], mean, error, good ? "" : " BIASED");
        ok = ok && good;
        if (j < 2) {
            double rate = record->covered[j] / n;

            good = fabs(rate - 0.95) < 4 * sqrt(0.95 * 0.05 / n);
            printf(" covered %.3f%s", rate, good ? "" : " WRONG");
            ok = ok && good;
        }
    }
    printf("\n");
    return ok;
}

static bool recover(const struct family *family)
{
    const struct link *link = family->links[0];
    bool binary = family->response == RESPONSE_BINOMIAL;
    double truth[WATCHED] = { 0.6, 0.4, 0.6, family->weight_divides ? log(0.2) : log(2.0) };
    struct design *d = make_design(ROWS, 2, 1, (struct shape_term[]){ { .k = 1, .levels = GROUPS } }, false, 1);
    struct fit_options options = { .method = METHOD_AGQ, .nodes = 9 };
    struct record record = { { 0 }, { 0 }, { 0 }, 0, 0 };

    if (binary) {
        d->trials = calloc(d->n, sizeof(double));
        for (size_t i = 0; i < d->n; i++)
            d->trials[i] = 5;
    }
    for (int set = 0; set < SETS; set++) {
        struct glmm_error err = { 0 };
        struct fit *fit;

        simulate(d, family, link, truth, set);
        fit = glm_fit(d, family, link, &options, NULL, &err);
        if (fit != NULL && fit->optimum.verdict != VERDICT_NOT_CONVERGED)
            add(&record, fit, truth);
        else {
            printf("%s, data set %d: %s\n", family->name, set, fit != NULL ? fit->optimum.message : err.message);
            record.failed++;
        }
        fit_free(fit);
    }
    free(d->trials);
    free_design(d);
    return judge(family, &record, truth);
}

int main(int argc, char **argv)
{
    bool ok = true;

    for (int f = 0; f < PLAIN_FAMILIES; f++)
        if (argc == 1 || strcmp(argv[1], family_at(f)->name) == 0)
            ok = recover(family_at(f)) && ok;
    return ok ? 0 : 1;
}
