/* load-order.c -- levels that are steps of a scale: the command that puts them into its order. */
#include <string.h>

#include "base/text.h"
#include "cmd/load.h"
#include "cmd/verb.h"

/* "a,b,c" where it fits; else c("a", "b"), a list that may go on in the next line. */
static void add_list(struct text *out, const char *list, size_t room)
{
    const char *end;

    if ((size_t)utf8_width(list) + 2 <= room) {
        text_addf(out, "\"%s\"", list);
        return;
    }
    text_add(out, strcspn(list, ",") + strlen("c(\"\",") <= room ? "c(" : "c(\n    ");
    for (; *list != '\0'; list = *end == '\0' ? end : end + 1) {
        end = list + strcspn(list, ",");
        text_addf(out, "\"%.*s\"%s", (int)(end - list), list, *end == '\0' ? ")" : ",\n    ");
    }
}

void load_add_order(struct result *result, const struct csv_note *note, int width)
{
    struct text text = { 0 };
    const char *end;

    text_addf(&text, "The levels of %s", note->column);
    if (note->count > 1)
        text_addf(&text, " (and of %zu other column%s)", note->count - 1, note->count == 2 ? "" : "s");
    text_add(&text, " are in the order of the alphabet; in that of their scale:");
    result_line(result, LINE_NOTE, "%s", text_string(&text));
    text_truncate(&text, 0);
    text_add(&text, "factor ");
    verb_add_name(&text, note->column);
    text_add(&text, ", levels=");
    add_list(&text, note->text, width > 4 + (int)text.length ? (size_t)width - 4 - text.length : 0);
    for (const char *line = text_string(&text); *line != '\0'; line = *end == '\0' ? end : end + 1) {
        end = line + strcspn(line, "\n");
        result_line(result, LINE_VERBATIM, "    %.*s", (int)(end - line), line);
    }
    result->failed = result->failed || text.failed;
    text_clear(&text);
}
