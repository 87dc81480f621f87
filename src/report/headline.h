/* headline.h -- what several commands say of a model beside their tables: its line, its sizes, notes on its data. */
#ifndef REPORT_HEADLINE_H
#define REPORT_HEADLINE_H

#include "result/result.h"
#include "session/session.h"

/* `m2   Reaction ~ Days + (Days | Subject)     gaussian (identity), REML`, and below it the counts, the data and the verdict;
 * fit may be NULL. */
void head_lines(struct result *result, const struct model *model, const struct fit *fit);

/* `zero-inflated nbinom2 (log)`, `t(3) (identity)` where the shape is held; the arena's. */
const char *law_in_full(struct arena *arena, const struct model *model);
/* What a statement may say beside its formula that changes what is fitted. */
enum stated {
    STATED_ZI,
    STATED_DISP,
    STATED_RESIDUAL,
    STATED_WEIGHTS,
    STATED_OFFSET,
    STATED_WHERE,
    STATED_CONTRASTS,
    STATED_PRIOR,
    STATED_COUNT
};
/* `~mined`, what is stated, on one line and without quotes; NULL where nothing is; the arena's. */
const char *stated_text(struct arena *arena, const struct model *model, enum stated which);
/* `zi=~mined`, as it can be typed; NULL where nothing is stated; the arena's. */
const char *stated_in_words(struct arena *arena, const struct model *model, enum stated which);
/* `count ~ mined + (1 | site), zi=~mined`: the formula, and all of these but the prior; the arena's. */
const char *model_in_full(struct arena *arena, const struct model *model);

/* Whether the response counts successes and failures, cbind(a, b). */
bool response_is_pair(const struct model *model);
/* The response: "incidence of size" of cbind(incidence, size - incidence), "a of a + b" of cbind(a, b), else as it was typed;
 * NULL when memory is out.  The arena's, or the model's. */
const char *response_in_words(struct arena *arena, const struct model *model);

/* "18 groups of 10", "18 groups of 2-12"; the arena's. */
const char *group_sizes(struct arena *arena, const struct random_design *random);

/* JSON `model formula family link`. */
void identity_values(struct result *result, const struct model *model);
/* JSON `groups[{name levels}]`. */
void groups_value(struct result *result, const struct design *design);

/* Notice: which estimates are infinite, and why; nothing where all are finite. */
void separation_note(struct result *result, const struct fit *fit);
/* The same, and that the numbers are of where a search ended that has not converged. */
void caution_notes(struct result *result, const struct fit *fit);

/* What dashes are beside an infinite variance, with which coefficients run; else nothing. */
void escape_note(struct result *result, const struct fit *fit);

/* Of what shares of variance are in a model with zi=, disp= or weights that divide the variance; nothing of others. */
void shares_note(struct result *result, const struct fit *fit);

/* Why means of rows are not told, where coefficients run with the dispersion (fit_runs_with_dispersion); else nothing. */
void runs_note(struct result *result, const struct fit *fit);

/* Notice: which level of a text response counts as success; nothing for other responses. */
void success_note(struct result *result, const struct design *design);
/* What weights= are, and how many observations they make of rows of 0 and 1 or of proportions. */
void weights_note(struct result *result, const struct model *model);
/* Of an ordered response: the order of its categories as it is taken, and those that no row has. */
void category_notes(struct result *result, const struct design *design);
/* Of factors coded by poly or helmert contrasts, which hang on the order of their levels: the order where it is the alphabet's.
 */
void contrast_notes(struct result *result, const struct design *design);
/* Notices: rows and columns that were dropped. */
/* `where: Days > 1: 160 of 180 rows`, and rows of weight 0. */
void subset_notes(struct result *result, const struct model *model);
void dropped_notes(struct result *result, const struct design *design);

/* "Days, x, f2"; the arena's. */
const char *join_names(struct arena *arena, const char *const *names, int count, const char *separator);

/* How residuals covary, and the levels of terms; what is added to the likelihood. */
void structure_notes(struct result *result, const struct model *model);

#endif
