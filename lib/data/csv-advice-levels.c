/* csv-advice-levels.c -- what is perhaps not meant of levels: a row that sums up the others, one level in two spellings. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/level-alike.h"

/* A word by which a row sums up those above it. */
static bool is_total(const char *level)
{
    static const char *const words[] = { "total",  "totals", "grand total", "sum",     "average", "overall", "subtotal",
                                         "gesamt", "summe",  "insgesamt",   "moyenne", "totaal",  "totale",  "ensemble" };

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strcasecmp(level, words[k]) == 0)
            return true;
    return false;
}

/* One of the last rows is named so, and no other. */
bool csv_note_totals(struct csv_reader *r, const struct frame *frame)
{
    enum { LAST = 3 };
    struct csv_note *note;

    for (size_t i = frame->rows > LAST ? frame->rows - LAST : 1; i < frame->rows; i++)
        for (size_t j = 0; j < frame->column_count; j++) {
            const struct column *column = &frame->columns[j];
            int32_t code = column->type == COLUMN_FACTOR ? column->as.code[i] : -1;
            bool other = code < 0 || !is_total(column->levels[code]);

            for (size_t k = 0; k < i && !other; k++)
                other = column->as.code[k] == code;
            if (other)
                continue;
            note = csv_note_add(r->report, CSV_NOTE_TOTALS, column->name, column->levels[code]);
            if (note == NULL)
                return false;
            note->advice.rows = (long)i;
            return note->advised = note->optional = true;
        }
    return true;
}

/* A sentence, or a word and a colon: no id. */
static bool is_remark(const char *text)
{
    const char *blank = strchr(text, ' ');

    return blank != NULL && (strchr(blank + 1, ' ') != NULL || strchr(text, ':') != NULL);
}

/* The last row has nothing but a remark in the first column, and no other row is so empty. */
bool csv_note_remark(struct csv_reader *r, const struct frame *frame)
{
    size_t last = frame->rows - 1;
    const struct column *first = &frame->columns[0];
    struct csv_note *note;

    if (frame->column_count < 2 || frame->rows < 3 || r->options->rows > 0 || first->type != COLUMN_FACTOR
        || first->as.code[last] < 0 || !is_remark(first->levels[first->as.code[last]]))
        return true;
    for (size_t j = 1; j < frame->column_count; j++)
        if (!column_missing(&frame->columns[j], last) || frame->columns[j].missing == frame->rows)
            return true;
    for (size_t i = 0; i < last; i++) {
        bool empty = true;

        for (size_t j = 1; j < frame->column_count && empty; j++)
            empty = column_missing(&frame->columns[j], i);
        if (empty || first->as.code[i] == first->as.code[last])
            return true;
    }
    note = csv_note_add(r->report, CSV_NOTE_REMARK, first->name, first->levels[first->as.code[last]]);
    if (note == NULL)
        return false;
    note->advice.rows = (long)last;
    return note->advised = true;
}

/* Whether capitals are what tells levels apart, as of genes, elements and units: AA, Aa and aa; a and A; Co and CO.  Those that
 * differ in capitals alone have two letters at most, or three are one but for capitals.  Beside Male and male, F and f are one.
 */
static bool capitals_tell(char *const levels[], const int32_t same[], size_t count)
{
    enum { SHORT = 2, MANY = 3 };
    bool shorts = false, longs = false;

    for (size_t k = 0; k < count; k++) {
        size_t length = strlen(levels[k]), spellings = 1;

        for (size_t l = 0; l < k; l++)
            if (same[l] == same[k] && strlen(levels[l]) == length && strcmp(levels[l], levels[k]) != 0)
                spellings++;
        if (spellings >= MANY)
            return true;
        shorts = shorts || (spellings > 1 && utf8_width(levels[k]) <= SHORT);
        longs = longs || (spellings > 1 && utf8_width(levels[k]) > SHORT);
    }
    return shorts && !longs;
}

/* The first level of nothing but blanks, no-break ones too; NULL where there is none. */
static const char *find_blank(const struct column *column)
{
    for (int32_t l = 0; l < column->level_count; l++) {
        const char *text = column->levels[l];
        size_t length = strlen(text);

        if (csv_trim_blanks(&text, &length) && length == 0)
            return column->levels[l];
    }
    return NULL;
}

/* Levels that differ only in capitals or blanks, in columns that have some levels: not where each text stands once, as remarks
 * do, nor where they are so many that they are ids. */
bool csv_note_alike(struct csv_reader *r, const struct frame *frame, size_t j)
{
    enum { MOST = 20000 };
    const struct column *column = &frame->columns[j];
    size_t count = (size_t)column->level_count, superfluous = 0, pair = 0;
    int32_t *same;
    const char *blank;
    struct csv_note *note;
    bool ok;

    if (column->type != COLUMN_FACTOR || count < 2 || count > MOST || count + column->missing >= frame->rows)
        return true;
    if ((blank = find_blank(column)) != NULL) {
        note = csv_note_add(r->report, CSV_NOTE_BLANK, column->name, blank);
        if (note == NULL || (note->advice.missing[0] = csv_report_text(r->report, blank)) == NULL)
            return false;
        note->advice.missing_count = 1;
        return note->advised = true;
    }
    same = mem_alloc(count, sizeof *same);
    ok = same != NULL && levels_alike((const char *const *)column->levels, count, same, &superfluous);
    while (ok && superfluous > 0 && same[pair] == (int32_t)pair)
        pair++;
    if (ok && superfluous > 0 && !capitals_tell(column->levels, same, count)) {
        note = csv_note_add(r->report, CSV_NOTE_ALIKE, column->name, column->levels[same[pair]]);
        ok = note != NULL && (note->other = csv_report_text(r->report, column->levels[pair])) != NULL;
        if (ok)
            note->count = superfluous;
    }
    mem_free(same);
    return ok;
}
