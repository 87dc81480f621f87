/* contrast.c -- contrasts of estimated marginal means. */
#include "cmd/derivation.h"
#include "cmd/means-call.h"

#include <math.h>
#include <string.h>

#include "infer/contrast.h"
#include "infer/ratio.h"
#include "model/family.h"
#include "report/headline.h"
#include "report/tables.h"

struct contrast_call {
    struct means_call means;
    const char *method, *reference, *custom;
    const char *adjust;
    bool interaction;
};

enum { OPTION_OF_METHOD = MEANS_OPTIONS, OPTION_OF_ADJUST, OPTION_OF_REFERENCE, OPTION_OF_CUSTOM, OPTION_OF_INTERACTION };

static const char *const methods[] = { "pairwise", "control", "poly", "consecutive", "effect", "custom", NULL };
static const char *const adjustments[] = { "none", "tukey", "dunnett", "holm", "bonferroni", "sidak", NULL };
static const char *const scales[] = { "link", "response", NULL };

static const struct option options[] = {
    MEANS_OPTIONS_OF(struct contrast_call),
    { .name = "scale",
      .type = OPTION_ENUM,
      .offset = offsetof(struct contrast_call, means.scale),
      .choices = scales,
      .word = "SCALE",
      .help = "link: differences of linear predictors; response: odds ratios of a logit, ratios of a log link or of log(y)",
      .also = "type regrid transform" },
    OPTION_DDF(struct contrast_call, means.ddf),
    { .name = "method",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct contrast_call, method),
      .choices = methods,
      .word = "METHOD",
      .help =
          "which contrasts: pairwise (the default), with a control, polynomial, consecutive, effect (from the mean), custom" },
    { .name = "adjust",
      .type = OPTION_CHOICE,
      .offset = offsetof(struct contrast_call, adjust),
      .choices = adjustments,
      .word = "HOW",
      .help = "p and intervals for all contrasts together; by default tukey for pairs, dunnett with a control, else none" },
    { .name = "ref",
      .complete = COMPLETE_ARGUMENT_LEVEL,
      .type = OPTION_WORD,
      .offset = offsetof(struct contrast_call, reference),
      .word = "LEVEL",
      .help = "the control of method=control; else the first level" },
    { .name = "custom",
      .type = OPTION_WORD,
      .offset = offsetof(struct contrast_call, custom),
      .word = "\"1 -1 0, ...\"",
      .help = "weights of the means, in the order of `means`; several contrasts between commas" },
    { .name = "interaction",
      .type = OPTION_FLAG,
      .offset = offsetof(struct contrast_call, interaction),
      .help = "contrasts of contrasts: products of those of each variable" },
    { 0 },
};

static const struct example examples[] = {
    { "load cake; fit angle ~ recipe * factor(temp) + (1 | recipe:replicate); contrast temp, method=consecutive adjust=holm",
      "each temperature against the one before" },
    { "load oats; fit yield ~ Variety * factor(nitro) + (1 | Block/Variety); contrast Variety, by=nitro ddf=kenward-roger",
      "all pairs of varieties at each dose, after Tukey" },
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; contrast period, "
      "method=control "
      "scale=response",
      "odds ratios with the first period, after Dunnett" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_VARIABLE, COMPLETE_NOTHING };

/* --- what is asked for -------------------------------------------------------------------------------- */

static int place_of(const char *const *names, const char *name)
{
    int i = 0;

    while (strcmp(names[i], name) != 0)
        i++;
    return i;
}

static enum adjustment adjustment_of(const struct contrast_call *given, enum contrast_method method)
{
    static const enum adjustment kinds[] = { ADJUST_NONE, ADJUST_TUKEY,      ADJUST_DUNNETT,
                                             ADJUST_HOLM, ADJUST_BONFERRONI, ADJUST_SIDAK };

    if (given->adjust != NULL)
        return kinds[place_of(adjustments, given->adjust)];
    if (given->interaction)
        return ADJUST_NONE;
    return method == CONTRAST_OF_PAIRS ? ADJUST_TUKEY : method == CONTRAST_WITH_CONTROL ? ADJUST_DUNNETT : ADJUST_NONE;
}

static void read_request(const struct means_job *job, const struct contrast_call *given, struct contrast_request *request)
{
    const struct call *call = job->call;

    *request = (struct contrast_request){ .method = given->method != NULL ? (enum contrast_method)place_of(methods, given->method)
                                                    : given->custom != NULL ? CONTRAST_CUSTOM
                                                                            : CONTRAST_OF_PAIRS,
                                          .interaction = given->interaction,
                                          .reference = given->reference,
                                          .reference_at = call->option_at[OPTION_OF_REFERENCE],
                                          .custom = given->custom,
                                          .custom_at = call->option_at[OPTION_OF_CUSTOM],
                                          .method_at = call->option_at[OPTION_OF_METHOD],
                                          .adjust_at = call->option_at[OPTION_OF_ADJUST],
                                          .ratios_at = call->option_at[MEANS_OPTION_SCALE],
                                          .level = job->level };
    request->adjust = adjustment_of(given, request->method);
    request->ratios =
        job->scale == SCALE_RESPONSE && (job->model->fit->link->kind != LINK_IDENTITY || ratio_mean_base(job->model) > 0);
}

/* --- the table ------------------------------------------------------------------------------------------ */

struct columns {
    size_t first, object, name, estimate, se, df, interval, statistic, p;
};

static struct columns columns_of(struct table *table, struct arena *arena, const struct means_job *job,
                                 const struct contrast_request *request, bool together)
{
    const struct link *link = job->model->fit->link;
    bool t = job->linear.ddf != LINEAR_NORMAL, geometric = ratio_mean_base(job->model) > 0;
    unsigned ratio = request->ratios ? DERIVED_AS_RATIO : 0;
    struct columns c;

    c.first = means_call_columns(table, job, 0, job->means->by_count, "by", &c.object);
    c.name = table_column(table, "contrast", "contrast", CELL_TEXT);
    c.estimate = table_column(table, "estimate",
                              request->ratios && geometric  ? "ratio of geometric means"
                              : request->ratios             ? (link->kind == LINK_LOGIT ? "odds ratio" : "ratio")
                              : link->kind == LINK_IDENTITY ? "difference"
                                                            : arena_printf(arena, "difference (%s)", link->scale),
                              CELL_REAL);
    c.se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c.df = table_column(table, "df", "df", CELL_REAL);
    c.statistic = table_column(table, "statistic", t ? "t" : "z", CELL_REAL);
    c.p = table_column(table, "p", "p", CELL_P);
    c.interval = table_interval(table, "lower", "upper", interval_heading(arena, job->level, &job->linear));
    column_derives(table, c.estimate, DERIVED_MEAN_DIFFERENCE, ratio);
    column_derives(table, c.se, DERIVED_LINEAR_SE, 0);
    column_derives(table, c.df, DERIVED_LINEAR_DF, 0);
    column_derives(table, c.statistic, DERIVED_LINEAR_T, ratio);
    column_derives(table, c.p, DERIVED_LINEAR_P, together ? DERIVED_TOGETHER : 0);
    column_derives(table, c.interval, DERIVED_LINEAR_INTERVAL, ratio);
    table_decimals(table, c.df, 2);
    table_statistic(table, c.statistic, 2);
    if (!t)
        table_flags(table, c.df, COLUMN_NOT_TEXT);
    return c;
}

static void put_row(struct table *table, size_t row, const struct columns *c, const struct contrast_row *r, bool t)
{
    table_text(table, row, c->name, r->name);
    if (!r->estimable || !isfinite(r->se)) {
        if (r->estimable)
            table_real_known(table, row, c->estimate, r->estimate);
        else
            table_none(table, row, c->estimate);
        table_none(table, row, c->se);
        table_none(table, row, c->df);
        table_none(table, row, c->statistic);
        table_none(table, row, c->p);
        table_none(table, row, c->interval);
        return;
    }
    table_real(table, row, c->estimate, r->estimate);
    table_real(table, row, c->se, r->se);
    if (t)
        table_real_known(table, row, c->df, r->se == 0 ? (double)NAN : r->df);
    table_real_known(table, row, c->statistic, r->statistic);
    table_real_known(table, row, c->p, r->p);
    table_pair_known(table, row, c->interval, r->lower, r->upper);
}

static void rows_table(struct result *result, const struct means_job *job, const struct contrast_request *request,
                       const struct contrasts_of *contrasts, struct means_dashes *dashes)
{
    struct table *table = result_table(result, "rows", NULL);
    struct columns c = columns_of(table, result->arena, job, request, contrasts->family > 1 && request->adjust != ADJUST_NONE);

    means_call_contrast_decimals(table, (struct estimate_columns){ c.estimate, c.se, c.interval }, contrasts, job, result->arena);
    for (int i = 0; i < contrasts->count; i++) {
        const struct contrast_row *r = &contrasts->rows[i];
        size_t row = table_row(table);

        means_call_dash(dashes, job, r->estimable, r->estimate, r->se);
        means_call_levels(table, result->arena, row, job, r->group * contrasts->cells, 0, job->means->by_count, c.first,
                          c.object);
        put_row(table, row, &c, r, job->linear.ddf != LINEAR_NORMAL);
    }
}

/* Whether a contrast is 0 by the model alone. */
static bool has_alike(const struct contrasts_of *contrasts)
{
    for (int i = 0; i < contrasts->count; i++)
        if (contrasts->rows[i].estimable && contrasts->rows[i].se == 0)
            return true;
    return false;
}

/* "those that are estimable of ": where not all of a family have a test, which ones p and intervals are adjusted for. */
static const char *tested_of(const struct contrasts_of *contrasts)
{
    bool not_estimable = false, untested = false;

    for (int i = 0; i < contrasts->count; i++) {
        not_estimable = not_estimable || !contrasts->rows[i].estimable;
        untested = untested || (contrasts->rows[i].estimable && !isfinite(contrasts->rows[i].se));
    }
    return untested ? "those that have a test of " : not_estimable ? "those that are estimable of " : "";
}

/* Trends are over levels in an order that the table does not show. */
static void trends_note(struct result *result, const struct means_job *job, const struct contrast_request *request)
{
    for (int k = job->means->by_count; request->method == CONTRAST_OF_TRENDS && k < job->means->variable_count; k++) {
        const struct means_variable *v = &job->means->variables[k];
        const char **names = arena_alloc(result->arena, (size_t)v->count + 1, sizeof *names);

        for (int i = 0; names != NULL && i < v->count; i++)
            names[i] = v->values[i].label;
        if (names == NULL)
            result->failed = true;
        else
            result_line(result, LINE_NOTE, "trends over %s in the order %s, one step from each to the next",
                        v->predictor.column->name, join_names(result->arena, names, v->count, ", "));
    }
}

static void adjust_note(struct result *result, const struct means_job *job, const struct contrast_request *request,
                        const struct contrasts_of *contrasts)
{
    static const char *const words[] = { "",
                                         "Tukey's studentized range, for all pairs together",
                                         "Dunnett's: the largest of all contrasts' |t|, with their correlations",
                                         "Holm's (intervals: Bonferroni's)",
                                         "Bonferroni's",
                                         "\xc5\xa0id\xc3\xa1k's" };

    if (contrasts->family > 1 && request->adjust != ADJUST_NONE)
        result_line(result, LINE_NOTE, "p and intervals adjusted for %s%d contrasts%s: %s%s", tested_of(contrasts),
                    contrasts->family, contrasts->groups > 1 ? " of each group" : "", words[request->adjust],
                    contrasts->exact ? "" : ", to about 5 digits");
    else if (contrasts->family > 1)
        result_line(result, LINE_NOTE, "p and intervals are each contrast's own: adjust= is for all together");
    if (request->ratios && ratio_mean_base(job->model) > 0)
        result_line(result, LINE_NOTE, "ratios of geometric means%s; tests and intervals are made on the scale of %s%s",
                    ratio_of_what(job->model, result->arena), ratio_log_base(job->model) > 0 ? "" : "the logarithm of ",
                    job->model->design->response);
    else if (request->ratios)
        result_line(result, LINE_NOTE, "tests and intervals are made on the scale of the link (%s)",
                    job->model->fit->link->scale);
    else
        means_call_transformed(result, job, true);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct contrast_call *given = call->options;
    struct contrast_request request;
    struct contrasts_of *contrasts = NULL;
    struct result *result = NULL;
    struct means_job job;
    bool ok = means_call_read(session, call, &given->means, &job, err);
    struct means_dashes dashes = { 0 };

    if (ok)
        read_request(&job, given, &request);
    ok = ok && (contrasts = contrasts_new(job.means, &job.linear, &request, err)) != NULL;
    if (ok && (result = result_new("contrast")) == NULL)
        ok = fail_memory(err);
    if (ok) {
        means_call_head(result, &job, "contrasts of means");
        result_string(result, "method", methods[request.method]);
        result_string(result, "adjust", adjustments[request.adjust]);
        result_string(result, "scale", means_call_scale(&job));
        result_string(result, "ddf", linear_ddf_name(job.linear.ddf));
        means_call_held(result, &job);
        rows_table(result, &job, &request, contrasts, &dashes);
        alike_note(result, has_alike(contrasts),
                   request.interaction ? "that is what an interaction in the formula is for" : NULL);
        trends_note(result, &job, &request);
        adjust_note(result, &job, &request, contrasts);
        means_call_notes(result, &job, &dashes);
        ok = emit(session, result, err);
    }
    contrasts_free(contrasts);
    means_call_clear(&job);
    return ok;
}

const struct command command_contrast = {
    .name = "contrast",
    .usage = "contrast [MODEL] VARIABLE...",
    .brief = "compare estimated marginal means",
    .help =
        "Contrasts of the means that `means` shows: all pairs, each with a control (ref=), polynomial trends over the levels in "
        "their "
        "order, each with the one before (consecutive), each with the mean of all (effect), or weights of one's own (custom=). "
        "With "
        "several variables the combinations are compared, or with `interaction` the contrasts of one are contrasted between the "
        "levels of the others; by= compares within groups.\n"
        "\n"
        "adjust= makes p and intervals hold for all contrasts of a group together. In R this is contrast and pairs of emmeans, "
        "or "
        "glht.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct contrast_call),
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
