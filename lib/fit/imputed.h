/* imputed.h -- a model of multiply imputed data (data/imputation.h): the same model for each imputation, and its fits.
 *
 * A coefficient must mean the same in each of them, so the columns of the fixed effects are those of the model of all rows: one
 * set of levels, one basis of poly(), one centre of scale(x).  Where the rows of an imputation do not determine them all, it says
 * which it keeps. */
#ifndef FIT_IMPUTED_H
#define FIT_IMPUTED_H

#include "fit/fit.h"
#include "model/model.h"

struct imputed_fit {
    double number; /* of the imputation */
    struct model *model;
    struct fit *fit; /* NULL: it could not be fitted */
    bool counts;     /* it converged: its estimates are among those that are pooled */
    int *kept;       /* of its columns, which of all that is; the model's p */
    int *lost; /* of the columns that its design has dropped, which of all that is; -1 - d: the d-th that all have dropped */
    char message[200]; /* why there is no fit */
};

struct imputed {
    const char *variable; /* that numbers the imputations */
    int count;
    struct imputed_fit *one; /* count */
    int counted;             /* those that count */
    size_t least_rows, most_rows;
    struct arena *arena;
};

/* The models of the imputations, without fits.  Returns new.  Errors: those of model_new, which name the imputation; one
 * imputation alone. */
struct imputed *imputed_new(const struct model *model, const struct glmm_progress *progress, struct glmm_error *err);
void imputed_free(struct imputed *imputed);

/* The first fit that counts; there is one. */
const struct fit *imputed_first(const struct imputed *imputed);

/* How the residuals of a fit covary; of imputed data those of each imputation, alike in structure.  NULL: not. */
const struct residual_design *fit_residual_design(const struct fit *fit);
/* Whether sigma is the residual standard deviation of all rows; where the residuals have several it is the first of them. */
bool fit_has_one_residual(const struct fit *fit);

/* Whether the model is fitted by imputations. */
bool model_is_imputed(const struct model *model);

#endif
