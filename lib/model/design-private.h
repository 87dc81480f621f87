/* design-private.h -- a design while it is built (design.c), and the columns of X (design-fixed.c). */
#ifndef MODEL_DESIGN_PRIVATE_H
#define MODEL_DESIGN_PRIVATE_H

#include "model/design.h"
#include "model/modelmatrix.h"
#include "model/residuals.h"
#include "model/response.h"

struct random_build;

struct design_build {
    const struct formula *formula;
    const struct design_options *options;
    struct variables *variables; /* of all predictors */
    struct response response;
    struct model_matrix fixed;
    struct random_build *random;
    struct contrast_choice *contrasts;
    struct residual_build residual;
    struct design *design;
    struct design_build *part[DESIGN_PARTS]; /* the same of other predictors; NULL: there is none */
    struct glmm_error *err;
};

/* Makes X, its names and which term each column is of; then, where recipe and labels have all of them, takes out what is
 * collinear with columns before, and the intercept whose place thresholds take.  False with b->err set. */
bool design_fill_fixed(struct design_build *b);
bool design_drop_collinear(struct design_build *b, const struct glmm_progress *progress);

#endif
