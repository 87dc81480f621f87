/* mark-clouds.c -- points in a region: how many fall into a cell decides its glyph; in braille each is a dot. */
#include "render/marks-private.h"

#include <math.h>
#include <string.h>

#include "render/glyph.h"

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

        if (!region_spot(g, series->x[i], y_of(series, i), &spot) || spot.edge != NULL)
            continue;
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
        levels[i] = (int)ceil(pow(ratio, i + 1) - MARK_FUZZ);
}

static const char *cloud_glyph(struct region *g, const struct cloud *cloud, size_t at)
{
    const int *levels = g->notes->levels;
    const char *crossing;
    int level = 0, count = cloud->counts[at];

    if (cloud->shapes[at] < 0)
        return region_glyph(g, GLYPH_MIXED);
    if (cloud->shapes[at] > 0) /* also on a line, which would not say whose the point is */
        return region_glyph(g, (enum glyph)(GLYPH_SHAPE_1 + cloud->shapes[at] - 1));
    crossing = g->lines ? glyph_on_line(g, at) : NULL;
    if (crossing != NULL) {
        if (strcmp(crossing, region_glyph(g, GLYPH_POINT_ON_LINE)) == 0)
            g->notes->on_line = true;
        else
            g->notes->on_faint = true;
        return crossing;
    }
    if (g->lines)
        return region_glyph(g, GLYPH_POINT);
    while (level < 3 && levels[level] > 0 && count >= levels[level])
        level++;
    return region_glyph(g, (enum glyph)(GLYPH_POINT + level));
}

/* In braille a cloud is made of dots. */
static void dot_series(struct region *g, const struct plot_series *series)
{
    struct spot spot;

    for (size_t i = 0; i < series->count; i++) {
        double y = y_of(series, i);
        int dx, dy;

        if (!region_spot(g, series->x[i], y, &spot) || spot.edge != NULL)
            continue;
        dx = nearest_below((axis_place(&g->x, series->x[i]) + 0.5) * 2);
        dy = nearest_below((axis_place(&g->y, y) + 0.5) * 4);
        dx = dx < 0 ? 0 : dx >= 2 * g->x.cells ? 2 * g->x.cells - 1 : dx;
        dy = dy < 0 ? 0 : dy >= 4 * g->height ? 4 * g->height - 1 : dy;
        canvas_dot(g->canvas, 2 * g->column + dx, 4 * (g->row + g->height) - 1 - dy, mark_attributes(MARK_POINT));
    }
}

/* Over the points inside, which stand in the cells of the edge too. */
static void put_edges(struct region *g, const struct plot *plot)
{
    struct spot spot;

    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        for (size_t i = 0; series->mark == MARK_POINT && i < series->count; i++)
            if (region_spot(g, series->x[i], y_of(series, i), &spot) && spot.edge != NULL)
                region_put(g, spot.x, spot.row, spot.edge, mark_attributes(MARK_POINT));
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

bool draw_cloud(struct region *g, const struct plot *plot)
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
        region_put(g, (int)(at % (size_t)g->x.cells), (int)(at / (size_t)g->x.cells), cloud_glyph(g, &cloud, at),
                   mark_attributes(MARK_POINT));
    }
    put_edges(g, plot);
    return true;
}
