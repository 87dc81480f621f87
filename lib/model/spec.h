/* spec.h -- a model as it was typed: the texts from which it is made, and with which it can be made again. */
#ifndef MODEL_SPEC_H
#define MODEL_SPEC_H

#include "base/arena.h"

struct relation;

/* NULL is the default of each but the formula. */
struct spec {
    const char *formula;              /* "Reaction ~ Days + (Days | Subject)" */
    const char *family;               /* "gaussian" */
    const char *link;                 /* the family's first */
    const char *weights;              /* an expression over the data; none */
    const char *trials;               /* the same: numbers of trials behind a proportion */
    const char *offset;               /* the same: added to the linear predictor, besides offset() in the formula */
    const char *zi;                   /* "~ mined": a formula of the log-odds of zero inflation; none */
    const char *disp;                 /* "~ x": a formula of the logarithm of the dispersion; one for all rows */
    const char *residual;             /* "ar1(t | id)": how residuals covary */
    const char *prior;                /* "sd ~ gamma(2.5, 0)": what is added to the likelihood */
    const struct relation *relations; /* a list of those that the formula may name; borrowed while the model is made */
    const char *where;                /* a condition over the data: the rows that are used; all */
    const char *contrasts;            /* "sum", or "recipe=sum, temp=poly": instead of the factors' own */
};

/* Copies the texts of `from`; the copies are the arena's.  False when memory is out. */
bool spec_copy(struct arena *arena, const struct spec *from, struct spec *to);

/* The text with each run of blanks and line breaks outside quotes made one blank; the arena's, NULL when memory is out. */
const char *spec_on_one_line(struct arena *arena, const char *text);

/* A text (or NULL) that was typed between two of the same of `quotes`, without them; the text itself, or the arena's, NULL when
 * memory is out. */
const char *spec_unquoted(struct arena *arena, const char *text, const char *quotes);

#endif
