/* scan.c -- see scan.h.  Markers come in blocks at fixed places of the file, and a block is the work of one thread: the numbers
 * do not depend on how many there are. */
#include "infer/scan.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <Rmath.h>

#include "base/forecast.h"
#include "base/memory.h"
#include "base/sample.h"
#include "base/threads.h"
#include "data/name-index.h"
#include "model/genome.h"

enum { BLOCK = 64, BLOCKS = 32 }; /* markers; at once in memory */
enum { AT_ONCE = 50000 };         /* genotypes between two looks */

struct scanning {
    const struct design *design;
    const struct random_design *term;
    struct genotypes *genotypes;
    const struct scan_options *options;
    const struct glmm_progress *progress;
    struct watch watch; /* between two looks at the progress */
    struct scan *scan;
    struct spectral spectral;
    int32_t *place;  /* of each level: the individual of the file */
    double *counts;  /* individuals x BLOCK x BLOCKS: as they are read */
    double *missing; /* BLOCKS: genotypes without a count */
};

bool scan_takes(const struct design *design, struct glmm_error *err)
{
    const struct random_design *t = design->random;

    if (design->random_count != 1 || t->k != 1 || t->z != NULL || t->structure != NULL) {
        fail(err, GLMM_E_MODEL, NOWHERE, "scan takes a model with one random term, an intercept for each individual");
        error_hint(err, "y ~ x + (1 | id, K = A)");
        return false;
    }
    if (design->residual != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "scan takes independent residuals, not structured ones");
    if (design->prior != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "scan tests by the likelihood alone, and the model has a prior");
    return true;
}

/* --- names ------------------------------------------------------------------------------------------------ */

/* The place of each level among names. */
static bool find_levels(const struct random_design *t, const char *const *names, size_t count, const char *where, int32_t *place,
                        struct glmm_error *err)
{
    struct name_index index = { 0 };
    bool ok = name_index_fill(&index, names, count) || fail_memory(err);

    for (int32_t l = 0; ok && l < t->level_count; l++)
        if ((place[l] = name_index_find(&index, t->levels[l])) < 0) {
            ok = fail(err, GLMM_E_DATA, NOWHERE, "the level %.60s of %.60s is not among the %zu names of %.100s", t->levels[l],
                      t->group, count, where);
            error_hint(err, "names must be the same in both; `where` leaves rows of the data out");
        }
    name_index_clear(&index);
    return ok;
}

/* The matrix of the levels over `scale`, new, of the lower triangle of one with more names (n x n). */
static double *level_matrix(int32_t count, const int32_t *place, const double *values, size_t n, double scale,
                            struct glmm_error *err)
{
    size_t q = (size_t)count;
    double *K = NULL;

    if (forecast((double)q * (double)q * 3.0 * sizeof(double), "fewer individuals", NULL, err)
        && (K = mem_alloc(q * q, sizeof *K)) == NULL)
        fail_memory(err);
    for (size_t b = 0; K != NULL && b < q; b++)
        for (size_t a = 0; a < q; a++) {
            size_t i = (size_t)place[a], j = (size_t)place[b];

            K[a + b * q] = values[i > j ? i + j * n : j + i * n] / scale;
        }
    return K;
}

/* --- one marker --------------------------------------------------------------------------------------------- */

/* Its counts at the levels, the mean where there is none; false where nothing varies. */
static bool take_marker(const struct scanning *job, const double *counts, double *g, struct scan_marker *m, double *missing)
{
    int32_t q = job->term->level_count;
    double sum = 0.0, known = 0.0, low = 2.0, high = 0.0, mean;

    for (int32_t l = 0; l < q; l++) {
        double x = g[l] = counts[job->place[l]];

        if (!isfinite(x))
            continue;
        sum += x;
        known += 1.0;
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    m->missing = (int)((double)q - known);
    *missing += m->missing;
    mean = known > 0.0 ? sum / known : (double)NAN;
    m->frequency = mean / 2.0;
    m->state = high > low ? SCAN_TESTED : SCAN_CONSTANT;
    for (int32_t l = 0; l < q; l++)
        g[l] = m->state == SCAN_CONSTANT ? 0.0 : isfinite(g[l]) ? g[l] : mean;
    return m->state == SCAN_TESTED;
}

/* P-values, from estimates or from drops of -2 log likelihood. */
static void test_marker(const struct scanning *job, const struct spectral_test *test, struct scan_marker *m)
{
    double unit = job->spectral.unit;

    m->state = !isfinite(test->plain) ? SCAN_DEPENDENT : !isfinite(test->estimate) ? SCAN_FAILED : SCAN_TESTED;
    if (m->state != SCAN_TESTED)
        return;
    m->estimate = test->estimate;
    m->se = test->se;
    m->plain = test->plain;
    m->plain_se = test->plain_se;
    m->share = test->lambda * unit / (1.0 + test->lambda * unit);
    if (job->options->ml) {
        m->statistic = fmax(0.0, job->spectral.null_value - test->value);
        m->plain_statistic = fmax(0.0, test->plain_drop);
        m->p = pchisq(m->statistic, 1.0, 0, 0);
        m->plain_p = pchisq(m->plain_statistic, 1.0, 0, 0);
    } else {
        m->statistic = test->estimate / test->se;
        m->plain_statistic = test->plain / test->plain_se;
        m->p = 2.0 * pt(fabs(m->statistic), job->scan->df, 0, 0);
        m->plain_p = 2.0 * pt(fabs(m->plain_statistic), job->scan->df, 0, 0);
    }
}

static void empty_marker(struct scan_marker *m)
{
    *m = (struct scan_marker){ .state = SCAN_FAILED };
    m->frequency = m->estimate = m->se = m->statistic = m->p = m->share = (double)NAN;
    m->plain = m->plain_se = m->plain_statistic = m->plain_p = (double)NAN;
}

/* --- blocks of markers ----------------------------------------------------------------------------------------- */

/* `count` markers from number `from` of the file, whose counts stand in counts[]: false when memory is out. */
static bool do_block(struct scanning *job, size_t from, size_t count, const double *counts, double *missing)
{
    size_t q = (size_t)job->term->level_count, n = job->genotypes->individuals;
    double *values = mem_alloc(2 * q * BLOCK, sizeof *values), *rotated = values == NULL ? NULL : values + q * BLOCK;
    struct spectral_work *work = spectral_work_new(&job->spectral);
    bool ok = values != NULL && work != NULL;

    for (size_t j = 0; ok && j < BLOCK; j++) {
        if (j >= count) {
            memset(values + j * q, 0, q * sizeof *values);
            continue;
        }
        empty_marker(&job->scan->marker[from + j]);
        take_marker(job, counts + j * n, values + j * q, &job->scan->marker[from + j], missing);
    }
    if (ok)
        spectral_rotate(&job->spectral, values, BLOCK, rotated, &job->watch);
    for (size_t j = 0; ok && j < count && !watch_stops(&job->watch); j++) {
        struct scan_marker *m = &job->scan->marker[from + j];
        struct spectral_test test;

        if (m->state == SCAN_CONSTANT)
            continue;
        spectral_marker(&job->spectral, work, rotated + j * q, &test);
        test_marker(job, &test, m);
    }
    spectral_work_free(work);
    mem_free(values);
    return ok;
}

/* Reads `count` markers from number `from` on, as many at a time as take no longer than a person waits. */
static bool read_markers(struct scanning *job, size_t from, size_t count, struct glmm_error *err)
{
    size_t n = job->genotypes->individuals, step = AT_ONCE / (n + 1) + 1;

    for (size_t at = 0; at < count; at += step) {
        if (watch_stops(&job->watch))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %zu markers", from);
        if (!genotypes_read(job->genotypes, from + at, count - at < step ? count - at : step, job->counts + at * n, err))
            return false;
    }
    return true;
}

/* The markers from number `from` on, by the matrix in job->spectral. */
static bool do_markers(struct scanning *job, size_t from, size_t count, struct glmm_error *err)
{
    size_t n = job->genotypes->individuals;

    watch_init(&job->watch, job->progress, "marker");
    job->watch.total = (double)job->genotypes->markers;
    for (size_t at = 0; at < count; at += BLOCK * BLOCKS) {
        size_t now = count - at < BLOCK * BLOCKS ? count - at : BLOCK * BLOCKS, blocks = (now + BLOCK - 1) / BLOCK;
        bool failed = false;

        job->watch.done = (double)(from + at);
        if (!read_markers(job, from + at, now, err))
            return false;
        memset(job->missing, 0, BLOCKS * sizeof *job->missing);
#pragma omp parallel for schedule(dynamic) reduction(|| : failed)
        for (size_t b = 0; b < blocks; b++) {
            size_t first = b * BLOCK, left = now - first < BLOCK ? now - first : BLOCK;

            failed = failed || !do_block(job, from + at + first, left, job->counts + first * n, &job->missing[b]);
        }
        if (watch_stopped(&job->watch))
            return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped after %zu markers", from + at);
        if (failed)
            return fail_memory(err);
        for (size_t b = 0; b < blocks; b++)
            job->scan->missing += job->missing[b];
    }
    return true;
}

/* --- the relations ------------------------------------------------------------------------------------------------ */

static void add_null(struct scan *scan, const char *chromosome, const struct spectral *s)
{
    scan->null[scan->null_count++] = (struct scan_null){ chromosome, s->null.lambda / (1.0 + s->null.lambda) };
}

/* With K, which is taken, all markers from `from` on. */
static bool scan_with(struct scanning *job, double *K, const char *chromosome, size_t from, size_t count, struct glmm_error *err)
{
    struct spectral *s = &job->spectral;
    bool ok = K != NULL && spectral_init(s, job->design, job->term, K, !job->options->ml, job->progress, err);

    if (!ok)
        return false;
    if (chromosome == NULL || job->scan->null_count == 0
        || strcmp(job->scan->null[job->scan->null_count - 1].chromosome, chromosome) != 0)
        add_null(job->scan, chromosome, s);
    ok = do_markers(job, from, count, err);
    spectral_clear(s);
    return ok;
}

static bool scan_one(struct scanning *job, const struct relation *K, struct glmm_error *err)
{
    int32_t *place = NEW_ARRAY(int32_t, job->term->level_count + 1);
    size_t q = (size_t)job->term->level_count;
    double *values = NULL;
    bool ok = (place != NULL || fail_memory(err))
              && find_levels(job->term, (const char *const *)K->ids, (size_t)K->count, K->name, place, err)
              && forecast((double)q * (double)q * 3.0 * sizeof(double), "fewer individuals", NULL, err)
              && ((values = mem_alloc(q * q, sizeof *values)) != NULL || fail_memory(err))
              && (relation_fill(K, place, job->term->level_count, values) || fail_memory(err));

    if (ok)
        ok = scan_with(job, values, NULL, 0, job->genotypes->markers, err);
    else
        mem_free(values);
    mem_free(place);
    return ok;
}

/* The end of the run of markers of one chromosome that begins at `from`. */
static size_t run_end(const struct genotypes *g, size_t from)
{
    size_t end = from + 1;

    while (end < g->markers && strcmp(g->marker[end].chromosome, g->marker[from].chromosome) == 0)
        end++;
    return end;
}

/* Adds the markers of a chromosome (NULL: of all) to what is gathered, or takes them off again. */
static bool gather(struct scanning *job, const char *chromosome, double sign, struct genome *genome, struct glmm_error *err)
{
    struct genotypes *g = job->genotypes;

    for (size_t from = 0, end; from < g->markers; from = end) {
        end = run_end(g, from);
        for (size_t j = from, count; j < end && (chromosome == NULL || strcmp(chromosome, g->marker[from].chromosome) == 0);
             j += count) {
            count = genome_step(genome, end - j);
            if (!progress_tell(job->progress, "relations by marker", (double)j, (double)g->markers, (double)NAN))
                return fail(err, GLMM_E_INTERRUPT, NOWHERE, "stopped");
            if (!genotypes_read(g, j, count, genome->Z, err))
                return false;
            genome_add(genome, (int)count, sign);
        }
    }
    return true;
}

static bool scan_loco(struct scanning *job, struct glmm_error *err)
{
    struct genotypes *g = job->genotypes;
    struct genome genome = { 0 };
    const char *first = g->marker[0].chromosome;
    size_t j = 0;
    bool ok;

    while (j < g->markers && g->marker[j].chromosome != NULL)
        j++;
    if (j < g->markers) {
        fail(err, GLMM_E_DATA, NOWHERE, "loco needs the chromosome of each marker: nothing says that of `%.60s`",
             g->marker[j].name);
        error_hint(err, "map=FILE: a table with the columns marker, chromosome, position");
        return false;
    }
    if (run_end(g, 0) == g->markers)
        return fail(err, GLMM_E_DATA, NOWHERE, "all markers are of chromosome %.60s: loco leaves none for the relations", first);
    ok = genome_init(&genome, g->individuals, err) && gather(job, NULL, 1.0, &genome, err);
    for (size_t from = 0, end; ok && from < g->markers; from = end) {
        const char *chromosome = g->marker[from].chromosome;

        end = run_end(g, from);
        ok = gather(job, chromosome, -1.0, &genome, err)
             && (genome.scale > 0.0 || fail(err, GLMM_E_DATA, NOWHERE, "no marker outside chromosome %.60s varies", chromosome))
             && scan_with(job, level_matrix(job->term->level_count, job->place, genome.values, genome.n, genome.scale, err),
                          chromosome, from, end - from, err)
             && gather(job, chromosome, 1.0, &genome, err);
    }
    genome_clear(&genome);
    return ok;
}

/* --- all ------------------------------------------------------------------------------------------------------------ */

/* The median of chi^2(1) that p-values stand for, over the median of chi^2(1). */
static double inflation(const struct scan *scan, bool plain, double *p)
{
    size_t count = 0;

    for (size_t j = 0; j < scan->markers; j++)
        if (scan->marker[j].state == SCAN_TESTED)
            p[count++] = plain ? scan->marker[j].plain_p : scan->marker[j].p;
    if (sample_sort(p, count) == 0)
        return (double)NAN;
    return (qchisq(p[(count - 1) / 2], 1.0, 0, 0) + qchisq(p[count / 2], 1.0, 0, 0)) / 2 / qchisq(0.5, 1.0, 0, 0);
}

static bool finish(struct scan *scan, struct glmm_error *err)
{
    double *p = NEW_ARRAY(double, scan->markers + 1);

    if (p == NULL)
        return fail_memory(err);
    for (size_t j = 0; j < scan->markers; j++)
        scan->count[scan->marker[j].state]++;
    scan->missing /= (double)scan->markers * (double)scan->individuals;
    scan->inflation = inflation(scan, false, p);
    scan->plain_inflation = inflation(scan, true, p);
    mem_free(p);
    return true;
}

static struct scan *scan_new(const struct design *design, const struct genotypes *genotypes, bool ml, struct glmm_error *err)
{
    struct scan *scan = NEW(struct scan);

    if (scan == NULL || (scan->marker = NEW_ARRAY(struct scan_marker, genotypes->markers + 1)) == NULL
        || (scan->null = NEW_ARRAY(struct scan_null, genotypes->markers + 1)) == NULL) {
        scan_free(scan);
        fail_memory(err);
        return NULL;
    }
    scan->individuals = (size_t)design->random->level_count;
    scan->rows = design->n;
    scan->markers = genotypes->markers;
    scan->df = ml ? 1 : (int)design->n - design->p - 1;
    return scan;
}

struct scan *scan_run(const struct design *design, const struct relation *K, struct genotypes *genotypes,
                      const struct scan_options *options, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct scanning job = {
        .design = design, .term = design->random, .genotypes = genotypes, .options = options, .progress = progress
    };
    double room = (double)genotypes->individuals * BLOCK * BLOCKS * sizeof(double);
    bool ok = scan_takes(design, err);

    if (ok && design->n < (size_t)design->p + 2)
        ok =
            fail(err, GLMM_E_DATA, NOWHERE, "%zu rows are too few to test a marker beside %d coefficients", design->n, design->p);
    ok = ok && forecast(room, "fewer individuals in the file", progress, err);
    if (ok && (job.scan = scan_new(design, genotypes, options->ml, err)) == NULL)
        return NULL;
    if (!ok)
        return NULL;
    job.counts = mem_alloc(genotypes->individuals * BLOCK * BLOCKS, sizeof *job.counts);
    job.missing = NEW_ARRAY(double, BLOCKS);
    job.place = NEW_ARRAY(int32_t, job.term->level_count + 1);
    ok = (job.counts != NULL && job.missing != NULL && job.place != NULL) || fail_memory(err);
    ok = ok && find_levels(job.term, genotypes->ids, genotypes->individuals, "the marker file", job.place, err)
         && (options->loco ? scan_loco(&job, err) : scan_one(&job, K, err)) && finish(job.scan, err);
    mem_free(job.counts);
    mem_free(job.missing);
    mem_free(job.place);
    if (ok)
        return job.scan;
    scan_free(job.scan);
    return NULL;
}

void scan_free(struct scan *scan)
{
    if (scan == NULL)
        return;
    mem_free(scan->marker);
    mem_free(scan->null);
    mem_free(scan);
}

static const double LEAST_P = 1e-300; /* near the smallest number: what is below, 0 too, is drawn at this height */

double scan_height(double p)
{
    return p > LEAST_P ? -log10(p) : 300.0;
}
