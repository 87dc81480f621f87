/* glyph.h -- one glyph a meaning, in each tier. */
#ifndef RENDER_GLYPH_H
#define RENDER_GLYPH_H

#include "render/render.h"

enum glyph {
    GLYPH_RAW,
    GLYPH_POOLED,
    GLYPH_BOTH, /* own estimate, BLUP, both in one cell */
    GLYPH_INTERVAL,
    GLYPH_LEFT,
    GLYPH_RIGHT,
    GLYPH_UP,
    GLYPH_DOWN, /* out of range: at the edge */
    GLYPH_REFERENCE_UP,
    GLYPH_REFERENCE_ACROSS, /* dotted */
    GLYPH_AXIS_UP,
    GLYPH_AXIS_ACROSS,
    GLYPH_CORNER,
    GLYPH_TICK_UP,
    GLYPH_TICK_ACROSS,
    GLYPH_POINT,
    GLYPH_POINTS_FEW,
    GLYPH_POINTS_SOME,
    GLYPH_POINTS_MANY,
    GLYPH_LINE,
    GLYPH_FAINT, /* in the legend; drawn as below */
    GLYPH_POINT_ON_LINE,
    GLYPH_POINT_ON_FAINT,
    GLYPH_RISING,
    GLYPH_FALLING,
    GLYPH_STEEP, /* a dotted line */
    GLYPH_FULL,  /* a bar */
    GLYPH_MIXED, /* points of several groups in one cell */
    GLYPH_SHAPE_1,
    GLYPH_SHAPE_2,
    GLYPH_SHAPE_3,
    GLYPH_SHAPE_4,
    GLYPH_SHAPE_5,
    GLYPH_SHAPE_6
};

enum { SHAPE_COUNT = 6 };

const char *glyph_of(enum glyph glyph, enum charset charset);

/* Parts of a line drawn in steps: strong or faint. */
enum line_part { PART_ACROSS, PART_UP, PART_TURN_DOWN_LEFT, PART_TURN_DOWN_RIGHT, PART_TURN_UP_LEFT, PART_TURN_UP_RIGHT };
const char *line_glyph(enum line_part part, bool strong, enum charset charset);

/* The top of a bar that fills so many eighths (1 .. 8) of its cell; in ASCII half a cell counts as full. */
const char *bar_glyph(int eighths, enum charset charset);

#endif
