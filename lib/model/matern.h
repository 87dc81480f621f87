/* matern.h -- Matern's correlation rho(z) = z^shape K_shape(z) / (2^(shape-1) Gamma(shape)) and its slopes, z a distance in
 * ranges (Matern 1960; Stein 1999, Interpolation of Spatial Data, 2.7). */
#ifndef MODEL_MATERN_H
#define MODEL_MATERN_H

#include <stdbool.h>
#include <stddef.h>

enum { MATERN_PIECES = 64, MATERN_NODES = 14 };

/* Of one shape.  Many distances are answered by Chebyshev's polynomials in log z, each over a factor sqrt(e) of z, which are made
 * where a distance first asks for one; few by Bessel's function itself. */
struct matern {
    double shape;
    double scale; /* log(2^(shape-1) Gamma(shape)) */
    bool many;
    enum { MATERN_UNMADE, MATERN_MADE, MATERN_DIRECT } piece[MATERN_PIECES];
    double value[MATERN_PIECES][MATERN_NODES]; /* coefficients of log rho */
    enum { MATERN_NO_SLOPES, MATERN_SLOPES } sloped[MATERN_PIECES];
    double in_distance[MATERN_PIECES][MATERN_NODES]; /* of d log rho / d log z */
    double in_shape[MATERN_PIECES][MATERN_NODES];    /* of d log rho / d log shape */
};

/* shape > 0; `count`: of the distances to come. */
void matern_init(struct matern *m, double shape, size_t count);

/* rho(z), z >= 0.  slope, where not NULL: d rho / d log z and d rho / d log shape. */
double matern_at(struct matern *m, double z, double slope[2]);

#endif
