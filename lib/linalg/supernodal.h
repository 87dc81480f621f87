/* supernodal.h -- the Cholesky factor of a sparse symmetric matrix with a dense border, by supernodes: factor, solves, selected
 * inverse.
 *
 *     [ T  F' ]            T: n x n, sparse, as its symbolic analysis says; in the order of elimination
 *     [ F  C  ]            F, C: `border` dense rows
 *
 * Each supernode is stored as a dense block of its rows and, below them, those of the border; the corner C is a block of its own.
 * The same layout serves the matrix, which becomes its factor in place, and the entries of the inverse on the factor's pattern.
 * (Left-looking by supernodes: Ng & Peyton 1993; selected inverse: Takahashi, Fagan & Chin 1973.)  Nothing but supernodal_new
 * allocates. */
#ifndef LINALG_SUPERNODAL_H
#define LINALG_SUPERNODAL_H

#include <stdbool.h>
#include "base/watch.h"
#include "linalg/symbolic.h"

struct supernodal {
    struct symbolic *symbolic;
    int n, border;
    size_t *at;                  /* count + 1: where the values of each supernode start, column-major; the last is the corner */
    size_t values;               /* of L, and of S */
    double *L, *S;               /* the same array where there is `aside` */
    double *aside;               /* a supernode of L, whose place S takes; or NULL */
    int inverted;                /* rows of the border that S includes */
    int *map;                    /* n: where a row stands among those of the supernode in work */
    int *relative;               /* of the rows of another supernode, among those */
    int *head, *next, *position; /* count: the supernodes that are still to send to one, and from which of their rows on */
    double *work, *scratch;
    struct watch *watch; /* borrowed, or NULL */
};

/* Takes the symbolic analysis, also where it fails.  `in_place`: the inverse takes the place of the factor, which is then
 * gone, in half the memory; supernodal_fill needs both.  Returns new; NULL where memory is out.  supernodal_free takes NULL. */
struct supernodal *supernodal_new(struct symbolic *symbolic, int border, bool in_place);
void supernodal_free(struct supernodal *f);

/* The bytes that supernodal_new would take. */
double supernodal_bytes(const struct symbolic *symbolic, int border, bool in_place);

/* Rows of a supernode's block: the leading dimension. */
static inline int supernodal_rows(const struct supernodal *f, int node)
{
    return symbolic_rows(f->symbolic, node) + f->border;
}

/* Where a column of T stands, and the place of a row (border rows count from n) of its supernode in it. */
size_t supernodal_column(const struct supernodal *f, int column);
int supernodal_place(const struct supernodal *f, int node, int row);

/* The places, in the supernode, of rows (increasing; not before its columns), of which the last `border` are those of the border.
 */
void supernodal_places(const struct supernodal *f, int node, const int32_t *row, size_t count, int *place);

/* Entry (i, j) of S. */
double supernodal_inverse(const struct supernodal *f, int i, int j);

/* L L' = what stands in L, in place; false when it is not positive definite in T, or the watch says stop.  In the corner a pivot
 * of which rounding leaves nothing, and those behind it, are 0. */
bool supernodal_factor(struct supernodal *f);

double supernodal_diagonal(const struct supernodal *f, int column);

/* x := L^-1 x or L^-T x, with the leading n + `border` columns. */
void supernodal_solve_lower(const struct supernodal *f, int border, double *x);
void supernodal_solve_upper(const struct supernodal *f, int border, double *x);

/* Row `row` of the border of L, without its diagonal entry. */
void supernodal_border_row(const struct supernodal *f, int row, double *x);

/* S, of T and the first `border` rows of the border. */
void supernodal_invert(struct supernodal *f, int border);

/* All of S, from what supernodal_invert left: order x order, n and the border's rows in it, both triangles; work: as much.  And
 * about how many multiplications that takes. */
void supernodal_fill(struct supernodal *f, double *S, double *work);
double supernodal_fill_work(const struct supernodal *f);

#endif
