/* confint.c -- intervals of all parameters of a fit. */
#include "lang/command.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <stdio.h>

#include "fit/method.h"
#include "infer/ci.h"
#include "infer/profile.h"
#include "model/family.h"
#include "term/progress.h"

enum confint_method { BY_PROFILE, BY_WALD };

struct confint_call {
    int method;
    double level;
};

static const char *const methods[] = { "profile", "wald", NULL };

static const struct option options[] = {
    { .name = "method",
      .type = OPTION_ENUM,
      .offset = offsetof(struct confint_call, method),
      .choices = methods,
      .word = "NAME",
      .help = "profile (default): of the fitted criterion; wald: by its curvature" },
    { .name = "level",
      .type = OPTION_REAL,
      .offset = offsetof(struct confint_call, level),
      .min = 0.5,
      .max = 0.999999,
      .word = "SHARE",
      .help = "0.95, or what `set level` says" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); confint", "the profile of every parameter" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; confint, level=0.9",
      "of Laplace's approximation" },
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); confint, method=wald", "by the curvature: quick, and symmetric on its scale" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* "(Intercept)", "sd Days", "corr (Intercept), Days", "sigma". */
static const char *row_name(struct arena *arena, const struct parameter *p)
{
    if (p->kind == PARAMETER_SD)
        return arena_printf(arena, "sd %s", p->name);
    if (p->kind == PARAMETER_CORR)
        return arena_printf(arena, "corr %s, %s", p->name, p->other);
    return p->kind == PARAMETER_SIGMA ? "sd Residual" : p->name;
}

static const char *of_method(enum confint_method method, const struct profile *profile, const struct fit *fit, bool by_t)
{
    if (method == BY_WALD)
        return by_t ? "Wald; fixed effects by Satterthwaite's t" : "Wald";
    if (profile_by_ml(profile))
        return "profile of the REML criterion; of the fixed effects, of the deviance (ML)";
    if (fit->exact || fit->design->random_count == 0)
        return "profile of the deviance (ML)";
    return fit->nodes > 1 ? "profile of the deviance by quadrature" : "profile of Laplace's approximation";
}

/* In JSON: why there is no interval. */
static const char *const reasons[] = {
    [INTERVAL_GIVEN] = NULL,  [INTERVAL_UNDETERMINED] = "undetermined", [INTERVAL_INFINITE] = "infinite",
    [INTERVAL_EDGE] = "edge", [INTERVAL_STRUCTURE] = "structure",       [INTERVAL_FAILED] = "failed"
};

/* What is seen of which ends, to be told below the table. */
struct seen {
    bool edge, endless, undetermined, infinite, curvature, structure, failed, better;
};

static void look_at(const struct interval *interval, struct seen *seen)
{
    bool given = interval->reason == INTERVAL_GIVEN;

    seen->edge = seen->edge || (given && (interval->lower_end == END_EDGE || interval->upper_end == END_EDGE));
    seen->endless = seen->endless || (given && (interval->lower_end == END_NONE || interval->upper_end == END_NONE));
    seen->undetermined = seen->undetermined || interval->reason == INTERVAL_UNDETERMINED;
    seen->infinite = seen->infinite || interval->reason == INTERVAL_INFINITE;
    seen->curvature = seen->curvature || interval->reason == INTERVAL_EDGE;
    seen->structure = seen->structure || interval->reason == INTERVAL_STRUCTURE;
    seen->failed = seen->failed || interval->reason == INTERVAL_FAILED;
    seen->better = seen->better || interval->better;
}

static void notes(struct result *result, const struct seen *seen)
{
    if (seen->edge)
        result_line(result, LINE_NOTE,
                    "an interval that ends at 0 (a correlation: at -1 or 1) reaches the edge of what is possible: the criterion "
                    "does not rise that far before it");
    if (seen->endless)
        result_line(result, LINE_NOTE, "Inf: the criterion never rises that far; the data set no such bound");
    if (seen->undetermined)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    if (seen->infinite)
        result_line(result, LINE_NOTE, "an infinite estimate has no interval (help separation)");
    if (seen->curvature)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: at the edge of what is possible there is no curvature to go by: confint, method=profile");
    if (seen->structure)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: no standard deviation of this covariance structure can be held by itself");
    if (seen->failed)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: the criterion could not be followed");
    if (seen->better)
        result_line(result, LINE_NOTE, "a better optimum than the fit's was met on the way: fit the model again");
}

struct columns {
    size_t heading, kind, group, term, term2, estimate, interval, reason;
};

static struct table *make_table(struct result *result, struct columns *c, double level)
{
    struct table *table = result_table(result, "intervals", NULL);

    c->heading = table_column(table, NULL, NULL, CELL_TEXT);
    c->kind = table_column(table, "kind", NULL, CELL_TEXT);
    c->group = table_column(table, "group", NULL, CELL_TEXT);
    c->term = table_column(table, "term", NULL, CELL_TEXT);
    c->term2 = table_column(table, "term2", NULL, CELL_TEXT);
    c->estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    c->interval = table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval", 100 * level));
    c->reason = table_column(table, "reason", NULL, CELL_TEXT);
    table_flags(table, c->reason, COLUMN_NOT_TEXT);
    for (size_t j = c->kind; j <= c->term2; j++)
        table_flags(table, j, COLUMN_NOT_TEXT);
    table_decimals(table, c->estimate, DECIMALS_OWN);
    table_decimals(table, c->interval, DECIMALS_OWN);
    return table;
}

static void add_row(struct result *result, struct table *table, const struct columns *c, const struct parameter *p,
                    const struct interval *interval)
{
    size_t row = table_row(table);

    table_text(table, row, c->heading,
               p->group == NULL ? row_name(result->arena, p)
                                : arena_printf(result->arena, "%s %s", p->group, row_name(result->arena, p)));
    table_text(table, row, c->kind, parameter_kind_name(p->kind));
    table_text(table, row, c->group, p->group);
    table_text(table, row, c->term, p->name);
    table_text(table, row, c->term2, p->other);
    table_real_known(table, row, c->estimate, p->estimate);
    table_pair_known(table, row, c->interval, interval->lower, interval->upper);
    table_text(table, row, c->reason, reasons[interval->reason]);
}

/* `set ddf none`. */
static void wald_by_z(const struct fit *fit, int j, double level, struct interval *interval)
{
    struct wald wald;

    wald_test(fit->beta[j], fit->se[j], (double)INFINITY, level, &wald);
    if (interval->reason == INTERVAL_GIVEN) {
        interval->lower = wald.lower;
        interval->upper = wald.upper;
    }
}

/* Computes and shows the interval of each parameter. */
static bool fill(struct session *session, struct result *result, const struct model *model, struct profile *profile,
                 const struct confint_call *given, double level, struct glmm_error *err)
{
    int count;
    struct seen seen = { 0 };
    struct columns columns;
    const struct parameter *list = parameters_of(model->fit, result->arena, &count);
    struct table *table = make_table(result, &columns, level);

    for (int i = 0; list != NULL && i < count; i++) {
        struct interval interval;

        if (!progress_tell(&session->progress, "parameter", i, count, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped at parameter %d of %d", i + 1, count);
        if (!(given->method == BY_WALD ? profile_wald : profile_interval)(profile, &list[i], level, &interval, err))
            return false;
        if (given->method == BY_WALD && list[i].kind == PARAMETER_FIXED && session->settings.ddf == DDF_NONE)
            wald_by_z(model->fit, list[i].a, level, &interval);
        look_at(&interval, &seen);
        add_row(result, table, &columns, &list[i], &interval);
    }
    notes(result, &seen);
    return list != NULL || fail_memory(err);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct confint_call *given = call->options;
    double level = given->level > 0 ? given->level : session->settings.level;
    struct result *result = NULL;
    struct profile *profile = NULL;
    struct model *model;
    int at;
    bool ok;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err))
        return false;
    progress_name(session, "confint", NULL);
    ok = (given->method == BY_WALD || profile_check(model->fit, err))
         && (profile = profile_new(model->fit, &session->progress, err)) != NULL
         && ((result = result_new("confint")) != NULL || fail_memory(err));
    if (ok) {
        result_string(result, "model", model->name);
        result_string(result, "method", methods[given->method]);
        result_real(result, "level", level);
        result_line(result, LINE_TITLE, "%s   %s     %s (%s), %s", model->name, model->text, model->family->name,
                    model->link->name, method_name(model->fit->method));
        result_line(result, LINE_TEXT, "%g%% intervals: %s", 100 * level,
                    of_method(given->method, profile, model->fit, model->fit->df != NULL && session->settings.ddf != DDF_NONE));
        ok = fill(session, result, model, profile, given, level, err);
    }
    profile_free(profile);
    if (ok)
        return emit(session, result, err);
    result_free(result);
    return false;
}

const struct command command_confint = {
    .name = "confint",
    .usage = "confint [MODEL]",
    .brief = "intervals of all parameters",
    .help =
        "Gives an interval of every parameter of a fit: fixed effects, standard deviations and correlations of the random "
        "effects, the residual standard deviation or the dispersion.\n"
        "\n"
        "method=profile takes the values at which the fitted criterion, everything else chosen anew, is not worse than at the "
        "optimum by more than chi2(1) allows. It is not symmetric, holds for variances too, and ends at 0 where a variance of 0 "
        "is compatible with the data. Fixed effects are no parameters of the REML criterion; theirs is the profile of the "
        "deviance (ML), as in lme4.\n"
        "\n"
        "method=wald goes by standard errors: fixed effects by t or z as in `summary`, the others on the scale of a logarithm, "
        "correlations on that of Fisher's z.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct confint_call),
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
