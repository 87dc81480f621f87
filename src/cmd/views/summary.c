/* summary.c -- the summary of a model, to scroll and to search, laid out for the width of the screen. */
#include "base/memory.h"
#include "lang/command.h"
#include "report/naming.h"
#include "report/fit-tables.h"
#include "cmd/views/pane.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"

struct summary_view {
    struct session *session;
    const struct model *model;
    struct pane pane;
    bool failed;
};

static void close_view(void *state)
{
    struct summary_view *view = state;

    pane_close(&view->pane);
    mem_free(view);
}

static void *open_view(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct summary_view *view = NEW(struct summary_view);
    const struct word *word = call->word_count > 0 ? &call->words[0] : NULL;

    if (view == NULL) {
        fail_memory(err);
        return NULL;
    }
    view->session = session;
    if (no_more_words(call, 1, err))
        view->model = session_ended_fit(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err);
    if (view->model != NULL)
        return view;
    close_view(view);
    return NULL;
}

/* The summary is laid out anew: its place and its filter are kept.  A Ctrl-C before that is done leaves it as it was: it may have
 * been for the help that stands over it. */
static void resize(void *state, int height, int columns)
{
    struct summary_view *view = state;
    struct pane before = view->pane;
    struct glmm_error err = { .at = NOWHERE };

    view->pane = (struct pane){ 0 };
    view->failed = !pane_open(&view->pane, summary_result(view->session, view->model, "summary", &err), view->session, columns);
    if (view->failed && err.code == GLMM_E_INTERRUPT && before.open) {
        view->pane = before;
        view->failed = false;
        return;
    }
    if (!view->failed && before.open) {
        struct list *list = &view->pane.list;

        snprintf(list->find, sizeof list->find, "%s", before.list.find);
        snprintf(list->filter, sizeof list->filter, "%s", before.list.filter);
        list_arrange(list);
        list->top = list->cursor = before.list.top < list->count ? before.list.top : 0;
        list_set_page(list, height);
    }
    pane_close(&before);
}

static bool draw(void *state, struct canvas *canvas, int rows)
{
    struct summary_view *view = state;

    return !view->failed && pane_draw(&view->pane, canvas, 0, rows);
}

static bool key(void *state, struct view_event *event)
{
    struct summary_view *view = state;

    if (event->action == VIEW_BACK) {
        if (view->pane.list.filter[0] == '\0')
            return false;
        view->pane.list.filter[0] = '\0';
        list_arrange(&view->pane.list);
        return true;
    }
    if (!pane_key(&view->pane, event))
        snprintf(event->say, sizeof event->say, "nothing to do with this key in a summary; ? shows the keys");
    return true;
}

static const char *hints(void *state)
{
    (void)state;
    return "j k scroll  / find  & only lines  ? help  q back";
}

static const struct view_key keys[] = { { NULL, NULL } };

const struct view view_summary = {
    .name = "summary",
    .usage = "summary [MODEL]",
    .brief = "the summary of a fitted model",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .hints = hints,
    .close = close_view,
};
