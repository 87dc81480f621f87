/* csv-report.h -- what was noticed while a delimited file was read, as facts; the words are the shell's. */
#ifndef DATA_CSV_REPORT_H
#define DATA_CSV_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum csv_note_kind {
    CSV_NOTE_ENCODING,       /* text: the encoding that was found; open: its letters look wrong; other: a text with one */
    CSV_NOTE_PADDING,        /* zero bytes beside separators were left out; line: of the first */
    CSV_NOTE_NAMES_AGAIN,    /* count lines, of which line is the first, are that of the names again, and were left out */
    CSV_NOTE_ROW_COUNT,      /* the same of lines that say how many rows there are, as `3 rows selected.` */
    CSV_NOTE_ROWS_DIFFER,    /* these lines say that there are `line` rows, and there are count: is the file whole? */
    CSV_NOTE_DASHES,         /* a line of dashes below the names was left out */
    CSV_NOTE_DRAWN,          /* lines drawn around the table, and bars around its rows, were left out */
    CSV_NOTE_FORMULA_TEXTS,  /* cells are texts as formulas of a spreadsheet, ="00123"; line: of the first */
    CSV_NOTE_APOSTROPHES,    /* names and texts stand between apostrophes, which are part of them */
    CSV_NOTE_TITLE,          /* the names seem to stand on that line: what is above is a title */
    CSV_NOTE_GAPS,           /* blank lines part the rows into blocks; line: behind the first of them */
    CSV_NOTE_SEPARATOR_LINE, /* the first line was `sep=` and the separator, text */
    CSV_NOTE_BLANKS,         /* the columns stand between blanks */
    CSV_NOTE_ONE_COLUMN,     /* text: what may separate fields, and stands in the lines of the one column; open: the first line,
                                that of the names, has one field fewer than all others */
    CSV_NOTE_QUOTED_LINES,   /* the same within quotes, each line as a whole */
    CSV_NOTE_FIXED,          /* one column of lines of count characters each: columns of a fixed width, perhaps */
    CSV_NOTE_ROW_NAMES,      /* column: the name that the first column, which had none, got */
    CSV_NOTE_EMPTY_COLUMNS,  /* count columns without a name and without a value were left out */
    CSV_NOTE_NEW_NAME,       /* column: the name that a column got; text: the one it had, perhaps empty */
    CSV_NOTE_LISTED_TEXT,    /* text: of `missing`, with commas in it, taken as it is since a cell on that line holds it */
    CSV_NOTE_UNITS_LEFT_OUT, /* text: the record of units */
    CSV_NOTE_UNIT,           /* column: its cells have the unit text, which was taken off; open: k, M or bn behind a number
                                stood for zeros */
    CSV_NOTE_NUMBER_NAMES,   /* the names are numbers; open: or levels of their columns */
    CSV_NOTE_UNIT_ROW,       /* the first row looks like one of units */
    CSV_NOTE_LONG_INTEGERS,  /* column: a factor, for an integer has more digits than a double holds: text, on that line */
    CSV_NOTE_ZEROS,          /* column: a factor, for an integer begins with a zero (01067): text, on that line */
    CSV_NOTE_DATE_KINDS,     /* column: dates of several kinds; text: the formats, NULL where one order fits all; open: one is
                                m/d/y and may as well be d/m/y */
    CSV_NOTE_DATE_QUOTED,    /* column: dates in quotes, which are texts as numbers in quotes are */
    CSV_NOTE_DATE_TIMES,     /* column: dates with times of day behind them; open: month first, or day first */
    CSV_NOTE_DATE_MARKS,     /* text: a date with the mark of a footnote; else as DATE_TIMES */
    CSV_NOTE_DATE_ORDERS,    /* column: dates that no order fits; text and other: two of them, in `orders` */
    CSV_NOTE_DATE_EACH,      /* the same, and each was read for itself */
    CSV_NOTE_NO_DATES,       /* column: a factor, since text is no date; count: how many such texts it has */
    CSV_NOTE_TEXT,           /* column: a factor, since text, on that line, is no number; count: how many such texts it has */
    CSV_NOTE_TOTALS,         /* column: rows named text, and other or NULL, sum up others perhaps; count: at the end; 0: within */
    CSV_NOTE_REMARK,         /* column: the last row has nothing but text in it: a remark, perhaps */
    CSV_NOTE_MARKS,          /* column: a factor, for numbers have marks: text; open: a limit; other: one of count missing texts;
                                not advised: its advice is for `number`, not for the file */
    CSV_NOTE_PARTS, /* column: a factor whose texts hold count numbers each, as text, on that line; scale: of csv_within; minus:
                       the decimal sign; open: some have one less; optional: some have none */
    CSV_NOTE_ALIKE, /* column: the levels text and other differ only as level-alike.h says; count: such levels too many */
    CSV_NOTE_ORDER, /* column: its levels are steps of a scale, in the order text; count: such columns of that scale */
    CSV_NOTE_BLANK, /* column: text, one of its levels, is nothing but blanks; open: it is a word for missing, one of count */
    CSV_NOTE_UNITS_DIFFER, /* column: its texts are numbers with units, text and other of different ones */
    CSV_NOTE_RANGE,        /* as CSV_NOTE_TEXT, and the text is a number beyond the range of doubles */
    CSV_NOTE_QUESTIONS,    /* the records of questions and of ids below the names were left out, as Qualtrics writes them;
                              open: those of units and of what is told of each interval, as loggers write them */
    CSV_NOTE_CODES,        /* column: count negative numbers, text one of them, stand where all else is positive: missing?  open:
                              they are positive, and no other number is above `other` */
    CSV_NOTE_HEADINGS, /* column: count rows have nothing but a text in it, headings perhaps; other: a column that all others have
                        */
    CSV_NOTE_MERGED,   /* column: count rows have a value, below which the others' cells are empty: merged?  open: they have no
                          other value; other: a column that all the others have */
    CSV_NOTE_GROUPED,  /* column: each decimal comma of its numbers has three digits behind it, as in text: thousands? */
    CSV_NOTE_THOUSANDS,     /* column: its texts are numbers with thousands marks */
    CSV_NOTE_DECIMAL,       /* column: its texts are numbers with another decimal sign */
    CSV_NOTE_OTHER_DECIMAL, /* the same, while other columns have the sign that the file is read with */
    CSV_NOTE_DATE_ORDER,    /* column: read as m/d/y, may as well be d/m/y; text: one of them */
    CSV_NOTE_SHORT_YEARS,   /* column: years of two digits are those of 1969 to 2068 */
    CSV_NOTE_EMPTY_ROWS,    /* count rows, the first of them line, have no value; column: one that has values in all others */
    CSV_NOTE_CELL_ERRORS, /* count cells of a sheet have errors of the spreadsheet, as text at the cell other, and are missing */
    CSV_NOTE_CELL_FORMULAS, /* count cells have formulas whose values are not in the file, one at the cell other: missing */
    CSV_NOTE_SOME_LABELS,   /* column: of a file with labels, which only some of its values have (text is one) */
    CSV_NOTE_DECLARED,      /* column: count of its values are missing since the file declares them so */
    CSV_NOTE_TIMES,         /* column: dates whose time of day was left out */
    CSV_NOTE_SECONDS,       /* column: dates and times, read as seconds since 1970 */
    CSV_NOTE_NO_VECTOR,     /* column: left out, for it is no vector; text: what it is, or NULL */
    CSV_NOTE_NEGATIVE,      /* column: its texts are numbers, negative ones as `minus` says; text: their unit, or NULL */
    CSV_NOTE_UNITS          /* column: its texts are numbers with the unit text */
};

/* What texts of several numbers are (CSV_NOTE_PARTS). */
enum csv_within {
    CSV_PARTS_NONE,
    CSV_PARTS_INTERVAL,    /* 1.25 (0.98-1.60) */
    CSV_PARTS_BETWEEN,     /* [0.55; 1.37] */
    CSV_PARTS_SPREAD,      /* 5.1 (0.3), 5.1 +/- 0.3 */
    CSV_PARTS_SHARE,       /* 12 (34%) */
    CSV_PARTS_PRESSURE,    /* 120/80 */
    CSV_PARTS_DAY_MONTH,   /* 3/28 */
    CSV_PARTS_YEAR_MONTH,  /* 2020-03 */
    CSV_PARTS_MONTH_YEAR,  /* 03/2020 */
    CSV_PARTS_FEET,        /* 5'10" */
    CSV_PARTS_TWELVE,      /* 10 PM, 10:30 a.m. */
    CSV_PARTS_LAP,         /* 1:02.5, minutes and seconds */
    CSV_PARTS_QUARTER,     /* 2023Q1, 2023-Q1 */
    CSV_PARTS_OF_YEAR,     /* Q1 2023 */
    CSV_PARTS_POWER,       /* 1.5x10^3 */
    CSV_PARTS_POINT,       /* 10.30pm, some of them 10pm */
    CSV_PARTS_HOURS,       /* 1h 30m, PT45M */
    CSV_PARTS_YEARS,       /* 5y 3m, P5Y */
    CSV_PARTS_WEEKS,       /* 38+2, 38w 2d */
    CSV_PARTS_DAYS,        /* 2d 6h */
    CSV_PARTS_MINUTES,     /* 5m 30s */
    CSV_PARTS_YEAR_WEEK,   /* 2023-W05 */
    CSV_PARTS_YEAR_DAY,    /* 2023-13-02, the day before the month */
    CSV_PARTS_SHORT_DATE,  /* 25.1.23; open: some say that there is none */
    CSV_PARTS_MONTH,       /* Jan 2023, 2023-Jan; open as above */
    CSV_PARTS_MONTH_SHORT, /* Jan-23, perhaps a day of January; open as above */
    CSV_PARTS_UHR,         /* 9.05 Uhr */
    CSV_PARTS_RATIO,       /* 3:1 */
    CSV_PARTS_CLOCK,       /* 22:30, 1:02:03 */
    CSV_PARTS_DIGITS       /* digits that are none of ASCII */
};

enum { CSV_ADVISED_TEXTS = 5, CSV_ALL_TEXTS = 20 }; /* of a column, of all columns */

/* What to change in the options; zeros are no change. */
struct csv_advice {
    char separator, decimal, thousands;
    bool units_in_cells, unit_row, unique_names, no_header;
    long skip, rows;
    const char *types;                  /* these types too */
    const char *missing[CSV_ALL_TEXTS]; /* these texts too */
    int missing_count;
};

struct csv_note {
    enum csv_note_kind kind;
    const char *column, *text, *other; /* NULL where there is none */
    long line;
    size_t count;
    int scale;                /* of CSV_NOTE_ORDER: which */
    char minus;               /* of CSV_NOTE_NEGATIVE: as csv_minus_of() says */
    bool open;                /* of dates: which of day and month is first is not known */
    unsigned orders[2];       /* sets of orders (date.h) */
    struct csv_advice advice; /* that makes of the file what was meant, probably */
    bool advised, optional;   /* there is one; it is for those who want it otherwise */
};

struct arena;

/* `(struct csv_report){ 0 }` is a valid empty one. */
struct csv_report {
    struct csv_note *notes;
    size_t count, capacity;
    struct csv_advice way_out; /* after an error */
    bool has_way_out;
    struct arena *arena; /* of the texts */
};

/* Adds a note with copies of the texts (NULL: none).  Returns it, good until the next one; NULL when memory is out. */
struct csv_note *csv_note_add(struct csv_report *report, enum csv_note_kind kind, const char *column, const char *text);

/* Advises another type of the note's column; false when memory is out. */
bool csv_advise_type(struct csv_report *report, struct csv_note *note, const char *type);

/* A copy that lives as long as the report. */
const char *csv_report_text(struct csv_report *report, const char *text);
void csv_report_clear(struct csv_report *report);

#endif
