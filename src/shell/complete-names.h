/* complete-names.h -- the names that completion offers, kind by kind: each that begins with the word before the cursor. */
#ifndef SHELL_COMPLETE_NAMES_H
#define SHELL_COMPLETE_NAMES_H

#include "lang/words.h"
#include "term/candidates.h"

struct seek {
    struct session *session;
    struct candidates *candidates;
    bool ignore_case;
    bool inside;      /* brackets: what follows a name may be one of them, so no blank is added */
    const char *word; /* what was typed of the name, without an opening quote; borrowed, of the line */
    size_t length;
    char quote;          /* the opening quote, or '\0' */
    const char *earlier; /* the command's words before it, whose names are not offered again; or NULL */
    size_t earlier_length;
    const char *argument; /* what stands between the command and its options */
    size_t argument_length;
    const char *response; /* what the formula is of, which is no predictor and so not offered; or NULL */
    size_t response_length;
};

/* What stands between the words of a line: a blank, or the sign that it goes on. */
static inline bool seek_blank(char c)
{
    return word_blank(c) || c == '\\';
}

/* The word is [begin, cursor) of the line; the candidates will replace it. */
void seek_word(struct seek *seek, const char *line, size_t begin, size_t cursor);

/* True where the name begins with the word. */
bool seek_matches(const struct seek *seek, const char *name);

/* Adds the name where it begins with the word; `end` as in candidates_add(). */
void offer(struct seek *seek, const char *name, char end);
/* The same, in backquotes where it is no plain name (or one was typed). */
void offer_quoted(struct seek *seek, const char *name, char end);

void offer_choices(struct seek *seek, const char *const *choices);    /* NULL-terminated; takes NULL */
void offer_beginnings(struct seek *seek, const char *const *choices); /* the same, where something must follow */
void offer_commands(struct seek *seek);
void offer_topics(struct seek *seek);
void offer_settings(struct seek *seek);
/* The values of the setting whose key stands at `from` in the line. */
void offer_setting_values(struct seek *seek, const char *line, size_t from);
void offer_plot_kinds(struct seek *seek);
void offer_datasets(struct seek *seek); /* those that are loaded */
void offer_models(struct seek *seek, bool fitted);
/* The terms of its fixed effects; a NULL model has none. */
void offer_fixed_terms(struct seek *seek, const struct model *model);
/* The same and its coefficients, the names that are in both once. */
void offer_coefficients(struct seek *seek, const struct model *model);
/* Grouping factors of the model; effects that vary with the group (NULL: with any); its levels.  A NULL model has none. */
void offer_model_groups(struct seek *seek, const struct model *model);
void offer_effects(struct seek *seek, const struct model *model, const char *group);
void offer_levels(struct seek *seek, const struct model *model, const char *group);
void offer_matrices(struct seek *seek);
void offer_argument_levels(struct seek *seek); /* those of the factors of the current data that the argument names */
/* What `explain` knows: names of figures, coefficients, groups. */
void offer_figures(struct seek *seek);
void offer_variables(struct seek *seek); /* of the current data */
/* The columns that may group, none of those that the formula mentions so far; all columns where none is left. */
void offer_groups(struct seek *seek, const char *formula, size_t length);
void offer_functions(struct seek *seek, bool formula);

#endif
