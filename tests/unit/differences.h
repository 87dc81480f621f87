/* differences.h -- the deviance's gradient and Hessian against
 * differences of fourth order, at a point of a stated generalized model. */
#ifndef TESTS_DIFFERENCES_H
#define TESTS_DIFFERENCES_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fit/glmm-hessian.h"

enum { PARAMETERS = 40 };

/* Where the model has exact second derivatives: those, beside the differences of its slopes, as shares of what the parameters of
 * a pair have on the diagonal.  unit: the sizes of the parameters; NULL: 1. */
static inline void check_hessian(struct glm *m, double phi[], const double *unit, const char *what)
{
    double gradient[PARAMETERS], hessian[PARAMETERS * PARAMETERS], column[PARAMETERS], tolerance = m->mode_tolerance;
    int count = glm_parameter_count(m);
    struct glm_tangent *tangent;

    if (!glm_has_hessian(m))
        return;
    tangent = glm_tangent_new(m, NULL, NULL);
    cr_assert_not_null(tangent);
    m->mode_tolerance = MODE_EXACT;
    m->known = false;
    cr_assert_lt(glm_deviance(m, phi, gradient), MINIMIZE_BAD, "%s", what);
    cr_assert(glm_hessian(tangent, m, phi, false, hessian), "%s", what);
    for (int j = 0; j < count; j++) {
        double x = phi[j], own = unit == NULL ? 1 : unit[j], h = 2.5e-4 * own;

        memset(column, 0, sizeof column);
        for (int k = 0; k < 4; k++) {
            phi[j] = x + h * (double[]){ -2, -1, 1, 2 }[k];
            cr_assert_lt(glm_deviance(m, phi, gradient), MINIMIZE_BAD, "%s", what);
            for (int i = 0; i < count; i++)
                column[i] += (double[]){ 1, -8, 8, -1 }[k] / (12 * h) * gradient[i];
        }
        phi[j] = x;
        for (int i = 0; i < count; i++) {
            double size = sqrt(fabs(hessian[i + i * count] * hessian[j + j * count]));
            double both = own * (unit == NULL ? 1 : unit[i]);

            cr_assert_lt(fabs(column[i] - hessian[i + j * count]), 1e-6 * (1 / both + fmax(size, fabs(column[i]))),
                         "%s parameters %d and %d: %.10g, difference %.10g", what, i, j, hessian[i + j * count], column[i]);
        }
    }
    glm_tangent_free(tangent);
    m->mode_tolerance = tolerance;
    m->known = false;
}

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
    check_hessian(m, phi, NULL, what);
}

#endif
