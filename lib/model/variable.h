/* variable.h -- the variables of a model: expressions evaluated once, as numbers and as factors, over the rows that are used
 * (internal to the design files). */
#ifndef MODEL_VARIABLE_H
#define MODEL_VARIABLE_H

#include "base/arena.h"
#include "base/progress.h"
#include "data/expr.h"

/* What a variable is in the data of the model, so that it means the same for other rows. */
struct variable_recipe {
    const char *name;
    bool made;  /* the model's own, as the indicator of a level of by=: a variable of the data of that name is another one */
    bool coded; /* enters a model matrix by indicators or contrasts */
    enum contrast contrast;
    bool contrasted; /* some of its columns among the predictors are contrasts, of the kind `by` */
    enum contrast by;
    const char **levels; /* of a coded variable */
    int32_t level_count, reference;
    struct expr_memory memory; /* its values are the arena's */
    const double *described;   /* a basis: see poly_describe and spline_describe; NULL: a raw poly() */
};

struct variable {
    const struct expr *expr;
    const char *name;            /* as R deparses it */
    const char *argument;        /* the option that alone has it ("weights"); NULL: the formula */
    const struct column *column; /* over all rows of the frame: the frame's own, or `owned` */
    struct column *owned;
    double *basis; /* poly(), ns(), bs(): frame rows x columns, column-major, instead of a column; owned */
    int columns;   /* 1, or those of the basis */

    /* Views over the rows that are used, made when they are first asked for. */
    const double *values; /* n x columns */
    double *values_owned;
    int32_t *code;       /* n */
    const char **levels; /* those that occur; a logical has both of its levels */
    int32_t level_count;
    int32_t reference; /* among these levels */
    bool contrasted;   /* see struct variable_recipe */
    enum contrast by;

    const struct variable_recipe *recipe; /* of the model, when these are other rows; else NULL */
    struct expr_memory memory;
    double *described; /* of a basis; the arena's */
};

struct variables {
    const struct frame *frame;
    struct arena *arena;
    const struct glmm_progress *progress;
    struct glmm_error *err;
    struct variable **items; /* the arena's; a variable is known by its index */
    int count, capacity;
    size_t *row; /* n: rows of the frame without missing values; owned */
    size_t n;
    const double *times;                   /* n: how many rows that are used each stands for (merged.h), borrowed; NULL: 1 */
    size_t used;                           /* the rows without missing values: n, or those for which these stand */
    unsigned char *outside;                /* rows of the frame that take no part; NULL: none; owned */
    size_t empty_rows;                     /* left out by variables_select_rows for its condition alone */
    bool all_rows;                         /* n is the number of rows of the frame */
    const struct variable_recipe *recipes; /* of a model whose variables these are, in other rows; or NULL */
    int recipe_count;
};

void variables_clear(struct variables *vs);

/* The index of the variable that is this expression, evaluated now if it is new; -1 with an error. */
int variables_need(struct variables *vs, const struct expr *expr);

/* Once all variables are there: finds the rows in which none is missing and `a` and `b` are not both 0 (a -1: no such
 * condition; b -1: a is not 0).  An error when there are none. */
bool variables_select_rows(struct variables *vs, int a, int b);

/* What to keep of the variables (the arena's); NULL with an error. */
struct variable_recipe *variables_recipes(struct variables *vs);

/* Whether levels stand as in the alphabet, which says nothing of their order: not numbers, and sorted by their bytes. */
bool levels_are_alphabetical(const char *const *levels, int32_t count);

/* True for factors and logicals, which enter a model matrix by contrasts. */
bool variable_is_coded(const struct variable *v);

/* The views.  Numbers are finite (an error names the first row where they are not); a factor has none (an error). */
const double *variable_values(struct variables *vs, struct variable *v);
bool variable_code(struct variables *vs, struct variable *v);

/* Polls for an interruption. */
bool variables_poll(const struct variables *vs, const char *what, double done, double total);

#endif
