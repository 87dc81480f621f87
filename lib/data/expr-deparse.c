/* expr-deparse.c -- expressions as R writes them (names of coefficients), and their equality. */
#include "data/expr.h"

#include <string.h>

#include "base/arena-text.h"

/* A name that the lexer reads as one stands without backquotes. */
static bool is_plain_name(const char *name)
{
    static const char *const words[] = { "TRUE", "FALSE", "NA", "." };
    const char *c = name;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(name, words[i]) == 0)
            return false;
    if (*c == '\0' || (*c >= '0' && *c <= '9') || (*c == '.' && c[1] >= '0' && c[1] <= '9'))
        return false;
    for (; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_' || *c == '.'
              || (unsigned char)*c >= 0x80))
            return false;
    return true;
}

static void write_name(struct text *out, const char *name)
{
    text_addf(out, is_plain_name(name) ? "%s" : "`%s`", name);
}

static void write_string(struct text *out, const char *string)
{
    text_add_char(out, '"');
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\')
            text_add_char(out, '\\');
        if (*string == '\n')
            text_add(out, "\\n");
        else if (*string == '\t')
            text_add(out, "\\t");
        else
            text_add_char(out, *string);
    }
    text_add_char(out, '"');
}

/* R sets no spaces around these. */
static bool is_tight(const char *operator)
{
    return strcmp(operator, "/") == 0 || strcmp(operator, "^") == 0 || strcmp(operator, ":") == 0 || strcmp(operator, "%%") == 0
           || strcmp(operator, "%/%") == 0;
}

static void write_expr(struct text *out, const struct expr *x)
{
    char number[40];

    if (x->shown != NULL) {
        text_add(out, x->shown);
        return;
    }
    switch (x->kind) {
    case EXPR_NUMBER:
        text_add(out, number_in_full(x->number, number));
        break;
    case EXPR_STRING:
        write_string(out, x->text);
        break;
    case EXPR_NAME:
        write_name(out, x->text);
        break;
    case EXPR_DOT:
    case EXPR_LOGICAL:
    case EXPR_NA:
        text_add(out, x->text);
        break;
    case EXPR_PAREN:
        text_add(out, "(");
        write_expr(out, x->left);
        text_add(out, ")");
        break;
    case EXPR_UNARY:
        text_add(out, x->text);
        write_expr(out, x->left);
        break;
    case EXPR_BINARY:
        write_expr(out, x->left);
        text_addf(out, is_tight(x->text) ? "%s" : " %s ", x->text);
        write_expr(out, x->right);
        break;
    case EXPR_CALL:
        write_name(out, x->text);
        text_add(out, "(");
        for (const struct expr *argument = x->arguments; argument != NULL; argument = argument->next) {
            if (argument->argument_name != NULL) {
                write_name(out, argument->argument_name);
                text_add(out, " = ");
            }
            write_expr(out, argument);
            if (argument->next != NULL)
                text_add(out, ", ");
        }
        text_add(out, ")");
        break;
    }
}

const char *expr_deparse(struct arena *arena, const struct expr *expr)
{
    struct text text = { 0 };

    write_expr(&text, expr);
    return arena_take(arena, &text);
}

static bool same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    const struct expr *x, *y;

    while (a->kind == EXPR_PAREN)
        a = a->left;
    while (b->kind == EXPR_PAREN)
        b = b->left;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case EXPR_NUMBER:
        return a->number == b->number;
    case EXPR_DOT:
    case EXPR_NA:
        return true;
    case EXPR_STRING:
    case EXPR_NAME:
    case EXPR_LOGICAL:
        return same_text(a->text, b->text);
    case EXPR_UNARY:
        return same_text(a->text, b->text) && expr_equal(a->left, b->left);
    case EXPR_BINARY:
        return same_text(a->text, b->text) && expr_equal(a->left, b->left) && expr_equal(a->right, b->right);
    case EXPR_CALL:
        if (!same_text(a->text, b->text))
            return false;
        for (x = a->arguments, y = b->arguments; x != NULL && y != NULL; x = x->next, y = y->next)
            if (!same_text(x->argument_name, y->argument_name) || !expr_equal(x, y))
                return false;
        return x == NULL && y == NULL;
    case EXPR_PAREN:
        break;
    }
    return false;
}
