/* glmm-studies.c -- see glmm.h: studies of two arms, markers of relatives. */
#include <math.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/genotypes.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/meta.h"
#include "infer/scan.h"

/* --- meta-analysis ------------------------------------------------------------------------------ */

struct glmm_meta {
    struct meta *meta;
};

/* The pairs of variables that the caller names. */
static bool arms_given(const char *const events[2], const char *const n[2], const struct glmm_meta_options *how,
                       struct glmm_error *err)
{
    int arms = how->arm == NULL ? 2 : 1;

    if (!argument_given(events, "events", err) || !argument_given(n, "n", err))
        return false;
    for (int k = 0; k < arms; k++)
        if (!argument_given(events[k], "events", err) || !argument_given(n[k], "n", err))
            return false;
    return how->arm == NULL || argument_given(how->study, "study", err);
}

static bool columns_there(const struct frame *frame, const char *const names[2], int count, const char *argument,
                          struct glmm_error *err)
{
    for (int k = 0; k < count; k++)
        if (frame_need(frame, names[k], NOWHERE, err) == NULL)
            return error_argument(err, argument);
    return true;
}

/* The frame with a row for each study, held. */
static const struct frame *studies_of(const struct frame *frame, const char *const events[2], const char *const n[2],
                                      const struct glmm_meta_options *how, struct meta_columns *columns, struct glmm_error *err)
{
    int arms = how->arm == NULL ? 2 : 1;

    if (!columns_there(frame, events, arms, "events", err) || !columns_there(frame, n, arms, "n", err))
        return NULL;
    if (how->arm != NULL)
        frame = meta_wide(frame, events[0], n[0], how->arm, how->study, how->moderators, columns, err);
    else
        *columns = (struct meta_columns){ .events = { events[0], events[1] }, .n = { n[0], n[1] }, .study = how->study };
    columns->moderators = how->moderators;
    return how->arm != NULL ? frame : frame_hold(frame);
}

struct glmm_meta *glmm_meta_new(const struct glmm_data *data, const char *const events[2], const char *const n[2],
                                const struct glmm_meta_options *options, struct glmm_error *err)
{
    static const enum meta_model models[] = { META_UM_FS, META_UM_RS, META_CM_EL, META_CM_AL };
    struct glmm_meta_options how = { 0 };
    struct meta_columns columns = { 0 };
    const struct frame *frame;
    struct glmm_meta *out;

    if (!argument_given(data, "data", err) || !options_take(&how, options, sizeof how, err) || !confidence_take(&how.level, err)
        || !arms_given(events, n, &how, err))
        return NULL;
    if ((unsigned)how.model > GLMM_CM_AL) {
        fail(err, GLMM_E_USAGE, NOWHERE, "there is no meta-analysis %d", (int)how.model);
        error_argument(err, "model");
        return NULL;
    }
    if ((out = NEW(struct glmm_meta)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    frame = studies_of(data->frame, events, n, &how, &columns, err);
    if (frame != NULL)
        out->meta = meta_new(frame, &columns, models[how.model], how.rates ? META_RATE_RATIO : META_ODDS_RATIO, how.level,
                             how.progress, err);
    frame_free(frame);
    if (out->meta != NULL)
        return out;
    glmm_meta_free(out);
    return NULL;
}

void glmm_meta_free(struct glmm_meta *meta)
{
    if (meta == NULL)
        return;
    meta_free(meta->meta);
    mem_free(meta);
}

bool glmm_meta_effect(const struct glmm_meta *meta, int index, struct glmm_meta_effect *out)
{
    const struct meta *m = meta == NULL ? NULL : meta->meta;

    if (m == NULL || out == NULL || index < 0 || index >= m->p)
        return false;
    *out = (struct glmm_meta_effect){ m->names[index], m->beta[index], m->se[index] };
    return true;
}

bool glmm_meta_study(const struct glmm_meta *meta, int index, struct glmm_meta_study *out)
{
    const struct meta *m = meta == NULL ? NULL : meta->meta;
    const struct meta_study *s;

    if (m == NULL || out == NULL || index < 0 || index >= m->count)
        return false;
    s = &m->studies[index];
    *out = (struct glmm_meta_study){ s->name, s->effect, s->lower, s->upper, s->shrunk, s->shrunk_lower, s->shrunk_upper };
    return true;
}

bool glmm_meta_facts(const struct glmm_meta *meta, struct glmm_meta_facts *out)
{
    const struct meta *m = meta == NULL ? NULL : meta->meta;

    if (m == NULL || out == NULL)
        return false;
    *out = (struct glmm_meta_facts){ .studies = m->count,
                                     .effects = m->p,
                                     .tau = m->tau,
                                     .i2 = m->i2,
                                     .loglik = m->loglik,
                                     .lrt = m->lrt,
                                     .p_lrt = m->p_lrt,
                                     .predicted_lower = m->prediction[0],
                                     .predicted_upper = m->prediction[1] };
    return true;
}

/* --- markers ------------------------------------------------------------------------------------ */

struct glmm_scan {
    struct genotypes *genotypes;
    struct scan *scan;
};

static struct genotypes *open_markers(const char *path, const struct glmm_scan_options *how, struct glmm_error *err)
{
    struct genotypes *g = genotypes_open(path, how->progress, err);

    if (g == NULL) {
        error_argument(err, "path");
        return NULL;
    }
    if (how->map == NULL || genotypes_map(g, how->map->frame, err))
        return g;
    error_argument(err, "map");
    genotypes_free(g);
    return NULL;
}

static struct relation *relate(struct genotypes *g, const struct glmm_scan_options *how, struct glmm_error *err)
{
    struct relation *K = how->matrix == NULL ? relation_of_genotypes("K", g, how->progress, err)
                                             : relation_of_table("K", how->matrix->frame, how->progress, err);

    if (K == NULL && err != NULL && err->argument == NULL)
        error_argument(err, how->matrix == NULL ? "path" : "matrix");
    return K;
}

/* `formula` with an intercept for each individual, as K relates them. */
static struct model *state(const struct frame *frame, const char *formula, const char *id, const struct relation *K,
                           const struct glmm_progress *progress, struct glmm_error *err)
{
    struct text text = { 0 };
    struct spec spec = { .relations = K };
    struct model *model = NULL;

    text_addf(&text, "%s + (1 | %s, K = K)", formula, id);
    spec.formula = text_string(&text);
    if (text.failed)
        fail_memory(err);
    else
        model = model_new("the model", frame, &spec, progress, err);
    if (model != NULL && !scan_takes(model->design, err)) {
        error_argument(err, "formula");
        model_free(model);
        model = NULL;
    }
    text_clear(&text);
    return model;
}

struct glmm_scan *glmm_scan_new(const struct glmm_data *data, const char *formula, const char *id, const char *path,
                                const struct glmm_scan_options *options, struct glmm_error *err)
{
    struct glmm_scan_options how = { 0 };
    struct scan_options inner = { 0 };
    struct relation *K = NULL;
    struct model *model = NULL;
    struct glmm_scan *out;

    if (!argument_given(data, "data", err) || !argument_given(formula, "formula", err) || !argument_given(id, "id", err)
        || !argument_given(path, "path", err) || !options_take(&how, options, sizeof how, err))
        return NULL;
    if (frame_need(data->frame, id, NOWHERE, err) == NULL) {
        error_argument(err, "id");
        return NULL;
    }
    if ((out = NEW(struct glmm_scan)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    inner.ml = how.ml;
    inner.loco = how.loco;
    out->genotypes = open_markers(path, &how, err);
    if (out->genotypes != NULL && (K = relate(out->genotypes, &how, err)) != NULL)
        model = state(data->frame, formula, id, K, how.progress, err);
    if (model != NULL)
        out->scan = scan_run(model->design, how.loco ? NULL : K, out->genotypes, &inner, how.progress, err);
    model_free(model);
    relation_free(K);
    if (out->scan != NULL)
        return out;
    glmm_scan_free(out);
    return NULL;
}

void glmm_scan_free(struct glmm_scan *scan)
{
    if (scan == NULL)
        return;
    scan_free(scan->scan);
    genotypes_free(scan->genotypes);
    mem_free(scan);
}

bool glmm_scan_marker(const struct glmm_scan *scan, size_t index, struct glmm_scan_marker *out)
{
    const struct scan_marker *m;
    const struct marker *name;

    if (scan == NULL || out == NULL || index >= scan->scan->markers)
        return false;
    m = &scan->scan->marker[index];
    name = &scan->genotypes->marker[index];
    *out = (struct glmm_scan_marker){ name->name, name->chromosome, name->position, m->frequency, m->estimate,
                                      m->se,      m->statistic,     m->p,           m->plain_p };
    return true;
}

bool glmm_scan_facts(const struct glmm_scan *scan, struct glmm_scan_facts *out)
{
    const struct scan *s = scan == NULL ? NULL : scan->scan;

    if (s == NULL || out == NULL)
        return false;
    *out = (struct glmm_scan_facts){ .rows = s->rows,
                                     .individuals = s->individuals,
                                     .markers = s->markers,
                                     .tested = s->count[SCAN_TESTED],
                                     .df = s->df,
                                     .inflation = s->inflation,
                                     .plain_inflation = s->plain_inflation };
    return true;
}
