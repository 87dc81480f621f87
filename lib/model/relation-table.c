/* relation-table.c -- see relation.h: matrices that stand in a table, square or as triplets. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/relation-private.h"

static const double ALIKE = 1e-6; /* two numbers that are one, beside the larger */

/* The names in a column, as texts; NULL with an error: none, memory. */
char **relation_ids(const struct column *c, size_t rows, struct glmm_error *err)
{
    char **ids = NEW_ARRAY(char *, rows + 1), buffer[40];
    bool ok = ids != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < rows; i++) {
        if (column_missing(c, i))
            ok = fail(err, GLMM_E_DATA, NOWHERE, "row %zu has no name in `%.60s`", i + 1, c->name);
        else
            ok = (ids[i] = mem_strdup(column_text(c, i, buffer))) != NULL || fail_memory(err);
    }
    if (ok)
        return ids;
    relation_ids_free(ids, (int32_t)rows);
    return NULL;
}

/* --- triplets --------------------------------------------------------------------------------------------- */

static bool is_triplets(const struct frame *f)
{
    return f->column_count == 3 && is_numeric(&f->columns[2]) && (f->rows != 2 || !is_numeric(&f->columns[1]));
}

/* The distinct names of two columns, in order of appearance; codes of both.  -1, and no names, when memory is out. */
static int32_t number_names(const struct frame *f, char **ids, int32_t *codes)
{
    struct relation_names names;
    int32_t count = 0;
    char buffer[40];
    bool ok = true;

    if (!relation_names_init(&names, ids, (int32_t)(2 * f->rows)))
        return -1;
    for (size_t i = 0; ok && i < 2 * f->rows; i++) {
        const char *text = column_text(&f->columns[i % 2], i / 2, buffer);
        size_t slot = relation_names_slot(&names, text);

        if (names.places[slot] < 0) {
            if ((ids[count] = mem_strdup(text)) == NULL)
                ok = false;
            else
                names.places[slot] = count++;
        }
        codes[i] = names.places[slot];
    }
    mem_free(names.places);
    while (!ok && count > 0)
        mem_free(ids[--count]);
    return ok ? count : -1;
}

/* One number into both places of a pair, which has none yet (not a number), or the same. */
static bool set_pair(const char *name, char *const *ids, size_t n, size_t a, size_t b, double value, double *values,
                     struct glmm_error *err)
{
    double *x = &values[a + b * n];

    if (!isfinite(value))
        return fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s has no number for `%.60s` and `%.60s`", name, ids[a], ids[b]);
    if (isfinite(*x) && fabs(*x - value) > ALIKE * fmax(fabs(*x), fabs(value)))
        return fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s has two numbers for `%.60s` and `%.60s`: %.6g and %.6g", name,
                    ids[a], ids[b], *x, value);
    *x = values[b + a * n] = value;
    return true;
}

/* Pairs that no row has are 0, but each name has a number with itself. */
static bool fill_pairs(const char *name, const struct frame *f, char *const *ids, size_t n, const int32_t *codes, double *values,
                       struct glmm_error *err)
{
    bool ok = true;

    for (size_t e = 0; e < n * n; e++)
        values[e] = (double)NAN;
    for (size_t i = 0; ok && i < f->rows; i++)
        ok = set_pair(name, ids, n, (size_t)codes[2 * i], (size_t)codes[2 * i + 1], column_real(&f->columns[2], i), values, err);
    for (size_t i = 0; ok && i < n; i++)
        if (isnan(values[i + i * n])) {
            ok = fail(err, GLMM_E_DATA, NOWHERE, "the matrix %.60s has no number for `%.60s` with itself", name, ids[i]);
            error_hint(err, "its diagonal is given by rows too: %.60s, %.60s, 1", ids[i], ids[i]);
        }
    for (size_t e = 0; e < n * n; e++)
        values[e] = isnan(values[e]) ? 0.0 : values[e];
    return ok;
}

static bool check_named(const struct frame *f, struct glmm_error *err)
{
    for (size_t i = 0; i < 2 * f->rows; i++)
        if (column_missing(&f->columns[i % 2], i / 2))
            return fail(err, GLMM_E_DATA, NOWHERE, "row %zu has no name in `%.60s`", i / 2 + 1, f->columns[i % 2].name);
    return true;
}

static struct relation *of_triplets(const char *name, const struct frame *f, const struct glmm_progress *progress,
                                    struct glmm_error *err)
{
    int32_t *codes, count;
    char **ids, **unused = NULL;
    double *values = NULL;

    if (!check_named(f, err))
        return NULL;
    codes = NEW_ARRAY(int32_t, 2 * f->rows + 1);
    ids = NEW_ARRAY(char *, 2 * f->rows + 1);
    count = codes == NULL || ids == NULL ? -1 : number_names(f, ids, codes);
    if (count < 0 || !relation_room((size_t)count, &unused, &values, err)) {
        fail_memory(err);
        relation_ids_free(ids, count < 0 ? 0 : count);
        mem_free(codes);
        return NULL;
    }
    mem_free(unused);
    if (!fill_pairs(name, f, ids, (size_t)count, codes, values, err)) {
        relation_ids_free(ids, count);
        mem_free(values);
        mem_free(codes);
        return NULL;
    }
    mem_free(codes);
    return relation_new(name, "matrix", count, ids, values, progress, err);
}

/* --- squares ------------------------------------------------------------------------------------------------ */

/* place[j]: the row that column j of a square names.  Columns of other names altogether (V1, V2, ...) stand in the order of the
 * rows; where some are rows and others are not, the table is no square. */
static bool match_columns(const struct frame *f, char **ids, size_t *place, struct glmm_error *err)
{
    struct relation_names names;
    size_t n = f->rows, found = 0, other = n;
    bool ok = relation_names_init(&names, ids, (int32_t)n) || fail_memory(err), twice = false;

    for (size_t i = 0; ok && i < n; i++) {
        size_t slot = relation_names_slot(&names, ids[i]);

        twice = twice || names.places[slot] >= 0;
        names.places[slot] = (int32_t)i;
    }
    for (size_t j = 0; ok && !twice && j < n; j++) { /* twice: told later */
        int32_t row = names.places[relation_names_slot(&names, f->columns[j + 1].name)];

        place[j] = row < 0 ? j : (size_t)row;
        found += row >= 0;
        other = row < 0 && other == n ? j : other;
    }
    mem_free(names.places);
    if (!ok || found == 0 || found == n)
        return ok;
    fail(err, GLMM_E_DATA, NOWHERE, "the column `%.60s` of %.60s is none of its rows", f->columns[other + 1].name, f->name);
    error_hint(err, "a square matrix has the same names in its first column and over its columns");
    return false;
}

static bool check_numeric(const struct frame *f, size_t first, struct glmm_error *err)
{
    for (size_t j = first; j < f->column_count; j++)
        if (!is_numeric(&f->columns[j]))
            return fail(err, GLMM_E_DATA, NOWHERE, "the column `%.60s` of %.60s has no numbers", f->columns[j].name, f->name);
    return true;
}

/* Names over the columns alone. */
static char **column_names(const struct frame *f, struct glmm_error *err)
{
    char **ids = NEW_ARRAY(char *, f->rows + 1);
    bool ok = ids != NULL;

    for (size_t i = 0; ok && i < f->rows; i++)
        ok = (ids[i] = mem_strdup(f->columns[i].name)) != NULL;
    if (ok)
        return ids;
    relation_ids_free(ids, (int32_t)f->rows);
    fail_memory(err);
    return NULL;
}

static struct relation *of_square(const char *name, const struct frame *f, size_t first, const struct glmm_progress *progress,
                                  struct glmm_error *err)
{
    size_t n = f->rows, *place = NULL;
    double *values = NULL;
    char **ids, **unused = NULL;
    bool ok;

    ids = first ? relation_ids(&f->columns[0], n, err) : column_names(f, err);
    if (ids == NULL)
        return NULL;
    ok = relation_room(n, &unused, &values, err);
    mem_free(unused);
    ok = ok && ((place = NEW_ARRAY(size_t, n + 1)) != NULL || fail_memory(err));
    for (size_t j = 0; ok && j < n; j++)
        place[j] = j;
    ok = ok && (!first || match_columns(f, ids, place, err));
    for (size_t j = 0; ok && j < n; j++)
        for (size_t i = 0; i < n; i++)
            values[i + place[j] * n] = column_real(&f->columns[j + first], i);
    mem_free(place);
    if (ok)
        return relation_new(name, "matrix", (int32_t)n, ids, values, progress, err);
    relation_ids_free(ids, (int32_t)n);
    mem_free(values);
    return NULL;
}

struct relation *relation_of_table(const char *name, const struct frame *f, const struct glmm_progress *progress,
                                   struct glmm_error *err)
{
    size_t first = f->column_count == f->rows + 1;

    if (is_triplets(f))
        return of_triplets(name, f, progress, err);
    if (f->column_count != f->rows + first) {
        fail(err, GLMM_E_DATA, NOWHERE, "%.60s has %zu rows and %zu columns: neither a square matrix with names nor triplets",
             f->name, f->rows, f->column_count);
        error_hint(err, "names in the first column and one column for each of them, or the columns row, col, value");
        return NULL;
    }
    return check_numeric(f, first, err) ? of_square(name, f, first, progress, err) : NULL;
}
