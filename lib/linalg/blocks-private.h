/* blocks-private.h -- the storage of blocks.h, shared by its source files.
 *
 * A *node* is a level of a chain term.  Its rows are, in this order: the columns of its ancestors (one level of each later
 * chain term), the tail columns that occur with it, and the extras.  A node's values are D (k x k, column-major) followed by B
 * (rows x k, row-major).
 * The same layout serves A (assembled products, unscaled), L (factor) and S (selected inverse). */
#ifndef LINALG_BLOCKS_PRIVATE_H
#define LINALG_BLOCKS_PRIVATE_H

#include "linalg/blocks.h"
#include "linalg/tail.h"

enum { CHAIN_LIMIT = 8, LOOK = 256, ROW_BLOCK = 256, PARALLEL_VALUES = 20000, TAIL_PARTS = 16, NODE_PARTS = 16 };

/* One chain term. */
struct chain {
    int term, k;
    int32_t levels;
    int ancestor_rows;   /* sum of k over the later chain terms */
    int32_t *parent;     /* levels: the level of the next chain term; NULL for the last */
    size_t *pattern;     /* levels + 1: where the node's tail rows start in `tail_row` */
    int32_t *tail_row;   /* scalar tail columns, increasing */
    int32_t *parent_row; /* for each of them its place among the parent's tail rows; NULL for the last */
    size_t *value;       /* levels: where the node's values start */
};

struct blocks {
    size_t n;
    int term_count, extras;
    struct block_term *terms; /* in the caller's order */
    size_t *offset;           /* of each term in u */
    size_t size;
    int chain_count;
    struct chain chain[CHAIN_LIMIT];
    int tail_count;
    struct tail_term *tail_terms;
    int tail_size;      /* scalar columns of the tail terms */
    int32_t *row_place; /* n x tail_count: place of the row's tail level among the rows of its node of chain 0 */
    size_t value_count;
    double *A, *L, *S; /* node values */
    struct tail *tail;
    struct watch *watch;    /* borrowed, or NULL */
    size_t *first;          /* tail_count: of the row being added, the columns of its tail levels */
    const double **effects; /* and its effects */
    int inverted;           /* extras that the inverse includes */
    int most_rows, most_k;
    int threads;                  /* that have a share of work and places */
    size_t work_size;             /* most_rows x most_k x 2 + most_k^2 x 4 */
    double *work;                 /* threads x work_size */
    int32_t *places;              /* threads x most_rows */
    size_t part_size;             /* sum of k^2 over the terms */
    double *part_values, **parts; /* NODE_PARTS x term_count: k x k each, one behind the other */
    double *rows, *weighted;      /* ROW_BLOCK x extras, row-major */
    double *vector;               /* 2 (tail_size + extras) */
};

/* Whether the nodes of a term are many enough to be shared between threads. */
static inline bool shares_nodes(const struct blocks *b)
{
    return b->value_count > PARALLEL_VALUES && b->tail_size > 0;
}

static inline size_t tail_rows_of(const struct chain *chain, int32_t level)
{
    return chain->pattern[level + 1] - chain->pattern[level];
}

/* The level of chain term c at a row. */
static inline int32_t level_at(const struct blocks *b, int c, size_t row)
{
    return b->terms[b->chain[c].term].level[row];
}

/* First row, among a node's rows, of ancestor a of chain c (a > c). */
static inline int ancestor_row(const struct blocks *b, int c, int a)
{
    int row = 0;

    for (int i = c + 1; i < a; i++)
        row += b->chain[i].k;
    return row;
}

/* The column, in the tail, of row r of a node (counted after the ancestors). */
static inline int dense_column(const struct blocks *b, const int32_t *tail_row, size_t tail_rows, size_t r)
{
    return r < tail_rows ? tail_row[r] : b->tail_size + (int)(r - tail_rows);
}

#endif
