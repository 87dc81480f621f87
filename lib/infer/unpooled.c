/* unpooled.c -- see unpooled.h.
 *
 * With everything but term t held at its estimate, row i has the known part base_i = linear_i - z_i b_l, and the level's effects
 * d maximize sum of log f(y_i; base_i + z_i d) over its rows.  In a linear model that is one regression by rotations, so that a
 * level whose rows are collinear is found without squaring its condition number.  Elsewhere Newton steps with halving start from
 * the mode; at the end a look far along where they led tells a maximum from a likelihood that rises to infinity. */
#include "infer/unpooled.h"

#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "infer/rowqr.h"
#include "linalg/orthonormal.h"
#include "model/family.h"

static const double RIDGE = 1e-11;      /* of the largest curvature: makes a singular one regular, and moves no printed digit */
static const double STEP_FOUND = 1e-11; /* of eta: a step that is nothing */
static const double FALLS = 1e-6;       /* of a log likelihood: what goes to infinity falls by less than this on its way */

enum { LARGE = 1000 };            /* rows of a level between whose steps one looks for Ctrl-C */
static const double GONE = 6;     /* in units of eta: a row that has moved so far is on its way there, or back */
static const double SAME = 1e-6;  /* of a row of Z: a combination of others */
static const double STILL = 0.01; /* of the largest move on the way to infinity: an effect that stays */
static const double FAR = 20;     /* in units of eta: no finite maximum keeps its likelihood so far away */

static double z_of(const struct random_design *random, size_t i, int a)
{
    return random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a];
}

/* --- linear models ---------------------------------------------------------------------------- */

static bool linear_deviations(const struct fit *fit, int t, int effect, double own[])
{
    const struct design *design = fit->design;
    const struct random_design *random = &design->random[t];
    const double *modes = fit->random[t].modes;
    int k = random->k, p = k + 1, a;
    double *triangles = NEW_ARRAY(double, (size_t)random->level_count *p *p), *row = NEW_ARRAY(double, 2 * p);
    double residual, root;
    int32_t l;
    size_t i;
    bool ok = triangles != NULL && row != NULL;

    for (i = 0; ok && i < design->n; i++) {
        l = random->level[i];
        root = design->weights == NULL ? 1 : sqrt(design->weights[i]);
        residual = design->y[i] - fit->linear[i];
        for (a = 0; a < k; a++) {
            row[a] = z_of(random, i, a);
            residual += row[a] * modes[(size_t)l * k + a];
        }
        row[k] = residual;
        for (a = 0; a < p; a++)
            row[a] *= root;
        rowqr_add(triangles + (size_t)l * p * p, p, row);
    }
    for (l = 0; ok && l < random->level_count; l++) {
        rowqr_solve(triangles + (size_t)l * p * p, p, row);
        own[l] = row[effect];
    }
    mem_free(row);
    mem_free(triangles);
    return ok;
}

/* --- other families ----------------------------------------------------------------------------- */

/* The likelihood of one level's rows. */
struct level_task {
    const struct fit *fit;
    const struct random_design *random;
    struct response response;
    const double *modes; /* of the level */
    const size_t *rows;  /* of the level */
    size_t count;
    int k;
    double unit;                /* of eta: 1 for logarithms and probabilities, else the size of eta */
    double *at, *trial, *slope; /* k */
    double *course, *turned;    /* k: where the climb leads beside rows that stay; it, with an effect turned about */
    double *size;               /* k: the largest |z| of the level's rows; 1 where that is 0 */
    double *stay;               /* k x k: orthonormal, of the z of these */
    double *curvature;          /* k x k */
    double *triangle, *work;    /* (k + 1)^2 for the steps; k + 1 */
    struct watch *watch;        /* NULL: none */
};

/* The log likelihood at d; slope and curvature of it when wanted.  -Infinity where a row is impossible. */
static double level_likelihood(const struct level_task *task, const double d[], bool slopes)
{
    const struct fit *fit = task->fit;
    double shape[FAMILY_SHAPES], sum = 0, eta, z, out[D_COUNT];
    struct observation at;
    int a, b;

    if (slopes) {
        memset(task->slope, 0, sizeof(double) * (size_t)task->k);
        memset(task->curvature, 0, sizeof(double) * (size_t)task->k * (size_t)task->k);
    }
    for (size_t r = 0; r < task->count; r++) {
        size_t i = task->rows[r];

        eta = fit->linear[i];
        for (a = 0; a < task->k; a++)
            eta += z_of(task->random, i, a) * (d[a] - task->modes[a]);
        at = response_at(&task->response, i);
        fit_estimated_shapes(fit, i, shape);
        if (!family_density(fit->family, fit->link, &at, eta, shape, slopes ? ORDER_HESSIAN : ORDER_VALUE, out))
            return -HUGE_VAL;
        sum += out[D_VALUE];
        for (a = 0; slopes && a < task->k; a++) {
            z = z_of(task->random, i, a);
            task->slope[a] += z * out[D_ETA];
            for (b = 0; b < task->k; b++)
                task->curvature[a * task->k + b] -= z * z_of(task->random, i, b) * out[D_ETA2];
        }
    }
    return isnan(sum) ? -HUGE_VAL : sum;
}

/* curvature^-1 slope into work, with a ridge on what the rows leave open, all in the sizes of the effects, so that no covariate's
 * unit counts; false where that is no direction of ascent. */
static bool newton_step(const struct level_task *task)
{
    const double *size = task->size;
    int k = task->k, p = k + 1, a, b;
    double ridge = 0, ascent = 0;

    for (a = 0; a < k; a++)
        ridge = fmax(ridge, fabs(task->curvature[a * k + a]) / (size[a] * size[a]));
    memset(task->triangle, 0, sizeof(double) * (size_t)p * (size_t)p);
    for (a = 0; a < k; a++) {
        for (b = 0; b < k; b++)
            task->work[b] = task->curvature[a * k + b] / (size[a] * size[b]) + (a == b ? RIDGE * ridge : 0);
        task->work[k] = task->slope[a] / size[a];
        rowqr_add(task->triangle, p, task->work);
    }
    rowqr_solve(task->triangle, p, task->work);
    for (a = 0; a < k; a++) {
        task->work[a] = isnan(task->work[a]) ? 0 : task->work[a] / size[a];
        ascent += task->work[a] * task->slope[a];
    }
    return ascent > 0;
}

static void set_sizes(const struct level_task *task)
{
    for (int a = 0; a < task->k; a++) {
        task->size[a] = 0;
        for (size_t r = 0; r < task->count; r++)
            task->size[a] = fmax(task->size[a], fabs(z_of(task->random, task->rows[r], a)));
        task->size[a] = task->size[a] > 0 ? task->size[a] : 1;
    }
}

static double unit_of(const struct level_task *task)
{
    double size = 0;

    if (task->fit->link->logs != NULL || task->fit->link->kind == LINK_LOG)
        return 1;
    for (size_t r = 0; r < task->count; r++)
        size = fmax(size, fabs(task->fit->linear[task->rows[r]]));
    return size > 0 ? size : 1;
}

/* How far d moves the linear predictor of row r of the level, in units. */
static double shift_of(const struct level_task *task, size_t r, const double d[])
{
    double shift = 0;

    for (int a = 0; a < task->k; a++)
        shift += z_of(task->random, task->rows[r], a) * d[a];
    return shift / task->unit;
}

/* The same of any row, at most. */
static double reach(const struct level_task *task, const double d[])
{
    double most = 0;

    for (size_t r = 0; r < task->count; r++)
        most = fmax(most, fabs(shift_of(task, r, d)));
    return most;
}

/* Climbs from the mode; returns the log likelihood reached at task->at. */
static double climb(struct level_task *task)
{
    enum { STEPS = 60, HALVINGS = 30 };
    double value, factor, length;
    int k = task->k, a, step, half;

    memcpy(task->at, task->modes, sizeof(double) * (size_t)k);
    value = level_likelihood(task, task->at, true);
    for (step = 0; step < STEPS && !(task->count > LARGE && watch_stops(task->watch)); step++) {
        if (!newton_step(task)) /* not concave here: along the slope instead */
            for (a = 0; a < k; a++)
                task->work[a] = task->slope[a] / (task->size[a] * task->size[a]);
        length = reach(task, task->work);
        if (!(length > STEP_FOUND))
            break;
        factor = length > 5 ? 5 / length : 1;
        for (half = 0; half < HALVINGS; half++, factor /= 2) {
            for (a = 0; a < k; a++)
                task->trial[a] = task->at[a] + factor * task->work[a];
            if (level_likelihood(task, task->trial, false) >= value)
                break;
        }
        if (half == HALVINGS)
            break;
        memcpy(task->at, task->trial, sizeof(double) * (size_t)k);
        value = level_likelihood(task, task->at, true);
        if (reach(task, task->at) > 2 * FAR) /* gone: the look ahead says whether for good */
            break;
    }
    return value;
}

/* The log likelihood far along a direction, for each row that it moves. */
static double likelihood_far_along(struct level_task *task, const double direction[])
{
    double largest = reach(task, direction), length = largest, way = FAR + reach(task, task->at);

    for (size_t r = 0; r < task->count; r++) {
        double shift = fabs(shift_of(task, r, direction));

        length = shift > SAME * largest ? fmin(length, shift) : length;
    }
    for (int a = 0; a < task->k; a++)
        task->trial[a] = task->at[a] + direction[a] * way / length;
    return level_likelihood(task, task->trial, false);
}

/* task->course: where the climb went, beside what would move rows that have not gone far; false where it went nowhere. */
static bool set_course(struct level_task *task)
{
    int k = task->k, count = 0;

    for (size_t r = 0; r < task->count && count < k; r++) {
        if (!(fabs(shift_of(task, r, task->at)) < GONE))
            continue;
        for (int a = 0; a < k; a++)
            task->trial[a] = z_of(task->random, task->rows[r], a);
        (void)orthonormal_extend(k, task->stay, &count, task->trial, SAME);
    }
    memcpy(task->course, task->at, sizeof(double) * (size_t)k);
    return orthonormal_leave(k, task->stay, count, task->course) > SAME;
}

/* Of a level without a maximum, which rises along task->course, to `value` far away: the end of one effect, its value where it
 * has one there, NaN where the way may as well lead elsewhere with it. */
static double end_of_effect(struct level_task *task, int effect, double value)
{
    double largest = 0, own = task->course[effect];
    bool still;

    for (int a = 0; a < task->k; a++)
        largest = fmax(largest, fabs(task->course[a]) * task->size[a]);
    largest /= task->size[effect];
    still = fabs(own) < STILL * largest;
    for (int sign = -1; sign <= 1; sign += 2) {
        if (!still && sign * own > 0)
            continue;
        memcpy(task->turned, task->course, sizeof(double) * (size_t)task->k);
        task->turned[effect] = still ? sign * largest : -own;
        if (likelihood_far_along(task, task->turned) >= value - FALLS)
            return (double)NAN;
    }
    return still ? task->at[effect] : copysign((double)INFINITY, own);
}

/* The deviation of one effect: NaN where the rows do not determine it, infinite where there is no maximum. */
static double level_deviation(struct level_task *task, int effect)
{
    int k = task->k, p = k + 1, a;
    double value, far;

    memset(task->triangle, 0, sizeof(double) * (size_t)p * (size_t)p);
    for (size_t r = 0; r < task->count; r++) {
        for (a = 0; a < k; a++)
            task->work[a] = z_of(task->random, task->rows[r], a);
        task->work[k] = 0;
        rowqr_add(task->triangle, p, task->work);
    }
    rowqr_solve(task->triangle, p, task->work);
    if (isnan(task->work[effect]))
        return NAN;
    set_sizes(task);
    value = climb(task);
    if (reach(task, task->at) < GONE)
        return task->at[effect];
    memcpy(task->course, task->at, sizeof(double) * (size_t)k);
    far = likelihood_far_along(task, task->course);
    if (far < value - FALLS && (!set_course(task) || (far = likelihood_far_along(task, task->course)) < value - FALLS))
        return task->at[effect];
    return end_of_effect(task, effect, fmax(far, value));
}

/* The rows of each level together: rows[from[l]] .. rows[from[l + 1] - 1]. */
static void sort_rows(const struct random_design *random, size_t n, size_t *from, size_t *rows)
{
    for (size_t i = 0; i < n; i++)
        from[random->level[i] + 1]++;
    for (int32_t l = 0; l < random->level_count; l++)
        from[l + 1] += from[l];
    for (size_t i = 0; i < n; i++)
        rows[from[random->level[i]]++] = i;
    for (int32_t l = random->level_count; l > 0; l--)
        from[l] = from[l - 1];
    from[0] = 0;
}

static bool general_deviations(const struct fit *fit, int t, int effect, struct watch *watch, double own[])
{
    const struct design *design = fit->design;
    const struct random_design *random = &design->random[t];
    int k = random->k, p = k + 1;
    size_t *from = NEW_ARRAY(size_t, random->level_count + 1), *rows = NEW_ARRAY(size_t, design->n);
    double *block = NEW_ARRAY(double, 6 * k + 2 * k * k + p * p + p);
    bool ok = from != NULL && rows != NULL && block != NULL;
    struct level_task task = {
        .fit = fit,
        .random = random,
        .k = k,
        .watch = watch,
        .response = { .family = fit->family,
                      .link = fit->link,
                      .n = design->n,
                      .y = design->y,
                      .trials = design->trials,
                      .weights = design->weights },
    };

    if (ok) {
        sort_rows(random, design->n, from, rows);
        task.at = block;
        task.trial = task.at + k;
        task.slope = task.trial + k;
        task.course = task.slope + k;
        task.turned = task.course + k;
        task.size = task.turned + k;
        task.stay = task.size + k;
        task.curvature = task.stay + k * k;
        task.triangle = task.curvature + k * k;
        task.work = task.triangle + p * p;
    }
    for (int32_t l = 0; ok && l < random->level_count; l++) {
        if (l % 16 == 0 && watch_stops(watch))
            break;
        task.modes = fit->random[t].modes + (size_t)l * (size_t)k;
        task.rows = rows + from[l];
        task.count = from[l + 1] - from[l];
        task.unit = unit_of(&task);
        own[l] = level_deviation(&task, effect);
    }
    mem_free(from);
    mem_free(rows);
    mem_free(block);
    return ok && !watch_stopped(watch);
}

/* --- both ------------------------------------------------------------------------------------------ */

bool unpooled_deviations(const struct fit *fit, int t, int effect, struct watch *watch, double own[])
{
    return fit_is_linear(fit) ? linear_deviations(fit, t, effect, own) : general_deviations(fit, t, effect, watch, own);
}

bool unpooled_row_slopes(const struct fit *fit, size_t i, double eta, double slopes[2])
{
    const struct design *design = fit->design;
    struct response response = fit_response(fit);
    struct observation at;
    double out[D_COUNT], shape[FAMILY_SHAPES];

    if (fit_is_linear(fit)) {
        slopes[1] = (design->weights == NULL ? 1 : design->weights[i]) / (fit->sigma * fit->sigma);
        slopes[0] = slopes[1] * (design->y[i] - eta);
        return true;
    }
    at = response_at(&response, i);
    fit_estimated_shapes(fit, i, shape);
    if (!family_density(fit->family, fit->link, &at, eta, shape, ORDER_HESSIAN, out))
        return false;
    slopes[0] = out[D_ETA];
    slopes[1] = -out[D_ETA2];
    return true;
}

/* z^2 I of a row; 0 where the row is impossible. */
static double row_information(const struct fit *fit, const struct random_design *random, size_t i)
{
    double z = z_of(random, i, 0), slopes[2];

    return unpooled_row_slopes(fit, i, fit->linear[i], slopes) ? slopes[1] * z * z : 0;
}

void unpooled_weights(const struct fit *fit, int t, double weight[])
{
    const struct random_design *random = &fit->design->random[t];
    double tau2 = fit->random[t].covariance[0];

    memset(weight, 0, sizeof(double) * (size_t)random->level_count);
    for (size_t i = 0; i < fit->design->n; i++)
        weight[random->level[i]] += row_information(fit, random, i);
    for (int32_t l = 0; l < random->level_count; l++) {
        weight[l] = fmax(weight[l], 0);
        weight[l] = tau2 == 0 ? 0 : weight[l] * tau2 / (weight[l] * tau2 + 1);
    }
}

double unpooled_information(const struct fit *fit, int t, int32_t level)
{
    const struct random_design *random = &fit->design->random[t];
    double sum = 0;

    for (size_t i = 0; i < fit->design->n; i++)
        if (random->level[i] == level)
            sum += row_information(fit, random, i);
    return fit_is_linear(fit) ? sum * fit->sigma * fit->sigma : sum;
}
