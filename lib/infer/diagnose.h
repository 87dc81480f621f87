/* diagnose.h -- what may be wrong with a fitted model, one check after the other, each with a number, what was to be expected,
 * and a verdict.
 *
 * Statistics of the response are held against those of responses drawn from the fit, new random effects included (unconditional),
 * but for the dispersion, which is taken given the modes (conditional).  Quantile residuals are the place of a response among its
 * draws, 0 to 1, ties broken at random (Dunn & Smyth 1996). */
#ifndef INFER_DIAGNOSE_H
#define INFER_DIAGNOSE_H

#include <stdint.h>
#include "base/arena.h"
#include "base/progress.h"
#include "model/model.h"

enum check_kind {
    CHECK_FIT,          /* the verdict of the fit; statistic: none */
    CHECK_DISPERSION,   /* sum of squared Pearson residuals over its mean among draws given the modes */
    CHECK_ZEROS,        /* zeros, and their mean among draws */
    CHECK_UNIFORMITY,   /* largest distance of the quantile residuals' distribution from the uniform one */
    CHECK_OUTLIERS,     /* rows beyond all draws, and how many are to be expected */
    CHECK_MODES,        /* Shapiro-Francia's W' of the modes of an effect (subject: the group, other: the effect) */
    CHECK_INFLUENCE,    /* the largest move of a coefficient (other) without a level (level) of a group (subject), in errors */
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

/* Of a fitted model.  Returns new. */
struct diagnosis *diagnosis_new(const struct model *model, int draws, uint64_t seed, const struct glmm_progress *progress,
                                struct glmm_error *err);
void diagnosis_free(struct diagnosis *diagnosis);

/* "dispersion", "zeros", ...; "ok", "look", "bad". */
const char *check_kind_name(enum check_kind kind);
const char *check_verdict_name(enum check_verdict verdict);

#endif
