/* csv-begin.c -- what stands before a table: other kinds of files, encodings, lines to leave out, the layout; and its blocks. */
#include "config.h"
#include "data/csv-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/magic.h"

enum { LOOK = 1 << 24 }; /* bytes of the first block that tell the layout: wide tables, but no cell of a GB */

/* --- the first bytes ---------------------------------------------------------------------------- */

/* UTF-16 or UTF-32 by the byte order mark, or UTF-16 by where the zero bytes are: beside each ASCII character. */
static const char *wide_encoding(const char *bytes, size_t count)
{
    size_t zeros[2] = { 0 }, looked = count < 4096 ? count : 4096;

    if (count >= 4 && memcmp(bytes, "\xff\xfe\0\0", 4) == 0)
        return "UTF-32";
    if (count >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return "UTF-16";
    for (size_t i = 0; i < looked; i++)
        zeros[i % 2] += bytes[i] == '\0';
    if (zeros[1] * 4 > looked && zeros[0] * 20 < zeros[1])
        return "UTF-16LE";
    return zeros[0] * 4 > looked && zeros[1] * 20 < zeros[0] ? "UTF-16BE" : NULL;
}

/* What a program printed: where the separator or the first line is given, or a table stands there, below a title perhaps, it is
 * one all the same. */
static const struct magic *find_output(const struct csv_reader *r, const char *bytes, size_t count)
{
    const struct magic *magic = r->options->separator == '\0' && r->options->skip == 0 ? magic_of_output(bytes, count) : NULL;
    struct csv_layout layout;

    if (magic == NULL)
        return NULL;
    layout = csv_layout_find(bytes, count < LOOK ? count : LOOK, 1, '\0', r->rules.format.decimal, true);
    return layout.alike || layout.names_line > 0 ? NULL : magic;
}

/* `##gff-version`: columns without names, below lines of remarks. */
static const struct magic *find_annotation(struct csv_reader *r, const char *bytes, size_t count)
{
    static const struct magic annotation = { "an annotation of sequences (GFF)", "its columns have no names", MAGIC_OTHER };
    static const char begin[] = "##gff-version";
    const char *end = bytes + count;
    long skip = 0;

    if (r->options->separator != '\0' || r->options->skip > 0 || count < sizeof begin
        || memcmp(bytes, begin, sizeof begin - 1) != 0)
        return NULL;
    for (const char *p = bytes; p != NULL && p < end && *p == '#'; skip++)
        if ((p = memchr(p, '\n', (size_t)(end - p))) != NULL)
            p++;
    r->report->way_out = (struct csv_advice){ .skip = skip, .no_header = true, .separator = '\t' };
    r->report->has_way_out = true;
    return &annotation;
}

/* A file whose name is that of a program: one where the separator is given is a table all the same. */
static const struct magic *find_by_name(struct csv_reader *r, const char *bytes, size_t count)
{
    const struct magic *magic = r->options->separator == '\0' ? magic_of_name(r->label) : NULL;
    struct csv_layout layout;

    if (magic == NULL || count == 0)
        return NULL;
    layout = csv_layout_find(bytes, count < LOOK ? count : LOOK, 1, '\0', r->rules.format.decimal, true);
    if (layout.alike) {
        r->report->way_out = (struct csv_advice){ .separator = layout.blanks ? ' ' : layout.separator };
        r->report->has_way_out = true;
    }
    return magic;
}

/* Refuses what is known to be no text, and finds out the encoding where the first bytes tell it. */
bool csv_look_at_bytes(struct csv_reader *r, struct source *source)
{
    const char *bytes, *given = r->options->encoding;
    const struct magic *magic;
    size_t count;

    if (!source_peek(source, &bytes, &count, r->err))
        return false;
    magic = magic_find(bytes, count);
    if (magic == NULL && r->options->separator == '\0' && r->options->skip == 0)
        magic = magic_of_text(bytes, count);
    if (magic == NULL)
        magic = find_output(r, bytes, count);
    if (magic == NULL)
        magic = find_annotation(r, bytes, count);
    if (magic == NULL && (magic = find_by_name(r, bytes, count)) != NULL)
        fail(r->err, GLMM_E_FILE, NOWHERE, "%s is %s by its name, not a table", r->label, magic->name);
    else if (magic != NULL)
        fail(r->err, GLMM_E_FILE, NOWHERE, "%s is %s, not a table in text", r->label, magic->name);
    if (magic != NULL) {
        error_hint(r->err, r->report->has_way_out ? "%s; if it is a table" : "%s", magic->advice);
        return false;
    }
    if (given == NULL)
        given = r->encoding = wide_encoding(bytes, count);
    else if (strcasecmp(given, "utf-8") == 0 || strcasecmp(given, "utf8") == 0)
        given = NULL;
    return given == NULL || (source_encode(source, given, r->err) && source_rewind(source, r->err));
}

/* Moves on behind the lines that are not to be read. */
static void skip_lines(struct csv_reader *r, const char **bytes, size_t *count)
{
    const char *p = *bytes, *end = p + *count;

    while (r->skip > 0 && p < end) {
        while (*p != '\n' && *p != '\r') /* the block ends in one of them */
            p++;
        p += 1 + (*p == '\r' && p + 1 < end && p[1] == '\n');
        r->skip--;
        r->line++;
    }
    *count = (size_t)(end - p);
    *bytes = p;
}

/* Qualtrics writes the questions and a record of its ids between names and data: one that begins with an id.  Campbell's loggers
 * (TOA5) write units there, TS of times and RN of record numbers first, and what was done to the values of each interval. */
static int find_labels(const char *bytes, size_t count, bool *logged)
{
    static const char id[] = "\n\"{\"\"ImportId\"\":";
    static const char *const units[] = { "\"TS\",\"RN\",", "TS,RN,", "\"TS\",\"\",", NULL };
    const char *second = memchr(bytes, '\n', count < LOOK ? count : LOOK);

    *logged = false;
    for (size_t k = 0; second != NULL && units[k] != NULL; k++)
        *logged = *logged
                  || ((size_t)(bytes + count - second) > strlen(units[k]) && memcmp(second + 1, units[k], strlen(units[k])) == 0);
    return *logged || memmem(bytes, count < LOOK ? count : LOOK, id, sizeof id - 1) != NULL ? 2 : 0;
}

/* The first line of such a logger's file says where it comes from: the names are on the next. */
static bool begins_with_logger(const char *bytes, size_t count)
{
    return (count > 7 && memcmp(bytes, "\"TOA5\",", 7) == 0) || (count > 5 && memcmp(bytes, "TOA5,", 5) == 0);
}

/* LabVIEW's lines above the table end in `***End_of_Header***`, the last of them perhaps above a line of separators: the line of
 * the names behind it; 0 where there is none. */
static long find_header_end(const char *bytes, size_t count, long line)
{
    static const char end[] = "***End_of_Header***";
    const char *last = NULL, *stop = bytes + count, *p = bytes;

    while ((p = memmem(p, (size_t)(stop - p), end, sizeof end - 1)) != NULL)
        last = p++;
    if (last == NULL || (p = memchr(last, '\n', (size_t)(stop - last))) == NULL)
        return 0;
    line += csv_count_lines(bytes, (size_t)(p - bytes)) + 1;
    for (p++; p < stop && strchr("\t,; \r\n", *p) != NULL; p++)
        line += *p == '\n';
    return line;
}

/* Learns from the first block what it can: the separator, and where the table begins. */
static bool look_at_first(struct csv_reader *r, const char *bytes, size_t count, const struct source *source)
{
    char given = r->options->separator != '\0' ? r->options->separator : r->separator_line;
    size_t lines = (size_t)csv_count_lines(bytes, count) + 1;

    r->labels = r->options->no_header ? 0 : find_labels(bytes, count, &r->logged);
    if (!r->laid_out)
        r->layout =
            csv_layout_find(bytes, count < LOOK ? count : LOOK, r->line, given, r->rules.format.decimal, !r->options->no_header);
    r->laid_out = true;
    if (find_header_end(bytes, count < LOOK ? count : LOOK, r->line) > 0)
        r->layout.names_line = find_header_end(bytes, count < LOOK ? count : LOOK, r->line);
    else if (begins_with_logger(bytes, count))
        r->layout.names_line = r->line + 1;
    r->rows_hint = lines;
    if (source_size(source) > count)
        r->rows_hint = (size_t)((double)lines * ((double)source_size(source) / (double)count) * 1.02) + 64;
    return csv_parser_start(r);
}

/* A first line `sep=;` is none of the table. */
static void take_separator_line(struct csv_reader *r, const char **bytes, size_t *count)
{
    size_t length;
    char separator = csv_separator_line(*bytes, *count, &length);

    if (separator == '\0')
        return;
    r->separator_line = separator;
    *bytes += length;
    *count -= length;
    r->line++;
    r->skip -= r->skip > 0;
}

size_t csv_line_length(const char *bytes, size_t count)
{
    size_t length = 0;

    while (length < count && bytes[length] != '\n' && bytes[length] != '\r')
        length++;
    return length;
}

/* "# time signal" above columns between blanks, as Gnuplot reads them: the first sign is no name. */
static void take_comment_sign(struct csv_reader *r, const char **bytes, size_t *count)
{
    size_t look = *count < LOOK ? *count : LOOK, length = csv_line_length(*bytes, *count);
    const char *next = length < look ? memmem(*bytes + length, look - length, *bytes, length) : NULL;
    char decimal = r->rules.format.decimal;

    r->signed_names = false;
    if (length > 1 && next != NULL) /* the line comes again above the next block of data */
        look = (size_t)(next - *bytes);
    if (r->options->no_header || r->options->separator != '\0' || look < 3 || (*bytes)[0] != '#'
        || ((*bytes)[1] != ' ' && (*bytes)[1] != '\t') || csv_layout_find(*bytes, look, 1, '\0', decimal, true).alone == '\0'
        || !csv_layout_find(*bytes + 1, look - 1, 1, '\0', decimal, true).blanks)
        return;
    r->signed_names = true;
    ++*bytes;
    --*count;
}

/* The block with tabs for blanks. */
static bool squeeze(struct csv_reader *r, const char **bytes, size_t *count)
{
    if (r->squeezed_size < *count) {
        char *wider = mem_resize(r->squeezed, *count, 1);

        if (wider == NULL)
            return fail_memory(r->err);
        r->squeezed = wider;
        r->squeezed_size = *count;
    }
    *count = csv_squeeze(*bytes, *count, &r->squeeze_quoted, r->squeezed);
    *bytes = r->squeezed;
    return true;
}

/* --- zero bytes --------------------------------------------------------------------------------- */

/* What stands between fields, beside which zero bytes fill up a field of fixed length. */
static bool is_border(char c)
{
    return c == '\0' || strchr(",;\t|\"'\r\n ", c) != NULL;
}

/* Control characters, which no text has. */
static bool is_binary(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((bytes[i] > '\0' && bytes[i] < '\t') || (bytes[i] > '\r' && bytes[i] < ' ' && bytes[i] != '\x1a'))
            return true;
    return false;
}

static bool fail_zero(struct csv_reader *r, long line, bool binary)
{
    fail(r->err, GLMM_E_FILE, NOWHERE, "%s is not a text file: line %ld has a zero byte", r->label, line);
    if (!binary)
        error_hint(r->err, "it stands inside of a value, which is damaged, perhaps; without such bytes: tr -d '\\000' <OLD >NEW");
    csv_stop(r, line);
    return false;
}

/* Room for a copy of a block, in which something is left out. */
bool csv_room_for_copy(struct csv_reader *r, size_t count)
{
    char *wider;

    if (r->copy_size >= count)
        return true;
    wider = mem_resize(r->copy, count, 1);
    if (wider == NULL)
        return fail_memory(r->err);
    r->copy = wider;
    r->copy_size = count;
    return true;
}

/* Zero bytes that fill up fields of fixed length are left out: the block without them. */
static bool drop_zeros(struct csv_reader *r, const char **bytes, size_t *count)
{
    const char *in = *bytes, *zero = memchr(in, '\0', *count);
    size_t used = 0;
    long line;

    if (zero == NULL)
        return true;
    line = r->line + csv_count_lines(in, (size_t)(zero - in));
    if (is_binary(in, *count))
        return fail_zero(r, line, true);
    if (!csv_room_for_copy(r, *count))
        return false;
    r->zeros_line = r->zeros_line == 0 ? line : r->zeros_line;
    for (size_t i = 0, end; i < *count; i = end) {
        for (end = i; end < *count && in[end] != '\0'; end++)
            r->copy[used++] = in[end];
        for (i = end; end < *count && in[end] == '\0'; end++)
            ;
        if (i > 0 && end < *count && !is_border(in[i - 1]) && !is_border(in[end]))
            return fail_zero(r, r->line + csv_count_lines(in, i), false);
    }
    *bytes = r->copy;
    *count = used;
    return true;
}

/* --- blocks ------------------------------------------------------------------------------------- */

/* The next block of the table; *count is 0 at the end. */
bool csv_next_block(struct csv_reader *r, struct source *source, bool *begun, const char **bytes, size_t *count)
{
    double done, total;
    size_t names_end = 0;

    do {
        if (!source_next(source, bytes, count, r->err))
            return false;
        source_place(source, &done, &total);
        if (!progress_tell(r->progress, "byte", done, total, (double)NAN))
            return fail(r->err, GLMM_E_INTERRUPT, NOWHERE, "reading %s was stopped at line %ld", r->label, r->line);
        if (*count == 0)
            return true;
        if (!drop_zeros(r, bytes, count))
            return false;
        if (!*begun && r->line == 1)
            take_separator_line(r, bytes, count);
        skip_lines(r, bytes, count);
    } while (*count == 0);
    if (!*begun)
        r->boxed = csv_is_boxed(*bytes, *count);
    if (r->boxed && !csv_draw_plain(r, bytes, count))
        return false;
    if (!*begun) {
        if (r->boxed && !csv_part_names(r, bytes, count))
            return false;
        csv_take_border(r, bytes, count);
        take_comment_sign(r, bytes, count);
    }
    if (!*begun && !csv_keep_names(r, *bytes, *count, &names_end))
        return false;
    if (!csv_drop_others(r, *begun, bytes, count, names_end) || (!*begun && !look_at_first(r, *bytes, *count, source)))
        return false;
    *begun = true;
    return !r->layout.blanks || squeeze(r, bytes, count);
}
