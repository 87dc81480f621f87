/* agq.c -- see agq.h: the levels of one grouping factor. */
#include "fit/agq.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/agq-nested.h"

#define ARRAY(type, count) ((type *)arena_alloc(w->arena, (size_t)(count), sizeof(type)))

/* More density evaluations than this in one evaluation of the likelihood are refused. */
static const double MOST_POINTS = 1e9;

/* The first term on grouping g. */
static int term_on(const struct glm *m, int g)
{
    int t = 0;

    while (t < m->term_count - 1 && m->terms[t].grouping != g)
        t++;
    return t;
}

static bool check_structure(const struct glm *m, int nodes, struct glmm_error *err)
{
    double points = (double)m->n;

    for (int g = 0; g < m->grouping_count - 1; g++) {
        int a = term_on(m, g), b = term_on(m, g + 1);

        if (m->groupings[g].parent == g + 1)
            continue;
        fail(err, GLMM_E_MODEL, NOWHERE, "quadrature integrates one grouping factor or nested ones, but %s and %s are crossed",
             m->terms[a < b ? a : b].design->group, m->terms[a < b ? b : a].design->group);
        error_hint(err, "method=laplace fits crossed factors, and method=is corrects what it leaves out");
        return error_argument(err, "nodes");
    }
    for (int a = 0; a < m->K; a++)
        points *= nodes;
    if (points > MOST_POINTS) {
        fail(err, GLMM_E_LIMIT, NOWHERE,
             "%d nodes for each of %d random effects make a grid of %.2g points a level, too many for %zu rows", nodes, m->K,
             points / (double)m->n, m->n);
        error_hint(err, "take fewer nodes, or method=laplace");
        return error_argument(err, "nodes");
    }
    return true;
}

void quadrature_set_nodes(struct glm *m, int nodes)
{
    struct quadrature_work *w = m->quadrature;
    double weight[QUADRATURE_MOST];

    w->nodes = nodes;
    gauss_hermite(nodes, w->node, weight);
    for (int k = 0; k < nodes; k++)
        w->log_weight[k] = log(weight[k]);
}

bool quadrature_takes(const struct glm *m, int nodes)
{
    struct glmm_error ignored = { 0 };

    return nodes > 0 && nodes <= QUADRATURE_MOST && check_structure(m, nodes, &ignored);
}

bool quadrature_prepare(struct glm *m, struct glmm_error *err)
{
    struct quadrature_work *w;
    size_t most = 1;
    int K = m->K;

    if (m->nodes > QUADRATURE_MOST) {
        fail(err, GLMM_E_VALUE, NOWHERE, "%d quadrature nodes are too many: at most %d", m->nodes, QUADRATURE_MOST);
        return error_argument(err, "nodes");
    }
    if (!check_structure(m, m->nodes, err))
        return false;
    w = m->quadrature = NEW(struct quadrature_work);
    if (w == NULL || (w->arena = arena_new()) == NULL)
        return fail_memory(err);
    for (int32_t l = 0; l < m->groupings[0].level_count; l++)
        if (m->groupings[0].row_to[l] - m->groupings[0].row_from[l] > most)
            most = m->groupings[0].row_to[l] - m->groupings[0].row_from[l];
    quadrature_set_nodes(m, m->nodes);
    w->eta = ARRAY(double, most);
    w->value = ARRAY(double, most);
    w->slope = ARRAY(double, most);
    for (int j = 0; j < FAMILY_SLOTS; j++)
        if ((w->shape[j] = ARRAY(double, most)) == NULL)
            return fail_memory(err);
    w->T = ARRAY(double, K *K);
    w->Tv = ARRAY(double, K *K);
    w->G = ARRAY(double, K *K);
    w->B = ARRAY(double, K *K);
    w->Q = ARRAY(double, K *K);
    w->v = ARRAY(double, K);
    w->u = ARRAY(double, K);
    w->g = ARRAY(double, K);
    w->zl = ARRAY(double, K);
    w->odometer = ARRAY(int, K);
    w->level_theta = ARRAY(double, m->theta_count);
    w->sums.mean_slope = ARRAY(double, m->n);
    w->sums.theta = ARRAY(double, m->theta_count);
    w->sums.mode = ARRAY(double, m->q);
    w->sums.rest = ARRAY(double, m->rest);
    w->level_rest = ARRAY(double, m->rest);
    if (w->eta == NULL || w->value == NULL || w->slope == NULL || w->T == NULL || w->Tv == NULL || w->G == NULL || w->B == NULL
        || w->Q == NULL || w->v == NULL || w->u == NULL || w->g == NULL || w->zl == NULL || w->odometer == NULL
        || w->level_theta == NULL || w->sums.mean_slope == NULL || w->sums.theta == NULL || w->sums.mode == NULL
        || w->sums.rest == NULL || w->level_rest == NULL)
        return fail_memory(err);
    if (quadrature_has_hessian(m) && !quadrature_prepare_curves(m, most))
        return fail_memory(err);
    return m->grouping_count == 1 || nested_prepare(m, err);
}

void quadrature_free(struct quadrature_work *work)
{
    if (work == NULL)
        return;
    nested_free(work->nested);
    arena_free(work->arena);
    mem_free(work);
}

/* T = L^-T, upper triangular, from the factor's block at `first`. */
static double set_scale(const struct glm *m, int first, double *T)
{
    int K = m->K;
    double determinant = 0;

    for (int j = 0; j < K; j++) {
        /* Column j of L^-1 by substitution is row j of T. */
        for (int i = j; i < K; i++) {
            double sum = i == j;

            for (int a = j; a < i; a++)
                sum -= m->precision->value[precision_place(m->precision, first + i, first + a)] * T[j + a * K];
            T[j + i * K] = sum / m->precision->value[precision_place(m->precision, first + i, first + i)];
        }
        determinant += log(m->precision->value[precision_place(m->precision, first + j, first + j)]);
        for (int i = 0; i < j; i++)
            T[j + i * K] = 0;
    }
    return determinant;
}

/* h at w->u, with eta and slopes of the rows. */
static double level_density(struct glm *m, size_t from, size_t to, bool gradient)
{
    struct quadrature_work *w = m->quadrature;
    double *out[D_COUNT] = { [D_ETA] = w->slope }, norm = 0, density;
    int K = m->K;

    for (int k = 0; k < m->part_count; k++)
        out[D_SHAPE(m->part[k].slot)] = w->shape[m->part[k].slot];
    for (int a = 0; a < K; a++)
        norm += w->u[a] * w->u[a];
    for (size_t i = from; i < to; i++) {
        double eta = m->fixed[i];

        for (int a = 0; a < K; a++)
            eta += m->zt[i * (size_t)K + (size_t)a] * w->u[a];
        w->eta[i - from] = eta;
    }
    density =
        response_density(&m->response, from, to - from, w->eta, gradient ? ORDER_GRADIENT : ORDER_VALUE, gradient ? out : NULL);
    return 0.5 * norm - density;
}

/* The sums over nodes of one level, before division by the sum of the shares. */
static void add_node(struct glm *m, size_t from, size_t to, double share, double *theta, double *mode)
{
    struct quadrature_work *w = m->quadrature;
    int K = m->K;

    memset(w->zl, 0, sizeof(double) * (size_t)K);
    for (size_t i = from; i < to; i++) {
        double l = w->slope[i - from];

        w->sums.mean_slope[i] += share * l;
        for (int a = 0; a < K; a++)
            w->zl[a] += l * m->z[i * (size_t)K + (size_t)a];
        for (int k = 0; k < m->part_count; k++)
            glm_add_rest(m, &m->part[k], i, share * w->shape[m->part[k].slot][i - from], w->level_rest);
    }
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        double *out = theta + term->theta;
        const double *zl = w->zl + term->slot, *u = w->u + term->slot;

        for (int b = 0; b < term->k; b++) {
            double sum = 0;

            for (int a = b; a < term->k; a++) {
                sum += term->lambda[a + b * term->k] * zl[a];
                if (a == b || term->design->covariance->correlated)
                    *out++ += share * zl[a] * u[b];
            }
            w->g[term->slot + b] = sum - u[b];
        }
    }
    for (int a = 0; a < K; a++) {
        mode[a] += share * w->g[a];
        for (int b = 0; b < K; b++)
            w->G[a + b * K] += share * w->g[a] * w->v[b];
    }
}

/* Q = T (I + B~) T' into the factor's inverse. */
static void set_q(struct glm *m, int first)
{
    struct quadrature_work *w = m->quadrature;
    int K = m->K;

    for (int a = 0; a < K; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0; /* (G'T)[a, b], T upper */

            for (int c = 0; c <= b; c++)
                sum += w->G[c + a * K] * w->T[c + b * K];
            w->B[a + b * K] = w->B[b + a * K] = sum + (a == b);
        }
    for (int a = 0; a < K; a++)
        for (int b = 0; b < K; b++) {
            double sum = 0;

            for (int c = a; c < K; c++)
                sum += w->T[a + c * K] * w->B[c + b * K];
            w->Tv[a + b * K] = sum;
        }
    for (int a = 0; a < K; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;

            for (int c = b; c < K; c++)
                sum += w->Tv[a + c * K] * w->T[b + c * K];
            m->precision->inverse[precision_place(m->precision, first + a, first + b)] = sum;
        }
}

/* log I of a level, without constants. */
static double integrate_level(struct glm *m, int32_t l, bool gradient, double *theta)
{
    struct quadrature_work *w = m->quadrature;
    size_t from = m->groupings[0].row_from[l], to = m->groupings[0].row_to[l];
    int K = m->K, first = m->groupings[0].first[l], d;
    double base, determinant, *mode = w->sums.mode + first, scale;
    double total = 0;

    determinant = set_scale(m, first, w->T);
    memcpy(w->u, m->u + first, sizeof(double) * (size_t)K);
    base = level_density(m, from, to, false);
    memset(w->odometer, 0, sizeof(int) * (size_t)K);
    memset(w->G, 0, sizeof(double) * (size_t)(K * K));
    memset(theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->level_rest, 0, sizeof(double) * (size_t)m->rest);
    memset(mode, 0, sizeof(double) * (size_t)K);
    memset(w->sums.mean_slope + from, 0, sizeof(double) * (to - from));
    do {
        double weight = 0, share;

        for (int a = 0; a < K; a++) {
            w->v[a] = w->node[w->odometer[a]];
            weight += w->log_weight[w->odometer[a]] + 0.5 * w->v[a] * w->v[a];
        }
        for (int a = 0; a < K; a++) {
            double sum = m->u[first + a];

            for (int b = a; b < K; b++)
                sum += w->T[a + b * K] * w->v[b];
            w->u[a] = sum;
        }
        share = exp(weight - (level_density(m, from, to, gradient) - base));
        if (share > 0) {
            total += share;
            if (gradient)
                add_node(m, from, to, share, theta, mode);
        }
        for (d = 0; d < K && ++w->odometer[d] == w->nodes; d++)
            w->odometer[d] = 0;
    } while (d < K);
    if (gradient) {
        scale = 1 / total;
        for (int j = 0; j < K * K; j++)
            w->G[j] *= scale;
        for (int a = 0; a < K; a++)
            mode[a] *= scale;
        for (size_t i = from; i < to; i++)
            w->sums.mean_slope[i] *= scale;
        for (int j = 0; j < m->theta_count; j++)
            w->sums.theta[j] += scale * theta[j];
        for (int j = 0; j < m->rest; j++)
            w->sums.rest[j] += scale * w->level_rest[j];
        set_q(m, first);
    }
    return log(total) - base - determinant;
}

double quadrature_integrate(struct glm *m, bool gradient)
{
    struct quadrature_work *w = m->quadrature;
    double total = 0;

    if (w->nested != NULL)
        return nested_integrate(m);
    memset(w->sums.theta, 0, sizeof(double) * (size_t)m->theta_count);
    memset(w->sums.rest, 0, sizeof(double) * (size_t)m->rest);
    for (int32_t l = 0; l < m->groupings[0].level_count && glm_goes_on(m); l++)
        total += integrate_level(m, l, gradient, w->level_theta);
    return isnan(total) ? (double)-INFINITY : total;
}

const struct quadrature_sums *quadrature_sums(const struct glm *m)
{
    return &m->quadrature->sums;
}
