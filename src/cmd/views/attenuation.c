/* attenuation.c -- the curves of single groups and their flatter average (curves.h), with the between-group SD as a dial. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/modelling.h"
#include "cmd/views/curves.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"
#include "model/family.h"
#include "render/draw.h"
#include "result/number.h"

enum { QUARTERS = 4, OCTAVES = 4, MIDDLE = 1 + QUARTERS * OCTAVES, PLACES = 2 * MIDDLE, LEAST_FOR_PLOT = 18 };

struct attenuation_view {
    struct session *session;
    const struct model *model;
    struct curves curves;
    int place;        /* on the dial; MIDDLE is the estimate */
    bool table;       /* numbers instead of the plot */
    struct list list; /* the points of the curves; its cursor is the x that is read out */
};

static double factor_of(int place)
{
    return place == 0 ? 0 : exp2((double)(place - MIDDLE) / QUARTERS);
}

/* --- opening --------------------------------------------------------------------------------------------- */

static void close_view(void *state)
{
    struct attenuation_view *view = state;

    list_clear(&view->list);
    curves_clear(&view->curves);
    mem_free(view);
}

static bool is_slope(const struct design *design, int column)
{
    return strcmp(design->names[column], "(Intercept)") != 0;
}

static bool find_predictor(struct attenuation_view *view, const struct call *call, int at, int *column, struct glmm_error *err)
{
    const struct design *design = view->model->design;

    if (design->random_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no random effects: nothing is averaged over", view->model->name);
    for (*column = 0; *column < design->p; ++*column)
        if (call->word_count > at ? strcmp(design->names[*column], call->words[at].text) == 0 : is_slope(design, *column))
            break;
    if (*column < design->p && is_slope(design, *column))
        return true;
    if (call->word_count <= at)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no predictor but the intercept, so there is no slope to flatten",
                    view->model->name);
    fail(err, GLMM_E_NAME, call->words[at].at, "no predictor `%.60s` in %.60s", call->words[at].text, view->model->name);
    for (int j = 0; j < design->p; j++)
        if (is_slope(design, j)) {
            error_hint(err, "it has `%.60s`", design->names[j]);
            break;
        }
    return false;
}

static void compute(struct attenuation_view *view)
{
    curves_compute(&view->curves, factor_of(view->place));
}

static void choose_predictor(struct attenuation_view *view, int column)
{
    curves_choose(&view->curves, column);
    compute(view);
}

static bool open_model(struct attenuation_view *view, const struct call *call, struct glmm_error *err)
{
    int at = 0, column = 0, effects = 0;

    if (call->word_count > 0 && session_find_model(view->session, call->words[0].text) != NULL)
        at = 1;
    view->model =
        session_need_fit(view->session, at == 1 ? call->words[0].text : NULL, at == 1 ? call->words[0].at : NOWHERE, err);
    if (view->model == NULL || !no_more_words(call, at + 1, err) || !find_predictor(view, call, at, &column, err))
        return false;
    for (int t = 0; t < view->model->design->random_count; t++)
        effects += view->model->design->random[t].k;
    if (effects > CURVE_EFFECTS_MOST)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "the model has %d random effects a row; the view can average over %d", effects,
                    (int)CURVE_EFFECTS_MOST);
    if (!curves_init(&view->curves, view->model->fit) || !list_init(&view->list, CURVE_POINTS, view))
        return fail_memory(err);
    view->place = MIDDLE;
    view->list.cursor = CURVE_POINTS / 2;
    choose_predictor(view, column);
    return true;
}

static void *open_view(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct attenuation_view *view = NEW(struct attenuation_view);

    if (view == NULL) {
        fail_memory(err);
        return NULL;
    }
    view->session = session;
    if (open_model(view, call, err))
        return view;
    close_view(view);
    return NULL;
}

/* --- drawing ---------------------------------------------------------------------------------------------- */

static const char *what_is_averaged(const struct attenuation_view *view)
{
    const struct fit *fit = view->model->fit;

    return fit->family != NULL && fit->family->response == RESPONSE_BINOMIAL ? "probability" : "mean";
}

/* The rule of thumb for the ratio where the spread is the same everywhere; NaN where there is none. */
static double rule_of_thumb(const struct attenuation_view *view, const char **name)
{
    const struct link *link = view->model->fit->link;
    double c = 16 * sqrt(3) / (15 * M_PI), sd = factor_of(view->place) * view->curves.spread[0];

    *name = "";
    if (link == NULL || !view->curves.same_spread)
        return (double)NAN;
    if (strcmp(link->name, "logit") == 0) {
        *name = "1/\xe2\x88\x9a(1+c\xc2\xb2\xcf\x83\xc2\xb2)";
        return 1 / sqrt(1 + c * c * sd * sd);
    }
    if (strcmp(link->name, "probit") == 0) {
        *name = "1/\xe2\x88\x9a(1+\xcf\x83\xc2\xb2)";
        return 1 / sqrt(1 + sd * sd);
    }
    return (double)NAN;
}

static bool put_state(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct design *design = view->model->design;
    const char *whose = design->random_count == 1 ? arena_printf(arena, "between %s", design->random[0].group) : "between groups";
    double estimate = view->curves.spread[view->list.cursor], sd = factor_of(view->place) * estimate;
    const char *where = view->curves.same_spread ? "" : arena_printf(arena, " at %s", design->names[view->curves.column]);
    char a[NUMBER_SIZE], b[NUMBER_SIZE], x[NUMBER_SIZE];

    if (whose == NULL || where == NULL)
        return false;
    if (!view->curves.same_spread)
        where = arena_printf(arena, "%s = %s:", where, number_text(x, view->curves.x[view->list.cursor], 4));
    if (view->place == MIDDLE)
        return rows_text(canvas, arena, 1, 0,
                         arena_printf(arena, "SD %s%s %s, the estimate", whose, where, number_text(a, sd, 4)), 0);
    return rows_text(canvas, arena, 1, 0,
                     arena_printf(arena, "what if, not fitted   SD %s%s %s (estimate %s)", whose, where, number_text(a, sd, 4),
                                  number_text(b, estimate, 4)),
                     ATTRIBUTE_YELLOW | ATTRIBUTE_BOLD);
}

/* The slopes, conditional and marginal, on one line; below 60 columns in fewer words. */
static bool put_slopes(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct fit *fit = view->model->fit;
    double conditional = fit->beta[view->curves.column], marginal = view->curves.marginal[view->curves.column], rule;
    const char *name, *tail = "", *words;
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE];

    rule = rule_of_thumb(view, &name);
    if (!isnan(rule) && canvas->columns >= 76)
        tail = arena_printf(arena, " (%s %s)", name, number_fixed(d, rule, 3));
    else if (fit->link == NULL || strcmp(fit->link->name, "identity") == 0)
        tail = ": linear, they agree";
    if (isnan(marginal))
        words = arena_printf(arena, "slope: one group %s; the population has no finite mean", number_text(a, conditional, 4));
    else
        words = arena_printf(
            arena, canvas->columns >= 60 ? "slope: one group %s, population %s, ratio %s%s" : "group %s population %s ratio %s",
            number_text(a, conditional, 4), number_text(b, marginal, 4), number_fixed(c, marginal / conditional, 3), tail);
    return tail != NULL && rows_text(canvas, arena, 2, 0, words, ATTRIBUTE_BOLD);
}

static bool put_at(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    size_t at = view->list.cursor;
    char x[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE];

    return rows_text(canvas, arena, row, 0,
                     arena_printf(arena, "at %s: typical group %s, population %s", number_text(x, view->curves.x[at], 4),
                                  number_text(a, view->curves.typical[at], 4), number_text(b, view->curves.mean[at], 4)),
                     0);
}

static bool fill_plot(const struct attenuation_view *view, struct plot *plot)
{
    plot_labels(plot, PLOT_XY, NULL, view->model->design->names[view->curves.column], NULL);
    for (int c = 0; c < CURVE_GROUPS; c++)
        plot_series(plot, MARK_FAINT, c == 0 ? "five groups" : NULL, CURVE_POINTS, view->curves.x, view->curves.group[c]);
    plot_series(plot, MARK_LINE, arena_printf(plot->arena, "population average %s", what_is_averaged(view)), CURVE_POINTS,
                view->curves.x, view->curves.mean);
    plot_reference(plot, true, view->curves.x[view->list.cursor], NULL);
    plot->has_y_range = true;
    plot->y_range[0] = view->curves.low;
    plot->y_range[1] = view->curves.high;
    return plot_ok(plot);
}

/* *end gets the row behind the plot. */
static bool put_plot(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row, int height,
                     int *end)
{
    struct plot plot = { .arena = arena };
    struct canvas part;
    char buffer[8];
    bool ok = fill_plot(view, &plot);

    canvas_init(&part, canvas->columns, canvas->charset);
    ok = ok && plot_draw_canvas(&plot, height, view->session->settings.digits, arena, &part);
    for (int i = 0; ok && i < height && i < part.rows; i++)
        for (int j = 0; j < part.columns; j++)
            if (!canvas_is_blank(&part, i, j))
                canvas_put(canvas, row + i, j, canvas_glyph(&part, i, j, buffer),
                           part.cells[(ptrdiff_t)i * part.columns + j].attributes);
    *end = row + (part.rows < height ? part.rows : height);
    canvas_clear(&part);
    return ok;
}

static bool put_table(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct list *list = &view->list;
    char x[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE];
    bool ok =
        rows_text(canvas, arena, row, 2, arena_printf(arena, "%10s  %12s  %12s", "x", "typical", "population"), ATTRIBUTE_BOLD);

    for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
        size_t g = list->order[list->top + (size_t)i];
        bool here = list->top + (size_t)i == list->cursor;

        ok = rows_text(canvas, arena, row + 1 + i, 0,
                       arena_printf(arena, "%c %10s  %12s  %12s", here ? '>' : ' ', number_text(x, view->curves.x[g], 4),
                                    number_text(a, view->curves.typical[g], 4), number_text(b, view->curves.mean[g], 4)),
                       here ? ATTRIBUTE_REVERSE : 0);
    }
    return ok;
}

static bool draw(void *state, struct canvas *canvas, int rows)
{
    struct attenuation_view *view = state;
    const struct design *design = view->model->design;
    struct arena *arena = arena_new();
    bool ok = arena != NULL;
    int end;

    list_set_page(&view->list, rows - 4);
    ok = ok
         && rows_text(
             canvas, arena, 0, 0,
             arena_printf(arena, "%s   %s   %s", view->model->name, design->names[view->curves.column], view->model->text),
             ATTRIBUTE_BOLD)
         && put_state(view, canvas, arena) && put_slopes(view, canvas, arena);
    if (ok && !view->table && rows >= LEAST_FOR_PLOT)
        ok = put_plot(view, canvas, arena, 3, rows - 4, &end) && put_at(view, canvas, arena, end);
    else if (ok)
        ok = put_table(view, canvas, arena, 3);
    arena_free(arena);
    return ok;
}

/* --- keys ------------------------------------------------------------------------------------------------- */

static void turn(struct attenuation_view *view, int place, struct view_event *event)
{
    place = place < 0 ? 0 : place >= PLACES ? PLACES - 1 : place;
    if (place == view->place)
        snprintf(event->say, sizeof event->say,
                 place == MIDDLE ? "this is the estimate"
                 : place == 0    ? "the groups do not differ: there is no less"
                                 : "the dial ends here");
    view->place = place;
    compute(view);
}

static void next_predictor(struct attenuation_view *view)
{
    const struct design *design = view->model->design;
    int column = view->curves.column;

    do
        column = (column + 1) % design->p;
    while (!is_slope(design, column));
    choose_predictor(view, column);
}

static bool key(void *state, struct view_event *event)
{
    struct attenuation_view *view = state;

    switch (event->action) {
    case VIEW_BACK:
        return false;
    case VIEW_LESS:
    case VIEW_MORE:
        turn(view, view->place + (event->action == VIEW_LESS ? -event->count : event->count), event);
        break;
    case VIEW_RESET:
        turn(view, MIDDLE, event);
        break;
    case VIEW_NEXT:
        next_predictor(view);
        break;
    case VIEW_PLOT:
        view->table = !view->table;
        break;
    case VIEW_LEFT:
        event->action = VIEW_UP;
        list_key(&view->list, event);
        break;
    case VIEW_RIGHT:
        event->action = VIEW_DOWN;
        list_key(&view->list, event);
        break;
    case VIEW_FIND:
    case VIEW_AGAIN:
    case VIEW_AGAIN_UP:
    case VIEW_FILTER:
        snprintf(event->say, sizeof event->say, "there are no words here to find");
        break;
    default:
        if (!list_key(&view->list, event))
            snprintf(event->say, sizeof event->say, "nothing to do with this key here; ? shows the keys");
    }
    return true;
}

static void resize(void *state, int rows, int columns)
{
    struct attenuation_view *view = state;

    (void)columns;
    list_set_page(&view->list, rows - 4);
}

static const char *hints(void *state)
{
    const struct attenuation_view *view = state;

    return view->place == MIDDLE ? "[ ] turn the SD  h l move x  Tab predictor  ? help  q back"
                                 : "[ ] turn  = estimate  h l move x  ? help  q back";
}

static const struct view_key keys[] = {
    { "[ ]", "turn the between-group SD: less and more" },
    { "=", "back to the estimate" },
    { "h l", "move the x that is read out" },
    { "p", "the plot, or its numbers" },
    { "Tab", "the next predictor" },
    { NULL, NULL },
};

const struct view view_attenuation = {
    .name = "attenuation",
    .usage = "attenuation [MODEL] [TERM]",
    .brief = "group curves and their flatter average, the SD as a dial",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .hints = hints,
    .close = close_view,
};
