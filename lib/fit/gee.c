/* gee.c -- see gee.h.
 *
 * Coefficients are those of orthonormal columns, X = Q R, gamma = R beta.  A round takes phi and alpha from the residuals and
 * makes one step of Fisher scoring; its length is measured in standard errors.  A cluster enters by D'V^-1 D and s = D'V^-1 e
 * alone: with sum D'V^-1 D = L L', its leverage is B'B = L^-1 (D'V^-1 D) L^-T, and e corrected by (I - H)^a leads to W (1 -
 * lambda)^a W' L^-1 s, W lambda W' = B'B. */
#include "fit/gee.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/gee-private.h"
#include "fit/recession.h"
#include "linalg/dense.h"

static const double NO_LEVERAGE =
    1e-9; /* 1 - h of a direction that the cluster alone determines: its residual is rounding (Mancl & DeRouen) */

enum { ROUNDS_MOST = 200, HALVINGS_MOST = 30 };

static const double STEP_SMALL = 1e-10, STEP_NEAR = 1e-6; /* in standard errors */

const char *gee_corr_name(enum gee_corr corr)
{
    static const char *const names[] = { "independence", "exchangeable", "ar1", "unstructured" };

    return names[corr];
}

/* --- the residuals ------------------------------------------------------------------------------ */

/* mu, (y - mu)/sqrt(V) and (d mu/d eta)/sqrt(V) at gamma; false where a row is outside of the link's or the family's range. */
static bool set_residuals(struct gee_work *w)
{
    const struct fit *flat = w->flat;
    struct response rows = fit_response(flat);

    for (size_t i = 0; i < w->n; i++) {
        size_t row = w->order[i];
        struct observation at = response_at(&rows, row);
        double eta = w->design->offset == NULL ? 0 : w->design->offset[row], own[4], mean[4], variance;

        for (int j = 0; j < w->p; j++)
            eta += w->Q[i * (size_t)w->p + (size_t)j] * w->gamma[j];
        if (flat->link->valid != NULL && !flat->link->valid(eta))
            return false;
        link_inverse(flat->link, eta, own);
        link_inverse(flat->mean_link, eta, mean);
        variance = family_variance(flat->family, own[0], w->shape, &at);
        if (!flat->family->weight_divides)
            variance /= at.weight;
        if (!(variance > 0) || !isfinite(variance) || !isfinite(mean[0]))
            return false;
        w->mu[i] = mean[0];
        w->pearson[i] = (at.y - mean[0]) / sqrt(variance);
        w->weight[i] = mean[1] / sqrt(variance);
        w->square[i] = w->pearson[i] * w->pearson[i] + (w->trials != NULL ? at.y * (1 - at.y) / variance : 0);
    }
    return true;
}

/* --- the sums over clusters --------------------------------------------------------------------- */

/* D'V^-1 D (lower) and D'V^-1 e of the cluster that was whitened last are added. */
static void add_cluster(const struct gee_work *w, int m, double information[], double score[])
{
    int p = w->p;

    for (int r = 0; r < m; r++) {
        const double *x = &w->block[(size_t)r * ((size_t)p + 1)];

        for (int j = 0; j < p; j++) {
            score[j] += x[j] * x[p];
            for (int k = j; k < p; k++)
                information[k + j * p] += x[j] * x[k];
        }
    }
}

static int rows_in(const struct gee_work *w, int c)
{
    return (int)(w->start[c + 1] - w->start[c]);
}

static bool fail_indefinite(const struct gee_work *w, struct glmm_error *err)
{
    if (w->corr == GEE_EXCHANGEABLE)
        fail(err, GLMM_E_MODEL, NOWHERE,
             "the exchangeable correlation is estimated as %.3g, and %d rows cannot all correlate by that: no such matrix is "
             "positive definite",
             w->alpha[0], w->most);
    else
        fail(err, GLMM_E_MODEL, NOWHERE, "the %s working correlation of a cluster is not positive definite",
             gee_corr_name(w->corr));
    error_hint(err, w->corr == GEE_UNSTRUCTURED ? "corr=exchangeable or corr=ar1 has fewer parameters" : "corr=independence");
    return error_argument(err, "corr");
}

static bool add_clusters(struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t p = (size_t)w->p;

    memset(w->information, 0, sizeof(double) * p * p);
    memset(w->score, 0, sizeof(double) * p);
    for (int c = 0; c < w->clusters; c++) {
        if (!gee_whiten(w, c))
            return fail_indefinite(w, err);
        add_cluster(w, rows_in(w, c), w->information, w->score);
        if (c % 256 == 0 && !progress_tell(progress, "cluster", c, w->clusters, (double)NAN))
            return gee_stopped(err);
    }
    return true;
}

/* --- rounds ------------------------------------------------------------------------------------- */

/* Residuals, moments, sums at gamma. */
static bool look(struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    if (!gee_moments(w, progress, err))
        return false;
    if (!(w->phi > 0))
        return fail(err, GLMM_E_MODEL, NOWHERE, "the fixed effects explain the response exactly: nothing is left to correlate");
    return add_clusters(w, progress, err);
}

/* gamma by a step along L^-T L^-1 s, halved until each row is inside its range; its length in standard errors. */
static bool take_step(struct gee_work *w, double *length, struct glmm_error *err)
{
    int p = w->p;
    double *step = w->score;

    if (chol_factor(p, w->information, p) != 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the estimating equations leave a direction of the coefficients open");
    chol_solve_lower(p, w->information, p, step);
    *length = 0;
    for (int j = 0; j < p; j++)
        *length += step[j] * step[j];
    *length = sqrt(*length);
    chol_solve_upper(p, w->information, p, step);
    for (int j = 0; j < p; j++)
        w->gamma[j] += step[j];
    for (int halving = 0; halving < HALVINGS_MOST; halving++) {
        if (set_residuals(w))
            return true;
        for (int j = 0; j < p; j++) {
            step[j] /= 2;
            w->gamma[j] -= step[j];
        }
    }
    return fail(err, GLMM_E_MODEL, NOWHERE, "a mean or a variance leaves its range on the way to a solution of the equations");
}

static bool solve(struct gee_work *w, struct gee *out, const struct glmm_progress *progress, struct glmm_error *err)
{
    double length = HUGE_VAL;

    for (out->iterations = 0; length > STEP_SMALL && out->iterations < ROUNDS_MOST; out->iterations++)
        if (!look(w, progress, err) || !take_step(w, &length, err))
            return false;
    out->converged = length < STEP_NEAR;
    if (!out->converged) {
        fail(err, GLMM_E_MODEL, NOWHERE,
             "the equations have no solution that %d rounds find: the last step was %.2g standard errors", (int)ROUNDS_MOST,
             length);
        error_hint(err, "corr=independence always has one");
        return error_argument(err, "corr");
    }
    return look(w, progress, err);
}

/* --- the errors --------------------------------------------------------------------------------- */

struct spread {
    int p;
    double *T;                                   /* p x p: R^-1 L^-T */
    double *meat;                                /* GEE_ERRORS matrices, p x p, of the standardized scores */
    double *leverage, *score, *values, *rotated; /* p x p, p, p, p */
    double *work;
    int work_size;
};

static void spread_clear(struct spread *s)
{
    mem_free(s->T);
    mem_free(s->meat);
    mem_free(s->leverage);
    mem_free(s->score);
    mem_free(s->values);
    mem_free(s->rotated);
    mem_free(s->work);
}

static bool spread_init(struct spread *s, int p)
{
    size_t square = (size_t)p * (size_t)p;

    *s = (struct spread){ .p = p, .work_size = 35 * p + 64 };
    s->T = NEW_ARRAY(double, square);
    s->meat = NEW_ARRAY(double, GEE_ERRORS *square);
    s->leverage = NEW_ARRAY(double, square);
    s->score = NEW_ARRAY(double, p);
    s->values = NEW_ARRAY(double, p);
    s->rotated = NEW_ARRAY(double, p);
    s->work = NEW_ARRAY(double, s->work_size);
    return s->T != NULL && s->meat != NULL && s->leverage != NULL && s->score != NULL && s->values != NULL && s->rotated != NULL
           && s->work != NULL;
}

/* leverage := L^-1 A L^-T for its lower triangle A; score := L^-1 score. */
static void standardize(const struct gee_work *w, struct spread *s)
{
    int p = s->p;
    double *A = s->leverage;

    for (int j = 0; j < p; j++)
        for (int k = 0; k < j; k++)
            A[k + j * p] = A[j + k * p];
    for (int side = 0; side < 2; side++) {
        for (int j = 0; j < p; j++)
            chol_solve_lower(p, w->information, p, A + j * p);
        for (int j = 0; j < p; j++)
            for (int k = 0; k < j; k++) {
                double held = A[k + j * p];

                A[k + j * p] = A[j + k * p];
                A[j + k * p] = held;
            }
    }
    chol_solve_lower(p, w->information, p, s->score);
}

static void add_square(double *matrix, int p, const double g[])
{
    for (int j = 0; j < p; j++)
        for (int k = 0; k < p; k++)
            matrix[k + j * p] += g[j] * g[k];
}

/* W (1 - lambda)^power W' score.  A direction that the cluster alone determines (lambda = 1) has no residual. */
static void corrected(struct spread *s, double power, double g[])
{
    int p = s->p;

    memset(g, 0, sizeof *g * (size_t)p);
    for (int l = 0; l < p; l++) {
        const double *vector = s->leverage + l * p;
        double left = 1 - s->values[l], sum = 0;

        if (left < NO_LEVERAGE)
            continue;
        for (int j = 0; j < p; j++)
            sum += vector[j] * s->score[j];
        for (int j = 0; j < p; j++)
            g[j] += vector[j] * sum * pow(left, power);
    }
}

static bool add_meat(struct gee_work *w, struct spread *s, struct glmm_error *err)
{
    size_t square = (size_t)w->p * (size_t)w->p;

    for (int c = 0; c < w->clusters; c++) {
        memset(s->leverage, 0, sizeof(double) * square);
        memset(s->score, 0, sizeof(double) * (size_t)w->p);
        if (!gee_whiten(w, c))
            return fail_indefinite(w, err);
        add_cluster(w, rows_in(w, c), s->leverage, s->score);
        standardize(w, s);
        add_square(s->meat + GEE_SANDWICH * square, w->p, s->score);
        if (!symmetric_eigen(w->p, s->leverage, s->values, s->work, s->work_size))
            return fail(err, GLMM_E_MODEL, NOWHERE, "the leverage of a cluster has no eigenvalues");
        corrected(s, -1, s->rotated);
        add_square(s->meat + GEE_MANCL * square, w->p, s->rotated);
        corrected(s, -0.5, s->rotated);
        add_square(s->meat + GEE_KAUERMANN * square, w->p, s->rotated);
    }
    for (int j = 0; j < w->p; j++)
        s->meat[GEE_NAIVE * square + (size_t)(j + j * w->p)] = 1;
    return true;
}

/* T := R^-1 L^-T. */
static void set_transform(const struct gee_work *w, struct spread *s)
{
    int p = w->p;

    for (int j = 0; j < p; j++) {
        double *column = s->T + j * p;

        column[j] = 1;
        chol_solve_upper(p, w->information, p, column);
        for (int i = p - 1; i >= 0; i--) {
            for (int k = i + 1; k < p; k++)
                column[i] -= w->R[i + k * p] * column[k];
            column[i] /= w->R[i + i * p];
        }
    }
}

/* out := T meat T'. */
static void transform(const struct spread *s, const double meat[], double half[], double out[])
{
    int p = s->p;

    for (int i = 0; i < p; i++)
        for (int j = 0; j < p; j++) {
            half[i + j * p] = 0;
            for (int k = 0; k < p; k++)
                half[i + j * p] += s->T[i + k * p] * meat[k + j * p];
        }
    for (int i = 0; i < p; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0;

            for (int k = 0; k < p; k++)
                sum += half[i + k * p] * s->T[j + k * p];
            out[i + j * p] = out[j + i * p] = sum;
        }
}

/* Beside its naive error the sandwich of a coefficient is nothing where one cluster alone determines it. */
static const double SANDWICH_NOTHING = 1e-8;

static bool set_errors(struct gee *out, const struct gee_work *w, struct spread *s)
{
    size_t p = (size_t)w->p;

    set_transform(w, s);
    for (int kind = 0; kind < GEE_ERRORS; kind++) {
        double *vcov = arena_alloc(out->arena, p * p, sizeof *vcov), *se = arena_alloc(out->arena, p, sizeof *se);

        if (vcov == NULL || se == NULL)
            return false;
        transform(s, s->meat + (size_t)kind * p * p, s->leverage, vcov);
        for (size_t j = 0; j < p; j++)
            se[j] = sqrt(vcov[j + j * p]);
        out->vcov[kind] = vcov;
        out->se[kind] = se;
    }
    for (size_t j = 0; j < p; j++)
        if (out->se[GEE_SANDWICH][j] < SANDWICH_NOTHING * out->se[GEE_NAIVE][j])
            for (int kind = 0; kind < GEE_NAIVE; kind++)
                ((double *)out->se[kind])[j] = (double)NAN;
    return true;
}

/* --- QIC ---------------------------------------------------------------------------------------- */

enum quasi { QUASI_NONE, QUASI_GAUSSIAN, QUASI_BINOMIAL, QUASI_POISSON, QUASI_GAMMA, QUASI_INVERSE_GAUSSIAN };

static enum quasi quasi_of(const struct family *family)
{
    if (family->mean != NULL || family->whole != NULL || family->more_count > 0)
        return QUASI_NONE;
    if (family->residual)
        return QUASI_GAUSSIAN;
    if (!family->has_dispersion)
        return family->support == SUPPORT_SUCCESSES ? QUASI_BINOMIAL
               : family->support == SUPPORT_COUNT   ? QUASI_POISSON
                                                    : QUASI_NONE;
    return !family->weight_divides   ? QUASI_NONE
           : family->mean_power == 2 ? QUASI_GAMMA
           : family->mean_power == 3 ? QUASI_INVERSE_GAUSSIAN
                                     : QUASI_NONE;
}

/* The integral of (y - t)/V(t) over t to mu, without what y alone adds. */
static double quasi_row(enum quasi kind, double y, double mu)
{
    switch (kind) {
    case QUASI_GAUSSIAN:
        return -(y - mu) * (y - mu) / 2;
    case QUASI_BINOMIAL:
        return (y > 0 ? y * log(mu) : 0) + (y < 1 ? (1 - y) * log1p(-mu) : 0);
    case QUASI_POISSON:
        return (y > 0 ? y * log(mu) : 0) - mu;
    case QUASI_GAMMA:
        return -y / mu - log(mu);
    case QUASI_INVERSE_GAUSSIAN:
        return -y / (2 * mu * mu) + 1 / mu;
    case QUASI_NONE:
        break;
    }
    return (double)NAN;
}

/* `independent`: the information of the independence fit for gamma, with its own phi. */
static bool set_qic(struct gee *out, const struct gee_work *w, const struct spread *s, const double independent[])
{
    enum quasi kind = quasi_of(out->family);
    struct response rows = fit_response(w->flat);
    int p = w->p;
    double *back = NEW_ARRAY(double, (size_t)p *(size_t)p), *half = NEW_ARRAY(double, (size_t)p *(size_t)p), *V = s->leverage;
    bool ok = back != NULL && half != NULL;

    out->quasi = out->cic = 0;
    for (size_t i = 0; i < w->n; i++) {
        struct observation at = response_at(&rows, w->order[i]);

        out->quasi += at.trials * at.weight * quasi_row(kind, at.y, w->mu[i]);
    }
    if (ok) { /* the sandwich of gamma: L^-T meat L^-1 */
        struct spread own = { .p = p, .T = back };

        for (int j = 0; j < p; j++) {
            back[j + j * p] = 1;
            chol_solve_upper(p, w->information, p, back + j * p);
        }
        transform(&own, s->meat + (size_t)GEE_SANDWICH * (size_t)p * (size_t)p, half, V);
        for (int j = 0; j < p; j++)
            for (int k = 0; k < p; k++)
                out->cic += independent[j >= k ? j + k * p : k + j * p] * V[j + k * p];
    }
    out->has_quasi = kind != QUASI_NONE;
    out->qic = -2 * out->quasi + 2 * out->cic;
    out->qicu = -2 * out->quasi + 2 * p;
    mem_free(back);
    mem_free(half);
    return ok;
}

/* --- the result --------------------------------------------------------------------------------- */

static bool set_beta(struct gee *out, const struct gee_work *w)
{
    int p = w->p;
    double *beta = arena_alloc(out->arena, (size_t)p, sizeof *beta);

    for (int i = p - 1; beta != NULL && i >= 0; i--) {
        beta[i] = w->gamma[i];
        for (int k = i + 1; k < p; k++)
            beta[i] -= w->R[i + k * p] * beta[k];
        beta[i] /= w->R[i + i * p];
    }
    out->beta = beta;
    return beta != NULL;
}

/* The entry of the whole matrix. */
static double correlation_at(const struct gee_work *w, int s, int t)
{
    if (s == t)
        return 1;
    switch (w->corr) {
    case GEE_INDEPENDENCE:
        break;
    case GEE_EXCHANGEABLE:
        return w->alpha[0];
    case GEE_AR1:
        return pow(w->alpha[0], fabs(w->waves[t] - w->waves[s]));
    case GEE_UNSTRUCTURED:
        return w->alpha[s < t ? gee_pair(w->wave_count, s, t) : gee_pair(w->wave_count, t, s)];
    }
    return 0;
}

enum { MATRIX_MOST = 200 };

static bool set_correlation(struct gee *out, const struct gee_work *w)
{
    int count = w->wave_count;
    double *alpha = arena_alloc(out->arena, (size_t)w->alpha_count + 1, sizeof *alpha), *matrix, *factor;
    double *waves = arena_alloc(out->arena, (size_t)count, sizeof *waves);
    bool ok = alpha != NULL && waves != NULL;

    for (int j = 0; ok && j < w->alpha_count; j++) {
        alpha[j] = w->together[j] > 0 ? w->alpha[j] : (double)NAN;
        out->unseen += w->together[j] == 0;
    }
    out->alpha_count = w->alpha_count;
    out->alpha = alpha;
    if (!ok || count > MATRIX_MOST)
        return ok;
    memcpy(waves, w->waves, sizeof *waves * (size_t)count);
    matrix = arena_alloc(out->arena, (size_t)count * (size_t)count, sizeof *matrix);
    factor = NEW_ARRAY(double, (size_t)count *(size_t)count);
    ok = matrix != NULL && factor != NULL;
    for (int s = 0; ok && s < count; s++)
        for (int t = 0; t < count; t++)
            matrix[s + t * count] = factor[s + t * count] = correlation_at(w, s, t);
    out->indefinite = ok && out->unseen == 0 && chol_factor_sure(count, factor, count, CHOL_DEPENDENT, NULL) != 0;
    mem_free(factor);
    out->wave_count = count;
    out->wave = waves;
    out->correlation = matrix;
    return ok;
}

static void set_facts(struct gee *out, const struct gee_work *w)
{
    out->least = w->most;
    out->most = w->most;
    for (int c = 0; c < w->clusters; c++)
        out->least = rows_in(w, c) < out->least ? rows_in(w, c) : out->least;
    out->clusters = w->clusters;
    out->few = w->clusters <= w->p;
    out->dispersion = w->phi;
    memcpy(out->shape, w->shape, sizeof out->shape);
    out->held = fit_dispersion_shown(w->flat);
}

/* The information of the independence fit, at its own coefficients and phi. */
static double *independent_information(struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t square = (size_t)w->p * (size_t)w->p;
    enum gee_corr corr = w->corr;
    double *kept = NEW_ARRAY(double, square);
    bool ok = kept != NULL || fail_memory(err);

    w->corr = GEE_INDEPENDENCE;
    ok = ok && look(w, progress, err);
    if (ok)
        memcpy(kept, w->information, sizeof *kept * square);
    w->corr = corr;
    if (ok)
        return kept;
    mem_free(kept);
    return NULL;
}

static bool run(struct gee *out, struct gee_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct spread spread = { 0 };
    double *independent = NULL;
    bool ok = set_residuals(w)
              || fail(err, GLMM_E_MODEL, NOWHERE,
                      "the variance of %s is not finite at these rows, and the equations weight by it", w->flat->family->name);

    ok = ok && (independent = independent_information(w, progress, err)) != NULL && solve(w, out, progress, err);
    if (ok && chol_factor(w->p, w->information, w->p) != 0)
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "the estimating equations leave a direction of the coefficients open");
    ok = ok && (spread_init(&spread, w->p) || fail_memory(err)) && add_meat(w, &spread, err);
    ok = ok
         && ((set_beta(out, w) && set_errors(out, w, &spread) && set_qic(out, w, &spread, independent) && set_correlation(out, w))
             || fail_memory(err));
    if (ok)
        set_facts(out, w);
    spread_clear(&spread);
    mem_free(independent);
    return ok;
}

/* What the equations cannot begin with. */
static bool check(const struct fit *flat, struct glmm_error *err)
{
    if (flat->family->variance == NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the family %s has no mean, nor a variance to weight the equations by",
             flat->family->name);
        error_hint(err, "a yes or no of the response (above a category, or not) by family=binomial; fit has its random effects");
        return false;
    }
    if (flat->design->p == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "the formula has no fixed effects to estimate");
    if (flat->recession != NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE, "an estimate is infinite: %s", flat->recession->message);
        error_hint(err, "leave the term out, or join levels of its factor");
        return false;
    }
    if (flat->optimum.verdict == VERDICT_NOT_CONVERGED)
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "the fit to independent rows, which the equations start from, did not converge%s%s",
                    flat->optimum.message[0] == '\0' ? "" : ": ", flat->optimum.message);
    return true;
}

struct gee *gee_new(const struct fit *flat, const struct gee_rows *rows, enum gee_corr corr, const struct glmm_progress *progress,
                    struct glmm_error *err)
{
    struct gee *out = NULL;
    struct gee_work work = { 0 };
    struct arena *arena = NULL;
    bool ok = check(flat, err) && ((arena = arena_new()) != NULL || fail_memory(err))
              && ((out = arena_alloc(arena, 1, sizeof *out)) != NULL || fail_memory(err));

    if (ok) {
        *out = (struct gee){ .arena = arena,
                             .design = flat->design,
                             .family = flat->family,
                             .link = flat->link,
                             .corr = corr,
                             .p = flat->design->p,
                             .names = flat->design->names };
        ok = gee_work_init(&work, flat, rows, corr, err) && run(out, &work, progress, err);
    }
    gee_work_clear(&work);
    if (ok)
        return out;
    arena_free(arena);
    return NULL;
}

void gee_free(struct gee *gee)
{
    if (gee != NULL)
        arena_free(gee->arena);
}
