/* merged.c -- see merged.h: the variables of a model tell its rows, whatever columns are made of them. */
#include "model/merged.h"

#include <math.h>
#include <string.h>

#include "base/distinct.h"
#include "base/forecast.h"
#include "base/memory.h"

/* --- from rows to distinct rows --------------------------------------------------------------- */

/* The values of a variable in rows from .. from + count - 1 of those that are used; returns the place of the next. */
static double *copy_variable(const struct variables *vs, const struct variable *v, size_t from, size_t count, int width,
                             double *out)
{
    const struct column *c = v->column;
    const size_t *row = vs->row + from;

#define COPY(value)                                                                                                              \
    for (size_t i = 0; i < count; i++)                                                                                           \
        out[i * (size_t)width] = (value);
    if (c == NULL) {
        for (int j = 0; j < v->columns; j++, out++) {
            COPY(v->basis[(size_t)j * vs->frame->rows + row[i]])
        }
        return out;
    }
    if (c->type == COLUMN_REAL) {
        COPY(c->as.real[row[i]])
    } else if (c->type == COLUMN_INTEGER || c->type == COLUMN_DATE) {
        COPY(c->as.integer[row[i]])
    } else if (c->type == COLUMN_FACTOR) {
        COPY(c->as.code[row[i]])
    } else {
        COPY(c->as.logical[row[i]])
    }
#undef COPY
    return out + 1;
}

static void copy_rows(const void *context, size_t from, size_t count, int width, double *out)
{
    const struct variables *vs = context;

    for (int j = 0; j < vs->count; j++)
        out = copy_variable(vs, vs->items[j], from, count, width, out);
}

/* From the rows that are used to all rows of the frame, in place: no row of the frame comes before its place among those. */
static void widen(const struct variables *vs, uint32_t *of)
{
    size_t left = vs->n;

    for (size_t r = vs->frame->rows; r-- > 0;)
        of[r] = left > 0 && vs->row[left - 1] == r ? of[--left] : MERGED_UNUSED;
}

/* Takes `of` into the design; the first row of each distinct one takes the place of all. */
static bool keep_distinct(struct variables *vs, struct design *design, uint32_t *of, const size_t *first, size_t count)
{
    size_t *row = mem_alloc(count, sizeof *row);
    double *times = NEW_ARRAY(double, count);

    if (row == NULL || times == NULL) {
        mem_free(row);
        mem_free(times);
        return false;
    }
    for (size_t k = 0; k < count; k++)
        row[k] = vs->row[first[k]];
    for (size_t i = 0; i < vs->n; i++)
        times[of[i]]++;
    widen(vs, of);
    mem_free(vs->row);
    vs->row = row;
    vs->all_rows = false;
    vs->n = count;
    vs->times = times;
    design->of = of;
    design->weights = times;
    design->times = times;
    return true;
}

bool merged_find(struct variables *vs, struct design *design)
{
    struct distinct_rows rows = { .n = vs->n, .copy = copy_rows, .context = vs };
    size_t *first = NULL, most = vs->n / 2, count = 0;
    uint32_t *of = NULL;
    struct watch watch;
    bool ok;

    if (vs->n < MERGED_FEWEST || vs->frame->rows >= MERGED_UNUSED)
        return true;
    for (int j = 0; j < vs->count; j++)
        rows.width += vs->items[j]->columns;
    watch_init(&watch, vs->progress, "comparing rows");
    ok = (of = mem_alloc(vs->frame->rows, sizeof *of)) != NULL && (first = mem_alloc(most, sizeof *first)) != NULL
         && distinct_find(&rows, most, &watch, of, first, &count);
    if (ok && count <= most && (ok = keep_distinct(vs, design, of, first, count)))
        of = NULL;
    mem_free(of);
    mem_free(first);
    if (watch_stopped(&watch))
        return fail(vs->err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    return ok || fail_memory(vs->err);
}

/* --- and back --------------------------------------------------------------------------------- */

/* What takes the place of an array of a design. */
struct spread {
    void **place, *fresh;
    size_t size; /* of a row, in bytes */
    int columns; /* one behind the other */
};

/* All that a design is to be, until it takes the place of what it is. */
struct spreading {
    struct design *design;
    size_t n, *row;
    struct spread *list;
    int count;
    const struct glmm_progress *progress;
    struct glmm_error *err;
};

/* One array over all rows.  An array that is not there stays so. */
static bool spread_array(struct spreading *s, void *place, size_t size, int columns)
{
    struct spread *one = &s->list[s->count];
    const struct design *d = s->design;
    char *from;

    memcpy(&from, place, sizeof from);
    if (from == NULL)
        return true;
    one->place = place;
    one->fresh = mem_alloc(s->n, size * (size_t)columns);
    if (one->fresh == NULL)
        return fail_memory(s->err);
    s->count++;
    for (int j = 0; j < columns; j++) {
        char *to = (char *)one->fresh + (size_t)j * s->n * size;

        for (size_t r = 0; r < d->rows; r++)
            if (d->of[r] != MERGED_UNUSED) {
                memcpy(to, from + ((size_t)j * d->n + d->of[r]) * size, size);
                to += size;
            }
        if (!progress_tell(s->progress, "rows", j, columns, (double)NAN))
            return fail(s->err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    }
    return true;
}

/* The columns of a predictor. */
static bool spread_columns(struct spreading *s, struct design *d)
{
    bool ok = spread_array(s, &d->offset, sizeof *d->offset, 1) && spread_array(s, &d->X, sizeof *d->X, d->p);

    for (int t = 0; ok && t < d->random_count; t++)
        ok = spread_array(s, &d->random[t].level, sizeof *d->random[t].level, 1)
             && spread_array(s, &d->random[t].z, sizeof *d->random[t].z * (size_t)d->random[t].k, 1);
    return ok;
}

static size_t count_arrays(const struct design *d)
{
    size_t count = 4 + 2 * (size_t)design_term_count(d);

    for (int k = 0; k < DESIGN_PARTS; k++)
        count += d->part[k] != NULL ? 2 : 0;
    return count;
}

/* What all rows take: that of the distinct ones stays until they are there. */
static double bytes_of(const struct design *design, size_t n)
{
    double numbers = 4.0;

    for (int k = -1; k < DESIGN_PARTS; k++)
        numbers += k < 0 ? design->p : design->part[k] != NULL ? design->part[k]->p : 0;
    for (int t = 0; t < design_term_count(design); t++)
        numbers += 1.0 + design_term(design, t, NULL)->k;
    return numbers * (double)sizeof(double) * (double)n;
}

static bool spread_all(struct spreading *s)
{
    struct design *d = s->design;
    bool ok =
        ((s->list = NEW_ARRAY(struct spread, count_arrays(d))) != NULL && (s->row = mem_alloc(s->n, sizeof *s->row)) != NULL)
        || fail_memory(s->err);

    for (size_t r = 0, i = 0; ok && r < d->rows; r++)
        if (d->of[r] != MERGED_UNUSED)
            s->row[i++] = r;
    ok = ok && spread_array(s, &d->y, sizeof *d->y, 1) && spread_array(s, &d->trials, sizeof *d->trials, 1)
         && spread_columns(s, d);
    for (int k = 0; ok && k < DESIGN_PARTS; k++)
        ok = d->part[k] == NULL || spread_columns(s, d->part[k]);
    return ok;
}

/* Puts it in place; the old goes into the list. */
static void exchange(struct spreading *s)
{
    struct design *d = s->design;
    size_t *row = d->row;

    for (int i = 0; i < s->count; i++) {
        void *fresh = s->list[i].fresh;

        memcpy(&s->list[i].fresh, s->list[i].place, sizeof fresh);
        memcpy(s->list[i].place, &fresh, sizeof fresh);
    }
    d->row = s->row;
    s->row = row;
    d->n = s->n;
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (d->part[k] != NULL)
            d->part[k]->n = s->n;
    mem_free(d->weights);
    d->weights = NULL;
    d->times = NULL;
}

bool merged_take_all(struct design *design, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct spreading s = { .design = design, .progress = progress, .err = err };
    bool ok;

    if (!design_is_merged(design))
        return true;
    s.n = design_used_rows(design);
    ok = forecast(bytes_of(design, s.n), NULL, progress, err) && spread_all(&s);
    if (ok)
        exchange(&s);
    for (int i = 0; i < s.count; i++)
        mem_free(s.list[i].fresh);
    mem_free(s.list);
    mem_free(s.row);
    return ok;
}
