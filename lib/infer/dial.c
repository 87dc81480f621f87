/* dial.c -- see dial.h.
 *
 *   linear:  d(theta) with beta and sigma profiled out in closed form (lmm.h)
 *   others:  the deviance is minimized in gamma by a quasi-Newton method with its exact gradient.  S = X'WX - X'WZ~ M^-1 Z~'WX
 *            gives the first scale only: it is half the curvature of the joint density, without that of log|M|, and far above the
 *            estimate it becomes so small that Newton steps by it are cut down to nothing (at 16 times the estimate of the
 *            toenail data they ended 0.07 above the minimum) */
#include "infer/dial.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/glmm-parts.h"
#include "fit/lmm.h"
#include "fit/minimize.h"
#include "fit/recession.h"
#include "fit/rowcov.h"

static const double GAIN = 1e-9; /* of the deviance, when no step is worth it any more */
enum { EVALUATIONS = 200 };

struct dial {
    const struct fit *fit; /* a plain one, of those rows of `all` that infinite estimates leave */
    const struct fit *all;
    struct lmm *lmm; /* one of these two */
    struct glm *glm;
    int theta_count, first, free_count; /* the term's entries of theta */
    bool at_zero;
    double *block;                  /* the arrays below */
    double *base, *theta;           /* at factor 1; now */
    double *phi, *trial, *gradient; /* of the glm */
    double *S, *curvature, *gamma;  /* p x p, p, p */
    struct minimizer *minimizer;    /* over the p coefficients of the glm */
};

static int free_entries(const struct random_design *random)
{
    return random->covariance->count(random->k);
}

/* Diagonal entries that a term at 0 is turned with: an effect of the residual's size, or of one unit of eta, over the root of a
 * level's rows. */
static void set_sizes(struct dial *dial, const struct random_design *random)
{
    double rows = 0;
    int entry = dial->first;

    for (int32_t l = 0; l < random->level_count; l++)
        rows += random->rows_of_level[l] / random->level_count;
    for (int b = 0; b < random->k; b++) {
        double size = 0;

        for (size_t i = 0; i < dial->fit->design->n; i++) {
            double z = random->z == NULL ? 1 : random->z[i * (size_t)random->k + (size_t)b];

            size += z * z / (double)dial->fit->design->n;
        }
        dial->base[entry] = size > 0 ? 1 / sqrt(size * fmax(rows, 1)) : 0;
        entry += random->covariance->end(random->k, b) - b;
    }
}

static bool allocate(struct dial *dial, struct glmm_error *err)
{
    size_t q = (size_t)dial->theta_count, p = (size_t)dial->fit->design->p, all = p + q + (size_t)dial->fit->rest_count + 1;

    dial->block = NEW_ARRAY(double, 2 * q + 3 * all + p * p + 2 * p);
    if (dial->block == NULL)
        return fail_memory(err);
    dial->base = dial->block;
    dial->theta = dial->base + q;
    dial->phi = dial->theta + q;
    dial->trial = dial->phi + all;
    dial->gradient = dial->trial + all;
    dial->S = dial->gradient + all;
    dial->curvature = dial->S + p * p;
    dial->gamma = dial->curvature + p;
    return true;
}

static bool make_engine(struct dial *dial, struct glmm_error *err)
{
    const struct fit *fit = dial->fit;

    if (fit->exact) {
        dial->lmm = lmm_new(fit->design, fit->method == METHOD_REML, err);
        return dial->lmm != NULL;
    }
    dial->glm = glm_new(fit->design, fit->family, fit->link, fit->nodes, err);
    if (dial->glm == NULL || !glm_take_criterion(dial->glm, fit, err))
        return false;
    dial->minimizer = minimizer_new(fit->design->p, false);
    if (dial->minimizer == NULL)
        return fail_memory(err);
    glm_from_fit(dial->glm, fit, dial->phi);
    if (fit->has_scale && !isfinite(log(fit->dispersion)))
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "the dispersion is at its limit: there is no model around the estimate to look at");
    return true;
}

struct dial *dial_new(const struct fit *fit, int term, struct glmm_error *err)
{
    struct dial *dial;
    bool ok;

    if (fit->design->random_count == 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the model has no random term, so nothing is shrunk");
        return NULL;
    }
    if (!design_is_plain(fit->design, "a view with a dial", err) || !fit_has_rows(fit, err)
        || !identity_check_modes(fit, term, 0, err))
        return NULL;
    dial = NEW(struct dial);
    if (dial == NULL) {
        fail_memory(err);
        return NULL;
    }
    dial->all = fit;
    dial->fit = fit = fit_proper(fit);
    dial->theta_count = fit->theta_count;
    for (int t = 0; t < term; t++)
        dial->first += free_entries(&fit->design->random[t]);
    dial->free_count = free_entries(&fit->design->random[term]);
    dial->at_zero = true;
    ok = allocate(dial, err) && make_engine(dial, err);
    for (int i = 0; ok && i < dial->theta_count; i++) {
        dial->base[i] = fit->theta[i] * (dial->glm != NULL ? fit->sigma : 1);
        if (i >= dial->first && i < dial->first + dial->free_count && dial->base[i] != 0)
            dial->at_zero = false;
    }
    if (!ok) {
        dial_free(dial);
        return NULL;
    }
    if (dial->at_zero)
        set_sizes(dial, &fit->design->random[term]);
    return dial;
}

void dial_free(struct dial *dial)
{
    if (dial == NULL)
        return;
    lmm_free(dial->lmm);
    glm_free(dial->glm);
    minimizer_free(dial->minimizer);
    mem_free(dial->block);
    mem_free(dial);
}

bool dial_at_zero(const struct dial *dial)
{
    return dial->at_zero;
}

static void set_theta(struct dial *dial, double factor)
{
    memcpy(dial->theta, dial->base, sizeof(double) * (size_t)dial->theta_count);
    for (int i = dial->first; i < dial->first + dial->free_count; i++)
        dial->theta[i] *= factor;
}

/* --- other than linear models ------------------------------------------------------------------ */

/* phi := the better start of the last coefficients and those of the estimate, at the present theta; its deviance.  Coefficients
 * that belong to a much larger theta can be so far off that nothing there says which way to go. */
static double choose_start(struct dial *dial)
{
    int p = dial->fit->design->p;
    size_t bytes = sizeof(double) * (size_t)glm_parameter_count(dial->glm);
    double last, estimate, value;

    memcpy(dial->phi + p, dial->theta, sizeof(double) * (size_t)dial->theta_count);
    memcpy(dial->trial, dial->phi, bytes);
    glm_from_beta(dial->glm, dial->fit->beta, dial->trial);
    last = glm_deviance(dial->glm, dial->phi, NULL);
    estimate = glm_deviance(dial->glm, dial->trial, NULL);
    if (!(last < estimate))
        memcpy(dial->phi, dial->trial, bytes);
    value = glm_deviance(dial->glm, dial->phi, dial->gradient);
    if (value < MINIMIZE_BAD)
        return value;
    memset(dial->glm->u, 0, sizeof(double) * (size_t)dial->glm->q); /* the modes of another theta led nowhere: from 0 */
    dial->glm->known = false;
    glm_from_beta(dial->glm, dial->fit->beta, dial->phi);
    return glm_deviance(dial->glm, dial->phi, dial->gradient);
}

static double value_at(void *context, const double gamma[], bool *stop)
{
    struct dial *dial = context;

    (void)stop;
    memcpy(dial->phi, gamma, sizeof(double) * (size_t)dial->fit->design->p);
    return glm_deviance(dial->glm, dial->phi, NULL);
}

static bool slopes_at(void *context, const double gamma[], double gradient[], bool *stop)
{
    struct dial *dial = context;
    size_t bytes = sizeof(double) * (size_t)dial->fit->design->p;

    (void)stop;
    memcpy(dial->phi, gamma, bytes);
    if (!(glm_deviance(dial->glm, dial->phi, dial->gradient) < MINIMIZE_BAD))
        return false;
    memcpy(gradient, dial->gradient, bytes);
    return true;
}

/* Minimizes the deviance in gamma at the present theta; the deviance there. */
static double profile(struct dial *dial)
{
    int p = dial->fit->design->p;
    struct minimize_problem problem = { .objective = { .n = p, .context = dial, .value = value_at, .gradient = slopes_at },
                                        .tolerance = GAIN,
                                        .limit = EVALUATIONS };
    struct minimize_report report;
    double value = choose_start(dial);

    if (!(value < MINIMIZE_BAD) || p == 0)
        return value;
    glm_curvature(dial->glm, dial->S);
    for (int j = 0; j < p; j++)
        dial->curvature[j] = 2 * dial->S[j * p + j] > 0 ? 2 * dial->S[j * p + j] : 1;
    memcpy(dial->gamma, dial->phi, sizeof(double) * (size_t)p);
    report = minimize(dial->minimizer, &problem, dial->curvature, dial->gamma, dial->trial);
    memcpy(dial->phi, dial->gamma, sizeof(double) * (size_t)p);
    return report.value;
}

/* --- both --------------------------------------------------------------------------------------- */

double dial_deviance(struct dial *dial, double factor)
{
    double value;

    set_theta(dial, factor);
    value = dial->lmm != NULL ? lmm_deviance(dial->lmm, dial->theta) : profile(dial);
    return value < MINIMIZE_BAD ? value : (double)NAN;
}

/* The fit of all rows from that of those which infinite estimates leave. */
static struct fit *whole(const struct dial *dial, struct fit *rest, struct glmm_error *err)
{
    struct fit *fit;
    struct arena *arena;

    if (rest == NULL || dial->all->recession == NULL)
        return rest;
    arena = arena_new();
    fit = arena == NULL ? NULL : recession_expand(rest, dial->all->recession, dial->all->design, arena, err);
    if (fit == NULL) {
        fail_memory(err);
        fit_free(rest);
        arena_free(arena);
    }
    return fit;
}

struct fit *dial_turn(struct dial *dial, double factor, struct glmm_error *err)
{
    set_theta(dial, factor);
    if (dial->lmm != NULL)
        return lmm_at(dial->lmm, dial->theta, err);
    profile(dial);
    return whole(dial, glm_at(dial->glm, dial->phi, dial->fit->method, err), err);
}

double dial_factor(double doublings)
{
    return exp2(doublings);
}

double dial_support(double above)
{
    return exp(-0.5 * above);
}
