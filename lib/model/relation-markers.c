/* relation-markers.c -- relationships by what genotypes share (VanRaden 2008, the first of his matrices). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "linalg/lapack.h"
#include "model/genome.h"
#include "model/relation-private.h"

enum { LEAST_STEP = 4 };
static const double STEP = 2e8; /* multiplications */

/* Counts 0, 1, 2 of one marker: centred.  False where it does not vary. */
static bool centre(size_t n, double z[], double *scale)
{
    double sum = 0.0, known = 0.0, p;

    for (size_t i = 0; i < n; i++)
        if (isfinite(z[i])) {
            sum += z[i];
            known += 1.0;
        }
    p = known > 0.0 ? 0.5 * sum / known : 0.0;
    if (!(p > 0.0 && p < 1.0))
        return false;
    *scale += 2.0 * p * (1.0 - p);
    for (size_t i = 0; i < n; i++)
        z[i] = isfinite(z[i]) ? z[i] - 2.0 * p : 0.0;
    return true;
}

size_t genome_step(const struct genome *g, size_t left)
{
    double fit = STEP / ((double)g->n * (double)g->n + 1.0);
    size_t step = fit < LEAST_STEP ? LEAST_STEP : fit < GENOME_BLOCK ? (size_t)fit : GENOME_BLOCK;

    return left < step ? left : step;
}

void genome_add(struct genome *g, int count, double sign)
{
    int n = (int)g->n, kept = 0;
    double one = 1.0, scale = 0.0;

    for (int j = 0; j < count; j++) {
        double *z = g->Z + (size_t)kept * g->n;

        if (kept < j)
            memcpy(z, g->Z + (size_t)j * g->n, g->n * sizeof *z);
        kept += centre(g->n, z, &scale);
    }
    g->scale += sign * scale;
    if (kept > 0)
        dsyrk_("L", "N", &n, &kept, &sign, g->Z, &n, &one, g->values, &n);
}

bool genome_init(struct genome *g, size_t n, struct glmm_error *err)
{
    char **unused = NULL;

    *g = (struct genome){ .n = n };
    if (!relation_room(n, &unused, &g->values, err))
        return false;
    mem_free(unused);
    g->Z = mem_alloc(n * GENOME_BLOCK, sizeof *g->Z);
    if (g->Z != NULL)
        return true;
    genome_clear(g);
    return fail_memory(err);
}

void genome_clear(struct genome *g)
{
    mem_free(g->Z);
    mem_free(g->values);
    g->Z = g->values = NULL;
}

double *genome_take(struct genome *g)
{
    double *values = g->values;
    size_t n = g->n;

    for (size_t b = 0; b < n; b++)
        for (size_t a = b; a < n; a++)
            values[a + b * n] = values[b + a * n] = g->scale > 0.0 ? values[a + b * n] / g->scale : 0.0;
    g->values = NULL;
    genome_clear(g);
    return values;
}

struct relation *relation_of_genotypes(const char *name, struct genotypes *from, const struct glmm_progress *progress,
                                       struct glmm_error *err)
{
    struct genome g;
    char **ids = NULL;
    bool ok = genome_init(&g, from->individuals, err);

    for (size_t j = 0, count; ok && j < from->markers; j += count) {
        count = genome_step(&g, from->markers - j);
        ok = progress_tell(progress, "relations by marker", (double)j, (double)from->markers, (double)NAN)
             || fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %zu markers", j);
        ok = ok && genotypes_read(from, j, count, g.Z, err);
        if (ok)
            genome_add(&g, (int)count, 1.0);
    }
    ok = ok && ((ids = NEW_ARRAY(char *, from->individuals + 1)) != NULL || fail_memory(err));
    for (size_t i = 0; ok && i < from->individuals; i++)
        ok = (ids[i] = mem_strdup(from->ids[i])) != NULL || fail_memory(err);
    if (ok) {
        double *values = genome_take(&g);

        return relation_new(name, "markers", (int32_t)from->individuals, ids, values, progress, err);
    }
    relation_ids_free(ids, (int32_t)from->individuals);
    genome_clear(&g);
    return NULL;
}
