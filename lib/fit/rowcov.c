/* rowcov.c -- see rowcov.h: the workspace, its clusters and rows, and who is asked for the deviance. */
#include "fit/rowcov.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "model/covariance.h"
#include "model/relation.h"
#include "model/residuals.h"
#include "fit/tolerances.h"

bool design_is_plain(const struct design *design, const char *what, struct glmm_error *err)
{
    if (!design_is_structured(design))
        return design_has_one_predictor(design, what, err);
    fail(err, GLMM_E_MODEL, NOWHERE, "%s knows no covariance structures, matrices of levels or structured residuals yet", what);
    error_hint(err, "summary, ranef, predict, margins, icc, compare and confint do");
    return false;
}

/* --- terms ------------------------------------------------------------------------------------------- */

static double *take(double **block, size_t count)
{
    double *out = *block;

    *block += count;
    return out;
}

/* Where each row has one effect at most, which. */
static bool find_effects(struct rowcov *m, struct rowcov_term *t)
{
    const double *z = t->random->z;
    bool single = true;

    t->effect = NEW_ARRAY(int32_t, m->n + 1);
    t->value = NEW_ARRAY(double, m->n + 1);
    if (t->effect == NULL || t->value == NULL)
        return false;
    for (size_t i = 0; i < m->n && single; i++) {
        int found = 0;

        t->value[i] = z == NULL ? 1.0 : 0.0;
        for (int a = 0; z != NULL && a < t->k; a++)
            if (z[i * (size_t)t->k + (size_t)a] != 0.0) {
                t->effect[i] = a;
                t->value[i] = z[i * (size_t)t->k + (size_t)a];
                found++;
            }
        single = found <= 1;
    }
    if (single)
        return true;
    mem_free(t->effect);
    mem_free(t->value);
    t->effect = NULL;
    t->value = NULL;
    t->scaled = mem_alloc(m->n * (size_t)t->k, sizeof *t->scaled);
    return t->scaled != NULL;
}

/* 1 / the root mean square of what a standard deviation gives to the rows whose column is not 0. */
static void set_units(const struct rowcov *m, struct rowcov_term *t)
{
    double size = random_related(t->random, -1);

    for (int a = 0; a < t->k; a++) {
        double sum = 0.0, count = 0.0;

        for (size_t i = 0; i < m->n; i++) {
            double z = t->random->z == NULL ? 1.0 : t->random->z[i * (size_t)t->k + (size_t)a];

            sum += z * z * size;
            count += z != 0.0;
        }
        t->unit[a] = sum > 0.0 ? sqrt(count / sum) : 1.0;
    }
    for (int a = 1; a < t->k && t->sd_count == 1; a++)
        t->unit[a] = t->unit[0];
}

/* How the levels of a term covary, in their order; relation_check has seen that all are there. */
static bool set_relation(struct rowcov_term *t)
{
    const struct relation *r = t->random->relation;
    size_t count = (size_t)t->random->level_count;
    double *K;

    if (r == NULL)
        return true;
    K = mem_alloc(count * count, sizeof *K);
    if (K == NULL)
        return false;
    t->K = K;
    return relation_fill(r, t->random->relation_row, t->random->level_count, K);
}

static bool set_term(struct rowcov *m, int at, bool sparse)
{
    struct rowcov_term *t = &m->terms[at];
    const struct random_design *random = &m->design->random[at];
    size_t kk = (size_t)random->k * (size_t)random->k;
    double *block;

    t->random = random;
    t->k = random->k;
    t->structure = random->structure != NULL         ? random->structure
                   : !random->covariance->correlated ? &structure_diagonal
                   : random->k == 1                  ? &structure_homogeneous
                                                     : &structure_us;
    t->positions = random->positions != NULL ? *random->positions : (struct positions){ .k = t->k, .unit = 1.0 };
    t->sd_count = t->structure->hetero ? t->k : 1;
    t->law_count = law_count(t->structure->law, t->k);
    t->first = m->count;
    m->count += t->sd_count + t->law_count;
    block = NEW_ARRAY(double, 2 * (size_t)t->k + 4 * kk);
    if (block == NULL || !find_effects(m, t) || (!sparse && !set_relation(t))) {
        mem_free(block);
        return false;
    }
    t->unit = take(&block, (size_t)t->k);
    t->sd = take(&block, (size_t)t->k);
    t->C = take(&block, kk);
    t->sigma = take(&block, kk);
    t->slopes[PART_LOGDET] = take(&block, kk);
    t->slopes[PART_RSS] = take(&block, kk);
    set_units(m, t);
    return true;
}

static bool set_residual(struct rowcov *m)
{
    struct rowcov_residual *r = &m->residual;
    const struct residual_design *d = m->design->residual;
    size_t kk, count;
    double *block;

    r->design = d;
    r->first = m->count;
    if (d == NULL)
        return true;
    r->positions = d->positions;
    if (!rowcov_met_residuals(m))
        return false;
    kk = (size_t)d->positions.k * (size_t)d->positions.k;
    count = (size_t)d->scale_count;
    r->law_count = law_count(d->structure->law, d->positions.k);
    m->count += residual_scale_parameters(d) + r->law_count;
    block = NEW_ARRAY(double, 3 * kk + 3 * count);
    if (block == NULL)
        return false;
    r->sd = take(&block, count);
    r->C = take(&block, kk);
    r->slopes[PART_LOGDET] = take(&block, kk);
    r->slopes[PART_RSS] = take(&block, kk);
    r->sd_slopes[PART_LOGDET] = take(&block, count);
    r->sd_slopes[PART_RSS] = take(&block, count);
    return true;
}

/* --- clusters ---------------------------------------------------------------------------------------- */

#define NO_ROW SIZE_MAX /* the first of a level that has none */

static size_t root_of(size_t *parent, size_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void unite(size_t *parent, size_t a, size_t b)
{
    size_t x = root_of(parent, a), y = root_of(parent, b);

    if (x < y)
        parent[y] = x;
    else
        parent[x] = y;
}

/* Rows of two levels that covary belong together; one without rows (a relative) stands for the rows of the first that it covaries
 * with, so that all of these are in one cluster. */
static void unite_related(size_t *parent, size_t *a, size_t *b)
{
    if (*a == NO_ROW)
        *a = *b;
    else if (*b == NO_ROW)
        *b = *a;
    else
        unite(parent, *a, *b);
}

/* Rows of one level belong together; levels that covary too. */
static bool unite_levels(const struct rowcov *m, const int32_t *level, int32_t levels, const double *K, size_t *parent)
{
    size_t *first = NEW_ARRAY(size_t, levels + 1);

    if (first == NULL)
        return false;
    for (int32_t l = 0; l < levels; l++)
        first[l] = NO_ROW;
    for (size_t i = m->n; i-- > 0;)
        first[level[i]] = i;
    for (size_t i = 0; i < m->n; i++)
        unite(parent, first[level[i]], i);
    for (int32_t b = 0; K != NULL && b < levels; b++)
        for (int32_t a = b + 1; a < levels; a++)
            if (K[(size_t)a + (size_t)b * (size_t)levels] != 0.0)
                unite_related(parent, &first[a], &first[b]);
    mem_free(first);
    return true;
}

/* Numbers the clusters by their first rows and puts the rows in their order. */
static bool order_rows(struct rowcov *m, size_t *parent)
{
    size_t *number = NEW_ARRAY(size_t, m->n + 1), at = 0;

    if (number == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++)
        if (root_of(parent, i) == i)
            number[i] = m->cluster_count++;
    m->clusters = NEW_ARRAY(struct rowcov_cluster, m->cluster_count + 1);
    if (m->clusters == NULL) {
        mem_free(number);
        return false;
    }
    for (size_t i = 0; i < m->n; i++)
        m->clusters[number[root_of(parent, i)]].count++;
    for (size_t c = 0; c < m->cluster_count; c++) {
        m->clusters[c].from = at;
        at += m->clusters[c].count;
        m->largest = m->clusters[c].count > m->largest ? m->clusters[c].count : m->largest;
        m->clusters[c].count = 0;
    }
    for (size_t i = 0; i < m->n; i++) {
        struct rowcov_cluster *c = &m->clusters[number[root_of(parent, i)]];

        m->row[c->from + c->count++] = i;
    }
    mem_free(number);
    return true;
}

static bool find_clusters(struct rowcov *m)
{
    size_t *parent = NEW_ARRAY(size_t, m->n + 1);
    const struct residual_design *d = m->residual.design;
    bool ok = parent != NULL;

    for (size_t i = 0; ok && i < m->n; i++)
        parent[i] = i;
    for (int t = 0; ok && t < m->term_count; t++)
        ok = unite_levels(m, m->terms[t].random->level, m->terms[t].random->level_count, m->terms[t].K, parent);
    if (ok && d != NULL)
        ok = unite_levels(m, d->block, d->block_count, NULL, parent);
    ok = ok && order_rows(m, parent) && rowcov_find_alike(m);
    mem_free(parent);
    return ok;
}

/* Laplace's approximation weighs the rows: there each cluster has a factor of its own. */
static bool has_factor(const struct rowcov *m, size_t c)
{
    return m->family != NULL || m->clusters[c].alike > 0;
}

/* The factors of all clusters, and room for one more matrix of the largest. */
static bool make_factors(struct rowcov *m, const struct glmm_progress *progress, struct glmm_error *err)
{
    double entries = 3.0 * (double)m->largest * (double)m->largest;
    double *at;

    for (size_t c = 0; c < m->cluster_count; c++)
        if (has_factor(m, c))
            entries += (double)m->clusters[c].count * (double)m->clusters[c].count;
    if (!forecast(entries * sizeof(double), "rows that covary are kept as one matrix: fewer rows, or groups that are apart",
                  progress, err))
        return false;
    at = m->block = mem_alloc((size_t)entries + 1, sizeof(double));
    if (at == NULL)
        return fail_memory(err);
    for (size_t c = 0; c < m->cluster_count; c++)
        m->clusters[c].factor =
            has_factor(m, c) ? take(&at, m->clusters[c].count * m->clusters[c].count) : m->clusters[c - 1].factor;
    m->W = at;
    return true;
}

/* --- rows -------------------------------------------------------------------------------------------- */

/* y without its projection on Q, of mean square 1. */
static bool set_response(struct rowcov *m, struct glmm_error *err)
{
    const struct design *d = m->design;
    double *y = m->E + (size_t)m->p * m->n, square = 0.0, before = 0.0, one = 1.0, zero = 0.0, minus = -1.0;
    int n = (int)m->n, p = m->p, step = 1;

    for (size_t i = 0; i < m->n; i++) {
        y[i] = d->y[i] - (d->offset == NULL ? 0.0 : d->offset[i]);
        before = fmax(before, fabs(y[i]));
    }
    for (int pass = 0; pass < 2 && p > 0; pass++) {
        dgemv_("T", &n, &p, &one, m->E, &n, y, &step, &zero, m->beta, &step);
        dgemv_("N", &n, &p, &minus, m->E, &n, m->beta, &step, &one, y, &step);
        for (int j = 0; j < p; j++)
            m->projection[j] += m->beta[j];
    }
    for (size_t i = 0; i < m->n; i++)
        square += y[i] * y[i];
    m->y_scale = sqrt(square / (double)m->n);
    if (!(m->y_scale > TOLERANCE_NO_RESIDUAL * before))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the fixed effects explain `%s` exactly: there is no residual variation to model",
                    d->response);
    for (size_t i = 0; i < m->n; i++)
        y[i] /= m->y_scale;
    for (int j = 0; j < p; j++)
        m->projection[j] /= m->y_scale;
    return true;
}

static bool set_rows(struct rowcov *m, struct glmm_error *err)
{
    const struct design *d = m->design;

    memcpy(m->E, d->X, sizeof(double) * m->n * (size_t)m->p);
    if (!watched_qr((int)m->n, m->p, m->E, m->R, &m->watch))
        return watch_stopped(&m->watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped before the first evaluation")
                                        : fail_memory(err);
    for (int j = 0; m->reml && j < m->p; j++)
        m->constants += 2.0 * log(fabs(m->R[j + j * m->p]));
    return m->family != NULL || set_response(m, err);
}

static struct rowcov *allocate(const struct design *design, bool reml)
{
    struct rowcov *m = NEW(struct rowcov);
    size_t n = design->n, p = (size_t)design->p, e = p + 1;

    if (m == NULL)
        return NULL;
    m->design = design;
    m->reml = reml;
    m->n = n;
    m->p = design->p;
    m->term_count = design->random_count;
    m->degrees = (double)n - (reml ? design->p : 0);
    m->terms = NEW_ARRAY(struct rowcov_term, m->term_count + 1);
    m->row = NEW_ARRAY(size_t, n + 1);
    m->E = NEW_ARRAY(double, 2 * n * e + n + p * p + 4 * p + e * e + 1);
    if (m->terms == NULL || m->row == NULL || m->E == NULL) {
        rowcov_free(m);
        return NULL;
    }
    m->rows = m->E + n * e;
    m->alpha = m->rows + n * e;
    m->R = m->alpha + n;
    m->projection = m->R + p * p;
    m->beta = m->projection + p;
    m->scratch = m->beta + p;
    m->G = m->scratch + 2 * p;
    return m;
}

/* Matrices of k x k, whose entries an int counts: of each term four, of the residuals three. */
static bool has_room(const struct design *design, const struct glmm_progress *progress, struct glmm_error *err)
{
    enum { MOST = 46340 };
    const struct residual_design *residual = design->residual;
    int most = residual == NULL ? 0 : residual->positions.k;
    double entries = 3.0 * most * most;

    for (int t = 0; t < design->random_count; t++) {
        int k = design->random[t].k;

        most = k > most ? k : most;
        entries += 4.0 * k * k;
    }
    if (most > MOST) {
        fail(err, GLMM_E_LIMIT, NOWHERE, "a structure of %d positions is too large; at most %d can be fitted", most, MOST);
        error_hint(err, "times or places rounded have fewer: round() in let");
        return false;
    }
    return forecast(sizeof(double) * entries, "times or places rounded have fewer positions", progress, err);
}

static bool build(struct rowcov *m, bool sparse, const struct glmm_progress *progress, struct glmm_error *err)
{
    bool ok = has_room(m->design, progress, err);
    size_t widest = 0;

    if (!ok)
        return false;
    m->count = m->first = m->family == NULL ? 0 : m->p;
    for (int t = 0; ok && t < m->term_count; t++)
        ok = set_term(m, t, sparse);
    ok = (ok && set_residual(m) && (sparse || find_clusters(m))) || fail_memory(err);
    ok = ok && (sparse ? rowcov_sparse_new(m, progress, err) : make_factors(m, progress, err)) && set_rows(m, err);
    if (ok && sparse)
        rowcov_sparse_products(m);
    if (ok && m->family != NULL)
        ok = laplace_new(m, err);
    else if (ok && !sparse)
        ok = rowcov_set_moments(m) || fail_memory(err);
    if (!ok)
        return false;
    m->F = mem_alloc((sparse ? 0 : m->n) * ((size_t)m->p + 1) + 1, sizeof(double));
    m->gradient[0] = NEW_ARRAY(double, 3 * m->count + 1);
    m->gradient[1] = m->gradient[0] + m->count;
    m->point = m->gradient[1] + m->count;
    for (int t = 0; t < m->term_count; t++)
        widest = (size_t)m->terms[t].k > widest ? (size_t)m->terms[t].k : widest;
    if (m->design->prior != NULL)
        m->settling = mem_alloc((size_t)m->p * ((size_t)m->p + 3) + (size_t)m->count + widest * widest + 1, sizeof(double));
    return (m->F != NULL && m->gradient[0] != NULL && (m->settling != NULL || m->design->prior == NULL)) || fail_memory(err);
}

static struct rowcov *make(const struct design *design, const struct family *family, const struct link *link, bool reml,
                           bool sparse, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct rowcov *m;

    if (design->n <= (size_t)design->p) {
        fail(err, GLMM_E_MODEL, NOWHERE, "%zu row%s too few for %d fixed effect%s: nothing is left for the residual", design->n,
             design->n == 1 ? " is" : "s are", design->p, design->p == 1 ? "" : "s");
        return NULL;
    }
    m = allocate(design, reml);
    if (m == NULL) {
        fail_memory(err);
        return NULL;
    }
    m->family = family;
    m->link = link;
    watch_init(&m->watch, progress, "evaluation");
    if (build(m, sparse, progress, err))
        return m;
    rowcov_free(m);
    return NULL;
}

struct rowcov *rowcov_new(const struct design *design, const struct family *family, const struct link *link, bool reml,
                          const struct glmm_progress *progress, struct glmm_error *err)
{
    return make(design, family, link, reml, rowcov_sparse_takes(design, family), progress, err);
}

struct rowcov *rowcov_of_rows_new(const struct design *design, bool reml, const struct glmm_progress *progress,
                                  struct glmm_error *err)
{
    return make(design, NULL, NULL, reml, false, progress, err);
}

void rowcov_free(struct rowcov *m)
{
    if (m == NULL)
        return;
    for (int t = 0; m->terms != NULL && t < m->term_count; t++) {
        struct rowcov_term *term = &m->terms[t];

        rowcov_met_clear(&term->positions);
        mem_free(term->unit);
        mem_free(term->effect);
        mem_free(term->value);
        mem_free(term->scaled);
        mem_free((void *)(uintptr_t)term->K);
    }
    rowcov_met_clear(&m->residual.positions);
    mem_free(m->residual.sd);
    laplace_free(m->laplace);
    rowcov_sparse_free(m);
    mem_free(m->terms);
    mem_free(m->clusters);
    mem_free(m->row);
    mem_free(m->E);
    mem_free(m->block);
    mem_free(m->moments);
    mem_free(m->F);
    mem_free(m->gradient[0]);
    mem_free(m->settling);
    mem_free(m);
}

int rowcov_count(const struct rowcov *m)
{
    return m->count;
}

void rowcov_start(const struct rowcov *m, double strength, double x[])
{
    const struct rowcov_residual *r = &m->residual;

    for (int t = 0; t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];

        for (int a = 0; a < term->sd_count; a++)
            x[term->first + a] =
                asinh((0.4 + 0.5 * strength) / sqrt((double)m->term_count * (term->effect == NULL ? term->k : 1)) / ROWCOV_BEND);
        law_start(term->structure->law, term->k, strength, x + term->first + term->sd_count);
    }
    if (r->design == NULL)
        return;
    for (int s = 0; s < residual_scale_parameters(r->design); s++)
        x[r->first + s] = 0.0;
    law_start(r->design->structure->law, r->design->positions.k, strength, x + r->first + residual_scale_parameters(r->design));
}

void rowcov_place(const struct rowcov *m, const double sd[], double x[])
{
    for (int t = 0; t < m->term_count; t++)
        x[m->terms[t].first] = asinh(sd[t] / (m->terms[t].unit[0] * ROWCOV_BEND));
}

/* --- the deviance -------------------------------------------------------------------------------------- */

/* Whether x is the point of the last value; of a linear model all that hangs on it still stands. */
static bool is_known(const struct rowcov *m, const double x[])
{
    return m->known != KNOWN_NOTHING && memcmp(m->point, x, sizeof *x * (size_t)m->count) == 0;
}

double rowcov_value(struct rowcov *m, const double x[])
{
    if (is_known(m, x))
        return m->value;
    m->known = KNOWN_NOTHING;
    m->evaluations++;
    m->watch.done = m->evaluations;
    if (watch_stops(&m->watch))
        return MINIMIZE_BAD;
    m->value = m->family != NULL ? laplace_value(m, x) : rowcov_linear_value(m, x);
    if (m->value < MINIMIZE_BAD && !watch_stopped(&m->watch)) {
        memcpy(m->point, x, sizeof *x * (size_t)m->count);
        m->known = KNOWN_VALUE;
    }
    return m->value;
}

bool rowcov_gradient(struct rowcov *m, const double x[], double gradient[])
{
    if (m->family != NULL) {
        m->known = KNOWN_NOTHING; /* the factors are used up */
        return laplace_slopes(m, x, gradient);
    }
    if (!(m->known == KNOWN_SLOPES && is_known(m, x))) {
        if (m->sparse != NULL ? !rowcov_sparse_slopes(m, x) : !rowcov_linear_slopes(m, x))
            return false;
        m->known = m->known == KNOWN_VALUE ? KNOWN_SLOPES : KNOWN_NOTHING;
    }
    for (int i = 0; i < m->count; i++)
        gradient[i] = m->gradient[PART_LOGDET][i] + 1.0 / m->sigma2 * m->gradient[PART_RSS][i];
    rowcov_penalty(m, x, gradient);
    return true;
}

void rowcov_hold_sigma2(struct rowcov *m, double sigma2)
{
    if (sigma2 != m->held_sigma2)
        m->known = KNOWN_NOTHING;
    m->held_sigma2 = sigma2;
}

double rowcov_deviance(struct rowcov *m, const double x[], double gradient[])
{
    double value = rowcov_value(m, x);

    return gradient == NULL || !(value < MINIMIZE_BAD) || rowcov_gradient(m, x, gradient) ? value : MINIMIZE_BAD;
}

void rowcov_fixed_inverse(const struct rowcov *m, double out[])
{
    int p = m->p, e = p + 1;

    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            out[i + j * p] = i >= j ? m->G[i + j * e] : 0.0;
    if (p > 0)
        watched_chol_inverse(p, out, p, NULL);
    for (int j = 0; j < p; j++)
        for (int i = 0; i < j; i++)
            out[i + j * p] = out[j + i * p];
}
