/* write-stat.c -- a frame as a Stata or an SPSS file, by ReadStat.  See verbs.h.
 *
 * A factor is a number with value labels, unused levels too, a logical one with the labels FALSE and TRUE, a date a number with
 * the format of dates; read-stat.c makes of them what they were.  A factor whose levels the format cannot hold as labels is a
 * text. */
#include "config.h"
#include "data/verbs.h"

#ifdef HAVE_READSTAT

#include <float.h>
#include <math.h>
#include <readstat.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { FROM_1960 = 3653, FROM_1582 = 141428, LEAST_STATA = -2147483647, MOST_STATA = 2147483620 };
enum { NAME_MOST = 32, NUMBER_MOST = 8, NAME_SIZE = 48 }; /* characters of a name; of what tells it from another one */
enum { STATA_LABELS = 65536, SPSS_LABEL = 120, STATA_TEXT = 2045, SPSS_TEXT = 32767, STATA_VERSION = 118 };

#define STATA_LARGEST 8.98846567431158e307 /* the next numbers mean missing */

struct stat_writer {
    const struct frame *frame;
    bool stata;
    struct text *out;
    struct glmm_error *err;
    readstat_writer_t *writer;
    readstat_variable_t **variables;
};

static ssize_t put_bytes(const void *bytes, size_t count, void *context)
{
    struct stat_writer *w = context;

    text_add_bytes(w->out, bytes, count);
    return w->out->failed ? -1 : (ssize_t)count;
}

static bool fail_column(const struct stat_writer *w, const struct column *column, const char *why)
{
    return fail(w->err, GLMM_E_DATA, NOWHERE, "%s cannot hold %s: %s", w->stata ? "a Stata file" : "an SPSS file", column->name,
                why);
}

/* Whether the levels can be value labels: a label without a character is none, and its number would stay one. */
static bool has_labels(const struct column *column, bool stata)
{
    bool fit = column->level_count <= STATA_LABELS || !stata;

    for (int32_t l = 0; fit && l < column->level_count; l++)
        fit = column->levels[l][strspn(column->levels[l], " ")] != '\0' && (stata || strlen(column->levels[l]) <= SPSS_LABEL);
    return fit;
}

static size_t longest(const struct column *column)
{
    size_t most = 1;

    for (int32_t l = 0; l < column->level_count; l++)
        most = strlen(column->levels[l]) > most ? strlen(column->levels[l]) : most;
    return most;
}

/* Integers beyond those of Stata are doubles. */
static bool fits_stata(const struct column *column, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        if (column->as.integer[i] != COLUMN_NA && (column->as.integer[i] < LEAST_STATA || column->as.integer[i] > MOST_STATA))
            return false;
    return true;
}

static bool check_reals(const struct stat_writer *w, const struct column *column)
{
    for (size_t i = 0; i < w->frame->rows; i++) {
        double x = column->as.real[i];

        if (isinf(x) || (w->stata ? fabs(x) >= STATA_LARGEST : x == -DBL_MAX))
            return fail_column(w, column, "a number is infinite, or too large");
    }
    return true;
}

static readstat_type_t type_of(const struct stat_writer *w, const struct column *column)
{
    bool labels = column->type == COLUMN_FACTOR && has_labels(column, w->stata);

    if (column->type == COLUMN_FACTOR && !labels)
        return READSTAT_TYPE_STRING;
    if (!w->stata || column->type == COLUMN_REAL)
        return READSTAT_TYPE_DOUBLE;
    if (column->type == COLUMN_LOGICAL)
        return READSTAT_TYPE_INT8;
    return column->type != COLUMN_INTEGER || fits_stata(column, w->frame->rows) ? READSTAT_TYPE_INT32 : READSTAT_TYPE_DOUBLE;
}

static const char *format_of(const struct stat_writer *w, const struct column *column)
{
    switch (column->type) {
    case COLUMN_DATE:
        return w->stata ? "%td" : "DATE11";
    case COLUMN_REAL:
        return w->stata ? "%10.0g" : "F17.6";
    default:
        return w->stata ? "%12.0f" : "F11.0";
    }
}

static void add_labels(const struct stat_writer *w, const struct column *column, size_t j)
{
    readstat_type_t type = w->stata ? READSTAT_TYPE_INT32 : READSTAT_TYPE_DOUBLE;
    bool logical = column->type == COLUMN_LOGICAL;
    int32_t count = logical ? 2 : column->level_count;
    readstat_label_set_t *set;
    char name[32];

    snprintf(name, sizeof name, "labels%zu", j + 1);
    set = readstat_add_label_set(w->writer, type, name);
    for (int32_t l = 0; l < count; l++) {
        const char *text = logical ? (l == 0 ? "FALSE" : "TRUE") : column->levels[l];
        int32_t value = logical ? l : l + 1;

        if (w->stata)
            readstat_label_int32_value(set, value, text);
        else
            readstat_label_double_value(set, value, text);
    }
    readstat_variable_set_label_set(w->variables[j], set);
}

static bool declare(struct stat_writer *w)
{
    for (size_t j = 0; j < w->frame->column_count; j++) {
        const struct column *column = &w->frame->columns[j];
        readstat_type_t type = type_of(w, column);
        size_t width = type == READSTAT_TYPE_STRING ? longest(column) : 0;

        if (column->type == COLUMN_REAL && !check_reals(w, column))
            return false;
        if (width > (w->stata ? STATA_TEXT : SPSS_TEXT))
            return fail_column(w, column, "a text is too long");
        w->variables[j] = readstat_add_variable(w->writer, column->name, type, width);
        if (w->variables[j] == NULL)
            return fail_memory(w->err);
        if (type != READSTAT_TYPE_STRING)
            readstat_variable_set_format(w->variables[j], format_of(w, column));
        if (type != READSTAT_TYPE_STRING && (column->type == COLUMN_FACTOR || column->type == COLUMN_LOGICAL))
            add_labels(w, column, j);
    }
    return true;
}

static readstat_error_t put_value(const struct stat_writer *w, size_t j, size_t i)
{
    const struct column *column = &w->frame->columns[j];
    const readstat_variable_t *variable = w->variables[j];
    readstat_type_t type = readstat_variable_get_type(variable);
    double x;

    if (column_missing(column, i))
        return type == READSTAT_TYPE_STRING ? readstat_insert_string_value(w->writer, variable, "")
                                            : readstat_insert_missing_value(w->writer, variable);
    if (type == READSTAT_TYPE_STRING)
        return readstat_insert_string_value(w->writer, variable, column->levels[column->as.code[i]]);
    x = column->type == COLUMN_FACTOR ? column->as.code[i] + 1.0 : column_real(column, i);
    if (column->type == COLUMN_DATE)
        x = w->stata ? x + FROM_1960 : (x + FROM_1582) * 86400.0;
    return type == READSTAT_TYPE_INT8    ? readstat_insert_int8_value(w->writer, variable, (int8_t)x)
           : type == READSTAT_TYPE_INT32 ? readstat_insert_int32_value(w->writer, variable, (int32_t)x)
                                         : readstat_insert_double_value(w->writer, variable, x);
}

/* Asked once the writing has begun.  Stata's names have 32 characters, where ReadStat counts four bytes for each. */
static bool is_allowed(const struct stat_writer *w, size_t j)
{
    const char *name = w->frame->columns[j].name;
    int characters = 0;

    for (const char *c = name; *c != '\0'; c++)
        characters += (*c & 0xc0) != 0x80;
    return (!w->stata || characters <= NAME_MOST) && readstat_validate_variable(w->writer, w->variables[j]) == READSTAT_OK;
}

static readstat_error_t put_rows(struct stat_writer *w)
{
    readstat_error_t status = w->stata ? readstat_begin_writing_dta(w->writer, w, (long)w->frame->rows)
                                       : readstat_begin_writing_sav(w->writer, w, (long)w->frame->rows);

    for (size_t j = 0; status == READSTAT_OK && j < w->frame->column_count; j++)
        status = is_allowed(w, j) ? READSTAT_OK : READSTAT_ERROR_NAME_CONTAINS_ILLEGAL_CHARACTER;
    for (size_t i = 0; status == READSTAT_OK && i < w->frame->rows; i++) {
        status = readstat_begin_row(w->writer);
        for (size_t j = 0; status == READSTAT_OK && j < w->frame->column_count; j++)
            status = put_value(w, j, i);
        if (status == READSTAT_OK)
            status = readstat_end_row(w->writer);
    }
    return status == READSTAT_OK ? readstat_end_writing(w->writer) : status;
}

/* --- names --------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_taken(const struct stat_writer *w, const char *name, const struct text *others)
{
    char item[NAME_SIZE + 4];

    for (size_t j = 0; j < w->frame->column_count; j++)
        if (strcasecmp(w->frame->columns[j].name, name) == 0)
            return true;
    snprintf(item, sizeof item, "= %s ", name);
    return others->length > 0 && strstr(others->data, item) != NULL;
}

/* A name that both formats allow, in place of one that they do not: what is no letter, digit or _ becomes _, at most 32 of them.
 */
static void allowed_name(const struct stat_writer *w, const char *name, const struct text *others, char out[NAME_SIZE])
{
    size_t length = 0;

    if (!is_letter(name[0]))
        out[length++] = 'v';
    for (; *name != '\0' && length < NAME_MOST; name++) {
        char c = is_letter(*name) || (*name >= '0' && *name <= '9') ? *name : '_';

        if (c != '_' || (length > 0 && out[length - 1] != '_')) /* a letter of two bytes is one */
            out[length++] = c;
    }
    while (length > 1 && out[length - 1] == '_')
        length--;
    out[length] = '\0';
    for (int k = 2; is_taken(w, out, others); k++)
        snprintf(out + (length < NAME_MOST - NUMBER_MOST ? length : NAME_MOST - NUMBER_MOST), NAME_SIZE - NAME_MOST + NUMBER_MOST,
                 "_%d", k);
}

/* Says which variable has a name that the format does not allow, once the writing has begun, and how to rename these variables:
 * as many of them as a hint has room for. */
static bool fail_names(const struct stat_writer *w, readstat_error_t status)
{
    enum { ROOM = sizeof w->err->hint - NAME_SIZE - 80 };
    struct text command = { 0 };
    const char *first = NULL;
    bool room = true;

    for (size_t j = 0; j < w->frame->column_count; j++)
        if (!is_allowed(w, j)) {
            const char *name = w->frame->columns[j].name;
            char other[NAME_SIZE];

            first = first == NULL ? name : first;
            room = room && command.length + strlen(name) < ROOM;
            if (!room)
                continue;
            allowed_name(w, name, &command, other);
            text_addf(&command, " `%s` = %s ", name, other);
        }
    if (first == NULL) {
        fail(w->err, GLMM_E_DATA, NOWHERE, "these data cannot be written so: %s", readstat_error_message(status));
    } else {
        fail(w->err, GLMM_E_NAME, NOWHERE, "%s has no variable named `%.100s`", w->stata ? "Stata" : "SPSS", first);
        if (command.length > 0 && !command.failed)
            error_hint(w->err, "letters, digits and _, up to 32 of them: rename%.*s", (int)command.length - 1, command.data);
        else
            error_hint(w->err, "letters, digits and _, up to 32 of them");
    }
    text_clear(&command);
    return false;
}

bool stat_write(const struct frame *frame, bool stata, struct text *out, struct glmm_error *err)
{
    struct stat_writer w = { .frame = frame, .stata = stata, .out = out, .err = err, .writer = readstat_writer_init() };
    readstat_error_t status;
    bool ok;

    w.variables = mem_zalloc(frame->column_count, sizeof *w.variables);
    ok = (w.writer != NULL && w.variables != NULL) || fail_memory(err);
    if (ok) {
        readstat_set_data_writer(w.writer, put_bytes);
        readstat_writer_set_file_timestamp(w.writer, 0); /* the same data are the same bytes */
        if (stata)
            readstat_writer_set_file_format_version(w.writer, STATA_VERSION);
        ok = declare(&w);
    }
    if (ok && (status = put_rows(&w)) != READSTAT_OK)
        ok = out->failed ? fail_memory(err) : fail_names(&w, status);
    if (w.writer != NULL)
        readstat_writer_free(w.writer);
    mem_free(w.variables);
    return ok;
}

bool stat_losses(const struct frame *frame, size_t j, bool stata, unsigned *losses)
{
    const struct column *column = &frame->columns[j];
    unsigned kept = LOSES_TYPE | LOSES_NA;

    if (!csv_losses(frame, j, losses))
        return false;
    if (column->type == COLUMN_FACTOR && has_labels(column, stata))
        kept |= LOSES_ORDER | LOSES_UNUSED;
    *losses &= ~kept;
    for (int32_t l = 0; l < column->level_count; l++) { /* ReadStat leaves them out of every text */
        size_t length = strlen(column->levels[l]);

        *losses |= length > 0 && column->levels[l][length - 1] == ' ' ? LOSES_BLANKS : 0;
    }
    return true;
}

#else

bool stat_losses(const struct frame *frame, size_t j, bool stata, unsigned *losses)
{
    (void)stata;
    return csv_losses(frame, j, losses);
}

bool stat_write(const struct frame *frame, bool stata, struct text *out, struct glmm_error *err)
{
    (void)frame;
    (void)stata;
    (void)out;
    fail(err, GLMM_E_FILE, NOWHERE, "this mixsh was built without libreadstat-dev, which writes Stata and SPSS files");
    error_hint(err, "install that package and build again; or write a .csv file");
    return false;
}

#endif
