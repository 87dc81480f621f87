/* design.c -- from a frame and a formula to what the engine fits.
 *
 * First every variable is evaluated, then the rows without missing values are selected, then each part (response, random terms,
 * fixed columns: design-fixed.c) is filled over those rows, one pass a column; last, collinear columns are taken out of X. */
#include "model/design-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "linalg/ready.h"
#include "model/estimable.h"
#include "model/group.h"
#include "model/merged.h"
#include "model/modelmatrix.h"
#include "model/outside.h"
#include "model/random.h"
#include "model/relation.h"
#include "model/residuals.h"
#include "model/response.h"

/* One random term while it is built. */
struct random_build {
    struct model_matrix matrix;
    int *group; /* the grouping variables */
};

/* --- contrasts as an option ----------------------------------------------------------------------- */

/* contrasts -> [NAME '='] KIND { ',' [NAME '='] KIND } */
static bool read_contrasts(struct design_build *b, const char *text)
{
    struct arena *arena = b->design->arena;
    const char *end, *equals;
    struct contrast_choice *choice;

    for (text += strspn(text, " ,"); *text != '\0'; text = end + strspn(end, " ,")) {
        end = text + strcspn(text, " ,");
        equals = memchr(text, '=', (size_t)(end - text));
        choice = arena_alloc(arena, 1, sizeof *choice);
        if (choice == NULL || (equals != NULL && (choice->name = arena_strndup(arena, text, (size_t)(equals - text))) == NULL))
            return fail_memory(b->err);
        if (equals != NULL)
            text = equals + 1;
        if (!contrast_of_name(text, (size_t)(end - text), &choice->kind)) {
            fail(b->err, GLMM_E_VALUE, NOWHERE, "contrasts: `%.*s` is none", (int)(end - text), text);
            error_hint(b->err, "there are treatment, sum, helmert and poly");
            return error_argument(b->err, "contrasts");
        }
        choice->next = b->contrasts;
        b->contrasts = choice;
    }
    return true;
}

/* A choice for a variable that is no factor of the fixed terms would silently do nothing. */
static bool check_contrasts(const struct design_build *b)
{
    for (const struct contrast_choice *choice = b->contrasts; choice != NULL; choice = choice->next) {
        bool found = choice->name == NULL;

        for (int i = 0; i < b->variables->count && !found; i++)
            found = strcmp(b->variables->items[i]->name, choice->name) == 0 && variable_is_coded(b->variables->items[i]);
        if (!found) {
            fail(b->err, GLMM_E_NAME, NOWHERE, "contrasts: `%s` is no factor of this model", choice->name);
            return error_argument(b->err, "contrasts");
        }
    }
    return true;
}

/* --- random terms --------------------------------------------------------------------------------- */

static bool begin_random(struct design_build *b)
{
    const struct formula *f = b->formula;
    struct arena *arena = b->design->arena;

    b->random = arena_alloc(arena, (size_t)f->random_count, sizeof *b->random);
    if (b->random == NULL)
        return fail_memory(b->err);
    for (int k = 0; k < f->random_count; k++) {
        const struct random_term *term = &f->random[k];
        struct random_build *build = &b->random[k];

        if (!model_matrix_begin(b->variables, term->whole, term->whole_count, term->whole_intercept, &build->matrix))
            return false;
        build->matrix.within_level = term->level_of != NULL;
        build->group = arena_alloc(arena, (size_t)term->group_order, sizeof *build->group);
        if (build->group == NULL)
            return fail_memory(b->err);
        for (int j = 0; j < term->group_order; j++)
            if ((build->group[j] = variables_need(b->variables, term->group[j])) < 0)
                return false;
    }
    return true;
}

/* The span of a grouping factor in the formula. */
static struct glmm_span group_span(const struct random_term *term)
{
    struct glmm_span at = term->group[0]->at;

    for (int j = 1; j < term->group_order; j++) {
        at.begin = term->group[j]->at.begin < at.begin ? term->group[j]->at.begin : at.begin;
        at.end = term->group[j]->at.end > at.end ? term->group[j]->at.end : at.end;
    }
    return at;
}

/* How many effects the rows of the levels can show: no more in a level than it has rows that differ, where (1 + sex | subject)
 * has one. False when memory is out. */
static bool count_effects(const struct design_build *b, const struct random_design *r, size_t *count)
{
    size_t k = (size_t)r->k, *first = NEW_ARRAY(size_t, (size_t)r->level_count * (k + 1)); /* k rows a level, and how many */

    if (first == NULL)
        return fail_memory(b->err);
    *count = 0;
    for (size_t i = 0; i < b->design->n; i++) {
        size_t *mine = first + (size_t)r->level[i] * (k + 1);
        bool known = mine[k] == k;

        for (size_t j = 0; j < mine[k] && !known; j++)
            known = memcmp(r->z + mine[j] * k, r->z + i * k, k * sizeof *r->z) == 0;
        if (!known) {
            mine[mine[k]++] = i;
            ++*count;
        }
    }
    mem_free(first);
    return true;
}

/* One level has one effect of each kind, which tells no variance; one variance for all is told by many effects. */
static bool fail_one_level(const struct design_build *b, const struct random_design *r, struct glmm_span at)
{
    if (r->structure == NULL)
        return fail(b->err, GLMM_E_MODEL, at, "%s has one level in these rows; a random effect needs at least two", r->group);
    fail(b->err, GLMM_E_MODEL, at, "%s has one level in these rows; %s has a variance for each effect and needs at least two",
         r->group, r->structure->name);
    error_hint(b->err, "take one variance for all effects, as ar1 and homdiag have");
    return false;
}

/* Terms whose variances the data cannot tell. */
static bool check_random(const struct design_build *b, const struct random_term *term, const struct random_design *r)
{
    struct glmm_span at = group_span(term);
    size_t n = b->variables->used;

    if (r->level_count < 2 && (r->structure == NULL || r->structure->hetero))
        return fail_one_level(b, r, at);
    if ((size_t)r->level_count == n && b->options->response != RESPONSE_REAL && design_has_single_trials(b->design)
        && r->structure == NULL && r->relation == NULL) {
        fail(b->err, GLMM_E_MODEL, at, "each level of %s has one %s, so its effects cannot be told from the probabilities",
             r->group, b->options->response == RESPONSE_ORDINAL ? "response" : "yes or no");
        error_hint(b->err, "leave the random term of %s out", r->group);
        return false;
    }
    if (b->options->response != RESPONSE_REAL || b->options->allow_olre || b->options->weights != NULL || r->structure != NULL
        || r->relation != NULL || b->options->residual != NULL || (term->diagonal && r->k > 1))
        return true;
    if ((size_t)r->level_count == n) {
        fail(b->err, GLMM_E_MODEL, at, "each level of %s has one row, so its effects cannot be told from the residuals",
             r->group);
        error_hint(b->err, "leave the random term of %s out", r->group);
        return false;
    }
    if ((double)r->level_count * r->k >= (double)n) {
        size_t shown = n;

        if (r->z != NULL && !count_effects(b, r, &shown))
            return false;
        if (2 * shown <= n) /* rows enough for the residuals, and for fixed effects */
            return true;
        fail(b->err, GLMM_E_MODEL, at,
             "%s has %d levels with %d effects each, but there are only %zu rows: the effects cannot be told from the residuals",
             r->group, (int)r->level_count, r->k, n);
        error_hint(b->err, "take fewer effects: (1 | %s), or let residuals covary: residual=us(VISIT | %s)", r->group, r->group);
        return false;
    }
    return true;
}

/* Z of one term, row by row; a plain intercept needs none. */
static bool fill_effects(struct design_build *b, const struct model_matrix *m, struct random_design *r)
{
    r->k = m->columns;
    r->names = m->names;
    if (m->intercept && m->columns == 1)
        return true;
    r->z = mem_alloc(b->design->n, (size_t)r->k * sizeof *r->z);
    if (r->z == NULL)
        return fail_memory(b->err);
    for (int j = 0; j < r->k; j++) {
        model_matrix_column(b->variables, m, j, r->z + j, (size_t)r->k);
        if (!variables_poll(b->variables, "random effects", j, r->k))
            return false;
    }
    return true;
}

/* The matrix of a term in a design of this formula, which may have other levels of what terms are split by; NULL: it is looked
 * up. */
static const struct relation *relation_like(const struct design_build *b, const struct random_term *term)
{
    const struct design *like = b->formula->response == NULL ? NULL : b->options->like;

    for (int t = 0; like != NULL && term->relation != NULL && t < like->random_count; t++)
        if (like->random[t].relation != NULL && strcmp(like->random[t].relation->name, term->relation) == 0)
            return like->random[t].relation;
    return NULL;
}

static bool fill_random(struct design_build *b)
{
    const struct formula *f = b->formula;
    struct design *design = b->design;

    design->random = arena_alloc(design->arena, (size_t)f->random_count, sizeof *design->random);
    if (design->random == NULL)
        return fail_memory(b->err);
    for (int k = 0; k < f->random_count; k++) {
        struct random_design *r = &design->random[k];
        struct grouping grouping;

        if (!grouping_make(b->variables, b->random[k].group, f->random[k].group_order, &grouping))
            return false;
        design->random_count = k + 1;
        r->level = grouping.level;
        r->levels = grouping.levels;
        r->level_count = grouping.level_count;
        r->group = arena_strdup(design->arena, f->random[k].group_label);
        r->covariance = f->random[k].diagonal ? &covariance_diagonal : &covariance_unstructured;
        r->rows_of_level = NEW_ARRAY(double, r->level_count);
        if (r->group == NULL || r->rows_of_level == NULL)
            return fail_memory(b->err);
        for (size_t i = 0; i < design->n; i++)
            r->rows_of_level[r->level[i]] += b->variables->times == NULL ? 1.0 : b->variables->times[i];
        b->random[k].matrix.group = r->group;
        if (!model_matrix_code(b->variables, b->contrasts, &b->random[k].matrix))
            return false;
        if (f->random[k].part != RANDOM_ALL)
            model_matrix_only(&b->random[k].matrix, f->random[k].part);
        r->structure = f->random[k].structure;
        r->within = r->structure == NULL ? NULL : f->random[k].level_name;
        if (!fill_effects(b, &b->random[k].matrix, r)
            || !random_place(b->variables, &f->random[k], &b->random[k].matrix, b->options->relations,
                             relation_like(b, &f->random[k]), r)
            || !check_random(b, &f->random[k], r) || !variables_poll(b->variables, "random effects", k, f->random_count))
            return false;
    }
    return true;
}

/* --- labels, recipe, scales ----------------------------------------------------------------------- */

static bool label_terms(struct design_build *b)
{
    struct design *design = b->design;

    design->term_count = b->formula->term_count;
    design->term_labels = arena_alloc(design->arena, (size_t)design->term_count, sizeof *design->term_labels);
    if (design->term_labels == NULL)
        return fail_memory(b->err);
    for (int t = 0; t < design->term_count; t++)
        if ((design->term_labels[t] = arena_strdup(design->arena, b->formula->terms[t].label)) == NULL)
            return fail_memory(b->err);
    return true;
}

/* What the variables learnt from these rows; once more when all predictors have their columns. */
static bool keep_variables(struct design_build *b)
{
    struct design_recipe *recipe = b->design->recipe;

    recipe->variables = variables_recipes(b->variables);
    recipe->variable_count = b->variables->count;
    return recipe->variables != NULL;
}

/* What it takes to make the same columns for other rows. */
static bool keep_recipe(struct design_build *b)
{
    struct design *design = b->design;
    struct design_recipe *recipe = design->recipe = arena_alloc(design->arena, 1, sizeof *recipe);

    if (recipe == NULL)
        return fail_memory(b->err);
    recipe->contrasts = b->contrasts;
    if (b->options->offset != NULL && b->formula->response != NULL
        && (recipe->offset = arena_strdup(design->arena, b->options->offset)) == NULL)
        return fail_memory(b->err);
    return keep_variables(b);
}

/* Errors of variances need fourth powers, which end at 1e308: beyond these scales nothing comes out right. */
#define SCALE_MOST  1e70
#define SCALE_LEAST 1e-70

/* False with err where a column of `n` values, `stride` apart, cannot be computed with in its units. */
static bool check_scale(const double *column, size_t n, size_t stride, const char *name, struct glmm_error *err)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (fabs(column[i * stride]) > most)
            most = fabs(column[i * stride]);
    if (most == 0 || !isfinite(most) || (most <= SCALE_MOST && most >= SCALE_LEAST))
        return true;
    fail(err, GLMM_E_DATA, NOWHERE, "`%.60s` is of the size %.3g, and variances of such numbers cannot be computed", name, most);
    error_hint(err, "take it in other units, so that it is between %g and %g", SCALE_LEAST, SCALE_MOST);
    return false;
}

static bool check_scales(const struct design *design, struct glmm_error *err)
{
    bool ok = check_scale(design->y, design->n, 1, design->response, err);

    for (int j = 0; ok && j < design->p; j++)
        ok = check_scale(design->X + (size_t)j * design->n, design->n, 1, design->names[j], err);
    for (int t = 0; ok && t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];

        for (int a = 0; ok && random->z != NULL && a < random->k; a++)
            ok = check_scale(random->z + a, design->n, (size_t)random->k, random->names[a], err);
    }
    return ok;
}

/* --- other predictors ----------------------------------------------------------------------------- */

static struct design *design_in_arena(struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct design *design = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *design);

    if (design == NULL) {
        arena_free(arena);
        fail_memory(err);
        return NULL;
    }
    design->arena = arena;
    return design;
}

/* Notes their variables: a row with a missing value in any is left out of all. */
static bool begin_parts(struct design_build *b)
{
    for (int k = 0; k < DESIGN_PARTS; k++) {
        const struct formula *formula = b->options->part[k];
        struct design_build *part;

        if (formula == NULL)
            continue;
        if ((part = b->part[k] = arena_alloc(b->design->arena, 1, sizeof *part)) == NULL)
            return fail_memory(b->err);
        *part = (struct design_build){ .formula = formula, .options = b->options, .variables = b->variables, .err = b->err };
        if ((part->design = b->design->part[k] = design_in_arena(b->err)) == NULL)
            return false;
        part->design->formula = formula;
        if (!response_begin_offsets(b->variables, formula, NULL, &part->response)
            || !model_matrix_begin(b->variables, formula->terms, formula->term_count, formula->intercept, &part->fixed)
            || !begin_random(part))
            return error_argument(b->err, design_part_name(k));
    }
    return true;
}

static bool fill_parts(struct design_build *b, const struct glmm_progress *progress)
{
    for (int k = 0; k < DESIGN_PARTS; k++) {
        struct design_build *part = b->part[k];

        if (part == NULL)
            continue;
        part->contrasts = b->contrasts;
        part->design->n = b->design->n;
        if (!response_offset(b->variables, &part->response, &part->design->offset) || !fill_random(part)
            || !design_fill_fixed(part) || !label_terms(part) || !keep_recipe(part) || !design_drop_collinear(part, progress))
            return error_argument(b->err, design_part_name(k));
    }
    return true;
}

/* The dispersion of a linear model is its residuals' own. */
static bool make_scales(struct design_build *b)
{
    struct design *d = b->design;

    if (b->options->scales == NULL || d->part[DESIGN_DISPERSION] == NULL)
        return true;
    d->scales = d->part[DESIGN_DISPERSION];
    d->part[DESIGN_DISPERSION] = NULL;
    d->residual = residuals_of_predictor(d->arena, d->scales, d->n, b->options->scales, b->err);
    return d->residual != NULL;
}

const char *design_part_name(int part)
{
    return part == DESIGN_ZERO ? "zi" : "disp";
}

/* Whether a row is told by the variables, and counts as often as it occurs. */
static bool may_merge(const struct design_build *b)
{
    bool merge = b->options->merge && b->options->weights == NULL && b->options->residual == NULL && b->options->scales == NULL;

    for (int k = -1; merge && k < DESIGN_PARTS; k++) {
        const struct formula *f = k < 0 ? b->formula : b->options->part[k];

        for (int t = 0; f != NULL && merge && t < f->random_count; t++)
            merge = f->random[t].structure == NULL && f->random[t].relation == NULL;
    }
    return merge;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static bool build(struct design_build *b, const struct glmm_progress *progress)
{
    const struct formula *f = b->formula;
    struct design *design = b->design;
    struct variables *vs = b->variables;
    int first, second;
    bool ok;

    ok = leave_rows_out(vs, b->options, design) && response_begin(vs, f, b->options, &b->response)
         && model_matrix_begin(vs, f->terms, f->term_count, f->intercept, &b->fixed) && begin_random(b) && begin_parts(b)
         && (b->options->contrasts == NULL || read_contrasts(b, b->options->contrasts)) && check_contrasts(b)
         && response_options(vs, b->options, &b->response)
         && (b->options->residual == NULL || residuals_begin(vs, b->options->residual, &b->residual));
    response_counts(&b->response, &first, &second);
    if (!ok || !variables_select_rows(vs, first, second))
        return false;
    design->dropped_rows = design->rows - vs->n - design->outside_rows - design->zero_rows;
    design->empty_rows = vs->empty_rows;
    if (may_merge(b) && !merged_find(vs, design))
        return false;
    design->n = vs->n;
    if (b->options->residual != NULL && (design->residual = residuals_make(vs, b->options->residual, &b->residual)) == NULL)
        return false;
    ok = response_fill(vs, f, b->options, &b->response, design) && fill_random(b) && design_fill_fixed(b) && label_terms(b)
         && keep_recipe(b) && check_scales(design, b->err) && design_drop_collinear(b, progress) && fill_parts(b, progress)
         && keep_variables(b) && make_scales(b);
    design->row = vs->row;
    vs->row = NULL;
    return ok;
}

struct design *design_new(const struct frame *frame, const struct formula *formula, const struct design_options *options,
                          const struct glmm_progress *progress, struct glmm_error *err)
{
    static const struct design_options plain = { .response = RESPONSE_REAL };
    struct design_build b = { .formula = formula, .options = options == NULL ? &plain : options, .err = err };
    struct variables variables = { .frame = frame, .progress = progress, .err = err };
    bool ok;

    if ((b.design = design_in_arena(err)) == NULL)
        return NULL;
    variables.arena = b.design->arena;
    b.variables = &variables;
    ok = blas_ready(err) && build(&b, progress);
    variables_clear(&variables);
    if (!ok) {
        design_free(b.design);
        return NULL;
    }
    return b.design;
}

void design_free(struct design *design)
{
    if (design == NULL)
        return;
    null_space_clear(design->null);
    mem_free(design->row);
    mem_free(design->y);
    mem_free(design->trials);
    mem_free(design->X);
    mem_free(design->offset);
    mem_free(design->weights);
    mem_free(design->of);
    for (int k = 0; k < design->random_count; k++) {
        mem_free(design->random[k].level);
        mem_free(design->random[k].z);
        mem_free(design->random[k].rows_of_level);
        relation_free(design->random[k].relation);
    }
    for (int k = 0; k < DESIGN_PARTS; k++)
        design_free(design->part[k]);
    design_free(design->scales);
    arena_free(design->arena);
}
