/* glmm-search.c -- the descents from several starts, and the best of them.
 *
 * The usual start is that of glmm-start.c; where another may lead to a better optimum, it is tried. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/explained.h"
#include "fit/glmm-cells.h"
#include "fit/glmm-task.h"
#include "fit/tolerances.h"

static const double OWN_GAIN = 1e-4; /* of a search that only sets starting values */
static const double FEW_GAIN = 0.1;  /* of a search with few nodes: its optimum is further from that of many */
enum { FEW_NODES = 5 };

static const double NEAR_ZERO = 2e-3; /* of the usual start: a template at 0 has no slope, one that near has the sign of it */
static const double TRACE = 1e-3;     /* of a template's natural size: what is left of an effect that is taken out */
static const double NO_BETTER = 1e-7; /* of the deviance: a fit that is worse than its case without variances was not found */

/* Where the search begins.  The likelihood may have several optima: with variances of 0, with a dispersion at its limit, with
 * large variances beside a dispersion that leaves little to the residuals.
 *
 * Where log f is not concave Laplace's approximation grows without bound as M becomes singular, and a search from the usual start
 * may fall in there.  Every other start is fenced off from it (glm.fenced), the usual one among them. */
enum start {
    START_USUAL,
    START_FENCED,
    START_ZERO,
    START_LIMIT,
    START_LARGE,
    START_WITHOUT /* the first effect; then each of the others; then each again, the dispersion at its limit */
};

/* The deviance without random effects at the starting values. */
static double flat_deviance(struct glm_task *task)
{
    struct glm *m = task->m;
    struct quadrature_work *quadrature = m->quadrature;
    double value, *phi = task->moved;

    memcpy(phi, task->opt.x, sizeof(double) * (size_t)task->opt.n);
    memset(phi + m->p, 0, sizeof(double) * (size_t)m->theta_count);
    m->quadrature = NULL; /* there is no integral */
    value = glm_value(m, phi);
    m->quadrature = quadrature;
    m->known = false;
    return value;
}

/* Starting values of another kind than the usual ones, from these. */
static void set_other_start(struct glm_task *task, enum start start)
{
    struct glm *m = task->m;
    double factor = start == START_ZERO ? NEAR_ZERO : start == START_LARGE ? 8 : 1;

    for (int j = 0; j < m->theta_count; j++)
        task->opt.x[m->p + j] *= factor;
    if (glm_rest_count(m) > 0 && start != START_ZERO && glm_limit_sign(m) != 0)
        task->opt.x[task->opt.n - 1] = (start == START_LIMIT ? 6 : 1) * glm_limit_sign(m);
}

/* Takes one effect (of all terms' together; -1: none) out of its template but for a trace. */
static void take_out(struct glm_task *task, int without)
{
    struct glm *m = task->m;
    double *theta = task->opt.x + m->p;

    for (int t = 0, first = 0; t < m->term_count; first += m->terms[t++].k)
        for (int b = 0, at = m->terms[t].theta; b < m->terms[t].k; b++)
            for (int a = b; a < m->terms[t].design->covariance->end(m->terms[t].k, b); a++, at++)
                if (first + a == without || first + b == without)
                    theta[at] = a == b ? TRACE * task->unit[at] : 0;
}

/* The estimates of a fit. */
static void set_start_near(struct glm_task *task, const struct fit *near)
{
    struct glm *m = task->m;
    double *theta = task->opt.x + m->p;

    glm_from_beta(m, near->beta, task->opt.x);
    for (int j = 0; j < m->theta_count; j++)
        theta[j] = near->theta[j] * near->sigma;
    glm_rest_from_coefficients(m, near->rest, theta + m->theta_count);
    if (glm_limit_sign(m) != 0 && glm_rest_count(m) > 0)
        task->opt.x[task->opt.n - 1] = fmin(fmax(task->opt.x[task->opt.n - 1], -6), 6);
}

/* What all starts have in common: the model without its random terms. */
struct ground {
    double *phi, flat; /* with any theta, and its deviance */
    bool known;
    bool broken; /* the best fit so far has no certificate, and ended where Laplace's approximation is none */
};

/* A rough start of the fixed part is led on to the optimum of the model without the random terms. */
static bool descend_flat(struct glm_task *task, struct glmm_error *err)
{
    struct glm *m = task->m, *flat;
    struct design design = *m->design, part[DESIGN_PARTS];
    struct glm_task own = { 0 };
    bool ok;

    design.random_count = 0;
    for (int k = 0; k < DESIGN_PARTS; k++)
        if (design.part[k] != NULL) {
            part[k] = *design.part[k];
            part[k].random_count = 0;
            design.part[k] = &part[k];
        }
    flat = glm_new(&design, m->response.family, m->response.link, 1, err);
    ok = flat != NULL && glm_task_init(&own, flat, NULL, task->progress, err);
    if (ok) {
        int p = m->p, rest = glm_rest_count(m);

        memcpy(own.opt.x, task->opt.x, sizeof(double) * (size_t)p);
        memcpy(own.opt.x + p, task->opt.x + p + m->theta_count, sizeof(double) * (size_t)rest);
        own.problem.tolerance = OWN_GAIN;
        glm_descend(&own);
        memcpy(task->opt.x, own.opt.x, sizeof(double) * (size_t)p);
        memcpy(task->opt.x + p + m->theta_count, own.opt.x + p, sizeof(double) * (size_t)rest);
        glm_set_rest(m, task->opt.x + p + m->theta_count);
        ok = !own.opt.stopped || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped at the starting values");
    }
    glm_task_clear(&own);
    glm_free(flat);
    return ok;
}

/* Whether the fixed part alone leaves an error to the rows; `lost`: from there nothing was found. */
static bool flat_leaves_error(struct glm *m, const double phi[], bool lost, struct glmm_error *err)
{
    double *fitted = NEW_ARRAY(double, m->n + 1), mu[4], scale = glm_rest_count(m) == 0 ? 1 : exp(phi[m->p + m->theta_count]);
    bool ok = fitted != NULL || fail_memory(err);

    if (ok)
        glm_fixed_value(m, phi);
    for (size_t i = 0; ok && i < m->n; i++) {
        m->response.link->inverse(m->eta[i], mu);
        fitted[m->row[i]] = mu[0];
    }
    ok = ok && glm_start_leaves_error(m, err) && explained_check_fitted(m->design, m->response.family, fitted, scale, lost, err);
    mem_free(fitted);
    return ok;
}

/* The fixed part of the starting values, found once for all starts. */
static bool set_ground(struct glm_task *task, struct ground *ground, struct glmm_error *err)
{
    struct glm *m = task->m;
    size_t bytes = sizeof(double) * (size_t)glm_parameter_count(m);

    if (ground->known) {
        memcpy(task->opt.x, ground->phi, bytes);
        glm_set_rest(m, task->opt.x + m->p + m->theta_count);
        task->flat = ground->flat;
        return true;
    }
    if (!glm_start_fixed(m, task->opt.x, task->progress, err))
        return false;
    if (m->q > 0 && glm_start_is_rough(m) && !(descend_flat(task, err) && flat_leaves_error(m, task->opt.x, false, err)))
        return false;
    task->flat = ground->flat = flat_deviance(task);
    memcpy(ground->phi, task->opt.x, bytes);
    ground->known = true;
    return true;
}

/* Those without a factor, where that pays; false where the usual ones are wanted. */
static bool start_apart(struct glm_task *task)
{
    struct glm *m = task->m;
    size_t bytes = sizeof(double) * (size_t)task->opt.n;

    if (!glm_start_is_apart(m))
        return false;
    memcpy(task->moved, task->opt.x, bytes);
    if (glm_start_apart(m, task->opt.x))
        return true;
    memcpy(task->opt.x, task->moved, bytes);
    memset(m->u, 0, sizeof(double) * (size_t)m->q);
    return false;
}

/* Starting values into task->opt.x. */
static bool set_start(struct glm_task *task, const struct fit_options *options, enum start start, struct ground *ground,
                      const struct fit *near, int without, struct glmm_error *err)
{
    struct glm *m = task->m;

    bool em = m->q > 0 && start != START_ZERO && near == NULL && (options == NULL || options->start == NULL);
    bool apart;
    double tolerance = m->mode_tolerance;

    if (!set_ground(task, ground, err))
        return false;
    glm_start_random(m, task->opt.x, task->unit);
    if (near != NULL)
        set_start_near(task, near);
    else if (start != START_USUAL)
        set_other_start(task, start);
    take_out(task, without);
    if (options != NULL && options->start != NULL)
        memcpy(task->opt.x + m->p, options->start, sizeof(double) * (size_t)m->theta_count);
    /* Far from the optimum the modes may not exist (M not positive definite, eta outside its domain); with small effects
     * they do. */
    apart = em && start == START_USUAL && start_apart(task);
    m->mode_tolerance = apart ? MODE_CLOSE : em ? glm_start_tolerance(m) : tolerance;
    for (int tries = 0; tries < 10 && m->q > 0 && !(glm_value(m, task->opt.x) < MINIMIZE_BAD); tries++)
        for (int j = 0; j < m->theta_count; j++)
            task->opt.x[m->p + j] *= 0.3;
    m->mode_tolerance = tolerance;
    if (em && !apart && !glm_start_em(m, task->opt.x, 3, err))
        return false;
    if (em && (apart ? glm_rest_count(m) > 0 : glm_start_is_rough(m)) && !glm_start_rest(m, task->opt.x, err))
        return false;
    return !watch_stopped(&m->watch) || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped at the starting values");
}

/* Quadrature begins near the optimum of a cheaper one: with second derivatives that of few nodes, whose variances are already
 * those of many, else that of Laplace's approximation, found to a loose tolerance. */
static bool start_from_cheaper(struct glm_task *task)
{
    struct glm *m = task->m;
    struct quadrature_work *quadrature = m->quadrature;
    double tolerance = task->problem.tolerance;
    bool exact = quadrature_has_hessian(m);

    if (exact && m->nodes < 2 * FEW_NODES)
        return true;
    if (exact)
        quadrature_set_nodes(m, FEW_NODES);
    else
        m->quadrature = NULL;
    m->known = false;
    task->problem.tolerance = exact ? FEW_GAIN : TOLERANCE_NEARLY;
    glm_descend(task);
    task->problem.tolerance = tolerance;
    m->quadrature = quadrature;
    if (exact)
        quadrature_set_nodes(m, m->nodes);
    m->known = false;
    return !task->opt.stopped;
}

static bool is_certified(const struct fit *fit)
{
    return fit != NULL && fit->optimum.verdict != VERDICT_NOT_CONVERGED;
}

/* What another search has to reach.  Most come to the optimum that is known: its Hessian need not be taken again.  Where there is
 * no certificate yet, another point of the same height may have one. */
static double bound_of(const struct fit *fit, const struct ground *ground)
{
    bool certified = is_certified(fit);

    return fit == NULL || isnan(fit->loglik) || ground->broken
               ? (double)INFINITY
               : fit->criterion + (certified ? -2 * TOLERANCE_LOWER : TOLERANCE_NEARLY);
}

/* The parameters of a fit, as they are at one more start. */
static void set_known(struct glm_task *task, const struct fit *fit)
{
    struct glm *m = task->m;
    double *theta = task->known + m->p;

    glm_from_beta(m, fit->beta, task->known);
    for (int j = 0; j < m->theta_count; j++)
        theta[j] = fit->theta[j] * fit->sigma;
    glm_rest_from_coefficients(m, fit->rest, theta + m->theta_count);
    task->opt.known = task->known;
    task->opt.known_value = fit->criterion;
}

/* Fits the workspace, whose estimates are finite, from one start; NULL without an error where it comes to no better optimum than
 * `best` (NULL: there is none). */
static struct fit *fit_from(struct glm *m, enum start start, struct ground *ground, const struct fit *near, int without,
                            const struct fit *best, enum fit_method method, const struct fit_options *options,
                            const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glm_task task = { 0 };
    struct quadrature_work *quadrature;
    struct fit *fit = NULL;
    bool plain = m->q == 0 || (glm_is_varied(m) && m->several == NULL); /* no integral */
    bool ok = glm_task_init(&task, m, options, progress, err);

    task.opt.bound = bound_of(best, ground);
    if (ok && is_certified(best) && task.opt.bound < (double)INFINITY)
        set_known(&task, best);
    quadrature = m->quadrature;
    m->quadrature = ok && quadrature_has_hessian(m) ? NULL : quadrature; /* starting values are Laplace's */
    ok = ok && set_start(&task, options, start, ground, near, without, err);
    m->known = m->known && m->quadrature == quadrature;
    m->quadrature = quadrature;
    if (ok && method == METHOD_PQL)
        ok = glm_pql(&task, err);
    else if (ok && method == METHOD_IS && !importance_begin(m, options->draws, progress, err))
        ok = false;
    else if (ok && ((m->quadrature != NULL && !start_from_cheaper(&task)) || !glm_optimize(&task)))
        ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task.evaluations);
    if (ok && !task.opt.given_up)
        fit = glm_report(&task, options, plain && method != METHOD_REML ? METHOD_ML : method, err);
    if (fit != NULL && !m->fenced)
        ground->broken = fit->optimum.verdict == VERDICT_NOT_CONVERGED && glm_is_broken(m);
    if (fit != NULL && !(options != NULL && options->unpriced) && !glm_is_varied(m) && m->several == NULL
        && !(glm_is_exact(m) && m->design->prior != NULL) && !glm_price_approximation(&task, fit, err)) {
        fit_free(fit);
        fit = NULL;
    }
    if (watch_stopped(&m->watch)) { /* whatever was computed behind it is worth nothing */
        fit_free(fit);
        fit = NULL;
        error_clear(err);
        fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task.evaluations);
    }
    importance_end(m);
    glm_task_clear(&task);
    return fit;
}

/* Several variances may share what there is in more than one way; where a fit costs next to nothing, that is looked into. */
static bool may_be_shared(size_t n, int theta_count, int npar)
{
    return theta_count > 1 && n * (size_t)npar <= GLM_CHEAP;
}

/* Whether a start of this kind may lead to a better optimum than the one found. */
static bool may_be_better(const struct fit *fit, enum start start, const struct ground *ground)
{
    bool several = fit != NULL && may_be_shared(fit->design->n, fit->theta_count, fit->npar);
    bool at_zero = false, open = fit == NULL || fit->optimum.verdict == VERDICT_NOT_CONVERGED;

    for (int t = 0; fit != NULL && t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            at_zero = at_zero || fit->random[t].sd[a] == 0;
    switch (start) {
    case START_FENCED:
        return ground->broken;
    case START_ZERO:
        return open || fit->criterion > ground->flat + NO_BETTER || several;
    case START_LIMIT:
        return fit == NULL || (fit->family->limit_sign != 0 && (open || !fit->family->limit_varies_most));
    case START_WITHOUT:
        return several;
    case START_LARGE:
        return open || several || (at_zero && fit->has_scale);
    default:
        return false;
    }
}

/* Whether a fit ended where there is no telling what is to gain: at a breakdown, with predictors of its own or without. */
static bool broke_down(const struct fit *fit)
{
    return !is_certified(fit) && fit->part_count > 0 && isnan(fit->optimum.gain);
}

/* The better of two fits, either NULL; frees the other.  What fell into a singularity of the approximation, or was stopped at the
 * fence before one or on the way there, is no better than an optimum, however low its deviance; nor than what was found before
 * it without one: of several places where there is no approximation none is the better, and which is the lower is rounding. */
static struct fit *better_fit(struct fit *a, struct fit *b, bool stopped, struct ground *ground)
{
    bool out = ground->broken && is_certified(b);
    bool second = a == NULL || out
                  || (b != NULL
                      && (b->criterion < a->criterion - 2 * TOLERANCE_LOWER
                          || (b->criterion < a->criterion + 2 * TOLERANCE_LOWER && a->optimum.verdict == VERDICT_NOT_CONVERGED
                              && b->optimum.verdict != VERDICT_NOT_CONVERGED)));

    second = second && !(stopped && a != NULL && (is_certified(a) || broke_down(a)) && !is_certified(b));
    ground->broken = ground->broken && !out;
    fit_free(second ? a : b);
    return second ? b : a;
}

/* By importance sampling, from the optimum of Laplace's approximation. */
static struct fit *fit_by_draws(struct glm *m, const struct fit_options *options, const struct glmm_progress *progress,
                                struct glmm_error *err)
{
    struct fit_options first = *options;
    struct fit *laplace, *fit = NULL;
    struct ground ground = { .phi = NEW_ARRAY(double, glm_parameter_count(m) + 1) };

    if (ground.phi == NULL) {
        fail_memory(err);
        return NULL;
    }
    first.unpriced = true;
    laplace = glm_fit_finite(m, METHOD_LAPLACE, &first, progress, err);
    if (laplace == NULL || m->q == 0 || isnan(laplace->loglik)) {
        mem_free(ground.phi);
        return laplace;
    }
    m->known = false;
    fit = fit_from(m, START_USUAL, &ground, laplace, -1, NULL, METHOD_IS, options, progress, err);
    fit_free(laplace);
    mem_free(ground.phi);
    return fit;
}

/* The fit from one more start, in a workspace of its own, or the one at hand where that is better; NULL with an error when
 * stopped or memory is out.  near: where it begins, without this effect (-1: with all); NULL: at a start of that kind. */
static struct fit *try_start(const struct glm *m, enum start start, const struct fit *near, int without, struct ground *ground,
                             struct fit *fit, enum fit_method method, const struct fit_options *options,
                             const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glmm_error own;
    struct glm *other;

    error_clear(&own);
    other = glm_new(m->design, m->response.family, m->response.link, m->nodes, &own);
    if (other != NULL && m->restricted && !glm_restrict(other, &own)) {
        glm_free(other);
        other = NULL;
    }
    if (other != NULL) {
        struct fit *second;

        other->fenced = true;
        second = fit_from(other, start, ground, near, without, fit, method, options, progress, &own);
        fit = better_fit(fit, second, other->met_fence || (second != NULL && glm_is_bent(other)), ground);
    }
    glm_free(other);
    if (own.code != GLMM_E_INTERRUPT && own.code != GLMM_E_MEMORY)
        return fit;
    fit_free(fit);
    error_clear(err);
    fail(err, own.code, own.at, "%s", own.message);
    return NULL;
}

/* The better of the fit at hand and that from one more start; NULL as above. */
static struct fit *try_another(const struct glm *m, int start, struct ground *ground, struct fit *fit, enum fit_method method,
                               const struct fit_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    if (!may_be_better(fit, start >= START_WITHOUT ? START_WITHOUT : (enum start)start, ground))
        return fit;
    if (start >= START_WITHOUT + m->K)
        return fit == NULL || fit->family->limit_sign == 0 || fit->family->limit_varies_most
                   ? fit
                   : try_start(m, START_LIMIT, NULL, start - START_WITHOUT - m->K, ground, fit, method, options, progress, err);
    if (start >= START_WITHOUT)
        return try_start(m, START_USUAL, fit, start - START_WITHOUT, ground, fit, method, options, progress, err);
    return try_start(m, start == START_FENCED ? START_USUAL : (enum start)start, NULL, -1, ground, fit, method, options, progress,
                     err);
}

/* From the usual start, and from those that may lead to a better optimum. */
static struct fit *fit_from_all(struct glm *m, enum fit_method method, const struct fit_options *options,
                                const struct glmm_progress *progress, struct glmm_error *err)
{
    struct ground ground = { .flat = (double)INFINITY };
    struct glmm_error own;
    struct fit *fit;

    error_clear(&own);
    if ((ground.phi = NEW_ARRAY(double, glm_parameter_count(m) + 1)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    fit = fit_from(m, START_USUAL, &ground, NULL, -1, NULL, method, options, progress, err);
    for (int start = START_FENCED; start < START_WITHOUT + 2 * m->K; start++) {
        if (m->q == 0 || method == METHOD_PQL || options->start != NULL || (fit != NULL && isnan(fit->loglik)))
            break;
        if (fit == NULL && (!ground.known || err->code == GLMM_E_INTERRUPT || err->code == GLMM_E_MEMORY))
            break; /* without the ground that all starts have in common there is none */
        fit = try_another(m, start, &ground, fit, method, options, progress, err);
    }
    if (fit == NULL && ground.known && err->code == GLMM_E_MODEL && !flat_leaves_error(m, ground.phi, true, &own)) {
        error_clear(err);
        *err = own;
    }
    mem_free(ground.phi);
    if (fit != NULL)
        error_clear(err);
    return fit;
}

/* The fit that was found with the effects of the cells, with the templates of the stated ones; frees it and returns NULL where it
 * is no optimum to go from, and with an error where memory is out. */
static struct fit *state_cells(struct fit *fit, const struct glm_cells *cells, struct glmm_error *err)
{
    double *theta;

    if (!is_certified(fit) || isnan(fit->loglik)) {
        fit_free(fit);
        return NULL;
    }
    theta = arena_alloc(fit->arena, (size_t)fit->theta_count + 1, sizeof *theta);
    if (theta == NULL || !glm_cells_theta(cells, fit->theta, theta)) {
        fit_free(fit);
        fail_memory(err);
        return NULL;
    }
    fit->theta = theta;
    return fit;
}

/* Where the search with the effects of the cells ends, as an optimum of the stated model, so that all codings have one; NULL
 * where there are no such effects, or no optimum, and with an error where it was stopped or memory is out. */
static struct fit *fit_by_cells(struct glm *m, enum fit_method method, const struct fit_options *options,
                                const struct glmm_progress *progress, struct glmm_error *err)
{
    struct fit_options unpriced = *options;
    struct ground ground = { .flat = (double)INFINITY };
    struct glm_cells cells;
    struct glm *of = NULL;
    struct fit *near = NULL, *fit = NULL;
    bool ok = glm_cells_find(m->design, &cells) || fail_memory(err);

    unpriced.unpriced = true;
    if (ok && cells.any && ((ground.phi = NEW_ARRAY(double, glm_parameter_count(m) + 1)) != NULL || fail_memory(err)))
        of = glm_new(&cells.design, m->response.family, m->response.link, m->nodes, err);
    if (of != NULL && (!m->restricted || glm_restrict(of, err)))
        near = state_cells(fit_from_all(of, method, &unpriced, progress, err), &cells, err);
    if (near != NULL)
        fit = fit_from(m, START_USUAL, &ground, near, -1, NULL, method, options, progress, err);
    if (fit != NULL && !(is_certified(fit) && fit->criterion < near->criterion + 2 * TOLERANCE_LOWER)) {
        fit_free(fit);
        fit = NULL;
    }
    if (fit != NULL) {
        fit->optimum.iterations += near->optimum.iterations;
        fit->optimum.evaluations += near->optimum.evaluations;
    }
    fit_free(near);
    glm_free(of);
    mem_free(ground.phi);
    glm_cells_clear(&cells);
    if (fit == NULL && err->code != GLMM_E_INTERRUPT && err->code != GLMM_E_MEMORY)
        error_clear(err);
    return fit;
}

/* Fits the workspace, whose estimates are finite. */
struct fit *glm_fit_finite(struct glm *m, enum fit_method method, const struct fit_options *options,
                           const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glmm_error own;
    struct fit *fit = NULL;

    error_clear(&own);
    if (err == NULL) /* whether it was stopped is asked below */
        err = &own;
    if (method == METHOD_IS)
        return fit_by_draws(m, options, progress, err);
    if (m->q > 0 && method != METHOD_PQL && options->start == NULL && may_be_shared(m->n, m->theta_count, glm_parameter_count(m)))
        fit = fit_by_cells(m, method, options, progress, err);
    if (fit != NULL || err->code != GLMM_OK) {
        if (fit != NULL)
            error_clear(err);
        return fit;
    }
    return fit_from_all(m, method, options, progress, err);
}
