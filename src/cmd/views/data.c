/* data.c -- the rows of a data set: find, filter, sort, freeze columns, one row in full, the histogram of a column.
 *
 * Nothing is laid out but what is on the screen, so that a million rows open at once; decimals and widths of columns come from
 * rows spread evenly over the whole. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "report/naming.h"
#include "cmd/plots/plots.h"
#include "cmd/views/pane.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"
#include "data/expr.h"
#include "data/frame.h"
#include "render/fold.h"
#include "render/glyph.h"
#include "result/number.h"

enum { SAMPLE = 2000, DIGITS = 7, WIDEST = 30, GUTTER = 2 };

enum order { ORDER_FILE, ORDER_RISING, ORDER_FALLING };

struct data_view {
    struct session *session;
    const struct frame *frame;
    struct list list;
    int8_t *kept;          /* of each row: whether the comparison that is the filter is true; NULL: the filter is words */
    int *width, *decimals; /* of each column */
    int number_width;      /* of the row numbers */
    int column, left;      /* the current one; the first that is shown behind the frozen ones */
    int frozen;            /* so many at the left stay */
    int columns;           /* of the screen */
    int sorted;            /* by this column, */
    enum order order;      /* in this order */
    struct pane pane;      /* a row in full, or a plot */
};

static const char *cell_text(const struct data_view *view, int j, size_t row, char buffer[NUMBER_SIZE])
{
    const struct column *column = &view->frame->columns[j];

    if (column_missing(column, row))
        return "NA";
    if (column->type == COLUMN_REAL) {
        double x = column->as.real[row];

        return fabs(x) >= 1e12 ? number_text(buffer, x, DIGITS) : number_fixed(buffer, x, view->decimals[j]);
    }
    return column_text(column, row, buffer);
}

/* --- opening --------------------------------------------------------------------------------- */

static bool measure(struct data_view *view, int j)
{
    const struct column *column = &view->frame->columns[j];
    size_t rows = view->frame->rows, count = rows < SAMPLE ? rows : SAMPLE;
    double *values = NEW_ARRAY(double, count + 1);
    char buffer[NUMBER_SIZE];
    int width = utf8_width(column->name);

    if (values == NULL)
        return false;
    for (size_t i = 0; column->type == COLUMN_REAL && i < count; i++)
        values[i] = column->as.real[i * (rows / count)];
    view->decimals[j] = column->type == COLUMN_REAL ? number_decimals(values, count, DIGITS) : 0;
    mem_free(values);
    for (size_t i = 0; i < count; i++) {
        int wide = utf8_width(cell_text(view, j, i * (rows / count), buffer));

        width = wide > width ? wide : width;
    }
    for (int32_t l = 0; column->type == COLUMN_FACTOR && l < column->level_count && width < WIDEST; l++) {
        int wide = utf8_width(column->levels[l]);

        width = wide > width ? wide : width;
    }
    view->width[j] = width > WIDEST ? WIDEST : width;
    return true;
}

static bool row_matches(void *context, size_t item, const char *words)
{
    const struct data_view *view = context;
    char buffer[NUMBER_SIZE];

    if (view->kept != NULL && words == view->list.filter)
        return view->kept[item] == 1;
    for (int j = 0; j < (int)view->frame->column_count; j++)
        if (list_contains(cell_text(view, j, item, buffer), words))
            return true;
    return false;
}

/* Missing values come last in either order. */
static int compare_rows(void *context, size_t a, size_t b)
{
    const struct data_view *view = context;
    const struct column *column = &view->frame->columns[view->sorted];
    double x = column->type == COLUMN_FACTOR ? column->as.code[a] : column_real(column, a);
    double y = column->type == COLUMN_FACTOR ? column->as.code[b] : column_real(column, b);
    bool no_x = column_missing(column, a), no_y = column_missing(column, b);

    if (view->order == ORDER_FILE)
        return 0;
    if (no_x || no_y)
        return no_x - no_y;
    return x == y ? 0 : (x < y) == (view->order == ORDER_RISING) ? -1 : 1;
}

static void close_view(void *state)
{
    struct data_view *view = state;

    list_clear(&view->list);
    pane_close(&view->pane);
    mem_free(view->kept);
    mem_free(view->width);
    mem_free(view);
}

static bool find_frame(struct data_view *view, const struct call *call, struct glmm_error *err)
{
    if (!no_more_words(call, 1, err))
        return false;
    if (call->word_count == 0) {
        view->frame = session_need_data(view->session, err);
        return view->frame != NULL;
    }
    view->frame = session_find_data(view->session, call->words[0].text);
    if (view->frame != NULL)
        return true;
    fail(err, GLMM_E_NAME, call->words[0].at, "no data set `%.60s` is loaded", call->words[0].text);
    if (view->session->data != NULL)
        error_hint(err, "the current one is `%.60s`", view->session->data->name);
    return false;
}

static void *open_view(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct data_view *view = NEW(struct data_view);
    size_t columns;
    bool ok;

    if (view == NULL) {
        fail_memory(err);
        return NULL;
    }
    view->session = session;
    if (!find_frame(view, call, err)) {
        close_view(view);
        return NULL;
    }
    columns = view->frame->column_count;
    view->width = NEW_ARRAY(int, 2 * columns + 1);
    ok = view->width != NULL && list_init(&view->list, view->frame->rows, view);
    if (ok) {
        view->decimals = view->width + columns;
        view->list.matches = row_matches;
        view->list.compare = compare_rows;
        view->number_width = snprintf((char[32]){ 0 }, 32, "%zu", view->frame->rows);
    }
    for (size_t j = 0; ok && j < columns; j++)
        ok = measure(view, (int)j);
    if (ok)
        return view;
    fail_memory(err);
    close_view(view);
    return NULL;
}

/* --- drawing ------------------------------------------------------------------------------------ */

/* Puts a cell's words right-aligned but for factors; what is too wide ends in dots. */
static bool put_cell(const struct data_view *view, struct canvas *canvas, struct arena *arena, int row, int at, int j,
                     const char *words, unsigned attributes)
{
    bool left = view->frame->columns[j].type == COLUMN_FACTOR;
    int room = view->width[j], width;

    words = without_controls(arena, words, "");
    if (words != NULL && canvas->charset == CHARSET_ASCII)
        words = fold_ascii(arena, words, true);
    if (words == NULL)
        return false;
    width = utf8_width(words);
    if (width > room) {
        words = arena_printf(arena, "%.*s%s", (int)utf8_prefix(words, room - 1), words,
                             canvas->charset == CHARSET_ASCII ? "." : "\xe2\x80\xa6");
        if (words == NULL)
            return false;
        width = room;
    }
    canvas_text(canvas, row, left ? at : at + room - width, words, attributes);
    return true;
}

/* A column with its heading, at `at`. */
static bool put_column(const struct data_view *view, struct canvas *canvas, struct arena *arena, int row, int at, int j)
{
    const struct list *list = &view->list;
    char buffer[NUMBER_SIZE];
    bool ok = put_cell(view, canvas, arena, row, at, j, view->frame->columns[j].name,
                       ATTRIBUTE_BOLD | (j == view->column ? ATTRIBUTE_REVERSE : 0));

    for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
        size_t item = list->order[list->top + (size_t)i];

        ok = put_cell(view, canvas, arena, row + 1 + i, at, j, cell_text(view, j, item, buffer),
                      list->top + (size_t)i == list->cursor ? ATTRIBUTE_REVERSE : 0);
    }
    return ok;
}

/* The first column after the frozen ones so that the current one is on the screen. */
static void scroll_columns(struct data_view *view, int from)
{
    int end;

    if (view->left < view->frozen)
        view->left = view->frozen;
    if (view->column < view->frozen)
        return;
    if (view->column < view->left)
        view->left = view->column;
    for (; view->left < view->column; view->left++) {
        end = from;
        for (int j = view->left; j <= view->column; j++)
            end += view->width[j] + 2;
        if (end - 2 <= view->columns)
            return;
    }
}

static bool put_title(const struct data_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct frame *frame = view->frame;
    char place[128];
    const char *sorted = "", *words;
    int from;

    if (view->order != ORDER_FILE)
        sorted = arena_printf(arena, "   sort: %s %s", frame->columns[view->sorted].name,
                              view->order == ORDER_RISING ? (canvas->charset == CHARSET_ASCII ? "^" : "\xe2\x96\xb2")
                                                          : (canvas->charset == CHARSET_ASCII ? "v" : "\xe2\x96\xbc"));
    words = sorted == NULL ? NULL
                           : arena_printf(arena, "%s   %s (%d of %zu)%s", frame->name, frame->columns[view->column].name,
                                          view->column + 1, frame->column_count, sorted);
    list_place(&view->list, place, sizeof place);
    from = canvas->columns - utf8_width(place);
    if (!rows_text(canvas, arena, 0, 0, words, ATTRIBUTE_BOLD))
        return false;
    for (int column = from - 2; column >= 0 && column < canvas->columns; column++)
        canvas_put(canvas, 0, column, " ", 0);
    return from < 0 || rows_text(canvas, arena, 0, from, place, 0);
}

/* Headings on row 1, the page below: row numbers, frozen columns, the others from `left` on. */
static bool put_table(struct data_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct list *list = &view->list;
    int at = GUTTER + view->number_width + 2, count = (int)view->frame->column_count;
    char number[32];
    bool ok = true;

    for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
        snprintf(number, sizeof number, "%*zu", view->number_width, list->order[list->top + (size_t)i] + 1);
        ok = rows_text(canvas, arena, 2 + i, GUTTER, number, ATTRIBUTE_DIM);
        if (list->top + (size_t)i == list->cursor)
            canvas_put(canvas, 2 + i, 0, ">", ATTRIBUTE_BOLD);
    }
    for (int j = 0; ok && j < view->frozen && j < count && at < canvas->columns; j++) {
        ok = put_column(view, canvas, arena, 1, at, j);
        at += view->width[j] + 2;
    }
    if (view->frozen > 0)
        for (int i = 0; i <= list->page; i++)
            canvas_put(canvas, 1 + i, at - 2 + 1, glyph_of(GLYPH_AXIS_UP, canvas->charset), ATTRIBUTE_DIM);
    at += view->frozen > 0 ? 1 : 0;
    scroll_columns(view, at);
    for (int j = view->left; ok && j < count && at < canvas->columns; j++) {
        if (at + view->width[j] > canvas->columns && j > view->left)
            break;
        ok = put_column(view, canvas, arena, 1, at, j);
        at += view->width[j] + 2;
    }
    return ok;
}

static bool draw(void *state, struct canvas *canvas, int rows)
{
    struct data_view *view = state;
    struct arena *arena = arena_new();
    bool ok = arena != NULL;

    view->columns = canvas->columns;
    list_set_page(&view->list, rows - 2);
    if (view->frame->column_count == 0)
        ok = ok && rows_text(canvas, arena, 0, 0, "no columns", 0);
    else if (view->pane.open)
        ok = ok && put_title(view, canvas, arena) && pane_draw(&view->pane, canvas, 1, rows - 1);
    else
        ok = ok && put_title(view, canvas, arena) && put_table(view, canvas, arena);
    arena_free(arena);
    return ok;
}

/* --- keys ------------------------------------------------------------------------------------------ */

static void open_row(struct data_view *view, struct view_event *event)
{
    size_t item = list_item(&view->list);
    struct result *result;
    struct table *table;
    char buffer[NUMBER_SIZE];
    size_t name, value, type;

    if (item >= view->frame->rows)
        return;
    result = result_new("view");
    if (result != NULL) {
        result_line(result, LINE_TITLE, "row %zu of %zu", item + 1, view->frame->rows);
        table = result_table(result, NULL, NULL);
        name = table_column(table, NULL, "variable", CELL_TEXT);
        value = table_column(table, NULL, "value", CELL_TEXT);
        type = table_column(table, NULL, "type", CELL_TEXT);
        for (size_t j = 0; j < view->frame->column_count; j++) {
            const struct column *column = &view->frame->columns[j];
            size_t row = table_row(table);

            table_text(table, row, name, column->name);
            table_text(table, row, value,
                       column->type == COLUMN_REAL && !column_missing(column, item)
                           ? number_text(buffer, column->as.real[item], 15)
                           : cell_text(view, (int)j, item, buffer));
            table_text(table, row, type, column_type_name(column->type));
        }
    }
    if (!pane_open(&view->pane, result, view->session, view->columns))
        snprintf(event->say, sizeof event->say, "memory is out");
}

/* A name that needs no backquotes. */
static bool is_plain(const char *name)
{
    static const char letters[] = "0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

    return strspn(name, letters + 11) > 0 && name[strspn(name, letters)] == '\0';
}

/* The rows that the filter lets through, as a frame (new); the whole one, held, without a filter. */
static const struct frame *shown_rows(const struct data_view *view, struct glmm_error *err)
{
    if (view->list.filter[0] == '\0')
        return frame_hold(view->frame);
    return frame_rows(view->frame, view->list.order, view->list.count, err);
}

/* The histogram that plot-ascii draws, of the current column. */
static void plot_column(struct data_view *view, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };
    struct plot_options options = { 0 };
    struct arena *arena = arena_new();
    const struct frame *current = view->session->data, *shown = shown_rows(view, &err);
    const char *name = view->frame->columns[view->column].name;
    const char *quoted = arena == NULL ? NULL : arena_printf(arena, is_plain(name) ? "%s" : "`%s`", name);
    struct word word = { 0 };
    struct call call = { .line = quoted, .argument = quoted, .words = &word, .word_count = 1, .arena = arena };
    struct plot_job job = {
        .session = view->session, .call = &call, .options = &options, .result = result_new("view"), .err = &err
    };
    bool ok = quoted != NULL && job.result != NULL && shown != NULL;

    if (ok) {
        word.text = arena_strdup(arena, name);
        word.at = (struct glmm_span){ 0, (int)strlen(quoted) };
        call.argument_at = word.at;
        view->session->data = shown;
        ok = plot_histogram.build(&job);
        view->session->data = current;
    } else {
        fail_memory(&err);
    }
    frame_free(shown);
    if (ok) {
        if (!pane_open(&view->pane, job.result, view->session, view->columns))
            snprintf(event->say, sizeof event->say, "memory is out");
    } else {
        result_free(job.result);
        snprintf(event->say, sizeof event->say, "%.150s", err.message);
    }
    arena_free(arena);
}

static void sort_column(struct data_view *view, struct view_event *event)
{
    static const char *const words[] = { "in the order of the file", "rising", "falling" };

    if (view->sorted != view->column)
        view->order = ORDER_FILE;
    view->sorted = view->column;
    view->order = view->order == ORDER_FALLING ? ORDER_FILE : view->order + 1;
    if (!list_arrange(&view->list))
        snprintf(event->say, sizeof event->say, "memory is out: the order is not sorted");
    else if (view->order == ORDER_FILE)
        snprintf(event->say, sizeof event->say, "%s", words[0]);
    else
        snprintf(event->say, sizeof event->say, "sorted by %.60s, %s", view->frame->columns[view->column].name,
                 words[view->order]);
    view->list.cursor = 0; /* one sorts to see what is first */
    list_set_page(&view->list, view->list.page);
}

static void freeze(struct data_view *view, struct view_event *event)
{
    bool same = view->frozen == view->column + 1;
    int at = GUTTER + view->number_width + 2;

    for (int j = 0; j <= view->column; j++)
        at += view->width[j] + 2;
    if (!same && at + 12 > view->columns) {
        snprintf(event->say, sizeof event->say, "so many columns leave no room for others");
        return;
    }
    view->frozen = same ? 0 : view->column + 1;
    view->left = view->frozen;
    snprintf(event->say, sizeof event->say, same ? "no column is frozen" : "%d column%s frozen", view->frozen,
             view->frozen == 1 ? "" : "s");
}

/* Which rows the text is true for (new): a comparison over the data; NULL with an error. */
static int8_t *rows_where(const struct data_view *view, const char *text, struct arena *arena, struct glmm_error *err)
{
    struct expr *expr = text == NULL ? NULL : expr_parse(arena, text, err);
    struct column *column = expr == NULL ? NULL : expr_column(expr, view->frame, err);
    int8_t *kept = column == NULL || column->type != COLUMN_LOGICAL ? NULL : NEW_ARRAY(int8_t, view->frame->rows + 1);

    if (kept != NULL)
        memcpy(kept, column->as.logical, view->frame->rows * sizeof *kept);
    column_free(column);
    return kept;
}

/* `sbp > 170`, `Sex = Male` (one sign will do, and a text needs no quotes); NULL where it is none, with the error of the first
 * reading. */
static int8_t *read_comparison(const struct data_view *view, const char *text, struct arena *arena, struct glmm_error *err)
{
    size_t left = strcspn(text, "<>=!"), sign = strspn(text + left, "<>=!");
    struct glmm_error second = { .at = NOWHERE };
    const char *right = text + left + sign, *equal = sign == 1 && text[left] == '=' ? "=" : "";
    int8_t *kept;

    if (sign == 0 || left == 0)
        return NULL;
    right += strspn(right, " ");
    kept = rows_where(view, arena_printf(arena, "%.*s%s %s", (int)(left + sign), text, equal, right), arena, err);
    if (kept == NULL && strchr(right, '"') == NULL)
        kept = rows_where(view, arena_printf(arena, "%.*s%s \"%s\"", (int)(left + sign), text, equal, right), arena, &second);
    return kept;
}

/* Rows with some words, or those for which a comparison is true. */
static void filter(struct data_view *view, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };
    struct arena *arena = arena_new();
    int8_t *before = view->kept;
    char words[sizeof view->list.filter];

    memcpy(words, view->list.filter, sizeof words);
    view->kept = arena == NULL ? NULL : read_comparison(view, event->text, arena, &err);
    list_key(&view->list, event);
    arena_free(arena);
    if (view->list.filter[0] != '\0' || err.code == GLMM_OK || event->text[0] == '\0') {
        mem_free(before);
        if (view->list.filter[0] == '\0') {
            mem_free(view->kept);
            view->kept = NULL;
        }
        return;
    }
    mem_free(view->kept); /* no comparison, and no words: the rows that were shown stay */
    view->kept = before;
    memcpy(view->list.filter, words, sizeof words);
    list_arrange(&view->list);
    snprintf(event->say, sizeof event->say, "%.100s%s%.50s", err.message, err.hint[0] == '\0' ? "" : "; ", err.hint);
}

static bool back(struct data_view *view)
{
    if (view->list.filter[0] == '\0')
        return false;
    mem_free(view->kept);
    view->kept = NULL;
    view->list.filter[0] = '\0';
    list_arrange(&view->list);
    return true;
}

static bool key(void *state, struct view_event *event)
{
    struct data_view *view = state;
    int count = (int)view->frame->column_count, at;

    if (view->pane.open) {
        if (event->action == VIEW_BACK || event->action == VIEW_OPEN || event->action == VIEW_PLOT)
            pane_close(&view->pane);
        else
            pane_key(&view->pane, event);
        return true;
    }
    if (count == 0)
        return event->action != VIEW_BACK;
    switch (event->action) {
    case VIEW_BACK:
        return back(view);
    case VIEW_LEFT:
    case VIEW_RIGHT:
        at = view->column + (event->action == VIEW_LEFT ? -event->count : event->count);
        view->column = at < 0 ? 0 : at >= count ? count - 1 : at;
        break;
    case VIEW_NEXT:
        view->column = (view->column + 1) % count;
        break;
    case VIEW_SORT:
        sort_column(view, event);
        break;
    case VIEW_FREEZE:
        freeze(view, event);
        break;
    case VIEW_OPEN:
        open_row(view, event);
        break;
    case VIEW_PLOT:
        plot_column(view, event);
        break;
    case VIEW_FILTER:
        filter(view, event);
        break;
    case VIEW_CLICK:
        if (event->row >= 2 && view->list.top + (size_t)(event->row - 2) < view->list.count)
            view->list.cursor = view->list.top + (size_t)(event->row - 2);
        break;
    default:
        if (!list_key(&view->list, event))
            snprintf(event->say, sizeof event->say, "nothing to do with this key here; ? shows the keys");
    }
    return true;
}

static void resize(void *state, int rows, int columns)
{
    struct data_view *view = state;

    view->columns = columns;
    list_set_page(&view->list, rows - 2);
}

static const char *hints(void *state)
{
    const struct data_view *view = state;

    return view->pane.open ? "j k scroll  / find  q back" : "/ find  s sort  p plot  ? help  q back";
}

static const struct view_key keys[] = {
    { "h l  Tab", "the column to the left, to the right" },
    { "s", "sort by the column: rising, falling, as in the file" },
    { "p", "the column's histogram" },
    { "f", "freeze the columns up to this one" },
    { "Enter", "the row in full" },
    { "&", "only rows with some words, or age > 60; empty: all" },
    { NULL, NULL },
};

const struct view view_data = {
    .name = "data",
    .usage = "data [NAME]",
    .brief = "the rows of a data set",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .hints = hints,
    .close = close_view,
};
