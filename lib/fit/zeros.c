/* zeros.c -- see zeros.h.  Rows whose log-odds are beyond +-FAR are at their limits.  Directions of the coefficients that move no
 * other row (the null space N of those rows' X'X) are free to run: the part of the estimates in N says where they went. */
#include "fit/zeros.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "fit/verdict.h"
#include "linalg/dense.h"

static const double NO_INFORMATION = 1e-10; /* an eigenvalue beside a unit diagonal */
static const double MOVED = 1e-6;           /* a share of a unit direction that is none */
static const double GOES = 1e-3;            /* of the farthest coefficient: one that went less far went nowhere for certain */

static const double FAR = 12; /* a share of 6e-6 */

struct zeros {
    const struct design *design;
    const double *zeta; /* n */
    size_t above, below;
    int p;
    double *size;             /* p: lengths of the columns */
    double *vectors, *values; /* of X'X over the other rows, columns of length 1 over all */
    double *along;            /* p: the estimates in the null space */
};

static double *take(struct zeros *z)
{
    int p = z->p;
    double *block = NEW_ARRAY(double, p *p + 3 * p + 35 * p + 1);

    z->vectors = block;
    z->values = block + p * p;
    z->size = z->values + p;
    z->along = z->size + p;
    return block;
}

/* X'X of the rows that are not at a limit; its eigenvectors. */
static bool decompose(struct zeros *z)
{
    const struct design *d = z->design;
    int p = z->p;

    for (int j = 0; j < p; j++) {
        double sum = 0;

        for (size_t i = 0; i < d->n; i++)
            sum += d->X[i + (size_t)j * d->n] * d->X[i + (size_t)j * d->n];
        z->size[j] = sqrt(sum);
    }
    for (int j = 0; j < p; j++)
        for (int k = 0; k < p; k++) {
            double sum = 0;

            for (size_t i = 0; i < d->n; i++)
                if (fabs(z->zeta[i]) <= FAR)
                    sum += d->X[i + (size_t)j * d->n] * d->X[i + (size_t)k * d->n];
            z->vectors[j + k * p] = sum / (z->size[j] * z->size[k]);
        }
    return symmetric_eigen(p, z->vectors, z->values, z->along + p, 35 * p);
}

/* Makes coefficient j infinite, or unknown, where the null space moves it. */
static bool settle(struct zeros *z, const struct fit_part *part)
{
    int p = z->p;
    double most = 0, *estimate = (double *)(uintptr_t)part->estimate, *se = (double *)(uintptr_t)part->se; /* the fit's arena's */
    bool any = false;

    memset(z->along, 0, sizeof(double) * (size_t)p);
    for (int v = 0; v < p && z->values[v] < NO_INFORMATION; v++) {
        double dot = 0;

        for (int j = 0; j < p; j++)
            dot += z->vectors[j + v * p] * z->size[j] * estimate[j];
        for (int j = 0; j < p; j++)
            z->along[j] += dot * z->vectors[j + v * p];
    }
    for (int j = 0; j < p; j++)
        most = fmax(most, fabs(z->along[j]));
    for (int j = 0; j < p; j++) {
        bool moved = false;

        for (int v = 0; v < p && z->values[v] < NO_INFORMATION; v++)
            moved = moved || fabs(z->vectors[j + v * p]) > MOVED;
        if (!moved)
            continue;
        any = true;
        estimate[j] = fabs(z->along[j]) > GOES * most ? copysign(INFINITY, z->along[j]) : (double)NAN;
        se[j] = (double)NAN;
    }
    return any;
}

static void tell(struct fit *fit, const struct zeros *z)
{
    struct optimum *optimum = &fit->optimum;
    bool hurdle = family_is_hurdle(fit->family);

    if (optimum->verdict == VERDICT_OK)
        verdict_boundary(optimum, BOUNDARY_DISPERSION);
    if (z->below > 0)
        verdict_say(optimum, "zi= is estimated as -Inf for %zu of %zu rows: %s there", z->below, z->design->n,
                    hurdle ? "there is no zero" : "no more zeros than the family has by itself are");
    if (z->above > 0)
        verdict_say(optimum, "zi= is estimated as Inf for %zu of %zu rows: all are zeros there", z->above, z->design->n);
}

bool fit_settle_zeros(struct fit *fit)
{
    const struct fit_part *part = fit_part_of(fit, PART_ZERO);
    struct zeros z = { 0 };
    double *block;

    if (part == NULL || part->design->random_count > 0)
        return true;
    z.design = part->design;
    z.p = part->count;
    z.zeta = fit->shape_rows[family_zero_shape(fit->family)];
    for (size_t i = 0; i < z.design->n; i++) {
        z.above += z.zeta[i] > FAR;
        z.below += z.zeta[i] < -FAR;
    }
    if (z.above + z.below == 0)
        return true;
    if ((block = take(&z)) == NULL)
        return false;
    if (decompose(&z) && settle(&z, part))
        tell(fit, &z);
    mem_free(block);
    return true;
}
