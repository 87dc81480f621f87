/* lmm-leave-private.h -- what lmm-leave.c knows of all rows, and lmm-leave-level.c of those of one level. */
#ifndef FIT_LMM_LEAVE_PRIVATE_H
#define FIT_LMM_LEAVE_PRIVATE_H

#include "base/watch.h"
#include "fit/lmm-private.h"

/* A level of a term that is nested in the group, among the effects that its level eliminates. */
struct leave_inner {
    int term, offset;
};

/* The rows of one level: d effects that are eliminated, which come first, and j others, the columns of X last. */
struct leave_level {
    int d, j, inner_count;
    struct leave_inner *inner;
    int *columns;     /* j: which of the system */
    double *products; /* (d + j) square, lower triangle */
    double *A, *H;    /* d x d: (Lambda'Z'ZLambda + I)^-1; d x j: A times the products with the others */
    double *K, *c;    /* j x j, j */
    double *u;        /* d: modes */
    double square;    /* the level's part of r^2, but for its coefficients */
};

struct leaving_system {
    struct lmm *m;
    struct watch *watch;
    int group, order, random; /* `order` columns: `random` effects, and X */
    int *at;                  /* of a term: where it starts among them; -1: nested in the group */
    int32_t *rows;            /* the rows, by levels; row_start[l] .. row_start[l + 1] */
    size_t *row_start;
    double *e;     /* n: what the modes of all rows leave, those that are eliminated aside */
    double *S, *O; /* order square: T^-1, and that of the random effects alone (ML; REML: S) */
    /* Of each free entry i = (a, b) of a template, summed over the levels of its term: S_.a S_b. (of O: NO), or the same of what
     * was eliminated, S H_a'H_b S; its products with the modes; M^-1 and u u' there. */
    double *N, *NO, *q, *D, *G;
    double *slope;             /* theta_count x order: S (f + f') u, with which the solution moves with the entry */
    double *curvature;         /* theta_count square, its factor, of the entries that are free */
    bool *held;                /* theta_count: at 0, where no step says anything */
    double **inverse;          /* of a term: its template's, 0 where that is singular (and held) */
    int *place, **inner_place; /* order; of each nested term, its levels: -1, or where it stands in the level at hand */
    double *row_value;
    int *row_at;
    double *work;
    struct leave_level level;
};

/* The level's rows, into s->level; false where that has no factor, or stopped. */
bool leave_level_read(struct leaving_system *s, int32_t l);
/* The most (d, j) of any level. */
void leave_level_sizes(struct leaving_system *s, int *d, int *j, int *inner);
/* What the level's own effects have, among its j columns, in the move of the solution with entry (a, b) of term t: -H'(f + f') u,
 * f the derivative of the template divided by it; of the modes as they stand (moved NULL), or where the solution moved so. */
void leave_own_slope(const struct leaving_system *s, int t, int a, int b, const double moved[], double out[]);
/* How the p coefficients of the inner basis move without the level that was read, of so many rows; false where the rest does not
 * determine them, or stopped. */
bool leave_level_move(struct leaving_system *s, size_t rows, double move[]);
/* How much leave_level_move needs of s->work for j columns. */
size_t leave_level_work(const struct leaving_system *s, int j);

#endif
