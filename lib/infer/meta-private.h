/* meta-private.h -- the studies of a meta-analysis (meta-studies.c): read from a frame, and as frames that models are stated on.
 */
#ifndef INFER_META_PRIVATE_H
#define INFER_META_PRIVATE_H

#include "infer/meta.h"

/* The studies with their own effects; errors name the row. */
bool meta_read_studies(struct meta *meta, const struct frame *frame, const struct meta_columns *columns, struct glmm_error *err);

/* The frame with meta.study, meta.events1, meta.n1, meta.events2, meta.n2, a row for each study. */
struct frame *meta_frame_of_studies(const struct meta *meta, const struct frame *frame, struct glmm_error *err);

/* The same rows twice, control then treated: meta.study, meta.events, meta.n, meta.treat (0, 1), meta.half (-1/2, 1/2). */
struct frame *meta_frame_of_arms(const struct meta *meta, const struct frame *frame, struct glmm_error *err);

#endif
