/* linear.h -- linear functions L beta of the fixed effects: estimates, errors, degrees of freedom, joint tests.
 *
 * A function is a row over the columns of the design and over those that were dropped (model/estimable.h), so that one question
 * tells whether the data determine it.  Where coefficients are infinite it is so too, or finite where they cancel.
 *
 * One row has a t, with Satterthwaite's degrees of freedom (Giesbrecht & Burns 1985) or Kenward and Roger's; several rows an F,
 *
 *   F = (L b - r)'(L V L')^-1 (L b - r) / q,   V the covariance matrix of b, under Kenward-Roger the adjusted one, and scaled
 *
 * whose denominator comes from the q independent t's in the eigenvectors of L V L' (Fai & Cornelius 1996), as lmerTest has it, or
 * from Kenward and Roger (1997).  A fit without degrees of freedom has z and chi-squared, q F. */
#ifndef INFER_LINEAR_H
#define INFER_LINEAR_H

#include "base/progress.h"
#include "base/watch.h"
#include "fit/fit.h"
#include "model/estimable.h"

enum linear_ddf { LINEAR_SATTERTHWAITE, LINEAR_NORMAL, LINEAR_KENWARD_ROGER, LINEAR_BARNARD_RUBIN };

struct kenward;

/* What functions are made of. */
struct linear {
    const struct fit *fit;   /* borrowed */
    enum linear_ddf ddf;     /* NORMAL wherever the fit has no degrees of freedom; BARNARD_RUBIN of a pooled fit */
    struct kenward *kenward; /* owned; NULL but for Kenward-Roger */
    /* Of a pooled fit (infer/pool.h), owned: the same of each imputation that counts, and the covariance matrix, p x p, of the
     * pooled coefficients, all of it and within imputations; NULL of others. */
    struct linear *each;
    int each_count;
    double *total, *within;
    const struct glmm_progress *progress; /* asked by what takes long; borrowed, NULL: nobody */
};

/* Readies *linear for a fit; linear_clear in any case.  Errors: Kenward-Roger of a fit that is not linear, not by REML, or has
 * more effects than memory; an interruption. */
bool linear_init(struct linear *linear, const struct fit *fit, enum linear_ddf ddf, const struct glmm_progress *progress,
                 struct glmm_error *err);
void linear_clear(struct linear *linear);

/* "satterthwaite", "kenward-roger", "none", "barnard-rubin"; and how intervals name it: "Satterthwaite", "z". */
const char *linear_ddf_name(enum linear_ddf ddf);
const char *linear_ddf_words(enum linear_ddf ddf);

struct linear_estimate {
    bool estimable;
    bool certain;    /* all coefficients count 0 times: 0 without an error, and without df */
    double estimate; /* NaN where it is not estimable, or infinite coefficients disagree */
    double se;       /* NaN beside an estimate that is not finite, and where the data leave it open */
    double df;       /* Infinity: z */
};

/* Row i of `rows`, over the columns of the fit's design and the dropped ones.  False when memory is out. */
bool linear_estimate(const struct linear *linear, const struct stated_rows *rows, size_t i, struct linear_estimate *out,
                     struct glmm_error *err);

/* The variance of l'beta and its degrees of freedom, of a function that is estimable and finite; l: p entries, and p more to work
 * in.  False when memory is out. */
bool linear_variance(const struct linear *linear, double l[], double *variance, double *df, struct glmm_error *err);

/* Whether the fit has degrees of freedom, or, of a pooled one, the fit of each imputation. */
bool linear_has_df(const struct linear *linear);

/* The covariance matrix of the coefficients, p x p, borrowed. */
const double *linear_vcov(const struct linear *linear);

/* The covariance of rows i and j; NaN where it is open.  Both must be estimable and finite. */
double linear_covariance(const struct linear *linear, const struct stated_rows *rows, size_t i, size_t j);

/* The same of `count` rows from `first` on: C, count x count.  Where the watch says stop C is worth nothing.  False when memory
 * is out. */
bool linear_covariances(const struct linear *linear, const struct stated_rows *rows, size_t first, size_t count, double *C,
                        struct watch *watch);

enum linear_verdict {
    LINEAR_TESTED,
    LINEAR_NOT_ESTIMABLE, /* row `at` is not */
    LINEAR_INFINITE,      /* row `at` is infinite */
    LINEAR_UNTOLD,        /* row `at` is what infinite coefficients or an infinite variance leave without a value */
    LINEAR_OPEN,          /* the data leave the error of row `at` open */
    LINEAR_MOVED,         /* they leave row `at` itself open */
    LINEAR_CONTRADICTORY  /* row `at` depends on those before it, and its right side does not fit theirs */
};

struct linear_test {
    enum linear_verdict verdict;
    size_t at;
    int num_df;       /* rows that are independent */
    double den_df;    /* NaN: the statistic is a chi-squared with num_df */
    double statistic; /* F, or chi-squared */
    double p;
    double scaling; /* Kenward and Roger's factor of F, which is in it; 1 otherwise */
};

/* Tests that rows times beta are `right` (NULL: 0), together.  Looks at the progress of linear_init. */
bool linear_test(const struct linear *linear, const struct stated_rows *rows, const double right[], struct linear_test *out,
                 struct glmm_error *err);

/* The variance g'A g of the estimated variance of coefficient j: g its slopes in the variance parameters, A their covariance
 * (Satterthwaite's df are 2 v^2 over it).  The fit has both. */
double linear_spread(const struct fit *fit, int j);

#endif
