/* sensitivity-private.h -- the list of what is varied. */
#ifndef INFER_SENSITIVITY_PRIVATE_H
#define INFER_SENSITIVITY_PRIVATE_H

#include "infer/sensitivity.h"

/* Fills s->variants; false when memory is out. */
bool variants_list(struct sensitivity *s, const struct fit *fit, const bool kinds[], int levels, struct glmm_error *err);

#endif
