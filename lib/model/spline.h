/* spline.h -- curves of pieces of polynomials that meet smoothly at knots, as R's ns() and bs() (package splines): a basis of
 * columns that add up to such a curve, less its constant. */
#ifndef MODEL_SPLINE_H
#define MODEL_SPLINE_H

#include <stdbool.h>
#include <stddef.h>

/* Inner knots stand at quantiles (type 7) of the points that the outer two hold between them, those at the ends of the points.
 * A natural spline is cubic, and a straight line beyond its ends; others go on there as their last piece does. */
struct spline {
    bool natural; /* ns(), of degree 3; else bs() */
    int degree;
    int knots; /* inside */
};

/* Columns of the basis. */
int spline_columns(const struct spline *spline);

/* Numbers in the description of a basis. */
size_t spline_recipe_size(const struct spline *spline);

/* recipe[spline_recipe_size()] gets where the knots are by `count` points x (NaN is missing; `room` for as many numbers). `inner`
 * (NULL: by quantiles) and `outer` (NULL: the ends of the points) are those that are asked for, in rising order.  False where two
 * knots are at one place, one lies outside, or no point is there to place one by. */
bool spline_describe(const struct spline *spline, size_t count, const double *x, double *room, const double *inner,
                     const double *outer, double *recipe);

/* The columns at points x (NaN gives NaN): basis is count x spline_columns(), column-major.  False when memory is out. */
bool spline_apply(const struct spline *spline, size_t count, const double *x, const double *recipe, double *basis);

#endif
