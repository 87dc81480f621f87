/* curves.c -- see curves.h.
 *
 * At predictor value x the linear predictor of a group is normal with mean eta(x) and variance f^2 z(x)'Cov z(x), f the dial;
 * its mean is averaged as `attenuation` does (infer/marginal.h).  The marginal slope is that of the regression of g(average)
 * on the predictors over the rows of the data, the definition of infer/attenuation.h.  In the curves other predictors stand at
 * their means, indicators at 0, products at the product. */
#include "cmd/views/curves.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "infer/ci.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "render/axis.h"

enum { ROWS_MOST = 2000 }; /* where each row has a variance of its own */

static double mean_of_group(const struct curves *curves, double eta)
{
    struct average at;

    return typical_at(curves->fit->link, eta, &at) ? at.mean : (double)NAN;
}

/* The rule is set up only where the variance is another one. */
static double mean_of_groups(struct curves *curves, double eta, double variance)
{
    struct average at;

    if (variance != curves->averager.variance)
        averager_set(&curves->averager, variance);
    return average_at(&curves->averager, eta, &at) ? at.mean : (double)NAN;
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

static void set_rows(struct curves *curves)
{
    const struct fit *fit = curves->fit;
    const struct design *design = fit->design;
    double z[CURVE_EFFECTS_MOST] = { 0 };

    for (size_t r = 0; r < curves->rows; r++) {
        size_t i = curves->rows == design->n ? r : r * (design->n - 1) / (curves->rows - 1);
        int e = 0;

        curves->row[r] = i;
        curves->fixed[r] = design->offset == NULL ? 0 : design->offset[i];
        for (int j = 0; j < design->p; j++)
            curves->fixed[r] += design->X[(size_t)j * design->n + i] * fit->beta[j];
        for (int t = 0; t < design->random_count; t++)
            for (int a = 0; a < design->random[t].k; a++)
                z[e++] = z_of(&design->random[t], i, a);
        curves->variance[r] = variance_of(fit, z);
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

/* Where column j stands: `a:b` at the product of a and b, others at their usual value.  *follows is set, and the predictor
 * itself left out of the product, where it takes part. */
static double stands_at(const struct curves *curves, int j, bool *follows)
{
    const struct design *design = curves->fit->design;
    const char *name = design->names[j];
    double product = 1;

    *follows = j == curves->column;
    if (*follows)
        return 1;
    for (const char *part = name; strchr(name, ':') != NULL;) {
        size_t length = strcspn(part, ":");
        int found = column_named(design, part, length);

        if (found < 0)
            break;
        if (found == curves->column)
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
static bool is_predictor(const struct curves *curves, const struct random_design *random, int a)
{
    const struct design *design = curves->fit->design;

    for (size_t i = 0; i < design->n; i++)
        if (z_of(random, i, a) != design->X[(size_t)curves->column * design->n + i])
            return false;
    return true;
}

/* The grid of the predictor, with eta and the spread there. */
static void set_grid(struct curves *curves)
{
    const struct fit *fit = curves->fit;
    const struct design *design = fit->design;
    const double *x = design->X + (size_t)curves->column * design->n;
    double low = x[0], high = x[0], rest = design->offset == NULL ? 0 : usual(design->offset, design->n, 1),
           z[CURVE_EFFECTS_MOST] = { 0 };
    double slope = 0;
    bool moves;
    int follows[CURVE_EFFECTS_MOST] = { 0 }, e = 0;

    for (size_t i = 0; i < design->n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (int j = 0; j < design->p; j++) {
        double part = fit->beta[j] * stands_at(curves, j, &moves);

        rest += moves ? 0 : part;
        slope += moves ? part : 0;
    }
    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; a < design->random[t].k; a++, e++) {
            follows[e] = is_predictor(curves, &design->random[t], a);
            z[e] = design->random[t].z == NULL ? 1 : usual(design->random[t].z + a, design->n, (size_t)design->random[t].k);
        }
    curves->same_spread = true;
    for (int g = 0; g < CURVE_POINTS; g++) {
        curves->x[g] = low + (high - low) * g / (CURVE_POINTS - 1);
        curves->eta[g] = rest + slope * curves->x[g];
        for (int a = 0; a < e; a++)
            if (follows[a]) {
                z[a] = curves->x[g];
                curves->same_spread = false;
            }
        curves->spread[g] = sqrt(variance_of(fit, z));
    }
}

/* A group of the CURVE_GROUPS: its place among the groups in each effect is another one, so that slopes and intercepts mix. */
static double quantile_of(int curve, int effect)
{
    static const int steps[] = { 1, 2, 3, 4 };

    return wald_quantile((double)INFINITY, fabs(2 * (((curve * steps[effect % 4]) % CURVE_GROUPS) + 0.5) / CURVE_GROUPS - 1))
           * (2 * ((curve * steps[effect % 4]) % CURVE_GROUPS) + 1 < CURVE_GROUPS ? -1 : 1);
}

static void set_groups(struct curves *curves, double factor)
{
    const struct fit *fit = curves->fit;
    const struct design *design = fit->design;

    for (int c = 0; c < CURVE_GROUPS; c++)
        for (int g = 0; g < CURVE_POINTS; g++) {
            double shift = 0;
            int effect = 0;

            if (curves->same_spread)
                shift = curves->spread[g] * quantile_of(c, 0);
            for (int t = 0; t < design->random_count && !curves->same_spread; t++)
                for (int a = 0; a < fit->random[t].k; a++, effect++) {
                    double b = 0;

                    for (int k = 0; k <= a; k++)
                        b += fit->random[t].lambda[a + k * fit->random[t].k] * quantile_of(c, effect - a + k);
                    shift += fit->sigma * b
                             * (is_predictor(curves, &design->random[t], a) ? curves->x[g] : z_of(&design->random[t], 0, a) != 0);
                }
            curves->group[c][g] = mean_of_group(curves, curves->eta[g] + factor * shift);
        }
}

/* g(average) at the places of the table, from the smallest to the largest eta of the rows. */
static void fill_table(struct curves *curves, double variance)
{
    const struct link *link = curves->fit->link;
    double low = HUGE_VAL, high = -HUGE_VAL;
    struct average at, here;

    range_extend(&low, &high, curves->fixed, curves->rows);
    curves->table_low = low;
    curves->table_step = high > low ? (high - low) / CURVE_TABLE : 1;
    if (variance != curves->averager.variance)
        averager_set(&curves->averager, variance);
    for (int k = 0; k <= CURVE_TABLE; k++) {
        bool exists = average_at(&curves->averager, low + k * curves->table_step, &at);

        curves->value[k] = exists ? link_transform(link, at.mean) : (double)NAN;
        curves->slope[k] = exists && typical_at(link, curves->value[k], &here) ? at.slope / here.slope : (double)NAN;
    }
}

/* Cubic between two places: g(average) is close to a line there. */
static double look_up(const struct curves *curves, double eta)
{
    int k = (int)fmin(CURVE_TABLE - 1, fmax(0, floor((eta - curves->table_low) / curves->table_step)));
    double t = (eta - curves->table_low) / curves->table_step - k, h = curves->table_step;

    return (1 + 2 * t) * (1 - t) * (1 - t) * curves->value[k] + t * t * (3 - 2 * t) * curves->value[k + 1]
           + h * (t * (1 - t) * (1 - t) * curves->slope[k] - t * t * (1 - t) * curves->slope[k + 1]);
}

/* X'X over the rows that are averaged over. */
static void set_factor(struct curves *curves)
{
    const struct design *design = curves->fit->design;
    int p = design->p;

    for (size_t r = 0; r < curves->rows; r++)
        for (int j = 0; j < p; j++)
            for (int k = 0; k <= j; k++)
                curves->factor[j + k * p] +=
                    design->X[(size_t)j * design->n + curves->row[r]] * design->X[(size_t)k * design->n + curves->row[r]];
    curves->regular = chol_factor(p, curves->factor, p) == 0;
}

/* marginal := beta + (X'X)^-1 X'(g(average) - eta): where averaging changes nothing, nothing is lost to rounding. */
static void project(struct curves *curves, double squared)
{
    const struct fit *fit = curves->fit;
    const struct design *design = fit->design;
    int p = design->p;

    memset(curves->right, 0, sizeof(double) * (size_t)p);
    if (curves->same_variance)
        fill_table(curves, squared * curves->variance[0]);
    for (size_t r = 0; r < curves->rows; r++) {
        double eta = curves->fixed[r], squares = squared * curves->variance[r];
        double shift =
            (curves->same_variance ? look_up(curves, eta) : link_transform(fit->link, mean_of_groups(curves, eta, squares)))
            - eta;

        for (int j = 0; j < p; j++)
            curves->right[j] += design->X[(size_t)j * design->n + curves->row[r]] * shift;
    }
    chol_solve_lower(p, curves->factor, p, curves->right);
    chol_solve_upper(p, curves->factor, p, curves->right);
    for (int j = 0; j < p; j++)
        curves->marginal[j] = curves->regular ? fit->beta[j] + curves->right[j] : (double)NAN;
}

void curves_compute(struct curves *curves, double dial)
{
    project(curves, dial * dial);
    for (int g = 0; g < CURVE_POINTS; g++) {
        curves->typical[g] = mean_of_group(curves, curves->eta[g]);
        curves->mean[g] = mean_of_groups(curves, curves->eta[g], dial * dial * curves->spread[g] * curves->spread[g]);
    }
    set_groups(curves, dial);
}

/* The y axis has room for twice the estimated SD. */
static void choose_range(struct curves *curves)
{
    set_groups(curves, 2);
    curves->low = HUGE_VAL;
    curves->high = -HUGE_VAL;
    for (int c = 0; c < CURVE_GROUPS; c++)
        range_extend(&curves->low, &curves->high, curves->group[c], CURVE_POINTS);
    if (curves->fit->family != NULL && curves->fit->family->response == RESPONSE_BINOMIAL && curves->high - curves->low > 0.5) {
        curves->low = 0;
        curves->high = 1;
    }
    if (!(curves->high > curves->low)) {
        curves->low -= 1;
        curves->high += 1;
    }
}

void curves_choose(struct curves *curves, int column)
{
    curves->column = column;
    set_grid(curves);
    choose_range(curves);
}

bool curves_init(struct curves *curves, const struct fit *fit)
{
    const struct design *design = fit->design;
    size_t p = (size_t)design->p;
    bool plain = true;
    double *block;

    memset(curves, 0, sizeof *curves);
    curves->fit = fit;
    for (int t = 0; t < design->random_count; t++)
        plain = plain && design->random[t].z == NULL;
    curves->same_variance = plain;
    curves->rows = plain || design->n < ROWS_MOST ? design->n : ROWS_MOST;
    curves->arena = arena_new();
    block = curves->arena == NULL ? NULL : arena_alloc(curves->arena, 2 * curves->rows + p * p + 2 * p + 1, sizeof *block);
    curves->row = block == NULL ? NULL : arena_alloc(curves->arena, curves->rows, sizeof *curves->row);
    if (curves->row == NULL)
        return false;
    curves->fixed = block;
    curves->variance = curves->fixed + curves->rows;
    curves->marginal = curves->variance + curves->rows;
    curves->right = curves->marginal + p;
    curves->factor = curves->right + p;
    averager_init(&curves->averager, fit->link);
    averager_set(&curves->averager, 0);
    set_rows(curves);
    set_factor(curves);
    return true;
}

void curves_clear(struct curves *curves)
{
    arena_free(curves->arena);
    curves->arena = NULL;
}
