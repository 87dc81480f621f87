/* verb-factor.c -- what a variable is: a factor with these levels, a number.  See verbs.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/csv-number.h"
#include "data/level-alike.h"
#include "data/name-index.h"
#include "data/verbs.h"

/* --- factor ------------------------------------------------------------------------------------- */

static int32_t find_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int32_t)i;
    return -1;
}

/* The names that come out, each once, in order (new), and which of them each of `names` is. */
static bool distinct_names(const char *const *names, size_t count, int32_t *index, struct column *out)
{
    struct name_index known = { 0 };
    bool ok = (out->levels = mem_zalloc(count, sizeof *out->levels)) != NULL;

    for (size_t k = 0; ok && k < count; k++) {
        ok = name_index_add(&known, names[k], &index[k]);
        if (!ok || index[k] < out->level_count)
            continue;
        ok = (out->levels[out->level_count] = mem_strdup(names[k])) != NULL;
        out->level_count += ok;
    }
    name_index_clear(&known);
    return ok;
}

/* The reference that is asked for; else the one that was, but where it was only the first and there is another order now. */
static bool set_reference(struct column *out, const struct column *was, const char *reference, bool ordered,
                          struct glmm_error *err)
{
    bool chosen = was->type == COLUMN_FACTOR && was->reference < was->level_count && (was->reference > 0 || !ordered);
    const char *wanted = reference != NULL ? reference : chosen ? was->levels[was->reference] : NULL;
    int32_t place = wanted == NULL ? 0 : find_name((const char *const *)out->levels, (size_t)out->level_count, wanted);

    out->reference = place < 0 ? 0 : place;
    if (place >= 0 || reference == NULL)
        return true;
    fail(err, GLMM_E_NAME, NOWHERE, "no level \"%s\" of %s to be the reference", reference, out->name);
    if (out->level_count > 0)
        error_hint(err, "its levels are \"%s\" to \"%s\"", out->levels[0], out->levels[out->level_count - 1]);
    return false;
}

/* Codes of the listed levels; what is not listed is lost. */
static bool recode(struct column *out, const char *const *old, size_t old_count, const struct factor_spec *spec, size_t rows,
                   size_t *lost, struct glmm_error *err)
{
    const char *const *levels = spec->levels != NULL ? spec->levels : old, *const *labels = spec->labels;
    size_t count = spec->levels != NULL ? spec->level_count : old_count;
    int32_t *index = mem_zalloc(count, sizeof *index), *new_of_old = mem_zalloc(old_count, sizeof *new_of_old), place;
    struct name_index listed = { 0 };
    size_t kept = 0;
    bool ok = (index != NULL && new_of_old != NULL) || fail_memory(err);

    if (ok && labels != NULL && spec->label_count != count)
        ok = fail(err, GLMM_E_VALUE, NOWHERE, "%zu label%s for %zu levels", spec->label_count, spec->label_count == 1 ? "" : "s",
                  count);
    ok = ok && (distinct_names(labels != NULL ? labels : levels, count, index, out) || fail_memory(err));
    for (size_t k = 0; ok && levels != old && k < count; k++) {
        ok = name_index_add(&listed, levels[k], &place) || fail_memory(err);
        if (ok && (size_t)place < k)
            ok = fail(err, GLMM_E_VALUE, NOWHERE, "level \"%s\" is listed twice", levels[k]);
    }
    for (size_t k = 0; ok && k < old_count; k++) {
        place = levels == old ? (int32_t)k : name_index_find(&listed, old[k]);
        new_of_old[k] = place < 0 ? -1 : index[place];
    }
    name_index_clear(&listed);
    for (size_t i = 0; ok && i < rows; i++)
        if (out->as.code[i] >= 0) {
            out->as.code[i] = new_of_old[out->as.code[i]];
            *lost += out->as.code[i] < 0;
            kept += out->as.code[i] >= 0;
        }
    if (ok && *lost > 0 && kept == 0) {
        ok = fail(err, GLMM_E_DATA, NOWHERE, "no row of %.60s has one of the levels that are listed", out->name);
        error_hint(err, "its levels are \"%.60s\" to \"%.60s\"", old[0], old[old_count - 1]);
    }
    mem_free(index);
    mem_free(new_of_old);
    return ok;
}

static void free_names(char **names, size_t count)
{
    for (size_t k = 0; names != NULL && k < count; k++)
        mem_free(names[k]);
    mem_free(names);
}

/* How each level is called (new) where those that are alike become one: as most rows do, of equals as the first, without blanks
 * that are too many. */
static char **labels_alike(char *const *levels, size_t count, const int32_t codes[], size_t rows)
{
    int32_t *same = mem_alloc(count, sizeof *same), *best = mem_alloc(count, sizeof *best);
    size_t *rows_of_level = mem_zalloc(count, sizeof *rows_of_level), superfluous;
    char **labels = mem_zalloc(count, sizeof *labels);
    bool ok = same != NULL && best != NULL && rows_of_level != NULL && labels != NULL
              && levels_alike((const char *const *)levels, count, same, &superfluous);

    for (size_t i = 0; ok && i < rows; i++)
        if (codes[i] >= 0)
            rows_of_level[codes[i]]++;
    for (size_t k = 0; ok && k < count; k++)
        if (same[k] == (int32_t)k || rows_of_level[k] > rows_of_level[best[same[k]]])
            best[same[k]] = (int32_t)k;
    for (size_t k = 0; ok && k < count; k++)
        ok = (labels[k] = level_tidy(levels[best[same[k]]])) != NULL;
    mem_free(same);
    mem_free(best);
    mem_free(rows_of_level);
    if (ok)
        return labels;
    free_names(labels, count);
    return NULL;
}

struct frame *frame_factor(const struct frame *frame, const char *name, const struct factor_spec *spec, size_t *lost,
                           struct glmm_error *err)
{
    const struct column *was = frame_find(frame, name);
    struct column column = { .type = COLUMN_FACTOR, .name = mem_strdup(name), .contrast = was->contrast };
    struct frame *next = NULL;
    struct factor_spec meant = *spec;
    char **labels = NULL, **old = NULL;
    int32_t old_count = 0;
    bool ok;

    *lost = 0;
    ok = (column.name != NULL || fail_memory(err)) && column_as_factor(was, frame->rows, &column.as.code, &old, &old_count, err);
    if (ok && spec->alike) {
        labels = labels_alike(old, (size_t)old_count, column.as.code, frame->rows);
        meant.labels = (const char *const *)labels;
        meant.label_count = (size_t)old_count;
        ok = labels != NULL || fail_memory(err);
    }
    ok = ok && recode(&column, (const char *const *)old, (size_t)old_count, &meant, frame->rows, lost, err)
         && set_reference(&column, was, spec->reference, spec->levels != NULL, err);
    if (ok) {
        column_count_missing(&column, frame->rows);
        ok = (next = frame_share(frame, err)) != NULL && frame_put(next, &column, err);
    }
    free_names(labels, (size_t)old_count);
    free_names(old, (size_t)old_count);
    column_clear(&column);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}

/* --- number ------------------------------------------------------------------------------------- */

/* A number with a flag behind it, which is no unit. */
static bool read_flagged(const char *text, size_t length, const struct number_spec *spec, double *value, char unit[CSV_UNIT])
{
    const struct csv_format plain = { .decimal = spec->decimal, .thousands = spec->thousands };
    char flag[CSV_FLAG];

    unit[0] = '\0';
    return csv_take_flag(text, &length, flag) && csv_number(&plain, text, length, value, unit);
}

/* The text as a number, without its marks where these are allowed; tells of them. */
static bool read_level(const char *text, size_t rows, double *value, char unit[CSV_UNIT], struct number_spec *spec)
{
    struct csv_format format = { .decimal = spec->decimal, .thousands = spec->thousands, .units = true };
    const char *number = text;
    size_t length = strlen(text), *count;
    bool limit = false;
    char *first;

    if (!(spec->marks && read_flagged(text, length, spec, value, unit))) {
        if (csv_number(&format, text, length, value, unit))
            return true;
        if (!spec->marks || !csv_take_marks(&number, &length, &limit)
            || !(csv_number(&format, number, length, value, unit) || read_flagged(number, length, spec, value, unit)))
            return false;
    }
    count = limit ? &spec->limited : &spec->marked;
    first = limit ? spec->first_limited : spec->first_marked;
    if (*count == 0)
        snprintf(first, sizeof spec->first_marked, "%.59s", text);
    *count += rows;
    return true;
}

/* Reads the levels; all units must agree. */
static bool read_levels(const struct column *factor, double *of_level, const size_t *rows_of_level, struct number_spec *spec,
                        struct glmm_error *err)
{
    char unit[CSV_UNIT];

    for (int32_t l = 0; l < factor->level_count; l++) {
        const char *text = factor->levels[l];

        of_level[l] = (double)NAN;
        if (rows_of_level[l] == 0)
            continue;
        if (!read_level(text, rows_of_level[l], &of_level[l], unit, spec)) {
            of_level[l] = (double)NAN;
            if (spec->unread == 0)
                snprintf(spec->first, sizeof spec->first, "%s", text);
            spec->unread += rows_of_level[l];
        } else if (unit[0] != '\0' && spec->unit[0] != '\0' && strcmp(unit, spec->unit) != 0) {
            return fail(err, GLMM_E_DATA, NOWHERE, "%s has values in %s and in %s", factor->name, spec->unit, unit);
        } else if (unit[0] != '\0') {
            snprintf(spec->unit, sizeof spec->unit, "%s", unit);
        }
    }
    if (spec->unread == 0 || spec->force)
        return true;
    return fail(err, GLMM_E_DATA, NOWHERE, "\"%s\" of %s is no number", spec->first, factor->name);
}

struct frame *frame_number(const struct frame *frame, const char *name, struct number_spec *spec, struct glmm_error *err)
{
    const struct column *was = frame_find(frame, name);
    struct column column = { .type = COLUMN_REAL, .name = mem_strdup(name) };
    struct frame *next = NULL;
    size_t levels = was->type == COLUMN_FACTOR ? (size_t)was->level_count : 0;
    size_t *rows_of_level = mem_zalloc(levels, sizeof *rows_of_level);
    double *of_level = mem_zalloc(levels, sizeof *of_level);
    bool ok;

    column.as.real = mem_alloc(frame->rows, sizeof *column.as.real);
    ok = (column.name != NULL && rows_of_level != NULL && of_level != NULL && column.as.real != NULL) || fail_memory(err);
    for (size_t i = 0; ok && levels > 0 && i < frame->rows; i++)
        if (was->as.code[i] >= 0)
            rows_of_level[was->as.code[i]]++;
    ok = ok && (was->type != COLUMN_FACTOR || read_levels(was, of_level, rows_of_level, spec, err));
    for (size_t i = 0; ok && i < frame->rows; i++)
        column.as.real[i] = was->type != COLUMN_FACTOR ? column_real(was, i)
                            : was->as.code[i] < 0      ? (double)NAN
                                                       : of_level[was->as.code[i]];
    if (ok && (ok = column_make_integer(&column, frame->rows) || fail_memory(err))) {
        column_count_missing(&column, frame->rows);
        ok = (next = frame_share(frame, err)) != NULL && frame_put(next, &column, err);
    }
    mem_free(rows_of_level);
    mem_free(of_level);
    column_clear(&column);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}
