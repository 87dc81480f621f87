/* draw.c -- see draw.h: title above, body by kind, then legend, notes and statement below. */
#include "render/draw.h"

#include <math.h>
#include <string.h>

#include "base/sample.h"
#include "render/fold.h"
#include "render/glyph.h"
#include "render/legend.h"
#include "render/sketch.h"
#include "render/wrap.h"

enum { BODY_ROWS = 20, LEAST_BODY = 10, PAGE_ROWS = 24, LOW_BODY = 13 };

/* --- words ------------------------------------------------------------------------------------ */

const char *sketch_text(struct sketch *sketch, const char *text)
{
    text = without_controls(sketch->arena, text, "");
    return text != NULL && sketch->canvas->charset == CHARSET_ASCII ? fold_ascii(sketch->arena, text, true) : text;
}

bool sketch_words(struct sketch *sketch, const char *words, int hang, unsigned attributes)
{
    int indent = 0;

    words = sketch_text(sketch, words);
    if (words == NULL)
        return false;
    while (*words != '\0') {
        size_t bytes = wrap_at(words, sketch->canvas->columns - indent);
        const char *line = arena_strndup(sketch->arena, words, bytes);

        if (line == NULL)
            return false;
        canvas_text(sketch->canvas, sketch->row++, indent, line, attributes);
        words += bytes;
        words += strspn(words, " ");
        indent = hang;
    }
    return true;
}

/* --- ranges and axes -------------------------------------------------------------------------- */

void ranges_begin(struct ranges *ranges)
{
    for (int i = 0; i < 2; i++) {
        ranges->low[i] = HUGE_VAL;
        ranges->high[i] = -HUGE_VAL;
    }
}

void ranges_add(struct ranges *ranges, const struct plot *plot)
{
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        range_extend(&ranges->low[0], &ranges->high[0], series->x, series->count);
        range_extend(&ranges->low[0], &ranges->high[0], series->x2, series->count);
        range_extend(&ranges->low[1], &ranges->high[1], series->y, series->count);
        range_extend(&ranges->low[1], &ranges->high[1], series->y2, series->count);
        if (series->mark == MARK_BAR)
            range_extend(&ranges->low[1], &ranges->high[1], (const double[]){ 0 }, 1);
    }
    for (const struct plot_reference *reference = plot->references; reference != NULL; reference = reference->next) {
        int axis = reference->vertical ? 0 : 1;

        range_extend(&ranges->low[axis], &ranges->high[axis], &reference->at, 1);
    }
    if (plot->has_x_range) {
        ranges->low[0] = plot->x_range[0];
        ranges->high[0] = plot->x_range[1];
    }
    if (plot->has_y_range) {
        ranges->low[1] = plot->y_range[0];
        ranges->high[1] = plot->y_range[1];
    }
}

void sketch_x_axis(struct axis *axis, const struct axis_wish *wish)
{
    struct axis_wish less = *wish;
    int last, over;

    axis_choose(axis, wish);
    for (int tries = 0; tries < 4 && axis->tick_count > 0; tries++) {
        last = axis->tick_count - 1;
        over = axis->tick_cell[last] + (int)strlen(axis->tick_label[last]) / 2 + 1 - wish->cells;
        if (over <= 0 || less.cells - over < 4)
            return;
        less.cells -= over;
        axis_choose(axis, &less);
    }
}

void sketch_x_line(struct sketch *sketch, const struct region *region, int row)
{
    enum charset charset = sketch->canvas->charset;

    canvas_put(sketch->canvas, row, region->column - 1, glyph_of(GLYPH_CORNER, charset), ATTRIBUTE_DIM);
    for (int i = 0; i < region->x.cells; i++)
        canvas_put(sketch->canvas, row, region->column + i, glyph_of(GLYPH_AXIS_ACROSS, charset), ATTRIBUTE_DIM);
    for (int i = 0; i < region->x.tick_count; i++)
        canvas_put(sketch->canvas, row, region->column + region->x.tick_cell[i], glyph_of(GLYPH_TICK_ACROSS, charset),
                   ATTRIBUTE_DIM);
}

void sketch_x_labels(struct sketch *sketch, const struct region *region, int row)
{
    for (int i = 0; i < region->x.tick_count; i++) {
        int length = (int)strlen(region->x.tick_label[i]);
        int start = region->column + region->x.tick_cell[i] - (length - 1) / 2;

        if (region->rows && start < region->column) /* the headings of the table stand on the same line */
            start = region->column;
        if (start + length > sketch->canvas->columns)
            start = sketch->canvas->columns - length;
        canvas_text(sketch->canvas, row, start < 0 ? 0 : start, region->x.tick_label[i], 0);
    }
}

void sketch_y_axis(struct sketch *sketch, const struct region *region, bool labels)
{
    enum charset charset = sketch->canvas->charset;

    for (int i = 0; i < region->height; i++)
        canvas_put(sketch->canvas, region->row + i, region->column - 1, glyph_of(GLYPH_AXIS_UP, charset), ATTRIBUTE_DIM);
    for (int i = 0; labels && i < region->y.tick_count; i++) {
        int row = region->row + region->height - 1 - region->y.tick_cell[i];
        int length = (int)strlen(region->y.tick_label[i]);

        canvas_put(sketch->canvas, row, region->column - 1, glyph_of(GLYPH_TICK_UP, charset), ATTRIBUTE_DIM);
        canvas_text(sketch->canvas, row, region->column - 2 - length, region->y.tick_label[i], 0);
    }
}

/* --- the legend ------------------------------------------------------------------------------- */

struct legend {
    struct sketch *sketch;
    int column; /* where the next entry starts; 0: at the start of a line */
    bool ok;
};

static void legend_entry(struct legend *legend, const char *sign, unsigned attributes, const char *label)
{
    struct sketch *s = legend->sketch;
    const char *words = sketch_text(s, label);
    int width;

    if (words == NULL) {
        legend->ok = false;
        return;
    }
    width = utf8_width(sign) + (sign[0] != '\0') + utf8_width(words);
    if (legend->column > 0 && legend->column + 2 + width > s->canvas->columns) {
        s->row++;
        legend->column = 0;
    }
    if (legend->column > 0)
        legend->column += 2;
    legend->column = canvas_text(s->canvas, s->row, legend->column, sign, attributes) + (sign[0] != '\0');
    if (legend->column + utf8_width(words) <= s->canvas->columns) {
        legend->column = canvas_text(s->canvas, s->row, legend->column, words, 0);
        return;
    }
    while (*words != '\0') { /* a label longer than a line */
        size_t bytes = wrap_at(words, s->canvas->columns - 2);
        const char *line = arena_strndup(s->arena, words, bytes);

        if (line == NULL) {
            legend->ok = false;
            return;
        }
        canvas_text(s->canvas, s->row++, 2, line, 0);
        words += bytes;
        words += strspn(words, " ");
    }
    legend->column = 0;
}

/* A line of which no sign stands in the plot is named without one. */
static void legend_series(struct legend *legend, const struct plot_series *series)
{
    const struct mark_notes *notes = &legend->sketch->notes;
    bool behind = series->mark == MARK_DOTTED && notes->dotted && !notes->dotted_seen;
    const char *label = behind ? arena_printf(legend->sketch->arena, "%s: behind the other lines", series->label) : series->label;

    if (label == NULL)
        legend->ok = false;
    else
        legend_entry(legend, behind ? "" : series_legend(series, notes, legend->sketch->canvas->charset),
                     mark_attributes(series->mark), label);
}

static void legend_references(struct legend *legend, const struct plot *plot)
{
    enum charset charset = legend->sketch->canvas->charset;

    for (const struct plot_reference *reference = plot->references; reference != NULL; reference = reference->next) {
        const struct mark_notes *notes = &legend->sketch->notes;
        char buffer[NUMBER_SIZE];
        const char *label;

        if (reference->label == NULL)
            continue;
        label = arena_printf(legend->sketch->arena, "%s %s", reference->label,
                             number_among(buffer, reference->at, legend->sketch->digits));
        if (label == NULL)
            legend->ok = false;
        else
            legend_entry(legend,
                         (reference->vertical ? notes->upright : notes->across)
                             ? reference_glyph(reference->vertical, notes, charset)
                             : "",
                         ATTRIBUTE_DIM, label);
    }
}

/* Those of the signs for what is out of range that stand in the plot: "◂ ▸ out of range". */
static void legend_edges(struct legend *legend)
{
    static const enum glyph signs[] = {
        [EDGE_LEFT] = GLYPH_LEFT,
        [EDGE_RIGHT] = GLYPH_RIGHT,
        [EDGE_UP] = GLYPH_UP,
        [EDGE_DOWN] = GLYPH_DOWN,
    };
    char drawn[32] = "", *end = drawn;

    for (int edge = 0; edge < EDGE_COUNT; edge++) {
        if (!legend->sketch->notes.outside[edge])
            continue;
        end = stpcpy(end, end == drawn ? "" : " ");
        end = stpcpy(end, glyph_of(signs[edge], legend->sketch->canvas->charset));
    }
    if (end != drawn)
        legend_entry(legend, drawn, 0, "out of range");
}

/* What the drawing brought about: both estimates in a cell, edges, several points in a cell. */
static void legend_notes(struct legend *legend)
{
    const struct mark_notes *notes = &legend->sketch->notes;
    enum charset charset = legend->sketch->canvas->charset;
    static const enum glyph heavier[] = { GLYPH_POINTS_FEW, GLYPH_POINTS_SOME, GLYPH_POINTS_MANY };

    if (notes->both)
        legend_entry(legend, glyph_of(GLYPH_BOTH, charset), 0, "both");
    legend_edges(legend);
    if (notes->mixed)
        legend_entry(legend, glyph_of(GLYPH_MIXED, charset), 0, "several in one cell");
    if (notes->on_faint && notes->on_line && charset != CHARSET_BRAILLE)
        legend_entry(legend, charset == CHARSET_ASCII ? "+ #" : "┼ ╋", 0, "on a line");
    else if ((notes->on_faint || notes->on_line) && charset != CHARSET_BRAILLE)
        legend_entry(legend, glyph_of(notes->on_line ? GLYPH_POINT_ON_LINE : GLYPH_POINT_ON_FAINT, charset), 0, "on a line");
    for (int i = 0; notes->dense && i < 3 && notes->levels[i] <= notes->largest; i++) {
        const char *label = arena_printf(legend->sketch->arena, "%s%d or more", i == 0 ? "a cell of " : "", notes->levels[i]);

        if (label == NULL)
            legend->ok = false;
        else
            legend_entry(legend, glyph_of(heavier[i], charset), 0, label);
    }
}

static bool draw_legend(struct sketch *sketch)
{
    struct legend legend = { sketch, 0, true };
    size_t count;
    const struct plot_series **list = legend_list(sketch->plot, sketch->arena, &count);

    if (list == NULL)
        return false;
    for (size_t k = 0; k < count; k++)
        legend_series(&legend, list[k]);
    if (sketch->plot->kind == PLOT_PANELS && sketch->plot->panels != NULL)
        legend_references(&legend, legend_panel(sketch->plot));
    legend_references(&legend, sketch->plot);
    legend_notes(&legend);
    if (legend.column > 0)
        sketch->row++;
    return legend.ok;
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool draw_below(struct sketch *sketch)
{
    const struct plot *plot = sketch->plot;
    const char *words;
    size_t count = 0;

    if (!draw_legend(sketch))
        return false;
    if (sketch->notes.dodged && !sketch_words(sketch, "the groups stand side by side at each value", 2, 0))
        return false;
    if (sketch->notes.stacked && !sketch_words(sketch, "the groups stand one below the other at each value", 2, 0))
        return false;
    if (sketch->left_out != NULL) {
        words = arena_printf(sketch->arena, "not shown at this width: %s", sketch->left_out);
        if (words == NULL || !sketch_words(sketch, words, 2, ATTRIBUTE_DIM))
            return false;
    }
    for (const struct plot *panel = plot->panels; panel != NULL; panel = panel->next)
        count++;
    if (plot->total_panels > count) {
        words = arena_printf(sketch->arena, "showing %zu of %zu panels", count, plot->total_panels);
        if (words == NULL || !sketch_words(sketch, words, 2, 0))
            return false;
    }
    if (plot->about != NULL && !sketch->about_hidden && !sketch_words(sketch, plot->about, 2, 0))
        return false;
    return plot->statement == NULL || sketch_words(sketch, plot->statement, 2, 0);
}

/* Of an XY plot that gets so few rows the series that lie apart there, with the labels that say so; NULL when memory is out. */
static const struct plot *plot_low(const struct plot *plot, int rows, struct arena *arena)
{
    struct plot *low = arena_alloc(arena, 1, sizeof *low);
    bool some = false;

    for (const struct plot_series *series = plot->first; series != NULL; series = series->next)
        some = some || series->spare;
    if (low == NULL || !some || rows <= 0 || rows >= LOW_BODY)
        return low == NULL ? NULL : plot;
    *low = *plot;
    low->first = low->last = NULL;
    for (const struct plot_series *series = plot->first; series != NULL; series = series->next) {
        struct plot_series *copy = series->spare ? NULL : arena_alloc(arena, 1, sizeof *copy);

        if (copy == NULL && !series->spare)
            return NULL;
        if (copy == NULL)
            continue;
        *copy = *series;
        copy->next = NULL;
        copy->label = copy->low_label != NULL ? copy->low_label : copy->label;
        *(low->last == NULL ? &low->first : &low->last->next) = copy;
        low->last = copy;
    }
    return low;
}

bool plot_draw_canvas(const struct plot *plot, int rows, int digits, struct arena *arena, struct canvas *canvas)
{
    const struct plot *shown = plot_low(plot, rows, arena);
    struct sketch sketch = {
        .canvas = canvas, .arena = arena, .plot = shown, .digits = digits, .body = rows > 0 ? rows : BODY_ROWS, .tall = rows > 0
    };
    bool ok = shown != NULL && (plot->title == NULL || sketch_words(&sketch, plot->title, 2, ATTRIBUTE_BOLD));

    switch (plot->kind) {
    case PLOT_XY:
        ok = ok && sketch_xy(&sketch);
        break;
    case PLOT_ROWS:
        ok = ok && sketch_rows(&sketch);
        break;
    case PLOT_PANELS:
        ok = ok && sketch_panels(&sketch);
        break;
    }
    return ok && draw_below(&sketch) && !canvas->failed;
}

/* The plot in as many lines as stand above a prompt: the body gives way to a long legend, as far as it can. */
static bool draw_page(const struct plot *plot, const struct style *style, int width, struct arena *arena, struct canvas *canvas)
{
    int room = (style->height > 0 ? style->height : PAGE_ROWS) - 1, body = BODY_ROWS;

    for (;;) {
        canvas_init(canvas, width, style->charset);
        if (!plot_draw_canvas(plot, body < BODY_ROWS ? body : 0, style->digits, arena, canvas))
            return false;
        if (plot->kind == PLOT_ROWS || canvas->rows <= room || body == LEAST_BODY)
            return true;
        body -= canvas->rows - room;
        body = body < LEAST_BODY ? LEAST_BODY : body;
        canvas_clear(canvas);
    }
}

bool plot_draw(const struct plot *plot, const struct style *style, struct text *out)
{
    struct canvas canvas = { 0 };
    struct arena *arena = arena_new();
    int wanted = plot->width > 0 ? plot->width : style->width, width = wanted < 40 ? 40 : wanted > 250 ? 250 : wanted;
    bool ok = arena != NULL;

    ok = ok && draw_page(plot, style, width, arena, &canvas) && canvas_write(&canvas, style->color, out);
    canvas_clear(&canvas);
    arena_free(arena);
    return ok;
}
