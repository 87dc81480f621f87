/* derivation.h -- how the numbers of a column come about: said by the command where it makes the column, read by `explain`.
 *
 * A derivation is a name that a person may ask for, whose such a number is, its formula, and the function that writes both; what
 * it needs beside the numbers of its row stands in the column's arguments.  Nobody finds a number by a title, a heading, or by
 * what it comes to. */
#ifndef CMD_DERIVATION_H
#define CMD_DERIVATION_H

#include "result/result.h"

/* Rows of the table in figure-shown.c. */
enum derived {
    /* attenuation */
    DERIVED_MARGINAL,
    DERIVED_MARGINAL_SE,
    DERIVED_MARGINAL_RATIO,
    DERIVED_RULE,
    DERIVED_NAIVE,
    DERIVED_NAIVE_SE,
    DERIVED_GEE,
    DERIVED_GEE_SE,
    /* margins: of the population and of the typical group, and their contrasts */
    DERIVED_MARGIN,
    DERIVED_MARGIN_SE,
    DERIVED_MARGIN_INTERVAL,
    DERIVED_TYPICAL,
    DERIVED_TYPICAL_SE,
    DERIVED_TYPICAL_INTERVAL,
    DERIVED_DIFFERENCE,
    DERIVED_DIFFERENCE_SE,
    DERIVED_DIFFERENCE_INTERVAL,
    DERIVED_RATIO,
    DERIVED_RATIO_INTERVAL,
    DERIVED_ODDS_RATIO,
    DERIVED_TYPICAL_DIFFERENCE,
    DERIVED_TYPICAL_DIFFERENCE_SE,
    DERIVED_TYPICAL_RATIO,
    DERIVED_TYPICAL_ODDS_RATIO,
    /* predict, fitted, residuals */
    DERIVED_PREDICTION,
    DERIVED_PREDICTION_SE,
    DERIVED_PREDICTION_INTERVAL,
    DERIVED_FITTED,
    DERIVED_RESPONSE,
    DERIVED_RESIDUAL,
    /* whatif */
    DERIVED_WHATIF,
    DERIVED_WHATIF_SD,
    DERIVED_WHATIF_LOWER,
    DERIVED_WHATIF_UPPER,
    DERIVED_WHATIF_KEPT,
    DERIVED_WHATIF_OWN,
    /* shrinkage: ranks, means, intervals to compare */
    DERIVED_RANK_RAW,
    DERIVED_RANK_BLUP,
    DERIVED_RANK_LOWER,
    DERIVED_RANK_UPPER,
    DERIVED_LOWEST,
    DERIVED_HIGHEST,
    DERIVED_MEAN_OWN,
    DERIVED_MEAN,
    DERIVED_MEAN_INTERVAL,
    /* ladder */
    DERIVED_RUNG,
    DERIVED_RUNG_SE,
    DERIVED_RUNG_LOGLIK,
    DERIVED_MOVED,
    DERIVED_DRIFT,
    /* icc */
    DERIVED_GROUP_VARIANCE,
    DERIVED_GROUP_SIZE,
    DERIVED_MEDIAN_ODDS,
    /* test, means, contrast, slopes */
    DERIVED_HYPOTHESIS,
    DERIVED_REFERENCE_MEAN,
    DERIVED_MEAN_DIFFERENCE,
    DERIVED_SLOPE,
    DERIVED_SLOPE_DIFFERENCE,
    DERIVED_LINEAR_SE,
    DERIVED_LINEAR_DF,
    DERIVED_LINEAR_T,
    DERIVED_LINEAR_P,
    DERIVED_LINEAR_INTERVAL,
    /* anova, r2 */
    DERIVED_NUM_DF,
    DERIVED_DEN_DF,
    DERIVED_F,
    DERIVED_F_P,
    DERIVED_R2_LEFT,
    DERIVED_R2_MARGINAL,
    DERIVED_R2_CONDITIONAL,
    DERIVED_R2_ICC_ADJUSTED,
    DERIVED_R2_ICC,
    /* what figure-rest.c says of each column by its key: predictors beside the mean, and commands with many columns */
    DERIVED_PART,
    DERIVED_VARIED,
    DERIVED_ESTIMATING,
    DERIVED_META,
    DERIVED_META_STUDY,
    DERIVED_HETEROGENEITY,
    DERIVED_REPLICATED,
    DERIVED_INFLUENCE,
    DERIVED_POWER,
    DERIVED_SCAN,
    DERIVED_COMPONENT,
    DERIVED_SHARE_INTERVAL,
    DERIVED_POOLED,
    DERIVED_COUNT
};

/* Arguments. */
enum {
    DERIVED_ON_LINK = 1,   /* an interval made on the scale of the link and brought back */
    DERIVED_AS_RATIO = 2,  /* exp() of a difference, its error by the delta method, its interval made on the log scale */
    DERIVED_TOGETHER = 4,  /* for all contrasts of the table together */
    DERIVED_CLOSED = 8,    /* the closed form beside it is exact for this link */
    DERIVED_OF_DATA = 16,  /* of the rows that the model was fitted to */
    DERIVED_AS_SLOPE = 32, /* a mean slope, not a mean */
    DERIVED_ON_LOGIT = 64, /* as DERIVED_ON_LINK, whatever the model's link: a category's probability, */
    DERIVED_ON_LOG = 128,  /* or a mean with zeros */
};

/* The column's numbers (of an interval: both) come about so. */
void column_derives(struct table *table, size_t column, enum derived how, unsigned arguments);

/* All columns of the table that have a key. */
void table_all_derive(struct table *table, enum derived how);

#endif
