/* csv-lines.c -- lines of a block that are none of the table: names that come again, dashes, numbers of rows, blank lines. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>

#include "base/memory.h"

/* The fields of a line up to the last place of a mask, and how each begins. */
enum { PLACES = 64 };
enum beginning { BEGINS_TEXT, BEGINS_NUMBER, IS_NUMBER, IS_MISSING, IS_EMPTY };

/* The field at *at up to a separator, with *at behind that. */
static enum beginning next_field(const char *line, size_t length, const char *separators, size_t *at)
{
    size_t from = *at, end = from, size;

    while (end < length && strchr(separators, line[end]) == NULL)
        end++;
    *at = end + 1;
    while (from < end && (line[from] == '"' || line[from] == ' '))
        from++;
    while (end > from && (line[end - 1] == '"' || line[end - 1] == ' '))
        end--;
    size = end - from;
    if (size == 0)
        return IS_EMPTY;
    if (size == 2 && memcmp(line + from, "NA", 2) == 0)
        return IS_MISSING;
    if (size > 1 && strchr("+-.", line[from]) != NULL)
        from++;
    if (line[from] < '0' || line[from] > '9')
        return BEGINS_TEXT;
    while (from < end && strchr("0123456789.,:/+-eE%", line[from]) != NULL)
        from++;
    return from == end ? IS_NUMBER : BEGINS_NUMBER;
}

/* Whether a field of the line begins as a number does or is NA: neither is a name.  An empty one is: R writes "" above the names
 * of rows. */
static bool has_value(const char *line, size_t length, const char *separators)
{
    for (size_t at = 0; at < length;) {
        enum beginning field = next_field(line, length, separators, &at);

        if (field != BEGINS_TEXT && field != IS_EMPTY)
            return true;
    }
    return false;
}

/* A line that says how many rows there are, as programs of data bases write it below their answers: `3 rows selected.`,
 * `(3 rows affected)`, `(3 rows)`, `3 rows in set (0.00 sec)`. */
static bool is_row_count(const char *line, size_t length)
{
    static const char *const words[] = { "rows", "row(s)", "row" }, *const verbs[] = { "selected", "affected", "returned",
                                                                                       "in set" };
    char text[64], *p = text;
    bool bracket, verb = false;
    size_t k;

    if (length >= sizeof text)
        return false;
    memcpy(text, line, length);
    text[length] = '\0';
    p += strspn(p, " \t");
    bracket = *p == '(';
    p += bracket;
    k = strspn(p, "0123456789");
    if (k == 0 || p[k] != ' ')
        return false;
    p += k + 1;
    for (k = 0; k < sizeof words / sizeof *words && strncmp(p, words[k], strlen(words[k])) != 0; k++)
        ;
    if (k == sizeof words / sizeof *words)
        return false;
    p += strlen(words[k]);
    for (k = 0; k < sizeof verbs / sizeof *verbs && !verb && *p == ' '; k++)
        if (strncmp(p + 1, verbs[k], strlen(verbs[k])) == 0) {
            verb = true;
            p += 1 + strlen(verbs[k]);
            p += k + 1 == sizeof verbs / sizeof *verbs ? strlen(p) : 0; /* the seconds */
        }
    p += verb && *p == '.';
    if ((bracket && *p++ != ')') || (!bracket && !verb))
        return false;
    return p[strspn(p, " \t")] == '\0';
}

/* How many rows such a line says there are. */
static size_t stated_rows(const char *line, size_t length)
{
    enum { DIGITS = 15 };
    size_t rows = 0, digits = 0, at = 0;

    while (at < length && strchr(" \t(", line[at]) != NULL)
        at++;
    for (; at < length && line[at] >= '0' && line[at] <= '9' && digits < DIGITS; at++, digits++)
        rows = 10 * rows + (size_t)(line[at] - '0');
    return rows;
}

/* So many dashes side by side has a line that is drawn: a row of cells `-` is none. */
enum { DRAWN = 3 };

/* A line of dashes, as sqlcmd, SQL*Plus and psql draw it below the names, Markdown with colons, reStructuredText of equals signs;
 * *longest of them side by side. */
static bool is_dashes(const char *line, size_t length, size_t *longest)
{
    enum { FEWEST = 3 };
    size_t dashes = 0, run = 0;

    *longest = 0;
    for (size_t i = 0; i < length; i++) {
        bool dash = line[i] == '-' || line[i] == '=';

        if (!dash && (line[i] == '\0' || strchr(" \t|,;+:", line[i]) == NULL))
            return false;
        dashes += dash;
        run = dash ? run + 1 : 0;
        *longest = run > *longest ? run : *longest;
    }
    return dashes >= FEWEST;
}

/* In one place at least the lines below have numbers where the names have a name, or a line is drawn right below the names:
 * else nothing tells that the first line is one of names, and that another that is the same is not one of data.  Some texts may
 * stand there: units, a word for missing.  What is none of the table (dashes, the number of rows) is no text. */
static bool names_are_told(const char *bytes, size_t count, const char *names, size_t names_length, const char *separators)
{
    enum { LINES = 10 };
    int numbers[PLACES] = { 0 }, texts[PLACES] = { 0 };

    for (int line = 0; line < LINES && count > 0;) {
        size_t length = csv_line_length(bytes, count), skip = length + (length < count), place = 0, dashes;
        bool drawn = line == 0 && is_dashes(bytes, length, &dashes),
             other = drawn || is_row_count(bytes, length) || (length == names_length && memcmp(bytes, names, length) == 0);

        if (drawn && dashes >= DRAWN)
            return true;
        for (size_t at = 0; at < length && place < PLACES && !other;) {
            enum beginning field = next_field(bytes, length, separators, &at);

            numbers[place] += field == IS_NUMBER;
            texts[place++] += field == BEGINS_TEXT || field == BEGINS_NUMBER;
        }
        line += length > 0;
        bytes += skip;
        count -= skip;
    }
    for (int place = 0; place < PLACES; place++)
        if (numbers[place] > texts[place])
            return true;
    return false;
}

/* What parts the names, of signs that may: blanks only where there is no other. */
static const char *name_separators(const char *line, size_t length)
{
    static const char *const each[] = { "\t", ";", ",", "|" };

    for (size_t k = 0; k < sizeof each / sizeof *each; k++)
        if (memchr(line, each[k][0], length) != NULL)
            return each[k];
    return " ";
}

/* Keeps the line of the names, which ends at *end, as it stands: of two fields at least, so that no row of data is the same by
 * chance. */
bool csv_keep_names(struct csv_reader *r, const char *bytes, size_t count, size_t *end)
{
    enum { LONGEST = 1 << 16 };
    size_t blank = 0, length, quotes = 0, separators = 0, letters = 0;
    const char *between;

    mem_free(r->names_text);
    r->names_text = NULL;
    r->again = 0;
    while (blank < count && (bytes[blank] == '\n' || bytes[blank] == '\r'))
        blank++;
    length = csv_line_length(bytes + blank, count - blank);
    *end = blank + length;
    between = name_separators(bytes + blank, length);
    for (size_t i = blank; i < blank + length; i++) {
        quotes += bytes[i] == '"';
        separators += strchr(",;\t| ", bytes[i]) != NULL;
        letters += ((bytes[i] | 0x20) >= 'a' && (bytes[i] | 0x20) <= 'z') || (unsigned char)bytes[i] >= 0x80;
    }
    if (r->options->no_header || length > LONGEST || quotes % 2 == 1 || separators == 0 || letters == 0
        || has_value(bytes + blank, length, between)
        || !names_are_told(bytes + *end, count - *end, bytes + blank, length, between))
        return true;
    r->names_text = mem_strndup(bytes + blank, length);
    return r->names_text != NULL || fail_memory(r->err);
}

/* Whether a quoted text is open behind these bytes, where one was open before them (quoted) or not: a quote opens it at the begin
 * of a field. */
static bool ends_quoted(const char *bytes, size_t count, bool quoted)
{
    const char *end = bytes + count;

    for (const char *p = bytes; (p = memchr(p, '"', (size_t)(end - p))) != NULL; p++)
        if (quoted || p == bytes || strchr(",;\t| \r\n\"", p[-1]) != NULL) /* a doubled one closes, and opens again */
            quoted = !quoted;
    return quoted;
}

/* Whether two lines are the same but for blanks, quotes and capitals. */
static bool is_line_alike(const char *a, size_t a_length, const char *b, size_t b_length)
{
    const char *a_end = a + a_length, *b_end = b + b_length;

    for (;;) {
        while (a < a_end && (*a == ' ' || *a == '\t' || *a == '"'))
            a++;
        while (b < b_end && (*b == ' ' || *b == '\t' || *b == '"'))
            b++;
        if (a == a_end || b == b_end)
            return a == a_end && b == b_end;
        if (strncasecmp(a++, b++, 1) != 0)
            return false;
    }
}

/* As find_names, of lines that are like that of the names. */
static size_t find_alike(const struct csv_reader *r, const char *bytes, size_t count, size_t from, bool *quoted, size_t *length)
{
    size_t names = strlen(r->names_text), line;

    for (; from < count; from += line + 1) {
        bool within = *quoted;

        line = csv_line_length(bytes + from, count - from);
        *quoted = ends_quoted(bytes + from, line, within);
        if (!within && !*quoted && line > 0 && is_line_alike(bytes + from, line, r->names_text, names)) {
            *length = line;
            return from;
        }
    }
    return count;
}

/* The next place from `from` on where the names stand as a line of their own, perhaps behind the mark of another file's begin,
 * and its bytes in *length; `count` where there is none.  Not within a quoted text: *quoted is whether one is open
 * at `from`. */
static size_t find_names(const struct csv_reader *r, const char *bytes, size_t count, size_t from, bool *quoted, size_t *length)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t names = strlen(r->names_text);

    if (r->loose)
        return find_alike(r, bytes, count, from, quoted, length);
    for (const char *p; (p = memmem(bytes + from, count - from, r->names_text, names)) != NULL;) {
        size_t at = (size_t)(p - bytes), end = at + names;

        *quoted = ends_quoted(bytes + from, end - from, *quoted); /* quotes are even in the names */
        from = end;
        if (*quoted)
            continue;
        if (at >= 3 && memcmp(bytes + at - 3, mark, 3) == 0)
            at -= 3;
        at -= r->signed_names && at > 0 && bytes[at - 1] == '#';
        if ((at == 0 || bytes[at - 1] == '\n' || bytes[at - 1] == '\r')
            && (end == count || bytes[end] == '\n' || bytes[end] == '\r')) {
            *length = end - at;
            return at;
        }
    }
    return count;
}

/* As find_names, of lines that count the rows. */
static size_t find_row_count(const struct csv_reader *r, const char *bytes, size_t count, size_t from, bool *quoted,
                             size_t *length)
{
    static const char word[] = " row";
    enum { BEFORE = 24 }; /* digits and a bracket */

    (void)r;
    for (const char *p = bytes + from; (p = memmem(p, count - (size_t)(p - bytes), word, sizeof word - 1)) != NULL; p++) {
        size_t at = (size_t)(p - bytes), line = at;

        while (line > from && at - line < BEFORE && bytes[line - 1] != '\n' && bytes[line - 1] != '\r')
            line--;
        if ((line > 0 && bytes[line - 1] != '\n' && bytes[line - 1] != '\r')
            || !is_row_count(bytes + line, *length = csv_line_length(bytes + line, count - line)))
            continue;
        *quoted = ends_quoted(bytes + from, line - from, *quoted);
        if (!*quoted)
            return line;
        from = line;
    }
    return count;
}

/* The line of dashes right below the names. */
static size_t find_dashes(const struct csv_reader *r, const char *bytes, size_t count, size_t from, bool *quoted, size_t *length)
{
    size_t longest;

    (void)r;
    (void)quoted;
    from += from < count && bytes[from] == '\r';
    from += from < count && bytes[from] == '\n';
    *length = csv_line_length(bytes + from, count - from);
    return from > 0 && is_dashes(bytes + from, *length, &longest) ? from : count;
}

/* Of a table that is drawn, the next line that is. */
static size_t find_border(const struct csv_reader *r, const char *bytes, size_t count, size_t from, bool *quoted, size_t *length)
{
    size_t longest;

    (void)r;
    (void)quoted;
    for (; from < count; from += *length + 1) {
        *length = csv_line_length(bytes + from, count - from);
        if (is_dashes(bytes + from, *length, &longest) && longest >= DRAWN)
            return from;
    }
    return count;
}

/* How the next line of a kind is found from `from` on: its place, its bytes in *length; `count` where there is none. */
typedef size_t find_line(const struct csv_reader *r, const char *bytes, size_t count, size_t from, bool *quoted, size_t *length);

/* The block with blank lines in the place of those that are found; *lines of them, the first is *first. */
static bool drop_lines(struct csv_reader *r, find_line *find, const char **bytes, size_t *count, size_t from, bool once,
                       size_t *lines, long *first)
{
    size_t length = 0, used = from, at;
    bool quoted = r->spans; /* one is open where the last block ended */

    if ((at = find(r, *bytes, *count, from, &quoted, &length)) == *count)
        return true;
    if (*bytes != r->copy) {
        if (!csv_room_for_copy(r, *count))
            return false;
        memmove(r->copy, *bytes, at); /* they may stand there already, behind what was skipped */
    }
    used = at;
    while (at < *count) {
        size_t next;

        *first = (*lines)++ == 0 ? r->line + csv_count_lines(r->copy, used) : *first;
        r->stated += find == find_row_count ? stated_rows(*bytes + at, length) : 0;
        from = at + length;
        next = once ? *count : find(r, *bytes, *count, from, &quoted, &length);
        memmove(r->copy + used, *bytes + from, next - from);
        used += next - from;
        at = next;
    }
    *bytes = r->copy;
    *count = used;
    return true;
}

/* A block without the bars around its rows. */
static bool drop_bars(struct csv_reader *r, const char **bytes, size_t count)
{
    if (*bytes != r->copy) {
        if (!csv_room_for_copy(r, count))
            return false;
        memmove(r->copy, *bytes, count);
    }
    for (size_t i = 0; i < count; i++)
        r->copy[i] = r->copy[i] == '|' ? ' ' : r->copy[i];
    *bytes = r->copy;
    return true;
}

/* Takes the line that is drawn at the begin, with the blank ones above it; false where none is, or nothing stands below it. */
static bool take_border(struct csv_reader *r, const char **bytes, size_t *count)
{
    const char *line = *bytes, *end = line + *count;
    size_t length, longest, skipped;
    long blank = 0;

    for (; line < end && (length = csv_line_length(line, (size_t)(end - line))) < (size_t)(end - line)
           && strspn(line, " \t") >= length;
         line += length + 1)
        blank += *line != '\n' || line == *bytes || line[-1] != '\r';
    length = csv_line_length(line, (size_t)(end - line));
    skipped = (size_t)(line - *bytes) + length;
    if (!is_dashes(line, length, &longest) || longest < DRAWN || skipped == *count)
        return false;
    *bytes += skipped; /* at its line end: what remains is a blank line */
    *count -= skipped;
    r->line += blank;
    return true;
}

/* Several lines may be drawn one below the other: the names are no such line. */
void csv_take_border(struct csv_reader *r, const char **bytes, size_t *count)
{
    static const char shape[] = "shape: ("; /* polars: how many rows and columns there are */
    const char *line = *bytes, *end = line + *count;
    size_t length, left, bars = 0;
    long above = r->line;

    r->drawn = r->framed = false;
    if (r->options->no_header)
        return;
    if (r->boxed && *count > sizeof shape && memcmp(line, shape, sizeof shape - 1) == 0) {
        line += csv_line_length(line, *count);
        line += line < end && *line == '\r';
        line += line < end;
        r->line++;
    }
    left = (size_t)(end - line);
    while (take_border(r, &line, &left))
        r->drawn = true;
    if (!r->drawn) {
        r->line = above;
        return;
    }
    *bytes = line;
    *count = left;
    while (line < end && (*line == '\n' || *line == '\r'))
        line++;
    for (length = csv_line_length(line, (size_t)(end - line)); length > 0; length--)
        bars += line[length - 1] == '|';
    r->framed = bars == 2 && line[strspn(line, " \t")] == '|';
}

/* Blank lines between blocks of rows, near the begin: r->gaps of them, and the line behind the first; `from` is behind the names.
 * Where a single row stands between two they part nothing: as where one stands behind every row, or above a row of totals. */
static void count_gaps(struct csv_reader *r, const char *bytes, size_t count, size_t from)
{
    enum { SEEN = 1 << 18 };
    size_t rows = 0; /* since the last gap */
    bool blank = false, quoted = false, single = false;

    count = count < SEEN ? count : SEEN;
    for (size_t at = from, length; at < count; at += length + 1) {
        bool within = quoted;

        length = csv_line_length(bytes + at, count - at);
        if (at + length == count) /* no whole line */
            break;
        if (strspn(bytes + at, " \t") >= length && !within) {
            blank = blank || at == from || bytes[at - 1] != '\r' || bytes[at] != '\n'; /* else the other half of a line's end */
            continue;
        }
        quoted = ends_quoted(bytes + at, length, within);
        if (blank && rows > 0 && !within) {
            single = single || rows == 1;
            rows = 0;
            r->gap_line = r->gaps++ == 0 ? r->line + csv_count_lines(bytes, at) : r->gap_line;
        }
        rows += !within;
        blank = false;
    }
    r->gaps = single || rows == 1 ? 0 : r->gaps;
}

/* Leaves out lines that are none of the table, and looks at the blank ones; `from` is behind the names. */
bool csv_drop_others(struct csv_reader *r, bool begun, const char **bytes, size_t *count, size_t from)
{
    size_t borders = 0;
    long border_line;

    if (!begun)
        r->counts = r->dashes = r->gaps = r->stated = 0;
    if ((r->drawn && !drop_lines(r, find_border, bytes, count, 0, false, &borders, &border_line))
        || (r->framed && !drop_bars(r, bytes, *count)))
        return false;
    from = from < *count ? from : *count; /* drawn lines alone: that of the names was one */
    if ((!begun && r->names_text != NULL && !drop_lines(r, find_dashes, bytes, count, from, true, &r->dashes, &r->dashes_line))
        || !drop_lines(r, find_row_count, bytes, count, from, false, &r->counts, &r->counts_line))
        return false;
    if (!begun && !r->drawn)
        count_gaps(r, *bytes, *count, from);
    return r->names_text == NULL || drop_lines(r, find_names, bytes, count, from, false, &r->again, &r->again_line);
}
