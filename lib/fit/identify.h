/* identify.h -- which covariance parameters the data determine (NUMERICS 5).
 *
 * The covariance matrix of the rows is linear in the entries of the terms' covariance matrices and in the residual variance,
 *
 *     V = sum_j s_j V_j,   V_(a,b) = sum over levels of z_a z_b' + z_b z_a'  (z_a z_a' where a = b),
 *
 * so what the data determine is a question of the linear dependence of the V_j, and none of the estimates: under REML of P V_j P,
 * with P the projection away from the fixed effects, otherwise of the V_j themselves.  (There a term within the fixed effects
 * counts as undetermined too: whatever the data, its variance is estimated as 0.)  Matrices are told apart by what they make of a
 * few random vectors, so that nothing larger than n x parameters is held.
 *
 * Where some are dependent, the model is fitted without what is redundant (struct reduction), and its estimates are those of the
 * sums that are determined (struct identity). */
#ifndef FIT_IDENTIFY_H
#define FIT_IDENTIFY_H

#include "fit/fit.h"

/* times * Var(weights'b), with b the effects of a level of the term; term -1: the residual variance, without weights. */
struct identity_part {
    int term;
    double *weights;
    double times;
};

/* What is determined in the place of its parts. */
struct identity_sum {
    int part_count;
    struct identity_part *parts;
    double value;      /* the variance */
    bool shared;       /* two rows of a level have one covariance, whichever they are, */
    double covariance; /* which is determined too */
};

/* Why parameters are not determined. */
enum identity_reason {
    IDENTITY_SAME_GROUPS, /* two terms (first, second) have the same groups of rows */
    IDENTITY_FIXED,       /* the columns of a term (first) lie within those of the fixed effects */
    IDENTITY_APART,       /* no level of a term (first) shows all of its effects */
    IDENTITY_REDUNDANT    /* what a term (first) adds to the covariance of the rows, others add too */
};

struct identity_cause {
    enum identity_reason reason;
    int first, second;
};

struct reduction;

/* What the data determine of a fit.  All memory is the fit's arena's but for the reduced fit and its design. */
struct identity {
    struct reduction *reduction;
    struct fit *reduced;  /* the fit without what is redundant; NULL where nothing could be left out */
    bool **unknown;       /* of each term k x k: an entry of its covariance matrix that nothing determines */
    bool **modes_unknown; /* of each term level_count x k: the conditional modes that hang on such entries */
    bool **absent;        /* as many: no row of the level shows the effect */
    size_t **row;         /* of each term level_count: a row of each level */
    bool residual_unknown;
    bool by_curvature; /* of structures: the likelihood is flat at the estimates, and nothing says what else is determined */
    int lost;          /* dimensions of what is not determined: npar does without them */
    int sum_count;
    struct identity_sum *sums;
    int cause_count;
    struct identity_cause *causes;
    /* p x p, positive semidefinite: the variance of c'beta is determined where c'Kc = 0.  NULL: all are. */
    const double *flat;
    /* Of a linear model by REML: p x p each, symmetric, how the covariances of the estimates change along the directions that are
     * open.  Where c'Kc > 0 the variance of c'beta is determined all the same if each c'Hc = 0 and c'Lc = 0, of `form_rest`.  The
     * length of an estimate's weights, p, is what rounding is judged beside.  0: K alone tells. */
    int form_count;
    const double *form, *form_rest, *form_length;
    /* p x p, likewise: c'beta itself is determined where c'Mc = 0.  (Covariances of effects within the fixed ones move it.) */
    const double *moved;
    const double *constant; /* p + 1: the row of K for a constant, which moves all thresholds, and its own entry; NULL: none */
    const double *vcov;     /* p x p: as fit->vcov, with numbers in all places: those at the variances that were chosen */
};

/* The parts of a sum in words, for two columns of a table: "school + teacher", "(Intercept)"; the arena's, NULL when memory is
 * out. */
const char *identity_sum_groups(struct arena *arena, const struct design *design, const struct identity_sum *sum);
const char *identity_sum_effects(struct arena *arena, const struct design *design, const struct identity_sum *sum);

/* The standard deviation of a sum of variances, in the unit of the response or of the link's scale; 0 where rounding made it
 * less.  NaN of a difference, which has none. */
double identity_sum_sd(const struct identity_sum *sum);

/* Whether what the data leave open changes the variance of c'beta; with `joint`, of what has this gradient in all parameters (see
 * delta_variance), thresholds among them. */
bool fit_error_is_open(const struct fit *fit, const double c[], bool joint);

/* Whether what the data leave open changes c'beta itself (entries `stride` apart), or an infinite variance does with which it
 * runs. */
bool fit_estimate_is_open(const struct fit *fit, const double c[], size_t stride);

/* Whether c'beta runs with an infinite variance. */
bool fit_runs_off(const struct fit *fit, const double c[], size_t stride);

/* Whether what the data leave open changes an average over the random effects that has this gradient in beta: one that takes the
 * ratio of coefficients and standard deviations does not run with an infinite variance. */
bool fit_average_is_open(const struct fit *fit, const double c[]);

/* The same of (a - b)'beta. */
bool fit_difference_is_open(const struct fit *fit, const double a[], const double b[], size_t stride);

/* beta_j; NaN where that is so. */
double fit_coefficient(const struct fit *fit, int j);

/* c'Vc of the fixed effects; NaN where what the data leave open changes it. */
double fit_variance(const struct fit *fit, const double c[]);

/* The same of what the data tell, whatever else they leave open: modes may take up in a row what no coefficient has. */
double fit_variance_told(const struct fit *fit, const double c[]);

/* Whether an average over the random effects is open, but where the link is the identity: it hangs on their variances. */
bool identity_spread_is_open(const struct fit *fit);

/* Whether a variance or covariance is determined (term -1, a and b 0: that of the residuals); whether a conditional mode is. */
bool fit_knows(const struct fit *fit, int term, int a, int b);
bool fit_knows_mode(const struct fit *fit, int term, int32_t level, int a);

/* GLMM_E_MODEL, with what is determined instead, where some of the modes of an effect are not. */
bool identity_check_modes(const struct fit *fit, int term, int effect, struct glmm_error *err);

/* GLMM_E_MODEL where it is open what of a row is its groups' and what is left: there are no fitted values then. */
bool identity_check_fitted(const struct fit *fit, struct glmm_error *err);

/* Whether what the modes add to a row is open: level[t] of each term, -1 where it is not known; z[t] its k effects, NULL: 1. */
bool identity_row_is_open(const struct fit *fit, const int32_t level[], const double *const z[]);

/* Whether an effect is determined in some level. */
bool identity_has_mode(const struct fit *fit, int term, int effect);

/* The fit of what is determined, where terms have effects of which only sums are: its terms have these sums, and its levels of
 * which they are not are marked.  The fit itself where there is nothing of the kind; otherwise the arena's, NULL when memory is
 * out. */
const struct fit *identity_determined(const struct fit *fit, struct arena *arena);

/* The fit of what is determined, without what is redundant, where that leaves nothing of it open; NULL: there is none. */
const struct fit *identity_reduced(const struct fit *fit);

/* Which standard deviation of that fit is the stated one of effect a of a term (term -1: the residual's), or, of a `sum`, that of
 * the sum: its term, -1 for the residual's, and its effect.  *found: whether it is one by itself.  False when memory is out. */
bool identity_place(const struct fit *fit, int term, int a, const struct identity_sum *sum, bool *found, int *at_term,
                    int *at_effect);

/* The design whose parameters a fit counts: without those that nothing determines. */
const struct design *identity_design(const struct fit *fit);

#endif
