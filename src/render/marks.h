/* marks.h -- the inside of a plot: a rectangle of cells with two axes, on which series are marked. */
#ifndef RENDER_MARKS_H
#define RENDER_MARKS_H

#include "base/arena.h"
#include "render/axis.h"
#include "render/canvas.h"
#include "result/plot.h"

enum edge { EDGE_LEFT, EDGE_RIGHT, EDGE_UP, EDGE_DOWN, EDGE_COUNT };

/* What the marks turned out to need in the legend. */
struct mark_notes {
    bool both;                /* an own estimate and a BLUP in one cell */
    bool outside[EDGE_COUNT]; /* a sign for something out of range stands at that edge */
    bool dodged;              /* groups stand side by side at each x */
    bool stacked;             /* groups stand one below the other at each y */
    bool on_line, on_faint;   /* a point on a line, on a faint one */
    bool dots;                /* points are braille dots */
    bool dotted;              /* there are dotted lines beside others */
    bool dotted_seen;         /* something is seen of a dotted line, which may be behind others as a whole */
    bool lines;               /* there are lines, so that a dotted one needs signs of its own */
    bool across, upright;     /* something is seen of a reference line, which may be below all marks */
    int largest;              /* count of points in a cell */
    bool dense, mixed;        /* several points in a cell; points of several groups in a cell */
    int levels[3];            /* counts from which a cell of points gets its second, third and fourth glyph; 0: not used */
};

struct region {
    struct canvas *canvas;
    struct arena *arena;
    int row, column;          /* of its upper left cell */
    int height;               /* cells; the width is x.cells */
    struct axis x, y;         /* y is not used in a plot of rows */
    const struct plot *plot;  /* that is drawn: what is beyond its own range is out of range in the cells of the edge too */
    bool lines;               /* there are lines: points do not grow, and show the line they are on */
    bool rows;                /* a plot of rows: item i stands in row i */
    bool outside[EDGE_COUNT]; /* something is out of range there */
    int dodge, groups;        /* points of the groups' shapes: so many cells apart, side by side around their x; 0: all at x */
    bool stacked;             /* points of the groups' shapes: a row each, one below the other around their y */
    bool names;               /* the x axis has names: a dotted line is as short as its ledge, and has no gaps */
    struct mark_notes *notes;
};

/* From so many cells a name on, a dotted ledge is wider than a faint one, and stays behind it. */
enum { LEDGES_APART = 5 };

/* Marks all series and reference lines of the plot.  False when memory is out. */
bool region_draw(struct region *region, const struct plot *plot);

/* The glyphs that stand for a series in the legend, owned by nobody (constants); "" for none. */
const char *series_legend(const struct plot_series *series, const struct mark_notes *notes, enum charset charset);

/* Of a reference line, in the plot and its legend. */
const char *reference_glyph(bool vertical, const struct mark_notes *notes, enum charset charset);

unsigned mark_attributes(enum mark mark);

#endif
