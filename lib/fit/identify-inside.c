/* identify-inside.c -- effects of a term whose columns lie within those of the fixed effects, beside effects that do not: the
 * intercept in y ~ g + x + (x | g).
 *
 * With Z_l the rows of level l of a term, C are the combinations c of its effects for which each Z_l c lies in the space of X.
 * Whatever their variances and covariances, the contrasts that are free of the fixed effects do not change, so that by REML the
 * term is fitted without them: with the pivots of C, whose columns are sums of those that stay, left out.  The fixed effect
 * l'beta has an error that they change where l'a_l is not 0 for some level, Z_l c = X a_l.
 *
 * The likelihood itself, and Laplace's of it, has log|V| too, which they change: given what stays, its only optimum is where it
 * is least, with effects that are correlated by 1 or -1 (sum over l of log|I + Z_l'Z_l G|, least in G of the rank of what
 * stays).  There nothing is left out, and the optimum is found as any other at a boundary.
 *
 * So has its estimate, which a covariance with an effect b that stays takes along: of V + X B' + B X' the estimates are those of
 * V less B'Py, and B'Py is a sum over levels of a_l times z_b'Py, what the data say of b there.  Where b has no variance there is
 * no covariance either. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/identify-private.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

static const double INSIDE = 1e-8; /* what is left of a column outside a span, beside its length */
static const double NEARLY = 1e-9; /* of an eigenvalue beside 1, a sum of squares in which rounding has its part */

/* --- the search --------------------------------------------------------------------------------------- */

struct rows {
    const struct design *design;
    int p;                 /* columns of Q */
    double *Q;             /* n x p orthonormal columns that span sqrt(weights) X, and a constant */
    double *root;          /* n: square roots of the weights; NULL: 1 */
    double *products;      /* levels x p x k: Q'Z_l */
    double *vector, *part; /* n; p */
};

static void rows_clear(struct rows *rows)
{
    mem_free(rows->Q);
    mem_free(rows->root);
    mem_free(rows->products);
    mem_free(rows->vector);
    mem_free(rows->part);
}

/* Whether an effect has rows in so many levels at most: each level that shows it takes a column of the fixed effects.  -1 when
 * memory is out. */
static int few_levels_show(const struct design *design, const struct random_design *random, int most)
{
    bool *shown = NEW_ARRAY(bool, random->level_count + 1), few = false;
    size_t k = (size_t)random->k;

    if (shown == NULL)
        return -1;
    for (size_t a = 0; a < k && !few; a++) {
        int count = 0;

        memset(shown, 0, sizeof *shown * (size_t)random->level_count);
        for (size_t i = 0; i < design->n && count <= most; i++)
            if (random->z[i * k + a] != 0.0 && !shown[random->level[i]]) {
                shown[random->level[i]] = true;
                count++;
            }
        few = count <= most;
    }
    mem_free(shown);
    return few;
}

/* `open`: it is known that something is, and all terms are looked at, for combinations of effects too.  -1 when memory is out. */
static int may_be_inside(const struct design *design, const struct random_design *random, int p, bool open)
{
    bool may = random->k > 1 && random->k <= COVARIANCE_MOST && random->z != NULL && random->covariance->correlated;

    return !may ? 0 : open ? 1 : few_levels_show(design, random, p);
}

int reduction_may_be_inside(const struct design *design, const struct identify_view *view)
{
    int may = 0;

    for (int t = 0; view->reml && t < design->random_count && may == 0; t++)
        may = may_be_inside(design, &design->random[t], design->p + view->constant, false);
    return may;
}

/* The columns in units of their length; dgeqrf and dorgqr make them orthonormal. */
static bool rows_init(struct rows *rows, const struct design *design, const struct identify_view *view, bool open)
{
    int n = (int)design->n, p = design->p + view->constant, info = 0, size = 64 * (p + 1), most = 1;
    double *tau;

    *rows = (struct rows){ .design = design, .p = p };
    for (int t = 0; t < design->random_count; t++) {
        int columns = design->random[t].level_count * design->random[t].k;
        int may = columns > most ? may_be_inside(design, &design->random[t], p, open) : 0;

        if (may < 0)
            return false;
        most = may > 0 ? columns : most;
    }
    tau = NEW_ARRAY(double, p + size + 1);
    rows->Q = mem_alloc(design->n * (size_t)p + 1, sizeof *rows->Q);
    rows->products = mem_alloc((size_t)most, (size_t)(p + 1) * sizeof *rows->products);
    rows->vector = mem_alloc(design->n, sizeof *rows->vector);
    rows->part = NEW_ARRAY(double, p + 1);
    rows->root = view->residual && design->weights != NULL ? mem_alloc(design->n, sizeof *rows->root) : NULL;
    if (tau == NULL || rows->Q == NULL || rows->products == NULL || rows->vector == NULL || rows->part == NULL
        || (view->residual && design->weights != NULL && rows->root == NULL)) {
        mem_free(tau);
        return false;
    }
    for (size_t i = 0; rows->root != NULL && i < design->n; i++)
        rows->root[i] = sqrt(design->weights[i]);
    for (int j = 0; j < p; j++) {
        double length = 0;

        for (size_t i = 0; i < design->n; i++) {
            double x = (j < design->p ? design->X[i + (size_t)j * design->n] : 1) * (rows->root == NULL ? 1 : rows->root[i]);

            rows->Q[i + (size_t)j * design->n] = x;
            length += x * x;
        }
        for (size_t i = 0; i < design->n && length > 0; i++)
            rows->Q[i + (size_t)j * design->n] /= sqrt(length);
    }
    dgeqrf_(&n, &p, rows->Q, &n, tau, tau + p, &size, &info);
    dorgqr_(&n, &p, &p, rows->Q, &n, tau, tau + p, &size, &info);
    mem_free(tau);
    return true;
}

static double z_of(const struct rows *rows, const struct random_design *random, size_t i, int a)
{
    return random->z[i * (size_t)random->k + (size_t)a] * (rows->root == NULL ? 1 : rows->root[i]);
}

/* G := sum over levels of Z_l'(I - QQ')Z_l in units of scale, k x k. */
static void sum_left(const struct rows *rows, const struct random_design *random, const double scale[], double *G)
{
    int k = random->k, p = rows->p;
    size_t n = rows->design->n;

    memset(G, 0, sizeof *G * (size_t)(k * k));
    memset(rows->products, 0, sizeof *rows->products * (size_t)random->level_count * (size_t)(p * k));
    for (size_t i = 0; i < n; i++) {
        double *product = rows->products + (size_t)random->level[i] * (size_t)(p * k);

        for (int a = 0; a < k; a++) {
            double z = z_of(rows, random, i, a) / scale[a];

            for (int b = 0; b < k; b++)
                G[a + b * k] += z * z_of(rows, random, i, b) / scale[b];
            for (int j = 0; j < p && z != 0; j++)
                product[j + a * p] += rows->Q[i + (size_t)j * n] * z;
        }
    }
    for (int32_t l = 0; l < random->level_count; l++) {
        const double *product = rows->products + (size_t)l * (size_t)(p * k);

        for (int a = 0; a < k; a++)
            for (int b = 0; b < k; b++)
                for (int j = 0; j < p; j++)
                    G[a + b * k] -= product[j + a * p] * product[j + b * p];
    }
}

/* Whether each Z_l c lies in the span: of a random sum over the levels nothing is left. */
static bool lies_inside(const struct rows *rows, const struct random_design *random, const double c[])
{
    const double one = 1, minus = -1, zero = 0;
    int n = (int)rows->design->n, p = rows->p, step = 1, k = random->k;
    struct rng rng;

    rng_init(&rng, 8, 3);
    for (int look = 0; look < 2; look++) {
        double length = 0, left = 0, *times = rows->products;

        for (int32_t l = 0; l < random->level_count; l++)
            times[l] = rng_normal(&rng);
        for (int i = 0; i < n; i++) {
            double sum = 0;

            for (int a = 0; a < k; a++)
                sum += c[a] * z_of(rows, random, (size_t)i, a);
            rows->vector[i] = sum * times[random->level[i]];
            length += rows->vector[i] * rows->vector[i];
        }
        dgemv_("T", &n, &p, &one, rows->Q, &n, rows->vector, &step, &zero, rows->part, &step);
        dgemv_("N", &n, &p, &minus, rows->Q, &n, rows->part, &step, &one, rows->vector, &step);
        for (int i = 0; i < n; i++)
            left += rows->vector[i] * rows->vector[i];
        if (!(sqrt(left) <= INSIDE * sqrt(length)))
            return false;
    }
    return true;
}

/* The combinations of effects that lie inside, k x count (orthonormal but for the units of the columns).  -1: out of memory. */
static int find_inside(const struct rows *rows, const struct random_design *random, double *C)
{
    int k = random->k, size = 40 * (k + 1), count = 0;
    double *G = NEW_ARRAY(double, k *k + 2 * k + size), *values = G == NULL ? NULL : G + k * k,
           *scale = G == NULL ? NULL : values + k, largest = 0;

    if (G == NULL)
        return -1;
    for (int a = 0; a < k; a++) {
        for (size_t i = 0; i < rows->design->n; i++)
            scale[a] += z_of(rows, random, i, a) * z_of(rows, random, i, a);
        scale[a] = scale[a] > 0 ? sqrt(scale[a]) : 1;
    }
    sum_left(rows, random, scale, G);
    if (symmetric_eigen(k, G, values, scale + k, size))
        for (int e = 0; e < k && values[e] < NEARLY; e++) {
            double *c = C + count * k;

            for (int a = 0; a < k; a++)
                c[a] = G[a + e * k] / scale[a];
            largest = fmax(largest, fabs(values[e]));
            count += lies_inside(rows, random, c);
        }
    mem_free(G);
    return count;
}

/* --- what stays ---------------------------------------------------------------------------------------- */

/* C to the reduced echelon form of its transpose, with pivots as early as can be; pivot (count). */
static void echelon(int k, int count, double *C, int pivot[])
{
    int done = 0;

    for (int a = 0; a < k && done < count; a++) {
        int best = done;

        for (int e = done; e < count; e++)
            best = fabs(C[a + e * k]) > fabs(C[a + best * k]) ? e : best;
        double size = 0;

        for (int b = 0; b < k; b++)
            size = fmax(size, fabs(C[b + best * k]));
        if (!(fabs(C[a + best * k]) > TOLERANCE_WHOLE * size))
            continue;
        for (int b = 0; b < k; b++) {
            double swap = C[b + done * k];

            C[b + done * k] = C[b + best * k];
            C[b + best * k] = swap;
        }
        for (int b = k - 1; b >= 0; b--)
            C[b + done * k] = b < a ? 0 : C[b + done * k] / C[a + done * k];
        for (int e = 0; e < count; e++) {
            double times = C[a + e * k];

            for (int b = 0; e != done && b < k; b++)
                C[b + e * k] -= times * C[b + done * k];
        }
        pivot[done++] = a;
    }
}

/* Leaves the pivots of C out of term t: b_f - sum over them of c_f b_pivot stays for each other effect f. */
static bool keep_others(struct reduction *r, int t, int count, double *C)
{
    int k = r->design.random[t].k, pivot[COVARIANCE_MOST], left[COVARIANCE_MOST], dims = 0;
    double rows[COVARIANCE_MOST * COVARIANCE_MOST];

    echelon(k, count, C, pivot);
    memset(rows, 0, sizeof *rows * (size_t)(k * k));
    for (int f = 0; f < k; f++) {
        bool is_pivot = false;

        for (int e = 0; e < count; e++)
            is_pivot = is_pivot || pivot[e] == f;
        if (is_pivot)
            continue;
        rows[dims * k + f] = 1;
        for (int e = 0; e < count; e++)
            rows[dims * k + pivot[e]] = -reduction_whole(C[f + e * k]);
        left[dims++] = f;
    }
    return reduction_keep_effects(r, t, dims, left, rows);
}

bool reduction_leave_inside(struct reduction *r, const struct identify_view *view, bool open)
{
    struct rows rows;
    double C[COVARIANCE_MOST * COVARIANCE_MOST];
    bool ok = rows_init(&rows, r->full, view, open);

    for (int t = 0; ok && t < r->design.random_count; t++) {
        const struct random_design *random = &r->design.random[t];
        int count, origin = r->pieces[t].origin, k = random->k, may = may_be_inside(r->full, random, rows.p, open);

        ok = may >= 0;
        if (may <= 0)
            continue;
        count = find_inside(&rows, random, C);
        ok = count >= 0;
        if (!ok || count == 0 || count == k) /* a whole term is one that adds nothing, and left out as such */
            continue;
        r->inside[origin] = (struct inside){ count, NEW_ARRAY(double, k *count) };
        ok = r->inside[origin].C != NULL;
        if (ok)
            memcpy(r->inside[origin].C, C, sizeof *C * (size_t)(k * count));
        ok = ok && keep_others(r, t, count, C);
    }
    rows_clear(&rows);
    return ok;
}

/* --- the errors of the fixed effects ------------------------------------------------------------------- */

/* a_l = G'Z_l c of each level l for the combination c of term t, levels x (p + 1), its last column the square of Z_l c; without
 * what is rounding: a level that does not show c has what that leaves of it.  NULL when memory is out (mem_free). */
static double *level_sums(const struct reduction *r, const double *G, int t, const double *c)
{
    const struct random_design *random = &r->full->random[t];
    size_t n = r->full->n, p = (size_t)r->full->p + r->constant, k = (size_t)random->k;
    double *a = mem_zalloc((size_t)random->level_count, (p + 1) * sizeof *a), *length = NEW_ARRAY(double, p + 1), largest = 0;

    if (a == NULL || length == NULL) {
        mem_free(a);
        mem_free(length);
        return NULL;
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < n; i++) {
            double sum = 0, root = r->residual && r->full->weights != NULL ? sqrt(r->full->weights[i]) : 1;

            for (size_t b = 0; b < k; b++)
                sum += c[b] * random->z[i * k + b] * root;
            a[(size_t)random->level[i] * (p + 1) + j] += G[i + j * n] * sum;
            a[(size_t)random->level[i] * (p + 1) + p] += j == 0 ? sum * sum : 0;
            length[j] += G[i + j * n] * G[i + j * n];
        }
    for (int32_t l = 0; l < random->level_count; l++)
        largest = fmax(largest, a[(size_t)l * (p + 1) + p]);
    for (int32_t l = 0; l < random->level_count; l++)
        for (size_t j = 0; j < p; j++) {
            double *of = a + (size_t)l * (p + 1) + j;

            *of = fabs(*of) > TOLERANCE_UNMOVED * sqrt(length[j] * largest) ? *of : 0;
        }
    mem_free(length);
    return a;
}

/* K += sum over levels of a_l a_l'. */
static bool add_levels(const struct reduction *r, const double *G, int t, const double *c, double *flat)
{
    size_t p = (size_t)r->full->p + r->constant, ld = (size_t)r->full->p + 1;
    double *a = level_sums(r, G, t, c);

    for (int32_t l = 0; a != NULL && l < r->full->random[t].level_count; l++) {
        const double *of = a + (size_t)l * (p + 1);

        for (size_t i = 0; i < p; i++)
            for (size_t j = 0; j < p; j++)
                flat[i + j * ld] += of[i] * of[j];
    }
    mem_free(a);
    return a != NULL;
}

/* Takes the matrices c s' + s c' of a term out of the directions, whose entries are in units of size[]. */
static bool take_out(const struct reduction *r, int t, int dims, double *directions)
{
    const struct random_design *random = &r->full->random[t];
    const struct inside *inside = &r->inside[t];
    int k = random->k, first = 0, width = random_parameters(random), count = 0;
    double *basis = NEW_ARRAY(double, inside->count *k *width + 1);

    if (basis == NULL)
        return false;
    for (int s = 0; s < t; s++)
        first += random_parameters(&r->full->random[s]);
    for (int e = 0; e < inside->count; e++)
        for (int s = 0; s < k; s++) {
            double *f = basis + count * width, before = 0, after = 0;

            for (int b = 0; b < k; b++)
                for (int a = b; a < k; a++) {
                    const double *c = inside->C + e * k;
                    int at = reduction_entry(random, a, b);

                    f[at] = (c[a] * (s == b) + c[b] * (s == a)) / r->size[first + at];
                }
            for (int at = 0; at < width; at++)
                before += f[at] * f[at];
            for (int g = 0; g < count; g++) {
                double dot = 0;

                for (int at = 0; at < width; at++)
                    dot += f[at] * basis[g * width + at];
                for (int at = 0; at < width; at++)
                    f[at] -= dot * basis[g * width + at];
            }
            for (int at = 0; at < width; at++)
                after += f[at] * f[at];
            if (!(after > TOLERANCE_OPEN * TOLERANCE_OPEN * before))
                continue;
            for (int at = 0; at < width; at++)
                f[at] /= sqrt(after);
            count++;
        }
    for (int v = 0; v < dims; v++)
        for (int g = 0; g < count; g++) {
            double *d = directions + v * r->full_count + first, dot = 0;

            for (int at = 0; at < width; at++)
                dot += d[at] * basis[g * width + at];
            for (int at = 0; at < width; at++)
                d[at] -= dot * basis[g * width + at];
        }
    mem_free(basis);
    return true;
}

bool identify_flat_inside(const struct reduction *r, const double *G, int dims, double *directions, double *flat)
{
    bool ok = true, any = false;

    for (int t = 0; ok && t < r->full->random_count; t++)
        for (int e = 0; ok && e < r->inside[t].count; e++) {
            any = true;
            ok = add_levels(r, G, t, r->inside[t].C + e * r->full->random[t].k, flat)
                 && (e > 0 || take_out(r, t, dims, directions));
        }
    for (int v = 0; any && v < dims; v++) {
        double *d = directions + v * r->full_count, size = 0;

        for (int f = 0; f < r->full_count; f++)
            size += d[f] * d[f];
        for (int f = 0; !(sqrt(size) > TOLERANCE_OPEN) && f < r->full_count; f++)
            d[f] = 0;
    }
    return ok;
}

/* The most that an effect is multiplied by in a row. */
static double largest_value(const struct random_design *random, size_t n, size_t b)
{
    size_t k = (size_t)random->k;
    double most = random->z == NULL ? 1.0 : 0.0;

    for (size_t i = 0; random->z != NULL && i < n; i++)
        most = fmax(most, fabs(random->z[i * k + b]));
    return most;
}

/* Whether an effect of a reduced term has a variance: one that adds to a row's, beside the residual's, more than a template that
 * is singular does. */
static bool has_variance(const struct reduction *r, const struct fit *reduced, int s, size_t b)
{
    double most = largest_value(&r->design.random[s], r->full->n, b);

    return reduced->random[s].sd[b] * most > TOLERANCE_SINGULAR * reduced->sigma;
}

/* moved += the products of the columns of P sum_l Z_l s a_l', for an effect s (b of the reduced term `at`) that stays: along
 * c s' + s c' these move.  Q (n x p) spans X; room: n p + p. */
static void add_moves(const struct reduction *r, const double *Q, int at, size_t b, const double *a, double *room, double *moved)
{
    const struct random_design *random = &r->design.random[at];
    size_t n = r->full->n, p = (size_t)r->full->p + r->constant, ld = (size_t)r->full->p + 1, k = (size_t)random->k;
    double *part = room + n * p;

    for (size_t j = 0; j < p; j++) {
        double *v = room + j * n, before;

        for (size_t i = 0; i < n; i++) {
            double root = r->residual && r->full->weights != NULL ? sqrt(r->full->weights[i]) : 1;

            v[i] = root * (random->z == NULL ? 1 : random->z[i * k + b]) * a[(size_t)random->level[i] * (p + 1) + j];
        }
        before = identify_length(n, v);
        identify_take_fixed_out(r, Q, part, v);
        if (!(identify_length(n, v) > TOLERANCE_UNMOVED * before))
            memset(v, 0, sizeof *v * n);
    }
    identify_add_products(n, p, room, ld, moved);
}

bool identify_moved(const struct reduction *r, const double *G, const double *Q, const struct fit *reduced, double *moved)
{
    size_t n = r->full->n, p = (size_t)r->full->p + r->constant;
    double *room = mem_alloc(n * p + p + 1, sizeof *room);
    bool ok = room != NULL;

    for (int t = 0; ok && t < r->full->random_count; t++)
        for (int e = 0; ok && e < r->inside[t].count; e++) {
            double *a = level_sums(r, G, t, r->inside[t].C + e * r->full->random[t].k);

            ok = a != NULL;
            for (int s = 0; ok && s < r->design.random_count; s++)
                for (int b = 0; r->pieces[s].origin == t && b < r->design.random[s].k; b++)
                    if (has_variance(r, reduced, s, (size_t)b))
                        add_moves(r, Q, s, (size_t)b, a, room, moved);
            mem_free(a);
        }
    mem_free(room);
    return ok;
}
