/* svg.h -- plots as SVG, for a page. */
#ifndef RENDER_SVG_H
#define RENDER_SVG_H

#include "render/render.h"

/* Appends one <svg> element with the plot, as it can stand inside HTML.  False when memory is out. */
bool plot_svg(const struct plot *plot, const struct style *style, struct text *out);

/* Whether the result, or a further part of it, has a plot. */
bool result_has_plot(const struct result *result);

#endif
