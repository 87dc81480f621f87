/* rowcov-alike.c -- clusters whose rows covary alike: subjects with the same visits.
 *
 * Rows stand in one order within their cluster, and clusters of one pattern one behind the other.  They share V = L L', and where
 * they are many, all that is wanted of their rows E = [X y] are the products of position i with position j,
 *
 *     S_ij = sum over clusters E_i E_j',   E'V^-1 E = sum_ij (V^-1)_ij S_ij,
 *     sum r_i r_j = (-beta, 1) S_ij (-beta, 1)',   sum x_i'C x_j = tr C S_ij,
 *
 * so that neither the deviance nor its slopes see a row again. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "model/residuals.h"

enum { MOMENT_ROOM = 1 << 20 }; /* numbers, of one pattern */

/* The least square of a pivot, in units of its variance, at which V^-1 itself is as good as solving with L. */
static const double SOUND_PIVOT = 1e-5;

/* --- patterns ---------------------------------------------------------------------------------------- */

/* What a cluster is sorted by. */
struct pattern {
    uint64_t hash;
    size_t cluster, first; /* its number; that of the first cluster like it */
};

struct patterns {
    const struct rowcov *m;
    int32_t *mark; /* n x (terms + 1): of the row at a place, the first place in its cluster with its level; with its block */
    struct pattern *pattern;
};

static size_t mark_count(const struct rowcov *m)
{
    return (size_t)m->term_count + 1;
}

static const int32_t *level_of(const struct rowcov *m, int t, int32_t *levels)
{
    const struct residual_design *d = m->residual.design;

    if (t < m->term_count) {
        *levels = m->terms[t].random->level_count;
        return m->terms[t].random->level;
    }
    *levels = d == NULL ? 0 : d->block_count;
    return d == NULL ? NULL : d->block;
}

static bool set_marks(struct patterns *p)
{
    const struct rowcov *m = p->m;
    size_t marks = mark_count(m);

    for (int t = 0; t <= m->term_count; t++) {
        int32_t levels, *seen;
        const int32_t *level = level_of(m, t, &levels);

        if (level == NULL)
            continue;
        if ((seen = NEW_ARRAY(int32_t, levels + 1)) == NULL)
            return false;
        for (size_t c = 0; c < m->cluster_count; c++)
            for (size_t i = 0; i < m->clusters[c].count; i++) {
                size_t at = m->clusters[c].from + i;
                int32_t *first = &seen[level[m->row[at]]]; /* a level stands in one cluster */

                *first = *first == 0 ? (int32_t)i + 1 : *first;
                p->mark[at * marks + (size_t)t] = *first;
            }
        mem_free(seen);
    }
    return true;
}

static void add_bytes(uint64_t *hash, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;

    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ b[i]) * UINT64_C(1099511628211);
}

/* The place of a row among the residuals' positions; its standard deviation. */
static void set_position(const struct rowcov *m, size_t row, int32_t out[2])
{
    const struct residual_design *d = m->residual.design;

    out[0] = d == NULL ? 0 : (int32_t)d->position[row];
    out[1] = d == NULL ? 0 : (int32_t)d->scale[row];
}

static uint64_t hash_of(const struct patterns *p, const struct rowcov_cluster *c)
{
    const struct rowcov *m = p->m;
    uint64_t hash = UINT64_C(14695981039346656037);
    int32_t position[2] = { 0 };

    add_bytes(&hash, p->mark + c->from * mark_count(m), c->count * mark_count(m) * sizeof *p->mark);
    for (size_t i = 0; i < c->count; i++) {
        size_t row = m->row[c->from + i];

        set_position(m, row, position);
        add_bytes(&hash, position, sizeof position);
        if (m->design->weights != NULL)
            add_bytes(&hash, m->design->weights + row, sizeof(double));
        for (int t = 0; t < m->term_count; t++)
            if (m->terms[t].random->z != NULL)
                add_bytes(&hash, m->terms[t].random->z + row * (size_t)m->terms[t].k, (size_t)m->terms[t].k * sizeof(double));
    }
    return hash;
}

static bool same_row(const struct rowcov *m, size_t a, size_t b)
{
    int32_t first[2], second[2];

    set_position(m, a, first);
    set_position(m, b, second);
    if (memcmp(first, second, sizeof first) != 0
        || (m->design->weights != NULL && m->design->weights[a] != m->design->weights[b]))
        return false;
    for (int t = 0; t < m->term_count; t++) {
        size_t k = (size_t)m->terms[t].k;
        const double *z = m->terms[t].random->z;

        if (z != NULL && memcmp(z + a * k, z + b * k, k * sizeof *z) != 0)
            return false;
    }
    return true;
}

static bool same_pattern(const struct patterns *p, const struct rowcov_cluster *a, const struct rowcov_cluster *b)
{
    const struct rowcov *m = p->m;
    size_t marks = mark_count(m);

    if (a->count != b->count
        || memcmp(p->mark + a->from * marks, p->mark + b->from * marks, a->count * marks * sizeof *p->mark) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_row(m, m->row[a->from + i], m->row[b->from + i]))
            return false;
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const struct pattern *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

static int by_first(const void *a, const void *b)
{
    const struct pattern *x = a, *y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x->cluster < y->cluster ? -1 : x->cluster > y->cluster;
}

static void find_patterns(struct patterns *p)
{
    const struct rowcov *m = p->m;

    for (size_t c = 0; c < m->cluster_count; c++)
        p->pattern[c] = (struct pattern){ .hash = hash_of(p, &m->clusters[c]), .cluster = c, .first = c };
    qsort(p->pattern, m->cluster_count, sizeof *p->pattern, by_hash);
    for (size_t c = 1; c < m->cluster_count; c++) {
        const struct pattern *before = &p->pattern[c - 1];

        if (p->pattern[c].hash == before->hash
            && same_pattern(p, &m->clusters[before->first], &m->clusters[p->pattern[c].cluster]))
            p->pattern[c].first = before->first;
    }
    qsort(p->pattern, m->cluster_count, sizeof *p->pattern, by_first);
}

/* Clusters and their rows in the order of their patterns. */
static bool reorder(struct rowcov *m, const struct patterns *p)
{
    struct rowcov_cluster *clusters = NEW_ARRAY(struct rowcov_cluster, m->cluster_count + 1);
    size_t *row = NEW_ARRAY(size_t, m->n + 1), at = 0;
    bool ok = clusters != NULL && row != NULL;

    for (size_t c = 0, first = 0; ok && c < m->cluster_count; c++) {
        clusters[c] = m->clusters[p->pattern[c].cluster];
        memcpy(row + at, m->row + clusters[c].from, clusters[c].count * sizeof *row);
        clusters[c].from = at;
        clusters[c].alike = 0;
        at += clusters[c].count;
        first = p->pattern[c].first == p->pattern[c].cluster ? c : first;
        clusters[first].alike++;
    }
    if (ok) {
        memcpy(m->row, row, m->n * sizeof *row);
        memcpy(m->clusters, clusters, m->cluster_count * sizeof *clusters);
    }
    mem_free(clusters);
    mem_free(row);
    return ok;
}

/* --- rows within a cluster ----------------------------------------------------------------------------- */

static int32_t place_of(const struct rowcov *m, size_t row)
{
    if (m->residual.design != NULL)
        return (int32_t)m->residual.design->position[row];
    for (int t = 0; t < m->term_count; t++)
        if (m->terms[t].k > 1 && m->terms[t].effect != NULL)
            return m->terms[t].effect[row];
    return 0;
}

static int by_place(const void *a, const void *b, void *context)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int32_t p = place_of(context, x), q = place_of(context, y);

    if (p != q)
        return p < q ? -1 : 1;
    return x < y ? -1 : x > y;
}

bool rowcov_find_alike(struct rowcov *m)
{
    struct patterns p = { .m = m };
    bool related = false, ok = true;

    for (size_t c = 0; c < m->cluster_count; c++) {
        m->clusters[c].number = c;
        m->clusters[c].alike = 1;
    }
    for (int t = 0; t < m->term_count; t++)
        related = related || m->terms[t].K != NULL;
    if (related || m->cluster_count < 2)
        return true;
    for (size_t c = 0; c < m->cluster_count; c++)
        qsort_r(m->row + m->clusters[c].from, m->clusters[c].count, sizeof *m->row, by_place, m);
    p.mark = NEW_ARRAY(int32_t, m->n * mark_count(m) + 1);
    p.pattern = NEW_ARRAY(struct pattern, m->cluster_count + 1);
    ok = p.mark != NULL && p.pattern != NULL && set_marks(&p);
    if (ok) {
        find_patterns(&p);
        ok = reorder(m, &p);
    }
    mem_free(p.mark);
    mem_free(p.pattern);
    return ok;
}

/* --- products of positions ------------------------------------------------------------------------------ */

static size_t pairs_of(const struct rowcov_cluster *c)
{
    return c->count * (c->count + 1) / 2;
}

/* Whether the products are less work than the rows. */
static bool wants_moments(const struct rowcov *m, const struct rowcov_cluster *c)
{
    double e = m->p + 1, count = (double)c->count;

    return (double)c->alike * (e + count) > e * count && e * e * (double)pairs_of(c) <= MOMENT_ROOM;
}

/* S_ij + S_ji of the pairs i >= j (of i = j once), each e x e. */
static void fill_moments(const struct rowcov *m, const struct rowcov_cluster *c)
{
    size_t e = (size_t)m->p + 1, ee = e * e;

    for (size_t k = 0; k < c->alike; k++) {
        const size_t *row = m->row + c->from + k * c->count;
        double *S = c->moments;

        for (size_t j = 0; j < c->count; j++)
            for (size_t i = j; i < c->count; i++, S += ee)
                for (size_t b = 0; b < e; b++)
                    for (size_t a = b; a < e; a++) {
                        double both = m->E[row[i] + a * m->n] * m->E[row[j] + b * m->n];

                        S[a + b * e] += i == j ? both : both + m->E[row[j] + a * m->n] * m->E[row[i] + b * m->n];
                    }
    }
    for (size_t s = 0; s < pairs_of(c); s++)
        for (size_t b = 0; b < e; b++)
            for (size_t a = 0; a < b; a++)
                c->moments[s * ee + a + b * e] = c->moments[s * ee + b + a * e];
}

bool rowcov_set_moments(struct rowcov *m)
{
    size_t e = (size_t)m->p + 1, room = 0, most = 0;
    double *at;

    for (size_t c = 0; c < m->cluster_count; c += m->clusters[c].alike)
        if (wants_moments(m, &m->clusters[c])) {
            size_t pairs = pairs_of(&m->clusters[c]);

            room += e * e * pairs;
            most = pairs > most ? pairs : most;
        }
    if (most == 0)
        return true;
    m->moments = at = NEW_ARRAY(double, room + 2 * most + 2 * e * e + 3 * m->largest * m->largest + 1);
    if (at == NULL)
        return false;
    for (size_t c = 0; c < m->cluster_count; c += m->clusters[c].alike)
        if (wants_moments(m, &m->clusters[c])) {
            m->clusters[c].moments = at;
            at += e * e * pairs_of(&m->clusters[c]);
            fill_moments(m, &m->clusters[c]);
        }
    m->weights[PART_LOGDET] = at;
    m->weights[PART_RSS] = at + most;
    m->outer[PART_LOGDET] = at + 2 * most;
    m->outer[PART_RSS] = m->outer[PART_LOGDET] + e * e;
    m->square[0] = m->outer[PART_RSS] + e * e;
    m->square[1] = m->square[0] + m->largest * m->largest;
    m->square[2] = m->square[1] + m->largest * m->largest;
    return true;
}

/* The lower triangle of V^-1 into m->W. */
static void set_inverse(struct rowcov *m, const struct rowcov_cluster *c)
{
    memcpy(m->W, c->factor, sizeof(double) * c->count * c->count);
    watched_chol_inverse((int)c->count, m->W, (int)c->count, &m->watch);
}

bool rowcov_moments_products(struct rowcov *m, struct rowcov_cluster *c)
{
    int ee = (m->p + 1) * (m->p + 1), pairs = (int)pairs_of(c), step = 1;
    double one = 1.0, *w = m->weights[PART_LOGDET];

    c->summed = c->moments != NULL && chol_unsure((int)c->count, c->factor, (int)c->count, SOUND_PIVOT) == 0;
    if (!c->summed)
        return false;
    set_inverse(m, c);
    for (size_t j = 0; j < c->count; j++)
        for (size_t i = j; i < c->count; i++)
            *w++ = m->W[i + j * c->count];
    dgemv_("N", &ee, &pairs, &one, c->moments, &ee, m->weights[PART_LOGDET], &step, &one, m->G, &step);
    return true;
}

void rowcov_moments_begin(struct rowcov *m)
{
    int p = m->p, e = p + 1;
    double *C = m->outer[PART_LOGDET], *v = m->outer[PART_RSS];

    if (m->moments == NULL)
        return;
    memset(C, 0, sizeof(double) * (size_t)(e * e));
    for (int j = 0; j < p; j++)
        memcpy(C + j + j * e, m->G + j + j * e, sizeof(double) * (size_t)(p - j));
    if (p > 0)
        watched_chol_inverse(p, C, e, NULL);
    for (int j = 0; j < e; j++)
        for (int i = 0; i < e; i++) {
            if (i < j)
                C[i + j * e] = C[j + i * e];
            v[i + j * e] = (i < p ? -m->beta[i] : 1.0) * (j < p ? -m->beta[j] : 1.0);
        }
}

/* out := keep out - V^-1 A V^-1, with A from the pairs and V^-1 in full in m->square[0]. */
static void enclose(struct rowcov *m, const struct rowcov_cluster *c, const double *pairs, double keep, double *out)
{
    int count = (int)c->count;
    double *A = m->square[1], *half = m->square[2], one = 1.0, minus = -1.0, zero = 0.0;

    for (size_t j = 0; j < c->count; j++)
        for (size_t i = j; i < c->count; i++, pairs++)
            A[i + j * c->count] = A[j + i * c->count] = i == j ? *pairs : 0.5 * *pairs;
    dgemm_("N", "N", &count, &count, &count, &one, A, &count, m->square[0], &count, &zero, half, &count);
    dgemm_("N", "N", &count, &count, &count, &minus, m->square[0], &count, half, &count, &keep, out, &count);
}

void rowcov_moments_pull(struct rowcov *m, const struct rowcov_cluster *c)
{
    int ee = (m->p + 1) * (m->p + 1), pairs = (int)pairs_of(c), step = 1;
    double one = 1.0, zero = 0.0, *full = m->square[0];
    size_t count = c->count;

    set_inverse(m, c);
    for (size_t j = 0; j < count; j++)
        for (size_t i = j; i < count; i++)
            full[j + i * count] = full[i + j * count] = m->W[i + j * count];
    for (size_t i = 0; i < count * count; i++)
        m->W[i] = (double)c->alike * full[i];
    for (int part = 0; part < PARTS; part++) {
        if (part == PART_RSS || (m->reml && m->p > 0)) {
            dgemv_("T", &ee, &pairs, &one, c->moments, &ee, m->outer[part], &step, &zero, m->weights[part], &step);
            enclose(m, c, m->weights[part], part == PART_LOGDET ? 1.0 : 0.0, m->W);
        }
        rowcov_pull(m, c, m->W, part, true);
    }
}

void rowcov_set_alpha(struct rowcov *m)
{
    double one = 1.0;

    for (size_t at = 0; at < m->cluster_count; at += m->clusters[at].alike) {
        const struct rowcov_cluster *c = &m->clusters[at];
        int count = (int)c->count, alike = (int)c->alike;
        double *alpha = m->alpha + c->from;

        if (!c->summed)
            continue;
        for (size_t i = 0; i < c->count * c->alike; i++) {
            size_t row = m->row[c->from + i];

            alpha[i] = m->E[row + (size_t)m->p * m->n];
            for (int j = 0; j < m->p; j++)
                alpha[i] -= m->E[row + (size_t)j * m->n] * m->beta[j];
        }
        dtrsm_("L", "L", "N", "N", &count, &alike, &one, c->factor, &count, alpha, &count);
        dtrsm_("L", "L", "T", "N", &count, &alike, &one, c->factor, &count, alpha, &count);
    }
}
