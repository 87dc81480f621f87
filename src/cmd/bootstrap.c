/* bootstrap.c -- the estimates of a fit under responses that it made itself. */
#include "infer/bootstrap.h"
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/replicating.h"
#include "report/tables.h"

#include <math.h>

#include "fit/method.h"
#include "model/family.h"
#include "term/progress.h"

enum { BY_PERCENTILE, BY_BASIC };

struct bootstrap_call {
    struct replicating replicating;
    int interval;
    double level;
    bool conditional;
};

static const struct bootstrap_call defaults = { .replicating = REPLICATING_DEFAULTS };
static const char *const intervals[] = { "percentile", "basic", NULL };

static const struct option options[] = {
    REPLICATING_OPTIONS(struct bootstrap_call, replicating),
    { .name = "interval",
      .type = OPTION_ENUM,
      .offset = offsetof(struct bootstrap_call, interval),
      .choices = intervals,
      .word = "KIND",
      .help = "percentile (default), or basic" },
    { .name = "level",
      .type = OPTION_REAL,
      .offset = offsetof(struct bootstrap_call, level),
      .min = 0.5,
      .max = 0.999,
      .word = "SHARE",
      .help = "0.95, or what `set level` says" },
    { .name = "conditional",
      .type = OPTION_FLAG,
      .offset = offsetof(struct bootstrap_call, conditional),
      .help = "keep the random effects at their modes; otherwise new ones are drawn" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); bootstrap", "bias, errors and intervals of all parameters" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; bootstrap, n=200 seed=7",
      "fewer replicates, another seed" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

struct columns {
    struct parameter_columns parameter;
    size_t estimate, bias, se, percentile, basic, used, at_limit, reason;
};

static struct table *make_table(struct result *result, struct columns *c, double level, bool basic)
{
    struct table *table = result_table(result, "parameters", NULL);

    parameter_columns(table, &c->parameter);
    c->estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    c->bias = table_column(table, "bias", "Bias", CELL_REAL);
    c->se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c->percentile =
        table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval (percentile)", 100 * level));
    c->basic =
        table_interval(table, "basic_lower", "basic_upper", arena_printf(result->arena, "%g%% interval (basic)", 100 * level));
    c->used = table_column(table, "used", NULL, CELL_INTEGER);
    c->at_limit = table_column(table, "at_limit", NULL, CELL_INTEGER);
    c->reason = table_column(table, "reason", NULL, CELL_TEXT);
    table_all_derive(table, DERIVED_REPLICATED);
    for (size_t j = c->used; j <= c->reason; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    table_flags(table, basic ? c->percentile : c->basic, COLUMN_NOT_TEXT);
    for (size_t j = c->estimate; j <= c->basic; j++) {
        table_decimals(table, j, DECIMALS_OWN);
        if (j != c->se)
            table_error(table, j, c->se);
    }
    table_digits(table, c->se, 3);
    return table;
}

static bool add_rows(struct result *result, const struct bootstrap *b, double level, bool basic)
{
    struct columns c;
    struct table *table = make_table(result, &c, level, basic);

    for (int j = 0; j < b->count; j++) {
        const struct parameter *p = &b->parameters[j];
        struct bootstrapped boot;
        size_t row = table_row(table);

        if (!bootstrap_parameter(b, j, level, &boot))
            return false;
        parameter_cells(table, row, &c.parameter, p, result->arena);
        table_real_known(table, row, c.estimate, p->estimate);
        table_real_known(table, row, c.bias, boot.bias);
        table_real_known(table, row, c.se, boot.se);
        table_pair_known(table, row, c.percentile, boot.lower, boot.upper);
        table_pair_known(table, row, c.basic, boot.basic_lower, boot.basic_upper);
        table_integer(table, row, c.used, (long long)boot.used);
        table_integer(table, row, c.at_limit, (long long)boot.at_limit);
        table_text(table, row, c.reason, replicating_reason(b, &boot, p));
        replicating_note(result, b, &boot, p, true, basic);
    }
    return true;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct bootstrap_call *given = call->options;
    double level = given->level > 0 ? given->level : session->settings.level;
    uint64_t seed = replicating_seed(session, call, &given->replicating);
    struct bootstrap *b;
    struct result *result;
    struct model *model;
    int at;
    bool ok;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err))
        return false;
    progress_name(session, "bootstrap", NULL);
    if ((b = bootstrap_new(model->fit, given->replicating.count, seed, given->conditional, &session->progress, err)) == NULL)
        return false;
    result = result_new("bootstrap");
    ok = result != NULL;
    if (ok) {
        result_string(result, "model", model->name);
        result_string(result, "method", given->conditional ? "conditional" : "parametric");
        result_real(result, "level", level);
        result_line(result, LINE_TITLE, "%s   %s     %s, %s", model->name, model->text, law_in_full(result->arena, model),
                    method_name(model->fit->method));
        replicating_lines(result, &b->replicates, seed,
                          given->conditional ? "parametric bootstrap given the random effects' modes" : "parametric bootstrap");
        ok = add_rows(result, b, level, given->interval == BY_BASIC);
    }
    bootstrap_free(b);
    if (ok)
        return emit(session, result, err);
    result_free(result);
    return fail_memory(err);
}

const struct command command_bootstrap = {
    .name = "bootstrap",
    .usage = "bootstrap [MODEL]",
    .brief = "refit to responses drawn from the fit",
    .help = "Draws responses from the fit (new random effects, new observations), fits the model to each, and shows how its "
            "estimates vary: their bias (mean less estimate), standard error, and an interval: the quantiles of the estimates "
            "(percentile), or those turned around the estimate (basic). `confint, method=boot` gives the intervals alone.\n"
            "\n"
            "Replicates that do not converge, or of which something is not determined, are counted and left out; a variance "
            "estimated as 0 is an estimate as any other, and so is an infinite coefficient (help separation). Ctrl-C keeps the "
            "replicates that are done (20 at least). The "
            "same seed gives the same numbers with any number of threads.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct bootstrap_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
