/* marks.c -- see marks.h.
 *
 * Series are drawn from the back to the front whatever their order: bars, faint and strong lines, dotted ones (which cover no
 * strong line), intervals, boxes, arrows, points, own estimates, BLUPs.  Reference lines fill what is still blank at the end. */
#include "render/marks-private.h"

#include <math.h>
#include <string.h>

#include "render/glyph.h"
#include "render/legend.h"

static const enum mark back_to_front[] = {
    MARK_BAR,   MARK_FAINT, MARK_LINE, MARK_DOTTED, MARK_INTERVAL, MARK_BOX,
    MARK_ARROW, MARK_POINT, MARK_RAW,  MARK_POOLED, MARK_NAME,
};

enum { MARK_KINDS = sizeof back_to_front / sizeof back_to_front[0] };

unsigned mark_attributes(enum mark mark)
{
    static const unsigned attributes[] = {
        [MARK_POINT] = 0,
        [MARK_RAW] = ATTRIBUTE_YELLOW,
        [MARK_POOLED] = ATTRIBUTE_GREEN | ATTRIBUTE_BOLD,
        [MARK_INTERVAL] = ATTRIBUTE_DIM,
        [MARK_BOX] = ATTRIBUTE_CYAN,
        [MARK_ARROW] = ATTRIBUTE_DIM,
        [MARK_LINE] = ATTRIBUTE_GREEN | ATTRIBUTE_BOLD,
        [MARK_FAINT] = ATTRIBUTE_YELLOW,
        [MARK_DOTTED] = ATTRIBUTE_DIM,
        [MARK_BAR] = ATTRIBUTE_CYAN,
        [MARK_NAME] = ATTRIBUTE_BOLD,
    };

    return attributes[mark];
}

const char *series_legend(const struct plot_series *series, const struct mark_notes *notes, enum charset charset)
{
    switch (series->mark) {
    case MARK_POINT:
        if (notes->dots)
            return "⠂";
        return glyph_of(series->shape > 0 ? (enum glyph)(GLYPH_SHAPE_1 + series->shape - 1) : GLYPH_POINT, charset);
    case MARK_RAW:
        return glyph_of(GLYPH_RAW, charset);
    case MARK_POOLED:
        return glyph_of(GLYPH_POOLED, charset);
    case MARK_INTERVAL:
        return glyph_of(GLYPH_INTERVAL, charset);
    case MARK_BOX:
        return glyph_of(GLYPH_LINE, charset);
    case MARK_ARROW:
        return charset == CHARSET_ASCII ? "o-@" : "○─●";
    case MARK_LINE:
        return charset == CHARSET_BRAILLE ? "⠶⠶" : glyph_of(GLYPH_LINE, charset);
    case MARK_FAINT:
        return charset == CHARSET_BRAILLE ? "⠂⠂" : glyph_of(GLYPH_FAINT, charset);
    case MARK_DOTTED:
        return charset != CHARSET_ASCII ? "┈" : notes->lines ? ": :" : "- -";
    case MARK_BAR:
        return glyph_of(GLYPH_FULL, charset);
    case MARK_NAME:
        break;
    }
    return "";
}

const char *region_glyph(const struct region *g, enum glyph which)
{
    return glyph_of(which, g->canvas->charset);
}

void region_put(struct region *g, int x, int row, const char *mark, unsigned attributes)
{
    canvas_put(g->canvas, g->row + row, g->column + x, mark, attributes);
}

/* --- where a point falls ---------------------------------------------------------------------- */

static const enum glyph edge_glyphs[] = {
    [EDGE_LEFT] = GLYPH_LEFT,
    [EDGE_RIGHT] = GLYPH_RIGHT,
    [EDGE_UP] = GLYPH_UP,
    [EDGE_DOWN] = GLYPH_DOWN,
};

static const char *edge_glyph(struct region *g, enum edge edge)
{
    g->outside[edge] = true;
    return region_glyph(g, edge_glyphs[edge]);
}

/* The legend lists a sign only where it is still to be seen: another mark may have covered it. */
static bool edge_is_seen(const struct region *g, enum edge edge)
{
    bool across = edge == EDGE_UP || edge == EDGE_DOWN;
    int count = across ? g->x.cells : g->height;
    char buffer[8];

    for (int i = 0; i < count; i++) {
        int row = !across ? i : edge == EDGE_UP ? 0 : g->height - 1, x = across ? i : edge == EDGE_LEFT ? 0 : g->x.cells - 1;

        if (strcmp(canvas_glyph(g->canvas, g->row + row, g->column + x, buffer), region_glyph(g, edge_glyphs[edge])) == 0)
            return true;
    }
    return false;
}

/* axis_cell, but -1 and `cells` already beyond a range that the plot has of its own, which may end within a cell. */
static int cell_within(const struct axis *axis, int cells, double value, const double range[2])
{
    if (range != NULL && axis_place(axis, value) < axis_place(axis, range[0]) - MARK_FUZZ)
        return -1;
    if (range != NULL && axis_place(axis, value) > axis_place(axis, range[1]) + MARK_FUZZ)
        return cells;
    return axis_cell(axis, value);
}

bool region_spot(struct region *g, double x, double y, struct spot *spot)
{
    int cell;

    if (isnan(x) || isnan(y))
        return false;
    spot->edge = NULL;
    spot->x = cell_within(&g->x, g->x.cells, x, g->plot->has_x_range ? g->plot->x_range : NULL);
    if (g->rows) {
        spot->row = y >= 0 && y < g->height ? (int)y : g->height;
        if (spot->row == g->height)
            return false;
    } else {
        cell = cell_within(&g->y, g->height, y, g->plot->has_y_range ? g->plot->y_range : NULL);
        if (cell < 0)
            spot->edge = edge_glyph(g, EDGE_DOWN);
        else if (cell >= g->height)
            spot->edge = edge_glyph(g, EDGE_UP);
        spot->row = g->height - 1 - (cell < 0 ? 0 : cell >= g->height ? g->height - 1 : cell);
    }
    if (spot->x < 0 || spot->x >= g->x.cells) {
        spot->edge = edge_glyph(g, spot->x < 0 ? EDGE_LEFT : EDGE_RIGHT);
        spot->x = spot->x < 0 ? 0 : g->x.cells - 1;
    }
    return true;
}

/* --- intervals, arrows, single marks, bars ------------------------------------------------------- */

static void draw_interval(struct region *g, const struct plot_series *series, size_t i)
{
    double low = fmin(series->x[i], series->x2[i]), high = fmax(series->x[i], series->x2[i]);
    struct spot from, to;

    if (!region_spot(g, low, y_of(series, i), &from) || !region_spot(g, high, y_of(series, i), &to))
        return;
    for (int x = from.x; x <= to.x; x++)
        region_put(g, x, from.row, region_glyph(g, series->mark == MARK_BOX ? GLYPH_LINE : GLYPH_INTERVAL),
                   mark_attributes(series->mark));
    if (from.edge != NULL)
        region_put(g, from.x, from.row, from.edge, mark_attributes(MARK_INTERVAL));
    if (to.edge != NULL)
        region_put(g, to.x, to.row, to.edge, mark_attributes(MARK_INTERVAL));
}

/* An own estimate or a BLUP; where the other one stands already, the sign for both. */
static void draw_estimate(struct region *g, double x, double y, enum mark mark)
{
    const char *here, *other = region_glyph(g, mark == MARK_RAW ? GLYPH_POOLED : GLYPH_RAW), *sign;
    char buffer[8];
    struct spot spot;

    if (!region_spot(g, x, y, &spot))
        return;
    sign = spot.edge != NULL ? spot.edge : region_glyph(g, mark == MARK_RAW ? GLYPH_RAW : GLYPH_POOLED);
    here = canvas_glyph(g->canvas, g->row + spot.row, g->column + spot.x, buffer);
    if (strcmp(here, region_glyph(g, GLYPH_BOTH)) == 0 && spot.edge == NULL)
        return;
    if (strcmp(here, other) == 0 && spot.edge == NULL) {
        sign = region_glyph(g, GLYPH_BOTH);
        g->notes->both = true;
    }
    region_put(g, spot.x, spot.row, sign, mark_attributes(mark));
}

/* The path only: the estimates at its ends are put over all paths later, by the front layers of the same series. */
static bool draw_arrow_path(struct region *g, const struct plot_series *series, size_t i)
{
    double x[2] = { series->x[i], series->x2[i] }, y[2] = { y_of(series, i), series->y2[i] };
    struct plot_series path = { .mark = MARK_ARROW, .count = 2, .x = x, .y = y };

    if (g->canvas->charset != CHARSET_BRAILLE)
        return draw_steps(g, &path, false);
    draw_dots(g, &path);
    return true;
}

/* The label right of the point, or left of it where there is no room; the point itself in reverse. */
static void draw_name(struct region *g, const struct plot_series *series, size_t i)
{
    int width = utf8_width(series->label), column, row;
    struct spot spot;

    if (!region_spot(g, series->x[i], y_of(series, i), &spot))
        return;
    row = g->row + spot.row;
    column = g->column + spot.x;
    if (row < g->canvas->rows && column < g->canvas->columns)
        g->canvas->cells[(ptrdiff_t)row * g->canvas->columns + column].attributes |= ATTRIBUTE_REVERSE;
    column = spot.x + 2 + width <= g->x.cells ? column + 2 : column - 1 - width;
    canvas_text(g->canvas, row, column < g->column ? g->column : column, series->label, mark_attributes(MARK_NAME));
}

static void draw_bar(struct region *g, double x1, double x2, double y)
{
    double top = axis_place(&g->y, y) - axis_place(&g->y, 0), filled;
    int from, to, base = axis_cell(&g->y, 0);

    if (!isfinite(y) || isnan(x1) || isnan(x2) || y <= 0 || base < 0 || base >= g->height)
        return;
    from = axis_cell(&g->x, x1);
    to = axis_cell(&g->x, x2);
    from = from < 0 ? 0 : from;
    to = to <= from ? from + 1 : to > g->x.cells ? g->x.cells : to;
    for (int row = base; row < g->height; row++) {
        const char *mark;

        filled = fmin(top - (row - base) + 0.5, 1) * 8; /* a value is the middle of its cell, 0 too: something is never nothing */
        mark = bar_glyph((int)fmax(filled, 0), g->canvas->charset);
        for (int x = from; x < to && mark[0] != '\0'; x++)
            region_put(g, x, g->height - 1 - row, mark, mark_attributes(MARK_BAR));
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

const char *reference_glyph(bool vertical, const struct mark_notes *notes, enum charset charset)
{
    if (vertical && charset == CHARSET_ASCII && notes->dotted)
        return "!"; /* a dotted line beside other lines is made of colons */
    return glyph_of(vertical ? GLYPH_REFERENCE_UP : GLYPH_REFERENCE_ACROSS, charset);
}

static void draw_references(struct region *g, const struct plot *plot)
{
    enum charset charset = g->canvas->charset;

    for (const struct plot_reference *reference = plot->references; reference != NULL; reference = reference->next) {
        int cell = isnan(reference->at) ? -1 : axis_cell(reference->vertical ? &g->x : &g->y, reference->at);

        if (cell < 0 || cell >= (reference->vertical ? g->x.cells : g->height))
            continue;
        for (int i = 0; reference->vertical && i < g->height; i++) {
            if (!canvas_is_blank(g->canvas, g->row + i, g->column + cell))
                continue;
            region_put(g, cell, i, reference_glyph(true, g->notes, charset), ATTRIBUTE_DIM);
            g->notes->upright = true;
        }
        for (int i = 1; !reference->vertical && i < g->x.cells; i += 2) {
            if (!canvas_is_blank(g->canvas, g->row + g->height - 1 - cell, g->column + i))
                continue;
            region_put(g, i, g->height - 1 - cell, reference_glyph(false, g->notes, charset), ATTRIBUTE_DIM);
            g->notes->across = true;
        }
    }
}

static bool draw_series(struct region *g, const struct plot_series *series, enum mark layer)
{
    bool dots = g->canvas->charset == CHARSET_BRAILLE;

    if (layer == MARK_LINE || layer == MARK_FAINT) {
        if (!dots)
            return draw_steps(g, series, layer == MARK_LINE);
        draw_dots(g, series);
        return true;
    }
    if (layer == MARK_DOTTED) {
        draw_dotted(g, series);
        return true;
    }
    for (size_t i = 0; i < series->count; i++) {
        if (layer == MARK_NAME)
            draw_name(g, series, i);
        else if (layer == MARK_BAR)
            draw_bar(g, series->x[i], series->x2[i], y_of(series, i));
        else if (layer == MARK_INTERVAL || layer == MARK_BOX)
            draw_interval(g, series, i);
        else if (layer == MARK_ARROW && !draw_arrow_path(g, series, i))
            return false;
        else if (layer == MARK_ARROW)
            continue;
        else if (series->mark == MARK_ARROW && layer == MARK_POOLED)
            draw_estimate(g, series->x2[i], series->y2[i], MARK_POOLED);
        else
            draw_estimate(g, series->x[i], y_of(series, i), layer);
    }
    return true;
}

/* True where the series has something in this layer: an arrow is a path, an own estimate and a BLUP. */
static bool is_in_layer(const struct plot_series *series, enum mark layer)
{
    bool needs_ends =
        series->mark == MARK_INTERVAL || series->mark == MARK_BOX || series->mark == MARK_BAR || series->mark == MARK_ARROW;

    if (needs_ends && (series->x2 == NULL || (series->mark == MARK_ARROW && series->y2 == NULL)))
        return false;
    return series->mark == layer || (series->mark == MARK_ARROW && (layer == MARK_RAW || layer == MARK_POOLED));
}

bool region_draw(struct region *g, const struct plot *plot)
{
    g->plot = plot;
    g->lines = false;
    memset(g->outside, 0, sizeof g->outside);
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        g->lines = g->lines || series->mark == MARK_LINE || series->mark == MARK_FAINT;
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        g->notes->dotted = g->notes->dotted || (g->lines && series->mark == MARK_DOTTED && series_is_drawn(series));
    for (int layer = 0; layer < MARK_KINDS; layer++) {
        if (back_to_front[layer] == MARK_POINT) {
            if (!draw_cloud(g, plot))
                return false;
            continue;
        }
        for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
            if (is_in_layer(series, back_to_front[layer]) && !draw_series(g, series, back_to_front[layer]))
                return false;
        }
    }
    g->notes->lines = g->notes->lines || g->lines;
    for (int edge = 0; edge < EDGE_COUNT; edge++)
        g->notes->outside[edge] = g->notes->outside[edge] || (g->outside[edge] && edge_is_seen(g, (enum edge)edge));
    draw_references(g, plot);
    return true;
}
