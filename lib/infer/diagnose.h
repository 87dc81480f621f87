/* diagnose.h -- what may be wrong with a fitted model, one check after the other, each with a number, what was to be expected,
 * and a verdict.
 *
 * Statistics of the response are held against those of responses drawn from the fit, new random effects included (unconditional);
 * dispersion and zeros against those of draws given the modes too (conditional).  Quantile residuals are the place of a response
 * among its draws, 0 to 1, ties broken at random (Dunn & Smyth 1996).  Along predictors, in time and in groups they are looked at
 * after they were made independent (rotation: diagnose-along.c). */
#ifndef INFER_DIAGNOSE_H
#define INFER_DIAGNOSE_H

#include <stdint.h>
#include "base/arena.h"
#include "base/progress.h"
#include "model/model.h"

enum check_kind {
    CHECK_FIT,            /* the verdict of the fit; statistic: none */
    CHECK_DISPERSION,     /* sum of squared Pearson residuals over its mean among draws given the modes */
    CHECK_DISPERSION_NEW, /* the same about the means of draws with new random effects, in their variances */
    CHECK_ZEROS_GIVEN,    /* zeros, and their mean among draws given the modes */
    CHECK_ZEROS,          /* zeros, and their mean among draws with new random effects */
    CHECK_UNIFORMITY,     /* largest distance of the quantile residuals' distribution from the uniform one */
    CHECK_SPREAD,         /* mean square of the quantile residuals about 1/2 over its mean among draws */
    CHECK_OUTLIERS,       /* rows beyond all draws, and how many are to be expected */
    CHECK_MEAN_ALONG,     /* the largest score of the residuals' means in parts (level) of a variable (subject), in its errors */
    CHECK_SPREAD_ALONG,   /* the same of their absolute values; p of both kinds together */
    CHECK_ORDER,          /* correlation of neighbours in the order of a variable (other) within a group (subject) */
    CHECK_GROUP_SPREAD,   /* mean absolute residual in the level of a group (subject, level) that is farthest, over that of all */
    CHECK_MODES,          /* Shapiro-Francia's W' of the modes of an effect (subject: the group, other: the effect) */
    CHECK_INFLUENCE,      /* the largest move of a coefficient (other) without a level (level) of a group (subject), in errors */
    CHECK_LEVERAGE,     /* the largest entry on the diagonal of the fixed effects' hat matrix (level: the row), and their mean */
    CHECK_COLLINEARITY, /* the largest variance inflation of a term (other): GVIF^(1/df) */
    CHECK_SEPARATION,   /* rows that infinite coefficients fit perfectly */
    CHECK_MISSING, /* rows left out: statistic their share, expected that in the level with most of them; p: of independence */
    CHECK_KINDS
};

enum check_verdict { CHECK_OK, CHECK_LOOK, CHECK_BAD };

struct check {
    enum check_kind kind;
    enum check_verdict verdict;
    const char *subject, *other, *level; /* the design's or the arena's; NULL where they do not apply */
    double statistic, expected, p;       /* NaN where there is none */
};

struct diagnosis {
    struct arena *arena;
    struct check *checks;
    int count;
    int draws;
    uint64_t seed;
    size_t rows;
    double *residuals; /* rows: quantile residuals; NULL where nothing could be drawn */
};

/* Of a fitted model.  `order`: a variable of its data in the order of which neighbours are looked at; NULL: one of the model,
 * where one gives an order.  Returns new. */
struct diagnosis *diagnosis_new(const struct model *model, int draws, uint64_t seed, const char *order,
                                const struct glmm_progress *progress, struct glmm_error *err);
void diagnosis_free(struct diagnosis *diagnosis);

/* "dispersion", "zeros", ...; "ok", "look", "bad". */
const char *check_kind_name(enum check_kind kind);
const char *check_verdict_name(enum check_verdict verdict);

#endif
