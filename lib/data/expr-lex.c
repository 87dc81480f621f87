/* expr-lex.c -- cuts the text of an expression into tokens, each with its span. */
#include "data/expr-lex.h"

#include <math.h>
#include <string.h>

#include "base/safe.h"
#include "base/text.h"
#include "data/expr-other.h"
#include "data/frame.h"

/* The longest first, so that a prefix never wins. */
static const char *const operators[] = {
    "%in%", "%/%", "%%", "**", "||", "&&", "==", "!=", "<=", ">=", "+", "-", "*", "/", "^", ":", "~", "|", "&", "!", "<", ">",
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length of an escape (base/safe.h) at the place, 0 where there is none; appends what it means to `out`, where that is not
 * NULL. */
static int escape(const struct expr_lexer *lexer, char *out, int *length)
{
    char bytes[4];
    size_t count, taken = 0;

    if (lexer->place < lexer->length && lexer->text[lexer->place] == '\\')
        taken = safe_escape(lexer->text + lexer->place, (size_t)(lexer->length - lexer->place), false, bytes, &count);
    if (taken > 0 && out != NULL) {
        memcpy(out + *length, bytes, count);
        *length += (int)count;
    }
    return (int)taken;
}

/* The byte `ahead` places on; NUL behind the end. */
static char peek(const struct expr_lexer *lexer, int ahead)
{
    return lexer->place + ahead < lexer->length ? lexer->text[lexer->place + ahead] : '\0';
}

/* The name in [begin, end) of the text. */
static bool set_name(struct expr_lexer *lexer, struct expr_token *token, int begin, int end, struct glmm_error *err)
{
    struct expr_lexer at = { lexer->arena, lexer->text, end, begin };
    char *name = arena_alloc(lexer->arena, (size_t)(end - begin) + 1, 1);
    int length = 0, taken;

    if (name == NULL)
        return fail_memory(err);
    for (; at.place<end; at.place += taken> 0 ? taken : 1)
        if ((taken = escape(&at, name, &length)) == 0)
            name[length++] = at.text[at.place];
    name[length] = '\0';
    token->text = name;
    return true;
}

/* NUMBER -> digits ['.' digits] [('e'|'E') ['+'|'-'] digits] ['L'] | '.' digits ... */
static bool lex_number(struct expr_lexer *lexer, struct expr_token *token, struct glmm_error *err)
{
    int begin = lexer->place, sign;

    while (is_digit(peek(lexer, 0)))
        lexer->place++;
    if (peek(lexer, 0) == '.')
        lexer->place++;
    while (is_digit(peek(lexer, 0)))
        lexer->place++;
    if (peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') {
        sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-';
        if (is_digit(peek(lexer, 1 + sign))) {
            lexer->place += 1 + sign;
            while (is_digit(peek(lexer, 0)))
                lexer->place++;
        }
    }
    token->kind = EXPR_TOKEN_NUMBER;
    token->at = span_of(begin, lexer->place);
    if (!parse_number(lexer->text + begin, (size_t)(lexer->place - begin), &token->number))
        return fail(err, GLMM_E_SYNTAX, token->at, "`%.*s` is no number", lexer->place - begin, lexer->text + begin);
    if (!isfinite(token->number))
        return fail(err, GLMM_E_SYNTAX, token->at, "`%.*s` is too large a number", lexer->place - begin, lexer->text + begin);
    if (peek(lexer, 0) == 'L' && !is_name_byte(peek(lexer, 1)))
        lexer->place++;
    if (is_name_byte(peek(lexer, 0))) {
        while (is_name_byte(peek(lexer, 0)))
            lexer->place++;
        return fail(err, GLMM_E_SYNTAX, span_of(begin, lexer->place),
                    "`%.*s` is neither a number nor a name: a name does not start with a digit (`%.*s` between backquotes would)",
                    lexer->place - begin, lexer->text + begin, lexer->place - begin, lexer->text + begin);
    }
    token->at.end = lexer->place;
    return true;
}

/* STRING -> '"' {character | '\' character} '"', or with ' instead. */
static bool lex_string(struct expr_lexer *lexer, struct expr_token *token, struct glmm_error *err)
{
    char quote = peek(lexer, 0), c;
    int begin = lexer->place, out = 0, taken;
    char *copy = arena_alloc(lexer->arena, (size_t)(lexer->length - begin) + 1, 1);

    if (copy == NULL)
        return fail_memory(err);
    for (lexer->place++; lexer->place < lexer->length && peek(lexer, 0) != quote; lexer->place++) {
        c = peek(lexer, 0);
        if ((taken = escape(lexer, copy, &out)) > 0) {
            lexer->place += taken - 1;
            continue;
        }
        if (c == '\\' && lexer->place + 1 < lexer->length) {
            lexer->place++;
            c = peek(lexer, 0);
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        copy[out++] = c;
    }
    if (lexer->place >= lexer->length)
        return fail(err, GLMM_E_SYNTAX, span_of(begin, begin + 1), "this quote is never closed");
    lexer->place++;
    token->kind = EXPR_TOKEN_STRING;
    token->text = copy;
    token->at = span_of(begin, lexer->place);
    return true;
}

/* NAME -> letters, digits, `_`, `.`, or anything between backquotes; \u{HEX} in either is that character. */
static bool lex_name(struct expr_lexer *lexer, struct expr_token *token, struct glmm_error *err)
{
    int begin = lexer->place, taken = 0;

    token->kind = EXPR_TOKEN_NAME;
    if (peek(lexer, 0) == '`') {
        do
            lexer->place++;
        while (lexer->place < lexer->length && peek(lexer, 0) != '`');
        if (lexer->place >= lexer->length)
            return fail(err, GLMM_E_SYNTAX, span_of(begin, begin + 1), "this backquote is never closed");
        lexer->place++;
        token->quoted = true;
        token->at = span_of(begin, lexer->place);
        if (lexer->place - begin == 2)
            return fail(err, GLMM_E_SYNTAX, token->at, "there is no name between the backquotes");
        return set_name(lexer, token, begin + 1, lexer->place - 1, err);
    }
    while (is_name_byte(peek(lexer, 0)) || (taken = escape(lexer, NULL, NULL)) > 0)
        lexer->place += is_name_byte(peek(lexer, 0)) ? 1 : taken;
    token->at = span_of(begin, lexer->place);
    return set_name(lexer, token, begin, lexer->place, err);
}

static bool lex_operator(struct expr_lexer *lexer, struct expr_token *token, struct glmm_error *err)
{
    const char *rest = lexer->text + lexer->place;
    struct glmm_span at = span_of(lexer->place, lexer->place + 1);
    size_t length;

    if (strncmp(rest, "::", 2) == 0) {
        fail(err, GLMM_E_SYNTAX, span_of(at.begin, at.begin + 2), "`::` is not understood");
        error_hint(err, "write the function alone, without its package");
        return false;
    }
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        length = strlen(operators[i]);
        if (strncmp(rest, operators[i], length) == 0) {
            token->kind = EXPR_TOKEN_OPERATOR;
            token->text = strcmp(operators[i], "**") == 0 ? "^" : operators[i];
            lexer->place += (int)length;
            token->at = span_of(at.begin, lexer->place);
            return true;
        }
    }
    if (*rest == '$' || *rest == '[' || *rest == '@') {
        fail(err, GLMM_E_SYNTAX, at, "`%c` is not understood", *rest);
        error_hint(err, "a variable is named alone: `Days`, not `data$Days`");
        return false;
    }
    if (*rest == '%')
        return fail(err, GLMM_E_SYNTAX, at, "`%%` alone is no operator; there are `%%%%` (remainder), `%%/%%` and `%%in%%`");
    if (expr_other_sign(rest) != NULL) {
        fail(err, GLMM_E_SYNTAX, at, "`%c` is not understood here", *rest);
        error_hint(err, "%s", expr_other_sign(rest));
        return false;
    }
    if ((unsigned char)*rest < 0x20 || *rest == 0x7f)
        return fail(err, GLMM_E_SYNTAX, at, "a control character (%d) stands here", *rest);
    return fail(err, GLMM_E_SYNTAX, at, "`%c` is not understood here", *rest);
}

bool expr_lex(struct expr_lexer *lexer, struct expr_token *token, struct glmm_error *err)
{
    char c;

    memset(token, 0, sizeof *token);
    while ((c = peek(lexer, 0)) == ' ' || c == '\t' || c == '\n' || c == '\r')
        lexer->place++;
    token->at = span_of(lexer->place, lexer->place + 1);
    if (lexer->place >= lexer->length) {
        token->at.end = lexer->place;
        return true;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        return lex_number(lexer, token, err);
    if (c == '"' || c == '\'')
        return lex_string(lexer, token, err);
    if (is_name_start(c) || c == '.' || c == '`' || escape(lexer, NULL, NULL) > 0)
        return lex_name(lexer, token, err);
    token->kind = c == '(' ? EXPR_TOKEN_OPEN : c == ')' ? EXPR_TOKEN_CLOSE : c == ',' ? EXPR_TOKEN_COMMA : EXPR_TOKEN_ASSIGN;
    if (c == '(' || c == ')' || c == ',' || (c == '=' && peek(lexer, 1) != '=')) {
        lexer->place++;
        return true;
    }
    return lex_operator(lexer, token, err);
}
