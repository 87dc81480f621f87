/* expr-other.c -- the functions, operators and values that other programs have (R, Stata, SAS, SPSS, Excel, Python), and what
 * does the same here.  It is said where one of them stands in an expression and cannot be read; nothing is translated unasked. */
#include "data/expr-other.h"

#include <string.h>
#include <strings.h>

struct other_word {
    const char *names; /* separated by `|` */
    const char *words; /* what does it here */
};

static const struct other_word functions[] = {
    { "if|iif|cond|case_when|case|switch|recode|replace|if_else|fcase|which",
      "ifelse(CONDITION, A, B) chooses, and may hold others" },
    { "ln|logn|loge", "log(x) is the natural logarithm" },
    { "pow|power", "a power is x^2" },
    { "sqr", "sqrt(x) is the root, x^2 the square" },
    { "int|fix|integer|truncate", "trunc(x) cuts the decimals off" },
    { "ceil|roundup", "ceiling(x) rounds up" },
    { "rounddown", "floor(x) rounds down" },
    { "mod|modulo|fmod|remainder", "the remainder is x %% 2, whole division x %/% 2" },
    { "missing|mi|isna|isnan|isnull|is.null|is.nan|isempty|isblank|cmiss|nmiss|sysmis",
      "is.na(x) is TRUE where a value is missing" },
    { "complete.cases|notna|notnull|drop_na", "!is.na(x) is TRUE where a value is there" },
    { "coalesce|nvl|ifnull|fillna|replace_na|nz", "ifelse(is.na(x), 0, x) puts a number where none is" },
    { "inlist|isin|any|match|is.element", "x %in% c(1, 2) asks for one of several values" },
    { "inrange|between|range", "between two numbers is x >= 1 & x <= 5" },
    { "avg|average|ave|xbar|mean.default", "mean(x) is the mean, mean(x) by g a group's" },
    { "std|stdev|stddev|stddev.s|stdev.s|stdev.p", "sd(x) is the standard deviation" },
    { "variance|var.s|var.p", "var(x) is the variance" },
    { "count|countif|freq|size|len|length|nrow|total", "n() counts the rows, n() by g a group's, sum(x) adds up" },
    { "row_number|rownames|seq_along|seq|rowid|recno|_n_|lineno", "row() counts the rows, row() by g within each group" },
    { "standardize|standardise|zscore|normalize|std_", "scale(x) has mean 0 and standard deviation 1" },
    { "demean|centre|grand_mean_center|cent|cwc", "center(x) has mean 0; decompose x by g parts it within and between groups" },
    { "diff|difference|dif", "the change from the row before is x - lag(x), by=GROUP within groups" },
    { "lag1|shift|ldiff", "lag(x) is the value of the row before, lag(x), by=GROUP within groups" },
    { "lead1", "lead(x) is the value of the next row" },
    { "ntile|xtile|tertile|quartile|quintile|decile|qcut|bin|ntiles|autocode|binning",
      "cut(x, 4) makes four classes of equal width, cut(x, c(0, 10, 20)) those between these" },
    { "logit", "qlogis(p) is log(p / (1 - p))" },
    { "invlogit|expit|inv_logit|inv.logit|logistic|sigmoid", "plogis(x) is 1 / (1 + exp(-x))" },
    { "as.integer|real|float|destring|as.double|numeric|todouble|val|num|parse_number",
      "as.numeric(x) has the numbers of texts that are some (number x makes the variable one)" },
    { "str|string|tostring|as.string|text|char|format", "as.character(x) has numbers as texts" },
    { "strlen|nchars|lenc", "nchar(x) counts the characters of a text" },
    { "strpos|index|str_detect|regexm|regexpr|strfind|instr|find|like|search|prxmatch|str_contains",
      "contains(x, \"ab\") and grepl(\"^a\", x) look into texts" },
    { "egen|rowmean|rowmeans|rowtotal|rowsums", "a mean over variables is (a + b) / 2" },
    { "rowmax", "pmax(a, b) is the larger of two" },
    { "rowmin", "pmin(a, b) is the smaller of two" },
    { "datediff|difftime|datdif|intck|date_diff|timediff", "days(date, start) counts the days between two dates" },
    { "todate|mdy|dmy|ymd|date|datevalue|str_to_date|strptime|input|to_datetime",
      "as.Date(x) has texts as dates (date x makes the variable one)" },
    { NULL, NULL },
};

/* Words that stand where an operator is missing. */
static const struct other_word operators[] = {
    { "and", "`and` is written &" },
    { "or", "`or` is written |" },
    { "not", "`not` is written !" },
    { "eq|equals|is", "equal is written ==" },
    { "ne|neq|isnt", "not equal is written !=" },
    { "gt", "greater is written >" },
    { "lt", "less is written <" },
    { "ge|gte", "greater or equal is written >=" },
    { "le|lte", "less or equal is written <=" },
    { "in|within|isin", "one of several is x %in% c(1, 2)" },
    { "notin", "none of several is !(x %in% c(1, 2))" },
    { "between", "between two numbers is x >= 1 & x <= 5" },
    { "mod", "the remainder is written %%" },
    { "div", "whole division is written %/%" },
    { "if|then|else|when", "ifelse(CONDITION, A, B) chooses" },
    { "like|contains", "contains(x, \"ab\") looks into texts" },
    { NULL, NULL },
};

/* Signs made of others, or beyond ASCII. */
static const struct other_word signs[] = {
    { "<>", "not equal is written !=" },
    { "=<", "less or equal is written <=" },
    { "=>", "greater or equal is written >=" },
    { "=!", "not equal is written !=" },
    { "!==", "not equal is written !=" },
    { "===", "equal is written ==" },
    { "//", "whole division is written %/%" },
    { "?", "ifelse(CONDITION, A, B) chooses" },
    { "~=", "not equal is written !=" },
    { "+=", "a variable is added to by: let x = x + 1" },
    { "\xe2\x80\x93", "minus is written -" }, /* en dash */
    { "\xe2\x80\x94", "minus is written -" }, /* em dash */
    { "\xe2\x88\x92", "minus is written -" }, /* minus sign */
    { "\xc3\x97", "times is written *" },
    { "\xc2\xb7", "times is written *" },
    { "\xe2\x8b\x85", "times is written *" },
    { "\xc3\xb7", "divided by is written /" },
    { "\xe2\x89\xa4", "less or equal is written <=" },
    { "\xe2\x89\xa5", "greater or equal is written >=" },
    { "\xe2\x89\xa0", "not equal is written !=" },
    { "\xc2\xb2", "a square is written ^2" },
    { "\xc2\xb3", "a cube is written ^3" },
    { "\xe2\x88\x9a", "sqrt(x) is the root" },
    { "\xe2\x80\x9c", "a text stands between straight quotes: \"a\"" },
    { "\xe2\x80\x9d", "a text stands between straight quotes: \"a\"" },
    { "\xe2\x80\x9e", "a text stands between straight quotes: \"a\"" },
    { "\xe2\x80\x98", "a text stands between straight quotes: \"a\"" },
    { "\xe2\x80\x99", "a text stands between straight quotes: \"a\"" },
    { "\xc2\xab", "a text stands between straight quotes: \"a\"" },
    { NULL, NULL },
};

/* Names that are values elsewhere, or what counts rows. */
static const struct other_word values[] = {
    { "true|yes|on", "what is true is TRUE" },
    { "false|no|off", "what is false is FALSE" },
    { "none|null|nan|na|missing|nil|na_real_|na_character_|na_integer_", "a missing value is NA; is.na(x) asks for one" },
    { "inf|infinity", "the infinite number is Inf" },
    { "_n", "row() counts the rows, row() by g within each group" },
    { "n_|_n_", "row() counts the rows, n() is how many there are" },
    { "row|row_number|rownum", "row() counts the rows" },
    { NULL, NULL },
};

static const char *find(const struct other_word *table, const char *name)
{
    const size_t length = name == NULL ? 0 : strlen(name);

    for (; length > 0 && table->names != NULL; table++)
        for (const char *at = table->names; at != NULL; at = strchr(at, '|')) {
            at += *at == '|';
            if (strncasecmp(at, name, length) == 0 && (at[length] == '|' || at[length] == '\0'))
                return table->words;
        }
    return NULL;
}

const char *expr_other_function(const char *name)
{
    return find(functions, name);
}

const char *expr_other_operator(const char *word)
{
    return find(operators, word);
}

const char *expr_other_value(const char *name)
{
    return find(values, name);
}

const char *expr_other_sign_within(const char *name)
{
    for (const struct other_word *sign = signs; sign->names != NULL; sign++)
        if ((unsigned char)sign->names[0] >= 0x80 && strstr(name, sign->names) != NULL)
            return sign->words;
    return NULL;
}

const char *expr_other_sign(const char *text)
{
    for (const struct other_word *sign = signs; sign->names != NULL; sign++)
        if (strncmp(text, sign->names, strlen(sign->names)) == 0)
            return sign->words;
    return NULL;
}
