/* response.c -- see response.h.
 *
 * Binomial responses come in four shapes: cbind(successes, failures); a proportion with the number of trials; a logical or 0/1
 * column; a text with two levels, of which the second counts as success. */
#include "model/response.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"

static const double WHOLE = 1e-3; /* a count that was written with three decimals, or made of a share of the trials, is whole */

/* --- options ---------------------------------------------------------------------------------- */

/* Spans of another text than the formula would point to the wrong place. */
static void clear_spans(struct expr *x)
{
    if (x == NULL)
        return;
    x->at = NOWHERE;
    clear_spans(x->left);
    clear_spans(x->right);
    for (struct expr *a = x->arguments; a != NULL; a = a->next)
        clear_spans(a);
}

/* An expression that stands outside the formula: its errors name the option instead of a place. */
static int need_option(struct variables *vs, const char *option, const char *text)
{
    struct glmm_error own = { 0 }, *outer = vs->err;
    struct expr *tree;
    int index = -1, known = vs->count;

    error_clear(&own);
    vs->err = &own;
    tree = expr_parse(vs->arena, text, &own);
    clear_spans(tree);
    if (tree != NULL)
        index = variables_need(vs, tree);
    vs->err = outer;
    if (index < 0) {
        fail(outer, own.code, NOWHERE, "%s: %.480s", option, own.message);
        error_argument(outer, option);
        if (own.hint[0] != '\0')
            error_hint(outer, "%s", own.hint);
    } else if (index >= known) {
        vs->items[index]->argument = option;
    }
    return index;
}

static bool is_cbind(const struct expr *x)
{
    return x->kind == EXPR_CALL && strcmp(x->text, "cbind") == 0;
}

/* cbind(successes, failures) */
static bool begin_cbind(struct variables *vs, const struct expr *call, bool binomial, struct response *r)
{
    const struct expr *first = call->arguments, *second = first == NULL ? NULL : first->next;

    if (!binomial) {
        fail(vs->err, GLMM_E_MODEL, call->at, "cbind(successes, failures) is the response of a binomial model");
        error_hint(vs->err, "add family=binomial");
        return false;
    }
    if (second == NULL || second->next != NULL)
        return fail(vs->err, GLMM_E_USAGE, call->at, "cbind() takes the successes and the failures");
    r->variable = variables_need(vs, first);
    r->failures = r->variable < 0 ? -1 : variables_need(vs, second);
    return r->failures >= 0;
}

/* Notes the offsets of the formula, with room for that of the option. */
static bool begin_offsets(struct variables *vs, const struct formula *formula, struct response *r)
{
    r->offsets = arena_alloc(vs->arena, (size_t)formula->offset_count + 1, sizeof *r->offsets);
    if (r->offsets == NULL)
        return fail_memory(vs->err);
    for (int i = 0; i < formula->offset_count; i++)
        if ((r->offsets[r->offset_count++] = variables_need(vs, formula->offsets[i])) < 0)
            return false;
    return true;
}

bool response_begin(struct variables *vs, const struct formula *formula, const struct design_options *options, struct response *r)
{
    bool binomial = options->response == RESPONSE_BINOMIAL;

    *r = (struct response){ .failures = -1, .trials = -1, .weights = -1 };
    if (formula->response == NULL) {
        fail(vs->err, GLMM_E_MODEL, formula->tilde, "the formula has no response");
        error_hint(vs->err, "write response ~ predictors");
        return false;
    }
    if (is_cbind(formula->response)) {
        if (!begin_cbind(vs, formula->response, binomial, r))
            return false;
    } else if ((r->variable = variables_need(vs, formula->response)) < 0) {
        return false;
    }
    return begin_offsets(vs, formula, r);
}

bool response_begin_offsets(struct variables *vs, const struct formula *formula, const char *offset, struct response *r)
{
    *r = (struct response){ .variable = -1, .failures = -1, .trials = -1, .weights = -1 };
    return begin_offsets(vs, formula, r)
           && (offset == NULL || (r->offsets[r->offset_count++] = need_option(vs, "offset", offset)) >= 0);
}

bool response_options(struct variables *vs, const struct design_options *options, struct response *r)
{
    if (options->trials != NULL && options->response != RESPONSE_BINOMIAL) {
        fail(vs->err, GLMM_E_MODEL, NOWHERE, "trials belong to a binomial model");
        return error_argument(vs->err, "trials");
    }
    if (options->trials != NULL && r->failures >= 0) {
        fail(vs->err, GLMM_E_MODEL, NOWHERE, "cbind(successes, failures) says how many trials there are; `trials` says it again");
        return error_argument(vs->err, "trials");
    }
    if (options->trials != NULL && (r->trials = need_option(vs, "trials", options->trials)) < 0)
        return false;
    if (options->weights != NULL && (r->weights = need_option(vs, "weights", options->weights)) < 0)
        return false;
    return options->offset == NULL || (r->offsets[r->offset_count++] = need_option(vs, "offset", options->offset)) >= 0;
}

void response_counts(const struct response *r, int *a, int *b)
{
    *a = r->failures >= 0 ? r->variable : r->trials;
    *b = r->failures;
}

/* --- values ----------------------------------------------------------------------------------- */

/* The values of a variable, copied (new). */
static double *copy_values(struct variables *vs, int index)
{
    const double *values = variable_values(vs, vs->items[index]);
    double *copy;

    if (values == NULL)
        return NULL;
    copy = mem_alloc(vs->n, sizeof *copy);
    if (copy == NULL)
        fail_memory(vs->err);
    else
        memcpy(copy, values, vs->n * sizeof *copy);
    return copy;
}

/* Whole but for what arithmetic leaves (R's tolerance). */
static bool is_whole(double x)
{
    return fabs(x - nearbyint(x)) <= WHOLE;
}

static bool fail_row_at(const struct variables *vs, const struct variable *v, struct glmm_span at, size_t i, const char *what)
{
    char number[40];

    return fail(vs->err, GLMM_E_DATA, at, "%s is %s in row %zu; %s", v->name, number_as_r(v->values[i], number), vs->row[i] + 1,
                what);
}

static bool fail_row(const struct variables *vs, const struct variable *v, size_t i, const char *what)
{
    return fail_row_at(vs, v, v->expr->at, i, what);
}

/* The option is at fault, though the formula may have the variable too. */
static bool fail_row_of(const struct variables *vs, const char *option, const struct variable *v, size_t i, const char *what)
{
    fail_row_at(vs, v, NOWHERE, i, what);
    return error_argument(vs->err, option);
}

/* The index of the level that counts as success, over all of the factor's levels; the text of it goes into the design.  Where a
 * factor has more levels than two, those that occur decide. */
static bool find_success(struct variables *vs, struct variable *v, struct design *design, int32_t *success)
{
    const struct column *c = v->column;

    if (c->level_count <= 2) {
        *success = c->level_count - 1 > 0 ? 1 : INT32_MAX;
        design->success = c->level_count == 2 ? arena_strdup(vs->arena, c->levels[1]) : NULL;
        return c->level_count < 2 || design->success != NULL || fail_memory(vs->err);
    }
    if (!variable_code(vs, v))
        return false;
    if (v->level_count > 2) {
        fail(vs->err, GLMM_E_DATA, v->expr->at, "%s has %d levels; a binary response has two", v->name, (int)v->level_count);
        error_hint(vs->err, "compare with one of them: (%s == \"%s\") ~ ...", v->name, v->levels[0]);
        return false;
    }
    for (*success = 0; strcmp(c->levels[*success], v->levels[v->level_count - 1]) != 0;)
        ++*success;
    if (v->level_count == 1)
        *success = INT32_MAX;
    design->success = v->level_count == 2 ? v->levels[1] : NULL;
    return true;
}

/* A text response: 0 for the first of two levels, 1 for the second. */
static bool fill_text(struct variables *vs, struct variable *v, struct design *design)
{
    int32_t success;

    if (!find_success(vs, v, design, &success))
        return false;
    design->y = mem_alloc(vs->n, sizeof *design->y);
    if (design->y == NULL)
        return fail_memory(vs->err);
    for (size_t i = 0; i < vs->n; i++)
        design->y[i] = v->column->as.code[vs->row[i]] == success;
    return true;
}

/* cbind(s, f): proportions and trials. */
static bool fill_cbind(struct variables *vs, const struct response *r, struct design *design)
{
    struct variable *s = vs->items[r->variable], *f = vs->items[r->failures];

    design->y = copy_values(vs, r->variable);
    design->trials = design->y == NULL ? NULL : copy_values(vs, r->failures);
    if (design->trials == NULL)
        return false;
    for (size_t i = 0; i < vs->n; i++) {
        if (s->values[i] < 0.0 || !is_whole(s->values[i]))
            return fail_row(vs, s, i, "successes are whole numbers, 0 or more");
        if (f->values[i] < 0.0)
            return fail_row(vs, f, i, "there are more successes than trials, or a negative count");
        if (!is_whole(f->values[i]))
            return fail_row(vs, f, i, "failures are whole numbers, 0 or more");
        design->trials[i] = s->values[i] + f->values[i];
        design->y[i] = s->values[i] / design->trials[i];
    }
    return true;
}

/* A proportion, or a number of successes of that many trials when it is beyond 1 somewhere. */
static bool fill_proportion(struct variables *vs, const struct response *r, struct design *design, int trials)
{
    struct variable *y = vs->items[r->variable], *t = vs->items[trials];
    bool counts = false;

    design->y = copy_values(vs, r->variable);
    design->trials = design->y == NULL ? NULL : copy_values(vs, trials);
    if (design->trials == NULL)
        return false;
    for (size_t i = 0; i < vs->n; i++)
        counts = counts || design->y[i] > 1.0;
    for (size_t i = 0; i < vs->n; i++) {
        if (t->values[i] < 0.0 || !is_whole(t->values[i]))
            return fail_row_of(vs, trials == r->trials ? "trials" : "weights", t, i,
                               "the number of trials is a whole number, 0 or more");
        if (y->values[i] < 0.0)
            return fail_row(vs, y, i, "it cannot be negative");
        if (counts) {
            if (y->values[i] > t->values[i] + WHOLE) {
                char number[40];

                fail_row(vs, y, i, "that is more successes than trials");
                error_hint(vs->err, "trials are %s there", number_as_r(t->values[i], number));
                return false;
            }
            design->y[i] /= t->values[i];
        }
        if (!is_whole(design->y[i] * t->values[i]))
            return fail_row(vs, y, i, "times the trials that is no whole number of successes");
    }
    return true;
}

static const double PERCENT_LEAST = 10; /* numbers with decimals whose largest is above are taken for percentages */

/* What would be right of numbers that are not all 0 or 1: a level of two, shares, percentages, counts. */
static void hint_binary(struct variables *vs, const struct variable *y)
{
    double low = INFINITY, high = -INFINITY;
    char number[40];
    bool two = true, whole = true;

    for (size_t i = 0; i < vs->n; i++) {
        low = fmin(low, y->values[i]);
        high = fmax(high, y->values[i]);
        whole = whole && y->values[i] == floor(y->values[i]);
    }
    for (size_t i = 0; i < vs->n; i++)
        two = two && (y->values[i] == low || y->values[i] == high);
    if (two && whole && low < high)
        error_hint(vs->err, "compare with one of its two values: (%s == %s) ~ ...", y->name, number_as_r(high, number));
    else if (low >= 0 && high <= 1)
        error_hint(vs->err,
                   "a share of counts takes their totals, trials=TOTAL; other shares are family=beta, with 0 or 1 ordbeta");
    else if (low >= 0 && high > PERCENT_LEAST && high <= 100 && !whole)
        error_hint(vs->err,
                   "a percentage of counts is %s/100 with trials=TOTAL; another is %s/100 of family=beta, with 0 or 1 ordbeta",
                   y->name, y->name);
    else
        error_hint(vs->err, "for counts write cbind(successes, failures) ~ ..., or say trials=");
}

/* 0 and 1, or a proportion whose trials are the weights, as R has it. */
static bool fill_binary(struct variables *vs, const struct response *r, struct design *design, bool *weights_used)
{
    struct variable *y = vs->items[r->variable];

    if (variable_values(vs, y) == NULL)
        return false;
    for (size_t i = 0; i < vs->n; i++)
        if (y->values[i] != 0.0 && y->values[i] != 1.0) {
            if (r->weights >= 0 && y->values[i] > 0.0 && y->values[i] < 1.0) {
                *weights_used = true;
                return fill_proportion(vs, r, design, r->weights);
            }
            fail_row(vs, y, i, "a binary response is 0 or 1");
            hint_binary(vs, y);
            return false;
        }
    design->y = copy_values(vs, r->variable);
    return design->y != NULL;
}

/* --- categories ------------------------------------------------------------------------------- */

/* The categories that occur, in the order of a factor's levels (those of a logical: FALSE, TRUE). */
static bool fill_levels(struct variables *vs, struct variable *v, struct design *design)
{
    const struct column *c = v->column;
    const char **empty = arena_alloc(vs->arena, (size_t)c->level_count + 1, sizeof *empty);

    design->y = mem_alloc(vs->n, sizeof *design->y);
    if (empty == NULL || design->y == NULL)
        return fail_memory(vs->err);
    if (!variable_code(vs, v))
        return false;
    for (size_t i = 0; i < vs->n; i++)
        design->y[i] = v->code[i] + 1.0;
    for (int32_t l = 0; c->type == COLUMN_FACTOR && l < c->level_count; l++) {
        bool found = false;

        for (int32_t k = 0; k < v->level_count && !found; k++)
            found = strcmp(v->levels[k], c->levels[l]) == 0;
        if (!found && (empty[design->empty_category_count++] = arena_strdup(vs->arena, c->levels[l])) == NULL)
            return fail_memory(vs->err);
    }
    design->categories = v->levels;
    design->category_count = v->level_count;
    design->empty_categories = empty;
    design->sorted_categories =
        c->type == COLUMN_FACTOR && levels_are_alphabetical((const char *const *)c->levels, c->level_count);
    return true;
}

/* The place of y among the categories, from 1. */
static int place_of(const double categories[], int count, double y)
{
    int low = 0, high = count - 1;

    while (low < high) {
        int middle = (low + high) / 2;

        if (categories[middle] < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low + 1;
}

/* The whole numbers that occur, in their order. */
static bool fill_whole(struct variables *vs, struct variable *v, struct design *design)
{
    double found[MOST_CATEGORIES + 1];
    const char **names;
    char number[40];
    int count = 0;

    if (variable_values(vs, v) == NULL)
        return false;
    for (size_t i = 0; i < vs->n; i++) {
        bool known = false;

        if (v->values[i] != nearbyint(v->values[i])) {
            fail_row(vs, v, i, "categories are whole numbers, or the levels of a factor");
            error_hint(vs->err, "for measurements leave family= out; `cut(%s, ...)` makes categories of them", v->name);
            return false;
        }
        for (int k = 0; k < count && !known; k++)
            known = found[k] == v->values[i];
        if (!known && count <= MOST_CATEGORIES)
            found[count++] = v->values[i];
    }
    names = arena_alloc(vs->arena, (size_t)count + 1, sizeof *names);
    design->y = mem_alloc(vs->n, sizeof *design->y);
    if (names == NULL || design->y == NULL)
        return fail_memory(vs->err);
    qsort(found, (size_t)count, sizeof *found, order_reals);
    for (size_t i = 0; i < vs->n; i++)
        design->y[i] = place_of(found, count, v->values[i]);
    for (int k = 0; k < count; k++)
        if ((names[k] = arena_strdup(vs->arena, number_as_r(found[k], number))) == NULL)
            return fail_memory(vs->err);
    design->categories = names;
    design->category_count = count;
    return true;
}

static bool fill_categories(struct variables *vs, struct variable *v, struct design *design)
{
    bool coded = v->column->type == COLUMN_FACTOR || v->column->type == COLUMN_LOGICAL;

    if (!(coded ? fill_levels(vs, v, design) : fill_whole(vs, v, design)))
        return false;
    if (design->category_count > MOST_CATEGORIES) {
        fail(vs->err, GLMM_E_LIMIT, v->expr->at, "%s has more than %d categories", v->name, MOST_CATEGORIES);
        error_hint(vs->err, "take it as a number, with family=gaussian, or join categories by cut()");
        return false;
    }
    for (size_t i = 1; coded && i < vs->n; i++) /* both levels of a logical are there, and may not occur */
        if (design->y[i] != design->y[0])
            return true;
    return (!coded && design->category_count > 1)
           || fail(vs->err, GLMM_E_DATA, v->expr->at, "%s has one category in these rows: there is nothing to explain", v->name);
}

static bool fill_response(struct variables *vs, const struct design_options *options, const struct response *r,
                          struct design *design, bool *weights_used)
{
    struct variable *v = vs->items[r->variable];
    bool text = v->column != NULL && v->column->type == COLUMN_FACTOR;

    if (v->column == NULL)
        return fail(vs->err, GLMM_E_MODEL, v->expr->at, "%s() cannot be a response", v->expr->text);
    if (options->response == RESPONSE_ORDINAL)
        return fill_categories(vs, v, design);
    if (options->response == RESPONSE_REAL) {
        if (text) {
            fail(vs->err, GLMM_E_TYPE, v->expr->at, "%s is text: this model needs a numeric response", v->name);
            error_hint(vs->err, "a text with two levels is the response of family=binomial");
            return false;
        }
        design->y = copy_values(vs, r->variable);
        return design->y != NULL;
    }
    if (r->failures >= 0)
        return fill_cbind(vs, r, design);
    if (r->trials >= 0)
        return fill_proportion(vs, r, design, r->trials);
    return text ? fill_text(vs, v, design) : fill_binary(vs, r, design, weights_used);
}

/* Rows of 0 and 1 that stand for several alike, as a table of counts has them: whole weights are their trials, so that averages
 * count the same observations however the rows are written. */
static void take_repeats(size_t n, struct design *design)
{
    bool whole = true, several = false;

    for (size_t i = 0; i < n; i++) {
        whole = whole && design->weights[i] == nearbyint(design->weights[i]);
        several = several || design->weights[i] != 1;
    }
    if (!whole || !several)
        return;
    design->trials = design->weights;
    design->weights = NULL;
    design->repeats = true;
}

static bool fill_weights(struct variables *vs, const struct design_options *options, const struct response *r,
                         struct design *design)
{
    struct variable *w = vs->items[r->weights];

    design->weights = copy_values(vs, r->weights);
    if (design->weights == NULL)
        return false;
    for (size_t i = 0; i < vs->n; i++)
        if (!(design->weights[i] > 0.0))
            return fail_row_of(vs, "weights", w, i, "weights must not be negative");
    if (options->response == RESPONSE_BINOMIAL && design->trials == NULL)
        take_repeats(vs->n, design);
    return true;
}

bool response_offset(struct variables *vs, const struct response *r, double **sum)
{
    const double *values;

    *sum = NULL;
    if (r->offset_count == 0)
        return true;
    *sum = NEW_ARRAY(double, vs->n);
    if (*sum == NULL)
        return fail_memory(vs->err);
    for (int j = 0; j < r->offset_count; j++) {
        values = variable_values(vs, vs->items[r->offsets[j]]);
        if (values == NULL)
            return false;
        for (size_t i = 0; i < vs->n; i++)
            (*sum)[i] += values[i];
    }
    return true;
}

bool response_fill(struct variables *vs, const struct formula *formula, const struct design_options *options,
                   const struct response *r, struct design *design)
{
    bool weights_used = false;

    design->response = expr_deparse(vs->arena, formula->response);
    if (design->response == NULL)
        return fail_memory(vs->err);
    return fill_response(vs, options, r, design, &weights_used)
           && (r->weights < 0 || weights_used || fill_weights(vs, options, r, design)) && response_offset(vs, r, &design->offset);
}
