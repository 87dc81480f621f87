/* write.c -- the current data as a file. */
#include "cmd/write.h"

#include <string.h>

#include "base/text.h"
#include "cmd/verb.h"
#include "session/guard.h"
#include "session/output.h"

struct write_options {
    const char *sep;
    bool replace;
};

static const char *const separators[] = { "comma", "semicolon", "tab", NULL };

static const struct option write_option_table[] = { { .name = "sep",
                                                      .type = OPTION_CHOICE,
                                                      .offset = offsetof(struct write_options, sep),
                                                      .choices = separators,
                                                      .word = "CHAR",
                                                      .help = "comma, semicolon or tab; a file that ends in .tsv has tabs" },
                                                    { .name = "replace",
                                                      .type = OPTION_FLAG,
                                                      .offset = offsetof(struct write_options, replace),
                                                      .help = "overwrite a file that mixsh did not write" },
                                                    { .name = NULL } };

static char separator_of(const struct write_options *options, const char *path)
{
    size_t length = strlen(path);

    if (options->sep != NULL)
        return strcmp(options->sep, "tab") == 0 ? '\t' : strcmp(options->sep, "semicolon") == 0 ? ';' : ',';
    return length > 4 && strcmp(path + length - 4, ".tsv") == 0 ? '\t' : ',';
}

/* Appends `WHAT a, b`: the variables of which the file loses this. */
static void add_loss(struct text *line, const struct frame *data, const unsigned *losses, unsigned which, const char *what)
{
    const char *before = line->length > 0 ? "; " : "";

    for (size_t j = 0; j < data->column_count; j++)
        if (losses[j] & which) {
            text_addf(line, "%s%s%s", before, what, data->columns[j].name);
            before = ", ";
            what = "";
        }
}

/* How `load` reads the types as they are, where it would tell others by what stands in the file: types= there, or NULL. */
static const char *add_types(struct result *result, const struct frame *data, const unsigned *losses)
{
    struct text types = { 0 };
    const char *copy = NULL;

    for (size_t j = 0; j < data->column_count; j++)
        if (losses[j] & LOSES_TYPE) {
            const char *name = data->columns[j].name;

            text_addf(&types, strpbrk(name, ",=") != NULL ? "%s`%s`=%s" : "%s%s=%s", types.length == 0 ? "" : ",", name,
                      column_type_name(data->columns[j].type));
        }
    if (types.length > 0) {
        result_string(result, "types", text_string(&types));
        result_line(result, LINE_NOTE, "what stands there does not tell all types; load reads these with types=\"%s\"",
                    text_string(&types));
        copy = arena_strdup(result->arena, text_string(&types));
    }
    result->failed = result->failed || types.failed;
    text_clear(&types);
    return copy;
}

/* What the file does not say, and load cannot know: levels that no row has, an order of levels of one's own, a reference, types.
 * And the commands that give them back. */
static void add_losses(struct result *result, const struct call *call, const struct frame *data, const char *path, int width)
{
    unsigned *losses = arena_alloc(result->arena, data->column_count + 1, sizeof *losses);
    bool stata = path_ends_in(path, ".dta"), labelled = stata || path_ends_in(path, ".sav");
    struct text line = { 0 };
    const char *types = NULL;

    for (size_t j = 0; losses != NULL && j < data->column_count; j++)
        result->failed =
            !(labelled ? stat_losses(data, j, stata, &losses[j]) : csv_losses(data, j, &losses[j])) || result->failed;
    if (losses == NULL || result->failed) {
        result->failed = true;
        return;
    }
    add_loss(&line, data, losses, LOSES_REFERENCE, "the reference levels of ");
    add_loss(&line, data, losses, LOSES_ORDER, "the order of the levels of ");
    add_loss(&line, data, losses, LOSES_UNUSED, "levels without a row of ");
    add_loss(&line, data, losses, LOSES_NA, "the level NA, which is read as missing, of ");
    add_loss(&line, data, losses, LOSES_EMPTY, "the empty level, which is read as missing, of ");
    add_loss(&line, data, losses, LOSES_CONTRAST, "the polynomial contrasts of ");
    add_loss(&line, data, losses, LOSES_BLANKS, "blanks behind the levels of ");
    if (line.length > 0)
        result_line(result, LINE_NOTE, "the file has no place for %s", text_string(&line));
    if (!labelled)
        types = add_types(result, data, losses);
    write_add_again(result, call, data, losses, types, width);
    result->failed = result->failed || line.failed;
    text_clear(&line);
}

/* The data as the bytes of a file of that name. */
static bool make_bytes(const struct session *session, const struct frame *data, const struct write_options *options,
                       const char *path, struct text *out, struct glmm_error *err)
{
    bool stata = path_ends_in(path, ".dta");

    if (stata || path_ends_in(path, ".sav"))
        return stat_write(data, stata, out, err);
    return csv_write(data, separator_of(options, path), out, &session->progress, err);
}

static bool write_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct write_options *options = call->options;
    const struct frame *data = session_need_data(session, err);
    struct text text = { 0 };
    struct result *result;
    const char *path;
    bool ok;

    if (data == NULL)
        return false;
    if (call->word_count == 0)
        return fail(err, GLMM_E_USAGE, NOWHERE, "write which file?");
    if (call->word_count > 1) {
        fail(err, GLMM_E_USAGE, call->words[1].at, "one file at a time");
        error_hint(err, "a file name with blanks stands in quotes");
        return false;
    }
    path = path_at_home(call->arena, call->words[0].text);
    if (path == NULL)
        return fail_memory(err);
    ok = word_blame(guard_replace(session, path, options->replace, "write", err), &call->words[0], err)
         && make_bytes(session, data, options, path, &text, err)
         && word_blame(file_replace(session, path, text.data, text.length, err), &call->words[0], err);
    text_clear(&text);
    if (!ok)
        return false;
    result = result_new("write");
    if (result == NULL)
        return fail_memory(err);
    result_string(result, "file", call->words[0].text);
    result_integer(result, "rows", (long long)data->rows);
    result_integer(result, "variables", (long long)data->column_count);
    result_line(result, LINE_TEXT, "%s: %s, %s", call->words[0].text, verb_count(result->arena, data->rows, "row"),
                verb_count(result->arena, data->column_count, "variable"));
    add_losses(result, call, data, path, session_style(session).width);
    return session_emit(session, result, err);
}

static const enum complete files[] = { COMPLETE_FILE, COMPLETE_END, COMPLETE_NOTHING };

static const struct example write_examples[] = {
    { "load sleepstudy; where Days > 1; write late.csv; load late.csv", "the rows that are left, as a file" }, { NULL, NULL }
};

const struct command command_write = {
    .name = "write",
    .usage = "write FILE",
    .brief = "write the data to a file",
    .help =
        "Writes the current data: to a file that ends in .dta as Stata's, in .sav as SPSS's (factors with value labels, unused "
        "levels too, and dates), else as a table of text, names in the first line, as load reads it: commas between the values, "
        "tabs "
        "where the file ends in .tsv; numbers in all their digits, missing values as NA, a text in quotes where it must be. The "
        "file is complete or not there, and another's is not overwritten without replace. What the file has no place for (a "
        "factor "
        "of numbers, levels without a row, their order, the reference) is said, with the commands that give it back.",
    .arguments = ARGUMENT_WORDS,
    .complete = files,
    .options = write_option_table,
    .options_size = sizeof(struct write_options),
    .examples = write_examples,
    .run = write_run,
};
