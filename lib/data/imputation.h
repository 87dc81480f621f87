/* imputation.h -- multiply imputed data in one long table: the completed data sets below each other, and a variable that numbers
 * them, as R's mice (complete(..., "long")) and Stata's mi (flong) write them.
 *
 * The mark is the column's, so that verbs which keep the column keep it.  Data of which one imputation is left are data as any
 * other. */
#ifndef DATA_IMPUTATION_H
#define DATA_IMPUTATION_H

#include "data/frame.h"

/* The variable that numbers the imputations; NULL where there is none. */
const struct column *frame_imputation(const struct frame *frame);

/* The rows of each imputation, in the order in which they stand. */
struct imputations {
    const char *name; /* of the variable; borrowed */
    int count;        /* 0: no imputed data */
    double *number;   /* count: increasing */
    size_t *start;    /* count + 1: where an imputation begins in `row` */
    size_t *row;
    int32_t *code; /* of each row of the frame: its imputation, from 0 */
};

/* False when memory is out; imputations_clear in any case. */
bool imputations_find(const struct frame *frame, struct imputations *out, struct glmm_error *err);
void imputations_clear(struct imputations *imputations);

/* Whether fits and groups go by imputations: there are two at least. */
bool frame_is_imputed(const struct frame *frame);

/* The frame with its variable `name` marked, and without the rows of imputation 0, the data before they were imputed (*left_out).
 * Returns new.  Errors (argument "imputation"): no such variable, values that are no whole numbers, or that are missing, as many
 * as rows. */
struct frame *frame_mark_imputations(const struct frame *frame, const char *name, size_t *left_out, struct glmm_error *err);

/* For the column of rows of several tables.  False with err where some of them belong to no imputation, and would be taken for
 * rows of the first; where the others are of one imputation, the mark goes. */
bool column_keep_imputation(struct column *column, size_t rows, struct glmm_error *err);

#endif
