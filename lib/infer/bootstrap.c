/* bootstrap.c -- see bootstrap.h. */
#include "infer/bootstrap.h"

#include <math.h>

#include "base/memory.h"
#include "base/sample.h"
#include "infer/simulate.h"

enum { LEAST = 20 };

struct source {
    const struct fit *fit;
    const struct simulator *simulator;
    const struct parameter *parameters;
    int count;
    uint64_t seed;
};

long bootstrap_counted(const struct bootstrap *b)
{
    const long *ends = b->replicates.ends;

    return ends[REPLICATE_OK] + ends[REPLICATE_BOUNDARY] + ends[REPLICATE_INFINITE];
}

bool bootstrap_separates(const struct bootstrap *b, const struct parameter *p)
{
    return p->kind == PARAMETER_FIXED || p->kind == PARAMETER_ZERO || p->kind == PARAMETER_SPREAD
           || (p->kind == PARAMETER_SHAPE && b->ordered);
}

/* One replicate: draw, fit, read. */
static bool refit(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                  struct glmm_error *err)
{
    const struct source *source = context;
    double *y = NEW_ARRAY(double, source->fit->design->n + 1);
    struct design design;
    struct fit *fit;
    bool ok;

    if (y == NULL || !simulator_draw(source->simulator, source->seed, (uint64_t)r + 1, y)) {
        mem_free(y);
        return fail_memory(err);
    }
    fit = refit_response(source->fit, &design, y, progress, err);
    *end = fit == NULL ? REPLICATE_FAILED : replicate_end_of_rest(fit);
    for (int j = 0; j < source->count && fit != NULL; j++)
        out[j] = parameter_value(&source->parameters[j], fit);
    ok = fit != NULL || (err->code != GLMM_E_MEMORY && err->code != GLMM_E_INTERRUPT);
    fit_free(fit);
    mem_free(y);
    return ok;
}

struct bootstrap *bootstrap_new(const struct fit *fit, long replicates, uint64_t seed, bool conditional,
                                const struct glmm_progress *progress, struct glmm_error *err)
{
    struct bootstrap *b = NEW(struct bootstrap);
    struct simulator *simulator = b == NULL || !simulator_has_law(fit, conditional, err) || !simulator_can_refit(fit, err)
                                      ? NULL
                                      : simulator_new(fit, conditional, err);
    struct source source = { .fit = fit, .simulator = simulator, .seed = seed };
    bool ok = simulator != NULL && (b->arena = arena_new()) != NULL
              && (b->parameters = parameters_of(fit, b->arena, &b->count)) != NULL;

    if (!ok)
        fail_memory(err);
    if (ok)
        b->ordered = fit->family->categories > 0;
    source.parameters = ok ? b->parameters : NULL;
    source.count = ok ? b->count : 0;
    ok = ok
         && replicates_run(&b->replicates, replicates, (size_t)b->count, refit, &source, replicates < LEAST ? replicates : LEAST,
                           progress, err);
    simulator_free(simulator);
    if (ok && bootstrap_counted(b) == 0)
        ok = fail(err, GLMM_E_MODEL, NOWHERE, "of %ld responses drawn from the fit none could be fitted again: %s",
                  b->replicates.done, replicates_words(&b->replicates, b->arena));
    if (ok)
        return b;
    bootstrap_free(b);
    return NULL;
}

void bootstrap_free(struct bootstrap *b)
{
    if (b == NULL)
        return;
    replicates_clear(&b->replicates);
    arena_free(b->arena);
    mem_free(b);
}

/* What is possible. */
static double within(const struct parameter *p, double x)
{
    if (p->kind == PARAMETER_CORR)
        return fmin(fmax(x, -1), 1);
    return p->kind == PARAMETER_FIXED || p->kind == PARAMETER_SHAPE || p->kind == PARAMETER_ZERO || p->kind == PARAMETER_SPREAD
               ? x
               : fmax(x, 0); /* a shape is a threshold */
}

bool bootstrap_parameter(const struct bootstrap *b, int parameter, double level, struct bootstrapped *out)
{
    const struct parameter *p = &b->parameters[parameter];
    double *sorted = NEW_ARRAY(double, b->replicates.count + 1);
    bool inside;

    if (sorted == NULL)
        return false;
    *out = (struct bootstrapped){ .used = replicates_sorted_rest(&b->replicates, (size_t)parameter, sorted) };
    for (size_t i = 0; i < out->used; i++) {
        out->at_limit += isinf(sorted[i]) != 0;
        out->below += isinf(sorted[i]) != 0 && sorted[i] < 0;
    }
    inside = out->at_limit == 0;
    out->mean = inside ? sample_mean(sorted, out->used) : (double)NAN;
    out->bias = isfinite(p->estimate) ? out->mean - p->estimate : (double)NAN;
    out->se = inside ? sample_sd(sorted, out->used) : (double)NAN;
    out->lower = sample_quantile(sorted, out->used, 0.5 - 0.5 * level);
    out->upper = sample_quantile(sorted, out->used, 0.5 + 0.5 * level);
    out->basic_lower = out->basic_upper = (double)NAN;
    if (isfinite(p->estimate) && isfinite(out->lower) && isfinite(out->upper)) {
        out->basic_lower = within(p, 2 * p->estimate - out->upper);
        out->basic_upper = within(p, 2 * p->estimate - out->lower);
    }
    if (isinf(p->estimate) && bootstrap_separates(b, p))
        out->lower = out->upper = (double)NAN;
    mem_free(sorted);
    return true;
}
