/* varcorr.c -- the components of variance, each with its share and the interval of that. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "fit/identify.h"
#include "fit/imputed.h"
#include "infer/components.h"
#include "infer/icc.h"
#include "infer/parameter.h"
#include "infer/share-interval.h"
#include "report/fit-random.h"
#include "report/headline.h"
#include "report/interval-notes.h"
#include "report/naming.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "model/relation.h"
#include "model/residuals.h"
#include "result/number.h"
#include "term/progress.h"

enum { BY_CHOICE, BY_PROFILE };

struct varcorr_call {
    double level;
    int method;
};

static const struct varcorr_call defaults = { .method = BY_CHOICE };
static const char *const methods[] = { "auto", "profile", NULL };

static const struct option options[] = {
    { .name = "level",
      .type = OPTION_REAL,
      .offset = offsetof(struct varcorr_call, level),
      .min = 0.5,
      .max = 0.999,
      .word = "SHARE",
      .help = "0.95, or what `set level` says" },
    { .name = "method",
      .type = OPTION_ENUM,
      .offset = offsetof(struct varcorr_call, method),
      .choices = methods,
      .word = "NAME",
      .help = "profile: of a large model too, however long that takes; auto (default): where it takes seconds" },
    { 0 },
};

struct columns {
    size_t group, term, matrix, sd, variance, share, interval, reason;
    size_t ratio; /* where levels have other numbers than 1 with themselves in a matrix */
    bool with_ratio;
};

/* Shares of what varies around the fixed effects; of a generalized model on the scale of its link. */
static bool has_shares(const struct fit *fit)
{
    if (fit->design->random_count == 0 || !icc_is_defined(fit, "icc", NULL))
        return false;
    return icc_total_is_known(fit) && isfinite(icc_total(fit));
}

/* Of pedigrees the share as breeders have it. */
static void base_notes(struct result *result, const struct fit *fit)
{
    char number[NUMBER_SIZE];

    for (int t = 0; t < fit->design->random_count; t++)
        if (fit->design->random[t].relation != NULL && strcmp(fit->design->random[t].relation->kind, "pedigree") == 0)
            result_line(result, LINE_NOTE, "share of %s in the base of the pedigree, where no one is inbred (heritability): %s",
                        fit->design->random[t].group, number_fixed(number, icc_ratio(fit, t), 3));
}

/* Whether the shares of the variances as they stand are others, and known. */
static bool has_ratios(const struct fit *fit)
{
    bool ones = true;

    for (int t = 0; t < fit->design->random_count; t++)
        ones = ones && fit->design->random[t].related == NULL;
    return !ones && has_shares(fit) && !isnan(icc_ratio(fit, -1));
}

static struct table *make_table(struct result *result, struct columns *c, double level, const struct share_intervals *shares)
{
    struct table *table = result_table(result, "components", NULL);

    c->group = table_column(table, "group", "component", CELL_TEXT);
    c->term = table_column(table, "term", "effect", CELL_TEXT);
    table_flags(table, c->term, COLUMN_NAME);
    c->matrix = table_column(table, "K", "K", CELL_TEXT);
    table_flags(table, c->matrix, COLUMN_NAME);
    c->sd = table_column(table, "sd", "Std.Dev.", CELL_REAL);
    c->variance = table_column(table, "variance", "Variance", CELL_REAL);
    c->share = table_column(table, "share", "share", CELL_REAL);
    if (c->with_ratio)
        c->ratio = table_column(table, "ratio", "ratio", CELL_REAL);
    c->interval = table_interval(
        table, "lower", "upper",
        arena_printf(result->arena, "%g%% interval (%s)", 100.0 * level, shares->by == SHARES_BY_LOG ? "log-scale" : "profile"));
    c->reason = table_column(table, "reason", NULL, CELL_TEXT);
    table_flags(table, c->reason, COLUMN_NOT_TEXT);
    table_all_derive(table, DERIVED_COMPONENT);
    table_decimals(table, c->share, 3);
    table_flags(table, c->share, COLUMN_SHARE);
    if (c->with_ratio)
        table_flags(table, c->ratio, COLUMN_NOT_TEXT);
    table_decimals(table, c->interval, 3);
    table_flags(table, c->interval, COLUMN_SHARE);
    if (shares->by == SHARES_BY_NONE)
        table_flags(table, c->interval, COLUMN_NOT_TEXT);
    return table;
}

static void add_share(struct table *table, const struct columns *c, size_t row, double share, const struct interval *interval)
{
    table_real_known(table, row, c->share, share);
    table_pair_known(table, row, c->interval, interval->lower, interval->upper);
    table_text(table, row, c->reason, interval_reason_word(interval->reason));
}

/* The residuals where they have several standard deviations: the first parameters of their structure. */
static void add_residuals(struct table *table, const struct columns *c, const struct fit *fit)
{
    const struct residual_design *residual = fit_residual_design(fit);

    if (residual->loads != NULL) {
        size_t row = table_row(table);

        table_text(table, row, c->group, "Residual");
        table_text(table, row, c->term, "geometric mean");
        table_real_known(table, row, c->sd, fit->sigma);
        table_real_known(table, row, c->variance, fit->dispersion);
    }
    for (int s = 0; residual->loads == NULL && s < residual->scale_count; s++) {
        double sd = fit->residual->parameters[s].estimate;
        size_t row = table_row(table);

        table_text(table, row, c->group, "Residual");
        table_text(table, row, c->term, residual->scale_names[s]);
        table_real_known(table, row, c->sd, sd);
        table_real_known(table, row, c->variance, sd * sd);
    }
}

/* What is left: the residuals, or what stands for them on the scale of the link. */
static void add_rest(struct table *table, const struct columns *c, const struct fit *fit, bool shared,
                     const struct interval *interval)
{
    bool residual = fit_has_residual(fit);
    double sd = residual ? residual_sd_shown(fit) : icc_rest_sd(fit);
    struct icc_parts parts;
    size_t row;

    if (!residual && !shared)
        return;
    if (residual && !fit_has_one_residual(fit)) {
        add_residuals(table, c, fit);
        return;
    }
    row = table_row(table);
    table_text(table, row, c->group, "Residual");
    if (!residual) {
        icc_parts(fit, &parts);
        table_text(table, row, c->term, arena_printf(table->arena, "%s scale", parts.scale));
    }
    if (!fit_knows(fit, -1, 0, 0))
        sd = (double)NAN;
    table_real_known(table, row, c->sd, sd);
    table_real_known(table, row, c->variance, sd * sd);
    if (shared)
        add_share(table, c, row, icc_share(fit, -1), interval);
    if (c->with_ratio)
        table_real_known(table, row, c->ratio, icc_ratio(fit, -1));
}

/* The effects of a term of zi= or disp=. */
static void add_beside(struct table *table, const struct columns *c, const struct fit *fit, int t)
{
    int part;
    const struct random_design *r = design_term(fit->design, t, &part);

    for (int a = 0; a < r->k; a++) {
        double sd = fit->random[t].sd[a];
        size_t row = table_row(table);

        table_text(table, row, c->group, arena_printf(table->arena, "%s %s", design_part_name(part), r->group));
        table_text(table, row, c->term, r->names[a]);
        table_real_known(table, row, c->sd, sd);
        table_real_known(table, row, c->variance, sd * sd);
    }
}

/* The sums that are determined in the place of some variances. */
static void add_sums(struct table *table, const struct columns *c, const struct fit *fit, bool shared)
{
    for (int j = 0; fit->identity != NULL && j < fit->identity->sum_count; j++) {
        const struct identity_sum *sum = &fit->identity->sums[j];
        const char *effects = identity_sum_effects(table->arena, fit->design, sum);
        size_t row = table_row(table);

        table_text(table, row, c->group, identity_sum_groups(table->arena, fit->design, sum));
        table_text(table, row, c->term, effects);
        table_real_known(table, row, c->sd, identity_sum_sd(sum));
        table_real_known(table, row, c->variance, sum->value);
        if (shared && effects != NULL && strcmp(effects, "(Intercept)") == 0) {
            table_real_known(table, row, c->share, sum->value / icc_total(fit));
            table_text(table, row, c->reason, interval_reason_word(INTERVAL_UNDETERMINED));
        }
    }
}

/* All variances; the share of each term in its first row, with intervals of these and of what is left. */
static void add_rows(struct result *result, const struct fit *fit, double level, const struct share_intervals *shares)
{
    const struct interval *intervals = shares->interval;
    struct columns c = { .with_ratio = has_ratios(fit) };
    struct table *table = make_table(result, &c, level, shares);
    bool shared = has_shares(fit), related = false;
    size_t row;

    if (table == NULL)
        return;
    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *r = &fit->design->random[t];

        related = related || r->relation != NULL;
        for (int a = 0; a < r->k; a++) {
            double sd = fit_knows(fit, t, a, a) ? fit->random[t].sd[a] : (double)NAN;

            row = table_row(table);
            table_text(table, row, c.group, r->group);
            table_text(table, row, c.term, r->names[a]);
            table_text(table, row, c.matrix, r->relation == NULL ? NULL : r->relation->name);
            table_real_known(table, row, c.sd, sd);
            table_real_known(table, row, c.variance, sd * sd);
            if (shared && a == 0)
                add_share(table, &c, row, icc_share(fit, t), &intervals[t]);
            if (c.with_ratio)
                table_real_known(table, row, c.ratio, icc_ratio(fit, t));
        }
    }
    add_sums(table, &c, fit, shared);
    add_rest(table, &c, fit, shared, &intervals[fit->design->random_count]);
    for (int t = fit->design->random_count; t < design_term_count(fit->design); t++)
        add_beside(table, &c, fit, t);
    if (!related)
        table_flags(table, c.matrix, COLUMN_NOT_TEXT);
    if (!shared)
        table_flags(table, c.share, COLUMN_NOT_TEXT);
    if (shared) {
        shares_note(result, fit);
        related_share_note(result, fit);
    }
    if (c.with_ratio)
        base_notes(result, fit);
}

/* What is to be said of the shares' intervals, and of those of deviations with them: each thing once. */
static void share_notes(struct result *result, const struct fit *fit, const struct share_intervals *shares,
                        struct intervals_seen *seen)
{
    int terms = fit->design->random_count;

    if (shares->why.code != 0)
        result_line(result, LINE_NOTE, "%s", shares->why.message);
    if (shares->large)
        large_note(result);
    for (int t = 0; t <= terms && shares->by != SHARES_BY_NONE; t++) {
        intervals_look(&shares->interval[t], seen);
        alone_note(result, arena_printf(result->arena, "share of %s", t < terms ? fit->design->random[t].group : "Residual"),
                   &shares->interval[t]);
    }
    seen->endless = false; /* at 0 or 1, as of any share */
    seen->edge_count = 0;
}

/* Standard deviations and correlations with intervals, as `confint` has them; nothing where there are none. */
static bool add_intervals(struct result *result, const struct session *session, const struct fit *fit, double level, bool asked,
                          struct intervals_seen *seen, struct glmm_error *err)
{
    struct components found;
    struct parameter_columns columns;
    struct table *table;
    size_t estimate, interval, reason;

    if (asked ? !components_profile(fit, level, result->arena, &session->progress, &found, err)
              : !components_find(fit, level, true, result->arena, &session->progress, &found, err))
        return false;
    if (found.method == COMPONENTS_NONE)
        return true;
    table = result_table(result, "intervals", "with intervals");
    parameter_columns(table, &columns);
    estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    interval = table_interval(table, "lower", "upper",
                              arena_printf(result->arena, "%g%% interval (%s)", 100.0 * level,
                                           found.method == COMPONENTS_PROFILE ? "profile" : "log-scale"));
    reason = table_column(table, "reason", NULL, CELL_TEXT);
    table_flags(table, reason, COLUMN_NOT_TEXT);
    table_all_derive(table, DERIVED_COMPONENT);
    table_decimals(table, estimate, DECIMALS_OWN);
    table_decimals(table, interval, DECIMALS_OWN);
    seen->wald = found.method == COMPONENTS_LOG;
    for (int i = 0; i < found.count; i++) {
        const struct interval *one = &found.interval[i];
        size_t row = table_row(table);

        parameter_cells(table, row, &columns, &found.parameter[i], result->arena);
        table_real_known(table, row, estimate, found.parameter[i].estimate);
        if (one->reason == INTERVAL_GIVEN)
            table_pair(table, row, interval, one->lower, one->upper);
        else
            table_none(table, row, interval);
        table_text(table, row, reason, interval_reason_word(one->reason));
        intervals_look(one, seen);
    }
    for (int i = 0; i < found.count; i++)
        alone_note(result, parameter_words(&found.parameter[i], result->arena), &found.interval[i]);
    return true;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct varcorr_call *given = call->options;
    double level = given->level > 0 ? given->level : session->settings.level;
    bool asked = given->method == BY_PROFILE, ok;
    struct intervals_seen seen = { 0 };
    struct share_intervals shares;
    struct result *result = NULL;
    struct model *model;
    int at;

    if ((model = call_fitted_model(session, call, &at, err)) == NULL || !no_more_words(call, at, err))
        return false;
    if (design_term_count(model->design) == 0 && !fit_has_residual(model->fit) && model->fit->identity == NULL)
        return fail(err, GLMM_E_MODEL, call->word_count > 0 ? call->words[0].at : NOWHERE,
                    "%.60s has no random effects, and %s no residual variance: there are no components", model->name,
                    model->family->name);
    progress_name(session, "varcorr", NULL);
    ok = share_intervals_find(model->fit, SHARES_OF_TERMS, level, asked, &session->progress, &shares, err)
         && ((result = result_new("varcorr")) != NULL || fail_memory(err));
    if (ok) {
        result_string(result, "model", model->name);
        result_real(result, "level", level);
        result_line(result, LINE_TITLE, "%s   components of variance", model->name);
        add_rows(result, model->fit, level, &shares);
        unconverged_note(result, model->fit);
        share_notes(result, model->fit, &shares, &seen);
        ok = add_intervals(result, session, model->fit, level, asked, &seen, err);
        intervals_notes(result, model->fit, &seen);
    }
    share_intervals_clear(&shares);
    if (ok)
        return emit(session, result, err);
    result_free(result);
    return false;
}

static const struct example examples[] = {
    { "load penicillin; fit diameter ~ 1 + (1 | plate) + (1 | sample); varcorr", "the shares of plates, samples and the rest" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

const struct command command_varcorr = {
    .name = "varcorr",
    .usage = "varcorr [MODEL]",
    .brief = "components of variance and their shares",
    .help =
        "Shows the standard deviation and the variance of each random effect and of the residuals, and each term's share "
        "of what varies around the fixed effects (of a row, averaged over the rows; of a generalized model on the scale of its "
        "link, as `icc`), with an interval by the profile of the likelihood: heritability, where K relates animals; lineage "
        "against neighbourhood, where two matrices do. `plot-ascii shares` draws that likelihood for one or two intercepts.\n"
        "\n"
        "Below stand standard deviations and correlations with intervals: of the profile, as `confint` has them, in large models "
        "of the curvature, on the scale of the logarithm (log-scale). method=profile has all of them by profile.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct varcorr_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
