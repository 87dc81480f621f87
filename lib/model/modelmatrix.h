/* modelmatrix.h -- terms as columns, coded and named as R's model.matrix does it (internal to the design files). */
#ifndef MODEL_MODELMATRIX_H
#define MODEL_MODELMATRIX_H

#include "model/contrasts.h"
#include "model/formula.h"
#include "model/variable.h"

/* How one variable enters one term: numbers, or a coded factor. */
struct coding {
    struct variable *variable;
    struct contrasts contrasts;
    int columns;
};

struct matrix_term {
    const struct term *term;
    int *variables; /* indices, in the order of the term's factors */
    struct coding *codings;
};

/* Contrasts that the caller wants instead of a factor's own: for every factor, or for those named. */
struct contrast_choice {
    const char *name; /* NULL: every factor */
    enum contrast kind;
    struct contrast_choice *next;
};

struct model_matrix {
    const char *group; /* of a random term whose effects these are; NULL: predictors */
    bool intercept;
    bool within_level; /* the terms are multiplied by whether a row has a level, with the intercept as one of them if there is one
                        */
    struct matrix_term *terms;
    int term_count;
    int columns; /* the intercept included */
    const char **names;
    int *assign; /* index of the term; -1 is the intercept */
    int *within; /* which of the term's columns */
};

/* Notes the variables of the terms, before the rows are selected. */
bool model_matrix_begin(struct variables *vs, const struct term *terms, int term_count, bool intercept, struct model_matrix *m);

/* Chooses codings and names, once the rows are selected. */
bool model_matrix_code(struct variables *vs, const struct contrast_choice *choices, struct model_matrix *m);

/* Keeps the columns of one term (-1: the intercept) of the coded matrix. */
void model_matrix_only(struct model_matrix *m, int term);

/* Writes a column: out[0], out[stride], ... for the n rows that are used. */
void model_matrix_column(const struct variables *vs, const struct model_matrix *m, int column, double *out, size_t stride);

#endif
