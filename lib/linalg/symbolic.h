/* symbolic.h -- the order in which a sparse symmetric matrix is eliminated, and the pattern of its factor by supernodes.
 *
 * A supernode is a run of columns with the same rows below them; its rows are its own columns, then what is below, increasing.
 * Ordering (AMD; METIS, where AMD fills in heavily) and analysis are CHOLMOD's (Chen, Davis, Hager & Rajamanickam 2008), which
 * allocates through base/memory.h. */
#ifndef LINALG_SYMBOLIC_H
#define LINALG_SYMBOLIC_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/watch.h"

struct symbolic {
    int n;         /* columns, in the order of elimination */
    int count;     /* supernodes */
    int *first;    /* count + 1: where their columns begin */
    size_t *start; /* count + 1: where their rows begin in `row` */
    int *row;
    int *owner;     /* n: the supernode of a column */
    int *order;     /* of the blocks: order[o] is the block that is eliminated as number o */
    double flops;   /* multiplications of a factorization */
    double entries; /* of the factor, as stored: rows times columns of each supernode */
};

/* The graph of the matrix by blocks of `width[b]` columns: the blocks behind b that meet it are adjacent[from[b] .. from[b+1]-1],
 * in any order. */
struct block_graph {
    int count;
    const int *width;
    const int64_t *from, *adjacent;
};

/* Returns new; NULL with GLMM_E_MEMORY, and with GLMM_E_INTERRUPT when the watch (or NULL) says stop.  symbolic_free takes NULL.
 */
struct symbolic *symbolic_new(const struct block_graph *graph, struct watch *watch, struct glmm_error *err);

/* The same for a full matrix: one supernode, in the given order. */
struct symbolic *symbolic_full(int count, const int *width, struct glmm_error *err);
void symbolic_free(struct symbolic *s);

/* Rows of a supernode, its own columns among them. */
static inline int symbolic_rows(const struct symbolic *s, int node)
{
    return (int)(s->start[node + 1] - s->start[node]);
}

static inline int symbolic_columns(const struct symbolic *s, int node)
{
    return s->first[node + 1] - s->first[node];
}

#endif
