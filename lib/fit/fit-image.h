/* fit-image.h -- a fit as bytes, to be kept in a file and read back on the same model without fitting again.
 *
 * The image has the arrays of struct fit as the machine has them, each behind its length, in the order of fit-image.c, with the
 * fits that it is made of: of the rows that infinite estimates leave, and of what the data determine.  Fits of imputed data have
 * theirs in infer/pool-image.h.  FIT_IMAGE is its version:
 * a fit whose image has another one is made again.  A new field of these structs is written here, or its value is lost behind
 * `restore`: tests/layers holds them against the image. */
#ifndef FIT_FIT_IMAGE_H
#define FIT_FIT_IMAGE_H

#include "base/text.h"
#include "fit/fit.h"

enum { FIT_IMAGE = 11 };

struct model;

/* Appends the image; out->failed where memory is out. */
void fit_pack(const struct fit *fit, struct text *out);

/* Whether the image is of the version that fit_unpack reads. */
bool fit_image_is_read(const void *bytes, size_t count);

/* A fit of the model from its image.  Returns new; NULL with an error where the bytes are no image of a fit of this model, or
 * memory is out. */
struct fit *fit_unpack(const struct model *model, const void *bytes, size_t count, struct glmm_error *err);

/* Says why there is none: memory, where mem_refused() is no longer `refused`, or bytes that are no fit of the model.  False. */
bool fit_image_fail(const struct model *model, long refused, struct glmm_error *err);

#endif
