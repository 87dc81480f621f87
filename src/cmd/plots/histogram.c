/* histogram.c -- the distribution of one variable, in bins of a round width. */
#include <string.h>

#include "base/bins.h"
#include "base/memory.h"
#include "base/sample.h"
#include "cmd/plots/variable.h"
#include "result/number.h"

static const double BAR_HALF = 0.3; /* half of a bar's width where bars stand apart */

static bool add_bars(struct plot_job *job, struct plot *plot, const double *sorted, size_t n, struct bins bins)
{
    double *edges = arena_alloc(job->result->arena, bins.count + 1, sizeof *edges);
    double *counts = arena_alloc(job->result->arena, bins.count, sizeof *counts);

    if (edges == NULL || counts == NULL)
        return fail_memory(job->err);
    for (size_t b = 0; b <= bins.count; b++)
        edges[b] = bins.start + (double)b * bins.width;
    for (size_t i = 0; i < n; i++)
        counts[bins_find(&bins, sorted[i])]++;
    plot->x_unit = bins.width;
    plot->y_counts = true;
    series_ends(plot, plot_series(plot, MARK_BAR, NULL, bins.count, edges, counts), edges + 1, NULL);
    return true;
}

/* --- one or two values -------------------------------------------------------------------------- */

/* The values of a variable that has but one or two: bars side by side, each with its name, instead of bins. */
struct few {
    int count;
    double value[2];
    size_t rows[2];
    const char *name[2];
};

static bool find_few(struct few *few, const double *sorted, size_t n, bool logical, struct arena *arena)
{
    char buffer[NUMBER_SIZE];

    *few = (struct few){ .count = 0 };
    for (size_t i = 0; i < n; i++) {
        if (few->count == 0 || sorted[i] != few->value[few->count - 1]) {
            if (few->count == 2)
                return false;
            few->name[few->count] =
                logical ? sorted[i] != 0 ? "TRUE" : "FALSE" : arena_strdup(arena, number_text(buffer, sorted[i], 6));
            few->value[few->count++] = sorted[i];
        }
        few->rows[few->count - 1]++;
    }
    if (few->count == 2 && few->name[0] != NULL && few->name[1] != NULL && strcmp(few->name[0], few->name[1]) == 0)
        for (int k = 0; k < 2; k++)
            few->name[k] = arena_strdup(arena, number_exact(buffer, few->value[k]));
    return true;
}

/* "120 rows: FALSE in 56, TRUE in 64 (53.3%)", "120 rows, all 5", "1 row: 5". */
static bool draw_few(struct plot_job *job, struct plot *plot, const struct few *few, size_t n, const char *left_out)
{
    double edges[4], counts[2];
    char mean[NUMBER_SIZE];
    double share = (double)few->rows[few->count - 1] / (double)n;

    for (int k = 0; k < few->count; k++) {
        if (few->name[k] == NULL)
            return fail_memory(job->err);
        edges[k] = k + 1 - BAR_HALF;
        edges[k + 2] = k + 1 + BAR_HALF;
        counts[k] = (double)few->rows[k];
    }
    plot->y_counts = true;
    plot_names(plot, (size_t)few->count, few->name);
    series_ends(plot, plot_series(plot, MARK_BAR, NULL, (size_t)few->count, edges, counts), edges + 2, NULL);
    if (n == 1)
        plot_statement(plot, "1 row: %s%s", few->name[0], left_out);
    else if (few->count == 1)
        plot_statement(plot, "%zu rows, all %s%s", n, few->name[0], left_out);
    else
        plot_statement(plot, "%zu rows: %s in %zu, %s in %zu (%s%%)%s", n, few->name[0], few->rows[0], few->name[1], few->rows[1],
                       number_text(mean, 100 * share, 3), left_out);
    return plot_ok(plot) || fail_memory(job->err);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static bool draw(struct plot_job *job, const struct variable *variable)
{
    double *sorted = arena_alloc(job->result->arena, variable->count, sizeof *sorted);
    char buffers[4][NUMBER_SIZE];
    double sd;
    struct bins bins;
    struct plot *plot;
    struct few few;
    size_t n;

    if (sorted == NULL)
        return fail_memory(job->err);
    memcpy(sorted, variable->values, variable->count * sizeof *sorted);
    n = sample_sort(sorted, variable->count);
    if (n == 0)
        return fail(job->err, GLMM_E_DATA, variable->at, "`%.60s` has no finite values", variable->name);
    plot = job_plot(job, PLOT_XY, arena_printf(job->result->arena, "%s   histogram of %s", variable->data, variable->name),
                    variable->name, "rows");
    if (plot == NULL)
        return fail_memory(job->err);
    if (job->options->bins == 0 && find_few(&few, sorted, n, variable->logical, job->result->arena))
        return draw_few(job, plot, &few, n, variable_left_out(variable, job, n));
    bins = bins_choose(sorted, n, job->options->bins);
    if (!add_bars(job, plot, sorted, n, bins))
        return fail_memory(job->err);
    sd = sample_sd(sorted, n);
    plot_statement(plot, "%zu row%s; mean %s, median %s, standard deviation %s; %s%s%s", n, n == 1 ? "" : "s",
                   number_with_error(buffers[0], sample_mean(sorted, n), sd, 2, 4),
                   number_with_error(buffers[1], sample_quantile(sorted, n, 0.5), sd, 2, 4), number_text(buffers[2], sd, 4),
                   bins.whole ? "one bar per whole number" : "bins of ", bins.whole ? "" : number_text(buffers[3], bins.width, 3),
                   variable_left_out(variable, job, n));
    return true;
}

static bool build(struct plot_job *job)
{
    struct variable variable = { 0 };
    bool ok;

    if (job->call->word_count == 0) {
        fail(job->err, GLMM_E_USAGE, NOWHERE, "a histogram needs a variable");
        error_hint(job->err, "or an expression: plot-ascii histogram log(x)");
        return false;
    }
    ok = variable_init(&variable, job, job->call->words[0].at.begin, job->call->words[job->call->word_count - 1].at.end);
    if (ok) {
        result_string(job->result, "variable", variable.name);
        ok = draw(job, &variable);
    }
    variable_clear(&variable);
    return ok;
}

const struct plot_kind_entry plot_histogram = {
    .name = "histogram",
    .usage = "histogram X",
    .brief = "the distribution of a variable or an expression",
    .build = build,
};
