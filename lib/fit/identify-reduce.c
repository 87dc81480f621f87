/* identify-reduce.c -- takes out of a design the random effects that add nothing to the covariance of its rows.
 *
 *   1. a term (of a diagonal one: an effect) whose V_j are sums of the others' is left out, where any covariance that it may add
 *      can be had from the others: the coefficients are positive semidefinite;
 *   2. a term whose levels each show a part of its effects only, in parts that have no effect in common, becomes a term for each
 *      part: (1 + category | word) with one category a word is a variance for each category;
 *   3. what then still is open is left as it is: the optimum is a ridge, and its sums are read off.
 *
 * L follows: each parameter that is left is a sum of the stated ones. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/identify-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

static const double ROUND = 1e-7, SAME = 1e-6;
enum { ROUNDS = 32, MOST_EFFECTS = 64 };

/* Place of the entry (a, b), a >= b, of a term among its own parameters. */
static int entry(const struct random_design *random, int a, int b)
{
    return covariance_entry(random->covariance, random->k, a, b);
}

static double whole(double x)
{
    return fabs(x - round(x)) < ROUND ? round(x) : x;
}

static void piece_clear(struct piece *piece)
{
    for (int a = 0; piece->names != NULL && a < piece->k; a++)
        mem_free(piece->names[a]);
    mem_free(piece->names);
    mem_free(piece->W);
    mem_free(piece->z);
}

void reduction_free(struct reduction *r)
{
    if (r == NULL)
        return;
    for (int t = 0; r->pieces != NULL && t < r->design.random_count; t++)
        piece_clear(&r->pieces[t]);
    mem_free(r->pieces);
    mem_free(r->design.random);
    mem_free(r->L);
    mem_free(r->size);
    mem_free(r->flat);
    mem_free(r->in_fixed);
    mem_free(r);
}

/* The effects in the words of the stated ones: "(Intercept) + categoryb". */
static bool piece_names(struct piece *piece, const struct random_design *origin)
{
    bool ok = (piece->names = NEW_ARRAY(char *, piece->k + 1)) != NULL;

    for (int a = 0; ok && a < piece->k; a++) {
        struct text name = { 0 };

        for (int c = 0; c < origin->k; c++)
            if (piece->W[a * origin->k + c] != 0.0)
                text_addf(&name, "%s%s", name.length > 0 ? " + " : "", origin->names[c]);
        piece->names[a] = text_take(&name);
        ok = piece->names[a] != NULL;
    }
    return ok;
}

/* The full design as its own reduction. */
static struct reduction *reduction_new(const struct design *design, const struct identify_view *view)
{
    struct reduction *r = NEW(struct reduction);
    bool ok = r != NULL;

    if (!ok)
        return NULL;
    r->full = design;
    r->residual = view->residual;
    r->projected = view->reml;
    r->design = *design;
    r->full_count = r->count = parameter_count(design, view->residual);
    r->design.random = NEW_ARRAY(struct random_design, design->random_count + 1);
    r->pieces = NEW_ARRAY(struct piece, design->random_count + 1);
    r->L = NEW_ARRAY(double, r->count * r->count + 1);
    r->in_fixed = NEW_ARRAY(bool, design->random_count + 1);
    ok = r->design.random != NULL && r->pieces != NULL && r->L != NULL && r->in_fixed != NULL;
    for (int t = 0; ok && t < design->random_count; t++) {
        int k = design->random[t].k;

        r->design.random[t] = design->random[t];
        r->pieces[t] = (struct piece){ .origin = t, .k = k, .W = NEW_ARRAY(double, k *k) };
        ok = r->pieces[t].W != NULL;
        for (int a = 0; ok && a < k; a++)
            r->pieces[t].W[a * k + a] = 1.0;
    }
    for (int j = 0; ok && j < r->count; j++)
        r->L[j * r->count + j] = 1.0;
    if (!ok) {
        reduction_free(r);
        return NULL;
    }
    return r;
}

/* --- leaving a term out ----------------------------------------------------------------------------- */

/* What may be left out: a term, or an effect of a diagonal one. */
struct unit {
    int term, effect; /* effect -1: the whole term */
    int first, width; /* parameters */
};

static int units_list(const struct design *design, struct unit out[])
{
    int count = 0, at = 0;

    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        for (int a = 0; !random->covariance->correlated && random->k > 1 && a < random->k; a++)
            out[count++] = (struct unit){ t, a, at + a, 1 };
        if (random->covariance->correlated || random->k == 1)
            out[count++] = (struct unit){ t, -1, at, random_parameters(random) };
        at += random_parameters(random);
    }
    return count;
}

/* X (dims x width) with N_unit X = -1, by the normal equations' eigenvectors; false where the rows of the unit are dependent. */
static bool solve_unit(const struct span *span, const struct unit *unit, double *X)
{
    int q = unit->width, d = span->dims, size = 40 * (q + 1);
    double *G = NEW_ARRAY(double, q *q + q + size), *values = G == NULL ? NULL : G + q * q;
    bool ok = G != NULL && q <= d;

    for (int j = 0; ok && j < q; j++)
        for (int i = 0; i < q; i++)
            for (int v = 0; v < d; v++)
                G[i + j * q] += span->null[unit->first + i + v * span->count] * span->null[unit->first + j + v * span->count];
    ok = ok && symmetric_eigen(q, G, values, values + q, size) && values[0] > 1e-10;
    for (int j = 0; ok && j < q; j++)
        for (int v = 0; v < d; v++) {
            double sum = 0.0; /* -(N' G^-1)_vj */

            for (int e = 0; e < q; e++) {
                double along = 0.0;

                for (int i = 0; i < q; i++)
                    along += span->null[unit->first + i + v * span->count] * G[i + e * q];
                sum -= along * G[j + e * q] / values[e];
            }
            X[v + j * d] = sum;
        }
    mem_free(G);
    return ok;
}

/* Whether a set of coefficients, as matrices of the terms, is positive semidefinite. */
static bool is_covariance(const struct design *design, bool residual, const struct unit *unit, const double *c)
{
    double a[MOST_EFFECTS * MOST_EFFECTS], values[MOST_EFFECTS], work[40 * MOST_EFFECTS], largest = 0.0;
    int at = 0, count = parameter_count(design, residual);

    for (int j = 0; j < count; j++)
        largest = j >= unit->first && j < unit->first + unit->width ? largest : fmax(largest, fabs(c[j]));
    for (int t = 0; t < design->random_count; at += random_parameters(&design->random[t]), t++) {
        const struct random_design *random = &design->random[t];
        int k = random->k;

        if (k > MOST_EFFECTS || (t == unit->term && unit->effect < 0))
            continue;
        if (!random->covariance->correlated) {
            for (int b = 0; b < k; b++)
                if (at + b != unit->first && c[at + b] < -ROUND * largest)
                    return false;
            continue;
        }
        for (int b = 0; b < k; b++)
            for (int i = b; i < k; i++)
                a[i + b * k] = a[b + i * k] = c[at + entry(random, i, b)];
        if (!symmetric_eigen(k, a, values, work, 40 * MOST_EFFECTS) || values[0] < -ROUND * largest)
            return false;
    }
    return !residual || c[count - 1] >= -ROUND * largest;
}

/* Any covariance matrix that the unit may have: those of rank one of its effects, their sums and differences. */
static bool has_cone(const struct reduction *r, const struct unit *unit, const double *rep, double *c)
{
    const struct random_design *random = &r->design.random[unit->term];
    int k = unit->effect >= 0 ? 1 : random->k, count = r->count;

    if (k == 1)
        return is_covariance(&r->design, r->residual, unit, rep);
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++) { /* u = e_a, e_a + e_b (b > a), e_a - e_b (b < a) */
            double sign = b >= a ? 1.0 : -1.0;

            for (int j = 0; j < count; j++) {
                c[j] = rep[entry(random, a, a) * count + j];
                if (a != b)
                    c[j] += rep[entry(random, b, b) * count + j]
                            + 2.0 * sign * rep[(a > b ? entry(random, a, b) : entry(random, b, a)) * count + j];
            }
            if (!is_covariance(&r->design, r->residual, unit, c))
                return false;
        }
    return true;
}

/* The rows of L that stay, with what the unit's add to them. */
static bool fold_parameters(struct reduction *r, const struct unit *unit, const double *rep)
{
    int count = r->count, left = count - unit->width, at = 0;
    double *L = NEW_ARRAY(double, left * r->full_count + 1);

    if (L == NULL)
        return false;
    for (int k = 0; k < count; k++) {
        if (k >= unit->first && k < unit->first + unit->width)
            continue;
        for (int f = 0; f < r->full_count; f++) {
            L[at * r->full_count + f] = r->L[k * r->full_count + f];
            for (int j = 0; j < unit->width; j++)
                L[at * r->full_count + f] += rep[j * count + k] * r->L[(unit->first + j) * r->full_count + f];
        }
        at++;
    }
    mem_free(r->L);
    r->L = L;
    r->count = left;
    return true;
}

/* The columns of a term but one. */
static double *columns_without(const struct random_design *random, size_t n, int effect)
{
    size_t k = (size_t)random->k, at = 0;
    double *z = mem_alloc(n * (k - 1), sizeof *z);

    for (size_t i = 0; z != NULL && i < n; i++)
        for (size_t a = 0; a < k; a++)
            if ((int)a != effect)
                z[at++] = random->z[i * k + a];
    return z;
}

static bool take_out(struct reduction *r, const struct unit *unit)
{
    struct random_design *random = &r->design.random[unit->term];
    struct piece *piece = &r->pieces[unit->term];
    int k = random->k, width = r->full->random[piece->origin].k;
    double *z;

    r->changed = true;
    if (unit->effect < 0) {
        piece_clear(piece);
        for (int t = unit->term; t + 1 < r->design.random_count; t++) {
            r->pieces[t] = r->pieces[t + 1];
            r->design.random[t] = r->design.random[t + 1];
        }
        r->design.random_count--;
        return true;
    }
    if ((z = columns_without(random, r->full->n, unit->effect)) == NULL)
        return false;
    mem_free(piece->z);
    piece->z = random->z = z;
    memmove(piece->W + unit->effect * width, piece->W + (unit->effect + 1) * width,
            sizeof(double) * (size_t)((k - 1 - unit->effect) * width));
    for (int a = 0; piece->names != NULL && a < k; a++)
        mem_free(piece->names[a]);
    mem_free(piece->names);
    piece->k = random->k = k - 1;
    if (!piece_names(piece, &r->full->random[piece->origin]))
        return false;
    random->names = (const char **)(uintptr_t)piece->names;
    return true;
}

/* Tries to leave the unit out; *done where it did.  False when memory is out. */
static bool try_unit(struct reduction *r, const struct span *span, const struct unit *unit, bool *done)
{
    int count = r->count, q = unit->width;
    double *X = NEW_ARRAY(double, span->dims *q + 1), *rep = NEW_ARRAY(double, (q + 1) * count + 1), largest = 0.0;
    bool ok = X != NULL && rep != NULL;

    *done = false;
    if (ok && q <= span->dims && solve_unit(span, unit, X)) {
        for (int j = 0; j < q; j++)
            for (int k = 0; k < count; k++) {
                double sum = 0.0;

                for (int v = 0; v < span->dims; v++)
                    sum += span->null[k + v * span->count] * X[v + j * span->dims];
                sum = fabs(sum) < 1e-9 ? 0.0 : sum; /* in scaled parameters */
                rep[j * count + k] = whole(sum * span->size[k] / span->size[unit->first + j]);
                if (k < unit->first || k >= unit->first + q)
                    largest = fmax(largest, fabs(sum));
            }
        if (has_cone(r, unit, rep, rep + q * count)) {
            if (largest == 0.0)
                r->in_fixed[r->pieces[unit->term].origin] = true;
            ok = fold_parameters(r, unit, rep) && take_out(r, unit);
            *done = ok;
        }
    }
    mem_free(X);
    mem_free(rep);
    return ok;
}

/* The last of the smallest units that can be left out. */
static bool leave_out(struct reduction *r, const struct span *span, bool *done)
{
    struct unit *units = NEW_ARRAY(struct unit, r->count + 1);
    int count, most = 1;
    bool ok = units != NULL;

    *done = false;
    count = ok ? units_list(&r->design, units) : 0;
    for (int u = 0; u < count; u++)
        most = units[u].width > most ? units[u].width : most;
    for (int width = 1; ok && !*done && width <= most; width++)
        for (int u = count - 1; ok && !*done && u >= 0; u--)
            if (units[u].width == width)
                ok = try_unit(r, span, &units[u], done);
    mem_free(units);
    return ok;
}

/* --- effects that no level shows together --------------------------------------------------------------- */

/* The row space of the effects that a level shows, by its reduced echelon form in the scaled columns. */
struct shown {
    int dims;
    int pivot[MOST_EFFECTS];
    double rows[MOST_EFFECTS * MOST_EFFECTS]; /* dims x k, row-major */
};

/* Adds a row to the echelon form. */
static void shown_add(struct shown *s, int k, const double *row)
{
    double v[MOST_EFFECTS], size = 0.0;
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
        if (fabs(v[a]) > ROUND * size)
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
        if (fabs(s->rows[e] - o->rows[e]) > SAME * (1.0 + fabs(o->rows[e])))
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
    double row[MOST_EFFECTS];

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
            double w = whole(shown->rows[e * k + a] * s->scale[a] / s->scale[shown->pivot[e]]);

            w = fabs(shown->rows[e * k + a]) < ROUND ? 0.0 : w;
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
    double V[MOST_EFFECTS * MOST_EFFECTS];

    for (int e = 0; e < shown->dims; e++)
        for (int a = 0; a < k; a++)
            V[e * k + a] =
                fabs(shown->rows[e * k + a]) < ROUND ? 0.0 : whole(shown->rows[e * k + a] * scale[a] / scale[shown->pivot[e]]);
    for (int b = 0; b < shown->dims; b++)
        for (int a = b; a < shown->dims; a++, at++)
            for (int d = 0; d < k; d++)
                for (int c = d; c < k; c++) {
                    double times = V[a * k + c] * V[b * k + d] + (c == d ? 0.0 : V[a * k + d] * V[b * k + c]);

                    for (int f = 0; times != 0.0 && f < r->full_count; f++)
                        out[at * r->full_count + f] += times * r->L[(first + entry(random, c, d)) * r->full_count + f];
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
static bool split_term(struct reduction *r, const struct span *span, bool *done)
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
        if (!random->covariance->correlated || random->k < 2 || random->k > MOST_EFFECTS || random->z == NULL || open < SAME)
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

/* --- the whole ---------------------------------------------------------------------------------------- */

bool reduction_find(const struct design *design, const struct identify_view *view, struct reduction **out, struct glmm_error *err)
{
    struct reduction *r = NULL;
    struct span span = { 0 };
    bool done = true, ok;

    *out = NULL;
    if (design->random_count == 0)
        return true;
    if (!span_find(design, view, &span, err)) {
        span_clear(&span);
        return false;
    }
    if (span.dims == 0) {
        span_clear(&span);
        return true;
    }
    ok = (r = reduction_new(design, view)) != NULL;
    if (ok) {
        r->size = NEW_ARRAY(double, span.count + 1);
        ok = r->size != NULL;
        for (int j = 0; ok && j < span.count; j++)
            r->size[j] = span.size[j];
    }
    for (int round = 0; ok && done && span.dims > 0 && round < ROUNDS; round++) {
        ok = leave_out(r, &span, &done) && (done || split_term(r, &span, &done));
        if (!ok || !done)
            break;
        span_clear(&span);
        span = (struct span){ 0 };
        if (r->design.random_count == 0)
            break;
        ok = span_find(&r->design, view, &span, err);
    }
    if (ok && span.dims > 0) {
        r->flat_count = span.dims;
        r->flat = span.null;
        span.null = NULL;
    }
    if (ok && r->flat_count > 0) { /* to the units of the reduced design's own parameters */
        for (int v = 0; v < r->flat_count; v++)
            for (int j = 0; j < r->count; j++)
                r->flat[j + v * r->count] *= span.size[j];
    }
    span_clear(&span);
    if (!ok) {
        reduction_free(r);
        return fail_memory(err);
    }
    *out = r;
    return true;
}

/* The lower triangle L with L L' = A A', A k x m (in place); columns of non-negative diagonal. */
static bool lower_triangle(int k, int m, double *A, double *lambda)
{
    int size = 64 * MOST_EFFECTS, info = 0, rank = k < m ? k : m;
    double *tau = NEW_ARRAY(double, size + k + m), *work = tau == NULL ? NULL : tau + k + m;

    if (tau == NULL)
        return false;
    dgelqf_(&k, &m, A, &k, tau, work, &size, &info);
    memset(lambda, 0, sizeof *lambda * (size_t)(k * k));
    for (int b = 0; b < rank; b++)
        for (int a = b; a < k; a++)
            lambda[a + b * k] = (A[b + b * k] < 0.0 ? -1.0 : 1.0) * A[a + b * k];
    mem_free(tau);
    return info == 0;
}

/* W^+ (k x m) of the stacked rows W (m x k, row-major): W' (W W')^-1. */
static bool pseudo_inverse(int m, int k, const double *W, double *out)
{
    int size = 40 * (m + 1);
    double *G = NEW_ARRAY(double, m *m + m + size), *values = G == NULL ? NULL : G + m * m;
    bool ok = G != NULL;

    for (int j = 0; ok && j < m; j++)
        for (int i = 0; i < m; i++)
            for (int a = 0; a < k; a++)
                G[i + j * m] += W[i * k + a] * W[j * k + a];
    ok = ok && symmetric_eigen(m, G, values, values + m, size) && values[0] > 0.0;
    for (int j = 0; ok && j < m; j++)
        for (int a = 0; a < k; a++) {
            double sum = 0.0;

            for (int e = 0; e < m; e++) {
                double along = 0.0;

                for (int i = 0; i < m; i++)
                    along += W[i * k + a] * G[i + e * m];
                sum += along * G[j + e * m] / values[e];
            }
            out[a + j * k] = sum;
        }
    mem_free(G);
    return ok;
}

/* Where a term's pieces in the reduced theta begin. */
static int theta_place(const struct reduction *r, int piece)
{
    int at = 0;

    for (int t = 0; t < piece; t++)
        at += random_parameters(&r->design.random[t]);
    return at;
}

/* The template of a full term: lambda lambda' = W^+ diag(of the pieces) W^+'. */
static bool expand_term(const struct reduction *r, int t, const double theta[], double *lambda)
{
    int k = r->full->random[t].k, m = 0, at = 0;
    double *W = NEW_ARRAY(double, 3 * (2 * k * k + 1)), *inverse = W == NULL ? NULL : W + 2 * k * k,
           *A = inverse == NULL ? NULL : inverse + 2 * k * k;
    bool ok = W != NULL;

    memset(lambda, 0, sizeof *lambda * (size_t)(k * k));
    for (int s = 0; ok && s < r->design.random_count; s++)
        if (r->pieces[s].origin == t) {
            memcpy(W + m * k, r->pieces[s].W, sizeof *W * (size_t)(r->pieces[s].k * k));
            m += r->pieces[s].k;
        }
    if (!ok || m == 0) {
        mem_free(W);
        return ok;
    }
    ok = pseudo_inverse(m, k, W, inverse);
    for (int s = 0; ok && s < r->design.random_count; s++) {
        const struct random_design *random = &r->design.random[s];
        int first = theta_place(r, s);

        if (r->pieces[s].origin != t)
            continue;
        for (int b = 0; b < random->k; b++)
            for (int c = b; c < random->covariance->end(random->k, b); c++)
                for (int a = 0; a < k; a++)
                    A[a + (at + b) * k] += inverse[a + (at + c) * k] * theta[first + entry(random, c, b)];
        at += random->k;
    }
    if (ok && !r->full->random[t].covariance->correlated)
        for (int a = 0; a < k; a++) {
            for (int j = 0; j < m; j++)
                lambda[a + a * k] += A[a + j * k] * A[a + j * k];
            lambda[a + a * k] = sqrt(lambda[a + a * k]);
        }
    else
        ok = ok && lower_triangle(k, m, A, lambda);
    mem_free(W);
    return ok;
}

bool reduction_expand(const struct reduction *r, const double theta[], double full[])
{
    int at = 0;

    for (int t = 0; t < r->full->random_count; t++) {
        const struct random_design *random = &r->full->random[t];
        int k = random->k, piece = -1, pieces = 0;
        double *lambda;
        bool ok;

        for (int s = 0; s < r->design.random_count; s++)
            if (r->pieces[s].origin == t) {
                piece = s;
                pieces++;
            }
        if (pieces == 1 && r->design.random[piece].k == k) { /* as it was stated */
            memcpy(full + at, theta + theta_place(r, piece), sizeof *full * (size_t)random_parameters(random));
            at += random_parameters(random);
            continue;
        }
        if ((lambda = NEW_ARRAY(double, k *k)) == NULL)
            return false;
        ok = expand_term(r, t, theta, lambda);
        for (int b = 0; ok && b < k; b++)
            for (int a = b; a < random->covariance->end(k, b); a++)
                full[at++] = lambda[a + b * k];
        mem_free(lambda);
        if (!ok)
            return false;
    }
    return true;
}
