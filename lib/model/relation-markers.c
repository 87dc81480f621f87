/* relation-markers.c -- relationships by what genotypes share (VanRaden 2008, the first of his matrices). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/source.h"
#include "linalg/lapack.h"
#include "model/relation-private.h"

/* ZZ' gathered by blocks of markers. */
struct gathering {
    size_t n;
    double *Z, *values, scale; /* n x MARKERS; n x n, the lower triangle */
    int filled;
};

enum { MARKERS = 128 };

static void flush_markers(struct gathering *g)
{
    int n = (int)g->n;
    double one = 1.0;

    if (g->filled > 0)
        dsyrk_("L", "N", &n, &g->filled, &one, g->Z, &n, &one, g->values, &n);
    g->filled = 0;
}

/* Counts 0, 1, 2 of one marker in the next column of Z (not finite: missing): centred, or left out where it does not vary. */
static void add_marker(struct gathering *g)
{
    double *z = g->Z + (size_t)g->filled * g->n, sum = 0.0, known = 0.0, p;

    for (size_t i = 0; i < g->n; i++)
        if (isfinite(z[i])) {
            sum += z[i];
            known += 1.0;
        }
    p = known > 0.0 ? 0.5 * sum / known : 0.0;
    if (!(p > 0.0 && p < 1.0))
        return;
    g->scale += 2.0 * p * (1.0 - p);
    for (size_t i = 0; i < g->n; i++)
        z[i] = isfinite(z[i]) ? z[i] - 2.0 * p : 0.0;
    if (++g->filled == MARKERS)
        flush_markers(g);
}

/* Takes the ids and what was gathered. */
static struct relation *of_gathering(const char *name, struct gathering *g, char **ids, struct glmm_error *err)
{
    size_t n = g->n;

    flush_markers(g);
    for (size_t b = 0; b < n; b++)
        for (size_t a = b; a < n; a++)
            g->values[a + b * n] = g->values[b + a * n] = g->scale > 0.0 ? g->values[a + b * n] / g->scale : 0.0;
    mem_free(g->Z);
    return relation_new(name, "markers", (int32_t)n, ids, g->values, err);
}

static bool gathering_init(struct gathering *g, size_t n, struct glmm_error *err)
{
    char **unused = NULL;

    *g = (struct gathering){ .n = n };
    if (!relation_room(n, &unused, &g->values, err))
        return false;
    mem_free(unused);
    g->Z = mem_alloc(n * MARKERS, sizeof *g->Z);
    if (g->Z != NULL)
        return true;
    mem_free(g->values);
    return fail_memory(err);
}

struct relation *relation_of_markers(const char *name, const struct frame *f, struct glmm_error *err)
{
    struct gathering g;
    char **ids;

    if (f->column_count < 2) {
        fail(err, GLMM_E_DATA, NOWHERE, "%.60s has no markers: names in the first column, counts 0, 1, 2 in the others", f->name);
        return NULL;
    }
    if (!gathering_init(&g, f->rows, err))
        return NULL;
    for (size_t j = 1; j < f->column_count; j++) {
        const struct column *c = &f->columns[j];

        if (!is_numeric(c)) {
            fail(err, GLMM_E_DATA, NOWHERE, "the marker `%.60s` is no count of 0, 1 or 2", c->name);
            mem_free(g.Z);
            mem_free(g.values);
            return NULL;
        }
        for (size_t i = 0; i < g.n; i++)
            g.Z[(size_t)g.filled * g.n + i] = column_real(c, i);
        add_marker(&g);
    }
    if ((ids = relation_ids(&f->columns[0], g.n)) == NULL) {
        mem_free(g.Z);
        mem_free(g.values);
        fail_memory(err);
        return NULL;
    }
    return of_gathering(name, &g, ids, err);
}

/* PLINK: path.bed (two bits a genotype, marker by marker), path.fam (individuals, the name in the second field). */
static char **read_fam(const char *path, size_t *count, struct glmm_error *err)
{
    FILE *file = fopen(path, "r");
    size_t capacity = 0;
    char line[4096], id[200], **ids = NULL;
    void *items = NULL;
    bool ok = file != NULL;

    *count = 0;
    if (!ok) {
        source_fail(path, errno, err);
        return NULL;
    }
    while (ok && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%*s %199s", id) != 1)
            continue;
        ok = mem_grow(&items, &capacity, *count + 1, sizeof *ids);
        ids = items;
        ok = ok && (ids[*count] = mem_strdup(id)) != NULL;
        *count += ok;
    }
    fclose(file);
    if (ok && *count > 0)
        return ids;
    if (ok)
        fail(err, GLMM_E_DATA, NOWHERE, "%.100s names no individuals", path);
    else
        fail_memory(err);
    relation_ids_free(ids, (int32_t)*count);
    return NULL;
}

/* False where the file ends within a marker, or is none of PLINK's. */
static bool read_bed(const char *path, struct gathering *g, struct glmm_error *err)
{
    static const double counts[4] = { 2.0, (double)NAN, 1.0, 0.0 };
    size_t bytes = (g->n + 3) / 4, got;
    unsigned char head[3], *row = mem_alloc(bytes, 1);
    FILE *file = row == NULL ? NULL : fopen(path, "rb");
    bool ok = row != NULL || fail_memory(err);

    if (ok && file == NULL)
        ok = source_fail(path, errno, err);
    if (ok && (fread(head, 1, 3, file) != 3 || head[0] != 0x6c || head[1] != 0x1b || head[2] != 1))
        ok = fail(err, GLMM_E_DATA, NOWHERE, "%.100s is no PLINK .bed file, marker by marker", path);
    while (ok && (got = fread(row, 1, bytes, file)) > 0) {
        if (got < bytes)
            ok = fail(err, GLMM_E_DATA, NOWHERE, "%.100s ends within a marker: it is not of the %zu individuals of the .fam file",
                      path, g->n);
        for (size_t i = 0; ok && i < g->n; i++)
            g->Z[(size_t)g->filled * g->n + i] = counts[row[i / 4] >> 2 * (i % 4) & 3];
        if (ok)
            add_marker(g);
    }
    if (file != NULL)
        fclose(file);
    mem_free(row);
    return ok;
}

struct relation *relation_of_bed(const char *name, const char *path, struct glmm_error *err)
{
    size_t length = strlen(path), count;
    char *fam = mem_strdup(path), **ids;
    struct gathering g;

    if (fam == NULL || length < 4) {
        fail_memory(err);
        mem_free(fam);
        return NULL;
    }
    memcpy(fam + length - 3, "fam", 3);
    ids = read_fam(fam, &count, err);
    mem_free(fam);
    if (ids == NULL)
        return NULL;
    if (gathering_init(&g, count, err)) {
        if (read_bed(path, &g, err))
            return of_gathering(name, &g, ids, err);
        mem_free(g.Z);
        mem_free(g.values);
    }
    relation_ids_free(ids, (int32_t)count);
    return NULL;
}
