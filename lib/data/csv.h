/* csv.h -- reads a delimited file into a frame (RFC 4180 quotes, embedded newlines, CRLF, BOM, gzip, standard input). */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include "base/progress.h"
#include "data/frame.h"

struct csv_options {
    char separator;             /* 0: detected among , ; tab | */
    char decimal;               /* '.' or ','; 0: '.' */
    const char *const *missing; /* texts that mean missing, NULL-terminated; NULL: "NA" and empty */
    bool no_header;             /* columns are V1, V2, ... */
    const char *types;          /* forced types, "herd=factor,size=real"; NULL: inferred over the whole file */
};

/* Reads `path` ("-" is standard input; gzip is recognised by its first bytes).  Returns new.  Errors carry err->line:
 * a ragged row, an unclosed quote, a duplicate or empty column name, invalid UTF-8, an empty file, a directory, a missing file.
 * GLMM_E_INTERRUPT when `progress` says stop. */
struct frame *csv_read(const char *path, const char *name, const struct csv_options *options,
                       const struct glmm_progress *progress, struct glmm_error *err);

/* The same from memory (for tests and fuzzers).  Not named csv_parse: that symbol is libcsv's. */
struct frame *csv_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                             struct glmm_error *err);

#endif
