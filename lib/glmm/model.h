/* glmm/model.h -- models.  Part of <glmm.h>. */
#ifndef GLMM_MODEL_H
#define GLMM_MODEL_H

#include <stddef.h>

#include "glmm/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero or NULL is the default of each. */
struct glmm_model_options {
    size_t size;           /* see glmm_read_options */
    const char *family;    /* "gaussian"; binomial, poisson, Gamma, nbinom2 and the others that mixsh's `help families` lists */
    const char *link;      /* the family's first */
    const char *weights;   /* prior weights: an expression over the data */
    const char *trials;    /* binomial: the numbers of trials of a response that is a proportion */
    const char *offset;    /* added to the linear predictor, besides offset() in the formula */
    const char *contrasts; /* "sum", or "recipe=sum, temp=poly"; also treatment, helmert: instead of treatment contrasts */
    const struct glmm_progress *progress; /* told while the columns are made; stops the work with GLMM_E_INTERRUPT */
    const char *where;                    /* a condition over the data: only the rows in which it is true */
    const char *prior; /* what is added to the likelihood: "sd ~ gamma(2.5, 0); fixed ~ normal(0, 2.5)", "jeffreys" */
    const char *zi;    /* "~ x + (1 | g)": the log-odds that a count is a zero of another kind */
    const char *disp;  /* "~ x": the logarithm of the dispersion */
};

struct glmm_model;

/* States a model in the notation of R's lme4: "Reaction ~ Days + (Days | Subject)".  It holds the data, which may be freed
 * before it, and added to: the model keeps them as they were.  Rows with a missing value in a used column are left out, collinear
 * columns dropped.  options may be NULL. Returns new.  Errors name the argument at fault ("formula", "family", "link", "weights",
 * "trials", "offset", "contrasts", "where", "prior", "zi", "disp") and carry the span in its text: GLMM_E_SYNTAX, GLMM_E_NAME
 * (with the nearest name as hint), GLMM_E_DATA, GLMM_E_MODEL, GLMM_E_USAGE. */
struct glmm_model *glmm_model_new(const struct glmm_data *data, const char *formula, const struct glmm_model_options *options,
                                  struct glmm_error *err);
void glmm_model_free(struct glmm_model *model);

size_t glmm_model_rows(const struct glmm_model *model);                           /* used in the fit */
size_t glmm_model_dropped_rows(const struct glmm_model *model);                   /* left out for a missing value */
int glmm_model_dropped_columns(const struct glmm_model *model);                   /* collinear columns of the fixed effects */
const char *glmm_model_dropped_column(const struct glmm_model *model, int index); /* borrowed */

#ifdef __cplusplus
}
#endif

#endif
