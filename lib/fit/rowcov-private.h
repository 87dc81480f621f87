/* rowcov-private.h -- the workspace of rowcov.h, shared by its files. */
#ifndef FIT_ROWCOV_PRIVATE_H
#define FIT_ROWCOV_PRIVATE_H

#include "base/watch.h"
#include "fit/rowcov.h"
#include "fit/minimize.h"
#include "model/structure.h"

/* An eigenvalue of the Hessian in natural sizes that is negative beyond the error of its differences: a saddle. */
#define ROWCOV_SADDLE 1e-3

/* Standard deviations move as ROWCOV_BEND sinh(x), in units of 1 / the size of their columns: logarithmic where they are worth
 * speaking of, linear through 0. */
#define ROWCOV_BEND 0.05

/* A curvature of the deviance, where a step of 1 is a factor of e, that is none. */
#define ROWCOV_FLAT 1e-5

/* Of such a direction, the share by which it is said to change a parameter. */
#define ROWCOV_SHARE 0.02

/* Sums over pairs of rows: a weight for each, of the two parts of the deviance. */
enum { PART_LOGDET, PART_RSS, PARTS };

/* A random term: row i has z (k values) of level[i]. */
struct rowcov_term {
    const struct random_design *random;
    const struct structure *structure;
    struct positions positions;
    bool apart;                        /* the matrix is that of law_fill_apart */
    int k, sd_count, law_count, first; /* parameters from x[first] */
    const double *K;                   /* level_count x level_count: how levels covary; NULL: not at all */
    double *unit;                      /* k */
    int32_t *effect;                   /* n: where each row has one effect at most; NULL: it has more */
    double *value;                     /* n: that effect's column */
    double *sd, *C, *sigma;            /* k; k x k: the matrix D C D */
    double *slopes[PARTS];             /* k x k */
    double *scaled;                    /* n x k: sigma z, where rows have several effects */
};

/* The residuals: row i at position[i] of block[i], with standard deviation number scale[i]. */
struct rowcov_residual {
    const struct residual_design *design; /* NULL: independent, of one variance */
    struct positions positions;
    bool apart; /* as that of a term */
    int law_count, first;
    double *sd, *C;
    double *slopes[PARTS], *sd_slopes[PARTS];
};

/* Those of one pattern stand one behind the other, and the first speaks for all: linear ones share its factor. */
struct rowcov_cluster {
    size_t from, count; /* its rows among `row` */
    size_t number;      /* in the order of the data */
    size_t alike;       /* of the first of a pattern: how many there are; else 0 */
    double *factor;     /* count x count: the matrix of the rows, then its factor */
    double *moments;    /* of the first: the products of positions (rowcov-alike.c); NULL */
    bool summed;        /* ... and the value asked for last is of these */
};

struct rowcov {
    const struct design *design;
    const struct family *family; /* NULL: linear */
    const struct link *link;
    bool reml;
    size_t n;
    int p, term_count, count; /* parameters */
    int first;                /* of the terms: p where coefficients stand before, else 0 */
    double degrees, constants;
    struct rowcov_term *terms;
    struct rowcov_residual residual;
    size_t cluster_count, largest;
    struct rowcov_cluster *clusters;
    size_t *row;                 /* n: design rows, cluster by cluster */
    double *E, *R;               /* n x (p + 1): Q and y freed of it, in design rows; p x p */
    double *projection, y_scale; /* p: Q'y, in the scaled units */
    double *rows;                /* the columns of E by clusters, each cluster count x (p + 1); then L^-1 of them, V^-1 of them */
    double *G;                   /* (p + 1)^2: their products; of X the factor */
    double *beta, *alpha;        /* p; n in cluster order: V^-1 (y - X beta) */
    double *scratch, *settling;  /* 2 p; p^2 + 3 p, then the parameters and the largest matrix of a term: of the prior */
    double *W, *F;               /* largest^2; n x (p + 1) */
    double *moments, *weights[PARTS], *outer[PARTS], *square[3]; /* of rowcov-alike.c; NULL: no pattern is frequent */
    double logdet, rss;
    double sigma2, held_sigma2,
        rss_least;           /* linear: of the residuals, in the scaled units; 0: it follows; rss at the beta of GLS */
    double *gradient[PARTS]; /* count */
    double value, *point;    /* of a linear model the last, and where (count) */
    enum { KNOWN_NOTHING, KNOWN_VALUE, KNOWN_SLOPES } known;
    struct watch watch;
    int evaluations;
    struct rowcov_laplace *laplace; /* the modes; NULL where linear */
    struct rowcov_sparse *sparse;   /* instead of clusters, where levels are related by descent; or NULL */
    double *block;
};

/* Whether its standard deviations count without their signs.  Negative ones turn the correlations of an unstructured matrix,
 * which have any sign, and the one of two effects; of more effects under a law of few parameters they would make a matrix of
 * another kind, whose correlations are not those of the law. */
bool rowcov_keeps_signs(const struct rowcov_term *t);

/* Rows and matrices of the terms at x. False where there are none. */
bool rowcov_set(struct rowcov *m, const double x[]);

/* --- positions that meet (rowcov-met.c) ---------------------------------------------------------------- */

/* From now on the matrices of a law of distances hold pairs of positions alone that stand in one level: of the residuals, whose
 * other pairs nobody asks for; of terms (without a prior) as long as a search lasts, until rowcov_met_all.  False when memory is
 * out. */
bool rowcov_met_residuals(struct rowcov *m);
bool rowcov_met_terms(struct rowcov *m);
void rowcov_met_all(struct rowcov *m);
void rowcov_met_clear(struct positions *p);

/* Of a term whose rows have several effects, sigma z of each row. */
void rowcov_scale_rows(const struct rowcov *m, struct rowcov_term *t);

/* V of a cluster's rows without (with) the residuals: the lower triangle of out, count x count. */
void rowcov_fill(struct rowcov *m, const struct rowcov_cluster *c, bool residuals, double *out);

/* Adds what a cluster gives: the weights of pairs (lower triangle, count x count) of one part of the deviance. */
void rowcov_pull(struct rowcov *m, const struct rowcov_cluster *c, const double *weights, int part, bool residuals);
void rowcov_clear_slopes(struct rowcov *m);

/* z of effect a of a term in a design row; and what relates two levels of a term: 1 and 0 without a matrix between them. */
static inline double rowcov_z(const struct rowcov_term *t, size_t row, int a)
{
    return t->random->z == NULL ? 1.0 : t->random->z[row * (size_t)t->k + (size_t)a];
}

static inline double rowcov_related(const struct rowcov_term *t, int32_t a, int32_t b)
{
    return t->K == NULL ? (a == b ? 1.0 : 0.0) : t->K[(size_t)a + (size_t)b * (size_t)t->random->level_count];
}

/* The slopes of a part in the parameters of terms and residuals, from what was pulled. */
void rowcov_gather(struct rowcov *m, const double x[], int part, double out[]);

/* Of one term: added for standard deviations, set for the law's; its slopes are not what they were then. */
void rowcov_gather_term(const struct rowcov_term *t, const double x[], int part, double out[]);

/* --- clusters whose rows covary alike (rowcov-alike.c) -------------------------------------------------- */

/* Puts rows and clusters in the order of patterns; false when memory is out.  Then, of linear models, makes the products. */
bool rowcov_find_alike(struct rowcov *m);
bool rowcov_set_moments(struct rowcov *m);

/* Adds E'V^-1 E of all clusters of a pattern, whose V is factored, to m->G; false where that is better done from the rows. */
bool rowcov_moments_products(struct rowcov *m, struct rowcov_cluster *c);

/* Begins with the slopes at m->beta; then pulls both parts of a pattern that was summed. */
void rowcov_moments_begin(struct rowcov *m);
void rowcov_moments_pull(struct rowcov *m, const struct rowcov_cluster *c);

/* Makes alpha of the rows that were summed. */
void rowcov_set_alpha(struct rowcov *m);

/* About how many nanoseconds the value of a linear model and its slopes take. */
double rowcov_work(const struct rowcov *m);

/* The value; then, once, its slopes: of a linear model both parts too, in m->gradient. */
double rowcov_value(struct rowcov *m, const double x[]);
bool rowcov_gradient(struct rowcov *m, const double x[], double gradient[]);

/* The two of a linear model (rowcov-linear.c), with both parts of the slopes in m->gradient. */
double rowcov_linear_value(struct rowcov *m, const double x[]);
bool rowcov_linear_slopes(struct rowcov *m, const double x[]);

/* -2 log density of the design's prior at x, and of a linear model at its beta and sigma2; Infinity where there is none.  Its
 * slopes are added to the gradient (NULL: not wanted). */
double rowcov_penalty(const struct rowcov *m, const double x[], double gradient[]);

/* H (p x p, lower) += the second derivatives of the coefficients' prior in gamma; `positive`: of the parabola above it that
 * touches it there. */
void rowcov_prior_curvature(const struct rowcov *m, const double gamma[], bool positive, double H[]);

/* Linear: beta, rss and sigma2 from those of the likelihood alone at x (the sigma that is held stays); false where nothing keeps
 * sigma finite or off 0.  Then the slope of the whole in log sigma. */
bool rowcov_settle(struct rowcov *m, const double x[]);
double rowcov_sigma_slope(const struct rowcov *m, const double x[]);

/* Holds the sigma2 of a linear model; 0: no more. */
void rowcov_hold_sigma2(struct rowcov *m, double sigma2);

/* (X'V^-1 X)^-1 of the orthonormalized X, p x p, where the value was asked for last. */
void rowcov_fixed_inverse(const struct rowcov *m, double out[]);

/* --- levels related by descent (rowcov-sparse.c) ------------------------------------------------------- */

/* Whether all of a model can be had from the sparse inverse of its relations: then there are no clusters. */
bool rowcov_sparse_takes(const struct design *design, const struct family *family);
bool rowcov_sparse_new(struct rowcov *m, const struct glmm_progress *progress, struct glmm_error *err);
void rowcov_sparse_products(struct rowcov *m);
void rowcov_sparse_free(struct rowcov *m);

/* At the matrices of the terms: logdet, rss, beta and the factor of X'V^-1 X; then both parts' slopes, and alpha. */
bool rowcov_sparse_factor(struct rowcov *m);
bool rowcov_sparse_slopes(struct rowcov *m, const double x[]);
double rowcov_sparse_work(const struct rowcov *m); /* multiplications of a factor */

/* Of one term alone (rowcov-moments.c): the parameter that moments of the rows give it, without an evaluation; false when memory
 * is out.  The average information of the parameter, sigma^2 profiled out, where the value was asked for last, its slopes not
 * yet. */
bool rowcov_sparse_start(const struct rowcov *m, double x[]);
double rowcov_sparse_information(const struct rowcov *m, const double x[]);

/* Of a term's levels, where value and slopes were asked for last; false when memory is out. */
void rowcov_sparse_modes(const struct rowcov *m, int t, double modes[]);
double rowcov_sparse_mode(const struct rowcov *m, int t, int32_t level);
bool rowcov_sparse_invert(struct rowcov *m); /* what the slopes do; false where the watch says stop */
bool rowcov_sparse_spreads(struct rowcov *m, int t, double sigma2, double spread[]);

/* Of a row with level[t] of term t (-1: without it) and the effects z[t] (NULL: 1), where the value was asked for last: the
 * variance of z'b given beta, over sigma^2; to follow (p) is added what its mode loses as coefficients grow.  x: scratch, the
 * columns and p. */
size_t rowcov_sparse_columns(const struct rowcov *m);
double rowcov_sparse_row(const struct rowcov *m, const int32_t level[], const double *const z[], double *x, double follow[]);

/* --- Laplace's approximation (rowcov-laplace.c) -------------------------------------------------------- */

struct rowcov_laplace {
    struct response response; /* in cluster order */
    double *y, *trials, *weights, *offset;
    double *a, *eta, *d[D_COUNT]; /* n in cluster order: a = Zb, eta = a + X gamma + offset */
    double *root, *work;          /* n: sqrt(W); 8 x largest */
    double *M, *S, *sum, *L;      /* largest^2; sum: weights of the pairs of rows, over the clusters of a pattern */
    bool *bent;                   /* cluster_count: W is negative at some row */
    double *fixed_slope;          /* n: d deviance / d fixed part */
    double constant, constant_slope[FAMILY_SHAPES], shape_slope[FAMILY_SHAPES];
    int shapes;               /* the last parameters: those of the family that are estimated */
    int outer[FAMILY_SHAPES]; /* of each shape: which of them it is; -1: it is given */
    int32_t *bound[2];   /* n, of an ordered response: which of them is the threshold below, or above; -1 for none; else NULL */
    unsigned char *open; /* n: as design->open, in cluster order; NULL */
};

bool laplace_new(struct rowcov *m, struct glmm_error *err);
void laplace_free(struct rowcov_laplace *l);
double laplace_value(struct rowcov *m, const double x[]);
bool laplace_slopes(struct rowcov *m, const double x[], double gradient[]);

/* The log density of a cluster's rows at their eta, with its derivatives in l->d as far as `order` says; out := A x of a
 * symmetric matrix, n x n, of which the lower triangle is read; whether a row knows its eta better than the effects do. */
double laplace_density(struct rowcov *m, const struct rowcov_cluster *c, enum density_order order);
void laplace_product(int n, const double *lower, const double *x, double *out);
bool laplace_knows_more(const struct rowcov_laplace *l, const struct rowcov_cluster *c, size_t i);

/* The smallest pivot of B of the bent clusters, at most 1; R of such a cluster into m->W, lower. */
double laplace_least_pivot(const struct rowcov *m);
void laplace_information(struct rowcov *m, const struct rowcov_cluster *c);

/* L L' = K, lower, n x n, of a matrix that may be singular. */
void laplace_half(size_t n, const double *K, double *L, struct watch *watch);

bool laplace_start(struct rowcov *m, double x[], const struct glmm_progress *progress, struct glmm_error *err);

/* --- what the structure leaves open (rowcov-identify.c) ------------------------------------------------ */

/* Whether the sign of a correlation of neighbours is told: steps that are all even change no covariance with it, odd ones that
 * are many no deviance. */
enum rowcov_sign { SIGN_KNOWN, SIGN_EVEN, SIGN_FAR };

struct rowcov_open {
    int dims;       /* directions along which the covariance of the rows stays as it is; 0: what follows is NULL but `sign` */
    int idle;       /* parameters on which the covariance does not depend at all */
    bool *moved;    /* count: parameters that change along one */
    bool *within;   /* of each term: its columns lie within those of the fixed effects */
    bool moves;     /* the covariance of the rows itself moves along one, within the fixed effects */
    int entries;    /* marks: of each term k x k, then the residual variance; of structured residuals their variances, */
    bool *entry;    /* and k x k correlations */
    double *change; /* of each entry along the last direction */
    enum rowcov_sign *sign; /* count; NULL: all are known */
};

/* False when memory is out; rowcov_open_clear in any case. */
bool rowcov_find_open(struct rowcov *m, struct rowcov_open *open, struct glmm_error *err);
void rowcov_open_clear(struct rowcov_open *open);

/* Where a search ended at x (count; left as it is) with `value`: SIGN_FAR among the signs of what is not held.  False
 * when memory is out. */
bool rowcov_find_far_signs(struct rowcov_open *open, struct rowcov *m, double x[], const bool held[], double value);

/* --- the search, and what is read off at its end ------------------------------------------------------- */

/* A lag of toep that follows from those before it, of which one makes the matrix singular. */
enum { EDGE_BEHIND = 2 };

/* How a parameter follows those of a special case (rowcov-special.c): it is number `lead` of these; held at `at`; a standard
 * deviation as large as that of `lead`, of which it has `at` times the unit; the partial correlation of lag `at` where all
 * correlations are that of lag 1. */
enum tie_kind { TIE_FREE, TIE_HELD, TIE_SD, TIE_EQUAL };
struct rowcov_tie {
    enum tie_kind kind;
    int lead;
    double at;
};

struct rowcov_task {
    struct rowcov *m;
    int count;                      /* parameters, q */
    bool linear, cheap;             /* cheap: evaluations can be spent on digits */
    double *x, *gradient, *hessian; /* q, q, q x q: of the deviance */
    bool *held;                     /* q: at an edge, or tied */
    struct rowcov_tie *tie;         /* q: of the special case that is searched */
    bool tied;                      /* there is one */
    double *untied;                 /* q: where its parameters were last */
    int *edge;                /* q: 0, or which; of a standard deviation -1: at 0, 1: beside a residual one of 0; EDGE_BEHIND */
    bool *ridge;              /* term_count + 1: its range, the last the residuals', is held far out */
    double *joint;            /* linear: (q + 1)^2 in (x, sigma) */
    double *slopes;           /* linear: q matrices p x p, of the inverse of X'V^-1 X */
    double *vectors, *values; /* of the Hessian of what is not held, ascending */
    double *trial, *trial_gradient, *work;
    int work_size;
    double value, gain;
    const double *known; /* where the earlier searches ended lowest, and its height; NULL: nowhere yet */
    double known_value;
    const double *met, *met_value; /* met_count x q: other optima of the earlier searches, and their heights */
    int met_count;
    bool came_back;                       /* the last search came near one of all these */
    int ending;                           /* a correlation that is put at the end of its range; -1: none */
    double looked;                        /* so far out this was asked, in the search that goes on */
    double to_beat;                       /* a search that will not end below it may end; -Infinity: any ends where it ends */
    int iterations, flat;                 /* flat: a direction without curvature, among the eigenvectors; -1: none */
    double first_tau;                     /* where the last parameter begins */
    bool have_hessian, stopped, at_limit; /* the last search met the limit of evaluations */
    bool vanished;                        /* a dispersion is held where random effects have taken all variation of the family */
    const struct rowcov_open *open;
    double *block;
};

/* The deviance at x, what a minimizer asks (context: the task); whether a parameter is a standard deviation of a term. */
double rowcov_task_value(void *context, const double x[], bool *stop);
bool rowcov_is_sd(const struct rowcov *m, int i);

/* The parameters of a law of correlations: `count` from x[from] on.  Of term t, or (t = term_count) of the residuals; and that of
 * which x[i] is one.  LAW_NONE of what has none. */
struct rowcov_law {
    enum correlation_law law;
    int from, count;
};

struct rowcov_law rowcov_law_of(const struct rowcov *m, int t);
struct rowcov_law rowcov_law_with(const struct rowcov *m, int i);

/* Quasi-Newton from the task's x; what it reached is there, in `gradient` and in `value`. */
void rowcov_minimize(struct rowcov_task *task, struct minimizer *minimizer);

/* The lowest point of searches from several starts, and from the optima of special cases; Infinity where there is none.  False
 * when memory is out. */
bool rowcov_search_starts(struct rowcov_task *task, struct minimizer *minimizer, const double first[], double best[],
                          double *lowest);

/* The parameters at those of a special case, false where there are none; then slopes in the former become those in the latter. */
bool rowcov_tie_expand(const struct rowcov_tie tie[], int count, const double y[], double x[]);
void rowcov_tie_pull_back(const struct rowcov_tie tie[], int count, const double y[], const double x[], double slopes[]);

/* What the engine is asked for at the minimizer's x; NULL where there is nothing. */
static inline const double *rowcov_tied(struct rowcov_task *task, const double x[])
{
    if (!task->tied)
        return x;
    return rowcov_tie_expand(task->tie, task->count, x, task->untied) ? task->untied : NULL;
}

/* Puts what has run to an edge there.  True where something new is held, or an end was left: the search goes on. */
bool rowcov_find_edges(struct rowcov_task *task);

/* --- correlations that run to 1 as variances grow (rowcov-ridge.c) -------------------------------------- */

/* Ranges that are on such a way are put far out, and held; whether one was found. */
#define ROWCOV_FAR 16.0 /* - log of 1 - correlation of neighbours, to which it is put */
bool rowcov_find_ridges(struct rowcov_task *task);
bool rowcov_has_ridge(const struct rowcov_task *task);

/* What is left of variance and range of term t, or (t = term_count) of the residuals, in the units of the response: variance
 * (1 - rho), variance * rate, variance / range^power.  The matrices are those at x. */
double rowcov_ridge_left(const struct rowcov_task *task, int t, enum correlation_law *law, double *power);

/* flat += what grows without end of the covariance matrix of the coefficients, up to a factor.  False when memory is out. */
bool rowcov_add_ridge_errors(const struct rowcov_task *task, double *flat);

/* out := scale R^-1 C R^-T (p x p; out may be C): from the basis of the columns to the coefficients. */
void rowcov_outer_basis(const struct rowcov *m, double scale, const double *C, double *out);

/* The free entries of the templates of all terms; L L' = S, lower, k x k. */
int rowcov_template_entries(const struct design *design);
void rowcov_set_template(struct rowcov *m, int k, const double *S, double *L);

/* Laplace: fixed effects and shapes, and how all estimates vary together, from the inverse of the whole Hessian in (gamma, x,
 * shapes).  False when memory is out, or where it was stopped. */
bool rowcov_set_generalized(struct fit *fit, struct rowcov_task *task);

/* The estimates.  Returns new; NULL when memory is out. */
struct fit *rowcov_result(struct rowcov_task *task, enum fit_method method, double tolerance, struct glmm_error *err);

/* Of a term, at the estimates: its modes (levels x k, zeroed), with as many zeros for scratch; their conditional covariances into
 * fit->random[at], false when memory is out or where it was stopped (rowcov-modes.c). */
void rowcov_set_modes(struct rowcov *m, const struct rowcov_term *t, double *sums, double *modes);
bool rowcov_set_spread(struct fit *fit, struct rowcov *m, int at);

/* What Laplace's approximation leaves out at the estimates, into fit->approximation (rowcov-price.c); false when memory is out.
 * The last use of the workspace. */
bool rowcov_price(struct rowcov_task *task, struct fit *fit, struct glmm_error *err);

/* The verdict, from where the search ended (rowcov-verdict.c). */
void rowcov_verdict(struct fit *fit, const struct rowcov_task *task, double tolerance);

/* flat and moved (p x p, zeroed) as in struct identity: from the directions of a linear model by REML, at the estimates of what
 * is determined, for a variance that is 0 has no covariances to move anything.  False when memory is out (rowcov-identify.c). */
bool rowcov_find_errors(const struct rowcov_task *task, double *flat, double *moved);

/* What the structure and directions without curvature leave open, into fit->identity; false when memory is out. */
bool rowcov_set_identity(struct fit *fit, const struct rowcov_task *task);

/* Standard deviations of residuals that have several, at 0 (rowcov-scales.c).  How many are worth a search; whether number s is
 * at 0. */
int rowcov_scales_to_try(const struct rowcov_task *task);
bool rowcov_scale_is_zero(const struct rowcov_task *task, int s);

/* Puts number s as near to 0 as makes no difference, and holds it there; false where it is held.  Whether the deviance has an end
 * that way, at the rest of x; lets go of it. */
bool rowcov_scale_to_zero(struct rowcov_task *task, int s);
bool rowcov_scale_is_bounded(struct rowcov_task *task, int s);
void rowcov_scale_release(struct rowcov_task *task, int s);

/* The Hessian at x with its eigenvectors, gradient and value, in the task; false where there is none (rowcov-curvature.c). */
bool rowcov_set_hessian(struct rowcov_task *task);

/* The same from columns of second derivatives that stand in the task's joint and slopes already, and value, gradient: what
 * sigma^2 adds (rss_slopes: q, those of r^2), and the eigenvectors. */
bool rowcov_end_hessian(struct rowcov_task *task, const double rss_slopes[], double sigma2);

/* The whole search of a linear model by descent with one parameter, to its optimum, with the Hessian where what it met tells that
 * (rowcov-single.c); *done false where it is left to the search of all models.  False when memory is out. */
bool rowcov_search_single(struct rowcov_task *task, bool *done);

/* trial := x - H^-1 g; returns what there is to gain.  Flat directions are left where they are. */
double rowcov_newton_step(struct rowcov_task *task);

#endif
