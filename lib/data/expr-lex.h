/* expr-lex.h -- the tokens of expressions; internal to the expr files. */
#ifndef DATA_EXPR_LEX_H
#define DATA_EXPR_LEX_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/error.h"

enum expr_token_kind {
    EXPR_TOKEN_END,
    EXPR_TOKEN_NUMBER,
    EXPR_TOKEN_STRING,
    EXPR_TOKEN_NAME, /* `quoted` where it stood between backquotes */
    EXPR_TOKEN_OPERATOR,
    EXPR_TOKEN_OPEN,
    EXPR_TOKEN_CLOSE,
    EXPR_TOKEN_COMMA,
    EXPR_TOKEN_ASSIGN /* a single `=` */
};

struct expr_token {
    enum expr_token_kind kind;
    struct glmm_span at;
    double number;
    const char *text; /* the name, the string without its quotes, the operator; owned by the arena or constant */
    bool quoted;
};

struct expr_lexer {
    struct arena *arena;
    const char *text;
    int length;
    int place; /* of the next byte to read */
};

/* Reads the next token; false with an error for a byte that starts none, or a quote that is never closed. */
bool expr_lex(struct expr_lexer *lexer, struct expr_token *token, struct glmm_error *err);

#endif
