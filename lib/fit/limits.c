/* limits.c -- see limits.h.  Rows whose predictor is at a limit are found first: log-odds of zeros beyond +-FAR in rows that do
 * not pull them back (one zero among a million rows does), dispersions that move their row's likelihood no more.  Directions of
 * the coefficients that move no other row, and no coefficient that a prior holds (the null space N of X'X of those rows and of a
 * row for each such coefficient), are free to run, as far as they take none of the rows at a limit back: d with a_i'd >= 0, a_i
 * = +-N'x_i.  A coefficient is infinite where it has one sign in all such d, that is (Farkas) where its row of N or the negative
 * of it lies in the cone of the a_i; one of which that is not so is not determined. */
#include "fit/limits-private.h"
#include "fit/revise.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "fit/verdict.h"
#include "linalg/cone.h"
#include "linalg/dense.h"
#include "model/prior.h"

static const double NO_INFORMATION = 1e-10; /* an eigenvalue beside a unit diagonal */
static const double WITHIN = 1e-9;          /* beside a cone: as much within it as rounding tells */

enum {
    FEW_GENERATORS = 200, /* beside so many it costs more than it saves to ask whether one more is needed */
    ROWS_A_LOOK = 16
};

static const double FAR = 12; /* a share of 6e-6 */
static const double WIDE = 3; /* standard deviations that random effects may take a row back from there */

bool limits_take(struct limits *z)
{
    int p = z->p;
    double *block = arena_alloc(z->fit->arena, (size_t)(p * p + 37 * p + 1), sizeof *block);

    z->at = arena_alloc(z->fit->arena, z->design->n + 1, sizeof *z->at);
    z->vectors = block;
    z->values = block + p * p;
    z->size = z->values + p;
    z->work = z->size + p;
    return block != NULL && z->at != NULL;
}

/* --- which rows are there ------------------------------------------------------------------------- */

/* The standard deviation of the part's random effects in row i. */
static double spread_at(const struct limits *z, size_t i)
{
    double sum = 0;

    for (int t = 0; t < z->design->random_count; t++)
        sum += random_row_variance(&z->design->random[t], z->part->random[t].covariance, i);
    return sum > 0 ? sqrt(sum) : 0;
}

/* Whether a row would have its log-odds nearer to 0 than they are: a zero of a hurdle, or one that the family hardly has, where
 * zeros are none; another number where all are zeros. */
static bool pulls_back(const struct limits *z, const struct response *rows, size_t i)
{
    const struct observation at = response_at(rows, i);
    double d[D_COUNT] = { 0 }, shape[FAMILY_SHAPES], zeta = z->predictor[i];

    response_shape(rows, i, shape);
    shape[family_zero_shape(rows->family)] = zeta;
    return family_density(rows->family, rows->link, &at, z->fit->linear[i], shape, ORDER_GRADIENT, d)
           && (zeta > 0 ? -1 : 1) * d[D_SHAPE(family_zero_shape(rows->family))] > LIMITS_SETTLED;
}

/* Log-odds of `least` or farther from 0, by the fixed part too, which nothing in the row pulls back. */
static int zeros_at(const struct limits *z, const struct response *rows, size_t i, double least)
{
    double eta = z->predictor[i], fixed = eta;

    if (z->design->random_count > 0) {
        fixed = z->design->offset == NULL ? 0 : z->design->offset[i];
        for (int j = 0; j < z->p; j++)
            fixed += z->part->estimate[j] * z->design->X[i + (size_t)j * z->design->n];
    }
    if (!(fabs(eta) > FAR && fabs(fixed) > least && eta * fixed > 0) || pulls_back(z, rows, i))
        return 0;
    return eta > 0 ? 1 : -1;
}

/* Where all rows are there, the variance of the random effects is what the search left. */
static bool all_are_far(const struct limits *z, const struct response *rows)
{
    for (size_t i = 0; i < z->design->n; i++)
        if (zeros_at(z, rows, i, FAR) == 0)
            return false;
    return true;
}

/* d log f/d tau of a row, at tau. */
static double slope_at(const struct response *rows, size_t i, double eta, double tau)
{
    const struct observation at = response_at(rows, i);
    double d[D_COUNT] = { 0 }, constant[1 + FAMILY_SLOTS] = { 0 }, shape[FAMILY_SHAPES];

    response_shape(rows, i, shape);
    shape[0] = tau;
    if (!family_density(rows->family, rows->link, &at, eta, shape, ORDER_GRADIENT, d))
        return (double)NAN;
    if (rows->family->inflated == NULL)
        rows->family->constant(&at, shape, constant);
    return d[D_TAU] + constant[1];
}

/* The limit of the dispersion, -1 or 1, where the family has one. */
static int sign_of_limit(const struct family *family)
{
    const struct family *own = family_own(family);

    return own->has_dispersion && own->more_count == 0 ? own->limit_sign : 0;
}

int limits_dispersion(const struct limits *z, const struct response *rows, size_t i)
{
    double tau = z->predictor[i], eta = z->fit->linear[i];
    int sign = sign_of_limit(z->fit->family), way = tau > 0 ? 1 : -1;
    bool other_end = rows->family->response == RESPONSE_BINOMIAL; /* where the trials of a row are all alike */

    return (way == sign || (sign != 0 && other_end)) && fabs(slope_at(rows, i, eta, tau)) < LIMITS_SETTLED
                   && fabs(slope_at(rows, i, eta, 0)) > LIMITS_SETTLED
               ? way
               : 0;
}

size_t limits_times(const struct fit *fit, size_t i)
{
    return fit->design->times == NULL ? 1 : (size_t)(fit->design->times[i] + 0.5);
}

static int dispersion_at(const struct limits *z, const struct response *rows, size_t i)
{
    return limits_is_taken(z, rows, i) ? -1 : limits_dispersion(z, rows, i);
}

static bool find_rows(struct limits *z)
{
    struct response rows = fit_response(z->fit);
    bool all, any = false;

    rows.weights = NULL;
    all = z->part->kind == PART_ZERO && all_are_far(z, &rows);
    for (size_t i = 0; i < z->design->n; i++) {
        int at = z->part->kind != PART_ZERO ? dispersion_at(z, &rows, i)
                                            : zeros_at(z, &rows, i, all ? FAR : FAR + WIDE * spread_at(z, i));

        z->at[i] = (signed char)at;
        z->rows += limits_times(z->fit, i);
        any = any || at != 0;
    }
    return any;
}

/* --- which coefficients take them there ------------------------------------------------------------ */

bool limits_decompose(struct limits *z)
{
    const struct design *d = z->design;
    int p = z->p;

    for (int j = 0; j < p; j++) {
        double sum = 0;

        for (size_t i = 0; i < d->n; i++)
            sum += d->X[i + (size_t)j * d->n] * d->X[i + (size_t)j * d->n];
        z->size[j] = sqrt(sum);
    }
    for (int j = 0; j < p; j++)
        for (int k = 0; k < p; k++) {
            double sum = 0;

            for (size_t i = 0; i < d->n; i++)
                if (!z->at[i])
                    sum += d->X[i + (size_t)j * d->n] * d->X[i + (size_t)k * d->n];
            z->vectors[j + k * p] = sum / (z->size[j] * z->size[k]);
        }
    for (int j = 0; j < p; j++)
        if (prior_of_coefficient(z->fit->design->prior, fit_part_place(z->part->kind), d->names[j]) != NULL)
            z->vectors[j + j * p] += 1;
    return symmetric_eigen(p, z->vectors, z->values, z->work, 35 * p);
}

/* Rows of a matrix that were seen: an open table of the first of each kind, more than half empty. */
struct seen {
    const double *X;
    size_t n, size, *first;
    int p;
};

static bool seen_init(struct seen *seen, struct arena *arena, const double *X, size_t n, int p)
{
    *seen = (struct seen){ .X = X, .n = n, .size = 4, .p = p };
    while (seen->size < 2 * n + 2)
        seen->size *= 2;
    seen->first = arena_alloc(arena, seen->size, sizeof *seen->first);
    for (size_t k = 0; seen->first != NULL && k < seen->size; k++)
        seen->first[k] = SIZE_MAX;
    return seen->first != NULL;
}

static bool is_same(const struct seen *seen, size_t a, size_t b)
{
    for (int j = 0; j < seen->p; j++)
        if (seen->X[a + (size_t)j * seen->n] != seen->X[b + (size_t)j * seen->n])
            return false;
    return true;
}

/* The first row that is the same as row i; i where it is the first. */
static size_t first_of(struct seen *seen, size_t i)
{
    uint64_t hash = 0;
    size_t at;

    for (int j = 0; j < seen->p; j++)
        hash = hash_add(hash, seen->X[i + (size_t)j * seen->n]);
    for (at = (size_t)hash_end(hash) & (seen->size - 1); seen->first[at] != SIZE_MAX; at = (at + 1) & (seen->size - 1))
        if (is_same(seen, seen->first[at], i))
            return seen->first[at];
    seen->first[at] = i;
    return i;
}

/* out (`free` entries) := N'x of a row, of length 1; x: entries `stride` apart.  False where nothing free moves it. */
static bool direction_of(const struct limits *z, const double *x, size_t stride, double *out)
{
    double length = 0, whole = 0;

    for (int v = 0; v < z->free; v++) {
        out[v] = 0;
        for (int j = 0; j < z->p; j++)
            out[v] += x[(size_t)j * stride] / z->size[j] * z->vectors[j + v * z->p];
        length += out[v] * out[v];
    }
    for (int j = 0; j < z->p; j++)
        whole += pow(x[(size_t)j * stride] / z->size[j], 2);
    for (int v = 0; v < z->free; v++)
        out[v] /= sqrt(length);
    return length > LIMITS_MOVED * LIMITS_MOVED * whole;
}

/* Makes row i, which is at a limit, a generator of the cone, where it is not in it already; at no limit where nothing free moves
 * it. */
static void add_generator(struct limits *z, struct cone_work *work, struct seen *seen, size_t i, double *residual)
{
    double *a = z->cone + (size_t)z->cone_count * (size_t)z->free;
    size_t first = first_of(seen, i);

    if (first == i || z->at[first] != z->at[i]) {
        if (!direction_of(z, z->design->X + i, z->design->n, a)) {
            z->at[i] = 0;
            return;
        }
        for (int v = 0; v < z->free; v++)
            a[v] *= z->at[i];
        if (z->cone_count > FEW_GENERATORS || cone_residual(work, z->cone_count, z->cone, a, residual) > WITHIN)
            z->cone_count++;
    }
    z->above += z->at[i] > 0 ? limits_times(z->fit, i) : 0;
    z->below += z->at[i] < 0 ? limits_times(z->fit, i) : 0;
}

/* The cone: generators of which all rows at a limit are made; those that nothing free moves are at no limit then.  What solves
 * for places in it; NULL when memory is out. */
static struct cone_work *make_cone(struct limits *z)
{
    struct arena *arena = z->fit->arena;
    size_t n = z->design->n, at = 0;
    struct cone_work *work;
    struct seen seen;
    double *residual;

    while (z->free < z->p && z->values[z->free] < NO_INFORMATION)
        z->free++;
    for (size_t i = 0; i < n; i++)
        at += z->at[i] != 0;
    z->cone = arena_alloc(arena, at * (size_t)z->free + 1, sizeof *z->cone);
    residual = arena_alloc(arena, (size_t)z->free + 1, sizeof *residual);
    work = cone_work_in(arena, z->free > 0 ? z->free : 1);
    if (z->cone == NULL || residual == NULL || work == NULL || !seen_init(&seen, arena, z->design->X, n, z->p))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (z->at[i] != 0)
            add_generator(z, work, &seen, i, residual);
    return work;
}

/* Where the directions take coefficient j: -1, 1, or 0 where not all of them the same way. */
static int way_of(const struct limits *z, struct cone_work *work, int j, double *target, double *residual)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        double length = 0;

        for (int v = 0; v < z->free; v++) {
            target[v] = sign * z->vectors[j + v * z->p];
            length += target[v] * target[v];
        }
        for (int v = 0; v < z->free; v++)
            target[v] /= sqrt(length);
        if (cone_residual(work, z->cone_count, z->cone, target, residual) < LIMITS_MOVED)
            return sign;
    }
    return 0;
}

bool limits_settle(struct limits *z, bool *any)
{
    double *estimate = revise(z->part->estimate), *se = revise(z->part->se);
    double *target = arena_alloc(z->fit->arena, 2 * (size_t)z->p + 1, sizeof *target);
    struct cone_work *work = make_cone(z);

    if (work == NULL || target == NULL)
        return false;
    for (int j = 0; j < z->p; j++) {
        bool moved = false;
        int way;

        for (int v = 0; v < z->free; v++)
            moved = moved || fabs(z->vectors[j + v * z->p]) > LIMITS_MOVED;
        if (!moved)
            continue;
        *any = true;
        way = way_of(z, work, j, target, target + z->p);
        estimate[j] = way != 0 ? way * (double)INFINITY : (double)NAN;
        se[j] = (double)NAN;
    }
    return true;
}

static void tell_dispersion(struct optimum *optimum, const struct family *own, const struct limits *z)
{
    size_t limit = own->limit_sign > 0 ? z->above : z->below, other = z->above + z->below - limit;

    if (sign_of_limit(own) == 0) {
        verdict_say(optimum,
                    "disp= is estimated as -Inf for %zu of %zu rows: effects that are each row's own take all that these vary by",
                    z->below, z->rows);
        return;
    }
    if (limit > 0)
        verdict_say(optimum, "disp= is estimated as %s for %zu of %zu rows: these show %s the %s family",
                    own->limit_sign > 0 ? "Inf" : "-Inf", limit, z->rows,
                    own->limit_varies_most ? "at least the variation of" : "no more variation than", own->limit);
    if (other > 0)
        verdict_say(optimum, "disp= is estimated as %s for %zu of %zu rows: in each of these all trials have one outcome",
                    own->limit_sign > 0 ? "-Inf" : "Inf", other, z->rows);
}

static void tell(struct fit *fit, const struct limits *z)
{
    struct optimum *optimum = &fit->optimum;
    const struct family *own = family_own(fit->family);

    if (optimum->verdict == VERDICT_OK)
        verdict_boundary(optimum, BOUNDARY_DISPERSION);
    if (z->part->kind == PART_DISPERSION) {
        tell_dispersion(optimum, own, z);
        return;
    }
    if (z->below > 0)
        verdict_say(optimum, "zi= is estimated as -Inf for %zu of %zu rows: %s there", z->below, z->rows,
                    family_is_hurdle(fit->family) ? "there is no zero" : "no more zeros than the family has by itself are");
    if (z->above > 0)
        verdict_say(optimum, "zi= is estimated as Inf for %zu of %zu rows: all are zeros there", z->above, z->rows);
}

/* Where all rows are at a limit, the random effects of zero inflation have no part in the likelihood: whether that is so. */
static bool forget_random(struct fit *fit, const struct limits *z)
{
    const struct design *d = z->design;

    if (z->part->kind != PART_ZERO || d->random_count == 0 || z->above + z->below < z->rows)
        return false;
    for (int t = 0; t < d->random_count; t++) {
        revise_forget_term(&z->part->random[t], (size_t)d->random[t].level_count);
        fit->npar -= random_parameters(&d->random[t]);
    }
    fit_set_criteria(fit, fit->design->n);
    if (fit->optimum.verdict != VERDICT_NOT_CONVERGED)
        verdict_unsay(&fit->optimum);
    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    return true;
}

static bool settle_part(struct fit *fit, const struct fit_part *part, int shape)
{
    struct fit view = *fit; /* with an arena for what is not kept */
    struct limits z = { .fit = &view, .part = part };
    bool any = false, lost, ok;

    if (part == NULL)
        return true;
    if ((view.arena = arena_new()) == NULL)
        return false;
    z.design = part->design;
    z.p = part->count;
    z.predictor = fit->shape_rows[shape];
    ok = limits_take(&z) && (part->kind == PART_ZERO || limits_find_own(&z))
         && (!find_rows(&z) || !limits_decompose(&z) || limits_settle(&z, &any));
    lost = ok && any && forget_random(fit, &z);
    if (ok && any)
        tell(fit, &z);
    if (lost)
        verdict_say(&fit->optimum, "nothing determines the variance of the random effects of zi=");
    arena_free(view.arena);
    return ok;
}

bool fit_settle_limits(struct fit *fit, bool held)
{
    return settle_part(fit, fit_part_of(fit, PART_ZERO), family_zero_shape(fit->family))
           && settle_part(fit, fit_part_of(fit, PART_DISPERSION), 0) && limits_settle_series(fit, held);
}

/* --- other rows --------------------------------------------------------------------------------------- */

bool fit_part_is_infinite(const struct fit *fit, enum part_kind kind)
{
    const struct fit_part *part = fit_part_of(fit, kind);

    for (int j = 0; part != NULL && j < part->count; j++)
        if (!isfinite(part->estimate[j]))
            return true;
    return false;
}

/* Where the cone takes a row (entries `stride` apart), which for one of the fit's own is `at`: 0 where it does not move it.
 * target, residual: `free` entries. */
static double limit_of(const struct limits *z, struct cone_work *work, const double *x, size_t stride, int at, double *target,
                       double *residual)
{
    if (!direction_of(z, x, stride, target))
        return 0;
    if (at != 0)
        return at * (double)INFINITY;
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int v = 0; v < z->free; v++)
            target[v] *= sign;
        if (cone_residual(work, z->cone_count, z->cone, target, residual) < LIMITS_MOVED)
            return sign * (double)INFINITY;
    }
    return (double)NAN;
}

/* Whether the dispersion of rows goes to 0 with their mean, in the fit: one of its own rows is there. */
static bool runs_with_mean(const struct fit *fit, enum part_kind kind)
{
    for (size_t i = 0; kind == PART_DISPERSION && i < fit->design->n; i++)
        if (limits_is_ratio(fit->family, fit->shape_rows[0][i]))
            return true;
    return false;
}

/* The coefficients where the search ended. */
static const double *ended_at(const struct fit *fit, int shape)
{
    int at = 0;

    while (at < fit->rest_all && fit->rest_shape[at] != shape)
        at++;
    return fit->rest + at;
}

bool fit_part_rows(const struct fit *fit, enum part_kind kind, const double X[], const double offset[], size_t n,
                   struct watch *watch, double out[])
{
    struct fit view = *fit;
    struct fit_part part = *fit_part_of(fit, kind);
    struct limits z = { .fit = &view, .part = &part, .design = part.design, .p = part.count };
    int shape = kind == PART_ZERO ? family_zero_shape(fit->family) : 0;
    bool own = X == part.design->X, runs = runs_with_mean(fit, kind);
    size_t solved = 0;
    double *target;
    struct cone_work *work = NULL;
    struct seen seen;

    if ((view.arena = arena_new()) == NULL)
        return false;
    part.estimate = ended_at(fit, shape);
    z.predictor = fit->shape_rows[shape];
    target = arena_alloc(view.arena, 2 * (size_t)z.p + 1, sizeof *target);
    if (target != NULL && limits_take(&z) && (kind == PART_ZERO || limits_find_own(&z))) {
        find_rows(&z);
        if (limits_decompose(&z) && seen_init(&seen, view.arena, X, n, z.p))
            work = make_cone(&z);
    }
    for (size_t i = 0; work != NULL && i < n; i++) {
        size_t first = own ? i : first_of(&seen, i);

        if (first == i && ++solved % ROWS_A_LOOK == 0 && watch_stops(watch))
            break;
        if (first == i)
            out[i] = limit_of(&z, work, X + i, n, own ? z.at[i] : 0, target, target + z.p);
        else
            out[i] = isfinite(out[first]) ? 0 : out[first];
        if (out[i] != 0)
            continue;
        out[i] = offset == NULL ? 0 : offset[i];
        for (int j = 0; j < z.p; j++)
            out[i] += X[i + (size_t)j * n] * part.estimate[j];
        if (runs && limits_is_ratio(fit->family, out[i]))
            out[i] = -(double)INFINITY;
    }
    arena_free(view.arena);
    return work != NULL && !watch_stopped(watch);
}
