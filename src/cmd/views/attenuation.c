/* attenuation.c -- the curves of single groups and their flatter average (cmd/curves.h), with the between-group SD as a dial.
 * Of a factor its levels stand along the x axis; the cursor goes from level to level. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/curves.h"
#include "cmd/views/line.h"
#include "cmd/views/list.h"
#include "cmd/views/projection.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"
#include "infer/attenuation.h"
#include "model/family.h"
#include "render/axis.h"
#include "render/draw.h"
#include "result/number.h"

enum { QUARTERS = 4, OCTAVES = 4, MIDDLE = 1 + QUARTERS * OCTAVES, PLACES = 2 * MIDDLE, LEAST_FOR_PLOT = 18 };
enum { LEVEL_CELLS = 4, GUTTER_CELLS = 8, PLOT_TRIES = 3 };

struct attenuation_view {
    struct session *session;
    const struct model *model;
    struct arena *arena;          /* owns the predictors and the naive coefficients */
    struct predictor *predictors; /* those that Tab goes through */
    int predictor_count, predictor;
    const double *naive; /* NULL: none */
    struct curves curves;
    struct projection projection;
    double low, high; /* of the y axis: chosen once for a predictor, so that curves move and the axis does not */
    int place;        /* on the dial; MIDDLE is the estimate */
    bool table;       /* numbers instead of the plot */
    struct list list; /* the points of the curves; its cursor is the one that is read out */
    size_t from, shown; /* those that the plot shows: a stretch of the levels where there are many */
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
    projection_clear(&view->projection);
    arena_free(view->arena);
    mem_free(view);
}

static void compute(struct attenuation_view *view)
{
    curves_turn(&view->curves, factor_of(view->place));
    projection_turn(&view->projection, factor_of(view->place));
}

/* Room for the average at twice the SD and the groups at somewhat more than it; probabilities are shown from 0. */
static void choose_range(struct attenuation_view *view)
{
    struct curves *c = &view->curves;
    bool probability = c->fit->family != NULL && c->fit->family->response == RESPONSE_BINOMIAL;
    double size;

    view->low = HUGE_VAL;
    view->high = -HUGE_VAL;
    curves_turn(c, 2);
    range_extend(&view->low, &view->high, c->mean, c->count);
    range_extend(&view->low, &view->high, c->typical, c->count);
    curves_turn(c, probability ? 1.5 : 1.25);
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
    view->list.cursor = level >= 0               ? (size_t)level
                        : curves.names == NULL   ? curves.count / 2
                        : curves.reference == 0  ? curves.count > 1 /* the first that is compared with it */
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
    p = (size_t)view->model->design->p;
    if ((view->arena = arena_new()) == NULL || (naive = arena_alloc(view->arena, 2 * p + 1, sizeof *naive)) == NULL
        || !projection_init(&view->projection, view->model->fit))
        return fail_memory(err);
    view->predictors = predictor_all(view->session, view->model, view->arena, &view->predictor_count, err);
    if (view->predictors == NULL
        || !naive_estimates(view->model->fit, naive, naive + p, &found, &view->session->progress, err))
        return false;
    view->naive = found ? naive : NULL;
    view->place = MIDDLE;
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

/* --- the lines above the plot ------------------------------------------------------------------------------- */

/* The value that is read out: "2" of a level, "4.5" of a number. */
static const char *value_here(const struct attenuation_view *view, char buffer[NUMBER_SIZE])
{
    size_t at = view->list.cursor;

    return view->curves.names != NULL ? view->curves.names[at] : number_text(buffer, view->curves.x[at], 4);
}

static bool put_title(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const char *name = view->curves.predictor.column->name;
    struct line line;

    line_begin(&line, canvas, arena);
    line_offer(&line, arena_printf(arena, "%s   %s   %s", view->model->name, name, view->model->text));
    return line_put(&line, canvas, 0, ATTRIBUTE_BOLD);
}

static bool put_state(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct design *design = view->model->design;
    const char *whose = design->random_count == 1 ? design->random[0].group : "groups", *name, *where = "";
    double estimate = view->curves.spread[view->list.cursor], sd = factor_of(view->place) * estimate;
    char a[NUMBER_SIZE], b[NUMBER_SIZE], x[NUMBER_SIZE];
    struct line line;

    name = view->curves.predictor.column->name;
    number_text(a, sd, 4);
    number_text(b, estimate, 4);
    if (!view->curves.same_spread)
        where = arena_printf(arena, " at %s %s:", name, value_here(view, x));
    if (where == NULL)
        return false;
    line_begin(&line, canvas, arena);
    if (view->place == MIDDLE) {
        line_offer(&line, arena_printf(arena, "SD between %s%s %s, the estimate", whose, where, a));
        line_offer(&line, arena_printf(arena, "SD%s %s, the estimate", where, a));
        line_offer(&line, arena_printf(arena, "SD %s, the estimate", a));
        return line_put(&line, canvas, 1, 0);
    }
    line_offer(&line, arena_printf(arena, "what if, not fitted   SD between %s%s %s (estimate %s)", whose, where, a, b));
    line_offer(&line, arena_printf(arena, "what if, not fitted   SD%s %s (estimate %s)", where, a, b));
    line_offer(&line, arena_printf(arena, "what if   SD%s %s (estimate %s)", where, a, b));
    line_offer(&line, arena_printf(arena, "what if   SD %s (estimate %s)", a, b));
    line_offer(&line, arena_printf(arena, "what if   SD %s", a));
    return line_put(&line, canvas, 1, ATTRIBUTE_YELLOW | ATTRIBUTE_BOLD);
}

/* The rule of thumb for the ratio where the spread is the same in all rows; NaN where there is none. */
static double rule_of_thumb(const struct attenuation_view *view, const char **name)
{
    const struct link *link = view->model->fit->link;
    double c = 16 * sqrt(3) / (15 * M_PI), sd = factor_of(view->place) * view->curves.spread[0];

    *name = "";
    if (link == NULL || !view->projection.same_variance)
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

/* What stands before the two numbers: "slope: ", "period 2 against 1: "; fuller ones first, then "". */
enum { HEADS = 5 };

static bool make_heads(const struct attenuation_view *view, struct arena *arena, const char *heads[HEADS])
{
    const struct curves *c = &view->curves;
    const struct link *link = c->fit->link;
    const char *scale = link == NULL || link->scale == NULL || strcmp(link->name, "identity") == 0 ? NULL : link->scale, *what;
    char x[NUMBER_SIZE];

    if (c->names != NULL) {
        heads[2] = arena_printf(arena, "%s against %s", value_here(view, x), c->names[c->reference]);
        what = arena_printf(arena, "%s %s", c->predictor.column->name, heads[2] == NULL ? "" : heads[2]);
        heads[2] = heads[2] == NULL ? NULL : arena_printf(arena, "%s: ", heads[2]);
    } else {
        what = c->straight ? "slope" : arena_printf(arena, "slope at %s", value_here(view, x));
        heads[2] = "slope: ";
    }
    if (what == NULL)
        return false;
    heads[0] = scale == NULL ? arena_printf(arena, "%s: ", what) : arena_printf(arena, "%s (%s): ", what, scale);
    heads[1] = arena_printf(arena, "%s: ", what);
    heads[3] = c->names == NULL ? heads[2]
                                : arena_printf(arena, "level %zu against the reference: ", view->list.cursor - view->from + 1);
    heads[4] = "";
    return heads[0] != NULL && heads[1] != NULL && heads[2] != NULL && heads[3] != NULL;
}

/* The conditional and the marginal coefficient: a slope, or the step from the reference level. */
static bool put_step(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    static const struct {
        int head, tail;
    } wordings[] = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 1, 2 }, { 2, 2 }, { 1, 3 }, { 2, 3 }, { 3, 2 }, { 3, 3 },
                     { 4, 2 }, { 4, 3 } };
    const struct curves *c = &view->curves;
    double conditional = curves_step(c, c->fit->beta, view->list.cursor), rule;
    double marginal = curves_step(c, view->projection.marginal, view->list.cursor);
    const char *heads[HEADS], *tails[4] = { "", "", "", "" }, *rule_name, *ratio = "", *why = "", *why_short = "";
    char a[NUMBER_SIZE], b[NUMBER_SIZE], r[NUMBER_SIZE], v[NUMBER_SIZE];
    struct line line;

    line_begin(&line, canvas, arena);
    if (c->names != NULL && view->list.cursor == c->reference) {
        line_offer(&line, arena_printf(arena, "%s %s is the reference that the others are compared with",
                                       c->predictor.column->name, c->names[c->reference]));
        line_offer(&line, arena_printf(arena, "%s is the reference", c->names[c->reference]));
        return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
    }
    rule = rule_of_thumb(view, &rule_name);
    if (c->fit->link == NULL || strcmp(c->fit->link->name, "identity") == 0) {
        why = ": linear, they agree";
        why_short = ": linear";
    } else if (strcmp(c->fit->link->name, "log") == 0 && view->projection.same_variance) {
        why = " (a log link: they agree)";
        why_short = " (log link)";
    }
    number_text(a, conditional, 4);
    number_text(b, marginal, 4);
    ratio = conditional == 0 ? "" : arena_printf(arena, ", ratio %s", number_fixed(r, marginal / conditional, 3));
    number_fixed(v, rule, 3);
    tails[0] = isnan(rule) ? why : arena_printf(arena, " (%s %s)", rule_name, v);
    tails[1] = isnan(rule) ? why : arena_printf(arena, " (rule of thumb %s)", v);
    tails[2] = isnan(rule) ? why_short : arena_printf(arena, " (rule %s)", v);
    if (!make_heads(view, arena, heads) || ratio == NULL || tails[0] == NULL || tails[1] == NULL || tails[2] == NULL)
        return false;
    if (isnan(marginal)) {
        for (int h = 0; h < HEADS; h++)
            line_offer(&line, arena_printf(arena, "%sone group %s; the population has no finite mean", heads[h], a));
        line_offer(&line, arena_printf(arena, "group %s, all: no finite mean", a));
        return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
    }
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++)
        line_offer(&line, arena_printf(arena, "%sone group %s, population %s%s%s", heads[wordings[i].head], a, b, ratio,
                                       tails[wordings[i].tail]));
    line_offer(&line, arena_printf(arena, "group %s, all %s%s", a, b, ratio));
    line_offer(&line, arena_printf(arena, "group %s, all %s", a, b));
    return line_put(&line, canvas, 2, ATTRIBUTE_BOLD);
}

/* About so many digits, zeros at the end included. */
static const char *mean_text(char buffer[NUMBER_SIZE], double mean, int digits)
{
    if (mean != 0 && fabs(mean) < 1e-4)
        return number_text(buffer, mean, digits);
    return number_fixed(buffer, mean, number_decimals(&mean, 1, digits));
}

/* The means at the cursor. */
static bool put_means(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct curves *c = &view->curves;
    size_t at = view->list.cursor;
    int digits = view->session->settings.digits;
    const char *name = c->predictor.column->name, *value, *naive;
    char x[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE], n[NUMBER_SIZE];
    struct line line;

    mean_text(a, c->typical[at], digits);
    mean_text(b, c->mean[at], digits);
    value = value_here(view, x);
    naive = c->naive == NULL || isnan(c->naive[at])
                ? ""
                : arena_printf(arena, ", naive %s", mean_text(n, c->naive[at], digits));
    if (naive == NULL)
        return false;
    line_begin(&line, canvas, arena);
    if (isnan(c->typical[at]) || isnan(c->mean[at])) {
        const char *whose = isnan(c->typical[at]) ? "the typical group" : "the population";

        line_offer(&line, arena_printf(arena, "%s %s: %s has no finite mean here", name, value, whose));
        line_offer(&line, arena_printf(arena, "%s has no mean here", whose));
        return line_put(&line, canvas, row, 0);
    }
    line_offer(&line, arena_printf(arena, "%s %s, %s: typical group %s, population %s%s", name, value, c->response, a, b, naive));
    line_offer(&line, arena_printf(arena, "%s %s: typical group %s, population %s%s", name, value, a, b, naive));
    line_offer(&line, arena_printf(arena, "%s %s: typical group %s, population %s", name, value, a, b));
    line_offer(&line, arena_printf(arena, "%s: typical group %s, population %s", value, a, b));
    line_offer(&line, arena_printf(arena, "%s: typical %s, all %s", value, a, b));
    if (c->names != NULL) /* the plot has no room for such long names either, and numbers them */
        line_offer(&line, arena_printf(arena, "level %zu: typical %s, all %s", at - view->from + 1, a, b));
    line_offer(&line, arena_printf(arena, "typical %s, population %s", a, b));
    line_offer(&line, arena_printf(arena, "group %s, all %s", a, b));
    return line_put(&line, canvas, row, 0);
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
    if (c->names != NULL)
        plot_names(plot, count, c->names + from);
    for (int i = 0; i < CURVE_GROUPS; i++)
        plot_series(plot, MARK_FAINT, i == 0 ? "single groups" : NULL, count, c->x, c->group[i] + from);
    if (c->naive != NULL)
        plot_series(plot, MARK_DOTTED, "naive, no groups", count, c->x, c->naive + from);
    plot_series(plot, MARK_LINE, "average over all groups", count, c->x, c->mean + from);
    plot_reference(plot, true, c->x[view->list.cursor - from], NULL);
    plot->has_y_range = true;
    plot->y_range[0] = view->low;
    plot->y_range[1] = view->high;
    return plot_ok(plot);
}

/* Draws within `height` rows; *rows gets how many it took, 0 where it cannot be drawn so low. */
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
        *rows = ok && part.rows <= height ? part.rows : 0;
        for (int i = 0; i < *rows; i++)
            for (int j = 0; j < part.columns; j++)
                if (!canvas_is_blank(&part, i, j))
                    canvas_put(canvas, row + i, j, canvas_glyph(&part, i, j, buffer),
                               part.cells[(ptrdiff_t)i * part.columns + j].attributes);
        body -= part.rows - height; /* the legend took more lines */
        canvas_clear(&part);
    }
    return ok;
}

/* --- the table ----------------------------------------------------------------------------------------------- */

enum { TABLE_COLUMNS = 6, NAME_LEAST = 8, NAME_MOST = 40 };

struct column_of_numbers {
    const char *heading;
    const double *values;
    int decimals, width;
    bool of_steps; /* from the reference, which itself has none */
};

static void add_column(struct column_of_numbers *columns, int *count, const char *heading, const double *values, size_t n,
                       int digits)
{
    struct column_of_numbers *c = &columns[*count];
    char buffer[NUMBER_SIZE];

    if (values == NULL)
        return;
    *c = (struct column_of_numbers){ heading, values, number_decimals(values, n, digits), (int)strlen(heading), false };
    for (size_t i = 0; i < n; i++) {
        int width = (int)strlen(number_fixed(buffer, values[i], c->decimals));

        c->width = width > c->width ? width : c->width;
    }
    ++*count;
}

/* The columns, the most important ones first: those that find no room are left out. */
static bool make_columns(const struct attenuation_view *view, struct arena *arena, struct column_of_numbers *columns, int *count)
{
    const struct curves *c = &view->curves;
    int digits = view->session->settings.digits;
    double *steps = c->names == NULL ? NULL : arena_alloc(arena, 3 * c->count + 1, sizeof *steps);

    *count = 0;
    add_column(columns, count, "typical", c->typical, c->count, digits);
    add_column(columns, count, "population", c->mean, c->count, digits);
    add_column(columns, count, "naive", c->naive, c->count, digits);
    if (c->names == NULL)
        return true;
    for (size_t i = 0; steps != NULL && i < c->count; i++) {
        bool same = i == c->reference;

        steps[i] = same ? (double)NAN : curves_step(c, c->fit->beta, i);
        steps[c->count + i] = same ? (double)NAN : curves_step(c, view->projection.marginal, i);
        steps[2 * c->count + i] = steps[i] == 0 ? (double)NAN : steps[c->count + i] / steps[i];
    }
    if (steps != NULL) {
        add_column(columns, count, "conditional", steps, c->count, digits);
        add_column(columns, count, "marginal", steps + c->count, c->count, digits);
        add_column(columns, count, "ratio", steps + 2 * c->count, c->count, digits);
        columns[*count - 1].of_steps = columns[*count - 2].of_steps = columns[*count - 3].of_steps = true;
    }
    return steps != NULL;
}

/* The levels' names, or the values with common decimals; the arena's. */
static const char **make_names(const struct curves *c, struct arena *arena, int digits, int *width)
{
    const char **names = arena_alloc(arena, c->count, sizeof *names);
    int decimals = c->names != NULL ? 0 : number_decimals(c->x, c->count, digits);
    char buffer[NUMBER_SIZE];

    for (size_t i = 0; names != NULL && i < c->count; i++) {
        names[i] = c->names != NULL ? c->names[i] : arena_strdup(arena, number_fixed(buffer, c->x[i], decimals));
        if (names[i] == NULL)
            return NULL;
        *width = utf8_width(names[i]) > *width ? utf8_width(names[i]) : *width;
    }
    return names;
}

/* A name in its column, at the left where it is a level, with dots where it is longer. */
static bool put_name(struct canvas *canvas, struct arena *arena, int row, int width, const char *name, bool left)
{
    int own = utf8_width(name);

    if (own <= width)
        return rows_text(canvas, arena, row, 2 + (left ? 0 : width - own), name, 0);
    return rows_text(canvas, arena, row, 2, arena_printf(arena, "%.*s\xe2\x80\xa6", (int)utf8_prefix(name, width - 3), name), 0);
}

static bool put_line_of(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row, int column,
                        const struct column_of_numbers *columns, int count, size_t item)
{
    bool ok = true;

    for (int j = 0; ok && j < count; j++) {
        char buffer[NUMBER_SIZE];
        const char *words = number_fixed(buffer, columns[j].values[item], columns[j].decimals);

        column += 2;
        if (columns[j].width + column > canvas->columns)
            break;
        if (isnan(columns[j].values[item]))
            words = columns[j].of_steps && item == view->curves.reference ? "" : "-";
        ok = rows_text(canvas, arena, row, column + columns[j].width - (int)strlen(words), words, 0);
        column += columns[j].width;
    }
    return ok;
}

static bool put_table(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct list *list = &view->list;
    const struct curves *c = &view->curves;
    struct column_of_numbers columns[TABLE_COLUMNS];
    const char *heading = c->predictor.column->name, **names;
    int count, width = utf8_width(heading), column = 2, room;
    bool ok = make_columns(view, arena, columns, &count)
              && (names = make_names(c, arena, view->session->settings.digits, &width)) != NULL;

    if (!ok)
        return false;
    room = canvas->columns - 2 - columns[0].width - columns[1].width - 4;
    width = width > room ? room : width;
    width = width > NAME_MOST ? NAME_MOST : width < NAME_LEAST && NAME_LEAST <= room ? NAME_LEAST : width;
    ok = put_name(canvas, arena, row, width, heading, c->names != NULL);
    for (int j = 0, at = 2 + width; ok && j < count && at + 2 + columns[j].width <= canvas->columns; j++) {
        at += 2 + columns[j].width;
        ok = rows_text(canvas, arena, row, at - (int)strlen(columns[j].heading), columns[j].heading, ATTRIBUTE_BOLD);
    }
    for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
        size_t item = list->order[list->top + (size_t)i];
        bool here = list->top + (size_t)i == list->cursor;

        ok = put_name(canvas, arena, row + 1 + i, width, names[item], c->names != NULL)
             && put_line_of(view, canvas, arena, row + 1 + i, column + width, columns, count, item);
        if (!ok || !here)
            continue;
        canvas_put(canvas, row + 1 + i, 0, ">", ATTRIBUTE_BOLD);
        for (int j = 2; j < canvas->columns && row + 1 + i < canvas->rows; j++)
            canvas->cells[(ptrdiff_t)(row + 1 + i) * canvas->columns + j].attributes |= ATTRIBUTE_REVERSE;
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
    ok = ok && put_title(view, canvas, arena) && put_state(view, canvas, arena) && put_step(view, canvas, arena);
    if (ok && !view->table && rows >= LEAST_FOR_PLOT)
        ok = put_plot(view, canvas, arena, 3, rows - 4, &taken);
    if (ok)
        ok = taken > 0 ? put_means(view, canvas, arena, 3 + taken) : put_table(view, canvas, arena, 3);
    arena_free(arena);
    return ok;
}

/* --- keys ------------------------------------------------------------------------------------------------- */

static void turn(struct attenuation_view *view, int place, struct view_event *event)
{
    double most = 0;

    place = place < 0 ? 0 : place >= PLACES ? PLACES - 1 : place;
    for (size_t i = 0; i < view->curves.count; i++)
        most = fmax(most, view->curves.spread[i]);
    if (place == view->place)
        snprintf(event->say, sizeof event->say,
                 place == MIDDLE ? "this is the estimate"
                 : place == 0    ? "the groups do not differ: there is no less"
                                 : "the dial ends here");
    else if (most == 0)
        snprintf(event->say, sizeof event->say, "the estimate is 0: there is nothing to turn");
    view->place = most == 0 ? MIDDLE : place;
    compute(view);
}

static void next_predictor(struct attenuation_view *view, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };

    if (view->predictor_count < 2)
        snprintf(event->say, sizeof event->say, "%.60s has no other predictor", view->model->name);
    else if (!show_predictor(view, (view->predictor + 1) % view->predictor_count, -1, NULL, &err))
        snprintf(event->say, sizeof event->say, "%.150s", err.message);
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
        turn(view, MIDDLE, event);
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
    bool levels = view->curves.names != NULL, estimate = view->place == MIDDLE;

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
