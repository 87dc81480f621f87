/* candidates.c -- the list that the Tab key shows. */
#include "config.h"
#include "term/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void candidates_add(struct candidates *candidates, const char *text, char end)
{
    size_t length = strlen(text);
    char *item;

    if (candidates->failed)
        return;
    item = mem_alloc(length + 2, 1);
    if (item == NULL || !mem_grow((void **)&candidates->items, &candidates->capacity, candidates->count + 1, sizeof(char *))) {
        mem_free(item);
        candidates->failed = true;
        return;
    }
    memcpy(item, text, length);
    item[length] = end;
    item[length + 1] = '\0';
    candidates->items[candidates->count++] = item;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void candidates_sort(struct candidates *candidates)
{
    size_t i, kept = 0;

    if (candidates->count == 0)
        return;
    qsort(candidates->items, candidates->count, sizeof(char *), by_text);
    for (i = 0; i < candidates->count; i++) {
        if (kept > 0 && strcmp(candidates->items[kept - 1], candidates->items[i]) == 0)
            mem_free(candidates->items[i]);
        else
            candidates->items[kept++] = candidates->items[i];
    }
    candidates->count = kept;
}

size_t candidates_common(const struct candidates *candidates)
{
    size_t common = strlen(candidates->items[0]), i, j;

    for (i = 1; i < candidates->count; i++) {
        for (j = 0; j < common; j++) {
            char a = candidates->items[0][j], b = candidates->items[i][j];

            if (a != b && (a | 32) != (b | 32))
                break;
        }
        common = j;
    }
    while (common > 0 && ((unsigned char)candidates->items[0][common] & 0xC0) == 0x80)
        common--; /* not within a character */
    return common;
}

void candidates_clear(struct candidates *candidates)
{
    size_t i;

    for (i = 0; i < candidates->count; i++)
        mem_free(candidates->items[i]);
    mem_free(candidates->items);
    memset(candidates, 0, sizeof *candidates);
}
