/* fit.c -- fits models and prints their summaries. */
#include "lang/command.h"
#include "report/stating.h"
#include "report/tables.h"
#include "report/fit-tables.h"

#include <string.h>

#include "base/memory.h"
#include "fit/method.h"
#include "lang/words.h"
#include "session/undo.h"

struct fit_call {
    struct statement statement; /* first: see STATEMENT_OPTIONS */
    const char *method;
    int nodes, draws;
    double tolerance;
    bool ratios;
};

static const char *const methods[] = { "reml", "ml", "laplace", "agq", "pql", "is", NULL };
static const enum fit_method method_codes[] = { METHOD_REML, METHOD_ML, METHOD_LAPLACE, METHOD_AGQ, METHOD_PQL, METHOD_IS };

static const struct option options[] = {
    { .name = "method",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct fit_call, method),
      .choices = methods,
      .word = "NAME",
      .help = "reml or ml; other families: laplace, agq, is or pql",
      .also = "REML estimator estimation" },
    { .name = "nodes",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct fit_call, nodes),
      .min = 1,
      .max = 101,
      .word = "K",
      .help = "quadrature nodes per random effect",
      .also = "nAGQ AGQ intpoints integrationpoints qpoints quad" },
    { .name = "draws",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct fit_call, draws),
      .min = 2,
      .max = 1000000,
      .word = "N",
      .help = "draws of method=is (1000)" },
    { .name = "tol",
      .type = OPTION_REAL,
      .offset = offsetof(struct fit_call, tolerance),
      .min = 1e-14,
      .max = 1,
      .word = "X",
      .help = "deviance still to gain at convergence (1e-8)" },
    { .name = "exp",
      .type = OPTION_FLAG,
      .offset = offsetof(struct fit_call, ratios),
      .help = "odds ratios, rate ratios, ... as well" },
    STATEMENT_OPTIONS,
    { 0 },
};

enum { OPTION_METHOD, OPTION_NODES, OPTION_DRAWS, OPTION_TOLERANCE, OPTION_RATIOS, OPTIONS_OF_FIT }; /* places in the table */

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject)", "states and fits a model in one step, by REML" },
    { "load sleepstudy; fit Reaction ~ Days + (1 | Subject), method=ml", "by maximum likelihood" },
    { "load penicillin; fit p = diameter ~ 1 + (1 | plate) + (1 | sample)", "crossed random effects, under a name of your own" },
    { "load toenail; fit outcome ~ time + (1 | patientID), family=binomial nodes=25", "a logistic model by quadrature" },
    { "load dyestuff2; fit Yield ~ 1 + (1 | Batch), prior=\"sd ~ gamma(2.5, 0)\"", "with a prior that keeps the SD off 0" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_MODEL, COMPLETE_FORMULA, COMPLETE_NOTHING };

static struct fit_options engine_options(const struct fit_call *call)
{
    struct fit_options engine = { .nodes = call->nodes, .draws = call->draws, .tolerance = call->tolerance };

    for (int i = 0; call->method != NULL && methods[i] != NULL; i++)
        if (strcmp(call->method, methods[i]) == 0)
            engine.method = method_codes[i];
    if (engine.method == METHOD_DEFAULT && call->nodes > 1)
        engine.method = METHOD_AGQ;
    if (engine.method == METHOD_DEFAULT && call->draws > 0)
        engine.method = METHOD_IS;
    return engine;
}

/* Shows what a model with this fit says, before anything is changed; the model itself may not be part of the session yet. */
static struct result *preview(struct session *session, const struct call *call, const struct model *model, struct fit *fit,
                              struct glmm_error *err)
{
    const struct fit_call *given = call->options;
    struct model fitted = *model;
    struct result *result;

    fitted.fit = fit;
    result = summary_result(session, &fitted, "fit", err);
    if (result != NULL && given->ratios && !summary_ratios(result, session, &fitted, call->option_at[OPTION_RATIOS], err)) {
        result_free(result);
        return NULL;
    }
    return result;
}

/* An error about the method stands where it is asked for: nodes= may imply it. */
static bool place_method(const struct call *call, struct glmm_error *err)
{
    if (error_is_about(err, "nodes") && call->option_at[OPTION_NODES].begin < 0)
        err->argument = "method";
    else if (error_is_about(err, "method") && call->option_at[OPTION_METHOD].begin < 0)
        err->argument = "nodes";
    place_argument(call, err);
    return false;
}

static bool check_method(const struct call *call, const struct model *model, const struct fit_options *engine,
                         struct glmm_error *err)
{
    return method_check(model, engine, err) || place_method(call, err);
}

static struct fit *run_fit(struct session *session, const struct call *call, const struct model *model,
                           const struct fit_options *engine, struct glmm_error *err)
{
    struct fit *fit = model_run_fit(session, model, engine, err);

    if (fit == NULL)
        place_method(call, err);
    return fit;
}

/* Fits a model that is not yet part of the session, and makes it one once it is fitted. */
static bool fit_new(struct session *session, const struct call *call, struct model *model, const struct fit_options *engine,
                    struct glmm_error *err)
{
    struct result *result = NULL;

    if (model != NULL && check_method(call, model, engine, err)
        && (model->fit = run_fit(session, call, model, engine, err)) != NULL)
        result = preview(session, call, model, model->fit, err);
    if (result == NULL) {
        forget_model(model);
        return false;
    }
    if (!session_add_model(session, model, err)) {
        result_free(result);
        return false;
    }
    return emit(session, result, err);
}

/* disp= by maximum likelihood is a predictor beside the mean, and by REML the residuals' own: the model is stated anew, so that
 * what a method gives does not hang on what was fitted before. */
static bool is_stated_for(const struct model *model, enum fit_method method)
{
    return !(method == METHOD_REML && model_may_have_scales(model)) && !(method == METHOD_ML && model_is_marked(model));
}

static bool fit_stated_anew(struct session *session, const struct call *call, const struct model *model,
                            const struct fit_options *engine, struct glmm_error *err)
{
    struct spec spec = model->spec;

    spec.residual = engine->method == METHOD_REML ? RESIDUAL_OF_DISPERSION : NULL;
    spec.relations = session->relations;
    return fit_new(session, call, model_new(model->name, model->frame, &spec, &session->progress, err), engine, err);
}

static bool fit_stated(struct session *session, const struct call *call, struct model *model, const struct fit_options *engine,
                       struct glmm_error *err)
{
    struct fit *fit;
    struct result *result;

    if (!is_stated_for(model, engine->method))
        return fit_stated_anew(session, call, model, engine, err);
    fit = check_method(call, model, engine, err) ? run_fit(session, call, model, engine, err) : NULL;
    result = fit == NULL ? NULL : preview(session, call, model, fit, err);

    if (result == NULL) {
        fit_free(fit);
        return false;
    }
    if (!session_add_fit(session, model, fit, err)) {
        result_free(result);
        return false;
    }
    return emit(session, result, err);
}

/* `fit FORMULA`: the model becomes part of the session only once it is fitted. */
static bool fit_formula(struct session *session, const struct call *call, const struct fit_options *engine,
                        struct glmm_error *err)
{
    struct fit_call own = *(const struct fit_call *)call->options;
    struct call stated = *call;

    if (engine->method == METHOD_REML && (own.statement.family == NULL || strcmp(own.statement.family, "gaussian") == 0)
        && (own.statement.link == NULL || strcmp(own.statement.link, "identity") == 0) && own.statement.disp != NULL
        && own.statement.residual == NULL && own.statement.zi == NULL && own.statement.prior == NULL) {
        own.statement.residual = RESIDUAL_OF_DISPERSION;
        stated.options = &own;
    }
    return fit_new(session, call, model_state(session, &stated, err), engine, err);
}

/* The options of `model` say nothing about one that is already stated. */
static bool no_statement(const struct call *call, struct glmm_error *err)
{
    for (int i = 0; options[i].name != NULL; i++)
        if (i >= OPTIONS_OF_FIT && call->option_at[i].begin >= 0) {
            fail(err, GLMM_E_USAGE, call->option_at[i], "%s= belongs to a model's statement, and no formula is given",
                 options[i].name);
            error_hint(err, "fit FORMULA, %s=... or model NAME = FORMULA, %s=...", options[i].name, options[i].name);
            return false;
        }
    return true;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct fit_options engine = engine_options(call->options);
    struct model *model;
    struct word *words;
    int count;

    if (is_statement(call->argument))
        return fit_formula(session, call, &engine, err);
    if (!no_statement(call, err) || !words_split(call->arena, call->line, call->argument_at, &words, &count, err))
        return false;
    for (int i = 0; i < count; i++) /* all names are checked before the first fit */
        if (session_need_model(session, words[i].text, words[i].at, err) == NULL) {
            if (session->data != NULL && frame_find(session->data, words[i].text) != NULL)
                error_hint(err, "a formula has a `~`: fit %.60s ~ ...", words[i].text);
            return false;
        }
    if (count == 0) {
        model = session_need_model(session, NULL, NOWHERE, err);
        return model != NULL && fit_stated(session, call, model, &engine, err);
    }
    for (int i = 0; i < count; i++) {
        model = session_find_model(session, words[i].text);
        if (!fit_stated(session, call, model, &engine, err))
            return false;
        undo_keep(session); /* what was fitted is not lost where the next one cannot be */
    }
    return true;
}

const struct command command_fit = {
    .name = "fit",
    .usage = "fit [MODEL...|[NAME =] FORMULA]",
    .brief = "fit mixed models and print their summaries",
    .help = "Fits the named models, or the current one. With a formula it states the model first, as `model` does, with the "
            "same options.\n"
            "\n"
            "A linear mixed model is fitted by restricted maximum likelihood (REML), or by maximum likelihood with method=ml; "
            "any other by maximum likelihood, its integrals taken by Laplace's approximation or, with nodes=K, by adaptive "
            "Gauss-Hermite quadrature. The verdict says how the fit ended: `ok` (the optimum is certified), `boundary` (a "
            "variance is estimated as 0 or a correlation as 1 or -1), `not identified` (the data cannot tell some variances "
            "apart) or `not converged`. Ctrl-C stops a fit; the model is then as it was.",
    .arguments = ARGUMENT_TEXT,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct fit_call),
    .examples = examples,
    .flags = COMMAND_CHANGES | COMMAND_LONG | COMMAND_POOLS | COMMAND_MERGED,
    .run = run,
};
