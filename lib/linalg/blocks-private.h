/* blocks-private.h -- the storage of blocks.h, shared by its source files.
 *
 * A *node* is a level of a chain term.  Its rows are, in this order: the columns of its ancestors (one level of each later
 * chain term), the tail columns that occur with it, and the extras.  A node's values are D (k x k, column-major) followed by B
 * (rows x k, row-major).
 * The same layout serves A (assembled products, unscaled), L (factor) and S (selected inverse). */
#ifndef LINALG_BLOCKS_PRIVATE_H
#define LINALG_BLOCKS_PRIVATE_H

#include <string.h>

#include "linalg/blocks.h"
#include "linalg/tail.h"

enum {
    CHAIN_LIMIT = 8,
    LOOK = 256,
    LOOK_WORK = 20000000,
    ROW_BLOCK = 256,
    PARALLEL_VALUES = 20000,
    TAIL_PARTS = 16,
    NODE_PARTS = 16
};

/* A node that meets a column of the tail: where that stands among the tail rows of all nodes of its chain term, and how many of
 * the node's are left from it on. */
struct meeting {
    size_t at;
    int32_t node, left;
};

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
    size_t *column;      /* of one effect, where nodes are many: where the meetings of each column of the tail start */
    struct meeting *meeting;
    bool alike; /* its nodes are many, of several effects, and have the same tail rows, side by side, of a dense tail */
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
    int tail_size;             /* scalar columns of the tail terms */
    double tail_work;          /* multiplications of a factor of a sparse one; 0: it is dense */
    double tail_entries;       /* of that factor */
    bool tail_whole;           /* it is dense, or one supernode: its inverse has all entries */
    int32_t *tail_column;      /* of each level of the tail terms, term by term: the first of its columns */
    int *column_term;          /* of each column: its tail term */
    struct symbolic *symbolic; /* of a sparse tail, until that is made; NULL: the tail is dense */
    struct tail_pattern tail_pattern;
    int32_t *row_place; /* n x tail_count: place of the row's tail level among the rows of its node of chain 0 */
    size_t value_count;
    double held;       /* bytes of values, of the nodes and of the tail */
    double *A, *L, *S; /* node values */
    double *G;         /* and L_Rl L_ll^-1 of chain terms with meetings; NULL: there are none */
    double *stack;     /* threads x 2 x stack_size; NULL: no chain term is alike */
    size_t stack_size;
    double *wide; /* threads x tail_size: a column of the tail, each entry at its row */
    struct tail *tail;
    struct watch *watch;    /* borrowed, or NULL */
    size_t *first;          /* tail_count: of the row being added, the columns of its tail levels */
    const double **effects; /* and its effects */
    int inverted;           /* extras that the inverse includes */
    int most_rows, most_k;
    int32_t look;                 /* nodes between two looks at the watch */
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

/* The first column, in the tail, of a level of tail term t, and of the level at a row. */
static inline int32_t tail_column(const struct blocks *b, int t, int32_t level)
{
    return b->tail_column[b->tail_terms[t].before + (size_t)level];
}

static inline int32_t tail_column_at(const struct blocks *b, int t, size_t row)
{
    return tail_column(b, t, b->terms[b->tail_terms[t].term].level[row]);
}

/* The tail terms of u into a vector over the tail's columns, or back. */
static inline void tail_from_effects(const struct blocks *b, const double *u, double *x)
{
    for (int t = 0; t < b->tail_count; t++) {
        int k = b->tail_terms[t].k;
        const double *from = u + b->offset[b->tail_terms[t].term];

        for (int32_t l = 0; l < b->tail_terms[t].levels; l++, from += k)
            memcpy(x + tail_column(b, t, l), from, sizeof(double) * (size_t)k);
    }
}

static inline void tail_to_effects(const struct blocks *b, const double *x, double *u)
{
    for (int t = 0; t < b->tail_count; t++) {
        int k = b->tail_terms[t].k;
        double *to = u + b->offset[b->tail_terms[t].term];

        for (int32_t l = 0; l < b->tail_terms[t].levels; l++, to += k)
            memcpy(to, x + tail_column(b, t, l), sizeof(double) * (size_t)k);
    }
}

/* Decides which kind of tail it will be, where the patterns of the nodes are known: of a sparse one b->symbolic and
 * b->tail_pattern are made and the columns are renumbered, so that the patterns are to be found again. */
bool blocks_plan_tail(struct blocks *b, enum tail_kind kind, struct glmm_error *err);

/* Chain terms of one effect, where shares_nodes(): lists the nodes that meet each column of the tail, false when memory is out;
 * then, as all nodes of term c are factored, what they send to the tail; and into S_Rl, of all of them, what S_TT G is. */
bool blocks_list_columns(struct blocks *b);
void blocks_send_columns(struct blocks *b, int c);
void blocks_multiply_columns(struct blocks *b, int c);

/* Chain terms whose nodes are alike: finds them, false when memory is out; as all nodes of term c are factored, puts them one
 * above the other, and sends to the columns from .. to - 1 of the tail; and into S_Rl, of all of them, what S_TT G is, with G. */
bool blocks_find_alike(struct blocks *b);
void blocks_stack_alike(struct blocks *b, int c);
void blocks_send_alike(struct blocks *b, int c, int from, int to);
void blocks_multiply_alike(struct blocks *b, int c);

/* What blocks_squares has of the head; u_tail: the effects of the tail's columns. */
bool blocks_head_squares(struct blocks *b, const double u[], const double *u_tail, const struct tail_whole *whole,
                         const struct tail_sums *sums);

static inline size_t tail_rows_of(const struct chain *chain, int32_t level)
{
    return chain->pattern[level + 1] - chain->pattern[level];
}

/* They, increasing; NULL where there is no tail. */
static inline const int32_t *tail_row_of(const struct chain *chain, int32_t l)
{
    return chain->tail_row == NULL ? NULL : chain->tail_row + chain->pattern[l];
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
