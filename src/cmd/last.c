/* last.c -- the last result again. */
#include <stdio.h>
#include <string.h>

#include "base/safe.h"
#include "base/text.h"
#include "lang/command.h"
#include "base/suggest.h"
#include "render/svg.h"
#include "session/guard.h"
#include "session/output.h"

struct last_options {
    bool replace;
};

/* All rows are shown. */
static void uncut(struct result *result)
{
    for (; result != NULL; result = result->next)
        for (struct item *item = result->first; item != NULL; item = item->next)
            if (item->kind == ITEM_TABLE)
                table_show_rows(item->as.table, 0);
}

/* To the person who waits; no result, for it would be the last one. */
static bool tell_written(struct session *session, const char *path, enum format format, struct glmm_error *err)
{
    struct text text = { 0 };
    bool ok;

    safe_add(&text, path, strlen(path), SAFE_WORDS);
    text_addf(&text, ": %s, as %s\n", session->last->command, format_name(format));
    ok = text.failed ? fail_memory(err) : session_write(session, text_string(&text), text.length, false, err);
    text_clear(&text);
    return ok;
}

static bool show(struct session *session, const struct style *style, const char *path, struct glmm_error *err)
{
    struct text text = { 0 };
    bool ok;

    if (path == NULL)
        return session_emit_again(session, style, err);
    ok = session_render(session, session->last, style, &text, err)
         && file_replace(session, path, text_string(&text), text.length, err);
    text_clear(&text);
    return ok && (!session->interactive || tell_written(session, path, style->format, err));
}

static bool fail_format(const struct word *word, struct glmm_error *err)
{
    static const char *const names[] = { "text", "json", "csv", "tsv", "markdown", "latex", "html", "svg", "all", NULL };
    struct suggest suggest;

    fail(err, GLMM_E_USAGE, word->at, "no format `%.60s`", word->text);
    suggest_init(&suggest, word->text);
    suggest_all(&suggest, names);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "text, json, csv, tsv, markdown, latex, html or svg");
    return false;
}

static bool last_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct style style = call->word_count == 2 ? session_plain_style(session) : session_style(session);
    const struct last_options *options = call->options;
    char command[64];
    const char *path;

    if (call->word_count > 2)
        return fail(err, GLMM_E_USAGE, call->words[2].at, "one format and one file");
    if (session->last == NULL) {
        fail(err, GLMM_E_STATE, NOWHERE, "there is no result yet");
        return false;
    }
    if (call->word_count > 0 && strcmp(call->words[0].text, "all") != 0) {
        if (!format_from_name(call->words[0].text, &style.format))
            return fail_format(&call->words[0], err);
        if (style.format == FORMAT_SVG && !result_has_plot(session->last)) {
            fail(err, GLMM_E_USAGE, call->words[0].at, "the last result has no plot");
            error_hint(err, "plot-ascii, shrinkage and attenuation make some");
            return false;
        }
    }
    style.hints = false;
    if (call->word_count > 0 && strcmp(call->words[0].text, "text") == 0)
        style.digits = FULL_DIGITS;
    uncut(session->last);
    if (call->word_count < 2)
        return show(session, &style, NULL, err);
    snprintf(command, sizeof command, "last %.20s", call->words[0].text);
    path = path_at_home(call->arena, call->words[1].text);
    if (path == NULL)
        return fail_memory(err);
    return word_blame(guard_replace(session, path, options->replace, command, err) && show(session, &style, path, err),
                      &call->words[1], err);
}

static const struct option last_options[] = {
    { "replace", OPTION_FLAG, offsetof(struct last_options, replace),
      .help = "overwrite a file that something else has written" },
    { .name = NULL },
};

static const enum complete last_complete[] = { COMPLETE_CHOICE, COMPLETE_FILE, COMPLETE_NOTHING };
static const char *const last_choices[] = { "all", "text", "json", "csv", "tsv", "markdown", "latex", "html", "svg", NULL };

static const struct example last_examples[] = {
    { "set; last json", "as JSON" },
    { "load sleepstudy; head 3; last csv head.csv", "as CSV, in a file" },
    { "set; last markdown", "as a table for a document" },
    { NULL, NULL },
};

const struct command command_last = {
    .name = "last",
    .usage = "last [all|FORMAT [FILE]]",
    .brief = "show the last result again, whole, in any format",
    .help = "Shows the last result again without computing it again, with all its rows: as it was, or in another format: "
            "text, json, csv, tsv, markdown, latex, html, or svg of a plot. Numbers have their full precision in JSON, CSV "
            "and TSV, 12 digits with `last text`, the digits of the result in Markdown, LaTeX and HTML (a part of a page). With "
            "FILE, writes it there; a file that was not written this way is only "
            "overwritten with `replace`, and "
            "the file of loaded data or of a running script never.",
    .arguments = ARGUMENT_WORDS,
    .complete = last_complete,
    .choices = last_choices,
    .options = last_options,
    .options_size = sizeof(struct last_options),
    .examples = last_examples,
    .run = last_run,
};
