/* basis.c -- see basis.h.  The calls are R's:
 *
 *   poly -> 'poly(' x ',' degree [',' 'raw =' TRUE|FALSE] ')'
 *   ns   -> 'ns(' x ',' df ')' | 'ns(' x ',' 'knots =' numbers ')'
 *   bs   -> 'bs(' x ',' df [',' 'degree =' NUMBER] ')' | 'bs(' x ',' 'knots =' numbers [',' 'degree =' NUMBER] ')'
 *
 * numbers is a number or c(NUMBER, ...); splines take `Boundary.knots = c(NUMBER, NUMBER)` too. */
#include "model/basis.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/poly.h"
#include "model/spline.h"

enum { MAX_DEGREE = 1000, MAX_SPLINE_DEGREE = 10, MAX_KNOTS = 1000 };

bool basis_is_call(const struct expr *x)
{
    return x->kind == EXPR_CALL && (strcmp(x->text, "poly") == 0 || strcmp(x->text, "ns") == 0 || strcmp(x->text, "bs") == 0);
}

/* --- arguments -------------------------------------------------------------------------------- */

/* The number of a constant argument, which may have a sign; or false. */
static bool constant_of(const struct expr *x, double *value)
{
    double sign = 1.0;

    for (; x->kind == EXPR_PAREN || (x->kind == EXPR_UNARY && strcmp(x->text, "!") != 0); x = x->left)
        if (x->kind == EXPR_UNARY && strcmp(x->text, "-") == 0)
            sign = -sign;
    *value = sign * x->number;
    return x->kind == EXPR_NUMBER || x->kind == EXPR_LOGICAL;
}

/* What is asked for. */
struct call {
    const struct expr *x;
    bool poly, raw;
    struct spline spline;
    const double *inner, *outer; /* knots; NULL: by the points */
};

/* *out: the whole number that `a` is, from 1 to most. */
static bool whole_number(const struct variables *vs, const struct expr *call, const struct expr *a, const char *what, int most,
                         int *out)
{
    double value;
    bool number = constant_of(a, &value);

    if (!number || !(value >= 1.0 && value <= most) || value != floor(value))
        return fail(vs->err, GLMM_E_VALUE, number ? call->at : a->at, "the %s of %s() is a whole number from 1 to %d", what,
                    call->text, most);
    *out = (int)value;
    return true;
}

static bool poly_arguments(const struct variables *vs, const struct expr *call, struct call *out)
{
    const struct expr *degree = NULL;
    double truth;

    for (const struct expr *a = call->arguments; a != NULL; a = a->next) {
        if (a->argument_name != NULL && strcmp(a->argument_name, "raw") == 0) {
            if (!constant_of(a, &truth))
                return fail(vs->err, GLMM_E_VALUE, a->at, "raw is TRUE or FALSE");
            out->raw = truth != 0.0;
        } else if (a->argument_name != NULL && strcmp(a->argument_name, "degree") == 0) {
            degree = a;
        } else if (a->argument_name != NULL && strcmp(a->argument_name, "x") != 0) {
            return fail(vs->err, GLMM_E_NAME, a->at, "poly() has no parameter `%s`; it takes x, degree and raw",
                        a->argument_name);
        } else if (out->x == NULL) {
            out->x = a;
        } else if (degree == NULL) {
            degree = a;
        } else {
            return fail(vs->err, GLMM_E_USAGE, a->at, "poly() takes one variable and its degree: poly(x, 2)");
        }
    }
    if (out->x == NULL)
        return fail(vs->err, GLMM_E_USAGE, call->at, "poly() takes one variable and its degree: poly(x, 2)");
    out->spline.degree = 1;
    return degree == NULL || whole_number(vs, call, degree, "degree", MAX_DEGREE, &out->spline.degree);
}

/* A number, or c() of some: in rising order. */
static bool numbers_of(const struct variables *vs, const struct expr *a, const double **values, int *count)
{
    bool list = a->kind == EXPR_CALL && strcmp(a->text, "c") == 0;
    double *out;
    int n = 0;

    for (const struct expr *x = list ? a->arguments : a; x != NULL; x = list ? x->next : NULL)
        n++;
    if (n > MAX_KNOTS)
        return fail(vs->err, GLMM_E_LIMIT, a->at, "at most %d knots", MAX_KNOTS);
    *values = out = arena_alloc(vs->arena, (size_t)n + 1, sizeof *out);
    if (out == NULL)
        return fail_memory(vs->err);
    *count = 0;
    for (const struct expr *x = list ? a->arguments : a; x != NULL; x = list ? x->next : NULL, ++*count)
        if (!constant_of(x, &out[*count]) || !isfinite(out[*count]) || (*count > 0 && !(out[*count] > out[*count - 1])))
            return fail(vs->err, GLMM_E_VALUE, x->at, "`%s` are numbers in rising order: c(2, 5)", a->argument_name);
    return true;
}

/* How many knots are inside, of a basis of df columns. */
static bool knots_of_df(const struct variables *vs, const struct expr *call, int df, struct call *out)
{
    out->spline.knots = out->spline.natural ? df - 1 : df - out->spline.degree;
    if (out->spline.knots >= 0)
        return true;
    fail(vs->err, GLMM_E_VALUE, call->at, "%s() of degree %d has at least %d columns, not %d", call->text, out->spline.degree,
         out->spline.degree, df);
    error_hint(vs->err, "degree=%d, or more columns", df);
    return false;
}

static bool spline_arguments(const struct variables *vs, const struct expr *call, struct call *out)
{
    const struct expr *df = NULL, *degree = NULL;
    bool natural = out->spline.natural;
    int ends = 2, columns = 0;

    out->spline.degree = 3;
    for (const struct expr *a = call->arguments; a != NULL; a = a->next) {
        const char *name = a->argument_name == NULL ? "" : a->argument_name;

        if (strcmp(name, "knots") == 0) {
            if (!numbers_of(vs, a, &out->inner, &out->spline.knots))
                return false;
        } else if (strcmp(name, "Boundary.knots") == 0) {
            if (!numbers_of(vs, a, &out->outer, &ends))
                return false;
            if (ends != 2)
                return fail(vs->err, GLMM_E_VALUE, a->at, "`Boundary.knots` are two numbers: c(0, 10)");
        } else if (!natural && strcmp(name, "degree") == 0) {
            degree = a;
        } else if (strcmp(name, "df") == 0) {
            df = a;
        } else if (*name != '\0' && strcmp(name, "x") != 0) {
            return fail(vs->err, GLMM_E_NAME, a->at, "%s() has no parameter `%s`; it takes x, df, knots%s and Boundary.knots",
                        call->text, name, natural ? "" : ", degree");
        } else if (out->x == NULL) {
            out->x = a;
        } else if (df == NULL) {
            df = a;
        } else {
            return fail(vs->err, GLMM_E_USAGE, a->at, "%s() takes one variable and how many columns: %s(x, %d)", call->text,
                        call->text, natural ? 3 : 5);
        }
    }
    if (out->x == NULL || (df == NULL && out->inner == NULL))
        return fail(vs->err, GLMM_E_USAGE, call->at, "%s() takes one variable and how many columns: %s(x, %d)", call->text,
                    call->text, natural ? 3 : 5);
    if (degree != NULL && !whole_number(vs, call, degree, "degree", MAX_SPLINE_DEGREE, &out->spline.degree))
        return false;
    return out->inner != NULL || (whole_number(vs, call, df, "df", MAX_KNOTS, &columns) && knots_of_df(vs, call, columns, out));
}

/* --- columns ---------------------------------------------------------------------------------- */

/* The points (mem_free), NaN where they are missing or take no part; NULL with an error. */
static double *points_of(struct variables *vs, struct variable *v, const struct expr *x)
{
    size_t rows = vs->frame->rows;
    struct column *column = expr_column_remember(x, vs->frame, &v->memory, vs->err);
    double *points = NULL;
    bool ok;

    if (column == NULL)
        return NULL;
    ok = column->type != COLUMN_FACTOR || fail(vs->err, GLMM_E_TYPE, x->at, "this is text; %s() needs numbers", v->expr->text);
    ok = ok && ((points = mem_alloc(rows, sizeof *points)) != NULL || fail_memory(vs->err));
    for (size_t i = 0; ok && i < rows; i++) {
        points[i] = vs->outside != NULL && vs->outside[i] ? (double)NAN : column_real(column, i);
        if (isinf(points[i]))
            ok = fail(vs->err, GLMM_E_DATA, x->at, "this is infinite in row %zu", i + 1);
    }
    column_free(column);
    if (!ok)
        mem_free(points);
    return ok ? points : NULL;
}

static bool poly_columns(struct variables *vs, struct variable *v, const struct call *call, const double *points)
{
    size_t rows = vs->frame->rows;
    int degree = call->spline.degree;

    if (call->raw)
        poly_raw(rows, points, degree, v->basis);
    else if (v->recipe != NULL)
        poly_apply(rows, points, degree, v->recipe->described, v->basis);
    else if (!poly_describe(rows, points, degree, v->basis, v->described))
        return fail(vs->err, GLMM_E_DATA, v->expr->at, "poly() of degree %d needs more than %d different values", degree, degree);
    return true;
}

static bool spline_place(struct variables *vs, struct variable *v, const struct call *call, const double *points)
{
    size_t rows = vs->frame->rows;
    double *room = mem_alloc(rows, sizeof *room);
    bool ok;

    if (room == NULL)
        return fail_memory(vs->err);
    ok = spline_describe(&call->spline, rows, points, room, call->inner, call->outer, v->described);
    mem_free(room);
    if (ok)
        return true;
    fail(vs->err, GLMM_E_DATA, v->expr->at, "two knots of %s are at one place, or one lies outside its values", v->name);
    error_hint(vs->err, "fewer columns, or knots of your own between the least value and the largest: knots = c(2, 5)");
    return false;
}

static bool spline_make(struct variables *vs, struct variable *v, const struct call *call, const double *points)
{
    return (v->recipe != NULL || spline_place(vs, v, call, points))
           && (spline_apply(&call->spline, vs->frame->rows, points, v->recipe != NULL ? v->recipe->described : v->described,
                            v->basis)
               || fail_memory(vs->err));
}

bool basis_evaluate(struct variables *vs, struct variable *v)
{
    struct call call = { .poly = strcmp(v->expr->text, "poly") == 0, .spline.natural = strcmp(v->expr->text, "ns") == 0 };
    size_t size;
    double *points;
    bool ok;

    if (!(call.poly ? poly_arguments(vs, v->expr, &call) : spline_arguments(vs, v->expr, &call)))
        return false;
    points = points_of(vs, v, call.x);
    if (points == NULL)
        return false;
    v->columns = call.poly ? call.spline.degree : spline_columns(&call.spline);
    size = call.poly ? poly_recipe_size(v->columns) : spline_recipe_size(&call.spline);
    v->basis = mem_alloc(vs->frame->rows, (size_t)v->columns * sizeof *v->basis);
    ok = v->basis != NULL;
    if (ok && !call.raw && v->recipe == NULL)
        ok = (v->described = arena_alloc(vs->arena, size, sizeof *v->described)) != NULL;
    ok = ok || fail_memory(vs->err);
    ok = ok && (call.poly ? poly_columns(vs, v, &call, points) : spline_make(vs, v, &call, points));
    mem_free(points);
    return ok;
}
