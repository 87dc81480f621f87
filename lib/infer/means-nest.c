/* means-nest.c -- see means-nest.h. */
#include "infer/means-nest.h"

#include <stdlib.h>

#include "base/memory.h"

enum { LOOK = 4096 }; /* rows between two looks */

/* By which the values of a factor are told apart. */
static double key_of(const struct means_variable *v, int k)
{
    return v->predictor.column->type == COLUMN_FACTOR ? v->values[k].code : v->values[k].number;
}

struct place {
    double key;
    int place;
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->place > y->place) - (x->place < y->place);
}

bool means_sort(struct means_variable *v, struct arena *arena)
{
    struct place *places = NEW_ARRAY(struct place, v->count + 1);
    int *sorted = arena_alloc(arena, (size_t)v->count + 1, sizeof *sorted);
    bool ok = places != NULL && sorted != NULL;

    for (int k = 0; ok && k < v->count; k++)
        places[k] = (struct place){ key_of(v, k), k };
    if (ok)
        qsort(places, (size_t)v->count, sizeof *places, compare);
    for (int k = 0; ok && k < v->count; k++)
        sorted[k] = places[k].place;
    mem_free(places);
    v->sorted = sorted;
    return ok;
}

int means_place_of(const struct means_variable *v, size_t i)
{
    const struct column *column = v->predictor.column;
    double key = column->type == COLUMN_FACTOR ? column->as.code[i] : column_real(column, i);
    int low = 0, high = v->count;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (key_of(v, v->sorted[middle]) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->count && key_of(v, v->sorted[low]) == key ? v->sorted[low] : -1;
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
                     bool occurs[], struct watch *watch)
{
    const struct design *design = model->design;
    bool nested = true, several = false;
    int first = -1;

    for (size_t i = 0; i < design->n && !(i % LOOK == LOOK - 1 && watch_stops(watch)); i++) {
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
                struct means_nest **out, struct watch *watch)
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
            nested = is_found(model, inner, outer, occurs, watch);
            if (watch_stopped(watch))
                return -1;
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
