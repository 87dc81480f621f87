/* plot-xy.c -- points and lines in a plane. */
#include "render/sketch.h"

#include <math.h>
#include <string.h>

enum { LEAST_HEIGHT = 5, PLACES_MOST = 24, DODGE_MOST = 3 };

/* Rows of cells: as many as the body has room for, fewer on a narrow page so that a plot keeps its shape. */
static int height_of(const struct sketch *sketch)
{
    int height = sketch->body - 4, wanted = sketch->canvas->columns / 5 + 4;

    if (wanted < height && !sketch->tall)
        height = wanted;
    return height < LEAST_HEIGHT ? LEAST_HEIGHT : height;
}

static bool put_labels(struct sketch *sketch, const struct region *region, const char *label)
{
    int start, width;

    sketch_x_line(sketch, region, sketch->row++);
    sketch_x_labels(sketch, region, sketch->row++);
    if (label == NULL)
        return true;
    label = sketch_text(sketch, label);
    if (label == NULL)
        return false;
    width = utf8_width(label);
    if (width > sketch->canvas->columns)
        return sketch_words(sketch, label, 0, 0);
    start = region->column + (region->x.cells - width) / 2;
    if (start + width > sketch->canvas->columns)
        start = sketch->canvas->columns - width;
    canvas_text(sketch->canvas, sketch->row++, start < 0 ? 0 : start, label, 0);
    return true;
}

/* --- groups side by side ------------------------------------------------------------------------ */

/* The smallest distance between the x (or the y) of points in shapes; 0 where these are all the same, or many. */
static double least_distance(const struct plot *plot, bool of_y)
{
    double place[PLACES_MOST], least = HUGE_VAL;
    int count = 0, at;

    for (const struct plot_series *s = plot->first; s != NULL; s = s->next) {
        for (size_t i = 0; s->mark == MARK_POINT && s->shape > 0 && i < s->count; i++) {
            double value = of_y ? s->y[i] : s->x[i];

            for (at = 0; at < count && place[at] != value; at++)
                ;
            if (at < count || !isfinite(value))
                continue;
            if (count == PLACES_MOST)
                return 0;
            place[count++] = value;
        }
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            least = fmin(least, fabs(place[i] - place[j]));
    return count < 2 ? 0 : least;
}

static int groups_of(const struct plot *plot)
{
    int groups = 0;

    for (const struct plot_series *s = plot->first; s != NULL; s = s->next)
        groups = s->shape > groups ? s->shape : groups;
    return groups;
}

/* Where y has few values and x many, as of a response of 0 and 1, the groups stand one below the other at each: an axis with rows
 * for those at both ends. */
static void move_below(struct sketch *sketch, struct region *region, const struct axis_wish *wish)
{
    struct axis_wish less = *wish;
    struct axis axis;
    double distance = least_distance(sketch->plot, true);
    int groups = groups_of(sketch->plot), pad = groups / 2;

    if (groups < 2 || distance == 0 || least_distance(sketch->plot, false) != 0)
        return;
    for (const struct plot_series *s = sketch->plot->first; s != NULL; s = s->next)
        if (s->mark != MARK_POINT)
            return;
    less.cells = wish->cells - 2 * pad;
    if (less.cells < LEAST_HEIGHT)
        return;
    axis_choose(&axis, &less);
    if (distance / axis.size < groups + 1)
        return;
    axis.first -= pad;
    axis.cells += 2 * pad;
    for (int i = 0; i < axis.tick_count; i++)
        axis.tick_cell[i] += pad;
    region->y = axis;
    region->stacked = true;
    region->groups = groups;
    sketch->notes.stacked = true;
}

/* Where x has few values, the groups would cover each other at each: they are moved apart where there is room, a blank between
 * the values.  Chooses the axis anew, with cells for those at both ends. */
static void move_apart(struct sketch *sketch, struct region *region, const struct axis_wish *wish)
{
    struct axis_wish less = *wish;
    double distance = least_distance(sketch->plot, false);
    struct axis axis;
    int groups = groups_of(sketch->plot), pad;

    if (groups < 2 || distance == 0)
        return;
    for (int apart = DODGE_MOST; apart > 0; apart--) {
        pad = ((groups - 1) * apart + 1) / 2;
        less.cells = wish->cells - 2 * pad;
        if (less.cells < 8)
            continue;
        sketch_x_axis(&axis, &less);
        if (distance / axis.size < groups * apart + 1)
            continue;
        axis.first -= pad;
        axis.cells += 2 * pad;
        for (int i = 0; i < axis.tick_count; i++)
            axis.tick_cell[i] += pad;
        region->x = axis;
        region->dodge = apart;
        region->groups = groups;
        sketch->notes.dodged = true;
        return;
    }
}

/* --- all of it ---------------------------------------------------------------------------------- */

bool sketch_xy(struct sketch *sketch)
{
    const struct plot *plot = sketch->plot;
    struct region region = { .canvas = sketch->canvas, .arena = sketch->arena, .notes = &sketch->notes };
    struct axis_wish wish = { .cells = height_of(sketch) };
    struct ranges ranges;
    struct plot ledges;

    ranges_begin(&ranges);
    ranges_add(&ranges, plot);
    wish.low = ranges.low[1];
    wish.high = ranges.high[1];
    wish.least = plot->y_counts ? 1 : 0;
    wish.fill = plot->has_y_range;
    axis_choose(&region.y, &wish);
    if (plot->x_names == NULL)
        move_below(sketch, &region, &wish);
    region.height = region.y.cells;
    region.column = region.y.label_width + 2;
    wish = (struct axis_wish){ ranges.low[0], ranges.high[0], sketch->canvas->columns - region.column, true, plot_x_least(plot),
                               plot->x_unit,  false };
    region.names = plot->x_names != NULL;
    if (region.names)
        sketch_names_axis(sketch, &region.x, wish.cells);
    else
        sketch_x_axis(&region.x, &wish);
    if (!region.names)
        move_apart(sketch, &region, &wish);
    if (plot->y_label != NULL && !sketch_words(sketch, plot->y_label, 0, 0))
        return false;
    region.row = sketch->row;
    sketch_y_axis(sketch, &region, true);
    if (region.names && !sketch_ledges(sketch, &region, &ledges))
        return false;
    if (!region_draw(&region, region.names ? &ledges : plot))
        return false;
    sketch->row += region.height;
    return region.names ? sketch_names(sketch, &region) : put_labels(sketch, &region, plot->x_label);
}
