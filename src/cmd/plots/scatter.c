/* scatter.c -- one variable against another, the groups of a third by shape. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sample.h"
#include "cmd/plots/variable.h"

enum { MOST_GROUPS = 6 };

/* The points of level `level` (all of them: codes NULL), as one series. */
static bool add_points(struct plot_job *job, struct plot *plot, const struct variable *x, const struct variable *y,
                       const int32_t *codes, int32_t level, const char *label)
{
    double *px = arena_alloc(job->result->arena, x->count, sizeof *px),
           *py = arena_alloc(job->result->arena, x->count, sizeof *py);
    struct plot_series *series;
    size_t n = 0;

    if (px == NULL || py == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < x->count; i++) {
        if ((codes != NULL && codes[i] != level) || isnan(x->values[i]) || isnan(y->values[i]))
            continue;
        px[n] = x->values[i];
        py[n++] = y->values[i];
    }
    series = plot_series(plot, MARK_POINT, label, n, px, py);
    if (series == NULL)
        return fail_memory(job->err);
    series->shape = codes == NULL ? 0 : level + 1;
    return true;
}

static bool add_groups(struct plot_job *job, struct plot *plot, const struct variable *x, const struct variable *y,
                       const struct word *by)
{
    const char **levels;
    int32_t *codes = NULL, count;
    bool ok = variable_as_factor(job, by->at.begin, by->at.end, &codes, &levels, &count);

    if (ok && count > MOST_GROUPS) {
        ok =
            fail(job->err, GLMM_E_VALUE, by->at, "`%.60s` has %d levels, and six shapes can be told apart", by->text, (int)count);
        error_hint(job->err, "plot-ascii groups draws a panel for each group of a fitted model");
    }
    for (int32_t l = 0; ok && l < count; l++)
        ok = add_points(job, plot, x, y, codes, l, levels[l]);
    mem_free(codes);
    return ok;
}

static bool draw(struct plot_job *job, const struct variable *y, const struct variable *x, const struct word *by)
{
    struct plot *plot = job_plot(job, PLOT_XY,
                                 arena_printf(job->result->arena, "%s   %s against %s%s%s", x->data, y->name, x->name,
                                              by == NULL ? "" : " by ", by == NULL ? "" : by->text),
                                 x->name, y->name);
    size_t n = 0;

    if (plot == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < x->count; i++)
        n += !isnan(x->values[i]) && !isnan(y->values[i]);
    if (n == 0)
        return fail(job->err, GLMM_E_DATA, x->at, "no row has both `%.60s` and `%.60s`", y->name, x->name);
    if (by == NULL ? !add_points(job, plot, x, y, NULL, 0, NULL) : !add_groups(job, plot, x, y, by))
        return false;
    if (isnan(sample_correlation(x->values, y->values, x->count)))
        plot_statement(plot, "%zu rows; no correlation: one of them does not vary%s", n, variable_left_out(x, job, n));
    else
        plot_statement(plot, "%zu rows; correlation %.3f%s", n, sample_correlation(x->values, y->values, x->count),
                       variable_left_out(x, job, n));
    return true;
}

static bool build(struct plot_job *job)
{
    const struct word *words = job->call->words, *by = NULL;
    int count = job->call->word_count;
    struct variable x = { 0 }, y = { 0 };
    bool ok;

    if (count == 4 && strcmp(words[2].text, "by") == 0)
        by = &words[3];
    if (count != 2 && by == NULL) {
        fail(job->err, GLMM_E_USAGE, count > 2 ? words[2].at : NOWHERE,
             "a scatter plot takes two variables, and `by` a third: scatter Y X [by G]");
        error_hint(job->err, "an expression with blanks goes between parentheses: scatter Y (X / 2)");
        return false;
    }
    ok = variable_init(&y, job, words[0].at.begin, words[0].at.end) && variable_init(&x, job, words[1].at.begin, words[1].at.end)
         && draw(job, &y, &x, by);
    variable_clear(&x);
    variable_clear(&y);
    return ok;
}

const struct plot_kind_entry plot_scatter = {
    .name = "scatter",
    .usage = "scatter Y X [by G]",
    .brief = "one variable against another",
    .build = build,
};
