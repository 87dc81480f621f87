/* session.h -- the state of a session: data sets, models, settings, the last result, where output goes. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdio.h>
#include <signal.h>
#include "base/error.h"
#include "base/progress.h"
#include "data/frame.h"
#include "fit/fit.h"
#include "model/model.h"
#include "render/render.h"
#include "session/settings.h"

struct dataset {
    const struct frame *frame; /* held; never changed: a verb makes another one and gives it in its place */
    struct dataset *next;
};

/* What the place where results are shown can do.  session_new() sets what holds for a pipe; src/term looks at the terminal. */
struct screen {
    bool terminal;        /* standard output is a terminal */
    int width, height;    /* 80 x 24 where there is none */
    enum charset charset; /* what `charset auto` means here */
    bool color;           /* what `color auto` means here */
};

struct script_value;

/* What a command asks the shell to run. */
struct run_request {
    const char *text;                  /* commands, or NULL: those of the file `name` */
    const char *name;                  /* for messages: a script's path; NULL: the text is a part of the running command, */
    int offset;                        /* from this byte of its line on (one command) */
    bool kept;                         /* its commands belong to the history, the journal and the record */
    bool step;                         /* show each command and wait for a key */
    bool echo;                         /* show each command, as at the prompt */
    const struct script_value *values; /* lang/values.h; NULL: `$` is a sign as any other */
    bool prose;                        /* with echo: comments are text to be read, shown without their sign */
};

struct origin;

/* Where the evaluation stands, and what became of what was shown. */
struct standing {
    bool wrote;                  /* something was shown since the last prompt: a caret would not stand under what was typed */
    bool apart;                  /* the last thing shown is a result to be read: a blank line sets the next one apart */
    bool copy_apart;             /* the same in the copy of `output FILE` */
    bool lost;                   /* something could not be shown: the exit status says so whatever else went well */
    bool broken;                 /* nobody reads standard output any more */
    const struct origin *origin; /* of the command that is running (report.h), or NULL */
    const char *line;            /* its text, or NULL */
    const char *command;         /* its name, or NULL */
    bool pools;                  /* it takes fits of imputed data */
    bool merged;                 /* it takes models whose rows alike are one */
    int depth;                   /* scripts that run scripts */
    int unseen;                  /* rows that were shown since the last key, at a terminal: the first ones may scroll away */
    int parts;                   /* commands that run the rest of their line, as try does */
    long refused;                /* mem_refused() when the command began that is running */
};

struct session {
    struct dataset *datasets;   /* newest first */
    const struct frame *data;   /* current, one of the datasets, or NULL */
    struct model *models;       /* in order of definition */
    struct model *model;        /* current, or NULL */
    struct relation *relations; /* the matrices that formulas may name, newest first */
    struct settings settings;
    struct result *last; /* the last result, or NULL */
    struct screen screen;
    /* Shows what a result says: set where a person types (a pager); NULL writes it to standard output. */
    bool (*show)(struct session *session, const char *text, size_t length, struct glmm_error *err);
    struct glmm_progress progress;     /* handed to the engine: draws the progress line and polls Ctrl-C */
    volatile sig_atomic_t interrupted; /* set by the signal handler */
    bool interactive;                  /* a person types: prefixes, hints, prompts */
    bool quit;                         /* leave after this command */
    int status;                        /* of a command that failed and has shown why: its exit status */
    /* Runs commands; set by the shell, so that a command can run others (replay, try, help fit 2).  Errors are shown by then;
     * returns the exit status of the first command that failed, or 0. */
    int (*run)(struct session *session, const struct run_request *request);
    /* Whether words in a sentence begin with a command to be typed; set by the shell. */
    bool (*is_command)(const char *words);
    struct standing standing;
    struct session_private *own; /* history, journal, record, output copy: private.h */
};

/* True for a member of a team (progress.team) that says and writes nothing: rank 0 does, for all of them. */
static inline bool session_is_silent(const struct session *session)
{
    return session != NULL && session->progress.team != NULL && session->progress.team->rank > 0;
}

/* Returns new, with default settings; NULL when memory is out. */
struct session *session_new(void);
void session_free(struct session *session);

/* Takes the result: shows it in the session's format, copies it to `output FILE`, keeps it as `last`.  False with err when
 * it cannot be written,
 * or memory was out while the result was built. */
bool session_emit(struct session *session, struct result *result, struct glmm_error *err);

/* False where memory was refused to the command that is running: something of what it made may be missing, though it said
 * nothing. */
bool session_whole(const struct session *session);

/* The error of a command to which memory was refused is that: a name that could not be made is not one that is not there.  One
 * of a limit or of an interruption stays, and so does one that the command has shown by itself. */
void session_blame_memory(const struct session *session, struct glmm_error *err);

/* --- data ------------------------------------------------------------------------------------- */

/* Takes the frame and makes it current; a data set of the same name is replaced (models hold the data they were stated on).  It
 * can be undone. */
bool session_add_data(struct session *session, const struct frame *frame, struct glmm_error *err);
/* Makes one of the data sets, and one of the models, current (NULL: that stays).  It can be undone. */
bool session_use(struct session *session, const struct frame *frame, struct model *model, struct glmm_error *err);
const struct frame *session_find_data(struct session *session, const char *name);
/* The current data, or an error that says how to load some. */
const struct frame *session_need_data(struct session *session, struct glmm_error *err);

/* --- models ----------------------------------------------------------------------------------- */

/* Takes the model and makes it current; one of the same name is replaced.  It can be undone. */
bool session_add_model(struct session *session, struct model *model, struct glmm_error *err);
/* The same of a fit of one of the models. */
bool session_add_fit(struct session *session, struct model *model, struct fit *fit, struct glmm_error *err);
struct model *session_find_model(struct session *session, const char *name);
/* The named model, or the current one when name is NULL or empty; errors suggest names, or say how to state a model. */
struct model *session_need_model(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err);
/* All rows of a model where alike ones were made one and the running command shows rows (model/merged.h): those that are needed
 * by name have them. */
bool session_give_rows(const struct session *session, struct model *model, struct glmm_error *err);
/* The same, and it must have been fitted ("m1 is not fitted yet: fit m1"), and be taken by the running command; its fit may have
 * no estimates: for what shows how it ended. */
struct model *session_ended_fit(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err);
/* The same, and the fit must have estimates (fit_has_estimates). */
struct model *session_need_fit(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err);
/* False with err where the model is of imputed data, and the running command takes no such fits: what it shows belongs to one
 * table of rows. */
bool session_takes_model(const struct session *session, const struct model *model, struct glmm_span at, struct glmm_error *err);
/* "m1", "m2", ...: the first unused; owned by the caller (mem_free). */
char *session_new_model_name(struct session *session);
/* Frees a model and its fit.  Takes NULL. */
void forget_model(struct model *model);

/* --- matrices --------------------------------------------------------------------------------- */

/* Takes the matrix; one of the same name is replaced (models hold the one with which they were stated).  It can be undone. */
bool session_add_relation(struct session *session, struct relation *relation, struct glmm_error *err);

/* The style in which results are shown now. */
struct style session_style(const struct session *session);

#endif
