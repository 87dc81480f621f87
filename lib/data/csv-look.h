/* csv-look.h -- the levels of a factor, looked at as if they were numbers. */
#ifndef DATA_CSV_LOOK_H
#define DATA_CSV_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "data/csv-number.h"
#include "data/csv-report.h"
#include "data/frame.h"

enum { CSV_LEAST = 2 }; /* numbers for each text that is none */

/* The levels of a factor, read in a format. */
struct csv_look {
    int good, formatted;                       /* numbers; of them, how many are none as the file was read */
    int bad[CSV_ADVISED_TEXTS + 1], bad_count; /* levels that are no numbers */
    int strange;                               /* of them, those that do not say that a value is missing */
    char unit[CSV_UNIT];
    int negative;  /* numbers whose minus is none: (4), 4-, "- 4" */
    char minus;    /* how the first of them is written, as csv_minus_of() says */
    bool contrary; /* one of these is a number as the file was read */
    bool needed;   /* one of these needs the format's signs, not units alone */
    bool explains;
};

/* In a format, where the file is read with `now`.  `skip` is left out: a level that may be a unit's.  Each `step`-th level is
 * looked at. */
struct csv_look csv_look(const struct column *column, const struct csv_format *format, const struct csv_format *now, int32_t skip,
                         int32_t step);

/* A factor of numbers, one at least (two beside a limit: not 18 and <18; none where flags differ), and of numbers with marks
 * (csv_take_marks) or flags (csv_take_flag, two that differ), but for a few levels that say that a value is missing, which
 * look->bad has; where the format has units, all the same.  Returns the first level with a limit (*limit is set), else
 * the first with a mark; -1 where it is none of that.  `skip` as above. */
int32_t csv_look_marks(const struct column *column, const struct csv_format *format, int32_t skip, struct csv_look *look,
                       bool *limit);

/* A level by which programs say that a value is missing where all else are numbers: unknown, -, #WERT!, `: u`. */
bool csv_says_missing(const char *level);

/* The same, whatever else stands in its column: `.`, NULL, #N/A; not `-` and none,
 * which may be answers. */
bool csv_says_missing_always(const char *level);

/* Its bad texts as missing ones: true where they can be typed, none of them too long, and memory is not out. */
bool csv_advise_missing(struct csv_report *report, struct csv_advice *advice, const struct column *column,
                        const struct csv_look *look);

#endif
