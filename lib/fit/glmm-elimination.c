/* glmm-elimination.c -- see glmm-elimination.h.
 *
 * A block inherits what its children reach (the elimination tree).  The dense tail begins where it is cheapest.  Blocks are
 * eliminated as they are given, the factor with most levels first; where they meet few others, AMD's order may be cheaper. */
#include "fit/glmm-elimination.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/order.h"
#include "linalg/symbolic.h"

/* --- the pattern -------------------------------------------------------------------------- */

static void pattern_clear(struct pattern *p)
{
    for (int j = 0; p->later != NULL && j < p->count; j++)
        mem_free(p->later[j]);
    mem_free(p->later);
    mem_free(p->later_count);
}

/* Lists, for each block, the later blocks met in a row of the data (with repetitions). */
static bool meetings(int count, size_t rows, int width, const int32_t *links, size_t *from, int32_t **met)
{
    int32_t low, high;
    size_t total;

    memset(from, 0, sizeof(size_t) * (size_t)(count + 2));
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < rows; i++)
            for (int a = 0; a < width; a++)
                for (int b = 0; b < a; b++) {
                    low = links[i * width + a], high = links[i * width + b];
                    if (low > high) {
                        int32_t swap = low;

                        low = high, high = swap;
                    }
                    if (pass == 0)
                        from[low + 2]++;
                    else
                        (*met)[from[low + 1]++] = high;
                }
        if (pass == 0) {
            for (int j = 0; j < count; j++)
                from[j + 2] += from[j + 1];
            total = from[count + 1];
            if ((*met = NEW_ARRAY(int32_t, total + 1)) == NULL)
                return false;
        }
    }
    return true;
}

/* Symbolic elimination: a block inherits what its children reach. */
static bool eliminate(struct pattern *p, const size_t *from, const int32_t *met)
{
    int count = p->count;
    int32_t *mark = NEW_ARRAY(int32_t, count + 1), *child = NEW_ARRAY(int32_t, count + 1),
            *sibling = NEW_ARRAY(int32_t, count + 1);
    int32_t *list = NEW_ARRAY(int32_t, count + 1);
    bool ok = mark != NULL && child != NULL && sibling != NULL && list != NULL;
    size_t pairs = 0;

    for (int j = 0; ok && j < count; j++)
        child[j] = mark[j] = -1;
    for (int j = 0; ok && j < count; j++) {
        int size = 0;

        mark[j] = j;
        for (size_t a = from[j]; a < from[j + 1]; a++)
            if (mark[met[a]] != j) {
                mark[met[a]] = j;
                list[size++] = met[a];
            }
        for (int c = child[j]; c >= 0; c = sibling[c])
            for (int a = 0; a < p->later_count[c]; a++)
                if (mark[p->later[c][a]] != j) {
                    mark[p->later[c][a]] = j;
                    list[size++] = p->later[c][a];
                }
        pairs += (size_t)size;
        p->full = p->most > 0 && pairs > p->most;
        ok = !p->full && (p->later[j] = NEW_ARRAY(int32_t, size)) != NULL;
        if (!ok)
            break;
        sort_int32(list, (size_t)size);
        if (size > 0)
            memcpy(p->later[j], list, sizeof *list * (size_t)size);
        p->later_count[j] = size;
        if (size > 0) {
            sibling[j] = child[list[0]];
            child[list[0]] = j;
        }
    }
    mem_free(mark);
    mem_free(child);
    mem_free(sibling);
    mem_free(list);
    return ok;
}

/* What a column of the head costs beside the dense tail.  A column that reaches r unknowns takes r^2/2 multiplications in the
 * factor and r^2 in the inverse, a dense tail of t takes t^3/6 and t^3/3: a third of 3 r^2 and of t^3 in either.  Those of the
 * head are SPARSE times as slow, one number at a time by way of an index. */
static const double SPARSE = 6;

/* The first block of the tail: where both together are cheapest, which is *best. */
static int find_tail(const struct pattern *p, const int32_t *size, double *best)
{
    double columns = 0, unknowns = 0;
    int tail = p->count;

    *best = 0;
    for (int pass = 0; pass < 2; pass++) /* first all columns are the head's, which then gives them up from the last */
        for (int j = p->count - 1; j >= 0; j--) {
            double reach = 0.5 * size[j], cost;

            for (int a = 0; a < p->later_count[j]; a++)
                reach += size[p->later[j][a]];
            cost = 3 * SPARSE * size[j] * reach * reach;
            if (pass == 0) {
                columns += cost;
                *best = columns;
                continue;
            }
            columns -= cost;
            unknowns += size[j];
            cost = columns + unknowns * unknowns * unknowns;
            if (p->later_count[j] > 0 && cost < *best) {
                *best = cost;
                tail = j;
            }
        }
    return tail;
}

/* The pattern of blocks that meet by these links. */
static bool make_pattern(struct pattern *p, size_t rows, int width, const int32_t *links)
{
    size_t *from = NEW_ARRAY(size_t, p->count + 2);
    int32_t *met = NULL;
    bool ok;

    p->later = NEW_ARRAY(int32_t *, p->count);
    p->later_count = NEW_ARRAY(int32_t, p->count);
    ok = from != NULL && p->later != NULL && p->later_count != NULL && meetings(p->count, rows, width, links, from, &met)
         && eliminate(p, from, met);
    mem_free(from);
    mem_free(met);
    return ok;
}

/* --- an order of its own ------------------------------------------------------------------- */

/* Blocks are eliminated as they are given, the factor with most levels first, where they meet often: then the last factor is full
 * whatever the order.  Where a block meets few others, and the given order is dear, AMD's is tried. */
static const double DEAR = 1e8;
enum { FEW = 8, MANY = 20000000 /* pairs of blocks, before AMD is asked */ };

/* Each block's later ones by the links, once each.  False when memory is out. */
static bool make_graph(int count, size_t rows, int width, const int32_t *links, int64_t **from, int64_t **adjacent)
{
    size_t *begin = NEW_ARRAY(size_t, count + 2);
    int32_t *met = NULL, *mark = NEW_ARRAY(int32_t, count + 1);
    bool ok = begin != NULL && mark != NULL && meetings(count, rows, width, links, begin, &met);
    int64_t used = 0;

    *from = ok ? NEW_ARRAY(int64_t, count + 1) : NULL;
    *adjacent = ok ? NEW_ARRAY(int64_t, begin[count] + 1) : NULL;
    ok = ok && *from != NULL && *adjacent != NULL;
    for (int j = 0; ok && j < count; j++)
        mark[j] = -1;
    for (int j = 0; ok && j < count; j++) {
        (*from)[j] = used;
        for (size_t a = begin[j]; a < begin[j + 1]; a++)
            if (mark[met[a]] != j) {
                mark[met[a]] = j;
                (*adjacent)[used++] = met[a];
            }
    }
    if (ok)
        (*from)[count] = used;
    mem_free(begin);
    mem_free(met);
    mem_free(mark);
    return ok;
}

static int32_t part_of(int32_t *part, int32_t b)
{
    while (part[b] != b)
        b = part[b] = part[part[b]];
    return b;
}

/* Blocks fall into parts that do not meet.  The order of the largest part comes last, so that what is full of it is at the end.
 */
static bool largest_last(int count, const int64_t *from, const int64_t *adjacent, const int *order, int32_t *rank)
{
    int32_t *part = NEW_ARRAY(int32_t, count), *size = NEW_ARRAY(int32_t, count), largest = 0, next = 0;
    bool ok = part != NULL && size != NULL;

    for (int32_t b = 0; ok && b < count; b++)
        part[b] = b;
    for (int32_t b = 0; ok && b < count; b++)
        for (int64_t a = from[b]; a < from[b + 1]; a++)
            part[part_of(part, b)] = part_of(part, (int32_t)adjacent[a]);
    for (int32_t b = 0; ok && b < count; b++) {
        int32_t own = part_of(part, b);

        largest = ++size[own] > size[largest] ? own : largest;
    }
    for (int last = 0; ok && last < 2; last++)
        for (int o = 0; o < count; o++)
            if ((part_of(part, order[o]) == largest) == (last == 1))
                rank[order[o]] = next++;
    mem_free(part);
    mem_free(size);
    return ok;
}

/* rank[b]: which block b is eliminated as, by AMD; NULL where that is not tried, or memory is out. */
static int32_t *find_ranks(int count, const int32_t *size, size_t rows, int width, const int32_t *links)
{
    int64_t *from = NULL;
    int64_t *adjacent = NULL;
    int32_t *rank = NULL;
    struct symbolic *order = NULL;
    struct glmm_error err = { 0 };

    if (make_graph(count, rows, width, links, &from, &adjacent) && from[count] < (int64_t)FEW * count
        && (order = symbolic_new(&(struct block_graph){ count, size, from, adjacent }, NULL, &err)) != NULL
        && (rank = NEW_ARRAY(int32_t, count)) != NULL && !largest_last(count, from, adjacent, order->order, rank)) {
        mem_free(rank);
        rank = NULL;
    }
    symbolic_free(order);
    mem_free(from);
    mem_free(adjacent);
    return rank;
}

void elimination_clear(struct elimination *e)
{
    pattern_clear(&e->pattern);
    mem_free(e->size);
    mem_free(e->order);
}

/* In the order of ranks (NULL: as given); false with e->pattern.full where that has more than so many pairs (0: any number). */
static bool elimination_make(struct elimination *e, int count, const int32_t *size, size_t rows, int width, const int32_t *links,
                             const int32_t *rank, size_t most)
{
    int32_t *turned = rank == NULL ? NULL : NEW_ARRAY(int32_t, rows * (size_t)width), *first = NEW_ARRAY(int32_t, count + 1);
    int q = 0;
    bool ok;

    *e = (struct elimination){ .pattern = { .count = count, .most = most }, .size = NEW_ARRAY(int32_t, count) };
    ok = first != NULL && e->size != NULL && (rank == NULL || turned != NULL);
    for (int b = 0; ok && b < count; b++) {
        e->size[rank == NULL ? b : rank[b]] = size[b];
        q += size[b];
    }
    for (int b = 0; ok && b < count; b++)
        first[b + 1] = first[b] + e->size[b];
    for (size_t i = 0; turned != NULL && i < rows * (size_t)width; i++)
        turned[i] = rank[links[i]];
    ok = ok && (rank == NULL || (e->order = NEW_ARRAY(int32_t, q)) != NULL);
    for (int b = 0, at = 0; ok && rank != NULL && b < count; b++)
        for (int c = 0; c < size[b]; c++)
            e->order[at++] = first[rank[b]] + c;
    ok = ok && make_pattern(&e->pattern, rows, width, rank == NULL ? links : turned);
    if (ok)
        e->tail = find_tail(&e->pattern, e->size, &e->cost);
    mem_free(turned);
    mem_free(first);
    return ok;
}

bool elimination_choose(struct elimination *e, int count, const int32_t *size, size_t rows, int width, const int32_t *links)
{
    struct elimination other = { .cost = HUGE_VAL };
    bool ok = elimination_make(e, count, size, rows, width, links, NULL, MANY);
    long refused = mem_refused();
    int32_t *rank;

    if ((ok && e->cost < DEAR) || (!ok && !e->pattern.full))
        return ok;
    rank = find_ranks(count, size, rows, width, links);
    if (rank != NULL && elimination_make(&other, count, size, rows, width, links, rank, 0)
        && (!ok || other.cost < 0.5 * e->cost)) {
        struct elimination swap = *e;

        *e = other;
        other = swap;
        ok = true;
    }
    elimination_clear(&other);
    mem_free(rank);
    if (mem_refused() != refused)
        return false; /* another order is another sum: the digits would be others */
    if (!ok) {
        elimination_clear(e);
        ok = elimination_make(e, count, size, rows, width, links, NULL, 0);
    }
    return ok;
}
