/* explained-some.c -- some rows that show that the random effects leave an error to the response, without a factor of the system.
 *
 *     min |y - X b - Z Lambda u|^2 + u'u  over some rows and their levels  <=  the same over all
 *
 * so that an error which is left to rows of a few levels is left to all.  The levels are those that meet in most rows: in the
 * term with the fewest its largest, then in each of the others the largest among the rows that are left; their system is small
 * and dense.  What this does not show is asked of the whole system (explained.c). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/explained.h"
#include "fit/lmm-private.h"

enum { MOST_UNKNOWNS = 192, ROWS_EACH = 8, DEAR = 4 }; /* of the small system; rows to an unknown; times the work of asking */
static const double RESPONSE_LEFT = 0.25;              /* of a row's square, about, what is counted on */
static const double NO_PIVOT = 1e-13;                  /* of a diagonal entry: what rounding leaves of a column that is others' */

struct some {
    const struct lmm *m;
    double size;      /* of the templates' diagonals */
    bool *in;         /* n: rows of the levels so far */
    int *count;       /* of the term with most levels: rows in each, in order, then their places among the unknowns; -1: none */
    int32_t **place;  /* term_count: of each level its first unknown, or -1 */
    double *A, *row;  /* the system of `order` unknowns, fixed effects and the response; a row's entries of it */
    int *at;          /* and where they are */
    int order, terms; /* unknowns of the random effects */
};

static int by_size(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return x < y ? 1 : x > y ? -1 : 0;
}

/* At most `most` levels of a term, those with most rows of what is left; other rows go.  False when memory is out. */
static bool choose_levels(struct some *s, int t, int most)
{
    const struct random_design *random = &s->m->design->random[t];
    int levels = random->level_count, k = s->m->terms[t].k, *sorted = NEW_ARRAY(int, levels), least = 1, room = most;
    int32_t *place = s->place[t] = NEW_ARRAY(int32_t, levels);

    if (sorted == NULL || place == NULL) {
        mem_free(sorted);
        return false;
    }
    memset(s->count, 0, sizeof *s->count * (size_t)levels);
    for (size_t i = 0; i < s->m->n; i++)
        s->count[random->level[i]] += s->in[i];
    memcpy(sorted, s->count, sizeof *sorted * (size_t)levels);
    qsort(sorted, (size_t)levels, sizeof *sorted, by_size);
    if (levels > most)
        least = sorted[most - 1] > 1 ? sorted[most - 1] : 1;
    for (int l = 0; l < levels; l++)
        room -= s->count[l] > least;
    for (int l = 0; l < levels; l++) {
        bool taken = s->count[l] > least || (s->count[l] == least && room-- > 0);

        place[l] = taken ? s->terms : -1;
        s->terms += taken ? k : 0;
    }
    for (size_t i = 0; i < s->m->n; i++)
        s->in[i] = s->in[i] && place[random->level[i]] >= 0;
    mem_free(sorted);
    return true;
}

/* The terms by their numbers of levels, the fewest first, each with its share of the unknowns.  False where one has more effects
 * than that, or memory is out. */
static bool choose_rows(struct some *s, bool *memory)
{
    const struct lmm *m = s->m;
    int share = (MOST_UNKNOWNS - m->p - 1) / m->term_count;

    memset(s->in, 1, sizeof *s->in * m->n);
    for (int turn = 0; turn < m->term_count; turn++) {
        int next = -1;

        for (int t = 0; t < m->term_count; t++)
            if (s->place[t] == NULL && (next < 0 || m->terms[t].levels < m->terms[next].levels))
                next = t;
        if (share < m->terms[next].k)
            return false;
        *memory = choose_levels(s, next, share / m->terms[next].k);
        if (!*memory)
            return false;
    }
    s->order = s->terms + m->p + 1;
    return true;
}

/* The products of row i with itself into the lower triangle. */
static void add_row(struct some *s, size_t i)
{
    const struct lmm *m = s->m;
    int count = 0;

    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; a < m->terms[t].k; a++, count++) {
            s->at[count] = s->place[t][m->design->random[t].level[i]] + a;
            s->row[count] = lmm_z(&m->terms[t], i, a) * s->size;
        }
    for (int j = 0; j <= m->p; j++, count++) {
        s->at[count] = s->terms + j;
        s->row[count] = m->E[i + (size_t)j * m->n];
    }
    for (int a = 0; a < count; a++)
        for (int b = 0; b < count; b++)
            if (s->at[b] >= s->at[a])
                s->A[s->at[b] + (size_t)s->at[a] * (size_t)s->order] += s->row[a] * s->row[b];
}

/* What is left of the last diagonal entry when all other columns are taken out; whole (n) gets what they were. */
static double take_out(int n, double *A, double *whole)
{
    for (int j = 0; j < n; j++)
        whole[j] = A[(size_t)j * (size_t)(n + 1)];
    for (int j = 0; j < n - 1; j++) {
        double *column = A + (size_t)j * (size_t)n;

        if (!(column[j] > NO_PIVOT * whole[j])) /* nothing is left of it in these rows */
            continue;
        for (int c = j + 1; c < n; c++) {
            double *to = A + (size_t)c * (size_t)n, times = column[c] / column[j];

            for (int i = c; times != 0.0 && i < n; i++)
                to[i] -= times * column[i];
        }
    }
    return A[(size_t)n * (size_t)n - 1];
}

/* Whether more than `least` is left to the rows of s. */
static bool leave(struct some *s, double least)
{
    const struct lmm *m = s->m;
    size_t wanted = (size_t)(ROWS_EACH * s->order) + (size_t)(least / RESPONSE_LEFT), rows = 0;

    for (int j = 0; j < s->terms; j++)
        s->A[(size_t)j * (size_t)(s->order + 1)] = 1.0;
    for (size_t i = 0; i < m->n && rows < wanted; i++)
        if (s->in[i]) {
            add_row(s, i);
            rows++;
        }
    return rows > (size_t)s->order && take_out(s->order, s->A, s->row) > least;
}

bool explained_some_left(const struct lmm *m, double size, double least, bool *memory)
{
    struct some s = { .m = m, .size = size };
    size_t most = MOST_UNKNOWNS + 1, levels = 1;
    double chain, tail, own = (double)MOST_UNKNOWNS * MOST_UNKNOWNS * MOST_UNKNOWNS / 3 + (double)m->n * m->term_count;
    bool left = false;

    blocks_work(m->blocks, &chain, &tail);
    if (m->term_count == 0 || m->p + 1 >= MOST_UNKNOWNS || !(chain + tail > DEAR * own))
        return false;
    for (int t = 0; t < m->term_count; t++)
        levels = (size_t)m->terms[t].levels > levels ? (size_t)m->terms[t].levels : levels;
    s.in = mem_alloc(m->n, sizeof *s.in);
    s.count = mem_alloc(levels, sizeof *s.count);
    s.place = NEW_ARRAY(int32_t *, m->term_count);
    s.A = NEW_ARRAY(double, most *most);
    s.row = mem_alloc(most, sizeof *s.row);
    s.at = mem_alloc(most, sizeof *s.at);
    *memory = s.in != NULL && s.count != NULL && s.place != NULL && s.A != NULL && s.row != NULL && s.at != NULL;
    if (*memory && choose_rows(&s, memory))
        left = leave(&s, least);
    for (int t = 0; s.place != NULL && t < m->term_count; t++)
        mem_free(s.place[t]);
    mem_free(s.in);
    mem_free(s.count);
    mem_free(s.place);
    mem_free(s.A);
    mem_free(s.row);
    mem_free(s.at);
    return left;
}
