/* projection.c -- see projection.h. */
#include "infer/projection.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/sample.h"
#include "linalg/dense.h"

enum { ROWS_MOST = 2000 }; /* where each row has a variance of its own */

/* The rule is set up only where the variance is another one. */
static double mean_of_groups(struct projection *projection, double eta, double variance)
{
    struct average at;

    if (variance != projection->averager.variance)
        averager_set(&projection->averager, variance);
    return average_at(&projection->averager, eta, &at) ? at.mean : (double)NAN;
}

static bool set_rows(struct projection *projection)
{
    const struct fit *fit = projection->fit;
    const double **z = arena_alloc(projection->arena, (size_t)fit->design->random_count + 1, sizeof *z);
    struct marginal_rows all;

    if (z == NULL)
        return false;
    all = rows_of_design(fit->design, z);
    for (size_t r = 0; r < projection->rows; r++) {
        size_t i = projection->rows == all.n ? r : r * (all.n - 1) / (projection->rows - 1);

        projection->row[r] = i;
        projection->fixed[r] = rows_eta(fit, &all, i);
        projection->variance[r] = rows_variance(fit, &all, i);
    }
    return true;
}

/* g(average) at the places of the table, from the smallest to the largest eta of the rows. */
static void fill_table(struct projection *projection, double variance)
{
    const struct link *link = projection->fit->mean_link;
    double low = HUGE_VAL, high = -HUGE_VAL;
    struct average at, here;

    range_extend(&low, &high, projection->fixed, projection->rows);
    projection->table_low = low;
    projection->table_step = high > low ? (high - low) / PROJECTION_TABLE : 1;
    if (variance != projection->averager.variance)
        averager_set(&projection->averager, variance);
    for (int k = 0; k <= PROJECTION_TABLE; k++) {
        bool exists = average_at(&projection->averager, low + k * projection->table_step, &at);

        projection->value[k] = exists ? link_transform(link, at.mean) : (double)NAN;
        projection->slope[k] = exists && typical_at(link, projection->value[k], &here) ? at.slope / here.slope : (double)NAN;
    }
}

/* Cubic between two places: g(average) is close to a line there. */
static double look_up(const struct projection *projection, double eta)
{
    int k = (int)fmin(PROJECTION_TABLE - 1, fmax(0, floor((eta - projection->table_low) / projection->table_step)));
    double t = (eta - projection->table_low) / projection->table_step - k, h = projection->table_step;

    return (1 + 2 * t) * (1 - t) * (1 - t) * projection->value[k] + t * t * (3 - 2 * t) * projection->value[k + 1]
           + h * (t * (1 - t) * (1 - t) * projection->slope[k] - t * t * (1 - t) * projection->slope[k + 1]);
}

/* How many times an average counts row i. */
static double trials_of(const struct design *design, size_t i)
{
    return design->trials == NULL ? 1 : design->trials[i];
}

/* X'X over the rows that are averaged over. */
static void set_factor(struct projection *projection)
{
    const struct design *design = projection->fit->design;
    int p = design->p;

    for (size_t r = 0; r < projection->rows; r++)
        for (int j = 0; j < p; j++)
            for (int k = 0; k <= j; k++)
                projection->factor[j + k * p] += trials_of(design, projection->row[r])
                                                 * design->X[(size_t)j * design->n + projection->row[r]]
                                                 * design->X[(size_t)k * design->n + projection->row[r]];
    projection->regular = chol_factor_sure(p, projection->factor, p, CHOL_DEPENDENT, NULL) == 0;
}

/* marginal := beta + (X'X)^-1 X'(g(average) - eta): where averaging changes nothing, nothing is lost to rounding. */
void projection_turn(struct projection *projection, double dial)
{
    const struct fit *fit = projection->fit;
    const struct design *design = fit->design;
    double squared = dial * dial;
    int p = design->p;

    memset(projection->right, 0, sizeof(double) * (size_t)p);
    if (projection->same_variance)
        fill_table(projection, squared * projection->variance[0]);
    for (size_t r = 0; r < projection->rows; r++) {
        double eta = projection->fixed[r], variance = squared * projection->variance[r];
        double average = projection->same_variance ? look_up(projection, eta)
                                                   : link_transform(fit->mean_link, mean_of_groups(projection, eta, variance));
        double shift = average - eta;

        for (int j = 0; j < p; j++)
            projection->right[j] +=
                trials_of(design, projection->row[r]) * design->X[(size_t)j * design->n + projection->row[r]] * shift;
    }
    chol_solve_lower(p, projection->factor, p, projection->right);
    chol_solve_upper(p, projection->factor, p, projection->right);
    for (int j = 0; j < p; j++)
        projection->marginal[j] = projection->regular ? fit->beta[j] + projection->right[j] : (double)NAN;
}

bool projection_init(struct projection *projection, const struct fit *fit)
{
    const struct design *design = fit->design;
    size_t p = (size_t)design->p;
    bool plain = true;
    double *block;

    memset(projection, 0, sizeof *projection);
    projection->fit = fit;
    for (int t = 0; t < design->random_count; t++)
        plain = plain && design->random[t].z == NULL;
    projection->same_variance = plain;
    projection->rows = plain || design->n < ROWS_MOST ? design->n : ROWS_MOST;
    projection->arena = arena_new();
    if (projection->arena == NULL)
        return false;
    block = arena_alloc(projection->arena, 2 * projection->rows + p * p + 2 * p + 1, sizeof *block);
    projection->row = block == NULL ? NULL : arena_alloc(projection->arena, projection->rows, sizeof *projection->row);
    if (projection->row == NULL)
        return false;
    projection->fixed = block;
    projection->variance = projection->fixed + projection->rows;
    projection->marginal = projection->variance + projection->rows;
    projection->right = projection->marginal + p;
    projection->factor = projection->right + p;
    averager_init(&projection->averager, fit->mean_link);
    averager_set(&projection->averager, 0);
    if (!set_rows(projection))
        return false;
    set_factor(projection);
    return true;
}

void projection_clear(struct projection *projection)
{
    arena_free(projection->arena);
    projection->arena = NULL;
}
