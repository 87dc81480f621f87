/* plot-panels.c -- small multiples: one panel a group, all with the same axes.
 *
 * Titles stand above the panels, the labels of the y axis left of each row of panels, the x axis below the lowest panel of
 * each column. */
#include "render/shorten.h"
#include "render/sketch.h"

#include <string.h>

enum { LEAST_CELLS = 10, LEAST_ROWS = 4, MOST_ROWS = 14, USUAL_GUTTER = 5, PANEL_LINES = 3 };

struct layout {
    int count, across, down;
    int cells, height; /* inside a panel */
    int gutter;        /* for the labels of the y axis */
};

int panels_that_fit(int width)
{
    int across = (width - USUAL_GUTTER) / (LEAST_CELLS + 2);

    return (across < 1 ? 1 : across) * PANEL_LINES;
}

/* As many panels side by side as can be read, then as few as fill the same number of lines. */
static void choose_layout(const struct sketch *sketch, struct layout *l)
{
    int page = sketch->canvas->columns - l->gutter, lines;

    l->across = page / (LEAST_CELLS + 2);
    l->across = l->across < 1 ? 1 : l->across > l->count ? l->count : l->across;
    l->down = (l->count + l->across - 1) / l->across;
    l->across = (l->count + l->down - 1) / l->down;
    l->cells = page / l->across - 2;
    lines = (sketch->body - 2) / l->down - 1;
    l->height = lines < LEAST_ROWS ? LEAST_ROWS : lines > MOST_ROWS ? MOST_ROWS : lines;
}

/* The titles of all panels, shortened to so many columns; the arena's, NULL when memory is out. */
static const char **titles_of(struct sketch *sketch, int count, int width)
{
    const char *dots = sketch->canvas->charset == CHARSET_ASCII ? "..." : "…";
    const char **titles = arena_alloc(sketch->arena, (size_t)count, sizeof *titles);
    int i = 0;

    for (const struct plot *panel = sketch->plot->panels; titles != NULL && panel != NULL; panel = panel->next, i++) {
        titles[i] = panel->title == NULL ? "" : sketch_text(sketch, panel->title);
        if (titles[i] == NULL)
            return NULL;
    }
    return titles != NULL && names_shorten(titles, (size_t)count, width, dots, sketch->arena) ? titles : NULL;
}

/* Chooses both axes; the gutter depends on the labels, and the x axis on the gutter. */
static void choose_axes(struct sketch *sketch, struct layout *l, struct region *region)
{
    struct axis_wish wish;
    struct ranges ranges;

    ranges_begin(&ranges);
    for (const struct plot *panel = sketch->plot->panels; panel != NULL; panel = panel->next)
        ranges_add(&ranges, panel);
    ranges_add(&ranges, sketch->plot);
    l->gutter = 0;
    choose_layout(sketch, l);
    wish = (struct axis_wish){ ranges.low[1], ranges.high[1], l->height, false, 0, 0, false };
    axis_choose(&region->y, &wish);
    l->gutter = region->y.label_width + 1;
    choose_layout(sketch, l);
    wish.cells = l->height;
    axis_choose(&region->y, &wish);
    l->height = region->y.cells;
    wish = (struct axis_wish){ ranges.low[0],        ranges.high[0], l->cells, true, plot_x_least(sketch->plot),
                               sketch->plot->x_unit, false };
    sketch_x_axis(&region->x, &wish);
    l->cells = region->x.cells;
}

bool sketch_panels(struct sketch *sketch)
{
    const struct plot *plot = sketch->plot;
    struct region region = { .canvas = sketch->canvas, .arena = sketch->arena, .notes = &sketch->notes };
    struct layout l = { 0 };
    const char **titles;
    int number = 0, step, top;

    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        l.count++;
    if (l.count == 0)
        return sketch_words(sketch, "(no panels)", 0, 0);
    choose_axes(sketch, &l, &region);
    if ((titles = titles_of(sketch, l.count, l.cells)) == NULL)
        return false;
    if (plot->y_label != NULL && !sketch_words(sketch, plot->y_label, 0, 0))
        return false;
    top = sketch->row;
    step = l.across > 1 ? (sketch->canvas->columns - l.gutter) / l.across : l.cells + 2;
    if (step > l.cells + 4)
        step = l.cells + 4;
    region.height = l.height;
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next, number++) {
        int row = number / l.across, column = number % l.across;

        region.row = top + row * (l.height + 1) + 1;
        region.column = l.gutter + 1 + column * step;
        canvas_text(sketch->canvas, region.row - 1, region.column + (l.cells - utf8_width(titles[number])) / 2, titles[number],
                    ATTRIBUTE_BOLD);
        sketch_y_axis(sketch, &region, column == 0);
        if (!region_draw(&region, panel))
            return false;
        if (number + l.across >= l.count) {
            sketch_x_line(sketch, &region, region.row + l.height);
            sketch_x_labels(sketch, &region, region.row + l.height + 1);
        }
    }
    sketch->row = top + l.down * (l.height + 1) + 2;
    return plot->x_label == NULL || sketch_words(sketch, plot->x_label, 0, 0);
}
