/* place.c -- see place.h: moving about in a place, by steps that are scaled by the curvature at the estimates, off edges where
 * slopes vanish whatever the criterion. */
#include "infer/place-private.h"

#include <math.h>
#include <string.h>

#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "model/family.h"

static const double NUDGE = 0.05;                               /* in natural sizes: to leave a saddle */
static const double RESIDUAL_LOST = 1e-3, RESIDUAL_NUDGE = 0.1; /* beside the largest standard deviation */
static const double NEARBY = 0.1; /* of the deviance, by the curvature: so far around a minimum that is known there is no other */
static const double GAIN = 1e-11; /* of the deviance, when no step is worth it any more */
enum { EVALUATIONS = 300 };

bool place_goes_on(const struct place *place, struct glmm_error *err)
{
    if (place->refused)
        return fail_memory(err);
    return !place->stopped || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while a profile was followed");
}

static double criterion(struct place *place, const double psi[], double gradient[])
{
    return place->tie != NULL ? place_tied_value(place, psi, gradient) : place_value_of(place, psi, gradient);
}

double place_value(struct place *place, const double psi[])
{
    return criterion(place, psi, NULL);
}

static void from_z(struct place *place, const double z[])
{
    int n = place->n;

    memcpy(place->psi, place->base, sizeof(double) * (size_t)n);
    for (int j = 0; j < place->n; j++)
        for (int i = 0; i < n; i++)
            place->psi[i] += place->C[i + j * n] * z[j];
}

static double value_at(void *context, const double z[], bool *stop)
{
    struct place *place = context;

    from_z(place, z);
    if (!progress_tell(place->progress, "evaluation", ++place->evaluations, 0, (double)NAN))
        place->stopped = *stop = true;
    return criterion(place, place->psi, NULL);
}

static bool slopes_at(void *context, const double z[], double gradient[], bool *stop)
{
    struct place *place = context;
    int n = place->n;

    (void)stop;
    from_z(place, z);
    if (!(criterion(place, place->psi, place->gradient) < MINIMIZE_BAD))
        return false;
    for (int j = 0; j < place->n; j++) {
        gradient[j] = 0;
        for (int i = 0; i < n; i++)
            gradient[j] += place->C[i + j * n] * place->gradient[i];
    }
    return true;
}

int place_infinite(const struct place *place, double *at)
{
    const struct fit *fit = place->fit;
    int first = place_first_rest(place), dispersions = fit->family->has_dispersion;

    for (int j = 0; j < place->rest && !fit->exact; j++) {
        int shape = fit->rest_shape[j];

        if (shape >= dispersions && shape < dispersions + fit->family->more_count && !family_holds_shape(fit->family, shape)
            && fit->family->more[shape - dispersions].infinite > 0) {
            *at = family_shape_estimated(fit->family, shape, fit->family->more[shape - dispersions].infinite);
            if (first + j == place_limit(place))
                *at = exp(-0.5 * fabs(*at));
            return first + j;
        }
    }
    return -1;
}

/* --- curvature -------------------------------------------------------------------------------------- */

const double *place_curvature(struct place *place)
{
    if (!place->has_curvature)
        place_set_curvature(place);
    return place->curvature;
}

/* With H^-1 = V: the others follow as V_(.,held) / V_(held,held). */
void place_tangent(struct place *place, int held, double direction[])
{
    int n = place->n;

    place_curvature(place);
    for (int i = 0; i < n; i++)
        direction[i] = place->inverse[i + held * n] / place->inverse[held + held * n];
}

double place_error(struct place *place, int coordinate)
{
    place_curvature(place);
    return place->positive ? sqrt(place->inverse[coordinate + coordinate * place->n]) : (double)NAN;
}

/* C C' = the inverse of the curvature among the free coordinates, so that all curvatures in z are 2. */
static void set_scale(struct place *place, int held)
{
    int n = place->n, m = place_chosen(place, held);
    double *H = place->vectors, *C = place->C;
    bool factored;

    if (place->held == held)
        return;
    place_curvature(place);
    for (int j = 0, v = 0; j < n; j++)
        for (int i = 0, u = 0; i < n && place_is_free(place, j, held); i++)
            if (place_is_free(place, i, held)) {
                H[u + v * m] = place->curvature[i + j * n] * place->sizes[i] * place->sizes[j];
                v += ++u == m;
            }
    memset(C, 0, sizeof(double) * (size_t)(n * n));
    factored = m > 0 && chol_factor(m, H, m) == 0;
    for (int j = 0, v = 0; factored && j < n; j++) { /* a column of L^-T; that of what is held is 0 */
        if (!place_is_free(place, j, held))
            continue;
        memset(place->z, 0, sizeof(double) * (size_t)m);
        place->z[v++] = 1;
        chol_solve_upper(m, H, m, place->z);
        for (int i = 0, u = 0; i < n; i++)
            if (place_is_free(place, i, held))
                C[i + j * n] = place->z[u++] * place->sizes[i];
    }
    place->held = held;
}

/* 0 of a standard deviation is stationary. */
static void leave_zero(struct place *place, int at, int held)
{
    double least = NUDGE * place->sizes[at] * (place->tie != NULL ? place_tie_reach(place, at) : 1);

    if (at != held && fabs(place->base[at]) < least)
        place->base[at] = least;
}

/* So is a correlation of -1 or 1, behind which the template's entry has the other sign. */
static void leave_line(struct place *place, int at, int held)
{
    if (at != held && fabs(sin(place->base[at])) < NUDGE)
        place->base[at] = cos(place->base[at]) > 0 ? NUDGE : M_PI - NUDGE;
}

/* The residual's logarithm is flat where it has become 0 beside effects of which each row has its own: a tenth of the largest of
 * these, which is a way back. */
static void leave_no_residual(struct place *place, int held)
{
    int sigma = rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SIGMA, -1, 0, 0 });
    double largest = 0;

    for (int i = 0; i < place->n; i++)
        if (rowcov_along_is_sd(place->along, i))
            largest = fmax(largest, rowcov_along_outward(place->along, i, place->base[i]));
    if (sigma >= 0 && sigma != held && largest > 0 && exp(place->base[sigma]) < RESIDUAL_LOST * largest)
        place->base[sigma] = log(RESIDUAL_NUDGE * largest);
}

/* Off what is stationary whatever the criterion. */
static void leave_edges(struct place *place, int held)
{
    if (place->structured && place->tie == NULL) /* where it is tied it has its share */
        leave_no_residual(place, held);
    for (int i = 0; place->structured && i < place->n; i++) {
        if (rowcov_along_is_sd(place->along, i))
            leave_zero(place, i, held);
        if (i != held && rowcov_along_is_angle(place->along, i) && fabs(cos(place->base[i])) < NUDGE)
            place->base[i] = copysign(M_PI_2 - NUDGE, sin(place->base[i]));
    }
    if (place_limit(place) >= 0)
        leave_zero(place, place_limit(place), held);
    for (int t = 0; t < place->term_count; t++)
        for (int a = 0; a < place->terms[t].k; a++) {
            leave_zero(place, term_row(&place->terms[t], a), held);
            for (int e = 0; e < a && place->terms[t].correlated; e++)
                leave_line(place, term_row(&place->terms[t], a) + 1 + e, held);
        }
}

bool place_bends(const struct place *place)
{
    return place->structured && rowcov_along_bends(place->along);
}

/* Without correlations, whose templates can be singular in several ways: from another curvature another of these is found. */
static bool has_one_valley(const struct place *place)
{
    bool one = !place->structured;

    for (int t = 0; t < place->term_count; t++)
        one = one && !place->terms[t].correlated;
    return one;
}

/* Structures bend too much for that: there it is never. */
static bool is_known(void *context, const double z[], double value, double gain)
{
    struct place *place = context;
    int n = place->n;
    double rise = 0;

    (void)value;
    (void)gain;
    if (place->known == NULL || place->structured)
        return false;
    from_z(place, z);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            if (place_is_free(place, i, -1) && place_is_free(place, j, -1))
                rise += (place->psi[i] - place->known[i]) * place->curvature[i + j * n] * (place->psi[j] - place->known[j]);
    return rise < NEARBY;
}

/* Where nothing is left to be chosen: the criterion at the base, psi := it. */
static double only_value(struct place *place, double psi[], bool *stopped)
{
    bool stop = !progress_tell(place->progress, "evaluation", ++place->evaluations, 0, (double)NAN);

    place->stopped = place->stopped || stop;
    *stopped = *stopped || place->stopped || place->refused;
    memcpy(psi, place->base, sizeof(double) * (size_t)place->n);
    if (place->tie != NULL && !place_tie_point(place, psi))
        return MINIMIZE_BAD;
    return criterion(place, place->base, NULL);
}

double place_minimize(struct place *place, int held, double psi[], bool *settled, bool *stopped)
{
    struct minimize_problem problem = { .objective = { .context = place, .value = value_at, .gradient = slopes_at },
                                        .tolerance = GAIN,
                                        .limit = EVALUATIONS,
                                        .is_known = is_known };
    struct minimize_report report;

    problem.warm = place->warm && place->held == held && has_one_valley(place);
    memcpy(place->base, psi, sizeof(double) * (size_t)place->n);
    if (place->tie != NULL)
        place_tie_start(place, place->base);
    leave_edges(place, held);
    *settled = true;
    if (place_chosen(place, held) == 0)
        return only_value(place, psi, stopped);
    set_scale(place, held);
    memset(place->z, 0, sizeof(double) * (size_t)place->n);
    problem.objective.n = place->n;
    report = minimize(place->minimizer, &problem, place->ones, place->z, place->z_gradient);
    from_z(place, place->z);
    memcpy(psi, place->psi, sizeof(double) * (size_t)place->n);
    if (place->tie != NULL && report.value < MINIMIZE_BAD)
        place_tie_point(place, psi);
    *settled =
        report.end == MINIMIZE_CONVERGED || report.end == MINIMIZE_KNOWN || (report.gain < TOLERANCE_NEARLY && !report.fenced);
    place->warm = report.end == MINIMIZE_CONVERGED;
    *stopped = *stopped || place->stopped || place->refused || report.end == MINIMIZE_STOPPED;
    return report.value;
}

void place_know(struct place *place, const double psi[])
{
    place->known = psi;
}

void place_forget(struct place *place)
{
    place->warm = false;
}

int place_chosen(const struct place *place, int held)
{
    int count = 0;

    for (int i = 0; i < place->n; i++)
        count += place_is_free(place, i, held);
    return count;
}

double place_call_time(const struct place *place)
{
    return place->structured ? rowcov_along_work(place->along) : lmm_work(place->lmm);
}

int place_count(const struct place *place)
{
    return place->n;
}

const double *place_estimate(const struct place *place)
{
    return place->estimate;
}

const double *place_sizes(const struct place *place)
{
    return place->sizes;
}

void place_edges(const struct place *place, int coordinate, double edge[2])
{
    rowcov_along_edges(place->along, coordinate, edge);
}

double place_outward(const struct place *place, int coordinate, double x)
{
    return rowcov_along_outward(place->along, coordinate, x);
}

bool place_is_angle(const struct place *place, int coordinate)
{
    return rowcov_along_is_angle(place->along, coordinate);
}

void place_wald(const struct place *place, int coordinate, double reach, double *lower, double *upper)
{
    rowcov_along_wald(place->along, coordinate, reach, lower, upper);
}
