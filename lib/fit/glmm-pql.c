/* glmm-pql.c -- penalized quasi-likelihood (Breslow & Clayton 1993): a linear mixed model of the working response, again and
 * again.
 *
 *   z = eta - offset + (y - mu)/mu',   w = weight mu'^2 / V(mu),   z ~ N(X beta + Z b, phi/w)
 *
 * phi is 1 for binomial and poisson and is estimated for families with a dispersion that weights divide.  The working
 * model is this engine's own gaussian one, with the same rows, X and structure.  At the fixed point beta and the modes
 * solve the model's own score equations, but theta maximizes the likelihood of z as if it were normal: that is where the
 * bias comes from. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-task.h"

static const double NO_SIZE = 1e-300;    /* of all eta 0: not divided by */
static const double EDGE_RATE = 1e-12;   /* the slope of a mean at the edge of its range, and of its variance the square */
static const double PQL_SETTLED = 1e-17; /* squared change of eta beside its size, 3e-9 of it: the rounds end */
static const double PQL_STOPPED = 1e-10; /* the same, above which they have not converged */

enum { PQL_ROUNDS = 60 };

/* z and w from eta into the working model; returns how far eta moved from `last` (n), relative to its size, and remembers it
 * there. */
static double set_working(const struct glm *m, struct glm *working, const double eta[], double last[])
{
    const double unit[FAMILY_SHAPES] = { 1 };
    double moved = 0, size = NO_SIZE, mu[4];

    for (size_t i = 0; i < m->n; i++) {
        struct observation at = response_at(&m->response, i);
        double variance, rate;

        m->response.link->inverse(eta[i], mu);
        variance = m->response.family->variance(mu[0], unit, at.trials);
        /* A fitted value at the edge of its range has no weight worth the name; it must not divide by 0. */
        rate = copysign(fmax(fabs(mu[1]), EDGE_RATE), mu[1]);
        working->weights[i] = fmax(at.weight * rate * rate / fmax(variance, EDGE_RATE * EDGE_RATE), EDGE_RATE);
        working->y[i] = eta[i] + (m->y[i] - mu[0]) / rate;
        moved += working->weights[i] * (eta[i] - last[i]) * (eta[i] - last[i]);
        size += working->weights[i] * eta[i] * eta[i];
        last[i] = eta[i];
    }
    working->has_constants = false;
    working->known = false;
    return moved / size;
}

static struct glm *make_working(const struct glm *m, double **ones, struct glmm_error *err)
{
    struct design design = *m->design;
    struct glm *working;

    *ones = NEW_ARRAY(double, m->n);
    if (*ones == NULL) {
        fail_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < m->n; i++)
        (*ones)[i] = 1;
    design.weights = *ones;
    design.trials = NULL;
    working = glm_new(&design, &family_gaussian, &link_identity, 1, err);
    if (working != NULL) {
        working->design = m->design;
        working->held = glm_rest_count(m) == 0;
        working->held_value = 0;
    }
    return working;
}

bool glm_pql(struct glm_task *task, struct glmm_error *err)
{
    struct glm *m = task->m, *working;
    struct glm_tangent *tangent = task->tangent; /* of another family */
    double *ones, *last = NEW_ARRAY(double, m->n), moved = 1;
    bool ok = last != NULL;
    int round = 0;

    if (!ok) {
        fail_memory(err);
        return false;
    }
    task->tangent = NULL;
    working = make_working(m, &ones, err);
    ok = working != NULL;
    if (ok)
        glm_value(m, task->opt.x); /* eta at the starting values */
    for (round = 0; ok && round < PQL_ROUNDS && moved > PQL_SETTLED; round++) {
        moved = set_working(m, working, round == 0 ? m->eta : working->eta, last);
        if (round > 0 && moved <= PQL_SETTLED)
            break;
        task->m = working;
        glm_watch(working, task->progress);
        if (!glm_optimize(task))
            ok = fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %d evaluations", task->evaluations);
        else
            glm_value(working, task->opt.x); /* eta at the estimates */
    }
    task->m = m;
    task->tangent = tangent;
    task->opt.iterations = round;
    m->known = false;
    if (ok && !(moved < PQL_STOPPED)) {
        task->opt.gain = INFINITY;
        task->unsettled = true;
    }
    glm_free(working);
    mem_free(ones);
    mem_free(last);
    return ok;
}
