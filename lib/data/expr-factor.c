/* expr-factor.c -- functions that make or read factors, and choices: factor, relevel, interaction, ifelse, %in%, is.na. */
#include "data/expr-eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/date.h"
#include "data/name-index.h"

/* --- lists of constants ------------------------------------------------------------------------- */

bool expr_members(const struct evaluation *e, const struct expr *list, const char *what,
                  bool (*member)(void *context, const struct expr *x, const struct operand *value), void *context)
{
    bool is_list = list->kind == EXPR_CALL && strcmp(list->text, "c") == 0, ok = true;
    const struct expr *x = is_list ? list->arguments : list;

    while (ok && x != NULL) {
        struct operand value = { 0 };

        ok = expr_evaluate(e, x, &value);
        if (ok && !value.constant)
            ok = fail(e->err, GLMM_E_TYPE, x->at, "%s takes constants: c(\"a\", \"b\") or c(1, 2)", what);
        ok = ok && member(context, x, &value);
        operand_clear(&value);
        x = is_list ? x->next : NULL;
    }
    return ok;
}

static bool run_list(const struct evaluation *e, const struct function *f, const struct expr *call,
                     const struct expr *const *arguments, struct operand *out)
{
    (void)f;
    (void)arguments;
    (void)out;
    return fail(e->err, GLMM_E_TYPE, call->at, "c(...) stands only behind %%in%% and as the levels of a factor");
}

/* x %in% list, member by member. */
struct membership {
    const struct evaluation *e;
    const struct operand *x;
    double *found;
};

static bool match_member(void *context, const struct expr *x, const struct operand *value)
{
    struct membership *m = context;
    const struct column *factor = m->x->factor;
    char number[40];
    const char *name;

    if (m->x->kind == OPERAND_TEXT)
        return fail(m->e->err, GLMM_E_TYPE, x->at, "`%%in%%` needs a variable on its left");
    if (m->x->kind != OPERAND_FACTOR) {
        struct operand date = *value; /* owns nothing: it is constant */

        if (m->x->kind == OPERAND_DATE && !operand_read_date(m->e, x, &date))
            return false;
        if (date.kind == OPERAND_TEXT)
            return fail(m->e->err, GLMM_E_TYPE, x->at, "a number is compared with a text");
        for (size_t i = 0; i < m->e->frame->rows; i++)
            if (operand_at(m->x, i) == date.value || (isnan(operand_at(m->x, i)) && isnan(date.value)))
                m->found[i] = 1.0;
        return true;
    }
    name = value->kind == OPERAND_TEXT ? value->text : number_as_r(value->value, number);
    for (int32_t code = 0; code < factor->level_count; code++)
        if (strcmp(factor->levels[code], name) == 0)
            for (size_t i = 0; i < m->e->frame->rows; i++)
                if (factor->as.code[i] == code)
                    m->found[i] = 1.0;
    return true;
}

bool expr_membership(const struct evaluation *e, const struct expr *x, struct operand *out)
{
    struct operand left = { 0 };
    struct membership m = { e, &left, NULL };
    bool ok = expr_evaluate(e, x->left, &left) && operand_set_column(e, out, OPERAND_LOGICAL);

    if (ok) {
        m.found = out->values;
        memset(m.found, 0, e->frame->rows * sizeof *m.found);
        ok = expr_members(e, x->right, "`%in%`", match_member, &m);
    }
    operand_clear(&left);
    return ok;
}

/* --- factors ---------------------------------------------------------------------------------- */

/* Any value as a factor column (new). */
static struct column *as_factor(const struct evaluation *e, const struct expr *x)
{
    struct operand operand = { 0 };
    struct column *column = expr_evaluate(e, x, &operand) ? operand_column(e, &operand, "factor") : NULL, *factor = NULL;
    char **levels;
    int32_t *codes, count;

    operand_clear(&operand);
    if (column == NULL || column->type == COLUMN_FACTOR)
        return column;
    if (column_as_factor(column, e->frame->rows, &codes, &levels, &count, e->err)) {
        mem_free(column->as.any);
        column->as.code = codes;
        column->type = COLUMN_FACTOR;
        column->levels = levels;
        column->level_count = count;
        factor = column;
        column = NULL;
    }
    column_free(column);
    return factor;
}

static bool is_day(double x)
{
    return x >= DATE_FIRST && x <= DATE_LAST;
}

/* The names in c(...), as texts. */
struct names {
    const struct evaluation *e;
    char **names;
    int32_t count, room;
    struct name_index index; /* of the names, in the order in which they were added */
};

static bool add_name(void *context, const struct expr *x, const struct operand *value)
{
    struct names *names = context;
    char number[40];
    int32_t place;
    const char *name = value->kind == OPERAND_TEXT                           ? value->text
                       : value->kind == OPERAND_LOGICAL                      ? (value->value != 0.0 ? "TRUE" : "FALSE")
                       : value->kind == OPERAND_DATE && is_day(value->value) ? date_text((int32_t)value->value, number)
                                                                             : number_as_r(value->value, number);

    if (value->kind != OPERAND_TEXT && isnan(value->value))
        return fail(names->e->err, GLMM_E_VALUE, x == NULL ? NOWHERE : x->at, "a level cannot be missing");
    if (name_index_find(&names->index, name) >= 0)
        return fail(names->e->err, GLMM_E_VALUE, x == NULL ? NOWHERE : x->at, "\"%s\" is listed twice", name);
    if (names->count == names->room) {
        char **wider = mem_resize(names->names, (size_t)names->room * 2 + 8, sizeof *wider);

        if (wider == NULL)
            return fail_memory(names->e->err);
        names->names = wider;
        names->room = names->room * 2 + 8;
    }
    names->names[names->count] = mem_strdup(name);
    if (names->names[names->count] == NULL || !name_index_add(&names->index, names->names[names->count++], &place))
        return fail_memory(names->e->err);
    return true;
}

static void names_clear(struct names *names)
{
    for (int32_t i = 0; i < names->count; i++)
        mem_free(names->names[i]);
    mem_free(names->names);
    name_index_clear(&names->index);
    names->names = NULL;
    names->count = 0;
}

/* Gives a factor these levels, in this order; values of no listed level become missing, as in R.  Takes the names. */
static bool set_levels(const struct evaluation *e, struct column *factor, struct names *names)
{
    int32_t *new_of_old = NEW_ARRAY(int32_t, factor->level_count), old_count = factor->level_count;
    char **old = factor->levels;

    if (new_of_old == NULL)
        return fail_memory(e->err);
    for (int32_t i = 0; i < old_count; i++)
        new_of_old[i] = name_index_find(&names->index, old[i]);
    name_index_clear(&names->index);
    for (size_t i = 0; i < e->frame->rows; i++)
        if (factor->as.code[i] >= 0)
            factor->as.code[i] = new_of_old[factor->as.code[i]];
    factor->levels = names->names;
    factor->level_count = names->count;
    factor->reference = 0;
    names->names = old;
    names->count = old_count;
    mem_free(new_of_old);
    return true;
}

/* Gives the levels other names. */
static bool set_labels(const struct evaluation *e, struct column *factor, const struct expr *labels)
{
    struct names names = { .e = e };
    char **old = factor->levels;
    bool ok = expr_members(e, labels, "labels", add_name, &names);

    if (ok && names.count != factor->level_count)
        ok = fail(e->err, GLMM_E_VALUE, labels->at, "%d labels for %d levels", (int)names.count, (int)factor->level_count);
    if (ok) {
        factor->levels = names.names;
        names.names = old;
    }
    names_clear(&names);
    return ok;
}

/* factor(x, levels, labels), ordered(x, levels, labels), as.factor(x). */
static bool run_factor(const struct evaluation *e, const struct function *f, const struct expr *call,
                       const struct expr *const *arguments, struct operand *out)
{
    struct column *factor = as_factor(e, arguments[0]);
    struct names names = { .e = e };
    bool ok = factor != NULL;

    if (!ok)
        return false;
    operand_set_factor(out, factor);
    if (arguments[1] != NULL)
        ok = expr_members(e, arguments[1], "levels", add_name, &names) && set_levels(e, factor, &names);
    names_clear(&names);
    if (ok && arguments[2] != NULL)
        ok = (arguments[1] != NULL || evaluation_needs_all_rows(e, call)) && set_labels(e, factor, arguments[2]);
    if (strcmp(f->name, "ordered") == 0)
        factor->contrast = CONTRAST_POLY;
    return ok;
}

/* relevel(x, ref): the reference of the treatment contrasts. */
static bool run_relevel(const struct evaluation *e, const struct function *f, const struct expr *call,
                        const struct expr *const *arguments, struct operand *out)
{
    struct column *factor = as_factor(e, arguments[0]);
    struct names names = { .e = e };
    bool ok = factor != NULL;
    int32_t reference = -1;

    (void)f;
    if (!ok)
        return false;
    operand_set_factor(out, factor);
    ok = expr_members(e, arguments[1], "ref", add_name, &names);
    for (int32_t i = 0; ok && names.count == 1 && i < factor->level_count; i++)
        if (strcmp(factor->levels[i], names.names[0]) == 0)
            reference = i;
    if (ok && reference < 0 && !evaluation_replays(e))
        ok = fail(e->err, GLMM_E_VALUE, arguments[1]->at, "no level \"%s\" to take as the reference of %s",
                  names.count > 0 ? names.names[0] : "", arguments[0]->text != NULL ? arguments[0]->text : call->text);
    if (ok) {
        factor->reference = reference < 0 ? 0 : reference;
        factor->contrast = CONTRAST_TREATMENT;
    }
    names_clear(&names);
    return ok;
}

/* as.numeric(x): a factor whose levels all read as numbers gives those, any other its codes from 1. */
static bool run_as_numeric(const struct evaluation *e, const struct function *f, const struct expr *call,
                           const struct expr *const *arguments, struct operand *out)
{
    struct operand x = { 0 };
    double *of_level;
    bool ok, numbers = true;

    (void)f;
    if (!expr_evaluate(e, arguments[0], out))
        return false;
    if (out->kind == OPERAND_TEXT)
        return fail(e->err, GLMM_E_TYPE, arguments[0]->at, "a text is no number");
    if (out->kind != OPERAND_FACTOR) {
        out->kind = OPERAND_NUMBER;
        return true;
    }
    x = *out;
    memset(out, 0, sizeof *out);
    of_level = NEW_ARRAY(double, x.factor->level_count);
    ok = of_level != NULL && operand_set_column(e, out, OPERAND_NUMBER);
    for (int32_t i = 0; ok && i < x.factor->level_count; i++)
        numbers = numbers && parse_number(x.factor->levels[i], strlen(x.factor->levels[i]), &of_level[i]);
    if (ok && !numbers && !evaluation_needs_all_rows(e, call))
        ok = false;
    for (int32_t i = 0; ok && !numbers && i < x.factor->level_count; i++)
        of_level[i] = (double)i + 1.0;
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = x.factor->as.code[i] < 0 ? (double)NAN : of_level[x.factor->as.code[i]];
    mem_free(of_level);
    operand_clear(&x);
    return ok || fail_memory(e->err);
}

/* Joins one more factor to an interaction: the levels of the first vary fastest, as in R; only pairs that occur are kept. */
static struct column *interact(const struct evaluation *e, struct column *a, const struct column *b, char between)
{
    int64_t pairs = (int64_t)a->level_count * b->level_count;
    int32_t *new_of_pair = NULL, used = 0;
    struct column *joint = NULL;
    bool ok = pairs <= INT32_MAX / 8 || fail(e->err, GLMM_E_LIMIT, NOWHERE, "the interaction has too many levels");

    ok = ok && ((new_of_pair = NEW_ARRAY(int32_t, pairs)) != NULL || fail_memory(e->err));
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        if (a->as.code[i] >= 0 && b->as.code[i] >= 0)
            new_of_pair[(size_t)b->as.code[i] * (size_t)a->level_count + (size_t)a->as.code[i]] = 1;
    for (int64_t pair = 0; ok && pair < pairs; pair++)
        new_of_pair[pair] = new_of_pair[pair] != 0 ? used++ : -1;
    ok = ok && (joint = factor_new(e, "interaction", used)) != NULL;
    for (int64_t pair = 0; ok && pair < pairs; pair++)
        if (new_of_pair[pair] >= 0) {
            const char *left = a->levels[pair % a->level_count], *right = b->levels[pair / a->level_count];
            size_t size = strlen(left) + strlen(right) + 2;
            char *name = mem_alloc(size, 1);

            ok = name != NULL || fail_memory(e->err);
            if (ok)
                snprintf(name, size, "%s%c%s", left, between, right);
            joint->levels[new_of_pair[pair]] = name;
        }
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        joint->as.code[i] = a->as.code[i] < 0 || b->as.code[i] < 0
                                ? -1
                                : new_of_pair[(size_t)b->as.code[i] * (size_t)a->level_count + (size_t)a->as.code[i]];
    mem_free(new_of_pair);
    if (!ok)
        column_free(joint);
    return ok ? joint : NULL;
}

/* interaction(a, b, ...): levels "a1.b1"; pos(x, y, ...) and numFactor(x, y, ...), places by their coordinates: "1.5,2". */
static bool run_interaction(const struct evaluation *e, const struct function *f, const struct expr *call,
                            const struct expr *const *arguments, struct operand *out)
{
    struct column *joint = as_factor(e, call->arguments), *next, *wider;

    (void)arguments;
    for (const struct expr *a = call->arguments->next; joint != NULL && a != NULL; a = a->next) {
        next = as_factor(e, a);
        wider = next == NULL ? NULL : interact(e, joint, next, strcmp(f->name, "interaction") == 0 ? '.' : ',');
        column_free(next);
        column_free(joint);
        joint = wider;
    }
    if (joint != NULL)
        operand_set_factor(out, joint);
    return joint != NULL;
}

/* --- choices ---------------------------------------------------------------------------------- */

static bool run_is_na(const struct evaluation *e, const struct function *f, const struct expr *call,
                      const struct expr *const *arguments, struct operand *out)
{
    struct operand x = { 0 };
    bool ok = expr_evaluate(e, arguments[0], &x) && operand_set_column(e, out, OPERAND_LOGICAL);

    (void)f;
    (void)call;
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = x.kind == OPERAND_FACTOR ? x.factor->as.code[i] < 0
                         : x.kind == OPERAND_TEXT ? 0.0
                                                  : isnan(operand_at(&x, i));
    operand_clear(&x);
    return ok;
}

/* Adds the levels of one branch, and notes at which place each stands. */
static bool add_branch(const struct evaluation *e, const struct operand *branch, struct names *names)
{
    struct operand level = { .kind = OPERAND_TEXT, .constant = true };
    int32_t count = branch->kind == OPERAND_FACTOR ? branch->factor->level_count : branch->kind == OPERAND_TEXT;
    bool ok = true;

    for (int32_t i = 0; ok && i < count; i++) {
        level.text = branch->kind == OPERAND_FACTOR ? branch->factor->levels[i] : branch->text;
        ok = name_index_find(&names->index, level.text) >= 0 || add_name(names, NULL, &level);
    }
    return ok || fail_memory(e->err);
}

static bool sort_names(struct names *names)
{
    if (names->count > 0 && !levels_sort(names->names, names->count, NULL))
        return false;
    name_index_clear(&names->index);
    return name_index_fill(&names->index, (const char *const *)names->names, (size_t)names->count);
}

/* The level of a branch in a row, or NULL. */
static const char *branch_text(const struct operand *branch, size_t row)
{
    if (branch->kind == OPERAND_TEXT)
        return branch->text;
    if (branch->kind != OPERAND_FACTOR || branch->factor->as.code[row] < 0)
        return NULL;
    return branch->factor->levels[branch->factor->as.code[row]];
}

/* ifelse() of texts makes a factor. */
static bool choose_text(const struct evaluation *e, const struct operand *test, const struct operand *yes,
                        const struct operand *no, struct operand *out)
{
    struct names names = { .e = e };
    struct column *factor = NULL;
    const char *text;
    bool ok = add_branch(e, yes, &names) && add_branch(e, no, &names) && (sort_names(&names) || fail_memory(e->err))
              && (factor = factor_new(e, "ifelse", names.count)) != NULL;

    for (size_t i = 0; ok && i < e->frame->rows; i++) {
        double chosen = operand_at(test, i);

        text = isnan(chosen) ? NULL : branch_text(chosen != 0.0 ? yes : no, i);
        factor->as.code[i] = text == NULL ? -1 : name_index_find(&names.index, text);
    }
    if (ok) {
        for (int32_t i = 0; i < names.count; i++)
            factor->levels[i] = names.names[i];
        names.count = 0;
        operand_set_factor(out, factor);
    }
    names_clear(&names);
    return ok;
}

static bool is_constant_na(const struct operand *x)
{
    return x->kind == OPERAND_LOGICAL && x->constant && isnan(x->value);
}

/* ifelse(test, yes, no): missing where the test is. */
static bool run_ifelse(const struct evaluation *e, const struct function *f, const struct expr *call,
                       const struct expr *const *arguments, struct operand *out)
{
    struct operand test = { 0 }, yes = { 0 }, no = { 0 };
    bool ok, yes_text, no_text;
    enum operand_kind kind = OPERAND_NUMBER;

    ok = expr_evaluate_number(e, arguments[0], f->name, &test) && expr_evaluate(e, arguments[1], &yes)
         && expr_evaluate(e, arguments[2], &no);
    yes_text = yes.kind == OPERAND_FACTOR || yes.kind == OPERAND_TEXT;
    no_text = no.kind == OPERAND_FACTOR || no.kind == OPERAND_TEXT;
    if (yes.kind == no.kind || is_constant_na(&no))
        kind = yes.kind;
    else if (is_constant_na(&yes) && no.kind == OPERAND_DATE)
        kind = no.kind;
    if (ok && yes_text != no_text && arguments[yes_text ? 2 : 1]->kind != EXPR_NA)
        ok = fail(e->err, GLMM_E_TYPE, call->at, "one result is text and the other a number");
    if (ok && (yes_text || no_text)) {
        ok = choose_text(e, &test, &yes, &no, out);
    } else if (ok && (ok = operand_set_column(e, out, kind))) {
        for (size_t i = 0; i < e->frame->rows; i++) {
            double chosen = operand_at(&test, i);

            out->values[i] = isnan(chosen) ? (double)NAN : operand_at(chosen != 0.0 ? &yes : &no, i);
        }
    }
    operand_clear(&test);
    operand_clear(&yes);
    operand_clear(&no);
    return ok;
}

const struct function expr_functions_factor[] = {
    { .name = "factor", .least = 1, .most = 3, .parameters = "x levels labels", .run = run_factor },
    { .name = "ordered", .least = 1, .most = 3, .parameters = "x levels labels", .run = run_factor },
    { .name = "as.factor", .least = 1, .most = 1, .parameters = "x", .run = run_factor },
    { .name = "as.character", .least = 1, .most = 1, .parameters = "x", .run = run_factor },
    { .name = "relevel", .least = 2, .most = 2, .parameters = "x ref", .run = run_relevel },
    { .name = "interaction", .least = 1, .most = -1, .run = run_interaction },
    { .name = "pos", .least = 1, .most = -1, .run = run_interaction },
    { .name = "numFactor", .least = 1, .most = -1, .run = run_interaction },
    { .name = "as.numeric", .least = 1, .most = 1, .parameters = "x", .run = run_as_numeric },
    { .name = "is.na", .least = 1, .most = 1, .parameters = "x", .run = run_is_na },
    { .name = "ifelse", .least = 3, .most = 3, .parameters = "test yes no", .run = run_ifelse },
    { .name = "c", .least = 0, .most = -1, .run = run_list },
    { .name = NULL },
};
