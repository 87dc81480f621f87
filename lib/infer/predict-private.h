/* predict-private.h -- what predict.c prepares, and predict-row.c uses for each row. */
#ifndef INFER_PREDICT_PRIVATE_H
#define INFER_PREDICT_PRIVATE_H

#include "fit/joint.h"
#include "infer/marginal.h"
#include "infer/predict.h"
#include "infer/row-mean.h"
#include "model/rows.h"

struct predict_work {
    const struct fit *fit;
    const struct design *design;
    const struct predict_options *options;
    struct prediction *out;
    struct design_rows *made; /* of a frame; owned */
    struct design_rows own;   /* views of the design's rows */
    const struct design_rows *rows;
    struct joint *joint;   /* of conditional predictions; owned */
    struct design related; /* with relatives, of which rows are */
    bool has_relatives;
    int32_t *level;   /* of a row and each random term, those of another predictor last; -1: a term without modes */
    const double **z; /* its effects */
    double *c;        /* the gradient of the row's mean in (beta, theta), then in all that the joint covariance has */
    int count;        /* of c */
    struct part_rows zero, dispersion;
    const struct design *scales; /* disp= by REML, where the dispersion is asked for; NULL: there is none */
    int theta_count, rest_count; /* rest_count: thresholds */
    double quantile, normal;     /* of the row at hand; of z */
    double *function;            /* 2 p to work in */
    struct row_averager *averager;
    struct glmm_error *err;
    const struct link *link; /* of the mean: the averager's */
};

static inline bool asks_for_mean(const struct predict_work *w)
{
    return w->options->what == PREDICT_RESPONSE || w->options->what == PREDICT_FAMILY;
}

/* True for a mean with the zeros of zi=. */
static inline bool mean_is_inflated(const struct predict_work *w)
{
    return w->zero.part != NULL && w->options->what == PREDICT_RESPONSE && !w->options->link_scale;
}

static inline bool term_is_left_out(const struct predict_work *w, int t)
{
    return w->options->left_out != NULL && w->options->left_out[t];
}

/* Whether what is asked for is made of the mean's predictor (part < 0), or of another one. */
bool predict_hangs_on(const struct predict_work *w, int part);

/* Fills in row i of the prediction.  False with w->err where there is no number for a reason that stops all. */
bool predict_row(struct predict_work *w, size_t i);

#endif
