/* glmm-parts.h -- the workspace of a generalized linear mixed model, shared by its files.
 *
 * Rows are kept in an order of their own, in which the rows of a level are together.  Random terms on the same grouping
 * factor are joined: a level of the factor is one block of unknowns.  The K effects of a row (all terms) are its slots. */
#ifndef FIT_GLMM_PARTS_H
#define FIT_GLMM_PARTS_H

#include "fit/glmm.h"
#include "fit/glmm-precision.h"
#include "fit/minimize.h"

enum { GLM_SLOTS = 64 }; /* most effects of a row, all terms together */

/* A grouping factor. */
struct grouping {
    int32_t level_count;
    int k;                     /* effects of a level, all its terms together */
    int slot;                  /* the first of its slots */
    int parent;                /* the coarser factor in which its levels are nested, or -1 */
    const int32_t *level;      /* n, of the design */
    int32_t *first;            /* level_count: the first unknown of a level */
    size_t *row_from, *row_to; /* level_count: its rows, when they are together; else NULL */
};

struct glm_term {
    const struct random_design *design;
    int k, grouping, slot, offset; /* slot in a row; offset in a level's block */
    int theta;                     /* index of its first parameter */
    int of;                        /* the predictor it belongs to: 0 the mean's, else one of struct several */
    double *lambda;                /* k x k, column-major, lower */
};

/* Outer parameters of one slot of the density (model/family.h): one number, that of all rows, a threshold chosen by the row, or a
 * linear predictor. */
struct glm_part {
    int slot;
    int first, count;            /* of the outer parameters */
    const struct design *design; /* of a linear predictor; else NULL */
    double *X, *R, *offset;      /* its columns as those of the mean: n x count, count x count; offset n, or NULL */
    double *rows;                /* n: the shape of each row, of a linear predictor; else NULL */
    double *least, *rate;        /* n: what is added to each row's variance, and the derivative of `rows` then; NULL: none */
    double *share;               /* n: least is this part of the variance of the effects in the slots that are `own` (n x K) */
    const unsigned char *own;
    const int32_t *index; /* n: which of the parameters is the row's threshold, -1 for none; NULL: one for all rows */
};

enum { GLM_PREDICTORS = 1 + DESIGN_PARTS };

/* The predictors with random terms, where others than the mean's have some too (glmm-several.c).  Number 0 is the mean's. */
struct several {
    int count;
    const struct glm_part *part[GLM_PREDICTORS]; /* NULL: the mean's */
    unsigned char *of;                           /* K: the predictor of each slot */
    double *fixed[GLM_PREDICTORS];               /* n: the fixed part; NULL: the mean's stands in glm */
    double *rows[GLM_PREDICTORS];                /* n: the whole */
    /* n: the derivatives of log f. */
    const double *first[GLM_PREDICTORS], *second[GLM_PREDICTORS][GLM_PREDICTORS],
        *third[GLM_PREDICTORS][GLM_PREDICTORS][GLM_PREDICTORS];
};

struct glm {
    const struct design *design;
    struct response response; /* of the reordered rows */
    size_t n;
    int p, K, q, theta_count, term_count, grouping_count;
    int rest;  /* outer parameters behind theta */
    bool held; /* the last of them is none any more: it stays at held_value */
    double held_value;
    struct glm_part part[FAMILY_SLOTS];
    int part_count;
    int outer[FAMILY_SHAPES]; /* of each shape: its parameter behind theta, -1 where it is given; two thresholds without a row
                               * between them share one */
    int nodes;                /* of the quadrature; 1 is Laplace */
    int depth;                /* factors in the chain that is integrated; 0 for Laplace */
    struct arena *arena;      /* owns all below but the factor */
    struct glm_term *terms;
    struct grouping *groupings; /* by decreasing number of levels */
    struct precision *precision;
    size_t *row;   /* n: the design's row */
    double *X, *R; /* n x p with X'X = n I; p x p upper: the design's X = X R */
    double *y, *trials, *weights, *offset;
    int32_t *column;         /* n x K: the unknown of each slot */
    int32_t *place;          /* n x K(K+1)/2: where each pair of slots is kept in the factor, pairs (0,0) (1,0) (1,1) (2,0) ... */
    double *z, *zt;          /* n x K: Z, and Z Lambda at the current theta */
    struct several *several; /* NULL: no other predictor than the mean's has random terms */
    double *fixed;           /* n: X gamma + offset */
    size_t outside;          /* 1 + the first row outside of its link's domain in the last pass without a value; 0: none */
    double *eta, *d[D_COUNT];                            /* n: linear predictor and derivatives of log f at the mode */
    double *fixed_slope;                                 /* n: d(deviance)/d(fixed part of eta) */
    double *u, *u_try, *slope, *step, *adjoint, *u_best; /* q; slope: of h, which rounding leaves at the modes */
    double mode_tolerance; /* of g'M^-1 g at the modes: MODE_CLOSE while the parameters are still far, MODE_EXACT at the end */
    double mode_left;      /* of that at the last modes: what was found there; HUGE_VAL where it was not asked again */
    bool has_inverse;      /* the factor's inverse is that of the last modes (Laplace) */
    bool factored;         /* the factor is that of the last modes */
    double penalized;      /* u'u/2 - sum of log f at u, without constants */
    double rounding;       /* of that, by the rounding of eta */
    double constant, constant_slope[FAMILY_SLOTS];
    double constant_shape[FAMILY_SHAPES]; /* the shapes at which the constants hold */
    bool has_constants;
    double *work_rest;                  /* rest: scratch of the gradient */
    struct quadrature_work *quadrature; /* NULL for Laplace */
    struct penalty_work *penalty;       /* of a prior; NULL: none */
    double last_penalty;                /* of the last evaluation: the part of last_value that is the prior's */
    bool restricted;                    /* the restricted likelihood (a linear model with a prior): see glm_restrict */
    struct importance_work *importance; /* draws in place of Laplace's approximation; NULL: not */
    bool fenced, met_fence; /* there is no value where Laplace's approximation is none (BROKEN_PIVOT); one was asked */
    struct watch watch;     /* looked at at each pass over the rows, and within factorizations */
    int evaluations, passes;
    int zero_from; /* the passes before the last modes were looked for from u = 0; -1: they were not */
    double *last;  /* the phi of the last evaluation, when `known` */
    double last_value;
    bool known;
};

/* From now on `progress` is asked whether to go on; NULL: nobody is. */
void glm_watch(struct glm *m, const struct glmm_progress *progress);

/* False, from then on, when the caller wants the work stopped. */
bool glm_goes_on(struct glm *m);

/* The number of outer parameters behind theta that are not held. */
int glm_rest_count(const struct glm *m);

/* Adds the slope of row i's log density in the slot of part `part` to that of its outer parameter. */
static inline void glm_add_rest(const struct glm *m, const struct glm_part *part, size_t i, double slope, double rest[])
{
    if (part->rate != NULL)
        slope *= part->rate[i];
    if (part->design != NULL)
        for (int j = 0; j < part->count; j++)
            rest[part->first + j] += slope * part->X[i + (size_t)j * m->n];
    else if (part->index == NULL)
        rest[part->first] += slope;
    else if (part->index[i] >= 0)
        rest[part->first + part->index[i]] += slope;
}

/* --- several predictors with random terms (glmm-several.c) ---------------------------------------- */

/* What is done of a row with one predictor in glmm-mode.c and glmm-gradient.c, with several: where the derivatives are; the
 * predictors at u, the slope of h, the rows of M, and the gradient. */
void several_place(struct glm *m);
void several_set_rows(struct glm *m, const double u[]);
void several_add_slope(struct glm *m);
void several_assemble(struct glm *m, bool positive);
void several_gradient(struct glm *m, double gradient[]);

/* The place among a row's derivatives of the third one in three predictors; and of the first of the mixed ones of another part
 * and the predictor beside the mean's: in both, with the mean's beside them, and with the predictor twice. */
int several_third_place(const struct glm *m, int a, int b, int c);
int several_other_place(const struct glm *m, const struct glm_part *part);

/* The number of a part among them; 0: it has no random terms. */
static inline int several_of(const struct glm *m, const struct glm_part *part)
{
    int k = m->several == NULL ? 0 : m->several->count - 1;

    while (k > 0 && m->several->part[k] != part)
        k--;
    return k;
}

/* W of a row. */
static inline void several_weights(const struct glm *m, size_t i, double w[GLM_PREDICTORS][GLM_PREDICTORS])
{
    for (int a = 0; a < m->several->count; a++)
        for (int b = 0; b < m->several->count; b++)
            w[a][b] = -m->several->second[a][b][i];
}

/* The part of a shape; NULL where it is not estimated. */
const struct glm_part *glm_part_of(const struct glm *m, int shape);

/* The part of outer parameter j behind theta. */
const struct glm_part *glm_part_at(const struct glm *m, int j);

/* The limit to which the last outer parameter may run: the family's, where its shape is one number. */
int glm_limit_sign(const struct glm *m);

/* The size that the last shape has at its limit, as it is estimated: far beyond 1 and beyond what it stands beside, the counts
 * (mu + mu^2/k) or the trials (phi + n). */
double glm_limit_size(const struct glm *m);
double limit_size(const struct family *family, size_t n, const double y[], const double *trials);

/* All parameters with coefficients of the designs' columns, or those behind theta alone; held ones are left alone.  These back,
 * all of them. */
void glm_to_coefficients(const struct glm *m, const double phi[], double out[]);
void glm_rest_to_coefficients(const struct glm *m, const double rest[], double out[]);
void glm_rest_from_coefficients(const struct glm *m, const double in[], double rest[]);

/* Puts theta and gamma in place: lambda, zt, fixed, the shapes and the constants. */
void glm_set(struct glm *m, const double phi[]);

/* The shapes and the constants alone. */
void glm_set_rest(struct glm *m, const double rest[]);

/* eta and the derivatives at u; returns the penalized negative log density, Infinity where it does not exist. */
double glm_evaluate(struct glm *m, const double u[]);

/* value := Z~'WZ~ + I, with W = -d[D_ETA2] or, when `positive`, its positive part. */
void glm_assemble(struct glm *m, bool positive);

/* Squared steps at which a mode is found, in units of what it varies by: to all digits of a deviance, and of its second
 * differences. */
#define MODE_CLOSE 1e-18
#define MODE_EXACT 1e-25

/* The conditional modes: u, eta, derivatives and the factor at them.  False where there are none. */
bool glm_mode(struct glm *m);

/* Whether Laplace's approximation is none at the last modes: BROKEN_PIVOT. */
bool glm_is_broken(const struct glm *m);

/* Whether it is on the way there: BENT_PIVOT. */
bool glm_is_bent(const struct glm *m);

/* The value at phi in last_value (no work when it is the last phi), then its gradient. */
double glm_value(struct glm *m, const double phi[]);
void glm_slopes(struct glm *m, double gradient[]);

/* The conditional covariance of a block of unknowns, k x k, from the inverse. */
void glm_block(const struct glm *m, int first, int k, double out[]);

/* --- quadrature (agq.c) --------------------------------------------------------------------- */

bool quadrature_prepare(struct glm *m, struct glmm_error *err);
void quadrature_free(struct quadrature_work *work);

/* Another number of nodes a dimension, for the time being; whether the model can have so many. */
void quadrature_set_nodes(struct glm *m, int nodes);
bool quadrature_takes(const struct glm *m, int nodes);

/* What a quadrature adds to the gradient at the mode. */
struct quadrature_sums {
    double *mean_slope; /* n: posterior mean of dlog f/deta over the nodes */
    double *theta;      /* theta_count: the explicit part, d log likelihood/d theta through u at the nodes */
    double *rest;       /* rest: the explicit part in the outer parameters behind theta */
    double *mode;       /* q: d log likelihood / d mode */
};

/* The sum over levels of the log of the integral, without constants, at the mode.  With `gradient` fills the sums and
 * replaces the inverse in the factor by the matrix Q of agq.h.  Returns -Infinity where the integral cannot be had. */
double quadrature_integrate(struct glm *m, bool gradient);

/* What second derivatives need of the rows at the modes beyond what families give: the fourth derivatives in eta (n); and for
 * each outer parameter behind theta the slopes along it of the derivatives from D_ETA on, at the same eta: width x n. */
struct quadrature_beyond {
    const double *fourth, *outer;
    size_t width;
};

/* Whether there are exact second derivatives (one random effect a level).  Then those of the deviance at the phi whose slopes
 * were asked for last, into the lower triangle, but for what two parameters behind theta have in common at the nodes.  False
 * where a level has no integral, or when stopped. */
bool quadrature_has_hessian(const struct glm *m);
bool quadrature_hessian(struct glm *m, const struct quadrature_beyond *beyond, double hessian[]);

/* Of that, behind it: adds to the rows' second derivatives along part `part` `weight` times what the slopes in the shapes differ,
 * with these as they are now set, from those before, at the same nodes; of thresholds, in one call, those derivatives
 * themselves.  And puts them into the lower triangle. */
bool quadrature_add_curves(struct glm *m, int part, double weight);
void quadrature_put_curves(const struct glm *m, double hessian[]);

/* The sums of the last integration with gradient. */
const struct quadrature_sums *quadrature_sums(const struct glm *m);

/* --- what is added to the deviance (glmm-penalty.c) ---------------------------------------------- */

/* Resolves the prior of the design for its columns and terms.  False when memory is out. */
bool penalty_prepare(struct glm *m);

/* -2 log prior density, into last_penalty, and, restricted, log|X'V^-1 X|, where the modes at phi were just found; Infinity where
 * there is none.  Then its slopes, added to the gradient; and half its curvature in gamma, added to S (p x p). */
double penalty_value(struct glm *m, const double phi[]);
void penalty_slopes(struct glm *m, const double phi[], double gradient[]);
void penalty_curvature(const struct glm *m, const double phi[], double S[]);

/* Jeffreys' prior: C (n x n), the covariance in phi from the penalized curvature, becomes that from the likelihood's, as Firth's
 * method has it.  Nothing without it.  False when memory is out. */
bool penalty_leave_jeffreys(struct glm *m, const double phi[], double C[], int n);

/* --- draws (glmm-importance.c) -------------------------------------------------------------------- */

/* From importance_begin (0 draws: the default) to importance_end the workspace has draws.  Then, at the modes: what they add to
 * the log of Laplace's approximation; the sums for its gradient, as those of a quadrature, and the factor's inverse replaced as
 * there. What a fit says of them. */
bool importance_begin(struct glm *m, int draws, const struct glmm_progress *progress, struct glmm_error *err);
void importance_end(struct glm *m);
double importance_value(struct glm *m);
const struct quadrature_sums *importance_sums(struct glm *m);
void importance_report(const struct glm *m, struct fit *fit);

/* --- starting values (glmm-start.c) ----------------------------------------------------------- */

/* A generalized linear model without the random terms: phi's gamma and what is behind theta.  False with an error when no start
 * is in the family's range, memory is out, or it was stopped. */
bool glm_start_fixed(struct glm *m, double phi[], const struct glmm_progress *progress, struct glmm_error *err);

/* Where several outer parameters hang on each other and on gamma, finding them in turn takes long: glm_start_fixed leaves that to
 * a joint descent. */
bool glm_start_is_rough(const struct glm *m);

/* How closely modes are found that only make a better start: m's tolerance where that costs nothing. */
double glm_start_tolerance(const struct glm *m);

/* False, with GLMM_E_MODEL, where the fixed part at the current outer parameters leaves the response no error: known of a rough
 * start behind that descent only. */
bool glm_start_leaves_error(const struct glm *m, struct glmm_error *err);

/* A mean near the response of a row; what a hurdle keeps out of the counts says nothing of them. */
double glm_first_mean(const struct glm *m, size_t i);

/* The outer parameters behind theta: before anything is known; each at its best beside the others at the current eta, in turn, by
 * first steps of that length: returns the largest move. */
void glm_first_rest(const struct glm *m, double rest[]);
double glm_improve_rest(struct glm *m, double rest[], double step);

/* Which way the dispersion goes where random effects take all the variation: -1, or 1 where less of it is more variation (beta);
 * 0 where there is none that the data tell by itself, or its limit is a family.  Counts of compois go there by themselves.
 * *at: its place among the outer parameters behind theta; *origin: about what its logarithm is where they take none, in units of
 * the data. */
int glm_vanishing_sign(const struct glm *m, int *at, double *origin);

/* Whether a power of the variance is the last shape, and estimated. */
bool glm_has_power(const struct glm *m);

/* Whether the dispersion has gone where only rounding is left of the residuals. */
bool glm_leaves_rounding(const struct glm *m);

/* -sum log f at gamma and the shapes that are set, without random effects; leaves eta and the derivatives there. */
double glm_fixed_value(struct glm *m, const double gamma[]);

/* --- thresholds (glmm-threshold.c) ----------------------------------------------------------- */

/* An outer parameter for each threshold between categories that the rows have.  Those below the first such and above the last are
 * infinite, and where no row is between two they are one.  Then, with the rows in their order, the parts of both slots. */
void glm_set_thresholds(struct glm *m, const struct response *rows);
bool glm_set_threshold_parts(struct glm *m);

/* glm_start_fixed for an ordered response: gamma and thresholds by Newton's method. */
bool glm_start_thresholds(struct glm *m, double phi[], const struct glmm_progress *progress, struct glmm_error *err);

/* Whether the response of a row is at an end: -1, 1, or 0 inside (or where there is no end). */
int glm_row_end(const struct glm *m, size_t i);

/* Whether a row says nothing of the mean: a zero of a hurdle. */
bool glm_row_is_silent(const struct glm *m, size_t i);

/* From now on no row's variance, of normal residuals with a predictor of their dispersion, falls below a share of what the row
 * varies by, at the phi that is asked for, through effects that no other row has: what is left of it is that share.  Below, the
 * deviance gains nothing any more, and loses its digits.  False when memory is out. */
bool glm_leave_rows_some(struct glm *m);

/* Of the rows of which such effects have taken all at phi `at`, those of one cell of disp= (0, 1, ...: alike in its columns) have
 * by themselves a share of what these effects have less at phi `to`: their coefficients in `rest`, which is as
 * glm_rest_from_coefficients takes it, move there by least squares, and no other row moves.  *given: whether there is such a
 * cell.  False when memory is out. */
bool glm_give_rows_back(const struct glm *m, const double at[], const double to[], int cell, double share, double rest[],
                        bool *given);

/* Sets that share of each row where Z Lambda has changed. */
void glm_set_least(struct glm *m, struct glm_part *part);

/* Whether its mean and dispersion, those of the last evaluation, are at the logarithmic series. */
bool glm_row_is_series(const struct glm *m, size_t i);

/* theta from the size of the information in the rows; `unit` (theta_count) gets the natural size of each entry. */
void glm_start_random(struct glm *m, double phi[], double unit[]);

/* theta and gamma by `steps` steps of EM from the modes. */
bool glm_start_em(struct glm *m, double phi[], int steps, struct glmm_error *err);

/* Whether that is found without a factor, whose tail is large; then gamma and theta from the size of the information, with u near
 * the modes.  False where they have left the range of the response, or when stopped: phi and u are nowhere then. */
bool glm_start_is_apart(const struct glm *m);
bool glm_start_apart(struct glm *m, double phi[]);

/* Half the expected curvature of the deviance in the logarithm of a standard deviation, sum (1 - M^-1_ll)^2 over its levels,
 * where the factor's tail is large and the inverse at hand; else that of levels which are known about as well as most are. */
double glm_levels_known(const struct glm *m, const struct glm_term *term);

/* What is behind theta, of a rough start: without the random effects a residual had their variance too.  At the modes, where that
 * lowers the deviance.  False when memory is out. */
bool glm_start_rest(struct glm *m, double phi[], struct glmm_error *err);

/* out (n) := W (x - Z~ M^-1 Z~'W x) at the modes: V^-1 x of a linear model. */
void glm_whiten(struct glm *m, const double x[], double out[]);

/* S = X'WX - X'WZ~ M^-1 Z~'WX at the modes: half the curvature of the deviance in gamma.  p x p. */
void glm_curvature(struct glm *m, double S[]);

/* out += times left right' over the free entries of the term's template, in the order of theta. */
void glm_add_template(const struct glm_term *term, double times, const double left[], const double right[], double out[]);

#endif
