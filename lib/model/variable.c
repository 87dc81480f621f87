/* variable.c -- see variable.h.  A plain column without missing values is used in place; all else is copied row by row. */
#include "model/variable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/basis.h"

void variables_clear(struct variables *vs)
{
    for (int i = 0; i < vs->count; i++) {
        column_free(vs->items[i]->owned);
        mem_free(vs->items[i]->basis);
        mem_free(vs->items[i]->values_owned);
        mem_free(vs->items[i]->code);
        if (vs->items[i]->recipe == NULL)
            expr_memory_clear(&vs->items[i]->memory);
    }
    mem_free(vs->row);
    mem_free(vs->outside);
    vs->count = 0;
    vs->row = NULL;
    vs->outside = NULL;
}

bool variables_poll(const struct variables *vs, const char *what, double done, double total)
{
    return progress_tell(vs->progress, what, done, total, (double)NAN) || fail(vs->err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
}

/* --- evaluation ------------------------------------------------------------------------------- */

/* The first number that x is made of. */
static const struct column *number_in(const struct variables *vs, const struct expr *x)
{
    const struct column *found = x->kind == EXPR_NAME ? frame_find(vs->frame, x->text) : NULL;

    if (found != NULL)
        return column_is_number(found) ? found : NULL;
    if (x->left != NULL)
        found = number_in(vs, x->left);
    if (found == NULL && x->right != NULL)
        found = number_in(vs, x->right);
    for (const struct expr *a = x->arguments; found == NULL && a != NULL; a = a->next)
        found = number_in(vs, a);
    return found;
}

/* log(x) of a row is none: with what x.  Rows of a grid have no place in data, their values say which they are. */
static bool fail_value(const struct variables *vs, const struct variable *v, const char *what, size_t row)
{
    const struct column *number = number_in(vs, v->expr);
    char text[40];

    if (number == NULL || number == v->column)
        fail(vs->err, GLMM_E_DATA, v->expr->at, "%s is %s in row %zu", v->name, what, row + 1);
    else
        fail(vs->err, GLMM_E_DATA, v->expr->at, "%s is %s in row %zu, where %s is %s", v->name, what, row + 1, number->name,
             number_as_r(column_real(number, row), text));
    error_hint(vs->err, vs->recipes != NULL ? "the model has no mean there: leave such values out"
                                            : "leave such rows out of the data, or change the expression");
    return false;
}

/* A row that is not a number although nothing in it is missing (log(-1), 0/0) is an error, not a missing value. */
static bool check_numbers(const struct variables *vs, const struct variable *v)
{
    if (v->column->type != COLUMN_REAL || v->column->missing == 0)
        return true;
    for (size_t i = 0; i < vs->frame->rows; i++)
        if (isnan(v->column->as.real[i]) && !(vs->outside != NULL && vs->outside[i])
            && !expr_row_missing(v->expr, vs->frame, i)) {
            return fail_value(vs, v, "not a number", i);
        }
    return true;
}

static bool evaluate(struct variables *vs, struct variable *v)
{
    const struct expr *expr = v->expr;

    v->columns = 1;
    if (expr->kind == EXPR_NAME && frame_find(vs->frame, expr->text) != NULL) {
        v->column = frame_find(vs->frame, expr->text);
        return true;
    }
    if (basis_is_call(expr))
        return basis_evaluate(vs, v);
    v->owned = expr_column_remember(expr, vs->frame, &v->memory, vs->err);
    v->column = v->owned;
    return v->column != NULL && check_numbers(vs, v);
}

int variables_need(struct variables *vs, const struct expr *expr)
{
    struct variable **wider, *v;

    while (expr->kind == EXPR_PAREN)
        expr = expr->left;
    for (int i = 0; i < vs->count; i++)
        if (expr_equal(vs->items[i]->expr, expr))
            return i;
    if (vs->count == vs->capacity) {
        wider = arena_alloc(vs->arena, (size_t)vs->capacity * 2 + 8, sizeof *wider);
        if (wider == NULL) {
            fail_memory(vs->err);
            return -1;
        }
        if (vs->count > 0)
            memcpy(wider, vs->items, (size_t)vs->count * sizeof *wider);
        vs->items = wider;
        vs->capacity = vs->capacity * 2 + 8;
    }
    v = arena_alloc(vs->arena, 1, sizeof *v);
    if (v == NULL || (v->name = expr_deparse(vs->arena, expr)) == NULL) {
        fail_memory(vs->err);
        return -1;
    }
    v->expr = expr;
    for (int i = 0; i < vs->recipe_count && v->recipe == NULL; i++)
        if (vs->recipes[i].made == (expr->shown != NULL) && strcmp(vs->recipes[i].name, v->name) == 0) {
            v->recipe = &vs->recipes[i];
            v->memory = v->recipe->memory;
        }
    vs->items[vs->count++] = v;
    return evaluate(vs, v) && variables_poll(vs, "reading variables", vs->count, 0.0) ? vs->count - 1 : -1;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Marks the rows in which a variable is missing, and returns their number. */
static size_t mark_missing(const struct variable *v, size_t rows, unsigned char *missing)
{
    const struct column *c = v->column;
    size_t count = 0;
    unsigned char is;

#define MARK(condition)                                                                                                          \
    for (size_t i = 0; i < rows; i++) {                                                                                          \
        is = (unsigned char)(condition);                                                                                         \
        missing[i] = (unsigned char)(missing[i] | is);                                                                           \
        count += is;                                                                                                             \
    }
    if (c == NULL) {
        MARK(isnan(v->basis[i]))
    } else if (c->type == COLUMN_REAL) {
        MARK(isnan(c->as.real[i]))
    } else if (c->type == COLUMN_INTEGER || c->type == COLUMN_DATE) {
        MARK(c->as.integer[i] == COLUMN_NA)
    } else if (c->type == COLUMN_FACTOR) {
        MARK(c->as.code[i] < 0)
    } else {
        MARK(c->as.logical[i] < 0)
    }
#undef MARK
    return count;
}

/* Marks the rows in which two counts (or one) are 0: there is nothing to be learnt from no trials.  Counts those that were not
 * marked before in vs->empty_rows. */
static size_t mark_empty(struct variables *vs, int a, int b, unsigned char *missing)
{
    const struct column *first = vs->items[a]->column, *second = b < 0 ? NULL : vs->items[b]->column;
    size_t count = 0;
    unsigned char is;

    for (size_t i = 0; first != NULL && i < vs->frame->rows; i++) {
        is = column_real(first, i) == 0.0 && (second == NULL || column_real(second, i) == 0.0) ? 1 : 0;
        vs->empty_rows += is > missing[i];
        missing[i] = (unsigned char)(missing[i] | is);
        count += is;
    }
    return count;
}

bool variables_select_rows(struct variables *vs, int a, int b)
{
    size_t rows = vs->frame->rows, most = 0, missing_here;
    unsigned char *missing = mem_zalloc(rows, 1);
    const struct variable *worst = NULL;
    bool ok;

    vs->row = mem_alloc(rows, sizeof *vs->row);
    ok = (missing != NULL && vs->row != NULL) || fail_memory(vs->err);
    if (ok && vs->outside != NULL)
        memcpy(missing, vs->outside, rows);
    for (int j = 0; ok && j < vs->count; j++) {
        missing_here = mark_missing(vs->items[j], rows, missing);
        if (missing_here > most) {
            most = missing_here;
            worst = vs->items[j];
        }
        ok = variables_poll(vs, "reading variables", j, vs->count);
    }
    if (ok && a >= 0 && mark_empty(vs, a, b, missing) == rows && rows > 0) {
        fail(vs->err, GLMM_E_DATA, vs->items[a]->expr->at, "there are no trials in any row");
        ok = error_argument(vs->err, vs->items[a]->argument);
    }
    vs->n = 0;
    for (size_t i = 0; ok && i < rows; i++)
        if (!missing[i])
            vs->row[vs->n++] = i;
    vs->used = vs->n;
    vs->all_rows = vs->n == rows;
    mem_free(missing);
    if (ok && rows == 0)
        return fail(vs->err, GLMM_E_DATA, NOWHERE, "%s has no rows", vs->frame->name);
    if (ok && vs->n == 0) {
        fail(vs->err, GLMM_E_DATA, worst == NULL ? NOWHERE : worst->expr->at,
             "no rows are left: each has a missing value in a variable of the model");
        if (worst != NULL)
            error_hint(vs->err, "%s is missing in %zu of %zu rows", worst->name, most, rows);
        return error_argument(vs->err, worst == NULL ? NULL : worst->argument);
    }
    return ok;
}

/* --- views ------------------------------------------------------------------------------------ */

bool variable_is_coded(const struct variable *v)
{
    if (v->recipe != NULL)
        return v->recipe->coded;
    return v->column != NULL && (v->column->type == COLUMN_FACTOR || v->column->type == COLUMN_LOGICAL);
}

static void gather(const struct variables *vs, const struct variable *v, double *out)
{
    const struct column *c = v->column;
    size_t rows = vs->frame->rows;

    if (c == NULL)
        for (int j = 0; j < v->columns; j++)
            for (size_t i = 0; i < vs->n; i++)
                out[(size_t)j * vs->n + i] = v->basis[(size_t)j * rows + vs->row[i]];
    else if (c->type == COLUMN_REAL)
        for (size_t i = 0; i < vs->n; i++)
            out[i] = c->as.real[vs->row[i]];
    else if (c->type == COLUMN_INTEGER || c->type == COLUMN_DATE)
        for (size_t i = 0; i < vs->n; i++)
            out[i] = c->as.integer[vs->row[i]];
    else
        for (size_t i = 0; i < vs->n; i++)
            out[i] = c->as.logical[vs->row[i]];
}

static bool check_finite(const struct variables *vs, const struct variable *v)
{
    double x = 0.0;
    size_t i, count = vs->n * (size_t)v->columns;

    for (i = 0; i < count; i++) /* 0 * x is NaN for an infinite x: one sum finds any */
        x += 0.0 * v->values[i];
    for (i = 0; isnan(x) && i < count; i++)
        if (!isfinite(v->values[i])) {
            fail_value(vs, v, v->values[i] > 0.0 ? "infinite" : "minus infinity", vs->row[i % vs->n]);
            return error_argument(vs->err, v->argument);
        }
    return true;
}

const double *variable_values(struct variables *vs, struct variable *v)
{
    if (v->values != NULL)
        return v->values;
    if (v->column != NULL && v->column->type == COLUMN_FACTOR) {
        fail(vs->err, GLMM_E_TYPE, v->expr->at, "%s is text; numbers are needed here", v->name);
        error_argument(vs->err, v->argument);
        return NULL;
    }
    if (v->column != NULL && v->column->type == COLUMN_REAL && vs->all_rows) {
        v->values = v->column->as.real;
    } else {
        v->values_owned = mem_alloc(vs->n, (size_t)v->columns * sizeof *v->values_owned);
        if (v->values_owned == NULL) {
            fail_memory(vs->err);
            return NULL;
        }
        gather(vs, v, v->values_owned);
        v->values = v->values_owned;
    }
    return check_finite(vs, v) ? v->values : NULL;
}

/* Codes and levels over all rows of the frame, by whatever type the column has. */
static bool code_all(const struct variables *vs, const struct variable *v, int32_t **codes, char ***levels, int32_t *count)
{
    const struct column *c = v->column;

    if (c->type == COLUMN_LOGICAL) {
        static const char *const truth[] = { "FALSE", "TRUE" };

        *codes = mem_alloc(vs->frame->rows, sizeof **codes);
        *levels = NEW_ARRAY(char *, 2);
        if (*codes == NULL || *levels == NULL)
            return fail_memory(vs->err);
        for (size_t i = 0; i < vs->frame->rows; i++)
            (*codes)[i] = c->as.logical[i] < 0 ? -1 : c->as.logical[i] != 0;
        for (*count = 0; *count < 2; ++*count)
            if (((*levels)[*count] = mem_strdup(truth[*count])) == NULL)
                return fail_memory(vs->err);
        return true;
    }
    return column_as_factor(c, vs->frame->rows, codes, levels, count, vs->err);
}

/* Keeps the levels that occur in the rows that are used (a logical: both), in their order, and recodes. */
static bool keep_used(struct variables *vs, struct variable *v, const int32_t *all, char *const *names, int32_t count)
{
    int32_t *new_of_old = NEW_ARRAY(int32_t, count);
    bool logical = v->column->type == COLUMN_LOGICAL, ok;

    v->code = mem_alloc(vs->n, sizeof *v->code);
    ok = new_of_old != NULL && v->code != NULL;
    for (size_t i = 0; ok && i < vs->n; i++)
        new_of_old[all[vs->row[i]]] = 1;
    for (int32_t k = 0; ok && k < count; k++)
        new_of_old[k] = new_of_old[k] != 0 || logical ? v->level_count++ : -1;
    ok = ok && (v->levels = arena_alloc(vs->arena, (size_t)v->level_count, sizeof *v->levels)) != NULL;
    for (int32_t k = 0; ok && k < count; k++)
        if (new_of_old[k] >= 0)
            ok = (v->levels[new_of_old[k]] = arena_strdup(vs->arena, names[k])) != NULL;
    for (size_t i = 0; ok && i < vs->n; i++)
        v->code[i] = new_of_old[all[vs->row[i]]];
    if (ok && v->column->type == COLUMN_FACTOR && v->column->reference > 0 && v->column->reference < count
        && new_of_old[v->column->reference] >= 0)
        v->reference = new_of_old[v->column->reference];
    mem_free(new_of_old);
    return ok || fail_memory(vs->err);
}

bool levels_are_alphabetical(const char *const *levels, int32_t count)
{
    bool text = false, sorted = true;

    for (int32_t l = 0; l < count; l++) {
        const char *end;

        strtod(levels[l], (char **)&end);
        text = text || *end != '\0';
        sorted = sorted && (l == 0 || strcmp(levels[l - 1], levels[l]) < 0);
    }
    return text && sorted;
}

struct variable_recipe *variables_recipes(struct variables *vs)
{
    struct variable_recipe *recipes = arena_alloc(vs->arena, (size_t)vs->count + 1, sizeof *recipes);

    for (int i = 0; recipes != NULL && i < vs->count; i++) {
        const struct variable *v = vs->items[i];
        double *values = v->memory.count == 0 ? NULL : arena_alloc(vs->arena, v->memory.count, sizeof *values);

        recipes[i] = (struct variable_recipe){ .name = v->name,
                                               .made = v->expr->shown != NULL,
                                               .coded = variable_is_coded(v),
                                               .levels = v->levels,
                                               .level_count = v->level_count,
                                               .reference = v->reference,
                                               .contrasted = v->contrasted,
                                               .by = v->by,
                                               .described = v->described };
        if (recipes[i].coded)
            recipes[i].contrast = v->column->contrast;
        recipes[i].memory = (struct expr_memory){ .values = values, .count = v->memory.count, .replay = true };
        if (values != NULL)
            memcpy(values, v->memory.values, v->memory.count * sizeof *values);
        else if (v->memory.count > 0)
            recipes = NULL;
    }
    if (recipes == NULL)
        fail_memory(vs->err);
    return recipes;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Other rows, coded by the levels that the variable had in the data of the model. */
static bool code_by_recipe(struct variables *vs, struct variable *v)
{
    int32_t count = v->recipe->level_count, *place = NEW_ARRAY(int32_t, count);
    const char **sorted = NEW_ARRAY(const char *, count), **found, *name;
    bool ok;
    char buffer[40];

    v->code = mem_alloc(vs->n, sizeof *v->code);
    ok = (place != NULL && sorted != NULL && v->code != NULL) || fail_memory(vs->err);
    if (ok) {
        memcpy(sorted, v->recipe->levels, (size_t)count * sizeof *sorted);
        qsort(sorted, (size_t)count, sizeof *sorted, compare_texts);
    }
    for (int32_t l = 0; ok && l < count; l++) {
        found = bsearch(&v->recipe->levels[l], sorted, (size_t)count, sizeof *sorted, compare_texts);
        place[found - sorted] = l;
    }
    for (size_t i = 0; ok && i < vs->n; i++) {
        if (i > 0 && v->column->type == COLUMN_FACTOR && v->column->as.code[vs->row[i]] == v->column->as.code[vs->row[i - 1]]) {
            v->code[i] = v->code[i - 1];
            continue;
        }
        name = column_text(v->column, vs->row[i], buffer);
        found = bsearch(&name, sorted, (size_t)count, sizeof *sorted, compare_texts);
        if (found != NULL) {
            v->code[i] = place[found - sorted];
            continue;
        }
        ok = fail(vs->err, GLMM_E_DATA, NOWHERE, "%s is `%.60s` in row %zu, which the data of the model do not have", v->name,
                  name, vs->row[i] + 1);
        error_hint(vs->err, "the model knows its levels `%.60s` to `%.60s` only", v->recipe->levels[0],
                   v->recipe->levels[count - 1]);
    }
    v->levels = v->recipe->levels;
    v->level_count = count;
    v->reference = v->recipe->reference;
    mem_free(sorted);
    mem_free(place);
    return ok;
}

bool variable_code(struct variables *vs, struct variable *v)
{
    int32_t *all = NULL, count = 0;
    char **names = NULL;
    bool ok;

    if (v->code != NULL)
        return true;
    if (v->column == NULL)
        return fail(vs->err, GLMM_E_TYPE, v->expr->at, "%s has several columns; it cannot be a grouping factor", v->name);
    if (v->recipe != NULL)
        return code_by_recipe(vs, v);
    if (v->column->type == COLUMN_FACTOR)
        return keep_used(vs, v, v->column->as.code, v->column->levels, v->column->level_count);
    ok = code_all(vs, v, &all, &names, &count) && keep_used(vs, v, all, names, count);
    for (int32_t k = 0; names != NULL && k < count; k++)
        mem_free(names[k]);
    mem_free(names);
    mem_free(all);
    return ok;
}
