/* attenuation.c -- the curves of single groups and their flatter average (infer/curves.h), with the between-group SD as a dial.
 * Of a factor its levels stand along the x axis; the cursor goes from level to level. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/predictors.h"
#include "cmd/views/attenuation.h"
#include "cmd/views/views.h"
#include "infer/attenuation.h"
#include "infer/dial.h"
#include "model/family.h"
#include "base/sample.h"
#include "render/axis.h"
#include "render/draw.h"

enum { LEAST_FOR_PLOT = 13, LEVEL_CELLS = 4, GUTTER_CELLS = 8, PLOT_TRIES = 3 };

double attenuation_factor(int place)
{
    return place == 0 ? 0 : dial_factor((double)(place - DIAL_MIDDLE) / DIAL_QUARTERS);
}

/* --- opening --------------------------------------------------------------------------------------------- */

static void close_view(void *state)
{
    struct attenuation_view *view = state;

    list_clear(&view->list);
    curves_clear(&view->curves);
    projection_clear(&view->projection);
    arena_free(view->arena);
    mem_free(view);
}

static void compute(struct attenuation_view *view)
{
    curves_turn(&view->curves, attenuation_factor(view->place));
    projection_turn(&view->projection, attenuation_factor(view->place));
}

/* Room for somewhat more than the estimated SD (a log link soon has no end); probabilities are shown from 0. */
static void choose_range(struct attenuation_view *view)
{
    struct curves *c = &view->curves;
    bool probability = c->fit->family->response == RESPONSE_BINOMIAL;
    double size;

    view->low = HUGE_VAL;
    view->high = -HUGE_VAL;
    curves_turn(c, probability ? 1.5 : 1.25);
    range_extend(&view->low, &view->high, c->mean, c->count);
    range_extend(&view->low, &view->high, c->typical, c->count);
    range_extend(&view->low, &view->high, c->naive, c->count);
    for (int i = 0; i < CURVE_GROUPS; i++)
        range_extend(&view->low, &view->high, c->group[i], c->count);
    size = view->high - view->low;
    if (probability) {
        view->low = 0;
        view->high = view->high > 0.6 ? 1 : view->high;
    } else if (!(size > 0)) {
        view->low = isfinite(view->low) ? view->low - 1 : 0;
        view->high = isfinite(view->high) ? view->high + 1 : 1;
    }
}

static bool has_words(void *context, size_t item, const char *words)
{
    const struct attenuation_view *view = context;

    return view->curves.names != NULL && list_contains(view->curves.names[item], words);
}

/* Shows another predictor; where it cannot be had (memory, data that are gone) the view stays as it was. */
static bool show_predictor(struct attenuation_view *view, int predictor, int level, const struct glmm_progress *progress,
                           struct glmm_error *err)
{
    struct curves curves;
    struct list list = { 0 };

    if (!curves_init(&curves, &view->predictors[predictor], view->naive, progress, err)) {
        curves_clear(&curves);
        return false;
    }
    if (!list_init(&list, curves.count, view)) {
        list_clear(&list);
        curves_clear(&curves);
        return fail_memory(err);
    }
    list.page = view->list.page;
    list_clear(&view->list);
    curves_clear(&view->curves);
    view->list = list;
    view->curves = curves;
    view->predictor = predictor;
    view->list.matches = has_words;
    view->list.cursor = level >= 0              ? (size_t)level
                        : curves.names == NULL  ? curves.count / 2
                        : curves.reference == 0 ? curves.count > 1 /* the first that is compared with it */
                                                : 0;
    choose_range(view);
    compute(view);
    return true;
}

static bool open_model(struct attenuation_view *view, const struct call *call, struct glmm_error *err)
{
    struct predictor wanted;
    double *naive;
    size_t p;
    int level, at = 0;
    bool found;

    if (!curves_arguments(view->session, call, &wanted, &level, err))
        return false;
    view->model = wanted.model;
    if (!attenuation_check(view->model->fit, err))
        return false;
    p = (size_t)view->model->design->p;
    if (view->model->family->categories > 0)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "the view turns one mean, and an ordered response has a probability for each category: "
                    "`attenuation` has its coefficients");
    if ((view->arena = arena_new()) == NULL || (naive = arena_alloc(view->arena, 2 * p + 1, sizeof *naive)) == NULL
        || !projection_init(&view->projection, view->model->fit))
        return fail_memory(err);
    view->predictors = predictor_all(view->model, view->arena, &view->predictor_count, err);
    if (view->predictors == NULL || !naive_estimates(view->model->fit, naive, naive + p, &found, &view->session->progress, err))
        return false;
    view->naive = found ? naive : NULL;
    view->place = DIAL_MIDDLE;
    while (at + 1 < view->predictor_count && view->predictors[at].column != wanted.column)
        at++;
    return show_predictor(view, at, level, &view->session->progress, err);
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

/* --- what is drawn -------------------------------------------------------------------------------------------- */

/* All points, or as many levels around the cursor as there is room for. */
static void choose_window(struct attenuation_view *view, int columns)
{
    size_t most = (size_t)(columns > GUTTER_CELLS + LEVEL_CELLS ? (columns - GUTTER_CELLS) / LEVEL_CELLS : 1);
    size_t count = view->curves.count;

    view->from = 0;
    view->shown = count;
    if (view->curves.names == NULL || count <= most)
        return;
    view->from = view->list.cursor < most / 2 ? 0 : view->list.cursor - most / 2;
    view->from = view->from + most > count ? count - most : view->from;
    view->shown = most;
}

/* --- the plot ------------------------------------------------------------------------------------------------ */

static bool fill_plot(const struct attenuation_view *view, struct plot *plot, int columns)
{
    const struct curves *c = &view->curves;
    const char *name = c->predictor.column->name, *label;
    size_t from = view->from, count = view->shown;

    if (count < c->count)
        name = arena_printf(plot->arena, "%s, %zu of %zu levels", name, count, c->count);
    label = name == NULL || c->others[0] == '\0' ? name : arena_printf(plot->arena, "%s   (%s)", name, c->others);
    if (label == NULL)
        return false;
    plot_labels(plot, PLOT_XY, NULL, utf8_width(label) <= columns ? label : name, NULL);
    if (utf8_width(label) > columns)
        plot_statement(plot, "with %s", c->others); /* below, where there is room for lines */
    if (c->names != NULL)
        plot_names(plot, count, c->names + from);
    for (int i = 0; i < CURVE_GROUPS; i++) {
        struct plot_series *series =
            plot_series(plot, MARK_FAINT, i == 0 ? curves_whose(c, false, true) : NULL, count, c->x, c->group[i] + from);

        if (!curves_stays(i))
            series_spare(series);
        else if (i == 0)
            series_low_label(plot, series, curves_whose(c, true, true));
    }
    if (c->naive != NULL)
        plot_series(plot, MARK_DOTTED, "naive, no groups", count, c->x, c->naive + from);
    plot_series(plot, MARK_LINE, "average over all groups", count, c->x, c->mean + from);
    plot_reference(plot, true, c->x[view->list.cursor - from], NULL);
    plot->has_y_range = true;
    plot->y_range[0] = view->low;
    plot->y_range[1] = view->high;
    return plot_ok(plot);
}

/* Draws within `height` rows, below a blank one where there is room to spare; *rows gets how many it took, 0 where it cannot be
 * drawn so low. */
static bool put_plot(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row, int height,
                     int *rows)
{
    struct plot plot = { .arena = arena };
    struct canvas part;
    char buffer[8];
    bool ok = fill_plot(view, &plot, canvas->columns);
    int body = height;

    *rows = 0;
    for (int tries = 0; ok && *rows == 0 && tries < PLOT_TRIES; tries++) {
        canvas_init(&part, canvas->columns, canvas->charset);
        ok = plot_draw_canvas(&plot, body, view->session->settings.digits, arena, &part);
        *rows = ok && part.rows <= height ? part.rows + (part.rows < height) : 0;
        for (int i = 0; *rows > 0 && i < part.rows; i++)
            for (int j = 0; j < part.columns; j++)
                if (!canvas_is_blank(&part, i, j))
                    canvas_put(canvas, row + *rows - part.rows + i, j, canvas_glyph(&part, i, j, buffer),
                               part.cells[(ptrdiff_t)i * part.columns + j].attributes);
        body -= part.rows - height; /* the legend took more lines */
        canvas_clear(&part);
    }
    return ok;
}

static bool draw(void *state, struct canvas *canvas, int rows)
{
    struct attenuation_view *view = state;
    struct arena *arena = arena_new();
    bool ok = arena != NULL;
    int taken = 0;

    list_set_page(&view->list, rows - 4);
    choose_window(view, canvas->columns);
    ok = ok && attenuation_put_title(view, canvas, arena) && attenuation_put_state(view, canvas, arena)
         && attenuation_put_step(view, canvas, arena);
    if (ok && !view->table && rows >= LEAST_FOR_PLOT)
        ok = put_plot(view, canvas, arena, 3, rows - 4, &taken);
    if (ok)
        ok = taken > 0 ? attenuation_put_means(view, canvas, arena, 3 + taken) : attenuation_put_table(view, canvas, arena, 3);
    arena_free(arena);
    return ok;
}

/* --- keys ------------------------------------------------------------------------------------------------- */

static void turn(struct attenuation_view *view, int place, struct view_event *event)
{
    double most = 0;

    place = place < 0 ? 0 : place >= DIAL_PLACES ? DIAL_PLACES - 1 : place;
    for (size_t i = 0; i < view->curves.count; i++)
        most = fmax(most, view->curves.spread[i]);
    if (place == view->place)
        snprintf(event->say, sizeof event->say,
                 place == DIAL_MIDDLE ? "this is the estimate"
                 : place == 0         ? "the groups do not differ: there is no less"
                                      : "the dial ends here");
    else if (most == 0)
        snprintf(event->say, sizeof event->say, "the estimate is 0: there is nothing to turn");
    view->place = most == 0 ? DIAL_MIDDLE : place;
    compute(view);
}

/* The next one that can be shown: not all can (one that has a single value). */
static void next_predictor(struct attenuation_view *view, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };
    int steps = 1;

    if (view->predictor_count < 2)
        snprintf(event->say, sizeof event->say, "%.60s has no other predictor", view->model->name);
    while (steps < view->predictor_count
           && !show_predictor(view, (view->predictor + steps) % view->predictor_count, -1, NULL, &err)) {
        steps++;
        if (err.code == GLMM_E_MEMORY || steps == view->predictor_count) {
            snprintf(event->say, sizeof event->say, "%.150s", err.message);
            return;
        }
        err = (struct glmm_error){ .at = NOWHERE };
    }
}

static void move(struct attenuation_view *view, struct view_event *event)
{
    if (event->action == VIEW_LEFT || event->action == VIEW_RIGHT)
        event->action = event->action == VIEW_LEFT ? VIEW_UP : VIEW_DOWN;
    if (event->action == VIEW_FILTER || (event->action == VIEW_FIND && view->curves.names == NULL))
        snprintf(event->say, sizeof event->say,
                 view->curves.names == NULL ? "there are no words here to find" : "all levels are shown; / finds one");
    else if (!list_key(&view->list, event))
        snprintf(event->say, sizeof event->say, "nothing to do with this key here; ? shows the keys");
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
        turn(view, DIAL_MIDDLE, event);
        break;
    case VIEW_NEXT:
        next_predictor(view, event);
        break;
    case VIEW_PLOT:
        view->table = !view->table;
        break;
    default:
        move(view, event);
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
    bool levels = view->curves.names != NULL, estimate = view->place == DIAL_MIDDLE;

    return estimate && levels ? "[ ] turn the SD  h l level  Tab predictor  ? help  q back"
           : estimate         ? "[ ] turn the SD  h l move x  Tab predictor  ? help  q back"
           : levels           ? "[ ] turn  = estimate  h l level  ? help  q back"
                              : "[ ] turn  = estimate  h l move x  ? help  q back";
}

static const struct view_key keys[] = {
    { "[ ]", "turn the between-group SD: less and more" },
    { "=", "back to the estimate" },
    { "h l", "move the x, or the level, that is read out" },
    { "p", "the plot, or its numbers" },
    { "Tab", "the next predictor" },
    { NULL, NULL },
};

const struct view view_attenuation = {
    .name = "attenuation",
    .usage = "attenuation [MODEL] [VARIABLE]",
    .brief = "group curves and their flatter average, the SD as a dial",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .hints = hints,
    .close = close_view,
};
