/* natural-shapes.h -- shapes of a family as they are estimated, and as the density takes them. */
#ifndef TESTS_NATURAL_SHAPES_H
#define TESTS_NATURAL_SHAPES_H

#include <criterion/criterion.h>
#include <string.h>

#include "model/family.h"

/* Shapes in their natural values: `dispersion`, and such as are seen in data. */
static inline void natural_shapes(const struct family *family, double dispersion, double natural[FAMILY_SHAPES],
                                  double estimated[FAMILY_SHAPES])
{
    for (int j = 0; j < FAMILY_SHAPES; j++)
        natural[j] = estimated[j] = 0;
    for (int j = 0; j < family_shapes(family); j++) {
        int more = j - family->has_dispersion;

        natural[j] = more < 0                                  ? dispersion
                     : family->more[more].scale == SHAPE_LOG   ? 5
                     : family->more[more].scale == SHAPE_POWER ? 1.4
                                                               : (more % 2 == 0 ? -1.5 : 1.2);
        estimated[j] = family_shape_estimated(family, j, natural[j]);
    }
}

#endif
