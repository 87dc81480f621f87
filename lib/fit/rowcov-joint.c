/* rowcov-joint.c -- see rowcov-joint.h.  Clusters are independent of each other, so that each gives its part on its own.  Levels
 * related by descent have no matrix of rows: there the sparse equations are solved for the row's effects. */
#include "fit/rowcov-joint.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/glmm-parts.h"
#include "fit/rowcov-private.h"
#include "linalg/dense.h"
#include "linalg/lapack.h"

#define NO_CLUSTER SIZE_MAX /* of a level that no row tells of */

struct rowcov_joint {
    struct rowcov *m;
    double sigma2;      /* times which the matrices of m are covariances */
    size_t **cluster;   /* of each term: the cluster of each level; NULL: by the sparse equations */
    double *k, *solved; /* of the largest cluster: k; R k */
    double *effects;    /* the columns of the sparse equations */
    double *weight;     /* the widest term: sigma z */
    size_t informed;    /* the bent cluster whose R m->W has; cluster_count: none */
    int thresholds;
};

bool rowcov_joint_takes(const struct design *design)
{
    bool found = design->residual != NULL;
    int effects = 0;

    for (int t = 0; t < design->random_count; t++) {
        found = found || design->random[t].relation != NULL;
        effects += design->random[t].k;
    }
    return found || (effects > GLM_SLOTS && design_is_structured(design));
}

/* That of the rows of the levels that a level without rows is related to (rowcov.c has put them into one), or NO_CLUSTER. */
static size_t cluster_of_relatives(const struct rowcov_joint *j, int t, int32_t l)
{
    const struct rowcov_term *term = &j->m->terms[t];

    for (int32_t o = 0; o < term->random->level_count; o++)
        if (term->random->rows_of_level[o] > 0 && rowcov_related(term, l, o) != 0.0)
            return j->cluster[t][o];
    return NO_CLUSTER;
}

/* False where memory is out, or it was stopped. */
static bool find_clusters(struct rowcov_joint *j)
{
    const struct rowcov *m = j->m;

    if ((j->cluster = NEW_ARRAY(size_t *, m->term_count + 1)) == NULL)
        return false;
    for (int t = 0; t < m->term_count; t++) {
        const struct random_design *random = m->terms[t].random;

        if ((j->cluster[t] = NEW_ARRAY(size_t, random->level_count + 1)) == NULL)
            return false;
        for (size_t c = 0; c < m->cluster_count; c++)
            for (size_t i = 0; i < m->clusters[c].count; i++)
                j->cluster[t][random->level[m->row[m->clusters[c].from + i]]] = c;
        for (int32_t l = 0; l < random->level_count; l++) {
            if (random->rows_of_level[l] > 0)
                continue;
            if (watch_stops(&j->m->watch)) /* another level is related to any, or to none */
                return false;
            j->cluster[t][l] = cluster_of_relatives(j, t, l);
        }
    }
    return true;
}

static bool make_room(struct rowcov_joint *j)
{
    const struct rowcov *m = j->m;
    int widest = 0;

    for (int t = 0; t < m->term_count; t++)
        widest = m->terms[t].k > widest ? m->terms[t].k : widest;
    j->weight = NEW_ARRAY(double, widest + 1);
    j->k = NEW_ARRAY(double, 3 * m->largest + 1);
    j->solved = j->k == NULL ? NULL : j->k + m->largest;
    j->effects = m->sparse == NULL ? NULL : NEW_ARRAY(double, rowcov_sparse_columns(m) + (size_t)m->p + 1);
    return j->weight != NULL && j->k != NULL && (m->sparse == NULL ? find_clusters(j) : j->effects != NULL);
}

struct rowcov_joint *rowcov_joint_new(const struct fit *fit, const struct design *design, const struct glmm_progress *progress,
                                      struct glmm_error *err)
{
    bool linear = fit->exact;
    struct rowcov_joint *j = NEW(struct rowcov_joint);

    if (j == NULL) {
        fail_memory(err);
        return NULL;
    }
    j->m = rowcov_new(design, linear ? NULL : fit->family, linear ? NULL : fit->link, false, progress, err);
    j->sigma2 = linear ? fit->dispersion : 1.0;
    if (j->m != NULL && !make_room(j)) {
        watch_stopped(&j->m->watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped") : fail_memory(err);
    } else if (j->m != NULL && !(rowcov_value(j->m, fit->structured) < MINIMIZE_BAD)) {
        watch_stopped(&j->m->watch)
            ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped")
            : fail(err, GLMM_E_MODEL, NOWHERE, "the likelihood of this model could not be evaluated at its estimates");
    } else if (j->m != NULL) {
        watch_init(&j->m->watch, NULL, "evaluation"); /* no row is left half done */
        j->informed = j->m->cluster_count;
        j->thresholds = !linear && j->m->laplace->bound[0] != NULL && fit_mean_has_shapes(fit) ? j->m->laplace->shapes : 0;
        return j;
    }
    rowcov_joint_free(j);
    return NULL;
}

void rowcov_joint_free(struct rowcov_joint *joint)
{
    if (joint == NULL)
        return;
    for (int t = 0; joint->m != NULL && joint->cluster != NULL && t < joint->m->term_count; t++)
        mem_free(joint->cluster[t]);
    mem_free(joint->cluster);
    mem_free(joint->k);
    mem_free(joint->effects);
    mem_free(joint->weight);
    rowcov_free(joint->m);
    mem_free(joint);
}

int rowcov_joint_thresholds(const struct rowcov_joint *joint)
{
    return joint->thresholds;
}

/* weight := sigma z; returns z'sigma z. */
static double weigh(struct rowcov_joint *j, const struct rowcov_term *t, const double *z)
{
    size_t k = (size_t)t->k;
    double sum = 0.0;

    for (size_t a = 0; a < k; a++) {
        j->weight[a] = 0.0;
        for (size_t b = 0; b < k; b++)
            j->weight[a] += t->sigma[a + b * k] * (z == NULL ? 1.0 : z[b]);
        sum += j->weight[a] * (z == NULL ? 1.0 : z[a]);
    }
    return sum;
}

/* k += the covariances of level l of a term with the rows of a cluster, by `weight`. */
static void add_covariances(struct rowcov_joint *j, const struct rowcov_term *t, int32_t l, const struct rowcov_cluster *c)
{
    for (size_t i = 0; i < c->count; i++) {
        size_t row = j->m->row[c->from + i];
        double times = rowcov_related(t, l, t->random->level[row]);

        for (int a = 0; times != 0.0 && a < t->k; a++)
            j->k[i] += times * rowcov_z(t, row, a) * j->weight[a];
    }
}

/* solved := R k; returns k'R k. */
static double solve(struct rowcov_joint *j, const struct rowcov_cluster *c)
{
    struct rowcov *m = j->m;
    const double *root = m->laplace == NULL ? NULL : m->laplace->root + c->from;
    size_t at = (size_t)(c - m->clusters);
    int n = (int)c->count, single = 1;
    double sum = 0.0, one = 1.0, zero = 0.0;

    if (m->laplace != NULL && m->laplace->bent[at]) {
        if (j->informed != at)
            laplace_information(m, c);
        j->informed = at;
        dsymv_("L", &n, &one, m->W, &n, j->k, &single, &zero, j->solved, &single);
        for (int i = 0; i < n; i++)
            sum += j->k[i] * j->solved[i];
        return sum;
    }
    for (int i = 0; i < n; i++)
        j->solved[i] = root == NULL ? j->k[i] : root[i] * j->k[i];
    chol_solve_lower(n, c->factor, n, j->solved);
    for (int i = 0; i < n; i++)
        sum += j->solved[i] * j->solved[i];
    chol_solve_upper(n, c->factor, n, j->solved);
    for (int i = 0; root != NULL && i < n; i++)
        j->solved[i] *= root[i];
    return sum;
}

/* Thresholds move the modes by (k - ZGZ'R k)'l'', l'' the mixed derivatives of the rows. */
static void follow_thresholds(struct rowcov_joint *j, const struct rowcov_cluster *c, double follow[])
{
    struct rowcov *m = j->m;
    struct rowcov_laplace *l = m->laplace;
    int n = (int)c->count, single = 1;
    double *left = j->k + 2 * m->largest, one = 1.0, zero = 0.0;

    rowcov_fill(m, c, false, l->M);
    dsymv_("L", &n, &one, l->M, &n, j->solved, &single, &zero, left, &single);
    for (int slot = 0; slot < 2; slot++)
        for (size_t i = 0; i < c->count; i++)
            if (l->bound[slot][c->from + i] >= 0)
                follow[l->bound[slot][c->from + i]] -= (j->k[i] - left[i]) * l->d[D_SHAPE(slot) + 1][c->from + i];
}

/* What a cluster gives: minus k'R k. */
static double take_cluster(struct rowcov_joint *j, size_t at, const int32_t level[], const double *const z[], double follow[])
{
    const struct rowcov *m = j->m;
    const struct rowcov_cluster *c = &m->clusters[at];
    const struct design *design = m->design;
    double known;

    memset(j->k, 0, sizeof *j->k * c->count);
    for (int t = 0; t < m->term_count; t++)
        if (level[t] >= 0 && j->cluster[t][level[t]] == at) {
            weigh(j, &m->terms[t], z[t]);
            add_covariances(j, &m->terms[t], level[t], c);
        }
    known = solve(j, c);
    for (int a = 0; a < m->p; a++)
        for (size_t i = 0; i < c->count; i++)
            follow[a] += j->solved[i] * design->X[m->row[c->from + i] + (size_t)a * design->n];
    if (j->thresholds > 0)
        follow_thresholds(j, c, follow + m->p);
    return -known;
}

/* Var(z'b) of a row, in units of sigma^2: terms are independent of each other. */
static double own_variance(struct rowcov_joint *j, const int32_t level[], const double *const z[])
{
    double sum = 0.0;

    for (int t = 0; t < j->m->term_count; t++)
        if (level[t] >= 0)
            sum += weigh(j, &j->m->terms[t], z[t]) * rowcov_related(&j->m->terms[t], level[t], level[t]);
    return sum;
}

double rowcov_joint_row(struct rowcov_joint *joint, const int32_t level[], const double *const z[], double *own, double follow[])
{
    struct rowcov *m = joint->m;
    double variance;

    memset(follow, 0, sizeof *follow * (size_t)(m->p + joint->thresholds));
    *own = 0.0;
    if (m->sparse != NULL)
        return joint->sigma2 * rowcov_sparse_row(m, level, z, joint->effects, follow);
    variance = own_variance(joint, level, z);
    *own = joint->sigma2 * variance;
    for (int t = 0; t < m->term_count; t++) {
        bool taken = level[t] < 0 || joint->cluster[t][level[t]] == NO_CLUSTER;

        for (int b = 0; b < t && !taken; b++)
            taken = level[b] >= 0 && joint->cluster[b][level[b]] == joint->cluster[t][level[t]];
        if (!taken)
            variance += take_cluster(joint, joint->cluster[t][level[t]], level, z, follow);
    }
    return joint->sigma2 * fmax(variance, 0.0);
}

/* r_i of a linear model, in units of y_scale. */
static double residual_of(const struct rowcov *m, size_t row)
{
    double r = m->E[row + (size_t)m->p * m->n];

    for (int j = 0; j < m->p; j++)
        r -= m->E[row + (size_t)j * m->n] * m->beta[j];
    return r;
}

/* k'alpha, alpha = R (y - X beta) of a linear model. */
double rowcov_joint_mode(struct rowcov_joint *joint, int t, int32_t level, const double *z)
{
    struct rowcov *m = joint->m;
    const struct rowcov_cluster *c;
    double sum = 0.0;

    if (m->sparse != NULL)
        return (z == NULL ? 1.0 : z[0]) * rowcov_sparse_mode(m, t, level);
    if (joint->cluster[t][level] == NO_CLUSTER)
        return 0.0;
    c = &m->clusters[joint->cluster[t][level]];
    memset(joint->k, 0, sizeof *joint->k * c->count);
    weigh(joint, &m->terms[t], z);
    add_covariances(joint, &m->terms[t], level, c);
    if (m->laplace != NULL) {
        for (size_t i = 0; i < c->count; i++)
            sum += joint->k[i] * m->alpha[c->from + i];
        return sum;
    }
    solve(joint, c);
    for (size_t i = 0; i < c->count; i++)
        sum += joint->solved[i] * residual_of(m, m->row[c->from + i]);
    return sum * m->y_scale;
}

/* By the sparse equations all at once. */
static bool sparse_relatives(struct rowcov_joint *j, int t, int32_t had, double modes[], double variances[],
                             struct glmm_error *err)
{
    int32_t count = j->m->design->random[t].level_count;
    double *spread = NEW_ARRAY(double, count + 1);
    bool ok = spread != NULL && rowcov_sparse_invert(j->m) && rowcov_sparse_spreads(j->m, t, j->sigma2, spread);

    for (int32_t l = had; ok && l < count; l++) {
        modes[l - had] = rowcov_sparse_mode(j->m, t, l);
        variances[l - had] = spread[l];
    }
    mem_free(spread);
    return ok || (watch_stopped(&j->m->watch) ? fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped") : fail_memory(err));
}

/* Effect by effect. */
static bool row_relatives(struct rowcov_joint *j, int t, int32_t had, const struct glmm_progress *progress, double modes[],
                          double variances[], struct glmm_error *err)
{
    const struct design *design = j->m->design;
    size_t k = (size_t)design->random[t].k, terms = (size_t)j->m->term_count;
    int32_t *level = NEW_ARRAY(int32_t, terms), count = design->random[t].level_count;
    double *one = NEW_ARRAY(double, k), *follow = NEW_ARRAY(double, j->m->p + j->thresholds + 1), own;
    const double **z = NEW_ARRAY(const double *, terms);
    bool ok = (level != NULL && one != NULL && follow != NULL && z != NULL) || fail_memory(err);

    for (size_t b = 0; ok && b < terms; b++)
        level[b] = -1;
    for (int32_t l = had; ok && l < count; l++) {
        ok = progress_tell(progress, "relative", (double)(l - had), (double)(count - had), (double)NAN)
             || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
        for (size_t a = 0; ok && a < k; a++) {
            memset(one, 0, sizeof *one * k);
            one[a] = 1.0;
            level[t] = l;
            z[t] = one;
            modes[(size_t)(l - had) * k + a] = rowcov_joint_mode(j, t, l, one);
            variances[(size_t)(l - had) * k + a] = rowcov_joint_row(j, level, z, &own, follow);
        }
    }
    mem_free(level);
    mem_free(one);
    mem_free(follow);
    mem_free(z);
    return ok;
}

bool rowcov_joint_relatives(const struct fit *fit, const struct design *design, int t, const struct glmm_progress *progress,
                            double modes[], double variances[], struct glmm_error *err)
{
    struct rowcov_joint *j = rowcov_joint_new(fit, design, progress, err);
    int32_t had = fit->design->random[t].level_count;
    bool ok = j != NULL;

    if (ok)
        ok = j->m->sparse != NULL ? sparse_relatives(j, t, had, modes, variances, err)
                                  : row_relatives(j, t, had, progress, modes, variances, err);
    rowcov_joint_free(j);
    return ok;
}
