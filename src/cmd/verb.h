/* verb.h -- what the commands that change data share: reading names and expressions, saying what became of a variable. */
#ifndef CMD_VERB_H
#define CMD_VERB_H

#include "lang/command.h"
#include "data/verbs.h"
#include "result/result.h"
#include "session/session.h"

/* Parses text[0...], which stands at byte `offset` of the line; errors have their place there.  NULL with err. */
const struct expr *verb_expression(const struct call *call, const char *text, int offset, struct glmm_error *err);

/* The same of an option, by its name; *expr gets NULL where it is not given. */
bool verb_option(const struct call *call, const char *name, const char *text, const struct expr **expr, struct glmm_error *err);

/* Fails for a `by` that has no groups, with the place in the option: tried once, so that an error of it is not one of the rest.
 */
bool verb_groups(const struct call *call, const struct frame *data, const struct expr *by, struct glmm_error *err);

/* The group of `... by GROUP`, the last word; NULL where there is none.  A variable may be called `by`. */
const struct word *verb_group_word(const struct call *call, const struct frame *data);
/* By which groups: those of the option by=, whose text is `option` (NULL: not given), or those words; *by is NULL where there are
 * none.  False with *err where both are there, or it is no expression. */
bool verb_by(const struct call *call, const struct frame *data, const char *option, const struct expr **by,
             struct glmm_error *err);
/* An error about these groups stands where they are named. */
void verb_by_place(const struct call *call, const struct frame *data, struct glmm_error *err);
/* An error of an expression gets the line's places: those within the text of the argument, or of the option. */
void verb_place(const struct call *call, const char *option, struct glmm_error *err);

/* A new name for a variable, at *at in the line up to a blank or a byte of `stops`: plain, or anything between backquotes.  *at
 * gets where it ends.  NULL with err. */
const char *verb_new_name(const struct call *call, int *at, int end, const char *stops, struct glmm_error *err);

/* Sets *at behind the `=` that must follow, or fails with the usage. */
bool verb_equals(const struct call *call, int *at, int end, struct glmm_error *err);

/* The words as names of variables of the data, each once: *names (the arena's) has call->word_count. */
bool verb_variables(const struct call *call, const struct frame *data, const char *const **names, struct glmm_error *err);

/* The name as it is typed: between backquotes where it is no plain one.  The arena's; or behind a text. */
const char *verb_name(struct arena *arena, const char *name);
void verb_add_name(struct text *out, const char *name);

/* The command as it was typed, with one flag more: "number x, marks force".  The arena's; NULL when memory is out. */
const char *verb_with_flag(const struct call *call, const char *flag);

/* `n` rows, "1 row": the arena's. */
const char *verb_count(struct arena *arena, size_t n, const char *one);

/* A result of the command with the facts that all have: data, rows and variables before and now. */
struct result *verb_result(const struct call *call, const struct frame *before, const struct frame *after);

/* A line on a variable, `weeks: real, 0.9 to 26.1, 3 missing` or `arm: placebo (reference), high, low`, and its facts in JSON. */
void verb_variable(struct result *result, struct session *session, const struct frame *frame, const char *name);

/* A note on the rows that are in no group, for a value of by= is missing there; none where there are no such rows. */
void verb_outside(struct result *result, const struct grouping *grouping, size_t rows);

/* Takes the frame and the result: the frame becomes the data, and the result is shown.  NULL frames fail. */
bool verb_done(struct session *session, const struct frame *frame, struct result *result, struct glmm_error *err);

/* The same, under another name where `as` is given: a data set of its own. */
bool verb_done_as(struct session *session, struct frame *frame, const char *as, struct result *result, struct glmm_error *err);

/* The names of an option, "a,b,c" or c("a", "b"): *list (the arena's) has *count; NULL where it is not given. */
bool verb_list(const struct call *call, const char *name, const char *text, const char *const **list, size_t *count,
               struct glmm_error *err);

/* Adds the names of variables in a:b, which the frame must have, to those of *keys. */
bool verb_keys(const struct frame *frame, const struct expr *by, struct grouping *keys, struct glmm_error *err);

#endif
