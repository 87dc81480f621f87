/* expr-operator.c -- operators of expressions: arithmetic, comparisons of numbers, levels and dates, logic. */
#include "data/expr-eval.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/date.h"
#include "data/name-index.h"

/* The buffer of one of two operands goes over to the result; else a new one. */
static bool reuse(const struct evaluation *e, struct operand *out, enum operand_kind kind, struct operand *a, struct operand *b)
{
    struct operand *giver = a->values != NULL ? a : b != NULL && b->values != NULL ? b : NULL;

    if (giver == NULL)
        return operand_set_column(e, out, kind);
    out->kind = kind;
    out->values = giver->values;
    return true;
}

/* After reuse(): the giver no longer owns what the result has. */
static void release(struct operand *out, struct operand *a, struct operand *b)
{
    if (a->values == out->values)
        a->values = NULL;
    if (b != NULL && b->values == out->values)
        b->values = NULL;
}

enum operator{
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_POWER,
    OP_REMAINDER,
    OP_QUOTIENT,
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_AND,
    OP_OR,
    OP_NONE
};

static enum operator operator_of(const char *text)
{
    static const struct {
        const char *text;
        enum operator operator;
    } all[] = {
        { "+", OP_ADD },         { "-", OP_SUBTRACT },   { "*", OP_MULTIPLY },       { "/", OP_DIVIDE },   { "^", OP_POWER },
        { "%%", OP_REMAINDER },  { "%/%", OP_QUOTIENT }, { "==", OP_EQUAL },         { "!=", OP_UNEQUAL }, { "<", OP_LESS },
        { "<=", OP_LESS_EQUAL }, { ">", OP_GREATER },    { ">=", OP_GREATER_EQUAL }, { "&", OP_AND },      { "&&", OP_AND },
        { "|", OP_OR },          { "||", OP_OR },
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(text, all[i].text) == 0)
            return all[i].operator;
    return OP_NONE;
}

/* R: 1 ^ NA and NA ^ 0 are 1, as in C; the remainder has the divisor's sign. */
static double apply(enum operator operator, double a, double b)
{
    switch (operator) {
    case OP_ADD:
        return a + b;
    case OP_SUBTRACT:
        return a - b;
    case OP_MULTIPLY:
        return a * b;
    case OP_DIVIDE:
        return a / b;
    case OP_POWER:
        return b == 2.0 ? a * a : pow(a, b);
    case OP_REMAINDER:
        return b == 0.0 ? (double)NAN : a - floor(a / b) * b;
    case OP_QUOTIENT:
        return floor(a / b);
    case OP_AND:
        return a == 0.0 || b == 0.0 ? 0.0 : isnan(a) || isnan(b) ? (double)NAN : 1.0;
    case OP_OR:
        return (a != 0.0 && !isnan(a)) || (b != 0.0 && !isnan(b)) ? 1.0 : isnan(a) || isnan(b) ? (double)NAN : 0.0;
    default:
        break;
    }
    if (isnan(a) || isnan(b))
        return (double)NAN;
    switch (operator) {
    case OP_EQUAL:
        return a == b;
    case OP_UNEQUAL:
        return a != b;
    case OP_LESS:
        return a < b;
    case OP_LESS_EQUAL:
        return a <= b;
    case OP_GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

/* A date and days are a date; two dates have days between them. */
static enum operand_kind kind_of_result(enum operator operator, const struct operand * a, const struct operand *b)
{
    bool left = a->kind == OPERAND_DATE, right = b->kind == OPERAND_DATE;

    if ((operator== OP_ADD && left != right) || (operator== OP_SUBTRACT && left && !right))
        return OPERAND_DATE;
    return operator<OP_EQUAL ? OPERAND_NUMBER : OPERAND_LOGICAL;
}

/* The operator over all rows.  The operator is looked up once a row, which the branch predictor hides; the commonest have loops
 * of their own. */
static bool apply_numbers(const struct evaluation *e, enum operator operator, struct operand * a, struct operand *b,
                          struct operand *out)
{
    enum operand_kind kind = kind_of_result(operator, a, b);
    size_t rows = e->frame->rows;

    if (a->constant && b->constant) {
        operand_set_constant(out, kind, apply(operator, a->value, b->value));
        return true;
    }
    if (!reuse(e, out, kind, a, b))
        return false;
    if (operator== OP_MULTIPLY && !a->constant && !b->constant)
        for (size_t i = 0; i < rows; i++)
            out->values[i] = a->values[i] * b->values[i];
    else
        for (size_t i = 0; i < rows; i++)
            out->values[i] = apply(operator, operand_at(a, i), operand_at(b, i));
    release(out, a, b);
    return true;
}

/* The code of a level name; an unknown one is an error that suggests the nearest. */
static bool find_level(const struct evaluation *e, const struct column *factor, const char *name, struct glmm_span at,
                       int32_t *code)
{
    int best = -1, distance;
    int32_t nearest = 0;

    for (*code = 0; *code < factor->level_count; ++*code)
        if (strcmp(factor->levels[*code], name) == 0)
            return true;
    if (evaluation_replays(e)) /* the level need not occur in other rows: the code past the last one equals none */
        return true;
    fail(e->err, GLMM_E_VALUE, at, "%s has no level \"%s\"", factor->name, name);
    for (int32_t i = 0; i < factor->level_count; i++)
        if (is_near(name, factor->levels[i], &distance) && (best < 0 || distance < best)) {
            best = distance;
            nearest = i;
        }
    if (best >= 0)
        error_hint(e->err, "did you mean \"%s\"?", factor->levels[nearest]);
    else if (factor->level_count > 0)
        error_hint(e->err, "its levels are \"%s\" to \"%s\"", factor->levels[0], factor->levels[factor->level_count - 1]);
    return false;
}

/* factor == text or number. */
static bool compare_level(const struct evaluation *e, bool equal, const struct column *factor, const char *name,
                          struct glmm_span at, struct operand *out)
{
    int32_t code;

    if (!find_level(e, factor, name, at, &code) || !operand_set_column(e, out, OPERAND_LOGICAL))
        return false;
    for (size_t i = 0; i < e->frame->rows; i++)
        out->values[i] = factor->as.code[i] < 0 ? (double)NAN : (factor->as.code[i] == code) == equal;
    return true;
}

/* factor == factor, by the names of the levels. */
static bool compare_factors(const struct evaluation *e, bool equal, const struct column *a, const struct column *b,
                            struct operand *out)
{
    int32_t *a_of_b = NEW_ARRAY(int32_t, b->level_count);
    struct name_index index = { 0 };
    bool ok = a_of_b != NULL && name_index_fill(&index, (const char *const *)a->levels, (size_t)a->level_count)
              && operand_set_column(e, out, OPERAND_LOGICAL);

    for (int32_t j = 0; ok && j < b->level_count; j++)
        a_of_b[j] = name_index_find(&index, b->levels[j]);
    name_index_clear(&index);
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = a->as.code[i] < 0 || b->as.code[i] < 0 ? (double)NAN : (a->as.code[i] == a_of_b[b->as.code[i]]) == equal;
    mem_free(a_of_b);
    return ok || fail_memory(e->err);
}

/* A date is compared with dates: a text beside it must be one, and a number of days is a slip (visit > 2024). */
static bool compare_dates(const struct evaluation *e, const struct expr *x, struct operand *a, struct operand *b)
{
    const struct operand *other = a->kind == OPERAND_DATE ? b : a;

    if (!operand_read_date(e, x->left, a) || !operand_read_date(e, x->right, b))
        return false;
    if (other->kind != OPERAND_NUMBER)
        return true;
    fail(e->err, GLMM_E_TYPE, x->at, "a date is compared with a number");
    error_hint(e->err, "dates are written \"2024-01-31\"; year() and days() give numbers");
    return false;
}

/* A comparison in which a text or a factor takes part. */
static bool compare_texts(const struct evaluation *e, const struct expr *x, enum operator operator, const struct operand * a,
                          const struct operand *b, struct operand *out)
{
    const struct operand *factor = a->kind == OPERAND_FACTOR ? a : b, *other = factor == a ? b : a;
    const struct expr *other_expr = factor == a ? x->right : x->left;
    char number[40];

    if (operator!= OP_EQUAL && operator!= OP_UNEQUAL)
        return fail(e->err, GLMM_E_TYPE, x->at, "texts are compared with == and !=, for they have no order");
    if (a->kind == OPERAND_TEXT && b->kind == OPERAND_TEXT) {
        operand_set_constant(out, OPERAND_LOGICAL, (strcmp(a->text, b->text) == 0) == (operator== OP_EQUAL));
        return true;
    }
    if (factor->kind != OPERAND_FACTOR)
        return fail(e->err, GLMM_E_TYPE, x->at, "a number is compared with a text");
    if (other->kind == OPERAND_FACTOR)
        return compare_factors(e, operator== OP_EQUAL, a->factor, b->factor, out);
    if (other->kind == OPERAND_TEXT)
        return compare_level(e, operator== OP_EQUAL, factor->factor, other->text, other_expr->at, out);
    if (!other->constant)
        return fail(e->err, GLMM_E_TYPE, x->at, "a factor is compared with a column of numbers");
    if (isnan(other->value)) {
        operand_set_constant(out, OPERAND_LOGICAL, (double)NAN);
        return true;
    }
    return compare_level(e, operator== OP_EQUAL, factor->factor, number_as_r(other->value, number), other_expr->at, out);
}

static bool is_textual(const struct operand *operand)
{
    return operand->kind == OPERAND_FACTOR || operand->kind == OPERAND_TEXT;
}

bool expr_evaluate_binary(const struct evaluation *e, const struct expr *x, struct operand *out)
{
    enum operator operator= operator_of(x->text);
    struct operand a = { 0 }, b = { 0 };
    char what[16];
    bool ok;

    if (strcmp(x->text, "%in%") == 0)
        return expr_membership(e, x, out);
    if (operator== OP_NONE) {
        fail(e->err, GLMM_E_TYPE, x->at, "`%s` stands only in model formulas", x->text);
        return false;
    }
    ok = expr_evaluate(e, x->left, &a) && expr_evaluate(e, x->right, &b);
    if (ok && operator>= OP_EQUAL && operator<= OP_GREATER_EQUAL &&(a.kind == OPERAND_DATE || b.kind == OPERAND_DATE))
        ok = compare_dates(e, x, &a, &b);
    if (ok && operator>= OP_EQUAL && operator<= OP_GREATER_EQUAL &&(is_textual(&a) || is_textual(&b))) {
        ok = compare_texts(e, x, operator, & a, &b, out);
    } else if (ok) {
        strcat(strcat(strcpy(what, "`"), x->text), "`");
        ok = is_textual(&a)   ? expr_fail_not_number(e, x->left, what)
             : is_textual(&b) ? expr_fail_not_number(e, x->right, what)
                              : apply_numbers(e, operator, & a, &b, out);
    }
    operand_clear(&a);
    operand_clear(&b);
    return ok;
}

bool expr_evaluate_unary(const struct evaluation *e, const struct expr *x, struct operand *out)
{
    struct operand a = { 0 }, b = { 0 };
    bool ok;

    if (x->text[0] == '~')
        return fail(e->err, GLMM_E_TYPE, x->at, "a formula stands only where a model is stated");
    ok = expr_evaluate_number(e, x->left, x->text[0] == '!' ? "`!`" : "a sign", &a);
    operand_set_constant(&b, OPERAND_NUMBER, x->text[0] == '-' ? -1.0 : x->text[0] == '+' ? 1.0 : 0.0);
    ok = ok && apply_numbers(e, x->text[0] == '!' ? OP_EQUAL : OP_MULTIPLY, &a, &b, out);
    operand_clear(&a);
    return ok;
}
