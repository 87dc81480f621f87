/* expr-text.c -- functions of texts, each computed once for a level, and cut(), which names intervals. */
#include "data/expr-eval.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "base/text.h"
#include "data/name-index.h"
#include "data/number-within.h"

/* --- tests of texts --------------------------------------------------------------------------- */

/* What a test looks for. */
struct sought {
    const char *text;
    regex_t pattern; /* grepl only */
};

static bool starts_with(const char *text, const struct sought *sought)
{
    return strncmp(text, sought->text, strlen(sought->text)) == 0;
}

static bool ends_with(const char *text, const struct sought *sought)
{
    size_t length = strlen(text), ending = strlen(sought->text);

    return length >= ending && strcmp(text + length - ending, sought->text) == 0;
}

static bool contains(const char *text, const struct sought *sought)
{
    return strstr(text, sought->text) != NULL;
}

static bool matches(const char *text, const struct sought *sought)
{
    return regexec(&sought->pattern, text, 0, NULL, 0) == 0;
}

static const struct text_test {
    const char *name;
    bool (*holds)(const char *text, const struct sought *sought);
} text_tests[] = { { "startsWith", starts_with }, { "endsWith", ends_with }, { "contains", contains }, { "grepl", matches } };

/* The levels of a variable, whatever its type: a number is read as it is written.  The column is new. */
static struct column *texts_of(const struct evaluation *e, const struct expr *x)
{
    struct operand operand = { 0 };
    struct column *column = NULL, *factor = NULL;
    struct column made = { .type = COLUMN_FACTOR };

    if (expr_evaluate(e, x, &operand))
        column = operand_column(e, &operand, "text");
    operand_clear(&operand);
    if (column == NULL || column->type == COLUMN_FACTOR)
        return column;
    if (column_as_factor(column, e->frame->rows, &made.as.code, &made.levels, &made.level_count, e->err)) {
        factor = NEW(struct column);
        if (factor == NULL) {
            fail_memory(e->err);
            column_clear(&made);
        } else {
            *factor = made;
        }
    }
    column_free(column);
    return factor;
}

/* A value of each level goes to its rows. */
static void spread_levels(const struct evaluation *e, const struct column *factor, const double *of_level, struct operand *out)
{
    for (size_t i = 0; i < e->frame->rows; i++)
        out->values[i] = factor->as.code[i] < 0 ? (double)NAN : of_level[factor->as.code[i]];
}

static bool compile(const struct evaluation *e, const struct expr *x, struct sought *sought)
{
    char why[120];
    int code = regcomp(&sought->pattern, sought->text, REG_EXTENDED | REG_NOSUB);

    if (code == 0)
        return true;
    if (code == REG_ESPACE)
        return fail_memory(e->err);
    regerror(code, &sought->pattern, why, sizeof why);
    return fail(e->err, GLMM_E_VALUE, x->at, "no pattern: %s", why);
}

static bool test_levels(const struct evaluation *e, const struct text_test *test, const struct expr *x, struct sought *sought,
                        const struct expr *pattern, struct operand *out)
{
    struct column *factor = texts_of(e, x);
    double *of_level = factor == NULL ? NULL : NEW_ARRAY(double, factor->level_count);
    bool regular = test->holds == matches, compiled = false, ok = factor != NULL;

    ok = ok && (of_level != NULL || fail_memory(e->err)) && (!regular || (compiled = compile(e, pattern, sought)))
         && operand_set_column(e, out, OPERAND_LOGICAL);
    for (int32_t l = 0; ok && l < factor->level_count; l++)
        of_level[l] = test->holds(factor->levels[l], sought);
    if (ok)
        spread_levels(e, factor, of_level, out);
    if (compiled)
        regfree(&sought->pattern);
    mem_free(of_level);
    column_free(factor);
    return ok;
}

/* startsWith(x, text), endsWith(x, text), contains(x, text); grepl(pattern, x), a POSIX extended regular expression. */
static bool run_test(const struct evaluation *e, const struct function *f, const struct expr *call,
                     const struct expr *const *arguments, struct operand *out)
{
    const struct text_test *test = text_tests;
    const struct expr *x, *wanted;
    struct operand text = { 0 };
    struct sought sought = { 0 };
    bool ok;

    (void)call;
    while (strcmp(test->name, f->name) != 0)
        test++;
    x = arguments[test->holds == matches ? 1 : 0];
    wanted = arguments[test->holds == matches ? 0 : 1];
    ok = expr_evaluate(e, wanted, &text);
    if (ok && (text.kind != OPERAND_TEXT || text.text == NULL))
        ok = fail(e->err, GLMM_E_TYPE, wanted->at, "%s() looks for a text, which stands in quotes", f->name);
    sought.text = text.text;
    ok = ok && test_levels(e, test, x, &sought, wanted, out);
    operand_clear(&text);
    return ok;
}

/* Characters, not bytes. */
static double count_characters(const char *text)
{
    double count = 0.0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool run_nchar(const struct evaluation *e, const struct function *f, const struct expr *call,
                      const struct expr *const *arguments, struct operand *out)
{
    struct column *factor = texts_of(e, arguments[0]);
    double *of_level = factor == NULL ? NULL : NEW_ARRAY(double, factor->level_count);
    bool ok = factor != NULL && (of_level != NULL || fail_memory(e->err)) && operand_set_column(e, out, OPERAND_NUMBER);

    (void)f;
    (void)call;
    for (int32_t l = 0; ok && l < factor->level_count; l++)
        of_level[l] = count_characters(factor->levels[l]);
    if (ok)
        spread_levels(e, factor, of_level, out);
    mem_free(of_level);
    column_free(factor);
    return ok;
}

/* --- numbers within texts ---------------------------------------------------------------------- */

/* "point", or "comma"; the signs themselves too. */
static bool read_decimal(const struct evaluation *e, const struct expr *x, char *decimal)
{
    struct operand text = { 0 };
    bool ok;

    *decimal = '.';
    if (x == NULL)
        return true;
    ok = expr_evaluate(e, x, &text);
    if (ok && text.kind == OPERAND_TEXT && text.text != NULL && (strcmp(text.text, "comma") == 0 || strcmp(text.text, ",") == 0))
        *decimal = ',';
    else if (ok
             && (text.kind != OPERAND_TEXT || text.text == NULL
                 || (strcmp(text.text, "point") != 0 && strcmp(text.text, ".") != 0)))
        ok = fail(e->err, GLMM_E_VALUE, x->at, "the decimal sign is \"point\" or \"comma\"");
    operand_clear(&text);
    return ok;
}

/* The number of that place in the text; NAN where there are fewer. */
static bool number_at(const struct evaluation *e, const struct expr *x, const char *text, double which, char decimal,
                      double *value)
{
    struct number_within number = { 0 };
    const char *at = text;

    *value = (double)NAN;
    for (double k = 1.0; k <= which; k += 1.0)
        if (!number_within_next(text, &at, decimal, &number)) {
            if (*at == '\0')
                return true;
            fail(e->err, GLMM_E_VALUE, x->at, "`%s` has a %s between digits: which of its numbers are which is open", text,
                 *at == ',' ? "comma" : "point");
            error_hint(e->err, "number(x, 1, \"%s\") takes it as the decimal sign", *at == ',' ? "comma" : "point");
            return false;
        }
    *value = number.value;
    return true;
}

/* number(x, which, decimal): the first number within each text, or the one of that place. */
static bool run_number(const struct evaluation *e, const struct function *f, const struct expr *call,
                       const struct expr *const *arguments, struct operand *out)
{
    struct column *factor = texts_of(e, arguments[0]);
    double *of_level = factor == NULL ? NULL : NEW_ARRAY(double, factor->level_count), which = 1.0;
    bool ok = factor != NULL && (of_level != NULL || fail_memory(e->err)) && operand_set_column(e, out, OPERAND_NUMBER);
    char decimal;

    (void)f;
    (void)call;
    ok = ok && (arguments[1] == NULL || expr_evaluate_constant(e, arguments[1], "which number", &which))
         && read_decimal(e, arguments[2], &decimal);
    if (ok && !(which >= 1.0 && which <= 1000.0 && which == floor(which)))
        ok = fail(e->err, GLMM_E_VALUE, arguments[1]->at, "which number of a text is 1, 2, 3, ...");
    for (int32_t l = 0; ok && l < factor->level_count; l++)
        ok = number_at(e, arguments[0], factor->levels[l], which, decimal, &of_level[l]);
    if (ok)
        spread_levels(e, factor, of_level, out);
    mem_free(of_level);
    column_free(factor);
    return ok;
}

/* --- cut -------------------------------------------------------------------------------------- */

/* The members of c(...): numbers, or texts. */
struct members {
    const struct evaluation *e;
    bool texts;
    double *numbers;
    const char **names; /* borrowed from the tree */
    size_t count, number_room, name_room;
};

static bool add_member(void *context, const struct expr *x, const struct operand *value)
{
    struct members *m = context;
    void *numbers = m->numbers, *names = (void *)m->names;
    bool ok;

    if (m->texts != (value->kind == OPERAND_TEXT))
        return fail(m->e->err, GLMM_E_TYPE, x->at, m->texts ? "a label is a text, in quotes" : "a break is a number");
    if (!m->texts && isnan(value->value))
        return fail(m->e->err, GLMM_E_VALUE, x->at, "a break cannot be missing");
    ok = mem_grow(&numbers, &m->number_room, m->count + 1, sizeof *m->numbers);
    m->numbers = numbers;
    ok = ok && mem_grow(&names, &m->name_room, m->count + 1, sizeof *m->names);
    m->names = names;
    if (!ok)
        return fail_memory(m->e->err);
    m->numbers[m->count] = value->value;
    m->names[m->count++] = value->text;
    return true;
}

static void members_clear(struct members *m)
{
    mem_free(m->numbers);
    mem_free((void *)m->names);
}

/* One number is how many intervals of equal width there are; as in R the outer two reach a thousandth of the range further. */
static bool equal_breaks(const struct members *m, const struct expr *at, const struct operand *x, struct members *out)
{
    double count = m->numbers[0], least = (double)INFINITY, most = -(double)INFINITY, range;
    struct operand value = { 0 };

    if (count < 2.0 || count != floor(count) || count > 10000.0)
        return fail(m->e->err, GLMM_E_VALUE, at->at, "the number of intervals must be a whole number from 2 to 10000");
    for (size_t i = 0; i < m->e->frame->rows; i++)
        if (isfinite(operand_at(x, i))) {
            least = fmin(least, operand_at(x, i));
            most = fmax(most, operand_at(x, i));
        }
    if (!(least < most))
        return fail(m->e->err, GLMM_E_DATA, at->at, "there is no range to cut: write the breaks as c(...)");
    range = most - least;
    for (double k = 0.0; k <= count; k += 1.0) {
        value.value = least + range * k / count + (k == 0.0 ? -range / 1000.0 : k == count ? range / 1000.0 : 0.0);
        if (!add_member(out, at, &value))
            return false;
    }
    return true;
}

/* Digits from three on, until no two breaks look alike. */
static int digits_apart(const struct members *breaks)
{
    char one[40], other[40];

    for (int digits = 3; digits < 15; digits++) {
        bool apart = true;

        for (size_t k = 0; apart && k + 1 < breaks->count; k++) {
            snprintf(one, sizeof one, "%.*g", digits, breaks->numbers[k] + 0.0);
            snprintf(other, sizeof other, "%.*g", digits, breaks->numbers[k + 1] + 0.0);
            apart = strcmp(one, other) != 0;
        }
        if (apart)
            return digits;
    }
    return 15;
}

/* "-Inf" and "Inf" as R writes them, else about so many digits. */
static const char *break_text(double x, int digits, char buffer[40])
{
    char wide[40];

    if (isinf(x))
        return x < 0.0 ? "-Inf" : "Inf";
    snprintf(wide, sizeof wide, "%.*e", digits - 1, x);
    return number_as_r(strtod(wide, NULL), buffer);
}

static bool name_intervals(const struct evaluation *e, const struct members *breaks, const struct members *labels, bool right,
                           struct column *factor)
{
    int digits = digits_apart(breaks);
    char low[40], high[40], name[90];

    for (int32_t l = 0; l < factor->level_count; l++) {
        snprintf(name, sizeof name, right ? "(%s,%s]" : "[%s,%s)", break_text(breaks->numbers[l], digits, low),
                 break_text(breaks->numbers[l + 1], digits, high));
        factor->levels[l] = mem_strdup(labels->count > 0 ? labels->names[l] : name);
        if (factor->levels[l] == NULL)
            return fail_memory(e->err);
    }
    return true;
}

/* The interval in which x lies, (a, b] or [a, b); -1 outside. */
static int32_t interval_of(const struct members *breaks, double x, bool right)
{
    size_t low = 0, high = breaks->count;

    if (isnan(x))
        return -1;
    while (low < high) { /* breaks before `low` lie below x (or at it, where the interval begins there) */
        size_t middle = low + (high - low) / 2;

        if (breaks->numbers[middle] < x || (!right && breaks->numbers[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 || low == breaks->count ? -1 : (int32_t)low - 1;
}

static bool check_breaks(const struct evaluation *e, const struct expr *const *arguments, struct members *breaks,
                         const struct members *labels)
{
    struct name_index index = { 0 };
    bool ok;

    qsort(breaks->numbers, breaks->count, sizeof *breaks->numbers, order_reals);
    for (size_t k = 0; k + 1 < breaks->count; k++)
        if (breaks->numbers[k] == breaks->numbers[k + 1])
            return fail(e->err, GLMM_E_VALUE, arguments[1]->at, "two breaks are equal");
    if (labels->count > 0 && labels->count != breaks->count - 1)
        return fail(e->err, GLMM_E_VALUE, arguments[2]->at, "%zu label%s for %zu interval%s", labels->count,
                    labels->count == 1 ? "" : "s", breaks->count - 1, breaks->count == 2 ? "" : "s");
    ok = name_index_fill(&index, (const char *const *)labels->names, labels->count) || fail_memory(e->err);
    if (ok && (size_t)index.count < labels->count)
        ok = fail(e->err, GLMM_E_VALUE, arguments[2]->at, "two intervals have the same label");
    name_index_clear(&index);
    return ok;
}

/* cut(x, breaks, labels, right): (a, b], with right = FALSE [a, b), named by the breaks or by the labels; missing outside. */
static bool run_cut(const struct evaluation *e, const struct function *f, const struct expr *call,
                    const struct expr *const *arguments, struct operand *out)
{
    struct members breaks = { .e = e }, equal = { .e = e }, labels = { .e = e, .texts = true }, *used = &breaks;
    struct column *factor = NULL;
    struct operand x = { 0 };
    double right = 1.0;
    bool ok;

    ok = expr_evaluate_number(e, arguments[0], f->name, &x)
         && expr_members(e, arguments[1], "the breaks of cut()", add_member, &breaks)
         && (arguments[2] == NULL || expr_members(e, arguments[2], "the labels of cut()", add_member, &labels))
         && (arguments[3] == NULL || expr_evaluate_constant(e, arguments[3], "right", &right));
    if (ok && breaks.count == 0)
        ok = fail(e->err, GLMM_E_VALUE, arguments[1]->at, "there are no breaks");
    if (ok && breaks.count == 1) {
        ok = evaluation_needs_all_rows(e, call) && equal_breaks(&breaks, arguments[1], &x, &equal);
        used = &equal;
    }
    ok = ok && check_breaks(e, arguments, used, &labels) && (factor = factor_new(e, f->name, (int32_t)used->count - 1)) != NULL
         && name_intervals(e, used, &labels, right != 0.0, factor);
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        factor->as.code[i] = interval_of(used, operand_at(&x, i), right != 0.0);
    if (ok)
        operand_set_factor(out, factor);
    else
        column_free(factor);
    members_clear(&breaks);
    members_clear(&equal);
    members_clear(&labels);
    operand_clear(&x);
    return ok;
}

const struct function expr_functions_text[] = {
    { .name = "startsWith", .least = 2, .most = 2, .parameters = "x prefix", .run = run_test },
    { .name = "endsWith", .least = 2, .most = 2, .parameters = "x suffix", .run = run_test },
    { .name = "contains", .least = 2, .most = 2, .parameters = "x text", .run = run_test },
    { .name = "grepl", .least = 2, .most = 2, .parameters = "pattern x", .run = run_test },
    { .name = "nchar", .least = 1, .most = 1, .parameters = "x", .run = run_nchar },
    { .name = "number", .least = 1, .most = 3, .parameters = "x which decimal", .run = run_number },
    { .name = "cut", .least = 2, .most = 4, .parameters = "x breaks labels right", .run = run_cut },
    { .name = NULL },
};
