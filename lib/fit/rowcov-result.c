/* rowcov-result.c -- from the optimum of rowcov.h to the estimates that a person reads.
 *
 *   beta = R^-1 (Q'y + beta_Q),  Var(beta) = sigma^2 R^-1 (Q'V^-1 Q)^-1 R^-T */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "fit/revise.h"
#include "fit/rowcov-private.h"
#include "linalg/correlation.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include "linalg/watched.h"
#include "model/covariance.h"
#include "model/residuals.h"

static double *reals(struct arena *arena, size_t count)
{
    return arena_alloc(arena, count, sizeof(double));
}

void rowcov_outer_basis(const struct rowcov *m, double scale, const double *C, double *out)
{
    const double one = 1.0;
    int p = m->p;

    if (p == 0)
        return;
    for (int i = 0; i < p * p; i++)
        out[i] = scale * C[i];
    dtrsm_("L", "U", "N", "N", &p, &p, &one, m->R, &p, out, &p);
    dtrsm_("R", "U", "T", "N", &p, &p, &one, m->R, &p, out, &p);
}

/* out := R^-1. */
static void invert(const struct rowcov *m, double *out)
{
    const double one = 1.0;
    int p = m->p;

    for (int j = 0; j < p; j++)
        for (int i = 0; i < p; i++)
            out[i + j * p] = i == j;
    if (p > 0)
        dtrsm_("L", "U", "N", "N", &p, &p, &one, m->R, &p, out, &p);
}

/* --- fixed effects --------------------------------------------------------------------------------------- */

static bool set_fixed(struct fit *fit, struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    int p = m->p, q = task->count, step = 1;
    size_t pp = (size_t)p * (size_t)p;
    double *beta = reals(fit->arena, (size_t)p), *se = reals(fit->arena, (size_t)p), *vcov = reals(fit->arena, pp);
    double *slopes = reals(fit->arena, (size_t)(q + 1) * pp), *C = NEW_ARRAY(double, 2 * pp + 1), *T = C + pp;
    double s2 = fit->dispersion;
    bool ok = beta != NULL && se != NULL && vcov != NULL && slopes != NULL && C != NULL;

    if (ok) {
        for (int j = 0; j < p; j++)
            beta[j] = (m->projection[j] + m->beta[j]) * m->y_scale;
        if (p > 0)
            dtrsv_("U", "N", "N", &p, m->R, &p, beta, &step);
        rowcov_fixed_inverse(m, C);
        rowcov_outer_basis(m, s2, C, vcov);
        for (int j = 0; j < q; j++)
            rowcov_outer_basis(m, s2, task->slopes + (size_t)j * pp, slopes + (size_t)j * pp);
        rowcov_outer_basis(m, 2.0 * s2 / sqrt(m->sigma2), C, slopes + (size_t)q * pp);
        for (int j = 0; j < p; j++)
            se[j] = sqrt(vcov[j + j * p]);
        fit->beta = beta;
        fit->se = se;
        fit->vcov = vcov;
        fit->vcov_slopes = slopes;
        invert(m, T);
        ok = fit_set_root(fit, s2, T, C, q, task->slopes, 2.0 / sqrt(m->sigma2));
    }
    mem_free(C);
    return ok;
}

/* Along a direction without curvature the joint Hessian gets one: what the direction changes is not shown, and nothing else
 * depends on how much that is, nor on how sigma goes along. */
static void bend(struct rowcov_task *task)
{
    int q = task->count, r = q + 1;

    for (int v = 0; task->have_hessian && v < q; v++) {
        const double *e = task->vectors + v * q;

        if (!(fabs(task->values[v]) < ROWCOV_FLAT))
            continue;
        for (int j = 0; j < q; j++)
            for (int i = 0; i < q; i++)
                task->joint[i + j * r] += task->held[i] || task->held[j] ? 0.0 : e[i] * e[j];
    }
}

/* Of the joint Hessian in (x, sigma), without what is held. */
static bool set_variances(struct fit *fit, struct rowcov_task *task)
{
    int q = task->count, r = q + 1;
    double *unit = NEW_ARRAY(double, r);
    bool ok = unit != NULL;

    bend(task);

    for (int j = 0; ok && j < r; j++)
        unit[j] = (j < q && task->held[j]) || !(task->joint[j + j * r] > 0.0) ? 0.0 : 1.0 / sqrt(task->joint[j + j * r]);
    if (ok && task->have_hessian)
        ok = fit_set_variance_covariance(fit, r, task->joint, unit);
    mem_free(unit);
    return ok;
}

/* Linear, with a prior: errors of beta by the curvature of the whole in beta alone, as without one, and no degrees of freedom. */
static bool set_penalized(struct fit *fit, struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    int p = m->p, e = p + 1;
    double *H = NEW_ARRAY(double, 3 * p * p + 1), *C = H + p * p, *T = C + p * p;
    double *se = revise(fit->se), *vcov = revise(fit->vcov);
    bool ok = H != NULL;

    for (int j = 0; ok && j < p; j++)
        for (int i = j; i < p; i++)
            for (int k = 0; k <= j; k++)
                H[i + j * p] += 2.0 * m->G[i + k * e] * m->G[j + k * e] / m->sigma2;
    if (ok && p > 0) {
        rowcov_prior_curvature(m, m->beta, false, H);
        ok = chol_factor(p, H, p) == 0;
        if (ok)
            watched_chol_inverse(p, H, p, NULL);
    }
    for (int j = 0; ok && j < p; j++)
        for (int i = 0; i < p; i++)
            C[i + j * p] = 2.0 * (i >= j ? H[i + j * p] : H[j + i * p]);
    if (ok && p > 0) {
        rowcov_outer_basis(m, m->y_scale * m->y_scale, C, vcov);
        for (int j = 0; j < p; j++)
            se[j] = sqrt(vcov[j + j * p]);
        invert(m, T);
        fit->root = fit->root_slopes = NULL;
        ok = fit_set_root(fit, m->y_scale * m->y_scale, T, C, 0, NULL, 0.0);
    }
    mem_free(H);
    fit->variance_count = 0;
    return ok;
}

/* --- random effects ---------------------------------------------------------------------------------------- */

/* "rho", "lag 2"; of an unstructured matrix there are no more words than its correlations. */
static const char *parameter_name(struct arena *arena, enum correlation_law law, int i)
{
    const char *name = law_name(law, i);

    return name != NULL ? name : arena_printf(arena, "lag %d", i + 1);
}

/* A parameter that the structure or a direction without curvature leaves open, or whose sign nothing determines, or that is of
 * effects without variance. */
static bool means_nothing(const struct rowcov_task *task, int i)
{
    if (task->open->sign != NULL && task->open->sign[i])
        return true;
    if (task->open->dims > 0)
        return task->open->moved[i] || (task->held[i] && task->edge[i] == 0);
    for (int v = 0; task->flat >= 0 && v < task->count; v++)
        if (fabs(task->values[v]) < ROWCOV_FLAT && fabs(task->vectors[i + v * task->count]) > ROWCOV_SHARE)
            return true;
    return task->held[i] && task->edge[i] == 0;
}

/* Number i of a law whose parameters begin at `first`; room: as for law_value.  What runs to an end that no number is has no
 * estimate but that end. */
static double parameter_estimate(const struct rowcov_task *task, enum correlation_law law, const struct positions *positions,
                                 int first, int i, double room[])
{
    bool endless = law == LAW_OU || law == LAW_EXP || law == LAW_GAU || law == LAW_MAT;

    if (means_nothing(task, first + i))
        return (double)NAN;
    if (law == LAW_MAT && i == 0 && task->edge[first] == 0 && task->edge[first + 1] > 0)
        return 0.0;
    if (endless && task->edge[first + i] != 0)
        return task->edge[first + i] > 0 ? HUGE_VAL : 0.0;
    return law_value(law, positions, task->x + first, i, room);
}

static bool set_parameters(struct fit *fit, const struct rowcov_task *task, int at)
{
    const struct rowcov *m = task->m;
    const struct rowcov_term *t = &m->terms[at];
    struct covariance_parameter *list;
    double *room;

    if (t->random->structure == NULL || t->structure->law == LAW_US)
        return true;
    list = arena_alloc(fit->arena, (size_t)t->law_count + 1, sizeof *list);
    room = reals(fit->arena, LAW_ROOM * (size_t)t->law_count);
    for (int i = 0; list != NULL && room != NULL && i < t->law_count; i++) {
        list[i].name = parameter_name(fit->arena, t->structure->law, i);
        list[i].estimate = parameter_estimate(task, t->structure->law, &t->positions, t->first + t->sd_count, i, room);
    }
    fit->random[at].parameters = list;
    fit->random[at].parameter_count = t->law_count;
    return list != NULL && room != NULL;
}

static bool set_random(struct fit *fit, const struct rowcov_task *task, int at, double *theta)
{
    struct rowcov *m = task->m;
    const struct rowcov_term *t = &m->terms[at];
    struct random_fit *out = &fit->random[at];
    int k = t->k;
    size_t kk = (size_t)k * (size_t)k, levels = (size_t)t->random->level_count;
    double *lambda = reals(fit->arena, 3 * kk + (size_t)k), *covariance, *correlation, *sd;
    double *modes = reals(fit->arena, levels * (size_t)k), *sums = NEW_ARRAY(double, levels *(size_t)k + 1);
    double s2 = m->family == NULL ? fit->dispersion : 1.0;

    if (lambda == NULL || modes == NULL || sums == NULL) {
        mem_free(sums);
        return false;
    }
    covariance = lambda + kk;
    correlation = covariance + kk;
    sd = correlation + kk;
    rowcov_set_template(m, k, t->sigma, lambda);
    for (size_t e = 0; m->family != NULL && e < kk; e++) /* of lognormal, and gaussian behind a link, there is a sigma too */
        lambda[e] /= fit->sigma;
    for (int b = 0; b < k; b++)
        for (int a = b; a < t->random->covariance->end(k, b); a++)
            *theta++ = lambda[a + b * k];
    for (size_t e = 0; e < kk; e++)
        covariance[e] = s2 * t->sigma[e];
    correlations_of(k, covariance, sd, correlation);
    rowcov_set_modes(m, t, sums, modes);
    mem_free(sums);
    out->k = k;
    out->lambda = lambda;
    out->covariance = covariance;
    out->sd = sd;
    out->correlation = correlation;
    out->modes = modes;
    for (int b = 0; t->law_count > 0 && task->open->sign != NULL && task->open->sign[t->first + t->sd_count] && b < k; b++)
        for (int a = (b + 1) % 2; a < k; a += 2)
            correlation[a + b * k] = (double)NAN;
    return set_parameters(fit, task, at) && rowcov_set_spread(fit, m, at);
}

/* Of disp=, from log sigma^2 where all columns have their means. */
static double coefficient(const struct fit *fit, const struct rowcov_task *task, int j)
{
    const struct rowcov_residual *r = &task->m->residual;
    const struct residual_loads *loads = r->design->loads;
    const double *x = task->x + r->first;
    double first = log(fit->dispersion);

    for (int i = 0; i < loads->count; i++)
        first -= x[i] * loads->mean[i] / loads->size[i];
    return j == 0 ? first : x[j - 1] / loads->size[j - 1] + (loads->cells ? first : 0.0);
}

static bool set_residual(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const struct rowcov_residual *r = &m->residual;
    const struct residual_design *d = r->design;
    struct residual_fit *out;
    struct covariance_parameter *list;
    const bool *open = NULL; /* marks of the residuals' entries */
    double *room;
    int at = 0, k;

    if (d == NULL)
        return true;
    k = d->positions.k;
    out = arena_alloc(fit->arena, 1, sizeof *out);
    list = arena_alloc(fit->arena, (size_t)(residual_scale_parameters(d) + 1 + r->law_count) + 1, sizeof *list);
    room = reals(fit->arena, LAW_ROOM * (size_t)r->law_count);
    if (out == NULL || list == NULL || room == NULL)
        return false;
    if (task->open->dims > 0) {
        open = task->open->entry;
        for (int t = 0; t < m->term_count; t++)
            open += m->terms[t].k * m->terms[t].k;
    }
    for (int j = 0; d->loads != NULL && j <= d->loads->count; j++)
        list[at++] = (struct covariance_parameter){ d->loads->predictor->names[j], fit->identity != NULL || task->open->dims > 0
                                                                                       ? (double)NAN
                                                                                       : coefficient(fit, task, j) };
    for (int s = 0; residual_has_levels(d) && s < d->scale_count; s++)
        list[at++] = (struct covariance_parameter){ arena_printf(fit->arena, "sd %s", d->scale_names[s]),
                                                    (open != NULL && open[s]) || task->ridge[m->term_count] ? (double)NAN
                                                    : rowcov_scale_is_zero(task, s)                         ? 0.0
                                                                                    : fit->sigma * r->sd[s] };
    if (d->structure->law == LAW_US) {
        for (int a = 0; a < k; a++)
            for (int b = 0; b < a; b++)
                list[at++] = (struct covariance_parameter){
                    arena_printf(fit->arena, "corr %s, %s", d->position_names[b], d->position_names[a]),
                    open != NULL && open[d->scale_count + a + b * k] ? (double)NAN : r->C[a + b * k]
                };
    } else {
        for (int i = 0; i < r->law_count; i++)
            list[at++] = (struct covariance_parameter){ parameter_name(fit->arena, d->structure->law, i),
                                                        parameter_estimate(task, d->structure->law, &d->positions,
                                                                           r->first + residual_scale_parameters(d), i, room) };
    }
    out->structure = d->loads != NULL ? "disp" : d->structure->name;
    out->parameters = list;
    out->parameter_count = at;
    fit->residual = out;
    return true;
}

/* The logarithm of each row's own residual variance, where there are several. */
static bool set_row_variances(struct fit *fit, const struct rowcov *m)
{
    const struct residual_design *d = m->residual.design;
    double *rows;

    if (d == NULL || d->scale_count <= 1)
        return true;
    if ((rows = reals(fit->arena, m->n)) == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++)
        rows[i] = log(fit->dispersion) + 2.0 * log(m->residual.sd[d->scale[i]]);
    fit->shape_rows[0] = rows;
    return true;
}

static bool set_rows(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const struct design *d = m->design;
    double *linear = reals(fit->arena, m->n), *fitted = m->family == NULL ? linear : reals(fit->arena, m->n), mu[4];

    if (linear == NULL || fitted == NULL)
        return false;
    for (size_t i = 0; i < m->n; i++) {
        double sum = d->offset == NULL ? 0.0 : d->offset[i];

        for (int j = 0; j < m->p; j++)
            sum += d->X[i + (size_t)j * m->n] * fit->beta[j];
        for (int t = 0; t < m->term_count; t++)
            for (int a = 0; a < m->terms[t].k; a++)
                sum += rowcov_z(&m->terms[t], i, a)
                       * fit->random[t].modes[(size_t)d->random[t].level[i] * (size_t)m->terms[t].k + (size_t)a];
        linear[i] = m->residual.design != NULL && rowcov_scale_is_zero(task, m->residual.design->scale[i]) ? d->y[i] : sum;
        if (m->family != NULL) {
            link_inverse(fit->mean_link, sum, mu);
            fitted[i] = mu[0];
        }
    }
    fit->linear = linear;
    fit->fitted = fitted;
    return true;
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

/* Of the parameters, how many the data leave open. */
static int count_open(const struct rowcov_task *task)
{
    int count = 0;

    if (task->open->dims > 0)
        count = task->open->dims;
    for (int v = 0; task->open->dims == 0 && v < task->count; v++)
        count += task->have_hessian && fabs(task->values[v]) < ROWCOV_FLAT;
    for (int t = 0; t <= task->m->term_count; t++)
        count += task->ridge[t];
    return count;
}

static void set_identity(struct fit *fit, const struct rowcov_task *task, struct arena *arena, enum fit_method method)
{
    struct rowcov *m = task->m;

    fit->arena = arena;
    fit->design = m->design;
    fit->family = task->linear ? &family_gaussian : m->family;
    fit->link = fit->mean_link = task->linear ? &link_identity : m->link;
    fit->exact = task->linear;
    fit->method = method;
    fit->nodes = 1;
    fit->has_scale = fit->family->has_dispersion;
    fit->dispersion = task->linear     ? m->sigma2 * m->y_scale * m->y_scale
                      : fit->has_scale ? exp(m->laplace->response.shape[0])
                                       : 1.0;
    fit->shape[0] = fit->dispersion;
    fit->sigma = fit->family->residual ? sqrt(fit->dispersion) : 1.0;
    fit->npar = task->count + (task->linear ? m->p + 1 : 0) - count_open(task);
    fit->criterion = task->value;
    fit->penalty = rowcov_penalty(m, task->x, NULL);
    fit->loglik = -0.5 * (task->value - fit->penalty);
    if (!task->linear)
        m->y_scale = 1.0;
    fit_set_criteria(fit, m->n);
}

struct fit *rowcov_result(struct rowcov_task *task, enum fit_method method, double tolerance, struct glmm_error *err)
{
    struct rowcov *m = task->m;
    struct arena *arena = arena_new();
    struct fit *fit = arena == NULL ? NULL : arena_alloc(arena, 1, sizeof *fit);
    double *theta = fit == NULL ? NULL : reals(arena, (size_t)rowcov_template_entries(m->design)), *at = theta,
           *structured = NULL;
    bool ok;

    rowcov_met_all(m);
    task->value = rowcov_value(m, task->x); /* matrices and factors at the estimates */
    ok = task->value < MINIMIZE_BAD && rowcov_gradient(m, task->x, task->gradient);
    if (!ok || theta == NULL || (fit->random = arena_alloc(arena, (size_t)m->term_count + 1, sizeof *fit->random)) == NULL) {
        arena_free(arena);
        if (watch_stopped(&m->watch))
            fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", m->evaluations);
        else if (!ok)
            fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood of this model could not be evaluated at any starting value");
        else
            fail_memory(err);
        return NULL;
    }
    if (task->linear)
        rowcov_set_alpha(m);
    set_identity(fit, task, arena, method);
    fit->theta = theta;
    fit->theta_count = rowcov_template_entries(m->design);
    /* below 1 df mean nothing: an intercept beside one field of long range */
    ok = !task->linear                                         ? rowcov_set_generalized(fit, task)
         : !(set_fixed(fit, task) && set_variances(fit, task)) ? false
         : m->design->prior == NULL                            ? fit_set_df(fit, 1.0)
                                                               : set_penalized(fit, task);
    for (int t = 0; ok && t < m->term_count; t++) {
        ok = set_random(fit, task, t, at);
        at += m->design->random[t].covariance->count(m->design->random[t].k);
    }
    if (ok && (structured = reals(arena, (size_t)task->count)) != NULL)
        memcpy(structured, task->x, sizeof *structured * (size_t)task->count);
    fit->structured = structured;
    fit->structured_count = task->count;
    if (!ok || structured == NULL || !set_residual(fit, task) || !set_rows(fit, task) || !set_row_variances(fit, m)
        || !fit_set_thresholds(fit)
        || ((task->flat >= 0 || task->open->dims > 0 || rowcov_has_ridge(task)) && !rowcov_set_identity(fit, task))
        || arena_failed(fit->arena) || watch_stopped(&m->watch)) {
        fit_free(fit);
        if (watch_stopped(&m->watch))
            fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", m->evaluations);
        fail_memory(err);
        return NULL;
    }
    rowcov_verdict(fit, task, tolerance);
    return fit;
}
