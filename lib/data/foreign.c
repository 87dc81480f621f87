/* foreign.c -- see foreign.h. */
#include "config.h"
#include "data/foreign.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "data/date.h"

#ifdef HAVE_READSTAT
#define STAT_READER stat_read
#else
#define STAT_READER NULL
#endif
#ifdef HAVE_SQLITE
#define SQLITE_READER sqlite_read
#else
#define SQLITE_READER NULL
#endif
#if defined HAVE_LIBARCHIVE && defined HAVE_EXPAT
#define WORKBOOK_READER workbook_read
#else
#define WORKBOOK_READER NULL
#endif
#ifdef HAVE_ODBC
#define ODBC_READER odbc_read
#else
#define ODBC_READER NULL
#endif

#define AS_TEXT "decimal thousands units na header names skip types" /* foreign_read_text */

static const struct reader {
    enum magic_format format;
    const char *name, *packages; /* what it needs, by its Debian names */
    const char *choices;         /* the options that say which of several tables; NULL: none */
    const char *obeyed;          /* the options for texts that it has a use for; NULL: none */
    struct frame *(*read)(const struct foreign *file, struct glmm_error *err);
} readers[] = {
    { MAGIC_STATA, "Stata", "libreadstat-dev", NULL, "encoding", STAT_READER },
    { MAGIC_SPSS, "SPSS", "libreadstat-dev", NULL, "encoding", STAT_READER },
    { MAGIC_SAS, "SAS", "libreadstat-dev", NULL, "encoding", STAT_READER },
    { MAGIC_SAS_TRANSPORT, "SAS transport", "libreadstat-dev", NULL, "encoding", STAT_READER },
    { MAGIC_SQLITE, "SQLite", "libsqlite3-dev", "table query", AS_TEXT, SQLITE_READER },
    { MAGIC_WORKBOOK, "xlsx", "libarchive-dev and libexpat1-dev", "sheet", AS_TEXT, WORKBOOK_READER },
    { MAGIC_R, "R", "", "table", NULL, rdata_read },
    { MAGIC_ODBC, "ODBC", "unixodbc-dev", "table query", AS_TEXT, ODBC_READER },
};

enum { READERS = sizeof readers / sizeof *readers };

const char *foreign_formats(int index, bool *present)
{
    if (index < 0 || index >= READERS)
        return NULL;
    *present = readers[index].read != NULL;
    return readers[index].name;
}

/* --- errors ------------------------------------------------------------------------------------- */

struct frame *foreign_fail(const struct foreign *file, struct glmm_error *err, const char *format, ...)
{
    char what[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    fail(err, GLMM_E_FILE, NOWHERE, "%s: %s", file->label, what);
    return NULL;
}

struct frame *foreign_fail_choice(const struct foreign *file, const char *option, const char *wanted, const char *const names[],
                                  size_t count, struct glmm_error *err)
{
    struct text list = { 0 };
    enum { SHOWN = 12 };

    for (size_t k = 0; k < count && k < SHOWN; k++)
        text_addf(&list, "%s%s", k > 0 ? ", " : "", names[k]);
    if (count > SHOWN)
        text_addf(&list, " and %zu more", count - SHOWN);
    if (list.failed)
        fail_memory(err);
    else if (count == 0)
        fail(err, GLMM_E_FILE, NOWHERE, "%s has no %s", file->label, option);
    else if (wanted != NULL)
        fail(err, GLMM_E_NAME, NOWHERE, "%s has no %s `%.60s`; there are: %s", file->label, option, wanted, text_string(&list));
    else {
        fail(err, GLMM_E_FILE, NOWHERE, "%s has %zu %ss: %s", file->label, count, option, text_string(&list));
        error_hint(err, "name one: %s=\"%.60s\"", option, names[0]);
    }
    error_argument(err, option);
    text_clear(&list);
    return NULL;
}

size_t foreign_choose_table(const struct foreign *file, const char *const names[], size_t count, struct glmm_error *err)
{
    const char *table = file->options->table;
    size_t k = 0;

    if (table == NULL && count == 1)
        return 0;
    while (k < count && (table == NULL || strcasecmp(names[k], table) != 0))
        k++;
    if (k == count)
        foreign_fail_choice(file, "table", table, names, count, err);
    return k;
}

bool foreign_fail_query(struct glmm_error *err, const char *format, ...)
{
    char what[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    fail(err, GLMM_E_VALUE, NOWHERE, "%s", what);
    return error_argument(err, "query");
}

/* --- tables as text ------------------------------------------------------------------------------ */

void foreign_add_cell(struct text *table, const char *text, size_t length)
{
    text_add_char(table, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            text_add_char(table, '"');
        text_add_char(table, text[i]);
    }
    text_add_char(table, '"');
}

void foreign_add_text(struct text *table, const char *text, size_t length)
{
    int32_t date;

    if (length >= 10 && text[4] == '-' && date_read(text, length, DATE_YMD, false, &date))
        text_add_bytes(table, text, length);
    else
        foreign_add_cell(table, text, length);
}

void foreign_add_real(struct text *table, double value)
{
    char buffer[40];

    text_add(table, isinf(value) ? (value > 0.0 ? "Inf" : "-Inf") : number_in_full(value, buffer));
    text_add(table, isfinite(value) && strpbrk(buffer, ".e") == NULL ? ".0" : "");
}

struct frame *foreign_read_text(const struct foreign *file, struct text *table, struct glmm_error *err)
{
    struct csv_options options = *file->options;
    struct frame *frame = NULL;

    options.separator = ',';
    options.encoding = NULL;
    options.label = file->label;
    options.typed = true;
    if (table->failed)
        fail_memory(err);
    else
        frame = csv_read_bytes(text_string(table), table->length, file->name, &options, err);
    text_clear(table);
    return frame;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* An option that this kind of file has no use for is an error; `choices` are those that it has. */
static bool check_choice(const struct foreign *file, const char *choices, struct glmm_error *err)
{
    const struct csv_options *o = file->options;
    const struct {
        const char *name, *value;
    } all[] = { { "table", o->table }, { "sheet", o->sheet }, { "query", o->query } };

    for (int k = 0; k < 3; k++)
        if (all[k].value != NULL && (choices == NULL || strstr(choices, all[k].name) == NULL)) {
            fail(err, GLMM_E_VALUE, NOWHERE, "%s is %s: there is no %s to name", file->label,
                 file->magic->format == MAGIC_PACKED ? "a text" : file->magic->name, all[k].name);
            return error_argument(err, all[k].name);
        }
    return true;
}

/* The same of an option for texts. */
static bool check_obeyed(const struct foreign *file, const char *obeyed, struct glmm_error *err)
{
    const struct csv_options *o = file->options;
    const struct {
        const char *name;
        bool given;
        const char *instead;
    } all[] = { { "sep", o->separator != '\0', NULL },
                { "decimal", o->decimal != '\0', NULL },
                { "thousands", o->thousands != '\0', NULL },
                { "units", o->unit_row || o->units_in_cells, "number takes the units out of texts" },
                { "na", o->missing != NULL, "let x = ifelse(x == -99, NA, x) makes a value missing" },
                { "header", o->no_header, NULL },
                { "names", o->unique_names, NULL },
                { "skip", o->skip > 0, "where leaves out rows" },
                { "types", o->types != NULL, "factor, number and date change a variable's type" },
                { "encoding", o->encoding != NULL, NULL } };

    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k].given && (obeyed == NULL || strstr(obeyed, all[k].name) == NULL)) {
            fail(err, GLMM_E_VALUE, NOWHERE, "%s is %s: %s= is for %s", file->label, file->magic->name, all[k].name,
                 strcmp(all[k].name, "encoding") == 0 ? "text and files of Stata, SPSS and SAS" : "tables in text");
            if (all[k].instead != NULL)
                error_hint(err, "%s", all[k].instead);
            return error_argument(err, all[k].name);
        }
    return true;
}

static struct frame *read_packed(const struct foreign *file, struct glmm_error *err)
{
    size_t count;
    char *bytes = packed_open(file, &count, err);
    struct foreign inside = *file;
    struct csv_options options = *file->options;
    struct frame *frame = NULL;

    if (bytes == NULL)
        return NULL;
    options.label = file->label;
    inside.bytes = bytes;
    inside.count = count;
    inside.magic = magic_find(bytes, count < 4096 ? count : 4096);
    if (inside.magic != NULL && inside.magic->format == MAGIC_PACKED)
        frame = foreign_fail(file, err, "it is compressed twice");
    else if (inside.magic != NULL && inside.magic->format != MAGIC_OTHER)
        frame = foreign_read(&inside, err);
    else if (check_choice(file, NULL, err))
        frame = csv_read_bytes(bytes, count, file->name, &options, err);
    mem_free(bytes);
    return frame;
}

struct frame *foreign_read(const struct foreign *file, struct glmm_error *err)
{
    if (file->magic->format == MAGIC_PACKED)
        return read_packed(file, err);
    for (int k = 0; k < READERS; k++) {
        if (readers[k].format != file->magic->format)
            continue;
        if (readers[k].read != NULL)
            return check_choice(file, readers[k].choices, err) && check_obeyed(file, readers[k].obeyed, err)
                       ? readers[k].read(file, err)
                       : NULL;
        fail(err, GLMM_E_FILE, NOWHERE, "%s is %s, and this mixsh was built without %s", file->label, file->magic->name,
             readers[k].packages);
        error_hint(err, "install that package and build again; or %s", file->magic->advice);
        return NULL;
    }
    return foreign_fail(file, err, "it is %s", file->magic->name);
}

static const char connection_word[] = "odbc:";

bool foreign_is_connection(const char *path)
{
    return strncmp(path, connection_word, strlen(connection_word)) == 0;
}

/* Where a word KEY=VALUE of a connection string ends; in braces a value may have a semicolon, and }} is one brace. */
static char *end_of_word(char *word)
{
    char *value = word + strcspn(word, "=;"), *end = value;

    if (*value == '=' && value[1 + strspn(value + 1, " ")] == '{')
        for (end = strchr(value, '}'); end != NULL && end[1] == '}'; end = strchr(end + 2, '}'))
            ;
    return end == NULL ? word + strlen(word) : end + strcspn(end, ";");
}

/* Where the value of such a word begins that is a password; else NULL. */
static char *password_of(char *word)
{
    static const char *const keys[] = { "PWD", "Password" };

    word += strspn(word, " ");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        char *behind = word + strlen(keys[k]);

        if (strncasecmp(word, keys[k], strlen(keys[k])) == 0 && *(behind += strspn(behind, " ")) == '=')
            return behind + 1;
    }
    return NULL;
}

char *foreign_without_password(const char *path)
{
    char *copy = mem_strdup(path), *word = copy;

    if (word != NULL && foreign_is_connection(word))
        word += strlen(connection_word);
    while (word != NULL && *word != '\0') {
        char *end = end_of_word(word), *value = password_of(word);

        if (value != NULL) {
            memmove(value, end, strlen(end) + 1);
            end = value;
        }
        word = *end == ';' ? end + 1 : end;
    }
    return copy;
}

struct frame *foreign_read_connection(const char *path, const char *name, const struct csv_options *options,
                                      const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct magic odbc = { "an ODBC data source", "have the database write its table as CSV", MAGIC_ODBC };
    static const struct csv_options defaults = { 0 };
    const char *string = path + strlen(connection_word);
    struct foreign source = { .bytes = string,
                              .count = strlen(string),
                              .label = strchr(string, '=') == NULL ? path : "the data source", /* a password may stand in it */
                              .name = name,
                              .magic = &odbc,
                              .options = options == NULL ? &defaults : options,
                              .progress = progress };

    struct frame *frame = foreign_read(&source, err);

    if (frame == NULL)
        return NULL;
    mem_free(frame->source);
    if ((frame->source = foreign_without_password(path)) != NULL)
        return frame;
    frame_free(frame);
    fail_memory(err);
    return NULL;
}

struct frame *foreign_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                                 struct glmm_error *err)
{
    static const struct csv_options defaults = { 0 };
    struct foreign file = { .bytes = bytes,
                            .count = count,
                            .label = name,
                            .name = name,
                            .magic = magic_find(bytes, count < 4096 ? count : 4096),
                            .options = options == NULL ? &defaults : options };

    if (file.magic == NULL || file.magic->format == MAGIC_OTHER)
        return csv_read_bytes(bytes, count, name, options, err);
    return foreign_read(&file, err);
}
