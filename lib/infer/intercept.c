/* intercept.c -- see intercept.h.
 *
 * The intercept is the linear predictor where all other columns of X are 0: a number is 0 there (or the function of it that is in
 * the formula), a factor in treatment coding at its reference level, in another coding between its levels. */
#include "infer/intercept.h"

#include <string.h>

#include "infer/predictor.h"

static bool has_column(const struct design *design, const char *name)
{
    for (int j = 0; j < design->p; j++)
        if (strcmp(design->names[j], name) == 0)
            return true;
    return false;
}

/* The variable that the term is, as `period` and `factor(period)`; NULL: the term is made of it in another way. */
static const struct predictor *predictor_of(const char *term, const struct predictor *predictors, int count, struct arena *arena)
{
    for (int i = 0; i < count; i++) {
        const char *name = predictors[i].column->name, *called = arena_printf(arena, "factor(%s)", name);

        if (strcmp(term, name) == 0 || (called != NULL && strcmp(term, called) == 0))
            return &predictors[i];
    }
    return NULL;
}

/* "period = 1"; "period between its levels" where the columns are not those of treatment coding. */
static const char *factor_at(const struct design *design, const char *term, const struct predictor *predictor,
                             struct arena *arena)
{
    struct glmm_error ignored = { .at = NOWHERE };
    int count = 0, reference;
    struct setting_value *values = predictor_values(predictor, arena, &count, &ignored);

    if (values == NULL || count == 0)
        return arena_printf(arena, "%s at its reference", term);
    reference = predictor_reference(predictor, values, count);
    for (int i = 0; i < count; i++) {
        const char *name = arena_printf(arena, "%s%s", term, values[i].label);

        if (name == NULL)
            return NULL;
        if (i != reference && has_column(design, name))
            return arena_printf(arena, "%s = %s", predictor->column->name, values[reference].label);
    }
    return arena_printf(arena, "%s between its levels", predictor->column->name);
}

const char *intercept_at(const struct model *model, struct arena *arena)
{
    const struct design *design = model->design;
    struct glmm_error ignored = { .at = NOWHERE };
    const char *words = "";
    int count = 0;
    struct predictor *predictors = predictor_all(model, arena, &count, &ignored);

    if (predictors == NULL)
        count = 0;
    for (int t = 0; words != NULL && t < design->term_count; t++) {
        const char *term = design->term_labels[t], *one;
        const struct predictor *predictor = predictor_of(term, predictors, count, arena);

        if (strchr(term, ':') != NULL && predictor == NULL) /* of variables that have terms of their own */
            continue;
        if (predictor != NULL && (predictor->coded || !has_column(design, term)))
            one = factor_at(design, term, predictor, arena);
        else
            one = has_column(design, term) || predictors != NULL ? arena_printf(arena, "%s = 0", term)
                                                                 : arena_printf(arena, "%s at its reference", term);
        words = one == NULL ? NULL : arena_printf(arena, "%s%s%s", words, words[0] == '\0' ? "" : ", ", one);
    }
    if (words != NULL && design->offset != NULL)
        words = arena_printf(arena, "%s%soffset = 0", words, words[0] == '\0' ? "" : ", ");
    return words;
}
