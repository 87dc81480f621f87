/* rowcov-identify.c -- what the structure of a model of rowcov.h leaves open, whatever the response.
 *
 * With V(x) sigma^2 the covariance matrix of the rows, parameters are not determined where a direction v of (x, log sigma^2)
 * leaves it (REML: P V P, with P the projection away from X) as it is: at a point in the inside of the range, where no law is at
 * a special value
 *
 *     sum_j v_j V_j = 0,   V_j = dV/dx_j,  V_sigma = V.
 *
 * The V_j are compared by what they make of a few random vectors.  What changes along v is not determined: entries of the terms'
 * matrices, parameters of the laws, standard deviations of the residuals.  By REML D = sum_j v_j V_j is X B' + B X'; c'beta moves
 * along it where P D G c != 0, with G'y the least-squares estimates, and its variance where c'beta does or c'G'D G c != 0. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "fit/identify-private.h"
#include "fit/rowcov-look-private.h"
#include "linalg/lapack.h"
#include "model/residuals.h"
#include "model/toep.h"

enum { PROBES = 2, POINTS = 4, LARGE = 300 }; /* a cluster of more rows is worth a look */

static const double STEP = 1e-3;       /* of differences of V of the fourth order, x being in natural sizes: an error of 1e-12 */
static const double DEPENDENT = 1e-12; /* of squared lengths of columns of length 1 */
static const double NOTHING = 1e-16;   /* of the squared length of V u */
static const double NEAR_END = 6.0;    /* of x = rho / sqrt(1 - rho^2): rho 0.986 */
static const double NO_DIGIT = 5e-3;   /* of the deviance: what none of its printed digits shows */
static const double at[POINTS] = { 1.0, -1.0, 2.0, -2.0 }, factor[POINTS] = { 2.0 / 3.0, -2.0 / 3.0, -1.0 / 12.0, 1.0 / 12.0 };

bool rowcov_look_new(struct rowcov_look *look, struct rowcov *m)
{
    size_t q = (size_t)m->count, c;

    memset(look, 0, sizeof *look);
    look->m = m;
    look->first = m->first;
    look->count = m->laplace == NULL ? m->count - m->first : m->count - m->first - m->laplace->shapes;
    look->columns = look->count + (m->laplace == NULL);
    c = (size_t)look->columns;
    look->block = NEW_ARRAY(double, 6 * q + m->n * (1 + c) + 2 * c * c + c + (size_t)m->p + 1);
    look->within = NEW_ARRAY(bool, c + 1);
    if (look->block == NULL || look->within == NULL)
        return false;
    look->x = look->block;
    look->moved = look->x + q;
    look->u = look->moved + q;
    look->w = look->u + m->n;
    look->gram = look->w + m->n * c;
    look->size = look->gram + c * c;
    look->null = look->size + c;
    look->along = look->null + c * c;
    look->lags = look->along + m->p + 1;
    rowcov_start(m, 0.5, look->x);
    for (int j = 0; j < look->count; j++) /* no value is special */
        look->x[look->first + j] += 0.07 * (double)((j * 5) % 7 - 3) + 0.013 * (double)(j % 4);
    return true;
}

void rowcov_look_clear(struct rowcov_look *look)
{
    mem_free(look->block);
    mem_free(look->within);
}

/* out += times V u, in design rows, V as it was set. */
static void add_product(struct rowcov *m, double times, const double *u, double *out)
{
    const double *of_pattern = NULL;

    for (size_t b = 0; b < m->cluster_count && !watch_stopped(&m->watch); b++) {
        const struct rowcov_cluster *c = &m->clusters[b];
        const size_t *row = m->row + c->from;

        if (c->count > LARGE && watch_stops(&m->watch))
            return;
        if (c->alike > 0) {
            rowcov_fill(m, c, m->laplace == NULL, c->factor);
            of_pattern = c->factor;
        }
        assert(of_pattern != NULL); /* the first cluster of a pattern counts those alike */
        for (size_t j = 0; j < c->count; j++) {
            const double *V = of_pattern + j * c->count;

            out[row[j]] += times * V[j] * u[row[j]];
            for (size_t i = j + 1; i < c->count; i++) {
                out[row[i]] += times * V[i] * u[row[j]];
                out[row[j]] += times * V[i] * u[row[i]];
            }
        }
    }
}

bool rowcov_look_product(struct rowcov_look *look, int j, const double *u, double *out)
{
    struct rowcov *m = look->m;

    memset(out, 0, sizeof *out * m->n);
    memcpy(look->moved, look->x, sizeof *look->x * (size_t)m->count);
    if (j == look->count) {
        if (!rowcov_set(m, look->moved))
            return false;
        add_product(m, 1.0, u, out);
        return true;
    }
    for (int k = 0; k < POINTS; k++) {
        look->moved[look->first + j] = look->x[look->first + j] + at[k] * STEP;
        if (!rowcov_set(m, look->moved))
            return false;
        add_product(m, factor[k] / STEP, u, out);
    }
    return true;
}

void rowcov_look_project(const struct rowcov_look *look, double *u)
{
    const struct rowcov *m = look->m;
    int n = (int)m->n, p = m->p, step = 1;
    double one = 1.0, minus = -1.0, zero = 0.0;

    if (p == 0)
        return;
    dgemv_("T", &n, &p, &one, m->E, &n, u, &step, &zero, look->along, &step);
    dgemv_("N", &n, &p, &minus, m->E, &n, look->along, &step, &one, u, &step);
}

double rowcov_look_square(size_t n, const double *u)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += u[i] * u[i];
    return sum;
}

/* size_j := |V_j u|^2 for a random u; `within` where nothing of that is left beside X.  The length of V u is the measure of what
 * is no more than rounding. */
static bool set_sizes(struct rowcov_look *look, struct rng *rng)
{
    struct rowcov *m = look->m;
    double whole;

    for (size_t i = 0; i < m->n; i++)
        look->u[i] = rng_normal(rng);
    if (!rowcov_look_product(look, look->count, look->u, look->w))
        return false;
    whole = rowcov_look_square(m->n, look->w);
    for (int j = 0; j < look->columns; j++) {
        if (!rowcov_look_product(look, j, look->u, look->w))
            return false;
        look->size[j] = rowcov_look_square(m->n, look->w);
        if (!(look->size[j] > NOTHING * whole))
            look->size[j] = 0.0;
        rowcov_look_project(look, look->w);
        look->within[j] = look->size[j] > 0.0 && !(rowcov_look_square(m->n, look->w) > DEPENDENT * look->size[j]);
    }
    return true;
}

bool rowcov_look_gram(struct rowcov_look *look)
{
    struct rowcov *m = look->m;
    int columns = look->columns, n = (int)m->n;
    struct rng rng;
    double one = 1.0;

    rng_init(&rng, 11, 0);
    if (!set_sizes(look, &rng))
        return false;
    for (int probe = 0; probe < PROBES; probe++) {
        for (size_t i = 0; i < m->n; i++)
            look->u[i] = rng_normal(&rng);
        if (m->reml)
            rowcov_look_project(look, look->u);
        for (int j = 0; j < columns; j++) {
            double *w = look->w + (size_t)j * m->n;

            if (!rowcov_look_product(look, j, look->u, w))
                return false;
            if (m->reml)
                rowcov_look_project(look, w);
        }
        dsyrk_("L", "T", &columns, &n, &one, look->w, &n, &one, look->gram, &columns);
    }
    return true;
}

static bool is_nothing(const struct rowcov_look *look, int j)
{
    return look->within[j] || look->size[j] == 0.0;
}

int rowcov_look_null(struct rowcov_look *look)
{
    int c = look->columns, dims;

    for (int j = 0; j < c; j++)
        look->size[j] = sqrt(look->size[j]);
    for (int j = 0; j < c; j++)
        for (int i = j; i < c; i++) {
            double *g = &look->gram[i + j * c];

            *g = is_nothing(look, i) || is_nothing(look, j) ? 0.0 : *g / (look->size[i] * look->size[j]);
            look->gram[j + i * c] = *g;
        }
    dims = null_basis(c, c, look->gram, DEPENDENT, look->null);
    for (int v = 0; v < dims; v++) {
        double *d = look->null + (size_t)v * (size_t)c, most = 0.0;

        for (int j = 0; j < c; j++)
            most = fmax(most, fabs(d[j] /= look->size[j] > 0.0 ? look->size[j] : 1.0));
        for (int j = 0; j < c; j++)
            d[j] = fabs(d[j]) < ROWCOV_MOVED * most ? 0.0 : d[j] / most;
    }
    return dims;
}

/* --- what changes along a direction ------------------------------------------------------------------------- */

/* The point beside the chosen one, t along v; the factor of sigma^2 there. */
static bool go(struct rowcov_look *look, const double *v, double t, double *scale)
{
    memcpy(look->moved, look->x, sizeof *look->x * (size_t)look->m->count);
    for (int j = 0; j < look->count; j++)
        look->moved[look->first + j] += t * v[j];
    *scale = look->columns > look->count ? exp(t * v[look->count]) : 1.0;
    return rowcov_set(look->m, look->moved);
}

/* Of toep the lags that change, not the partial correlations: those behind follow to keep their own lags. */
static void mark_lags(const struct rowcov_look *look, const double *v, struct rowcov_law toep, bool *moved)
{
    double *r = look->lags, *along = r + toep.count;

    toep_lags(toep.count, look->x + toep.from, v + toep.from - look->first, r, along, along + toep.count);
    for (int i = 0; i < toep.count; i++)
        moved[toep.from + i] = moved[toep.from + i] || fabs(along[i]) > ROWCOV_MOVED;
}

static void mark_laws(const struct rowcov_look *look, const double *v, struct rowcov_open *open)
{
    const struct rowcov *m = look->m;

    for (int j = look->first; j < look->first + look->count; j++)
        open->moved[j] = open->moved[j] || (rowcov_law_with(m, j).law != LAW_TOEP && v[j - look->first] != 0.0);
    for (int t = 0; t <= m->term_count; t++)
        if (rowcov_law_of(m, t).law == LAW_TOEP)
            mark_lags(look, v, rowcov_law_of(m, t), open->moved);
    for (int t = 0; t < look->m->term_count; t++)
        for (int j = 0; j < look->m->terms[t].sd_count; j++)
            open->within[t] = open->within[t] || look->within[look->m->terms[t].first + j - look->first];
}

/* Differences of the matrices of the terms and of the residuals into `change`, at the places where `open` has their marks. */
static bool add_changes(struct rowcov_look *look, const double *v, double *change)
{
    const struct rowcov *m = look->m;
    const struct residual_design *residual = m->residual.design;

    for (int k = 0; k < POINTS; k++) {
        double scale, times = factor[k] / STEP, *out = change;

        if (!go(look, v, at[k] * STEP, &scale))
            return false;
        for (int t = 0; t < m->term_count; t++)
            for (int e = 0; e < m->terms[t].k * m->terms[t].k; e++)
                *out++ += times * scale * m->terms[t].sigma[e];
        for (int s = 0; residual != NULL && s < residual->scale_count; s++)
            *out++ += times * scale * m->residual.sd[s] * m->residual.sd[s];
        for (int e = 0; residual != NULL && e < residual->positions.k * residual->positions.k; e++)
            *out++ += times * m->residual.C[e];
        if (residual == NULL)
            *out++ += times * scale;
    }
    return true;
}

static bool mark_entries(struct rowcov_look *look, const double *v, struct rowcov_open *open)
{
    const struct rowcov *m = look->m;
    const struct residual_design *residual = m->residual.design;
    double scale, *c = open->change;
    bool *mark = open->entry, ok;

    memset(open->change, 0, sizeof *c * (size_t)open->entries);
    ok = add_changes(look, v, open->change) && go(look, v, 0.0, &scale);

    for (int t = 0; ok && t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];

        for (int b = 0; b < term->k; b++)
            for (int a = 0; a < term->k; a++, c++, mark++)
                *mark = *mark || fabs(*c) > ROWCOV_MOVED * fabs(term->sd[a] * term->sd[b]);
    }
    for (int s = 0; ok && s < (residual == NULL ? 1 : residual->scale_count); s++, c++, mark++)
        *mark = *mark || fabs(*c) > ROWCOV_MOVED;
    for (int e = 0; ok && residual != NULL && e < residual->positions.k * residual->positions.k; e++, c++, mark++)
        *mark = *mark || fabs(*c) > ROWCOV_MOVED;
    return ok;
}

/* --- signs ------------------------------------------------------------------------------------------------- */

/* Whether the covariance of the rows is the same with either sign of x_j: near an end of the range of rho, whose powers of a
 * thousand steps still show there. */
static bool is_even_in(struct rowcov_look *look, int j, enum rowcov_sign *sign)
{
    struct rowcov *m = look->m;
    double *one = look->w, *other = look->w + m->n, apart = 0.0, kept = look->x[j];
    bool ok;

    look->x[j] = NEAR_END;
    ok = rowcov_look_product(look, look->count, look->u, one);
    look->x[j] = -NEAR_END;
    ok = ok && rowcov_look_product(look, look->count, look->u, other);
    look->x[j] = kept;
    for (size_t i = 0; ok && i < m->n; i++)
        apart += (one[i] - other[i]) * (one[i] - other[i]);
    *sign =
        ok && look->size[j - look->first] > 0.0 && apart <= DEPENDENT * rowcov_look_square(m->n, one) ? SIGN_EVEN : SIGN_KNOWN;
    return ok;
}

/* The parameter that is a correlation of neighbours, of term t or (t = term_count) the residuals; -1: there is none. */
static int neighbours_at(const struct rowcov *m, int t)
{
    struct rowcov_law of = rowcov_law_of(m, t);

    return of.law == LAW_AR1 ? of.from : -1;
}

/* A correlation of neighbours enters as rho^steps. */
static bool find_signs(struct rowcov_look *look, struct rowcov_open *open)
{
    const struct rowcov *m = look->m;
    struct rng rng;
    bool ok = true;

    rng_init(&rng, 11, 1);
    for (size_t i = 0; i < m->n; i++)
        look->u[i] = rng_normal(&rng);
    for (int t = 0; ok && t <= m->term_count; t++)
        if (neighbours_at(m, t) >= 0)
            ok = is_even_in(look, neighbours_at(m, t), open->sign + neighbours_at(m, t));
    return ok;
}

/* Where a search ended, x and its deviance: rows that are an odd number of steps apart may be so many apart that rho^steps is
 * nothing there.  Then the other sign is as good an estimate, though none at all is worse (a parabola about an estimate near 0 is
 * four times as high on the other side as at 0). */
bool rowcov_find_far_signs(struct rowcov_open *open, struct rowcov *m, double x[], const bool held[], double value)
{
    double *modes = m->laplace != NULL ? NEW_ARRAY(double, m->n + 1) : NULL; /* which may not be found from elsewhere */

    if (m->laplace != NULL && modes == NULL)
        return false;
    for (int t = 0; t <= m->term_count && open->sign != NULL && !watch_stopped(&m->watch); t++) {
        int j = neighbours_at(m, t);
        double kept = j < 0 ? 0.0 : x[j];

        if (j < 0 || held[j] || open->sign[j] != SIGN_KNOWN)
            continue;
        if (modes != NULL)
            memcpy(modes, m->alpha, sizeof *modes * m->n);
        x[j] = -kept;
        if (fabs(rowcov_value(m, x) - value) < NO_DIGIT) {
            x[j] = 0.0;
            if (rowcov_value(m, x) > value + NO_DIGIT)
                open->sign[j] = SIGN_FAR;
        }
        x[j] = kept;
        if (modes != NULL)
            memcpy(m->alpha, modes, sizeof *modes * m->n);
    }
    mem_free(modes);
    return true;
}

/* --- the whole --------------------------------------------------------------------------------------------- */

static bool open_init(struct rowcov_open *open, const struct rowcov_look *look)
{
    const struct rowcov *m = look->m;
    const struct residual_design *residual = m->residual.design;

    for (int t = 0; t < m->term_count; t++)
        open->entries += m->terms[t].k * m->terms[t].k;
    open->entries += residual == NULL ? 1 : residual->scale_count + residual->positions.k * residual->positions.k;
    open->entry = NEW_ARRAY(bool, open->entries + 1);
    open->change = NEW_ARRAY(double, open->entries + 1);
    open->moved = NEW_ARRAY(bool, m->count + 1);
    open->within = NEW_ARRAY(bool, m->term_count + 1);
    return open->entry != NULL && open->change != NULL && open->moved != NULL && open->within != NULL;
}

/* Whether D u is more than rounding, D = sum_j v_j V_j, u random. */
static bool moves_rows(struct rowcov_look *look, const double *v, bool *moves)
{
    size_t n = look->m->n;
    double *sum = look->w, *one = sum + n, whole = 0.0; /* there are two columns where one can stand for another */
    bool ok = look->columns > 1;

    memset(sum, 0, sizeof *sum * n);
    for (int j = 0; ok && j < look->columns; j++) {
        ok = v[j] == 0.0 || rowcov_look_product(look, j, look->u, one);
        for (size_t i = 0; ok && v[j] != 0.0 && i < n; i++)
            sum[i] += v[j] * one[i];
        whole += ok && v[j] != 0.0 ? v[j] * v[j] * rowcov_look_square(n, one) : 0.0;
    }
    *moves = *moves || !ok || rowcov_look_square(n, sum) > DEPENDENT * whole;
    return ok || !watch_stopped(&look->m->watch);
}

bool rowcov_find_open(struct rowcov *m, struct rowcov_open *open, struct glmm_error *err)
{
    struct rowcov_look look;
    bool ok;

    memset(open, 0, sizeof *open);
    if ((open->sign = NEW_ARRAY(enum rowcov_sign, m->count + 1)) == NULL)
        return fail_memory(err);
    if (m->sparse != NULL) /* hundreds of relatives: what the curvature leaves open is found at the end */
        return true;
    ok = rowcov_look_new(&look, m);
    if (ok && look.columns > 0 && rowcov_set(m, look.x)) {
        ok =
            rowcov_look_gram(&look) && (open->dims = rowcov_look_null(&look)) >= 0 && (open->dims == 0 || open_init(open, &look));
        for (int j = 0; j < look.columns; j++)
            open->idle += look.size[j] == 0.0;
        if (ok && !find_signs(&look, open) && !watch_stopped(&m->watch))
            memset(open->sign, 0, sizeof *open->sign * (size_t)m->count);
        for (int v = 0; ok && v < open->dims; v++) {
            const double *d = look.null + (size_t)v * (size_t)look.columns;

            mark_laws(&look, d, open);
            ok = mark_entries(&look, d, open) && moves_rows(&look, d, &open->moves);
        }
    }
    rowcov_look_clear(&look);
    if (!ok && watch_stopped(&m->watch))
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", m->evaluations);
    return ok || fail_memory(err);
}

void rowcov_open_clear(struct rowcov_open *open)
{
    mem_free(open->entry);
    mem_free(open->change);
    mem_free(open->moved);
    mem_free(open->within);
    mem_free(open->sign);
}
