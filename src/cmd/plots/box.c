/* box.c -- box plots of one variable, a row for each level of a factor: where the middle half lies, and what lies far off. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/sample.h"
#include "cmd/plots/variable.h"
#include "report/tables.h"

/* What is drawn of the levels that have rows. */
struct boxes {
    size_t count, far_count;
    const char **level;
    size_t *rows;
    double *low, *lower, *median, *upper, *high; /* whiskers' ends, quartiles */
    double *far_x, *far_y;                       /* values beyond the whiskers, and in which row */
};

static bool boxes_init(struct boxes *boxes, struct plot_job *job, size_t levels, size_t values)
{
    struct arena *arena = job->result->arena;

    boxes->level = arena_alloc(arena, levels, sizeof *boxes->level);
    boxes->rows = arena_alloc(arena, levels, sizeof *boxes->rows);
    boxes->low = arena_alloc(arena, levels, sizeof(double));
    boxes->lower = arena_alloc(arena, levels, sizeof(double));
    boxes->median = arena_alloc(arena, levels, sizeof(double));
    boxes->upper = arena_alloc(arena, levels, sizeof(double));
    boxes->high = arena_alloc(arena, levels, sizeof(double));
    boxes->far_x = arena_alloc(arena, values, sizeof(double));
    boxes->far_y = arena_alloc(arena, values, sizeof(double));
    return (boxes->level != NULL && boxes->rows != NULL && boxes->low != NULL && boxes->lower != NULL && boxes->median != NULL
            && boxes->upper != NULL && boxes->high != NULL && boxes->far_x != NULL && boxes->far_y != NULL)
           || fail_memory(job->err);
}

/* One more box, of n > 0 sorted values. */
static void add_box(struct boxes *boxes, const char *level, const double *sorted, size_t n)
{
    size_t b = boxes->count++, from, to;

    boxes->level[b] = level;
    boxes->rows[b] = n;
    boxes->lower[b] = sample_quantile(sorted, n, 0.25);
    boxes->median[b] = sample_quantile(sorted, n, 0.5);
    boxes->upper[b] = sample_quantile(sorted, n, 0.75);
    sample_whiskers(sorted, n, &from, &to);
    boxes->low[b] = sorted[from];
    boxes->high[b] = sorted[to];
    for (size_t i = 0; i < n; i++) {
        if (i >= from && i <= to)
            continue;
        boxes->far_x[boxes->far_count] = sorted[i];
        boxes->far_y[boxes->far_count++] = (double)b;
    }
}

/* The values of each level, sorted, one level after the other; at most `most` levels, spread evenly over all. */
static bool find_boxes(struct plot_job *job, struct boxes *boxes, const struct variable *y, const int32_t *codes,
                       const char *const *levels, int32_t count, size_t most)
{
    double *values = mem_alloc(y->count, sizeof *values);
    size_t *begin = mem_zalloc((size_t)count + 2, sizeof *begin), shown = (size_t)count < most ? (size_t)count : most;
    bool ok = (values != NULL && begin != NULL) || fail_memory(job->err);

    for (size_t i = 0; ok && i < y->count; i++)
        if (codes[i] >= 0 && isfinite(y->values[i]))
            begin[codes[i] + 2]++;
    for (int32_t l = 2; ok && l < count + 2; l++)
        begin[l] += begin[l - 1];
    for (size_t i = 0; ok && i < y->count; i++)
        if (codes[i] >= 0 && isfinite(y->values[i]))
            values[begin[codes[i] + 1]++] = y->values[i];
    for (size_t k = 0; ok && k < shown; k++) {
        size_t l = shown < 2 ? 0 : k * ((size_t)count - 1) / (shown - 1), n = begin[l + 1] - begin[l];

        sample_sort(values + begin[l], n);
        if (n > 0)
            add_box(boxes, levels[l], values + begin[l], n);
    }
    mem_free(values);
    mem_free(begin);
    return ok;
}

static bool fill_rows(struct plot *plot, const struct boxes *boxes, const char *by)
{
    struct table *table = plot_rows(plot);
    size_t level, rows, median;

    if (table == NULL)
        return false;
    level = table_column(table, "level", by, CELL_TEXT);
    rows = table_column(table, "n", "n", CELL_INTEGER);
    median = table_column(table, "median", "median", CELL_REAL);
    for (size_t b = 0; b < boxes->count; b++) {
        size_t row = table_row(table);

        table_text(table, row, level, boxes->level[b]);
        table_integer(table, row, rows, (long)boxes->rows[b]);
        table_real(table, row, median, boxes->median[b]);
    }
    return true;
}

/* All boxes, with what was left out. */
static bool draw(struct plot_job *job, const struct variable *y, const struct boxes *boxes, const char *by, size_t levels)
{
    struct arena *arena = job->result->arena;
    struct plot *plot;
    size_t used = 0;

    for (size_t b = 0; b < boxes->count; b++)
        used += boxes->rows[b];
    if (used == 0)
        return fail(job->err, GLMM_E_DATA, y->at, "no row has a number in `%.60s`%s", y->name,
                    by[0] == '\0' ? "" : " and a level");
    plot = job_plot(job, PLOT_ROWS, arena_printf(arena, "%s   %s%s%s", y->data, y->name, by[0] == '\0' ? "" : " by ", by),
                    y->name, NULL);
    if (plot == NULL || !fill_rows(plot, boxes, by))
        return fail_memory(job->err);
    series_ends(plot, plot_series(plot, MARK_INTERVAL, "within 1.5 box lengths of it", boxes->count, boxes->low, NULL),
                boxes->high, NULL);
    series_ends(plot, plot_series(plot, MARK_BOX, "middle half", boxes->count, boxes->lower, NULL), boxes->upper, NULL);
    plot_series(plot, MARK_POOLED, "median", boxes->count, boxes->median, NULL);
    if (boxes->far_count > 0)
        plot_series(plot, MARK_POINT, "farther off", boxes->far_count, boxes->far_x, boxes->far_y);
    if (boxes->count < levels && levels > (size_t)job->options->max)
        plot_statement(plot, "showing %zu of %zu levels, spread evenly (max=N shows more)", boxes->count, levels);
    else
        plot_statement(plot, "%zu row%s%s", used, used == 1 ? "" : "s", variable_left_out(y, job, used));
    return plot_ok(plot) || fail_memory(job->err);
}

static bool build(struct plot_job *job)
{
    const struct word *words = job->call->words, *by = NULL;
    int count = job->call->word_count;
    const char *whole[] = { "all rows" }, **levels = whole;
    struct variable y = { 0 };
    struct boxes boxes = { 0 };
    int32_t *codes = NULL, level_count = 1;
    bool ok;

    if (count == 3 && strcmp(words[1].text, "by") == 0)
        by = &words[2];
    if (count != 1 && by == NULL) {
        fail(job->err, GLMM_E_USAGE, count > 1 ? words[1].at : NOWHERE,
             "a box plot takes a variable, and `by` a factor: box Y by G");
        error_hint(job->err, "an expression with blanks goes between parentheses: box (X / 2) by G");
        return false;
    }
    ok = variable_init(&y, job, words[0].at.begin, words[0].at.end);
    if (ok && by != NULL)
        ok = variable_as_factor(job, by->at.begin, by->at.end, &codes, &levels, &level_count);
    else if (ok)
        ok = (codes = mem_zalloc(y.count, sizeof *codes)) != NULL || fail_memory(job->err);
    ok = ok && boxes_init(&boxes, job, (size_t)level_count, y.count)
         && find_boxes(job, &boxes, &y, codes, levels, level_count, (size_t)job->options->max)
         && draw(job, &y, &boxes, by == NULL ? "" : by->text, (size_t)level_count);
    mem_free(codes);
    variable_clear(&y);
    return ok;
}

const struct plot_kind_entry plot_box = {
    .name = "box",
    .usage = "box Y [by G]",
    .brief = "one variable, a box for each level",
    .build = build,
};
