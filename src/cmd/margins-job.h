/* margins-job.h -- what `margins` is asked for, and the rows as they would be; its tables. */
#ifndef CMD_MARGINS_JOB_H
#define CMD_MARGINS_JOB_H

#include "cmd/predictors.h"
#include "infer/at-grid.h"
#include "infer/margins.h"
#include "lang/command.h"

enum { MARGINS_VALUES_MOST = 100 };

struct margins_call {
    const char *at, *by;
    bool pairs, slope;
    int se; /* MARGINS_SE_... */
    const char *weights;
};

enum { OPTION_OF_AT, OPTION_OF_PAIRS, OPTION_OF_BY, OPTION_OF_SLOPE, OPTION_OF_SE, OPTION_OF_WEIGHTS };
enum { MARGINS_SE_DELTA, MARGINS_SE_UNCONDITIONAL };

struct margins_job {
    struct session *session;
    const struct call *call;
    struct predictor predictor;
    struct setting_value *values;
    int count;
    struct grid_rows *scenarios; /* one a value */
    struct marginal_rows *rows;
    struct at at;          /* of other variables: all rows get each combination of their values in turn, */
    int at_count, at_part; /* of which there are so many; which it is */
    bool has_by, slope;
    struct predictor by;
    struct setting_value *by_values;
    int by_count, part; /* part: which level of by= it is */
    int category;       /* of an ordered response, from 1: the mean is its probability; 0 for all others */
    bool more_parts;    /* what is said of all parts is said by the last */
    size_t n;           /* rows averaged over, */
    size_t *source;     /* of the frame, */
    double *trials;     /* with their trials times weights; NULL: 1 each */
    int32_t *cluster;   /* the level of the outermost group, or the row */
    int32_t clusters;
    const struct column *weights; /* NULL: none */
    double step;                  /* slope: half the distance of the two scenarios */
};

/* Reads at=, or chooses the levels, the quartiles, or with `slope` a step up and down. */
bool margins_choose_values(struct margins_job *job, const char *at, struct glmm_error *err);
/* The levels of by=, `name`, or one part where it is NULL. */
bool margins_choose_by(struct margins_job *job, const char *name, struct glmm_error *err);
/* The variable of weights=, `name`, which may be NULL. */
bool margins_choose_weights(struct margins_job *job, const char *name, struct glmm_error *err);
/* For each value all rows of the part, with that value; margins_job_clear in any case, once a part. */
bool margins_make_scenarios(struct margins_job *job, struct glmm_error *err);
void margins_job_clear(struct margins_job *job);

/* The means by one fit in the rows of the part: of the response, or the probability of the job's category. */
struct margins *margins_by(const struct margins_job *job, const struct fit *fit, const struct margins_options *settings,
                           struct glmm_error *err);

/* Of imputed data: the means of each category (of the response: one), each pooled over the imputations, whose rows and fits are
 * their own.  out[kinds]: the caller frees; job->clusters is that of the last imputation. */
bool margins_pool(struct margins_job *job, const struct margins_options *settings, struct margins *out[], int kinds,
                  struct glmm_error *err);

/* margins-tables.c: the means, the population's with its interval and the typical group's beside it; their contrasts; the mean
 * slope, which is the difference of the two scenarios over their distance.  `same`: the typical group's mean is the population's.
 */
void margins_rows_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same);
void margins_contrasts_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same);
void margins_slope_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same);

/* Whether the means have odds. */
bool margins_have_odds(const struct margins *m);

#endif
