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
 *   atom       ->  NUMBER | STRING | NAME | call | '(' tilde {',' argument} ')' | '.' | TRUE | FALSE | NA
 *   call       ->  NAME '(' [argument {',' argument}] ')' [ 'by' range ]      `mean(x) by g` is mean(x, by = g)
 *   argument   ->  [ NAME '=' ] tilde
 *
 * Names are as in R (`a.b_1`, any UTF-8 letters), others stand between backquotes; strings between " or '.  Depth and length
 * are limited (an error, no crash). */
#ifndef DATA_EXPR_H
#define DATA_EXPR_H

#include "base/arena.h"
#include "base/progress.h"
#include "data/frame.h"

enum expr_kind {
    EXPR_NUMBER,
    EXPR_STRING,
    EXPR_NAME,
    EXPR_DOT,
    EXPR_CALL,
    EXPR_UNARY,
    EXPR_BINARY,
    EXPR_PAREN,
    EXPR_LOGICAL,
    EXPR_NA
};

struct expr {
    enum expr_kind kind;
    struct glmm_span at; /* the whole expression */
    double number;
    int height;                /* of the tree below, so that recursion over it is bounded */
    const char *text;          /* name, string, function name, or the operator: "+", "|", "||", "%in%", "~" */
    const char *argument_name; /* as an argument of a call: `levels` in f(levels=...), else NULL */
    const char *shown;         /* as what it is written; NULL: as it is.  Of those that a formula makes of others */
    struct expr *left, *right; /* operands (unary: left; paren: left) */
    struct expr *arguments;    /* call: the first, linked by next */
    struct expr *next;
};

/* Parses the whole text.  The tree is the arena's.  Errors carry the span. */
struct expr *expr_parse(struct arena *arena, const char *text, struct glmm_error *err);

/* As R deparses it: `log(x + 1)`, `I(x^2)`, `factor(period)`; for coefficient names.  Owned by the arena. */
const char *expr_deparse(struct arena *arena, const struct expr *expr);

/* Equal but for spaces and redundant parentheses. */
bool expr_equal(const struct expr *a, const struct expr *b);

/* A new column (new; column_free) that holds the expression over all rows of the frame.  What there is:
 *
 *   + - * / ^ %% %/%    == != < <= > >=    & | !    %in% c("a", "b")
 *   log exp sqrt abs sign round signif floor ceiling trunc log10 log2 log1p expm1 plogis qlogis pmin pmax
 *   sin cos tan asin acos atan tanh
 *   mean sum min max sd var median n      one number for all rows, or for the rows of each group: mean(x) by g
 *   scale center rank                     a column; by group too
 *   lag lead row                          of rows before and behind, and their number, in the order of the rows; by group too
 *   ifelse is.na I as.numeric as.integer factor as.factor as.character ordered relevel interaction cut
 *   pos numFactor                         places, a level each, named by their coordinates: "1.5,2"
 *   startsWith endsWith contains grepl nchar          of texts
 *   days year month day weekday as.Date               of dates
 *
 * Missing values propagate as in R (NA & FALSE is FALSE).  A summary of values some of which are missing is an error that names
 * na.rm = TRUE; scale, center and rank leave missing values out.  A factor is compared with a text, a number or another
 * factor by == and !=; a text that is no level of it is an error.  A logical is 0 or 1 in
 * arithmetic, a date the number of its day; a date and days are a date, two dates have days between them.
 * Errors carry spans of the text that was parsed. */
struct column *expr_column(const struct expr *expr, const struct frame *frame, struct glmm_error *err);

/* As expr_column; summaries that name no groups of their own are by those of `by` (NULL: over all rows).  Looks at the progress
 * at each operator and function: NULL with GLMM_E_INTERRUPT where that says stop. */
struct column *expr_column_by(const struct expr *expr, const struct expr *by, const struct frame *frame,
                              const struct glmm_progress *progress, struct glmm_error *err);

/* What an expression took from all rows of its data: the value of mean(x), the centre and the scale of scale(x), in the order in
 * which they are computed.  With it the expression means the same for the rows of another frame. */
struct expr_memory {
    double *values;
    size_t count, capacity;
    bool replay; /* the values are used, not made */
    size_t used; /* while they are */
};

void expr_memory_clear(struct expr_memory *memory);

/* As expr_column; fills an empty memory, or takes from one that is filled (`replay`).  Then what depends on other rows in a way
 * that no number tells (rank(x), mean(x) by g) is an error. */
struct column *expr_column_remember(const struct expr *expr, const struct frame *frame, struct expr_memory *memory,
                                    struct glmm_error *err);
void column_free(struct column *column);

/* The name of each function that expressions know, by index from 0; NULL behind the last. */
const char *expr_function_name(int index);

/* True for a function that stands only in formulas: poly, ns, bs, offset, cbind. */
bool expr_is_formula_function(const char *name);

/* True where a missing value of the expression in that row has a reason: a variable in it is missing there, it holds the constant
 * NA, or a function that may leave values missing (a summary, factor levels).  log(-1) and 0/0 have none. */
bool expr_row_missing(const struct expr *expr, const struct frame *frame, size_t row);

#endif
