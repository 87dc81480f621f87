/* modelling.h -- what the commands on models share: stating one, fitting one, naming one, its headlines. */
#ifndef CMD_MODELLING_H
#define CMD_MODELLING_H

#include "cmd/command.h"
#include "result/result.h"
#include "session/session.h"

/* --- stating -------------------------------------------------------------------------------- */

/* The options with which a model is stated; first member of the option struct of `model` and of `fit`. */
struct statement {
    const char *family, *link, *offset, *weights, *trials, *contrasts, *data;
};

/* What Tab offers for them; the engine has the last word. */
extern const char *const family_choices[], *const link_choices[], *const contrast_choices[];

/* The rows of an option table for them. */
#define STATEMENT_OPTIONS                                                                                                        \
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
          .help = "a known part of the linear predictor" },                                                                      \
        { .name = "weights",                                                                                                     \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, weights),                                                                         \
          .word = "EXPR",                                                                                                        \
          .help = "prior weights: residual variance sigma^2 / weight" },                                                         \
        { .name = "trials",                                                                                                      \
          .type = OPTION_VARIABLE,                                                                                               \
          .offset = offsetof(struct statement, trials),                                                                          \
          .word = "EXPR",                                                                                                        \
          .help = "number of trials behind a proportion" },                                                                      \
        { .name = "contrasts",                                                                                                   \
          .type = OPTION_WORD,                                                                                                   \
          .offset = offsetof(struct statement, contrasts),                                                                       \
          .choices = contrast_choices,                                                                                           \
          .word = "KIND",                                                                                                        \
          .help = "treatment, sum, helmert or poly; or \"f=sum, g=poly\"" },                                                     \
    {                                                                                                                            \
        .name = "data", .type = OPTION_WORD, .offset = offsetof(struct statement, data), .word = "NAME",                         \
        .help = "another data set than the current one"                                                                          \
    }

/* True where the text is a model statement, `[NAME =] FORMULA`, rather than names: it has a `~`, or signs that only formulas
 * have. */
bool is_statement(const char *text);

/* States the model that call->argument and the options describe; it is not yet part of the session.  Returns new (model_free). */
struct model *model_state(struct session *session, const struct call *call, struct glmm_error *err);

/* Gives an error of the engine its place in the line: the value of the option that it names. */
void place_argument(const struct call *call, struct glmm_error *err);

/* --- fitting -------------------------------------------------------------------------------- */

/* Fits a model, which is unchanged, and names the work in the progress line.  Returns new.  A stop by the user is the error
 * GLMM_E_INTERRUPT, told in words. */
struct fit *model_run_fit(struct session *session, const struct model *model, const struct fit_options *options,
                          struct glmm_error *err);

/* --- naming --------------------------------------------------------------------------------- */

/* The fitted model that the first word names, else the current one; *rest gets the index of the first word after it.
 * A first word that is no model must be one of the model's groups, or the error suggests models and groups. */
struct model *call_fitted_model(struct session *session, const struct call *call, int *rest, struct glmm_error *err);

/* The word names a grouping factor, or an error there suggests the model's groups.  Its text becomes the name that the model has:
 * that of `Animal ID` has its backquotes. */
bool check_group(const struct model *model, struct word *word, struct glmm_error *err);

/* Fails for words beyond `used`. */
bool no_more_words(const struct call *call, int used, struct glmm_error *err);

/* --- showing -------------------------------------------------------------------------------- */

/* `m2   Reaction ~ Days + (Days | Subject)     gaussian (identity), REML`, and below it the counts, the data and the verdict;
 * fit may be NULL. */
void head_lines(struct result *result, const struct model *model, const struct fit *fit);

/* "18 groups of 10", "18 groups of 2-12"; the arena's. */
const char *group_sizes(struct arena *arena, const struct random_design *random);

/* JSON `model formula family link`. */
void identity_values(struct result *result, const struct model *model);
/* JSON `groups[{name levels}]`. */
void groups_value(struct result *result, const struct design *design);

/* Notice: which estimates are infinite, and why; nothing where all are finite. */
void separation_note(struct result *result, const struct fit *fit);

/* Notice: which level of a text response counts as success; nothing for other responses. */
void success_note(struct result *result, const struct design *design);
/* Notices: rows and columns that were dropped. */
void dropped_notes(struct result *result, const struct design *design);

/* "Days, x, f2"; the arena's. */
const char *join_names(struct arena *arena, const char *const *names, int count, const char *separator);

/* Decimals at which the largest of the values shows `digits` significant digits, and the typical standard error two; values and
 * errors have `count` entries, those that are not finite are passed over. */
int fitting_decimals(const double *values, const double *errors, size_t count, int digits);

/* A number, or a dash (JSON: null) where it is NaN because the data do not determine it. */
void table_real_known(struct table *table, size_t row, size_t column, double real);
void table_pair_known(struct table *table, size_t row, size_t column, double lower, double upper);
/* rows x columns, column-major: an array of rows, with null where a number is NaN. */
struct value *value_matrix_known(struct arena *arena, const double *items, size_t rows, size_t columns);

/* Hands the result to the session, or frees it and fails. */
bool emit(struct session *session, struct result *result, struct glmm_error *err);

#endif
