/* agq-nested.c -- see agq-nested.h.
 *
 * For a level with unknowns u and finer levels c in it,
 *
 *   I = |L|^-1 sum_k w_k exp(F(u_k) + v_k'v_k/2),   F(u) = -u'u/2 + sum_c log I_c(u),   u_k = u^ + L^-T v_k
 *
 * where u^ is its part of the joint mode (its own and of all that is in it), L the factor of its Schur complement, and I_c(u) the
 * integral over c around its mode given u: again such a sum, or for the innermost factor that of agq-inner.c.  One node is
 * Laplace's approximation.  An integral gives its own exact gradient in the fixed part of its rows' eta (through its mode and
 * curvature too, agq-conditional.c), so that the rule of the coarser level treats it as a log density.
 *
 * The curvature S = A - B'D^-1 B depends on the whole of M: <dS, Q> = <dM, E Q E'> with E = [-D^-1 B; I], which is
 * what takes the place of M^-1 in the gradient.  E is also where the finer modes go with u, to first order. */
#include "fit/agq-nested-private.h"

#include <math.h>
#include <string.h>

static struct nested_factor *factor_of(const struct glm *m, int g)
{
    return &m->quadrature->nested->factor[g];
}

/* --- where the unknowns are ------------------------------------------------------------------------ */

/* Finds the unknowns of a level of factor g, whose rows these are. */
static void locate(const struct glm *m, int g, size_t from, size_t to)
{
    struct nested_factor *o = factor_of(m, g);
    bool outermost = g == m->grouping_count - 1;

    o->count = 0;
    for (int c = 0; c <= g; c++) {
        const struct grouping *grouping = &m->groupings[c];
        int32_t first = grouping->first[nested_level(m, c, from)], last = grouping->first[nested_level(m, c, to - 1)];

        o->shift[c] = first - o->count;
        o->offset[c] = outermost ? o->shift[c] : 0;
        for (int a = 0; a < grouping->k; a++)
            o->slot_shift[grouping->slot + a] = o->shift[c];
        o->count += last - first + grouping->k;
    }
    o->f = outermost ? m->precision : o->own[nested_level(m, g, from)];
    o->at = outermost ? m->u : o->mode;
}

/* The place in `paths` of the first unknown of the level of factor c in which row i is. */
static int32_t place_of(const struct glm *m, const struct nested_factor *o, int c, size_t i)
{
    return m->groupings[c].first[nested_level(m, c, i)] - o->shift[c];
}

/* An entry of the factor of M by such places, those of factors c and d. */
static double *entry(const struct nested_factor *o, double *values, int c, int32_t i, int d, int32_t j)
{
    return &values[precision_place(o->f, i + o->offset[c], j + o->offset[d])];
}

/* The rows of E of a finer level: L_cc' E_c = -sum over what it lies in of L_bc' E_b. */
static void set_path(const struct glm *m, struct nested_factor *o, int c, size_t i)
{
    int32_t at = place_of(m, o, c, i);

    for (int a = m->groupings[c].k - 1; a >= 0; a--) {
        double *row = o->paths + (size_t)(at + a) * (size_t)o->k, diagonal = *entry(o, o->f->value, c, at + a, c, at + a);

        memset(row, 0, sizeof *row * (size_t)o->k);
        for (int b = c; b <= o->g; b++) {
            int32_t other = place_of(m, o, b, i);

            for (int e = b == c ? a + 1 : 0; e < m->groupings[b].k; e++) {
                double l = *entry(o, o->f->value, b, other + e, c, at + a);

                for (int s = 0; s < o->k; s++)
                    row[s] -= l * o->paths[(size_t)(other + e) * (size_t)o->k + (size_t)s];
            }
        }
        for (int s = 0; s < o->k; s++)
            row[s] /= diagonal;
    }
}

static void set_paths(const struct glm *m, struct nested_factor *o, size_t from, size_t to)
{
    double *own = o->paths + (size_t)(o->count - o->k) * (size_t)o->k;

    for (int a = 0; a < o->k; a++)
        for (int s = 0; s < o->k; s++)
            own[a * o->k + s] = a == s;
    for (int c = o->g - 1; c >= 0; c--)
        for (size_t i = from; i < to; i = m->groupings[c].row_to[nested_level(m, c, i)])
            set_path(m, o, c, i);
}

/* The entries of E Q E' for a finer level (or the level itself) of row i, and for all in which it lies. */
static void spread_level(struct glm *m, const struct nested_factor *o, int c, size_t i, const double *Q)
{
    int32_t at = place_of(m, o, c, i);
    int k = o->k;
    double EQ[GLM_SLOTS];

    for (int b = c; b <= o->g; b++) {
        int32_t other = place_of(m, o, b, i);

        for (int e = 0; e < m->groupings[b].k; e++) {
            for (int s = 0; s < k; s++) {
                EQ[s] = 0;
                for (int r = 0; r < k; r++)
                    EQ[s] += o->paths[(size_t)(other + e) * (size_t)k + (size_t)r] * Q[r + s * k];
            }
            for (int a = 0; (b > c || a <= e) && a < m->groupings[c].k; a++) {
                double sum = 0;

                for (int s = 0; s < k; s++)
                    sum += EQ[s] * o->paths[(size_t)(at + a) * (size_t)k + (size_t)s];
                *entry(o, o->f->inverse, b, other + e, c, at + a) = sum;
            }
        }
    }
}

/* --- the integrals within -------------------------------------------------------------------------- */

static double nested_integral(struct glm *m, int g, const struct nested_rows *rows);

/* The modes of a finer level's unknowns, from where its search begins, when those of o are at o->u. */
static void predict(struct glm *m, const struct nested_factor *o, const struct nested_rows *rows)
{
    int finer = o->g - 1;

    if (finer > 0)
        locate(m, finer, rows->from, rows->to);
    for (int c = finer; c >= 0; c--)
        for (size_t i = rows->from; i < rows->to; i = m->groupings[c].row_to[nested_level(m, c, i)]) {
            int32_t at = place_of(m, o, c, i);
            double *mode = finer == 0 ? m->quadrature->nested->leaf.mode
                                      : factor_of(m, finer)->mode + place_of(m, factor_of(m, finer), c, i);

            for (int a = 0; a < m->groupings[c].k; a++) {
                mode[a] = o->at[at + a + o->offset[c]];
                for (int s = 0; s < o->k; s++)
                    mode[a] += o->paths[(size_t)(at + a) * (size_t)o->k + (size_t)s]
                               * (o->u[s] - o->at[o->count - o->k + s + o->offset[o->g]]);
            }
        }
}

/* F at o->u, with its gradient in o->slope, o->theta and o->rest. */
static double factor_value(struct glm *m, struct nested_factor *o, const struct nested_rows *of)
{
    int slot = m->groupings[o->g].slot;
    int32_t level = nested_level(m, o->g, of->from);
    double F = 0;

    memset(o->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(o->rest, 0, sizeof(double) * (size_t)m->rest);
    for (int a = 0; a < o->k; a++)
        F -= 0.5 * o->u[a] * o->u[a];
    for (size_t i = of->from; i < of->to; i++) {
        o->base[i - of->from] = of->base[i - of->from];
        for (int a = 0; a < o->k; a++)
            o->base[i - of->from] += m->zt[i * (size_t)m->K + (size_t)(slot + a)] * o->u[a];
    }
    for (int32_t j = o->child_from[level]; j < o->child_from[level + 1]; j++) {
        const struct grouping *finer = &m->groupings[o->g - 1];
        size_t from = finer->row_from[o->child[j]];
        const struct nested_rows rows = { .from = from,
                                          .to = finer->row_to[o->child[j]],
                                          .base = o->base + (from - of->from),
                                          .slope = o->slope + (from - of->from),
                                          .theta = o->theta,
                                          .rest = o->rest };

        predict(m, o, &rows);
        F += nested_integral(m, o->g - 1, &rows);
    }
    return F;
}

/* --- the sums over the nodes ------------------------------------------------------------------------ */

static void add_node(struct glm *m, struct nested_factor *o, const struct nested_rows *rows, double share)
{
    int k = o->k, slot = m->groupings[o->g].slot;
    double zl[GLM_SLOTS] = { 0 };

    for (int a = 0; a < k; a++)
        o->g_u[a] = -o->u[a];
    for (size_t i = rows->from; i < rows->to; i++) {
        double l = o->slope[i - rows->from];

        o->sum_slope[i - rows->from] += share * l;
        for (int a = 0; a < k; a++) {
            zl[a] += l * m->z[i * (size_t)m->K + (size_t)(slot + a)];
            o->g_u[a] += l * m->zt[i * (size_t)m->K + (size_t)(slot + a)];
        }
    }
    for (int j = 0; j < m->rest; j++)
        o->sum_rest[j] += share * o->rest[j];
    for (int j = 0; j < m->theta_count; j++)
        o->sum_theta[j] += share * o->theta[j];
    nested_add_explicit(m, o->g, share, zl, o->u, o->sum_theta);
    for (int a = 0; a < k; a++) {
        o->sum_g[a] += share * o->g_u[a];
        for (int b = 0; b < k; b++)
            o->G[a + b * k] += share * o->g_u[a] * o->v[b];
    }
}

static void divide(double *x, size_t count, double by)
{
    for (size_t j = 0; j < count; j++)
        x[j] /= by;
}

static void begin_sums(struct glm *m, struct nested_factor *o, const struct nested_rows *rows)
{
    memset(o->odometer, 0, sizeof(int) * (size_t)o->k);
    memset(o->G, 0, sizeof(double) * (size_t)(o->k * o->k));
    memset(o->sum_g, 0, sizeof(double) * (size_t)o->k);
    memset(o->sum_slope, 0, sizeof(double) * (rows->to - rows->from));
    memset(o->sum_theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(o->sum_rest, 0, sizeof(double) * (size_t)m->rest);
}

/* log of the sum over the nodes, without the determinant of L; `top` is F at the mode. */
static double sum_nodes(struct glm *m, struct nested_factor *o, const struct nested_rows *rows, double top)
{
    const double *mode = o->at + o->count - o->k + o->offset[o->g];
    double total = 0, share;
    int k = o->k;

    begin_sums(m, o, rows);
    do {
        double weight = nested_node(m->quadrature, k, o->odometer, o->v);

        for (int a = 0; a < k; a++) {
            o->u[a] = mode[a];
            for (int b = a; b < k; b++)
                o->u[a] += o->T[a + b * k] * o->v[b];
        }
        share = exp(weight + factor_value(m, o, rows) - top);
        if (!(share > 0))
            continue;
        total += share;
        add_node(m, o, rows, share);
    } while (nested_next(m->quadrature, k, o->odometer) && glm_goes_on(m));
    divide(o->sum_g, (size_t)k, total);
    divide(o->G, (size_t)(k * k), total);
    divide(o->sum_slope, rows->to - rows->from, total);
    divide(o->sum_theta, (size_t)m->theta_count, total);
    divide(o->sum_rest, (size_t)m->rest, total);
    return log(total) + top;
}

/* log I of a located level with its modes in place; leaves the sums, and E Q E' in the inverse of its factor. */
static double around_mode(struct glm *m, struct nested_factor *o, const struct nested_rows *rows)
{
    int k = o->k;
    int32_t own = o->count - k;
    double top, determinant, total;

    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++)
            o->L[a + b * k] = *entry(o, o->f->value, o->g, own + a, o->g, own + b);
    determinant = nested_scale(k, o->L, o->T);
    set_paths(m, o, rows->from, rows->to);
    memcpy(o->u, o->at + own + o->offset[o->g], sizeof(double) * (size_t)k);
    top = factor_value(m, o, rows);
    if (!isfinite(top))
        return -INFINITY;
    total = sum_nodes(m, o, rows, top);
    nested_q(k, o->G, o->T, o->B, o->Q);
    for (int c = o->g; c >= 0; c--)
        for (size_t i = rows->from; i < rows->to; i = m->groupings[c].row_to[nested_level(m, c, i)])
            spread_level(m, o, c, i, o->Q);
    return total - determinant;
}

/* log I of a level of factor g, whose search begins where `predict` put it. */
static double nested_integral(struct glm *m, int g, const struct nested_rows *rows)
{
    double value, total;

    if (g == 0)
        return nested_leaf_integral(m, rows);
    if (!glm_goes_on(m) || !nested_conditional_mode(m, g, rows, &value))
        return -INFINITY;
    total = around_mode(m, factor_of(m, g), rows);
    if (isfinite(total))
        nested_conditional_slopes(m, g, rows);
    return total;
}

static double outermost_integral(struct glm *m, int32_t level)
{
    struct quadrature_sums *sums = &m->quadrature->sums;
    int g = m->grouping_count - 1;
    const struct grouping *outermost = &m->groupings[g];
    struct nested_factor *o = factor_of(m, g);
    size_t from = outermost->row_from[level], to = outermost->row_to[level];
    const struct nested_rows rows = { .from = from, .to = to, .base = m->fixed + from };
    double total;

    if (from == to) /* a level without rows */
        return 0;
    locate(m, g, from, to);
    total = around_mode(m, o, &rows);
    memcpy(sums->mode + outermost->first[level], o->sum_g, sizeof(double) * (size_t)o->k);
    memcpy(sums->mean_slope + from, o->sum_slope, sizeof(double) * (to - from));
    for (int j = 0; j < m->theta_count; j++)
        sums->theta[j] += o->sum_theta[j];
    for (int j = 0; j < m->rest; j++)
        sums->rest[j] += o->sum_rest[j];
    return total;
}

double nested_integrate(struct glm *m)
{
    struct quadrature_sums *sums = &m->quadrature->sums;
    double total = 0;

    memset(sums->mean_slope, 0, sizeof(double) * m->n);
    memset(sums->mode, 0, sizeof(double) * (size_t)m->q);
    memset(sums->theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(sums->rest, 0, sizeof(double) * (size_t)m->rest);
    for (int32_t l = 0; l < m->groupings[m->grouping_count - 1].level_count && glm_goes_on(m); l++)
        total += outermost_integral(m, l);
    return isnan(total) ? (double)-INFINITY : total;
}
