/* estimable.c -- see estimable.h.
 *
 * In the direction of the dropped column d a function l leaves
 *
 *   v_d - sum over e of value_e v_e,    v_j = scale_j l_j - centre_j l_0,
 *
 * which is 0 for every row of the data to the tolerance by which d was dropped. */
#include "model/estimable.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "base/text.h"

/* Relative to what was subtracted, and to the column's standard deviation: a column was dropped where no more than 1e-7 of its
 * length was left, so this must not be smaller.  Rounding: of centres far from 0. */
static const double TOLERANCE = 1e-6, ROUNDING = 1e-12;

struct null_space *null_space_new(struct arena *arena, struct collinear_basis *basis, const bool dropped[])
{
    struct null_space *null = arena_alloc(arena, 1, sizeof *null);
    int kept = 0;

    if (null == NULL)
        return NULL;
    null->dropped = arena_alloc(arena, (size_t)basis->p + 1, sizeof *null->dropped);
    null->place = arena_alloc(arena, (size_t)basis->p + 1, sizeof *null->place);
    if (null->dropped == NULL || null->place == NULL)
        return NULL;
    for (int j = 0; j < basis->p; j++)
        if (dropped[j]) {
            null->place[j] = -1 - null->count;
            null->dropped[null->count++] = j;
        } else {
            null->place[j] = kept++;
        }
    null->basis = *basis;
    *basis = (struct collinear_basis){ .p = 0 };
    return null;
}

void null_space_take_intercept(struct null_space *null)
{
    null->no_intercept = true;
    for (int j = 0; j < null->basis.p; j++)
        null->place[j] -= null->place[j] >= 0;
}

void null_space_clear(struct null_space *null)
{
    if (null != NULL)
        collinear_basis_clear(&null->basis);
}

/* --- rows --------------------------------------------------------------------------------------- */

static double value_at(const struct null_space *null, const struct stated_rows *rows, size_t i, int j)
{
    int place = null->place[j];

    if (j == 0 && null->no_intercept)
        return !rows->coefficients;
    return place >= 0 ? rows->X[(size_t)place * rows->n + i] : rows->dropped[(size_t)(-1 - place) * rows->n + i];
}

/* What row i leaves in direction d, and what counts as nothing there. */
static double leave(const struct null_space *null, const struct stated_rows *rows, size_t i, int d, double *limit)
{
    const struct collinear_basis *b = &null->basis;
    int column = null->dropped[d], first = b->start[column];
    double one = b->intercept ? value_at(null, rows, i, 0) : 0, x = value_at(null, rows, i, column) * b->scale[column];
    double left = x - b->centre[column] * one, size = fabs(left), far = fabs(b->centre[column] * one) + fabs(x);

    for (int e = first; e < first + b->count[column]; e++) {
        int j = b->index[e];
        double term, centre = b->centre[j] * one;

        x = value_at(null, rows, i, j) * b->scale[j];
        term = b->value[e] * (x - centre);
        left -= term;
        size += fabs(term);
        far += fabs(b->value[e]) * (fabs(x) + fabs(centre));
    }
    *limit = TOLERANCE * (size + b->unit[column]) + ROUNDING * far;
    return left;
}

bool estimable_beside(const struct null_space *null, const struct stated_rows *rows, size_t i, int d)
{
    double limit, left = leave(null, rows, i, d, &limit);

    return fabs(left) <= limit;
}

bool estimable_row(const struct null_space *null, const struct stated_rows *rows, size_t i)
{
    for (int d = 0; d < null->count; d++)
        if (!estimable_beside(null, rows, i, d))
            return false;
    return true;
}

bool estimable_coefficients(const struct null_space *null, int p, bool estimable[])
{
    double *row = NEW_ARRAY(double, p + null->count + 1);
    struct stated_rows rows = { 1, row, row + p, true };

    for (int j = 0; row != NULL && j < p; j++) {
        row[j] = 1;
        estimable[j] = estimable_row(null, &rows, 0);
        row[j] = 0;
    }
    mem_free(row);
    return row != NULL;
}

/* --- sums --------------------------------------------------------------------------------------- */

bool estimable_sum_init(struct estimable_sum *sum, const struct null_space *null)
{
    *sum = (struct estimable_sum){ NEW_ARRAY(double, null->count + 1), NEW_ARRAY(double, null->count + 1), true };
    return sum->deviation != NULL && sum->limit != NULL;
}

void estimable_sum_clear(struct estimable_sum *sum)
{
    mem_free(sum->deviation);
    mem_free(sum->limit);
    *sum = (struct estimable_sum){ NULL, NULL, false };
}

void estimable_sum_add(struct estimable_sum *sum, const struct null_space *null, const struct stated_rows *rows, size_t i,
                       double weight)
{
    double left, limit;

    for (int d = 0; d < null->count; d++) {
        left = leave(null, rows, i, d, &limit);
        sum->deviation[d] += weight * left;
        sum->limit[d] += fabs(weight) * limit;
        sum->each = sum->each && fabs(left) <= limit;
    }
}

bool estimable_sum_is(const struct estimable_sum *sum, const struct null_space *null)
{
    for (int d = 0; d < null->count; d++)
        if (!(fabs(sum->deviation[d]) <= sum->limit[d]))
            return false;
    return true;
}

bool estimable_difference_is(const struct estimable_sum *a, const struct estimable_sum *b, const struct null_space *null)
{
    for (int d = 0; d < null->count; d++)
        if (!(fabs(b->deviation[d] - a->deviation[d]) <= a->limit[d] + b->limit[d]))
            return false;
    return true;
}

/* --- the empty cells ------------------------------------------------------------------------------ */

/* The j-th factor of the term is coded, and stands in it for the first time. */
static bool counts(const struct variables *vs, const struct matrix_term *term, int j)
{
    if (!variable_is_coded(vs->items[term->variables[j]]))
        return false;
    for (int k = 0; k < j; k++)
        if (term->variables[k] == term->variables[j])
            return false;
    return true;
}

static bool has_cells(const struct variables *vs, const struct matrix_term *term)
{
    double product = 1;
    int factors = 0;

    for (int j = 0; j < term->term->order; j++)
        if (counts(vs, term, j)) {
            product *= vs->items[term->variables[j]]->level_count;
            factors++;
        }
    return factors > 1 && product < 0x1p62;
}

static int64_t cell_of(const struct variables *vs, const struct matrix_term *term, size_t i)
{
    int64_t key = 0;

    for (int j = 0; j < term->term->order; j++)
        if (counts(vs, term, j))
            key = key * vs->items[term->variables[j]]->level_count + vs->items[term->variables[j]]->code[i];
    return key;
}

static bool note_term(struct cells *cells, const struct variables *vs, const struct matrix_term *term)
{
    int64_t *key = mem_alloc(vs->n + 1, sizeof *key);
    size_t count = 0;

    if (key == NULL)
        return false;
    for (size_t i = 0; i < vs->n; i++)
        key[i] = cell_of(vs, term, i);
    qsort(key, vs->n, sizeof *key, order_int64);
    for (size_t i = 0; i < vs->n; i++)
        if (i == 0 || key[i] != key[i - 1])
            key[count++] = key[i];
    cells->seen = arena_alloc(vs->arena, count + 1, sizeof *key);
    cells->count = count;
    if (cells->seen != NULL)
        memcpy(cells->seen, key, count * sizeof *key);
    mem_free(key);
    return cells->seen != NULL;
}

bool cells_note(struct null_space *null, const struct variables *vs, const struct model_matrix *m)
{
    null->cells = arena_alloc(vs->arena, (size_t)m->term_count + 1, sizeof *null->cells);
    if (null->cells == NULL)
        return false;
    for (int t = 0; t < m->term_count; t++)
        if (has_cells(vs, &m->terms[t]) && !note_term(&null->cells[t], vs, &m->terms[t]))
            return false;
    return true;
}

const struct matrix_term *cells_missing(const struct null_space *null, const struct variables *vs, const struct model_matrix *m,
                                        size_t i)
{
    for (int t = 0; null->cells != NULL && t < m->term_count; t++) {
        const struct cells *cells = &null->cells[t];
        int64_t key;

        if (cells->seen == NULL)
            continue;
        key = cell_of(vs, &m->terms[t], i);
        if (bsearch(&key, cells->seen, cells->count, sizeof key, order_int64) == NULL)
            return &m->terms[t];
    }
    return NULL;
}

void cells_name(const struct variables *vs, const struct matrix_term *term, size_t i, struct text *text)
{
    bool first = true;

    for (int j = 0; j < term->term->order; j++) {
        const struct variable *v = vs->items[term->variables[j]];
        const char *level;

        if (!counts(vs, term, j))
            continue;
        level = v->levels[v->code[i]];
        text_add(text, first ? "" : " with ");
        if (!isalpha((unsigned char)level[0]) || strcmp(level, "TRUE") == 0 || strcmp(level, "FALSE") == 0)
            text_addf(text, "%s = ", v->name);
        text_add(text, level);
        first = false;
    }
}
