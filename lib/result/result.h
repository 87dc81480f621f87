/* result.h -- what a command computed, without layout.
 *
 * A result is a list of items in the order in which they are to be read.  Each item may have a key (then it is a member of
 * the JSON object) and may be shown (then text, Markdown and LaTeX show it).  Renderers lay results out; nothing else
 * formats numbers.  All memory belongs to the result's arena; a failed allocation sets `failed`, later calls do nothing
 * (they accept NULL tables and so on), and the command checks result_ok() once at its end. */
#ifndef RESULT_RESULT_H
#define RESULT_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "result/plot.h"
#include "result/value.h"

enum item_kind { ITEM_VALUE, ITEM_TABLE, ITEM_LINE, ITEM_FIELDS, ITEM_PLOT };

/* --- tables ------------------------------------------------------------------------------- */

enum cell_kind {
    CELL_TEXT,
    CELL_INTEGER,
    CELL_REAL,     /* `digits` significant digits, common decimals in a column, aligned on the point */
    CELL_P,        /* a p-value: <0.0001, never 0.000 */
    CELL_PERCENT,  /* a share in [0, 1], shown as 47% */
    CELL_INTERVAL, /* two reals, shown as [lower, upper]; in JSON under `key` and `key2` */
    CELL_VALUE     /* any value, in JSON only */
};

/* An empty cell is blank in text and null in JSON; one that has no value, though a reader looks for it, is a dash in text. */
enum cell_state { CELL_EMPTY, CELL_SET, CELL_NONE };

struct cell {
    enum cell_state state;
    union {
        const char *text;
        long long integer;
        double real;
        double pair[2];
        struct value *value;
    } as;
};

enum column_flag {
    COLUMN_NOT_TEXT = 1, /* in JSON and CSV only */
    COLUMN_NOT_JSON = 2, /* in text only */
    COLUMN_RIGHT = 8,    /* right-aligned: texts and intervals are not */
    COLUMN_CSV = 16,     /* in CSV and TSV only: what JSON and text say once, outside the table */
    COLUMN_ERROR = 32,   /* of the column before: shown in parentheses */
    COLUMN_JOINED = 64,  /* stays beside the column before it where a table is split, */
    COLUMN_CLOSE = 128,  /* and text has no blanks before it: the stars behind a number */
    COLUMN_DATA = 512,   /* numbers as data hold them, which rounding did not make: 1e-300 is not 0 beside a million */
    COLUMN_SHARE = 1024, /* between 0 and 1, with fixed decimals: what is neither is `<0.001` or `>0.999`, never 0.000 or 1.000 */
    COLUMN_INNER = 2048, /* and a share that is neither in truth, though a double may hold no more of it: a model's weight */
    COLUMN_WHOLE = 4096, /* its long numbers are whole, as ids and times in milliseconds are, and have no exponent below 2^53 */
    COLUMN_NAME = 256    /* names the row with the first column, and stands again with it where a table is split */
};

/* Decimals of a column whose numbers are too far apart for common ones: each has its own significant digits. */
#define DECIMALS_OWN (-2)

/* How the numbers of a column come about: the shell's (cmd/derivation.h); a table only carries it. */
struct derivation;

struct table_column {
    const char *key, *key2; /* JSON and CSV names; key2 for intervals */
    const char *heading;    /* shown; units and scales belong here: "estimate (log-odds)" */
    enum cell_kind kind;
    unsigned flags;
    int digits;   /* significant digits; 0: the setting */
    int decimals; /* fixed decimals; -1: chosen from `digits`; or DECIMALS_OWN */
    double most;  /* numbers of this size and larger go their own way, without the decimals; 0: none */
    int error;    /* the column of the row's standard error, by which DECIMALS_OWN chooses the digits; -1: none */
    int within;   /* the column of an interval, beside whose width what rounding leaves of 0 is 0; -1: none */
    int like;     /* the column whose decimals are chosen together with this one's; -1: none */
    const struct derivation *derivation; /* NULL: nobody explains these numbers by this column */
    unsigned derived;                    /* and what it is to know of them */
};

struct table {
    const char *key;      /* NULL: not in JSON */
    const char *csv_name; /* in CSV, where there is no key; or NULL */
    const char *title;    /* over the first column where that has no heading, else on a line of its own; or NULL */
    struct arena *arena;
    struct table_column *columns;
    size_t column_count, column_capacity;
    struct cell *cells;    /* row-major, column_capacity fixed once the first row exists */
    unsigned char *indent; /* per row: levels of indentation of the first text column */
    signed char *decimals; /* per row: of all its reals, whatever their columns say; -1: as these say */
    size_t row_count, row_capacity;
    size_t total_rows; /* > row_count where rows were cut ("7 of 160 shown; last all"); 0: all are here */
    size_t show_rows;  /* table_show_rows() */
    bool failed;
};

/* --- lines and fields ----------------------------------------------------------------------- */

enum line_role {
    LINE_TITLE,   /* the headline of the result */
    LINE_TEXT,    /* a plain sentence, wrapped to the width */
    LINE_VERDICT, /* `fit: ok` ... */
    LINE_NOTE,    /* a notice: dropped rows, conventions */
    LINE_NEXT,    /* the next steps, "next: shrinkage | ..." (the word is added where it is missing): dim, only where a
                           person reads; left out of CSV, TSV, Markdown, LaTeX */
    LINE_BLANK,   /* a blank line; tables and titles have theirs without asking, and two never meet */
    LINE_VERBATIM /* laid out by its author (help examples, code); never wrapped */
};

struct field {
    const char *key;      /* NULL: not in JSON */
    const char *label;    /* shown before the value: "AIC"; NULL: not shown */
    enum cell_kind kind;  /* CELL_TEXT, CELL_INTEGER, CELL_REAL, CELL_P, CELL_PERCENT */
    int digits, decimals; /* as in struct table_column */
    struct cell cell;
    struct field *next;
};

struct item {
    enum item_kind kind;
    enum line_role role;
    const char *key; /* for ITEM_VALUE */
    union {
        struct value *value;
        struct table *table;
        const char *line;
        struct {
            struct field *first, *last;
        } fields;
        struct plot *plot;
    } as;
    struct item *next;
};

/* An answer may have several parts, each a result with the same keys: a grouping factor each, say.  They are shown one after the
 * other, and are an object each in JSON. */
struct result {
    const char *command;
    struct arena *arena;
    struct item *first, *last;
    struct result *next;  /* the next part of the answer; owned */
    struct result *about; /* an earlier answer that this one speaks of; owned, never shown */
    int holders;          /* who else has it: it is freed with the last */
    bool failed;
};

/* Returns new; NULL when memory is out. */
struct result *result_new(const char *command);
/* With its further parts, and what it is about. */
void result_free(struct result *result);
/* One holder more of the whole answer, who frees it too. */
struct result *result_hold(struct result *result);
/* Bytes that the answer takes. */
size_t result_bytes(const struct result *result);
/* Takes `part` as the last part of the answer that begins with *answer (NULL: as the first). */
void result_append(struct result **answer, struct result *part);
/* False when an allocation failed while the result, or a further part of it, was built. */
bool result_ok(const struct result *result);

/* A member of the JSON object that no text shows.  The value must be of the result's arena. */
void result_value(struct result *result, const char *key, struct value *value);
void result_string(struct result *result, const char *key, const char *string); /* NULL gives null */
void result_integer(struct result *result, const char *key, long long integer);
void result_real(struct result *result, const char *key, double real);
void result_null(struct result *result, const char *key);

/* A line that only text shows. */
void result_line(struct result *result, enum line_role role, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A row of labelled values, shown on one line (wrapped between fields): `REML criterion 1743.63   AIC 1755.63`. */
struct item *result_fields(struct result *result);
void field_real(struct result *result, struct item *fields, const char *key, const char *label, double real, int decimals);
void field_p(struct result *result, struct item *fields, const char *key, const char *label, double p);
void field_integer(struct result *result, struct item *fields, const char *key, const char *label, long long integer);
void field_text(struct result *result, struct item *fields, const char *key, const char *label, const char *text);

struct plot *result_plot(struct result *result, const char *key);

/* Returns a table owned by the result, or NULL when memory is out. */
struct table *result_table(struct result *result, const char *key, const char *title);

/* Adds a column (before the first row) and returns its index. */
size_t table_column(struct table *table, const char *key, const char *heading, enum cell_kind kind);
size_t table_interval(struct table *table, const char *lower_key, const char *upper_key, const char *heading);
void table_flags(struct table *table, size_t column, unsigned flags);
void table_decimals(struct table *table, size_t column, int decimals);
/* Fixed decimals for numbers below `most`; larger ones are written with an exponent. */
void table_decimals_below(struct table *table, size_t column, int decimals, double most);
void table_digits(struct table *table, size_t column, int digits);
/* An estimate and its standard error are shown with the same decimals: chosen for both together. */
void table_same_decimals(struct table *table, size_t column, size_t other);

/* How its numbers come about, of an interval both ends. */
void table_derives(struct table *table, size_t column, const struct derivation *derivation, unsigned derived);

/* With DECIMALS_OWN: the digits of each number go as far as those of its row's standard error, which stands in `error`. */
void table_error(struct table *table, size_t column, size_t error);
/* An estimate without an error: what is nothing beside the width of its row's interval is shown as 0. */
void table_within(struct table *table, size_t column, size_t interval);
/* Text shows only so many of the first rows (0: all) and says so; JSON has them all. */
void table_show_rows(struct table *table, size_t rows);
/* The name of a table that has no key for JSON, in CSV. */
void table_csv_name(struct table *table, const char *name);

/* Adds an empty row and returns its index. */
size_t table_row(struct table *table);
void table_indent(struct table *table, size_t row, int levels);
/* The reals of the row, and intervals, have these decimals: rows of different things, in a column for each model. */
void table_row_decimals(struct table *table, size_t row, int decimals);
void table_text(struct table *table, size_t row, size_t column, const char *text); /* copied; NULL leaves it empty */
void table_integer(struct table *table, size_t row, size_t column, long long integer);
void table_real(struct table *table, size_t row, size_t column, double real); /* also for CELL_P, CELL_PERCENT */
void table_pair(struct table *table, size_t row, size_t column, double lower, double upper);
void table_none(struct table *table, size_t row, size_t column);
void table_value(struct table *table, size_t row, size_t column, struct value *value);

/* Whether a table of the result shows a dash. */
bool result_has_none(const struct result *result);

/* Borrowed; NULL outside the table. */
const struct cell *table_cell(const struct table *table, size_t row, size_t column);

#endif
