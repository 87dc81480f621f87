/* verb-date.c -- a variable read as dates.  See verbs.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/date.h"
#include "data/verbs.h"

/* The order of the parts of all texts; what is no date in any order does not take part. */
static void find_order(char *const levels[], int32_t count, struct date_spec *spec, struct date_orders *orders)
{
    spec->short_first = spec->orders == 0;
    for (int32_t l = 0; l < count; l++) {
        date_orders_add(orders, levels[l], strlen(levels[l]), false);
        spec->short_first = spec->short_first && date_short_first(levels[l], strlen(levels[l]));
    }
    spec->short_first = spec->short_first && orders->short_years;
    spec->timed = orders->timed;
    spec->marked = orders->marked[0] != '\0';
    spec->ambiguous = spec->orders == 0 && date_orders_ambiguous(orders);
    spec->short_years = orders->short_years;
    if (spec->orders == DATE_YMD)
        spec->orders |= DATE_SHORT_FIRST;
    else if (spec->orders == 0)
        spec->orders = orders->common != 0 ? (unsigned)date_orders_meant(orders) : DATE_ANY;
}

/* Texts that no order fits together: which is meant where several fit one of them is not known. */
static bool fail_orders(const char *name, const struct date_orders *orders, struct glmm_error *err)
{
    unsigned order[2];
    const char *text[2];

    if (!date_orders_pair(orders, text, order))
        return fail(err, GLMM_E_DATA, NOWHERE, "the dates of %s have no order in common", name);
    return fail(err, GLMM_E_DATA, NOWHERE, "the dates of %s are in several orders: \"%s\" is %s, and \"%s\" is %s", name, text[0],
                date_order_name(order[0]), text[1], date_order_name(order[1]));
}

/* The order of the levels that rows have; an error where they have none in common. */
static bool agree_on_order(const char *name, char *const levels[], int32_t count, const size_t rows_of_level[],
                           struct date_spec *spec, struct glmm_error *err)
{
    bool given = spec->orders != 0, ok = true;
    struct date_orders orders = { 0 };
    char **used = mem_alloc((size_t)count + 1, sizeof *used);
    int32_t some = 0;

    if (used == NULL)
        return fail_memory(err);
    for (int32_t l = 0; l < count; l++)
        if (rows_of_level[l] > 0)
            used[some++] = levels[l];
    find_order(used, some, spec, &orders);
    if (!given && date_orders_differ(&orders)) {
        spec->differ = true;
        if (!date_kinds_find(used, some, &spec->kinds))
            spec->kinds.count = 0;
        ok = fail_orders(name, &orders, err);
    }
    mem_free(used);
    return ok;
}

/* A level as a day. */
static bool read_level(const char *level, struct date_spec *spec, int32_t *date)
{
    struct date_month month;

    if (spec->months != 0) {
        if (!date_read_month(level, strlen(level), spec->months == DATE_YEAR_MONTH, &month))
            return false;
        spec->short_years = spec->short_years || month.short_year;
        *date = month.date;
        return true;
    }
    return spec->kinds.count > 1 ? date_read_kinds(level, strlen(level), &spec->kinds, date)
                                 : date_read(level, strlen(level), spec->orders, true, date);
}

/* Levels as days, and what cannot be read. */
static bool read_levels(const char *name, char *const levels[], int32_t count, const size_t rows_of_level[], int32_t of_level[],
                        struct date_spec *spec, struct glmm_error *err)
{
    bool given = spec->orders != 0 || spec->months != 0;

    if (spec->months == 0 && !agree_on_order(name, levels, count, rows_of_level, spec, err))
        return false;
    for (int32_t l = 0; l < count; l++) {
        if (rows_of_level[l] == 0 || read_level(levels[l], spec, &of_level[l]))
            continue;
        of_level[l] = COLUMN_NA;
        if (rows_of_level[l] > 0 && spec->unread == 0)
            snprintf(spec->first, sizeof spec->first, "%.59s", levels[l]);
        spec->unread += rows_of_level[l];
    }
    if (spec->unread == 0 || spec->force)
        return true;
    spec->differ = !given && date_kinds_find(levels, count, &spec->kinds);
    return fail(err, GLMM_E_DATA, NOWHERE, "\"%s\" of %s is no date%s", spec->first, name, given ? " in that order" : "");
}

/* By the texts of the values: "31.12.2024", 20241231. */
static bool read_texts(const struct column *was, size_t rows, int32_t out[], struct date_spec *spec, struct glmm_error *err)
{
    int32_t *codes = NULL, count = 0, *of_level;
    char **levels = NULL;
    size_t *rows_of_level;
    bool ok;

    if (!column_as_factor(was, rows, &codes, &levels, &count, err))
        return false;
    of_level = mem_zalloc((size_t)count, sizeof *of_level);
    rows_of_level = mem_zalloc((size_t)count, sizeof *rows_of_level);
    ok = (of_level != NULL && rows_of_level != NULL) || fail_memory(err);
    for (size_t i = 0; ok && i < rows; i++)
        if (codes[i] >= 0)
            rows_of_level[codes[i]]++;
    ok = ok && read_levels(was->name, levels, count, rows_of_level, of_level, spec, err);
    for (size_t i = 0; ok && i < rows; i++)
        out[i] = codes[i] < 0 ? COLUMN_NA : of_level[codes[i]];
    for (int32_t l = 0; l < count; l++)
        mem_free(levels[l]);
    mem_free(levels);
    mem_free(codes);
    mem_free(of_level);
    mem_free(rows_of_level);
    return ok;
}

/* Numbers of days. */
static bool read_days(const struct column *was, size_t rows, int32_t out[], struct date_spec *spec, struct glmm_error *err)
{
    for (size_t i = 0; i < rows; i++) {
        double x = floor(column_real(was, i)) + spec->epoch;

        out[i] = COLUMN_NA;
        if (isnan(x))
            continue;
        if (x >= DATE_FIRST && x <= DATE_LAST) {
            out[i] = (int32_t)x;
            continue;
        }
        if (spec->unread++ == 0)
            number_as_r(column_real(was, i), spec->first);
    }
    if (spec->unread == 0 || spec->force)
        return true;
    return fail(err, GLMM_E_DATA, NOWHERE, "%s days of %s lie outside of the years 1 to 9999", spec->first, was->name);
}

struct frame *frame_date(const struct frame *frame, const char *name, struct date_spec *spec, struct glmm_error *err)
{
    const struct column *was = frame_find(frame, name);
    struct column column = { .type = COLUMN_DATE, .name = mem_strdup(name) };
    struct frame *next = NULL;
    bool ok;

    if (was->type == COLUMN_DATE) {
        column_clear(&column);
        return frame_share(frame, err);
    }
    column.as.integer = mem_alloc(frame->rows, sizeof *column.as.integer);
    ok = (column.name != NULL && column.as.integer != NULL) || fail_memory(err);
    if (ok && was->type != COLUMN_FACTOR && spec->has_epoch)
        ok = read_days(was, frame->rows, column.as.integer, spec, err);
    else
        ok = ok && read_texts(was, frame->rows, column.as.integer, spec, err);
    if (ok) {
        column_count_missing(&column, frame->rows);
        ok = (next = frame_share(frame, err)) != NULL && frame_put(next, &column, err);
    }
    column_clear(&column);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}
