/* csv-advice-order.c -- texts that are the steps of a scale, which the alphabet puts into another order: never, sometimes, often.
 *
 * Levels are steps where all of them are words of one scale below, each at another place.  What stands in order already, up or
 * down, is not told. */
#include "config.h"
#include "data/csv-private.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { STEPS = 13, WORD = 40 };

/* Step by step, each with the words for it. */
static const char *const scales[][STEPS] = {
    { "strongly disagree|totally disagree|completely disagree", "disagree",
      "somewhat disagree|slightly disagree|tend to disagree|rather disagree",
      "neutral|neither|neither agree nor disagree|undecided|unsure", "somewhat agree|slightly agree|tend to agree|rather agree",
      "agree", "strongly agree|totally agree|completely agree" },
    { "never", "almost never|hardly ever", "rarely|seldom", "occasionally", "sometimes", "often|frequently", "very often|usually",
      "almost always", "always" },
    { "none|absent", "minimal|very mild", "mild|slight", "moderate", "severe|strong", "very severe|extreme|life threatening" },
    { "very poor|very bad|terrible", "poor|bad", "fair|average|acceptable|ok", "good", "very good", "excellent|outstanding" },
    { "very dissatisfied", "dissatisfied", "somewhat dissatisfied", "neutral|neither|neither satisfied nor dissatisfied",
      "somewhat satisfied", "satisfied", "very satisfied" },
    { "very unlikely", "unlikely", "somewhat unlikely", "neutral|neither", "somewhat likely", "likely", "very likely" },
    { "very low|lowest", "low", "medium|mid|middle|moderate|intermediate|average|normal", "high", "very high|highest" },
    { "not at all", "a little|a little bit|slightly", "somewhat|moderately", "quite a bit|quite|a lot|very|very much",
      "extremely|a great deal|completely" },
    { "xs|extra small|very small|tiny", "s|small", "m|medium", "l|large|big", "xl|extra large|very large|huge" },
    { "screening", "baseline|pre|before", "during", "post|after", "follow up|followup" },
    { "january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun", "july|jul", "august|aug", "september|sep|sept",
      "october|oct", "november|nov", "december|dec" },
    { "monday|mon", "tuesday|tue|tues", "wednesday|wed", "thursday|thu|thur|thurs", "friday|fri", "saturday|sat", "sunday|sun" },
    { "nie", "selten", "manchmal|gelegentlich", "oft|h\xc3\xa4ufig", "immer" },
    { "sehr niedrig|sehr gering", "niedrig|gering", "mittel", "hoch", "sehr hoch" },
    { "trifft nicht zu|trifft gar nicht zu", "trifft eher nicht zu", "teils teils|weder noch", "trifft eher zu",
      "trifft zu|trifft voll zu" },
};
enum { SCALES = sizeof scales / sizeof *scales };

/* Small letters; `-` and `_` are blanks.  False where it is too long to be such a word. */
static bool plain_word(const char *level, char word[WORD])
{
    size_t length = strlen(level);

    if (length == 0 || length >= WORD)
        return false;
    for (size_t i = 0; i <= length; i++)
        word[i] = level[i] == '-' || level[i] == '_' ? ' ' : (char)tolower((unsigned char)level[i]);
    return true;
}

static bool is_among(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, word, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* Which level is each step of the scale: -1 none.  False where a level is no step, or two are the same. */
static bool place_levels(const char *const scale[STEPS], const struct column *column, int32_t level_at[STEPS])
{
    for (int step = 0; step < STEPS; step++)
        level_at[step] = -1;
    for (int32_t l = 0; l < column->level_count; l++) {
        char word[WORD];
        int step = 0;

        if (!plain_word(column->levels[l], word))
            return false;
        while (step < STEPS && (scale[step] == NULL || !is_among(scale[step], word)))
            step++;
        if (step == STEPS || level_at[step] >= 0)
            return false;
        level_at[step] = l;
    }
    return true;
}

/* Whether the steps stand in order among the levels, up or down. */
static bool is_in_order(const int32_t level_at[STEPS])
{
    bool up = true, down = true;
    int32_t before = -1;

    for (int step = 0; step < STEPS; step++) {
        if (level_at[step] < 0)
            continue;
        up = up && (before < 0 || level_at[step] > before);
        down = down && (before < 0 || level_at[step] < before);
        before = level_at[step];
    }
    return up || down;
}

/* One note of the columns with the steps of one scale: their first, and how many they are. */
bool csv_note_order(struct csv_reader *r, const struct frame *frame, size_t j)
{
    enum { FEWEST = 3 };
    const struct column *column = &frame->columns[j];
    int32_t level_at[STEPS];
    struct text list = { 0 };
    struct csv_note *note;
    int scale = 0;

    if (column->type != COLUMN_FACTOR || column->level_count < FEWEST || column->level_count > STEPS
        || strpbrk(column->name, "\r\n") != NULL)
        return true;
    while (scale < SCALES && !place_levels(scales[scale], column, level_at))
        scale++;
    if (scale == SCALES || is_in_order(level_at))
        return true;
    for (size_t k = 0; k < r->report->count; k++)
        if (r->report->notes[k].kind == CSV_NOTE_ORDER && r->report->notes[k].scale == scale) {
            r->report->notes[k].count++;
            return true;
        }
    for (int step = 0; step < STEPS; step++)
        if (level_at[step] >= 0)
            text_addf(&list, "%s%s", list.length == 0 ? "" : ",", column->levels[level_at[step]]);
    note = list.failed ? NULL : csv_note_add(r->report, CSV_NOTE_ORDER, column->name, text_string(&list));
    text_clear(&list);
    if (note == NULL)
        return fail_memory(r->err);
    note->scale = scale;
    note->count = 1;
    return true;
}
