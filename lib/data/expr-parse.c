/* expr-parse.c -- recursive descent over the grammar of expr.h: each function's rule stands above it.
 *
 * A nest deeper than MAX_DEPTH and a tree higher than MAX_HEIGHT (a chain of thousands of operators) are errors, so that
 * no text can exhaust the stack here or in what walks the tree later. */
#include "data/expr.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/expr-other.h"
#include "data/expr-lex.h"

enum { MAX_DEPTH = 200, MAX_HEIGHT = 4000, MAX_LENGTH = 1 << 20 };

struct parser {
    struct expr_lexer lexer;
    struct expr_token token;   /* the next one, not yet taken */
    struct glmm_span previous; /* of the last one taken */
    struct glmm_span open;     /* the innermost parenthesis that is open */
    const char *after;         /* the operator last taken, for the message that an operand is missing behind it */
    int depth;
    struct glmm_error *err;
};

static struct expr *parse_or(struct parser *p);
static struct expr *parse_tilde(struct parser *p);
static struct expr *parse_unary(struct parser *p);

static struct expr *error_at(struct parser *p, struct glmm_span at, const char *message)
{
    fail(p->err, GLMM_E_SYNTAX, at, "%s", message);
    return NULL;
}

/* The hint what an operator of another program is here: at a token that cannot stand there, or of `if` before it. */
static struct expr *hint_other(struct parser *p)
{
    const char *text = p->lexer.text, *words = expr_other_sign(text + p->token.at.begin);

    if (words == NULL && p->after != NULL && p->previous.end == p->token.at.begin)
        words = expr_other_sign(text + p->previous.begin);
    if (words == NULL && p->token.kind == EXPR_TOKEN_NAME)
        words = expr_other_operator(p->token.text);
    if (words == NULL && p->previous.begin >= 0 && p->after == NULL)
        words = expr_other_operator(
            arena_strndup(p->lexer.arena, text + p->previous.begin, (size_t)(p->previous.end - p->previous.begin)));
    if (words == NULL && p->previous.begin >= 0 && p->after == NULL && strchr("0123456789.", text[p->previous.end - 1]) != NULL
        && strchr("0123456789.", text[p->previous.begin]) != NULL)
        words = "times is written *"; /* 5 x */
    if (words != NULL)
        error_hint(p->err, "%s", words);
    return NULL;
}

/* Takes the token and reads the next one. */
static bool advance(struct parser *p)
{
    p->previous = p->token.at;
    p->after = p->token.kind == EXPR_TOKEN_OPERATOR ? p->token.text : NULL;
    return expr_lex(&p->lexer, &p->token, p->err);
}

static bool at_operator(const struct parser *p, const char *text)
{
    return p->token.kind == EXPR_TOKEN_OPERATOR && strcmp(p->token.text, text) == 0;
}

/* The operator of the list that comes next, or NULL. */
static const char *next_operator(const struct parser *p, const char *const list[])
{
    for (; *list != NULL; list++)
        if (at_operator(p, *list))
            return *list;
    return NULL;
}

static struct expr *node_new(struct parser *p, enum expr_kind kind, struct glmm_span at, const char *text)
{
    struct expr *node = arena_alloc(p->lexer.arena, 1, sizeof *node);

    if (node == NULL) {
        fail_memory(p->err);
        return NULL;
    }
    node->kind = kind;
    node->at = at;
    node->text = text;
    node->height = 1;
    return node;
}

/* Hangs operands (right may be NULL) below a node. */
static struct expr *join(struct parser *p, enum expr_kind kind, const char *text, struct glmm_span at, struct expr *left,
                         struct expr *right)
{
    struct expr *node = node_new(p, kind, at, text);

    if (node == NULL)
        return NULL;
    node->left = left;
    node->right = right;
    node->height = 1 + left->height;
    if (right != NULL && right->height >= node->height)
        node->height = right->height + 1;
    if (node->height > MAX_HEIGHT) {
        fail(p->err, GLMM_E_LIMIT, at, "the expression is too long: more than %d operators in a row", MAX_HEIGHT);
        return NULL;
    }
    return node;
}

static bool descend(struct parser *p)
{
    if (++p->depth > MAX_DEPTH)
        return fail(p->err, GLMM_E_LIMIT, p->token.at, "the expression is nested too deeply (more than %d levels)", MAX_DEPTH);
    return true;
}

/* operand { operator operand }, left associative. */
static struct expr *parse_chain(struct parser *p, const char *const list[], struct expr *(*operand)(struct parser *))
{
    struct expr *left = operand(p), *right;
    const char *operator;

    while (left != NULL && (operator= next_operator(p, list)) != NULL) {
        if (!advance(p) || (right = operand(p)) == NULL)
            return NULL;
        left = join(p, EXPR_BINARY, operator, span_of(left->at.begin, right->at.end), left, right);
    }
    return left;
}

/* argument -> [ NAME '=' ] tilde */
static struct expr *parse_argument(struct parser *p)
{
    struct parser before = *p;
    const char *name = NULL;
    struct expr *argument;

    if (p->token.kind == EXPR_TOKEN_NAME) {
        name = p->token.text;
        if (!advance(p))
            return NULL;
        if (p->token.kind != EXPR_TOKEN_ASSIGN) {
            *p = before;
            name = NULL;
        } else if (!advance(p)) {
            return NULL;
        }
    }
    argument = parse_tilde(p);
    if (argument != NULL)
        argument->argument_name = name;
    return argument;
}

/* Hangs an argument below its call. */
static bool add_argument(struct parser *p, struct expr *call, struct expr **last, struct expr *argument)
{
    if (argument == NULL)
        return false;
    if (*last == NULL)
        call->arguments = argument;
    else
        (*last)->next = argument;
    *last = argument;
    if (argument->height >= call->height)
        call->height = argument->height + 1;
    return call->height <= MAX_HEIGHT || fail(p->err, GLMM_E_LIMIT, call->at, "the expression is too long");
}

/* The opening parenthesis at `open` needs its other half here. */
static bool close_paren(struct parser *p, struct glmm_span open)
{
    if (p->token.kind == EXPR_TOKEN_CLOSE)
        return advance(p);
    if (p->token.kind == EXPR_TOKEN_END)
        return fail(p->err, GLMM_E_SYNTAX, open, "this `(` is never closed");
    if (p->token.kind == EXPR_TOKEN_ASSIGN)
        return fail(p->err, GLMM_E_SYNTAX, p->token.at, "a comparison is written `==`") || hint_other(p) != NULL;
    if (p->token.kind == EXPR_TOKEN_COMMA)
        return fail(p->err, GLMM_E_SYNTAX, p->token.at,
                    "a comma belongs between the arguments of a function, not into parentheses");
    return fail(p->err, GLMM_E_SYNTAX, p->token.at, "an operator or `)` is missing before this") || hint_other(p) != NULL;
}

/* call -> NAME '(' [argument {',' argument}] ')' [ 'by' range ] */
static struct expr *parse_call(struct parser *p, struct expr_token name)
{
    static const char *const colon[] = { ":", NULL };
    struct expr *call = node_new(p, EXPR_CALL, name.at, name.text), *last = NULL, *by;
    struct glmm_span open = p->token.at, outer = p->open;

    p->open = open;
    if (call == NULL || !descend(p) || !advance(p))
        return NULL;
    if (p->token.kind != EXPR_TOKEN_CLOSE)
        for (;;) {
            if (!add_argument(p, call, &last, parse_argument(p)))
                return NULL;
            if (p->token.kind != EXPR_TOKEN_COMMA)
                break;
            if (!advance(p))
                return NULL;
        }
    if (!close_paren(p, open))
        return NULL;
    p->depth--;
    p->open = outer;
    call->at.end = p->previous.end;
    if (p->token.kind == EXPR_TOKEN_NAME && !p->token.quoted && strcmp(p->token.text, "by") == 0) {
        if (!advance(p) || (by = parse_chain(p, colon, parse_unary)) == NULL || !add_argument(p, call, &last, by))
            return NULL;
        by->argument_name = "by";
        call->at.end = p->previous.end;
    }
    return call;
}

/* The words that are no variables.  `Inf`, `NaN` and `pi` are names, which a variable may take. */
static struct expr *parse_name(struct parser *p)
{
    struct expr_token name = p->token;
    struct expr *node;

    if (!advance(p))
        return NULL;
    if (p->token.kind == EXPR_TOKEN_OPEN)
        return parse_call(p, name);
    node = node_new(p, EXPR_NAME, name.at, name.text);
    if (node == NULL || name.quoted)
        return node;
    if (strcmp(name.text, ".") == 0)
        node->kind = EXPR_DOT;
    if (strcmp(name.text, "NA") == 0)
        node->kind = EXPR_NA;
    if (strcmp(name.text, "TRUE") == 0 || strcmp(name.text, "FALSE") == 0) {
        node->kind = EXPR_LOGICAL;
        node->number = name.text[0] == 'T';
    }
    return node;
}

/* An operand is missing: say behind what. */
static struct expr *no_operand(struct parser *p)
{
    if (p->after != NULL)
        fail(p->err, GLMM_E_SYNTAX, p->token.kind == EXPR_TOKEN_END ? p->previous : p->token.at,
             "a variable or a number is missing after `%s`", p->after);
    else if (p->token.kind == EXPR_TOKEN_OPERATOR)
        fail(p->err, GLMM_E_SYNTAX, p->token.at, "a variable or a number is missing before `%s`", p->token.text);
    else if (p->token.kind == EXPR_TOKEN_END && p->open.begin < 0)
        fail(p->err, GLMM_E_SYNTAX, NOWHERE, "the expression is empty");
    else if (p->token.kind == EXPR_TOKEN_END)
        fail(p->err, GLMM_E_SYNTAX, p->open, "this `(` is never closed");
    else if (p->token.kind == EXPR_TOKEN_CLOSE && p->previous.begin < 0)
        fail(p->err, GLMM_E_SYNTAX, p->token.at, "this `)` closes nothing");
    else
        fail(p->err, GLMM_E_SYNTAX, p->token.at, "a variable or a number is missing here");
    return hint_other(p);
}

static bool is_bar(const struct expr *x)
{
    return x->kind == EXPR_BINARY && x->text[0] == '|' && (x->text[1] == '\0' || x->text[1] == '|');
}

/* options -> '(' effects | group {',' NAME '=' tilde} ')': a random term with options is us(effects | group, ...). */
static struct expr *parse_options(struct parser *p, struct glmm_span open, struct expr *bar)
{
    struct expr *call = node_new(p, EXPR_CALL, open, "us"), *last = NULL;

    if (call == NULL || !add_argument(p, call, &last, bar))
        return NULL;
    while (p->token.kind == EXPR_TOKEN_COMMA)
        if (!advance(p) || !add_argument(p, call, &last, parse_argument(p)))
            return NULL;
    if (!close_paren(p, open))
        return NULL;
    call->at.end = p->previous.end;
    return call;
}

/* atom -> NUMBER | STRING | NAME | call | '(' tilde ')' | '.' | TRUE | FALSE | NA */
static struct expr *parse_atom(struct parser *p)
{
    struct expr_token token = p->token;
    struct glmm_span outer = p->open;
    struct expr *node, *inner;

    switch (token.kind) {
    case EXPR_TOKEN_NUMBER:
    case EXPR_TOKEN_STRING:
        node = node_new(p, token.kind == EXPR_TOKEN_NUMBER ? EXPR_NUMBER : EXPR_STRING, token.at, token.text);
        if (node != NULL)
            node->number = token.number;
        return node != NULL && advance(p) ? node : NULL;
    case EXPR_TOKEN_NAME:
        return parse_name(p);
    case EXPR_TOKEN_OPEN:
        p->open = token.at;
        if (!descend(p) || !advance(p) || (inner = parse_tilde(p)) == NULL)
            return NULL;
        if (p->token.kind == EXPR_TOKEN_COMMA && is_bar(inner)) {
            if ((node = parse_options(p, token.at, inner)) == NULL)
                return NULL;
            p->depth--;
            p->open = outer;
            return node;
        }
        if (!close_paren(p, token.at))
            return NULL;
        p->depth--;
        p->open = outer;
        return join(p, EXPR_PAREN, "(", span_of(token.at.begin, p->previous.end), inner, NULL);
    case EXPR_TOKEN_END:
    case EXPR_TOKEN_OPERATOR:
    case EXPR_TOKEN_CLOSE:
    case EXPR_TOKEN_COMMA:
    case EXPR_TOKEN_ASSIGN:
        break;
    }
    return no_operand(p);
}

/* power -> atom [ '^' unary ] */
static struct expr *parse_power(struct parser *p)
{
    struct expr *left = parse_atom(p), *right;

    if (left == NULL || !at_operator(p, "^"))
        return left;
    if (!descend(p) || !advance(p) || (right = parse_unary(p)) == NULL)
        return NULL;
    p->depth--;
    return join(p, EXPR_BINARY, "^", span_of(left->at.begin, right->at.end), left, right);
}

/* A sign or `!` before an operand. */
static struct expr *parse_prefix(struct parser *p, struct expr *(*operand)(struct parser *))
{
    struct expr_token token = p->token;
    struct expr *inner;

    if (!descend(p) || !advance(p) || (inner = operand(p)) == NULL)
        return NULL;
    p->depth--;
    return join(p, EXPR_UNARY, token.text, span_of(token.at.begin, inner->at.end), inner, NULL);
}

/* unary -> ('-'|'+') unary | power */
static struct expr *parse_unary(struct parser *p)
{
    return at_operator(p, "-") || at_operator(p, "+") ? parse_prefix(p, parse_unary) : parse_power(p);
}

/* range -> unary { ':' unary } */
static struct expr *parse_range(struct parser *p)
{
    static const char *const list[] = { ":", NULL };

    return parse_chain(p, list, parse_unary);
}

/* special -> range { '%in%' range | '%%' range | '%/%' range } */
static struct expr *parse_special(struct parser *p)
{
    static const char *const list[] = { "%in%", "%%", "%/%", NULL };

    return parse_chain(p, list, parse_range);
}

/* product -> special { ('*'|'/') special } */
static struct expr *parse_product(struct parser *p)
{
    static const char *const list[] = { "*", "/", NULL };

    return parse_chain(p, list, parse_special);
}

/* sum -> product { ('+'|'-') product } */
static struct expr *parse_sum(struct parser *p)
{
    static const char *const list[] = { "+", "-", NULL };

    return parse_chain(p, list, parse_product);
}

/* comparison -> sum [ ('=='|'!='|'<'|'<='|'>'|'>=') sum ] */
static struct expr *parse_comparison(struct parser *p)
{
    static const char *const list[] = { "==", "!=", "<", "<=", ">", ">=", NULL };
    struct expr *left = parse_sum(p), *right;
    const char *operator;

    if (left == NULL || (operator= next_operator(p, list)) == NULL)
        return left;
    if (!advance(p) || (right = parse_sum(p)) == NULL)
        return NULL;
    if (next_operator(p, list) != NULL)
        return error_at(p, p->token.at, "comparisons do not chain: write `a < b & b < c`");
    return join(p, EXPR_BINARY, operator, span_of(left->at.begin, right->at.end), left, right);
}

/* not -> '!' not | comparison */
static struct expr *parse_not(struct parser *p)
{
    return at_operator(p, "!") ? parse_prefix(p, parse_not) : parse_comparison(p);
}

/* and -> not { ('&' | '&&') not } */
static struct expr *parse_and(struct parser *p)
{
    static const char *const list[] = { "&", "&&", NULL };

    return parse_chain(p, list, parse_not);
}

/* or -> and { ('|' | '||') and } */
static struct expr *parse_or(struct parser *p)
{
    static const char *const list[] = { "|", "||", NULL };

    return parse_chain(p, list, parse_and);
}

/* tilde -> [ or ] '~' or | or */
static struct expr *parse_tilde(struct parser *p)
{
    struct expr *left, *right;

    if (at_operator(p, "~"))
        return parse_prefix(p, parse_or);
    left = parse_or(p);
    if (left == NULL || !at_operator(p, "~"))
        return left;
    if (!advance(p) || (right = parse_or(p)) == NULL)
        return NULL;
    if (at_operator(p, "~"))
        return error_at(p, p->token.at, "a formula has one `~`");
    return join(p, EXPR_BINARY, "~", span_of(left->at.begin, right->at.end), left, right);
}

/* What stands behind a whole expression is too much. */
static struct expr *trailing(struct parser *p)
{
    switch (p->token.kind) {
    case EXPR_TOKEN_CLOSE:
        return error_at(p, p->token.at, "this `)` closes nothing");
    case EXPR_TOKEN_COMMA:
        return error_at(p, p->token.at, "a comma belongs between the arguments of a function");
    case EXPR_TOKEN_ASSIGN:
        error_at(p, p->token.at, "a comparison is written `==`");
        return hint_other(p);
    case EXPR_TOKEN_OPEN:
    case EXPR_TOKEN_NAME:
    case EXPR_TOKEN_NUMBER:
    case EXPR_TOKEN_STRING:
        error_at(p, p->token.at, "an operator is missing before this");
        return hint_other(p);
    case EXPR_TOKEN_OPERATOR:
    case EXPR_TOKEN_END:
        break;
    }
    error_at(p, p->token.at, "this operator has no place here");
    return hint_other(p);
}

struct expr *expr_parse(struct arena *arena, const char *text, struct glmm_error *err)
{
    struct parser parser = { .lexer = { .arena = arena, .text = text }, .previous = NOWHERE, .open = NOWHERE, .err = err };
    size_t length = strlen(text);
    ptrdiff_t invalid = utf8_invalid(text, length);
    struct expr *tree;

    if (length > MAX_LENGTH) {
        fail(err, GLMM_E_LIMIT, NOWHERE, "the expression is longer than %d bytes", MAX_LENGTH);
        return NULL;
    }
    if (invalid >= 0) {
        fail(err, GLMM_E_SYNTAX, span_of((int)invalid, (int)invalid + 1), "the text is not valid UTF-8");
        return NULL;
    }
    parser.lexer.length = (int)length;
    if (!expr_lex(&parser.lexer, &parser.token, err) || (tree = parse_tilde(&parser)) == NULL)
        return NULL;
    return parser.token.kind == EXPR_TOKEN_END ? tree : trailing(&parser);
}
