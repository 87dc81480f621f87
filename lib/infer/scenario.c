/* scenario.c -- see scenario.h. */
#include "infer/scenario.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/rowqr.h"

static const char OWN_RESPONSE[] = ".scenario response";

/* --- frames ------------------------------------------------------------------------------------ */

static size_t value_size(enum column_type type)
{
    return type == COLUMN_REAL ? sizeof(double) : type == COLUMN_LOGICAL ? sizeof(int8_t) : sizeof(int32_t);
}

/* Levels and coding of a factor, without its codes. */
static bool copy_factor(struct column *to, const struct column *from)
{
    to->contrast = from->contrast;
    to->reference = from->reference;
    if (from->type != COLUMN_FACTOR)
        return true;
    if ((to->levels = NEW_ARRAY(char *, from->level_count)) == NULL)
        return false;
    for (; to->level_count < from->level_count; to->level_count++)
        if ((to->levels[to->level_count] = mem_strdup(from->levels[to->level_count])) == NULL)
            return false;
    return true;
}

struct frame *scenario_copy(const struct frame *frame, const size_t source[], size_t count, struct glmm_error *err)
{
    struct frame *copy = frame_new(frame->name, count);
    bool ok = copy != NULL || fail_memory(err);

    for (size_t j = 0; ok && j < frame->column_count; j++) {
        const struct column *from = &frame->columns[j];
        struct column *to = frame_add(copy, from->name, from->type, err);
        size_t size = value_size(from->type);

        ok = to != NULL && (copy_factor(to, from) || fail_memory(err));
        for (size_t i = 0; ok && i < count; i++)
            memcpy((char *)to->as.any + i * size, (const char *)from->as.any + source[i] * size, size);
        if (ok)
            column_count_missing(to, count);
    }
    if (!ok) {
        frame_free(copy);
        return NULL;
    }
    return copy;
}

/* An integer or logical column becomes real: a mean need not be whole. */
static bool make_real(struct column *column, size_t rows)
{
    double *values;

    if (column->type == COLUMN_REAL)
        return true;
    if ((values = NEW_ARRAY(double, rows)) == NULL)
        return false;
    for (size_t i = 0; i < rows; i++)
        values[i] = column_real(column, i);
    mem_free(column->as.any);
    column->as.real = values;
    column->type = COLUMN_REAL;
    return true;
}

static struct column *column_of(struct frame *frame, const char *name)
{
    for (size_t j = 0; j < frame->column_count; j++)
        if (strcmp(frame->columns[j].name, name) == 0)
            return &frame->columns[j];
    return NULL;
}

bool scenario_set_number(struct frame *copy, const char *column, size_t from, size_t count, double value, struct glmm_error *err)
{
    struct column *c = column_of(copy, column);

    if (c == NULL || c->type == COLUMN_FACTOR)
        return fail(err, GLMM_E_TYPE, NOWHERE, "`%.60s` is no number", column);
    if (c->type == COLUMN_LOGICAL && (value == 0 || value == 1)) {
        for (size_t i = from; i < from + count; i++)
            c->as.logical[i] = value == 1;
        return true;
    }
    if (!make_real(c, copy->rows))
        return fail_memory(err);
    for (size_t i = from; i < from + count; i++)
        c->as.real[i] = value;
    return true;
}

void scenario_set_code(struct frame *copy, const char *column, size_t from, size_t count, int32_t code)
{
    struct column *c = column_of(copy, column);

    for (size_t i = from; c != NULL && c->type == COLUMN_FACTOR && i < from + count; i++)
        c->as.code[i] = code;
}

/* The design's own rows, then those of `changed`: one frame, with a response of its own that anything may be fitted to. */
static struct frame *stack(const struct scenario_model *model, const struct frame *changed, struct glmm_error *err)
{
    size_t own = model->design->n, total = own + changed->rows, *source = NEW_ARRAY(size_t, total);
    struct frame *both = NULL;
    struct column *column;
    bool ok = source != NULL || fail_memory(err);

    for (size_t i = 0; ok && i < own; i++)
        ok = (source[i] = model->design->row[i]) < model->frame->rows
             || fail(err, GLMM_E_STATE, NOWHERE, "the data have changed since the model was stated: load them again");
    ok = ok && (both = scenario_copy(model->frame, source, total, err)) != NULL;
    for (size_t j = 0; ok && j < both->column_count; j++) {
        const struct column *from = &changed->columns[j];
        size_t size;

        column = &both->columns[j];
        ok = from->type != COLUMN_REAL || make_real(column, total) || fail_memory(err);
        size = value_size(column->type);
        if (ok && changed->rows > 0)
            memcpy((char *)column->as.any + own * size, from->as.any, changed->rows * size);
        if (ok)
            column_count_missing(column, total);
    }
    ok = ok && (column = frame_add(both, OWN_RESPONSE, COLUMN_REAL, err)) != NULL;
    for (size_t i = 0; ok && i < total; i++)
        column->as.real[i] = (double)(i % 7);
    mem_free(source);
    if (!ok) {
        frame_free(both);
        return NULL;
    }
    return both;
}

static struct design *stacked_design(const struct scenario_model *model, const struct frame *both,
                                     const struct glmm_progress *progress, struct glmm_error *err)
{
    struct expr response = { .kind = EXPR_NAME, .text = OWN_RESPONSE, .height = 1 };
    struct formula formula = *model->formula;
    struct design_options options = {
        .response = RESPONSE_REAL,
        .offset = model->offset,
        .contrasts = model->contrasts,
        .allow_olre = true,
    };

    formula.response = &response;
    return design_new(both, &formula, &options, progress, err);
}

/* --- back to the design's columns ---------------------------------------------------------------- */

/* `count` columns of a matrix of `n` rows and more. */
struct columns {
    const double *values;
    size_t row_stride, column_stride;
    int count;
};

static double value_at(const struct columns *c, size_t row, int column)
{
    return c->values == NULL ? 1 : c->values[row * c->row_stride + (size_t)column * c->column_stride];
}

static bool are_same(const struct columns *a, int i, const struct columns *b, int j, size_t n)
{
    double largest = 0, difference = 0;

    for (size_t row = 0; row < n; row++) {
        largest = fmax(largest, fabs(value_at(a, row, i)));
        difference = fmax(difference, fabs(value_at(a, row, i) - value_at(b, row, j)));
    }
    return difference <= 1e-12 * largest;
}

static bool fail_back(const char *what, struct glmm_error *err)
{
    fail(err, GLMM_E_STATE, NOWHERE,
         "%.100s cannot be given other values: either the data are not those that the model was stated on, or it depends on "
         "all rows at once",
         what);
    error_hint(err, "load the data again and state the model anew");
    return false;
}

/* Column `column` of `own` as a combination of those of `stacked` that are `used` and a constant, over the own rows;
 * coefficients has count + 1 entries (the constant's last).  An error that names it where it is none. */
static bool regress(const struct columns *own, int column, const struct columns *stacked, const bool used[], size_t n,
                    double coefficients[], const char *name, struct glmm_error *err)
{
    int k = stacked->count + 1, p = k + 1;
    double *R = NEW_ARRAY(double, (size_t)p *(size_t)p), *row = NEW_ARRAY(double, p);
    bool ok = (R != NULL && row != NULL) || fail_memory(err), constant = true;

    for (int j = 0; j < stacked->count && ok; j++) {
        bool ones = true;

        for (size_t i = 0; i < n && ones && used[j]; i++)
            ones = value_at(stacked, i, j) == 1;
        constant = constant && !(ones && used[j]);
    }
    for (size_t i = 0; i < n && ok; i++) {
        for (int j = 0; j < stacked->count; j++)
            row[j] = used[j] ? value_at(stacked, i, j) : 0;
        row[k - 1] = constant;
        row[k] = value_at(own, i, column);
        rowqr_add(R, p, row);
    }
    ok = ok && (rowqr_residual(R, p) < 1e-8 || fail_back(name, err));
    if (ok)
        rowqr_solve(R, p, coefficients);
    for (int j = 0; j < k && ok; j++) {
        if (j < stacked->count && used[j] && isnan(coefficients[j]))
            ok = fail_back(name, err);
        else if (isnan(coefficients[j]))
            coefficients[j] = 0;
    }
    mem_free(R);
    mem_free(row);
    return ok;
}

/* Writes the changed rows' values of each own column: out[i * row_stride + j * column_stride]. */
static bool bring_back(const struct columns *own, const char *const *own_names, const struct columns *stacked,
                       const char *const *names, size_t n, size_t count, double *out, size_t row_stride, size_t column_stride,
                       struct glmm_error *err)
{
    bool *used = NEW_ARRAY(bool, stacked->count), ok;
    double *coefficients = NEW_ARRAY(double, stacked->count + 1), sum;
    int found = 0, same;

    ok = (used != NULL && coefficients != NULL) || fail_memory(err);
    for (int j = 0; ok && j < stacked->count; j++)
        for (int o = 0; o < own->count; o++)
            if (strcmp(names[j], own_names[o]) == 0) {
                used[j] = true;
                found++;
            }
    /* Columns that the design left out as collinear stay out; where the names are others, any column may serve. */
    for (int j = 0; ok && found < own->count && j < stacked->count; j++)
        used[j] = true;
    for (int o = 0; ok && o < own->count; o++) {
        for (same = 0; same < stacked->count; same++)
            if (strcmp(names[same], own_names[o]) == 0 && are_same(own, o, stacked, same, n))
                break;
        if (same == stacked->count && !(ok = regress(own, o, stacked, used, n, coefficients, own_names[o], err)))
            break;
        for (size_t i = 0; i < count; i++) {
            sum = same < stacked->count ? value_at(stacked, n + i, same) : coefficients[stacked->count];
            for (int j = 0; same == stacked->count && j < stacked->count; j++)
                sum += coefficients[j] == 0 ? 0 : coefficients[j] * value_at(stacked, n + i, j);
            out[i * row_stride + (size_t)o * column_stride] = sum;
        }
    }
    mem_free(used);
    mem_free(coefficients);
    return ok;
}

static bool bring_back_random(const struct random_design *own, const struct random_design *stacked, size_t n, size_t count,
                              double **z, struct glmm_error *err)
{
    struct columns a = { own->z, (size_t)own->k, 1, own->k }, b = { stacked->z, (size_t)stacked->k, 1, stacked->k };

    *z = NULL;
    if (own->z == NULL)
        return true;
    if ((*z = NEW_ARRAY(double, count *(size_t)own->k)) == NULL)
        return fail_memory(err);
    return bring_back(&a, own->names, &b, stacked->names, n, count, *z, (size_t)own->k, 1, err);
}

static bool bring_back_all(const struct design *own, const struct design *stacked, size_t count, struct scenario *out,
                           struct glmm_error *err)
{
    struct columns a = { own->X, 1, own->n, own->p }, b = { stacked->X, 1, stacked->n, stacked->p };
    bool ok;

    out->X = NEW_ARRAY(double, count *(size_t)own->p);
    out->z = NEW_ARRAY(double *, own->random_count);
    out->offset = own->offset == NULL ? NULL : NEW_ARRAY(double, count);
    if (out->X == NULL || out->z == NULL || (own->offset != NULL && out->offset == NULL))
        return fail_memory(err);
    out->terms = own->random_count;
    ok = bring_back(&a, own->names, &b, stacked->names, own->n, count, out->X, 1, count, err);
    for (int t = 0; ok && t < own->random_count; t++)
        ok = bring_back_random(&own->random[t], &stacked->random[t], own->n, count, &out->z[t], err);
    for (size_t i = 0; ok && own->offset != NULL && i < own->n; i++)
        ok = (stacked->offset != NULL && fabs(stacked->offset[i] - own->offset[i]) <= 1e-8 * (1 + fabs(own->offset[i])))
             || fail_back("the offset", err);
    if (ok && own->offset != NULL)
        memcpy(out->offset, stacked->offset + own->n, sizeof *out->offset * count);
    out->rows = (struct marginal_rows){ .n = count, .X = out->X, .z = (const double *const *)out->z, .offset = out->offset };
    return ok;
}

bool scenario_make(const struct scenario_model *model, const struct frame *changed, struct scenario *out,
                   const struct glmm_progress *progress, struct glmm_error *err)
{
    struct frame *both = stack(model, changed, err);
    struct design *stacked = NULL;
    bool ok;

    *out = (struct scenario){ .X = NULL };
    ok = both != NULL && (stacked = stacked_design(model, both, progress, err)) != NULL;
    ok = ok
         && ((stacked->n == both->rows && stacked->random_count == model->design->random_count) || fail_back("a variable", err))
         && bring_back_all(model->design, stacked, changed->rows, out, err);
    design_free(stacked);
    frame_free(both);
    return ok;
}

void scenario_clear(struct scenario *scenario)
{
    mem_free(scenario->X);
    mem_free(scenario->offset);
    for (int t = 0; scenario->z != NULL && t < scenario->terms; t++)
        mem_free(scenario->z[t]);
    mem_free(scenario->z);
    *scenario = (struct scenario){ .X = NULL };
}

/* --- the variables of a model -------------------------------------------------------------------- */

static bool each_of_terms(const struct term *terms, int count, bool (*visit)(void *context, const struct expr *x), void *context)
{
    for (int t = 0; t < count; t++)
        for (int j = 0; j < terms[t].order; j++)
            if (!visit(context, terms[t].factors[j]))
                return false;
    return true;
}

bool scenario_each_variable(const struct formula *formula, bool (*visit)(void *context, const struct expr *x), void *context)
{
    if (!each_of_terms(formula->terms, formula->term_count, visit, context))
        return false;
    for (int k = 0; k < formula->random_count; k++)
        if (!each_of_terms(formula->random[k].effects, formula->random[k].effect_count, visit, context))
            return false;
    return true;
}

bool scenario_mentions(const struct expr *x, const char *column)
{
    if (x == NULL)
        return false;
    if (x->kind == EXPR_NAME && strcmp(x->text, column) == 0)
        return true;
    for (const struct expr *a = x->arguments; a != NULL; a = a->next)
        if (scenario_mentions(a, column))
            return true;
    return scenario_mentions(x->left, column) || scenario_mentions(x->right, column);
}
