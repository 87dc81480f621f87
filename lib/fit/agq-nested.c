/* agq-nested.c -- see agq-nested.h.
 *
 * For an outer level with unknowns u and inner levels c in it,
 *
 *   I = |L|^-1 sum_k w_k exp(F(u_k) + v_k'v_k/2),   F(u) = -u'u/2 + sum_c log I_c(u),   u_k = u^ + L^-T v_k
 *
 * where u^ is the outer part of the joint mode, L the factor of its Schur complement, and I_c(u) the adaptive quadrature
 * of agq.h around the inner mode given u.  One node is Laplace's approximation.  An inner integral gives its own exact
 * gradient in the fixed part of its rows' eta (through its mode and curvature too), so that the outer rule treats it as
 * a log density.
 *
 * The outer curvature S = A - B'D^-1 B depends on the whole of M: <dS, Q> = <dM, E Q E'> with E = [-D^-1 B; I], which is
 * what takes the place of M^-1 in glmm-gradient.c. */
#include "fit/agq-nested-private.h"

#include <math.h>
#include <string.h>

#define ARRAY(type, count) ((type *)arena_alloc(w->arena, (size_t)(count) > 0 ? (size_t)(count) : 1, sizeof(type)))

/* --- an outer level ------------------------------------------------------------------------------ */

/* F at w->u, with its gradient in w->slope, w->theta and w->rest.  `start` holds the joint mode, from which the inner modes
 * are predicted. */
static double outer_value(struct glm *m, int32_t level)
{
    struct nested_work *w = m->quadrature->nested;
    const struct grouping *inner = &m->groupings[0], *outer = &m->groupings[1];
    int k0 = inner->k, k1 = outer->k, first = outer->first[level];
    size_t from = outer->row_from[level];
    double F = 0;

    memset(w->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->rest, 0, sizeof(double) * (size_t)m->rest);
    for (int a = 0; a < k1; a++)
        F -= 0.5 * w->u[a] * w->u[a];
    for (size_t i = from; i < outer->row_to[level]; i++) {
        w->base[i - from] = m->fixed[i];
        for (int a = 0; a < k1; a++)
            w->base[i - from] += m->zt[i * (size_t)m->K + (size_t)(outer->slot + a)] * w->u[a];
    }
    for (int32_t j = w->child_from[level]; j < w->child_from[level + 1]; j++) {
        int32_t c = w->child[j];
        struct nested_rows rows = { inner->row_from[c], inner->row_to[c], w->base + (inner->row_from[c] - from) };

        /* u_c - D^-1 B (u - u^), where L_sc = B'L_cc^-T: solve L_cc' x = L_sc'(u - u^). */
        for (int a = k0 - 1; a >= 0; a--) {
            double sum = 0;

            for (int b = 0; b < k1; b++)
                sum += m->precision->value[precision_place(m->precision, first + b, inner->first[c] + a)]
                       * (w->u[b] - m->u[first + b]);
            for (int b = a + 1; b < k0; b++)
                sum -= m->precision->value[precision_place(m->precision, inner->first[c] + b, inner->first[c] + a)] * w->shift[b];
            w->shift[a] = sum / m->precision->value[precision_place(m->precision, inner->first[c] + a, inner->first[c] + a)];
        }
        for (int a = 0; a < k0; a++)
            w->mode[a] = m->u[inner->first[c] + a] - w->shift[a];
        F += nested_inner_integral(m, &rows, w->slope + (inner->row_from[c] - from));
    }
    return F;
}

static void add_outer_node(struct glm *m, int32_t level, double share)
{
    struct nested_work *w = m->quadrature->nested;
    struct quadrature_sums *sums = &m->quadrature->sums;
    const struct grouping *outer = &m->groupings[1];
    int k = outer->k;
    size_t from = outer->row_from[level];
    double zl[GLM_SLOTS] = { 0 };

    for (int a = 0; a < k; a++)
        w->g[a] = -w->u[a];
    for (size_t i = from; i < outer->row_to[level]; i++) {
        double l = w->slope[i - from];

        sums->mean_slope[i] += share * l;
        for (int a = 0; a < k; a++) {
            zl[a] += l * m->z[i * (size_t)m->K + (size_t)(outer->slot + a)];
            w->g[a] += l * m->zt[i * (size_t)m->K + (size_t)(outer->slot + a)];
        }
    }
    for (int j = 0; j < m->theta_count; j++)
        w->sum_theta[j] += share * w->theta[j];
    nested_add_explicit(m, 1, share, zl, w->u, w->sum_theta);
    for (int a = 0; a < k; a++) {
        sums->mode[outer->first[level] + a] += share * w->g[a];
        for (int b = 0; b < k; b++)
            w->G[a + b * k] += share * w->g[a] * w->v[b];
    }
}

/* E Q E' into the inverse: Q for the outer block, -P Q and P Q P' with P = D^-1 B for its inner ones, P' = L_sc L_cc^-1. */
static void spread_q(struct glm *m, int32_t level, const double *Q)
{
    struct nested_work *w = m->quadrature->nested;
    struct precision *f = m->precision;
    const struct grouping *inner = &m->groupings[0], *outer = &m->groupings[1];
    int k0 = inner->k, k1 = outer->k, first = outer->first[level];
    double P[GLM_SLOTS * GLM_SLOTS], PQ[GLM_SLOTS * GLM_SLOTS];

    for (int a = 0; a < k1; a++)
        for (int b = 0; b <= a; b++)
            f->inverse[precision_place(f, first + a, first + b)] = Q[a + b * k1];
    for (int32_t j = w->child_from[level]; j < w->child_from[level + 1]; j++) {
        int at = inner->first[w->child[j]];

        for (int s = 0; s < k1; s++) /* row s of L_sc L_cc^-1, from the last column back */
            for (int a = k0 - 1; a >= 0; a--) {
                double sum = f->value[precision_place(f, first + s, at + a)];

                for (int b = a + 1; b < k0; b++)
                    sum -= P[b + s * k0] * f->value[precision_place(f, at + b, at + a)];
                P[a + s * k0] = sum / f->value[precision_place(f, at + a, at + a)];
            }
        for (int a = 0; a < k0; a++)
            for (int s = 0; s < k1; s++) {
                PQ[a + s * k0] = 0;
                for (int r = 0; r < k1; r++)
                    PQ[a + s * k0] += P[a + r * k0] * Q[r + s * k1];
                f->inverse[precision_place(f, first + s, at + a)] = -PQ[a + s * k0];
            }
        for (int a = 0; a < k0; a++)
            for (int b = 0; b <= a; b++) {
                double sum = 0;

                for (int s = 0; s < k1; s++)
                    sum += PQ[a + s * k0] * P[b + s * k0];
                f->inverse[precision_place(f, at + a, at + b)] = sum;
            }
    }
}

static double outer_integral(struct glm *m, int32_t level)
{
    struct nested_work *w = m->quadrature->nested;
    struct quadrature_sums *sums = &m->quadrature->sums;
    const struct grouping *outer = &m->groupings[1];
    int k = outer->k, first = outer->first[level];
    size_t from = outer->row_from[level], to = outer->row_to[level];
    double B[GLM_SLOTS * GLM_SLOTS], top, determinant, total = 0, share, *L = w->L, *Q = w->Q_outer;

    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++)
            L[a + b * k] = m->precision->value[precision_place(m->precision, first + a, first + b)];
    determinant = nested_scale(k, L, w->T);
    memcpy(w->u, m->u + first, sizeof(double) * (size_t)k);
    top = outer_value(m, level);
    if (!isfinite(top))
        return -INFINITY;
    memset(w->odometer, 0, sizeof(int) * (size_t)k);
    memset(w->G, 0, sizeof(double) * (size_t)(k * k));
    memset(w->sum_theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->sum_rest, 0, sizeof(double) * (size_t)m->rest);
    do {
        double weight = nested_node(m->quadrature, k, w->odometer, w->v);

        for (int a = 0; a < k; a++) {
            w->u[a] = m->u[first + a];
            for (int b = a; b < k; b++)
                w->u[a] += w->T[a + b * k] * w->v[b];
        }
        share = exp(weight + outer_value(m, level) - top);
        if (!(share > 0))
            continue;
        total += share;
        for (int j = 0; j < m->rest; j++)
            w->sum_rest[j] += share * w->rest[j];
        add_outer_node(m, level, share);
    } while (nested_next(m->quadrature, k, w->odometer) && glm_goes_on(m));
    for (int a = 0; a < k; a++)
        sums->mode[first + a] /= total;
    for (size_t i = from; i < to; i++)
        sums->mean_slope[i] /= total;
    for (int j = 0; j < m->theta_count; j++)
        sums->theta[j] += w->sum_theta[j] / total;
    for (int j = 0; j < m->rest; j++)
        sums->rest[j] += w->sum_rest[j] / total;
    for (int j = 0; j < k * k; j++)
        w->G[j] /= total;
    nested_q(k, w->G, w->T, B, Q);
    spread_q(m, level, Q);
    return log(total) + top - determinant;
}

double nested_integrate(struct glm *m)
{
    struct quadrature_sums *sums = &m->quadrature->sums;
    double total = 0;

    memset(sums->mean_slope, 0, sizeof(double) * m->n);
    memset(sums->mode, 0, sizeof(double) * (size_t)m->q);
    memset(sums->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(sums->rest, 0, sizeof(double) * (size_t)m->rest);
    for (int32_t l = 0; l < m->groupings[1].level_count && glm_goes_on(m); l++)
        total += outer_integral(m, l);
    return isnan(total) ? (double)-INFINITY : total;
}

/* --- room ---------------------------------------------------------------------------------------- */

static size_t most_rows(const struct grouping *grouping)
{
    size_t most = 1;

    for (int32_t l = 0; l < grouping->level_count; l++)
        if (grouping->row_to[l] - grouping->row_from[l] > most)
            most = grouping->row_to[l] - grouping->row_from[l];
    return most;
}

/* The inner levels of each outer level; a level without rows belongs to none. */
static bool list_children(struct glm *m, struct nested_work *nested, struct quadrature_work *w)
{
    const struct grouping *inner = &m->groupings[0], *outer = &m->groupings[1];
    int32_t *from = nested->child_from = ARRAY(int32_t, outer->level_count + 2);

    nested->child = ARRAY(int32_t, inner->level_count);
    if (from == NULL || nested->child == NULL)
        return false;
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t c = 0; c < inner->level_count; c++) {
            int32_t of;

            if (inner->row_from[c] == inner->row_to[c])
                continue;
            of = outer->level[m->row[inner->row_from[c]]];
            if (pass == 0)
                from[of + 2]++;
            else
                nested->child[from[of + 1]++] = c;
        }
        for (int32_t l = 0; pass == 0 && l < outer->level_count; l++)
            from[l + 2] += from[l + 1];
    }
    return true;
}

bool nested_prepare(struct glm *m, struct glmm_error *err)
{
    struct quadrature_work *w = m->quadrature;
    struct nested_work *nested = w->nested = ARRAY(struct nested_work, 1);
    size_t outer_rows = most_rows(&m->groupings[1]), inner_rows = most_rows(&m->groupings[0]);
    int k0 = m->groupings[0].k, k1 = m->groupings[1].k;

    if (nested == NULL)
        return fail_memory(err);
    {
        double **vectors0[] = { &nested->mode,   &nested->try,      &nested->step,    &nested->adjoint,
                                &nested->sum_g,  &nested->zl,       &nested->inner_g, &nested->inner_v,
                                &nested->node_u, &nested->gradient, &nested->shift };
        double **matrices0[] = { &nested->M, &nested->inner_T, &nested->inner_G, &nested->B, &nested->Q };
        double **vectors1[] = { &nested->u, &nested->v, &nested->g },
               **matrices1[] = { &nested->T, &nested->G, &nested->L, &nested->Q_outer };
        double **rows0[] = { &nested->eta, &nested->node_slope, &nested->sum_slope };
        double **rows1[] = { &nested->base, &nested->slope },
               **thetas[] = { &nested->theta, &nested->sum_theta, &nested->inner_theta },
               **rests[] = { &nested->rest, &nested->sum_rest, &nested->inner_rest };
        struct {
            double ***list;
            size_t count, size;
        } const all[] = {
            { vectors0, sizeof vectors0 / sizeof *vectors0, (size_t)k0 },
            { matrices0, sizeof matrices0 / sizeof *matrices0, (size_t)(k0 * k0) },
            { vectors1, sizeof vectors1 / sizeof *vectors1, (size_t)k1 },
            { matrices1, sizeof matrices1 / sizeof *matrices1, (size_t)(k1 * k1) },
            { rows0, sizeof rows0 / sizeof *rows0, inner_rows },
            { rows1, sizeof rows1 / sizeof *rows1, outer_rows },
            { thetas, sizeof thetas / sizeof *thetas, (size_t)m->theta_count },
            { rests, sizeof rests / sizeof *rests, (size_t)m->rest },
        };

        for (size_t a = 0; a < sizeof all / sizeof *all; a++)
            for (size_t b = 0; b < all[a].count; b++)
                if ((*all[a].list[b] = ARRAY(double, all[a].size)) == NULL)
                    return fail_memory(err);
        for (int j = 0; j < D_SHAPE(family_slots(m->response.family)) || j < D_SHAPE(1); j++)
            if ((nested->d[j] = ARRAY(double, inner_rows)) == NULL)
                return fail_memory(err);
        for (int j = 0; j < FAMILY_SLOTS; j++)
            if ((nested->node_shape[j] = ARRAY(double, inner_rows)) == NULL)
                return fail_memory(err);
    }
    nested->odometer = ARRAY(int, k1);
    nested->inner_odometer = ARRAY(int, k0);
    return (nested->odometer != NULL && nested->inner_odometer != NULL && list_children(m, nested, w)) || fail_memory(err);
}
