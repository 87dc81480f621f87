/* identify-joint.c -- the joint covariance of a stated model's parameters, from that of the model without what is redundant.
 *
 * The covariance matrix of a term is linear in those of the reduced ones.  Where it is singular its template has no slopes, for
 * what two columns of it share may stand in either; but there are changes dL of the template with
 *
 *     dL L' + L dL' = dSigma
 *
 * and whatever hangs on Sigma alone has the same slope along any of them.  The shortest is taken. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"
#include "linalg/lapack.h"

static const double STEP = 1e-6, STEP_LEAST = 1e-3; /* of central differences, relative to a template entry or to one this small:
                                                       about the cube root of the rounding, for maps that are polynomials */

/* out (k x k) += times L L'. */
static void add_square(int k, double times, const double *L, double *out)
{
    const double one = 1.0;

    dgemm_("N", "T", &k, &k, &k, &times, L, &k, L, &k, &one, out, &k);
}

/* The shortest entries dL (count of them) with dL L' + L dL' = S, k x k; false when memory is out. */
static bool solve_template(const struct random_design *random, const double *L, const double *S, double *dL)
{
    int k = random->k, count = random_parameters(random), rows = k * k, size = 16 * (rows + count) + 64, info = 0, at = 0;
    double *A = NEW_ARRAY(double, rows *count + count * count + rows * count + count + size + 1), *Vt, *U, *s, *work;

    if (A == NULL)
        return false;
    Vt = A + rows * count;
    U = Vt + count * count;
    s = U + rows * count;
    work = s + count;
    for (int b = 0; b < k; b++)
        for (int a = b; a < random->covariance->end(k, b); a++, at++)
            for (int c = 0; c < k; c++) { /* E L' + L E', E 1 at (a, b) */
                A[a + c * k + at * rows] += L[c + b * k];
                A[c + a * k + at * rows] += L[c + b * k];
            }
    dgesvd_("S", "S", &rows, &count, A, &rows, s, U, &rows, Vt, &count, work, &size, &info, 1, 1);
    memset(dL, 0, sizeof *dL * (size_t)count);
    for (int v = 0; info == 0 && v < count && s[v] > TOLERANCE_SINGULAR * s[0]; v++) {
        double along = 0.0;

        for (int e = 0; e < rows; e++)
            along += U[e + v * rows] * S[e];
        for (int j = 0; j < count; j++)
            dL[j] += along / s[v] * Vt[v + j * count];
    }
    mem_free(A);
    return true;
}

/* Whether a term is as it was stated. */
static bool is_whole(const struct reduction *r, int t)
{
    for (int s = 0; s < r->design.random_count; s++)
        if (r->pieces[s].origin == t)
            return r->design.random[s].k == r->full->random[t].k;
    return false;
}

/* How the entries of the stated templates follow those of the reduced ones: rows of `out`, a column of the Jacobian, from the two
 * ends of a difference of width 2 h about `here`. */
static bool set_column(const struct reduction *r, const double *here, const double *ahead, const double *behind, double h,
                       double *out)
{
    bool ok = true;
    int at = 0;

    for (int t = 0; ok && t < r->full->random_count; t++) {
        const struct random_design *random = &r->full->random[t];
        int k = random->k, count = random_parameters(random);
        double *L = NEW_ARRAY(double, 2 * k * k + 1), *S = L == NULL ? NULL : L + k * k;

        ok = L != NULL;
        if (ok && is_whole(r, t)) {
            for (int i = 0; i < count; i++)
                out[at + i] = (ahead[at + i] - behind[at + i]) / (2.0 * h);
        } else if (ok) {
            random->covariance->fill(k, ahead + at, L);
            add_square(k, 0.5 / h, L, S);
            random->covariance->fill(k, behind + at, L);
            add_square(k, -0.5 / h, L, S);
            random->covariance->fill(k, here + at, L);
            ok = solve_template(random, L, S, out + at);
        }
        at += count;
        mem_free(L);
    }
    return ok;
}

/* out (rows x rows, zeroed) := J V J', V the joint covariance of a fit. */
static void set_product(const struct fit *fit, int rows, const double *J, double *out)
{
    for (int a = 0; a < fit->joint_count; a++)
        for (int b = 0; b < fit->joint_count; b++)
            for (int j = 0; j < rows; j++)
                for (int i = 0; J[j + b * rows] != 0.0 && i < rows; i++)
                    if (J[i + a * rows] != 0.0)
                        out[i + j * rows] += J[i + a * rows] * fit_joint(fit, a, b) * J[j + b * rows];
}

bool identity_expand_joint(struct fit *fit, const struct reduction *r, const struct fit *reduced)
{
    int p = r->full->p, small = parameter_count(&r->design, false), large = parameter_count(r->full, false),
        tail = reduced->joint_count - p - small;
    int rows = p + large + tail, columns = reduced->joint_count;
    double *J = NEW_ARRAY(double, rows *columns + small + 3 * large + 1), *theta, *here, *ahead, *behind;
    double *joint = arena_alloc(fit->arena, (size_t)(rows * rows) + 1, sizeof *joint);
    bool ok = J != NULL && joint != NULL;

    if (!ok) {
        mem_free(J);
        return false;
    }
    theta = J + rows * columns;
    here = theta + small;
    ahead = here + large;
    behind = ahead + large;
    for (int j = 0; j < p; j++)
        J[j + j * rows] = 1.0;
    for (int j = 0; j < tail; j++)
        J[p + large + j + (p + small + j) * rows] = 1.0;
    memcpy(theta, reduced->theta, sizeof *theta * (size_t)small);
    ok = reduction_expand(r, theta, here);
    for (int j = 0; ok && j < small; j++) {
        double kept = theta[j], h = STEP * fmax(fabs(kept), STEP_LEAST);

        theta[j] = kept + h;
        ok = reduction_expand(r, theta, ahead);
        theta[j] = kept - h;
        ok = ok && reduction_expand(r, theta, behind);
        theta[j] = kept;
        ok = ok && set_column(r, here, ahead, behind, h, J + p + (p + j) * rows);
    }
    if (ok)
        set_product(reduced, rows, J, joint);
    fit->joint_vcov = joint;
    fit->joint_count = rows;
    mem_free(J);
    return ok;
}
