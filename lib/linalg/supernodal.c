/* supernodal.c -- see supernodal.h.
 *
 *   factor, supernode s from the first on, for each d before it that has rows among its columns (R: those and what is below):
 *       M_s -= L_d,R L_d,s'        then  L_ss = chol(M_ss),  L_Rs = M_Rs L_ss^-T
 *   inverse, from the last back, G = L_Rs L_ss^-1:
 *       S_Rs = -S_RR G,            S_ss = (L_ss L_ss')^-1 - G' S_Rs
 *
 * The rows of the border lie right below a supernode's own, so that one product serves both.  The inverse of a supernode asks for
 * L in it alone, and for S behind it: so S may take the place of L. */
#include "linalg/supernodal.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"

static const double ONE = 1.0, MINUS = -1.0;

/* --- making ------------------------------------------------------------------------------------------- */

struct sizes {
    size_t values, work, scratch;
    size_t rows; /* of the longest supernode, without the border */
};

static struct sizes sizes_of(const struct symbolic *s, size_t border)
{
    struct sizes sizes = { .values = border * border, .scratch = border * border };
    size_t columns = border, rows = border, work;

    for (int node = 0; node < s->count; node++) {
        size_t own = (size_t)symbolic_columns(s, node), all = (size_t)symbolic_rows(s, node) + border;

        sizes.values += own * all;
        columns = own > columns ? own : columns;
        rows = all > rows ? all : rows;
        sizes.scratch = own * all > sizes.scratch ? own * all : sizes.scratch;
    }
    for (int node = 0; node < s->count; node++) { /* what a supernode sends, or gathers, at once */
        size_t own = (size_t)symbolic_columns(s, node), below = (size_t)symbolic_rows(s, node) + border - own;
        size_t most = below < columns ? below : columns;

        work = below * most;
        sizes.work = work > sizes.work ? work : sizes.work;
    }
    sizes.rows = rows;
    return sizes;
}

double supernodal_bytes(const struct symbolic *symbolic, int border, bool in_place)
{
    struct sizes sizes = sizes_of(symbolic, (size_t)border);
    double values = (double)sizes.values, scratch = (double)sizes.scratch;

    return sizeof(double) * ((in_place ? values + scratch : 2.0 * values) + (double)sizes.work + scratch);
}

struct supernodal *supernodal_new(struct symbolic *symbolic, int border, bool in_place)
{
    struct supernodal *f = NEW(struct supernodal);
    struct sizes sizes = sizes_of(symbolic, (size_t)border);
    size_t count = (size_t)symbolic->count, at = 0;

    if (f == NULL) {
        symbolic_free(symbolic);
        return NULL;
    }
    f->symbolic = symbolic;
    f->n = symbolic->n;
    f->border = border;
    f->values = sizes.values;
    f->at = mem_alloc(count + 1, sizeof *f->at);
    f->map = mem_alloc((size_t)f->n, sizeof *f->map);
    f->relative = mem_alloc(sizes.rows, sizeof *f->relative);
    f->head = mem_alloc(3 * count, sizeof *f->head);
    f->L = mem_zalloc(sizes.values, sizeof(double));
    f->S = in_place ? f->L : mem_zalloc(sizes.values, sizeof(double));
    f->aside = in_place ? mem_alloc(sizes.scratch, sizeof(double)) : NULL;
    f->work = mem_alloc(sizes.work, sizeof(double));
    f->scratch = mem_alloc(sizes.scratch, sizeof(double));
    if (f->at == NULL || f->map == NULL || f->relative == NULL || f->head == NULL || f->L == NULL || f->S == NULL
        || f->work == NULL || f->scratch == NULL || (in_place && f->aside == NULL)) {
        supernodal_free(f);
        return NULL;
    }
    f->next = f->head + count;
    f->position = f->next + count;
    for (int node = 0; node < symbolic->count; node++) {
        f->at[node] = at;
        at += (size_t)symbolic_columns(symbolic, node) * (size_t)supernodal_rows(f, node);
    }
    f->at[count] = at;
    return f;
}

void supernodal_free(struct supernodal *f)
{
    if (f == NULL)
        return;
    symbolic_free(f->symbolic);
    mem_free(f->at);
    mem_free(f->map);
    mem_free(f->relative);
    mem_free(f->head);
    if (f->S != f->L)
        mem_free(f->S);
    mem_free(f->L);
    mem_free(f->aside);
    mem_free(f->work);
    mem_free(f->scratch);
    mem_free(f);
}

/* --- places --------------------------------------------------------------------------------------------- */

size_t supernodal_column(const struct supernodal *f, int column)
{
    int node = f->symbolic->owner[column];

    return f->at[node] + (size_t)(column - f->symbolic->first[node]) * (size_t)supernodal_rows(f, node);
}

/* The first of increasing rows, from `low` on, that is not before `wanted`. */
static int find_row(const int *row, int low, int high, int wanted)
{
    while (low < high) {
        int middle = low + (high - low) / 2;

        if (row[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int supernodal_place(const struct supernodal *f, int node, int row)
{
    const struct symbolic *s = f->symbolic;
    int own = symbolic_columns(s, node), rows = symbolic_rows(s, node), place;

    if (row >= f->n)
        return rows + row - f->n;
    if (row < s->first[node + 1])
        return row - s->first[node];
    place = find_row(s->row + s->start[node], own, rows, row);
    assert(place < rows && s->row[s->start[node] + (size_t)place] == row);
    return place;
}

void supernodal_places(const struct supernodal *f, int node, const int32_t *row, size_t count, int *place)
{
    const struct symbolic *s = f->symbolic;
    const int *own = s->row + s->start[node];
    int first = s->first[node], end = s->first[node + 1], rows = symbolic_rows(s, node), at = end - first;

    for (size_t r = 0; r < count; r++)
        if (row[r] < end)
            place[r] = row[r] - first;
        else {
            at = own[at] == row[r] ? at : find_row(own, at, rows, row[r]);
            assert(at < rows && own[at] == row[r]);
            place[r] = at;
            at += at + 1 < rows;
        }
}

double supernodal_inverse(const struct supernodal *f, int i, int j)
{
    int row = i > j ? i : j, column = i > j ? j : i;

    if (column >= f->n)
        return f->S[f->at[f->symbolic->count] + (size_t)(column - f->n) * (size_t)f->border + (size_t)(row - f->n)];
    return f->S[supernodal_column(f, column) + (size_t)supernodal_place(f, f->symbolic->owner[column], row)];
}

/* --- factor ----------------------------------------------------------------------------------------------- */

/* Rows `from` and on of supernode d, of which those before `to` are columns of s, sent to s. */
static void send(struct supernodal *f, int d, int from, int to, int s)
{
    const struct symbolic *y = f->symbolic;
    int ld = supernodal_rows(f, d), columns = symbolic_columns(y, d), rows = ld - from, width = to - from,
        target = supernodal_rows(f, s);
    const double *L = f->L + f->at[d] + from;
    const int *row = y->row + y->start[d];
    double *out = f->L + f->at[s];

    watched_product("NT", rows, width, columns, 1.0, L, ld, L, ld, 0.0, f->work, rows, f->watch);
    for (int r = 0; r < rows; r++)
        f->relative[r] = from + r < ld - f->border ? f->map[row[from + r]] : target - (ld - from - r);
    for (int j = 0; j < width; j++) {
        double *column = out + (size_t)f->relative[j] * (size_t)target;
        const double *sent = f->work + (size_t)j * (size_t)rows;

        for (int r = j; r < rows; r++)
            column[f->relative[r]] -= sent[r];
    }
}

/* B (rows x columns, below a factored triangle of the same block) := B L^-T, some rows at a time. */
static void solve_below(struct supernodal *f, int rows, int columns, const double *L, double *B, int ld)
{
    double work = (double)columns * columns / 2;
    int step = work * rows <= 1e8 ? rows : work < 1e8 / 64 ? (int)(1e8 / work) : 64;

    for (int r = 0, count; r < rows && !watch_stopped(f->watch); r += count) {
        count = rows - r < step ? rows - r : step;
        dtrsm_("R", "L", "T", "N", &count, &columns, &ONE, L, &ld, B + r, &ld);
        if (count < rows)
            watch_stops(f->watch);
    }
}

/* The corner loses what the supernode's rows of the border are in products with each other. */
static void send_to_corner(struct supernodal *f, int node)
{
    int ld = supernodal_rows(f, node), columns = symbolic_columns(f->symbolic, node), border = f->border;
    const double *B = f->L + f->at[node] + (ld - border);
    double *corner = f->L + f->at[f->symbolic->count];

    if (border == 0)
        return;
    if ((double)border * border * columns < 1e8)
        dsyrk_("L", "N", &border, &columns, &MINUS, B, &ld, &ONE, corner, &border);
    else
        watched_product("NT", border, border, columns, -1.0, B, ld, B, ld, 1.0, corner, border, f->watch);
}

/* Puts the supernode, whose rows from `from` on are still to be sent, on the list of the one whose column the first of them is.
 */
static void enlist(struct supernodal *f, int node, int from)
{
    const struct symbolic *y = f->symbolic;
    int target;

    if (from == symbolic_rows(y, node))
        return;
    target = y->owner[y->row[y->start[node] + (size_t)from]];
    f->position[node] = from;
    f->next[node] = f->head[target];
    f->head[target] = node;
}

static bool factor_node(struct supernodal *f, int s)
{
    const struct symbolic *y = f->symbolic;
    int rows = symbolic_rows(y, s), columns = symbolic_columns(y, s), ld = supernodal_rows(f, s), next;
    double *L = f->L + f->at[s];

    for (int r = 0; r < rows; r++)
        f->map[y->row[y->start[s] + (size_t)r]] = r;
    for (int d = f->head[s]; d >= 0; d = next) {
        int from = f->position[d], to = from, end = symbolic_rows(y, d);

        next = f->next[d];
        while (to < end && y->row[y->start[d] + (size_t)to] < y->first[s + 1])
            to++;
        send(f, d, from, to, s);
        enlist(f, d, to);
        if (watch_stopped(f->watch))
            return false;
    }
    if (chol_factor_watched(columns, L, ld, f->watch) != 0)
        return false;
    solve_below(f, ld - columns, columns, L, L + columns, ld);
    send_to_corner(f, s);
    enlist(f, s, columns);
    return !watch_stopped(f->watch);
}

static bool factor_corner(struct supernodal *f)
{
    double *corner = f->L + f->at[f->symbolic->count];
    int bad = chol_factor_watched(f->border, corner, f->border, f->watch);

    if (watch_stopped(f->watch))
        return false;
    for (int j = bad - 1; bad > 0 && j < f->border; j++)
        corner[(size_t)j * (size_t)(f->border + 1)] = 0.0;
    return true;
}

bool supernodal_factor(struct supernodal *f)
{
    int look = 0;

    for (int s = 0; s < f->symbolic->count; s++)
        f->head[s] = -1;
    for (int s = 0; s < f->symbolic->count; s++) {
        look += supernodal_rows(f, s);
        if (look > 1000) { /* columns of rows are worth a look */
            look = 0;
            if (watch_stops(f->watch))
                return false;
        }
        if (!factor_node(f, s))
            return false;
    }
    return factor_corner(f);
}

double supernodal_diagonal(const struct supernodal *f, int column)
{
    int node;

    if (column >= f->n)
        return f->L[f->at[f->symbolic->count] + (size_t)(column - f->n) * (size_t)(f->border + 1)];
    node = f->symbolic->owner[column];
    return f->L[supernodal_column(f, column) + (size_t)(column - f->symbolic->first[node])];
}

void supernodal_border_row(const struct supernodal *f, int row, double *x)
{
    const double *corner = f->L + f->at[f->symbolic->count];

    for (int j = 0; j < f->n; j++)
        x[j] = f->L[supernodal_column(f, j) + (size_t)symbolic_rows(f->symbolic, f->symbolic->owner[j]) + (size_t)row];
    for (int j = 0; j < row; j++)
        x[f->n + j] = corner[(size_t)j * (size_t)f->border + (size_t)row];
}

/* --- solves --------------------------------------------------------------------------------------------------- */

void supernodal_solve_lower(const struct supernodal *f, int border, double *x)
{
    const struct symbolic *y = f->symbolic;
    const int one = 1;

    for (int s = 0; s < y->count; s++) {
        int columns = symbolic_columns(y, s), rows = symbolic_rows(y, s), ld = supernodal_rows(f, s);
        const int *row = y->row + y->start[s];
        const double *L = f->L + f->at[s];
        double *own = x + y->first[s];

        dtrsv_("L", "N", "N", &columns, L, &ld, own, &one);
        for (int j = 0; j < columns; j++) {
            const double *column = L + (size_t)j * (size_t)ld;

            for (int r = columns; r < rows; r++)
                x[row[r]] -= column[r] * own[j];
            for (int e = 0; e < border; e++)
                x[f->n + e] -= column[rows + e] * own[j];
        }
    }
    chol_solve_lower(border, f->L + f->at[y->count], f->border, x + f->n);
}

void supernodal_solve_upper(const struct supernodal *f, int border, double *x)
{
    const struct symbolic *y = f->symbolic;
    const int one = 1;

    chol_solve_upper(border, f->L + f->at[y->count], f->border, x + f->n);
    for (int s = y->count - 1; s >= 0; s--) {
        int columns = symbolic_columns(y, s), rows = symbolic_rows(y, s), ld = supernodal_rows(f, s);
        const int *row = y->row + y->start[s];
        const double *L = f->L + f->at[s];
        double *own = x + y->first[s];

        for (int j = 0; j < columns; j++) {
            const double *column = L + (size_t)j * (size_t)ld;

            for (int r = columns; r < rows; r++)
                own[j] -= column[r] * x[row[r]];
            for (int e = 0; e < border; e++)
                own[j] -= column[rows + e] * x[f->n + e];
        }
        dtrsv_("L", "T", "N", &columns, L, &ld, own, &one);
    }
}

/* --- selected inverse ---------------------------------------------------------------------------------------- */

/* S_RR for the rows `from` .. of supernode s, of which those before `to` are columns of d, into work: (below - from) x (to -
 * from), the square on top symmetric. */
static void gather(struct supernodal *f, int s, int from, int to, int below, int d)
{
    const struct symbolic *y = f->symbolic;
    const int *row = y->row + y->start[s] + symbolic_columns(y, s), *other = d < y->count ? y->row + y->start[d] : NULL;
    int tail = symbolic_rows(y, s) - symbolic_columns(y, s), count = below - from, width = to - from;
    int rows = d < y->count ? symbolic_rows(y, d) : 0, ld = d < y->count ? rows + f->border : f->border;
    const double *S = f->S + f->at[d];

    for (int r = from, at = 0; r < below; r++)
        if (r >= tail)
            f->relative[r - from] = rows + r - tail;
        else {
            assert(other != NULL); /* the border's columns have rows of the border alone below them */
            at = other[at] == row[r] ? at : find_row(other, at, rows, row[r]);
            f->relative[r - from] = at;
            at += at + 1 < rows;
        }
    for (int j = 0; j < width; j++) {
        const double *column = S + (size_t)f->relative[j] * (size_t)ld;
        double *out = f->work + (size_t)j * (size_t)count;

        for (int r = j; r < count; r++)
            out[r] = column[f->relative[r]];
        for (int r = j + 1; r < width; r++)
            f->work[(size_t)r * (size_t)count + (size_t)j] = out[r];
    }
}

/* out (below x columns, leading dimension ld) := -S_RR G, owner by owner of the rows R. */
static void multiply(struct supernodal *f, int s, int below, const double *G, double *out, int ld)
{
    const struct symbolic *y = f->symbolic;
    int columns = symbolic_columns(y, s), tail = symbolic_rows(y, s) - columns;
    const int *row = y->row + y->start[s] + columns;

    for (int j = 0; j < columns; j++)
        memset(out + (size_t)j * (size_t)ld, 0, sizeof(double) * (size_t)below);
    for (int from = 0, to; from < below && !watch_stopped(f->watch); from = to) {
        int d = from < tail ? y->owner[row[from]] : y->count, rest, count;

        to = from;
        while (to < tail && d < y->count && row[to] < y->first[d + 1])
            to++;
        to = d < y->count ? to : below;
        gather(f, s, from, to, below, d);
        count = below - from;
        rest = below - to;
        watched_product("NN", count, columns, to - from, -1.0, f->work, count, G + from, below, 1.0, out + from, ld, f->watch);
        if (rest > 0)
            watched_product("TN", to - from, columns, rest, -1.0, f->work + (to - from), count, G + to, below, 1.0, out + from,
                            ld, f->watch);
    }
}

static void invert_node(struct supernodal *f, int s)
{
    const struct symbolic *y = f->symbolic;
    int columns = symbolic_columns(y, s), ld = supernodal_rows(f, s), below = ld - f->border + f->inverted - columns;
    double *L = f->L + f->at[s], *S = f->S + f->at[s], *G = f->scratch;

    if (f->aside != NULL)
        L = memcpy(f->aside, L, sizeof(double) * (size_t)columns * (size_t)ld);
    chol_invert_watched(columns, L, f->scratch, S, ld, f->watch);
    if (below == 0 || watch_stopped(f->watch))
        return;
    for (int j = 0; j < columns; j++)
        memcpy(G + (size_t)j * (size_t)below, L + (size_t)j * (size_t)ld + columns, sizeof(double) * (size_t)below);
    {
        double work = (double)columns * columns / 2;
        int step = work * below <= 1e8 ? below : work < 1e8 / 64 ? (int)(1e8 / work) : 64;

        for (int r = 0, count; r < below && !(step < below && watch_stops(f->watch)); r += count) {
            count = below - r < step ? below - r : step;
            dtrsm_("R", "L", "N", "N", &count, &columns, &ONE, L, &ld, G + r, &below);
        }
    }
    multiply(f, s, below, G, S + columns, ld);
    watched_product("TN", columns, columns, below, -1.0, G, below, S + columns, ld, 1.0, S, ld, f->watch);
}

void supernodal_invert(struct supernodal *f, int border)
{
    int look = 0, count = f->symbolic->count;

    f->inverted = border;
    chol_invert_watched(border, f->L + f->at[count], f->scratch, f->S + f->at[count], f->border, f->watch);
    for (int j = 0; j < border; j++) /* read above the diagonal too */
        for (int i = 0; i < j; i++)
            f->S[f->at[count] + (size_t)j * (size_t)f->border + (size_t)i] =
                f->S[f->at[count] + (size_t)i * (size_t)f->border + (size_t)j];
    for (int s = count - 1; s >= 0 && !watch_stopped(f->watch); s--) {
        look += supernodal_rows(f, s);
        if (look > 1000) {
            look = 0;
            watch_stops(f->watch);
        }
        invert_node(f, s);
    }
}

/* --- the whole inverse --------------------------------------------------------------------------------------- */

/* The lower triangle of some columns, from the diagonal on, into a matrix, and its mirror. */
static void put_triangle(const double *from, int ld, int columns, double *to, size_t order)
{
    for (int j = 0; j < columns; j++)
        for (int i = j; i < columns; i++)
            to[(size_t)j * order + (size_t)i] = to[(size_t)i * order + (size_t)j] = from[(size_t)j * (size_t)ld + (size_t)i];
}

/* S_Ls = -S_LR G for all rows L behind supernode s, R its rows among them: as its own rows alone in invert_node. */
static void fill_node(struct supernodal *f, int s, double *S, double *work)
{
    const struct symbolic *y = f->symbolic;
    int columns = symbolic_columns(y, s), ld = supernodal_rows(f, s), tail = symbolic_rows(y, s) - columns;
    int below = tail + f->inverted, end = y->first[s + 1], order = f->n + f->inverted, later = order - end;
    const int *row = y->row + y->start[s] + columns;
    double *G = f->scratch, *own = S + (size_t)y->first[s] * (size_t)order;

    put_triangle(f->S + f->at[s], ld, columns, own + y->first[s], (size_t)order);
    if (later == 0)
        return;
    for (int j = 0; j < columns; j++)
        memcpy(G + (size_t)j * (size_t)below, f->L + f->at[s] + (size_t)j * (size_t)ld + columns, sizeof(double) * (size_t)below);
    if (below > 0)
        dtrsm_("R", "L", "N", "N", &below, &columns, &ONE, f->L + f->at[s], &ld, G, &below);
    for (int r = 0; r < below; r++) {
        int place = r < tail ? row[r] : f->n + r - tail;

        memcpy(work + (size_t)r * (size_t)later, S + (size_t)place * (size_t)order + (size_t)end, sizeof(double) * (size_t)later);
    }
    for (int j = 0; j < columns; j++)
        memset(own + (size_t)j * (size_t)order + (size_t)end, 0, sizeof(double) * (size_t)later);
    watched_product("NN", later, columns, below, -1.0, work, later, G, below, 1.0, own + end, order, f->watch);
    for (int i = end; i < order; i++)
        for (int j = 0; j < columns; j++)
            S[(size_t)i * (size_t)order + (size_t)(y->first[s] + j)] = own[(size_t)j * (size_t)order + (size_t)i];
}

void supernodal_fill(struct supernodal *f, double *S, double *work)
{
    size_t order = (size_t)f->n + (size_t)f->inverted;
    int count = f->symbolic->count;

    put_triangle(f->S + f->at[count], f->border, f->inverted, S + (size_t)f->n * (order + 1), order);
    for (int s = count - 1; s >= 0 && !watch_stops(f->watch); s--)
        fill_node(f, s, S, work);
}

double supernodal_fill_work(const struct supernodal *f)
{
    double work = 0.0;

    for (int s = 0; s < f->symbolic->count; s++) {
        double columns = symbolic_columns(f->symbolic, s), below = supernodal_rows(f, s) - columns;

        work += columns * below * (f->n + f->border - f->symbolic->first[s + 1] + columns);
    }
    return work;
}
