/* own-rows.c -- see own-rows.h.
 *
 * A row of variance s^2 / w with an effect z u of its own, Var u = t^2, shows z^2 t^2 + s^2 / w alone.  Where log s^2 = x'd, a
 * step of d takes z^2 dt^2 off again in all rows, to first order, if z^2 w / s^2 is among the columns of the dispersion: always
 * with one variance and equal weights, or with one for each level of a factor; not, in general, where a number tells the
 * variances. */
#include "fit/own-rows.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/orthonormal.h"
#include "model/residuals.h"
#include "model/structure.h"

static const double WITHIN = 1e-16; /* of the squared length: what two projections leave of a vector that is in the span */

/* residual=diag(): a variance of the residuals for each level of a factor. */
static bool has_sizes(const struct design *d)
{
    return d->residual != NULL && d->residual->loads == NULL && d->residual->structure->law == LAW_NONE
           && d->residual->positions.k > 0;
}

/* disp=, beside the mean or (by REML) the residuals' own; NULL: there is none. */
static const struct design *predictor_of(const struct design *d)
{
    return d->scales != NULL ? d->scales : d->part[DESIGN_DISPERSION];
}

/* z^2 w / s^2 of each row; its squared length. */
static double set_own(const struct fit *fit, const struct random_design *term, double *own)
{
    const struct design *d = fit->design;
    double squares = fit->family->limit != NULL ? 2.0 : 1.0; /* a t's dispersion is s */

    for (size_t i = 0; i < d->n; i++) {
        double z = term->z == NULL ? 1.0 : term->z[i], weight = d->weights == NULL ? 1.0 : d->weights[i];

        own[i] = z * z * weight * (fit->shape_rows[0] == NULL || has_sizes(d) ? 1.0 : exp(-squares * fit->shape_rows[0][i]));
    }
    return dot_product(d->n, own, own);
}

/* Column j of the dispersion in row i: of disp=, of the levels of residual=diag(), or the one of a common variance. */
static double spread_column(const struct design *d, int j, size_t i)
{
    const struct design *part = predictor_of(d);

    if (has_sizes(d))
        return d->residual->position[i] == j;
    return part == NULL ? 1.0 : part->X[(size_t)j * d->n + i];
}

/* *within: whether that is among the columns of the dispersion.  False when memory is out. */
static bool look_within(const struct fit *fit, const struct random_design *term, bool *within)
{
    const struct design *part = predictor_of(fit->design);
    size_t n = fit->design->n;
    int p = has_sizes(fit->design) ? fit->design->residual->positions.k : part == NULL ? 1 : part->p;
    double *basis = NEW_ARRAY(double, n *((size_t)p + 1)), before;

    if (basis == NULL)
        return false;
    for (int j = 0; j < p; j++) {
        double *column = basis + (size_t)j * n, size, left;

        for (size_t i = 0; i < n; i++)
            column[i] = spread_column(fit->design, j, i);
        size = dot_product(n, column, column);
        (void)orthonormal_leave(n, basis, j, column);
        left = dot_product(n, column, column);
        for (size_t i = 0; i < n; i++)
            column[i] = left > WITHIN * size ? column[i] / sqrt(left) : 0.0;
    }
    before = set_own(fit, term, basis + (size_t)p * n);
    (void)orthonormal_leave(n, basis, p, basis + (size_t)p * n);
    *within = dot_product(n, basis + (size_t)p * n, basis + (size_t)p * n) <= WITHIN * before;
    mem_free(basis);
    return true;
}

/* An effect for each row: no level has two. */
static bool is_of_rows(const struct random_design *term)
{
    bool single = term->k == 1 && term->relation == NULL;

    for (int32_t l = 0; single && l < term->level_count; l++)
        single = term->rows_of_level[l] <= 1;
    return single;
}

bool own_rows_check(const struct fit *fit, struct glmm_error *err)
{
    const struct design *d = fit->design;
    bool limit = fit->family->more_count > 0 && fit->family->limit != NULL && strcmp(fit->family->limit, "gaussian") == 0
                 && fit->optimum.boundary == BOUNDARY_DISPERSION;
    bool normal = strcmp(fit->family->name, "gaussian") == 0 || strcmp(fit->family->name, "lognormal") == 0;
    bool sizes = fit->exact && has_sizes(d), spread = sizes || (normal && (fit->shape_rows[0] != NULL || !fit->exact));

    if (fit->link->kind != LINK_IDENTITY)
        return true;
    for (int t = 0; (limit || spread) && d->prior == NULL && t < d->random_count; t++) {
        bool within;

        if (!is_of_rows(&d->random[t]))
            continue;
        if (!look_within(fit, &d->random[t], &within))
            return fail_memory(err);
        if (!within)
            continue;
        fail(err, GLMM_E_MODEL, NOWHERE, "each level of %s has one row%s: its effects cannot be told from the residuals%s",
             d->random[t].group, limit ? ", and these data show no heavier tails than the gaussian family" : "",
             sizes                        ? ", whose variances residual= sets"
             : fit->shape_rows[0] != NULL ? ", whose variances disp= sets"
                                          : "");
        error_hint(err, "leave the random term of %s out", d->random[t].group);
        return false;
    }
    return true;
}
