/* expand.c -- Wilkinson and Rogers' algebra (1973), with R's rules where they differ.
 *
 * A term is a set of variables, kept as a sorted array of their indices in order of first appearance; an operator maps lists of
 * terms to a list without repetitions.  `1`, `0` and their subtraction only switch the intercept. */
#include "model/expand.h"

#include <math.h>
#include <string.h>

#include "base/arena-text.h"

enum { MAX_TERMS = 2000, MAX_PAIRS = 1 << 18 };

/* A set of variables. */
struct product {
    int *variables;
    int count;
    uint64_t hash;
};

struct list {
    struct product *items;
    int count, capacity;
};

bool expand_room(struct expansion *e, const void **items, int count, int *capacity, size_t size)
{
    int wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *wider;

    if (count < *capacity)
        return true;
    wider = arena_alloc(e->arena, (size_t)wanted, size);
    if (wider == NULL)
        return fail_memory(e->err);
    if (count > 0)
        memcpy(wider, *items, (size_t)count * size);
    *items = wider;
    *capacity = wanted;
    return true;
}

static bool push(struct expansion *e, const struct expr ***array, int *count, int *capacity, const struct expr *x)
{
    const void *items = *array;

    if (!expand_room(e, &items, *count, capacity, sizeof **array))
        return false;
    *array = (const struct expr **)(uintptr_t)items;
    (*array)[(*count)++] = x;
    return true;
}

/* --- sets of variables ------------------------------------------------------------------------ */

static void hash_product(struct product *product)
{
    product->hash = UINT64_C(14695981039346656037);
    for (int i = 0; i < product->count; i++)
        product->hash = (product->hash ^ (uint64_t)product->variables[i]) * UINT64_C(1099511628211);
}

static bool same_product(const struct product *a, const struct product *b)
{
    return a->hash == b->hash && a->count == b->count
           && memcmp(a->variables, b->variables, (size_t)a->count * sizeof *a->variables) == 0;
}

static bool in_list(const struct list *list, const struct product *product)
{
    for (int i = 0; i < list->count; i++)
        if (same_product(&list->items[i], product))
            return true;
    return false;
}

/* Appends what is not in the list yet. */
static bool add_product(struct expansion *e, struct list *list, struct product product)
{
    const void *items = list->items;

    if (in_list(list, &product))
        return true;
    if (list->count >= MAX_TERMS)
        return fail(e->err, GLMM_E_LIMIT, NOWHERE, "the formula expands to more than %d terms", MAX_TERMS);
    if (!expand_room(e, &items, list->count, &list->capacity, sizeof *list->items))
        return false;
    list->items = (struct product *)(uintptr_t)items;
    list->items[list->count++] = product;
    return true;
}

static bool add_list(struct expansion *e, struct list *list, const struct list *more)
{
    bool ok = true;

    for (int i = 0; ok && i < more->count; i++)
        ok = add_product(e, list, more->items[i]);
    return ok;
}

/* The union of two sorted sets. */
static bool unite(struct expansion *e, const struct product *a, const struct product *b, struct product *out)
{
    int i = 0, j = 0;

    out->count = 0;
    out->variables = arena_alloc(e->arena, (size_t)(a->count + b->count), sizeof *out->variables);
    if (out->variables == NULL)
        return fail_memory(e->err);
    while (i < a->count || j < b->count) {
        if (j == b->count || (i < a->count && a->variables[i] < b->variables[j]))
            out->variables[out->count++] = a->variables[i++];
        else if (i == a->count || b->variables[j] < a->variables[i])
            out->variables[out->count++] = b->variables[j++];
        else
            out->variables[out->count++] = a->variables[(void)j++, i++];
    }
    hash_product(out);
    return true;
}

/* Each term of a united with each of b. */
static bool cross(struct expansion *e, const struct list *a, const struct list *b, struct list *out)
{
    struct product product;
    bool ok = (int64_t)a->count * b->count <= MAX_PAIRS
              || fail(e->err, GLMM_E_LIMIT, NOWHERE, "the formula expands to too many terms (%d times %d)", a->count, b->count);

    for (int i = 0; ok && i < a->count; i++)
        for (int j = 0; ok && j < b->count; j++)
            ok = unite(e, &a->items[i], &b->items[j], &product) && add_product(e, out, product);
    return ok;
}

/* Each term of b united with all variables of a. */
static bool nest(struct expansion *e, const struct list *a, const struct list *b, struct list *out)
{
    struct product all = { 0 }, product;
    bool ok = true;

    for (int i = 0; ok && i < a->count; i++) {
        ok = unite(e, &all, &a->items[i], &product);
        all = product;
    }
    for (int j = 0; ok && j < b->count; j++)
        ok = unite(e, &all, &b->items[j], &product) && add_product(e, out, product);
    return ok;
}

/* --- leaves ----------------------------------------------------------------------------------- */

/* The set of one variable, which is noted when it is new. */
static bool add_variable(struct expansion *e, const struct expr *x, struct list *out)
{
    struct product product = { .count = 1 };
    int i = 0;

    while (i < e->variable_count && !expr_equal(e->variables[i], x))
        i++;
    if (i == e->variable_count && !push(e, &e->variables, &e->variable_count, &e->variable_capacity, x))
        return false;
    product.variables = arena_alloc(e->arena, 1, sizeof *product.variables);
    if (product.variables == NULL)
        return fail_memory(e->err);
    product.variables[0] = i;
    hash_product(&product);
    return add_product(e, out, product);
}

static bool names_variable(const struct expr *x, const char *name)
{
    if (x == NULL)
        return false;
    if (x->kind == EXPR_NAME)
        return strcmp(x->text, name) == 0;
    for (const struct expr *a = x->arguments; a != NULL; a = a->next)
        if (names_variable(a, name))
            return true;
    return names_variable(x->left, name) || names_variable(x->right, name);
}

/* `.` is every column that the response does not name. */
static bool expand_dot(struct expansion *e, const struct expr *x, struct list *out)
{
    struct expr *name;
    bool ok = true;

    if (e->in_random)
        return fail(e->err, GLMM_E_SYNTAX, x->at, "`.` cannot stand in a random term; name its variables");
    if (e->data == NULL)
        return fail(e->err, GLMM_E_STATE, x->at, "`.` stands for the other columns of the data, but no data are loaded");
    for (size_t j = 0; ok && j < e->data->column_count; j++) {
        if (names_variable(e->response, e->data->columns[j].name))
            continue;
        name = arena_alloc(e->arena, 1, sizeof *name);
        if (name == NULL || (name->text = arena_strdup(e->arena, e->data->columns[j].name)) == NULL)
            return fail_memory(e->err);
        name->kind = EXPR_NAME;
        name->at = x->at;
        name->height = 1;
        ok = add_variable(e, name, out);
    }
    return ok;
}

/* `1` and `0`: the intercept. */
static bool expand_number(struct expansion *e, const struct expr *x)
{
    if (x->number != 0.0 && x->number != 1.0) {
        fail(e->err, GLMM_E_SYNTAX, x->at, "only 0 and 1 (the intercept) may stand as numbers in a formula");
        error_hint(e->err, "arithmetic goes into I(): I(2 * x)");
        return false;
    }
    e->intercept = (x->number != 0.0) != e->subtracting;
    return true;
}

static bool expand_random(struct expansion *e, const struct expr *paren, const struct expr *bar);

/* ar1(0 + t | g): a random term whose covariance matrix has a structure. */
static bool is_structured(const struct expr *x)
{
    const struct expr *first = x->arguments;

    return first != NULL && first->argument_name == NULL && first->kind == EXPR_BINARY
           && (strcmp(first->text, "|") == 0 || strcmp(first->text, "||") == 0);
}

static bool expand_call(struct expansion *e, const struct expr *x, struct list *out)
{
    if (is_structured(x))
        return expand_random(e, x, x);
    if (strcmp(x->text, "cbind") == 0)
        return fail(e->err, GLMM_E_SYNTAX, x->at, "cbind() stands only as the response: cbind(successes, failures) ~ ...");
    if (strcmp(x->text, "offset") != 0)
        return add_variable(e, x, out);
    if (e->in_random)
        return fail(e->err, GLMM_E_SYNTAX, x->at, "an offset cannot stand in a random term");
    if (e->operand > 0 || e->subtracting)
        return fail(e->err, GLMM_E_SYNTAX, x->at, "an offset can only be added: ... + offset(log(t))");
    if (x->arguments == NULL || x->arguments->next != NULL)
        return fail(e->err, GLMM_E_USAGE, x->at, "offset() takes 1 argument");
    return push(e, &e->offsets, &e->offset_count, &e->offset_capacity, x->arguments);
}

static bool expand_random(struct expansion *e, const struct expr *paren, const struct expr *bar)
{
    if (e->in_random)
        return fail(e->err, GLMM_E_SYNTAX, bar->at, "a random term cannot stand inside another");
    if (e->operand > 0 || e->subtracting)
        return fail(e->err, GLMM_E_SYNTAX, paren->at, "a random term can only be added: ... + (1 | g)");
    return push(e, &e->random, &e->random_count, &e->random_capacity, bar);
}

/* --- operators -------------------------------------------------------------------------------- */

static bool expand(struct expansion *e, const struct expr *x, struct list *out);

/* An operand of `:` and its kin: offsets and random terms have no place in it. */
static bool expand_operand(struct expansion *e, const struct expr *x, struct list *out)
{
    bool ok;

    e->operand++;
    ok = expand(e, x, out);
    e->operand--;
    return ok;
}

/* (a + b + c)^2 */
static bool expand_power(struct expansion *e, const struct expr *x, struct list *out)
{
    const struct expr *exponent = x->right;
    struct list base = { 0 };
    bool ok;

    while (exponent->kind == EXPR_PAREN)
        exponent = exponent->left;
    if (exponent->kind != EXPR_NUMBER || exponent->number < 1.0 || exponent->number != floor(exponent->number)) {
        fail(e->err, GLMM_E_SYNTAX, x->right->at, "in a formula `^` takes a whole number: all interactions of so many terms");
        error_hint(e->err, "a power of a variable is written I(x^2)");
        return false;
    }
    ok = expand_operand(e, x->left, &base) && add_list(e, out, &base);
    for (int i = 1, before = -1; ok && i < exponent->number && before != out->count; i++) {
        struct list product = { 0 };

        before = out->count;
        ok = cross(e, out, &base, &product) && add_list(e, out, &product);
    }
    return ok;
}

/* left - right: right's terms go, and `1` among them switches the intercept off. */
static bool expand_minus(struct expansion *e, const struct expr *left, const struct expr *right, struct list *out)
{
    struct list all = { 0 }, less = { 0 };
    bool ok = left == NULL || expand(e, left, &all), outer = e->subtracting;

    e->subtracting = !outer;
    ok = ok && expand(e, right, &less);
    e->subtracting = outer;
    for (int i = 0; ok && i < all.count; i++)
        if (!in_list(&less, &all.items[i]))
            ok = add_product(e, out, all.items[i]);
    return ok;
}

static bool is(const struct expr *x, const char *operator)
{
    return strcmp(x->text, operator) == 0;
}

/* `y ~ x + 1 | g`: shows the last summand as the random term that was probably meant. */
static bool fail_bare_bar(struct expansion *e, const struct expr *bar)
{
    const struct expr *effects = bar->left;
    const char *left, *right;

    fail(e->err, GLMM_E_SYNTAX, bar->at, "a random term stands in parentheses of its own");
    if (effects->kind == EXPR_BINARY && is(effects, "+"))
        effects = effects->right;
    left = expr_deparse(e->arena, effects);
    right = expr_deparse(e->arena, bar->right);
    if (left != NULL && right != NULL)
        error_hint(e->err, "%s(%.60s %s %.60s)", effects == bar->left ? "" : "... + ", left, bar->text, right);
    return false;
}

static bool expand_binary(struct expansion *e, const struct expr *x, struct list *out)
{
    struct list left = { 0 }, right = { 0 };

    if (is(x, "|") || is(x, "||"))
        return fail_bare_bar(e, x);
    if (is(x, "~"))
        return fail(e->err, GLMM_E_SYNTAX, x->at, "a formula has one `~`");
    if (is(x, "+"))
        return expand(e, x->left, &left) && add_list(e, out, &left) && expand(e, x->right, &right) && add_list(e, out, &right);
    if (is(x, "-"))
        return expand_minus(e, x->left, x->right, out);
    if (is(x, "^"))
        return expand_power(e, x, out);
    if (!is(x, "*") && !is(x, ":") && !is(x, "/") && !is(x, "%in%"))
        return add_variable(e, x, out);
    if (!expand_operand(e, x->left, &left) || !expand_operand(e, x->right, &right))
        return false;
    if (is(x, ":"))
        return cross(e, &left, &right, out);
    if (is(x, "*"))
        return add_list(e, out, &left) && add_list(e, out, &right) && cross(e, &left, &right, out);
    if (is(x, "/"))
        return add_list(e, out, &left) && nest(e, &left, &right, out);
    return nest(e, &right, &left, out);
}

/* Appends the terms of x to *out. */
static bool expand(struct expansion *e, const struct expr *x, struct list *out)
{
    switch (x->kind) {
    case EXPR_NUMBER:
        return expand_number(e, x);
    case EXPR_NAME:
        return add_variable(e, x, out);
    case EXPR_DOT:
        return expand_dot(e, x, out);
    case EXPR_CALL:
        return expand_call(e, x, out);
    case EXPR_PAREN:
        if (x->left->kind == EXPR_BINARY && (is(x->left, "|") || is(x->left, "||")))
            return expand_random(e, x, x->left);
        return expand(e, x->left, out);
    case EXPR_UNARY:
        if (is(x, "-"))
            return expand_minus(e, NULL, x->left, out);
        return is(x, "+") ? expand(e, x->left, out) : add_variable(e, x, out);
    case EXPR_BINARY:
        return expand_binary(e, x, out);
    case EXPR_STRING:
    case EXPR_LOGICAL:
    case EXPR_NA:
        break;
    }
    return fail(e->err, GLMM_E_SYNTAX, x->at, "a constant cannot be a term of a formula");
}

/* --- results ---------------------------------------------------------------------------------- */

static bool make_term(struct expansion *e, const struct product *product, struct term *term)
{
    struct text label = { 0 };
    const char *name = "";

    term->order = product->count;
    term->factors = arena_alloc(e->arena, (size_t)product->count, sizeof *term->factors);
    if (term->factors == NULL)
        return fail_memory(e->err);
    for (int i = 0; i < product->count && name != NULL; i++) {
        term->factors[i] = e->variables[product->variables[i]];
        name = expr_deparse(e->arena, term->factors[i]);
        if (name != NULL)
            text_addf(&label, "%s%s", i > 0 ? ":" : "", name);
    }
    term->at = term->factors[0]->at;
    label.failed = label.failed || name == NULL;
    term->label = arena_take(e->arena, &label);
    return term->label != NULL || fail_memory(e->err);
}

bool expand_terms(struct expansion *e, const struct expr *x, struct term **terms, int *term_count)
{
    struct list list = { 0 };
    int highest = 0, made = 0;

    e->intercept = true;
    if (!expand(e, x, &list))
        return false;
    *terms = arena_alloc(e->arena, (size_t)list.count, sizeof **terms);
    if (*terms == NULL)
        return fail_memory(e->err);
    for (int i = 0; i < list.count; i++)
        if (list.items[i].count > highest)
            highest = list.items[i].count;
    for (int order = 1; order <= highest; order++)
        for (int i = 0; i < list.count; i++)
            if (list.items[i].count == order && !make_term(e, &list.items[i], &(*terms)[made++]))
                return false;
    *term_count = made;
    return true;
}
