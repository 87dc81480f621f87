/* markup.h -- what the markup languages share: which items of a result they show, and in what order of blocks. */
#ifndef RENDER_MARKUP_H
#define RENDER_MARKUP_H

#include "render/render.h"

/* How a language writes a table: its columns that are shown, headings above rows.  `first`: the first of its row. */
struct table_markup {
    void (*begin)(struct text *out, const struct table *table);
    void (*heading)(struct text *out, const struct table_column *column, const char *words, bool first);
    void (*body)(struct text *out, const struct table *table); /* behind the headings */
    const char *row_begin, *row_end;
    void (*cell)(struct text *out, const struct table_column *column, const char *words, int indent, bool first);
    const char *end;
    const char *remark_begin, *remark_end; /* around a line below */
};

/* A markup language is a table of functions, each of which appends a block that ends in a newline; those that allocate return
 * false when memory is out. */
struct markup {
    void (*line)(struct text *out, enum line_role role, const char *words);
    void (*field)(struct text *out, const char *label, const char *value, bool first); /* of a list of values */
    const char *fields_end;                                                            /* behind the last of them */
    struct table_markup table;
    void (*verbatim)(struct text *out, const char *words);
    bool ascii_plots; /* whatever the charset of the style is */
    /* Draws a plot; NULL: it is drawn in text, verbatim. */
    bool (*plot)(const struct plot *plot, const struct style *style, struct text *out);
};

/* Whether the hyphen at `at` is a minus: before digits or Inf, behind nothing, a blank or a bracket; or that of an exponent. */
bool is_minus(const char *text, const char *at);

/* Appends the whole result, blocks set apart by blank lines; hints are left out.  False when memory is out. */
bool render_markup(const struct markup *markup, const struct result *result, const struct style *style, struct text *out);

#endif
