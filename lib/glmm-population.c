/* glmm-population.c -- see glmm.h: population-averaged models. */
#include <math.h>

#include "base/memory.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/averaged.h"

struct glmm_gee {
    struct averaged averaged;
};

struct glmm_gee *glmm_gee_new(const struct glmm_model *model, const char *id, const char *wave, enum glmm_correlation corr,
                              const struct glmm_progress *progress, struct glmm_error *err)
{
    static const enum gee_corr kinds[] = { GEE_INDEPENDENCE, GEE_EXCHANGEABLE, GEE_AR1, GEE_UNSTRUCTURED };
    struct averaged_call call = { .id = id, .wave = wave };
    struct glmm_gee *out;

    if (!argument_given(model, "model", err) || !argument_given(id, "id", err))
        return NULL;
    if ((unsigned)corr > GLMM_UNSTRUCTURED) {
        fail(err, GLMM_E_USAGE, NOWHERE, "there is no working correlation %d", (int)corr);
        error_argument(err, "corr");
        return NULL;
    }
    if (model->model->design->random_count > 0) {
        fail(err, GLMM_E_MODEL, NOWHERE, "estimating equations have no random effects");
        return NULL;
    }
    if ((out = NEW(struct glmm_gee)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    call.corr = kinds[corr];
    if (averaged_init(&out->averaged, model->model, &call, progress, err))
        return out;
    glmm_gee_free(out);
    return NULL;
}

void glmm_gee_free(struct glmm_gee *gee)
{
    if (gee == NULL)
        return;
    averaged_clear(&gee->averaged);
    mem_free(gee);
}

bool glmm_gee_get(const struct glmm_gee *gee, int index, struct glmm_gee_coefficient *out)
{
    const struct gee *g = gee == NULL ? NULL : gee->averaged.gee;

    if (g == NULL || out == NULL || index < 0 || index >= g->p)
        return false;
    *out = (struct glmm_gee_coefficient){ .name = g->names[index],
                                          .estimate = g->beta[index],
                                          .sandwich = g->se[GEE_SANDWICH][index],
                                          .mancl = g->se[GEE_MANCL][index],
                                          .kauermann = g->se[GEE_KAUERMANN][index],
                                          .naive = g->se[GEE_NAIVE][index] };
    return true;
}

bool glmm_gee_facts(const struct glmm_gee *gee, struct glmm_gee_facts *out)
{
    const struct gee *g = gee == NULL ? NULL : gee->averaged.gee;

    if (g == NULL || out == NULL)
        return false;
    *out = (struct glmm_gee_facts){ .clusters = g->clusters,
                                    .correlations = g->alpha_count,
                                    .dispersion = g->dispersion,
                                    .qic = g->has_quasi ? g->qic : (double)NAN };
    return true;
}

double glmm_gee_correlation(const struct glmm_gee *gee, int index)
{
    const struct gee *g = gee == NULL ? NULL : gee->averaged.gee;

    return g == NULL || index < 0 || index >= g->alpha_count ? (double)NAN : g->alpha[index];
}
