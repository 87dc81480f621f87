/* place-starts.c -- other valleys of the criterion begin elsewhere than at the estimates: with half of what varies in the
 * residual, or nearly all or little of it, with correlations of 0 and at both ends of their range, with a term that is not
 * there, with a shape that is away from its limit, with a dispersion where there is none. */
#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "infer/place-private.h"

#include <math.h>
#include <string.h>

static const double BARELY = 0.1;                       /* of a standard deviation: one that is hardly there */
static const double SHARES[] = { 0.0, 0.5, 0.05, 0.9 }; /* of the residual in what varies; 0: as estimated */
static const double SAME_SHARE = 0.2;                   /* one that differs by less from what is estimated is no other start */

static const double LEAST_SHARE = 0.01; /* of what a row may have again */

enum { ANGLES = 4, RESIDUALS = sizeof SHARES / sizeof SHARES[0] }; /* as estimated, 0, the lower end, the upper end */

/* --- models with covariance structures ------------------------------------------------------------------ */

/* The coordinate of sigma, or -1. */
static int sigma_of(const struct place *place)
{
    return rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SIGMA, -1, 0, 0 });
}

/* The residual's share in what varies, each effect and the residual together as at the estimates: one that is estimated as 0 has
 * its share of this too.  False where that is the estimate's share, or there is none to be moved. */
static bool set_share(const struct place *place, int held, double share, double psi[])
{
    int sigma = sigma_of(place), count = 0;
    double residual, effects = 0;

    if (sigma < 0 || sigma == held)
        return false;
    residual = exp(2 * place->estimate[sigma]);
    for (int i = 0; i < place->n; i++)
        if (rowcov_along_is_sd(place->along, i)) {
            double sd = rowcov_along_outward(place->along, i, place->estimate[i]);
            double moved = sqrt((1 - share) * (sd * sd + residual));

            effects += sd * sd;
            count++;
            if (i != held)
                psi[i] = rowcov_along_is_root(place->along, i) ? sqrt(moved) : moved;
        }
    if (count == 0 || fabs(residual / (effects / count + residual) - share) < SAME_SHARE)
        return false;
    psi[sigma] = 0.5 * log(share * (effects / count + residual));
    return true;
}

/* All correlations but the one that is held: 0, or near an end of their range.  False where there are none. */
static bool set_angles(const struct place *place, int held, int which, double psi[])
{
    static const int ends[ANGLES] = { 0, 0, -1, 1 };
    bool any = false;

    for (int i = 0; i < place->n; i++)
        any = (i != held && rowcov_along_turn(place->along, i, ends[which], &psi[i])) || any;
    return any;
}

static bool structured_start(const struct place *place, int k, int held, double psi[])
{
    int share = k / ANGLES, angles = k % ANGLES;

    if (share > 0 && !set_share(place, held, SHARES[share], psi))
        return false;
    return (angles == 0 && share > 0) || (angles > 0 && set_angles(place, held, angles, psi));
}

/* --- terms of any covariance ---------------------------------------------------------------------------- */

/* A term that is hardly there: its standard deviations but the one that is held. */
static bool take_term(const struct place *place, int t, int held, double psi[])
{
    const struct place_term *term = &place->terms[t];
    bool any = false;

    for (int a = 0; a < term->k; a++)
        if (place_is_free(place, term_row(term, a), held)) {
            psi[term_row(term, a)] = BARELY * place->sizes[term_row(term, a)];
            any = true;
        }
    return any;
}

/* Templates whose rows lie along their first column, or none along another. */
static bool turn_terms(const struct place *place, int which, int held, double psi[])
{
    static const double to[ANGLES] = { 0, M_PI_2, 0, M_PI };
    bool any = false;

    for (int t = 0; t < place->term_count; t++)
        for (int a = 1; a < place->terms[t].k && place->terms[t].correlated; a++)
            for (int e = 0; e < a; e++) {
                int i = term_row(&place->terms[t], a) + 1 + e;

                if (i != held) {
                    psi[i] = e == 0 ? to[which] : M_PI_2;
                    any = true;
                }
            }
    return any;
}

/* A shape that is away from its limit. */
static bool set_limit(const struct place *place, int held, double psi[])
{
    int limit = place_limit(place);

    if (limit < 0 || limit == held)
        return false;
    psi[limit] = place->sizes[limit];
    return true;
}

/* A dispersion that effects have taken to nothing has half of their variance. */
static bool give_back(const struct place *place, int held, double psi[])
{
    int at = place->scale + (place->glm == NULL ? 0 : place->glm->outer[0]);
    double variance = 0;

    if (!fit_has_no_variation(place->fit) || at == held)
        return false;
    for (int t = 0; t < place->term_count; t++)
        for (int a = 0; a < place->terms[t].k; a++) {
            int i = term_row(&place->terms[t], a);

            variance += 0.5 * place->estimate[i] * place->estimate[i];
            if (i != held)
                psi[i] = M_SQRT1_2 * place->estimate[i];
        }
    set_limit(place, held, psi); /* of a power, which had nothing to tell it */
    psi[at] = place->fit->dispersion < 1 ? log(variance) : -log(variance);
    return variance > 0;
}

/* phi of the engine, templates and the parameters behind them alone. */
static void set_phi(const struct place *place, const double psi[], double phi[])
{
    for (int t = 0; t < place->term_count; t++)
        place_fill_term(&place->terms[t], psi, phi + place->p);
    glm_rest_from_coefficients(place->glm, psi + place->scale, phi + place->p + place->theta_count);
}

/* So have rows whose dispersion has a predictor, of effects that no other row has, cell by cell where the criterion is lower with
 * it: the way back from the limit is flat at its beginning.  Where a standard deviation is held below its estimate it is what
 * that leaves. */
static bool give_rows_back(struct place *place, int held, double psi[])
{
    size_t n = (size_t)place->n, bytes = sizeof(double) * n;
    double *trial, *at, *to, value;
    bool any = false, there = true;

    if (place->glm == NULL)
        return false;
    trial = NEW_ARRAY(double, 3 * n + 2 * (size_t)place->p);
    if (trial == NULL) {
        place->refused = true;
        return false;
    }
    for (int t = 0; t < place->term_count; t++)
        for (int a = 0; a < place->terms[t].k; a++)
            if (term_row(&place->terms[t], a) != held)
                psi[term_row(&place->terms[t], a)] *= M_SQRT1_2;
    at = trial + n;
    to = at + n + place->p;
    set_phi(place, place->estimate, at);
    set_phi(place, psi, to);
    value = place_value_of(place, psi, NULL);
    for (int cell = 0; there; cell++) {
        bool lower = false;

        for (double share = 1; there && !lower && share > LEAST_SHARE; share *= 0.25) {
            memcpy(trial, psi, bytes);
            if (!glm_give_rows_back(place->glm, at, to, cell, share, trial + place->scale, &there))
                place->refused = true;
            if (there && held >= 0)
                trial[held] = psi[held];
            lower = there && place_value_of(place, trial, NULL) < value;
        }
        if (lower) {
            memcpy(psi, trial, bytes);
            value = place_value_of(place, psi, NULL);
            any = true;
        }
    }
    mem_free(trial);
    return any;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

int place_start_count(const struct place *place)
{
    return place->structured ? ANGLES * RESIDUALS : ANGLES + place->term_count + 3;
}

bool place_start(struct place *place, int k, int held, double psi[])
{
    double at = held >= 0 ? psi[held] : 0;
    bool ok;

    if (place_chosen(place, held) == 0)
        return false;
    memcpy(psi, place->estimate, sizeof(double) * (size_t)place->n);
    if (held >= 0)
        psi[held] = at;
    if (place->structured)
        ok = structured_start(place, k, held, psi);
    else if (k < ANGLES)
        ok = k > 0 && turn_terms(place, k, held, psi);
    else if (k < ANGLES + place->term_count)
        ok = take_term(place, k - ANGLES, held, psi);
    else if (k == ANGLES + place->term_count)
        ok = set_limit(place, held, psi);
    else if (k == ANGLES + place->term_count + 1)
        ok = give_back(place, held, psi);
    else
        ok = give_rows_back(place, held, psi);
    return ok;
}
