/* margins.c -- the mean that there would be if every row had the same value of one variable, for the population and the
 * typical group. */
#include "lang/command.h"
#include "report/naming.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/margins-job.h"
#include "cmd/verb.h"
#include "infer/ratio.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "infer/margins.h"
#include "model/family.h"
#include "result/number.h"

static const char *const kinds_of_error[] = { "delta", "unconditional", NULL };

static const struct option options[] = {
    { .name = "at",
      .complete = COMPLETE_VARIABLE,
      .type = OPTION_WORD,
      .offset = offsetof(struct margins_call, at),
      .word = "\"V V ...\"",
      .help = "the values or levels to take, instead of all levels, or the quartiles; \"V=1, 2, W=3\" sets other variables too" },
    { .name = "pairs",
      .type = OPTION_FLAG,
      .offset = offsetof(struct margins_call, pairs),
      .help = "contrasts of all pairs, not only with the first",
      .also = "pwcompare pairwise" },
    { .name = "by",
      .complete = COMPLETE_VARIABLE,
      .type = OPTION_WORD,
      .offset = offsetof(struct margins_call, by),
      .word = "F",
      .help = "separately over the rows with each level of a factor of the model" },
    { .name = "slope",
      .type = OPTION_FLAG,
      .offset = offsetof(struct margins_call, slope),
      .help = "of a number: the mean slope of the response along it, each row at its own value",
      .also = "dydx slopes trend" },
    { .name = "se",
      .type = OPTION_ENUM,
      .offset = offsetof(struct margins_call, se),
      .choices = kinds_of_error,
      .word = "KIND",
      .help = "delta (default) holds the rows' covariates as they are; unconditional: they are a sample, as are the groups" },
    { .name = "weights",
      .complete = COMPLETE_VARIABLE,
      .type = OPTION_WORD,
      .offset = offsetof(struct margins_call, weights),
      .word = "V",
      .help = "an average counts a row so many times: weights of a survey" },
    { 0 },
};

static const struct example examples[] = {
    { "load cbpp; fit cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial; margins period",
      "the risk in each period: of a typical herd, and over all herds" },
    { "load toenail; fit outcome ~ treatment * time + (1 | patientID), family=binomial nodes=25; margins treatment",
      "standardized risks of two treatments" },
    { "load epil; fit y ~ trt + lbase + (1 | subject), family=poisson; margins lbase, at=\"-1 0 1\"", "at chosen values" },
    { "load toenail; fit outcome ~ treatment * time + (1 | patientID), family=binomial nodes=25; margins time, slope "
      "by=treatment",
      "how fast the risk falls, by treatment" },
    { "load toenail; fit outcome ~ treatment * time + (1 | patientID), family=binomial; margins treatment, se=unconditional",
      "the patients' times are a sample too" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_VARIABLE, COMPLETE_NOTHING };

/* --- the result ----------------------------------------------------------------------------------- */

/* Of a difference of probabilities: how many have to be treated for one more, or one less; JSON has it for each. */
static void needed_to_treat(struct result *result, const struct margins_job *job, const struct margins *m)
{
    const struct margin *difference = &m->of_population[0].difference;
    char number[NUMBER_SIZE];

    if (m->contrast_count != 1 || job->slope || job->category > 0 || !margins_have_odds(m) || !difference->estimable
        || job->predictor.model->family->support != SUPPORT_SUCCESSES /* a share is no event */
        || !isfinite(margin_needed(difference)))
        return;
    result_line(result, LINE_NOTE, "number needed to treat: 1/|difference| = %s%s",
                number_text(number, margin_needed(difference), 3),
                difference->lower < 0 && difference->upper > 0 ? " (the interval holds 0: it may be infinite)" : "");
}

/* What the errors are of. */
static void error_note(struct result *result, const struct margins_job *job)
{
    const struct margins_call *given = job->call->options;
    const struct random_design *outer = design_outermost(job->predictor.model->design);
    const struct fit *fit = job->predictor.model->fit;
    bool excess = fit->family->inflated == NULL && link_of_intervals(fit->mean_link) != fit->mean_link;
    const char *way = excess ? "log(mean - 1)" : "the link";

    if (given->se == MARGINS_SE_UNCONDITIONAL)
        result_line(
            result, LINE_NOTE,
            "standard errors: delta method, and the covariates of the rows are a sample of %d %s%s; intervals of means by way "
            "of %s",
            job->clusters, outer == NULL ? "rows" : "levels of ", outer == NULL ? "" : outer->group, way);
    else
        result_line(result, LINE_NOTE, "standard errors: delta method; intervals of means by way of %s", way);
}

/* "time = 0, dose = 2": what at= gives all rows beside the variable itself; `varying`: of those with several values, or of the
 * others.  "" where there is none; NULL when memory is out. */
static const char *settings_of(const struct margins_job *job, struct arena *arena, bool varying)
{
    const char *settings = "";

    for (int k = 0; settings != NULL && k < job->at.count; k++)
        if ((job->at.variables[k].count > 1) == varying)
            settings = arena_printf(arena, "%s%s%s = %s", settings, *settings != '\0' ? ", " : "", job->at.variables[k].name,
                                    at_combined(&job->at, job->at_part, k));
    return settings;
}

static void others_note(struct result *result, const struct margins_job *job)
{
    const char *others = settings_of(job, result->arena, false);

    if (others != NULL && *others != '\0')
        result_line(result, LINE_NOTE, "in all of them %s", others);
}

/* What at= gives the k-th other variable: a number where it is one, as in `means`. */
static struct value *setting_value_of(struct result *result, const struct margins_job *job, int k)
{
    const char *text = at_combined(&job->at, job->at_part, k);
    const struct asked asked = { .text = job->at.variables[k].name, .at = NOWHERE };
    struct setting_value value;
    struct predictor other;
    bool number = predictor_find_at(&other, job->predictor.model, &asked, NULL)
                  && (other.column->type == COLUMN_REAL || other.column->type == COLUMN_INTEGER)
                  && predictor_value(&other, text, result->arena, &value, NULL);

    return number ? value_real(result->arena, value.number) : value_string(result->arena, text);
}

/* The parts of by= and at= that it is, as JSON has them and behind the title. */
static const char *part_of(struct result *result, const struct margins_job *job)
{
    const char *settings = settings_of(job, result->arena, true), *by = "";

    if (job->has_by) {
        struct value *object = value_object(result->arena);

        value_set(result->arena, object, job->by.column->name, value_string(result->arena, job->by_values[job->part].label));
        result_value(result, "by", object);
        by = arena_printf(result->arena, ", %s = %s", job->by.column->name, job->by_values[job->part].label);
    }
    if (job->at.count > 0) {
        struct value *object = value_object(result->arena);

        for (int k = 0; k < job->at.count; k++)
            value_set(result->arena, object, job->at.variables[k].name, setting_value_of(result, job, k));
        result_value(result, "at", object);
    }
    return settings == NULL || by == NULL ? NULL
                                          : arena_printf(result->arena, "%s%s%s", by, *settings != '\0' ? ", " : "", settings);
}

/* Means of a response that may be negative have differences, and no ratios. */
static void ratio_note(struct result *result, const struct margins_job *job, const struct margins *m)
{
    bool any = false;

    for (int k = 0; k < m->contrast_count && m->exists && !job->slope && !ratio_is_meaningless(job->predictor.model); k++)
        any = any || (isfinite(m->of_population[k].difference.estimate) && isnan(m->of_population[k].ratio));
    if (any)
        result_line(result, LINE_NOTE, "ratio \xe2\x80\x93: its two means are not both above 0");
}

static void notes(struct result *result, const struct margins_job *job, const struct margins *m, bool same)
{
    const struct model *model = job->predictor.model;
    double n = 0;

    for (size_t i = 0; i < job->n; i++)
        n += job->trials == NULL || (job->weights != NULL && model->design->trials == NULL) ? 1 : job->trials[i];
    success_note(result, model->design);
    if (same)
        result_line(result, LINE_NOTE, "the mean over all groups and that of the typical group agree: %s",
                    design_term_count(model->design) == 0 ? "there are no random effects" : "the link is the identity");
    else
        result_line(result, LINE_NOTE, "population: integrated over the random effects. typical group: random effects 0");
    if (model->fit->imputed != NULL)
        result_line(result, LINE_NOTE, "average over the %s of each imputation%s", design_counted(model->design),
                    job->slope ? " of the slope at each one's own value" : ", each given this value (standardization)");
    else
        result_line(result, LINE_NOTE,
                    job->slope ? "average over the %.0f %s of the slope at each one's own value"
                               : "average over the %.0f %s, each given this value (standardization)",
                    n, design_counted(model->design));
    others_note(result, job);
    needed_to_treat(result, job, m);
    ratio_note(result, job, m);
    if (identity_spread_is_open(model->fit))
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    caution_notes(result, model->fit);
    if (job->slope && ratio_log_base(model) > 0)
        result_line(result, LINE_NOTE,
                    "the slope is of %s: %s to the power of it is a ratio of geometric means%s, for a step of 1",
                    model->design->response, ratio_base_name(model), ratio_of_what(model, result->arena));
    else if (m->contrast_count > 0 && ratio_log_base(model) > 0)
        result_line(result, LINE_NOTE,
                    "the means are of %s; a difference of them is the logarithm of a ratio of geometric means%s",
                    model->design->response, ratio_of_what(model, result->arena));
    if (m->why_not != NULL)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not estimable: %s", m->why_not);
    if (!m->exists && model->family->mean_runs_away)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: over the random effects of disp= the mean of %s has no bound: it grows as exp(sigma^2/2)",
                    model->family->name);
    else if (!m->exists && fit_runs_with_dispersion(model->fit))
        runs_note(result, model->fit);
    else if (!m->exists && model->fit->recession == NULL)
        result_line(result, LINE_NOTE, "NaN: under the link %s the mean over the random effects does not exist",
                    model->link->name);
    if (job->weights != NULL)
        result_line(result, LINE_NOTE, "rows are weighted by %s", job->weights->name);
    error_note(result, job);
    pooled_note(result, model->fit);
    if (m->contrast_count > 0 && margins_have_odds(m) && !same && !job->slope)
        result_line(result, LINE_NOTE, "odds ratio: of the population's means; beside it the typical group's");
}

/* What is averaged: "mean of y", "probability (incidence of size)" of cbind(incidence, size - incidence), "P(y = 2)". */
static const char *mean_name(const struct margins_job *job, struct arena *arena)
{
    const struct model *model = job->predictor.model;
    const char *share, *slope = job->slope ? "mean slope of " : "";

    if (job->category > 0)
        return arena_printf(arena, "%sP(%s = %s)", slope, model->design->response,
                            model->family->category_names[job->category - 1]);
    if (!response_is_pair(model))
        return arena_printf(arena, "%s%s", job->slope ? slope : "mean of ", model->design->response);
    share = response_in_words(arena, model);
    return share == NULL ? NULL
           : job->slope  ? arena_printf(arena, "%sthe probability (%s)", slope, share)
                         : arena_printf(arena, "probability (%s)", share);
}

static struct result *margins_result(const struct margins_job *job, const struct margins *m)
{
    const struct model *model = job->predictor.model;
    struct result *result = result_new("margins");
    const char *part;
    bool same = design_term_count(model->design) == 0
                || (model->fit->link->kind == LINK_IDENTITY && model->fit->mean_link == model->fit->link); /* not lognormal */

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "variable", job->predictor.column->name);
    part = part_of(result, job);
    result_line(result, LINE_TITLE, "%s   %s   %s     %s %s %s%s", model->name, model->text, method_name(model->fit->method),
                mean_name(job, result->arena), job->slope ? "along" : "by", job->predictor.column->name,
                part == NULL ? "" : part);
    if (job->category > 0)
        result_string(result, "category", model->family->category_names[job->category - 1]);
    if (job->slope) {
        margins_slope_table(result, job, m, same);
        if (!job->more_parts)
            notes(result, job, m, same);
        return result;
    }
    margins_rows_table(result, job, m, same);
    if (m->contrast_count > 0)
        margins_contrasts_table(result, job, m, same);
    else
        result_value(result, "contrasts", value_array(result->arena));
    if (!job->more_parts)
        notes(result, job, m, same);
    return result;
}

/* --- the command ---------------------------------------------------------------------------------- */

/* The model, and the variable behind it: one word is the variable. */
static struct model *find_model(struct session *session, const struct call *call, const struct word **variable,
                                struct glmm_error *err)
{
    int count = call->word_count;

    *variable = count > 0 ? &call->words[count - 1] : NULL;
    if (count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "`margins` needs a variable of the model");
        return NULL;
    }
    if (!no_more_words(call, count == 2 && strchr((*variable)->text, '=') != NULL ? 1 : 2, err))
        return NULL; /* `by=x`, which call_hint_comma() says how to type */
    return call_first_fit(session, call, count == 2, err);
}

/* Takes the margins, NULL where they could not be made. */
static bool add_margins(const struct margins_job *job, struct margins *m, struct result **answer, struct glmm_error *err)
{
    struct result *part = m == NULL ? NULL : margins_result(job, m);
    bool ok = m != NULL;

    if (ok && part == NULL)
        ok = fail_memory(err);
    else if (ok)
        result_append(answer, part);
    margins_free(m);
    return ok;
}

/* Of imputed data: each imputation has rows and a fit of its own. */
static bool add_pooled(struct margins_job *job, const struct margins_options *settings, struct result **answer,
                       struct glmm_error *err)
{
    struct margins *pooled[MOST_CATEGORIES] = { NULL };
    int categories = job->predictor.model->family->categories, kinds = categories > 0 ? categories : 1;
    bool ok = margins_pool(job, settings, pooled, kinds, err);

    for (int k = 0; k < kinds; k++) {
        job->category = categories > 0 ? k + 1 : 0;
        job->more_parts = k + 1 < kinds;
        if (ok)
            ok = add_margins(job, pooled[k], answer, err);
        else
            margins_free(pooled[k]);
    }
    return ok;
}

/* The part of the answer for one level of by=, or all of it. */
static bool add_part(struct margins_job *job, const struct margins_options *settings, struct result **answer,
                     struct glmm_error *err)
{
    int categories = job->predictor.model->family->categories;
    bool ok;

    if (job->predictor.model->fit->imputed != NULL)
        return add_pooled(job, settings, answer, err);
    ok = margins_make_scenarios(job, err);

    for (int k = categories > 0; ok && k <= categories; k++) {
        job->category = k;
        job->more_parts = k < categories;
        ok = add_margins(job, margins_by(job, job->predictor.model->fit, settings, err), answer, err);
    }
    margins_job_clear(job);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct margins_call *given = call->options;
    struct margins_options settings = { .level = session->settings.level, .pairs = given->pairs };
    struct margins_job job = { .session = session, .call = call, .slope = given->slope, .at_count = 1 };
    struct result *answer = NULL;
    const struct word *variable;
    struct model *model;
    bool ok;

    if ((model = find_model(session, call, &variable, err)) == NULL || !call_predictor(model, variable, &job.predictor, err)
        || !margins_choose_values(&job, given->at, err) || !margins_choose_by(&job, given->by, err)
        || !margins_choose_weights(&job, given->weights, err))
        return false;
    settings.log_base = ratio_log_base(model);
    settings.no_ratios = ratio_is_meaningless(model);
    ok = true;
    for (job.at_part = 0; ok && job.at_part < job.at_count; job.at_part++)
        for (job.part = 0; ok && job.part < job.by_count; job.part++)
            ok = add_part(&job, &settings, &answer, err);
    mem_free(job.source);
    mem_free(job.trials);
    mem_free(job.cluster);
    if (ok)
        return emit(session, answer, err);
    result_free(answer);
    return false;
}

const struct command command_margins = {
    .name = "margins",
    .usage = "margins [MODEL] VARIABLE",
    .brief = "show standardized means by a variable's values",
    .help = "Shows the mean of the response if every row had the same value of VARIABLE, the others being as they are: at each "
            "level of a factor, at the quartiles (or all of few values) of a number. Two kinds stand side by side: of the "
            "population, by integration over the random effects, and of the typical group, whose random effects are 0. Under a "
            "curved link they differ. Of an ordered response they are the probabilities of its categories.\n"
            "\n"
            "The contrasts compare the population's means. Standard errors are by the delta method, the random effects' "
            "variances included; linear mixed models have the t of `set ddf`. by= averages "
            "over the rows of each level, `slope` has the mean slope along "
            "a number "
            "(the average marginal effect), and at= sets other variables for all rows, each value in turn. Errors "
            "hold the covariates of the rows as they are; se=unconditional takes the outermost groups (rows, where there are "
            "none) for a sample. Read `help causality` before taking a contrast for an effect.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct margins_call),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
