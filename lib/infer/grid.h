/* grid.h -- rows of a model as they would be: X, z and the offset with some variables set to other values.
 *
 * The rows are copies of rows of the data in which columns were changed; each variable means in them what it meant in the data
 * of the model (model/rows.h). */
#ifndef INFER_GRID_H
#define INFER_GRID_H

#include "data/frame.h"
#include "infer/marginal.h"
#include "model/rows.h"

/* A frame of `count` rows, row i a copy of row source[i] of `frame` (new; frame_free): to be changed by grid_set... and handed
 * to grid_rows_make.  NULL when memory is out. */
struct frame *grid_copy(const struct frame *frame, const size_t source[], size_t count, struct glmm_error *err);

/* Sets a column of numbers (it becomes real), or the codes of a factor, in rows [from, from + count) of a copy. */
bool grid_set_number(struct frame *copy, const char *column, size_t from, size_t count, double value, struct glmm_error *err);
void grid_set_code(struct frame *copy, const char *column, size_t from, size_t count, int32_t code);

struct grid_rows {
    struct marginal_rows rows; /* views: what the functions of marginal.h take */
    struct design_rows *made;  /* owned */
    const double **z;          /* owned */
};

/* The rows of `frame` in the design's columns; `formula` is the one that made it.  *out is filled, grid_rows_clear in any case.
 * Errors: those of design_rows_new; a variable is missing in some row. */
bool grid_rows_make(const struct design *design, const struct formula *formula, const struct frame *frame, struct grid_rows *out,
                    const struct glmm_progress *progress, struct glmm_error *err);
void grid_rows_clear(struct grid_rows *rows);

/* --- the variables of a model ---------------------------------------------------------------- */

/* Calls `visit` with each expression that is a variable of the fixed terms or of the random effects (not of offsets,
 * groups, the response), in order; stops when it returns false. */
bool grid_each_variable(const struct formula *formula, bool (*visit)(void *context, const struct expr *x), void *context);

/* True where the expression mentions the column. */
bool grid_mentions(const struct expr *x, const char *column);

#endif
