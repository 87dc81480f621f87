/* explained-kinds.c -- levels of a structure whose responses are of one kind: all successes, all failures, one category.
 *
 * Given its level, no set of responses of one kind is more probable than one of them; and this bound is reached as the effects of
 * the level become one, and their variance infinite (glmm-constant.c has the same of a random intercept).  Laplace's
 * approximation has an optimum on the way there, or a flat stretch, of coefficients that mean nothing. */
#include <math.h>

#include "base/memory.h"
#include "fit/explained.h"
#include "fit/tolerances.h"
#include "model/prior.h"
#include "model/structure.h"

/* Whether all rows of a level have the same effect where all its effects are one, and these can become so. */
static bool becomes_intercept(const struct design *d, const struct random_design *r)
{
    if (r->structure == NULL || r->structure->law == LAW_NONE || r->relation != NULL)
        return false;
    for (int a = 0; a < r->k; a++)
        if (prior_bounds_sd(d->prior, r->group, r->names[a]))
            return false;
    for (size_t i = 0; r->z != NULL && i < d->n; i++) {
        double sum = 0.0;

        for (int a = 0; a < r->k; a++)
            sum += r->z[i * (size_t)r->k + (size_t)a];
        if (sum != 1.0)
            return false;
    }
    return true;
}

/* What a row is among those that a level may agree in: its category, or -1 and 1; 0: between. */
static double kind_of(const struct design *d, const struct family *family, size_t i)
{
    if (family->categories > 0)
        return d->y[i];
    return d->y[i] == 0.0 ? -1.0 : d->y[i] == 1.0 ? 1.0 : 0.0;
}

/* kind: level_count of scratch, all 0. */
static bool has_one_kind(const struct design *d, const struct family *family, const struct random_design *r, double kind[])
{
    double observations = 0.0, levels = 0.0;

    for (size_t i = 0; i < d->n; i++) {
        double here = kind_of(d, family, i), *of_level = &kind[r->level[i]];

        if (here == 0.0 || (*of_level != 0.0 && *of_level != here))
            return false;
        observations += (d->trials == NULL ? 1.0 : d->trials[i]) * (d->times == NULL ? 1.0 : d->times[i]);
        levels += *of_level == 0.0;
        *of_level = here;
    }
    return observations > levels; /* one observation a level: nothing to agree with */
}

static bool refuse(const struct random_design *r, bool ordered, struct glmm_error *err)
{
    fail(err, GLMM_E_MODEL, NOWHERE,
         "each level of %s has only %s: the variance of its effects is infinite, and their correlations 1, whatever the "
         "coefficients",
         r->group, ordered ? "one category" : "successes or only failures");
    error_hint(err, "(1 | %s) says what the data tell; a prior for the standard deviation keeps it finite", r->group);
    return false;
}

bool explained_check_kinds(const struct design *d, const struct family *family, const struct fit *fit, struct glmm_error *err)
{
    double *kind;
    bool one;

    if (family->response != RESPONSE_BINOMIAL && family->categories == 0)
        return true;
    for (int t = 0; t < d->random_count; t++) {
        const struct random_design *r = &d->random[t];

        if ((fit == NULL ? d->random_count > 1 : !(fit->random[t].sd[0] > FAR_SD)) || !becomes_intercept(d, r))
            continue;
        if ((kind = NEW_ARRAY(double, r->level_count + 1)) == NULL)
            return fail_memory(err);
        one = has_one_kind(d, family, r, kind);
        mem_free(kind);
        if (one)
            return refuse(r, family->categories > 0, err);
    }
    return true;
}
