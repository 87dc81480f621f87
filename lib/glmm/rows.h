/* glmm/rows.h -- what a fit says of rows: predictions, standardized means, the partial effect of a term.  Part of <glmm.h>. */
#ifndef GLMM_ROWS_H
#define GLMM_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/fit.h"

#ifdef __cplusplus
extern "C" {
#endif

enum glmm_groups { GLMM_CONDITIONAL, GLMM_TYPICAL, GLMM_POPULATION };

struct glmm_predict_options {
    size_t size;
    bool link_scale;         /* else the scale of the response */
    enum glmm_groups groups; /* with the modes of the row's own groups; with effects of 0; the mean over the groups */
    bool new_levels;         /* levels that the model has not seen count as typical; else they are an error */
    double level;            /* of the intervals; 0: 0.95 */
    const struct glmm_progress *progress;
};

struct glmm_prediction;

/* What the fit says of the rows of another table, or (data NULL) of its own.  options may be NULL.  Returns new. */
struct glmm_prediction *glmm_predict(const struct glmm_fit *fit, const struct glmm_data *data,
                                     const struct glmm_predict_options *options, struct glmm_error *err);
void glmm_prediction_free(struct glmm_prediction *prediction);

struct glmm_predicted {
    size_t count;
    const size_t *rows;                          /* of the data, from 0; those with a missing value are left out */
    const double *estimate, *se, *lower, *upper; /* of the mean of the row; NaN where the data do not determine it */
};
bool glmm_prediction_get(const struct glmm_prediction *prediction, struct glmm_predicted *out); /* borrowed */

struct glmm_margins_options {
    size_t size;
    const char *const *values; /* texts of numbers or levels, ends with NULL; NULL: all levels, or the quartiles */
    double level;              /* 0: 0.95 */
    bool pairs;                /* contrasts of all pairs; else with the first value */
    const struct glmm_progress *progress;
};

struct glmm_margins;

/* Standardized means: each row with each value of one variable, averaged over the rows.  options may be NULL.  Returns new. */
struct glmm_margins *glmm_margins_new(const struct glmm_fit *fit, const char *variable,
                                      const struct glmm_margins_options *options, struct glmm_error *err);
void glmm_margins_free(struct glmm_margins *margins);

struct glmm_margin {
    const char *value;                 /* a level, or NULL: a number, */
    double number;                     /* this one */
    double estimate, se, lower, upper; /* of the population's mean */
    double typical;                    /* the mean of groups whose random effects are 0 */
};
int glmm_margins_count(const struct glmm_margins *margins);
bool glmm_margins_get(const struct glmm_margins *margins, int index, struct glmm_margin *out); /* borrowed */

/* The partial effect of a term of the fixed part ("Days", "Days:Sex", or a variable): the linear predictor of a typical group
 * over the values of the term's variable, other numbers at their mean and factors at their reference level, with intervals of
 * `level` (0: 0.95). Of an interaction there is a line for each level of its factor. */
struct glmm_partial;

/* All arrays are the partial's: `count` points, x their values (1, 2, ... of levels, which have names; NULL of a number). NaN
 * where the data do not determine the effect. */
struct glmm_partial_line {
    const char *level; /* of the factor that the variable meets; NULL: there is one line */
    size_t count;
    const double *x;
    const char *const *levels;
    const double *estimate, *lower, *upper;
};

/* Partial residuals on the scale of the link (Larsen & McCleary 1972): of `count` rows the value of x, the residual, and the line
 * that it belongs to; none of an ordered response. */
struct glmm_partial_rows {
    size_t count;
    const double *x, *residual;
    const int *line;
};

/* Returns new; the fit must outlive it.  Errors name "term". */
struct glmm_partial *glmm_partial_new(const struct glmm_fit *fit, const char *term, double level,
                                      const struct glmm_progress *progress, struct glmm_error *err);
void glmm_partial_free(struct glmm_partial *partial);
int glmm_partial_lines(const struct glmm_partial *partial);
bool glmm_partial_line(const struct glmm_partial *partial, int index, struct glmm_partial_line *out);
bool glmm_partial_rows(const struct glmm_partial *partial, struct glmm_partial_rows *out);

#ifdef __cplusplus
}
#endif

#endif
