/* margins.c -- the mean that there would be if every row had the same value of one variable, for the population and the
 * typical group. */
#include "lang/command.h"
#include "report/naming.h"
#include "report/headline.h"
#include "report/tables.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/predictors.h"
#include "infer/ratio.h"
#include "fit/identify.h"
#include "fit/method.h"
#include "infer/margins.h"
#include "model/family.h"

enum { MOST_VALUES = 100 };

struct margins_call {
    const char *at;
    bool pairs;
};

static const struct option options[] = {
    { .name = "at",
      .type = OPTION_WORD,
      .offset = offsetof(struct margins_call, at),
      .word = "\"V V ...\"",
      .help = "the values or levels to take, instead of all levels, or the quartiles" },
    { .name = "pairs",
      .type = OPTION_FLAG,
      .offset = offsetof(struct margins_call, pairs),
      .help = "contrasts of all pairs, not only with the first" },
    { 0 },
};

static const struct example examples[] = {
    { "load cbpp; fit cbind(incidence, size - incidence) ~ period + (1 | herd), family=binomial; margins period",
      "the risk in each period: of a typical herd, and over all herds" },
    { "load toenail; fit outcome ~ treatment * time + (1 | patientID), family=binomial nodes=25; margins treatment",
      "standardized risks of two treatments" },
    { "load epil; fit y ~ trt + lbase + (1 | subject), family=poisson; margins lbase, at=\"-1 0 1\"", "at chosen values" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_VARIABLE, COMPLETE_NOTHING };

struct margins_job {
    struct session *session;
    const struct call *call;
    struct predictor predictor;
    struct setting_value *values;
    int count;
    struct grid_rows *scenarios; /* one a value */
    struct marginal_rows *rows;
};

/* --- what is asked for -------------------------------------------------------------------------- */

/* at="10 20 30": values separated by blanks or commas. */
static bool read_values(struct margins_job *job, const char *text, struct glmm_error *err)
{
    struct arena *arena = job->call->arena;
    struct glmm_span at = job->call->option_at[0];
    const char *end, *one;
    bool ok = true;

    if ((job->values = arena_alloc(arena, MOST_VALUES, sizeof *job->values)) == NULL)
        return fail_memory(err);
    for (text += strspn(text, " ,"); *text != '\0' && ok; text = end + strspn(end, " ,")) {
        end = text + strcspn(text, " ,");
        one = arena_strndup(arena, text, (size_t)(end - text));
        if (one == NULL)
            ok = fail_memory(err);
        else if (job->count == MOST_VALUES)
            ok = fail(err, GLMM_E_LIMIT, at, "at= takes at most %d values", (int)MOST_VALUES);
        else if ((ok = predictor_value(&job->predictor, one, arena, &job->values[job->count], err)))
            job->count++;
    }
    if (ok && job->count == 0)
        ok = fail(err, GLMM_E_USAGE, at, "at= names no value");
    if (!ok && err->at.begin < 0)
        err->at = at;
    return ok;
}

static bool choose_values(struct margins_job *job, const char *at, struct glmm_error *err)
{
    const struct predictor *p = &job->predictor;

    if (at != NULL)
        return read_values(job, at, err);
    if ((job->values = predictor_values(p, job->call->arena, &job->count, err)) == NULL)
        return false;
    if (job->count <= MOST_VALUES)
        return true;
    fail(err, GLMM_E_LIMIT, NOWHERE, "%.60s has %d levels; margins shows at most %d", p->column->name, job->count,
         (int)MOST_VALUES);
    error_hint(err, "choose some: at=\"%.60s %.60s\"", job->values[0].label, job->values[1].label);
    return false;
}

/* For each value all rows of the model, with that value: one copy of the data, that gets each in turn. */
static bool make_scenarios(struct margins_job *job, struct glmm_error *err)
{
    const struct design *design = job->predictor.model->design;
    struct frame *copy;
    bool ok;

    job->scenarios = NEW_ARRAY(struct grid_rows, job->count);
    job->rows = NEW_ARRAY(struct marginal_rows, job->count);
    if (job->scenarios == NULL || job->rows == NULL)
        return fail_memory(err);
    ok = (copy = grid_copy(job->predictor.frame, design->row, design->n, err)) != NULL;
    for (int k = 0; ok && k < job->count; k++) {
        ok = predictor_set(&job->predictor, copy, 0, design->n, &job->values[k], err)
             && predictor_rows(&job->predictor, copy, &job->scenarios[k], &job->session->progress, err);
        job->rows[k] = job->scenarios[k].rows;
        job->rows[k].trials = design->trials;
    }
    frame_free(copy);
    return ok;
}

static void job_clear(struct margins_job *job)
{
    for (int k = 0; job->scenarios != NULL && k < job->count; k++)
        grid_rows_clear(&job->scenarios[k]);
    mem_free(job->scenarios);
    mem_free(job->rows);
}

/* --- the tables ---------------------------------------------------------------------------------- */

static int decimals_of(const struct margin *a, const struct margin *b, int count, int digits, struct arena *arena)
{
    double *values = arena_alloc(arena, 2 * (size_t)count + 1, sizeof *values),
           *errors = arena_alloc(arena, 2 * (size_t)count + 1, sizeof *errors);

    for (int k = 0; values != NULL && errors != NULL && k < count; k++) {
        values[2 * k] = a[k].estimate;
        errors[2 * k] = a[k].se;
        values[2 * k + 1] = b[k].estimate;
        errors[2 * k + 1] = b[k].se;
    }
    return values == NULL || errors == NULL ? digits : fitting_decimals(values, errors, 2 * (size_t)count, digits);
}

/* A number with its error and its interval, in three columns: dashes for what is not estimable, or open. */
static void put_margin(const struct margins_job *job, struct table *table, size_t row, const size_t column[3],
                       const struct margin *m, bool open)
{
    bool error = isnan(m->se) && isfinite(m->estimate) && job->predictor.model->fit->identity != NULL;

    for (int j = 0; j < 3; j++)
        if (open || !m->estimable || (error && j > 0))
            table_none(table, row, column[j]);
    if (open || !m->estimable)
        return;
    table_real_known(table, row, column[0], m->estimate);
    table_real_known(table, row, column[1], m->se);
    if (!error)
        table_pair_known(table, row, column[2], m->lower, m->upper);
}

/* A mean over random effects whose variance the data leave open. */
static bool is_open(const struct margins_job *job, bool same)
{
    const struct identity *identity = job->predictor.model->fit->identity;

    return !same && identity != NULL && identity->flat != NULL;
}

/* The means: the population's with its interval, the typical group's beside it. */
static void rows_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same)
{
    const struct settings *settings = &job->session->settings;
    struct table *table = result_table(result, "rows", job->predictor.column->name);
    size_t level = table_column(table, "level", NULL, CELL_TEXT), value = table_column(table, "value", NULL, CELL_REAL);
    size_t estimate = table_column(table, "estimate", same ? "mean" : "population", CELL_REAL),
           se = table_column(table, "se", "Std.Err.", CELL_REAL);
    size_t interval =
        table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval", 100 * settings->level));
    size_t typical = table_column(table, "typical", "typical group", CELL_REAL),
           typical_se = table_column(table, "typical_se", NULL, CELL_REAL);
    size_t typical_interval = table_interval(table, "typical_lower", "typical_upper", NULL);
    int decimals = decimals_of(m->population, m->typical, m->count, settings->digits, result->arena);

    table_flags(table, value, COLUMN_NOT_TEXT);
    table_flags(table, typical_se, COLUMN_NOT_TEXT);
    table_flags(table, typical_interval, COLUMN_NOT_TEXT);
    if (same)
        table_flags(table, typical, COLUMN_NOT_TEXT);
    table_decimals(table, estimate, decimals);
    table_decimals(table, se, decimals);
    table_decimals(table, interval, decimals);
    table_decimals(table, typical, decimals);
    for (int k = 0; k < m->count; k++) {
        size_t row = table_row(table);

        table_text(table, row, level, job->values[k].label);
        if (!job->predictor.coded)
            table_real(table, row, value, job->values[k].number);
        put_margin(job, table, row, (const size_t[]){ estimate, se, interval }, &m->population[k], is_open(job, same));
        put_margin(job, table, row, (const size_t[]){ typical, typical_se, typical_interval }, &m->typical[k], false);
    }
}

struct contrast_columns {
    size_t from, to, name, difference, se, interval, ratio, ratio_interval, odds_ratio;
    size_t typical_difference, typical_se, typical_ratio, typical_odds_ratio;
};

/* Whether the means have odds. */
static bool is_probability(const struct margins *m)
{
    for (int k = 0; k < m->contrast_count; k++)
        if (!isnan(m->of_typical[k].odds_ratio))
            return true;
    return false;
}

/* `geometric`: the ratios are of geometric means, and what is asked for. */
static struct contrast_columns contrast_columns(struct table *table, struct arena *arena, double level, bool geometric)
{
    struct contrast_columns c;

    c.from = table_column(table, "from", NULL, CELL_TEXT);
    c.to = table_column(table, "to", NULL, CELL_TEXT);
    c.name = table_column(table, NULL, NULL, CELL_TEXT);
    c.difference = table_column(table, "difference", "difference", CELL_REAL);
    c.se = table_column(table, "se", "Std.Err.", CELL_REAL);
    c.interval = table_interval(table, "lower", "upper", arena_printf(arena, "%g%% interval", 100 * level));
    c.ratio = table_column(table, "ratio", geometric ? "ratio of geometric means" : "ratio", CELL_REAL);
    c.ratio_interval = table_interval(table, "ratio_lower", "ratio_upper",
                                      geometric ? arena_printf(arena, "%g%% interval (z)", 100 * level) : NULL);
    c.odds_ratio = table_column(table, "odds_ratio", "odds ratio", CELL_REAL);
    c.typical_difference = table_column(table, "typical_difference", NULL, CELL_REAL);
    c.typical_se = table_column(table, "typical_se", NULL, CELL_REAL);
    c.typical_ratio = table_column(table, "typical_ratio", NULL, CELL_REAL);
    c.typical_odds_ratio = table_column(table, "typical_odds_ratio", "typical group's", CELL_REAL);
    table_flags(table, c.from, COLUMN_NOT_TEXT);
    table_flags(table, c.to, COLUMN_NOT_TEXT);
    table_flags(table, c.name, COLUMN_NOT_JSON);
    if (!geometric)
        table_flags(table, c.ratio_interval, COLUMN_NOT_TEXT);
    table_flags(table, c.typical_difference, COLUMN_NOT_TEXT);
    table_flags(table, c.typical_se, COLUMN_NOT_TEXT);
    table_flags(table, c.typical_ratio, COLUMN_NOT_TEXT);
    return c;
}

/* Three decimals, unless a ratio is so small that they would not show it, or so large that they are noise. */
static void ratio_decimals(struct table *table, struct contrast_columns c, const struct margins *m)
{
    double least = 1, most = 1;

    for (int k = 0; k < m->contrast_count; k++) {
        const double ratios[] = { m->of_population[k].ratio, m->of_population[k].odds_ratio, m->of_typical[k].odds_ratio };

        for (int i = 0; i < 3; i++) {
            if (!isfinite(ratios[i]) || ratios[i] == 0) /* a cell at infinity */
                continue;
            least = fmin(least, ratios[i]);
            most = fmax(most, ratios[i]);
        }
    }
    table_decimals(table, c.ratio_interval, 3);
    if (least < 0.01 || most >= 1000) {
        table_decimals(table, c.ratio_interval, DECIMALS_OWN);
        table_digits(table, c.ratio, 3);
        table_digits(table, c.odds_ratio, 3);
        table_digits(table, c.typical_odds_ratio, 3);
        return;
    }
    table_decimals(table, c.ratio, 3);
    table_decimals(table, c.odds_ratio, 3);
    table_decimals(table, c.typical_odds_ratio, 3);
}

static void contrasts_table(struct result *result, const struct margins_job *job, const struct margins *m, bool same)
{
    const struct settings *settings = &job->session->settings;
    struct table *table = result_table(result, "contrasts", "contrast");
    struct contrast_columns c = contrast_columns(table, result->arena, settings->level, ratio_log_base(job->predictor.model) > 0);
    int decimals = decimals_of(m->population, m->typical, m->count, settings->digits, result->arena);
    bool odds = m->contrast_count > 0 && is_probability(m);

    table_decimals(table, c.difference, decimals);
    table_decimals(table, c.se, decimals);
    table_decimals(table, c.interval, decimals);
    ratio_decimals(table, c, m);
    if (ratio_is_meaningless(job->predictor.model))
        table_flags(table, c.ratio, COLUMN_NOT_TEXT);
    if (!odds)
        table_flags(table, c.odds_ratio, COLUMN_NOT_TEXT);
    if (!odds || same)
        table_flags(table, c.typical_odds_ratio, COLUMN_NOT_TEXT);
    for (int k = 0; k < m->contrast_count; k++) {
        const struct margin_contrast *of = &m->of_population[k], *typical = &m->of_typical[k];
        const char *from = job->values[of->from].label, *to = job->values[of->to].label;
        size_t row = table_row(table);

        table_text(table, row, c.from, from);
        table_text(table, row, c.to, to);
        table_text(table, row, c.name, arena_printf(result->arena, "%s - %s", to, from));
        put_margin(job, table, row, (const size_t[]){ c.difference, c.se, c.interval }, &of->difference, is_open(job, same));
        if (!of->difference.estimable) {
            table_none(table, row, c.ratio);
            table_none(table, row, c.ratio_interval);
            table_none(table, row, c.odds_ratio);
            table_none(table, row, c.typical_odds_ratio);
            continue;
        }
        if (is_open(job, same)) {
            table_none(table, row, c.ratio);
            table_none(table, row, c.odds_ratio);
        } else {
            table_real_known(table, row, c.ratio, of->ratio);
            table_pair_known(table, row, c.ratio_interval, of->ratio_lower, of->ratio_upper);
            table_real_known(table, row, c.odds_ratio, of->odds_ratio);
        }
        table_real_known(table, row, c.typical_difference, typical->difference.estimate);
        table_real_known(table, row, c.typical_se, typical->difference.se);
        table_real_known(table, row, c.typical_ratio, typical->ratio);
        table_real_known(table, row, c.typical_odds_ratio, typical->odds_ratio);
    }
}

/* --- the result ----------------------------------------------------------------------------------- */

static void notes(struct result *result, const struct model *model, const struct margins *m, bool same)
{
    success_note(result, model->design);
    if (same)
        result_line(result, LINE_NOTE, "the mean over all groups and that of the typical group agree: %s",
                    model->design->random_count == 0 ? "there are no random effects" : "the link is the identity");
    else
        result_line(result, LINE_NOTE, "population: integrated over the random effects. typical group: random effects 0");
    result_line(result, LINE_NOTE, "average over the %.0f %s, each given this value (standardization)",
                design_trials(model->design), model->design->trials != NULL ? "trials" : "rows");
    if (model->fit->identity != NULL && model->fit->identity->flat != NULL)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
    separation_note(result, model->fit);
    if (m->contrast_count > 0 && ratio_log_base(model) > 0)
        result_line(result, LINE_NOTE, "the means are of %s; a difference of them is the logarithm of a ratio of geometric means",
                    model->design->response);
    if (m->why_not != NULL)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not estimable: %s", m->why_not);
    if (!m->exists && model->fit->recession == NULL)
        result_line(result, LINE_NOTE, "NaN: under the link %s the mean over the random effects does not exist",
                    model->link->name);
    result_line(result, LINE_NOTE, "standard errors: delta method; intervals of means by way of the link");
    if (m->contrast_count > 0 && is_probability(m) && !same)
        result_line(result, LINE_NOTE, "odds ratio: of the population's means; beside it the typical group's");
}

static struct result *margins_result(const struct margins_job *job, const struct margins *m)
{
    const struct model *model = job->predictor.model;
    struct result *result = result_new("margins");
    bool same = model->design->random_count == 0 || model->fit->link->kind == LINK_IDENTITY;

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "variable", job->predictor.column->name);
    result_line(result, LINE_TITLE, "%s   %s   %s     mean of %s by %s", model->name, model->text,
                method_name(model->fit->method), model->design->response, job->predictor.column->name);
    rows_table(result, job, m, same);
    if (m->contrast_count > 0)
        contrasts_table(result, job, m, same);
    else
        result_value(result, "contrasts", value_array(result->arena));
    notes(result, model, m, same);
    return result;
}

/* --- the command ---------------------------------------------------------------------------------- */

/* The model, and the variable behind it: one word is the variable. */
static struct model *find_model(struct session *session, const struct call *call, const struct word **variable,
                                struct glmm_error *err)
{
    int count = call->word_count;

    *variable = count > 0 ? &call->words[count - 1] : NULL;
    if (count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "`margins` needs a variable of the model");
        return NULL;
    }
    if (!no_more_words(call, 2, err))
        return NULL;
    return session_need_fit(session, count == 2 ? call->words[0].text : NULL, count == 2 ? call->words[0].at : NOWHERE, err);
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct margins_call *given = call->options;
    struct margins_options settings = { .level = session->settings.level, .pairs = given->pairs };
    struct margins_job job = { .session = session, .call = call };
    struct margins *m = NULL;
    const struct word *variable;
    struct model *model;
    bool ok;

    if ((model = find_model(session, call, &variable, err)) == NULL || !call_predictor(model, variable, &job.predictor, err)
        || !choose_values(&job, given->at, err))
        return false;
    settings.log_base = ratio_log_base(model);
    settings.no_ratios = ratio_is_meaningless(model);
    ok = make_scenarios(&job, err)
         && (m = margins_new(model->fit, job.rows, job.count, &settings, &session->progress, err)) != NULL
         && emit(session, margins_result(&job, m), err);
    margins_free(m);
    job_clear(&job);
    return ok;
}

const struct command command_margins = {
    .name = "margins",
    .usage = "margins [MODEL] VARIABLE",
    .brief = "show standardized means by a variable's values",
    .help = "Shows the mean of the response if every row had the same value of VARIABLE, the others being as they are: at each "
            "level of a factor, at the quartiles (or all of few values) of a number. Two kinds stand side by side: of the "
            "population, by integration over the random effects, and of the typical group, whose random effects are 0. Under a "
            "curved link they differ.\n"
            "\n"
            "The contrasts compare the population's means. Standard errors are by the delta method and include what is not "
            "known of the random effects' variances. Read `help causality` before taking a contrast for an effect.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct margins_call),
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
