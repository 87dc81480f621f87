/* predictor.h -- one variable of a model, and rows in which it has other values: for `margins` and the plots over a
 * predictor. */
#ifndef CMD_PREDICTOR_H
#define CMD_PREDICTOR_H

#include "cmd/modelling.h"
#include "infer/scenario.h"

struct predictor {
    const struct model *model;
    const struct frame *frame;   /* the model's data */
    const struct column *column; /* the variable; the frame's */
    bool coded;                  /* it enters as a factor: by its levels */
};

/* One value of a predictor. */
struct setting_value {
    const char *label;
    double number; /* of a column of numbers (a logical: 0 or 1) */
    int32_t code;  /* of a factor */
};

/* The variable of that name (of `factor(x)`: x); an error at the word suggests the variables that the model has. */
bool predictor_find(struct predictor *predictor, struct session *session, const struct model *model, const struct word *word,
                    struct glmm_error *err);

/* The first variable of the fixed terms that is a number, or the first of any kind where there is none; false where the
 * model has no predictor. */
bool predictor_first(struct predictor *predictor, struct session *session, const struct model *model, struct glmm_error *err);

/* The levels of a coded predictor, or a few values of another: all where there are at most six, else the quartiles.  The
 * arena's; NULL when memory is out. */
struct setting_value *predictor_values(const struct predictor *predictor, struct arena *arena, int *count,
                                       struct glmm_error *err);

/* The value that a text names: a level, or a number. */
bool predictor_value(const struct predictor *predictor, const char *text, struct arena *arena, struct setting_value *value,
                     struct glmm_error *err);

/* Sets the predictor in rows [from, from + count) of a copy of the data. */
bool predictor_set(const struct predictor *predictor, struct frame *copy, size_t from, size_t count,
                   const struct setting_value *value, struct glmm_error *err);

/* Sets every other variable of the model in all rows of a copy: numbers to their mean over the model's rows, factors to
 * their reference level. `described` gets "treatment = itraconazole, age = 12.3" (the arena's; "" where there is none). */
bool predictor_hold_others(const struct predictor *predictor, struct frame *copy, struct arena *arena, const char **described,
                           struct glmm_error *err);

/* What scenario_make takes. */
struct scenario_model predictor_scenario(const struct predictor *predictor);

#endif
