/* svg-marks.c -- series as shapes, from the back to the front. */
#include <math.h>
#include <string.h>

#include "render/svg-private.h"
#include "render/xml.h"

static const enum mark back_to_front[] = {
    MARK_BAR,   MARK_FAINT, MARK_LINE, MARK_DOTTED, MARK_INTERVAL, MARK_BOX,
    MARK_ARROW, MARK_POINT, MARK_RAW,  MARK_POOLED, MARK_NAME,
};

enum { MARK_KINDS = sizeof back_to_front / sizeof back_to_front[0], SHAPES = 6 };

#define REFERENCE_LINE "stroke=\"" SVG_DIM "\" stroke-dasharray=\"5 4\""

/* --- strokes and shapes ------------------------------------------------------------------------------ */

static const char *stroke_of(enum mark mark)
{
    switch (mark) {
    case MARK_LINE:
        return "stroke=\"" SVG_BLUE "\" stroke-width=\"2.4\"";
    case MARK_BOX:
        return "stroke=\"" SVG_SKY "\" stroke-width=\"9\"";
    case MARK_FAINT:
        return "stroke=\"" SVG_FAINT "\" stroke-width=\"1.1\"";
    case MARK_DOTTED:
        return "stroke=\"" SVG_INK "\" stroke-width=\"1.3\" stroke-dasharray=\"2 3\"";
    default:
        return "stroke=\"" SVG_DIM "\" stroke-width=\"1.2\"";
    }
}

/* Six shapes in six colours: open circle, triangle, square, cross, diamond, plus. */
static void draw_shape(struct svg *svg, double x, double y, int shape)
{
    static const char *const colors[SHAPES] = { SVG_BLUE, SVG_VERMILION, "#009e73", SVG_INK, "#cc79a7", "#b07d00" };
    static const char *const paths[SHAPES] = {
        NULL,
        "m0,-4 l3.8,6.6 h-7.6 z",
        "m-3.2,-3.2 h6.4 v6.4 h-6.4 z",
        "m-3,-3 l6,6 m0,-6 l-6,6",
        "m0,-4.4 l3.6,4.4 l-3.6,4.4 l-3.6,-4.4 z",
        "m-4,0 h8 m-4,-4 v8",
    };
    int i = (shape - 1) % SHAPES;
    bool filled = i == 1 || i == 2;
    char a[NUMBER_SIZE], b[NUMBER_SIZE];

    if (i == 0) {
        svg_circle(svg, x, y, 3.4, "fill=\"none\" stroke=\"" SVG_BLUE "\" stroke-width=\"1.3\"");
        return;
    }
    text_addf(svg->out, "<path d=\"M%s,%s %s\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.3\"%s/>\n", svg_number(a, x),
              svg_number(b, y), paths[i], filled ? colors[i] : "none", colors[i], filled ? " fill-opacity=\"0.6\"" : "");
}

static void draw_dot(struct svg *svg, double x, double y, enum mark mark, int shape, double size)
{
    if (mark == MARK_RAW)
        svg_circle(svg, x, y, 3.8 * size, "fill=\"#ffffff\" stroke=\"" SVG_VERMILION "\" stroke-width=\"1.5\"");
    else if (mark == MARK_POOLED)
        svg_circle(svg, x, y, 3.6 * size, "fill=\"" SVG_BLUE "\"");
    else if (shape > 0)
        draw_shape(svg, x, y, shape);
    else
        svg_circle(svg, x, y, 2.5 * size, "fill=\"" SVG_INK "\" fill-opacity=\"0.55\"");
}

/* --- places ------------------------------------------------------------------------------------------ */

static double y_value(const struct plot_series *series, const double *y, size_t i)
{
    return series->y == NULL || y == NULL ? (double)i : y[i];
}

static double x_place(const struct area *area, double x, int *edge)
{
    return scale_at(&area->x, x, edge);
}

static double y_place(const struct area *area, double y, int *edge)
{
    if (!area->rows)
        return scale_at(&area->y, y, edge);
    *edge = 0;
    return area->y.to + (y + 0.5) * area->row_height; /* rows count from the top */
}

static void draw_outside(struct svg *svg, double x, double y, int across, int up)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE];
    const char *path = across < 0 ? "l8,-5 v10 z" : across > 0 ? "l-8,-5 v10 z" : up < 0 ? "l-5,-8 h10 z" : "l-5,8 h10 z";

    svg->outside[across < 0 ? EDGE_LEFT : across > 0 ? EDGE_RIGHT : up < 0 ? EDGE_DOWN : EDGE_UP] = true;
    text_addf(svg->out, "<path d=\"M%s,%s %s\" fill=\"" SVG_VERMILION "\"/>\n", svg_number(a, x), svg_number(b, y), path);
}

static void draw_point(struct svg *svg, const struct area *area, double x, double y, enum mark mark, int shape)
{
    int across, up;
    double px, py;

    if (isnan(x) || isnan(y))
        return;
    px = x_place(area, x, &across);
    py = y_place(area, y, &up);
    if (across != 0 || up != 0)
        draw_outside(svg, px, py, across, up);
    else
        draw_dot(svg, px, py, mark, shape, area->size);
}

/* --- lines ------------------------------------------------------------------------------------------- */

/* Unbounded, for what a nested page cuts off. */
static double free_place(const struct scale *scale, double value)
{
    double place = scale->from + (value - scale->low) / (scale->high - scale->low) * (scale->to - scale->from);

    return isfinite(place) ? fmax(-1e5, fmin(place, 1e5)) : 1e5;
}

static bool is_point(const struct plot_series *series, size_t i)
{
    return i < series->count && isfinite(series->x[i]) && isfinite(series->y[i]);
}

enum { STROKE = 4 };

/* A point between none is a stroke, so far to both sides. */
static void draw_path(struct svg *svg, const struct area *area, const struct plot_series *series)
{
    bool open = false;
    char a[NUMBER_SIZE], b[NUMBER_SIZE];

    text_add(svg->out, "<path d=\"");
    for (size_t i = 0; i < series->count; i++) {
        bool single = !open && !is_point(series, i + 1);

        if (!is_point(series, i)) {
            open = false;
            continue;
        }
        text_addf(svg->out, "%s%s,%s ", open ? "L" : "M",
                  svg_number(a, free_place(&area->x, series->x[i]) - (single ? STROKE : 0)),
                  svg_number(b, free_place(&area->y, series->y[i])));
        if (single)
            text_addf(svg->out, "h%d ", 2 * STROKE);
        open = true;
    }
    text_addf(svg->out, "\" fill=\"none\" %s stroke-linejoin=\"round\"/>\n", stroke_of(series->mark));
}

/* On an axis of names a line is a ledge at each. */
static void draw_ledges(struct svg *svg, const struct area *area, const struct plot_series *series)
{
    double reach = area->band * (series->mark == MARK_DOTTED ? 0.42 : series->mark == MARK_FAINT ? 0.34 : 0.26);

    for (size_t i = 0; i < series->count; i++) {
        double x = free_place(&area->x, series->x[i]), y = free_place(&area->y, series->y[i]);

        if (isfinite(series->x[i]) && isfinite(series->y[i]))
            svg_line(svg, x - reach, y, x + reach, y, stroke_of(series->mark));
    }
}

static void draw_segment(struct svg *svg, const struct area *area, const struct plot_series *series, size_t i)
{
    int edge;
    double x1 = series->x[i], x2 = series->x2 == NULL ? x1 : series->x2[i];
    double y1 = y_value(series, series->y, i), y2 = series->y2 == NULL ? y1 : series->y2[i];

    if (isnan(x1) || isnan(x2) || isnan(y1) || isnan(y2))
        return;
    svg_line(svg, x_place(area, x1, &edge), y_place(area, y1, &edge), x_place(area, x2, &edge), y_place(area, y2, &edge),
             stroke_of(series->mark));
}

static void draw_bar(struct svg *svg, const struct area *area, const struct plot_series *series, size_t i)
{
    int edge;
    double left = x_place(area, series->x[i], &edge), right = x_place(area, series->x2[i], &edge);
    double top = y_place(area, series->y[i], &edge), bottom = y_place(area, 0, &edge);
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE];

    if (!isfinite(series->x[i]) || !isfinite(series->x2[i]) || !isfinite(series->y[i]))
        return;
    text_addf(svg->out, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"" SVG_SKY "\" stroke=\"#ffffff\"/>\n",
              svg_number(a, left), svg_number(b, fmin(top, bottom)), svg_number(c, fabs(right - left)),
              svg_number(d, fabs(bottom - top)));
}

static void draw_name(struct svg *svg, const struct area *area, const struct plot_series *series, size_t i)
{
    int edge;
    double x, y;

    if (isnan(series->x[i]) || series->label == NULL)
        return;
    x = x_place(area, series->x[i], &edge);
    y = y_place(area, y_value(series, series->y, i), &edge);
    if (x + utf8_width(series->label) * SVG_LETTER > area->x.to)
        svg_words(svg, x - 7, y + 4, ANCHOR_END, " font-weight=\"bold\"", series->label);
    else
        svg_words(svg, x + 7, y + 4, ANCHOR_START, " font-weight=\"bold\"", series->label);
}

/* --- all of it --------------------------------------------------------------------------------------- */

static bool is_path(enum mark mark)
{
    return mark == MARK_LINE || mark == MARK_FAINT || mark == MARK_DOTTED;
}

static void draw_series(struct svg *svg, const struct area *area, const struct plot_series *series, enum mark layer)
{
    if (is_path(layer) && series->y != NULL) {
        if (area->band > 0)
            draw_ledges(svg, area, series);
        else
            draw_path(svg, area, series);
        return;
    }
    for (size_t i = 0; i < series->count; i++) {
        if (layer == MARK_BAR)
            draw_bar(svg, area, series, i);
        else if (layer == MARK_INTERVAL || layer == MARK_BOX || layer == MARK_ARROW)
            draw_segment(svg, area, series, i);
        else if (layer == MARK_NAME)
            draw_name(svg, area, series, i);
        else if (series->mark == MARK_ARROW && layer == MARK_POOLED)
            draw_point(svg, area, series->x2[i], series->y2 == NULL ? y_value(series, series->y, i) : series->y2[i], layer, 0);
        else
            draw_point(svg, area, series->x[i], y_value(series, series->y, i), layer, series->shape);
    }
}

/* An arrow is a path, an own estimate and a BLUP. */
static bool is_in_layer(const struct plot_series *series, enum mark layer)
{
    return series->mark == layer || (series->mark == MARK_ARROW && (layer == MARK_RAW || layer == MARK_POOLED));
}

static void draw_references(struct svg *svg, const struct area *area, const struct plot *plot)
{
    for (const struct plot_reference *reference = plot->references; reference != NULL; reference = reference->next) {
        int edge = 0;
        double at = reference->vertical ? x_place(area, reference->at, &edge) : y_place(area, reference->at, &edge);

        if (edge != 0 || !isfinite(reference->at))
            continue;
        if (reference->vertical)
            svg_line(svg, at, area->y.from, at, area->y.to, REFERENCE_LINE);
        else
            svg_line(svg, area->x.from, at, area->x.to, at, REFERENCE_LINE);
    }
}

void svg_marks(struct svg *svg, struct area *area, const struct plot *plot)
{
    double left = area->x.from - 6, top = fmin(area->y.from, area->y.to) - 6;
    double width = area->x.to - area->x.from + 12, height = fabs(area->y.to - area->y.from) + 12;
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE];

    /* a page in the page, in the same places, cuts off what lies beyond it */
    svg_number(a, left);
    svg_number(b, top);
    svg_number(c, width);
    svg_number(d, height);
    text_addf(svg->out, "<svg x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" viewBox=\"%s %s %s %s\" overflow=\"hidden\">\n", a, b,
              c, d, a, b, c, d);
    draw_references(svg, area, plot);
    for (int layer = 0; layer < MARK_KINDS; layer++)
        for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
            if (is_in_layer(series, back_to_front[layer]))
                draw_series(svg, area, series, back_to_front[layer]);
    text_add(svg->out, "</svg>\n");
}

void svg_sign(struct svg *svg, double x, double y, const struct plot_series *series)
{
    if (is_path(series->mark) || series->mark == MARK_INTERVAL || series->mark == MARK_BOX || series->mark == MARK_ARROW)
        svg_line(svg, x, y, x + 26, y, stroke_of(series->mark));
    if (series->mark == MARK_BAR)
        text_addf(svg->out, "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"10\" fill=\"" SVG_SKY "\"/>\n", (int)x + 8,
                  (int)y - 5);
    if (series->mark == MARK_ARROW) {
        draw_dot(svg, x + 2, y, MARK_RAW, 0, 1);
        draw_dot(svg, x + 24, y, MARK_POOLED, 0, 1);
    }
    if (series->mark == MARK_POINT || series->mark == MARK_RAW || series->mark == MARK_POOLED)
        draw_dot(svg, x + 13, y, series->mark, series->shape, 1);
}

void svg_reference_sign(struct svg *svg, double x, double y, bool vertical)
{
    if (vertical)
        svg_line(svg, x + 13, y - 8, x + 13, y + 8, REFERENCE_LINE);
    else
        svg_line(svg, x, y, x + 26, y, REFERENCE_LINE);
}
