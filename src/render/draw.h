/* draw.h -- a plot description as lines of text, in the style's charset and width. */
#ifndef RENDER_DRAW_H
#define RENDER_DRAW_H

#include "base/text.h"
#include "render/render.h"

/* Appends the plot with its title, legend and statement, each line ending in a newline.  False when memory is out. */
bool plot_draw(const struct plot *plot, const struct style *style, struct text *out);

#endif
