/* stating.h -- a model stated on a line, and fitted: what `model` and `fit` share. */
#ifndef REPORT_STATING_H
#define REPORT_STATING_H

#include "lang/command.h"
#include "infer/comparison.h"
#include "session/session.h"

/* The options with which a model is stated; first member of the option struct of `model` and of `fit`. */
struct statement {
    const char *family, *link, *offset, *weights, *trials, *zi, *disp, *residual, *prior, *contrasts, *where, *data;
};

/* What Tab offers for them; the engine has the last word. */
extern const char *const family_choices[],
    *const link_choices[], *const contrast_choices[], *const prior_choices[], *const formula_choices[],
                                                                                  *const residual_choices[]; /* how these begin */

/* The rows of an option table for them: those of the mean, those about rows and columns, and all. */
#define STATEMENT_MEAN_OPTIONS                                                                                                   \
    { .name = "family",                                                                                                          \
      .type = OPTION_WORD,                                                                                                       \
      .offset = offsetof(struct statement, family),                                                                              \
      .choices = family_choices,                                                                                                 \
      .word = "NAME",                                                                                                            \
      .help = "gaussian (default), binomial, poisson, ...: help families" },                                                     \
        { .name = "link",                                                                                                        \
          .type = OPTION_WORD,                                                                                                   \
          .offset = offsetof(struct statement, link),                                                                            \
          .choices = link_choices,                                                                                               \
          .word = "NAME",                                                                                                        \
          .help = "link of the mean; each family has a default" },                                                               \
        { .name = "offset",                                                                                                      \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, offset),                                                                          \
          .word = "EXPR",                                                                                                        \
          .help = "a known part of the linear predictor",                                                                        \
          .also = "exposure" },                                                                                                  \
        { .name = "weights",                                                                                                     \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, weights),                                                                         \
          .word = "EXPR",                                                                                                        \
          .help = "prior weights: variance sigma^2 / weight; 0 leaves a row out",                                                \
          .also = "weight wt freq pweight" },                                                                                    \
    {                                                                                                                            \
        .name = "trials", .type = OPTION_VARIABLE, .offset = offsetof(struct statement, trials), .word = "EXPR",                 \
        .help = "number of trials behind a proportion"                                                                           \
    }

#define STATEMENT_ROWS_OPTIONS                                                                                                   \
    { .name = "contrasts",                                                                                                       \
      .type = OPTION_WORD,                                                                                                       \
      .offset = offsetof(struct statement, contrasts),                                                                           \
      .choices = contrast_choices,                                                                                               \
      .word = "KIND",                                                                                                            \
      .help = "treatment, sum, helmert or poly; or \"f=sum, g=poly\"" },                                                         \
        { .name = "where",                                                                                                       \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, where),                                                                           \
          .word = "EXPR",                                                                                                        \
          .help = "only the rows in which the condition is true",                                                                \
          .also = "subset filter if" },                                                                                          \
    {                                                                                                                            \
        .name = "data", .complete = COMPLETE_DATASET, .type = OPTION_WORD, .offset = offsetof(struct statement, data),           \
        .word = "NAME", .help = "another data set than the current one"                                                          \
    }

#define STATEMENT_OPTIONS                                                                                                        \
    STATEMENT_MEAN_OPTIONS,                                                                                                      \
        { .name = "zi",                                                                                                          \
          .choices = formula_choices,                                                                                            \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, zi),                                                                              \
          .word = "FORMULA",                                                                                                     \
          .help = "zero inflation, a hurdle with a truncated family: zi=~x",                                                     \
          .also = "ziformula inflate zeroinfl" },                                                                                \
        { .name = "disp",                                                                                                        \
          .choices = formula_choices,                                                                                            \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, disp),                                                                            \
          .word = "FORMULA",                                                                                                     \
          .help = "the logarithm of the dispersion: disp=~x",                                                                    \
          .also = "dispformula dformula" },                                                                                      \
        { .name = "residual",                                                                                                    \
          .choices = residual_choices,                                                                                           \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, residual),                                                                        \
          .word = "STRUCTURE",                                                                                                   \
          .help = "how residuals covary: ar1(t | id), ...: help structures",                                                     \
          .also = "correlation rcov repeated covstruct" },                                                                       \
        { .name = "prior",                                                                                                       \
          .type = OPTION_WORD,                                                                                                   \
          .offset = offsetof(struct statement, prior),                                                                           \
          .choices = prior_choices,                                                                                              \
          .word = "PRIOR",                                                                                                       \
          .help = "a penalty: \"sd ~ gamma(2.5, 0)\", jeffreys: help priors" },                                                  \
        STATEMENT_ROWS_OPTIONS

/* True where the text is a model statement, `[NAME =] FORMULA`, rather than names: it has a `~`, or signs that only formulas
 * have. */
bool is_statement(const char *text);

/* States the model that call->argument and the options describe; it is not yet part of the session.  Returns new (model_free). */
struct model *model_state(struct session *session, const struct call *call, struct glmm_error *err);

/* Gives an error of the engine its place in the line: the value of the option that it names. */
void place_argument(const struct call *call, struct glmm_error *err);

/* Fits a model, which is unchanged, and names the work in the progress line.  Returns new.  A stop by the user is the error
 * GLMM_E_INTERRUPT, told in words. */
struct fit *model_run_fit(struct session *session, const struct model *model, const struct fit_options *options,
                          struct glmm_error *err);

/* The same for infer/comparison.h. */
struct refit session_refit(struct session *session);

#endif
