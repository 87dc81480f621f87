/* marks.c -- see marks.h.
 *
 * Series are drawn from the back to the front whatever their order: bars, faint and strong lines, dotted ones (which cover no
 * strong line), intervals, boxes, arrows, points, own estimates, BLUPs.  Reference lines fill what is still blank at the end. */
#include "render/marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/glyph.h"

static const double FUZZ = 1e-9; /* of a cell: rounding of a place, many times over */

static const enum mark back_to_front[] = {
    MARK_BAR,   MARK_FAINT, MARK_LINE, MARK_DOTTED, MARK_INTERVAL, MARK_BOX,
    MARK_ARROW, MARK_POINT, MARK_RAW,  MARK_POOLED, MARK_NAME,
};

enum { MARK_KINDS = sizeof back_to_front / sizeof back_to_front[0], EDGE_LIMIT = 100000 };

/* The whole number below, or the next where rounding alone has kept x from it: a value on the edge of a cell is always in the
 * same. */
static int nearest_below(double x)
{
    return (int)floor(x + FUZZ);
}

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

static const char *glyph(const struct region *g, enum glyph which)
{
    return glyph_of(which, g->canvas->charset);
}

static void put(struct region *g, int x, int row, const char *mark, unsigned attributes)
{
    canvas_put(g->canvas, g->row + row, g->column + x, mark, attributes);
}

/* --- where a point falls ---------------------------------------------------------------------- */

struct spot {
    int x, row;       /* inside the region */
    const char *edge; /* the glyph for a point out of range; NULL for one inside */
};

static const enum glyph edge_glyphs[] = {
    [EDGE_LEFT] = GLYPH_LEFT,
    [EDGE_RIGHT] = GLYPH_RIGHT,
    [EDGE_UP] = GLYPH_UP,
    [EDGE_DOWN] = GLYPH_DOWN,
};

static const char *edge_glyph(struct region *g, enum edge edge)
{
    g->outside[edge] = true;
    return glyph(g, edge_glyphs[edge]);
}

/* The legend lists a sign only where it is still to be seen: another mark may have covered it. */
static bool edge_is_seen(const struct region *g, enum edge edge)
{
    bool across = edge == EDGE_UP || edge == EDGE_DOWN;
    int count = across ? g->x.cells : g->height;
    char buffer[8];

    for (int i = 0; i < count; i++) {
        int row = !across ? i : edge == EDGE_UP ? 0 : g->height - 1, x = across ? i : edge == EDGE_LEFT ? 0 : g->x.cells - 1;

        if (strcmp(canvas_glyph(g->canvas, g->row + row, g->column + x, buffer), glyph(g, edge_glyphs[edge])) == 0)
            return true;
    }
    return false;
}

static double y_of(const struct plot_series *series, size_t i)
{
    return series->y == NULL ? (double)i : series->y[i];
}

/* False for a point that does not exist. */
static bool find_spot(struct region *g, double x, double y, struct spot *spot)
{
    int cell;

    if (isnan(x) || isnan(y))
        return false;
    spot->edge = NULL;
    spot->x = axis_cell(&g->x, x);
    if (g->rows) {
        spot->row = y >= 0 && y < g->height ? (int)y : g->height;
        if (spot->row == g->height)
            return false;
    } else {
        cell = axis_cell(&g->y, y);
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

/* --- clouds of points ------------------------------------------------------------------------- */

/* Counts of points in the cells, and the shape of their group. */
struct cloud {
    int *counts;
    signed char *shapes; /* -1: several */
    int largest;
};

/* How far the points of a group stand from their x. */
static int beside(const struct region *g, int shape)
{
    return g->dodge == 0 || shape == 0 ? 0 : (shape - 1) * g->dodge - (g->groups - 1) * g->dodge / 2;
}

/* How many rows they stand below their y. */
static int below(const struct region *g, int shape)
{
    return !g->stacked || shape == 0 ? 0 : shape - 1 - (g->groups - 1) / 2;
}

static void count_series(struct region *g, struct cloud *cloud, const struct plot_series *series)
{
    struct spot spot;

    for (size_t i = 0; i < series->count; i++) {
        size_t at;

        if (!find_spot(g, series->x[i], y_of(series, i), &spot))
            continue;
        if (spot.edge != NULL) {
            put(g, spot.x, spot.row, spot.edge, mark_attributes(MARK_POINT));
            continue;
        }
        at = (size_t)(spot.row + below(g, series->shape)) * (size_t)g->x.cells + (size_t)(spot.x + beside(g, series->shape));
        if (cloud->counts[at] > 0 && cloud->shapes[at] != series->shape)
            cloud->shapes[at] = -1;
        else
            cloud->shapes[at] = (signed char)series->shape;
        if (++cloud->counts[at] > cloud->largest)
            cloud->largest = cloud->counts[at];
    }
}

/* Counts from which a cell gets a heavier glyph: 2, 4, 8, or on a geometric scale up to the largest count. */
static void choose_levels(struct region *g, int largest)
{
    int *levels = g->notes->levels;
    double ratio = fmax(2, pow(largest, 0.25));

    if (largest < 2 || largest <= g->notes->largest)
        return;
    for (int i = 0; i < 3; i++)
        levels[i] = (int)ceil(pow(ratio, i + 1) - FUZZ);
}

/* The glyph of a point on a line that stands in the cell already; NULL where there is none. */
static const char *glyph_on_line(struct region *g, size_t at)
{
    int row = g->row + (int)(at / (size_t)g->x.cells), column = g->column + (int)(at % (size_t)g->x.cells);
    enum charset charset = g->canvas->charset;
    char buffer[8];
    const char *here = canvas_glyph(g->canvas, row, column, buffer);

    for (int part = PART_ACROSS; part <= PART_TURN_UP_RIGHT; part++) {
        for (int strong = 0; strong < 2; strong++) {
            if (strcmp(here, line_glyph((enum line_part)part, strong != 0, charset)) == 0)
                return glyph(g, strong ? GLYPH_POINT_ON_LINE : GLYPH_POINT_ON_FAINT);
        }
    }
    return NULL;
}

static const char *cloud_glyph(struct region *g, const struct cloud *cloud, size_t at)
{
    const int *levels = g->notes->levels;
    const char *crossing = g->lines ? glyph_on_line(g, at) : NULL;
    int level = 0, count = cloud->counts[at];

    if (crossing != NULL) {
        g->notes->crossing = true;
        return crossing;
    }

    if (cloud->shapes[at] < 0)
        return glyph(g, GLYPH_MIXED);
    if (cloud->shapes[at] > 0)
        return glyph(g, (enum glyph)(GLYPH_SHAPE_1 + cloud->shapes[at] - 1));
    if (g->lines)
        return glyph(g, GLYPH_POINT);
    while (level < 3 && levels[level] > 0 && count >= levels[level])
        level++;
    return glyph(g, (enum glyph)(GLYPH_POINT + level));
}

/* In braille a cloud is made of dots. */
static void dot_series(struct region *g, const struct plot_series *series)
{
    struct spot spot;

    for (size_t i = 0; i < series->count; i++) {
        double y = y_of(series, i);
        int dx, dy;

        if (!find_spot(g, series->x[i], y, &spot))
            continue;
        if (spot.edge != NULL) {
            put(g, spot.x, spot.row, spot.edge, mark_attributes(MARK_POINT));
            continue;
        }
        dx = nearest_below((axis_place(&g->x, series->x[i]) + 0.5) * 2);
        dy = nearest_below((axis_place(&g->y, y) + 0.5) * 4);
        dx = dx < 0 ? 0 : dx >= 2 * g->x.cells ? 2 * g->x.cells - 1 : dx;
        dy = dy < 0 ? 0 : dy >= 4 * g->height ? 4 * g->height - 1 : dy;
        canvas_dot(g->canvas, 2 * g->column + dx, 4 * (g->row + g->height) - 1 - dy, mark_attributes(MARK_POINT));
    }
}

/* Dots are for clouds alone: beside lines, shapes or rows a point is a glyph. */
static bool cloud_is_dots(const struct region *g, const struct plot *plot)
{
    if (g->canvas->charset != CHARSET_BRAILLE || g->rows)
        return false;
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        if (series->shape > 0 || (series->mark != MARK_POINT && series->mark != MARK_DOTTED))
            return false;
    }
    return true;
}

static bool draw_cloud(struct region *g, const struct plot *plot)
{
    size_t cells = (size_t)g->x.cells * (size_t)g->height;
    struct cloud cloud = { NULL, NULL, 0 };
    bool dots = cloud_is_dots(g, plot);

    g->notes->dots = g->notes->dots || dots;
    cloud.counts = arena_alloc(g->arena, cells, sizeof *cloud.counts);
    cloud.shapes = arena_alloc(g->arena, cells, sizeof *cloud.shapes);
    if (cloud.counts == NULL || cloud.shapes == NULL)
        return false;
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        if (series->mark == MARK_POINT && dots)
            dot_series(g, series);
        else if (series->mark == MARK_POINT)
            count_series(g, &cloud, series);
    }
    choose_levels(g, cloud.largest);
    if (cloud.largest > g->notes->largest)
        g->notes->largest = cloud.largest;
    for (size_t at = 0; at < cells; at++) {
        if (cloud.counts[at] == 0)
            continue;
        g->notes->mixed = g->notes->mixed || cloud.shapes[at] < 0;
        g->notes->dense = g->notes->dense || (!g->lines && cloud.shapes[at] == 0 && cloud.counts[at] > 1);
        put(g, (int)(at % (size_t)g->x.cells), (int)(at / (size_t)g->x.cells), cloud_glyph(g, &cloud, at),
            mark_attributes(MARK_POINT));
    }
    return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

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

static bool make_piece(const struct region *g, const struct plot_series *series, size_t i, struct piece *p)
{
    struct piece swapped;

    if (!isfinite(series->x[i]) || !isfinite(series->x[i + 1]) || !isfinite(y_of(series, i)) || !isfinite(y_of(series, i + 1)))
        return false;
    p->x1 = axis_place(&g->x, series->x[i]);
    p->x2 = axis_place(&g->x, series->x[i + 1]);
    p->y1 = axis_place(&g->y, y_of(series, i));
    p->y2 = axis_place(&g->y, y_of(series, i + 1));
    if (p->x2 < p->x1) {
        swapped = (struct piece){ p->x2, p->y2, p->x1, p->y1 };
        *p = swapped;
    }
    return cut_piece(p, -0.5, g->x.cells - 0.5);
}

static void put_part(struct region *g, int x, int y, enum line_part part, bool strong)
{
    if (y >= 0 && y < g->height && x >= 0 && x < g->x.cells)
        put(g, x, g->height - 1 - y, line_glyph(part, strong, g->canvas->charset),
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

/* A line is drawn column by column, each column turning to the height of the next. */
static bool draw_steps(struct region *g, const struct plot_series *series, bool strong)
{
    double *height = arena_alloc(g->arena, (size_t)g->x.cells, sizeof *height);
    struct piece p;

    if (height == NULL)
        return false;
    for (int x = 0; x < g->x.cells; x++)
        height[x] = (double)NAN;
    for (size_t i = 0; i + 1 < series->count; i++) {
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

/* A line of braille dots: a strong line two dots thick, a path every dot, a faint line every second one. */
static void draw_dots(struct region *g, const struct plot_series *series)
{
    bool strong = series->mark == MARK_LINE, faint = series->mark == MARK_FAINT;
    struct piece p;

    for (size_t i = 0; i + 1 < series->count; i++) {
        bool steep;
        int steps;

        if (!make_piece(g, series, i, &p))
            continue;
        steep = fabs(p.y2 - p.y1) * 4 > fabs(p.x2 - p.x1) * 2;
        steps = (int)fmin(fmax(ceil(fmax(fabs(p.x2 - p.x1) * 2, fabs(p.y2 - p.y1) * 4)), 1), EDGE_LIMIT);
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

static const char *slope_glyph(const struct region *g, double dx, double dy)
{
    if (g->lines && g->canvas->charset == CHARSET_ASCII)
        return ":";
    if (fabs(dy) > 2 * fabs(dx))
        return glyph(g, GLYPH_STEEP);
    if (fabs(dy) < 0.5 * fabs(dx))
        return glyph(g, GLYPH_REFERENCE_ACROSS);
    return glyph(g, dx * dy > 0 ? GLYPH_RISING : GLYPH_FALLING);
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
    return on_line != NULL && strcmp(on_line, glyph(g, GLYPH_POINT_ON_LINE)) == 0;
}

/* Every second cell between two places, in a glyph that follows the slope.  `y` counts from below.  Beside other lines a dotted
 * one may be a curve of many pieces: then the place alone says which cells are left out, so that the pieces join. */
static void draw_path(struct region *g, const struct piece *p)
{
    double dx = p->x2 - p->x1, dy = p->y2 - p->y1;
    double longest = fmax(fabs(dx), fabs(dy));
    int steps = (int)fmin(fmax(g->names ? floor(longest + 0.5) : longest, 1), EDGE_LIMIT);
    const char *mark = slope_glyph(g, dx, dy);

    for (int k = 0; k <= steps; k++) {
        int x = nearest_below(p->x1 + dx * k / steps + 0.5),
            y = nearest_below(fmax(-1, fmin(p->y1 + dy * k / steps, g->height)) + 0.5);

        if ((!g->lines             ? k
             : g->names            ? 0
             : fabs(dy) > fabs(dx) ? y
                                   : x)
                    % 2
                != 0
            || x < 0 || x >= g->x.cells || y < 0 || y >= g->height)
            continue;
        if (!is_kept(g, x, g->height - 1 - y))
            put(g, x, g->height - 1 - y, mark, mark_attributes(MARK_DOTTED));
    }
}

static void draw_dotted(struct region *g, const struct plot_series *series)
{
    struct piece p;

    for (size_t i = 0; i + 1 < series->count; i++) {
        if (make_piece(g, series, i, &p))
            draw_path(g, &p);
    }
}

/* --- intervals, arrows, single marks, bars ------------------------------------------------------- */

static void draw_interval(struct region *g, const struct plot_series *series, size_t i)
{
    double low = fmin(series->x[i], series->x2[i]), high = fmax(series->x[i], series->x2[i]);
    struct spot from, to;

    if (!find_spot(g, low, y_of(series, i), &from) || !find_spot(g, high, y_of(series, i), &to))
        return;
    for (int x = from.x; x <= to.x; x++)
        put(g, x, from.row, glyph(g, series->mark == MARK_BOX ? GLYPH_LINE : GLYPH_INTERVAL), mark_attributes(series->mark));
    if (from.edge != NULL)
        put(g, from.x, from.row, from.edge, mark_attributes(MARK_INTERVAL));
    if (to.edge != NULL)
        put(g, to.x, to.row, to.edge, mark_attributes(MARK_INTERVAL));
}

/* An own estimate or a BLUP; where the other one stands already, the sign for both. */
static void draw_estimate(struct region *g, double x, double y, enum mark mark)
{
    const char *here, *other = glyph(g, mark == MARK_RAW ? GLYPH_POOLED : GLYPH_RAW), *sign;
    char buffer[8];
    struct spot spot;

    if (!find_spot(g, x, y, &spot))
        return;
    sign = spot.edge != NULL ? spot.edge : glyph(g, mark == MARK_RAW ? GLYPH_RAW : GLYPH_POOLED);
    here = canvas_glyph(g->canvas, g->row + spot.row, g->column + spot.x, buffer);
    if (strcmp(here, glyph(g, GLYPH_BOTH)) == 0 && spot.edge == NULL)
        return;
    if (strcmp(here, other) == 0 && spot.edge == NULL) {
        sign = glyph(g, GLYPH_BOTH);
        g->notes->both = true;
    }
    put(g, spot.x, spot.row, sign, mark_attributes(mark));
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

    if (!find_spot(g, series->x[i], y_of(series, i), &spot))
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
            put(g, x, g->height - 1 - row, mark, mark_attributes(MARK_BAR));
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
            if (canvas_is_blank(g->canvas, g->row + i, g->column + cell))
                put(g, cell, i, reference_glyph(true, g->notes, charset), ATTRIBUTE_DIM);
        }
        for (int i = 1; !reference->vertical && i < g->x.cells; i += 2) {
            if (canvas_is_blank(g->canvas, g->row + g->height - 1 - cell, g->column + i))
                put(g, i, g->height - 1 - cell, reference_glyph(false, g->notes, charset), ATTRIBUTE_DIM);
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
    g->lines = false;
    memset(g->outside, 0, sizeof g->outside);
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        g->lines = g->lines || series->mark == MARK_LINE || series->mark == MARK_FAINT;
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        g->notes->dotted = g->notes->dotted || (g->lines && series->mark == MARK_DOTTED);
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
