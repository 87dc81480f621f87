/* glmm-series-held.c -- directions of the parameters that move nothing the data tell, held where they are: the deviance has
 * |P (phi - at)|^2 beside it, which is nothing at the optimum. */
#include <math.h>

#include "base/memory.h"
#include "fit/glmm-series-private.h"
#include "linalg/cone.h"

double glm_series_along(const struct glm_series *s, int k, const double phi[])
{
    double sum = -s->at[k];

    for (int j = 0; j < s->n; j++)
        sum += s->row[k + (size_t)j * (size_t)s->count] * phi[j];
    return sum;
}

bool glm_series_holds(const struct glm_series *s)
{
    return s != NULL && s->count > 0;
}

double glm_series_value(const struct glm_series *s, const double phi[])
{
    double sum = 0;

    for (int k = 0; s != NULL && k < s->count; k++)
        sum += pow(glm_series_along(s, k, phi), 2);
    return sum;
}

void glm_series_slopes(const struct glm_series *s, const double phi[], double gradient[])
{
    for (int k = 0; s != NULL && k < s->count; k++) {
        double rate = 2 * glm_series_along(s, k, phi);

        for (int j = 0; j < s->n; j++)
            gradient[j] += rate * s->row[k + (size_t)j * (size_t)s->count];
    }
}

void glm_series_hold(struct glm_series *s, const double row[], const double phi[])
{
    int k = s->count++;

    for (int j = s->n - 1; j >= 0; j--) { /* one row more of a matrix by columns */
        for (int l = k - 1; l >= 0; l--)
            s->row[l + (size_t)j * (size_t)s->count] = s->row[l + (size_t)j * (size_t)k];
        s->row[k + (size_t)j * (size_t)s->count] = row[j];
    }
    s->at[k] = 0;
    s->at[k] = glm_series_along(s, k, phi);
}

void glm_series_curvature(const struct glm_series *s, int count, double factor, double H[])
{
    for (int k = 0; s != NULL && k < s->count; k++) {
        const double *row = s->row + k;

        for (size_t j = 0; j < (size_t)count; j++)
            for (size_t i = 0; i < (size_t)count; i++)
                H[i + j * (size_t)count] += factor * row[i * (size_t)s->count] * row[j * (size_t)s->count];
    }
}

void glm_series_free(struct glm_series *s)
{
    if (s != NULL) {
        mem_free(s->row);
        mem_free(s->group);
        mem_free(s->generator);
        cone_work_free(s->cone);
    }
    mem_free(s);
}
