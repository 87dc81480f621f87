/* forest.c -- the studies of the last meta-analysis: their own effects, what the model makes of them, and the pooled one, where
 * no moderators give each study its own. */
#include <math.h>
#include <string.h>

#include "cmd/figure-shown.h"
#include "cmd/plots/plots.h"
#include "infer/ratio.h"
#include "report/tables.h"

/* Points at the rows where x is known; with x2 intervals. */
struct points {
    size_t count;
    double *x, *x2, *y;
};

static bool take_points(struct points *p, const struct table *table, const char *from, const char *to, struct arena *arena)
{
    size_t rows = table->row_count;

    *p = (struct points){ .x = arena_alloc(arena, rows + 1, sizeof *p->x),
                          .x2 = arena_alloc(arena, rows + 1, sizeof *p->x),
                          .y = arena_alloc(arena, rows + 1, sizeof *p->x) };
    if (p->x == NULL || p->x2 == NULL || p->y == NULL)
        return false;
    for (size_t r = 0; r < rows; r++) {
        double x = shown_number_at(table, r, from);

        if (isnan(x))
            continue;
        p->x[p->count] = x;
        p->x2[p->count] = to == NULL ? x : shown_number_at(table, r, to);
        p->y[p->count++] = (double)r;
    }
    return true;
}

static const char *arm_text(const struct table *table, size_t row, const char *events, const char *n, struct arena *arena)
{
    return arena_printf(arena, "%.0f/%.6g", shown_number_at(table, row, events), shown_number_at(table, row, n));
}

static bool add_rows(struct plot *plot, const struct table *studies, struct arena *arena)
{
    struct table *table = plot_rows(plot);
    size_t name = table_column(table, "study", "study", CELL_TEXT),
           treated = table_column(table, "treated", "treated", CELL_TEXT);
    size_t control = table_column(table, "control", "control", CELL_TEXT);
    size_t shrunk = table_column(table, "shrunk", "in the model", CELL_REAL);

    table_flags(table, treated, COLUMN_RIGHT);
    table_flags(table, control, COLUMN_RIGHT);
    table_decimals(table, shrunk, 2);
    for (size_t r = 0; r < studies->row_count; r++) {
        size_t row = table_row(table);

        table_text(table, row, name, shown_text_at(studies, r, "study"));
        table_text(table, row, treated, arm_text(studies, r, "events1", "n1", arena));
        table_text(table, row, control, arm_text(studies, r, "events2", "n2", arena));
        table_real_known(table, row, shrunk, shown_number_at(studies, r, "shrunk"));
    }
    return table != NULL;
}

static void add_pooled(struct plot *plot, const struct table *fixed)
{
    double effect = shown_number_at(fixed, 0, "estimate"), lower = shown_number_at(fixed, 0, "lower"),
           upper = shown_number_at(fixed, 0, "upper");

    plot_reference(plot, true, effect, "pooled");
    plot_statement(plot,
                   "pooled %.3g [%.3g, %.3g], as ratio %.3g [%.3g, %.3g]; a study without events in one arm has no own interval",
                   effect, lower, upper, ratio_of_log(effect), ratio_of_log(lower), ratio_of_log(upper));
}

static bool draw(struct plot_job *job, const struct result *meta, const struct table *studies, const struct table *fixed)
{
    struct arena *arena = job->result->arena;
    const char *ratio = strcmp(shown_said(meta, "measure"), "irr") == 0 ? "log rate ratio" : "log odds ratio";
    struct plot *plot = job_plot(job, PLOT_ROWS, arena_printf(arena, "forest of %s", shown_said(meta, "model")), ratio, NULL);
    struct points own, interval, shrunk;

    if (!add_rows(plot, studies, arena) || !take_points(&own, studies, "effect", NULL, arena)
        || !take_points(&interval, studies, "lower", "upper", arena) || !take_points(&shrunk, studies, "shrunk", NULL, arena))
        return fail_memory(job->err);
    series_ends(plot, plot_series(plot, MARK_INTERVAL, "own interval", interval.count, interval.x, interval.y), interval.x2,
                NULL);
    plot_series(plot, MARK_RAW, "own", own.count, own.x, own.y);
    plot_series(plot, MARK_POOLED, "in the model", shrunk.count, shrunk.x, shrunk.y);
    plot_reference(plot, true, 0, "no effect");
    if (fixed->row_count == 1)
        add_pooled(plot, fixed);
    else
        plot_statement(plot,
                       "in the model each study has the effect of its moderators: no effect is pooled; a study without events in "
                       "one arm has no own interval");
    return true;
}

static bool build(struct plot_job *job)
{
    const struct result *last = job->session->last;
    const struct table *studies, *fixed;

    if (last != NULL && strcmp(last->command, "explain") == 0)
        last = last->about;
    if (last == NULL || strcmp(last->command, "meta") != 0) {
        fail(job->err, GLMM_E_STATE, NOWHERE, "there is no meta-analysis to draw: a forest is of the last result");
        error_hint(job->err, "meta EVENTS N, arm=VAR study=VAR; then plot-ascii forest");
        return false;
    }
    studies = shown_table(last, "studies");
    fixed = shown_table(last, "fixed");
    if (studies == NULL || fixed == NULL || fixed->row_count == 0 || !isfinite(shown_number_at(fixed, 0, "estimate"))
        || !isfinite(shown_number_at(fixed, 0, "lower")))
        return fail(job->err, GLMM_E_MODEL, NOWHERE, "the pooled effect of the last meta-analysis is not finite");
    result_string(job->result, "model", shown_said(last, "model"));
    return draw(job, last, studies, fixed);
}

const struct plot_kind_entry plot_forest = {
    .name = "forest",
    .usage = "forest",
    .brief = "the studies of the last meta-analysis, and the pooled effect",
    .build = build,
};
