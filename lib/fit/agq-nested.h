/* agq-nested.h -- quadrature over two nested factors: an outer rule whose integrand is a product of inner integrals. */
#ifndef FIT_AGQ_NESTED_H
#define FIT_AGQ_NESTED_H

#include "fit/agq.h"

/* Room for one outer level and one of its inner levels; made once. */
bool nested_prepare(struct glm *m, struct glmm_error *err);

/* As quadrature_integrate, for m->quadrature->nested. */
double nested_integrate(struct glm *m);

#endif
