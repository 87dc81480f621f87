/* means.c -- the mean of one variable at each value of another, the groups of a third by shape. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sample.h"
#include "cmd/plots/variable.h"

enum { MOST_GROUPS = 6, MOST_VALUES = 40 };

/* Two factors of the rows, x and the groups; without groups every row has group 0. */
struct cells {
    int32_t *x, x_count, *group, group_count;
    const char **x_level, **group_level;
};

static void cells_clear(struct cells *cells)
{
    mem_free(cells->x);
    mem_free(cells->group);
}

static bool cells_init(struct cells *cells, struct plot_job *job, const struct word *x, const struct word *by, size_t rows)
{
    if (!variable_as_factor(job, x->at.begin, x->at.end, &cells->x, &cells->x_level, &cells->x_count))
        return false;
    if (cells->x_count > MOST_VALUES) {
        fail(job->err, GLMM_E_VALUE, x->at, "`%.60s` has %d values; means are shown for at most %d", x->text, (int)cells->x_count,
             MOST_VALUES);
        error_hint(job->err, "cut(%.60s, ...) makes intervals of it", x->text);
        return false;
    }
    cells->group_count = 1;
    if (by == NULL) {
        cells->group = mem_zalloc(rows, sizeof *cells->group);
        return cells->group != NULL || fail_memory(job->err);
    }
    if (!variable_as_factor(job, by->at.begin, by->at.end, &cells->group, &cells->group_level, &cells->group_count))
        return false;
    if (cells->group_count <= MOST_GROUPS)
        return true;
    return fail(job->err, GLMM_E_VALUE, by->at, "`%.60s` has %d levels, and six shapes can be told apart", by->text,
                (int)cells->group_count);
}

/* The places of the x values: their numbers where all are, else 1, 2, ... with names on the axis. */
static bool x_places(struct plot *plot, const struct cells *cells, double *place)
{
    char *end;
    bool numbers = true;

    for (int32_t l = 0; l < cells->x_count; l++) {
        place[l] = strtod(cells->x_level[l], &end);
        numbers = numbers && *end == '\0' && end != cells->x_level[l] && isfinite(place[l]);
    }
    for (int32_t l = 0; !numbers && l < cells->x_count; l++)
        place[l] = l + 1;
    if (!numbers)
        plot_names(plot, (size_t)cells->x_count, cells->x_level);
    return numbers;
}

/* The means of one group, at the x where it has rows.  Returns the rows that were used. */
static size_t add_group(struct plot_job *job, struct plot *plot, const struct variable *y, const struct cells *cells, int32_t g,
                        const double *place, bool numbers)
{
    struct arena *arena = job->result->arena;
    double *mean = arena_alloc(arena, (size_t)cells->x_count, sizeof *mean),
           *x = arena_alloc(arena, (size_t)cells->x_count, sizeof *x);
    size_t *rows = arena_alloc(arena, (size_t)cells->x_count, sizeof *rows), used = 0, n = 0;
    int32_t *at = NEW_ARRAY(int32_t, y->count);
    struct plot_series *series;

    if (mean == NULL || x == NULL || rows == NULL || at == NULL) {
        mem_free(at);
        plot->failed = true;
        return 0;
    }
    for (size_t i = 0; i < y->count; i++)
        at[i] = cells->group[i] == g ? cells->x[i] : -1;
    sample_means_by(y->values, at, y->count, cells->x_count, mean, rows);
    mem_free(at);
    for (int32_t l = 0; l < cells->x_count; l++) {
        if (rows[l] == 0)
            continue;
        used += rows[l];
        x[n] = place[l];
        mean[n++] = mean[l];
    }
    if (numbers)
        plot_series(plot, MARK_FAINT, NULL, n, x, mean);
    series = plot_series(plot, MARK_POINT, cells->group_level == NULL ? NULL : cells->group_level[g], n, x, mean);
    if (series != NULL)
        series->shape = g + 1;
    return used;
}

static bool draw(struct plot_job *job, const struct variable *y, const struct word *x, const struct word *by,
                 const struct cells *cells)
{
    double place[MOST_VALUES];
    size_t used = 0;
    bool numbers;
    struct plot *plot = job_plot(job, PLOT_XY,
                                 arena_printf(job->result->arena, "%s   mean of %s at each %s%s%s", y->data, y->name, x->text,
                                              by == NULL ? "" : " by ", by == NULL ? "" : by->text),
                                 x->text, arena_printf(job->result->arena, "mean of %s", y->name));

    if (plot == NULL)
        return fail_memory(job->err);
    numbers = x_places(plot, cells, place);
    for (int32_t g = 0; g < cells->group_count; g++)
        used += add_group(job, plot, y, cells, g, place, numbers);
    if (!plot_ok(plot))
        return fail_memory(job->err);
    if (used == 0)
        return fail(job->err, GLMM_E_DATA, y->at, "no row has `%.60s` and `%.60s`%s", y->name, x->text,
                    by == NULL ? "" : " and a group");
    plot_statement(plot, "%zu row%s%s", used, used == 1 ? "" : "s", variable_left_out(y, job, used));
    return plot_ok(plot) || fail_memory(job->err);
}

static bool build(struct plot_job *job)
{
    const struct word *words = job->call->words, *by = NULL;
    int count = job->call->word_count;
    struct cells cells = { 0 };
    struct variable y = { 0 };
    bool ok;

    if (count == 4 && strcmp(words[2].text, "by") == 0)
        by = &words[3];
    if (count != 2 && by == NULL)
        return fail(job->err, GLMM_E_USAGE, count > 2 ? words[2].at : NOWHERE,
                    "means take two variables, and `by` a third: means Y X [by G]");
    ok = variable_init(&y, job, words[0].at.begin, words[0].at.end) && cells_init(&cells, job, &words[1], by, y.count)
         && draw(job, &y, &words[1], by, &cells);
    cells_clear(&cells);
    variable_clear(&y);
    return ok;
}

const struct plot_kind_entry plot_means = {
    .name = "means",
    .usage = "means Y X [by G]",
    .brief = "the mean of a variable at each value of another",
    .build = build,
};
