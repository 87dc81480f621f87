/* determined-truth.c -- see the header.
 *
 * Each row gives generators: x where the response is not at its lower end, -x where it is not at its upper one.  The likelihood
 * does not fall along d where no generator g has g'd < 0; so l'd >= 0 for all these d exactly where l is in the cone of the
 * generators (Farkas).  An error is determined where no change of the variances that the data do not tell changes the least
 * variance of an unbiased a'y: a'Va for one a with X'a = l, and K'Va for all others, K'X = 0. */
#include "determined-truth.h"

#include <stdlib.h>
#include <string.h>

static int columns_at(const struct made *made, const struct coordinates *in, const struct place *place, whole out[])
{
    whole all[MOST_COLUMNS];
    int count = in->coded ? coded_columns(made, place, all) : place_columns(made, place, all);

    for (int j = 0; j < in->p; j++)
        out[in->thresholds + j] = all[in->pick[j]];
    return count;
}

/* Every combination of levels of a, b, c (t within a as in the table), and four values of x: its columns extend the span. */
static void span_places(const struct made *made, struct row_span *span)
{
    const int *levels = made->table.levels;
    whole all[MOST_COLUMNS];

    for (int l = 0; l < levels[0] * levels[1] * levels[2]; l++)
        for (int x = 0; x < 4; x++)
            for (int t = 0; t < levels['t' - 'a']; t++) {
                struct place place = { .x_num = x, .x_den = 1 };

                place.level[0] = l / (levels[1] * levels[2]);
                place.level[1] = l / levels[2] % levels[1];
                place.level[2] = l % levels[2];
                place.level['t' - 'a'] = t;
                place_columns(made, &place, all);
                rows_add(span, all);
            }
}

static void pick_columns(const struct made *made, struct coordinates *in)
{
    struct place place = place_of_row(&made->table, 0);
    struct row_span span;
    whole all[MOST_COLUMNS];
    bool is[MOST_COLUMNS] = { false };

    rows_init(&span, in->coded ? coded_columns(made, &place, all) : place_columns(made, &place, all));
    for (int i = 0; in->coded && i < made->table.n; i++) {
        place = place_of_row(&made->table, i);
        coded_columns(made, &place, all);
        if (made->table.weight[i] > 0)
            rows_add(&span, all);
    }
    if (!in->coded)
        span_places(made, &span);
    for (int i = 0; i < span.rank; i++)
        is[span.pivot[i]] = true;
    for (int j = in->coded && made->family == MADE_ORDERED ? 1 : 0; j < span.size; j++) /* thresholds have the constant */
        if (is[j])
            in->pick[in->p++] = j;
    rows_clear(&span);
}

/* Where the response can go no further. */
static int row_end(const struct made *made, int i)
{
    double y = made->table.y[i];

    switch (made->family) {
    case MADE_BINARY:
    case MADE_TRIALS:
        return y == 0 ? -1 : y == made->table.trials[i] ? 1 : 0;
    case MADE_POISSON:
    case MADE_NBINOM:
        return y == 0 ? -1 : 0;
    default:
        return 0;
    }
}

/* The generators of row i, whose columns are x.  An ordered response k is below threshold k and above threshold k - 1. */
static void row_generators(const struct made *made, int i, whole x[], struct vectors *out)
{
    int k = (int)made->table.y[i], thresholds = made->categories - 1;

    if (made->family != MADE_ORDERED) {
        if (row_end(made, i) >= 0)
            vectors_add(out, x, 1);
        if (row_end(made, i) <= 0)
            vectors_add(out, x, -1);
        return;
    }
    for (int side = 0; side < 2; side++) {
        int threshold = k - 1 - side;

        memset(x, 0, sizeof *x * (size_t)thresholds);
        if (threshold < 0 || threshold >= thresholds)
            continue;
        x[threshold] = -1;
        vectors_add(out, x, side == 0 ? -1 : 1);
    }
    memset(x, 0, sizeof *x * (size_t)thresholds);
}

static void generators_find(const struct made *made, struct coordinates *in)
{
    whole x[MOST_COLUMNS] = { 0 };

    in->thresholds = made->family == MADE_ORDERED ? made->categories - 1 : 0;
    in->generators.size = in->rest.size = in->p + in->thresholds;
    for (int i = 0; i < made->table.n; i++) {
        struct place place = place_of_row(&made->table, i);

        if (made->table.weight[i] == 0)
            continue;
        columns_at(made, in, &place, x);
        row_generators(made, i, x, &in->generators);
    }
}

/* Below 1 where a direction moves one of the row's generators; those that none moves are added to `held`. */
static int row_held(const struct made *made, const struct vectors *generators, int i, whole x[], struct vectors *held,
                    bool *too_large)
{
    struct vectors mine = { .size = generators->size };
    int count = 0;

    row_generators(made, i, x, &mine);
    for (int j = 0; j < mine.count; j++) {
        const whole *g = mine.at + (size_t)j * (size_t)mine.size;
        enum tendency tends = mine.count == 2 && made->family != MADE_ORDERED ? TENDS_FINITE : tendency_of(generators, g);

        *too_large = *too_large || tends == TENDS_TOO_LARGE;
        if (tends == TENDS_FINITE)
            vectors_add(held, g, 1);
        count += tends == TENDS_FINITE;
    }
    count = count < mine.count ? 0 : 1;
    vectors_clear(&mine);
    return count;
}

/* Appends without looking whether the vector is there. */
static void append(struct vectors *v, const whole x[])
{
    if (v->count == v->room) {
        v->room = 2 * v->room + 16;
        v->at = realloc(v->at, sizeof *v->at * (size_t)v->room * (size_t)(v->size + 1));
    }
    memcpy(v->at + (size_t)v->count++ * (size_t)v->size, x, sizeof *x * (size_t)v->size);
}

/* A row is left where something holds it: of an ordered response one threshold. */
static void rest_find(const struct made *made, struct coordinates *in, struct truth *truth)
{
    whole x[MOST_COLUMNS] = { 0 };

    for (int i = 0; i < made->table.n; i++) {
        struct place place = place_of_row(&made->table, i);
        struct vectors held = { .size = in->generators.size };

        if (made->table.weight[i] == 0)
            continue;
        columns_at(made, in, &place, x);
        if (row_held(made, &in->generators, i, x, &held, &truth->too_large) < 1)
            truth->separated = true;
        if (held.count > 0) {
            in->rest_row[in->rest.count] = i;
            if (in->thresholds > 0) /* they have the constant */
                x[0] = 1;
            append(&in->rest, x);
            x[0] = in->thresholds > 0 ? 0 : x[0];
        }
        vectors_clear(&held);
    }
}

/* --- variances ---------------------------------------------------------------------------------- */

/* What entry (a, b) of a term's covariance multiplies, over the rows that are left; without a term the residual's. */
static void entry_matrix(const struct made *made, const struct coordinates *in, const struct entry *entry, uint64_t V[])
{
    int n = in->rest.count, term = entry->term;
    struct term_columns row[MOST_ROWS];

    for (int i = 0; term >= 0 && i < n; i++)
        random_columns(made, term, in->rest_row[i], &row[i]);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            whole v = 0;

            if (term < 0)
                v = i == j ? 12 / made->table.weight[in->rest_row[i]] : 0;
            else if (row[i].level == row[j].level && entry->a == entry->b)
                v = row[i].z[entry->a] * row[j].z[entry->a];
            else if (row[i].level == row[j].level)
                v = row[i].z[entry->a] * row[j].z[entry->b] + row[i].z[entry->b] * row[j].z[entry->a];
            V[i + j * n] = residue(v);
        }
}

/* out = K' V K, for K (n x m) with the vectors of length n one after the other. */
static void project(int n, int m, const uint64_t *K, const uint64_t *V, uint64_t *out)
{
    uint64_t *VK = calloc((size_t)(n * m) + 1, sizeof *VK);

    for (int c = 0; c < m; c++)
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n && K[j + c * n] != 0; i++)
                if (V[i + j * n] != 0)
                    VK[i + c * n] = residue_plus(VK[i + c * n], residue_times(V[i + j * n], K[j + c * n]));
    for (int c = 0; c < m; c++)
        for (int d = 0; d < m; d++) {
            uint64_t sum = 0;

            for (int i = 0; i < n; i++)
                if (K[i + d * n] != 0)
                    sum = residue_plus(sum, residue_times(K[i + d * n], VK[i + c * n]));
            out[d + c * m] = sum;
        }
    free(VK);
}

uint64_t *truth_contrasts(const struct coordinates *in, int *m)
{
    struct row_span s;
    uint64_t *x = calloc((size_t)in->rest.count + 1, sizeof *x), *K;

    rows_init(&s, in->rest.count);
    for (int j = 0; j < in->rest.size; j++) {
        for (int i = 0; i < in->rest.count; i++)
            x[i] = residue(in->rest.at[(size_t)i * (size_t)in->rest.size + (size_t)j]);
        rows_add_residues(&s, x);
    }
    K = rows_null(&s, m);
    rows_clear(&s);
    free(x);
    return K;
}

static bool is_zero(size_t count, const uint64_t *x)
{
    for (size_t i = 0; i < count; i++)
        if (x[i] != 0)
            return false;
    return true;
}

static void entries_list(const struct made *made, struct truth *truth)
{
    for (int t = 0; t < random_term_count(made); t++) {
        struct term_columns columns;

        random_columns(made, t, 0, &columns);
        for (int b = 0; b < columns.k; b++)
            for (int a = b; a < (made->random->diagonal ? b + 1 : columns.k) && truth->entry_count < MOST_ENTRIES - 1; a++)
                truth->entry[truth->entry_count++] = (struct entry){ .term = t, .a = a, .b = b };
    }
    if (made->family == MADE_GAUSSIAN || made->family == MADE_BINARY) /* of yes and no it is the scale */
        truth->entry[truth->entry_count++] = (struct entry){ .term = -1 };
}

/* The rows that are left, in parts of which each shows effects that no other does, in whatever basis: part[i] is a row of
 * the part of row i.  (The vectors that the rows multiply the effects by, as a matroid: its components, levels kept whole.) */
static void parts_find(const struct made *made, const struct coordinates *in, int term, int part[])
{
    int n = in->rest.count, first[MOST_ROWS];
    struct term_columns row[MOST_ROWS];
    struct row_span s;
    whole x[MOST_ROWS];

    memset(first, -1, sizeof first);
    for (int i = 0; i < n; i++) {
        random_columns(made, term, in->rest_row[i], &row[i]);
        first[row[i].level] = first[row[i].level] < 0 ? i : first[row[i].level];
        part[i] = first[row[i].level];
    }
    rows_init(&s, n);
    for (int a = 0; n > 0 && a < row[0].k; a++) {
        for (int i = 0; i < n; i++)
            x[i] = row[i].z[a];
        rows_add(&s, x);
    }
    for (int r = 0; r < s.rank; r++)
        for (int i = 0; i < n; i++) {
            int from = part[i], to = part[s.pivot[r]];

            for (int j = 0; s.row[(size_t)r * (size_t)n + (size_t)i] != 0 && j < n; j++)
                part[j] = part[j] == from ? to : part[j];
        }
    rows_clear(&s);
}

/* Of a term what one part of the rows has of its entries' matrices, where all of it lies within X: appended to `inside`, of which
 * there are *count. */
static void part_judge(const struct truth *truth, int term, const int part[], int which, int m, const uint64_t *K,
                       uint64_t **inside, int *count)
{
    int n = truth->cells.rest.count, before = *count;
    size_t wide = (size_t)n * (size_t)n;
    uint64_t *left = calloc((size_t)(m * m) + 1, sizeof *left);
    bool is = true;

    for (int e = 0; e < truth->entry_count; e++) {
        uint64_t *to;

        if (truth->entry[e].term != term)
            continue;
        *inside = realloc(*inside, sizeof **inside * wide * (size_t)(*count + 1));
        to = *inside + wide * (size_t)(*count)++;
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                to[i + j * n] = part[i] == which && part[j] == which ? truth->matrix[(size_t)e * wide + (size_t)(i + j * n)] : 0;
        project(n, m, K, to, left);
        is = is && is_zero((size_t)(m * m), left);
    }
    *count = is ? *count : before;
    free(left);
}

/* The matrices that lie within X by whole parts; they are the caller's (free). */
static uint64_t *inside_find(const struct made *made, const struct truth *truth, int m, const uint64_t *K, int *count)
{
    uint64_t *inside = NULL;
    int part[MOST_ROWS];

    *count = 0;
    for (int t = 0; t < random_term_count(made); t++) {
        parts_find(made, &truth->cells, t, part);
        for (int i = 0; i < truth->cells.rest.count; i++)
            if (part[i] == i)
                part_judge(truth, t, part, i, m, K, &inside, count);
    }
    return inside;
}

/* The directions in which a sum of `count` matrices and of `more` others (`wide` numbers each) is 0, without what the others have
 * in it: *lost vectors of `count`. */
static uint64_t *directions_of(size_t wide, int count, const uint64_t *W, int more, const uint64_t *others, int *lost)
{
    int all = count + more, dims;
    uint64_t *x = calloc((size_t)all + 1, sizeof *x), *null, *out;
    struct row_span s;

    rows_init(&s, all);
    for (size_t i = 0; i < wide; i++) {
        for (int e = 0; e < all; e++)
            x[e] = e < count ? W[(size_t)e * wide + i] : others[(size_t)(e - count) * wide + i];
        if (s.rank < all && !is_zero((size_t)all, x))
            rows_add_residues(&s, x);
    }
    null = rows_null(&s, &dims);
    rows_clear(&s);
    rows_init(&s, count);
    for (int d = 0; d < dims; d++)
        rows_add_residues(&s, null + (size_t)d * (size_t)all);
    *lost = s.rank;
    out = calloc((size_t)(s.rank * count) + 1, sizeof *out);
    if (s.rank > 0)
        memcpy(out, s.row, sizeof *out * (size_t)(s.rank * count));
    rows_clear(&s);
    free(null);
    free(x);
    return out;
}

/* By restricted likelihood the matrices count as K'VK; else as they are, but for what lies within X by whole parts of the rows:
 * by it the likelihood's own variance is 0 whatever the response. */
static void entries_judge(const struct made *made, struct truth *truth)
{
    const struct coordinates *in = &truth->cells;
    bool reml = made->family == MADE_GAUSSIAN && !made->ml;
    int n = in->rest.count, m, count = truth->entry_count, more = 0;
    size_t wide = (size_t)n * (size_t)n, left;
    uint64_t *K = truth_contrasts(in, &m), *W, *inside = NULL;

    left = (size_t)m * (size_t)m;
    truth->matrix = calloc((size_t)count * wide + 1, sizeof *truth->matrix);
    W = calloc((size_t)count * left + 1, sizeof *W);
    for (int e = 0; e < count; e++) {
        entry_matrix(made, in, &truth->entry[e], truth->matrix + (size_t)e * wide);
        project(n, m, K, truth->matrix + (size_t)e * wide, W + (size_t)e * left);
    }
    if (!reml)
        inside = inside_find(made, truth, m, K, &more);
    truth->direction = reml ? directions_of(left, count, W, 0, NULL, &truth->lost)
                            : directions_of(wide, count, truth->matrix, more, inside, &truth->lost);
    for (int e = 0; e < count; e++) {
        truth->entry[e].known = true;
        for (int d = 0; d < truth->lost; d++)
            truth->entry[e].known = truth->entry[e].known && truth->direction[e + d * count] == 0;
    }
    free(inside);
    free(K);
    free(W);
}

/* --- variances without end ---------------------------------------------------------------------- */

/* The terms in `set` stand behind the fixed effects, level by level. */
struct joint {
    int fixed, size, terms, first[MOST_TERMS];
    unsigned set;
};

static struct joint joint_of(const struct made *made, const struct coordinates *in, unsigned set)
{
    struct joint joint = { .terms = random_term_count(made), .set = set };

    joint.fixed = joint.size = in->p + in->thresholds;
    for (int t = 0; t < joint.terms; t++) {
        int most = -1;

        joint.first[t] = joint.size;
        for (int i = 0; (set >> t & 1) && i < made->table.n; i++) {
            struct term_columns c;

            random_columns(made, t, i, &c);
            if (c.level > most)
                joint.size += (c.level - most) * c.k;
            most = c.level > most ? c.level : most;
        }
    }
    return joint;
}

static void joint_row(const struct made *made, const struct coordinates *in, const struct joint *joint, int i, whole x[])
{
    struct place place = place_of_row(&made->table, i);

    columns_at(made, in, &place, x);
    for (int t = 0; t < joint->terms; t++) {
        struct term_columns c;

        random_columns(made, t, i, &c);
        for (int a = 0; (joint->set >> t & 1) && a < c.k; a++)
            x[joint->first[t] + c.level * c.k + a] = c.z[a];
    }
}

/* Whether effects v c_l, of one v and any c_l for the levels l of a term, are free of all that holds effects alone: `held` is
 * reduced, so that these are its rows with a pivot behind the fixed effects. */
static bool direction_is_free(const struct made *made, const struct joint *joint, int t, const struct row_span *held)
{
    int end = joint->size, k, rank;
    struct row_span slices;
    struct term_columns c;

    for (int u = t + 1; u < joint->terms; u++)
        end = end < joint->first[u] ? end : joint->first[u];
    random_columns(made, t, 0, &c);
    k = c.k;
    rows_init(&slices, k);
    for (int r = 0; r < held->rank; r++)
        for (int at = joint->first[t]; held->pivot[r] >= joint->fixed && at < end; at += k)
            rows_add_residues(&slices, held->row + (size_t)r * (size_t)held->size + at);
    rank = slices.rank;
    for (int i = 0; i < made->table.n; i++) {
        random_columns(made, t, i, &c);
        if (made->table.weight[i] > 0)
            rows_add(&slices, c.z);
    }
    rank -= slices.rank;
    rows_clear(&slices);
    return rank < 0;
}

/* Whether effects of terms in `set` can go to infinity without the likelihood's becoming 0. */
static bool can_run_away(const struct made *made, const struct truth *truth, unsigned set)
{
    const struct coordinates *in = &truth->cells;
    struct joint joint = joint_of(made, in, set);
    struct vectors all = { .size = joint.size }, held = { .size = joint.size };
    struct row_span s;
    bool too_large = false, runs = false;

    rows_init(&s, joint.size);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < made->table.n; i++) {
            whole x[MOST_COLUMNS + MOST_ROWS * 8] = { 0 };

            if (made->table.weight[i] == 0)
                continue;
            joint_row(made, in, &joint, i, x);
            if (pass == 0)
                row_generators(made, i, x, &all);
            else
                row_held(made, &all, i, x, &held, &too_large);
        }
    for (int j = 0; j < held.count; j++)
        rows_add(&s, held.at + (size_t)j * (size_t)joint.size);
    for (int t = 0; t < joint.terms; t++)
        runs = runs || ((set >> t & 1) && direction_is_free(made, &joint, t, &s));
    rows_clear(&s);
    vectors_clear(&all);
    vectors_clear(&held);
    return runs || too_large;
}

/* --- all of it ---------------------------------------------------------------------------------- */

void truth_find(const struct made *made, struct truth *truth)
{
    int terms = random_term_count(made);

    *truth = (struct truth){ .coded.coded = true };
    pick_columns(made, &truth->cells);
    pick_columns(made, &truth->coded);
    generators_find(made, &truth->cells);
    generators_find(made, &truth->coded);
    rest_find(made, &truth->cells, truth);
    rest_find(made, &truth->coded, truth);
    entries_list(made, truth);
    entries_judge(made, truth);
    for (unsigned set = 1; set < 1U << terms && made->family != MADE_GAUSSIAN && made->family != MADE_GAMMA; set++)
        truth->runs_away = truth->runs_away || can_run_away(made, truth, set);
}

void truth_clear(struct truth *truth)
{
    vectors_clear(&truth->cells.generators);
    vectors_clear(&truth->cells.rest);
    vectors_clear(&truth->coded.generators);
    vectors_clear(&truth->coded.rest);
    free(truth->direction);
    free(truth->matrix);
}

/* Whether l and its error hang on a direction: K'Ma and a'Ma are 0, X'a = l; `rare` where they are, and Ma is not: the error is
 * then known by a coincidence of the weights, which the engine need not see. */
static struct told hangs(const struct truth *truth, const struct coordinates *in, const whole l[])
{
    struct told told = { .tends = TENDS_FINITE };
    int n = in->rest.count, m, count = truth->entry_count;
    uint64_t *a = calloc((size_t)n + 1, sizeof *a), *Ma = calloc((size_t)n + 1, sizeof *Ma), *K = truth_contrasts(in, &m);

    told.error = residues_solve(&in->rest, l, a);
    for (int d = 0; d < truth->lost; d++) {
        memset(Ma, 0, sizeof *Ma * (size_t)n);
        for (int e = 0; e < count; e++)
            for (int j = 0; truth->direction[e + d * count] != 0 && j < n; j++)
                for (int i = 0; a[j] != 0 && i < n; i++)
                    Ma[i] = residue_plus(Ma[i],
                                         residue_times(truth->direction[e + d * count],
                                                       residue_times(truth->matrix[((size_t)e * n + (size_t)j) * n + i], a[j])));
        for (int c = -1; c < m; c++) { /* a itself, then all of K */
            uint64_t sum = 0;

            for (int i = 0; i < n; i++)
                sum = residue_plus(sum, residue_times(c < 0 ? a[i] : K[i + c * n], Ma[i]));
            told.error = told.error && sum == 0;
            if (c >= 0 && sum != 0)
                told.tends = TENDS_OPEN;
        }
        told.rare = told.rare || !is_zero((size_t)n, Ma);
    }
    told.rare = told.rare && told.error;
    told.by_variances = told.tends == TENDS_OPEN;
    free(a);
    free(Ma);
    free(K);
    return told;
}

struct told truth_of(const struct truth *truth, const struct coordinates *in, const whole l[])
{
    struct told told = { .tends = tendency_of(&in->generators, l), .nothing = true };

    for (int j = 0; j < in->thresholds + in->p; j++)
        told.nothing = told.nothing && l[j] == 0;
    if (told.nothing)
        return told;
    told.error = told.tends == TENDS_FINITE;
    return told.error && truth->lost > 0 ? hangs(truth, in, l) : told;
}

void truth_add_place(const struct made *made, const struct truth *truth, const struct place *place, whole factor, whole l[])
{
    whole x[MOST_COLUMNS] = { 0 };

    columns_at(made, &truth->cells, place, x);
    for (int j = 0; j < truth->cells.p; j++)
        l[truth->cells.thresholds + j] += factor * x[truth->cells.thresholds + j];
}
