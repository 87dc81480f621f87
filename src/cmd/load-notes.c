/* load-notes.c -- what was noticed while a file was read, a sentence a note.  See load.h. */
#include "cmd/load.h"

#include <string.h>

#include "cmd/verb.h"
#include "data/decode.h"

/* The names of a run of notes: "x, y and z", or the first ones of many. */
static void add_names(struct text *out, const struct csv_note *notes, size_t count)
{
    enum { SHOWN = 6 };
    size_t shown = count > SHOWN + 1 ? SHOWN : count;

    for (size_t i = 0; i < shown; i++)
        text_addf(out, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", notes[i].column);
    if (shown < count)
        text_addf(out, " and %zu more", count - shown);
}

static const char *encoding_words(const char *encoding)
{
    if (strcmp(encoding, "CP1252") == 0)
        return "cp1252 (Windows, western Europe)";
    if (strcmp(encoding, "ISO-8859-1") == 0)
        return "latin1 (ISO 8859-1)";
    return strncmp(encoding, "UTF-16", 6) == 0 ? "utf-16" : "utf-32";
}

static const char *sign_words(char sign)
{
    switch (sign) {
    case ' ':
        return "blanks";
    case '\t':
        return "tabs";
    case '.':
        return "point";
    case ',':
        return "comma";
    case '\'':
        return "apostrophe";
    default:
        return "blank";
    }
}

/* Of lines, as those that were left out; false for other notes. */
static bool add_lines_note(struct text *out, const struct csv_note *note)
{
    if (note->kind == CSV_NOTE_PADDING) {
        text_addf(out, "Zero bytes at the ends of fields, from line %ld on, are left out.", note->line);
        return true;
    }
    if (note->kind == CSV_NOTE_APOSTROPHES) {
        text_add(out, "Names stand between apostrophes, which are part of them here, and so are those of texts: quotes are "
                      "double (\"x\").");
        return true;
    }
    if (note->kind == CSV_NOTE_FORMULA_TEXTS) {
        text_addf(out, "Cells written as formulas, from line %ld on, are read as the texts in them: =\"x\" as x.", note->line);
        return true;
    }
    if (note->kind == CSV_NOTE_DRAWN) {
        text_add(out, "The lines drawn around the table are left out.");
        return true;
    }
    if (note->kind == CSV_NOTE_FIXED) {
        text_addf(
            out,
            "It is read as one column, whose lines all have %zu characters: columns of a fixed width, perhaps. These are not "
            "cut: put separators between them first; in R: write.csv(read.fwf(\"x.txt\", widths), \"x.csv\", row.names = "
            "FALSE).",
            note->count);
        return true;
    }
    if (note->kind == CSV_NOTE_DASHES || note->kind == CSV_NOTE_GAPS) {
        text_addf(out,
                  note->kind == CSV_NOTE_DASHES
                      ? "The line of dashes below the names, line %ld, is left out."
                      : "Blank lines part the rows, the first above line %ld: they are read as one table, in which nothing tells "
                        "the parts.",
                  note->line);
        return true;
    }
    if (note->kind == CSV_NOTE_ROWS_DIFFER) {
        text_addf(out, "%ld row%s %s stated, and %zu read: is the file whole?", note->line, note->line == 1 ? "" : "s",
                  note->line == 1 ? "is" : "are", note->count);
        return true;
    }
    if (note->kind != CSV_NOTE_NAMES_AGAIN && note->kind != CSV_NOTE_ROW_COUNT)
        return false;
    text_addf(out,
              note->kind == CSV_NOTE_ROW_COUNT ? "The number of rows stands below them, on line %ld"
                                               : "The line of the names comes again, on line %ld",
              note->line);
    if (note->count > 1)
        text_addf(out, " and %zu more", note->count - 1);
    text_add(out, note->count > 1 ? ": these are left out." : ": it is left out.");
    return true;
}

/* What the text is read as. */
static void add_encoding_note(struct text *out, const struct csv_note *note)
{
    bool mixed = strcmp(note->text, DECODE_MIXED) == 0;

    if (strncmp(note->text, "UTF-", 4) == 0) {
        text_addf(out, "The text is in %s.", encoding_words(note->text));
        return;
    }
    if (mixed && !note->open) {
        text_add(out, "The text mixes UTF-8 and cp1252 (Windows, western Europe), as files put one behind the other do: each "
                      "letter is read as what it is. If letters look wrong, `encoding=` names one encoding.");
        return;
    }
    text_addf(out, "The text is not UTF-8: it is read as %s", encoding_words(mixed ? "CP1252" : note->text));
    if (note->other != NULL)
        text_addf(out, ", as `%s`", note->other);
    text_add(out, note->open
                      ? ", and its letters look wrong. For other languages there are encoding=cp1250 (central Europe), "
                        "cp1251 and koi8-r (Cyrillic), cp1253 (Greek), cp1254 (Turkish), cp1255 (Hebrew), cp1256 (Arabic), "
                        "cp850 and macintosh (old DOS and Mac files), gbk and big5 (Chinese), shift_jis (Japanese) and "
                        "euc-kr (Korean)."
                      : ". If its letters look wrong: encoding=cp1250 (central Europe), cp1254 (Turkish) or another.");
}

/* Of the file as a whole. */
static void add_file_note(struct text *out, const struct csv_note *note, const char *options)
{
    switch (note->kind) {
    case CSV_NOTE_ENCODING:
        add_encoding_note(out, note);
        break;
    case CSV_NOTE_SEPARATOR_LINE:
        text_addf(out, "The first line of the file names the separator: `%s`.", note->text[0] == '\t' ? "tab" : note->text);
        break;
    case CSV_NOTE_BLANKS:
        text_add(out, "The columns are separated by blanks.");
        break;
    case CSV_NOTE_ONE_COLUMN:
        if (strchr(" \t", note->text[0]) != NULL)
            text_addf(out, "It is read as one column, though %s stand in its lines", sign_words(note->text[0]));
        else
            text_addf(out, "It is read as one column, though `%s` stands in its lines", note->text);
        if (note->open)
            text_add(out, ", all but the first of which divide alike: a column has no name, perhaps. Below, all are V1, V2, ...");
        else if (note->advised)
            text_addf(out, "; if these separate fields: %s", options);
        else
            text_add(out, ", which do not all divide alike.");
        break;
    case CSV_NOTE_QUOTED_LINES:
        text_add(out, "It is one column, for each line stands in quotes as a whole: take these quotes off in the file.");
        break;
    case CSV_NOTE_EMPTY_COLUMNS:
        if (note->count == 1)
            text_add(out, "A column without a name and without a value (separators at the ends of lines) is left out.");
        else
            text_addf(out, "%zu columns without a name and without a value (separators at the ends of lines) are left out.",
                      note->count);
        break;
    case CSV_NOTE_LISTED_TEXT:
        text_addf(out, "`%s` is one missing text, as a cell on line %ld holds it; not its parts.", note->text, note->line);
        break;
    case CSV_NOTE_UNITS_LEFT_OUT:
        text_addf(out, "The row of units is left out: %s.", note->text);
        break;
    case CSV_NOTE_QUESTIONS:
        text_add(out, note->open ? "The two rows below the names are left out: units, and what is told of each interval."
                                 : "The two rows below the names are left out: the questions, and what Qualtrics calls them.");
        break;
    case CSV_NOTE_NUMBER_NAMES:
        text_addf(out, "The names are numbers%s; if the first line is one of data: %s", note->open ? " and levels" : "", options);
        break;
    case CSV_NOTE_TITLE:
        text_addf(out, "The names seem to stand on line %ld, so that what is above is a title: %s", note->line, options);
        break;
    case CSV_NOTE_UNIT_ROW:
        text_addf(out, "The first row looks like one of units, not of data; to leave it out: %s", options);
        if (note->line > 0)
            text_addf(out, ". If it has the names, and line %ld is a comment: skip=%ld", note->line, note->line);
        break;
    default:
        break;
    }
}

static void add_units_differ_note(struct text *out, const struct csv_note *note)
{
    text_addf(out, "The texts of %s are numbers of several units, as `%s` and `%s`: in one unit they can be read (units=cells).",
              note->column, note->text, note->other);
}

/* Of another program's file, or a column of it; false for other notes. */
static bool add_foreign_note(struct text *out, const struct csv_note *note)
{
    switch (note->kind) {
    case CSV_NOTE_EMPTY_ROWS:
        text_addf(out, "%zu row%s no value at all, the first of them row %ld", note->count, note->count == 1 ? " has" : "s have",
                  note->line);
        if (note->column != NULL) {
            text_add(out, "; to leave them out: where !is.na(");
            verb_add_name(out, note->column);
            text_add_char(out, ')');
        }
        return true;
    case CSV_NOTE_CELL_ERRORS:
        text_addf(out, "%zu cell%s an error of the spreadsheet and %s missing (%s at %s).", note->count,
                  note->count == 1 ? " has" : "s have", note->count == 1 ? "is" : "are", note->text, note->other);
        return true;
    case CSV_NOTE_CELL_FORMULAS:
        text_addf(
            out, "%zu formula%s no value in the file and %s missing (at %s): a spreadsheet program that saves it puts values in.",
            note->count, note->count == 1 ? " has" : "s have", note->count == 1 ? "is" : "are", note->other);
        return true;
    case CSV_NOTE_UNITS_DIFFER:
        add_units_differ_note(out, note);
        return true;
    case CSV_NOTE_SOME_LABELS:
        text_addf(out, "%s keeps its values: only some of them have labels (`%s`).", note->column, note->text);
        return true;
    case CSV_NOTE_DECLARED:
        text_addf(out, "%s: %zu value%s missing because the file declares them so.", note->column, note->count,
                  note->count == 1 ? " is" : "s are");
        return true;
    case CSV_NOTE_TIMES:
        text_addf(out, "%s: times of day are left out.", note->column);
        return true;
    case CSV_NOTE_SECONDS:
        text_addf(out, "%s has dates and times: it is a number, seconds since 1970-01-01 0:00 UTC.", note->column);
        return true;
    case CSV_NOTE_NO_VECTOR:
        text_addf(out, "The column %s is left out: it is %s.", note->column, note->text == NULL ? "no vector" : note->text);
        return true;
    default:
        return false;
    }
}

/* -999 where all else is positive, 99 where nothing else is above 5. */
static void add_codes_note(struct text *out, const struct csv_note *note, const char *options)
{
    text_addf(out, "%s is %s", note->column, note->text);
    if (note->count > 1)
        text_addf(out, " and %zu other code%s", note->count - 1, note->count == 2 ? "" : "s");
    if (note->open)
        text_addf(out, " in places, and at most %s else; if ", note->other);
    else
        text_add(out, " in places, and never negative else; if ");
    text_addf(out, "%s missing: ", note->count == 1 ? "that means" : "these mean");
    if (note->advised) {
        text_add(out, options);
        return;
    }
    text_add(out, "let ");
    verb_add_name(out, note->column);
    text_add(out, " = ifelse(");
    verb_add_name(out, note->column);
    text_addf(out, note->open ? " > %s, NA, " : " < 0, NA, ", note->other);
    verb_add_name(out, note->column);
    text_add(out, ")");
}

/* 5.1*, <0.05. */
static void add_marks_note(struct text *out, const struct csv_note *note, const char *options)
{
    text_addf(out, "%s is a factor because of `%s`, %s", note->column, note->text,
              note->open ? "a value beyond a limit" : "a number with a mark");
    if (note->other != NULL)
        text_addf(out, ", and of `%s`%s", note->other, note->count > 1 ? " and the like" : "");
    text_add(out, note->open ? "; to take the limit as the value" : "; to read it without");
    text_add(out, note->other != NULL ? ", with the rest missing: number " : ": number ");
    verb_add_name(out, note->column);
    text_add(out, ", ");
    if (options[0] != '\0')
        text_addf(out, "%s ", options);
    text_add(out, note->other != NULL ? "marks force" : "marks");
}

/* Total, Mean: at the end, or between other rows. */
static void add_totals_note(struct text *out, const struct csv_note *note, const char *options)
{
    bool several = note->count > 1 || note->other != NULL;

    text_addf(out, "The row%s of `%s`", several ? "s" : "", note->text);
    if (note->other != NULL)
        text_addf(out, " and `%s`", note->other);
    text_addf(out, " in %s look%s like %s up the others; to ", note->column, several ? "" : "s",
              several ? "ones that sum" : "one that sums");
    if (note->count > 0) {
        text_addf(out, "end above %s: %s", several ? "them" : "it", options);
        return;
    }
    text_addf(out, "leave %s out: where !(", several ? "them" : "it");
    verb_add_name(out, note->column);
    text_addf(out, " %%in%% c(\"%s\"", note->text);
    if (note->other != NULL)
        text_addf(out, ", \"%s\"", note->other);
    text_add(out, "))");
    if (note->open) {
        text_add(out, "; number ");
        verb_add_name(out, note->column);
    }
}

/* Male, male. */
static void add_alike_note(struct text *out, const struct csv_note *note)
{
    text_addf(out, "%s: `%s` and `%s` differ only in capitals, blanks or how letters are coded", note->column, note->text,
              note->other);
    if (note->count > 1)
        text_addf(out, ", and so %s %zu other level%s", note->count == 2 ? "does" : "do", note->count - 1,
                  note->count == 2 ? "" : "s");
    text_add(out, ". If they mean the same: factor ");
    verb_add_name(out, note->column);
    text_add(out, ", alike");
}

/* Rows at the end that are none. */
static void add_remark_note(struct text *out, const struct csv_note *note, const char *options)
{
    if (note->count > 1)
        text_addf(out, "The last %zu rows have nothing but `%s` and the like in %s, remarks perhaps; to end above them: %s",
                  note->count, note->text, note->column, options);
    else
        text_addf(out, "The last row has nothing but `%s` in %s, a remark perhaps; to end above it: %s", note->text, note->column,
                  options);
}

/* A level that is none: blanks, or a word for missing. */
static void add_blank_note(struct text *out, const struct csv_note *note, const char *options)
{
    if (!note->open) {
        text_addf(out, "%s has a level that is nothing but blanks; if that means missing: %s", note->column, options);
        return;
    }
    text_addf(out, "%s has the level `%s`", note->column, note->text);
    if (note->count > 1)
        text_addf(out, " and %zu other%s of its kind", note->count - 1, note->count == 2 ? "" : "s");
    text_addf(out, "; if %s missing: %s", note->count == 1 ? "that means" : "these mean", options);
}

/* Of one column, for its texts. */
static void add_column_note(struct text *out, const struct csv_note *note, const char *options)
{
    if (note->kind == CSV_NOTE_LONG_INTEGERS) {
        text_addf(out, "%s is a factor: `%s` on line %ld has more digits than a number holds; as numbers, rounded: %s",
                  note->column, note->text, note->line, options);
        return;
    }
    if (note->kind == CSV_NOTE_ZEROS) {
        text_addf(out, "%s is a factor: `%s` on line %ld begins with a zero, as ids do; as numbers: %s", note->column, note->text,
                  note->line, options);
        return;
    }
    if (load_add_dates_note(out, note, options))
        return;
    if (note->kind == CSV_NOTE_CODES) {
        add_codes_note(out, note, options);
        return;
    }
    if (note->kind == CSV_NOTE_TOTALS) {
        add_totals_note(out, note, options);
        return;
    }
    if (note->kind == CSV_NOTE_REMARK) {
        add_remark_note(out, note, options);
        return;
    }
    if (note->kind == CSV_NOTE_MARKS) {
        add_marks_note(out, note, options);
        return;
    }
    if (note->kind == CSV_NOTE_BLANK) {
        add_blank_note(out, note, options);
        return;
    }
    if (note->kind == CSV_NOTE_ALIKE) {
        add_alike_note(out, note);
        return;
    }
    if (add_foreign_note(out, note))
        return;
    if (note->kind == CSV_NOTE_GROUPED) {
        text_addf(out, "%s: `%s` was read with a decimal comma; if its commas stand between thousands: %s", note->column,
                  note->text, options);
        return;
    }
    text_addf(out, "%s is a factor because of `%s`", note->column, note->text);
    if (note->line > 0)
        text_addf(out, " on line %ld%s", note->line, strcmp(note->text, note->column) == 0 ? ", where the names come again" : "");
    if (note->kind == CSV_NOTE_RANGE)
        text_add(out, ", beyond the range of numbers");
    if (note->count == 0)
        text_add(out, " and other texts that are no numbers.");
    else if (note->count > 1)
        text_addf(out, " and %zu other text%s", note->count - 1, note->count == 2 ? "" : "s");
    if (note->count > 0 && note->advised)
        text_addf(out, "; if %s missing: %s", note->count == 1 ? "that means" : "these mean", options);
    else if (note->count > 0 && note->kind == CSV_NOTE_TEXT)
        text_addf(out, ": mend %s in the file.", note->count == 1 ? "it" : "them");
}

void load_add_run_note(struct text *out, const struct csv_note *note, size_t count, const char *options)
{
    const struct csv_advice *advice = &note->advice;

    switch (note->kind) {
    case CSV_NOTE_ROW_NAMES:
        text_addf(out, "The first column has no name (row names, as R writes them?): it is %s.", note->column);
        return;
    case CSV_NOTE_NEW_NAME:
        text_add(out, note->text[0] == '\0' ? "Columns without a name: " : "Names that came again: ");
        add_names(out, note, count);
        text_add_char(out, '.');
        return;
    case CSV_NOTE_UNIT:
        add_names(out, note, count);
        text_addf(out, count == 1 ? " has no unit any more: it is in %s." : " have no units any more: they are in %s.",
                  note->text);
        if (note->open)
            text_add(out, " k, m, M, bn and B behind a number were its zeros.");
        return;
    default:
        break;
    }
    text_add(out, "The texts of ");
    add_names(out, note, count);
    text_add(out, " look like numbers with ");
    if (note->kind == CSV_NOTE_OTHER_DECIMAL) {
        text_addf(out, "another decimal sign than other columns have%s%s",
                  note->advised ? "; if the points of those stand between thousands: " : ": mend it in the file.",
                  note->advised ? options : "");
        return;
    }
    text_add(out, note->kind == CSV_NOTE_NEGATIVE ? "" : advice->thousands == '\'' ? "an " : "a ");
    if (note->kind == CSV_NOTE_NEGATIVE) {
        text_addf(out, "%s%s%s",
                  note->minus == '('   ? "the negative ones in parentheses, (4) for -4"
                  : note->minus == '-' ? "the minus behind them, 4- for -4"
                                       : "a blank behind the minus, - 4 for -4",
                  note->text == NULL ? "" : ", in ", note->text == NULL ? "" : note->text);
    } else if (note->kind == CSV_NOTE_THOUSANDS) {
        text_addf(out, "%s between thousands", advice->thousands == ' ' ? "blank" : sign_words(advice->thousands));
        if (note->text != NULL)
            text_addf(out, " and a unit (%s)", note->text);
    } else if (note->kind == CSV_NOTE_DECIMAL) {
        text_addf(out, "decimal %s", sign_words(advice->decimal));
        if (note->text != NULL)
            text_addf(out, " and a unit (%s)", note->text);
    } else {
        text_addf(out, "unit (%s)", note->text);
    }
    if (note->advised)
        text_addf(out, "; if they are: %s", options);
    else if (note->count > 1)
        text_addf(out, ", but for `%s` and %zu other text%s: mend them in the file.", note->other, note->count - 1,
                  note->count == 2 ? "" : "s");
    else
        text_addf(out, ", but for `%s`: mend it in the file.", note->other);
}

void load_add_note(struct text *out, const struct csv_note *note, const char *options)
{
    if (note->column != NULL)
        add_column_note(out, note, options);
    else if (!add_foreign_note(out, note) && !add_lines_note(out, note))
        add_file_note(out, note, options);
}
