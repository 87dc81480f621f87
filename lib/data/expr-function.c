/* expr-function.c -- the functions of expressions: how a call finds one, and its arguments; and those that map numbers. */
#include "data/expr-eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "data/expr-other.h"

/* --- calls ------------------------------------------------------------------------------------ */

static const struct function formula_functions[] = {
    { .name = "poly" }, { .name = "ns" }, { .name = "bs" }, { .name = "offset" }, { .name = "cbind" }, { .name = NULL },
};

static const struct function *const tables[] = {
    expr_functions_number, expr_functions_group, expr_functions_factor,
    expr_functions_text,   expr_functions_date,  formula_functions,
};

enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

bool expr_is_formula_function(const char *name)
{
    for (const struct function *f = formula_functions; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}

bool function_is_elementwise(const char *name)
{
    for (const struct function *f = expr_functions_number; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    for (const struct function *f = expr_functions_date; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return strcmp(name, "ifelse") == 0;
}

/* Where the name of the function stands. */
static struct glmm_span name_span(const struct expr *call)
{
    return span_of(call->at.begin, call->at.begin + (int)strlen(call->text));
}

const char *expr_function_name(int index)
{
    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct function *f = tables[t]; f->name != NULL; f++)
            if (index-- == 0)
                return f->name;
    return NULL;
}

/* Smooth terms of other programs' formulas. */
static bool is_smooth(const char *name)
{
    static const char *const smooths[] = { "s", "te", "ti", "t2", "rcs", "lo", "pspline" };

    for (size_t i = 0; i < sizeof smooths / sizeof *smooths; i++)
        if (strcmp(name, smooths[i]) == 0)
            return true;
    return false;
}

static void suggest(const char *name, struct glmm_error *err)
{
    struct suggest suggest;

    if (is_smooth(name)) {
        error_hint(err, "curves in a formula are poly(x, 2), ns(x, 3), bs(x, 5)");
        return;
    }
    if (expr_other_function(name) != NULL) {
        error_hint(err, "%s", expr_other_function(name));
        return;
    }
    suggest_init(&suggest, name);
    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct function *f = tables[t]; f->name != NULL; f++)
            suggest_offer(&suggest, f->name);
    suggest_sift(&suggest);
    suggest_hint(&suggest, err);
}

const struct function *function_need(const struct expr *call, struct glmm_error *err)
{
    if (expr_is_formula_function(call->text)) {
        fail(err, GLMM_E_TYPE, call->at, "%s() stands only in a model formula, as a term of its own", call->text);
        return NULL;
    }
    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct function *f = tables[t]; f->name != NULL; f++)
            if (strcmp(f->name, call->text) == 0)
                return f;
    if (err == NULL || err->code == GLMM_OK) {
        fail(err, GLMM_E_NAME, name_span(call), "no function `%s`", call->text);
        suggest(call->text, err);
    }
    return NULL;
}

/* The place of a named argument among the parameters, or -1. */
static int parameter_index(const struct function *function, const char *name)
{
    const char *word = function->parameters;
    size_t length;

    for (int i = 0; word != NULL && *word != '\0'; i++) {
        length = strcspn(word, " ");
        if (strlen(name) == length && strncmp(word, name, length) == 0)
            return i;
        word += length;
        word += *word == ' ';
    }
    return -1;
}

static bool fail_count(const struct evaluation *e, const struct function *f, const struct expr *call, int count)
{
    char wanted[40];

    if (f->least == f->most)
        snprintf(wanted, sizeof wanted, "%d argument%s", f->least, f->least == 1 ? "" : "s");
    else if (f->most < 0)
        snprintf(wanted, sizeof wanted, "at least %d argument%s", f->least, f->least == 1 ? "" : "s");
    else
        snprintf(wanted, sizeof wanted, "%d to %d arguments", f->least, f->most);
    fail(e->err, GLMM_E_USAGE, call->at, "%s() takes %s, not %d", f->name, wanted, count);
    if (f->parameters != NULL)
        error_hint(e->err, "its parameters: %s", f->parameters);
    return false;
}

/* Named arguments first, the others in order into what is left, as R does. */
static bool match_arguments(const struct evaluation *e, const struct function *f, const struct expr *call,
                            const struct expr *slots[FUNCTION_ARGUMENTS])
{
    int count = 0, place = 0;

    for (const struct expr *a = call->arguments; a != NULL; a = a->next)
        count++;
    if (f->most < 0)
        return count >= f->least || fail_count(e, f, call, count);
    if (count > f->most)
        return fail_count(e, f, call, count);
    for (const struct expr *a = call->arguments; a != NULL; a = a->next) {
        if (a->argument_name == NULL)
            continue;
        place = parameter_index(f, a->argument_name);
        if (place < 0) {
            fail(e->err, GLMM_E_NAME, a->at, "%s() has no parameter `%s`", f->name, a->argument_name);
            error_hint(e->err, "its parameters: %s", f->parameters);
            return false;
        }
        if (slots[place] != NULL)
            return fail(e->err, GLMM_E_USAGE, a->at, "`%s` is given twice", a->argument_name);
        slots[place] = a;
    }
    place = 0;
    for (const struct expr *a = call->arguments; a != NULL; a = a->next) {
        if (a->argument_name != NULL)
            continue;
        while (slots[place] != NULL)
            place++;
        slots[place] = a;
    }
    for (place = 0; place < f->least; place++)
        if (slots[place] == NULL)
            return fail_count(e, f, call, count);
    return true;
}

bool function_call(const struct evaluation *e, const struct expr *call, struct operand *out)
{
    const struct expr *slots[FUNCTION_ARGUMENTS] = { NULL };
    const struct function *f = function_need(call, e->err);

    return f != NULL && match_arguments(e, f, call, slots) && f->run(e, f, call, slots, out);
}

/* --- functions that map numbers ----------------------------------------------------------------- */

static bool run_map(const struct evaluation *e, const struct function *f, const struct expr *call,
                    const struct expr *const *arguments, struct operand *out)
{
    (void)call;
    if (!expr_evaluate_number(e, arguments[0], f->name, out))
        return false;
    out->kind = OPERAND_NUMBER;
    if (out->constant)
        out->value = f->of_number(out->value);
    else
        for (size_t i = 0; i < e->frame->rows; i++)
            out->values[i] = f->of_number(out->values[i]);
    return true;
}

static double sign(double x)
{
    return isnan(x) ? x : (double)((x > 0.0) - (x < 0.0));
}

static double logistic(double x)
{
    return x >= 0.0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

static double logit(double x)
{
    return log(x) - log1p(-x);
}

/* log(x) or log(x, base). */
static bool run_log(const struct evaluation *e, const struct function *f, const struct expr *call,
                    const struct expr *const *arguments, struct operand *out)
{
    double base = 0.0;

    if (!run_map(e, f, call, arguments, out))
        return false;
    if (arguments[1] == NULL)
        return true;
    if (!expr_evaluate_constant(e, arguments[1], "the base of a logarithm", &base))
        return false;
    out->value /= log(base);
    for (size_t i = 0; !out->constant && i < e->frame->rows; i++)
        out->values[i] /= log(base);
    return true;
}

/* To the even neighbour where two are equally near; beyond 15 digits a number stays as it is. */
static double round_to(double x, double digits)
{
    double scale = pow(10.0, fabs(digits));

    if (!isfinite(x) || digits > 15.0)
        return x;
    if (digits < 0.0)
        return nearbyint(x / scale) * scale;
    return fabs(x) * scale >= 0x1p53 ? x : nearbyint(x * scale) / scale;
}

static double round_significant(double x, double digits)
{
    if (x == 0.0 || !isfinite(x))
        return x;
    return round_to(x, (digits < 1.0 ? 1.0 : digits) - 1.0 - floor(log10(fabs(x))));
}

/* round(x, digits) and signif(x, digits). */
static bool run_round(const struct evaluation *e, const struct function *f, const struct expr *call,
                      const struct expr *const *arguments, struct operand *out)
{
    bool significant = strcmp(f->name, "signif") == 0;
    double digits = significant ? 6.0 : 0.0;

    if (!expr_evaluate_number(e, arguments[0], f->name, out)
        || (arguments[1] != NULL && !expr_evaluate_constant(e, arguments[1], "the number of digits", &digits)))
        return false;
    if (!(fabs(digits) <= 308.0))
        return fail(e->err, GLMM_E_VALUE, call->at, "the number of digits is out of range");
    out->kind = OPERAND_NUMBER;
    digits = nearbyint(digits);
    if (out->constant)
        out->value = significant ? round_significant(out->value, digits) : round_to(out->value, digits);
    else
        for (size_t i = 0; i < e->frame->rows; i++)
            out->values[i] = significant ? round_significant(out->values[i], digits) : round_to(out->values[i], digits);
    return true;
}

/* pmin and pmax of any number of columns; missing where one is. */
static bool run_extreme(const struct evaluation *e, const struct function *f, const struct expr *call,
                        const struct expr *const *arguments, struct operand *out)
{
    bool ok = operand_set_column(e, out, OPERAND_NUMBER), least = strcmp(f->name, "pmin") == 0, dates = true;
    double x;

    (void)arguments;
    for (const struct expr *a = call->arguments; ok && a != NULL; a = a->next) {
        struct operand operand = { 0 };

        ok = expr_evaluate_number(e, a, f->name, &operand);
        dates = dates && operand.kind == OPERAND_DATE;
        for (size_t i = 0; ok && i < e->frame->rows; i++) {
            x = operand_at(&operand, i);
            if (a == call->arguments || isnan(x) || (least ? x < out->values[i] : x > out->values[i]))
                out->values[i] = x;
        }
        operand_clear(&operand);
    }
    if (dates)
        out->kind = OPERAND_DATE;
    return ok;
}

static bool run_identity(const struct evaluation *e, const struct function *f, const struct expr *call,
                         const struct expr *const *arguments, struct operand *out)
{
    (void)f;
    (void)call;
    return expr_evaluate(e, arguments[0], out);
}

#define MAP(title, function)                                                                                                     \
    {                                                                                                                            \
        .name = title, .least = 1, .most = 1, .parameters = "x", .run = run_map, .of_number = function                           \
    }

const struct function expr_functions_number[] = {
    MAP("exp", exp),
    MAP("sqrt", sqrt),
    MAP("abs", fabs),
    MAP("sign", sign),
    MAP("floor", floor),
    MAP("ceiling", ceil),
    MAP("trunc", trunc),
    MAP("log10", log10),
    MAP("log2", log2),
    MAP("log1p", log1p),
    MAP("expm1", expm1),
    MAP("sin", sin),
    MAP("cos", cos),
    MAP("tan", tan),
    MAP("asin", asin),
    MAP("acos", acos),
    MAP("atan", atan),
    MAP("tanh", tanh),
    MAP("as.integer", trunc),
    MAP("plogis", logistic),
    MAP("qlogis", logit),
    { .name = "log", .least = 1, .most = 2, .parameters = "x base", .run = run_log, .of_number = log },
    { .name = "round", .least = 1, .most = 2, .parameters = "x digits", .run = run_round },
    { .name = "signif", .least = 1, .most = 2, .parameters = "x digits", .run = run_round },
    { .name = "pmin", .least = 1, .most = -1, .run = run_extreme },
    { .name = "pmax", .least = 1, .most = -1, .run = run_extreme },
    { .name = "I", .least = 1, .most = 1, .parameters = "x", .run = run_identity },
    { .name = NULL },
};
