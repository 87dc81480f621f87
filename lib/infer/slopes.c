/* slopes.c -- see slopes.h. */
#include "infer/slopes.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "infer/ci.h"

static const double CANCELLED = 1e-12; /* of the size of a column: what rounding leaves of a difference that is 0 */

enum { NODES = 4 };

/* Of the range of the number. */
static const double STEP = 1e-3;

/* f'(x) h = (f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)) / 12. */
static const double place[NODES] = { -2, -1, 1, 2 }, weight[NODES] = { 1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12 };

/* --- one variable's values ------------------------------------------------------------------------------ */

static bool range_of(const struct predictor *p, const struct asked *asked, double *low, double *high, double *mean,
                     struct glmm_error *err)
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
    *mean = predictor_mean(p);
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

/* --- slopes ---------------------------------------------------------------------------------------------- */

/* The means at the nodes become slopes: the last variable, whose nodes go fastest, is taken out. */
static bool differentiate(struct means *m, double h, struct glmm_error *err)
{
    const struct design *design = m->model->design;
    size_t n = (size_t)(m->count / NODES), all = (size_t)m->count;
    int kept = m->variable_count - 1, *level = arena_alloc(m->arena, n * (size_t)kept + 1, sizeof *level);
    double *X = arena_alloc(m->arena, n * (size_t)design->p + 1, sizeof *X);
    double *dropped = arena_alloc(m->arena, n * (size_t)design->dropped_count + 1, sizeof *dropped);
    double *offset = arena_alloc(m->arena, n + 1, sizeof *offset);
    bool *empty = arena_alloc(m->arena, n + 1, sizeof *empty);

    if (level == NULL || X == NULL || dropped == NULL || offset == NULL || empty == NULL)
        return fail_memory(err);
    for (size_t c = 0; c < n; c++) {
        for (int k = 0; k < kept; k++)
            level[c * (size_t)kept + (size_t)k] = m->level[c * NODES * (size_t)m->variable_count + (size_t)k];
        empty[c] = m->empty[c * NODES];
        for (size_t i = 0; i < NODES; i++) {
            for (int j = 0; j < design->p; j++)
                X[c + (size_t)j * n] += weight[i] / h * m->rows.X[c * NODES + i + (size_t)j * all];
            for (int j = 0; j < design->dropped_count; j++)
                dropped[c + (size_t)j * n] += weight[i] / h * m->rows.dropped[c * NODES + i + (size_t)j * all];
        }
        for (int j = 0; j < design->p; j++) { /* what does not depend on the number is 0, not what rounding left */
            double size = fabs(m->rows.X[c * NODES + (size_t)j * all]) / h;

            X[c + (size_t)j * n] = fabs(X[c + (size_t)j * n]) < CANCELLED * size ? 0 : X[c + (size_t)j * n];
        }
        for (int j = 0; j < design->dropped_count; j++) {
            double size = fabs(m->rows.dropped[c * NODES + (size_t)j * all]) / h;

            dropped[c + (size_t)j * n] = fabs(dropped[c + (size_t)j * n]) < CANCELLED * size ? 0 : dropped[c + (size_t)j * n];
        }
    }
    m->variable_count = kept;
    m->count = (int)n;
    m->level = level;
    m->rows = (struct stated_rows){ n, X, dropped, .coefficients = true };
    m->offset = offset;
    m->empty = empty;
    return true;
}

struct means *slopes_new(const struct model *model, const struct asked *variable, const struct means_request *request,
                         const struct glmm_progress *progress, struct glmm_error *err)
{
    struct arena *arena = arena_new();
    struct means_request nodes = *request;
    struct asked *asked = arena == NULL ? NULL : arena_alloc(arena, (size_t)request->count + 1, sizeof *asked);
    struct predictor p;
    struct means *means = NULL;
    double low, high, at, h = 1, values[NODES];
    bool ok = asked != NULL || fail_memory(err);

    ok = ok
         && ((predictor_find(&p, model, variable, err) && range_of(&p, variable, &low, &high, &at, err))
             || error_argument(err, "slope"));
    for (int k = 0; ok && k < request->at.count; k++)
        if (strcmp(request->at.variables[k].name, p.column->name) == 0
            && (request->at.variables[k].count != 1 || !column_parse(p.column, request->at.variables[k].values[0], &at)))
            ok = fail(err, GLMM_E_VALUE, request->at_place, "at= gives one number for %.60s, whose slope is asked for",
                      p.column->name)
                 || error_argument(err, "at");
    if (ok) {
        h = STEP * (high - low);
        for (int i = 0; i < NODES; i++)
            values[i] = at + place[i] * h;
        for (int k = 0; k < request->count; k++)
            asked[k] = request->variables[k];
        asked[request->count] = *variable;
        nodes.variables = asked;
        nodes.count = request->count + 1;
        ok = with_values(&request->at, p.column->name, values, NODES, arena, &nodes.at, err)
             && (means = means_new(model, &nodes, progress, err)) != NULL && differentiate(means, h, err);
    }
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
    double low, high, mean;
    bool ok = arena != NULL || fail_memory(err);

    *out = (struct neyman){ .count = 0 };
    ok = ok
         && ((predictor_find(&p, model, moderator, err) && range_of(&p, moderator, &low, &high, &mean, err))
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
