/* glmm/studies.h -- studies of two arms, markers of relatives.  Part of <glmm.h>. */
#ifndef GLMM_STUDIES_H
#define GLMM_STUDIES_H

#include <stdbool.h>
#include <stddef.h>

#include "glmm/data.h"

#ifdef __cplusplus
extern "C" {
#endif

struct glmm_meta;
enum glmm_meta_model { GLMM_UM_FS, GLMM_UM_RS, GLMM_CM_EL, GLMM_CM_AL }; /* those of metafor's rma.glmm */

/* Zero or NULL is the default of each. */
struct glmm_meta_options {
    size_t size;
    enum glmm_meta_model model;
    bool rates;             /* n is time: rate ratios; odds ratios */
    const char *arm;        /* a row is an arm: the variable that tells which, its first level the control; needs `study` */
    const char *study;      /* the variable that names the studies; by their row */
    const char *moderators; /* "year + x": of the effect; none */
    double level;           /* of intervals: 0.95 */
    const struct glmm_progress *progress;
};

/* One-stage meta-analysis: events among n, each pair of variables treated arm first, then control; {events} and {n} alone with
 * `arm`.  Zero events are used as they are.  Returns new; errors name "events", "study", "arm" or "mods". */
struct glmm_meta *glmm_meta_new(const struct glmm_data *data, const char *const events[2], const char *const n[2],
                                const struct glmm_meta_options *options, struct glmm_error *err);
void glmm_meta_free(struct glmm_meta *meta);

/* The effect of treatment, a log ratio, and its slopes on moderators.  Infinite where all events are of one arm. */
struct glmm_meta_effect {
    const char *name; /* borrowed */
    double estimate, se;
};
bool glmm_meta_effect(const struct glmm_meta *meta, int index, struct glmm_meta_effect *out);

struct glmm_meta_study {
    const char *name;                          /* borrowed */
    double effect, lower, upper;               /* its own; infinite where an arm has no events, NaN where both */
    double shrunk, shrunk_lower, shrunk_upper; /* in the model; NaN where it has none */
};
bool glmm_meta_study(const struct glmm_meta *meta, int index, struct glmm_meta_study *out);

struct glmm_meta_facts {
    int studies, effects;
    double tau, i2, loglik;
    double lrt, p_lrt;                       /* of tau = 0 */
    double predicted_lower, predicted_upper; /* of the effect in a new study; NaN with moderators or fewer than 3 studies */
};
bool glmm_meta_facts(const struct glmm_meta *meta, struct glmm_meta_facts *out);

struct glmm_scan;

struct glmm_scan_options {
    size_t size;
    bool ml;                        /* likelihood ratios by maximum likelihood; t by restricted maximum likelihood */
    bool loco;                      /* relations of the markers on the other chromosomes */
    const struct glmm_data *matrix; /* how the individuals are related, a square table with names; by all the file's markers */
    const struct glmm_data *map;    /* chromosomes and positions of the markers; those of a .bed stand beside it */
    const struct glmm_progress *progress;
};

/* Each marker of a file (counts of an allele in a table, or PLINK's .bed) alone beside the fixed effects of `formula`, "height ~
 * sex", in a linear mixed model of related individuals, whom the variable `id` names; variances are estimated anew with each.
 * Returns new; errors name "formula", "id", "path", "matrix" or "map". */
struct glmm_scan *glmm_scan_new(const struct glmm_data *data, const char *formula, const char *id, const char *path,
                                const struct glmm_scan_options *options, struct glmm_error *err);
void glmm_scan_free(struct glmm_scan *scan);

/* Marker number `index` of the file; numbers are NaN where it was not tested: without variation, or a combination of the fixed
 * effects. */
struct glmm_scan_marker {
    const char *name, *chromosome; /* borrowed; NULL where nothing says */
    double position, frequency;
    double estimate, se, statistic, p;
    double plain_p; /* as if nobody were related */
};
bool glmm_scan_marker(const struct glmm_scan *scan, size_t index, struct glmm_scan_marker *out);

struct glmm_scan_facts {
    size_t rows, individuals, markers, tested;
    int df;
    double inflation, plain_inflation; /* lambda GC */
};
bool glmm_scan_facts(const struct glmm_scan *scan, struct glmm_scan_facts *out);

#ifdef __cplusplus
}
#endif

#endif
