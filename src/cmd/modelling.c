/* modelling.c -- see modelling.h. */
#include "cmd/modelling.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/expr.h"
#include "fit/glmm.h"
#include "fit/lmm.h"
#include "fit/recession.h"
#include "lang/suggest.h"
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

/* The text with each run of blanks and line breaks outside quotes made one blank. */
static char *on_one_line(const char *text)
{
    struct text line = { 0 };
    char quote = 0;

    for (; *text != '\0'; text++) {
        if (quote != 0 || *text == '"' || *text == '`') {
            quote = quote == 0 ? *text : quote == *text ? 0 : quote;
            text_add_char(&line, *text);
        } else if (strchr(" \t\r\n", *text) == NULL) {
            text_add_char(&line, *text);
        } else if (line.length > 0 && line.data[line.length - 1] != ' ') {
            text_add_char(&line, ' ');
        }
    }
    return text_take(&line);
}

/* Where the value of an option stands. */
static struct glmm_span option_place(const struct call *call, const char *name)
{
    for (int i = 0; call->command->options != NULL && call->command->options[i].name != NULL; i++)
        if (strcmp(call->command->options[i].name, name) == 0)
            return call->option_at[i];
    return NOWHERE;
}

/* Gives an error that has no place one. */
static void place_error(struct glmm_error *err, struct glmm_span at)
{
    if (err != NULL && err->at.begin < 0)
        err->at = at;
}

bool is_linear(const struct model *model)
{
    return strcmp(model->family, "gaussian") == 0 && strcmp(model->link, "identity") == 0;
}

/* An expression given as an option: its own errors stand where the option's value stands. */
static bool check_expression(const struct call *call, const char *option, const char *text, const struct frame *frame,
                             struct glmm_error *err)
{
    struct arena *arena;
    struct expr *expr;
    struct column *column = NULL;

    if (text == NULL)
        return true;
    if ((arena = arena_new()) == NULL)
        return fail_memory(err);
    if ((expr = expr_parse(arena, text, err)) != NULL)
        column = expr_column(expr, frame, err);
    if (column == NULL)
        error_shift(err, option_place(call, option).begin);
    arena_free(arena);
    column_free(column);
    return column != NULL;
}

/* Resolves family and link; an error stands where the option's value stands. */
static bool find_family(const struct call *call, const struct statement *options, struct model *model,
                        const struct family **found, struct glmm_error *err)
{
    const struct family *family = family_find(options->family == NULL ? "gaussian" : options->family, err);
    const struct link *link;

    if (family == NULL) {
        place_error(err, option_place(call, "family"));
        return false;
    }
    if ((link = family_link(family, options->link, err)) == NULL) {
        place_error(err, option_place(call, "link"));
        return false;
    }
    if (options->trials != NULL && family->response != RESPONSE_BINOMIAL)
        return fail(err, GLMM_E_USAGE, option_place(call, "trials"), "trials= belongs to a binomial model; this one is %s",
                    family->name);
    model->family = family->name;
    model->link = link->name;
    *found = family;
    return true;
}

static bool copy_option(char **copy, const char *text, struct glmm_error *err)
{
    *copy = text == NULL ? NULL : mem_strdup(text);
    return text == NULL || *copy != NULL || fail_memory(err);
}

static struct frame *statement_data(struct session *session, const struct call *call, const struct statement *options,
                                    struct glmm_error *err)
{
    struct suggest suggest;
    struct frame *frame;

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

/* What a design says of an option without a place stands where the option it names stands. */
static void place_at_option(const struct call *call, struct glmm_error *err)
{
    static const char *const names[] = { "weights", "trials", "offset", "contrasts" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (err->at.begin < 0 && option_place(call, names[i]).begin >= 0 && strstr(err->message, names[i]) != NULL)
            err->at = option_place(call, names[i]);
}

/* A response that the family does not allow is an error at the formula's response. */
static bool check_response(const struct model *model, const struct family *family, int offset, struct glmm_error *err)
{
    const struct design *design = model->design;
    struct response response = { .family = family,
                                 .link = family_link(family, model->link, NULL),
                                 .n = design->n,
                                 .y = design->y,
                                 .trials = design->trials,
                                 .weights = design->weights };

    if (response_check(&response, design->row, design->response, err))
        return true;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a design has its formula */
    if (err->at.begin < 0 && model->formula->response != NULL) {
        err->at = model->formula->response->at;
        error_shift(err, offset);
    }
    return false;
}

/* Parses the formula and builds the design; spans of the formula become spans of the line. */
static bool build_design(struct session *session, const struct call *call, const struct statement *options, const char *text,
                         int offset, const struct frame *frame, const struct family *family, struct model *model,
                         struct glmm_error *err)
{
    struct design_options design = {
        .response = family->response,
        .weights = options->weights,
        .trials = options->trials,
        .offset = options->offset,
        .contrasts = options->contrasts,
        .allow_olre = strcmp(family->name, "gaussian") != 0,
    };

    if (!check_expression(call, "offset", options->offset, frame, err)
        || !check_expression(call, "weights", options->weights, frame, err)
        || !check_expression(call, "trials", options->trials, frame, err))
        return false;
    model->formula = formula_parse(text, frame, err);
    if (model->formula != NULL)
        model->design = design_new(frame, model->formula, &design, &session->progress, err);
    if (model->design == NULL) {
        error_shift(err, offset);
        place_at_option(call, err);
    }
    return model->design != NULL && check_response(model, family, offset, err);
}

struct model *model_state(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct statement *options = call->options;
    const struct family *family = NULL;
    struct frame *frame;
    struct model *model;
    const char *text;
    int name_length, begin = formula_begins(call->argument, &name_length);
    bool ok;

    text = call->argument + begin;
    if (text[0] == '\0') {
        fail(err, GLMM_E_USAGE, call->argument_at, "`%s` needs a formula", call->command->name);
        error_hint(err, "for example: %s Reaction ~ Days + (Days | Subject)", call->command->name);
        return NULL;
    }
    if (!check_name(call, err) || (frame = statement_data(session, call, options, err)) == NULL)
        return NULL;
    if ((model = NEW(struct model)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    model->name = name_length > 0 ? mem_strndup(call->argument, (size_t)name_length) : session_new_model_name(session);
    model->data_name = mem_strdup(frame->name);
    model->text = on_one_line(text);
    ok = (model->name != NULL && model->data_name != NULL && model->text != NULL) || fail_memory(err);
    ok = ok && find_family(call, options, model, &family, err) && copy_option(&model->weights, options->weights, err)
         && copy_option(&model->trials, options->trials, err) && copy_option(&model->offset, options->offset, err)
         && build_design(session, call, options, text, call->argument_at.begin + begin, frame, family, model, err);
    if (!ok) {
        model_free(model);
        return NULL;
    }
    return model;
}

const char *const family_choices[] = { "gaussian", "binomial", "poisson", "Gamma",        "inverse.gaussian",
                                       "nbinom2",  "nbinom1",  "beta",    "betabinomial", NULL };
const char *const link_choices[] = {
    "identity", "log", "logit", "probit", "cloglog", "cauchit", "inverse", "sqrt", "1/mu^2", NULL
};
const char *const contrast_choices[] = { "treatment", "sum", "helmert", "poly", NULL };

/* --- fitting ---------------------------------------------------------------------------------- */

bool model_check_method(const struct model *model, const struct fit_options *options, struct glmm_error *err)
{
    bool exact = is_linear(model), likelihood = options->method == METHOD_REML || options->method == METHOD_ML;

    if (exact && options->nodes > 1)
        return fail(err, GLMM_E_MODEL, NOWHERE, "nodes= is for quadrature; %.60s is linear, and its likelihood is exact",
                    model->name);
    if (exact && !likelihood && options->method != METHOD_DEFAULT) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%.60s is a linear model: its likelihood is exact and needs no %s", model->name,
             method_name(options->method));
        error_hint(err, "method=reml or method=ml");
        return false;
    }
    if (!exact && options->method == METHOD_REML) {
        fail(err, GLMM_E_MODEL, NOWHERE, "reml is for linear mixed models; %.60s is %s with the link %s", model->name,
             model->family, model->link);
        error_hint(err, "method=laplace, or method=agq nodes=K");
        return false;
    }
    return true;
}

struct fit *model_run_fit(struct session *session, const struct model *model, const struct fit_options *options,
                          struct glmm_error *err)
{
    bool stated = session_find_model(session, model->name) == model;
    const struct family *family;
    char label[80];

    snprintf(label, sizeof label, "fit %.60s", model->name);
    progress_name(session, label, stated ? model->name : NULL);
    if (is_linear(model))
        return lmm_fit(model->design, options, &session->progress, err);
    family = family_find(model->family, err);
    return family == NULL
               ? NULL
               : glm_fit(model->design, family, family_link(family, model->link, NULL), options, &session->progress, err);
}

bool has_residual(const struct fit *fit)
{
    return fit->has_scale && (fit->family == NULL || strcmp(fit->family->name, "gaussian") == 0);
}

const char *method_name(enum fit_method method)
{
    switch (method) {
    case METHOD_DEFAULT:
        return "default";
    case METHOD_REML:
        return "REML";
    case METHOD_ML:
        return "ML";
    case METHOD_LAPLACE:
        return "Laplace";
    case METHOD_AGQ:
        return "AGQ";
    case METHOD_PQL:
        return "PQL";
    }
    return "";
}

const char *verdict_name(enum fit_verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return "ok";
    case VERDICT_BOUNDARY:
        return "boundary";
    case VERDICT_NOT_CONVERGED:
        return "not converged";
    case VERDICT_INTERRUPTED:
        return "interrupted";
    case VERDICT_NOT_IDENTIFIED:
        return "not identified";
    }
    return "";
}

/* --- naming ----------------------------------------------------------------------------------- */

int group_index(const struct design *design, const char *group)
{
    for (int t = 0; t < design->random_count; t++)
        if (strcmp(design->random[t].group, group) == 0)
            return t;
    for (int t = 0; t < design->random_count; t++)
        if (name_is(design->random[t].group, group))
            return t;
    return -1;
}

bool is_first_of_group(const struct design *design, int t)
{
    return group_index(design, design->random[t].group) == t;
}

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

    result_line(result, LINE_TITLE, "%s   %s     %s (%s)%s%s%s", model->name, model->text, model->family, model->link,
                fit == NULL ? "" : ", ", fit == NULL ? "" : method_name(fit->method), nodes == NULL ? "" : nodes);
    fields = result_fields(result);
    field_integer(result, fields, NULL, "n", (long long)model->design->n);
    for (int t = 0; t < model->design->random_count; t++)
        if (is_first_of_group(model->design, t))
            field_text(result, fields, NULL, arena_printf(result->arena, "%s:", model->design->random[t].group),
                       group_sizes(result->arena, &model->design->random[t]));
    if (fit != NULL)
        field_text(result, fields, NULL, "fit:", verdict_name(fit->optimum.verdict));
    field_text(result, fields, NULL, "data:", model->data_name);
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
    result_string(result, "family", model->family);
    result_string(result, "link", model->link);
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
