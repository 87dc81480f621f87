/* place-make.c -- making a place: the design with the wanted correlation first or a coefficient taken out, the coordinates of the
 * estimates, their natural sizes, and the engine that has the criterion. */
#include "infer/place-private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/tolerances.h"
#include "infer/icc.h"
#include "linalg/dense.h"
#include "model/family.h"
#include "model/prior.h"
#include "model/relation.h"

static const double NO_SIZE = 1e-300;   /* of a column of zeros: not divided by */
static const double LEAST_LIMIT = 1e-4; /* of a limit's coordinate: a share of 1e-8 of what its family has beside the limit's */

/* --- the design ------------------------------------------------------------------------------------- */

static int term_coordinates(const struct place_term *term)
{
    return term->correlated ? term->k * (term->k + 1) / 2 : term->k;
}

static bool copy_term(struct place *place, int t, int first, int second)
{
    struct place_term *term = &place->terms[t];
    const struct random_design *random = design_term(&place->design, t, NULL);
    size_t k = (size_t)random->k;
    double *z;
    int at = 0;

    term->k = random->k;
    term->covariance = random->covariance;
    term->correlated = random->covariance->correlated && random->k > 1;
    term->order = arena_alloc(place->arena, k, sizeof *term->order);
    if (term->order == NULL)
        return false;
    if (first >= 0)
        term->order[at++] = first;
    if (second >= 0)
        term->order[at++] = second;
    for (int a = 0; a < random->k; a++)
        if (a != first && a != second)
            term->order[at++] = a;
    if (first <= 0 && second < 0)
        return true;
    place->turned = true;
    if ((z = arena_alloc(place->arena, place->design.n * k, sizeof *z)) == NULL)
        return false;
    for (size_t i = 0; i < place->design.n; i++)
        for (size_t a = 0; a < k; a++)
            z[i * k + a] = random->z[i * k + (size_t)term->order[a]];
    place->design.random[t].z = z; /* a pair is one of the mean's terms */
    return true;
}

/* The design without a coefficient, whose multiple becomes part of the offset. */
static bool take_column(struct place *place, int without)
{
    struct design *d = &place->design;
    size_t n = d->n;
    double *X = arena_alloc(place->arena, n * (size_t)(d->p - 1) + 1, sizeof *X);
    const char **names = arena_alloc(place->arena, (size_t)d->p, sizeof *names);

    place->without = without;
    place->taken = d->X + (size_t)without * n;
    place->offset = arena_alloc(place->arena, n, sizeof *place->offset);
    if (X == NULL || names == NULL || place->offset == NULL)
        return false;
    for (int j = 0, to = 0; j < d->p; j++)
        if (j != without)
            names[to++] = d->names[j];
    place->taken_rule = prior_of_coefficient(d->prior, PRIOR_OF_MEAN, d->names[without]);
    d->names = names;
    memcpy(X, d->X, sizeof *X * n * (size_t)without);
    memcpy(X + (size_t)without * n, d->X + (size_t)(without + 1) * n, sizeof *X * n * (size_t)(d->p - 1 - without));
    d->X = X;
    d->p--;
    d->offset = place->offset;
    return true;
}

bool place_has_limit(const struct fit *fit)
{
    return !fit->exact && fit->structured == NULL && fit->family->categories == 0 && fit->rest_count < fit->rest_all;
}

static bool copy_design(struct place *place, const struct parameter *pair, int without)
{
    const struct design *design = place->fit->design;
    int term = pair == NULL ? -1 : pair->term;
    size_t terms = (size_t)design_term_count(design) + 1;
    struct random_design *random = arena_alloc(place->arena, terms, sizeof *random);

    place->design = *design;
    place->design.random = random;
    place->terms = arena_alloc(place->arena, terms, sizeof *place->terms);
    if (random == NULL || place->terms == NULL)
        return false;
    memcpy(random, design->random, sizeof *random * (size_t)design->random_count);
    place->n = place->p = place->fit->exact ? 0 : design->p;
    place->term_count = place->structured ? 0 : design_term_count(design);
    for (int t = 0; t < place->term_count; t++) {
        const struct random_design *own = design_term(&place->design, t, NULL);

        place->terms[t].first = place->n;
        place->terms[t].theta = place->theta_count;
        if (!copy_term(place, t, t == term ? pair->a : -1, t == term ? pair->b : -1))
            return false;
        place->n += term_coordinates(&place->terms[t]);
        place->theta_count += own->covariance->count(own->k);
    }
    place->scale = place->n;
    place->rest = place->fit->exact ? 1 : place->fit->rest_count;
    place->kept = -1;
    if (place->structured && !place->fit->exact && place->fit->rest_count < place->fit->rest_all)
        place->kept = place->fit->structured_count - 1;
    if (place_has_limit(place->fit))
        place->limit_sign = place->fit->rest[place->rest++] > 0 ? 1 : -1;
    place->n = place->structured ? place->fit->structured_count + place->fit->exact : place->n + place->rest;
    return without < 0 || take_column(place, without);
}

static bool make_arrays(struct place *place)
{
    size_t n = (size_t)place->n + 1, p = (size_t)place->p, q = (size_t)place->theta_count + (size_t)place->rest + FAMILY_SHAPES;
    double *block = arena_alloc(place->arena, 5 * n * n + 8 * n + 40 * n + q + 2 * (p + q) + p * p, sizeof *block);

    if (block == NULL)
        return false;
    place->curvature = block;
    place->vectors = place->curvature + n * n;
    place->C = place->vectors + n * n;
    place->inverse = place->C + n * n; /* and 40 n for LAPACK, before it is one */
    place->values = place->inverse + n * n + 40 * n;
    place->estimate = place->values + n;
    place->sizes = place->estimate + n;
    place->base = place->sizes + n;
    place->psi = place->base + n;
    place->gradient = place->psi + n;
    place->z = place->gradient + n;
    place->z_gradient = place->z + n;
    place->theta = place->z_gradient + n;
    place->phi = place->theta + q;
    place->slopes = place->phi + p + q;
    place->G = place->slopes + p + q;
    place->ones = arena_alloc(place->arena, n, sizeof *place->ones);
    for (size_t i = 0; i < n && place->ones != NULL; i++)
        place->ones[i] = 2;
    return place->ones != NULL;
}

/* --- the estimates ---------------------------------------------------------------------------------- */

/* Standard deviation and angles of a row of a template. */
static void read_row(const double l[], int a, bool correlated, double row[])
{
    double rest = 0;

    for (int e = a; e >= 0; e--) {
        if (correlated && e < a)
            row[1 + e] = rest > 0 || l[e] != 0 ? atan2(e == a - 1 ? l[a] : rest, l[e]) : M_PI / 2;
        rest = hypot(rest, l[e]);
    }
    row[0] = rest;
}

/* L L' = the covariance matrix of the term's effects in their order here; a pivot of 0 leaves its column 0. */
static void factor_covariance(const struct place_term *term, const double *covariance, double *L)
{
    int k = term->k;

    for (int j = 0; j < k; j++)
        for (int i = j; i < k; i++)
            L[i + j * k] = covariance[term->order[i] + term->order[j] * k];
    small_semidefinite(k, L, L);
}

static bool read_term(const struct place *place, const struct place_term *term, const struct random_fit *random, double psi[])
{
    int k = term->k;
    double *L = NEW_ARRAY(double, k *k + k), *row = L + k * k;
    bool moved = false;

    if (L == NULL)
        return false;
    for (int a = 0; a < k; a++)
        moved = moved || term->order[a] != a;
    if (moved)
        factor_covariance(term, random->covariance, L);
    for (int a = 0; a < k; a++) {
        for (int e = 0; e <= a; e++)
            row[e] = moved ? L[a + e * k] : random->lambda[a + e * k] * place->fit->sigma;
        if (term->correlated)
            read_row(row, a, true, psi + term_row(term, a));
        else
            psi[term_row(term, a)] = row[a];
    }
    mem_free(L);
    return true;
}

/* What rows vary by beside the effects of a term.  Where the linear predictor has the unit of the response, and no sigma has it
 * too, it is what the family leaves there; else about 1. */
static double noise_of(const struct place *place, int t)
{
    const struct fit *fit = place->fit;
    bool unit = (fit->link->kind == LINK_IDENTITY || fit->link->kind == LINK_OTHER) && fit->family->response == RESPONSE_REAL
                && family_own(fit->family)->support != SUPPORT_COUNT;
    double left;

    if (fit_has_residual(fit))
        return fit->sigma;
    if (!unit || t >= place->design.random_count)
        return 1;
    left = icc_residual(fit, NULL);
    return left > 0 && isfinite(left) ? sqrt(left) : 1;
}

static int coordinate_of_sd(const struct place *place, int t, int a)
{
    return rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SD, t, a, 0 });
}

/* Of an effect: what the rows of a level could tell from 0. */
static double effect_unit(const struct place *place, int t, int a)
{
    const struct random_design *random = design_term(&place->design, t, NULL);
    double size = 0, n = (double)place->design.n, noise = noise_of(place, t);

    for (size_t i = 0; i < place->design.n; i++) {
        double z = random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a];

        size += z * z / n;
    }
    size *= random_related(random, -1);
    return noise / sqrt(fmax(size, NO_SIZE) * fmax(n / random->level_count, 1));
}

/* Of the effects of a term that share a coordinate with effect a, the least unit: an effect that no row has (a position beside
 * by=) has none. */
static double shared_unit(const struct place *place, int t, int a)
{
    double least = HUGE_VAL;

    for (int b = a; b < place->design.random[t].k && (b == a || coordinate_of_sd(place, t, b) == coordinate_of_sd(place, t, a));
         b++)
        least = fmin(least, effect_unit(place, t, b));
    return least;
}

/* Sizes of the coordinates of a structured model, and its estimates. */
static void read_structured(struct place *place)
{
    const struct fit *fit = place->fit;

    memcpy(place->estimate, rowcov_along_estimate(place->along), sizeof(double) * (size_t)place->n);
    for (int i = 0; i < place->n; i++)
        place->sizes[i] = i >= place->p ? 1 : isfinite(fit->se[i]) && fit->se[i] > 0 ? fit->se[i] : fmax(fabs(fit->beta[i]), 1);
    for (int t = 0; t < place->design.random_count; t++)
        for (int a = 0; a < place->design.random[t].k; a++) {
            int at = coordinate_of_sd(place, t, a);
            double least;

            if (place->sizes[at] != 1)
                continue;
            least = 0.3 * shared_unit(place, t, a);
            place->sizes[at] = fmax(fabs(place->estimate[at]), rowcov_along_is_root(place->along, at) ? sqrt(least) : least);
        }
}

static bool read_estimates(struct place *place)
{
    const struct fit *fit = place->fit;
    double *psi = place->estimate;

    for (int j = 0; j < place->p; j++) {
        psi[j] = fit->base != NULL ? fit->base[j] : fit->beta[j];
        place->sizes[j] =
            isfinite(fit->se[j]) && fit->se[j] > 0 ? fit->se[j] : fmax(fabs(psi[j]), 1) / sqrt((double)fit->design->n);
    }
    for (int t = 0; t < place->term_count; t++) {
        const struct place_term *term = &place->terms[t];

        if (!read_term(place, term, &fit->random[t], psi))
            return false;
        for (int i = 0; i < term_coordinates(term); i++)
            place->sizes[term->first + i] = 1;
        for (int a = 0; a < term->k; a++)
            place->sizes[term_row(term, a)] = fmax(fabs(psi[term_row(term, a)]), 0.3 * effect_unit(place, t, a));
    }
    for (int i = 0; i < place->rest; i++) {
        psi[place->scale + i] = fit->exact ? log(fit->sigma) : place->scale + i == place_limit(place) ? 0 : fit->rest[i];
        place->sizes[place->scale + i] = 1;
    }
    return true;
}

/* --- the whole -------------------------------------------------------------------------------------- */

/* Whether the fit's own Hessian is that of the place. */
static bool has_hessian(const struct place *place)
{
    return place->fit->theta_hessian != NULL && place->without < 0 && !place->turned;
}

/* Frees a shape that is at its limit; the size of its coordinate is that at which the criterion has risen by 1. */
static void free_limit(struct place *place)
{
    int at = place_limit(place);
    double *psi = place->z, start, unit; /* of w, where exp(-tau) is 1 beside the counts */

    if (at < 0)
        return;
    place->glm->held = false;
    memcpy(psi, place->estimate, sizeof *psi * (size_t)place->n);
    start = place_value_of(place, psi, NULL);
    unit = exp(0.5 * (LIMIT_OF_TAU - glm_limit_size(place->glm)));
    for (psi[at] = LEAST_LIMIT * unit; psi[at] < unit && place_value_of(place, psi, NULL) < start + 1;)
        psi[at] *= 2;
    place->sizes[at] = psi[at];
}

static bool make_engine(struct place *place, const struct place *other, struct glmm_error *err)
{
    const struct fit *fit = place->fit;
    int p = place->p;

    if (place->structured) {
        if (place->without >= 0)
            return place_set(place, fit->beta[place->without], err);
        place->along = other != NULL ? rowcov_along_beside(other->along, fit, &place->held_there, err)
                                     : rowcov_along_new(&place->design, fit, &place->held_there, place->progress, err);
        return place->along != NULL;
    }
    if (fit->exact)
        return place->without >= 0 || has_hessian(place) || place_begin(place, err);
    place->glm = glm_new(&place->design, fit->family, fit->link, fit->nodes, err);
    if (place->glm != NULL && !glm_take_criterion(place->glm, fit, err))
        return false;
    for (int j = 0; j < p && place->glm != NULL; j++) {
        memset(place->phi, 0, sizeof(double) * (size_t)p);
        place->phi[j] = 1;
        glm_from_beta(place->glm, place->phi, place->G + (size_t)j * (size_t)p);
    }
    if (place->glm == NULL)
        return false;
    if (!glm_leave_rows_some(place->glm)) /* of what effects have taken, so that the criterion keeps its digits */
        return fail_memory(err);
    glm_rest_from_fit(place->glm, fit, place->phi);
    free_limit(place);
    for (int k = 0; k < place->glm->part_count; k++)
        for (int i = place->glm->part[k].first; i < place->glm->part[k].first + place->glm->part[k].count; i++)
            if (place->glm->part[k].design != NULL && isfinite(fit_rest_se(fit, i)) && fit_rest_se(fit, i) > 0)
                place->sizes[place->scale + i] = fit_rest_se(fit, i); /* a coefficient has the unit of its column */
    return true;
}

static struct along_parameter along_of(const struct fit *fit, const struct parameter *p)
{
    static const enum along_what what[] = { [PARAMETER_FIXED] = ALONG_FIXED,      [PARAMETER_SD] = ALONG_SD,
                                            [PARAMETER_CORR] = ALONG_CORRELATION, [PARAMETER_SIGMA] = ALONG_SIGMA,
                                            [PARAMETER_DISPERSION] = ALONG_SHAPE, [PARAMETER_SHAPE] = ALONG_SHAPE,
                                            [PARAMETER_STRUCTURE] = ALONG_LAW,    [PARAMETER_ZERO] = ALONG_SHAPE,
                                            [PARAMETER_SPREAD] = ALONG_SHAPE,     [PARAMETER_EXTRA] = ALONG_SHAPE };
    bool shape = what[p->kind] == ALONG_SHAPE || (p->kind == PARAMETER_SIGMA && !fit->exact);

    return (struct along_parameter){ shape ? ALONG_SHAPE : what[p->kind], p->term, shape ? fit_rest_of_shape(fit, p->a) : p->a,
                                     p->b };
}

/* `other` (NULL: none) has the rows. */
static struct place *make_place(const struct fit *fit, const struct parameter *pair, int without, const struct place *other,
                                const struct glmm_progress *progress, struct glmm_error *err)
{
    struct place *place;
    bool ok;

    if ((place = NEW(struct place)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    place->fit = fit;
    place->progress = progress;
    place->reml = fit->method == METHOD_REML;
    place->structured = fit->structured != NULL;
    place->held_there = pair != NULL ? along_of(fit, pair) : (struct along_parameter){ ALONG_SIGMA, -1, 0, 0 };
    place->without = -1;
    place->held = -2;
    place->arena = arena_new();
    ok = (place->arena != NULL && copy_design(place, pair, without) && make_arrays(place)
          && (place->structured || read_estimates(place)) && (place->minimizer = minimizer_new(place->n, false)) != NULL)
         || fail_memory(err);
    if (!ok || !make_engine(place, other, err)) {
        place_free(place);
        return NULL;
    }
    if (place->structured)
        read_structured(place);
    return place;
}

struct place *place_new(const struct fit *fit, const struct parameter *pair, int without, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    return make_place(fit, pair, without, NULL, progress, err);
}

struct place *place_beside(const struct place *other, const struct parameter *pair, struct glmm_error *err)
{
    return make_place(other->fit, pair, -1, other, other->progress, err);
}

void place_free(struct place *place)
{
    if (place == NULL)
        return;
    lmm_free(place->lmm);
    glm_free(place->glm);
    rowcov_along_free(place->along);
    minimizer_free(place->minimizer);
    arena_free(place->arena);
    mem_free(place);
}

bool place_begin(struct place *place, struct glmm_error *err)
{
    if (place->lmm == NULL && place->fit->exact && !place->structured)
        place->lmm = lmm_new_watched(&place->design, place->reml, place->progress, err);
    return place->lmm != NULL || !place->fit->exact || place->structured;
}

bool place_set(struct place *place, double value, struct glmm_error *err)
{
    const double *own = place->fit->design->offset;
    double slope, curvature;

    if (place->tie != NULL) {
        place_tie_set(place, value);
        return true;
    }
    if (place->taken_rule != NULL)
        place->taken_penalty = prior_penalty(place->taken_rule, value, &slope, &curvature);
    for (size_t i = 0; i < place->design.n; i++)
        place->offset[i] = (own == NULL ? 0 : own[i]) + value * place->taken[i];
    if (place->structured) {
        rowcov_along_free(place->along);
        place->along = rowcov_along_new(&place->design, place->fit, &place->held_there, place->progress, err);
        return place->along != NULL;
    }
    lmm_free(place->lmm);
    place->lmm = lmm_new_watched(&place->design, place->reml, place->progress, err);
    return place->lmm != NULL;
}

int place_coordinate(const struct place *place, const struct parameter *parameter)
{
    const struct place_term *term = parameter->term >= 0 ? &place->terms[parameter->term] : NULL;
    struct along_parameter there = along_of(place->fit, parameter);
    const struct glm_part *part;

    if (place->structured)
        return rowcov_along_find(place->along, &there);
    switch (parameter->kind) {
    case PARAMETER_FIXED:
        return place->lmm == NULL && place->glm != NULL ? parameter->a : -1;
    case PARAMETER_SD:
        for (int a = 0; term != NULL && a < term->k; a++)
            if (term->order[a] == parameter->a)
                return term_row(term, a);
        return -1;
    case PARAMETER_CORR:
        for (int a = 1; term != NULL && a < term->k && term->correlated && term->order[0] == parameter->a; a++)
            if (term->order[a] == parameter->b)
                return term_row(term, a) + 1;
        return -1;
    case PARAMETER_SIGMA:
        return place->scale + (place->glm != NULL && place->glm->outer[0] >= 0 ? place->glm->outer[0] : 0);
    case PARAMETER_ZERO:
    case PARAMETER_SPREAD:
        part = glm_part_of(place->glm, parameter->kind == PARAMETER_ZERO ? family_zero_shape(place->fit->family) : 0);
        return part != NULL ? place->scale + part->first + parameter->a : -1;
    default:
        if (place->glm != NULL && place->glm->outer[parameter->a] >= 0 && place->glm->outer[parameter->a] < place->rest)
            return place->scale + place->glm->outer[parameter->a];
        return -1;
    }
}
