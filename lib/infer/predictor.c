/* predictor.c -- which variable of a model is meant; see predictor.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "base/text.h"
#include "infer/predictor-private.h"

bool predictor_is_number(const struct column *column)
{
    return column_is_number(column) || column->type == COLUMN_DATE;
}

int predictor_levels_made(const struct expr *x, const struct frame *frame, struct glmm_error *err)
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
        levels = predictor_is_number(column) ? predictor_levels_made(x, l->frame, l->err) : 0;
        coded = !predictor_is_number(column) || levels > 0;
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

/* *grouped: whether a number that enters by so many levels has more values.  False when memory is out. */
static bool look_grouped(const struct predictor *p, int levels, bool *grouped)
{
    size_t distinct;
    struct counted *x = levels > 0 ? predictor_numbers(p, p->column, &distinct) : NULL;

    *grouped = x != NULL && (size_t)levels < distinct;
    mem_free(x);
    return levels == 0 || x != NULL;
}

int predictor_count_values(const struct predictor *p)
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
        int values = predictor_is_number(p->column) ? predictor_count_values(p) : 2;

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
        if (!predictors[k].coded && predictor_is_number(predictors[k].column) && !predictors[k].constant)
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

bool predictor_is_factor(const struct predictor *p)
{
    return p->coded || p->column->type == COLUMN_LOGICAL;
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
    if (none.code == GLMM_E_MEMORY)
        return fail_memory(err);
    *predictor =
        (struct predictor){ .model = model, .frame = model->frame, .column = column, .coded = !predictor_is_number(column) };
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
