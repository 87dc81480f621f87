/* residuals.c -- see residuals.h.
 *
 *   residual -> NAME '(' [order '|'] group {',' 'by' '=' factor} ')' | diag '(' factor ')' */
#include "model/residuals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "base/suggest.h"
#include "model/group.h"

static const double ON_GRID = 1e-6; /* of a step: times that are whole steps apart but for rounding */

static bool fail_name(struct variables *vs, const struct expr *call)
{
    struct suggest suggest;
    struct glmm_span at = span_of(call->at.begin, call->at.begin + (int)strlen(call->text));

    fail(vs->err, GLMM_E_NAME, at, "no structure of residuals `%.60s`", call->text);
    suggest_init(&suggest, call->text);
    for (int i = 0; structure_residual_name(i) != NULL; i++)
        suggest_offer(&suggest, structure_residual_name(i));
    suggest_hint(&suggest, vs->err);
    error_hint(vs->err, "there are ar1, arh1, car1, cs, toep, us and diag: help structures");
    return false;
}

static bool is_number(const struct expr *x, double value)
{
    return x->kind == EXPR_NUMBER && x->number == value;
}

/* The variables of `order | group`; 0 + t is t, and 1 is no order. */
static bool read_bar(struct variables *vs, const struct expr *bar, struct residual_build *out)
{
    const struct expr *order = bar->left;

    if (order->kind == EXPR_BINARY && strcmp(order->text, "+") == 0 && is_number(order->left, 0.0))
        order = order->right;
    if (!is_number(order, 1.0) && (out->order = variables_need(vs, order)) < 0)
        return false;
    return (out->group = variables_need(vs, bar->right)) >= 0;
}

static bool read_call(struct variables *vs, const struct expr *call, struct residual_build *out)
{
    struct expr *first = call->arguments;
    bool bar = first != NULL && first->kind == EXPR_BINARY && strcmp(first->text, "|") == 0;

    if (call->kind != EXPR_CALL || (out->structure = structure_of_residuals(call->text)) == NULL)
        return call->kind == EXPR_CALL
                   ? fail_name(vs, call)
                   : fail(vs->err, GLMM_E_SYNTAX, call->at, "residual= takes a structure, as in residual=ar1(t | id)");
    if (first == NULL || (!bar && out->structure->law != LAW_NONE && out->structure->law != LAW_CS)) {
        fail(vs->err, GLMM_E_USAGE, call->at, "%s() of residuals takes a time and a group", call->text);
        error_hint(vs->err, "residual=%s(t | id)", call->text);
        return false;
    }
    if (out->structure->law == LAW_NONE && !bar)
        return (out->by = variables_need(vs, first)) >= 0;
    if (bar ? !read_bar(vs, first, out) : (out->group = variables_need(vs, first)) < 0)
        return false;
    for (struct expr *option = first->next; option != NULL; option = option->next) {
        if (option->argument_name == NULL || strcmp(option->argument_name, "by") != 0)
            return fail(vs->err, GLMM_E_USAGE, option->at, "%s() of residuals has the option by=", call->text);
        if (out->structure->hetero)
            return fail(vs->err, GLMM_E_MODEL, option->at, "%s() has a variance for each time already", call->text);
        option->argument_name = NULL;
        if ((out->by = variables_need(vs, option)) < 0)
            return false;
    }
    if (out->order < 0 && out->structure->place != PLACE_ANY) {
        fail(vs->err, GLMM_E_USAGE, call->at, "%s() of residuals needs a time before the `|`", call->text);
        error_hint(vs->err, "rows in their order: let t = row() by %s; residual=%s(t | %s)",
                   out->group >= 0 ? vs->items[out->group]->name : "id", call->text,
                   out->group >= 0 ? vs->items[out->group]->name : "id");
        return false;
    }
    return true;
}

bool residuals_begin(struct variables *vs, const char *text, struct residual_build *build)
{
    *build = (struct residual_build){ .order = -1, .group = -1, .by = -1 };
    build->tree = expr_parse(vs->arena, text, vs->err);
    if (build->tree != NULL && build->tree->kind == EXPR_STRING) /* between quotes, as zi= and disp= are often typed */
        build->tree = expr_parse(vs->arena, build->tree->text, vs->err);
    while (build->tree != NULL && build->tree->kind == EXPR_PAREN)
        build->tree = build->tree->left;
    return (build->tree != NULL && read_call(vs, build->tree, build)) || error_argument(vs->err, "residual");
}

/* --- the rows ------------------------------------------------------------------------------------ */

/* The greatest step of which all distances are multiples; 0 where there is none. */
static double common_step(const double *sorted, int k)
{
    double step = HUGE_VAL, a, b;
    bool whole = true, ok = true;

    for (int i = 1; i < k; i++) {
        step = fmin(step, sorted[i] - sorted[i - 1]);
        whole = whole && sorted[i] - sorted[0] == nearbyint(sorted[i] - sorted[0]) && sorted[i] - sorted[0] < 1e9;
    }
    for (int i = 1; whole && i < k; i++) /* Euclid */
        for (a = sorted[i] - sorted[i - 1], b = step; b > 0.0;) {
            double rest = fmod(a, b);

            a = b;
            b = rest;
            step = b > 0.0 ? b : a;
        }
    for (int i = 1; i < k; i++)
        ok = ok && fabs((sorted[i] - sorted[0]) / step - nearbyint((sorted[i] - sorted[0]) / step)) < ON_GRID;
    return ok && k > 1 ? step : 0.0;
}

/* Times that are numbers: the distinct ones in order, by their differences; of ar1 in steps. */
static bool set_numbers(struct variables *vs, struct variable *v, struct residual_design *out)
{
    const double *values = variable_values(vs, v);
    double *at = values == NULL ? NULL : arena_alloc(vs->arena, vs->n + 1, sizeof *at), step = 1.0, first;
    const char **names = at == NULL ? NULL : arena_alloc(vs->arena, vs->n + 1, sizeof *names);
    int k = 0;

    if (values == NULL)
        return false;
    if (names == NULL)
        return fail_memory(vs->err);
    memcpy(at, values, vs->n * sizeof *at);
    qsort(at, vs->n, sizeof *at, order_reals);
    for (size_t i = 0; i < vs->n; i++)
        if (k == 0 || at[i] != at[k - 1])
            at[k++] = at[i];
    for (size_t i = 0; i < vs->n; i++)
        out->position[i] = (int32_t)((double *)bsearch(&values[i], at, (size_t)k, sizeof *at, order_reals) - at);
    for (int i = 0; i < k; i++) {
        char number[40];

        if ((names[i] = arena_strdup(vs->arena, number_as_r(at[i], number))) == NULL)
            return fail_memory(vs->err);
    }
    if (out->structure->place == PLACE_LEVELS && k > 1 && !((step = common_step(at, k)) > 0.0)) {
        fail(vs->err, GLMM_E_DATA, v->expr->at, "%s() counts steps, but the values of %s are no multiples of one step",
             out->structure->name, v->name);
        error_hint(vs->err, "car1() takes any times; factor(%s) counts the levels", v->name);
        return false;
    }
    first = at[0];
    for (int i = 0; i < k && out->structure->place == PLACE_LEVELS; i++)
        at[i] = nearbyint((at[i] - first) / step);
    out->position_names = names;
    out->positions = (struct positions){ .k = k, .dims = 1, .at = at, .unit = 1.0 };
    if (out->structure->place == PLACE_SPACE)
        out->positions.unit = positions_unit(&out->positions, vs->n, out->block, out->position);
    return out->positions.unit > 0.0 || fail_memory(vs->err);
}

/* Times that are levels: 0, 1, 2, ... */
static bool set_levels(struct variables *vs, struct variable *v, struct residual_design *out)
{
    double *at;

    if (!variable_code(vs, v))
        return false;
    at = arena_alloc(vs->arena, (size_t)v->level_count, sizeof *at);
    if (at == NULL)
        return fail_memory(vs->err);
    for (int32_t k = 0; k < v->level_count; k++)
        at[k] = k;
    memcpy(out->position, v->code, vs->n * sizeof *out->position);
    out->position_names = v->levels;
    out->by_level = true;
    out->positions = (struct positions){ .k = v->level_count, .dims = 1, .at = at, .unit = 1.0 };
    return true;
}

/* Without a time: rows of a group in their order. */
static bool set_counted(struct variables *vs, struct residual_design *out)
{
    int32_t *seen = NEW_ARRAY(int32_t, out->block_count + 1), most = 1;

    if (seen == NULL)
        return fail_memory(vs->err);
    for (size_t i = 0; i < vs->n; i++) {
        out->position[i] = seen[out->block[i]]++;
        most = seen[out->block[i]] > most ? seen[out->block[i]] : most;
    }
    mem_free(seen);
    out->positions = (struct positions){ .k = most, .unit = 1.0 };
    return true;
}

/* Two rows of a group at one time have no correlation by distance; and groups of single rows none at all. */
static bool check_rows(struct variables *vs, const struct residual_build *build, const struct residual_design *out,
                       const char **levels)
{
    int64_t *keys = NEW_ARRAY(int64_t, vs->n + 1);
    bool pairs = false, ok = keys != NULL || fail_memory(vs->err);

    for (size_t i = 0; ok && i < vs->n; i++)
        keys[i] = (int64_t)out->block[i] * out->positions.k + out->position[i];
    if (ok)
        qsort(keys, vs->n, sizeof *keys, order_int64);
    for (size_t i = 1; ok && i < vs->n; i++) {
        pairs = pairs || keys[i] / out->positions.k == keys[i - 1] / out->positions.k;
        if (keys[i] != keys[i - 1])
            continue;
        fail(vs->err, GLMM_E_DATA, build->tree->at, "%s has two rows at one time, %s: %s() takes one",
             levels[keys[i] / out->positions.k],
             out->position_names == NULL ? "" : out->position_names[keys[i] % out->positions.k], out->structure->name);
        error_hint(vs->err, "a time for each row, or rows of one time averaged: aggregate");
        ok = false;
    }
    if (ok && !pairs && out->structure->law != LAW_NONE)
        ok = fail(vs->err, GLMM_E_MODEL, build->tree->at,
                  "each level of %s has one row: residuals cannot be correlated within it", out->group);
    mem_free(keys);
    return ok;
}

static bool set_scales(struct variables *vs, const struct residual_build *build, struct residual_design *out)
{
    struct variable *by = build->by < 0 ? NULL : vs->items[build->by];

    out->scale_count = 1;
    if (by != NULL) {
        if (!variable_code(vs, by))
            return false;
        out->scale_count = by->level_count;
        out->scale_names = by->levels;
        memcpy(out->scale, by->code, vs->n * sizeof *out->scale);
    } else if (out->structure->hetero) {
        out->scale_count = out->positions.k;
        out->scale_names = out->position_names;
        memcpy(out->scale, out->position, vs->n * sizeof *out->scale);
    }
    return true;
}

/* The variable whose levels have a standard deviation each. */
static const char *scale_name(const struct variables *vs, const struct residual_build *build)
{
    int at = build->by >= 0 ? build->by : build->order;

    return at < 0 ? build->tree->text : vs->items[at]->name;
}

/* A standard deviation that is one row's own has no bound below: what fits the row exactly makes the likelihood infinite. */
static bool check_scales(struct variables *vs, const struct residual_build *build, const struct residual_design *out)
{
    int32_t *rows = out->scale_count > 1 ? NEW_ARRAY(int32_t, out->scale_count) : NULL;
    bool ok = true;

    if (out->scale_count <= 1)
        return true;
    if (rows == NULL)
        return fail_memory(vs->err);
    for (size_t i = 0; i < vs->n; i++)
        rows[out->scale[i]]++;
    for (int s = 0; ok && s < out->scale_count; s++)
        if (rows[s] == 1) {
            ok = fail(vs->err, GLMM_E_MODEL, build->tree->at,
                      "%s is %s in one row: residuals have no standard deviation of their own there", scale_name(vs, build),
                      out->scale_names[s]);
            error_hint(vs->err, "one for all levels, or rows of more of them: `where` leaves levels out");
        }
    mem_free(rows);
    return ok;
}

static bool make(struct variables *vs, const struct residual_build *build, struct residual_design *out)
{
    struct variable *order = build->order < 0 ? NULL : vs->items[build->order];
    struct grouping grouping = { 0 };
    bool ok = true;

    if (build->group >= 0) {
        if (!grouping_make(vs, &build->group, 1, &grouping))
            return false;
        out->group = vs->items[build->group]->name;
        memcpy(out->block, grouping.level, vs->n * sizeof *out->block);
        out->block_count = grouping.level_count;
        mem_free(grouping.level);
    } else {
        for (size_t i = 0; i < vs->n; i++)
            out->block[i] = (int32_t)i;
        out->block_count = (int32_t)vs->n;
    }
    if (order != NULL && out->structure->law != LAW_CS) {
        out->order = order->name;
        ok = variable_is_coded(order) || out->structure->law == LAW_TOEP || out->structure->law == LAW_US
                 ? set_levels(vs, order, out)
                 : set_numbers(vs, order, out);
    } else {
        ok = set_counted(vs, out);
    }
    return ok && set_scales(vs, build, out) && check_scales(vs, build, out)
           && (build->group < 0 || check_rows(vs, build, out, grouping.levels));
}

const struct residual_design *residuals_make(struct variables *vs, const char *text, const struct residual_build *build)
{
    struct residual_design *out = arena_alloc(vs->arena, 1, sizeof *out);
    bool ok = out != NULL;

    if (ok) {
        out->structure = build->structure;
        out->text = text[0] != '"' && text[0] != '\''
                        ? arena_strdup(vs->arena, text)
                        : arena_strndup(vs->arena, text + 1, strlen(text) - 2); /* a string, so parsed */
        out->position = arena_alloc(vs->arena, vs->n + 1, sizeof *out->position);
        out->block = arena_alloc(vs->arena, vs->n + 1, sizeof *out->block);
        out->scale = arena_alloc(vs->arena, vs->n + 1, sizeof *out->scale);
        ok = out->text != NULL && out->position != NULL && out->block != NULL && out->scale != NULL;
    }
    if (!ok)
        fail_memory(vs->err);
    else if (make(vs, build, out))
        return out;
    error_argument(vs->err, "residual");
    return NULL;
}
