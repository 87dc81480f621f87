/* optimum.c -- the descent, and its certificate.
 *
 *   1. a minimizer, from where the model's start is;
 *   2. a template that is singular to within noise is made exactly singular where the deviance does not rise;
 *   3. the Hessian, and Newton's steps with it until nothing is left to gain;
 *   4. a direction of negative curvature is a saddle (a zero column of a template is always stationary): leave it, begin again;
 *   5. what is left to gain, g'H^-1 g / 2, is the certificate. */
#include "fit/optimum.h"

#include <math.h>
#include <string.h>

#include "fit/tolerances.h"
#include "linalg/dense.h"

enum { NEWTON_STEPS = 5 };

size_t optimizer_room(int n)
{
    size_t size = (size_t)(n > 0 ? n : 1);

    return 3 * size * size + 8 * size + 34 * size;
}

void optimizer_init(struct optimizer *o, int n, double *block)
{
    size_t size = (size_t)(n > 0 ? n : 1);

    memset(o, 0, sizeof *o);
    o->n = n;
    o->bound = HUGE_VAL;
    o->x = block;
    o->gradient = o->x + size;
    o->unit = o->gradient + size;
    o->values = o->unit + size;
    o->step = o->values + size;
    o->trial = o->step + size;
    o->trial_gradient = o->trial + size;
    o->direction = o->trial_gradient + size;
    o->T = o->direction + size;
    o->hessian = o->T + size * size;
    o->vectors = o->hessian + size * size;
    o->work = o->vectors + size * size;
    o->work_size = (int)(34 * size);
}

double optimizer_at(struct optimizer *o, const double x[], double gradient[])
{
    bool stop = false;
    double value = objective_at(&o->objective, x, gradient, &stop);

    o->stopped = o->stopped || stop;
    return value;
}

/* --- second order -------------------------------------------------------------------------- */

bool optimizer_set_eigen(struct optimizer *o)
{
    memcpy(o->vectors, o->hessian, sizeof(double) * (size_t)o->n * (size_t)o->n);
    return symmetric_eigen(o->n, o->vectors, o->values, o->work, o->work_size);
}

double optimizer_largest(const struct optimizer *o)
{
    return o->n == 0 ? 0.0 : fmax(fabs(o->values[0]), fabs(o->values[o->n - 1]));
}

/* direction := T D v in x, v an eigenvector. */
static void set_direction(struct optimizer *o, int eigenvector)
{
    int n = o->n;
    const double *v = o->vectors + (size_t)eigenvector * (size_t)n;

    for (int i = 0; i < n; i++) {
        o->direction[i] = 0.0;
        for (int j = 0; j < n; j++)
            o->direction[i] += o->T[i + j * n] * o->unit[j] * v[j];
    }
}

double optimizer_step(struct optimizer *o, const double gradient[])
{
    int n = o->n;
    double gain = 0.0, floor = TOLERANCE_FLAT_GAIN * optimizer_largest(o);

    memset(o->step, 0, sizeof(double) * (size_t)n);
    for (int j = 0; j < n; j++) {
        double along = 0.0, e = fmax(fabs(o->values[j]), floor);

        set_direction(o, j);
        for (int i = 0; i < n; i++)
            along += o->direction[i] * gradient[i];
        if (!(e > 0.0))
            continue;
        gain += 0.5 * along * along / e;
        for (int i = 0; i < n && fabs(o->values[j]) > floor; i++)
            o->step[i] -= along / e * o->direction[i];
    }
    return gain;
}

/* Moves to the trial point. */
static void take_trial(struct optimizer *o, double value)
{
    memcpy(o->x, o->trial, sizeof(double) * (size_t)o->n);
    memcpy(o->gradient, o->trial_gradient, sizeof(double) * (size_t)o->n);
    o->value = value;
}

/* Whether the step moves some parameter by a share of its natural size that counts. */
static bool step_counts(const struct optimizer *o)
{
    for (int i = 0; i < o->n; i++)
        if (!(fabs(o->step[i]) <= o->unmoved * o->T[i + i * o->n]))
            return true;
    return false;
}

/* Newton steps with the one Hessian, each kept when the deviance does not rise beyond rounding and less is left to gain.  Where a
 * step leaves next to nothing of that, its slopes are believed rather than its value, whose rounding may be larger than it is
 * taken for. */
static void polish(struct optimizer *o)
{
    double noise = TOLERANCE_ROUNDINGS * objective_rounding(&o->objective, o->value), value, gain;

    o->gain = optimizer_step(o, o->gradient);
    for (int i = 0; i < NEWTON_STEPS && o->gain > o->negligible && o->gain < TOLERANCE_NEWTON_REACH && step_counts(o); i++) {
        for (int j = 0; j < o->n; j++)
            o->trial[j] = o->x[j] + o->step[j];
        value = optimizer_at(o, o->trial, o->trial_gradient);
        if (o->stopped || !(value < MINIMIZE_BAD))
            return;
        gain = optimizer_step(o, o->trial_gradient);
        if (!(gain < o->gain)
            || !(value <= o->value + (gain < TOLERANCE_STEEP * o->gain ? fmax(noise, TOLERANCE_BOUNDARY) : noise)))
            return;
        take_trial(o, value);
        o->gain = gain;
    }
}

bool optimizer_is_saddle(const struct optimizer *o)
{
    return o->n > 0 && o->values[0] < -fmax(TOLERANCE_SADDLE * optimizer_largest(o), TOLERANCE_LOWER);
}

/* Leaves a saddle along the eigenvector of the smallest eigenvalue; false when there is none. */
static bool leave_saddle(struct optimizer *o)
{
    double most = 0.0;

    if (!optimizer_is_saddle(o))
        return false;
    set_direction(o, 0);
    for (int i = 0; i < o->n; i++)
        most = fmax(most, fabs(o->direction[i]) / fmax(1.0, fabs(o->x[i])));
    for (double length = 0.5; length > TOLERANCE_SHORTEST; length /= 2.0)
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int i = 0; i < o->n; i++)
                o->trial[i] = o->x[i] + sign * length / most * o->direction[i];
            if (optimizer_at(o, o->trial, NULL) < o->value - TOLERANCE_LEFT && !o->stopped) {
                memcpy(o->x, o->trial, sizeof(double) * (size_t)o->n);
                return true;
            }
        }
    return false;
}

/* --- the boundary -------------------------------------------------------------------------- */

void optimizer_settle_signs(struct optimizer *o)
{
    for (int t = 0; t < o->template_count; t++) {
        const struct template_place *place = &o->templates[t];
        int i = place->first;

        for (int b = 0; b < place->k; b++) {
            int rows = place->covariance->end(place->k, b) - b;
            bool turn = o->x[i] < 0.0;

            for (int a = 0; a < rows && turn; a++) {
                o->x[i + a] = -o->x[i + a];
                o->gradient[i + a] = -o->gradient[i + a];
            }
            o->x[i] = fabs(o->x[i]); /* no zero with a sign */
            i += rows;
        }
    }
}

static double unit_of(const struct template_place *place, int entry)
{
    return place->unit == NULL ? 1.0 : place->unit[entry];
}

/* Puts singular values of templates that are below `tolerance` to 0, where that costs no more than `slack`. */
static void settle_singular(struct optimizer *o, double tolerance, double slack)
{
    size_t bytes = sizeof(double) * (size_t)o->n;
    int zero = 0;
    double value;

    memcpy(o->trial, o->x, bytes);
    for (int t = 0; t < o->template_count; t++)
        zero += o->templates[t].covariance->settle(o->templates[t].k, o->templates[t].unit, tolerance,
                                                   o->trial + o->templates[t].first);
    if (zero == 0 || (o->singular && memcmp(o->trial, o->x, bytes) == 0))
        return;
    value = optimizer_at(o, o->trial, o->trial_gradient);
    if (o->stopped || !(value <= o->value + slack))
        return;
    take_trial(o, value);
    o->singular = true;
}

void optimizer_settle_boundary(struct optimizer *o)
{
    double noise = 4.0 * TOLERANCE_ROUNDINGS * objective_rounding(&o->objective, o->value);

    optimizer_settle_signs(o);
    settle_singular(o, TOLERANCE_SINGULAR, fmax(o->slack, noise));
    if (!o->stopped)
        settle_singular(o, TOLERANCE_QUARTIC, noise);
}

/* --- a known optimum ----------------------------------------------------------------------- */

/* sum_c x_ac x_bc / (unit_a unit_b): the covariance of effects a >= b, from the entries of their template. */
static double covariance_of(const struct template_place *place, const double x[], int a, int b)
{
    double sum = 0.0;

    for (int c = 0; c <= b; c++) {
        int row = covariance_entry(place->covariance, place->k, a, c),
            other = covariance_entry(place->covariance, place->k, b, c);

        if (row >= 0 && other >= 0)
            sum += x[row] / unit_of(place, row) * x[other] / unit_of(place, other);
    }
    return sum;
}

/* Covariances, so that the signs of columns do not matter. */
static bool is_near(const struct template_place *place, const double x[], const double known[])
{
    for (int a = 0; a < place->k; a++)
        for (int b = 0; b <= a; b++) {
            double size = (covariance_of(place, known, a, a) + TOLERANCE_KNOWN_SHARE * TOLERANCE_KNOWN_SHARE)
                          * (covariance_of(place, known, b, b) + TOLERANCE_KNOWN_SHARE * TOLERANCE_KNOWN_SHARE);

            if (!(fabs(covariance_of(place, x, a, b) - covariance_of(place, known, a, b)) < TOLERANCE_KNOWN_SHARE * sqrt(size)))
                return false;
        }
    return true;
}

bool optimizer_is_known(const struct optimizer *o, const double x[], double value, double gain)
{
    if (o->known == NULL || !(gain < TOLERANCE_KNOWN_GAIN) || !(value < o->known_value + TOLERANCE_KNOWN_GAIN)
        || value < o->known_value - TOLERANCE_LOWER)
        return false;
    for (int t = 0; t < o->template_count; t++)
        if (!is_near(&o->templates[t], x + o->templates[t].first, o->known + o->templates[t].first))
            return false;
    return true;
}

/* --- the whole ----------------------------------------------------------------------------- */

void optimizer_descend(struct optimizer *o, const struct descent *descent)
{
    double before;

    o->singular = o->given_up = false;
    for (int attempt = 0; attempt < descent->attempts; attempt++) {
        descent->minimize(descent->context);
        if (o->stopped)
            return;
        if (attempt == 0 && o->value > o->bound) {
            o->given_up = true;
            return;
        }
        if (descent->settle != NULL && descent->settle(descent->context))
            continue;
        optimizer_settle_boundary(o);
        o->have_hessian = descent->hessian(descent->context) && optimizer_set_eigen(o);
        if (!o->have_hessian || o->stopped)
            break;
        before = optimizer_step(o, o->gradient);
        polish(o);
        if (before > descent->moved && !o->stopped)
            o->have_hessian = descent->hessian(descent->context) && optimizer_set_eigen(o);
        if (o->stopped || !o->have_hessian || (!leave_saddle(o) && !(o->gain > descent->enough)))
            break;
    }
    if (!o->stopped)
        optimizer_settle_boundary(o); /* Newton's steps leave zeros by a rounding */
}
