/* study.h -- a study of which there are no data yet: a table made up for a formula, and its model at stated parameters. */
#ifndef INFER_STUDY_H
#define INFER_STUDY_H

#include "infer/at-grid.h"
#include "infer/power.h"
#include "model/model.h"

/* What is stated.  Predictors have the values of `at`, in turn within each group, or, those of `between`, group by group; others
 * 0 and 1.  Effects, deviations and correlations by name; coefficients that are not named are 0. */
struct study_question {
    struct spec spec;  /* without data, weights, zi=, disp=, residual=; trials is a number */
    struct at at;      /* a variable that groups and stands here has these levels, crossed with the rest */
    struct at between; /* names alone: their values are not looked at */
    struct at beta;    /* "treat=0.5" */
    struct at sd;      /* "g=0.3, 0.1": of each effect of the group, in their order */
    struct at corr;    /* "g=0.2": of all pairs of effects; otherwise 0 */
    double sigma;      /* residual standard deviation; NaN: 1 */
    double dispersion; /* of other families; NaN: not stated */
    int32_t groups;    /* levels of the group */
    size_t size;       /* rows in each */
    const char *of;    /* the coefficient that is tested; NULL: the last of beta */
};

struct study {
    struct frame *frame;
    struct model *model; /* model->fit is the fit at the stated parameters */
    const char *group;   /* the model's; NULL: there is none, and `size` rows are all */
};

/* Returns new.  Errors name the argument at fault: "beta", "sd", "corr", "dispersion", "at", "between", or those of model_new. */
struct study *study_new(const struct study_question *question, const struct glmm_progress *progress, struct glmm_error *err);
void study_free(struct study *study);

/* The coefficient that is tested.  Errors name "of" or "beta". */
bool study_coefficient(const struct study *study, const struct study_question *question, int *out, struct glmm_error *err);

/* The power of a stated study, with alpha, replicates and seed as `power` has them, whose coefficient it sets.  *study (new, or
 * NULL with an error) is what was made, for the words.  Errors: those of study_new and power_at. */
bool study_power(const struct study_question *question, struct power_question *power, const struct glmm_progress *progress,
                 struct study **study, struct power_point *out, struct glmm_error *err);

#endif
