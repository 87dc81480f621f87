/* curves.c -- see curves.h.
 *
 * The groups are points spread over the distribution of the random effects: its quantiles where there are intercepts
 * alone, an additive recurrence (Roberts 2018: frac(1/2 + i/phi^j), phi^(d+1) = phi + 1) through the normal quantiles
 * where there are slopes. */
#include "infer/curves.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "base/sample.h"
#include "fit/fit.h"
#include "model/family.h"
#include "result/number.h"

static const double NO_RANGE = 1e-300;  /* of a variable that does not vary: its logarithm is still a number */
static const double ON_GRID = 1e-9;     /* of a step: a value that rounding put beside a grid point is on it */
static const double SAME_SPREAD = 1e-9; /* relative: standard deviations that are one */
static const double STRAIGHT = 1e-7;    /* of a column's size: a curve that is a line but for rounding of its making */

/* --- the points ----------------------------------------------------------------------------------- */

static bool set_levels(struct curves *c, struct setting_value **values, struct glmm_error *err)
{
    const char **names;
    int count;

    if ((*values = predictor_values(&c->predictor, c->arena, &count, err)) == NULL)
        return false;
    c->count = (size_t)count;
    c->reference = (size_t)predictor_reference(&c->predictor, *values, count);
    c->x = arena_alloc(c->arena, c->count + 1, sizeof *c->x);
    names = arena_alloc(c->arena, c->count + 1, sizeof *names);
    if (c->x == NULL || names == NULL)
        return fail_memory(err);
    for (size_t k = 0; k < c->count; k++) {
        c->x[k] = (double)k + 1;
        names[k] = (*values)[k].label;
    }
    c->names = names;
    return true;
}

/* The range, and the round values in it: fifty to a hundred. */
static bool set_range(struct curves *c, double low, double high, struct glmm_error *err)
{
    double step = pow(10, floor(log10(fmax(high - low, NO_RANGE) / 100))), from;

    for (int i = 0; i < 6 && (high - low) / step > 100; i++)
        step *= i % 3 == 1 ? 2.5 : 2;
    c->x = arena_alloc(c->arena, CURVE_POINTS_MOST, sizeof *c->x);
    if (c->x == NULL)
        return fail_memory(err);
    c->x[c->count++] = low;
    from = floor(low / step + ON_GRID) + 1;
    for (int i = 0; c->count + 1 < CURVE_POINTS_MOST; i++) {
        double x = step < 1 ? (from + i) / round(1 / step) : (from + i) * step;

        if (!(x < high - ON_GRID * step))
            break;
        if (x > c->x[c->count - 1])
            c->x[c->count++] = x;
    }
    if (high > low)
        c->x[c->count++] = high;
    return true;
}

static bool set_numbers(struct curves *c, struct setting_value **values, struct glmm_error *err)
{
    const struct design *design = c->predictor.model->design;
    double low = HUGE_VAL, high = -HUGE_VAL, value;

    for (size_t i = 0; i < design->n; i++) {
        value = column_real(c->predictor.column, design->row[i]);
        range_extend(&low, &high, &value, 1);
    }
    if (!set_range(c, low, high, err))
        return false;
    *values = arena_alloc(c->arena, c->count, sizeof **values);
    for (size_t k = 0; *values != NULL && k < c->count; k++)
        (*values)[k].number = c->x[k];
    return *values != NULL || fail_memory(err);
}

/* Over the observations: rows, or trials. */
static double mean_offset(const struct design *design)
{
    double sum = 0;

    for (size_t i = 0; design->offset != NULL && i < design->n; i++)
        sum += (design->trials == NULL ? 1 : design->trials[i]) * design->offset[i];
    return sum / design_trials(design);
}

/* The rows of the points: the predictor over its values, all else held. */
static bool set_rows(struct curves *c, const struct setting_value *values, const struct glmm_progress *progress,
                     struct glmm_error *err)
{
    const struct design *design = c->predictor.model->design;
    size_t *source = arena_alloc(c->arena, c->count + 1, sizeof *source);
    struct frame *copy = NULL;
    double offset = mean_offset(design);
    bool ok = source != NULL || fail_memory(err);

    for (size_t k = 0; ok && k < c->count; k++)
        source[k] = design->row[0];
    ok = ok && (copy = grid_copy(c->predictor.frame, source, c->count, err)) != NULL
         && predictor_hold_others(&c->predictor, copy, c->arena, &c->others, err);
    for (size_t k = 0; ok && k < c->count; k++)
        ok = predictor_set(&c->predictor, copy, k, 1, &values[k], err);
    ok = ok && predictor_rows(&c->predictor, copy, &c->grid, progress, err);
    frame_free(copy);
    for (size_t k = 0; ok && design->offset != NULL && k < c->count; k++)
        c->grid.made->offset[k] = offset;
    if (ok && design->offset != NULL)
        c->others = arena_printf(c->arena, "%s%soffset at its mean", c->others, c->others[0] == '\0' ? "" : "; ");
    return ok && (c->others != NULL || fail_memory(err));
}

/* --- the curves ------------------------------------------------------------------------------------ */

/* Coordinate `at` of group i in d dimensions, standard normal. */
static double spread_point(int i, int at, int d)
{
    double phi = 2, power, place;

    if (d == 1)
        return qnorm((i + 0.5) / CURVE_GROUPS, 0, 1, 1, 0);
    for (int step = 0; step < 60; step++)
        phi = pow(1 + phi, 1.0 / (d + 1));
    power = pow(phi, -(at + 1));
    place = fmod(0.5 + i * power, 1);
    return qnorm(fmin(fmax(place, 0.02), 0.98), 0, 1, 1, 0);
}

/* One normal coordinate: they stand at its quantiles. */
static bool is_one_intercept(const struct curves *c)
{
    for (int t = 0; t < c->fit->design->random_count; t++)
        if (c->fit->design->random[t].z != NULL)
            return false;
    return true;
}

bool curves_stays(int group)
{
    return group % CURVE_LOW == 0;
}

const char *curves_whose(const struct curves *c, bool low, bool brief)
{
    int step = low ? CURVE_LOW : 1, count = (CURVE_GROUPS - 1) / step + 1;
    const char *words = "groups at";

    if (!is_one_intercept(c))
        return arena_printf(c->arena, brief ? "%d groups of all" : "%d groups, spread over the random effects", count);
    if (brief && !low)
        return arena_printf(c->arena, "groups at %.0f\xe2\x80\x93%.0f%% of all", 50.0 / CURVE_GROUPS, 100 - 50.0 / CURVE_GROUPS);
    for (int i = 0; words != NULL && i < CURVE_GROUPS; i += step)
        words = arena_printf(c->arena, "%s%s %.0f", words, i == 0 ? "" : ",", 100 * (i + 0.5) / CURVE_GROUPS);
    return words == NULL ? NULL : arena_printf(c->arena, "%s%% of all", words);
}

/* z'b at row k for group i. */
static double random_part(const struct curves *c, size_t row, int i)
{
    const struct design *design = c->fit->design;
    int d = 0, at = 0;
    double sum = 0;

    for (int t = 0; t < design->random_count; t++)
        d += design->random[t].k;
    if (is_one_intercept(c)) /* however many, they add up to one normal intercept */
        return c->spread[row] * spread_point(i, 0, 1);
    for (int t = 0; t < design->random_count; t++) {
        int k = design->random[t].k;
        const double *z = c->grid.z[t];
        double root = sqrt(random_related(&design->random[t], -1));

        for (int b = 0; b < k; b++, at++)
            for (int a = b; a < k; a++)
                sum += (z == NULL ? 1 : z[row * (size_t)k + (size_t)a]) * c->fit->sigma * c->fit->random[t].lambda[a + b * k]
                       * root * spread_point(i, at, d);
    }
    return sum;
}

/* h(eta); NaN where the link has no mean there. */
static double mean_at(const struct curves *c, double eta)
{
    const struct link *link = c->fit->mean_link;
    struct average average;

    if (link->valid != NULL && link->logs == NULL && !link->valid(eta))
        return (double)NAN;
    typical_at(link, eta, &average);
    return average.mean;
}

/* Whether the data determine the fixed part at point k. */
static bool is_estimable(const struct curves *c, size_t k)
{
    return c->grid.rows.estimable == NULL || c->grid.rows.estimable[k];
}

void curves_turn(struct curves *c, double dial)
{
    for (size_t k = 0; k < c->count; k++) {
        double eta = rows_eta(c->fit, &c->grid.rows, k), variance = dial * dial * c->spread[k] * c->spread[k];
        struct average average;

        if (!is_estimable(c, k)) {
            c->mean[k] = (double)NAN;
            for (int i = 0; i < CURVE_GROUPS; i++)
                c->group[i][k] = (double)NAN;
            continue;
        }
        if (variance != c->averager->variance)
            averager_set(c->averager, variance);
        c->mean[k] = average_at(c->averager, eta, &average) ? average.mean : (double)NAN;
        for (int i = 0; i < CURVE_GROUPS; i++)
            c->group[i][k] = mean_at(c, eta + dial * random_part(c, k, i));
    }
}

/* The linear predictor of the coefficients at row k, with the offset. */
static double eta_of(const struct curves *c, const double beta[], size_t k)
{
    double eta = c->grid.rows.offset == NULL ? 0 : c->grid.rows.offset[k];

    for (int j = 0; j < c->fit->design->p; j++)
        eta += c->grid.rows.X[(size_t)j * c->count + k] * beta[j];
    return eta;
}

double curves_step(const struct curves *c, const double beta[], size_t at)
{
    size_t from = c->names != NULL ? c->reference : c->straight || at == 0 ? 0 : at - 1;
    size_t to = c->names != NULL ? at : c->straight ? c->count - 1 : at + 1 < c->count ? at + 1 : at;
    double sum = 0;

    if (from == to)
        return 0;
    if (!is_estimable(c, from) || !is_estimable(c, to))
        return (double)NAN;
    for (int j = 0; j < c->fit->design->p; j++) {
        const double *x = c->grid.rows.X + (size_t)j * c->count;

        sum += (x[to] - x[from]) * beta[j];
    }
    return c->names != NULL ? sum : sum / (c->x[to] - c->x[from]);
}

static void look_at_rows(struct curves *c)
{
    double range = c->count > 1 ? c->x[c->count - 1] - c->x[0] : 1;

    c->same_spread = c->straight = true;
    for (size_t k = 0; k < c->count; k++) {
        c->spread[k] = sqrt(rows_variance(c->fit, &c->grid.rows, k));
        c->same_spread = c->same_spread && fabs(c->spread[k] - c->spread[0]) <= SAME_SPREAD * c->spread[0];
    }
    for (int j = 0; j < c->fit->design->p; j++) {
        const double *x = c->grid.rows.X + (size_t)j * c->count, rise = x[c->count - 1] - x[0];
        double size = fabs(x[0]) + fabs(rise);

        for (size_t k = 0; k < c->count; k++) {
            size = fmax(size, fabs(x[k]));
            c->straight = c->straight && fabs(x[0] + rise * (c->x[k] - c->x[0]) / range - x[k]) <= STRAIGHT * size;
        }
    }
}

static bool allocate(struct curves *c, bool naive)
{
    double *block = arena_alloc(c->arena, (CURVE_GROUPS + 4) * c->count + 1, sizeof *block);

    if (block == NULL || (c->averager = NEW(struct averager)) == NULL)
        return false;
    c->spread = block;
    c->typical = block + c->count;
    c->mean = block + 2 * c->count;
    c->naive = naive ? block + 3 * c->count : NULL;
    for (int i = 0; i < CURVE_GROUPS; i++)
        c->group[i] = block + (size_t)(i + 4) * c->count;
    averager_init(c->averager, c->fit->mean_link);
    averager_set(c->averager, 0);
    return true;
}

/* "probability of incidence" of cbind(incidence, size - incidence). */
static const char *name_response(const struct curves *c)
{
    const struct model *model = c->predictor.model;
    const struct expr *response = model->formula->response, *first = response == NULL ? NULL : response->arguments;
    bool pair = response != NULL && response->kind == EXPR_CALL && strcmp(response->text, "cbind") == 0;
    const char *name = pair && first != NULL && first->kind == EXPR_NAME ? first->text : model->design->response;

    if (c->fit->family->response != RESPONSE_BINOMIAL)
        return arena_printf(c->arena, "mean of %s", model->design->response);
    if (model->design->success != NULL)
        return arena_printf(c->arena, "probability of %s = %s", name, model->design->success);
    return arena_printf(c->arena, "probability of %s", name);
}

bool curves_init(struct curves *c, const struct predictor *predictor, const double *naive, const struct glmm_progress *progress,
                 struct glmm_error *err)
{
    struct setting_value *values = NULL;

    *c = (struct curves){ .predictor = *predictor, .fit = predictor->model->fit, .arena = arena_new() };
    if (c->arena == NULL)
        return fail_memory(err);
    if (!(predictor->few ? set_levels(c, &values, err) : set_numbers(c, &values, err)))
        return false;
    if (c->count == 1)
        return fail(err, GLMM_E_VALUE, NOWHERE, "`%.60s` has only one value in the rows of %.60s", predictor->column->name,
                    predictor->model->name);
    if (!set_rows(c, values, progress, err))
        return false;
    if (!allocate(c, naive != NULL) || (c->response = name_response(c)) == NULL)
        return fail_memory(err);
    look_at_rows(c);
    c->why_not = c->grid.rows.why_not;
    for (size_t k = 0; k < c->count; k++) {
        c->typical[k] = is_estimable(c, k) ? mean_at(c, rows_eta(c->fit, &c->grid.rows, k)) : (double)NAN;
        if (naive != NULL)
            c->naive[k] = is_estimable(c, k) ? mean_at(c, eta_of(c, naive, k)) : (double)NAN;
    }
    return true;
}

void curves_clear(struct curves *c)
{
    grid_rows_clear(&c->grid);
    mem_free(c->averager);
    arena_free(c->arena);
    *c = (struct curves){ .arena = NULL };
}
