/* session.c -- the state of a session: data sets and models. */
#include "session/session.h"

#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "model/relation.h"
#include "session/chronicle.h"
#include "session/guard.h"
#include "session/history.h"
#include "session/output.h"
#include "data/imputation.h"
#include "fit/imputed.h"
#include "fit/method.h"
#include "session/private.h"
#include "session/report.h"
#include "session/undo.h"

/* The progress callback until a terminal sets its own: only polls Ctrl-C. */
static bool poll_interrupt(void *context, const char *what, double done, double total, double value)
{
    const struct session *session = context;

    (void)what;
    (void)done;
    (void)total;
    (void)value;
    return !session->interrupted;
}

/* What the engine wants said while it works. */
static void note(void *context, const char *text)
{
    session_notice(context, "%s", text);
}

struct session *session_new(void)
{
    struct session *session = NEW(struct session);

    if (session == NULL)
        return NULL;
    session->own = NEW(struct session_private);
    if (session->own == NULL) {
        mem_free(session);
        return NULL;
    }
    session->standing.refused = mem_refused();
    session->own->journal = -1;
    session->settings = settings_default;
    session->screen = (struct screen){ .width = 80, .height = 24, .charset = CHARSET_ASCII };
    session->progress = (struct glmm_progress){ .tell = poll_interrupt, .context = session, .note = note };
    return session;
}

bool session_add_relation(struct session *session, struct relation *relation, struct glmm_error *err)
{
    if (undo_note_relation(session, relation, err))
        return true;
    relation_free(relation);
    return false;
}

static void free_relations(struct session *session)
{
    while (session->relations != NULL) {
        struct relation *next = session->relations->next;

        relation_free(session->relations);
        session->relations = next;
    }
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    while (session->models != NULL) {
        struct model *model = session->models;

        session->models = model->next;
        forget_model(model);
    }
    while (session->datasets != NULL) {
        struct dataset *dataset = session->datasets;

        session->datasets = dataset->next;
        frame_free(dataset->frame);
        mem_free(dataset);
    }
    free_relations(session);
    result_free(session->last);
    undo_clear(session);
    history_close(session);
    session->standing.refused = mem_refused();
    session_output(session, NULL, NULL);
    guard_clear(session);
    chronicle_clear(session);
    mem_free(session->own);
    mem_free(session);
}

/* --- data ------------------------------------------------------------------------------------- */

bool session_add_data(struct session *session, const struct frame *frame, struct glmm_error *err)
{
    struct dataset *dataset = session->datasets, *made = NULL;

    while (dataset != NULL && strcmp(dataset->frame->name, frame->name) != 0)
        dataset = dataset->next;
    if ((dataset == NULL && (made = NEW(struct dataset)) == NULL) || !undo_note(session, frame->name, frame, err)) {
        mem_free(made);
        frame_free(frame);
        return fail_memory(err);
    }
    if (dataset != NULL) {
        frame_free(dataset->frame);
    } else {
        dataset = made;
        dataset->next = session->datasets;
        session->datasets = dataset;
    }
    dataset->frame = frame;
    session->data = frame;
    return true;
}

bool session_use(struct session *session, const struct frame *frame, struct model *model, struct glmm_error *err)
{
    bool changes = (frame != NULL && session->data != frame) || (model != NULL && session->model != model);

    if (changes && !undo_note_current(session, err))
        return false;
    session->data = frame != NULL ? frame : session->data;
    session->model = model != NULL ? model : session->model;
    return true;
}

const struct frame *session_find_data(struct session *session, const char *name)
{
    for (struct dataset *dataset = session->datasets; dataset != NULL; dataset = dataset->next)
        if (strcmp(dataset->frame->name, name) == 0)
            return dataset->frame;
    return NULL;
}

const struct frame *session_need_data(struct session *session, struct glmm_error *err)
{
    if (session->data == NULL) {
        fail(err, GLMM_E_STATE, NOWHERE, "no data yet");
        error_hint(err, "load FILE reads a table, and load sleepstudy a bundled one (datasets lists them)");
    }
    return session->data;
}

/* --- models ----------------------------------------------------------------------------------- */

void forget_model(struct model *model)
{
    if (model == NULL)
        return;
    fit_free(model->fit);
    model_free(model);
}

bool session_add_model(struct session *session, struct model *model, struct glmm_error *err)
{
    struct model **place = &session->models, *old;

    while (*place != NULL && strcmp((*place)->name, model->name) != 0)
        place = &(*place)->next;
    old = *place;
    if (!undo_note_model(session, model->name, old, err)) {
        forget_model(model);
        return false;
    }
    model->next = old == NULL ? NULL : old->next;
    *place = model;
    if (old != NULL)
        old->next = NULL;
    session->model = model;
    return true;
}

bool session_add_fit(struct session *session, struct model *model, struct fit *fit, struct glmm_error *err)
{
    if (!undo_note_fit(session, model, err)) {
        fit_free(fit);
        return false;
    }
    model->fit = fit;
    session->model = model;
    return true;
}

struct model *session_find_model(struct session *session, const char *name)
{
    for (struct model *model = session->models; model != NULL; model = model->next)
        if (strcmp(model->name, name) == 0)
            return model;
    return NULL;
}

bool session_give_rows(const struct session *session, struct model *model, struct glmm_error *err)
{
    if (session->standing.merged && design_is_merged(model->design))
        return true;
    return model_take_all_rows(model, &session->progress, err);
}

/* The named model, or the current one, as it is. */
static struct model *named_model(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err)
{
    struct suggest suggest;
    struct model *model;

    if (name == NULL || name[0] == '\0') {
        if (session->model == NULL) {
            fail(err, GLMM_E_STATE, NOWHERE, "no model yet");
            error_hint(err, "state one: model m1 = RESPONSE ~ PREDICTORS + (1 | GROUP)");
        }
        return session->model;
    }
    model = session_find_model(session, name);
    if (model != NULL)
        return model;
    fail(err, GLMM_E_NAME, at, "no model `%.60s`", name);
    suggest_init(&suggest, name);
    for (model = session->models; model != NULL; model = model->next)
        suggest_offer(&suggest, model->name);
    if (session->data != NULL && frame_find(session->data, name) != NULL)
        error_hint(err, "it is a variable, and a formula needs `~`: %.40s ~ PREDICTORS", name);
    else if (!suggest_hint(&suggest, err) && session->models == NULL)
        error_hint(err, "state one: model %.40s = RESPONSE ~ PREDICTORS + (1 | GROUP)", name);
    return NULL;
}

struct model *session_need_model(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err)
{
    struct model *model = named_model(session, name, at, err);

    return model != NULL && session_give_rows(session, model, err) ? model : NULL;
}

bool session_takes_model(const struct session *session, const struct model *model, struct glmm_span at, struct glmm_error *err)
{
    struct imputations found;

    if (session->standing.pools || !model_is_imputed(model))
        return true;
    if (imputations_find(model->frame, &found, err)) {
        fail(err, GLMM_E_MODEL, at, "%s is not defined for imputed data, which have a fit for each of %d imputations",
             session->standing.command == NULL ? "this" : session->standing.command, found.count);
        error_hint(err, "one imputation alone: where %.60s == 1, and fit the formula to that", found.name);
    }
    imputations_clear(&found);
    return false;
}

struct model *session_ended_fit(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err)
{
    struct model *model = session_need_model(session, name, at, err);

    if (model == NULL || (model->fit != NULL && session_takes_model(session, model, at, err)))
        return model;
    if (model->fit != NULL)
        return NULL;
    fail(err, GLMM_E_STATE, at, "%.60s is not fitted yet", model->name);
    error_hint(err, "fit %.60s", model->name);
    return NULL;
}

struct model *session_need_fit(struct session *session, const char *name, struct glmm_span at, struct glmm_error *err)
{
    struct model *model = session_ended_fit(session, name, at, err);

    if (model == NULL || fit_has_estimates(model->fit))
        return model;
    fail(err, GLMM_E_MODEL, at, "%.60s has no estimates: its fit has not converged, and ended at no maximum", model->name);
    error_hint(err, "summary %.60s says why, and what to try", model->name);
    return NULL;
}

char *session_new_model_name(struct session *session)
{
    struct text name = { 0 };

    for (int i = 1;; i++) {
        text_truncate(&name, 0);
        text_addf(&name, "m%d", i);
        if (name.failed || session_find_model(session, text_string(&name)) == NULL)
            return text_take(&name);
    }
}
