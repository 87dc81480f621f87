/* sketch.h -- what the kinds of plots share while they are drawn. */
#ifndef RENDER_SKETCH_H
#define RENDER_SKETCH_H

#include "render/draw.h"
#include "render/marks.h"

struct sketch {
    struct canvas *canvas;
    struct arena *arena;
    const struct plot *plot;
    int digits;
    int body;  /* rows for the plot with its axes */
    bool tall; /* the body takes its rows whatever the width is */
    int row;   /* the next free row */
    struct mark_notes notes;
    bool about_hidden;    /* the column of plot->about found no room */
    const char *left_out; /* headings of table columns that found no room, or NULL */
};

/* One file each: draw the body from sketch->row on and move it behind. */
bool sketch_xy(struct sketch *sketch);
bool sketch_rows(struct sketch *sketch);
bool sketch_panels(struct sketch *sketch);

/* An x axis of names (named.c): a stretch of cells for each.  The lines of a plot become ledges there, so that nothing is drawn
 * between two names: the dotted ones widest and the strong ones shortest, so that all show where they meet. */
void sketch_names_axis(struct sketch *sketch, struct axis *axis, int cells);
bool sketch_ledges(struct sketch *sketch, const struct region *region, struct plot *ledges);
/* The axis with its ticks, names and label, from sketch->row on; where names have no room they are numbered, and the label is
 * the key to the numbers. */
bool sketch_names(struct sketch *sketch, const struct region *region);

/* Text in the canvas's charset: 7-bit for ASCII.  NULL when memory is out. */
const char *sketch_text(struct sketch *sketch, const char *text);

/* Puts words from sketch->row on, wrapped to the width with a hanging indent. */
bool sketch_words(struct sketch *sketch, const char *words, int hang, unsigned attributes);

/* Ranges of all series of a plot (not of its panels), its reference lines and its fixed ranges. */
struct ranges {
    double low[2], high[2]; /* x, y; low > high: there are no values */
};

void ranges_begin(struct ranges *ranges);
void ranges_add(struct ranges *ranges, const struct plot *plot);

/* Chooses the x axis so that its last label does not cross the right margin. */
void sketch_x_axis(struct axis *axis, const struct axis_wish *wish);

/* The line of the x axis with its ticks, at `row`, with a corner left of the region. */
void sketch_x_line(struct sketch *sketch, const struct region *region, int row);

/* The labels of the x axis, centred on their ticks. */
void sketch_x_labels(struct sketch *sketch, const struct region *region, int row);

/* Left of the region: the axis line, and where `labels` is set the ticks and labels right-aligned before it. */
void sketch_y_axis(struct sketch *sketch, const struct region *region, bool labels);

#endif
