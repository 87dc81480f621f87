/* icc.h -- the variance of a row on the scale of the linear predictor, in parts: fixed effects, each group, what is left.
 *
 * Rows count as observations: once, or as many times as a binomial response has trials.
 *
 * A group's part is the mean over the rows of z' Sigma z (Johnson 2014, Methods Ecol. Evol. 5, 944-946), its terms together.
 * What is left (Nakagawa, Johnson & Schielzeth 2017, J. R. Soc. Interface 14):
 *   gaussian, identity link         sigma^2
 *   binomial (each trial)           the latent variable's: pi^2/3 (logit), 1 (probit), pi^2/6 (cloglog)
 *   log link, counts                log(1 + V(mu)/mu^2), mu the mean response averaged over rows and groups
 *   Gamma, log link                 trigamma(1 / dispersion)
 *   elsewhere                       V(mu) (d eta / d mu)^2 at that mean (delta method)
 * Where a response has another mean m than the family's mu (counts whose zeros are cut off, ordered beta) V and m are those of
 * the response at that mu, and what they leave is brought to the scale of eta by the slope of m: V (d eta / d m)^2, and at the
 * log link log(1 + V/m^2) (d eta / d log m)^2, which is the former where V/m^2 is small and log(1 + V(mu)/mu^2) where no zeros
 * are left out. Beside zi= all is of the predictor of the mean and of the family without these zeros, a hurdle's beyond 0.  Where
 * disp= gives each row its dispersion, what is left is its mean over the rows, as that of a group is. A group with a level for
 * each observation of a model without a residual is no group: its variance is part of what is left. */
#ifndef INFER_ICC_H
#define INFER_ICC_H

#include "base/progress.h"
#include "fit/fit.h"

struct icc_parts {
    double fixed;        /* the variance of X beta over the rows; NaN where what the data leave open moves it */
    double random;       /* of all groups */
    double residual;     /* what is left */
    double level_of_row; /* of it, by effects that have a level for each observation */
    double mean;         /* mu, where the residual depends on it; else NaN */
    const char *scale;   /* "Reaction"-scale: "response"; "latent"; "log"; "link" */
    const char *formula; /* of the residual: "pi^2/3", "log(1 + V(mu)/mu^2)" */
};

/* Whether what is left differs between rows: disp= gives each its dispersion. */
bool icc_left_varies(const struct fit *fit);

/* Whether the variance of the response has shares: err says why not of `what` ("icc", "r2"). */
bool icc_is_defined(const struct fit *fit, const char *what, struct glmm_error *err);

void icc_parts(const struct fit *fit, struct icc_parts *out);

/* The mean over the rows of the variance that the random term t gives, all its effects together; and its share in what is random
 * and left (t < 0: that of what no term gives). The shares of all terms and that one sum to 1, those of a group's terms to its
 * adjusted correlation. NaN where the data leave the term's variance open; of an infinite one the limit. */
double icc_term(const struct fit *fit, int t);
double icc_share(const struct fit *fit, int t);

/* The share of the variances as they stand, that of a term with a matrix K being of a level with 1 there: of a pedigree the
 * heritability in the population that it begins with.  NaN where a term is no intercept, or a variance is infinite or open. */
double icc_ratio(const struct fit *fit, int t);

/* Whether a variance of random effects is infinite. */
bool icc_is_infinite(const struct fit *fit);

/* Of an observation at the family's mu and these shapes, the zeros of zi= left aside. */
struct icc_observation {
    double mean, variance; /* of the response */
    double rate;           /* d mean / d eta */
};

struct icc_observation icc_observation_at(const struct fit *fit, double mu, const double shape[]);

/* Where prior weights divide the variance of a row, what is left is that of a row of weight 1, by which other programs take
 * shares too: false where they divide nothing, or all are 1.  range: the least and the largest; *average: the mean over the rows
 * of what is left with their own, which hangs on no unit of the weights. */
bool icc_left_by_weights(const struct fit *fit, double range[2], double *average);

/* What is left, of any model with a residual variance on the scale of its link; *hangs_on_mean (NULL: not asked) says whether
 * that follows the mean response, and so the random effects' variances. */
double icc_residual(const struct fit *fit, bool *hangs_on_mean);

/* The standard deviation of what no term gives. */
double icc_rest_sd(const struct fit *fit);

/* What is random and left, of a row on average. */
double icc_total(const struct fit *fit);

/* Whether the terms of a model with a residual variance of its own have such shares: each variance is determined, or a sum of
 * intercepts with others is. */
bool icc_has_shares(const struct fit *fit);

/* Whether what varies around the fixed effects is determined: each variance is, or a sum of intercepts with others. */
bool icc_total_is_known(const struct fit *fit);

/* Whether the random term t has a level for each observation, in a model that has no residual variance of its own. The level of
 * a row of several trials is a group of them, as it is where they are rows of 0 and 1. */
bool icc_is_level_of_row(const struct fit *fit, int t);

/* Whether the random term t stands for a group: the first of its terms, not such a level for each observation. */
bool icc_is_group(const struct fit *fit, int t);

/* The mean over the observations of what the levels of term t have with themselves by a matrix K; 1 without one. */
double icc_related(const struct fit *fit, int t);

/* The variance of the group that the design's random term t belongs to; 0 where it has a level for each observation and no
 * residual is estimated. */
double icc_group(const struct fit *fit, int t);

/* The variance that two rows of the same level of that group share: the group's, and that of each other group whose level the
 * level determines (the batch of a cask).  Over the total it is the correlation of the two rows.  False when memory is out. */
bool icc_shared(const struct fit *fit, int t, double *out);

/* 1 + (m - 1) r, with r the correlation of two rows of the group and m = sum n_l^2 / sum n_l the mean size of a row's group: the
 * variance of a mean of rows relative to what it would be were they independent (Kish 1965). */
double icc_design_effect(const struct fit *fit, int t, double correlation, double *size);

/* The correlation of two observations (trials) of one level of that group on their own scale, where predictors are the same: the
 * covariance of their means over the variance of one, both averaged over the rows.  By integration, not by simulation.  NaN where
 * a mean or a variance does not exist, or when `progress` says stop; false when memory is out. */
bool icc_observed(const struct fit *fit, int t, const struct glmm_progress *progress, double *out);

/* sum n_l^2 over the levels of the group: n_l observations each; NaN when memory is out. */
double icc_squares(const struct fit *fit, int t);

/* --- a row of the table of shares ------------------------------------------------------------------------------- */

/* The first random term of a group of which rows of one level are alike by another group too, into *term; -1: there is none.
 * False when memory is out. */
bool icc_nested(const struct fit *fit, int *term);

/* Whether responses have a scale beside that of the linear predictor, on which they have a mean and a variance; not beside the
 * zeros of zi=. */
bool icc_has_own_scale(const struct fit *fit);

/* Whether the data leave open what share the group of term t has. */
bool icc_row_is_open(const struct fit *fit, int t);

/* Groups that nothing tells apart go together: their first terms into members[random_count].  Returns how many; 0 where term t is
 * not the first of them. */
int icc_members(const struct fit *fit, int t, int members[]);

struct icc_row {
    double variance;      /* of the groups together; infinite where one of their effects' is: shares are those in the limit */
    double adjusted, icc; /* over what is random and left; over all, the fixed part too */
    double correlation;   /* of two rows of a level */
    double size, design_effect;
    double median_odds; /* by the logit's; see icc_design_effect() and median_odds_ratio() */
    double observed;    /* NaN where responses have no scale of their own */
};

/* False when memory is out. */
bool icc_row(const struct fit *fit, const struct icc_parts *parts, const int members[], int count,
             const struct glmm_progress *progress, struct icc_row *out);

#endif
