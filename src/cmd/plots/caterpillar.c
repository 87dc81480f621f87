/* caterpillar.c -- the random effects of one term in order of size, with their intervals: which levels differ from 0? */
#include <math.h>

#include "lang/command.h"
#include "report/tables.h"
#include "cmd/plots/levels.h"
#include "cmd/plots/strip.h"
#include "infer/ci.h"
#include "model/family.h"

static const char *title_of(const struct levels *levels, struct plot_job *job)
{
    const struct shrinkage *s = levels->effect;
    const char *group = levels_group(levels, job);

    if (group == NULL)
        return NULL;
    if (levels->at != NULL)
        return arena_printf(job->result->arena, "%s: %s", group, s->scale);
    return arena_printf(job->result->arena, "random effects of %s: %s", group, s->term);
}

static const char *label_of(const struct levels *levels, struct plot_job *job)
{
    const struct shrinkage *s = levels->effect;
    bool linear = levels->model->fit->mean_link->kind == LINK_IDENTITY;

    if (levels->at == NULL)
        return arena_printf(job->result->arena, "difference from the overall %s%s%s", s->term, linear ? "" : ", ",
                            linear ? "" : s->scale);
    return levels->at[0] == '\0' ? s->scale : arena_printf(job->result->arena, "%s at %s", s->scale, levels->at);
}

static bool build_plot(struct plot_job *job, struct levels *levels)
{
    const struct shrinkage *s = levels->effect;
    double level = job->session->settings.level, reach = wald_quantile((double)INFINITY, level);
    double shift = levels->at != NULL ? 0 : s->complete; /* effects are around 0, means around the overall one */
    const double *lower, *upper, *mode, *errors;
    size_t name, n, value, interval, clear = 0;
    struct table *table;
    struct plot *plot;
    bool intervals;
    int decimals;

    if (!levels_order(levels, job, "blup", job->options->max))
        return false;
    plot = job_plot(job, PLOT_ROWS, job_model_title(job, levels->model, title_of(levels, job)), label_of(levels, job), NULL);
    mode = levels_ends(levels, job, 0, shift);
    lower = levels_ends(levels, job, -reach, shift);
    upper = levels_ends(levels, job, reach, shift);
    errors = levels_values(levels, job, s->se);
    table = plot_rows(plot);
    if (table == NULL || errors == NULL || mode == NULL || lower == NULL || upper == NULL)
        return fail_memory(job->err);
    name = table_column(table, "level", s->group, CELL_TEXT);
    n = strip_size_column(table, s);
    value = table_column(table, "estimate", "BLUP", CELL_REAL);
    intervals = !strip_has_no_intervals(s);
    interval =
        !intervals ? 0 : table_interval(table, "lower", "upper", arena_printf(job->result->arena, "%g%% interval", 100 * level));
    decimals = fitting_decimals(mode, errors, levels->count, session_style(job->session).digits);
    table_decimals(table, value, decimals);
    if (intervals)
        table_decimals(table, interval, decimals);
    for (size_t i = 0; i < levels->count; i++) {
        size_t row = table_row(table);

        table_text(table, row, name, s->level[levels->order[i]]);
        strip_size(table, row, n, s, levels->order[i]);
        table_real(table, row, value, mode[i]);
        if (intervals)
            table_pair(table, row, interval, lower[i], upper[i]);
    }
    for (int32_t l = 0; l < s->count; l++)
        clear += shrinkage_is_clear(s, (size_t)l, reach);
    plot_series(plot, MARK_POOLED, "BLUP", levels->count, mode, NULL);
    if (!strip_has_no_intervals(s))
        series_ends(
            plot,
            plot_series(plot, MARK_INTERVAL, strip_interval_label(level, 0, job->result->arena), levels->count, lower, NULL),
            upper, NULL);
    plot_reference(plot, true, levels->at != NULL ? s->complete : 0, levels->at != NULL ? "overall" : NULL);
    if (intervals)
        plot_statement(plot, "%zu of %d intervals exclude %s%s", clear, (int)s->count,
                       levels->at != NULL ? "the overall value" : "0", levels_sampled(levels, job, "BLUP"));
    else
        plot_statement(plot, "no intervals: the variance is estimated as 0, and so is every random effect%s",
                       levels_sampled(levels, job, "BLUP"));
    return true;
}

static bool build(struct plot_job *job)
{
    struct levels levels;
    bool ok = levels_init(&levels, job, false);

    if (ok) {
        result_string(job->result, "model", levels.model->name);
        result_string(job->result, "group", levels.effect->group);
        result_string(job->result, "term", levels.effect->term);
        shrinkage_free(levels.other); /* one effect is drawn */
        levels.other = NULL;
        ok = build_plot(job, &levels);
        levels_next(&levels, job, "caterpillar");
    }
    levels_clear(&levels);
    return ok;
}

const struct plot_kind_entry plot_caterpillar = {
    .name = "caterpillar",
    .usage = "caterpillar [MODEL] [GROUP [TERM]]",
    .brief = "the random effects in order, with their intervals",
    .build = build,
    .response = true,
};
