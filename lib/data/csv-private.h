/* csv-private.h -- the state of one reading of a delimited file, shared by csv.c, csv-names.c, csv-missing.c,
 * csv-part.c and csv-advice.c. */
#ifndef DATA_CSV_PRIVATE_H
#define DATA_CSV_PRIVATE_H

#include <csv.h>
#include "base/text.h"
#include "data/csv-column.h"
#include "data/csv-detect.h"
#include "data/csv.h"
#include "data/decode.h"
#include "data/source.h"

struct csv_reader {
    const struct csv_options *options;
    struct csv_report *report; /* the options', or one that nobody reads */
    const char *label;         /* the file in messages */
    struct csv_rules rules;
    struct csv_layout layout;
    bool laid_out;        /* layout is known */
    char separator_line;  /* of a first line `sep=`; 0: there is none */
    const char *encoding; /* that was found; NULL: UTF-8, or the options' */
    struct csv_column *columns;
    size_t column_count, column_capacity;
    struct csv_parser parser;
    bool parser_ready;

    char **missing; /* the texts of rules.missing; owned, NULL-terminated */
    bool *whole;    /* for each of options->missing: a cell holds it, commas and all */
    size_t lists;   /* of them, how many have commas and are not whole */
    long *whole_line;

    char *copy; /* of a block, without what is left out */
    size_t copy_size;
    long formulas_line; /* of the first cell ="00123"; 0: there is none */
    long zeros_line;    /* of the first zero byte that was left out; 0: there is none */
    char *names_text;   /* the line of the names as it stands; NULL: it may be one of data */
    bool loose;         /* the names come again in other spacing, quotes or capitals */
    size_t again;       /* lines that are the same, left out, and the first of them */
    long again_line;
    bool boxed;            /* they are of box-drawing characters */
    bool drawn;            /* lines are drawn around the table, and between its rows perhaps */
    bool framed;           /* bars stand around its rows, not between its columns, as Stata's `list` draws them */
    bool signed_names;     /* a `#` stood before the names */
    size_t counts, dashes; /* lines that count the rows, or are of dashes below the names, left out */
    long counts_line, dashes_line;
    size_t stated; /* rows, by the lines that count them */
    size_t gaps;   /* between rows, of blank lines; behind the first stands gap_line */
    long gap_line;
    char *squeezed; /* a block, with tabs for blanks */
    size_t squeezed_size;
    bool squeeze_quoted;
    const char *at, *end; /* the next field in the block, the block's end */
    bool spans;           /* the field began in an earlier block, with `before` bytes of text there */
    size_t before;
    bool remark;            /* the record begins with # */
    bool after_cr;          /* a \r ended the last line, so that a \n right behind it is no line */
    bool after_blank;       /* the line before the record was blank */
    long skip;              /* lines still to be skipped */
    long line, record_line; /* of the next field, of the record's begin */
    long names_line;        /* where the names stood */
    size_t field;           /* fields of the record so far */
    size_t rows, rows_hint;
    bool named;                    /* the column names are known */
    bool in_header;                /* the record is the one of the names */
    int in_units;                  /* records of units, or of labels, still to be left out */
    bool logged;                   /* these are of a logger, units and what is told of each interval */
    int labels;                    /* records below the names that are none of data, as Qualtrics writes them */
    struct text units;             /* what stood there */
    struct csv_parts *parts;       /* of csv-part.c; NULL: none yet */
    bool second;                   /* only columns that are not done are read */
    bool full;                     /* no more rows are wanted */
    bool restart, afresh, stopped; /* restart: read again from the start; afresh: the names too */
    const struct glmm_progress *progress;
    struct glmm_error *err;
};

/* csv-begin.c: refuses what is known to be no text, and finds out the encoding where the first bytes tell it. */
bool csv_look_at_bytes(struct csv_reader *r, struct source *source);

/* The next block of the table; *count is 0 at the end.  The first one tells the layout; *begun is set then. */
bool csv_next_block(struct csv_reader *r, struct source *source, bool *begun, const char **bytes, size_t *count);

/* The bytes before the first end of a line. */
size_t csv_line_length(const char *bytes, size_t count);

/* Room for a copy of a block, in which something is left out. */
bool csv_room_for_copy(struct csv_reader *r, size_t count);

/* Keeps the line of the names, which ends at *end, as it stands: of two fields at least, so that no row of data is the same by
 * chance. */
bool csv_keep_names(struct csv_reader *r, const char *bytes, size_t count, size_t *end);

/* csv-box.c: whether one of the first lines is drawn by box-drawing characters; a block with | + and - in their place.  False
 * where memory is out. */
bool csv_is_boxed(const char *bytes, size_t count);
bool csv_draw_plain(struct csv_reader *r, const char **bytes, size_t *count);
/* The same file's first block, with the names of a border that holds them, +-id-+-y-+, on a line of their own below it. */
bool csv_part_names(struct csv_reader *r, const char **bytes, size_t *count);

/* csv-lines.c: where the first line is drawn, as around a table of MySQL, Stata's `list` or reStructuredText, moves on behind
 * it. */
void csv_take_border(struct csv_reader *r, const char **bytes, size_t *count);

/* Leaves out lines that are none of the table, and looks at the blank ones; `from` is behind the names. */
bool csv_drop_others(struct csv_reader *r, bool begun, const char **bytes, size_t *count, size_t from);

/* csv-parse.c: makes libcsv ready for the layout; reads a block from r->at to r->end; ends the file. */
bool csv_parser_start(struct csv_reader *r);
bool csv_parse_block(struct csv_reader *r, const char *bytes, size_t count);
/* csv-part.c: the same by threads, one of which sums up the source's bytes.  False, and nothing has changed, where the block has
 * something new: it is to be parsed then. */
bool csv_parse_parts(struct csv_reader *r, struct source *source, const char *bytes, size_t size);
void csv_parts_free(struct csv_reader *r);

/* The size of a block that is worth its threads. */
size_t csv_block_size(void);

bool csv_parse_end(struct csv_reader *r);
long csv_count_lines(const char *text, size_t length);

/* After an error: where the names stand below lines of a title, says so (true). */
bool csv_advise_skip(struct csv_reader *r);

/* ="00123", by which a text is kept from being a number in a spreadsheet: the text within.  False, and nothing has changed, where
 * it is none. */
bool csv_take_formula(const char **text, size_t *length);

/* How many records below the names are left out. */
int csv_label_records(const struct csv_reader *r);

/* Stops the reading with an error of a line. */
void csv_stop(struct csv_reader *r, long line);

/* Asks each thousandth column whether the reading is still wanted; false (and stopped) where not. */
bool csv_wanted(struct csv_reader *r, size_t column);

/* Stops the reading: memory is out. */
void csv_stop_memory(struct csv_reader *r);

/* The text for a message: short, and valid UTF-8. */
const char *csv_excerpt(const char *text, size_t length, char buffer[48]);

/* What is no UTF-8 was met, in a column or (NULL) a name: reads the file again in an encoding that fits, or stops. */
void csv_meet_encoding(struct csv_reader *r, const char *column);

/* The next field of the first record: makes a column of that name, or stops. */
void csv_add_name(struct csv_reader *r, const char *text, size_t length);

/* The first record has ended: names the columns that have no name, gives them the types that the user wants, and stops where
 * something cannot be had. */
void csv_finish_names(struct csv_reader *r);

/* A number that hardly names a column: no year, dose or number of a visit. */
bool csv_is_value(double number);

/* The names look like a row; `second`: a column whose name was there before. */
bool csv_names_are_data(const struct csv_reader *r, size_t second);

/* Sets rules.missing from the options and `whole`. */
bool csv_missing_begin(struct csv_reader *r);

/* A cell that has a comma: where it is a missing text as a whole the file is read again. */
void csv_missing_meet(struct csv_reader *r, const char *text, size_t length);
void csv_missing_clear(struct csv_reader *r);

/* Notes what is perhaps not what was meant.  False when memory is out. */
bool csv_advise(struct csv_reader *r, const struct frame *frame);

/* csv-advice-dates.c: what is to be said of a column of dates, or of a factor of what may be dates; *done where that is all.
 * False when memory is out. */
bool csv_note_dates(struct csv_reader *r, const struct column *column, const struct csv_column *source, bool *done);

/* csv-advice-parts.c: whether a factor's texts hold numbers, as 120/80; *done where that is said.  False when memory is out. */
bool csv_note_parts(struct csv_reader *r, const struct column *column, const struct csv_column *source, bool *done);

/* csv-advice-levels.c: whether a level names a row that sums up others. */
bool csv_is_summary(const char *level);

/* csv-advice-levels.c: rows of totals, or a last one of a remark; levels of a column that differ only in capitals or blanks.
 * False when memory is out. */
bool csv_note_totals(struct csv_reader *r, const struct frame *frame);
bool csv_note_remark(struct csv_reader *r, const struct frame *frame);

/* csv-advice-merged.c: cells at the left that are empty below the one whose value they go on with.  False when memory is out. */
bool csv_note_merged(struct csv_reader *r, const struct frame *frame);

/* csv-advice-codes.c: numbers of a column that mean a missing value, perhaps.  False when memory is out. */
bool csv_note_codes(struct csv_reader *r, const struct frame *frame, const struct column *column);

bool csv_note_alike(struct csv_reader *r, const struct frame *frame, size_t j);
bool csv_note_missing_levels(struct csv_reader *r, const struct column *column);
bool csv_note_order(struct csv_reader *r, const struct frame *frame, size_t j);

/* A note with an option that is the whole advice; the notes of a file as a whole (csv-advice-file.c).  False when memory is out.
 */
bool csv_note_option(struct csv_report *report, enum csv_note_kind kind, const char *text, struct csv_advice advice);

/* Names that a program made, by number, above a row of texts: the names stand there.  False when memory is out; *done: it is so.
 */
bool csv_note_made_names(struct csv_reader *r, const struct frame *frame, bool *done);
bool csv_note_file(struct csv_reader *r, const struct frame *frame);

#endif
