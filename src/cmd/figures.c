/* figures.c -- see figures.h: what figures there are.  figure-explain.c says how each comes about. */
#include "cmd/figures.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/modelling.h"
#include "infer/ci.h"
#include "model/family.h"

static const char *const names[FIGURE_KINDS] = {
    [FIGURE_ESTIMATE] = "estimate", [FIGURE_SE] = "se", [FIGURE_STATISTIC] = "t", [FIGURE_DF] = "df", [FIGURE_P] = "p",
    [FIGURE_LOWER] = "lower", [FIGURE_UPPER] = "upper", [FIGURE_VARIANCE] = "variance", [FIGURE_SHARE] = "share",
    [FIGURE_CRITERION] = "deviance", [FIGURE_LOGLIK] = "logLik", [FIGURE_AIC] = "AIC", [FIGURE_AICC] = "AICc", [FIGURE_BIC] = "BIC",
    [FIGURE_ICC] = "ICC", [FIGURE_ICC_ALL] = "ICC-all", [FIGURE_DESIGN_EFFECT] = "design-effect",
    [FIGURE_KEPT] = "kept", [FIGURE_BLUP] = "BLUP", [FIGURE_BLUP_SE] = "cond.SD", [FIGURE_BLUP_LOWER] = "lower", [FIGURE_BLUP_UPPER] = "upper",
    [FIGURE_RAW] = "raw", [FIGURE_MODE] = "mode",
    [FIGURE_CHISQ] = "chi2", [FIGURE_LRT_DF] = "df", [FIGURE_LRT_P] = "p",
};

const char *figure_name(const struct figures *figures, const struct figure *figure)
{
    if (figure->kind == FIGURE_STATISTIC && !(figures->t_tests && figure->fit->df != NULL))
        return "z";
    if (figure->kind == FIGURE_CRITERION && figure->fit->method == METHOD_REML)
        return "REML";
    return names[figure->kind];
}

bool figure_is_share(enum figure_kind kind)
{
    return kind == FIGURE_SHARE || kind == FIGURE_KEPT;
}

bool figure_is_p(enum figure_kind kind)
{
    return kind == FIGURE_P || kind == FIGURE_LRT_P;
}

void figure_owner(const struct figure *figure, struct text *out)
{
    const struct design *design = figure->fit->design;
    const struct random_design *random = figure->term >= 0 && figure->term < design->random_count ? &design->random[figure->term] : NULL;

    if (figure->kind <= FIGURE_UPPER) {
        text_add(out, design->names[figure->effect]);
    } else if (figure->kind <= FIGURE_SHARE) {
        if (random == NULL)
            text_add(out, "Residual");
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
        text_addf(out, "%s in %s", figure->comparison->entrant[figure->effect].model->name, figure->model->name);
    }
}

/* --- building -------------------------------------------------------------------------------- */

/* Adds one; false when memory is out. */
static bool add(struct figures *figures, struct figure figure)
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
    return isnan(value) || add(figures, figure);
}

static bool add_fixed(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;
    bool t = figures->t_tests && fit->df != NULL, ok = true;
    struct wald wald;

    for (int j = 0; ok && j < fit->design->p; j++) {
        base.effect = j;
        wald_test(fit->beta[j], fit->se[j], t ? fit->df[j] : (double)INFINITY, figures->level, &wald);
        ok = add_value(figures, base, FIGURE_ESTIMATE, fit->beta[j]) && add_value(figures, base, FIGURE_SE, fit->se[j])
             && add_value(figures, base, FIGURE_STATISTIC, wald.statistic) && (!t || add_value(figures, base, FIGURE_DF, fit->df[j]))
             && add_value(figures, base, FIGURE_P, wald.p) && add_value(figures, base, FIGURE_LOWER, wald.lower)
             && add_value(figures, base, FIGURE_UPPER, wald.upper);
    }
    return ok;
}

static bool add_random(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;
    double total = has_residual(fit) ? fit->sigma * fit->sigma : 0, variance;
    bool share = has_residual(fit) && (fit->link == NULL || strcmp(fit->link->name, "identity") == 0), ok = true;
    const struct random_design *random;

    for (int t = 0; t < fit->design->random_count; t++)
        for (int a = 0; a < fit->random[t].k; a++)
            if (strcmp(fit->design->random[t].names[a], "(Intercept)") == 0)
                total += fit->random[t].covariance[a * fit->random[t].k + a];
    for (int t = 0; ok && t < fit->design->random_count; t++)
        for (int a = 0; ok && a < fit->random[t].k; a++) {
            random = &fit->design->random[t];
            base.term = t;
            base.effect = a;
            variance = fit->random[t].covariance[a * random->k + a];
            ok = add_value(figures, base, FIGURE_VARIANCE, variance)
                 && (!share || strcmp(random->names[a], "(Intercept)") != 0 || add_value(figures, base, FIGURE_SHARE, variance / total));
        }
    base.term = -1;
    if (ok && has_residual(fit) && fit->design->random_count > 0)
        ok = add_value(figures, base, FIGURE_VARIANCE, fit->sigma * fit->sigma)
             && (!share || add_value(figures, base, FIGURE_SHARE, fit->sigma * fit->sigma / total));
    return ok;
}

static bool add_criteria(struct figures *figures, struct figure base)
{
    const struct fit *fit = base.fit;

    return add_value(figures, base, FIGURE_CRITERION, -2 * fit->loglik) && add_value(figures, base, FIGURE_LOGLIK, fit->loglik)
           && add_value(figures, base, FIGURE_AIC, fit->aic) && add_value(figures, base, FIGURE_AICC, fit->aicc)
           && add_value(figures, base, FIGURE_BIC, fit->bic);
}

static bool add_icc(struct figures *figures, struct figure base)
{
    struct icc_parts parts;
    double share, size;
    bool ok = true;

    icc_parts(base.fit, &parts);
    for (int t = 0; ok && t < base.fit->design->random_count; t++) {
        if (!is_first_of_group(base.fit->design, t))
            continue;
        base.term = t;
        share = icc_group(base.fit, t) / (parts.random + parts.residual);
        ok = add_value(figures, base, FIGURE_ICC, share)
             && add_value(figures, base, FIGURE_ICC_ALL, icc_group(base.fit, t) / (parts.random + parts.residual + parts.fixed))
             && add_value(figures, base, FIGURE_DESIGN_EFFECT, icc_design_effect(base.fit, t, share, &size));
    }
    return ok;
}

static bool add_level(struct figures *figures, struct figure base)
{
    const struct shrinkage *s = base.shrinkage;
    double reach = wald_quantile((double)INFINITY, figures->level), pooled = s->pooled[base.level], se = s->se[base.level];

    return (s->weight == NULL || add_value(figures, base, FIGURE_KEPT, s->weight[base.level]))
           && add_value(figures, base, FIGURE_BLUP, pooled) && add_value(figures, base, FIGURE_RAW, s->raw[base.level])
           && add_value(figures, base, FIGURE_BLUP_SE, se) && add_value(figures, base, FIGURE_BLUP_LOWER, pooled - reach * se)
           && add_value(figures, base, FIGURE_BLUP_UPPER, pooled + reach * se) && add_value(figures, base, FIGURE_MODE, pooled - s->complete);
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
            struct shrinkage *s = shrinkage_new(base.fit, design->random[t].group, design->random[t].names[a], err);

            if (s == NULL)
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
    for (const struct item *item = result->first; item != NULL; item = item->next)
        if (item->kind == ITEM_TABLE && item->as.table->key != NULL && strcmp(item->as.table->key, key) == 0)
            return item->as.table;
    return NULL;
}

/* The models that the last result compares, fitted as it compares them; only their names are read from it. */
static bool compare_again(struct figures *figures, struct session *session, struct glmm_error *err)
{
    const struct table *table = find_table(session->last, "models");
    struct comparison *c = &figures->comparison;

    if (table == NULL || table->row_count < 2)
        return true;
    if ((c->entrant = NEW_ARRAY(struct entrant, table->row_count)) == NULL || (c->test = NEW_ARRAY(struct lrt, table->row_count)) == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < table->row_count; i++) {
        const struct model *model = session_need_fit(session, table_cell(table, i, 0)->as.text, NOWHERE, err);

        if (model == NULL)
            return false;
        c->entrant[c->count++] = (struct entrant){ .model = model, .fit = model->fit, .order = (int)i };
    }
    return comparison_run(session, c, err);
}

static bool add_tests(struct figures *figures)
{
    const struct comparison *c = &figures->comparison;
    bool ok = true;

    for (int i = 0; ok && i + 1 < c->count; i++) {
        struct figure base = { .model = c->entrant[i + 1].model, .fit = c->entrant[i + 1].fit, .comparison = c, .effect = i };

        if (c->test[i].reference != LRT_NONE)
            ok = add_value(figures, base, FIGURE_CHISQ, c->test[i].chisq) && add_value(figures, base, FIGURE_LRT_DF, c->test[i].df)
                 && add_value(figures, base, FIGURE_LRT_P, c->test[i].p);
    }
    for (int i = 0; ok && i < c->count; i++)
        ok = add_criteria(figures, (struct figure){ .model = c->entrant[i].model, .fit = c->entrant[i].fit });
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
static bool is_shown(const char *command, enum figure_kind kind)
{
    if (strcmp(command, "fit") == 0 || strcmp(command, "summary") == 0)
        return kind <= FIGURE_BIC && kind != FIGURE_AICC;
    if (strcmp(command, "shrinkage") == 0 || strcmp(command, "whatif") == 0)
        return kind >= FIGURE_KEPT && kind <= FIGURE_RAW && kind != FIGURE_BLUP_SE;
    if (strcmp(command, "ranef") == 0)
        return kind == FIGURE_MODE || kind == FIGURE_BLUP_SE;
    if (strcmp(command, "icc") == 0)
        return kind >= FIGURE_ICC && kind <= FIGURE_DESIGN_EFFECT;
    return strcmp(command, "compare") == 0;
}

/* The command whose figures are on the screen: an explanation goes on with what it explained. */
static const char *explained_command(const struct result *last)
{
    const char *command = last == NULL ? "" : strcmp(last->command, "explain") == 0 ? said(last, "result") : last->command;

    return command == NULL ? "" : command;
}

/* The group that the last result is of; NULL where it shows several. */
static const char *shown_group(const struct result *last)
{
    return last == NULL || last->next != NULL ? NULL : said(last, "group");
}

bool figures_init(struct figures *figures, struct session *session, struct glmm_error *err)
{
    const char *command = explained_command(session->last), *group = shown_group(session->last), *name = said(session->last, "model");
    const struct model *model = name == NULL ? NULL : session_find_model(session, name);
    struct figure base = { 0 };

    *figures = (struct figures){ .command = command, .group = group, .level = session->settings.level,
                                 .t_tests = session->settings.ddf != DDF_NONE };
    if (strcmp(command, "compare") == 0 && !compare_again(figures, session, err))
        return false;
    if (model == NULL || model->fit == NULL)
        model = figures->comparison.count > 0 ? figures->comparison.entrant[figures->comparison.count - 1].model
                                              : session_need_fit(session, NULL, NOWHERE, err);
    if (model == NULL)
        return false;
    figures->model = model;
    base.model = model;
    base.fit = model->fit;
    if (!add_tests(figures) || (figures->comparison.count == 0 && !add_criteria(figures, base)) || !add_fixed(figures, base)
        || !add_random(figures, base) || !add_icc(figures, base))
        return fail_memory(err);
    if (!add_levels(figures, base, err))
        return false;
    for (size_t i = 0; i < figures->count; i++)
        figures->item[i].shown = is_shown(command, figures->item[i].kind)
                                 && (group == NULL || figures->item[i].shrinkage == NULL || strcmp(group, figures->item[i].shrinkage->group) == 0)
                                 && (figures->comparison.count == 0 || figures->item[i].kind >= FIGURE_CHISQ
                                     || (figures->item[i].kind >= FIGURE_CRITERION && figures->item[i].kind <= FIGURE_BIC));
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
