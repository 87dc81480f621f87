/* compare.c -- fitted models side by side, and likelihood-ratio tests between those that are nested. */
#include "cmd/compare-pool.h"
#include "cmd/evidence.h"
#include "infer/comparison.h"
#include "infer/parameter.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/law.h"
#include "report/naming.h"
#include "report/stating.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "base/suggest.h"
#include "fit/method.h"
#include "result/value.h"
#include "term/progress.h"

struct compare_call {
    bool coefficients;
    int boot;
    uint64_t seed;
};

static const struct option options[] = {
    { .name = "coef",
      .type = OPTION_FLAG,
      .offset = offsetof(struct compare_call, coefficients),
      .help = "the estimates side by side as well" },
    { .name = "boot",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct compare_call, boot),
      .min = 20,
      .max = 1000000,
      .word = "N",
      .help = "p-values too from N responses drawn from the smaller model" },
    { .name = "seed",
      .type = OPTION_SEED,
      .offset = offsetof(struct compare_call, seed),
      .word = "SEED",
      .help = "another one than `set seed` says" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit m1 = Reaction ~ Days + (1 | Subject); fit m2 = Reaction ~ Days + (Days | Subject); compare m1 m2",
      "do subjects differ in their slopes?" },
    { "load sleepstudy; fit m0 = Reaction ~ 1 + (Days | Subject); fit m1 = Reaction ~ Days + (Days | Subject); compare m0 m1",
      "a fixed effect: both are refitted by ML" },
    { "load pastes; fit a = strength ~ 1 + (1 | batch); fit b = strength ~ 1 + (1 | batch/cask); compare a b, coef",
      "estimates side by side" },
    { "load dyestuff; fit m0 = Yield ~ 1; fit m1 = Yield ~ 1 + (1 | Batch); compare m0 m1, boot=200",
      "one variance, 6 groups: three laws under the null" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* --- which models ------------------------------------------------------------------------------------ */

static bool few_models(const struct session *session, const struct call *call, struct glmm_error *err)
{
    struct text names = { 0 };
    int fitted = 0;

    for (const struct model *model = session->models; model != NULL; model = model->next)
        if (model->fit != NULL)
            text_addf(&names, fitted++ > 0 ? ", %s" : "%s", model->name);
    fail(err, GLMM_E_USAGE, call->argument_at, "compare needs the names of two fitted models or more");
    if (fitted > 0 && names.length < 100)
        error_hint(err, "fitted so far: %s", text_string(&names));
    else if (fitted == 0)
        error_hint(err, "no model is fitted yet: fit FORMULA");
    text_clear(&names);
    return false;
}

static bool find_models(struct session *session, const struct call *call, struct comparison *c, struct glmm_error *err)
{
    if (call->word_count < 2)
        return few_models(session, call, err);
    if ((c->entrant = NEW_ARRAY(struct entrant, call->word_count)) == NULL
        || (c->test = NEW_ARRAY(struct lrt, call->word_count)) == NULL)
        return fail_memory(err);
    for (int i = 0; i < call->word_count; i++) {
        const struct word *word = &call->words[i];
        const struct model *model = session_ended_fit(session, word->text, word->at, err);

        if (model == NULL)
            return false;
        for (int j = 0; j < i; j++)
            if (c->entrant[j].model == model)
                return fail(err, GLMM_E_USAGE, word->at, "%.60s is named twice", word->text);
        if (i > 0 && !models_compare(c->entrant[0].model, model, word->at, err))
            return false;
        c->entrant[c->count++] = (struct entrant){ .model = model, .fit = model->fit, .order = i };
    }
    return true;
}

/* --- tables ------------------------------------------------------------------------------------------- */

static void model_table(struct result *result, const struct comparison *c)
{
    bool reml = c->entrant[0].fit->method == METHOD_REML;
    struct table *table = result_table(result, "models", NULL);
    size_t model = table_column(table, "model", "model", CELL_TEXT),
           formula = table_column(table, "formula", "formula", CELL_TEXT);
    size_t npar = table_column(table, "npar", "npar", CELL_INTEGER), loglik = table_column(table, "loglik", "logLik", CELL_REAL);
    size_t aic = table_column(table, "aic", "AIC", CELL_REAL), aicc = table_column(table, "aicc", "AICc", CELL_REAL);
    size_t bic = table_column(table, "bic", "BIC", CELL_REAL),
           deviance = table_column(table, "deviance", reml ? "REML crit." : "deviance", CELL_REAL);
    size_t difference = table_column(table, "delta_aic", "+AIC", CELL_REAL),
           share = table_column(table, "weight", "weight", CELL_REAL);
    double *delta = arena_alloc(result->arena, 2 * (size_t)c->count, sizeof *delta);

    if (delta == NULL) {
        result->failed = true;
        return;
    }
    comparison_weights(c, delta, delta + c->count);

    table_flags(table, formula, COLUMN_NOT_TEXT);
    for (size_t j = loglik; j <= difference; j++)
        table_decimals(table, j, 2);
    table_decimals(table, share, 3);
    table_flags(table, share, COLUMN_SHARE | COLUMN_INNER); /* of several: of one alone there is none */
    for (int i = 0; i < c->count; i++) {
        const struct fit *fit = c->entrant[i].fit;
        size_t row = table_row(table);

        table_text(table, row, model, c->entrant[i].model->name);
        table_text(table, row, formula, c->entrant[i].model->text);
        table_integer(table, row, npar, fit->npar);
        table_real_known(table, row, loglik, fit_of_maximum(fit, fit->loglik));
        table_real_known(table, row, aic, fit_of_maximum(fit, fit->aic));
        table_real_known(table, row, aicc, fit_of_maximum(fit, fit->aicc));
        table_real_known(table, row, bic, fit_of_maximum(fit, fit->bic));
        table_real_known(table, row, deviance, fit_of_maximum(fit, -2 * fit->loglik));
        table_real_known(table, row, difference, delta[i]);
        table_real_known(table, row, share, delta[c->count + i]);
    }
}

static void test_table(struct result *result, const struct comparison *c)
{
    struct table *table = result_table(result, "tests", "Likelihood-ratio tests");
    size_t name = table_column(table, NULL, NULL, CELL_TEXT), null = table_column(table, "null", NULL, CELL_TEXT);
    size_t alternative = table_column(table, "alternative", NULL, CELL_TEXT),
           chisq = table_column(table, "chisq", "chi2", CELL_REAL);
    size_t df = table_column(table, "df", "df", CELL_INTEGER), p = table_column(table, "p", "p", CELL_P);
    size_t reference = table_column(table, "reference", NULL, CELL_TEXT),
           law = table_column(table, NULL, "if the smaller model holds", CELL_TEXT);
    size_t mixture = table_column(table, "mixture", NULL, CELL_VALUE), adds = table_column(table, "adds", NULL, CELL_TEXT);
    size_t simulated = table_column(table, "simulated", NULL, CELL_VALUE);
    const size_t hidden[] = { null, alternative, reference, adds };

    for (size_t j = 0; j < sizeof hidden / sizeof hidden[0]; j++)
        table_flags(table, hidden[j], COLUMN_NOT_TEXT);
    for (size_t j = 0; j <= simulated && comparison_ranked(c) < 2; j++) /* programs have an empty list */
        table_flags(table, j, COLUMN_NOT_TEXT);
    table_decimals(table, chisq, 2);
    for (int i = 0; i + 1 < comparison_ranked(c); i++) {
        const struct lrt *lrt = &c->test[i];
        const char *smaller = comparison_smaller(c, i)->model->name, *larger = c->entrant[i + 1].model->name;
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, name,
                   arena_printf(result->arena, lrt->reference == LRT_NONE ? "%s, %s" : "%s in %s", smaller, larger));
        table_text(table, row, null, smaller);
        table_text(table, row, alternative, larger);
        if (lrt->reference != LRT_NONE) {
            table_real(table, row, chisq, lrt->chisq);
            if (lrt->worse)
                table_none(table, row, p);
            else
                table_real(table, row, p, lrt->p);
        }
        table_integer(table, row, df, lrt->df);
        table_text(table, row, reference, lrt_reference_name(lrt->reference));
        table_text(table, row, law, lrt_law(result->arena, lrt));
        table_value(table, row, mixture, lrt_mixture(result->arena, lrt));
        table_text(table, row, adds, lrt->adds);
        table_value(table, row, simulated, simulated_value(result->arena, c, i));
    }
}

/* Which models are neither ranked nor tested, and why. */
static void unranked_lines(struct result *result, const struct comparison *c)
{
    for (int i = 0; i < c->count; i++)
        if (!fit_is_maximum(c->entrant[i].fit))
            result_line(result, LINE_NOTE, "%s is neither ranked nor tested: it %s (summary %s)", c->entrant[i].model->name,
                        no_maximum(c->entrant[i].fit), c->entrant[i].model->name);
}

/* What each larger model adds, and which laws need a word. */
static void test_lines(struct result *result, const struct comparison *c)
{
    bool mixture = false, limit = false, zeros = false, bound = false;

    for (int i = 0; i + 1 < comparison_ranked(c); i++) {
        const struct lrt *lrt = &c->test[i];
        mixture = mixture || (lrt->reference == LRT_MIXTURE && !lrt->dispersion && !lrt->zeros);
        zeros = zeros || (lrt->zeros && lrt->reference != LRT_NONE);
        limit = limit || (lrt->reference == LRT_MIXTURE && lrt->dispersion);
        bound = bound || (lrt->reference == LRT_CONSERVATIVE && !lrt->zeros);
        if (lrt->reference == LRT_NONE)
            result_line(result, LINE_NOTE, "%s and %s: %s", comparison_smaller(c, i)->model->name, c->entrant[i + 1].model->name,
                        lrt->adds);
        else if (lrt->worse)
            result_line(
                result, LINE_NOTE,
                "%s, which has %s as a special case, was fitted worse than it: its optimum was not found, and there is no p",
                c->entrant[i + 1].model->name, comparison_smaller(c, i)->model->name);
        else
            result_line(result, LINE_NOTE, "%s adds: %s", c->entrant[i + 1].model->name, lrt->adds);
    }
    if (mixture)
        result_line(result, LINE_NOTE,
                    "A variance of 0 lies on the edge of what is possible, so half of the time its estimate is 0: a mixture, not "
                    "chi2(df).");
    if (limit)
        result_line(result, LINE_NOTE,
                    "The smaller family is the larger one with its dispersion at the limit, on the edge of what is possible, so "
                    "half of the time it is estimated there: a mixture, not chi2(df).");
    if (zeros)
        result_line(
            result, LINE_NOTE,
            "Without zi= the log-odds of zeros are -Inf, on the edge of what is possible: with zi=~1 half of the time it is "
            "estimated there, a mixture; with more in zi= chi2(df) gives a p-value that is too large.");
    if (bound)
        result_line(
            result, LINE_NOTE,
            "Several variances at 0 at once have no simple law; chi2(df) gives a p-value that is too large; the option boot=500 "
            "simulates it.");
}

/* --- the estimates side by side --------------------------------------------------------------------------- */

/* The rows of the table, in order of first appearance; a row is known by its label. */
struct labels {
    const char **label;
    size_t count, capacity;
};

static size_t label_row(const struct labels *labels, const char *label)
{
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->label[i], label) == 0)
            return i;
    return labels->count;
}

static bool label_add(struct labels *labels, const char *label)
{
    if (label == NULL)
        return false;
    if (label_row(labels, label) < labels->count)
        return true;
    if (!mem_grow((void **)&labels->label, &labels->capacity, labels->count + 1, sizeof *labels->label))
        return false;
    labels->label[labels->count++] = label;
    return true;
}

static const char *sd_label(struct arena *arena, const struct random_design *random, int a)
{
    return arena_printf(arena, "sd %s | %s", random->names[a], random->group);
}

static const char *scale_label(const struct fit *fit)
{
    return fit_has_residual(fit) ? "sd Residual" : "dispersion";
}

/* All fixed coefficients first, then the standard deviations. */
static bool collect_labels(struct labels *labels, const struct comparison *c, struct arena *arena)
{
    for (int i = 0; i < c->count; i++)
        for (int j = 0; j < c->entrant[i].fit->design->p; j++)
            if (!label_add(labels, c->entrant[i].fit->design->names[j]))
                return false;
    for (int i = 0; i < c->count; i++) {
        const struct design *design = c->entrant[i].fit->design;

        for (int t = 0; t < design->random_count; t++)
            for (int a = 0; a < design->random[t].k; a++)
                if (!label_add(labels, sd_label(arena, &design->random[t], a)))
                    return false;
    }
    for (int i = 0; i < c->count; i++)
        if (c->entrant[i].fit->has_scale && !label_add(labels, scale_label(c->entrant[i].fit)))
            return false;
    return true;
}

/* A number of the model's column; *none becomes true where it is a dash. */
static void put_known(struct table *table, size_t row, size_t column, double number, bool *none)
{
    table_real_known(table, row, column, number);
    *none = *none || isnan(number);
}

static void fill_coefficients(struct table *table, const struct labels *labels, const struct fit *fit, size_t column,
                              struct arena *arena, bool *none)
{
    const struct design *design = fit->design;
    const char *label;

    for (int j = 0; j < design->p; j++) {
        put_known(table, label_row(labels, design->names[j]), column, fit_coefficient(fit, j), none);
        put_known(table, label_row(labels, design->names[j]), column + 1, fit->se[j], none);
    }
    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++)
            if ((label = sd_label(arena, &design->random[t], a)) != NULL)
                put_known(table, label_row(labels, label), column, fit->random[t].sd[a], none);
    if (fit->has_scale)
        put_known(table, label_row(labels, scale_label(fit)), column,
                  !fit_knows(fit, -1, 0, 0) ? (double)NAN
                  : fit_has_residual(fit)   ? residual_sd_shown(fit)
                                            : fit->dispersion,
                  none);
}

static bool coefficient_table(struct result *result, const struct comparison *c)
{
    struct labels labels = { 0 };
    struct table *table = result_table(result, "coefficients", "Estimates");
    size_t term = table_column(table, "term", NULL, CELL_TEXT), first = 0;
    bool ok = collect_labels(&labels, c, result->arena), none = false;

    for (int i = 0; i < c->count; i++) {
        const char *name = c->entrant[i].model->name;
        size_t estimate = table_column(table, name, name, CELL_REAL);
        size_t se = table_column(table, arena_printf(result->arena, "%s_se", name), "Std.Err.", CELL_REAL);

        first = i == 0 ? estimate : first;
        table_same_decimals(table, se, estimate);
        table_flags(table, se, COLUMN_JOINED);
    }
    for (size_t r = 0; ok && r < labels.count; r++) {
        size_t row = table_row(table);

        table_indent(table, row, 1);
        table_text(table, row, term, labels.label[r]);
    }
    for (int i = 0; ok && i < c->count; i++)
        fill_coefficients(table, &labels, c->entrant[i].fit, first + 2 * (size_t)i, result->arena, &none);
    mem_free(labels.label);
    if (none)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined%s",
                    comparison_ranked(c) < c->count ? ", or the fit has not converged" : " by the data");
    return ok;
}

/* --- the result -------------------------------------------------------------------------------------------- */

/* A model without random effects has an exact likelihood, which compares with each. */
static bool same_methods(const struct comparison *c)
{
    const struct fit *first = NULL;

    for (int i = 0; i < c->count; i++) {
        const struct fit *fit = c->entrant[i].fit;

        if (design_term_count(fit->design) == 0)
            continue;
        if (first != NULL && approximation_rank(fit) != approximation_rank(first))
            return false;
        first = fit;
    }
    return true;
}

/* "AGQ with 9 nodes" */
static const char *method_in_full(struct arena *arena, const struct fit *fit)
{
    if (fit->method == METHOD_IS)
        return arena_printf(arena, "%s with %d draws", method_name(fit->method), fit->draws);
    return fit->method != METHOD_AGQ ? method_name(fit->method)
                                     : arena_printf(arena, "%s with %d nodes", method_name(fit->method), fit->nodes);
}

/* The fit whose method is that of all that have random effects. */
static const struct fit *approximated(const struct comparison *c)
{
    for (int i = c->count - 1; i >= 0; i--)
        if (design_term_count(c->entrant[i].fit->design) > 0)
            return c->entrant[i].fit;
    return c->entrant[c->count - 1].fit;
}

static bool said_alike(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Whether the models differ in what they state, or one alone does. */
static bool states_differ(struct arena *arena, const struct comparison *c, enum stated which)
{
    const char *first = stated_in_words(arena, c->entrant[0].model, which);

    for (int i = 1; i < c->count; i++)
        if (!said_alike(first, stated_in_words(arena, c->entrant[i].model, which)))
            return true;
    return false;
}

/* Each model, with what the formula does not say and the others have not. */
static void model_lines(struct result *result, const struct comparison *c)
{
    static const char *const without[STATED_COUNT] = { "no zi",     "no disp",  "independent residuals",      "no weights",
                                                       "no offset", "all rows", "the factors' own contrasts", "no prior" };
    bool methods = !same_methods(c), families = false;

    for (int i = 1; i < c->count; i++)
        families = families || !family_is_same(c->entrant[i].fit->family, c->entrant[0].fit->family)
                   || c->entrant[i].fit->link->kind != c->entrant[0].fit->link->kind;
    for (int i = 0; i < c->count; i++) {
        const struct entrant *e = &c->entrant[i];
        struct text text = { 0 };

        if (families)
            text_addf(&text, "   %s", law_in_full(result->arena, e->model));
        for (int which = 0; which < STATED_COUNT; which++) {
            const char *said = stated_in_words(result->arena, e->model, (enum stated)which);

            if (states_differ(result->arena, c, (enum stated)which))
                text_addf(&text, "   %s", said == NULL ? without[which] : said);
        }
        if (methods)
            text_addf(&text, "   %s", method_in_full(result->arena, e->fit));
        result->failed = result->failed || text.failed;
        result_line(result, LINE_NOTE, "%s   %s%s", e->model->name, e->model->text, text_string(&text));
        text_clear(&text);
    }
}

/* A penalized fit is no maximum of its likelihood. */
static void prior_warning(struct result *result, const struct comparison *c)
{
    bool some = false;

    for (int i = 0; i < c->count; i++)
        some = some || c->entrant[i].fit->design->prior != NULL;
    if (some)
        result_line(result, LINE_NOTE,
                    "penalized fits: a log-likelihood at the mode of a posterior density is no maximum, so that AIC, BIC and the "
                    "laws of tests hold only roughly. why: help priors");
}

static void method_lines(struct result *result, const struct comparison *c)
{
    if (c->by == COMPARED_BY_ML)
        result_line(result, LINE_NOTE,
                    "refitted by ML: REML criteria compare only between linear models with the same fixed effects");
    else if (c->by == COMPARED_BY_BETTER)
        result_line(result, LINE_NOTE, "refitted by %s: log-likelihoods compare only where one method approximates them",
                    method_in_full(result->arena, approximated(c)));
    else if (c->entrant[0].fit->method == METHOD_REML)
        result_line(result, LINE_NOTE, "fitted by REML, with the same fixed effects");
    else if (same_methods(c))
        result_line(result, LINE_NOTE, "fitted by %s", method_in_full(result->arena, approximated(c)));
    else
        result_line(result, LINE_NOTE,
                    "fitted by different methods: part of a difference in log-likelihood may be their approximations'");
    prior_warning(result, c);
    for (int i = 0; i < c->count; i++)
        if (c->entrant[i].fit->method == METHOD_IS)
            result_line(result, LINE_NOTE, "logLik of %s \xc2\xb1 %.2g: the Monte Carlo error of its %d draws",
                        c->entrant[i].model->name, c->entrant[i].fit->draws_error, c->entrant[i].fit->draws);
    for (int i = 0; i < c->count; i++)
        if (c->entrant[i].improved)
            result_line(result, LINE_NOTE,
                        "%s was fitted again from a smaller model's estimates, to a better optimum than `fit` had found",
                        c->entrant[i].model->name);
}

static struct result *compare_result(const struct comparison *c, bool coefficients)
{
    const struct model *first = c->entrant[0].model;
    struct result *result = result_new("compare");

    if (result == NULL)
        return NULL;
    result_string(result, "method", method_name(c->entrant[0].fit->method));
    result_line(result, LINE_TITLE, "compare   %s   n %zu     data: %s", first->design->response, first->design->n,
                first->frame->name);
    model_lines(result, c);
    method_lines(result, c);
    model_table(result, c);
    unranked_lines(result, c);
    test_table(result, c);
    test_lines(result, c);
    evidence_lines(result, c);
    if (coefficients && !coefficient_table(result, c))
        result->failed = true;
    return result;
}

/* One at least, or there is nothing to show. */
static bool have_likelihoods(const struct comparison *c, struct glmm_error *err)
{
    const struct entrant *first = &c->entrant[0];

    if (comparison_ranked(c) > 0)
        return true;
    return fail(err, GLMM_E_MODEL, NOWHERE, "none of these fits can be compared: %.60s %s", first->model->name,
                no_maximum(first->fit));
}

/* Of imputed data there are tests alone. */
static bool plain_options(const struct call *call, const struct compare_call *given, struct glmm_error *err)
{
    if (!given->coefficients && given->boot == 0)
        return true;
    return fail(err, GLMM_E_USAGE, call->argument_at, "%s is not defined for imputed data, of which tests are pooled",
                given->coefficients ? "coef" : "boot=");
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct compare_call *given = call->options;
    const struct refit refit = session_refit(session);
    struct comparison c = { 0 };
    uint64_t seed = call_has_option(call, "seed") ? given->seed : session->settings.seed;
    bool ok = find_models(session, call, &c, err) && c.entrant != NULL;

    if (ok && c.entrant[0].model->fit->imputed != NULL) {
        ok = plain_options(call, given, err) && compare_pooled(session, &c, err);
        comparison_clear(&c);
        return ok;
    }
    ok = ok && comparison_run(&c, &refit, err) && have_likelihoods(&c, err);
    if (ok && given->boot > 0)
        progress_name(session, "compare", NULL);
    ok = ok && comparison_simulate(&c, given->boot, seed, &session->progress, err);
    ok = ok && emit(session, compare_result(&c, given->coefficients), err);
    comparison_clear(&c);
    return ok;
}

const struct command command_compare = {
    .name = "compare",
    .usage = "compare MODEL MODEL...",
    .brief = "compare fitted models",
    .help = "Sets fitted models of the same rows and response side by side: log-likelihood, number of parameters, AIC, AICc, "
            "BIC, deviance; and tests each by the likelihood ratio against the next smaller one that is a special case of it.\n"
            "\n"
            "REML fits with different fixed effects are fitted again by ML for the comparison, and the table says so; the "
            "models keep their fits. Approximations of a likelihood (PQL, Laplace, AGQ) compare only with themselves: where "
            "methods or nodes differ, all are fitted again by the best of them; where that cannot be had, there is no test. A "
            "larger model that was fitted worse than a special case of it is fitted again from there. Where the smaller model "
            "sets a variance to 0, the statistic follows a half-and-half mixture of two chi-squared laws, and p is computed "
            "from it.\n"
            "\n"
            "+AIC is the distance to the lowest AIC, weight the share of exp(-AIC/2). For one variance in a linear model that "
            "has no other, p is also given by the law at the size of the data (simulated as R's RLRsim does); boot=N fits both "
            "models to N responses drawn from the smaller one, for any model: that p needs no law. Of imputed data the tests are "
            "pooled (D4).",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct compare_call),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
