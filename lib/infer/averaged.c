/* averaged.c -- see averaged.h. */
#include "infer/averaged.h"

#include <math.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/expr.h"
#include "data/verbs.h"
#include "fit/method.h"

/* --- the variables ------------------------------------------------------------------------------ */

static bool about(struct glmm_error *err, const char *argument)
{
    return error_argument(err, argument);
}

/* The groups of the variables that `text` names. */
static bool read_id(const struct frame *frame, const char *text, struct arena *arena, struct grouping *out,
                    struct glmm_error *err)
{
    const struct expr *by = expr_parse(arena, text, err);

    *out = (struct grouping){ 0 };
    return (by != NULL && row_groups_make(frame, by, out, err)) || about(err, "id");
}

/* The variable of that name; a mistake has its place in the text. */
static const struct column *read_wave(const struct frame *frame, const char *text, struct arena *arena, struct glmm_error *err)
{
    const struct expr *name = expr_parse(arena, text, err);
    const struct column *column = NULL;

    if (name != NULL && name->kind != EXPR_NAME)
        fail(err, GLMM_E_TYPE, name->at, "waves are those of a variable");
    else if (name != NULL)
        column = frame_need(frame, name->text, name->at, err);
    if (column == NULL)
        about(err, "wave");
    return column;
}

static const char *and_known(struct arena *arena, const char *condition, const char *name)
{
    return condition == NULL ? arena_printf(arena, "!is.na(`%s`)", name)
                             : arena_printf(arena, "%s & !is.na(`%s`)", condition, name);
}

bool averaged_condition(struct arena *arena, const struct frame *frame, const struct averaged_call *call, const char *where,
                        const char **condition, struct glmm_error *err)
{
    struct grouping groups;
    const struct column *wave = NULL;
    bool ok = read_id(frame, call->id, arena, &groups, err)
              && (call->wave == NULL || (wave = read_wave(frame, call->wave, arena, err)) != NULL);

    *condition = NULL;
    for (size_t k = 0; ok && k < groups.name_count; k++)
        if (frame_find(frame, groups.names[k])->missing > 0)
            *condition = and_known(arena, *condition, groups.names[k]);
    if (ok && wave != NULL && wave->missing > 0)
        *condition = and_known(arena, *condition, wave->name);
    if (ok && *condition != NULL && where != NULL)
        *condition = arena_printf(arena, "(%s) & %s", where, *condition);
    row_groups_clear(&groups);
    return ok && (!arena_failed(arena) || fail_memory(err));
}

/* --- the clusters ------------------------------------------------------------------------------- */

static bool missing_row(const char *argument, const char *text, size_t row, struct glmm_error *err)
{
    fail(err, GLMM_E_DATA, NOWHERE, "%.60s is missing in row %zu", text, row + 1);
    return about(err, argument);
}

static bool set_clusters(const struct model *model, const struct averaged_call *call, struct arena *arena, int32_t cluster[],
                         int32_t *count, struct glmm_error *err)
{
    struct grouping groups;
    const struct design *design = model->design;
    bool ok = read_id(model->frame, call->id, arena, &groups, err);

    for (size_t i = 0; ok && groups.code != NULL && i < design->n; i++)
        if ((cluster[i] = groups.code[design->row[i]]) < 0)
            ok = missing_row("id", call->id, design->row[i], err);
    *count = (int32_t)groups.count;
    row_groups_clear(&groups);
    return ok;
}

static bool set_waves(const struct model *model, const struct averaged_call *call, struct arena *arena, double wave[],
                      struct glmm_error *err)
{
    const struct column *column = read_wave(model->frame, call->wave, arena, err);
    const struct design *design = model->design;

    for (size_t i = 0; column != NULL && i < design->n; i++) {
        size_t row = design->row[i];

        if (column_missing(column, row))
            return missing_row("wave", call->wave, row, err);
        wave[i] = column->type == COLUMN_FACTOR ? column->as.code[row] + 1 : column_real(column, row);
        if (!isfinite(wave[i])) {
            fail(err, GLMM_E_DATA, NOWHERE, "%.60s is not finite in row %zu", call->wave, row + 1);
            return about(err, "wave");
        }
    }
    return column != NULL;
}

bool averaged_has_trials(const struct fit *flat)
{
    return flat->design->trials != NULL && flat->design->weights == NULL && !flat->family->has_dispersion
           && flat->family->support == SUPPORT_SUCCESSES;
}

static bool check_trials(const struct averaged_call *call, const struct fit *flat, struct glmm_error *err)
{
    if (!call->trials)
        return true;
    if (!averaged_has_trials(flat))
        fail(err, GLMM_E_MODEL, NOWHERE,
             "unit=trials is of counts of successes, cbind(s, f), of family=binomial without weights");
    else if (call->corr == GEE_AR1 || call->corr == GEE_UNSTRUCTURED)
        fail(err, GLMM_E_MODEL, NOWHERE, "the trials of a row have one wave: unit=trials is exchangeable, or independence");
    else
        return true;
    return about(err, "unit");
}

static bool solve(struct averaged *out, const struct model *model, const struct averaged_call *call, int32_t cluster[],
                  double wave[], const struct glmm_progress *progress, struct glmm_error *err)
{
    struct gee_rows rows = { .cluster = cluster, .wave = call->wave == NULL ? NULL : wave, .trials = call->trials };
    struct fit_options options = { .unpriced = true };
    struct arena *arena = arena_new();
    bool ok = (arena != NULL || fail_memory(err)) && set_clusters(model, call, arena, cluster, &rows.count, err)
              && (call->wave == NULL || set_waves(model, call, arena, wave, err));

    arena_free(arena);
    return ok && (out->flat = model_fit(model, &options, progress, err)) != NULL && check_trials(call, out->flat, err)
           && (out->gee = gee_new(out->flat, &rows, call->corr, progress, err)) != NULL;
}

bool averaged_init(struct averaged *out, const struct model *model, const struct averaged_call *call,
                   const struct glmm_progress *progress, struct glmm_error *err)
{
    int32_t *cluster = NEW_ARRAY(int32_t, model->design->n);
    double *wave = NEW_ARRAY(double, model->design->n);
    bool ok = (cluster != NULL && wave != NULL) || fail_memory(err);

    *out = (struct averaged){ 0 };
    ok = ok && solve(out, model, call, cluster, wave, progress, err);
    mem_free(cluster);
    mem_free(wave);
    return ok;
}

void averaged_clear(struct averaged *averaged)
{
    gee_free(averaged->gee);
    fit_free(averaged->flat);
    *averaged = (struct averaged){ 0 };
}

/* --- beside a mixed model ----------------------------------------------------------------------- */

/* Whether each level of `inner` has its rows in one level of `outer`; -1 in `of` says that none was seen yet. */
static bool is_within(const struct design *design, const struct random_design *inner, const struct random_design *outer,
                      int32_t of[])
{
    for (int32_t l = 0; l < inner->level_count; l++)
        of[l] = -1;
    for (size_t i = 0; i < design->n; i++) {
        int32_t *seen = &of[inner->level[i]];

        if (*seen >= 0 && *seen != outer->level[i])
            return false;
        *seen = outer->level[i];
    }
    return true;
}

bool averaged_group(const struct design *design, int *group)
{
    *group = -1;
    for (int t = 0; *group < 0 && t < design->random_count; t++) {
        bool holds = true;

        for (int s = 0; holds && s < design->random_count; s++) {
            int32_t *of = NEW_ARRAY(int32_t, design->random[s].level_count);

            if (of == NULL)
                return false;
            holds = is_within(design, &design->random[s], &design->random[t], of);
            mem_free(of);
        }
        *group = holds ? t : -1;
    }
    return true;
}
