/* model.c -- see model.h. */
#include "model/model.h"

#include "data/expr.h"
#include "model/formula.h"
#include "model/prior.h"

bool model_is_linear(const struct model *model)
{
    return family_is_linear(model->family, model->link);
}

static bool find_family(struct model *model, struct glmm_error *err)
{
    const struct spec *spec = &model->spec;

    model->family = family_make(model->arena, spec->family == NULL ? "gaussian" : spec->family, err);
    if (model->family == NULL)
        return error_argument(err, "family");
    model->link = family_link(model->family, spec->link, err);
    if (model->link == NULL)
        return error_argument(err, "link");
    if (spec->trials == NULL || model->family->response == RESPONSE_BINOMIAL)
        return true;
    fail(err, GLMM_E_USAGE, NOWHERE, "trials= belongs to a binomial model; this one is %s", model->family->name);
    return error_argument(err, "trials");
}

static bool check_residual(const struct model *model, struct glmm_error *err)
{
    if (model->spec.residual == NULL || model_is_linear(model))
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "residual= belongs to a linear model; a %s model has no residuals that could covary",
         model->family->name);
    error_hint(err, "a random effect may covary: ar1(0 + t | id)");
    return error_argument(err, "residual");
}

/* An expression beside the formula: what is wrong in it stands in its own text. */
static bool check_expression(const struct frame *frame, const char *argument, const char *text, struct glmm_error *err)
{
    struct arena *arena;
    struct expr *expr;
    struct column *column = NULL;

    if (text == NULL)
        return true;
    if ((arena = arena_new()) == NULL)
        return fail_memory(err);
    if ((expr = expr_parse(arena, text, err)) != NULL)
        column = expr_column(expr, frame, err);
    arena_free(arena);
    if (column == NULL)
        return error_argument(err, argument);
    column_free(column);
    return true;
}

/* A response that the family does not allow is an error at the formula's response. */
static bool check_response(const struct model *model, struct glmm_error *err)
{
    const struct design *design = model->design;
    struct response response = { .family = model->family,
                                 .link = model->link,
                                 .n = design->n,
                                 .y = design->y,
                                 .trials = design->trials,
                                 .weights = design->weights };

    if (response_check(&response, design->row, design->response, err))
        return true;
    if (err != NULL && err->argument == NULL && err->at.begin < 0)
        err->at = model->formula->response->at;
    return error_argument(err, "formula");
}

static bool has_structure(const struct design *design)
{
    bool found = design->residual != NULL;

    for (int t = 0; t < design->random_count; t++)
        found = found || design->random[t].structure != NULL || design->random[t].relation != NULL;
    return found;
}

/* The prior belongs to the design, from which it goes to all that is made of it. */
static bool set_prior(struct model *model, struct glmm_error *err)
{
    const char *text = model->spec.prior;

    if (text == NULL)
        return true;
    if ((model->design->prior = prior_parse(model->arena, text, err)) != NULL && has_structure(model->design))
        fail(err, GLMM_E_MODEL, NOWHERE,
             "prior= is for models without covariance structures, relationship matrices and structured residuals");
    else if (model->design->prior != NULL && prior_check(model->design->prior, model->design, model->family, err))
        return true;
    return error_argument(err, "prior");
}

static struct design_options options_of(const struct model *model, const char *contrasts)
{
    return (struct design_options){
        .response = model->family->response,
        .weights = model->spec.weights,
        .trials = model->spec.trials,
        .offset = model->spec.offset,
        .contrasts = contrasts,
        .where = model->spec.where,
        .residual = model->spec.residual,
        .relations = model->spec.relations,
        .like = model->design,
        .allow_olre = !model->family->residual,
    };
}

struct design *model_design(const struct model *model, const char *contrasts, const struct glmm_progress *progress,
                            struct glmm_error *err)
{
    struct design_options options = options_of(model, contrasts);

    struct design *design = design_new(model->frame, model->formula, &options, progress, err);

    if (design != NULL)
        design->prior = model->design->prior;
    return design;
}

static bool build_design(struct model *model, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct spec *spec = &model->spec;
    struct design_options options = options_of(model, spec->contrasts);

    if (!check_expression(model->frame, "offset", spec->offset, err)
        || !check_expression(model->frame, "weights", spec->weights, err)
        || !check_expression(model->frame, "trials", spec->trials, err)
        || !check_expression(model->frame, "where", spec->where, err))
        return false;
    model->formula = formula_parse(spec->formula, model->frame, err);
    if (model->formula != NULL)
        model->design = design_new(model->frame, model->formula, &options, progress, err);
    return model->design != NULL || error_argument(err, "formula");
}

struct model *model_new(const char *name, const struct frame *frame, const struct spec *spec,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct model *model = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *model);
    bool ok;

    if (model == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    model->arena = arena;
    model->frame = frame_hold(frame);
    model->name = arena_strdup(arena, name);
    model->text = spec_on_one_line(arena, spec->formula);
    ok = (model->name != NULL && model->text != NULL && spec_copy(arena, spec, &model->spec)) || fail_memory(err);
    model->spec.relations = spec->relations;
    ok = ok && find_family(model, err) && check_residual(model, err) && build_design(model, progress, err)
         && check_response(model, err) && set_prior(model, err);
    model->spec.relations = NULL;
    if (ok)
        return model;
    model_free(model);
    return NULL;
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    design_free(model->design);
    formula_free(model->formula);
    frame_free(model->frame);
    arena_free(model->arena);
}
