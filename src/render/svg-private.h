/* svg-private.h -- what the parts of the SVG renderer share: a page that grows downward, scales, areas, words.
 *
 * All lengths are in pixels of a page that is as wide as it is said and as high as its plots make it.  Colours are those of Okabe
 * and Ito, which the colour-blind tell apart; shapes, strokes and dashes tell the same without them.  No identifiers, no styles,
 * nothing from outside: several plots can stand in one page. */
#ifndef RENDER_SVG_PRIVATE_H
#define RENDER_SVG_PRIVATE_H

#include "base/arena.h"
#include "base/text.h"
#include "render/marks.h"
#include "render/render.h"
#include "result/number.h"
#include "result/plot.h"

#define SVG_BLUE      "#0072b2"
#define SVG_VERMILION "#d55e00"
#define SVG_SKY       "#56b4e9"
#define SVG_INK       "#222222"
#define SVG_DIM       "#6b6b6b"
#define SVG_FAINT     "#8f8f8f"

/* The size of letters, and the mean width of one, by which words are wrapped and columns set. */
enum { SVG_FONT = 12, SVG_LINE = 16, SVG_MARGIN = 10 };
#define SVG_LETTER 6.4

struct svg {
    struct text *out; /* the elements so far */
    struct arena *arena;
    int digits;
    double width, y; /* of the page; where the next thing begins */
    bool outside[EDGE_COUNT];
    bool failed;
};

enum { SVG_TICKS = 8 };

struct scale {
    double low, high; /* the values at the ends */
    double from, to;  /* their places */
    double ticks[SVG_TICKS];
    char labels[SVG_TICKS][NUMBER_SIZE];
    int tick_count, label_width; /* the widest label, in letters */
};

/* Where marks are drawn. */
struct area {
    struct scale x, y;
    bool rows; /* y is a row's index; the row has this height */
    double row_height;
    double band; /* an x axis of names: the width of one; else 0 */
    double size; /* of marks: 1, less in small panels */
};

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

/* A number as an attribute has it. */
const char *svg_number(char buffer[NUMBER_SIZE], double x);

/* One line of words. */
void svg_words(struct svg *svg, double x, double y, enum anchor anchor, const char *attributes, const char *words);
/* The same below each other, wrapped to the page; moves svg->y. */
void svg_paragraph(struct svg *svg, double indent, const char *attributes, const char *words);
void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, const char *attributes);
void svg_circle(struct svg *svg, double x, double y, double radius, const char *attributes);

/* A scale for the values, with room at its ends unless the range is fixed; `wanted` ticks at the most, not closer than `least`.
 */
void scale_choose(struct scale *scale, double low, double high, bool fixed, int wanted, double least);
void scale_place(struct scale *scale, double from, double to);
/* The place of a value, which lies between those of the ends: *edge is -1 or 1 for what is out of range. */
double scale_at(const struct scale *scale, double value, int *edge);

/* All series and reference lines of a plot inside the area, from the back to the front. */
void svg_marks(struct svg *svg, struct area *area, const struct plot *plot);

/* The sign of a series in a legend, 26 wide, at the middle of a line. */
void svg_sign(struct svg *svg, double x, double y, const struct plot_series *series);
void svg_reference_sign(struct svg *svg, double x, double y, bool vertical);

/* Axes of an area: lines, ticks, labels. */
void svg_x_axis(struct svg *svg, const struct area *area, double bottom, bool labels);
void svg_y_axis(struct svg *svg, const struct area *area, double left, bool labels);

/* The bodies by kind; each moves svg->y below what it drew. */
void svg_plane(struct svg *svg, const struct plot *plot);
void svg_rows(struct svg *svg, const struct plot *plot);
void svg_panels(struct svg *svg, const struct plot *plot);

#endif
