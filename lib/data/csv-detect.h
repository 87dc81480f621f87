/* csv-detect.h -- how the lines of a file are divided into fields, and what stands there that is no table. */
#ifndef DATA_CSV_DETECT_H
#define DATA_CSV_DETECT_H

#include <stdbool.h>
#include <stddef.h>

/* A field that the names do not name. */
enum csv_extra { CSV_NO_EXTRA, CSV_EXTRA_FIRST, CSV_EXTRA_LAST, CSV_EXTRA_NAME };

struct csv_layout {
    char separator;       /* '\t' between blanks */
    bool blanks;          /* runs of blanks separate */
    enum csv_extra extra; /* the names are one short: the first field of the others has none, or the last, always empty; or
                             they have one more, which is empty */
    long names_line;      /* where the names seem to stand behind lines of a title; 0: where they should */
    long rows_line;       /* where rows seem to begin, without names, behind lines of a title; 0: no such */
    bool numbers_below;   /* behind the first record: some field of some record is a number */
    bool numbers_follow;  /* behind the first record: all fields of the second are numbers */
    bool first_alike;     /* the first record has numbers where those below it have them, and nowhere else */
    char alone;           /* of a single column: what stands in all its lines and may separate; 0: nothing */
    char divides;         /* the same, where it divides all of them alike */
    bool first_differs;   /* all but the first, which has one field fewer */
    bool names_short;     /* the first record has one field fewer than all others have */
    bool alike;           /* the first records have as many fields, and more than one */
};

/* Of the beginning of a file, whole lines, the first of which is `line`.  `separator` is given, or 0.
 *
 * Found out is that of , ; tab, | and the controls 31 (unit separator) and 1 (Hive's) by which the most of the first records have
 * as many fields; of equals, the one with the most fields.  A decimal comma separates only what no other does.  Where none
 * divides them runs of blanks may; ',' (';' beside a decimal comma) when nothing does, as in a file of one column. */
struct csv_layout csv_layout_find(const char *bytes, size_t count, long line, char separator, char decimal, bool names);

/* The separator that a first line `sep=;` names, and the bytes of the line in *length; 0 where it is none. */
char csv_separator_line(const char *bytes, size_t count, size_t *length);

/* Copies a block to `out`, which has room for it, with a tab for each run of blanks between fields, and none around lines.
 * *quoted says whether the block begins, and then whether it ends, within quotes.  Returns the number of bytes. */
size_t csv_squeeze(const char *bytes, size_t count, bool *quoted, char *out);

#endif
