/* csv-advice-file.c -- what is noted of a file as a whole: its encoding, its separator, names and lines that are none of the
 * table. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>

bool csv_note_option(struct csv_report *report, enum csv_note_kind kind, const char *text, struct csv_advice advice)
{
    struct csv_note *note = csv_note_add(report, kind, NULL, text);

    if (note == NULL)
        return false;
    note->advice = advice;
    note->advised = true;
    return true;
}

static bool has_level(const struct column *column, const char *text)
{
    for (int32_t l = 0; column->type == COLUMN_FACTOR && l < column->level_count; l++)
        if (strcmp(column->levels[l], text) == 0)
            return true;
    return false;
}

/* All of them, or those of columns of numbers where another is a level of its column: `M 14` above F and M.  *some: not all. */
static bool names_are_numbers(const struct csv_reader *r, const struct frame *frame, bool *some)
{
    size_t numbers = 0;
    bool levels = false, values = false, fit = true;
    double number;

    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        bool is_number = parse_number(column->name, strlen(column->name), &number);

        numbers += is_number;
        values = values || (is_number && r->layout.first_alike && csv_is_value(number));
        fit = fit && (!is_number || column->type == COLUMN_INTEGER || column->type == COLUMN_REAL);
        levels = levels || (!is_number && has_level(column, column->name));
    }
    *some = numbers < frame->column_count;
    return !r->options->no_header && (!*some || (numbers > 0 && fit && (levels || values)));
}

/* A single column whose name and texts all have a separator in them. */
static bool are_quoted_lines(const struct frame *frame)
{
    const struct column *column = &frame->columns[0];
    size_t name = strcspn(column->name, ",;\t");
    bool all = frame->column_count == 1 && column->type == COLUMN_FACTOR && column->name[name] != '\0';

    for (int32_t l = 0; all && l < column->level_count; l++)
        all = strchr(column->levels[l], column->name[name]) != NULL;
    return all;
}

/* How often letters, digits and points take turns in a text; -1 where it has other signs. */
static int turns_of(const char *text)
{
    int turns = 0, before = -1;

    for (; *text != '\0'; text++) {
        int kind = *text >= '0' && *text <= '9' ? 0 : *text == '.' ? 1 : ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'z') ? 2 : 3;

        if (kind == 3)
            return -1;
        turns += before >= 0 && before != kind;
        before = kind;
    }
    return turns;
}

/* The length of all lines of the only column, where they are long, alike in length, and numbers and letters take turns in them; 0
 * where it is not so. */
static size_t fixed_width(const struct frame *frame)
{
    enum { LEAST_LENGTH = 8, LEAST_LINES = 3, LEAST_TURNS = 2 };
    const struct column *column = &frame->columns[0];
    size_t length = 0;

    if (frame->column_count != 1 || column->type != COLUMN_FACTOR || column->level_count < LEAST_LINES)
        return 0;
    length = strlen(column->levels[0]);
    for (int32_t l = 0; l < column->level_count; l++)
        if (strlen(column->levels[l]) != length || turns_of(column->levels[l]) < LEAST_TURNS)
            return 0;
    return length < LEAST_LENGTH ? 0 : length;
}

/* Rows of separators alone, as spreadsheets write them below a table. */
static bool note_empty_rows(struct csv_report *report, const struct frame *frame)
{
    size_t count = 0, first = 0, j = 0;
    struct csv_note *note;

    if (frame->column_count < 2)
        return true;
    for (size_t i = 0; frame->columns[0].missing > 0 && i < frame->rows; i++) {
        for (j = 0; j < frame->column_count && column_missing(&frame->columns[j], i);)
            j++;
        if (j == frame->column_count && count++ == 0)
            first = i + 1;
    }
    if (count == 0 || count == frame->rows)
        return true;
    for (j = 0; j < frame->column_count && frame->columns[j].missing != count;)
        j++;
    note = csv_note_add(report, CSV_NOTE_EMPTY_ROWS, j < frame->column_count ? frame->columns[j].name : NULL, NULL);
    if (note == NULL)
        return false;
    note->count = count;
    note->line = (long)first;
    return true;
}

/* Of lines of the file. */
static bool note_lines(struct csv_report *report, enum csv_note_kind kind, long line, size_t count)
{
    struct csv_note *note = csv_note_add(report, kind, NULL, NULL);

    if (note == NULL)
        return false;
    note->line = line;
    note->count = count;
    return true;
}

/* Letters beyond ASCII, and those of them that stand beside another: in the words of western Europe few do. */
static void count_letters(const char *text, size_t *letters, size_t *beside)
{
    bool before = false;

    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if ((*p & 0xC0) == 0x80)
            continue;
        *letters += *p >= 0x80;
        *beside += *p >= 0x80 && before;
        before = *p >= 0x80;
    }
}

/* U+0080 to U+009F, controls that latin1 has where other encodings have letters: no text has them. */
static bool has_controls(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; (p = (const unsigned char *)strchr((const char *)p, 0xc2)) != NULL;
         p++)
        if (p[1] >= 0x80 && p[1] <= 0x9f)
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0xc3;
}

/* A sign between letters where cp1250 has one, as in P\u00b3e\u00e6 for P\u0142e\u0107; but for m\u00b3h. */
static bool has_signs_within(const char *text)
{
    static const char signs[] = "\xa5\xaf\xb1\xb3\xb9\xbc\xbe\xbf"; /* behind 0xc2 */

    for (const char *p = text; (p = strchr(p, 0xc2)) != NULL; p++)
        if (p > text && p[1] != '\0' && strchr(signs, p[1]) != NULL && p[-1] != 'm' && (is_letter(p[-1]) || (p[-1] & 0x80) != 0)
            && is_letter(p[2]))
            return true;
    return false;
}

/* What was looked at of a text that was read as one of western Europe. */
struct letters {
    size_t letters, beside;
    bool wrong;
    const char *example; /* the first text that is wrong, or that has a letter beyond ASCII */
};

static void look_at_letters(const char *text, struct letters *seen)
{
    size_t before = seen->letters;
    bool wrong = has_controls(text) || has_signs_within(text);

    count_letters(text, &seen->letters, &seen->beside);
    if ((seen->letters > before && seen->example == NULL) || (wrong && !seen->wrong))
        seen->example = text;
    seen->wrong = seen->wrong || wrong;
}

/* What the text is read as, which it hardly is perhaps, and how that looks. */
static bool note_encoding(struct csv_reader *r, const struct frame *frame)
{
    enum { LEAST = 4, MOST_LEVELS = 1000 };
    struct csv_note *note = csv_note_add(r->report, CSV_NOTE_ENCODING, NULL, r->encoding);
    struct letters seen = { 0 };
    char buffer[48];

    for (size_t j = 0; note != NULL && j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];

        look_at_letters(column->name, &seen);
        for (int32_t l = 0; column->type == COLUMN_FACTOR && l < column->level_count && l < MOST_LEVELS; l++)
            look_at_letters(column->levels[l], &seen);
    }
    if (note == NULL)
        return false;
    note->open = seen.wrong || (seen.letters >= LEAST && 2 * seen.beside >= seen.letters);
    if (seen.example != NULL)
        note->other = csv_report_text(r->report, csv_excerpt(seen.example, strlen(seen.example), buffer));
    return seen.example == NULL || note->other != NULL;
}

/* Two names at least, and all of them between apostrophes. */
static bool are_in_apostrophes(const struct frame *frame)
{
    for (size_t j = 0; j < frame->column_count; j++) {
        const char *name = frame->columns[j].name;

        if (name[0] != '\'' || strlen(name) < 3 || name[strlen(name) - 1] != '\'')
            return false;
    }
    return frame->column_count > 1;
}

/* C1 C2-T C3 of Minitab, V1 V2 of R, VAR1, Column1, Spalte1: names that a program gave, by number, to columns that had none. */
static bool are_made(const struct frame *frame)
{
    static const char *const stems[] = { "C",      "V",       "VAR",     "Var",   "X",        "Column",
                                         "Spalte", "Colonne", "Columna", "Kolom", "Unnamed: " };
    size_t made = 0;

    for (size_t k = 0; k < sizeof stems / sizeof *stems && made < frame->column_count; k++)
        for (made = 0; made < frame->column_count; made++) {
            const char *name = frame->columns[made].name, *digits = name + strlen(stems[k]);
            size_t count;

            if (strncmp(name, stems[k], strlen(stems[k])) != 0 || (count = strspn(digits, "0123456789")) == 0)
                break;
            digits += count;
            if (*digits != '\0' && strcmp(digits, "-T") != 0 && strcmp(digits, "-D") != 0)
                break;
        }
    return frame->column_count > 1 && made == frame->column_count;
}

/* The names stand further below. */
static bool note_title(struct csv_reader *r)
{
    const long line = r->layout.names_line;

    if (!csv_note_option(r->report, CSV_NOTE_TITLE, NULL, (struct csv_advice){ .skip = line - 1 }))
        return false;
    r->report->notes[r->report->count - 1].line = line;
    return true;
}

bool csv_note_made_names(struct csv_reader *r, const struct frame *frame, bool *done)
{
    *done = !r->options->no_header && are_made(frame);
    if (!*done)
        return true;
    r->layout.names_line = r->names_line + 1;
    return note_title(r);
}

/* What may separate stands in the lines of the only column. */
static bool note_one_column(struct csv_reader *r)
{
    const char sign[2] = { r->layout.alone, '\0' };
    struct csv_advice advice = { .separator = r->layout.divides };

    if (r->layout.divides == '\0')
        return csv_note_add(r->report, CSV_NOTE_ONE_COLUMN, NULL, sign) != NULL;
    if (r->layout.first_differs) { /* the names are one short */
        advice.no_header = true;
        advice.skip = r->names_line;
    }
    if (!csv_note_option(r->report, CSV_NOTE_ONE_COLUMN, sign, advice))
        return false;
    r->report->notes[r->report->count - 1].open = r->layout.first_differs;
    return true;
}

/* What stands around fields and rows: zero bytes, formulas, apostrophes, drawn lines. */
static bool note_signs(struct csv_reader *r, const struct frame *frame)
{
    return (r->zeros_line == 0 || note_lines(r->report, CSV_NOTE_PADDING, r->zeros_line, 1))
           && (r->formulas_line == 0 || note_lines(r->report, CSV_NOTE_FORMULA_TEXTS, r->formulas_line, 1))
           && (!are_in_apostrophes(frame) || csv_note_add(r->report, CSV_NOTE_APOSTROPHES, NULL, NULL) != NULL)
           && (!r->drawn || note_lines(r->report, CSV_NOTE_DRAWN, 0, 1));
}

/* The two records below the names that were left out. */
static bool note_labels(struct csv_reader *r)
{
    struct csv_note *note = csv_note_add(r->report, CSV_NOTE_QUESTIONS, NULL, NULL);

    if (note != NULL)
        note->open = r->logged;
    return note != NULL;
}

bool csv_note_file(struct csv_reader *r, const struct frame *frame)
{
    struct csv_report *report = r->report;
    bool ok = true, some;

    if (r->encoding != NULL)
        ok = note_encoding(r, frame);
    ok = ok && note_signs(r, frame);
    if (ok && r->again > 0)
        ok = note_lines(report, CSV_NOTE_NAMES_AGAIN, r->again_line, r->again);
    if (ok && r->dashes > 0)
        ok = note_lines(report, CSV_NOTE_DASHES, r->dashes_line, r->dashes);
    if (ok && r->counts > 0)
        ok = note_lines(report, CSV_NOTE_ROW_COUNT, r->counts_line, r->counts);
    if (ok && r->counts > 0 && r->stated != frame->rows && r->options->rows <= 0)
        ok = note_lines(report, CSV_NOTE_ROWS_DIFFER, (long)r->stated, frame->rows);
    if (ok && r->gaps > 0 && r->gap_line <= r->line)
        ok = note_lines(report, CSV_NOTE_GAPS, r->gap_line, r->gaps);
    ok = ok && note_empty_rows(report, frame);
    if (ok && r->separator_line != '\0')
        ok = csv_note_add(report, CSV_NOTE_SEPARATOR_LINE, NULL, (char[]){ r->separator_line, '\0' }) != NULL;
    if (ok && r->layout.blanks && r->options->separator == '\0')
        ok = csv_note_add(report, CSV_NOTE_BLANKS, NULL, NULL) != NULL;
    if (ok && r->layout.alone != '\0' && frame->column_count == 1)
        ok = note_one_column(r);
    if (ok && r->layout.alone == '\0' && are_quoted_lines(frame))
        ok = csv_note_add(report, CSV_NOTE_QUOTED_LINES, NULL, NULL) != NULL;
    if (ok && r->layout.alone == '\0' && fixed_width(frame) > 0)
        ok = note_lines(report, CSV_NOTE_FIXED, 0, fixed_width(frame));
    if (ok && r->layout.names_line > r->names_line)
        ok = note_title(r);
    if (ok && r->columns[0].nameless)
        ok = csv_note_add(report, CSV_NOTE_ROW_NAMES, frame->columns[0].name, NULL) != NULL;
    if (ok && names_are_numbers(r, frame, &some)) {
        ok = csv_note_option(report, CSV_NOTE_NUMBER_NAMES, NULL, (struct csv_advice){ .no_header = true });
        if (ok)
            report->notes[report->count - 1].open = some;
    }
    if (ok && r->labels > 0)
        ok = note_labels(r);
    else if (ok && r->units.length > 0)
        ok = csv_note_add(report, CSV_NOTE_UNITS_LEFT_OUT, NULL, text_string(&r->units)) != NULL;
    for (size_t i = 0; ok && r->options->missing != NULL && r->options->missing[i] != NULL; i++) {
        struct csv_note *note;

        if (!r->whole[i])
            continue;
        note = csv_note_add(report, CSV_NOTE_LISTED_TEXT, NULL, r->options->missing[i]);
        ok = note != NULL;
        if (ok)
            note->line = r->whole_line[i];
    }
    return ok;
}
