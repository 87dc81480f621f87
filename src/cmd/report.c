/* report.c -- the session as a page. */
#include "lang/command.h"
#include "report/tables.h"
#include "session/guard.h"
#include "session/output.h"
#include "session/page.h"

struct report_options {
    const char *title;
    bool errors, replace;
};

static bool show(struct session *session, const char *path, const struct page *page, struct glmm_error *err)
{
    struct result *result = result_new("report");

    result_string(result, "file", path);
    result_integer(result, "commands", (long long)page->commands);
    result_integer(result, "results", (long long)page->results);
    result_integer(result, "lost", (long long)page->lost);
    result_line(result, LINE_TEXT, "%s: %zu command%s, %zu result%s", path, page->commands, page->commands == 1 ? "" : "s",
                page->results, page->results == 1 ? "" : "s");
    if (page->lost > 0)
        result_line(result, LINE_NOTE, "%zu earlier result%s no longer kept: results of 64 MB are", page->lost,
                    page->lost == 1 ? " is" : "s are");
    return emit(session, result, err);
}

static bool report_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct report_options *options = call->options;
    struct page page = { .title = options->title, .errors = options->errors };
    struct text text = { 0 };
    const char *path;
    bool ok;

    if (call->word_count != 1)
        return fail(err, GLMM_E_USAGE, call->argument_at, "`report` needs one file");
    path = path_at_home(call->arena, call->words[0].text);
    if (path == NULL)
        return fail_memory(err);
    ok = guard_replace(session, path, options->replace, "report", err) && page_write(session, &page, &text, err)
         && file_replace(session, path, text_string(&text), text.length, err);
    text_clear(&text);
    return word_blame(ok, &call->words[0], err) && show(session, path, &page, err);
}

static const struct option report_options[] = {
    { "title", OPTION_WORD, offsetof(struct report_options, title), .word = "\"TEXT\"", .help = "the headline of the page" },
    { "errors", OPTION_FLAG, offsetof(struct report_options, errors), .help = "commands that failed too, with their errors" },
    { "replace", OPTION_FLAG, offsetof(struct report_options, replace),
      .help = "overwrite a file that something else has written" },
    { .name = NULL },
};

static const enum complete report_complete[] = { COMPLETE_FILE, COMPLETE_NOTHING };

static const struct example report_examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); plot-ascii shrinkage; report sleep.html",
      "the session as a page" },
    { "load dyestuff; note \"How much do batches differ?\"; fit Yield ~ 1 + (1 | Batch); report dye.html, title=\"Dyestuff\"",
      "with words and a headline" },
    { NULL, NULL },
};

const struct command command_report = {
    .name = "report",
    .usage = "report FILE",
    .brief = "write the session as an HTML page",
    .help =
        "Writes what was done so far as one page that any browser opens and prints: each command with its results, tables as "
        "tables, plots as pictures, notes as prose, and at its foot the version, the seed and the data with their checksums. The "
        "file needs nothing else, no network either. Commands that failed are left out; help, history and the like are too.",
    .arguments = ARGUMENT_WORDS,
    .complete = report_complete,
    .options = report_options,
    .options_size = sizeof(struct report_options),
    .examples = report_examples,
    .flags = COMMAND_UNRECORDED,
    .run = report_run,
};
