/* place.c -- see place.h.
 *
 * Row a of a template: w_e = P_e cos f_e (e < a), w_a = P_a, P_e = sin f_0 ... sin f_(e-1).  The slopes, from g_e = dD/dl_ae:
 *
 *   V_a = g_a,  V_e = cos f_e g_e + sin f_e V_(e+1);   dD/ds = V_0,  dD/df_e = s P_e (cos f_e V_(e+1) - sin f_e g_e) */
#include "infer/place.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/rowcov-along.h"
#include "fit/tolerances.h"
#include "linalg/dense.h"
#include "model/family.h"

static const double NO_PIVOT = 1e-10; /* of a variance: what is left of it beside others is rounding */
static const double NO_SIZE = 1e-300; /* of a column of zeros: not divided by */

static const double STEP = 1e-4, NUDGE = 0.05; /* of differences of slopes in natural sizes; to leave a saddle */
static const double RESIDUAL_LOST = 1e-3, RESIDUAL_NUDGE = 0.1; /* beside the largest standard deviation */
static const double GAIN = 1e-11;              /* of the deviance, when no step is worth it any more */
static const double LEAST_CURVATURE = 1e-3;    /* in natural sizes: what is flatter is taken to be so curved */
enum { EVALUATIONS = 300 };

/* A random term's coordinates, from psi[first]. */
struct place_term {
    int k, first, theta;
    bool correlated;
    const struct covariance *covariance;
    int *order; /* k: the design's effect that stands at each place */
};

struct place {
    const struct fit *fit;
    struct design design; /* a copy, of which some arrays are the arena's */
    struct arena *arena;
    const struct glmm_progress *progress;
    struct lmm *lmm; /* one of these three */
    struct glm *glm;
    struct rowcov_along *along;
    struct along_parameter held_there; /* of `along`: the parameter that it is made for */
    bool structured;
    bool reml;
    int p, n, theta_count;
    int scale, rest; /* where log sigma, or the parameters behind theta, begin, and how many they are */
    struct place_term *terms;
    int without;
    const double *taken; /* n: the column that is taken out */
    double *offset;      /* its multiple, and the design's own */
    double *estimate, *sizes, *curvature, *inverse, *vectors, *values;
    bool has_curvature, positive;     /* the curvature as it is was positive definite */
    double *theta, *phi, *slopes, *G; /* theta_count + 1; the engine's parameters; theirs; p x p: gamma = G beta */
    struct minimizer *minimizer;
    double *C, *base, *psi, *gradient, *z, *z_gradient, *ones; /* psi = base + C z */
    int held;                                                  /* to which C belongs; -2: none yet */
    bool stopped;
};

/* --- coordinates ------------------------------------------------------------------------------------ */

static int row_at(const struct place_term *term, int a)
{
    return term->first + (term->correlated ? a * (a + 1) / 2 : a);
}

static int term_coordinates(const struct place_term *term)
{
    return term->correlated ? term->k * (term->k + 1) / 2 : term->k;
}

static int entry(const struct place_term *term, int a, int b)
{
    return term->theta + covariance_entry(term->covariance, term->k, a, b);
}

/* theta of a term, not relative to sigma. */
static void fill_term(const struct place_term *term, const double psi[], double theta[])
{
    for (int a = 0; a < term->k; a++) {
        const double *row = psi + row_at(term, a);
        double rest = row[0];

        for (int e = 0; e < a && term->correlated; e++) {
            theta[entry(term, a, e)] = rest * cos(row[1 + e]);
            rest *= sin(row[1 + e]);
        }
        theta[entry(term, a, a)] = rest;
    }
}

static void pull_back_term(const struct place_term *term, const double psi[], const double g[], double out[])
{
    for (int a = 0; a < term->k; a++) {
        const double *row = psi + row_at(term, a);
        double *to = out + row_at(term, a), V = g[entry(term, a, a)], P = row[0];

        for (int e = a - 1; e >= 0 && term->correlated; e--) {
            double ge = g[entry(term, a, e)];

            to[1 + e] = cos(row[1 + e]) * V - sin(row[1 + e]) * ge;
            V = cos(row[1 + e]) * ge + sin(row[1 + e]) * V;
        }
        to[0] = V;
        for (int e = 0; e < a && term->correlated; e++) {
            to[1 + e] *= P;
            P *= sin(row[1 + e]);
        }
    }
}

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
        for (int i = j; i < k; i++) {
            double sum = covariance[term->order[i] + term->order[j] * k], whole = sum;

            for (int m = 0; m < j; m++)
                sum -= L[i + m * k] * L[j + m * k];
            if (i == j)
                L[j + j * k] = sum > NO_PIVOT * whole ? sqrt(sum) : 0;
            else
                L[i + j * k] = L[j + j * k] > 0 ? sum / L[j + j * k] : 0;
        }
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
            read_row(row, a, true, psi + row_at(term, a));
        else
            psi[row_at(term, a)] = row[a];
    }
    mem_free(L);
    return true;
}

/* --- the criterion ---------------------------------------------------------------------------------- */

static double linear_value(struct place *place, const double psi[], double gradient[])
{
    int q = place->theta_count;
    double sigma = exp(psi[place->scale]), value;

    for (int t = 0; t < place->design.random_count; t++)
        fill_term(&place->terms[t], psi, place->theta);
    for (int i = 0; i < q; i++)
        place->theta[i] /= sigma;
    value = lmm_deviance_at(place->lmm, place->theta, psi[place->scale], gradient == NULL ? NULL : place->slopes);
    if (gradient == NULL || !(value < MINIMIZE_BAD))
        return value;
    gradient[place->scale] = place->slopes[q];
    for (int i = 0; i < q; i++) {
        gradient[place->scale] -= place->slopes[i] * place->theta[i];
        place->slopes[i] /= sigma;
    }
    for (int t = 0; t < place->design.random_count; t++)
        pull_back_term(&place->terms[t], psi, place->slopes, gradient);
    return value;
}

/* Of a predictor's coefficients: R' times the slopes in its orthonormal columns. */
static void pull_back_part(const struct glm_part *part, const double slopes[], double gradient[])
{
    for (int j = 0; j < part->count; j++) {
        gradient[part->first + j] = 0;
        for (int i = 0; i <= j; i++)
            gradient[part->first + j] += part->R[i + j * part->count] * slopes[part->first + i];
    }
}

static double generalized_value(struct place *place, const double psi[], double gradient[])
{
    int p = place->p, q = place->theta_count;
    double value;

    glm_from_beta(place->glm, psi, place->phi);
    for (int t = 0; t < place->design.random_count; t++)
        fill_term(&place->terms[t], psi, place->phi + p);
    glm_rest_from_coefficients(place->glm, psi + place->scale, place->phi + p + q);
    value = glm_deviance(place->glm, place->phi, gradient == NULL ? NULL : place->slopes);
    if (gradient == NULL || !(value < MINIMIZE_BAD))
        return value;
    for (int j = 0; j < p; j++) {
        gradient[j] = 0;
        for (int i = 0; i <= j; i++)
            gradient[j] += place->G[i + j * p] * place->slopes[i];
    }
    for (int t = 0; t < place->design.random_count; t++)
        pull_back_term(&place->terms[t], psi, place->slopes + p, gradient);
    memcpy(gradient + place->scale, place->slopes + p + q, sizeof(double) * (size_t)place->rest);
    for (int k = 0; k < place->glm->part_count; k++)
        if (place->glm->part[k].design != NULL)
            pull_back_part(&place->glm->part[k], place->slopes + p + q, gradient + place->scale);
    return value;
}

static double value_of(struct place *place, const double psi[], double gradient[])
{
    double value = place->structured    ? rowcov_along_value(place->along, psi, gradient)
                   : place->lmm != NULL ? linear_value(place, psi, gradient)
                                        : generalized_value(place, psi, gradient);

    for (int i = 0; gradient != NULL && value < MINIMIZE_BAD && i < place->n; i++)
        if (!isfinite(gradient[i]))
            return MINIMIZE_BAD;
    return value;
}

double place_value(struct place *place, const double psi[])
{
    return value_of(place, psi, NULL);
}

static void from_z(struct place *place, const double z[])
{
    int n = place->n;

    memcpy(place->psi, place->base, sizeof(double) * (size_t)n);
    for (int j = 0; j < place->n; j++)
        for (int i = 0; i < n; i++)
            place->psi[i] += place->C[i + j * n] * z[j];
}

static double value_at(void *context, const double z[], bool *stop)
{
    struct place *place = context;

    from_z(place, z);
    if (!progress_tell(place->progress, "evaluation", 0, 0, (double)NAN))
        place->stopped = *stop = true;
    return value_of(place, place->psi, NULL);
}

static bool slopes_at(void *context, const double z[], double gradient[], bool *stop)
{
    struct place *place = context;
    int n = place->n;

    (void)stop;
    from_z(place, z);
    if (!(value_of(place, place->psi, place->gradient) < MINIMIZE_BAD))
        return false;
    for (int j = 0; j < place->n; j++) {
        gradient[j] = 0;
        for (int i = 0; i < n; i++)
            gradient[j] += place->C[i + j * n] * place->gradient[i];
    }
    return true;
}

/* --- curvature -------------------------------------------------------------------------------------- */

/* By forward differences at the estimates; eigenvalues below a part of what the sizes promise are lifted. */
static void set_curvature(struct place *place)
{
    int n = place->n;
    double *H = place->curvature, *at = place->z_gradient, *here = place->gradient;
    bool known = value_of(place, place->estimate, here) < MINIMIZE_BAD;

    memcpy(place->base, here, sizeof(double) * (size_t)n);
    for (int j = 0; j < n && known; j++) {
        double step = STEP * place->sizes[j];

        memcpy(place->psi, place->estimate, sizeof(double) * (size_t)n);
        place->psi[j] += step;
        known = value_of(place, place->psi, at) < MINIMIZE_BAD;
        for (int i = 0; i < n; i++)
            H[i + j * n] = 0.5 * (at[i] - place->base[i]) / step * place->sizes[i] * place->sizes[j];
    }
    for (int j = 0; j < n; j++)
        for (int i = 0; i <= j; i++) {
            double mean = known ? 0.5 * (H[i + j * n] + H[j + i * n]) : i == j;

            H[i + j * n] = H[j + i * n] = mean;
        }
    memcpy(place->vectors, H, sizeof(double) * (size_t)(n * n));
    place->positive = symmetric_eigen(n, place->vectors, place->values, place->inverse, 40 * n) && known;
    for (int v = 0; v < n && place->positive; v++)
        place->positive = place->values[v] > TOLERANCE_NO_VARIANCE * place->values[n - 1];
    memset(H, 0, sizeof(double) * (size_t)(n * n));
    memset(place->inverse, 0, sizeof(double) * (size_t)(n * n));
    for (int v = 0; v < n; v++) {
        double value = fmax(fabs(place->values[v]), LEAST_CURVATURE);

        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++) {
                double part = place->vectors[i + v * n] * place->vectors[j + v * n];

                H[i + j * n] += value * part / (place->sizes[i] * place->sizes[j]);
                place->inverse[i + j * n] += part / value * place->sizes[i] * place->sizes[j];
            }
    }
    place->has_curvature = true;
}

const double *place_curvature(struct place *place)
{
    if (!place->has_curvature)
        set_curvature(place);
    return place->curvature;
}

/* With H^-1 = V: the others follow as V_(.,held) / V_(held,held). */
void place_tangent(struct place *place, int held, double direction[])
{
    int n = place->n;

    place_curvature(place);
    for (int i = 0; i < n; i++)
        direction[i] = place->inverse[i + held * n] / place->inverse[held + held * n];
}

double place_error(struct place *place, int coordinate)
{
    place_curvature(place);
    return place->positive ? sqrt(place->inverse[coordinate + coordinate * place->n]) : (double)NAN;
}

/* C C' = the inverse of the curvature among the free coordinates, so that all curvatures in z are 2. */
static void set_scale(struct place *place, int held)
{
    int n = place->n, m = n - (held >= 0);
    double *H = place->vectors, *C = place->C;

    if (place->held == held)
        return;
    place_curvature(place);
    for (int j = 0, v = 0; j < n; j++)
        for (int i = 0, u = 0; i < n && j != held; i++)
            if (i != held) {
                H[u + v * m] = place->curvature[i + j * n] * place->sizes[i] * place->sizes[j];
                v += ++u == m;
            }
    memset(C, 0, sizeof(double) * (size_t)(n * n));
    if (m > 0 && chol_factor(m, H, m) == 0)
        for (int j = 0; j < m; j++) { /* column j of L^-T; that of the held one is 0 */
            memset(place->z, 0, sizeof(double) * (size_t)m);
            place->z[j] = 1;
            chol_solve_upper(m, H, m, place->z);
            for (int i = 0; i < m; i++) {
                int to = i + (held >= 0 && i >= held);

                C[to + (j + (held >= 0 && j >= held)) * n] = place->z[i] * place->sizes[to];
            }
        }
    place->held = held;
}

/* 0 of a standard deviation is stationary. */
static void leave_zero(struct place *place, int at, int held)
{
    if (at != held && fabs(place->base[at]) < NUDGE * place->sizes[at])
        place->base[at] = NUDGE * place->sizes[at];
}

/* So is a correlation of -1 or 1, behind which the template's entry has the other sign. */
static void leave_line(struct place *place, int at, int held)
{
    if (at != held && fabs(sin(place->base[at])) < NUDGE)
        place->base[at] = cos(place->base[at]) > 0 ? NUDGE : M_PI - NUDGE;
}

/* The residual's logarithm is flat where it has become 0 beside effects of which each row has its own: a tenth of the largest of
 * these, which is a way back. */
static void leave_no_residual(struct place *place, int held)
{
    int sigma = rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SIGMA, -1, 0, 0 });
    double largest = 0;

    for (int i = 0; i < place->n; i++)
        if (rowcov_along_is_sd(place->along, i))
            largest = fmax(largest, rowcov_along_outward(place->along, i, place->base[i]));
    if (sigma >= 0 && sigma != held && largest > 0 && exp(place->base[sigma]) < RESIDUAL_LOST * largest)
        place->base[sigma] = log(RESIDUAL_NUDGE * largest);
}

/* Off what is stationary whatever the criterion. */
static void leave_edges(struct place *place, int held)
{
    if (place->structured)
        leave_no_residual(place, held);
    for (int i = 0; place->structured && i < place->n; i++) {
        if (rowcov_along_is_sd(place->along, i))
            leave_zero(place, i, held);
        if (i != held && rowcov_along_is_angle(place->along, i) && fabs(cos(place->base[i])) < NUDGE)
            place->base[i] = copysign(M_PI_2 - NUDGE, sin(place->base[i]));
    }
    for (int t = 0; !place->structured && t < place->design.random_count; t++)
        for (int a = 0; a < place->terms[t].k; a++) {
            leave_zero(place, row_at(&place->terms[t], a), held);
            for (int e = 0; e < a && place->terms[t].correlated; e++)
                leave_line(place, row_at(&place->terms[t], a) + 1 + e, held);
        }
}

double place_minimize(struct place *place, int held, double psi[], bool *settled, bool *stopped)
{
    struct minimize_problem problem = { .objective = { .context = place, .value = value_at, .gradient = slopes_at },
                                        .tolerance = GAIN,
                                        .limit = EVALUATIONS };
    struct minimize_report report;

    set_scale(place, held);
    memcpy(place->base, psi, sizeof(double) * (size_t)place->n);
    leave_edges(place, held);
    *settled = true;
    if (place->n == (held >= 0))
        return value_of(place, place->base, NULL);
    memset(place->z, 0, sizeof(double) * (size_t)place->n);
    problem.objective.n = place->n;
    report = minimize(place->minimizer, &problem, place->ones, place->z, place->z_gradient);
    from_z(place, place->z);
    memcpy(psi, place->psi, sizeof(double) * (size_t)place->n);
    *settled = report.end == MINIMIZE_CONVERGED || report.gain < TOLERANCE_NEARLY;
    *stopped = *stopped || place->stopped || report.end == MINIMIZE_STOPPED;
    return report.value;
}

/* --- making one ------------------------------------------------------------------------------------- */

static bool copy_term(struct place *place, int t, int first, int second)
{
    struct place_term *term = &place->terms[t];
    struct random_design *random = &place->design.random[t];
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
    if ((z = arena_alloc(place->arena, place->design.n * k, sizeof *z)) == NULL)
        return false;
    for (size_t i = 0; i < place->design.n; i++)
        for (size_t a = 0; a < k; a++)
            z[i * k + a] = random->z[i * k + (size_t)term->order[a]];
    random->z = z;
    return true;
}

/* The design without a coefficient, whose multiple becomes part of the offset. */
static bool take_column(struct place *place, int without)
{
    struct design *d = &place->design;
    size_t n = d->n;
    double *X = arena_alloc(place->arena, n * (size_t)(d->p - 1) + 1, sizeof *X);

    place->without = without;
    place->taken = d->X + (size_t)without * n;
    place->offset = arena_alloc(place->arena, n, sizeof *place->offset);
    if (X == NULL || place->offset == NULL)
        return false;
    memcpy(X, d->X, sizeof *X * n * (size_t)without);
    memcpy(X + (size_t)without * n, d->X + (size_t)(without + 1) * n, sizeof *X * n * (size_t)(d->p - 1 - without));
    d->X = X;
    d->p--;
    d->offset = place->offset;
    return true;
}

static bool copy_design(struct place *place, const struct parameter *pair, int without)
{
    const struct design *design = place->fit->design;
    int term = pair == NULL ? -1 : pair->term;
    size_t terms = (size_t)design->random_count + 1;
    struct random_design *random = arena_alloc(place->arena, terms, sizeof *random);

    place->design = *design;
    place->design.random = random;
    place->terms = arena_alloc(place->arena, terms, sizeof *place->terms);
    if (random == NULL || place->terms == NULL)
        return false;
    memcpy(random, design->random, sizeof *random * (size_t)design->random_count);
    place->n = place->p = place->fit->exact ? 0 : design->p;
    for (int t = 0; !place->structured && t < design->random_count; t++) {
        place->terms[t].first = place->n;
        place->terms[t].theta = place->theta_count;
        if (!copy_term(place, t, t == term ? pair->a : -1, t == term ? pair->b : -1))
            return false;
        place->n += term_coordinates(&place->terms[t]);
        place->theta_count += random[t].covariance->count(random[t].k);
    }
    place->scale = place->n;
    place->rest = place->fit->exact ? 1 : place->fit->rest_count;
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

/* Of an effect: what the rows of a level could tell from 0. */
static double effect_unit(const struct place *place, int t, int a)
{
    const struct random_design *random = &place->design.random[t];
    double size = 0, n = (double)place->design.n, noise = fit_has_residual(place->fit) ? place->fit->sigma : 1;

    for (size_t i = 0; i < place->design.n; i++) {
        double z = random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)a];

        size += z * z / n;
    }
    return noise / sqrt(fmax(size, NO_SIZE) * fmax(n / random->level_count, 1));
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
            int at = rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SD, t, a, 0 });
            double least = 0.3 * effect_unit(place, t, a);

            if (place->sizes[at] == 1)
                place->sizes[at] =
                    fmax(fabs(place->estimate[at]), rowcov_along_is_root(place->along, at) ? sqrt(least) : least);
        }
}

static bool read_estimates(struct place *place)
{
    const struct fit *fit = place->fit;
    double *psi = place->estimate;

    for (int j = 0; j < place->p; j++) {
        psi[j] = fit->beta[j];
        place->sizes[j] =
            isfinite(fit->se[j]) && fit->se[j] > 0 ? fit->se[j] : fmax(fabs(psi[j]), 1) / sqrt((double)fit->design->n);
    }
    for (int t = 0; t < place->design.random_count; t++) {
        const struct place_term *term = &place->terms[t];

        if (!read_term(place, term, &fit->random[t], psi))
            return false;
        for (int i = 0; i < term_coordinates(term); i++)
            place->sizes[term->first + i] = 1;
        for (int a = 0; a < term->k; a++)
            place->sizes[row_at(term, a)] = fmax(fabs(psi[row_at(term, a)]), 0.3 * effect_unit(place, t, a));
    }
    for (int i = 0; i < place->rest; i++) {
        psi[place->scale + i] = fit->exact ? log(fit->sigma) : fit->rest[i];
        place->sizes[place->scale + i] = 1;
    }
    return true;
}

static bool make_engine(struct place *place, struct glmm_error *err)
{
    const struct fit *fit = place->fit;
    int p = place->p;

    if (place->structured) {
        if (place->without >= 0)
            return place_set(place, fit->beta[place->without], err);
        place->along = rowcov_along_new(&place->design, fit, &place->held_there, place->progress, err);
        return place->along != NULL;
    }
    if (fit->exact)
        return place->without >= 0 || (place->lmm = lmm_new(&place->design, place->reml, err)) != NULL;
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
    glm_rest_from_fit(place->glm, fit, place->phi); /* one at its limit is held there */
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
                                            [PARAMETER_SPREAD] = ALONG_SHAPE };
    bool shape = what[p->kind] == ALONG_SHAPE || (p->kind == PARAMETER_SIGMA && !fit->exact);

    return (struct along_parameter){ shape ? ALONG_SHAPE : what[p->kind], p->term, shape ? fit_rest_of_shape(fit, p->a) : p->a,
                                     p->b };
}

struct place *place_new(const struct fit *fit, const struct parameter *pair, int without, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    struct place *place;
    bool ok;

    if (design_beside(fit->design) != NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "profiles are not followed beside random effects in %s=", design_beside_name(fit->design));
        return NULL;
    }
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
    if (!ok || !make_engine(place, err)) {
        place_free(place);
        return NULL;
    }
    if (place->structured)
        read_structured(place);
    return place;
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

bool place_set(struct place *place, double value, struct glmm_error *err)
{
    const double *own = place->fit->design->offset;

    for (size_t i = 0; i < place->design.n; i++)
        place->offset[i] = (own == NULL ? 0 : own[i]) + value * place->taken[i];
    if (place->structured) {
        rowcov_along_free(place->along);
        place->along = rowcov_along_new(&place->design, place->fit, &place->held_there, place->progress, err);
        return place->along != NULL;
    }
    lmm_free(place->lmm);
    place->lmm = lmm_new(&place->design, place->reml, err);
    return place->lmm != NULL;
}

int place_count(const struct place *place)
{
    return place->n;
}

const double *place_estimate(const struct place *place)
{
    return place->estimate;
}

const double *place_sizes(const struct place *place)
{
    return place->sizes;
}

void place_edges(const struct place *place, int coordinate, double edge[2])
{
    rowcov_along_edges(place->along, coordinate, edge);
}

double place_outward(const struct place *place, int coordinate, double x)
{
    return rowcov_along_outward(place->along, coordinate, x);
}

void place_wald(const struct place *place, int coordinate, double reach, double *lower, double *upper)
{
    rowcov_along_wald(place->along, coordinate, reach, lower, upper);
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
        for (int a = 0; a < term->k; a++)
            if (term->order[a] == parameter->a)
                return row_at(term, a);
        return -1;
    case PARAMETER_CORR:
        for (int a = 1; a < term->k && term->correlated && term->order[0] == parameter->a; a++)
            if (term->order[a] == parameter->b)
                return row_at(term, a) + 1;
        return -1;
    case PARAMETER_SIGMA:
        return place->scale;
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
