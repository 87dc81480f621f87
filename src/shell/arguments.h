/* arguments.h -- the arguments of the program. */
#ifndef SHELL_ARGUMENTS_H
#define SHELL_ARGUMENTS_H

#include <stdbool.h>
#include <stdio.h>

/* --format F and the like: a setting of the session. */
struct argument_setting {
    const char *option, *key, *value;
};

enum argument_action { ACTION_RUN, ACTION_HELP, ACTION_VERSION, ACTION_COMPLETION, ACTION_FAIL };

struct arguments {
    const char **texts; /* -e, in order; new */
    int text_count;
    struct argument_setting *settings; /* in order; new */
    int setting_count;
    char **scripts;
    int script_count;
    bool prompt; /* -i: then the prompt */
    bool keep_going, quiet, no_init;
    const char *completion; /* --completion: the shell that it is for */
    bool recover;           /* first bring back the last session that did not come to its end */
};

/* Reads them; what is wrong is said on standard error (ACTION_FAIL).  Strings are borrowed from argv. */
enum argument_action arguments_read(struct arguments *arguments, int argc, char **argv);
void arguments_clear(struct arguments *arguments);

void arguments_help(FILE *out);

/* The long options in order, with whether each takes a value; NULL behind the last. */
const char *arguments_option(int index, bool *value);

#endif
