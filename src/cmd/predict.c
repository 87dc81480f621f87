/* predict.c -- predictions for the rows of the fit, for another data set, or for a grid of values. */
#include "cmd/derivation.h"
#include "lang/command.h"
#include "report/naming.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/inference.h"
#include "report/tables.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/at-grid.h"
#include "infer/pool-means.h"
#include "infer/predict.h"
#include "infer/ratio.h"
#include "lang/at.h"
#include "base/suggest.h"
#include "model/family.h"
#include "term/progress.h"

enum { ROWS_SHOWN = 20 };

struct predict_call {
    int type, groups, new_levels, head;
    const char *data, *at;
    bool all;
};

static const char *const types[] = { "response", "link", "conditional", "zero", "dispersion", "class", NULL };
enum { TYPE_RESPONSE, TYPE_LINK, TYPE_CONDITIONAL, TYPE_ZERO, TYPE_DISPERSION, TYPE_CLASS };
static const char *const groups[] = { "conditional", "typical", "population", NULL };
static const char *const new_levels[] = { "error", "typical", "population", NULL };
static const struct predict_call defaults = { .head = ROWS_SHOWN };

enum { OPTION_TYPE, OPTION_GROUPS, OPTION_NEW, OPTION_DATA, OPTION_AT }; /* places in the table below */

static const struct option options[] = {
    { .name = "type",
      .type = OPTION_ENUM,
      .offset = offsetof(struct predict_call, type),
      .choices = types,
      .word = "SCALE",
      .help = "response, link (the linear predictor), conditional, zero or dispersion (of zi=, disp=), class" },
    { .name = "re",
      .type = OPTION_ENUM,
      .offset = offsetof(struct predict_call, groups),
      .choices = groups,
      .word = "GROUPS",
      .help = "conditional on the row's groups, a typical group (effects 0), or the mean of the population",
      .also = "re.form reform re_formula level" },
    { .name = "new",
      .type = OPTION_ENUM,
      .offset = offsetof(struct predict_call, new_levels),
      .choices = new_levels,
      .word = "POLICY",
      .help = "levels that the model has not seen: an error, typical or population",
      .also = "allow.new.levels allow_new_levels" },
    { .name = "data",
      .complete = COMPLETE_DATASET,
      .type = OPTION_WORD,
      .offset = offsetof(struct predict_call, data),
      .word = "NAME",
      .help = "the rows of this data set, not those of the fit",
      .also = "newdata new_data" },
    { .name = "at",
      .complete = COMPLETE_VARIABLE,
      .type = OPTION_WORD,
      .offset = offsetof(struct predict_call, at),
      .word = "\"X=VALUES, ...\"",
      .help = "combinations of values: at=\"Days=0:9, Subject=308, 309\"" },
    { .name = "head",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct predict_call, head),
      .min = 1,
      .max = 1e9,
      .word = "N",
      .help = "show so many rows" },
    { .name = "all", .type = OPTION_FLAG, .offset = offsetof(struct predict_call, all), .help = "show all rows" },
    { 0 },
};

static const struct example examples[] = {
    { "load cbpp; fit cbind(incidence, size - incidence) ~ factor(period) + (1 | herd), family=binomial; predict, "
      "at=\"period=1:4\" re=population",
      "risks in the population of herds, period by period" },
    { "load sleepstudy; fit Reaction ~ Days + (Days | Subject); predict, at=\"Days=0, 5, 9, Subject=308\" re=conditional",
      "one subject's line" },
    { "load sleepstudy; fit m1 = Reaction ~ Days + (Days | Subject); predict m1, head=5",
      "the rows of the fit, as `fitted`, with intervals" },
    { 0 },
};

static const enum complete completes[] = { COMPLETE_FITTED_MODEL, COMPLETE_NOTHING };

/* --- which rows --------------------------------------------------------------------------------------- */

static const struct frame *named_data(struct session *session, const struct call *call, const char *name, struct glmm_error *err)
{
    const struct frame *frame = session_find_data(session, name);
    struct suggest suggest;

    if (frame != NULL)
        return frame;
    fail(err, GLMM_E_NAME, call->option_at[OPTION_DATA], "no data set `%.60s`", name);
    suggest_init(&suggest, name);
    for (struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next)
        suggest_offer(&suggest, dataset->frame->name);
    suggest_hint(&suggest, err);
    return NULL;
}

/* --- what is shown ------------------------------------------------------------------------------------ */

static const char *scale_of(const struct fit *fit, int type)
{
    bool link_scale = type == TYPE_LINK;

    if (type == TYPE_ZERO)
        return family_is_hurdle(fit->family) ? "P(zero)" : "P(extra zero)";
    if (type == TYPE_DISPERSION)
        return fit->family->dispersion_name;
    if (type == TYPE_CONDITIONAL && fit->family->inflated != NULL)
        return family_is_hurdle(fit->family) ? "mean beyond 0" : "mean of counts";
    if (fit->link->kind == LINK_IDENTITY)
        return fit->design->response;
    if (link_scale)
        return fit->link->scale;
    if (fit->family->categories > 0)
        return "probability";
    return fit->family->response == RESPONSE_BINOMIAL ? "probability" : "mean";
}

static void grid_columns(struct table *table, const struct at_grid *grid)
{
    for (int k = 0; k < grid->at.count; k++) {
        const char *name = grid->at.variables[k].name;
        size_t column = table_column(table, name, name, grid->numeric[k] ? CELL_REAL : CELL_TEXT);

        table_flags(table, column, COLUMN_NAME);
        if (grid->numeric[k])
            table_digits(table, column, 12);
    }
}

static void grid_cells(struct table *table, size_t row, size_t first, const struct at_grid *grid, size_t i)
{
    char buffer[40];

    for (int k = 0; k < grid->at.count; k++) {
        const struct column *column = frame_find(grid->frame, grid->at.variables[k].name);

        const char *text = column_text(column, i, buffer);
        double number = column_real(column, i);

        if (column->type == COLUMN_FACTOR && grid->numeric[k])
            parse_number(text, strlen(text), &number);
        if (grid->numeric[k])
            table_real(table, row, first + (size_t)k, number);
        else
            table_text(table, row, first + (size_t)k, text);
    }
}

/* Error and interval of the i-th prediction, where it has any. */
static void error_cells(struct table *table, size_t row, size_t se, size_t interval, const struct prediction *p, size_t i)
{
    table_real_known(table, row, se, p->se[i]);
    table_pair_known(table, row, interval, p->lower[i], p->upper[i]);
}

static bool is_by_category(const struct fit *fit, const struct predict_call *given)
{
    return fit->family->categories > 0 && (given->type == TYPE_RESPONSE || given->type == TYPE_CLASS);
}

/* How estimates, errors and intervals come about. */
static void say_derivations(struct table *table, const struct fit *fit, const struct predict_call *given,
                            const struct at_grid *grid, const size_t column[])
{
    bool zeros = fit_part_of(fit, PART_ZERO) != NULL && given->type == TYPE_RESPONSE;
    unsigned scale = is_by_category(fit, given) || given->type == TYPE_ZERO ? DERIVED_ON_LOGIT
                     : zeros || given->type == TYPE_DISPERSION              ? DERIVED_ON_LOG
                     : fit->link->valid != NULL                             ? 0
                                                                            : DERIVED_ON_LINK;

    column_derives(table, column[0], DERIVED_PREDICTION, grid == NULL && given->data == NULL ? DERIVED_OF_DATA : 0);
    column_derives(table, column[1], DERIVED_PREDICTION_SE, 0);
    column_derives(table, column[2], DERIVED_PREDICTION_INTERVAL, given->type == TYPE_LINK ? 0 : scale);
}

/* Whether some rows are by t, linear functions of the fixed effects of a linear model; or, not `t`, some by z. */
static bool any_is_by(const struct prediction *p, bool t)
{
    for (size_t i = 0; i < p->n; i++)
        if (isfinite(p->df[i]) == t && isfinite(p->se[i]))
            return true;
    return false;
}

static size_t interval_column(struct table *table, const struct session *session, const struct linear *linear,
                              const struct prediction *p, struct arena *arena)
{
    bool t = linear->fit->imputed != NULL || any_is_by(p, true);

    return table_interval(table, "lower", "upper",
                          interval_heading_by(arena, session->settings.level, t ? linear->ddf : LINEAR_NORMAL));
}

static void rows_table(struct result *result, const struct session *session, const struct linear *linear,
                       const struct prediction *p, const struct predict_call *given, const struct at_grid *grid)
{
    const struct fit *fit = linear->fit;
    struct table *table = result_table(result, "rows", NULL);
    size_t row_at = table_column(table, "row", "row", CELL_INTEGER), estimate, se, interval, df = 0, row;
    int decimals = fitting_decimals_or_own(p->estimate, p->se, p->n, session->settings.digits);

    if (grid != NULL) {
        table_flags(table, row_at, COLUMN_NOT_TEXT);
        grid_columns(table, grid);
    }
    estimate = table_column(table, "estimate", scale_of(fit, given->type), CELL_REAL);
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    interval = interval_column(table, session, linear, p, result->arena);
    if (any_is_by(p, true)) { /* in JSON and CSV */
        df = table_column(table, "df", NULL, CELL_REAL);
        table_flags(table, df, COLUMN_NOT_TEXT);
    }
    say_derivations(table, fit, given, grid, (const size_t[]){ estimate, se, interval });
    table_estimate_decimals(table, (struct estimate_columns){ estimate, se, interval }, decimals);
    for (size_t i = 0; i < p->n; i++) {
        row = table_row(table);
        table_integer(table, row, row_at, (long long)p->row[i] + 1);
        if (grid != NULL)
            grid_cells(table, row, row_at + 1, grid, p->row[i]);
        if (p->estimable != NULL && !p->estimable[i]) {
            table_none(table, row, estimate);
            table_none(table, row, se);
            table_none(table, row, interval);
            continue;
        }
        table_real_known(table, row, estimate, p->estimate[i]);
        error_cells(table, row, se, interval, p, i);
        if (df > 0 && isfinite(p->df[i]) && isfinite(p->se[i]))
            table_real(table, row, df, p->df[i]);
    }
    if (!given->all)
        table_show_rows(table, (size_t)given->head);
}

/* Of an ordered response: a row for each of its categories, or for the likeliest. */
static void category_rows(struct result *result, const struct session *session, const struct linear *linear,
                          struct prediction *const p[], const struct predict_call *given, const struct at_grid *grid)
{
    const struct fit *fit = linear->fit;
    struct table *table = result_table(result, "rows", NULL);
    int categories = fit->family->categories;
    bool class = given->type == TYPE_CLASS;
    size_t row_at = table_column(table, "row", "row", CELL_INTEGER), category, estimate, se, interval;

    if (grid != NULL) {
        table_flags(table, row_at, COLUMN_NOT_TEXT);
        grid_columns(table, grid);
    }
    category = table_column(table, "category", class ? "likeliest" : fit->design->response, CELL_TEXT);
    estimate = table_column(table, "estimate", "probability", CELL_REAL);
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    interval = interval_column(table, session, linear, p[0], result->arena);
    say_derivations(table, fit, given, grid, (const size_t[]){ estimate, se, interval });
    table_decimals(table, estimate, session->settings.digits);
    table_decimals(table, se, session->settings.digits);
    table_decimals(table, interval, session->settings.digits);
    for (size_t i = 0; i < p[0]->n; i++) {
        int most = 0;

        for (int k = 1; k < categories; k++) {
            assert(p[k] != NULL); /* one each */
            most = p[k]->estimate[i] > p[most]->estimate[i] ? k : most;
        }
        for (int k = class ? most : 0; k < (class ? most + 1 : categories); k++) {
            size_t row = table_row(table);
            bool known = (p[k]->estimable == NULL || p[k]->estimable[i]) && !isnan(p[k]->estimate[i]);

            table_integer(table, row, row_at, (long long)p[k]->row[i] + 1);
            if (grid != NULL)
                grid_cells(table, row, row_at + 1, grid, p[k]->row[i]);
            table_text(table, row, category, known || !class ? fit->family->category_names[k] : NULL);
            if (!known) {
                table_none(table, row, estimate);
                table_none(table, row, se);
                table_none(table, row, interval);
                continue;
            }
            table_real_known(table, row, estimate, p[k]->estimate[i]);
            error_cells(table, row, se, interval, p[k], i);
        }
    }
    if (!given->all)
        table_show_rows(table, (size_t)given->head * (class ? 1 : (size_t)categories));
}

/* Of a grid: what it says of groups and of the other variables. */
static void grid_notes(struct result *result, const struct predict_call *given, const struct at_grid *grid)
{
    if (given->groups == PREDICT_CONDITIONAL && grid->unnamed[0] != '\0')
        result_line(result, LINE_NOTE, "%s at its mean (random effects 0): at= names no level of it", grid->unnamed);
    if (grid->held[0] != '\0')
        result_line(result, LINE_NOTE, "held: %s", grid->held);
}

/* A logarithm that the user may take for the variable itself. */
static void log_note(struct result *result, const struct model *model, const struct predict_call *given)
{
    if (ratio_log_base(model) > 0 && given->type != TYPE_DISPERSION)
        result_line(result, LINE_NOTE, "of %s: %s to the power of it is a geometric mean of %s", model->design->response,
                    ratio_base_name(model), ratio_mean_of(model, result->arena));
}

static bool part_has_effects(const struct design *design, int part)
{
    return design->part[part] != NULL && design->part[part]->random_count > 0;
}

static void notes(struct result *result, const struct model *model, const struct prediction *p, const struct predict_call *given)
{
    const struct fit *fit = model->fit->imputed != NULL ? imputed_first(model->fit->imputed) : model->fit;
    bool random = given->type == TYPE_ZERO         ? part_has_effects(fit->design, DESIGN_ZERO)
                  : given->type == TYPE_DISPERSION ? part_has_effects(fit->design, DESIGN_DISPERSION)
                                                   : design_term_count(fit->design) > 0;

    caution_notes(result, fit);
    for (size_t i = 0; i < p->n; i++)
        if (isnan(p->estimate[i]) || isnan(p->se[i])) {
            escape_note(result, fit);
            break;
        }
    for (size_t i = 0; i < p->n; i++)
        if (isnan(p->estimate[i]) && fit_runs_with_dispersion(fit)) {
            runs_note(result, fit);
            break;
        }
    for (size_t i = 0; i < p->n; i++)
        if (isinf(p->estimate[i]) && isnan(p->se[i]) && given->type == TYPE_DISPERSION) {
            result_line(result, LINE_NOTE,
                        "\xe2\x80\x93: Inf is its limit, where the family is another one (help families), and has no error");
            break;
        }
    success_note(result, fit->design);
    if (given->data != NULL)
        result_line(result, LINE_NOTE, "rows of %s", given->data);
    if (p->dropped_rows > 0)
        result_line(result, LINE_NOTE, "%zu row%s without a prediction: a value is missing", p->dropped_rows,
                    p->dropped_rows == 1 ? "" : "s");
    if (p->related_rows > 0)
        result_line(result, LINE_NOTE, "%zu row%s of levels that the model has not seen: by their relatives in K",
                    p->related_rows, p->related_rows == 1 ? "" : "s");
    if (p->new_rows > 0)
        result_line(
            result, LINE_NOTE, "%zu row%s of levels that the model has not seen: %s", p->new_rows, p->new_rows == 1 ? "" : "s",
            given->new_levels == PREDICT_NEW_TYPICAL ? "their random effects are taken for 0" : "averaged over the population");
    if (given->groups == PREDICT_POPULATION && random)
        result_line(result, LINE_NOTE, "population: %s",
                    given->type == TYPE_LINK         ? "the mean of the response over the random effects, and the link of it"
                    : given->type == TYPE_ZERO       ? "the mean over the random effects of zi="
                    : given->type == TYPE_DISPERSION ? "the mean over the random effects of disp="
                                                     : "the mean of the response over the random effects");
    if (p->why_not != NULL)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not estimable: %s", p->why_not);
    if (given->type == TYPE_ZERO || given->type == TYPE_DISPERSION)
        return;
    if (fit->family->inflated != NULL && given->type == TYPE_RESPONSE)
        result_line(result, LINE_NOTE, "the mean of the response: (1 - P(%szero)) times that of the %s",
                    family_is_hurdle(fit->family) ? "" : "extra ", family_is_hurdle(fit->family) ? "rest" : "counts");
    result_line(result, LINE_NOTE, "the error is that of the mean%s",
                !random || given->groups == PREDICT_TYPICAL ? ": from the fixed effects"
                : given->groups == PREDICT_POPULATION
                    ? (fit->joint_count > 0 && fit->link->kind != LINK_IDENTITY
                           ? ": from the fixed effects and the covariance parameters"
                           : ": from the fixed effects")
                    : ": from the fixed effects and the conditional modes, the variances held at their estimates");
    if (any_is_by(p, true) && any_is_by(p, false) && model->fit->imputed == NULL)
        result_line(result, LINE_NOTE, "intervals of rows with effects of their groups are by z");
    pooled_note(result, model->fit);
}

/* `all`: a prediction, or for an ordered response one for each category. */
static struct result *predict_result(const struct session *session, const struct model *model, const struct linear *linear,
                                     struct prediction *const all[], const struct predict_call *given, const struct at_grid *grid)
{
    const struct prediction *p = all[0];
    static const char *const of[] = { "conditional on the groups", "a typical group (random effects 0)",
                                      "the population of groups" };
    const struct fit *fit = model->fit;
    struct result *result = result_new("predict");

    if (result == NULL)
        return NULL;
    result_string(result, "model", model->name);
    result_string(result, "type", types[given->type]);
    result_string(result, "re", fit->design->random_count == 0 ? NULL : groups[given->groups]);
    result_real(result, "level", session->settings.level);
    if (fit->design->random_count == 0)
        result_line(result, LINE_TITLE, "%s   predictions (%s)", model->name, scale_of(fit, given->type));
    else
        result_line(result, LINE_TITLE, "%s   predictions (%s): %s", model->name, scale_of(fit, given->type), of[given->groups]);
    if (grid != NULL)
        grid_notes(result, given, grid);
    notes(result, model, p, given);
    log_note(result, model, given);
    for (size_t i = 0; i < p->n; i++)
        if (fit->identity != NULL && isnan(p->se[i])) {
            result_line(result, LINE_NOTE, "\xe2\x80\x93: not determined by these data (help identified)");
            break;
        }
    if (is_by_category(fit, given))
        category_rows(result, session, linear, all, given, grid);
    else
        rows_table(result, session, linear, p, given, grid);
    return result;
}

/* --- the command -------------------------------------------------------------------------------------- */

/* What is wrong with other rows stands in the model's formula: the place in this line is the option. */
static void place_at(struct glmm_error *err, struct glmm_span at)
{
    if (err != NULL && err->code != GLMM_E_MEMORY && err->code != GLMM_E_INTERRUPT)
        err->at = at;
}

/* Of imputed data: other rows, without the modes of one imputation's groups. */
static bool check_pooled(const struct call *call, const struct model *model, const struct predict_call *given,
                         struct glmm_error *err)
{
    if (model->fit->imputed == NULL)
        return true;
    if (given->data == NULL && given->at == NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE, "each imputation has rows of its own: at= or data= says for which rows to predict");
        return false;
    }
    if (given->groups != PREDICT_CONDITIONAL || design_term_count(model->design) == 0)
        return true;
    fail(err, GLMM_E_MODEL, call->option_at[OPTION_GROUPS], "conditional modes belong to one imputation, and are not pooled");
    error_hint(err, "re=typical or re=population");
    return false;
}

/* What is asked for hangs on a level of at= that the model has not: says so of at=, and which name is near. */
static void say_new_level(const struct model *model, const struct at *at, struct glmm_span place, struct arena *arena,
                          struct glmm_error *err)
{
    struct glmm_error said = { 0 };
    struct at_grid grid;

    if (!at_grid_make(model, at, place, false, arena, &grid, &said))
        *err = said;
    at_grid_clear(&grid);
}

static enum predict_what what_of(int type)
{
    return type == TYPE_CONDITIONAL  ? PREDICT_FAMILY
           : type == TYPE_ZERO       ? PREDICT_ZERO
           : type == TYPE_DISPERSION ? PREDICT_DISPERSION
                                     : PREDICT_RESPONSE;
}

static bool predict(struct session *session, const struct call *call, const struct model *model, struct glmm_error *err)
{
    struct predict_call given = *(const struct predict_call *)call->options;
    struct at asked;
    struct at_grid grid = { .frame = NULL };
    struct glmm_span at = call->option_at[OPTION_AT];
    struct predict_options engine = { .new_levels = (enum predict_new)given.new_levels, .level = session->settings.level };
    const struct frame *frame = NULL;
    struct prediction *predictions[MOST_CATEGORIES] = { NULL };
    int count = is_by_category(model->fit, &given) ? model->fit->family->categories : 1;
    struct linear linear;
    bool ok;

    if (given.type == TYPE_CLASS && model->fit->family->categories == 0)
        return fail(err, GLMM_E_USAGE, call->option_at[OPTION_TYPE], "type=class is of an ordered response (family=cumulative)");
    if (given.data != NULL && given.at != NULL)
        return fail(err, GLMM_E_USAGE, at, "data= and at= both say for which rows");
    if (given.data != NULL && (frame = named_data(session, call, given.data, err)) == NULL)
        return false;
    if (given.at != NULL
        && (!at_parse(call->arena, given.at, at, &asked, err)
            || !at_grid_make(model, &asked, at, true, call->arena, &grid, err))) {
        place_at(err, at);
        at_grid_clear(&grid);
        return false;
    }
    if (given.at != NULL) {
        frame = grid.frame;
        engine.left_out = grid.left_out;
        if (call->option_at[OPTION_GROUPS].begin < 0 && grid.named == 0)
            given.groups = PREDICT_TYPICAL;
    }
    if (!check_pooled(call, model, &given, err)) {
        at_grid_clear(&grid);
        return false;
    }
    engine.link_scale = given.type == TYPE_LINK;
    engine.what = what_of(given.type);
    engine.groups = (enum predict_groups)given.groups;
    progress_name(session, "predict", NULL);
    ok = session_linear(session, model, &linear, err);
    engine.linear = &linear;
    for (int k = 0; ok && k < count; k++) {
        engine.category = count > 1 ? k + 1 : 0;
        predictions[k] = model->fit->imputed != NULL
                             ? pool_predict(model->fit, frame, &engine, &session->progress, err)
                             : predict_new(model->fit, model->formula, frame, &engine, &session->progress, err);
        ok = predictions[k] != NULL;
    }
    if (!ok && given.at != NULL && err->code == GLMM_E_DATA && given.new_levels == PREDICT_NEW_ERROR)
        say_new_level(model, &asked, at, call->arena, err);
    if (!ok)
        place_at(err, given.at != NULL ? at : given.data != NULL ? call->option_at[OPTION_DATA] : NOWHERE);
    ok = ok && emit(session, predict_result(session, model, &linear, predictions, &given, given.at != NULL ? &grid : NULL), err);
    for (int k = 0; k < count; k++)
        prediction_free(predictions[k]);
    at_grid_clear(&grid);
    linear_clear(&linear);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct model *model = call_only_fit(session, call, err);

    return model != NULL && predict(session, call, model, err);
}

const struct command command_predict = {
    .name = "predict",
    .usage = "predict [MODEL]",
    .brief = "predict means, for a group or for the population",
    .help = "Shows what the model expects of each row, with a standard error and an interval of that mean (not of a single "
            "observation). The rows are those of the fit; with data= those of another data set, in which each variable means "
            "what it meant in the model's data (levels, contrasts, polynomials, scale()); with at= all combinations of the "
            "values given, the others held at their mean or reference.\n"
            "\n"
            "re=conditional adds the conditional modes of the row's own groups, so that for the rows of the fit the predictions "
            "are its fitted values. re=typical sets the random effects to 0. re=population is the mean of the response over all "
            "groups, by integration: under a curved link it differs from the typical group. A grid is conditional on the groups "
            "that it names, the others at their mean (effects 0); naming "
            "none, it is about a typical group. A dash: not estimable.\n"
            "\n"
            "With zi= type=conditional is the mean without the zeros that it adds, type=zero their probability. A row of an "
            "ordered response (family=cumulative) has the probability of each category, type=class the likeliest alone.\n"
            "\n"
            "Intervals are made on the scale of the link (truncated_nbinom: log(mean - 1)). Those of a typical group or of the "
            "population in a linear model are by the t of `set ddf`; others by z. Conditional ones hold the variances fixed.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct predict_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG | COMMAND_POOLS,
    .run = run,
};
