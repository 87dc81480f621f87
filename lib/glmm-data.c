/* glmm-data.c -- see glmm.h: tables, read from files or made of a program's own arrays. */
#include "glmm.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/frame.h"
#include "glmm-objects.h"

/* Takes the frame, which may be NULL (an error is set). */
static struct glmm_data *wrap_frame(struct frame *frame, struct glmm_error *err)
{
    struct glmm_data *data;

    if (frame == NULL)
        return NULL;
    data = NEW(struct glmm_data);
    if (data == NULL) {
        frame_free(frame);
        fail_memory(err);
        return NULL;
    }
    data->frame = frame;
    return data;
}

struct glmm_data *glmm_data_read(const char *path, struct glmm_error *err)
{
    struct csv_options options = { 0 };

    if (!argument_given(path, "path", err))
        return NULL;
    return wrap_frame(csv_read(path, "data", &options, NULL, err), err);
}

struct glmm_data *glmm_data_new(size_t rows, struct glmm_error *err)
{
    struct frame *frame = frame_new("data", rows);

    if (frame == NULL)
        fail_memory(err);
    return wrap_frame(frame, err);
}

struct glmm_data *glmm_data_read_as(const char *path, const struct glmm_read_options *options, struct glmm_error *err)
{
    struct glmm_read_options given_options = { 0 };
    struct csv_options how = { 0 };

    if (!argument_given(path, "path", err) || !options_take(&given_options, options, sizeof given_options, err))
        return NULL;
    how.separator = given_options.separator;
    how.decimal = given_options.decimal;
    how.thousands = given_options.thousands;
    how.no_header = given_options.no_header;
    how.skip = given_options.skip;
    how.missing = given_options.missing;
    how.types = given_options.types;
    how.encoding = given_options.encoding;
    return wrap_frame(csv_read(path, "data", &how, given_options.progress, err), err);
}

size_t glmm_data_rows(const struct glmm_data *data)
{
    return data == NULL ? 0 : data->frame->rows;
}

void glmm_data_free(struct glmm_data *data)
{
    if (data == NULL)
        return;
    frame_free(data->frame);
    mem_free(data);
}

/* --- columns --------------------------------------------------------------------------------------- */

/* A column's name: not empty, UTF-8, not taken. */
static bool check_name(const struct glmm_data *data, const char *name, struct glmm_error *err)
{
    if (!argument_given(data, "data", err) || !argument_given(name, "name", err))
        return false;
    if (*name == '\0')
        return fail(err, GLMM_E_NAME, NOWHERE, "a column needs a name");
    return argument_is_text(name, "name", err);
}

/* Models that hold the table keep it as it is: what is added goes into another one, which shares its columns. */
static bool make_own(struct glmm_data *data, struct glmm_error *err)
{
    struct frame *own;

    if (!frame_is_held(data->frame))
        return true;
    own = frame_share(data->frame, err);
    if (own == NULL)
        return false;
    frame_free(data->frame);
    data->frame = own;
    return true;
}

/* A column of the table, checked and empty; NULL with an error. */
static struct column *add_column(struct glmm_data *data, const char *name, const void *values, enum column_type type,
                                 struct glmm_error *err)
{
    if (!check_name(data, name, err) || !(data->frame->rows == 0 || argument_given(values, "values", err))
        || !make_own(data, err))
        return NULL;
    return frame_add(data->frame, name, type, err);
}

bool glmm_data_add_integer(struct glmm_data *data, const char *name, const int values[], struct glmm_error *err)
{
    struct column *column = add_column(data, name, values, COLUMN_INTEGER, err);

    if (column == NULL)
        return false;
    for (size_t i = 0; i < data->frame->rows; i++)
        column->as.integer[i] = values[i];
    column_count_missing(column, data->frame->rows);
    return true;
}

bool glmm_data_add_logical(struct glmm_data *data, const char *name, const signed char values[], struct glmm_error *err)
{
    struct column *column = add_column(data, name, values, COLUMN_LOGICAL, err);

    if (column == NULL)
        return false;
    for (size_t i = 0; i < data->frame->rows; i++)
        column->as.logical[i] = (int8_t)(values[i] < 0 ? -1 : values[i] > 0);
    column_count_missing(column, data->frame->rows);
    return true;
}

bool glmm_data_add_real(struct glmm_data *data, const char *name, const double values[], struct glmm_error *err)
{
    struct column *column = add_column(data, name, values, COLUMN_REAL, err);

    if (column == NULL)
        return false;
    for (size_t i = 0; i < data->frame->rows; i++)
        column->as.real[i] = values[i];
    column_count_missing(column, data->frame->rows);
    return true;
}

/* Numbers the distinct texts among the `count` sorted ones: place -> code.  Copies of them are appended to the column's levels,
 * which has room for all.  False when memory is out. */
static bool number_levels(char *const sorted[], int32_t count, int32_t *code_of_place, struct column *column)
{
    for (int32_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0) {
            column->levels[column->level_count] = mem_strdup(sorted[i]);
            if (column->levels[column->level_count] == NULL)
                return false;
            column->level_count++;
        }
        code_of_place[i] = column->level_count - 1;
    }
    return true;
}

/* Fills a new factor column: sorts all texts, numbers the distinct ones, and gives each row the number of its text. */
static bool fill_factor(struct column *column, size_t rows, const char *const values[])
{
    char **sorted = NEW_ARRAY(char *, rows);
    int32_t *place = NEW_ARRAY(int32_t, rows), *code_of_place = NEW_ARRAY(int32_t, rows), count = 0, next = 0;
    bool ok;

    for (size_t i = 0; sorted != NULL && i < rows; i++)
        if (values[i] != NULL)
            sorted[count++] = (char *)values[i];
    column->levels = NEW_ARRAY(char *, count);
    ok = sorted != NULL && place != NULL && code_of_place != NULL && column->levels != NULL && levels_sort(sorted, count, place)
         && number_levels(sorted, count, code_of_place, column);
    for (size_t i = 0; ok && i < rows; i++) {
        column->as.code[i] = values[i] == NULL ? -1 : code_of_place[place[next++]];
        column->missing += values[i] == NULL;
    }
    mem_free(sorted);
    mem_free(place);
    mem_free(code_of_place);
    return ok;
}

bool glmm_data_add_factor(struct glmm_data *data, const char *name, const char *const values[], struct glmm_error *err)
{
    struct column *column;

    if (!check_name(data, name, err) || !(data->frame->rows == 0 || argument_given(values, "values", err)))
        return false;
    for (size_t i = 0; i < data->frame->rows; i++)
        if (values[i] != NULL && !argument_is_text(values[i], "level", err))
            return false;
    if (data->frame->rows > INT32_MAX)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "a factor holds at most %d rows", INT32_MAX);
    if (!make_own(data, err))
        return false;
    column = frame_add(data->frame, name, COLUMN_FACTOR, err);
    if (column == NULL)
        return false;
    if (fill_factor(column, data->frame->rows, values))
        return true;
    column_clear(&data->frame->columns[--data->frame->column_count]);
    return fail_memory(err);
}
