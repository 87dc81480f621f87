/* predictor-private.h -- what the files of predictors share: the values of a column in the rows of a model. */
#ifndef INFER_PREDICTOR_PRIVATE_H
#define INFER_PREDICTOR_PRIVATE_H

#include "infer/predictor.h"

/* Whether it is a number or a date. */
bool predictor_is_number(const struct column *column);

/* The levels of the factor that the expression makes of the column in it, as factor(x) does; 0: none.  Of factor(x > 3) x stays a
 * number. */
int predictor_levels_made(const struct expr *x, const struct frame *frame, struct glmm_error *err);

/* How many values a column of numbers has in the model's rows: 0 to 2, or 3 for more. */
int predictor_count_values(const struct predictor *p);

/* A number, and how many observations have it: 1, or the trials of its row. */
struct counted {
    double x, trials;
};

/* The distinct numbers of a column in the model's rows, sorted; new (mem_free), NULL when memory is out.  Their mean. */
struct counted *predictor_numbers(const struct predictor *p, const struct column *column, size_t *count);
double predictor_numbers_mean(const struct counted *x, size_t count);

/* Four digits, unless these are not enough to tell it from other values of a column with this range: then of the range. */
const char *predictor_number_label(char buffer[NUMBER_SIZE], double number, double range);

#endif
