/* verdict.c -- see verdict.h. */
#include "fit/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/safe.h"
#include "fit/tolerances.h"
#include "model/family.h"

void verdict_begin(struct optimum *optimum, const struct search_end *end)
{
    *optimum = (struct optimum){ .verdict = VERDICT_OK,
                                 .gain = end->gain,
                                 .iterations = end->iterations,
                                 .evaluations = end->evaluations,
                                 .smallest_eigenvalue = end->smallest_eigenvalue };
}

void verdict_slope(struct optimum *optimum, double slope)
{
    optimum->gradient = fmax(optimum->gradient, fabs(slope));
}

/* The order of verdicts, from the best. */
static int badness(enum fit_verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return 0;
    case VERDICT_BOUNDARY:
        return 1;
    case VERDICT_NOT_IDENTIFIED:
        return 2;
    case VERDICT_NOT_CONVERGED:
        return 3;
    case VERDICT_INTERRUPTED:
        break;
    }
    return 4;
}

void verdict_worsen(struct optimum *optimum, enum fit_verdict verdict)
{
    if (badness(verdict) > badness(optimum->verdict))
        optimum->verdict = verdict;
}

void verdict_boundary(struct optimum *optimum, enum boundary boundary)
{
    verdict_worsen(optimum, VERDICT_BOUNDARY);
    optimum->boundary = optimum->boundary == BOUNDARY_NONE ? boundary : optimum->boundary;
}

void verdict_say(struct optimum *optimum, const char *format, ...)
{
    size_t used = strlen(optimum->message);
    va_list arguments;

    if (used + 6 >= sizeof optimum->message)
        return;
    if (used > 0) {
        memcpy(optimum->message + used, "; ", 3);
        used += 2;
    }
    va_start(arguments, format);
    safe_format(optimum->message + used, sizeof optimum->message - used, format, arguments);
    va_end(arguments);
}

void verdict_unsay(struct optimum *optimum)
{
    optimum->message[0] = '\0';
}

void verdict_stopped(struct optimum *optimum, bool near)
{
    verdict_worsen(optimum, VERDICT_NOT_CONVERGED);
    if (!near || !(optimum->gain < TOLERANCE_FORESEEN)) {
        optimum->gain = (double)NAN;
        verdict_say(
            optimum,
            "the search ended at a point that is no optimum, so that there is no telling how far the deviance could fall; "
            "simplify the random terms or rescale the predictors");
        return;
    }
    verdict_say(optimum,
                "the optimizer stopped with %.3g of deviance still to gain; simplify the random terms or rescale the predictors",
                optimum->gain);
}

void verdict_no_variance(struct optimum *optimum, const char *part, const char *effect, const char *group)
{
    const char *of = part == NULL ? "" : " of ", *what = part == NULL ? "" : part, *sign = part == NULL ? "" : "=";

    verdict_boundary(optimum, BOUNDARY_VARIANCE);
    if (effect == NULL)
        verdict_say(optimum, "the variance%s%s%s between levels of %s is estimated as 0", of, what, sign, group);
    else
        verdict_say(optimum, "the variance of %s%s%s%s between levels of %s is estimated as 0", effect,
                    part == NULL ? "" : " in ", what, sign, group);
}

void verdict_limit(struct optimum *optimum, const struct family *family)
{
    const struct family *own = family_own(family);

    verdict_boundary(optimum, BOUNDARY_DISPERSION);
    if (own->more_count > 0 && own->more[own->more_count - 1].scale == SHAPE_POWER)
        verdict_say(optimum, "the power of the variance ran to its limit, 2: these data vary as the %s family does",
                    family->limit);
    else if (own->more_count > 0)
        verdict_say(optimum, "the degrees of freedom ran to their limit: these data show no heavier tails than the %s family",
                    family->limit);
    else if (family->limit_varies_most)
        verdict_say(optimum,
                    "the dispersion ran to its limit: these data show at least the variation of the %s distribution, the most "
                    "that %s has (nbinom2 has no such limit)",
                    family->limit, family->name);
    else
        verdict_say(optimum, "the dispersion ran to its limit: these data show no more variation than the %s family",
                    family->limit);
}

void verdict_taken(struct optimum *optimum, const struct family *family, const struct design *design)
{
    const char *group = NULL;

    verdict_boundary(optimum, BOUNDARY_DISPERSION);
    for (int t = 0; t < design->random_count && group == NULL; t++)
        if ((size_t)design->random[t].level_count == design->n)
            group = design->random[t].group;
    verdict_say(optimum,
                "the dispersion ran to its limit: the %s%s%s vary as much as the responses do, and leave the %s family no "
                "variation of its own",
                group != NULL ? "effects of " : "random effects", group != NULL ? group : "",
                group != NULL ? ", one for each row," : "", family->name);
}
