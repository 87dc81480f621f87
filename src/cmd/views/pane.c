/* pane.c -- see pane.h. */
#include "cmd/views/pane.h"

#include <string.h>

#include "base/memory.h"
#include "cmd/views/rows.h"

static bool line_matches(void *context, size_t item, const char *words)
{
    const struct pane *pane = context;

    return list_contains(pane->lines[item], words);
}

void pane_close(struct pane *pane)
{
    mem_free(pane->text);
    mem_free(pane->lines);
    list_clear(&pane->list);
    memset(pane, 0, sizeof *pane);
}

bool pane_open(struct pane *pane, struct result *result, const struct session *session, int columns)
{
    struct style style = session_style(session);
    struct text text = { 0 };
    size_t count = 0;
    char *line;
    bool ok;

    pane_close(pane);
    style.format = FORMAT_TEXT;
    style.width = columns < 250 ? columns : 250;
    style.charset = view_charset(session);
    style.color = style.hints = false;
    ok = result != NULL && result_ok(result) && render(result, &style, &text) && (pane->text = text_take(&text)) != NULL;
    text_clear(&text);
    result_free(result);
    for (line = pane->text; ok && *line != '\0'; line++)
        count += *line == '\n';
    ok = ok && (pane->lines = NEW_ARRAY(const char *, count + 1)) != NULL;
    line = pane->text;
    for (size_t i = 0; ok && i < count; i++) {
        pane->lines[i] = line;
        line = strchr(line, '\n');
        *line++ = '\0';
    }
    ok = ok && list_init(&pane->list, count, pane);
    if (!ok) {
        pane_close(pane);
        return false;
    }
    pane->list.matches = line_matches;
    pane->open = true;
    return true;
}

/* Above lines that were chosen: how many of how many they are. */
static bool draw_filter(const struct list *list, struct canvas *canvas, struct arena *arena, int row)
{
    const char *words = arena_printf(arena, "%zu of %zu lines, with `%s`", list->count, list->total, list->filter);

    return words != NULL && rows_text(canvas, arena, row, 0, words, ATTRIBUTE_DIM);
}

bool pane_draw(struct pane *pane, struct canvas *canvas, int row, int height)
{
    struct list *list = &pane->list;
    struct arena *arena = arena_new();
    bool ok = arena != NULL;

    if (ok && list->filter[0] != '\0' && height > 1) {
        ok = draw_filter(list, canvas, arena, row);
        row++;
        height--;
    }
    list_set_page(list, height);
    for (int i = 0; ok && i < height && list->top + (size_t)i < list->count; i++) {
        size_t line = list->order[list->top + (size_t)i];
        bool found = list->find[0] != '\0' && list_contains(pane->lines[line], list->find);

        ok = rows_text(canvas, arena, row + i, 0, pane->lines[line], found ? ATTRIBUTE_REVERSE : 0);
    }
    arena_free(arena);
    return ok;
}

/* Where nothing is chosen by a cursor, it follows the top of the page: one key, one line. */
bool pane_key(struct pane *pane, struct view_event *event)
{
    struct list *list = &pane->list;
    size_t page = (size_t)list->page, last = list->count > page ? list->count - page : 0;

    if (event->action == VIEW_DOWN || event->action == VIEW_UP || event->action == VIEW_GOTO) {
        size_t count = (size_t)event->count;

        list->top = event->action == VIEW_GOTO   ? count - 1
                    : event->action == VIEW_DOWN ? list->top + count
                    : list->top > count          ? list->top - count
                                                 : 0;
        list->top = list->top > last ? last : list->top;
        list->cursor = list->top;
        return true;
    }
    return list_key(list, event);
}
