/* determined-truth.h -- what the data of a made-up model determine, by exact algebra: of linear functions of the fixed effects
 * (row space; directions of recession), of variances (rank of the matrices that they multiply), of standard errors. */
#ifndef TESTS_DETERMINED_TRUTH_H
#define TESTS_DETERMINED_TRUTH_H

#include "determined-shapes.h"

enum { MOST_ENTRIES = 24 };

/* The rows that count, as rows of columns that are independent wherever they may be asked for. */
struct coordinates {
    int p, thresholds;      /* those of an ordered response come first */
    int pick[MOST_COLUMNS]; /* p: which columns of the places' */
    bool coded;             /* of the columns as the formula has them */
    struct vectors generators;
    struct vectors rest;     /* the rows that no direction moves, each once */
    int rest_row[MOST_ROWS]; /* where each is in the table */
};

struct entry {
    int term, a, b; /* of the term's covariance matrix, a >= b; term -1: the residual's */
    bool known;
};

struct truth {
    struct coordinates cells, coded;
    bool separated; /* some direction moves a row */
    bool runs_away; /* some variance may grow without end: what is finite is then not known here */
    bool too_large; /* the whole numbers were */
    int entry_count, lost;
    struct entry entry[MOST_ENTRIES];
    uint64_t *direction; /* lost x entry_count */
    uint64_t *matrix;    /* entry_count x rest x rest */
};

void truth_find(const struct made *made, struct truth *truth);
void truth_clear(struct truth *truth);

/* Vectors K of the rows that are left with K'X = 0, *m of them one after the other (free). */
uint64_t *truth_contrasts(const struct coordinates *in, int *m);

/* A function of the coefficients in these coordinates: what it tends to, and whether its error is determined. */
struct told {
    enum tendency tends;
    bool error;
    bool rare;         /* it may be withheld all the same */
    bool by_variances; /* it is open because variances are */
    bool nothing;      /* all coefficients count 0 times: it is 0 for certain */
};
struct told truth_of(const struct truth *truth, const struct coordinates *in, const whole l[]);

/* Adds the place's columns to l (p of `cells`), times factor. */
void truth_add_place(const struct made *made, const struct truth *truth, const struct place *place, whole factor, whole l[]);

#endif
