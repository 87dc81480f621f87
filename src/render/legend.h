/* legend.h -- which series the legend of a plot lists, in text (draw.c) and as SVG (svg.c). */
#ifndef RENDER_LEGEND_H
#define RENDER_LEGEND_H

#include "base/arena.h"
#include "result/plot.h"

/* Whether it has a point that can be drawn: of a line a finite one, of any other mark one that is infinite too. */
bool series_is_drawn(const struct plot_series *s);

/* The panel whose reference lines stand for those of all: the one with the most series; NULL where the plot has no panels. */
const struct plot *legend_panel(const struct plot *plot);

/* What the legend lists: of legend_panel, of the other panels and of the plot itself every series with a label of which something
 * is drawn, each entry once.  The list is the arena's; NULL when memory is out. */
const struct plot_series **legend_list(const struct plot *plot, struct arena *arena, size_t *count);

#endif
