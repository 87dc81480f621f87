/* attenuation.c -- the curves of single groups and their flatter average, with the between-group SD as a dial.
 *
 * At predictor value x the linear predictor of a group is normal with mean eta(x) and variance f^2 z(x)'Cov z(x), f the dial; its mean is
 * averaged as `attenuation` does (infer/marginal.h).  The marginal slope is that of the regression of g(average) on the predictors over the
 * rows of the data, the definition of infer/attenuation.h.  In the curves
 * other predictors stand at their means, indicators at 0, products at the product. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/modelling.h"
#include "cmd/views/rows.h"
#include "cmd/views/views.h"
#include "infer/ci.h"
#include "infer/marginal.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "render/axis.h"
#include "render/draw.h"
#include "result/number.h"

enum { QUARTERS = 4, OCTAVES = 4, MIDDLE = 1 + QUARTERS * OCTAVES, PLACES = 2 * MIDDLE };
enum { GRID = 61, CURVES = 5, ROWS_MOST = 2000, TABLE = 256, EFFECTS_MOST = 64, LEAST_FOR_PLOT = 18 };

struct attenuation_view {
    struct session *session;
    const struct model *model;
    int column;                     /* of X: the predictor */
    int place;                      /* on the dial; MIDDLE is the estimate */
    bool table;                     /* numbers instead of the plot */
    struct list list;               /* the grid; its cursor is the x that is read out */
    struct arena *arena;            /* owns the arrays */
    double *factor;                 /* p x p: Cholesky factor of X'X over the rows */
    double *right;                  /* p */
    bool regular;                   /* there is such a factor */
    bool same_variance;             /* in all rows: then g(average) is looked up in a table over eta, */
    double table_low, table_step, value[TABLE + 1], slope[TABLE + 1];       /* values with their slopes */
    size_t rows;                    /* of the data that are averaged over */
    size_t *row;                    /* which */
    double *fixed, *variance;       /* of the linear predictor in those rows, at factor 1 */
    double *marginal;               /* p: the coefficients that fit the averages; NaN where a mean does not exist */
    struct averager averager;
    double x[GRID], eta[GRID], spread[GRID];        /* spread: SD of the linear predictor at factor 1 */
    double typical[GRID], mean[GRID], group[CURVES][GRID];
    double low, high;               /* of the y axis: chosen once for a predictor */
    bool same_spread;               /* the spread does not depend on x */
};

/* --- the model ------------------------------------------------------------------------------------- */

static double mean_of_group(const struct attenuation_view *view, double eta)
{
    struct average at;

    return typical_at(view->model->fit->link, eta, &at) ? at.mean : (double)NAN;
}

/* The rule is set up only where the variance is another one. */
static double mean_of_groups(struct attenuation_view *view, double eta, double variance)
{
    struct average at;

    if (variance != view->averager.variance)
        averager_set(&view->averager, variance);
    return average_at(&view->averager, eta, &at) ? at.mean : (double)NAN;
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

/* Index of the column of that name (so many bytes), or -1. */
static int column_named(const struct design *design, const char *name, size_t length)
{
    for (int j = 0; j < design->p; j++)
        if (strlen(design->names[j]) == length && memcmp(design->names[j], name, length) == 0)
            return j;
    return -1;
}

/* Where column j stands: `a:b` at the product of a and b, others at their usual value.  *follows is set, and the predictor itself left out of the
 * product, where it takes part. */
static double stands_at(const struct attenuation_view *view, int j, bool *follows)
{
    const struct design *design = view->model->design;
    const char *name = design->names[j];
    double product = 1;

    *follows = j == view->column;
    if (*follows)
        return 1;
    for (const char *part = name; strchr(name, ':') != NULL;) {
        size_t length = strcspn(part, ":");
        int found = column_named(design, part, length);

        if (found < 0)
            break;
        if (found == view->column)
            *follows = true;
        else
            product *= usual(design->X + (size_t)found * design->n, design->n, 1);
        if (part[length] == '\0')
            return product;
        part += length + 1;
    }
    *follows = false;
    return usual(design->X + (size_t)j * design->n, design->n, 1);
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
    double slope = 0;
    bool moves;
    int follows[EFFECTS_MOST], e = 0;

    for (size_t i = 0; i < design->n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (int j = 0; j < design->p; j++) {
        double part = fit->beta[j] * stands_at(view, j, &moves);

        rest += moves ? 0 : part;
        slope += moves ? part : 0;
    }
    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++, e++) {
            follows[e] = is_predictor(view, &design->random[t], a);
            z[e] = design->random[t].z == NULL ? 1 : usual(design->random[t].z + a, design->n, (size_t)design->random[t].k);
        }
    view->same_spread = true;
    for (int g = 0; g < GRID; g++) {
        view->x[g] = low + (high - low) * g / (GRID - 1);
        view->eta[g] = rest + slope * view->x[g];
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
    static const int steps[] = { 1, 2, 3, 4 };

    return wald_quantile((double)INFINITY, fabs(2 * (((curve * steps[effect % 4]) % CURVES) + 0.5) / CURVES - 1))
         * (2 * ((curve * steps[effect % 4]) % CURVES) + 1 < CURVES ? -1 : 1);
}

static void set_groups(struct attenuation_view *view, double factor)
{
    const struct fit *fit = view->model->fit;
    const struct design *design = fit->design;

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
            view->group[c][g] = mean_of_group(view, view->eta[g] + factor * shift);
        }
}

/* g(average) at the places of the table, from the smallest to the largest eta of the rows. */
static void fill_table(struct attenuation_view *view, double variance)
{
    const struct link *link = view->model->fit->link;
    double low = HUGE_VAL, high = -HUGE_VAL;
    struct average at, here;

    range_extend(&low, &high, view->fixed, view->rows);
    view->table_low = low;
    view->table_step = high > low ? (high - low) / TABLE : 1;
    if (variance != view->averager.variance)
        averager_set(&view->averager, variance);
    for (int k = 0; k <= TABLE; k++) {
        bool exists = average_at(&view->averager, low + k * view->table_step, &at);

        view->value[k] = exists ? link_transform(link, at.mean) : (double)NAN;
        view->slope[k] = exists && typical_at(link, view->value[k], &here) ? at.slope / here.slope : (double)NAN;
    }
}

/* Cubic between two places: g(average) is close to a line there. */
static double look_up(const struct attenuation_view *view, double eta)
{
    int k = (int)fmin(TABLE - 1, fmax(0, floor((eta - view->table_low) / view->table_step)));
    double t = (eta - view->table_low) / view->table_step - k, h = view->table_step;

    return (1 + 2 * t) * (1 - t) * (1 - t) * view->value[k] + t * t * (3 - 2 * t) * view->value[k + 1]
         + h * (t * (1 - t) * (1 - t) * view->slope[k] - t * t * (1 - t) * view->slope[k + 1]);
}

/* X'X over the rows that are averaged over. */
static void set_factor(struct attenuation_view *view)
{
    const struct design *design = view->model->design;
    int p = design->p;

    for (size_t r = 0; r < view->rows; r++)
        for (int j = 0; j < p; j++)
            for (int k = 0; k <= j; k++)
                view->factor[j + k * p] += design->X[(size_t)j * design->n + view->row[r]] * design->X[(size_t)k * design->n + view->row[r]];
    view->regular = chol_factor(p, view->factor, p) == 0;
}

/* marginal := beta + (X'X)^-1 X'(g(average) - eta): where averaging changes nothing, nothing is lost to rounding. */
static void project(struct attenuation_view *view, double squared)
{
    const struct fit *fit = view->model->fit;
    const struct design *design = fit->design;
    int p = design->p;

    memset(view->right, 0, sizeof(double) * (size_t)p);
    if (view->same_variance)
        fill_table(view, squared * view->variance[0]);
    for (size_t r = 0; r < view->rows; r++) {
        double eta = view->fixed[r], squares = squared * view->variance[r];
        double shift = (view->same_variance ? look_up(view, eta) : link_transform(fit->link, mean_of_groups(view, eta, squares))) - eta;

        for (int j = 0; j < p; j++)
            view->right[j] += design->X[(size_t)j * design->n + view->row[r]] * shift;
    }
    chol_solve_lower(p, view->factor, p, view->right);
    chol_solve_upper(p, view->factor, p, view->right);
    for (int j = 0; j < p; j++)
        view->marginal[j] = view->regular ? fit->beta[j] + view->right[j] : (double)NAN;
}

/* Everything that the dial moves. */
static void compute(struct attenuation_view *view)
{
    double factor = factor_of(view->place);

    project(view, factor * factor);
    for (int g = 0; g < GRID; g++) {
        view->typical[g] = mean_of_group(view, view->eta[g]);
        view->mean[g] = mean_of_groups(view, view->eta[g], factor * factor * view->spread[g] * view->spread[g]);
    }
    set_groups(view, factor);
}

/* The y axis has room for twice the estimated SD. */
static void choose_range(struct attenuation_view *view)
{
    set_groups(view, 2);
    view->low = HUGE_VAL;
    view->high = -HUGE_VAL;
    for (int c = 0; c < CURVES; c++)
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
    bool plain = true;
    double *block;

    for (int t = 0; t < design->random_count; t++)
        plain = plain && design->random[t].z == NULL;
    view->same_variance = plain;
    view->rows = plain || design->n < ROWS_MOST ? design->n : ROWS_MOST;
    view->arena = arena_new();
    block = view->arena == NULL ? NULL : arena_alloc(view->arena, 2 * view->rows + p * p + 2 * p + 1, sizeof *block);
    view->row = block == NULL ? NULL : arena_alloc(view->arena, view->rows, sizeof *view->row);
    if (view->row == NULL || !list_init(&view->list, GRID, view))
        return false;
    view->fixed = block;
    view->variance = view->fixed + view->rows;
    view->marginal = view->variance + view->rows;
    view->right = view->marginal + p;
    view->factor = view->right + p;
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
    averager_init(&view->averager, view->model->fit->link);
    averager_set(&view->averager, 0);
    view->place = MIDDLE;
    view->list.cursor = GRID / 2;
    set_rows(view);
    set_factor(view);
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
        where = arena_printf(arena, "%s = %s:", where, number_text(x, view->x[view->list.cursor], 4));
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
    if (!isnan(rule) && canvas->columns >= 76)
        tail = arena_printf(arena, " (%s %s)", name, number_fixed(d, rule, 3));
    else if (fit->link == NULL || strcmp(fit->link->name, "identity") == 0)
        tail = ": linear, they agree";
    if (isnan(marginal))
        words = arena_printf(arena, "slope: one group %s; the population has no finite mean", number_text(a, conditional, 4));
    else
        words = arena_printf(arena, canvas->columns >= 60 ? "slope: one group %s, population %s, ratio %s%s" : "group %s population %s ratio %s",
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
        plot_series(plot, MARK_FAINT, c == 0 ? "five groups" : NULL, GRID, view->x, view->group[c]);
    plot_series(plot, MARK_LINE, arena_printf(plot->arena, "population average %s", what_is_averaged(view)), GRID, view->x, view->mean);
    plot_reference(plot, true, view->x[view->list.cursor], NULL);
    plot->has_y_range = true;
    plot->y_range[0] = view->low;
    plot->y_range[1] = view->high;
    return plot_ok(plot);
}

/* *end gets the row behind the plot. */
static bool put_plot(const struct attenuation_view *view, struct canvas *canvas, struct arena *arena, int row, int height, int *end)
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
    *end = row + (part.rows < height ? part.rows : height);
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
    int end;

    list_set_page(&view->list, rows - 4);
    ok = ok
        && rows_text(canvas, arena, 0, 0, arena_printf(arena, "%s   %s   %s", view->model->name, design->names[view->column], view->model->text),
                     ATTRIBUTE_BOLD)
        && put_state(view, canvas, arena) && put_slopes(view, canvas, arena);
    if (ok && !view->table && rows >= LEAST_FOR_PLOT)
        ok = put_plot(view, canvas, arena, 3, rows - 4, &end) && put_at(view, canvas, arena, end);
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
