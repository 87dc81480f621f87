/* read-stat-labels.c -- value labels of Stata, SPSS and SAS files: the levels of what all of them name.  See foreign.h. */
#include "config.h"
#include "data/read-stat-private.h"

#ifdef HAVE_READSTAT

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int compare_labels(const void *a, const void *b)
{
    const struct stat_label *x = a, *y = b;
    int sets = strcmp(x->set, y->set);

    if (sets != 0)
        return sets;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

void stat_labels_sort(struct stat_reader *r)
{
    if (r->label_count > 0)
        qsort(r->labels, r->label_count, sizeof *r->labels, compare_labels);
}

static bool is_declared(const struct stat_variable *v, double value)
{
    for (int k = 0; k < v->range_count; k++)
        if (value >= v->ranges[k][0] && value <= v->ranges[k][1])
            return true;
    return false;
}

/* The labels of a variable, in the order of their values, without those of missing ones; at most the labels of the set. */
static size_t labels_of(const struct stat_reader *r, const struct stat_variable *v, double values[], const char *texts[])
{
    size_t count = 0;

    for (size_t k = 0; k < r->label_count; k++) {
        const struct stat_label *label = &r->labels[k];

        if (label->key != NULL || strcmp(label->set, v->labels) != 0 || is_declared(v, label->value)
            || (count > 0 && values[count - 1] == label->value))
            continue;
        values[count] = label->value;
        texts[count++] = label->text;
    }
    return count;
}

static bool all_labelled(const struct column *column, size_t rows, const double values[], size_t count)
{
    for (size_t i = 0; i < rows; i++) {
        double x = column->as.real[i];
        bool found = isnan(x);

        for (size_t low = 0, high = count; !found && low < high;) {
            size_t middle = low + (high - low) / 2;

            found = values[middle] == x;
            if (values[middle] < x)
                low = middle + 1;
            else
                high = middle;
        }
        if (!found)
            return false;
    }
    return count > 0;
}

bool stat_label_numbers(struct stat_reader *r, const struct stat_variable *v, struct column *column)
{
    double *values = mem_alloc(r->label_count, sizeof *values);
    const char **texts = mem_alloc(r->label_count, sizeof *texts);
    size_t count = 0, had = column->missing;
    bool ok = (values != NULL && texts != NULL) || fail_memory(r->err);

    if (ok)
        count = labels_of(r, v, values, texts);
    if (ok && count == 2 && values[0] == 0.0 && values[1] == 1.0 && strcmp(texts[0], "FALSE") == 0
        && strcmp(texts[1], "TRUE") == 0)
        ok = column_make_logical(column, r->rows, r->err);
    else if (ok && all_labelled(column, r->rows, values, count))
        ok = column_make_labelled(column, r->rows, values, texts, count, r->err);
    else if (ok && count > 0 && had < r->rows) /* a scale of which only the ends have names */
        ok = csv_note_add(r->file->options->report, CSV_NOTE_SOME_LABELS, v->intake.name != NULL ? v->intake.name : column->name,
                          texts[0])
                 != NULL
             || fail_memory(r->err);
    mem_free(values);
    mem_free(texts);
    return ok;
}

/* The labels of texts, in the order of the file, without those of missing ones: *keys and *texts, at most the labels of the set.
 */
static size_t text_labels_of(const struct stat_reader *r, const struct stat_variable *v, const char *keys[], const char *texts[])
{
    size_t count = 0;

    for (size_t k = 0; k < r->label_count; k++) {
        const struct stat_label *label = &r->labels[k];
        bool wanted = label->key != NULL && strcmp(label->set, v->labels) == 0;

        for (int m = 0; wanted && m < v->range_count; m++)
            wanted = v->missing[m] == NULL || strcmp(v->missing[m], label->key) != 0;
        if (!wanted)
            continue;
        keys[count] = label->key;
        texts[count++] = label->text;
    }
    return count;
}

/* The places of the levels among the keys: level[l], and *all whether every level has one. */
static void find_keys(const struct column *column, const char *const keys[], size_t count, double level[], bool *all)
{
    *all = count > 0;
    for (int32_t l = 0; *all && l < column->level_count; l++) {
        size_t k = 0;

        while (k < count && strcmp(keys[k], column->levels[l]) != 0)
            k++;
        level[l] = (double)k;
        *all = k < count;
    }
}

bool stat_label_texts(struct stat_reader *r, const struct stat_variable *v, struct column *column)
{
    const char **keys = mem_alloc(r->label_count, sizeof *keys), **texts = mem_alloc(r->label_count, sizeof *texts);
    double *level = mem_alloc((size_t)column->level_count + 1, sizeof *level), *place = mem_alloc(r->rows, sizeof *place);
    double *values = mem_alloc(r->label_count, sizeof *values);
    bool ok = (keys != NULL && texts != NULL && level != NULL && place != NULL && values != NULL) || fail_memory(r->err);
    struct column places = { .type = COLUMN_REAL };
    size_t count = 0;
    bool all = false;

    if (ok) {
        count = text_labels_of(r, v, keys, texts);
        find_keys(column, keys, count, level, &all);
    }
    if (ok && all) {
        for (size_t i = 0; i < r->rows; i++)
            place[i] = column->as.code[i] < 0 ? (double)NAN : level[column->as.code[i]];
        for (size_t k = 0; k < count; k++)
            values[k] = (double)k;
        places.name = column->name;
        places.as.real = place;
        column->name = NULL;
        place = NULL;
        column_clear(column);
        *column = places;
        ok = column_make_labelled(column, r->rows, values, texts, count, r->err);
    } else if (ok && count > 0) {
        ok = csv_note_add(r->file->options->report, CSV_NOTE_SOME_LABELS, column->name, texts[0]) != NULL || fail_memory(r->err);
    }
    mem_free((void *)keys);
    mem_free((void *)texts);
    mem_free(level);
    mem_free(place);
    mem_free(values);
    return ok;
}

#endif
