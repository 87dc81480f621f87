/* power.c -- see power.h. */
#include "infer/power.h"

#include <math.h>
#include <string.h>
#include <Rmath.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/limits.h"
#include "fit/rowcov.h"
#include "infer/ci.h"
#include "infer/enlarge.h"
#include "infer/predict-parts.h"
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
    for (int k = 0; k < fit->part_count && larger; k++)
        if (fit->part[k].kind != PART_THRESHOLDS && fit_part_is_infinite(fit, fit->part[k].kind))
            return fail(err, GLMM_E_MODEL, NOWHERE,
                        "infinite estimates of zi= or disp= are no study of another size: leave groups= and size= out");
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
    return true;
}

/* Of a study of other rows: the shapes that zi= and disp= give to these, n each, in memory of the caller's. */
static void set_shapes(struct fit *study, double values[])
{
    size_t n = study->design->n;

    for (int k = 0; k < study->part_count; k++) {
        int shape = study->part[k].kind == PART_ZERO ? family_zero_shape(study->family) : 0;
        double *own = values + (size_t)k * n;
        struct part_rows rows;

        if (study->part[k].kind == PART_THRESHOLDS)
            continue;
        part_rows_init(&rows, study, study->part[k].kind, NULL);
        for (size_t i = 0; i < n; i++)
            own[i] = part_rows_eta(&rows, i);
        study->shape_rows[shape] = own;
    }
}

bool power_at(const struct fit *fit, const struct power_question *question, int32_t levels, size_t rows,
              const struct glmm_progress *progress, struct power_point *out, struct glmm_error *err)
{
    struct fit study = *fit;
    struct design *design = NULL;
    struct task task = { .fit = &study, .question = question };
    struct simulator *simulator;
    double *beta, *shapes = NULL;
    long least = question->replicates < LEAST ? question->replicates : LEAST;
    bool ok;

    *out = (struct power_point){ .levels = levels, .rows = rows };
    if (!check(fit, question->coefficient, question->term >= 0, err))
        return false;
    if (question->term >= 0 && !design_can_enlarge(fit->design, question->term, rows, err))
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
    if (design != NULL) {
        study.design = design;
        if ((shapes = NEW_ARRAY(double, (size_t)study.part_count * design->n + 1)) != NULL)
            set_shapes(&study, shapes);
    }
    out->n = study.design->n;
    ok = ((beta != NULL && (design == NULL || shapes != NULL)) || fail_memory(err)) && simulator_can_refit(&study, err)
         && (simulator = simulator_new(&study, false, err)) != NULL;
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
    mem_free(shapes);
    design_enlarged_free(design);
    return ok;
}
