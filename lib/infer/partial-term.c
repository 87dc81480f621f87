/* partial-term.c -- which term of the fixed effects is meant; see partial.h. */
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "infer/partial.h"

struct search {
    const struct model *model;
    const struct asked *asked;
    struct predictor *all; /* of the mean */
    int count;
    struct arena *arena;
    struct glmm_error *err;
    bool refused; /* memory: a term that was not compared may be the one that is meant */
};

/* Equal but for blanks and backquotes. */
static bool reads_the_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " `");
        b += strspn(b, " `");
        if (*a != *b || *a == '\0')
            return *a == *b;
    }
}

/* Whether the text is the two names with a colon between them, in either order.  NULL: memory was out when one was made. */
static bool is_pair(struct search *s, const char *a, const char *b)
{
    const char *pair = a == NULL || b == NULL ? NULL : arena_printf(s->arena, "%s:%s", a, b);
    const char *turned = a == NULL || b == NULL ? NULL : arena_printf(s->arena, "%s:%s", b, a);

    s->refused = s->refused || pair == NULL || turned == NULL;
    return (pair != NULL && reads_the_same(s->asked->text, pair)) || (turned != NULL && reads_the_same(s->asked->text, turned));
}

static bool is_called(struct search *s, const struct term *term)
{
    return reads_the_same(s->asked->text, term->label)
           || (term->order == 2
               && is_pair(s, expr_deparse(s->arena, term->factors[0]), expr_deparse(s->arena, term->factors[1])));
}

static bool term_mentions(const struct term *term, const struct predictor *variable)
{
    for (int f = 0; f < term->order; f++)
        if (grid_mentions(term->factors[f], variable->column->name))
            return true;
    return false;
}

/* How many variables the term has; the first two of them. */
static int variables_of(const struct search *s, const struct term *term, const struct predictor *found[2])
{
    int count = 0;

    for (int k = 0; k < s->count; k++)
        if (term_mentions(term, &s->all[k]) && count++ < 2)
            found[count - 1] = &s->all[k];
    return count;
}

static bool is_fixed(const struct search *s, const struct predictor *variable)
{
    for (int t = 0; t < s->model->formula->term_count; t++)
        if (term_mentions(&s->model->formula->terms[t], variable))
            return true;
    return false;
}

/* "Days, Sex, Days:Sex"; NULL when memory is out. */
static const char *list_terms(const struct search *s)
{
    const char *list = "";

    for (int t = 0; list != NULL && t < s->model->formula->term_count; t++)
        list = arena_printf(s->arena, "%s%s%s", list, t == 0 ? "" : ", ", s->model->formula->terms[t].label);
    return list;
}

static bool is_of_part(const struct model *model, const char *name)
{
    for (int k = 0; k < DESIGN_PARTS; k++)
        for (int t = 0; model->part[k] != NULL && t < model->part[k]->term_count; t++)
            for (int f = 0; f < model->part[k]->terms[t].order; f++)
                if (grid_mentions(model->part[k]->terms[t].factors[f], name))
                    return true;
    return false;
}

static bool refuse(const struct search *s)
{
    const struct formula *formula = s->model->formula;
    const char *text = s->asked->text, *list = list_terms(s);
    struct suggest suggest;

    if (list == NULL)
        return fail_memory(s->err);

    if (predictor_is_of_offset(s->model, text)) {
        fail(s->err, GLMM_E_NAME, s->asked->at, "`%.60s` is of an offset, whose coefficient is 1 and no effect", text);
    } else if (is_of_part(s->model, text)) {
        fail(s->err, GLMM_E_NAME, s->asked->at, "`%.60s` is in zi= or disp= alone, and `partial` has the mean's predictor", text);
    } else {
        if (s->asked->models != NULL)
            fail(s->err, GLMM_E_NAME, s->asked->at, "`%.60s` is neither a model nor a term of %.60s", text, s->model->name);
        else
            fail(s->err, GLMM_E_NAME, s->asked->at, "%.60s has no term `%.60s`", s->model->name, text);
        suggest_init(&suggest, text);
        for (int t = 0; t < formula->term_count; t++)
            suggest_offer(&suggest, formula->terms[t].label);
        for (int k = 0; k < s->count; k++)
            if (is_fixed(s, &s->all[k]))
                suggest_offer(&suggest, s->all[k].column->name);
        suggest_all(&suggest, s->asked->models);
        if (suggest_hint(&suggest, s->err))
            return false;
    }
    if (formula->term_count > 0)
        error_hint(s->err, "its terms: %s", list);
    return false;
}

/* Two variables: the one that has a curve first. */
static bool take_two(struct partial_term *term, const struct search *s, const struct predictor *a, const struct predictor *b)
{
    bool turn = a->few && !b->few;

    term->x = turn ? *b : *a;
    term->by = turn ? *a : *b;
    term->crossed = true;
    if (term->by.few)
        return true;
    fail(s->err, GLMM_E_VALUE, s->asked->at, "`%.60s` is of two numbers, and a curve is over one", s->asked->text);
    error_hint(s->err, "plot-ascii partial %s holds %s; slopes %s by %s", a->column->name, b->column->name, a->column->name,
               b->column->name);
    return false;
}

/* The variables of a term of the formula. */
static bool take_term(struct partial_term *out, const struct search *s, const struct term *term)
{
    const struct predictor *found[2] = { NULL, NULL };
    int count = variables_of(s, term, found);

    out->label = term->label;
    if (count == 0)
        return fail(s->err, GLMM_E_NAME, s->asked->at, "`%.60s` is of no variable", s->asked->text);
    if (count > 2) {
        fail(s->err, GLMM_E_VALUE, s->asked->at, "`%.60s` is of %d variables, and a plot shows two", s->asked->text, count);
        error_hint(s->err, "`means` and `slopes` take more");
        return false;
    }
    if (count == 2)
        return take_two(out, s, found[0], found[1]);
    out->x = *found[0];
    return true;
}

/* Whether the text names the variables of the term, "age:Sex" of Sex:poly(age, 2). */
static bool names_variables(struct search *s, const struct term *term)
{
    const struct predictor *found[2] = { NULL, NULL };

    return variables_of(s, term, found) == 2 && is_pair(s, found[0]->column->name, found[1]->column->name);
}

/* A term of two variables, one of them x and the other one with levels, or both; NULL: none. */
static const char *meeting(const struct search *s, const struct predictor *x)
{
    for (int t = 0; t < s->model->formula->term_count; t++) {
        const struct term *term = &s->model->formula->terms[t];
        const struct predictor *found[2] = { NULL, NULL };

        if (variables_of(s, term, found) == 2 && term_mentions(term, x) && (x->few || found[found[0]->column == x->column]->few))
            return term->label;
    }
    return NULL;
}

static bool find(struct partial_term *out, struct search *s)
{
    const struct formula *formula = s->model->formula;

    for (int t = 0; t < formula->term_count; t++)
        if (is_called(s, &formula->terms[t]))
            return take_term(out, s, &formula->terms[t]);
    for (int t = 0; t < formula->term_count; t++)
        if (names_variables(s, &formula->terms[t]))
            return take_term(out, s, &formula->terms[t]);
    if (s->refused)
        return fail_memory(s->err);
    for (int k = 0; k < s->count; k++) {
        if (strcmp(s->all[k].column->name, s->asked->text) != 0)
            continue;
        out->x = s->all[k];
        out->label = out->x.column->name;
        if (is_fixed(s, &out->x))
            return true;
        fail(s->err, GLMM_E_NAME, s->asked->at, "`%.60s` has random effects in %.60s and no fixed effect", s->asked->text,
             s->model->name);
        error_hint(s->err, "plot-ascii caterpillar draws the random effects");
        return false;
    }
    return refuse(s);
}

bool partial_term_find(struct partial_term *term, const struct model *model, const struct asked *asked, struct arena *arena,
                       struct glmm_error *err)
{
    struct search s = { .model = model, .asked = asked, .arena = arena, .err = err };

    *term = (struct partial_term){ .label = NULL };
    if ((s.all = predictor_all(model, arena, &s.count, err)) == NULL)
        return false;
    for (int k = 0; k < s.count; k++) /* of cut(x) the curve over x has steps */
        s.all[k].few = s.all[k].few && !s.all[k].grouped;
    if (!find(term, &s))
        return false;
    if (!term->crossed)
        term->meets = meeting(&s, &term->x);
    return true;
}
