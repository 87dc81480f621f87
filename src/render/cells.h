/* cells.h -- cells and fields as words: the one place where text, Markdown and LaTeX decide how a number is written. */
#ifndef RENDER_CELLS_H
#define RENDER_CELLS_H

#include "base/arena.h"
#include "render/render.h"
#include "result/result.h"

/* How the numbers of one column are written. */
struct column_format {
    int decimals;
    bool automatic; /* the decimals were chosen here: a number that they cannot show is written in its own way */
    int digits;
    double most;   /* from there on it is not asked for either; 0: always */
    double spread; /* of the numbers that take no part in them: these have the digits in which they differ */
    bool exact;    /* no rounding made them */
    bool whole;    /* long ones have all digits, where they are whole */
    bool share;    /* between 0 and 1, and neither where it is not, */
    bool inner;    /* nor where rounding made it so */
    int estimate;  /* the column of estimates whose errors these are; -1: none */
    double scale;  /* beside which what rounding leaves is 0: the largest of the estimates, the unit of fixed decimals */
};

/* Rows of the table that text shows. */
size_t shown_rows(const struct table *table);

/* True where text, Markdown and LaTeX show the column. */
bool column_shown(const struct table_column *column);

/* False for a table of which they show no column: it is there for JSON and CSV. */
bool table_shown(const struct table *table);

/* True where the cells of the column (and its heading) stand at the left. */
bool column_is_left(const struct table_column *column);

/* Chooses common decimals from the rows that are shown.  False when memory is out or the style's progress says stop. */
bool column_format(const struct table *table, size_t column, const struct style *style, struct column_format *out);

/* The cell as text, owned by the arena; "" where it is empty; NULL when memory is out.  An interval is "[lower, upper]". */
const char *cell_string(struct arena *arena, const struct table *table, size_t row, size_t column,
                        const struct column_format *format);

/* The ends of an interval, separately, so that they can be aligned. */
bool cell_ends(struct arena *arena, const struct table *table, size_t row, size_t column, const struct column_format *format,
               const char *ends[2]);

/* The value of a field; NULL when memory is out. */
const char *field_string(struct arena *arena, const struct field *field, int digits);

/* "7 of 160 shown; last all", or NULL where nothing was cut (or memory is out). */
const char *cut_remark(struct arena *arena, const struct table *table);

#endif
