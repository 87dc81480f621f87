/* ranef.c -- the random effects of a term, one row a level: which differ from 0? */
#include <string.h>

#include "base/memory.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"

static void close_view(void *state)
{
    struct rows *rows = state;

    rows_close(rows);
    mem_free(rows);
}

static void *open_view(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct rows *rows = NEW(struct rows);

    if (rows == NULL) {
        fail_memory(err);
        return NULL;
    }
    rows->deviations = true;
    if (rows_open(rows, session, call, err))
        return rows;
    close_view(rows);
    return NULL;
}

static bool draw(void *state, struct canvas *canvas, int rows_left)
{
    struct rows *rows = state;
    struct arena *arena = arena_new();
    bool ok = arena != NULL && rows_title(rows, canvas, arena, 0) && rows_draw(rows, canvas, arena, 1, rows_left - 1);

    arena_free(arena);
    return ok;
}

static bool key(void *state, struct view_event *event)
{
    struct rows *rows = state;
    bool left = false;

    if (event->action == VIEW_NEXT && !rows->pane.open) {
        struct glmm_error err = { .at = NOWHERE };

        if (!rows_next(rows, &err) || err.code != 0)
            snprintf(event->say, sizeof event->say, "%.150s", err.message);
        return true;
    }
    if (event->action == VIEW_SCALE && !rows->pane.open) {
        struct glmm_error err = { .at = NOWHERE };

        if (!rows_change_scale(rows, &err) || err.code != 0)
            snprintf(event->say, sizeof event->say, "%.150s", err.message);
        return true;
    }
    if (!rows_key(rows, event, &left))
        snprintf(event->say, sizeof event->say, "nothing to do with this key here; ? shows the keys");
    return !left;
}

static void resize(void *state, int height, int columns)
{
    struct rows *rows = state;

    rows->columns = columns;
    list_set_page(&rows->list, height - 4);
}

static const char *hints(void *state)
{
    const struct rows *rows = state;
    const char *other;

    if (rows->pane.open)
        return "j k scroll  / find  q back";
    other = rows_other_scale(rows);
    if (other != NULL)
        return strcmp(other, "link") == 0 ? "/ find  s sort  r link  ? help  q back"
                                          : "/ find  s sort  r response  ? help  q back";
    return rows_has_next(rows) ? "/ find  s sort  Tab next effect  ? help  q back"
                               : "/ find  s sort  Enter level  ? help  q back";
}

static const struct view_key keys[] = {
    { "Enter", "the level in full" },
    { "s", "sort by BLUP, rows, name" },
    { "p", "the marks, or more columns" },
    { "r", "each level's mean instead of its effect: probability, count; and back" },
    { "Tab", "the next effect or grouping factor" },
    { NULL, NULL },
};

const struct view view_ranef = {
    .name = "ranef",
    .usage = "ranef [MODEL] [GROUP [TERM]]",
    .brief = "the random effects with their intervals",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .hints = hints,
    .close = close_view,
};
