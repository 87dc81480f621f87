/* lmm-tail.c -- second derivatives along the terms of one effect in the tail and right before it, exact from its inverse.
 *
 * Let S be the inverse of the system M of random effects and X (REML), x_s the template of a scalar term s, t_s = log x_s, P_s
 * its levels.  Since dM/dt_s = P_s (M - J) + (M - J) P_s with J the identity of the random effects, and u the modes,
 *
 *     d log|M| / dt_s              = 2 (levels - tr S_ss)
 *     d^2 log|M| / dt_s dt_t       = 4 [s = t] tr S_ss - 4 sum of squares of S_st
 *     d^2 r^2 / dt_s dt_t          = 4 [s = t] u_s'u_s - 8 u_s' S_st u_t
 *     d (X'V^-1 X)^-1 / dt_s       = 2 S_Xs S_sX
 *
 * and f'' = (d^2 f / dt^2 - df / dt) / x^2.  Blocks of S between two terms of the tail are those of the inverse of its Schur
 * complement; what they are for the term before it stands in blocks-head.c.  (The slopes in other parameters are taken by
 * differences, as they were.) */
#include <math.h>

#include "base/memory.h"
#include "fit/lmm-private.h"

/* A template that is smaller, beside what the rows of a level tell, has lost these digits: 1 of S_aa = 1 - x^2 ... */
static const double LEAST_SHARE = 1e-3;
/* Times of a multiplication, one beside the other; HEAD by vectors of four (12 by two): what is asked must not hang on that. */
static const double DENSE = 3.0, SPARSE = 3.0, NODES = 10.0, HEAD = 9.0;
static const double LITTLE = 1e8; /* bytes, about, that are taken though the model itself takes less */

static bool is_exact(const struct lmm *m, const struct lmm_term *term, int t, bool head, const double x[])
{
    double square = x[term->first] * x[term->first];

    return term->k == 1 && (head || blocks_in_tail(m->blocks, t)) && x[term->first] > 0.0
           && square * (double)m->n > LEAST_SHARE * (double)term->levels;
}

bool lmm_tail_pays(const struct lmm *m, const double x[], bool *head)
{
    double chain, tail, evaluation, room = blocks_squares_room(m->blocks), most = fmax(LITTLE, blocks_held(m->blocks));
    int count = 0, with_head = 0;

    *head = false;
    if (m->by_rows || !(m->reml || m->p == 0) || room > most)
        return false;
    blocks_work(m->blocks, &chain, &tail);
    evaluation = NODES * chain + SPARSE * 3.0 * tail;
    for (int t = 0; t < m->term_count; t++) {
        count += is_exact(m, &m->terms[t], t, false, x);
        with_head += is_exact(m, &m->terms[t], t, blocks_has_head(m->blocks), x);
    }
    *head =
        with_head > count && room + blocks_head_room(m->blocks) <= most && HEAD * blocks_head_work(m->blocks) < 2.0 * evaluation;
    return DENSE * blocks_squares_work(m->blocks) < 2.0 * count * evaluation;
}

/* Entry (i, j) of both second derivatives, and its mirror. */
static void set_entry(const struct lmm *m, const struct tail_sums *sums, const double x[], int s, int t, double logdet[],
                      double rss[])
{
    int i = m->terms[s].first, j = m->terms[t].first, n = m->theta_count, at = s + t * m->term_count;
    double square = x[i] * x[j], bent = -4.0 * sums->squares[at] / square, fall = -8.0 * sums->forms[at] / square;

    if (s == t) { /* df/dt = x f', which is -2 u'u for r^2 */
        bent += (4.0 * sums->trace[s] / x[i] - m->logdet_gradient[i]) / x[i];
        fall -= 3.0 * m->rss_gradient[i] / x[i];
    }
    logdet[i + j * n] = logdet[j + i * n] = bent;
    rss[i + j * n] = rss[j + i * n] = fall;
}

bool lmm_tail_second(struct lmm *m, const double x[], bool head, bool exact[], double logdet[], double rss[], double slopes[])
{
    size_t count = (size_t)m->term_count, pp = (size_t)m->p * (size_t)m->p;
    struct tail_sums sums = { .trace = mem_alloc(count * (1 + 2 * count + pp) + 1, sizeof(double)) };
    bool ok = sums.trace != NULL;

    for (int i = 0; i < m->theta_count; i++)
        exact[i] = false;
    if (ok) {
        sums.squares = sums.trace + count;
        sums.forms = sums.squares + count * count;
        sums.outer = sums.forms + count * count;
        ok = blocks_squares(m->blocks, m->u, head, &sums);
    }
    for (int s = 0; ok && s < m->term_count; s++) {
        int i = m->terms[s].first;

        if (!is_exact(m, &m->terms[s], s, head, x))
            continue;
        exact[i] = true;
        for (int t = 0; t <= s; t++)
            if (exact[m->terms[t].first] && m->terms[t].k == 1)
                set_entry(m, &sums, x, s, t, logdet, rss);
        for (size_t e = 0; e < pp; e++)
            slopes[(size_t)i * pp + e] = 2.0 / x[i] * sums.outer[(size_t)s * pp + e];
    }
    mem_free(sums.trace);
    m->out_of_memory = m->out_of_memory || (!ok && !watch_stopped(blocks_watcher(m->blocks)));
    return ok;
}
