/* rowcov-result-laplace.c -- from the optimum of a generalized model of rowcov.h to its estimates and how they vary together: the
 * templates of its terms are functions of the parameters, of which J has the slopes, 2 J H^-1 J'. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "model/covariance.h"

static const double JACOBIAN_STEP =
    1e-5; /* of central differences in parameters of natural size: about the cube root of the rounding */

static double *reals(struct arena *arena, size_t count)
{
    return arena_alloc(arena, count, sizeof(double));
}

int rowcov_template_entries(const struct design *design)
{
    int count = 0;

    for (int t = 0; t < design->random_count; t++)
        count += design->random[t].covariance->count(design->random[t].k);
    return count;
}

void rowcov_set_template(struct rowcov *m, int k, const double *S, double *L)
{
    enum { FEW = 64 };

    if (k <= FEW) {
        small_semidefinite(k, S, L);
        return;
    }
    memcpy(L, S, sizeof *L * (size_t)k * (size_t)k);
    if (chol_factor_watched(k, L, k, &m->watch) != 0 && !watch_stopped(&m->watch)) {
        laplace_half((size_t)k, S, L, &m->watch);
        return;
    }
    for (int b = 1; b < k; b++)
        memset(L + (size_t)b * (size_t)k, 0, sizeof *L * (size_t)b);
}

/* The entries of the templates at x; false where there are none. */
static bool templates_at(struct rowcov *m, const double x[], double theta[])
{
    bool ok = rowcov_set(m, x);

    for (int t = 0; ok && t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];
        size_t k = (size_t)term->k;
        double *L = NEW_ARRAY(double, k *k);

        ok = L != NULL;
        if (ok)
            rowcov_set_template(m, term->k, term->sigma, L);
        for (size_t b = 0; ok && b < k; b++) {
            size_t count = covariance_end(term->random->covariance, k, b) - b;

            memcpy(theta, L + b + b * k, sizeof *theta * count);
            theta += count;
        }
        mem_free(L);
    }
    return ok && !watch_stopped(&m->watch);
}

/* How the entries of the templates follow parameter j: by central differences, or to the one side where the other has no matrix
 * (lags of toep that do not go together).  False when memory is out or where it was stopped. */
static bool follow_templates(struct rowcov_task *task, int j, int entries, double *low, double *high, double *out)
{
    const double h = JACOBIAN_STEP;
    bool up, down, ok;

    memcpy(task->trial, task->x, sizeof(double) * (size_t)task->count);
    task->trial[j] = task->x[j] + h;
    up = templates_at(task->m, task->trial, high);
    task->trial[j] = task->x[j] - h;
    down = templates_at(task->m, task->trial, low);
    ok = (up && down) || ((up || down) && templates_at(task->m, task->x, up ? low : high));
    for (int i = 0; ok && i < entries; i++)
        out[i] = (high[i] - low[i]) / (up && down ? 2.0 * h : h);
    return ok && !watch_stops(&task->m->watch);
}

/* J (total x q): how (beta, templates, shapes) follow the parameters. */
static bool set_jacobian(struct rowcov_task *task, int entries, double *J)
{
    struct rowcov *m = task->m;
    int p = m->p, q = task->count, shapes = m->laplace->shapes;
    size_t total = (size_t)p + (size_t)entries + (size_t)shapes;
    double *low = NEW_ARRAY(double, 2 * (size_t)entries + 1), *high = low + entries;
    bool ok = low != NULL;

    for (int j = 0; j < p; j++) {
        int step = 1;

        for (int i = 0; i <= j; i++)
            J[(size_t)i + (size_t)j * total] = i == j;
        dtrsv_("U", "N", "N", &p, m->R, &p, J + (size_t)j * total, &step);
    }
    for (int j = p; ok && j < q - shapes; j++)
        ok = task->held[j] || follow_templates(task, j, entries, low, high, J + (size_t)p + (size_t)j * total);
    for (int j = 0; j < shapes; j++)
        J[(size_t)p + (size_t)entries + (size_t)j + (size_t)(q - shapes + j) * total] = 1.0;
    mem_free(low);
    return ok && rowcov_set(m, task->x);
}

/* Behind E (q x rank) p columns: those of the coefficients with all else held, 2 (H_gamma)^-1; E loses its own rows of them.  The
 * rank then; as it was where H_gamma has no factor, -1 when memory is out. */
static int part_coefficients(const struct rowcov_task *task, int rank, double *E)
{
    int p = task->m->p, q = task->count;
    double *G = NEW_ARRAY(double, p *p + 1), *own = E + (size_t)rank * (size_t)q, one = sqrt(2.0);
    bool ok = G != NULL, known;

    for (int j = 0; ok && j < p; j++)
        for (int i = j; i < p; i++)
            G[i + j * p] = task->hessian[i + j * q];
    known = ok && p > 0 && chol_factor(p, G, p) == 0;
    for (int v = 0; known && v < rank; v++)
        memset(E + (size_t)v * (size_t)q, 0, sizeof *E * (size_t)p);
    for (int j = 0; known && j < p; j++)
        for (int i = 0; i < q; i++)
            own[i + j * q] = i == j;
    if (known)
        dtrsm_("L", "L", "T", "N", &p, &p, &one, G, &p, own, &q);
    mem_free(G);
    return !ok ? -1 : known ? rank + p : rank;
}

/* half (total x rank): half half' = 2 J H^-1 J', without flat directions; the rank, at most p + q, or -1. */
static int set_half(struct rowcov_task *task, int entries, double *half)
{
    const struct rowcov *m = task->m;
    int q = task->count, total = m->p + entries + m->laplace->shapes, rank = 0;
    double *J = NEW_ARRAY(double, (size_t)total *(size_t)q + (size_t)q * (size_t)(m->p + q) + 1),
           *E = J + (size_t)total * (size_t)q, one = 1.0, zero = 0.0;
    bool ok = J != NULL && set_jacobian(task, entries, J);

    for (int v = 0; ok && task->have_hessian && v < q; v++) {
        if (!(task->values[v] > ROWCOV_FLAT))
            continue;
        for (int j = 0; j < q; j++)
            E[j + rank * q] = task->held[j] ? 0.0 : sqrt(2.0 / task->values[v]) * task->vectors[j + v * q];
        rank++;
    }
    if (ok && task->have_hessian && family_is_normal(m->family, m->link))
        ok = (rank = part_coefficients(task, rank, E)) >= 0;
    if (ok && rank > 0)
        dgemm_("N", "N", &total, &rank, &q, &one, J, &total, E, &q, &zero, half, &total);
    for (int i = 0; ok && !task->have_hessian && i < total; i++) /* nothing is known of any error */
        half[i] = (double)NAN;
    mem_free(J);
    return !ok ? -1 : rank > 0 ? rank : 1; /* a column of 0, where all is held */
}

bool rowcov_set_generalized(struct fit *fit, struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    int p = m->p, step = 1, entries = rowcov_template_entries(m->design), total = p + entries + m->laplace->shapes;
    size_t pp = (size_t)p * (size_t)p;
    double *beta = reals(fit->arena, (size_t)p), *se = reals(fit->arena, (size_t)p), *vcov = reals(fit->arena, pp);
    double *half = reals(fit->arena, (size_t)total * (size_t)(p + task->count + 1)), *rest = reals(fit->arena, FAMILY_SHAPES);
    int *shape_of = arena_alloc(fit->arena, FAMILY_SHAPES, sizeof *shape_of);

    if (beta == NULL || se == NULL || vcov == NULL || half == NULL || rest == NULL || shape_of == NULL
        || (fit->joint_rank = set_half(task, entries, half)) < 0)
        return false;
    fit->joint_half = fit->root = half;
    fit->joint_count = fit->root_rows = total;
    fit->root_rank = fit->joint_rank;
    memcpy(beta, task->x, sizeof(double) * (size_t)p);
    if (p > 0)
        dtrsv_("U", "N", "N", &p, m->R, &p, beta, &step);
    for (int j = 0; j < p; j++) {
        for (int i = 0; i < p; i++)
            vcov[i + j * p] = fit_joint(fit, i, j);
        se[j] = vcov[j + j * p] > 0.0 ? sqrt(vcov[j + j * p]) : (double)NAN;
    }
    for (int j = family_shapes(fit->family) - 1; j >= 0; j--) {
        int at = m->laplace->outer[j];

        fit->shape[j] = family_shape_value(fit->family, j, m->laplace->response.shape[j], NULL);
        if (at >= 0) {
            rest[at] = m->laplace->response.shape[j];
            shape_of[at] = j;
        }
    }
    fit->beta = beta;
    fit->se = se;
    fit->vcov = vcov;
    fit->rest = rest;
    fit->rest_all = m->laplace->shapes;
    fit->vanished = task->vanished;
    /* the last may be at its limit; one of a family without variation stays a parameter: beside smaller variances it is another
     */
    fit->rest_count = fit->rest_all - (fit->rest_all > 0 && !task->vanished && task->held[task->count - 1]);
    fit->rest_shape = shape_of;
    if (!fit_set_mean_link(fit))
        return false;
    fit->log_dispersion_se = fit->has_scale && !fit->vanished ? fit_rest_se(fit, 0) : (double)NAN;
    return true;
}
