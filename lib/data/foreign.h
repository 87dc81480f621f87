/* foreign.h -- tables in the files of other programs.
 *
 * What a file is tells its content (magic.h), never its name.  A reader is one file and one row in the table of foreign.c; it
 * works on the bytes of the whole file in memory.  Compressed files are unpacked first, and what is a text in them is read as
 * one. */
#ifndef DATA_FOREIGN_H
#define DATA_FOREIGN_H

#include "base/progress.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/frame.h"
#include "data/magic.h"

struct foreign {
    const char *bytes;
    size_t count;
    const char *label;                 /* the file in messages */
    const char *name;                  /* of the frame */
    const struct magic *magic;         /* what it is */
    const struct csv_options *options; /* table, sheet and query, and what holds for texts */
    const struct glmm_progress *progress;
};

/* Reads it.  Returns new; NULL with an error that says what cannot be read, and which tables there are where one must be
 * named (its argument is "table" or "sheet"). */
struct frame *foreign_read(const struct foreign *file, struct glmm_error *err);

/* Any bytes by their content, text too.  `options` may be NULL. */
struct frame *foreign_read_bytes(const char *bytes, size_t count, const char *name, const struct csv_options *options,
                                 struct glmm_error *err);

/* Whether a path names a source of data by ODBC, `odbc:NAME` or `odbc:KEY=VALUE;...`, and reads it. */
bool foreign_is_connection(const char *path);
struct frame *foreign_read_connection(const char *path, const char *name, const struct csv_options *options,
                                      const struct glmm_progress *progress, struct glmm_error *err);

/* The same path with an empty value of PWD= or PASSWORD=, as it is shown and saved.  Returns new; NULL when memory is out. */
char *foreign_without_password(const char *path);

/* "Stata, SPSS, SAS (ReadStat), ...": those that this program can read, and those that it cannot, each with a sign. */
const char *foreign_formats(int index, bool *present);

/* The readers. */
struct frame *stat_read(const struct foreign *file, struct glmm_error *err);     /* Stata, SPSS, SAS: read-stat.c */
struct frame *rdata_read(const struct foreign *file, struct glmm_error *err);    /* read-r.c */
struct frame *sqlite_read(const struct foreign *file, struct glmm_error *err);   /* read-sqlite.c */
struct frame *workbook_read(const struct foreign *file, struct glmm_error *err); /* read-xlsx.c */
struct frame *odbc_read(const struct foreign *file, struct glmm_error *err);     /* a table of a server: read-odbc.c */

/* The bytes unpacked (new); *count gets their number.  read-packed.c. */
char *packed_open(const struct foreign *file, size_t *count, struct glmm_error *err);

/* The file `entry` of a zip archive (new), NULL without an error where there is none. */
char *packed_entry(const struct foreign *file, const char *entry, size_t *count, struct glmm_error *err);

/* A table written as text and read as one, so that names, types, missing texts and units are treated alike: cells of texts stand
 * in quotes. Takes the text. */
struct frame *foreign_read_text(const struct foreign *file, struct text *table, struct glmm_error *err);
void foreign_add_cell(struct text *table, const char *text, size_t length);

/* Values of a database: a text that is a date is one; a real number has a point, or is Inf. */
void foreign_add_text(struct text *table, const char *text, size_t length);
void foreign_add_real(struct text *table, double value);

/* The place of the table that the user names (in any case), or of the only one; `count` with an error where there is none. */
size_t foreign_choose_table(const struct foreign *file, const char *const names[], size_t count, struct glmm_error *err);

/* What is wrong with the user's query.  Returns false. */
#define FOREIGN_NO_SELECT   "the query gives no table: it is no select"
#define FOREIGN_EMPTY_QUERY "the query is empty"
bool foreign_fail_query(struct glmm_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* That one of several tables must be named, or has not that name: which there are.  `option` is "table" or "sheet". */
struct frame *foreign_fail_choice(const struct foreign *file, const char *option, const char *wanted, const char *const names[],
                                  size_t count, struct glmm_error *err);

/* That the file is damaged, or what in it cannot be read. */
struct frame *foreign_fail(const struct foreign *file, struct glmm_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
