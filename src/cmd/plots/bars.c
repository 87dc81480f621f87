/* bars.c -- the rows of each level of a factor, as bars. */
#include <string.h>

#include "base/memory.h"
#include "cmd/plots/variable.h"
#include "report/tables.h"

enum { MOST_BARS = 100 };

static bool fill(struct plot_job *job, struct plot *plot, const char *name, const char *const *levels, const double *counts,
                 int32_t level_count, size_t used)
{
    double *zeros = arena_alloc(job->result->arena, (size_t)level_count, sizeof *zeros);
    struct table *table = plot_rows(plot);
    size_t level, rows, share;

    if (zeros == NULL || table == NULL)
        return fail_memory(job->err);
    level = table_column(table, "level", name, CELL_TEXT);
    rows = table_column(table, "rows", "rows", CELL_INTEGER);
    share = table_column(table, "share", "share", CELL_PERCENT);
    for (int32_t l = 0; l < level_count; l++) {
        size_t row = table_row(table);

        table_text(table, row, level, levels[l]);
        table_integer(table, row, rows, (long)counts[l]);
        table_real(table, row, share, counts[l] / (double)used);
    }
    series_ends(plot, plot_series(plot, MARK_BOX, NULL, (size_t)level_count, zeros, NULL), counts, NULL);
    return plot_ok(plot) || fail_memory(job->err);
}

static bool draw(struct plot_job *job, const struct word *word, const int32_t *codes, const char *const *levels,
                 int32_t level_count)
{
    const struct frame *data = session_need_data(job->session, job->err);
    double *counts = arena_alloc(job->result->arena, (size_t)level_count, sizeof *counts);
    size_t used = 0;
    struct plot *plot;

    if (data == NULL || counts == NULL)
        return data != NULL && fail_memory(job->err);
    for (size_t i = 0; i < data->rows; i++) {
        if (codes[i] < 0)
            continue;
        counts[codes[i]]++;
        used++;
    }
    if (used == 0)
        return fail(job->err, GLMM_E_DATA, word->at, "no row has a value of `%.60s`", word->text);
    plot = job_plot(job, PLOT_ROWS, arena_printf(job->result->arena, "%s   rows by %s", data->name, word->text), "rows", NULL);
    if (plot == NULL || !fill(job, plot, word->text, levels, counts, level_count, used))
        return fail_memory(job->err);
    plot_statement(plot, "%zu row%s", used, used == 1 ? "" : "s");
    if (used < data->rows)
        plot_statement(plot, "%zu row%s; %zu missing left out", used, used == 1 ? "" : "s", data->rows - used);
    return true;
}

static bool build(struct plot_job *job)
{
    const struct word *words = job->call->words;
    const char **levels;
    int32_t *codes = NULL, level_count;
    bool ok;

    if (job->call->word_count != 1)
        return fail(job->err, GLMM_E_USAGE, job->call->word_count > 1 ? words[1].at : NOWHERE, "bars take one variable: bars F");
    ok = variable_as_factor(job, words[0].at.begin, words[0].at.end, &codes, &levels, &level_count);
    if (ok && level_count > MOST_BARS) {
        ok = fail(job->err, GLMM_E_VALUE, words[0].at, "`%.60s` has %d values, too many for bars", words[0].text,
                  (int)level_count);
        error_hint(job->err, "plot-ascii histogram %.60s", words[0].text);
    }
    ok = ok && draw(job, &words[0], codes, levels, level_count);
    mem_free(codes);
    return ok;
}

const struct plot_kind_entry plot_bars = {
    .name = "bars",
    .usage = "bars F",
    .brief = "the rows of each level",
    .build = build,
};
