/* confint.c -- intervals of all parameters of a fit. */
#include "lang/command.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/inference.h"
#include "report/interval-notes.h"
#include "report/naming.h"
#include "report/replicating.h"
#include "report/tables.h"

#include <math.h>
#include <stdio.h>

#include "fit/method.h"
#include "infer/bootstrap.h"
#include "infer/ci.h"
#include "infer/pool.h"
#include "infer/profiles.h"
#include "infer/sums.h"
#include "model/family.h"
#include "term/progress.h"

enum confint_method { BY_PROFILE, BY_WALD, BY_BOOT };
enum { BY_PERCENTILE, BY_BASIC };

struct confint_call {
    int method;
    double level;
    struct replicating replicating;
    int interval;
};

static const struct confint_call defaults = { .replicating = REPLICATING_DEFAULTS };
static const char *const methods[] = { "profile", "wald", "boot", NULL };
static const char *const intervals[] = { "percentile", "basic", NULL };

static const struct option options[] = {
    { .name = "method",
      .type = OPTION_ENUM,
      .offset = offsetof(struct confint_call, method),
      .choices = methods,
      .word = "NAME",
      .help = "profile (default): of the fitted criterion; wald: by its curvature; boot: by simulation" },
    { .name = "level",
      .type = OPTION_REAL,
      .offset = offsetof(struct confint_call, level),
      .min = 0.5,
      .max = 0.999999,
      .word = "SHARE",
      .help = "0.95, or what `set level` says" },
    REPLICATING_OPTIONS(struct confint_call, replicating),
    { .name = "interval",
      .type = OPTION_ENUM,
      .offset = offsetof(struct confint_call, interval),
      .choices = intervals,
      .word = "KIND",
      .help = "of method=boot: percentile (default), or basic" },
    { 0 },
};

static const struct example examples[] = {
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); confint", "the profile of every parameter" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; confint, level=0.9",
      "of Laplace's approximation" },
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); confint, method=wald", "by the curvature: quick, and symmetric on its scale" },
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); confint, method=boot n=200", "by responses drawn from the fit" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

static const char *of_method(enum confint_method method, const struct profile *profile, const struct fit *fit, bool by_t)
{
    if (method == BY_WALD)
        return by_t ? "Wald; fixed effects by Satterthwaite's t" : "Wald";
    if (fit->design->prior != NULL && fit->method != METHOD_REML)
        return "profile of the penalized deviance: intervals around the mode of the posterior density";
    if (fit->design->prior != NULL)
        return "profile of the penalized REML criterion; of the fixed effects, of the penalized deviance (ML)";
    if (profile_by_ml(profile))
        return "profile of the REML criterion; of the fixed effects, of the deviance (ML)";
    if (fit->exact || fit->design->random_count == 0)
        return "profile of the deviance (ML)";
    if (fit->method == METHOD_IS)
        return "profile of the deviance by importance sampling";
    return fit->nodes > 1 ? "profile of the deviance by quadrature" : "profile of Laplace's approximation";
}

struct columns {
    struct parameter_columns parameter;
    size_t estimate, interval, reason;
};

static struct table *make_table(struct result *result, struct columns *c, double level)
{
    struct table *table = result_table(result, "intervals", NULL);

    parameter_columns(table, &c->parameter);
    c->estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    c->interval = table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval", 100 * level));
    c->reason = table_column(table, "reason", NULL, CELL_TEXT);
    table_flags(table, c->reason, COLUMN_NOT_TEXT);
    table_decimals(table, c->estimate, DECIMALS_OWN);
    table_decimals(table, c->interval, DECIMALS_OWN);
    table_within(table, c->estimate, c->interval);
    return table;
}

static size_t add_row(struct result *result, struct table *table, const struct columns *c, const struct parameter *p,
                      const struct interval *interval)
{
    size_t row = table_row(table);

    parameter_cells(table, row, &c->parameter, p, result->arena);
    table_real_known(table, row, c->estimate, p->estimate);
    table_pair_known(table, row, c->interval, interval->lower, interval->upper);
    table_row_of_interval(table, row, interval->lower, interval->upper);
    table_text(table, row, c->reason, interval_reason_word(interval->reason));
    return row;
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

/* All of them by Wald, or by profile. */
static bool find_intervals(struct session *session, const struct model *model, struct profile *profile,
                           const struct confint_call *given, const struct parameter *list, int count, double level,
                           struct interval *out, struct glmm_error *err)
{
    if (given->method != BY_WALD)
        return profiles_find(model->fit, list, count, level, &session->progress, out, err);
    for (int i = 0; i < count; i++) {
        if (!profile_wald(profile, &list[i], level, &out[i], err))
            return false;
        if (list[i].kind == PARAMETER_FIXED && session->settings.ddf == DDF_NONE)
            wald_by_z(model->fit, list[i].a, level, &out[i]);
    }
    return true;
}

/* Behind the parameters the sums that are determined in the place of some. */
static bool add_sums(struct session *session, struct result *result, const struct model *model, bool wald, double level,
                     struct table *table, const struct columns *columns, struct intervals_seen *seen, struct glmm_error *err)
{
    struct sum_intervals sums;

    if (!sum_intervals(model->fit, wald, level, result->arena, &session->progress, &sums, err))
        return false;
    for (int i = 0; i < sums.count; i++) {
        intervals_look(&sums.interval[i], seen);
        table_text(table, add_row(result, table, columns, &sums.parameter[i], &sums.interval[i]), columns->parameter.kind, "sum");
    }
    return true;
}

/* By profile or Wald. */
static bool fill(struct session *session, struct result *result, const struct model *model, const struct confint_call *given,
                 double level, struct glmm_error *err)
{
    struct profile *profile =
        given->method == BY_WALD || profile_check(model->fit, err) ? profile_new(model->fit, &session->progress, err) : NULL;
    int count = 0;
    struct intervals_seen seen = { .wald = given->method == BY_WALD };
    struct columns columns;
    const struct parameter *list = profile == NULL ? NULL : parameters_of(model->fit, result->arena, &count);
    struct interval *found = arena_alloc(result->arena, (size_t)count + 1, sizeof *found);
    struct table *table;
    bool ok = profile != NULL && ((list != NULL && found != NULL) || fail_memory(err));

    if (ok)
        result_line(result, LINE_TEXT, "%g%% intervals: %s", 100 * level,
                    of_method(given->method, profile, model->fit, model->fit->df != NULL && session->settings.ddf != DDF_NONE));
    table = make_table(result, &columns, level);
    ok = ok && find_intervals(session, model, profile, given, list, count, level, found, err);
    for (int i = 0; ok && i < count; i++) {
        intervals_look(&found[i], &seen);
        add_row(result, table, &columns, &list[i], &found[i]);
    }
    ok = ok && add_sums(session, result, model, given->method == BY_WALD, level, table, &columns, &seen, err);
    intervals_notes(result, model->fit, &seen);
    if (given->method == BY_PROFILE)
        pieces_note(result, model->fit);
    for (int i = 0; ok && i < count; i++)
        alone_note(result, parameter_words(&list[i], result->arena), &found[i]);
    profile_free(profile);
    return ok;
}

/* By the parametric bootstrap. */
static bool fill_boot(struct session *session, const struct call *call, struct result *result, const struct model *model,
                      const struct confint_call *given, double level, struct glmm_error *err)
{
    uint64_t seed = replicating_seed(session, call, &given->replicating);
    struct bootstrap *b = bootstrap_new(model->fit, given->replicating.count, seed, false, &session->progress, err);
    struct columns columns;
    struct table *table;
    bool ok = b != NULL;

    if (!ok)
        return false;
    replicating_lines(
        result, &b->replicates, seed,
        arena_printf(result->arena, "%g%% intervals: %s of the parametric bootstrap", 100 * level, intervals[given->interval]));
    table = make_table(result, &columns, level);
    for (int i = 0; ok && i < b->count; i++) {
        struct interval interval = { .reason = INTERVAL_GIVEN };
        struct bootstrapped boot;

        if (!(ok = bootstrap_parameter(b, i, level, &boot) || fail_memory(err)))
            break;
        interval.lower = given->interval == BY_BASIC ? boot.basic_lower : boot.lower;
        interval.upper = given->interval == BY_BASIC ? boot.basic_upper : boot.upper;
        if (isnan(interval.lower))
            interval.reason = boot.used == 0                              ? INTERVAL_UNDETERMINED
                              : bootstrap_separates(b, &b->parameters[i]) ? INTERVAL_INFINITE
                                                                          : INTERVAL_LIMIT;
        replicating_note(result, b, &boot, &b->parameters[i], false, given->interval == BY_BASIC);
        add_row(result, table, &columns, &b->parameters[i], &interval);
    }
    bootstrap_free(b);
    return ok;
}

/* Of imputed data: what is pooled has Wald intervals; correlations and shapes have none. */
static bool fill_pooled(struct session *session, struct result *result, const struct model *model, double level,
                        struct glmm_error *err)
{
    int p = model->fit->design->p, count, sds;
    double *unit = arena_alloc(result->arena, (size_t)p + 1, sizeof *unit);
    const struct stated_rows rows = { 1, unit, NULL, .coefficients = true };
    const struct parameter *list = parameters_of(model->fit, result->arena, &count);
    const struct pooled_sd *deviations;
    struct linear linear = { .fit = model->fit };
    struct columns columns;
    struct table *table;
    bool ok = (unit != NULL && list != NULL) || fail_memory(err);

    ok = ok && session_linear(session, model, &linear, err)
         && pool_deviations(model->fit, level, result->arena, &session->progress, &deviations, &sds, err);
    result_line(result, LINE_TEXT,
                "%g%% intervals: Wald; fixed effects by Barnard and Rubin's t, standard deviations on the scale of the logarithm",
                100 * level);
    table = make_table(result, &columns, level);
    for (int i = 0; ok && i < count; i++) {
        struct interval interval = { .lower = (double)NAN, .upper = (double)NAN, .reason = INTERVAL_UNDETERMINED };
        struct linear_estimate one;
        struct wald wald;

        if (list[i].kind == PARAMETER_FIXED) {
            unit[list[i].a] = 1;
            ok = linear_estimate(&linear, &rows, 0, &one, err);
            unit[list[i].a] = 0;
            if (!ok)
                break;
            wald_test(one.estimate, one.se, one.df, level, &wald);
            interval.lower = wald.lower;
            interval.upper = wald.upper;
        }
        for (int k = 0; ok && k < sds; k++)
            if (list[i].kind == (deviations[k].term < 0 ? PARAMETER_SIGMA : PARAMETER_SD) && list[i].term == deviations[k].term
                && (deviations[k].term < 0 || list[i].a == deviations[k].a)) {
                interval.lower = deviations[k].lower;
                interval.upper = deviations[k].upper;
            }
        interval.reason = isnan(interval.lower) ? INTERVAL_UNDETERMINED : INTERVAL_GIVEN;
        if (ok)
            add_row(result, table, &columns, &list[i], &interval);
    }
    pooled_correlation_notes(result, model->fit);
    pooled_note(result, model->fit);
    linear_clear(&linear);
    return ok;
}

/* Imputed data have Wald's alone, without being asked for. */
static bool take_method(const struct call *call, const struct model *model, struct confint_call *given, struct glmm_error *err)
{
    if (model->fit->imputed == NULL || given->method == BY_WALD)
        return true;
    if (call->option_at[0].begin < 0) {
        given->method = BY_WALD;
        return true;
    }
    fail(err, GLMM_E_MODEL, call->option_at[0],
         "method=%s is not defined for imputed data: estimates and errors are pooled, not likelihoods", methods[given->method]);
    error_hint(err, "method=wald");
    return false;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct confint_call own = *(const struct confint_call *)call->options, *given = &own;
    double level = given->level > 0 ? given->level : session->settings.level;
    struct result *result;
    struct model *model;
    int at;
    bool ok;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err)
        || !take_method(call, model, given, err))
        return false;
    progress_name(session, "confint", NULL);
    if ((result = result_new("confint")) == NULL)
        return fail_memory(err);
    result_string(result, "model", model->name);
    result_string(result, "method", methods[given->method]);
    result_real(result, "level", level);
    result_line(result, LINE_TITLE, "%s   %s     %s, %s", model->name, model->text, law_in_full(result->arena, model),
                method_name(model->fit->method));
    ok = model->fit->imputed != NULL ? fill_pooled(session, result, model, level, err)
         : given->method == BY_BOOT  ? fill_boot(session, call, result, model, given, level, err)
                                     : fill(session, result, model, given, level, err);
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
        "effects, the residual standard deviation or the dispersion, what a covariance structure has (rho, range), coefficients "
        "and random effects of zi= and disp=. Where the data determine only a sum of variances, the sum has a row, as a standard "
        "deviation.\n"
        "\n"
        "method=profile takes the values at which the fitted criterion, everything else chosen anew, is not worse than at the "
        "optimum by more than chi2(1) allows. It is not symmetric, holds for variances too, and ends at 0 where a variance of 0 "
        "is compatible with the data. Fixed effects are no parameters of the REML criterion; theirs is the profile of the "
        "deviance (ML), as in lme4. `plot-ascii profile` draws it.\n"
        "\n"
        "method=wald goes by standard errors: fixed effects by t or z as in `summary`, those of zi= and disp= by z, the "
        "others on the scale of a logarithm, correlations on that of Fisher's z.\n"
        "\n"
        "method=boot takes the quantiles of the estimates from n responses drawn from the fit (interval=percentile), or those "
        "turned around the estimate (interval=basic). `bootstrap` shows more of these.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct confint_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
