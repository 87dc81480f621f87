/* formula.c -- from the text of a formula to its fixed terms and its random terms. */
#include "model/formula.h"

#include <string.h>

#include "base/suggest.h"
#include "model/formula-private.h"

/* --- random terms ------------------------------------------------------------------------------- */

static bool same_factors(const struct expr *const *a, int a_count, const struct expr *const *b, int b_count)
{
    int found = 0;

    if (a_count != b_count)
        return false;
    for (int i = 0; i < a_count; i++)
        for (int j = 0; j < b_count; j++)
            if (expr_equal(a[i], b[j])) {
                found++;
                break;
            }
    return found == a_count;
}

/* The same effects for the same groups, in whatever order they are written. */
static bool same_random(const struct random_term *a, const struct random_term *b)
{
    bool found, other = (a->relation == NULL) != (b->relation == NULL);

    other = other || (a->relation != NULL && strcmp(a->relation, b->relation) != 0);
    if (other || a->structure != b->structure || a->intercept != b->intercept || a->effect_count != b->effect_count
        || !same_factors(a->group, a->group_order, b->group, b->group_order))
        return false;
    for (int i = 0; i < a->effect_count; i++) {
        found = false;
        for (int j = 0; j < b->effect_count && !found; j++)
            found = same_factors(a->effects[i].factors, a->effects[i].order, b->effects[j].factors, b->effects[j].order);
        if (!found)
            return false;
    }
    return true;
}

static bool add_random(struct build *b, const struct random_term *term)
{
    struct formula *f = b->formula;
    const void *items = f->random;

    for (int i = 0; i < f->random_count; i++)
        if (same_random(&f->random[i], term)) {
            fail(b->expansion.err, GLMM_E_MODEL, term->at, "this random term of %s stands in the formula twice",
                 term->group_label);
            error_hint(b->expansion.err, "leave one of the two out: their variances could not be told apart");
            return false;
        }
    if (!expand_room(&b->expansion, &items, f->random_count, &b->random_capacity, sizeof *f->random))
        return false;
    f->random = (struct random_term *)(uintptr_t)items;
    f->random[f->random_count++] = *term;
    return true;
}

/* The same effects for each of the groupings. */
static bool add_groups(struct build *b, struct random_term term, const struct groups *groups)
{
    bool ok = true;

    for (int i = 0; ok && i < groups->count; i++) {
        term.group = groups->items[i].factors;
        term.group_order = groups->items[i].order;
        term.group_label = groups->items[i].label;
        ok = add_random(b, &term);
    }
    return ok;
}

/* --- structures --------------------------------------------------------------------------------- */

static bool fail_structure(struct build *b, const struct expr *call)
{
    static const char *const unlisted[] = { "us", "diag", "propto", NULL }; /* what wrap() knows beside the listed ones */
    struct suggest suggest;
    struct glmm_error *err = b->expansion.err;
    bool variable = b->expansion.data != NULL && frame_find(b->expansion.data, call->text) != NULL;

    fail(err, GLMM_E_NAME, span_of(call->at.begin, call->at.begin + (int)strlen(call->text)), "no covariance structure `%.60s`",
         call->text);
    suggest_init(&suggest, call->text);
    suggest_all(&suggest, variable ? NULL : unlisted);
    for (int i = 0; !variable && structure_name(i) != NULL; i++)
        suggest_offer(&suggest, structure_name(i));
    if (!suggest_hint(&suggest, err))
        error_hint(err,
                   "a `+` is missing before the `(`, perhaps; structures are us, diag, cs, ar1, toep, ou, exp, gau, mat: help "
                   "structures");
    return false;
}

static const struct expr *call_of(struct build *b, const char *function, const struct expr *x)
{
    struct expr *call = arena_alloc(b->formula->arena, 1, sizeof *call),
                *inner = arena_alloc(b->formula->arena, 1, sizeof *inner);

    if (call == NULL || inner == NULL) {
        fail_memory(b->expansion.err);
        return NULL;
    }
    *inner = *x;
    inner->next = NULL;
    inner->argument_name = NULL;
    call->kind = EXPR_CALL;
    call->at = x->at;
    call->text = function;
    call->height = x->height + 1;
    call->arguments = inner;
    return call;
}

static bool is_number(const struct build *b, const struct expr *x)
{
    const struct column *column =
        x->kind == EXPR_NAME && b->expansion.data != NULL ? frame_find(b->expansion.data, x->text) : NULL;

    return column != NULL && (column->type == COLUMN_REAL || column->type == COLUMN_INTEGER || column->type == COLUMN_DATE);
}

/* Places and times are levels: a number is taken as such, and so is a date. */
static bool set_places(struct build *b, struct random_term *term, const struct expr *at)
{
    struct glmm_error *err = b->expansion.err;
    const char *name = term->structure->name;
    const struct expr *factor;

    if (term->structure->place == PLACE_ANY)
        return true;
    if (term->intercept || term->effect_count != 1 || term->effects[0].order != 1) {
        fail(err, GLMM_E_MODEL, at->at, "%s() takes %s alone, without an intercept", name,
             term->structure->place == PLACE_LEVELS ? "one factor" : "places");
        error_hint(err, term->structure->place == PLACE_LEVELS ? "%s(0 + t | g)" : "%s(0 + pos(x, y) | g)", name);
        return false;
    }
    factor = term->effects[0].factors[0];
    if (!is_number(b, factor))
        return true;
    factor = call_of(b, term->structure->place == PLACE_LEVELS ? "factor" : "pos", factor);
    if (factor == NULL)
        return false;
    term->effects[0].factors[0] = factor;
    term->effects[0].label = expr_deparse(b->formula->arena, factor);
    return term->effects[0].label != NULL || fail_memory(err);
}

/* `by = f`: an intercept for each level of f.  What has slopes, or a structure, is split when it is whole. */
static bool set_by(struct build *b, struct random_term *term, const struct expr *f)
{
    struct glmm_error *err = b->expansion.err;
    const struct expr *call;
    struct expansion effects = { .arena = b->formula->arena, .data = b->expansion.data, .in_random = true, .err = err };

    if (!term->intercept || term->effect_count > 0 || term->structure != NULL) {
        term->split = f;
        return true;
    }
    if ((call = call_of(b, "factor", f)) == NULL)
        return false;
    f = is_number(b, f) ? call : call->arguments; /* a copy that is no argument */
    if (!expand_terms(&effects, f, &term->effects, &term->effect_count))
        return false;
    term->intercept = false;
    term->diagonal = term->by = true;
    return true;
}

/* K = A */
static bool set_relation(struct build *b, struct random_term *term, const struct expr *name)
{
    if (name->kind != EXPR_NAME)
        return fail(b->expansion.err, GLMM_E_SYNTAX, name->at, "K= takes the name of a matrix: see `help matrix`");
    if (term->structure != NULL)
        return fail(b->expansion.err, GLMM_E_MODEL, name->at, "%s() has a structure between its effects; K= is for (x | g)",
                    term->structure->name);
    term->relation = name->text;
    term->relation_at = name->at;
    return true;
}

static bool set_option(struct build *b, struct random_term *term, const struct expr *option)
{
    const char *name = option->argument_name;

    if (name != NULL && strcmp(name, "K") == 0)
        return set_relation(b, term, option);
    if (name != NULL && strcmp(name, "by") == 0)
        return set_by(b, term, option);
    fail(b->expansion.err, GLMM_E_USAGE, option->at, "a random term has the options K= and by=");
    error_hint(b->expansion.err, "(1 | id, K = A), (1 | g, by = f)");
    return false;
}

/* propto(0 + id | g, A): the levels of id covary as A says. */
static bool propto(struct build *b, const struct expr *call, struct random_term *term, struct groups *groups)
{
    const struct expr *matrix = call->arguments->next;
    struct glmm_error *err = b->expansion.err;

    if (matrix == NULL || matrix->next != NULL || term->intercept || term->effect_count != 1 || term->effects[0].order != 1) {
        fail(err, GLMM_E_USAGE, call->at, "propto() takes a factor, a group and a matrix");
        error_hint(err, "propto(0 + id | g, A), or (1 | id, K = A)");
        return false;
    }
    if (!formula_group_of(b, term->effects[0].factors[0], groups))
        return false;
    term->intercept = term->whole_intercept = true;
    term->effect_count = term->whole_count = 0;
    return set_relation(b, term, matrix);
}

/* What the function around a random term says of it. */
static bool wrap(struct build *b, const struct expr *call, struct random_term *term, struct groups *groups)
{
    bool ok = true;

    if (strcmp(call->text, "propto") == 0)
        return propto(b, call, term, groups);
    if (strcmp(call->text, "diag") == 0)
        term->diagonal = true;
    else if (strcmp(call->text, "us") != 0 && (term->structure = structure_find(call->text)) == NULL)
        return fail_structure(b, call);
    if (term->structure != NULL && !set_places(b, term, call->arguments))
        return false;
    for (const struct expr *option = call->arguments->next; ok && option != NULL; option = option->next)
        ok = set_option(b, term, option);
    term->whole = term->effects;
    term->whole_count = term->effect_count;
    term->whole_intercept = term->intercept;
    return ok;
}

/* Each effect of `||` is a term of its own. */
static bool split_bars(struct build *b, const struct random_term *term, const struct groups *groups)
{
    struct random_term part;
    bool ok = true;

    if (term->intercept) {
        part = *term;
        part.effect_count = 0;
        part.part = -1;
        ok = add_groups(b, part, groups);
    }
    for (int i = 0; ok && i < term->effect_count; i++) {
        part = *term;
        part.intercept = false;
        part.diagonal = true;
        part.effects = &term->effects[i];
        part.effect_count = 1;
        part.part = i;
        ok = add_groups(b, part, groups);
    }
    return ok;
}

/* --- a covariance matrix for each level of a factor ------------------------------------------------ */

static struct expr *expr_new(struct build *b, enum expr_kind kind, const char *text, const struct expr *at)
{
    struct expr *x = arena_alloc(b->formula->arena, 1, sizeof *x);

    if (x != NULL)
        *x = (struct expr){ .kind = kind, .text = text, .at = at->at, .height = at->height + 3 };
    return x;
}

/* as.numeric(f == "level"), written as "flevel", as a coefficient of the factor would be. */
static const struct expr *indicator(struct build *b, const struct expr *f, const char *level)
{
    struct expr *left = expr_new(b, EXPR_NAME, f->text, f), *right = expr_new(b, EXPR_STRING, level, f),
                *equal = expr_new(b, EXPR_BINARY, "==", f), *call = expr_new(b, EXPR_CALL, "as.numeric", f);

    if (left == NULL || right == NULL || equal == NULL || call == NULL
        || (call->shown = arena_printf(b->formula->arena, "%s%s", f->text, level)) == NULL)
        return NULL;
    equal->left = left;
    equal->right = right;
    call->arguments = equal;
    return call;
}

/* effect := one * effect; NULL is the intercept. */
static bool multiply(struct build *b, const struct expr *one, const struct term *effect, struct term *out)
{
    int order = effect == NULL ? 1 : effect->order + 1;
    const struct expr **factors = arena_alloc(b->formula->arena, (size_t)order, sizeof *factors);

    if (factors == NULL)
        return false;
    factors[0] = one;
    for (int i = 1; i < order; i++)
        factors[i] = effect->factors[i - 1];
    *out = (struct term){ .factors = factors, .order = order, .at = one->at, .label = one->shown };
    if (effect != NULL)
        out->label = arena_printf(b->formula->arena, "%s:%s", one->shown, effect->label);
    return out->label != NULL;
}

/* The term at one level of the factor. */
static bool add_at_level(struct build *b, struct random_term part, const struct expr *one, bool bars, const struct groups *groups)
{
    struct term *effects = arena_alloc(b->formula->arena, (size_t)part.effect_count + 1, sizeof *effects);
    int count = 0;
    bool ok = effects != NULL && (!part.intercept || multiply(b, one, NULL, &effects[count++]));

    for (int i = 0; ok && i < part.effect_count; i++)
        ok = multiply(b, one, &part.effects[i], &effects[count++]);
    if (!ok)
        return fail_memory(b->expansion.err);
    part.effects = effects;
    part.effect_count = count;
    part.whole = effects;
    part.whole_count = count;
    part.intercept = part.whole_intercept = false;
    part.level_of = part.split->text;
    part.level_name = one->shown;
    part.split = NULL;
    return bars ? split_bars(b, &part, groups) : add_groups(b, part, groups);
}

/* `by = f` of a term with slopes. */
static bool split_levels(struct build *b, const struct random_term *term, bool bars, const struct groups *groups)
{
    const struct expr *f = term->split;
    const struct frame *data = b->expansion.data;
    const struct column *column = NULL;
    struct random_term part = *term;
    bool ok = true, *seen;

    if (f->kind == EXPR_NAME && data != NULL && (column = frame_need(data, f->text, f->at, b->expansion.err)) == NULL)
        return false;
    if (column == NULL || column->type != COLUMN_FACTOR) {
        fail(b->expansion.err, GLMM_E_MODEL, f->at, "by= takes a factor beside slopes");
        if (is_number(b, f))
            error_hint(b->expansion.err, "factor %.60s", f->text);
        return false;
    }
    if ((seen = arena_alloc(b->expansion.arena, (size_t)column->level_count + 1, sizeof *seen)) == NULL)
        return fail_memory(b->expansion.err);
    column_mark_levels(column, NULL, data->rows, seen);
    for (int32_t l = 0; ok && l < column->level_count; l++) {
        const struct expr *one;

        if (!seen[l])
            continue;
        if ((one = indicator(b, f, column->levels[l])) == NULL)
            return fail_memory(b->expansion.err);
        part.level = l;
        ok = add_at_level(b, part, one, bars, groups);
    }
    return ok;
}

/* random -> [NAME] '(' effects ('|' | '||') group {',' option} ')' */
static bool expand_bar(struct build *b, const struct expr *node)
{
    struct expansion effects = {
        .arena = b->formula->arena,
        .data = b->expansion.data,
        .in_random = true,
        .err = b->expansion.err,
    };
    const struct expr *bar = node->kind == EXPR_CALL ? node->arguments : node;
    struct random_term term = { .at = bar->at };
    struct groups groups = { 0 };
    bool ok;

    if (bar->left->kind == EXPR_BINARY && (formula_is_operator(bar->left, "|") || formula_is_operator(bar->left, "||")))
        return fail(b->expansion.err, GLMM_E_SYNTAX, bar->at, "a random term has one `|`");
    ok = expand_terms(&effects, bar->left, &term.effects, &term.effect_count) && formula_groups(b, bar->right, &groups);
    term.intercept = term.whole_intercept = effects.intercept;
    term.whole = term.effects;
    term.whole_count = term.effect_count;
    term.part = RANDOM_ALL;
    if (ok && !term.intercept && term.effect_count == 0)
        return fail(b->expansion.err, GLMM_E_SYNTAX, bar->left->at, "this random term has no effects, not even an intercept");
    ok = ok && (node == bar || wrap(b, node, &term, &groups));
    if (ok && term.split != NULL)
        return split_levels(b, &term, strcmp(bar->text, "||") == 0, &groups);
    if (!ok || strcmp(bar->text, "|") == 0)
        return ok && add_groups(b, term, &groups);
    if (term.structure != NULL)
        return fail(b->expansion.err, GLMM_E_SYNTAX, bar->at, "within %s() the effects are written with one `|`",
                    term.structure->name);
    return split_bars(b, &term, &groups);
}

/* --- the formula -------------------------------------------------------------------------------- */

/* The first place of the response among the factors of the terms, or NULL. */
static const struct expr *find_response(const struct expr *response, const struct term *terms, int count)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < terms[i].order; j++)
            if (expr_equal(terms[i].factors[j], response))
                return terms[i].factors[j];
    return NULL;
}

static bool check_response(const struct formula *f, struct glmm_error *err)
{
    const struct expr *found = find_response(f->response, f->terms, f->term_count);
    const char *role = "predictors";

    for (int i = 0; found == NULL && i < f->random_count; i++) {
        found = find_response(f->response, f->random[i].effects, f->random[i].effect_count);
        for (int j = 0; found == NULL && j < f->random[i].group_order; j++)
            if (expr_equal(f->random[i].group[j], f->response)) {
                found = f->random[i].group[j];
                role = "grouping factors";
            }
    }
    if (found == NULL)
        return true;
    return fail(err, GLMM_E_MODEL, found->at, "the response stands among the %s too", role);
}

/* formula -> [response] '~' terms */
static bool split(struct build *b, const struct expr *tree, const struct expr **right)
{
    struct glmm_error *err = b->expansion.err;

    while (tree->kind == EXPR_PAREN)
        tree = tree->left;
    if (tree->kind == EXPR_UNARY && tree->text[0] == '~') {
        b->formula->tilde = span_of(tree->at.begin, tree->at.begin + 1);
        *right = tree->left;
        return true;
    }
    if (!formula_is_operator(tree, "~")) {
        fail(err, GLMM_E_SYNTAX, tree->at, "a formula needs `~`: response ~ predictors");
        if (tree->kind == EXPR_NAME || tree->kind == EXPR_CALL)
            error_hint(err, "for the mean alone: %.*s ~ 1 + (1 | group)", tree->at.end - tree->at.begin,
                       b->formula->text + tree->at.begin);
        return false;
    }
    b->formula->response = tree->left;
    while (b->formula->response->kind == EXPR_PAREN)
        b->formula->response = b->formula->response->left;
    *right = tree->right;
    return true;
}

static bool build_formula(struct build *b, const char *text)
{
    struct formula *f = b->formula;
    const struct expr *tree, *right = NULL;
    bool ok;

    f->text = arena_strdup(f->arena, text);
    if (f->text == NULL)
        return fail_memory(b->expansion.err);
    if (text[strspn(text, " \t\r\n")] == '\0')
        return fail(b->expansion.err, GLMM_E_SYNTAX, NOWHERE, "the formula is empty: write response ~ predictors");
    tree = expr_parse(f->arena, text, b->expansion.err);
    if (tree == NULL && strchr(text, '~') == NULL)
        error_hint(b->expansion.err, "a formula needs `~`: response ~ predictors");
    if (tree == NULL || !split(b, tree, &right))
        return false;
    b->expansion.arena = f->arena;
    b->expansion.response = f->response;
    ok = expand_terms(&b->expansion, right, &f->terms, &f->term_count);
    f->intercept = b->expansion.intercept;
    f->offsets = b->expansion.offsets;
    f->offset_count = b->expansion.offset_count;
    for (int i = 0; ok && i < b->expansion.random_count; i++)
        ok = expand_bar(b, b->expansion.random[i]);
    return ok && (f->response == NULL || check_response(f, b->expansion.err));
}

struct formula *formula_parse(const char *text, const struct frame *data, struct glmm_error *err)
{
    struct build build = { .expansion = { .data = data, .err = err } };
    struct arena *arena = arena_new();

    build.formula = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *build.formula);
    if (build.formula == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    build.formula->arena = arena;
    if (!build_formula(&build, text)) {
        formula_free(build.formula);
        return NULL;
    }
    return build.formula;
}

void formula_free(struct formula *formula)
{
    if (formula != NULL)
        arena_free(formula->arena);
}
