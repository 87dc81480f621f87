/* slopes.c -- see slopes.h. */
#include "infer/slopes.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/expr.h"
#include "infer/ci.h"

static const double CANCELLED = 1e-12; /* of the size of a column: what rounding leaves of a difference that is 0 */

enum { NODES = 4 };

/* Of the range of the number. */
static const double STEP = 1e-3;

/* f'(x) h = (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12. */
static const double place[NODES] = { -2, -1, 1, 2 }, weight[NODES] = { 1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12 };

/* --- one variable's values ------------------------------------------------------------------------------ */

static bool range_of(const struct predictor *p, const struct asked *asked, double *low, double *high, struct glmm_error *err)
{
    const struct design *design = p->model->design;

    *low = INFINITY;
    *high = -INFINITY;
    if (p->coded || (p->column->type != COLUMN_REAL && p->column->type != COLUMN_INTEGER && p->column->type != COLUMN_DATE))
        return fail(err, GLMM_E_TYPE, asked->at, "%.60s is a factor in %.60s, and has no slope", p->column->name, p->model->name);
    for (size_t i = 0; i < design->n; i++) {
        double x = column_real(p->column, design->row[i]);

        *low = fmin(*low, x);
        *high = fmax(*high, x);
    }
    return *low < *high
           || fail(err, GLMM_E_MODEL, asked->at, "%.60s has one value in the rows of %.60s", p->column->name, p->model->name);
}

/* A copy of at= in which a variable has these values. */
static bool with_values(const struct at *at, const char *name, const double values[], size_t count, struct arena *arena,
                        struct at *out, struct glmm_error *err)
{
    struct at_variable *v;

    out->variables = arena_alloc(arena, (size_t)at->count + 1, sizeof *out->variables);
    if (out->variables == NULL)
        return fail_memory(err);
    out->count = 0;
    for (int k = 0; k < at->count; k++)
        if (strcmp(at->variables[k].name, name) != 0)
            out->variables[out->count++] = at->variables[k];
    v = &out->variables[out->count++];
    v->name = name;
    v->count = count;
    if ((v->values = arena_alloc(arena, count + 1, sizeof *v->values)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < count; i++)
        if ((v->values[i] = arena_printf(arena, "%.17g", values[i])) == NULL)
            return fail_memory(err);
    return true;
}

/* --- where a slope is another ----------------------------------------------------------------------------- */

/* poly(x, 1) and ns(x, 1) are lines. */
static bool is_line(const struct expr *call)
{
    for (const struct expr *a = call->arguments; a != NULL; a = a->next)
        if (a->kind == EXPR_NUMBER && a->number == 1 && (a->argument_name == NULL || a->argument_name[0] == 'd'))
            return strcmp(call->text, "poly") == 0 || strcmp(call->text, "ns") == 0;
    return false;
}

/* A function whose value is a line in its first argument. */
static bool is_linear_call(const struct expr *x)
{
    static const char *const functions[] = { "I", "scale", "center", "as.numeric", "as.integer" };

    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        if (strcmp(x->text, functions[k]) == 0)
            return true;
    return is_line(x);
}

/* Whether the expression is a + b x in this column, a and b free of it. */
static bool is_affine(const struct expr *x, const char *column)
{
    if (!grid_mentions(x, column))
        return true;
    switch (x->kind) {
    case EXPR_NAME:
        return true;
    case EXPR_PAREN:
        return is_affine(x->left, column);
    case EXPR_UNARY:
        return strcmp(x->text, "!") != 0 && is_affine(x->left, column);
    case EXPR_BINARY:
        if (!is_affine(x->left, column) || !is_affine(x->right, column))
            return false;
        return strcmp(x->text, "+") == 0 || strcmp(x->text, "-") == 0
               || (strcmp(x->text, "*") == 0 && (!grid_mentions(x->left, column) || !grid_mentions(x->right, column)))
               || (strcmp(x->text, "/") == 0 && !grid_mentions(x->right, column));
    case EXPR_CALL:
        for (const struct expr *a = x->arguments; a != NULL; a = a->next)
            if (a != x->arguments && grid_mentions(a, column))
                return false;
        return is_linear_call(x) && is_affine(x->arguments, column);
    default:
        return false;
    }
}

bool slopes_bend(const struct model *model, const char *column)
{
    const struct formula *formula = model->formula;

    for (int t = 0; t < formula->term_count; t++) {
        int found = 0;

        for (int j = 0; j < formula->terms[t].order; j++) {
            found += grid_mentions(formula->terms[t].factors[j], column);
            if (found > 1 || !is_affine(formula->terms[t].factors[j], column))
                return true;
        }
    }
    return false;
}

bool slopes_move_with(const struct model *model, const char *column, const char *other)
{
    const struct formula *formula = model->formula;

    for (int t = 0; t < formula->term_count; t++) {
        bool mine = false, its = false;

        for (int j = 0; j < formula->terms[t].order; j++) {
            mine = mine || grid_mentions(formula->terms[t].factors[j], column);
            its = its || grid_mentions(formula->terms[t].factors[j], other);
        }
        if (mine && its)
            return true;
    }
    return false;
}

/* --- slopes ---------------------------------------------------------------------------------------------- */

/* Where the slopes are taken along the number. */
struct places {
    struct predictor predictor;
    struct setting_value *values;
    int count, own; /* own: its place among the variables asked for, -1 */
    bool shown;     /* as one of the variables of the rows */
    double step;
};

static bool set_places(struct places *places, const struct means_request *request, struct arena *arena, struct glmm_error *err)
{
    const struct predictor *p = &places->predictor;
    const struct at_variable *at = at_find(&request->at, p->column->name);

    if (at != NULL)
        places->values = at_values(at, request->at_place, p, arena, &places->count, err);
    else if (places->own >= 0)
        places->values = predictor_values(p, arena, &places->count, err);
    else
        places->values = predictor_mean_value(p, arena, &places->count, err);
    return places->values != NULL;
}

/* The values of the last variable, whose nodes went fastest: those at which slopes are taken, where they are shown. */
static bool keep_places(struct means *m, const struct places *places, size_t n, struct glmm_error *err)
{
    int all = m->variable_count, kept = all - !places->shown, count = places->count;
    int *level = arena_alloc(m->arena, n * (size_t)all + 1, sizeof *level);
    struct means_variable *variables = arena_alloc(m->arena, (size_t)all + 1, sizeof *variables);
    struct setting_value *values = arena_alloc(m->arena, (size_t)count + 1, sizeof *values);

    if (level == NULL || variables == NULL || values == NULL)
        return fail_memory(err);
    for (int k = 0; k < kept; k++)
        variables[k] = m->variables[k];
    for (int k = 0; k < count; k++) {
        values[k] = places->values[k];
        if ((values[k].label = arena_strdup(m->arena, values[k].label)) == NULL)
            return fail_memory(err);
    }
    if (places->shown) {
        variables[kept - 1].values = values;
        variables[kept - 1].count = count;
        variables[kept - 1].sorted = NULL; /* no row is looked for */
    }
    for (size_t c = 0; c < n; c++)
        for (int k = 0; k < kept; k++)
            level[c * (size_t)kept + (size_t)k] =
                k == all - 1 ? (int)(c % (size_t)count) : m->level[c * NODES * (size_t)all + (size_t)k];
    m->variables = variables;
    m->variable_count = kept;
    m->level = level;
    return true;
}

/* The derivative of column j of the nodes' rows, `all` of them, n of the slopes' rows; what does not depend on the number is 0,
 * not what rounding left. */
static void derive(const double *nodes, size_t all, size_t n, size_t j, double h, double *out)
{
    for (size_t c = 0; c < n; c++) {
        const double *at = nodes + c * NODES + j * all;
        double slope = 0;

        for (size_t i = 0; i < NODES; i++)
            slope += weight[i] / h * at[i];
        out[c + j * n] = fabs(slope) < CANCELLED * fabs(at[0]) / h ? 0 : slope;
    }
}

/* The means at the nodes become slopes. */
static bool differentiate(struct means *m, const struct places *places, struct glmm_error *err)
{
    const struct design *design = m->model->design;
    size_t n = (size_t)(m->count / NODES), all = (size_t)m->count;
    double *X = arena_alloc(m->arena, n * (size_t)design->p + 1, sizeof *X);
    double *dropped = arena_alloc(m->arena, n * (size_t)design->dropped_count + 1, sizeof *dropped);
    double *offset = arena_alloc(m->arena, n + 1, sizeof *offset);
    bool *empty = arena_alloc(m->arena, n + 1, sizeof *empty);

    if (X == NULL || dropped == NULL || offset == NULL || empty == NULL)
        return fail_memory(err);
    for (size_t c = 0; c < n; c++)
        empty[c] = m->empty[c * NODES];
    for (int j = 0; j < design->p; j++)
        derive(m->rows.X, all, n, (size_t)j, places->step, X);
    for (int j = 0; j < design->dropped_count; j++)
        derive(m->rows.dropped, all, n, (size_t)j, places->step, dropped);
    m->count = (int)n;
    m->rows = (struct stated_rows){ n, X, dropped, .coefficients = true };
    m->offset = offset;
    m->empty = empty;
    return keep_places(m, places, n, err);
}

/* Of what is held, only that at which the slope would be another elsewhere: the number itself, where it has one place, first. */
static bool hold_what_counts(struct means *m, const struct places *places, struct glmm_error *err)
{
    const struct column *column = places->predictor.column;
    struct means_held *hold = arena_alloc(m->arena, (size_t)m->hold_count + 2, sizeof *hold);
    const char *held = "";
    int count = 0;

    if (hold == NULL)
        return fail_memory(err);
    if (!places->shown && slopes_bend(m->model, column->name)) {
        hold[count] = (struct means_held){ .column = column, .number = places->values[0].number };
        if ((hold[count++].label = arena_strdup(m->arena, places->values[0].label)) == NULL)
            return fail_memory(err);
    }
    for (int k = 0; k < m->hold_count; k++)
        if (slopes_move_with(m->model, column->name, m->hold[k].column->name))
            hold[count++] = m->hold[k];
    for (int k = 0; k < count && held != NULL; k++)
        held = arena_printf(m->arena, "%s%s%s = %s", held, k > 0 ? ", " : "", hold[k].column->name, hold[k].label);
    m->slope_of = column;
    m->hold = hold;
    m->hold_count = count;
    m->held = m->held_wide = held;
    return held != NULL || fail_memory(err);
}

/* What is asked of the means at the nodes: the other variables, then the number with NODES values around each place. */
static bool ask_nodes(const struct places *places, const struct asked *variable, const struct means_request *request,
                      struct arena *arena, struct means_request *out, struct glmm_error *err)
{
    struct asked *asked = arena_alloc(arena, (size_t)request->count + 2, sizeof *asked);
    double *values = arena_alloc(arena, (size_t)places->count * NODES + 1, sizeof *values);
    int count = 0;

    if (asked == NULL || values == NULL)
        return fail_memory(err);
    for (int k = 0; k < request->count; k++)
        if (k != places->own)
            asked[count++] = request->variables[k];
    asked[count++] = *variable;
    for (int k = 0; k < places->count; k++)
        for (int i = 0; i < NODES; i++)
            values[k * NODES + i] = places->values[k].number + place[i] * places->step;
    *out = *request;
    out->variables = asked;
    out->count = count;
    return with_values(&request->at, places->predictor.column->name, values, (size_t)places->count * NODES, arena, &out->at, err);
}

/* Which of the variables asked for is the number itself: it goes fastest then; -1: none. */
static bool find_own(struct places *places, const struct model *model, const struct means_request *request,
                     struct glmm_error *err)
{
    places->own = -1;
    for (int k = 0; k < request->count; k++) {
        struct predictor p;

        if (!predictor_find(&p, model, &request->variables[k], err))
            return error_argument(err, "variables");
        if (p.column != places->predictor.column)
            continue;
        if (places->own >= 0 || k < request->by_count)
            return fail(err, GLMM_E_USAGE, request->variables[k].at, "`%.60s` is named twice", p.column->name)
                   || error_argument(err, "variables");
        places->own = k;
    }
    return true;
}

struct means *slopes_new(const struct model *model, const struct asked *variable, const struct means_request *request,
                         const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct means_request nodes;
    struct places places;
    struct means *means = NULL;
    double low, high;
    bool ok = arena != NULL || fail_memory(err);

    ok = ok
         && ((predictor_find(&places.predictor, model, variable, err) && range_of(&places.predictor, variable, &low, &high, err))
             || error_argument(err, "slope"));
    if (ok) {
        places.step = STEP * (high - low);
        ok = find_own(&places, model, request, err) && set_places(&places, request, arena, err);
        places.shown = ok && (places.own >= 0 || places.count > 1);
    }
    ok = ok && ask_nodes(&places, variable, request, arena, &nodes, err)
         && (means = means_new(model, &nodes, progress, err)) != NULL && differentiate(means, &places, err)
         && hold_what_counts(means, &places, err);
    arena_free(arena);
    if (ok)
        return means;
    means_free(means);
    return NULL;
}

/* --- Johnson and Neyman ------------------------------------------------------------------------------------ */

/* What a slope has between two neighbouring points of the grid, its row being linear there; its margin over q standard errors. */
static bool margin_between(const struct means *m, const struct linear *linear, int i, double share, double level, double *margin,
                           struct glmm_error *err)
{
    int p = m->model->design->p, d = m->model->design->dropped_count;
    double *row = NEW_ARRAY(double, p + d + 1);
    struct stated_rows one = { 1, row, row + p, .coefficients = true };
    struct linear_estimate e;
    bool ok;

    if (row == NULL)
        return fail_memory(err);
    for (int j = 0; j < p + d; j++) {
        const double *x = j < p ? m->rows.X + (size_t)j * m->rows.n : m->rows.dropped + (size_t)(j - p) * m->rows.n;

        row[j] = share == 0 ? x[i] : (1 - share) * x[i] + share * x[i + 1];
    }
    ok = linear_estimate(linear, &one, 0, &e, err);
    *margin = ok && e.se > 0 ? fabs(e.estimate) - wald_quantile(e.df, level) * e.se : (double)NAN;
    mem_free(row);
    return ok;
}

/* Where the margin changes its sign between points i and i + 1. */
static bool crossing(const struct means *m, const struct linear *linear, int i, const double w[], double level, double *at,
                     struct glmm_error *err)
{
    double low = 0, high = 1, first, middle;

    if (!margin_between(m, linear, i, 0, level, &first, err))
        return false;
    for (int round = 0; round < 50; round++) {
        if (!margin_between(m, linear, i, 0.5 * (low + high), level, &middle, err))
            return false;
        if ((middle > 0) == (first > 0))
            low = 0.5 * (low + high);
        else
            high = 0.5 * (low + high);
    }
    *at = w[i] + 0.5 * (low + high) * (w[i + 1] - w[i]);
    return true;
}

static bool find_regions(const struct means *m, const struct linear *linear, double level, struct neyman *out,
                         struct glmm_error *err)
{
    bool inside = false;

    for (int i = 0; i < NEYMAN_POINTS; i++) {
        double margin, at = out->w[i];

        if (!margin_between(m, linear, i, 0, level, &margin, err))
            return false;
        if ((margin > 0) == inside)
            continue;
        if (i > 0 && !crossing(m, linear, i - 1, out->w, level, &at, err))
            return false;
        if (!inside && out->count == NEYMAN_REGIONS)
            break;
        if (inside) {
            out->to[out->count++] = at;
        } else {
            out->from[out->count] = at;
            out->sign[out->count] = out->slope[i] > 0 ? 1 : -1;
        }
        inside = !inside;
    }
    if (inside)
        out->to[out->count++] = out->w[NEYMAN_POINTS - 1];
    return true;
}

bool neyman_find(const struct model *model, const struct linear *linear, const struct asked *variable,
                 const struct asked *moderator, const struct means_request *request, double level, struct neyman *out,
                 const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct means_request grid = *request;
    struct means *m = NULL;
    struct predictor p;
    double low, high;
    bool ok = arena != NULL || fail_memory(err);

    *out = (struct neyman){ .count = 0 };
    ok = ok
         && ((predictor_find(&p, model, moderator, err) && range_of(&p, moderator, &low, &high, err))
             || error_argument(err, "moderator"));
    for (int i = 0; ok && i < NEYMAN_POINTS; i++)
        out->w[i] = low + (high - low) * i / (NEYMAN_POINTS - 1);
    grid.variables = moderator;
    grid.count = 1;
    grid.by_count = 0;
    ok = ok && with_values(&request->at, p.column->name, out->w, NEYMAN_POINTS, arena, &grid.at, err)
         && (m = slopes_new(model, variable, &grid, progress, err)) != NULL;
    for (int i = 0; ok && i < NEYMAN_POINTS; i++) {
        struct mean_estimate e;

        ok = means_estimate(m, linear, i, SCALE_LINK, level, &e, err);
        if (!ok)
            break;
        out->slope[i] = e.estimate;
        out->lower[i] = e.lower;
        out->upper[i] = e.upper;
    }
    ok = ok && find_regions(m, linear, level, out, err);
    means_free(m);
    arena_free(arena);
    return ok;
}
