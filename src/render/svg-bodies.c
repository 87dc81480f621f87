/* svg-bodies.c -- scales and axes, and the bodies of the three kinds of plots. */
#include <math.h>
#include <string.h>

#include "render/sketch.h"
#include "render/svg-private.h"
#include "render/text-table.h"

static const double FUZZ = 1e-9;      /* of a step: a value that rounding put beside a tick is on it */
static const double NO_WIDTH = 1e-10; /* of a value's size: a range that is rounding */

enum { PLANE_HEIGHT = 330, ROW_HEIGHT = 18, STRIP = 320, PANEL_WIDTH = 116, PANEL_HEIGHT = 96, FEW_PANELS = 170 };

/* Letters of headings are wider than the mean, and so are digits. */
#define BOLD_LETTER   7.4
#define NUMBER_LETTER 6.9

#define AXIS_LINE "stroke=\"" SVG_DIM "\""

/* --- scales ------------------------------------------------------------------------------------------ */

/* The next larger of 1, 2, 5 times a power of ten. */
static double round_step(double step)
{
    double power = pow(10, floor(log10(step) + FUZZ)), mantissa = step / power;

    return power * (mantissa <= 1 + FUZZ ? 1 : mantissa <= 2 + FUZZ ? 2 : mantissa <= 5 + FUZZ ? 5 : 10);
}

static void add_ticks(struct scale *scale, double low, double high, int wanted, double least)
{
    double step = round_step(fmax((high - low) / wanted, least)), first, digits;
    int decimals;

    if (!isfinite(step) || step <= 0)
        return;
    first = ceil(low / step - FUZZ);
    decimals = (int)fmax(0, ceil(-log10(step) - FUZZ));
    digits = floor(log10(fmax(fabs(low), fabs(high)) / step) + FUZZ) + 2;
    for (double i = first; i * step <= high + step * FUZZ && scale->tick_count < SVG_TICKS; i++) {
        char *label = scale->labels[scale->tick_count];

        scale->ticks[scale->tick_count++] = i * step;
        if (decimals > 5 || fabs(i * step) >= 1e7)
            number_text(label, i * step, (int)fmin(fmax(digits, 2), 12));
        else
            number_fixed(label, i * step, decimals);
        if ((int)strlen(label) > scale->label_width)
            scale->label_width = (int)strlen(label);
    }
}

void scale_choose(struct scale *scale, double low, double high, bool fixed, int wanted, double least)
{
    double room;

    memset(scale, 0, sizeof *scale);
    if (!isfinite(low) || !isfinite(high) || low > high) {
        low = 0;
        high = 1;
    }
    if (high - low <= fmax(fabs(low), fabs(high)) * NO_WIDTH) {
        room = low == 0 ? 1 : fabs(low) * 0.1;
        low -= room;
        high += room;
    }
    room = fixed ? 0 : (high - low) * 0.03;
    scale->low = low - room;
    scale->high = high + room;
    add_ticks(scale, scale->low, scale->high, wanted, least);
}

void scale_place(struct scale *scale, double from, double to)
{
    scale->from = from;
    scale->to = to;
}

double scale_at(const struct scale *scale, double value, int *edge)
{
    double part = (value - scale->low) / (scale->high - scale->low);

    *edge = part < -FUZZ ? -1 : part > 1 + FUZZ ? 1 : 0;
    return scale->from + fmax(0, fmin(part, 1)) * (scale->to - scale->from);
}

/* --- axes -------------------------------------------------------------------------------------------- */

void svg_x_axis(struct svg *svg, const struct area *area, double bottom, bool labels)
{
    int edge;

    svg_line(svg, area->x.from, bottom, area->x.to, bottom, AXIS_LINE);
    for (int i = 0; i < area->x.tick_count; i++) {
        double x = scale_at(&area->x, area->x.ticks[i], &edge);

        svg_line(svg, x, bottom, x, bottom + 4, AXIS_LINE);
        if (labels)
            svg_words(svg, x, bottom + 16, ANCHOR_MIDDLE, "", area->x.labels[i]);
    }
}

void svg_y_axis(struct svg *svg, const struct area *area, double left, bool labels)
{
    int edge;

    svg_line(svg, left, area->y.from, left, area->y.to, AXIS_LINE);
    for (int i = 0; i < area->y.tick_count; i++) {
        double y = scale_at(&area->y, area->y.ticks[i], &edge);

        svg_line(svg, left - 4, y, left, y, AXIS_LINE);
        if (labels)
            svg_words(svg, left - 7, y + 4, ANCHOR_END, "", area->y.labels[i]);
    }
}

static bool has_bars(const struct plot *plot)
{
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        if (series->mark == MARK_BAR)
            return true;
    return false;
}

/* Below the labels of the ticks. */
static void x_label(struct svg *svg, const struct plot *plot, const struct area *area, double bottom)
{
    svg->y = bottom + 20;
    if (plot->x_label == NULL)
        return;
    svg->y += SVG_LINE;
    svg_words(svg, (area->x.from + area->x.to) / 2, svg->y - 2, ANCHOR_MIDDLE, "", plot->x_label);
}

/* --- a plane ----------------------------------------------------------------------------------------- */

/* Names side by side where they have room, else their numbers, with a key below. */
static void names_axis(struct svg *svg, const struct area *area, const struct plot *plot, double bottom)
{
    const char *key = "";
    bool numbered = false;
    int edge;

    svg_line(svg, area->x.from, bottom, area->x.to, bottom, AXIS_LINE);
    for (size_t i = 0; i < plot->x_name_count; i++)
        numbered = numbered || utf8_width(plot->x_names[i]) * SVG_LETTER > area->band - 6;
    for (size_t i = 0; i < plot->x_name_count; i++) {
        double x = scale_at(&area->x, (double)i + 1, &edge);
        const char *name = numbered ? arena_printf(svg->arena, "%zu", i + 1) : plot->x_names[i];

        svg_line(svg, x, bottom, x, bottom + 4, AXIS_LINE);
        if (area->band >= 18 || i % 5 == 4)
            svg_words(svg, x, bottom + 16, ANCHOR_MIDDLE, "", name);
        key = arena_printf(svg->arena, "%s%s%zu %s", key, i == 0 ? "" : ", ", i + 1, plot->x_names[i]);
        if (key == NULL) {
            svg->failed = true;
            return;
        }
    }
    x_label(svg, plot, area, bottom);
    if (numbered)
        svg_paragraph(svg, 0, "", key);
}

/* The label of the y axis stands above it. */
static void y_label(struct svg *svg, const struct plot *plot)
{
    if (plot->y_label != NULL)
        svg_paragraph(svg, 0, "", plot->y_label);
    svg->y += 6;
}

void svg_plane(struct svg *svg, const struct plot *plot)
{
    struct area area = { .size = 1 };
    struct ranges ranges;
    double left, bottom;

    ranges_begin(&ranges);
    ranges_add(&ranges, plot);
    y_label(svg, plot);
    scale_choose(&area.y, ranges.low[1], ranges.high[1], plot->has_y_range, 6, plot->y_counts ? 1 : 0);
    if (has_bars(plot) && ranges.low[1] == 0)
        area.y.low = 0;
    left = SVG_MARGIN + 12 + area.y.label_width * SVG_LETTER;
    bottom = svg->y + PLANE_HEIGHT;
    scale_place(&area.y, bottom, svg->y);
    if (plot->x_names != NULL) {
        scale_choose(&area.x, 0.5, (double)plot->x_name_count + 0.5, true, 6, 0);
        area.band = (svg->width - 2 * SVG_MARGIN - left) / fmax((double)plot->x_name_count, 1);
    } else {
        scale_choose(&area.x, ranges.low[0], ranges.high[0], plot->has_x_range, 6, plot_x_least(plot));
    }
    scale_place(&area.x, left, svg->width - 2 * SVG_MARGIN);
    svg_marks(svg, &area, plot);
    svg_y_axis(svg, &area, left, true);
    if (plot->x_names != NULL) {
        names_axis(svg, &area, plot, bottom);
        return;
    }
    svg_x_axis(svg, &area, bottom, true);
    x_label(svg, plot, &area, bottom);
}

/* --- rows -------------------------------------------------------------------------------------------- */

/* Blanks that align numbers: as wide as a digit, the first behind a number as wide as its point. */
static const char *figure_blanks(struct arena *arena, const char *cell)
{
    size_t length = strlen(cell), end = length;
    const char *padded;

    while (end > 0 && cell[end - 1] == ' ')
        end--;
    padded = arena_strndup(arena, cell, end);
    for (size_t i = end; padded != NULL && i < length; i++)
        padded = arena_printf(arena, "%s%s", padded, i == end ? "\xe2\x80\x88" : "\xe2\x80\x87");
    return padded;
}

/* The columns left of the strip; returns where they end. */
static double put_columns(struct svg *svg, const struct text_table *table, double top)
{
    double x = SVG_MARGIN;

    for (size_t j = 0; j < table->column_count; j++) {
        const struct text_column *column = &table->columns[j];
        double width = fmax(column->content * NUMBER_LETTER, utf8_width(column->heading) * BOLD_LETTER),
               at = column->left ? x : x + width;
        enum anchor anchor = column->left ? ANCHOR_START : ANCHOR_END;

        svg_words(svg, at, top + 12, anchor, " font-weight=\"bold\"", column->heading);
        for (size_t i = 0; i < table->row_count; i++)
            svg_words(svg, at, top + (double)(i + 1) * ROW_HEIGHT + 13, anchor, "", figure_blanks(svg->arena, column->cells[i]));
        x += width + 14;
    }
    return x;
}

void svg_rows(struct svg *svg, const struct plot *plot)
{
    struct style style = { .format = FORMAT_TEXT, .width = 250, .digits = svg->digits, .charset = CHARSET_BLOCK };
    struct area area = { .rows = true, .row_height = ROW_HEIGHT, .size = 1 };
    struct text_table table = { 0 };
    struct ranges ranges;
    double left, top = svg->y, bottom;

    if (plot->rows != NULL && !text_table_build(svg->arena, plot->rows, &style, &table)) {
        svg->failed = true;
        return;
    }
    left = put_columns(svg, &table, top) + 4;
    svg->width = fmax(svg->width, left + STRIP);
    top += ROW_HEIGHT;
    bottom = top + (double)table.row_count * ROW_HEIGHT + 4;
    ranges_begin(&ranges);
    ranges_add(&ranges, plot);
    scale_choose(&area.x, ranges.low[0], ranges.high[0], plot->has_x_range, 5, 0);
    scale_place(&area.x, left, svg->width - 2 * SVG_MARGIN);
    scale_place(&area.y, bottom, top);
    svg_marks(svg, &area, plot);
    svg_x_axis(svg, &area, bottom, true);
    x_label(svg, plot, &area, bottom);
}

/* --- panels ------------------------------------------------------------------------------------------ */

static double panel_size(int count, double page, int *across)
{
    double width = count <= 4 ? FEW_PANELS : PANEL_WIDTH;

    *across = (int)fmax(1, floor(page / (width + 10)));
    if (*across > count)
        *across = count;
    return page / *across - 10;
}

void svg_panels(struct svg *svg, const struct plot *plot)
{
    struct area area = { .size = 0.8 };
    struct ranges ranges;
    int count = 0, across = 1, number = 0;
    double left, width, height, top;

    ranges_begin(&ranges);
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next) {
        ranges_add(&ranges, panel);
        count++;
    }
    ranges_add(&ranges, plot);
    if (count == 0)
        return;
    y_label(svg, plot);
    scale_choose(&area.y, ranges.low[1], ranges.high[1], plot->has_y_range, 4, 0);
    scale_choose(&area.x, ranges.low[0], ranges.high[0], plot->has_x_range, 3, plot_x_least(plot));
    left = SVG_MARGIN + 12 + area.y.label_width * SVG_LETTER;
    width = panel_size(count, svg->width - left - SVG_MARGIN, &across);
    height = fmin(PANEL_HEIGHT * width / PANEL_WIDTH, FEW_PANELS);
    top = svg->y;
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next, number++) {
        int column = number % across, line = number / across;
        double x = left + column * (width + 10), y = top + line * (height + 26) + SVG_LINE;
        bool lowest = number + across >= count;

        scale_place(&area.x, x, x + width);
        scale_place(&area.y, y + height, y);
        if (panel->title != NULL)
            svg_words(svg, x + width / 2, y - 5, ANCHOR_MIDDLE, " font-weight=\"bold\"", panel->title);
        svg_marks(svg, &area, panel);
        svg_y_axis(svg, &area, x, number % across == 0);
        svg_x_axis(svg, &area, y + height, lowest);
        svg->y = fmax(svg->y, y + height + (lowest ? 18 : 0));
    }
    if (plot->x_label != NULL)
        svg_words(svg, (left + svg->width) / 2, svg->y += SVG_LINE, ANCHOR_MIDDLE, "", plot->x_label);
}
