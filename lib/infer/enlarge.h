/* enlarge.h -- the design of a study of another size: more levels of a group, more rows in each, with the predictors of those
 * there are. */
#ifndef INFER_ENLARGE_H
#define INFER_ENLARGE_H

#include "model/design.h"

/* `levels` levels of random term `term`'s group, `rows` rows in each (0: as many as there are).  Level j has the rows of one of
 * the design, spread over them where there are fewer, in turn where there are more; rows of a level are taken in turn, too.
 * Levels of terms that are nested in the group are new with it, others stay.  Returns new, borrowing from the design what does
 * not depend on rows; NULL where memory is out or (GLMM_E_MODEL) so few levels do not determine the fixed effects. */
struct design *design_enlarge(const struct design *design, int term, int32_t levels, size_t rows, struct glmm_error *err);
/* Whether there is such a study: not where levels or residuals covary beyond what can be copied.  `rows` as above. */
bool design_can_enlarge(const struct design *design, int term, size_t rows, struct glmm_error *err);
/* The design without the rows of one level of random term `term`'s group.  As above; freed by design_enlarged_free. */
struct design *design_without(const struct design *design, int term, int32_t level, struct glmm_error *err);

void design_enlarged_free(struct design *design);

#endif
