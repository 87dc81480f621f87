/* margins-pool.c -- the means of imputed data: each imputation's rows by its own fit, and what they say together. */
#include "cmd/margins-job.h"

#include "base/memory.h"
#include "infer/pool-means.h"
#include "model/family.h"

/* The same question of the model of one imputation. */
static bool move(struct margins_job *job, const struct model *model, struct glmm_error *err)
{
    const struct frame *frame = model->frame;

    job->source = NULL;
    job->trials = NULL;
    job->cluster = NULL;
    job->predictor.model = model;
    job->predictor.frame = frame;
    job->predictor.column = frame_find(frame, job->predictor.column->name);
    if (job->has_by)
        job->by.column = frame_find(frame, job->by.column->name);
    if (job->weights != NULL)
        job->weights = frame_find(frame, job->weights->name);
    return (job->predictor.column != NULL && (!job->has_by || job->by.column != NULL))
           || fail(err, GLMM_E_STATE, NOWHERE, "the data of an imputation have other variables");
}

static bool margins_of_one(struct margins_job *job, const struct imputed_fit *one, const struct margins_options *settings,
                           struct margins *out[], int kinds, struct glmm_error *err)
{
    struct margins_job own = *job;
    bool ok;

    ok = move(&own, one->model, err) && margins_make_scenarios(&own, err);
    for (int k = 0; ok && k < kinds; k++) {
        own.category = one->fit->family->categories > 0 ? k + 1 : 0;
        ok = (out[k] = margins_by(&own, one->fit, settings, err)) != NULL;
    }
    margins_job_clear(&own);
    mem_free(own.source);
    mem_free(own.trials);
    mem_free(own.cluster);
    job->clusters = own.clusters;
    return ok;
}

bool margins_pool(struct margins_job *job, const struct margins_options *settings, struct margins *out[], int kinds,
                  struct glmm_error *err)
{
    const struct imputed *imputed = job->predictor.model->fit->imputed;
    struct margins **all = NEW_ARRAY(struct margins *, (size_t)kinds * (size_t)imputed->count);
    struct margins **one = NEW_ARRAY(struct margins *, imputed->count);
    bool ok = ((all != NULL && one != NULL) || fail_memory(err)) && pool_takes_means(job->predictor.model->fit, err);
    int m = 0;

    for (int i = 0; ok && i < imputed->count; i++)
        if (imputed->one[i].counts)
            ok = margins_of_one(job, &imputed->one[i], settings, all + kinds * m++, kinds, err);
    for (int k = 0; ok && k < kinds; k++) {
        for (int i = 0; i < m; i++)
            one[i] = all[kinds * i + k];
        ok = (out[k] = pool_margins(one, m, settings)) != NULL || fail_memory(err);
    }
    for (int i = 0; all != NULL && i < kinds * m; i++)
        margins_free(all[i]);
    mem_free(all);
    mem_free(one);
    return ok;
}
