/* simulate.c -- see simulate.h.  b_l = sigma Lambda z with z standard normal, term by term and level by level; then y given b,
 * row by row. */
#include "infer/simulate.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "model/family.h"

struct simulator {
    const struct fit *fit;
    bool conditional;
    size_t effects;         /* of the largest term */
    double *fixed;          /* n: the linear predictor without random effects, or with their modes */
    const double **lambda;  /* of each term: k x k, times fit->sigma */
    struct response checks; /* of a row */
};

/* The templates; where something is not determined, those of one of the equivalent optima. */
static void set_templates(struct simulator *s)
{
    const struct design *design = s->fit->design;

    for (int t = 0; t < design->random_count; t++) {
        size_t size = (size_t)design->random[t].level_count * (size_t)design->random[t].k;

        s->lambda[t] = s->fit->random[t].lambda;
        s->effects = size > s->effects ? size : s->effects;
    }
}

static void set_fixed(struct simulator *s)
{
    const struct fit *fit = s->fit;
    const struct design *design = fit->design;

    for (size_t i = 0; i < design->n; i++)
        if (s->conditional)
            s->fixed[i] = fit->linear[i];
        else
            s->fixed[i] = fit_linear(fit, design->X + i, design->n) + (design->offset == NULL ? 0 : design->offset[i]);
}

struct simulator *simulator_new(const struct fit *fit, bool conditional, struct glmm_error *err)
{
    struct simulator *s;
    const struct design *design = fit->design;

    if (!fit_has_rows(fit, err))
        return NULL;
    if (fit->has_scale && !isfinite(fit->dispersion)) {
        fail(err, GLMM_E_MODEL, NOWHERE, "the dispersion is at its limit: fit the model with the %s family, and draw from that",
             fit->family->limit != NULL ? fit->family->limit : "simpler");
        return NULL;
    }
    if ((s = NEW(struct simulator)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    s->fit = fit;
    s->conditional = conditional;
    s->fixed = NEW_ARRAY(double, design->n + 1);
    s->lambda = NEW_ARRAY(const double *, design->random_count + 1);
    if (s->fixed == NULL || s->lambda == NULL) {
        fail_memory(err);
        simulator_free(s);
        return NULL;
    }
    s->checks = (struct response){ .family = fit->family,
                                   .link = fit->link,
                                   .n = design->n,
                                   .y = design->y,
                                   .trials = design->trials,
                                   .weights = design->weights };
    set_templates(s);
    set_fixed(s);
    return s;
}

void simulator_free(struct simulator *s)
{
    if (s == NULL)
        return;
    mem_free(s->fixed);
    mem_free(s->lambda);
    mem_free(s);
}

/* Adds the effects of term t to eta; b has room for all its levels. */
static void add_term(const struct simulator *s, int t, struct rng *rng, double b[], double eta[])
{
    const struct random_design *random = &s->fit->design->random[t];
    const double *L = s->lambda[t];
    size_t k = (size_t)random->k, size = (size_t)random->level_count * k;

    for (size_t i = 0; i < size; i++)
        b[i] = rng_normal(rng) * s->fit->sigma;
    for (size_t l = 0; l < size; l += k)
        for (size_t a = k; a-- > 0;) { /* from below: what is above is still z */
            double sum = 0;

            for (size_t e = 0; e <= a; e++)
                sum += L[a + e * k] * b[l + e];
            b[l + a] = sum;
        }
    for (size_t i = 0; i < s->fit->design->n; i++) {
        const double *of = b + (size_t)random->level[i] * k;

        for (size_t a = 0; a < k; a++)
            eta[i] += of[a] * (random->z == NULL ? 1 : random->z[i * k + a]);
    }
}

bool simulator_draw(const struct simulator *s, uint64_t seed, uint64_t stream, double y[])
{
    const struct fit *fit = s->fit;
    double *b = s->conditional ? NULL : NEW_ARRAY(double, s->effects + 1);
    struct rng rng;

    if (b == NULL && !s->conditional)
        return false;
    rng_init(&rng, seed, stream);
    memcpy(y, s->fixed, sizeof *y * fit->design->n);
    for (int t = 0; t < fit->design->random_count && !s->conditional; t++)
        add_term(s, t, &rng, b, y);
    for (size_t i = 0; i < fit->design->n; i++) {
        struct observation at = response_at(&s->checks, i);

        y[i] = isfinite(y[i]) ? family_simulate(fit->family, fit->link, &rng, &at, y[i], fit->shape) : fit->design->y[i];
    }
    mem_free(b);
    return true;
}
