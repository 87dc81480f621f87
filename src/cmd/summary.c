/* summary.c -- the estimates of a fit on one screen; the result itself is report/fit-tables.h. */
#include "lang/command.h"
#include "report/fit-tables.h"
#include "report/inference.h"
#include "report/naming.h"
#include "report/tables.h"

struct summary_call {
    bool correlations, ratios;
    int ddf;
};

enum { OPTION_OF_DDF = 2 };

static const struct option options[] = {
    { .name = "corr",
      .type = OPTION_FLAG,
      .offset = offsetof(struct summary_call, correlations),
      .help = "the correlations between the estimates of the fixed effects as well" },
    { .name = "exp",
      .type = OPTION_FLAG,
      .offset = offsetof(struct summary_call, ratios),
      .help = "odds ratios, rate ratios or hazard ratios as well: exp(estimate) with its interval" },
    OPTION_DDF(struct summary_call, ddf),
    { 0 },
};

/* The summary with the degrees of freedom of the option, which must be there for this fit. */
static struct result *summarize(struct session *session, const struct call *call, int ddf, const struct model *model,
                                struct glmm_error *err)
{
    int set = session->settings.ddf;
    struct result *result;
    struct linear linear;
    bool given = call->option_at[OPTION_OF_DDF].begin >= 0;
    bool ok = !given || call_linear(session, call, OPTION_OF_DDF, ddf, model, &linear, err);

    if (given)
        linear_clear(&linear);
    if (!ok)
        return NULL;
    session->settings.ddf = given ? ddf : set;
    result = summary_result(session, model, "summary", err);
    session->settings.ddf = set;
    return result;
}

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); summary", "the summary of the current model again" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); summary, corr", "with the correlations of the fixed effects" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; summary, exp",
      "odds ratios" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); summary, ddf=kenward-roger",
      "with Kenward and Roger's errors and degrees of freedom" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct summary_call *given = call->options;
    const struct word *word = call->word_count > 0 ? &call->words[0] : NULL;
    struct model *model;
    struct result *result;

    if (!no_more_words(call, 1, err))
        return false;
    model = session_ended_fit(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err);
    if (model == NULL || (result = summarize(session, call, given->ddf, model, err)) == NULL)
        return false;
    if ((given->correlations && !summary_correlations(result, model->fit) && !fail_memory(err))
        || (given->ratios && !summary_ratios(result, session, model, call->option_at[1], err))) {
        result_free(result);
        return false;
    }
    return emit(session, result, err);
}

const struct command command_summary = {
    .name = "summary",
    .usage = "summary [MODEL]",
    .brief = "show the estimates of a fitted model",
    .help =
        "Shows the fixed effects with standard errors, tests and intervals, the standard deviations and correlations of the "
        "random effects, the fit criterion and the verdict of a model that was fitted.\n"
        "\n"
        "Intervals and p-values of a linear mixed model use t with Satterthwaite's degrees of freedom (`set ddf none` uses "
        "z, `set ddf kenward-roger` Kenward and Roger's, with the errors that they adjust), at the level of `set level`. "
        "`share` is the part of a term, its effects together, in the variance of a "
        "row, averaged over the rows. AIC and BIC count fixed effects, covariance parameters and the residual "
        "variance, for REML too; BIC takes the number of rows.\n"
        "\n"
        "Standard deviations have intervals too: of the profile where that takes no time, in large models of the curvature on "
        "the scale of the logarithm (log-scale); `confint` has those of all parameters. `against no random effects` is the "
        "likelihood-ratio test of the same model without them, by the law that `compare` would take.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct summary_call),
    .examples = examples,
    .flags = COMMAND_POOLS | COMMAND_MERGED,
    .run = run,
};
