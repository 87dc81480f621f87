/* shrinkage.c -- the levels between complete pooling and no pooling, with the between-group SD as a dial.
 *
 * The dial has a place for 0, QUARTERS a factor of 2 around the estimate, and one for the limit. The profiled deviance of each
 * place is found while nobody types; the likelihood that it gives is drawn as a row of bars. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "result/result.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"
#include "infer/dial.h"
#include "render/glyph.h"
#include "result/number.h"

enum {
    QUARTERS = 4,
    OCTAVES = 5,
    MIDDLE = 1 + QUARTERS * OCTAVES, /* factor 1 */
    LAST = 2 * MIDDLE,               /* no pooling */
    PLACES = LAST + 1
};

/* Beyond this factor a linear model keeps all that a person could see of the own estimates. */
static const double NEARLY_ALL = 4096;

struct shrinkage_view {
    struct rows rows;
    struct dial *dial;
    struct fit *turned;      /* the what-if that is shown; NULL at the estimate */
    int place, estimate;     /* on the dial */
    double deviance[PLACES]; /* NaN: does not exist */
    bool known[PLACES];
    double at_estimate;
};

static double factor_of(int place)
{
    return place == 0 ? 0 : place == LAST ? NEARLY_ALL : dial_factor((double)(place - MIDDLE) / QUARTERS);
}

static void close_view(void *state)
{
    struct shrinkage_view *view = state;

    rows_close(&view->rows);
    fit_free(view->turned);
    dial_free(view->dial);
    mem_free(view);
}

/* What is shown is the model's own fit. */
static void at_estimate(struct shrinkage_view *view)
{
    fit_free(view->turned);
    view->turned = NULL;
    view->place = view->estimate;
    view->rows.limit = false;
}

/* A dial (taken) for the term that is shown, at the estimate. */
static void take_dial(struct shrinkage_view *view, struct dial *dial)
{
    dial_free(view->dial);
    view->dial = dial;
    view->estimate = dial_at_zero(dial) ? 0 : MIDDLE;
    at_estimate(view);
    memset(view->known, 0, sizeof view->known);
    view->at_estimate = view->rows.model->fit->criterion;
}

static bool start_dial(struct shrinkage_view *view, struct glmm_error *err)
{
    struct dial *dial = dial_new(view->rows.model->fit, view->rows.term, err);

    if (dial != NULL)
        take_dial(view, dial);
    else if (err->code == GLMM_E_MODEL)
        error_hint(err, "plot-ascii shrinkage draws what is estimated");
    return dial != NULL;
}

static void *open_view(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct shrinkage_view *view = NEW(struct shrinkage_view);

    if (view == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (rows_open(&view->rows, session, call, err) && start_dial(view, err))
        return view;
    close_view(view);
    return NULL;
}

/* --- the dial ------------------------------------------------------------------------------------- */

/* In the limit a model that is not linear has the own estimates, which may be infinite, and no likelihood to speak of. */
static bool show_own(struct shrinkage_view *view, struct glmm_error *err)
{
    struct rows *rows = &view->rows;
    struct shrinkage *s;
    double *none;

    if (!rows_show(rows, rows->model->fit, err))
        return false;
    s = rows->now;
    none = arena_alloc(s->arena, (size_t)s->count, sizeof *none);
    if (none == NULL) {
        at_estimate(view);
        return fail_memory(err);
    }
    for (int32_t l = 0; l < s->count; l++)
        none[l] = (double)NAN;
    s->pooled = s->raw;
    s->se = none;
    s->lower = s->upper = NULL;
    if (rows->other != NULL)
        rows->other->pooled = rows->other->raw;
    return true;
}

static bool turn_to(struct shrinkage_view *view, int place, struct glmm_error *err)
{
    struct rows *rows = &view->rows;
    struct fit *turned = NULL;
    bool limit = place == LAST, ok;

    if (place == view->estimate)
        ok = rows_show(rows, rows->model->fit, err);
    else if (limit && !model_is_linear(rows->model))
        ok = show_own(view, err);
    else
        ok = (turned = dial_turn(view->dial, factor_of(place), err)) != NULL && rows_show(rows, turned, err);
    if (!ok) {
        fit_free(turned);
        return false;
    }
    fit_free(view->turned);
    view->turned = turned;
    view->place = place;
    rows->limit = limit;
    return true;
}

static void turn(struct shrinkage_view *view, int place, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };

    place = place < 0 ? 0 : place > LAST ? LAST : place;
    if (place == view->place)
        snprintf(event->say, sizeof event->say,
                 place == 0      ? "complete pooling: there is no less"
                 : place == LAST ? "no pooling: there is no more"
                                 : "this is the estimate");
    else if (!turn_to(view, place, &err))
        snprintf(event->say, sizeof event->say, "%.150s", err.message);
}

/* One place of the profile at a time, from the estimate outwards. */
static bool idle(void *state)
{
    struct shrinkage_view *view = state;

    for (int distance = 0; distance < PLACES; distance++)
        for (int side = -1; side <= 1; side += 2) {
            int place = view->estimate + side * distance;

            if (place < 0 || place >= LAST || view->known[place])
                continue;
            view->deviance[place] = dial_deviance(view->dial, factor_of(place));
            view->known[place] = true;
            return true;
        }
    return false;
}

/* --- drawing ----------------------------------------------------------------------------------------- */

/* The standard deviation of the effect that is shown. */
static double sd_of(const struct fit *fit, const struct rows *rows)
{
    return fit->random[rows->term].sd[rows->effect];
}

static double deviance_now(const struct shrinkage_view *view)
{
    if (view->place == view->estimate)
        return view->at_estimate;
    return view->turned == NULL || view->rows.limit ? (double)NAN : view->turned->criterion;
}

/* The place of the largest likelihood among those known. */
static int best_place(const struct shrinkage_view *view)
{
    int best = -1;

    for (int i = 0; i < PLACES; i++)
        if (view->known[i] && !isnan(view->deviance[i]) && (best < 0 || view->deviance[i] < view->deviance[best]))
            best = i;
    return best;
}

/* A part of a line, where there is still room for it. */
static void add_part(struct text *line, int columns, const char *part)
{
    if (part != NULL && part[0] != '\0' && utf8_width(text_string(line)) + 3 + utf8_width(part) <= columns)
        text_addf(line, "   %s", part);
}

/* `what if, not fitted: SD 21.00, estimate 42.00   REML 322.14 (+2.49)   residual 55.24`; steady while the dial turns. */
static bool put_state(const struct shrinkage_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct rows *rows = &view->rows;
    const struct fit *fit = rows->model->fit, *shown = view->turned != NULL ? view->turned : fit;
    bool estimate = view->place == view->estimate, ok;
    double deviance = deviance_now(view), size = sd_of(fit, rows) > 0 ? sd_of(fit, rows) : 1;
    int decimals = (int)fmax(0, fmin(6, 3 - number_decade(size)));
    char sd[NUMBER_SIZE], at[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE];
    struct text line = { 0 };

    number_fixed(sd, sd_of(shown, rows), decimals);
    number_fixed(at, sd_of(fit, rows), decimals);
    if (estimate)
        text_addf(&line, "SD between %s %s, the estimate", rows->now->group, sd);
    else
        text_addf(&line, canvas->columns < 60 ? "what if, not fitted: SD %s (%s)" : "what if, not fitted: SD %s, estimate %s",
                  rows->limit ? (canvas->charset == CHARSET_ASCII ? "Inf" : "\xe2\x88\x9e") : sd, at);
    add_part(&line, canvas->columns, view->place == 0 ? "complete pooling" : rows->limit ? "no pooling" : "");
    if (!isnan(deviance))
        add_part(&line, canvas->columns,
                 arena_printf(
                     arena, "%s %.2f%s", fit->method == METHOD_REML ? "REML" : "deviance", deviance,
                     estimate ? "" : arena_printf(arena, " (+%s)", number_fixed(b, fmax(0, deviance - view->at_estimate), 2))));
    if (fit_has_residual(fit))
        add_part(&line, canvas->columns, arena_printf(arena, "residual %s", number_text(a, shown->sigma, 4)));
    ok = !line.failed && rows_text(canvas, arena, row, 0, text_string(&line), estimate ? 0 : ATTRIBUTE_YELLOW | ATTRIBUTE_BOLD);
    text_clear(&line);
    return ok;
}

/* The height of a bar in eighths as one sign. */
static const char *bar(int eighths, enum charset charset)
{
    static const char *const ascii[] = { " ", ".", ".", ":", ":", "=", "=", "#", "#" };

    if (charset == CHARSET_ASCII)
        return ascii[eighths];
    return eighths == 0 ? " " : bar_glyph(eighths, charset);
}

/* The likelihood along the dial, and below it where the maximum and the dial are. */
static bool put_profile(const struct shrinkage_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    enum charset charset = canvas->charset;
    const char *least = "SD 0 ", *most = charset == CHARSET_ASCII ? " Inf" : " \xe2\x88\x9e";
    int from = (int)strlen(least), best = best_place(view);

    if (canvas->columns < from + PLACES + 5)
        return true;
    if (!rows_text(canvas, arena, row, 0, least, 0) || !rows_text(canvas, arena, row, from + PLACES, most, 0))
        return false;
    for (int i = 0; i < PLACES; i++)
        if (view->known[i] && best >= 0) {
            double share = isnan(view->deviance[i]) ? 0 : dial_support(view->deviance[i] - view->deviance[best]);

            canvas_put(canvas, row, from + i, bar((int)ceil(8 * share - 0.04), charset), ATTRIBUTE_CYAN);
        }
    if (best >= 0)
        canvas_put(canvas, row + 1, from + best, charset == CHARSET_ASCII ? "^" : "\xe2\x96\xb4", 0);
    canvas_put(canvas, row + 1, from + view->place,
               best == view->place ? glyph_of(GLYPH_BOTH, charset) : glyph_of(GLYPH_POOLED, charset), ATTRIBUTE_BOLD);
    from += PLACES + 5;
    if (canvas->columns < from + 24)
        return true;
    return rows_text(canvas, arena, row, from, "profile likelihood", 0)
           && rows_text(canvas, arena, row + 1, from,
                        arena_printf(arena, "%s maximum  %s dial", charset == CHARSET_ASCII ? "^" : "\xe2\x96\xb4",
                                     glyph_of(GLYPH_POOLED, charset)),
                        0);
}

static bool draw(void *state, struct canvas *canvas, int height)
{
    struct shrinkage_view *view = state;
    struct arena *arena = arena_new();
    bool profile = height >= 15 && !view->rows.pane.open;
    bool ok = arena != NULL && rows_title(&view->rows, canvas, arena, 0) && put_state(view, canvas, arena, 1);
    int above = profile ? 4 : 2;

    ok = ok && (!profile || put_profile(view, canvas, arena, 2));
    ok = ok && rows_draw(&view->rows, canvas, arena, above, height - above);
    arena_free(arena);
    return ok;
}

/* --- keys ---------------------------------------------------------------------------------------------- */

/* The next effect is shown at the estimate: its own scale is chosen there.  Without a dial of its own it is not shown. */
static void next_effect(struct shrinkage_view *view, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };
    struct dial *dial;
    int term, effect;

    rows_following(&view->rows, &term, &effect);
    dial = dial_new(view->rows.model->fit, term, &err);
    if (dial != NULL && rows_next(&view->rows, &err))
        take_dial(view, dial);
    else
        dial_free(dial);
    if (err.code != 0)
        snprintf(event->say, sizeof event->say, "%.150s", err.message);
}

/* Coefficients or means; the axis is that of the estimate, wherever the dial stands. */
static void change_scale(struct shrinkage_view *view, struct view_event *event)
{
    struct glmm_error err = { .at = NOWHERE };
    int place = view->place;

    if (rows_change_scale(&view->rows, &err)) {
        at_estimate(view);
        if (place != view->estimate)
            turn_to(view, place, &err);
    }
    if (err.code != 0)
        snprintf(event->say, sizeof event->say, "%.150s", err.message);
}

static bool key(void *state, struct view_event *event)
{
    struct shrinkage_view *view = state;
    bool left = false;

    switch (view->rows.pane.open ? VIEW_NONE : event->action) { /* what is open is not redrawn by the dial */
    case VIEW_LESS:
    case VIEW_LEFT:
        turn(view, view->place - event->count, event);
        break;
    case VIEW_MORE:
    case VIEW_RIGHT:
        turn(view, view->place + event->count, event);
        break;
    case VIEW_RESET:
        turn(view, view->estimate, event);
        break;
    case VIEW_NEXT:
        next_effect(view, event);
        break;
    case VIEW_SCALE:
        change_scale(view, event);
        break;
    default:
        if (!rows_key(&view->rows, event, &left))
            snprintf(event->say, sizeof event->say, "nothing to do with this key here; ? shows the keys");
    }
    return !left;
}

static void resize(void *state, int height, int columns)
{
    struct shrinkage_view *view = state;

    view->rows.columns = columns;
    list_set_page(&view->rows.list, height - 7);
}

static const char *hints(void *state)
{
    const struct shrinkage_view *view = state;
    const char *other;

    if (view->rows.pane.open)
        return "j k scroll  / find  q back";
    other = rows_other_scale(&view->rows);
    if (other != NULL && view->place == view->estimate)
        return strcmp(other, "link") == 0 ? "[ ] turn the SD  r link  s sort  ? help  q back"
                                          : "[ ] turn the SD  r response  s sort  ? help  q back";
    if (rows_has_next(&view->rows))
        return view->place == view->estimate ? "[ ] turn the SD  Tab next effect  s sort  ? help  q back"
                                             : "[ ] turn  = estimate  Tab next effect  ? help  q back";
    return view->place == view->estimate ? "[ ] turn the SD  j k move  s sort  ? help  q back"
                                         : "[ ] turn  = estimate  s sort  ? help  q back";
}

static const struct view_key keys[] = {
    { "[ ]  h l", "turn the between-group SD, the others staying; 4] takes four steps" },
    { "=", "back to the estimate" },
    { "Enter", "the level in full" },
    { "s", "sort by own estimate, BLUP, rows, name" },
    { "p", "the marks, or more columns, or the plane of two effects" },
    { "r", "means instead of coefficients: probabilities, counts; and back" },
    { "Tab", "the next effect or grouping factor" },
    { NULL, NULL },
};

const struct view view_shrinkage = {
    .name = "shrinkage",
    .usage = "shrinkage [MODEL] [GROUP [TERM]]",
    .brief = "own estimates and BLUPs, the between-group SD as a dial",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .idle = idle,
    .hints = hints,
    .close = close_view,
};
