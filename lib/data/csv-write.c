/* csv-write.c -- a frame as a table of text.  See verbs.h.
 *
 * Reals are written in as many digits as read back to the same bits, and with a decimal point where they are whole, so that a
 * column of them is read as reals again.  A text is quoted where it would be read as something else: a number, a date, a
 * separator, quotes, line breaks, blanks at its ends, NA, or nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv-number.h"
#include "data/date.h"
#include "data/verbs.h"

enum { LOOK = 4096 }; /* rows between two looks at the progress */

/* Whether it would be read as a number, a logical or a date. */
static bool reads_otherwise(const char *text, size_t length)
{
    static const char *const words[] = { "TRUE", "FALSE", "T", "F", "true", "false", "True", "False" };
    int32_t date;
    double x;

    csv_trim_blanks(&text, &length);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strlen(words[k]) == length && memcmp(text, words[k], length) == 0)
            return true;
    return csv_plain_number(text, length, &x) || date_read(text, length, DATE_ANY, false, &date);
}

static bool needs_quotes(const char *text, char separator)
{
    size_t length = strlen(text);

    return length == 0 || strcmp(text, "NA") == 0 || text[0] == ' ' || text[length - 1] == ' ' || text[0] == '#'
           || strpbrk(text, "\"\r\n\t,;|") != NULL || strchr(text, separator) != NULL || reads_otherwise(text, length);
}

void csv_add_text(struct text *out, const char *text, char separator)
{
    if (text == NULL) {
        text_add(out, "NA");
        return;
    }
    if (!needs_quotes(text, separator)) {
        text_add(out, text);
        return;
    }
    text_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            text_add_char(out, '"');
        text_add_char(out, *text);
    }
    text_add_char(out, '"');
}

/* Whether some number stands in the table: only then texts between quotes are none. */
static bool has_numbers(const struct frame *frame)
{
    for (size_t j = 0; j < frame->column_count; j++)
        if ((frame->columns[j].type == COLUMN_REAL || frame->columns[j].type == COLUMN_INTEGER)
            && frame->columns[j].missing < frame->rows)
            return true;
    return false;
}

/* The levels that some row has, in their order: the caller's array of column->level_count. */
static bool used_levels(const struct column *column, size_t rows, char **levels, int32_t *count)
{
    bool *seen = mem_zalloc((size_t)column->level_count + 1, sizeof *seen);

    *count = 0;
    if (seen == NULL)
        return false;
    column_mark_levels(column, NULL, rows, seen);
    for (int32_t l = 0; l < column->level_count; l++)
        if (seen[l])
            levels[(*count)++] = column->levels[l];
    mem_free(seen);
    return true;
}

static bool factor_losses(const struct frame *frame, const struct column *column, unsigned *losses)
{
    size_t size = (size_t)column->level_count + 1;
    char **levels = NEW_ARRAY(char *, size);
    int32_t *moved = mem_alloc(size, sizeof *moved), count = 0;
    bool ok = levels != NULL && moved != NULL && used_levels(column, frame->rows, levels, &count), otherwise = true,
         missing = true;

    for (int32_t l = 0; ok && l < count; l++) {
        bool empty = levels[l][0] == '\0', is_na = empty || strcmp(levels[l], "NA") == 0;

        otherwise = otherwise && (is_na || reads_otherwise(levels[l], strlen(levels[l])));
        missing = missing && is_na;
        *losses |= empty ? LOSES_EMPTY : is_na ? LOSES_NA : 0;
    }
    if (missing || (otherwise && !has_numbers(frame)))
        *losses |= LOSES_TYPE;
    if (count < column->level_count)
        *losses |= LOSES_UNUSED;
    ok = ok && levels_sort(levels, count, moved);
    for (int32_t l = 0; ok && l < count; l++)
        *losses |= moved[l] != l ? LOSES_ORDER : 0;
    mem_free(levels);
    mem_free(moved);
    return ok;
}

bool csv_losses(const struct frame *frame, size_t j, unsigned *losses)
{
    const struct column *column = &frame->columns[j];

    *losses = column->missing == frame->rows ? LOSES_TYPE : 0;
    if (column->type != COLUMN_FACTOR)
        return true;
    *losses |= column->reference > 0 ? LOSES_REFERENCE : 0;
    *losses |= column->contrast != CONTRAST_TREATMENT ? LOSES_CONTRAST : 0;
    return factor_losses(frame, column, losses);
}

static void add_real(struct text *out, double x)
{
    char buffer[40];

    if (isinf(x)) {
        text_add(out, x < 0.0 ? "-Inf" : "Inf");
        return;
    }
    number_in_full(x, buffer);
    text_add(out, buffer);
    if (strpbrk(buffer, ".e") == NULL)
        text_add(out, ".0");
}

bool csv_write(const struct frame *frame, char separator, struct text *out, const struct glmm_progress *progress,
               struct glmm_error *err)
{
    char buffer[40];

    for (size_t j = 0; j < frame->column_count; j++) {
        if (j > 0)
            text_add_char(out, separator);
        csv_add_text(out, frame->columns[j].name, separator);
    }
    text_add_char(out, '\n');
    for (size_t i = 0; i < frame->rows && !out->failed; i++) {
        if (i % LOOK == 0 && !progress_tell(progress, "row", (double)i, (double)frame->rows, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %zu rows", i);
        for (size_t j = 0; j < frame->column_count; j++) {
            const struct column *column = &frame->columns[j];

            if (j > 0)
                text_add_char(out, separator);
            if (column_missing(column, i))
                text_add(out, "NA");
            else if (column->type == COLUMN_REAL)
                add_real(out, column->as.real[i]);
            else if (column->type == COLUMN_FACTOR)
                csv_add_text(out, column->levels[column->as.code[i]], separator);
            else
                text_add(out, column_text(column, i, buffer));
        }
        text_add_char(out, '\n');
    }
    return !out->failed || fail_memory(err);
}
