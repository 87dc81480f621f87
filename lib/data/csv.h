/* csv.h -- reads a delimited file into a frame (RFC 4180 quotes, embedded newlines, CRLF, BOM, gzip, standard input).
 *
 * Types are found over the whole file.  A column of digits is integer (real where 32 bits do not hold a value, and a factor where
 * an integer has more digits than a double holds: an id), one of other numbers real, one of TRUE, FALSE, T and F logical, any
 * other a factor; one without a single value is real.  A number beyond the range of doubles (1e400) is a text.  Quotes count: a
 * column whose every number stands in quotes is a factor, as R's write.csv quotes factors ("308" of sleepstudy) and no
 * numbers.  Only where the file has no number without quotes (some programs quote every field) are numbers in quotes numbers.
 * Quotes that a field needs, for the separator in it ("1,5"), do not count.
 *
 * A missing text is missing in quotes too.  Blank lines are skipped.  Spaces around a field are dropped, those in quotes are
 * kept. A quote in the middle of an unquoted field (5'10") is an ordinary character.
 *
 * What other programs write around a table is understood: a line `sep=;`, a first column without a name (R's row names: X), names
 * that are one short for the same reason (write.table), separators at the ends of lines (a last column without a name and
 * without a value is left out), columns aligned by blanks.  The text is UTF-8; UTF-16 is known by its byte order mark or its zero
 * bytes, and what is not UTF-8 is read as cp1252 (letters that are UTF-8 as such: DECODE_MIXED), or as latin1 where it is not
 * that either.
 *
 * Memory, the frame's own included: three times the file's text and a megabyte, or three a thread, as long as the fields are of
 * the usual length.  A real number takes 8 bytes, an integer or a missing value 4, a row of a factor 4, and each of its levels 8
 * and its text.  So columns of reals whose fields have fewer than two characters on average, columns in which most fields are
 * empty, and millions of different texts of four characters take more.  What comes by a pipe is kept as text besides. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include "base/progress.h"
#include "data/csv-report.h"
#include "data/frame.h"

struct csv_options {
    char separator;             /* 0: found out; ' ': runs of blanks */
    char decimal;               /* '.' or ','; 0: ',' beside a thousands point, else '.' */
    char thousands;             /* between groups of three digits: ',', '.', '\'' or ' ' (any blank); 0: nothing */
    bool units_in_cells;        /* numbers may have a currency sign before them, or a unit or % behind; one unit a column */
    bool unit_row;              /* the record below the names is one of units: left out */
    const char *const *missing; /* texts that mean missing, NULL-terminated; NULL: "NA" and empty.  One with commas stands for its
                                   parts, unless a cell holds it as it is */
    bool no_header;             /* columns are V1, V2, ... */
    bool unique_names;          /* names that come again get a number (x.2), columns without a name are V4 by their place */
    long skip;                  /* lines above the names that are left out */
    long rows;                  /* no more rows than these are read; 0: all */
    const char *types;          /* forced types, "herd=factor,size=real"; NULL: inferred over the whole file */
    const char *encoding;       /* of the text, as iconv names it; NULL: found out */
    const char *table, *sheet, *query; /* of files that hold several tables (foreign.h); NULL: there is one */
    const char *label;                 /* of the file in messages; NULL: its name */
    bool typed;                        /* what stands in quotes is a text, and lines have no other separator: made by a reader */
    struct csv_report *report;         /* gets what was noticed; NULL: none */
};

/* Reads a table of any kind: what is no text by its content is read by foreign.h.  `path` ("-" is standard input; gzip is
 * recognised by its first bytes). Returns new.  Errors carry err->line, and name it: a ragged row, an unclosed quote, a duplicate
 * or missing column name, bytes of another encoding, a value that does not fit its forced type, an empty file, a file with names
 * only, a directory, a missing file, what is no text, a file that changes while it is read. GLMM_E_INTERRUPT when `progress` says
 * stop. */
struct frame *csv_read(const char *path, const char *name, const struct csv_options *options,
                       const struct glmm_progress *progress, struct glmm_error *err);

/* The same from memory, of text only (for tests and fuzzers).  Not named csv_parse: that symbol is libcsv's. */
struct frame *csv_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                             struct glmm_error *err);

#endif
