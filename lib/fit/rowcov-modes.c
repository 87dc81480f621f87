/* rowcov-modes.c -- the modes of random effects of rowcov.h, and how far they are known.
 *
 *   b_l = Sigma sum_i K(l, l_i) z_i alpha_i,  Var(b_l | y) = sigma^2 (K(l, l) Sigma - C'V^-1 C),  C_i = K(l, l_i) z_i'Sigma */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

/* of the variance before: what is open of effects that are known is a difference, and below this what rounding left of one */
static const double CANCELLED = 1e-13;

/* modes (levels x k), with sums (as many) for scratch. */
void rowcov_set_modes(struct rowcov *m, const struct rowcov_term *t, double *sums, double *modes)
{
    enum { SOME = 256 }; /* levels between two looks */
    size_t k = (size_t)t->k;
    int32_t levels = t->random->level_count;

    if (m->sparse != NULL) {
        rowcov_sparse_modes(m, (int)(t - m->terms), modes);
        return;
    }
    for (size_t i = 0; i < m->n; i++)
        for (size_t a = 0; a < k; a++)
            sums[(size_t)t->random->level[m->row[i]] * k + a] += rowcov_z(t, m->row[i], (int)a) * m->alpha[i];
    for (int32_t l = 0; l < levels && !(l % SOME == SOME - 1 && watch_stops(&m->watch)); l++)
        for (int32_t o = t->K == NULL ? l : 0; o < (t->K == NULL ? l + 1 : levels); o++) {
            double times = rowcov_related(t, l, o) * m->y_scale;

            for (size_t a = 0; a < k; a++)
                for (size_t b = 0; b < k; b++)
                    modes[(size_t)l * k + a] += times * t->sigma[a + b * k] * sums[(size_t)o * k + b];
        }
}

/* Levels of a cluster whose conditional covariances are found together: C stands side by side. */
struct spreads {
    struct rowcov *m;
    const struct rowcov_term *t;
    const struct rowcov_cluster *c;
    double *C, *D; /* count x (room k); of a bent cluster D = R C, else C itself */
    bool bent;
    int32_t *level;
    int used, room;
};

/* C_i = K(l, l_i) z_i'Sigma of the next level. */
static void add_level(struct spreads *s, int32_t l)
{
    const struct rowcov *m = s->m;
    const struct rowcov_term *t = s->t;
    size_t count = s->c->count, k = (size_t)t->k;
    double *C = s->C + (size_t)s->used * count * k;

    for (size_t i = 0; i < count; i++) {
        size_t row = m->row[s->c->from + i];
        double times = rowcov_related(t, l, t->random->level[row])
                       * (m->laplace != NULL && !s->bent ? m->laplace->root[s->c->from + i] : 1.0);

        if (t->effect != NULL) {
            const double *column = t->sigma + (size_t)t->effect[row] * k;

            for (size_t a = 0; a < k; a++)
                C[i + a * count] = times * t->value[row] * column[a];
            continue;
        }
        for (size_t a = 0; a < k; a++) {
            double sum = 0.0;

            for (size_t b = 0; times != 0.0 && b < k; b++)
                sum += t->sigma[a + b * k] * rowcov_z(t, row, (int)b);
            C[i + a * count] = times * sum;
        }
    }
    s->level[s->used++] = l;
}

/* Var(b_l | y) of the levels so far. */
static void finish_levels(struct spreads *s, double sigma2, double *spread)
{
    const struct rowcov_term *t = s->t;
    int count = (int)s->c->count, k = t->k, columns = s->used * k, single = 1;
    size_t kk = (size_t)k * (size_t)k;
    double one = 1.0, zero = 0.0;
    enum { LONG = 300, SOME = 64 }; /* columns between two looks, where they are long */

    for (int j = 0; s->bent && j < columns && !(count > LONG && j % SOME == 0 && watch_stops(&s->m->watch)); j++)
        dsymv_("L", &count, &one, s->m->W, &count, s->C + (size_t)j * s->c->count, &single, &zero, s->D + (size_t)j * s->c->count,
               &single);
    for (int from = 0, some; !s->bent && from < columns && !(count > LONG && watch_stops(&s->m->watch)); from += some) {
        some = count > LONG && columns - from > SOME ? SOME : columns - from;
        dtrsm_("L", "L", "N", "N", &count, &some, &one, s->c->factor, &count, s->C + (size_t)from * s->c->count, &count);
    }
    for (int u = 0; u < s->used; u++) {
        int32_t l = s->level[u];
        size_t from = (size_t)u * s->c->count * (size_t)k;
        double *out = spread + (size_t)l * kk;

        for (size_t e = 0; e < kk; e++)
            out[e] = rowcov_related(t, l, l) * t->sigma[e];
        watched_product("TN", k, k, count, -1.0, s->C + from, count, s->D + from, count, 1.0, out, k, &s->m->watch);
        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++) {
                double before = rowcov_related(t, l, l) * sqrt(t->sigma[a + a * k] * t->sigma[b + b * k]);

                out[a + b * k] = fabs(out[a + b * k]) < CANCELLED * before ? 0.0 : out[a + b * k] * sigma2;
            }
    }
    s->used = 0;
}

/* The conditional covariances of the levels of one cluster, as many at a time as take no longer than a person waits. */
static bool set_spreads(struct rowcov *m, const struct rowcov_term *t, const struct rowcov_cluster *c, double sigma2, bool *done,
                        double *spread)
{
    enum { MOST = 64 };
    double fit = 1e8 / ((double)c->count * (double)c->count * t->k);
    struct spreads s = { .m = m, .t = t, .c = c, .room = fit < 1.0 ? 1 : fit < MOST ? (int)fit : MOST };
    size_t size;
    bool ok;

    s.bent = m->laplace != NULL && m->laplace->bent[c - m->clusters];
    s.room = (size_t)s.room > c->count ? (int)c->count : s.room;
    size = c->count * (size_t)t->k * (size_t)s.room;
    s.C = NEW_ARRAY(double, (s.bent ? 2 : 1) * size + 1);
    s.D = s.bent && s.C != NULL ? s.C + size : s.C;
    if (s.bent)
        laplace_information(m, c);
    s.level = NEW_ARRAY(int32_t, s.room);
    ok = s.C != NULL && s.level != NULL;
    for (size_t from = 0; ok && from < c->count; from++) {
        int32_t l = t->random->level[m->row[c->from + from]];

        if (!done[l])
            add_level(&s, l);
        done[l] = true;
        if (s.used == s.room || (s.used > 0 && from + 1 == c->count)) {
            finish_levels(&s, sigma2, spread);
            ok = c->count < 100 || !watch_stops(&m->watch);
        }
    }
    mem_free(s.C);
    mem_free(s.level);
    return ok;
}

bool rowcov_set_spread(struct fit *fit, struct rowcov *m, int at)
{
    const struct rowcov_term *t = &m->terms[at];
    size_t levels = (size_t)t->random->level_count, kk = (size_t)t->k * (size_t)t->k;
    double *spread = arena_alloc(fit->arena, levels * kk, sizeof *spread);
    bool *done = NEW_ARRAY(bool, levels + 1), ok = spread != NULL && done != NULL;

    if (ok && m->sparse != NULL)
        ok = rowcov_sparse_spreads(m, at, fit->dispersion, spread);
    for (size_t c = 0; ok && c < m->cluster_count; c++)
        ok = set_spreads(m, t, &m->clusters[c], m->family == NULL ? fit->dispersion : 1.0, done, spread);
    fit->random[at].mode_covariance = spread;
    mem_free(done);
    return ok;
}
