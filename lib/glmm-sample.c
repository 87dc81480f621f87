/* glmm-sample.c -- the public face of what draws from a fit or follows its criterion: intervals, responses, checks, power. */
#include "config.h"
#include "glmm.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "glmm-objects.h"
#include "infer/bootstrap.h"
#include "infer/diagnose.h"
#include "infer/sensitivity.h"
#include "infer/power.h"
#include "infer/profiles.h"
#include "infer/simulate.h"
#include "infer/study.h"
#include "infer/sums.h"

enum { USUAL_REPLICATES = 1000, USUAL_DRAWS = 250, USUAL_LEVELS = 5 };
static const double USUAL = 0.95;

/* --- intervals of all parameters ---------------------------------------------------------------------- */

struct glmm_confint {
    struct arena *arena;
    int count;
    struct glmm_interval *intervals;
};

/* By the bootstrap, by Wald, or `followed`: by profile. */
static bool fill_interval(struct profile *profile, const struct bootstrap *boot, const struct interval *followed,
                          const struct glmm_confint_options *how, const struct parameter *p, int index, struct glmm_interval *out,
                          struct glmm_error *err)
{
    struct interval interval = followed[index];
    struct bootstrapped of;
    bool ok = true;

    *out = (struct glmm_interval){
        .kind = parameter_kind_name(p->kind), .group = p->group, .term = p->name, .term2 = p->other, .estimate = p->estimate
    };
    if (boot != NULL) {
        ok = bootstrap_parameter(boot, index, how->level, &of) || fail_memory(err);
        interval.lower = of.lower;
        interval.upper = of.upper;
    } else if (how->method == GLMM_WALD) {
        ok = profile_wald(profile, p, how->level, &interval, err);
    }
    out->lower = interval.lower;
    out->upper = interval.upper;
    return ok;
}

/* Behind the parameters the sums that are determined in the place of some. */
static bool add_sums(struct glmm_confint *c, const struct fit *fit, const struct glmm_confint_options *how,
                     struct glmm_error *err)
{
    struct sum_intervals sums;
    struct glmm_interval *all;

    if (!sum_intervals(fit, how->method == GLMM_WALD, how->level, c->arena, how->progress, &sums, err))
        return false;
    if (sums.count == 0)
        return true;
    if ((all = arena_alloc(c->arena, (size_t)(c->count + sums.count), sizeof *all)) == NULL)
        return fail_memory(err);
    memcpy(all, c->intervals, sizeof *all * (size_t)c->count);
    for (int i = 0; i < sums.count; i++)
        all[c->count + i] = (struct glmm_interval){ .kind = "sum",
                                                    .group = sums.parameter[i].group,
                                                    .term = sums.parameter[i].name,
                                                    .estimate = sums.parameter[i].estimate,
                                                    .lower = sums.interval[i].lower,
                                                    .upper = sums.interval[i].upper };
    c->intervals = all;
    c->count += sums.count;
    return true;
}

struct glmm_confint *glmm_confint_new(const struct glmm_fit *fit, const struct glmm_confint_options *options,
                                      struct glmm_error *err)
{
    struct glmm_confint_options how = { .level = USUAL, .replicates = USUAL_REPLICATES };
    struct glmm_confint *c;
    struct profile *profile = NULL;
    struct bootstrap *boot = NULL;
    const struct parameter *list = NULL;
    struct interval *followed = NULL;
    bool ok;

    if (!argument_given(fit, "fit", err) || !options_take(&how, options, sizeof how, err))
        return NULL;
    how.level = how.level == 0 ? USUAL : how.level;
    how.replicates = how.replicates == 0 ? USUAL_REPLICATES : how.replicates;
    if (!(how.level > 0 && how.level < 1)) {
        fail(err, GLMM_E_VALUE, NOWHERE, "a level is between 0 and 1");
        error_argument(err, "level");
        return NULL;
    }
    c = NEW(struct glmm_confint);
    ok = (c != NULL && (c->arena = arena_new()) != NULL && (list = parameters_of(fit->fit, c->arena, &c->count)) != NULL
          && (c->intervals = arena_alloc(c->arena, (size_t)c->count + 1, sizeof *c->intervals)) != NULL
          && (followed = arena_alloc(c->arena, (size_t)c->count + 1, sizeof *followed)) != NULL)
         || fail_memory(err);
    if (ok && how.method == GLMM_BOOT)
        ok = (boot = bootstrap_new(fit->fit, how.replicates, how.seed, false, how.progress, err)) != NULL;
    else if (ok && how.method == GLMM_WALD)
        ok = (profile = profile_new(fit->fit, how.progress, err)) != NULL;
    else if (ok)
        ok = profile_check(fit->fit, err) && profiles_find(fit->fit, list, c->count, how.level, how.progress, followed, err);
    for (int i = 0; ok && i < c->count; i++)
        ok = fill_interval(profile, boot, followed, &how, &list[i], i, &c->intervals[i], err);
    ok = ok && (how.method == GLMM_BOOT || add_sums(c, fit->fit, &how, err));
    profile_free(profile);
    bootstrap_free(boot);
    if (ok)
        return c;
    glmm_confint_free(c);
    return NULL;
}

void glmm_confint_free(struct glmm_confint *c)
{
    if (c == NULL)
        return;
    arena_free(c->arena);
    mem_free(c);
}

int glmm_confint_count(const struct glmm_confint *c)
{
    return c == NULL ? 0 : c->count;
}

bool glmm_confint_get(const struct glmm_confint *c, int index, struct glmm_interval *out)
{
    if (c == NULL || out == NULL || index < 0 || index >= c->count)
        return false;
    *out = c->intervals[index];
    return true;
}

/* --- responses ------------------------------------------------------------------------------------------ */

bool glmm_fit_simulate(const struct glmm_fit *fit, unsigned long long seed, unsigned long long draw, double response[],
                       struct glmm_error *err)
{
    struct simulator *simulator;
    bool ok;

    if (!argument_given(fit, "fit", err) || !argument_given(response, "response", err) || !simulator_has_law(fit->fit, false, err)
        || (simulator = simulator_new(fit->fit, false, err)) == NULL)
        return false;
    ok = simulator_draw(simulator, seed, draw, response) || fail_memory(err);
    simulator_free(simulator);
    return ok;
}

/* --- checks --------------------------------------------------------------------------------------------- */

struct glmm_diagnosis {
    struct diagnosis *diagnosis;
};

struct glmm_diagnosis *glmm_diagnosis_new(const struct glmm_fit *fit, int draws, unsigned long long seed,
                                          const struct glmm_progress *progress, struct glmm_error *err)
{
    struct glmm_diagnosis *d;
    struct model model;

    if (!argument_given(fit, "fit", err))
        return NULL;
    if ((d = NEW(struct glmm_diagnosis)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    model = *fit->model;
    model.fit = fit->fit;
    d->diagnosis = diagnosis_new(&model, draws > 0 ? draws : USUAL_DRAWS, seed, NULL, progress, err);
    if (d->diagnosis != NULL)
        return d;
    mem_free(d);
    return NULL;
}

void glmm_diagnosis_free(struct glmm_diagnosis *d)
{
    if (d == NULL)
        return;
    diagnosis_free(d->diagnosis);
    mem_free(d);
}

int glmm_diagnosis_count(const struct glmm_diagnosis *d)
{
    return d == NULL ? 0 : d->diagnosis->count;
}

bool glmm_diagnosis_get(const struct glmm_diagnosis *d, int index, struct glmm_check *out)
{
    const struct check *c;

    if (d == NULL || out == NULL || index < 0 || index >= d->diagnosis->count)
        return false;
    c = &d->diagnosis->checks[index];
    *out = (struct glmm_check){ .kind = check_kind_name(c->kind),
                                .verdict = check_verdict_name(c->verdict),
                                .group = c->subject,
                                .term = c->other,
                                .level = c->level,
                                .statistic = c->statistic,
                                .expected = c->expected,
                                .p = c->p };
    return true;
}

/* --- sensitivity ---------------------------------------------------------------------------------------- */

struct glmm_sensitivity {
    struct sensitivity *found;
};

struct glmm_sensitivity *glmm_sensitivity_new(const struct glmm_fit *fit, int levels, const struct glmm_progress *progress,
                                              struct glmm_error *err)
{
    bool kinds[VARIANT_KINDS];
    struct glmm_sensitivity *s;

    if (!argument_given(fit, "fit", err))
        return NULL;
    for (int k = 0; k < VARIANT_KINDS; k++)
        kinds[k] = true;
    if ((s = NEW(struct glmm_sensitivity)) == NULL) {
        fail_memory(err);
        return NULL;
    }
    if ((s->found = sensitivity_new(fit->fit, kinds, levels > 0 ? levels : USUAL_LEVELS, progress, err)) != NULL)
        return s;
    mem_free(s);
    return NULL;
}

void glmm_sensitivity_free(struct glmm_sensitivity *s)
{
    if (s == NULL)
        return;
    sensitivity_free(s->found);
    mem_free(s);
}

int glmm_sensitivity_count(const struct glmm_sensitivity *s)
{
    return s == NULL ? 0 : s->found->variant_count;
}

bool glmm_sensitivity_get(const struct glmm_sensitivity *s, int index, struct glmm_variant *out)
{
    const struct variant *v;

    if (s == NULL || out == NULL || index < 0 || index >= s->found->variant_count)
        return false;
    v = &s->found->variants[index];
    *out = (struct glmm_variant){ .kind = variant_kind_name(v->kind),
                                  .what = v->what,
                                  .group = v->group,
                                  .verdict = variant_verdict_name(v->verdict),
                                  .loglik = v->loglik,
                                  .move = v->largest < 0 ? (double)NAN : v->move[v->largest] };
    return true;
}

/* --- power ---------------------------------------------------------------------------------------------- */

bool glmm_power(const struct glmm_fit *fit, const struct glmm_power_options *options, struct glmm_power *out,
                struct glmm_error *err)
{
    struct glmm_power_options how = { .effect = (double)NAN, .alpha = 1 - USUAL, .replicates = USUAL_REPLICATES };
    struct power_question question;
    struct power_point point;

    if (!argument_given(fit, "fit", err) || !argument_given(out, "out", err) || !options_take(&how, options, sizeof how, err))
        return false;
    question = (struct power_question){ .coefficient = how.coefficient,
                                        .effect = how.effect,
                                        .alpha = how.alpha > 0 ? how.alpha : 1 - USUAL,
                                        .term = how.levels > 0 || how.rows > 0 ? how.term : -1,
                                        .replicates = how.replicates > 0 ? how.replicates : USUAL_REPLICATES,
                                        .seed = how.seed };
    if (how.coefficient < 0 || how.coefficient >= fit->fit->design->p) {
        fail(err, GLMM_E_VALUE, NOWHERE, "there is no coefficient %d", how.coefficient);
        return error_argument(err, "coefficient");
    }
    if (question.term >= fit->fit->design->random_count) {
        fail(err, GLMM_E_VALUE, NOWHERE, "there is no random term %d", how.term);
        return error_argument(err, "term");
    }
    if (question.term >= 0 && how.levels <= 0)
        how.levels = fit->fit->design->random[question.term].level_count;
    if (!power_at(fit->fit, &question, how.levels, how.rows > 0 ? (size_t)how.rows : 0, how.progress, &point, err))
        return false;
    *out = (struct glmm_power){ .power = point.power, .lower = point.lower, .upper = point.upper, .used = point.used };
    return true;
}

static bool states_nothing(int number, const char *argument, struct glmm_error *err)
{
    fail(err, GLMM_E_USAGE, NOWHERE, "number %d states nothing: a name with its values is wanted", number);
    return error_argument(err, argument);
}

bool stated_take(const struct glmm_stated given[], int count, const char *argument, struct arena *arena, struct at *out,
                 struct glmm_error *err)
{
    *out = (struct at){ .variables = arena_alloc(arena, (size_t)(count > 0 ? count : 0) + 1, sizeof *out->variables) };
    if (out->variables == NULL)
        return fail_memory(err);
    for (int i = 0; i < count; i++) {
        const char **values = arena_alloc(arena, given[i].count + 1, sizeof *values);

        if (values == NULL)
            return fail_memory(err);
        if (given[i].name == NULL || given[i].count == 0 || given[i].values == NULL)
            return states_nothing(i + 1, argument, err);
        for (size_t k = 0; k < given[i].count; k++)
            if ((values[k] = given[i].values[k]) == NULL)
                return states_nothing(i + 1, argument, err);
        out->variables[out->count++] = (struct at_variable){ given[i].name, values, given[i].count, given[i].count };
    }
    return true;
}

static bool take_names(const char *const given[], int count, const char *argument, struct arena *arena, struct at *out,
                       struct glmm_error *err)
{
    *out = (struct at){ .variables = arena_alloc(arena, (size_t)(count > 0 ? count : 0) + 1, sizeof *out->variables) };
    if (out->variables == NULL)
        return fail_memory(err);
    for (int i = 0; i < count; i++) {
        if (given[i] == NULL)
            return fail(err, GLMM_E_USAGE, NOWHERE, "number %d has no name", i + 1) || error_argument(err, argument);
        out->variables[out->count++] = (struct at_variable){ .name = given[i] };
    }
    return true;
}

static bool take_study(const char *formula, const struct glmm_study_options *how, struct arena *arena, struct study_question *out,
                       struct glmm_error *err)
{
    *out = (struct study_question){ .spec = { .formula = formula,
                                              .family = how->family,
                                              .link = how->link,
                                              .offset = how->offset,
                                              .weights = how->weights,
                                              .trials = how->trials },
                                    .of = how->of,
                                    .sigma = how->sigma > 0 ? how->sigma : (double)NAN,
                                    .dispersion = how->dispersion > 0 ? how->dispersion : (double)NAN,
                                    .groups = how->groups > 0 ? how->groups : 1,
                                    .size = how->rows > 0 ? (size_t)how->rows : 0 };
    if (out->size == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "a study without data needs its size");
        return error_argument(err, "rows");
    }
    return stated_take(how->beta, how->beta_count, "beta", arena, &out->beta, err)
           && stated_take(how->sd, how->sd_count, "sd", arena, &out->sd, err)
           && stated_take(how->corr, how->corr_count, "corr", arena, &out->corr, err)
           && stated_take(how->at, how->at_count, "at", arena, &out->at, err)
           && take_names(how->between, how->between_count, "between", arena, &out->between, err);
}

bool glmm_power_stated(const char *formula, const struct glmm_study_options *options, struct glmm_power *out,
                       struct glmm_error *err)
{
    struct glmm_study_options how = { 0 };
    struct power_question power = { .effect = (double)NAN, .term = -1 };
    struct study_question question;
    struct power_point point;
    struct study *study = NULL;
    struct arena *arena;
    bool ok;

    if (!argument_given(formula, "formula", err) || !argument_given(out, "out", err)
        || !options_take(&how, options, sizeof how, err))
        return false;
    if ((arena = arena_new()) == NULL)
        return fail_memory(err);
    power.alpha = how.alpha > 0 ? how.alpha : 1 - USUAL;
    power.replicates = how.replicates > 0 ? how.replicates : USUAL_REPLICATES;
    power.seed = how.seed;
    ok = take_study(formula, &how, arena, &question, err) && study_power(&question, &power, how.progress, &study, &point, err);
    if (ok)
        *out = (struct glmm_power){ .power = point.power, .lower = point.lower, .upper = point.upper, .used = point.used };
    study_free(study);
    arena_free(arena);
    return ok;
}
