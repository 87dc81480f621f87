/* canvas.h -- a grid of character cells that plots are drawn on; it writes to no terminal itself, so that the scrollback and
 * the full-screen views share it.
 *
 * The width is fixed; rows appear as they are drawn on.  What falls outside the width is not drawn.  Besides its glyph a
 * cell has 2 x 4 braille dots, which show where no glyph was put. */
#ifndef RENDER_CANVAS_H
#define RENDER_CANVAS_H

#include <stdbool.h>
#include "base/text.h"
#include "render/render.h"

enum attribute {
    ATTRIBUTE_BOLD = 1,
    ATTRIBUTE_DIM = 2,
    ATTRIBUTE_RED = 4,
    ATTRIBUTE_GREEN = 8,
    ATTRIBUTE_YELLOW = 16,
    ATTRIBUTE_CYAN = 32,
    ATTRIBUTE_REVERSE = 64
};

struct canvas_cell {
    char glyph[8]; /* one character in UTF-8 with its combining marks; "" is blank */
    unsigned char attributes;
    unsigned char dots; /* braille dots, bit i as in U+2800 + i */
    bool covered;       /* the right half of a wide character */
};

struct canvas {
    int rows, columns, capacity; /* capacity: rows that fit the memory */
    enum charset charset;
    struct canvas_cell *cells; /* row-major */
    bool failed;
};

/* An empty canvas.  The cells are allocated as rows are drawn on; clear frees them. */
void canvas_init(struct canvas *canvas, int columns, enum charset charset);
void canvas_clear(struct canvas *canvas);

/* Puts one character. */
void canvas_put(struct canvas *canvas, int row, int column, const char *glyph, unsigned attributes);

/* Puts a string, one cell a column of its width; returns the column behind it. */
int canvas_text(struct canvas *canvas, int row, int column, const char *string, unsigned attributes);

/* Sets a braille dot: x counts half columns, y quarter rows. */
void canvas_dot(struct canvas *canvas, int x, int y, unsigned attributes);

/* True where nothing stands: no glyph and no dot. */
bool canvas_is_blank(const struct canvas *canvas, int row, int column);

/* The glyph that stands there, " " for a blank, "" for the right half of a wide character; dots give a braille pattern, written
 * into the buffer. */
const char *canvas_glyph(const struct canvas *canvas, int row, int column, char buffer[8]);

/* Appends all rows, without blanks at their ends, each ending in a newline; with escape sequences where `color` is set. */
bool canvas_write(const struct canvas *canvas, bool color, struct text *out);

/* The escape sequence that turns the attributes on, into the buffer; "" for none. */
const char *attribute_escape(unsigned attributes, char buffer[32]);

#endif
