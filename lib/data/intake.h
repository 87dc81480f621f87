/* intake.h -- a column that grows value by value, of numbers or of texts, and becomes one of a frame. */
#ifndef DATA_INTAKE_H
#define DATA_INTAKE_H

#include "data/frame.h"
#include "data/level-set.h"

struct intake {
    char *name; /* owned */
    bool text;
    size_t rows, capacity;
    double *values;  /* numbers; NaN is missing */
    int32_t *places; /* texts: in the set */
    struct level_set levels;
};

void intake_clear(struct intake *intake);

/* Adds a row.  False with err: memory is out, or the text is not UTF-8. */
bool intake_number(struct intake *intake, double value, struct glmm_error *err);
bool intake_text(struct intake *intake, const char *text, size_t length, struct glmm_error *err);
bool intake_missing(struct intake *intake, struct glmm_error *err);

/* The values go over to *column, whose name is the intake's: reals, or a factor with sorted levels. */
bool intake_finish(struct intake *intake, struct column *column, struct glmm_error *err);

/* Numbers become days (value / divisor + shift), false where one is no day of the calendar; whole numbers become integers; 0 and
 * 1 become logicals. */
bool column_make_date(struct column *column, size_t rows, double divisor, double shift, struct glmm_error *err);
bool column_make_integers(struct column *column, size_t rows, struct glmm_error *err);
bool column_make_logical(struct column *column, size_t rows, struct glmm_error *err);

/* A factor of numbers: the levels are these texts (copied), each standing for its value; a value without one is missing. */
bool column_make_labelled(struct column *column, size_t rows, const double values[], const char *const texts[], size_t count,
                          struct glmm_error *err);

#endif
