/* place-value.c -- the criterion and its slopes in the coordinates of a place.
 *
 * Row a of a template: w_e = P_e cos f_e (e < a), w_a = P_a, P_e = sin f_0 ... sin f_(e-1).  The slopes, from g_e = dD/dl_ae:
 *
 *   V_a = g_a,  V_e = cos f_e g_e + sin f_e V_(e+1);   dD/ds = V_0,  dD/df_e = s P_e (cos f_e V_(e+1) - sin f_e g_e) */
#include "infer/place-private.h"

#include <math.h>
#include <string.h>

#include "fit/glmm-parts.h"
#include "fit/minimize.h"
#include "fit/quadrature.h"
#include "fit/tolerances.h"

void place_fill_term(const struct place_term *term, const double psi[], double theta[])
{
    for (int a = 0; a < term->k; a++) {
        const double *row = psi + term_row(term, a);
        double rest = row[0];

        for (int e = 0; e < a && term->correlated; e++) {
            theta[term_entry(term, a, e)] = rest * cos(row[1 + e]);
            rest *= sin(row[1 + e]);
        }
        theta[term_entry(term, a, a)] = rest;
    }
}

void place_pull_back(const struct place_term *term, const double psi[], const double g[], double out[])
{
    for (int a = 0; a < term->k; a++) {
        const double *row = psi + term_row(term, a);
        double *to = out + term_row(term, a), V = g[term_entry(term, a, a)], P = row[0];

        for (int e = a - 1; e >= 0 && term->correlated; e--) {
            double ge = g[term_entry(term, a, e)];

            to[1 + e] = cos(row[1 + e]) * V - sin(row[1 + e]) * ge;
            V = cos(row[1 + e]) * ge + sin(row[1 + e]) * V;
        }
        to[0] = V;
        for (int e = 0; e < a && term->correlated; e++) {
            to[1 + e] *= P;
            P *= sin(row[1 + e]);
        }
    }
}

/* --- the criterion ---------------------------------------------------------------------------------- */

/* profiled: at the sigma that is best. */
static double linear_value(struct place *place, const double psi[], bool profiled, double gradient[])
{
    int q = place->theta_count;
    double sigma = exp(psi[place->scale]), value;

    for (int t = 0; t < place->term_count; t++)
        place_fill_term(&place->terms[t], psi, place->theta);
    for (int i = 0; i < q; i++)
        place->theta[i] /= sigma;
    if (profiled) {
        value = gradient == NULL ? lmm_deviance(place->lmm, place->theta) : lmm_gradient(place->lmm, place->theta, place->slopes);
        place->slopes[q] = 0;
    } else {
        value = lmm_deviance_at(place->lmm, place->theta, psi[place->scale], gradient == NULL ? NULL : place->slopes);
    }
    if (gradient == NULL || !(value < MINIMIZE_BAD))
        return value;
    gradient[place->scale] = place->slopes[q];
    for (int i = 0; i < q; i++) {
        gradient[place->scale] -= place->slopes[i] * place->theta[i];
        place->slopes[i] /= sigma;
    }
    for (int t = 0; t < place->term_count; t++)
        place_pull_back(&place->terms[t], psi, place->slopes, gradient);
    return value;
}

/* Of a predictor's coefficients: R' times the slopes in its orthonormal columns. */
static void pull_back_part(const struct glm_part *part, const double slopes[], double gradient[])
{
    for (int j = 0; j < part->count; j++) {
        gradient[part->first + j] = 0;
        for (int i = 0; i <= j; i++)
            gradient[part->first + j] += part->R[i + j * part->count] * slopes[part->first + i];
    }
}

/* exp(-sign tau) = w^2 + exp(-glm_limit_size), which is that of the fit where w is 0. */
double place_limit_shape(const struct place *place, double w, double *rate)
{
    double square = w * w + exp(-fabs(place->fit->rest[place->rest - 1]));

    *rate = -2 * place->limit_sign * w / square;
    return -place->limit_sign * log(square);
}

double place_shape(const struct place *place, double w)
{
    return w == 0 ? place->limit_sign * (double)INFINITY : -2 * place->limit_sign * log(fabs(w));
}

static double generalized_value(struct place *place, const double psi[], double gradient[])
{
    int p = place->p, q = place->theta_count, limit = place_limit(place), sign = glm_limit_sign(place->glm);
    double value, rate = 1;

    glm_from_beta(place->glm, psi, place->phi);
    for (int t = 0; t < place->term_count; t++)
        place_fill_term(&place->terms[t], psi, place->phi + p);
    glm_rest_from_coefficients(place->glm, psi + place->scale, place->phi + p + q);
    if (limit >= 0)
        place->phi[p + q + place->rest - 1] = place_limit_shape(place, psi[limit], &rate);
    else if (place->rest > 0 && sign * place->phi[p + q + place->rest - 1] > glm_limit_size(place->glm)) {
        place->phi[p + q + place->rest - 1] = sign * glm_limit_size(place->glm); /* beyond, nothing changes */
        limit = place->scale + place->rest - 1;
        rate = 0;
    }
    value = glm_deviance(place->glm, place->phi, gradient == NULL ? NULL : place->slopes);
    if (gradient == NULL || !(value < MINIMIZE_BAD))
        return value;
    for (int j = 0; j < p; j++) {
        gradient[j] = 0;
        for (int i = 0; i <= j; i++)
            gradient[j] += place->G[i + j * p] * place->slopes[i];
    }
    for (int t = 0; t < place->term_count; t++)
        place_pull_back(&place->terms[t], psi, place->slopes + p, gradient);
    memcpy(gradient + place->scale, place->slopes + p + q, sizeof(double) * (size_t)place->rest);
    for (int k = 0; k < place->glm->part_count; k++)
        if (place->glm->part[k].design != NULL)
            pull_back_part(&place->glm->part[k], place->slopes + p + q, gradient + place->scale);
    if (limit >= 0)
        gradient[limit] *= rate;
    return value;
}

static bool has_slopes(const struct place *place, double value, const double gradient[])
{
    for (int i = 0; gradient != NULL && value < MINIMIZE_BAD && i < place->n; i++)
        if (!isfinite(gradient[i]))
            return false;
    return true;
}

double place_value_of(struct place *place, const double psi[], double gradient[])
{
    double value = place->structured   ? rowcov_along_value(place->along, psi, gradient)
                   : place->fit->exact ? linear_value(place, psi, false, gradient)
                                       : generalized_value(place, psi, gradient);

    value += value < MINIMIZE_BAD ? place->taken_penalty : 0;
    return has_slopes(place, value, gradient) ? value : MINIMIZE_BAD;
}

double place_profiled_value(struct place *place, const double psi[], double gradient[])
{
    double value =
        place->structured ? rowcov_along_profiled(place->along, psi, gradient) : linear_value(place, psi, true, gradient);

    return has_slopes(place, value, gradient) ? value : MINIMIZE_BAD;
}

/* --- other nodes ------------------------------------------------------------------------------------ */

/* The rise with so many nodes. */
static double rise_with(struct place *place, const double psi[], int nodes)
{
    double low, high;

    quadrature_set_nodes(place->glm, nodes);
    place->glm->known = false;
    low = place_value_of(place, place->estimate, NULL);
    place->glm->known = false;
    high = place_value(place, psi);
    return low < MINIMIZE_BAD && high < MINIMIZE_BAD ? high - low : (double)NAN;
}

static double doubt_of(double change)
{
    return isnan(change) ? HUGE_VAL : fabs(change);
}

double place_doubt(struct place *place, const double psi[])
{
    int own = place->fit->nodes;
    bool last = own == QUADRATURE_MOST;
    int other[] = { last ? own / 2 + 1 : own + own / 2 + 1, last ? own / 2 + own / 4 + 1 : 2 * own + 1 };
    double rise, most = 0;

    if (place->glm == NULL || place->fit->method != METHOD_AGQ || own < 2)
        return 0;
    rise = rise_with(place, psi, own);
    for (int i = 0; i < 2; i++) {
        int nodes = other[i] < QUADRATURE_MOST ? other[i] : QUADRATURE_MOST;

        if (quadrature_takes(place->glm, nodes))
            most = fmax(most, doubt_of(rise_with(place, psi, nodes) - rise));
    }
    quadrature_set_nodes(place->glm, own);
    place->glm->known = false;
    return most;
}
