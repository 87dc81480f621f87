/* tail.h -- the part of the system in which elimination fills in: the crossed terms and the extras.
 *
 * Columns 0 .. size-1 are the scalar random effects of the tail terms, the extras follow.  One interface for two kinds, each a
 * table of functions: dense (tail-dense.c), and sparse (tail-sparse.c) where a symbolic analysis says that it is cheaper.
 * A stands for the assembled products, L for the factor of the scaled matrix, S for its inverse. */
#ifndef LINALG_TAIL_H
#define LINALG_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/watch.h"

/* A term in the tail; `term` is its number among all terms.  In a dense tail its levels x k columns start at `first`. */
struct tail_term {
    int term, k;
    int32_t levels;
    int first;
    size_t before; /* levels of the tail terms before it */
};

/* Who shares the columns among threads begins a share at a multiple of this, so that the digits are those of one thread. */
enum { TAIL_PANEL = 32 };

struct symbolic;

/* All of S where it is one matrix: the lower triangle of the random effects with the extras below them, and that of the extras;
 * and as many columns of size + inverted that are of no use to anyone. */
struct tail_whole {
    const double *S, *corner;
    int ld, corner_ld;
    double *scratch;
};

struct tail {
    const struct tail_ops *ops;
    int term_count;
    const struct tail_term *terms; /* borrowed */
    int size, extras;
    int inverted;        /* extras that S includes */
    struct watch *watch; /* looked at in clear, factor and invert; borrowed, or NULL */
};

struct tail_ops {
    void (*free)(struct tail *t);

    /* A := 0; then rows are added: the effects z[s] of column first[s] on for each tail term s, and their products with the
     * extras; and blocks of rows' extras, row-major: A += left' right (right is left times the weights; the same pointer where
     * there are none). */
    void (*clear)(struct tail *t);
    void (*add_row)(struct tail *t, const size_t *first, const double *const *z, const double *extras, double w);
    void (*add_extras)(struct tail *t, int rows, const double *left, const double *right);

    /* L := Lambda' A Lambda + I; then L -= B B' for the columns row[0 .. rows-1], increasing, and all extras (B is (rows +
     * extras) x k, row-major): those of them from `from` (a multiple of TAIL_PANEL) to `to` - 1, so that threads can share the
     * work by columns. */
    void (*scale)(struct tail *t, const double *const lambda[]);
    void (*subtract)(struct tail *t, int from, int to, const int32_t *row, size_t rows, const double *B, int k);

    /* The same by columns, for who knows what each gets: column j < size of L (or of S, to be read), whose entry i, from the
     * diagonal on, is at row[i], i < *count, and its extras; row NULL: entries are at their own rows, below size. */
    double *(*column)(struct tail *t, int j, bool inverse, const int **row, int *count, double **extras);

    /* The Cholesky factor, in place; false when there is none, or the watch says stop. */
    bool (*factor)(struct tail *t);
    double (*diagonal)(const struct tail *t, int column);
    void (*last_row)(const struct tail *t, double *x);                 /* of the factor, without its diagonal entry */
    void (*solve_lower)(const struct tail *t, int columns, double *x); /* with the leading part of the factor */
    void (*solve_upper)(const struct tail *t, int columns, double *x);
    void (*extras_factor)(const struct tail *t, int columns, double *out); /* lower triangle, columns x columns */

    /* All numbers of L, or of S. */
    double *(*values)(struct tail *t, bool inverse, size_t *count);

    /* S, of the random effects and the first `columns` extras; what is read off it. */
    void (*invert)(struct tail *t, int columns);
    double (*inverse)(const struct tail *t, int i, int j);
    void (*multiply)(const struct tail *t, const int32_t *row, size_t rows, const double *G, int k, double *out); /* out += S G */
    void (*whole)(const struct tail *t, struct tail_whole *whole); /* of a tail that is dense, or one supernode */

    /* Of any other: all of S, order x order with order = size + inverted, both triangles; work: as much.  And about how many
     * multiplications that takes. */
    void (*fill)(const struct tail *t, double *S, double *work);
    double (*fill_work)(const struct tail *t);
    void (*gradient)(struct tail *t, const double *const lambda[], double *const gamma[]); /* as blocks_logdet_gradient */

    /* z := A_y - A_X beta - A x, with y the last extra. */
    void (*residual)(struct tail *t, const double *x, const double *beta, double *z);
};

/* A dense tail: the columns of a term are level by level, term by term.  Returns new; NULL when memory is out. */
struct tail *tail_dense_new(const struct tail_term *terms, int term_count, int size, int extras);
double tail_dense_bytes(int size, int extras);

/* The levels of the tail in the order of their columns, and for each the columns behind it that it meets in a row of the data. */
struct tail_pattern {
    int count;
    int *first, *term; /* count + 1: their columns; count: the tail term */
    int *level_of;     /* of each column */
    size_t *start;     /* count + 1 */
    int32_t *row;      /* increasing, all the columns of each level met */
};
void tail_pattern_clear(struct tail_pattern *pattern);

/* A sparse tail, its columns in the order of the symbolic analysis, which it takes, as well as what is in the pattern, also where
 * it fails.  Returns new; NULL when memory is out. */
struct tail *tail_sparse_new(const struct tail_term *terms, int term_count, int size, int extras, struct symbolic *symbolic,
                             struct tail_pattern *pattern);

/* The first of a list of increasing columns that is not below `column`. */
size_t tail_find_column(const int32_t *row, size_t rows, int column);

#endif
