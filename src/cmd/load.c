/* load.c -- reads a table from a file, standard input, or a bundled example. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cmd/command.h"
#include "data/csv.h"
#include "lang/suggest.h"
#include "result/number.h"
#include "session/bundled.h"
#include "session/session.h"
#include "term/progress.h"

struct load_options {
    const char *sep, *na, *header, *types, *decimal;
};

enum { OPTION_SEP, OPTION_NA, OPTION_HEADER, OPTION_TYPES, OPTION_DECIMAL };

static const char *const yes_no[] = { "yes", "no", NULL };

static const struct option load_option_table[] = {
    { "sep", OPTION_WORD, offsetof(struct load_options, sep), .word = "CHAR",
      .help = "what separates the fields: a character, or comma, semicolon, tab, pipe, space (default: found out)" },
    { "na", OPTION_WORD, offsetof(struct load_options, na), .word = "TEXTS",
      .help = "texts that mean missing, besides NA and the empty text; several with commas: na=\"-99,n/a\"" },
    { "header", OPTION_CHOICE, offsetof(struct load_options, header), .choices = yes_no, .word = "yes|no",
      .help = "whether the first line has the names; without names the variables are V1, V2, ..." },
    { "types", OPTION_WORD, offsetof(struct load_options, types), .word = "TYPES",
      .help = "types that are not to be found out: types=\"herd=factor,size=real\" (real, integer, factor, logical)" },
    { "decimal", OPTION_WORD, offsetof(struct load_options, decimal), .word = "point|comma",
      .help = "the decimal sign of the numbers, in words or as it is: decimal=\",\"" },
    { .name = NULL }
};

/* --- the call ----------------------------------------------------------------------------------- */

/* The word behind `sep=` as one character; 0 for one that is none. */
static char separator_of(const char *word)
{
    static const struct {
        const char *name;
        char separator;
    } names[] = { { "comma", ',' }, { "semicolon", ';' }, { "tab", '\t' }, { "\\t", '\t' }, { "pipe", '|' }, { "space", ' ' } };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i].name) == 0)
            return names[i].separator;
    return strlen(word) == 1 ? word[0] : '\0';
}

/* The texts of na=, with NA and the empty one, ended by NULL; the arena's. */
static const char *const *missing_texts(struct arena *arena, const char *na)
{
    size_t count = 3;
    const char **texts;

    for (const char *p = na; *p != '\0'; p++)
        count += *p == ',';
    texts = arena_alloc(arena, count + 1, sizeof *texts);
    if (texts == NULL)
        return NULL;
    texts[0] = "NA";
    texts[1] = "";
    for (count = 2;; na++) {
        size_t length = strcspn(na, ",");

        texts[count] = arena_strndup(arena, na, length);
        if (texts[count++] == NULL)
            return NULL;
        na += length;
        if (*na == '\0')
            return texts;
    }
}

static bool read_options(const struct call *call, struct csv_options *out, struct glmm_error *err)
{
    const struct load_options *options = call->options;

    if (options->sep != NULL && (out->separator = separator_of(options->sep)) == '\0') {
        fail(err, GLMM_E_VALUE, call->option_at[OPTION_SEP], "`%s` is no separator", options->sep);
        error_hint(err, "one character, or comma, semicolon, tab, pipe or space");
        return false;
    }
    if (options->na != NULL && (out->missing = missing_texts(call->arena, options->na)) == NULL)
        return fail_memory(err);
    out->no_header = options->header != NULL && strcmp(options->header, "no") == 0;
    out->types = options->types;
    if (options->decimal == NULL)
        return true;
    if (strcmp(options->decimal, "comma") == 0 || strcmp(options->decimal, ",") == 0)
        out->decimal = ',';
    else if (strcmp(options->decimal, "point") != 0 && strcmp(options->decimal, ".") != 0)
        return fail(err, GLMM_E_VALUE, call->option_at[OPTION_DECIMAL], "`%s` is no decimal sign: point or comma",
                    options->decimal);
    return true;
}

/* A name for the data: the file's without its endings, other characters than those of a name made `_`. */
static char *name_from_path(struct arena *arena, const char *path)
{
    static const char *const endings[] = { ".gz", ".csv", ".tsv", ".txt", ".dat", ".tab" };
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    char *name = strcmp(path, "-") == 0 ? arena_strdup(arena, "stdin")
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
    if (strcmp(call->words[1].text, "as") != 0) {
        fail(err, GLMM_E_USAGE, call->words[1].at, "what is `%s`?", call->words[1].text);
        error_hint(err, "load FILE as NAME; a file name with blanks stands in quotes");
        return false;
    }
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
    struct frame *index = strpbrk(word, "/.") == NULL ? bundled_index(NULL) : NULL;
    const struct column *names = index == NULL ? NULL : frame_find(index, "name");
    struct glmm_error was;
    struct suggest suggest;

    if (names == NULL)
        return;
    suggest_init(&suggest, word);
    for (int32_t i = 0; i < names->level_count; i++)
        suggest_offer(&suggest, names->levels[i]);
    was = *err;
    error_clear(err);
    fail(err, was.code, was.at, "no file or example `%.200s`", word);
    if (suggest.count == 0 && was.hint[0] != '\0')
        error_hint(err, "%s", was.hint);
    if (!suggest_hint(&suggest, err))
        error_hint(err, "datasets lists the examples");
    frame_free(index);
}

/* --- what is shown ------------------------------------------------------------------------------ */

/* The first levels, or the range of the numbers. */
static void describe_values(struct text *out, const struct column *column, size_t rows, int digits)
{
    enum { ROOM = 34 };
    char buffer[NUMBER_SIZE];
    double low = (double)NAN, high = (double)NAN, x;

    for (int32_t i = 0; column->type == COLUMN_FACTOR && i < column->level_count; i++) {
        if (i > 0 && utf8_width(text_string(out)) + utf8_width(column->levels[i]) > ROOM) {
            text_add(out, ", ...");
            return;
        }
        text_addf(out, "%s%s", i > 0 ? ", " : "", column->levels[i]);
    }
    if (column->type == COLUMN_FACTOR)
        return;
    for (size_t i = 0; i < rows; i++) {
        x = column_real(column, i);
        if (isnan(x))
            continue;
        low = x < low || isnan(low) ? x : low;
        high = x > high || isnan(high) ? x : high;
    }
    if (isnan(low))
        text_add(out, "nothing but missing values");
    else if (column->type == COLUMN_LOGICAL)
        text_add(out, low < high ? "FALSE, TRUE" : low > 0 ? "TRUE" : "FALSE");
    else {
        text_add(out, number_text(buffer, low, digits));
        if (low < high)
            text_addf(out, " to %s", number_text(buffer, high, digits));
    }
}

/* JSON names the levels of a factor that has at most NAMED_LEVELS: the result is kept, and must not outgrow the data. */
static void add_columns(struct result *result, const struct frame *frame, int digits)
{
    enum { NAMED_LEVELS = 1000 };
    struct table *table = result_table(result, "columns", NULL);
    struct text values = { 0 };

    table_column(table, "name", "variable", CELL_TEXT);
    table_column(table, "type", "type", CELL_TEXT);
    table_column(table, "levels", "levels", CELL_INTEGER);
    table_column(table, "missing", "missing", CELL_INTEGER);
    table_flags(table, table_column(table, "level_names", "level_names", CELL_VALUE), COLUMN_NOT_TEXT);
    table_flags(table, table_column(table, "values", "values", CELL_TEXT), COLUMN_NOT_JSON);
    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        size_t row = table_row(table);

        table_text(table, row, 0, column->name);
        table_text(table, row, 1, column_type_name(column->type));
        if (column->type == COLUMN_FACTOR) {
            table_integer(table, row, 2, column->level_count);
            if (column->level_count <= NAMED_LEVELS)
                table_value(table, row, 4,
                            value_strings(result->arena, (const char *const *)column->levels, (size_t)column->level_count));
        }
        table_integer(table, row, 3, (long long)column->missing);
        text_truncate(&values, 0);
        describe_values(&values, column, frame->rows, digits);
        table_text(table, row, 5, text_string(&values));
    }
    text_clear(&values);
}

/* The notes of the reader, a line each. */
static void add_notes(struct result *result, const char *notes)
{
    size_t length;

    for (; *notes != '\0'; notes += length + (notes[length] == '\n')) {
        length = strcspn(notes, "\n");
        result_line(result, LINE_NOTE, "%.*s", (int)length, notes);
    }
}

/* Texts such as "1,5" in all levels of a factor: probably numbers with a decimal comma. */
static void note_commas(struct result *result, const struct frame *frame)
{
    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        bool all = column->type == COLUMN_FACTOR && column->level_count > 0, any = false;

        for (int32_t i = 0; all && i < column->level_count; i++) {
            const char *level = column->levels[i];

            any = any || strchr(level, ',') != NULL;
            all = level[strspn(level, "+-0123456789,")] == '\0';
        }
        if (all && any)
            result_line(result, LINE_NOTE,
                        "The texts of %s look like numbers with a decimal comma; if they are, load with decimal=comma.",
                        column->name);
    }
}

/* What to do next: for an example, the model that its index suggests. */
static void add_next(struct result *result, const struct frame *frame)
{
    struct frame *index = bundled_index(NULL);
    const struct column *names = index == NULL ? NULL : frame_find(index, "name");
    const struct column *formulas = index == NULL ? NULL : frame_find(index, "formula");
    const struct column *families = index == NULL ? NULL : frame_find(index, "family");
    char a[40], b[40];
    bool known = false;

    for (size_t i = 0; names != NULL && formulas != NULL && families != NULL && frame->source != NULL && i < index->rows; i++)
        if (strcmp(column_text(names, i, a), frame->source) == 0) {
            const char *family = column_text(families, i, b);
            bool gaussian = strcmp(family, "gaussian") == 0;

            result_line(result, LINE_NEXT, "next: describe | head | fit %s%s%s", column_text(formulas, i, a),
                        gaussian ? "" : ", family=", gaussian ? "" : family);
            known = true;
        }
    if (!known)
        result_line(result, LINE_NEXT, "next: describe | head | fit RESPONSE ~ PREDICTORS + (1 | GROUP)");
    frame_free(index);
}

static struct result *report(const struct frame *frame, const char *notes, bool replaced, int digits)
{
    struct result *result = result_new("load");

    if (result == NULL)
        return NULL;
    result_string(result, "data", frame->name);
    result_integer(result, "rows", (long long)frame->rows);
    result_string(result, "source", frame->source);
    result_line(result, LINE_TITLE, "%s: %zu row%s, %zu variable%s", frame->name, frame->rows, frame->rows == 1 ? "" : "s",
                frame->column_count, frame->column_count == 1 ? "" : "s");
    add_columns(result, frame, digits);
    add_notes(result, notes);
    note_commas(result, frame);
    if (replaced)
        result_line(result, LINE_NOTE,
                    "It replaces the data set of that name; models that were stated on the old one keep theirs.");
    add_next(result, frame);
    return result;
}

/* --- the command -------------------------------------------------------------------------------- */

/* The error of a file as a whole belongs to its name in the command, one of a type to types=; one of a line in the file names
 * the line. */
static void place_error(const struct call *call, bool example, struct glmm_error *err)
{
    const struct word *word = &call->words[0];

    if (err->line != 0)
        return;
    if (err->code == GLMM_E_VALUE || err->code == GLMM_E_NAME)
        err->at = call->option_at[OPTION_TYPES];
    if (err->code != GLMM_E_FILE)
        return;
    err->at = word->at;
    if (!example && strncmp(err->message, "no file", 7) == 0)
        suggest_example(word->text, err);
}

static struct frame *read_frame(struct session *session, const struct call *call, const char *name, struct text *notes,
                                struct glmm_error *err)
{
    const struct word *word = &call->words[0];
    struct csv_options options = { .notes = notes };
    char *example = word->quoted ? NULL : bundled_path(word->text);
    const char *path = example != NULL ? example : path_at_home(call->arena, word->text);
    struct frame *frame = NULL;

    progress_name(session, arena_printf(call->arena, "load %s", word->text), NULL);
    if (name == NULL && path != NULL)
        name = example != NULL ? word->text : name_from_path(call->arena, path);
    if (name == NULL || path == NULL)
        fail_memory(err);
    else if (read_options(call, &options, err) && (frame = csv_read(path, name, &options, &session->progress, err)) == NULL)
        place_error(call, example != NULL, err);
    if (frame != NULL && example != NULL) {                 /* its path may differ where the session is replayed */
        mem_free(frame->source);
        frame->source = mem_strdup(word->text);
    }
    mem_free(example);
    return frame;
}

static bool load_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct text notes = { 0 };
    struct frame *frame;
    struct result *result;
    const char *name;

    if (!read_words(call, &name, err))
        return false;
    frame = read_frame(session, call, name, &notes, err);
    if (frame == NULL) {
        text_clear(&notes);
        return false;
    }
    result = report(frame, text_string(&notes), session_find_data(session, frame->name) != NULL, session_style(session).digits);
    text_clear(&notes);
    if (!session_add_data(session, frame, err)) {
        result_free(result);
        return false;
    }
    return session_emit(session, result, err);
}

static const enum complete load_complete[] = { COMPLETE_DATA_FILE, COMPLETE_CHOICE, COMPLETE_NOTHING };
static const char *const load_choices[] = { "as", NULL };

static const struct example load_examples[] = {
    { "load sleepstudy", "a bundled example" },
    { "load cbpp as herds, types=\"period=integer\"", "under another name, with a type of one's own" },
    { "load insteval; load dyestuff; use insteval", "several data sets; the last one loaded or used is the current one" },
    { NULL, NULL }
};

const struct command command_load = {
    .name = "load",
    .usage = "load FILE|EXAMPLE [as NAME]",
    .brief = "read a table from a file, or a bundled example",
    .help = "Reads a table whose first line has the names of its variables: CSV, or another separator (, ; tab | are found "
            "out), also compressed with gzip; `-` is standard input. A bare word is first looked for among the bundled "
            "examples (datasets lists them); a file name with blanks or commas stands in quotes. The data are named after "
            "the file unless `as` gives a name.\n\n"
            "Each variable's type is found over the whole file: integer, real, logical (TRUE, FALSE, T, F), and factor for "
            "any other text. Quotes count: a variable whose every number stands in quotes is a factor, for so R's write.csv "
            "writes factors; only in a file that has no number without quotes are numbers in quotes numbers. `types=` "
            "overrides.\n\n"
            "NA and empty fields are missing, also in quotes. Levels are sorted by number where all are numbers, else by "
            "their bytes; the first is the reference of treatment contrasts. The file itself is never changed.\n\n"
            "As JSON each variable also has its level_names, up to 1000 of them (null for more).",
    .arguments = ARGUMENT_WORDS,
    .complete = load_complete,
    .choices = load_choices,
    .options = load_option_table,
    .options_size = sizeof(struct load_options),
    .examples = load_examples,
    .flags = COMMAND_CHANGES | COMMAND_LONG,
    .run = load_run,
};
