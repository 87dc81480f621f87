/* marks-private.h -- what the files that mark a region share: marks.c, mark-clouds.c, mark-lines.c. */
#ifndef RENDER_MARKS_PRIVATE_H
#define RENDER_MARKS_PRIVATE_H

#include <math.h>

#include "render/glyph.h"
#include "render/marks.h"

static const double MARK_FUZZ = 1e-9; /* of a cell: rounding of a place, many times over */

/* The whole number below, or the next where rounding alone has kept x from it: a value on the edge of a cell is always in the
 * same. */
static inline int nearest_below(double x)
{
    return (int)floor(x + MARK_FUZZ);
}

static inline double y_of(const struct plot_series *series, size_t i)
{
    return series->y == NULL ? (double)i : series->y[i];
}

/* Where a point falls. */
struct spot {
    int x, row;       /* inside the region */
    const char *edge; /* the glyph for a point out of range; NULL for one inside */
};

/* False for a point that does not exist.  Notes the edge behind which one lies. */
bool region_spot(struct region *region, double x, double y, struct spot *spot);

const char *region_glyph(const struct region *region, enum glyph which);
void region_put(struct region *region, int x, int row, const char *mark, unsigned attributes);

/* mark-clouds.c: the points of all series of the plot.  False when memory is out. */
bool draw_cloud(struct region *region, const struct plot *plot);

/* mark-lines.c: a line that is drawn column by column, each turning to the height of the next.  False when memory is out. */
bool draw_steps(struct region *region, const struct plot_series *series, bool strong);

/* A line of braille dots: a strong line two dots thick, a path every dot, a faint line every second one. */
void draw_dots(struct region *region, const struct plot_series *series);

void draw_dotted(struct region *region, const struct plot_series *series);

/* The glyph of a point on a line that stands in the cell already; NULL where there is none. */
const char *glyph_on_line(const struct region *region, size_t at);

#endif
