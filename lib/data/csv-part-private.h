/* csv-part-private.h -- a block of a table in parts, one a thread: what cuts it (csv-part.c) and what reads one (csv-record.c).
 */
#ifndef DATA_CSV_PART_PRIVATE_H
#define DATA_CSV_PART_PRIVATE_H

#include "data/csv-private.h"

/* A thread has several parts, so that one that another program holds up leaves the rest to the others. */
enum { CSV_MOST_THREADS = 32, CSV_PARTS_EACH = 4, CSV_MOST_PARTS = CSV_MOST_THREADS * CSV_PARTS_EACH };

/* A text that its column had not before the block. */
struct fresh {
    uint32_t row;   /* of the part */
    uint32_t place; /* in the part's own texts */
};

struct csv_part_column {
    char *values; /* among those of the column, behind its rows: double, int32_t or places */
    size_t missing;
    struct level_set texts;
    struct fresh *fresh;
    size_t fresh_count, fresh_capacity;
};

/* A text that is still to be looked for. */
struct sought {
    const char *text;
    size_t length, column;
    uint32_t row, hash, guess;
};

/* Texts are looked for so many at a time: their slots lie anywhere in memory, and are fetched while the next ones are read. */
enum { AT_A_TIME = 32 };

struct csv_part {
    struct sought sought[AT_A_TIME];
    int sought_count;
    const char *at, *end;
    struct csv_part_column *columns;
    size_t rows, room; /* room: no more rows than that */
    long lines;
    char *text; /* of a field that has quotes in it */
    size_t text_capacity;
    bool good;
};

struct csv_parts {
    struct csv_part part[CSV_MOST_PARTS];
    int count;       /* that have columns */
    size_t columns;  /* of each */
    bool stop[256];  /* bytes at which a field may end */
    bool quick[256]; /* that begin a number, and nothing else */
    bool empty[256]; /* that begin a missing text */
};

/* Bytes of a value of the column. */
size_t csv_cell_size(const struct csv_column *column);

/* Whether the column is of those that this pass reads. */
bool csv_column_is_read(const struct csv_reader *r, const struct csv_column *column);

/* Reads all records of a part; part->good is false where one is not of the kind. */
void csv_part_read(const struct csv_reader *r, struct csv_part *part);

#endif
