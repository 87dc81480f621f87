/* random-frame.h -- random frames of all types, for tests that write and read them: quotes, line ends, other letters, extremes,
 * missing values, dates, levels without a row.  FRAMES of the environment says how many are tried (2000 without it). */
#ifndef RANDOM_FRAME_H
#define RANDOM_FRAME_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/date.h"
#include "data/frame.h"

enum { MOST_ROWS = 12, MOST_COLUMNS = 6, LEVELS = 5 };

static uint64_t state = 20241128;

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static inline long times(const char *variable, long usual)
{
    const char *text = getenv(variable);

    return text == NULL ? usual : strtol(text, NULL, 10);
}

static bool infinite; /* among the reals too, where the format has such */

static double random_real(void)
{
    static const double extremes[] = { 0.0,         1.0,     -1.0,     0.1,
                                       1e300,       -1e300,  4.9e-324, 2.2250738585072014e-308,
                                       123456789.0, 1.0 / 3, -0.0,     9007199254740993.0 };

    if (infinite && draw(12) == 0)
        return draw(2) == 0 ? (double)INFINITY : -(double)INFINITY;
    return draw(3) == 0 ? extremes[draw(12)] : (draw(2000000) - 1e6) / (draw(1000) + 1.0);
}

static int32_t random_integer(void)
{
    static const int32_t extremes[] = { 0, 1, -1, INT32_MAX, -INT32_MAX, 2147483620, 2147483621 };

    return draw(3) == 0 ? extremes[draw(7)] : (int32_t)draw(2000) - 1000;
}

/* Texts that other things are: none twice in a column, none empty. */
static char *random_level(int k)
{
    static const char *const kinds[] = { "a",    "b \"c\"",    "1",         "2.5", "x,y", "l1\nl2",     "é",
                                         "日本", "TRUE",       " lead",     "007", "1,5", "2024-01-31", ";",
                                         "#no",  "Ünïcode; |", "=1+1",      "1e5", "NA",  "-",          "31.12.1999",
                                         "a|b",  "l1\r\nl2",   "tab\there", "'q'", "\"",  "trail ",     "\xe2\x80\x93" };
    char text[80];

    if (draw(40) == 0) { /* longer than a label of SPSS */
        char *longer = mem_zalloc(200, 1);

        memset(longer, 'a' + k, 130 + draw(60));
        return longer;
    }
    snprintf(text, sizeof text, "%s%.*d", kinds[draw(28)], k > 0, k);
    return mem_strdup(text);
}

static void fill_factor(struct column *column, size_t rows)
{
    column->level_count = (int32_t)draw(LEVELS) + 1;
    column->levels = NEW_ARRAY(char *, column->level_count);
    for (int32_t l = 0; l < column->level_count; l++)
        column->levels[l] = random_level(l);
    for (size_t i = 0; i < rows; i++)
        column->as.code[i] = draw(6) == 0 ? -1 : (int32_t)draw((unsigned)column->level_count);
}

static inline struct frame *random_frame(void)
{
    struct frame *frame = frame_new("random", draw(20) == 0 ? 50 + draw(400) : draw(MOST_ROWS) + 1);
    size_t columns = draw(MOST_COLUMNS) + 1;
    char name[32];

    for (size_t j = 0; j < columns; j++) {
        struct column *column;

        snprintf(name, sizeof name, "%s%zu", draw(2) == 0 ? "V" : "name_", j);
        column = frame_add(frame, name, (enum column_type)draw(5), NULL);
        if (column->type == COLUMN_FACTOR)
            fill_factor(column, frame->rows);
        for (size_t i = 0; i < frame->rows; i++) {
            bool missing = draw(6) == 0;

            if (column->type == COLUMN_REAL)
                column->as.real[i] = missing ? (double)NAN : random_real();
            else if (column->type == COLUMN_INTEGER)
                column->as.integer[i] = missing ? COLUMN_NA : random_integer();
            else if (column->type == COLUMN_DATE)
                column->as.integer[i] = missing ? COLUMN_NA : DATE_FIRST + (int32_t)draw((unsigned)(DATE_LAST - DATE_FIRST + 1));
            else if (column->type == COLUMN_LOGICAL)
                column->as.logical[i] = (int8_t)(missing ? -1 : (int)draw(2));
        }
        column_count_missing(column, frame->rows);
    }
    return frame;
}

#endif
