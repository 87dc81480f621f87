/* load.c -- reads a table from a file, standard input, or a bundled example. */
#include "cmd/load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/suggest.h"
#include "data/foreign.h"
#include "data/imputation.h"
#include "session/bundled.h"
#include "session/heap.h"
#include "session/session.h"
#include "term/progress.h"

enum {
    OPTION_SEP,
    OPTION_DECIMAL,
    OPTION_THOUSANDS,
    OPTION_UNITS,
    OPTION_NA,
    OPTION_HEADER,
    OPTION_NAMES,
    OPTION_SKIP,
    OPTION_ROWS,
    OPTION_TYPES,
    OPTION_ENCODING,
    OPTION_SHEET,
    OPTION_TABLE,
    OPTION_QUERY,
    OPTION_IMPUTATION
};

static const char *const yes_no[] = { "yes", "no", NULL };
static const char *const unit_places[] = { "cells", "row", "both", NULL };
static const char *const name_rules[] = { "strict", "unique", NULL };
static const char *const separators[] = { "comma", "semicolon", "tab", "pipe", "blank", NULL };
static const char *const decimal_signs[] = { "point", "comma", NULL };
static const char *const thousands_marks[] = { "comma", "point", "space", "apostrophe", NULL };
/* Those that load's notes name; others are known too. */
static const char *const encodings[] = { "utf-8",     "latin1", "cp1252", "utf-16",    "cp1250", "cp1251",
                                         "koi8-r",    "cp1253", "cp1254", "cp1255",    "cp1256", "cp850",
                                         "macintosh", "gbk",    "big5",   "shift_jis", "euc-kr", NULL };

static const struct option load_option_table[] = { { .name = "sep",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, sep),
                                                     .choices = separators,
                                                     .word = "CHAR",
                                                     .help = "comma, semicolon, tab, pipe, blank, or a sign; found out" },
                                                   { .name = "decimal",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, decimal),
                                                     .choices = decimal_signs,
                                                     .word = "point|comma",
                                                     .help = "the decimal sign of the numbers" },
                                                   { .name = "thousands",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, thousands),
                                                     .choices = thousands_marks,
                                                     .word = "MARK",
                                                     .help = "between thousands: comma (1,020), point, space, apostrophe" },
                                                   { .name = "units",
                                                     .type = OPTION_CHOICE,
                                                     .offset = offsetof(struct load_options, units),
                                                     .choices = unit_places,
                                                     .word = "cells|row|both",
                                                     .help = "10 mm, $10, 10%, (4) are numbers; units below names" },
                                                   { .name = "na",
                                                     .type = OPTION_WORDS,
                                                     .offset = offsetof(struct load_options, na),
                                                     .word = "TEXTS",
                                                     .help = "missing too: na=\"-99,n/a\" na=\"?\"",
                                                     .also = "na.strings na_values nastrings missing null" },
                                                   { .name = "header",
                                                     .type = OPTION_CHOICE,
                                                     .offset = offsetof(struct load_options, header),
                                                     .choices = yes_no,
                                                     .word = "yes|no",
                                                     .help = "no: no line of names; the variables are V1, V2, ...",
                                                     .also = "col.names col_names firstrow" },
                                                   { .name = "names",
                                                     .type = OPTION_CHOICE,
                                                     .offset = offsetof(struct load_options, names),
                                                     .choices = name_rules,
                                                     .word = "strict|unique",
                                                     .help = "unique: x and x give x, x.2; a column without a name is V4" },
                                                   { .name = "skip",
                                                     .type = OPTION_INTEGER,
                                                     .offset = offsetof(struct load_options, skip),
                                                     .min = 0,
                                                     .max = 1000000,
                                                     .word = "N",
                                                     .help = "leave out N lines above the names",
                                                     .also = "skiprows firstobs" },
                                                   { .name = "rows",
                                                     .type = OPTION_INTEGER,
                                                     .offset = offsetof(struct load_options, rows),
                                                     .min = 1,
                                                     .max = 2000000000,
                                                     .word = "N",
                                                     .help = "the first N rows only",
                                                     .also = "nrows n_max nrow" },
                                                   { .name = "types",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, types),
                                                     .word = "TYPES",
                                                     .help = "as in types=\"herd=factor,when=d/m/y\"",
                                                     .also = "colClasses col_types dtype classes stringsAsFactors" },
                                                   { .name = "encoding",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, encoding),
                                                     .choices = encodings,
                                                     .word = "NAME",
                                                     .help = "of the text: any that iconv knows; default: found out",
                                                     .also = "fileEncoding" },
                                                   { .name = "sheet",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, sheet),
                                                     .word = "NAME",
                                                     .help = "of an Excel workbook: the sheet" },
                                                   { .name = "table",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, table),
                                                     .word = "NAME",
                                                     .help = "of a database or an R workspace" },
                                                   { .name = "query",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, query),
                                                     .word = "SQL",
                                                     .help = "of a database: query=\"select * from visits\"" },
                                                   { .name = "imputation",
                                                     .type = OPTION_WORD,
                                                     .offset = offsetof(struct load_options, imputation),
                                                     .word = "VAR",
                                                     .help = "numbers the imputations of a stacked table: help imputed" },
                                                   { .name = NULL } };

/* --- the call ----------------------------------------------------------------------------------- */

/* The word behind `sep=` as one character; 0 for one that is none. */
static char separator_of(const char *word)
{
    static const struct {
        const char *name;
        char separator;
    } names[] = { { "comma", ',' }, { "semicolon", ';' }, { "tab", '\t' }, { "\\t", '\t' },
                  { "pipe", '|' },  { "space", ' ' },     { "blank", ' ' } };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i].name) == 0)
            return names[i].separator;
    return strlen(word) == 1 ? word[0] : '\0';
}

/* The texts of na=, with NA and the empty one, ended by NULL; the arena's. */
static const char *const *missing_texts(struct arena *arena, const char *const *na)
{
    size_t count = 0;
    const char **texts;

    while (na[count] != NULL)
        count++;
    texts = arena_alloc(arena, count + 3, sizeof *texts);
    if (texts == NULL)
        return NULL;
    texts[0] = "NA";
    texts[1] = "";
    memcpy(texts + 2, na, count * sizeof *texts);
    return texts;
}

static bool read_decimal(const struct call *call, const char *word, char *decimal, struct glmm_error *err)
{
    if (strcmp(word, "comma") == 0 || strcmp(word, ",") == 0)
        *decimal = ',';
    else if (strcmp(word, "point") == 0 || strcmp(word, ".") == 0)
        *decimal = '.';
    else
        return fail(err, GLMM_E_VALUE, call->option_at[OPTION_DECIMAL], "`%s` is no decimal sign: point or comma", word);
    return true;
}

static bool read_thousands(const struct call *call, const char *word, struct csv_options *out, struct glmm_error *err)
{
    static const char marks[] = { ',', '.', ' ', '\'' };

    for (size_t i = 0; i < sizeof marks; i++)
        if (strcmp(word, thousands_marks[i]) == 0 || (word[0] == marks[i] && word[1] == '\0'))
            out->thousands = marks[i];
    if (out->thousands == '\0')
        return fail(err, GLMM_E_VALUE, call->option_at[OPTION_THOUSANDS],
                    "`%s` is no mark between thousands: comma, point, space or apostrophe", word);
    if (out->thousands == out->decimal || (out->thousands == ',' && out->decimal == ','))
        return fail(err, GLMM_E_VALUE, call->option_at[OPTION_THOUSANDS],
                    "the decimal sign and the mark between thousands cannot be the same");
    return true;
}

static bool read_options(const struct call *call, struct csv_options *out, struct glmm_error *err)
{
    const struct load_options *options = call->options;

    if (options->sep != NULL && (out->separator = separator_of(options->sep)) == '\0') {
        fail(err, GLMM_E_VALUE, call->option_at[OPTION_SEP], "`%s` is no separator", options->sep);
        error_hint(err, "one character, or comma, semicolon, tab, pipe or blank");
        return false;
    }
    if (options->na != NULL && (out->missing = missing_texts(call->arena, options->na)) == NULL)
        return fail_memory(err);
    out->no_header = options->header != NULL && strcmp(options->header, "no") == 0;
    out->unique_names = options->names != NULL && strcmp(options->names, "unique") == 0;
    out->unit_row = options->units != NULL && strcmp(options->units, "cells") != 0;
    out->units_in_cells = options->units != NULL && strcmp(options->units, "row") != 0;
    out->skip = options->skip;
    out->rows = options->rows;
    out->types = options->types;
    out->encoding = options->encoding;
    out->sheet = options->sheet;
    out->table = options->table;
    out->query = options->query;
    return (options->decimal == NULL || read_decimal(call, options->decimal, &out->decimal, err))
           && (options->thousands == NULL || read_thousands(call, options->thousands, out, err));
}

/* A name for the data: the file's without its endings, or that of the table or source of a database; other characters than those
 * of a name are made `_`. */
static char *name_from_path(struct arena *arena, const char *path, const char *table)
{
    static const char *const endings[] = { ".gz",  ".bz2",   ".xz",  ".zst",  ".csv",    ".tsv",      ".txt",
                                           ".dat", ".tab",   ".dta", ".sav",  ".zsav",   ".sas7bdat", ".xpt",
                                           ".rds", ".RData", ".rda", ".xlsx", ".sqlite", ".db" };
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    char *name;

    if (foreign_is_connection(path))
        base = table != NULL ? table : strchr(path, '=') == NULL ? strchr(path, ':') + 1 : "odbc";
    name = strcmp(path, "-") == 0 ? arena_strdup(arena, "stdin")
                                  : arena_printf(arena, "%s%s", isdigit((unsigned char)*base) ? "d" : "", base);

    if (name == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(name), ending = strlen(endings[i]);

        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            name[length - ending] = '\0';
    }
    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.' && (unsigned char)*c < 0x80)
            *c = '_';
    return name;
}

/* What stands behind the file is not `as`: perhaps the name goes on. */
static bool fail_second_word(const struct call *call, struct glmm_error *err)
{
    struct text path = { 0 };
    const char *dot;
    int last = 0;

    for (int i = 0; i < call->word_count && strcmp(call->words[i].text, "as") != 0; i++)
        last = i;
    text_add_bytes(&path, call->line + call->words[0].at.begin, (size_t)(call->words[last].at.end - call->words[0].at.begin));
    if (path.length > 2 && text_string(&path)[0] == '\'' && text_string(&path)[path.length - 1] == '\'') { /* R's other quotes */
        char *inside = strndup(text_string(&path) + 1, path.length - 2);

        text_truncate(&path, 0);
        text_add(&path, inside == NULL ? "" : inside);
        free(inside);
    }
    dot = strrchr(text_string(&path), '.');
    if (path.failed) {
        fail_memory(err);
    } else if (!call->words[0].quoted
               && (access(text_string(&path), F_OK) == 0
                   || (dot != NULL && dot > strrchr(text_string(&path), ' ') && strchr(text_string(&path), '=') == NULL))) {
        fail(err, GLMM_E_USAGE, span_of(call->words[0].at.begin, call->words[last].at.end),
             "a file name with blanks stands in quotes: load \"%s\"", text_string(&path));
    } else {
        fail(err, GLMM_E_USAGE, call->words[1].at, "what is `%s`?", call->words[1].text);
        error_hint(err, "load FILE as NAME; a file name with blanks stands in quotes");
    }
    text_clear(&path);
    return false;
}

/* load -> FILE [ 'as' NAME ] */
static bool read_words(const struct call *call, const char **name, struct glmm_error *err)
{
    if (call->word_count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "load what?");
        error_hint(err, "a file, or an example that datasets lists: load sleepstudy");
        return false;
    }
    *name = NULL;
    if (call->word_count == 1)
        return true;
    if (strcmp(call->words[1].text, "as") != 0)
        return fail_second_word(call, err);
    if (call->word_count == 2)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "a name must follow `as`");
    if (call->word_count > 3)
        return fail(err, GLMM_E_USAGE, call->words[3].at, "one name is enough");
    *name = call->words[2].text;
    if ((*name)[0] == '\0')
        return fail(err, GLMM_E_VALUE, call->words[2].at, "the name is empty");
    return true;
}

/* A missing file may be a misspelt example. */
static void suggest_example(const char *word, struct glmm_error *err)
{
    bool may_be = strpbrk(word, "/.") == NULL;
    struct frame *index = may_be ? bundled_index(NULL) : NULL;
    const struct column *names = index == NULL ? NULL : frame_find(index, "name");
    struct glmm_error was;
    struct suggest suggest;

    if (!may_be)
        return;
    suggest_init(&suggest, word);
    for (int32_t i = 0; names != NULL && i < names->level_count; i++)
        suggest_offer(&suggest, names->levels[i]);
    was = *err;
    error_clear(err);
    fail(err, was.code, was.at, "no file or example `%.200s`", word);
    if (suggest.count == 0 && was.hint[0] != '\0')
        error_hint(err, "%s", was.hint);
    for (int32_t i = 0; names != NULL && i < names->level_count; i++)
        if (strcmp(names->levels[i], word) == 0)
            error_hint(err, "an example is named without quotes: load %.60s", word);
    if (err->hint[0] == '\0' && !suggest_hint(&suggest, err))
        error_hint(err, "datasets lists the examples");
    frame_free(index);
}

/* --- the command -------------------------------------------------------------------------------- */

/* The error of a file as a whole belongs to its name in the command, one of a type to types=; one of a line in the file names
 * the line. */
static void place_error(const struct call *call, bool example, struct glmm_error *err)
{
    const struct word *word = &call->words[0];

    if (err->line != 0)
        return;
    for (int k = 0; load_option_table[k].name != NULL; k++)
        if (error_is_about(err, load_option_table[k].name)) {
            err->at = call->option_at[k].begin >= 0 ? call->option_at[k] : word->at;
            return;
        }
    if (err->code == GLMM_E_VALUE || err->code == GLMM_E_NAME)
        err->at = call->option_at[OPTION_TYPES];
    if (err->code != GLMM_E_FILE)
        return;
    err->at = word->at;
    if (!example && error_is_about(err, "path"))
        suggest_example(word->text, err);
}

/* The way out of an error as a command behind its hint. */
static void add_way_out(const struct call *call, const struct csv_report *report, struct glmm_error *err)
{
    const char *options, *command;
    size_t length = strlen(err->hint);

    if (!report->has_way_out || err->code == GLMM_OK)
        return;
    options = load_options_text(call->arena, call->options, &report->way_out);
    command = options == NULL ? NULL : load_command(call->arena, call, options, 0);
    if (command != NULL && length + strlen(command) + 3 < sizeof err->hint)
        snprintf(err->hint + length, sizeof err->hint - length, ": %s", command);
}

static struct frame *read_frame(struct session *session, const struct call *call, const char *name, struct csv_report *report,
                                struct glmm_error *err)
{
    const struct word *word = &call->words[0];
    struct csv_options options = { .report = report };
    char *example = word->quoted ? NULL : bundled_path(word->text, err);
    const char *path = example != NULL ? example : path_at_home(call->arena, word->text);
    struct frame *frame = NULL;

    progress_name(session, arena_printf(call->arena, "load %s", word->text), NULL);
    if (name == NULL && path != NULL)
        name =
            example != NULL ? word->text : name_from_path(call->arena, path, ((const struct load_options *)call->options)->table);
    heap_settle(true);
    if (name == NULL || path == NULL || err->code != GLMM_OK) {
        fail_memory(err);
    } else if (read_options(call, &options, err) && (frame = csv_read(path, name, &options, &session->progress, err)) == NULL) {
        place_error(call, example != NULL, err);
        add_way_out(call, report, err);
    }
    heap_settle(false);
    if (frame != NULL && example != NULL) { /* its path may differ where the session is replayed */
        mem_free(frame->source);
        frame->source = mem_strdup(word->text);
    }
    mem_free(example);
    return frame;
}

/* The frame with its imputations marked; takes it.  *left_out gets the rows of the data before them. */
static struct frame *mark_imputations(const struct call *call, struct frame *frame, size_t *left_out, struct glmm_error *err)
{
    const struct load_options *given = call->options;
    struct frame *marked;

    *left_out = 0;
    if (frame == NULL || given->imputation == NULL)
        return frame;
    marked = frame_mark_imputations(frame, given->imputation, left_out, err);
    if (marked == NULL && err->at.begin < 0)
        err->at = call->option_at[OPTION_IMPUTATION];
    frame_free(frame);
    return marked;
}

static bool load_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct csv_report report = { 0 };
    struct style style = session_style(session);
    struct frame *frame;
    struct result *result;
    const char *name;
    size_t left_out;

    if (!read_words(call, &name, err))
        return false;
    frame = mark_imputations(call, read_frame(session, call, name, &report, err), &left_out, err);
    if (frame == NULL) {
        csv_report_clear(&report);
        return false;
    }
    result =
        load_report(call, frame, &report, session_find_data(session, frame->name) != NULL, left_out, style.digits, style.width);
    csv_report_clear(&report);
    if (!session_add_data(session, frame, err)) {
        result_free(result);
        return false;
    }
    return session_emit(session, result, err);
}

static const enum complete load_complete[] = { COMPLETE_DATA_FILE, COMPLETE_CHOICE, COMPLETE_NOTHING };
static const char *const load_choices[] = { "as", NULL };

static const struct example load_examples[] = { { "load sleepstudy", "a bundled example" },
                                                { "load cbpp as herds, types=\"period=integer\"", "named and typed" },
                                                { "load insteval; load dyestuff; use insteval",
                                                  "several data sets; the last one loaded or used is the current one" },
                                                { NULL, NULL } };

const struct command command_load = {
    .name = "load",
    .usage = "load FILE|EXAMPLE [as NAME]",
    .brief = "read a table from a file, or a bundled example",
    .help =
        "Reads a table whose first line has the names of its variables: CSV, or another separator (, ; tab | and columns "
        "aligned by blanks are found out), also compressed; `-` is standard input. A bare word is first looked for among the "
        "bundled examples (datasets); a file name with blanks or commas stands in quotes. The data have the file's "
        "name without `as`.\n"
        "\n"
        "Each variable's type is found over the whole file: integer, real, logical (TRUE, FALSE, T, F), date (help date), and "
        "factor for any other text. Quotes count: a variable whose every number stands in quotes is a factor, for so R's "
        "write.csv writes factors; only in a file that has no number without quotes are numbers in quotes numbers.\n"
        "\n"
        "NA and empty fields are missing, also in quotes. Levels are sorted by number where all are numbers, else by their "
        "bytes. Left out, and said: the names where they come again, empty columns at the ends of lines, questions of "
        "Qualtrics.\n"
        "\n"
        "Files of Stata, SPSS, SAS, R, Excel and SQLite are known by their content: value labels become levels, what the file "
        "declares missing is missing. A sheet or a query is read like a text, with skip=, na= and the like. A database server is "
        "asked by ODBC: load odbc:NAME, query=\"...\" (help files).",
    .arguments = ARGUMENT_WORDS,
    .complete = load_complete,
    .choices = load_choices,
    .options = load_option_table,
    .options_size = sizeof(struct load_options),
    .examples = load_examples,
    .flags = COMMAND_CHANGES | COMMAND_LONG,
    .run = load_run,
};
