/* hypothesis.c -- see hypothesis.h.  A recursive descent over linear forms: a constant and a weight for each coefficient. */
#include "infer/hypothesis.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/text.h"
#include "data/frame.h"
#include "result/number.h"

static const double NOT_ONE = 1e-12; /* a weight that is 1 or -1 but for its text's rounding */

enum { MOST_ROWS = 1000, DEPTH_MOST = 100 };

struct form {
    double constant;
    double *weight; /* of each column of the design, then of the dropped ones */
};

struct parser {
    const struct design *design;
    const char *text;
    int length, at, depth;
    int columns;
    struct arena *arena;
    struct glmm_error *err;
    double *rows; /* row after row, `columns` each */
    double *right;
    int count, capacity;
};

static const char *name_of(const struct design *d, int column)
{
    return column < d->p ? d->names[column] : d->dropped[column - d->p];
}

static bool out_of_memory(struct parser *p)
{
    return fail_memory(p->err);
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->length && isspace((unsigned char)p->text[p->at]))
        p->at++;
}

static bool accept(struct parser *p, char c)
{
    skip_blanks(p);
    if (p->at >= p->length || p->text[p->at] != c)
        return false;
    p->at++;
    return true;
}

/* A name ends here: what follows does not go on with it. */
static bool ends(const struct parser *p, int at)
{
    char last = p->text[at - 1];

    if (at >= p->length)
        return true;
    return p->text[at] != ':' && !((is_name_byte(last) || last == ')' || last == '`') && is_name_byte(p->text[at]));
}

/* The longest name of `count` that stands at the place and ends there; -1. */
static int longest(const struct parser *p, int count, const char *(*name)(const struct design *d, int i))
{
    int best = -1;
    size_t size = 0;

    for (int i = 0; i < count; i++) {
        const char *known = name(p->design, i);
        size_t length = strlen(known);

        if (length > size && length <= (size_t)(p->length - p->at) && strncmp(p->text + p->at, known, length) == 0
            && ends(p, p->at + (int)length)) {
            best = i;
            size = length;
        }
    }
    return best;
}

static const char *label_of(const struct design *d, int term)
{
    return d->term_labels[term];
}

/* --- what is no coefficient ------------------------------------------------------------------------ */

/* How far a word goes that names nothing: names, colons, and parentheses that follow a name. */
static int word_end(const struct parser *p)
{
    int at = p->at, open = 0;

    if (p->text[at] == '`') {
        for (at++; at < p->length && p->text[at] != '`'; at++)
            ;
        return at < p->length ? at + 1 : at;
    }
    for (; at < p->length; at++) {
        char c = p->text[at];

        if (c == '(' && at > p->at)
            open++;
        else if (c == ')' && open > 0)
            open--;
        else if (!is_name_byte(c) && c != ':' && open == 0)
            break;
    }
    return at > p->at ? at : p->at + 1;
}

/* The name of a term where a coefficient belongs. */
static bool refuse_term(struct parser *p, int term, int end)
{
    struct text own = { 0 };
    int count = 0;

    for (int j = 0; j < p->design->p; j++)
        if (p->design->assign[j] == term && count++ < 8)
            text_addf(&own, "%s%.40s", count > 1 ? ", " : "", p->design->names[j]);
    fail(p->err, GLMM_E_NAME, span_of(p->at, end), "`%.60s` is a term, not a coefficient", p->design->term_labels[term]);
    if (count == 0)
        error_hint(p->err, "the data leave it none");
    else
        error_hint(p->err, "it has %s%s; without an equation all of them are tested: test %.60s", text_string(&own),
                   count > 8 ? ", ..." : "", p->design->term_labels[term]);
    text_clear(&own);
    return false;
}

static bool refuse_name(struct parser *p)
{
    int end = word_end(p), quoted = p->text[p->at] == '`', closed = quoted && end > p->at + 1 && p->text[end - 1] == '`';
    const char *word = arena_strndup(p->arena, p->text + p->at + quoted, (size_t)(end - closed - p->at - quoted));
    struct suggest suggest;
    struct text all = { 0 };
    int i;

    if (word == NULL)
        return out_of_memory(p);
    for (int t = 0; t < p->design->term_count && p->design->assign != NULL; t++)
        if (strcmp(word, p->design->term_labels[t]) == 0)
            return refuse_term(p, t, end);
    fail(p->err, GLMM_E_NAME, span_of(p->at, end), "no coefficient `%.60s`", word);
    suggest_init(&suggest, word);
    for (i = 0; i < p->columns; i++)
        suggest_offer(&suggest, name_of(p->design, i));
    for (int t = 0; t < p->design->term_count; t++) {
        bool known = false;

        for (i = 0; i < p->columns; i++)
            known = known || strcmp(name_of(p->design, i), p->design->term_labels[t]) == 0;
        if (!known)
            suggest_offer(&suggest, p->design->term_labels[t]);
    }
    if (suggest_hint(&suggest, p->err))
        return false;
    for (i = 0; i < p->columns && i < 8; i++)
        text_addf(&all, "%s%.40s", i > 0 ? ", " : "", name_of(p->design, i));
    if (p->columns == 0)
        error_hint(p->err, "the model has none");
    else
        error_hint(p->err, "there are %s%s", text_string(&all), i < p->columns ? ", ..." : "");
    text_clear(&all);
    return false;
}

/* A coefficient between backquotes that are not its own: `pcut(0,2.5]`.  Its column, *length that of the whole; -1. */
static int quoted_column(const struct parser *p, int *length)
{
    const char *begin = p->text + p->at,
               *close = begin[0] == '`' ? memchr(begin + 1, '`', (size_t)(p->length - p->at - 1)) : NULL;

    for (int i = 0; close != NULL && i < p->columns; i++) {
        const char *known = name_of(p->design, i);

        *length = (int)(close + 1 - begin);
        if (strlen(known) == (size_t)(close - begin - 1) && strncmp(begin + 1, known, strlen(known)) == 0)
            return ends(p, p->at + *length) ? i : -1;
    }
    return -1;
}

/* --- forms ------------------------------------------------------------------------------------------ */

static bool form_new(struct parser *p, struct form *form)
{
    form->constant = 0;
    form->weight = arena_alloc(p->arena, (size_t)p->columns + 1, sizeof *form->weight);
    return form->weight != NULL || out_of_memory(p);
}

static bool is_number(const struct parser *p, const struct form *form)
{
    for (int j = 0; j < p->columns; j++)
        if (form->weight[j] != 0)
            return false;
    return true;
}

static void add(const struct parser *p, struct form *form, const struct form *other, double times)
{
    form->constant += times * other->constant;
    for (int j = 0; j < p->columns; j++)
        form->weight[j] += times * other->weight[j];
}

static void scale(const struct parser *p, struct form *form, double times)
{
    form->constant *= times;
    for (int j = 0; j < p->columns; j++)
        form->weight[j] *= times;
}

static bool parse_sum(struct parser *p, struct form *form);

static bool read_number(struct parser *p, struct form *form)
{
    int end = p->at;
    const char *word;

    while (end < p->length
           && (isdigit((unsigned char)p->text[end]) || p->text[end] == '.'
               || ((p->text[end] == 'e' || p->text[end] == 'E') && end > p->at)
               || ((p->text[end] == '-' || p->text[end] == '+') && (p->text[end - 1] == 'e' || p->text[end - 1] == 'E'))))
        end++;
    word = arena_strndup(p->arena, p->text + p->at, (size_t)(end - p->at));
    if (word == NULL)
        return out_of_memory(p);
    if (!parse_number(word, strlen(word), &form->constant) || !isfinite(form->constant))
        return fail(p->err, GLMM_E_SYNTAX, span_of(p->at, end), "`%.40s` is no number", word);
    p->at = end;
    return true;
}

/* factor -> NUMBER | COEFFICIENT | '(' sum ')' | '-' factor */
static bool parse_factor(struct parser *p, struct form *form)
{
    bool ok;
    int column, length;

    if (p->depth >= DEPTH_MOST)
        return fail(p->err, GLMM_E_LIMIT, span_of(p->at, p->at + 1), "the hypothesis is nested too deeply");
    if (accept(p, '-')) {
        p->depth++;
        ok = parse_factor(p, form);
        p->depth--;
        if (ok)
            scale(p, form, -1);
        return ok;
    }
    skip_blanks(p);
    if (!form_new(p, form))
        return false;
    if (p->at >= p->length)
        return fail(p->err, GLMM_E_SYNTAX, span_of(p->length, p->length),
                    "the hypothesis ends too early: a coefficient or a number is missing");
    if ((column = longest(p, p->columns, name_of)) >= 0) {
        form->weight[column] = 1;
        p->at += (int)strlen(name_of(p->design, column));
        return true;
    }
    if ((column = quoted_column(p, &length)) >= 0) {
        form->weight[column] = 1;
        p->at += length;
        return true;
    }
    if (isdigit((unsigned char)p->text[p->at]) || p->text[p->at] == '.')
        return read_number(p, form);
    if (accept(p, '(')) {
        int open = p->at - 1;

        p->depth++;
        ok = parse_sum(p, form);
        p->depth--;
        return ok && (accept(p, ')') || fail(p->err, GLMM_E_SYNTAX, span_of(open, open + 1), "`(` is never closed"));
    }
    if (!is_name_start(p->text[p->at]) && p->text[p->at] != '`') {
        fail(p->err, GLMM_E_SYNTAX, span_of(p->at, p->at + 1), "a coefficient or a number belongs here");
        if (p->text[p->at] == '"' || p->text[p->at] == '\'')
            error_hint(p->err, "hypotheses stand as they are, without quotes");
        return false;
    }
    return refuse_name(p);
}

/* product -> factor { ('*' | '/') factor } */
static bool parse_product(struct parser *p, struct form *form)
{
    struct form other;

    if (!parse_factor(p, form))
        return false;
    for (;;) {
        bool times = accept(p, '*'), by = !times && accept(p, '/');
        int place = p->at - 1;

        if (!times && !by)
            return true;
        if (!parse_factor(p, &other))
            return false;
        if (by && (!is_number(p, &other) || other.constant == 0))
            return fail(p->err, GLMM_E_VALUE, span_of(place, place + 1),
                        is_number(p, &other) ? "division by 0" : "a linear hypothesis divides by numbers alone");
        if (times && !is_number(p, form) && !is_number(p, &other))
            return fail(p->err, GLMM_E_VALUE, span_of(place, place + 1), "a product of two coefficients is no linear hypothesis");
        if (by) {
            scale(p, form, 1 / other.constant);
        } else if (is_number(p, &other)) {
            scale(p, form, other.constant);
        } else {
            scale(p, &other, form->constant);
            *form = other;
        }
    }
}

/* sum -> ['-' | '+'] product { ('+' | '-') product } */
static bool parse_sum(struct parser *p, struct form *form)
{
    struct form other;
    bool minus;

    (void)accept(p, '+');
    if (!parse_product(p, form))
        return false;
    while ((minus = accept(p, '-')) || accept(p, '+')) {
        if (!parse_product(p, &other))
            return false;
        add(p, form, &other, minus ? -1 : 1);
    }
    return true;
}

/* --- rows ------------------------------------------------------------------------------------------- */

/* Adds a - b = 0. */
static bool add_row(struct parser *p, const struct form *a, const struct form *b, struct glmm_span at)
{
    double *row;

    if (p->count == MOST_ROWS) {
        fail(p->err, GLMM_E_LIMIT, at, "more than %d hypotheses", (int)MOST_ROWS);
        error_hint(p->err, "`compare` of the models with and without the term asks all of its coefficients at once");
        return false;
    }
    if (p->count == p->capacity) {
        int more = p->capacity == 0 ? 8 : 2 * p->capacity;
        double *rows = arena_alloc(p->arena, (size_t)more * (size_t)(p->columns + 1), sizeof *rows);
        double *right = arena_alloc(p->arena, (size_t)more, sizeof *right);

        if (rows == NULL || right == NULL)
            return out_of_memory(p);
        if (p->count > 0) {
            memcpy(rows, p->rows, sizeof *rows * (size_t)p->count * (size_t)p->columns);
            memcpy(right, p->right, sizeof *right * (size_t)p->count);
        }
        p->rows = rows;
        p->right = right;
        p->capacity = more;
    }
    row = p->rows + (size_t)p->count * (size_t)p->columns;
    for (int j = 0; j < p->columns; j++)
        row[j] = a->weight[j] - (b == NULL ? 0 : b->weight[j]);
    p->right[p->count] = (b == NULL ? 0 : b->constant) - a->constant;
    for (int j = 0; j < p->columns; j++)
        if (row[j] != 0) {
            p->count++;
            return true;
        }
    return fail(p->err, GLMM_E_VALUE, at, "this says nothing about a coefficient");
}

/* A term of the formula, alone: all its coefficients are 0.  *taken: it was one. */
static bool parse_term(struct parser *p, bool *taken)
{
    const struct design *d = p->design;
    struct form one;
    int term, start = p->at, first = p->count;

    *taken = false;
    skip_blanks(p);
    if ((term = longest(p, d->term_count, label_of)) < 0)
        return true;
    p->at += (int)strlen(d->term_labels[term]);
    skip_blanks(p);
    if (p->at < p->length && p->text[p->at] != '&' && strncmp(p->text + p->at, "and", 3) != 0) {
        p->at = start;
        return true;
    }
    for (int j = 0; j < d->p; j++)
        if (d->assign != NULL && d->assign[j] == term) {
            if (!form_new(p, &one))
                return false;
            one.weight[j] = 1;
            if (!add_row(p, &one, NULL, span_of(start, p->at)))
                return false;
        }
    *taken = p->count > first;
    p->at = *taken ? p->at : start;
    return true;
}

static bool accept_equals(struct parser *p)
{
    if (!accept(p, '='))
        return false;
    if (p->at < p->length && p->text[p->at] == '=')
        p->at++;
    return true;
}

/* chain -> sum { ('=' | '==') sum } | TERM */
static bool parse_chain(struct parser *p)
{
    struct form *side = NULL;
    int count = 0, capacity = 0, start, number = -1;
    bool taken, ok = true;

    skip_blanks(p);
    start = p->at;
    if (!parse_term(p, &taken) || taken)
        return taken;
    do {
        if (count == capacity) {
            struct form *more = arena_alloc(p->arena, (size_t)(capacity = 2 * capacity + 4), sizeof *more);

            if (more == NULL)
                return out_of_memory(p);
            if (count > 0)
                memcpy(more, side, sizeof *side * (size_t)count);
            side = more;
        }
        if (!parse_sum(p, &side[count]))
            return false;
        number = is_number(p, &side[count]) ? count : number;
        count++;
    } while (accept_equals(p));
    if (count == 1)
        return add_row(p, &side[0], NULL, span_of(start, p->at));
    for (int i = 0; ok && i < count; i++) {
        if (number >= 0 && i != number)
            ok = add_row(p, &side[i], &side[number], span_of(start, p->at));
        else if (number < 0 && i + 1 < count)
            ok = add_row(p, &side[i], &side[i + 1], span_of(start, p->at));
    }
    return ok;
}

/* --- in words --------------------------------------------------------------------------------------- */

/* Six digits, or as many as have it as it was typed: 1000000005 is not 1e+09. */
static const char *say_number(char buffer[NUMBER_SIZE], double x)
{
    enum { FEW = 6, TYPED = 12 };

    for (int digits = FEW; digits <= TYPED; digits++)
        if (strtod(number_text(buffer, x, digits), NULL) == x) /* NOLINT: the text is that number, or is not */
            return number_digits(buffer, x, digits);
    return number_text(buffer, x, FEW);
}

/* "period2 - period3", "0.5 x + y". */
static void say_left(const struct parser *p, const double row[], struct text *out)
{
    char number[NUMBER_SIZE];
    bool first = true;

    for (int j = 0; j < p->columns; j++) {
        double w = row[j];

        if (w == 0)
            continue;
        text_add(out, first ? (w < 0 ? "-" : "") : w < 0 ? " - " : " + ");
        if (fabs(fabs(w) - 1) > NOT_ONE)
            text_addf(out, "%s ", say_number(number, fabs(w)));
        text_add(out, name_of(p->design, j));
        first = false;
    }
}

static bool finish(struct parser *p, struct hypotheses *out)
{
    const struct design *d = p->design;
    size_t n = (size_t)p->count;
    double *X = arena_alloc(p->arena, n * (size_t)d->p + 1, sizeof *X);
    double *dropped = arena_alloc(p->arena, n * (size_t)d->dropped_count + 1, sizeof *dropped);
    const char **words = arena_alloc(p->arena, n + 1, sizeof *words), **left = arena_alloc(p->arena, n + 1, sizeof *left);
    char number[NUMBER_SIZE];

    if (X == NULL || dropped == NULL || words == NULL || left == NULL)
        return out_of_memory(p);
    for (size_t i = 0; i < n; i++) {
        const double *row = p->rows + i * (size_t)p->columns;
        struct text said = { 0 };

        for (int j = 0; j < d->p; j++)
            X[i + (size_t)j * n] = row[j];
        for (int j = 0; j < d->dropped_count; j++)
            dropped[i + (size_t)j * n] = row[d->p + j];
        say_left(p, row, &said);
        left[i] = arena_strdup(p->arena, text_string(&said));
        text_addf(&said, " = %s", say_number(number, p->right[i]));
        words[i] = arena_strdup(p->arena, text_string(&said));
        if (said.failed || left[i] == NULL || words[i] == NULL) {
            text_clear(&said);
            return out_of_memory(p);
        }
        text_clear(&said);
    }
    *out = (struct hypotheses){ { n, X, dropped, .coefficients = true }, p->right, words, left };
    return true;
}

/* hypotheses -> chain { ('and' | '&') chain } */
bool hypotheses_parse(const struct design *design, const char *text, size_t length, struct arena *arena, struct hypotheses *out,
                      struct glmm_error *err)
{
    struct parser p = { .design = design,
                        .text = text,
                        .length = (int)length,
                        .columns = design->p + design->dropped_count,
                        .arena = arena,
                        .err = err };

    for (;;) {
        if (!parse_chain(&p))
            return false;
        skip_blanks(&p);
        if (p.at >= p.length)
            return finish(&p, out);
        if (p.length - p.at >= 3 && strncmp(p.text + p.at, "and", 3) == 0
            && (p.at + 3 >= p.length || !is_name_byte(p.text[p.at + 3])))
            p.at += 3;
        else if (!accept(&p, '&'))
            return fail(err, GLMM_E_SYNTAX, span_of(p.at, p.at + 1), "`and`, `=` or an operator belongs here");
    }
}
