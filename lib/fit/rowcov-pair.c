/* rowcov-pair.c -- see rowcov-pair.h.
 *
 * From a triangle to another one through the matrix itself: par -> C, C in the other order = L L', par_ij = L_ij / L_ii.  Slopes
 * go back the same way: through the factor (Smith 1995, Journal of Computational and Graphical Statistics 4, 134-147), the order
 * and the triangle. */
#include "fit/rowcov-pair.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/structure.h"

bool rowcov_pair_init(struct rowcov_pair *pair, int k, const int effects[2])
{
    size_t square = (size_t)k * (size_t)k;
    int at = 2;

    *pair = (struct rowcov_pair){ .k = k, .order = NEW_ARRAY(int, k) };
    pair->C = NEW_ARRAY(double, 4 * square + (size_t)law_count(LAW_US, k));
    if (pair->order == NULL || pair->C == NULL)
        return false;
    pair->L = pair->C + square;
    pair->F = pair->L + square;
    pair->G = pair->F + square;
    pair->par = pair->G + square;
    pair->order[0] = effects[0];
    pair->order[1] = effects[1];
    for (int i = 0; i < k; i++)
        if (i != effects[0] && i != effects[1])
            pair->order[at++] = i;
    return true;
}

void rowcov_pair_clear(struct rowcov_pair *pair)
{
    mem_free(pair->order);
    mem_free(pair->C);
}

/* par of the correlations C with its effects in this order (back: C has that order, and par gets the engine's). */
static bool triangle_of(struct rowcov_pair *pair, bool back, double par[])
{
    const int *order = pair->order;
    double *L = pair->L;
    int k = pair->k;

    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            if (back)
                L[order[i] + order[j] * k] = pair->C[i + j * k];
            else
                L[i + j * k] = pair->C[order[i] + order[j] * k];
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++) {
            double sum = L[i + j * k];

            for (int c = 0; c < j; c++)
                sum -= L[i + c * k] * L[j + c * k];
            if (i == j && !(sum > ROWCOV_THIN * ROWCOV_THIN))
                return false;
            L[i + j * k] = i == j ? sqrt(sum) : sum / L[j + j * k];
        }
    for (int i = 1; i < k; i++)
        for (int j = 0; j < i; j++)
            par[i * (i - 1) / 2 + j] = L[i + j * k] / L[i + i * k];
    return true;
}

static bool turn(struct rowcov_pair *pair, const double from[], bool back, double to[])
{
    const struct positions places = { .k = pair->k, .unit = 1.0 };

    return law_fill(LAW_US, &places, from, pair->C) && triangle_of(pair, back, to);
}

bool rowcov_pair_read(struct rowcov_pair *pair, const double x[], double psi[])
{
    if (!turn(pair, x, false, psi))
        return false;
    psi[0] = atan(psi[0]);
    return true;
}

bool rowcov_pair_write(struct rowcov_pair *pair, const double psi[], double x[])
{
    double cosine = fabs(cos(psi[0]));

    if (!(cosine > ROWCOV_THIN))
        return false;
    memcpy(pair->par, psi, sizeof(double) * (size_t)law_count(LAW_US, pair->k));
    pair->par[0] = sin(psi[0]) / cosine;
    return turn(pair, pair->par, true, x);
}

/* Slopes in the lower triangle of L := those in that of the symmetric matrix L L'. */
static void slopes_before_factor(int k, const double L[], double F[])
{
    for (int c = k - 1; c >= 0; c--) {
        for (int j = c + 1; j < k; j++)
            for (int i = j; i < k; i++) {
                F[i + c * k] -= F[i + j * k] * L[j + c * k];
                F[j + c * k] -= F[i + j * k] * L[i + c * k];
            }
        for (int j = c + 1; j < k; j++) {
            F[j + c * k] /= L[c + c * k];
            F[c + c * k] -= L[j + c * k] * F[j + c * k];
        }
        F[c + c * k] /= 2.0 * L[c + c * k];
    }
}

void rowcov_pair_pull_back(struct rowcov_pair *pair, const double psi[], const double slopes[], double out[])
{
    const struct positions places = { .k = pair->k, .unit = 1.0 };
    const double *L = pair->L;
    double *F = pair->F, cosine = cos(psi[0]);
    int k = pair->k;

    memset(F, 0, sizeof(double) * (size_t)k * (size_t)k);
    for (int i = 1; i < k; i++)
        for (int j = 0; j < i; j++) {
            double slope = slopes[i * (i - 1) / 2 + j] / L[i + i * k];

            F[i + j * k] = slope;
            F[i + i * k] -= slope * L[i + j * k] / L[i + i * k];
        }
    slopes_before_factor(k, L, F);
    for (int i = 0; i < k; i++) /* half of the slope for each of the two entries; the diagonal stays 1 */
        for (int j = 0; j < i; j++)
            F[i + j * k] = F[j + i * k] = 0.5 * F[i + j * k];
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++)
            pair->G[i + j * k] = i == j ? 0.0 : F[pair->order[i] + pair->order[j] * k];
    law_pull_back(LAW_US, &places, pair->par, pair->C, pair->G, out);
    out[0] /= copysign(cosine * cosine, cosine);
}
