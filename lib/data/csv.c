/* csv.c -- blocks of bytes -> libcsv -> fields -> typed columns.
 *
 * libcsv hands out the text of a field but not whether it stood in quotes, nor where.  So the reader follows it through the
 * block: it knows where the next field begins in the bytes, and from its text how long it was there.  Blocks end at line ends,
 * hence a field that goes on in the next block is always a quoted one.
 *
 * The file is read once; again only for columns in which a text came after numbers, and from the start when quoted numbers were
 * taken as numbers before the first number without quotes came. */
#include "config.h"
#include "data/csv.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv-detect.h"
#include "data/csv-private.h"
#include "data/source.h"

static const char *const default_missing[] = { "NA", "", NULL };

/* --- errors ------------------------------------------------------------------------------------- */

void csv_stop(struct csv_reader *r, long line)
{
    if (r->err != NULL && r->err->code != GLMM_OK && r->err->line == 0)
        r->err->line = line;
    r->stopped = true;
}

const char *csv_excerpt(const char *text, size_t length, char buffer[48])
{
    size_t cut = length < 40 ? length : 40;
    ptrdiff_t bad;

    memcpy(buffer, text, cut);
    buffer[cut] = '\0';
    bad = utf8_invalid(buffer, cut);
    if (bad >= 0)
        buffer[cut = (size_t)bad] = '\0';
    for (size_t i = 0; i < cut; i++)
        if ((unsigned char)buffer[i] < ' ')
            buffer[i] = ' ';
    if (cut < length)
        memcpy(buffer + cut, "...", 4);
    return buffer;
}

void csv_fail_encoding(struct csv_reader *r, const char *column)
{
    if (column != NULL)
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: column `%s` has bytes that are not UTF-8", r->line, r->label, column);
    else
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: the name of column %zu has bytes that are not UTF-8", r->line,
             r->label, r->field + 1);
    error_hint(r->err, "convert the file first, for example: iconv -f latin1 -t utf-8");
}

static void fail_outcome(struct csv_reader *r, enum csv_outcome outcome, const char *text, size_t length)
{
    struct csv_column *column = &r->columns[r->field];
    char buffer[48];

    switch (outcome) {
    case CSV_NOT_NUMBER:
        fail(r->err, GLMM_E_DATA, NOWHERE, "line %ld of %s: `%s` in column `%s` is not %s", r->line, r->label,
             csv_excerpt(text, length, buffer), column->name,
             column->forced_type == COLUMN_LOGICAL ? "logical (TRUE or FALSE)"
             : column->forced_type == COLUMN_INTEGER ? "an integer" : "a number");
        break;
    case CSV_NOT_UTF8:
        csv_fail_encoding(r, column->name);
        break;
    case CSV_TOO_MANY_LEVELS:
        fail(r->err, GLMM_E_LIMIT, NOWHERE, "column `%s` of %s has more than %d different texts, or 4 GB of them",
             column->name, r->label, INT32_MAX);
        break;
    default:
        fail_memory(r->err);
    }
    csv_stop(r, r->line);
}

/* --- where we are ------------------------------------------------------------------------------- */

static bool is_space(const struct csv_reader *r, char c)
{
    return (c == ' ' || c == '\t') && c != r->separator;
}

static void skip_spaces(struct csv_reader *r)
{
    while (r->at < r->end && is_space(r, *r->at))
        r->at++;
}

static size_t count_byte(const char *text, size_t length, char c)
{
    const char *end = text + length;
    size_t count = 0;

    while ((text = memchr(text, c, (size_t)(end - text))) != NULL) {
        count++;
        text++;
    }
    return count;
}

static long count_lines(const char *text, size_t length)
{
    long lines = (long)count_byte(text, length, '\n');

    if (memchr(text, '\r', length) != NULL)
        for (size_t i = 0; i < length; i++)
            lines += text[i] == '\r' && (i + 1 == length || text[i + 1] != '\n');
    return lines;
}

/* Moves `at` behind the field just read, and the separator behind it; returns whether it stood in quotes. */
static bool pass_field(struct csv_reader *r, const char *text, size_t length)
{
    bool quoted = r->spans;
    size_t before = r->spans ? r->before : 0;

    if (!r->spans) {
        skip_spaces(r);
        quoted = r->at < r->end && *r->at == '"';
        r->at += quoted;
    }
    r->spans = false;
    r->at += length - before;
    if (quoted)
        r->at += count_byte(text + before, length - before, '"') + 1;       /* each quote in the text was two; one closes */
    skip_spaces(r);
    if (r->at < r->end && *r->at == r->separator)
        r->at++;
    assert(r->at <= r->end);
    return quoted;
}

/* --- what libcsv calls -------------------------------------------------------------------------- */

/* A number without quotes: numbers in quotes are texts then, from the first row on. */
static void note_plain_number(struct csv_reader *r)
{
    r->rules.quoted_numbers = false;
    for (size_t j = 0; j < r->column_count; j++)
        if (r->columns[j].quoted_number && !r->columns[j].forced)
            r->restart = r->stopped = true;
}

static void store(struct csv_reader *r, const char *text, size_t length, bool quoted)
{
    enum csv_outcome outcome;

    if (r->field >= r->column_count || r->columns[r->field].done || (r->columns[r->field].spoiled && !r->second))
        return;
    outcome = csv_column_add(&r->columns[r->field], &r->rules, text, length, quoted, r->line, r->rows_hint);
    if (outcome == CSV_PLAIN_NUMBER) {
        if (r->rules.quoted_numbers)
            note_plain_number(r);
    } else if (outcome != CSV_STORED) {
        fail_outcome(r, outcome, text, length);
    }
}

static void on_field(void *bytes, size_t length, void *context)
{
    struct csv_reader *r = context;
    const char *text = bytes == NULL ? "" : bytes;
    bool quoted;

    if (r->stopped)
        return;
    r->after_cr = false;
    if (r->field == 0)
        r->record_line = r->line;
    quoted = pass_field(r, text, length);
    if (!r->in_header)
        store(r, text, length, quoted);
    else if (!r->named)
        csv_add_name(r, text, length);
    r->field++;
    if (quoted)
        r->line += count_lines(text, length);
}

static void fail_ragged(struct csv_reader *r)
{
    fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s has %zu field%s, but %s %zu", r->record_line, r->label, r->field,
         r->field == 1 ? "" : "s", r->options->no_header ? "the first line has" : "there are names for", r->column_count);
    if (r->rows == 0 && r->field == r->column_count + 1)
        error_hint(r->err, "row names, perhaps? In R: write.csv(x, row.names = FALSE)");
    else if (r->field > r->column_count)
        error_hint(r->err, "a text that has the separator `%s` in it must stand in quotes",
                   r->separator == '\t' ? "tab" : (char[]){ r->separator, '\0' });
    csv_stop(r, r->record_line);
}

static void on_record(int terminator, void *context)
{
    struct csv_reader *r = context;
    const char *before = r->at;

    if (r->stopped)
        return;
    skip_spaces(r);
    assert(r->at < r->end && *r->at == terminator);         /* in step with libcsv */
    if (!(terminator == '\n' && r->after_cr && before == r->at))
        r->line++;
    r->at++;
    r->after_cr = terminator == '\r';
    if (r->field == 0)                                      /* a blank line */
        return;
    if (r->in_header) {
        r->in_header = false;
        if (!r->named)
            csv_finish_names(r);
    } else {
        if (r->field != r->column_count)
            fail_ragged(r);
        r->rows++;
    }
    r->field = 0;
}

/* --- blocks ------------------------------------------------------------------------------------- */

static void *resize_for_libcsv(void *old, size_t size)
{
    return mem_resize(old, size, 1);
}

static bool parser_start(struct csv_reader *r)
{
    if (r->parser_ready)
        csv_free(&r->parser);
    r->parser_ready = csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0;
    if (!r->parser_ready)
        return fail_memory(r->err);
    csv_set_realloc_func(&r->parser, resize_for_libcsv);
    csv_set_free_func(&r->parser, mem_free);
    csv_set_blk_size(&r->parser, 4096);
    csv_set_delim(&r->parser, (unsigned char)r->separator);
    return true;
}

/* A quoted field does not end as it should; it began on r->line. */
static bool fail_quote(struct csv_reader *r, bool at_end, const char *found)
{
    const char *text = (const char *)r->parser.entry_buf;
    long lines = count_lines(text, r->parser.entry_pos);
    char buffer[48];

    if (at_end)
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: the quote that opens here is never closed", r->line, r->label);
    else if (lines > 0)
        fail(r->err, GLMM_E_FILE, NOWHERE,
             "line %ld of %s: the quote that opens here is not closed; the next one, on line %ld, has `%s` behind it", r->line,
             r->label, r->line + lines, found);
    else
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: after the closing quote of `%s` comes `%s` instead of the separator",
             r->line, r->label, csv_excerpt(text, r->parser.entry_pos > 0 ? r->parser.entry_pos - 1 : 0, buffer), found);
    if (!at_end)
        error_hint(r->err, "a quote inside a quoted field is written twice: \"\"");
    csv_stop(r, r->line);
    return false;
}

/* Runs libcsv over the block.  It stops at quotes that RFC 4180 does not allow; those in unquoted fields are ordinary
 * characters. */
static bool parse_block(struct csv_reader *r, const char *bytes, size_t count)
{
    size_t used = 0;
    char found[48];

    while (used < count && !r->stopped) {
        used += csv_parse(&r->parser, bytes + used, count - used, on_field, on_record, r);
        if (used == count)
            break;
        if (csv_error(&r->parser) != CSV_EPARSE)
            return fail_memory(r->err);
        if (r->stopped)
            break;
        if (r->parser.quoted)                               /* the block ends in one */
            return fail_quote(r, false, csv_excerpt(bytes + used, strcspn(bytes + used, "\r\n"), found));
        csv_set_opts(&r->parser, CSV_REPALL_NL);
        used += csv_parse(&r->parser, bytes + used, 1, on_field, on_record, r);
        csv_set_opts(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    }
    r->spans = !r->stopped && r->at < r->end;
    r->before = r->parser.entry_pos;
    return !r->stopped;
}

static bool check_text(struct csv_reader *r, const char *bytes, size_t count)
{
    const char *zero = memchr(bytes, '\0', count);
    long line;

    if (zero == NULL)
        return true;
    line = r->line + count_lines(bytes, (size_t)(zero - bytes));
    fail(r->err, GLMM_E_FILE, NOWHERE, "%s is not a text file: line %ld has a zero byte", r->label, line);
    if (memcmp(bytes, "PK", 2) == 0)
        error_hint(r->err, "it looks like a spreadsheet or a zip archive: export it as CSV first");
    else if (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)
        error_hint(r->err, "it looks like UTF-16: convert it first, for example: iconv -f utf-16 -t utf-8");
    csv_stop(r, line);
    return false;
}

/* Learns from the first block what it can. */
static bool look_at_first(struct csv_reader *r, const char *bytes, size_t count, const struct source *source)
{
    size_t lines = count_byte(bytes, count, '\n') + 1;

    if (r->separator == '\0')
        r->separator =
            r->options->separator != '\0' ? r->options->separator : csv_detect_separator(bytes, count, r->rules.decimal);
    r->rows_hint = lines;
    if (source_size(source) > count)
        r->rows_hint = (size_t)((double)lines * ((double)source_size(source) / (double)count) * 1.02) + 64;
    return parser_start(r);
}

/* Reads from the first byte to the last, or until something stops it. */
static bool read_pass(struct csv_reader *r, struct source *source, const struct glmm_progress *progress)
{
    const char *bytes;
    size_t count;
    double done, total;
    bool first = true;

    r->line = 1;
    r->field = r->rows = 0;
    r->spans = r->after_cr = r->stopped = r->restart = false;
    r->in_header = !r->named || !r->options->no_header;
    for (;;) {
        if (!source_next(source, &bytes, &count, r->err))
            return false;
        source_place(source, &done, &total);
        if (!progress_tell(progress, "byte", done, total, (double)NAN))
            return fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped at line %ld", r->label, r->line);
        if (count == 0)
            break;
        if (!check_text(r, bytes, count) || (first && !look_at_first(r, bytes, count, source)))
            return false;
        first = false;
        r->at = bytes;
        r->end = bytes + count;
        if (!parse_block(r, bytes, count))
            return false;
    }
    if (first) {
        fail(r->err, GLMM_E_FILE, NOWHERE, "%s is empty", r->label);
        return false;
    }
    if (csv_fini(&r->parser, on_field, on_record, r) != 0)
        return fail_quote(r, true, "");
    return !r->stopped;
}

/* --- passes ------------------------------------------------------------------------------------- */

static bool restart_columns(struct csv_reader *r, struct source *source)
{
    for (size_t j = 0; j < r->column_count; j++)
        if (!r->columns[j].done)
            csv_column_restart(&r->columns[j], r->second);
    return source_rewind(source, r->err);
}

/* What a user may want to know about a column that a text turned into a factor. */
static void add_note(struct csv_reader *r, const struct csv_column *column)
{
    if (r->options->notes != NULL)
        text_addf(r->options->notes, "%s is a factor because of `%s` on line %ld; if that means missing: na=\"%s\"\n",
                  column->name, column->surprise, column->surprise_line, column->surprise);
}

static bool read_columns(struct csv_reader *r, struct source *source, const struct glmm_progress *progress)
{
    bool again = false;

    while (!read_pass(r, source, progress)) {
        if (!r->restart)
            return false;
        if (!restart_columns(r, source))
            return false;
    }
    for (size_t j = 0; j < r->column_count; j++) {
        again = again || r->columns[j].spoiled;
        r->columns[j].done = !r->columns[j].spoiled;
        if (r->columns[j].spoiled)
            add_note(r, &r->columns[j]);
    }
    if (!again || r->rows == 0)
        return true;
    r->second = true;
    if (!restart_columns(r, source) || !read_pass(r, source, progress))
        return false;
    for (size_t j = 0; j < r->column_count; j++)
        if (r->columns[j].rows != r->rows)
            return fail(r->err, GLMM_E_FILE, NOWHERE, "%s changed while it was read", r->label);
    return true;
}

static struct frame *finish(struct csv_reader *r, const char *name, const struct source *source)
{
    struct frame *frame;
    struct column column;

    if (!r->named) {
        fail(r->err, GLMM_E_FILE, NOWHERE, "%s has nothing but blank lines", r->label);
        return NULL;
    }
    if (r->rows == 0) {
        fail(r->err, GLMM_E_FILE, NOWHERE, "%s has names, on line %ld, but no rows", r->label, r->record_line);
        csv_stop(r, r->record_line);
        return NULL;
    }
    frame = frame_new(name, r->rows);
    if (frame == NULL) {
        fail_memory(r->err);
        return NULL;
    }
    frame->checksum = source_checksum(source);
    for (size_t j = 0; j < r->column_count; j++) {
        bool ok = csv_column_finish(&r->columns[j], &r->rules, &column);

        if (!ok || !frame_put(frame, &column, r->err)) {
            if (ok)
                column_clear(&column);
            fail_memory(r->err);
            frame_free(frame);
            return NULL;
        }
    }
    return frame;
}

static bool check_options(const struct csv_options *options, struct glmm_error *err)
{
    if (options->decimal != '\0' && options->decimal != '.' && options->decimal != ',')
        return fail(err, GLMM_E_VALUE, NOWHERE, "the decimal sign must be `.` or `,`");
    if (options->separator == '"' || options->separator == '\n' || options->separator == '\r')
        return fail(err, GLMM_E_VALUE, NOWHERE, "a quote or a line end cannot separate fields");
    if (options->separator != '\0' && options->separator == (options->decimal == '\0' ? '.' : options->decimal))
        return fail(err, GLMM_E_VALUE, NOWHERE, "`%c` cannot be both the separator and the decimal sign", options->separator);
    return true;
}

static struct frame *read_source(struct source *source, const char *label, const char *name, const struct csv_options *options,
                                 const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct csv_options defaults = { 0 };
    struct glmm_error own = { 0 };                          /* the reader needs one even when the caller does not */
    struct csv_reader r = { .options = options == NULL ? &defaults : options, .label = label, .err = err == NULL ? &own : err };
    struct frame *frame = NULL;

    r.rules.decimal = r.options->decimal == '\0' ? '.' : r.options->decimal;
    r.rules.missing = r.options->missing == NULL ? default_missing : r.options->missing;
    r.rules.quoted_numbers = true;
    if (source != NULL && check_options(r.options, r.err) && read_columns(&r, source, progress))
        frame = finish(&r, name, source);
    if (r.parser_ready)
        csv_free(&r.parser);
    for (size_t j = 0; j < r.column_count; j++)
        csv_column_clear(&r.columns[j]);
    mem_free(r.columns);
    source_free(source);
    return frame;
}

struct frame *csv_read(const char *path, const char *name, const struct csv_options *options,
                       const struct glmm_progress *progress, struct glmm_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *label = strcmp(path, "-") == 0 ? "standard input" : slash == NULL ? path : slash + 1;
    struct frame *frame = read_source(source_open(path, progress, err), label, name, options, progress, err);

    if (frame == NULL)
        return NULL;
    frame->source = mem_strdup(path);
    if (frame->source == NULL) {
        frame_free(frame);
        fail_memory(err);
        return NULL;
    }
    return frame;
}

struct frame *csv_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                             struct glmm_error *err)
{
    return read_source(source_of_bytes(bytes, count, err), name, name, options, NULL, err);
}
