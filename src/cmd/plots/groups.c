/* groups.c -- small multiples: for each level of a grouping factor its rows, the line of its rows alone and the line of the
 * model.
 *
 * The line of the model joins the fitted values (averaged where rows share an x), so that it holds for any model; the line
 * without pooling is the least-squares line of the level's rows, for linear models whose x is a number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sample.h"
#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "cmd/plots/variable.h"
#include "infer/predictor.h"
#include "render/draw.h"
#include "result/number.h"

enum { MOST_NAMED = 24 }; /* levels of a factor on the x axis that are told by their numbers */

struct groups {
    const struct model *model;
    const struct random_design *random;
    const char *x_name;  /* NULL: rows are numbered within their level, in the order of their fitted values */
    const char *key;     /* "p: 1 control, 2 dose" of a factor whose levels are no numbers; else "" */
    bool coded;          /* x is a factor, at whose levels no line runs on */
    double *x;           /* one a row of the design; the arena's */
    size_t *row, *begin; /* rows ordered by level and x; where each level begins; the arena's */
    size_t drawn;        /* rows with an x */
};

/* --- what stands on the x axis ---------------------------------------------------------------- */

/* Takes a column of the design: an effect of the random term, or of X. */
static bool take_design_column(struct groups *g, const char *name)
{
    const struct design *design = g->model->design;
    const struct random_design *r = g->random;

    for (int k = 0; r->z != NULL && k < r->k; k++) {
        if (strcmp(r->names[k], name) != 0)
            continue;
        for (size_t i = 0; i < design->n; i++)
            g->x[i] = r->z[i * (size_t)r->k + (size_t)k];
        g->x_name = name;
        return true;
    }
    for (int j = 0; j < design->p; j++) {
        if (strcmp(design->names[j], name) != 0)
            continue;
        memcpy(g->x, design->X + (size_t)j * design->n, design->n * sizeof *g->x);
        g->x_name = name;
        return true;
    }
    return false;
}

/* Whether each level of a factor is a number. */
static bool has_numbers(const struct column *factor)
{
    double ignored;
    bool all = true;

    for (int32_t l = 0; l < factor->level_count && all; l++)
        all = parse_number(factor->levels[l], strlen(factor->levels[l]), &ignored);
    return all;
}

/* Takes a variable that enters by its levels: the numbers that they are, or else their places.  False when memory is out. */
static bool take_levels(struct groups *g, const struct column *column, struct arena *arena)
{
    const struct design *design = g->model->design;
    bool factor = column->type == COLUMN_FACTOR, numbers = factor && has_numbers(column);

    for (size_t i = 0; i < design->n; i++) {
        size_t row = design->row[i];
        int32_t code = factor ? column->as.code[row] : 0;
        double number = code + 1.0;

        if (numbers && code >= 0)
            parse_number(column->levels[code], strlen(column->levels[code]), &number);
        g->x[i] = !factor ? column_real(column, row) : code < 0 ? (double)NAN : number;
    }
    g->x_name = column->name;
    g->coded = true;
    g->key = factor && !numbers && column->level_count > MOST_NAMED
                 ? arena_printf(arena, "; %s: its %d levels in their order", column->name, (int)column->level_count)
                 : "";
    for (int32_t l = 0; column->level_count <= MOST_NAMED && factor && !numbers && g->key != NULL && l < column->level_count; l++)
        g->key = arena_printf(arena, "%s%s%d %s", l == 0 ? arena_printf(arena, "; %s: ", column->name) : g->key,
                              l == 0 ? "" : ", ", (int)l + 1, column->levels[l]);
    return g->key != NULL;
}

/* The option's expression, from the data on which the model was stated. */
static bool take_option(struct groups *g, struct plot_job *job)
{
    const struct design *design = g->model->design;
    const struct frame *current = job->session->data;
    struct glmm_span at = call_option_at(job->call, "x");
    struct variable variable = { 0 };
    const struct column *column;
    bool ok;

    if (take_design_column(g, job->options->x))
        return true;
    column = frame_find(g->model->frame, job->options->x);
    if (column != NULL && column->type == COLUMN_FACTOR)
        return take_levels(g, column, job->result->arena) || fail_memory(job->err);
    job->session->data = g->model->frame;
    ok = variable_init(&variable, job, at.begin, at.end);
    job->session->data = current;
    for (size_t i = 0; ok && i < design->n; i++) {
        double value = variable.values[design->row[i]];

        g->x[i] = isfinite(value) ? value : (double)NAN;
    }
    g->x_name = job->options->x;
    variable_clear(&variable);
    return ok;
}

static bool has_several_values(const double *x, size_t n)
{
    double low = x[0], high = x[0];

    for (size_t i = 0; i < n; i++) {
        if (x[i] != low && x[i] != high) {
            if (low != high)
                return true;
            high = x[i];
        }
    }
    return false;
}

/* Some level has rows with different x. */
static bool varies_within(const struct groups *g, struct arena *arena)
{
    const struct random_design *r = g->random;
    size_t n = g->model->design->n;
    double *first = arena_alloc(arena, (size_t)r->level_count, sizeof *first);

    for (int32_t l = 0; first != NULL && l < r->level_count; l++)
        first[l] = (double)NAN;
    for (size_t i = 0; first != NULL && i < n; i++) {
        double *here = r->level[i] < 0 ? NULL : &first[r->level[i]];

        if (here == NULL || isnan(g->x[i]))
            continue;
        if (!isnan(*here) && *here != g->x[i])
            return true;
        *here = g->x[i];
    }
    return false;
}

/* Whether the effect is of the factor: of one of its levels (pB), or of a contrast (p1, p.L). */
static bool is_effect_of(const char *effect, const struct column *factor)
{
    size_t length = strlen(factor->name);
    const char *rest = effect + length;

    if (strncmp(effect, factor->name, length) != 0)
        return false;
    for (int32_t l = 0; l < factor->level_count; l++)
        if (strcmp(factor->levels[l], rest) == 0)
            return true;
    return rest[0] == '.' || (rest[0] != '\0' && rest[strspn(rest, "0123456789")] == '\0');
}

/* The first variable that enters by its levels and varies within those of the group; with `effect`, of those that
 * have an effect of this name. */
static bool take_factor(struct groups *g, struct plot_job *job, const char *effect)
{
    int count;
    const struct predictor *all = predictor_all(g->model, job->call->arena, &count, job->err);

    for (int k = 0; all != NULL && k < count; k++) {
        if (!all[k].coded || (effect != NULL && !is_effect_of(effect, all[k].column)))
            continue;
        if (!take_levels(g, all[k].column, job->result->arena))
            return fail_memory(job->err);
        if (varies_within(g, job->call->arena))
            return true;
    }
    g->x_name = NULL;
    g->coded = false;
    g->key = "";
    return all != NULL;
}

/* The first effect of the random term that varies within its levels; the factor, of effects of one.  x_name is NULL where there
 * is none. */
static bool take_effect(struct groups *g, struct plot_job *job)
{
    g->x_name = NULL;
    for (int k = 0; k < g->random->k; k++) {
        const char *name = g->random->names[k];

        if (strcmp(name, "(Intercept)") == 0 || !take_design_column(g, name) || !varies_within(g, job->call->arena))
            continue;
        return frame_find(g->model->frame, name) != NULL
               || (take_factor(g, job, name) && (g->x_name != NULL || take_design_column(g, name)));
    }
    g->x_name = NULL;
    return true;
}

/* The next of the names that a column is the product of ("pB:x") at *text, which moves behind it; the arena's. */
static const char *next_part(const char **text, struct arena *arena)
{
    const char *begin = *text, *end = begin == NULL ? NULL : strchr(begin, ':');

    *text = end == NULL ? NULL : end + 1;
    return end == NULL ? begin : arena_printf(arena, "%.*s", (int)(end - begin), begin);
}

/* Of columns which are each 0 but at one level of a factor ("pB", "pB:x"): the first number among what they are products of that
 * varies. */
static bool take_split(struct groups *g, int count, const char *const *names, struct arena *arena)
{
    const struct design *design = g->model->design;

    for (int k = 0; k < count; k++)
        for (const char *text = names[k], *part; (part = next_part(&text, arena)) != NULL;) {
            const struct column *column = frame_find(g->model->frame, part);

            if (column == NULL || !column_is_number(column))
                continue;
            for (size_t i = 0; i < design->n; i++)
                g->x[i] = column_real(column, design->row[i]);
            g->x_name = column->name;
            if (varies_within(g, arena))
                return true;
        }
    g->x_name = NULL;
    return false;
}

/* Whether a column is of a factor, alone or as one of several that it is the product of: a contrast, or a number at one of its
 * levels alone. */
static bool is_of_factor(const char *name, const struct predictor *all, int count, struct arena *arena)
{
    for (const char *text = name, *part; (part = next_part(&text, arena)) != NULL;)
        for (int k = 0; k < count; k++)
            if (all[k].coded && is_effect_of(part, all[k].column))
                return true;
    return false;
}

/* What varies within the levels of the group (an x that is constant there draws but stacks of points): an effect of the random
 * term, of one that is split by a factor (`by = f`) only after the columns of X, for that factor has no slope; else the first
 * column of X with more than two values that no factor has a part in, for its contrasts are no axis; else a number that has only
 * slopes for each level; else a factor.  Else none. */
static bool take_usual(struct groups *g, struct plot_job *job)
{
    const struct design *design = g->model->design;
    const struct random_term *term = &g->model->formula->random[g->random - design->random];
    bool by = term->by || term->level_of != NULL;
    struct arena *arena = job->call->arena;
    int count;
    const struct predictor *all = predictor_all(g->model, arena, &count, job->err);

    if (all == NULL)
        return false;
    if (by ? take_split(g, g->random->k, g->random->names, arena) : !take_effect(g, job) || g->x_name != NULL)
        return g->x_name != NULL;
    for (int j = 0; j < design->p; j++) {
        if (!is_of_factor(design->names[j], all, count, arena) && has_several_values(design->X + (size_t)j * design->n, design->n)
            && take_design_column(g, design->names[j]) && varies_within(g, arena))
            return true;
    }
    if (take_split(g, design->p, design->names, arena))
        return true;
    if (by && (!take_effect(g, job) || g->x_name != NULL))
        return g->x_name != NULL;
    return take_factor(g, job, NULL);
}

/* --- rows by level ---------------------------------------------------------------------------- */

struct place {
    int32_t level;
    double x;
    size_t row;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->level != b->level)
        return a->level < b->level ? -1 : 1;
    if (a->x != b->x && !isnan(a->x) && !isnan(b->x))
        return a->x < b->x ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static bool sort_rows(struct groups *g, struct arena *arena)
{
    size_t n = g->model->design->n, levels = (size_t)g->random->level_count;
    struct place *places = NEW_ARRAY(struct place, n);

    g->row = arena_alloc(arena, n, sizeof *g->row);
    g->begin = arena_alloc(arena, levels + 1, sizeof *g->begin);
    if (places == NULL || g->row == NULL || g->begin == NULL) {
        mem_free(places);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        places[i] =
            (struct place){ g->random->level[i], g->x_name == NULL ? number_sound(g->model->fit->fitted[i]) : g->x[i], i };
        g->begin[g->random->level[i] + 1]++;
    }
    for (size_t l = 0; l < levels; l++)
        g->begin[l + 1] += g->begin[l];
    qsort(places, n, sizeof *places, compare_places);
    for (size_t i = 0; i < n; i++) {
        g->row[i] = places[i].row;
        if (g->x_name == NULL)
            g->x[places[i].row] = (double)(i - g->begin[places[i].level]) + 1;
    }
    mem_free(places);
    return true;
}

/* Counts the rows that have a place on the x axis; there has to be one. */
static bool count_drawn(struct groups *g, struct plot_job *job)
{
    for (size_t i = 0; i < g->model->design->n; i++)
        g->drawn += !isnan(g->x[i]);
    return g->drawn > 0
           || fail(job->err, GLMM_E_DATA, call_option_at(job->call, "x"), "no row of %s has a finite value of `%.60s`",
                   g->model->name, g->x_name);
}

/* --- a panel ---------------------------------------------------------------------------------- */

/* Fitted values at each x of the level, averaged over rows that share it; returns how many points. */
static size_t model_line(const struct groups *g, size_t begin, size_t end, double *x, double *y)
{
    size_t count = 0;

    for (size_t i = begin; i < end; i++) {
        size_t row = g->row[i];

        if (isnan(g->x[row]))
            continue;
        x[count] = g->x[row];
        y[count++] = g->model->fit->fitted[row];
    }
    return sample_join(x, y, count);
}

/* The least-squares line of the level's rows over their range of x (their mean, where rows are but numbered); false where they do
 * not determine one. */
static bool own_line(const struct groups *g, size_t begin, size_t end, double x[2], double y[2])
{
    struct sample_line line = { 0 };

    for (size_t i = begin; i < end; i++)
        if (!isnan(g->x[g->row[i]]))
            sample_line_add(&line, g->x[g->row[i]], g->model->design->y[g->row[i]]);
    if (line.n == 0 || (g->x_name != NULL && line.xx <= 0))
        return false;
    x[0] = line.low;
    x[1] = line.high;
    for (int k = 0; k < 2; k++)
        y[k] = g->x_name == NULL ? line.mean_y : sample_line_at(&line, x[k]);
    return true;
}

static bool add_panel(struct plot_job *job, struct plot *plot, const struct groups *g, int32_t level)
{
    size_t begin = g->begin[level], end = g->begin[level + 1], count = end - begin, points;
    double *x = arena_alloc(job->call->arena, count, sizeof *x), *y = arena_alloc(job->call->arena, count, sizeof *y);
    struct plot *panel = plot_panel(plot, g->random->levels[level]);
    double ends_x[2], ends_y[2];

    if (x == NULL || y == NULL || panel == NULL)
        return fail_memory(job->err);
    points = model_line(g, begin, end, x, y);
    plot_series(panel, MARK_LINE, "the model", points, x, y);
    if (model_is_linear(g->model) && !g->coded && own_line(g, begin, end, ends_x, ends_y))
        plot_series(panel, MARK_FAINT, "no pooling", 2, ends_x, ends_y);
    for (size_t i = 0; i < count; i++) {
        x[i] = g->x[g->row[begin + i]];
        y[i] = g->model->design->y[g->row[begin + i]];
    }
    plot_series(panel, MARK_POINT, "observed", count, x, y);
    return true;
}

/* --- the plot --------------------------------------------------------------------------------- */

/* "row within plate, by fitted value"; where a level has one fitted value, its rows stand as in the data. */
static const char *number_label(const struct groups *g, struct arena *arena)
{
    const double *fitted = g->model->fit->fitted;

    for (int32_t l = 0; l < g->random->level_count; l++)
        for (size_t i = g->begin[l]; i + 1 < g->begin[l + 1]; i++)
            if (number_sound(fitted[g->row[i + 1]]) != number_sound(fitted[g->row[i]]))
                return arena_printf(arena, "row within %s, by fitted value", g->random->group);
    return arena_printf(arena, "row within %s", g->random->group);
}

static bool draw(struct plot_job *job, const struct groups *g)
{
    size_t total = (size_t)g->random->level_count, shown;
    int width = job->options->width > 0 ? job->options->width : session_style(job->session).width;
    size_t most = job->options->max_given ? (size_t)job->options->max : (size_t)panels_that_fit(width);
    const char *x_label = g->x_name != NULL ? g->x_name : number_label(g, job->result->arena);
    const char *sampled = "", *left_out = "";
    const char *words = response_in_words(job->result->arena, g->model);
    const char *y_label =
        words != NULL && response_is_pair(g->model) ? arena_printf(job->result->arena, "probability (%s)", words) : words;
    struct plot *plot =
        job_plot(job, PLOT_PANELS, job_model_title(job, g->model, arena_printf(job->result->arena, "by %s", g->random->group)),
                 x_label, y_label);

    shown = total > most ? most : total;
    if (plot == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < shown; i++) {
        double at = shown == 1 ? 0 : (double)i * (double)(total - 1) / (double)(shown - 1);

        if (!add_panel(job, plot, g, (int32_t)floor(at + 0.5)))
            return false;
    }
    if (shown < total)
        sampled =
            arena_printf(job->result->arena, "; showing %zu of %zu, spread evenly by name (max=N shows more)", shown, total);
    if (g->drawn < g->model->design->n)
        left_out = arena_printf(job->result->arena, "; %zu missing or infinite left out", g->model->design->n - g->drawn);
    if (sampled == NULL || left_out == NULL)
        return fail_memory(job->err);
    plot_statement(plot, "%zu level%s of %s, %zu rows%s%s%s", total, total == 1 ? "" : "s", g->random->group, g->drawn, left_out,
                   sampled, g->key);
    return true;
}

static bool build(struct plot_job *job)
{
    const struct call *call = job->call;
    struct groups g = { .key = "" };
    int at, index = 0;

    g.model = call_fitted_model(job->session, call, &at, job->err);
    if (g.model == NULL || !no_more_words(call, at + 1, job->err)
        || (call->word_count > at && !check_group(g.model, &call->words[at], job->err)))
        return false;
    if (g.model->design->random_count == 0)
        return fail_without_effects(g.model, ", so it has no groups to draw", job->err);
    if (call->word_count > at)
        index = group_index(g.model->design, call->words[at].text);
    g.random = &g.model->design->random[index];
    g.x = arena_alloc(job->call->arena, g.model->design->n, sizeof *g.x);
    if (g.x == NULL)
        return fail_memory(job->err);
    if (job->options->x != NULL && !take_option(&g, job))
        return false;
    if (job->options->x == NULL && !take_usual(&g, job))
        return false;
    if (!sort_rows(&g, job->call->arena))
        return fail_memory(job->err);
    if (!count_drawn(&g, job))
        return false;
    result_string(job->result, "model", g.model->name);
    result_string(job->result, "group", g.random->group);
    return draw(job, &g);
}

const struct plot_kind_entry plot_groups = {
    .name = "groups",
    .usage = "groups [MODEL] [GROUP]",
    .brief = "a panel for each level: its rows, its own line, the model's line",
    .build = build,
};
