/* line.c -- see line.h. */
#include "cmd/views/line.h"

#include "render/fold.h"
#include "render/wrap.h"

void line_begin(struct line *line, const struct canvas *canvas, struct arena *arena)
{
    *line = (struct line){ .arena = arena, .charset = canvas->charset, .columns = canvas->columns };
}

void line_offer(struct line *line, const char *words)
{
    if (line->first != NULL)
        return;
    words = words == NULL ? NULL : without_controls(line->arena, words, "");
    if (words != NULL && line->charset == CHARSET_ASCII)
        words = fold_ascii(line->arena, words, true);
    line->failed = line->failed || words == NULL;
    line->last = words;
    if (words != NULL && utf8_width(words) <= line->columns)
        line->first = words;
}

bool line_put(struct line *line, struct canvas *canvas, int row, unsigned attributes)
{
    const char *dots = line->charset == CHARSET_ASCII ? "..." : "\xe2\x80\xa6", *words = line->first;

    if (line->failed)
        return false;
    if (words == NULL && line->last != NULL) {
        size_t bytes = wrap_at(line->last, line->columns - utf8_width(dots) - 1);

        while (bytes > 0 && line->last[bytes - 1] == ' ')
            bytes--;
        words = arena_printf(line->arena, "%.*s %s", (int)bytes, line->last, dots);
    }
    if (words == NULL)
        return false;
    canvas_text(canvas, row, 0, words, attributes);
    return true;
}
