/* shorten.c -- see shorten.h. */
#include "render/shorten.h"

#include <string.h>

#include "base/text.h"

/* The part of the words from their last `columns` columns on. */
static const char *tail_of(const char *words, int columns)
{
    int rest = utf8_width(words);

    while (*words != '\0' && rest > columns) {
        size_t step = utf8_prefix(words, 1) > 0 ? utf8_prefix(words, 1) : utf8_prefix(words, 2);

        step = step > 0 ? step : 1;
        rest -= utf8_width_n(words, step);
        words += step;
    }
    return words;
}

/* "The qui...n region". */
static const char *without_middle(const char *words, int width, const char *dots, struct arena *arena)
{
    int room = width - utf8_width(dots);
    const char *tail = tail_of(words, room / 2);
    size_t head = utf8_prefix(words, room - utf8_width(tail));

    return arena_printf(arena, "%.*s%s%s", (int)head, words, dots, tail);
}

/* "...number 3 in ...": from a place on. */
static const char *without_start(const char *words, const char *from, int width, const char *dots, struct arena *arena)
{
    int room = width - utf8_width(dots);
    const char *before = from > words ? dots : "";

    if (from == words)
        room = width;
    if (utf8_width(from) <= room)
        return arena_printf(arena, "%s%s", before, from);
    return arena_printf(arena, "%s%.*s%s", before, (int)utf8_prefix(from, room - utf8_width(dots)), from, dots);
}

/* Two names that are different are so when they are shortened. */
static bool stay_different(const char *const *names, const char *const *shorter, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (names[i] != NULL && names[j] != NULL && strcmp(shorter[i], shorter[j]) == 0 && strcmp(names[i], names[j]) != 0)
                return false;
    return true;
}

/* How many bytes all names that are too wide have in common at their beginning; no part of a character. */
static size_t common_start(const char *const *names, size_t count, int width)
{
    const char *first = NULL;
    size_t common = 0;

    for (size_t i = 0; i < count; i++) {
        size_t same = 0;

        if (names[i] == NULL || utf8_width(names[i]) <= width)
            continue;
        if (first == NULL) {
            first = names[i];
            common = strlen(first);
            continue;
        }
        while (same < common && first[same] == names[i][same])
            same++;
        common = same;
    }
    while (common > 0 && ((unsigned char)first[common] & 0xc0) == 0x80)
        common--;
    return common;
}

bool names_shorten(const char **names, size_t count, int width, const char *dots, struct arena *arena)
{
    const char **shorter = arena_alloc(arena, count + 1, sizeof *shorter), *start, *from;
    size_t common = common_start(names, count, width);

    if (shorter == NULL)
        return false;
    for (int way = 0; way < 2; way++) {
        bool whole = true;

        for (size_t i = 0; i < count; i++) {
            shorter[i] = names[i];
            if (names[i] == NULL || utf8_width(names[i]) <= width)
                continue;
            whole = false;
            if ((start = arena_strndup(arena, names[i], common)) == NULL)
                return false;
            from = names[i] + common - strlen(tail_of(start, width / 4)); /* a little of what is common stays */
            shorter[i] =
                way == 0 ? without_middle(names[i], width, dots, arena) : without_start(names[i], from, width, dots, arena);
            if (shorter[i] == NULL)
                return false;
        }
        if (whole || stay_different(names, shorter, count))
            break;
    }
    memcpy(names, shorter, count * sizeof *names);
    return true;
}
