/* intake.c -- see intake.h. */
#include "data/intake.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/date.h"

void intake_clear(struct intake *intake)
{
    mem_free(intake->name);
    mem_free(intake->values);
    mem_free(intake->places);
    level_clear(&intake->levels);
    *intake = (struct intake){ 0 };
}

static bool make_room(struct intake *intake, struct glmm_error *err)
{
    void *values = intake->text ? (void *)intake->places : (void *)intake->values;
    bool ok = mem_grow_tight(&values, &intake->capacity, intake->rows + 1, intake->text ? sizeof(int32_t) : sizeof(double));

    if (intake->text)
        intake->places = values;
    else
        intake->values = values;
    return ok || fail_memory(err);
}

bool intake_number(struct intake *intake, double value, struct glmm_error *err)
{
    if (!make_room(intake, err))
        return false;
    intake->values[intake->rows++] = value;
    return true;
}

bool intake_text(struct intake *intake, const char *text, size_t length, struct glmm_error *err)
{
    uint32_t place = LEVEL_NONE;

    if (!make_room(intake, err))
        return false;
    switch (level_find(&intake->levels, text, length, &place)) {
    case LEVEL_NOT_UTF8:
        return fail(err, GLMM_E_FILE, NOWHERE, "%s has a text in another encoding than it says, in row %zu", intake->name,
                    intake->rows + 1);
    case LEVEL_TOO_MANY:
        return fail(err, GLMM_E_LIMIT, NOWHERE, "%s has too many different texts", intake->name);
    case LEVEL_MEMORY:
        return fail_memory(err);
    case LEVEL_FOUND:
        break;
    }
    intake->places[intake->rows++] = (int32_t)place;
    return true;
}

bool intake_missing(struct intake *intake, struct glmm_error *err)
{
    if (!make_room(intake, err))
        return false;
    if (intake->text)
        intake->places[intake->rows++] = (int32_t)LEVEL_NONE;
    else
        intake->values[intake->rows++] = (double)NAN;
    return true;
}

bool intake_finish(struct intake *intake, struct column *column, struct glmm_error *err)
{
    *column = (struct column){ .type = intake->text ? COLUMN_FACTOR : COLUMN_REAL, .name = intake->name };
    intake->name = NULL;
    if (intake->rows == 0 && !make_room(intake, err))
        return false;
    if (intake->text) {
        column->level_count = intake->levels.count;
        if (!level_take(&intake->levels, intake->places, intake->rows, &column->levels, &column->level_block)) {
            column->level_count = 0;
            return fail_memory(err);
        }
        column->as.code = intake->places;
        intake->places = NULL;
    } else {
        column->as.real = intake->values;
        intake->values = NULL;
    }
    column_count_missing(column, intake->rows);
    return true;
}

/* --- other types -------------------------------------------------------------------------------- */

bool column_make_date(struct column *column, size_t rows, double divisor, double shift, struct glmm_error *err)
{
    int32_t *days;

    for (size_t i = 0; i < rows; i++) {
        double day = floor(column->as.real[i] / divisor) + shift;

        if (!isnan(day) && (day < DATE_FIRST || day > DATE_LAST))
            return true;
    }
    if ((days = mem_alloc(rows, sizeof *days)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < rows; i++)
        days[i] = isnan(column->as.real[i]) ? COLUMN_NA : (int32_t)(floor(column->as.real[i] / divisor) + shift);
    mem_free(column->as.real);
    column->as.integer = days;
    column->type = COLUMN_DATE;
    return true;
}

bool column_make_integers(struct column *column, size_t rows, struct glmm_error *err)
{
    int32_t *integers;

    for (size_t i = 0; i < rows; i++) {
        double x = column->as.real[i];

        if (!isnan(x) && (x != floor(x) || fabs(x) > INT32_MAX))
            return true;
    }
    if ((integers = mem_alloc(rows, sizeof *integers)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < rows; i++)
        integers[i] = isnan(column->as.real[i]) ? COLUMN_NA : (int32_t)column->as.real[i];
    mem_free(column->as.real);
    column->as.integer = integers;
    column->type = COLUMN_INTEGER;
    return true;
}

bool column_make_logical(struct column *column, size_t rows, struct glmm_error *err)
{
    int8_t *truths;

    for (size_t i = 0; i < rows; i++)
        if (!isnan(column->as.real[i]) && column->as.real[i] != 0.0 && column->as.real[i] != 1.0)
            return true;
    if ((truths = mem_alloc(rows, 1)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < rows; i++)
        truths[i] = (int8_t)(isnan(column->as.real[i]) ? -1 : column->as.real[i] != 0.0);
    mem_free(column->as.real);
    column->as.logical = truths;
    column->type = COLUMN_LOGICAL;
    return true;
}

bool column_make_labelled(struct column *column, size_t rows, const double values[], const char *const texts[], size_t count,
                          struct glmm_error *err)
{
    struct column factor = { .type = COLUMN_FACTOR };
    int32_t *level = mem_alloc(count, sizeof *level);
    bool ok;

    factor.levels = mem_zalloc(count, sizeof *factor.levels);
    factor.as.code = mem_alloc(rows, sizeof *factor.as.code);
    ok = level != NULL && factor.levels != NULL && factor.as.code != NULL;
    for (size_t k = 0; ok && k < count; k++) { /* the same text for two values is one level */
        level[k] = factor.level_count;
        for (int32_t l = 0; l < factor.level_count && count < 10000; l++)
            if (strcmp(factor.levels[l], texts[k]) == 0)
                level[k] = l;
        if (level[k] == factor.level_count)
            ok = (factor.levels[factor.level_count++] = mem_strdup(texts[k])) != NULL;
    }
    for (size_t i = 0; ok && i < rows; i++) {
        size_t low = 0, high = count;

        while (low < high) {
            size_t middle = low + (high - low) / 2;

            if (values[middle] < column->as.real[i])
                low = middle + 1;
            else
                high = middle;
        }
        factor.as.code[i] = low < count && values[low] == column->as.real[i] ? level[low] : -1;
    }
    mem_free(level);
    if (!ok) {
        column_clear(&factor);
        return fail_memory(err);
    }
    factor.name = column->name;
    column->name = NULL;
    column_clear(column);
    *column = factor;
    column_count_missing(column, rows);
    return true;
}
