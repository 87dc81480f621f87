/* use.c -- makes a data set or a model the current one. */
#include "lang/command.h"
#include "base/suggest.h"
#include "session/session.h"

static bool fail_unknown(const struct session *session, const struct word *word, struct glmm_error *err)
{
    struct suggest suggest;

    fail(err, GLMM_E_NAME, word->at, "no data set or model `%.60s`", word->text);
    suggest_init(&suggest, word->text);
    for (const struct dataset *d = session->datasets; d != NULL; d = d->next)
        suggest_offer(&suggest, d->frame->name);
    for (const struct model *m = session->models; m != NULL; m = m->next)
        suggest_offer(&suggest, m->name);
    if (!suggest_hint(&suggest, err))
        error_hint(err, session->datasets == NULL ? "nothing is loaded yet: load FILE" : "load reads new data");
    return false;
}

static bool use_run(struct session *session, const struct call *call, struct glmm_error *err)
{
    const struct word *word = &call->words[0];
    const struct frame *data;
    struct model *model;
    struct result *result;

    if (call->word_count == 0) {
        fail(err, GLMM_E_USAGE, NOWHERE, "use what?");
        error_hint(err, "the name of a data set or a model");
        return false;
    }
    if (call->word_count > 1)
        return fail(err, GLMM_E_USAGE, call->words[1].at, "one name at a time");
    data = session_find_data(session, word->text);
    model = session_find_model(session, word->text);
    if (data == NULL && model == NULL)
        return fail_unknown(session, word, err);
    if (model != NULL && data == NULL) /* the data that the model was stated on come with it */
        data = session_find_data(session, model->frame->name);
    if (!session_use(session, data, model, err))
        return false;
    result = result_new("use");
    result_string(result, "data", session->data == NULL ? NULL : session->data->name);
    result_string(result, "model", session->model == NULL ? NULL : session->model->name);
    if (model != NULL)
        result_line(result, LINE_TEXT, "The current model is %s%s%s%s.", model->name, data == NULL ? "" : ", on ",
                    data == NULL ? "" : data->name, model->fit == NULL ? " (not fitted yet)" : "");
    else
        result_line(result, LINE_TEXT, "The current data are %s: %zu rows, %zu variables.", data->name, data->rows,
                    data->column_count);
    return session_emit(session, result, err);
}

static const enum complete use_complete[] = { COMPLETE_DATASET_OR_MODEL, COMPLETE_END, COMPLETE_NOTHING };

static const struct example use_examples[] = {
    { "load sleepstudy; load dyestuff; use sleepstudy; head 3", "back to the data set that was loaded first" },
    { "load sleepstudy; model a = Reaction ~ Days + (1 | Subject); model b = Reaction ~ Days + (Days | Subject); use a; fit",
      "the model that a command takes where none is named" },
    { NULL, NULL }
};

const struct command command_use = {
    .name = "use",
    .usage = "use NAME",
    .brief = "make a data set or a model the current one",
    .help = "Commands work on the current data and the current model where none is named. The current data are the last "
            "loaded or used, the current model the last stated, fitted or used. Using a model also makes the data current "
            "that it was stated on.",
    .arguments = ARGUMENT_WORDS,
    .complete = use_complete,
    .examples = use_examples,
    .flags = COMMAND_CHANGES,
    .run = use_run,
};
