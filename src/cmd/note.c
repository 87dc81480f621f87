/* note.c -- words between the commands. */
#include <string.h>

#include "lang/command.h"
#include "report/tables.h"

static bool note_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct result *result;
    const char *text;

    if (call->word_count == 0)
        return fail(err, GLMM_E_USAGE, NOWHERE, "`note` needs a text between quotes");
    if (call->word_count > 1) {
        fail(err, GLMM_E_USAGE, call->words[1].at, "a note is one text");
        error_hint(err, "put it between quotes");
        return false;
    }
    text = call->words[0].text;
    result = result_new("note");
    result_string(result, "text", text);
    while (result != NULL && *text != '\0') {
        int length = (int)strcspn(text, "\n");

        result_line(result, length == 0 ? LINE_BLANK : LINE_TEXT, "%.*s", length, text);
        text += length + (text[length] == '\n');
    }
    return emit(session, result, err);
}

static const struct example examples[] = {
    { "load sleepstudy; note \"Reaction times over **ten days** of short nights.\"; describe Reaction", "why one looks at it" },
    { "note \"## Models\\n\\nTwo of them:\\n- intercepts\\n- slopes\"; report notes.html", "headings and lists, as a page" },
    { NULL, NULL },
};

const struct command command_note = {
    .name = "note",
    .usage = "note \"TEXT\"",
    .brief = "put words between the commands",
    .help =
        "Shows the text, and keeps it: a recorded script has it, `output FILE, commands` has it, and in a `report` it is prose "
        "in "
        "Markdown: `\\n` begins a new line, an empty line a paragraph, `#` headings, `-` lists, `**bold**`, `*italic*`, and code "
        "between backquotes.",
    .arguments = ARGUMENT_WORDS,
    .examples = examples,
    .run = note_run,
};
