/* partial.c -- the partial effect of a term of the fixed effects (infer/partial.h): a curve with its band and the partial
 * residuals, a panel for each level where it meets a factor; of a factor a row for each level. */
#include "infer/partial.h"

#include <math.h>
#include <string.h>

#include "cmd/plots/plots.h"
#include "cmd/predictors.h"
#include "fit/identify.h"
#include "model/family.h"
#include "render/draw.h"
#include "report/determined.h"
#include "report/headline.h"
#include "report/naming.h"
#include "report/tables.h"
#include "result/number.h"

/* --- words ------------------------------------------------------------------------------------------- */

static const char *name_scale(struct plot_job *job, const struct model *model)
{
    const struct link *link = model->fit->link;
    const char *words = response_in_words(job->result->arena, model);

    if (words == NULL || link->kind == LINK_IDENTITY)
        return model->family->categories > 0 ? "latent scale, without the thresholds" : words;
    if (model->family->categories > 0)
        return arena_printf(job->result->arena, "%s of %s, without the thresholds", link->scale, words);
    return arena_printf(job->result->arena, "%s of %s", link->scale, words);
}

/* "95% interval (Satterthwaite)". */
static const char *name_interval(const struct plot_job *job, const struct partial *p)
{
    return arena_printf(job->result->arena, "%.4g%% interval (%s)", 100 * job->session->settings.level, p->interval);
}

/* "; 1000 of 5000 rows, chosen at random", with what else there is to say of the residuals; NULL when memory is out. */
static const char *say_rows(const struct plot_job *job, const struct partial *p)
{
    struct arena *arena = job->result->arena;
    const char *words;

    if (p->ordered)
        return "; an ordered response has no working residuals";
    words = p->sampled < p->rows
                ? arena_printf(arena, "; partial residuals of %zu of %zu rows, chosen at random", p->sampled, p->rows)
                : arena_printf(arena, "; %zu row%s", p->rows, p->rows == 1 ? "" : "s");
    if (words != NULL && p->perfect > 0)
        words = arena_printf(arena, "%s, %zu of them without a residual: %sfitted perfectly, at infinity, or not estimable",
                             words, p->perfect, p->hurdle ? "zeros of the hurdle, " : "");
    if (words != NULL && p->beyond > 0)
        words = arena_printf(arena, "%s, %zu far off at the edge", words, p->beyond);
    return words;
}

static const char *say_missing(const struct plot_job *job, const struct partial *p)
{
    const char *words = p->infinite == 0 ? "" : "; infinite where it stands at the edge: help separation";

    return p->why_not == NULL
               ? words
               : arena_printf(job->result->arena, "%s; not estimable where nothing is drawn: %s", words, p->why_not);
}

/* Why finite points have no interval. */
static const char *say_open(const struct partial *p)
{
    bool open = false;

    for (size_t l = 0; l < p->line_count; l++)
        for (size_t k = 0; k < p->count; k++)
            open = open || (isfinite(p->line[l].estimate[k]) && isnan(p->line[l].lower[k]));
    if (!open)
        return "";
    return errors_are_open(p->model->fit)
               ? "; no interval where its error depends on a variance that the data leave open: help identified"
               : "; no interval where its error is not known";
}

/* "0.48 [0.33, 0.62] in F", or from where to where a curve goes. */
static const char *say_line(const struct plot_job *job, const struct partial *p, const struct partial_line *line)
{
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE];
    const char *in = line->label == NULL ? "" : arena_printf(job->result->arena, " in %s", line->label);

    if (in == NULL)
        return NULL;
    if (isnan(line->estimate[line->low]))
        return arena_printf(job->result->arena, "not estimable%s", in);
    if (line->straight && isnan(line->slope_lower))
        return arena_printf(job->result->arena, "slope %s%s", number_text(a, line->slope, 4), in);
    if (line->straight)
        return arena_printf(job->result->arena, "slope %s [%s, %s]%s", number_text(a, line->slope, 4),
                            number_text(b, line->slope_lower, 4), number_text(c, line->slope_upper, 4), in);
    return arena_printf(job->result->arena, "least %s at %s, greatest %s at %s%s", number_text(a, line->estimate[line->low], 4),
                        number_text(b, p->x[line->low], 4), number_text(c, line->estimate[line->high], 4),
                        number_text(d, p->x[line->high], 4), in);
}

static bool state(struct plot_job *job, struct plot *plot, const struct partial *p, size_t shown)
{
    const char *rows = say_rows(job, p), *missing = say_missing(job, p), *lines = "", *sampled = "";
    size_t all = p->names != NULL ? p->count * p->line_count : p->line_count;

    for (size_t l = 0; lines != NULL && p->names == NULL && l < p->line_count && l < shown; l++) {
        const char *one = say_line(job, p, &p->line[l]);

        lines = one == NULL ? NULL : arena_printf(job->result->arena, "%s%s%s", lines, l == 0 ? "" : ", ", one);
    }
    if (shown < all)
        sampled = arena_printf(job->result->arena, "; showing %zu of %zu levels (max=N shows more)", shown, all);
    if (rows == NULL || missing == NULL || lines == NULL || sampled == NULL)
        return fail_memory(job->err);
    plot_statement(plot, "%s%s%s%s%s", lines, lines[0] == '\0' ? rows + 2 : rows, sampled, missing, say_open(p));
    if (p->term.meets != NULL)
        result_line(job->result, LINE_NEXT, "plot-ascii partial %s", p->term.meets);
    return plot_ok(plot) || fail_memory(job->err);
}

/* --- a curve ----------------------------------------------------------------------------------------- */

/* The points of a line, its band and itself: what is drawn last lies above. */
static bool add_line(struct plot_job *job, struct plot *plot, const struct partial *p, size_t l, const char *interval)
{
    double *x = arena_alloc(job->call->arena, p->row_count + 1, sizeof *x),
           *y = arena_alloc(job->call->arena, p->row_count + 1, sizeof *y);
    const struct partial_line *line = &p->line[l];
    size_t n = 0;

    if (x == NULL || y == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < p->row_count; i++) {
        if ((size_t)p->row_line[i] != l)
            continue;
        x[n] = p->row_x[i];
        y[n++] = p->row_value[i];
    }
    if (!p->ordered)
        plot_series(plot, MARK_POINT, "partial residual", n, x, y);
    plot_series(plot, MARK_DOTTED, interval, p->count, p->x, line->lower);
    plot_series(plot, MARK_DOTTED, NULL, p->count, p->x, line->upper);
    plot_series(plot, MARK_LINE, "effect", p->count, p->x, line->estimate);
    plot->has_y_range = isfinite(p->range[0]) && p->range[0] < p->range[1];
    plot->y_range[0] = p->range[0];
    plot->y_range[1] = p->range[1];
    return plot_ok(plot) || fail_memory(job->err);
}

static size_t lines_shown(const struct plot_job *job, const struct partial *p)
{
    int width = job->options->width > 0 ? job->options->width : session_style(job->session).width;
    size_t most = job->options->max_given ? (size_t)job->options->max : (size_t)panels_that_fit(width);

    return p->line_count < most ? p->line_count : most;
}

static bool draw_curve(struct plot_job *job, struct plot *plot, const struct partial *p)
{
    const char *interval = name_interval(job, p);
    size_t shown = lines_shown(job, p);

    if (interval == NULL)
        return fail_memory(job->err);
    if (!p->term.crossed)
        return add_line(job, plot, p, 0, interval) && state(job, plot, p, 1);
    for (size_t l = 0; l < shown; l++) {
        struct plot *panel = plot_panel(plot, p->line[l].label);

        if (panel == NULL || !add_line(job, panel, p, l, interval))
            return fail_memory(job->err);
    }
    return state(job, plot, p, shown);
}

/* --- levels ------------------------------------------------------------------------------------------ */

/* The cells that are drawn, and their values, one an item. */
struct shown_cells {
    size_t shown;
    size_t *cell;
    double *estimate, *lower, *upper, *low, *high;
};

static bool choose_cells(struct plot_job *job, const struct partial *p, struct shown_cells *c)
{
    size_t all = p->count * p->line_count, most = (size_t)job->options->max;
    struct arena *arena = job->result->arena;

    c->shown = all < most ? all : most;
    c->cell = arena_alloc(arena, c->shown + 1, sizeof *c->cell);
    if (c->cell == NULL || (c->estimate = arena_alloc(arena, 5 * c->shown + 1, sizeof(double))) == NULL)
        return fail_memory(job->err);
    c->lower = c->estimate + c->shown;
    c->upper = c->lower + c->shown;
    c->low = c->upper + c->shown;
    c->high = c->low + c->shown;
    for (size_t i = 0; i < c->shown; i++) {
        size_t at = c->shown < 2 ? 0 : i * (all - 1) / (c->shown - 1);
        const struct partial_line *line = &p->line[at / p->count];

        c->cell[i] = at;
        c->estimate[i] = line->estimate[at % p->count];
        c->lower[i] = line->lower[at % p->count];
        c->upper[i] = line->upper[at % p->count];
        c->low[i] = p->spread[at].low;
        c->high[i] = p->spread[at].high;
    }
    return true;
}

static bool fill_rows(struct plot_job *job, struct plot *plot, const struct partial *p, const struct shown_cells *c)
{
    struct table *table = plot_rows(plot);
    size_t by = 0, level, rows, value;

    if (table == NULL)
        return fail_memory(job->err);
    if (p->term.crossed)
        by = table_column(table, "by", p->term.by.column->name, CELL_TEXT);
    level = table_column(table, "level", p->term.x.column->name, CELL_TEXT);
    rows = p->ordered ? 0 : table_column(table, "n", "n", CELL_INTEGER);
    value = table_column(table, "effect", "effect", CELL_REAL);
    for (size_t i = 0; i < c->shown; i++) {
        size_t row = table_row(table), at = c->cell[i];

        if (p->term.crossed)
            table_text(table, row, by, p->line[at / p->count].label);
        table_text(table, row, level, p->names[at % p->count]);
        if (!p->ordered)
            table_integer(table, row, rows, (long)p->spread[at].rows);
        table_real_known(table, row, value, c->estimate[i]);
    }
    return true;
}

/* Partial residuals beyond the whiskers of the rows that are shown. */
static bool add_far(struct plot_job *job, struct plot *plot, const struct partial *p, const struct shown_cells *c)
{
    double *x = arena_alloc(job->call->arena, p->far_count + 1, sizeof *x),
           *y = arena_alloc(job->call->arena, p->far_count + 1, sizeof *y);
    size_t n = 0;

    if (x == NULL || y == NULL)
        return fail_memory(job->err);
    for (size_t k = 0; k < p->far_count; k++) {
        size_t row = p->far[k], cell = (size_t)p->row_line[row] * p->count + (size_t)p->row_x[row] - 1;

        for (size_t i = 0; i < c->shown; i++)
            if (c->cell[i] == cell) {
                x[n] = p->row_value[row];
                y[n++] = (double)i;
            }
    }
    if (n > 0)
        plot_series(plot, MARK_POINT, "farther off", n, x, y);
    return true;
}

static bool draw_levels(struct plot_job *job, struct plot *plot, const struct partial *p)
{
    const char *interval = name_interval(job, p);
    struct shown_cells c = { 0 };

    if (!choose_cells(job, p, &c) || !fill_rows(job, plot, p, &c))
        return false;
    if (!p->ordered)
        series_ends(plot, plot_series(plot, MARK_INTERVAL, "partial residuals, as whiskers", c.shown, c.low, NULL), c.high, NULL);
    series_ends(plot, plot_series(plot, MARK_BOX, interval, c.shown, c.lower, NULL), c.upper, NULL);
    plot_series(plot, MARK_POOLED, "effect", c.shown, c.estimate, NULL);
    plot->has_x_range = isfinite(p->range[0]) && p->range[0] < p->range[1];
    plot->x_range[0] = p->range[0];
    plot->x_range[1] = p->range[1];
    return add_far(job, plot, p, &c) && state(job, plot, p, c.shown);
}

/* --- the plot ---------------------------------------------------------------------------------------- */

static bool draw(struct plot_job *job, const struct partial *p)
{
    struct arena *arena = job->result->arena;
    const char *variable = p->term.x.column->name, *scale = name_scale(job, p->model);
    const char *held = p->held[0] == '\0' ? "" : arena_printf(arena, "   (%s)", p->held), *x_label, *what;
    struct plot *plot;

    what = arena_printf(arena, "partial effect of %s", p->term.label);
    if (scale == NULL || held == NULL || what == NULL)
        return fail_memory(job->err);
    x_label = arena_printf(arena, "%s%s", p->names != NULL ? scale : variable, held);
    plot = job_plot(job,
                    p->names != NULL  ? PLOT_ROWS
                    : p->term.crossed ? PLOT_PANELS
                                      : PLOT_XY,
                    job_model_title(job, p->model, what), x_label, p->names != NULL ? NULL : scale);
    if (plot == NULL || x_label == NULL)
        return fail_memory(job->err);
    return p->names != NULL ? draw_levels(job, plot, p) : draw_curve(job, plot, p);
}

/* [MODEL] TERM: the words behind the model are one term, with its blanks. */
static const struct model *read_call(struct plot_job *job, struct partial_term *term)
{
    const struct call *call = job->call;
    struct session *session = job->session;
    int at = call->word_count > 0 && session_find_model(session, call->words[0].text) != NULL;
    struct asked asked = { .text = NULL };
    struct model *model = call_first_fit(session, call, at, job->err);

    if (model == NULL || !identity_check_fitted(model->fit, job->err))
        return NULL;
    if (call->word_count == at) {
        fail(job->err, GLMM_E_USAGE, NOWHERE, "`partial` needs a term of the fixed effects: partial [MODEL] TERM");
        if (model->formula->term_count > 0)
            error_hint(job->err, "for example plot-ascii partial %.60s", model->formula->terms[0].label);
        return NULL;
    }
    asked.text = call->words[at].text;
    asked.quoted = call->words[at].quoted;
    asked.at = span_of(call->words[at].at.begin, call->words[call->word_count - 1].at.end);
    if (call->word_count > at + 1)
        asked.text = arena_strndup(call->arena, call->line + asked.at.begin, (size_t)(asked.at.end - asked.at.begin));
    if (at == 0)
        asked.models = call_model_names(session, call->arena);
    if (asked.text == NULL || (at == 0 && asked.models == NULL)) {
        fail_memory(job->err);
        return NULL;
    }
    return partial_term_find(term, model, &asked, job->result->arena, job->err) ? model : NULL;
}

static bool build(struct plot_job *job)
{
    struct partial_term term;
    struct partial partial;
    const struct model *model = read_call(job, &term);
    bool ok;

    if (model == NULL)
        return false;
    result_string(job->result, "model", model->name);
    result_string(job->result, "term", term.label);
    ok = partial_init(&partial, &term, job->session->settings.level, &job->session->progress, job->err) && draw(job, &partial);
    partial_clear(&partial);
    return ok;
}

const struct plot_kind_entry plot_partial = {
    .name = "partial",
    .usage = "partial [MODEL] TERM",
    .brief = "the effect of a fixed term, with partial residuals",
    .build = build,
};
