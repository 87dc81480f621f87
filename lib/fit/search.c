/* search.c -- see search.h.  The coordinates are those of the engine's own searches (inner parameters of a linear model, phi of a
 * generalized one, those of rowcov.h), from x0 in steps s: x = x0 + s z, so that NLopt begins at z = 0 and moves by about 1. */
#include "fit/search.h"

#include <math.h>
#include <nlopt.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"
#include "fit/lmm-private.h"
#include "fit/lmm.h"
#include "fit/rowcov-private.h"
#include "linalg/ready.h"

enum { MOST_EVALUATIONS = 4000 }; /* beside 400 for each coordinate */
static const double FLAT_STEP = 0.5, NEAR = 1e-7, HIGH = 1e6;

struct search {
    struct lmm *lmm;
    struct glm *glm;
    struct rowcov *rowcov; /* one of the three */
    int n;
    double *x, *x0, *step, *slopes; /* n */
    double *best, lowest, first;    /* the lowest point that was met, in x; the height of the start */
    nlopt_opt optimizer;
    const struct glmm_progress *progress;
    int evaluations;
    bool stopped;
};

const char *search_name(enum search_by by)
{
    static const char *const names[SEARCH_COUNT] = { "BOBYQA", "Subplex", "L-BFGS" };

    return names[by];
}

bool search_is_possible(const struct fit *fit)
{
    return fit->method != METHOD_PQL && (!fit->exact || fit->theta_count > 0 || fit->structured != NULL);
}

/* --- the objective ------------------------------------------------------------------------------------- */

static double deviance(struct search *s, double *slopes)
{
    double value;

    if (s->rowcov != NULL)
        return rowcov_deviance(s->rowcov, s->x, slopes);
    if (s->glm != NULL)
        return glm_deviance(s->glm, s->x, slopes);
    value = lmm_value(s->lmm, s->x);
    if (slopes == NULL || !(value < MINIMIZE_BAD))
        return value;
    if (!lmm_slopes(s->lmm))
        return MINIMIZE_BAD;
    for (int i = 0; i < s->n; i++)
        slopes[i] = s->lmm->logdet_gradient[i] + s->lmm->degrees / s->lmm->rss * s->lmm->rss_gradient[i];
    return value;
}

/* What NLopt calls: where there is no deviance, the ground is high, but not so high that a quadratic through it is all noise. */
static double objective(unsigned n, const double *z, double *slopes, void *context)
{
    struct search *s = context;
    double value;

    for (unsigned i = 0; i < n; i++)
        s->x[i] = s->x0[i] + s->step[i] * z[i];
    if (!progress_tell(s->progress, "evaluation", ++s->evaluations, 0, s->lowest)) {
        s->stopped = true;
        nlopt_force_stop(s->optimizer);
        return s->first;
    }
    value = deviance(s, slopes == NULL ? NULL : s->slopes);
    for (unsigned i = 0; i < n && slopes != NULL; i++)
        slopes[i] = value < MINIMIZE_BAD ? s->step[i] * s->slopes[i] : 0;
    if (value < s->lowest) {
        s->lowest = value;
        memcpy(s->best, s->x, sizeof *s->best * n);
    }
    return value < s->first + HIGH ? value : s->first + HIGH;
}

/* --- starts -------------------------------------------------------------------------------------------- */

static bool start_linear(struct search *s, const struct fit *fit, struct glmm_error *err)
{
    if ((s->lmm = lmm_new_watched(fit->design, fit->method == METHOD_REML, s->progress, err)) == NULL)
        return false;
    for (int t = 0; t < s->lmm->term_count; t++) {
        const struct lmm_term *term = &s->lmm->terms[t];

        FOR_FREE_ENTRIES (term, a, b, i)
            s->x0[i] = a == b;
    }
    for (int i = 0; i < s->n; i++)
        s->step[i] = FLAT_STEP;
    return true;
}

/* From the fixed effects alone, each in the unit of its curvature. */
static bool start_generalized(struct search *s, struct glmm_error *err)
{
    struct glm *m = s->glm;
    double *S = NEW_ARRAY(double, (size_t)m->p *(size_t)m->p + 1);
    bool ok = S != NULL || fail_memory(err);

    for (int i = 0; i < s->n; i++)
        s->step[i] = FLAT_STEP;
    ok = ok && glm_start_fixed(m, s->x0, s->progress, err);
    if (ok) {
        glm_start_random(m, s->x0, s->step + m->p);
        glm_curvature(m, S);
    }
    for (int j = 0; ok && j < m->p; j++)
        if (isfinite(S[j + j * m->p]) && S[j + j * m->p] > 0)
            s->step[j] = 1 / sqrt(S[j + j * m->p]);
    for (int tries = 0; ok && tries < 10 && m->q > 0 && !(glm_deviance(m, s->x0, NULL) < MINIMIZE_BAD); tries++)
        for (int j = 0; j < m->theta_count; j++)
            s->x0[m->p + j] *= 0.3;
    mem_free(S);
    return ok;
}

static bool start_structured(struct search *s, struct glmm_error *err)
{
    for (int i = 0; i < s->n; i++)
        s->step[i] = FLAT_STEP;
    if (s->rowcov->family != NULL && !laplace_start(s->rowcov, s->x0, s->progress, err))
        return false;
    rowcov_start(s->rowcov, 0.5, s->x0);
    return true;
}

/* The workspace, of which the number of coordinates follows. */
static bool set_engine(struct search *s, const struct fit *fit, struct glmm_error *err)
{
    double *held;

    if (fit->structured != NULL) {
        s->rowcov = rowcov_new(fit->design, fit->exact ? NULL : fit->family, fit->exact ? NULL : fit->link,
                               fit->method == METHOD_REML, s->progress, err);
        s->n = s->rowcov == NULL ? 0 : rowcov_count(s->rowcov);
        return s->rowcov != NULL;
    }
    if (fit->exact) {
        s->n = fit->theta_count;
        return true;
    }
    if ((s->glm = glm_new(fit->design, fit->family, fit->link, fit->nodes, err)) == NULL || !glm_take_criterion(s->glm, fit, err))
        return false;
    if ((held = NEW_ARRAY(double, glm_parameter_count(s->glm) + 1)) == NULL)
        return fail_memory(err);
    glm_from_fit(s->glm, fit, held); /* holds a dispersion at its limit */
    mem_free(held);
    s->n = glm_parameter_count(s->glm);
    return true;
}

static bool start(struct search *s, const struct fit *fit, struct glmm_error *err)
{
    return s->rowcov != NULL ? start_structured(s, err) : s->glm != NULL ? start_generalized(s, err) : start_linear(s, fit, err);
}

/* --- the whole ----------------------------------------------------------------------------------------- */

static bool descend(struct search *s, enum search_by by, struct glmm_error *err)
{
    static const nlopt_algorithm algorithms[SEARCH_COUNT] = { NLOPT_LN_BOBYQA, NLOPT_LN_SBPLX, NLOPT_LD_LBFGS };
    double *z = NEW_ARRAY(double, s->n + 1), reached;
    nlopt_result end = NLOPT_OUT_OF_MEMORY;

    memcpy(s->x, s->x0, sizeof *s->x * (size_t)s->n);
    memcpy(s->best, s->x0, sizeof *s->x * (size_t)s->n);
    s->first = s->lowest = deviance(s, NULL);
    s->optimizer = nlopt_create(algorithms[by], (unsigned)s->n);
    if (z != NULL && s->optimizer != NULL && nlopt_set_min_objective(s->optimizer, objective, s) == NLOPT_SUCCESS
        && nlopt_set_initial_step1(s->optimizer, 1.0) == NLOPT_SUCCESS) {
        nlopt_set_xtol_rel(s->optimizer, NEAR);
        nlopt_set_xtol_abs1(s->optimizer, NEAR);
        nlopt_set_maxeval(s->optimizer, MOST_EVALUATIONS + 400 * s->n);
        end = nlopt_optimize(s->optimizer, z, &reached);
    }
    nlopt_destroy(s->optimizer);
    mem_free(z);
    if (s->stopped)
        return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", s->evaluations);
    if (end == NLOPT_OUT_OF_MEMORY)
        return fail_memory(err);
    return s->lowest < MINIMIZE_BAD
           || fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood could not be evaluated at the starting values");
}

static struct fit *read_off(struct search *s, const struct fit *fit, struct glmm_error *err)
{
    if (s->rowcov != NULL)
        return rowcov_at(s->rowcov, s->best, err);
    if (s->glm != NULL)
        return glm_at(s->glm, s->best, fit->method, err);
    lmm_theta_from_inner(s->lmm, s->best, s->x);
    return lmm_at(s->lmm, s->x, err);
}

struct fit *search_fit(const struct fit *fit, enum search_by by, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct search s = { .progress = progress };
    double *block = NULL;
    struct fit *found = NULL;

    if (!blas_ready(err))
        return NULL;
    if (set_engine(&s, fit, err)) {
        size_t n = (size_t)s.n;

        block = NEW_ARRAY(double, 5 * n + 1);
        s.x = block;
        s.x0 = s.x + n;
        s.step = s.x0 + n;
        s.slopes = s.step + n;
        s.best = s.slopes + n;
        if (block == NULL)
            fail_memory(err);
        else if (start(&s, fit, err) && descend(&s, by, err))
            found = read_off(&s, fit, err);
    }
    lmm_free(s.lmm);
    glm_free(s.glm);
    rowcov_free(s.rowcov);
    mem_free(block);
    return found;
}
