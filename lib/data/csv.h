/* csv.h -- reads a delimited file into a frame (RFC 4180 quotes, embedded newlines, CRLF, BOM, gzip, standard input).
 *
 * Types are found over the whole file.  A column of digits is integer (real where 32 bits do not hold a value), one of other
 * numbers real, one of TRUE, FALSE, T and F logical, any other a factor; one without a single value is real.  Quotes count: a
 * column whose every number stands in quotes is a factor, as R's write.csv quotes factors ("308" of sleepstudy) and no
 * numbers.  Only where the file has no number without quotes (some programs quote every field) are numbers in quotes numbers.
 *
 * A missing text is missing in quotes too.  Blank lines are skipped.  Spaces around a field are dropped, those in quotes are
 * kept. A quote in the middle of an unquoted field (5'10") is an ordinary character.
 *
 * Memory, the frame's own included: three times the file's text and about a megabyte, as long as the fields are of the usual
 * length.  A real number takes 8 bytes, an integer or a missing value 4, a row of a factor 4, and each of its levels 8 and its
 * text.  So columns of reals whose fields have fewer than two characters on average, columns in which most fields are empty,
 * and millions of different texts of four characters take more.  What comes by a pipe is kept as text besides. */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include "base/progress.h"
#include "base/text.h"
#include "data/frame.h"

struct csv_options {
    char separator;             /* 0: detected among , ; tab | */
    char decimal;               /* '.' or ','; 0: '.' */
    const char *const *missing; /* texts that mean missing, NULL-terminated; NULL: "NA" and empty */
    bool no_header;             /* columns are V1, V2, ... */
    const char *types;          /* forced types, "herd=factor,size=real"; NULL: inferred over the whole file */
    struct text *notes;         /* gets a sentence a line about columns that are perhaps not what was meant; NULL: none */
};

/* Reads `path` ("-" is standard input; gzip is recognised by its first bytes).  Returns new.  Errors carry err->line, and name
 * it: a ragged row, an unclosed quote, a duplicate or empty column name, invalid UTF-8, a value that does not fit its forced
 * type, an empty file, a file with names only, a directory, a missing file, what is no text. GLMM_E_INTERRUPT when `progress`
 * says stop. */
struct frame *csv_read(const char *path, const char *name, const struct csv_options *options,
                       const struct glmm_progress *progress, struct glmm_error *err);

/* The same from memory (for tests and fuzzers).  Not named csv_parse: that symbol is libcsv's. */
struct frame *csv_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                             struct glmm_error *err);

#endif
