/* scenario.h -- rows of a model as they would be: X, z and the offset with some variables set to other values.
 *
 * The rows are copies of rows of the data in which columns were changed.  They are coded together with the design's own
 * rows, so that factors keep their levels; whatever depends on all rows at once (poly(), scale()) then comes out in
 * another basis, and is brought back by regressing the design's own columns on the new ones, over the design's own rows. */
#ifndef INFER_SCENARIO_H
#define INFER_SCENARIO_H

#include "data/frame.h"
#include "infer/marginal.h"
#include "model/design.h"

struct scenario {
    struct marginal_rows rows; /* what the functions of marginal.h take */
    double *X, **z, *offset;   /* owned: mem_free */
    int terms;
};

/* The model whose rows are wanted: the design, and what it was made of. */
struct scenario_model {
    const struct design *design;
    const struct formula *formula;
    const char *offset, *contrasts; /* option texts, or NULL */
    const struct frame *frame;      /* the data, as they were when the design was made */
};

/* A frame of `count` rows, row i a copy of row source[i] of `frame` (new; frame_free): to be changed by scenario_set...
 * and handed to scenario_new.  NULL when memory is out. */
struct frame *scenario_copy(const struct frame *frame, const size_t source[], size_t count, struct glmm_error *err);

/* Sets a column of numbers (it becomes real), or the codes of a factor, in rows [from, from + count) of a copy. */
bool scenario_set_number(struct frame *copy, const char *column, size_t from, size_t count, double value, struct glmm_error *err);
void scenario_set_code(struct frame *copy, const char *column, size_t from, size_t count, int32_t code);

/* The rows of `changed` (a copy) as rows of the model's design; *out is filled, scenario_clear in any case.  Errors: the
 * data are others than those the design was made of; a variable of the model (rank(x), say) in a row depends on all rows
 * in a way that cannot be taken back; memory; interruption. */
bool scenario_make(const struct scenario_model *model, const struct frame *changed, struct scenario *out,
                   const struct glmm_progress *progress, struct glmm_error *err);
void scenario_clear(struct scenario *scenario);

/* --- the variables of a model ---------------------------------------------------------------- */

/* Calls `visit` with each expression that is a variable of the fixed terms or of the random effects (not of offsets,
 * groups, the response), in order; stops when it returns false. */
bool scenario_each_variable(const struct formula *formula, bool (*visit)(void *context, const struct expr *x), void *context);

/* True where the expression mentions the column. */
bool scenario_mentions(const struct expr *x, const char *column);

#endif
