/* determined-shapes.h -- small made-up tables and models in which the data leave something open, or just do not, each beside
 * sound ones; and the columns that a formula means, in whole numbers.  Names of variables are single letters. */
#ifndef TESTS_DETERMINED_SHAPES_H
#define TESTS_DETERMINED_SHAPES_H

#include <stdio.h>

#include "base/rng.h"
#include "determined-exact.h"

enum { MOST_ROWS = 64, LETTERS = 26, MOST_COLUMNS = 80, MOST_TERMS = 10 };

struct table_of {
    int n;
    int value[LETTERS][MOST_ROWS]; /* a, b, c, f, g, h, k, o, s, t: number of the level, from 0; x: the number */
    int levels[LETTERS];           /* 0: a number */
    double y[MOST_ROWS];
    int trials[MOST_ROWS], weight[MOST_ROWS];
    bool has_trials, has_weights;
};

/* Terms as letters, "1 a b ab ax xx"; beside that the text that the engine gets. */
struct fixed_shape {
    const char *text, *terms;
    const char *uses; /* letters */
};

/* Terms as effects|group: "1|g", "1x|g", "f|s"; "go" is g:o. */
struct random_shape {
    const char *text, *terms;
    bool diagonal; /* no covariances */
};

enum made_family { MADE_GAUSSIAN, MADE_BINARY, MADE_TRIALS, MADE_POISSON, MADE_NBINOM, MADE_GAMMA, MADE_ORDERED, MADE_FAMILIES };
enum made_contrasts { MADE_TREATMENT, MADE_SUM, MADE_HELMERT };

struct made {
    int number;
    struct table_of table;
    const struct fixed_shape *fixed;
    const struct random_shape *random;
    enum made_family family;
    enum made_contrasts contrasts;
    bool ml;
    int categories; /* of an ordered response */
    char formula[200];
};

/* Model `number` of the fixed seed. */
void make_model(int number, struct made *made);

/* A place at which the linear predictor is asked for: levels, and x = num / den. */
struct place {
    int level[LETTERS];
    int x_num, x_den;
};
struct place place_of_row(const struct table_of *table, int i);

/* The columns of all terms with a column for each combination of levels, times a power of x_den; returns how many. */
int place_columns(const struct made *made, const struct place *place, whole out[MOST_COLUMNS]);

/* The columns that the formula has with its contrasts, in R's order. */
int coded_columns(const struct made *made, const struct place *place, whole out[MOST_COLUMNS]);

/* A random term. */
struct term_columns {
    int k, level; /* effects; level of the group in this row */
    whole z[8];
};
int random_term_count(const struct made *made);
void random_columns(const struct made *made, int term, int row, struct term_columns *out);

void made_print(const struct made *made, FILE *to); /* as CSV */

#endif
