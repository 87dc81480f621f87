/* modelling.c -- see modelling.h. */
#include "cmd/modelling.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fit/method.h"
#include "fit/recession.h"
#include "base/suggest.h"
#include "model/family.h"
#include "model/formula.h"
#include "result/number.h"
#include "term/progress.h"

/* --- the statement: [NAME =] FORMULA ------------------------------------------------------------ */

/* Byte at which the formula begins; the name's length in *name_length, 0 where there is none. */
static int formula_begins(const char *text, int *name_length)
{
    int length = 0, at;

    while (length == 0 ? is_name_start(text[0]) || text[0] == '.' : is_name_byte(text[length]))
        length++;
    at = length + (int)strspn(text + length, " \t\n");
    *name_length = 0;
    if (length == 0 || text[at] != '=' || text[at + 1] == '=')
        return 0;
    *name_length = length;
    at++;
    return at + (int)strspn(text + at, " \t\n");
}

/* "`my model` = ..." is a name that a model cannot have. */
static bool check_name(const struct call *call, struct glmm_error *err)
{
    const char *text = call->argument, *end = text[0] == '`' ? strchr(text + 1, '`') : NULL, *next;

    if (end == NULL)
        return true;
    next = end + 1 + strspn(end + 1, " \t\n");
    if (*next != '=' || next[1] == '=')
        return true;
    return fail(err, GLMM_E_USAGE, span_of(call->argument_at.begin, call->argument_at.begin + (int)(end - text) + 1),
                "a model is named by letters, digits, `_` and `.`");
}

bool is_statement(const char *text)
{
    char quote = 0;
    int name;

    if (formula_begins(text, &name) > 0)
        return true;
    for (; *text != '\0'; text++) {
        if (quote != 0)
            quote = *text == quote ? 0 : quote;
        else if (*text == '"' || *text == '`')
            quote = *text;
        else if (strchr("~|()+*", *text) != NULL)
            return true;
    }
    return false;
}

/* Where the value of an option stands. */
static struct glmm_span option_place(const struct call *call, const char *name)
{
    for (int i = 0; call->command->options != NULL && call->command->options[i].name != NULL; i++)
        if (strcmp(call->command->options[i].name, name) == 0)
            return call->option_at[i];
    return NOWHERE;
}

void place_argument(const struct call *call, struct glmm_error *err)
{
    struct glmm_span at = err->argument == NULL ? NOWHERE : option_place(call, err->argument);

    if (at.begin < 0)
        return;
    if (err->at.begin >= 0)
        error_shift(err, at.begin);
    else
        err->at = at;
}

static const struct frame *statement_data(struct session *session, const struct call *call, const struct statement *options,
                                          struct glmm_error *err)
{
    struct suggest suggest;
    const struct frame *frame;

    if (options->data == NULL)
        return session_need_data(session, err);
    if ((frame = session_find_data(session, options->data)) != NULL)
        return frame;
    fail(err, GLMM_E_NAME, option_place(call, "data"), "no data set `%.60s`", options->data);
    suggest_init(&suggest, options->data);
    for (struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next)
        suggest_offer(&suggest, dataset->frame->name);
    suggest_hint(&suggest, err);
    return NULL;
}

/* The model of that statement under that name. */
static struct model *state_as(struct session *session, const char *name, const struct frame *frame, const struct call *call,
                              int begin, struct glmm_error *err)
{
    const struct statement *given = call->options;
    struct spec spec = { .formula = call->argument + begin,
                         .family = given->family,
                         .link = given->link,
                         .weights = given->weights,
                         .trials = given->trials,
                         .offset = given->offset,
                         .contrasts = given->contrasts };
    struct model *model = model_new(name, frame, &spec, &session->progress, err);

    if (model != NULL)
        return model;
    if (error_is_about(err, "formula"))
        error_shift(err, call->argument_at.begin + begin);
    place_argument(call, err);
    return NULL;
}

struct model *model_state(struct session *session, const struct call *call, struct glmm_error *err)
{
    int name_length, begin = formula_begins(call->argument, &name_length);
    const struct frame *frame;
    struct model *model;
    char *name;

    if (call->argument[begin] == '\0') {
        fail(err, GLMM_E_USAGE, call->argument_at, "`%s` needs a formula", call->command->name);
        error_hint(err, "for example: %s Reaction ~ Days + (Days | Subject)", call->command->name);
        return NULL;
    }
    if (!check_name(call, err) || (frame = statement_data(session, call, call->options, err)) == NULL)
        return NULL;
    name = name_length > 0 ? mem_strndup(call->argument, (size_t)name_length) : session_new_model_name(session);
    if (name == NULL) {
        fail_memory(err);
        return NULL;
    }
    model = state_as(session, name, frame, call, begin, err);
    mem_free(name);
    return model;
}

const char *const family_choices[] = { "gaussian", "binomial", "poisson", "Gamma",        "inverse.gaussian",
                                       "nbinom2",  "nbinom1",  "beta",    "betabinomial", NULL };
const char *const link_choices[] = {
    "identity", "log", "logit", "probit", "cloglog", "cauchit", "inverse", "sqrt", "1/mu^2", NULL
};
const char *const contrast_choices[] = { "treatment", "sum", "helmert", "poly", NULL };

/* --- fitting ---------------------------------------------------------------------------------- */

struct fit *model_run_fit(struct session *session, const struct model *model, const struct fit_options *options,
                          struct glmm_error *err)
{
    bool stated = session_find_model(session, model->name) == model;
    char label[80];

    snprintf(label, sizeof label, "fit %.60s", model->name);
    progress_name(session, label, stated ? model->name : NULL);
    return model_fit(model, options, &session->progress, err);
}

/* --- naming ----------------------------------------------------------------------------------- */

/* Completes an error about a name by the nearest of those offered so far and the grouping factors, or by the first of these. */
static void hint_groups(const struct model *model, struct suggest *suggest, struct glmm_error *err)
{
    const struct design *design = model->design;

    for (int t = 0; t < design->random_count; t++)
        if (is_first_of_group(design, t))
            suggest_offer(suggest, design->random[t].group);
    if (!suggest_hint(suggest, err) && design->random_count > 0)
        error_hint(err, "%.60s is grouped by `%.100s`", model->name, design->random[0].group);
}

bool check_group(const struct model *model, struct word *word, struct glmm_error *err)
{
    int t = group_index(model->design, word->text);
    struct suggest suggest;

    if (t >= 0) {
        word->text = model->design->random[t].group;
        return true;
    }
    fail(err, GLMM_E_NAME, word->at, "`%.60s` is no grouping factor of %.60s", word->text, model->name);
    suggest_init(&suggest, word->text);
    hint_groups(model, &suggest, err);
    return false;
}

struct model *call_fitted_model(struct session *session, const struct call *call, int *rest, struct glmm_error *err)
{
    const struct word *first = call->word_count > 0 ? &call->words[0] : NULL;
    struct suggest suggest;
    struct model *model;

    *rest = 0;
    if (first == NULL)
        return session_need_fit(session, NULL, NOWHERE, err);
    if (session_find_model(session, first->text) != NULL) {
        *rest = 1;
        return session_need_fit(session, first->text, first->at, err);
    }
    if (session->models == NULL)
        return session_need_fit(session, first->text, first->at, err);
    if ((model = session->model) != NULL && model->design != NULL && group_index(model->design, first->text) >= 0)
        return session_need_fit(session, NULL, NOWHERE, err);
    fail(err, GLMM_E_NAME, first->at, "`%.60s` is neither a model nor a grouping factor of %.60s", first->text,
         model == NULL ? "the current model" : model->name);
    suggest_init(&suggest, first->text);
    for (struct model *known = session->models; known != NULL; known = known->next)
        suggest_offer(&suggest, known->name);
    if (model != NULL && model->design != NULL)
        hint_groups(model, &suggest, err);
    else
        suggest_hint(&suggest, err);
    return NULL;
}

bool no_more_words(const struct call *call, int used, struct glmm_error *err)
{
    return call->word_count <= used
           || fail(err, GLMM_E_USAGE, call->words[used].at, "`%.60s` is one word too many", call->words[used].text);
}

/* --- showing ---------------------------------------------------------------------------------- */

void head_lines(struct result *result, const struct model *model, const struct fit *fit)
{
    struct item *fields;

    const char *nodes = fit == NULL || fit->nodes <= 1 ? "" : arena_printf(result->arena, ", %d nodes", fit->nodes);

    result_line(result, LINE_TITLE, "%s   %s     %s (%s)%s%s%s", model->name, model->text, model->family->name, model->link->name,
                fit == NULL ? "" : ", ", fit == NULL ? "" : method_name(fit->method), nodes == NULL ? "" : nodes);
    fields = result_fields(result);
    field_integer(result, fields, NULL, "n", (long long)model->design->n);
    for (int t = 0; t < model->design->random_count; t++)
        if (is_first_of_group(model->design, t))
            field_text(result, fields, NULL, arena_printf(result->arena, "%s:", model->design->random[t].group),
                       group_sizes(result->arena, &model->design->random[t]));
    if (fit != NULL)
        field_text(result, fields, NULL, "fit:", verdict_name(fit->optimum.verdict));
    field_text(result, fields, NULL, "data:", model->frame->name);
}

const char *group_sizes(struct arena *arena, const struct random_design *random)
{
    double least = INFINITY, most = 0;

    for (int32_t l = 0; l < random->level_count; l++) {
        least = fmin(least, random->rows_of_level[l]);
        most = fmax(most, random->rows_of_level[l]);
    }
    if (least == most)
        return arena_printf(arena, "%d groups of %.0f", (int)random->level_count, most);
    return arena_printf(arena, "%d groups of %.0f-%.0f", (int)random->level_count, least, most);
}

void identity_values(struct result *result, const struct model *model)
{
    result_string(result, "model", model->name);
    result_string(result, "formula", model->text);
    result_string(result, "family", model->family->name);
    result_string(result, "link", model->link->name);
}

void groups_value(struct result *result, const struct design *design)
{
    struct arena *arena = result->arena;
    struct value *groups = value_array(arena), *group;

    for (int t = 0; t < design->random_count; t++) {
        if (!is_first_of_group(design, t))
            continue;
        group = value_append(groups, value_object(arena));
        value_set(arena, group, "name", value_string(arena, design->random[t].group));
        value_set(arena, group, "levels", value_integer(arena, design->random[t].level_count));
    }
    result_value(result, "groups", groups);
}

const char *join_names(struct arena *arena, const char *const *names, int count, const char *separator)
{
    struct text text = { 0 };
    const char *joined;

    for (int i = 0; i < count; i++) {
        text_add(&text, i > 0 ? separator : "");
        text_add(&text, names[i]);
    }
    joined = text.failed ? NULL : arena_strdup(arena, text_string(&text));
    text_clear(&text);
    return joined;
}

void separation_note(struct result *result, const struct fit *fit)
{
    if (fit->recession != NULL)
        result_line(result, LINE_NOTE, "%s", fit->recession->message);
}

void success_note(struct result *result, const struct design *design)
{
    if (design->success != NULL)
        result_line(result, LINE_NOTE, "success: %s is `%s`", design->response, design->success);
}

void dropped_notes(struct result *result, const struct design *design)
{
    const char *names;
    size_t missing = design->dropped_rows - design->empty_rows;

    if (missing > 0)
        result_line(result, LINE_NOTE, "%zu row%s dropped: a value is missing in a used column", missing,
                    missing == 1 ? "" : "s");
    if (design->empty_rows > 0)
        result_line(result, LINE_NOTE, "%zu row%s dropped: 0 trials, which say nothing", design->empty_rows,
                    design->empty_rows == 1 ? "" : "s");
    if (design->dropped_count == 0)
        return;
    names = join_names(result->arena, design->dropped, design->dropped_count, ", ");
    if (names == NULL)
        result->failed = true;
    else
        result_line(result, LINE_NOTE, "dropped as collinear with the columns before: %s", names);
}

int fitting_decimals(const double *values, const double *errors, size_t count, int digits)
{
    double largest = 0, sum = 0, finite = 0;
    int decimals = 0, needed;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            largest = fmax(largest, fabs(values[i]));
        if (isfinite(errors[i]) && errors[i] > 0) {
            sum += errors[i];
            finite++;
        }
    }
    if (largest > 0)
        decimals = digits - 1 - (int)floor(log10(number_sound(largest)));
    if (finite > 0) {
        needed = 1 - (int)floor(log10(number_sound(sum / finite)));
        decimals = needed > decimals ? needed : decimals;
    }
    return decimals < 0 ? 0 : decimals > 12 ? 12 : decimals;
}

void table_real_known(struct table *table, size_t row, size_t column, double real)
{
    if (isnan(real))
        table_none(table, row, column);
    else
        table_real(table, row, column, real);
}

void table_pair_known(struct table *table, size_t row, size_t column, double lower, double upper)
{
    if (isnan(lower) || isnan(upper))
        table_none(table, row, column);
    else
        table_pair(table, row, column, lower, upper);
}

struct value *value_matrix_known(struct arena *arena, const double *items, size_t rows, size_t columns)
{
    struct value *matrix = value_array(arena);

    for (size_t i = 0; i < rows; i++) {
        struct value *row = value_append(matrix, value_array(arena));

        for (size_t j = 0; j < columns; j++) {
            double x = items[i + j * rows];

            value_append(row, isnan(x) ? value_null(arena) : value_real(arena, x));
        }
    }
    return matrix;
}

bool emit(struct session *session, struct result *result, struct glmm_error *err)
{
    if (result == NULL)
        return fail_memory(err);
    if (!result_ok(result)) {
        result_free(result);
        return fail_memory(err);
    }
    return session_emit(session, result, err);
}
