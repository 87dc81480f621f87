/* lmm-probe.c -- the slopes of a linear mixed model about as they are, without the inverse of its system.
 *
 * The slope of log|M| is a trace, and z'B z is one too on average where the signs z are drawn at random (Hutchinson 1990, Commun.
 * Stat. Simul. 19): with M the system of random effects and X (REML), and C its products unscaled,
 *
 *     d log|M| / d lambda_k[a,b] = 2 sum over levels of (C Lambda M^-1)_(l,a),(l,b)
 *                                ~ 2 sum over levels of (C Lambda M^-1 z)_(l,a) z_(l,b)
 *
 * One solve with the factor at hand is an n-th of an inverse, and as the inverse is nearly diagonal where levels are many, a few
 * draws are as good as all beside what is left of the way to the optimum.  The slope of r^2 is exact, and that of log|M| along a
 * term of one effect and few levels at the end of the tail: 2 (levels - tr S_tt) / lambda, S = M^-1.  The draws are the same at
 * every place, so that the slopes are smooth. */
#include <string.h>

#include "base/rng.h"
#include "fit/lmm-private.h"

enum { DRAWS = 4 };
static const double SOLVE = 4.0;        /* times of a multiplication, one beside the other: memory is what a solve waits for */
static const double LEAST_SHARE = 1e-3; /* of what the rows of a level tell: below, levels - tr S_tt has lost digits */

bool lmm_probe_pays(const struct lmm *m)
{
    double chain, tail;

    blocks_work(m->blocks, &chain, &tail);
    return DRAWS * SOLVE * blocks_solve_work(m->blocks) < chain + 2.0 * tail;
}

/* A sign for each random effect, by the bits of a stream of its own. */
static void draw_signs(double *sign, size_t count, int draw)
{
    struct rng rng;
    uint32_t bits = 0;

    rng_init(&rng, 1, (uint64_t)draw);
    for (size_t i = 0; i < count; i++, bits >>= 1) {
        if (i % 32 == 0)
            bits = rng_bits(&rng);
        sign[i] = bits & 1 ? 1.0 : -1.0;
    }
}

/* A draw: the terms' `gamma`; `none` is what the residuals' products are without any effect. */
static void draw_slopes(struct lmm *m, int draw, const double *none, double *sign)
{
    size_t size = blocks_size(m->blocks);

    draw_signs(sign, size, draw);
    memcpy(m->u, sign, sizeof(double) * size);
    memset(m->beta, 0, sizeof(double) * (size_t)m->p);
    blocks_solve_with(m->blocks, m->reml ? m->p : 0, m->u, m->beta);
    lmm_apply_templates(m);
    blocks_residual_products(m->blocks, m->effects, m->beta, m->remainder);
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        size_t at = blocks_offset(m->blocks, t), k = (size_t)term->k;

        memset(term->gamma, 0, sizeof(double) * k * k);
        for (size_t l = 0; l < (size_t)term->levels; l++, at += k)
            for (size_t b = 0; b < k; b++)
                for (size_t a = b; a < k; a++)
                    term->gamma[a + b * k] += (none[at + a] - m->remainder[at + a]) * sign[at + b];
    }
}

/* The mean of the draws, and the variance of that. */
static void average_draws(struct lmm *m, double variance[])
{
    double *none = m->probe, *sign = none + blocks_size(m->blocks);

    memset(m->effects, 0, sizeof(double) * blocks_size(m->blocks));
    memset(m->beta, 0, sizeof(double) * (size_t)m->p);
    blocks_residual_products(m->blocks, m->effects, m->beta, none);
    memset(m->logdet_gradient, 0, sizeof(double) * (size_t)m->theta_count);
    memset(variance, 0, sizeof(double) * (size_t)m->theta_count);
    for (int draw = 0; draw < DRAWS; draw++) {
        draw_slopes(m, draw, none, sign);
        for (int t = 0; t < m->term_count; t++)
            FOR_FREE_ENTRIES (&m->terms[t], a, b, i) {
                double slope = 2.0 * m->terms[t].gamma[a + b * m->terms[t].k], from = slope - m->logdet_gradient[i];

                m->logdet_gradient[i] += from / (draw + 1);
                variance[i] += from * (slope - m->logdet_gradient[i]) / (DRAWS * (DRAWS - 1));
            }
    }
}

/* The slopes along the last terms of the tail, in place of what the draws have; false when memory is out. */
static bool set_last(struct lmm *m, double variance[])
{
    double *trace = m->probe; /* terms are fewer than levels */

    if (!blocks_last_traces(m->blocks, m->reml ? m->p : 0, trace))
        return false;
    for (int t = 0; t < m->term_count; t++) {
        const struct lmm_term *term = &m->terms[t];
        double x = term->lambda[0];

        if (term->k == 1 && trace[t] >= 0.0 && x * x * (double)m->n > LEAST_SHARE * (double)term->levels) {
            m->logdet_gradient[term->first] = 2.0 * ((double)term->levels - trace[t]) / x;
            variance[term->first] = 0.0;
        }
    }
    return true;
}

bool lmm_probe(struct lmm *m, double variance[])
{
    lmm_residual_slopes(m);
    average_draws(m, variance);
    m->out_of_memory = m->out_of_memory || !set_last(m, variance);
    return !m->out_of_memory && lmm_slopes_finite(m);
}
