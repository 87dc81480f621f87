/* glmm-objects.h -- what stands behind the opaque names of glmm.h. */
#ifndef GLMM_OBJECTS_H
#define GLMM_OBJECTS_H

#include "fit/fit.h"
#include "infer/at-grid.h"
#include "infer/linear.h"
#include "model/model.h"

struct glmm_data {
    struct frame *frame;
};

struct glmm_model {
    struct model *model;
};

struct glmm_fit {
    const struct model *model;
    struct fit *fit;
    struct design design; /* of a fit to other responses: the model's, but for y, */
    double *response;     /* which is this; NULL: the model's own */
    struct shown *shown;  /* what of the estimates is shown where not all are determined; NULL: all */
};

/* Estimates with NaN in the place of each that the data do not determine.  All is the arena's. */
struct shown {
    struct arena *arena;
    const double *beta;          /* p */
    struct shown_random *random; /* of each term */
    bool dispersion;             /* is determined */
    const double *nothing;       /* n NaN, in the place of fitted values; NULL: they are shown */
};

struct shown_random {
    const double *covariance, *correlation, *modes, *mode_covariance; /* as those of struct random_fit */
};

/* Sets fit->shown.  False when memory is out. */
bool shown_set(struct glmm_fit *fit, struct glmm_error *err);

/* The pooled fit, and the model that it is of. */
const struct fit *pool_fit_of(const struct glmm_pool *pool);
const struct model *pool_model_of(const struct glmm_pool *pool);

/* Copies the caller's options (NULL: none), as many bytes as its version has, over the defaults in *own.  False with err for
 * options of a later version. */
bool options_take(void *own, const void *options, size_t size, struct glmm_error *err);

/* How a model is to be fitted, checked, and the caller's progress.  False with err. */
bool fit_options_take(const struct glmm_model *model, const struct glmm_fit_options *options, struct fit_options *how,
                      const struct glmm_progress **progress, struct glmm_error *err);

/* The caller's degrees of freedom (false with err), and a test as the caller gets it. */
bool ddf_take(enum glmm_ddf ddf, enum linear_ddf *out, struct glmm_error *err);
struct glmm_hypothesis hypothesis_of(const struct linear_test *test);

/* Names with their values, as the engine has them: in the arena, texts borrowed.  False with err, which names the argument. */
bool stated_take(const struct glmm_stated given[], int count, const char *argument, struct arena *arena, struct at *out,
                 struct glmm_error *err);

/* False with err, which names the argument, where it is NULL. */
bool argument_given(const void *argument, const char *name, struct glmm_error *err);

/* False with err, which says `what` it is, where it is not UTF-8. */
bool argument_is_text(const char *text, const char *what, struct glmm_error *err);

/* A level of confidence, 0 for the usual one; false with err where it is none. */
bool confidence_take(double *level, struct glmm_error *err);

/* Takes the fit (NULL: an error is set).  Returns new. */
struct glmm_fit *fit_wrap(const struct model *model, struct fit *made, struct glmm_error *err);

#endif
