/* read-r.c -- a data frame of R, from saveRDS() or save().  See foreign.h and r-object.h.
 *
 * Factors keep their levels and their order, texts become factors, Dates dates; names of rows, where they are texts, become a
 * variable.  A column that is no vector (a list, a matrix) is left out, and named. */
#include "config.h"
#include "data/foreign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/date.h"
#include "data/intake.h"
#include "data/r-object.h"
#include "data/verbs.h"

enum { SECONDS_OF_DAY = 86400, MOST_OBJECTS = 1000 };

/* --- columns ------------------------------------------------------------------------------------ */

static double number_at(const struct r_object *x, size_t i)
{
    if (x->kind == R_REAL)
        return x->as.real[i];
    return x->as.integer[i] == INT32_MIN ? (double)NAN : x->as.integer[i];
}

static bool fill_factor(const struct r_object *x, const struct r_object *levels, struct column *out, struct glmm_error *err)
{
    out->type = COLUMN_FACTOR;
    out->levels = mem_zalloc(levels->length, sizeof *out->levels);
    if (out->levels == NULL)
        return fail_memory(err);
    for (; (size_t)out->level_count < levels->length; out->level_count++) {
        const char *text = levels->as.texts[out->level_count].text;

        if ((out->levels[out->level_count] = mem_strdup(text == NULL ? "NA" : text)) == NULL)
            return fail_memory(err);
    }
    for (size_t i = 0; i < x->length; i++)
        out->as.code[i] = x->as.integer[i] < 1 || x->as.integer[i] > out->level_count ? -1 : x->as.integer[i] - 1;
    return true;
}

static bool fill_dates(const struct r_object *x, struct column *out, struct glmm_error *err)
{
    out->type = COLUMN_DATE;
    for (size_t i = 0; i < x->length; i++) {
        double day = floor(number_at(x, i));

        if (day < DATE_FIRST || day > DATE_LAST)
            return fail(err, GLMM_E_FILE, NOWHERE, "%.60s has a date outside of the years 1 to 9999 in row %zu", out->name,
                        i + 1);
        out->as.integer[i] = isnan(day) ? COLUMN_NA : (int32_t)day;
    }
    return true;
}

/* The 64 bits of a double are an integer. */
static void fill_long(const struct r_object *x, struct column *out)
{
    for (size_t i = 0; i < x->length; i++) {
        int64_t value;

        memcpy(&value, &x->as.real[i], sizeof value);
        out->as.real[i] = value == INT64_MIN ? (double)NAN : (double)value;
    }
}

static bool fill_texts(const struct r_object *x, const char *name, struct column *out, struct glmm_error *err)
{
    struct intake intake = { .text = true, .name = mem_strdup(name) };
    bool ok = intake.name != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < x->length; i++)
        ok = x->as.texts[i].text == NULL || memchr(x->as.texts[i].text, '\0', x->as.texts[i].length) != NULL
                 ? intake_missing(&intake, err)
                 : intake_text(&intake, x->as.texts[i].text, x->as.texts[i].length, err);
    ok = ok && intake_finish(&intake, out, err);
    intake_clear(&intake);
    return ok;
}

/* Numbers, logicals, factors and dates. */
static bool fill_numbers(const struct r_object *x, const char *name, struct column *out, struct glmm_error *err)
{
    const struct r_object *levels = r_attribute(x, "levels");
    bool whole = x->kind == R_INTEGER && !r_is(x, "POSIXct"), ok = true; /* R keeps times as integers too */

    out->name = mem_strdup(name);
    out->as.any = mem_zalloc(x->length, sizeof(double));
    if (out->name == NULL || out->as.any == NULL)
        return fail_memory(err);
    out->type = whole ? COLUMN_INTEGER : x->kind == R_LOGICAL ? COLUMN_LOGICAL : COLUMN_REAL;
    if (whole && r_is(x, "factor") && levels != NULL && levels->kind == R_TEXTS) {
        ok = fill_factor(x, levels, out, err);
    } else if (x->kind != R_LOGICAL && r_is(x, "Date")) {
        ok = fill_dates(x, out, err);
    } else if (x->kind == R_REAL && r_is(x, "integer64")) {
        fill_long(x, out);
        ok = column_make_integer(out, x->length) || fail_memory(err);
    } else if (whole) {
        for (size_t i = 0; i < x->length; i++)
            out->as.integer[i] = x->as.integer[i] == INT32_MIN ? COLUMN_NA : x->as.integer[i];
    } else if (x->kind == R_LOGICAL) {
        for (size_t i = 0; i < x->length; i++)
            out->as.logical[i] = (int8_t)(x->as.integer[i] == INT32_MIN ? -1 : x->as.integer[i] != 0);
    } else {
        for (size_t i = 0; i < x->length; i++)
            out->as.real[i] = isnan(number_at(x, i)) ? (double)NAN : number_at(x, i);
    }
    return ok;
}

/* Date and time: a date where all times are 0:00, else seconds since 1970. */
static bool settle_times(const struct foreign *file, const struct r_object *x, struct column *out, struct glmm_error *err)
{
    bool midnight = true;

    if (!r_is(x, "POSIXct") || out->type != COLUMN_REAL)
        return true;
    for (size_t i = 0; midnight && i < x->length; i++)
        midnight = isnan(out->as.real[i]) || fmod(out->as.real[i], SECONDS_OF_DAY) == 0.0;
    if (midnight)
        return column_make_date(out, x->length, SECONDS_OF_DAY, 0.0, err);
    return csv_note_add(file->options->report, CSV_NOTE_SECONDS, out->name, NULL) != NULL || fail_memory(err);
}

static const char *kind_words(const struct r_object *x)
{
    switch (x->kind) {
    case R_LIST:
        return "a list";
    case R_NULL:
        return "NULL";
    case R_OTHER:
        return x->what;
    case R_PAIRS:
        return "a pairlist";
    default:
        return r_attribute(x, "dim") != NULL ? "a matrix" : "a vector";
    }
}

/* --- data frames -------------------------------------------------------------------------------- */

static bool is_data_frame(const struct r_object *x)
{
    const struct r_object *names = r_attribute(x, "names");

    return x->kind == R_LIST && r_is(x, "data.frame") && names != NULL && names->kind == R_TEXTS && names->length == x->length;
}

static bool is_vector(const struct r_object *x, size_t rows)
{
    return (x->kind == R_LOGICAL || x->kind == R_INTEGER || x->kind == R_REAL || x->kind == R_TEXTS) && x->length == rows
           && r_attribute(x, "dim") == NULL;
}

static bool add_column(const struct foreign *file, struct frame *frame, const char *name, const struct r_object *x,
                       struct glmm_error *err)
{
    struct column column = { 0 };
    bool ok;

    if (name[0] == '\0' || utf8_invalid(name, strlen(name)) >= 0 || frame_find(frame, name) != NULL)
        return fail(err, GLMM_E_FILE, NOWHERE, "two of its columns are called `%.60s`, or one has no name that can be read",
                    name);
    ok = x->kind == R_TEXTS ? fill_texts(x, name, &column, err) : fill_numbers(x, name, &column, err);
    if (ok && column.type == COLUMN_FACTOR)
        for (int32_t l = 0; ok && l < column.level_count; l++)
            if (utf8_invalid(column.levels[l], strlen(column.levels[l])) >= 0)
                ok = fail(err, GLMM_E_FILE, NOWHERE, "%s has a level that is not UTF-8", name);
    ok = ok && settle_times(file, x, &column, err);
    if (ok) {
        column_count_missing(&column, frame->rows);
        ok = frame_append(frame, &column) || fail_memory(err);
    }
    column_clear(&column);
    return ok;
}

/* Rows by their names where no column is a vector: R writes c(NA, -n) or c(NA, n) for 1 to n. */
static size_t count_rows(const struct r_object *x)
{
    const struct r_object *names = r_attribute(x, "row.names");

    for (size_t j = 0; j < x->length; j++) {
        const struct r_object *item = x->as.items[j];

        if (item->kind != R_OTHER && item->kind != R_LIST && r_attribute(item, "dim") == NULL)
            return item->length;
    }
    if (names != NULL && names->kind == R_INTEGER && names->length == 2 && names->as.integer[0] == INT32_MIN)
        return (size_t)llabs((long long)names->as.integer[1]);
    return names == NULL ? 0 : names->length;
}

static struct frame *frame_of(const struct foreign *file, const struct r_object *x, struct glmm_error *err)
{
    const struct r_object *names = r_attribute(x, "names"), *row_names = r_attribute(x, "row.names");
    size_t rows = count_rows(x);
    struct frame *frame = rows == 0 ? NULL : frame_new(file->name, rows);
    bool ok = frame != NULL;

    if (rows == 0)
        return foreign_fail(file, err, "the data frame has no rows");
    if (!ok)
        fail_memory(err);
    if (ok && row_names != NULL && row_names->kind == R_TEXTS && row_names->length == rows)
        ok = add_column(file, frame, "row.names", row_names, err);
    for (size_t j = 0; ok && j < x->length; j++) {
        const char *name = names->as.texts[j].text == NULL ? "NA" : names->as.texts[j].text;

        if (is_vector(x->as.items[j], rows))
            ok = add_column(file, frame, name, x->as.items[j], err);
        else
            ok = csv_note_add(file->options->report, CSV_NOTE_NO_VECTOR, name, kind_words(x->as.items[j])) != NULL
                 || fail_memory(err);
    }
    if (ok && frame->column_count == 0)
        ok = foreign_fail(file, err, "the data frame has no column that is a vector") != NULL;
    if (ok)
        return frame;
    frame_free(frame);
    return NULL;
}

static void *fail_kind(const struct foreign *file, const struct r_object *object, struct glmm_error *err)
{
    foreign_fail(file, err, "it holds %s, not a data frame", kind_words(object));
    if (object->kind == R_LIST)
        error_hint(err, "in R: save the table in it, saveRDS(x$NAME, \"x.rds\")");
    else if (object->kind != R_NULL && object->kind != R_OTHER && object->kind != R_PAIRS)
        error_hint(err, "in R: saveRDS(as.data.frame(x), \"x.rds\")");
    return NULL;
}

/* --- which ---------------------------------------------------------------------------------------- */

/* The data frame of a workspace that is named, or the only one. */
static const struct r_object *choose(const struct foreign *file, const struct r_object *pairs, struct arena *arena,
                                     struct glmm_error *err)
{
    const char *wanted = file->options->table, **names = arena_alloc(arena, MOST_OBJECTS, sizeof *names);
    const struct r_object *found = NULL;
    size_t count = 0;

    if (names == NULL) {
        fail_memory(err);
        return NULL;
    }
    for (const struct r_object *cell = pairs; cell != NULL && cell->kind == R_PAIRS && count < MOST_OBJECTS; cell = cell->tail) {
        const char *name = cell->tag == NULL || cell->tag->kind != R_SYMBOL ? NULL : cell->tag->as.text.text;

        if (name == NULL || !is_data_frame(cell->head))
            continue;
        names[count++] = name;
        if (wanted == NULL || strcmp(wanted, name) == 0)
            found = cell->head;
    }
    if (count == 0)
        foreign_fail(file, err, "it holds no data frame");
    else if (found == NULL || (wanted == NULL && count > 1))
        foreign_fail_choice(file, "table", wanted, names, count, err);
    else
        return found;
    return NULL;
}

/* Its errors name the file. */
static const struct r_object *parse(const struct foreign *file, struct arena *arena, size_t begin, struct glmm_error *err)
{
    struct glmm_error why = { .at = NOWHERE };
    const struct r_object *object = r_parse(arena, file->bytes + begin, file->count - begin, &why);

    if (object != NULL)
        return object;
    if (why.code == GLMM_E_FILE) {
        foreign_fail(file, err, "%s", why.message);
        if (why.hint[0] != '\0')
            error_hint(err, "%s", why.hint);
    } else {
        fail_memory(err);
    }
    return NULL;
}

struct frame *rdata_read(const struct foreign *file, struct glmm_error *err)
{
    struct glmm_error own = { 0 };
    struct csv_report unread = { 0 };
    struct csv_options options = *file->options;
    struct foreign with_report = *file;
    bool workspace = file->count > 5 && memcmp(file->bytes, "RD", 2) == 0;
    size_t begin = workspace ? 7 : 2;
    struct arena *arena = arena_new();
    const struct r_object *object = NULL;
    struct frame *frame = NULL;

    err = err == NULL ? &own : err;
    with_report.options = &options;
    if (options.report == NULL)
        options.report = &unread;
    if (arena == NULL)
        fail_memory(err);
    else if (file->count < begin || memcmp(file->bytes + begin - 2, "X\n", 2) != 0)
        foreign_fail(file, err, "it is an R file in another form than that of saveRDS() and save() (ascii = TRUE?)");
    else
        object = parse(file, arena, begin, err);
    if (object != NULL && workspace)
        object = choose(file, object, arena, err);
    else if (object != NULL && !is_data_frame(object))
        object = fail_kind(file, object, err);
    if (object != NULL)
        frame = frame_of(&with_report, object, err);
    arena_free(arena);
    csv_report_clear(&unread);
    return frame;
}
