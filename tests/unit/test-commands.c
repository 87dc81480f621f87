/* test-commands.c -- walks the table of commands: every field filled, every example runs, every command has a transcript. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cmd/commands.h"
#include "cmd/topics.h"
#include "lang/reader.h"
#include "session/output.h"
#include "session/session.h"
#include "shell/eval.h"

/* --- the entries ------------------------------------------------------------------------------- */

static void check_option(const struct command *command, const struct option *option)
{
    cr_expect(option->help != NULL && option->help[0] != '\0', "%s %s has no help", command->name, option->name);
    cr_expect(option->offset < command->options_size, "%s %s lies outside its struct", command->name, option->name);
    if (option->type == OPTION_CHOICE || option->type == OPTION_ENUM)
        cr_expect(option->choices != NULL && option->choices[0] != NULL, "%s %s has no choices", command->name, option->name);
    if (option->type == OPTION_INTEGER || option->type == OPTION_REAL)
        cr_expect(option->min <= option->max, "%s %s has an empty range", command->name, option->name);
    cr_expect(option_find(command->options, option->name) == option, "%s has two options %s", command->name, option->name);
}

Test(commands, every_field_is_filled)
{
    for (const struct command *const *c = commands; *c != NULL; c++) {
        const struct command *command = *c;

        cr_assert_not_null(command->name);
        cr_expect(command->usage != NULL && strncmp(command->usage, command->name, strlen(command->name)) == 0, "usage of %s",
                  command->name);
        cr_expect(command->brief != NULL && command->brief[0] != '\0' && strlen(command->brief) < 60, "brief of %s",
                  command->name);
        cr_expect(command->help != NULL && strlen(command->help) > 20, "help of %s", command->name);
        cr_expect(command->run != NULL, "run of %s", command->name);
        cr_expect(command->examples != NULL && command->examples[0].script != NULL, "examples of %s", command->name);
        for (const struct example *e = command->examples; e != NULL && e->script != NULL; e++)
            cr_expect(e->caption != NULL && e->caption[0] != '\0' && strchr(e->script, '\n') == NULL, "example of %s",
                      command->name);
        for (const struct option *o = command->options; o != NULL && o->name != NULL; o++)
            check_option(command, o);
        cr_expect(command->arguments != ARGUMENT_REST || command->options == NULL, "%s cannot have options", command->name);
    }
}

Test(commands, names_are_found)
{
    for (const struct command *const *c = commands; *c != NULL; c++)
        cr_expect(command_find((*c)->name, strlen((*c)->name), false) == *c, "%s is found", (*c)->name);
    cr_assert_null(command_find("hel", 3, false));
    cr_assert_str_eq(command_find("hel", 3, true)->name, "help");
    cr_assert_str_eq(command_find("q", 1, false)->name, "quit");
    cr_assert_null(command_find("", 0, true));
}

Test(commands, every_command_has_a_transcript)
{
    const char *source = getenv("srcdir");

    for (const struct command *const *c = commands; *c != NULL; c++) {
        char pattern[4096];
        glob_t found;

        snprintf(pattern, sizeof pattern, "%s/tests/cli/%s*.mix", source == NULL ? "." : source, (*c)->name);
        cr_expect(glob(pattern, 0, NULL, &found) == 0, "no transcript tests/cli/%s*.mix", (*c)->name);
        globfree(&found);
    }
}

/* --- the examples ------------------------------------------------------------------------------ */

/* Runs a text in a session of its own in the current folder; its exit status, and its output. */
static int run_text(const char *text, struct text *output)
{
    struct session *session = session_new();
    struct glmm_error err = { .at = NOWHERE };
    struct reader *reader = reader_open_text(text, "example", &err);
    int status;

    session->run = eval_request;
    session_capture(session, output);
    status = eval_reader(session, reader, EVAL_SCRIPT);
    session_capture(session, NULL);
    reader_close(reader);
    session_free(session);
    return status;
}

static void enter_empty_folder(void)
{
    /* In the folder that tests/run gives and takes away. */
    char folder[] = "examples-XXXXXX";

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

/* Bundled data are found in the source when they are not installed. */
static void use_own_data(void)
{
    const char *source = getenv("srcdir");
    char path[4096], *whole;

    snprintf(path, sizeof path, "%s/data", source == NULL ? "." : source);
    whole = realpath(path, NULL);
    if (whole != NULL)
        setenv("MIXSH_DATADIR", whole, 1);
    free(whole);
}

Test(commands, every_example_runs)
{
    use_own_data();
    enter_empty_folder();
    for (const struct command *const *c = commands; *c != NULL; c++)
        for (const struct example *e = (*c)->examples; e->script != NULL; e++) {
            struct text output = { 0 };
            int wanted = (*c)->flags & COMMAND_SCREEN ? 1 : 0; /* here is no terminal: a polite refusal */

            cr_expect(run_text(e->script, &output) == wanted, "%s: %s", (*c)->name, e->script);
            text_clear(&output);
        }
}

/* The lines of the concept with which the help of a command begins. */
static int concept_lines(const char *command)
{
    int lines = 0;

    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        if (topic->command != NULL && strcmp(topic->command, command) == 0)
            lines = 24;
    return lines;
}

/* `help TOPIC` fits a screen of 80 x 24; `help COMMAND`, with all its options, is no longer than 45 lines, below the concept of
 * its name. */
Test(commands, help_fits_one_screen)
{
    for (const struct command *const *c = commands; *c != NULL; c++) {
        struct text output = { 0 }, line = { 0 };
        int lines = 0;

        text_addf(&line, "help %s", (*c)->name);
        cr_expect(run_text(text_string(&line), &output) == 0);
        for (size_t i = 0; i < output.length; i++)
            lines += output.data[i] == '\n';
        cr_expect(lines <= 45 + concept_lines((*c)->name), "help %s takes %d lines", (*c)->name, lines);
        text_clear(&output);
        text_clear(&line);
    }
    for (const struct topic *topic = topics; topic->name != NULL; topic++) {
        struct text output = { 0 }, line = { 0 };
        int lines = 0;

        text_addf(&line, "help %s", topic->name);
        cr_expect(run_text(text_string(&line), &output) == 0);
        for (size_t i = 0; i < output.length; i++)
            lines += output.data[i] == '\n';
        cr_expect(lines <= 24, "help %s takes %d lines", topic->name, lines);
        text_clear(&output);
        text_clear(&line);
    }
}

/* What of sentences is to be typed. */
Test(commands, prose_begins_no_command)
{
    static const char *const typed[] = {
        "fit y ~ x + (1 | g), family=binomial", "means Y X by G",    "where !is.na(x)",        "quit",
        "help approximation; or another one",   "let a = \"the b\"", "date when, format=d/m/y"
    };
    static const char *const prose[] = { "fit again with more nodes",
                                         "fit the model with it",
                                         "datasets lists them",
                                         "save the data frame alone",
                                         "compare the models with it",
                                         "use m1 comes first",
                                         "where an end would be",
                                         "fit both by the better one",
                                         "missing in the rows",
                                         "residuals cannot be correlated",
                                         "explain knows the numbers of it",
                                         "fitted by Laplace",
                                         "of the alphabet" };

    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        cr_expect(command_begins(typed[i]), "%s", typed[i]);
    for (size_t i = 0; i < sizeof prose / sizeof *prose; i++)
        cr_expect(!command_begins(prose[i]), "%s", prose[i]);
}

/* --- memory ------------------------------------------------------------------------------------ */

static long budget;

static void *limited(void *context, void *old, size_t size)
{
    (void)context;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return budget-- > 0 ? realloc(old, size) : NULL;
}

/* The shell's own commands with each allocation failing in turn: an error or success, never a crash or a leak. */
Test(commands, every_allocation_may_fail)
{
    static const char script[] =
        "set digits 5; set; help set; help; help scripts; history; try foo (a \\\n b); output; record; last json; set dgits 3";

    enter_empty_folder();
    cr_assert_not_null(freopen("errors", "w", stderr));
    mem_hook_set((struct mem_hook){ .resize = limited, .context = NULL });
    for (long limit = 0; limit < 4000; limit += limit < 300 ? 1 : 7) {
        struct text output = { 0 };
        struct session *session;
        struct reader *reader;

        budget = limit;
        session = session_new();
        reader = session == NULL ? NULL : reader_open_text(script, "-e", NULL);
        if (reader != NULL) {
            session->run = eval_request;
            session_capture(session, &output);
            eval_reader(session, reader, EVAL_KEEP_GOING);
        }
        reader_close(reader);
        session_free(session);
        text_clear(&output);
    }
    mem_hook_set((struct mem_hook){ .resize = NULL, .context = NULL });
}
