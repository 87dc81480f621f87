/* means-nest.c -- see means-nest.h. */
#include "infer/means-nest.h"

int means_place_of(const struct means_variable *v, size_t i)
{
    const struct column *column = v->predictor.column;

    for (int k = 0; k < v->count; k++)
        if (column->type == COLUMN_FACTOR ? column->as.code[i] == v->values[k].code
                                          : column_real(column, i) == v->values[k].number)
            return k;
    return -1;
}

static bool mentions(const struct term *term, const struct means_variable *v)
{
    for (int j = 0; j < term->order; j++)
        if (grid_mentions(term->factors[j], v->predictor.column->name))
            return true;
    return false;
}

static bool is_fixed(const struct model *model, const struct means_variable *v, bool by_itself)
{
    const struct formula *f = model->formula;

    for (int t = 0; t < f->term_count; t++)
        if ((!by_itself || f->terms[t].order == 1) && mentions(&f->terms[t], v))
            return true;
    return false;
}

/* Whether the formula says so: a + a:b. */
static bool is_stated(const struct model *model, const struct means_variable *inner, const struct means_variable *outer)
{
    const struct formula *f = model->formula;
    bool together = false;

    for (int t = 0; t < f->term_count; t++)
        together = together || (f->terms[t].order > 1 && mentions(&f->terms[t], inner) && mentions(&f->terms[t], outer));
    return together && is_fixed(model, outer, true) && !is_fixed(model, inner, true);
}

/* occurs (inner's values x outer's); whether each level of the inner one has one of the outer one, which has several. */
static bool is_found(const struct model *model, const struct means_variable *inner, const struct means_variable *outer,
                     bool occurs[])
{
    const struct design *design = model->design;
    bool nested = true, several = false;
    int first = -1;

    for (size_t i = 0; i < design->n; i++) {
        int a = means_place_of(inner, design->row[i]), b = means_place_of(outer, design->row[i]);

        if (a >= 0 && b >= 0)
            occurs[a * outer->count + b] = true;
        several = several || (b >= 0 && first >= 0 && b != first);
        first = b >= 0 ? b : first;
    }
    for (int a = 0; a < inner->count; a++) {
        int levels = 0;

        for (int b = 0; b < outer->count; b++)
            levels += occurs[a * outer->count + b];
        nested = nested && levels <= 1;
    }
    return nested && several;
}

int means_nests(const struct model *model, const struct means_variable *variables, int count, struct arena *arena,
                struct means_nest **out)
{
    int found = 0;

    if ((*out = arena_alloc(arena, (size_t)count * (size_t)count + 1, sizeof **out)) == NULL)
        return -1;
    for (int a = 0; a < count; a++)
        for (int b = 0; b < count; b++) {
            const struct means_variable *inner = &variables[a], *outer = &variables[b];
            bool *occurs, nested;

            if (a == b || !predictor_is_factor(&inner->predictor) || !predictor_is_factor(&outer->predictor)
                || !is_fixed(model, inner, false) || !is_fixed(model, outer, false))
                continue;
            if ((occurs = arena_alloc(arena, (size_t)inner->count * (size_t)outer->count + 1, sizeof *occurs)) == NULL)
                return -1;
            nested = is_found(model, inner, outer, occurs);
            if (nested || is_stated(model, inner, outer))
                (*out)[found++] = (struct means_nest){ a, b, occurs, nested };
        }
    return found;
}

bool means_nest_counts(const struct means_nest *nest, int asked)
{
    return nest->inner >= asked || (nest->outer >= asked && nest->one);
}

const char *means_nests_text(const struct means_nest *nests, int count, const struct means_variable *variables, int asked,
                             struct arena *arena)
{
    const char *text = "";

    for (int k = 0; k < count && text != NULL; k++) {
        const struct means_variable *inner = &variables[nests[k].inner], *outer = &variables[nests[k].outer];
        bool all = true;

        for (int i = 0; i < inner->count * outer->count; i++)
            all = all && nests[k].occurs[i];
        if (!all && means_nest_counts(&nests[k], asked))
            text = arena_printf(arena, "%s%s%s in %s", text, text[0] == '\0' ? "" : ", ", inner->predictor.column->name,
                                outer->predictor.column->name);
    }
    return text;
}
