/* expr-eval.c -- walks the tree and computes whole columns: one loop over the rows for each operator.
 *
 * A node's value overwrites the first operand's column where it can, so that a long sum needs two columns and no more. */
#include "data/expr-eval.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/date.h"
#include "data/expr-other.h"
#include "data/look.h"

/* --- operands --------------------------------------------------------------------------------- */

void operand_clear(struct operand *operand)
{
    mem_free(operand->values);
    column_free(operand->owned);
    memset(operand, 0, sizeof *operand);
}

void column_free(struct column *column)
{
    if (column == NULL)
        return;
    column_clear(column);
    mem_free(column);
}

void operand_set_constant(struct operand *out, enum operand_kind kind, double value)
{
    out->kind = kind;
    out->constant = true;
    out->value = value;
}

bool operand_set_column(const struct evaluation *e, struct operand *out, enum operand_kind kind)
{
    out->kind = kind;
    out->constant = false;
    out->values = mem_alloc(e->frame->rows, sizeof *out->values);
    return out->values != NULL || fail_memory(e->err);
}

void operand_set_factor(struct operand *out, struct column *factor)
{
    out->kind = OPERAND_FACTOR;
    out->owned = factor;
    out->factor = factor;
}

struct column *factor_new(const struct evaluation *e, const char *name, int32_t level_count)
{
    struct column *column = NEW(struct column);

    if (column == NULL) {
        fail_memory(e->err);
        return NULL;
    }
    column->type = COLUMN_FACTOR;
    column->name = mem_strdup(name);
    column->as.code = mem_alloc(e->frame->rows, sizeof *column->as.code);
    column->levels = mem_zalloc((size_t)level_count, sizeof *column->levels);
    column->level_count = level_count;
    if (column->name == NULL || column->as.code == NULL || column->levels == NULL) {
        column_free(column);
        fail_memory(e->err);
        return NULL;
    }
    return column;
}

/* --- leaves ----------------------------------------------------------------------------------- */

static enum operand_kind kind_of(enum column_type type)
{
    return type == COLUMN_LOGICAL ? OPERAND_LOGICAL : type == COLUMN_DATE ? OPERAND_DATE : OPERAND_NUMBER;
}

static bool load_column(const struct evaluation *e, const struct column *column, struct operand *out)
{
    size_t rows = e->frame->rows;

    if (column->type == COLUMN_FACTOR) {
        out->kind = OPERAND_FACTOR;
        out->factor = column;
        return true;
    }
    if (!operand_set_column(e, out, kind_of(column->type)))
        return false;
    if (column->type == COLUMN_REAL)
        memcpy(out->values, column->as.real, rows * sizeof *out->values);
    else
        for (size_t i = 0; i < rows; i++)
            out->values[i] = column_real(column, i);
    return true;
}

/* What the name of no variable is elsewhere: a value, or a variable beside a sign that is read as a letter. */
static void hint_value(const char *name, struct glmm_error *err)
{
    const char *value = expr_other_value(name), *sign = expr_other_sign_within(name);

    if (err != NULL && value != NULL)
        err->hint[0] = '\0';
    if (value != NULL || sign != NULL)
        error_hint(err, "%s", value != NULL ? value : sign);
}

/* A variable; where there is none of that name, pi, Inf, NaN, T and F as in R. */
static bool evaluate_name(const struct evaluation *e, const struct expr *x, struct operand *out)
{
    static const struct {
        const char *name;
        enum operand_kind kind;
        double value;
    } constants[] = {
        { "pi", OPERAND_NUMBER, 3.14159265358979323846 },
        { "Inf", OPERAND_NUMBER, (double)INFINITY },
        { "NaN", OPERAND_NUMBER, (double)NAN },
        { "T", OPERAND_LOGICAL, 1.0 },
        { "F", OPERAND_LOGICAL, 0.0 },
    };
    const struct column *column = frame_find(e->frame, x->text);

    for (size_t i = 0; column == NULL && i < sizeof constants / sizeof constants[0]; i++)
        if (strcmp(x->text, constants[i].name) == 0) {
            operand_set_constant(out, constants[i].kind, constants[i].value);
            return true;
        }
    column = frame_need(e->frame, x->text, x->at, e->err);
    if (column == NULL)
        hint_value(x->text, e->err);
    return column != NULL && load_column(e, column, out);
}

/* --- checks ----------------------------------------------------------------------------------- */

/* How an operand is called in a message. */
bool expr_fail_not_number(const struct evaluation *e, const struct expr *x, const char *what)
{
    while (x->kind == EXPR_PAREN)
        x = x->left;
    if (x->kind == EXPR_NAME)
        return fail(e->err, GLMM_E_TYPE, x->at, "%s is text; %s needs numbers", x->text, what);
    return fail(e->err, GLMM_E_TYPE, x->at, "this is text; %s needs numbers", what);
}

bool expr_evaluate_number(const struct evaluation *e, const struct expr *x, const char *what, struct operand *out)
{
    if (!expr_evaluate(e, x, out))
        return false;
    return (out->kind != OPERAND_FACTOR && out->kind != OPERAND_TEXT) || expr_fail_not_number(e, x, what);
}

bool expr_evaluate_constant(const struct evaluation *e, const struct expr *x, const char *what, double *value)
{
    struct operand operand = { 0 };
    bool ok = expr_evaluate_number(e, x, what, &operand);

    if (ok && !operand.constant)
        ok = fail(e->err, GLMM_E_TYPE, x->at, "%s must be one number, not a column", what);
    if (ok)
        *value = operand.value;
    operand_clear(&operand);
    return ok;
}

bool expr_evaluate(const struct evaluation *e, const struct expr *x, struct operand *out)
{
    if (!look_at_row(e->progress, 0, e->err)) /* what is done for a node is a loop or two over all rows */
        return false;
    switch (x->kind) {
    case EXPR_NUMBER:
    case EXPR_LOGICAL:
        operand_set_constant(out, x->kind == EXPR_NUMBER ? OPERAND_NUMBER : OPERAND_LOGICAL, x->number);
        return true;
    case EXPR_NA:
        operand_set_constant(out, OPERAND_LOGICAL, (double)NAN);
        return true;
    case EXPR_STRING:
        out->kind = OPERAND_TEXT;
        out->constant = true;
        out->text = x->text;
        return true;
    case EXPR_NAME:
        return evaluate_name(e, x, out);
    case EXPR_DOT:
        return fail(e->err, GLMM_E_TYPE, x->at, "`.` stands only in model formulas");
    case EXPR_PAREN:
        return expr_evaluate(e, x->left, out);
    case EXPR_UNARY:
        return expr_evaluate_unary(e, x, out);
    case EXPR_BINARY:
        return expr_evaluate_binary(e, x, out);
    case EXPR_CALL:
        return function_call(e, x, out);
    }
    return false;
}

/* --- results ---------------------------------------------------------------------------------- */

/* A copy of a factor under another name. */
static struct column *copy_factor(const struct evaluation *e, const struct column *factor, const char *name)
{
    struct column *copy = factor_new(e, name, factor->level_count);

    if (copy == NULL)
        return NULL;
    memcpy(copy->as.code, factor->as.code, e->frame->rows * sizeof *copy->as.code);
    copy->contrast = factor->contrast;
    copy->reference = factor->reference;
    copy->missing = factor->missing;
    for (int32_t i = 0; i < factor->level_count; i++)
        if ((copy->levels[i] = mem_strdup(factor->levels[i])) == NULL) {
            column_free(copy);
            fail_memory(e->err);
            return NULL;
        }
    return copy;
}

/* One text in all rows is a factor with one level. */
static struct column *text_column(const struct evaluation *e, const char *text, const char *name)
{
    struct column *column = factor_new(e, name, 1);

    if (column == NULL)
        return NULL;
    memset(column->as.code, 0, e->frame->rows * sizeof *column->as.code);
    column->levels[0] = mem_strdup(text);
    if (column->levels[0] == NULL) {
        column_free(column);
        fail_memory(e->err);
        return NULL;
    }
    return column;
}

/* Numbers take over the operand's own array; logicals go into bytes. */
static struct column *number_column(const struct evaluation *e, struct operand *operand, const char *name)
{
    struct column *column = NEW(struct column);
    size_t rows = e->frame->rows;
    bool logical = operand->kind == OPERAND_LOGICAL;

    if (column == NULL || (column->name = mem_strdup(name)) == NULL)
        goto out_of_memory;
    column->type = logical ? COLUMN_LOGICAL : COLUMN_REAL;
    if (!logical && !operand->constant) {
        column->as.real = operand->values;
        operand->values = NULL;
    } else if ((column->as.any = mem_alloc(rows, logical ? sizeof(int8_t) : sizeof(double))) == NULL) {
        goto out_of_memory;
    }
    for (size_t i = 0; logical && i < rows; i++)
        column->as.logical[i] = isnan(operand_at(operand, i)) ? -1 : operand_at(operand, i) != 0.0;
    for (size_t i = 0; !logical && operand->constant && i < rows; i++)
        column->as.real[i] = operand->value;
    column_count_missing(column, rows);
    return column;
out_of_memory:
    column_free(column);
    fail_memory(e->err);
    return NULL;
}

/* Whole days within the calendar, as integers. */
static struct column *date_column(const struct evaluation *e, const struct operand *operand, const char *name)
{
    struct column *column = NEW(struct column);
    bool ok = column != NULL && (column->name = mem_strdup(name)) != NULL
              && (column->as.integer = mem_alloc(e->frame->rows, sizeof(int32_t))) != NULL;

    for (size_t i = 0; ok && i < e->frame->rows; i++) {
        double date = floor(operand_at(operand, i));

        column->as.integer[i] = COLUMN_NA;
        if (date < DATE_FIRST || date > DATE_LAST) {
            fail(e->err, GLMM_E_VALUE, NOWHERE, "row %zu has a date outside of the years 1 to 9999", i + 1);
            column_free(column);
            return NULL;
        }
        if (!isnan(date))
            column->as.integer[i] = (int32_t)date;
    }
    if (ok) {
        column->type = COLUMN_DATE;
        column_count_missing(column, e->frame->rows);
        return column;
    }
    column_free(column);
    fail_memory(e->err);
    return NULL;
}

struct column *operand_column(const struct evaluation *e, struct operand *operand, const char *name)
{
    struct column *column;
    char *renamed;

    if (operand->kind == OPERAND_TEXT)
        return text_column(e, operand->text, name);
    if (operand->kind == OPERAND_DATE)
        return date_column(e, operand, name);
    if (operand->kind != OPERAND_FACTOR)
        return number_column(e, operand, name);
    if (operand->owned == NULL)
        return copy_factor(e, operand->factor, name);
    renamed = mem_strdup(name);
    if (renamed == NULL) {
        fail_memory(e->err);
        return NULL;
    }
    column = operand->owned;
    operand->owned = NULL;
    mem_free(column->name);
    column->name = renamed;
    column_count_missing(column, e->frame->rows);
    return column;
}

/* A variable alone keeps its type, integers too. */
static struct column *copy_column(const struct evaluation *e, const struct column *from)
{
    struct column *column;
    size_t size = from->type == COLUMN_REAL ? sizeof(double) : from->type == COLUMN_LOGICAL ? sizeof(int8_t) : sizeof(int32_t);

    if (from->type == COLUMN_FACTOR)
        return copy_factor(e, from, from->name);
    column = NEW(struct column);
    if (column == NULL || (column->name = mem_strdup(from->name)) == NULL
        || (column->as.any = mem_alloc(e->frame->rows, size)) == NULL) {
        column_free(column);
        fail_memory(e->err);
        return NULL;
    }
    memcpy(column->as.any, from->as.any, e->frame->rows * size);
    column->type = from->type;
    column->missing = from->missing;
    return column;
}

void expr_memory_clear(struct expr_memory *memory)
{
    mem_free(memory->values);
    *memory = (struct expr_memory){ 0 };
}

bool evaluation_remember(const struct evaluation *e, double *value)
{
    struct expr_memory *memory = e->memory;
    void *values;

    if (memory == NULL)
        return true;
    if (memory->replay) {
        if (memory->used >= memory->count)
            return fail(e->err, GLMM_E_DATA, NOWHERE, "the variables have other types here than in the data of the model");
        *value = memory->values[memory->used++];
        return true;
    }
    values = memory->values;
    if (!mem_grow(&values, &memory->capacity, memory->count + 1, sizeof *memory->values))
        return fail_memory(e->err);
    memory->values = values;
    memory->values[memory->count++] = *value;
    return true;
}

bool evaluation_needs_all_rows(const struct evaluation *e, const struct expr *call)
{
    if (!evaluation_replays(e))
        return true;
    fail(e->err, GLMM_E_MODEL, call->at, "%s() depends on all rows of the data, so its value for other rows is not known",
         call->text);
    error_hint(e->err, "make a column of it (let), and state the model with that");
    return false;
}

static struct column *column_of(const struct evaluation *e, const struct expr *expr)
{
    struct operand operand = { 0 };
    struct column *column = NULL;
    struct arena *arena;
    const char *name;

    while (expr->kind == EXPR_PAREN)
        expr = expr->left;
    if (expr->kind == EXPR_NAME && frame_find(e->frame, expr->text) != NULL)
        return copy_column(e, frame_find(e->frame, expr->text));
    arena = arena_new();
    if (arena == NULL || (name = expr_deparse(arena, expr)) == NULL)
        fail_memory(e->err);
    else if (expr_evaluate(e, expr, &operand))
        column = operand_column(e, &operand, name);
    operand_clear(&operand);
    arena_free(arena);
    return column;
}

struct column *expr_column(const struct expr *expr, const struct frame *frame, struct glmm_error *err)
{
    return column_of(&(struct evaluation){ .frame = frame, .err = err }, expr);
}

struct column *expr_column_by(const struct expr *expr, const struct expr *by, const struct frame *frame,
                              const struct glmm_progress *progress, struct glmm_error *err)
{
    return column_of(&(struct evaluation){ .frame = frame, .err = err, .by = by, .progress = progress }, expr);
}

struct column *expr_column_remember(const struct expr *expr, const struct frame *frame, struct expr_memory *memory,
                                    struct glmm_error *err)
{
    return column_of(&(struct evaluation){ .frame = frame, .err = err, .memory = memory }, expr);
}

bool expr_row_missing(const struct expr *expr, const struct frame *frame, size_t row)
{
    const struct column *column;

    switch (expr->kind) {
    case EXPR_NA:
        return true;
    case EXPR_NAME:
        column = frame_find(frame, expr->text);
        return column != NULL ? column_missing(column, row) : strcmp(expr->text, "NaN") == 0;
    case EXPR_PAREN:
    case EXPR_UNARY:
        return expr_row_missing(expr->left, frame, row);
    case EXPR_BINARY:
        return expr_row_missing(expr->left, frame, row) || expr_row_missing(expr->right, frame, row);
    case EXPR_CALL:
        if (!function_is_elementwise(expr->text))
            return true;
        for (const struct expr *argument = expr->arguments; argument != NULL; argument = argument->next)
            if (expr_row_missing(argument, frame, row))
                return true;
        return false;
    case EXPR_NUMBER:
    case EXPR_STRING:
    case EXPR_DOT:
    case EXPR_LOGICAL:
        break;
    }
    return false;
}
