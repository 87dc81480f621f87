/* make-design.h -- designs made by hand for the engine's tests: simulated data of any random-effects shape. */
#ifndef TESTS_MAKE_DESIGN_H
#define TESTS_MAKE_DESIGN_H

#include <stdbool.h>
#include "model/design.h"

/* One random term of a simulated design. */
struct shape_term {
    int k;
    int levels;
    bool diagonal;
    int inside; /* > 0: level = level of the first term / inside (nested outside it); 0: crossed at random */
};

/* Simulates n rows: X has an intercept and p - 1 normal columns; y is a sum of effects and noise.  Weighted when asked.
 * The design must be freed by free_design. */
struct design *make_design(int n, int p, int terms, const struct shape_term *shape, bool weighted, unsigned seed);
void free_design(struct design *design);

/* The (restricted) deviance at theta by dense algebra on V = I + Z Lambda Lambda' Z': an independent way. */
double dense_deviance(const struct design *design, bool reml, const double theta[]);

#endif
