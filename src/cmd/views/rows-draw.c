/* rows-draw.c -- how the levels look: a table, the strip of marks beside it, or the plane of two effects.
 *
 * The columns are those of `shrinkage` on the prompt.  Their widths come from all levels, not from those on the screen, so
 * that nothing jumps when one scrolls or turns the dial. */
#include "cmd/views/rows-private.h"

#include <math.h>
#include <string.h>

#include "lang/command.h"
#include "report/determined.h"
#include "result/result.h"
#include "cmd/plots/strip.h"
#include "cmd/views/line.h"
#include "infer/ci.h"
#include "model/family.h"
#include "render/fold.h"
#include "render/glyph.h"
#include "render/shorten.h"
#include "render/sketch.h"
#include "result/number.h"

enum { GUTTER = 2, PLANE_LEVELS = 60 };

bool rows_text(struct canvas *canvas, struct arena *arena, int row, int column, const char *words, unsigned attributes)
{
    words = words == NULL ? NULL : without_controls(arena, words, "");
    if (words != NULL && canvas->charset == CHARSET_ASCII)
        words = fold_ascii(arena, words, true);
    if (words == NULL)
        return false;
    canvas_text(canvas, row, column, words, attributes);
    return true;
}

/* --- the numbers of a row -------------------------------------------------------------------------- */

enum cell_of { OF_NAME, OF_N, OF_RAW, OF_POOLED, OF_INTERVAL, OF_KEPT, OF_SE, OF_RANK_RAW, OF_RANK };

struct row_column {
    enum cell_of of;
    const char *heading;
    int width;
    bool left;
};

enum { MOST_COLUMNS = 9, KEPT_WIDTH = 4, LEAST_STRIP = 19 };

struct layout {
    struct row_column columns[MOST_COLUMNS];
    int count;
    int end; /* the column of cells behind the table */
    int number_width;
};

static const char *percent(struct arena *arena, double share, bool limit)
{
    char text[NUMBER_SIZE];

    if (limit || share >= 1)
        return "100%";
    if (isnan(share))
        return "";
    if (share < 0.005)
        return share > 0 ? "<1%" : "0%";
    return share > 0.995 ? ">99%" : arena_printf(arena, "%s%%", number_fixed(text, 100 * share, 0));
}

static const char *cell_text(const struct rows *rows, const struct layout *layout, struct arena *arena, enum cell_of of,
                             int32_t l)
{
    const struct shrinkage *s = rows->now;
    double pooled = s->pooled[l] - rows_shift(rows), ends[2];
    char a[NUMBER_SIZE], b[NUMBER_SIZE];

    switch (of) {
    case OF_NAME:
        return s->level[l];
    case OF_N:
        return arena_printf(arena, "%.0f", (s->trials != NULL ? s->trials : s->rows)[l]);
    case OF_RAW:
        return arena_strdup(arena, number_fixed(a, s->raw[l], rows->decimals));
    case OF_POOLED:
        return arena_strdup(arena, number_fixed(a, pooled, rows->decimals));
    case OF_INTERVAL:
        if (isnan(s->se[l]) || s->se[l] == 0)
            return isnan(s->se[l]) ? "" : "none";
        rows_interval(rows, (size_t)l, ends);
        return arena_printf(arena, "[%*s, %*s]", layout->number_width, number_fixed(a, ends[0], rows->decimals),
                            layout->number_width, number_fixed(b, ends[1], rows->decimals));
    case OF_KEPT:
        return percent(arena, s->weight == NULL ? (double)NAN : s->weight[l], rows->limit);
    case OF_SE:
        return isnan(s->se[l]) ? "" : arena_strdup(arena, number_fixed(a, s->se[l], rows->decimals));
    case OF_RANK_RAW:
        return arena_printf(arena, "%d", s->rank_raw[l]);
    case OF_RANK:
        return arena_printf(arena, "%d", s->rank_pooled[l]);
    }
    return "";
}

static int width_of_number(double x, int decimals)
{
    char buffer[NUMBER_SIZE];

    return utf8_width(number_fixed(buffer, x, decimals));
}

static void add_column(struct layout *layout, int room, enum cell_of of, const char *heading, int width)
{
    int heading_width = utf8_width(heading), gap = layout->count > 0 ? 2 : 0;

    width = width > heading_width ? width : heading_width;
    if (layout->count > 0 && layout->end + gap + width > room)
        return;
    if (layout->count == 0 && width > room / 2)
        width = room / 2;
    layout->columns[layout->count++] = (struct row_column){ of, heading, width, of == OF_NAME };
    layout->end += gap + width;
}

/* The columns for which there is room beside the strip. */
static bool choose_layout(const struct rows *rows, const struct canvas *canvas, struct arena *arena, struct layout *layout)
{
    const struct shrinkage *s = rows->now;
    bool strip = rows->face == ROWS_STRIP, kept;
    int room = strip ? canvas->columns - canvas->columns * 3 / 8 - 1 : canvas->columns, number, digits = 1;
    const char *interval = arena_printf(arena, "%g%% interval", 100 * rows->session->settings.level);
    double most = 0;

    if (interval == NULL)
        return false;
    *layout = (struct layout){ .end = GUTTER };
    number = width_of_number(rows->low, rows->decimals);
    if (width_of_number(rows->high, rows->decimals) > number)
        number = width_of_number(rows->high, rows->decimals);
    layout->number_width = number;
    for (int32_t l = 0; l < s->count; l++)
        most = fmax(most, (s->trials != NULL ? s->trials : s->rows)[l]);
    for (; most >= 10; most /= 10)
        digits++;
    add_column(layout, room, OF_NAME, s->group, rows->name_width);
    add_column(layout, room, OF_N, s->trials != NULL ? "trials" : "n", digits);
    if (!rows->deviations)
        add_column(layout, room, OF_RAW, "raw", number);
    add_column(layout, room, OF_POOLED, "BLUP", number);
    /* The interval is drawn anyway, so what is kept comes before it where there is room for one. */
    kept = !rows->deviations && s->weight != NULL;
    add_column(layout, room - (strip && kept ? KEPT_WIDTH + 2 : 0), OF_INTERVAL, interval, 2 * number + 4);
    if (kept) /* what moves with the dial is worth some cells of the strip */
        add_column(layout, strip ? canvas->columns - LEAST_STRIP : room, OF_KEPT, "kept", KEPT_WIDTH);
    if (!strip) {
        add_column(layout, room, OF_SE, "cond.SD", number);
        add_column(layout, room, OF_RANK_RAW, "rank raw", 4);
        add_column(layout, room, OF_RANK, "rank BLUP", 4);
    }
    return true;
}

/* One cell; what is wider than its column ends in dots. */
static bool put_cell(struct canvas *canvas, struct arena *arena, int row, int column, const struct row_column *c,
                     const char *words)
{
    const char *dots = canvas->charset == CHARSET_ASCII ? "." : "\xe2\x80\xa6";
    int width;

    words = words == NULL ? NULL : without_controls(arena, words, "");
    if (words != NULL && canvas->charset == CHARSET_ASCII)
        words = fold_ascii(arena, words, true);
    if (words == NULL)
        return false;
    width = utf8_width(words);
    if (width > c->width) {
        words = arena_printf(arena, "%.*s%s", (int)utf8_prefix(words, c->width - 1), words, dots);
        if (words == NULL)
            return false;
        width = c->width;
    }
    canvas_text(canvas, row, c->left ? column : column + c->width - width, words, 0);
    return true;
}

static int shown_rows_of(const struct rows *rows)
{
    size_t left = rows->list.count - rows->list.top;

    return left < (size_t)rows->list.page ? (int)left : rows->list.page;
}

/* The names of the levels on the page, in so many columns. */
static const char **page_names(const struct rows *rows, int width, enum charset charset, struct arena *arena)
{
    const struct list *list = &rows->list;
    int count = shown_rows_of(rows);
    const char **names = arena_alloc(arena, (size_t)count + 1, sizeof *names);

    for (int i = 0; names != NULL && i < count; i++) {
        names[i] = without_controls(arena, rows->now->level[list->order[list->top + (size_t)i]], "");
        if (names[i] != NULL && charset == CHARSET_ASCII)
            names[i] = fold_ascii(arena, names[i], true);
        if (names[i] == NULL)
            return NULL;
    }
    return names != NULL && names_shorten(names, (size_t)count, width, charset == CHARSET_ASCII ? "..." : "\xe2\x80\xa6", arena)
               ? names
               : NULL;
}

/* Headings at `row`, the levels of the page below. */
static bool put_rows(const struct rows *rows, const struct layout *layout, struct canvas *canvas, struct arena *arena, int row)
{
    const struct list *list = &rows->list;
    int column = GUTTER, count = shown_rows_of(rows);
    const char **names = page_names(rows, layout->columns[0].width, canvas->charset, arena);
    bool ok = names != NULL;

    for (int j = 0; ok && j < layout->count; j++) {
        const struct row_column *c = &layout->columns[j];

        ok = put_cell(canvas, arena, row, column, c, c->heading);
        for (int i = 0; ok && i < count; i++) {
            int32_t l = (int32_t)list->order[list->top + (size_t)i];

            ok = put_cell(canvas, arena, row + 1 + i, column, c,
                          c->of == OF_NAME ? names[i] : cell_text(rows, layout, arena, c->of, l));
        }
        column += c->width + 2;
    }
    return ok;
}

/* The mark of the cursor does not need colours: it is a sign, and reverse where the terminal has that. */
static void mark_cursor(const struct rows *rows, struct canvas *canvas, int row, int end)
{
    int at = row + 1 + (int)(rows->list.cursor - rows->list.top);

    if (rows->list.count == 0)
        return;
    canvas_put(canvas, at, 0, ">", ATTRIBUTE_BOLD);
    for (int column = GUTTER; column < end && at < canvas->rows; column++)
        canvas->cells[(ptrdiff_t)at * canvas->columns + column].attributes |= ATTRIBUTE_REVERSE;
}

/* --- the strip ----------------------------------------------------------------------------------------- */

/* The marks of the levels on the page, in the plot's arena. */
static bool add_marks(const struct rows *rows, struct plot *plot)
{
    const struct list *list = &rows->list;
    const struct shrinkage *s = rows->now;
    size_t count = list->count - list->top < (size_t)list->page ? list->count - list->top : (size_t)list->page;
    double *values = arena_alloc(plot->arena, 4 * count + 1, sizeof *values), ends[2];
    double *raw = values, *pooled = values + count, *lower = values + 2 * count, *upper = values + 3 * count;

    if (values == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t l = list->order[list->top + i];

        raw[i] = s->raw[l];
        pooled[i] = s->pooled[l] - rows_shift(rows);
        rows_interval(rows, l, ends);
        lower[i] = ends[0];
        upper[i] = ends[1];
    }
    if (!rows->deviations)
        plot_series(plot, MARK_RAW, NULL, count, raw, NULL);
    plot_series(plot, MARK_POOLED, NULL, count, pooled, NULL);
    series_ends(plot, plot_series(plot, MARK_INTERVAL, NULL, count, lower, NULL), upper, NULL);
    plot_reference(plot, true, rows->deviations && !rows->means ? 0 : s->complete, NULL);
    return plot_ok(plot);
}

static bool put_strip(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int end,
                      struct mark_notes *notes)
{
    struct plot plot = { .kind = PLOT_ROWS, .arena = arena };
    struct sketch sketch = { .canvas = canvas, .arena = arena, .plot = &plot };
    struct region region = { .canvas = canvas, .arena = arena, .notes = &sketch.notes, .rows = true };
    struct axis_wish wish = { rows->low, rows->high, canvas->columns - end - 2, true, 0, 0, false };

    if (wish.cells < 8)
        return true;
    region.row = row + 1;
    region.column = end + 2;
    region.height = shown_rows_of(rows);
    sketch_x_axis(&region.x, &wish);
    canvas_put(canvas, row, region.column - 1, glyph_of(GLYPH_AXIS_UP, canvas->charset), ATTRIBUTE_DIM);
    sketch_x_labels(&sketch, &region, row);
    sketch_y_axis(&sketch, &region, false);
    if (!add_marks(rows, &plot) || !region_draw(&region, &plot))
        return false;
    sketch_x_line(&sketch, &region, row + 1 + region.height);
    *notes = sketch.notes;
    return true;
}

/* Whether the formula of what is kept has a line of its own: where its column is shown. */
static bool tells_kept(const struct layout *layout, int height)
{
    for (int j = 0; height >= 10 && j < layout->count; j++)
        if (layout->columns[j].of == OF_KEPT)
            return true;
    return false;
}

/* "  ◂ ▸ out of range", of the signs that are drawn. */
static const char *edges_of(const struct mark_notes *notes, enum charset charset, struct arena *arena)
{
    bool left = notes->outside[EDGE_LEFT], right = notes->outside[EDGE_RIGHT];

    if (!left && !right)
        return "";
    return arena_printf(arena, "  %s%s%s out of range", left ? glyph_of(GLYPH_LEFT, charset) : "", left && right ? " " : "",
                        right ? glyph_of(GLYPH_RIGHT, charset) : "");
}

/* Any level on the page's list has one: not where its variance is 0, nor without pooling in a model that is not linear. */
static bool has_interval(const struct rows *rows)
{
    for (int32_t l = 0; l < rows->now->count; l++)
        if (rows->now->se[l] > 0)
            return true;
    return false;
}

/* The signs; what an interval leaves out, and the scale, where there is room. */
static bool put_signs(const struct rows *rows, const struct mark_notes *notes, struct canvas *canvas, struct arena *arena,
                      int row)
{
    static const char *const without[] = { ", parameters held fixed", ", parameters held fixed", ", parameters fixed" };
    enum charset charset = canvas->charset;
    char buffer[NUMBER_SIZE];
    const struct link *link = rows->fit->link;
    const char *own = "", *edges = edges_of(notes, charset, arena), *scale = "", *interval, *overall;

    if (!rows->deviations)
        own = arena_printf(arena, "%s own  %s both  ", glyph_of(GLYPH_RAW, charset), glyph_of(GLYPH_BOTH, charset));
    if (link->kind != LINK_IDENTITY && !rows->means)
        scale = arena_printf(arena, " (%s)", rows->now->scale);
    interval = !has_interval(rows)
                   ? ""
                   : arena_printf(arena, "  %s %g%%", glyph_of(GLYPH_INTERVAL, charset), 100 * rows->session->settings.level);
    number_among(buffer, rows->now->complete, rows->session->settings.digits);
    overall = shrinkage_differs_from(rows->now) != NULL
                  ? arena_printf(arena, "  %s 0 = overall, %s", glyph_of(GLYPH_REFERENCE_UP, charset),
                                 shrinkage_differs_from(rows->now))
                  : arena_printf(arena, rows->deviations && !rows->means ? "  %s 0 = overall %s" : "  %s overall %s",
                                 glyph_of(GLYPH_REFERENCE_UP, charset), buffer);
    if (own != NULL && edges != NULL && scale != NULL && interval != NULL && overall != NULL) {
        struct line line;

        line_begin(&line, canvas, arena);
        for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
            line_offer(&line, arena_printf(arena, "  %s%s BLUP%s%s%s%s%s", own, glyph_of(GLYPH_POOLED, charset), interval,
                                           interval[0] == '\0' ? "" : without[i], overall, i == 0 ? scale : "", edges));
        line_offer(&line,
                   arena_printf(arena, "  %s%s BLUP%s%s%s", own, glyph_of(GLYPH_POOLED, charset), interval, overall, edges));
        line_offer(&line, arena_printf(arena, "  %s%s BLUP%s%s", own, glyph_of(GLYPH_POOLED, charset), interval, overall));
        return line_put(&line, canvas, row, 0);
    }
    return false;
}

/* What is kept, with the SDs of the moment in its letters. */
static bool put_kept(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row)
{
    bool exact = model_is_linear(rows->model);
    const char *kept = exact ? "kept = n\xc2\xb7\xcf\x84\xc2\xb2/(n\xc2\xb7\xcf\x84\xc2\xb2 + \xcf\x83\xc2\xb2)"
                             : "kept = I\xc2\xb7\xcf\x84\xc2\xb2/(I\xc2\xb7\xcf\x84\xc2\xb2 + 1)";
    char tau[NUMBER_SIZE], sigma[NUMBER_SIZE];
    struct line line;

    number_text(tau, rows->fit->random[rows->term].sd[rows->effect], 4);
    number_text(sigma, rows->fit->sigma, 4);
    line_begin(&line, canvas, arena);
    if (rows->limit)
        line_offer(&line, arena_printf(arena, "  %s", kept));
    else if (exact)
        line_offer(&line, arena_printf(arena, "  %s,  \xcf\x84 = %s, \xcf\x83 = %s", kept, tau, sigma));
    else
        line_offer(&line, arena_printf(arena, "  %s,  \xcf\x84 = %s, I: what the rows tell", kept, tau));
    line_offer(&line, arena_printf(arena, "  %s", kept));
    return line_put(&line, canvas, row, 0);
}

/* What the means are means of, and where: "probability at period = 1". */
static bool put_scale(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row)
{
    const char *scale = rows->now->scale;
    struct line line;

    line_begin(&line, canvas, arena);
    if (rows->at[0] == '\0') {
        line_offer(&line, arena_printf(arena, "  %s in each %s", scale, rows->now->group));
        line_offer(&line, arena_printf(arena, "  %s", scale));
    } else {
        line_offer(&line, arena_printf(arena, "  %s in each %s at %s", scale, rows->now->group, rows->at));
        line_offer(&line, arena_printf(arena, "  %s at %s", scale, rows->at));
    }
    return line_put(&line, canvas, row, 0);
}

/* --- the plane of two effects ---------------------------------------------------------------------------- */

static bool has_level(const int32_t *order, size_t count, int32_t level)
{
    for (size_t i = 0; i < count; i++)
        if (order[i] == level)
            return true;
    return false;
}

/* The arrow of the cursor has its name: what / finds, and what Enter opens. */
static bool name_level(const struct rows *rows, struct plot *plot, enum charset charset, size_t here)
{
    const char *name;

    if (here >= rows->list.total)
        return true;
    name = without_controls(plot->arena, rows->now->level[here], "");
    if (name != NULL && charset == CHARSET_ASCII)
        name = fold_ascii(plot->arena, name, true);
    return name != NULL && plot_series(plot, MARK_NAME, name, 1, &rows->now->pooled[here], &rows->other->pooled[here]) != NULL;
}

static bool put_plane(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int height)
{
    struct plot plot = { .arena = arena };
    const struct list *list = &rows->list;
    size_t count = list->count < PLANE_LEVELS ? list->count : PLANE_LEVELS;
    int32_t *order = arena_alloc(arena, count + 1, sizeof *order);
    size_t here = list_item(list);
    struct canvas part;
    char buffer[8];
    bool ok;

    if (order == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        order[i] = (int32_t)list->order[count < 2 ? 0 : i * (list->count - 1) / (count - 1)];
    if (here < rows->list.total && !has_level(order, count, (int32_t)here))
        order[count++] = (int32_t)here;
    canvas_init(&part, canvas->columns, canvas->charset);
    ok = strip_arrows(&plot, rows->now, rows->other, order, count) && name_level(rows, &plot, canvas->charset, here)
         && plot_draw_canvas(&plot, height - 1, rows->session->settings.digits, arena, &part);
    for (int i = 0; ok && i < height && i < part.rows; i++)
        for (int j = 0; j < part.columns; j++)
            if (!canvas_is_blank(&part, i, j))
                canvas_put(canvas, row + i, j, canvas_glyph(&part, i, j, buffer),
                           part.cells[(ptrdiff_t)i * part.columns + j].attributes);
    canvas_clear(&part);
    return ok;
}

/* --- all of it --------------------------------------------------------------------------------------------- */

bool rows_title(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row)
{
    const struct shrinkage *s = rows->now;
    char place[128];
    const char *name = rows->model->name, *formula = rows->model->text, *sort = rows_sort_name(rows);
    const char *what = rows->means ? s->scale : s->term;
    const char *up = canvas->charset == CHARSET_ASCII ? "^" : "\xe2\x96\xb2";
    const char *group = determined_group(arena, rows->stated, rows->model, s->group, s->term);
    struct line line;

    if (group == NULL)
        return false;
    list_place(&rows->list, place, sizeof place);
    line_begin(&line, canvas, arena);
    line.columns -= utf8_width(place) + 2;
    line_offer(&line, arena_printf(arena, "%s   %s: %s   sort: %s %s   %s", name, group, what, sort, up, formula));
    line_offer(&line, arena_printf(arena, "%s   %s: %s   sort: %s %s", name, group, what, sort, up));
    line_offer(&line, arena_printf(arena, "%s   %s: %s", name, group, what));
    line_offer(&line, arena_printf(arena, "%s: %s", group, what));
    return line_put(&line, canvas, row, ATTRIBUTE_BOLD)
           && rows_text(canvas, arena, row, canvas->columns - utf8_width(place), place, 0);
}

bool rows_draw(struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int height)
{
    bool legend = height >= 8, strip = rows->face == ROWS_STRIP, kept;
    bool scale = legend && rows->means;
    struct mark_notes notes = { 0 };
    struct layout layout;

    rows->columns = canvas->columns;
    rows->first_row = row + 1;
    if (rows->pane.open)
        return pane_draw(&rows->pane, canvas, row, height);
    if (!choose_layout(rows, canvas, arena, &layout))
        return false;
    kept = strip && tells_kept(&layout, height);
    list_set_page(&rows->list, height - 1 - strip - (legend && strip) - kept - scale);
    if (rows->face == ROWS_PLANE && height >= 14)
        return put_plane(rows, canvas, arena, row, height);
    if (!put_rows(rows, &layout, canvas, arena, row))
        return false;
    if (strip && !put_strip(rows, canvas, arena, row, layout.end, &notes))
        return false;
    mark_cursor(rows, canvas, row, layout.end);
    row += shown_rows_of(rows) + 1 + strip;
    if (strip && legend && !put_signs(rows, &notes, canvas, arena, row++))
        return false;
    if (scale && !put_scale(rows, canvas, arena, row++))
        return false;
    return !kept || put_kept(rows, canvas, arena, row);
}
