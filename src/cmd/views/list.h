/* list.h -- what every view with rows has: a cursor, a page, an order, words to find and to filter by.  It draws nothing. */
#ifndef CMD_VIEWS_LIST_H
#define CMD_VIEWS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include "term/view.h"

struct list {
    size_t total;  /* items, known by their numbers 0 .. total - 1 */
    size_t *order; /* those that are shown, in order; owned */
    size_t count;
    size_t cursor, top; /* places in the order */
    int page;           /* rows on the screen */
    char find[128], filter[128];
    void *context;
    /* Whether the item contains the words; the views fold case by list_contains(). */
    bool (*matches)(void *context, size_t item, const char *words);
    /* Orders two items; ties are ordered by number. */
    int (*compare)(void *context, size_t a, size_t b);
};

/* All items in the order of their numbers.  False when memory is out. */
bool list_init(struct list *list, size_t total, void *context);
void list_clear(struct list *list);

/* Sorts anew (compare NULL: by number) with what the filter lets through; the cursor stays on its item where that is still
 * there. */
bool list_arrange(struct list *list);

/* The size of the page, and the top so that the cursor is on it. */
void list_set_page(struct list *list, int page);

/* Movements, find and filter; false for other events.  Fills event->say where something was not found. */
bool list_key(struct list *list, struct view_event *event);

/* The item under the cursor; `total` where nothing is shown. */
size_t list_item(const struct list *list);

/* "12/180", or "12/30 of 180 with `x`", into the buffer. */
const char *list_place(const struct list *list, char *buffer, size_t size);

/* Small letters in the words stand for both, capitals for themselves. */
bool list_contains(const char *text, const char *words);

#endif
