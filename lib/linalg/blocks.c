/* blocks.c -- finds the structure of the system: chain, tail, and the pattern of each node.
 *
 * Terms are taken by decreasing number of levels.  The first is the start of the chain; a later one joins it where each level of
 * the chain's last term occurs with one of its levels only.  That is read off the data, not off the formula. */
#include "linalg/blocks.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "base/order.h"
#include "base/threads.h"
#include "linalg/blocks-private.h"
#include "linalg/supernodal.h"
#include "linalg/symbolic.h"

/* Terms by decreasing number of levels, the given order among equals. */
static void order_terms(const struct blocks *b, int *order)
{
    for (int i = 0; i < b->term_count; i++) {
        int j = i;

        while (j > 0 && b->terms[order[j - 1]].levels < b->terms[i].levels) {
            order[j] = order[j - 1];
            j--;
        }
        order[j] = i;
    }
}

/* parent[l] = the one level of `outer` that occurs with level l of `inner`; false when there are two for some l. */
static bool find_parents(size_t n, const struct block_term *inner, const struct block_term *outer, int32_t *parent)
{
    for (int32_t l = 0; l < inner->levels; l++)
        parent[l] = -1;
    for (size_t i = 0; i < n; i++) {
        int32_t l = inner->level[i];

        if (parent[l] < 0)
            parent[l] = outer->level[i];
        else if (parent[l] != outer->level[i])
            return false;
    }
    for (int32_t l = 0; l < inner->levels; l++) /* a level without rows hangs anywhere */
        if (parent[l] < 0)
            parent[l] = 0;
    return true;
}

static bool split_terms(struct blocks *b, const int *order, struct glmm_error *err)
{
    size_t columns = 0, levels = 0;

    for (int i = 0; i < b->term_count; i++) {
        const struct block_term *term = &b->terms[order[i]];
        struct chain *last = b->chain_count > 0 ? &b->chain[b->chain_count - 1] : NULL, *next;
        int32_t *parent = NULL;
        bool joins = last == NULL;

        if (last != NULL && b->chain_count < CHAIN_LIMIT) {
            parent = mem_alloc((size_t)last->levels, sizeof *parent);
            if (parent == NULL)
                return fail_memory(err);
            joins = find_parents(b->n, &b->terms[last->term], term, parent);
        }
        if (joins) {
            if (last != NULL)
                last->parent = parent;
            next = &b->chain[b->chain_count++];
            next->term = order[i];
            next->k = term->k;
            next->levels = term->levels;
        } else {
            struct tail_term *tail = &b->tail_terms[b->tail_count++];

            mem_free(parent);
            tail->term = order[i];
            tail->k = term->k;
            tail->levels = term->levels;
            tail->first = (int)(columns < INT_MAX ? columns : INT_MAX);
            tail->before = levels;
            levels += (size_t)term->levels;
            columns += (size_t)term->levels * (size_t)term->k;
        }
    }
    if (columns + (size_t)b->extras > INT_MAX)
        return fail(err, GLMM_E_LIMIT, NOWHERE,
                    "crossed random effects with %zu levels beside the largest term are more than this version can factor (%d)",
                    columns, INT_MAX);
    b->tail_size = (int)columns;
    for (int c = b->chain_count - 2; c >= 0; c--)
        b->chain[c].ancestor_rows = b->chain[c + 1].ancestor_rows + b->chain[c + 1].k;
    return true;
}

/* Columns of the tail in the order of the terms. */
static bool number_columns(struct blocks *b, struct glmm_error *err)
{
    size_t levels = 0;

    for (int t = 0; t < b->tail_count; t++)
        levels += (size_t)b->tail_terms[t].levels;
    b->tail_column = mem_alloc(levels, sizeof *b->tail_column);
    b->column_term = mem_alloc((size_t)b->tail_size, sizeof *b->column_term);
    if (b->tail_column == NULL || b->column_term == NULL)
        return fail_memory(err);
    for (int t = 0; t < b->tail_count; t++)
        for (int32_t l = 0; l < b->tail_terms[t].levels; l++) {
            int column = b->tail_terms[t].first + l * b->tail_terms[t].k;

            b->tail_column[b->tail_terms[t].before + (size_t)l] = column;
            for (int a = 0; a < b->tail_terms[t].k; a++)
                b->column_term[column + a] = t;
        }
    return true;
}

/* Items 0 .. count-1 by bucket: item[start[l] .. start[l+1]-1] are those of bucket l.  Both arrays are new. */
static bool sort_into(size_t count, const int32_t *bucket, int32_t buckets, size_t **start, uint32_t **item)
{
    size_t *first = NEW_ARRAY(size_t, (size_t)buckets + 2);
    uint32_t *sorted = mem_alloc(count, sizeof *sorted);

    if (first == NULL || sorted == NULL) {
        mem_free(first);
        mem_free(sorted);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        first[bucket[i] + 2]++;
    for (int32_t l = 0; l < buckets; l++)
        first[l + 2] += first[l + 1];
    for (size_t i = 0; i < count; i++)
        sorted[first[bucket[i] + 1]++] = (uint32_t)i;
    *start = first;
    *item = sorted;
    return true;
}

/* Adds the columns of `list` (first columns of k_t-blocks are enough: all are listed) to a growing pattern. */
struct pattern {
    int32_t *row;
    size_t count, capacity;
};

static bool pattern_add(struct pattern *p, int32_t row)
{
    void *items = p->row;

    if (!mem_grow(&items, &p->capacity, p->count + 1, sizeof *p->row))
        return false;
    p->row = items;
    p->row[p->count++] = row;
    return true;
}

/* Tail rows of the nodes of chain 0, and for each data row the places of its tail levels among them. */
static bool first_patterns(struct blocks *b, int32_t *mark, int32_t *place)
{
    struct chain *chain = &b->chain[0];
    const struct block_term *term = &b->terms[chain->term];
    struct pattern p = { 0 };
    size_t *start = NULL;
    uint32_t *item = NULL;
    bool ok = sort_into(b->n, term->level, term->levels, &start, &item);

    for (int32_t l = 0; ok && l < term->levels && !(l % LOOK == 0 && watch_stops(b->watch)); l++) {
        size_t first = p.count;

        chain->pattern[l] = first;
        for (size_t i = start[l]; ok && i < start[l + 1]; i++)
            for (int t = 0; ok && t < b->tail_count; t++) {
                int32_t column = tail_column_at(b, t, item[i]);

                for (int a = 0; ok && mark[column] != l && a < b->tail_terms[t].k; a++)
                    ok = pattern_add(&p, column + a);
                mark[column] = l;
            }
        if (ok && p.count > first)
            sort_int32(p.row + first, p.count - first);
        for (size_t r = first; ok && r < p.count; r++)
            place[p.row[r]] = (int32_t)(r - first);
        for (size_t i = start[l]; ok && i < start[l + 1]; i++)
            for (int t = 0; t < b->tail_count; t++)
                b->row_place[item[i] * (size_t)b->tail_count + (size_t)t] = place[tail_column_at(b, t, item[i])];
    }
    chain->pattern[term->levels] = p.count;
    chain->tail_row = p.row;
    mem_free(start);
    mem_free(item);
    return ok;
}

/* Tail rows of chain c from those of chain c - 1: a node's are the union of its children's. */
static bool later_patterns(struct blocks *b, int c, int32_t *mark, int32_t *place)
{
    struct chain *child = &b->chain[c - 1], *chain = &b->chain[c];
    struct pattern p = { 0 };
    size_t *start = NULL;
    uint32_t *item = NULL;
    bool ok = sort_into((size_t)child->levels, child->parent, chain->levels, &start, &item);

    child->parent_row = mem_alloc(child->pattern[child->levels], sizeof *child->parent_row);
    ok = ok && child->parent_row != NULL;
    for (int j = 0; j < b->tail_size; j++)
        mark[j] = -1;
    for (int32_t l = 0; ok && l < chain->levels && !(l % LOOK == 0 && watch_stops(b->watch)); l++) {
        size_t first = p.count;

        chain->pattern[l] = first;
        for (size_t i = start[l]; ok && i < start[l + 1]; i++)
            for (size_t r = child->pattern[item[i]]; ok && r < child->pattern[item[i] + 1]; r++)
                if (mark[child->tail_row[r]] != l) {
                    mark[child->tail_row[r]] = l;
                    ok = pattern_add(&p, child->tail_row[r]);
                }
        if (ok && p.count > first)
            sort_int32(p.row + first, p.count - first);
        for (size_t r = first; ok && r < p.count; r++)
            place[p.row[r]] = (int32_t)(r - first);
        for (size_t i = start[l]; ok && i < start[l + 1]; i++)
            for (size_t r = child->pattern[item[i]]; r < child->pattern[item[i] + 1]; r++)
                child->parent_row[r] = place[child->tail_row[r]];
    }
    chain->pattern[chain->levels] = p.count;
    chain->tail_row = p.row;
    mem_free(start);
    mem_free(item);
    return ok;
}

/* Patterns are found once more where the columns of the tail were renumbered. */
static void forget_patterns(struct blocks *b)
{
    for (int c = 0; c < b->chain_count; c++) {
        struct chain *chain = &b->chain[c];

        mem_free(chain->pattern);
        mem_free(chain->tail_row);
        mem_free(chain->parent_row);
        chain->pattern = NULL;
        chain->tail_row = chain->parent_row = NULL;
    }
    mem_free(b->row_place);
    b->row_place = NULL;
}

static bool find_patterns(struct blocks *b, struct glmm_error *err)
{
    int32_t *mark = mem_alloc((size_t)b->tail_size + 1, sizeof *mark),
            *place = mem_alloc((size_t)b->tail_size + 1, sizeof *place);
    bool ok = mark != NULL && place != NULL;

    forget_patterns(b);
    for (int c = 0; ok && c < b->chain_count; c++)
        ok = (b->chain[c].pattern = NEW_ARRAY(size_t, (size_t)b->chain[c].levels + 1)) != NULL;
    if (ok && b->tail_count > 0) {
        for (int j = 0; j < b->tail_size; j++)
            mark[j] = -1;
        b->row_place = mem_alloc(b->n * (size_t)b->tail_count, sizeof *b->row_place);
        ok = b->row_place != NULL && first_patterns(b, mark, place);
        for (int c = 1; ok && c < b->chain_count && !watch_stopped(b->watch); c++)
            ok = later_patterns(b, c, mark, place);
    }
    mem_free(mark);
    mem_free(place);
    if (ok && watch_stopped(b->watch))
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped while the structure of the model was sought");
    return ok || fail_memory(err);
}

/* What would need less: the model without the tail term of most columns, whose tail is at most dense. */
static const char *advise(const struct blocks *b, double bytes, char *text, size_t size)
{
    const struct tail_term *largest = NULL;
    double dense;

    for (int t = 0; t < b->tail_count; t++)
        if (largest == NULL || largest->levels * largest->k < b->tail_terms[t].levels * b->tail_terms[t].k)
            largest = &b->tail_terms[t];
    if (largest == NULL || b->terms[largest->term].name == NULL)
        return NULL;
    dense = tail_dense_bytes(b->tail_size - largest->levels * largest->k, b->extras);
    if (dense > 0.5 * bytes)
        return NULL;
    snprintf(text, size, "without the effects of `%.80s`, which is crossed with others, it takes %s",
             b->terms[largest->term].name, dense < 1e6 ? "next to nothing" : bytes_in_words(dense).text);
    return text;
}

/* Told, or refused, before it is taken. */
static bool forecast_values(struct blocks *b, struct glmm_error *err)
{
    double bytes = (shares_nodes(b) ? 4.0 : 3.0) * sizeof(double) * (double)b->value_count; /* A, L, S; G of nodes together */
    char advice[200];

    for (int c = 0; c < b->chain_count; c++)
        if (b->chain[c].k == 1 && shares_nodes(b))
            bytes += (double)sizeof(struct meeting) * (double)b->chain[c].pattern[b->chain[c].levels];
    bytes += b->symbolic == NULL ? tail_dense_bytes(b->tail_size, b->extras) : supernodal_bytes(b->symbolic, b->extras, false);
    b->held = bytes;
    return forecast(bytes, advise(b, bytes, advice, sizeof advice), b->watch == NULL ? NULL : b->watch->progress, err);
}

/* How many nodes of such work are taken between two looks. */
static int32_t look_interval(double work)
{
    double nodes = LOOK_WORK / (work + 1.0);

    return nodes < 1.0 ? 1 : nodes < LOOK ? (int32_t)nodes : LOOK;
}

static bool allocate_values(struct blocks *b, struct glmm_error *err)
{
    size_t count = 0, k;

    b->most_rows = b->extras;
    b->most_k = 1;
    for (int t = 0; t < b->term_count; t++)
        if (b->terms[t].k > b->most_k)
            b->most_k = b->terms[t].k;
    for (int c = 0; c < b->chain_count; c++) {
        struct chain *chain = &b->chain[c];

        chain->value = mem_alloc((size_t)chain->levels, sizeof *chain->value);
        if (chain->value == NULL)
            return fail_memory(err);
        for (int32_t l = 0; l < chain->levels; l++) {
            size_t rows = (size_t)chain->ancestor_rows + tail_rows_of(chain, l) + (size_t)b->extras;

            chain->value[l] = count;
            count += (size_t)chain->k * ((size_t)chain->k + rows);
            if ((int)rows > b->most_rows)
                b->most_rows = (int)rows;
        }
    }
    b->value_count = count;
    if (!forecast_values(b, err))
        return false;
    k = (size_t)b->most_k;
    b->look = look_interval((double)b->most_rows * b->most_rows * b->most_k);
    b->A = mem_alloc(3 * count, sizeof(double));
    b->tail_whole = b->symbolic == NULL || b->symbolic->count == 1;
    b->tail = b->symbolic == NULL
                  ? tail_dense_new(b->tail_terms, b->tail_count, b->tail_size, b->extras)
                  : tail_sparse_new(b->tail_terms, b->tail_count, b->tail_size, b->extras, b->symbolic, &b->tail_pattern);
    b->symbolic = NULL; /* taken */
    b->threads = omp_get_max_threads();
    b->work_size = 2 * (size_t)b->most_rows * k + 4 * k * k;
    b->work = mem_alloc((size_t)b->threads * b->work_size, sizeof(double));
    b->places = mem_alloc((size_t)b->threads * (size_t)b->most_rows, sizeof *b->places);
    b->rows = mem_alloc((size_t)ROW_BLOCK * (size_t)b->extras * 2, sizeof(double));
    b->vector = mem_alloc(2 * (size_t)(b->tail_size + b->extras), sizeof(double));
    for (int t = 0; t < b->term_count; t++)
        b->part_size += (size_t)b->terms[t].k * (size_t)b->terms[t].k;
    b->part_values = mem_alloc(NODE_PARTS * b->part_size + 1, sizeof(double));
    b->parts = mem_alloc(NODE_PARTS * (size_t)b->term_count + 1, sizeof *b->parts);
    if (b->A == NULL || b->tail == NULL || b->work == NULL || b->places == NULL || b->rows == NULL || b->vector == NULL
        || b->part_values == NULL || b->parts == NULL)
        return fail_memory(err);
    for (size_t i = 0, at = 0; i < NODE_PARTS; i++)
        for (size_t t = 0; t < (size_t)b->term_count; at += (size_t)b->terms[t].k * (size_t)b->terms[t].k, t++)
            b->parts[i * (size_t)b->term_count + t] = b->part_values + at;
    b->L = b->A + count;
    b->S = b->L + count;
    b->tail->watch = b->watch;
    b->weighted = b->rows + (size_t)ROW_BLOCK * (size_t)b->extras;
    return true;
}

struct blocks *blocks_new(size_t n, const struct block_term *terms, int term_count, int extras, enum tail_kind kind,
                          struct watch *watch, struct glmm_error *err)
{
    struct blocks *b = NEW(struct blocks);
    int *order = NEW_ARRAY(int, term_count + 1);
    bool ok = b != NULL && order != NULL;

    if (ok) {
        b->n = n;
        b->term_count = term_count;
        b->extras = extras;
        b->watch = watch;
        b->terms = NEW_ARRAY(struct block_term, term_count + 1);
        b->offset = NEW_ARRAY(size_t, term_count + 1);
        b->tail_terms = NEW_ARRAY(struct tail_term, term_count + 1);
        b->first = NEW_ARRAY(size_t, term_count + 1);
        b->effects = NEW_ARRAY(const double *, term_count + 1);
        ok = b->terms != NULL && b->offset != NULL && b->tail_terms != NULL && b->first != NULL && b->effects != NULL;
    }
    if (!ok)
        fail_memory(err);
    for (int t = 0; ok && t < term_count; t++) {
        b->terms[t] = terms[t];
        b->offset[t] = b->size;
        b->size += (size_t)terms[t].levels * (size_t)terms[t].k;
    }
    if (ok)
        order_terms(b, order);
    ok = ok && split_terms(b, order, err) && number_columns(b, err) && find_patterns(b, err) && blocks_plan_tail(b, kind, err)
         && (b->symbolic == NULL || find_patterns(b, err)) && allocate_values(b, err)
         && ((blocks_list_columns(b) && blocks_find_alike(b)) || fail_memory(err));
    mem_free(order);
    if (!ok) {
        blocks_free(b);
        return NULL;
    }
    return b;
}

void blocks_free(struct blocks *b)
{
    if (b == NULL)
        return;
    for (int c = 0; c < CHAIN_LIMIT; c++) {
        mem_free(b->chain[c].parent);
        mem_free(b->chain[c].pattern);
        mem_free(b->chain[c].tail_row);
        mem_free(b->chain[c].parent_row);
        mem_free(b->chain[c].value);
        mem_free(b->chain[c].column);
        mem_free(b->chain[c].meeting);
    }
    mem_free(b->terms);
    mem_free(b->offset);
    mem_free(b->tail_terms);
    mem_free(b->first);
    mem_free(b->effects);
    if (b->tail != NULL)
        b->tail->ops->free(b->tail);
    mem_free(b->row_place);
    mem_free(b->tail_column);
    mem_free(b->column_term);
    symbolic_free(b->symbolic);
    tail_pattern_clear(&b->tail_pattern);
    mem_free(b->A);
    mem_free(b->G);
    mem_free(b->wide);
    mem_free(b->stack);
    mem_free(b->work);
    mem_free(b->places);
    mem_free(b->part_values);
    mem_free(b->parts);
    mem_free(b->rows);
    mem_free(b->vector);
    mem_free(b);
}

void blocks_watch(struct blocks *b, struct watch *watch)
{
    b->watch = watch;
    b->tail->watch = watch;
}

struct watch *blocks_watcher(const struct blocks *b)
{
    return b->watch;
}

size_t blocks_size(const struct blocks *b)
{
    return b->size;
}

size_t blocks_offset(const struct blocks *b, int term)
{
    return b->offset[term];
}

int blocks_tail_size(const struct blocks *b)
{
    return b->tail_size;
}

double blocks_held(const struct blocks *b)
{
    return b->held;
}

size_t blocks_state_size(const struct blocks *b)
{
    size_t count;

    b->tail->ops->values(b->tail, false, &count);
    return 2 * (b->value_count + count);
}

void blocks_copy_state(struct blocks *b, double *kept, bool back)
{
    for (int inverse = 0; inverse < 2; inverse++) {
        size_t count;
        double *nodes = inverse ? b->S : b->L, *tail = b->tail->ops->values(b->tail, inverse, &count),
               *rest = kept + b->value_count;

        memcpy(back ? nodes : kept, back ? kept : nodes, sizeof(double) * b->value_count);
        memcpy(back ? tail : rest, back ? rest : tail, sizeof(double) * count);
        kept = rest + count;
    }
}

void blocks_work(const struct blocks *b, double *chain, double *tail)
{
    double columns = b->tail_size + b->extras;

    *chain = 0;
    for (int c = 0; c < b->chain_count; c++)
        for (int32_t l = 0; l < b->chain[c].levels; l++) {
            double rows = b->chain[c].ancestor_rows + b->extras + b->chain[c].k
                          + (double)(b->chain[c].pattern[l + 1] - b->chain[c].pattern[l]);

            *chain += b->chain[c].k * rows * rows;
        }
    *tail = b->tail_work > 0 ? b->tail_work : columns * columns * columns / 3;
}
