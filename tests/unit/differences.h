/* differences.h -- the deviance's gradient against differences of fourth order, at a point of a stated generalized model. */
#ifndef TESTS_DIFFERENCES_H
#define TESTS_DIFFERENCES_H

#include <criterion/criterion.h>
#include <math.h>

#include "fit/glmm-parts.h"

enum { PARAMETERS = 40 };

/* phi: glm_parameter_count(m) values, left as they are; `tolerance` is of 1 + the slope. */
static inline void check_slopes(struct glm *m, double phi[], double tolerance, const char *what)
{
    double gradient[PARAMETERS];
    int count = glm_parameter_count(m);

    cr_assert_lt(glm_deviance(m, phi, gradient), MINIMIZE_BAD, "%s", what);
    for (int j = 0; j < count; j++) {
        double h = 2e-4, x = phi[j], v[4], difference;

        for (int k = 0; k < 4; k++) {
            phi[j] = x + h * (double[]){ -2, -1, 1, 2 }[k];
            v[k] = glm_deviance(m, phi, NULL);
        }
        phi[j] = x;
        difference = (v[0] - 8 * v[1] + 8 * v[2] - v[3]) / (12 * h);
        cr_assert_lt(fabs(difference - gradient[j]), tolerance * (1 + fabs(gradient[j])),
                     "%s parameter %d: %.10g, difference %.10g", what, j, gradient[j], difference);
    }
}

#endif
