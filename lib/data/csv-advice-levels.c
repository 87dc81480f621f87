/* csv-advice-levels.c -- what is perhaps not meant of levels: a row that sums up the others, one level in two spellings. */
#include "config.h"
#include "data/csv-private.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv-look.h"
#include "data/level-alike.h"

/* The word, or it with a colon or a blank behind it. */
static bool is_one_of(const char *level, const char *const words[])
{
    for (size_t k = 0; words[k] != NULL; k++) {
        size_t length = strlen(words[k]);

        if (strncasecmp(level, words[k], length) == 0 && level[length + strspn(level + length, " :")] == '\0')
            return true;
    }
    return false;
}

/* A word by which a row sums up those above it. */
static bool is_total(const char *level)
{
    static const char *const words[] = { "total",    "totals",   "grand total", "sum",           "average",    "overall",
                                         "subtotal", "gesamt",   "summe",       "insgesamt",     "moyenne",    "totaal",
                                         "totale",   "ensemble", "sub-total",   "zwischensumme", "sous-total", NULL };

    return is_one_of(level, words);
}

/* The same, or one of the rows that a spreadsheet's user writes below a table. */
bool csv_is_summary(const char *level)
{
    static const char *const words[] = { "mean",  "median",     "sd",  "std", "stdev",   "std dev", "std. dev.",
                                         "se",    "sem",        "min", "max", "minimum", "maximum", "n",
                                         "count", "mittelwert", "mw",  "cv",  NULL };

    return is_total(level) || is_one_of(level, words);
}

static const char *level_at(const struct column *column, size_t row)
{
    return column->as.code[row] < 0 ? "" : column->levels[column->as.code[row]];
}

static bool stands_above(const struct column *column, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (column->as.code[i] == column->as.code[row])
            return true;
    return false;
}

/* Behind the last row that has more than one cell: below it are remarks. */
static size_t remarks_begin(const struct frame *frame)
{
    size_t end = frame->rows;

    for (; end > 1; end--) {
        size_t cells = 0;

        for (size_t j = 0; j < frame->column_count; j++)
            cells += !column_missing(&frame->columns[j], end - 1);
        if (cells != 1)
            break;
    }
    return end;
}

/* The rows at the end that sum up those above; their names stand nowhere else, but for Subtotal. */
static size_t totals_begin(const struct column *column, size_t end)
{
    size_t begin = end;

    while (begin > 1 && csv_is_summary(level_at(column, begin - 1))
           && (is_total(level_at(column, begin - 1)) || !stands_above(column, begin - 1)))
        begin--;
    return begin;
}

/* The rows above those that have no value at all: nothing is lost where the table ends there. */
static size_t without_empty(const struct frame *frame, size_t begin)
{
    for (; begin > 1; begin--)
        for (size_t j = 0; j < frame->column_count; j++)
            if (!column_missing(&frame->columns[j], begin - 1))
                return begin;
    return begin;
}

/* Of a column: the rows at its end that sum up, to be cut off; or, where there are such in the middle, all of them.  Where every
 * name stands in many rows it is a level as others are. */
static bool note_totals(struct csv_reader *r, const struct frame *frame, const struct column *column, size_t end)
{
    enum { LEAST = 3 }; /* rows for each that sums up */
    size_t begin = totals_begin(column, end), within = 0, first = 0;
    struct csv_note *note;

    for (size_t i = 0; i < begin; i++)
        if (is_total(level_at(column, i)) && within++ == 0)
            first = i;
    if ((within == 0 && begin == end) || LEAST * within > end || (within > 0 && first == 0))
        return true;
    note = csv_note_add(r->report, CSV_NOTE_TOTALS, column->name, level_at(column, within > 0 ? first : begin));
    if (note == NULL)
        return false;
    note->count = within > 0 ? 0 : end - begin;
    for (size_t i = within > 0 ? first + 1 : begin + 1; i < end && note->other == NULL; i++)
        if (csv_is_summary(level_at(column, i)) && strcmp(level_at(column, i), note->text) != 0
            && (note->other = csv_report_text(r->report, level_at(column, i))) == NULL)
            return false;
    if (within > 0)
        return true;
    note->advice.rows = (long)without_empty(frame, begin);
    return note->advised = note->optional = true;
}

bool csv_note_totals(struct csv_reader *r, const struct frame *frame)
{
    size_t end = remarks_begin(frame);

    for (size_t j = 0; j < frame->column_count; j++)
        if (frame->columns[j].type == COLUMN_FACTOR && !note_totals(r, frame, &frame->columns[j], end))
            return false;
    return true;
}

/* A sentence, or a word and a colon: no id.  Or a footnote, which a sign or a small number begins. */
static bool is_remark(const char *text)
{
    static const char *const signs[] = { "*",        "\xe2\x80\xa0", "\xe2\x80\xa1", "\xc2\xb9", "\xc2\xb2",
                                         "\xc2\xb3", "\xe2\x81\xb4", "\xe2\x81\xb5", "1)",       "2)",
                                         "3)",       "4)",           "a)",           "b)",       "c)",
                                         "(1)",      "(2)",          "(3)",          "[1]",      "[2]" };
    const char *blank = strchr(text, ' ');

    for (size_t k = 0; blank != NULL && k < sizeof signs / sizeof *signs; k++)
        if (strncmp(text, signs[k], strlen(signs[k])) == 0)
            return true;
    return blank != NULL && (strchr(blank + 1, ' ') != NULL || strchr(text, ':') != NULL);
}

/* Whether a row has nothing but the cell of the first column. */
static bool is_lone(const struct frame *frame, size_t row)
{
    for (size_t j = 1; j < frame->column_count; j++)
        if (!column_missing(&frame->columns[j], row))
            return false;
    return true;
}

/* The last rows have nothing but a remark in the first column, and no other row is so empty. */
bool csv_note_remark(struct csv_reader *r, const struct frame *frame)
{
    enum { MOST = 20 };
    size_t begin = frame->rows;
    const struct column *first = &frame->columns[0];
    struct csv_note *note;

    if (frame->column_count < 2 || frame->rows < 3 || r->options->rows > 0 || first->type != COLUMN_FACTOR)
        return true;
    for (size_t j = 1; j < frame->column_count; j++)
        if (frame->columns[j].missing == frame->rows)
            return true;
    while (begin > 2 && first->as.code[begin - 1] >= 0 && is_remark(first->levels[first->as.code[begin - 1]])
           && is_lone(frame, begin - 1))
        begin--;
    if (begin == frame->rows || frame->rows - begin > MOST)
        return true;
    for (size_t i = 0; i < begin; i++) {
        if (is_lone(frame, i))
            return true;
        for (size_t k = begin; k < frame->rows; k++)
            if (first->as.code[i] == first->as.code[k])
                return true;
    }
    note = csv_note_add(r->report, CSV_NOTE_REMARK, first->name, first->levels[first->as.code[begin]]);
    if (note == NULL)
        return false;
    note->count = frame->rows - begin;
    note->advice.rows = (long)begin;
    return note->advised = true;
}

/* m, F, y, N: of a man, a woman, yes and no. */
static bool is_answer(const char *level)
{
    return level[1] == '\0' && strchr("mMfFwWyYnNjJ", level[0]) != NULL;
}

/* Whether capitals are what tells levels apart, as of genes, elements and units: AA, Aa and aa; a and A; Co and CO.  Those that
 * differ in capitals alone have two letters at most, or three are one but for capitals.  Beside Male and male, F and f are one;
 * M and m, y and Y are so by themselves. */
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
        shorts = shorts || (spellings > 1 && utf8_width(levels[k]) <= SHORT && !is_answer(levels[k]));
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

bool csv_note_missing_levels(struct csv_reader *r, const struct column *column)
{
    const char *found[CSV_ADVISED_TEXTS];
    int count = 0;
    struct csv_note *note;

    if (column->type != COLUMN_FACTOR)
        return true;
    for (int32_t l = 0; l < column->level_count && count < CSV_ADVISED_TEXTS; l++)
        if (csv_says_missing_always(column->levels[l]))
            found[count++] = column->levels[l];
    if (count == 0 || count == column->level_count)
        return true;
    note = csv_note_add(r->report, CSV_NOTE_BLANK, column->name, found[0]);
    if (note == NULL)
        return false;
    note->open = true;
    note->count = (size_t)count;
    for (int k = 0; k < count; k++)
        if ((note->advice.missing[k] = csv_report_text(r->report, found[k])) == NULL)
            return false;
    note->advice.missing_count = count;
    return note->advised = true;
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
