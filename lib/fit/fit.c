/* fit.c -- what every kind of fit shares. */
#include "fit/fit.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/identify-private.h"
#include "fit/imputed.h"
#include "fit/recession.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "model/family.h"

static const double RUNS = 1e-6; /* of the way that its coefficients take, each by itself: less is rounding */

void fit_free(struct fit *fit)
{
    if (fit == NULL)
        return;
    if (fit->identity != NULL && fit->proper == NULL) { /* else the proper fit's */
        fit_free(fit->identity->reduced);
        reduction_free(fit->identity->reduction);
    }
    fit_free(fit->proper);
    imputed_free(fit->imputed);
    arena_free(fit->arena); /* the fit itself is the arena's */
}

struct fit *fit_unless_refused(struct fit *fit, long refused, struct glmm_error *err)
{
    if (fit == NULL || mem_refused() == refused)
        return fit;
    fit_free(fit);
    fail_memory(err);
    return NULL;
}

bool fit_has_residual(const struct fit *fit)
{
    return fit->has_scale && fit->family->residual;
}

bool fit_is_linear(const struct fit *fit)
{
    return family_is_linear(fit->family, fit->link) && fit->design->part[DESIGN_DISPERSION] == NULL;
}

const struct fit *fit_proper(const struct fit *fit)
{
    return fit->proper != NULL ? fit->proper : fit;
}

bool fit_has_joint(const struct fit *fit)
{
    return fit->joint_vcov != NULL || fit->joint_half != NULL;
}

double fit_joint(const struct fit *fit, int i, int j)
{
    size_t n = (size_t)fit->joint_count;
    double sum = 0.0;

    if (fit->joint_half == NULL)
        return fit->joint_vcov[(size_t)i + (size_t)j * n];
    for (size_t r = 0; r < (size_t)fit->joint_rank; r++)
        sum += fit->joint_half[(size_t)i + r * n] * fit->joint_half[(size_t)j + r * n];
    return sum;
}

double fit_joint_quadratic(const struct fit *fit, int count, const double c[])
{
    size_t n = (size_t)fit->joint_count;
    double sum = 0.0;

    if (fit_has_root(fit) && count <= fit->root_rows)
        return fit_root_product(fit, c, c, 1, count);
    for (size_t r = 0; fit->joint_half != NULL && r < (size_t)fit->joint_rank; r++) {
        double along = 0.0;

        for (size_t i = 0; i < (size_t)count; i++)
            along += c[i] == 0.0 ? 0.0 : c[i] * fit->joint_half[i + r * n];
        sum += along * along;
    }
    for (size_t j = 0; fit->joint_half == NULL && j < (size_t)count; j++)
        for (size_t i = 0; c[j] != 0.0 && i < (size_t)count; i++)
            sum += c[i] == 0.0 ? 0.0 : c[i] * fit->joint_vcov[i + j * n] * c[j];
    return sum;
}

double fit_rest_se(const struct fit *fit, int j)
{
    int at = fit->joint_count - fit->rest_all + j;

    double variance = !fit_has_joint(fit) || j >= fit->rest_count ? (double)NAN : fit_joint(fit, at, at);

    return variance > 0.0 ? sqrt(variance) : (double)NAN;
}

int fit_rest_of_shape(const struct fit *fit, int shape)
{
    for (int j = 0; j < fit->rest_count; j++)
        if (fit->rest_shape[j] == shape)
            return j;
    return -1;
}

double fit_dispersion_shown(const struct fit *fit)
{
    if (fit->family->has_dispersion && fit->rest_count < fit->rest_all && fit->rest_shape[fit->rest_count] == 0)
        return fit->dispersion > 1.0 ? HUGE_VAL : 0.0;
    if (fit->vanished)
        return fit->dispersion > 1.0 ? HUGE_VAL : 0.0;
    return fit->dispersion;
}

bool fit_has_no_variation(const struct fit *fit)
{
    const struct family *own = family_own(fit->family);

    return fit->vanished && own->support == SUPPORT_REAL;
}

/* The mean that the linear predictor is about: with zeros beyond the family's own, that of the family. */
bool fit_set_mean_link(struct fit *fit)
{
    const struct family *family = family_own(fit->family);
    double *natural = arena_alloc(fit->arena, FAMILY_SHAPES, sizeof *natural);
    struct link *own = arena_alloc(fit->arena, 1, sizeof *own);

    if (natural == NULL || own == NULL)
        return false;
    memcpy(natural, fit->shape, sizeof fit->shape);
    fit->mean_link = family_mean_link(family, fit->link, natural, own);
    return true;
}

void fit_view_category(const struct fit *fit, int category, struct fit *view, struct link *own, double beside[])
{
    bool moved = fit->recession != NULL && fit->recession->thresholds > 0;

    *view = *fit;
    view->beside = moved ? beside : NULL;
    view->mean_link = family_category_link(fit->family, fit->link, moved ? beside : fit->shape, category, own);
}

static void set_beside(const struct fit *fit, const double x[], size_t stride)
{
    const struct recession *r = fit->recession;

    for (int j = 0; j < family_shapes(fit->family); j++) {
        double limit = r->threshold[j] < 0 ? r->shape_limit[j] : recession_threshold_limit(r, r->threshold[j], x, stride);

        fit->beside[j] = limit != 0.0 ? limit : fit->proper->shape[j];
    }
}

bool fit_mean_has_shapes(const struct fit *fit)
{
    return fit->family->mean_slopes != NULL && fit_has_joint(fit);
}

bool fit_is_threshold(const struct fit *fit, int shape)
{
    const struct family *family = fit->family;

    return shape >= family->has_dispersion && family->more[shape - family->has_dispersion].scale == SHAPE_FREE
           && shape != family_zero_shape(family);
}

/* Thresholds, estimated or at an end of their range. */
bool fit_set_thresholds(struct fit *fit)
{
    const struct family *family = fit->family;
    const char **names = arena_alloc(fit->arena, FAMILY_SHAPES, sizeof *names);
    double *estimate = arena_alloc(fit->arena, FAMILY_SHAPES, sizeof(double)),
           *se = arena_alloc(fit->arena, FAMILY_SHAPES, sizeof(double));
    int count = 0;

    if (names == NULL || estimate == NULL || se == NULL)
        return false;
    for (int j = 0; j < family->more_count; j++) {
        int shape = family->has_dispersion + j, at = fit_rest_of_shape(fit, shape);

        if (!fit_is_threshold(fit, shape))
            continue;
        names[count] = family->more[j].name;
        estimate[count] = fit->shape[shape];
        se[count++] = at < 0 ? (double)NAN : fit_rest_se(fit, at);
    }
    if (count > 0)
        fit->part[fit->part_count++] = (struct fit_part){ PART_THRESHOLDS, count, names, estimate, se, NULL, NULL };
    return true;
}

int fit_part_place(enum part_kind kind)
{
    return kind == PART_DISPERSION ? DESIGN_DISPERSION : DESIGN_ZERO;
}

/* The coefficients of the predictor of a shape, which is told as its reciprocal where the family's is. */
static bool set_predictor(struct fit *fit, enum part_kind kind, int shape, const struct design *design, bool reciprocal)
{
    double *estimate = arena_alloc(fit->arena, (size_t)design->p + 1, sizeof(double)),
           *se = arena_alloc(fit->arena, (size_t)design->p + 1, sizeof(double));
    int first = 0;

    if (estimate == NULL || se == NULL)
        return false;
    while (first < fit->rest_all && fit->rest_shape[first] != shape)
        first++;
    for (int j = 0; j < design->p; j++) {
        estimate[j] = reciprocal ? -fit->rest[first + j] : fit->rest[first + j];
        se[j] = fit_rest_se(fit, first + j);
    }
    fit->part[fit->part_count++] = (struct fit_part){
        kind, design->p, design->names, estimate, se, design, fit->random + design_first_term(fit->design, fit_part_place(kind))
    };
    return true;
}

bool fit_set_predictors(struct fit *fit)
{
    const struct design *zero = fit->design->part[DESIGN_ZERO], *dispersion = fit->design->part[DESIGN_DISPERSION];

    return (zero == NULL || set_predictor(fit, PART_ZERO, family_zero_shape(fit->family), zero, false))
           && (dispersion == NULL || set_predictor(fit, PART_DISPERSION, 0, dispersion, fit->family->reciprocal));
}

const struct fit_part *fit_part_of(const struct fit *fit, enum part_kind kind)
{
    for (int k = 0; k < fit->part_count; k++)
        if (fit->part[k].kind == kind)
            return &fit->part[k];
    return NULL;
}

/* The values of a shape that is not the same for all rows; else NULL. */
static const double *shape_rows(const struct fit *fit, int j)
{
    return j < FAMILY_SLOTS ? fit->shape_rows[j] : NULL;
}

void fit_row_shapes(const struct fit *fit, size_t row, double shape[FAMILY_SHAPES])
{
    for (int j = 0; j < FAMILY_SLOTS || j < family_shapes(fit->family); j++)
        shape[j] = shape_rows(fit, j) != NULL ? family_shape_value(fit->family, j, shape_rows(fit, j)[row], NULL) : fit->shape[j];
}

void fit_mean_at(const struct fit *fit, size_t row, double eta, double out[4])
{
    double shape[FAMILY_SHAPES];
    struct link own;

    fit_row_shapes(fit, row, shape);
    link_inverse(family_mean_link(fit->family, fit->link, shape, &own), eta, out);
}

void fit_estimated_shapes(const struct fit *fit, size_t row, double shape[FAMILY_SHAPES])
{
    for (int j = 0; j < FAMILY_SLOTS || j < family_shapes(fit->family); j++)
        shape[j] = shape_rows(fit, j) != NULL       ? shape_rows(fit, j)[row]
                   : j < family_shapes(fit->family) ? family_shape_estimated(fit->family, j, fit->shape[j])
                                                    : 0;
}

struct response fit_response(const struct fit *fit)
{
    const struct design *design = fit->design;
    struct response response = { .family = fit->family,
                                 .link = fit->link,
                                 .n = design->n,
                                 .y = design->y,
                                 .trials = design->trials,
                                 .weights = design->weights,
                                 .open = design->open };

    for (int j = 0; j < family_shapes(fit->family); j++) {
        if (j < FAMILY_SLOTS)
            response.rows[j] = fit->shape_rows[j];
        if (shape_rows(fit, j) == NULL)
            response.shape[j] = family_shape_estimated(fit->family, j, fit->shape[j]);
    }
    return response;
}

bool fit_has_rows(const struct fit *fit, struct glmm_error *err)
{
    for (int t = 0; t < fit->design->random_count; t++)
        if (fit->random[t].sd != NULL && isinf(fit->random[t].sd[0]) && isnan(fit->loglik)) /* glmm-constant.c: of a level, all */
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "the variance between levels of %s is estimated as infinite: nothing else is determined",
                        fit->design->random[t].group);
    return fit->recession == NULL || fit->proper != NULL
           || fail(err, GLMM_E_MODEL, NOWHERE,
                   "the fixed effects tell all responses apart without error: there is nothing else to be seen");
}

bool fit_has_means(const struct fit *fit, struct glmm_error *err)
{
    return fit->recession != NULL || fit_has_rows(fit, err);
}

/* Whether x'beta does. */
static bool runs_with_dispersion(const struct fit *fit, const double x[], size_t stride)
{
    size_t p = (size_t)fit->design->p;
    double run = 0.0, size = 0.0;

    if (fit->base == NULL || fit->recession != NULL)
        return false;
    for (size_t j = 0; j < p; j++) {
        if (fit->runs == NULL && x[j * stride] != 0.0 && isnan(fit->beta[j]))
            return true;
        for (size_t i = 0; fit->runs != NULL && i < p; i++)
            run += x[i * stride] * fit->runs[i + j * p] * x[j * stride];
        size += fit->runs == NULL ? 0.0 : fabs(x[j * stride]) * sqrt(fit->runs[j + j * p]);
    }
    return run > pow(RUNS * size, 2);
}

double fit_linear(const struct fit *fit, const double x[], size_t stride)
{
    const double *beta = fit->base != NULL ? fit->base : fit->beta;
    double sum = 0.0, limit;

    if (fit->beside != NULL)
        set_beside(fit, x, stride);
    else if (fit->recession != NULL && (limit = recession_limit(fit->recession, x, stride)) != 0.0)
        return limit;
    else if (runs_with_dispersion(fit, x, stride))
        return (double)NAN;
    for (int j = 0; j < fit->design->p; j++)
        sum += x[(size_t)j * stride] * beta[j];
    return sum;
}

bool fit_runs_with_dispersion(const struct fit *fit)
{
    for (int j = 0; fit->base != NULL && fit->recession == NULL && j < fit->design->p; j++)
        if (isnan(fit->beta[j]))
            return true;
    return false;
}

const double *fit_vcov(const struct fit *fit)
{
    return fit->base_vcov != NULL ? fit->base_vcov : fit->vcov;
}

void fit_spread(const struct fit *fit, const double rest[], const double limit[], double out[])
{
    const struct recession *r = fit->recession;

    if (r == NULL) {
        memcpy(out, rest, sizeof *out * (size_t)fit->design->p);
        return;
    }
    for (int j = 0; j < r->p; j++)
        out[j] = limit != NULL ? limit[j] : (double)NAN;
    for (int j = 0; j < r->rest_p; j++)
        if (r->limit[r->column[j]] == 0.0)
            out[r->column[j]] = rest[j];
}

bool fit_has_root(const struct fit *fit)
{
    return fit->root != NULL && fit->base_vcov == NULL && fit->identity == NULL;
}

double fit_root_product(const struct fit *fit, const double *a, const double *b, size_t step, int count)
{
    double sum = 0.0;

    for (int r = 0; r < fit->root_rank; r++) {
        const double *column = fit->root + (size_t)r * (size_t)fit->root_rows;
        double along = 0.0, other = 0.0;

        for (int i = 0; i < count; i++) {
            along += a[(size_t)i * step] == 0.0 ? 0.0 : a[(size_t)i * step] * column[i];
            other += a == b || b[(size_t)i * step] == 0.0 ? 0.0 : b[(size_t)i * step] * column[i];
        }
        sum += along * (a == b ? along : other);
    }
    return sum;
}

enum { MOST_ROWS = 500 }; /* of a factor: 50 ms are spent on it there */

bool fit_takes_root(int count)
{
    return count > 0 && count <= MOST_ROWS;
}

bool fit_root_helps(const struct fit *fit, const double c[])
{
    int p = fit->design->p, terms = 0;

    for (int j = 0; j < p && terms < 2; j++)
        terms += c[j] != 0.0;
    return terms > 1 && fit_has_root(fit);
}

bool fit_set_root(struct fit *fit, double scale, const double *T, const double *C, int count, const double *S, double last)
{
    int p = fit->design->p;
    size_t pp = fit_takes_root(p) ? (size_t)p * (size_t)p : 0;
    double *root = arena_alloc(fit->arena, pp + 1, sizeof *root), *G = NEW_ARRAY(double, pp + 1), one = 1.0, size = sqrt(scale);
    double *slopes = arena_alloc(fit->arena, (size_t)(count + 1) * pp + 1, sizeof *slopes), zero = 0.0;
    bool ok = root != NULL && slopes != NULL && G != NULL;

    if (!ok || pp == 0) {
        mem_free(G);
        return ok;
    }
    for (int j = 0; j < p; j++)
        for (int i = j; i < p; i++)
            G[i + (size_t)j * (size_t)p] = C[i + (size_t)j * (size_t)p];
    if (chol_factor(p, G, p) == 0) {
        for (int k = 0; k < count; k++) {
            memcpy(slopes + (size_t)k * pp, S + (size_t)k * pp, sizeof *S * pp);
            dtrsm_("L", "L", "N", "N", &p, &p, &one, G, &p, slopes + (size_t)k * pp, &p);
            dtrsm_("R", "L", "T", "N", &p, &p, &one, G, &p, slopes + (size_t)k * pp, &p);
        }
        for (size_t i = 0; i < (size_t)p; i++)
            slopes[(size_t)count * pp + i * ((size_t)p + 1)] = last;
        dgemm_("N", "N", &p, &p, &p, &size, T, &p, G, &p, &zero, root, &p);
        fit->root = root;
        fit->root_slopes = last != 0.0 ? slopes : NULL;
        fit->root_rows = fit->root_rank = p;
    }
    mem_free(G);
    return ok;
}

double fit_quadratic(const double *V, const double c[], int p)
{
    double sum = 0.0;

    for (int j = 0; j < p; j++) {
        const double *v = V + (size_t)j * (size_t)p;
        double lane[4] = { 0 };
        int i = j + 1;

        if (c[j] == 0.0)
            continue;
        for (; i + 4 <= p; i += 4)
            for (int k = 0; k < 4; k++)
                lane[k] += c[i + k] != 0.0 ? c[i + k] * v[i + k] : 0.0;
        for (; i < p; i++)
            lane[0] += c[i] != 0.0 ? c[i] * v[i] : 0.0;
        sum += (c[j] * v[j] + 2.0 * ((lane[0] + lane[1]) + (lane[2] + lane[3]))) * c[j];
    }
    return sum;
}

double fit_satterthwaite(const struct fit *fit, const double c[], double work[])
{
    int p = fit->design->p, count = fit->variance_count;
    double variance = fit_variance(fit, c), spread = 0.0;
    const double *slopes = fit->vcov_slopes;

    if (isnan(variance))
        return (double)NAN;
    if (fit->root_slopes != NULL && fit_root_helps(fit, c)) { /* in the basis of the factor */
        for (int r = 0; r < p; r++) {
            work[r] = 0.0;
            for (int i = 0; i < p; i++)
                work[r] += c[i] == 0.0 ? 0.0 : c[i] * fit->root[i + (size_t)r * (size_t)p];
        }
        slopes = fit->root_slopes;
        c = work;
    }
    for (int j = 0; j < count; j++) {
        double gj = fit_quadratic(slopes + (size_t)j * (size_t)p * (size_t)p, c, p);

        spread += gj * fit->variance_covariance[j + j * count] * gj;
        for (int i = 0; i < j; i++)
            spread += 2.0 * fit_quadratic(slopes + (size_t)i * (size_t)p * (size_t)p, c, p)
                      * fit->variance_covariance[i + j * count] * gj;
    }
    return spread > 0.0 ? 2.0 * variance * variance / spread : (double)INFINITY;
}

bool fit_set_variance_covariance(struct fit *fit, int r, const double joint[], const double unit[])
{
    static const double FLAT = 1e-7; /* beside the largest eigenvalue of a matrix with a unit diagonal */
    int size = 33 * r;
    double *out = arena_alloc(fit->arena, (size_t)r * (size_t)r, sizeof *out), *values, *work;
    double *vectors = mem_alloc((size_t)(r * r + r + size), sizeof *vectors);

    if (out == NULL || vectors == NULL) {
        mem_free(vectors);
        return false;
    }
    values = vectors + r * r;
    work = values + r;
    for (int j = 0; j < r; j++)
        for (int i = 0; i < r; i++)
            vectors[i + j * r] = joint[i + j * r] * unit[i] * unit[j];
    if (symmetric_eigen(r, vectors, values, work, size)) {
        for (int v = 0; v < r; v++)
            for (int j = 0; values[v] > FLAT * values[r - 1] && j < r; j++)
                for (int i = 0; i < r; i++)
                    out[i + j * r] += 2.0 * unit[i] * vectors[i + v * r] * vectors[j + v * r] * unit[j] / values[v];
        fit->variance_covariance = out;
        fit->variance_count = r;
    }
    mem_free(vectors);
    return true;
}

bool fit_set_df(struct fit *fit, double least)
{
    int p = fit->design->p;
    double *df = arena_alloc(fit->arena, (size_t)p, sizeof *df), *c = NEW_ARRAY(double, 2 * p + 1);

    if (df == NULL || c == NULL) {
        mem_free(c);
        return false;
    }
    for (int j = 0; j < p; j++) {
        c[j] = 1.0;
        df[j] = fit_satterthwaite(fit, c, c + p);
        df[j] = df[j] < least ? least : df[j]; /* NaN stays */
        c[j] = 0.0;
    }
    fit->df = fit->variance_count > 0 ? df : NULL;
    mem_free(c);
    return true;
}

bool fit_is_rough(const struct fit *fit)
{
    const struct approximation *a = &fit->approximation;

    return a->kind != APPROXIMATION_NONE && fabs(a->drift) - 2.0 * a->error >= APPROXIMATION_SMALL;
}

bool fit_is_maximum(const struct fit *fit)
{
    switch (fit->optimum.verdict) {
    case VERDICT_NOT_CONVERGED:
        return isfinite(fit->loglik) && fit->optimum.gain < TOLERANCE_NEARLY;
    case VERDICT_INTERRUPTED:
        return false;
    default:
        return isfinite(fit->loglik);
    }
}

bool fit_has_estimates(const struct fit *fit)
{
    return fit->optimum.verdict != VERDICT_NOT_CONVERGED || (isfinite(fit->loglik) && !isnan(fit->optimum.gain));
}

bool fit_tells_no_coefficient(const struct fit *fit)
{
    bool none =
        fit->design->p > 0 && fit->imputed == NULL && fit->recession == NULL && fit->identity == NULL && fit->escape == NULL;

    for (int j = 0; j < fit->design->p; j++)
        none = none && isnan(fit->beta[j]);
    return none;
}

double fit_of_maximum(const struct fit *fit, double value)
{
    return fit_is_maximum(fit) ? value : (double)NAN;
}

void fit_set_criteria(struct fit *fit, size_t rows)
{
    double n = (double)rows, k = fit->npar;

    fit->aic = -2.0 * fit->loglik + 2.0 * k;
    fit->aicc = n - k - 1.0 > 0.0 ? fit->aic + 2.0 * k * (k + 1.0) / (n - k - 1.0) : (double)NAN;
    fit->bic = -2.0 * fit->loglik + log(n) * k;
}

double fit_mode_se(const struct random_fit *random, size_t level, int a)
{
    size_t k = (size_t)random->k, at = (size_t)a;
    double variance = random->mode_covariance[level * k * k + at * k + at];

    return isnan(variance) ? variance : sqrt(fmax(variance, 0));
}

double fit_residual_criterion(const struct fit *fit, double nu)
{
    return nu * (1 + log(2 * M_PI * fit->sigma * fit->sigma));
}
