/* rowcov-moved.c -- which estimates, and which of their errors, move along what the structure of a model of rowcov.h leaves open
 * (rowcov-identify.c has the algebra). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/rowcov-look-private.h"
#include "linalg/lapack.h"

/* Along `dims` directions, G'y the least-squares estimates (G: n x p): D (n x p) = D G of the last of them, S (p x p) = G'D G of
 * each, in units of what V makes of them: size. */
struct movement {
    double *G, *D, *S, *size;
    double *basis, *room; /* p x p, 2 p^2: scratch */
    bool *free;           /* p: neither the estimate nor its error is open along any */
    double *block;
};

static bool movement_new(struct movement *move, const struct rowcov *m, int dims)
{
    size_t p = (size_t)m->p, np = m->n * p;
    int n = (int)m->n, columns = m->p;
    double one = 1.0;

    move->block = NEW_ARRAY(double, 2 * np + ((size_t)dims + 3) * p * p + p + 1);
    move->free = NEW_ARRAY(bool, p + 1);
    if (move->block == NULL || move->free == NULL)
        return false;
    move->G = move->block;
    move->D = move->G + np;
    move->S = move->D + np;
    move->basis = move->S + (size_t)dims * p * p;
    move->room = move->basis + p * p;
    move->size = move->room + 2 * p * p;
    memcpy(move->G, m->E, sizeof *m->E * np);
    if (p > 0)
        dtrsm_("R", "U", "T", "N", &n, &columns, &one, m->R, &columns, move->G, &n);
    return true;
}

static void movement_clear(struct movement *move)
{
    mem_free(move->block);
    mem_free(move->free);
}

/* D and S (p x p) of one direction, without what is rounding in S. */
static bool set_movement(struct rowcov_look *look, const double *v, struct movement *move, double *S)
{
    const struct rowcov *m = look->m;
    int n = (int)m->n, p = m->p;
    double one = 1.0, zero = 0.0;
    bool ok = true;

    memset(move->D, 0, sizeof *move->D * m->n * (size_t)p);
    for (int c = 0; ok && c < p; c++) {
        const double *g = move->G + (size_t)c * m->n;
        double *out = move->D + (size_t)c * m->n;

        ok = rowcov_look_product(look, look->count, g, look->w);
        move->size[c] = sqrt(rowcov_look_square(m->n, look->w) * rowcov_look_square(m->n, g));
        for (int j = 0; ok && j < look->columns; j++) {
            if (v[j] == 0.0)
                continue;
            ok = rowcov_look_product(look, j, g, look->w);
            for (size_t i = 0; i < m->n; i++)
                out[i] += v[j] * look->w[i];
        }
    }
    dgemm_("T", "N", &p, &p, &n, &one, move->G, &n, move->D, &n, &zero, S, &p);
    for (int b = 0; b < p; b++)
        for (int a = 0; a < p; a++) {
            double *s = &S[a + b * p], unit = sqrt(move->size[a] * move->size[b]);

            *s = fabs(*s) > ROWCOV_MOVED * unit ? *s / unit : 0.0;
        }
    return ok;
}

/* moved += D'P D of direction number v: what of the change lies beside X moves the estimates. */
static bool add_moved(struct rowcov_look *look, int v, struct movement *move, double *moved)
{
    const struct rowcov *m = look->m;
    int n = (int)m->n, p = m->p;
    double *S = move->S + (size_t)v * (size_t)p * (size_t)p, one = 1.0;

    if (!set_movement(look, look->null + (size_t)v * (size_t)look->columns, move, S))
        return false;
    for (int c = 0; c < p; c++) {
        double *column = move->D + (size_t)c * m->n,
               unit = move->size[c] / sqrt(rowcov_look_square(m->n, move->G + (size_t)c * m->n)), length;

        rowcov_look_project(look, column);
        length = sqrt(rowcov_look_square(m->n, column));
        for (size_t i = 0; i < m->n; i++)
            column[i] = length > ROWCOV_MOVED * unit ? column[i] / sqrt(move->size[c]) : 0.0;
        move->free[c] = move->free[c] && !(length > ROWCOV_MOVED * unit) && S[c + c * p] == 0.0;
    }
    dgemm_("T", "N", &p, &p, &n, &one, move->D, &n, move->D, &n, &one, moved, &p);
    return true;
}

/* flat += U U'S U U'S U U', of a direction, with U (p x still) what is not moved: along V + X B' + B X' the variance of such a
 * c'beta goes as c'S c, and the covariance of two likewise.  Marks in `bound` the free that a covariance ties to each other. */
static void add_flat(int p, const double *S, const struct movement *move, int still, bool *bound, double *flat)
{
    double *U = move->basis, *US = move->room, *W = US + (size_t)p * (size_t)p, one = 1.0, zero = 0.0;

    dgemm_("T", "N", &still, &p, &p, &one, U, &p, S, &p, &zero, US, &still);
    dgemm_("N", "N", &still, &still, &p, &one, US, &still, U, &p, &zero, W, &still);
    dgemm_("N", "N", &p, &still, &still, &one, U, &p, W, &still, &zero, US, &p);
    for (int e = 0; e < p * still; e++)
        US[e] = fabs(US[e]) > ROWCOV_MOVED ? US[e] : 0.0;
    dgemm_("N", "T", &p, &p, &still, &one, US, &p, US, &p, &one, flat, &p);
    for (int a = 0; a < p; a++)
        for (int b = 0; b < p; b++)
            bound[a] = bound[a] || (move->free[a] && move->free[b] && S[a + b * p] != 0.0);
}

/* Takes the null space U (p x still) out of K, of which it is no more than the rounding of differences; what is 0 stays 0. */
static void take_null_out(int p, int still, const double *U, double *room, double *K)
{
    double *part = room + (size_t)p * (size_t)p, one = 1.0, minus = -1.0, zero = 0.0;

    if (p == 0 || still <= 0)
        return;
    for (int j = 0; j < p; j++)
        part[j] = K[j + j * p];
    dgemm_("N", "N", &p, &still, &p, &one, K, &p, U, &p, &zero, room, &p);
    dgemm_("N", "T", &p, &p, &still, &minus, room, &p, U, &p, &one, K, &p);
    dgemm_("T", "N", &still, &p, &p, &one, U, &p, K, &p, &zero, room, &still);
    dgemm_("N", "N", &p, &p, &still, &minus, U, &p, room, &still, &one, K, &p);
    for (int b = 0; b < p; b++)
        for (int a = 0; a < p; a++)
            if (!(part[a] > 0.0) || !(part[b] > 0.0))
                K[a + b * p] = 0.0;
}

/* flat += moved, but for what is free, alone and together: that has no part in it. */
static void finish_errors(const struct movement *move, int p, const bool *bound, double *flat, const double *moved)
{
    for (int b = 0; b < p; b++)
        for (int a = 0; a < p; a++) {
            bool out = (move->free[a] && !bound[a]) || (move->free[b] && !bound[b]);

            flat[a + b * p] = out ? 0.0 : flat[a + b * p] + moved[a + b * p];
        }
}

/* From the units of movements to those of the coefficients. */
static void scale_squares(int p, const double size[], double *K)
{
    for (int b = 0; b < p; b++)
        for (int a = 0; a < p; a++)
            K[a + b * p] *= sqrt(size[a] * size[b]);
}

/* Both at the point that is looked at. */
static bool set_errors(struct rowcov_look *look, double *flat, double *moved)
{
    struct movement move = { 0 };
    size_t c = (size_t)look->columns;
    int p = look->m->p, dims = 0, still = 0;
    bool *bound = NEW_ARRAY(bool, p + 1);
    bool ok = bound != NULL && rowcov_set(look->m, look->x);

    memset(look->gram, 0, sizeof *look->gram * c * c);
    ok = ok && rowcov_look_gram(look) && (dims = rowcov_look_null(look)) >= 0 && movement_new(&move, look->m, dims);
    for (int j = 0; ok && j < p; j++)
        move.free[j] = true;
    for (int v = 0; ok && v < dims; v++)
        ok = add_moved(look, v, &move, moved);
    ok = ok && (still = null_basis(p, p, moved, ROWCOV_MOVED * ROWCOV_MOVED, move.basis)) >= 0;
    if (ok)
        take_null_out(p, still, move.basis, move.room, moved);
    for (int v = 0; ok && still > 0 && v < dims; v++)
        add_flat(p, move.S + (size_t)v * (size_t)p * (size_t)p, &move, still, bound, flat);
    if (ok && dims > 0)
        finish_errors(&move, p, bound, flat, moved);
    ok = ok && (still = null_basis(p, p, flat, ROWCOV_MOVED * ROWCOV_MOVED, move.basis)) >= 0;
    if (ok) {
        take_null_out(p, still, move.basis, move.room, flat);
        scale_squares(p, move.size, flat);
        scale_squares(p, move.size, moved);
    }
    movement_clear(&move);
    mem_free(bound);
    return ok;
}

bool rowcov_find_errors(const struct rowcov_task *task, double *flat, double *moved)
{
    struct rowcov *m = task->m;
    size_t pp = (size_t)m->p * (size_t)m->p;
    struct rowcov_look look;
    bool ok = rowcov_look_new(&look, m);

    if (ok) {
        for (int j = 0; j < m->count; j++)
            look.x[j] = task->open->moved[j] ? look.x[j] : task->x[j];
        if (!set_errors(&look, flat, moved)) { /* no matrix there: at a point where there is one */
            memset(flat, 0, sizeof *flat * pp);
            memset(moved, 0, sizeof *moved * pp);
            rowcov_look_clear(&look);
            ok = rowcov_look_new(&look, m) && set_errors(&look, flat, moved);
        }
        ok = rowcov_set(m, task->x) && ok;
    }
    rowcov_look_clear(&look);
    return ok;
}
