/* rowcov-verdict.c -- what the optimum of rowcov.h is called, in words. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/safe.h"
#include "fit/identify.h"
#include "fit/rowcov-private.h"
#include "model/residuals.h"

static void say(struct optimum *optimum, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct optimum *optimum, const char *format, ...)
{
    size_t used = strlen(optimum->message), size = sizeof optimum->message;
    va_list args;

    if (used + 6 >= size)
        return;
    if (used > 0) {
        memcpy(optimum->message + used, "; ", 3);
        used += 2;
    }
    va_start(args, format);
    safe_format(optimum->message + used, size - used, format, args);
    va_end(args);
}

static void tell_boundary(struct optimum *optimum, enum boundary boundary)
{
    optimum->boundary = optimum->boundary == BOUNDARY_NONE ? boundary : optimum->boundary;
    optimum->verdict = VERDICT_BOUNDARY;
}

static void tell_law(struct optimum *optimum, enum correlation_law law, int edge, int i, const char *of)
{
    tell_boundary(optimum, BOUNDARY_CORRELATION);
    if (law == LAW_OU || law == LAW_EXP || law == LAW_GAU || law == LAW_MAT)
        say(optimum, "the %s %s runs to %s: these data show no correlation that depends on the distance", law_name(law, i), of,
            edge > 0 ? "infinity" : "0");
    else
        say(optimum, "a correlation %s is estimated at the edge of its range (%d)", of, edge > 0 ? 1 : -1);
}

static void tell_edges(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    char of[200];

    for (int t = 0; t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];

        for (int a = 0; a < term->sd_count; a++) {
            if (task->edge[term->first + a] == 0)
                continue;
            tell_boundary(&fit->optimum, BOUNDARY_VARIANCE);
            if (term->sd_count == 1)
                say(&fit->optimum, "the variance between levels of %s is estimated as 0", term->random->group);
            else
                say(&fit->optimum, "the variance of %s between levels of %s is estimated as 0", term->random->names[a],
                    term->random->group);
        }
        snprintf(of, sizeof of, "between levels of %.150s", term->random->group);
        for (int i = 0; i < term->law_count; i++)
            if (task->edge[term->first + term->sd_count + i] != 0)
                tell_law(&fit->optimum, term->structure->law, task->edge[term->first + term->sd_count + i], i, of);
    }
    for (int i = 0; m->residual.design != NULL && i < m->residual.law_count; i++) {
        int at = m->residual.first + m->residual.design->scale_count - 1 + i;

        if (task->edge[at] != 0)
            tell_law(&fit->optimum, m->residual.design->structure->law, task->edge[at], i, "of the residuals");
    }
}

/* The name of parameter i, for a sentence. */
static void name_parameter(const struct rowcov *m, int i, char *out, size_t size)
{
    for (int t = 0; t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];

        if (i >= term->first && i < term->first + term->sd_count + term->law_count) {
            snprintf(out, size, "%s of %.80s", i < term->first + term->sd_count ? "the variance" : "the correlation",
                     term->random->group);
            return;
        }
    }
    snprintf(out, size, i < m->first ? "the fixed effects" : "the residuals' structure");
}

/* A direction along which nothing changes: its largest parts by name. */
static void tell_flat(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const double *v = task->vectors + (size_t)task->flat * (size_t)task->count;
    char first[120] = "", name[120];
    int told = 0;

    fit->optimum.verdict = VERDICT_NOT_IDENTIFIED;
    for (int i = 0; i < task->count; i++) {
        if (fabs(v[i]) < 0.1)
            continue;
        name_parameter(m, i, name, sizeof name);
        if (told > 0 && strcmp(name, first) == 0)
            continue;
        if (told++ == 0)
            memcpy(first, name, sizeof first);
        say(&fit->optimum, "%s", name);
    }
    if (told == 1 && task->linear && m->residual.design == NULL)
        say(&fit->optimum, "the data do not tell it from the residuals");
    else
        say(&fit->optimum, "the data do not determine %s", told == 1 ? "it" : "these apart");
}

void rowcov_verdict(struct fit *fit, const struct rowcov_task *task, double tolerance)
{
    struct optimum *optimum = &fit->optimum;

    optimum->verdict = VERDICT_OK;
    optimum->gain = task->gain;
    optimum->iterations = task->iterations;
    optimum->evaluations = task->m->evaluations;
    optimum->smallest_eigenvalue = task->count > 0 && task->have_hessian ? task->values[0] : 0.0;
    for (int i = 0; i < task->count; i++)
        optimum->gradient = task->held[i] ? optimum->gradient : fmax(optimum->gradient, fabs(task->gradient[i]));
    if (!task->have_hessian || !(task->gain <= tolerance) || optimum->smallest_eigenvalue < -1e-3) {
        optimum->verdict = VERDICT_NOT_CONVERGED;
        say(optimum,
            "the optimizer stopped with %.3g of deviance still to gain; simplify the random terms or rescale the predictors",
            task->gain);
        return;
    }
    tell_edges(fit, task);
    if (task->flat >= 0)
        tell_flat(fit, task);
}

/* --- what is not determined ----------------------------------------------------------------------------------- */

static const double SHARE = 0.02; /* of a direction, by which it is said to change a parameter */

/* Whether a direction in the parameters without curvature changes sigma. */
static bool moves_sigma(const struct rowcov *m, const double *v)
{
    double along = 0.0;

    for (int i = 0; i < m->count; i++)
        along += m->gradient[PART_RSS][i] * v[i];
    return fabs(along) > SHARE * m->rss;
}

/* The terms, and the residual variance, that change along a direction without curvature are not determined. */
bool rowcov_open(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    struct identity *identity = arena_alloc(fit->arena, 1, sizeof *identity);
    bool ok = identity != NULL;

    if (ok) {
        identity->unknown = arena_alloc(fit->arena, (size_t)m->term_count + 1, sizeof *identity->unknown);
        identity->modes_unknown = arena_alloc(fit->arena, (size_t)m->term_count + 1, sizeof *identity->modes_unknown);
        ok = identity->unknown != NULL && identity->modes_unknown != NULL;
    }
    for (int t = 0; ok && t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];
        size_t kk = (size_t)term->k * (size_t)term->k, modes = (size_t)term->random->level_count * (size_t)term->k;
        bool open = false;

        for (int v = 0; v < task->count; v++)
            for (int i = term->first; i < term->first + term->sd_count + term->law_count; i++)
                open = open || (fabs(task->values[v]) < ROWCOV_FLAT && fabs(task->vectors[i + v * task->count]) > SHARE);
        identity->unknown[t] = arena_alloc(fit->arena, kk, sizeof(bool));
        identity->modes_unknown[t] = arena_alloc(fit->arena, modes, sizeof(bool));
        ok = identity->unknown[t] != NULL && identity->modes_unknown[t] != NULL;
        if (ok && open) {
            memset(identity->unknown[t], 1, kk * sizeof(bool));
            memset(identity->modes_unknown[t], 1, modes * sizeof(bool));
        }
    }
    for (int v = 0; ok && v < task->count; v++)
        if (fabs(task->values[v]) < ROWCOV_FLAT) {
            identity->lost++;
            identity->residual_unknown =
                identity->residual_unknown || (task->linear && moves_sigma(m, task->vectors + v * task->count));
        }
    if (ok) {
        identity->vcov = fit->vcov;
        fit->identity = identity;
    }
    return ok;
}
