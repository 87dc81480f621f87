/* svg.c -- plots as SVG: title, body by kind, legend and words below, as draw.c has them in text. */
#include "render/svg.h"

#include <math.h>
#include <string.h>

#include "render/formats.h"
#include "render/legend.h"
#include "render/svg-private.h"
#include "render/wrap.h"
#include "render/xml.h"

enum { PAGE = 640, PAGE_LETTERS = 80, LEAST_PAGE = 480, MOST_PAGE = 1400 };

/* --- elements ---------------------------------------------------------------------------------------- */

const char *svg_number(char buffer[NUMBER_SIZE], double x)
{
    number_fixed(buffer, isfinite(x) ? fmax(-1e6, fmin(x, 1e6)) : 0, 1);
    return buffer;
}

/* The words with their runs of blanks, which XML would make one, as spaces of their own. */
static void add_words(struct svg *svg, const char *words)
{
    struct text spaced = { 0 };

    while (*words != '\0') {
        size_t run = strspn(words, " ");

        if (run > 1)
            text_add(&spaced, "\xe2\x80\x83");
        else
            text_add_bytes(&spaced, words, run = 1);
        words += run;
    }
    xml_add(svg->out, text_string(&spaced), false);
    svg->failed = svg->failed || spaced.failed;
    text_clear(&spaced);
}

void svg_words(struct svg *svg, double x, double y, enum anchor anchor, const char *attributes, const char *words)
{
    static const char *const anchors[] = {
        [ANCHOR_START] = "", [ANCHOR_MIDDLE] = " text-anchor=\"middle\"", [ANCHOR_END] = " text-anchor=\"end\""
    };
    char at_x[NUMBER_SIZE], at_y[NUMBER_SIZE];

    if (words == NULL) {
        svg->failed = true;
        return;
    }
    text_addf(svg->out, "<text x=\"%s\" y=\"%s\"%s%s>", svg_number(at_x, x), svg_number(at_y, y), anchors[anchor], attributes);
    add_words(svg, words);
    text_add(svg->out, "</text>\n");
}

void svg_paragraph(struct svg *svg, double indent, const char *attributes, const char *words)
{
    int letters = (int)((svg->width - 2 * SVG_MARGIN - indent) / SVG_LETTER);

    while (*words != '\0') {
        size_t bytes = wrap_at(words, letters);

        svg->y += SVG_LINE;
        svg_words(svg, SVG_MARGIN + indent, svg->y - 4, ANCHOR_START, attributes, arena_strndup(svg->arena, words, bytes));
        words += bytes;
        words += strspn(words, " ");
    }
}

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, const char *attributes)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE];

    text_addf(svg->out, "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" %s/>\n", svg_number(a, x1), svg_number(b, y1),
              svg_number(c, x2), svg_number(d, y2), attributes);
}

void svg_circle(struct svg *svg, double x, double y, double radius, const char *attributes)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE];

    text_addf(svg->out, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" %s/>\n", svg_number(a, x), svg_number(b, y), svg_number(c, radius),
              attributes);
}

/* --- the legend -------------------------------------------------------------------------------------- */

struct legend {
    struct svg *svg;
    double x; /* where the next entry begins; 0: none stands there yet */
};

/* Makes room for an entry and its words; its sign is drawn at legend->x before. */
static void begin_entry(struct legend *legend, const char *words)
{
    double width = 34 + utf8_width(words) * SVG_LETTER;

    if (legend->x == 0 || legend->x + width > legend->svg->width - SVG_MARGIN) {
        legend->svg->y += SVG_LINE + 2;
        legend->x = SVG_MARGIN;
    }
}

static void end_entry(struct legend *legend, const char *words)
{
    svg_words(legend->svg, legend->x + 32, legend->svg->y - 4, ANCHOR_START, "", words);
    legend->x += 32 + utf8_width(words) * SVG_LETTER + 18;
}

static void legend_series(struct legend *legend, const struct plot_series *series)
{
    begin_entry(legend, series->label);
    svg_sign(legend->svg, legend->x, legend->svg->y - 8, series);
    end_entry(legend, series->label);
}

static void legend_references(struct legend *legend, const struct plot *plot)
{
    for (const struct plot_reference *reference = plot->references; reference != NULL; reference = reference->next) {
        char buffer[NUMBER_SIZE];
        const char *words;

        if (reference->label == NULL)
            continue;
        words =
            arena_printf(legend->svg->arena, "%s %s", reference->label, number_among(buffer, reference->at, legend->svg->digits));
        if (words == NULL) {
            legend->svg->failed = true;
            continue;
        }
        begin_entry(legend, words);
        svg_reference_sign(legend->svg, legend->x, legend->svg->y - 8, reference->vertical);
        end_entry(legend, words);
    }
}

static void draw_legend(struct svg *svg, const struct plot *plot)
{
    struct legend legend = { .svg = svg };
    size_t count;
    const struct plot_series **list = legend_list(plot, svg->arena, &count);
    bool outside = false;

    svg->failed = svg->failed || list == NULL;
    for (size_t k = 0; list != NULL && k < count; k++)
        legend_series(&legend, list[k]);
    if (plot->kind == PLOT_PANELS && plot->panels != NULL)
        legend_references(&legend, legend_panel(plot));
    legend_references(&legend, plot);
    for (int edge = 0; edge < EDGE_COUNT; edge++)
        outside = outside || svg->outside[edge];
    if (!outside)
        return;
    begin_entry(&legend, "out of range");
    text_addf(svg->out, "<path d=\"M%d,%d l8,-5 v10 z\" fill=\"" SVG_VERMILION "\"/>\n", (int)legend.x + 8, (int)svg->y - 8);
    end_entry(&legend, "out of range");
}

/* --- one plot ---------------------------------------------------------------------------------------- */

static void draw_below(struct svg *svg, const struct plot *plot)
{
    size_t count = 0;

    svg->y += 4;
    draw_legend(svg, plot);
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        count++;
    svg->y += 4;
    if (plot->total_panels > count) {
        const char *words = arena_printf(svg->arena, "showing %zu of %zu panels", count, plot->total_panels);

        svg_paragraph(svg, 0, " fill=\"" SVG_DIM "\"", words == NULL ? "" : words);
    }
    if (plot->about != NULL)
        svg_paragraph(svg, 0, " fill=\"" SVG_DIM "\"", plot->about);
    if (plot->statement != NULL)
        svg_paragraph(svg, 0, " fill=\"" SVG_DIM "\"", plot->statement);
}

static void draw_plot(struct svg *svg, const struct plot *plot)
{
    memset(svg->outside, 0, sizeof svg->outside);
    if (plot->title != NULL)
        svg_paragraph(svg, 0, " font-weight=\"bold\"", plot->title);
    svg->y += 4;
    switch (plot->kind) {
    case PLOT_XY:
        svg_plane(svg, plot);
        break;
    case PLOT_ROWS:
        svg_rows(svg, plot);
        break;
    case PLOT_PANELS:
        svg_panels(svg, plot);
        break;
    }
    draw_below(svg, plot);
}

/* Pixels that letters of the page's width would take. */
static double page_width(const struct plot *plot, const struct style *style)
{
    int letters = plot->width > 0 ? plot->width : style->width > 0 ? style->width : PAGE_LETTERS;

    return fmax(LEAST_PAGE, fmin((double)PAGE * letters / PAGE_LETTERS, MOST_PAGE));
}

/* The element around what was drawn. */
static bool put_page(struct svg *svg, struct text *out)
{
    char width[NUMBER_SIZE], height[NUMBER_SIZE];

    svg_number(width, svg->width);
    svg_number(height, svg->y + SVG_MARGIN);
    text_addf(out,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\" role=\"img\" "
              "font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\" font-size=\"%d\" fill=\"" SVG_INK
              "\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
              width, height, width, height, SVG_FONT);
    text_add(out, text_string(svg->out));
    text_add(out, "</svg>\n");
    return !svg->failed && !svg->out->failed && !out->failed && !arena_failed(svg->arena);
}

bool plot_svg(const struct plot *plot, const struct style *style, struct text *out)
{
    struct text body = { 0 };
    struct svg svg = { .out = &body, .arena = arena_new(), .digits = style->digits, .width = page_width(plot, style), .y = 4 };
    bool ok = svg.arena != NULL;

    if (ok) {
        draw_plot(&svg, plot);
        ok = put_page(&svg, out);
    }
    arena_free(svg.arena);
    text_clear(&body);
    return ok;
}

/* --- a result ---------------------------------------------------------------------------------------- */

bool result_has_plot(const struct result *result)
{
    for (; result != NULL; result = result->next)
        for (const struct item *item = result->first; item != NULL; item = item->next)
            if (item->kind == ITEM_PLOT)
                return true;
    return false;
}

/* All plots of an answer below each other, on a page of the widest. */
bool render_svg(const struct result *result, const struct style *style, struct text *out)
{
    struct text body = { 0 };
    struct svg svg = { .out = &body, .arena = arena_new(), .digits = style->digits, .y = 4 };
    bool ok = svg.arena != NULL;

    for (const struct result *part = result; part != NULL; part = part->next)
        for (const struct item *item = part->first; item != NULL; item = item->next)
            if (item->kind == ITEM_PLOT)
                svg.width = fmax(svg.width, page_width(item->as.plot, style));
    svg.width = fmax(svg.width, LEAST_PAGE);
    for (const struct result *part = result; ok && part != NULL; part = part->next)
        for (const struct item *item = part->first; item != NULL; item = item->next)
            if (item->kind == ITEM_PLOT)
                draw_plot(&svg, item->as.plot);
    ok = ok && put_page(&svg, out);
    arena_free(svg.arena);
    text_clear(&body);
    return ok;
}
