/* mark-lines.c -- lines in a region: of box characters, turning from column to column; of braille dots; dotted, in signs that
 * follow the slope.
 *
 * A line is a run of pieces between neighbouring points, each cut to the region before it is drawn. */
#include "render/marks-private.h"

#include <math.h>
#include <string.h>

#include "render/glyph.h"

enum { EDGE_LIMIT = 100000 }; /* steps along a piece, however far beyond the region it ends */

/* A piece of a line in places: x in cells, y in cells from below; the part inside the region is drawn. */
struct piece {
    double x1, y1, x2, y2;
};

/* Cuts the piece to x within [low, high]; false when nothing is left. */
static bool cut_piece(struct piece *p, double low, double high)
{
    struct piece whole = *p;

    if (whole.x2 < low || whole.x1 > high)
        return false;
    if (whole.x1 < low) {
        p->y1 = whole.y1 + (whole.y2 - whole.y1) * (low - whole.x1) / (whole.x2 - whole.x1);
        p->x1 = low;
    }
    if (whole.x2 > high) {
        p->y2 = whole.y1 + (whole.y2 - whole.y1) * (high - whole.x1) / (whole.x2 - whole.x1);
        p->x2 = high;
    }
    return true;
}

static bool is_point(const struct plot_series *series, size_t i)
{
    return i < series->count && isfinite(series->x[i]) && isfinite(y_of(series, i));
}

/* From point i to the next; a point between none is a piece of its own. */
static bool make_piece(const struct region *g, const struct plot_series *series, size_t i, struct piece *p)
{
    struct piece swapped;
    size_t j = is_point(series, i + 1) ? i + 1 : i;

    if (!is_point(series, i) || (j == i && i > 0 && is_point(series, i - 1)))
        return false;
    p->x1 = axis_place(&g->x, series->x[i]);
    p->x2 = axis_place(&g->x, series->x[j]);
    p->y1 = axis_place(&g->y, y_of(series, i));
    p->y2 = axis_place(&g->y, y_of(series, j));
    if (p->x2 < p->x1) {
        swapped = (struct piece){ p->x2, p->y2, p->x1, p->y1 };
        *p = swapped;
    }
    return cut_piece(p, -0.5, g->x.cells - 0.5);
}

static void put_part(struct region *g, int x, int y, enum line_part part, bool strong)
{
    if (y >= 0 && y < g->height && x >= 0 && x < g->x.cells)
        region_put(g, x, g->height - 1 - y, line_glyph(part, strong, g->canvas->charset),
                   mark_attributes(strong ? MARK_LINE : MARK_FAINT));
}

static int bounded_row(const struct region *g, double y)
{
    return nearest_below(fmax(-2, fmin(y, g->height + 1)) + 0.5);
}

/* From column x at height `from` to the next column at height `to`: a step, its turns and what lies between. */
static void put_step(struct region *g, int x, int from, int to, bool strong)
{
    int low = from < to ? from : to, high = from < to ? to : from;

    if (from == to) {
        put_part(g, x, from, PART_ACROSS, strong);
        return;
    }
    put_part(g, x, from, to > from ? PART_TURN_UP_LEFT : PART_TURN_DOWN_LEFT, strong);
    put_part(g, x, to, to > from ? PART_TURN_DOWN_RIGHT : PART_TURN_UP_RIGHT, strong);
    for (int y = low + 1; y < high; y++)
        put_part(g, x, y, PART_UP, strong);
}

bool draw_steps(struct region *g, const struct plot_series *series, bool strong)
{
    double *height = arena_alloc(g->arena, (size_t)g->x.cells, sizeof *height);
    struct piece p;

    if (height == NULL)
        return false;
    for (int x = 0; x < g->x.cells; x++)
        height[x] = (double)NAN;
    for (size_t i = 0; i < series->count; i++) {
        int first, last;

        if (!make_piece(g, series, i, &p))
            continue;
        first = nearest_below(p.x1 + 0.5);
        last = (int)fmin(nearest_below(p.x2 + 0.5), g->x.cells - 1);
        if (first == last && isnan(height[first]) && fabs(p.y2 - p.y1) > 1)
            put_step(g, first, bounded_row(g, p.y1), bounded_row(g, p.y2), strong);
        for (int x = first < 0 ? 0 : first; x <= last; x++) {
            double at = fmin(fmax(x, p.x1), p.x2), share = p.x2 > p.x1 ? (at - p.x1) / (p.x2 - p.x1) : 0;

            height[x] = p.y1 + (p.y2 - p.y1) * share;
        }
    }
    for (int x = 0; x < g->x.cells; x++) {
        if (isnan(height[x]))
            continue;
        if (x + 1 < g->x.cells && !isnan(height[x + 1]))
            put_step(g, x, bounded_row(g, height[x]), bounded_row(g, height[x + 1]), strong);
        else
            put_part(g, x, bounded_row(g, height[x]), PART_ACROSS, strong);
    }
    return true;
}

static void put_dot(struct region *g, int dx, int dy, enum mark mark)
{
    if (dx >= 0 && dx < 2 * g->x.cells && dy >= 0 && dy < 4 * g->height)
        canvas_dot(g->canvas, 2 * g->column + dx, 4 * (g->row + g->height) - 1 - dy, mark_attributes(mark));
}

void draw_dots(struct region *g, const struct plot_series *series)
{
    bool strong = series->mark == MARK_LINE, faint = series->mark == MARK_FAINT;
    struct piece p;

    for (size_t i = 0; i < series->count; i++) {
        bool steep;
        int steps;

        if (!make_piece(g, series, i, &p))
            continue;
        steep = fabs(p.y2 - p.y1) * 4 > fabs(p.x2 - p.x1) * 2;
        steps = (int)fmin(fmax(ceil(fmax(fabs(p.x2 - p.x1) * 2, fabs(p.y2 - p.y1) * 4)), 1), EDGE_LIMIT);
        if (p.x1 == p.x2 && p.y1 == p.y2) { /* a single point: as wide as its cell */
            p.x1 = floor(p.x1 + 0.5) - 0.25;
            p.x2 = p.x1 + 0.5;
        }
        for (int k = 0; k <= steps; k++) {
            double share = (double)k / steps;
            double x = p.x1 + (p.x2 - p.x1) * share, y = p.y1 + (p.y2 - p.y1) * share;
            int dx = nearest_below((x + 0.5) * 2), dy = nearest_below((fmax(-1, fmin(y, g->height + 1)) + 0.5) * 4);

            if (!faint || (steep ? dy : dx) % 2 == 0)
                put_dot(g, dx, dy, series->mark);
            if (strong)
                put_dot(g, steep ? dx + 1 : dx, steep ? dy : dy - 1, series->mark);
        }
    }
}

const char *glyph_on_line(const struct region *g, size_t at)
{
    int row = g->row + (int)(at / (size_t)g->x.cells), column = g->column + (int)(at % (size_t)g->x.cells);
    enum charset charset = g->canvas->charset;
    char buffer[8];
    const char *here = canvas_glyph(g->canvas, row, column, buffer);

    for (int part = PART_ACROSS; part <= PART_TURN_UP_RIGHT; part++) {
        for (int strong = 0; strong < 2; strong++) {
            if (strcmp(here, line_glyph((enum line_part)part, strong != 0, charset)) == 0)
                return region_glyph(g, strong ? GLYPH_POINT_ON_LINE : GLYPH_POINT_ON_FAINT);
        }
    }
    return NULL;
}

static const char *slope_glyph(const struct region *g, double dx, double dy)
{
    if (g->lines && g->canvas->charset == CHARSET_ASCII)
        return ":";
    if (fabs(dy) > 2 * fabs(dx))
        return region_glyph(g, GLYPH_STEEP);
    if (fabs(dy) < 0.5 * fabs(dx))
        return region_glyph(g, GLYPH_REFERENCE_ACROSS);
    return region_glyph(g, dx * dy > 0 ? GLYPH_RISING : GLYPH_FALLING);
}

/* True where a dotted line must not cover what stands: a strong line, in braille any, whose dots the glyph would hide, and among
 * ledges any that are narrower. */
static bool is_kept(struct region *g, int x, int row)
{
    const char *on_line;

    if (canvas_is_blank(g->canvas, g->row + row, g->column + x))
        return false;
    if (g->canvas->charset == CHARSET_BRAILLE || (g->names && g->x.interval >= LEDGES_APART))
        return true;
    on_line = glyph_on_line(g, (size_t)row * (size_t)g->x.cells + (size_t)x);
    return on_line != NULL && strcmp(on_line, region_glyph(g, GLYPH_POINT_ON_LINE)) == 0;
}

/* Every second cell between two places, in a glyph that follows the slope.  `y` counts from below.  Beside other lines a dotted
 * one may be a curve of many pieces: then the place alone says which cells are left out, so that the pieces join. */
static void draw_path(struct region *g, const struct piece *p)
{
    double dx = p->x2 - p->x1, dy = p->y2 - p->y1;
    double longest = fmax(fabs(dx), fabs(dy));
    int steps = (int)fmin(fmax(g->names ? floor(longest + 0.5) : longest, 1), EDGE_LIMIT);
    bool single = dx == 0 && dy == 0;
    const char *mark = slope_glyph(g, single ? 1 : dx, dy);

    for (int k = 0; k <= steps; k++) {
        int x = nearest_below(p->x1 + dx * k / steps + 0.5),
            y = nearest_below(fmax(-1, fmin(p->y1 + dy * k / steps, g->height)) + 0.5);

        if ((!g->lines             ? k
             : g->names || single  ? 0
             : fabs(dy) > fabs(dx) ? y
                                   : x)
                    % 2
                != 0
            || x < 0 || x >= g->x.cells || y < 0 || y >= g->height)
            continue;
        if (is_kept(g, x, g->height - 1 - y))
            continue;
        region_put(g, x, g->height - 1 - y, mark, mark_attributes(MARK_DOTTED));
        g->notes->dotted_seen = true;
    }
}

void draw_dotted(struct region *g, const struct plot_series *series)
{
    struct piece p;

    for (size_t i = 0; i < series->count; i++) {
        if (make_piece(g, series, i, &p))
            draw_path(g, &p);
    }
}
