/* csv.c -- passes over a delimited file until each column is known.
 *
 * The file is read once; again only for columns in which a text came after numbers, and from the start when quoted numbers were
 * taken as numbers before the first number without quotes came, when the text proves not to be UTF-8, and when a cell holds a
 * missing text that was taken for several. */
#include "config.h"
#include "data/foreign.h"
#include "data/magic.h"
#include "data/csv.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv-private.h"

/* --- passes ------------------------------------------------------------------------------------- */

static void begin_pass(struct csv_reader *r)
{
    r->line = 1;
    r->skip = r->options->skip;
    r->field = r->rows = 0;
    r->full = r->spans = r->after_cr = r->stopped = r->restart = r->afresh = r->squeeze_quoted = false;
    r->in_header = !r->named || !r->options->no_header;
    r->in_units = r->in_header ? 0 : csv_label_records(r);
    text_truncate(&r->units, 0);
}

/* Behind the last row that is wanted: the rest counts for the checksum only. */
static bool pass_over_rest(struct csv_reader *r, struct source *source)
{
    const char *bytes;
    size_t count = 1;
    double done, total;

    while (count > 0) {
        if (!source_next(source, &bytes, &count, r->err))
            return false;
        source_place(source, &done, &total);
        if (!progress_tell(r->progress, "byte", done, total, (double)NAN))
            return fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped", r->label);
    }
    return true;
}

/* Reads from the first byte to the last, or until something stops it. */
static bool read_pass(struct csv_reader *r, struct source *source)
{
    const char *bytes;
    size_t count;
    bool begun = false;

    begin_pass(r);
    for (;;) {
        if (!csv_next_block(r, source, &begun, &bytes, &count))
            return false;
        if (count == 0)
            break;
        r->at = bytes;
        r->end = bytes + count;
        if (!csv_parse_parts(r, source, bytes, count) && !csv_parse_block(r, bytes, count))
            return false;
        if (r->full)
            return pass_over_rest(r, source);
        source_widen(source, csv_block_size());
    }
    csv_parts_free(r);
    if (!begun && r->line > 1)
        return fail(r->err, GLMM_E_FILE, NOWHERE, "%s has nothing behind the lines that are left out", r->label);
    if (!begun)
        return fail(r->err, GLMM_E_FILE, NOWHERE, "%s is empty", r->label);
    return csv_parse_end(r) && !r->stopped;
}

static void forget_columns(struct csv_reader *r)
{
    for (size_t j = 0; j < r->column_count; j++)
        csv_column_clear(&r->columns[j]);
    r->column_count = 0;
}

/* Back to the start, in the encoding that is known by now. */
static bool begin_afresh(struct csv_reader *r, struct source *source)
{
    forget_columns(r);
    r->named = r->laid_out = r->second = false;
    r->rules.quoted_numbers = true;
    r->report->count = 0;
    return source_encode(source, r->encoding, r->err) && source_rewind(source, r->err);
}

static bool restart_columns(struct csv_reader *r, struct source *source)
{
    for (size_t j = 0; j < r->column_count; j++) {
        if (r->columns[j].done)
            continue;
        csv_column_restart(&r->columns[j], r->second);
        if (r->second)
            continue;
        r->columns[j].surprise_line = r->columns[j].long_line = 0;
        r->columns[j].padded_line = 0;
        r->columns[j].numbers_first = r->columns[j].fraction = false;
    }
    return source_rewind(source, r->err);
}

/* What did not read as the text that was found out is read as another, the first time. */
static bool try_latin1(struct csv_reader *r, const struct source *source)
{
    if (!source_undecodable(source) || r->encoding == NULL || strcmp(r->encoding, DECODE_MIXED) != 0)
        return false;
    error_clear(r->err);
    r->encoding = "ISO-8859-1";
    r->restart = r->afresh = true;
    return true;
}

/* Passes until one comes through. */
static bool read_through(struct csv_reader *r, struct source *source)
{
    for (;;) {
        if (!csv_missing_begin(r))
            return fail_memory(r->err);
        if (read_pass(r, source))
            return true;
        if (r->err->code != GLMM_OK && !try_latin1(r, source))
            return false;
        if (!r->restart || !(r->afresh ? begin_afresh(r, source) : restart_columns(r, source)))
            return false;
    }
}

static bool fail_changed(struct csv_reader *r)
{
    fail(r->err, GLMM_E_FILE, NOWHERE, "%s changed while it was read", r->label);
    error_hint(r->err, "load it again when it is written");
    return false;
}

/* After the first reading: true where columns must be read again. */
static bool judge_columns(struct csv_reader *r)
{
    bool again = false;

    for (size_t j = 0; j < r->column_count; j++) {
        csv_column_judge(&r->columns[j]);
        again = again || r->columns[j].spoiled;
        r->columns[j].done = !r->columns[j].spoiled;
    }
    return again && r->rows > 0;
}

static bool read_columns(struct csv_reader *r, struct source *source)
{
    uint64_t checksum;

    if (!csv_look_at_bytes(r, source) || !read_through(r, source))
        return false;
    checksum = source_checksum(source);
    while (!r->second && judge_columns(r)) { /* the second reading may have to begin afresh */
        r->second = true;
        if (!restart_columns(r, source) || !read_through(r, source))
            return false;
    }
    return (source_unchanged(source) && source_checksum(source) == checksum) || fail_changed(r);
}

/* --- the end ------------------------------------------------------------------------------------ */

/* Columns that have neither name nor value are no columns: what separators at the ends of lines leave.  Those that the bars
 * around a drawn table leave are told with its lines. */
static bool drop_columns(struct csv_reader *r)
{
    size_t kept = 0, dropped = 0, last = r->column_count - 1, behind = r->column_count;
    struct csv_note *note;

    while (behind > 0 && r->columns[behind - 1].generated && r->columns[behind - 1].missing == r->rows)
        behind--;
    for (size_t j = 0; j < r->column_count; j++) {
        struct csv_column *column = &r->columns[j];

        if (column->missing == r->rows && (column->nameless || j >= behind)) {
            dropped += !r->drawn || (j > 0 && j < last);
            csv_column_clear(column);
        } else {
            r->columns[kept++] = *column;
        }
    }
    r->column_count = kept;
    if (kept == 0)
        return fail(r->err, GLMM_E_FILE, NOWHERE, "%s has nothing but separators", r->label);
    if (dropped == 0)
        return true;
    note = csv_note_add(r->report, CSV_NOTE_EMPTY_COLUMNS, NULL, NULL);
    if (note == NULL)
        return fail_memory(r->err);
    note->count = dropped;
    return true;
}

/* A column that has values but no name. */
static bool fail_nameless(struct csv_reader *r, size_t column)
{
    fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: column %zu has no name", r->names_line, r->label, column + 1);
    if (!csv_advise_skip(r)) {
        bool data = csv_names_are_data(r, column);

        if (data)
            error_hint(r->err, "where the file has no names: header=no");
        else
            error_hint(r->err, "names=unique names it V%zu", column + 1);
        r->report->way_out = (struct csv_advice){ .no_header = data, .unique_names = !data };
        r->report->has_way_out = true;
    }
    csv_stop(r, r->names_line);
    return false;
}

static bool check_columns(struct csv_reader *r)
{
    if (!r->named)
        return fail(r->err, GLMM_E_FILE, NOWHERE, "%s has nothing but %s", r->label,
                    r->zeros_line > 0 ? "zero bytes" : "blank lines");
    if (r->rows == 0) {
        fail(r->err, GLMM_E_FILE, NOWHERE, "%s has names, on line %ld, but no rows", r->label, r->names_line);
        csv_stop(r, r->names_line);
        return false;
    }
    for (size_t j = 0; j < r->column_count; j++)
        if (r->columns[j].name[0] == '\0' && r->columns[j].missing < r->rows)
            return fail_nameless(r, j);
    return drop_columns(r);
}

static struct frame *make_frame(struct csv_reader *r, const char *name, const struct source *source)
{
    struct frame *frame = frame_new(name, r->rows);
    struct column column;

    if (frame == NULL) {
        fail_memory(r->err);
        return NULL;
    }
    frame->checksum = source_checksum(source);
    for (size_t j = 0; j < r->column_count; j++) {
        bool wanted = csv_wanted(r, j), ok = wanted && csv_column_finish(&r->columns[j], &r->rules, &column);

        if (!ok || !frame_append(frame, &column)) {
            if (ok)
                column_clear(&column);
            if (wanted)
                fail_memory(r->err);
            frame_free(frame);
            return NULL;
        }
    }
    return frame;
}

static struct frame *finish(struct csv_reader *r, const char *name, const struct source *source)
{
    struct frame *frame = check_columns(r) ? make_frame(r, name, source) : NULL;

    if (r->encoding != NULL && strcmp(r->encoding, DECODE_MIXED) == 0 && !source_is_mixed(source))
        r->encoding = "CP1252";
    if (frame != NULL && !csv_advise(r, frame)) {
        if (r->err->code == GLMM_OK)
            fail_memory(r->err);
        frame_free(frame);
        return NULL;
    }
    return frame;
}

static char decimal_of(const struct csv_options *options)
{
    if (options->decimal != '\0')
        return options->decimal;
    return options->thousands == '.' ? ',' : '.';
}

static bool check_options(const struct csv_options *options, struct glmm_error *err)
{
    if (options->decimal != '\0' && options->decimal != '.' && options->decimal != ',')
        return fail(err, GLMM_E_VALUE, NOWHERE, "the decimal sign must be `.` or `,`");
    if (options->thousands != '\0' && strchr(",.' ", options->thousands) == NULL)
        return fail(err, GLMM_E_VALUE, NOWHERE, "the thousands mark must be `,`, `.`, `'` or a blank");
    if (options->thousands == decimal_of(options))
        return fail(err, GLMM_E_VALUE, NOWHERE, "`%c` cannot be both the decimal sign and the thousands mark",
                    options->thousands);
    if (options->separator == '"' || options->separator == '\n' || options->separator == '\r')
        return fail(err, GLMM_E_VALUE, NOWHERE, "a quote or a line end cannot separate fields");
    if (options->separator == '.')
        return fail(err, GLMM_E_VALUE, NOWHERE, "`.` cannot separate fields: it stands in numbers");
    return true;
}

static void clear_reader(struct csv_reader *r)
{
    if (r->parser_ready)
        csv_free(&r->parser);
    csv_parts_free(r);
    forget_columns(r);
    csv_missing_clear(r);
    mem_free(r->columns);
    mem_free(r->copy);
    mem_free(r->names_text);
    mem_free(r->squeezed);
    text_clear(&r->units);
}

static struct frame *read_source(struct source *source, const char *label, const char *name, const struct csv_options *options,
                                 const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct csv_options defaults = { 0 };
    struct glmm_error own = { 0 }; /* the reader needs one even when the caller does not */
    struct csv_report unread = { 0 };
    struct csv_reader r = {
        .options = options == NULL ? &defaults : options, .label = label, .progress = progress, .err = err == NULL ? &own : err
    };
    struct frame *frame = NULL;

    r.report = r.options->report == NULL ? &unread : r.options->report;
    r.rules.format.decimal = decimal_of(r.options);
    r.rules.format.thousands = r.options->thousands;
    r.rules.format.units = r.options->units_in_cells;
    r.rules.quoted_numbers = !r.options->typed;
    if (source != NULL && check_options(r.options, r.err) && read_columns(&r, source))
        frame = finish(&r, name, source);
    clear_reader(&r);
    csv_report_clear(&unread);
    source_free(source);
    return frame;
}

/* At most so many rows of a frame (0: all), which it takes; NULL, as is NULL, when memory is out. */
static struct frame *first_rows(struct frame *frame, long rows, struct glmm_error *err)
{
    struct frame *first;
    size_t *source;

    if (frame == NULL || rows == 0 || frame->rows <= (size_t)rows)
        return frame;
    source = mem_alloc((size_t)rows, sizeof *source);
    for (size_t i = 0; source != NULL && i < (size_t)rows; i++)
        source[i] = i;
    first = source == NULL ? NULL : frame_rows(frame, source, (size_t)rows, err);
    if (source == NULL)
        fail_memory(err);
    mem_free(source);
    frame_free(frame);
    return first;
}

/* A file of another program, as a whole. */
static struct frame *read_foreign(struct source *source, const struct magic *magic, const char *label, const char *name,
                                  const struct csv_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct csv_options defaults = { 0 };
    struct foreign file = {
        .label = label, .name = name, .magic = magic, .options = options == NULL ? &defaults : options, .progress = progress
    };
    char *bytes = source_whole(source, &file.count, err);
    struct frame *frame;

    if (bytes == NULL)
        return NULL;
    file.bytes = bytes;
    frame = first_rows(foreign_read(&file, err), file.options->rows, err);
    if (frame != NULL)
        frame->checksum = source_checksum(source);
    mem_free(bytes);
    return frame;
}

/* A text is one table. */
static bool check_text_options(const struct csv_options *options, struct glmm_error *err)
{
    const char *option = options == NULL          ? NULL
                         : options->table != NULL ? "table"
                         : options->sheet != NULL ? "sheet"
                         : options->query != NULL ? "query"
                                                  : NULL;

    if (option == NULL)
        return true;
    fail(err, GLMM_E_VALUE, NOWHERE, "%s= is for files that hold several tables, and this is text", option);
    return error_argument(err, option);
}

/* Takes the frame. */
static struct frame *name_source(struct frame *frame, const char *path, struct glmm_error *err)
{
    if (frame == NULL)
        return NULL;
    mem_free(frame->source);
    frame->source = mem_strdup(path);
    if (frame->source != NULL)
        return frame;
    frame_free(frame);
    fail_memory(err);
    return NULL;
}

struct frame *csv_read(const char *path, const char *name, const struct csv_options *options,
                       const struct glmm_progress *progress, struct glmm_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *label = strcmp(path, "-") == 0 ? "standard input" : slash == NULL ? path : slash + 1;
    struct source *source;
    const struct magic *magic = NULL;
    const char *bytes;
    size_t count;
    struct frame *frame = NULL;

    if (foreign_is_connection(path))
        return first_rows(foreign_read_connection(path, name, options, progress, err), options == NULL ? 0 : options->rows, err);
    source = source_open(path, progress, err);
    if (source != NULL && source_peek(source, &bytes, &count, err)) {
        magic = magic_find(bytes, count);
        if (magic != NULL && magic->format != MAGIC_OTHER)
            frame = read_foreign(source, magic, label, name, options, progress, err);
        else if (check_text_options(options, err))
            return name_source(read_source(source, label, name, options, progress, err), path, err);
    }
    source_free(source);
    return name_source(frame, path, err);
}

struct frame *csv_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                             struct glmm_error *err)
{
    const char *label = options == NULL || options->label == NULL ? name : options->label;

    return read_source(source_of_bytes(bytes, count, err), label, name, options, NULL, err);
}
