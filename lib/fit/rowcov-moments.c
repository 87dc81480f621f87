/* rowcov-moments.c -- where the search of a linear model with one term by descent begins, and how the deviance bends there.
 *
 * With M the projection off X, G = Z A Z' and E(M y y'M) = s_g M G M + s_e M W^-1 M, least squares of all products of two rows
 * (Haseman & Elston 1972) give, at the cost of products with G alone,
 *
 *     [ tr MGMG      tr MGMW^-1    ] [ s_g ]   [ r'G r    ]
 *     [ tr MGMW^-1   tr MW^-1MW^-1 ] [ s_e ] = [ r'W^-1 r ]      r = M y
 *
 * The traces are means over random signs z: tr BC = E (B z)'(C z) of symmetric B and C (Hutchinson 1990); they need not be exact,
 * for nothing but the first step hangs on them.  With tau = s_g / s_e the deviance of the profile bends by
 *
 *     -tr PGPG + 2 nu alpha'GPG alpha / r^2 - nu (alpha'G alpha / r^2)^2,   tr PGPG ~ nu alpha'GPG alpha / r^2
 *
 * the average of what the data say and what is expected (Gilmour, Thompson & Cullis 1995). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/rowcov-sparse-private.h"
#include "linalg/orthonormal.h"
#include "model/descent.h"
#include "model/relation.h"

enum { PROBES = 12, SEED = 1 };

static const double LEAST_SHARE = 0.05, MOST_SHARE = 0.95; /* of the term in the variance: from where the search begins */

/* n; n; n; count: of the nodes. */
struct moments {
    double *sign, *related, *own, *nodes;
};

/* out := G x. */
static void relate(const struct rowcov *m, const double x[], double out[], double nodes[])
{
    const struct random_design *r = &m->design->random[0];
    const struct descent *d = r->relation->descent;

    memset(nodes, 0, sizeof *nodes * (size_t)d->count);
    for (size_t i = 0; i < m->n; i++) {
        int32_t node = d->node[r->relation_row[r->level[i]]];

        if (node >= 0)
            nodes[node] += rowcov_sparse_effect(r, i) * x[i];
    }
    for (int32_t i = d->count - 1; i >= 0; i--)
        for (int s = 0; s < 2; s++)
            if (d->parent[s][i] >= 0)
                nodes[d->parent[s][i]] += d->weight * nodes[i];
    for (int32_t i = 0; i < d->count; i++) {
        nodes[i] *= d->own[i];
        for (int s = 0; s < 2; s++)
            if (d->parent[s][i] >= 0)
                nodes[i] += d->weight * nodes[d->parent[s][i]];
    }
    for (size_t i = 0; i < m->n; i++) {
        int32_t node = d->node[r->relation_row[r->level[i]]];

        out[i] = node < 0 ? 0.0 : rowcov_sparse_effect(r, i) * nodes[node];
    }
}

/* x := M x, by the orthonormal columns. */
static void project(const struct rowcov *m, double x[])
{
    for (int j = 0; j < m->p; j++) {
        const double *column = m->E + (size_t)j * m->n;
        double along = dot_product(m->n, column, x);

        for (size_t i = 0; i < m->n; i++)
            x[i] -= along * column[i];
    }
}

/* related := G x, own := W^-1 x. */
static void set_products(const struct rowcov *m, const double x[], struct moments *o)
{
    const double *weights = m->design->weights;

    relate(m, x, o->related, o->nodes);
    for (size_t i = 0; i < m->n; i++)
        o->own[i] = weights == NULL ? x[i] : x[i] / weights[i];
}

/* s_g as a share of s_g + s_e. */
static double share_of(const struct rowcov *m, struct moments *o)
{
    const double *r = m->E + (size_t)m->p * m->n;
    double gg = 0.0, ge = 0.0, ee = 0.0, g, e;
    struct rng rng;

    rng_init(&rng, SEED, 0);
    for (int probe = 0; probe < PROBES; probe++) {
        for (size_t i = 0; i < m->n; i++)
            o->sign[i] = rng_bits(&rng) & 1 ? 1.0 : -1.0;
        project(m, o->sign);
        set_products(m, o->sign, o);
        project(m, o->related);
        project(m, o->own);
        gg += dot_product(m->n, o->related, o->related) / PROBES;
        ge += dot_product(m->n, o->related, o->own) / PROBES;
        ee += dot_product(m->n, o->own, o->own) / PROBES;
    }
    set_products(m, r, o);
    g = dot_product(m->n, r, o->related);
    e = dot_product(m->n, r, o->own);
    return (ee * g - ge * e) / (ee * g - ge * e + gg * e - ge * g);
}

bool rowcov_sparse_start(const struct rowcov *m, double x[])
{
    size_t n = m->n, count = (size_t)m->design->random[0].relation->descent->count;
    struct moments o = { .sign = NEW_ARRAY(double, 3 * n + count + 1) };
    double share, sd;

    if (o.sign == NULL)
        return false;
    o.related = o.sign + n;
    o.own = o.related + n;
    o.nodes = o.own + n;
    share = share_of(m, &o);
    mem_free(o.sign);
    share = isfinite(share) ? fmin(fmax(share, LEAST_SHARE), MOST_SHARE) : 0.5;
    sd = sqrt(share / (1.0 - share));
    rowcov_place(m, &sd, x);
    return true;
}

/* w'P w = w'W w less what solves the equations of the model for w, the factor of which stands; rhs: scratch, zeroed. */
static double residual_square(const struct rowcov *m, const double w[], double rhs[])
{
    const struct rowcov_sparse *s = m->sparse;
    const struct random_design *r = &m->design->random[0];
    double square = 0.0, *fixed = rhs + s->count;

    for (size_t i = 0; i < m->n; i++) {
        double weighted = w[i] * (m->design->weights == NULL ? 1.0 : m->design->weights[i]);
        int32_t column = s->column[0][r->level[i]];

        square += weighted * w[i];
        if (column >= 0)
            rhs[column] += m->terms[0].sd[0] * rowcov_sparse_effect(r, i) * weighted;
        for (int j = 0; j < m->p; j++)
            fixed[j] += m->E[i + (size_t)j * m->n] * weighted;
    }
    supernodal_solve_lower(s->factor, m->p, rhs);
    return square - dot_product((size_t)(s->count + m->p), rhs, rhs);
}

/* With w = Z v = theta G alpha, as the factor has v. */
double rowcov_sparse_information(const struct rowcov *m, const double x[])
{
    const struct rowcov_sparse *s = m->sparse;
    const struct random_design *r = &m->design->random[0];
    double *w = m->rows, along = 0.0;
    double slope = m->terms[0].unit[0] * ROWCOV_BEND * cosh(x[m->terms[0].first]);

    for (size_t i = 0; i < m->n; i++) {
        int32_t column = s->column[0][r->level[i]];
        double residual = m->E[i + (size_t)m->p * m->n];

        w[i] = column < 0 ? 0.0 : rowcov_sparse_effect(r, i) * s->x[column];
        residual -= m->terms[0].sd[0] * w[i];
        for (int j = 0; j < m->p; j++)
            residual -= m->E[i + (size_t)j * m->n] * m->beta[j];
        along += w[i] * residual * (m->design->weights == NULL ? 1.0 : m->design->weights[i]);
    }
    memset(s->solved, 0, sizeof *s->solved * (size_t)(s->count + m->p + 1));
    return 4.0 * m->degrees * (residual_square(m, w, s->solved) / m->rss - along * along / (m->rss * m->rss)) * slope * slope;
}
