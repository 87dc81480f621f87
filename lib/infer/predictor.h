/* predictor.h -- one variable of a model, and rows in which it has other values: for marginal means and for curves
 * over a predictor. */
#ifndef INFER_PREDICTOR_H
#define INFER_PREDICTOR_H

#include "base/arena.h"
#include "infer/grid.h"
#include "model/model.h"
#include "result/number.h"

/* A variable that was asked for: how it is called, where, and the names of models that it could have been meant for
 * (NULL-terminated, or NULL): they are suggested too. */
struct asked {
    const char *text;
    bool quoted;
    struct glmm_span at;
    const char *const *models;
};

struct predictor {
    const struct model *model;
    const struct frame *frame;   /* the model's data */
    const struct column *column; /* the variable; the frame's */
    bool coded;                  /* it enters as a factor: by its levels */
    bool grouped;                /* a number that enters by fewer levels than it has values, as in cut(): coded */
    bool constant;               /* a number with one value in the model's rows */
    bool few;                    /* there is nothing between its values: coded, logical, or a number with two values */
};

/* Whether it stands for its levels: coded, or logical. */
bool predictor_is_factor(const struct predictor *predictor);

/* One value of a predictor. */
struct setting_value {
    const char *label;
    double number; /* of a column of numbers (a logical: 0 or 1) */
    int32_t code;  /* of a factor */
};

/* The variable of that name (of `factor(x)`: x); an error at its place suggests the variables that the model has. */
bool predictor_find(struct predictor *predictor, const struct model *model, const struct asked *asked, struct glmm_error *err);

/* The same among the variables of all predictors, zi= and disp= too. */
bool predictor_find_any(struct predictor *predictor, const struct model *model, const struct asked *asked,
                        struct glmm_error *err);

/* The same for a name in at=, which may be a variable of an offset too: an exposure. */
bool predictor_find_at(struct predictor *predictor, const struct model *model, const struct asked *asked, struct glmm_error *err);

/* The same among the variables of the mean and of its offset. */
bool predictor_find_held(struct predictor *predictor, const struct model *model, const struct asked *asked,
                         struct glmm_error *err);
bool predictor_is_of_offset(const struct model *model, const char *name);

/* As predictor_find; the name of a coefficient (`period2`) stands for its variable too, and *level gets the place of its level
 * among predictor_values(), -1 for others. */
bool predictor_find_level(struct predictor *predictor, const struct model *model, const struct asked *asked, int *level,
                          struct glmm_error *err);

/* The variables of the fixed terms, then those of the random effects alone, in the formula's order; the arena's.  NULL with an
 * error; *count may be 0. */
struct predictor *predictor_all(const struct model *model, struct arena *arena, int *count, struct glmm_error *err);

/* Behind them those of zi= and disp= alone. */
struct predictor *predictor_all_parts(const struct model *model, struct arena *arena, int *count, struct glmm_error *err);

/* Which of them to show where none is named: the first number with more than two values, else the first number, else the
 * first. */
int predictor_choice(const struct predictor *predictors, int count);

/* The levels of a coded predictor, or a few values of another: all where there are at most six, else the quartiles.  The
 * arena's; NULL when memory is out. */
struct setting_value *predictor_values(const struct predictor *predictor, struct arena *arena, int *count,
                                       struct glmm_error *err);

/* The same as they are shown where none is asked for: of a grouped number as of one that is not coded. */
struct setting_value *predictor_values_shown(const struct predictor *predictor, struct arena *arena, int *count,
                                             struct glmm_error *err);

/* The error that the text is no number (or date) as the column has them; where several stand between blanks, how they are
 * written.  Returns false. */
bool fail_no_number(struct glmm_error *err, struct glmm_span at, const struct column *column, const char *text);

/* The value that a text names: a level, or a number, of a grouped one too. */
bool predictor_value(const struct predictor *predictor, const char *text, struct arena *arena, struct setting_value *value,
                     struct glmm_error *err);

/* Sets the predictor in rows [from, from + count) of a copy of the data. */
bool predictor_set(const struct predictor *predictor, struct frame *copy, size_t from, size_t count,
                   const struct setting_value *value, struct glmm_error *err);

/* The mean of a predictor that is a number over the observations of the model: its rows, or their trials. */
double predictor_mean(const struct predictor *predictor);
/* The same as the one value at which the number stands: of a date its day, of a centred variable 0, not what rounding left.
 * The arena's, *count 1; NULL when memory is out. */
struct setting_value *predictor_mean_value(const struct predictor *predictor, struct arena *arena, int *count,
                                           struct glmm_error *err);

/* Index of the value that the others are compared with: a factor's reference level, else the first. */
int predictor_reference(const struct predictor *predictor, const struct setting_value *values, int count);

/* Sets every other variable of the model in all rows of a copy: numbers to their mean over the model's rows, or their trials
 * (those with two values to the lower one), factors to their reference level.  `described` gets "treatment = itraconazole, age
 * = 12.3" (the arena's; "" where there is none). */
bool predictor_hold_others(const struct predictor *predictor, struct frame *copy, struct arena *arena, const char **described,
                           struct glmm_error *err);

/* The same for all variables, with `parts` those of zi= and disp= too, but those that are `held` already (one a column of the
 * frame; the others are marked), and for the columns of offsets, `of_offset` (or NULL). */
bool predictor_hold(const struct model *model, bool parts, const struct frame *frame, bool held[], const bool of_offset[],
                    struct frame *copy, struct arena *arena, const char **described, struct glmm_error *err);

/* The rows of a copy in the columns of the predictor's model: grid_rows_clear in any case. */
bool predictor_rows(const struct predictor *predictor, const struct frame *copy, struct grid_rows *out,
                    const struct glmm_progress *progress, struct glmm_error *err);

#endif
