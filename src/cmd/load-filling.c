/* load-filling.c -- cells that are empty since what they hold stands above: the commands that fill them. */
#include <stdio.h>

#include "base/text.h"
#include "cmd/load.h"
#include "cmd/verb.h"

enum { NAME_SIZE = 24 };

static void add_line(struct result *result, struct text *line)
{
    result_line(result, LINE_VERBATIM, "    %s", text_string(line));
    result->failed = result->failed || line->failed;
    text_truncate(line, 0);
}

/* let NAME = fill(NAME) */
static void add_fill(struct result *result, struct text *line, const char *name)
{
    text_add(line, "let ");
    verb_add_name(line, name);
    text_add(line, " = fill(");
    verb_add_name(line, name);
    text_add_char(line, ')');
    add_line(result, line);
}

/* "heading", or "heading2", ... where the data have that. */
static void choose_name(const struct frame *frame, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "heading");
    for (int i = 2; frame_find(frame, name) != NULL; i++)
        snprintf(name, NAME_SIZE, "heading%d", i);
}

void load_add_filling(struct result *result, const struct frame *frame, const struct csv_note *note)
{
    const bool headings = note->kind == CSV_NOTE_HEADINGS;
    struct text line = { 0 };
    char name[NAME_SIZE];

    choose_name(frame, name);

    if (headings)
        result_line(result, LINE_NOTE,
                    "%zu rows have nothing but a text in %s, a heading of those below, perhaps; if so:", note->count,
                    note->column);
    else
        result_line(result, LINE_NOTE,
                    note->open ? "%s stands by itself in %zu rows, above those that it is for, perhaps; if so:"
                               : "%s stands in %zu rows only, as where cells are merged; if the empty ones below go on with it:",
                    note->column, note->count);
    if (headings) {
        text_addf(&line, "let %s = ifelse(is.na(", name);
        verb_add_name(&line, note->other);
        text_add(&line, "), ");
        verb_add_name(&line, note->column);
        text_add(&line, ", NA)");
        add_line(result, &line);
    }
    add_fill(result, &line, headings ? name : note->column);
    if (note->open) {
        text_add(&line, "where !is.na(");
        verb_add_name(&line, note->other);
        text_add_char(&line, ')');
        add_line(result, &line);
    }
    text_clear(&line);
}
