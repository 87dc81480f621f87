/* attenuation.c -- the curves of single groups and their flatter average, with the between-group SD as a dial.
 *
 * At predictor value x the linear predictor of a group is normal with mean eta(x) and variance f^2 z(x)'Cov z(x), f the dial.  The average of
 * the means is a Gauss-Hermite sum.  The marginal slope is that of the model without random effects that fits the averages at
 * the rows of the data best (by Fisher scoring); other predictors stand at their means, indicators at 0. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/modelling.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"
#include "fit/quadrature.h"
#include "infer/ci.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "render/axis.h"
#include "render/draw.h"
#include "result/number.h"

enum { QUARTERS = 4, OCTAVES = 4, MIDDLE = 1 + QUARTERS * OCTAVES, PLACES = 2 * MIDDLE };
enum { GRID = 61, CURVES = 9, NODES = 61, ROWS_MOST = 4000, SCORING_STEPS = 30, EFFECTS_MOST = 64 };

struct attenuation_view {
    struct session *session;
    const struct model *model;
    int column;                     /* of X: the predictor */
    int place;                      /* on the dial; MIDDLE is the estimate */
    bool table;                     /* numbers instead of the plot */
    struct list list;               /* the grid; its cursor is the x that is read out */
    struct arena *arena;            /* owns the arrays */
    double *work;                   /* p x p + 2 p: scoring */
    size_t rows;                    /* of the data that are averaged over */
    size_t *row;                    /* which */
    double *fixed, *variance;       /* of the linear predictor in those rows, at factor 1 */
    double *average;                /* in those rows */
    double *marginal;               /* p: the coefficients that fit the averages */
    double x[GRID], eta[GRID], spread[GRID];        /* spread: SD of the linear predictor at factor 1 */
    double typical[GRID], mean[GRID], group[CURVES][GRID];
    double node[NODES], weight[NODES];
    double low, high;               /* of the y axis: chosen once for a predictor */
    bool same_spread;               /* the spread does not depend on x */
    int effects;                    /* random effects of a row, all terms */
    bool plotted;
};

/* --- the model ------------------------------------------------------------------------------------- */

static double inverse(const struct attenuation_view *view, double eta, double *slope)
{
    const struct link *link = view->model->fit->link;
    double out[4];

    if (link == NULL) {
        *slope = 1;
        return eta;
    }
    link->inverse(eta, out);
    *slope = out[1];
    return out[0];
}

static double average_at(const struct attenuation_view *view, double eta, double sd)
{
    double sum = 0, slope;

    for (int k = 0; k < NODES; k++)
        sum += view->weight[k] * inverse(view, eta + sd * view->node[k], &slope);
    return sum;
}

static double factor_of(int place)
{
    return place == 0 ? 0 : exp2((double)(place - MIDDLE) / QUARTERS);
}

static double z_of(const struct random_design *random, size_t i, int a)
{
    return random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a];
}

/* sum over terms of z'Cov z, with z in the order of the terms' effects. */
static double variance_of(const struct fit *fit, const double z[])
{
    double sum = 0;

    for (int t = 0; t < fit->design->random_count; z += fit->random[t++].k)
        for (int a = 0; a < fit->random[t].k; a++)
            for (int b = 0; b < fit->random[t].k; b++)
                sum += z[a] * z[b] * fit->random[t].covariance[a + b * fit->random[t].k];
    return sum;
}

static void set_rows(struct attenuation_view *view)
{
    const struct fit *fit = view->model->fit;
    const struct design *design = fit->design;
    double z[EFFECTS_MOST];

    for (size_t r = 0; r < view->rows; r++) {
        size_t i = view->rows == design->n ? r : r * (design->n - 1) / (view->rows - 1);
        int e = 0;

        view->row[r] = i;
        view->fixed[r] = design->offset == NULL ? 0 : design->offset[i];
        for (int j = 0; j < design->p; j++)
            view->fixed[r] += design->X[(size_t)j * design->n + i] * fit->beta[j];
        for (int t = 0; t < design->random_count; t++)
            for (int a = 0; a < design->random[t].k; a++)
                z[e++] = z_of(&design->random[t], i, a);
        view->variance[r] = variance_of(fit, z);
    }
}

/* The mean of n values, or 0 where they are all 0 or 1: an indicator stands at its reference. */
static double usual(const double *x, size_t n, size_t step)
{
    double sum = 0;
    bool indicator = true, constant = true;

    for (size_t i = 0; i < n; i++) {
        sum += x[i * step];
        indicator = indicator && (x[i * step] == 0 || x[i * step] == 1);
        constant = constant && x[i * step] == x[0];
    }
    return constant ? x[0] : indicator ? 0 : sum / (double)n;
}

/* Whether an effect's column is the predictor's. */
static bool is_predictor(const struct attenuation_view *view, const struct random_design *random, int a)
{
    const struct design *design = view->model->design;

    for (size_t i = 0; i < design->n; i++)
        if (z_of(random, i, a) != design->X[(size_t)view->column * design->n + i])
            return false;
    return true;
}

/* The grid of the predictor, with eta and the spread there. */
static void set_grid(struct attenuation_view *view)
{
    const struct fit *fit = view->model->fit;
    const struct design *design = fit->design;
    const double *x = design->X + (size_t)view->column * design->n;
    double low = x[0], high = x[0], rest = design->offset == NULL ? 0 : usual(design->offset, design->n, 1), z[EFFECTS_MOST];
    int follows[EFFECTS_MOST], e = 0;

    for (size_t i = 0; i < design->n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (int j = 0; j < design->p; j++)
        if (j != view->column)
            rest += fit->beta[j] * usual(design->X + (size_t)j * design->n, design->n, 1);
    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++, e++) {
            follows[e] = is_predictor(view, &design->random[t], a);
            z[e] = design->random[t].z == NULL ? 1 : usual(design->random[t].z + a, design->n, (size_t)design->random[t].k);
        }
    view->same_spread = true;
    for (int g = 0; g < GRID; g++) {
        view->x[g] = low + (high - low) * g / (GRID - 1);
        view->eta[g] = rest + fit->beta[view->column] * view->x[g];
        for (int a = 0; a < e; a++)
            if (follows[a]) {
                z[a] = view->x[g];
                view->same_spread = false;
            }
        view->spread[g] = sqrt(variance_of(fit, z));
    }
}

/* A group of the CURVES: its place among the groups in each effect is another one, so that slopes and intercepts mix. */
static double quantile_of(int curve, int effect)
{
    static const int steps[] = { 1, 2, 4, 5, 7, 8 };

    return wald_quantile((double)INFINITY, fabs(2 * (((curve * steps[effect % 6]) % CURVES) + 0.5) / CURVES - 1))
         * (2 * ((curve * steps[effect % 6]) % CURVES) + 1 < CURVES ? -1 : 1);
}

static void set_groups(struct attenuation_view *view, double factor)
{
    const struct fit *fit = view->model->fit;
    const struct design *design = fit->design;
    double slope;

    for (int c = 0; c < CURVES; c++)
        for (int g = 0; g < GRID; g++) {
            double shift = 0;
            int effect = 0;

            if (view->same_spread)
                shift = view->spread[g] * quantile_of(c, 0);
            for (int t = 0; t < design->random_count && !view->same_spread; t++)
                for (int a = 0; a < fit->random[t].k; a++, effect++) {
                    double b = 0;

                    for (int k = 0; k <= a; k++)
                        b += fit->random[t].lambda[a + k * fit->random[t].k] * quantile_of(c, effect - a + k);
                    shift += fit->sigma * b * (is_predictor(view, &design->random[t], a) ? view->x[g] : z_of(&design->random[t], 0, a) != 0);
                }
            view->group[c][g] = inverse(view, view->eta[g] + factor * shift, &slope);
        }
}

/* The variance of a row's mean, up to a factor. */
static double weight_of(const struct attenuation_view *view, size_t r, double mu)
{
    const struct fit *fit = view->model->fit;
    const struct response response = { fit->family, fit->link, fit->design->n, fit->design->y, fit->design->trials, fit->design->weights };
    struct observation at;
    double variance;

    if (fit->family == NULL)
        return fit->design->weights == NULL ? 1 : fit->design->weights[view->row[r]];
    at = response_at(&response, view->row[r]);
    variance = family_variance(fit->family, mu, fit->dispersion, &at);
    return variance > 0 && isfinite(variance) ? 1 / variance : 0;
}

/* Fisher scoring for sum of x (average - mu) mu'/V = 0, from the conditional coefficients.  False where it finds no end. */
static bool project(struct attenuation_view *view)
{
    const struct design *design = view->model->design;
    int p = design->p;
    double *A = view->work, *g = A + p * p, largest = 1, slope;

    memcpy(view->marginal, view->model->fit->beta, sizeof(double) * (size_t)p);
    for (int step = 0; step < SCORING_STEPS && largest > 1e-7; step++) {
        memset(A, 0, sizeof(double) * (size_t)(p * p + p));
        for (size_t r = 0; r < view->rows; r++) {
            const double *x = design->X + view->row[r];
            double eta = design->offset == NULL ? 0 : design->offset[view->row[r]], mu, w;

            for (int j = 0; j < p; j++)
                eta += x[(size_t)j * design->n] * view->marginal[j];
            mu = inverse(view, eta, &slope);
            w = weight_of(view, r, mu);
            for (int j = 0; j < p; j++) {
                double wx = w * slope * x[(size_t)j * design->n];

                g[j] += wx * (view->average[r] - mu);
                for (int k = 0; k <= j; k++)
                    A[j + k * p] += wx * slope * x[(size_t)k * design->n];
            }
        }
        if (chol_factor(p, A, p) != 0)
            return false;
        chol_solve_lower(p, A, p, g);
        chol_solve_upper(p, A, p, g);
        largest = 0;
        for (int j = 0; j < p; j++) {
            view->marginal[j] += g[j];
            largest = fmax(largest, fabs(g[j]));
        }
        if (!isfinite(largest))
            return false;
    }
    return largest <= 1e-7;
}

/* Everything that the dial moves. */
static void compute(struct attenuation_view *view)
{
    double factor = factor_of(view->place), slope;

    for (size_t r = 0; r < view->rows; r++)
        view->average[r] = average_at(view, view->fixed[r], factor * sqrt(view->variance[r]));
    if (!project(view))
        view->marginal[view->column] = (double)NAN;
    for (int g = 0; g < GRID; g++) {
        view->typical[g] = inverse(view, view->eta[g], &slope);
        view->mean[g] = average_at(view, view->eta[g], factor * view->spread[g]);
    }
    set_groups(view, factor);
}

/* The y axis has room for twice the estimated SD. */
static void choose_range(struct attenuation_view *view)
{
    set_groups(view, 2);
    view->low = HUGE_VAL;
    view->high = -HUGE_VAL;
    for (int c = 1; c < CURVES - 1; c++)
        range_extend(&view->low, &view->high, view->group[c], GRID);
    if (view->model->fit->family != NULL && view->model->fit->family->response == RESPONSE_BINOMIAL && view->high - view->low > 0.5) {
        view->low = 0;
        view->high = 1;
    }
    if (!(view->high > view->low)) {
        view->low -= 1;
        view->high += 1;
    }
}

static void choose_predictor(struct attenuation_view *view, int column)
{
    view->column = column;
    set_grid(view);
    choose_range(view);
    compute(view);
}

/* --- opening --------------------------------------------------------------------------------------------- */

static void close_view(void *state)
{
    struct attenuation_view *view = state;

    list_clear(&view->list);
    arena_free(view->arena);
    mem_free(view);
}

static bool is_slope(const struct design *design, int column)
{
    return strcmp(design->names[column], "(Intercept)") != 0;
}

static bool find_predictor(struct attenuation_view *view, const struct call *call, int at, int *column, struct glmm_error *err)
{
    const struct design *design = view->model->design;

    if (design->random_count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no random effects: nothing is averaged over", view->model->name);
    for (*column = 0; *column < design->p; ++*column)
        if (call->word_count > at ? strcmp(design->names[*column], call->words[at].text) == 0 : is_slope(design, *column))
            break;
    if (*column < design->p && is_slope(design, *column))
        return true;
    if (call->word_count <= at)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no predictor but the intercept, so there is no slope to flatten", view->model->name);
    fail(err, GLMM_E_NAME, call->words[at].at, "no predictor `%.60s` in %.60s", call->words[at].text, view->model->name);
    for (int j = 0; j < design->p; j++)
        if (is_slope(design, j)) {
            error_hint(err, "it has `%.60s`", design->names[j]);
            break;
        }
    return false;
}

static bool allocate(struct attenuation_view *view)
{
    const struct design *design = view->model->design;
    size_t p = (size_t)design->p;
    double *block;

    view->rows = design->n < ROWS_MOST ? design->n : ROWS_MOST;
    view->arena = arena_new();
    block = view->arena == NULL ? NULL : arena_alloc(view->arena, 3 * view->rows + p * p + 3 * p + 1, sizeof *block);
    view->row = block == NULL ? NULL : arena_alloc(view->arena, view->rows, sizeof *view->row);
    if (view->row == NULL || !list_init(&view->list, GRID, view))
        return false;
    view->fixed = block;
    view->variance = view->fixed + view->rows;
    view->average = view->variance + view->rows;
    view->marginal = view->average + view->rows;
    view->work = view->marginal + p;
    return true;
}

static bool open_model(struct attenuation_view *view, const struct call *call, struct glmm_error *err)
{
    int at = 0, column = 0, effects = 0;

    if (call->word_count > 0 && session_find_model(view->session, call->words[0].text) != NULL)
        at = 1;
    view->model = session_need_fit(view->session, at == 1 ? call->words[0].text : NULL, at == 1 ? call->words[0].at : NOWHERE, err);
    if (view->model == NULL || !no_more_words(call, at + 1, err) || !find_predictor(view, call, at, &column, err))
        return false;
    for (int t = 0; t < view->model->design->random_count; t++)
        effects += view->model->design->random[t].k;
    if (effects > EFFECTS_MOST)
        return fail(err, GLMM_E_LIMIT, NOWHERE, "the model has %d random effects a row; the view can average over %d", effects, (int)EFFECTS_MOST);
    if (!allocate(view))
        return fail_memory(err);
    gauss_hermite(NODES, view->node, view->weight);
    view->place = MIDDLE;
    view->list.cursor = GRID / 2;
    set_rows(view);
    choose_predictor(view, column);
    return true;
}

static void *open_view(struct session *session, const struct call *call, struct glmm_error *err)
{
    struct attenuation_view *view = NEW(struct attenuation_view);

    if (view == NULL) {
        fail_memory(err);
        return NULL;
    }
    view->session = session;
    if (open_model(view, call, err))
        return view;
    close_view(view);
    return NULL;
}

/* --- drawing ---------------------------------------------------------------------------------------------- */

static const char *what_is_averaged(const struct attenuation_view *view)
{
    const struct fit *fit = view->model->fit;

    return fit->family != NULL && fit->family->response == RESPONSE_BINOMIAL ? "probability" : "mean";
}

/* The rule of thumb for the ratio where the spread is the same everywhere; NaN where there is none. */
static double rule_of_thumb(const struct attenuation_view *view, const char **name)
{
    const struct link *link = view->model->fit->link;
    double c = 16 * sqrt(3) / (15 * M_PI), sd = factor_of(view->place) * view->spread[0];

    *name = "";
    if (link == NULL || !view->same_spread)
        return (double)NAN;
    if (strcmp(link->name, "logit") == 0) {
        *name = "1/\xe2\x88\x9a(1+c\xc2\xb2\xcf\x83\xc2\xb2)";
        return 1 / sqrt(1 + c * c * sd * sd);
    }
    if (strcmp(link->name, "probit") == 0) {
        *name = "1/\xe2\x88\x9a(1+\xcf\x83\xc2\xb2)";
        return 1 / sqrt(1 + sd * sd);
    }
    return (double)NAN;
}

static bool put_state(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct design *design = view->model->design;
    const char *whose = design->random_count == 1 ? arena_printf(arena, "between %s", design->random[0].group) : "between groups";
    double estimate = view->spread[view->list.cursor], sd = factor_of(view->place) * estimate;
    const char *where = view->same_spread ? "" : arena_printf(arena, " at %s", design->names[view->column]);
    char a[NUMBER_SIZE], b[NUMBER_SIZE], x[NUMBER_SIZE];

    if (whose == NULL || where == NULL)
        return false;
    if (!view->same_spread)
        where = arena_printf(arena, "%s = %s", where, number_text(x, view->x[view->list.cursor], 4));
    if (view->place == MIDDLE)
        return rows_text(canvas, arena, 1, 0, arena_printf(arena, "SD %s%s %s, the estimate", whose, where, number_text(a, sd, 4)), 0);
    return rows_text(canvas, arena, 1, 0,
                     arena_printf(arena, "what if, not fitted   SD %s%s %s (estimate %s)", whose, where, number_text(a, sd, 4), number_text(b, estimate, 4)),
                     ATTRIBUTE_YELLOW | ATTRIBUTE_BOLD);
}

/* The slopes, conditional and marginal, on one line; below 60 columns in fewer words. */
static bool put_slopes(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena)
{
    const struct fit *fit = view->model->fit;
    double conditional = fit->beta[view->column], marginal = view->marginal[view->column], rule;
    const char *name, *tail = "", *words;
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE];

    rule = rule_of_thumb(view, &name);
    if (!isnan(rule) && canvas->columns >= 70)
        tail = arena_printf(arena, "   rule %s %s", name, number_fixed(d, rule, 3));
    else if (fit->link == NULL || strcmp(fit->link->name, "identity") == 0)
        tail = "   linear: they agree";
    if (isnan(marginal))
        words = arena_printf(arena, "slope   group %s   population: no finite one", number_text(a, conditional, 4));
    else
        words = arena_printf(arena, canvas->columns >= 60 ? "slope   one group %s   population %s   ratio %s%s" : "group %s  population %s  ratio %s",
                             number_text(a, conditional, 4), number_text(b, marginal, 4), number_fixed(c, marginal / conditional, 3), tail);
    return tail != NULL && rows_text(canvas, arena, 2, 0, words, ATTRIBUTE_BOLD);
}

static bool put_at(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    size_t at = view->list.cursor;
    char x[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE];

    return rows_text(canvas, arena, row, 0,
                     arena_printf(arena, "at %s: typical group %s, population %s", number_text(x, view->x[at], 4), number_text(a, view->typical[at], 4),
                                  number_text(b, view->mean[at], 4)),
                     0);
}

static bool fill_plot(const struct attenuation_view *view, struct plot *plot)
{
    plot_labels(plot, PLOT_XY, NULL, view->model->design->names[view->column], NULL);
    for (int c = 0; c < CURVES; c++)
        plot_series(plot, MARK_FAINT, c == 0 ? "nine groups" : NULL, GRID, view->x, view->group[c]);
    plot_series(plot, MARK_LINE, arena_printf(plot->arena, "population average %s", what_is_averaged(view)), GRID, view->x, view->mean);
    plot_reference(plot, true, view->x[view->list.cursor], NULL);
    plot->has_y_range = true;
    plot->y_range[0] = view->low;
    plot->y_range[1] = view->high;
    return plot_ok(plot);
}

static bool put_plot(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row, int height)
{
    struct plot plot = { .arena = arena };
    struct canvas part;
    char buffer[8];
    bool ok = fill_plot(view, &plot);

    canvas_init(&part, canvas->columns, canvas->charset);
    ok = ok && plot_draw_canvas(&plot, height, view->session->settings.digits, arena, &part);
    for (int i = 0; ok && i < height && i < part.rows; i++)
        for (int j = 0; j < part.columns; j++)
            if (!canvas_is_blank(&part, i, j))
                canvas_put(canvas, row + i, j, canvas_glyph(&part, i, j, buffer), part.cells[(ptrdiff_t)i * part.columns + j].attributes);
    canvas_clear(&part);
    return ok;
}

static bool put_table(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row)
{
    const struct list *list = &view->list;
    char x[NUMBER_SIZE], a[NUMBER_SIZE], b[NUMBER_SIZE];
    bool ok = rows_text(canvas, arena, row, 2, arena_printf(arena, "%10s  %12s  %12s", "x", "typical", "population"), ATTRIBUTE_BOLD);

    for (int i = 0; ok && i < list->page && list->top + (size_t)i < list->count; i++) {
        size_t g = list->order[list->top + (size_t)i];
        bool here = list->top + (size_t)i == list->cursor;

        ok = rows_text(canvas, arena, row + 1 + i, 0,
                       arena_printf(arena, "%c %10s  %12s  %12s", here ? '>' : ' ', number_text(x, view->x[g], 4), number_text(a, view->typical[g], 4),
                                    number_text(b, view->mean[g], 4)),
                       here ? ATTRIBUTE_REVERSE : 0);
    }
    return ok;
}

static bool draw(void *state, struct canvas *canvas, int rows)
{
    struct attenuation_view *view = state;
    const struct design *design = view->model->design;
    struct arena *arena = arena_new();
    bool ok = arena != NULL;

    view->plotted = !view->table && rows >= 18;
    list_set_page(&view->list, rows - 4);
    ok = ok
        && rows_text(canvas, arena, 0, 0, arena_printf(arena, "%s   %s   %s", view->model->name, design->names[view->column], view->model->text),
                     ATTRIBUTE_BOLD)
        && put_state(view, canvas, arena) && put_slopes(view, canvas, arena);
    if (ok && view->plotted)
        ok = put_plot(view, canvas, arena, 3, rows - 4) && put_at(view, canvas, arena, rows - 1);
    else if (ok)
        ok = put_table(view, canvas, arena, 3);
    arena_free(arena);
    return ok;
}

/* --- keys ------------------------------------------------------------------------------------------------- */

static void turn(struct attenuation_view *view, int place, struct view_event *event)
{
    place = place < 0 ? 0 : place >= PLACES ? PLACES - 1 : place;
    if (place == view->place)
        snprintf(event->say, sizeof event->say, place == MIDDLE ? "this is the estimate" : place == 0 ? "the groups do not differ: there is no less" : "the dial ends here");
    view->place = place;
    compute(view);
}

static void next_predictor(struct attenuation_view *view)
{
    const struct design *design = view->model->design;
    int column = view->column;

    do
        column = (column + 1) % design->p;
    while (!is_slope(design, column));
    choose_predictor(view, column);
}

static bool key(void *state, struct view_event *event)
{
    struct attenuation_view *view = state;

    switch (event->action) {
    case VIEW_BACK:
        return false;
    case VIEW_LESS:
    case VIEW_MORE:
        turn(view, view->place + (event->action == VIEW_LESS ? -event->count : event->count), event);
        break;
    case VIEW_RESET:
        turn(view, MIDDLE, event);
        break;
    case VIEW_NEXT:
        next_predictor(view);
        break;
    case VIEW_PLOT:
        view->table = !view->table;
        break;
    case VIEW_LEFT:
        event->action = VIEW_UP;
        list_key(&view->list, event);
        break;
    case VIEW_RIGHT:
        event->action = VIEW_DOWN;
        list_key(&view->list, event);
        break;
    case VIEW_FIND:
    case VIEW_AGAIN:
    case VIEW_AGAIN_UP:
    case VIEW_FILTER:
        snprintf(event->say, sizeof event->say, "there are no words here to find");
        break;
    default:
        if (!list_key(&view->list, event))
            snprintf(event->say, sizeof event->say, "nothing to do with this key here; ? shows the keys");
    }
    return true;
}

static void resize(void *state, int rows, int columns)
{
    struct attenuation_view *view = state;

    (void)columns;
    list_set_page(&view->list, rows - 4);
}

static const char *hints(void *state)
{
    const struct attenuation_view *view = state;

    return view->place == MIDDLE ? "[ ] turn the SD  h l move x  Tab predictor  ? help  q back" : "[ ] turn  = estimate  h l move x  ? help  q back";
}

static const struct view_key keys[] = {
    { "[ ]", "turn the between-group SD: less and more" },
    { "=", "back to the estimate" },
    { "h l", "move the x that is read out" },
    { "p", "the plot, or its numbers" },
    { "Tab", "the next predictor" },
    { NULL, NULL },
};

const struct view view_attenuation = {
    .name = "attenuation",
    .usage = "attenuation [MODEL] [TERM]",
    .brief = "group curves and their flatter average, the SD as a dial",
    .keys = keys,
    .open = open_view,
    .draw = draw,
    .key = key,
    .resize = resize,
    .hints = hints,
    .close = close_view,
};
