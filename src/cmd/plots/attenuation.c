/* attenuation.c -- the curves of single groups, faint, the average over all groups, strong, and the naive model's curve,
 * dotted, over the range of one predictor.
 *
 * The groups are points spread over the distribution of the random effects: its quantiles where there are intercepts
 * alone, an additive recurrence (Roberts 2018: frac(1/2 + i/phi^j), phi^(d+1) = phi + 1) through the normal quantiles
 * where there are slopes. */
#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "cmd/plots/plots.h"
#include "cmd/plots/sample.h"
#include "cmd/predictor.h"
#include "infer/attenuation.h"
#include "model/family.h"
#include "result/number.h"

enum { CURVES = 7, GRID = 81, MOST_LEVELS = 40 };

struct curves {
    struct predictor predictor;
    const struct fit *fit;
    struct attenuation *attenuation;
    struct scenario scenario;
    size_t count; /* points of the grid */
    double *x;    /* the arena's */
    const char *x_label, *others;
    double offset; /* the mean of the design's */
    struct averager *averager;
};

/* --- the grid ----------------------------------------------------------------------------------- */

/* The values on the x axis: levels are numbered, unless their names are numbers. */
static bool grid_of_levels(struct curves *c, struct plot_job *job, struct setting_value **values)
{
    struct arena *arena = job->result->arena;
    const char *labels = c->predictor.column->name, *name;
    bool numbers = true;
    int count;

    if ((*values = predictor_values(&c->predictor, arena, &count, job->err)) == NULL)
        return false;
    if (count > MOST_LEVELS)
        return fail(job->err, GLMM_E_LIMIT, NOWHERE, "%.60s has %d levels, more than can be told apart here",
                    c->predictor.column->name, count);
    c->count = (size_t)count;
    if ((c->x = arena_alloc(arena, c->count, sizeof *c->x)) == NULL)
        return fail_memory(job->err);
    for (size_t k = 0; k < c->count; k++) {
        name = (*values)[k].label;
        numbers = numbers && parse_number(name, strlen(name), &c->x[k]);
    }
    for (size_t k = 0; k < c->count && !numbers; k++) {
        c->x[k] = (double)k + 1;
        labels = arena_printf(arena, "%s%s%zu %s", labels == NULL ? "" : labels, k == 0 ? ": " : ", ", k + 1, (*values)[k].label);
    }
    c->x_label = labels;
    return true;
}

static bool grid_of_numbers(struct curves *c, struct plot_job *job, struct setting_value **values)
{
    const struct design *design = c->predictor.model->design;
    struct arena *arena = job->result->arena;
    double low = (double)INFINITY, high = -(double)INFINITY, value;

    for (size_t i = 0; i < design->n; i++) {
        value = design->row[i] < c->predictor.frame->rows ? column_real(c->predictor.column, design->row[i]) : (double)NAN;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    if (!(low <= high))
        return fail(job->err, GLMM_E_STATE, NOWHERE, "the data of %.60s have changed: load them again", c->predictor.model->name);
    c->count = GRID;
    c->x = arena_alloc(arena, c->count, sizeof *c->x);
    *values = arena_alloc(arena, c->count, sizeof **values);
    if (c->x == NULL || *values == NULL)
        return fail_memory(job->err);
    for (size_t k = 0; k < c->count; k++) {
        c->x[k] = low + (high - low) * (double)k / (GRID - 1);
        (*values)[k].number = c->x[k];
    }
    c->x_label = c->predictor.column->name;
    return true;
}

/* The rows of the grid: the predictor over its range, all else held. */
static bool make_rows(struct curves *c, struct plot_job *job, const struct setting_value *values)
{
    const struct design *design = c->predictor.model->design;
    struct scenario_model from = predictor_scenario(&c->predictor);
    size_t *source = arena_alloc(job->result->arena, c->count, sizeof *source);
    struct frame *copy = NULL;
    bool ok = source != NULL || fail_memory(job->err);

    for (size_t k = 0; ok && k < c->count; k++)
        source[k] = design->row[0];
    ok = ok && (copy = scenario_copy(c->predictor.frame, source, c->count, job->err)) != NULL
         && predictor_hold_others(&c->predictor, copy, job->result->arena, &c->others, job->err);
    for (size_t k = 0; ok && k < c->count; k++)
        ok = predictor_set(&c->predictor, copy, k, 1, &values[k], job->err);
    ok = ok && scenario_make(&from, copy, &c->scenario, &job->session->progress, job->err);
    frame_free(copy);
    c->offset = design->offset == NULL ? 0 : sample_mean(design->offset, design->n);
    for (size_t k = 0; ok && design->offset != NULL && k < c->count; k++)
        c->scenario.offset[k] = c->offset;
    return ok;
}

/* --- the curves ---------------------------------------------------------------------------------- */

/* Coordinate `at` of point i of CURVES in d dimensions, standard normal. */
static double spread_point(int i, int at, int d)
{
    double phi = 2, power, place;

    if (d == 1)
        return qnorm((i + 0.5) / CURVES, 0, 1, 1, 0);
    for (int step = 0; step < 60; step++)
        phi = pow(1 + phi, 1.0 / (d + 1));
    power = pow(phi, -(at + 1));
    place = fmod(0.5 + i * power, 1);
    return qnorm(fmin(fmax(place, 0.02), 0.98), 0, 1, 1, 0);
}

/* z'b at row k for the group that stands at spread point i. */
static double random_part(const struct curves *c, size_t row, int i)
{
    const struct design *design = c->fit->design;
    bool intercepts = true;
    int d = 0, at = 0;
    double sum = 0;

    for (int t = 0; t < design->random_count; t++) {
        d += design->random[t].k;
        intercepts = intercepts && design->random[t].z == NULL;
    }
    if (intercepts) /* however many, they add up to one normal intercept */
        return sqrt(rows_variance(c->fit, &c->scenario.rows, row)) * spread_point(i, 0, 1);
    for (int t = 0; t < design->random_count; t++) {
        int k = design->random[t].k;
        const double *z = c->scenario.z[t];

        for (int b = 0; b < k; b++, at++)
            for (int a = b; a < k; a++)
                sum += (z == NULL ? 1 : z[row * (size_t)k + (size_t)a]) * c->fit->sigma * c->fit->random[t].lambda[a + b * k]
                       * spread_point(i, at, d);
    }
    return sum;
}

/* What the curve has at a row: a group's (i >= 0), the population's, the naive model's. */
enum { CURVE_POPULATION = -1, CURVE_NAIVE = -2 };

static double curve_at(const struct curves *c, size_t row, int i)
{
    const struct marginal_rows *rows = &c->scenario.rows;
    double eta = rows_eta(c->fit, rows, row), variance;
    struct average average;

    if (i == CURVE_POPULATION) {
        variance = rows_variance(c->fit, rows, row);
        if (variance != c->averager->variance)
            averager_set(c->averager, variance);
        average_at(c->averager, eta, &average);
        return average.mean;
    }
    if (i == CURVE_NAIVE) {
        eta = c->offset;
        for (int j = 0; j < c->fit->design->p; j++)
            eta += rows->X[(size_t)j * rows->n + row] * c->attenuation->naive[j];
    } else {
        eta += random_part(c, row, i);
    }
    if (c->fit->link != NULL && c->fit->link->valid != NULL && c->fit->link->logs == NULL && !c->fit->link->valid(eta))
        return (double)NAN;
    typical_at(c->fit->link, eta, &average);
    return average.mean;
}

static bool add_curve(const struct curves *c, struct plot_job *job, struct plot *plot, int i, enum mark mark, const char *label)
{
    double *y = arena_alloc(job->result->arena, c->count, sizeof *y);

    if (y == NULL)
        return fail_memory(job->err);
    for (size_t k = 0; k < c->count; k++)
        y[k] = curve_at(c, k, i);
    plot_series(plot, mark, label, c->count, c->x, y);
    return true;
}

/* --- the key number -------------------------------------------------------------------------------- */

static int column_of(const struct design *design, const char *name)
{
    for (int j = 0; j < design->p; j++)
        if (strcmp(design->names[j], name) == 0)
            return j;
    return -1;
}

static void state(const struct curves *c, struct plot *plot)
{
    const struct attenuation *a = c->attenuation;
    int j = column_of(c->fit->design, c->predictor.column->name);
    const char *with = c->others[0] == '\0' ? "" : "; ", *offset = c->fit->design->offset == NULL ? "" : "; offset at its mean";
    char one[NUMBER_SIZE], average[NUMBER_SIZE], ratio[NUMBER_SIZE];

    if (a->collapsible) {
        plot_statement(plot, "the link is the identity: the average is one of the lines%s%s%s", with, c->others, offset);
    } else if (j >= 0) {
        plot_statement(plot, "%s: %s in a group, %s on average, ratio %s%s%s%s", a->names[j],
                       number_text(one, a->conditional[j], 3), number_text(average, a->marginal[j], 3),
                       number_text(ratio, a->ratio[j], 2), with, c->others, offset);
    } else {
        number_text(one, curve_at(c, c->count - 1, CURVES / 2) - curve_at(c, 0, CURVES / 2), 3);
        number_text(average, curve_at(c, c->count - 1, CURVE_POPULATION) - curve_at(c, 0, CURVE_POPULATION), 3);
        plot_statement(plot, "first to last %s: typical group %s, average %s%s%s%s", c->predictor.column->name, one, average,
                       with, c->others, offset);
    }
}

/* --- the plot -------------------------------------------------------------------------------------- */

static bool draw(struct curves *c, struct plot_job *job)
{
    const struct model *model = c->predictor.model;
    const char *name = arena_printf(job->result->arena, "mean of %s", model->design->response);
    struct plot *plot = job_plot(
        job, PLOT_XY, job_model_title(job, model, arena_printf(job->result->arena, "over %s", c->predictor.column->name)),
        c->x_label, name);
    bool ok = plot != NULL || fail_memory(job->err);

    for (int i = 0; ok && i < CURVES; i++)
        ok = add_curve(c, job, plot, i, MARK_FAINT, i == 0 ? "single groups" : NULL);
    if (ok && c->attenuation->naive != NULL)
        ok = add_curve(c, job, plot, CURVE_NAIVE, MARK_DOTTED, "naive, no groups");
    if (ok && (c->predictor.coded || c->predictor.column->type == COLUMN_LOGICAL))
        plot->x_unit = 1;
    ok = ok && add_curve(c, job, plot, CURVE_POPULATION, MARK_LINE, "average over all groups");
    if (ok)
        state(c, plot);
    return ok;
}

static bool find_predictor(struct plot_job *job, struct curves *c)
{
    const struct call *call = job->call;
    struct model *model;
    int at = call->word_count > 0 && session_find_model(job->session, call->words[0].text) != NULL;

    if (!no_more_words(call, at + 1, job->err)
        || (model = session_need_fit(job->session, at ? call->words[0].text : NULL, at ? call->words[0].at : NOWHERE, job->err))
               == NULL)
        return false;
    c->fit = model->fit;
    if (model->design->random_count == 0)
        return fail(job->err, GLMM_E_MODEL, NOWHERE, "%.60s has no random effects, so there is nothing to average over",
                    model->name);
    return call->word_count > at ? predictor_find(&c->predictor, job->session, model, &call->words[at], job->err)
                                 : predictor_first(&c->predictor, job->session, model, job->err);
}

static bool build(struct plot_job *job)
{
    struct curves c = { .count = 0 };
    struct setting_value *values = NULL;
    bool ok;

    if (!find_predictor(job, &c))
        return false;
    result_string(job->result, "model", c.predictor.model->name);
    result_string(job->result, "variable", c.predictor.column->name);
    ok = (c.predictor.coded || c.predictor.column->type == COLUMN_LOGICAL ? grid_of_levels(&c, job, &values)
                                                                          : grid_of_numbers(&c, job, &values))
         && make_rows(&c, job, values) && (c.attenuation = attenuation_new(c.fit, &job->session->progress, job->err)) != NULL
         && ((c.averager = NEW(struct averager)) != NULL || fail_memory(job->err));
    if (ok) {
        averager_init(c.averager, c.fit->link);
        ok = draw(&c, job);
    }
    mem_free(c.averager);
    attenuation_free(c.attenuation);
    scenario_clear(&c.scenario);
    return ok;
}

const struct plot_kind_entry plot_attenuation = {
    .name = "attenuation",
    .usage = "attenuation [MODEL] [VARIABLE]",
    .brief = "curves of single groups, their average, the naive model",
    .build = build,
};
