/* csv-private.h -- the state of one reading of a delimited file, shared by csv.c and csv-names.c. */
#ifndef DATA_CSV_PRIVATE_H
#define DATA_CSV_PRIVATE_H

#include <csv.h>
#include "data/csv-column.h"
#include "data/csv.h"

struct csv_reader {
    const struct csv_options *options;
    const char *label;              /* the file in messages */
    struct csv_rules rules;
    char separator;
    struct csv_column *columns;
    size_t column_count, column_capacity;
    struct csv_parser parser;
    bool parser_ready;

    const char *at, *end;           /* the next field in the block, the block's end */
    bool spans;                     /* the field began in an earlier block, with `before` bytes of text there */
    size_t before;
    bool after_cr;                  /* a \r ended the last line, so that a \n right behind it is no line */
    long line, record_line;         /* of the next field, of the record's begin */
    size_t field;                   /* fields of the record so far */
    size_t rows, rows_hint;
    bool named;                     /* the column names are known */
    bool in_header;                 /* the record is the one of the names */
    bool second;                    /* only columns that are not done are read */
    bool restart, stopped;
    struct glmm_error *err;
};

/* Stops the reading with an error of a line. */
void csv_stop(struct csv_reader *r, long line);

/* The text for a message: short, and valid UTF-8. */
const char *csv_excerpt(const char *text, size_t length, char buffer[48]);

/* Of a column; NULL: of a name. */
void csv_fail_encoding(struct csv_reader *r, const char *column);

/* The next field of the first record: makes a column of that name, or stops. */
void csv_add_name(struct csv_reader *r, const char *text, size_t length);

/* The first record has ended: gives the columns the types that the user wants, and stops where one cannot be had. */
void csv_finish_names(struct csv_reader *r);

#endif
