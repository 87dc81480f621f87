/* fit-image.h -- a fit as bytes, to be kept in a file and read back on the same model without fitting again.
 *
 * The image has the arrays of struct fit as the machine has them, each behind its length, in the order of fit-image.c; FIT_IMAGE
 * is its version.  Fits with parts of their own (infinite estimates, undetermined variances, structured terms and residuals,
 * shapes of a family) have none: these are fitted again. */
#ifndef FIT_FIT_IMAGE_H
#define FIT_FIT_IMAGE_H

#include "base/text.h"
#include "fit/fit.h"

enum { FIT_IMAGE = 1 };

struct model;

/* Whether fit_pack can write it. */
bool fit_is_plain(const struct fit *fit);

/* Appends the image; out->failed where memory is out. */
void fit_pack(const struct fit *fit, struct text *out);

/* A fit of the model from its image.  Returns new; NULL with an error where the bytes are no image of a fit of this model, or
 * memory is out. */
struct fit *fit_unpack(const struct model *model, const void *bytes, size_t count, struct glmm_error *err);

#endif
