/* expr-date.c -- dates in expressions: days between two, their parts, and what a text must be to be compared with one. */
#include "data/expr-eval.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/date.h"

enum { WEEKDAYS = 7 };

/* How an operand that is no date is called. */
static bool fail_no_date(const struct evaluation *e, const struct expr *x, const struct operand *value, const char *what)
{
    const char *is = value->kind == OPERAND_FACTOR || value->kind == OPERAND_TEXT ? "text" : "a number";

    while (x->kind == EXPR_PAREN)
        x = x->left;
    if (x->kind != EXPR_NAME)
        return fail(e->err, GLMM_E_TYPE, x->at, "this is %s; %s() needs dates", is, what);
    fail(e->err, GLMM_E_TYPE, x->at, "%s is %s; %s() needs dates", x->text, is, what);
    if (value->kind == OPERAND_FACTOR)
        error_hint(e->err, "date %s reads its texts as dates", x->text);
    return false;
}

bool operand_read_date(const struct evaluation *e, const struct expr *x, struct operand *value)
{
    int32_t date;

    if (value->kind != OPERAND_TEXT)
        return true;
    if (!date_read(value->text, strlen(value->text), DATE_YMD, false, &date)) {
        fail(e->err, GLMM_E_VALUE, x->at, "\"%.60s\" is no date", value->text);
        error_hint(e->err, "dates are written \"2024-01-31\"");
        return false;
    }
    operand_set_constant(value, OPERAND_DATE, date);
    return true;
}

/* The constant NA is a missing date. */
static bool evaluate_date(const struct evaluation *e, const struct expr *x, const char *what, struct operand *out)
{
    if (!expr_evaluate(e, x, out) || !operand_read_date(e, x, out))
        return false;
    return out->kind == OPERAND_DATE || (out->kind == OPERAND_LOGICAL && out->constant && isnan(out->value))
           || fail_no_date(e, x, out, what);
}

/* Within the calendar, and not missing. */
static bool is_day(double x)
{
    return x >= DATE_FIRST && x <= DATE_LAST;
}

/* days(to, from): of to - from. */
static bool run_days(const struct evaluation *e, const struct function *f, const struct expr *call,
                     const struct expr *const *arguments, struct operand *out)
{
    struct operand to = { 0 }, from = { 0 };
    bool ok = evaluate_date(e, arguments[0], f->name, &to) && evaluate_date(e, arguments[1], f->name, &from)
              && operand_set_column(e, out, OPERAND_NUMBER);

    (void)call;
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = operand_at(&to, i) - operand_at(&from, i);
    operand_clear(&to);
    operand_clear(&from);
    return ok;
}

/* year(d), month(d), day(d). */
static bool run_part(const struct evaluation *e, const struct function *f, const struct expr *call,
                     const struct expr *const *arguments, struct operand *out)
{
    struct operand x = { 0 };
    int year, month, day;
    bool ok = evaluate_date(e, arguments[0], f->name, &x) && operand_set_column(e, out, OPERAND_NUMBER);

    (void)call;
    for (size_t i = 0; ok && i < e->frame->rows; i++) {
        double date = operand_at(&x, i);

        out->values[i] = (double)NAN;
        if (!is_day(date))
            continue;
        date_parts((int32_t)date, &year, &month, &day);
        out->values[i] = f->name[0] == 'y' ? year : f->name[0] == 'm' ? month : day;
    }
    operand_clear(&x);
    return ok;
}

/* weekday(d): a factor, Mon to Sun. */
static bool run_weekday(const struct evaluation *e, const struct function *f, const struct expr *call,
                        const struct expr *const *arguments, struct operand *out)
{
    static const char *const names[WEEKDAYS] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    struct operand x = { 0 };
    struct column *factor = NULL;
    bool ok = evaluate_date(e, arguments[0], f->name, &x) && (factor = factor_new(e, f->name, WEEKDAYS)) != NULL;

    (void)call;
    for (int32_t l = 0; ok && l < WEEKDAYS; l++)
        ok = (factor->levels[l] = mem_strdup(names[l])) != NULL || fail_memory(e->err);
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        factor->as.code[i] = !is_day(operand_at(&x, i)) ? -1 : date_weekday((int32_t)operand_at(&x, i)) - 1;
    if (ok)
        operand_set_factor(out, factor);
    else
        column_free(factor);
    operand_clear(&x);
    return ok;
}

/* The levels of a factor as dates. */
static bool read_levels(const struct evaluation *e, const struct expr *x, const struct column *factor, unsigned order,
                        double of_level[])
{
    int32_t date;

    for (int32_t l = 0; l < factor->level_count; l++) {
        if (!date_read(factor->levels[l], strlen(factor->levels[l]), order, true, &date))
            return fail(e->err, GLMM_E_DATA, x->at, "\"%.60s\" is no date", factor->levels[l]);
        of_level[l] = date;
    }
    return true;
}

static bool read_order(const struct evaluation *e, const struct expr *format, unsigned *order)
{
    struct operand text = { 0 };
    bool ok = format == NULL || expr_evaluate(e, format, &text);

    *order = DATE_YMD;
    if (ok && format != NULL && (text.kind != OPERAND_TEXT || (*order = date_format_order(text.text)) == 0)) {
        ok = fail(e->err, GLMM_E_VALUE, format->at, "this is no format of dates");
        error_hint(e->err, "the order of day, month and year: \"y-m-d\", \"d.m.y\", \"m/d/y\"");
    }
    if (ok && format != NULL && *order == DATE_YMD)
        *order |= DATE_SHORT_FIRST; /* as the command date has it where the format is given */
    operand_clear(&text);
    return ok;
}

/* as.Date(x, format): of texts, or of numbers of days since 1970-01-01. */
static bool run_as_date(const struct evaluation *e, const struct function *f, const struct expr *call,
                        const struct expr *const *arguments, struct operand *out)
{
    struct operand x = { 0 };
    double *of_level = NULL;
    unsigned order;
    int32_t date;
    bool ok = read_order(e, arguments[1], &order) && expr_evaluate(e, arguments[0], &x);

    (void)f;
    (void)call;
    if (ok && x.kind == OPERAND_TEXT) {
        ok = date_read(x.text, strlen(x.text), order, true, &date)
             || fail(e->err, GLMM_E_VALUE, arguments[0]->at, "\"%.60s\" is no date", x.text);
        if (ok)
            operand_set_constant(out, OPERAND_DATE, date);
    } else if (ok && x.kind == OPERAND_FACTOR) {
        ok = ((of_level = NEW_ARRAY(double, x.factor->level_count)) != NULL || fail_memory(e->err))
             && read_levels(e, arguments[0], x.factor, order, of_level) && operand_set_column(e, out, OPERAND_DATE);
        for (size_t i = 0; ok && i < e->frame->rows; i++)
            out->values[i] = x.factor->as.code[i] < 0 ? (double)NAN : of_level[x.factor->as.code[i]];
    } else if (ok) {
        *out = x;
        out->kind = OPERAND_DATE;
        x = (struct operand){ 0 };
    }
    mem_free(of_level);
    operand_clear(&x);
    return ok;
}

const struct function expr_functions_date[] = {
    { .name = "days", .least = 2, .most = 2, .parameters = "to from", .run = run_days },
    { .name = "year", .least = 1, .most = 1, .parameters = "date", .run = run_part },
    { .name = "month", .least = 1, .most = 1, .parameters = "date", .run = run_part },
    { .name = "day", .least = 1, .most = 1, .parameters = "date", .run = run_part },
    { .name = "weekday", .least = 1, .most = 1, .parameters = "date", .run = run_weekday },
    { .name = "as.Date", .least = 1, .most = 2, .parameters = "x format", .run = run_as_date },
    { .name = NULL },
};
