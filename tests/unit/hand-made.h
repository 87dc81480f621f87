/* hand-made.h -- fits whose numbers have closed forms: a balanced random intercept, and counts. */
#ifndef TESTS_HAND_MADE_H
#define TESTS_HAND_MADE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/fit.h"
#include "model/family.h"

/* Dyestuff (Davies & Goldsmith 1972, table 6.3), batches A to F of five preparations each. */
static double yield[30] = { 1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
                            1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445 };
static const double batch_mean[6] = { 1505, 1528, 1564, 1498, 1600, 1470 };
static const char *intercept[1] = { "(Intercept)" };
static const char *batches[6] = { "A", "B", "C", "D", "E", "F" };

/* A balanced random intercept: everything has a closed form. */
struct oneway {
    double ones[30], linear[30], modes[6], variances[6], rows[6];
    double beta[1], covariance[1], lambda[1], sd[1], correlation[1];
    int32_t level[30];
    struct random_design random;
    struct random_fit random_fit;
    struct design design;
    struct fit fit;
};

static inline void oneway_init(struct oneway *m)
{
    double sigma2 = 49.5100999770658 * 49.5100999770658, tau2 = 42.0005952482118 * 42.0005952482118;
    double kept = 5 * tau2 / (5 * tau2 + sigma2);

    memset(m, 0, sizeof *m);
    m->beta[0] = 1527.5;
    m->covariance[0] = tau2;
    for (int l = 0; l < 6; l++) {
        m->modes[l] = kept * (batch_mean[l] - 1527.5);
        m->variances[l] = tau2 * sigma2 / (5 * tau2 + sigma2);
        m->rows[l] = 5;
    }
    for (int i = 0; i < 30; i++) {
        m->ones[i] = 1;
        m->level[i] = i / 5;
        m->linear[i] = 1527.5 + m->modes[i / 5];
    }
    m->random = (struct random_design){ .group = "Batch",
                                        .k = 1,
                                        .names = intercept,
                                        .level_count = 6,
                                        .levels = batches,
                                        .level = m->level,
                                        .rows_of_level = m->rows };
    m->random_fit =
        (struct random_fit){ .k = 1, .covariance = m->covariance, .modes = m->modes, .mode_covariance = m->variances };
    m->design = (struct design){ .n = 30,
                                 .response = "Yield",
                                 .y = yield,
                                 .p = 1,
                                 .X = m->ones,
                                 .names = intercept,
                                 .random = &m->random,
                                 .random_count = 1 };
    m->fit = (struct fit){ .design = &m->design,
                           .family = &family_gaussian,
                           .link = &link_identity,
                           .mean_link = &link_identity,
                           .has_scale = true,
                           .sigma = sqrt(sigma2),
                           .beta = m->beta,
                           .linear = m->linear,
                           .random = &m->random_fit };
}

/* Two effects nowhere: one group effect around an intercept; the own estimates have closed forms. */
struct counts {
    double y[8], trials[8], ones[8], linear[8], modes[4], variances[4], rows[4], beta[1], covariance[1];
    int32_t level[8];
    struct random_design random;
    struct random_fit random_fit;
    struct design design;
    struct fit fit;
};

static inline void counts_init(struct counts *m, const char *family, const double y[8], const double *trials)
{
    memset(m, 0, sizeof *m);
    memcpy(m->y, y, sizeof m->y);
    if (trials != NULL)
        memcpy(m->trials, trials, sizeof m->trials);
    for (int i = 0; i < 8; i++) {
        m->ones[i] = 1;
        m->level[i] = i / 2;
        m->modes[i / 2] = 0.1 * (i / 2);
        m->linear[i] = 0.5 + m->modes[i / 2];
        m->variances[i / 2] = 0.04;
        m->rows[i / 2] = 2;
    }
    m->beta[0] = 0.5;
    m->covariance[0] = 0.7;
    m->random = (struct random_design){
        .group = "g", .k = 1, .names = intercept, .level_count = 4, .levels = batches, .level = m->level, .rows_of_level = m->rows
    };
    m->random_fit =
        (struct random_fit){ .k = 1, .covariance = m->covariance, .modes = m->modes, .mode_covariance = m->variances };
    m->design = (struct design){ .n = 8,
                                 .response = "y",
                                 .y = m->y,
                                 .trials = trials == NULL ? NULL : m->trials,
                                 .p = 1,
                                 .X = m->ones,
                                 .names = intercept,
                                 .random = &m->random,
                                 .random_count = 1 };
    m->fit = (struct fit){ .design = &m->design,
                           .family = family_find(family, NULL),
                           .sigma = 1,
                           .dispersion = 1,
                           .shape = { 1 },
                           .beta = m->beta,
                           .linear = m->linear,
                           .random = &m->random_fit };
    m->fit.link = m->fit.mean_link = family_link(m->fit.family, NULL, NULL);
}

#endif
