/* hypothesis.h -- linear hypotheses in words.
 *
 *   hypotheses -> chain { ('and' | '&') chain }
 *   chain      -> sum { ('=' | '==') sum } | TERM          a sum, or a term of the formula, alone: each of its coefficients is 0
 *   sum        -> ['-' | '+'] product { ('+' | '-') product }
 *   product    -> factor { ('*' | '/') factor }            one of two factors is a number
 *   factor     -> NUMBER | COEFFICIENT | '(' sum ')' | '-' factor
 *
 * Coefficients are written as the fit shows them, `(Intercept)` and `poly(x, 2)1` too; the longest name that fits is taken.  In a
 * chain of several `=` where one side is a number, all others equal it; else each side equals the next. */
#ifndef INFER_HYPOTHESIS_H
#define INFER_HYPOTHESIS_H

#include "base/arena.h"
#include "base/error.h"
#include "model/design.h"
#include "model/estimable.h"

/* L beta = right, one row each; arrays are the arena's. */
struct hypotheses {
    struct stated_rows rows;  /* over the columns of the design and the dropped ones */
    const double *right;      /* rows.n */
    const char *const *words; /* rows.n: "period2 - period3 = 0" */
    const char *const *left;  /* rows.n: "period2 - period3" */
};

/* Reads text[0 .. length).  Errors have spans of it: no such coefficient (the nearest ones, or those that there are), a product
 * of coefficients, nothing about a coefficient, what no grammar begins with. */
bool hypotheses_parse(const struct design *design, const char *text, size_t length, struct arena *arena, struct hypotheses *out,
                      struct glmm_error *err);

#endif
