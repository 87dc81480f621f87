/* shrinkage.c -- each level's own estimate and its BLUP: rows for one effect, arrows in the plane for the first two of a vector. */
#include <math.h>
#include <string.h>

#include "cmd/plots/levels.h"
#include "infer/ci.h"

enum { ARROWS = 40 };

static void fill_rows(struct table *table, const struct levels *levels, struct plot_job *job, const double *lower, const double *upper)
{
    const struct shrinkage *s = levels->effect;
    size_t name = table_column(table, "level", s->group, CELL_TEXT), n = table_column(table, "n", "n", CELL_INTEGER);
    size_t raw = table_column(table, "raw", "raw", CELL_REAL), pooled = table_column(table, "pooled", "BLUP", CELL_REAL), interval, kept = 0;
    int decimals = levels_decimals(levels, job, s->pooled);

    interval = table_interval(table, "lower", "upper", arena_printf(job->result->arena, "%g%% interval", 100 * job->session->settings.level));
    if (s->weight != NULL)
        kept = table_column(table, "weight", "kept", CELL_PERCENT);
    table_decimals(table, raw, decimals);
    table_decimals(table, pooled, decimals);
    table_decimals(table, interval, decimals);
    for (size_t i = 0; i < levels->count; i++) {
        int32_t l = levels->order[i];
        size_t row = table_row(table);

        table_text(table, row, name, s->level[l]);
        table_integer(table, row, n, (long long)s->rows[l]);
        table_real(table, row, raw, s->raw[l]);
        table_real(table, row, pooled, s->pooled[l]);
        table_pair(table, row, interval, lower[i], upper[i]);
        if (s->weight != NULL)
            table_real(table, row, kept, s->weight[l]);
    }
}

static bool build_rows(struct plot_job *job, struct levels *levels)
{
    struct arena *arena = job->result->arena;
    const struct shrinkage *s = levels->effect;
    double level = job->session->settings.level, reach = wald_quantile(INFINITY, level);
    const double *lower, *upper, *raw, *pooled;
    struct plot *plot;

    if (!levels_order(levels, job, job->options->sort, job->options->max))
        return false;
    plot = job_plot(job, PLOT_ROWS, job_model_title(job, levels->model, levels_what(levels, job, job->options->sort)),
                    strcmp(s->term, "(Intercept)") == 0 ? s->scale : arena_printf(arena, "coefficient of %s (scale: %s)", s->term, s->scale), NULL);
    lower = levels_ends(levels, job, -reach, 0);
    upper = levels_ends(levels, job, reach, 0);
    raw = levels_values(levels, job, s->raw);
    pooled = levels_values(levels, job, s->pooled);
    if (plot == NULL || lower == NULL || upper == NULL || raw == NULL || pooled == NULL)
        return fail_memory(job->err);
    fill_rows(plot_rows(plot), levels, job, lower, upper);
    plot_series(plot, MARK_RAW, "own estimate", levels->count, raw, NULL);
    plot_series(plot, MARK_POOLED, "BLUP", levels->count, pooled, NULL);
    series_ends(plot, plot_series(plot, MARK_INTERVAL, arena_printf(arena, "%g%%", 100 * level), levels->count, lower, NULL), upper, NULL);
    plot_reference(plot, true, s->complete, "overall");
    plot_statement(plot, "%s%s", s->weight == NULL ? "each BLUP is drawn toward the overall line" : "kept = n·τ²/(n·τ² + σ²)",
                   levels_sampled(levels, job, job->options->sort));
    return true;
}

/* The mean distance of the BLUPs from the overall point over that of the own estimates, in standard deviations of the own estimates. */
static double kept_on_average(const struct levels *levels)
{
    double squares[2] = { 0, 0 };

    for (int a = 0; a < 2; a++) {
        const struct shrinkage *s = a == 0 ? levels->effect : levels->other;
        double raw = 0, pooled = 0;

        for (int32_t l = 0; l < s->count; l++) {
            if (!isfinite(s->raw[l]))
                continue;
            raw += (s->raw[l] - s->complete) * (s->raw[l] - s->complete);
            pooled += (s->pooled[l] - s->complete) * (s->pooled[l] - s->complete);
        }
        if (raw > 0) {
            squares[0] += pooled / raw;
            squares[1] += 1;
        }
    }
    return squares[1] > 0 ? sqrt(squares[0] / squares[1]) : (double)NAN;
}

static bool build_arrows(struct plot_job *job, struct levels *levels)
{
    const struct shrinkage *x = levels->effect, *y = levels->other;
    const double *from_x, *from_y, *to_x, *to_y;
    struct plot *plot;
    double kept = kept_on_average(levels);

    if (!levels_order(levels, job, job->options->sort, job->options->max > ARROWS ? job->options->max : ARROWS))
        return false;
    plot = job_plot(job, PLOT_XY, job_model_title(job, levels->model, levels_what(levels, job, "")), x->term, y->term);
    from_x = levels_values(levels, job, x->raw);
    from_y = levels_values(levels, job, y->raw);
    to_x = levels_values(levels, job, x->pooled);
    to_y = levels_values(levels, job, y->pooled);
    if (plot == NULL || from_x == NULL || from_y == NULL || to_x == NULL || to_y == NULL)
        return fail_memory(job->err);
    series_ends(plot, plot_series(plot, MARK_ARROW, "own estimate → BLUP", levels->count, from_x, from_y), to_x, to_y);
    plot_reference(plot, true, x->complete, "overall");
    plot_reference(plot, false, y->complete, NULL);
    plot_statement(plot, "%d levels; the BLUPs' distances from the overall point are %.0f%% of the own estimates'%s", (int)x->count, 100 * kept,
                   levels_sampled(levels, job, job->options->sort));
    return true;
}

static bool build(struct plot_job *job)
{
    struct levels levels;
    bool ok = levels_init(&levels, job);

    if (ok) {
        result_string(job->result, "model", levels.model->name);
        result_string(job->result, "group", levels.effect->group);
        result_string(job->result, "term", levels.effect->term);
        ok = levels.other != NULL ? build_arrows(job, &levels) : build_rows(job, &levels);
    }
    levels_clear(&levels);
    return ok;
}

const struct plot_kind_entry plot_shrinkage = {
    .name = "shrinkage",
    .usage = "shrinkage [MODEL] [GROUP [TERM]]",
    .brief = "own estimate and BLUP of each level; arrows in the plane for a vector of effects",
    .build = build,
};
