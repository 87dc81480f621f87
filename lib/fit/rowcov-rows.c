/* rowcov-rows.c -- the covariance matrix of rows from the matrices of the terms, and slopes back to the parameters.
 *
 *   V_ij = sum over terms of K(l_i, l_j) z_i' D C D z_j  [+ r_i r_j C(t_i, t_j) in one block, / sqrt(w_i w_j)]
 *
 * and with weights W for the pairs of rows, the slopes in D C D are sum_ij W_ij K(l_i, l_j) z_i z_j', in C those times s_a s_b,
 * in s_a those of the row a, twice, times C_ab s_b. */
#include <math.h>
#include <string.h>

#include "fit/rowcov-private.h"
#include "model/residuals.h"

bool rowcov_keeps_signs(const struct rowcov_term *t)
{
    return t->sd_count > 2 && t->structure->law != LAW_US && t->structure->law != LAW_NONE;
}

static double sign_of(const struct rowcov_term *t, double x)
{
    return x < 0.0 && rowcov_keeps_signs(t) ? -1.0 : 1.0;
}

void rowcov_scale_rows(const struct rowcov *m, struct rowcov_term *t)
{
    int k = t->k;

    if (t->effect != NULL)
        return;
    for (size_t i = 0; i < m->n; i++)
        for (int a = 0; a < k; a++) {
            double sum = 0.0;

            for (int b = 0; b < k; b++)
                sum += t->sigma[a + b * k] * rowcov_z(t, i, b);
            t->scaled[i * (size_t)k + (size_t)a] = sum;
        }
}

static bool set_term(struct rowcov *m, struct rowcov_term *t, const double x[])
{
    struct pair_walk w = { 0 };
    int k = t->k;

    for (int a = 0; a < k; a++) {
        double at = x[t->first + (t->sd_count > 1 ? a : 0)];

        t->sd[a] = t->unit[a] * ROWCOV_BEND * sinh(at * sign_of(t, at));
    }
    if (!(t->apart ? law_fill_apart : law_fill)(t->structure->law, &t->positions, x + t->first + t->sd_count, t->C))
        return false;
    for (int a = 0; a < k; a++)
        t->sigma[a + a * k] = t->sd[a] * t->C[a + a * k] * t->sd[a];
    while (pair_next(&t->positions, &w))
        t->sigma[w.a + w.b * k] = t->sigma[w.b + w.a * k] = t->sd[w.a] * t->C[w.a + w.b * k] * t->sd[w.b];
    rowcov_scale_rows(m, t);
    return true;
}

/* The standard deviations of the residuals over sigma; false where they are no numbers. */
static bool set_scales(struct rowcov_residual *r, const double x[])
{
    const struct residual_loads *loads = r->design->loads;

    r->sd[0] = 1.0;
    for (int s = 1; loads == NULL && s < r->design->scale_count; s++)
        r->sd[s] = exp(x[s - 1]);
    for (int s = 0; loads != NULL && s < r->design->scale_count; s++) {
        double sum = 0.0;

        for (int j = 0; j < loads->count; j++)
            sum += x[j] * loads->load[(size_t)s * (size_t)loads->count + (size_t)j];
        r->sd[s] = exp(0.5 * sum);
        if (!isfinite(r->sd[s]) || !(r->sd[s] > 0.0))
            return false;
    }
    return true;
}

/* The slopes in the parameters behind them. */
static void gather_scales(const struct rowcov_residual *r, int part, double out[])
{
    const struct residual_loads *loads = r->design->loads;

    for (int s = 1; loads == NULL && s < r->design->scale_count; s++)
        out[s - 1] = r->sd_slopes[part][s] * r->sd[s];
    for (int j = 0; loads != NULL && j < loads->count; j++) {
        out[j] = 0.0;
        for (int s = 0; s < r->design->scale_count; s++)
            out[j] += 0.5 * r->sd_slopes[part][s] * r->sd[s] * loads->load[(size_t)s * (size_t)loads->count + (size_t)j];
    }
}

bool rowcov_set(struct rowcov *m, const double x[])
{
    struct rowcov_residual *r = &m->residual;
    bool ok = true;

    m->known = KNOWN_NOTHING;
    for (int i = 0; i < m->count; i++)
        if (!isfinite(x[i]))
            return false;
    for (int t = 0; ok && t < m->term_count; t++)
        ok = set_term(m, &m->terms[t], x);
    if (!ok || r->design == NULL)
        return ok;
    return set_scales(r, x + r->first)
           && (r->apart ? law_fill_apart : law_fill)(r->design->structure->law, &r->positions,
                                                     x + r->first + residual_scale_parameters(r->design), r->C);
}

/* Whether to stop at a column of a cluster's matrix: a look at some of them, where they are long. */
static bool stops_at(struct rowcov *m, const struct rowcov_cluster *c, size_t column)
{
    enum { LONG = 300, SOME = 128 };

    return c->count > LONG && column % SOME == 0 && watch_stops(&m->watch);
}

/* The one effect of a term in a row. */
static inline double single(const struct rowcov_term *t, size_t row)
{
    return t->effect != NULL ? t->value[row] : rowcov_z(t, row, 0);
}

/* Of a term of one effect: out[i] += sigma z_i K_ij z_j, i from j on. */
static void fill_single(const struct rowcov_term *t, const size_t *row, size_t count, size_t j, double *out)
{
    const int32_t *level = t->random->level, own = level[row[j]];
    const double *K = t->K == NULL ? NULL : t->K + (size_t)own * (size_t)t->random->level_count;
    double times = t->sigma[0] * single(t, row[j]);

    for (size_t i = j; i < count && K != NULL; i++)
        out[i] += K[level[row[i]]] * times * single(t, row[i]);
    for (size_t i = j; i < count && K == NULL; i++)
        if (level[row[i]] == own)
            out[i] += times * single(t, row[i]);
}

static void fill_term(struct rowcov *m, const struct rowcov_term *t, const struct rowcov_cluster *c, double *V)
{
    const size_t *row = m->row + c->from;
    const int32_t *level = t->random->level;
    size_t count = c->count, k = (size_t)t->k;

    for (size_t j = 0; j < count && k == 1 && !stops_at(m, c, j); j++)
        fill_single(t, row, count, j, V + j * count);
    if (k == 1)
        return;
    for (size_t j = 0; j < count && !stops_at(m, c, j); j++) {
        size_t rj = row[j];
        double *out = V + j * count;

        for (size_t i = j; i < count; i++) {
            size_t ri = row[i];
            double times = rowcov_related(t, level[ri], level[rj]), sum = 0.0;

            if (times == 0.0)
                continue;
            if (t->effect != NULL)
                sum = t->value[ri] * t->value[rj] * t->sigma[(size_t)t->effect[ri] + (size_t)t->effect[rj] * k];
            else
                for (size_t a = 0; a < k; a++)
                    sum += t->scaled[ri * k + a] * rowcov_z(t, rj, (int)a);
            out[i] += times * sum;
        }
    }
}

static double root_weight(const struct rowcov *m, size_t row)
{
    return m->design->weights == NULL ? 1.0 : sqrt(m->design->weights[row]);
}

static void fill_residuals(const struct rowcov *m, const struct rowcov_cluster *c, double *V)
{
    const struct residual_design *d = m->residual.design;
    const struct rowcov_residual *r = &m->residual;
    const size_t *row = m->row + c->from;
    size_t count = c->count, k = d == NULL ? 0 : (size_t)d->positions.k;

    for (size_t j = 0; j < count; j++) {
        size_t rj = row[j];
        double *out = V + j * count;

        if (d == NULL) {
            out[j] += 1.0 / (root_weight(m, rj) * root_weight(m, rj));
            continue;
        }
        for (size_t i = j; i < count; i++) {
            size_t ri = row[i];

            if (d->block[ri] == d->block[rj])
                out[i] += r->sd[d->scale[ri]] * r->sd[d->scale[rj]]
                          * (i == j && !r->apart ? 1.0 : r->C[(size_t)d->position[ri] + (size_t)d->position[rj] * k])
                          / (root_weight(m, ri) * root_weight(m, rj));
        }
    }
}

void rowcov_fill(struct rowcov *m, const struct rowcov_cluster *c, bool residuals, double *out)
{
    memset(out, 0, sizeof(double) * c->count * c->count);
    for (int t = 0; t < m->term_count; t++)
        fill_term(m, &m->terms[t], c, out);
    if (residuals)
        fill_residuals(m, c, out);
}

/* --- slopes ------------------------------------------------------------------------------------------ */

static void clear_pairs(const struct positions *p, double *slopes)
{
    struct pair_walk w = { 0 };
    size_t k = (size_t)p->k;

    if (p->pair == NULL) {
        memset(slopes, 0, sizeof *slopes * k * k);
        return;
    }
    for (size_t a = 0; a < k; a++)
        slopes[a + a * k] = 0.0;
    while (pair_next(p, &w))
        slopes[(size_t)w.a + (size_t)w.b * k] = slopes[(size_t)w.b + (size_t)w.a * k] = 0.0;
}

void rowcov_clear_slopes(struct rowcov *m)
{
    for (int part = 0; part < PARTS; part++) {
        for (int t = 0; t < m->term_count; t++)
            clear_pairs(&m->terms[t].positions, m->terms[t].slopes[part]);
        if (m->residual.design == NULL)
            continue;
        clear_pairs(&m->residual.positions, m->residual.slopes[part]);
        memset(m->residual.sd_slopes[part], 0, sizeof(double) * (size_t)m->residual.design->scale_count);
    }
}

/* Of a term of one effect: the sum of w_ij z_i K_ij z_j, both triangles, i from j on.  By four sums, of which none waits for
 * another. */
static double pull_single(const struct rowcov_term *t, const size_t *row, size_t count, size_t j, const double *weights)
{
    const int32_t *level = t->random->level, own = level[row[j]];
    const double *K = t->K == NULL ? NULL : t->K + (size_t)own * (size_t)t->random->level_count;
    double sums[4] = { 0 }, z = single(t, row[j]), diagonal = weights[j] * (K == NULL ? 1.0 : K[own]) * z;

    for (size_t i = j + 1; i < count && K != NULL; i++)
        sums[i % 4] += weights[i] * K[level[row[i]]] * single(t, row[i]);
    for (size_t i = j + 1; i < count && K == NULL; i++)
        if (level[row[i]] == own)
            sums[0] += weights[i] * single(t, row[i]);
    return z * (diagonal + 2.0 * ((sums[0] + sums[1]) + (sums[2] + sums[3])));
}

/* Both triangles of the pairs: (i, j) and (j, i). */
static void pull_term(struct rowcov *m, struct rowcov_term *t, const struct rowcov_cluster *c, const double *weights,
                      double *slopes)
{
    const size_t *row = m->row + c->from;
    const int32_t *level = t->random->level;
    size_t count = c->count, k = (size_t)t->k;

    for (size_t j = 0; j < count && k == 1 && !stops_at(m, c, j); j++)
        slopes[0] += pull_single(t, row, count, j, weights + j * count);
    for (size_t j = 0; j < count && k > 1 && !stops_at(m, c, j); j++) {
        size_t rj = row[j];

        for (size_t i = j; i < count; i++) {
            size_t ri = row[i];
            double w = weights[i + j * count] * rowcov_related(t, level[ri], level[rj]);

            if (w == 0.0)
                continue;
            if (t->effect != NULL) {
                size_t a = (size_t)t->effect[ri], b = (size_t)t->effect[rj];

                w *= t->value[ri] * t->value[rj];
                slopes[a + b * k] += w;
                if (i != j)
                    slopes[b + a * k] += w;
                continue;
            }
            for (size_t b = 0; b < k; b++)
                for (size_t a = 0; a < k; a++) {
                    double product = w * rowcov_z(t, ri, (int)a) * rowcov_z(t, rj, (int)b);

                    slopes[a + b * k] += product;
                    if (i != j)
                        slopes[b + a * k] += product;
                }
        }
    }
}

static void pull_residuals(struct rowcov *m, const struct rowcov_cluster *c, const double *weights, int part)
{
    struct rowcov_residual *r = &m->residual;
    const struct residual_design *d = r->design;
    const size_t *row = m->row + c->from;
    size_t count = c->count, k = (size_t)d->positions.k;

    for (size_t j = 0; j < count; j++)
        for (size_t i = j; i < count; i++) {
            size_t ri = row[i], rj = row[j], a = (size_t)d->position[ri], b = (size_t)d->position[rj];
            double w = weights[i + j * count] * (i == j ? 1.0 : 2.0), si = r->sd[d->scale[ri]], sj = r->sd[d->scale[rj]], C;

            if (d->block[ri] != d->block[rj] || w == 0.0)
                continue;
            C = i == j && !r->apart ? 1.0 : r->C[a + b * k];
            w /= root_weight(m, ri) * root_weight(m, rj);
            r->sd_slopes[part][d->scale[ri]] += w * C * sj;
            r->sd_slopes[part][d->scale[rj]] += w * C * si;
            if (i == j)
                continue;
            r->slopes[part][a + b * k] += 0.5 * w * si * sj;
            r->slopes[part][b + a * k] += 0.5 * w * si * sj;
        }
}

void rowcov_pull(struct rowcov *m, const struct rowcov_cluster *c, const double *weights, int part, bool residuals)
{
    for (int t = 0; t < m->term_count; t++)
        pull_term(m, &m->terms[t], c, weights, m->terms[t].slopes[part]);
    if (residuals && m->residual.design != NULL)
        pull_residuals(m, c, weights, part);
}

/* Of a term that has the one standard deviation of a law of distances, whose matrix holds some pairs alone: the sum of slopes C,
 * and the slopes in C. */
static double gather_pairs(const struct rowcov_term *t, double *slopes)
{
    struct pair_walk w = { 0 };
    double sum = 0.0, square = t->sd[0] * t->sd[0];
    int k = t->k;

    for (int a = 0; a < k; a++)
        sum += slopes[a + a * k] * t->C[a + a * k];
    while (pair_next(&t->positions, &w)) {
        sum += 2.0 * slopes[w.a + w.b * k] * t->C[w.a + w.b * k];
        slopes[w.a + w.b * k] *= square;
    }
    return sum;
}

void rowcov_gather_term(const struct rowcov_term *t, const double x[], int part, double out[])
{
    int k = t->k, at = t->first;
    double *slopes = t->slopes[part];

    if (t->positions.pair != NULL)
        out[at] += 2.0 * gather_pairs(t, slopes) * t->sd[0] * t->unit[0] * ROWCOV_BEND * cosh(x[at]) * sign_of(t, x[at]);
    for (int a = 0; a < k && t->positions.pair == NULL; a++) {
        double sum = 0.0;

        at = t->first + (t->sd_count > 1 ? a : 0);
        for (int b = 0; b < k; b++)
            sum += 2.0 * slopes[a + b * k] * t->C[a + b * k] * t->sd[b];
        out[at] += sum * t->unit[a] * ROWCOV_BEND * cosh(x[at]) * sign_of(t, x[at]);
    }
    for (int b = 0; b < k && t->positions.pair == NULL; b++)
        for (int a = 0; a < k; a++)
            slopes[a + b * k] *= t->sd[a] * t->sd[b];
    law_pull_back(t->structure->law, &t->positions, x + t->first + t->sd_count, t->C, slopes, out + t->first + t->sd_count);
}

void rowcov_gather(struct rowcov *m, const double x[], int part, double out[])
{
    struct rowcov_residual *r = &m->residual;

    for (int t = 0; t < m->term_count; t++) {
        memset(out + m->terms[t].first, 0, sizeof *out * (size_t)m->terms[t].sd_count);
        rowcov_gather_term(&m->terms[t], x, part, out);
    }
    if (r->design == NULL)
        return;
    gather_scales(r, part, out + r->first);
    law_pull_back(r->design->structure->law, &r->positions, x + r->first + residual_scale_parameters(r->design), r->C,
                  r->slopes[part], out + r->first + residual_scale_parameters(r->design));
}
