/* meta.c -- one-stage meta-analysis of studies with two arms. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/naming.h"
#include "report/stating.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "data/expr.h"
#include "data/imputation.h"
#include "infer/ci.h"
#include "infer/meta.h"
#include "result/number.h"

struct meta_call {
    const char *arm, *study, *moderators;
    int model, measure;
};

static const char *const model_choices[] = { "um.fs", "um.rs", "cm.el", "cm.al", NULL };
static const char *const measure_choices[] = { "or", "irr", NULL };

static const struct option options[] = {
    { .name = "arm",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct meta_call, arm),
      .word = "VAR",
      .help = "where each arm is a row: the factor of the two arms, the control its first level" },
    { .name = "study",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct meta_call, study),
      .word = "VAR",
      .help = "which study a row is of" },
    { .name = "model",
      .type = OPTION_ENUM,
      .offset = offsetof(struct meta_call, model),
      .choices = model_choices,
      .word = "MODEL",
      .help = "um.fs: fixed effects of studies (default); um.rs: random ones; cm.el: given each study's total; cm.al: near it" },
    { .name = "measure",
      .type = OPTION_ENUM,
      .offset = offsetof(struct meta_call, measure),
      .choices = measure_choices,
      .word = "RATIO",
      .help = "or: odds ratios of events among N (default); irr: rate ratios of events over the time N" },
    { .name = "mods",
      .type = OPTION_VARIABLE,
      .offset = offsetof(struct meta_call, moderators),
      .word = "TERMS",
      .help = "what the effect depends on: year, year + dose" },
    { 0 },
};

static const struct example examples[] = {
    { "load nielweise2007; meta events n, arm=arm study=study", "catheters: infections in 18 trials, some without any" },
    { "load nielweise2007; meta events n, arm=arm study=study model=cm.el; plot-ascii forest",
      "by the exact conditional likelihood, drawn" },
    { "load nielweise2007; meta events n, arm=arm study=study model=um.rs mods=year", "has the effect changed?" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_VARIABLE, COMPLETE_NOTHING };

/* --- the tables --------------------------------------------------------------------------------- */

static const char *ratio_words(const struct meta *meta)
{
    return meta->measure == META_ODDS_RATIO ? "odds ratio" : "rate ratio";
}

static void fixed_table(struct result *result, const struct session *session, const struct meta *meta)
{
    struct arena *arena = result->arena;
    struct table *table = result_table(result, "fixed", arena_printf(arena, "log %s", ratio_words(meta)));
    size_t term = table_column(table, "term", NULL, CELL_TEXT), estimate = table_column(table, "estimate", "Estimate", CELL_REAL);
    size_t se = table_column(table, "se", "Std.Err.", CELL_REAL), z = table_column(table, "statistic", "z", CELL_REAL);
    size_t p = table_column(table, "p", "p", CELL_P);
    size_t interval = table_interval(table, "lower", "upper", arena_printf(arena, "%g%% interval", 100 * meta->level));
    int decimals = meta->p > 1 ? DECIMALS_OWN : fitting_decimals(meta->beta, meta->se, (size_t)meta->p, session->settings.digits);

    table_all_derive(table, DERIVED_META);
    table_decimals(table, estimate, decimals);
    table_decimals(table, se, decimals);
    table_decimals(table, interval, decimals);
    table_decimals(table, z, 2);
    if (meta->p > 1)
        for (size_t column = estimate; column <= interval; column++)
            if (column != z && column != p)
                table_error(table, column, se);
    for (int j = 0; j < meta->p; j++) {
        size_t row = table_row(table);
        struct wald wald;

        wald_test(meta->beta[j], meta->se[j], (double)NAN, meta->level, &wald);
        table_text(table, row, term, meta->names[j]);
        table_real_known(table, row, estimate, meta->beta[j]);
        table_real_known(table, row, se, meta->se[j]);
        table_real_known(table, row, z, wald.statistic);
        table_real_known(table, row, p, wald.p);
        table_pair_known(table, row, interval, wald.lower, wald.upper);
    }
}

enum { STUDIES_SHOWN = 30 };

static void studies_table(struct result *result, const struct meta *meta)
{
    struct table *table = result_table(result, "studies", NULL);
    size_t study = table_column(table, "study", "study", CELL_TEXT),
           events1 = table_column(table, "events1", "treated", CELL_REAL);
    size_t n1 = table_column(table, "n1", "of", CELL_REAL), events2 = table_column(table, "events2", "control", CELL_REAL);
    size_t n2 = table_column(table, "n2", "of", CELL_REAL), effect = table_column(table, "effect", "own", CELL_REAL);
    size_t own = table_interval(table, "lower", "upper", "interval"),
           shrunk = table_column(table, "shrunk", "in the model", CELL_REAL);
    size_t model = table_interval(table, "shrunk_lower", "shrunk_upper", "interval");

    table_all_derive(table, DERIVED_META_STUDY);
    table_decimals(table, events1, 0);
    table_decimals(table, events2, 0);
    for (size_t column = effect; column <= model; column++)
        table_decimals(table, column, 2);
    table_flags(table, own, COLUMN_NOT_TEXT);
    for (int i = 0; i < meta->count; i++) {
        const struct meta_study *s = &meta->studies[i];
        size_t row = table_row(table);

        table_text(table, row, study, s->name);
        table_real(table, row, events1, s->events[0]);
        table_real(table, row, n1, s->n[0]);
        table_real(table, row, events2, s->events[1]);
        table_real(table, row, n2, s->n[1]);
        table_real_known(table, row, effect, s->effect);
        table_pair_known(table, row, own, s->lower, s->upper);
        table_real_known(table, row, shrunk, s->shrunk);
        table_pair_known(table, row, model, s->shrunk_lower, s->shrunk_upper);
    }
    table_show_rows(table, STUDIES_SHOWN);
}

/* --- what it says ------------------------------------------------------------------------------- */

/* For JSON, beside the table. */
static void effect_values(struct result *result, const struct meta *meta)
{
    struct wald wald;

    wald_test(meta->beta[0], meta->se[0], (double)NAN, meta->level, &wald);
    result_real_known(result, "effect", meta->beta[0]);
    result_real_known(result, "se", meta->se[0]);
    result_real_known(result, "lower", wald.lower);
    result_real_known(result, "upper", wald.upper);
    result_real_known(result, "tau", meta->tau);
    result_real_known(result, "tau2", meta->tau * meta->tau);
    result_real_known(result, "se_log_tau", meta->se_log_tau);
    result_real_known(result, "i2", meta->i2);
    result_real_known(result, "loglik", meta->loglik);
    result_real_known(result, "loglik_common", meta->loglik_common);
    result_real_known(result, "chisq", meta->lrt);
    result_real_known(result, "p", meta->p_lrt);
    result_real_known(result, "prediction_lower", meta->prediction[0]);
    result_real_known(result, "prediction_upper", meta->prediction[1]);
}

static void heterogeneity(struct result *result, const struct meta *meta)
{
    struct item *fields;
    char low[NUMBER_SIZE], high[NUMBER_SIZE];

    if (isnan(meta->tau) || meta->infinite != NULL)
        return;
    fields = result_fields(result);
    field_real(result, fields, NULL, "tau", meta->tau, 3);
    field_real(result, fields, NULL, "variance", meta->tau * meta->tau, 3);
    field_text(result, fields, NULL, "I2", arena_printf(result->arena, "%.1f%%", 100 * meta->i2));
    field_real(result, fields, NULL, "logLik", meta->loglik, 2);
    fields = result_fields(result);
    field_real(result, fields, NULL, "LRT of tau = 0: chi2", meta->lrt, 2);
    field_p(result, fields, NULL, "p", meta->p_lrt);
    if (!isnan(meta->prediction[0]))
        result_line(result, LINE_TEXT, "in a new study (%g%% prediction interval): %s to %s, as %s %s to %s", 100 * meta->level,
                    number_text(low, meta->prediction[0], 3), number_text(high, meta->prediction[1], 3), ratio_words(meta),
                    number_text((char[NUMBER_SIZE]){ 0 }, meta->prediction_ratio[0], 3),
                    number_text((char[NUMBER_SIZE]){ 0 }, meta->prediction_ratio[1], 3));
}

static void ratio_line(struct result *result, const struct meta *meta)
{
    char number[3][NUMBER_SIZE];

    if (isnan(meta->ratio[0]))
        return;
    result_line(result, LINE_TEXT, "%s %s, %g%% interval %s to %s", ratio_words(meta), number_text(number[0], meta->ratio[0], 3),
                100 * meta->level, number_text(number[1], meta->ratio[1], 3), number_text(number[2], meta->ratio[2], 3));
}

/* Whether studies have an interval in the model: where tau is 0, that has no width. */
static bool has_intervals(const struct meta *meta)
{
    for (int i = 0; i < meta->count; i++)
        if (meta->studies[i].shrunk_upper > meta->studies[i].shrunk_lower)
            return true;
    return false;
}

static void notes(struct result *result, const struct meta *meta)
{
    static const char *const words[] = {
        "UM.FS: the arms as they are, an effect of its own for each study; 7 nodes",
        "UM.RS: the arms as they are, studies random too; Laplace",
        "CM.EL: the treated arm's events given the study's total: no effect of studies is left to estimate",
        "CM.AL: given the total, as if events were rare: cm.el is exact",
    };
    int without = 0, left_out = 0;

    for (int i = 0; i < meta->count; i++) {
        const struct meta_study *s = &meta->studies[i];

        without += isinf(s->effect) != 0;
        left_out += !isnan(meta->tau) && isnan(s->shrunk) && s->events[0] + s->events[1] > 0 && !meta_is_full(meta, s);
    }
    if (meta->infinite != NULL)
        result_line(
            result, LINE_NOTE,
            "the effect has no finite estimate: all events are of one arm, or those of some studies are told apart by the "
            "moderators; what follows from it is not shown");
    result_line(result, LINE_NOTE, "%s", words[meta->model]);
    if (without > 0)
        result_line(result, LINE_NOTE, "%d stud%s no events in one arm: nothing is added to the cells", without,
                    without == 1 ? "y has" : "ies have");
    if (meta->silent > 0 && meta->model == META_UM_RS)
        result_line(result, LINE_NOTE, "%d stud%s no events at all: little is said there of the effect", meta->silent,
                    meta->silent == 1 ? "y has" : "ies have");
    else if (meta->silent > 0)
        result_line(result, LINE_NOTE, "%d stud%s no events at all, and say%s nothing of the effect", meta->silent,
                    meta->silent == 1 ? "y has" : "ies have", meta->silent == 1 ? "s" : "");
    if (meta->full > 0)
        result_line(result, LINE_NOTE, "%d stud%s events only, in both arms, and say%s nothing of the effect", meta->full,
                    meta->full == 1 ? "y has" : "ies have", meta->full == 1 ? "s" : "");
    if (left_out > 0)
        result_line(result, LINE_NOTE, "%d stud%s a missing moderator, and %s left out", left_out,
                    left_out == 1 ? "y has" : "ies have", left_out == 1 ? "is" : "are");
    if (meta->dropped != NULL)
        result_line(result, LINE_NOTE, "left out, as the same in all studies or told by the other moderators: %s", meta->dropped);
    if (meta->tau == 0)
        result_line(result, LINE_NOTE,
                    "tau is estimated as 0: the studies differ no more than by chance, or are too few to show it");
    if (meta->infinite == NULL && !isnan(meta->tau))
        result_line(result, LINE_NOTE, "p of tau = 0 by 0.5 chi2(0) + 0.5 chi2(1); I2 by the typical variance within studies%s",
                    isnan(meta->prediction[0])
                        ? ""
                        : arena_printf(result->arena, "; prediction by t with %d df (Higgins, Thompson and Spiegelhalter 2009)",
                                       meta->prediction_df));
    if (meta->tau == 0)
        result_line(result, LINE_NOTE, "-: with tau 0 no study has an effect of its own in the model, and so no interval");
    if (has_intervals(meta))
        result_line(result, LINE_NOTE, "interval in the model: the study's, with the effect and tau held at their estimates");
}

static struct result *meta_result(const struct session *session, const struct meta *meta, const struct frame *data,
                                  const struct call *call)
{
    struct result *result = result_new("meta");
    struct item *fields;

    if (result == NULL)
        return NULL;
    result_string(result, "model", meta_model_name(meta->model));
    result_string(result, "measure", measure_choices[meta->measure]);
    result_integer(result, "nstudies", meta->count);
    result_line(result, LINE_TITLE, "meta %s     %ss, %s", call->argument, ratio_words(meta), meta_model_name(meta->model));
    fields = result_fields(result);
    field_integer(result, fields, NULL, "studies", meta->count);
    field_text(result, fields, NULL, "data:", data->name);
    fixed_table(result, session, meta);
    effect_values(result, meta);
    ratio_line(result, meta);
    heterogeneity(result, meta);
    studies_table(result, meta);
    notes(result, meta);
    result_line(result, LINE_NEXT, "plot-ascii forest");
    return result;
}

/* --- the command -------------------------------------------------------------------------------- */

/* mods="year + dose" is mods=year + dose; what cannot be parsed stays, and the engine tells. */
static bool read_moderators(const struct call *call, const char **mods, struct glmm_error *err)
{
    const char *text = ((const struct meta_call *)call->options)->moderators;
    struct glmm_error why = { .at = NOWHERE };
    const struct expr *e = text == NULL ? NULL : expr_parse(call->arena, text, &why);

    *mods = e != NULL && e->kind == EXPR_STRING ? e->text : text;
    return why.code != GLMM_E_MEMORY || fail_memory(err);
}

/* The frame with a row for each study, and its columns: the data themselves, or made of them. */
static const struct frame *read_call(const struct call *call, const struct frame *data, struct meta_columns *columns,
                                     struct glmm_error *err)
{
    const struct meta_call *given = call->options;
    const struct frame *frame;
    const char *mods;

    if (!read_moderators(call, &mods, err))
        return NULL;
    for (int i = 0; i < call->word_count; i++)
        if (frame_need(data, call->words[i].text, call->words[i].at, err) == NULL)
            return NULL;
    if (call->word_count == 4 && given->arm == NULL) {
        *columns = (struct meta_columns){ .events = { call->words[0].text, call->words[2].text },
                                          .n = { call->words[1].text, call->words[3].text },
                                          .study = given->study };
        frame = frame_hold(data);
    } else if (call->word_count == 2 && given->arm != NULL && given->study != NULL) {
        frame = meta_wide(data, call->words[0].text, call->words[1].text, given->arm, given->study, mods, columns, err);
    } else {
        fail(err, GLMM_E_USAGE, call->argument_at, "meta needs events and numbers of two arms");
        error_hint(err,
                   "meta EVENTS N, arm=VAR study=VAR, a row for each arm; or meta EVENTS1 N1 EVENTS2 N2, a row for each study");
        return NULL;
    }
    columns->moderators = mods;
    return frame;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct meta_call *given = call->options;
    const struct frame *data = session_need_data(session, err), *frame;
    struct meta_columns columns;
    struct meta *meta = NULL;
    bool ok;

    if (data == NULL)
        return false;
    if (frame_is_imputed(data)) {
        fail(err, GLMM_E_DATA, NOWHERE, "meta is not defined for imputed data");
        error_hint(err, "one imputation alone: where %.60s == 1", frame_imputation(data)->name);
        return false;
    }
    frame = read_call(call, data, &columns, err);
    ok = frame != NULL
         && (meta = meta_new(frame, &columns, (enum meta_model)given->model, (enum meta_measure)given->measure,
                             session->settings.level, &session->progress, err))
                != NULL;
    if (ok)
        ok = emit(session, meta_result(session, meta, data, call), err);
    else
        place_argument(call, err);
    meta_free(meta);
    frame_free(frame);
    return ok;
}

const struct command command_meta = {
    .name = "meta",
    .usage = "meta EVENTS N|EVENTS1 N1 EVENTS2 N2",
    .brief = "pool studies of two arms",
    .help =
        "Pools the odds ratios (or rate ratios) of studies of two arms in one mixed model: the effect of a study is normal about "
        "the pooled one, with standard deviation tau. Events are used as they are: a study without events in one arm counts, and "
        "nothing is added to its cells; in um.rs one without any counts too (metafor: drop00=FALSE).\n"
        "\n"
        "Each arm is a row, with arm= and study=, or each study: events and number of the treated arm, then of the control. The "
        "models are those of metafor's rma.glmm: um.fs and um.rs have the risk of each study as a fixed or a random effect, "
        "cm.el "
        "conditions on the study's total of events (noncentral hypergeometric), which leaves the effect alone; cm.al is near it "
        "where events are rare.\n"
        "\n"
        "The table has for each study its own log ratio and that which the model makes of it, drawn towards the pooled one. "
        "`plot-ascii forest` draws the last meta-analysis.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct meta_call),
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
