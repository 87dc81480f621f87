/* means-call.c -- see means-call.h. */
#include "cmd/means-call.h"

#include <math.h>
#include <string.h>

#include "fit/method.h"
#include "infer/ratio.h"
#include "lang/at.h"
#include "model/family.h"
#include "report/determined.h"
#include "report/headline.h"
#include "report/imputed.h"
#include "report/naming.h"
#include "result/value.h"

const char *const means_weights_names[] = { "equal", "proportional", "cells", NULL };
const char *const means_scales[] = { "link", "response", "population", NULL };

/* The next name of by= at *text, which moves behind it: `whole` where all of it stood between backquotes. */
static struct asked next_by(const struct call *call, const char **text, bool whole)
{
    const char *begin = *text, *close = *begin == '`' && !whole ? strchr(begin + 1, '`') : NULL;
    size_t length = close != NULL ? (size_t)(close - ++begin) : whole ? strlen(begin) : strcspn(begin, " ,");

    *text = begin + length + (close != NULL);
    return (struct asked){ .text = arena_strndup(call->arena, begin, length),
                           .quoted = whole || close != NULL,
                           .at = call->option_at[MEANS_OPTION_BY] };
}

bool means_call_by(const struct call *call, const char *text, struct asked *asked, int most, int *count, struct glmm_error *err)
{
    bool whole = text != NULL && call->line[call->option_at[MEANS_OPTION_BY].begin] == '`';

    while (text != NULL && *(text += strspn(text, " ,")) != '\0') {
        if (*count == most)
            return fail(err, GLMM_E_LIMIT, call->option_at[MEANS_OPTION_BY], "more than %d variables", most);
        asked[*count] = next_by(call, &text, whole);
        if (asked[(*count)++].text == NULL)
            return fail_memory(err);
    }
    return true;
}

/* Words of by=, then those of the call. */
static bool read_variables(struct means_job *job, const struct means_call *given, int first, struct means_request *request,
                           struct glmm_error *err)
{
    struct asked *asked = arena_alloc(job->call->arena, MOST_VARIABLES, sizeof *asked);

    if (asked == NULL)
        return fail_memory(err);
    if (!means_call_by(job->call, given->by, asked, MOST_VARIABLES, &request->count, err))
        return false;
    request->by_count = request->count;
    for (int i = first; i < job->call->word_count; i++) {
        const struct word *word = &job->call->words[i];

        if (request->count == MOST_VARIABLES)
            return fail(err, GLMM_E_LIMIT, word->at, "more than %d variables", (int)MOST_VARIABLES);
        asked[request->count++] = (struct asked){ .text = word->text, .quoted = word->quoted, .at = word->at };
    }
    request->variables = asked;
    return true;
}

bool means_call_read(struct session *session, const struct call *call, const struct means_call *given, struct means_job *job,
                     struct glmm_error *err)
{
    struct means_request request = { .weights = given->weights, .at_place = call->option_at[MEANS_OPTION_AT] };
    bool named = call->word_count > 1 && session_find_model(session, call->words[0].text) != NULL;

    *job = (struct means_job){ .session = session, .call = call, .scale = given->scale, .level = session->settings.level };
    if (call->word_count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "`%s` needs a variable of the model", call->command->name);
        return false;
    }
    job->model = call_first_fit(session, call, named, err);
    if (job->model == NULL || !read_variables(job, given, named, &request, err))
        return false;
    request.fit = job->model->fit;
    if (job->scale != SCALE_LINK && job->model->family->categories > 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "an ordered response has a probability for each category, and no mean of its own");
        error_hint(err, "margins %s", request.variables != NULL && request.count > 0 ? request.variables[0].text : "VARIABLE");
        return false;
    }
    if (job->model->fit->imputed != NULL && (job->scale == SCALE_POPULATION || job->model->family->categories > 0)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%s are not pooled over imputations: they are no linear functions of the coefficients",
             job->scale == SCALE_POPULATION ? "means over the population" : "means of an ordered response");
        error_hint(err, "%s", job->scale == SCALE_POPULATION ? "scale=link or scale=response" : "test and summary are pooled");
        return false;
    }
    if (given->at != NULL && !at_parse(call->arena, given->at, request.at_place, &request.at, err))
        return false;
    return call_linear(session, call, MEANS_OPTION_DDF, given->ddf, job->model, &job->linear, err)
           && (job->means = means_new(job->model, &request, &session->progress, err)) != NULL;
}

void means_call_clear(struct means_job *job)
{
    means_free(job->means);
    linear_clear(&job->linear);
}

bool means_call_geometric(const struct means_job *job)
{
    return job->scale != SCALE_LINK && ratio_mean_base(job->model) > 0;
}

void means_call_transformed(struct result *result, const struct means_job *job, bool differences)
{
    const char *response = job->model->design->response;

    if (job->scale == SCALE_LINK && ratio_mean_base(job->model) > 0)
        result_line(result, LINE_NOTE, "%sof %s%s; scale=response has %sgeometric means of %s%s",
                    differences ? "differences " : "", ratio_log_base(job->model) > 0 ? "" : "the logarithm of ", response,
                    differences ? "ratios of " : "", ratio_mean_of(job->model, result->arena),
                    ratio_log_base(job->model) > 0 ? "" : ", `margins` its means");
    else if (job->scale != SCALE_LINK && ratio_is_meaningless(job->model))
        result_line(result, LINE_NOTE, "%s is the response: its means are of that, and are not brought back to another scale",
                    response);
}

const char *means_call_scale(const struct means_job *job)
{
    const struct link *link = job->model->fit->link;

    if (means_call_geometric(job))
        return "geometric";
    if (job->scale == SCALE_LINK || link->kind == LINK_IDENTITY)
        return link->kind == LINK_IDENTITY ? "response" : link->scale;
    return job->scale == SCALE_RESPONSE ? "response" : "population";
}

void means_call_head(struct result *result, const struct means_job *job, const char *what)
{
    const struct means *m = job->means;
    const char **names = arena_alloc(result->arena, (size_t)m->variable_count + 1, sizeof *names);
    struct value *list = value_array(result->arena);

    for (int k = 0; names != NULL && k < m->variable_count; k++)
        names[k] = m->variables[k].predictor.column->name;
    for (int k = m->by_count; names != NULL && k < m->variable_count; k++)
        value_append(list, value_string(result->arena, names[k]));
    for (int k = 0; names != NULL && k < m->by_count; k++)
        value_append(list, value_string(result->arena, names[k]));
    result_string(result, "model", job->model->name);
    result_value(result, "variables", list);
    if (names != NULL)
        result_line(result, LINE_TITLE, "%s   %s   %s     %s of %s by %s%s%s", job->model->name, job->model->text,
                    method_name(job->model->fit->method), what, job->model->design->response,
                    join_names(result->arena, names + m->by_count, m->variable_count - m->by_count, ", "),
                    m->by_count > 0 ? " within " : "",
                    m->by_count > 0 ? join_names(result->arena, names, m->by_count, ", ") : "");
}

void means_call_held(struct result *result, const struct means_job *job)
{
    const struct means *m = job->means;
    struct value *at = value_object(result->arena);

    for (int k = 0; k < m->hold_count; k++)
        if (!m->hold[k].of_effects || job->scale == SCALE_POPULATION)
            value_set(result->arena, at, m->hold[k].column->name,
                      m->hold[k].column->type == COLUMN_DATE ? value_string(result->arena, m->hold[k].label)
                                                             : value_real(result->arena, m->hold[k].number));
    result_value(result, "at", at);
}

size_t means_call_columns(struct table *table, const struct means_job *job, int from, int to, const char *key, size_t *object)
{
    size_t first = 0;

    for (int k = from; k < to; k++) {
        const char *name = job->means->variables[k].predictor.column->name;
        size_t column = table_column(table, name, name, CELL_TEXT);

        table_flags(table, column, COLUMN_NOT_JSON | COLUMN_NAME);
        first = k == from ? column : first;
    }
    *object = table_column(table, key, NULL, CELL_VALUE);
    table_flags(table, *object, COLUMN_NOT_TEXT);
    return first;
}

void means_call_levels(struct table *table, struct arena *arena, size_t row, const struct means_job *job, int cell, int from,
                       int to, size_t first, size_t object)
{
    const struct means *m = job->means;
    struct value *levels = value_object(arena);

    for (int k = from; k < to; k++) {
        const struct means_variable *v = &m->variables[k];
        const struct setting_value *value = &v->values[m->level[cell * m->variable_count + k]];
        bool text = predictor_is_factor(&v->predictor) || v->predictor.column->type == COLUMN_DATE;

        table_text(table, row, first + (size_t)(k - from), value->label);
        value_set(arena, levels, v->predictor.column->name,
                  text ? value_string(arena, value->label) : value_real(arena, value->number));
    }
    table_value(table, row, object, levels);
}

void means_call_dash(struct means_dashes *dashes, const struct means_job *job, bool estimable, double estimate, double se)
{
    dashes->not_estimable = dashes->not_estimable || !estimable;
    if (estimable && (isfinite(estimate) || job->model->fit->recession == NULL) && isnan(se) && job->model->fit->identity != NULL)
        *(isnan(estimate) ? &dashes->moved : &dashes->open) = true;
    dashes->separated = dashes->separated || (estimable && isnan(estimate) && job->model->fit->recession != NULL);
}

/* What a mean is of where zeros are added or cut off: that of the linear predictor is another than the response's. */
static void zeros_note(struct result *result, const struct family *family)
{
    const struct family *counts = family_own(family);

    if (counts->whole != NULL)
        result_line(result, LINE_NOTE, "of the counts before their zeros are cut off; `margins` has the mean of the response");
    else if (family->inflated != NULL)
        result_line(result, LINE_NOTE, "of the counts, before zi= adds its zeros; `margins` has the mean of the response");
}

void means_call_notes(struct result *result, const struct means_job *job, const struct means_dashes *dashes)
{
    static const char *const weights[] = { "each level counting alike", "levels as often as they occur",
                                           "levels as often as in the cell" };
    const struct means *m = job->means;
    const struct means_call *given = job->call->options;
    bool curved = job->scale != SCALE_LINK && job->model->fit->link->kind != LINK_IDENTITY; /* the mean of a curve is another */

    bool in_title = m->slope_of != NULL && m->hold_count == 1 && m->hold[0].column == m->slope_of;
    bool wide = curved && job->scale == SCALE_POPULATION;
    const char *averaged = wide ? m->averaged_wide : m->averaged, *held = wide ? m->held_wide : m->held;

    zeros_note(result, job->model->fit->family);
    if (averaged[0] != '\0')
        result_line(result, LINE_NOTE, "averaged over %s%s, %s", averaged, curved ? " on the scale of the link" : "",
                    weights[given->weights]);
    if (m->nested[0] != '\0' && given->weights != WEIGHTS_CELLS)
        result_line(result, LINE_NOTE, "nested: %s; averaged over the levels that are there", m->nested);
    if (held[0] != '\0' && !in_title)
        result_line(result, LINE_NOTE, "at %s", held);
    if (dashes->not_estimable && m->why_not != NULL)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: not estimable: %s", m->why_not);
    else if (dashes->not_estimable)
        result_line(result, LINE_NOTE, "\xe2\x80\x93: no row has these levels");
    if (dashes->separated)
        result_line(result, LINE_NOTE,
                    "\xe2\x80\x93: infinite estimates of both signs meet in it, or one that is not determined (help separation)");
    if (dashes->moved || dashes->open)
        open_note(result, NULL, dashes->moved);
    caution_notes(result, job->model->fit);
    pooled_open_note(result, job->model->fit);
    pooled_note(result, job->model->fit);
}

void means_call_contrast_decimals(struct table *table, struct estimate_columns columns, const struct contrasts_of *contrasts,
                                  const struct means_job *job, struct arena *arena)
{
    size_t n = (size_t)contrasts->count;
    double *values = arena_alloc(arena, 2 * n + 1, sizeof *values);

    for (size_t i = 0; values != NULL && i < n; i++) {
        values[i] = contrasts->rows[i].estimate;
        values[n + i] = contrasts->rows[i].se;
    }
    if (values != NULL)
        table_estimate_decimals(table, columns, fitting_decimals_or_own(values, values + n, n, job->session->settings.digits));
}
