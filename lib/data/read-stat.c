/* read-stat.c -- Stata, SPSS and SAS files, by ReadStat.  See foreign.h.
 *
 * A variable all of whose values have labels is a factor, its levels the labels in the order of their values (texts: of the
 * file); one that has labels for some stays what it is.  What is declared missing is missing.  Dates by their formats: days or
 * seconds from the program's epoch. */
#include "config.h"
#include "data/foreign.h"

#ifdef HAVE_READSTAT

#include <math.h>
#include <readstat.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/decode.h"
#include "data/read-stat-private.h"
#include "data/verbs.h"

/* Days from the epochs of the programs to 1970-01-01. */
enum { FROM_1960 = 3653, FROM_1582 = 141428 };

/* --- bytes -------------------------------------------------------------------------------------- */

static int open_bytes(const char *path, void *context)
{
    (void)path;
    ((struct stat_reader *)context)->at = 0;
    return 0;
}

static int close_bytes(void *context)
{
    (void)context;
    return 0;
}

static readstat_off_t seek_bytes(readstat_off_t offset, readstat_io_flags_t whence, void *context)
{
    struct stat_reader *r = context;
    readstat_off_t base = whence == READSTAT_SEEK_SET   ? 0
                          : whence == READSTAT_SEEK_CUR ? (readstat_off_t)r->at
                                                        : (readstat_off_t)r->file->count;

    if (offset < -base || offset > (readstat_off_t)r->file->count - base)
        return -1;
    r->at = (size_t)(base + offset);
    return base + offset;
}

static ssize_t read_bytes(void *place, size_t wanted, void *context)
{
    struct stat_reader *r = context;
    size_t got = r->file->count - r->at < wanted ? r->file->count - r->at : wanted;

    if (got > 0)
        memcpy(place, r->file->bytes + r->at, got);
    r->at += got;
    return (ssize_t)got;
}

static readstat_error_t update_nothing(long size, readstat_progress_handler handler, void *user, void *context)
{
    (void)size;
    (void)handler;
    (void)user;
    (void)context;
    return READSTAT_OK;
}

/* --- variables ---------------------------------------------------------------------------------- */

/* Whether the format is one of these, with a width behind it. */
static bool is_format(const char *format, const char *const names[])
{
    for (int k = 0; names[k] != NULL; k++) {
        size_t length = strlen(names[k]);

        if (strncasecmp(format, names[k], length) == 0 && format[length + strspn(format + length, "0123456789.")] == '\0')
            return true;
    }
    return false;
}

/* What a format says of dates. */
static void read_format(struct stat_variable *v, enum magic_format program, const char *format)
{
    static const char *const spss[] = { "DATE", "ADATE", "EDATE", "SDATE", "JDATE", "DATETIME", "YMDHMS", NULL };
    static const char *const sas[] = { "DATE", "MMDDYY",  "DDMMYY",   "YYMMDD",   "E8601DA", "B8601DA",
                                       "DAY",  "EURDFDE", "WORDDATE", "WEEKDATE", NULL };
    static const char *const sas_times[] = { "DATETIME", "E8601DT", "B8601DT", NULL };
    const char *dot = format == NULL ? NULL : strchr(format, '.');

    if (format == NULL || format[0] == '\0') { /* SAS has no types of numbers */
        v->whole = v->whole || program == MAGIC_SAS || program == MAGIC_SAS_TRANSPORT;
        return;
    }
    if (program == MAGIC_STATA) {
        if (strncmp(format, "%td", 3) == 0 || strncmp(format, "%d", 2) == 0)
            v->divisor = 1.0;
        else if (strncmp(format, "%tc", 3) == 0 || strncmp(format, "%tC", 3) == 0)
            v->divisor = 86400000.0;
        else
            v->whole = v->whole || (dot != NULL && dot[1] == '0' && dot[2] == 'f');
        v->shift = -FROM_1960;
    } else if (program == MAGIC_SPSS) {
        v->divisor = is_format(format, spss) ? 86400.0 : 0.0;
        v->shift = -FROM_1582;
        v->whole = v->divisor == 0.0 && format[0] == 'F' && (dot == NULL || dot[1] == '0');
    } else {
        v->divisor = is_format(format, sas) ? 1.0 : is_format(format, sas_times) ? 86400.0 : 0.0;
        v->shift = -FROM_1960;
        v->whole = v->divisor == 0.0;
    }
}

/* A text without the blanks that fill up a field; new. */
static char *copy_trimmed(const char *text)
{
    char *copy = mem_strdup(text);

    for (size_t length = copy == NULL ? 0 : strlen(copy); length > 0 && copy[length - 1] == ' '; length--)
        copy[length - 1] = '\0';
    return copy;
}

/* The values that the file declares missing: numbers from and to, or texts. */
static bool add_missing_values(struct stat_reader *r, struct stat_variable *v, const readstat_variable_t *variable)
{
    for (int k = 0; k < readstat_variable_get_missing_ranges_count(variable) && k < 3; k++) {
        readstat_value_t low = readstat_variable_get_missing_range_lo(variable, k);

        if (v->intake.text) {
            const char *text = readstat_value_type(low) == READSTAT_TYPE_STRING ? readstat_string_value(low) : NULL;

            if (text != NULL && (v->missing[k] = copy_trimmed(text)) == NULL)
                return fail_memory(r->err);
        } else {
            v->ranges[k][0] = readstat_double_value(low);
            v->ranges[k][1] = readstat_double_value(readstat_variable_get_missing_range_hi(variable, k));
        }
        v->range_count = k + 1;
    }
    return true;
}

/* The name of a set of labels; new.  Of a Stata file ReadStat hands over the place in the file's list of them as it is: nothing
 * ends the name there where the file is damaged, but an entry has no more bytes than these, by the version of the file. */
static char *copy_set_name(const struct foreign *file, const char *labels)
{
    enum { RELEASE = 28 }; /* where its three digits stand behind <stata_dta><header><release> */
    const unsigned char *bytes = (const unsigned char *)file->bytes;
    int version = bytes[0];

    if (file->magic->format != MAGIC_STATA)
        return mem_strdup(labels);
    if (version == '<')
        version = file->count > RELEASE + 3 ? (bytes[RELEASE + 1] - '0') * 10 + (bytes[RELEASE + 2] - '0') + 100 : 0;
    return mem_strndup(labels, strnlen(labels, version < 110 ? 9 : version < 118 ? 33 : 129));
}

static bool add_variable(struct stat_reader *r, readstat_variable_t *variable, const char *labels)
{
    void *variables = r->variables;
    size_t index = (size_t)readstat_variable_get_index(variable);
    struct stat_variable *v;
    readstat_type_t type = readstat_variable_get_type(variable);
    const char *name = readstat_variable_get_name(variable);

    if (index >= INT32_MAX || !mem_grow(&variables, &r->capacity, index + 1, sizeof *r->variables))
        return fail_memory(r->err);
    r->variables = variables;
    for (; r->count <= index; r->count++)
        r->variables[r->count] = (struct stat_variable){ 0 };
    v = &r->variables[index];
    if (v->known)
        return true;
    v->known = true;
    v->intake.name = mem_strdup(name == NULL ? "" : name);
    v->intake.text = readstat_type_class(type) == READSTAT_TYPE_CLASS_STRING;
    v->whole = type == READSTAT_TYPE_INT8 || type == READSTAT_TYPE_INT16 || type == READSTAT_TYPE_INT32;
    v->labels = labels == NULL || labels[0] == '\0' ? NULL : copy_set_name(r->file, labels);
    if (v->intake.name == NULL || (labels != NULL && labels[0] != '\0' && v->labels == NULL))
        return fail_memory(r->err);
    read_format(v, r->file->magic->format, readstat_variable_get_format(variable));
    return add_missing_values(r, v, variable);
}

static int on_variable(int index, readstat_variable_t *variable, const char *labels, void *context)
{
    (void)index;
    return add_variable(context, variable, labels) ? READSTAT_HANDLER_OK : READSTAT_HANDLER_ABORT;
}

static int on_label(const char *set, readstat_value_t value, const char *text, void *context)
{
    struct stat_reader *r = context;
    bool is_text = readstat_type_class(readstat_value_type(value)) == READSTAT_TYPE_CLASS_STRING;
    const char *key = is_text ? readstat_string_value(value) : NULL;
    void *labels = r->labels;
    struct stat_label *label;

    if (set == NULL || text == NULL || text[0] == '\0' || readstat_value_is_tagged_missing(value) || (is_text && key == NULL)
        || (!is_text && isnan(readstat_double_value(value))) || utf8_invalid(text, strlen(text)) >= 0)
        return READSTAT_HANDLER_OK;
    if (!mem_grow(&labels, &r->label_capacity, r->label_count + 1, sizeof *r->labels)) {
        fail_memory(r->err);
        return READSTAT_HANDLER_ABORT;
    }
    r->labels = labels;
    label = &r->labels[r->label_count];
    *label = (struct stat_label){ .set = mem_strdup(set), .text = mem_strdup(text), .place = r->label_count };
    r->label_count++;
    if (is_text)
        label->key = copy_trimmed(key);
    else
        label->value = readstat_double_value(value);
    if (label->set != NULL && label->text != NULL && (!is_text || label->key != NULL))
        return READSTAT_HANDLER_OK;
    fail_memory(r->err);
    return READSTAT_HANDLER_ABORT;
}

static int on_value(int row, readstat_variable_t *variable, readstat_value_t value, void *context)
{
    struct stat_reader *r = context;
    size_t index = (size_t)readstat_variable_get_index(variable);
    struct stat_variable *v;
    const char *text;
    bool ok;

    if (index >= r->count || !r->variables[index].known || r->variables[index].intake.rows != (size_t)row)
        return READSTAT_HANDLER_ABORT;
    v = &r->variables[index];
    r->rows = (size_t)row + 1;
    v->declared += readstat_value_is_defined_missing(value, variable) != 0;
    if (readstat_value_is_missing(value, variable)) {
        ok = intake_missing(&v->intake, r->err);
    } else if (v->intake.text) {
        text = readstat_string_value(value);
        ok = text == NULL || text[0] == '\0' ? intake_missing(&v->intake, r->err)
                                             : intake_text(&v->intake, text, strlen(text), r->err);
    } else {
        ok = intake_number(&v->intake, readstat_double_value(value), r->err);
    }
    if (ok && index == 0 && row % 1000 == 0 && !progress_tell(r->file->progress, "row", row, 0, (double)NAN))
        ok = fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped", r->file->label);
    return ok ? READSTAT_HANDLER_OK : READSTAT_HANDLER_ABORT;
}

/* --- columns ------------------------------------------------------------------------------------ */

/* Whether a date has a time of day. */
static bool has_times(const struct column *column, size_t rows, double divisor)
{
    for (size_t i = 0; divisor > 1.0 && i < rows; i++)
        if (!isnan(column->as.real[i]) && fmod(column->as.real[i], divisor) != 0.0)
            return true;
    return false;
}

static bool finish_column(struct stat_reader *r, struct stat_variable *v, struct column *column)
{
    struct csv_report *report = r->file->options->report;
    struct csv_note *note;

    if (!intake_finish(&v->intake, column, r->err))
        return false;
    if (v->declared > 0) {
        if ((note = csv_note_add(report, CSV_NOTE_DECLARED, column->name, NULL)) == NULL)
            return fail_memory(r->err);
        note->count = v->declared;
    }
    if (column->type == COLUMN_FACTOR && v->labels != NULL)
        return stat_label_texts(r, v, column);
    if (column->type != COLUMN_REAL)
        return true;
    if (v->divisor > 0.0) {
        if (has_times(column, r->rows, v->divisor) && csv_note_add(report, CSV_NOTE_TIMES, column->name, NULL) == NULL)
            return fail_memory(r->err);
        return column_make_date(column, r->rows, v->divisor, v->shift, r->err);
    }
    if (v->labels != NULL && !stat_label_numbers(r, v, column))
        return false;
    if (column->type != COLUMN_REAL || !v->whole)
        return true;
    return column_make_integers(column, r->rows, r->err);
}

static struct frame *make_frame(struct stat_reader *r)
{
    struct frame *frame = frame_new(r->file->name, r->rows);
    struct column column = { 0 };
    bool ok = frame != NULL || fail_memory(r->err);

    stat_labels_sort(r);
    for (size_t j = 0; ok && j < r->count; j++) {
        struct stat_variable *v = &r->variables[j];

        if (!v->known || v->intake.rows != r->rows)
            ok = foreign_fail(r->file, r->err, "it is damaged: a variable ends before the others") != NULL;
        else if (v->intake.name[0] == '\0' || utf8_invalid(v->intake.name, strlen(v->intake.name)) >= 0)
            ok = foreign_fail(r->file, r->err, "it is damaged: a variable has no name") != NULL;
        else if (frame_find(frame, v->intake.name) != NULL)
            ok = foreign_fail(r->file, r->err, "two variables are called `%.60s`", v->intake.name) != NULL;
        else
            ok = finish_column(r, v, &column) && (frame_append(frame, &column) || fail_memory(r->err));
        column_clear(&column);
    }
    if (ok && frame->column_count == 0)
        ok = foreign_fail(r->file, r->err, "it has no variables") != NULL;
    if (ok && frame->rows == 0)
        ok = foreign_fail(r->file, r->err, "it has no rows") != NULL;
    if (ok)
        return frame;
    frame_free(frame);
    return NULL;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* `encoding` of texts; NULL: what the file says, or its version. */
static readstat_error_t parse(struct stat_reader *r, readstat_parser_t *parser, const char *encoding)
{
    if (encoding != NULL && readstat_set_file_character_encoding(parser, encoding) != READSTAT_OK)
        return READSTAT_ERROR_MALLOC;
    readstat_set_open_handler(parser, open_bytes);
    readstat_set_close_handler(parser, close_bytes);
    readstat_set_seek_handler(parser, seek_bytes);
    readstat_set_read_handler(parser, read_bytes);
    readstat_set_update_handler(parser, update_nothing);
    readstat_set_io_ctx(parser, r);
    readstat_set_variable_handler(parser, on_variable);
    readstat_set_value_handler(parser, on_value);
    readstat_set_value_label_handler(parser, on_label);
    switch (r->file->magic->format) {
    case MAGIC_STATA:
        return readstat_parse_dta(parser, r->file->label, r);
    case MAGIC_SPSS:
        return readstat_parse_sav(parser, r->file->label, r);
    case MAGIC_SAS:
        return readstat_parse_sas7bdat(parser, r->file->label, r);
    default:
        return readstat_parse_xport(parser, r->file->label, r);
    }
}

static void clear_reader(struct stat_reader *r)
{
    for (size_t j = 0; j < r->count; j++) {
        intake_clear(&r->variables[j].intake);
        mem_free(r->variables[j].labels);
        for (int m = 0; m < 3; m++)
            mem_free(r->variables[j].missing[m]);
    }
    for (size_t k = 0; k < r->label_count; k++) {
        mem_free(r->labels[k].set);
        mem_free(r->labels[k].text);
        mem_free(r->labels[k].key);
    }
    mem_free(r->variables);
    mem_free(r->labels);
}

/* Reads the file into *r, which is begun anew; false with an error. */
static bool read_with(struct stat_reader *r, const char *encoding, readstat_error_t *status)
{
    readstat_parser_t *parser = readstat_parser_init();

    clear_reader(r);
    *r = (struct stat_reader){ .file = r->file, .err = r->err };
    *status = READSTAT_OK;
    if (parser == NULL)
        return fail_memory(r->err);
    *status = parse(r, parser, encoding);
    readstat_parser_free(parser);
    return *status == READSTAT_OK && r->err->code == GLMM_OK; /* ReadStat does not mind what every handler says */
}

/* The encoding that the user names; else, of Stata's files, UTF-8: those before version 118 do not say, and are in cp1252 where a
 * text is no UTF-8. */
static bool read_all(struct stat_reader *r)
{
    const char *given = r->file->options->encoding;
    readstat_error_t status;
    bool ok;

    if (given != NULL && !decode_known(given, r->err))
        return false;
    ok = read_with(r, given == NULL && r->file->magic->format == MAGIC_STATA ? "UTF-8" : given, &status);

    if (!ok && r->err->code == GLMM_OK && given == NULL && status == READSTAT_ERROR_CONVERT_BAD_STRING)
        ok = read_with(r, NULL, &status);
    if (ok || r->err->code != GLMM_OK)
        return ok;
    if (given != NULL && status == READSTAT_ERROR_CONVERT_BAD_STRING) {
        fail(r->err, GLMM_E_VALUE, NOWHERE, "a text in %s is not in %.60s", r->file->label, given);
        return error_argument(r->err, "encoding");
    }
    foreign_fail(r->file, r->err, "%s that is damaged or of an unknown version (%s)", r->file->magic->name,
                 readstat_error_message(status));
    return false;
}

struct frame *stat_read(const struct foreign *file, struct glmm_error *err)
{
    struct glmm_error own = { 0 };
    struct csv_report unread = { 0 };
    struct csv_options options = *file->options;
    struct foreign with_report = *file;
    struct stat_reader r = { .file = &with_report, .err = err == NULL ? &own : err };
    struct frame *frame = NULL;

    with_report.options = &options;
    if (options.report == NULL)
        options.report = &unread;
    if (read_all(&r))
        frame = make_frame(&r);
    clear_reader(&r);
    csv_report_clear(&unread);
    return frame;
}

#else

typedef int stat_reader_is_absent;

#endif
