/* csv-parse.c -- blocks of text -> libcsv -> fields -> columns.
 *
 * libcsv hands out the text of a field but not whether it stood in quotes, nor where.  So the reader follows it through the
 * block: it knows where the next field begins in the bytes, and from its text how long it was there.  Blocks end at line ends,
 * hence a field that goes on in the next block is always a quoted one. */
#include "config.h"
#include "data/csv-private.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum {
    PIECE = 1 << 20, /* bytes that are read before Ctrl-C is asked for again */
    MOST_FOOTER = 5  /* lines below a table */
};

/* --- errors ------------------------------------------------------------------------------------- */

void csv_stop(struct csv_reader *r, long line)
{
    if (r->err != NULL && r->err->code != GLMM_OK && r->err->line == 0)
        r->err->line = line;
    r->stopped = true;
}

bool csv_wanted(struct csv_reader *r, size_t column)
{
    if (column % 1000 != 999 || progress_tell(r->progress, "looking at columns", 0.0, 0.0, (double)NAN))
        return true;
    fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped at line %ld", r->label, r->line);
    csv_stop(r, 0);
    return false;
}

void csv_stop_memory(struct csv_reader *r)
{
    fail_memory(r->err);
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

void csv_meet_encoding(struct csv_reader *r, const char *column)
{
    if (r->encoding == NULL && r->options->encoding == NULL) {
        r->encoding = DECODE_MIXED;
        r->restart = r->afresh = r->stopped = true;
        return;
    }
    if (column != NULL)
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: column `%s` has bytes that are not UTF-8", r->line, r->label, column);
    else
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: the name of column %zu has bytes that are not UTF-8", r->line,
             r->label, r->field + 1);
    error_hint(r->err, "without encoding= it is found out");
    csv_stop(r, r->line);
}

static void fail_outcome(struct csv_reader *r, enum csv_outcome outcome, const char *text, size_t length)
{
    struct csv_column *column = &r->columns[r->field];
    char buffer[48];

    switch (outcome) {
    case CSV_NOT_NUMBER:
        fail(r->err, GLMM_E_DATA, NOWHERE, "line %ld of %s: `%s` in column `%s` is not %s", r->line, r->label,
             csv_excerpt(text, length, buffer), column->name,
             column->forced_type == COLUMN_LOGICAL   ? "logical (TRUE or FALSE)"
             : column->forced_type == COLUMN_INTEGER ? "an integer"
             : column->forced_type == COLUMN_DATE    ? "a date, or not of that order"
                                                     : "a number");
        break;
    case CSV_NOT_UTF8:
        csv_meet_encoding(r, column->name);
        return;
    case CSV_TOO_MANY_LEVELS:
        fail(r->err, GLMM_E_LIMIT, NOWHERE, "column `%s` of %s has more than %d different texts, or 4 GB of them", column->name,
             r->label, INT32_MAX);
        break;
    default:
        fail_memory(r->err);
    }
    csv_stop(r, r->line);
}

/* --- where we are ------------------------------------------------------------------------------- */

static bool is_space(const struct csv_reader *r, char c)
{
    return (c == ' ' || c == '\t') && c != r->layout.separator;
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

long csv_count_lines(const char *text, size_t length)
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
        r->at += count_byte(text + before, length - before, '"') + 1; /* each quote in the text was two; one closes */
    skip_spaces(r);
    if (r->at < r->end && *r->at == r->layout.separator)
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

/* True where the field must stand in quotes, for what it holds. */
static bool needs_quotes(const struct csv_reader *r, const char *text, size_t length)
{
    return memchr(text, r->layout.separator, length) != NULL;
}

/* A column of numbers has its own name among them: the line of the names comes again, perhaps not as it stood. */
static bool is_name_again(const struct csv_reader *r, const char *text, size_t length)
{
    const struct csv_column *column = &r->columns[r->field];

    return !r->loose && r->names_text != NULL && length > 0
           && (column->reading == READING_INTEGER || column->reading == READING_REAL)
           && strncasecmp(column->name, text, length) == 0 && column->name[length] == '\0';
}

static void store(struct csv_reader *r, const char *text, size_t length, bool quoted)
{
    bool needed = quoted && needs_quotes(r, text, length);
    enum csv_outcome outcome;

    if (r->lists > 0 && memchr(text, ',', length) != NULL)
        csv_missing_meet(r, text, length);
    if (r->field >= r->column_count || r->columns[r->field].done || (r->columns[r->field].spoiled && !r->second))
        return;
    if (is_name_again(r, text, length)) {
        r->loose = r->restart = r->afresh = r->stopped = true;
        return;
    }
    outcome = csv_column_add(&r->columns[r->field], &r->rules, text, length, quoted && !needed, r->line, r->rows_hint);
    if (outcome == CSV_PLAIN_NUMBER) {
        if (r->rules.quoted_numbers && !needed)
            note_plain_number(r);
    } else if (outcome != CSV_STORED) {
        fail_outcome(r, outcome, text, length);
    }
}

bool csv_take_formula(const char **text, size_t *length)
{
    if (*length < 3 || memcmp(*text, "=\"", 2) != 0 || (*text)[*length - 1] != '"' || memchr(*text + 2, '"', *length - 3) != NULL)
        return false;
    *text += 2;
    *length -= 3;
    return true;
}

static void on_field(void *bytes, size_t length, void *context)
{
    struct csv_reader *r = context;
    const char *text = bytes == NULL ? "" : bytes;
    char unit[48];
    bool quoted;

    if (r->stopped || r->full)
        return;
    r->after_cr = false;
    if (r->field == 0)
        r->record_line = r->line;
    if (r->field == 0)
        r->remark = length > 0 && text[0] == '#';
    quoted = pass_field(r, text, length);
    if (length >= 3
        && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* where a file was put behind another, its mark stands in a cell */
        text += 3;
        length -= 3;
    }
    if (csv_take_formula(&text, &length)) {
        quoted = true;
        r->formulas_line = r->formulas_line == 0 ? r->line : r->formulas_line;
    }
    if (r->in_units > 0 && r->field < r->column_count)
        text_addf(&r->units, "%s%s", length > 0 && r->units.length > 0 ? ", " : "", csv_excerpt(text, length, unit));
    else if (!r->in_header)
        store(r, text, length, quoted);
    else if (!r->named)
        csv_add_name(r, text, length);
    r->field++;
    if (quoted)
        r->line += csv_count_lines(text, length);
}

/* The separator in words. */
static const char *separator_name(const struct csv_reader *r, char buffer[2])
{
    if (r->layout.blanks)
        return "blank";
    if (r->layout.separator == '\t')
        return "tab";
    buffer[0] = r->layout.separator;
    buffer[1] = '\0';
    return buffer;
}

/* The names stand further below, behind lines of a title; or rows do that have none. */
bool csv_advise_skip(struct csv_reader *r)
{
    bool none = r->layout.rows_line > r->names_line;
    long line = none ? r->layout.rows_line : r->layout.names_line;

    if (line <= r->names_line)
        return false;
    if (none)
        error_hint(r->err, "rows without names seem to begin on line %ld, below a title: skip=%ld header=no", line, line - 1);
    else
        error_hint(r->err, "the names seem to stand on line %ld, so that what is above is a title: skip=%ld", line, line - 1);
    r->report->way_out = (struct csv_advice){ .skip = line - 1, .no_header = none };
    r->report->has_way_out = true;
    return true;
}

int csv_label_records(const struct csv_reader *r)
{
    return r->labels > 0 ? r->labels : r->options->unit_row;
}

/* A shorter line, and none behind it but a few as short: that is no row, and what stands above may be read. */
static bool advise_rows(struct csv_reader *r)
{
    const char *p = r->at, *end;

    if (r->field >= r->column_count || r->rows < 2 || r->second)
        return false;
    for (int lines = 0; p < r->end; lines++, p = end + 1) {
        end = memchr(p, '\n', (size_t)(r->end - p));
        if (lines == MOST_FOOTER || end == NULL || count_byte(p, (size_t)(end - p), r->layout.separator) + 1 >= r->column_count)
            return false;
    }
    error_hint(r->err, "if the table ends above that line: rows=%zu", r->rows);
    r->report->way_out = (struct csv_advice){ .rows = (long)r->rows };
    return r->report->has_way_out = true;
}

/* LabVIEW's last column is one of comments, whose field rows without one may lack. */
static bool lacks_comment(const struct csv_reader *r)
{
    const char *name = r->column_count > 2 ? r->columns[r->column_count - 1].name : NULL;

    return r->field + 1 == r->column_count && r->rows == 0 && !r->options->no_header && name != NULL
           && (strcasecmp(name, "Comment") == 0 || strcasecmp(name, "Comments") == 0);
}

/* The first row has one field more than there are names: those of rows, a text with the separator in it, or a column without a
 * name between others. */
static void advise_name(struct csv_reader *r)
{
    char name[2];

    if (r->layout.separator == ',') {
        error_hint(r->err,
                   "row names, perhaps? Give them a name in the first line; in R: write.csv(x, row.names = FALSE). Else a "
                   "text that has the separator `,` in it must stand in quotes");
        return;
    }
    if (!r->layout.names_short) {
        error_hint(r->err, "a text that has the separator `%s` in it must stand in quotes", separator_name(r, name));
        return;
    }
    error_hint(
        r->err,
        "a column has no name, perhaps, or a text has the separator `%s` in it, and no quotes; all columns, as V1, V2, ...",
        separator_name(r, name));
    r->report->way_out = (struct csv_advice){ .skip = r->names_line, .no_header = true };
    r->report->has_way_out = true;
}

static void fail_ragged(struct csv_reader *r)
{
    char name[2];

    fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s has %zu field%s, but %s %zu", r->record_line, r->label, r->field,
         r->field == 1 ? "" : "s", r->options->no_header ? "the first line has" : "there are names for", r->column_count);
    if (csv_advise_skip(r)) {
        /* said */
    } else if (r->rows == 0 && r->field == r->column_count + 1 && r->column_count == 1 && r->layout.separator == ','
               && r->layout.numbers_follow) {
        error_hint(r->err, "a comma in a number, perhaps: decimal=comma");
        r->report->way_out = (struct csv_advice){ .decimal = ',' };
        r->report->has_way_out = true;
    } else if (r->rows == 0 && r->field == r->column_count + 1 && r->column_count > 1) {
        advise_name(r);
    } else if (lacks_comment(r)) {
        error_hint(r->err, "rows without a comment lack its field, perhaps: take the name %s out of line %ld",
                   r->columns[r->column_count - 1].name, r->names_line);
    } else if (advise_rows(r)) {
        /* said */
    } else if (r->remark && r->rows > 0 && r->field != r->column_count) {
        error_hint(r->err, "a line of comment, as it begins with #, perhaps: these must be taken out of the file");
    } else if (r->rows == 0 && r->column_count == 1 && r->names_line > 0 && (r->after_blank || r->layout.numbers_below)) {
        error_hint(r->err, "if line %ld is a title: skip=%ld; else a text that has the separator `%s` in it must stand in quotes",
                   r->names_line, r->names_line, separator_name(r, name));
        r->report->way_out = (struct csv_advice){ .skip = r->names_line };
        r->report->has_way_out = true;
    } else if (r->rows > 1 && r->field < r->column_count && r->after_blank && r->again == 0 && !r->second) {
        error_hint(r->err, "another table begins there, perhaps; that above: rows=%zu", r->rows);
        r->report->way_out = (struct csv_advice){ .rows = (long)r->rows };
        r->report->has_way_out = true;
    } else if (r->field > r->column_count) {
        error_hint(r->err, "a text that has the separator `%s` in it must stand in quotes", separator_name(r, name));
    } else if (r->rows > 0 && r->field == 1 && r->column_count > 2) {
        error_hint(r->err, "it is no row, perhaps, but a remark: such lines must be taken out of the file");
    }
    csv_stop(r, r->record_line);
}

static void on_record(int terminator, void *context)
{
    struct csv_reader *r = context;
    const char *before = r->at;
    bool pair;

    if (r->stopped || r->full)
        return;
    skip_spaces(r);
    assert(r->at < r->end && *r->at == terminator); /* in step with libcsv */
    pair = terminator == '\n' && r->after_cr && before == r->at;
    r->line += !pair;
    r->at++;
    r->after_cr = terminator == '\r';
    if (r->field == 0) { /* a blank line, or the other half of a line's end */
        r->after_blank = r->after_blank || !pair;
        return;
    }
    if (r->in_header) {
        r->in_header = false;
        if (!r->named)
            csv_finish_names(r);
        r->in_units = csv_label_records(r);
    } else if (r->in_units > 0) {
        r->in_units--;
        if (r->field != r->column_count)
            fail_ragged(r);
    } else {
        if (r->field != r->column_count)
            fail_ragged(r);
        r->rows++;
    }
    r->field = 0;
    r->after_blank = false;
    if (r->options->rows > 0 && r->rows == (size_t)r->options->rows)
        r->full = true;
}

/* --- blocks ------------------------------------------------------------------------------------- */

static void *resize_for_libcsv(void *old, size_t size)
{
    return mem_resize(old, size, 1);
}

bool csv_parser_start(struct csv_reader *r)
{
    if (r->parser_ready)
        csv_free(&r->parser);
    r->parser_ready = csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) == 0;
    if (!r->parser_ready)
        return fail_memory(r->err);
    csv_set_realloc_func(&r->parser, resize_for_libcsv);
    csv_set_free_func(&r->parser, mem_free);
    csv_set_blk_size(&r->parser, 4096);
    csv_set_delim(&r->parser, (unsigned char)r->layout.separator);
    return true;
}

/* A quoted field does not end as it should; it began on r->line. */
static bool fail_quote(struct csv_reader *r, bool at_end, const char *found)
{
    const char *text = (const char *)r->parser.entry_buf;
    long lines = csv_count_lines(text, r->parser.entry_pos);
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

/* Runs libcsv over the block, a piece at a time: a field may be as long as the block, and libcsv makes room for it by the size it
 * is told.  It stops at quotes that RFC 4180 does not allow; those in unquoted fields are ordinary characters. */
bool csv_parse_block(struct csv_reader *r, const char *bytes, size_t count)
{
    size_t used = 0, piece, done;
    char found[48];

    while (used < count && !r->stopped && !r->full) {
        if (used > 0 && !progress_tell(r->progress, "byte", 0.0, 0.0, (double)NAN))
            return fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped at line %ld", r->label, r->line);
        csv_set_blk_size(&r->parser, r->parser.entry_pos > 4096 ? r->parser.entry_pos : 4096);
        piece = count - used < PIECE ? count - used : PIECE;
        done = csv_parse(&r->parser, bytes + used, piece, on_field, on_record, r);
        used += done;
        if (done == piece)
            continue;
        if (csv_error(&r->parser) != CSV_EPARSE)
            return fail_memory(r->err);
        if (r->stopped || r->full)
            break;
        if (r->parser.quoted) /* the block ends in one */
            return fail_quote(r, false, csv_excerpt(bytes + used, strcspn(bytes + used, "\r\n"), found));
        csv_set_opts(&r->parser, CSV_REPALL_NL);
        used += csv_parse(&r->parser, bytes + used, 1, on_field, on_record, r);
        csv_set_opts(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    }
    r->spans = !r->stopped && !r->full && r->at < r->end;
    r->before = r->parser.entry_pos;
    return !r->stopped;
}

bool csv_parse_end(struct csv_reader *r)
{
    return csv_fini(&r->parser, on_field, on_record, r) == 0 || fail_quote(r, true, "");
}
