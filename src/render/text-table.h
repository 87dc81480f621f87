/* text-table.h -- the columns of a table as words aligned on their decimal points; used by the text format and by plots of
 * rows. */
#ifndef RENDER_TEXT_TABLE_H
#define RENDER_TEXT_TABLE_H

#include "base/arena.h"
#include "base/text.h"
#include "render/render.h"

struct text_column {
    const char *key;     /* the table's */
    const char *heading; /* "" for none */
    const char **cells;  /* one a shown row; the first column's are indented */
    bool left;
    bool words; /* text, which may be wrapped */
    bool interval;
    bool joined; /* stays beside the column before it */
    bool names;  /* names the row together with those before it */
    int least;   /* the column may be narrowed to this width: the longest word, the widest number */
    int whole;   /* the same without breaking the names of calls: factor(x > 4)TRUE */
    int content; /* of the widest cell */
    int headed;  /* the least width for its cells below a heading of two lines */
    int gap;     /* blanks before the column, where it is not the first */
    int width;   /* of the widest cell or the heading */
};

struct text_table {
    struct text_column *columns;
    size_t column_count, row_count;
    size_t name_count; /* of the first columns, which name the row and stand in front of each part of a table that is split */
};

/* Lays out the shown columns and rows of the table, in the arena.  False when memory is out, or the progress says stop. */
bool text_table_build(struct arena *arena, const struct table *table, const struct style *style, struct text_table *out);

/* Appends the string padded to `width` columns. */
void text_add_padded(struct text *text, const char *string, int width, bool left);

/* Takes the blanks at the end of the text away, back to byte `from`. */
void text_trim(struct text *text, size_t from);

#endif
