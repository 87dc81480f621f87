/* csv-advice-dates.c -- what is perhaps not meant of dates: an order of day and month that the texts leave open or that is not
 * one for all, and texts that load leaves alone though `date` reads them. */
#include "config.h"
#include "data/csv-look.h"
#include "data/csv-private.h"

#include <string.h>

#include "data/date.h"

/* The levels of a factor: how many are dates in any order, perhaps with times, and which are none. */
static bool look_for_dates(const struct column *column, struct date_orders *orders, struct csv_look *look)
{
    *look = (struct csv_look){ 0 };
    *orders = (struct date_orders){ 0 };
    for (int32_t l = 0; l < column->level_count && look->bad_count <= CSV_ADVISED_TEXTS; l++)
        if (date_orders_add(orders, column->levels[l], strlen(column->levels[l]), true))
            look->good++;
        else
            look->bad[look->bad_count++] = l;
    return look->good > 0 && orders->signs && look->bad_count <= CSV_ADVISED_TEXTS && look->good >= CSV_LEAST * look->bad_count;
}

/* Dates that are written in several ways, each with a sign of its own: no option of load tells them apart, but `date` does. */
static bool note_kinds(struct csv_report *report, const struct column *column, const struct date_kinds *kinds)
{
    char formats[DATE_KINDS_TEXT];
    struct csv_note *note = csv_note_add(report, CSV_NOTE_DATE_KINDS, column->name, date_kinds_text(kinds, formats));

    if (note != NULL) {
        note->orders[0] = date_kinds_ambiguous(kinds);
        note->open = note->orders[0] != 0;
    }
    return note != NULL;
}

/* Dates of which two have no order in common. */
static bool note_orders(struct csv_report *report, const char *name, const struct date_orders *orders, bool each)
{
    struct csv_note *note;
    unsigned order[2];
    const char *text[2];

    if (!date_orders_pair(orders, text, order))
        return true;
    note = csv_note_add(report, each ? CSV_NOTE_DATE_EACH : CSV_NOTE_DATE_ORDERS, name, text[0]);
    if (note == NULL || (note->other = csv_report_text(report, text[1])) == NULL)
        return false;
    note->orders[0] = order[0];
    note->orders[1] = order[1];
    return true;
}

static bool note_no_dates(struct csv_reader *r, const struct column *column, const struct csv_column *source,
                          const struct csv_look *look)
{
    struct csv_note *note = csv_note_add(r->report, CSV_NOTE_NO_DATES, column->name, column->levels[look->bad[0]]);

    if (note == NULL)
        return false;
    note->count = (size_t)look->bad_count;
    note->advised = csv_advise_missing(r->report, &note->advice, column, look);
    return !(source->quoted_only && !r->rules.quoted_numbers) || csv_advise_type(r->report, note, "date");
}

/* A factor, of which some or all texts are dates. */
static bool note_factor(struct csv_reader *r, const struct column *column, const struct csv_column *source, bool *done)
{
    struct date_kinds kinds;
    struct date_orders orders;
    struct csv_look look;
    struct csv_note *note;

    *done = true;
    if (date_kinds_find(column->levels, column->level_count, &kinds))
        return note_kinds(r->report, column, &kinds);
    if (look_for_dates(column, &orders, &look)) {
        if (date_orders_differ(&orders))
            return note_orders(r->report, column->name, &orders, false);
        if (look.bad_count > 0)
            return note_no_dates(r, column, source, &look);
        if (orders.timed || orders.marked[0] != '\0' || orders.several) {
            bool marked = orders.marked[0] != '\0';

            note = csv_note_add(r->report,
                                orders.timed ? CSV_NOTE_DATE_TIMES
                                : marked     ? CSV_NOTE_DATE_MARKS
                                             : CSV_NOTE_DATE_KINDS,
                                column->name, marked ? orders.marked : NULL);
            if (note != NULL) {
                note->open = date_orders_ambiguous(&orders);
                note->orders[0] = date_orders_meant(&orders);
            }
            return note != NULL;
        }
        if (source->quoted_only && !r->rules.quoted_numbers)
            return csv_note_add(r->report, CSV_NOTE_DATE_QUOTED, column->name, NULL) != NULL;
    }
    *done = false;
    return true;
}

bool csv_note_dates(struct csv_reader *r, const struct column *column, const struct csv_column *source, bool *done)
{
    const struct date_orders *orders = &source->orders;
    struct csv_note *note;
    bool open;

    if (column->type == COLUMN_FACTOR)
        return note_factor(r, column, source, done);
    *done = true;
    if (source->forced && orders->timed && csv_note_add(r->report, CSV_NOTE_TIMES, column->name, NULL) == NULL)
        return false;
    if (source->forced && source->forced_orders != DATE_ANY)
        return true; /* as it was said */
    if (source->forced && date_orders_differ(orders) && !note_orders(r->report, column->name, orders, true))
        return false;
    open = source->forced ? date_orders_ambiguous(orders) : date_scan_ambiguous(&source->dates);
    if (open) {
        note = csv_note_add(r->report, CSV_NOTE_DATE_ORDER, column->name, NULL);
        if (note == NULL)
            return false;
        note->advised = note->optional = true;
        note->orders[0] = source->forced ? date_orders_meant(orders) : date_scan_order(&source->dates);
        if (!csv_advise_type(r->report, note, date_order_name(date_order_other(note->orders[0]))))
            return false;
    }
    return !(source->forced ? orders->short_years : source->dates.short_years)
           || csv_note_add(r->report, CSV_NOTE_SHORT_YEARS, column->name, NULL) != NULL;
}
