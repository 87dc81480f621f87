/* csv-names.c -- the first record: the names of the columns, and the types that the user gives them. */
#include "config.h"
#include "data/csv-private.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void csv_add_name(struct csv_reader *r, const char *text, size_t length)
{
    void *columns = r->columns;
    struct csv_column *column;
    char number[24];

    if (r->options->no_header) {
        length = (size_t)snprintf(number, sizeof number, "V%zu", r->column_count + 1);
        text = number;
    }
    if (length == 0) {
        fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: column %zu has no name", r->line, r->label, r->field + 1);
        error_hint(r->err, "%s",
                   r->field == 0 ? "row names, perhaps? In R: write.csv(x, row.names = FALSE)"
                                 : "give it one in the file; without a line of names: header=no");
        csv_stop(r, r->line);
        return;
    }
    if (utf8_invalid(text, length) >= 0) {
        csv_fail_encoding(r, NULL);
        csv_stop(r, r->line);
        return;
    }
    for (size_t j = 0; j < r->column_count; j++) {
        if (strlen(r->columns[j].name) == length && memcmp(r->columns[j].name, text, length) == 0) {
            char buffer[48];

            fail(r->err, GLMM_E_FILE, NOWHERE, "line %ld of %s: columns %zu and %zu are both named `%s`", r->line, r->label,
                 j + 1, r->field + 1, csv_excerpt(text, length, buffer));
            csv_stop(r, r->line);
            return;
        }
    }
    if (!mem_grow(&columns, &r->column_capacity, r->column_count + 1, sizeof *r->columns)) {
        fail_memory(r->err);
        csv_stop(r, r->line);
        return;
    }
    r->columns = columns;
    column = &r->columns[r->column_count];
    memset(column, 0, sizeof *column);
    column->name = mem_strndup(text, length);
    if (column->name == NULL) {
        fail_memory(r->err);
        csv_stop(r, r->line);
        return;
    }
    r->column_count++;
}

/* types -> NAME '=' TYPE { ',' NAME '=' TYPE } */
static bool force_types(struct csv_reader *r)
{
    static const char *const words[] = { "real", "integer", "factor", "logical" };
    const char *p = r->options->types == NULL ? "" : r->options->types, *end, *equals;

    for (; *p != '\0'; p = *end == '\0' ? end : end + 1) {
        struct csv_column *column = NULL;
        struct text near = { 0 };
        char name[48];
        int type = -1, distance;

        p += strspn(p, " ");
        end = p + strcspn(p, ",");
        equals = memrchr(p, '=', (size_t)(end - p));
        if (equals == NULL)
            return fail(r->err, GLMM_E_VALUE, NOWHERE, "`%s` names no type: write types=\"herd=factor,size=real\"",
                        csv_excerpt(p, (size_t)(end - p), name));
        for (size_t j = 0; j < r->column_count && column == NULL; j++)
            if (strlen(r->columns[j].name) == (size_t)(equals - p) && memcmp(r->columns[j].name, p, (size_t)(equals - p)) == 0)
                column = &r->columns[j];
        for (int t = 0; t < 4; t++)
            if (strlen(words[t]) == (size_t)(end - equals - 1) && memcmp(words[t], equals + 1, (size_t)(end - equals - 1)) == 0)
                type = t;
        if (type < 0)
            return fail(r->err, GLMM_E_VALUE, NOWHERE, "`%s` is no type: real, integer, factor or logical",
                        csv_excerpt(equals + 1, (size_t)(end - equals - 1), name));
        if (column == NULL) {
            fail(r->err, GLMM_E_NAME, NOWHERE, "%s has no column `%s`", r->label, csv_excerpt(p, (size_t)(equals - p), name));
            for (size_t j = 0; j < r->column_count; j++)
                if (is_near(name, r->columns[j].name, &distance))
                    text_addf(&near, "%s`%s`", near.length > 0 ? " or " : "", r->columns[j].name);
            if (near.length > 0 && !near.failed)
                error_hint(r->err, "did you mean %s?", text_string(&near));
            text_clear(&near);
            return false;
        }
        column->forced = true;
        column->forced_type = (enum column_type)type;
    }
    return true;
}

void csv_finish_names(struct csv_reader *r)
{
    r->named = true;
    if (!force_types(r)) {
        csv_stop(r, 0);
        return;
    }
    for (size_t j = 0; j < r->column_count; j++)
        csv_column_restart(&r->columns[j], false);
    if (r->options->no_header) /* the record that gave the number of columns is data */
        r->restart = r->stopped = true;
}
