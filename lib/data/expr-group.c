/* expr-group.c -- summaries of a column, over all rows or within groups: mean(x), mean(x) by g, scale(x), rank(x) by g.
 *
 * The rows are put into the order of their groups once (a counting sort); a summary then sees one contiguous array of numbers
 * without missing values. */
#include "data/expr-eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/order.h"
#include "data/imputation.h"

struct groups {
    int32_t *code; /* of each row; -1: in no group; NULL: all rows are one group */
    int32_t count;
    size_t *start; /* count + 1: where a group begins in `order` */
    size_t *order; /* the rows that take part, group by group */
};

enum { MAX_GROUPS = 1 << 26 };

static void groups_clear(struct groups *groups)
{
    mem_free(groups->code);
    mem_free(groups->start);
    mem_free(groups->order);
}

static bool code_group(const struct evaluation *e, const struct expr *by, int32_t **codes, int32_t *count);

/* a:b -> the pairs, as one code; pairs that do not occur are empty groups. */
static bool code_pairs(const struct evaluation *e, const struct expr *by, int32_t **codes, int32_t *count)
{
    int32_t *left = NULL, *right = NULL, left_count, right_count = 0;
    bool ok = code_group(e, by->left, &left, &left_count) && code_group(e, by->right, &right, &right_count);

    if (ok && (int64_t)left_count * right_count > MAX_GROUPS)
        ok = fail(e->err, GLMM_E_LIMIT, by->at, "there are too many groups (%d times %d)", (int)left_count, (int)right_count);
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        left[i] = left[i] < 0 || right[i] < 0 ? -1 : left[i] * right_count + right[i];
    if (!ok) {
        mem_free(left);
        left = NULL;
    }
    *count = ok ? left_count * right_count : 0;
    mem_free(right);
    *codes = left;
    return ok;
}

static bool code_group(const struct evaluation *e, const struct expr *by, int32_t **codes, int32_t *count)
{
    struct column *column;
    char **levels;
    bool ok;

    if (by->kind == EXPR_BINARY && strcmp(by->text, ":") == 0)
        return code_pairs(e, by, codes, count);
    column = expr_column(by, e->frame, e->err);
    if (column == NULL)
        return false;
    ok = column_as_factor(column, e->frame->rows, codes, &levels, count, e->err);
    for (int32_t i = 0; ok && i < *count; i++)
        mem_free(levels[i]);
    mem_free(levels);
    column_free(column);
    return ok;
}

/* The groups of each imputation are groups of their own. */
static bool split_imputations(const struct evaluation *e, struct groups *groups)
{
    struct imputations imputations;
    bool ok = imputations_find(e->frame, &imputations, e->err);
    int32_t count = ok ? imputations.count : 0;

    if (ok && (int64_t)count * groups->count > MAX_GROUPS)
        ok = fail(e->err, GLMM_E_LIMIT, NOWHERE, "there are too many groups (%d in %d imputations)", (int)groups->count,
                  (int)count);
    if (ok && groups->code == NULL) {
        groups->code = imputations.code;
        imputations.code = NULL;
    } else if (ok) {
        for (size_t i = 0; i < e->frame->rows; i++)
            groups->code[i] = groups->code[i] < 0 ? -1 : groups->code[i] * count + imputations.code[i];
    }
    groups->count *= ok ? count : 1;
    imputations_clear(&imputations);
    return ok;
}

/* Groups the rows in which x (NULL: every row) is not missing; within imputations, but for a number that a model learns from its
 * rows: a coefficient means the same in each of them. */
static bool groups_make(const struct evaluation *e, const struct expr *by, const struct operand *x, bool learnt,
                        struct groups *groups)
{
    size_t rows = e->frame->rows;
    int32_t g;

    groups->count = 1;
    if (by != NULL && !code_group(e, by, &groups->code, &groups->count))
        return false;
    if (frame_is_imputed(e->frame) && !(learnt && by == NULL && e->memory != NULL) && !split_imputations(e, groups))
        return false;
    groups->start = NEW_ARRAY(size_t, groups->count + 1);
    groups->order = mem_alloc(rows, sizeof *groups->order);
    if (groups->start == NULL || groups->order == NULL)
        return fail_memory(e->err);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < rows; i++) {
            g = groups->code == NULL ? 0 : groups->code[i];
            if (g < 0 || (x != NULL && isnan(operand_at(x, i))))
                continue;
            if (pass == 0)
                groups->start[g + 1]++;
            else
                groups->order[groups->start[g]++] = i;
        }
        for (g = 0; pass == 0 && g < groups->count; g++)
            groups->start[g + 1] += groups->start[g];
    }
    for (g = groups->count; g > 0; g--) /* the second pass moved each start to the next group's */
        groups->start[g] = groups->start[g - 1];
    groups->start[0] = 0;
    return true;
}

/* The groups of a call: its own, or those of the whole expression. */
static const struct expr *by_of(const struct evaluation *e, const struct expr *own)
{
    return own != NULL ? own : e->by;
}

/* --- summaries -------------------------------------------------------------------------------- */

/* The mean, and once more the mean of what is left, so that it is exact to the last digits. */
static double mean(double *x, size_t count)
{
    long double sum = 0.0L, rest = 0.0L;

    for (size_t i = 0; i < count; i++)
        sum += (long double)x[i];
    sum /= (long double)count;
    if (!isfinite((double)sum))
        return (double)sum;
    for (size_t i = 0; i < count; i++)
        rest += (long double)x[i] - sum;
    return (double)(sum + rest / (long double)count);
}

static double sum(double *x, size_t count)
{
    long double total = 0.0L;

    for (size_t i = 0; i < count; i++)
        total += (long double)x[i];
    return (double)total;
}

static double minimum(double *x, size_t count)
{
    double least = count == 0 ? (double)NAN : x[0];

    for (size_t i = 1; i < count; i++)
        least = x[i] < least ? x[i] : least;
    return least;
}

static double maximum(double *x, size_t count)
{
    double most = count == 0 ? (double)NAN : x[0];

    for (size_t i = 1; i < count; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static double variance(double *x, size_t count)
{
    double centre = mean(x, count);
    long double squares = 0.0L;

    for (size_t i = 0; i < count; i++)
        squares += ((long double)x[i] - (long double)centre) * ((long double)x[i] - (long double)centre);
    return count < 2 ? (double)NAN : (double)(squares / (long double)(count - 1));
}

static double deviation(double *x, size_t count)
{
    return sqrt(variance(x, count));
}

static double median(double *x, size_t count)
{
    if (count == 0)
        return (double)NAN;
    qsort(x, count, sizeof *x, order_reals);
    return count % 2 == 1 ? x[count / 2] : x[count / 2 - 1] + (x[count / 2] - x[count / 2 - 1]) / 2.0;
}

static double number_of(double *x, size_t count)
{
    (void)x;
    return (double)count;
}

static const struct summary {
    const char *name;
    double (*compute)(double *x, size_t count);
} summaries[] = {
    { "mean", mean },    { "sum", sum },      { "min", minimum },   { "max", maximum },
    { "var", variance }, { "sd", deviation }, { "median", median }, { "n", number_of },
};

/* One number for each group, into the rows of the group. */
static bool spread(const struct evaluation *e, const struct groups *groups, const struct operand *x,
                   const struct summary *summary, struct operand *out)
{
    double *scratch = mem_alloc(e->frame->rows, sizeof *scratch), *of_group = mem_alloc((size_t)groups->count, sizeof *of_group);
    bool ok = scratch != NULL && of_group != NULL;
    size_t count;

    for (int32_t g = 0; ok && g < groups->count; g++) {
        count = groups->start[g + 1] - groups->start[g];
        for (size_t i = 0; x != NULL && i < count; i++)
            scratch[i] = operand_at(x, groups->order[groups->start[g] + i]);
        of_group[g] = summary->compute(scratch, count);
    }
    if (!ok) {
        fail_memory(e->err);
    } else if (groups->code == NULL && !(ok = evaluation_remember(e, &of_group[0]))) {
        ; /* the error says why */
    } else if (groups->code == NULL) {
        operand_set_constant(out, OPERAND_NUMBER, of_group[0]);
    } else if ((ok = operand_set_column(e, out, OPERAND_NUMBER))) {
        for (size_t i = 0; i < e->frame->rows; i++)
            out->values[i] = groups->code[i] < 0 ? (double)NAN : of_group[groups->code[i]];
    }
    mem_free(scratch);
    mem_free(of_group);
    return ok;
}

/* Behind what is summarized stands na.rm, TRUE or FALSE; a second variable or number there was meant to be compared with the
 * first in each row, or to be a part of it. */
static bool na_rm_option(const struct evaluation *e, const struct function *f, const struct expr *na_rm, double *remove)
{
    struct operand operand = { 0 };
    bool ok;

    if (na_rm == NULL)
        return true;
    ok = expr_evaluate_number(e, na_rm, "na.rm", &operand);
    if (ok && (!operand.constant || operand.kind != OPERAND_LOGICAL)) {
        ok = fail(e->err, GLMM_E_TYPE, na_rm->at, "%s() is of one variable; behind it stands na.rm = TRUE or FALSE", f->name);
        if (strcmp(f->name, "min") == 0 || strcmp(f->name, "max") == 0)
            error_hint(e->err, "the %s of several in each row: p%s(a, b)", f->name[1] == 'a' ? "largest" : "smallest", f->name);
    }
    if (ok)
        *remove = operand.value;
    operand_clear(&operand);
    return ok;
}

/* Unless na.rm is true, a missing value among those to be summarized is an error: it would make the whole summary missing. */
static bool check_missing(const struct evaluation *e, const struct function *f, const struct expr *call, const struct expr *na_rm,
                          const struct operand *x)
{
    size_t missing = 0;
    double remove = 0.0;

    if (!na_rm_option(e, f, na_rm, &remove))
        return false;
    if (remove != 0.0 || strcmp(f->name, "n") == 0 || evaluation_replays(e))
        return true;
    if (x->constant)
        missing = isnan(x->value) ? e->frame->rows : 0;
    else
        for (size_t i = 0; i < e->frame->rows; i++)
            missing += isnan(x->values[i]);
    if (missing == 0)
        return true;
    fail(e->err, GLMM_E_DATA, call->at, "%zu of the %zu values are missing, and so would be their %s", missing, e->frame->rows,
         f->name);
    error_hint(e->err, "%s(..., na.rm = TRUE) leaves them out", f->name);
    return false;
}

/* mean(x, na.rm, by) and its kin. */
static bool run_summary(const struct evaluation *e, const struct function *f, const struct expr *call,
                        const struct expr *const *arguments, struct operand *out)
{
    const struct summary *summary = summaries;
    struct groups groups = { 0 };
    struct operand x = { 0 };
    bool ok, has_x = arguments[0] != NULL, keeps = strcmp(f->name, "min") == 0 || strcmp(f->name, "max") == 0;

    while (strcmp(summary->name, f->name) != 0)
        summary++;
    ok = (by_of(e, arguments[2]) == NULL || evaluation_needs_all_rows(e, call))
         && (!has_x || (expr_evaluate_number(e, arguments[0], f->name, &x) && check_missing(e, f, call, arguments[1], &x)))
         && groups_make(e, by_of(e, arguments[2]), has_x ? &x : NULL, true, &groups)
         && spread(e, &groups, has_x ? &x : NULL, summary, out);
    if (ok && keeps && x.kind == OPERAND_DATE)
        out->kind = OPERAND_DATE;
    groups_clear(&groups);
    operand_clear(&x);
    return ok;
}

/* --- columns ---------------------------------------------------------------------------------- */

/* An option of scale(): TRUE computes the statistic, FALSE leaves it out, a number is it. */
static bool scale_option(const struct evaluation *e, const struct expr *option, bool *compute, double *value)
{
    struct operand operand = { 0 };
    bool ok = true;

    if (option != NULL) {
        ok = expr_evaluate_number(e, option, "this option", &operand);
        if (ok && !operand.constant)
            ok = fail(e->err, GLMM_E_TYPE, option->at, "this must be TRUE, FALSE or one number");
        if (ok && operand.kind == OPERAND_NUMBER) {
            *compute = false;
            *value = operand.value;
        } else if (ok) {
            *compute = operand.value != 0.0;
        }
        operand_clear(&operand);
    }
    return ok;
}

/* R: the scale is the root of the sum of squares over count - 1, about zero where nothing was subtracted. */
static double root_mean_square(const double *x, size_t count)
{
    long double squares = 0.0L;

    for (size_t i = 0; i < count; i++)
        squares += (long double)x[i] * (long double)x[i];
    return count < 2 ? (double)NAN : (double)sqrtl(squares / (long double)(count - 1));
}

/* scale(x, center, scale, by) and center(x, by).  Missing values are left out of the statistics and stay missing. */
static bool run_scale(const struct evaluation *e, const struct function *f, const struct expr *call,
                      const struct expr *const *arguments, struct operand *out)
{
    bool is_scale = strcmp(f->name, "scale") == 0, compute_centre = true, compute_scale = is_scale, ok;
    double centre = 0.0, scale = 1.0, *scratch = NULL;
    const struct expr *by = by_of(e, arguments[is_scale ? 3 : 1]);
    struct groups groups = { 0 };
    struct operand x = { 0 };
    size_t begin, count;

    ok = (by == NULL || evaluation_needs_all_rows(e, call)) && expr_evaluate_number(e, arguments[0], f->name, &x)
         && (!is_scale || scale_option(e, arguments[1], &compute_centre, &centre))
         && (!is_scale || scale_option(e, arguments[2], &compute_scale, &scale)) && groups_make(e, by, &x, true, &groups)
         && operand_set_column(e, out, OPERAND_NUMBER)
         && ((scratch = mem_alloc(e->frame->rows, sizeof *scratch)) != NULL || fail_memory(e->err));
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = (double)NAN;
    for (int32_t g = 0; ok && g < groups.count; g++) {
        begin = groups.start[g];
        count = groups.start[g + 1] - begin;
        for (size_t i = 0; i < count; i++)
            scratch[i] = operand_at(&x, groups.order[begin + i]);
        if (compute_centre)
            centre = mean(scratch, count);
        ok = !compute_centre || evaluation_remember(e, &centre);
        for (size_t i = 0; i < count; i++)
            scratch[i] -= centre;
        if (compute_scale)
            scale = root_mean_square(scratch, count);
        ok = ok && (!compute_scale || evaluation_remember(e, &scale));
        if (ok && scale == 0.0 && groups.code == NULL && count > 0)
            ok = fail(e->err, GLMM_E_DATA, call->at, "all values are equal, so there is no scale to divide by");
        for (size_t i = 0; i < count; i++)
            out->values[groups.order[begin + i]] = scale == 0.0 ? (double)NAN : scratch[i] / scale;
    }
    mem_free(scratch);
    groups_clear(&groups);
    operand_clear(&x);
    return ok;
}

struct ranked {
    double value;
    size_t row;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* rank(x, by): ties share their mean rank; a missing value has none. */
static bool run_rank(const struct evaluation *e, const struct function *f, const struct expr *call,
                     const struct expr *const *arguments, struct operand *out)
{
    struct groups groups = { 0 };
    struct operand x = { 0 };
    struct ranked *ranked = NULL;
    size_t begin, count, tie;
    bool ok;

    ok = evaluation_needs_all_rows(e, call) && expr_evaluate_number(e, arguments[0], f->name, &x)
         && groups_make(e, by_of(e, arguments[1]), &x, false, &groups) && operand_set_column(e, out, OPERAND_NUMBER)
         && ((ranked = mem_alloc(e->frame->rows, sizeof *ranked)) != NULL || fail_memory(e->err));
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = (double)NAN;
    for (int32_t g = 0; ok && g < groups.count; g++) {
        begin = groups.start[g];
        count = groups.start[g + 1] - begin;
        for (size_t i = 0; i < count; i++)
            ranked[i] = (struct ranked){ operand_at(&x, groups.order[begin + i]), groups.order[begin + i] };
        qsort(ranked, count, sizeof *ranked, compare_ranked);
        for (size_t i = 0; i < count; i = tie) {
            for (tie = i + 1; tie < count && ranked[tie].value == ranked[i].value;)
                tie++;
            for (size_t j = i; j < tie; j++)
                out->values[ranked[j].row] = ((double)i + 1.0 + (double)tie) / 2.0;
        }
    }
    mem_free(ranked);
    groups_clear(&groups);
    operand_clear(&x);
    return ok;
}

/* --- neighbours --------------------------------------------------------------------------------- */

/* The value of the row `from` goes into row `to`; from a row outside its group (SIZE_MAX) comes none. */
static void take_neighbour(const struct operand *x, struct operand *out, struct column *factor, size_t to, size_t from)
{
    if (factor != NULL)
        factor->as.code[to] = from == SIZE_MAX ? -1 : x->factor->as.code[from];
    else
        out->values[to] = from == SIZE_MAX ? (double)NAN : operand_at(x, from);
}

/* What comes out of a function of neighbours: a factor with the levels of x, a copy that is the caller's until it is set, or
 * values.  Each row has none yet. */
static bool neighbours_begin(const struct evaluation *e, const struct function *f, const struct operand *x, struct operand *out,
                             struct column **factor)
{
    if (x->kind == OPERAND_FACTOR
            ? (*factor = operand_column(e, &(struct operand){ .kind = OPERAND_FACTOR, .factor = x->factor }, f->name)) == NULL
            : !operand_set_column(e, out, x->kind))
        return false;
    for (size_t i = 0; i < e->frame->rows; i++)
        take_neighbour(x, out, *factor, i, SIZE_MAX);
    return true;
}

static bool is_variable(const struct evaluation *e, const struct function *f, const struct expr *argument,
                        const struct operand *x)
{
    return x->kind != OPERAND_TEXT || fail(e->err, GLMM_E_TYPE, argument->at, "%s() needs a variable", f->name);
}

/* The value `by` rows before each row in the order of its group (behind it where `by` is negative). */
static void shift(const struct groups *groups, int32_t g, double by, const struct operand *x, struct operand *out,
                  struct column *factor)
{
    const size_t *rows = groups->order + groups->start[g];
    size_t count = groups->start[g + 1] - groups->start[g];

    for (size_t i = 0; i < count; i++) {
        double from = (double)i - by;

        take_neighbour(x, out, factor, rows[i], from >= 0.0 && from < (double)count ? rows[(size_t)from] : SIZE_MAX);
    }
}

/* lag(x, n, by) and lead(x, n, by), of numbers and of factors. */
static bool run_lag(const struct evaluation *e, const struct function *f, const struct expr *call,
                    const struct expr *const *arguments, struct operand *out)
{
    struct groups groups = { 0 };
    struct operand x = { 0 };
    struct column *factor = NULL;
    double by = 1.0;
    bool ok;

    ok = evaluation_needs_all_rows(e, call) && expr_evaluate(e, arguments[0], &x)
         && (arguments[1] == NULL || expr_evaluate_constant(e, arguments[1], "the number of rows", &by))
         && (by == floor(by) || arguments[1] == NULL /* 1 */
             || fail(e->err, GLMM_E_VALUE, arguments[1]->at, "the number of rows must be a whole number"))
         && is_variable(e, f, arguments[0], &x) && groups_make(e, by_of(e, arguments[2]), NULL, false, &groups)
         && neighbours_begin(e, f, &x, out, &factor);
    for (int32_t g = 0; ok && g < groups.count; g++)
        shift(&groups, g, strcmp(f->name, "lag") == 0 ? by : -by, &x, out, factor);
    if (ok && factor != NULL)
        operand_set_factor(out, factor);
    groups_clear(&groups);
    operand_clear(&x);
    return ok;
}

/* fill(x, by): a missing value is that of the row before it in its group, as in cells that a spreadsheet has merged. */
static bool run_fill(const struct evaluation *e, const struct function *f, const struct expr *call,
                     const struct expr *const *arguments, struct operand *out)
{
    struct groups groups = { 0 };
    struct operand x = { 0 };
    struct column *factor = NULL;
    bool ok = evaluation_needs_all_rows(e, call) && expr_evaluate(e, arguments[0], &x) && is_variable(e, f, arguments[0], &x)
              && groups_make(e, by_of(e, arguments[1]), NULL, false, &groups) && neighbours_begin(e, f, &x, out, &factor);

    for (int32_t g = 0; ok && g < groups.count; g++) {
        size_t last = SIZE_MAX;

        for (size_t i = groups.start[g]; i < groups.start[g + 1]; i++) {
            const size_t row = groups.order[i];

            if (factor != NULL ? x.factor->as.code[row] >= 0 : !isnan(operand_at(&x, row)))
                last = row;
            take_neighbour(&x, out, factor, row, last);
        }
    }
    if (ok && factor != NULL)
        operand_set_factor(out, factor);
    groups_clear(&groups);
    operand_clear(&x);
    return ok;
}

/* row(by): 1, 2, ... in the order of the rows. */
static bool run_row(const struct evaluation *e, const struct function *f, const struct expr *call,
                    const struct expr *const *arguments, struct operand *out)
{
    struct groups groups = { 0 };
    bool ok = evaluation_needs_all_rows(e, call) && groups_make(e, by_of(e, arguments[0]), NULL, false, &groups)
              && operand_set_column(e, out, OPERAND_NUMBER);

    (void)f;
    for (size_t i = 0; ok && i < e->frame->rows; i++)
        out->values[i] = (double)NAN;
    for (int32_t g = 0; ok && g < groups.count; g++)
        for (size_t i = groups.start[g]; i < groups.start[g + 1]; i++)
            out->values[groups.order[i]] = (double)(i - groups.start[g] + 1);
    groups_clear(&groups);
    return ok;
}

#define SUMMARY(title)                                                                                                           \
    {                                                                                                                            \
        .name = title, .least = 1, .most = 3, .parameters = "x na.rm by", .run = run_summary                                     \
    }

const struct function expr_functions_group[] = {
    SUMMARY("mean"),
    SUMMARY("sum"),
    SUMMARY("min"),
    SUMMARY("max"),
    SUMMARY("sd"),
    SUMMARY("var"),
    SUMMARY("median"),
    { .name = "n", .least = 0, .most = 3, .parameters = "x na.rm by", .run = run_summary },
    { .name = "scale", .least = 1, .most = 4, .parameters = "x center scale by", .run = run_scale },
    { .name = "center", .least = 1, .most = 2, .parameters = "x by", .run = run_scale },
    { .name = "rank", .least = 1, .most = 2, .parameters = "x by", .run = run_rank },
    { .name = "lag", .least = 1, .most = 3, .parameters = "x n by", .run = run_lag },
    { .name = "lead", .least = 1, .most = 3, .parameters = "x n by", .run = run_lag },
    { .name = "fill", .least = 1, .most = 2, .parameters = "x by", .run = run_fill },
    { .name = "row", .least = 0, .most = 1, .parameters = "by", .run = run_row },
    { .name = NULL },
};
