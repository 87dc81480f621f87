/* load-order.c -- levels that are steps of a scale: the command that puts them into its order. */
#include <string.h>

#include "base/text.h"
#include "cmd/load.h"
#include "cmd/verb.h"

/* The levels of the note, which stand there between commas; the arena's, or NULL. */
static const char **levels_of(struct arena *arena, const char *list, size_t *count)
{
    const char **levels = arena_alloc(arena, strlen(list) + 1, sizeof *levels), *end;

    for (*count = 0; levels != NULL && *list != '\0'; list = *end == '\0' ? end : end + 1) {
        end = list + strcspn(list, ",");
        levels[*count] = arena_strndup(arena, list, (size_t)(end - list));
        if (levels[(*count)++] == NULL)
            return NULL;
    }
    return levels;
}

void load_add_order(struct result *result, const struct csv_note *note, int width)
{
    struct text text = { 0 };
    const char **levels;
    size_t count;

    text_addf(&text, "The levels of %s", note->column);
    if (note->count > 1)
        text_addf(&text, " (and of %zu other column%s)", note->count - 1, note->count == 2 ? "" : "s");
    text_add(&text, " are in the order of the alphabet; in that of their scale:");
    result_line(result, LINE_NOTE, "%s", text_string(&text));
    text_truncate(&text, 0);
    text_add(&text, "factor ");
    verb_add_name(&text, note->column);
    text_add(&text, ", levels=");
    levels = levels_of(result->arena, note->text, &count);
    if (levels == NULL)
        text.failed = true;
    else
        load_add_list(&text, levels, count, width > 4 + (int)text.length ? (size_t)width - 4 - text.length : 0, "\n    ");
    load_add_lines(result, text_string(&text));
    result->failed = result->failed || text.failed;
    text_clear(&text);
}
