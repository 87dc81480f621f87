/* figures.c -- see figures.h: what figures there are.  figure-explain.c says how each comes about. */
#include "cmd/figures.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "lang/command.h"
#include "report/stating.h"
#include "result/result.h"
#include "infer/ratio.h"
#include "fit/identify.h"
#include "infer/ci.h"
#include "infer/parameter.h"
#include "model/family.h"

static const char *const names[FIGURE_KINDS] = {
    [FIGURE_ESTIMATE] = "estimate",
    [FIGURE_SE] = "se",
    [FIGURE_STATISTIC] = "t",
    [FIGURE_DF] = "df",
    [FIGURE_P] = "p",
    [FIGURE_LOWER] = "lower",
    [FIGURE_UPPER] = "upper",
    [FIGURE_RATIO] = "exp",
    [FIGURE_RATIO_LOWER] = "lower",
    [FIGURE_RATIO_UPPER] = "upper",
    [FIGURE_COVARIANCE] = "covariance",
    [FIGURE_SD] = "SD",
    [FIGURE_VARIANCE] = "variance",
    [FIGURE_CORRELATION] = "corr",
    [FIGURE_SHARE] = "share",
    [FIGURE_ROWS] = "n",
    [FIGURE_DISPERSION] = "dispersion",
    [FIGURE_DISPERSION_LOWER] = "lower",
    [FIGURE_DISPERSION_UPPER] = "upper",
    [FIGURE_CRITERION] = "deviance",
    [FIGURE_LOGLIK] = "logLik",
    [FIGURE_AIC] = "AIC",
    [FIGURE_AICC] = "AICc",
    [FIGURE_BIC] = "BIC",
    [FIGURE_ICC] = "ICC",
    [FIGURE_ICC_ALL] = "ICC-all",
    [FIGURE_ALIKE] = "correlation",
    [FIGURE_DESIGN_EFFECT] = "design-effect",
    [FIGURE_KEPT] = "kept",
    [FIGURE_BLUP] = "BLUP",
    [FIGURE_BLUP_SE] = "cond.SD",
    [FIGURE_BLUP_LOWER] = "lower",
    [FIGURE_BLUP_UPPER] = "upper",
    [FIGURE_RAW] = "raw",
    [FIGURE_MODE] = "mode",
    [FIGURE_CHISQ] = "chi2",
    [FIGURE_LRT_DF] = "df",
    [FIGURE_LRT_P] = "p",
};

const char *figure_name(const struct figures *figures, const struct figure *figure)
{
    if (figure->kind == FIGURE_SHOWN)
        return shown_name(figure);
    if (figure->kind == FIGURE_STATISTIC && !(figures->t_tests && figure->fit->df != NULL))
        return "z";
    if (figure->kind == FIGURE_CRITERION && figure->fit->method == METHOD_REML)
        return "REML";
    return names[figure->kind];
}

const char *figure_name_at(int i)
{
    return i < FIGURE_SHOWN ? names[i] : shown_name_at(i - FIGURE_SHOWN);
}

bool figure_is_share(const struct figure *figure)
{
    return figure->kind == FIGURE_SHARE || figure->kind == FIGURE_KEPT
           || (figure->kind == FIGURE_SHOWN && shown_is_share(figure));
}

bool figure_is_p(enum figure_kind kind)
{
    return kind == FIGURE_P || kind == FIGURE_LRT_P;
}

void figure_owner(const struct figure *figure, struct text *out)
{
    const struct design *design = figure->fit == NULL ? NULL : figure->fit->design;
    const struct random_design *random =
        design != NULL && figure->term >= 0 && figure->term < design->random_count ? &design->random[figure->term] : NULL;

    assert(design != NULL || figure->kind == FIGURE_SHOWN || figure->kind > FIGURE_COVARIANCE); /* of coefficients */
    if (figure->kind == FIGURE_SHOWN) {
        shown_owner(figure, out);
    } else if (figure->kind <= FIGURE_RATIO_UPPER) {
        text_add(out, design->names[figure->effect]);
    } else if (figure->kind == FIGURE_COVARIANCE) {
        text_addf(out, figure->term == figure->effect ? "%s" : "%s and %s", design->names[figure->term],
                  design->names[figure->effect]);
    } else if (figure->kind == FIGURE_CORRELATION && random != NULL) {
        text_addf(out, "%s %s and %s", random->group, random->names[figure->other], random->names[figure->effect]);
    } else if (figure->kind <= FIGURE_SHARE) {
        if (random == NULL)
            text_add(out, "Residual");
        else if (figure->kind == FIGURE_SHARE && random->k > 1) /* of all its effects */
            text_add(out, random->group);
        else
            text_addf(out, "%s %s", random->group, random->names[figure->effect]);
    } else if (figure->kind <= FIGURE_BIC) {
        text_add(out, figure->model->name);
    } else if (figure->kind <= FIGURE_DESIGN_EFFECT) {
        text_add(out, random == NULL ? "" : random->group);
    } else if (figure->kind <= FIGURE_MODE) {
        text_addf(out, "%s %s", figure->shrinkage->group, figure->shrinkage->level[figure->level]);
        if (strcmp(figure->shrinkage->term, "(Intercept)") != 0)
            text_addf(out, " %s", figure->shrinkage->term);
    } else {
        text_addf(out, "%s in %s", comparison_smaller(figure->comparison, figure->effect)->model->name, figure->model->name);
    }
}

/* --- building -------------------------------------------------------------------------------- */

bool figures_append(struct figures *figures, struct figure figure)
{
    if (!mem_grow((void **)&figures->item, &figures->capacity, figures->count + 1, sizeof *figures->item))
        return false;
    figures->item[figures->count++] = figure;
    return true;
}

static bool add_value(struct figures *figures, struct figure figure, enum figure_kind kind, double value)
{
    figure.kind = kind;
    figure.value = value;
    return !isfinite(value) || figures_append(figures, figure);
}

static bool add_fixed(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;
    bool t = figures->t_tests && fit->df != NULL, ok = true;
    struct wald wald;

    for (int j = 0; ok && j < fit->design->p; j++) {
        base.effect = j;
        wald_test(fit->beta[j], fit->se[j], t ? fit->df[j] : (double)INFINITY, figures->level, &wald);
        ok = add_value(figures, base, FIGURE_ESTIMATE, fit_coefficient(fit, j)) && add_value(figures, base, FIGURE_SE, fit->se[j])
             && add_value(figures, base, FIGURE_STATISTIC, wald.statistic)
             && (!t || add_value(figures, base, FIGURE_DF, fit->df[j])) && add_value(figures, base, FIGURE_P, wald.p)
             && add_value(figures, base, FIGURE_LOWER, wald.lower) && add_value(figures, base, FIGURE_UPPER, wald.upper);
    }
    return ok;
}

/* exp(coefficients) where that means something, and the covariances of the estimates. */
static bool add_more_fixed(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;
    struct ratio of;
    bool ratio = ratio_of_model(base.model, &of) && of.base == M_E, ok = true;
    double ratios[3];

    for (int j = 0; ok && j < fit->design->p; j++) {
        base.effect = j;
        wald_ratio(fit_coefficient(fit, j), fit->se[j], fit->df == NULL ? (double)INFINITY : fit->df[j], figures->level, ratios);
        ok = !ratio
             || (add_value(figures, base, FIGURE_RATIO, ratios[0]) && add_value(figures, base, FIGURE_RATIO_LOWER, ratios[1])
                 && add_value(figures, base, FIGURE_RATIO_UPPER, ratios[2]));
        for (base.term = 0; ok && base.term <= j; base.term++)
            ok = add_value(figures, base, FIGURE_COVARIANCE, fit->vcov[(size_t)base.term * (size_t)fit->design->p + (size_t)j]);
    }
    return ok;
}

static bool add_random(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;
    double variance, sd = fit_has_residual(fit) ? residual_sd_shown(fit) : (double)NAN;
    bool share = fit->identity == NULL && icc_has_shares(fit), ok = true;
    const struct random_design *random;

    for (int t = 0; ok && t < fit->design->random_count; t++)
        for (int a = 0; ok && a < fit->random[t].k; a++) {
            random = &fit->design->random[t];
            base.term = t;
            base.effect = a;
            variance = fit_knows(fit, t, a, a) ? fit->random[t].covariance[a * random->k + a] : (double)NAN;
            ok = add_value(figures, base, FIGURE_SD, fit->random[t].sd[a]) && add_value(figures, base, FIGURE_VARIANCE, variance);
            for (base.other = 0; ok && base.other < a; base.other++)
                ok = !random->covariance->correlated
                     || add_value(figures, base, FIGURE_CORRELATION, fit->random[t].correlation[a * random->k + base.other]);
            ok = ok && (!share || a > 0 || add_value(figures, base, FIGURE_SHARE, icc_share(fit, t)));
        }
    base.term = -1;
    if (ok && fit_has_residual(fit))
        ok = add_value(figures, base, FIGURE_SD, sd) && add_value(figures, base, FIGURE_VARIANCE, sd * sd)
             && (!share || add_value(figures, base, FIGURE_SHARE, icc_share(fit, -1)));
    return ok;
}

static bool add_criteria(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;
    bool dispersion = fit->family->dispersion_name != NULL && fit->has_scale && !fit_has_residual(fit);
    double ends[2];
    struct figure endless = base, limit = base;

    endless.kind = FIGURE_DISPERSION_UPPER;
    endless.value = INFINITY;
    limit.kind = FIGURE_DISPERSION;
    limit.value = fit_dispersion_shown(fit);
    fit_dispersion_interval(fit, figures->level, ends);
    return add_value(figures, base, FIGURE_ROWS, (double)fit->design->n)
           && (!dispersion
               || ((isnan(limit.value) || figures_append(figures, limit))
                   && add_value(figures, base, FIGURE_DISPERSION_LOWER, ends[0])
                   && (fit_dispersion_reaches(fit, figures->level) > 0
                           ? figures_append(figures, endless)
                           : add_value(figures, base, FIGURE_DISPERSION_UPPER, ends[1]))))
           && add_value(figures, base, FIGURE_CRITERION, fit_of_maximum(fit, -2 * fit->loglik))
           && add_value(figures, base, FIGURE_LOGLIK, fit_of_maximum(fit, fit->loglik))
           && add_value(figures, base, FIGURE_AIC, fit_of_maximum(fit, fit->aic))
           && add_value(figures, base, FIGURE_AICC, fit_of_maximum(fit, fit->aicc))
           && add_value(figures, base, FIGURE_BIC, fit_of_maximum(fit, fit->bic));
}

static bool add_icc(struct figures *figures, struct figure base)
{
    struct icc_parts parts;
    double total, shared, size;
    bool ok = true;

    if (!icc_is_defined(base.fit, "icc", NULL))
        return true;
    icc_parts(base.fit, &parts);
    for (int t = 0; ok && t < base.fit->design->random_count; t++) {
        if (!icc_is_group(base.fit, t))
            continue;
        base.term = t;
        total = parts.random + parts.residual;
        ok = icc_shared(base.fit, t, &shared) && add_value(figures, base, FIGURE_ICC, icc_group(base.fit, t) / total)
             && (!(shared > icc_group(base.fit, t)) || add_value(figures, base, FIGURE_ALIKE, shared / total))
             && add_value(figures, base, FIGURE_ICC_ALL, icc_group(base.fit, t) / (parts.random + parts.residual + parts.fixed))
             && add_value(figures, base, FIGURE_DESIGN_EFFECT, icc_design_effect(base.fit, t, shared / total, &size))
             && !isnan(size);
    }
    return ok;
}

static bool add_level(struct figures *figures, struct figure base)
{
    const struct shrinkage *s = base.shrinkage;
    double pooled = s->pooled[base.level], se = s->se[base.level], ends[2];

    wald_interval(pooled, se, (double)INFINITY, figures->level, &ends[0], &ends[1]);
    return (s->weight == NULL || add_value(figures, base, FIGURE_KEPT, s->weight[base.level]))
           && add_value(figures, base, FIGURE_BLUP, pooled) && add_value(figures, base, FIGURE_RAW, s->raw[base.level])
           && add_value(figures, base, FIGURE_BLUP_SE, se) && add_value(figures, base, FIGURE_BLUP_LOWER, ends[0])
           && add_value(figures, base, FIGURE_BLUP_UPPER, ends[1]) && add_value(figures, base, FIGURE_MODE, pooled - s->complete);
}

static bool add_levels(struct figures *figures, struct figure base, struct glmm_error *err)
{
    const struct design *design = base.fit->design;
    int total = 0;
    bool ok;

    for (int t = 0; t < design->random_count; t++)
        total += design->random[t].k;
    if ((figures->shrinkage = NEW_ARRAY(struct shrinkage *, total)) == NULL)
        return fail_memory(err);
    ok = true;
    for (int t = 0; ok && t < design->random_count; t++)
        for (int a = 0; ok && a < design->random[t].k; a++) {
            struct glmm_error open = { 0 };
            struct shrinkage *s;

            if (!identity_check_modes(base.fit, t, a, &open)) /* not shown, so not explained */
                continue;
            if ((s = shrinkage_new(base.fit, design->random[t].group, design->random[t].names[a], err)) == NULL)
                return false;
            figures->shrinkage[figures->shrinkage_count++] = s;
            base.term = t;
            base.effect = a;
            base.shrinkage = s;
            for (base.level = 0; ok && base.level < s->count; base.level++)
                ok = add_level(figures, base);
        }
    return ok || fail_memory(err);
}

/* --- after compare ----------------------------------------------------------------------------- */

/* The table of that key, or NULL. */
static const struct table *find_table(const struct result *result, const char *key)
{
    for (const struct item *item = result == NULL ? NULL : result->first; item != NULL; item = item->next)
        if (item->kind == ITEM_TABLE && item->as.table->key != NULL && strcmp(item->as.table->key, key) == 0)
            return item->as.table;
    return NULL;
}

/* The models that the last result compares, fitted as it compares them; only their names are read from it. */
static bool compare_again(struct figures *figures, struct session *session, struct glmm_error *err)
{
    const struct table *table = find_table(figures->subject, "models");
    const struct refit refit = session_refit(session);
    struct comparison *c = &figures->comparison;

    if (table == NULL || table->row_count < 2)
        return true;
    if ((c->entrant = NEW_ARRAY(struct entrant, table->row_count)) == NULL
        || (c->test = NEW_ARRAY(struct lrt, table->row_count)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < table->row_count; i++) {
        const struct model *model = session_ended_fit(session, table_cell(table, i, 0)->as.text, NOWHERE, err);

        if (model == NULL)
            return false;
        c->entrant[c->count++] = (struct entrant){ .model = model, .fit = model->fit, .order = (int)i };
    }
    return comparison_run(c, &refit, err);
}

static bool add_tests(struct figures *figures)
{
    const struct comparison *c = &figures->comparison;
    bool ok = true;

    for (int i = 0; ok && i + 1 < c->count; i++) {
        struct figure base = { .model = c->entrant[i + 1].model, .fit = c->entrant[i + 1].fit, .comparison = c, .effect = i };

        if (c->test[i].reference != LRT_NONE)
            ok = add_value(figures, base, FIGURE_CHISQ, c->test[i].chisq)
                 && add_value(figures, base, FIGURE_LRT_DF, c->test[i].df)
                 && add_value(figures, base, FIGURE_LRT_P, c->test[i].p);
    }
    for (int i = 0; ok && i < c->count; i++)
        ok = add_criteria(figures, (struct figure){ .model = c->entrant[i].model, .fit = c->entrant[i].fit })
             && add_fixed(figures, (struct figure){ .model = c->entrant[i].model, .fit = c->entrant[i].fit })
             && add_random(figures, (struct figure){ .model = c->entrant[i].model, .fit = c->entrant[i].fit });
    return ok;
}

/* --- the whole ----------------------------------------------------------------------------------- */

/* A string that the result says under that key, or NULL. */
static const char *said(const struct result *result, const char *key)
{
    for (const struct item *item = result == NULL ? NULL : result->first; item != NULL; item = item->next)
        if (item->kind == ITEM_VALUE && item->key != NULL && strcmp(item->key, key) == 0 && item->as.value != NULL
            && item->as.value->type == VALUE_STRING)
            return item->as.value->as.string;
    return NULL;
}

/* Whether the last result shows figures of that kind. */
static bool is_shown(const struct figures *figures, enum figure_kind kind)
{
    const char *command = figures->command;
    bool exp = find_table(figures->subject, "ratios") != NULL, several = figures->comparison.count > 0;

    if (kind == FIGURE_SHOWN)
        return true;
    if (strcmp(command, "fit") == 0 || strcmp(command, "summary") == 0)
        return kind <= FIGURE_BIC && kind != FIGURE_AICC && kind != FIGURE_COVARIANCE
               && (exp || kind < FIGURE_RATIO || kind > FIGURE_RATIO_UPPER);
    if (strcmp(command, "shrinkage") == 0)
        return kind >= FIGURE_KEPT && kind <= FIGURE_RAW && kind != FIGURE_BLUP_SE && !shown_replaces(figures, kind);
    if (strcmp(command, "attenuation") == 0)
        return kind == FIGURE_ESTIMATE || kind == FIGURE_SE;
    if (strcmp(command, "vcov") == 0)
        return kind == FIGURE_COVARIANCE;
    if (strcmp(command, "ranef") == 0)
        return kind == FIGURE_MODE || kind == FIGURE_BLUP_SE;
    if (strcmp(command, "icc") == 0)
        return kind >= FIGURE_ICC && kind <= FIGURE_DESIGN_EFFECT;
    if (several && find_table(figures->subject, "coefficients") != NULL
        && (kind == FIGURE_ESTIMATE || kind == FIGURE_SE || kind == FIGURE_SD))
        return true;
    return several && (kind >= FIGURE_CHISQ || (kind >= FIGURE_CRITERION && kind <= FIGURE_BIC));
}

/* What is on the screen: an explanation goes on with what it explained. */
static const struct result *subject_of(const struct session *session)
{
    const struct result *last = session->last;

    return last != NULL && strcmp(last->command, "explain") == 0 ? last->about : last;
}

static bool has_value(const struct result *part, const char *key)
{
    for (const struct item *item = part->first; item != NULL; item = item->next)
        if (item->kind == ITEM_VALUE && item->key != NULL && strcmp(item->key, key) == 0)
            return true;
    return false;
}

/* Whether a part of the result shows the group, and the effect, that a figure of a level is of; `terms` says that all
 * effects are. */
static bool is_of_part(const struct figures *figures, const struct figure *figure)
{
    const struct shrinkage *s = figure->shrinkage;
    bool any = s == NULL;

    for (const struct result *part = figures->subject; !any && part != NULL; part = part->next) {
        const char *group = said(part, "group"), *term = said(part, "term");

        any = (group == NULL || strcmp(group, s->group) == 0)
              && (term == NULL || strcmp(term, s->term) == 0 || has_value(part, "terms"));
    }
    return any;
}

/* Of a result without a fitted model, and of imputed data: what its tables show is all. */
static bool finish_alone(struct figures *figures, const struct model *model, const struct glmm_error *none,
                         struct glmm_error *err)
{
    for (size_t i = 0; i < figures->count; i++)
        figures->item[i].shown = !figures->item[i].hidden;
    if (figures->count > 0)
        return true;
    if (model != NULL) {
        fail(err, GLMM_E_STATE, NOWHERE, "%.60s is of imputed data: explain knows the numbers of a result of it", model->name);
        error_hint(err, "summary %.60s", model->name);
    } else if (err != NULL) {
        *err = *none;
    }
    return false;
}

static bool is_one_of(const char *word, const char *const list[])
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

bool figures_init(struct figures *figures, struct session *session, struct glmm_error *err)
{
    const struct result *subject = subject_of(session);
    const char *name = said(subject, "model");
    struct model *named = name == NULL ? NULL : session_find_model(session, name);
    const struct model *model = named;
    struct figure base = { 0 }, first = { 0 };
    struct glmm_error none = { .at = NOWHERE };

    *figures = (struct figures){ .subject = subject,
                                 .command = subject == NULL ? "" : subject->command,
                                 .level = session->settings.level,
                                 .group = subject == NULL || subject->next != NULL ? NULL : said(subject, "group"),
                                 .t_tests = session->settings.ddf != DDF_NONE };
    if (named != NULL && !session_give_rows(session, named, err))
        return false;
    if (strcmp(figures->command, "compare") == 0 && !compare_again(figures, session, err))
        return false;
    if (model == NULL || model->fit == NULL)
        model = figures->comparison.count > 0 ? figures->comparison.entrant[figures->comparison.count - 1].model
                                              : session_ended_fit(session, NULL, NOWHERE, &none);
    if (none.code == GLMM_E_MEMORY)
        return fail_memory(err);
    figures->model = model;
    figures->name = model == NULL ? figures->command : model->name;
    figures->without_model = model == NULL
                             || ((name == NULL || session_find_model(session, name) == NULL)
                                 && is_one_of(figures->command, (const char *const[]){ "gee", "power", "meta", NULL }));
    base.model = first.model = model;
    base.fit = model == NULL ? NULL : model->fit;
    if (!shown_add(figures, figures->without_model ? &first : &base))
        return fail_memory(err);
    if (model == NULL || base.fit->imputed != NULL)
        return shown_add_keyed(figures, figures->without_model ? &first : &base) ? finish_alone(figures, model, &none, err)
                                                                                 : fail_memory(err);
    if (!add_tests(figures)
        || (figures->comparison.count == 0
            && (!add_criteria(figures, base) || !add_fixed(figures, base) || !add_random(figures, base)))
        || !add_more_fixed(figures, base) || !add_icc(figures, base)
        || !shown_add_keyed(figures, figures->without_model ? &first : &base))
        return fail_memory(err);
    if (!add_levels(figures, base, err))
        return false;
    for (size_t i = 0; i < figures->count; i++)
        figures->item[i].shown = !figures->item[i].hidden && (figures->item[i].told || is_shown(figures, figures->item[i].kind))
                                 && is_of_part(figures, &figures->item[i]);
    return true;
}

void figures_clear(struct figures *figures)
{
    for (int i = 0; i < figures->shrinkage_count; i++)
        shrinkage_free(figures->shrinkage[i]);
    mem_free(figures->shrinkage);
    mem_free(figures->item);
    comparison_clear(&figures->comparison);
}
