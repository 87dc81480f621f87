/* command.h -- a command describes itself; help, completion, usage errors, the manual and the tests derive from this. */
#ifndef LANG_COMMAND_H
#define LANG_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/error.h"
#include "lang/option.h"
#include "lang/words.h"

struct session;

/* --- arguments -------------------------------------------------------------------------------- */

enum argument_style {
    ARGUMENT_NONE,  /* takes none */
    ARGUMENT_WORDS, /* words split at spaces, quotes respected; "file.csv" as NAME */
    ARGUMENT_TEXT,  /* the text up to the option comma as it stands: formulas, expressions */
    ARGUMENT_REST   /* all the rest, commas too: another command; such a command has no options */
};

/* One call of a command, as parsed.  All memory is the arena's. */
struct call {
    const struct command *command;
    const char *line;     /* the whole command, comments and line breaks made blanks; spans count from here */
    const char *argument; /* the argument text, trimmed; "" when there is none */
    struct glmm_span argument_at;
    struct word *words; /* ARGUMENT_WORDS */
    int word_count;
    const void *options;               /* the command's option struct, defaults filled in */
    const struct glmm_span *option_at; /* for option i of command->options: where its value stands; begin -1 when not given */
    struct arena *arena;               /* of this call */
};

struct example {
    const char *script; /* runs as it stands, on bundled data: "load sleepstudy; fit Reaction ~ Days + ..." */
    const char *caption;
};

enum command_flag {
    COMMAND_CHANGES = 1,    /* changes the session (recorded, undone) */
    COMMAND_UNRECORDED = 2, /* never recorded: record, replay, history, quit */
    COMMAND_LONG = 4,       /* may take long: Ctrl-C is polled */
    COMMAND_SCREEN = 8,     /* fills a terminal's screen, and refuses where there is none: its examples too */
    COMMAND_POOLS = 16,     /* takes the fit of a model of imputed data (infer/pool.h); others refuse it */
    COMMAND_MERGED = 32     /* shows no rows: takes models whose rows alike are one (model/merged.h); others get all rows */
};

struct command {
    const char *name;
    const char *usage; /* "fit [MODEL...|FORMULA]" */
    const char *brief; /* "fit a mixed model" */
    const char *help;  /* paragraphs, plain text */
    enum argument_style arguments;
    const enum complete *complete;  /* COMPLETE_NOTHING-terminated; NULL: nothing */
    const char *const *choices;     /* for COMPLETE_CHOICE */
    const struct option *options;   /* ended by a NULL name; NULL: none */
    size_t options_size;            /* of the option struct */
    const void *defaults;           /* an option struct with the defaults; NULL: zeros */
    const struct example *examples; /* ended by a NULL script; at least one */
    unsigned flags;
    /* Runs the call; hands each result to session_emit().  Errors carry spans of call->line. */
    bool (*run)(struct session *session, const struct call *call, struct glmm_error *err);
};

/* commands.h has the table of them. */

#endif
