/* demo.c -- guided tours: scripts that come with mixsh, stepped by a key at a terminal and running through elsewhere. */
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "base/suggest.h"
#include "result/result.h"
#include "session/bundled.h"
#include "session/session.h"

/* The tours, in the order in which one would take them: data/demo/NAME.mix. */
static const char *const tours[] = { "shrinkage", "repeated-measures", "overdispersion", "kinship",
                                     "cells",     "salamanders",       "attenuation",    NULL };

enum { TOURS = sizeof tours / sizeof tours[0] - 1 };

static const char *const stories[TOURS] = {
    "batters and small hospitals: why the best and the worst are so often the small ones",
    "children measured four times: why rows are not people, and standard errors go wrong",
    "seizures: counts that vary more than they should",
    "relatives and false positives: why genes that do nothing seem to matter",
    "nature and nurture: what a cell has from its lineage, and what from its neighbours",
    "salamanders below mines: many zeros, and where they come from",
    "the funhouse mirror of the logit: one person's curve is not the population's",
};

static bool show_list(struct session *session, struct glmm_error *err)
{
    struct result *result = result_new("demo");
    struct table *table;
    size_t name, story;

    if (result == NULL)
        return fail_memory(err);
    result_line(result, LINE_TITLE, "Guided tours");
    result_line(result, LINE_TEXT,
                "Each tells one story with real commands and pictures, and takes five minutes. No knowledge of statistics "
                "programs is needed.");
    table = result_table(result, "tours", NULL);
    name = table_column(table, "name", NULL, CELL_TEXT);
    story = table_column(table, "story", NULL, CELL_TEXT);
    for (int i = 0; i < TOURS; i++) {
        size_t row = table_row(table);

        table_text(table, row, name, tours[i]);
        table_text(table, row, story, stories[i]);
        table_indent(table, row, 1);
    }
    result_line(result, LINE_BLANK, " ");
    result_line(result, LINE_TEXT, "To begin, type: demo shrinkage");
    if (session->interactive)
        result_line(result, LINE_TEXT,
                    "At each step the space bar goes on, and q leaves. What a tour loads and fits stays, so that you can try "
                    "more with it.");
    return session_emit(session, result, err);
}

static bool fail_tour(const struct word *word, struct glmm_error *err)
{
    struct suggest suggest;

    fail(err, GLMM_E_NAME, word->at, "no tour `%.60s`", word->text);
    suggest_init(&suggest, word->text);
    for (int i = 0; i < TOURS; i++)
        suggest_offer(&suggest, tours[i]);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "demo lists them");
    return false;
}

static bool demo_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct run_request request = { .kept = true, .step = session->interactive, .echo = true, .prose = true };
    const char *tour = NULL;
    char *path;

    if (call->word_count == 0)
        return show_list(session, err);
    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one tour at a time");
    for (int i = 0; i < TOURS && tour == NULL; i++)
        if (strcmp(call->words[0].text, tours[i]) == 0)
            tour = tours[i];
    if (tour == NULL)
        return fail_tour(&call->words[0], err);
    if ((path = bundled_tour(tour, err)) == NULL)
        return fail(err, GLMM_E_FILE, call->words[0].at,
                    "the tours are not where they should be, in the folder `demo` of the bundled data");
    request.name = path;
    session->status = session->run(session, &request);
    mem_free(path);
    return session->status == 0;
}

static const enum complete demo_complete[] = { COMPLETE_CHOICE, COMPLETE_NOTHING };

static const struct example demo_examples[] = {
    { "demo", "what there is" },
    { "demo shrinkage", "a first tour" },
    { "demo repeated-measures", "why a naive standard error is too small" },
    { NULL, NULL },
};

const struct command command_demo = {
    .name = "demo",
    .usage = "demo [NAME]",
    .brief = "take a guided tour",
    .help = "Guided tours on bundled data. Each tells one story in plain words, with the commands that it runs and their "
            "pictures. At a terminal it waits at each command: space runs it, `q` leaves; in a script it runs through. The data "
            "and the models of a tour stay in the session.",
    .arguments = ARGUMENT_WORDS,
    .complete = demo_complete,
    .choices = tours,
    .examples = demo_examples,
    .flags = COMMAND_UNRECORDED | COMMAND_LONG,
    .run = demo_run,
};
