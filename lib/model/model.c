/* model.c -- see model.h. */
#include "model/model.h"

#include <string.h>

#include "data/expr.h"
#include "data/imputation.h"
#include "model/formula.h"
#include "model/prior.h"

bool model_is_linear(const struct model *model)
{
    return family_is_linear(model->family, model->link) && (model->part[DESIGN_DISPERSION] == NULL || model_has_scales(model));
}

bool model_is_marked(const struct model *model)
{
    return model->spec.residual != NULL && strcmp(model->spec.residual, RESIDUAL_OF_DISPERSION) == 0;
}

bool model_has_scales(const struct model *model)
{
    return model_is_marked(model) && model->part[DESIGN_DISPERSION] != NULL;
}

bool model_may_have_scales(const struct model *model)
{
    return family_is_linear(model->family, model->link) && model->part[DESIGN_DISPERSION] != NULL && model->spec.residual == NULL
           && model->spec.zi == NULL && model->spec.prior == NULL;
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
    if (spec->zi != NULL && (model->family = family_with_zeros(model->arena, model->family, err)) == NULL)
        return error_argument(err, "zi");
    if (spec->disp != NULL && !model->family->has_dispersion) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the family %s has no dispersion that disp= could model", model->family->name);
        error_hint(err, model->family->support == SUPPORT_COUNT ? "family=nbinom2 has one" : "families with one: help disp");
        return error_argument(err, "disp");
    }
    if (spec->trials == NULL || model->family->response == RESPONSE_BINOMIAL)
        return true;
    fail(err, GLMM_E_USAGE, NOWHERE, "trials= belongs to a binomial model; this one is %s", model->family->name);
    return error_argument(err, "trials");
}

/* The text of zi= or disp=, without the quotes that it may stand in. */
static const char *part_text(const struct model *model, int part)
{
    const char *text = part == DESIGN_ZERO ? model->spec.zi : model->spec.disp;

    return spec_unquoted(model->arena, text, "\"'");
}

/* One intercept for all rows is what a family has by itself. */
static bool is_constant(const struct formula *f)
{
    return f->intercept && f->term_count == 0 && f->random_count == 0 && f->offset_count == 0;
}

/* What a predictor of the dispersion, or of the zeros, cannot be. */
static bool check_part(const struct formula *f, int part, struct glmm_error *err)
{
    const char *name = design_part_name(part);

    if (f->response != NULL) {
        fail(err, GLMM_E_SYNTAX, NOWHERE, "%s= is a formula without a response", name);
        error_hint(err, "for example: %s=~x", name);
        return false;
    }
    if (f->intercept || f->term_count > 0)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "%s=~0 leaves nothing to estimate; ~1 is one value for all rows", name);
    error_hint(err, part == DESIGN_ZERO ? "without zi= no zeros are added"
                                        : "residuals that covary, for which disp=~0 stands elsewhere: residual=us(VISIT | ID)");
    return false;
}

/* Not every family has the derivatives that random effects of the dispersion take. */
static bool check_random_parts(const struct model *model, struct glmm_error *err)
{
    const struct formula *dispersion = model->part[DESIGN_DISPERSION];

    if (dispersion == NULL || dispersion->random_count == 0 || model->family->curve != NULL)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "the dispersion of %s has no random effects", model->family->name);
    error_hint(err, "families with random terms in disp=: gaussian, lognormal, t, Gamma, inverse.gaussian, nbinom2, "
                    "nbinom1, the truncated ones, beta, betabinomial");
    return error_argument(err, "disp");
}

static bool parse_parts(struct model *model, struct glmm_error *err)
{
    for (int k = 0; k < DESIGN_PARTS; k++) {
        const char *text = part_text(model, k);

        if (text == NULL)
            continue;
        if (strchr(text, '~') == NULL) {
            fail(err, GLMM_E_SYNTAX, NOWHERE, "%s= is a formula, and begins with `~`", design_part_name(k));
            error_hint(err, "%s=~%.60s", design_part_name(k), text[0] == '\0' ? "1" : text);
            return error_argument(err, design_part_name(k));
        }
        if ((model->part[k] = formula_parse(text, model->frame, err)) == NULL || !check_part(model->part[k], k, err))
            return error_argument(err, design_part_name(k));
        if (k == DESIGN_DISPERSION && is_constant(model->part[k])) {
            formula_free(model->part[k]);
            model->part[k] = NULL;
        }
    }
    return check_random_parts(model, err);
}

/* What stands beside other predictors and is not fitted with them. */
static bool check_parts(const struct model *model, struct glmm_error *err)
{
    for (int k = 0; k < DESIGN_PARTS; k++) {
        const char *name = design_part_name(k);

        if (model->part[k] == NULL || (k == DESIGN_DISPERSION && model_has_scales(model)))
            continue;
        if (design_is_structured(model->design) || design_is_structured(model->design->part[k])) {
            fail(err, GLMM_E_MODEL, NOWHERE,
                 "%s= is not fitted beside covariance structures, relationship matrices or residual=", name);
            return error_argument(err, name);
        }
        if (k == DESIGN_ZERO && model->spec.weights != NULL && model->family->weight_divides) {
            fail(err, GLMM_E_MODEL, NOWHERE, "weights= divide the dispersion of %s, which the zeros of zi= do not have",
                 model->family->name);
            return error_argument(err, name);
        }
    }
    return true;
}

static bool check_residual(const struct model *model, struct glmm_error *err)
{
    if (model_is_marked(model) && model->spec.disp == NULL)
        return fail(err, GLMM_E_SYNTAX, NOWHERE, "residual= takes a structure, as in residual=ar1(t | id)")
               || error_argument(err, "residual");
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

/* The prior belongs to the design, from which it goes to all that is made of it. */
static bool set_prior(struct model *model, struct glmm_error *err)
{
    const char *text = model->spec.prior;

    if (text == NULL)
        return true;
    model->design->prior = prior_parse(model->arena, text, err);
    if (prior_is_jeffreys(model->design->prior) && model->part[DESIGN_ZERO] != NULL)
        fail(err, GLMM_E_MODEL, NOWHERE, "jeffreys is for models without zi=: it knows the information of the mean alone");
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
        .residual = model_is_marked(model) ? NULL : model->spec.residual,
        .scales = model_has_scales(model) ? part_text(model, DESIGN_DISPERSION) : NULL,
        .part = { model->part[DESIGN_ZERO], model->part[DESIGN_DISPERSION] },
        .relations = model->spec.relations,
        .like = model->design,
        .allow_olre = !model->family->residual || model->part[DESIGN_DISPERSION] != NULL,
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

/* The rows used are of one imputation, or not imputed. */
static bool is_of_one_table(const struct model *model)
{
    const struct column *column = frame_imputation(model->frame);
    char first[40], other[40];

    for (size_t i = 1; column != NULL && i < model->design->n; i++)
        if (strcmp(column_text(column, model->design->row[0], first), column_text(column, model->design->row[i], other)) != 0)
            return false;
    return true;
}

/* Residuals covary within an imputation: the design of the rows of several has no structure of theirs, those of each have. */
static bool make_design(struct model *model, struct design_options *options, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    bool imputed = options->residual != NULL && frame_is_imputed(model->frame);

    if (imputed)
        options->residual = NULL;
    model->design = design_new(model->frame, model->formula, options, progress, err);
    if (model->design == NULL || !imputed || !is_of_one_table(model))
        return model->design != NULL;
    design_free(model->design);
    options->residual = model->spec.residual;
    model->design = design_new(model->frame, model->formula, options, progress, err);
    return model->design != NULL;
}

static bool rows_have_level(const struct model *model, const struct random_term *term)
{
    const struct column *column = frame_find(model->frame, term->level_of);

    return column == NULL || column_has_level(column, model->design->row, model->design->n, term->level);
}

/* Leaves out terms at levels that no row has: which rows there are, `where` and missing values tell with the design alone.
 * Whether there were any. */
static bool drop_levels(const struct model *model, struct formula *f)
{
    int kept = 0, count = f == NULL ? 0 : f->random_count;

    for (int t = 0; t < count; t++)
        if (f->random[t].level_of == NULL || rows_have_level(model, &f->random[t]))
            f->random[kept++] = f->random[t];
    if (kept == count)
        return false;
    f->random_count = kept;
    return true;
}

/* The design without terms at such levels. */
static bool settle_design(struct model *model, const struct design_options *options, const struct glmm_progress *progress,
                          struct glmm_error *err)
{
    struct design_options again = *options;
    bool dropped;

    if (!make_design(model, &again, progress, err))
        return false;
    dropped = drop_levels(model, model->formula);
    for (int k = 0; k < DESIGN_PARTS; k++)
        dropped = drop_levels(model, model->part[k]) || dropped;
    if (!dropped)
        return true;
    design_free(model->design);
    again = *options;
    return make_design(model, &again, progress, err);
}

static bool build_design(struct model *model, const struct design *like, bool merge, const struct glmm_progress *progress,
                         struct glmm_error *err)
{
    const struct spec *spec = &model->spec;
    struct design_options options;

    if (!check_expression(model->frame, "offset", spec->offset, err)
        || !check_expression(model->frame, "weights", spec->weights, err)
        || !check_expression(model->frame, "trials", spec->trials, err)
        || !check_expression(model->frame, "where", spec->where, err))
        return false;
    model->formula = formula_parse(spec->formula, model->frame, err);
    if (model->formula != NULL && !parse_parts(model, err))
        return false;
    options = options_of(model, spec->contrasts);
    options.like = like;
    options.merge = merge && model->family->support != SUPPORT_REAL && !frame_is_imputed(model->frame);
    if (model->formula != NULL && model->family->response == RESPONSE_ORDINAL)
        model->formula->intercept = true; /* `0 +` or not: thresholds take its place */
    if (model->formula == NULL || !settle_design(model, &options, progress, err))
        return error_argument(err, "formula");
    if (model->family->response == RESPONSE_ORDINAL)
        model->family =
            family_of_categories(model->arena, model->family, model->design->category_count, model->design->categories);
    return model->family != NULL || fail_memory(err);
}

/* Matrices are those of `like`, or are looked up. */
static struct model *state(const char *name, const struct frame *frame, const struct spec *spec, const struct design *like,
                           bool merge, const struct glmm_progress *progress, struct glmm_error *err)
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
    ok = ok && find_family(model, err) && check_residual(model, err) && build_design(model, like, merge, progress, err)
         && check_parts(model, err) && check_response(model, err) && set_prior(model, err);
    model->spec.relations = NULL;
    if (ok)
        return model;
    model_free(model);
    return NULL;
}

struct model *model_new(const char *name, const struct frame *frame, const struct spec *spec,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    return state(name, frame, spec, NULL, false, progress, err);
}

struct model *model_new_merged(const char *name, const struct frame *frame, const struct spec *spec,
                               const struct glmm_progress *progress, struct glmm_error *err)
{
    return state(name, frame, spec, NULL, true, progress, err);
}

struct model *model_restate(const struct model *model, const struct frame *frame, const struct glmm_progress *progress,
                            struct glmm_error *err)
{
    return state(model->name, frame, &model->spec, model->design, false, progress, err);
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    design_free(model->design);
    formula_free(model->formula);
    for (int k = 0; k < DESIGN_PARTS; k++)
        formula_free(model->part[k]);
    frame_free(model->frame);
    arena_free(model->arena);
}
