/* expr-eval.h -- values while an expression is evaluated; internal to the expr files. */
#ifndef DATA_EXPR_EVAL_H
#define DATA_EXPR_EVAL_H

#include "data/expr.h"

/* One number for all rows (`constant`), a column of numbers, a factor, or one text.  Missing numbers are NaN.  A logical is the
 * numbers 0 and 1, and remembers what it is; so does a date, the number of its day. */
struct operand {
    enum operand_kind { OPERAND_NUMBER, OPERAND_LOGICAL, OPERAND_FACTOR, OPERAND_TEXT, OPERAND_DATE } kind;
    bool constant;
    double value;                /* constant */
    double *values;              /* else one a row; owned */
    const char *text;            /* OPERAND_TEXT, always constant; NULL is missing; borrowed from the tree */
    const struct column *factor; /* OPERAND_FACTOR: borrowed from the frame, or `owned` */
    struct column *owned;
};

struct evaluation {
    const struct frame *frame;
    struct glmm_error *err;
    struct expr_memory *memory;           /* or NULL */
    const struct expr *by;                /* the groups of summaries that name none, or NULL */
    const struct glmm_progress *progress; /* or NULL */
};

static inline bool evaluation_replays(const struct evaluation *e)
{
    return e->memory != NULL && e->memory->replay;
}

/* Notes a number that was taken from all rows; when the memory is replayed *value gets the one that was noted. */
bool evaluation_remember(const struct evaluation *e, double *value);

/* An error when the memory is replayed: what `call` computes depends on the other rows. */
bool evaluation_needs_all_rows(const struct evaluation *e, const struct expr *call);

/* A function of expressions.  Its arguments come in the order of its `parameters`, NULL where not given; those of a function of
 * any number of arguments (most < 0) are in the call itself. */
struct function {
    const char *name;
    int least, most;        /* arguments; most < 0: any number */
    const char *parameters; /* "x base": names by which they can be given */
    bool (*run)(const struct evaluation *e, const struct function *function, const struct expr *call,
                const struct expr *const *arguments, struct operand *out);
    double (*of_number)(double); /* for functions that map numbers one by one */
};

enum { FUNCTION_ARGUMENTS = 6 };

/* Evaluates into *out, which the caller clears whether or not it succeeds. */
bool expr_evaluate(const struct evaluation *e, const struct expr *x, struct operand *out);

/* As expr_evaluate, and an error where the value is no number ("`recipe` is text; log() needs numbers"). */
bool expr_evaluate_number(const struct evaluation *e, const struct expr *x, const char *what, struct operand *out);

/* The same, and an error where the value differs from row to row. */
bool expr_evaluate_constant(const struct evaluation *e, const struct expr *x, const char *what, double *value);

void operand_clear(struct operand *operand);

/* The value of a row of numbers. */
static inline double operand_at(const struct operand *operand, size_t row)
{
    return operand->constant ? operand->value : operand->values[row];
}

/* Makes *out one number, or a column of numbers that are all still to be written. */
void operand_set_constant(struct operand *out, enum operand_kind kind, double value);
bool operand_set_column(const struct evaluation *e, struct operand *out, enum operand_kind kind);

/* Takes a factor. */
void operand_set_factor(struct operand *out, struct column *factor);

/* The operand as a column (new), named `name`. */
struct column *operand_column(const struct evaluation *e, struct operand *operand, const char *name);

/* An empty factor column (new): codes allocated, no levels yet. */
struct column *factor_new(const struct evaluation *e, const char *name, int32_t level_count);

/* The function of that name; an unknown one is an error at the call that suggests the nearest names. */
const struct function *function_need(const struct expr *call, struct glmm_error *err);

/* True for functions whose value in a row depends on that row alone, and is missing only when it is not a number. */
bool function_is_elementwise(const char *name);

/* A text that stands beside dates becomes one; another operand stays as it is.  False for a text that is no date. */
bool operand_read_date(const struct evaluation *e, const struct expr *x, struct operand *value);

/* Evaluates a call: finds the function, matches the arguments to its parameters, runs it. */
bool function_call(const struct evaluation *e, const struct expr *call, struct operand *out);

/* The members of c(...), or of one constant: calls `member` with each, in order; false as soon as it is false. */
bool expr_members(const struct evaluation *e, const struct expr *list, const char *what,
                  bool (*member)(void *context, const struct expr *x, const struct operand *value), void *context);

/* x %in% list. */
bool expr_membership(const struct evaluation *e, const struct expr *x, struct operand *out);

/* The tables of functions, each ended by a NULL name. */
extern const struct function expr_functions_number[], expr_functions_group[], expr_functions_factor[], expr_functions_text[],
    expr_functions_date[];

/* The error of an operand that is no number: `what` is what takes numbers.  Returns false. */
bool expr_fail_not_number(const struct evaluation *e, const struct expr *x, const char *what);

/* Operators (expr-operator.c). */
bool expr_evaluate_binary(const struct evaluation *e, const struct expr *x, struct operand *out);
bool expr_evaluate_unary(const struct evaluation *e, const struct expr *x, struct operand *out);

#endif
