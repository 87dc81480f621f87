/* option.h -- options are data: name, type, where the value lands, its range; never parsed by hand.
 *
 *   options -> { option [`,`] }
 *   option  -> NAME [ `=` VALUE ]
 *   VALUE   -> a word up to a blank or a comma outside quotes and parentheses; an expression goes on over blanks around operators
 */
#ifndef LANG_OPTION_H
#define LANG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/error.h"

/* What the Tab key offers, at the position of an argument (the last entry repeats), or for the value of an option. */
enum complete {
    COMPLETE_NOTHING,
    COMPLETE_FILE,
    COMPLETE_DATA_FILE,
    COMPLETE_DATASET,
    COMPLETE_VARIABLE,
    COMPLETE_MODEL,
    COMPLETE_FITTED_MODEL,
    COMPLETE_FORMULA,
    COMPLETE_GROUP,
    COMPLETE_COMMAND,
    COMPLETE_TOPIC,
    COMPLETE_SETTING,
    COMPLETE_SETTING_VALUE,
    COMPLETE_PLOT_KIND,
    COMPLETE_CHOICE,
    COMPLETE_EFFECT,
    COMPLETE_LEVEL,
    COMPLETE_FIGURE,
    COMPLETE_COEFFICIENT, /* of the model that the first word names, or the current one; a term; a model */
    COMPLETE_DATASET_OR_MODEL,
    COMPLETE_MATRIX,
    COMPLETE_ARGUMENT_LEVEL, /* a level of a factor that the argument names */
    COMPLETE_END             /* END: no further word */
};

enum option_type {
    OPTION_FLAG,     /* bool; given without a value */
    OPTION_INTEGER,  /* int, within [min, max] */
    OPTION_REAL,     /* double, within [min, max] */
    OPTION_CHOICE,   /* const char *, one of choices (a prefix is enough at the prompt) */
    OPTION_WORD,     /* const char *: a name, a number, or a quoted string */
    OPTION_WORDS,    /* const char *const *: may be given several times; ended by NULL, NULL where it is not given */
    OPTION_VARIABLE, /* const char *: an expression over the current data, as it stands; completes to variables */
    OPTION_FILE,     /* const char * */
    OPTION_SWITCH,   /* bool: on, off */
    OPTION_ENUM,     /* int: the index in choices */
    OPTION_SEED      /* uint64_t */
};

struct option {
    const char *name;
    enum option_type type;
    size_t offset;              /* in the command's option struct */
    double min, max;            /* both 0: unbounded */
    const char *const *choices; /* NULL-terminated; of an OPTION_VARIABLE, how it may begin: "~", "ar1(" */
    enum complete complete;     /* what Tab offers for a word where that is no choice: names that are there */
    const char *word;           /* the value in usage lines: "K" */
    const char *help;
    const char *also; /* what other programs call it, words between blanks, for who types them here: "nAGQ intpoints" */
};

/* Of a list ended by a NULL name (or NULL), the option of that name; NULL when there is none. */
const struct option *option_find(const struct option *options, const char *name);
int option_count(const struct option *options);

/* Reads `text`, the value of the option, into the struct `values`.  With `prefix` an unambiguous prefix of a choice will do.
 * Errors say what is allowed, at `at`. */
bool option_read(const struct option *option, const char *text, bool prefix, struct arena *arena, void *values,
                 struct glmm_span at, struct glmm_error *err);

/* The value as one would type it ("0.95", "on", "reml"; "" where there is none); in the buffer or a constant. */
const char *option_show(const struct option *option, const void *values, char *buffer, size_t size);

/* What is allowed, in words: "an integer from 1 to 101", "one of reml, ml"; in the buffer. */
const char *option_allowed(const struct option *option, char *buffer, size_t size);

/* Whether the choices are to be listed: the option's help and word do not name them, as words of their own.  Of those that other
 * values may stand beside half are enough, and those that only show how a value begins, `ar1(`, are for the Tab key. */
bool option_lists(const struct option *option);

/* Where the value that begins at `at` of the line ends, at most at `most`: at a blank or comma outside brackets and quotes; an
 * expression goes on behind an operator, and before one. */
int option_value_end(const struct option *option, const char *line, int at, int most);

/* Parses the options in `part` of `line` (behind the comma) into `values`, which holds the defaults.  `at` has one span
 * for each option:
 * where its value stands (a flag: its name); begin -1 when it is not given.  `owner` is the command's name, for messages. */
bool options_parse(const struct option *options, const char *owner, const char *line, struct glmm_span part, bool prefix,
                   struct arena *arena, void *values, struct glmm_span *at, struct glmm_error *err);

#endif
