/* frame.c -- columns as plain arrays behind one small struct.  Numbers as text are in number-text.c, factors in factor.c. */
#include "data/frame.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "data/date.h"
#include "data/imputation.h"
#include "data/look.h"

static size_t value_size(enum column_type type)
{
    switch (type) {
    case COLUMN_REAL:
        return sizeof(double);
    case COLUMN_INTEGER:
    case COLUMN_FACTOR:
    case COLUMN_DATE:
        return sizeof(int32_t);
    case COLUMN_LOGICAL:
        return sizeof(int8_t);
    }
    return 0;
}

const char *column_type_name(enum column_type type)
{
    switch (type) {
    case COLUMN_REAL:
        return "real";
    case COLUMN_INTEGER:
        return "integer";
    case COLUMN_FACTOR:
        return "factor";
    case COLUMN_LOGICAL:
        return "logical";
    case COLUMN_DATE:
        return "date";
    }
    return "";
}

/* --- frames ----------------------------------------------------------------------------------- */

struct frame *frame_new(const char *name, size_t rows)
{
    struct frame *frame = NEW(struct frame);

    if (frame == NULL)
        return NULL;
    atomic_init(&frame->holders, 1);
    frame->rows = rows;
    frame->name = mem_strdup(name);
    if (frame->name == NULL) {
        mem_free(frame);
        return NULL;
    }
    return frame;
}

/* The count is no part of the table that is constant. */
const struct frame *frame_hold(const struct frame *frame)
{
    if (frame != NULL)
        atomic_fetch_add(&((struct frame *)frame)->holders, 1);
    return frame;
}

bool frame_is_held(const struct frame *frame)
{
    return atomic_load(&((struct frame *)frame)->holders) > 1;
}

void frame_free(const struct frame *held)
{
    struct frame *frame = (struct frame *)held;

    if (frame == NULL || atomic_fetch_sub(&frame->holders, 1) > 1)
        return;
    for (size_t j = 0; j < frame->column_count; j++)
        column_clear(&frame->columns[j]);
    mem_free(frame->columns);
    mem_free(frame->source);
    mem_free(frame->name);
    mem_free(frame);
}

/* --- columns that share their values ------------------------------------------------------------ */

/* Every column of a frame has a counter, so that it can be shared without being changed. */
static bool count_column(struct column *column)
{
    if (column->holders != NULL)
        return true;
    column->holders = mem_alloc(1, sizeof *column->holders);
    if (column->holders == NULL)
        return false;
    atomic_init(column->holders, 1);
    return true;
}

bool column_is_shared(const struct column *column)
{
    return column->holders != NULL && atomic_load(column->holders) > 1;
}

bool column_share(const struct column *from, struct column *to)
{
    char *name = mem_strdup(from->name);

    if (name == NULL)
        return false;
    atomic_fetch_add(from->holders, 1);
    *to = *from;
    to->name = name;
    return true;
}

void column_clear(struct column *column)
{
    mem_free(column->name);
    if (column->holders == NULL || atomic_fetch_sub(column->holders, 1) == 1) {
        mem_free(column->holders);
        mem_free(column->as.any);
        for (int32_t i = 0; column->levels != NULL && column->level_block == NULL && i < column->level_count; i++)
            mem_free(column->levels[i]);
        mem_free(column->levels);
        mem_free(column->level_block);
    }
    memset(column, 0, sizeof *column);
}

/* --- columns of a frame -------------------------------------------------------------------------- */

/* Room for a column more in a frame that is still being made. */
static bool make_room(struct frame *frame)
{
    void *columns = frame->columns;
    bool ok;

    assert(!frame_is_held(frame));
    ok = mem_grow(&columns, &frame->column_capacity, frame->column_count + 1, sizeof(struct column));

    frame->columns = columns;
    return ok;
}

struct column *frame_add(struct frame *frame, const char *name, enum column_type type, struct glmm_error *err)
{
    struct column column = { .type = type };

    if (frame_find(frame, name) != NULL) {
        fail(err, GLMM_E_NAME, NOWHERE, "%s has a variable `%s` already", frame->name, name);
        return NULL;
    }
    column.name = mem_strdup(name);
    column.as.any = mem_zalloc(frame->rows, value_size(type));
    if (column.name == NULL || column.as.any == NULL || !count_column(&column) || !make_room(frame)) {
        column_clear(&column);
        fail_memory(err);
        return NULL;
    }
    frame->columns[frame->column_count] = column;
    return &frame->columns[frame->column_count++];
}

bool frame_append(struct frame *frame, struct column *column)
{
    if (!count_column(column) || !make_room(frame))
        return false;
    frame->columns[frame->column_count++] = *column;
    memset(column, 0, sizeof *column);
    return true;
}

struct column *frame_column(struct frame *frame, const char *name)
{
    for (size_t j = 0; j < frame->column_count; j++)
        if (strcmp(frame->columns[j].name, name) == 0)
            return &frame->columns[j];
    return NULL;
}

bool frame_put(struct frame *frame, struct column *column, struct glmm_error *err)
{
    struct column *place = frame_column(frame, column->name);

    if (place != NULL && place->imputation && frame_is_imputed(frame)) {
        fail(err, GLMM_E_DATA, NOWHERE, "`%s` numbers the imputations, and stays as it is", place->name);
        error_hint(err, "one imputation alone: where %s == 1", place->name);
        return false;
    }
    if (!count_column(column))
        return fail_memory(err);
    if (place != NULL) {
        column_clear(place);
    } else {
        if (!make_room(frame))
            return fail_memory(err);
        place = &frame->columns[frame->column_count++];
    }
    *place = *column;
    memset(column, 0, sizeof *column);
    return true;
}

bool frame_drop(struct frame *frame, const char *name)
{
    struct column *column = frame_column(frame, name);
    size_t after;

    if (column == NULL)
        return false;
    column_clear(column);
    after = (size_t)(frame->columns + --frame->column_count - column);
    memmove(column, column + 1, after * sizeof *column);
    return true;
}

/* --- other frames of a frame --------------------------------------------------------------------- */

/* A new frame without columns. */
static struct frame *alike(const struct frame *frame, size_t rows)
{
    struct frame *other = frame_new(frame->name, rows);

    if (other == NULL)
        return NULL;
    other->checksum = frame->checksum;
    if (frame->source != NULL && (other->source = mem_strdup(frame->source)) == NULL) {
        frame_free(other);
        return NULL;
    }
    return other;
}

struct frame *frame_share(const struct frame *frame, struct glmm_error *err)
{
    struct frame *other = alike(frame, frame->rows);
    bool ok = other != NULL;

    for (size_t j = 0; ok && j < frame->column_count; j++) {
        ok = make_room(other) && column_share(&frame->columns[j], &other->columns[j]);
        other->column_count += ok;
    }
    if (ok)
        return other;
    fail_memory(err);
    frame_free(other);
    return NULL;
}

/* Levels and coding of a factor, without its codes. */
static bool copy_factor(struct column *to, const struct column *from)
{
    to->contrast = from->contrast;
    to->reference = from->reference;
    to->imputation = from->imputation;
    if (from->type != COLUMN_FACTOR)
        return true;
    if ((to->levels = NEW_ARRAY(char *, from->level_count)) == NULL)
        return false;
    for (; to->level_count < from->level_count; to->level_count++)
        if ((to->levels[to->level_count] = mem_strdup(from->levels[to->level_count])) == NULL)
            return false;
    return true;
}

struct frame *frame_rows_watched(const struct frame *frame, const size_t source[], size_t count,
                                 const struct glmm_progress *progress, struct glmm_error *err)
{
    struct frame *copy = alike(frame, count);
    bool ok = copy != NULL || fail_memory(err);

    for (size_t j = 0; ok && j < frame->column_count; j++) {
        const struct column *from = &frame->columns[j];
        struct column *to = frame_add(copy, from->name, from->type, err);
        size_t size = value_size(from->type);

        ok = to != NULL && (copy_factor(to, from) || fail_memory(err));
        for (size_t i = 0; ok && i < count && (ok = look_at_row(progress, i, err)); i++)
            memcpy((char *)to->as.any + i * size, (const char *)from->as.any + source[i] * size, size);
        if (ok)
            column_count_missing(to, count);
    }
    if (ok)
        return copy;
    frame_free(copy);
    return NULL;
}

struct frame *frame_rows(const struct frame *frame, const size_t source[], size_t count, struct glmm_error *err)
{
    return frame_rows_watched(frame, source, count, NULL, err);
}

/* --- finding ------------------------------------------------------------------------------------- */

const struct column *frame_find(const struct frame *frame, const char *name)
{
    for (size_t j = 0; j < frame->column_count; j++)
        if (strcmp(frame->columns[j].name, name) == 0)
            return &frame->columns[j];
    return NULL;
}

/* Suggests what Stata's i.x and c.x are here, or the columns whose names are nearest to `name`. */
static void suggest_columns(const struct frame *frame, const char *name, struct glmm_error *err)
{
    struct suggest suggest;

    if ((name[0] == 'i' || name[0] == 'c') && name[1] == '.' && frame_find(frame, name + 2) != NULL)
        error_hint(err, name[0] == 'i' ? "of a number a factor is made by factor(%.60s)" : "a number stands as it is: %.60s",
                   name + 2);
    else if (strncmp(name, frame->name, strlen(frame->name)) == 0 && name[strlen(frame->name)] == '.'
             && frame_find(frame, name + strlen(frame->name) + 1) != NULL)
        error_hint(err, "a variable is named alone: %.60s", name + strlen(frame->name) + 1);
    suggest_init(&suggest, name);
    for (size_t j = 0; j < frame->column_count; j++)
        suggest_offer(&suggest, frame->columns[j].name);
    suggest_hint(&suggest, err);
}

const struct column *frame_need(const struct frame *frame, const char *name, struct glmm_span at, struct glmm_error *err)
{
    const struct column *column = frame_find(frame, name);

    if (column == NULL && err != NULL && err->code == GLMM_OK) {
        fail(err, GLMM_E_NAME, at, "no variable `%s` in %s", name, frame->name);
        suggest_columns(frame, name, err);
    }
    return column;
}

/* --- values ----------------------------------------------------------------------------------- */

bool column_missing(const struct column *column, size_t row)
{
    switch (column->type) {
    case COLUMN_REAL:
        return isnan(column->as.real[row]);
    case COLUMN_INTEGER:
    case COLUMN_DATE:
        return column->as.integer[row] == COLUMN_NA;
    case COLUMN_FACTOR:
        return column->as.code[row] < 0;
    case COLUMN_LOGICAL:
        return column->as.logical[row] < 0;
    }
    return true;
}

bool column_has_level(const struct column *column, const size_t row[], size_t count, int32_t level)
{
    for (size_t i = 0; i < count; i++)
        if (column->as.code[row == NULL ? i : row[i]] == level)
            return true;
    return false;
}

void column_mark_levels(const struct column *column, const size_t row[], size_t count, bool seen[])
{
    for (size_t i = 0; i < count; i++) {
        int32_t code = column->as.code[row == NULL ? i : row[i]];

        if (code >= 0)
            seen[code] = true;
    }
}

double column_real(const struct column *column, size_t row)
{
    if (column->type == COLUMN_FACTOR || column_missing(column, row))
        return (double)NAN;
    switch (column->type) {
    case COLUMN_REAL:
        return column->as.real[row];
    case COLUMN_INTEGER:
    case COLUMN_DATE:
        return column->as.integer[row];
    default:
        return column->as.logical[row];
    }
}

const char *column_text(const struct column *column, size_t row, char buffer[40])
{
    if (column_missing(column, row))
        return "NA";
    switch (column->type) {
    case COLUMN_FACTOR:
        return column->levels[column->as.code[row]];
    case COLUMN_INTEGER:
        snprintf(buffer, 40, "%d", (int)column->as.integer[row]);
        return buffer;
    case COLUMN_LOGICAL:
        return column->as.logical[row] != 0 ? "TRUE" : "FALSE";
    case COLUMN_DATE:
        return date_text(column->as.integer[row], buffer);
    default:
        return number_as_r(column->as.real[row], buffer);
    }
}

bool column_parse(const struct column *column, const char *text, double *value)
{
    int32_t date;

    if (column->type == COLUMN_DATE && date_read(text, strlen(text), DATE_YMD, false, &date)) {
        *value = date;
        return true;
    }
    return parse_number(text, strlen(text), value);
}

void column_range(const struct column *column, size_t rows, double *low, double *high)
{
    int32_t least = INT32_MAX, most = INT32_MIN;
    double low_real = (double)NAN, high_real = (double)NAN;

    for (size_t i = 0; i < rows && column->type == COLUMN_REAL; i++) {
        double x = column->as.real[i];

        low_real = x < low_real || isnan(low_real) ? x : low_real;
        high_real = x > high_real || isnan(high_real) ? x : high_real;
    }
    for (size_t i = 0; i < rows && column->type == COLUMN_LOGICAL; i++) {
        bool known = column->as.logical[i] >= 0, x = column->as.logical[i] > 0;

        least = known && x < least ? x : least;
        most = known && x > most ? x : most;
    }
    for (size_t i = 0; i < rows && (column->type == COLUMN_INTEGER || column->type == COLUMN_DATE); i++) {
        int32_t x = column->as.integer[i];

        least = x != COLUMN_NA && x < least ? x : least;
        most = x > most ? x : most;
    }
    *low = least <= most ? (double)least : low_real;
    *high = least <= most ? (double)most : high_real;
}

void column_count_missing(struct column *column, size_t rows)
{
    column->missing = 0;
    for (size_t i = 0; i < rows; i++)
        column->missing += column_missing(column, i);
}
