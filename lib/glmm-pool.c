/* glmm-pool.c -- see glmm.h: multiply imputed data. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/imputation.h"
#include "glmm-objects.h"
#include "glmm.h"
#include "infer/ci.h"
#include "infer/hypothesis.h"
#include "infer/pool.h"
#include "infer/pool-lrt.h"

struct glmm_pool {
    const struct model *model;
    struct fit *fit;
    struct linear linear;
};

bool glmm_data_impute(struct glmm_data *data, const char *variable, struct glmm_error *err)
{
    struct frame *marked;
    size_t left_out;

    if (!argument_given(data, "data", err) || !argument_given(variable, "variable", err))
        return false;
    if ((marked = frame_mark_imputations(data->frame, variable, &left_out, err)) == NULL)
        return false;
    frame_free(data->frame);
    data->frame = marked;
    return true;
}

struct glmm_pool *glmm_pool_new(const struct glmm_model *model, const struct glmm_fit_options *options, enum glmm_ddf ddf,
                                struct glmm_error *err)
{
    enum linear_ddf kind = LINEAR_SATTERTHWAITE;
    const struct glmm_progress *progress;
    struct fit_options how;
    struct glmm_pool *pool;

    if (!argument_given(model, "model", err) || !ddf_take(ddf, &kind, err)
        || !fit_options_take(model, options, &how, &progress, err))
        return NULL;
    if (!model_is_imputed(model->model)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the data of the model are not imputed: glmm_data_impute, then glmm_model_new");
        error_argument(err, "model");
        return NULL;
    }
    if ((pool = NEW(struct glmm_pool)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    pool->model = model->model;
    pool->fit = pool_fit(model->model, &how, progress, err);
    if (pool->fit != NULL && linear_init(&pool->linear, pool->fit, kind, progress, err))
        return pool;
    glmm_pool_free(pool);
    return NULL;
}

void glmm_pool_free(struct glmm_pool *pool)
{
    if (pool == NULL)
        return;
    linear_clear(&pool->linear);
    fit_free(pool->fit);
    mem_free(pool);
}

int glmm_pool_imputations(const struct glmm_pool *pool, int *fitted)
{
    if (fitted != NULL)
        *fitted = pool == NULL ? 0 : pool->fit->imputed->counted;
    return pool == NULL ? 0 : pool->fit->imputed->count;
}

int glmm_pool_count(const struct glmm_pool *pool)
{
    return pool == NULL ? 0 : pool->fit->design->p;
}

bool glmm_pool_get(const struct glmm_pool *pool, int index, double level, const char **term, struct glmm_pooled *out,
                   struct glmm_error *err)
{
    struct stated_rows unit = { .n = 1, .coefficients = true };
    struct pooled one;
    struct wald wald;
    double *row;
    bool ok;

    if (out == NULL || index < 0 || index >= glmm_pool_count(pool))
        return false;
    if (!confidence_take(&level, err))
        return false;
    if ((row = NEW_ARRAY(double, pool->fit->design->p)) == NULL)
        return fail_memory(err);
    row[index] = 1;
    unit.X = row;
    ok = pool_linear(&pool->linear, &unit, 0, &one, err);
    mem_free(row);
    if (!ok)
        return false;
    wald_test(one.estimate, one.se, one.df, level, &wald);
    *out = (struct glmm_pooled){ one.estimate, one.se,     one.df,      wald.statistic, wald.p,     wald.lower,
                                 wald.upper,   one.within, one.between, one.riv,        one.lambda, one.fmi };
    if (term != NULL)
        *term = pool->fit->design->names[index];
    return true;
}

bool glmm_pool_test(const struct glmm_pool *pool, const char *hypotheses, struct glmm_hypothesis *out, struct glmm_error *err)
{
    struct hypotheses read;
    struct linear_test test;
    struct arena *arena;
    bool ok;

    if (!argument_given(pool, "pool", err) || !argument_given(hypotheses, "hypotheses", err) || !argument_given(out, "out", err))
        return false;
    if ((arena = arena_new()) == NULL)
        return fail_memory(err);
    ok = (hypotheses_parse(pool->model->design, hypotheses, strlen(hypotheses), arena, &read, err)
          || error_argument(err, "hypotheses"))
         && linear_test(&pool->linear, &read.rows, read.right, &test, err);
    if (ok)
        *out = hypothesis_of(&test);
    arena_free(arena);
    return ok;
}

bool glmm_pool_compare(const struct glmm_pool *small, const struct glmm_pool *large, struct glmm_hypothesis *out,
                       struct glmm_error *err)
{
    struct pooled_likelihood a = { .model = NULL }, b = { .model = NULL };
    struct pooled_lrt test;
    bool ok;

    if (!argument_given(small, "small", err) || !argument_given(large, "large", err) || !argument_given(out, "out", err))
        return false;
    if (small->model->frame != large->model->frame) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the models are not of the same data");
        return error_argument(err, "large");
    }
    ok = pooled_likelihood_find(small->model, small->fit, NULL, &a, err)
         && pooled_likelihood_find(large->model, large->fit, NULL, &b, err) && pooled_likelihood_test(&a, &b, &test, err);
    if (ok)
        *out = (struct glmm_hypothesis){
            .tested = !isnan(test.p), .num_df = test.lrt.df, .den_df = test.den_df, .statistic = test.statistic, .p = test.p
        };
    pooled_likelihood_clear(&a);
    pooled_likelihood_clear(&b);
    return ok;
}

const struct fit *pool_fit_of(const struct glmm_pool *pool)
{
    return pool->fit;
}

const struct model *pool_model_of(const struct glmm_pool *pool)
{
    return pool->model;
}
