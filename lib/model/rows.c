/* rows.c -- see rows.h.
 *
 * The steps of design_new once more, without the response: variables, rows, columns.  What a variable learnt from the data of the
 * model (levels, polynomials, means) comes from the design's recipe, so that the same code makes the same columns. */
#include "model/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena-text.h"
#include "base/memory.h"
#include "data/name-index.h"
#include "model/estimable.h"
#include "model/modelmatrix.h"
#include "model/relation.h"
#include "model/relatives.h"
#include "model/response.h"

struct random_build {
    struct model_matrix matrix;
    int *group;
};

struct rows_build {
    const struct design *design;
    const struct formula *formula;
    enum rows_part part;
    struct variables *variables; /* of all predictors */
    struct response response;
    struct model_matrix fixed;
    struct random_build *random;
    struct design_rows *rows;
    struct rows_build *others[DESIGN_PARTS]; /* the same of other predictors; NULL: there is none */
    struct glmm_error *err;
};

/* --- variables ------------------------------------------------------------------------------------ */

static bool begin_random(struct rows_build *b)
{
    const struct formula *f = b->formula;
    struct arena *arena = b->rows->arena;

    if (b->part == ROWS_FIXED)
        return true;
    b->random = arena_alloc(arena, (size_t)f->random_count + 1, sizeof *b->random);
    if (b->random == NULL)
        return fail_memory(b->err);
    for (int t = 0; t < f->random_count; t++) {
        const struct random_term *term = &f->random[t];

        if (!model_matrix_begin(b->variables, term->whole, term->whole_count, term->whole_intercept, &b->random[t].matrix))
            return false;
        b->random[t].matrix.within_level = term->level_of != NULL;
        if (b->part != ROWS_LEVELS)
            continue;
        b->random[t].group = arena_alloc(arena, (size_t)term->group_order, sizeof(int));
        if (b->random[t].group == NULL)
            return fail_memory(b->err);
        for (int j = 0; j < term->group_order; j++)
            if ((b->random[t].group[j] = variables_need(b->variables, term->group[j])) < 0)
                return false;
    }
    return true;
}

/* Without any variable (an intercept alone) all rows are used. */
static bool select_rows(struct rows_build *b)
{
    struct variables *vs = b->variables;

    if (!variables_select_rows(vs, -1, -1))
        return false;
    b->rows->n = vs->n;
    b->rows->dropped_rows = vs->frame->rows - vs->n;
    return true;
}

/* --- levels --------------------------------------------------------------------------------------- */

struct named_level {
    const char *name;
    int32_t level;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct named_level *)a)->name, ((const struct named_level *)b)->name);
}

/* "a:A": the texts of the grouping variables in row i of the frame. */
static void name_row(const struct rows_build *b, const struct random_term *term, const int *group, size_t row, struct text *name)
{
    char buffer[40];

    text_truncate(name, 0);
    for (int j = 0; j < term->group_order; j++) {
        text_add(name, j > 0 ? ":" : "");
        text_add(name, column_text(b->variables->items[group[j]]->column, row, buffer));
    }
}

/* The names that a term's matrix has beyond the levels of the rows. */
struct relatives {
    int32_t count;
    const char **names;
    struct name_index index;
};

static bool relatives_fill(struct relatives *r, const struct random_design *random)
{
    int32_t *row;
    bool ok = relatives_of(random, &row, &r->count) && (r->names = NEW_ARRAY(const char *, r->count + 1)) != NULL;

    for (int32_t i = 0; ok && i < r->count; i++)
        r->names[i] = random->relation->ids[row[i]];
    ok = ok && (r->count == 0 || name_index_fill(&r->index, r->names, (size_t)r->count));
    mem_free(row);
    return ok;
}

static void relatives_clear(struct relatives *r)
{
    name_index_clear(&r->index);
    mem_free(r->names);
}

/* A level that the design does not have: a relative of those that it has, or the first that is not known.  False when memory is
 * out. */
static bool take_other(struct rows_build *b, int t, const struct relatives *relatives, const char *name, size_t i)
{
    struct random_rows *rows = &b->rows->random[t];
    int32_t place = relatives->count == 0 ? -1 : name_index_find(&relatives->index, name);

    if (place >= 0) {
        if (rows->relative == NULL) {
            if ((rows->relative = arena_alloc(b->rows->arena, b->rows->n, sizeof *rows->relative)) == NULL)
                return false;
            memset(rows->relative, 0xff, b->rows->n * sizeof *rows->relative);
        }
        rows->relative[i] = b->design->random[t].level_count + place;
        return true;
    }
    if (rows->unknown != NULL)
        return true;
    rows->unknown_row = b->variables->row[i];
    return (rows->unknown = arena_strdup(b->rows->arena, name)) != NULL;
}

static bool fill_levels(struct rows_build *b, int t)
{
    const struct random_design *random = &b->design->random[t];
    const struct random_term *term = &b->formula->random[t];
    struct named_level *sorted = NEW_ARRAY(struct named_level, random->level_count), key = { 0 }, *found;
    int32_t *level = mem_alloc(b->rows->n, sizeof *level);
    struct text name = { 0 };
    struct relatives relatives = { 0 };
    bool ok = sorted != NULL && level != NULL && relatives_fill(&relatives, random);

    b->rows->random[t].level = level;
    for (int j = 0; ok && j < term->group_order; j++)
        if (b->variables->items[b->random[t].group[j]]->column == NULL) {
            mem_free(sorted);
            relatives_clear(&relatives);
            return fail(b->err, GLMM_E_TYPE, NOWHERE, "%s has several columns; it cannot be a grouping factor",
                        term->group_label);
        }
    for (int32_t l = 0; ok && l < random->level_count; l++)
        sorted[l] = (struct named_level){ random->levels[l], l };
    if (ok)
        qsort(sorted, (size_t)random->level_count, sizeof *sorted, compare_names);
    for (size_t i = 0; ok && i < b->rows->n; i++) {
        name_row(b, term, b->random[t].group, b->variables->row[i], &name);
        key.name = text_string(&name);
        found = bsearch(&key, sorted, (size_t)random->level_count, sizeof *sorted, compare_names);
        level[i] = found == NULL ? -1 : found->level;
        ok = !name.failed && (found != NULL || take_other(b, t, &relatives, key.name, i));
    }
    text_clear(&name);
    relatives_clear(&relatives);
    mem_free(sorted);
    return ok || fail_memory(b->err);
}

/* --- columns -------------------------------------------------------------------------------------- */

static bool fill_effects(struct rows_build *b, int t)
{
    struct model_matrix *m = &b->random[t].matrix;
    int k = b->design->random[t].k;
    double *z;

    if (!model_matrix_code(b->variables, b->design->recipe->contrasts, m))
        return false;
    if (b->formula->random[t].part != RANDOM_ALL)
        model_matrix_only(m, b->formula->random[t].part);
    if (m->intercept && m->columns == 1)
        return true;
    b->rows->random[t].z = z = mem_alloc(b->rows->n, (size_t)k * sizeof *z);
    if (z == NULL)
        return fail_memory(b->err);
    for (int j = 0; j < k; j++)
        model_matrix_column(b->variables, m, j, z + j, (size_t)k);
    return true;
}

static bool fill_random(struct rows_build *b)
{
    int count = b->design->random_count;

    if (b->part == ROWS_FIXED)
        return true;
    b->rows->random = arena_alloc(b->rows->arena, (size_t)count + 1, sizeof *b->rows->random);
    if (b->rows->random == NULL)
        return fail_memory(b->err);
    b->rows->random_count = count;
    for (int t = 0; t < count; t++)
        if (!fill_effects(b, t) || (b->part == ROWS_LEVELS && !fill_levels(b, t))
            || !variables_poll(b->variables, "random effects", t, count))
            return false;
    return true;
}

/* Products of large numbers may overflow where no variable did. */
static bool check_finite(const struct rows_build *b, const double *x, const char *name)
{
    for (size_t i = 0; i < b->rows->n; i++)
        if (!isfinite(x[i]))
            return fail(b->err, GLMM_E_DATA, NOWHERE, "%s is infinite in row %zu", name, b->variables->row[i] + 1);
    return true;
}

/* Column `column` as stated. */
static bool fill_column(struct rows_build *b, int column, const char *name, double *x)
{
    model_matrix_column(b->variables, &b->fixed, column, x, 1);
    return check_finite(b, x, name) && variables_poll(b->variables, "fixed effects", column, b->fixed.columns);
}

static bool fill_fixed(struct rows_build *b)
{
    const struct design *design = b->design;
    size_t n = b->rows->n;

    if (!model_matrix_code(b->variables, design->recipe->contrasts, &b->fixed))
        return false;
    b->rows->X = mem_alloc(n, (size_t)design->p * sizeof(double));
    if (b->rows->X == NULL)
        return fail_memory(b->err);
    for (int j = 0; j < design->p; j++)
        if (!fill_column(b, design->recipe->column[j], design->names[j], b->rows->X + (size_t)j * n))
            return false;
    if (design->null == NULL)
        return true;
    b->rows->dropped = mem_alloc(n, (size_t)design->null->count * sizeof(double));
    if (b->rows->dropped == NULL)
        return fail_memory(b->err);
    for (int d = 0; d < design->null->count; d++)
        if (!fill_column(b, design->null->dropped[d], design->dropped[d], b->rows->dropped + (size_t)d * n))
            return false;
    return true;
}

/* --- what the data determine ---------------------------------------------------------------------- */

enum { CELLS_NAMED = 3 };

/* The empty cells of rows that are not estimable: each once, the first few by name. */
struct empty_cells {
    struct text name[CELLS_NAMED], last;
    int count;
    bool more, other; /* more cells; rows that no empty cell explains */
    bool *blamed;     /* of each dropped column: it is not what the others make of it in the data */
};

static void blame_columns(struct empty_cells *empty, const struct null_space *null, const struct stated_rows *rows, size_t i)
{
    for (int d = 0; d < null->count; d++)
        empty->blamed[d] = empty->blamed[d] || !estimable_beside(null, rows, i, d);
}

static void add_cell(struct empty_cells *empty, const struct rows_build *b, size_t i)
{
    const struct matrix_term *term = cells_missing(b->design->null, b->variables, &b->fixed, i);

    if (term == NULL) {
        empty->other = true;
        return;
    }
    text_truncate(&empty->last, 0);
    cells_name(b->variables, term, i, &empty->last);
    for (int k = 0; k < empty->count; k++)
        if (strcmp(text_string(&empty->name[k]), text_string(&empty->last)) == 0)
            return;
    if (empty->count < CELLS_NAMED)
        text_add(&empty->name[empty->count++], text_string(&empty->last));
    else
        empty->more = true;
}

/* "no row has a2 with b2, or a3 with b1"; without an empty cell "it depends on x2, which the data do not tell from other terms"
 */
static const char *say_why(const struct rows_build *b, const struct empty_cells *empty)
{
    struct text text = { 0 };
    const struct design *design = b->design;
    const char *first = NULL, *second = NULL;
    int blamed = 0;

    for (int d = 0; d < design->null->count; d++)
        if (empty->blamed[d] && ++blamed <= 2)
            *(blamed == 1 ? &first : &second) = design->dropped[d];
    if (empty->count == 0)
        text_addf(&text, "it depends on %s%s, which the data do not tell from the other terms", first,
                  blamed == 2  ? arena_printf(b->rows->arena, " and %s", second)
                  : blamed > 2 ? arena_printf(b->rows->arena, " and %d others", blamed - 1)
                               : "");
    for (int k = 0; k < empty->count; k++)
        text_addf(&text, k == 0 ? "no row has %s" : ", or %s", text_string(&empty->name[k]));
    text_add(&text, empty->count > 0 && (empty->more || empty->other) ? ", and so on" : "");
    return arena_take(b->rows->arena, &text);
}

static bool judge_rows(struct rows_build *b)
{
    const struct null_space *null = b->design->null;
    struct stated_rows stated = { b->rows->n, b->rows->X, b->rows->dropped, .coefficients = false };
    struct empty_cells empty = { .count = 0 };
    bool any = false, ok;

    if (null == NULL)
        return true;
    empty.blamed = arena_alloc(b->rows->arena, (size_t)null->count + 1, sizeof *empty.blamed);
    if (empty.blamed == NULL || (b->rows->estimable = NEW_ARRAY(bool, b->rows->n + 1)) == NULL)
        return fail_memory(b->err);
    for (size_t i = 0; i < b->rows->n; i++) {
        b->rows->estimable[i] = estimable_row(null, &stated, i);
        any = any || !b->rows->estimable[i];
        if (!b->rows->estimable[i])
            blame_columns(&empty, null, &stated, i);
        if (!b->rows->estimable[i] && !empty.more)
            add_cell(&empty, b, i);
    }
    ok = !any || (b->rows->why_not = say_why(b, &empty)) != NULL;
    for (int k = 0; k < CELLS_NAMED; k++) {
        ok = ok && !empty.name[k].failed;
        text_clear(&empty.name[k]);
    }
    ok = (ok && !empty.last.failed) || fail_memory(b->err);
    text_clear(&empty.last);
    return ok;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static struct design_rows *rows_in_arena(struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct design_rows *rows = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *rows);

    if (rows == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    rows->arena = arena;
    return rows;
}

/* Notes the variables of all predictors. */
static bool begin(struct rows_build *b)
{
    if (!response_begin_offsets(b->variables, b->formula, b->design->recipe->offset, &b->response)
        || !model_matrix_begin(b->variables, b->formula->terms, b->formula->term_count, b->formula->intercept, &b->fixed)
        || !begin_random(b))
        return false;
    for (int k = 0; k < DESIGN_PARTS; k++) {
        const struct design *design = design_predictor(b->design, k);
        struct rows_build *other;

        if (design == NULL)
            continue;
        if ((other = b->others[k] = arena_alloc(b->rows->arena, 1, sizeof *other)) == NULL)
            return fail_memory(b->err);
        *other = (struct rows_build){
            .design = design, .formula = design->formula, .part = b->part, .variables = b->variables, .err = b->err
        };
        if ((other->rows = b->rows->part[k] = rows_in_arena(b->err)) == NULL || !begin(other))
            return false;
    }
    return true;
}

/* Once the rows are selected: the columns. */
static bool fill(struct rows_build *b)
{
    if (!response_offset(b->variables, &b->response, &b->rows->offset) || !fill_random(b) || !fill_fixed(b) || !judge_rows(b))
        return false;
    for (int k = 0; k < DESIGN_PARTS; k++) {
        if (b->others[k] == NULL)
            continue;
        b->rows->part[k]->n = b->rows->n;
        if (!fill(b->others[k]))
            return false;
    }
    return true;
}

static bool build(struct rows_build *b)
{
    struct variables *vs = b->variables;

    if (b->design->recipe == NULL)
        return fail(b->err, GLMM_E_MODEL, NOWHERE, "this model was not made of a formula, so other rows have no meaning to it");
    vs->recipes = b->design->recipe->variables;
    vs->recipe_count = b->design->recipe->variable_count;
    return begin(b) && select_rows(b) && fill(b);
}

struct design_rows *design_rows_new(const struct design *design, const struct formula *formula, const struct frame *frame,
                                    enum rows_part part, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct variables variables = { .frame = frame, .progress = progress, .err = err };
    struct rows_build b = { .design = design, .formula = formula, .part = part, .variables = &variables, .err = err };
    bool ok;

    if ((b.rows = rows_in_arena(err)) == NULL)
        return NULL;
    variables.arena = b.rows->arena;
    ok = build(&b);
    b.rows->row = variables.row;
    variables.row = NULL;
    variables_clear(&variables);
    if (!ok) {
        design_rows_free(b.rows);
        return NULL;
    }
    return b.rows;
}

void design_rows_free(struct design_rows *rows)
{
    if (rows == NULL)
        return;
    for (int k = 0; k < DESIGN_PARTS; k++)
        design_rows_free(rows->part[k]);
    mem_free(rows->row);
    mem_free(rows->X);
    mem_free(rows->dropped);
    mem_free(rows->estimable);
    mem_free(rows->offset);
    for (int t = 0; t < rows->random_count; t++) {
        mem_free(rows->random[t].z);
        mem_free(rows->random[t].level);
    }
    arena_free(rows->arena);
}
