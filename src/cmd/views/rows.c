/* rows.c -- see rows.h.
 *
 * The columns are those of `shrinkage` on the prompt.  Their widths come from all levels, not from those on the screen, so
 * that nothing jumps when one scrolls or turns the dial. */
#include "cmd/views/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/modelling.h"
#include "cmd/plots/strip.h"
#include "infer/ci.h"
#include "render/fold.h"
#include "render/glyph.h"
#include "render/sketch.h"

enum { SORT_RAW, SORT_BLUP, SORT_N, SORT_NAME, SORT_COUNT };
static const char *const sort_names[] = { "raw", "BLUP", "n", "name" };

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

/* --- order ------------------------------------------------------------------------------------- */

static int compare_levels(void *context, size_t a, size_t b)
{
    const struct rows *rows = context;
    const struct shrinkage *s = rows->now;
    const double *key = rows->sort == SORT_RAW    ? s->raw
                        : rows->sort == SORT_BLUP ? s->pooled
                        : rows->sort == SORT_N    ? s->rows
                                                  : NULL;

    if (key == NULL || key[a] == key[b])
        return 0;
    if (isnan(key[a]) || isnan(key[b]))
        return isnan(key[a]) - isnan(key[b]);
    return key[a] < key[b] ? -1 : 1;
}

static bool level_matches(void *context, size_t item, const char *words)
{
    const struct rows *rows = context;

    return list_contains(rows->now->level[item], words);
}

/* --- opening ------------------------------------------------------------------------------------ */

static double shift_of(const struct rows *rows)
{
    return rows->deviations ? rows->now->complete : 0;
}

/* Axis, decimals and widths, from what is shown now. */
static void choose_scale(struct rows *rows)
{
    const struct shrinkage *s = rows->now;
    double reach = wald_quantile((double)INFINITY, rows->session->settings.level), shift = shift_of(rows);

    rows->low = HUGE_VAL;
    rows->high = -HUGE_VAL;
    rows->name_width = utf8_width(s->group);
    for (int32_t l = 0; l < s->count; l++) {
        double ends[2] = { s->pooled[l] - reach * s->se[l] - shift, s->pooled[l] + reach * s->se[l] - shift };
        int width = utf8_width(s->level[l]);

        range_extend(&rows->low, &rows->high, ends, 2);
        if (!rows->deviations)
            range_extend(&rows->low, &rows->high, &s->raw[l], 1);
        rows->name_width = width > rows->name_width ? width : rows->name_width;
    }
    rows->decimals = fitting_decimals(s->pooled, s->se, (size_t)s->count, rows->session->settings.digits);
}

bool rows_show(struct rows *rows, const struct fit *fit, struct glmm_error *err)
{
    const struct random_design *random = &fit->design->random[rows->term];
    struct shrinkage *now = shrinkage_new(fit, random->group, random->names[rows->effect], err);
    struct shrinkage *other =
        random->k < 2 ? NULL : shrinkage_new(fit, random->group, random->names[rows->effect == 0 ? 1 : 0], err);

    if (now == NULL || (random->k > 1 && other == NULL)) {
        shrinkage_free(now);
        shrinkage_free(other);
        return false;
    }
    shrinkage_free(rows->now);
    shrinkage_free(rows->other);
    rows->now = now;
    rows->other = other;
    rows->fit = fit;
    return true;
}

/* A new list for the term that is shown. */
static bool start_list(struct rows *rows, struct glmm_error *err)
{
    int page = rows->list.page;

    list_clear(&rows->list);
    if (!list_init(&rows->list, (size_t)rows->now->count, rows))
        return fail_memory(err);
    rows->list.page = page;
    rows->list.matches = level_matches;
    rows->list.compare = compare_levels;
    choose_scale(rows);
    if (rows->face == ROWS_PLANE && rows->other == NULL)
        rows->face = ROWS_STRIP;
    rows->list.cursor = rows->list.total; /* the first of the order, not the level 0 wherever it stands */
    if (!list_arrange(&rows->list))
        return fail_memory(err);
    rows->list.cursor = rows->list.top = 0;
    return true;
}

static bool find_effect(struct rows *rows, const struct call *call, int at, struct glmm_error *err)
{
    const struct design *design = rows->model->design;
    const char *group = call->word_count > at ? call->words[at].text : NULL;
    const char *term = call->word_count > at + 1 ? call->words[at + 1].text : NULL;

    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++)
            if ((group == NULL || strcmp(group, design->random[t].group) == 0)
                && (term == NULL || strcmp(term, design->random[t].names[a]) == 0)) {
                rows->term = t;
                rows->effect = a;
                return true;
            }
    shrinkage_free(shrinkage_new(rows->model->fit, group, term, err)); /* says what is wrong, with suggestions */
    if (err != NULL && err->at.begin < 0 && term != NULL)
        err->at = call->words[at + 1].at;
    return false;
}

bool rows_open(struct rows *rows, struct session *session, const struct call *call, struct glmm_error *err)
{
    int at;

    rows->session = session;
    rows->sort = rows->deviations ? SORT_BLUP : SORT_RAW;
    rows->model = call_fitted_model(session, call, &at, err);
    if (rows->model == NULL || !no_more_words(call, at + 2, err)
        || (call->word_count > at && !check_group(rows->model, &call->words[at], err)))
        return false;
    if (rows->model->design->random_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no random effects", rows->model->name);
    return find_effect(rows, call, at, err) && rows_show(rows, rows->model->fit, err) && start_list(rows, err);
}

void rows_close(struct rows *rows)
{
    shrinkage_free(rows->now);
    shrinkage_free(rows->other);
    list_clear(&rows->list);
    pane_close(&rows->pane);
}

bool rows_has_next(const struct rows *rows)
{
    const struct design *design = rows->model->design;

    return design->random_count > 1 || design->random[0].k > 1;
}

bool rows_next(struct rows *rows, struct glmm_error *err)
{
    const struct design *design = rows->model->design;

    if (++rows->effect >= design->random[rows->term].k) {
        rows->effect = 0;
        rows->term = (rows->term + 1) % design->random_count;
    }
    return rows_show(rows, rows->model->fit, err) && start_list(rows, err);
}

/* --- the numbers of a row -------------------------------------------------------------------------- */

enum cell_of { OF_NAME, OF_N, OF_RAW, OF_POOLED, OF_INTERVAL, OF_KEPT, OF_SE, OF_RANK_RAW, OF_RANK };

struct row_column {
    enum cell_of of;
    const char *heading;
    int width;
    bool left;
};

enum { MOST_COLUMNS = 9 };

struct layout {
    struct row_column columns[MOST_COLUMNS];
    int count;
    int end; /* the column of cells behind the table */
    int number_width;
};

static const char *percent(struct arena *arena, double share, bool limit)
{
    if (limit || share >= 1)
        return "100%";
    if (isnan(share))
        return "";
    if (share < 0.005)
        return share > 0 ? "<1%" : "0%";
    return share > 0.995 ? ">99%" : arena_printf(arena, "%.0f%%", 100 * share);
}

static const char *cell_text(const struct rows *rows, const struct layout *layout, struct arena *arena, enum cell_of of,
                             int32_t l)
{
    const struct shrinkage *s = rows->now;
    double reach = wald_quantile((double)INFINITY, rows->session->settings.level), pooled = s->pooled[l] - shift_of(rows);
    char a[NUMBER_SIZE], b[NUMBER_SIZE];

    switch (of) {
    case OF_NAME:
        return s->level[l];
    case OF_N:
        return arena_printf(arena, "%.0f", s->rows[l]);
    case OF_RAW:
        return arena_strdup(arena, number_fixed(a, s->raw[l], rows->decimals));
    case OF_POOLED:
        return arena_strdup(arena, number_fixed(a, pooled, rows->decimals));
    case OF_INTERVAL:
        if (isnan(s->se[l]))
            return "";
        return arena_printf(arena, "[%*s, %*s]", layout->number_width, number_fixed(a, pooled - reach * s->se[l], rows->decimals),
                            layout->number_width, number_fixed(b, pooled + reach * s->se[l], rows->decimals));
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
    bool strip = rows->face == ROWS_STRIP;
    int room = strip ? canvas->columns - canvas->columns * 3 / 8 - 1 : canvas->columns, number, digits = 1;
    const char *interval = arena_printf(arena, "%g%% interval", 100 * rows->session->settings.level);
    double most = 0;

    *layout = (struct layout){ .end = GUTTER };
    number = width_of_number(rows->low, rows->decimals);
    if (width_of_number(rows->high, rows->decimals) > number)
        number = width_of_number(rows->high, rows->decimals);
    layout->number_width = number;
    for (int32_t l = 0; l < s->count; l++)
        most = fmax(most, s->rows[l]);
    for (; most >= 10; most /= 10)
        digits++;
    add_column(layout, room, OF_NAME, s->group, rows->name_width);
    add_column(layout, room, OF_N, "n", digits);
    if (!rows->deviations)
        add_column(layout, room, OF_RAW, "raw", number);
    add_column(layout, room, OF_POOLED, "BLUP", number);
    add_column(layout, room, OF_INTERVAL, interval, 2 * number + 4);
    if (!rows->deviations && s->weight != NULL)
        add_column(layout, room, OF_KEPT, "kept", 4);
    if (!strip) {
        add_column(layout, room, OF_SE, "cond.SD", number);
        add_column(layout, room, OF_RANK_RAW, "rank raw", 4);
        add_column(layout, room, OF_RANK, "rank BLUP", 4);
    }
    return interval != NULL;
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

/* Headings at `row`, the levels of the page below. */
static bool put_rows(const struct rows *rows, const struct layout *layout, struct canvas *canvas, struct arena *arena, int row)
{
    const struct list *list = &rows->list;
    int column = GUTTER;
    bool ok = true;

    for (int j = 0; ok && j < layout->count; j++) {
        const struct row_column *c = &layout->columns[j];

        ok = put_cell(canvas, arena, row, column, c, c->heading);
        for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
            int32_t l = (int32_t)list->order[list->top + (size_t)i];

            ok = put_cell(canvas, arena, row + 1 + i, column, c, cell_text(rows, layout, arena, c->of, l));
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
    double *values = arena_alloc(plot->arena, 4 * count + 1, sizeof *values),
           reach = wald_quantile((double)INFINITY, rows->session->settings.level);
    double *raw = values, *pooled = values + count, *lower = values + 2 * count, *upper = values + 3 * count;

    if (values == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t l = list->order[list->top + i];

        raw[i] = s->raw[l];
        pooled[i] = s->pooled[l] - shift_of(rows);
        lower[i] = pooled[i] - reach * s->se[l];
        upper[i] = pooled[i] + reach * s->se[l];
    }
    if (!rows->deviations)
        plot_series(plot, MARK_RAW, NULL, count, raw, NULL);
    plot_series(plot, MARK_POOLED, NULL, count, pooled, NULL);
    series_ends(plot, plot_series(plot, MARK_INTERVAL, NULL, count, lower, NULL), upper, NULL);
    plot_reference(plot, true, rows->deviations ? 0 : s->complete, NULL);
    return plot_ok(plot);
}

static int shown_rows_of(const struct rows *rows)
{
    size_t left = rows->list.count - rows->list.top;

    return left < (size_t)rows->list.page ? (int)left : rows->list.page;
}

static bool put_strip(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int end)
{
    struct plot plot = { .kind = PLOT_ROWS, .arena = arena };
    struct sketch sketch = { .canvas = canvas, .arena = arena, .plot = &plot };
    struct region region = { .canvas = canvas, .arena = arena, .notes = &sketch.notes, .rows = true };
    struct axis_wish wish = { rows->low, rows->high, canvas->columns - end - 2, true, 0, 0 };

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
    return true;
}

/* The signs and, where there is room, what is kept. */
static bool put_legend(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row)
{
    enum charset charset = canvas->charset;
    char buffer[NUMBER_SIZE];
    const char *own = "", *kept = "   kept = n\xc2\xb7\xcf\x84\xc2\xb2/(n\xc2\xb7\xcf\x84\xc2\xb2 + \xcf\x83\xc2\xb2)", *words;

    if (!rows->deviations)
        own = arena_printf(arena, "%s own  %s both  ", glyph_of(GLYPH_RAW, charset), glyph_of(GLYPH_BOTH, charset));
    words = own == NULL ? NULL
                        : arena_printf(arena, "%s%s BLUP  %s %g%%  %s overall %s%s", own, glyph_of(GLYPH_POOLED, charset),
                                       glyph_of(GLYPH_INTERVAL, charset), 100 * rows->session->settings.level,
                                       glyph_of(GLYPH_REFERENCE_UP, charset),
                                       number_text(buffer, rows->now->complete, rows->session->settings.digits),
                                       rows->deviations ? " = 0" : "");
    if (charset == CHARSET_ASCII)
        kept = fold_ascii(arena, kept, true);
    if (words == NULL || kept == NULL || !rows_text(canvas, arena, row, GUTTER, words, 0))
        return false;
    if (rows->deviations || rows->now->weight == NULL || !is_linear(rows->model)
        || GUTTER + utf8_width(words) + utf8_width(kept) > canvas->columns)
        return true;
    return rows_text(canvas, arena, row, GUTTER + utf8_width(words), kept, 0);
}

/* --- the plane of two effects ---------------------------------------------------------------------------- */

static bool put_plane(const struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int height)
{
    struct plot plot = { .arena = arena };
    const struct list *list = &rows->list;
    size_t count = list->count < PLANE_LEVELS ? list->count : PLANE_LEVELS;
    int32_t *order = arena_alloc(arena, count + 1, sizeof *order);
    struct canvas part;
    char buffer[8];
    bool ok;

    if (order == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        order[i] = (int32_t)list->order[count < 2 ? 0 : i * (list->count - 1) / (count - 1)];
    canvas_init(&part, canvas->columns, canvas->charset);
    ok = strip_arrows(&plot, rows->now, rows->other, order, count)
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
    const char *words;
    int width, from;

    words = arena_printf(arena, "%s   %s:%s   sort: %s %s   %s", rows->model->name, s->group, s->term, sort_names[rows->sort],
                         canvas->charset == CHARSET_ASCII ? "^" : "\xe2\x96\xb2", rows->model->text);
    list_place(&rows->list, place, sizeof place);
    width = utf8_width(place);
    from = canvas->columns - width;
    if (!rows_text(canvas, arena, row, 0, words, ATTRIBUTE_BOLD))
        return false;
    if (from - 2 < 0)
        return true;
    for (int column = from - 2; column < canvas->columns; column++)
        canvas_put(canvas, row, column, " ", 0);
    return rows_text(canvas, arena, row, from, place, 0);
}

bool rows_draw(struct rows *rows, struct canvas *canvas, struct arena *arena, int row, int height)
{
    bool legend = height >= 8, strip = rows->face == ROWS_STRIP;
    struct layout layout;

    rows->columns = canvas->columns;
    rows->first_row = row + 1;
    if (rows->pane.open)
        return pane_draw(&rows->pane, canvas, row, height);
    list_set_page(&rows->list, height - 1 - strip - (legend && strip));
    if (rows->face == ROWS_PLANE && height >= 14)
        return put_plane(rows, canvas, arena, row, height);
    if (!choose_layout(rows, canvas, arena, &layout) || !put_rows(rows, &layout, canvas, arena, row))
        return false;
    if (strip && !put_strip(rows, canvas, arena, row, layout.end))
        return false;
    mark_cursor(rows, canvas, row, layout.end);
    return !strip || !legend || put_legend(rows, canvas, arena, row + shown_rows_of(rows) + 2);
}

/* --- one level in full --------------------------------------------------------------------------------------- */

static void detail_rows(struct result *result, const struct rows *rows, int32_t l)
{
    const struct design *design = rows->fit->design;
    const struct random_design *random = &design->random[rows->term];
    struct table *table = result_table(result, NULL, NULL);
    size_t row_column = table_column(table, NULL, "row", CELL_INTEGER),
           y = table_column(table, NULL, design->response, CELL_REAL);
    size_t trials = design->trials == NULL ? 0 : table_column(table, NULL, "trials", CELL_REAL);
    size_t fitted = table_column(table, NULL, "fitted", CELL_REAL), residual = table_column(table, NULL, "residual", CELL_REAL),
           first = 0;

    for (int j = 0; j < design->p; j++) {
        size_t column = table_column(table, NULL, design->names[j], CELL_REAL);

        first = j == 0 ? column : first;
        if (strcmp(design->names[j], "(Intercept)") == 0)
            table_flags(table, column, COLUMN_NOT_TEXT);
    }
    for (size_t i = 0; i < design->n; i++) {
        size_t row;

        if (random->level[i] != l)
            continue;
        row = table_row(table);
        table_integer(table, row, row_column, (long long)design->row[i] + 1);
        table_real(table, row, y, design->y[i]);
        if (design->trials != NULL)
            table_real(table, row, trials, design->trials[i]);
        table_real(table, row, fitted, rows->fit->fitted[i]);
        table_real(table, row, residual, design->y[i] - rows->fit->fitted[i]);
        for (int j = 0; j < design->p; j++)
            table_real(table, row, first + (size_t)j, design->X[(size_t)j * design->n + i]);
    }
}

static void detail_effects(struct result *result, const struct rows *rows, int32_t l)
{
    const struct random_design *random = &rows->fit->design->random[rows->term];
    struct table *table = result_table(result, NULL, NULL);
    double reach = wald_quantile((double)INFINITY, rows->session->settings.level);
    size_t name = table_column(table, NULL, "effect", CELL_TEXT), raw = table_column(table, NULL, "raw", CELL_REAL);
    size_t pooled = table_column(table, NULL, "BLUP", CELL_REAL), overall = table_column(table, NULL, "overall", CELL_REAL);
    size_t se = table_column(table, NULL, "cond.SD", CELL_REAL);
    size_t interval =
        table_interval(table, NULL, NULL, arena_printf(result->arena, "%g%% interval", 100 * rows->session->settings.level));
    size_t kept = table_column(table, NULL, "kept", CELL_PERCENT);

    if (rows->now->weight == NULL)
        table_flags(table, kept, COLUMN_NOT_TEXT);
    for (int a = 0; a < random->k; a++) {
        struct shrinkage *s = shrinkage_new(rows->fit, random->group, random->names[a], NULL);
        size_t row = table_row(table);

        if (s == NULL) {
            result->failed = true;
            return;
        }
        table_text(table, row, name, random->names[a]);
        table_real(table, row, raw, s->raw[l]);
        table_real(table, row, pooled, s->pooled[l]);
        table_real(table, row, overall, s->complete);
        table_real(table, row, se, s->se[l]);
        table_pair(table, row, interval, s->pooled[l] - reach * s->se[l], s->pooled[l] + reach * s->se[l]);
        if (s->weight != NULL)
            table_real(table, row, kept, s->weight[l]);
        shrinkage_free(s);
    }
}

static void open_level(struct rows *rows, struct view_event *event)
{
    const struct shrinkage *s = rows->now;
    int32_t l = (int32_t)list_item(&rows->list);
    struct result *result;

    if ((size_t)l >= rows->list.total)
        return;
    result = result_new("view");
    if (result != NULL) {
        result_line(result, LINE_TITLE, "%s %s   %.0f row%s   rank %d of %d by own estimate, %d by BLUP", s->group, s->level[l],
                    s->rows[l], s->rows[l] == 1 ? "" : "s", s->rank_raw[l], (int)s->count, s->rank_pooled[l]);
        if (rows->fit != rows->model->fit)
            result_line(result, LINE_NOTE, "what if, not fitted");
        detail_effects(result, rows, l);
        detail_rows(result, rows, l);
    }
    if (!pane_open(&rows->pane, result, rows->session, rows->columns))
        snprintf(event->say, sizeof event->say, "memory is out");
}

/* --- keys ------------------------------------------------------------------------------------------------------ */

static void sort_next(struct rows *rows, struct view_event *event)
{
    rows->sort = (rows->sort + 1) % SORT_COUNT;
    if (rows->deviations && rows->sort == SORT_RAW)
        rows->sort = SORT_BLUP;
    if (!list_arrange(&rows->list))
        snprintf(event->say, sizeof event->say, "memory is out: the order is not sorted");
    else
        snprintf(event->say, sizeof event->say, "sorted by %s", sort_names[rows->sort]);
}

bool rows_key(struct rows *rows, struct view_event *event, bool *left)
{
    if (rows->pane.open) {
        if (event->action == VIEW_BACK || event->action == VIEW_OPEN) {
            pane_close(&rows->pane);
            return true;
        }
        return pane_key(&rows->pane, event);
    }
    switch (event->action) {
    case VIEW_BACK:
        if (rows->list.filter[0] != '\0') { /* a filter is a level of its own */
            rows->list.filter[0] = '\0';
            list_arrange(&rows->list);
        } else {
            *left = true;
        }
        return true;
    case VIEW_SORT:
        sort_next(rows, event);
        return true;
    case VIEW_PLOT:
        rows->face = rows->face == ROWS_STRIP                                               ? ROWS_TABLE
                     : rows->face == ROWS_TABLE && rows->other != NULL && !rows->deviations ? ROWS_PLANE
                                                                                            : ROWS_STRIP;
        return true;
    case VIEW_OPEN:
        open_level(rows, event);
        return true;
    case VIEW_CLICK:
        if (event->row >= rows->first_row && event->row < rows->first_row + rows->list.page
            && rows->list.top + (size_t)(event->row - rows->first_row) < rows->list.count)
            rows->list.cursor = rows->list.top + (size_t)(event->row - rows->first_row);
        return true;
    default:
        return list_key(&rows->list, event);
    }
}
