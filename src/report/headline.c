/* headline.c -- see headline.h. */
#include "report/headline.h"

#include <math.h>
#include <string.h>

#include "base/arena-text.h"
#include "data/expr.h"
#include "fit/identify.h"
#include "fit/imputed.h"
#include "fit/method.h"
#include "fit/recession.h"
#include "infer/icc.h"
#include "model/contrasts.h"
#include "model/family.h"
#include "model/formula.h"
#include "report/interval-notes.h"
#include "result/number.h"
#include "result/value.h"
#include "model/relation.h"
#include "model/residuals.h"
#include "report/imputed.h"

/* The name with the shapes that the statement holds: `t(3)`. */
static const char *family_in_words(struct arena *arena, const struct family *family)
{
    const char *words = family->name;

    for (int j = family->has_dispersion; j < family_shapes(family) && words != NULL; j++)
        if (family_holds_shape(family, j))
            words = arena_printf(arena, "%s(%.12g)", words,
                                 family_shape_value(family, j, family->more[j - family->has_dispersion].start, NULL));
    return words;
}

const char *law_in_full(struct arena *arena, const struct model *model)
{
    const struct family *family = model->family;
    const char *words = family_in_words(arena, family),
               *law = words == NULL ? NULL
                                    : arena_printf(arena, "%s%s (%s)",
                                                   family->inflated == NULL || family_is_hurdle(family) ? "" : "zero-inflated ",
                                                   words, model->link->name);

    return law == NULL ? "" : law;
}

const char *stated_text(struct arena *arena, const struct model *model, enum stated which)
{
    const struct spec *spec = &model->spec;
    const char *texts[STATED_COUNT] = {
        [STATED_ZI] = spec->zi,
        [STATED_DISP] = spec->disp,
        [STATED_RESIDUAL] = model_is_marked(model) ? NULL : spec->residual,
        [STATED_WEIGHTS] = spec->weights,
        [STATED_OFFSET] = spec->offset,
        [STATED_WHERE] = spec->where,
        [STATED_CONTRASTS] = spec->contrasts,
        [STATED_PRIOR] = spec->prior,
    };

    return texts[which] == NULL ? NULL : spec_unquoted(arena, spec_on_one_line(arena, texts[which]), "\"'");
}

const char *stated_in_words(struct arena *arena, const struct model *model, enum stated which)
{
    static const char *const names[STATED_COUNT] = {
        [STATED_ZI] = "zi",         [STATED_DISP] = "disp",   [STATED_RESIDUAL] = "residual",   [STATED_WEIGHTS] = "weights",
        [STATED_OFFSET] = "offset", [STATED_WHERE] = "where", [STATED_CONTRASTS] = "contrasts", [STATED_PRIOR] = "prior",
    };
    const char *text = stated_text(arena, model, which);

    if (text == NULL)
        return NULL;
    return arena_printf(arena, strchr(text, '~') != NULL && text[0] != '~' ? "%s=\"%s\"" : "%s=%s", names[which], text);
}

const char *model_in_full(struct arena *arena, const struct model *model)
{
    const char *full = model->text;

    for (int which = 0; which < STATED_PRIOR && full != NULL; which++) {
        const char *words = stated_in_words(arena, model, (enum stated)which);

        full = words == NULL ? full : arena_printf(arena, "%s, %s", full, words);
    }
    return full == NULL ? "" : full;
}

void head_lines(struct result *result, const struct model *model, const struct fit *fit)
{
    const struct random_design *group;
    struct item *fields;
    bool imputed = model_is_imputed(model);
    const char *nodes = fit == NULL || fit->nodes <= 1 ? "" : arena_printf(result->arena, ", %d nodes", fit->nodes);

    result_line(result, LINE_TITLE, "%s   %s     %s%s%s%s", model->name, model->text, law_in_full(result->arena, model),
                fit == NULL ? "" : ", ", fit == NULL ? "" : method_name(fit->method), nodes == NULL ? "" : nodes);
    fields = result_fields(result);
    if (imputed)
        field_text(result, fields, NULL, "n", imputed_rows(result->arena, model));
    else
        field_integer(result, fields, NULL, "n", (long long)design_used_rows(model->design));
    for (int g = 0; (group = design_group(model->design, g)) != NULL; g++)
        field_text(result, fields, NULL, arena_printf(result->arena, "%s:", group->group),
                   imputed ? arena_printf(result->arena, "%d groups", (int)group->level_count)
                           : group_sizes(result->arena, group));
    if (fit != NULL)
        field_text(result, fields, NULL, "fit:", verdict_name(fit->optimum.verdict));
    field_text(result, fields, NULL, "data:", model->frame->name);
}

const char *group_sizes(struct arena *arena, const struct random_design *random)
{
    double least = INFINITY, most = 0;

    for (int32_t l = 0; l < random->level_count; l++) {
        least = fmin(least, random->rows_of_level[l]);
        most = fmax(most, random->rows_of_level[l]);
    }
    if (least == most)
        return arena_printf(arena, "%d group%s of %.0f", (int)random->level_count, random->level_count == 1 ? "" : "s", most);
    return arena_printf(arena, "%d groups of %.0f-%.0f", (int)random->level_count, least, most);
}

void identity_values(struct result *result, const struct model *model)
{
    result_string(result, "model", model->name);
    result_string(result, "formula", model->text);
    result_string(result, "family", model->family->name);
    result_string(result, "link", model->link->name);
    result_string(result, "zi_formula", stated_text(result->arena, model, STATED_ZI));
    result_string(result, "disp_formula", stated_text(result->arena, model, STATED_DISP));
}

void groups_value(struct result *result, const struct design *design)
{
    struct arena *arena = result->arena;
    const struct random_design *random;
    struct value *groups = value_array(arena), *group;

    for (int g = 0; (random = design_group(design, g)) != NULL; g++) {
        group = value_append(groups, value_object(arena));
        value_set(arena, group, "name", value_string(arena, random->group));
        value_set(arena, group, "levels", value_integer(arena, random->level_count));
    }
    if (design->residual != NULL && design->residual->group != NULL && group_index(design, design->residual->group) < 0) {
        group = value_append(groups, value_object(arena));
        value_set(arena, group, "name", value_string(arena, design->residual->group));
        value_set(arena, group, "levels", value_integer(arena, design->residual->block_count));
    }
    result_value(result, "groups", groups);
}

const char *join_names(struct arena *arena, const char *const *names, int count, const char *separator)
{
    struct text text = { 0 };

    for (int i = 0; i < count; i++) {
        text_add(&text, i > 0 ? separator : "");
        text_add(&text, names[i]);
    }
    return arena_take(arena, &text);
}

void separation_note(struct result *result, const struct fit *fit)
{
    if (fit->recession != NULL)
        result_line(result, LINE_NOTE, "%s", fit->recession->message);
}

void escape_note(struct result *result, const struct fit *fit)
{
    if (fit->escape != NULL)
        result_line(
            result, LINE_NOTE,
            "\xe2\x80\x93: runs with a variance that is estimated as infinite, or is an error beside it (help separation)");
}

/* A dash of a fit of which nothing is determined: its verdict says why. */
static void untold_note(struct result *result, const struct fit *fit)
{
    if (fit->optimum.verdict == VERDICT_NOT_IDENTIFIED && fit_tells_no_coefficient(fit))
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined: %s (help separation)", fit->optimum.message);
}

void caution_notes(struct result *result, const struct fit *fit)
{
    unconverged_note(result, fit);
    separation_note(result, fit);
    if (!result_has_none(result))
        return;
    escape_note(result, fit);
    untold_note(result, fit);
}

void runs_note(struct result *result, const struct fit *fit)
{
    if (fit_runs_with_dispersion(fit))
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: there the mean before the zeros are cut off runs to 0, without a known error; "
                    "`fitted` has the means of the rows (help boundary)");
}

/* The order of the categories as it is taken, and what no row has. */
void category_notes(struct result *result, const struct design *design)
{
    const char *order;

    if (design->category_count == 0)
        return;
    order = join_names(result->arena, design->categories, design->category_count, " < ");

    if (order == NULL)
        result->failed = true;
    else if (design->sorted_categories)
        result_line(result, LINE_NOTE, "order of %s: %s, as in the alphabet; another one: factor %s, levels=\"...\"",
                    design->response, order, design->response);
    else
        result_line(result, LINE_NOTE, "order of %s: %s", design->response, order);
    if (design->empty_category_count > 0)
        result_line(result, LINE_NOTE, "no row has %s: left out",
                    join_names(result->arena, design->empty_categories, design->empty_category_count, ", "));
}

void contrast_notes(struct result *result, const struct design *design)
{
    struct ordered_factor f;

    for (int i = 0; design_ordered_factor(design, i, &f); i++) {
        const char *order = f.levels != NULL && f.alphabetical ? join_names(result->arena, f.levels, f.count, " < ") : "";
        const bool made = f.name[0] != '`' && strchr(f.name, '(') != NULL; /* by a function, in the formula */

        if (order == NULL)
            result->failed = true;
        else if (order[0] != '\0')
            result_line(result, LINE_NOTE,
                        made ? "order of %s: %s, as in the alphabet; another one: levels=c(...) in factor()"
                             : "order of %s: %s, as in the alphabet; another one: factor %s, levels=\"...\"",
                        f.name, order, f.name);
    }
}

bool response_is_pair(const struct model *model)
{
    const struct expr *response = model->formula->response;

    return response != NULL && response->kind == EXPR_CALL && strcmp(response->text, "cbind") == 0 && response->arguments != NULL
           && response->arguments->next != NULL;
}

const char *response_in_words(struct arena *arena, const struct model *model)
{
    const struct expr *successes, *rest;
    const char *a, *b;

    if (!response_is_pair(model))
        return model->design->response;
    successes = model->formula->response->arguments;
    rest = successes->next;
    a = expr_deparse(arena, successes);
    if (rest->kind == EXPR_BINARY && strcmp(rest->text, "-") == 0 && expr_equal(rest->right, successes)) {
        b = expr_deparse(arena, rest->left);
        return a == NULL || b == NULL ? NULL : arena_printf(arena, "%s of %s", a, b);
    }
    b = expr_deparse(arena, rest);
    return a == NULL || b == NULL ? NULL : arena_printf(arena, "%s of %s + %s", a, a, b);
}

void shares_note(struct result *result, const struct fit *fit)
{
    double weight[2], average;
    char number[3][NUMBER_SIZE];

    if (fit->design->part[DESIGN_ZERO] != NULL)
        result_line(result, LINE_NOTE, "of the predictor of the mean, and of %s: the zeros of zi= are left aside",
                    family_is_hurdle(fit->family) ? "what is beyond 0" : "the family without these zeros");
    if (icc_left_varies(fit))
        result_line(result, LINE_NOTE, "what is left is a mean over the rows, to each of which disp= gives its dispersion");
    if (fit_knows(fit, -1, 0, 0) && icc_left_by_weights(fit, weight, &average))
        result_line(result, LINE_NOTE,
                    "what is left is that of a row of weight 1; with the weights of the rows, %s to %s, it is %s on average",
                    number_text(number[0], weight[0], 4), number_text(number[1], weight[1], 4),
                    number_text(number[2], average, 4));
}

void success_note(struct result *result, const struct design *design)
{
    if (design->success != NULL)
        result_line(result, LINE_NOTE, "success: %s is `%s`", design->response, design->success);
}

void weights_note(struct result *result, const struct model *model)
{
    const struct design *design = model->design;

    if (model->spec.weights == NULL)
        return;
    if (design->trials != NULL && design->weights == NULL)
        result_line(result, LINE_NOTE, "weights: %s, the trials of each row, %.0f in all", model->spec.weights,
                    design_trials(design));
    else
        result_line(result, LINE_NOTE, "weights: %s", model->spec.weights);
}

void subset_notes(struct result *result, const struct model *model)
{
    const struct design *d = model->design;

    if (model->spec.where != NULL) {
        const char *text = spec_unquoted(result->arena, spec_on_one_line(result->arena, model->spec.where), "\"");

        result_line(result, LINE_NOTE, "where: %s: %zu of %zu rows", text == NULL ? "" : text, d->rows - d->outside_rows,
                    d->rows);
        if (d->unknown_rows > 0)
            result_line(result, LINE_NOTE, "in %zu of the others the condition is missing", d->unknown_rows);
    }
    if (d->zero_rows > 0)
        result_line(result, LINE_NOTE, "%zu row%s of weight 0 left out", d->zero_rows, d->zero_rows == 1 ? "" : "s");
}

void dropped_notes(struct result *result, const struct design *design)
{
    const char *names;
    size_t missing = design->dropped_rows - design->empty_rows;

    if (missing > 0)
        result_line(result, LINE_NOTE, "%zu row%s dropped: a value is missing in a used column", missing,
                    missing == 1 ? "" : "s");
    if (design->empty_rows > 0)
        result_line(result, LINE_NOTE, "%zu row%s dropped: 0 trials, which say nothing", design->empty_rows,
                    design->empty_rows == 1 ? "" : "s");
    if (design->dropped_count == 0)
        return;
    names = join_names(result->arena, design->dropped, design->dropped_count, ", ");
    if (names == NULL)
        result->failed = true;
    else
        result_line(result, LINE_NOTE, "dropped as collinear with the columns before: %s", names);
}

/* Whether the names are numbers, each as far from the next. */
static bool are_even(const char *const *names, int count)
{
    double number, before = 0, step = 0;

    for (int k = 0; k < count; k++, before = number) {
        if (!parse_number(names[k], strlen(names[k]), &number) || (k > 1 && number_sound(number - before) != step))
            return false;
        step = number_sound(number - before);
    }
    return true;
}

/* "the levels of vis" or "the effects of id", one step apart whatever they are called: in which order. */
static void steps_line(struct result *result, const char *structure, const char *of, const char *const *names, int count)
{
    enum { MOST_SHOWN = 8 };
    int shown = count > MOST_SHOWN ? MOST_SHOWN : count;
    const char *list = join_names(result->arena, names, shown, ", ");

    if (list == NULL)
        result->failed = true;
    else
        result_line(result, LINE_NOTE, "%s counts %s, one step from each to the next: %s%s", structure, of, list,
                    shown < count ? ", ..." : "");
}

/* Whether steps are what the structure goes by. */
static bool counts_steps(const struct structure *structure)
{
    return structure != NULL && (structure->law == LAW_AR1 || structure->law == LAW_TOEP);
}

/* Where the order is not plain. */
static void residual_steps_note(struct result *result, const struct residual_design *residual)
{
    int count = residual->positions.k;

    if (counts_steps(residual->structure) && residual->by_level && !are_even(residual->position_names, count))
        steps_line(result, residual->structure->name, arena_printf(result->arena, "the levels of %s", residual->order),
                   residual->position_names, count);
}

/* How many bytes all names begin with alike, before a number that stands there. */
static size_t common_begin(const char *const *names, int count)
{
    size_t same = strlen(names[0]);

    for (int k = 1; k < count; k++)
        for (size_t i = 0; i < same; i++)
            if (names[k][i] != names[0][i])
                same = i;
    while (same > 0 && strchr("0123456789.-", names[0][same - 1]) != NULL)
        same--;
    return same;
}

/* The same of effects: "vis1", "vis2", "vis3" are plain. */
static void effect_steps_note(struct result *result, const struct random_design *random)
{
    const char **names = arena_alloc(result->arena, 2 * (size_t)random->k + 1, sizeof *names), **ends = names + random->k;
    size_t within = random->within == NULL ? 0 : strlen(random->within) + 1; /* "sideL:vis1" */

    if (names == NULL) {
        result->failed = true;
        return;
    }
    for (int a = 0; a < random->k; a++)
        names[a] = random->names[a] + within;
    for (int a = 0; a < random->k; a++)
        ends[a] = names[a] + common_begin(names, random->k);
    if (random->k > 2 && !are_even(ends, random->k))
        steps_line(result, random->structure->name, arena_printf(result->arena, "the effects of %s", random->group), names,
                   random->k);
}

/* Of `by = f`: whether some level has effects of several levels of f. */
static bool is_crossed(const struct random_design *random, size_t n, const struct random_term *term, struct arena *arena)
{
    const bool *never = random_never_has(random, n, term, arena);

    for (int32_t l = 0; never != NULL && l < random->level_count; l++) {
        int has = 0;

        for (int a = 0; a < random->k; a++)
            has += !never[(size_t)l * (size_t)random->k + (size_t)a];
        if (has > 1)
            return true;
    }
    return false;
}

/* Of `by = f` where levels of g have rows in several levels of f. */
static void by_note(struct result *result, const struct model *model, int t)
{
    const struct random_design *random = &model->design->random[t];

    if (t < model->formula->random_count && model->formula->random[t].by
        && is_crossed(random, model->design->n, &model->formula->random[t], result->arena))
        result_line(result, LINE_NOTE,
                    "levels of %s have rows in several levels of by=: an effect in each, independent of the others",
                    random->group);
}

void structure_notes(struct result *result, const struct model *model)
{
    const struct design *design = model->design;

    if (model->spec.zi != NULL)
        result_line(result, LINE_NOTE, "zi: %s, the log-odds of %s", spec_unquoted(result->arena, model->spec.zi, "\"'"),
                    family_is_hurdle(model->family) ? "a zero: a hurdle" : "a zero beyond those of the counts");
    if (model->spec.disp != NULL)
        result_line(result, LINE_NOTE, "disp: %s, the logarithm of %s%s", spec_unquoted(result->arena, model->spec.disp, "\"'"),
                    model->family->reciprocal ? "1/" : "", model->family->dispersion_name);
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (design->part[k] != NULL)
            dropped_notes(result, design->part[k]);

    for (int t = 0; t < design->random_count; t++) {
        const struct relation *r = design->random[t].relation;

        if (r != NULL)
            result_line(result, LINE_NOTE, "levels of %s covary as the matrix %s (%s, %d names)", design->random[t].group,
                        r->name, r->kind, (int)r->count);
        by_note(result, model, t);
    }
    if (design->residual != NULL && design->residual->group != NULL)
        result_line(result, LINE_NOTE, "residuals: %s, within %d group%s", design->residual->text,
                    (int)design->residual->block_count, design->residual->block_count == 1 ? "" : "s");
    else if (design->residual != NULL && design->residual->loads == NULL)
        result_line(result, LINE_NOTE, "residuals: %s", design->residual->text);
    if (design->residual != NULL && design->residual->structure != NULL)
        residual_steps_note(result, design->residual);
    for (int t = 0; t < design->random_count; t++) /* of the terms of a factor (by=) one says it for all */
        if (counts_steps(design->random[t].structure)
            && (t == 0 || design->random[t].within == NULL || design->random[t - 1].within == NULL
                || strcmp(design->random[t].group, design->random[t - 1].group) != 0))
            effect_steps_note(result, &design->random[t]);
    if (model->spec.prior != NULL)
        result_line(result, LINE_NOTE, "prior: %s", spec_on_one_line(result->arena, model->spec.prior));
}
