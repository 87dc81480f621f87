/* spec.c -- see spec.h. */
#include "model/spec.h"

#include <string.h>

#include "base/arena-text.h"

static bool copy(struct arena *arena, const char *from, const char **to)
{
    *to = from == NULL ? NULL : arena_strdup(arena, from);
    return from == NULL || *to != NULL;
}

bool spec_copy(struct arena *arena, const struct spec *from, struct spec *to)
{
    return copy(arena, from->formula, &to->formula) && copy(arena, from->family, &to->family)
           && copy(arena, from->link, &to->link) && copy(arena, from->weights, &to->weights)
           && copy(arena, from->trials, &to->trials) && copy(arena, from->offset, &to->offset) && copy(arena, from->zi, &to->zi)
           && copy(arena, from->disp, &to->disp) && copy(arena, from->residual, &to->residual)
           && copy(arena, from->prior, &to->prior) && copy(arena, from->contrasts, &to->contrasts)
           && copy(arena, from->where, &to->where);
}

const char *spec_on_one_line(struct arena *arena, const char *text)
{
    struct text line = { 0 };
    char quote = 0;

    for (; *text != '\0'; text++) {
        if (quote != 0 || *text == '"' || *text == '`') {
            quote = quote == 0 ? *text : quote == *text ? 0 : quote;
            text_add_char(&line, *text);
        } else if (strchr(" \t\r\n", *text) == NULL) {
            text_add_char(&line, *text);
        } else if (line.length > 0 && line.data[line.length - 1] != ' ') {
            text_add_char(&line, ' ');
        }
    }
    return arena_take(arena, &line);
}

const char *spec_unquoted(struct arena *arena, const char *text, const char *quotes)
{
    size_t length = text == NULL ? 0 : strlen(text);

    if (length < 2 || strchr(quotes, text[0]) == NULL || text[length - 1] != text[0])
        return text;
    return arena_strndup(arena, text + 1, length - 2);
}
