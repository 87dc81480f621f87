/* predictors.c -- see predictors.h. */
#include "cmd/predictors.h"

#include "report/naming.h"

bool call_predictor(const struct model *model, const struct word *word, struct predictor *predictor, struct glmm_error *err)
{
    const struct asked asked = { .text = word->text, .quoted = word->quoted, .at = word->at };

    return predictor_find_any(predictor, model, &asked, err);
}

const char *const *call_model_names(const struct session *session, struct arena *arena)
{
    size_t count = 0;
    const char **names;

    for (const struct model *m = session->models; m != NULL; m = m->next)
        count++;
    if ((names = arena_alloc(arena, count + 1, sizeof *names)) == NULL)
        return NULL;
    count = 0;
    for (const struct model *m = session->models; m != NULL; m = m->next)
        names[count++] = m->name;
    return names;
}

static bool choose_predictor(const struct model *model, struct predictor *predictor, struct arena *arena, struct glmm_error *err)
{
    int count;
    struct predictor *all = predictor_all(model, arena, &count, err);

    if (all == NULL)
        return false;
    if (count == 0)
        return fail(err, GLMM_E_MODEL, NOWHERE, "%.60s has no predictor but the intercept, so there is no curve to flatten",
                    model->name);
    *predictor = all[predictor_choice(all, count)];
    return true;
}

bool curves_arguments(struct session *session, const struct call *call, struct predictor *predictor, int *level,
                      struct glmm_error *err)
{
    int at = call->word_count > 1 || (call->word_count > 0 && session_find_model(session, call->words[0].text) != NULL);
    struct model *model;
    struct asked asked;

    *level = -1;
    if (!no_more_words(call, at + 1, err) || (model = call_first_fit(session, call, at, err)) == NULL)
        return false;
    if (model->design->random_count == 0)
        return fail_without_effects(model, ", so there is nothing to average over", err);
    if (call->word_count <= at)
        return choose_predictor(model, predictor, call->arena, err);
    asked = (struct asked){ .text = call->words[at].text, .quoted = call->words[at].quoted, .at = call->words[at].at };
    if (at == 0 && (asked.models = call_model_names(session, call->arena)) == NULL)
        return fail_memory(err);
    return predictor_find_level(predictor, model, &asked, level, err);
}
