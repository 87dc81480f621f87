/* recession.c -- see recession.h.
 *
 * In coordinates in which X is orthonormal: V, a basis of what the rows inside their range do not feel; there the rows at an end
 * are b_i = e_i V'q_i, of length 1.  Row i is moved by some direction unless -b_i lies in the cone of all b.  For the sum of the
 * rows that are not decided yet, the nearest point of that cone leaves a residual r: 0, and then none of them is moved, or -r is
 * in C and moves one at least.  Each round adds a dimension, so that there are p of them at most. */
#include "fit/recession-private.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit/glmm-parts.h"
#include "linalg/cone.h"
#include "linalg/dense.h"

static const double AT_END = 1e-2;    /* a mean that eta = 700 has brought there goes to its end */
static const double SAME_ROW = 1e-13; /* entries of rows of unit size that are one */

/* Of rows of length 1: what is rounding, and what is a move. */
static const double NOTHING = 1e-8, MOVES = 1e-6;
/* Eigenvalues of sums of squares below this are 0. */
static const double NO_LENGTH = 1e-11;

/* --- the search --------------------------------------------------------------------------- */

struct search {
    const struct glm *m;
    int p, inner; /* inner: dimensions of V */
    double *G, *values, *work;
    int work_size;
    double *V;        /* p x inner */
    signed char *end; /* n, of the workspace's rows: 0 inside */
    double *b;        /* unique rows at an end, count x inner */
    double *times;    /* count: rows that it stands for */
    int32_t *unique;  /* n: which, or -1 */
    int count;
    bool *moved;               /* count */
    double *target, *residual; /* inner */
    struct cone_work *cone;
};

static bool search_init(struct search *s, const struct glm *m)
{
    size_t p = (size_t)m->p;

    *s = (struct search){ .m = m, .p = m->p, .work_size = 40 * m->p + 40 };
    s->G = mem_zalloc(p + 1, (p + 1) * sizeof *s->G);
    s->V = mem_zalloc(p + 1, (p + 1) * sizeof *s->V);
    s->values = NEW_ARRAY(double, p + 1);
    s->work = NEW_ARRAY(double, s->work_size);
    s->end = NEW_ARRAY(signed char, m->n);
    return s->G != NULL && s->V != NULL && s->values != NULL && s->work != NULL && s->end != NULL;
}

static void search_clear(struct search *s)
{
    mem_free(s->G);
    mem_free(s->V);
    mem_free(s->values);
    mem_free(s->work);
    mem_free(s->end);
    mem_free(s->b);
    mem_free(s->times);
    mem_free(s->unique);
    mem_free(s->moved);
    mem_free(s->target);
    mem_free(s->residual);
    cone_work_free(s->cone);
}

/* Whether the link takes the mean to the end of its range as the linear predictor goes to `side` times infinity. */
static bool reaches_end(const struct response *response, int side)
{
    double mu[4], end = side < 0 ? 0 : 1;

    if (response->link->valid != NULL && !response->link->valid(700.0 * side))
        return false;
    response->link->inverse(700.0 * side, mu);
    return fabs(mu[0] - end) < AT_END;
}

/* Sets the ends of the rows; false where there are none. */
static bool find_ends(struct search *s)
{
    const struct glm *m = s->m;
    bool lower = reaches_end(&m->response, -1), upper = reaches_end(&m->response, 1), any = false;

    for (size_t i = 0; i < m->n; i++) {
        int end = glm_row_end(m, i);

        s->end[i] = (signed char)((end < 0 && lower) || (end > 0 && upper) ? end : 0);
        any = any || s->end[i] != 0;
    }
    return any;
}

/* out := the eigenvectors of the k x k matrix in G whose eigenvalues are 0, G's being at most about 1.  Returns how many, -1 in
 * case of failure. */
static int null_vectors(struct search *s, int k, double *out)
{
    int count = 0;

    if (!symmetric_eigen(k, s->G, s->values, s->work, s->work_size))
        return -1;
    while (count < k && s->values[count] < NO_LENGTH)
        count++;
    memcpy(out, s->G, sizeof *out * (size_t)k * (size_t)count);
    return count;
}

/* V: what the rows inside do not feel. */
static bool find_inner(struct search *s)
{
    const struct glm *m = s->m;
    size_t p = (size_t)s->p;

    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k <= j; k++) {
            const double *x = m->X + j * m->n, *z = m->X + k * m->n;
            double sum = 0;

            for (size_t i = 0; i < m->n; i++)
                sum += s->end[i] == 0 && !glm_row_is_silent(m, i) ? x[i] * z[i] : 0;
            s->G[j + k * p] = s->G[k + j * p] = sum / (double)m->n;
        }
    s->inner = null_vectors(s, s->p, s->V);
    return s->inner > 0;
}

/* out := e V'q of row i; false where the row does not feel V. */
static bool inner_row(const struct search *s, size_t i, double *out)
{
    const struct glm *m = s->m;
    double length = 0, inside = 0;

    memset(out, 0, sizeof *out * (size_t)s->inner);
    for (int j = 0; j < s->p; j++) {
        double q = m->X[i + (size_t)j * m->n];

        length += q * q;
        for (int k = 0; k < s->inner && q != 0; k++)
            out[k] += s->end[i] * q * s->V[(size_t)j + (size_t)k * (size_t)s->p];
    }
    for (int k = 0; k < s->inner; k++)
        inside += out[k] * out[k];
    if (!(inside > NOTHING * NOTHING * length))
        return false;
    for (int k = 0; k < s->inner; k++)
        out[k] /= sqrt(inside);
    return true;
}

static bool is_same(const double *a, const double *b, int k)
{
    for (int i = 0; i < k; i++)
        if (fabs(a[i] - b[i]) > SAME_ROW)
            return false;
    return true;
}

static uint64_t hash_of(const double *a, int k)
{
    uint64_t hash = 0x9e3779b97f4a7c15u;

    for (int i = 0; i < k; i++)
        hash = (hash ^ (uint64_t)llround(a[i] * 1e10)) * 0xff51afd7ed558ccdu ^ hash >> 29;
    return hash;
}

/* The rows at an end, each direction once as far as a table of hashes tells. */
static bool collect_rows(struct search *s)
{
    const struct glm *m = s->m;
    size_t inner = (size_t)s->inner, slots = 64, room = 0;
    int32_t *slot;
    bool ok;

    while (slots < 2 * m->n)
        slots *= 2;
    slot = NEW_ARRAY(int32_t, slots);
    s->unique = NEW_ARRAY(int32_t, m->n);
    s->times = NEW_ARRAY(double, m->n);
    s->moved = NEW_ARRAY(bool, m->n);
    s->target = NEW_ARRAY(double, inner);
    s->residual = NEW_ARRAY(double, inner);
    s->cone = cone_work_new(s->inner);
    ok = slot != NULL && s->unique != NULL && s->times != NULL && s->moved != NULL && s->target != NULL && s->residual != NULL
         && s->cone != NULL;
    for (size_t i = 0; ok && i < m->n; i++) {
        void *items = s->b;
        double *row;
        size_t at;

        s->unique[i] = -1;
        ok = mem_grow_tight(&items, &room, (size_t)(s->count + 1) * inner, sizeof *s->b);
        s->b = items;
        row = s->b + (size_t)s->count * inner;
        if (!ok || s->end[i] == 0 || !inner_row(s, i, row))
            continue;
        for (at = hash_of(row, s->inner) & (slots - 1); slot[at] != 0; at = (at + 1) & (slots - 1))
            if (is_same(s->b + (size_t)(slot[at] - 1) * inner, row, s->inner))
                break;
        if (slot[at] == 0)
            slot[at] = ++s->count;
        s->unique[i] = slot[at] - 1;
        s->times[slot[at] - 1]++;
    }
    mem_free(slot);
    return ok;
}

static double along(const struct search *s, int row, const double *d)
{
    double sum = 0;

    for (int k = 0; k < s->inner; k++)
        sum += s->b[(size_t)row * (size_t)s->inner + (size_t)k] * d[k];
    return sum;
}

/* Marks the rows that the residual's opposite moves.  False when it is no direction of recession: it is rounding. */
static bool mark_moved(struct search *s, double length)
{
    bool any = false;

    for (int k = 0; k < s->inner; k++)
        s->residual[k] /= -length;
    for (int i = 0; i < s->count; i++) {
        double move = along(s, i, s->residual);

        if (move < -NOTHING)
            return false;
        any = any || (move > MOVES && !s->moved[i]);
    }
    for (int i = 0; i < s->count && any; i++)
        s->moved[i] = s->moved[i] || along(s, i, s->residual) > MOVES;
    return any;
}

/* Decides on all rows; false where none is moved. */
static bool find_moved(struct search *s)
{
    bool any = false;

    for (int round = 0; round <= s->inner; round++) {
        double size = 0, length;

        memset(s->target, 0, sizeof *s->target * (size_t)s->inner);
        for (int i = 0; i < s->count; i++)
            for (int k = 0; k < s->inner && !s->moved[i]; k++)
                s->target[k] -= s->times[i] * s->b[(size_t)i * (size_t)s->inner + (size_t)k];
        for (int k = 0; k < s->inner; k++)
            size += s->target[k] * s->target[k];
        if (!(size > 0))
            break;
        for (int k = 0; k < s->inner; k++)
            s->target[k] /= sqrt(size);
        length = cone_residual(s->cone, s->count, s->b, s->target, s->residual);
        if (!(length > NOTHING) || !mark_moved(s, length))
            break;
        any = true;
    }
    return any;
}

/* --- what is kept of it ------------------------------------------------------------------- */

/* N: what the rows that are not moved do not feel.  Returns its dimension. */
static int find_span(struct search *s, double *N)
{
    size_t inner = (size_t)s->inner, p = (size_t)s->p;
    double *null = NEW_ARRAY(double, inner *inner), total = 1;
    int count;

    if (null == NULL)
        return -1;
    memset(s->G, 0, sizeof *s->G * inner * inner);
    for (int i = 0; i < s->count; i++) {
        const double *b = s->b + (size_t)i * inner;

        if (s->moved[i])
            continue;
        total += 1;
        for (size_t j = 0; j < inner; j++)
            for (size_t k = 0; k < inner; k++)
                s->G[k + j * inner] += b[j] * b[k];
    }
    for (size_t j = 0; j < inner * inner; j++)
        s->G[j] /= total;
    count = null_vectors(s, s->inner, null);
    for (int c = 0; c < count; c++)
        for (size_t j = 0; j < p; j++) {
            N[j + (size_t)c * p] = 0;
            for (size_t k = 0; k < inner; k++)
                N[j + (size_t)c * p] += s->V[j + k * p] * null[k + (size_t)c * inner];
        }
    mem_free(null);
    return count;
}

/* The generators: moved directions in the coordinates of N. */
static bool set_generators(const struct search *s, struct recession *r, const double *N, struct arena *arena)
{
    size_t dimension = (size_t)r->dimension, p = (size_t)s->p;
    double *generator, *change = NEW_ARRAY(double, (size_t)s->inner *dimension);
    int moved = 0;

    for (int i = 0; i < s->count; i++)
        moved += s->moved[i];
    generator = arena_alloc(arena, (size_t)moved + 1, dimension * sizeof *generator);
    if (generator == NULL || change == NULL) {
        mem_free(change);
        return false;
    }
    for (size_t c = 0; c < dimension; c++) /* V'N */
        for (size_t k = 0; k < (size_t)s->inner; k++)
            for (size_t j = 0; j < p; j++)
                change[k + c * (size_t)s->inner] += s->V[j + k * p] * N[j + c * p];
    for (int i = 0; i < s->count; i++) {
        double *out = generator + (size_t)r->generator_count * dimension, length = 0;

        if (!s->moved[i])
            continue;
        for (size_t c = 0; c < dimension; c++) {
            out[c] = along(s, i, change + c * (size_t)s->inner);
            length += out[c] * out[c];
        }
        for (size_t c = 0; c < dimension; c++)
            out[c] /= sqrt(length);
        r->generator_count++;
    }
    r->generator = generator;
    mem_free(change);
    return true;
}

/* A combination: `sign` times l for the coefficients, and a threshold, or -1 for none. */
struct combination {
    const double *l;
    size_t stride;
    int sign, threshold;
};

/* v := N'R^-T l.  Returns the length of R^-T l. */
static double in_span(const struct recession *r, const struct combination *l, double *gamma, double *v)
{
    int first = r->thresholds, all = first + r->p;
    double length = 0;

    for (int j = 0; j < all; j++) {
        gamma[j] = j < first ? j == l->threshold : l->sign * l->l[(size_t)(j - first) * l->stride];
        for (int k = 0; k < j; k++)
            gamma[j] -= r->R[(size_t)k + (size_t)j * (size_t)all] * gamma[k];
        gamma[j] /= r->R[(size_t)j + (size_t)j * (size_t)all];
        length += gamma[j] * gamma[j];
    }
    for (int c = 0; c < r->dimension; c++) {
        v[c] = 0;
        for (int j = 0; j < all; j++)
            v[c] += r->N[(size_t)j + (size_t)c * (size_t)all] * gamma[j];
    }
    return sqrt(length);
}

/* One question at a time: a fit may be asked from several threads. */
struct recession_room {
    atomic_flag busy;
    struct cone_work *cone;
    double *v; /* dimension, dimension, thresholds + p */
};

static bool set_room(struct recession *r, struct arena *arena)
{
    struct recession_room *room = arena_alloc(arena, 1, sizeof *room);

    if (room == NULL)
        return false;
    atomic_flag_clear(&room->busy);
    room->cone = cone_work_in(arena, r->dimension);
    room->v = arena_alloc(arena, (size_t)(r->thresholds + r->p) + 2 * (size_t)r->dimension + 1, sizeof *room->v);
    r->room = room;
    return room->cone != NULL && room->v != NULL;
}

bool recession_ready(struct recession *r, const struct design *design, struct arena *arena)
{
    return set_room(r, arena) && recession_set_rest(r, design, arena);
}

/* To which end the cone moves the part v of a combination, of the length `size`; NaN: its directions disagree. */
static double limit_of(const struct recession *r, double *v, double size, double *residual)
{
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int c = 0; c < r->dimension; c++)
            v[c] *= sign / size;
        size = 1;
        if (cone_residual(r->room->cone, r->generator_count, r->generator, v, residual) < MOVES)
            return sign > 0 ? (double)INFINITY : -(double)INFINITY;
    }
    return (double)NAN;
}

static double limit_of_combination(const struct recession *r, const struct combination *l)
{
    double *v = r->room->v, *residual = v + r->dimension, length, size = 0, limit;

    while (atomic_flag_test_and_set(&r->room->busy))
        ;
    length = in_span(r, l, residual + r->dimension, v);
    for (int c = 0; c < r->dimension; c++)
        size += v[c] * v[c];
    size = sqrt(size);
    limit = size > NOTHING * length ? limit_of(r, v, size, residual) : 0;
    atomic_flag_clear(&r->room->busy);
    return limit;
}

double recession_limit(const struct recession *r, const double l[], size_t stride)
{
    return limit_of_combination(r, &(struct combination){ l, stride, 1, -1 });
}

double recession_threshold_limit(const struct recession *r, int threshold, const double x[], size_t stride)
{
    return limit_of_combination(r, &(struct combination){ x, stride, -1, threshold });
}

/* --- the whole ---------------------------------------------------------------------------- */

static bool set_ends(struct recession *r, const struct search *s, struct arena *arena)
{
    signed char *end = arena_alloc(arena, s->m->n + 1, sizeof *end);

    for (size_t i = 0; end != NULL && i < s->m->n; i++)
        if (s->unique[i] >= 0 && s->moved[s->unique[i]]) {
            end[s->m->row[i]] = s->end[i];
            r->separated++;
        }
    r->end = end;
    return end != NULL;
}

static bool set_limits(struct recession *r, struct arena *arena)
{
    double *limit = arena_alloc(arena, (size_t)r->p + 1, sizeof *limit), *unit = NEW_ARRAY(double, r->p + 1);
    bool ok = limit != NULL && unit != NULL;

    for (int j = 0; ok && j < r->p; j++) {
        unit[j] = 1;
        limit[j] = recession_limit(r, unit, 1);
        unit[j] = 0;
    }
    mem_free(unit);
    r->limit = limit;
    return ok;
}

static bool fill(struct recession *r, struct search *s, struct arena *arena)
{
    const struct glm *m = s->m;
    size_t p = (size_t)m->p;
    double *R = arena_copy(arena, m->R, p * p, sizeof *R), *N = arena_alloc(arena, p * p, sizeof *N);

    if (R == NULL || N == NULL)
        return false;
    r->p = m->p;
    r->R = R;
    r->N = N;
    r->dimension = find_span(s, N);
    if (r->dimension < 0)
        return false;
    if (r->dimension == 0)
        return true;
    return set_room(r, arena) && set_generators(s, r, N, arena) && set_ends(r, s, arena) && set_limits(r, arena)
           && recession_choose_columns(r, m, arena) && recession_set_rest(r, m->design, arena)
           && (r->message = recession_sentence(r, m->design, m->response.family, arena)) != NULL;
}

/* Of a hurdle the mean is that of the rows beyond 0: they must tell all coefficients. */
static bool check_told(struct search *s, struct glmm_error *err)
{
    const struct glm *m = s->m;
    size_t p = (size_t)s->p;
    int lost = 0, names = 0;
    struct text untold = { 0 };
    double *beta;

    if (p == 0 || !family_is_hurdle(m->response.family))
        return true;
    find_inner(s);
    lost = s->inner;
    if (lost <= 0)
        return true;
    beta = NEW_ARRAY(double, p);
    for (size_t j = 0; beta != NULL && j < p; j++) {
        double most = 0, size = 0;

        for (int v = 0; v < lost; v++) { /* beside the coefficient of a direction of length 1 that is all its own */
            glm_to_beta(m, s->V + (size_t)v * p, beta);
            most = fmax(most, fabs(beta[j]));
        }
        for (size_t k = 0; k <= j; k++)
            size += m->R[k + j * p] * m->R[k + j * p];
        if (most * sqrt(size) > MOVES)
            recession_list_name(&untold, &names, m->design->names[j]);
    }
    if (beta != NULL && !untold.failed)
        fail(err, GLMM_E_MODEL, NOWHERE, "the rows beyond 0, of which the mean is in a hurdle, do not tell %s",
             text_string(&untold));
    else
        fail_memory(err);
    error_hint(err, "leave it out, or levels without a row beyond 0 together with others");
    text_clear(&untold);
    mem_free(beta);
    return false;
}

/* Of counts from 1 up the limit of a mean of 0 need not be certain: then the dispersion has a part in it. */
static bool check_certain(const struct glm *m, const struct recession *r, struct glmm_error *err)
{
    const struct family *family = m->response.family, *own = family_own(family);

    if (own->whole == NULL || own->ones_in_the_limit)
        return true;
    fail(err, GLMM_E_MODEL, NOWHERE, "%s: the family %s, in which a count of 1 is not certain there, is not fitted so",
         r->message, own->name);
    error_hint(err, "family=truncated_nbinom2, or where= leaves such rows out");
    return false;
}

bool recession_find(const struct glm *m, struct arena *arena, const struct recession **out, struct glmm_error *err)
{
    struct search s;
    struct recession *r = arena_alloc(arena, 1, sizeof *r);
    bool ok, any;

    *out = NULL;
    if (m->response.family->categories > 0)
        return recession_find_ordered(m, arena, out, err);
    if (r == NULL)
        return fail_memory(err);
    ok = search_init(&s, m);
    ok = ok || fail_memory(err);
    ok = ok && check_told(&s, err);
    any = ok && m->p > 0 && find_ends(&s) && find_inner(&s);
    ok = ok && (!any || collect_rows(&s) || fail_memory(err));
    if (ok && any && find_moved(&s)) {
        ok = fill(r, &s, arena) || fail_memory(err);
        ok = ok && (r->dimension == 0 || check_certain(m, r, err));
        if (ok && r->dimension > 0)
            *out = r;
    }
    search_clear(&s);
    return ok;
}
