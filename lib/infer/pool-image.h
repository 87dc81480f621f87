/* pool-image.h -- a pooled fit as bytes, to be kept in a file and read back without fitting again: the fits of the imputations
 * (fit/fit-image.h), of which the estimates are pooled anew. */
#ifndef INFER_POOL_IMAGE_H
#define INFER_POOL_IMAGE_H

#include "base/text.h"
#include "fit/imputed.h"

/* Appends the image of a fit of imputed data; out->failed where memory is out. */
void pool_pack(const struct fit *fit, struct text *out);

/* A fit of the model, which is of imputed data, from an image that fit_image_is_read.  Returns new; NULL with an error where the
 * bytes are no image of a fit of this model, memory is out, or what imputed_new refuses. */
struct fit *pool_unpack(const struct model *model, const void *bytes, size_t count, const struct glmm_progress *progress,
                        struct glmm_error *err);

#endif
