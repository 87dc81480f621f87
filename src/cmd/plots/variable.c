/* variable.c -- see variable.h. */
#include "cmd/plots/variable.h"

#include <math.h>

#include "base/memory.h"
#include "data/expr.h"

/* The expression as a column (new; column_free), its errors placed in the line. */
static struct column *evaluate(struct plot_job *job, int begin, int end, const struct frame *data)
{
    const char *text = arena_strndup(job->call->arena, job->call->line + begin, (size_t)(end - begin));
    struct column *column = NULL;
    struct expr *expr;

    if (text == NULL) {
        fail_memory(job->err);
        return NULL;
    }
    expr = expr_parse(job->call->arena, text, job->err);
    if (expr != NULL)
        column = expr_column(expr, data, job->err);
    if (column == NULL)
        error_shift(job->err, begin);
    return column;
}

bool variable_init(struct variable *variable, struct plot_job *job, int begin, int end)
{
    const struct frame *data = session_need_data(job->session, job->err);
    struct column *column = data == NULL ? NULL : evaluate(job, begin, end, data);

    if (column == NULL)
        return false;
    variable->at = span_of(begin, end);
    variable->count = data->rows;
    variable->data = data->name;
    variable->name = arena_strndup(job->result->arena, job->call->line + begin, (size_t)(end - begin));
    if (column->type == COLUMN_FACTOR) {
        fail(job->err, GLMM_E_TYPE, variable->at, "a plot needs numbers, and `%.60s` is a factor",
             variable->name == NULL ? "" : variable->name);
        error_hint(job->err, "describe counts the rows of its levels");
        column_free(column);
        return false;
    }
    variable->logical = column->type == COLUMN_LOGICAL;
    variable->values = mem_alloc(data->rows, sizeof *variable->values);
    for (size_t i = 0; variable->values != NULL && i < data->rows; i++)
        variable->values[i] = column_real(column, i);
    column_free(column);
    return (variable->values != NULL && variable->name != NULL) || fail_memory(job->err);
}

void variable_clear(struct variable *variable)
{
    mem_free(variable->values);
}

const char *variable_left_out(const struct variable *variable, struct plot_job *job, size_t used)
{
    if (used == variable->count)
        return "";
    return arena_printf(job->result->arena, "; %zu missing or infinite left out", variable->count - used);
}

bool variable_as_factor(struct plot_job *job, int begin, int end, int32_t **codes, const char ***levels, int32_t *level_count)
{
    const struct frame *data = session_need_data(job->session, job->err);
    struct column *column = data == NULL ? NULL : evaluate(job, begin, end, data);
    char **names = NULL;
    bool ok = column != NULL && column_as_factor(column, data->rows, codes, &names, level_count, job->err);

    column_free(column);
    if (!ok)
        return false;
    *levels = arena_alloc(job->result->arena, (size_t)*level_count, sizeof **levels);
    ok = *levels != NULL;
    for (int32_t l = 0; l < *level_count; l++) {
        ok = ok && ((*levels)[l] = arena_strdup(job->result->arena, names[l])) != NULL;
        mem_free(names[l]);
    }
    mem_free(names);
    return ok || fail_memory(job->err);
}
