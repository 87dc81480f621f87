/* predict.h -- what a fit says of rows: its own, or those of another table. */
#ifndef INFER_PREDICT_H
#define INFER_PREDICT_H

#include "base/progress.h"
#include "fit/fit.h"
#include "infer/linear.h"

enum predict_groups {
    PREDICT_CONDITIONAL, /* with the conditional modes of the row's own groups */
    PREDICT_TYPICAL,     /* for a group whose random effects are 0 */
    PREDICT_POPULATION   /* the mean over the groups of the population */
};

/* A level that the model has not seen, where predictions are conditional. */
enum predict_new { PREDICT_NEW_ERROR, PREDICT_NEW_TYPICAL, PREDICT_NEW_POPULATION };

/* What is predicted; without zi= the mean of the response is that of the family, and there is no share of zeros. */
enum predict_what {
    PREDICT_RESPONSE,   /* the mean of the response, with the zeros that zi= adds */
    PREDICT_FAMILY,     /* the mean without these */
    PREDICT_ZERO,       /* their probability; of a hurdle that of a zero */
    PREDICT_DISPERSION, /* the family's dispersion parameter */
};

struct predict_options {
    enum predict_what what;
    bool link_scale; /* the linear predictor of the mean instead */
    int category;    /* of an ordered response, from 1: the mean is its probability; 0: the mean */
    enum predict_groups groups;
    enum predict_new new_levels;
    double level;                /* of the intervals */
    const struct linear *linear; /* the t of what is a linear function of the coefficients; NULL: z; borrowed */
    const bool *left_out; /* of the random terms of the mean, then of zi= or disp=; or NULL: conditional, but with effects of 0
                             for these terms, whatever the row's level */
};

/* Arrays of n entries, the arena's.
 *
 * se is that of the mean of the row, not of an observation: what is not known about the fixed effects, about the conditional
 * modes (their joint covariance with them, the variances held at their estimates), and, for a population mean, about the
 * covariance parameters. Intervals are normal on the scale of the linear predictor and mapped to that of the response; with a
 * link whose range is bounded (inverse, sqrt, log of a probability), normal on the scale of the response.  What is a linear
 * function of the fixed effects of a linear model (a typical group, a population) has the t and the error of these.
 *
 * For a population the linear predictor is the link of the mean, which is not the mean of the linear predictors. */
struct prediction {
    struct arena *arena;
    const struct link *link; /* by way of which intervals are made; NULL: the logarithm; the fit's, or static */
    size_t n, dropped_rows;
    size_t *row;                           /* of the frame */
    double *estimate, *se, *lower, *upper; /* se, lower, upper: NaN where not known */
    double *df;                            /* of the interval; infinite: z */
    const bool *estimable;                 /* NULL: each row is; the numbers of one that is not are NaN */
    const char *why_not;                   /* in words: "no row has a2 with b2"; NULL: each row is estimable */
    size_t related_rows;                   /* rows of a level that it has not seen, and a matrix K relates to those that it has */
    size_t new_rows;                       /* rows of a level that the model has not seen */
};

/* `frame` NULL: the rows of the fit.  `formula` is that of the fit's design (needed for a frame only).  Returns new.  Errors:
 * those of design_rows_new; a new level under PREDICT_NEW_ERROR; a population mean that does not exist (with its row);
 * GLMM_E_INTERRUPT. */
struct prediction *predict_new(const struct fit *fit, const struct formula *formula, const struct frame *frame,
                               const struct predict_options *options, const struct glmm_progress *progress,
                               struct glmm_error *err);
void prediction_free(struct prediction *prediction);

#endif
