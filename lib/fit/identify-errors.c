/* identify-errors.c -- estimates and errors of fixed effects that hang on variances which nothing determines: K and M of
 * identify.c, from the least-squares estimates G'y and the directions D of V. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"
#include "linalg/lapack.h"
#include "linalg/orthonormal.h"

/* G with G'y the weighted least-squares estimates, n x p, in rows multiplied by the root of the weights; with `constant` beside
 * them that of a constant.  basis (n x p): orthonormal columns that span these of X. */
static double *least_squares(const struct design *design, bool weighted, bool constant, double *basis)
{
    int rows = (int)design->n, p = design->p + constant, info = 0, size = 64 * (p + 1);
    double *Q = mem_alloc(design->n * (size_t)p + 1, sizeof *Q), *R = NEW_ARRAY(double, p *p + 2 * p + 1 + size), *scale, *tau;
    const double one = 1.0;

    if (Q == NULL || R == NULL) {
        mem_free(Q);
        mem_free(R);
        return NULL;
    }
    scale = R + p * p;
    tau = scale + p;
    for (size_t i = 0; constant && i < design->n; i++)
        Q[i + (size_t)design->p * design->n] = 1.0;
    scale[p - 1] = 1.0; /* of a constant */
    for (int j = 0; j < design->p; j++) {
        const double *x = design->X + (size_t)j * design->n;

        scale[j] = 0.0;
        for (size_t i = 0; i < design->n; i++)
            scale[j] += x[i] * x[i];
        scale[j] = scale[j] > 0.0 ? sqrt(scale[j]) : 1.0;
        for (size_t i = 0; i < design->n; i++)
            Q[i + (size_t)j * design->n] =
                x[i] / scale[j] * (weighted && design->weights != NULL ? sqrt(design->weights[i]) : 1.0);
    }
    dgeqrf_(&rows, &p, Q, &rows, tau, tau + p, &size, &info);
    for (int j = 0; j < p; j++)
        for (int i = 0; i <= j; i++)
            R[i + j * p] = Q[(size_t)i + (size_t)j * design->n];
    dorgqr_(&rows, &p, &p, Q, &rows, tau, tau + p, &size, &info);
    memcpy(basis, Q, sizeof *basis * design->n * (size_t)p);
    dtrsm_("R", "U", "T", "N", &rows, &p, &one, R, &p, Q, &rows); /* G = Q R^-T */
    for (int j = 0; j < p; j++)
        for (size_t i = 0; i < design->n; i++)
            Q[i + (size_t)j * design->n] /= scale[j];
    mem_free(R);
    return Q;
}

/* out := sum_j d_j V_j v; returns what it could be at most without cancellation, as a length. */
static double apply_direction(const struct reduction *r, const double *direction, const double *v, double *sums, double *out)
{
    const struct design *design = r->full;
    double bound = 0.0, size = 0.0;
    int at = 0;

    memset(out, 0, sizeof *out * design->n);
    for (size_t i = 0; i < design->n; i++)
        size += v[i] * v[i];
    for (int t = 0; t < design->random_count; t++) {
        const struct random_design *random = &design->random[t];
        size_t k = (size_t)random->k, levels = (size_t)random->level_count;
        double *square = sums + levels * k;

        memset(sums, 0, sizeof *sums * 2 * levels * k);
        for (size_t i = 0; i < design->n; i++) {
            double root = r->residual && design->weights != NULL ? sqrt(design->weights[i]) : 1.0;

            for (size_t a = 0; a < k; a++) {
                double z = root * (random->z == NULL ? 1.0 : random->z[i * k + a]);

                sums[(size_t)random->level[i] * k + a] += z * v[i];
                square[(size_t)random->level[i] * k + a] += z * z;
            }
        }
        for (size_t b = 0; b < k; b++)
            for (size_t a = b; a < covariance_end(random->covariance, k, b); a++, at++) {
                double d = direction[at] * r->size[at], most_a = 0.0, most_b = 0.0;

                for (size_t i = 0; i < design->n; i++) {
                    double root = r->residual && design->weights != NULL ? sqrt(design->weights[i]) : 1.0;
                    const double *sum = sums + (size_t)random->level[i] * k;
                    double za = root * (random->z == NULL ? 1.0 : random->z[i * k + a]),
                           zb = root * (random->z == NULL ? 1.0 : random->z[i * k + b]);

                    out[i] += d * (za * sum[b] + (a == b ? 0.0 : zb * sum[a]));
                }
                for (size_t l = 0; l < levels; l++) { /* no level may show both: V_j is 0 then, and its size is not */
                    most_a = fmax(most_a, square[l * k + a]);
                    most_b = fmax(most_b, square[l * k + b]);
                }
                bound += fabs(d) * sqrt(most_a * most_b);
            }
    }
    if (r->residual) {
        for (size_t i = 0; i < design->n; i++)
            out[i] += direction[at] * v[i];
        bound += fabs(direction[at]);
    }
    return bound * sqrt(size);
}

void identify_add_products(size_t n, size_t p, const double *A, size_t ld, double *K)
{
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++)
            for (size_t i = 0; i < n; i++)
                K[a + b * ld] += A[i + a * n] * A[i + b * n];
}

double identify_length(size_t n, const double *v)
{
    return sqrt(dot_product(n, v, v));
}

void identify_take_fixed_out(const struct reduction *r, const double *Q, double *part, double *v)
{
    const double one = 1.0, minus = -1.0, zero = 0.0;
    int rows = (int)r->full->n, p = r->full->p, step = 1;

    if (p == 0)
        return;
    dgemv_("T", &rows, &p, &one, Q, &rows, v, &step, &zero, part, &step);
    dgemv_("N", &rows, &p, &minus, Q, &rows, part, &step, &one, v, &step);
}

/* H += G'C, made symmetric, of what a direction makes of the estimates' weights. */
static void add_form(size_t n, size_t p, const double *G, const double *change, double *H)
{
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++)
            for (size_t i = 0; i < n; i++)
                H[a + b * p] += 0.5 * (G[i + a * n] * change[i + b * n] + G[i + b * n] * change[i + a * n]);
}

/* What moves an estimate, beside what effects within the fixed ones add. */
static void set_rest(const struct reduction *r, const double *G, const double *moved, struct forms *forms)
{
    size_t p = (size_t)r->full->p, ld = p + 1;

    for (size_t j = 0; j < p; j++) {
        forms->length[j] = identify_length(r->full->n, G + j * r->full->n);
        for (size_t i = 0; i < p; i++)
            forms->rest[i + j * p] += moved[i + j * ld];
    }
}

bool identify_flat(const struct reduction *r, int dims, const struct fit *reduced, double *directions, double *flat,
                   double *moved, struct forms *forms)
{
    const struct design *design = r->full;
    size_t n = design->n, p = (size_t)design->p + r->constant, ld = (size_t)design->p + 1, most = 1;
    double *Q = mem_alloc(n * p + 1, sizeof *Q), *G = Q == NULL ? NULL : least_squares(design, r->residual, r->constant, Q);
    double *change = mem_alloc(n * p + 1, sizeof *change), *sums;
    double *bound = NEW_ARRAY(double, 2 * p + 1), *part = bound == NULL ? NULL : bound + p;
    bool ok;

    for (int t = 0; t < design->random_count; t++) {
        size_t room = (size_t)design->random[t].level_count * (size_t)design->random[t].k;

        most = room > most ? room : most;
    }
    sums = NEW_ARRAY(double, 2 * most);
    ok = G != NULL && change != NULL && sums != NULL && bound != NULL && identify_flat_inside(r, G, dims, directions, flat)
         && (reduced == NULL || identify_moved(r, G, Q, reduced, moved));
    for (size_t j = 0; ok && forms != NULL && j < p; j++) /* of effects within the fixed ones, so far */
        memcpy(forms->rest + j * p, flat + j * ld, sizeof *flat * p);
    for (int v = 0; ok && v < dims; v++) {
        for (size_t c = 0; c < p; c++) {
            bound[c] = TOLERANCE_UNMOVED
                       * apply_direction(r, directions + (size_t)v * (size_t)r->full_count, G + c * n, sums, change + c * n);
            if (!(identify_length(n, change + c * n) > bound[c]))
                memset(change + c * n, 0, sizeof *change * n);
        }
        identify_add_products(n, p, change, ld, flat);
        if (forms != NULL)
            add_form(n, p, G, change, forms->form + (size_t)v * p * p);
        for (size_t c = 0; c < p && r->projected; c++) {
            identify_take_fixed_out(r, Q, part, change + c * n);
            if (!(identify_length(n, change + c * n) > bound[c]))
                memset(change + c * n, 0, sizeof *change * n);
        }
        if (r->projected)
            identify_add_products(n, p, change, ld, moved);
    }
    if (ok && forms != NULL)
        set_rest(r, G, moved, forms);
    mem_free(Q);
    mem_free(G);
    mem_free(change);
    mem_free(sums);
    mem_free(bound);
    return ok;
}
