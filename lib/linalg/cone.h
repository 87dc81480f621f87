/* cone.h -- the nearest point of a cone { sum lambda_i a_i : lambda >= 0 } (Lawson & Hanson 1974, ch. 23). */
#ifndef LINALG_CONE_H
#define LINALG_CONE_H

#include <stdbool.h>

struct cone_work;

/* For `d` dimensions.  Returns new; NULL when memory is out. */
struct cone_work *cone_work_new(int d);
void cone_work_free(struct cone_work *work);
/* The same, owned by the arena. */
struct arena;
struct cone_work *cone_work_in(struct arena *arena, int d);

/* residual := target - its nearest point of the cone: 0 where the target lies in the cone; else a_i'residual <= 0 for all i and
 * target'residual > 0, so that -residual is a direction that the generators do not oppose and the target does.  a: count x d,
 * row-major, rows of length 1; the target too is best of about that length.  Returns the residual's length. */
double cone_residual(struct cone_work *work, int count, const double a[], const double target[], double residual[]);

#endif
