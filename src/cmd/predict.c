/* predict.c -- predictions for the rows of the fit, for another data set, or for a grid of values. */
#include "cmd/modelling.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "infer/predict.h"
#include "lang/suggest.h"
#include "model/family.h"
#include "term/progress.h"

enum { ROWS_SHOWN = 20, GRID_ROWS_MOST = 1000000 };

struct predict_call {
    int type, groups, new_levels, head;
    const char *data, *at;
    bool all;
};

static const char *const types[] = { "response", "link", NULL };
static const char *const groups[] = { "conditional", "typical", "population", NULL };
static const char *const new_levels[] = { "error", "typical", "population", NULL };
static const struct predict_call defaults = { .head = ROWS_SHOWN };

enum { OPTION_GROUPS = 1, OPTION_NEW, OPTION_DATA, OPTION_AT }; /* places in the table below */

static const struct option options[] = {
    { .name = "type",
      .type = OPTION_ENUM,
      .offset = offsetof(struct predict_call, type),
      .choices = types,
      .word = "SCALE",
      .help = "the response, or link: the scale of the linear predictor" },
    { .name = "re",
      .type = OPTION_ENUM,
      .offset = offsetof(struct predict_call, groups),
      .choices = groups,
      .word = "GROUPS",
      .help = "conditional on the row's groups, a typical group (effects 0), or the mean of the population" },
    { .name = "new",
      .type = OPTION_ENUM,
      .offset = offsetof(struct predict_call, new_levels),
      .choices = new_levels,
      .word = "POLICY",
      .help = "levels that the model has not seen: an error, typical or population" },
    { .name = "data",
      .type = OPTION_WORD,
      .offset = offsetof(struct predict_call, data),
      .word = "NAME",
      .help = "the rows of this data set, not those of the fit" },
    { .name = "at",
      .type = OPTION_WORD,
      .offset = offsetof(struct predict_call, at),
      .word = "\"X=VALUES, ...\"",
      .help = "all combinations of these values: at=\"Days=0:9, Subject=308, 309\"" },
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

/* --- a grid of values --------------------------------------------------------------------------------- */

/* at -> NAME '=' value { ',' value } { ',' NAME '=' value { ',' value } }
 * value -> TEXT | NUMBER ':' NUMBER          whole steps */
struct grid_variable {
    const char *name;
    const char **values; /* texts */
    size_t count, capacity;
    bool numeric;
};

struct grid {
    struct arena *arena;
    struct grid_variable variables[32];
    int count;
    struct glmm_span at;
    struct glmm_error *err;
};

static bool grid_add(struct grid *grid, const char *text)
{
    struct grid_variable *v = &grid->variables[grid->count - 1];
    const char **wider;
    double number;

    if (v->count == v->capacity) {
        wider = arena_alloc(grid->arena, v->capacity * 2 + 16, sizeof *wider);
        if (wider == NULL)
            return fail_memory(grid->err);
        if (v->count > 0)
            memcpy(wider, v->values, v->count * sizeof *wider);
        v->values = wider;
        v->capacity = v->capacity * 2 + 16;
    }
    v->numeric = (v->count == 0 || v->numeric) && parse_number(text, strlen(text), &number);
    v->values[v->count++] = text;
    return true;
}

/* `0:9`, or one value. */
static bool grid_values(struct grid *grid, const char *text)
{
    const char *colon = strchr(text, ':'), *copy;
    double first, last, step;
    char buffer[40];

    if (colon == NULL || !parse_number(text, (size_t)(colon - text), &first)
        || !parse_number(colon + 1, strlen(colon + 1), &last))
        return grid_add(grid, text);
    if (!(fabs(last - first) <= GRID_ROWS_MOST))
        return fail(grid->err, GLMM_E_LIMIT, grid->at, "`%.60s` has more than %d values", text, GRID_ROWS_MOST);
    step = last < first ? -1 : 1;
    for (int i = 0; i <= (int)floor(fabs(last - first) + 1e-9); i++) {
        copy = arena_strdup(grid->arena, number_as_r(first + i * step, buffer));
        if (copy == NULL)
            return fail_memory(grid->err);
        if (!grid_add(grid, copy))
            return false;
    }
    return true;
}

/* The text from `begin` to `end` without blanks around it and without backquotes. */
static const char *trimmed(struct grid *grid, const char *begin, const char *end)
{
    while (begin < end && (isspace((unsigned char)*begin) || *begin == '`'))
        begin++;
    while (end > begin && (isspace((unsigned char)end[-1]) || end[-1] == '`'))
        end--;
    return arena_strndup(grid->arena, begin, (size_t)(end - begin));
}

static bool grid_parse(struct grid *grid, const char *text)
{
    const char *end, *equals, *value, *name;

    for (;; text = end + 1) {
        end = text + strcspn(text, ",");
        equals = memchr(text, '=', (size_t)(end - text));
        if (equals != NULL) {
            if (grid->count == 32)
                return fail(grid->err, GLMM_E_LIMIT, grid->at, "at= takes at most 32 variables");
            if ((name = trimmed(grid, text, equals)) == NULL)
                return fail_memory(grid->err);
            grid->variables[grid->count++] = (struct grid_variable){ .name = name };
            text = equals + 1;
        }
        if ((value = trimmed(grid, text, end)) == NULL)
            return fail_memory(grid->err);
        if (grid->count == 0 || value[0] == '\0' || grid->variables[grid->count - 1].name[0] == '\0') {
            fail(grid->err, GLMM_E_SYNTAX, grid->at, "at= takes variables with their values");
            error_hint(grid->err, "at=\"Days=0:9, Subject=308, 309\"");
            return false;
        }
        if (!grid_values(grid, value))
            return false;
        if (*end == '\0')
            return true;
    }
}

/* A factor column whose levels are the distinct values. */
static bool fill_factor(struct column *column, const struct grid_variable *v, size_t rows, size_t inner, struct glmm_error *err)
{
    size_t known;

    column->levels = NEW_ARRAY(char *, v->count);
    if (column->levels == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < v->count; i++) {
        for (known = 0; known < (size_t)column->level_count && strcmp(column->levels[known], v->values[i]) != 0;)
            known++;
        if (known == (size_t)column->level_count && (column->levels[column->level_count++] = mem_strdup(v->values[i])) == NULL)
            return fail_memory(err);
        for (size_t row = i * inner; row < rows; row += inner * v->count)
            for (size_t j = 0; j < inner; j++)
                column->as.code[row + j] = (int32_t)known;
    }
    return true;
}

static void fill_numbers(struct column *column, const struct grid_variable *v, size_t rows, size_t inner)
{
    double x = 0;

    for (size_t i = 0; i < v->count; i++) {
        parse_number(v->values[i], strlen(v->values[i]), &x);
        for (size_t row = i * inner; row < rows; row += inner * v->count)
            for (size_t j = 0; j < inner; j++)
                column->as.real[row + j] = x;
    }
}

/* All combinations, the last variable fastest.  Returns new. */
static struct frame *grid_frame(struct grid *grid)
{
    size_t rows = 1, inner;
    struct frame *frame;
    struct column *column;

    for (int i = 0; i < grid->count; i++) {
        rows *= grid->variables[i].count;
        if (rows > GRID_ROWS_MOST) {
            fail(grid->err, GLMM_E_LIMIT, grid->at, "the grid has more than %d rows", GRID_ROWS_MOST);
            return NULL;
        }
    }
    if ((frame = frame_new("the grid of at=", rows)) == NULL) {
        fail_memory(grid->err);
        return NULL;
    }
    inner = rows;
    for (int i = 0; i < grid->count; i++) {
        const struct grid_variable *v = &grid->variables[i];

        inner /= v->count; /* NOLINT(clang-analyzer-core.DivideZero): a variable has a value at least */
        column = frame_add(frame, v->name, v->numeric ? COLUMN_REAL : COLUMN_FACTOR, grid->err);
        if (column != NULL && v->numeric)
            fill_numbers(column, v, rows, inner);
        if (column == NULL || (!v->numeric && !fill_factor(column, v, rows, inner, grid->err))) {
            frame_free(frame);
            return NULL;
        }
    }
    return frame;
}

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

/* A grid that names no grouping factor is about a typical group where nothing else is said. */
static bool names_groups(const struct model *model, const struct frame *frame)
{
    for (int t = 0; t < model->formula->random_count; t++)
        for (int j = 0; j < model->formula->random[t].group_order; j++) {
            const struct expr *group = model->formula->random[t].group[j];

            if (group->kind == EXPR_NAME && frame_find(frame, group->text) == NULL)
                return false;
        }
    return true;
}

/* --- what is shown ------------------------------------------------------------------------------------ */

static const char *scale_of(const struct fit *fit, bool link_scale)
{
    if (fit->link == NULL || strcmp(fit->link->name, "identity") == 0)
        return fit->design->response;
    if (link_scale)
        return fit->link->scale;
    return fit->family->response == RESPONSE_BINOMIAL ? "probability" : "mean";
}

static void grid_columns(struct table *table, const struct frame *frame)
{
    for (size_t c = 0; c < frame->column_count; c++) {
        size_t column = table_column(table, frame->columns[c].name, frame->columns[c].name,
                                     frame->columns[c].type == COLUMN_FACTOR ? CELL_TEXT : CELL_REAL);

        if (frame->columns[c].type != COLUMN_FACTOR)
            table_digits(table, column, 12);
    }
}

static void rows_table(struct result *result, const struct session *session, const struct fit *fit, const struct prediction *p,
                       const struct predict_call *given, const struct frame *grid)
{
    struct table *table = result_table(result, "rows", NULL);
    size_t row_at = table_column(table, "row", "row", CELL_INTEGER), estimate, se, interval, row, grid_at = row_at + 1;
    int decimals = fitting_decimals(p->estimate, p->se, p->n, session->settings.digits);

    if (grid != NULL) {
        table_flags(table, row_at, COLUMN_NOT_TEXT);
        grid_columns(table, grid);
    }
    estimate = table_column(table, "estimate", scale_of(fit, given->type == 1), CELL_REAL);
    se = table_column(table, "se", "Std.Err.", CELL_REAL);
    interval =
        table_interval(table, "lower", "upper", arena_printf(result->arena, "%g%% interval (z)", 100 * session->settings.level));
    table_decimals(table, estimate, decimals);
    table_decimals(table, se, decimals);
    table_decimals(table, interval, decimals);
    for (size_t i = 0; i < p->n; i++) {
        char buffer[40];

        row = table_row(table);
        table_integer(table, row, row_at, (long long)p->row[i] + 1);
        for (size_t c = 0; grid != NULL && c < grid->column_count; c++)
            if (grid->columns[c].type == COLUMN_FACTOR)
                table_text(table, row, grid_at + c, column_text(&grid->columns[c], p->row[i], buffer));
            else
                table_real(table, row, grid_at + c, column_real(&grid->columns[c], p->row[i]));
        table_real_unless_nan(table, row, estimate, p->estimate[i]);
        if (isfinite(p->se[i])) {
            table_real_unless_nan(table, row, se, p->se[i]);
            table_pair_unless_nan(table, row, interval, p->lower[i], p->upper[i]);
        }
    }
    if (table != NULL && !given->all)
        table->show_rows = (size_t)given->head;
}

static void notes(struct result *result, const struct model *model, const struct prediction *p, const struct predict_call *given)
{
    const struct fit *fit = model->fit;
    bool random = fit->design->random_count > 0;

    separation_note(result, fit);
    if (given->data != NULL)
        result_line(result, LINE_NOTE, "rows of %s", given->data);
    if (p->dropped_rows > 0)
        result_line(result, LINE_NOTE, "%zu row%s without a prediction: a value is missing", p->dropped_rows,
                    p->dropped_rows == 1 ? "" : "s");
    if (p->new_rows > 0)
        result_line(
            result, LINE_NOTE, "%zu row%s of levels that the model has not seen: %s", p->new_rows, p->new_rows == 1 ? "" : "s",
            given->new_levels == PREDICT_NEW_TYPICAL ? "their random effects are taken for 0" : "averaged over the population");
    if (given->groups == PREDICT_POPULATION && random)
        result_line(result, LINE_NOTE, "population: the mean of the response over the random effects%s",
                    given->type == 1 ? ", and the link of it" : "");
    result_line(result, LINE_NOTE, "the error is that of the mean%s",
                !random || given->groups == PREDICT_TYPICAL ? ": from the fixed effects"
                : given->groups == PREDICT_POPULATION
                    ? (fit->joint_count > 0 && !(fit->link != NULL && strcmp(fit->link->name, "identity") == 0)
                           ? ": from the fixed effects and the covariance parameters"
                           : ": from the fixed effects")
                    : ": from the fixed effects and the conditional modes, the variances held at their estimates");
}

static struct result *predict_result(const struct session *session, const struct model *model, const struct prediction *p,
                                     const struct predict_call *given, const struct frame *grid)
{
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
        result_line(result, LINE_TITLE, "%s   predictions (%s)", model->name, scale_of(fit, given->type == 1));
    else
        result_line(result, LINE_TITLE, "%s   predictions (%s): %s", model->name, scale_of(fit, given->type == 1),
                    of[given->groups]);
    notes(result, model, p, given);
    rows_table(result, session, fit, p, given, grid);
    return result;
}

/* --- the command -------------------------------------------------------------------------------------- */

/* What is wrong with other rows stands in the model's formula: the place in this line is the option. */
static void place_at(struct glmm_error *err, struct glmm_span at)
{
    if (err != NULL && err->code != GLMM_E_MEMORY && err->code != GLMM_E_INTERRUPT)
        err->at = at;
}

static bool predict(struct session *session, const struct call *call, const struct model *model, struct glmm_error *err)
{
    struct predict_call given = *(const struct predict_call *)call->options;
    struct grid grid = { .arena = call->arena, .at = call->option_at[OPTION_AT], .err = err };
    struct predict_options engine = { .new_levels = (enum predict_new)given.new_levels, .level = session->settings.level };
    const struct frame *frame = NULL;
    struct frame *made = NULL;
    struct prediction *prediction;
    bool ok;

    if (given.data != NULL && given.at != NULL)
        return fail(err, GLMM_E_USAGE, grid.at, "data= and at= both say for which rows");
    if (given.data != NULL && (frame = named_data(session, call, given.data, err)) == NULL)
        return false;
    if (given.at != NULL && (!grid_parse(&grid, given.at) || (frame = made = grid_frame(&grid)) == NULL)) {
        place_at(err, grid.at);
        return false;
    }
    if (made != NULL && call->option_at[OPTION_GROUPS].begin < 0 && !names_groups(model, made))
        given.groups = PREDICT_TYPICAL;
    engine.link_scale = given.type == 1;
    engine.groups = (enum predict_groups)given.groups;
    progress_name(session, "predict", NULL);
    prediction = predict_new(model->fit, model->formula, frame, &engine, &session->progress, err);
    if (prediction == NULL)
        place_at(err, given.at != NULL ? grid.at : given.data != NULL ? call->option_at[OPTION_DATA] : NOWHERE);
    ok = prediction != NULL && emit(session, predict_result(session, model, prediction, &given, made), err);
    prediction_free(prediction);
    frame_free(made);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct word *word = call->word_count > 0 ? &call->words[0] : NULL;
    struct model *model;

    if (!no_more_words(call, 1, err))
        return false;
    model = session_need_fit(session, word == NULL ? NULL : word->text, word == NULL ? NOWHERE : word->at, err);
    return model != NULL && predict(session, call, model, err);
}

const struct command command_predict = {
    .name = "predict",
    .usage = "predict [MODEL]",
    .brief = "predict means, for a group or for the population",
    .help = "Shows what the model expects of each row, with a standard error and an interval of that mean (not of a single "
            "observation). The rows are those of "
            "the fit; with data= those of another data set, in which each variable means what it meant in the model's data "
            "(levels, contrasts, "
            "polynomials, scale()); with at= all combinations of the values given.\n\n"
            "re=conditional adds the conditional modes of the row's own groups, so that for the rows of the fit the predictions "
            "are its fitted values. "
            "re=typical sets the random effects to 0. re=population is the mean of the response over all groups, by integration: "
            "with a link that "
            "is not the identity it differs from the typical group, toward the middle for probabilities. A grid that names no "
            "group is about a typical one.\n\n"
            "new= says what to do with groups that the model has not seen: an error, effects of 0, or the mean over the "
            "population.\n\n"
            "Intervals are made on the scale of the link and mapped to the response. The standard error of a conditional "
            "prediction holds the variances at their "
            "estimates.",
    .arguments = ARGUMENT_WORDS,
    .complete = completes,
    .options = options,
    .options_size = sizeof(struct predict_call),
    .defaults = &defaults,
    .examples = examples,
    .flags = COMMAND_LONG,
    .run = run,
};
