/* agq-nested.h -- quadrature over nested factors: an outer rule whose integrand is a product of inner integrals, and so on
 * inwards. */
#ifndef FIT_AGQ_NESTED_H
#define FIT_AGQ_NESTED_H

#include "fit/agq.h"

/* Room for one level of each factor with all that is in it; made once. */
bool nested_prepare(struct glm *m, struct glmm_error *err);
void nested_free(struct nested_work *nested);

/* As quadrature_integrate, for m->quadrature->nested. */
double nested_integrate(struct glm *m);

#endif
