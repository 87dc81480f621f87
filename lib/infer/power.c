/* power.c -- see power.h. */
#include "infer/power.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/rowcov.h"
#include "infer/ci.h"
#include "infer/enlarge.h"
#include "infer/simulate.h"

enum { LEAST = 20 };
enum { OUT_P, OUT_ESTIMATE, OUT_ERROR, OUT_CRITICAL, OUT_COUNT };

struct task {
    const struct fit *fit; /* of the study that is simulated */
    const struct simulator *simulator;
    const struct power_question *question;
};

static bool try_once(void *context, long r, const struct glmm_progress *progress, double out[], enum replicate_end *end,
                     struct glmm_error *err)
{
    const struct task *task = context;
    double *y = NEW_ARRAY(double, task->fit->design->n + 1);
    int j = task->question->coefficient;
    struct design room;
    struct fit *fit;
    bool ok;

    if (y == NULL || !simulator_draw(task->simulator, task->question->seed, (uint64_t)r + 1, y)) {
        mem_free(y);
        return fail_memory(err);
    }
    fit = refit_response(task->fit, &room, y, progress, err);
    *end = fit == NULL ? REPLICATE_FAILED : replicate_end_of(fit);
    if (fit != NULL) {
        struct wald wald;

        if (*end == REPLICATE_NOT_IDENTIFIED && isfinite(fit->se[j])) /* what is open has no part in this test */
            *end = REPLICATE_OK;
        wald_test(fit->beta[j], fit->se[j], fit->df == NULL ? (double)INFINITY : fit->df[j], 0.95, &wald);
        out[OUT_P] = wald.p;
        out[OUT_ESTIMATE] = fit->beta[j];
        out[OUT_ERROR] = fit->se[j];
        out[OUT_CRITICAL] = qt(0.5 * task->question->alpha, fit->df == NULL ? (double)INFINITY : fit->df[j], 0, 0);
    }
    ok = fit != NULL || (err->code != GLMM_E_MEMORY && err->code != GLMM_E_INTERRUPT);
    fit_free(fit);
    mem_free(y);
    return ok;
}

static void summarize(const struct power_question *question, struct power_point *out)
{
    const struct replicates *r = &out->replicates;
    double found;

    for (long i = 0; i < r->count; i++) {
        const double *values = r->values + (size_t)i * OUT_COUNT;

        if (!replicate_counts((enum replicate_end)r->end[i]) || isnan(values[OUT_P]))
            continue;
        out->used++;
        out->found += values[OUT_P] < question->alpha;
        out->mean += values[OUT_ESTIMATE];
        out->error += values[OUT_ERROR];
        out->critical += values[OUT_CRITICAL];
    }
    found = (double)out->found;
    out->mean /= (double)out->used;
    out->error /= (double)out->used;
    out->critical /= (double)out->used;
    out->power = found / (double)out->used;
    out->lower = out->found == 0 ? 0 : qbeta(0.025, found, (double)out->used - found + 1, 1, 0);
    out->upper = out->found == out->used ? 1 : qbeta(0.975, found + 1, (double)out->used - found, 1, 0);
}

static bool check(const struct fit *fit, int j, bool larger, struct glmm_error *err)
{
    if (fit->recession != NULL)
        return fail(err, GLMM_E_MODEL, NOWHERE, "infinite estimates are no study to plan by: help separation");
    if (fit->identity != NULL && larger) /* which of the variances it is shows in another study, not in this one */
        return fail(
            err, GLMM_E_MODEL, NOWHERE,
            "the fit leaves variances open, which a study of another size would tell apart (help identified): leave groups= "
            "and size= out");
    if (fit->identity != NULL && isnan(fit->se[j]))
        return fail(err, GLMM_E_MODEL, NOWHERE,
                    "%.60s has no power to speak of: %s depends on variances or covariances that the data leave open, so that no "
                    "study like this one tests it (help identified)",
                    fit->design->names[j], isnan(fit_coefficient(fit, j)) ? "it" : "its error");
    return !larger || !design_is_structured(fit->design)
           || fail(err, GLMM_E_MODEL, NOWHERE,
                   "a model with covariance structures or relationships cannot be made larger: leave groups= and size= out");
}

bool power_at(const struct fit *fit, const struct power_question *question, int32_t levels, size_t rows,
              const struct glmm_progress *progress, struct power_point *out, struct glmm_error *err)
{
    struct fit study = *fit;
    struct design *design = NULL;
    struct task task = { .fit = &study, .question = question };
    struct simulator *simulator;
    double *beta;
    long least = question->replicates < LEAST ? question->replicates : LEAST;
    bool ok;

    *out = (struct power_point){ .levels = levels, .rows = rows };
    if (!check(fit, question->coefficient, question->term >= 0, err))
        return false;
    if (question->term >= 0 && !design_has_one_predictor(fit->design, "a study of another size", err))
        return false;
    if (question->term >= 0 && (design = design_enlarge(fit->design, question->term, levels, rows, err)) == NULL)
        return false;
    beta = NEW_ARRAY(double, fit->design->p + 1);
    if (beta != NULL) {
        memcpy(beta, fit->beta, sizeof *beta * (size_t)fit->design->p);
        if (!isnan(question->effect))
            beta[question->coefficient] = question->effect;
        study.beta = beta;
        study.base = NULL;
    }
    if (design != NULL)
        study.design = design;
    out->n = study.design->n;
    ok = (beta != NULL || fail_memory(err)) && (simulator = simulator_new(&study, false, err)) != NULL;
    if (ok) {
        task.simulator = simulator;
        ok = replicates_run(&out->replicates, question->replicates, OUT_COUNT, try_once, &task, least, progress, err);
        simulator_free(simulator);
    }
    if (ok) {
        out->stopped = out->replicates.stopped;
        summarize(question, out);
        replicates_clear(&out->replicates);
    }
    mem_free(beta);
    design_enlarged_free(design);
    return ok;
}

/* --- how many levels -------------------------------------------------------------------------------
 *
 * Between points of which some have more power than `target` and some less, a line through their normal scores along the root of
 * the levels, each score with the weight of its counts.  Beyond them that line would carry the noise of its slope far away; what
 * holds there is that the error falls as the root of the sample, so that one number is left to estimate:
 *
 *   power(n) = Phi(a sqrt(n) - c) + Phi(-a sqrt(n) - c)
 *
 * with c the critical value of the test, a mean of its t's at each point, which comes down to that of z as 1/n. */

/* Where the line through the scores is at `target`; NaN where it does not rise. */
static double line_levels(const struct power_point points[], int count, double target)
{
    double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, slope;

    for (int i = 0; i < count; i++) {
        double x = sqrt(points[i].levels), power = points[i].power, y, w;

        if (!(power > 0.02 && power < 0.995))
            continue;
        y = qnorm(power, 0, 1, 1, 0);
        w = (double)points[i].used * pow(dnorm(y, 0, 1, 0), 2) / (power * (1 - power));
        sw += w;
        sx += w * x;
        sy += w * y;
        sxx += w * x * x;
        sxy += w * x * y;
    }
    slope = (sw * sxy - sx * sy) / (sw * sxx - sx * sx);
    if (!(slope > 0))
        return (double)NAN;
    sw = (qnorm(target, 0, 1, 1, 0) - (sy - slope * sx) / sw) / slope;
    return sw > 0 ? sw * sw : (double)NAN;
}

/* The slope of the log-likelihood of the counts in a, and the information about a. */
static double law_score(const struct power_point points[], int count, double a, double *information)
{
    double score = 0;

    *information = 0;
    for (int i = 0; i < count; i++) {
        double root = sqrt(points[i].levels), c = points[i].critical, n = (double)points[i].used, found = (double)points[i].found;
        double missed = pnorm(c - a * root, 0, 1, 1, 0) - pnorm(-c - a * root, 0, 1, 1, 0), power = 1 - missed;
        double rise = root * (dnorm(a * root - c, 0, 1, 0) - dnorm(a * root + c, 0, 1, 0));

        if (!(power > 0 && missed > 0))
            continue;
        score += rise * (found / power - (n - found) / missed);
        *information += n * rise * rise / (power * missed);
    }
    return score;
}

/* Where the law of the points is at `target`; NaN where their counts tell it to no better than half of it. */
static double law_levels(const struct power_point points[], int count, double alpha, double target)
{
    static const double ENOUGH = 4; /* a in its errors: n goes as a^-2, so that its error is half of it */
    double low = 0, high = 0, n = 0, information, z = qnorm(0.5 * alpha, 0, 1, 0, 0), more = 0;

    for (int i = 0; i < count; i++) {
        high = fmax(high, (points[i].critical + 8) / sqrt(points[i].levels));
        if (points[i].used > 0 && points[i].levels > n) {
            n = points[i].levels;
            more = (points[i].critical - z) * n;
        }
    }
    for (int step = 0; step < 60; step++) {
        double a = 0.5 * (low + high);

        *(law_score(points, count, a, &information) > 0 ? &low : &high) = a;
    }
    law_score(points, count, low, &information);
    if (!(low * sqrt(information) > ENOUGH))
        return (double)NAN;
    for (int step = 0; step < 60; step++) /* a sqrt(n) = c(n) + Phi^-1(target) */
        n = 0.5 * (n + pow((z + more / n + qnorm(target, 0, 1, 1, 0)) / low, 2));
    return n;
}

double power_levels(const struct power_point points[], int count, double alpha, double target, bool *beyond)
{
    bool above = false, below = false;

    for (int i = 0; i < count; i++) {
        above = above || points[i].power >= target;
        below = below || points[i].power < target;
    }
    *beyond = !above || !below;
    return *beyond ? law_levels(points, count, alpha, target) : line_levels(points, count, target);
}
