/* complete-values.c -- see complete-values.h. */
#include "shell/complete-values.h"

#include <string.h>

#include "base/text.h"
#include "data/frame.h"
#include "session/session.h"

/* Between quotes, whatever of it was typed: 30, "30. */
static void offer_text(struct seek *seek, const char *value)
{
    struct text quoted = { 0 };

    if (seek->quote == '`' || !seek_matches(seek, value))
        return;
    text_add_char(&quoted, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            text_add_char(&quoted, '\\');
        text_add_char(&quoted, *value);
    }
    text_add_char(&quoted, '"');
    if (quoted.failed)
        seek->candidates->failed = true;
    else
        candidates_add(seek->candidates, quoted.data, seek->inside ? '\0' : ' ');
    text_clear(&quoted);
}

/* The values that a column of the current data is compared with, as an expression has them: levels as texts, TRUE and FALSE.
 * False where it has none of these, or there is no such column. */
static bool offer_values(struct seek *seek, const char *name, size_t length)
{
    const struct frame *data = seek->session->data;

    for (size_t i = 0; data != NULL && i < data->column_count; i++) {
        const struct column *column = &data->columns[i];

        if (strlen(column->name) != length || memcmp(column->name, name, length) != 0)
            continue;
        if (column->type == COLUMN_LOGICAL)
            offer_choices(seek, (const char *const[]){ "TRUE", "FALSE", NULL });
        for (int32_t l = 0; column->type == COLUMN_FACTOR && l < column->level_count; l++)
            offer_text(seek, column->levels[l]);
        return column->type == COLUMN_FACTOR || column->type == COLUMN_LOGICAL;
    }
    return false;
}

static size_t before_blanks(const char *line, size_t from, size_t end)
{
    while (end > from && seek_blank(line[end - 1]))
        end--;
    return end;
}

/* Where `==`, `!=`, `%in%` or `%in% c("a", ` begins that stands before the word; `from` where none does. */
static size_t comparison_before(const char *line, size_t from, size_t word)
{
    static const char *const signs[] = { "==", "!=", "%in%" };
    size_t end = before_blanks(line, from, word), open = end;

    while (open > from && strchr("();", line[open - 1]) == NULL)
        open--;
    if (open > from + 1 && line[open - 1] == '(' && line[open - 2] == 'c' && (line[end - 1] == ',' || line[end - 1] == '('))
        end = before_blanks(line, from, open - 2);
    for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
        size_t length = strlen(signs[k]);

        if (end >= from + length && memcmp(line + end - length, signs[k], length) == 0)
            return end - length;
    }
    return from;
}

bool complete_compared(struct seek *seek, const char *line, size_t from, size_t word, size_t cursor)
{
    size_t end = before_blanks(line, from, comparison_before(line, from, word)), begin = end;

    if (end > from && line[end - 1] == '`') {
        for (begin = --end; begin > from && line[begin - 1] != '`';)
            begin--;
    } else {
        while (begin > from && is_name_byte(line[begin - 1]))
            begin--;
    }
    seek_word(seek, line, word, cursor);
    return begin < end && offer_values(seek, line + begin, end - begin);
}
