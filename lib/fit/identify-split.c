/* identify-split.c -- splits a term into effects that no level shows together: identify-private.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"

/* --- effects that no level shows together --------------------------------------------------------------- */

/* The row space of the effects that a level shows, by its reduced echelon form in the scaled columns. */
struct shown {
    int dims;
    int pivot[COVARIANCE_MOST];
    double rows[COVARIANCE_MOST * COVARIANCE_MOST]; /* dims x k, row-major */
};

/* Adds a row to the echelon form. */
static void shown_add(struct shown *s, int k, const double *row)
{
    double v[COVARIANCE_MOST], size = 0.0;
    int pivot = -1, place;

    for (int a = 0; a < k; a++) {
        v[a] = row[a];
        size = fmax(size, fabs(v[a]));
    }
    for (int e = 0; e < s->dims; e++) {
        double times = v[s->pivot[e]];

        for (int a = 0; a < k; a++)
            v[a] -= times * s->rows[e * k + a];
        v[s->pivot[e]] = 0.0;
    }
    for (int a = 0; a < k && pivot < 0; a++)
        if (fabs(v[a]) > TOLERANCE_WHOLE * size)
            pivot = a;
    if (pivot < 0)
        return;
    for (int a = k - 1; a >= 0; a--)
        v[a] = a < pivot ? 0.0 : v[a] / v[pivot];
    for (int e = 0; e < s->dims; e++) {
        double times = s->rows[e * k + pivot];

        for (int a = 0; a < k; a++)
            s->rows[e * k + a] -= times * v[a];
    }
    for (place = s->dims; place > 0 && s->pivot[place - 1] > pivot; place--) {
        s->pivot[place] = s->pivot[place - 1];
        memmove(s->rows + place * k, s->rows + (place - 1) * k, sizeof(double) * (size_t)k);
    }
    s->pivot[place] = pivot;
    memcpy(s->rows + place * k, v, sizeof(double) * (size_t)k);
    s->dims++;
}

static bool shown_equal(const struct shown *s, const struct shown *o, int k)
{
    if (s->dims != o->dims)
        return false;
    for (int e = 0; e < s->dims * k; e++)
        if (fabs(s->rows[e] - o->rows[e]) > TOLERANCE_SAME * (1.0 + fabs(o->rows[e])))
            return false;
    return true;
}

struct split {
    int type_count, dims;
    struct shown *types;
    struct shown *levels;   /* scratch: one level */
    int32_t *type;          /* of each level */
    int32_t *order, *first; /* rows by level */
    double *scale;          /* k */
};

static void split_clear(struct split *s)
{
    mem_free(s->types);
    mem_free(s->levels);
    mem_free(s->type);
    mem_free(s->order);
    mem_free(s->first);
    mem_free(s->scale);
}

static bool split_init(struct split *s, const struct random_design *random, size_t n)
{
    size_t k = (size_t)random->k, levels = (size_t)random->level_count;

    *s = (struct split){ .types = NEW_ARRAY(struct shown, k + 1),
                         .levels = NEW_ARRAY(struct shown, 1),
                         .type = NEW_ARRAY(int32_t, levels),
                         .order = mem_alloc(n, sizeof(int32_t)),
                         .first = NEW_ARRAY(int32_t, levels + 1),
                         .scale = NEW_ARRAY(double, k) };
    if (s->types == NULL || s->levels == NULL || s->type == NULL || s->order == NULL || s->first == NULL || s->scale == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        s->first[random->level[i] + 1]++;
        for (size_t a = 0; a < k; a++)
            s->scale[a] += random->z[i * k + a] * random->z[i * k + a] / (double)n;
    }
    for (size_t a = 0; a < k; a++)
        s->scale[a] = s->scale[a] > 0.0 ? sqrt(s->scale[a]) : 1.0;
    for (size_t l = 0; l < levels; l++)
        s->first[l + 1] += s->first[l];
    for (size_t i = 0; i < n; i++)
        s->order[s->first[random->level[i]]++] = (int32_t)i;
    return true;
}

/* The types of levels; false where there are more, or more effects in them, than the term has. */
static bool find_types(struct split *s, const struct random_design *random)
{
    size_t k = (size_t)random->k;
    double row[COVARIANCE_MOST];

    for (int32_t l = 0; l < random->level_count; l++) {
        struct shown *level = s->levels;
        int found = 0;

        level->dims = 0;
        for (int32_t i = l == 0 ? 0 : s->first[l - 1]; i < s->first[l] && level->dims < random->k; i++) {
            for (size_t a = 0; a < k; a++)
                row[a] = random->z[(size_t)s->order[i] * k + a] / s->scale[a];
            shown_add(level, random->k, row);
        }
        while (found < s->type_count && !shown_equal(level, &s->types[found], random->k))
            found++;
        if (found == s->type_count) {
            if (s->dims + level->dims > random->k)
                return false;
            s->types[s->type_count++] = *level;
            s->dims += level->dims;
        }
        s->type[l] = found;
    }
    return true;
}

/* Whether the effects of all types together are independent. */
static bool types_are_apart(const struct split *s, int k)
{
    struct shown *all = s->levels;

    all->dims = 0;
    for (int m = 0; m < s->type_count; m++)
        for (int e = 0; e < s->types[m].dims; e++)
            shown_add(all, k, s->types[m].rows + e * k);
    return all->dims == s->dims;
}

/* The effects of a type: W = rows in raw columns with a leading 1, z their coordinates (the raw columns at the pivots). */
static bool make_piece(const struct reduction *r, const struct split *s, int t, int type, struct piece *out)
{
    const struct random_design *random = &r->design.random[t];
    const struct shown *shown = &s->types[type];
    size_t k = (size_t)random->k, dims = (size_t)shown->dims;
    int origin = r->pieces[t].origin, width = r->full->random[origin].k;

    *out = (struct piece){ .origin = origin,
                           .k = shown->dims,
                           .W = NEW_ARRAY(double, (int)dims *width),
                           .z = mem_zalloc(r->full->n, dims * sizeof(double)) };
    if (out->W == NULL || out->z == NULL) {
        piece_clear(out);
        return false;
    }
    for (size_t e = 0; e < dims; e++)
        for (size_t a = 0; a < k; a++) {
            double w = reduction_whole(shown->rows[e * k + a] * s->scale[a] / s->scale[shown->pivot[e]]);

            w = fabs(shown->rows[e * k + a]) < TOLERANCE_WHOLE ? 0.0 : w;
            for (int c = 0; c < width; c++)
                out->W[e * (size_t)width + (size_t)c] += w * r->pieces[t].W[a * (size_t)width + (size_t)c];
        }
    if (!piece_names(out, &r->full->random[origin])) {
        piece_clear(out);
        return false;
    }
    for (size_t i = 0; i < r->full->n; i++)
        for (size_t e = 0; s->type[random->level[i]] == type && e < dims; e++)
            out->z[i * dims + e] = random->z[i * k + (size_t)shown->pivot[e]];
    return true;
}

/* The rows of L for a piece whose effects are V times those of the term. */
static void piece_parameters(const struct reduction *r, const struct random_design *random, int first, const struct shown *shown,
                             const double *scale, double *out)
{
    int k = random->k, at = 0;
    double V[COVARIANCE_MOST * COVARIANCE_MOST];

    for (int e = 0; e < shown->dims; e++)
        for (int a = 0; a < k; a++)
            V[e * k + a] = fabs(shown->rows[e * k + a]) < TOLERANCE_WHOLE
                               ? 0.0
                               : reduction_whole(shown->rows[e * k + a] * scale[a] / scale[shown->pivot[e]]);
    for (int b = 0; b < shown->dims; b++)
        for (int a = b; a < shown->dims; a++, at++)
            for (int d = 0; d < k; d++)
                for (int c = d; c < k; c++) {
                    double times = V[a * k + c] * V[b * k + d] + (c == d ? 0.0 : V[a * k + d] * V[b * k + c]);

                    for (int f = 0; times != 0.0 && f < r->full_count; f++)
                        out[at * r->full_count + f] += times * r->L[(first + reduction_entry(random, c, d)) * r->full_count + f];
                }
}

/* Puts the pieces in the place of the term. */
static bool replace(struct reduction *r, const struct split *s, int t, int first)
{
    int terms = r->design.random_count - 1 + s->type_count, at = t, width = random_parameters(&r->design.random[t]),
        count = r->count - width;
    struct random_design *random = NEW_ARRAY(struct random_design, terms + 1);
    struct piece *pieces = NEW_ARRAY(struct piece, terms + 1);
    double *L;
    int row = first;

    for (int m = 0; m < s->type_count; m++)
        count += s->types[m].dims * (s->types[m].dims + 1) / 2;
    L = NEW_ARRAY(double, count * r->full_count + 1);
    if (random == NULL || pieces == NULL || L == NULL) {
        mem_free(random);
        mem_free(pieces);
        mem_free(L);
        return false;
    }
    memcpy(random, r->design.random, sizeof *random * (size_t)t);
    memcpy(pieces, r->pieces, sizeof *pieces * (size_t)t);
    memcpy(L, r->L, sizeof *L * (size_t)(first * r->full_count));
    for (int m = 0; m < s->type_count; m++) {
        if (s->types[m].dims == 0)
            continue;
        random[at] = r->design.random[t];
        if (!make_piece(r, s, t, m, &pieces[at])) {
            while (at-- > t)
                piece_clear(&pieces[at]);
            mem_free(random);
            mem_free(pieces);
            mem_free(L);
            return false;
        }
        random[at].k = pieces[at].k;
        random[at].z = pieces[at].z;
        random[at].names = (const char **)(uintptr_t)pieces[at].names;
        at++;
        piece_parameters(r, &r->design.random[t], first, &s->types[m], s->scale, L + row * r->full_count);
        row += s->types[m].dims * (s->types[m].dims + 1) / 2;
    }
    piece_clear(&r->pieces[t]);
    memcpy(random + at, r->design.random + t + 1, sizeof *random * (size_t)(r->design.random_count - t - 1));
    memcpy(pieces + at, r->pieces + t + 1, sizeof *pieces * (size_t)(r->design.random_count - t - 1));
    memcpy(L + row * r->full_count, r->L + (first + width) * r->full_count,
           sizeof *L * (size_t)((r->count - first - width) * r->full_count));
    mem_free(r->design.random);
    mem_free(r->pieces);
    mem_free(r->L);
    r->design.random_count += at - t - 1;
    r->design.random = random;
    r->pieces = pieces;
    r->L = L;
    r->count = row + r->count - first - width;
    r->changed = true;
    return true;
}

/* Splits the first term that can be. */
bool reduction_split_term(struct reduction *r, const struct span *span, bool *done)
{
    bool ok = true;
    int at = 0;

    *done = false;
    for (int t = 0; ok && !*done && t < r->design.random_count; t++) {
        const struct random_design *random = &r->design.random[t];
        int first = at;
        double open = 0.0;
        struct split s;

        at += random_parameters(random);
        for (int j = first; j < at; j++)
            for (int v = 0; v < span->dims; v++)
                open = fmax(open, fabs(span->null[j + v * span->count]));
        if (!random->covariance->correlated || random->k < 2 || random->k > COVARIANCE_MOST || random->z == NULL
            || open < TOLERANCE_SAME)
            continue;
        ok = split_init(&s, random, r->full->n);
        if (ok && find_types(&s, random) && (s.type_count > 1 || s.dims < random->k) && types_are_apart(&s, random->k)) {
            ok = replace(r, &s, t, first);
            *done = ok;
        }
        split_clear(&s);
    }
    return ok;
}

bool reduction_keep_effects(struct reduction *r, int t, int dims, const int pivot[], const double *rows)
{
    const struct random_design *random = &r->design.random[t];
    size_t k = (size_t)random->k;
    struct shown shown = { .dims = dims };
    struct split s = { .type_count = 1,
                       .dims = dims,
                       .types = &shown,
                       .type = NEW_ARRAY(int32_t, random->level_count + 1),
                       .scale = NEW_ARRAY(double, k) };
    int first = 0;
    bool ok = s.type != NULL && s.scale != NULL;

    for (int before = 0; before < t; before++)
        first += random_parameters(&r->design.random[before]);
    for (size_t a = 0; ok && a < k; a++)
        s.scale[a] = 1;
    memcpy(shown.rows, rows, sizeof *rows * (size_t)dims * k);
    memcpy(shown.pivot, pivot, sizeof *pivot * (size_t)dims);
    ok = ok && replace(r, &s, t, first);
    mem_free(s.type);
    mem_free(s.scale);
    return ok;
}
