/* table-sheet.c -- see table-sheet.h. */
#include "cmd/table-sheet.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/identify.h"
#include "fit/imputed.h"
#include "fit/scales.h"
#include "infer/ci.h"
#include "infer/parameter.h"
#include "infer/ratio.h"
#include "model/covariance.h"
#include "model/family.h"
#include "model/residuals.h"

/* The row of that label, made where it is new; NULL when memory is out. */
static struct line *sheet_line(struct sheet *s, enum part part, const char *label)
{
    struct line *line;
    void *lines = s->lines;

    for (size_t i = 0; i < s->count && label != NULL; i++)
        if (s->lines[i].part == part && strcmp(s->lines[i].label, label) == 0)
            return &s->lines[i];
    if (label == NULL || !mem_grow(&lines, &s->capacity, s->count + 1, sizeof *s->lines)) {
        s->failed = true;
        return NULL;
    }
    s->lines = lines;
    line = &s->lines[s->count];
    *line =
        (struct line){ .part = part, .label = label, .entries = arena_alloc(s->arena, s->model_count, sizeof *line->entries) };
    if (line->entries == NULL) {
        s->failed = true;
        return NULL;
    }
    s->count++;
    return line;
}

static void set_entry(struct line *line, size_t model, double estimate)
{
    if (line != NULL)
        line->entries[model] = (struct entry){ true, estimate, (double)NAN, (double)NAN, (double)NAN, (double)NAN };
}

/* Thresholds, and the coefficients of the predictors of zeros and of the dispersion, on their own scales. */
static void add_parts(struct sheet *s, size_t m)
{
    static const char *const kinds[] = { "thresholds", "zi", "disp" }, *const words[] = { "threshold", "zi", "disp" };
    const struct fit *fit = s->models[m]->fit;

    for (int k = 0; k < fit->part_count; k++) {
        const struct fit_part *part = &fit->part[k];

        for (int j = 0; j < part->count; j++) {
            struct line *line = sheet_line(s, PART_FIXED, arena_printf(s->arena, "%s %s", words[part->kind], part->names[j]));
            struct wald wald;

            if (line == NULL)
                return;
            wald_test(part->estimate[j], part->se[j], (double)INFINITY, s->level, &wald);
            line->entries[m] = (struct entry){ true, part->estimate[j], part->se[j], wald.lower, wald.upper, wald.p };
            line->kind = kinds[part->kind];
            line->term = part->names[j];
        }
    }
}

/* disp= by REML, in the lines that it has by maximum likelihood. */
static void add_scales(struct sheet *s, size_t m)
{
    const struct fit *fit = s->models[m]->fit;
    const struct design *scales = fit_scales(fit);

    for (int j = 0; scales != NULL && j < scales->p; j++) {
        struct line *line = sheet_line(s, PART_FIXED, arena_printf(s->arena, "disp %s", scales->names[j]));
        struct wald wald;
        double estimate, se;

        if (line == NULL)
            return;
        estimate = fit_scales_coefficient(fit, j, &se);
        wald_test(estimate, se, (double)INFINITY, s->level, &wald);
        line->entries[m] = (struct entry){ true, estimate, se, wald.lower, wald.upper, wald.p };
        line->kind = "disp";
        line->term = scales->names[j];
    }
}

static void add_fixed(struct sheet *s, size_t m)
{
    const struct fit *fit = s->models[m]->fit;
    struct ratio ratio;
    bool ratios = s->options->ratios && ratio_of_model(s->models[m], &ratio);

    for (int j = 0; j < fit->design->p; j++) {
        struct line *line = sheet_line(s, PART_FIXED, fit->design->names[j]);
        struct entry *entry;
        struct wald wald;

        if (line == NULL)
            return;
        wald_test(fit->beta[j], fit->se[j], fit->df == NULL ? (double)INFINITY : fit->df[j], s->level, &wald);
        entry = &line->entries[m];
        *entry = (struct entry){ true, fit_coefficient(fit, j), fit->se[j], wald.lower, wald.upper, wald.p };
        if (ratios)
            ratio_turn(&ratio, &entry->estimate, &entry->se, &entry->lower, &entry->upper);
        line->kind = "fixed";
        line->term = fit->design->names[j];
    }
}

/* An estimate of the random part; `where` leads its label: "Subject", "disp Subject". */
static struct line *random_line(struct sheet *s, size_t m, const char *where, const char *label, double estimate)
{
    struct line *line = sheet_line(s, PART_RANDOM, arena_printf(s->arena, "%s %s", where, label));

    set_entry(line, m, estimate);
    if (line != NULL)
        line->group = where;
    return line;
}

/* A structured term of one variance has one line for all its effects. */
static void add_deviations(struct sheet *s, size_t m, const char *where, const struct random_design *design, const double sd[])
{
    bool variance = s->options->random == VARIATION_VARIANCE,
         one = design->structure != NULL && !design->structure->hetero && design->k > 1;

    for (int a = 0; a < (one ? 1 : design->k); a++) {
        const char *name =
            one ? arena_printf(s->arena, "%s, %d effects", random_structure_name(design, s->arena), design->k) : design->names[a];
        struct line *line = random_line(s, m, where, name, variance ? sd[a] * sd[a] : sd[a]);

        if (line == NULL)
            return;
        line->kind = variance ? "variance" : "sd";
        line->term = one ? random_structure_name(design, s->arena) : design->names[a];
    }
}

/* correlation: k x k. */
static void add_correlations(struct sheet *s, size_t m, const char *where, const struct random_design *design,
                             const double correlation[])
{
    for (int a = 1; a < design->k && design->covariance->correlated; a++)
        for (int b = 0; b < a; b++) {
            const char *label = arena_printf(s->arena, "corr. %s, %s", design->names[b], design->names[a]);
            struct line *line = random_line(s, m, where, label, correlation[b * design->k + a]);

            if (line == NULL)
                return;
            line->kind = "corr";
            line->term = design->names[b];
            line->term2 = design->names[a];
        }
}

/* The parameters of a structure stand for all correlations that it makes. */
static void add_structure(struct sheet *s, size_t m, const char *where, const char *name,
                          const struct covariance_parameter list[], int count)
{
    for (int i = 0; i < count; i++) {
        const char *label = arena_printf(s->arena, "%s %s", name, list[i].name);
        struct line *line = random_line(s, m, where, label, list[i].estimate);

        if (line == NULL)
            return;
        line->kind = "structure";
        line->term = list[i].name;
    }
}

/* The term's standard deviations, or its correlations, with NaN where the data do not tell. */
static double *known_matrix(struct sheet *s, const struct fit *fit, int t, bool correlations)
{
    const struct random_fit *random = &fit->random[t];
    int k = random->k;
    double *known = arena_alloc(s->arena, (size_t)k * (size_t)k, sizeof *known);

    if (known == NULL) {
        s->failed = true;
        return NULL;
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a && correlations; b++)
            known[b * k + a] = fit_knows(fit, t, a, b) && fit_knows(fit, t, a, a) && fit_knows(fit, t, b, b)
                                   ? random->correlation[b * k + a]
                                   : (double)NAN;
    for (int a = 0; a < k && !correlations; a++)
        known[a] = fit_knows(fit, t, a, a) ? random->sd[a] : (double)NAN;
    return known;
}

/* The random terms of zi= or disp=. */
static void add_part_random(struct sheet *s, size_t m, const struct fit_part *part)
{
    for (int t = 0; part->design != NULL && t < part->design->random_count; t++) {
        const struct random_design *design = &part->design->random[t];
        const char *where = arena_printf(s->arena, "%s %s", part->kind == PART_ZERO ? "zi" : "disp", design->group);

        add_deviations(s, m, where, design, part->random[t].sd);
        add_correlations(s, m, where, design, part->random[t].correlation);
    }
}

static void add_random(struct sheet *s, size_t m)
{
    const struct fit *fit = s->models[m]->fit;

    for (int t = 0; t < fit->design->random_count; t++) {
        const struct random_design *design = &fit->design->random[t];
        const struct random_fit *random = &fit->random[t];
        const double *sd = known_matrix(s, fit, t, false), *correlation = known_matrix(s, fit, t, true);

        if (sd == NULL || correlation == NULL)
            return;
        add_deviations(s, m, design->group, design, sd);
        if (design->structure != NULL)
            add_structure(s, m, design->group, random_structure_name(design, s->arena), random->parameters,
                          random->parameter_count);
        else
            add_correlations(s, m, design->group, design, correlation);
    }
    for (int k = 0; k < fit->part_count; k++)
        add_part_random(s, m, &fit->part[k]);
    if (fit->residual != NULL && fit_scales(fit) == NULL)
        add_structure(s, m, "Residual", fit->residual->structure, fit->residual->parameters, fit->residual->parameter_count);
}

/* The residual's standard deviation (of several each has its line already), or the family's parameter: behind the effects of all
 * models. */
static void add_scale(struct sheet *s, size_t m)
{
    const struct fit *fit = s->models[m]->fit;
    bool residual = fit_has_residual(fit), known;
    struct line *line;

    if (!fit->has_scale || (residual && !fit_has_one_residual(fit)))
        return;
    known = !residual || fit_knows(fit, -1, 0, 0);
    line =
        sheet_line(s, PART_RANDOM, residual ? "Residual" : arena_printf(s->arena, "Dispersion %s", fit->family->dispersion_name));
    if (line == NULL)
        return;
    set_entry(line, m,
              !known                                     ? (double)NAN
              : !residual                                ? fit_dispersion_shown(fit)
              : s->options->random == VARIATION_VARIANCE ? residual_sd_shown(fit) * residual_sd_shown(fit)
                                                         : residual_sd_shown(fit));
    line->kind = !residual ? "dispersion" : s->options->random == VARIATION_VARIANCE ? "residual variance" : "sigma";
}

static void add_count(struct sheet *s, size_t m, const char *label, double count)
{
    struct line *line = sheet_line(s, PART_FIT, label);

    set_entry(line, m, count);
    if (line != NULL)
        line->counts = true;
}

static void add_counts(struct sheet *s, size_t m)
{
    const struct design *design = s->models[m]->design;
    const struct residual_design *residual = design->residual;
    const struct random_design *group;

    add_count(s, m, "n", (double)design->n);
    for (int g = 0; (group = design_group(design, g)) != NULL; g++)
        add_count(s, m, arena_printf(s->arena, "%s groups", group->group), group->level_count);
    if (residual != NULL && residual->group != NULL && group_index(design, residual->group) < 0)
        add_count(s, m, arena_printf(s->arena, "%s groups", residual->group), residual->block_count);
}

static void add_criteria(struct sheet *s, size_t m)
{
    const struct fit *fit = s->models[m]->fit;

    add_count(s, m, "parameters", fit->npar);
    set_entry(sheet_line(s, PART_FIT, "logLik"), m, fit_of_maximum(fit, fit->loglik));
    set_entry(sheet_line(s, PART_FIT, "AIC"), m, fit_of_maximum(fit, fit->aic));
    set_entry(sheet_line(s, PART_FIT, "BIC"), m, fit_of_maximum(fit, fit->bic));
}

bool sheet_fill(struct sheet *s)
{
    void (*const adders[])(struct sheet *, size_t) = { add_fixed, add_parts,  add_scales,  add_random,
                                                       add_scale, add_counts, add_criteria };

    for (size_t i = 0; i < sizeof adders / sizeof adders[0]; i++) {
        if (s->options->random == VARIATION_NONE && (adders[i] == add_random || adders[i] == add_scale))
            continue;
        for (size_t m = 0; m < s->model_count && !s->failed; m++)
            adders[i](s, m);
    }
    return !s->failed;
}
