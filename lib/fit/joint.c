/* joint.c -- see joint.h.  The factor is that of the engine of generalized models, which takes linear ones too: there it depends
 * on the weights alone, so that a response of 0 serves, whatever the size of the data's.  It knows neither residuals that covary
 * nor levels that do: models with those are asked by the covariance of their rows, as they are fitted (rowcov-joint.h). */
#include "fit/joint.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/recession.h"
#include "fit/rowcov-joint.h"
#include "fit/tolerances.h"

struct joint {
    const struct fit *fit;     /* a plain one */
    const int *column;         /* where its coefficients are among those of the fit of all rows; NULL: the same */
    struct design design;      /* its design, and of a linear model the response 0 */
    double *zero;              /* n, or NULL */
    struct glm *m;             /* NULL with rows */
    struct rowcov_joint *rows; /* or NULL */
    double *pull;              /* width: with rows, of the row at hand */
    int width;                 /* p, and the thresholds or the coefficients of other predictors with random terms */
    int rest;                  /* where the parameters behind theta stand in the joint covariance matrix of the fit of all rows */
    int *behind;               /* width - p: which of them those are */
    double *follow;            /* q x width, row-major: M^-1 Z~'WX */
    double *solution;          /* q */
    int unknown[GLM_SLOTS];    /* of a row: where z~ is not 0, */
    double value[GLM_SLOTS];   /* and what it is */
    int count;
};

/* phi of the fit. */
static bool set_parameters(struct joint *j, struct glmm_error *err)
{
    const struct fit *fit = j->fit;
    int p = fit->design->p, theta_count = fit->theta_count;
    double *phi = NEW_ARRAY(double, glm_parameter_count(j->m) + 1), scale = fit->sigma;
    bool ok;

    if (phi == NULL)
        return fail_memory(err);
    if (j->zero == NULL) {
        glm_from_fit(j->m, fit, phi);
    } else {
        for (int i = 0; i < theta_count; i++)
            phi[p + i] = fit->theta[i] * scale;
        phi[p + theta_count] = log(fit->dispersion);
    }
    ok = glm_value(j->m, phi) < MINIMIZE_BAD;
    mem_free(phi);
    return ok || fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood of this model could not be evaluated at its estimates");
}

/* -dl'/d(coefficient) of row i, l' the slope in each of several predictors. */
static void pull_several(const struct joint *j, size_t i, int a, double size[GLM_PREDICTORS])
{
    const struct glm *m = j->m;
    const struct glm_part *part = a < j->design.p ? NULL : glm_part_at(m, j->behind[a - j->design.p]);
    const double *x = part == NULL ? j->design.X + (size_t)a * m->n
                                   : part->design->X + (size_t)(j->behind[a - j->design.p] - part->first) * m->n;
    double w[GLM_PREDICTORS][GLM_PREDICTORS];
    int of = part == NULL ? 0 : several_of(m, part);

    several_weights(m, i, w);
    for (int k = 0; k < m->several->count; k++)
        size[k] = w[of][k] * x[m->row[i]];
}

/* -dl'/d(parameter) of row i, over which the modes follow it: W x for a coefficient; for a threshold from its slots. */
static double pull(const struct joint *j, size_t i, int a)
{
    const struct glm *m = j->m;
    double sum = 0;

    if (a < j->design.p)
        return -m->d[D_ETA2][i] * j->design.X[m->row[i] + (size_t)a * j->design.n];
    for (int k = 0; k < m->part_count; k++)
        if (m->part[k].index != NULL && m->part[k].index[i] == a - j->design.p)
            sum -= m->d[D_SHAPE(m->part[k].slot) + 1][i];
    return sum;
}

/* The parameters behind theta over which modes follow. */
static bool find_width(struct joint *j)
{
    const struct glm *m = j->m;

    j->width = j->design.p;
    if ((j->behind = NEW_ARRAY(int, m->rest + 1)) == NULL)
        return false;
    for (int k = 0; k < m->part_count; k++)
        for (int i = 0; i < m->part[k].count && m->several != NULL && several_of(m, &m->part[k]) > 0; i++)
            j->behind[j->width++ - j->design.p] = m->part[k].first + i;
    for (int i = 0; i < m->rest && m->several == NULL && fit_mean_has_shapes(j->fit); i++)
        j->behind[j->width++ - j->design.p] = i;
    return true;
}

/* M^-1 Z~'WX, a column at a time. */
static bool follow_beta(struct joint *j, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct glm *m = j->m;
    size_t width, K = (size_t)m->K;

    if (!find_width(j))
        return fail_memory(err);
    width = (size_t)j->width;
    j->follow = mem_alloc((size_t)m->q, (width + 1) * sizeof *j->follow);
    j->solution = NEW_ARRAY(double, m->q);
    if (j->follow == NULL || j->solution == NULL)
        return fail_memory(err);
    for (int a = 0; a < j->width; a++) {
        memset(j->solution, 0, sizeof *j->solution * (size_t)m->q);
        for (size_t i = 0; i < m->n; i++) {
            double size[GLM_PREDICTORS];

            if (m->several != NULL)
                pull_several(j, i, a, size);
            else
                size[0] = pull(j, i, a);
            for (size_t s = 0; s < K; s++)
                j->solution[m->column[i * K + s]] += size[m->several != NULL ? m->several->of[s] : 0] * m->zt[i * K + s];
        }
        precision_solve(m->precision, j->solution);
        for (size_t u = 0; u < (size_t)m->q; u++)
            j->follow[u * width + (size_t)a] = j->solution[u];
        if (!progress_tell(progress, "fixed effects", a, j->width, (double)NAN))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
    }
    return true;
}

static bool set_design(struct joint *j)
{
    const struct fit *fit = j->fit;

    j->design = *fit->design;
    if (!family_is_linear(fit->family, fit->link) || fit->design->part[DESIGN_DISPERSION] != NULL)
        return true;
    j->zero = NEW_ARRAY(double, j->design.n);
    j->design.y = j->zero;
    j->design.offset = NULL;
    return j->zero != NULL;
}

/* The same from the rows; thresholds stand first behind theta. */
static bool set_rows(struct joint *j, const struct design *related, const struct glmm_progress *progress, struct glmm_error *err)
{
    int thresholds;

    j->design = *j->fit->design;
    if ((j->rows = rowcov_joint_new(j->fit, related != NULL ? related : j->fit->design, progress, err)) == NULL)
        return false;
    thresholds = rowcov_joint_thresholds(j->rows);
    j->width = j->design.p + thresholds;
    j->behind = NEW_ARRAY(int, thresholds + 1);
    j->pull = NEW_ARRAY(double, j->width + 1);
    if (j->behind == NULL || j->pull == NULL)
        return fail_memory(err);
    for (int i = 0; i < thresholds; i++)
        j->behind[i] = i;
    return true;
}

static bool set_factor(struct joint *j, const struct glmm_progress *progress, struct glmm_error *err)
{
    if (!set_design(j))
        return fail_memory(err);
    j->m = glm_new(&j->design, j->fit->family, j->fit->link, 1, err);
    if (j->m == NULL || !set_parameters(j, err) || !follow_beta(j, progress, err))
        return false;
    precision_invert(j->m->precision);
    return true;
}

struct joint *joint_new(const struct fit *fit, const struct design *related, const struct glmm_progress *progress,
                        struct glmm_error *err)
{
    struct joint *j = NEW(struct joint);

    if (j == NULL) {
        fail_memory(err);
        return NULL;
    }
    j->column = fit->recession == NULL ? NULL : fit->recession->column;
    j->rest = fit->design->p + fit->theta_count;
    j->fit = fit = fit_proper(fit);
    if (rowcov_joint_takes(fit->design) ? set_rows(j, related, progress, err) : set_factor(j, progress, err))
        return j;
    joint_free(j);
    return NULL;
}

void joint_free(struct joint *joint)
{
    if (joint == NULL)
        return;
    glm_free(joint->m);
    rowcov_joint_free(joint->rows);
    mem_free(joint->pull);
    mem_free(joint->zero);
    mem_free(joint->behind);
    mem_free(joint->follow);
    mem_free(joint->solution);
    mem_free(joint);
}

/* z~ of a row, that of each predictor times its rate. */
static void collect(struct joint *j, const int32_t level[], const double *const z[], const double rate[])
{
    const struct glm *m = j->m;

    j->count = 0;
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int k = term->k, part;
        double by;

        design_term(m->design, t, &part);
        by = rate[1 + part];
        for (int b = 0; by != 0 && level[t] >= 0 && b < k; b++) {
            double product = 0;

            for (int a = b; a < k; a++)
                product += term->lambda[a + b * k] * (z[t] == NULL ? 1 : z[t][a]);
            j->unknown[j->count] = m->groupings[term->grouping].first[level[t]] + term->offset + b;
            j->value[j->count++] = by * product;
        }
    }
}

/* By the inverse on the pattern: it has all pairs that meet in a row of the fit. */
static bool quick_variance(const struct joint *j, double *variance)
{
    double entry;

    *variance = 0;
    for (int a = 0; a < j->count; a++)
        for (int b = 0; b <= a; b++) {
            if (!precision_inverse_entry(j->m->precision, j->unknown[a], j->unknown[b], &entry))
                return false;
            *variance += (a == b ? 1 : 2) * j->value[a] * entry * j->value[b];
        }
    return true;
}

/* The place in c of what the modes follow, i of `width`. */
static int place_of(const struct joint *j, int i)
{
    int p = j->fit->design->p;

    return i >= p ? j->rest + j->behind[i - p] : j->column == NULL ? i : j->column[i];
}

/* What the modes follow of coordinate i. */
static double pulled(const struct joint *j, int i)
{
    double sum = 0;

    if (j->rows != NULL)
        return j->pull[i];
    for (int a = 0; a < j->count; a++)
        sum += j->follow[(size_t)j->unknown[a] * (size_t)j->width + (size_t)i] * j->value[a];
    return sum;
}

static double variance_of_row(struct joint *joint)
{
    double variance;

    if (quick_variance(joint, &variance))
        return variance;
    memset(joint->solution, 0, sizeof *joint->solution * (size_t)joint->m->q);
    for (int a = 0; a < joint->count; a++)
        joint->solution[joint->unknown[a]] += joint->value[a];
    precision_solve(joint->m->precision, joint->solution);
    variance = 0;
    for (int a = 0; a < joint->count; a++)
        variance += joint->value[a] * joint->solution[joint->unknown[a]];
    return variance;
}

/* By the rows: at `rate` times the row's random part. */
static double variance_by_rows(struct joint *j, const int32_t level[], const double *const z[], double rate, double *own)
{
    double variance = rowcov_joint_row(j->rows, level, z, own, j->pull);

    for (int i = 0; i < j->width; i++)
        j->pull[i] *= rate;
    *own *= rate * rate;
    return rate * rate * variance;
}

double joint_row(struct joint *joint, const int32_t level[], const double *const z[], const double rate[1 + DESIGN_PARTS],
                 double c[])
{
    double variance, own = 0;
    bool taken;

    if (joint->rows != NULL) {
        variance = variance_by_rows(joint, level, z, rate[0], &own);
    } else {
        collect(joint, level, z, rate);
        for (int a = 0; a < joint->count; a++)
            own += joint->value[a] * joint->value[a];
        variance = variance_of_row(joint);
    }
    taken = fit_has_no_variation(joint->fit) && variance < TOLERANCE_TAKEN * own;
    for (int i = 0; i < joint->width; i++) {
        double pull = pulled(joint, i), left = c[place_of(joint, i)] - pull;

        c[place_of(joint, i)] = taken && fabs(left) < TOLERANCE_TAKEN * fabs(pull) ? 0 : left;
    }
    return taken ? 0 : variance;
}

double joint_mode(struct joint *joint, int t, int32_t level, const double *z)
{
    return rowcov_joint_mode(joint->rows, t, level, z);
}
