/* list.c -- see list.h. */
#include "cmd/views/list.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

bool list_init(struct list *list, size_t total, void *context)
{
    memset(list, 0, sizeof *list);
    list->total = total;
    list->context = context;
    list->page = 1;
    list->order = NEW_ARRAY(size_t, total + 1);
    return list->order != NULL && list_arrange(list);
}

void list_clear(struct list *list)
{
    mem_free(list->order);
    list->order = NULL;
}

size_t list_item(const struct list *list)
{
    return list->cursor < list->count ? list->order[list->cursor] : list->total;
}

bool list_contains(const char *text, const char *words)
{
    bool exact = false;
    size_t length = strlen(words);

    for (const char *c = words; *c != '\0'; c++)
        exact = exact || isupper((unsigned char)*c);
    if (exact)
        return strstr(text, words) != NULL;
    for (; *text != '\0' || length == 0; text++) {
        size_t i = 0;

        while (i < length && tolower((unsigned char)text[i]) == (unsigned char)words[i])
            i++;
        if (i == length)
            return true;
    }
    return false;
}

/* Whether a stands before b. */
static bool before(const struct list *list, size_t a, size_t b)
{
    int order = list->compare == NULL ? 0 : list->compare(list->context, a, b);

    return order != 0 ? order < 0 : a < b;
}

/* Merges the sorted runs [from, middle) and [middle, to). */
static void merge(const struct list *list, size_t *items, size_t *work, size_t from, size_t middle, size_t to)
{
    size_t left = from, right = middle;

    for (size_t i = from; i < to; i++)
        work[i] = right >= to || (left < middle && !before(list, items[right], items[left])) ? items[left++] : items[right++];
    memcpy(items + from, work + from, (to - from) * sizeof *items);
}

static bool sort(struct list *list)
{
    size_t n = list->count, *work;

    if (list->compare == NULL || n < 2)
        return true;
    work = NEW_ARRAY(size_t, n);
    if (work == NULL)
        return false;
    for (size_t width = 1; width < n; width *= 2)
        for (size_t from = 0; from + width < n; from += 2 * width)
            merge(list, list->order, work, from, from + width, from + 2 * width < n ? from + 2 * width : n);
    mem_free(work);
    return true;
}

static void keep_in_view(struct list *list)
{
    size_t page = (size_t)(list->page > 0 ? list->page : 1);

    if (list->cursor >= list->count)
        list->cursor = list->count > 0 ? list->count - 1 : 0;
    if (list->top > list->cursor)
        list->top = list->cursor;
    if (list->cursor >= list->top + page)
        list->top = list->cursor - page + 1;
    if (list->top + page > list->count)
        list->top = list->count > page ? list->count - page : 0;
}

bool list_arrange(struct list *list)
{
    size_t kept = list_item(list);
    bool ok;

    list->count = 0;
    for (size_t item = 0; item < list->total; item++)
        if (list->filter[0] == '\0' || list->matches == NULL || list->matches(list->context, item, list->filter))
            list->order[list->count++] = item;
    ok = sort(list);
    for (size_t i = 0; i < list->count; i++)
        if (list->order[i] == kept)
            list->cursor = i;
    keep_in_view(list);
    return ok;
}

void list_set_page(struct list *list, int page)
{
    list->page = page > 0 ? page : 1;
    keep_in_view(list);
}

static void move_by(struct list *list, long rows)
{
    if (rows < 0)
        list->cursor = (size_t)-rows > list->cursor ? 0 : list->cursor - (size_t)-rows;
    else
        list->cursor += (size_t)rows;
    keep_in_view(list);
}

/* From the next (or, where `here`, this) place on, around the end. */
static void find(struct list *list, struct view_event *event, bool up, bool here)
{
    if (list->find[0] == '\0') {
        snprintf(event->say, sizeof event->say, "nothing to find yet: / and some words");
        return;
    }
    for (size_t step = here ? 0 : 1; step <= list->count && list->count > 0; step++) {
        size_t place = up ? (list->cursor + list->count - step % list->count) % list->count : (list->cursor + step) % list->count;

        if (list->matches != NULL && list->matches(list->context, list->order[place], list->find)) {
            if (up ? place > list->cursor : place < list->cursor)
                snprintf(event->say, sizeof event->say, "went on from the other end");
            list->cursor = place;
            keep_in_view(list);
            return;
        }
    }
    snprintf(event->say, sizeof event->say, "nothing has `%.60s`", list->find);
}

static void filter(struct list *list, struct view_event *event)
{
    size_t kept = list->cursor;

    snprintf(list->filter, sizeof list->filter, "%s", event->text);
    if (!list_arrange(list))
        snprintf(event->say, sizeof event->say, "memory is out: the order is not sorted");
    if (list->count > 0)
        return;
    snprintf(event->say, sizeof event->say, "nothing has `%.60s`; all are shown", list->filter);
    list->filter[0] = '\0';
    list_arrange(list);
    list->cursor = kept;
    keep_in_view(list);
}

bool list_key(struct list *list, struct view_event *event)
{
    long half = list->page > 1 ? list->page / 2 : 1;

    switch (event->action) {
    case VIEW_DOWN:
        move_by(list, event->count);
        return true;
    case VIEW_UP:
        move_by(list, -(long)event->count);
        return true;
    case VIEW_PAGE_DOWN:
    case VIEW_HALF_DOWN:
        half = event->action == VIEW_PAGE_DOWN ? list->page : half;
        list->top += (size_t)(half * event->count);
        move_by(list, half * event->count);
        return true;
    case VIEW_PAGE_UP:
    case VIEW_HALF_UP:
        half = event->action == VIEW_PAGE_UP ? list->page : half;
        list->top = list->top > (size_t)(half * event->count) ? list->top - (size_t)(half * event->count) : 0;
        move_by(list, -half * event->count);
        return true;
    case VIEW_TOP:
        list->cursor = 0;
        keep_in_view(list);
        return true;
    case VIEW_BOTTOM:
        list->cursor = list->count;
        keep_in_view(list);
        return true;
    case VIEW_GOTO:
        list->cursor = (size_t)(event->count - 1);
        keep_in_view(list);
        return true;
    case VIEW_FIND:
        if (event->text[0] != '\0')
            snprintf(list->find, sizeof list->find, "%s", event->text);
        find(list, event, false, false);
        return true;
    case VIEW_AGAIN:
    case VIEW_AGAIN_UP:
        find(list, event, event->action == VIEW_AGAIN_UP, false);
        return true;
    case VIEW_FILTER:
        filter(list, event);
        return true;
    default:
        return false;
    }
}

const char *list_place(const struct list *list, char *buffer, size_t size)
{
    size_t at = list->count > 0 ? list->cursor + 1 : 0;

    if (list->filter[0] == '\0')
        snprintf(buffer, size, "%zu/%zu", at, list->count);
    else
        snprintf(buffer, size, "%zu/%zu of %zu with `%.30s`", at, list->count, list->total, list->filter);
    return buffer;
}
