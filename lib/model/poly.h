/* poly.h -- orthonormal polynomials, as R's poly() and contr.poly(). */
#ifndef MODEL_POLY_H
#define MODEL_POLY_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of degree 1 .. degree at the points x (NaN is missing, and gives NaN): orthogonal to each other and to the constant, of
 * length 1, with positive leading coefficient.  basis is count x degree, column-major.  False when there are no more than
 * `degree` different points. */
bool poly_orthogonal(size_t count, const double *x, int degree, double *basis);

/* Numbers in the description of a polynomial basis. */
size_t poly_recipe_size(int degree);

/* As poly_orthogonal; recipe[poly_recipe_size(degree)] gets how the columns are computed from x. */
bool poly_describe(size_t count, const double *x, int degree, double *basis, double *recipe);

/* The same columns at other points. */
void poly_apply(size_t count, const double *x, int degree, const double *recipe, double *basis);

/* The powers x, x^2, ... (poly(x, degree, raw = TRUE)). */
void poly_raw(size_t count, const double *x, int degree, double *basis);

#endif
