/* named.c -- an x axis of names: see sketch.h. */
#include "render/sketch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "render/glyph.h"

enum { WIDEST = 24, APART = 1 };

static int longest_name(struct sketch *sketch)
{
    int longest = 1;

    for (size_t i = 0; i < sketch->plot->x_name_count; i++) {
        const char *name = sketch_text(sketch, sketch->plot->x_names[i]);
        int width = name == NULL ? 0 : utf8_width(name);

        longest = width > longest ? width : longest;
    }
    return longest;
}

/* Name i (from 0) has the cells [i * interval, (i + 1) * interval), and stands at the middle one; its value is i + 1. */
static int cell_of(const struct axis *axis, size_t i)
{
    return (int)i * axis->interval + axis->interval / 2;
}

void sketch_names_axis(struct sketch *sketch, struct axis *axis, int cells)
{
    size_t count = sketch->plot->x_name_count;
    int wanted = longest_name(sketch) + 2, interval = count == 0 ? 1 : (int)fmin(cells / (double)count, WIDEST);

    if (interval < wanted && count > 0)
        interval = (int)fmin(cells / (double)count, wanted);
    memset(axis, 0, sizeof *axis);
    axis->interval = interval < 1 ? 1 : interval;
    axis->size = 1.0 / axis->interval;
    axis->first = axis->interval - axis->interval / 2; /* NOLINT(bugprone-integer-division): whole cells are meant */
    axis->cells = (int)fmin((double)axis->interval * (double)count, cells);
}

/* How far a ledge reaches to both sides of its name, in cells: so that ledges do not touch, and of those at the same height a
 * dotted one shows on both sides of a faint one, and that on both sides of a strong one. */
static int reach_of(const struct axis *axis, enum mark mark)
{
    int most = (axis->interval - 1) / 2, dotted = (int)(0.44 * axis->interval + 0.5), faint = (int)(0.36 * axis->interval + 0.5);

    if (axis->interval < 4)
        return 0;
    dotted = dotted < most ? dotted : most;
    most = axis->interval < LEDGES_APART ? 1 : dotted - 1;
    faint = faint < most ? faint : most;
    most = (int)(0.24 * axis->interval + 0.5);
    return mark == MARK_DOTTED ? dotted : mark == MARK_FAINT ? faint : most < faint ? most : faint - 1;
}

static bool add_ledges(struct plot *ledges, const struct axis *axis, const struct plot_series *series, struct arena *arena)
{
    double *x = arena_alloc(arena, 3 * series->count + 1, sizeof *x), *y = arena_alloc(arena, 3 * series->count + 1, sizeof *y);
    double reach = reach_of(axis, series->mark) / (double)axis->interval;

    if (x == NULL || y == NULL)
        return false;
    for (size_t i = 0; i < series->count; i++) {
        x[3 * i] = series->x[i] - reach;
        x[3 * i + 1] = series->x[i] + reach;
        x[3 * i + 2] = series->x[i];
        y[3 * i] = y[3 * i + 1] = series->y[i];
        y[3 * i + 2] = (double)NAN;
    }
    plot_series(ledges, series->mark, series->label, 3 * series->count, x, y);
    return true;
}

/* What is out of range above or below is marked at the edge, as a point is. */
static bool add_outside(struct plot *ledges, const struct axis *y, const struct plot_series *series, struct arena *arena)
{
    double *values = arena_alloc(arena, series->count + 1, sizeof *values);
    bool any = false;

    for (size_t i = 0; values != NULL && i < series->count; i++) {
        int cell = isnan(series->y[i]) ? 0 : axis_cell(y, series->y[i]);
        bool outside = cell < 0 || cell >= y->cells;

        values[i] = outside ? series->y[i] : (double)NAN;
        any = any || outside;
    }
    if (any)
        plot_series(ledges, MARK_POINT, NULL, series->count, series->x, values);
    return values != NULL;
}

bool sketch_ledges(struct sketch *sketch, const struct region *region, struct plot *ledges)
{
    bool ok = true;

    *ledges = (struct plot){ .kind = PLOT_XY, .arena = sketch->arena, .references = sketch->plot->references };
    for (const struct plot_series *series = sketch->plot->first; ok && series != NULL; series = series->next) {
        if (series->mark == MARK_LINE || series->mark == MARK_FAINT || series->mark == MARK_DOTTED)
            ok = add_ledges(ledges, &region->x, series, sketch->arena) && add_outside(ledges, &region->y, series, sketch->arena);
        else
            series_ends(ledges, plot_series(ledges, series->mark, series->label, series->count, series->x, series->y), series->x2,
                        series->y2);
    }
    return ok && plot_ok(ledges);
}

/* "treatment: 1 itraconazole, 2 terbinafine". */
static const char *key_to_numbers(struct sketch *sketch)
{
    const struct plot *plot = sketch->plot;
    const char *label = plot->x_label == NULL ? "" : arena_printf(sketch->arena, "%s: ", plot->x_label);

    for (size_t i = 0; label != NULL && i < plot->x_name_count; i++)
        label = arena_printf(sketch->arena, "%s%s%zu %s", label, i == 0 ? "" : ", ", i + 1, plot->x_names[i]);
    return label;
}

/* Whether the names are their own numbers. */
static bool are_numbers(const struct plot *plot)
{
    char number[24];

    for (size_t i = 0; i < plot->x_name_count; i++) {
        snprintf(number, sizeof number, "%zu", i + 1);
        if (strcmp(plot->x_names[i], number) != 0)
            return false;
    }
    return true;
}

static bool put_below(struct sketch *sketch, const struct region *region, const char *label)
{
    int start, width;

    label = label == NULL ? NULL : sketch_text(sketch, label);
    if (label == NULL)
        return false;
    width = utf8_width(label);
    if (width > sketch->canvas->columns)
        return sketch_words(sketch, label, 2, 0);
    start = region->column + (region->x.cells - width) / 2;
    if (start + width > sketch->canvas->columns)
        start = sketch->canvas->columns - width;
    canvas_text(sketch->canvas, sketch->row++, start < 0 ? 0 : start, label, 0);
    return true;
}

bool sketch_names(struct sketch *sketch, const struct region *region)
{
    const struct plot *plot = sketch->plot;
    enum charset charset = sketch->canvas->charset;
    int longest = longest_name(sketch), interval = region->x.interval, least;
    bool numbered = longest + APART > interval;
    char number[24];
    size_t every = 1;

    sketch_x_line(sketch, region, sketch->row);
    for (size_t i = 0; i < plot->x_name_count && cell_of(&region->x, i) < region->x.cells; i++)
        canvas_put(sketch->canvas, sketch->row, region->column + cell_of(&region->x, i), glyph_of(GLYPH_TICK_ACROSS, charset),
                   ATTRIBUTE_DIM);
    sketch->row++;
    least = numbered ? snprintf(number, sizeof number, "%zu", plot->x_name_count) : longest;
    while ((int)every * interval < least + APART)
        every++;
    for (size_t i = 0; i < plot->x_name_count && cell_of(&region->x, i) < region->x.cells; i += every) {
        const char *name = numbered ? number : sketch_text(sketch, plot->x_names[i]);
        int start;

        if (name == NULL)
            return false;
        snprintf(number, sizeof number, "%zu", i + 1);
        start = region->column + cell_of(&region->x, i) - (utf8_width(name) - 1) / 2;
        if (start + utf8_width(name) > sketch->canvas->columns)
            start = sketch->canvas->columns - utf8_width(name);
        canvas_text(sketch->canvas, sketch->row, start, name, 0);
    }
    sketch->row++;
    if (numbered && !are_numbers(plot))
        return put_below(sketch, region, key_to_numbers(sketch));
    return plot->x_label == NULL || put_below(sketch, region, plot->x_label);
}
