/* rowcov-draw.c -- responses from a model of rowcov.h: what random effects, and structured residuals, add to the rows of a
 * cluster is L z, with L L' the covariance of its rows and z standard normal. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fit/rowcov-private.h"
#include "linalg/dense.h"

static int by_number(const void *a, const void *b)
{
    const struct rowcov_cluster *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

struct rowcov *rowcov_drawer_new(const struct fit *fit, bool effects, struct glmm_error *err)
{
    bool linear = fit->exact;
    struct rowcov *m = rowcov_new(fit->design, linear ? NULL : fit->family, linear ? NULL : fit->link, false, NULL, err);
    double *x = m == NULL ? NULL : NEW_ARRAY(double, m->count + 1), *V = NULL;
    bool ok = x != NULL && (V = NEW_ARRAY(double, m->largest * m->largest + 1)) != NULL;

    if (m != NULL && !ok)
        fail_memory(err);
    if (ok) {
        if (m->count > 0)
            memcpy(x, fit->structured, sizeof *x * (size_t)m->count);
        for (int t = 0; t < m->term_count && !effects; t++)
            memset(x + m->terms[t].first, 0, sizeof *x * (size_t)m->terms[t].sd_count);
        ok = rowcov_set(m, x) || fail(err, GLMM_E_MODEL, NOWHERE, "no responses can be drawn at these estimates");
    }
    for (size_t c = 0; ok && c < m->cluster_count; c++) {
        if (linear && m->clusters[c].alike == 0)
            continue; /* has the factor of the one before */
        rowcov_fill(m, &m->clusters[c], linear, V);
        small_semidefinite((int)m->clusters[c].count, V, m->clusters[c].factor);
    }
    if (ok && m->cluster_count > 0) /* draws hang on the order of the data alone */
        qsort(m->clusters, m->cluster_count, sizeof *m->clusters, by_number);
    mem_free(x);
    mem_free(V);
    if (ok)
        return m;
    rowcov_free(m);
    return NULL;
}

bool rowcov_draw(const struct rowcov *m, double scale, struct rng *rng, double eta[])
{
    double *z = NEW_ARRAY(double, m->largest + 1);

    for (size_t c = 0; c < m->cluster_count && z != NULL; c++) {
        const struct rowcov_cluster *cluster = &m->clusters[c];
        size_t count = cluster->count;

        for (size_t i = 0; i < count; i++)
            z[i] = scale * rng_normal(rng);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j <= i; j++)
                eta[m->row[cluster->from + i]] += cluster->factor[i + j * count] * z[j];
    }
    mem_free(z);
    return z != NULL;
}
