/* predictor.c -- see predictor.h. */
#include "infer/predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "data/date.h"
#include "result/number.h"

static const double CENTRED = 1e-6; /* of the range: a mean that is 0 but for rounding is of a centred variable */

enum { FEW_VALUES = 6, QUARTILES = 5 };

/* --- which variable --------------------------------------------------------------------------- */

static bool is_number(const struct column *column)
{
    return column_is_number(column) || column->type == COLUMN_DATE;
}

/* The levels of the factor that the expression makes of the column in it, as factor(x) does; 0: none.  Of factor(x > 3) x stays a
 * number. */
static int makes_levels(const struct expr *x, const struct frame *frame, struct glmm_error *err)
{
    const struct expr *inside = x->kind == EXPR_CALL ? x->arguments : NULL;
    struct column *column;
    int levels;

    if (inside == NULL || inside->kind != EXPR_NAME || expr_is_formula_function(x->text)
        || (column = expr_column(x, frame, err)) == NULL)
        return 0;
    levels = column->type == COLUMN_FACTOR ? (int)column->level_count : 0;
    column_free(column);
    return levels;
}

/* The variables found so far. */
struct listing {
    struct predictor *predictors; /* room for one a column of the frame */
    int *levels;                  /* the most by which each of them enters, if it is a number; 0 for none */
    int count;
    const struct model *model;
    const struct frame *frame;
    struct glmm_error *err;
};

static bool list_variables(void *context, const struct expr *x)
{
    struct listing *l = context;

    for (size_t j = 0; j < l->frame->column_count; j++) {
        const struct column *column = &l->frame->columns[j];
        bool coded;
        int at = 0, levels;

        if (!grid_mentions(x, column->name))
            continue;
        levels = is_number(column) ? makes_levels(x, l->frame, l->err) : 0;
        coded = !is_number(column) || levels > 0;
        if (l->err != NULL && l->err->code != 0)
            return false;
        while (at < l->count && l->predictors[at].column != column)
            at++;
        if (at == l->count)
            l->predictors[l->count++] =
                (struct predictor){ .model = l->model, .frame = l->frame, .column = column, .coded = coded };
        l->predictors[at].coded = l->predictors[at].coded || coded;
        l->levels[at] = levels > l->levels[at] ? levels : l->levels[at];
    }
    return true;
}

struct counted;
static struct counted *counted_numbers(const struct predictor *p, const struct column *column, size_t *count);

/* *grouped: whether a number that enters by so many levels has more values.  False when memory is out. */
static bool look_grouped(const struct predictor *p, int levels, bool *grouped)
{
    size_t distinct;
    struct counted *x = levels > 0 ? counted_numbers(p, p->column, &distinct) : NULL;

    *grouped = x != NULL && (size_t)levels < distinct;
    mem_free(x);
    return levels == 0 || x != NULL;
}

/* How many values a column of numbers has in the model's rows: 0 to 2, or 3 for more. */
static int count_values(const struct predictor *p)
{
    const struct design *design = p->model->design;
    double values[2];
    int count = 0;

    for (size_t i = 0; i < design->n && count < 3; i++) {
        double x = column_real(p->column, design->row[i]);

        if (isnan(x) || (count > 0 && x == values[0]) || (count > 1 && x == values[1]))
            continue;
        if (count < 2)
            values[count] = x;
        count++;
    }
    return count;
}

/* Those of the mean, and with `parts` of the other predictors. */
static struct predictor *list_all(const struct model *model, bool parts, struct arena *arena, int *count, struct glmm_error *err)
{
    struct listing l = { .model = model, .frame = model->frame, .err = err };

    if ((l.predictors = arena_alloc(arena, l.frame->column_count + 1, sizeof *l.predictors)) == NULL
        || (l.levels = arena_alloc(arena, l.frame->column_count + 1, sizeof *l.levels)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if (!grid_each_variable(model->formula, list_variables, &l))
        return NULL;
    for (int k = 0; parts && k < DESIGN_PARTS; k++)
        if (model->part[k] != NULL && !grid_each_variable(model->part[k], list_variables, &l))
            return NULL;
    for (int k = 0; k < l.count; k++) {
        struct predictor *p = &l.predictors[k];
        int values = is_number(p->column) ? count_values(p) : 2;

        p->few = p->coded || values <= 2;
        p->constant = values < 2;
        if (!look_grouped(p, l.levels[k], &p->grouped)) {
            fail_memory(err);
            return NULL;
        }
    }
    *count = l.count;
    return l.predictors;
}

struct predictor *predictor_all(const struct model *model, struct arena *arena, int *count, struct glmm_error *err)
{
    return list_all(model, false, arena, count, err);
}

struct predictor *predictor_all_parts(const struct model *model, struct arena *arena, int *count, struct glmm_error *err)
{
    return list_all(model, true, arena, count, err);
}

int predictor_choice(const struct predictor *predictors, int count)
{
    for (int k = 0; k < count; k++)
        if (!predictors[k].few)
            return k;
    for (int k = 0; k < count; k++)
        if (!predictors[k].coded && is_number(predictors[k].column) && !predictors[k].constant)
            return k;
    for (int k = 0; k < count; k++)
        if (!predictors[k].constant)
            return k;
    return 0;
}

/* The variable inside `factor(x)`, or the word itself. */
static const char *plain_name(const struct asked *asked, struct arena *arena)
{
    const char *open = strchr(asked->text, '('), *end = open == NULL ? NULL : open + 1 + strcspn(open + 1, " ,()");

    return open == NULL || asked->quoted || *end != ')' || end[1] != '\0'
               ? asked->text
               : arena_strndup(arena, open + 1, (size_t)(end - open - 1));
}

static bool find_named(struct predictor *predictor, const struct predictor *all, int count, const char *name)
{
    for (int k = 0; k < count; k++)
        if (strcmp(all[k].column->name, name) == 0) {
            *predictor = all[k];
            return true;
        }
    return false;
}

/* The text of an option mentions the name, as a whole word. */
static bool text_mentions(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = text; at != NULL && (at = strstr(at, name)) != NULL; at++)
        if ((at == text || !is_name_byte(at[-1])) && !is_name_byte(at[length]))
            return true;
    return false;
}

bool predictor_is_of_offset(const struct model *model, const char *name)
{
    for (int k = 0; k < model->formula->offset_count; k++)
        if (grid_mentions(model->formula->offsets[k], name))
            return true;
    return model->spec.offset != NULL && text_mentions(model->spec.offset, name);
}

/* No variable has the name: says so, and which name is near; with `offsets` it may be one of these. */
static bool refuse(const struct model *model, const struct asked *asked, const char *name, const struct predictor *all, int count,
                   bool offsets, struct glmm_error *err)
{
    struct suggest suggest;

    suggest_init(&suggest, name);
    for (int k = 0; k < count; k++)
        suggest_offer(&suggest, all[k].column->name);
    for (size_t j = 0; offsets && j < model->frame->column_count; j++)
        if (predictor_is_of_offset(model, model->frame->columns[j].name))
            suggest_offer(&suggest, model->frame->columns[j].name);
    suggest_all(&suggest, asked->models);
    fail(err, GLMM_E_NAME, asked->at,
         asked->models != NULL ? "`%.60s` is neither a model nor a predictor of %.60s" : "`%.60s` is no predictor of %.60s",
         asked->text, model->name);
    if (!asked->quoted && strchr(asked->text, '=') != NULL)
        error_hint(err, "an option stands behind a comma: `, %.60s`", asked->text);
    if (!suggest_hint(&suggest, err) && count > 0)
        error_hint(err, "for example `%.60s`", all[0].column->name);
    return false;
}

static bool find_in(struct predictor *predictor, const struct model *model, bool parts, bool offsets, const struct asked *asked,
                    struct glmm_error *err)
{
    struct arena *arena = arena_new();
    const char *name = arena == NULL ? NULL : plain_name(asked, arena);
    struct predictor *all = NULL;
    int count;
    bool ok = name != NULL || fail_memory(err);

    ok = ok && (all = list_all(model, parts, arena, &count, err)) != NULL
         && (find_named(predictor, all, count, name) || refuse(model, asked, name, all, count, offsets, err));
    arena_free(arena);
    return ok;
}

bool predictor_find(struct predictor *predictor, const struct model *model, const struct asked *asked, struct glmm_error *err)
{
    return find_in(predictor, model, false, false, asked, err);
}

bool predictor_find_held(struct predictor *predictor, const struct model *model, const struct asked *asked,
                         struct glmm_error *err)
{
    return predictor_is_of_offset(model, asked->text) ? predictor_find_at(predictor, model, asked, err)
                                                      : find_in(predictor, model, false, true, asked, err);
}

bool predictor_find_any(struct predictor *predictor, const struct model *model, const struct asked *asked, struct glmm_error *err)
{
    return find_in(predictor, model, true, false, asked, err);
}

bool predictor_find_at(struct predictor *predictor, const struct model *model, const struct asked *asked, struct glmm_error *err)
{
    const struct column *column = predictor_is_of_offset(model, asked->text) ? frame_find(model->frame, asked->text) : NULL;
    struct glmm_error none = { 0 };

    if (column == NULL || predictor_find_any(predictor, model, asked, &none))
        return find_in(predictor, model, true, true, asked, err);
    *predictor = (struct predictor){ .model = model, .frame = model->frame, .column = column, .coded = !is_number(column) };
    return true;
}

/* Index of the coefficient of that name, or -1. */
static int coefficient_named(const struct design *design, const char *name)
{
    for (int j = 0; j < design->p && design->assign != NULL; j++)
        if (design->assign[j] >= 0 && name_is(design->names[j], name))
            return j;
    return -1;
}

/* The variable of a coefficient of a main effect, and the level in its name. */
static bool find_coefficient(struct predictor *predictor, const struct predictor *all, int count, const struct asked *asked,
                             struct arena *arena, int *level, struct glmm_error *err)
{
    const struct model *model = all[0].model;
    int term = model->design->assign[coefficient_named(model->design, asked->text)], first = -1, second = -1, values_count;
    const struct term *of = &model->formula->terms[term];
    struct setting_value *values;

    for (int k = 0; k < count; k++)
        for (int f = 0; f < of->order; f++)
            if (grid_mentions(of->factors[f], all[k].column->name)) {
                second = first >= 0 && first != k ? k : second;
                first = first < 0 ? k : first;
            }
    if (first < 0)
        return fail(err, GLMM_E_NAME, asked->at, "`%.60s` is of no variable", asked->text);
    if (second >= 0) {
        fail(err, GLMM_E_NAME, asked->at, "`%.60s` is of more than one variable", asked->text);
        error_hint(err, "name one of them: `%.60s` or `%.60s`", all[first].column->name, all[second].column->name);
        return false;
    }
    *predictor = all[first];
    if (!predictor->few || strncmp(asked->text, of->label, strlen(of->label)) != 0)
        return true;
    if ((values = predictor_values(predictor, arena, &values_count, err)) == NULL)
        return false;
    for (int k = 0; k < values_count; k++)
        if (strcmp(values[k].label, asked->text + strlen(of->label)) == 0)
            *level = k;
    return true;
}

bool predictor_find_level(struct predictor *predictor, const struct model *model, const struct asked *asked, int *level,
                          struct glmm_error *err)
{
    struct arena *arena = arena_new();
    const char *name = arena == NULL ? NULL : plain_name(asked, arena);
    struct predictor *all = NULL;
    int count;
    bool ok = name != NULL || fail_memory(err);

    *level = -1;
    if (!ok || (all = predictor_all(model, arena, &count, err)) == NULL)
        ok = false;
    else if (!find_named(predictor, all, count, name))
        ok = count > 0 && coefficient_named(model->design, asked->text) >= 0
                 ? find_coefficient(predictor, all, count, asked, arena, level, err)
                 : refuse(model, asked, name, all, count, false, err);
    arena_free(arena);
    return ok;
}

/* --- its values ------------------------------------------------------------------------------- */

/* From the lowest to the highest of a column in the model's rows. */
static double range_in_rows(const struct predictor *p)
{
    const struct design *design = p->model->design;
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < design->n; i++) {
        double x = column_real(p->column, design->row[i]);

        low = isfinite(x) ? fmin(low, x) : low;
        high = isfinite(x) ? fmax(high, x) : high;
    }
    return high - low;
}

/* Four digits, unless these are not enough to tell it from other values of a column with this range: then of the range. */
static const char *number_label(char buffer[NUMBER_SIZE], double number, double range)
{
    static const double SEEN = 1e-3; /* of the range */
    const char *text = number_text(buffer, number, 4);

    if (!(range > 0) || !isfinite(range) || fabs(strtod(text, NULL) - number) <= SEEN * range)
        return text;
    number_with_error(buffer, number, range, 4, 4);
    if (strchr(buffer, '.') != NULL && strchr(buffer, 'e') == NULL)
        for (size_t end = strlen(buffer); buffer[end - 1] == '0' || buffer[end - 1] == '.'; end--) {
            bool last = buffer[end - 1] == '.';

            buffer[end - 1] = '\0';
            if (last)
                break;
        }
    return buffer;
}

const char *predictor_label(const struct predictor *p, double number, char buffer[NUMBER_SIZE])
{
    return number_label(buffer, number, range_in_rows(p));
}

/* A date is called by its day. */
static struct setting_value value_of_number(const struct column *column, double number, double range, struct arena *arena)
{
    char buffer[NUMBER_SIZE];

    if (column->type == COLUMN_DATE && number == floor(number))
        return (struct setting_value){ .label = arena_strdup(arena, date_text((int32_t)number, buffer)), .number = number };

    return (struct setting_value){ .label = arena_strdup(arena, number_label(buffer, number, range)), .number = number };
}

double predictor_mean(const struct predictor *p)
{
    const struct design *design = p->model->design;
    double mean = 0, total = 0;

    for (size_t i = 0; i < design->n; i++) {
        double trials = design->trials == NULL ? 1 : design->trials[i];

        total += trials;
        mean += total > 0 ? trials * (column_real(p->column, design->row[i]) - mean) / total : 0;
    }
    return mean;
}

/* Levels of a factor that occur in the model's rows. */
static struct setting_value *values_of_factor(const struct predictor *p, struct arena *arena, int *count)
{
    const struct column *column = p->column;
    struct setting_value *values = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *values);
    bool *occurs = arena_alloc(arena, (size_t)column->level_count + 1, sizeof *occurs);

    if (values == NULL || occurs == NULL)
        return NULL;
    column_mark_levels(column, p->model->design->row, p->model->design->n, occurs);
    for (int32_t l = 0; l < column->level_count; l++)
        if (occurs[l])
            values[(*count)++] = (struct setting_value){ .label = arena_strdup(arena, column->levels[l]), .code = l };
    return values;
}

/* A number, and how many observations have it: 1, or the trials of its row. */
struct counted {
    double x, trials;
};

static int compare_counted(const void *a, const void *b)
{
    double x = ((const struct counted *)a)->x, y = ((const struct counted *)b)->x;

    return (x > y) - (x < y);
}

/* The distinct numbers of a column in the model's rows, sorted; new (mem_free). */
static struct counted *counted_numbers(const struct predictor *p, const struct column *column, size_t *count)
{
    const struct design *design = p->model->design;
    struct counted *all = NEW_ARRAY(struct counted, design->n + 1);
    size_t n = 0, distinct = 0;

    for (size_t i = 0; all != NULL && i < design->n; i++) {
        double x = column_real(column, design->row[i]);

        if (isfinite(x))
            all[n++] = (struct counted){ x, design->trials == NULL ? 1 : design->trials[i] };
    }
    if (n > 0)
        qsort(all, n, sizeof *all, compare_counted);
    for (size_t i = 0; i < n; i++) {
        if (distinct > 0 && all[distinct - 1].x == all[i].x)
            all[distinct - 1].trials += all[i].trials;
        else
            all[distinct++] = all[i];
    }
    *count = distinct;
    return all;
}

/* The observation at place `at` (from 0) of all of them in order. */
static double number_at(const struct counted *x, size_t count, double at)
{
    double before = 0;

    for (size_t i = 0; i < count; i++) {
        before += x[i].trials;
        if (at < before)
            return x[i].x;
    }
    return count == 0 ? (double)NAN : x[count - 1].x;
}

/* R's type 7, as if each trial were a row. */
static double counted_quantile(const struct counted *x, size_t count, double p)
{
    double total = 0, at, low;

    for (size_t i = 0; i < count; i++)
        total += x[i].trials;
    at = p * fmax(total - 1, 0);
    low = number_at(x, count, floor(at));
    return low + (at - floor(at)) * (number_at(x, count, floor(at) + 1) - low);
}

static double counted_mean(const struct counted *x, size_t count)
{
    double mean = 0, total = 0;

    for (size_t i = 0; i < count; i++) {
        total += x[i].trials;
        mean += x[i].trials / total * (x[i].x - mean);
    }
    return count == 0 ? (double)NAN : mean;
}

static struct setting_value *values_of_number(const struct predictor *p, struct arena *arena, int *count)
{
    size_t distinct;
    struct counted *x = counted_numbers(p, p->column, &distinct);
    struct setting_value *values;

    values = x == NULL ? NULL : arena_alloc(arena, (p->coded ? distinct : FEW_VALUES) + 1, sizeof *values);
    if (values != NULL && (p->coded || distinct <= FEW_VALUES)) {
        for (size_t i = 0; i < distinct; i++)
            values[(*count)++] = value_of_number(p->column, x[i].x, x[distinct - 1].x - x[0].x, arena);
    } else if (values != NULL) {
        for (int q = 0; q < QUARTILES; q++) {
            double at = counted_quantile(x, distinct, q / (double)(QUARTILES - 1));

            if (p->column->type == COLUMN_DATE)
                at = floor(at);
            if (*count == 0 || values[*count - 1].number != at)
                values[(*count)++] = value_of_number(p->column, at, x[distinct - 1].x - x[0].x, arena);
        }
    }
    mem_free(x);
    return values;
}

static struct setting_value *values_of_logical(struct arena *arena, int *count)
{
    struct setting_value *values = arena_alloc(arena, 2, sizeof *values);

    if (values == NULL)
        return NULL;
    values[0] = (struct setting_value){ .label = "FALSE", .number = 0 };
    values[1] = (struct setting_value){ .label = "TRUE", .number = 1 };
    *count = 2;
    return values;
}

struct setting_value *predictor_values(const struct predictor *p, struct arena *arena, int *count, struct glmm_error *err)
{
    struct setting_value *values;

    *count = 0;
    values = p->column->type == COLUMN_FACTOR    ? values_of_factor(p, arena, count)
             : p->column->type == COLUMN_LOGICAL ? values_of_logical(arena, count)
                                                 : values_of_number(p, arena, count);
    if (values == NULL || arena_failed(arena)) {
        fail_memory(err);
        return NULL;
    }
    return values;
}

struct setting_value *predictor_values_shown(const struct predictor *p, struct arena *arena, int *count, struct glmm_error *err)
{
    struct predictor shown = *p;

    shown.coded = p->coded && !p->grouped;
    return predictor_values(&shown, arena, count, err);
}

int predictor_reference(const struct predictor *p, const struct setting_value *values, int count)
{
    for (int k = 0; k < count && p->column->type == COLUMN_FACTOR; k++)
        if (values[k].code == p->column->reference)
            return k;
    return 0;
}

bool fail_no_number(struct glmm_error *err, struct glmm_span at, const struct column *column, const char *text)
{
    char several[60];
    size_t length = strlen(text);

    fail(err, GLMM_E_VALUE, at, "`%.60s` is no %s; %.60s is one", text, column->type == COLUMN_DATE ? "date" : "number",
         column->name);
    if (column->type == COLUMN_DATE || length >= sizeof several || strchr(text, ' ') == NULL
        || strspn(text, "0123456789+-.eE ") != length)
        return false;
    for (size_t c = 0; c <= length; c++)
        several[c] = (char)(text[c] == ' ' ? ',' : text[c]);
    error_hint(err, "values stand between commas: `%.60s=%s`", column->name, several);
    return false;
}

bool predictor_value(const struct predictor *p, const char *text, struct arena *arena, struct setting_value *value,
                     struct glmm_error *err)
{
    struct setting_value *known;
    struct suggest suggest;
    double number;
    int count;

    if (!p->coded || p->grouped) {
        if (!column_parse(p->column, text, &number) || !isfinite(number))
            return fail_no_number(err, NOWHERE, p->column, text);
        *value = value_of_number(p->column, number, range_in_rows(p), arena);
        return value->label != NULL || fail_memory(err);
    }
    if ((known = predictor_values(p, arena, &count, err)) == NULL)
        return false;
    for (int k = 0; k < count; k++)
        if (strcmp(known[k].label, text) == 0) {
            *value = known[k];
            return true;
        }
    fail(err, GLMM_E_NAME, NOWHERE, "%.60s has no level `%.60s` in the rows of %.60s", p->column->name, text, p->model->name);
    suggest_init(&suggest, text);
    for (int k = 0; k < count; k++)
        suggest_offer(&suggest, known[k].label);
    suggest_hint(&suggest, err);
    return false;
}

bool predictor_set(const struct predictor *p, struct frame *copy, size_t from, size_t count, const struct setting_value *value,
                   struct glmm_error *err)
{
    if (p->column->type != COLUMN_FACTOR)
        return grid_set_number(copy, p->column->name, from, count, value->number, err);
    grid_set_code(copy, p->column->name, from, count, value->code);
    return true;
}

bool predictor_rows(const struct predictor *p, const struct frame *copy, struct grid_rows *out,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    return grid_rows_make(p->model->design, p->model->formula, copy, out, progress, err);
}

/* --- the others ------------------------------------------------------------------------------- */

struct holding {
    const struct model *model;
    const struct frame *frame;
    struct frame *copy;
    struct arena *arena;
    struct text said;
    bool *done; /* one a column of the frame */
    struct glmm_error *err;
};

/* The reference level, or the lower of two values. */
static bool hold_lowest(struct holding *h, const struct column *column)
{
    struct predictor other = { .model = h->model, .frame = h->frame, .column = column, .coded = true, .few = true };
    int count, reference;
    struct setting_value *values = predictor_values(&other, h->arena, &count, h->err);

    if (values == NULL)
        return false;
    reference = predictor_reference(&other, values, count);
    if (count == 0)
        return true;
    text_addf(&h->said, "%s%s = %s", h->said.length > 0 ? ", " : "", column->name, values[reference].label);
    return predictor_set(&other, h->copy, 0, h->copy->rows, &values[reference], h->err);
}

static bool hold_mean(struct holding *h, const struct column *column)
{
    char buffer[NUMBER_SIZE];
    const struct predictor other = { .model = h->model, .frame = h->frame, .column = column };
    size_t n;
    struct counted *x = counted_numbers(&other, column, &n);
    double mean = x == NULL ? 0 : counted_mean(x, n), shown = mean, range = x == NULL || n == 0 ? 0 : x[n - 1].x - x[0].x;

    if (x != NULL && n > 0 && fabs(mean) < CENTRED * range) /* centered: what is left is rounding */
        shown = 0;
    mem_free(x);
    if (x == NULL)
        return fail_memory(h->err);
    text_addf(&h->said, "%s%s = %s", h->said.length > 0 ? ", " : "", column->name,
              column->type == COLUMN_DATE ? date_text((int32_t)floor(shown), buffer) : number_label(buffer, shown, range));
    return grid_set_number(h->copy, column->name, 0, h->copy->rows, mean, h->err);
}

static bool hold(void *context, const struct expr *x)
{
    struct holding *h = context;
    const struct frame *frame = h->frame;

    for (size_t j = 0; j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        struct predictor other;
        bool coded;

        if (h->done[j] || !grid_mentions(x, column->name))
            continue;
        h->done[j] = true;
        other = (struct predictor){ .model = h->model, .frame = frame, .column = column };
        coded = !is_number(column) || makes_levels(x, frame, h->err) > 0 || count_values(&other) <= 2;
        if ((h->err != NULL && h->err->code != 0) || !(coded ? hold_lowest(h, column) : hold_mean(h, column)))
            return false;
    }
    return true;
}

bool predictor_hold(const struct model *model, bool parts, const struct frame *frame, bool held[], const bool of_offset[],
                    struct frame *copy, struct arena *arena, const char **described, struct glmm_error *err)
{
    struct holding h = { .model = model, .frame = frame, .copy = copy, .arena = arena, .done = held, .err = err };
    bool ok = grid_each_variable(model->formula, hold, &h);

    for (int k = 0; parts && ok && k < DESIGN_PARTS; k++)
        ok = model->part[k] == NULL || grid_each_variable(model->part[k], hold, &h);
    for (size_t j = 0; ok && of_offset != NULL && j < frame->column_count; j++)
        if (of_offset[j] && !held[j] && is_number(&frame->columns[j]))
            ok = hold_mean(&h, &frame->columns[j]);
    if (ok && (h.said.failed || (*described = arena_strdup(arena, text_string(&h.said))) == NULL))
        ok = fail_memory(err);
    text_clear(&h.said);
    return ok;
}

bool predictor_hold_others(const struct predictor *predictor, struct frame *copy, struct arena *arena, const char **described,
                           struct glmm_error *err)
{
    const struct frame *frame = predictor->frame;
    bool *held = arena_alloc(arena, frame->column_count + 1, sizeof *held);

    if (held == NULL)
        return fail_memory(err);
    held[predictor->column - frame->columns] = true;
    return predictor_hold(predictor->model, false, frame, held, NULL, copy, arena, described, err);
}
