/* lmm.c -- the profiled deviance of a linear mixed model, and its gradient (Bates et al. 2015, section 3; NUMERICS 1).
 *
 *   d(theta) = log|M| + nu (1 + log(2 pi r^2 / nu)) [+ log|R_X|^2] + constants
 *
 *   d log|M| / d lambda_k[a,b] =  2 sum over levels of (Z'Z Lambda M^-1)_(l,a),(l,b)
 *   d r^2    / d lambda_k[a,b] = -2 sum over levels of (Z'(y - X beta - Z Lambda u))_(l,a) u_(l,b) */
#include "fit/lmm.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/lmm-private.h"
#include "fit/minimize.h"

/* Nanoseconds of lmm_work: a call, a row (of those that need them) and each of its columns, a multiplication. */
static const double FEW = 1000, ROW = 10, COLUMN = 5, CHAIN = 1.3, TAIL = 0.15;

static struct lmm *allocate(const struct design *design, bool reml, struct glmm_error *err)
{
    struct lmm *m = NEW(struct lmm);
    size_t p = (size_t)design->p;
    bool ok = m != NULL;

    if (ok) {
        m->design = design;
        m->reml = reml;
        m->n = design->n;
        m->p = design->p;
        m->term_count = design->random_count;
        m->degrees = (double)design->n - (reml ? design->p : 0);
        m->constant = -1;
        m->terms = NEW_ARRAY(struct lmm_term, m->term_count + 1);
        m->lambda = NEW_ARRAY(const double *, m->term_count + 1);
        m->gamma = NEW_ARRAY(double *, m->term_count + 1);
        m->E = mem_alloc(design->n * (p + 1), sizeof(double));
        m->R = NEW_ARRAY(double, p *p + 3 * p + 1);
        ok = m->terms != NULL && m->lambda != NULL && m->gamma != NULL && m->E != NULL && m->R != NULL;
    }
    if (!ok) {
        fail_memory(err);
        lmm_free(m);
        return NULL;
    }
    m->center = m->R + p * p;
    m->projection = m->center + p;
    m->beta = m->projection + p;
    return m;
}

bool lmm_make_blocks(struct lmm *m, enum tail_kind kind, struct watch *watch, struct glmm_error *err)
{
    struct block_term *terms = NEW_ARRAY(struct block_term, m->term_count + 1);
    size_t size, count = (size_t)m->theta_count;

    if (terms == NULL)
        return fail_memory(err);
    for (int t = 0; t < m->term_count; t++) {
        terms[t].k = m->terms[t].k;
        terms[t].levels = m->terms[t].levels;
        terms[t].level = m->design->random[t].level;
        terms[t].z = m->terms[t].z;
        terms[t].name = m->design->random[t].group;
    }
    m->blocks = blocks_new(m->n, terms, m->term_count, m->p + 1, kind, watch, err);
    mem_free(terms);
    if (m->blocks == NULL)
        return false;
    size = blocks_size(m->blocks);
    m->u = NEW_ARRAY(double, 3 * size + 4 * count + 1);
    if (m->u == NULL)
        return fail_memory(err);
    m->effects = m->u + size;
    m->remainder = m->effects + size;
    m->inner = m->remainder + size;
    m->inner_gradient = m->inner + count;
    m->logdet_gradient = m->inner_gradient + count;
    m->rss_gradient = m->logdet_gradient + count;
    blocks_assemble(m->blocks, m->E, NULL);
    blocks_watch(m->blocks, NULL); /* the watch ends with lmm_new_watched() */
    return !watch_stopped(watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the products of the data were formed");
}

struct lmm *lmm_new(const struct design *design, bool reml, struct glmm_error *err)
{
    return lmm_new_watched(design, reml, NULL, err);
}

struct lmm *lmm_new_watched(const struct design *design, bool reml, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct watch watch;
    struct lmm *m;

    watch_init(&watch, progress, "finding the structure");
    if (design->n <= (size_t)design->p) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%zu row%s too few for %d fixed effect%s: nothing is left for the residual", design->n,
             design->n == 1 ? " is" : "s are", design->p, design->p == 1 ? "" : "s");
        return NULL;
    }
    m = allocate(design, reml, err);
    if (m == NULL)
        return NULL;
    if (!lmm_set_basis(m, &watch, err) || !lmm_make_blocks(m, TAIL_ANY, &watch, err)) {
        lmm_free(m);
        return NULL;
    }
    return m;
}

void lmm_free(struct lmm *m)
{
    if (m == NULL)
        return;
    for (int t = 0; m->terms != NULL && t < m->term_count; t++) {
        mem_free(m->terms[t].basis);
        mem_free(m->terms[t].z);
    }
    blocks_free(m->blocks);
    mem_free(m->terms);
    mem_free(m->lambda);
    mem_free(m->gamma);
    mem_free(m->E);
    mem_free(m->R);
    mem_free(m->root_weight);
    lmm_rows_free(m->rows);
    mem_free(m->u);
    mem_free(m->probe);
    mem_free(m);
}

int lmm_theta_count(const struct lmm *m)
{
    return m->theta_count;
}

void lmm_set_templates(struct lmm *m, const double x[])
{
    for (int t = 0; t < m->term_count; t++) {
        struct lmm_term *term = &m->terms[t];

        FOR_FREE_ENTRIES (term, a, b, i)
            term->lambda[a + b * term->k] = x[i];
    }
}

/* x = R_k Lambda, entry by entry. */
void lmm_inner_from_theta(const struct lmm *m, const double theta[], double x[])
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;

        FOR_FREE_ENTRIES (term, a, b, i) {
            x[i] = term->basis[a + a * k] * theta[i];
            for (int c = b; c < a && term->covariance->correlated; c++)
                x[i] += term->basis[a + c * k] * theta[i - (a - c)];
        }
    }
}

/* Lambda = R_k^-1 x, column by column, from the top. */
void lmm_theta_from_inner(const struct lmm *m, const double x[], double theta[])
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;

        FOR_FREE_ENTRIES (term, a, b, i) {
            double sum = x[i];

            for (int c = b; c < a && term->covariance->correlated; c++)
                sum -= term->basis[a + c * k] * theta[i - (a - c)];
            theta[i] = sum / term->basis[a + a * k];
        }
    }
}

void lmm_apply_templates(struct lmm *m)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;
        const double *u = m->u + blocks_offset(m->blocks, t);
        double *out = m->effects + blocks_offset(m->blocks, t);

        for (int32_t l = 0; l < term->levels; l++, u += k, out += k)
            for (int a = 0; a < k; a++) {
                out[a] = 0.0;
                for (int b = 0; b <= a; b++)
                    out[a] += term->lambda[a + b * k] * u[b];
            }
    }
}

bool lmm_slopes_finite(const struct lmm *m)
{
    for (int i = 0; i < m->theta_count; i++)
        if (!isfinite(m->logdet_gradient[i]) || !isfinite(m->rss_gradient[i]))
            return false;
    return true;
}

void lmm_residual_slopes(struct lmm *m)
{
    blocks_solve_last(m->blocks, m->u, m->beta);
    lmm_apply_templates(m);
    blocks_residual_products(m->blocks, m->effects, m->beta, m->remainder);
    for (int t = 0; t < m->term_count; t++) {
        struct lmm_term *term = &m->terms[t];
        int k = term->k;
        const double *u = m->u + blocks_offset(m->blocks, t), *z = m->remainder + blocks_offset(m->blocks, t);

        memset(term->products, 0, sizeof(double) * (size_t)(k * k));
        for (int32_t l = 0; l < term->levels; l++, u += k, z += k)
            for (int b = 0; b < k; b++)
                for (int a = b; a < k; a++)
                    term->products[a + b * k] += z[a] * u[b];
        FOR_FREE_ENTRIES (term, a, b, i)
            m->rss_gradient[i] = -2.0 * term->products[a + b * k];
    }
}

bool lmm_slopes(struct lmm *m)
{
    if (m->by_rows) {
        lmm_rows_slopes(m);
        return lmm_slopes_finite(m);
    }
    lmm_residual_slopes(m);
    blocks_invert(m->blocks, m->reml ? m->p : 0);
    blocks_logdet_gradient(m->blocks, m->lambda, m->gamma);
    for (int t = 0; t < m->term_count; t++)
        FOR_FREE_ENTRIES (&m->terms[t], a, b, i)
            m->logdet_gradient[i] = 2.0 * m->terms[t].gamma[a + b * m->terms[t].k];
    return lmm_slopes_finite(m);
}

double lmm_value(struct lmm *m, const double x[])
{
    double deviance;

    lmm_set_templates(m, x);
    if (!blocks_factor(m->blocks, m->lambda))
        return MINIMIZE_BAD;
    m->by_rows = lmm_rows_needed(m, x);
    if (m->by_rows) {
        if (!lmm_rows_value(m))
            return MINIMIZE_BAD;
    } else {
        m->logdet = blocks_logdet(m->blocks) + (m->reml ? blocks_logdet_extras(m->blocks, m->p) : 0.0);
        m->rss = blocks_rss(m->blocks);
    }
    deviance = m->logdet + m->degrees * (1.0 + log(2.0 * M_PI * m->rss / m->degrees) + 2.0 * log(m->y_scale)) + m->constants;
    return isfinite(deviance) && m->rss > 0.0 ? deviance : MINIMIZE_BAD;
}

double lmm_work(const struct lmm *m)
{
    double chain, tail, columns = m->p;

    for (int t = 0; t < m->term_count; t++)
        columns += m->terms[t].k;
    blocks_work(m->blocks, &chain, &tail);
    return FEW + (double)m->n * (ROW + COLUMN * columns) + CHAIN * chain + TAIL * tail;
}

double lmm_deviance(struct lmm *m, const double theta[])
{
    lmm_inner_from_theta(m, theta, m->inner);
    return lmm_value(m, m->inner);
}

/* The chain rule from the inner parameters to theta: R_k' times the inner gradient. */
void lmm_outer_gradient(const struct lmm *m, const double inner[], double gradient[])
{
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        int k = term->k;

        FOR_FREE_ENTRIES (term, a, b, i) {
            gradient[i] = 0.0;
            for (int r = a; r < term->covariance->end(k, a); r++)
                gradient[i] += term->basis[r + a * k] * inner[i + (r - a)];
        }
    }
}

double lmm_gradient(struct lmm *m, const double theta[], double gradient[])
{
    double deviance;

    lmm_inner_from_theta(m, theta, m->inner);
    deviance = lmm_value(m, m->inner);
    if (!(deviance < MINIMIZE_BAD) || !lmm_slopes(m))
        return MINIMIZE_BAD;
    for (int i = 0; i < m->theta_count; i++)
        m->inner_gradient[i] = m->logdet_gradient[i] + m->degrees / m->rss * m->rss_gradient[i];
    lmm_outer_gradient(m, m->inner_gradient, gradient);
    return deviance;
}

double lmm_deviance_at(struct lmm *m, const double theta[], double log_sigma, double gradient[])
{
    double profiled, precision = m->y_scale * m->y_scale * exp(-2.0 * log_sigma), deviance;

    lmm_inner_from_theta(m, theta, m->inner);
    profiled = lmm_value(m, m->inner);
    if (!(profiled < MINIMIZE_BAD) || !isfinite(precision) || (gradient != NULL && !lmm_slopes(m)))
        return MINIMIZE_BAD;
    deviance = m->logdet + m->constants + m->degrees * (log(2.0 * M_PI) + 2.0 * log_sigma) + m->rss * precision;
    if (gradient == NULL)
        return deviance;
    for (int i = 0; i < m->theta_count; i++)
        m->inner_gradient[i] = m->logdet_gradient[i] + precision * m->rss_gradient[i];
    lmm_outer_gradient(m, m->inner_gradient, gradient);
    gradient[m->theta_count] = 2.0 * (m->degrees - m->rss * precision);
    return deviance;
}

/* B'H B, as lmm_outer_gradient has B'. */
void lmm_outer_hessian(struct lmm *m, const double inner[], double out[], int ld)
{
    int n = m->theta_count;

    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) /* what the first pass left is B'H: its rows */
                m->inner_gradient[i] = pass == 0 ? inner[i + j * n] : out[j + i * ld];
            lmm_outer_gradient(m, m->inner_gradient, m->inner);
            for (int i = 0; i < n; i++)
                out[pass == 0 ? i + j * ld : j + i * ld] = m->inner[i];
        }
}

bool lmm_hessian_at(struct lmm *m, const double theta[], double log_sigma, double gradient[], double hessian[], bool *known)
{
    int n = m->theta_count, r = n + 1;
    double precision = m->y_scale * m->y_scale * exp(-2.0 * log_sigma), *H, *rss;
    struct lmm_curvature *c = NULL;
    bool ok;

    *known = lmm_curvature_pays(m) && lmm_deviance_at(m, theta, log_sigma, gradient) < MINIMIZE_BAD && !m->by_rows;
    if (!*known)
        return true;
    H = NEW_ARRAY(double, 2 * (size_t)n * (size_t)n + 1);
    ok = H != NULL && (c = lmm_curvature_new(m)) != NULL;
    rss = H == NULL ? NULL : H + (size_t)n * (size_t)n;
    *known = ok && lmm_curvature_set(c, m, H, rss, NULL);
    if (*known) {
        for (int i = 0; i < n; i++)
            m->inner_gradient[i] = -2.0 * precision * m->rss_gradient[i];
        lmm_outer_gradient(m, m->inner_gradient, hessian + (size_t)n * (size_t)r);
        for (int i = 0; i < n; i++)
            hessian[n + i * r] = hessian[i + n * r];
        hessian[n + n * r] = 4.0 * m->rss * precision;
        for (int i = 0; i < n * n; i++)
            H[i] += precision * rss[i];
        lmm_outer_hessian(m, H, hessian, r);
    }
    lmm_curvature_free(c);
    mem_free(H);
    return ok;
}
