/* csv-detect.c -- divides the first records by each candidate, and takes the one that divides them most alike. */
#include "config.h"
#include "data/csv-detect.h"

#include <string.h>

#include "data/frame.h"

enum { RECORDS = 100 };

static const char BLANKS = ' '; /* as a separator: a run of them */

/* A record as one separator divides it. */
struct record {
    long line;
    int fields, named, numbers, years; /* all of them, those that are not empty, those that are numbers, of these, years */
    bool first_empty, last_empty, first_quoted, remark; /* remark: # begins it */
    unsigned long long numeric;                         /* which of the first 64 fields are numbers */
    bool starts_as_number;
    bool indented, unclosed; /* a blank stands before the first field; a field has a bracket that is not closed in it */
    double first;            /* as a number, or -1 */
    struct field {
        const char *begin, *end; /* without quotes and blanks */
        bool quoted;
    } head; /* the first field */
};

struct division {
    struct record records[RECORDS];
    int count, usual, agree, begin; /* the usual number of fields, how many records have it, the first that has */
    int table;                      /* the record of names behind lines of prose, where a table begins; 0: none */
};

/* --- records ------------------------------------------------------------------------------------ */

static bool is_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool separates(char c, char separator)
{
    return separator == BLANKS ? is_blank(c) : c == separator;
}

/* The field at p; returns its end: a separator, a line end, or `end`, also where a quote is not closed. */
static const char *scan_field(const char *p, const char *end, char separator, struct field *field)
{
    while (p < end && is_blank(*p) && *p != separator)
        p++;
    field->quoted = p < end && *p == '"';
    field->begin = p += field->quoted;
    if (field->quoted) {
        while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"')))
            p += *p == '"' ? 2 : 1;
        field->end = p;
    }
    while (p < end && !is_end(*p) && !separates(*p, separator))
        p++;
    if (!field->quoted) {
        field->end = p;
        while (field->end > field->begin && is_blank(field->end[-1]))
            field->end--;
    }
    return p;
}

/* A number, also with a decimal comma, which a field has only where no comma separates. */
static bool is_number_field(const char *text, size_t length, double *number)
{
    char copy[64];
    const char *comma;
    double ignored;

    if (length == 0 || length >= sizeof copy)
        return false;
    if (parse_number(text, length, number))
        return true;
    *number = -1.0;
    if ((comma = memchr(text, ',', length)) == NULL)
        return false;
    memcpy(copy, text, length);
    copy[comma - text] = '.';
    return parse_number(copy, length, &ignored);
}

/* "0.98 [0.80" of "0.98 [0.80; 1.20]": what separates stands within a text. */
static bool opens_bracket(const char *text, size_t length)
{
    int depth = 0;

    for (size_t i = 0; i < length; i++)
        depth += (text[i] == '(' || text[i] == '[') - (text[i] == ')' || text[i] == ']');
    return depth > 0;
}

static void add_field(struct record *record, const struct field *field)
{
    size_t length = (size_t)(field->end - field->begin);
    double number = -1.0;
    bool is_number = is_number_field(field->begin, length, &number);

    if (record->fields == 0) {
        record->first_empty = length == 0;
        record->first_quoted = field->quoted;
        record->remark = length > 0 && !field->quoted && *field->begin == '#';
        record->first = is_number ? number : -1.0;
        record->starts_as_number = is_number;
        record->head = *field;
    }
    record->numeric |= is_number && record->fields < 64 ? 1ULL << record->fields : 0;
    record->unclosed = record->unclosed || opens_bracket(field->begin, length);
    record->fields++;
    record->named += length > 0;
    record->numbers += is_number;
    record->years += is_number && length == 4 && number >= 1800.0 && number < 2200.0;
    record->last_empty = length == 0;
}

/* The record at p, which may be a blank line (no fields); returns the beginning of the next, NULL where it does not end. */
static const char *scan_record(const char *p, const char *end, char separator, long *line, struct record *record)
{
    struct field field;
    const char *next;

    *record = (struct record){ .line = *line, .indented = is_blank(*p) };
    for (;;) {
        while (separator == BLANKS && p < end && is_blank(*p))
            p++;
        if (separator == BLANKS && p < end && is_end(*p) && record->fields > 0)
            break;
        next = scan_field(p, end, separator, &field);
        if (next >= end)
            return NULL;
        if (record->fields == 0 && field.begin == next && !field.quoted && is_end(*next))
            break;
        add_field(record, &field);
        for (const char *c = p; c < next; c++)
            *line += *c == '\n' || (*c == '\r' && c[1] != '\n');
        p = next;
        if (is_end(*p))
            break;
        p++;
    }
    while (!is_end(*p))
        p++;
    ++*line;
    return p + 1 + (*p == '\r' && p + 1 < end && p[1] == '\n');
}

/* The number of fields that most of the records have; of equals, the one that comes first. */
static void find_usual(struct division *d)
{
    d->usual = d->agree = d->begin = 0;
    for (int i = 0; i < d->count; i++) {
        int agree = 0;

        for (int k = 0; k < d->count; k++)
            agree += d->records[k].fields == d->records[i].fields;
        if (agree > d->agree) {
            d->agree = agree;
            d->usual = d->records[i].fields;
            d->begin = i;
        }
    }
}

/* True where the record may be one of names: none is empty (but the last, where separators end the lines), none a number (but for
 * years beside names that are none). */
static bool may_be_names(const struct record *record)
{
    return record->named > record->numbers && record->named + record->last_empty == record->fields
           && record->numbers == record->years;
}

/* Whether that record may be one of names with a row right below, or below a line of units. */
static bool heads_rows(const struct division *d, int first, char separator)
{
    const struct record *names = &d->records[first], *next = names + 1;
    bool units = first + 2 < d->count && next->fields > 1 && next->numbers == 0
                 && (separator == BLANKS ? next->fields < names->fields : next->fields <= names->fields);

    next += units;
    return names->fields > 1 && may_be_names(names) && next->fields == names->fields && next->numbers > 0;
}

/* A row of another table, or of another page of the same: a number begins it. */
static bool is_row(const struct record *record)
{
    return record->fields > 1 && record->starts_as_number;
}

/* Few rows below many lines of prose, which outvote them: names, and right below them rows with numbers, which are more than half
 * of what follows.  Prose has fewer fields, but between blanks as many as it has words. */
static void find_table(struct division *d, char separator)
{
    int most = 0; /* fields of a record above */

    d->table = 0;
    for (int i = 1; i + 2 < d->count && d->table == 0 && !is_row(&d->records[i - 1]); i++) {
        int fields = d->records[i].fields, rows = 0, alike = 1;

        if (d->records[i - 1].fields > most)
            most = d->records[i - 1].fields;
        if ((separator != BLANKS && fields <= most) || !heads_rows(d, i, separator))
            continue;
        for (int k = i + 1; k < d->count; k++) {
            alike += d->records[k].fields == fields;
            rows += d->records[k].fields == fields && d->records[k].numbers > 0;
        }
        if (rows < 2 || 2 * rows <= d->count - i - 1)
            continue;
        d->table = d->begin = i;
        d->usual = fields;
        d->agree = alike;
    }
}

static void divide(struct division *d, const char *bytes, size_t count, long line, char separator)
{
    const char *p = bytes, *end = bytes + count;

    d->count = 0;
    while (p != NULL && p < end && d->count < RECORDS) {
        p = scan_record(p, end, separator, &line, &d->records[d->count]);
        d->count += p != NULL && d->records[d->count].fields > 0;
    }
    find_usual(d);
    find_table(d, separator);
}

/* --- judgement ---------------------------------------------------------------------------------- */

/* True where all records behind the first have as many fields as is usual. */
static bool rest_agrees(const struct division *d)
{
    return d->count > 1 && d->agree == d->count - 1 && d->begin == 1;
}

/* True where the first fields behind the first record may be names of rows: each stands once, but where the line of the names
 * leaves room above them. */
static bool may_be_row_names(const struct division *d)
{
    for (int i = 1; i < d->count; i++) {
        if (d->records[i].unclosed)
            return false;
        for (int k = 1; k < i && !d->records[0].indented; k++) {
            const struct field *a = &d->records[i].head, *b = &d->records[k].head;

            if (a->end - a->begin == b->end - b->begin && memcmp(a->begin, b->begin, (size_t)(a->end - a->begin)) == 0)
                return false;
        }
    }
    return true;
}

/* Names that are one short, of records that all have one field more; or one long, by a separator at the end of their line. */
static enum csv_extra find_extra(const struct division *d, char separator)
{
    bool empty = true, quoted = true, counts = true;

    if (rest_agrees(d) && d->usual + 1 == d->records[0].fields && d->usual > 1 && d->records[0].last_empty && separator != BLANKS)
        return CSV_EXTRA_NAME;
    if (!rest_agrees(d) || d->usual != d->records[0].fields + 1)
        return CSV_NO_EXTRA;
    for (int i = 1; i < d->count; i++) {
        empty = empty && d->records[i].last_empty;
        quoted = quoted && d->records[i].first_quoted;
        counts = counts && d->records[i].first == (double)i;
    }
    if (empty && separator != BLANKS)
        return CSV_EXTRA_LAST;
    return quoted || (counts && d->count > 5 && d->records[0].fields > 1)
                   || (separator != ',' && d->records[0].fields > 1 && may_be_row_names(d))
               ? CSV_EXTRA_FIRST
               : CSV_NO_EXTRA;
}

/* True where a record of texts has a number among them, as `Plate: 1`, so that it is none of names: those have numbers alone, or
 * years. */
static bool is_title(const struct record *record)
{
    return record->named > record->numbers && record->numbers > record->years;
}

/* Behind lines of comment, which # begins, the first that has none; or the last of them, where numbers follow it (`#CHROM`).  -1:
 * the file does not begin with such a line. */
static int behind_remarks(const struct division *d)
{
    int k = 0;

    while (k < d->count && d->records[k].remark)
        k++;
    if (k == 0 || k == d->count)
        return -1;
    if (d->records[k - 1].fields == d->usual && !may_be_names(&d->records[k]))
        return k - 1;
    return d->records[k].fields == d->usual ? k : -1;
}

/* The first record that looks like one of names behind lines of a title: lines with fewer fields, or with fields that are empty.
 */
static long find_names_line(const struct division *d, char separator)
{
    int first = d->begin, numbers = 0, with = 0; /* records with numbers */

    for (int i = 1; i < d->count; i++)
        numbers += d->records[i].numbers;
    if (d->usual < 2 || numbers == 0)
        return 0;
    if (behind_remarks(d) >= 0) {
        first = behind_remarks(d);
    } else if (d->table > 0) {
        first = d->table;
    } else if (first == 0 && d->usual > 2 && d->records[0].named * 2 <= d->usual) {
        while (first + 1 < d->count && first < 10 && !(d->records[first].fields == d->usual && may_be_names(&d->records[first])))
            first++;
    } else if (first == 0 && is_title(&d->records[0])) {
        while (first + 1 < d->count && first < 10 && !may_be_names(&d->records[first]))
            first++;
        for (int i = first + 1; i < d->count; i++)
            with += d->records[i].numbers > 0;
        if (2 * with < d->count - first)
            return 0;
    } else if (first == 0 || d->agree < d->count - first || (separator != BLANKS && d->records[0].fields > d->usual)) {
        return 0;
    }
    return first > 0 && first + 1 < d->count && may_be_names(&d->records[first]) ? d->records[first].line : 0;
}

/* The first of records of numbers to the end, as a logger writes them below its remarks, which have fewer fields; 0: none. */
static long find_rows_line(const struct division *d)
{
    int first = d->count, most = 1;

    while (first > 1 && d->records[first - 1].fields == d->records[d->count - 1].fields && d->records[first - 1].numbers > 0
           && d->records[first - 1].numbers == d->records[first - 1].named)
        first--;
    for (int i = 0; i < first && i < d->count; i++)
        if (!d->records[i].remark && d->records[i].fields > most)
            most = d->records[i].fields;
    return first > 1 && first + 1 < d->count && d->records[first].fields > most ? d->records[first].line : 0;
}

/* How many records speak for the separator; 0: it is none. */
static int votes(const struct division *d, char separator)
{
    int agree = 0;

    if (d->count == 0)
        return 0;
    if (d->usual > 1 && (d->begin == 0 || find_extra(d, separator) != CSV_NO_EXTRA || find_names_line(d, separator) > 0))
        return d->agree;
    for (int i = 0; i < d->count && d->records[0].fields > 1; i++)
        agree += d->records[i].fields == d->records[0].fields;
    return agree;
}

static int fields_of(const struct division *d)
{
    return d->usual > 1 ? d->usual : d->records[0].fields;
}

/* Blanks separate only where they divide all records alike (but for a title, and names that are one short). */
static bool blanks_divide(const struct division *d)
{
    return d->count > 1 && d->usual > 1
           && (d->agree == d->count || find_extra(d, BLANKS) != CSV_NO_EXTRA || (d->begin > 0 && find_names_line(d, BLANKS) > 0));
}

static char detect(struct division *d, const char *bytes, size_t count, long line, char decimal)
{
    char candidates[] = { ',', ';', '\t', '|', '\x1f', '\x01' }, separator = '\0';
    int most = 0, fields = 0, agree;

    if (decimal == ',')
        memcpy(candidates, (const char[]){ ';', '\t', '|', ',' }, 4);
    for (size_t i = 0; i < sizeof candidates; i++) {
        divide(d, bytes, count, line, candidates[i]);
        agree = votes(d, candidates[i]);
        if (agree > most || (agree == most && agree > 0 && fields_of(d) > fields && candidates[i] != decimal)) {
            most = agree;
            fields = fields_of(d);
            separator = candidates[i];
        }
    }
    if (separator != '\0' && most > 1)
        return separator;
    divide(d, bytes, count, line, BLANKS);
    if (separator != '\0') /* in the first line only, perhaps of a title */
        return d->begin > 0 && blanks_divide(d) ? BLANKS : separator;
    return blanks_divide(d) ? BLANKS : decimal == ',' ? ';' : ',';
}

/* Of a single column: what may separate. */
static void look_into_column(struct csv_layout *layout, struct division *d, const char *bytes, size_t count, long line)
{
    static const char candidates[] = { ';', '\t', ',', '|', ' ', ':', '^', '~' };
    int with, records = d->count;

    for (size_t i = 0; i < sizeof candidates && layout->alone == '\0'; i++) {
        divide(d, bytes, count, line, candidates[i]);
        with = 0;
        for (int k = 0; k < d->count; k++)
            with += d->records[k].fields > 1;
        if (with == 0 || with * 2 < records)
            continue;
        layout->alone = candidates[i];
        layout->first_differs = rest_agrees(d) && d->records[0].fields > 1 && d->usual == d->records[0].fields + 1
                                && find_extra(d, candidates[i]) == CSV_NO_EXTRA;
        if (d->agree == d->count || find_extra(d, candidates[i]) != CSV_NO_EXTRA || layout->first_differs)
            layout->divides = candidates[i];
    }
}

struct csv_layout csv_layout_find(const char *bytes, size_t count, long line, char separator, char decimal, bool names)
{
    struct csv_layout layout = { .separator = separator };
    struct division d;

    if (separator == '\0')
        layout.separator = detect(&d, bytes, count, line, decimal);
    divide(&d, bytes, count, line, layout.separator);
    if (names) {
        layout.extra = find_extra(&d, layout.separator);
        layout.names_line = layout.extra == CSV_NO_EXTRA ? find_names_line(&d, layout.separator) : 0;
        layout.rows_line = layout.extra == CSV_NO_EXTRA && layout.names_line == 0 ? find_rows_line(&d) : 0;
    }
    for (int i = 1; i < d.count; i++)
        layout.numbers_below = layout.numbers_below || d.records[i].numbers > 0;
    layout.first_alike = d.count > 2 && d.usual > 1 && d.records[0].numbers > 0;
    for (int i = 1; i < d.count && i < 10; i++)
        layout.first_alike = layout.first_alike && d.records[i].numeric == d.records[0].numeric;
    layout.names_short = rest_agrees(&d) && d.usual == d.records[0].fields + 1;
    layout.alike = d.usual > 1 && (d.agree == d.count || layout.extra != CSV_NO_EXTRA);
    layout.numbers_follow = d.count > 1 && d.records[1].numbers == d.records[1].fields;
    if (d.count > 0 && d.usual == 1)
        look_into_column(&layout, &d, bytes, count, line);
    layout.blanks = layout.separator == BLANKS;
    if (layout.blanks)
        layout.separator = '\t';
    return layout;
}

char csv_separator_line(const char *bytes, size_t count, size_t *length)
{
    bool quoted = count > 0 && bytes[0] == '"';
    size_t at = quoted;
    char separator;

    if (count < at + 6 + quoted || (memcmp(bytes + at, "sep=", 4) != 0 && memcmp(bytes + at, "SEP=", 4) != 0))
        return '\0';
    separator = bytes[at += 4];
    at += 1 + quoted;
    if (!is_end(bytes[at]) || is_end(separator) || separator == '"')
        return '\0';
    *length = at + 1 + (bytes[at] == '\r' && at + 1 < count && bytes[at + 1] == '\n');
    return separator;
}

size_t csv_squeeze(const char *bytes, size_t count, bool *quoted, char *out)
{
    bool begun = *quoted, blank = false; /* a field has begun; a blank waits for the next one */
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];

        if (*quoted) {
            *quoted = c != '"'; /* a doubled quote closes, and opens again */
        } else if (is_blank(c)) {
            blank = begun;
            continue;
        } else if (is_end(c)) {
            begun = blank = false;
        } else {
            if (blank)
                out[used++] = '\t';
            *quoted = c == '"' && (!begun || blank || (i > 0 && bytes[i - 1] == '"'));
            begun = true;
            blank = false;
        }
        out[used++] = c;
    }
    return used;
}
