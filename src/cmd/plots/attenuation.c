/* attenuation.c -- the curves of single groups, faint, the average over all groups, strong, and the naive model's curve,
 * dotted, over the range of one predictor or at its levels (infer/curves.h). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/curves.h"
#include "cmd/plots/plots.h"
#include "cmd/predictors.h"
#include "infer/attenuation.h"
#include "result/number.h"

enum { LEVEL_CELLS = 4, GUTTER_CELLS = 8 };

struct drawing {
    struct plot_job *job;
    struct curves curves;
    struct attenuation *attenuation;
    size_t *shown; /* the points that are drawn, in order; the arena's */
    size_t shown_count;
};

/* --- which points ------------------------------------------------------------------------------- */

/* All points of a curve; so many levels as there is room for, sampled evenly. */
static bool choose_points(struct drawing *d)
{
    const struct plot_options *options = d->job->options;
    const struct session *session = d->job->session;
    size_t count = d->curves.count, most = (size_t)options->max;
    int width = options->width > 0            ? options->width
                : session->settings.width > 0 ? session->settings.width
                                              : session->screen.width;

    d->shown = arena_alloc(d->job->result->arena, count, sizeof *d->shown);
    if (d->shown == NULL)
        return fail_memory(d->job->err);
    width = width < 40 ? 40 : width > 250 ? 250 : width;
    if (most > (size_t)(width - GUTTER_CELLS) / LEVEL_CELLS)
        most = (size_t)(width - GUTTER_CELLS) / LEVEL_CELLS;
    d->shown_count = d->curves.names == NULL || count <= most ? count : most;
    for (size_t i = 0; i < d->shown_count; i++)
        d->shown[i] = d->shown_count == count ? i : i * (count - 1) / (d->shown_count - 1);
    return true;
}

/* The values of the points that are drawn; the arena's, NULL when memory is out. */
static double *shown_values(const struct drawing *d, const double *values)
{
    double *copy = arena_alloc(d->job->result->arena, d->shown_count, sizeof *copy);

    for (size_t i = 0; copy != NULL && i < d->shown_count; i++)
        copy[i] = values[d->shown[i]];
    return copy;
}

/* --- the key number -------------------------------------------------------------------------------- */

/* The level that is farthest from the reference. */
static size_t farthest_level(const struct curves *c)
{
    size_t farthest = c->reference;

    for (size_t at = 0; at < c->count; at++)
        if (fabs(curves_step(c, c->fit->beta, at)) > fabs(curves_step(c, c->fit->beta, farthest)))
            farthest = at;
    return farthest;
}

/* "time", "slope of time at 4.5", "terbinafine against itraconazole", "period 4 against 1" (a bare number says little). */
static const char *name_step(const struct drawing *d, size_t at)
{
    const struct curves *c = &d->curves;
    const char *name = c->predictor.column->name;
    char x[NUMBER_SIZE];
    double number;

    if (c->names != NULL && parse_number(c->names[at], strlen(c->names[at]), &number))
        return arena_printf(d->job->result->arena, "%s %s against %s", name, c->names[at], c->names[c->reference]);
    if (c->names != NULL)
        return arena_printf(d->job->result->arena, "%s against %s", c->names[at], c->names[c->reference]);
    return c->straight ? name : arena_printf(d->job->result->arena, "slope of %s at %s", name, number_text(x, c->x[at], 4));
}

/* "period 4 against 1: group -1.58, average -1.51, ratio 0.96". */
static const char *say_step(const struct drawing *d)
{
    const struct curves *c = &d->curves;
    size_t at = c->names != NULL ? farthest_level(c) : c->count / 2;
    double conditional = curves_step(c, c->fit->beta, at), marginal = curves_step(c, d->attenuation->marginal, at);
    char one[NUMBER_SIZE], average[NUMBER_SIZE], ratio[NUMBER_SIZE];
    const char *name = name_step(d, at), *words;

    if (name == NULL)
        return NULL;
    words = arena_printf(d->job->result->arena, "%s: group %s, average %s", name, number_text(one, conditional, 3),
                         number_text(average, marginal, 3));
    if (words == NULL || conditional == 0 || isnan(conditional))
        return isnan(conditional) ? arena_printf(d->job->result->arena, "%s: not estimable", name) : words;
    return arena_printf(d->job->result->arena, "%s, ratio %s", words, number_text(ratio, marginal / conditional, 2));
}

static bool state(const struct drawing *d, struct plot *plot)
{
    const struct curves *c = &d->curves;
    const char *said, *sampled = "", *not_estimable = "";

    if (d->attenuation->collapsible)
        said = c->names != NULL ? "the link is the identity: the average is that of the typical group"
                                : "the link is the identity: the average is one of the lines";
    else if (!d->attenuation->exists)
        said = "the population has no finite mean everywhere";
    else
        said = say_step(d);
    if (d->shown_count < c->count)
        sampled = arena_printf(plot->arena, "; showing %zu of %zu levels", d->shown_count, c->count);
    if (c->why_not != NULL)
        not_estimable = arena_printf(plot->arena, "; not estimable where nothing is drawn: %s", c->why_not);
    if (said == NULL || sampled == NULL || not_estimable == NULL)
        return false;
    plot_statement(plot, "%s%s%s", said, sampled, not_estimable);
    return plot_ok(plot);
}

/* --- the plot -------------------------------------------------------------------------------------- */

static bool add_curve(const struct drawing *d, struct plot *plot, const double *values, enum mark mark, const char *label)
{
    double *x = shown_values(d, d->curves.x), *y = shown_values(d, values);

    if (x == NULL || y == NULL)
        return false;
    for (size_t i = 0; d->curves.names != NULL && i < d->shown_count; i++)
        x[i] = (double)i + 1; /* the place among those that are shown */
    plot_series(plot, mark, label, d->shown_count, x, y);
    return plot_ok(plot);
}

static bool add_names(const struct drawing *d, struct plot *plot)
{
    const char **names;

    if (d->curves.names == NULL)
        return true;
    if ((names = arena_alloc(d->job->result->arena, d->shown_count, sizeof *names)) == NULL)
        return false;
    for (size_t i = 0; i < d->shown_count; i++)
        names[i] = d->curves.names[d->shown[i]];
    plot_names(plot, d->shown_count, names);
    return plot_ok(plot);
}

static bool draw(const struct drawing *d)
{
    const struct curves *c = &d->curves;
    const char *variable = c->predictor.column->name, *over = arena_printf(d->job->result->arena, "over %s", variable);
    const char *label = c->others[0] == '\0' ? variable : arena_printf(d->job->result->arena, "%s   (%s)", variable, c->others);
    struct plot *plot =
        job_plot(d->job, PLOT_XY, job_model_title(d->job, c->predictor.model, over == NULL ? "" : over), label, c->response);
    bool ok = plot != NULL && over != NULL && label != NULL && add_names(d, plot);

    for (int i = 0; ok && i < CURVE_GROUPS; i++) {
        ok = add_curve(d, plot, c->group[i], MARK_FAINT, i == 0 ? curves_whose(c, false, false) : NULL);
        if (ok && !curves_stays(i))
            series_spare(plot->last);
        else if (ok && i == 0)
            series_low_label(plot, plot->last, curves_whose(c, true, false));
    }
    if (ok && c->naive != NULL)
        ok = add_curve(d, plot, c->naive, MARK_DOTTED, "naive, no groups");
    ok = ok && add_curve(d, plot, c->mean, MARK_LINE, "average") && state(d, plot);
    return ok || fail_memory(d->job->err);
}

static bool build(struct plot_job *job)
{
    struct drawing d = { .job = job };
    struct predictor predictor;
    int level;
    bool ok;

    if (!curves_arguments(job->session, job->call, &predictor, &level, job->err))
        return false;
    result_string(job->result, "model", predictor.model->name);
    result_string(job->result, "variable", predictor.column->name);
    ok = (d.attenuation = attenuation_new(predictor.model->fit, &job->session->progress, job->err)) != NULL
         && curves_init(&d.curves, &predictor, d.attenuation->naive, &job->session->progress, job->err) && choose_points(&d);
    if (ok) {
        curves_turn(&d.curves, 1);
        ok = draw(&d);
    }
    curves_clear(&d.curves);
    attenuation_free(d.attenuation);
    return ok;
}

const struct plot_kind_entry plot_attenuation = {
    .name = "attenuation",
    .usage = "attenuation [MODEL] [VARIABLE]",
    .brief = "curves of single groups, their average, the naive model",
    .build = build,
};
