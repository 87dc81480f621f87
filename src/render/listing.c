/* listing.c -- see listing.h: a line is cells between gaps of two blanks or more, behind its indentation. */
#include "render/listing.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena-text.h"

enum { PAIRS = 4, BELOW = 4 }; /* cells of a line of two pairs; blanks by which what is said stands right of a term above it */

struct cell {
    const char *words;
    size_t length;
    int column;
};

struct line {
    struct cell cells[PAIRS];
    int count; /* of cells; the last has all that is left */
    int width;
};

static struct line line_of(const char *words, size_t length)
{
    struct line line = { .width = utf8_width_n(words, length) };
    size_t at = 0;

    while (at < length && line.count < PAIRS) {
        struct cell *cell = &line.cells[line.count++];
        size_t end;

        at += strspn(words + at, " ");
        for (end = at; end < length && (words[end] != ' ' || words[end + 1] != ' ' || line.count == PAIRS); end++)
            ;
        *cell = (struct cell){ words + at, end - at, utf8_width_n(words, at) };
        at = end;
    }
    return line;
}

static bool is_indented(const char *words)
{
    return words[0] == ' ' && words[strspn(words, " ")] != '\n' && words[strspn(words, " ")] != '\0';
}

/* Behind the block of indented lines; *wide: one of them is wider than the page, *far: and says what it says beyond its half. */
static const char *block_end(const char *words, int width, bool *wide, bool *far)
{
    *wide = *far = false;
    while (is_indented(words)) {
        size_t length = strcspn(words, "\n");
        struct line line = line_of(words, length);

        *wide = *wide || line.width > width;
        *far = *far || (line.width > width && line.count > 1 && line.cells[1].column > width / 2);
        words += length + (words[length] == '\n');
    }
    return words;
}

/* The first cell behind `indent` blanks, the others from `column` on. */
static void add_cells(struct text *out, int indent, const struct cell *first, int count, int column)
{
    text_repeat(out, " ", indent);
    text_add_bytes(out, first->words, first->length);
    if (count > 1) {
        int gap = column - indent - utf8_width_n(first->words, first->length);

        text_repeat(out, " ", gap < 2 ? 2 : gap);
        text_add_bytes(out, first[1].words, (size_t)(first[count - 1].words - first[1].words) + first[count - 1].length);
    }
}

static void add_line(struct text *out, const struct line *line, int width, bool far)
{
    const struct cell *cells = line->cells;
    int indent = cells[0].column, count = line->count;

    if (count == PAIRS) {
        add_cells(out, indent, cells, 2, cells[1].column);
        text_add_char(out, '\n');
        add_cells(out, indent, cells + 2, 2, cells[1].column);
    } else if (far && count > 1 && cells[1].column > width / 2) {
        add_cells(out, indent, cells, 1, 0);
        text_add_char(out, '\n');
        add_cells(out, indent + BELOW, cells + 1, count - 1, 0);
    } else {
        add_cells(out, indent, cells, count, count > 1 ? cells[1].column : 0);
    }
}

/* A block with a line that is too wide. */
static void add_block(struct text *out, const char *words, const char *end, int width, bool far)
{
    int said = -1; /* the column of what the line before says */

    while (words < end) {
        size_t length = strcspn(words, "\n");
        struct line line = line_of(words, length);

        if (said >= 0 && line.count == 1 && line.cells[0].column >= said) {
            text_truncate(out, out->length - 1);
            text_add_char(out, ' ');
            add_cells(out, 0, line.cells, 1, 0);
        } else {
            add_line(out, &line, width, far);
            said = line.count > 1 ? line.cells[1].column : -1;
        }
        words += length;
        if (*words == '\n')
            text_add_char(out, *words++);
    }
}

const char *listing_fitted(struct arena *arena, const char *words, int width)
{
    struct text out = { 0 };

    while (*words != '\0') {
        bool wide, far;
        const char *end = block_end(words, width, &wide, &far);

        if (wide) {
            add_block(&out, words, end, width, far);
        } else {
            if (end == words) { /* no indented line */
                end += strcspn(words, "\n");
                end += *end == '\n';
            }
            text_add_bytes(&out, words, (size_t)(end - words));
        }
        words = end;
    }
    return arena_take(arena, &out);
}
