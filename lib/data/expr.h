/* expr.h -- expressions and formulas: one lexer, one grammar (R's precedences), one tree, evaluated over a frame.
 *
 *   tilde      ->  [ or ] '~' or | or
 *   or         ->  and { ('|' | '||') and }            `|` and `||` bind looser than `&`, as in R
 *   and        ->  not { ('&' | '&&') not }
 *   not        ->  '!' not | comparison
 *   comparison ->  sum [ ('=='|'!='|'<'|'<='|'>'|'>=') sum ]
 *   sum        ->  product { ('+'|'-') product }
 *   product    ->  special { ('*'|'/') special }
 *   special    ->  range { '%in%' range | '%%' range | '%/%' range }
 *   range      ->  unary { ':' unary }
 *   unary      ->  ('-'|'+') unary | power
 *   power      ->  atom [ '^' unary ]                   right associative; `**` is `^`
 *   atom       ->  NUMBER | STRING | NAME | NAME '(' [argument {',' argument}] ')' | '(' or ')' | '.' | TRUE | FALSE | NA
 *   argument   ->  [ NAME '=' ] tilde
 *
 * Depth is limited (an error, no crash). */
#ifndef DATA_EXPR_H
#define DATA_EXPR_H

#include "base/arena.h"
#include "data/frame.h"

enum expr_kind { EXPR_NUMBER, EXPR_STRING, EXPR_NAME, EXPR_DOT, EXPR_CALL, EXPR_UNARY, EXPR_BINARY, EXPR_PAREN, EXPR_LOGICAL, EXPR_NA };

struct expr {
    enum expr_kind kind;
    struct glmm_span at;            /* the whole expression */
    double number;
    const char *text;               /* name, string, function name, or the operator: "+", "|", "||", "%in%", "~" */
    const char *argument_name;      /* as an argument of a call: `levels` in f(levels=...), else NULL */
    struct expr *left, *right;      /* operands (unary: left; paren: left) */
    struct expr *arguments;         /* call: the first, linked by next */
    struct expr *next;
};

/* Parses the whole text.  The tree is the arena's.  Errors carry the span. */
struct expr *expr_parse(struct arena *arena, const char *text, struct glmm_error *err);

/* As R deparses it: `log(x + 1)`, `I(x^2)`, `factor(period)`; for coefficient names.  Owned by the arena. */
const char *expr_deparse(struct arena *arena, const struct expr *expr);

/* Equal but for spaces and redundant parentheses. */
bool expr_equal(const struct expr *a, const struct expr *b);

/* A new column (new; column_free) that holds the expression over all rows of the frame.  Arithmetic, comparisons, logic, and
 * log exp sqrt abs round scale center ifelse rank mean min max sum sd log10 log2 log1p expm1 floor ceiling pmin pmax is.na
 * factor as.factor as.numeric I; comparisons of factors with strings.  Missing values propagate. */
struct column *expr_column(const struct expr *expr, const struct frame *frame, struct glmm_error *err);
void column_free(struct column *column);

#endif
