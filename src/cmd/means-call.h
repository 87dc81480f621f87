/* means-call.h -- what `means`, `contrast` and `slopes` share: which means of which model. */
#ifndef CMD_MEANS_CALL_H
#define CMD_MEANS_CALL_H

#include "infer/contrast.h"
#include "infer/means.h"
#include "lang/command.h"
#include "report/inference.h"
#include "report/tables.h"

/* The options of both, which begin the struct of either. */
struct means_call {
    const char *by, *at;
    int weights; /* enum means_weights */
    int scale;   /* enum means_scale */
    int ddf;
};

extern const char *const means_weights_names[], *const means_scales[];

enum { MEANS_OPTION_BY, MEANS_OPTION_AT, MEANS_OPTION_WEIGHTS, MEANS_OPTION_SCALE, MEANS_OPTION_DDF, MEANS_OPTIONS };

/* clang-format off */
#define MEANS_OPTIONS_OF(s)                                                                                                      \
    { .name = "by", .type = OPTION_WORD, .offset = offsetof(s, means.by), .complete = COMPLETE_VARIABLE,\
 .word = "\"V V\"", \
      .help = "separately for each combination of levels of these variables" },                                                 \
    { .name = "at", .type = OPTION_WORD, .offset = offsetof(s, means.at), .complete = COMPLETE_VARIABLE,\
 .word = "\"V=1, 2\"",                                  \
      .help = "the values of variables, instead of all levels of a factor, or the mean of a number" },                          \
    { .name = "weights", .type = OPTION_ENUM, .offset = offsetof(s, means.weights), .choices = means_weights_names, .word = "W", \
      .help = "how levels count that are averaged over: alike, as often as they occur, or as often as in the same cell" }
/* clang-format on */

/* What both compute first; means_call_clear in any case. */
struct means_job {
    struct session *session;
    const struct call *call;
    const struct model *model;
    struct means *means;
    struct linear linear;
    enum means_scale scale;
    double level;
};

/* Why the table has dashes. */
struct means_dashes {
    bool not_estimable, open, moved; /* open: an error depends on what the data leave open; moved: an estimate */
    bool separated;                  /* infinite estimates of both signs meet in it, or one that is not determined */
};

enum { MOST_VARIABLES = 8 };

/* The names of by=, separated by blanks or commas, behind the *count that `asked` (room for `most`) has; text: NULL if not given.
 * Errors: more than `most`, memory. */
bool means_call_by(const struct call *call, const char *text, struct asked *asked, int most, int *count, struct glmm_error *err);

/* Reads [MODEL] VARIABLE... and the options. */
bool means_call_read(struct session *session, const struct call *call, const struct means_call *given, struct means_job *job,
                     struct glmm_error *err);
void means_call_clear(struct means_job *job);

/* JSON `model variables[]`, and the title "m1   y ~ x   REML     means of y by A". */
void means_call_head(struct result *result, const struct means_job *job, const char *what);
/* JSON `at{}`: the numbers that are held, and where. */
void means_call_held(struct result *result, const struct means_job *job);
/* The variables [from, to) as columns of text, and as one of objects under `key` in JSON; then the place of the first column, and
 * the objects' in *object. */
size_t means_call_columns(struct table *table, const struct means_job *job, int from, int to, const char *key, size_t *object);
void means_call_levels(struct table *table, struct arena *arena, size_t row, const struct means_job *job, int cell, int from,
                       int to, size_t first, size_t object);
/* Counts a row of the table in. */
void means_call_dash(struct means_dashes *dashes, const struct means_job *job, bool estimable, double estimate, double se);
/* Sets the decimals of a table of contrasts. */
void means_call_contrast_decimals(struct table *table, struct estimate_columns columns, const struct contrasts_of *contrasts,
                                  const struct means_job *job, struct arena *arena);
/* What is averaged over, what is held, what is not estimable. */
void means_call_notes(struct result *result, const struct means_job *job, const struct means_dashes *dashes);
/* Whether means are shown as geometric means of what the response is the logarithm of. */
bool means_call_geometric(const struct means_job *job);
/* Where the response is a function of a variable: that means, or differences of them, are of it, and what scale=response has.
 */
void means_call_transformed(struct result *result, const struct means_job *job, bool differences);
/* The name of the scale, for JSON and headings: "log-odds", "probability". */
const char *means_call_scale(const struct means_job *job);

#endif
