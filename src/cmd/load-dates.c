/* load-dates.c -- what load says of dates, and of texts that may be. */
#include "cmd/load.h"

#include "base/text.h"
#include "cmd/verb.h"
#include "data/date.h"

static void add_no_dates_note(struct text *out, const struct csv_note *note, const char *options)
{
    text_addf(out, "%s is a factor and not of dates because of `%s`", note->column, note->text);
    if (note->count > 1)
        text_addf(out, " and %zu other text%s", note->count - 1, note->count == 2 ? "" : "s");
    if (note->advised)
        text_addf(out, "; if %s missing: %s", note->count == 1 ? "that means" : "these mean", options);
}

/* `13/2/2024` (d/m/y) and `1/31/2024` (m/d/y). */
static void add_pair(struct text *out, const struct csv_note *note)
{
    text_addf(out, "`%s` (%s) and `%s` (%s)", note->text, date_order_name(note->orders[0]), note->other,
              date_order_name(note->orders[1]));
}

/* Dates with more behind them, which `date` leaves out. */
static void add_left_out(struct text *out, const struct csv_note *note)
{
    if (note->kind == CSV_NOTE_DATE_MARKS)
        text_addf(out, "%s has dates with marks of footnotes, as `%s`; to make it dates, without the marks", note->column,
                  note->text);
    else
        text_addf(out, "%s has dates with times of day; to make it dates, without the times", note->column);
    text_addf(out, "%s%s: date ", note->open ? ", as " : "", note->open ? date_order_words(note->orders[0]) : "");
    verb_add_name(out, note->column);
    if (note->open) {
        text_addf(out, "; they may as well be %s: date ", date_order_words(date_order_other(note->orders[0])));
        verb_add_name(out, note->column);
        text_addf(out, ", format=%s", date_order_name(date_order_other(note->orders[0])));
    }
}

/* Of a column of dates, or of texts that may be; false for other notes. */
bool load_add_dates_note(struct text *out, const struct csv_note *note, const char *options)
{
    switch (note->kind) {
    case CSV_NOTE_DATE_KINDS:
        text_addf(out, "%s has dates written in several ways; to make them dates: date ", note->column);
        verb_add_name(out, note->column);
        if (note->text != NULL)
            text_addf(out, ", format=\"%s\"", note->text);
        if (note->open)
            text_addf(out, " (where %s may as well be %s)", date_order_name(note->orders[0]),
                      date_order_name(date_order_other(note->orders[0])));
        return true;
    case CSV_NOTE_DATE_QUOTED:
        text_addf(out, "%s has dates in quotes, and is a factor as numbers in quotes are; to make them dates: date ",
                  note->column);
        verb_add_name(out, note->column);
        return true;
    case CSV_NOTE_DATE_TIMES:
    case CSV_NOTE_DATE_MARKS:
        add_left_out(out, note);
        return true;
    case CSV_NOTE_DATE_ORDERS:
        text_addf(out, "%s is a factor and not of dates because they are in several orders: ", note->column);
        add_pair(out, note);
        text_add(out, "; which of them the others are is not known: mend them in the file.");
        return true;
    case CSV_NOTE_DATE_EACH:
        text_addf(out, "%s: its dates are in several orders, ", note->column);
        add_pair(out, note);
        text_add(out, "; each is read for itself, those that may be either as day/month/year.");
        return true;
    case CSV_NOTE_NO_DATES:
        add_no_dates_note(out, note, options);
        return true;
    case CSV_NOTE_DATE_ORDER:
        text_addf(out, "%s: its dates are read as %s, and may as well be %s; if they are: %s", note->column,
                  date_order_words(note->orders[0]), date_order_words(date_order_other(note->orders[0])), options);
        return true;
    case CSV_NOTE_SHORT_YEARS:
        text_addf(out, "%s: years of two digits are those of 1969 to 2068.", note->column);
        return true;
    default:
        return false;
    }
}
