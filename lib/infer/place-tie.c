/* place-tie.c -- see place.h: the criterion where a share of the variance is held.
 *
 * What a term gives to a row on average is V_t = sum_ab M_ab Sigma_ab, M the mean of z z' over the observations, each
 * times what its level has with itself by a matrix K.  With the standard deviations of the member terms times e^r, r such that
 *
 *   F(psi, r) = log V_members - log V_rest = log(share / (1 - share)),
 *
 * the criterion at that point is a function of psi, which r follows by dr/dpsi_j = -F_j / F_r.  Where what is left hangs on no
 * mean F is linear in r, F_r = 2.  F_j is by differences of the fourth order: F costs nothing beside the criterion.
 *
 * One standard deviation that is all of the members is what r makes of it, and so is held; sigma of a linear model is profiled
 * out, and what r and psi make of its share are ratios to it.  Of a model of one intercept nothing is left to be chosen. */
#include "infer/place-private.h"

#include <math.h>
#include <string.h>

#include "infer/icc.h"
#include "model/family.h"

static const double STEP = 1e-3;                  /* of differences: their error is its fourth power */
static const double NEARLY_NONE = 1e-16;          /* a share that is 0: its standard deviation is 1e-8 of the whole */
static const double NEARLY_ALL = 1e-7;            /* what is left of a share that is 1: below there is no likelihood to be had */
static const double FOUND = 1e-12, FARTHEST = 40; /* of r */
static const double LEAST_REACH = 1e-2;           /* of an angle: where there is none at the estimates */
enum { SOLUTIONS = 60 };

struct place_tie {
    bool *member;        /* random_count */
    double **M;          /* of each term k x k */
    bool *diagonal;      /* M is: only variances count */
    double *spread;      /* n: 1 of a term's standard deviation, 0.5 of the root of one; 0: it is none */
    double *power;       /* n: the same of the members alone: of e^r */
    bool *held;          /* n: coordinates without a say */
    double *point;       /* n: where the tie holds */
    double *F, *at;      /* n: slopes; a point beside */
    double *gradient;    /* n: of the criterion there */
    double **sigma, *sd; /* of each term; the largest k */
    double *beta;        /* p: the view's */
    struct fit view;     /* the fit at another point, as far as what is left hangs on it */
    double odds, center; /* the logarithm; the angle at the estimates */
    double reach[2];     /* of their standard deviations, and of the others, beside the estimates */
};

/* --- variances ----------------------------------------------------------------------------------------- */

/* Sigma of a plain term. */
static void plain_covariance(const struct place *place, const struct place_term *term, double sigma[])
{
    int k = term->k;

    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;

            for (int c = 0; c <= b; c++)
                if (term->correlated || (c == a && c == b))
                    sum += place->theta[term_entry(term, a, c)] * place->theta[term_entry(term, b, c)];
            sigma[a + b * k] = sigma[b + a * k] = sum;
        }
}

/* V of a term at psi; NaN where it is no matrix. */
static double term_variance(struct place *place, int t, const double psi[])
{
    struct place_tie *tie = place->tie;
    int k = place->design.random[t].k;
    double *sigma = tie->sigma[t], sum = 0;

    if (!place->structured) {
        place_fill_term(&place->terms[t], psi, place->theta);
        plain_covariance(place, &place->terms[t], sigma);
    } else if (tie->diagonal[t]) {
        rowcov_along_sds(place->along, psi, t, tie->sd);
        for (int a = 0; a < k; a++)
            sigma[a + a * k] = tie->sd[a] * tie->sd[a];
    } else if (!rowcov_along_covariance(place->along, psi, t, sigma)) {
        return (double)NAN;
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            sum += tie->M[t][a + b * k] != 0 ? tie->M[t][a + b * k] * sigma[a + b * k] : 0;
    return sum;
}

/* What is left at psi, where the terms have their sigma. */
static double residual_variance(struct place *place, const double psi[], bool *hangs)
{
    const struct fit *fit = place->fit;
    struct fit *view = &place->tie->view;
    int rest = place_first_rest(place), shape;
    double at, rate;

    *hangs = false;
    if (fit->exact)
        return exp(2 * psi[rest]);
    memcpy(place->tie->beta, psi, sizeof(double) * (size_t)place->p);
    for (int j = 0; j < place->rest; j++) {
        shape = fit->rest_shape[j];
        at = rest + j == place_limit(place) ? place_limit_shape(place, psi[rest + j], &rate) : psi[rest + j];
        if (shape >= 0 && shape < FAMILY_SHAPES)
            view->shape[shape] = family_shape_value(fit->family, shape, at, NULL);
    }
    view->dispersion = fit->has_scale ? view->shape[0] : fit->dispersion;
    view->sigma = fit->has_scale && fit->family->residual ? sqrt(view->dispersion) : fit->sigma;
    return icc_residual(view, hangs);
}

/* F but for the odds asked for; NaN where there is none. */
static double log_odds(struct place *place, const double psi[], bool *hangs)
{
    double part[2] = { 0, 0 };

    for (int t = 0; t < place->design.random_count; t++)
        part[!place->tie->member[t]] += term_variance(place, t, psi);
    part[1] += residual_variance(place, psi, hangs);
    return log(part[0]) - log(part[1]);
}

/* --- the point ------------------------------------------------------------------------------------------- */

static void scale_point(struct place *place, const double psi[], double r, double out[])
{
    for (int i = 0; i < place->n; i++)
        out[i] = place->tie->power[i] > 0 ? psi[i] * exp(r * place->tie->power[i]) : psi[i];
}

/* tie->point := where the tie holds.  By secants where F is not linear in r: it rises by 2 or more. */
static bool solve(struct place *place, const double psi[])
{
    struct place_tie *tie = place->tie;
    double r = 0, before = 0, f_before = 0, f;
    bool hangs;

    for (int i = 0; i < SOLUTIONS; i++) {
        double slope = 2;

        scale_point(place, psi, r, tie->point);
        f = log_odds(place, tie->point, &hangs) - tie->odds;
        if (!isfinite(f) || fabs(r) > FARTHEST)
            return false;
        if (fabs(f) < FOUND)
            return true;
        if (i > 0 && r != before && (f - f_before) / (r - before) > slope)
            slope = (f - f_before) / (r - before);
        before = r;
        f_before = f;
        r -= f / slope;
        if (!hangs) {
            scale_point(place, psi, r, tie->point);
            return true;
        }
    }
    return false;
}

bool place_tie_point(struct place *place, double psi[])
{
    if (!solve(place, psi))
        return false;
    memcpy(psi, place->tie->point, sizeof(double) * (size_t)place->n);
    return true;
}

/* tie->F := the slopes of F at a point; that in log sigma only with `sigma`. */
static void set_slopes(struct place *place, const double point[], bool sigma)
{
    static const double steps[] = { 1, -1, 2, -2 }, weights[] = { 8, -8, -1, 1 };
    struct place_tie *tie = place->tie;
    bool hangs;

    memcpy(tie->at, point, sizeof(double) * (size_t)place->n);
    for (int j = 0; j < place->n; j++) {
        double h = STEP * (tie->spread[j] > 0 && point[j] != 0 ? fabs(point[j]) : place->sizes[j]);

        tie->F[j] = 0;
        if (!sigma && j == place->n - 1)
            continue;
        for (int s = 0; s < 4; s++) {
            tie->at[j] = point[j] + steps[s] * h;
            tie->F[j] += weights[s] * log_odds(place, tie->at, &hangs) / (12 * h);
        }
        tie->at[j] = point[j];
        tie->F[j] = isfinite(tie->F[j]) ? tie->F[j] : 0;
    }
}

double place_tied_value(struct place *place, const double psi[], double gradient[])
{
    struct place_tie *tie = place->tie;
    double value, of_r = 0, F_r = 0;

    if (!solve(place, psi))
        return MINIMIZE_BAD;
    value = place->profiled ? place_profiled_value(place, tie->point, gradient == NULL ? NULL : tie->gradient)
                            : place_value_of(place, tie->point, gradient == NULL ? NULL : tie->gradient);
    if (gradient == NULL || !(value < MINIMIZE_BAD))
        return value;
    set_slopes(place, tie->point, !place->profiled);
    for (int i = 0; i < place->n; i++) {
        of_r += tie->gradient[i] * tie->point[i] * tie->power[i];
        F_r += tie->F[i] * tie->point[i] * tie->power[i];
    }
    for (int i = 0; i < place->n; i++) {
        gradient[i] = tie->gradient[i] - (F_r != 0 ? of_r / F_r * tie->F[i] : 0);
        if (tie->power[i] > 0)
            gradient[i] *= psi[i] != 0 ? tie->point[i] / psi[i] : 0;
    }
    return value;
}

/* --- the tie --------------------------------------------------------------------------------------------- */

void place_tie_set(struct place *place, double x)
{
    double share = fmin(fmax(sin(x) * sin(x), NEARLY_NONE), 1 - NEARLY_ALL);

    place->tie->odds = log(share) - log1p(-share);
    place->tie->reach[0] = fmin(1, sqrt(share) / fmax(sin(place->tie->center), LEAST_REACH));
    place->tie->reach[1] = place->profiled ? 1 : fmin(1, sqrt(1 - share) / fmax(cos(place->tie->center), LEAST_REACH));
}

bool place_tie_holds(const struct place *place, int coordinate)
{
    return place->tie->held[coordinate];
}

void place_tie_start(struct place *place, double psi[])
{
    double x = place_tie_angle(place, psi), by;

    if (!place->fit->exact || place->profiled || !(x > 0) || !(cos(x) > 0))
        return;
    by = exp(-0.5 * (place->tie->odds > 0 ? place->tie->odds : 0) - 0.5 * log1p(exp(-fabs(place->tie->odds)))) / cos(x);
    for (int i = 0; i < place->n; i++) {
        bool sigma = i == place->n - 1;

        if (sigma)
            psi[i] += log(by);
        else if (place->tie->power[i] == 0 && place->tie->spread[i] > 0)
            psi[i] *= pow(by, place->tie->spread[i]);
    }
}

double place_tie_reach(const struct place *place, int coordinate)
{
    double reach = place->tie->reach[!(place->tie->power[coordinate] > 0)];

    return place->structured && rowcov_along_is_root(place->along, coordinate) ? sqrt(reach) : reach;
}

double place_tie_angle(struct place *place, const double psi[])
{
    bool hangs;

    return atan(exp(0.5 * log_odds(place, psi, &hangs)));
}

/* The share's angle has the slopes of F times sin 2x / 4. */
double place_tie_error(struct place *place)
{
    struct place_tie *tie = place->tie;
    double sum = 0, x = place_tie_angle(place, place->estimate);

    if (!(x > 0))
        return (double)NAN;
    place_curvature(place);
    set_slopes(place, place->estimate, true);
    for (int i = 0; i < place->n && place->positive; i++)
        for (int j = 0; j < place->n; j++)
            sum += tie->F[i] * place->inverse[i + j * place->n] * tie->F[j];
    return sum > 0 ? sqrt(sum) * sin(2 * x) / 4 : (double)NAN;
}

/* Means of z z', each observation as often as it has trials. */
static bool fill_moments(struct place *place, int t)
{
    const struct design *d = &place->design;
    const struct random_design *random = &d->random[t];
    size_t k = (size_t)random->k;
    double *M = place->tie->M[t] = arena_alloc(place->arena, k * k, sizeof *M), total = design_trials(d);

    place->tie->sigma[t] = arena_alloc(place->arena, k * k, sizeof *M);
    if (M == NULL || place->tie->sigma[t] == NULL)
        return false;
    memset(M, 0, sizeof *M * k * k);
    memset(place->tie->sigma[t], 0, sizeof *M * k * k);
    for (size_t i = 0; i < d->n; i++) {
        double weight = (d->trials == NULL ? 1 : d->trials[i]) / total * random_related(random, random->level[i]);

        for (size_t a = 0; a < k; a++)
            for (size_t b = 0; b < k && (random->z == NULL || random->z[i * k + a] != 0); b++)
                M[a + b * k] += weight * (random->z == NULL ? 1 : random->z[i * k + a] * random->z[i * k + b]);
    }
    place->tie->diagonal[t] = true;
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < a; b++)
            place->tie->diagonal[t] = place->tie->diagonal[t] && M[a + b * k] == 0;
    return true;
}

static struct place_tie *tie_new(struct place *place)
{
    size_t terms = (size_t)place->design.random_count + 1, n = (size_t)place->n + 1, largest = 1;
    struct place_tie *tie = arena_alloc(place->arena, 1, sizeof *tie);
    struct random_fit *random = arena_alloc(place->arena, terms, sizeof *random);
    double *block = arena_alloc(place->arena, 6 * n + (size_t)place->p, sizeof *block);
    bool ok;

    for (int t = 0; t < place->design.random_count; t++)
        largest = place->design.random[t].k > (int)largest ? (size_t)place->design.random[t].k : largest;
    if (tie == NULL || random == NULL || block == NULL)
        return NULL;
    tie->power = block;
    tie->point = tie->power + n;
    tie->F = tie->point + n;
    tie->at = tie->F + n;
    tie->gradient = tie->at + n;
    tie->view = *place->fit;
    tie->spread = tie->gradient + n;
    tie->view.beta = tie->beta = tie->spread + n;
    tie->view.random = random;
    tie->member = arena_alloc(place->arena, terms, sizeof *tie->member);
    tie->diagonal = arena_alloc(place->arena, terms, sizeof *tie->diagonal);
    tie->M = arena_alloc(place->arena, terms, sizeof *tie->M);
    tie->sigma = arena_alloc(place->arena, terms, sizeof *tie->sigma);
    tie->sd = arena_alloc(place->arena, largest, sizeof *tie->sd);
    tie->held = arena_alloc(place->arena, n, sizeof *tie->held);
    ok = tie->member != NULL && tie->diagonal != NULL && tie->M != NULL && tie->sigma != NULL && tie->sd != NULL
         && tie->held != NULL;
    place->tie = ok ? tie : NULL;
    for (int t = 0; ok && t < place->design.random_count; t++) {
        ok = fill_moments(place, t);
        random[t] = place->fit->random[t];
        random[t].covariance = tie->sigma[t];
    }
    return ok ? tie : NULL;
}

/* What has no say, once powers are known. */
static void hold_coordinates(struct place *place)
{
    struct place_tie *tie = place->tie;
    int members = 0;

    for (int i = 0; i < place->n; i++)
        members += tie->power[i] > 0;
    for (int i = 0; i < place->n; i++)
        tie->held[i] = (members == 1 && tie->power[i] > 0) || (place->profiled && i == place->n - 1);
}

bool place_tie(struct place *place, const bool member[])
{
    struct place_tie *tie = place->tie = place->tied;

    place->held = -2; /* what is free is another set */
    place->warm = false;
    place->profiled = member != NULL && place->fit->exact && place->design.prior == NULL;
    if (member == NULL) {
        place->tie = NULL;
        return true;
    }
    if (tie == NULL && (tie = tie_new(place)) == NULL)
        return false;
    place->tie = place->tied = tie;
    for (int i = 0; i < place->n; i++)
        tie->power[i] = tie->spread[i] = 0;
    for (int t = 0; t < place->design.random_count; t++) {
        tie->member[t] = member[t];
        for (int a = 0; a < place->design.random[t].k; a++) {
            int at = place->structured ? rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SD, t, a, 0 })
                                       : term_row(&place->terms[t], a);

            tie->spread[at] = place->structured && rowcov_along_is_root(place->along, at) ? 0.5 : 1;
            tie->power[at] = member[t] ? tie->spread[at] : 0;
        }
    }
    hold_coordinates(place);
    tie->center = place_tie_angle(place, place->estimate);
    return true;
}
