/* icc.c -- how alike the rows of a group are: intraclass correlations and the design effect. */
#include "cmd/derivation.h"
#include "cmd/icc-pool.h"
#include "lang/command.h"
#include "report/fit-random.h"
#include "report/headline.h"
#include "report/interval-notes.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "infer/icc-interval.h"
#include "infer/icc.h"
#include "infer/r2.h"
#include "model/family.h"
#include "model/residuals.h"
#include "result/number.h"
#include "term/progress.h"

enum { BY_CHOICE, BY_PROFILE };

/* Of odds ratios: larger ones have an exponent. */
static const double MOST_ODDS = 1e5;

struct icc_call {
    double level;
    int boot, method;
    uint64_t seed;
};

static const struct icc_call defaults = { .method = BY_CHOICE };
static const char *const methods[] = { "auto", "profile", NULL };

static const struct option options[] = {
    { .name = "boot",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct icc_call, boot),
      .min = 10,
      .max = 1000000,
      .word = "N",
      .help = "intervals by so many refits to responses drawn from the fit; otherwise by profile, where there is one" },
    { .name = "seed",
      .type = OPTION_SEED,
      .offset = offsetof(struct icc_call, seed),
      .word = "SEED",
      .help = "another one than `set seed` says" },
    { .name = "level",
      .type = OPTION_REAL,
      .offset = offsetof(struct icc_call, level),
      .min = 0.5,
      .max = 0.999,
      .word = "SHARE",
      .help = "0.95, or what `set level` says" },
    { .name = "method",
      .type = OPTION_ENUM,
      .offset = offsetof(struct icc_call, method),
      .choices = methods,
      .word = "NAME",
      .help = "profile: of a large model too, however long that takes; auto (default): where it takes seconds" },
    { 0 },
};

static const struct example examples[] = {
    { "load dyestuff; fit Yield ~ 1 + (1 | Batch); icc", "two preparations of a batch correlate by 0.42" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; icc",
      "on the latent scale" },
    { "load pastes; fit strength ~ 1 + (1 | batch/cask); icc", "nested groups" },
    { "load epil; fit y ~ trt + (1 | subject), family=poisson; icc, boot=50", "with an interval by the bootstrap" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* A row of a group whose variance is not determined. */
static void dash_row(struct table *table, size_t group, size_t scale, const char *name, const struct icc_parts *parts)
{
    size_t row = table_row(table);

    table_text(table, row, group, name);
    for (size_t column = group + 1; column < scale; column++)
        table_none(table, row, column);
    table_text(table, row, scale, parts->scale);
}

struct columns {
    size_t group, variance, adjusted, icc, alike, size, effect, odds, observed, scale;
};

static struct table *make_table(struct result *result, const struct fit *fit, bool nested, struct columns *c)
{
    struct table *table = result_table(result, "rows", NULL);

    c->group = table_column(table, "group", "group", CELL_TEXT);
    c->variance = table_column(table, "variance", "Variance", CELL_REAL);
    c->adjusted = table_column(table, "icc_adjusted", nested ? "share" : "ICC adj.", CELL_REAL);
    c->icc = table_column(table, "icc", "of all", CELL_REAL);
    c->alike = table_column(table, "correlation", "correlation", CELL_REAL);
    c->size = table_column(table, "size", design_counted(fit->design), CELL_REAL);
    c->effect = table_column(table, "design_effect", "design effect", CELL_REAL);
    c->odds = table_column(table, "median_odds_ratio", "MOR", CELL_REAL);
    c->observed = table_column(table, "icc_observed", "ICC obs.", CELL_REAL);
    c->scale = table_column(table, "scale", "scale", CELL_TEXT);
    column_derives(table, c->variance, DERIVED_GROUP_VARIANCE, 0);
    column_derives(table, c->size, DERIVED_GROUP_SIZE, 0);
    column_derives(table, c->odds, DERIVED_MEDIAN_ODDS, 0);
    column_derives(table, c->observed, DERIVED_SHARE_INTERVAL, 0);
    if (!nested)
        table_flags(table, c->alike, COLUMN_NOT_TEXT);
    for (size_t column = c->adjusted; column <= c->odds; column++)
        table_decimals(table, column, column <= c->alike ? 3 : column == c->size ? 1 : 2);
    table_decimals_below(table, c->odds, 2, MOST_ODDS);
    if (fit->link->kind != LINK_LOGIT)
        table_flags(table, c->odds, COLUMN_NOT_TEXT);
    for (size_t column = c->adjusted; column <= c->alike; column++)
        table_flags(table, column, COLUMN_SHARE);
    table_decimals(table, c->observed, 3);
    table_flags(table, c->observed, COLUMN_SHARE);
    table_flags(table, icc_has_own_scale(fit) ? c->scale : c->observed, COLUMN_NOT_TEXT); /* the first note says the scale */
    return table;
}

/* The row of a group, or of several that nothing tells apart. */
static void group_row(struct table *table, const struct columns *c, const struct fit *fit, const struct icc_row *of,
                      const struct icc_parts *parts)
{
    size_t row = table->row_count - 1;

    table_real_known(table, row, c->variance, of->variance);
    table_real_known(table, row, c->adjusted, of->adjusted);
    table_real_known(table, row, c->icc, of->icc);
    table_real_known(table, row, c->alike, of->correlation);
    table_real(table, row, c->size, of->size);
    table_real_known(table, row, c->effect, of->design_effect);
    if (fit->link->kind == LINK_LOGIT)
        table_real_known(table, row, c->odds, of->median_odds);
    if (icc_has_own_scale(fit))
        table_real_known(table, row, c->observed, of->observed);
    table_text(table, row, c->scale, parts->scale);
}

static void rows_table(struct result *result, const struct fit *fit, const struct icc_parts *parts, bool nested,
                       const struct glmm_progress *progress)
{
    struct columns c;
    struct table *table = make_table(result, fit, nested, &c);
    int *members = arena_alloc(result->arena, (size_t)fit->design->random_count + 1, sizeof *members);

    for (int t = 0; table != NULL && members != NULL && t < fit->design->random_count; t++) {
        struct text name = { 0 };
        struct icc_row of;
        int count;

        if (!icc_is_group(fit, t))
            continue;
        count = icc_members(fit, t, members);
        if (icc_row_is_open(fit, t)) {
            dash_row(table, c.group, c.scale, fit->design->random[t].group, parts);
            continue;
        }
        if (count == 0)
            continue;
        for (int i = 0; i < count && count > 1; i++)
            dash_row(table, c.group, c.scale, fit->design->random[members[i]].group, parts);
        for (int i = 0; i < count; i++)
            text_addf(&name, "%s%s", i > 0 ? " + " : "", fit->design->random[members[i]].group);
        table_text(table, table_row(table), c.group, text_string(&name));
        result->failed = result->failed || table->failed || !icc_row(fit, parts, members, count, progress, &of);
        if (!result->failed)
            group_row(table, &c, fit, &of, parts);
        text_clear(&name);
    }
    result->failed = result->failed || members == NULL;
}

/* What is to be said of the intervals: each thing once. */
static void interval_notes(struct result *result, const struct fit *fit, const struct icc_intervals *intervals, bool any)
{
    struct intervals_seen seen = { 0 };

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct icc_interval *i = &intervals->group[t];

        if (!icc_is_group(fit, t))
            continue;
        if (intervals->shares)
            intervals_look(&i->share, &seen);
        if (i->nodes || i->share.reason == INTERVAL_NODES)
            nodes_note(result, fit, fit->design->random[t].group);
        alone_note(result, arena_printf(result->arena, "share of %s", fit->design->random[t].group), &i->share);
    }
    seen.nodes = seen.endless = false; /* said by groups; at 0 or 1, as of any share */
    seen.edge_count = 0;
    intervals_notes(result, fit, &seen);
    if (intervals->large)
        large_note(result);
    if (!intervals->shares && intervals->why.code != 0)
        result_line(result, LINE_NOTE, "%s", intervals->why.message);
    if (any && intervals->by == ICC_BY_BOOT)
        result_line(result, LINE_NOTE, "intervals: quantiles over %ld refits to responses drawn from the fit", intervals->used);
}

/* The intervals of shares and median odds ratios, where there are some. */
static void intervals_table(struct result *result, const struct fit *fit, bool nested, double level,
                            const struct icc_intervals *intervals)
{
    static const char *const by[] = { "profile", "log", "boot", "profile, log" };
    static const char *const words[] = { "profile", "log-scale", "bootstrap", "profile; MOR log-scale" };
    struct table *table = NULL;
    size_t group = 0, share = 0, odds = 0, reason = 0;
    bool without = false;

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct icc_interval *i = &intervals->group[t];
        size_t row;

        if (!icc_is_group(fit, t) || (isnan(i->share.lower) && isnan(i->odds[0])))
            continue;
        if (table == NULL) {
            table = result_table(result, "intervals", NULL);
            group = table_column(table, "group",
                                 arena_printf(result->arena, "%g%% interval (%s)", 100 * level, words[intervals->by]), CELL_TEXT);
            share = table_interval(table, "icc_lower", "icc_upper", nested ? "share" : "ICC adj.");
            odds = table_interval(table, "odds_lower", "odds_upper", "MOR");
            reason = table_column(table, "reason", NULL, CELL_TEXT);
            table_flags(table, reason, COLUMN_NOT_TEXT);
            table_all_derive(table, DERIVED_SHARE_INTERVAL);
            table_decimals(table, share, 3);
            table_flags(table, share, COLUMN_SHARE);
            table_decimals_below(table, odds, 2, MOST_ODDS);
            if (fit->link->kind != LINK_LOGIT)
                table_flags(table, odds, COLUMN_NOT_TEXT);
        }
        row = table_row(table);
        table_text(table, row, group, fit->design->random[t].group);
        table_pair_known(table, row, share, i->share.lower, i->share.upper);
        table_text(table, row, reason, interval_reason_word(i->share.reason));
        if (fit->link->kind == LINK_LOGIT)
            table_pair_known(table, row, odds, i->odds[0], i->odds[1]);
        without = without || i->several;
    }
    if (without)
        result_line(result, LINE_NOTE, "MOR has no interval where a group's variance is not that of a random intercept alone");
    result_string(result, "interval", table == NULL ? NULL : by[intervals->by]);
    interval_notes(result, fit, intervals, table != NULL);
}

/* Of the first group whose rows share another group's level. */
static void nested_note(struct result *result, const struct fit *fit, int term)
{
    if (term >= 0)
        result_line(result, LINE_NOTE,
                    "correlation: of two %s of the same %s, which share the levels of the groups around it too: the sum of "
                    "their shares",
                    design_counted(fit->design), fit->design->random[term].group);
}

/* What the design effect leaves out: levels that are related; rows of a level that differ in what a slope stands at. */
static void effect_notes(struct result *result, const struct fit *fit)
{
    const struct random_design *random = fit->design->random;
    const char *counted = design_counted(fit->design);
    bool related = false, sloped = false;

    for (int t = 0; t < fit->design->random_count; t++) {
        related = related || random[t].relation != NULL;
        sloped = sloped || (random[t].z != NULL && !icc_is_level_of_row(fit, t));
    }
    related_share_note(result, fit);
    if (related)
        result_line(result, LINE_NOTE, "the design effect counts levels as unrelated");
    if (sloped) /* the mean of z, squared by their covariance matrix, is at most the mean of the squares of z */
        result_line(
            result, LINE_NOTE,
            "design effect: an upper bound, since two %s of a group that differ in the predictor of a slope are less alike",
            counted);
}

static void of_all_note(struct result *result, const struct fit *fit, double fixed)
{
    char number[NUMBER_SIZE];

    if (isnan(fixed))
        result_line(result, LINE_NOTE, "of all: the same with the variance of the fixed effects in the denominator, which %s",
                    fit->escape != NULL ? "runs with the infinite one" : "depends on a covariance that the data leave open");
    else
        result_line(result, LINE_NOTE, "of all: the same with the variance of the fixed effects, %s, in the denominator",
                    number_text(number, fixed, 4));
}

static struct result *icc_result(const struct model *model, double level, const struct icc_intervals *intervals,
                                 const struct glmm_progress *progress)
{
    const struct fit *fit = model->fit;
    struct result *result = result_new("icc");
    const char *observations = design_counted(fit->design);
    struct icc_parts parts;
    char number[3][NUMBER_SIZE];
    bool nested;
    int inner;

    if (result == NULL)
        return NULL;
    icc_parts(fit, &parts);
    result->failed = !icc_nested(fit, &inner);
    nested = inner >= 0;
    result_string(result, "model", model->name);
    result_real_known(result, "fixed_variance", parts.fixed);
    result_real_known(result, "residual_variance", fit_knows(fit, -1, 0, 0) ? parts.residual : (double)NAN);
    result_line(result, LINE_TITLE, "%s   %s   %s     intraclass correlation", model->name, model->text,
                method_name(fit->method));
    rows_table(result, fit, &parts, nested, progress);
    intervals_table(result, fit, nested, level, intervals);
    result_line(result, LINE_BLANK, " ");
    unconverged_note(result, fit);
    if (!fit_knows(fit, -1, 0, 0))
        number[0][0] = '\0';
    else
        number_text(number[0], parts.residual, 4);
    number_text(number[1], parts.mean, 4);
    number_text(number[2], parts.level_of_row, 4);
    result_line(result, LINE_NOTE, "%s: group's variance / (groups + residual); residual on the %s scale %s%s%s%s%s%s%s%s",
                nested ? "share (ICC adj.)" : "ICC adj.", parts.scale, number[0], number[0][0] == '\0' ? "" : " = ",
                parts.formula, isfinite(parts.mean) ? ", at μ = " : "", isfinite(parts.mean) ? number[1] : "",
                parts.level_of_row > 0 ? ", + " : "", parts.level_of_row > 0 ? number[2] : "",
                parts.level_of_row > 0 ? ", the variance of effects that have a level for each row" : "");
    if (isfinite(parts.mean) && family_own(fit->family)->mean != NULL)
        result_line(result, LINE_NOTE, "m, V: the mean and the variance of the response where μ is that before it is cut");
    if (fit->identity != NULL && (!fit_knows(fit, -1, 0, 0) || result_has_none(result)))
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    of_all_note(result, fit, parts.fixed);
    shares_note(result, fit);
    nested_note(result, fit, inner);
    effect_notes(result, fit);
    if (icc_has_own_scale(fit))
        result_line(result, LINE_NOTE,
                    "ICC obs.: the correlation of two %s of a group on their own scale, with the same predictors (their means "
                    "vary with the group, and they around these), averaged over the %s",
                    observations, observations);
    if (fit->link->kind == LINK_LOGIT)
        result_line(result, LINE_NOTE,
                    "MOR: median odds ratio of two %s that differ in the group alone, the higher to the lower: "
                    "exp(√(2·Variance)·0.6745)",
                    observations);
    result_line(result, LINE_NOTE,
                "design effect = 1 + (%s - 1)\xc2\xb7%s: so many times larger is the variance of an overall mean than if %s were "
                "independent; "
                "%s: the mean size of the group that one is in, sum n² / sum n",
                observations, nested ? "correlation" : "ICC", observations, observations);
    return result;
}

/* Whether two rows of the model can be alike by a group. */
static bool has_groups(const struct model *model, struct glmm_error *err)
{
    const struct design *design = model->design;

    for (int t = 0; t < design->random_count; t++)
        if (icc_is_group(model->fit, t))
            return true;
    if (design->random_count == 0 && design->residual != NULL && design->residual->group != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "%.60s has no random effects: how rows of %.60s are alike its residuals say, %.60s (varcorr)", model->name,
                    design->residual->group, design->residual->text);
    if (design->random_count == 0)
        return fail_without_effects(
            model, design_term_count(design) > 0 ? ", which icc is of" : ", so rows of a group are no more alike than others",
            err);
    return fail(err, GLMM_E_MODEL, NOWHERE,
                "each level of %.60s has one row: no two rows of %.60s share a level, so that none are alike by a group",
                design->random[0].group, model->name);
}

static bool pooled(struct session *session, const struct call *call, const struct model *model, double level,
                   struct glmm_error *err)
{
    const struct icc_call *given = call->options;

    if (given->boot > 0)
        return fail(err, GLMM_E_USAGE, NOWHERE, "boot= is not defined for imputed data, whose shares are pooled");
    if (call_has_option(call, "seed"))
        return fail(err, GLMM_E_USAGE, NOWHERE, "seed= is for boot=, which is not defined for imputed data");
    return icc_pooled(session, model, level, given->method == BY_PROFILE, err);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct icc_call *given = call->options;
    double level = given->level > 0 ? given->level : session->settings.level;
    uint64_t seed = call_has_option(call, "seed") ? given->seed : session->settings.seed;
    struct icc_intervals intervals = { 0 };
    struct model *model;
    bool ok;

    if ((model = call_only_fit(session, call, err)) == NULL)
        return false;
    if (model->fit->imputed != NULL)
        return pooled(session, call, model, level, err);
    if (!has_groups(model, err))
        return false;
    if (!icc_is_defined(model->fit, "icc", err) || !fit_has_rows(model->fit, err))
        return false;
    progress_name(session, "icc", NULL);
    ok =
        icc_intervals_find(model->fit, level, given->method == BY_PROFILE, given->boot, seed, &session->progress, &intervals, err)
        && emit(session, icc_result(model, level, &intervals, &session->progress), err);
    icc_intervals_clear(&intervals);
    return ok;
}

const struct command command_icc = {
    .name = "icc",
    .usage = "icc [MODEL]",
    .brief = "show how alike the rows of a group are",
    .help =
        "The intraclass correlation of a group: its part in the variance of a row, given the predictors (adjusted), and with "
        "the variance that the "
        "predictors explain in the denominator (of all variance). With random slopes a group's variance is the mean over the "
        "rows. Where groups are nested "
        "(casks in batches) the table has two numbers: the share of each group in the variance, and the correlation of two "
        "rows of the same inner "
        "group, which have the outer one in common as well, so that it is the sum of both shares. The design effect uses the "
        "correlation; it "
        "tells how many times the variance of an overall mean is larger than a calculation with independent rows says. A "
        "binomial response "
        "counts trials, not rows: the same observations give the same numbers as rows of 0 and 1 and as counts.\n\n"
        "Where the response has no residual variance, it is taken on the scale of the linear predictor: \xcf\x80\xc2\xb2/3 "
        "for the logit, 1 for the probit, "
        "\xcf\x80\xc2\xb2/6 for the cloglog (latent); log(1 + V/\xce\xbc\xc2\xb2) for counts with a log link (of counts without "
        "zeros V and the mean are those of the "
        "counts that are left, over the squared slope of log mean); trigamma for "
        "Gamma with a log link; by the delta "
        "method elsewhere. A variance of 0 counts as 0. Beside zi= all is of the mean's predictor, the zeros left aside; with "
        "disp= what is left is a mean over the rows.\n\n"
        "ICC obs. is the correlation of two observations of the group on their own scale. Intervals are by the profile of the "
        "share, those of `varcorr`; in models in which that would take long by the curvature of the standard deviation "
        "(log-scale) where the share hangs on it alone. method=profile takes however long it takes; boot=N has them by refits.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct icc_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
