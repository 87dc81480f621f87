/* rows.h -- other rows in the columns of a design: for predictions. */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "base/progress.h"
#include "model/design.h"

/* Each includes those before it. */
enum rows_part {
    ROWS_FIXED,   /* X and offset */
    ROWS_EFFECTS, /* and the effects of the random terms, */
    ROWS_LEVELS   /* and the levels that they belong to */
};

struct random_rows {
    double *z;           /* n x k, row-major; NULL: a plain intercept, or not asked for */
    int32_t *level;      /* n: of the design; -1: a level that the design does not have; NULL: not asked for */
    int32_t *relative;   /* n: of a level -1 its number in the design with relatives (relatives.h), or -1; NULL: there are none */
    const char *unknown; /* the first level that is neither, in row unknown_row of the frame; NULL: there is none */
    size_t unknown_row;
};

/* The columns are those of the design, in its order. */
struct design_rows {
    struct arena *arena; /* owns the struct; design_rows_free frees the big arrays too */
    size_t n;
    size_t dropped_rows;        /* rows with a missing value in a variable that is needed */
    size_t *row;                /* n: the row of the frame */
    double *X;                  /* n x p, column-major */
    double *dropped;            /* n x design->dropped_count: the collinear columns; NULL: there are none */
    bool *estimable;            /* n: whether the data of the design determine the row's fixed part; NULL: all */
    const char *why_not;        /* of the rows that are not: "no row has a2 with b2"; NULL: all are */
    double *offset;             /* n; NULL: 0 */
    struct random_rows *random; /* design->random_count; NULL where nothing of them was asked for */
    int random_count;
    struct design_rows *part[DESIGN_PARTS]; /* the same rows in the columns of other predictors (`row` NULL); NULL: none */
};

/* Makes the rows of `frame`, of which only the predictors are needed (no response, weights or trials).  Every variable means
 * what it meant in the data of the design: factors have those levels and contrasts, poly(x, 2) and scale(x) those polynomials,
 * that centre and scale, mean(x) that mean.  `formula` is the one that made the design.  Returns new.
 *
 * Errors: those of design_new about variables, a level of a fixed effect that the design does not have (with its row), a
 * function whose value for other rows is not known (rank(x), mean(x) by g), a design made by hand. */
struct design_rows *design_rows_new(const struct design *design, const struct formula *formula, const struct frame *frame,
                                    enum rows_part part, const struct glmm_progress *progress, struct glmm_error *err);
void design_rows_free(struct design_rows *rows);

#endif
