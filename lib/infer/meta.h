/* meta.h -- one-stage meta-analysis of studies with two arms: events among n (odds ratios) or over time (rate ratios).
 *
 * Zero events need no correction: the likelihood of each study is used as it is.  theta_i = x_i'beta + b_i, b_i ~ N(0, tau^2), is
 * the study's log odds ratio (log rate ratio) of the treated against the control arm; the models are those of metafor's rma.glmm
 * (Stijnen, Hamza & Ozdemir 2010):
 *
 *   UM.FS  binomial (Poisson) arms, a fixed effect for each study, the treatment coded -1/2, +1/2 in b    quadrature, 7 nodes
 *   UM.RS  the same with random effects of studies                                                        Laplace
 *   CM.EL  the treated events given the total: noncentral hypergeometric; of rates binomial, exactly      quadrature, 41 and 7
 * nodes CM.AL  the same, approximately, for rare events: binomial with logit log(n1/n2) + theta_i             quadrature, 7 nodes
 */
#ifndef INFER_META_H
#define INFER_META_H

#include "base/progress.h"
#include "data/frame.h"

enum meta_model { META_UM_FS, META_UM_RS, META_CM_EL, META_CM_AL };
enum meta_measure { META_ODDS_RATIO, META_RATE_RATIO };

/* Events and n of the arms, treated then control; a row of the frame is a study. */
struct meta_columns {
    const char *events[2], *n[2];
    const char *study;      /* names them; NULL: by their row */
    const char *moderators; /* "year + x": of the effect; NULL: none */
};

struct meta_study {
    const char *name;
    double events[2], n[2];
    double effect, lower, upper; /* its own: infinite where an arm has no events, NaN where both, and with them the ends (Wald) */
    double shrunk, shrunk_lower, shrunk_upper; /* in the model: NaN where the fit has none */
};

/* Arrays are the arena's. */
struct meta {
    struct arena *arena;
    enum meta_model model;
    enum meta_measure measure;
    int p; /* the effect, and its slopes on moderators */
    const char *const *names;
    const double *beta, *se;      /* infinite, with NaN, where the data say so */
    const char *infinite;         /* why, in words; NULL */
    const char *dropped;          /* moderators that the others tell, or that are constant, by name; NULL */
    double tau, se_log_tau;       /* NaN: not there */
    double loglik, loglik_common; /* with all constants; with tau = 0 */
    double lrt, p_lrt;            /* against 1/2 chi2(0) + 1/2 chi2(1) */
    double i2;                    /* tau^2/(tau^2 + s^2), s^2 the typical variance within studies (Higgins & Thompson 2002) */
    double prediction[2];         /* of the effect in a new study; NaN with moderators or fewer than 3 studies */
    double ratio[3];            /* exp() of the effect and the ends of its interval; NaN with moderators or without an estimate */
    double prediction_ratio[2]; /* exp() of the prediction's ends */
    int prediction_df;          /* by t with so many degrees of freedom */
    double level;
    int count;
    struct meta_study *studies;
    int silent; /* studies without events in either arm: they say nothing of the effect */
    int full;   /* nor do those in which all had the event, where the effect is an odds ratio given the study (um.fs, cm.el) */
};

/* Whether all of both arms had the event where nothing follows from that: see `full`. */
bool meta_is_full(const struct meta *meta, const struct meta_study *study);

/* Returns new.  Errors: fewer than two studies, events that are no counts or beyond n, those of the fits, which name the argument
 * "mods" where moderators are at fault. */
struct meta *meta_new(const struct frame *frame, const struct meta_columns *columns, enum meta_model model,
                      enum meta_measure measure, double level, const struct glmm_progress *progress, struct glmm_error *err);
void meta_free(struct meta *meta);

/* The frame of studies from one with a row for each arm: the first rows of the studies, with the columns meta.events1 ...
 * meta.n2. `arm` has two levels, the first of them the control; moderators are of studies.  Returns new; errors name "study",
 * "arm" or "mods". */
struct frame *meta_wide(const struct frame *frame, const char *events, const char *n, const char *arm, const char *study,
                        const char *moderators, struct meta_columns *columns, struct glmm_error *err);

/* "UM.FS", ... */
const char *meta_model_name(enum meta_model model);

#endif
