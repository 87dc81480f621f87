/* formula-groups.c -- from the right side of a `|` to the groupings that it stands for: a:b, a/b, a*b. */
#include <string.h>

#include "model/formula-private.h"

bool formula_is_operator(const struct expr *x, const char *operator)
{
    return x->kind == EXPR_BINARY && strcmp(x->text, operator) == 0;
}

static bool groups_join(struct build *b, const struct groups *first, const struct groups *second, struct groups *out)
{
    out->items = arena_alloc(b->formula->arena, (size_t)(first->count + second->count), sizeof *out->items);
    if (out->items == NULL)
        return fail_memory(b->expansion.err);
    out->count = first->count + second->count;
    for (int i = 0; i < first->count; i++)
        out->items[i] = first->items[i];
    for (int i = 0; i < second->count; i++)
        out->items[first->count + i] = second->items[i];
    return true;
}

/* The interaction of two groupings.  Like lme4's (R's deparse), a label whose right part is an interaction sets it in
 * parentheses: "c:(b:a)". */
static bool groups_interact(struct build *b, const struct group *left, const struct group *right, struct groups *out)
{
    struct arena *arena = b->formula->arena;
    struct group *group = arena_alloc(arena, 1, sizeof *group);

    if (group == NULL)
        return fail_memory(b->expansion.err);
    group->order = left->order + right->order;
    group->factors = arena_alloc(arena, (size_t)group->order, sizeof *group->factors);
    group->label = arena_printf(arena, right->order > 1 ? "%s:(%s)" : "%s:%s", left->label, right->label);
    if (group->factors == NULL || group->label == NULL)
        return fail_memory(b->expansion.err);
    memcpy(group->factors, left->factors, (size_t)left->order * sizeof *left->factors);
    memcpy(group->factors + left->order, right->factors, (size_t)right->order * sizeof *right->factors);
    out->items = group;
    out->count = 1;
    return true;
}

/* `row`, where no variable is called so, has a level for each row. */
static const struct expr *each_row(struct build *b, const struct expr *x)
{
    const struct frame *data = b->expansion.data;
    struct expr *rows;

    if (x->kind != EXPR_NAME || strcmp(x->text, "row") != 0 || data == NULL || frame_find(data, "row") != NULL
        || (rows = expr_parse(b->formula->arena, "factor(row())", b->expansion.err)) == NULL)
        return x;
    rows->at = rows->arguments->at = x->at;
    return rows;
}

bool formula_group_of(struct build *b, const struct expr *x, struct groups *out)
{
    struct group *group = arena_alloc(b->formula->arena, 1, sizeof *group);

    if (group == NULL || (group->factors = arena_alloc(b->formula->arena, 1, sizeof *group->factors)) == NULL
        || (group->label = expr_deparse(b->formula->arena, x)) == NULL)
        return fail_memory(b->expansion.err);
    group->factors[0] = each_row(b, x);
    group->order = 1;
    out->items = group;
    out->count = 1;
    return true;
}

/* a/b: each right grouping within the first of the left ones (which is the innermost), then the left ones. */
static bool groups_nest(struct build *b, const struct groups *left, const struct groups *right, struct groups *out)
{
    struct groups inner = { 0 }, one = { 0 }, more = { 0 };
    bool ok = true;

    for (int i = 0; ok && i < right->count; i++) {
        ok = groups_interact(b, &right->items[i], &left->items[0], &one) && groups_join(b, &inner, &one, &more);
        inner = more;
    }
    return ok && groups_join(b, &inner, left, out);
}

static bool groups_operator(struct build *b, const struct expr *x, struct groups *out)
{
    struct glmm_error *err = b->expansion.err;
    struct groups left = { 0 }, right = { 0 }, both = { 0 }, pair = { 0 };
    bool star = formula_is_operator(x, "*");

    if (formula_is_operator(x, "+")) {
        fail(err, GLMM_E_SYNTAX, x->at, "groups are not added within one random term");
        error_hint(err, "crossed groups are two terms, (1 | a) + (1 | b); their pairs are (1 | a:b)");
        return false;
    }
    if (formula_is_operator(x, "|") || formula_is_operator(x, "||"))
        return fail(err, GLMM_E_SYNTAX, x->at, "a random term has one `|`");
    if (!star && !formula_is_operator(x, ":") && !formula_is_operator(x, "/") && !formula_is_operator(x, "%in%"))
        return formula_group_of(b, x, out);
    if (!formula_groups(b, x->left, &left) || !formula_groups(b, x->right, &right))
        return false;
    if (formula_is_operator(x, "/"))
        return groups_nest(b, &left, &right, out);
    if (left.count > 1 || right.count > 1) {
        fail(err, GLMM_E_SYNTAX, x->at, "nested groups cannot be crossed within one random term");
        error_hint(err, "write one random term for each grouping");
        return false;
    }
    if (!groups_interact(b, &left.items[0], &right.items[0], star ? &pair : out))
        return false;
    return !star || (groups_join(b, &left, &right, &both) && groups_join(b, &both, &pair, out));
}

bool formula_groups(struct build *b, const struct expr *x, struct groups *out)
{
    switch (x->kind) {
    case EXPR_PAREN:
        return formula_groups(b, x->left, out);
    case EXPR_BINARY:
        return groups_operator(b, x, out);
    case EXPR_NAME:
    case EXPR_CALL:
    case EXPR_UNARY:
        return formula_group_of(b, x, out);
    case EXPR_NUMBER:
    case EXPR_STRING:
    case EXPR_DOT:
    case EXPR_LOGICAL:
    case EXPR_NA:
        break;
    }
    fail(b->expansion.err, GLMM_E_SYNTAX, x->at, "a grouping factor is a variable, as in (1 | Subject)");
    return false;
}
