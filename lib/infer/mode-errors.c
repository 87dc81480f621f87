/* mode-errors.c -- see mode-errors.h.  H^-1 and F are those of joint.h.  D is taken by central differences over a small part of
 * the standard error of each parameter, at which the model is solved anew. */
#include "infer/mode-errors.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/glmm.h"
#include "fit/identify.h"
#include "fit/joint.h"
#include "fit/lmm.h"
#include "fit/rowcov-joint.h"
#include "linalg/lapack.h"

enum { LOOK = 64 }; /* levels between two looks whether to stop */

static const double STEP = 1e-3; /* of the standard error: the error of the difference is of the order of its square */

struct mode_work {
    const struct fit *fit;
    const struct random_design *shown;
    struct design design; /* the fit's, with the term as it is shown */
    struct random_design *terms;
    struct joint *joint;
    int t, part, inside, k; /* the term's place among all, its predictor (-1: the mean's), its place there; effects */
    int32_t *level;
    const double **z;
    double *effects, *c;
    int count;                /* parameters with a covariance: p, or all of the joint matrix */
    int moved;                /* MODE_FULL: parameters over which differences are taken, behind the coefficients */
    double *slopes;           /* moved x (levels x k) */
    double *theta_covariance; /* moved square: of a linear model */
};

static void work_clear(struct mode_work *w)
{
    joint_free(w->joint);
    mem_free(w->terms);
    mem_free(w->level);
    mem_free(w->z);
    mem_free(w->effects);
    mem_free(w->c);
    mem_free(w->slopes);
    mem_free(w->theta_covariance);
}

static bool set_work(struct mode_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct design *design = w->fit->design;
    const struct design *related = NULL;
    size_t terms = (size_t)design_term_count(design);

    w->design = *design;
    w->count = fit_has_joint(w->fit) ? w->fit->joint_count : design->p;
    w->terms = NEW_ARRAY(struct random_design, design->random_count + 1);
    w->level = NEW_ARRAY(int32_t, terms + 1);
    w->z = mem_alloc(terms + 1, sizeof *w->z);
    w->effects = NEW_ARRAY(double, w->k + 1);
    w->c = NEW_ARRAY(double, w->count + w->fit->joint_count + 1);
    if (w->terms == NULL || w->level == NULL || w->z == NULL || w->effects == NULL || w->c == NULL)
        return fail_memory(err);
    for (size_t t = 0; t < terms; t++) {
        w->level[t] = -1;
        w->z[t] = NULL;
    }
    if (w->part < 0 && w->shown != &design->random[w->t]) {
        memcpy(w->terms, design->random, sizeof *w->terms * (size_t)design->random_count);
        w->terms[w->t] = *w->shown;
        w->design.random = w->terms;
        related = &w->design;
    }
    return (w->joint = joint_new(w->fit, related, progress, err)) != NULL;
}

static const struct random_fit *random_of(const struct mode_work *w, const struct fit *fit)
{
    if (w->part < 0)
        return &fit->random[w->inside];
    for (int i = 0; i < fit->part_count; i++)
        if (fit->part[i].design != NULL && fit_part_place(fit->part[i].kind) == w->part && fit->part[i].random != NULL)
            return &fit->part[i].random[w->inside];
    return NULL;
}

static bool fail_limit(struct glmm_error *err)
{
    fail(err, GLMM_E_MODEL, NOWHERE,
         "the variances of this model have no covariance matrix, at a limit or where the data do not "
         "tell them: se=full is not known");
    error_hint(err, "se=pev holds them at their estimates");
    return false;
}

/* Twice the inverse of the second derivatives in (theta, log sigma), the part of theta. */
static bool set_theta_covariance(struct mode_work *w, struct glmm_error *err)
{
    int q = w->fit->theta_count, r = q + 1, info;
    double *H = NEW_ARRAY(double, (size_t)r *(size_t)r);

    w->theta_covariance = NEW_ARRAY(double, (size_t)q *(size_t)q + 1);
    if (H == NULL || w->theta_covariance == NULL) {
        mem_free(H);
        return fail_memory(err);
    }
    memcpy(H, w->fit->theta_hessian, sizeof *H * (size_t)r * (size_t)r);
    dpotrf_("L", &r, H, &r, &info);
    if (info == 0)
        dpotri_("L", &r, H, &r, &info);
    for (int j = 0; info == 0 && j < q; j++)
        for (int i = j; i < q; i++)
            w->theta_covariance[i + j * q] = w->theta_covariance[j + i * q] = 2 * H[i + j * r];
    mem_free(H);
    return info == 0 || fail_limit(err);
}

/* The model at its estimates but for parameter j behind the coefficients, which is moved by h: of a linear model with all else
 * profiled out. */
static struct fit *fit_moved(const struct fit *fit, struct lmm *linear, struct glm *m, const double start[], double phi[], int j,
                             double h, struct glmm_error *err)
{
    int first = linear != NULL ? 0 : fit->design->p, count = linear != NULL ? fit->theta_count : glm_parameter_count(m),
        behind = j - fit->theta_count;

    memcpy(phi, start, sizeof *phi * (size_t)count);
    if (behind < 0) {
        phi[first + j] += h;
    } else { /* of another predictor in the basis of its own columns */
        double *rest = phi + count, *to = phi + first + fit->theta_count;

        memcpy(rest, fit->rest, sizeof *rest * (size_t)fit->rest_all);
        rest[behind] += h;
        glm_rest_from_coefficients(m, rest, to);
    }
    return linear != NULL ? lmm_at(linear, phi, err) : glm_at(m, phi, fit->method, err);
}

static double step_of(const struct mode_work *w, int j)
{
    int at = w->fit->design->p + j;

    return STEP * sqrt(w->theta_covariance != NULL ? w->theta_covariance[j + j * w->moved] : fit_joint(w->fit, at, at));
}

static bool take_difference(struct mode_work *w, struct lmm *linear, struct glm *m, const double start[], double phi[], int j,
                            struct glmm_error *err)
{
    const struct fit *fit = fit_proper(w->fit);
    size_t size = (size_t)w->shown->level_count * (size_t)w->k;
    double *slope = w->slopes + (size_t)j * size, h = step_of(w, j);

    if (!isfinite(h))
        return fail_limit(err);
    for (int side = -1; side <= 1 && h > 0; side += 2) {
        struct fit *there = fit_moved(fit, linear, m, start, phi, j, side * h, err);
        const struct random_fit *random = there == NULL ? NULL : &there->random[w->t]; /* those of the parts behind the mean's */

        for (size_t i = 0; random != NULL && i < size; i++)
            slope[i] += side * random->modes[i] / (2 * h);
        fit_free(there);
        if (there == NULL || random == NULL)
            return err->code != 0 ? false : fail_limit(err);
    }
    return true;
}

static bool take_differences(struct mode_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct fit *fit = fit_proper(w->fit);
    bool is_linear = fit->theta_hessian != NULL, ok;
    struct lmm *linear = is_linear ? lmm_new_watched(fit->design, fit->method == METHOD_REML, progress, err) : NULL;
    struct glm *m = is_linear ? NULL : glm_new(fit->design, fit->family, fit->link, 1, err);
    size_t size = (size_t)fit->design->p + (size_t)fit->theta_count + 2 * (size_t)fit->rest_all + 1;
    double *start = mem_alloc(size, sizeof *start), *phi = mem_alloc(size, sizeof *phi);

    ok = (linear != NULL || m != NULL) && ((start != NULL && phi != NULL) || fail_memory(err));
    if (ok && is_linear)
        memcpy(start, fit->theta, sizeof *start * (size_t)fit->theta_count);
    else if (ok)
        glm_from_fit(m, fit, start);
    for (int j = 0; ok && j < w->moved; j++)
        ok = take_difference(w, linear, m, start, phi, j, err)
             && (progress_tell(progress, "variances", j, w->moved, (double)NAN)
                 || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped"));
    lmm_free(linear);
    glm_free(m);
    mem_free(start);
    mem_free(phi);
    return ok;
}

/* What MODE_FULL has beside: the slopes, and the covariance matrix behind them. */
static bool set_full(struct mode_work *w, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct fit *fit = w->fit;

    if (w->design.random == w->terms)
        return fail(err, GLMM_E_MODEL, NOWHERE, "se=full is not known of names without rows: se=pev");
    if (fit->optimum.verdict != VERDICT_OK) /* at 0 the slopes of the modes are 0, whatever is known of the variance */
        return fail_limit(err);
    if (rowcov_joint_takes(fit->design) || (fit->theta_hessian == NULL && !fit_has_joint(fit)))
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "se=full is there for covariance matrices without a structure beside their variances, at an optimum: se=pev");
    w->moved = fit->theta_hessian != NULL ? fit->theta_count : fit->joint_count - fit->design->p;
    w->slopes = mem_alloc((size_t)w->shown->level_count * (size_t)w->k * (size_t)w->moved + 1, sizeof *w->slopes);
    if (w->slopes == NULL)
        return fail_memory(err);
    memset(w->slopes, 0, sizeof *w->slopes * (size_t)w->shown->level_count * (size_t)w->k * (size_t)w->moved);
    return (fit->theta_hessian == NULL || set_theta_covariance(w, err)) && take_differences(w, progress, err);
}

/* c'Vc over the coefficients, or over all that has a joint covariance. */
static double quadratic(const struct mode_work *w)
{
    return fit_has_joint(w->fit) ? fit_joint_quadratic(w->fit, w->count, w->c) : fit_variance_told(w->fit, w->c);
}

/* The error of effect a of a level. */
static double error_of(struct mode_work *w, int32_t level, int a)
{
    double rate[1 + DESIGN_PARTS] = { 0 }, variance;
    size_t size = (size_t)w->shown->level_count * (size_t)w->k, at = (size_t)level * (size_t)w->k + (size_t)a;

    memset(w->c, 0, sizeof *w->c * (size_t)w->count);
    memset(w->effects, 0, sizeof *w->effects * (size_t)w->k);
    w->effects[a] = 1;
    w->z[w->t] = w->effects;
    w->level[w->t] = level;
    rate[1 + w->part] = 1;
    variance = joint_row(w->joint, w->level, w->z, rate, w->c);
    for (int j = 0; j < w->moved && w->theta_covariance == NULL; j++)
        w->c[w->fit->design->p + j] = w->slopes[(size_t)j * size + at];
    variance += quadratic(w);
    for (int j = 0; j < w->moved && w->theta_covariance != NULL; j++)
        for (int i = 0; i < w->moved; i++)
            variance +=
                w->slopes[(size_t)i * size + at] * w->theta_covariance[i + j * w->moved] * w->slopes[(size_t)j * size + at];
    return sqrt(variance);
}

/* Those of all levels, and every few of them a look whether that is still wanted. */
static bool set_errors(struct mode_work *w, double se[], const struct glmm_progress *progress, struct glmm_error *err)
{
    int32_t levels = w->shown->level_count;

    for (int32_t l = 0; l < levels; l++) {
        if (l % LOOK == 0 && !progress_tell(progress, "level", l, levels, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
        for (int a = 0; a < w->k; a++)
            se[(size_t)l * (size_t)w->k + (size_t)a] = error_of(w, l, a);
    }
    return true;
}

bool mode_errors(const struct fit *fit, int t, const struct random_design *shown, enum mode_error kind, double se[],
                 const struct glmm_progress *progress, struct glmm_error *err)
{
    struct mode_work w = { .fit = fit, .shown = shown, .t = t, .k = shown->k };
    bool ok;

    if (fit->imputed != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "of imputed data there are no random effects of all");
    design_term(fit->design, t, &w.part);
    w.inside = w.part < 0 ? t : t - design_first_term(fit->design, w.part);
    if (kind == MODE_CONDITIONAL) {
        const struct random_fit *random = random_of(&w, fit);

        for (size_t l = 0; l < (size_t)shown->level_count; l++)
            for (int a = 0; a < shown->k; a++)
                se[l * (size_t)shown->k + (size_t)a] = random == NULL ? (double)NAN : fit_mode_se(random, l, a);
        return true;
    }
    ok = fit_has_rows(fit, err) && set_work(&w, progress, err) && (kind == MODE_PEV || set_full(&w, progress, err))
         && set_errors(&w, se, progress, err);
    work_clear(&w);
    return ok;
}
