/* draw.h -- a plot description as lines of text, in the style's charset and width. */
#ifndef RENDER_DRAW_H
#define RENDER_DRAW_H

#include "base/arena.h"
#include "base/text.h"
#include "render/canvas.h"
#include "render/render.h"

/* Appends the plot with its title, legend and statement, each line ending in a newline.  False when memory is out. */
bool plot_draw(const struct plot *plot, const struct style *style, struct text *out);

/* Draws the same onto an empty canvas; `rows` is what the body (axes included) may take, 0 for the usual 20.  `digits` are those
 * of the table in a plot of rows.  The arena holds what drawing needs for a moment. */
bool plot_draw_canvas(const struct plot *plot, int rows, int digits, struct arena *arena, struct canvas *canvas);

/* How many panels fit a page of that width with room to read them. */
int panels_that_fit(int width);

#endif
