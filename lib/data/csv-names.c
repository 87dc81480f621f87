/* csv-names.c -- the first record: the names of the columns, and the types that the user gives them. */
#include "config.h"
#include "data/csv-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "data/date.h"

/* --- names -------------------------------------------------------------------------------------- */

static struct csv_column *add_column(struct csv_reader *r, const char *text, size_t length)
{
    void *columns = r->columns;
    struct csv_column *column;
    bool ok = mem_grow(&columns, &r->column_capacity, r->column_count + 1, sizeof *r->columns);

    r->columns = columns;
    if (!ok)
        return NULL;
    column = &r->columns[r->column_count];
    memset(column, 0, sizeof *column);
    column->name = mem_strndup(text, length);
    column->nameless = length == 0;
    r->column_count += column->name != NULL;
    return column->name == NULL ? NULL : column;
}

void csv_add_name(struct csv_reader *r, const char *text, size_t length)
{
    struct csv_column *column;
    char number[24];

    if (r->field == 0 && r->layout.extra == CSV_EXTRA_FIRST && add_column(r, "", 0) == NULL) {
        csv_stop_memory(r);
        return;
    }
    if (r->options->no_header) {
        length = (size_t)snprintf(number, sizeof number, "V%zu", r->column_count + 1);
        text = number;
    }
    if (utf8_invalid(text, length) >= 0) {
        csv_meet_encoding(r, NULL);
        return;
    }
    column = add_column(r, text, length);
    if (column == NULL)
        csv_stop_memory(r);
    else
        column->generated = r->options->no_header;
}

static void set_name(struct csv_reader *r, struct csv_column *column, const char *name)
{
    char *copy = mem_strdup(name);

    if (copy == NULL) {
        csv_stop_memory(r);
        return;
    }
    mem_free(column->name);
    column->name = copy;
}

/* The names that are taken, each found by its place; the first column of each name, in the order of the places. */
struct names {
    struct level_set set;
    struct first {
        uint32_t place;
        size_t column;
        unsigned copies;
    } * firsts;
    size_t count;
};

/* True where the name was not taken; it is now. */
static bool take_name(struct csv_reader *r, struct names *names, const char *name, uint32_t *place)
{
    int32_t before = names->set.count;

    if (level_find(&names->set, name, strlen(name), place) != LEVEL_FOUND) {
        csv_stop_memory(r);
        return true;
    }
    return names->set.count > before;
}

static struct first *find_first(const struct names *names, uint32_t place)
{
    size_t low = 0, high = names->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (names->firsts[middle].place <= place)
            low = middle;
        else
            high = middle;
    }
    return &names->firsts[low];
}

/* Gives the column a name that is not taken: the stem, or with the next number. */
static void name_apart(struct csv_reader *r, struct names *names, struct csv_column *column, const char *stem, unsigned *copies,
                       const char *between)
{
    char *name = NULL;
    size_t room = strlen(stem) + 16;
    uint32_t place;

    name = mem_alloc(room, 1);
    if (name == NULL) {
        csv_stop_memory(r);
        return;
    }
    if (between[0] == '\0')
        snprintf(name, room, "%s", stem);
    else
        snprintf(name, room, "%s%s%u", stem, between, ++*copies);
    while (!r->stopped && !take_name(r, names, name, &place))
        snprintf(name, room, "%s.%u", stem, ++*copies);
    if (!r->stopped)
        set_name(r, column, name);
    if (!r->stopped && r->options->unique_names
        && csv_note_add(r->report, CSV_NOTE_NEW_NAME, name, column->nameless ? "" : stem) == NULL)
        csv_stop_memory(r);
    mem_free(name);
}

bool csv_is_value(double number)
{
    return number != floor(number) || number < 0.0 || (number > 100.0 && !(number >= 1800.0 && number < 2200.0));
}

/* All names are numbers, or a number comes twice where another one is a fraction or a date, or numbers stand where the rows have
 * them and hardly name a column: perhaps there are none. */
bool csv_names_are_data(const struct csv_reader *r, size_t second)
{
    size_t numbers = 0, named = 0;
    bool values = false, twice = false, as_below = false;

    for (size_t j = 0; j < r->column_count; j++) {
        const char *name = r->columns[j].name;
        size_t length = strlen(name);
        double number = 0.0;
        bool is_number = parse_number(name, length, &number);
        int32_t date;

        named += !r->columns[j].nameless;
        numbers += is_number;
        twice = twice || (j == second && is_number);
        as_below = as_below || (is_number && r->layout.first_alike && csv_is_value(number));
        values = values || (is_number ? number != floor(number) : length >= 8 && date_read(name, length, DATE_ANY, false, &date));
    }
    return (named > 0 && numbers == named) || (twice && values) || as_below;
}

static void fail_twice(struct csv_reader *r, size_t first, size_t second)
{
    bool numbers = csv_names_are_data(r, second);
    char buffer[48];

    fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: columns %zu and %zu are both named `%s`", r->record_line, r->label,
         first + 1, second + 1, csv_excerpt(r->columns[second].name, strlen(r->columns[second].name), buffer));
    if (!numbers && r->layout.names_line > r->names_line && csv_advise_skip(r)) {
        csv_stop(r, r->record_line);
        return;
    }
    if (numbers)
        error_hint(r->err, "where the file has no names: header=no");
    else
        error_hint(r->err, "names=unique makes the second `%s.2`", buffer);
    r->report->way_out = (struct csv_advice){ .no_header = numbers, .unique_names = !numbers };
    r->report->has_way_out = true;
    csv_stop(r, r->record_line);
}

/* Each name once; then those that came again, and the columns that have none, get theirs. */
static void settle_names(struct csv_reader *r, struct names *names)
{
    uint32_t place;
    unsigned copies = 1;
    bool *again = mem_zalloc(r->column_count, sizeof *again);

    names->firsts = mem_zalloc(r->column_count, sizeof *names->firsts);
    if (again == NULL || names->firsts == NULL)
        csv_stop_memory(r);
    for (size_t j = 0; again != NULL && !r->stopped && j < r->column_count; j++) {
        if (r->columns[j].nameless || !csv_wanted(r, j))
            continue;
        if (take_name(r, names, r->columns[j].name, &place))
            names->firsts[names->count++] = (struct first){ place, j, 1 };
        else if (r->options->unique_names)
            again[j] = true;
        else
            fail_twice(r, find_first(names, place)->column, j);
    }
    for (size_t j = 0; again != NULL && !r->stopped && j < r->column_count; j++) {
        struct csv_column *column = &r->columns[j];

        if (again[j] && !take_name(r, names, column->name, &place)) {
            struct first *first = find_first(names, place);
            char *stem = mem_strdup(column->name);

            if (stem == NULL)
                csv_stop_memory(r);
            else
                name_apart(r, names, column, stem, &first->copies, ".");
            mem_free(stem);
        } else if (column->nameless && (j == 0 || r->options->unique_names)) {
            char stem[24];

            snprintf(stem, sizeof stem, j == 0 ? "X" : "V%zu", j + 1);
            copies = 1;
            name_apart(r, names, column, stem, &copies, "");
            column->generated = true;
        }
    }
    mem_free(again);
}

/* --- types -------------------------------------------------------------------------------------- */

/* The end of one NAME=TYPE: a comma outside of backquotes. */
static const char *type_end(const char *p)
{
    bool quoted = false;

    for (; *p != '\0' && (quoted || *p != ','); p++)
        quoted = quoted != (*p == '`');
    return p;
}

static struct csv_column *find_column(struct csv_reader *r, const char *name, size_t length)
{
    for (size_t j = 0; j < r->column_count; j++)
        if (strlen(r->columns[j].name) == length && memcmp(r->columns[j].name, name, length) == 0)
            return &r->columns[j];
    return NULL;
}

static bool fail_column(struct csv_reader *r, const char *name)
{
    struct suggest suggest;

    fail(r->err, GLMM_E_NAME, NOWHERE, "%s has no column `%s`", r->label, name);
    suggest_init(&suggest, name);
    for (size_t j = 0; j < r->column_count; j++)
        suggest_offer(&suggest, r->columns[j].name);
    suggest_hint(&suggest, r->err);
    return false;
}

/* types -> NAME '=' TYPE { ',' NAME '=' TYPE };  a NAME may stand between backquotes. */
static bool force_types(struct csv_reader *r)
{
    static const char *const words[] = { "real", "integer", "factor", "logical", "date" };
    const char *p = r->options->types == NULL ? "" : r->options->types, *end, *equals;

    for (; *p != '\0'; p = *end == '\0' ? end : end + 1) {
        struct csv_column *column;
        char name[48];
        size_t length;
        unsigned orders = DATE_ANY;
        int type = -1;

        p += strspn(p, " ");
        end = type_end(p);
        equals = memrchr(p, '=', (size_t)(end - p));
        if (equals == NULL)
            return fail(r->err, GLMM_E_VALUE, NOWHERE, "`%s` names no type: write types=\"herd=factor,size=real\"",
                        csv_excerpt(p, (size_t)(end - p), name));
        for (int t = 0; t < 5; t++)
            if (strlen(words[t]) == (size_t)(end - equals - 1) && memcmp(words[t], equals + 1, (size_t)(end - equals - 1)) == 0)
                type = t;
        if (type < 0 && (orders = date_format_order(csv_excerpt(equals + 1, (size_t)(end - equals - 1), name))) != 0)
            type = COLUMN_DATE;
        if (type < 0)
            return fail(r->err, GLMM_E_VALUE, NOWHERE, "`%s` is no type: real, integer, factor, logical, date or d/m/y",
                        csv_excerpt(equals + 1, (size_t)(end - equals - 1), name));
        length = (size_t)(equals - p);
        if (length > 2 && p[0] == '`' && p[length - 1] == '`' && find_column(r, p, length) == NULL) {
            p++;
            length -= 2;
        }
        column = find_column(r, p, length);
        if (column == NULL)
            return fail_column(r, csv_excerpt(p, length, name));
        column->forced = true;
        column->forced_type = (enum column_type)type;
        column->forced_orders = orders == DATE_YMD ? DATE_YMD | DATE_SHORT_FIRST : orders;
    }
    return true;
}

void csv_finish_names(struct csv_reader *r)
{
    struct names names = { 0 };

    if (r->layout.extra == CSV_EXTRA_LAST && !r->options->no_header && add_column(r, "", 0) == NULL) {
        csv_stop_memory(r);
        return;
    }
    if (r->layout.extra == CSV_EXTRA_NAME && !r->options->no_header && r->column_count > 1
        && r->columns[r->column_count - 1].name[0] == '\0')
        csv_column_clear(&r->columns[--r->column_count]);
    r->named = true;
    r->names_line = r->record_line;
    settle_names(r, &names);
    level_clear(&names.set);
    mem_free(names.firsts);
    if (r->stopped)
        return;
    if (!force_types(r)) {
        csv_stop(r, 0);
        return;
    }
    for (size_t j = 0; j < r->column_count; j++)
        csv_column_restart(&r->columns[j], false);
    if (r->options->no_header) /* the record that gave the number of columns is data */
        r->restart = r->stopped = true;
}
