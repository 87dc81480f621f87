/* joint.c -- see joint.h.  The factor is that of the engine of generalized models, which takes linear ones too: there it depends
 * on the weights alone, so that a response of 0 serves, whatever the size of the data's. */
#include "fit/joint.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/recession.h"

struct joint {
    const struct fit *fit; /* a plain one */
    const int *column;     /* where its coefficients are among those of the fit of all rows; NULL: the same */
    struct design design;  /* its design, and of a linear model the response 0 */
    double *zero;          /* n, or NULL */
    struct glm *m;
    double *follow;          /* q x p, row-major: M^-1 Z~'WX */
    double *solution;        /* q */
    int unknown[GLM_SLOTS];  /* of a row: where z~ is not 0, */
    double value[GLM_SLOTS]; /* and what it is */
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

/* M^-1 Z~'WX, a column at a time. */
static bool follow_beta(struct joint *j, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct design *design = &j->design;
    const struct glm *m = j->m;
    size_t p = (size_t)design->p, K = (size_t)m->K;

    j->follow = mem_alloc((size_t)m->q, p * sizeof *j->follow);
    j->solution = NEW_ARRAY(double, m->q);
    if (j->follow == NULL || j->solution == NULL)
        return fail_memory(err);
    for (size_t a = 0; a < p; a++) {
        memset(j->solution, 0, sizeof *j->solution * (size_t)m->q);
        for (size_t i = 0; i < m->n; i++)
            for (size_t s = 0; s < K; s++)
                j->solution[m->column[i * K + s]] -= m->d[D_ETA2][i] * m->zt[i * K + s] * design->X[m->row[i] + a * design->n];
        precision_solve(m->precision, j->solution);
        for (size_t u = 0; u < (size_t)m->q; u++)
            j->follow[u * p + a] = j->solution[u];
        if (!progress_tell(progress, "fixed effects", (double)a, (double)p, (double)NAN))
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

struct joint *joint_new(const struct fit *fit, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct joint *j = NEW(struct joint);

    if (j == NULL) {
        fail_memory(err);
        return NULL;
    }
    j->column = fit->recession == NULL ? NULL : fit->recession->column;
    j->fit = fit = fit_proper(fit);
    if (!set_design(j)) {
        fail_memory(err);
        joint_free(j);
        return NULL;
    }
    if (fit->design->part[DESIGN_ZERO] != NULL && fit->design->part[DESIGN_ZERO]->random_count > 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the errors of conditional means are not known beside random effects in zi=");
        error_hint(err, "re=typical");
        joint_free(j);
        return NULL;
    }
    j->m = glm_new(&j->design, fit->family, fit->link, 1, err);
    if (j->m == NULL || !set_parameters(j, err) || !follow_beta(j, progress, err)) {
        joint_free(j);
        return NULL;
    }
    precision_invert(j->m->precision);
    return j;
}

void joint_free(struct joint *joint)
{
    if (joint == NULL)
        return;
    glm_free(joint->m);
    mem_free(joint->zero);
    mem_free(joint->follow);
    mem_free(joint->solution);
    mem_free(joint);
}

/* z~ of a row. */
static void collect(struct joint *j, const int32_t level[], const double *const z[])
{
    const struct glm *m = j->m;

    j->count = 0;
    for (int t = 0; t < m->term_count; t++) {
        const struct glm_term *term = &m->terms[t];
        int k = term->k;

        for (int b = 0; level[t] >= 0 && b < k; b++) {
            double product = 0;

            for (int a = b; a < k; a++)
                product += term->lambda[a + b * k] * (z[t] == NULL ? 1 : z[t][a]);
            j->unknown[j->count] = m->groupings[term->grouping].first[level[t]] + term->offset + b;
            j->value[j->count++] = product;
        }
    }
}

/* The entry of M^-1, where the pattern of the factor has it. */
static bool inverse_entry(const struct precision *f, int i, int j, double *entry)
{
    int32_t place = precision_place(f, i > j ? i : j, i > j ? j : i);

    if ((i < j ? i : j) < f->head && f->row[place] != (i > j ? i : j))
        return false;
    *entry = f->inverse[place];
    return true;
}

/* By the inverse on the pattern: it has all pairs that meet in a row of the fit. */
static bool quick_variance(const struct joint *j, double *variance)
{
    double entry;

    *variance = 0;
    for (int a = 0; a < j->count; a++)
        for (int b = 0; b <= a; b++) {
            if (!inverse_entry(j->m->precision, j->unknown[a], j->unknown[b], &entry))
                return false;
            *variance += (a == b ? 1 : 2) * j->value[a] * entry * j->value[b];
        }
    return true;
}

double joint_row(struct joint *joint, const int32_t level[], const double *const z[], double c[])
{
    size_t p = (size_t)joint->fit->design->p;
    double variance;

    collect(joint, level, z);
    for (int a = 0; a < joint->count; a++)
        for (size_t i = 0; i < p; i++)
            c[joint->column == NULL ? i : (size_t)joint->column[i]] -=
                joint->follow[(size_t)joint->unknown[a] * p + i] * joint->value[a];
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
