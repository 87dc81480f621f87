/* place-curvature.c -- the second derivatives of a place's criterion at the estimates.
 *
 * In the notation of place-value.c, g as it is, with D_e = cos f_e V_(e+1) - sin f_e g_e:
 *
 *   d2/ds df_e = P_e D_e,  d2/df_e2 = -s P_e V_e,  d2/df_d df_e = s P_d cos f_d (sin f_(d+1) ... sin f_(e-1)) D_e  (d < e) */
#include "infer/place-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"

static const double STEP = 1e-4;            /* of differences of slopes, in natural sizes */
static const double LEAST_CURVATURE = 1e-3; /* in natural sizes: what is flatter is taken to be so curved */

/* Of row a, g its slopes: out ((a + 1) x (a + 1), leading dimension n) += the second derivatives, lower triangle. */
static void bend_row(const struct place_term *term, const double row[], int a, const double g[], int n, double *out)
{
    double V = g[term_entry(term, a, a)];

    for (int e = a - 1; e >= 0; e--) {
        double ge = g[term_entry(term, a, e)], D = cos(row[1 + e]) * V - sin(row[1 + e]) * ge, between = 1, P = 1;

        V = cos(row[1 + e]) * ge + sin(row[1 + e]) * V;
        for (int d = 0; d < e; d++)
            P *= sin(row[1 + d]);
        out[1 + e] += P * D;
        out[(1 + e) + (1 + e) * n] -= row[0] * P * V;
        for (int d = e - 1; d >= 0; d--) {
            P = 1;
            for (int c = 0; c < d; c++)
                P *= sin(row[1 + c]);
            out[(1 + e) + (1 + d) * n] += row[0] * P * cos(row[1 + d]) * between * D;
            between *= sin(row[1 + d]);
        }
    }
}

void place_add_bend(const struct place_term *term, const double psi[], const double g[], int n, double H[])
{
    for (int a = 0; a < term->k && term->correlated; a++) {
        int at = term_row(term, a);

        bend_row(term, psi + at, a, g, n, H + at + at * n);
        for (int j = at; j <= at + a; j++)
            for (int i = j + 1; i <= at + a; i++)
                H[j + i * n] = H[i + j * n];
    }
}

/* --- exact, of a linear model ----------------------------------------------------------------------- */

/* F (r x r), in (theta, log sigma) with slopes g in theta, becomes that in (xi = theta sigma, log sigma); g likewise. */
static void unscale(int q, const double theta[], double sigma, double g[], double *F)
{
    int r = q + 1;
    double both = F[q + q * r];

    for (int j = 0; j < q; j++) {
        double along = 0;

        for (int i = 0; i < q; i++)
            along += F[i + j * r] * theta[i];
        both += theta[j] * (along - 2 * F[j + q * r] + g[j]);
        F[q + j * r] = (F[j + q * r] - along - g[j]) / sigma;
    }
    for (int j = 0; j < q; j++) {
        for (int i = 0; i < q; i++)
            F[i + j * r] /= sigma * sigma;
        F[j + q * r] = F[q + j * r];
        g[j] /= sigma;
    }
    F[q + q * r] = both;
}

/* H (n x n) := J'F J + the bends of the templates, J = d(xi, log sigma) / d psi; half: n x r. */
static void to_coordinates(const struct place *place, const double g[], const double *F, double *half, double *H)
{
    int n = place->n, q = place->theta_count, r = q + 1;

    for (int j = 0; j < r; j++) {
        for (int t = 0; t < place->term_count; t++)
            place_pull_back(&place->terms[t], place->estimate, F + (size_t)j * (size_t)r, half + (size_t)j * (size_t)n);
        half[place->scale + j * n] = j < q ? F[q + j * r] : F[q + q * r];
    }
    for (int i = 0; i < n; i++) {
        double *row = half + (size_t)n * (size_t)r;

        for (int j = 0; j < r; j++)
            row[j] = half[i + j * n];
        for (int t = 0; t < place->term_count; t++)
            place_pull_back(&place->terms[t], place->estimate, row, H + (size_t)i * (size_t)n);
        H[place->scale + i * n] = row[q];
    }
    for (int t = 0; t < place->term_count; t++)
        place_add_bend(&place->terms[t], place->estimate, g, n, H);
}

/* Half the second derivatives in natural sizes, of a fit that has them or a model in which they are exact; false where they are
 * not to be had this way. */
static bool set_exact(struct place *place)
{
    int n = place->n, q = place->theta_count, r = q + 1;
    size_t square = (size_t)r * (size_t)r;
    double sigma = exp(place->estimate[place->scale]), *H = place->curvature, *F;
    bool known = false;

    if (!place->fit->exact || place->structured)
        return false;
    F = NEW_ARRAY(double, square + (size_t)(n + 1) * (size_t)r);
    place->refused = place->refused || F == NULL;
    if (F == NULL)
        return false;
    for (int t = 0; t < place->term_count; t++)
        place_fill_term(&place->terms[t], place->estimate, place->theta);
    for (int i = 0; i < q; i++)
        place->theta[i] /= sigma;
    if (place->lmm == NULL) { /* the slopes are 0 at the optimum */
        memcpy(F, place->fit->theta_hessian, sizeof *F * square);
        memset(place->slopes, 0, sizeof *place->slopes * (size_t)r);
        known = true;
    } else if (!lmm_hessian_at(place->lmm, place->theta, place->estimate[place->scale], place->slopes, F, &known)) {
        place->refused = true;
    }
    if (known) {
        unscale(q, place->theta, sigma, place->slopes, F);
        to_coordinates(place, place->slopes, F, F + square, H);
    }
    for (int j = 0; j < n && known; j++)
        for (int i = 0; i < n; i++)
            H[i + j * n] *= 0.5 * place->sizes[i] * place->sizes[j];
    mem_free(F);
    return known;
}

/* --- by differences --------------------------------------------------------------------------------- */

/* The same by differences of the slopes to both sides: those to one would leave wrong the last digit that is shown.  False where
 * there are none, or the work is to stop. */
static bool set_differences(struct place *place)
{
    int n = place->n;
    double *H = place->curvature, *above = place->z_gradient, *below = place->gradient;
    bool known = true;

    for (int j = 0; j < n && known; j++) {
        double step = STEP * place->sizes[j];

        if (!progress_tell(place->progress, "evaluation", 0, 0, (double)NAN))
            place->stopped = true;
        memcpy(place->psi, place->estimate, sizeof(double) * (size_t)n);
        place->psi[j] = place->estimate[j] + step;
        known = !place->stopped && place_value_of(place, place->psi, above) < MINIMIZE_BAD;
        place->psi[j] = place->estimate[j] - step;
        known = known && place_value_of(place, place->psi, below) < MINIMIZE_BAD;
        for (int i = 0; i < n; i++)
            H[i + j * n] = 0.25 * (above[i] - below[i]) / step * place->sizes[i] * place->sizes[j];
    }
    return known;
}

/* Eigenvalues below a part of what the sizes promise are lifted. */
void place_set_curvature(struct place *place)
{
    int n = place->n;
    double *H = place->curvature;
    bool engine = place->lmm != NULL || place->glm != NULL || place->along != NULL; /* none where the fit has what is asked */
    bool known = set_exact(place) || (engine && !place->refused && set_differences(place));

    for (int j = 0; j < n; j++)
        for (int i = 0; i <= j; i++) {
            double mean = known ? 0.5 * (H[i + j * n] + H[j + i * n]) : i == j;

            H[i + j * n] = H[j + i * n] = mean;
        }
    memcpy(place->vectors, H, sizeof(double) * (size_t)(n * n));
    place->positive = symmetric_eigen(n, place->vectors, place->values, place->inverse, 40 * n) && known;
    for (int v = 0; v < n && place->positive; v++)
        place->positive = place->values[v] > TOLERANCE_NO_VARIANCE * place->values[n - 1];
    memset(H, 0, sizeof(double) * (size_t)(n * n));
    memset(place->inverse, 0, sizeof(double) * (size_t)(n * n));
    for (int v = 0; v < n; v++) {
        double value = fmax(fabs(place->values[v]), LEAST_CURVATURE);

        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++) {
                double part = place->vectors[i + v * n] * place->vectors[j + v * n];

                H[i + j * n] += value * part / (place->sizes[i] * place->sizes[j]);
                place->inverse[i + j * n] += part / value * place->sizes[i] * place->sizes[j];
            }
    }
    place->has_curvature = true;
}
