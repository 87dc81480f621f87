/* identify-private.h -- a design without the random effects that nothing determines, and how its parameters come from the stated
 * ones. */
#ifndef FIT_IDENTIFY_PRIVATE_H
#define FIT_IDENTIFY_PRIVATE_H

#include "fit/identify.h"

/* A random term of the reduced design: the effects W b of the stated term `origin`. */
struct span;
struct text;

struct piece {
    int origin, k;
    double *W;    /* k x origin's k, row-major */
    double *z;    /* n x k where made here; NULL: the origin's own */
    char **names; /* k where made here */
};

/* The effects C (k x count, orthonormal columns) of a term whose columns lie within those of the fixed effects in each level. */
struct inside {
    int count;
    double *C; /* NULL where there is none */
};

struct reduction {
    const struct design *full;
    bool residual;        /* the residual variance is a parameter, the last one */
    struct design design; /* the reduced one: all but `random` is the full one's */
    struct piece *pieces;
    int full_count, count; /* parameters of the full and the reduced design, in the order of theta */
    double *L;             /* count x full_count, row-major: the reduced parameters as sums of the full ones */
    double *size;          /* full_count: the natural size of a unit of each */
    int flat_count;        /* dimensions that even the reduced design leaves open, */
    double *flat;          /* and a basis of them: flat_count vectors of `count` */
    bool *in_fixed;        /* of each full term */
    struct inside *inside; /* of each full term */
    bool changed;          /* the design differs from the full one */
    bool projected;        /* REML: judged after the fixed effects are projected out */
    bool constant;         /* as struct identify_view has it */
};

/* How a likelihood looks at a design. */
struct identify_view {
    bool reml;       /* of contrasts that are free of the fixed effects */
    bool residual;   /* has a residual variance, 1/weights a row */
    bool constant;   /* a constant, which X has no column for, belongs to the fixed effects: thresholds shift by it */
    const double *Q; /* n x p orthonormal columns that span sqrt(weights) X; NULL: made where it is needed */
    const struct random_design *aside; /* aside_count terms that lie within X: what others have of them nothing tells */
    int aside_count;
};

/* *out: NULL where everything is determined.  False when memory is out.  reduction_free takes NULL. */
bool reduction_find(const struct design *design, const struct identify_view *view, struct reduction **out,
                    struct glmm_error *err);
void reduction_free(struct reduction *r);

void piece_clear(struct piece *piece);

/* The names of a piece's effects, from those of its origin.  False when memory is out. */
bool piece_names(struct piece *piece, const struct random_design *origin);

/* "2 x2", with a sign before it that joins it to what the text has. */
void identity_add_weighted(struct text *text, double weight, const char *name);

/* REML only: leaves those effects of correlated terms out that lie within the fixed ones (identify-inside.c); they are in
 * r->inside. `open`: something is, and more than the terms of which the next function knows are looked at. */
bool reduction_leave_inside(struct reduction *r, const struct identify_view *view, bool open);

/* Whether there is a term that may have such effects, REML: fewer levels show one than the fixed effects have columns.  -1 when
 * memory is out. */
int reduction_may_be_inside(const struct design *design, const struct identify_view *view);

/* Puts `dims` effects in the place of term t, which each have the column pivot[e] and are the sums rows (dims x k, row-major,
 * 1 at the pivot) of its effects. */
bool reduction_keep_effects(struct reduction *r, int t, int dims, const int pivot[], const double *rows);

/* Adds to `flat` what identify_flat adds, for the effects in r->inside, and takes their part out of the directions. */
bool identify_flat_inside(const struct reduction *r, const double *G, int dims, double *directions, double *flat);

/* The place of the entry (a, b) among a term's parameters. */
int reduction_entry(const struct random_design *random, int a, int b);

/* The whole number that x is but for rounding, or x. */
double reduction_whole(double x);

/* Splits a term into effects that no level shows together (identify-split.c); *done says whether there was one. */
bool reduction_split_term(struct reduction *r, const struct span *span, bool *done);

/* The entry (a, b), a >= b, of parameter j of a design; the term is -1 for the residual.  Those are of the mean's random terms:
 * what other predictors have comes behind them, and stays as it is. */
struct parameter {
    int term, a, b;
};
int parameter_count(const struct design *design, bool residual);
void parameters_list(const struct design *design, bool residual, struct parameter out[]);

/* theta of the full design at which its covariance is that of the reduced one at `theta`. */
bool reduction_expand(const struct reduction *r, const double theta[], double full[]);

/* Where V_j depend on each other (identify-span.c): a basis of their null space, in units of size[] (parameter_count entries
 * each; mem_free), with size[] too.  `fixed` (of each term) says which lie within the fixed effects. */
struct span {
    int count, dims;
    double *null; /* dims vectors of `count` entries, orthonormal in the scaled parameters */
    double *size;
};
bool span_find(const struct design *design, const struct identify_view *view, struct span *out, struct glmm_error *err);
void span_clear(struct span *span);

/* *plain: the first of many rows show that there is none; then nothing of the terms is within the fixed effects either.  False
 * when memory is out. */
bool span_is_plain(const struct design *design, const struct identify_view *view, bool *plain, struct glmm_error *err);

/* An orthonormal basis of {x : A x = 0}, columns of `out` (n x n room): returns how many; -1 when memory is out. A is m x n,
 * column-major, singular values up to `tolerance` times the largest (or `tolerance` itself) count as 0. */
int null_basis(int m, int n, const double *A, double tolerance, double *out);

/* A basis of the directions in which the columns and `others` behind them sum to 0, without what the others have in it: *dims
 * vectors of `count` entries.  False when memory is out. */
bool directions_find(int count, int others, const double *triangle, double tolerance, double *out, int *dims);

/* struct identity's forms while they are made; all zeroed, or NULL where they are not asked for. */
struct forms {
    double *form, *rest, *length; /* dims x p x p, p x p, p */
};

/* Whether the forms say that the variance of c'beta, or the covariance of two coefficients, is the same along what is open. */
bool identity_keeps_variance(const struct identity *identity, size_t p, const double c[]);
bool identity_keeps_covariance(const struct identity *identity, size_t p, size_t i, size_t j);

/* (p + 1) x (p + 1) into `flat` and `moved` (zeroed): see struct identity.  `directions`: `dims` vectors in the full design's
 * scaled parameters, of which less may be left behind.  `reduced`: the fit of the reduced design; NULL where that is the full
 * one. */
bool identify_flat(const struct reduction *r, int dims, const struct fit *reduced, double *directions, double *flat,
                   double *moved, struct forms *forms);

/* Takes Q Q'v from v: what is left of it outside the fixed effects.  X G'v has the same columns, and what cancels in it where a
 * column is far from 0 beside what it varies by (a date) would be left.  part: p, scratch. */
void identify_take_fixed_out(const struct reduction *r, const double *Q, double *part, double *v);

/* Of v (n) the length; K (leading dimension ld) += A'A, A n x p. */
double identify_length(size_t n, const double *v);
void identify_add_products(size_t n, size_t p, const double *A, size_t ld, double *K);

/* Adds to `moved` what the covariances of the effects in r->inside with those that stay and vary move of the estimates G'y.
 * Q (n x p): orthonormal columns that span X.  False when memory is out. */
bool identify_moved(const struct reduction *r, const double *G, const double *Q, const struct fit *reduced, double *moved);

/* unknown, modes_unknown and absent, all false; false when memory is out. */
bool identity_allocate(struct identity *identity, const struct design *design, struct arena *arena);

/* A mode is open where its variance is, or a covariance with an effect that the level shows: b_a = sum_b G_ab Z_b'Py, of its
 * rows. */
void identity_mark_modes(struct identity *identity, const struct design *design, int t);

/* Takes K of struct identity, with its leading dimension, into a fit: errors and df that depend on what is open are none.  False
 * when memory is out. */
bool identity_mark_errors(struct fit *fit, struct identity *identity, const double *flat, size_t ld);

/* Keeps M of struct identity, p x p of `all` with its leading dimension, where anything is moved; the covariances of what is are
 * none.  False when memory is out. */
bool identity_mark_estimates(struct fit *fit, struct identity *identity, const double *all, size_t ld);

/* Which covariances of a term no level shows. */
void identity_mark_absent(struct identity *identity, const struct design *design, int t);

/* *same: whether two terms have the same groups of rows, whatever their order.  False when memory is out. */
bool identity_same_groups(const struct design *design, int s, int t, bool *same);

/* Why something is open, and the verdict's message, in words (identify-words.c).  False when memory is out. */
bool identity_add_causes(struct identity *identity, const struct design *design, const struct reduction *r, const bool *open);
void identity_set_message(struct fit *fit);

/* An orthonormal basis of what is open, in the full design's scaled parameters (full_count^2 of room); rows (room count x
 * full_count) get what is determined, *count of them.  How many directions; -1 when memory is out. */
int reduction_open(const struct reduction *r, double *rows, int *count, double *directions);

/* Of what is open, how many directions the prior of the variances leaves open too, as it is the same along them
 * (identify-prior.c); *open: of how many.  -1 when memory is out. */
int reduction_left_by_prior(const struct reduction *r, int *open);

/* *tied: whether the mode with such a prior is one of two of the same height: two terms that have the same columns and the same
 * prior differ in it.  False when memory is out. */
bool reduction_tied_by_prior(const struct reduction *r, const struct fit *fit, bool *tied);

/* J V J' for the joint covariance of (beta, theta, rest), where theta of the stated model follows that of the reduced one, into
 * fit->joint_vcov (identify-joint.c).  False when memory is out. */
bool identity_expand_joint(struct fit *fit, const struct reduction *r, const struct fit *reduced);

/* Completes a fit of the full design, made at the representative variances: marks, sums, causes, verdict, npar. */
bool identity_set(struct fit *fit, const struct reduction *r, const struct fit *reduced);

/* What may be left out of a design: a term, or an effect of a diagonal one. */
struct unit {
    int term, effect; /* effect -1: the whole term */
    int first, width; /* parameters */
};

/* What was left out since it lies within the fixed effects (identify-aside.c): terms with columns of their own. */
struct aside {
    struct random_design *terms;
    int count;
};
bool aside_init(struct aside *aside, int most);
void aside_clear(struct aside *aside);
bool aside_add(struct aside *aside, const struct design *design, const struct unit *unit);

#endif
