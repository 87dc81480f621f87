/* load-parts.c -- texts that hold numbers, as 1.25 (0.98-1.60) and 120/80: what they are, and the commands that take these out.
 */
#include <string.h>

#include "base/text.h"
#include "cmd/load.h"
#include "cmd/verb.h"

enum { INDENT = 4 };

/* What a cell is, and what is behind the names of the variables that its numbers become; of one variable that is made of all of
 * them, `whole`.  Of spans of time: how many of the smaller unit make the larger one, and by which letter that is known. */
static const struct {
    const char *words, *names[3], *whole;
    int units;
    const char *letter;
} kinds[] = {
    [CSV_PARTS_INTERVAL] = { .words = "numbers with an interval behind", { "estimate", "lower", "upper" } },
    [CSV_PARTS_BETWEEN] = { .words = "intervals, two numbers each", { "lower", "upper" } },
    [CSV_PARTS_SPREAD] = { .words = "two numbers each, as means with their spread", { "1", "2" } },
    [CSV_PARTS_SHARE] = { .words = "counts with their share", { "count", "percent" } },
    [CSV_PARTS_PRESSURE] = { .words = "two numbers each, as blood pressures", { "1", "2" } },
    [CSV_PARTS_DAY_MONTH] = { .words = "two numbers each, as fractions or days without a year", { "1", "2" } },
    [CSV_PARTS_YEAR_MONTH] = { .words = "months of a year, without a day", { NULL }, "years" },
    [CSV_PARTS_MONTH_YEAR] = { .words = "months of a year, without a day", { NULL }, "years" },
    [CSV_PARTS_FEET] = { .words = "feet and inches", { NULL }, "inches" },
    [CSV_PARTS_TWELVE] = { .words = "times of day", { NULL }, "hours" },
    [CSV_PARTS_LAP] = { .words = "minutes and seconds", { NULL }, "minutes" },
    [CSV_PARTS_QUARTER] = { .words = "quarters of a year", { NULL }, "years" },
    [CSV_PARTS_OF_YEAR] = { .words = "quarters of a year", { NULL }, "years" },
    [CSV_PARTS_POWER] = { .words = "numbers with a power of ten", { NULL }, "number" },
    [CSV_PARTS_POINT] = { .words = "times of day, with a point before the minutes", { NULL }, "hours" },
    [CSV_PARTS_HOURS] = { .words = "hours and minutes", { NULL }, "hours", 60, "[Hh]" },
    [CSV_PARTS_YEARS] = { .words = "years and months", { NULL }, "years", 12, "[Yy]" },
    [CSV_PARTS_WEEKS] = { .words = "weeks and days", { NULL }, "weeks", 7, "[Ww]" },
    [CSV_PARTS_DAYS] = { .words = "days and hours", { NULL }, "days", 24, "[Dd]" },
    [CSV_PARTS_MINUTES] = { .words = "minutes and seconds", { NULL }, "minutes", 60, "[Mm]" },
    [CSV_PARTS_YEAR_WEEK] = { .words = "weeks of a year", { "year", "week" } },
    [CSV_PARTS_YEAR_DAY] = { .words = "dates with the day before the month", { "year", "day", "month" } },
    [CSV_PARTS_UHR] = { .words = "times of day, with a point before the minutes", { NULL }, "hours" },
    [CSV_PARTS_RATIO] = { .words = "two numbers each, as ratios", { "1", "2" } },
    [CSV_PARTS_CLOCK] = { .words = "times", { NULL }, "hours" },
    [CSV_PARTS_DIGITS] = { .words = "numbers in digits of another script", { NULL }, "number" },
};

/* COLUMN_SUFFIX, with more _ where the data have that. */
static void add_new_name(struct text *out, const struct frame *frame, const char *column, const char *suffix)
{
    struct text name = { 0 };

    text_addf(&name, "%s_%s", column, suffix);
    while (!name.failed && frame_find(frame, text_string(&name)) != NULL)
        text_add_char(&name, '_');
    verb_add_name(out, text_string(&name));
    out->failed = out->failed || name.failed;
    text_clear(&name);
}

/* number(COLUMN, place) */
static void add_number(struct text *out, const struct csv_note *note, int place)
{
    text_add(out, "number(");
    verb_add_name(out, note->column);
    if (place > 1 || note->minus == ',')
        text_addf(out, ", %d", place);
    text_add(out, note->minus == ',' ? ", \"comma\")" : ")");
}

/* YEAR + (PART - 1) / parts */
static void add_year(struct text *out, const struct csv_note *note, bool year_first, int parts)
{
    add_number(out, note, year_first ? 1 : 2);
    text_add(out, " + (");
    add_number(out, note, year_first ? 2 : 1);
    text_addf(out, " - 1) / %d", parts);
}

/* 1h 30m and, where some are without (note->open), 45m and 2h. */
static void add_span(struct text *out, const struct csv_note *note)
{
    const char *letter = kinds[note->scale].letter;
    int units = kinds[note->scale].units;

    if (!note->open) {
        add_number(out, note, 1);
        text_add(out, " + ");
        add_number(out, note, 2);
        text_addf(out, " / %d", units);
        return;
    }
    text_addf(out, "ifelse(grepl(\"%s\", ", letter);
    verb_add_name(out, note->column);
    text_add(out, "), ");
    add_number(out, note, 1);
    text_add(out, ", ");
    add_number(out, note, 1);
    text_addf(out, " / %d) + ifelse(grepl(\"%s.*[0-9]\", ", units, letter);
    verb_add_name(out, note->column);
    text_add(out, "), ");
    add_number(out, note, 2);
    text_addf(out, " / %d, 0)", units);
}

/* 10.30pm and 10pm. */
static void add_point(struct text *out, const struct csv_note *note)
{
    text_add(out, "floor(");
    add_number(out, note, 1);
    text_add(out, ") %% 12 + 12 * grepl(\"[Pp]\", ");
    verb_add_name(out, note->column);
    text_add(out, ") + (");
    add_number(out, note, 1);
    text_add(out, " %% 1) / 0.6");
}

/* Behind `=`, of the kinds that make one variable. */
static void add_expression(struct text *out, const struct csv_note *note)
{
    if (kinds[note->scale].units > 0) {
        add_span(out, note);
        return;
    }
    switch (note->scale) {
    case CSV_PARTS_POINT:
        add_point(out, note);
        return;
    case CSV_PARTS_UHR:
        text_add(out, "floor(");
        add_number(out, note, 1);
        text_add(out, ") + (");
        add_number(out, note, 1);
        text_add(out, " %% 1) / 0.6");
        return;
    case CSV_PARTS_YEAR_MONTH:
    case CSV_PARTS_MONTH_YEAR:
        add_year(out, note, note->scale == CSV_PARTS_YEAR_MONTH, 12);
        return;
    case CSV_PARTS_QUARTER:
    case CSV_PARTS_OF_YEAR:
        add_year(out, note, note->scale == CSV_PARTS_QUARTER, 4);
        return;
    case CSV_PARTS_POWER:
        add_number(out, note, 1);
        text_add(out, " * 10^");
        add_number(out, note, 3);
        return;
    case CSV_PARTS_FEET:
        text_add(out, "12 * ");
        add_number(out, note, 1);
        text_add(out, " + ");
        add_number(out, note, 2);
        return;
    case CSV_PARTS_TWELVE:
        add_number(out, note, 1);
        text_add(out, " %% 12 + 12 * grepl(\"[Pp]\", ");
        verb_add_name(out, note->column);
        text_add(out, ")");
        break;
    default:
        add_number(out, note, 1);
        break;
    }
    for (int place = 2; place <= (int)note->count; place++) {
        text_add(out, " + ");
        if (note->open) { /* of those that have it */
            text_add(out, "ifelse(grepl(\":\", ");
            verb_add_name(out, note->column);
            text_add(out, "), ");
        }
        add_number(out, note, place);
        text_add(out, note->open ? ", 0)" : "");
        text_add(out, place == 2 ? " / 60" : " / 3600");
    }
}

/* A command, on as many lines as it needs. */
static void add_command(struct result *result, const char *command, int width)
{
    struct text lines = { 0 };

    load_break_lines(&lines, command, width);
    load_add_lines(result, text_string(&lines));
    result->failed = result->failed || lines.failed;
    text_clear(&lines);
}

/* 25.1.23, Jan-23: the command is that of dates. */
static void add_date(struct result *result, const struct csv_note *note, int width)
{
    bool month = note->scale != CSV_PARTS_SHORT_DATE;
    struct text line = { 0 };

    result_line(result, LINE_NOTE, "%s has %s, as `%s`%s; it is a factor. To make them dates%s%s:", note->column,
                month ? "months of a year" : "texts like dates with a year of two digits", note->text,
                note->scale == CSV_PARTS_MONTH_SHORT ? ", if the number behind is no day" : "",
                month ? ", the first of each month" : "", note->open ? ", with the rest missing" : "");
    text_add(&line, "date ");
    verb_add_name(&line, note->column);
    text_add(&line, month ? ", format=m-y" : "");
    text_add(&line, !note->open ? "" : month ? " force" : ", force");
    add_command(result, text_string(&line), width - INDENT);
    result->failed = result->failed || line.failed;
    text_clear(&line);
}

void load_add_parts(struct result *result, const struct frame *frame, const struct csv_note *note, int width)
{
    struct text line = { 0 };
    const char *whole = kinds[note->scale].whole;
    int count = whole != NULL ? 1 : (int)note->count;

    if (note->scale == CSV_PARTS_SHORT_DATE || note->scale == CSV_PARTS_MONTH || note->scale == CSV_PARTS_MONTH_SHORT) {
        add_date(result, note, width);
        return;
    }
    text_addf(&line, "%s has %s, as `%s`", note->column, kinds[note->scale].words, note->text);
    if (note->line > 0)
        text_addf(&line, " on line %ld", note->line);
    result_line(result, LINE_NOTE, "%s; it is a factor. As %s%s:", text_string(&line), whole != NULL ? "a number" : "numbers",
                note->optional ? ", with the rest missing" : "");
    for (int place = 1; place <= count && place <= 3; place++) {
        text_truncate(&line, 0);
        text_add(&line, "let ");
        add_new_name(&line, frame, note->column, whole != NULL ? whole : kinds[note->scale].names[place - 1]);
        text_add(&line, " = ");
        if (whole != NULL)
            add_expression(&line, note);
        else
            add_number(&line, note, place);
        add_command(result, text_string(&line), width - INDENT);
    }
    result->failed = result->failed || line.failed;
    text_clear(&line);
}
